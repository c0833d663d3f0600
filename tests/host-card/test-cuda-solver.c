/* Losses on the host card: the same values and slopes as on the CPU, a warm step that waits once an
 * iteration, and a state that outlives what is cancelled and what finds no memory. */
#include "tests/host-card/cuda-world.h"

#include "compute/core/random.h"
#include "compute/loss/loss.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------
 * Problems
 */

typedef enum { SPHERES, VOLUMES } Shapes;

typedef struct {
  const char *name;
  Shapes shapes;
  guint dim;
  gsize n, m;
  MongeLossParams params;
  double tol; /* between the CPU and the card: values and slopes */
} Problem;

static const Problem problems[] = {
  { "on points", SPHERES, 3, 131, 150, { MONGE_LOSS_DEFAULTS, .blur = 0.2, .tol = 1e-4 }, 2e-4 },
  { "p = 1", SPHERES, 3, 131, 97, { MONGE_LOSS_DEFAULTS, .p = 1, .blur = 0.3 }, 2e-3 },
  { "with reach", SPHERES, 3, 140, 131, { MONGE_LOSS_DEFAULTS, .blur = 0.3, .reach = 0.7 }, 2e-3 },
  { "p = 1 with reach", SPHERES, 2, 90, 100,
    { MONGE_LOSS_DEFAULTS, .p = 1, .blur = 0.4, .reach = 1 }, 2e-3 },
  { "on clusters", SPHERES, 3, 700, 600, { MONGE_LOSS_DEFAULTS, .blur = 0.6, .tol = 1e-2 }, 5e-3 },
  { "on clusters of volumes", VOLUMES, 3, 1100, 1000,
    { MONGE_LOSS_DEFAULTS, .blur = 0.5, .tol = 1e-2 }, 5e-3 },
  { "energy", SPHERES, 3, 131, 150, { MONGE_LOSS_DEFAULTS, .loss = "energy" }, 1e-5 },
  { "gaussian", SPHERES, 2, 131, 150,
    { MONGE_LOSS_DEFAULTS, .loss = "gaussian", .blur = 0.4 }, 1e-5 },
};

static double
draw_coordinate (const Problem *problem, MongeRandom *random)
{
  return problem->shapes == VOLUMES ? monge_random_uniform (random) : monge_random_normal (random);
}

static void
place (const Problem *problem, MongeRandom *random, gboolean is_target, double *x)
{
  const guint dim = problem->dim;
  double length = 0;

  for (guint d = 0; d < dim; d++)
    {
      x[d] = draw_coordinate (problem, random);
      length += x[d] * x[d];
    }
  for (guint d = 0; d < dim && problem->shapes == SPHERES; d++)
    x[d] /= sqrt (length);
  for (guint d = 0; d < dim && is_target; d++)
    x[d] = x[d] * (1.1 + 0.1 * (double) d) + 0.2;
}

static MongeMeasure *
make_measure (const Problem *problem, gboolean is_target)
{
  const gsize n = is_target ? problem->m : problem->n;
  g_autofree double *points = g_new (double, n * problem->dim);
  g_autofree double *weights = g_new (double, n);
  g_autoptr (GError) error = NULL;
  MongeMeasure *measure;
  MongeRandom random;

  monge_random_init (&random, 5 + (guint64) is_target);
  for (gsize i = 0; i < n; i++)
    {
      place (problem, &random, is_target, points + i * problem->dim);
      weights[i] = 1 + 0.5 * sin ((double) i);
    }
  measure = monge_measure_new (points, weights, n, problem->dim, &error);
  g_assert_no_error (error);
  return measure;
}

static MongeLoss *
open_loss (MongeBackend *backend, const Problem *problem, GError **error)
{
  g_autoptr (MongeMeasure) source = make_measure (problem, FALSE);
  g_autoptr (MongeMeasure) target = make_measure (problem, TRUE);

  return monge_loss_new (problem->params.loss, backend, source, target, error);
}

/* ------------------------------------------------------------------------------------------------
 * Results
 */

#define N_FRAMES 3

/* A short flow: a cold step, and warm ones from where it led. */
typedef struct {
  gsize size;
  double *slopes[N_FRAMES];
  MongeLossReport reports[N_FRAMES];
} Flow;

static void
flow_clear (Flow *flow)
{
  for (guint k = 0; k < N_FRAMES; k++)
    g_free (flow->slopes[k]);
}

/* @along: (nullable): whose slopes are followed, its own if %NULL. */
static void
run_flow (MongeBackend *backend, const Problem *problem, const Flow *along, Flow *flow)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeMeasure) source = make_measure (problem, FALSE);
  g_autoptr (MongeLoss) loss = open_loss (backend, problem, &error);
  g_autofree double *points = NULL;

  g_assert_no_error (error);
  flow->size = problem->n * problem->dim;
  points = g_memdup2 (monge_measure_get_points (source), flow->size * sizeof *points);
  for (guint k = 0; k < N_FRAMES; k++)
    {
      const double *slope;

      flow->slopes[k] = g_new (double, flow->size);
      slope = along != NULL ? along->slopes[k] : flow->slopes[k];
      monge_loss_evaluate (loss, points, &problem->params, flow->slopes[k], &flow->reports[k], NULL,
                           &error);
      g_assert_no_error (error);
      for (gsize i = 0; i < flow->size; i++)
        points[i] -= 0.1 * slope[i];
    }
}

static void
compare_flows (const Problem *problem, const Flow *flow, const Flow *wanted)
{
  for (guint k = 0; k < N_FRAMES; k++)
    {
      const MongeLossReport *now = &flow->reports[k], *then = &wanted->reports[k];

      g_assert_cmpint (now->converged, ==, then->converged);
      g_assert_cmpfloat (now->cell, ==, then->cell);
      g_assert_true (fabs (now->value - then->value) <= problem->tol * fabs (then->value));
      monge_assert_rel_l2 (flow->slopes[k], wanted->slopes[k], flow->size, problem->tol);
    }
}

static void
test_flows (gconstpointer data)
{
  const Problem *problem = data;
  MongeBackend *card = open_card ();
  g_autoptr (MongeBackend) cpu = open_backend ("cpu");
  Flow wanted, flow;

  host_card_set_order ((HostCardOrder) ((problem - problems) % 3), 1);
  run_flow (cpu, problem, NULL, &wanted);
  run_flow (card, problem, &wanted, &flow);
  compare_flows (problem, &flow, &wanted);
  flow_clear (&wanted);
  flow_clear (&flow);
  close_card (card);
}

/* ------------------------------------------------------------------------------------------------
 * What a warm step waits for
 */

/* One loss whose points and slopes are planes. */
typedef struct {
  const Problem *problem;
  MongeBackend *card;
  MongeLoss *loss;
  MongePlanes *points, *slope;
  MongeLossReport report;
} Warm;

static void
warm_init (Warm *warm, const Problem *problem)
{
  g_autoptr (MongeMeasure) source = make_measure (problem, FALSE);
  const gsize n = problem->n * problem->dim;
  g_autoptr (GError) error = NULL;

  warm->problem = problem;
  warm->card = open_card ();
  warm->loss = open_loss (warm->card, problem, &error);
  g_assert_no_error (error);
  warm->points = make_planes (warm->card, MONGE_PLANES_FLOAT64, n, 1,
                              monge_measure_get_points (source));
  warm->slope = make_planes (warm->card, MONGE_PLANES_FLOAT64, n, 1, NULL);
}

static void
warm_clear (Warm *warm)
{
  monge_planes_free (warm->points);
  monge_planes_free (warm->slope);
  monge_loss_free (warm->loss);
  close_card (warm->card);
}

static gboolean
warm_evaluate (Warm *warm, MongeTask *task, GError **error)
{
  return monge_loss_evaluate_planes (warm->loss, warm->points, &warm->problem->params, warm->slope,
                                     &warm->report, task, error);
}

static void
warm_step (Warm *warm, double by)
{
  g_autoptr (GError) error = NULL;

  warm_evaluate (warm, NULL, &error);
  g_assert_no_error (error);
  monge_backend_step (warm->card, &(MongeStep){ .id = MONGE_STEP_COMBINE, .n = warm->points->n,
                                                .planes = { warm->points, warm->slope },
                                                .numbers = { -by, 1 } });
}

/* Waits of an evaluation beside those of iterations: where the centre lies; whether points are
 * sound, how far they went and how they have spread; the value; on clusters, exact rows. */
#define N_WAITS_OF_CROSS 3
#define N_WAITS_OF_CLUSTERS 1

/* Reads are all that waits, one for each iteration; nothing is allocated. */
static void
expect_waits (Warm *warm, guint n_others)
{
  const unsigned long n_waits = host_card_get_n_calls ("cudaEventRecord");
  const unsigned long n_allocations = host_card_get_n_calls ("cudaMalloc");
  const unsigned long n_synchronised = host_card_get_n_calls ("cudaStreamSynchronize")
                                       + host_card_get_n_calls ("cudaDeviceSynchronize")
                                       + host_card_get_n_calls ("cudaEventSynchronize");

  warm_step (warm, 0.05);
  g_assert_cmpuint (host_card_get_n_calls ("cudaEventRecord") - n_waits, ==,
                    warm->report.iterations + n_others);
  g_assert_cmpuint (host_card_get_n_calls ("cudaMalloc"), ==, n_allocations);
  g_assert_cmpuint (host_card_get_n_calls ("cudaStreamSynchronize")
                        + host_card_get_n_calls ("cudaDeviceSynchronize")
                        + host_card_get_n_calls ("cudaEventSynchronize"), ==, n_synchronised);
}

static void
test_waits_of_cross (gconstpointer data)
{
  Problem problem = *(const Problem *) data;
  const guint n_clusters = problem.n > 500 ? N_WAITS_OF_CLUSTERS : 0;
  Warm warm;

  problem.params.debias = FALSE;
  warm_init (&warm, &problem);
  for (guint k = 0; k < 3; k++)
    warm_step (&warm, 0.05);
  expect_waits (&warm, N_WAITS_OF_CROSS + n_clusters);
  expect_waits (&warm, N_WAITS_OF_CROSS + n_clusters);
  g_assert_true (n_clusters == 0 || warm.report.cell > 0);
  warm_clear (&warm);
}

/* With self terms: their value, and one for each iteration. Where points have not moved that is the
 * one that says so. */
static void
test_waits_of_selves (void)
{
  Warm warm;

  warm_init (&warm, &problems[0]);
  warm_step (&warm, 0);
  warm_step (&warm, 0);
  for (guint k = 0; k < 2; k++)
    {
      const unsigned long n_waits = host_card_get_n_calls ("cudaEventRecord");

      warm_step (&warm, 0);
      g_assert_cmpuint (host_card_get_n_calls ("cudaEventRecord") - n_waits, ==,
                        warm.report.iterations + N_WAITS_OF_CROSS + 2);
    }
  warm_clear (&warm);
}

/* ------------------------------------------------------------------------------------------------
 * What goes wrong
 */

static gpointer
cancel_after (gpointer data)
{
  g_usleep (2000);
  monge_task_cancel (data);
  return NULL;
}

/* Whenever it is cancelled, the next evaluation starts from where the last good one led. */
static void
test_cancelled (void)
{
  MongeTask task = MONGE_TASK_INIT;
  double value;
  Warm warm;

  warm_init (&warm, &problems[0]);
  warm_step (&warm, 0);
  value = warm.report.value;
  for (guint k = 0; k < 8; k++)
    {
      g_autoptr (GError) error = NULL;
      GThread *thread = g_thread_new ("cancel", cancel_after, &task);

      if (k == 4)
        monge_loss_reset (warm.loss);
      if (!warm_evaluate (&warm, &task, &error))
        g_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED);
      g_thread_join (thread);
      monge_task_reset (&task);
      warm_step (&warm, 0);
      g_assert_true (fabs (warm.report.value - value) <= problems[0].tol * value);
      g_assert_true (warm.report.converged);
    }
  warm_clear (&warm);
}

/* The n-th allocation of a first evaluation finds no memory: an error that names it or none at all,
 * nothing is lost, and the same loss gives the same value once there is memory. */
static void
test_no_memory (void)
{
  const Problem *problem = &problems[4];
  gboolean has_failed = TRUE;
  double value = NAN;

  for (guint n = 1; has_failed; n += 1 + n / 3)
    {
      MongeBackend *card = open_card ();
      g_autoptr (GError) error = NULL;
      MongeLossReport report;
      MongeLoss *loss;

      host_card_fail_allocation_at (n);
      loss = open_loss (card, problem, &error);
      if (loss != NULL)
        monge_loss_evaluate (loss, NULL, &problem->params, NULL, &report, NULL, &error);
      has_failed = host_card_has_failed ();
      if (error != NULL)
        g_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE);
      else if (loss != NULL && isnan (value))
        value = report.value;
      host_card_fail_allocation_at (0);
      if (loss != NULL)
        {
          g_assert_true (monge_loss_evaluate (loss, NULL, &problem->params, NULL, &report, NULL,
                                              NULL));
          g_assert_true (isnan (value) || fabs (report.value - value) <= problem->tol * value);
          monge_loss_free (loss);
        }
      close_card (card);
    }
}

/* A card that fails for good at some call: every evaluation from then on says so, and ends. */
static void
test_faults (void)
{
  const Problem *problem = &problems[0];
  gboolean has_failed = TRUE;

  for (unsigned long n = 1; has_failed; n += 1 + n / 3)
    {
      MongeBackend *card = open_card ();
      g_autoptr (GError) error = NULL, again = NULL;
      MongeLossReport report;
      MongeLoss *loss;

      host_card_fail_at (n, cudaErrorIllegalAddress, TRUE);
      loss = open_loss (card, problem, &error);
      if (loss != NULL
          && !monge_loss_evaluate (loss, NULL, &problem->params, NULL, &report, NULL, &error))
        {
          g_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE);
          g_assert_false (monge_loss_evaluate (loss, NULL, &problem->params, NULL, &report, NULL,
                                               &again));
          g_assert_error (again, MONGE_ERROR, MONGE_ERROR_DEVICE);
        }
      has_failed = host_card_has_failed ();
      g_assert_true (has_failed || error == NULL);
      g_clear_pointer (&loss, monge_loss_free);
      close_card (card);
    }
}

/* What has no place on the card is refused before anything is taken, with what it needs. */
static void
test_reserve (void)
{
  const HostCardDevice device = { "Small card", 9, 0, 1 << 20, 0, 1, 80 };
  GError *error = NULL;
  MongeBackend *card;

  host_card_reset ();
  host_card_set_devices (&device, 1, cudaSuccess);
  card = open_backend ("cuda");
  {
    Problem problem = problems[0];

    problem.n = problem.m = 20000;
    g_assert_null (open_loss (card, &problem, &error));
    monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE,
                        "the transport of 40"); /* or 40,000 */
  }
  close_card (card);
}

/* A position that is not finite is named, and forgotten with the next. */
static void
test_nan (void)
{
  const Problem *problem = &problems[0];
  MongeBackend *card = open_card ();
  g_autoptr (MongeMeasure) source = make_measure (problem, FALSE);
  g_autofree double *points = g_memdup2 (monge_measure_get_points (source),
                                         problem->n * problem->dim * sizeof (double));
  GError *error = NULL;
  MongeLoss *loss = open_loss (card, problem, &error);
  MongeLossReport report;

  g_assert_no_error (error);
  points[7 * 3 + 1] = NAN;
  g_assert_false (monge_loss_evaluate (loss, points, &problem->params, NULL, &report, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAN, "Coordinate 1 of source point 7");
  g_assert_true (monge_loss_evaluate (loss, NULL, &problem->params, NULL, &report, NULL, NULL));
  monge_loss_free (loss);
  close_card (card);
}

int
main (int argc, char **argv)
{
  cuda_world_init ();
  g_test_init (&argc, &argv, NULL);
  for (guint k = 0; k < G_N_ELEMENTS (problems); k++)
    {
      g_autofree char *path = g_strdup_printf ("/cuda-solver/as-on-the-cpu/%s", problems[k].name);

      g_test_add_data_func (path, &problems[k], test_flows);
    }
  g_test_add_data_func ("/cuda-solver/waits-once-an-iteration/points", &problems[0],
                        test_waits_of_cross);
  g_test_add_data_func ("/cuda-solver/waits-once-an-iteration/reach", &problems[2],
                        test_waits_of_cross);
  g_test_add_data_func ("/cuda-solver/waits-once-an-iteration/clusters", &problems[4],
                        test_waits_of_cross);
  g_test_add_func ("/cuda-solver/waits-once-an-iteration/selves", test_waits_of_selves);
  g_test_add_func ("/cuda-solver/cancelled", test_cancelled);
  g_test_add_func ("/cuda-solver/no-memory", test_no_memory);
  g_test_add_func ("/cuda-solver/faults", test_faults);
  g_test_add_func ("/cuda-solver/reserve", test_reserve);
  g_test_add_func ("/cuda-solver/nan", test_nan);
  return g_test_run ();
}
