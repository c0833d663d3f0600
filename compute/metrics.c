#include "compute/metrics.h"

#include "compute/shape/overlap.h"

#include <math.h>

static const MongeDistanceSummary unknown = { NAN, NAN, NAN, NAN };

static MongeShape *
in_space (const MongeShape *shape)
{
  guint dim = monge_shape_get_dim (shape);
  gsize n = monge_shape_get_n_vertices (shape), n_cells = monge_shape_get_n_cells (shape);
  const double *x = monge_shape_get_positions (shape);
  MongeShapeBuilder *builder;
  double *positions;

  if (dim == 3)
    return monge_shape_ref ((MongeShape *) shape);
  positions = g_new0 (double, 3 * n);
  for (gsize i = 0; i < n; i++)
    for (guint d = 0; d < dim; d++)
      positions[3 * i + d] = x[i * dim + d];
  builder = monge_shape_builder_new (monge_shape_get_name (shape), 3);
  monge_shape_builder_take_positions (builder, positions, n, MONGE_TYPE_FLOAT64);
  if (n_cells > 0)
    {
      MongeShapeKind kind = monge_shape_get_kind (shape);
      gsize size = n_cells * (kind == MONGE_SHAPE_SURFACE ? 3 : 2) * sizeof (guint32);

      monge_shape_builder_take_cells (builder, kind,
                                      g_memdup2 (monge_shape_get_cells (shape), size), n_cells);
    }
  return monge_shape_builder_end (builder, NULL);
}

/* Vertices of @from to @to. */
static gboolean
summarise (const MongeShape *from,
           const MongeShape *to,
           MongeDistanceSummary *summary,
           MongeTask *task,
           GError **error)
{
  gsize n = monge_shape_get_n_vertices (from);
  g_autofree double *distances = g_new (double, n);

  if (!monge_distance_to_shape (to, monge_shape_get_positions (from), n, distances, task, error))
    return FALSE;
  monge_distance_summarise (distances, n, summary);
  return TRUE;
}

gboolean
monge_metrics_compute (const MongeShape *shape,
                       const MongeShape *target,
                       MongeMetrics *metrics,
                       MongeTask *task,
                       GError **error)
{
  g_autoptr (MongeShape) moved = NULL;
  g_autoptr (MongeShape) wanted = NULL;

  *metrics = (MongeMetrics){ unknown, unknown, NAN, NAN };
  if (monge_shape_get_dim (shape) > 3 || monge_shape_get_dim (target) > 3)
    return TRUE;
  moved = in_space (shape);
  wanted = in_space (target);
  if (!summarise (moved, wanted, &metrics->to_target, task, error)
      || !summarise (wanted, moved, &metrics->from_target, task, error))
    return FALSE;
  metrics->hausdorff = MAX (metrics->to_target.maximum, metrics->from_target.maximum);
  metrics->dice = monge_overlap_compute_dice (shape, target);
  return TRUE;
}
