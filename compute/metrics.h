/* How far two shapes are from each other, in figures a reader of a report knows. */
#pragma once

#include "compute/shape/distance.h"

G_BEGIN_DECLS

typedef struct {
  MongeDistanceSummary to_target;   /* vertices of the shape to the nearest point of the target */
  MongeDistanceSummary from_target; /* vertices of the target to the nearest point of the shape */
  double hausdorff;                 /* the larger maximum of both */
  double dice;                      /* overlap of the solids, 0 to 1; NaN unless both are closed */
} MongeMetrics;

/**
 * monge_metrics_compute:
 * @metrics: (out): all NaN when the shapes have more than 3 coordinates
 *
 * Distances are exact to faces and segments; missing coordinates count as 0. O(n log n), one thread
 * per core. Fails only when cancelled.
 */
gboolean monge_metrics_compute (const MongeShape *shape, const MongeShape *target,
                                MongeMetrics *metrics, MongeTask *task, GError **error);

G_END_DECLS
