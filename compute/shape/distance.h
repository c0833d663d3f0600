/* Exact distances from points to a surface, a curve or a cloud, by a bounding-volume tree. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/* Distance from each of @points (n × 3) to the nearest point of @shape (of a triangle, a segment,
 * or a vertex when it has no cells), into @distances (n). O((n + m) log m), one thread per core.
 * Fails only when cancelled or when @shape is not 3-D. */
gboolean monge_distance_to_shape (const MongeShape *shape, const double *points, gsize n,
                                  double *distances, MongeTask *task, GError **error);

/**
 * MongeNearest:
 * @item: a cell of the shape, or a vertex when it has no cells
 * @weights: barycentric coordinates of the nearest point: of the corners of the cell, ≥ 0, sum 1;
 *   those of a segment are two, that of a vertex one
 * @distance: to it, shape units
 */
typedef struct {
  guint32 item;
  double weights[3];
  double distance;
} MongeNearest;

/* The nearest point of @shape to each of @points (n × 3). Missing coordinates of a shape in the plane
 * count as 0. As above otherwise. */
gboolean monge_distance_find_nearest (const MongeShape *shape, const double *points, gsize n,
                                      MongeNearest *nearest, MongeTask *task, GError **error);

typedef struct {
  double mean, median, percentile95, maximum; /* shape units */
} MongeDistanceSummary;

/* Sorts a copy; @distances is untouched. n > 0. */
void monge_distance_summarise (const double *distances, gsize n, MongeDistanceSummary *summary);

G_END_DECLS
