/* On which side of a closed surface points lie, and how far from it. */
#pragma once

#include "compute/shape/distance.h"

G_BEGIN_DECLS

/**
 * monge_distance_signed:
 * @points: (n × 3)
 * @is_signed: (out): whether @shape is a closed and oriented surface in space
 *
 * As monge_distance_find_nearest(), into @distances (n), positive outside if @is_signed. On which
 * side a point lies is asked of the angle-weighted normal at what is nearest to it: a face, an edge
 * or a vertex. After Bærentzen and Aanæs, “Signed distance computation using the angle weighted
 * pseudonormal”, IEEE TVCG 2005. O(n log m + m log m).
 */
gboolean monge_distance_signed (const MongeShape *shape, const double *points, gsize n,
                                double *distances, gboolean *is_signed, MongeTask *task,
                                GError **error);

G_END_DECLS
