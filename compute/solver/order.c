/* Sorting for the solvers. A code is the place of a point's cell along a Hilbert curve through a cube
 * around the points: equal leading bits mean the same larger cell, and consecutive cells touch, which
 * keeps blocks of consecutive points compact.
 * After J. Skilling, “Programming the Hilbert curve”, AIP Conf. Proc. 707, 2004. */
#include "compute/solver/points-private.h"

#include "compute/backend/step.h"
#include "compute/core/parallel.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------
 * Codes
 */

/* Points coded together: loops over them are what the compiler turns into vectors. */
#define GROUP 64

typedef guint32 Cells[MONGE_MAX_DIM][GROUP];

/* Cell coordinates, each of @bits bits, to the transposed Hilbert index, in place. Where bit q of
 * coordinate d is set, the lower bits of coordinate 0 are flipped, else swapped with those of d. */
static void
hilbert_transpose (Cells cell, guint bits, guint dim)
{
  for (guint bit = bits - 1; bit > 0; bit--)
    for (guint d = 0; d < dim; d++)
      for (guint i = 0; i < GROUP; i++)
        {
          const guint32 lower = ((guint32) 1 << bit) - 1;
          const guint32 flip = -(cell[d][i] >> bit & 1) & lower;
          const guint32 swap = (cell[0][i] ^ cell[d][i]) & lower & ~flip;

          cell[0][i] ^= flip | swap;
          cell[d][i] ^= d > 0 ? swap : 0;
        }
  for (guint d = 1; d < dim; d++) /* Gray code */
    for (guint i = 0; i < GROUP; i++)
      cell[d][i] ^= cell[d - 1][i];
  for (guint i = 0; i < GROUP; i++)
    {
      guint32 t = 0;

      for (guint bit = bits - 1; bit > 0; bit--)
        t ^= -(cell[dim - 1][i] >> bit & 1) & (((guint32) 1 << bit) - 1);
      for (guint d = 0; d < dim; d++)
        cell[d][i] ^= t;
    }
}

/* Bit b of every axis in turn, the highest first. */
static void
interleave (Cells cell, guint bits, guint dim, guint64 *code)
{
  for (guint i = 0; i < GROUP; i++)
    code[i] = 0;
  for (guint b = bits; b-- > 0;)
    for (guint d = 0; d < dim; d++)
      for (guint i = 0; i < GROUP; i++)
        code[i] = code[i] << 1 | (cell[d][i] >> b & 1);
}

typedef struct {
  const float *planes;
  gsize n;
  guint dim;
  const float *lower;
  double side;
  guint64 *codes;
} Encoding;

/* @begin, @end: groups. */
static void
encode_groups (gsize begin, gsize end, guint worker, gpointer data)
{
  const Encoding *e = data;
  const gsize n = e->n;
  const guint dim = e->dim, bits = monge_points_get_bits (dim);
  const float cells = (float) ((guint32) 1 << bits), scale = (float) (cells / e->side);
  guint64 code[GROUP];
  Cells cell;

  for (gsize group = begin; group < end; group++)
    {
      const gsize first = group * GROUP, count = MIN (n - first, GROUP);

      for (guint d = 0; d < dim; d++)
        for (gsize i = 0; i < GROUP; i++)
          {
            float x = e->planes[d * n + first + MIN (i, count - 1)];

            cell[d][i] = (guint32) (gint32) CLAMP ((x - e->lower[d]) * scale, 0, cells - 1);
          }
      hilbert_transpose (cell, bits, dim);
      interleave (cell, bits, dim, code);
      memcpy (e->codes + first, code, count * sizeof *code);
    }
}

/* ------------------------------------------------------------------------------------------------
 * Sorting
 */

#define DIGIT_BITS 12
#define N_DIGITS ((gsize) 1 << DIGIT_BITS)

/* Stable, by digits from the lowest. @index follows @codes. */
static void
radix_sort (guint64 *codes, guint32 *index, gsize n, guint n_bits)
{
  g_autofree guint64 *other_codes = g_new (guint64, n);
  g_autofree guint32 *other_index = g_new (guint32, n);
  g_autofree gsize *count = g_new (gsize, N_DIGITS);
  guint64 *from = codes, *to = other_codes;
  guint32 *from_index = index, *to_index = other_index;

  for (guint shift = 0; shift < n_bits; shift += DIGIT_BITS)
    {
      gsize total = 0;

      memset (count, 0, N_DIGITS * sizeof *count);
      for (gsize i = 0; i < n; i++)
        count[from[i] >> shift & (N_DIGITS - 1)]++;
      if (count[from[0] >> shift & (N_DIGITS - 1)] == n)
        continue;
      for (gsize digit = 0; digit < N_DIGITS; digit++)
        {
          gsize here = count[digit];

          count[digit] = total;
          total += here;
        }
      for (gsize i = 0; i < n; i++)
        {
          gsize place = count[from[i] >> shift & (N_DIGITS - 1)]++;

          to[place] = from[i];
          to_index[place] = from_index[i];
        }
      { guint64 *t = from; from = to; to = t; }
      { guint32 *t = from_index; from_index = to_index; to_index = t; }
    }
  if (from != codes)
    {
      memcpy (codes, from, n * sizeof *codes);
      memcpy (index, from_index, n * sizeof *index);
    }
}

/* The cube around the points: lower corner and side. */
static double
find_cube (const float *planes, gsize n, guint dim, float *lower)
{
  double side = 0;

  for (guint d = 0; d < dim; d++)
    {
      const float *plane = planes + d * n;
      float upper = lower[d] = plane[0];

      for (gsize i = 1; i < n; i++)
        {
          lower[d] = MIN (lower[d], plane[i]);
          upper = MAX (upper, plane[i]);
        }
      side = MAX (side, (double) upper - lower[d]);
    }
  return side > 0 ? side * (1 + 1e-6) : 1;
}

static void
permute_floats (float *values, const guint32 *index, gsize n, float *scratch)
{
  for (gsize i = 0; i < n; i++)
    scratch[i] = values[index[i]];
  memcpy (values, scratch, n * sizeof *values);
}

static void
permute_doubles (double *values, const guint32 *index, gsize n, double *scratch)
{
  for (gsize i = 0; i < n; i++)
    scratch[i] = values[index[i]];
  memcpy (values, scratch, n * sizeof *values);
}

static void
permute_order (MongePoints *points, const guint32 *index, gsize *scratch)
{
  for (gsize i = 0; i < points->n; i++)
    scratch[i] = points->order[index[i]];
  memcpy (points->order, scratch, points->n * sizeof *scratch);
}

/* Point i becomes point index[i] of now. Codes stay. */
static void
permute (MongePoints *points, const MongePointsHost *host, const guint32 *index)
{
  const gsize n = points->n;
  g_autofree gpointer scratch = g_malloc (n * MAX (sizeof (gsize), sizeof (double)));

  for (guint d = 0; d < points->dim; d++)
    permute_floats (host->planes + d * n, index, n, scratch);
  permute_floats (host->log_weights, index, n, scratch);
  permute_doubles (host->weights, index, n, scratch);
  permute_order (points, index, scratch);
  monge_points_write_order (points);
}

/* How the number of cells grows as they halve, at the last halving that leaves a few points in
 * each: 1 for curves, 2 for surfaces, 3 for volumes. */
static double
measure_dimension (const MongePoints *points)
{
  const guint dim = points->dim, bits = monge_points_get_bits (dim);
  gsize cells = 1, before = 1, part[17] = { 0 };

  for (gsize i = 1; i < points->n; i++)
    {
      const guint64 difference = points->codes[i] ^ points->codes[i - 1];

      if (difference != 0)
        part[bits - (guint) (63 - __builtin_clzll (difference)) / dim]++;
    }
  for (guint depth = 1; depth <= bits; depth++)
    {
      if (cells + part[depth] > points->n / 3)
        break;
      before = cells;
      cells += part[depth];
    }
  return CLAMP (log2 ((double) cells / (double) before), 1, dim);
}

/* Where points[i] goes: equals by their place in the measure, whatever was before. */
static void
sort_codes (MongePoints *points, guint32 *index)
{
  const gsize n = points->n;
  g_autofree guint64 *codes = g_new (guint64, n);

  for (gsize i = 0; i < n; i++)
    {
      index[points->order[i]] = (guint32) i;
      codes[points->order[i]] = points->codes[i];
    }
  memcpy (points->codes, codes, n * sizeof *codes);
  radix_sort (points->codes, index, n, monge_points_get_bits (points->dim) * points->dim);
}

gboolean
monge_points_sort (MongePoints *points, double cell, gsize *moved, GError **error)
{
  const gsize n = points->n;
  g_autofree guint32 *index = g_new (guint32, n);
  float lower[MONGE_MAX_DIM];
  double side, total;
  MongePointsHost host;
  Encoding encoding = { .n = n, .dim = points->dim, .lower = lower, .codes = points->codes };

  if (!monge_points_begin (points, MONGE_PLANES_READ | MONGE_PLANES_WRITE, &host, error))
    return FALSE;
  side = find_cube (host.planes, n, points->dim, lower);
  points->side = cell > 0 && cell < side ? cell * exp2 (ceil (log2 (side / cell))) : side;
  encoding.planes = host.planes;
  encoding.side = points->side;
  monge_parallel_rows ((n + GROUP - 1) / GROUP, 64, 0, NULL, encode_groups, &encoding);
  sort_codes (points, index);
  permute (points, &host, index);
  monge_points_end (points);
  for (gsize i = 0; i < n && moved != NULL; i++)
    moved[i] = index[i];
  points->intrinsic_dim = measure_dimension (points);
  monge_points_queue_spread (points, MONGE_POINTS_TOTALS);
  if (!monge_backend_read_totals (points->backend, MONGE_POINTS_TOTALS, 1, &total, NULL, error))
    return FALSE;
  points->spread = points->sorted_spread = monge_points_get_spread (points, total);
  return TRUE;
}

gboolean
monge_points_forget_order (MongePoints *points, GError **error)
{
  g_autofree guint32 *index = g_new (guint32, points->n);
  MongePointsHost host;

  if (!monge_points_begin (points, MONGE_PLANES_READ | MONGE_PLANES_WRITE, &host, error))
    return FALSE;
  for (gsize i = 0; i < points->n; i++)
    index[points->order[i]] = (guint32) i;
  permute (points, &host, index);
  monge_points_end (points);
  points->side = points->intrinsic_dim = points->spread = points->sorted_spread = 0;
  return TRUE;
}
