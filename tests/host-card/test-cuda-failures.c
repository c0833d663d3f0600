/* Every call of the runtime that the engine makes on a card fails once: alone, and as a fault that
 * stays; every allocation finds no memory left, once. Whatever happens, an error says what, nothing
 * is left behind, and a flow goes on with the CPU. Runs on the host. */
#include "compute/flow/frame.h"
#include "compute/shape/generate.h"
#include "tests/host-card/cuda-world.h"

#include <string.h>

/* How many stages came through, and why the next did not. */
typedef struct {
  guint n_done;
  GError *error;
  gboolean moved; /* the flow went on with the CPU */
} Outcome;

typedef gboolean (*Stage) (MongeBackend *backend, Outcome *outcome, GError **error);

/* ------------------------------------------------------------------------------------------------
 * What is done: each takes a card as it is and leaves it so
 */

static gboolean
planes (MongeBackend *backend, Outcome *outcome, GError **error)
{
  g_autoptr (MongePlanes) a = monge_planes_new (backend, MONGE_PLANES_FLOAT64, 50, 2, error);
  g_autoptr (MongePlanes) b = NULL;
  g_autofree double *values = random_doubles (100, 1, 0, 1);
  MongeStep step = { .id = MONGE_STEP_COMBINE, .n = 100, .numbers = { 2, 1 } };
  double back[100], *host;

  if (a == NULL)
    return FALSE;
  b = monge_planes_new (backend, MONGE_PLANES_FLOAT64, 50, 2, error);
  if (b == NULL)
    return FALSE;
  monge_planes_write (a, values);
  monge_planes_copy (b, a);
  step.planes[0] = b;
  step.planes[1] = a;
  monge_backend_step (backend, &step);
  if (!monge_planes_read (b, back, error))
    return FALSE;
  for (guint i = 0; i < 100; i++)
    g_assert_cmpfloat (back[i], ==, 3 * values[i]);
  host = monge_planes_begin (a, MONGE_PLANES_READ | MONGE_PLANES_WRITE, error);
  if (host == NULL)
    return FALSE;
  g_assert_cmpfloat (host[7], ==, values[7]);
  monge_planes_end (a);
  return monge_backend_check (backend, error);
}

static gboolean
run_text (MongeBackend *backend, const char *text, gboolean sparse, GError **error)
{
  Data data;
  MongeArgument arguments[N_ARGUMENTS];
  g_autoptr (MongeKernel) kernel = NULL;
  g_autoptr (MongePairs) pairs = NULL;
  double out[70];
  gboolean done;

  data_init (&data, 70, 60, 3);
  set_host_arguments (&data, arguments);
  if (sparse)
    pairs = monge_pairs_new_within (data.x, 70, data.y, 60, 3, 0.5, NULL, NULL);
  kernel = prepare (backend, text, 3);
  done = monge_backend_run (backend, kernel,
                            &(MongeRun){ .n_rows = 70, .n_columns = 60, .arguments = arguments,
                                         .pairs = pairs, .out = out }, NULL, NULL, error);
  data_clear (&data);
  return done;
}

static gboolean
softmin (MongeBackend *backend, Outcome *outcome, GError **error)
{
  return run_text (backend, "logsumexp_j(g - s*sqdist(x,y))", FALSE, error);
}

static gboolean
sparse_softmin (MongeBackend *backend, Outcome *outcome, GError **error)
{
  return run_text (backend, "logsumexp_j(g - s*sqdist(x,y))", TRUE, error);
}

static gboolean
generated (MongeBackend *backend, Outcome *outcome, GError **error)
{
  return run_text (backend, "sum_j tanh(h*dot(x,y))", FALSE, error);
}

static gboolean
solve (MongeBackend *backend, Outcome *outcome, GError **error)
{
  g_autofree double *points = random_doubles (60, 3, 0, 1);
  g_autofree double *others = random_doubles (60, 4, 0, 1);
  g_autoptr (MongeMeasure) a = monge_measure_new (points, NULL, 20, 3, NULL);
  g_autoptr (MongeMeasure) b = monge_measure_new (others, NULL, 20, 3, NULL);
  g_autoptr (MongeLoss) loss = monge_loss_new ("sinkhorn", backend, a, b, error);
  const MongeLossParams *params
      = monge_loss_params (.blur = 1, .scaling = 0.25, .max_iterations = 1, .debias = FALSE);
  MongeLossReport report;
  double slope[60];

  return loss != NULL
         && monge_loss_evaluate (loss, NULL, params, slope, &report, NULL, error);
}

typedef struct {
  char *bytes;
  gsize used;
} Screen;

static gpointer
map_screen (gpointer data, gsize size)
{
  Screen *screen = data;

  screen->bytes = g_realloc (screen->bytes, size);
  return screen->bytes;
}

static void
unmap_screen (gpointer data, gsize used)
{
  ((Screen *) data)->used = used;
}

static gboolean
step_and_show (MongeFlow *flow, MongeFramer *framer, GError **error)
{
  const MongeFlowParams *params
      = monge_flow_params (.loss = { MONGE_LOSS_DEFAULTS, .blur = 1, .scaling = 0.25,
                                     .max_iterations = 1, .debias = FALSE });
  MongeFrame *frame = monge_frame_new (12);
  Screen screen = { 0 };
  const MongeSink sink = { .map = map_screen, .unmap = unmap_screen, .user_data = &screen };
  MongeFlowReport report;
  gboolean done = monge_flow_step (flow, params, &report, NULL, error)
                  && monge_framer_fill (framer, &report, frame, error)
                  && monge_planes_publish (frame->positions, &sink, error);

  if (done)
    g_assert_cmpuint (screen.used, ==, 12 * 3 * sizeof (float));
  g_free (screen.bytes);
  monge_frame_free (frame);
  return done;
}

/* The CPU goes on from where the shape stands. */
static void
go_on (MongeFlow *flow, MongeFramer *framer, Outcome *outcome)
{
  g_autoptr (MongeBackend) cpu = open_backend ("cpu");
  GError *error = NULL;

  g_assert_true (monge_flow_move_to (flow, cpu, &error));
  g_assert_no_error (error);
  g_assert_true (step_and_show (flow, framer, &error));
  g_assert_no_error (error);
  outcome->moved = TRUE;
}

static gboolean
flow (MongeBackend *backend, Outcome *outcome, GError **error)
{
  const double here[3] = { 0 }, there[3] = { 1, 0, 0.5 };
  g_autoptr (MongeShape) source = monge_generate_sphere (0, 1.0, here);
  g_autoptr (MongeShape) target = monge_generate_sphere (0, 1.2, there);
  g_autoptr (MongeFlow) flow = monge_flow_new (backend, source, target, error);
  MongeFramer *framer;
  gboolean done;

  if (flow == NULL)
    return FALSE;
  framer = monge_framer_new (flow, here);
  done = step_and_show (flow, framer, error) && step_and_show (flow, framer, error);
  if (!done)
    go_on (flow, framer, outcome);
  monge_framer_free (framer);
  return done;
}

static const struct {
  const char *name;
  Stage run;
} stages[] = {
  { "planes", planes }, { "softmin", softmin }, { "sparse softmin", sparse_softmin },
  { "generated", generated }, { "solve", solve }, { "flow", flow },
};

/* ---------------------------------------------------------------------------------------------- */

/* One stage after the other on one card, opened and closed, until something fails. */
static void
run_stages (guint first, guint n, Outcome *outcome)
{
  g_autoptr (MongeBackend) backend
      = monge_backend_open (&(MongeBackendOptions){ .name = "cuda", .n_threads = 1 },
                            &outcome->error);

  outcome->n_done = 0;
  if (backend == NULL)
    return;
  for (guint k = first; k < first + n; k++)
    {
      if (!stages[k].run (backend, outcome, &outcome->error))
        return;
      outcome->n_done++;
    }
}

static gulong
count_calls (guint first, guint n)
{
  Outcome outcome = { 0 };
  gulong n_calls;

  host_card_reset ();
  run_stages (first, n, &outcome);
  g_assert_no_error (outcome.error);
  g_assert_cmpuint (outcome.n_done, ==, n);
  n_calls = host_card_get_n_calls (NULL);
  host_card_assert_clean ();
  return n_calls;
}

/* An error that says something, or none where the engine found another way. */
static void
check_outcome (Outcome *outcome, gulong n, const char *what)
{
  if (outcome->error != NULL
      && (outcome->error->domain != MONGE_ERROR || outcome->error->code != MONGE_ERROR_DEVICE
          || strlen (outcome->error->message) < 10))
    g_error ("call %lu, %s (%s): %s", n, host_card_get_failed_call (), what,
             outcome->error->message);
  g_clear_error (&outcome->error);
  host_card_fail_at (0, cudaSuccess, FALSE);
  host_card_fail_allocation_at (0);
  host_card_assert_clean ();
}

/* Calls of one run that are made to fail both ways, at most; of longer runs each fails one way. */
#define BOTH_WAYS 100

/* With sanitizers, some of them. */
static gulong
get_stride (void)
{
  return monge_test_patience () > 1 ? 13 : 1;
}

static void
every_call_fails (gconstpointer data)
{
  const guint first = GPOINTER_TO_UINT (data);
  const gulong n_calls = count_calls (first, 1);
  gulong n_errors = 0, n_runs = 0;

  for (gulong n = 1; n <= n_calls; n += get_stride ())
    for (gint sticky = 0; sticky <= 1; sticky++)
      {
        Outcome outcome = { 0 };

        if (n_calls > BOTH_WAYS && sticky != (gint) (n % 2))
          continue;
        host_card_reset ();
        host_card_set_visible (TRUE);
        host_card_set_deferred (n / 2 % 2 == 0);
        host_card_fail_at (n, sticky ? cudaErrorIllegalAddress : cudaErrorLaunchFailure, sticky);
        run_stages (first, 1, &outcome);
        g_assert_true (host_card_has_failed ());
        n_errors += outcome.error != NULL;
        n_runs++;
        check_outcome (&outcome, n, sticky ? "a fault" : "alone");
      }
  g_test_message ("%s: %lu calls; %lu of %lu runs gave an error, the others went on",
                  stages[first].name, n_calls, n_errors, n_runs);
  g_assert_cmpuint (2 * n_errors, >, n_runs);
}

static void
every_allocation_fails (gconstpointer data)
{
  const guint first = GPOINTER_TO_UINT (data);
  gulong n = 0;
  gboolean failed = TRUE;

  while (failed)
    {
      Outcome outcome = { 0 };

      host_card_reset ();
      host_card_set_visible (TRUE);
      host_card_fail_allocation_at (++n);
      run_stages (first, 1, &outcome);
      failed = host_card_has_failed ();
      check_outcome (&outcome, n, "no memory");
    }
  g_test_message ("%s: %lu allocations", stages[first].name, n - 1);
  g_assert_cmpuint (n, >, 1);
}

/* No driver, no card: said in words. */
static void
nothing_to_open (void)
{
  Outcome outcome = { 0 };

  host_card_reset ();
  host_card_set_driver_version (0);
  run_stages (0, 1, &outcome);
  monge_assert_error (outcome.error, MONGE_ERROR, MONGE_ERROR_DEVICE, "driver");
  host_card_reset ();
  host_card_set_devices (NULL, 0, cudaErrorNoDevice);
  run_stages (0, 1, &outcome);
  g_assert_error (outcome.error, MONGE_ERROR, MONGE_ERROR_DEVICE);
  g_clear_error (&outcome.error);
  host_card_assert_clean ();
  host_card_reset ();
}

int
main (int argc, char **argv)
{
  cuda_world_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cuda-failures/nothing-to-open", nothing_to_open);
  for (guint k = 0; k < G_N_ELEMENTS (stages); k++)
    {
      g_autofree char *calls = g_strconcat ("/cuda-failures/calls/", stages[k].name, NULL);
      g_autofree char *memory = g_strconcat ("/cuda-failures/memory/", stages[k].name, NULL);

      g_test_add_data_func (calls, GUINT_TO_POINTER (k), every_call_fails);
      g_test_add_data_func (memory, GUINT_TO_POINTER (k), every_allocation_fails);
    }
  return g_test_run ();
}
