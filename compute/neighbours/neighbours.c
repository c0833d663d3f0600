#include "compute/neighbours/search.h"

/* Up to here the tree always does better than products. */
#define MAX_TREE_DIM 5

MongeNeighbours *
monge_neighbours_new (const float *points,
                      gsize m,
                      guint dim,
                      guint n_threads,
                      MongeTask *task,
                      GError **error)
{
  const MongeRows rows = { points, m, dim, 1, dim };
  g_autoptr (MongeNeighbours) neighbours = NULL;

  g_return_val_if_fail (dim > 0 && dim <= MONGE_NEIGHBOURS_MAX_DIM, NULL);
  g_return_val_if_fail (m <= (gsize) G_MAXINT32, NULL);
  if (m == 0)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_EMPTY,
                           "There is no point to be a neighbour");
      return NULL;
    }
  if (!monge_rows_check (&rows, "Point", n_threads, task, error))
    return NULL;
  neighbours = g_new0 (MongeNeighbours, 1);
  if (monge_panels_init (&neighbours->panels, &rows, TRUE, n_threads, task)
      && monge_neighbours_build_boxes (neighbours, n_threads, task)
      && (dim <= MAX_TREE_DIM
          || (neighbours->products = monge_products_new (&neighbours->panels, n_threads, task))))
    return g_steal_pointer (&neighbours);
  monge_task_return_if_cancelled (task, error);
  return NULL;
}

void
monge_neighbours_free (MongeNeighbours *neighbours)
{
  if (neighbours == NULL)
    return;
  monge_panels_clear (&neighbours->panels);
  monge_neighbours_clear_boxes (neighbours);
  monge_products_free (neighbours->products);
  g_free (neighbours);
}
