/* A card that fails, or has no room: the CPU goes on from the last frame, and says so once. */
#include "compute/flow/runner.h"
#include "compute/shape/generate.h"
#include "compute/shape/mesh.h"

#include "tests/failing-card.h"
#include "tests/util.h"

#include <math.h>
#include <string.h>

#define PATIENCE_MS 60000

static const MongeFlowParams quick
    = { MONGE_FLOW_DEFAULTS, .loss = { MONGE_LOSS_DEFAULTS, .blur = 0.2, .tol = 1e-5 } };

static const double here[3] = { 0 }, there[3] = { 1, 0, 0.5 };

static MongeRunner *
start (MongeBackend *backend)
{
  g_autoptr (MongeShape) source = monge_generate_sphere (2, 1.0, here);
  g_autoptr (MongeShape) target = monge_generate_sphere (2, 1.2, there);
  g_autoptr (GError) error = NULL;
  MongeFlow *flow = monge_flow_new (backend, source, target, &error);

  g_assert_no_error (error);
  return monge_runner_new (flow, &quick, NULL, NULL);
}

static MongeBackend *
open_cpu (void)
{
  g_autoptr (GError) error = NULL;
  MongeBackend *backend
      = monge_backend_open (&(MongeBackendOptions){ .name = "cpu", .n_threads = 2 }, &error);

  g_assert_no_error (error);
  return backend;
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
make_steps (MongeRunner *runner,
            guint n)
{
  for (guint k = 0; k < n; k++)
    monge_runner_step (runner);
  wait_for_state (runner, MONGE_RUNNER_PAUSED);
}

/* Told once, and what computes agrees. */
static void
assert_notice (MongeRunner *runner,
               const char *words,
               gboolean failed)
{
  gboolean backend_failed;
  g_autofree char *notice = monge_runner_take_notice (runner, &backend_failed);

  g_assert_nonnull (notice);
  g_assert_nonnull (strstr (notice, words));
  g_assert_true (g_str_has_suffix (notice, "; going on with the CPU"));
  g_assert_cmpint (backend_failed, ==, failed);
  g_assert_null (monge_runner_take_notice (runner, NULL));
  g_assert_true (g_str_has_prefix (monge_runner_get_backend_description (runner), "CPU, "));
}

static void
assert_samples (MongeRunner *runner,
                guint n)
{
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (MongeSample));

  g_assert_cmpuint (monge_runner_get_samples (runner, samples), ==, n);
  for (guint k = 0; k < n; k++)
    g_assert_cmpuint (g_array_index (samples, MongeSample, k).step, ==, k + 1);
}

/* --- frames --- */

typedef struct {
  char *bytes;
  gsize size;
} Span;

static gpointer
map (gpointer data,
     gsize size)
{
  Span *span = data;

  span->bytes = g_realloc (span->bytes, size);
  return span->bytes;
}

static void
unmap (gpointer data,
       gsize used)
{
  ((Span *) data)->size = used;
}

static void
assert_published (MongePlanes *planes,
                  const float *values)
{
  Span span = { 0 };
  const MongeSink sink = { .map = map, .unmap = unmap, .user_data = &span };
  g_autoptr (GError) error = NULL;

  g_assert_true (monge_planes_publish (planes, &sink, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (span.bytes, span.size, values, monge_planes_get_size (planes));
  g_free (span.bytes);
}

/* What frames hold is what the flow says on the host, wherever they are. */
static void
compare_frames (MongeBackend *backend)
{
  g_autoptr (MongeShape) source = monge_generate_torus (20, 12, 1.0, 0.4);
  g_autoptr (MongeShape) target = monge_generate_sphere (2, 1.2, there);
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeFlow) flow = monge_flow_new (backend, source, target, &error);
  const double origin[3] = { 0.5, -0.25, 0.125 };
  const gsize n = monge_shape_get_n_vertices (source);
  g_autofree float *positions = g_new (float, 3 * n), *normals = g_new (float, 3 * n);
  MongeFramer *framer = monge_framer_new (flow, origin);
  MongeFrame *frame = monge_frame_new (n);

  for (guint k = 1; k <= 2; k++)
    {
      MongeFlowReport report;

      g_assert_true (monge_flow_step (flow, &quick, &report, NULL, &error));
      g_assert_true (monge_framer_fill (framer, &report, frame, &error));
      frame->serial = k;
      g_assert_cmpuint (frame->step, ==, k);
      for (gsize i = 0; i < 3 * n; i++)
        positions[i] = (float) (monge_flow_get_positions (flow)[i] - origin[i % 3]);
      monge_mesh_compute_normals (n, positions, monge_shape_get_cells (source),
                                  monge_shape_get_n_cells (source), normals);
      monge_assert_max_abs (monge_frame_get_positions (frame), positions, 3 * n, 0.0);
      monge_assert_max_abs (monge_frame_get_normals (frame), normals, 3 * n, 1e-6);
      for (gsize i = 0; i < n; i++)
        g_assert_cmpfloat (monge_frame_get_displacements (frame)[i], ==,
                           (float) monge_flow_get_displacements (flow)[i]);
      assert_published (frame->positions, monge_frame_get_positions (frame));
      assert_published (frame->normals, monge_frame_get_normals (frame));
      assert_published (frame->displacements, monge_frame_get_displacements (frame));
    }
  monge_frame_free (frame);
  monge_framer_free (framer);
}

static void
test_frames_on_cpu (void)
{
  g_autoptr (MongeBackend) cpu = open_cpu ();

  compare_frames (cpu);
}

static void
test_frames_on_card (void)
{
  g_autoptr (MongeBackend) card = failing_card_open ();

  compare_frames (card);
}

/* --- failures --- */

/* A runner whose card fails at call @k after the start of its flow, or not at all. */
static MongeRunner *
start_failing (MongeBackend *card,
               gint k)
{
  g_autoptr (MongeShape) source = monge_generate_sphere (2, 1.0, here);
  g_autoptr (MongeShape) target = monge_generate_sphere (2, 1.2, there);
  MongeFlow *flow = monge_flow_new (card, source, target, NULL);

  g_atomic_int_set (&failing_card.n_calls, 0);
  g_atomic_int_set (&failing_card.fail_at, k);
  return monge_runner_new (flow, &quick, NULL, NULL);
}

static void
run_failing (gint k,
             MongeShape *wanted)
{
  g_autoptr (MongeBackend) card = failing_card_open ();
  g_autoptr (MongeRunner) runner = start_failing (card, k);
  g_autoptr (MongeShape) got = NULL;
  guint step;

  make_steps (runner, 4);
  assert_notice (runner, "The card failed (" FAILING_CARD_TEXT ")", TRUE);
  assert_samples (runner, 4);
  got = monge_runner_dup_shape (runner, &step);
  g_assert_cmpuint (step, ==, 4);
  monge_assert_max_abs (monge_shape_get_positions (got), monge_shape_get_positions (wanted),
                        3 * monge_shape_get_n_vertices (wanted), 2e-3);
}

/* Whichever call fails: no step is lost, no step is told twice, and the shape gets there. */
static void
test_any_call (void)
{
  g_autoptr (MongeShape) wanted = NULL;
  MongeBackend *card = failing_card_open ();
  MongeRunner *runner = start_failing (card, 0);
  gint n_calls, stride;

  make_steps (runner, 4);
  g_assert_null (monge_runner_take_notice (runner, NULL));
  n_calls = g_atomic_int_get (&failing_card.n_calls);
  stride = MAX (1, n_calls / 150);
  g_test_message ("%d calls in 4 steps, each %d. fails", n_calls, stride);
  wanted = monge_runner_dup_shape (runner, NULL);
  monge_runner_free (runner);
  monge_backend_close (card);

  for (gint k = 1; k <= n_calls; k += stride)
    {
      failing_card_reset ();
      run_failing (k, wanted);
    }
}

/* Between two steps: the CPU's first frame is the card's last. */
static void
test_last_frame (void)
{
  g_autoptr (MongeBackend) card = failing_card_open ();
  g_autoptr (MongeRunner) runner = start (card);
  const MongeFrame *frame;
  g_autofree float *positions = NULL;
  gsize size;
  guint64 serial;

  make_steps (runner, 3);
  frame = monge_runner_acquire_frame (runner);
  g_assert_cmpuint (frame->step, ==, 3);
  size = monge_planes_get_size (frame->positions);
  serial = frame->serial;
  positions = g_memdup2 (monge_frame_get_positions (frame), size);

  g_atomic_int_set (&failing_card.fail_at, 1);
  /* brought over before */
  g_assert_cmpmem (monge_frame_get_positions (frame), size, positions, size);
  g_assert_null (monge_frame_get_normals (frame));
  monge_runner_set_backend (runner, card); /* which cannot */
  wait_for_state (runner, MONGE_RUNNER_PAUSED);
  frame = monge_runner_acquire_frame (runner);
  g_assert_cmpuint (frame->serial, >, serial);
  g_assert_cmpuint (frame->step, ==, 3);
  g_assert_true (frame->max_displacement > 0.0f);
  g_assert_cmpmem (monge_frame_get_positions (frame), size, positions, size);
  assert_samples (runner, 3);
  make_steps (runner, 1);
  g_assert_cmpuint (monge_runner_acquire_frame (runner)->step, ==, 4);
  assert_samples (runner, 4);
}

/* What plays goes on playing until nothing moves any more. */
static void
test_goes_on_playing (void)
{
  g_autoptr (MongeBackend) card = failing_card_open ();
  g_autoptr (MongeRunner) runner = start (card);
  g_autoptr (GArray) samples = g_array_new (FALSE, FALSE, sizeof (MongeSample));

  make_steps (runner, 2);
  g_atomic_int_set (&failing_card.fail_at, g_atomic_int_get (&failing_card.n_calls) + 40);
  monge_runner_play (runner);
  wait_for_state (runner, MONGE_RUNNER_SETTLED);
  assert_notice (runner, "The card failed", TRUE);
  assert_samples (runner, monge_runner_get_samples (runner, samples));
  monge_runner_reset (runner);
  wait_for_state (runner, MONGE_RUNNER_SETTLED);
  g_assert_null (monge_runner_take_notice (runner, NULL));
}

/* No room is no fault: the card can be used again for less. */
static void
test_no_room (void)
{
  g_autoptr (MongeBackend) card = failing_card_open ();

  for (gint room = 5; room < 12; room++)
    {
      g_autoptr (MongeRunner) runner = NULL;

      failing_card.room = G_MAXINT;
      {
        g_autoptr (MongeShape) source = monge_generate_sphere (2, 1.0, here);
        g_autoptr (MongeShape) target = monge_generate_sphere (2, 1.2, there);
        MongeFlow *flow = monge_flow_new (card, source, target, NULL);

        g_assert_nonnull (flow);
        g_atomic_int_set (&failing_card.room, room);
        runner = monge_runner_new (flow, &quick, NULL, NULL);
      }
      make_steps (runner, 2);
      assert_notice (runner, "1 GiB is free", FALSE);
      assert_samples (runner, 2);
    }
  {
    g_autoptr (MongeShape) sphere = monge_generate_sphere (1, 1.0, here);
    g_autoptr (GError) error = NULL;

    g_atomic_int_set (&failing_card.room, 2);
    g_assert_null (monge_flow_new (card, sphere, sphere, &error));
    monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "1 GiB is free");
  }
}

/* One after another: what has failed says so, another card does not know of it, and a runner may
 * change to it where it stands. */
static void
test_next_runner (void)
{
  g_autoptr (MongeBackend) card = failing_card_open ();
  g_autoptr (MongeBackend) cpu = open_cpu ();
  g_autoptr (MongeShape) sphere = monge_generate_sphere (1, 1.0, here);
  g_autoptr (GError) error = NULL;
  MongeRunner *first = start (card);
  g_autoptr (MongeRunner) second = NULL;
  g_autoptr (MongeBackend) next = NULL;

  make_steps (first, 1);
  g_atomic_int_set (&failing_card.fail_at, 1);
  make_steps (first, 1);
  assert_notice (first, "The card failed", TRUE);
  monge_runner_free (first);
  g_assert_false (monge_backend_check (card, NULL));
  g_assert_null (monge_flow_new (card, sphere, sphere, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "CUDA");

  second = start (cpu);
  make_steps (second, 2);
  g_assert_null (monge_runner_take_notice (second, NULL));
  g_atomic_int_set (&failing_card.fail_at, 0);
  next = failing_card_open ();
  monge_runner_set_backend (second, next);
  make_steps (second, 2);
  g_assert_cmpstr (monge_runner_get_backend_description (second), ==, "a card that fails");
  assert_samples (second, 4);
  g_atomic_int_set (&failing_card.fail_at, 1);
  make_steps (second, 1);
  assert_notice (second, "The card failed", TRUE);
  assert_samples (second, 5);
}

static const struct {
  const char *path;
  void (*test) (void);
} tests[] = {
  { "/takeover/frames_on_cpu", test_frames_on_cpu },
  { "/takeover/frames_on_card", test_frames_on_card },
  { "/takeover/any_call", test_any_call },
  { "/takeover/last_frame", test_last_frame },
  { "/takeover/goes_on_playing", test_goes_on_playing },
  { "/takeover/no_room", test_no_room },
  { "/takeover/next_runner", test_next_runner },
};

/* Nothing of a card is left when its last user is gone. */
static void
run (gconstpointer data)
{
  failing_card_reset ();
  tests[GPOINTER_TO_UINT (data)].test ();
  failing_card_reset ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint k = 0; k < G_N_ELEMENTS (tests); k++)
    g_test_add_data_func (tests[k].path, GUINT_TO_POINTER (k), run);
  return g_test_run ();
}
