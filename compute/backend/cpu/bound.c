/* Bounds of the exponents between one box of rows and many of columns; lanes run along the boxes.
 * Compiled once per instruction set with MONGE_BOUND naming the function. */
#include "compute/backend/cpu/boxes.h"
#include "compute/backend/cpu/simd.h"

/* Share of the values that rounding may take, in exponents and here. */
#define SLACK 2e-6f

static inline vf
vf_select (vi mask, vf a, vf b)
{
  return (vf) ((mask & (vi) a) | (~mask & (vi) b));
}

static inline vf
vf_abs (vf a)
{
  return (vf) ((vi) a & 0x7fffffff);
}

/* 1/√a for a > 0, to 3e-7 relative. */
static inline vf
vf_rsqrt (vf a)
{
  vf z = vf_rsqrt_guess (a);

  return z * (1.5f - 0.5f * a * z * z);
}

/* Coordinate d of LANES boxes. */
typedef struct {
  vf lower, upper, slope, centre;
} Side;

static inline Side
load_side (const MongeBoxes *boxes, gsize b, guint d)
{
  const float *plane = boxes->planes + 3 * d * boxes->stride + b;
  Side side = { vf_load (plane), vf_load (plane + boxes->stride),
                vf_load (plane + 2 * boxes->stride), vf_set (0) };

  side.centre = 0.5f * (side.lower + side.upper);
  return side;
}

static inline Side
set_side (const MongeBox *box, guint d)
{
  return (Side){ vf_set (box->lower[d]), vf_set (box->upper[d]), vf_set (box->slope[d]),
                 vf_set (0.5f * (box->lower[d] + box->upper[d])) };
}

static inline vf
gap_between (Side x, Side y)
{
  return vf_max (vf_max (y.lower - x.upper, x.lower - y.upper), vf_set (0));
}

/* Largest −(x − y)² + p (x − x°) + q (y − y°) over both intervals. It is concave and grows with the
 * sign of p + q along x = y, so that x or y is at that end; the other follows by its derivative. */
static inline vf
concave_maximum (Side x, Side y)
{
  vi rising = x.slope + y.slope >= vf_set (0);
  vf x_end = vf_select (rising, x.upper, x.lower), y_end = vf_select (rising, y.upper, y.lower);
  vf x_best = vf_min (vf_max (y_end + 0.5f * x.slope, x.lower), x.upper);
  vf y_best = vf_min (vf_max (x_end + 0.5f * y.slope, y.lower), y.upper);
  vf at_y_end = x.slope * (x_best - x.centre) + y.slope * (y_end - y.centre)
                - (x_best - y_end) * (x_best - y_end);
  vf at_x_end = x.slope * (x_end - x.centre) + y.slope * (y_best - y.centre)
                - (x_end - y_best) * (x_end - y_best);

  return vf_max (at_x_end, at_y_end);
}

static inline vf
bound_gaussian (const MongeBox *rows, const MongeBoxes *boxes, gsize b, vf *square)
{
  vf sum = vf_set (0);

  for (guint d = 0; d < boxes->dim; d++)
    {
      Side x = set_side (rows, d), y = load_side (boxes, b, d);
      vf gap = gap_between (x, y);

      sum += concave_maximum (x, y);
      *square += gap * gap;
    }
  return sum;
}

/* With coordinates halved, distances are 2 |x − y| ≥ 2 ⟨u, x − y⟩. */
static inline vf
bound_laplacian (const MongeBox *rows, const MongeBoxes *boxes, gsize b, vf *square)
{
  vf sum = vf_set (0), norm = vf_set (1e-30f), twice;

  for (guint d = 0; d < boxes->dim; d++)
    {
      Side x = set_side (rows, d), y = load_side (boxes, b, d);
      vf gap = gap_between (x, y), between = x.centre - y.centre;

      norm += between * between;
      *square += gap * gap;
    }
  twice = vf_rsqrt (norm) * (2 * (1 - 1e-6f)); /* u may be shorter than 1, never longer */
  for (guint d = 0; d < boxes->dim; d++)
    {
      Side x = set_side (rows, d), y = load_side (boxes, b, d);
      vf u = twice * (x.centre - y.centre);

      sum += vf_abs (x.slope - u) * (x.upper - x.centre) + vf_abs (y.slope + u) * (y.upper - y.centre)
             - u * (x.centre - y.centre);
    }
  return sum;
}

void
MONGE_BOUND (MongeTunedKernel kernel,
             const MongeBox *rows,
             const MongeBoxes *boxes,
             gsize first,
             gsize n,
             float *bound)
{
  const float *tops = boxes->planes + 3 * boxes->dim * boxes->stride + first;
  const float *peaks = tops + boxes->stride;

  for (gsize b = 0; b < n; b += LANES)
    {
      vf top = vf_load (tops + b) + rows->top, peak = vf_load (peaks + b) + rows->peak;
      vf size = vf_abs (vf_load (peaks + b)) + vf_abs (vf_set (rows->peak));
      vf square = vf_set (0), by_slope, by_peak;

      if (kernel == MONGE_TUNED_GAUSSIAN)
        {
          by_slope = top + bound_gaussian (rows, boxes, first + b, &square);
          by_peak = peak - square;
        }
      else
        {
          vf safe;

          by_slope = top + bound_laplacian (rows, boxes, first + b, &square);
          safe = square + 1e-30f;
          by_peak = peak - (2 * (1 - 1e-6f)) * (safe * vf_rsqrt (safe));
        }
      size = vf_min (size + square, vf_set (1e30f)); /* −∞, of points without mass, stays */
      vf_store (bound + b, vf_min (by_slope, by_peak) + SLACK * size);
    }
}
