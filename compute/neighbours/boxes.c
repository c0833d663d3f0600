/* The boxes around panels, leaves and groups of them, sixteen side by side. */
#include "compute/neighbours/search.h"

#include "compute/core/parallel.h"

#include <math.h>

/* Entry @slot of group @group becomes one that holds nothing. */
static void
clear_box (MongeBoxes *boxes, guint dim, gsize group, guint slot)
{
  float *lower = boxes->planes + group * 2 * dim * MONGE_PANEL + slot;
  float *upper = lower + dim * MONGE_PANEL;

  for (guint d = 0; d < dim; d++)
    {
      lower[d * MONGE_PANEL] = INFINITY;
      upper[d * MONGE_PANEL] = -INFINITY;
    }
  boxes->least[group * MONGE_PANEL + slot] = MONGE_PANEL_NONE;
}

/* Around sixteen boxes or, with @lowers = @uppers, points; empty ones are those without an index. */
static void
enclose (MongeBoxes *boxes,
         guint dim,
         gsize group,
         guint slot,
         const float *lowers,
         const float *uppers,
         const gint32 *index)
{
  float *lower = boxes->planes + group * 2 * dim * MONGE_PANEL + slot;
  float *upper = lower + dim * MONGE_PANEL;
  gint32 least = MONGE_PANEL_NONE;

  for (guint l = 0; l < MONGE_PANEL; l++)
    least = MIN (least, index[l]);
  boxes->least[group * MONGE_PANEL + slot] = least;
  for (guint d = 0; d < dim; d++)
    {
      float low = INFINITY, high = -INFINITY;

      for (guint l = 0; l < MONGE_PANEL; l++)
        if (index[l] != MONGE_PANEL_NONE)
          {
            low = MIN (low, lowers[d * MONGE_PANEL + l]);
            high = MAX (high, uppers[d * MONGE_PANEL + l]);
          }
      lower[d * MONGE_PANEL] = low;
      upper[d * MONGE_PANEL] = high;
    }
}

/* The boxes of the panels of some leaves. */
static void
enclose_panels (gsize begin, gsize end, guint worker, gpointer data)
{
  MongeNeighbours *neighbours = data;
  const MongePanels *panels = &neighbours->panels;

  for (gsize leaf = begin; leaf < end; leaf++)
    {
      gsize first = monge_panels_get_leaf (panels, leaf);
      guint n = (guint) (monge_panels_get_leaf (panels, leaf + 1) - first);

      for (guint s = 0; s < n; s++)
        {
          const float *points = monge_panels_get (panels, first + s);

          enclose (neighbours->levels, panels->dim, leaf, s, points, points,
                   panels->index + (first + s) * MONGE_PANEL);
        }
      for (guint s = n; s < MONGE_PANEL; s++)
        clear_box (neighbours->levels, panels->dim, leaf, s);
    }
}

static void
enclose_groups (MongeNeighbours *neighbours, guint level)
{
  const MongeBoxes *below = &neighbours->levels[level - 1];
  MongeBoxes *boxes = &neighbours->levels[level];
  const guint dim = neighbours->panels.dim;

  for (gsize i = 0; i < boxes->n_groups * MONGE_PANEL; i++)
    {
      const float *lowers = below->planes + i * 2 * dim * MONGE_PANEL;

      if (i < below->n_groups)
        enclose (boxes, dim, i / MONGE_PANEL, i % MONGE_PANEL, lowers, lowers + dim * MONGE_PANEL,
                 below->least + i * MONGE_PANEL);
      else
        clear_box (boxes, dim, i / MONGE_PANEL, i % MONGE_PANEL);
    }
}

static void
alloc_boxes (MongeBoxes *boxes, guint dim, gsize n_groups)
{
  boxes->n_groups = n_groups;
  boxes->planes = g_aligned_alloc (n_groups, sizeof (float) * 2 * dim * MONGE_PANEL, 64);
  boxes->least = g_aligned_alloc (n_groups, sizeof (gint32) * MONGE_PANEL, 64);
}

gboolean
monge_neighbours_build_boxes (MongeNeighbours *neighbours,
                              guint n_threads,
                              MongeTask *task)
{
  const MongePanels *panels = &neighbours->panels;
  gsize n_groups = (gsize) 1 << panels->depth;

  alloc_boxes (&neighbours->levels[0], panels->dim, n_groups);
  neighbours->n_levels = 1;
  if (!monge_parallel_rows (n_groups, 16, n_threads, task, enclose_panels, neighbours))
    return FALSE;
  while (n_groups > 1)
    {
      n_groups = (n_groups + MONGE_PANEL - 1) / MONGE_PANEL;
      alloc_boxes (&neighbours->levels[neighbours->n_levels], panels->dim, n_groups);
      enclose_groups (neighbours, neighbours->n_levels++);
    }
  return TRUE;
}

void
monge_neighbours_clear_boxes (MongeNeighbours *neighbours)
{
  for (guint level = 0; level < neighbours->n_levels; level++)
    {
      g_aligned_free (neighbours->levels[level].planes);
      g_aligned_free (neighbours->levels[level].least);
    }
  neighbours->n_levels = 0;
}
