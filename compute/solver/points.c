/* Sorting and clustering for the solvers. A code is the place of a point's cell along a Hilbert curve
 * through a cube around the points: equal leading bits mean the same larger cell, and consecutive
 * cells touch, which keeps blocks of consecutive points compact.
 * After J. Skilling, “Programming the Hilbert curve”, AIP Conf. Proc. 707, 2004. */
#include "compute/solver/points.h"

#include "compute/core/parallel.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Halvings of the cube along each axis. */
static guint
bits_per_axis (guint dim)
{
  return MIN (16, 63 / dim);
}

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
  const MongePoints *points;
  const float *lower;
  double side;
  guint64 *codes;
} Encoding;

/* @begin, @end: groups. */
static void
encode_groups (gsize begin, gsize end, guint worker, gpointer data)
{
  const Encoding *e = data;
  const gsize n = e->points->n;
  const guint dim = e->points->dim, bits = bits_per_axis (dim);
  const float cells = (float) ((guint32) 1 << bits), scale = (float) (cells / e->side);
  guint64 code[GROUP];
  Cells cell;

  for (gsize group = begin; group < end; group++)
    {
      const gsize first = group * GROUP, count = MIN (n - first, GROUP);

      for (guint d = 0; d < dim; d++)
        for (gsize i = 0; i < GROUP; i++)
          {
            float x = e->points->planes[d * n + first + MIN (i, count - 1)];

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
find_cube (const MongePoints *points, float *lower)
{
  double side = 0;

  for (guint d = 0; d < points->dim; d++)
    {
      const float *plane = points->planes + d * points->n;
      float upper = lower[d] = plane[0];

      for (gsize i = 1; i < points->n; i++)
        {
          lower[d] = MIN (lower[d], plane[i]);
          upper = MAX (upper, plane[i]);
        }
      side = MAX (side, (double) upper - lower[d]);
    }
  return side > 0 ? side * (1 + 1e-6) : 1;
}

static void
permute_array (gpointer *array, gsize size, const guint32 *index, gsize n)
{
  char *from = *array, *to = g_malloc (n * size);

  if (size == 4)
    for (gsize i = 0; i < n; i++)
      memcpy (to + 4 * i, from + 4 * (gsize) index[i], 4);
  else
    for (gsize i = 0; i < n; i++)
      memcpy (to + size * i, from + size * (gsize) index[i], size);
  g_free (from);
  *array = to;
}

static void
permute_plane (float *plane, const guint32 *index, gsize n, float *scratch)
{
  for (gsize i = 0; i < n; i++)
    scratch[i] = plane[index[i]];
  memcpy (plane, scratch, n * sizeof *plane);
}

/* Point i becomes point index[i] of now. Codes stay. */
static void
permute (MongePoints *points, const guint32 *index)
{
  const gsize n = points->n;
  g_autofree float *scratch = g_new (float, n);

  for (guint d = 0; d < points->dim; d++)
    permute_plane (points->planes + d * n, index, n, scratch);
  permute_plane (points->log_weights, index, n, scratch);
  permute_array ((gpointer *) &points->weights, sizeof *points->weights, index, n);
  permute_array ((gpointer *) &points->order, sizeof *points->order, index, n);
}

/* How the number of cells grows as they halve, at the last halving that leaves a few points in
 * each: 1 for curves, 2 for surfaces, 3 for volumes. */
static double
measure_dimension (const MongePoints *points)
{
  const guint dim = points->dim, bits = bits_per_axis (dim);
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

void
monge_points_sort (MongePoints *points, double cell, gsize *moved)
{
  const gsize n = points->n;
  g_autofree guint32 *index = g_new (guint32, n);
  g_autofree guint64 *codes = g_new (guint64, n);
  float lower[MONGE_MAX_DIM];
  double side = find_cube (points, lower);
  Encoding encoding = { .points = points, .lower = lower };

  points->side = cell > 0 && cell < side ? cell * exp2 (ceil (log2 (side / cell))) : side;
  encoding.side = points->side;
  encoding.codes = points->codes;
  monge_parallel_rows ((n + GROUP - 1) / GROUP, 64, 0, NULL, encode_groups, &encoding);
  for (gsize i = 0; i < n; i++) /* equals by their place in the measure, whatever was before */
    {
      index[points->order[i]] = (guint32) i;
      codes[points->order[i]] = points->codes[i];
    }
  memcpy (points->codes, codes, n * sizeof *codes);
  radix_sort (points->codes, index, n, bits_per_axis (points->dim) * points->dim);
  permute (points, index);
  if (moved != NULL)
    for (gsize i = 0; i < n; i++)
      moved[i] = index[i];
  points->spread = monge_points_measure_spread (points);
  points->intrinsic_dim = measure_dimension (points);
}

void
monge_points_forget_order (MongePoints *points)
{
  g_autofree guint32 *index = g_new (guint32, points->n);

  for (gsize i = 0; i < points->n; i++)
    index[points->order[i]] = (guint32) i;
  permute (points, index);
  points->side = points->intrinsic_dim = points->spread = 0;
}

/* ------------------------------------------------------------------------------------------------
 * Life
 */

MongePoints *
monge_points_alloc (gsize n, guint dim)
{
  MongePoints *points = g_new0 (MongePoints, 1);

  points->n = n;
  points->dim = dim;
  points->planes = g_new (float, n * dim);
  points->weights = g_new (double, n);
  points->log_weights = g_new (float, n);
  return points;
}

MongePoints *
monge_points_new (MongeMeasure *measure, const double *origin)
{
  const gsize n = monge_measure_get_n (measure);
  const double *weights = monge_measure_get_weights (measure);
  MongePoints *points = monge_points_alloc (n, monge_measure_get_dim (measure));
  double centre[MONGE_MAX_DIM];

  points->order = g_new (gsize, n);
  points->codes = g_new0 (guint64, n);
  for (gsize i = 0; i < n; i++)
    {
      points->order[i] = i;
      points->weights[i] = weights[i];
      points->log_weights[i] = i > 0 && weights[i] == weights[i - 1]
                                    ? points->log_weights[i - 1]
                                    : (float) log (weights[i]);
    }
  if (origin == NULL)
    monge_points_find_centre (points, monge_measure_get_points (measure), centre);
  monge_points_move (points, monge_measure_get_points (measure),
                     origin != NULL ? origin : centre);
  return points;
}

void
monge_points_free (MongePoints *points)
{
  if (points == NULL)
    return;
  g_free (points->planes);
  g_free (points->weights);
  g_free (points->log_weights);
  g_free (points->order);
  g_free (points->codes);
  g_free (points->first);
  g_free (points);
}

typedef struct {
  MongePoints *points;
  const double *positions, *origin;
} Move;

static void
move_rows (gsize begin, gsize end, guint worker, gpointer data)
{
  const Move *move = data;
  const gsize n = move->points->n;
  const guint dim = move->points->dim;

  for (gsize i = begin; i < end; i++)
    for (guint d = 0; d < dim; d++)
      move->points->planes[d * n + i]
          = (float) (move->positions[move->points->order[i] * dim + d] - move->origin[d]);
}

void
monge_points_move (MongePoints *points, const double *positions, const double *origin)
{
  Move move = { points, positions, origin };

  memcpy (points->origin, origin, points->dim * sizeof *origin);
  monge_parallel_rows (points->n, 16384, 0, NULL, move_rows, &move);
}

/* Points looked at for a mean, about, and groups of 32. */
#define CENTRE_SAMPLE 65536
#define SPREAD_SAMPLE 4096

void
monge_points_find_centre (const MongePoints *points, const double *positions, double *centre)
{
  const gsize stride = MAX (points->n / CENTRE_SAMPLE, 1);
  double mass = 0;

  for (guint d = 0; d < points->dim; d++)
    centre[d] = 0;
  for (gsize i = 0; i < points->n; i += stride)
    {
      const double weight = points->weights[i] + DBL_MIN; /* where none of these has any */

      mass += weight;
      for (guint d = 0; d < points->dim; d++)
        centre[d] += weight * positions[points->order[i] * points->dim + d];
    }
  for (guint d = 0; d < points->dim; d++)
    centre[d] /= mass;
}

double
monge_points_measure_spread (const MongePoints *points)
{
  const gsize group = 32, stride = MAX (points->n / (group * SPREAD_SAMPLE), 1) * group;
  double total = 0;
  gsize count = 0;

  for (guint d = 0; d < points->dim; d++)
    for (gsize begin = 0; begin < points->n; begin += stride)
      {
        const float *x = points->planes + d * points->n + begin;
        const gsize n = MIN (group, points->n - begin);
        float sum = 0, square = 0;

        for (gsize i = 0; i < n; i++) /* about the first point: no cancellation */
          {
            float at = x[i] - x[0];

            sum += at;
            square += at * at;
          }
        total += MAX (square - sum * sum / (float) n, 0.0f);
        count += n;
      }
  return sqrt (total * points->dim / (double) count);
}

/* ------------------------------------------------------------------------------------------------
 * Clusters
 */

guint
monge_points_get_depth (const MongePoints *points, double cell)
{
  double halvings = ceil (log2 (points->side / cell) - 1e-6);

  return halvings <= bits_per_axis (points->dim) ? (guint) MAX (halvings, 0) : G_MAXUINT;
}

/* Index of the first point of each cell, and the number of cells; %NULL beyond @most. */
static gsize *
find_cells (const MongePoints *points, guint shift, gsize most, gsize *n_cells)
{
  g_autoptr (GArray) first = g_array_sized_new (FALSE, FALSE, sizeof (gsize), 1024);
  guint64 cell = 0;

  for (gsize i = 0; i < points->n; i++)
    if (i == 0 || points->codes[i] >> shift != cell)
      {
        cell = points->codes[i] >> shift;
        if (first->len >= most)
          return NULL;
        g_array_append_val (first, i);
      }
  *n_cells = first->len;
  g_array_append_val (first, points->n);
  return g_array_steal (first, NULL);
}

MongePoints *
monge_points_coarsen (const MongePoints *points, guint depth, gsize most)
{
  const guint dim = points->dim, bits = bits_per_axis (dim);
  g_autofree gsize *cells = NULL;
  MongePoints *clusters;
  gsize n;

  if (depth > bits)
    return NULL;
  cells = find_cells (points, (bits - depth) * dim, most, &n);
  if (cells == NULL)
    return NULL;
  clusters = monge_points_alloc (n, dim);
  memcpy (clusters->origin, points->origin, sizeof clusters->origin);
  clusters->side = points->side;
  clusters->codes = g_new (guint64, n);
  for (gsize c = 0; c < n; c++)
    {
      double mass = 0;

      for (gsize i = cells[c]; i < cells[c + 1]; i++)
        mass += points->weights[i];
      clusters->weights[c] = mass;
      clusters->log_weights[c] = (float) log (mass);
      clusters->codes[c] = points->codes[cells[c]];
    }
  clusters->first = g_steal_pointer (&cells);
  monge_points_gather (clusters, points);
  for (gsize c = 0; c <= n && points->first != NULL; c++) /* ranges of points, not of clusters */
    clusters->first[c] = points->first[clusters->first[c]];
  return clusters;
}

typedef struct {
  MongePoints *clusters;
  const MongePoints *points;
} Gather;

static void
gather_rows (gsize begin, gsize end, guint worker, gpointer data)
{
  const Gather *gather = data;
  const MongePoints *points = gather->points;
  MongePoints *clusters = gather->clusters;

  for (gsize c = begin; c < end; c++)
    for (guint d = 0; d < points->dim; d++)
      {
        const float *x = points->planes + d * points->n;
        const gsize first = clusters->first[c], last = clusters->first[c + 1];
        double centre = 0, plain = 0;

        for (gsize i = first; i < last; i++)
          {
            centre += points->weights[i] * x[i];
            plain += x[i];
          }
        clusters->planes[d * clusters->n + c]
            = (float) (clusters->weights[c] > 0 ? centre / clusters->weights[c]
                                                : plain / (double) (last - first));
      }
}

void
monge_points_gather (MongePoints *clusters, const MongePoints *points)
{
  Gather gather = { clusters, points };

  memcpy (clusters->origin, points->origin, sizeof clusters->origin);
  monge_parallel_rows (clusters->n, 256, 0, NULL, gather_rows, &gather);
}

/* Clusters looked at, about. */
#define CELL_SAMPLE 4096

double
monge_points_measure_cells (const MongePoints *clusters, const MongePoints *points)
{
  const gsize stride = MAX (clusters->n / CELL_SAMPLE, 1);
  double total = 0, mass = 0;

  for (gsize c = 0; c < clusters->n; c += stride)
    {
      mass += clusters->weights[c];
      for (guint d = 0; d < points->dim; d++)
        for (gsize i = clusters->first[c]; i < clusters->first[c + 1]; i++)
          {
            double from = (double) points->planes[d * points->n + i]
                          - clusters->planes[d * clusters->n + c];

            total += points->weights[i] * from * from;
          }
    }
  return mass > 0 ? total / mass : 0;
}
