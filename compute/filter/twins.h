/* Which faces of a surface meet at which edges. Private to the filters. */
#pragma once

#include "compute/core/task.h"

G_BEGIN_DECLS

#define MONGE_TWIN_NONE G_MAXUINT32            /* at a boundary: no other face */
#define MONGE_TWIN_IRREGULAR (G_MAXUINT32 - 1) /* three faces or more */

/**
 * MongeTwins:
 * @faces: (n_faces × 3) borrowed; half-edge 3 f + k runs from the k-th corner of face f to the next
 * @twins: (3 n_faces) the half-edge of the other face at the same edge, or one of the above. It
 * runs the same way where the two faces disagree on which side is out
 *
 * Immutable.
 */
typedef struct {
  const guint32 *faces;
  gsize n_faces, n_vertices;
  guint32 *twins;
  gsize *first;   /* half-edges grouped by their lower vertex … */
  guint64 *upper; /* … as (higher vertex) << 32 | half-edge, ascending */
} MongeTwins;

/* O(n log n) at worst. Fails where cancelled, and above 2^30 faces. */
MongeTwins *monge_twins_new (const guint32 *faces, gsize n_faces, gsize n_vertices, MongeTask *task,
                             GError **error);
void monge_twins_free (MongeTwins *twins);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeTwins, monge_twins_free)

gboolean monge_twins_has_edge (const MongeTwins *twins, guint32 a, guint32 b);

static inline guint32
monge_half_edge_next (guint32 h)
{
  return h % 3 == 2 ? h - 2 : h + 1;
}

/* Whether there is one other face, and whether it agrees. */
static inline gboolean
monge_twins_is_paired (const MongeTwins *twins, guint32 h)
{
  return twins->twins[h] < MONGE_TWIN_IRREGULAR;
}

static inline gboolean
monge_twins_agree (const MongeTwins *twins, guint32 h)
{
  return twins->faces[h] != twins->faces[twins->twins[h]];
}

/**
 * MongeLoops:
 * @half_edges: those of the boundary, each loop in the order of the faces
 * @first: (n + 1) where each loop begins in it
 * @n_broken: runs that meet an irregular edge or faces that disagree, and are left out
 */
typedef struct {
  gsize n;
  guint32 *half_edges;
  gsize *first;
  gsize n_broken;
} MongeLoops;

/* O(n). Ascending by the lowest half-edge. */
MongeLoops monge_twins_find_loops (const MongeTwins *twins);
void monge_loops_clear (MongeLoops *loops);

/* The component of each vertex: the lowest of its vertices, (n_vertices). Free with g_free(). O(n).
 */
guint32 *monge_find_components (const guint32 *cells, gsize n_cells, guint arity, gsize n_vertices);

G_END_DECLS
