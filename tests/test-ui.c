/* The window, driven from inside: actions, sliders, files, pixels. Needs a display. */
#include <gtk/gtk.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compute/shape/io.h"
#include "tests/util.h"
#include "ui/energy-plot.h"
#include "ui/label-chooser.h"
#include "ui/option-row.h"
#include "ui/text.h"
#include "ui/theme.h"
#include "ui/window.h"

#define WAIT_S 30.0

typedef struct {
  MongeSession *session;
  MongeWindow *window;
  MongeViewport *viewport;
} Fixture;

/* Waiting: the loop runs and the view is asked to draw, since nobody looks at it. */

typedef gboolean (*Condition) (Fixture *fixture);

static gboolean
wake (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static gboolean
wait_for (Fixture *fixture, Condition condition)
{
  gint64 end = g_get_monotonic_time () + (gint64) (WAIT_S * G_USEC_PER_SEC);
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

static void
run_for (double seconds)
{
  gint64 end = g_get_monotonic_time () + (gint64) (seconds * G_USEC_PER_SEC);
  guint tick = g_timeout_add (5, wake, NULL);

  while (g_get_monotonic_time () < end)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (tick);
}

static gboolean
has_flow (Fixture *fixture)
{
  return monge_session_get_runner (fixture->session) != NULL
         && !monge_session_is_loading (fixture->session);
}

static gboolean
has_drawn (Fixture *fixture)
{
  return has_flow (fixture) && monge_viewport_get_n_drawn (fixture->viewport) > 1;
}

static gboolean
has_moved (Fixture *fixture)
{
  const MongeFrame *frame = monge_session_get_frame (fixture->session);

  return frame != NULL && frame->step >= 3;
}

static gboolean
is_at_start (Fixture *fixture)
{
  const MongeFrame *frame = monge_session_get_frame (fixture->session);

  return frame != NULL && frame->step == 0;
}

static gboolean
is_paused (Fixture *fixture)
{
  return monge_session_get_state (fixture->session) != MONGE_RUNNER_PLAYING;
}

static gboolean
has_message (Fixture *fixture)
{
  return monge_window_get_message (fixture->window) != NULL;
}

static gboolean
is_not_loading (Fixture *fixture)
{
  return !monge_session_is_loading (fixture->session);
}

static void
activate (Fixture *fixture, const char *action)
{
  g_action_group_activate_action (G_ACTION_GROUP (fixture->window), action, NULL);
}

static gboolean
get_boolean (Fixture *fixture, const char *action)
{
  g_autoptr (GVariant) state = g_action_group_get_action_state (G_ACTION_GROUP (fixture->window),
                                                                action);

  return g_variant_get_boolean (state);
}

/* Looking through the widgets */

typedef gboolean (*Match) (GtkWidget *widget, gconstpointer what);

static GtkWidget *
find_widget (GtkWidget *root, Match match, gconstpointer what)
{
  if (match (root, what))
    return root;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_widget (child, match, what);

      if (found != NULL)
        return found;
    }
  return NULL;
}

static gboolean
is_row_of (GtkWidget *widget, gconstpointer key)
{
  return MONGE_IS_OPTION_ROW (widget)
         && g_str_equal (monge_option_row_get_option (MONGE_OPTION_ROW (widget))->key, key);
}

static gboolean
is_of_type (GtkWidget *widget, gconstpointer type)
{
  return G_TYPE_CHECK_INSTANCE_TYPE (widget, *(const GType *) type);
}

static GtkWidget *
find_in_row (Fixture *fixture, const char *key, GType type)
{
  GtkWidget *row = find_widget (GTK_WIDGET (fixture->window), is_row_of, key);

  g_assert_nonnull (row);
  return find_widget (row, is_of_type, &type);
}

static void
set_up (Fixture *fixture, gconstpointer shapes)
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
  g_assert_true (wait_for (fixture, has_drawn));
}

static void
tear_down (Fixture *fixture, gconstpointer shapes)
{
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  g_object_add_weak_pointer (G_OBJECT (fixture->session), (gpointer *) &fixture->session);
  g_object_unref (fixture->session);
  for (int i = 0; i < 200 && fixture->session != NULL; i++)
    run_for (0.01); /* threads that still hold it */
  g_assert_null (fixture->session);
}

static void
test_every_action_exists (Fixture *fixture, gconstpointer shapes)
{
  static const char *const names[] = {
    "open", "open-source", "open-target", "open-session", "save-session", "example",
    "first-example", "swap", "cancel-loading", "play", "step", "reset", "balanced", "fit",
    "reset-view", "zoom-in", "zoom-out", "show-source", "show-target", "show-start", "colour",
    "show-panels", "appearance", "screenshot", "transparent", "export", "export-samples",
    "dismiss-message", "about", "show-help-overlay",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (!g_action_group_has_action (G_ACTION_GROUP (fixture->window), names[i]))
      g_error ("no action win.%s", names[i]);
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (fixture->window), "play"));
  g_assert_nonnull (
      gtk_application_window_get_help_overlay (GTK_APPLICATION_WINDOW (fixture->window)));
}

static void
test_plays_pauses_steps_and_resets (Fixture *fixture, gconstpointer shapes)
{
  guint step;

  g_assert_true (is_at_start (fixture));
  activate (fixture, "play");
  g_assert_true (wait_for (fixture, has_moved));
  activate (fixture, "play");
  g_assert_true (wait_for (fixture, is_paused));
  run_for (0.1);
  step = monge_session_get_frame (fixture->session)->step;
  run_for (0.2);
  g_assert_cmpuint (monge_session_get_frame (fixture->session)->step, ==, step);
  activate (fixture, "step");
  run_for (0.5);
  g_assert_true (wait_for (fixture, is_paused));
  g_assert_cmpuint (monge_session_get_frame (fixture->session)->step, ==, step + 1);
  g_assert_cmpuint (monge_session_get_samples (fixture->session)->len, ==, step + 1);
  activate (fixture, "reset");
  g_assert_true (wait_for (fixture, is_at_start));
}

static gboolean
has_settled (Fixture *fixture)
{
  return monge_session_get_state (fixture->session) == MONGE_RUNNER_SETTLED;
}

static void
test_settles_and_plays_again (Fixture *fixture, gconstpointer shapes)
{
  GArray *samples = monge_session_get_samples (fixture->session);

  activate (fixture, "play");
  g_assert_true (wait_for (fixture, has_settled));
  g_assert_cmpfloat (g_array_index (samples, MongeSample, samples->len - 1).loss, <,
                     0.01 * g_array_index (samples, MongeSample, 0).loss);
  activate (fixture, "play");
  g_assert_true (wait_for (fixture, has_moved));
  g_assert_true (wait_for (fixture, has_settled));
}

static void
test_sliders_act_during_the_run (Fixture *fixture, gconstpointer shapes)
{
  GtkWidget *scale = find_in_row (fixture, "blur", GTK_TYPE_SCALE);
  GtkAdjustment *adjustment = gtk_range_get_adjustment (GTK_RANGE (scale));
  double blur = monge_session_get_params (fixture->session)->loss.blur;
  MongeFlowParams running;

  activate (fixture, "play");
  g_assert_true (wait_for (fixture, has_moved));
  gtk_range_set_value (GTK_RANGE (scale), gtk_adjustment_get_value (adjustment) + log10 (2.0));
  monge_assert_close_rel (monge_session_get_params (fixture->session)->loss.blur, 2.0 * blur, 0.01);
  monge_runner_get_params (monge_session_get_runner (fixture->session), &running);
  monge_assert_close_rel (running.loss.blur, 2.0 * blur, 0.01);
  run_for (0.2);
  g_assert_cmpint (monge_session_get_state (fixture->session), !=, MONGE_RUNNER_FAILED);
}

static void
test_every_slider_reaches_both_ends (Fixture *fixture, gconstpointer shapes)
{
  for (const MongeOption *option = monge_flow_options; option->key != NULL; option++)
    {
      GtkWidget *row = find_widget (GTK_WIDGET (fixture->window), is_row_of, option->key);
      GType type = GTK_TYPE_SCALE;
      GtkWidget *scale = row != NULL ? find_widget (row, is_of_type, &type) : NULL;
      GtkAdjustment *adjustment;

      if (scale == NULL)
        continue;
      adjustment = gtk_range_get_adjustment (GTK_RANGE (scale));
      g_assert_cmpfloat (gtk_adjustment_get_lower (adjustment), <,
                         gtk_adjustment_get_upper (adjustment));
      gtk_adjustment_set_value (adjustment, gtk_adjustment_get_lower (adjustment));
      gtk_adjustment_set_value (adjustment, gtk_adjustment_get_upper (adjustment));
    }
}

static void
test_numbers_can_be_typed (Fixture *fixture, gconstpointer shapes)
{
  GtkWidget *entry = find_in_row (fixture, "blur", GTK_TYPE_ENTRY);

  gtk_editable_set_text (GTK_EDITABLE (entry), "1,25");
  g_signal_emit_by_name (entry, "activate");
  monge_assert_close (monge_session_get_params (fixture->session)->loss.blur, 1.25, 1e-12);
  gtk_editable_set_text (GTK_EDITABLE (entry), "nonsense");
  g_signal_emit_by_name (entry, "activate");
  monge_assert_close (monge_session_get_params (fixture->session)->loss.blur, 1.25, 1e-12);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (entry)), ==, "1.25");
}

static void
test_balanced_switch (Fixture *fixture, gconstpointer shapes)
{
  GtkWidget *scale = find_in_row (fixture, "reach", GTK_TYPE_SCALE);
  GtkWidget *entry = find_in_row (fixture, "reach", GTK_TYPE_ENTRY);

  g_assert_true (get_boolean (fixture, "balanced"));
  g_assert_false (gtk_widget_is_sensitive (scale));
  activate (fixture, "balanced");
  g_assert_false (get_boolean (fixture, "balanced"));
  g_assert_true (isfinite (monge_session_get_params (fixture->session)->loss.reach));
  g_assert_true (gtk_widget_is_sensitive (scale));
  gtk_editable_set_text (GTK_EDITABLE (entry), "inf");
  g_signal_emit_by_name (entry, "activate");
  g_assert_true (get_boolean (fixture, "balanced"));
}

static void
test_reset_of_an_option (Fixture *fixture, gconstpointer shapes)
{
  double blur = monge_session_get_params (fixture->session)->loss.blur;
  GtkWidget *entry = find_in_row (fixture, "blur", GTK_TYPE_ENTRY);
  GtkWidget *button = find_in_row (fixture, "blur", GTK_TYPE_BUTTON);

  g_assert_false (gtk_widget_is_sensitive (button));
  gtk_editable_set_text (GTK_EDITABLE (entry), "3");
  g_signal_emit_by_name (entry, "activate");
  g_assert_true (gtk_widget_is_sensitive (button));
  g_signal_emit_by_name (button, "clicked");
  monge_assert_close (monge_session_get_params (fixture->session)->loss.blur, blur, 1e-12);
}

/* Pixels */

/* How many pixels are closer to @colour's hue than to grey: the channel that leads does so by 40. */
static guint
count_leading (const MongePicture *picture, int channel)
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

static double
compare (const MongePicture *a, const MongePicture *b)
{
  double sum = 0.0;
  gsize n = (gsize) a->width * a->height * 4;

  g_assert_cmpint (a->width, ==, b->width);
  g_assert_cmpint (a->height, ==, b->height);
  for (gsize i = 0; i < n; i++)
    sum += abs (a->pixels[i] - b->pixels[i]);
  return sum / n;
}

static MongePicture *
take_picture (Fixture *fixture, int scale, gboolean transparent)
{
  g_autoptr (GError) error = NULL;
  MongePicture *picture = monge_viewport_take_picture (fixture->viewport, scale, transparent,
                                                       &error);

  g_assert_no_error (error);
  return picture;
}

static void
test_both_colours_show_and_move (Fixture *fixture, gconstpointer shapes)
{
  g_autoptr (MongePicture) before = take_picture (fixture, 1, FALSE);
  g_autoptr (MongePicture) after = NULL;
  g_autoptr (MongePicture) source_alone = NULL;

  g_assert_cmpuint (count_leading (before, 0), >, 2000); /* orange */
  g_assert_cmpuint (count_leading (before, 2), >, 2000); /* blue */
  activate (fixture, "show-target");
  source_alone = take_picture (fixture, 1, FALSE);
  g_assert_cmpuint (count_leading (source_alone, 2), <, 100);
  activate (fixture, "show-target");
  activate (fixture, "play");
  g_assert_true (wait_for (fixture, has_moved));
  after = take_picture (fixture, 1, FALSE);
  g_assert_cmpfloat (compare (before, after), >, 0.2);
}

static void
test_view_follows_style_and_camera (Fixture *fixture, gconstpointer shapes)
{
  static const char *const styles[] = { "points", "wire" };
  MongeViewStyle style = *monge_viewport_get_style (fixture->viewport);
  g_autoptr (MongePicture) first = take_picture (fixture, 1, FALSE);

  for (gsize i = 0; i < G_N_ELEMENTS (styles); i++)
    {
      g_autoptr (MongePicture) picture = NULL;

      style.source_style = styles[i];
      monge_viewport_set_style (fixture->viewport, &style);
      picture = take_picture (fixture, 1, FALSE);
      g_assert_cmpfloat (compare (first, picture), >, 0.2);
    }
  style.source_style = "surface";
  monge_viewport_set_style (fixture->viewport, &style);
  monge_viewport_turn (fixture->viewport, 200.0f, 30.0f);
  monge_viewport_zoom (fixture->viewport, 1.5f);
  {
    g_autoptr (MongePicture) turned = take_picture (fixture, 1, FALSE);
    g_autoptr (MongePicture) back = NULL;

    g_assert_cmpfloat (compare (first, turned), >, 0.5);
    activate (fixture, "reset-view");
    back = take_picture (fixture, 1, FALSE);
    g_assert_cmpfloat (compare (first, back), <, 0.05);
  }
}

static void
test_dark_is_dark (Fixture *fixture, gconstpointer shapes)
{
  g_autoptr (MongePicture) light = NULL;
  g_autoptr (MongePicture) dark = NULL;

  g_unsetenv ("GTK_THEME");
  g_action_group_change_action_state (G_ACTION_GROUP (fixture->window), "appearance",
                                      g_variant_new_string ("light"));
  run_for (0.3);
  light = take_picture (fixture, 1, FALSE);
  g_action_group_change_action_state (G_ACTION_GROUP (fixture->window), "appearance",
                                      g_variant_new_string ("dark"));
  run_for (0.3);
  dark = take_picture (fixture, 1, FALSE);
  g_action_group_change_action_state (G_ACTION_GROUP (fixture->window), "appearance",
                                      g_variant_new_string ("light"));
  g_assert_cmpuint (light->pixels[0], >, 200);
  g_assert_cmpuint (dark->pixels[0], <, 60);
}

static void
test_nothing_is_drawn_at_rest (Fixture *fixture, gconstpointer shapes)
{
  guint64 n;

  run_for (0.5);
  n = monge_viewport_get_n_drawn (fixture->viewport);
  run_for (0.5);
  g_assert_cmpuint (monge_viewport_get_n_drawn (fixture->viewport), ==, n);
}

static gboolean
turn_a_little (GtkWidget *widget, GdkFrameClock *clock, gpointer viewport)
{
  monge_viewport_turn (viewport, 4.0f, 0.0f);
  return G_SOURCE_CONTINUE;
}

/* Not a benchmark: other things run beside the tests. It says what it measured. */
static void
test_view_turns_smoothly_while_computing (Fixture *fixture, gconstpointer shapes)
{
  g_autofree char *source = monge_test_data ("hippocampus/source.ply");
  g_autofree char *target = monge_test_data ("hippocampus/target.ply");
  MongeFlowParams params = *monge_session_get_params (fixture->session);
  guint64 n_before;
  guint tick;

  if (source == NULL || target == NULL)
    return;
  monge_session_open (fixture->session, MONGE_ROLE_SOURCE, source);
  monge_session_open (fixture->session, MONGE_ROLE_TARGET, target);
  params.step_size = 0.01;
  monge_session_set_params (fixture->session, &params);
  g_assert_true (wait_for (fixture, has_drawn));
  activate (fixture, "play");
  g_assert_true (wait_for (fixture, has_moved));
  tick = gtk_widget_add_tick_callback (GTK_WIDGET (fixture->viewport), turn_a_little,
                                       fixture->viewport, NULL);
  n_before = monge_viewport_get_n_drawn (fixture->viewport);
  run_for (2.0);
  gtk_widget_remove_tick_callback (GTK_WIDGET (fixture->viewport), tick);
  g_test_message ("%.0f frames a second while computing, %.0f ms per step",
                  (monge_viewport_get_n_drawn (fixture->viewport) - n_before) / 2.0,
                  1e3 * monge_session_get_step_time (fixture->session));
  g_assert_cmpuint (monge_viewport_get_n_drawn (fixture->viewport) - n_before, >=, 8);
}

/* Files */

static void
expect_saved (Fixture *fixture, const char *path)
{
  g_assert_true (wait_for (fixture, has_message));
  g_assert_true (g_str_has_prefix (monge_window_get_message (fixture->window), "Saved "));
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
  activate (fixture, "dismiss-message");
  g_assert_null (monge_window_get_message (fixture->window));
}

static void
test_export_keeps_faces_and_says_displacements (Fixture *fixture, gconstpointer shapes)
{
  g_autofree char *path = monge_test_tmp_path ("moved.ply");
  MongeShape *source = monge_session_get_shape (fixture->session, MONGE_ROLE_SOURCE);
  g_autoptr (MongeShape) moved = NULL;
  g_autoptr (GError) error = NULL;

  activate (fixture, "play");
  g_assert_true (wait_for (fixture, has_moved));
  monge_window_export_shape (fixture->window, path);
  expect_saved (fixture, path);
  moved = monge_shape_load (path, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (monge_shape_get_n_vertices (moved), ==, monge_shape_get_n_vertices (source));
  g_assert_cmpmem (monge_shape_get_cells (moved), monge_shape_get_n_cells (moved) * 12,
                   monge_shape_get_cells (source), monge_shape_get_n_cells (source) * 12);
  g_assert_true (monge_shape_find_array (moved, "displacement") != NULL
                 || monge_shape_find_array (moved, "displacement_0") != NULL);
}

static void
test_export_into_nowhere_says_so (Fixture *fixture, gconstpointer shapes)
{
  monge_window_export_shape (fixture->window, "/nonexistent/moved.ply");
  g_assert_true (wait_for (fixture, has_message));
  g_assert_nonnull (strstr (monge_window_get_message (fixture->window), "/nonexistent/moved.ply"));
}

static void
test_screenshots (Fixture *fixture, gconstpointer shapes)
{
  static const int scales[] = { 1, 2, 4 };
  int width = gtk_widget_get_width (GTK_WIDGET (fixture->viewport));

  for (gsize i = 0; i < G_N_ELEMENTS (scales); i++)
    {
      g_autofree char *path = monge_test_tmp_path ("view.png");
      g_autoptr (GdkTexture) texture = NULL;
      g_autoptr (GError) error = NULL;

      monge_window_save_screenshot (fixture->window, path, scales[i], i == 1);
      expect_saved (fixture, path);
      texture = gdk_texture_new_from_filename (path, &error);
      g_assert_no_error (error);
      g_assert_cmpint (gdk_texture_get_width (texture), ==, width * scales[i]);
    }
}

static void
test_transparent_screenshot (Fixture *fixture, gconstpointer shapes)
{
  g_autoptr (MongePicture) opaque = take_picture (fixture, 1, FALSE);
  g_autoptr (MongePicture) clear = take_picture (fixture, 1, TRUE);
  guint n_clear = 0, n_solid = 0;

  g_assert_cmpuint (opaque->pixels[3], ==, 255);
  for (gsize i = 0; i < (gsize) clear->width * clear->height; i++)
    {
      n_clear += clear->pixels[4 * i + 3] == 0;
      n_solid += clear->pixels[4 * i + 3] == 255;
    }
  g_assert_cmpuint (n_clear, >, 10000);
  g_assert_cmpuint (n_solid, >, 1000);
}

static void
test_missing_file_is_named (Fixture *fixture, gconstpointer shapes)
{
  monge_session_open (fixture->session, MONGE_ROLE_SOURCE, "/nonexistent/skull.ply");
  g_assert_true (wait_for (fixture, has_message));
  g_assert_nonnull (strstr (monge_window_get_message (fixture->window), "/nonexistent/skull.ply"));
  g_assert_true (wait_for (fixture, is_not_loading));
}

static void
save_example (const char *example, const char *path)
{
  g_autoptr (GError) error = NULL;
  MongeRecipeInput input = { .path = (char *) example, .mirror = -1 };
  g_autoptr (MongeShape) shape = monge_recipe_input_load (&input, NULL, &error);

  g_assert_no_error (error);
  monge_shape_save (shape, path, &error);
  g_assert_no_error (error);
}

static GtkDropTarget *
find_drop_target (GtkWidget *widget)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GObject) controller = g_list_model_get_item (controllers, i);

      if (GTK_IS_DROP_TARGET (controller))
        return GTK_DROP_TARGET (controller);
    }
  return NULL;
}

static void
test_two_dropped_files_become_source_and_target (Fixture *fixture, gconstpointer shapes)
{
  g_autofree char *a = monge_test_tmp_path ("dropped-a.ply");
  g_autofree char *b = monge_test_tmp_path ("dropped-b.ply");
  GtkDropTarget *target = find_drop_target (GTK_WIDGET (fixture->window));
  GValue value = G_VALUE_INIT;
  GFile *files[2];
  gboolean taken = FALSE;

  save_example ("example:sphere", a);
  save_example ("example:torus", b);
  files[0] = g_file_new_for_path (a);
  files[1] = g_file_new_for_path (b);
  g_value_init (&value, GDK_TYPE_FILE_LIST);
  g_value_take_boxed (&value, gdk_file_list_new_from_array (files, 2));
  g_signal_emit_by_name (target, "drop", &value, 10.0, 10.0, &taken);
  g_value_unset (&value);
  g_object_unref (files[0]);
  g_object_unref (files[1]);
  g_assert_true (taken);
  g_assert_true (wait_for (fixture, has_flow));
  g_assert_true (is_paused (fixture));
  g_assert_nonnull (strstr (gtk_window_get_title (GTK_WINDOW (fixture->window)), "→"));
}

static void
test_one_shape_is_shown_alone (Fixture *fixture, gconstpointer shapes)
{
  g_autoptr (MongePicture) picture = NULL;

  monge_session_open (fixture->session, MONGE_ROLE_SOURCE, "example:knot");
  while (monge_session_get_drawable (fixture->session, MONGE_ROLE_SOURCE) == NULL)
    run_for (0.02);
  run_for (0.2);
  picture = take_picture (fixture, 1, FALSE);
  g_assert_cmpuint (count_leading (picture, 0), >, 200);
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (fixture->window), "play"));
  g_assert_true (g_action_group_get_action_enabled (G_ACTION_GROUP (fixture->window), "export"));
}

static void
test_swap (Fixture *fixture, gconstpointer shapes)
{
  MongeShape *source = monge_session_get_shape (fixture->session, MONGE_ROLE_SOURCE);

  activate (fixture, "swap");
  g_assert_true (wait_for (fixture, has_flow));
  g_assert_true (monge_session_get_shape (fixture->session, MONGE_ROLE_TARGET) == source);
}

/* Two cubes in one volume. */
static MongeVolume *
make_volume (void)
{
  const guint size[3] = { 24, 12, 12 };
  const double affine[16] = { 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1 };
  gint32 *labels = g_new0 (gint32, 24 * 12 * 12);
  g_autoptr (GError) error = NULL;
  MongeVolume *volume;

  for (guint k = 3; k < 9; k++)
    for (guint j = 3; j < 9; j++)
      for (guint i = 2; i < 22; i++)
        if (i < 9 || i > 14)
          labels[i + 24 * (j + 12 * k)] = i < 12 ? 5 : 7;
  volume = monge_volume_new ("cubes.nii", size, affine, labels, &error);
  g_assert_no_error (error);
  return volume;
}

static void
test_label_chooser (Fixture *fixture, gconstpointer shapes)
{
  g_autoptr (MongeVolume) volume = make_volume ();
  const gint32 labels[] = { 5, 7 };

  for (int role = 0; role < MONGE_N_ROLES; role++)
    {
      GtkWindow *chooser = monge_label_chooser_new (GTK_WINDOW (fixture->window),
                                                    fixture->session, role, volume, "cubes.nii");

      gtk_window_present (chooser);
      run_for (0.3);
      monge_label_chooser_choose (MONGE_LABEL_CHOOSER (chooser), &labels[role], 1, role == 1);
    }
  g_assert_true (wait_for (fixture, has_flow));
  g_assert_cmpint (
      monge_shape_get_kind (monge_session_get_shape (fixture->session, MONGE_ROLE_SOURCE)), ==,
      MONGE_SHAPE_SURFACE);
  g_assert_cmpint (
      monge_shape_get_kind (monge_session_get_shape (fixture->session, MONGE_ROLE_TARGET)), ==,
      MONGE_SHAPE_POINTS);
}

static void
test_session_round_trip (Fixture *fixture, gconstpointer shapes)
{
  g_autofree char *path = monge_test_tmp_path ("again.monge");
  MongeFlowParams params = *monge_session_get_params (fixture->session);

  params.loss.blur = 2.5;
  params.loss.reach = 12.0;
  params.loss.p = 1;
  monge_session_set_params (fixture->session, &params);
  monge_window_save_session (fixture->window, path);
  expect_saved (fixture, path);
  params.loss.blur = 1.0;
  params.loss.p = 2;
  monge_session_set_params (fixture->session, &params);
  monge_window_open_session (fixture->window, path);
  g_assert_true (wait_for (fixture, has_flow));
  monge_assert_close (monge_session_get_params (fixture->session)->loss.blur, 2.5, 1e-9);
  monge_assert_close (monge_session_get_params (fixture->session)->loss.reach, 12.0, 1e-9);
  g_assert_cmpint (monge_session_get_params (fixture->session)->loss.p, ==, 1);
  g_assert_cmpstr (
      monge_shape_get_name (monge_session_get_shape (fixture->session, MONGE_ROLE_TARGET)), ==,
      "seahorse1");
}

static void
test_status_line_says_it_all (Fixture *fixture, gconstpointer shapes)
{
  static const char *const parts[] = { "points", "marginal error", "per step", "CPU" };
  g_autofree char *status = NULL;

  activate (fixture, "play");
  g_assert_true (wait_for (fixture, has_moved));
  run_for (0.5);
  status = monge_window_dup_status (fixture->window);
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    if (strstr (status, parts[i]) == NULL)
      g_error ("“%s” does not say “%s”", status, parts[i]);
}

static gboolean
has_problem (Fixture *fixture)
{
  return monge_viewport_get_problem (fixture->viewport) != NULL;
}

/* In a process of its own, whose toolkit was started without OpenGL. */
static void
run_without_opengl (void)
{
  Fixture fixture = { 0 };
  g_autofree char *path = monge_test_tmp_path ("no-gl.ply");

  set_up (&fixture, NULL);
  g_assert_true (wait_for (&fixture, has_problem));
  monge_session_open (fixture.session, MONGE_ROLE_SOURCE, "example:seahorse0");
  monge_session_open (fixture.session, MONGE_ROLE_TARGET, "example:seahorse1");
  g_assert_true (wait_for (&fixture, has_flow));
  activate (&fixture, "play");
  g_assert_true (wait_for (&fixture, has_moved));
  monge_window_export_shape (fixture.window, path);
  expect_saved (&fixture, path);
  monge_window_save_screenshot (fixture.window, path, 1, FALSE);
  g_assert_true (wait_for (&fixture, has_message));
  tear_down (&fixture, NULL);
}

static void
test_lives_without_opengl (void)
{
  if (g_test_subprocess ())
    {
      run_without_opengl ();
      return;
    }
  g_setenv ("GDK_DEBUG", "gl-disable", TRUE);
  g_test_trap_subprocess (NULL, 60 * G_USEC_PER_SEC, 0);
  g_unsetenv ("GDK_DEBUG");
  g_test_trap_assert_passed ();
}

static void
test_texts (void)
{
  static const struct {
    double value;
    const char *text;
  } cases[] = { { 1.0, "1.0" },   { 12.5, "12.5" },   { 0.3, "0.30" },      { 1e-3, "1e-3" },
                { 0.0, "0" },     { 123.4, "123" },   { 8.24e-4, "8.2e-4" }, { INFINITY, "∞" },
                { 0.05, "0.050" } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = monge_text_number (cases[i].value);
      double back;

      g_assert_cmpstr (text, ==, cases[i].text);
      g_assert_true (monge_text_parse (text, &back));
      g_assert_true (back == cases[i].value || fabs (back / cases[i].value - 1.0) < 5e-3);
    }
  {
    g_autofree char *count = monge_text_count (1234567);

    g_assert_cmpstr (count, ==, "1,234,567");
  }
}

#define ADD(name, shapes, func) \
  g_test_add ("/ui/" name, Fixture, shapes, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  if (!gtk_init_check ())
    {
      puts ("1..0 # SKIP no display");
      return 0;
    }
  g_test_init (&argc, &argv, NULL);
  monge_theme_init (gdk_display_get_default ());
  g_test_add_func ("/ui/texts", test_texts);
  ADD ("every_action_exists", NULL, test_every_action_exists);
  ADD ("plays_pauses_steps_and_resets", "pair", test_plays_pauses_steps_and_resets);
  ADD ("settles_and_plays_again", "pair", test_settles_and_plays_again);
  ADD ("sliders_act_during_the_run", "pair", test_sliders_act_during_the_run);
  ADD ("every_slider_reaches_both_ends", "pair", test_every_slider_reaches_both_ends);
  ADD ("numbers_can_be_typed", "pair", test_numbers_can_be_typed);
  ADD ("balanced_switch", "pair", test_balanced_switch);
  ADD ("reset_of_an_option", "pair", test_reset_of_an_option);
  ADD ("both_colours_show_and_move", "pair", test_both_colours_show_and_move);
  ADD ("view_follows_style_and_camera", "pair", test_view_follows_style_and_camera);
  ADD ("dark_is_dark", "pair", test_dark_is_dark);
  ADD ("nothing_is_drawn_at_rest", "pair", test_nothing_is_drawn_at_rest);
  ADD ("view_turns_smoothly_while_computing", NULL, test_view_turns_smoothly_while_computing);
  ADD ("export_keeps_faces_and_says_displacements", "pair",
       test_export_keeps_faces_and_says_displacements);
  ADD ("export_into_nowhere_says_so", "pair", test_export_into_nowhere_says_so);
  ADD ("screenshots", "pair", test_screenshots);
  ADD ("transparent_screenshot", "pair", test_transparent_screenshot);
  ADD ("missing_file_is_named", NULL, test_missing_file_is_named);
  ADD ("two_dropped_files_become_source_and_target", NULL,
       test_two_dropped_files_become_source_and_target);
  ADD ("one_shape_is_shown_alone", NULL, test_one_shape_is_shown_alone);
  ADD ("swap", "pair", test_swap);
  ADD ("label_chooser", NULL, test_label_chooser);
  ADD ("session_round_trip", "pair", test_session_round_trip);
  ADD ("status_line_says_it_all", "pair", test_status_line_says_it_all);
  g_test_add_func ("/ui/lives_without_opengl", test_lives_without_opengl);
  return g_test_run ();
}
