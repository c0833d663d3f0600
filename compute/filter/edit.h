/* A triangle mesh whose edges can be split, collapsed and flipped. Private to the filters. */
#pragma once

#include "compute/filter/twins.h"
#include "compute/shape/shape.h"

G_BEGIN_DECLS

typedef enum {
  MONGE_EDIT_BORDER = 1 << 0, /* on an edge with one face */
  MONGE_EDIT_LOCKED = 1 << 1, /* where the surface is not regular: stays as it is, and where */
} MongeEditFlags;

/**
 * MongeEdit:
 * @x: (n_vertices × 3)
 * @faces: corners; half-edge 3 f + k runs from the k-th corner of face f. Faces that are gone have
 *   %MONGE_TWIN_NONE there
 * @twins: as in #MongeTwins, but where faces disagree it says irregular
 * @out: for each vertex a half-edge that begins there, at borders the one without a twin; NONE for
 *   vertices that are gone or in no face
 * @degrees: neighbours of each
 * @flags: of #MongeEditFlags
 *
 * Half-edges of a vertex that is not locked are those that turning around it from @out meets.
 */
typedef struct {
  double *x;
  guint32 *out;
  guint16 *degrees;
  guint8 *flags;
  gsize n_vertices, vertex_capacity;
  guint32 *faces, *twins;
  gsize n_faces, face_capacity;
} MongeEdit;

/* NULL with @error where cancelled or too large. Vertices keep their indices. */
MongeEdit *monge_edit_new (const MongeShape *shape, MongeTask *task, GError **error);
void monge_edit_free (MongeEdit *edit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeEdit, monge_edit_free)

static inline guint32
monge_edit_previous (guint32 h)
{
  return h % 3 == 0 ? h + 2 : h - 1;
}

static inline guint32
monge_edit_start (const MongeEdit *edit, guint32 h)
{
  return edit->faces[h];
}

static inline guint32
monge_edit_end (const MongeEdit *edit, guint32 h)
{
  return edit->faces[monge_half_edge_next (h)];
}

static inline gboolean
monge_edit_is_paired (const MongeEdit *edit, guint32 h)
{
  return edit->twins[h] < MONGE_TWIN_IRREGULAR;
}

/* The next half-edge around the start of @h, or %MONGE_TWIN_NONE after the last of a border. */
static inline guint32
monge_edit_turn (const MongeEdit *edit, guint32 h)
{
  guint32 twin = edit->twins[monge_edit_previous (h)];

  return twin < MONGE_TWIN_IRREGULAR ? twin : MONGE_TWIN_NONE;
}

double monge_edit_measure (const MongeEdit *edit, guint32 h); /* square of the length */
/* Twice the area times the unit normal of three points. */
void monge_edit_find_normal (const double *a, const double *b, const double *c, double normal[3]);

/* A vertex in the middle of @h. FALSE at irregular edges and where there is no room. */
gboolean monge_edit_split (MongeEdit *edit, guint32 h);
/* Turns @h within its two faces, if that leaves a surface and turns no face over. */
gboolean monge_edit_can_flip (const MongeEdit *edit, guint32 h);
void monge_edit_flip (MongeEdit *edit, guint32 h);
/* The start of @h goes to its end, if that leaves a surface of the same topology (the link
 * condition, Dey et al. 1999), no edge whose square is longer than @longest, no face turned over,
 * and the border within @bend of where it was. */
gboolean monge_edit_can_collapse (const MongeEdit *edit, guint32 h, double longest, double bend);
void monge_edit_collapse (MongeEdit *edit, guint32 h);
/* Whether no face around @v turns over when it moves to @to. */
gboolean monge_edit_can_move (const MongeEdit *edit, guint32 v, const double to[3]);
/* Lets go of what is gone: indices change, their order does not. O(n). */
void monge_edit_compress (MongeEdit *edit);

G_END_DECLS
