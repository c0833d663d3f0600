/* Every step there is, written once for all backends: what it does to one row.
 *
 * Compiled by the C compiler for the CPU and by nvcc for cards, so: no GLib, no calls but those of
 * math.h, no loops that carry from row to row. A step may read other rows of planes that it does not
 * write, and writes what no other row touches: its own row, or where a permutation sends it. To add
 * one: a function and a line in the table below it. */
#pragma once

#include <math.h>
#include <stddef.h>

#define MONGE_STEP_MAX_PLANES 28
#define MONGE_STEP_MAX_NUMBERS 24
#define MONGE_STEP_MAX_COUNTS 4
#define MONGE_STEP_MAX_SUMS 32
#define MONGE_STEP_MAX_MAXIMA 4
#define MONGE_STEP_MAX_DIM 10 /* of points, as MONGE_MAX_DIM */

/* What a step is given: see MongeStep. @totals: of the steps before, by place: numbers that need not
 * go over the host. */
typedef struct {
  size_t n;
  void *planes[MONGE_STEP_MAX_PLANES];
  double numbers[MONGE_STEP_MAX_NUMBERS];
  size_t counts[MONGE_STEP_MAX_COUNTS];
  const double *totals;
} MongeStepData;

#ifndef MONGE_STEP_FUNC
#if defined(__CUDACC__)
#define MONGE_STEP_FUNC static __device__ __forceinline__
#define MONGE_STEP_UNROLL _Pragma ("unroll")
#else
#define MONGE_STEP_FUNC static inline __attribute__ ((always_inline, unused))
#define MONGE_STEP_UNROLL _Pragma ("GCC unroll 8")
#endif
#endif

#define MONGE_STEP_F64(s, k) ((double *) (s)->planes[k])
#define MONGE_STEP_F32(s, k) ((float *) (s)->planes[k])
#define MONGE_STEP_I32(s, k) ((int *) (s)->planes[k])

/* Each adds to @sums, which begin at 0, and raises @maxima, which begin at −∞. */

/* y ← a x + b y. Planes: y, x, float64. Numbers: a, b. */
MONGE_STEP_FUNC void
monge_step_combine (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  double *y = MONGE_STEP_F64 (s, 0);

  y[i] = s->numbers[0] * MONGE_STEP_F64 (s, 1)[i] + s->numbers[1] * y[i];
}

/* Σ w x, Σ w x², max |x|. Planes: w, x, float64. */
MONGE_STEP_FUNC void
monge_step_measure (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const double w = MONGE_STEP_F64 (s, 0)[i], x = MONGE_STEP_F64 (s, 1)[i];

  sums[0] += w * x;
  sums[1] += w * x * x;
  maxima[0] = fmax (maxima[0], fabs (x));
}

/* y ← a. Planes: y, float64. Numbers: a. */
MONGE_STEP_FUNC void
monge_step_fill (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  MONGE_STEP_F64 (s, 0)[i] = s->numbers[0];
}

/* Σ w sign out, and slope_(order_i)d += factor out_(1 + d)i: see compute/loss/kernel.c.
 * Planes: w, out ((1 + dim) × rows), slope (nullable, rows × dim), order. Numbers: sign, factor.
 * Counts: dim. */
MONGE_STEP_FUNC void
monge_step_add_kernel (const MongeStepData *s, size_t i, double *sums, double *maxima)
{
  const double *out = MONGE_STEP_F64 (s, 1);
  const size_t dim = s->counts[0];

  sums[0] += MONGE_STEP_F64 (s, 0)[i] * s->numbers[0] * out[i];
  if (s->planes[2] == NULL)
    return;
  for (size_t d = 0; d < dim; d++)
    MONGE_STEP_F64 (s, 2)[(size_t) MONGE_STEP_I32 (s, 3)[i] * dim + d]
        += s->numbers[1] * out[(1 + d) * s->n + i];
}

#include "compute/backend/steps-anderson.h"
#include "compute/backend/steps-flow.h"
#include "compute/backend/steps-points.h"
#include "compute/backend/steps-solver.h"

/* MONGE_STEP (function, identifier, number of sums, number of maxima) */
#define MONGE_STEPS                                                                                \
  MONGE_STEP (combine, COMBINE, 0, 0)                                                              \
  MONGE_STEP (measure, MEASURE, 2, 1)                                                              \
  MONGE_STEP (fill, FILL, 0, 0)                                                                    \
  MONGE_STEP (add_kernel, ADD_KERNEL, 1, 0)                                                        \
  MONGE_STEPS_ANDERSON                                                                             \
  MONGE_STEPS_FLOW                                                                                 \
  MONGE_STEPS_POINTS                                                                               \
  MONGE_STEPS_SOLVER
