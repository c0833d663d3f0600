/* Sorting and clustering for the solvers. The codes interleave the bits of the coordinates in a cube
 * around the points, so that equal leading bits mean the same cell. */
#include "compute/solver/points.h"

#include <math.h>
#include <string.h>

static guint
bits_per_axis (guint dim)
{
  return MIN (21, 63 / dim);
}

typedef struct {
  guint64 code;
  gsize index;
} Key;

static int
compare_keys (const void *a, const void *b)
{
  const Key *x = a, *y = b;

  if (x->code != y->code)
    return x->code < y->code ? -1 : 1;
  return (x->index > y->index) - (x->index < y->index);
}

static guint64
encode (const double *point, const double *lower, double side, guint dim)
{
  const guint bits = bits_per_axis (dim);
  const double cells = (double) (G_GUINT64_CONSTANT (1) << bits);
  guint64 cell[MONGE_MAX_DIM], code = 0;

  for (guint d = 0; d < dim; d++)
    cell[d] = (guint64) CLAMP ((point[d] - lower[d]) / side * cells, 0, cells - 1);
  for (guint b = bits; b-- > 0;)
    for (guint d = 0; d < dim; d++)
      code = code << 1 | (cell[d] >> b & 1);
  return code;
}

/* The cube around @points. */
static double
find_cube (const double *points, gsize n, guint dim, double *lower)
{
  double side = 0;

  for (guint d = 0; d < dim; d++)
    {
      double upper = lower[d] = points[d];

      for (gsize i = 1; i < n; i++)
        {
          lower[d] = MIN (lower[d], points[i * dim + d]);
          upper = MAX (upper, points[i * dim + d]);
        }
      side = MAX (side, upper - lower[d]);
    }
  return side > 0 ? side * (1 + 1e-9) : 1;
}

static MongePoints *
points_alloc (gsize n, guint dim)
{
  MongePoints *points = g_new0 (MongePoints, 1);

  points->n = n;
  points->dim = dim;
  points->planes = g_new (float, n * dim);
  points->weights = g_new (double, n);
  points->log2_weights = g_new (float, n);
  return points;
}

MongePoints *
monge_points_new (MongeMeasure *measure, const double *origin)
{
  const gsize n = monge_measure_get_n (measure);
  const guint dim = monge_measure_get_dim (measure);
  const double *x = monge_measure_get_points (measure);
  const double *weights = monge_measure_get_weights (measure);
  MongePoints *points = points_alloc (n, dim);
  g_autofree Key *keys = g_new (Key, n);
  double lower[MONGE_MAX_DIM];

  points->order = g_new (gsize, n);
  points->codes = g_new (guint64, n);
  points->side = find_cube (x, n, dim, lower);
  for (gsize i = 0; i < n; i++)
    keys[i] = (Key){ encode (x + i * dim, lower, points->side, dim), i };
  qsort (keys, n, sizeof *keys, compare_keys);
  for (gsize i = 0; i < n; i++)
    {
      points->order[i] = keys[i].index;
      points->codes[i] = keys[i].code;
      points->weights[i] = weights[keys[i].index];
      points->log2_weights[i] = (float) log2 (points->weights[i]);
    }
  monge_points_move (points, x, origin);
  return points;
}

void
monge_points_free (MongePoints *points)
{
  if (points == NULL)
    return;
  g_free (points->planes);
  g_free (points->weights);
  g_free (points->log2_weights);
  g_free (points->order);
  g_free (points->codes);
  g_free (points->first);
  g_free (points);
}

void
monge_points_move (MongePoints *points, const double *positions, const double *origin)
{
  for (gsize i = 0; i < points->n; i++)
    for (guint d = 0; d < points->dim; d++)
      points->planes[d * points->n + i]
          = (float) (positions[points->order[i] * points->dim + d] - origin[d]);
}

guint
monge_points_get_depth (const MongePoints *points, double cell)
{
  double halvings = ceil (log2 (points->side / cell));

  return (guint) CLAMP (halvings, 0, bits_per_axis (points->dim));
}

MongePoints *
monge_points_coarsen (const MongePoints *points, guint depth)
{
  const guint dim = points->dim;
  const guint shift = (bits_per_axis (dim) - MIN (depth, bits_per_axis (dim))) * dim;
  MongePoints *clusters;
  gsize n = 1;

  for (gsize i = 1; i < points->n; i++)
    n += points->codes[i] >> shift != points->codes[i - 1] >> shift;
  if (2 * n > points->n)
    return NULL;

  clusters = points_alloc (n, dim);
  clusters->first = g_new (gsize, n + 1);
  for (gsize c = 0, end = 0; c < n; c++)
    {
      double mass = 0, centre[MONGE_MAX_DIM] = { 0 }, plain[MONGE_MAX_DIM] = { 0 };
      gsize begin = end;

      do
        {
          mass += points->weights[end];
          for (guint d = 0; d < dim; d++)
            {
              centre[d] += points->weights[end] * points->planes[d * points->n + end];
              plain[d] += points->planes[d * points->n + end];
            }
          end++;
        }
      while (end < points->n && points->codes[end] >> shift == points->codes[begin] >> shift);
      clusters->first[c] = begin;
      clusters->weights[c] = mass;
      clusters->log2_weights[c] = (float) log2 (mass);
      for (guint d = 0; d < dim; d++)
        clusters->planes[d * n + c]
            = (float) (mass > 0 ? centre[d] / mass : plain[d] / (double) (end - begin));
    }
  clusters->first[n] = points->n;
  return clusters;
}

MongeCloud
monge_points_get_cloud (const MongePoints *points)
{
  return (MongeCloud){ points->planes, points->n, points->n, points->dim };
}
