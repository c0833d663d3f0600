#include "app/application.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ui/theme.h"
#include "ui/window.h"

#define APPLICATION_ID "io.github.monge.Monge"

struct _MongeApplication {
  GtkApplication parent_instance;

  const MongeArguments *arguments;
  MongeSession *session;
  gboolean first_frame_told;
};

G_DEFINE_FINAL_TYPE (MongeApplication, monge_application, GTK_TYPE_APPLICATION)

/* Seconds since the process was started, dynamic linking included; to a hundredth. */
static double
get_age (void)
{
  g_autofree char *stat = NULL;
  struct timespec now;
  const char *field;
  guint64 start = 0;

  if (!g_file_get_contents ("/proc/self/stat", &stat, NULL, NULL)
      || clock_gettime (CLOCK_BOOTTIME, &now) != 0)
    return 0.0;
  field = strrchr (stat, ')'); /* the name may hold anything; 20 fields after it is the start */
  for (int i = 0; field != NULL && i < 20; i++)
    field = strchr (field + 1, ' ');
  if (field != NULL)
    start = g_ascii_strtoull (field + 1, NULL, 10);
  return now.tv_sec + 1e-9 * now.tv_nsec - (double) start / sysconf (_SC_CLK_TCK);
}

static gboolean
quit_later (gpointer application)
{
  g_application_quit (application);
  return G_SOURCE_REMOVE;
}

static void
tell_timing (MongeViewport *viewport, MongeApplication *application)
{
  gboolean has_both = monge_session_get_drawable (application->session, MONGE_ROLE_SOURCE) != NULL
                      && monge_session_get_drawable (application->session, MONGE_ROLE_TARGET) != NULL;

  if (!application->first_frame_told)
    printf ("first frame %.2f s\n", get_age ());
  application->first_frame_told = TRUE;
  if (!has_both)
    return;
  printf ("both shapes %.2f s\n", get_age ());
  fflush (stdout);
  g_signal_handlers_disconnect_by_data (viewport, application);
  g_idle_add (quit_later, application);
}

/* The size of points follows the shapes, which are not there yet. */
static void
set_style (MongeApplication *application, MongeViewport *viewport)
{
  MongeViewStyle style = application->arguments->style;

  if (!application->arguments->style_has_point_size)
    style.point_size = monge_viewport_get_style (viewport)->point_size;
  monge_viewport_set_style (viewport, &style);
}

static void
monge_application_activate (GApplication *gapplication)
{
  MongeApplication *application = MONGE_APPLICATION (gapplication);
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (application));

  if (window == NULL)
    {
      MongeWindow *made = monge_window_new (GTK_APPLICATION (application), application->session);

      window = GTK_WINDOW (made);
      set_style (application, monge_window_get_viewport (made));
      if (application->arguments->timing)
        g_signal_connect (monge_window_get_viewport (made), "drawn", G_CALLBACK (tell_timing),
                          application);
    }
  gtk_window_present (window);
}

static void
on_quit (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_application_quit (user_data);
}

static void
monge_application_startup (GApplication *gapplication)
{
  static const GActionEntry entries[] = { { "quit", on_quit } };

  G_APPLICATION_CLASS (monge_application_parent_class)->startup (gapplication);
  g_action_map_add_action_entries (G_ACTION_MAP (gapplication), entries, G_N_ELEMENTS (entries),
                                   gapplication);
  monge_theme_init (gdk_display_get_default ());
  monge_window_set_accels (GTK_APPLICATION (gapplication));
}

static void
monge_application_dispose (GObject *object)
{
  g_clear_object (&MONGE_APPLICATION (object)->session);
  G_OBJECT_CLASS (monge_application_parent_class)->dispose (object);
}

static void
monge_application_class_init (MongeApplicationClass *class)
{
  G_OBJECT_CLASS (class)->dispose = monge_application_dispose;
  G_APPLICATION_CLASS (class)->activate = monge_application_activate;
  G_APPLICATION_CLASS (class)->startup = monge_application_startup;
}

static void
monge_application_init (MongeApplication *application)
{
}

MongeApplication *
monge_application_new (const MongeArguments *arguments, MongeSession *session)
{
  MongeApplication *application = g_object_new (MONGE_TYPE_APPLICATION, "application-id",
                                                APPLICATION_ID, "flags", G_APPLICATION_NON_UNIQUE,
                                                NULL);

  application->arguments = arguments;
  application->session = g_object_ref (session);
  return application;
}
