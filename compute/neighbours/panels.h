/* Points in panels of 16, which a vector unit reads as they lie. Private to neighbours/. */
#pragma once

#include "compute/core/error.h"
#include "compute/core/task.h"

G_BEGIN_DECLS

/* Points of a panel, a multiple of every vector width. */
#define MONGE_PANEL 16
/* Index of what fills the last panel; above every point's. */
#define MONGE_PANEL_NONE G_MAXINT32

/* Borrowed points: coordinate d of point i is data[i × row + d × column]. */
typedef struct {
  const float *data;
  gsize n;
  gsize row, column;
  guint dim;
} MongeRows;

/* Fails with %MONGE_ERROR_NAN naming the first of them that is not finite, @what being "Point" or
 * "Query"; and when cancelled. */
gboolean monge_rows_check (const MongeRows *points, const char *what, guint n_threads,
                           MongeTask *task, GError **error);

/**
 * MongePanels:
 * @depth: of the tree: its 2^depth leaves are runs of up to 16 panels, see monge_panels_get_leaf()
 * @planes: (n_panels × dim × 16); ∞ where there is no point
 * @index: (n_panels × 16) which point, or %MONGE_PANEL_NONE
 *
 * Neighbours lie close together: panels follow a balanced k-d tree.
 */
typedef struct {
  gsize n, n_panels;
  guint dim, depth;
  float *planes;
  gint32 *index;
} MongePanels;

/* @sort: FALSE keeps the order of the points. The same panels whatever the number of threads.
 * Returns: FALSE when cancelled. */
gboolean monge_panels_init (MongePanels *panels, const MongeRows *points, gboolean sort,
                            guint n_threads, MongeTask *task);
void monge_panels_clear (MongePanels *panels);

/* First panel of a leaf; that of leaf 2^depth is n_panels. */
static inline gsize
monge_panels_get_leaf (const MongePanels *panels, gsize leaf)
{
  return (gsize) (((guint64) panels->n_panels * leaf) >> panels->depth);
}

static inline const float *
monge_panels_get (const MongePanels *panels, gsize panel)
{
  return panels->planes + panel * panels->dim * MONGE_PANEL;
}

G_END_DECLS
