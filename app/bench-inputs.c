#include "app/bench.h"

#include "compute/core/random.h"

#include <math.h>

static MongeMeasure *
take_points (double *points, gsize n, guint dim)
{
  MongeMeasure *measure;

  for (gsize k = 0; k < n * dim; k++)
    points[k] = (float) points[k];
  measure = monge_measure_new (points, NULL, n, dim, NULL);
  g_assert (measure != NULL);
  g_free (points);
  return measure;
}

float *
monge_bench_make_uniform (gsize n, guint dim, guint64 seed)
{
  MongeRandom random;
  float *points = g_new (float, n * dim);

  monge_random_init (&random, seed);
  for (gsize k = 0; k < n * dim; k++)
    points[k] = (float) monge_random_uniform (&random);
  return points;
}

MongeMeasure *
monge_bench_make_cube (gsize n, guint dim, guint64 seed)
{
  g_autofree float *values = monge_bench_make_uniform (n, dim, seed);
  double *points = g_new (double, n * dim);

  for (gsize k = 0; k < n * dim; k++)
    points[k] = (double) values[k];
  return take_points (points, n, dim);
}

MongeMeasure *
monge_bench_make_bent_cube (gsize n, guint64 seed)
{
  MongeRandom random;
  double *points = g_new (double, 3 * n);

  monge_random_init (&random, seed);
  for (gsize i = 0; i < n; i++)
    {
      double *x = points + 3 * i;

      for (guint d = 0; d < 3; d++)
        x[d] = monge_random_uniform (&random);
      x[0] = 0.1 + 0.8 * x[0] + 0.1 * sin (3 * x[2]);
      x[1] = 0.9 * x[1] + 0.1 * x[0] * x[0];
    }
  return take_points (points, n, 3);
}

/* Uniform on the unit sphere. */
static void
draw_direction (MongeRandom *random, double direction[3])
{
  double length;

  do
    {
      length = 0;
      for (guint d = 0; d < 3; d++)
        {
          direction[d] = monge_random_normal (random);
          length += direction[d] * direction[d];
        }
      length = sqrt (length);
    }
  while (length < 1e-9);
  for (guint d = 0; d < 3; d++)
    direction[d] /= length;
}

/* r(φ, θ) = 0.3 (1 + 0.2 sin 3φ sin θ), then stretched and shifted. */
static void
deform (double point[3])
{
  static const double stretch[3] = { 1, 1.1, 0.95 }, centre[3] = { 0.54, 0.5, 0.45 };
  const double bump = sin (3 * atan2 (point[1], point[0])) * hypot (point[0], point[1]);
  const double r = 0.3 * (1 + 0.2 * bump);

  for (guint d = 0; d < 3; d++)
    point[d] = centre[d] + stretch[d] * r * point[d];
}

MongeMeasure *
monge_bench_make_sphere (gsize n, gboolean is_deformed, guint64 seed)
{
  MongeRandom random;
  double *points = g_new (double, 3 * n);

  monge_random_init (&random, seed);
  for (gsize i = 0; i < n; i++)
    {
      draw_direction (&random, points + 3 * i);
      if (is_deformed)
        deform (points + 3 * i);
      else
        for (guint d = 0; d < 3; d++)
          points[3 * i + d] = 0.5 + 0.35 * points[3 * i + d];
    }
  return take_points (points, n, 3);
}

#define TREE_DEPTH 10
#define N_BRANCHES ((1 << (TREE_DEPTH + 1)) - 1)

typedef struct {
  double from[3], to[3];
} Branch;

/* Branch b splits into 2b + 1 and 2b + 2, each turned at random and shorter by 2^(-1/3). */
static void
grow_tree (Branch *branches)
{
  MongeRandom random;
  double length = 0.22;

  monge_random_init (&random, 7);
  branches[0] = (Branch){ { 0.5, 0.5, 0.02 }, { 0.5, 0.5, 0.3 } };
  for (guint b = 1; b < N_BRANCHES; b++)
    {
      const Branch *parent = &branches[(b - 1) / 2];
      double turn[3], size = 0, ahead = hypot (hypot (parent->to[0] - parent->from[0],
                                                      parent->to[1] - parent->from[1]),
                                               parent->to[2] - parent->from[2]);

      if ((b & (b + 1)) == 0)
        length *= 0.7937;
      draw_direction (&random, turn);
      for (guint d = 0; d < 3; d++)
        {
          turn[d] += (parent->to[d] - parent->from[d]) / ahead;
          size += turn[d] * turn[d];
        }
      for (guint d = 0; d < 3; d++)
        {
          branches[b].from[d] = parent->to[d];
          branches[b].to[d] = parent->to[d] + length * turn[d] / sqrt (size);
        }
    }
}

MongeMeasure *
monge_bench_make_tree (gsize n, gboolean is_deformed, guint64 seed)
{
  g_autofree Branch *branches = g_new (Branch, N_BRANCHES);
  MongeRandom random;
  double *points = g_new (double, 3 * n);

  grow_tree (branches);
  monge_random_init (&random, seed);
  for (gsize i = 0; i < n; i++)
    {
      const Branch *branch = &branches[monge_random_next (&random) % N_BRANCHES];
      const double t = monge_random_uniform (&random);
      double *x = points + 3 * i;

      for (guint d = 0; d < 3; d++)
        x[d] = branch->from[d] + t * (branch->to[d] - branch->from[d])
               + 0.003 * monge_random_normal (&random);
      if (!is_deformed)
        continue;
      x[0] = 0.5 + 0.9 * (x[0] - 0.5) + 0.04 * sin (5 * x[2]);
      x[1] = 0.5 + 0.95 * (x[1] - 0.5);
      x[2] = 0.85 * x[2] + 0.03 * cos (4 * x[1]);
    }
  return take_points (points, n, 3);
}

float *
monge_bench_make_normals (gsize n, guint64 seed)
{
  MongeRandom random;
  float *values = g_new (float, n);

  monge_random_init (&random, seed);
  for (gsize i = 0; i < n; i++)
    values[i] = (float) monge_random_normal (&random);
  return values;
}
