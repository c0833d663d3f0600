#include "compute/filter/filter.h"

#include <math.h>
#include <string.h>

#include "compute/io/io.h"
#include "compute/shape/distance.h"
#include "compute/shape/generate.h"
#include "compute/shape/mesh.h"
#include "tests/util.h"

static MongeShape *
apply (const char *text, MongeShape *shape)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeFilterChain) chain = monge_filter_chain_parse (text, &error);
  MongeShape *result;

  g_assert_no_error (error);
  result = monge_filter_chain_apply (chain, shape, NULL, NULL, &error);
  g_assert_no_error (error);
  return result;
}

static double
sum_weights (const MongeShape *shape)
{
  const MongeArray *weights = monge_shape_find_array (shape, "weight");
  double sum = 0.0;

  g_assert_nonnull (weights);
  for (gsize i = 0; i < weights->n_rows; i++)
    sum += monge_array_get (weights, i, 0);
  return sum;
}

static double
find_least_distance (const MongeShape *shape)
{
  const double *x = monge_shape_get_positions (shape);
  gsize n = monge_shape_get_n_vertices (shape);
  double least = INFINITY;

  for (gsize i = 0; i < n; i++)
    for (gsize j = 0; j < i; j++)
      least = MIN (least, hypot (hypot (x[3 * i] - x[3 * j], x[3 * i + 1] - x[3 * j + 1]),
                                 x[3 * i + 2] - x[3 * j + 2]));
  return least;
}

static MongeShape *
with_index (MongeShape *shape)
{
  g_autoptr (GPtrArray) arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);
  gsize n = monge_shape_get_n_vertices (shape);
  gint32 *index = g_new (gint32, n);

  for (gsize i = 0; i < n; i++)
    index[i] = (gint32) i;
  g_ptr_array_add (arrays, monge_array_new ("index", MONGE_TYPE_INT32, 1, n,
                                            g_bytes_new_take (index, n * sizeof *index)));
  return monge_shape_with_arrays (shape, arrays, NULL);
}

static const char *const methods[] = { "farthest", "grid", "poisson", "area", "random" };

static void
mass_is_kept (void)
{
  g_autoptr (MongeShape) shape = monge_generate_seahorse (0, 4);
  MongeMeshReport report;

  monge_mesh_describe (shape, &report);
  for (guint k = 0; k < G_N_ELEMENTS (methods); k++)
    {
      g_autofree char *text = g_strdup_printf ("subsample method=%s points=300 seed=5", methods[k]);
      g_autoptr (MongeShape) few = apply (text, shape), again = apply (text, shape);
      g_autoptr (MongeShape) fewer = apply ("subsample points=50", few);

      g_assert_cmpuint (monge_shape_get_n_vertices (few), <=, 300);
      g_assert_cmpuint (monge_shape_get_n_vertices (few), >=,
                        strcmp (methods[k], "grid") == 0 ? 200 : 300);
      monge_assert_close_rel (sum_weights (few), report.area, 1e-12);
      monge_assert_close_rel (sum_weights (fewer), report.area, 1e-12);
      monge_assert_max_abs (monge_shape_get_positions (few), monge_shape_get_positions (again),
                            3 * monge_shape_get_n_vertices (few), 0.0);
    }
}

static void
kept_vertices_keep_their_arrays (void)
{
  g_autoptr (MongeShape) bare = monge_generate_seahorse (0, 3), shape = with_index (bare);
  const double *x = monge_shape_get_positions (shape);

  for (guint k = 0; k < G_N_ELEMENTS (methods); k++)
    {
      g_autofree char *text = g_strdup_printf ("subsample method=%s points=100", methods[k]);
      g_autoptr (MongeShape) few = apply (text, shape);
      const MongeArray *index = monge_shape_find_array (few, "index");
      double before = -1.0;

      g_assert_nonnull (index);
      for (gsize i = 0; i < index->n_rows && strcmp (methods[k], "area") != 0; i++)
        {
          double at = monge_array_get (index, i, 0);

          g_assert_cmpfloat (at, >, before);
          before = at;
          monge_assert_max_abs (monge_shape_get_positions (few) + 3 * i, x + 3 * (gsize)at, 3, 0.0);
        }
    }
}

/* The greedy rule, by its definition. */
static void
farthest_points_are_farthest (void)
{
  g_autoptr (MongeShape) cloud = monge_generate_cloud (400, 3, 3);
  const double *x = monge_shape_get_positions (cloud);

  for (guint k = 2; k < 60; k += 13)
    {
      g_autofree char *text = g_strdup_printf ("subsample points=%u", k);
      g_autofree char *more = g_strdup_printf ("subsample points=%u", k + 1);
      g_autoptr (MongeShape) few = apply (text, cloud), next = apply (more, cloud);
      g_autofree double *distances = g_new (double, 400);
      double radius = 0.0;

      g_assert_cmpuint (monge_shape_get_n_vertices (few), ==, k);
      monge_distance_to_shape (few, x, 400, distances, NULL, NULL);
      for (gsize i = 0; i < 400; i++)
        radius = MAX (radius, distances[i]);
      /* All lie at least as far apart as the farthest of the rest is, which comes next. */
      g_assert_cmpfloat (find_least_distance (few), >=, radius * (1.0 - 1e-12));
      monge_assert_close (find_least_distance (next), radius, 1e-12);
    }
}

static void
spacing_is_kept (void)
{
  g_autoptr (MongeShape) cloud = monge_generate_cloud (3000, 3, 3);
  g_autoptr (MongeShape) darts = apply ("subsample method=poisson spacing=0.1", cloud);
  g_autoptr (MongeShape) farthest = apply ("subsample method=farthest spacing=0.1", cloud);
  g_autoptr (MongeShape) some = apply ("subsample method=poisson points=200", cloud);
  const MongeShape *const both[] = { darts, farthest };
  g_autofree double *distances = g_new (double, 3000);

  for (int k = 0; k < 2; k++)
    {
      g_assert_cmpfloat (find_least_distance (both[k]), >=, 0.1 * (1.0 - 1e-12));
      monge_distance_to_shape (both[k], monge_shape_get_positions (cloud), 3000, distances, NULL,
                               NULL);
      for (gsize i = 0; i < 3000; i++)
        g_assert_cmpfloat (distances[i], <=, 0.1 * (1.0 + 1e-12));
    }
  g_assert_cmpuint (monge_shape_get_n_vertices (some), ==, 200);
  g_assert_cmpfloat (find_least_distance (some), >, 0.1);
}

static void
duplicates_end (void)
{
  MongeShapeBuilder *builder = monge_shape_builder_new ("dots", 3);
  g_autoptr (MongeShape) dots = NULL;
  double *x = g_new0 (double, 30000);

  x[29999] = 1.0;
  monge_shape_builder_take_positions (builder, x, 10000, MONGE_TYPE_FLOAT64);
  dots = monge_shape_builder_end (builder, NULL);
  for (guint k = 0; k < G_N_ELEMENTS (methods); k++)
    {
      g_autofree char *text = g_strdup_printf ("subsample method=%s points=10", methods[k]);
      g_autoptr (MongeShape) few = apply (text, dots);

      g_assert_cmpuint (monge_shape_get_n_vertices (few), >=, 2);
      g_assert_cmpuint (monge_shape_get_n_vertices (few), <=, 10);
      monge_assert_close (sum_weights (few), 10000.0, 0.0);
    }
}

static void
every_dimension (void)
{
  for (guint dim = 1; dim <= MONGE_MAX_DIM; dim++)
    {
      g_autoptr (MongeShape) cloud = monge_generate_cloud (500, dim, 1);

      for (guint k = 0; k < G_N_ELEMENTS (methods); k++)
        {
          g_autofree char *text = g_strdup_printf ("subsample method=%s points=60", methods[k]);
          g_autoptr (MongeShape) few = apply (text, cloud);

          g_assert_cmpuint (monge_shape_get_dim (few), ==, dim);
          monge_assert_close (sum_weights (few), 500.0, 0.0);
        }
    }
}

static void
real_scan (void)
{
  g_autofree char *path = monge_test_data ("scans/armadillo_30k.ply");
  g_autoptr (MongeShape) scan = NULL;
  g_autoptr (GError) error = NULL;

  if (path == NULL)
    return;
  scan = monge_shape_load (path, NULL, NULL, &error);
  g_assert_no_error (error);
  for (guint k = 0; k < G_N_ELEMENTS (methods); k++)
    {
      g_autofree char *text = g_strdup_printf ("subsample method=%s points=1000", methods[k]);
      gint64 begin = g_get_monotonic_time ();
      g_autoptr (MongeShape) few = apply (text, scan);

      g_test_message ("%s: %" G_GSIZE_FORMAT " points of %" G_GSIZE_FORMAT " in %.1f ms",
                      methods[k], monge_shape_get_n_vertices (few),
                      monge_shape_get_n_vertices (scan),
                      1e-3 * (double)(g_get_monotonic_time () - begin));
      g_assert_cmpuint (monge_shape_get_n_vertices (few), <=, 1000);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/subsample/mass_is_kept", mass_is_kept);
  g_test_add_func ("/subsample/kept_vertices_keep_their_arrays", kept_vertices_keep_their_arrays);
  g_test_add_func ("/subsample/farthest_points_are_farthest", farthest_points_are_farthest);
  g_test_add_func ("/subsample/spacing_is_kept", spacing_is_kept);
  g_test_add_func ("/subsample/duplicates_end", duplicates_end);
  g_test_add_func ("/subsample/every_dimension", every_dimension);
  g_test_add_func ("/subsample/real_scan", real_scan);
  return g_test_run ();
}
