/* The flow: one step of length 1 reaches a translated copy, and nothing is lost on the way. */
#include "compute/flow/flow.h"
#include "compute/shape/generate.h"

#include "tests/util.h"

#include <math.h>
#include <string.h>

static const double shift[3] = { 0.5, -0.25, 1.0 };

typedef struct {
  MongeBackend *backend;
  MongeShape *source, *target;
  MongeFlow *flow;
} Fixture;

/* A sphere and its translation. */
static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  static const double centre[3] = { 0 };
  g_autoptr (GError) error = NULL;

  fixture->backend = monge_backend_open (NULL, &error);
  g_assert_no_error (error);
  fixture->source = monge_generate_sphere (3, 1.0, centre);
  fixture->target = monge_generate_sphere (3, 1.0, shift);
  fixture->flow = monge_flow_new (fixture->backend, fixture->source, fixture->target, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  monge_flow_free (fixture->flow);
  monge_shape_unref (fixture->source);
  monge_shape_unref (fixture->target);
  monge_backend_close (fixture->backend);
}

static gsize
n_numbers (MongeShape *shape)
{
  return monge_shape_get_n_vertices (shape) * monge_shape_get_dim (shape);
}

static void
step (Fixture *fixture,
      const MongeFlowParams *params,
      MongeFlowReport *report)
{
  g_autoptr (GError) error = NULL;
  gboolean done = monge_flow_step (fixture->flow, params, report, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (done);
}

static void
test_translation (Fixture *fixture,
                  gconstpointer data)
{
  MongeFlowReport report;
  double length = sqrt (0.25 + 0.0625 + 1.0);

  step (fixture, monge_flow_params (.loss.blur = 0.2, .loss.tol = 1e-6, .step_size = 1.0), &report);
  monge_assert_max_abs (monge_flow_get_positions (fixture->flow),
                        monge_shape_get_positions (fixture->target), n_numbers (fixture->source),
                        1e-4);
  monge_assert_close_rel (report.loss.value, 0.5 * length * length, 1e-4);
  monge_assert_close_rel (report.mean_speed, length, 1e-4);
  monge_assert_close_rel (report.max_displacement, length, 1e-4);
  monge_assert_close_rel (monge_flow_get_displacements (fixture->flow)[7], length, 1e-4);
  g_assert_cmpuint (report.step, ==, 1);
  g_assert_false (report.settled);

  step (fixture, monge_flow_params (.loss.blur = 0.2, .loss.tol = 1e-6, .step_size = 1.0), &report);
  g_assert_true (report.settled);
  g_assert_cmpuint (monge_flow_get_step (fixture->flow), ==, 2);
}

static void
test_step_size (Fixture *fixture,
                gconstpointer data)
{
  MongeFlowReport report;

  step (fixture, monge_flow_params (.loss.blur = 0.2, .loss.tol = 1e-6, .step_size = 0.3), &report);
  monge_assert_close_rel (report.max_displacement, 0.3 * sqrt (1.3125), 1e-4);
  monge_assert_close_rel (report.mean_speed, sqrt (1.3125), 1e-4);
}

/* Every model can translate; rigid ones keep the shape even from a poor solve. */
static void
test_models (Fixture *fixture,
             gconstpointer data)
{
  for (const char *const *name = monge_model_names; *name != NULL; name++)
    {
      MongeFlowReport report;

      monge_flow_reset (fixture->flow);
      step (fixture,
            monge_flow_params (.loss.blur = 0.2, .loss.tol = 1e-6, .step_size = 1.0,
                               .model = *name),
            &report);
      monge_assert_max_abs (monge_flow_get_positions (fixture->flow),
                            monge_shape_get_positions (fixture->target),
                            n_numbers (fixture->source), 1e-4);
    }
}

static void
test_loss_falls (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) torus = monge_generate_torus (32, 16, 0.8, 0.3);
  g_autoptr (MongeFlow) flow = monge_flow_new (fixture->backend, fixture->source, torus, &error);
  double before = INFINITY;

  g_assert_no_error (error);
  for (int i = 0; i < 8; i++)
    {
      MongeFlowReport report;

      monge_flow_step (flow, monge_flow_params (.loss.blur = 0.1), &report, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpfloat (report.loss.value, <, before);
      before = report.loss.value;
    }
}

static void
test_cancel_changes_nothing (Fixture *fixture,
                             gconstpointer data)
{
  MongeTask task = MONGE_TASK_INIT;
  GError *error = NULL;

  monge_task_cancel (&task);
  g_assert_false (monge_flow_step (fixture->flow, monge_flow_params (), NULL, &task, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
  g_assert_cmpuint (monge_flow_get_step (fixture->flow), ==, 0);
  monge_assert_max_abs (monge_flow_get_positions (fixture->flow),
                        monge_shape_get_positions (fixture->source), n_numbers (fixture->source),
                        0.0);
  step (fixture, monge_flow_params (.loss.blur = 0.2), NULL);
}

/* The same bits again after a reset. */
static void
test_reset (Fixture *fixture,
            gconstpointer data)
{
  g_autofree double *first = NULL;
  gsize size = n_numbers (fixture->source) * sizeof (double);

  for (int run = 0; run < 2; run++)
    {
      for (int i = 0; i < 3; i++)
        step (fixture, monge_flow_params (.loss.blur = 0.2), NULL);
      if (run == 0)
        first = g_memdup2 (monge_flow_get_positions (fixture->flow), size);
      else
        g_assert_cmpmem (first, size, monge_flow_get_positions (fixture->flow), size);
      monge_flow_reset (fixture->flow);
      g_assert_cmpuint (monge_flow_get_step (fixture->flow), ==, 0);
      g_assert_cmpmem (monge_flow_get_positions (fixture->flow), size,
                       monge_shape_get_positions (fixture->source), size);
    }
}

static void
test_shape (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (MongeShape) shape = NULL;
  g_autoptr (MongeShape) again = NULL;
  const MongeArray *array;

  step (fixture, monge_flow_params (.loss.blur = 0.2), NULL);
  shape = monge_flow_dup_shape (fixture->flow);
  g_assert_cmpuint (monge_shape_get_n_cells (shape), ==,
                    monge_shape_get_n_cells (fixture->source));
  g_assert_cmpmem (monge_shape_get_cells (shape), monge_shape_get_n_cells (shape) * 12,
                   monge_shape_get_cells (fixture->source),
                   monge_shape_get_n_cells (fixture->source) * 12);
  array = monge_shape_find_array (shape, "displacement");
  g_assert_nonnull (array);
  g_assert_cmpuint (array->n_components, ==, 3);
  monge_assert_close (monge_array_get (array, 5, 2),
                      monge_shape_get_positions (shape)[17]
                          - monge_shape_get_positions (fixture->source)[17],
                      1e-6);

  again = monge_flow_shape_at (shape, monge_shape_get_positions (shape));
  g_assert_cmpuint (monge_shape_get_n_arrays (again), ==, 1);
  g_assert_true (monge_array_get (monge_shape_find_array (again, "displacement"), 5, 2) == 0.0);
}

static void
test_evaluate (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  MongeLossReport report;

  monge_flow_evaluate (fixture->flow, monge_flow_params (.loss.blur = 0.2, .loss.tol = 1e-6),
                       &report, NULL, &error);
  g_assert_no_error (error);
  monge_assert_close_rel (report.value, 0.5 * 1.3125, 1e-4);
  g_assert_cmpuint (monge_flow_get_step (fixture->flow), ==, 0);
}

/* A vertex that no face uses carries no mass and goes where its surroundings would. */
static void
test_unused_vertex (Fixture *fixture,
                    gconstpointer data)
{
  static const double positions[] = { 0, 0, 0, 1, 0, 0, 0, 1, 0, 5, 5, 5 };
  static const guint32 face[] = { 0, 1, 2 };
  MongeShapeBuilder *builder = monge_shape_builder_new ("triangle", 3);
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) triangle = NULL;
  g_autoptr (MongeFlow) flow = NULL;

  monge_shape_builder_take_positions (builder, g_memdup2 (positions, sizeof positions), 4,
                                      MONGE_TYPE_FLOAT64);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, g_memdup2 (face, sizeof face), 1);
  triangle = monge_shape_builder_end (builder, &error);
  g_assert_no_error (error);
  flow = monge_flow_new (fixture->backend, triangle, fixture->target, &error);
  g_assert_no_error (error);
  monge_flow_step (flow, monge_flow_params (.loss.blur = 0.2), NULL, NULL, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < 4; i++)
    {
      g_assert_cmpfloat (monge_flow_get_displacements (flow)[i], >, 0.01);
      g_assert_cmpfloat (monge_flow_get_displacements (flow)[i], <, 10.0);
    }
}

static void
test_refuse (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (MongeShape) flat = monge_generate_cloud (10, 2, 1);
  GError *error = NULL;

  g_assert_null (monge_flow_new (fixture->backend, fixture->source, flat, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "dimension");
  g_assert_false (monge_flow_step (fixture->flow, monge_flow_params (.model = "soft"), NULL, NULL,
                                   &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "free, rigid");
  g_assert_false (monge_flow_step (fixture->flow, monge_flow_params (.loss.loss = "soft"), NULL,
                                   NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "sinkhorn");
  g_assert_null (monge_flow_new_weighted (fixture->backend, fixture->source, fixture->target,
                                          MONGE_WEIGHTING_CELL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "vertices");
}

static void
test_blur_from_size (Fixture *fixture,
                     gconstpointer data)
{
  MongeFlowParams params;

  monge_flow_params_init_for (&params, fixture->source, fixture->target);
  monge_assert_close_rel (params.loss.blur, 0.02 * monge_shape_get_diameter (fixture->source),
                          0.05);
  g_assert_cmpstr (params.model, ==, "free");
}

/* The table of the flow begins with the lines of the loss, at the same places. */
static void
test_option_table (Fixture *fixture,
                   gconstpointer data)
{
  guint n = 0;

  for (; monge_loss_options[n].key != NULL; n++)
    {
      g_assert_cmpstr (monge_loss_options[n].key, ==, monge_flow_options[n].key);
      g_assert_cmpuint (monge_loss_options[n].offset, ==, monge_flow_options[n].offset);
      g_assert_cmpstr (monge_loss_options[n].help, ==, monge_flow_options[n].help);
    }
  g_assert_nonnull (monge_option_find (monge_flow_options + n, "step-size"));
}

/* Every default is inside its range and comes back from its text. */
static void
test_option_defaults (Fixture *fixture,
                      gconstpointer data)
{
  MongeFlowParams params = *monge_flow_params (), other = { 0 };

  other.loss.loss = monge_loss_names[1];
  other.model = monge_model_names[1];
  for (const MongeOption *option = monge_flow_options; option->key != NULL; option++)
    {
      g_autofree char *text = monge_option_print (option, &params);
      g_autoptr (GError) error = NULL;

      monge_option_parse (option, text, &other, &error);
      g_assert_no_error (error);
      g_assert_true (g_str_has_suffix (option->help, "."));
    }
  g_assert_true (monge_options_equal (monge_flow_options, &params, &other));
}

#define ADD(name, func) g_test_add ("/flow/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("translation", test_translation);
  ADD ("step_size", test_step_size);
  ADD ("models", test_models);
  ADD ("loss_falls", test_loss_falls);
  ADD ("cancel_changes_nothing", test_cancel_changes_nothing);
  ADD ("reset", test_reset);
  ADD ("shape", test_shape);
  ADD ("evaluate", test_evaluate);
  ADD ("unused_vertex", test_unused_vertex);
  ADD ("refuse", test_refuse);
  ADD ("blur_from_size", test_blur_from_size);
  ADD ("option_table", test_option_table);
  ADD ("option_defaults", test_option_defaults);
  return g_test_run ();
}
