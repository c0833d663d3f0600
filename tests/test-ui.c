/* The window, driven from inside: actions, options, the flow, pixels. Needs a display. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/ui-driver.h"
#include "tests/util.h"
#include "ui/option-row.h"
#include "ui/text.h"
#include "ui/theme.h"

static void
test_every_action_exists (UiFixture *fixture, gconstpointer shapes)
{
  static const char *const names[] = {
    "open", "open-source", "open-target", "open-session", "save-session", "example",
    "first-example", "swap", "cancel-loading", "play", "step", "reset", "balanced", "fit",
    "reset-view", "zoom-in", "zoom-out", "show-source", "show-target", "show-start", "colour",
    "show-panels", "appearance", "backend", "screenshot", "transparent", "export", "export-samples",
    "dismiss-message", "about", "show-help-overlay",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (!g_action_group_has_action (G_ACTION_GROUP (fixture->window), names[i]))
      g_error ("no action win.%s", names[i]);
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (fixture->window), "play"));
  g_assert_nonnull (
      gtk_application_window_get_help_overlay (GTK_APPLICATION_WINDOW (fixture->window)));
}

static gboolean
is_after_a_step (UiFixture *fixture)
{
  const MongeFrame *frame = monge_session_get_frame (fixture->session);

  return frame != NULL && frame->step >= 1;
}

static void
test_plays_pauses_steps_and_resets (UiFixture *fixture, gconstpointer shapes)
{
  guint step;

  g_assert_true (ui_is_at_start (fixture));
  ui_activate (fixture, "play");
  g_assert_true (ui_wait_for (fixture, ui_has_moved));
  ui_activate (fixture, "play");
  g_assert_true (ui_wait_for (fixture, ui_is_paused));
  ui_run_for (0.1);
  step = monge_session_get_frame (fixture->session)->step;
  ui_run_for (0.2);
  g_assert_cmpuint (monge_session_get_frame (fixture->session)->step, ==, step);
  ui_activate (fixture, "step");
  ui_run_for (0.5);
  g_assert_true (ui_wait_for (fixture, ui_is_paused));
  g_assert_cmpuint (monge_session_get_frame (fixture->session)->step, ==, step + 1);
  g_assert_cmpuint (monge_session_get_samples (fixture->session)->len, ==, step + 1);
  ui_activate (fixture, "reset");
  g_assert_true (ui_wait_for (fixture, ui_is_at_start));
}

static gboolean
is_on_three_threads (UiFixture *fixture)
{
  const char *text = monge_session_get_backend_description (fixture->session);

  return text != NULL && g_str_has_suffix (text, "3 threads");
}

static gboolean
is_on_card_or_not (UiFixture *fixture)
{
  return monge_session_is_on_card (fixture->session) || ui_has_message (fixture);
}

/* The flow goes on where it stands, and what cannot be had is said. */
static void
test_backend_is_chosen (UiFixture *fixture, gconstpointer shapes)
{
  const MongeBackendOptions options = { .name = "cpu", .n_threads = 3 };
  guint step;

  ui_activate (fixture, "step");
  g_assert_true (ui_wait_for (fixture, is_after_a_step));
  g_assert_true (ui_wait_for (fixture, ui_is_paused));
  step = monge_session_get_frame (fixture->session)->step;
  monge_session_set_backend (fixture->session, &options);
  g_assert_true (ui_wait_for (fixture, is_on_three_threads));
  g_assert_true (ui_wait_for (fixture, ui_is_paused));
  g_assert_cmpuint (monge_session_get_frame (fixture->session)->step, ==, step);
  g_assert_cmpstr (monge_session_get_backend_choice (fixture->session), ==, "cpu");
  ui_activate (fixture, "step");
  ui_run_for (0.5);
  g_assert_true (ui_wait_for (fixture, ui_is_paused));
  g_assert_cmpuint (monge_session_get_frame (fixture->session)->step, ==, step + 1);

  g_action_group_change_action_state (G_ACTION_GROUP (fixture->window), "backend",
                                      g_variant_new_string ("cuda"));
  g_assert_true (ui_wait_for (fixture, is_on_card_or_not));
  if (ui_has_message (fixture))
    {
      g_assert_true (g_str_has_suffix (monge_window_get_message (fixture->window),
                                       "; going on with the CPU"));
      g_assert_cmpstr (monge_session_get_backend_choice (fixture->session), ==, "cpu");
    }
  g_assert_cmpuint (monge_session_get_frame (fixture->session)->step, ==, step + 1);
}

static gboolean
has_settled (UiFixture *fixture)
{
  return monge_session_get_state (fixture->session) == MONGE_RUNNER_SETTLED;
}

static void
test_settles_and_plays_again (UiFixture *fixture, gconstpointer shapes)
{
  GArray *samples = monge_session_get_samples (fixture->session);

  ui_activate (fixture, "play");
  g_assert_true (ui_wait_for (fixture, has_settled));
  g_assert_cmpfloat (g_array_index (samples, MongeSample, samples->len - 1).loss, <,
                     0.01 * g_array_index (samples, MongeSample, 0).loss);
  ui_activate (fixture, "play");
  g_assert_true (ui_wait_for (fixture, ui_has_moved));
  g_assert_true (ui_wait_for (fixture, has_settled));
}

static void
test_sliders_act_during_the_run (UiFixture *fixture, gconstpointer shapes)
{
  GtkWidget *scale = ui_find_in_row (fixture, "blur", GTK_TYPE_SCALE);
  GtkAdjustment *adjustment = gtk_range_get_adjustment (GTK_RANGE (scale));
  double blur = monge_session_get_params (fixture->session)->loss.blur;
  MongeFlowParams running;

  ui_activate (fixture, "play");
  g_assert_true (ui_wait_for (fixture, ui_has_moved));
  gtk_range_set_value (GTK_RANGE (scale), gtk_adjustment_get_value (adjustment) + log10 (2.0));
  monge_assert_close_rel (monge_session_get_params (fixture->session)->loss.blur, 2.0 * blur, 0.01);
  monge_runner_get_params (monge_session_get_runner (fixture->session), &running);
  monge_assert_close_rel (running.loss.blur, 2.0 * blur, 0.01);
  ui_run_for (0.2);
  g_assert_cmpint (monge_session_get_state (fixture->session), !=, MONGE_RUNNER_FAILED);
}

static void
test_every_slider_reaches_both_ends (UiFixture *fixture, gconstpointer shapes)
{
  for (const MongeOption *option = monge_flow_options; option->key != NULL; option++)
    {
      GtkWidget *row = ui_find_widget (GTK_WIDGET (fixture->window), ui_is_row_of, option->key);
      GType type = GTK_TYPE_SCALE;
      GtkWidget *scale = row != NULL ? ui_find_widget (row, ui_is_of_type, &type) : NULL;
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
test_numbers_can_be_typed (UiFixture *fixture, gconstpointer shapes)
{
  GtkWidget *entry = ui_find_in_row (fixture, "blur", GTK_TYPE_ENTRY);

  gtk_editable_set_text (GTK_EDITABLE (entry), "1,25");
  g_signal_emit_by_name (entry, "activate");
  monge_assert_close (monge_session_get_params (fixture->session)->loss.blur, 1.25, 1e-12);
  gtk_editable_set_text (GTK_EDITABLE (entry), "nonsense");
  g_signal_emit_by_name (entry, "activate");
  monge_assert_close (monge_session_get_params (fixture->session)->loss.blur, 1.25, 1e-12);
  g_assert_cmpstr (gtk_editable_get_text (GTK_EDITABLE (entry)), ==, "1.25");
}

static void
test_balanced_switch (UiFixture *fixture, gconstpointer shapes)
{
  GtkWidget *scale = ui_find_in_row (fixture, "reach", GTK_TYPE_SCALE);
  GtkWidget *entry = ui_find_in_row (fixture, "reach", GTK_TYPE_ENTRY);

  g_assert_true (ui_get_boolean (fixture, "balanced"));
  g_assert_false (gtk_widget_is_sensitive (scale));
  ui_activate (fixture, "balanced");
  g_assert_false (ui_get_boolean (fixture, "balanced"));
  g_assert_true (isfinite (monge_session_get_params (fixture->session)->loss.reach));
  g_assert_true (gtk_widget_is_sensitive (scale));
  gtk_editable_set_text (GTK_EDITABLE (entry), "inf");
  g_signal_emit_by_name (entry, "activate");
  g_assert_true (ui_get_boolean (fixture, "balanced"));
}

static void
test_reset_of_an_option (UiFixture *fixture, gconstpointer shapes)
{
  double blur = monge_session_get_params (fixture->session)->loss.blur;
  GtkWidget *entry = ui_find_in_row (fixture, "blur", GTK_TYPE_ENTRY);
  GtkWidget *button = ui_find_in_row (fixture, "blur", GTK_TYPE_BUTTON);

  g_assert_false (gtk_widget_is_sensitive (button));
  gtk_editable_set_text (GTK_EDITABLE (entry), "3");
  g_signal_emit_by_name (entry, "activate");
  g_assert_true (gtk_widget_is_sensitive (button));
  g_signal_emit_by_name (button, "clicked");
  monge_assert_close (monge_session_get_params (fixture->session)->loss.blur, blur, 1e-12);
}

/* Pixels */

static void
test_both_colours_show_and_move (UiFixture *fixture, gconstpointer shapes)
{
  g_autoptr (MongePicture) before = ui_take_picture (fixture, 1, FALSE);
  g_autoptr (MongePicture) after = NULL;
  g_autoptr (MongePicture) source_alone = NULL;

  g_assert_cmpuint (ui_count_leading (before, 0), >, 2000); /* orange */
  g_assert_cmpuint (ui_count_leading (before, 2), >, 2000); /* blue */
  ui_activate (fixture, "show-target");
  source_alone = ui_take_picture (fixture, 1, FALSE);
  g_assert_cmpuint (ui_count_leading (source_alone, 2), <, 100);
  ui_activate (fixture, "show-target");
  ui_activate (fixture, "play");
  g_assert_true (ui_wait_for (fixture, ui_has_moved));
  after = ui_take_picture (fixture, 1, FALSE);
  g_assert_cmpfloat (ui_compare (before, after), >, 0.2);
}

static void
test_view_follows_style_and_camera (UiFixture *fixture, gconstpointer shapes)
{
  static const char *const styles[] = { "points", "wire" };
  MongeViewStyle style = *monge_viewport_get_style (fixture->viewport);
  g_autoptr (MongePicture) first = ui_take_picture (fixture, 1, FALSE);

  for (gsize i = 0; i < G_N_ELEMENTS (styles); i++)
    {
      g_autoptr (MongePicture) picture = NULL;

      style.source_style = styles[i];
      monge_viewport_set_style (fixture->viewport, &style);
      picture = ui_take_picture (fixture, 1, FALSE);
      g_assert_cmpfloat (ui_compare (first, picture), >, 0.2);
    }
  style.source_style = "surface";
  monge_viewport_set_style (fixture->viewport, &style);
  monge_viewport_turn (fixture->viewport, 200.0f, 30.0f);
  monge_viewport_zoom (fixture->viewport, 1.5f);
  {
    g_autoptr (MongePicture) turned = ui_take_picture (fixture, 1, FALSE);
    g_autoptr (MongePicture) back = NULL;

    g_assert_cmpfloat (ui_compare (first, turned), >, 0.5);
    ui_activate (fixture, "reset-view");
    back = ui_take_picture (fixture, 1, FALSE);
    g_assert_cmpfloat (ui_compare (first, back), <, 0.05);
  }
}

static void
test_dark_is_dark (UiFixture *fixture, gconstpointer shapes)
{
  g_autoptr (MongePicture) light = NULL;
  g_autoptr (MongePicture) dark = NULL;

  g_unsetenv ("GTK_THEME");
  g_action_group_change_action_state (G_ACTION_GROUP (fixture->window), "appearance",
                                      g_variant_new_string ("light"));
  ui_run_for (0.3);
  light = ui_take_picture (fixture, 1, FALSE);
  g_action_group_change_action_state (G_ACTION_GROUP (fixture->window), "appearance",
                                      g_variant_new_string ("dark"));
  ui_run_for (0.3);
  dark = ui_take_picture (fixture, 1, FALSE);
  g_action_group_change_action_state (G_ACTION_GROUP (fixture->window), "appearance",
                                      g_variant_new_string ("light"));
  g_assert_cmpuint (light->pixels[0], >, 200);
  g_assert_cmpuint (dark->pixels[0], <, 60);
}

static void
test_nothing_is_drawn_at_rest (UiFixture *fixture, gconstpointer shapes)
{
  guint64 n;

  ui_run_for (0.5);
  n = monge_viewport_get_n_drawn (fixture->viewport);
  ui_run_for (0.5);
  g_assert_cmpuint (monge_viewport_get_n_drawn (fixture->viewport), ==, n);
}

static gboolean
turn_a_little (GtkWidget *widget, GdkFrameClock *clock, gpointer viewport)
{
  monge_viewport_turn (viewport, 4.0f, 0.0f);
  return G_SOURCE_CONTINUE;
}

#ifdef __SANITIZE_ADDRESS__ /* a tenth of the speed */
#define SIZE "_1654"
#else
#define SIZE ""
#endif

/* Not a benchmark: other things run beside the tests. It says what it measured. */
static void
test_view_turns_smoothly_while_computing (UiFixture *fixture, gconstpointer shapes)
{
  g_autofree char *source = monge_test_data ("hippocampus/source" SIZE ".ply");
  g_autofree char *target = monge_test_data ("hippocampus/target" SIZE ".ply");
  MongeFlowParams params = *monge_session_get_params (fixture->session);
  guint64 n_before;
  guint tick;

  if (source == NULL || target == NULL)
    return;
  monge_session_open (fixture->session, MONGE_ROLE_SOURCE, source);
  monge_session_open (fixture->session, MONGE_ROLE_TARGET, target);
  params.step_size = 0.01;
  monge_session_set_params (fixture->session, &params);
  g_assert_true (ui_wait_for (fixture, ui_has_drawn));
  ui_activate (fixture, "play");
  g_assert_true (ui_wait_for (fixture, ui_has_moved));
  tick = gtk_widget_add_tick_callback (GTK_WIDGET (fixture->viewport), turn_a_little,
                                       fixture->viewport, NULL);
  n_before = monge_viewport_get_n_drawn (fixture->viewport);
  ui_run_for (2.0);
  gtk_widget_remove_tick_callback (GTK_WIDGET (fixture->viewport), tick);
  g_test_message ("%.0f frames a second while computing, %.0f ms per step",
                  (monge_viewport_get_n_drawn (fixture->viewport) - n_before) / 2.0,
                  1e3 * monge_session_get_step_time (fixture->session));
  g_assert_cmpuint (monge_viewport_get_n_drawn (fixture->viewport) - n_before, >=, 8);
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
  g_test_add ("/ui/" name, UiFixture, shapes, ui_set_up, func, ui_tear_down)

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
  ADD ("every_action_exists", NULL, test_every_action_exists);
  ADD ("plays_pauses_steps_and_resets", "pair", test_plays_pauses_steps_and_resets);
  ADD ("backend_is_chosen", "pair", test_backend_is_chosen);
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
  g_test_add_func ("/ui/texts", test_texts);
  return g_test_run ();
}
