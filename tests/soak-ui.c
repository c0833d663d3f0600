/* soak-ui [SECONDS [SOURCE TARGET]]: the window under a driver that never stops.
 *
 * Every 40 ms it does one thing at random: moves a slider, plays, pauses, steps, resets, turns the
 * view, changes a style, swaps, takes a picture. Memory is what it comes back to between those acts:
 * the least of the readings in the second minute, and of those in the last (or in the second and
 * last third of the time, if that is shorter). Growth by more than 2 % and 4 MiB is a failure (64 MiB
 * in runs under two minutes, when not everything has been used yet), as are a failed flow and any
 * warning. Needs a display. */
#include <gtk/gtk.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "compute/core/random.h"
#include "ui/option-row.h"
#include "ui/theme.h"
#include "ui/window.h"

#define PERIOD_MS 40
#define READINGS 12 /* in a minute, or in the third */

typedef struct {
  MongeWindow *window;
  MongeSession *session;
  MongeViewport *viewport;
  GPtrArray *scales;
  MongeRandom random;
  gint64 start, end;
  guint64 n_acts, n_failures;
  double early, late; /* MiB, the least so far */
  gint64 settled;     /* µs after the start */
  gint64 read_at;
  gboolean is_over;
} Soak;

/* What the allocator keeps for later is given back first: it comes and goes. */
static double
get_rss (void)
{
  g_autofree char *text = NULL;
  long total = 0, resident = 0;

  malloc_trim (0);
  if (!g_file_get_contents ("/proc/self/statm", &text, NULL, NULL)
      || sscanf (text, "%ld %ld", &total, &resident) != 2)
    return 0.0;
  return (double) resident * (double) sysconf (_SC_PAGESIZE) / 1048576.0;
}

static void
collect_scales (GtkWidget *widget, GPtrArray *scales)
{
  if (GTK_IS_SCALE (widget))
    g_ptr_array_add (scales, widget);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    collect_scales (child, scales);
}

static void
move_slider (Soak *soak)
{
  guint which = (guint) (monge_random_uniform (&soak->random) * soak->scales->len);
  GtkRange *range = g_ptr_array_index (soak->scales, which);
  GtkAdjustment *adjustment = gtk_range_get_adjustment (range);
  double low = gtk_adjustment_get_lower (adjustment), high = gtk_adjustment_get_upper (adjustment);

  gtk_range_set_value (range, low + (high - low) * monge_random_uniform (&soak->random));
}

static void
activate (Soak *soak, const char *action)
{
  g_action_group_activate_action (G_ACTION_GROUP (soak->window), action, NULL);
}

static void
take_picture (Soak *soak)
{
  g_autoptr (GError) error = NULL;
  MongePicture *picture = monge_viewport_take_picture (soak->viewport, 1, TRUE, &error);

  if (picture != NULL)
    monge_picture_free (picture);
}

static void
act_at_random (Soak *soak)
{
  static const char *const actions[] = { "play",        "step",        "reset",   "balanced",
                                         "show-source", "show-target", "colour",  "fit",
                                         "show-start",  "reset-view",  "zoom-in", "zoom-out" };
  double dice = monge_random_uniform (&soak->random);

  soak->n_acts++;
  if (dice < 0.55)
    move_slider (soak);
  else if (dice < 0.75)
    monge_viewport_turn (soak->viewport, (float) (40.0 * monge_random_normal (&soak->random)),
                         (float) (10.0 * monge_random_normal (&soak->random)));
  else if (dice < 0.76)
    take_picture (soak);
  else if (dice < 0.762)
    activate (soak, "swap");
  else
    activate (soak, actions[(guint) (monge_random_uniform (&soak->random)
                                     * G_N_ELEMENTS (actions))]);
}

static void
read_memory (Soak *soak, gint64 now)
{
  double rss = get_rss ();

  printf ("# %4.0f s: %.1f MiB\n", (now - soak->start) * 1e-6, rss);
  fflush (stdout);
  soak->read_at = now;
  if (now - soak->start >= soak->settled && now - soak->start < 2 * soak->settled)
    soak->early = MIN (soak->early, rss);
  if (soak->end - now <= soak->settled)
    soak->late = MIN (soak->late, rss);
}

static gboolean
on_tick (gpointer user_data)
{
  Soak *soak = user_data;
  gint64 now = g_get_monotonic_time ();

  act_at_random (soak);
  if (now - soak->read_at > soak->settled / READINGS)
    read_memory (soak, now);
  if (monge_session_get_state (soak->session) == MONGE_RUNNER_FAILED)
    {
      soak->n_failures++;
      activate (soak, "reset");
    }
  if (now < soak->end)
    return G_SOURCE_CONTINUE;
  soak->is_over = TRUE;
  return G_SOURCE_REMOVE;
}

int
main (int argc, char **argv)
{
  double seconds = argc > 1 ? g_ascii_strtod (argv[1], NULL) : 30.0;
  Soak soak = { .start = g_get_monotonic_time (), .early = G_MAXDOUBLE, .late = G_MAXDOUBLE };
  gboolean grew;

  if (!gtk_init_check ())
    {
      puts ("1..0 # SKIP no display");
      return 0;
    }
  g_log_set_always_fatal (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
  monge_theme_init (gdk_display_get_default ());
  monge_random_init (&soak.random, 1);
  soak.end = soak.start + (gint64) (seconds * G_USEC_PER_SEC);
  soak.settled = MIN (60 * (gint64) G_USEC_PER_SEC, (soak.end - soak.start) / 3);
  soak.session = monge_session_new ();
  soak.window = monge_window_new (NULL, soak.session);
  soak.viewport = monge_window_get_viewport (soak.window);
  soak.scales = g_ptr_array_new ();
  collect_scales (GTK_WIDGET (soak.window), soak.scales);
  monge_session_open (soak.session, MONGE_ROLE_SOURCE, argc > 3 ? argv[2] : "example:seahorse0");
  monge_session_open (soak.session, MONGE_ROLE_TARGET, argc > 3 ? argv[3] : "example:seahorse1");
  monge_session_play_when_ready (soak.session);
  gtk_window_present (GTK_WINDOW (soak.window));
  g_timeout_add (PERIOD_MS, on_tick, &soak);
  while (!soak.is_over)
    g_main_context_iteration (NULL, TRUE);
  grew = !(soak.late <= 1.02 * soak.early + (seconds < 120.0 ? 64.0 : 4.0));
  puts ("1..2");
  printf ("%s 1 - memory: %.0f MiB early, %.0f MiB after %.0f s, %" G_GUINT64_FORMAT
          " acts, %" G_GUINT64_FORMAT " frames drawn\n",
          grew ? "not ok" : "ok", soak.early, soak.late, seconds, soak.n_acts,
          monge_viewport_get_n_drawn (soak.viewport));
  printf ("%s 2 - failed flows: %" G_GUINT64_FORMAT "\n", soak.n_failures == 0 ? "ok" : "not ok",
          soak.n_failures);
  gtk_window_destroy (GTK_WINDOW (soak.window));
  g_object_unref (soak.session);
  g_ptr_array_unref (soak.scales);
  return grew || soak.n_failures > 0;
}
