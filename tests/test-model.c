/* Deformation models: a map of the family is found exactly, anything else brought to the closest. */
#include "compute/core/random.h"
#include "compute/core/svd.h"
#include "compute/flow/flow.h"

#include "tests/util.h"

#include <math.h>
#include <string.h>

#define N 40

static const MongeModel *
find (const char *name)
{
  const MongeModel *model = monge_models;

  while (g_strcmp0 (model->name, name) != 0)
    model++;
  return model;
}

static void
fill_normal (MongeRandom *random,
             double *values,
             gsize n)
{
  for (gsize i = 0; i < n; i++)
    values[i] = monge_random_normal (random);
}

static void
fill_weights (MongeRandom *random,
              double *weights,
              gsize n)
{
  for (gsize i = 0; i < n; i++)
    weights[i] = (0.1 + monge_random_uniform (random)) / (double) n;
}

/* velocity ← A x + t − x */
static void
velocity_of (const double *map,
             const double *points,
             gsize n,
             guint dim,
             double *velocity)
{
  for (gsize i = 0; i < n; i++)
    for (guint r = 0; r < dim; r++)
      {
        velocity[i * dim + r] = 0.5 * (r + 1) - points[i * dim + r];
        for (guint c = 0; c < dim; c++)
          velocity[i * dim + r] += map[r * dim + c] * points[i * dim + c];
      }
}

static void
random_rotation (MongeRandom *random,
                 guint dim,
                 double *rotation)
{
  double a[100], s[10], v[100];

  fill_normal (random, a, dim * dim);
  monge_svd (dim, a, rotation, s, v);
  if (monge_determinant (dim, rotation) < 0.0)
    for (guint r = 0; r < dim; r++)
      rotation[r * dim] = -rotation[r * dim];
}

static void
assert_kept (const char *name,
             const double *points,
             const double *weights,
             guint dim,
             const double *velocity)
{
  g_autofree double *v = g_memdup2 (velocity, N * dim * sizeof (double));

  if (find (name)->project != NULL)
    g_assert_true (find (name)->project (points, weights, N, dim, v, NULL));
  monge_assert_rel_l2 (v, velocity, N * dim, 1e-12);
}

/* Each family contains the ones before it. */
static void
test_exact (void)
{
  for (guint dim = 1; dim <= 10; dim++)
    {
      double points[N * 10], weights[N], velocity[N * 10], map[100];
      MongeRandom random;

      monge_random_init (&random, dim);
      fill_normal (&random, points, N * dim);
      fill_weights (&random, weights, N);
      random_rotation (&random, dim, map);
      velocity_of (map, points, N, dim, velocity);
      assert_kept ("free", points, weights, dim, velocity);
      assert_kept ("rigid", points, weights, dim, velocity);
      assert_kept ("similarity", points, weights, dim, velocity);
      assert_kept ("affine", points, weights, dim, velocity);
      for (guint k = 0; k < dim * dim; k++)
        map[k] *= 1.7;
      velocity_of (map, points, N, dim, velocity);
      assert_kept ("similarity", points, weights, dim, velocity);
      assert_kept ("affine", points, weights, dim, velocity);
      fill_normal (&random, map, dim * dim);
      velocity_of (map, points, N, dim, velocity);
      assert_kept ("affine", points, weights, dim, velocity);
    }
}

static double
squared_error (const double *weights,
               const double *a,
               const double *b)
{
  double total = 0.0;

  for (gsize i = 0; i < N; i++)
    for (guint d = 0; d < 3; d++)
      total += weights[i] * (a[3 * i + d] - b[3 * i + d]) * (a[3 * i + d] - b[3 * i + d]);
  return total;
}

/* No nearby map of the family does better: the ends are turned a little about each axis. */
static void
test_rigid_closest (void)
{
  double points[3 * N], weights[N], wanted[3 * N], got[3 * N], other[3 * N];
  MongeRandom random;
  double best;

  monge_random_init (&random, 3);
  fill_normal (&random, points, 3 * N);
  fill_normal (&random, wanted, 3 * N);
  fill_weights (&random, weights, N);
  memcpy (got, wanted, sizeof got);
  g_assert_true (find ("rigid")->project (points, weights, N, 3, got, NULL));
  best = squared_error (weights, got, wanted);
  for (guint axis = 0; axis < 3; axis++)
    for (int sign = -1; sign <= 1; sign += 2)
      {
        guint u = (axis + 1) % 3, v = (axis + 2) % 3;
        double c = cos (1e-3), s = sign * sin (1e-3);

        for (gsize i = 0; i < N; i++)
          {
            double x = points[3 * i + u] + got[3 * i + u], y = points[3 * i + v] + got[3 * i + v];

            other[3 * i + axis] = got[3 * i + axis];
            other[3 * i + u] = c * x - s * y - points[3 * i + u];
            other[3 * i + v] = s * x + c * y - points[3 * i + v];
          }
        g_assert_cmpfloat (squared_error (weights, other, wanted), >, best);
      }
}

static void
test_rigid_keeps_distances (void)
{
  double points[3 * N], weights[N], velocity[3 * N];
  MongeRandom random;

  monge_random_init (&random, 4);
  fill_normal (&random, points, 3 * N);
  fill_normal (&random, velocity, 3 * N);
  fill_weights (&random, weights, N);
  for (gsize i = 0; i < N; i++)
    velocity[3 * i] -= 2.0 * points[3 * i]; /* asks for a mirror image */
  g_assert_true (find ("rigid")->project (points, weights, N, 3, velocity, NULL));
  for (gsize i = 1; i < N; i++)
    {
      double before = 0.0, after = 0.0;

      for (guint d = 0; d < 3; d++)
        {
          double way = points[3 * i + d] - points[d];
          double end = way + velocity[3 * i + d] - velocity[d];

          before += way * way;
          after += end * end;
        }
      monge_assert_close_rel (after, before, 1e-12);
    }
}

/* Points in a plane, on a line, all in one place: finite, and exact for a translation. */
static void
test_flat (void)
{
  static const char *const names[] = { "rigid", "similarity", "affine" };

  for (guint extent = 0; extent <= 2; extent++)
    {
      double points[3 * N] = { 0 }, weights[N], velocity[3 * N];
      MongeRandom random;

      monge_random_init (&random, extent);
      fill_weights (&random, weights, N);
      for (gsize i = 0; i < N; i++)
        {
          for (guint d = 0; d < extent; d++)
            points[3 * i + d] = monge_random_normal (&random);
          for (guint d = 0; d < 3; d++)
            velocity[3 * i + d] = 1.0 + d;
        }
      for (guint k = 0; k < G_N_ELEMENTS (names); k++)
        assert_kept (names[k], points, weights, 3, velocity);
    }
}

static void
test_svd (void)
{
  for (guint d = 1; d <= 10; d++)
    {
      double a[100], u[100], s[10], v[100], back[100] = { 0 }, one[100] = { 0 }, eye[100] = { 0 };
      MongeRandom random;

      monge_random_init (&random, 100 + d);
      fill_normal (&random, a, d * d);
      if (d > 2)
        memcpy (a + d, a, d * sizeof (double)); /* no full rank */
      monge_svd (d, a, u, s, v);
      for (guint r = 0; r < d; r++)
        for (guint c = 0; c < d; c++)
          {
            for (guint k = 0; k < d; k++)
              {
                back[r * d + c] += u[r * d + k] * s[k] * v[c * d + k];
                one[r * d + c] += u[k * d + r] * u[k * d + c];
              }
            eye[r * d + c] = r == c;
          }
      monge_assert_rel_l2 (back, a, d * d, 1e-13);
      monge_assert_max_abs (one, eye, d * d, 1e-13);
      for (guint k = 1; k < d; k++)
        g_assert_cmpfloat (s[k], <=, s[k - 1]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/model/svd", test_svd);
  g_test_add_func ("/model/exact", test_exact);
  g_test_add_func ("/model/rigid_closest", test_rigid_closest);
  g_test_add_func ("/model/rigid_keeps_distances", test_rigid_keeps_distances);
  g_test_add_func ("/model/flat", test_flat);
  return g_test_run ();
}
