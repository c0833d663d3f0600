#include "tests/ui-driver.h"

#include <stdlib.h>

#include "tests/util.h"
#include "ui/option-row.h"

#define WAIT_S 30.0

/* Waiting: the loop runs and the view is asked to draw, since nobody looks at it. */

static gboolean
wake (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

gboolean
ui_wait_for (UiFixture *fixture, UiCondition condition)
{
  gint64 end = g_get_monotonic_time () + (gint64) (WAIT_S * monge_test_patience () * G_USEC_PER_SEC);
  guint tick = g_timeout_add (5, wake, NULL);
  gboolean is_met;

  while (!(is_met = condition (fixture)) && g_get_monotonic_time () < end)
    {
      monge_viewport_zoom (fixture->viewport, 1.0f);
      g_main_context_iteration (NULL, TRUE);
    }
  g_source_remove (tick);
  return is_met;
}

void
ui_run_for (double seconds)
{
  gint64 end = g_get_monotonic_time () + (gint64) (seconds * G_USEC_PER_SEC);
  guint tick = g_timeout_add (5, wake, NULL);

  while (g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (tick);
}

gboolean
ui_has_flow (UiFixture *fixture)
{
  return monge_session_get_runner (fixture->session) != NULL
         && !monge_session_is_loading (fixture->session);
}

gboolean
ui_has_drawn (UiFixture *fixture)
{
  return ui_has_flow (fixture) && monge_viewport_get_n_drawn (fixture->viewport) > 1;
}

gboolean
ui_has_moved (UiFixture *fixture)
{
  const MongeFrame *frame = monge_session_get_frame (fixture->session);

  return frame != NULL && frame->step >= 3;
}

gboolean
ui_is_at_start (UiFixture *fixture)
{
  const MongeFrame *frame = monge_session_get_frame (fixture->session);

  return frame != NULL && frame->step == 0;
}

gboolean
ui_is_paused (UiFixture *fixture)
{
  return monge_session_get_state (fixture->session) != MONGE_RUNNER_PLAYING;
}

gboolean
ui_has_message (UiFixture *fixture)
{
  return monge_window_get_message (fixture->window) != NULL;
}

gboolean
ui_is_not_loading (UiFixture *fixture)
{
  return !monge_session_is_loading (fixture->session);
}

void
ui_activate (UiFixture *fixture, const char *action)
{
  g_action_group_activate_action (G_ACTION_GROUP (fixture->window), action, NULL);
}

gboolean
ui_get_boolean (UiFixture *fixture, const char *action)
{
  g_autoptr (GVariant) state = g_action_group_get_action_state (G_ACTION_GROUP (fixture->window),
                                                                action);

  return g_variant_get_boolean (state);
}

/* Looking through the widgets */

GtkWidget *
ui_find_widget (GtkWidget *root, UiMatch match, gconstpointer what)
{
  if (match (root, what))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = ui_find_widget (child, match, what);

      if (found != NULL)
        return found;
    }
  return NULL;
}

gboolean
ui_is_row_of (GtkWidget *widget, gconstpointer key)
{
  return MONGE_IS_OPTION_ROW (widget)
         && g_str_equal (monge_option_row_get_option (MONGE_OPTION_ROW (widget))->key, key);
}

gboolean
ui_is_of_type (GtkWidget *widget, gconstpointer type)
{
  return G_TYPE_CHECK_INSTANCE_TYPE (widget, *(const GType *) type);
}

GtkWidget *
ui_find_in_row (UiFixture *fixture, const char *key, GType type)
{
  GtkWidget *row = ui_find_widget (GTK_WIDGET (fixture->window), ui_is_row_of, key);

  g_assert_nonnull (row);
  return ui_find_widget (row, ui_is_of_type, &type);
}

void
ui_set_up (UiFixture *fixture, gconstpointer shapes)
{
  fixture->session = monge_session_new ();
  fixture->window = monge_window_new (NULL, fixture->session);
  fixture->viewport = monge_window_get_viewport (fixture->window);
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 1024, 640);
  gtk_window_present (GTK_WINDOW (fixture->window));
  if (shapes == NULL)
    return;
  monge_session_open (fixture->session, MONGE_ROLE_SOURCE, "example:seahorse0");
  monge_session_open (fixture->session, MONGE_ROLE_TARGET, "example:seahorse1");
  g_assert_true (ui_wait_for (fixture, ui_has_drawn));
}

void
ui_tear_down (UiFixture *fixture, gconstpointer shapes)
{
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  g_object_add_weak_pointer (G_OBJECT (fixture->session), (gpointer *) &fixture->session);
  g_object_unref (fixture->session);
  for (int i = 0; i < 200 && fixture->session != NULL; i++)
    ui_run_for (0.01); /* threads that still hold it */
  g_assert_null (fixture->session);
}

guint
ui_count_leading (const MongePicture *picture, int channel)
{
  guint n = 0;

  for (gsize i = 0; i < (gsize) picture->width * picture->height; i++)
    {
      const guint8 *p = picture->pixels + 4 * i;

      if (p[3] > 0 && p[channel] > p[2 - channel] + 40)
        n++;
    }
  return n;
}

double
ui_compare (const MongePicture *a, const MongePicture *b)
{
  double sum = 0.0;
  gsize n = (gsize) a->width * a->height * 4;

  g_assert_cmpint (a->width, ==, b->width);
  g_assert_cmpint (a->height, ==, b->height);
  for (gsize i = 0; i < n; i++)
    sum += abs (a->pixels[i] - b->pixels[i]);
  return sum / n;
}

MongePicture *
ui_take_picture (UiFixture *fixture, int scale, gboolean transparent)
{
  g_autoptr (GError) error = NULL;
  MongePicture *picture = monge_viewport_take_picture (fixture->viewport, scale, transparent,
                                                       &error);

  g_assert_no_error (error);
  return picture;
}
