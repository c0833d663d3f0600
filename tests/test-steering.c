/* test-steering [SECONDS]: a runner under a hand that never rests, without a window.
 *
 * Every few milliseconds one parameter changes to anything that its option allows, or the flow is
 * played, paused, stepped or reset, while frames are taken as they come. The suite gives it three
 * seconds; by hand, and under the thread sanitizer, it may run for half an hour. Checked: frames
 * are finite and of their size, serials grow, samples are those of one run, and no wish is fatal. */
#include "compute/core/random.h"
#include "compute/flow/runner.h"
#include "compute/shape/generate.h"
#include "tests/util.h"

#include <math.h>

static double seconds = 3;

typedef struct {
  MongeRunner *runner;
  MongeFlowParams params;
  MongeRandom random;
  GArray *samples;
  guint64 last_serial, n_frames, n_failures;
  gint n_notified; /* atomic */
} Hand;

static void
count (gpointer data)
{
  g_atomic_int_inc (&((Hand *) data)->n_notified);
}

/* Anything in the range, by factors where the slider would move by factors; lengths as long as the
 * shapes at most. */
static void
change_something (Hand *hand)
{
  guint n = 0;
  const MongeOption *option;
  double low, high, t = monge_random_uniform (&hand->random);

  while (monge_flow_options[n].key != NULL)
    n++;
  option = &monge_flow_options[monge_random_next (&hand->random) % n];
  if (option->type == MONGE_OPTION_CHOICE)
    {
      guint n_choices = g_strv_length ((char **) option->choices);
      g_autoptr (GError) error = NULL;

      monge_option_parse (option, option->choices[monge_random_next (&hand->random) % n_choices],
                          &hand->params, &error);
      g_assert_no_error (error);
      return;
    }
  low = MAX (option->minimum, g_str_equal (option->unit, "length") ? 0.5 : 1e-5);
  high = MIN (option->maximum, g_str_equal (option->unit, "length") ? 50 : 1000);
  if (option->type == MONGE_OPTION_BOOL)
    t = t < 0.5 ? 0 : 1;
  else
    t = option->logarithmic ? low * pow (high / low, t) : low + (high - low) * t;
  if (g_str_equal (option->key, "reach") && monge_random_uniform (&hand->random) < 0.5)
    t = INFINITY;
  monge_option_set_number (option, &hand->params, t);
}

static void
act (Hand *hand)
{
  switch (monge_random_next (&hand->random) % 16)
    {
    case 0:
      monge_runner_pause (hand->runner);
      break;
    case 1:
      monge_runner_step (hand->runner);
      break;
    case 2:
      monge_runner_reset (hand->runner);
      break;
    case 3:
      hand->params = *monge_flow_params (.loss = { MONGE_LOSS_DEFAULTS, .blur = 1 });
      monge_runner_set_params (hand->runner, &hand->params);
      break;
    case 4:
    case 5:
    case 6:
      monge_runner_play (hand->runner);
      break;
    default:
      change_something (hand);
      monge_runner_set_params (hand->runner, &hand->params);
    }
}

static void
look (Hand *hand)
{
  const MongeFrame *frame = monge_runner_acquire_frame (hand->runner);
  guint n = monge_runner_get_samples (hand->runner, hand->samples);

  g_assert_cmpuint (n, ==, hand->samples->len);
  for (guint i = 1; i < n; i++)
    g_assert_cmpuint (g_array_index (hand->samples, MongeSample, i).step, >,
                      g_array_index (hand->samples, MongeSample, i - 1).step);
  if (monge_runner_get_state (hand->runner, NULL) == MONGE_RUNNER_FAILED)
    {
      hand->n_failures++;
      monge_runner_reset (hand->runner);
    }
  if (frame == NULL)
    return;
  g_assert_cmpuint (frame->serial, >, hand->last_serial);
  hand->last_serial = frame->serial;
  hand->n_frames++;
  for (gsize k = 0; k < 3 * frame->n_vertices; k++)
    g_assert_true (isfinite (monge_frame_get_positions (frame)[k]));
}

static void
any_change_at_any_time (void)
{
  g_autoptr (MongeBackend) backend = monge_backend_open (NULL, NULL);
  g_autoptr (MongeShape) source = monge_generate_seahorse (0, 3);
  g_autoptr (MongeShape) target = monge_generate_seahorse (1, 3);
  const gint64 end = g_get_monotonic_time () + (gint64) (seconds * G_USEC_PER_SEC);
  GError *error = NULL;
  Hand hand = { .params = *monge_flow_params (.loss = { MONGE_LOSS_DEFAULTS, .blur = 1 }) };
  MongeFlow *flow = monge_flow_new (backend, source, target, &error);
  guint64 n_acts = 0;

  g_assert_no_error (error);
  monge_random_init (&hand.random, 7);
  hand.samples = g_array_new (FALSE, FALSE, sizeof (MongeSample));
  hand.runner = monge_runner_new (flow, &hand.params, count, &hand);
  for (; g_get_monotonic_time () < end; n_acts++)
    {
      act (&hand);
      look (&hand);
      g_usleep ((gulong) (monge_random_uniform (&hand.random) * 20000));
    }
  g_test_message ("%" G_GUINT64_FORMAT " acts, %" G_GUINT64_FORMAT " frames, %" G_GUINT64_FORMAT
                  " failed solves, %d notices",
                  n_acts, hand.n_frames, hand.n_failures, g_atomic_int_get (&hand.n_notified));
  g_assert_cmpuint (hand.n_frames, >, 3);
  g_assert_cmpuint (hand.n_failures, ==, 0);
  monge_runner_free (hand.runner);
  g_array_unref (hand.samples);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (argc > 1)
    seconds = g_ascii_strtod (argv[1], NULL);
  g_test_add_func ("/steering/any-change-at-any-time", any_change_at_any_time);
  return g_test_run ();
}
