/* A flow on the host card: its frames are the CPU's, and whichever call of the runtime fails for
 * good, the CPU goes on from the last of them. Run on the host, with the sources of the card. */
#include "tests/host-card/cuda-world.h"

#include "compute/flow/runner.h"
#include "compute/shape/generate.h"

#include <math.h>
#include <string.h>

#define PATIENCE_MS 60000
#define N_STEPS 3
#define N_FAILURES 16

static const MongeFlowParams quick
    = { MONGE_FLOW_DEFAULTS, .loss = { MONGE_LOSS_DEFAULTS, .blur = 0.3, .tol = 1e-4 } };

static const double here[3] = { 0 }, there[3] = { 1, 0, 0.5 };

static MongeFlow *
new_flow (MongeBackend *backend)
{
  g_autoptr (MongeShape) source = monge_generate_sphere (1, 1.0, here);
  g_autoptr (MongeShape) target = monge_generate_sphere (1, 1.2, there);
  g_autoptr (GError) error = NULL;
  MongeFlow *flow = monge_flow_new (backend, source, target, &error);

  g_assert_no_error (error);
  return flow;
}

static void
make_steps (MongeRunner *runner)
{
  for (guint k = 0; k < N_STEPS; k++)
    monge_runner_step (runner);
  for (int ms = 0; monge_runner_get_state (runner, NULL) != MONGE_RUNNER_PAUSED; ms++)
    {
      g_assert_cmpint (ms, <, PATIENCE_MS);
      g_usleep (1000);
    }
}

static void
assert_frame (const MongeFrame *frame,
              const MongeFrame *wanted,
              double tol)
{
  const gsize n = wanted->n_vertices;

  g_assert_nonnull (frame);
  g_assert_cmpuint (frame->step, ==, wanted->step);
  monge_assert_max_abs (monge_frame_get_positions (frame), monge_frame_get_positions (wanted), 3 * n,
                        tol);
  monge_assert_max_abs (monge_frame_get_normals (frame), monge_frame_get_normals (wanted), 3 * n,
                        10.0 * tol);
  monge_assert_max_abs (monge_frame_get_displacements (frame),
                        monge_frame_get_displacements (wanted), n, tol);
}

/* The usual run, for comparison. */
static MongeRunner *
run_on_cpu (MongeBackend *cpu)
{
  MongeRunner *runner = monge_runner_new (new_flow (cpu), &quick, NULL, NULL);

  make_steps (runner);
  return runner;
}

static void
test_frames (void)
{
  g_autoptr (MongeBackend) cpu = open_backend ("cpu");
  g_autoptr (MongeRunner) usual = run_on_cpu (cpu);
  const MongeFrame *wanted = monge_runner_acquire_frame (usual);
  MongeBackend *card = open_card ();
  MongeRunner *runner = monge_runner_new (new_flow (card), &quick, NULL, NULL);

  make_steps (runner);
  g_assert_null (monge_runner_take_notice (runner, NULL));
  assert_frame (monge_runner_acquire_frame (runner), wanted, 1e-4);
  monge_runner_free (runner);
  close_card (card);
}

/* Work is done at once, which takes less time. */
static MongeBackend *
open_quick_card (void)
{
  host_card_reset ();
  return open_backend ("cuda");
}

/* A run for each of so many calls, spread over all of them. */
static void
test_failures (void)
{
  g_autoptr (MongeBackend) cpu = open_backend ("cpu");
  g_autoptr (MongeRunner) usual = run_on_cpu (cpu);
  const MongeFrame *wanted = monge_runner_acquire_frame (usual);
  unsigned long before, n_calls;
  MongeBackend *card = open_quick_card ();
  MongeFlow *flow = new_flow (card);
  MongeRunner *runner;

  before = host_card_get_n_calls (NULL);
  runner = monge_runner_new (flow, &quick, NULL, NULL);
  make_steps (runner);
  n_calls = host_card_get_n_calls (NULL) - before;
  monge_runner_free (runner);
  close_card (card);
  g_test_message ("%lu calls in %d steps", n_calls, N_STEPS);

  for (unsigned long k = 1; k <= n_calls; k += MAX (1, n_calls / N_FAILURES))
    {
      g_autofree char *notice = NULL;
      gboolean failed;

      card = open_quick_card ();
      flow = new_flow (card);
      host_card_fail_at (k, cudaErrorIllegalAddress, TRUE);
      runner = monge_runner_new (flow, &quick, NULL, NULL);
      make_steps (runner);
      notice = monge_runner_take_notice (runner, &failed);
      g_assert_nonnull (notice);
      g_assert_true (failed);
      g_assert_nonnull (strstr (notice, "The card failed (CUDA: "));
      assert_frame (monge_runner_acquire_frame (runner), wanted, 2e-3);
      monge_runner_free (runner);
      close_card (card);
    }
}

int
main (int argc, char **argv)
{
  cuda_world_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/flow-on-card/frames", test_frames);
  g_test_add_func ("/flow-on-card/failures", test_failures);
  return g_test_run ();
}
