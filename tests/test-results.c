/* What a registration says of every vertex: each array against its definition. */
#include "compute/core/random.h"
#include "compute/results.h"
#include "compute/shape/generate.h"
#include "compute/shape/place.h"
#include "compute/shape/signed-distance.h"
#include "tests/util.h"

#include <math.h>
#include <string.h>

typedef struct {
  MongeBackend *backend;
  MongeShape *source, *target;
  MongeMeasure *from, *to;
  double *positions;
  gsize n;
} World;

static void
world_init (World *world)
{
  g_autoptr (GError) error = NULL;

  world->backend = monge_backend_open (
    &(MongeBackendOptions){ .name = monge_test_backend () }, &error);
  g_assert_no_error (error);
  world->source = monge_generate_seahorse (0, 2);
  world->target = monge_generate_seahorse (1, 2);
  world->n = monge_shape_get_n_vertices (world->source);
  world->from = monge_measure_new_from_shape (world->source, MONGE_WEIGHTING_AUTO, NULL);
  world->to = monge_measure_new_from_shape (world->target, MONGE_WEIGHTING_AUTO, NULL);
  world->positions = g_memdup2 (monge_shape_get_positions (world->source),
                                3 * world->n * sizeof (double));
  for (gsize i = 0; i < 3 * world->n; i++)
    world->positions[i] += 0.3 * sin ((double) i);
}

static void
world_clear (World *world)
{
  monge_measure_unref (world->from);
  monge_measure_unref (world->to);
  monge_shape_unref (world->source);
  monge_shape_unref (world->target);
  monge_backend_close (world->backend);
  g_free (world->positions);
}

static MongeShape *
attach (World *world, MongeResults results, const MongeFlowParams *params)
{
  g_autoptr (GError) error = NULL;
  MongeShape *shape = monge_results_attach (world->source, world->target, world->positions, results,
                                            world->from, world->to, params, world->backend, NULL,
                                            &error);

  g_assert_no_error (error);
  return shape;
}

static double
value_at (const MongeShape *shape, const char *name, gsize row, guint component)
{
  const MongeArray *array = monge_shape_find_array (shape, name);

  g_assert_nonnull (array);
  g_assert_cmpint (array->type, ==, MONGE_TYPE_FLOAT32);
  return monge_array_get (array, row, component);
}

static void
names (void)
{
  MongeResults results = MONGE_RESULTS_NONE;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autofree char *none = monge_results_print (MONGE_RESULTS_NONE);

  g_assert_true (monge_results_parse ("all", &results, NULL));
  g_assert_cmpint (results, ==, MONGE_RESULTS_ALL);
  g_assert_true (monge_results_parse ("none", &results, NULL));
  g_assert_cmpint (results, ==, MONGE_RESULTS_NONE);
  g_assert_true (monge_results_parse ("velocity, distance", &results, NULL));
  text = monge_results_print (results);
  g_assert_cmpstr (text, ==, "distance,velocity");
  g_assert_cmpstr (none, ==, "none");
  g_assert_false (monge_results_parse ("speed", &results, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "velocity");
  for (guint k = 0; monge_result_names[k] != NULL; k++)
    g_assert_nonnull (monge_result_descriptions[k]);
}

static void
only_what_was_asked_for (void)
{
  World world;

  world_init (&world);
  for (guint k = 0; monge_result_names[k] != NULL; k++)
    {
      g_autoptr (MongeShape) shape = attach (&world, (MongeResults) (1u << k), monge_flow_params ());
      g_assert_cmpuint (monge_shape_get_n_arrays (shape), ==, 1);
    }
  world_clear (&world);
}

static void
displacements_and_distances (void)
{
  World world;
  g_autoptr (MongeShape) shape = NULL;
  g_autofree double *distances = NULL;
  gboolean has_inside = FALSE, has_outside = FALSE;

  world_init (&world);
  shape = attach (&world, MONGE_RESULT_DISPLACEMENT | MONGE_RESULT_MAGNITUDE | MONGE_RESULT_DISTANCE,
                  NULL);
  distances = g_new (double, world.n);
  monge_distance_to_shape (world.target, world.positions, world.n, distances, NULL, NULL);
  for (gsize i = 0; i < world.n; i++)
    {
      const double *start = monge_shape_get_positions (world.source) + 3 * i;
      double total = 0;

      for (guint d = 0; d < 3; d++)
        {
          double move = world.positions[3 * i + d] - start[d];

          total += move * move;
          monge_assert_close (value_at (shape, "displacement", i, d), move, 1e-7);
        }
      monge_assert_close (value_at (shape, "displacement_magnitude", i, 0), sqrt (total), 1e-6);
      monge_assert_close (fabs (value_at (shape, "signed_distance", i, 0)), distances[i], 1e-6);
      has_inside = has_inside || value_at (shape, "signed_distance", i, 0) < 0;
      has_outside = has_outside || value_at (shape, "signed_distance", i, 0) > 0;
    }
  g_assert_true (has_inside && has_outside);
  world_clear (&world);
}

/* A cube of twelve triangles, where most points are nearest to edges and corners. */
static MongeShape *
make_cube (gboolean inside_out)
{
  static const guint32 faces[12][3] = {
    { 0, 2, 1 }, { 1, 2, 3 }, { 4, 5, 6 }, { 5, 7, 6 }, { 0, 1, 4 }, { 1, 5, 4 },
    { 2, 6, 3 }, { 3, 6, 7 }, { 0, 4, 2 }, { 2, 4, 6 }, { 1, 3, 5 }, { 3, 7, 5 },
  };
  MongeShapeBuilder *builder = monge_shape_builder_new ("cube", 3);
  double *x = g_new (double, 24);
  guint32 *cells = g_memdup2 (faces, sizeof faces);

  for (int i = 0; i < 24; i++)
    x[i] = (i / 3) >> (i % 3) & 1;
  for (int f = 0; f < 12 && inside_out; f++)
    {
      guint32 a = cells[3 * f];
      cells[3 * f] = cells[3 * f + 1];
      cells[3 * f + 1] = a;
    }
  monge_shape_builder_take_positions (builder, x, 8, MONGE_TYPE_FLOAT64);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, cells, 12);
  return monge_shape_builder_end (builder, NULL);
}

static void
sides_of_a_cube (void)
{
  g_autoptr (MongeShape) cube = make_cube (FALSE);
  g_autoptr (MongeShape) turned = make_cube (TRUE);
  MongeShape *const cubes[] = { cube, turned };
  double points[3 * 500], distances[500];
  MongeRandom random;
  gboolean is_signed;

  monge_random_init (&random, 3);
  for (int i = 0; i < 1500; i++)
    points[i] = 3 * monge_random_uniform (&random) - 1;
  for (int k = 0; k < 2; k++)
    {
      g_assert_true (monge_distance_signed (cubes[k], points, 500, distances, &is_signed, NULL,
                                            NULL));
      g_assert_true (is_signed);
      for (int i = 0; i < 500; i++)
        {
          double most = -INFINITY, outside = 0;

          for (int d = 0; d < 3; d++)
            {
              double beyond = fabs (points[3 * i + d] - 0.5) - 0.5;

              most = MAX (most, beyond);
              outside += MAX (beyond, 0) * MAX (beyond, 0);
            }
          monge_assert_close (distances[i], most > 0 ? sqrt (outside) : most, 1e-12);
        }
    }
}

static void
open_surfaces_have_no_sides (void)
{
  g_autoptr (MongeShape) knot = monge_generate_knot (50, 1.0);
  const double points[3] = { 9, 9, 9 };
  gboolean is_signed = TRUE;
  double distance;

  g_assert_true (monge_distance_signed (knot, points, 1, &distance, &is_signed, NULL, NULL));
  g_assert_false (is_signed);
  g_assert_cmpfloat (distance, >, 0);
}

/* Σ a_i density_i = value, whatever the loss. */
static void
densities_add_up (void)
{
  World world;

  world_init (&world);
  for (guint k = 0; monge_loss_names[k] != NULL; k++)
    for (int variant = 0; variant < 4; variant++)
      {
        const double reach = variant & 1 ? 5.0 : INFINITY;
        const MongeLossParams params = { MONGE_LOSS_DEFAULTS, .loss = monge_loss_names[k],
                                         .blur = 1.0, .reach = reach, .debias = !(variant & 2) };
        const MongeFlowParams flow = { MONGE_FLOW_DEFAULTS, .loss = params };
        g_autoptr (MongeShape) shape = attach (&world, MONGE_RESULT_LOSS_DENSITY, &flow);
        g_autoptr (MongeLoss) loss = monge_loss_new (params.loss, world.backend, world.from, world.to,
                                                     NULL);
        MongeLossReport report;
        double total = 0, scale = 0;

        g_assert_true (monge_loss_evaluate (loss, world.positions, &params, NULL, &report, NULL,
                                            NULL));
        for (gsize i = 0; i < world.n; i++)
          {
            double density = value_at (shape, "loss_density", i, 0);

            total += monge_measure_get_weights (world.from)[i] * density;
            scale += monge_measure_get_weights (world.from)[i] * fabs (density);
          }
        monge_assert_close (total, report.value, 1e-5 * scale);
        g_assert_cmpfloat (scale, >, 0);
      }
  world_clear (&world);
}

/* A point without mass: how the potential changes along the way is its slope. */
static void
slopes_of_potentials (void)
{
  g_autoptr (MongeShape) cloud = monge_generate_cloud (60, 3, 1);
  g_autoptr (MongeShape) other = monge_generate_cloud (70, 3, 2);
  g_autofree double *points = g_memdup2 (monge_shape_get_positions (cloud), 180 * sizeof (double));
  g_autofree double *weights = g_new (double, 60);
  g_autoptr (MongeBackend) backend = monge_backend_open (
    &(MongeBackendOptions){ .name = monge_test_backend () }, NULL);
  g_autoptr (MongeMeasure) from = NULL;
  g_autoptr (MongeMeasure) to = monge_measure_new_from_shape (other, MONGE_WEIGHTING_AUTO, NULL);
  const double h = 0.02;

  for (int i = 0; i < 60; i++)
    weights[i] = i > 0;
  from = monge_measure_new (points, weights, 60, 3, NULL);
  for (guint k = 0; monge_loss_names[k] != NULL; k++)
    for (int d = 0; d < 3; d++)
      {
        const MongeLossParams params = { MONGE_LOSS_DEFAULTS, .loss = monge_loss_names[k],
                                         .blur = 0.3, .tol = 1e-6, .max_iterations = 5000 };
        g_autoptr (MongeLoss) loss = monge_loss_new (params.loss, backend, from, to, NULL);
        double potential[3][60], density[60], slope[180];
        const double middle = points[d];
        MongeLossReport report;

        for (int step = -1; step <= 1; step++)
          {
            points[d] = middle + step * h;
            g_assert_true (monge_loss_describe (loss, points, &params, step == 0 ? slope : NULL,
                                                potential[step + 1], density, &report, NULL, NULL));
          }
        points[d] = middle;
        monge_assert_close ((potential[2][0] - potential[0][0]) / (2 * h), slope[d],
                            2e-3 * (1 + fabs (slope[d])));
      }
}

/* A step of size 1 goes along them. */
static void
velocities (void)
{
  static const char *const models[] = { "free", "rigid" };
  World world;

  world_init (&world);
  for (int k = 0; k < 2; k++)
    {
      const MongeLossParams loss = { MONGE_LOSS_DEFAULTS, .blur = 1.0, .tol = 1e-4 };
      const MongeFlowParams params = { MONGE_FLOW_DEFAULTS, .loss = loss, .model = models[k],
                                       .step_size = 1.0 };
      g_autoptr (MongeFlow) flow = NULL;
      g_autoptr (MongeShape) shape = NULL;
      const double *x = monge_shape_get_positions (world.source), *ends;
      g_autofree float *velocity = g_new (float, 3 * world.n);
      g_autofree float *wanted = g_new (float, 3 * world.n);

      memcpy (world.positions, x, 3 * world.n * sizeof *x);
      shape = attach (&world, MONGE_RESULT_VELOCITY, &params);
      flow = monge_flow_new_for_measures (world.backend, world.source, world.target, world.from,
                                          world.to, NULL);
      g_assert_true (monge_flow_step (flow, &params, NULL, NULL, NULL));
      ends = monge_flow_get_positions (flow);
      for (gsize i = 0; i < 3 * world.n; i++)
        {
          velocity[i] = (float) value_at (shape, "velocity", i / 3, i % 3);
          wanted[i] = (float) (ends[i] - x[i]);
        }
      monge_assert_rel_l2 (velocity, wanted, 3 * world.n, 1e-4);
    }
  world_clear (&world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/results/names", names);
  g_test_add_func ("/results/only_what_was_asked_for", only_what_was_asked_for);
  g_test_add_func ("/results/displacements_and_distances", displacements_and_distances);
  g_test_add_func ("/results/sides_of_a_cube", sides_of_a_cube);
  g_test_add_func ("/results/open_surfaces_have_no_sides", open_surfaces_have_no_sides);
  g_test_add_func ("/results/densities_add_up", densities_add_up);
  g_test_add_func ("/results/slopes_of_potentials", slopes_of_potentials);
  g_test_add_func ("/results/velocities", velocities);
  return g_test_run ();
}
