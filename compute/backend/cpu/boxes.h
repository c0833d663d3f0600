/* Boxes around runs of points that carry a value each, and what a term between two boxes can reach:
 * how pairs of blocks are found that do not matter. */
#pragma once

#include "compute/backend/tuned.h"

G_BEGIN_DECLS

/**
 * MongeBox:
 * @slope, @top: value ≤ top + ⟨slope, x − centre⟩ at every point, the centre being that of the box
 * @peak: largest value
 *
 * Values are potentials: far from the other shape they are nearly linear over a box, and @top is
 * much below @peak.
 */
typedef struct {
  float lower[MONGE_MAX_REDUCTION_DIM], upper[MONGE_MAX_REDUCTION_DIM];
  float slope[MONGE_MAX_REDUCTION_DIM];
  float top, peak;
} MongeBox;

/* Planes of one number per box, @stride apart, a multiple of 16: 3 d, 3 d + 1 and 3 d + 2 hold
 * lower, upper and slope of coordinate d, 3 dim and 3 dim + 1 top and peak. */
typedef struct {
  float *planes;
  gsize stride;
  guint dim;
} MongeBoxes;

#define MONGE_BOX_PLANES(dim) (3 * (dim) + 2)

/* @points: planes @stride apart. @values: (nullable): zeros. A value or a coordinate that is not a
 * number makes the box one that is never left out. O(n dim²). */
void monge_box_fit (MongeBox *box, const float *points, gsize stride, const float *values, gsize n,
                    guint dim);
/* The box around boxes @first … @first + @n − 1. */
void monge_box_join (MongeBox *box, const MongeBoxes *boxes, gsize first, gsize n);
void monge_boxes_set (MongeBoxes *boxes, gsize b, const MongeBox *box);

/**
 * MongeBoundFunc:
 * @bound: (out): (n, rounded up to 16) what no exponent between @rows and box @first + k exceeds,
 *   rounding included; NaN counts as anything
 *
 * Gaussian: the largest −|x − y|² + ⟨p, x⟩ + ⟨q, y⟩ over both boxes, p and q being the slopes,
 * coordinate by coordinate. Laplacian: the same with −|x − y| ≤ −⟨u, x − y⟩, u the direction
 * between the centres. Or the peaks less the distance between the boxes, where that is less.
 */
typedef void (*MongeBoundFunc) (MongeTunedKernel kernel, const MongeBox *rows,
                                const MongeBoxes *boxes, gsize first, gsize n, float *bound);

void monge_bound_base (MongeTunedKernel kernel, const MongeBox *rows, const MongeBoxes *boxes,
                       gsize first, gsize n, float *bound);
void monge_bound_avx2 (MongeTunedKernel kernel, const MongeBox *rows, const MongeBoxes *boxes,
                       gsize first, gsize n, float *bound);
void monge_bound_avx512 (MongeTunedKernel kernel, const MongeBox *rows, const MongeBoxes *boxes,
                         gsize first, gsize n, float *bound);

G_END_DECLS
