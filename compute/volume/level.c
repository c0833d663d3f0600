#include "compute/volume/volume-private.h"

#include <math.h>

/* After N. Otsu, "A threshold selection method from gray-level histograms", IEEE Transactions on
 * Systems, Man, and Cybernetics, 1979: the level between the two classes whose means lie farthest
 * apart for their sizes. */

#define N_BINS 512
#define MAX_SAMPLES ((gsize) 1 << 20)

/* Every @step-th value; the step is odd, so that it does not run along a column. */
static gsize
count_values (const float *values, gsize n, double lowest, double width, gsize bins[N_BINS])
{
  gsize step = (n + MAX_SAMPLES - 1) / MAX_SAMPLES | 1, count = 0;

  for (gsize i = 0; i < n; i += step, count++)
    {
      double place = N_BINS * (((double) values[i] - lowest) / width);

      bins[CLAMP ((gint) place, 0, N_BINS - 1)]++;
    }
  return count;
}

/* The number of bins in the lower class. */
static guint
split_bins (const gsize bins[N_BINS], gsize n)
{
  double total = 0.0, sum = 0.0, best = -1.0, count = 0.0;
  guint first = 1, last = 1;

  for (guint k = 0; k < N_BINS; k++)
    total += (double) k * (double) bins[k];
  for (guint k = 0; k + 1 < N_BINS; k++)
    {
      double rest, distance, between;

      count += (double) bins[k];
      sum += (double) k * (double) bins[k];
      rest = (double) n - count;
      if (count == 0.0 || rest == 0.0)
        continue;
      distance = sum / count - (total - sum) / rest;
      between = count * rest * distance * distance;
      if (between > best)
        first = k + 1;
      if (between >= best)
        last = k + 1;
      best = MAX (best, between);
    }
  return (first + last) / 2; /* amid the gap, where there is one */
}

double
monge_find_level (const float *values, gsize n, float lowest, float highest)
{
  gsize bins[N_BINS] = { 0 };
  double width = (double) highest - (double) lowest;

  if (!(width > 0.0))
    return lowest;
  n = count_values (values, n, lowest, width, bins);
  return lowest + width * split_bins (bins, n) / N_BINS;
}
