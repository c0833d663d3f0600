/* What a term between two boxes can reach: which blocks of columns a tile of rows need not visit.
 * As compute/backend/cpu/bound.c has it, one box of columns per lane. */
#pragma once

#include "compute/backend/cuda/plan.cuh"

/* Share of the values that rounding may take, in exponents and here. */
#define MONGE_BOUND_SLACK 2e-6f

/* One coordinate of a box. */
typedef struct {
  float lower, upper, slope, centre;
} MongeSide;

static __device__ __forceinline__ MongeSide
monge_get_side (const MongeCudaBoxes &boxes, unsigned b, int d)
{
  const float *plane = boxes.planes + (size_t) (3 * d) * boxes.stride + b;
  MongeSide side;

  side.lower = plane[0];
  side.upper = plane[boxes.stride];
  side.slope = plane[2 * (size_t) boxes.stride];
  side.centre = 0.5f * (side.lower + side.upper);
  return side;
}

static __device__ __forceinline__ float
monge_clamp (float value, float lower, float upper)
{
  return fminf (fmaxf (value, lower), upper);
}

/* Largest −(x − y)² + p (x − x°) + q (y − y°) over both intervals. It is concave and grows with the
 * sign of p + q along x = y, so that x or y is at that end; the other follows by its derivative. */
static __device__ __forceinline__ float
monge_concave_maximum (const MongeSide &x, const MongeSide &y)
{
  const bool rising = x.slope + y.slope >= 0;
  const float x_end = rising ? x.upper : x.lower, y_end = rising ? y.upper : y.lower;
  const float x_best = monge_clamp (y_end + 0.5f * x.slope, x.lower, x.upper);
  const float y_best = monge_clamp (x_end + 0.5f * y.slope, y.lower, y.upper);
  const float at_y_end = x.slope * (x_best - x.centre) + y.slope * (y_end - y.centre)
                         - (x_best - y_end) * (x_best - y_end);
  const float at_x_end = x.slope * (x_end - x.centre) + y.slope * (y_best - y.centre)
                         - (x_end - y_best) * (x_end - y_best);

  return fmaxf (at_x_end, at_y_end);
}

/* |x − y| ≥ ⟨u, x − y⟩ for u of length 1 at most: @inverse times the difference of the centres. */
static __device__ __forceinline__ float
monge_directed_maximum (const MongeSide &x, const MongeSide &y, float inverse)
{
  const float between = x.centre - y.centre, u = inverse * between;

  return fabsf (x.slope - u) * (x.upper - x.centre) + fabsf (y.slope + u) * (y.upper - y.centre)
         - u * between;
}

/* What no exponent between box @row of rows and box @b of columns exceeds; NaN counts as anything. */
template <int kernel>
static __device__ float
monge_bound (const MongeCudaPlan *plan, unsigned row, const MongeCudaBoxes &boxes, unsigned b)
{
  const int dim = plan->r.dim;
  const float *row_ends = plan->rows.planes + (size_t) (3 * dim) * plan->rows.stride + row;
  const float *ends = boxes.planes + (size_t) (3 * dim) * boxes.stride + b;
  const float row_peak = row_ends[plan->rows.stride], peak = ends[boxes.stride];
  float square = 0, norm = 1e-30f, by_slope = row_ends[0] + ends[0], by_peak = row_peak + peak;

#pragma unroll 1
  for (int d = 0; d < dim; d++)
    {
      const MongeSide x = monge_get_side (plan->rows, row, d), y = monge_get_side (boxes, b, d);
      const float gap = fmaxf (fmaxf (y.lower - x.upper, x.lower - y.upper), 0.0f);

      square += gap * gap;
      norm += (x.centre - y.centre) * (x.centre - y.centre);
      if (kernel == MONGE_CUDA_GAUSSIAN)
        by_slope += monge_concave_maximum (x, y);
    }
  if (kernel == MONGE_CUDA_GAUSSIAN)
    {
      by_peak -= square;
    }
  else
    {
      const float inverse = (1 - 1e-6f) * rsqrtf (norm);

#pragma unroll 1
      for (int d = 0; d < dim; d++)
        by_slope += monge_directed_maximum (monge_get_side (plan->rows, row, d),
                                            monge_get_side (boxes, b, d), inverse);
      by_peak -= (1 - 1e-6f) * sqrtf (square);
    }
  /* −∞, of points without mass, stays. Not fminf(), which hides NaN. */
  by_slope = by_peak < by_slope ? by_peak : by_slope;
  return by_slope + MONGE_BOUND_SLACK * fminf (fabsf (row_peak) + fabsf (peak) + square, 1e30f);
}
