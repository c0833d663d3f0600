/* Measures: mass, weightings, what is refused, and that the sampling of a shape does not matter. */
#include "compute/loss/loss.h"
#include "compute/measure/measure.h"
#include "compute/shape/generate.h"

#include "tests/util.h"

#include <math.h>

/* A unit square of two triangles in the plane z = 1, and a vertex in no face. */
static MongeShape *
make_square (void)
{
  static const double positions[] = { 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 9, 9, 9 };
  static const guint32 faces[] = { 0, 1, 2, 0, 2, 3 };
  MongeShapeBuilder *builder = monge_shape_builder_new ("square", 3);
  g_autoptr (GError) error = NULL;
  MongeShape *shape;

  monge_shape_builder_take_positions (builder, g_memdup2 (positions, sizeof positions), 5,
                                      MONGE_TYPE_FLOAT64);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, g_memdup2 (faces, sizeof faces), 2);
  shape = monge_shape_builder_end (builder, &error);
  g_assert_no_error (error);
  return shape;
}

static MongeShape *
make_cloud (const double *weights,
            gsize n)
{
  MongeShapeBuilder *builder = monge_shape_builder_new ("cloud", 2);
  g_autoptr (GError) error = NULL;
  MongeShape *shape;

  monge_shape_builder_take_positions (builder, g_new0 (double, 2 * n), n, MONGE_TYPE_FLOAT32);
  if (weights != NULL)
    monge_shape_builder_take_array (
        builder, monge_array_new ("weight", MONGE_TYPE_FLOAT64, 1, n,
                                  g_bytes_new (weights, n * sizeof (double))));
  shape = monge_shape_builder_end (builder, &error);
  g_assert_no_error (error);
  return shape;
}

static MongeMeasure *
measure_of (const MongeShape *shape,
            MongeWeighting weighting)
{
  g_autoptr (GError) error = NULL;
  MongeMeasure *measure = monge_measure_new_from_shape (shape, weighting, &error);

  g_assert_no_error (error);
  return measure;
}

static double
total (const MongeMeasure *measure)
{
  long double sum = 0.0L;

  for (gsize i = 0; i < monge_measure_get_n (measure); i++)
    sum += monge_measure_get_weights (measure)[i];
  return (double) sum;
}

static void
test_given (void)
{
  static const double points[] = { 0, 1, 2, 3 };
  static const double weights[] = { 1, 0, 3, 4 };
  static const double wanted[] = { 0.125, 0, 0.375, 0.5 };
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeMeasure) measure = monge_measure_new (points, weights, 4, 1, &error);

  g_assert_no_error (error);
  monge_assert_max_abs (monge_measure_get_weights (measure), wanted, 4, 0.0);
  monge_assert_max_abs (monge_measure_get_points (measure), points, 4, 0.0);
  g_assert_true (monge_measure_get_mass (measure) == 8.0);
  g_assert_cmpuint (monge_measure_get_dim (measure), ==, 1);
}

static void
test_uniform (void)
{
  g_autoptr (MongeShape) cloud = make_cloud (NULL, 7);
  g_autoptr (MongeMeasure) measure = measure_of (cloud, MONGE_WEIGHTING_AUTO);

  for (gsize i = 0; i < 7; i++)
    monge_assert_close (monge_measure_get_weights (measure)[i], 1.0 / 7.0, 1e-16);
  g_assert_true (monge_measure_get_mass (measure) == 1.0);
}

static void
test_weight_array (void)
{
  static const double weights[] = { 2, 6 };
  g_autoptr (MongeShape) cloud = make_cloud (weights, 2);
  g_autoptr (MongeMeasure) measure = measure_of (cloud, MONGE_WEIGHTING_AUTO);
  g_autoptr (MongeMeasure) even = measure_of (cloud, MONGE_WEIGHTING_UNIFORM);

  g_assert_true (monge_measure_get_weights (measure)[1] == 0.75);
  g_assert_true (monge_measure_get_mass (measure) == 8.0);
  g_assert_true (monge_measure_get_weights (even)[1] == 0.5);
}

static void
test_vertex (void)
{
  static const double wanted[] = { 1.0 / 3, 1.0 / 6, 1.0 / 3, 1.0 / 6, 0 };
  g_autoptr (MongeShape) square = make_square ();
  g_autoptr (MongeMeasure) measure = measure_of (square, MONGE_WEIGHTING_AUTO);

  g_assert_cmpuint (monge_measure_get_n (measure), ==, 5);
  monge_assert_max_abs (monge_measure_get_weights (measure), wanted, 5, 1e-15);
  monge_assert_close (monge_measure_get_mass (measure), 1.0, 1e-15);
}

static void
test_cell (void)
{
  static const double centroids[] = { 2.0 / 3, 1.0 / 3, 1, 1.0 / 3, 2.0 / 3, 1 };
  g_autoptr (MongeShape) square = make_square ();
  g_autoptr (MongeMeasure) measure = measure_of (square, MONGE_WEIGHTING_CELL);

  g_assert_cmpuint (monge_measure_get_n (measure), ==, 2);
  monge_assert_max_abs (monge_measure_get_points (measure), centroids, 6, 1e-15);
  g_assert_true (monge_measure_get_weights (measure)[0] == 0.5);
}

/* Weights of every size add up to 1 in float64, and huge ones do not overflow. */
static void
test_mass_is_one (void)
{
  enum { N = 100001 };
  g_autofree double *points = g_new0 (double, N);
  g_autofree double *weights = g_new (double, N);

  for (int scale = -300; scale <= 300; scale += 100)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (MongeMeasure) measure = NULL;

      for (gsize i = 0; i < N; i++)
        weights[i] = pow (10.0, scale + (double) (i % 7)) / (double) (i + 1);
      measure = monge_measure_new (points, weights, N, 1, &error);
      g_assert_no_error (error);
      monge_assert_close (total (measure), 1.0, 1e-15);
    }
}

static void
refuse (const double *points,
        const double *weights,
        gsize n,
        guint dim,
        int code,
        const char *part)
{
  GError *error = NULL;

  g_assert_null (monge_measure_new (points, weights, n, dim, &error));
  monge_assert_error (error, MONGE_ERROR, code, part);
}

static void
test_refuse (void)
{
  const double points[] = { 0, 1, 2, NAN, 4, 5 }, good[] = { 0, 1, 2, 3, 4, 5 };
  const double weights[] = { 1, -1, 1 }, infinite[] = { 1, 1, INFINITY }, none[] = { 0, 0, 0 };

  refuse (points, NULL, 3, 2, MONGE_ERROR_NAN, "Coordinate 1 of point 1");
  refuse (good, weights, 3, 2, MONGE_ERROR_SIZE, "Weight 1 is -1");
  refuse (good, infinite, 3, 2, MONGE_ERROR_NAN, "Weight 2");
  refuse (good, none, 3, 2, MONGE_ERROR_EMPTY, "no mass");
  refuse (good, NULL, 0, 2, MONGE_ERROR_EMPTY, "no points");
  refuse (good, NULL, 3, 0, MONGE_ERROR_SIZE, "dimension 0");
  refuse (good, NULL, 3, 11, MONGE_ERROR_SIZE, "dimension 11");
}

static void
test_refuse_cells_of_cloud (void)
{
  g_autoptr (MongeShape) cloud = make_cloud (NULL, 2);
  GError *error = NULL;

  g_assert_null (monge_measure_new_from_shape (cloud, MONGE_WEIGHTING_CELL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "cloud: ");
  g_assert_null (monge_measure_new_from_shape (cloud, MONGE_WEIGHTING_VERTEX, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "uniform");
}

static void
test_references (void)
{
  static const double point[] = { 1 };
  MongeMeasure *measure = monge_measure_new (point, NULL, 1, 1, NULL);

  g_assert_true (monge_measure_ref (measure) == measure);
  monge_measure_unref (measure);
  g_assert_true (monge_measure_get_points (measure)[0] == 1.0);
  monge_measure_unref (measure);
}

static double
loss_between (MongeBackend *backend,
              const MongeShape *a,
              const MongeShape *b,
              MongeWeighting weighting)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeMeasure) from = measure_of (a, weighting);
  g_autoptr (MongeMeasure) to = measure_of (b, weighting);
  g_autoptr (MongeLoss) loss = monge_loss_new ("sinkhorn", backend, from, to, &error);
  MongeLossReport report;

  g_assert_no_error (error);
  monge_loss_evaluate (loss, NULL, monge_loss_params (.blur = 0.1, .tol = 1e-5), NULL, &report,
                       NULL, &error);
  g_assert_no_error (error);
  g_assert_true (report.converged);
  return report.value;
}

/* A sphere and its refinement, against the same torus: the loss moves by the error of the finer
 * surface's polyhedron, which falls by four with every subdivision. */
static void
test_sampling_invariance (void)
{
  static const double centre[3] = { 0.2, -0.1, 0.3 };
  static const MongeWeighting weightings[] = { MONGE_WEIGHTING_VERTEX, MONGE_WEIGHTING_CELL };
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeBackend) backend = monge_backend_open (NULL, &error);
  g_autoptr (MongeShape) torus = monge_generate_torus (48, 24, 0.8, 0.3);

  g_assert_no_error (error);
  for (guint w = 0; w < G_N_ELEMENTS (weightings); w++)
    {
      double values[3];

      for (guint k = 0; k < 3; k++)
        {
          g_autoptr (MongeShape) sphere = monge_generate_sphere (2 + k, 1.0, centre);
          values[k] = loss_between (backend, sphere, torus, weightings[w]);
        }
      g_test_message ("%s: %.6g %.6g %.6g, relative changes %.2g %.2g",
                      monge_weighting_names[weightings[w]], values[0], values[1], values[2],
                      fabs (values[1] / values[0] - 1.0), fabs (values[2] / values[1] - 1.0));
      monge_assert_close_rel (values[1], values[2], 1e-2);
      g_assert_cmpfloat (fabs (values[2] - values[1]), <, 0.4 * fabs (values[1] - values[0]));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/measure/given", test_given);
  g_test_add_func ("/measure/uniform", test_uniform);
  g_test_add_func ("/measure/weight_array", test_weight_array);
  g_test_add_func ("/measure/vertex", test_vertex);
  g_test_add_func ("/measure/cell", test_cell);
  g_test_add_func ("/measure/mass_is_one", test_mass_is_one);
  g_test_add_func ("/measure/refuse", test_refuse);
  g_test_add_func ("/measure/refuse_cells_of_cloud", test_refuse_cells_of_cloud);
  g_test_add_func ("/measure/references", test_references);
  g_test_add_func ("/measure/sampling_invariance", test_sampling_invariance);
  return g_test_run ();
}
