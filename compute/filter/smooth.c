/* Smoothing without shrinking: steps towards the mean of the neighbours and somewhat larger steps
 * back (Taubin, “A signal processing approach to fair surface design”, SIGGRAPH 1995). */
#include "compute/filter/filter-private.h"

#include <stddef.h>
#include <string.h>

#define FORTH 0.5
#define BACK -0.53 /* 1 / FORTH + 1 / BACK = 0.1: what is slower than that stays */

const MongeOption monge_smooth_options[] = {
  { "rounds", "Rounds", "", MONGE_OPTION_INT, offsetof (MongeSmoothParams, rounds), 1, 10000, TRUE,
    NULL, "More take away coarser bumps" },
  { NULL },
};
const MongeSmoothParams monge_smooth_defaults = { 10 };

gboolean
monge_smooth_takes (const MongeShape *shape, const char **reason)
{
  if (monge_shape_get_n_cells (shape) > 0)
    return TRUE;
  *reason = "points have no neighbours to be smoothed with; only surfaces and curves do";
  return FALSE;
}

/* Neighbours of i: to[first[i]] … to[first[i + 1] − 1], one for each edge of each cell. */
typedef struct {
  gsize *first;
  guint32 *to;
  guint8 *is_fixed; /* at borders and ends */
} Graph;

static void
graph_fill (Graph *graph, const MongeShape *shape)
{
  gsize n = monge_shape_get_n_vertices (shape), n_cells = monge_shape_get_n_cells (shape);
  guint arity = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE ? 3 : 2;
  const guint32 *cells = monge_shape_get_cells (shape);
  gsize *next;

  graph->first = g_new0 (gsize, n + 2);
  graph->to = g_new (guint32, 6 * n_cells);
  next = graph->first + 1;
  for (gsize k = 0; k < arity * n_cells; k++)
    next[cells[k] + 1] += arity - 1;
  for (gsize i = 1; i <= n; i++)
    next[i] += next[i - 1];
  for (gsize k = 0; k < arity * n_cells; k++)
    for (guint other = 1; other < arity; other++)
      graph->to[next[cells[k]]++] = cells[k - k % arity + (k + other) % arity];
}

/* A vertex all of whose neighbours come twice is within a surface, one with two segments within a
 * curve. Marks by a list of counts that is cleared after each. */
static void
graph_fix_borders (Graph *graph, gsize n, guint arity)
{
  g_autofree guint8 *counts = g_malloc0 (n);

  graph->is_fixed = g_malloc0 (n);
  for (gsize i = 0; i < n; i++)
    {
      gsize begin = graph->first[i], end = graph->first[i + 1];

      for (gsize k = begin; k < end; k++)
        counts[graph->to[k]] = (guint8) MIN (counts[graph->to[k]] + 1, 3);
      graph->is_fixed[i] = begin == end || (arity == 2 && end - begin != 2);
      for (gsize k = begin; arity == 3 && k < end; k++)
        graph->is_fixed[i] |= counts[graph->to[k]] == 1;
      for (gsize k = begin; k < end; k++)
        counts[graph->to[k]] = 0;
    }
}

static gboolean
step (const Graph *graph, const double *from, gsize n, guint dim, double share, double *to,
      MongeTask *task, GError **error)
{
  for (gsize i = 0; i < n; i++)
    {
      double count = (double) (graph->first[i + 1] - graph->first[i]);

      if (monge_filter_is_cancelled (i, task, error))
        return FALSE;
      memcpy (to + i * dim, from + i * dim, dim * sizeof *to);
      for (gsize k = graph->first[i]; !graph->is_fixed[i] && k < graph->first[i + 1]; k++)
        for (guint d = 0; d < dim; d++)
          to[i * dim + d] += share / count
                             * (from[(gsize) graph->to[k] * dim + d] - from[i * dim + d]);
    }
  return TRUE;
}

MongeShape *
monge_smooth_apply (MongeShape *shape, gconstpointer data, MongeTask *task, GString *note,
                    GError **error)
{
  const MongeSmoothParams *params = data;
  gsize n = monge_shape_get_n_vertices (shape);
  guint dim = monge_shape_get_dim (shape);
  g_autofree double *x = g_memdup2 (monge_shape_get_positions (shape), n * dim * sizeof *x);
  g_autofree double *y = g_new (double, n * dim);
  Graph graph;
  gboolean goes_on = TRUE;
  MongeShape *result = NULL;

  graph_fill (&graph, shape);
  graph_fix_borders (&graph, n, monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE ? 3 : 2);
  for (int round = 0; goes_on && round < params->rounds; round++)
    {
      monge_task_set_progress (task, (double) round / params->rounds);
      goes_on = step (&graph, x, n, dim, FORTH, y, task, error)
                && step (&graph, y, n, dim, BACK, x, task, error);
    }
  if (goes_on)
    result = monge_shape_moved (shape, x);
  g_free (graph.first);
  g_free (graph.to);
  g_free (graph.is_fixed);
  g_string_append_printf (note, "Smoothed in %d rounds.", params->rounds);
  for (guint k = 0; k < monge_shape_get_n_arrays (shape); k++)
    if (monge_array_guess_role (monge_shape_get_array (shape, k)) == MONGE_ARRAY_NORMAL)
      g_string_append_printf (note, " The array “%s” is that from before.",
                              monge_shape_get_array (shape, k)->name);
  return result;
}
