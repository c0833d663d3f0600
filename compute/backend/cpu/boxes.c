#include "compute/backend/cpu/boxes.h"

#include <math.h>
#include <string.h>

/* Values that vary by less over a box need no slope. */
#define LEVEL 1.0f

static gboolean
find_extent (MongeBox *box, const float *points, gsize stride, gsize n, guint dim)
{
  gboolean has_nan = FALSE;

  for (guint d = 0; d < dim; d++)
    {
      const float *plane = points + d * stride;
      float lower = INFINITY, upper = -INFINITY;

      for (gsize i = 0; i < n; i++)
        {
          lower = plane[i] < lower ? plane[i] : lower;
          upper = plane[i] > upper ? plane[i] : upper;
          has_nan |= plane[i] != plane[i];
        }
      box->lower[d] = lower;
      box->upper[d] = upper;
      box->slope[d] = 0;
    }
  return has_nan;
}

/* Solves A s = b by Cholesky, A (dim × dim) positive definite, in place. */
static void
solve (double a[][MONGE_MAX_REDUCTION_DIM], double *b, guint dim)
{
  for (guint k = 0; k < dim; k++)
    for (guint i = k; i < dim; i++)
      {
        for (guint m = 0; m < k; m++)
          a[i][k] -= a[i][m] * a[k][m];
        a[i][k] = i == k ? sqrt (a[i][k]) : a[i][k] / a[k][k];
      }
  for (guint i = 0; i < dim; i++)
    {
      for (guint m = 0; m < i; m++)
        b[i] -= a[i][m] * b[m];
      b[i] /= a[i][i];
    }
  for (guint i = dim; i-- > 0;)
    {
      for (guint m = i + 1; m < dim; m++)
        b[i] -= a[m][i] * b[m];
      b[i] /= a[i][i];
    }
}

/* Least squares of the finite values, around their means. */
static void
fit_slope (MongeBox *box, const float *points, gsize stride, const float *values, gsize n,
           guint dim)
{
  double a[MONGE_MAX_REDUCTION_DIM][MONGE_MAX_REDUCTION_DIM] = { { 0 } };
  double b[MONGE_MAX_REDUCTION_DIM] = { 0 }, mean[MONGE_MAX_REDUCTION_DIM] = { 0 };
  double value_mean = 0, count = 0, trace = 0;

  for (gsize i = 0; i < n; i++)
    if (isfinite (values[i]))
      {
        for (guint d = 0; d < dim; d++)
          mean[d] += points[d * stride + i];
        value_mean += values[i];
        count++;
      }
  if (count < 2)
    return;
  for (gsize i = 0; i < n; i++)
    if (isfinite (values[i]))
      for (guint d = 0; d < dim; d++)
        {
          double x = points[d * stride + i] - mean[d] / count;

          b[d] += x * (values[i] - value_mean / count);
          for (guint e = 0; e <= d; e++)
            a[d][e] += x * (points[e * stride + i] - mean[e] / count);
        }
  for (guint d = 0; d < dim; d++)
    trace += a[d][d];
  for (guint d = 0; d < dim; d++) /* points in a plane leave one direction open */
    a[d][d] += 1e-4 * trace + 1e-30;
  solve (a, b, dim);
  for (guint d = 0; d < dim; d++)
    box->slope[d] = isfinite (b[d]) ? (float) b[d] : 0;
}

/* How far the values rise above the linear function. */
static float
find_top (const MongeBox *box, const float *points, gsize stride, const float *values, gsize n,
          guint dim)
{
  float top = -INFINITY;

  for (gsize i = 0; i < n; i++)
    {
      float value = values[i];

      for (guint d = 0; d < dim; d++)
        value -= box->slope[d]
                 * (points[d * stride + i] - 0.5f * (box->lower[d] + box->upper[d]));
      top = MAX (top, value);
    }
  return top;
}

void
monge_box_fit (MongeBox *box, const float *points, gsize stride, const float *values, gsize n,
               guint dim)
{
  gboolean has_nan = find_extent (box, points, stride, n, dim);
  float bottom = INFINITY;

  box->peak = values != NULL ? -INFINITY : 0;
  for (gsize i = 0; i < n && values != NULL; i++)
    {
      has_nan |= values[i] != values[i];
      box->peak = MAX (box->peak, values[i]);
      bottom = values[i] > -INFINITY ? MIN (bottom, values[i]) : bottom;
    }
  if (has_nan)
    box->peak = INFINITY;
  box->top = box->peak;
  if (values == NULL || !(box->peak - bottom > LEVEL) || box->peak == INFINITY)
    return;
  fit_slope (box, points, stride, values, n, dim);
  box->top = find_top (box, points, stride, values, n, dim);
}

static void
get_box (const MongeBoxes *boxes, gsize b, MongeBox *box)
{
  const float *plane = boxes->planes + b;

  for (guint d = 0; d < boxes->dim; d++, plane += 3 * boxes->stride)
    {
      box->lower[d] = plane[0];
      box->upper[d] = plane[boxes->stride];
      box->slope[d] = plane[2 * boxes->stride];
    }
  box->top = plane[0];
  box->peak = plane[boxes->stride];
}

void
monge_boxes_set (MongeBoxes *boxes, gsize b, const MongeBox *box)
{
  float *plane = boxes->planes + b;

  for (guint d = 0; d < boxes->dim; d++, plane += 3 * boxes->stride)
    {
      plane[0] = box->lower[d];
      plane[boxes->stride] = box->upper[d];
      plane[2 * boxes->stride] = box->slope[d];
    }
  plane[0] = box->top;
  plane[boxes->stride] = box->peak;
}

/* What @inner's linear function can rise to above that of @box: a corner of @inner decides. */
static float
rise_above (const MongeBox *inner, const MongeBox *box, guint dim)
{
  float top = inner->top;

  for (guint d = 0; d < dim; d++)
    {
      const float half = 0.5f * (inner->upper[d] - inner->lower[d]);
      const float offset = 0.5f * (inner->lower[d] + inner->upper[d])
                           - 0.5f * (box->lower[d] + box->upper[d]);

      top += fabsf (inner->slope[d] - box->slope[d]) * half - box->slope[d] * offset;
    }
  return top;
}

void
monge_box_join (MongeBox *box, const MongeBoxes *boxes, gsize first, gsize n)
{
  const guint dim = boxes->dim;
  MongeBox inner;

  box->top = box->peak = -INFINITY;
  for (guint d = 0; d < dim; d++)
    {
      box->lower[d] = INFINITY;
      box->upper[d] = -INFINITY;
      box->slope[d] = 0;
    }
  for (gsize b = first; b < first + n; b++)
    {
      get_box (boxes, b, &inner);
      for (guint d = 0; d < dim; d++)
        {
          box->lower[d] = MIN (box->lower[d], inner.lower[d]);
          box->upper[d] = MAX (box->upper[d], inner.upper[d]);
          box->slope[d] += inner.slope[d] / (float) n;
        }
      box->peak = MAX (box->peak, inner.peak);
    }
  for (gsize b = first; b < first + n; b++)
    {
      get_box (boxes, b, &inner);
      box->top = MAX (box->top, rise_above (&inner, box, dim));
    }
  if (box->peak == INFINITY)
    box->top = INFINITY;
}
