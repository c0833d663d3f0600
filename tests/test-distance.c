#include "compute/shape/distance.h"
#include "compute/shape/generate.h"
#include "tests/util.h"

#include <math.h>

static const double origin[3] = { 0.0, 0.0, 0.0 };

/* Random points about a shape whose size is about 1. */
static double *
new_points (gsize n, guint64 seed, double scale)
{
  g_autoptr (MongeShape) cloud = monge_generate_cloud (n, 3, seed);
  double *points = g_memdup2 (monge_shape_get_positions (cloud), 3 * n * sizeof *points);

  for (gsize i = 0; i < 3 * n; i++)
    points[i] = scale * (points[i] - 0.5);
  return points;
}

static double
dot (const double a[3], const double b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* The nearest point of a triangle by the regions about it (Ericson, "Real-Time Collision
 * Detection", section 5.1.5): another way than the one under test. @weights: barycentric. */
static void
find_nearest_weights (const double *p, const double *a, const double *b, const double *c,
                      double weights[3])
{
  double ab[3], ac[3], ap[3], bp[3], cp[3];
  double d1, d2, d3, d4, d5, d6, va, vb, vc, v = 0.0, w = 0.0;

  for (int k = 0; k < 3; k++)
    {
      ab[k] = b[k] - a[k];
      ac[k] = c[k] - a[k];
      ap[k] = p[k] - a[k];
      bp[k] = p[k] - b[k];
      cp[k] = p[k] - c[k];
    }
  d1 = dot (ab, ap), d2 = dot (ac, ap), d3 = dot (ab, bp), d4 = dot (ac, bp);
  d5 = dot (ab, cp), d6 = dot (ac, cp);
  va = d3 * d6 - d5 * d4, vb = d5 * d2 - d1 * d6, vc = d1 * d4 - d3 * d2;
  if (d1 <= 0.0 && d2 <= 0.0)
    v = w = 0.0;
  else if (d3 >= 0.0 && d4 <= d3)
    v = 1.0;
  else if (vc <= 0.0 && d1 >= 0.0 && d3 <= 0.0)
    v = d1 / (d1 - d3);
  else if (d6 >= 0.0 && d5 <= d6)
    w = 1.0;
  else if (vb <= 0.0 && d2 >= 0.0 && d6 <= 0.0)
    w = d2 / (d2 - d6);
  else if (va <= 0.0 && d4 - d3 >= 0.0 && d5 - d6 >= 0.0)
    {
      w = (d4 - d3) / ((d4 - d3) + (d5 - d6));
      v = 1.0 - w;
    }
  else
    {
      v = vb / (va + vb + vc);
      w = vc / (va + vb + vc);
    }
  weights[0] = 1.0 - v - w;
  weights[1] = v;
  weights[2] = w;
}

static double
find_distance (const MongeShape *surface, const double *p)
{
  const double *x = monge_shape_get_positions (surface);
  double best = G_MAXDOUBLE;

  for (gsize f = 0; f < monge_shape_get_n_cells (surface); f++)
    {
      const guint32 *face = monge_shape_get_cells (surface) + 3 * f;
      const double *corner[3] = { x + 3 * face[0], x + 3 * face[1], x + 3 * face[2] };
      double weights[3], d[3];

      find_nearest_weights (p, corner[0], corner[1], corner[2], weights);
      for (int k = 0; k < 3; k++)
        d[k] = p[k] - weights[0] * corner[0][k] - weights[1] * corner[1][k]
               - weights[2] * corner[2][k];
      best = MIN (best, sqrt (dot (d, d)));
    }
  return best;
}

static void
check_against_all_triangles (const MongeShape *surface, double scale)
{
  enum { N = 400 };
  g_autofree double *points = new_points (N, 11, scale);
  double distances[N];
  GError *error = NULL;

  monge_distance_to_shape (surface, points, N, distances, NULL, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < N; i++)
    monge_assert_close (distances[i], find_distance (surface, points + 3 * i), 1e-9 * scale);
}

static void
test_surfaces (void)
{
  g_autoptr (MongeShape) torus = monge_generate_torus (40, 17, 1.0, 0.4);
  g_autoptr (MongeShape) seahorse = monge_generate_seahorse (1, 2);
  g_autoptr (MongeShape) icosahedron = monge_generate_sphere (0, 1.0, origin);

  check_against_all_triangles (torus, 4.0);
  check_against_all_triangles (seahorse, 60.0);
  check_against_all_triangles (icosahedron, 3.0);
}

/* To a fine sphere the distance is | |p| − 1 | but for its facets, of depth h²/8 or so. */
static void
test_sphere (void)
{
  enum { N = 1000 };
  g_autoptr (MongeShape) sphere = monge_generate_sphere (6, 1.0, origin);
  g_autofree double *points = new_points (N, 3, 4.0);
  double distances[N];

  g_assert_true (monge_distance_to_shape (sphere, points, N, distances, NULL, NULL));
  for (gsize i = 0; i < N; i++)
    {
      const double *p = points + 3 * i;
      monge_assert_close (distances[i], fabs (sqrt (dot (p, p)) - 1.0), 2e-4);
    }
}

static void
test_vertices_have_no_distance (void)
{
  g_autoptr (MongeShape) shape = monge_generate_seahorse (0, 3);
  gsize n = monge_shape_get_n_vertices (shape);
  g_autofree double *distances = g_new (double, n);

  g_assert_true (monge_distance_to_shape (shape, monge_shape_get_positions (shape), n, distances,
                                          NULL, NULL));
  for (gsize i = 0; i < n; i++)
    monge_assert_close (distances[i], 0.0, 1e-7);
}

static void
test_curve (void)
{
  g_autoptr (MongeShape) knot = monge_generate_knot (300, 1.0);
  const double *x = monge_shape_get_positions (knot);
  double middles[3 * 300], distances[300];

  for (gsize i = 0; i < 300; i++)
    for (int k = 0; k < 3; k++)
      middles[3 * i + k] = 0.25 * x[3 * i + k] + 0.75 * x[3 * ((i + 1) % 300) + k];
  g_assert_true (monge_distance_to_shape (knot, middles, 300, distances, NULL, NULL));
  for (gsize i = 0; i < 300; i++)
    monge_assert_close (distances[i], 0.0, 1e-12);
}

static void
test_cloud (void)
{
  enum { N = 300 };
  g_autoptr (MongeShape) cloud = monge_generate_cloud (1500, 3, 9);
  const double *x = monge_shape_get_positions (cloud);
  g_autofree double *points = new_points (N, 4, 3.0);
  double distances[N];

  g_assert_true (monge_distance_to_shape (cloud, points, N, distances, NULL, NULL));
  for (gsize i = 0; i < N; i++)
    {
      double best = G_MAXDOUBLE;

      for (gsize j = 0; j < 1500; j++)
        {
          double d[3] = { points[3 * i] - x[3 * j], points[3 * i + 1] - x[3 * j + 1],
                          points[3 * i + 2] - x[3 * j + 2] };
          best = MIN (best, sqrt (dot (d, d)));
        }
      monge_assert_close (distances[i], best, 1e-14);
    }
}

/* Many items at one place and triangles without area must not trouble the tree. */
static void
test_degenerate (void)
{
  MongeShapeBuilder *builder = monge_shape_builder_new ("flat", 3);
  double *positions = g_new0 (double, 3 * 3000);
  guint32 *faces = g_new (guint32, 3 * 1000);
  g_autoptr (MongeShape) shape = NULL;
  const double points[6] = { 0.0, 0.0, 2.0, 1.5, 0.0, 0.0 };
  double distances[2];

  for (guint32 i = 0; i < 3000; i++)
    faces[i] = i;
  for (gsize f = 0; f < 1000; f++)
    positions[9 * f + 3] = 1.0; /* from the origin to (1, 0, 0) and back */
  monge_shape_builder_take_positions (builder, positions, 3000, MONGE_TYPE_FLOAT64);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, faces, 1000);
  shape = monge_shape_builder_end (builder, NULL);
  g_assert_nonnull (shape);
  g_assert_true (monge_distance_to_shape (shape, points, 2, distances, NULL, NULL));
  monge_assert_close (distances[0], 2.0, 1e-15);
  monge_assert_close (distances[1], 0.5, 1e-15);
}

static void
test_refuse_other_dimensions (void)
{
  g_autoptr (MongeShape) cloud = monge_generate_cloud (10, 2, 1);
  double point[3] = { 0.0, 0.0, 0.0 }, distance;
  GError *error = NULL;

  g_assert_false (monge_distance_to_shape (cloud, point, 1, &distance, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "3 dimensions");
}

static void
test_cancelled (void)
{
  g_autoptr (MongeShape) sphere = monge_generate_sphere (5, 1.0, origin);
  MongeTask task = MONGE_TASK_INIT;
  double point[3] = { 0.0, 0.0, 0.0 }, distance;
  GError *error = NULL;

  monge_task_cancel (&task);
  g_assert_false (monge_distance_to_shape (sphere, point, 1, &distance, &task, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
}

static void
test_summary (void)
{
  double distances[101];
  MongeDistanceSummary summary;

  for (int i = 0; i <= 100; i++)
    distances[i] = (i * 37) % 101;
  monge_distance_summarise (distances, 101, &summary);
  monge_assert_close (summary.mean, 50.0, 1e-12);
  monge_assert_close (summary.median, 50.0, 1e-12);
  monge_assert_close (summary.percentile95, 95.0, 1e-12);
  monge_assert_close (summary.maximum, 100.0, 0.0);
  monge_distance_summarise (distances + 1, 1, &summary);
  monge_assert_close (summary.median, 37.0, 0.0);
  monge_assert_close (summary.percentile95, 37.0, 0.0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/distance/surfaces", test_surfaces);
  g_test_add_func ("/distance/sphere", test_sphere);
  g_test_add_func ("/distance/vertices-have-no-distance", test_vertices_have_no_distance);
  g_test_add_func ("/distance/curve", test_curve);
  g_test_add_func ("/distance/cloud", test_cloud);
  g_test_add_func ("/distance/degenerate", test_degenerate);
  g_test_add_func ("/distance/refuse-other-dimensions", test_refuse_other_dimensions);
  g_test_add_func ("/distance/cancelled", test_cancelled);
  g_test_add_func ("/distance/summary", test_summary);
  return g_test_run ();
}
