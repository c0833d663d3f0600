/* Dice of solids whose overlap is known by formula. */
#include "compute/metrics.h"
#include "compute/shape/generate.h"
#include "compute/shape/overlap.h"
#include "compute/shape/sample.h"

#include "tests/util.h"

#include <math.h>

static MongeShape *
make_box (const double lower[3],
          const double upper[3])
{
  static const guint32 faces[] = { 0, 2, 1, 1, 2, 3, 4, 5, 6, 5, 7, 6, 0, 1, 4, 1, 5, 4,
                                   2, 6, 3, 3, 6, 7, 0, 4, 2, 2, 4, 6, 1, 3, 5, 3, 7, 5 };
  MongeShapeBuilder *builder = monge_shape_builder_new ("box", 3);
  double *positions = g_new (double, 24);
  g_autoptr (GError) error = NULL;
  MongeShape *shape;

  for (guint corner = 0; corner < 8; corner++)
    for (guint d = 0; d < 3; d++)
      positions[3 * corner + d] = corner >> d & 1 ? upper[d] : lower[d];
  monge_shape_builder_take_positions (builder, positions, 8, MONGE_TYPE_FLOAT64);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, g_memdup2 (faces, sizeof faces),
                                  12);
  shape = monge_shape_builder_end (builder, &error);
  g_assert_no_error (error);
  return shape;
}

/* Unit cubes moved by (s, t, u) share (1 − s)(1 − t)(1 − u). */
static void
test_boxes (void)
{
  static const double shifts[][3] = { { 0, 0, 0 }, { 0.5, 0, 0 }, { 0, 0, 0.25 },
                                      { 0.3, 0.2, 0.1 }, { 1.5, 0, 0 }, { 0, 0, 1.5 } };
  const double zero[3] = { 0, 0, 0 }, one[3] = { 1, 1, 1 };
  g_autoptr (MongeShape) box = make_box (zero, one);

  for (guint k = 0; k < G_N_ELEMENTS (shifts); k++)
    {
      const double *s = shifts[k], upper[3] = { s[0] + 1, s[1] + 1, s[2] + 1 };
      g_autoptr (MongeShape) other = make_box (s, upper);
      double wanted = MAX (1 - s[0], 0) * MAX (1 - s[1], 0) * MAX (1 - s[2], 0);

      monge_assert_close (monge_overlap_compute_dice (box, other), wanted, 1e-2);
    }
}

/* Unit balls at distance d share π (4 + d)(2 − d)² / 12. */
static void
test_balls (void)
{
  static const double here[3] = { 0, 0, 0 };
  g_autoptr (MongeShape) ball = monge_generate_sphere (5, 1.0, here);

  for (double d = 0.0; d < 2.5; d += 0.25)
    {
      const double there[3] = { 0.6 * d, 0.0, 0.8 * d };
      g_autoptr (MongeShape) other = monge_generate_sphere (4, 1.0, there);
      double wanted = d < 2.0 ? (4 + d) * (2 - d) * (2 - d) / 16.0 : 0.0;

      monge_assert_close (monge_overlap_compute_dice (ball, other), wanted, 5e-3);
    }
}

/* Rays through vertices and along edges and faces: the grid is aligned with everything. */
static void
test_aligned (void)
{
  const double zero[3] = { -0.5, -0.5, 0 }, one[3] = { 255.5, 255.5, 1 };
  const double half[3] = { 127.0, 255.5, 1 };
  g_autoptr (MongeShape) whole = make_box (zero, one);
  g_autoptr (MongeShape) part = make_box (zero, half);

  monge_assert_close (monge_overlap_compute_dice (whole, whole), 1.0, 1e-12);
  monge_assert_close (monge_overlap_compute_dice (whole, part), 2 * 127.5 / (127.5 + 256), 5e-3);
}

static void
test_open (void)
{
  static const double here[3] = { 0, 0, 0 };
  g_autoptr (MongeShape) ball = monge_generate_sphere (2, 1.0, here);
  g_autoptr (MongeShape) cloud = monge_generate_cloud (10, 3, 1);
  g_autoptr (MongeShape) knot = monge_generate_knot (50, 1.0);

  g_assert_true (isnan (monge_overlap_compute_dice (ball, cloud)));
  g_assert_true (isnan (monge_overlap_compute_dice (knot, ball)));
}

static void
test_metrics (void)
{
  static const double here[3] = { 0, 0, 0 };
  g_autoptr (MongeShape) small = monge_generate_sphere (4, 1.0, here);
  g_autoptr (MongeShape) large = monge_generate_sphere (4, 1.5, here);
  g_autoptr (GError) error = NULL;
  MongeMetrics metrics;

  monge_metrics_compute (small, large, &metrics, NULL, &error);
  g_assert_no_error (error);
  monge_assert_close (metrics.to_target.mean, 0.5, 5e-3);
  monge_assert_close (metrics.from_target.percentile95, 0.5, 5e-3);
  monge_assert_close (metrics.hausdorff, 0.5, 5e-3);
  monge_assert_close (metrics.dice, 2.0 / (1.0 + 3.375), 5e-3);
}

/* In the plane distances are those of the plane; beyond space there are none. */
static void
test_metrics_dimensions (void)
{
  g_autoptr (MongeShape) flat = monge_generate_cloud (40, 2, 1);
  g_autoptr (MongeShape) deep = monge_generate_cloud (40, 5, 1);
  g_autoptr (GError) error = NULL;
  MongeMetrics metrics;

  monge_metrics_compute (flat, flat, &metrics, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (metrics.hausdorff == 0.0);
  monge_metrics_compute (deep, deep, &metrics, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (isnan (metrics.hausdorff));
}

/* Half of a sphere's area lies above its middle, wherever its triangles are small. */
static void
test_sample (void)
{
  static const double here[3] = { 0, 0, 0 };
  g_autoptr (MongeShape) ball = monge_generate_sphere (3, 2.0, here);
  g_autoptr (MongeShape) sample = monge_shape_sample (ball, 10000, 7, NULL);
  const double *x = monge_shape_get_positions (sample);
  guint above = 0;

  g_assert_cmpuint (monge_shape_get_n_vertices (sample), ==, 10000);
  for (gsize i = 0; i < 10000; i++)
    {
      double radius = sqrt (x[3 * i] * x[3 * i] + x[3 * i + 1] * x[3 * i + 1]
                            + x[3 * i + 2] * x[3 * i + 2]);

      g_assert_cmpfloat (radius, <=, 2.0 + 1e-12);
      g_assert_cmpfloat (radius, >, 1.9);
      above += x[3 * i + 2] > 1.0; /* a cap of a quarter of the area (Archimedes) */
    }
  monge_assert_close (above / 1e4, 0.25, 0.01);
}

static void
test_sample_cloud (void)
{
  g_autoptr (MongeShape) cloud = monge_generate_cloud (100, 3, 1);
  g_autoptr (MongeShape) all = monge_shape_sample (cloud, 100, 3, NULL);
  GError *error = NULL;

  monge_assert_max_abs (monge_shape_get_positions (all), monge_shape_get_positions (cloud), 300,
                        0.0);
  g_assert_null (monge_shape_sample (cloud, 101, 3, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "100 points");
  g_assert_null (monge_shape_sample (cloud, 0, 3, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "not 0");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/overlap/boxes", test_boxes);
  g_test_add_func ("/overlap/balls", test_balls);
  g_test_add_func ("/overlap/aligned", test_aligned);
  g_test_add_func ("/overlap/open", test_open);
  g_test_add_func ("/metrics/spheres", test_metrics);
  g_test_add_func ("/metrics/dimensions", test_metrics_dimensions);
  g_test_add_func ("/sample/sphere", test_sample);
  g_test_add_func ("/sample/cloud", test_sample_cloud);
  return g_test_run ();
}
