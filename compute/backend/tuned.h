/* What a hand-tuned loop takes and gives. Backends have such loops; nobody else meets them. */
#pragma once

#include "compute/backend/pairs.h"

G_BEGIN_DECLS

/**
 * MongeTunedKernel:
 *
 * The function of one pair, with s the scale of the reduction and d = s |x_i − y_j|:
 * @MONGE_TUNED_GAUSSIAN: 2^(lift_i + bias_j − d²)
 * @MONGE_TUNED_LAPLACIAN: 2^(lift_i + bias_j − d)
 * @MONGE_TUNED_DISTANCE: bias_j d
 *
 * Everything is in base 2: weights, potentials and log2(e)/ε are folded into lift, bias and scale.
 */
typedef enum {
  MONGE_TUNED_GAUSSIAN,
  MONGE_TUNED_LAPLACIAN,
  MONGE_TUNED_DISTANCE,
  MONGE_N_TUNED,
} MongeTunedKernel;

#define MONGE_MAX_REDUCTION_DIM 10

/* Borrowed points, one plane per coordinate: coordinate d of point i is planes[d × stride + i]. */
typedef struct {
  const float *planes;
  gsize stride; /* ≥ n */
  gsize n;
  guint dim;    /* 1 to 10 */
} MongeCloud;

/**
 * MongeTunedReduction:
 * @x, @y: rows and columns of the symbolic matrix; equal dim
 * @scale: s above, > 0
 * @lift: (nullable): (x.n), 0 if %NULL. The nearer to −log2 of the sum, the better: it is the
 *   reference of the sum, in place of a running maximum
 * @bias: (y.n)
 * @cutoff: 0 to visit every pair; else blocks of pairs are left out whose terms together are below
 *   2^-cutoff in every row, if the sum with @lift is of order one. Sort points along a space-filling
 *   curve to profit
 * @weights: (nullable): (n_weights × y.n) planes, of either sign: @sum is then Σ_j w_j 2^(lift_i − …)
 *   per plane, no logarithm, and @bias is not read; Gaussian and Laplacian only. @cutoff then leaves
 *   out less than 2^-cutoff Σ_j |w_j|; terms below 2^-125 |w_j| may count as 0, and lifts above 100
 *   may leave the range
 * @n_weights: 1 to 4 with @weights; 1 if @moment is wanted
 * @pairs: (nullable): the blocks to visit, of x.n rows and y.n columns
 * @sum: (out): (x.n) log2 Σ_j 2^(…), @lift included, −∞ for a row that meets no column; for
 *   distances Σ_j bias_j d; with @weights (n_weights × x.n) planes
 * @moment: (out) (nullable): (dim × x.n) planes, float64: with t the terms of the sum,
 *   Gaussian   Σ_j t (x_i − y_j) / Σ_j t
 *   Laplacian  Σ_j t (x_i − y_j) / |x_i − y_j| / Σ_j t
 *   distance   Σ_j bias_j (x_i − y_j) / |x_i − y_j|
 *   in units of x (not scaled); coincident points count as zero. With @weights not divided by Σ_j t:
 *   Σ_j w_j 2^(…) (x_i − y_j), or its direction alone for the Laplacian
 *
 * Differences and terms are float32; sums are float32 over 256 columns and float64 across them.
 * A row whose sum leaves the range of float32 is computed again around its maximum, so results
 * are right whatever the lift.
 */
typedef struct {
  MongeTunedKernel kernel;
  MongeCloud x, y;
  double scale;
  const float *lift;
  const float *bias;
  const float *weights;
  guint n_weights;
  const MongePairs *pairs;
  double cutoff;
  double *sum;
  double *moment;
} MongeTunedReduction;

G_END_DECLS
