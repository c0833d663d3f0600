/* What the mathematics promises of the losses: values and gradients against double precision, and
 * identities that need no stored answer. */
#include "compute/core/random.h"
#include "compute/loss/loss.h"
#include "tests/reference.h"
#include "tests/util.h"

#include <string.h>

typedef struct {
  gsize n;
  guint dim;
  double *x, *a;
} Cloud;

/* Points in a cube of side 1 moved by @shift, random weights of sum 1. */
static Cloud
cloud_new (gsize n, guint dim, double shift, guint64 seed)
{
  Cloud cloud = { n, dim, g_new (double, n * dim), g_new (double, n) };
  MongeRandom random;
  double mass = 0;

  monge_random_init (&random, seed);
  for (gsize k = 0; k < n * dim; k++)
    cloud.x[k] = (float) (monge_random_uniform (&random) + shift);
  for (gsize i = 0; i < n; i++)
    mass += cloud.a[i] = 0.2 + monge_random_uniform (&random);
  for (gsize i = 0; i < n; i++)
    cloud.a[i] /= mass;
  return cloud;
}

static void
cloud_clear (Cloud *cloud)
{
  g_free (cloud->x);
  g_free (cloud->a);
}

static MongeBackend *
open_cpu (guint n_threads)
{
  MongeBackend *backend
      = monge_backend_open (&(MongeBackendOptions){ monge_test_backend (), n_threads }, NULL);

  g_assert_nonnull (backend);
  return backend;
}

static MongeLoss *
open_loss (MongeBackend *backend, const char *name, const Cloud *source, const Cloud *target)
{
  g_autoptr (MongeMeasure) x = NULL, y = NULL;
  GError *error = NULL;
  MongeLoss *loss;

  x = monge_measure_new (source->x, source->a, source->n, source->dim, &error);
  g_assert_no_error (error);
  y = monge_measure_new (target->x, target->a, target->n, target->dim, &error);
  g_assert_no_error (error);
  loss = monge_loss_new (name, backend, x, y, &error);
  g_assert_no_error (error);
  return loss;
}

/* Value, and the gradient (n × dim) if @gradient, of one fresh evaluation. */
static MongeLossReport
evaluate (const Cloud *source, const Cloud *target, const MongeLossParams *params, double *gradient)
{
  g_autoptr (MongeBackend) backend = open_cpu (2);
  g_autoptr (MongeLoss) loss = open_loss (backend, params->loss, source, target);
  MongeLossReport report;
  GError *error = NULL;

  g_assert_true (monge_loss_evaluate (loss, NULL, params, gradient, &report, NULL, &error));
  g_assert_no_error (error);
  for (gsize k = 0; gradient != NULL && k < source->n * source->dim; k++)
    gradient[k] *= source->a[k / source->dim];
  return report;
}

/* ------------------------------------------------------------------------------------------------ */

typedef struct {
  const char *loss;
  guint dim;
  int p;
  double blur, reach;
  gboolean debias;
} Problem;

static const Problem problems[] = {
  { "sinkhorn", 3, 2, 0.2, INFINITY, TRUE },  { "sinkhorn", 3, 1, 0.2, INFINITY, TRUE },
  { "sinkhorn", 2, 2, 0.1, INFINITY, TRUE },  { "sinkhorn", 2, 1, 0.1, INFINITY, TRUE },
  { "sinkhorn", 1, 2, 0.1, INFINITY, TRUE },  { "sinkhorn", 10, 2, 0.5, INFINITY, TRUE },
  { "sinkhorn", 7, 1, 0.3, INFINITY, TRUE },  { "sinkhorn", 3, 2, 0.2, 0.5, TRUE },
  { "sinkhorn", 3, 1, 0.2, 0.5, TRUE },       { "sinkhorn", 2, 2, 0.1, 0.1, TRUE },
  { "sinkhorn", 3, 2, 0.2, 3.0, TRUE },       { "sinkhorn", 3, 2, 0.2, INFINITY, FALSE },
  { "sinkhorn", 3, 1, 0.2, 0.5, FALSE },      { "gaussian", 3, 2, 0.3, INFINITY, TRUE },
  { "laplacian", 3, 2, 0.3, INFINITY, TRUE }, { "energy", 3, 2, 0.3, INFINITY, TRUE },
  { "energy", 10, 2, 0.3, INFINITY, TRUE },   { "gaussian", 1, 2, 0.3, INFINITY, TRUE },
};

static MongeLossParams
get_params (const Problem *problem)
{
  return *monge_loss_params (.loss = problem->loss, .p = problem->p, .blur = problem->blur,
                             .reach = problem->reach, .debias = problem->debias, .tol = 1e-6,
                             .max_iterations = 5000);
}

static double
reference_value (const Problem *problem, const Cloud *x, const Cloud *y)
{
  if (g_str_equal (problem->loss, "sinkhorn"))
    return monge_reference_sinkhorn (x->x, x->a, x->n, y->x, y->a, y->n, x->dim, problem->p,
                                     problem->blur, problem->reach, problem->debias);
  return monge_reference_kernel_norm (problem->loss, x->x, x->a, x->n, y->x, y->a, y->n, x->dim,
                                      problem->blur);
}

static void
values_agree_with_double_precision (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (problems); i++)
    {
      const Problem *problem = &problems[i];
      Cloud x = cloud_new (37, problem->dim, 0, i), y = cloud_new (23, problem->dim, 0.3, 100 + i);
      MongeLossParams params = get_params (problem);
      MongeLossReport report = evaluate (&x, &y, &params, NULL);

      g_assert_true (report.converged);
      monge_assert_close_rel (report.value, reference_value (problem, &x, &y), 1e-5);
      cloud_clear (&x);
      cloud_clear (&y);
    }
}

/* Central differences of the value in double precision, along the first few coordinates. */
static void
gradients_agree_with_central_differences (void)
{
  for (guint k = 0; k < G_N_ELEMENTS (problems); k++)
    {
      const Problem *problem = &problems[k];
      const gsize n = 9;
      const gsize n_checked = MIN (n * problem->dim, 4);
      const double h = 1e-5;
      Cloud x = cloud_new (n, problem->dim, 0, k), y = cloud_new (8, problem->dim, 0.3, 100 + k);
      MongeLossParams params = get_params (problem);
      g_autofree double *gradient = g_new (double, n * problem->dim);
      double expected[4];

      evaluate (&x, &y, &params, gradient);
      for (gsize i = 0; i < n_checked; i++)
        {
          double middle = x.x[i], above, below;

          x.x[i] = middle + h;
          above = reference_value (problem, &x, &y);
          x.x[i] = middle - h;
          below = reference_value (problem, &x, &y);
          x.x[i] = middle;
          expected[i] = (above - below) / (2 * h);
        }
      monge_assert_rel_l2 (gradient, expected, n_checked, 2e-5);
      cloud_clear (&x);
      cloud_clear (&y);
    }
}

static void
zero_between_a_measure_and_itself (void)
{
  for (guint k = 0; k < G_N_ELEMENTS (problems); k++)
    {
      Cloud x = cloud_new (200, problems[k].dim, 0, k);
      MongeLossParams params = get_params (&problems[k]);

      if (problems[k].debias)
        monge_assert_close (evaluate (&x, &x, &params, NULL).value, 0, 1e-6);
      cloud_clear (&x);
    }
}

static void
positive_and_symmetric (void)
{
  for (guint k = 0; k < G_N_ELEMENTS (problems); k++)
    {
      Cloud x = cloud_new (120, problems[k].dim, 0, k), y = cloud_new (90, problems[k].dim, 0.1, ~k);
      MongeLossParams params = get_params (&problems[k]);
      double there = evaluate (&x, &y, &params, NULL).value;
      double back = evaluate (&y, &x, &params, NULL).value;

      if (problems[k].debias)
        g_assert_cmpfloat (there, >, 0);
      monge_assert_close_rel (back, there, 1e-4);
      cloud_clear (&x);
      cloud_clear (&y);
    }
}

/* S(α, α + t) = |t|²/2 for p = 2, balanced, whatever the blur; the gradient is −a_i t. */
static void
translation_costs_half_its_square (void)
{
  static const double blurs[] = { 0.05, 0.2, 1 };
  const double t[3] = { 0.7, -0.2, 0.4 };
  const gsize n = 300;

  for (guint k = 0; k < G_N_ELEMENTS (blurs); k++)
    {
      Cloud x = cloud_new (n, 3, 0, k), y = cloud_new (n, 3, 0, k);
      g_autofree double *gradient = g_new (double, n * 3), *expected = g_new (double, n * 3);
      MongeLossReport report;

      for (gsize i = 0; i < n * 3; i++)
        {
          y.x[i] += t[i % 3];
          expected[i] = -x.a[i / 3] * t[i % 3];
        }
      report = evaluate (&x, &y,
                         monge_loss_params (.blur = blurs[k], .tol = 1e-4, .max_iterations = 5000),
                         gradient);
      g_assert_true (report.converged);
      monge_assert_close_rel (report.value, 0.5 * (0.49 + 0.04 + 0.16), 1e-4);
      monge_assert_rel_l2 (gradient, expected, n * 3, 1e-3);
      cloud_clear (&x);
      cloud_clear (&y);
    }
}

static void
order_of_the_points_does_not_matter (void)
{
  Cloud x = cloud_new (150, 3, 0, 1), y = cloud_new (100, 3, 0.2, 2), back;
  MongeLossParams params = get_params (&problems[0]);
  g_autofree double *gradient = g_new (double, 450), *reversed = g_new (double, 450);
  g_autofree double *unreversed = g_new (double, 450);

  back = cloud_new (150, 3, 0, 1);
  for (gsize i = 0; i < 150; i++)
    {
      memcpy (back.x + 3 * i, x.x + 3 * (149 - i), 3 * sizeof (double));
      back.a[i] = x.a[149 - i];
    }
  monge_assert_close_rel (evaluate (&back, &y, &params, reversed).value,
                          evaluate (&x, &y, &params, gradient).value, 1e-6);
  for (gsize i = 0; i < 150; i++)
    memcpy (unreversed + 3 * i, reversed + 3 * (149 - i), 3 * sizeof (double));
  monge_assert_rel_l2 (unreversed, gradient, 450, 1e-5);
  cloud_clear (&x);
  cloud_clear (&y);
  cloud_clear (&back);
}

static void
same_bits_on_a_second_run (void)
{
  Cloud x = cloud_new (700, 3, 0, 1), y = cloud_new (500, 3, 0.2, 2);
  MongeLossParams params = get_params (&problems[0]);
  g_autofree double *first = g_new (double, 2100), *second = g_new (double, 2100);
  double value = evaluate (&x, &y, &params, first).value;

  g_assert_cmpfloat (evaluate (&x, &y, &params, second).value, ==, value);
  g_assert_cmpmem (first, 2100 * sizeof *first, second, 2100 * sizeof *second);
  cloud_clear (&x);
  cloud_clear (&y);
}

/* A loss that moves from problem to problem gives what a fresh one gives. */
static void
warm_start_changes_nothing_but_time (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (2);
  Cloud x = cloud_new (200, 3, 0, 1), y = cloud_new (200, 3, 0.5, 2);
  g_autoptr (MongeLoss) loss = open_loss (backend, "sinkhorn", &x, &y);
  g_autofree double *slope = g_new (double, 600);
  static const struct { int p; double blur, reach; } turns[] = {
    { 2, 0.2, INFINITY }, { 2, 0.05, INFINITY }, { 2, 0.5, INFINITY }, { 1, 0.1, INFINITY },
    { 2, 0.1, 0.5 },      { 2, 0.1, 0.1 },       { 2, 0.1, INFINITY },
  };

  for (guint k = 0; k < G_N_ELEMENTS (turns); k++)
    for (int step = 0; step < 3; step++)
      {
        MongeLossReport report;
        MongeLossParams params
            = *monge_loss_params (.p = turns[k].p, .blur = turns[k].blur, .reach = turns[k].reach,
                                  .tol = 1e-4, .max_iterations = 5000);

        g_assert_true (monge_loss_evaluate (loss, x.x, &params, slope, &report, NULL, NULL));
        g_assert_true (report.converged);
        monge_assert_close (report.value, evaluate (&x, &y, &params, NULL).value,
                            1e-4 * report.value + 1e-6);
        for (gsize i = 0; i < 600; i++)
          x.x[i] -= 0.05 * slope[i];
      }
  cloud_clear (&x);
  cloud_clear (&y);
}

/* Along a flow the potentials are foreseen: few iterations a frame. */
static void
flow_frames_take_few_iterations (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (2);
  Cloud x = cloud_new (500, 3, 0, 1), y = cloud_new (500, 3, 0.5, 2);
  g_autoptr (MongeLoss) loss = open_loss (backend, "sinkhorn", &x, &y);
  g_autofree double *slope = g_new (double, 1500);
  guint first = 0, later = 0;

  for (int step = 0; step < 10; step++)
    {
      MongeLossReport report;

      g_assert_true (monge_loss_evaluate (loss, x.x, monge_loss_params (.blur = 0.1), slope,
                                          &report, NULL, NULL));
      if (step == 0)
        first = report.iterations;
      else
        later = MAX (later, report.iterations);
      for (gsize i = 0; i < 1500; i++)
        x.x[i] -= 0.3 * slope[i];
    }
  g_assert_cmpuint (later, <=, MIN (first, 12));
  cloud_clear (&x);
  cloud_clear (&y);
}

static void
far_apart_shapes_converge (void)
{
  Cloud x = cloud_new (300, 3, 0, 1), y = cloud_new (200, 3, 50, 2);
  MongeLossReport report
      = evaluate (&x, &y, monge_loss_params (.blur = 0.2, .max_iterations = 2000), NULL);

  g_assert_true (report.converged);
  monge_assert_close_rel (report.value, 0.5 * 3 * 50 * 50, 1e-2);
  cloud_clear (&x);
  cloud_clear (&y);
}

static void
points_without_mass_still_have_a_slope (void)
{
  Cloud x = cloud_new (100, 3, 0, 1), y = cloud_new (100, 3, 0.5, 2);
  g_autoptr (MongeBackend) backend = open_cpu (2);
  g_autoptr (MongeLoss) loss = NULL;
  g_autofree double *slope = g_new (double, 300);
  MongeLossReport report;

  x.a[17] = 0;
  y.a[3] = 0;
  loss = open_loss (backend, "sinkhorn", &x, &y);
  g_assert_true (monge_loss_evaluate (loss, NULL, monge_loss_params (.blur = 0.2), slope, &report,
                                      NULL, NULL));
  for (gsize i = 0; i < 300; i++)
    g_assert_true (isfinite (slope[i]));
  g_assert_cmpfloat (slope[17 * 3], <, 0); /* towards the target, like its neighbours */
  cloud_clear (&x);
  cloud_clear (&y);
}

static void
one_point_and_repeated_points (void)
{
  Cloud x = cloud_new (1, 3, 0, 1), y = cloud_new (300, 3, 0, 2);

  memset (y.x, 0, 900 * sizeof *y.x); /* all in one place */
  x.x[0] = 3;
  x.x[1] = x.x[2] = 0;
  monge_assert_close_rel (evaluate (&x, &y, monge_loss_params (.blur = 0.1), NULL).value, 4.5, 1e-5);
  cloud_clear (&x);
  cloud_clear (&y);
}

typedef struct {
  MongeTask task;
  gint64 cancelled_at; /* µs */
} Cancelling;

static gpointer
cancel_soon (gpointer data)
{
  Cancelling *cancelling = data;

  g_usleep (30000);
  cancelling->cancelled_at = g_get_monotonic_time ();
  monge_task_cancel (&cancelling->task);
  return NULL;
}

/* How long a solve that would take minutes goes on after it was cancelled, µs. */
static gint64
measure_cancelling (MongeLoss *loss)
{
  Cancelling cancelling = { MONGE_TASK_INIT, 0 };
  MongeLossReport report;
  GError *error = NULL;
  GThread *thread = g_thread_new ("cancel", cancel_soon, &cancelling);
  gint64 ended;

  g_assert_false (monge_loss_evaluate (loss, NULL,
                                       monge_loss_params (.blur = 0.005, .tol = 1e-6,
                                                          .max_iterations = 100000),
                                       NULL, &report, &cancelling.task, &error));
  ended = g_get_monotonic_time ();
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
  g_thread_join (thread);
  return ended - cancelling.cancelled_at;
}

/* The best of a few tries: a busy machine may take the processor away for longer than that. */
static void
cancelled_within_50_ms (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (2);
  Cloud x = cloud_new (20000, 3, 0, 1), y = cloud_new (20000, 3, 0.5, 2);
  g_autoptr (MongeLoss) loss = open_loss (backend, "sinkhorn", &x, &y);
  MongeTask task = MONGE_TASK_INIT;
  MongeLossReport report;
  GError *error = NULL;
  gint64 best = G_MAXINT64;

  for (int i = 0; i < 5 && best >= 50000; i++)
    best = MIN (best, measure_cancelling (loss));
  g_test_message ("cancelled in %.1f ms", 1e-3 * (double) best);
  g_assert_cmpint (best, <, 50000 * monge_test_patience ());

  /* and it is still good for a solve */
  g_assert_true (monge_loss_evaluate (loss, NULL, monge_loss_params (.blur = 1), NULL, &report,
                                      &task, &error));
  g_assert_true (report.converged);
  cloud_clear (&x);
  cloud_clear (&y);
}

static void
not_converged_is_said (void)
{
  Cloud x = cloud_new (100, 3, 0, 1), y = cloud_new (100, 3, 0.5, 2);
  MongeLossReport report
      = evaluate (&x, &y, monge_loss_params (.blur = 0.01, .tol = 1e-6, .max_iterations = 2), NULL);

  g_assert_false (report.converged);
  g_assert_cmpfloat (report.marginal_error, >, 1e-6);
  cloud_clear (&x);
  cloud_clear (&y);
}

static void
rejects_what_cannot_be_compared (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (1);
  Cloud x = cloud_new (5, 3, 0, 1), y = cloud_new (5, 2, 0, 2);
  g_autoptr (MongeMeasure) source = monge_measure_new (x.x, x.a, 5, 3, NULL);
  g_autoptr (MongeMeasure) target = monge_measure_new (y.x, y.a, 5, 2, NULL);
  g_autoptr (MongeLoss) loss = NULL;
  double points[15] = { 0 };
  MongeLossReport report;
  GError *error = NULL;

  g_assert_null (monge_loss_new ("sinkhorn", backend, source, target, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "dimension");
  g_assert_null (monge_loss_new ("nonsense", backend, source, source, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "sinkhorn");

  loss = monge_loss_new ("sinkhorn", backend, source, source, &error);
  points[7] = NAN;
  g_assert_false (monge_loss_evaluate (loss, points, monge_loss_params (), NULL, &report, NULL,
                                       &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAN, "point 2");
  cloud_clear (&x);
  cloud_clear (&y);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add_func ("/sinkhorn/" path, func)
  ADD ("values-agree-with-double-precision", values_agree_with_double_precision);
  ADD ("gradients-agree-with-central-differences", gradients_agree_with_central_differences);
  ADD ("zero-between-a-measure-and-itself", zero_between_a_measure_and_itself);
  ADD ("positive-and-symmetric", positive_and_symmetric);
  ADD ("translation-costs-half-its-square", translation_costs_half_its_square);
  ADD ("order-of-the-points-does-not-matter", order_of_the_points_does_not_matter);
  ADD ("same-bits-on-a-second-run", same_bits_on_a_second_run);
  ADD ("warm-start-changes-nothing-but-time", warm_start_changes_nothing_but_time);
  ADD ("flow-frames-take-few-iterations", flow_frames_take_few_iterations);
  ADD ("far-apart-shapes-converge", far_apart_shapes_converge);
  ADD ("points-without-mass-still-have-a-slope", points_without_mass_still_have_a_slope);
  ADD ("one-point-and-repeated-points", one_point_and_repeated_points);
  ADD ("cancelled-within-50-ms", cancelled_within_50_ms);
  ADD ("not-converged-is-said", not_converged_is_said);
  ADD ("rejects-what-cannot-be-compared", rejects_what_cannot_be_compared);
  return g_test_run ();
}
