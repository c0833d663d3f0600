/* window-rate [SECONDS [SOURCE TARGET]]: how often the window draws while the flow computes.
 *
 * The view turns all the time, as under a hand, and the flow starts over when it has settled, so
 * that it never rests. Prints frames per second and the longest gap between two. Needs a display. */
#include <gtk/gtk.h>
#include <stdio.h>

#include "ui/theme.h"
#include "ui/window.h"

typedef struct {
  MongeSession *session;
  MongeViewport *viewport;
  gint64 begin, end, last, longest; /* µs */
  guint64 first_drawn;
} Rate;

static gboolean
on_tick (GtkWidget *widget, GdkFrameClock *clock, gpointer data)
{
  Rate *rate = data;

  monge_viewport_turn (rate->viewport, 3.0f, 0.0f);
  if (monge_session_get_state (rate->session) == MONGE_RUNNER_SETTLED)
    gtk_widget_activate_action (widget, "win.reset", NULL);
  return G_SOURCE_CONTINUE;
}

static void
on_drawn (MongeViewport *viewport, Rate *rate)
{
  gint64 now = g_get_monotonic_time ();

  if (rate->begin != 0)
    rate->longest = MAX (rate->longest, now - rate->last);
  rate->last = now;
}

static void
run_for (double seconds)
{
  gint64 end = g_get_monotonic_time () + (gint64) (seconds * G_USEC_PER_SEC);

  while (g_get_monotonic_time () < end)
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (200);
}

int
main (int argc, char **argv)
{
  double seconds = argc > 1 ? g_ascii_strtod (argv[1], NULL) : 10.0, took;
  Rate rate = { 0 };
  MongeWindow *window;

  if (!gtk_init_check ())
    {
      puts ("no display");
      return 77;
    }
  monge_theme_init (gdk_display_get_default ());
  rate.session = monge_session_new ();
  window = monge_window_new (NULL, rate.session);
  rate.viewport = monge_window_get_viewport (window);
  monge_session_open (rate.session, MONGE_ROLE_SOURCE, argc > 3 ? argv[2] : "example:seahorse0");
  monge_session_open (rate.session, MONGE_ROLE_TARGET, argc > 3 ? argv[3] : "example:seahorse1");
  monge_session_play_when_ready (rate.session);
  g_signal_connect (rate.viewport, "drawn", G_CALLBACK (on_drawn), &rate);
  gtk_widget_add_tick_callback (GTK_WIDGET (window), on_tick, &rate, NULL);
  gtk_window_present (GTK_WINDOW (window));
  run_for (2.0);

  rate.first_drawn = monge_viewport_get_n_drawn (rate.viewport);
  rate.begin = rate.last = g_get_monotonic_time ();
  run_for (seconds);
  took = 1e-6 * (double) (g_get_monotonic_time () - rate.begin);
  printf ("%.1f frames per second, longest gap %.0f ms, %dx%d view\n",
          (double) (monge_viewport_get_n_drawn (rate.viewport) - rate.first_drawn) / took,
          1e-3 * (double) rate.longest, gtk_widget_get_width (GTK_WIDGET (rate.viewport)),
          gtk_widget_get_height (GTK_WIDGET (rate.viewport)));
  gtk_window_destroy (GTK_WINDOW (window));
  g_object_unref (rate.session);
  return 0;
}
