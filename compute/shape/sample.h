/* Fewer points that stand for the same shape. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/**
 * monge_shape_sample:
 * @n: how many points, 1 or more; of a cloud at most all of them
 * @seed: the same seed gives the same points on every platform
 *
 * Points of a surface are drawn uniformly by area and those of curves by length, one in each of @n
 * equal parts in the order of the cells; vertices of a cloud are drawn without replacement and keep
 * their order and arrays. O(n + cells).
 * Returns: (transfer full) (nullable): a cloud
 */
MongeShape *monge_shape_sample (const MongeShape *shape, gsize n, guint64 seed, GError **error);

G_END_DECLS
