/* How much of their volumes two closed surfaces share. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/**
 * monge_overlap_compute_dice:
 * @a, @b: 3-D
 *
 * 2 |A ∩ B| / (|A| + |B|), 0 to 1, by parallel rays on a grid of 256 along the longer side of the
 * boxes around both; along a ray the lengths are exact. The error is about 1e-3. Faces may point in
 * or out; where a surface overlaps itself it counts once. O(faces + rays), any thread.
 *
 * Returns: NaN unless both are closed, oriented surfaces in 3-D
 */
double monge_overlap_compute_dice (const MongeShape *a, const MongeShape *b);

G_END_DECLS
