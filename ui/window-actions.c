#include "ui/window-private.h"

#include <math.h>
#include <string.h>

#include "compute/recipe-file.h"
#include "ui/file-dialog.h"
#include "ui/file-filters.h"
#include "ui/settings.h"
#include "ui/theme.h"

#define ATLAS "/usr/share/mricron/templates/aal.nii.gz"

static const char *const picture_filter[] = { "PNG pictures", "*.png", NULL };
static const char *const session_filter[] = { "Sessions", "*.monge", NULL };
static const char *const table_filter[] = { "CSV tables", "*.csv", NULL };

/* The first one that can be had is what "Show an Example" shows. */
static const struct {
  const char *name, *label, *file, *source, *target;
  gboolean is_mirrored;
} examples[] = {
  { "hippocampi", "Two Hippocampi (AAL Atlas)", ATLAS, ATLAS "#37", ATLAS "#38", TRUE },
  { "seahorses", "Two Seahorses", NULL, "example:seahorse0", "example:seahorse1", FALSE },
  { "torus", "Sphere to Torus", NULL, "example:sphere", "example:torus", FALSE },
  { "knot", "Knot to Torus", NULL, "example:knot", "example:torus", FALSE },
};

/* Opening */

static gboolean
can_show (gsize i)
{
  return examples[i].file == NULL || g_file_test (examples[i].file, G_FILE_TEST_EXISTS);
}

static void
show_example (MongeWindow *window, gsize i)
{
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
  g_autoptr (GError) error = NULL;

  recipe->params = *monge_session_get_params (window->session);
  if (!monge_recipe_input_set_path (&recipe->source, examples[i].source, &error)
      || !monge_recipe_input_set_path (&recipe->target, examples[i].target, &error))
    {
      monge_window_show_message (window, error->message, TRUE);
      return;
    }
  recipe->target.mirror = examples[i].is_mirrored ? 0 : -1;
  monge_session_open_recipe (window->session, recipe);
}

static void
on_example (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (examples); i++)
    if (g_str_equal (examples[i].name, g_variant_get_string (parameter, NULL)))
      show_example (user_data, i);
}

static void
on_first_example (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  gsize i = 0;

  while (!can_show (i))
    i++;
  show_example (user_data, i);
}

static GMenuModel *
build_example_menu (void)
{
  GMenu *menu = g_menu_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (examples); i++)
    if (can_show (i))
      {
        g_autofree char *action = g_strdup_printf ("win.example::%s", examples[i].name);

        g_menu_append (menu, examples[i].label, action);
      }
  return G_MENU_MODEL (menu);
}

static void
open_chosen (GListModel *files, gpointer user_data)
{
  g_autoptr (MongeWindow) window = user_data;

  if (files != NULL)
    monge_window_open_files (window, files);
}

static void
open_as (MongeWindow *window, MongeRole role, GListModel *files)
{
  g_autoptr (GFile) file = files != NULL ? g_list_model_get_item (files, 0) : NULL;
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;

  if (path != NULL)
    monge_session_open (window->session, role, path);
  g_object_unref (window);
}

static void
open_chosen_source (GListModel *files, gpointer user_data)
{
  open_as (user_data, MONGE_ROLE_SOURCE, files);
}

static void
open_chosen_target (GListModel *files, gpointer user_data)
{
  open_as (user_data, MONGE_ROLE_TARGET, files);
}

static void
on_open (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_auto (GStrv) filter = monge_file_filter_for_shapes ();

  monge_file_dialog_open (user_data, "Open Shapes", (const char *const *) filter, G_MAXUINT,
                          open_chosen, g_object_ref (user_data));
}

static void
on_open_source (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_auto (GStrv) filter = monge_file_filter_for_shapes ();

  monge_file_dialog_open (user_data, "Open the Source", (const char *const *) filter, 1,
                          open_chosen_source, g_object_ref (user_data));
}

static void
on_open_target (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_auto (GStrv) filter = monge_file_filter_for_shapes ();

  monge_file_dialog_open (user_data, "Open the Target", (const char *const *) filter, 1,
                          open_chosen_target, g_object_ref (user_data));
}

static void
on_swap (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  monge_session_swap (MONGE_WINDOW (user_data)->session);
}

static void
on_cancel_loading (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  monge_session_cancel_loading (MONGE_WINDOW (user_data)->session);
}

/* The flow */

/* A run that has settled starts again. */
static void
on_play (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MongeSession *session = MONGE_WINDOW (user_data)->session;
  MongeRunnerState state = monge_session_get_state (session);

  if (state == MONGE_RUNNER_PLAYING)
    {
      monge_session_pause (session);
      return;
    }
  if (state == MONGE_RUNNER_SETTLED || state == MONGE_RUNNER_FAILED)
    monge_session_reset (session);
  monge_session_play (session);
}

static void
on_step (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  monge_session_step (MONGE_WINDOW (user_data)->session);
}

static void
on_reset (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  monge_session_reset (MONGE_WINDOW (user_data)->session);
}

static void
change_balanced (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  MongeWindow *window = user_data;
  MongeFlowParams params = *monge_session_get_params (window->session);

  if (g_variant_get_boolean (state) == !isfinite (params.loss.reach))
    return;
  if (isfinite (params.loss.reach))
    window->last_reach = params.loss.reach;
  else if (!(window->last_reach > 0.0))
    window->last_reach = 0.25 * monge_session_get_diameter (window->session);
  params.loss.reach = g_variant_get_boolean (state) ? INFINITY : window->last_reach;
  monge_session_set_params (window->session, &params);
}

/* The view */

static void
on_fit (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  monge_viewport_fit (MONGE_WINDOW (user_data)->viewport);
}

static void
on_reset_view (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  monge_viewport_reset_view (MONGE_WINDOW (user_data)->viewport);
}

static void
on_zoom_in (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  monge_viewport_zoom (MONGE_WINDOW (user_data)->viewport, 1.25f);
}

static void
on_zoom_out (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  monge_viewport_zoom (MONGE_WINDOW (user_data)->viewport, 0.8f);
}

static void
change_part (GSimpleAction *action, GVariant *state, MongeWindow *window, MongeViewPart part)
{
  g_simple_action_set_state (action, state);
  monge_viewport_set_part_visible (window->viewport, part, g_variant_get_boolean (state));
}

static void
change_show_source (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  change_part (action, state, user_data, MONGE_VIEW_SOURCE);
}

static void
change_show_target (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  change_part (action, state, user_data, MONGE_VIEW_TARGET);
}

static void
change_show_start (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  change_part (action, state, user_data, MONGE_VIEW_START);
}

static void
on_colour (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MongeWindow *window = user_data;
  MongeViewStyle style = *monge_viewport_get_style (window->viewport);
  const MongeOption *option = monge_option_find (monge_view_options, "colour-by");
  gboolean is_uniform = g_str_equal (style.colour_by, option->choices[0]);

  style.colour_by = option->choices[is_uniform ? 1 : 0];
  monge_viewport_set_style (window->viewport, &style);
}

static void
change_panel (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  MongeWindow *window = user_data;

  g_simple_action_set_state (action, state);
  gtk_stack_set_visible_child_name (window->side_stack, g_variant_get_string (state, NULL));
}

static void
change_show_panels (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  MongeWindow *window = user_data;

  g_simple_action_set_state (action, state);
  gtk_widget_set_visible (window->left, g_variant_get_boolean (state));
  gtk_widget_set_visible (window->right, g_variant_get_boolean (state));
}

/* The state follows the session, which goes on with the CPU when a card fails. */
static void
change_backend (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  MongeWindow *window = user_data;
  const MongeBackendOptions options = { .name = g_variant_get_string (state, NULL) };

  g_simple_action_set_state (action, state);
  monge_session_set_backend (window->session, &options);
}

static void
change_appearance (GSimpleAction *action, GVariant *state, gpointer user_data)
{
  const char *appearance = g_variant_get_string (state, NULL);

  g_simple_action_set_state (action, state);
  monge_theme_set_appearance (appearance);
  monge_settings_set_string ("color-scheme", appearance);
}

/* Files out */

static char *
suggest_name (MongeWindow *window, const char *suffix)
{
  MongeShape *source = monge_session_get_shape (window->session, MONGE_ROLE_SOURCE);
  const MongeFrame *frame = monge_session_get_frame (window->session);
  g_autofree char *base = g_strdup (source != NULL ? monge_shape_get_name (source) : "monge");
  char *dot = strrchr (base, '.');

  if (dot != NULL && dot != base)
    *dot = '\0';
  g_strdelimit (base, "/:#", '-');
  if (frame == NULL || frame->step == 0)
    return g_strconcat (base, suffix, NULL);
  return g_strdup_printf ("%s-step%u%s", base, frame->step, suffix);
}

/* NULL when the person changed their mind; with the extension of @extension if they gave none. */
static char *
get_chosen_path (GListModel *files, const char *extension)
{
  g_autoptr (GFile) file = files != NULL ? g_list_model_get_item (files, 0) : NULL;
  g_autofree char *path = file != NULL ? g_file_get_path (file) : NULL;
  g_autofree char *base = path != NULL ? g_path_get_basename (path) : NULL;

  if (base != NULL && strchr (base, '.') == NULL)
    return g_strconcat (path, extension, NULL);
  return g_steal_pointer (&path);
}

static void
say_saved (MongeWindow *window, const char *path)
{
  g_autofree char *text = g_strdup_printf ("Saved %s", path);

  monge_window_show_message (window, text, FALSE);
}

/* What a finished write needs to know. */
typedef struct {
  MongeWindow *window;
  char *path;
} Saving;

static Saving *
saving_new (MongeWindow *window, const char *path)
{
  Saving *saving = g_new (Saving, 1);

  saving->window = g_object_ref (window);
  saving->path = g_strdup (path);
  return saving;
}

static void
saving_end (Saving *saving, const GError *error)
{
  if (error != NULL)
    monge_window_show_message (saving->window, error->message, TRUE);
  else
    say_saved (saving->window, saving->path);
  g_object_unref (saving->window);
  g_free (saving->path);
  g_free (saving);
}

static void
screenshot_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  monge_picture_save_finish (result, &error);
  saving_end (user_data, error);
}

void
monge_window_save_screenshot (MongeWindow *window, const char *path, int scale,
                              gboolean transparent)
{
  g_autoptr (GError) error = NULL;
  MongePicture *picture = monge_viewport_take_picture (window->viewport, scale, transparent,
                                                       &error);

  if (picture == NULL)
    monge_window_show_message (window, error->message, TRUE);
  else
    monge_picture_save_async (picture, path, screenshot_saved, saving_new (window, path));
}

static void
exported (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  monge_session_export_finish (MONGE_SESSION (source), result, &error);
  saving_end (user_data, error);
}

void
monge_window_export_shape (MongeWindow *window, const char *path)
{
  monge_session_export_async (window->session, path, exported, saving_new (window, path));
}

static void
screenshot_chosen (GListModel *files, gpointer user_data)
{
  g_autoptr (MongeWindow) window = user_data;
  g_autofree char *path = get_chosen_path (files, ".png");
  g_autoptr (GVariant) transparent = g_action_group_get_action_state (G_ACTION_GROUP (window),
                                                                      "transparent");
  int scale = GPOINTER_TO_INT (g_object_get_data (G_OBJECT (window), "screenshot-scale"));

  if (path != NULL)
    monge_window_save_screenshot (window, path, scale, g_variant_get_boolean (transparent));
}

static void
on_screenshot (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  int scale = CLAMP (g_variant_get_int32 (parameter), 1, 8);
  g_autofree char *name = suggest_name (user_data, ".png");

  g_object_set_data (user_data, "screenshot-scale", GINT_TO_POINTER (scale));
  monge_file_dialog_save (user_data, "Save a Picture of the View", picture_filter, name,
                          screenshot_chosen, g_object_ref (user_data));
}

/* Before there is a flow, the source as it is. */
static void
on_export (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MongeWindow *window = user_data;
  g_autoptr (MongeFlowResults) flow = monge_flow_results_new (window->session);

  monge_window_ask_export (window, "Export the Transported Shape",
                           monge_session_get_shape (window->session, MONGE_ROLE_SOURCE), flow);
}

static void
on_export_output (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  monge_window_ask_output (user_data, g_variant_get_string (parameter, NULL));
}

static void
on_cancel_export (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  monge_window_cancel_exports (user_data);
}

static void
samples_chosen (GListModel *files, gpointer user_data)
{
  g_autoptr (MongeWindow) window = user_data;
  g_autofree char *path = get_chosen_path (files, ".csv");
  g_autoptr (GError) error = NULL;

  if (path == NULL)
    return;
  if (monge_session_export_samples (window->session, path, &error))
    say_saved (window, path);
  else
    monge_window_show_message (window, error->message, TRUE);
}

static void
on_export_samples (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_autofree char *name = suggest_name (user_data, ".csv");

  monge_file_dialog_save (user_data, "Save the Curves", table_filter, name, samples_chosen,
                          g_object_ref (user_data));
}

void
monge_window_save_session (MongeWindow *window, const char *path)
{
  g_autoptr (MongeRecipe) recipe = monge_session_dup_recipe (window->session);
  g_autoptr (GError) error = NULL;

  if (monge_recipe_file_save (path, recipe, &error))
    say_saved (window, path);
  else
    monge_window_show_message (window, error->message, TRUE);
}

void
monge_window_open_session (MongeWindow *window, const char *path)
{
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
  g_autoptr (GError) error = NULL;

  if (monge_recipe_file_load (path, recipe, NULL, &error))
    monge_session_open_recipe (window->session, recipe);
  else
    monge_window_show_message (window, error->message, TRUE);
}

static void
session_to_save_chosen (GListModel *files, gpointer user_data)
{
  g_autoptr (MongeWindow) window = user_data;
  g_autofree char *path = get_chosen_path (files, ".monge");

  if (path != NULL)
    monge_window_save_session (window, path);
}

static void
session_to_open_chosen (GListModel *files, gpointer user_data)
{
  g_autoptr (MongeWindow) window = user_data;
  g_autofree char *path = get_chosen_path (files, "");

  if (path != NULL)
    monge_window_open_session (window, path);
}

static void
on_save_session (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_autofree char *name = suggest_name (user_data, ".monge");

  monge_file_dialog_save (user_data, "Save the Session", session_filter, name,
                          session_to_save_chosen, g_object_ref (user_data));
}

static void
on_open_session (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  monge_file_dialog_open (user_data, "Open a Session", session_filter, 1, session_to_open_chosen,
                          g_object_ref (user_data));
}

/* The rest */

static void
on_dismiss_message (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MongeWindow *window = user_data;

  gtk_revealer_set_reveal_child (window->message_revealer, FALSE);
  gtk_widget_grab_focus (GTK_WIDGET (window->viewport));
}

static void
on_about (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  gtk_show_about_dialog (user_data, "program-name", "Monge", "version", MONGE_VERSION,
                         "logo-icon-name", "io.github.monge.Monge", "comments",
                         "Watch one anatomical shape flow onto another by optimal transport",
                         "license-type", GTK_LICENSE_MIT_X11, NULL);
}

static const GActionEntry entries[] = {
  { "open", on_open },
  { "open-source", on_open_source },
  { "open-target", on_open_target },
  { "example", on_example, "s" },
  { "first-example", on_first_example },
  { "open-session", on_open_session },
  { "save-session", on_save_session },
  { "swap", on_swap },
  { "cancel-loading", on_cancel_loading },
  { "play", on_play },
  { "step", on_step },
  { "reset", on_reset },
  { "balanced", NULL, NULL, "true", change_balanced },
  { "fit", on_fit },
  { "reset-view", on_reset_view },
  { "zoom-in", on_zoom_in },
  { "zoom-out", on_zoom_out },
  { "show-source", NULL, NULL, "true", change_show_source },
  { "show-target", NULL, NULL, "true", change_show_target },
  { "show-start", NULL, NULL, "false", change_show_start },
  { "colour", on_colour },
  { "show-panels", NULL, NULL, "true", change_show_panels },
  { "panel", NULL, "s", "'appearance'", change_panel },
  { "appearance", NULL, "s", "'system'", change_appearance },
  { "backend", NULL, "s", "'auto'", change_backend },
  { "screenshot", on_screenshot, "i" },
  { "transparent", NULL, NULL, "false", NULL },
  { "export", on_export },
  { "export-output", on_export_output, "s" },
  { "cancel-export", on_cancel_export },
  { "export-samples", on_export_samples },
  { "dismiss-message", on_dismiss_message },
  { "about", on_about },
};

/* Keys with a modifier work everywhere; plain keys only where nothing that is typed into or moved
 * wants them first. */
static const struct {
  const char *action;
  const char *accels[3];
} accels[] = {
  { "win.open", { "<Control>o" } },
  { "win.open-target", { "<Control><Shift>o" } },
  { "win.export", { "<Control>s" } },
  { "win.screenshot(2)", { "<Control>p" } },
  { "win.show-panels", { "F9" } },
  { "win.panel::appearance", { "<Alt>1" } },
  { "win.panel::details", { "<Alt>2" } },
  { "win.panel::prepare", { "<Alt>3" } },
  { "win.show-help-overlay", { "<Control>question", "F1" } },
  { "app.quit", { "<Control>q" } },
  { "window.close", { "<Control>w" } },
}, plain_keys[] = {
  { "win.play", { "space" } },
  { "win.step", { "period" } },
  { "win.reset", { "Home" } },
  { "win.fit", { "f" } },
  { "win.reset-view", { "r" } },
  { "win.zoom-in", { "plus", "KP_Add" } },
  { "win.zoom-out", { "minus", "KP_Subtract" } },
  { "win.balanced", { "b" } },
  { "win.colour", { "c" } },
  { "win.show-source", { "1" } },
  { "win.show-target", { "2" } },
  { "win.show-start", { "3" } },
  { "win.dismiss-message", { "Escape" } },
};

void
monge_window_set_accels (GtkApplication *application)
{
  for (gsize i = 0; i < G_N_ELEMENTS (accels); i++)
    gtk_application_set_accels_for_action (application, accels[i].action, accels[i].accels);
}

static void
add_plain_keys (MongeWindow *window)
{
  GtkEventController *controller = gtk_shortcut_controller_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (plain_keys); i++)
    for (int k = 0; plain_keys[i].accels[k] != NULL; k++)
      gtk_shortcut_controller_add_shortcut (
          GTK_SHORTCUT_CONTROLLER (controller),
          gtk_shortcut_new (gtk_shortcut_trigger_parse_string (plain_keys[i].accels[k]),
                            gtk_named_action_new (plain_keys[i].action)));
  gtk_widget_add_controller (GTK_WIDGET (window), controller);
}

static void
enable (MongeWindow *window, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (window), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

void
monge_window_update_actions (MongeWindow *window)
{
  static const char *const of_flow[] = { "play", "step", "reset", "export-samples",
                                         "export-output" };
  static const char *const of_view[] = { "show-source", "show-target", "show-start" };
  gboolean has_flow = monge_session_get_runner (window->session) != NULL;
  gboolean has_source = monge_session_get_shape (window->session, MONGE_ROLE_SOURCE) != NULL;
  gboolean has_target = monge_session_get_shape (window->session, MONGE_ROLE_TARGET) != NULL;
  double reach = monge_session_get_params (window->session)->loss.reach;
  GAction *balanced = g_action_map_lookup_action (G_ACTION_MAP (window), "balanced");
  GAction *backend = g_action_map_lookup_action (G_ACTION_MAP (window), "backend");

  for (gsize i = 0; i < G_N_ELEMENTS (of_flow); i++)
    enable (window, of_flow[i], has_flow);
  enable (window, "export", has_source);
  enable (window, "cancel-export", window->exports->len > 0);
  enable (window, "save-session", has_source);
  enable (window, "swap", has_source && has_target
                              && !monge_session_is_loading (window->session));
  enable (window, "cancel-loading", monge_session_is_loading (window->session));
  if (isfinite (reach))
    window->last_reach = reach;
  g_simple_action_set_state (G_SIMPLE_ACTION (balanced), g_variant_new_boolean (!isfinite (reach)));
  for (int part = 0; part < MONGE_N_VIEWS; part++)
    {
      GAction *action = g_action_map_lookup_action (G_ACTION_MAP (window), of_view[part]);
      gboolean visible = monge_viewport_get_part_visible (window->viewport, part);

      g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_boolean (visible));
    }
  g_simple_action_set_state (
      G_SIMPLE_ACTION (backend),
      g_variant_new_string (monge_session_get_backend_choice (window->session)));
}

static void
add_help (MongeWindow *window)
{
  g_autoptr (GtkBuilder) builder =
      gtk_builder_new_from_resource ("/io/github/monge/Monge/ui/shortcuts.ui");
  GObject *overlay = gtk_builder_get_object (builder, "shortcuts");

  gtk_application_window_set_help_overlay (GTK_APPLICATION_WINDOW (window),
                                           GTK_SHORTCUTS_WINDOW (overlay));
}

void
monge_window_install_actions (MongeWindow *window)
{
  g_autoptr (GMenuModel) menu = build_example_menu ();
  g_autofree char *appearance = monge_settings_dup_string ("color-scheme");

  g_action_map_add_action_entries (G_ACTION_MAP (window), entries, G_N_ELEMENTS (entries), window);
  gtk_menu_button_set_menu_model (window->example_button, menu);
  add_plain_keys (window);
  add_help (window);
  if (appearance != NULL)
    g_action_group_change_action_state (G_ACTION_GROUP (window), "appearance",
                                        g_variant_new_string (appearance));
}
