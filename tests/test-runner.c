/* The worker thread: wishes are followed at once, frames and samples agree, nothing waits. */
#include "compute/flow/runner.h"
#include "compute/shape/generate.h"

#include "tests/util.h"

#include "compute/core/random.h"

#include <math.h>
#include <string.h>

#define PATIENCE_MS 60000

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SLOWNESS 10
#else
#define SLOWNESS 1
#endif

typedef struct {
  MongeBackend *backend;
  MongeShape *source, *target;
  MongeRunner *runner;
  gint n_notified; /* atomic */
} Fixture;

static const MongeFlowParams quick
    = { MONGE_FLOW_DEFAULTS, .loss = { MONGE_LOSS_DEFAULTS, .blur = 0.2 } };
/* A solve that does not end by itself while a test waits. */
static const MongeFlowParams endless
    = { MONGE_FLOW_DEFAULTS,
        .loss = { MONGE_LOSS_DEFAULTS, .blur = 0.002, .tol = 1e-7, .max_iterations = 100000 } };

static void
count (gpointer data)
{
  g_atomic_int_inc (&((Fixture *) data)->n_notified);
}

static void
start (Fixture *fixture,
       MongeShape *source,
       MongeShape *target,
       const MongeFlowParams *params)
{
  g_autoptr (GError) error = NULL;
  MongeFlow *flow;

  fixture->backend = monge_backend_open (NULL, &error);
  g_assert_no_error (error);
  fixture->source = source;
  fixture->target = target;
  flow = monge_flow_new (fixture->backend, source, target, &error);
  g_assert_no_error (error);
  fixture->runner = monge_runner_new (flow, params, count, fixture);
}

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  static const double here[3] = { 0 }, there[3] = { 1, 0, 0.5 };

  start (fixture, monge_generate_sphere (2, 1.0, here), monge_generate_sphere (2, 1.2, there),
         &quick);
}

static void
set_up_endless (Fixture *fixture,
                gconstpointer data)
{
  static const double here[3] = { 0 };

  start (fixture, monge_generate_sphere (4, 1.0, here), monge_generate_torus (64, 40, 1.0, 0.4),
         &endless);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  monge_runner_free (fixture->runner);
  monge_shape_unref (fixture->source);
  monge_shape_unref (fixture->target);
  monge_backend_close (fixture->backend);
}

static void
wait_for_state (MongeRunner *runner,
                MongeRunnerState state)
{
  for (int ms = 0; monge_runner_get_state (runner, NULL) != state; ms++)
    {
      g_assert_cmpfloat (ms, <, PATIENCE_MS * monge_test_patience ());
      g_usleep (1000);
    }
}

static void
wait_for_step (MongeRunner *runner,
               guint step)
{
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (MongeSample));

  for (int ms = 0; monge_runner_get_samples (runner, samples) < step; ms++)
    {
      g_assert_cmpint (ms, <, PATIENCE_MS);
      g_usleep (1000);
    }
}

/* What the consumer would show last. */
static const MongeFrame *
newest_frame (MongeRunner *runner,
              const MongeFrame *shown)
{
  const MongeFrame *frame;

  while ((frame = monge_runner_acquire_frame (runner)) != NULL)
    {
      g_assert_true (shown == NULL || frame->serial > shown->serial);
      shown = frame;
    }
  return shown;
}

/* Frame, samples and the shape to be saved tell of the same step. */
static void
assert_agreement (MongeRunner *runner,
                  const MongeFrame *frame,
                  GArray *samples)
{
  g_autoptr (MongeShape) shape = NULL;
  const double *origin = monge_runner_get_origin (runner);
  guint n = monge_runner_get_samples (runner, samples), step;

  shape = monge_runner_dup_shape (runner, &step);
  g_assert_cmpuint (frame->step, ==, n);
  g_assert_cmpuint (step, ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (g_array_index (samples, MongeSample, i).step, ==, i + 1);
  for (gsize i = 0; i < frame->n_vertices; i++)
    for (guint d = 0; d < 3; d++)
      monge_assert_close (monge_frame_get_positions (frame)[3 * i + d] + origin[d],
                          monge_shape_get_positions (shape)[3 * i + d], 1e-6);
  if (n > 0)
    g_assert_true (frame->report.loss.value
                   == g_array_index (samples, MongeSample, n - 1).loss);
}

static void
test_first_frame (Fixture *fixture,
                  gconstpointer data)
{
  const MongeFrame *frame = monge_runner_acquire_frame (fixture->runner);
  double length = 0.0;

  g_assert_nonnull (frame);
  g_assert_cmpuint (frame->step, ==, 0);
  g_assert_cmpuint (frame->n_vertices, ==, monge_shape_get_n_vertices (fixture->source));
  g_assert_null (monge_runner_acquire_frame (fixture->runner));
  g_assert_cmpint (monge_runner_get_state (fixture->runner, NULL), ==, MONGE_RUNNER_PAUSED);
  for (guint d = 0; d < 3; d++)
    length += monge_frame_get_normals (frame)[d] * monge_frame_get_normals (frame)[d];
  monge_assert_close (length, 1.0, 1e-5);
  g_assert_true (frame->max_displacement == 0.0f);
}

static void
test_one_step (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (MongeSample));

  for (guint k = 1; k <= 3; k++)
    {
      monge_runner_step (fixture->runner);
      wait_for_state (fixture->runner, MONGE_RUNNER_PAUSED);
      assert_agreement (fixture->runner, newest_frame (fixture->runner, NULL), samples);
      g_assert_cmpuint (samples->len, ==, k);
    }
  for (guint k = 0; k < 5; k++)
    monge_runner_step (fixture->runner);
  wait_for_state (fixture->runner, MONGE_RUNNER_PAUSED);
  g_assert_cmpuint (monge_runner_get_samples (fixture->runner, samples), ==, 8);
  g_assert_cmpint (g_atomic_int_get (&fixture->n_notified), >=, 8);
}

static void
test_settle_and_resume (Fixture *fixture,
                        gconstpointer data)
{
  MongeFlowParams params = quick;
  guint before;
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (MongeSample));

  monge_runner_play (fixture->runner);
  wait_for_state (fixture->runner, MONGE_RUNNER_SETTLED);
  before = monge_runner_get_samples (fixture->runner, samples);
  g_assert_true (newest_frame (fixture->runner, NULL)->report.settled);

  monge_runner_set_params (fixture->runner, &params); /* the same: nothing happens */
  g_assert_cmpint (monge_runner_get_state (fixture->runner, NULL), ==, MONGE_RUNNER_SETTLED);

  params.loss.blur = 0.1;
  monge_runner_set_params (fixture->runner, &params);
  wait_for_state (fixture->runner, MONGE_RUNNER_SETTLED);
  g_assert_cmpuint (monge_runner_get_samples (fixture->runner, samples), >, before);
  monge_runner_get_params (fixture->runner, &params);
  g_assert_true (params.loss.blur == 0.1);
}

static void
test_pause_loses_no_frame (Fixture *fixture,
                           gconstpointer data)
{
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (MongeSample));
  MongeRandom random;
  const MongeFrame *frame = NULL;

  monge_random_init (&random, 1);
  for (int i = 0; i < 50; i++)
    {
      monge_runner_play (fixture->runner);
      g_usleep ((gulong) (4000.0 * monge_random_uniform (&random)));
      monge_runner_pause (fixture->runner);
      wait_for_state (fixture->runner, MONGE_RUNNER_PAUSED);
      frame = newest_frame (fixture->runner, frame);
      assert_agreement (fixture->runner, frame, samples);
    }
}

static void
test_reset (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (MongeSample));
  const MongeFrame *frame;

  monge_runner_play (fixture->runner);
  wait_for_state (fixture->runner, MONGE_RUNNER_SETTLED);
  monge_runner_get_samples (fixture->runner, samples);
  monge_runner_pause (fixture->runner);
  monge_runner_reset (fixture->runner);
  wait_for_state (fixture->runner, MONGE_RUNNER_PAUSED);
  frame = newest_frame (fixture->runner, NULL);
  g_assert_cmpuint (frame->step, ==, 0);
  assert_agreement (fixture->runner, frame, samples);

  monge_runner_play (fixture->runner);
  monge_runner_reset (fixture->runner); /* goes on playing */
  wait_for_state (fixture->runner, MONGE_RUNNER_SETTLED);
  assert_agreement (fixture->runner, newest_frame (fixture->runner, frame), samples);
}

static void
test_failure (Fixture *fixture,
              gconstpointer data)
{
  MongeFlowParams params = quick;
  g_autofree char *message = NULL;

  monge_runner_step (fixture->runner);
  wait_for_state (fixture->runner, MONGE_RUNNER_PAUSED);
  params.model = "soft";
  monge_runner_set_params (fixture->runner, &params);
  monge_runner_play (fixture->runner);
  wait_for_state (fixture->runner, MONGE_RUNNER_FAILED);
  monge_runner_get_state (fixture->runner, &message);
  g_assert_nonnull (strstr (message, "soft"));
  g_assert_cmpuint (newest_frame (fixture->runner, NULL)->step, ==, 1);

  monge_runner_set_params (fixture->runner, &quick);
  monge_runner_reset (fixture->runner);
  wait_for_state (fixture->runner, MONGE_RUNNER_PAUSED);
  monge_runner_step (fixture->runner);
  wait_for_step (fixture->runner, 1);
}

/* A solve that would take forever gives way to one that takes a moment. */
static void
test_params_interrupt (Fixture *fixture,
                       gconstpointer data)
{
  MongeFlowParams params = endless;
  gint64 before;

  monge_runner_play (fixture->runner);
  g_usleep (200000);
  g_assert_cmpint (monge_runner_get_state (fixture->runner, NULL), ==, MONGE_RUNNER_PLAYING);
  params.loss.blur = 0.5;
  params.loss.tol = 1e-2;
  before = g_get_monotonic_time ();
  monge_runner_set_params (fixture->runner, &params);
  g_assert_cmpint (g_get_monotonic_time () - before, <, 20000);
  wait_for_step (fixture->runner, 1);
  g_test_message ("first step %.0f ms after the change",
                  1e-3 * (double) (g_get_monotonic_time () - before));
}

/* Changes as fast as the screen draws do not stop the shape; the last one counts at once. */
static void
test_drag (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (MongeSample));
  MongeFlowParams params = endless;
  gint64 before;
  guint n;

  params.loss.tol = 1e-3;
  params.loss.blur = 0.05;
  params.step_size = 0.01;
  monge_runner_set_params (fixture->runner, &params);
  monge_runner_play (fixture->runner);
  wait_for_step (fixture->runner, 1);
  for (int i = 0; i < 100 * monge_test_patience (); i++)
    {
      params.loss.blur *= i % 20 < 10 ? 1.01 : 1 / 1.01;
      monge_runner_set_params (fixture->runner, &params);
      g_usleep (10000);
    }
  n = monge_runner_get_samples (fixture->runner, samples);
  g_test_message ("%u steps while dragging", n);
  g_assert_cmpuint (n, >, 1);

  for (int i = 0; i < 10; i++)
    {
      params = endless;
      params.loss.blur *= 1.0 + 0.01 * i;
      monge_runner_set_params (fixture->runner, &params);
      g_usleep (10000);
    }
  g_usleep (200000);
  params.loss.blur = 0.5;
  params.loss.tol = 1e-2;
  before = g_get_monotonic_time ();
  n = monge_runner_get_samples (fixture->runner, samples);
  monge_runner_set_params (fixture->runner, &params);
  params.loss.blur = 0.4; /* at once after the other: by the timer */
  monge_runner_set_params (fixture->runner, &params);
  wait_for_step (fixture->runner, n + 1);
  g_test_message ("next step %.0f ms after the last change",
                  1e-3 * (double) (g_get_monotonic_time () - before));
}

/* Waiting for the processor is not the runner's fault, so the best of a few times is judged. */
static void
test_pause_interrupts (Fixture *fixture,
                       gconstpointer data)
{
  gint64 best = G_MAXINT64;

  for (int i = 0; i < 5; i++)
    {
      gint64 before;

      monge_runner_play (fixture->runner);
      g_usleep ((gulong) (20000 + 40000 * i));
      before = g_get_monotonic_time ();
      monge_runner_pause (fixture->runner);
      wait_for_state (fixture->runner, MONGE_RUNNER_PAUSED);
      best = MIN (best, g_get_monotonic_time () - before);
    }
  g_test_message ("paused after %.1f ms at best", 1e-3 * (double) best);
  g_assert_cmpint (best, <, 50000 * SLOWNESS);
}

static void
test_free_interrupts (Fixture *fixture,
                      gconstpointer data)
{
  gint64 best = G_MAXINT64;

  for (int i = 0; i < 5; i++)
    {
      g_autoptr (GError) error = NULL;
      MongeFlow *flow
          = monge_flow_new (fixture->backend, fixture->source, fixture->target, &error);
      MongeRunner *runner = monge_runner_new (flow, &endless, NULL, NULL);
      gint64 before;

      monge_runner_play (runner);
      g_usleep ((gulong) (20000 + 40000 * i));
      before = g_get_monotonic_time ();
      monge_runner_free (runner);
      best = MIN (best, g_get_monotonic_time () - before);
    }
  g_test_message ("freed after %.1f ms at best", 1e-3 * (double) best);
  g_assert_cmpint (best, <, 50000 * SLOWNESS);
}

/* One wish after another, as fast as they come; the consumer looks all the while. */
static void
test_hammer (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (MongeSample));
  MongeFlowParams params = quick;
  const MongeFrame *frame = newest_frame (fixture->runner, NULL);
  gint64 slowest = 0;
  MongeRandom random;

  monge_random_init (&random, 7);
  for (int i = 0; i < 4000; i++)
    {
      gint64 before = g_get_monotonic_time ();

      switch (monge_random_next (&random) % 12)
        {
        case 0:
          monge_runner_pause (fixture->runner);
          break;
        case 1:
          monge_runner_step (fixture->runner);
          break;
        case 2:
          if (i % 5 == 0)
            monge_runner_reset (fixture->runner);
          break;
        case 3:
        case 4:
          params.loss.blur = 0.1 + 0.3 * monge_random_uniform (&random);
          monge_runner_set_params (fixture->runner, &params);
          break;
        case 5:
          g_usleep (2000);
          before = g_get_monotonic_time ();
          break;
        default:
          monge_runner_play (fixture->runner);
        }
      slowest = MAX (slowest, g_get_monotonic_time () - before);
      frame = newest_frame (fixture->runner, frame);
      monge_runner_get_samples (fixture->runner, samples);
      for (guint k = 1; k < samples->len; k++)
        g_assert_cmpuint (g_array_index (samples, MongeSample, k).step, ==, k + 1);
    }
  monge_runner_pause (fixture->runner);
  wait_for_state (fixture->runner, MONGE_RUNNER_PAUSED);
  assert_agreement (fixture->runner, newest_frame (fixture->runner, frame), samples);
  g_test_message ("slowest call %.2f ms, %u steps, serial %" G_GUINT64_FORMAT,
                  1e-3 * (double) slowest, samples->len, frame->serial);
}

/* A cloud in two dimensions: no normals, zeros for what is missing. */
static void
test_flat (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) a = monge_generate_cloud (50, 2, 1);
  g_autoptr (MongeShape) b = monge_generate_cloud (60, 2, 2);
  MongeFlow *flow = monge_flow_new (fixture->backend, a, b, &error);
  g_autoptr (MongeRunner) runner = NULL;
  const MongeFrame *frame;

  g_assert_no_error (error);
  runner = monge_runner_new (flow, &quick, NULL, NULL);
  monge_runner_step (runner);
  wait_for_step (runner, 1);
  frame = newest_frame (runner, NULL);
  g_assert_null (frame->normals);
  g_assert_true (monge_frame_get_positions (frame)[2] == 0.0f);
  g_assert_true (monge_frame_get_positions (frame)[0] != 0.0f);
}

#define ADD(name, up, func) g_test_add ("/runner/" name, Fixture, NULL, up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("first_frame", set_up, test_first_frame);
  ADD ("one_step", set_up, test_one_step);
  ADD ("settle_and_resume", set_up, test_settle_and_resume);
  ADD ("pause_loses_no_frame", set_up, test_pause_loses_no_frame);
  ADD ("reset", set_up, test_reset);
  ADD ("failure", set_up, test_failure);
  ADD ("params_interrupt", set_up_endless, test_params_interrupt);
  ADD ("drag", set_up_endless, test_drag);
  ADD ("pause_interrupts", set_up_endless, test_pause_interrupts);
  ADD ("free_interrupts", set_up_endless, test_free_interrupts);
  ADD ("hammer", set_up, test_hammer);
  ADD ("flat", set_up, test_flat);
  return g_test_run ();
}
