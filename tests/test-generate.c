#include "compute/shape/generate.h"
#include "compute/shape/mesh.h"
#include "tests/util.h"

#include <math.h>
#include <string.h>

static void
check_closed (const MongeShape *shape)
{
  MongeMeshReport report;

  monge_mesh_describe (shape, &report);
  g_assert_true (report.is_closed);
  g_assert_true (report.is_oriented);
  g_assert_cmpfloat (report.volume, >, 0.0);
  g_assert_cmpuint (report.n_components, ==, 1);
  g_assert_cmpuint (report.n_degenerate_cells, ==, 0);
  g_assert_cmpuint (report.n_unused_vertices, ==, 0);
}

static void
test_sphere_counts (void)
{
  const double centre[3] = { 1.0, 2.0, 3.0 };

  for (guint s = 0; s <= 6; s++)
    {
      g_autoptr (MongeShape) sphere = monge_generate_sphere (s, 7.0, centre);
      const double *p = monge_shape_get_positions (sphere);
      gsize n = monge_shape_get_n_vertices (sphere);

      g_assert_cmpuint (n, ==, 10 * ((gsize) 1 << 2 * s) + 2);
      g_assert_cmpuint (monge_shape_get_n_cells (sphere), ==, 20 * ((gsize) 1 << 2 * s));
      check_closed (sphere);
      for (gsize i = 0; i < n; i++)
        monge_assert_close (hypot (hypot (p[3 * i] - 1.0, p[3 * i + 1] - 2.0), p[3 * i + 2] - 3.0),
                            7.0, 1e-12);
    }
}

/* All edges of an icosahedron are as long. */
static void
test_icosahedron (void)
{
  const double origin[3] = { 0.0, 0.0, 0.0 };
  g_autoptr (MongeShape) shape = monge_generate_sphere (0, 1.0, origin);
  double areas[20];

  monge_mesh_compute_cell_sizes (shape, areas);
  for (int f = 1; f < 20; f++)
    monge_assert_close_rel (areas[f], areas[0], 1e-12);
}

static void
test_torus (void)
{
  g_autoptr (MongeShape) torus = monge_generate_torus (3, 4, 2.0, 0.5);

  g_assert_cmpuint (monge_shape_get_n_vertices (torus), ==, 12);
  check_closed (torus);
}

/* Closed, of the size of a hippocampus, made of triangles that are not slivers. */
static void
test_seahorse (void)
{
  for (guint variant = 0; variant < 2; variant++)
    {
      g_autoptr (MongeShape) shape = monge_generate_seahorse (variant, 3);
      double lower[3], upper[3], smallest = G_MAXDOUBLE, largest = 0.0;
      g_autofree double *areas = g_new (double, monge_shape_get_n_cells (shape));
      MongeMeshReport report;

      check_closed (shape);
      g_assert_cmpuint (monge_shape_get_n_vertices (shape), ==, 2562);
      g_assert_cmpstr (monge_shape_get_unit (shape), ==, "mm");
      monge_shape_get_bounds (shape, lower, upper);
      monge_assert_close (upper[0] - lower[0], 40.0, 5.0);
      monge_mesh_describe (shape, &report);
      g_test_message ("variant %u: %.0f mm³, %.1f × %.1f × %.1f mm", variant, report.volume,
                      upper[0] - lower[0], upper[1] - lower[1], upper[2] - lower[2]);
      g_assert_cmpfloat (report.volume, >, 1500.0);
      g_assert_cmpfloat (report.volume, <, 5000.0);
      monge_mesh_compute_cell_sizes (shape, areas);
      for (gsize f = 0; f < monge_shape_get_n_cells (shape); f++)
        {
          smallest = MIN (smallest, areas[f]);
          largest = MAX (largest, areas[f]);
        }
      g_assert_cmpfloat (largest / smallest, <, 30.0);
    }
}

/* The two variants correspond vertex by vertex, some millimetres apart, without a flipped face. */
static void
test_seahorses_differ_smoothly (void)
{
  g_autoptr (MongeShape) a = monge_generate_seahorse (0, 3);
  g_autoptr (MongeShape) b = monge_generate_seahorse (1, 3);
  const double *p = monge_shape_get_positions (a), *q = monge_shape_get_positions (b);
  gsize n = monge_shape_get_n_vertices (a);
  double sum = 0.0;

  g_assert_cmpuint (monge_shape_get_n_vertices (b), ==, n);
  for (gsize i = 0; i < 3 * n; i++)
    sum += (p[i] - q[i]) * (p[i] - q[i]);
  g_assert_cmpfloat (sqrt (sum / n), >, 1.0);
  g_assert_cmpfloat (sqrt (sum / n), <, 8.0);
  g_assert_cmpfloat (monge_mesh_compute_flipped_fraction (a, q), ==, 0.0);
}

static void
test_cloud_is_seeded (void)
{
  g_autoptr (MongeShape) a = monge_generate_cloud (100, 10, 5);
  g_autoptr (MongeShape) b = monge_generate_cloud (100, 10, 5);
  g_autoptr (MongeShape) c = monge_generate_cloud (100, 10, 6);
  const double *p = monge_shape_get_positions (a);

  g_assert_cmpmem (p, 8000, monge_shape_get_positions (b), 8000);
  g_assert_cmpint (memcmp (p, monge_shape_get_positions (c), 8000), !=, 0);
  for (int i = 0; i < 1000; i++)
    g_assert_true (p[i] >= 0.0 && p[i] < 1.0);
}

static void
test_by_name (void)
{
  const char *names[] = { "sphere", "torus", "seahorse0", "seahorse1", "knot", "cloud" };
  GError *error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (MongeShape) shape = monge_generate_by_name (names[i], &error);

      g_assert_no_error (error);
      g_assert_cmpstr (monge_shape_get_name (shape), ==, names[i]);
      g_assert_cmpuint (monge_shape_get_n_vertices (shape), >, 500);
    }
  g_assert_null (monge_generate_by_name ("teapot", &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "seahorse1");
  g_assert_null (monge_generate_by_name (NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "sphere");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/generate/sphere-counts", test_sphere_counts);
  g_test_add_func ("/generate/icosahedron", test_icosahedron);
  g_test_add_func ("/generate/torus", test_torus);
  g_test_add_func ("/generate/seahorse", test_seahorse);
  g_test_add_func ("/generate/seahorses-differ-smoothly", test_seahorses_differ_smoothly);
  g_test_add_func ("/generate/cloud-is-seeded", test_cloud_is_seeded);
  g_test_add_func ("/generate/by-name", test_by_name);
  return g_test_run ();
}
