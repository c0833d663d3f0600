/* The window, driven from inside: what comes in, what goes out, life without OpenGL. */
#include <stdio.h>
#include <string.h>

#include "compute/io/io.h"
#include "tests/ui-driver.h"
#include "tests/util.h"
#include "ui/label-chooser.h"
#include "ui/theme.h"

static void
expect_saved (UiFixture *fixture, const char *path)
{
  g_assert_true (ui_wait_for (fixture, ui_has_message));
  g_assert_true (g_str_has_prefix (monge_window_get_message (fixture->window), "Saved "));
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
  ui_activate (fixture, "dismiss-message");
  g_assert_null (monge_window_get_message (fixture->window));
}

static void
test_export_keeps_faces_and_says_displacements (UiFixture *fixture, gconstpointer shapes)
{
  g_autofree char *path = monge_test_tmp_path ("moved.ply");
  MongeShape *source = monge_session_get_shape (fixture->session, MONGE_ROLE_SOURCE);
  g_autoptr (MongeShape) moved = NULL;
  g_autoptr (GError) error = NULL;

  ui_activate (fixture, "play");
  g_assert_true (ui_wait_for (fixture, ui_has_moved));
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
test_export_into_nowhere_says_so (UiFixture *fixture, gconstpointer shapes)
{
  monge_window_export_shape (fixture->window, "/nonexistent/moved.ply");
  g_assert_true (ui_wait_for (fixture, ui_has_message));
  g_assert_nonnull (strstr (monge_window_get_message (fixture->window), "/nonexistent/moved.ply"));
}

static void
test_screenshots (UiFixture *fixture, gconstpointer shapes)
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
test_transparent_screenshot (UiFixture *fixture, gconstpointer shapes)
{
  g_autoptr (MongePicture) opaque = ui_take_picture (fixture, 1, FALSE);
  g_autoptr (MongePicture) clear = ui_take_picture (fixture, 1, TRUE);
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
test_missing_file_is_named (UiFixture *fixture, gconstpointer shapes)
{
  monge_session_open (fixture->session, MONGE_ROLE_SOURCE, "/nonexistent/skull.ply");
  g_assert_true (ui_wait_for (fixture, ui_has_message));
  g_assert_nonnull (strstr (monge_window_get_message (fixture->window), "/nonexistent/skull.ply"));
  g_assert_true (ui_wait_for (fixture, ui_is_not_loading));
}

static void
save_example (const char *example, const char *path)
{
  g_autoptr (GError) error = NULL;
  MongeRecipeInput input = { .path = (char *) example, .mirror = -1 };
  g_autoptr (MongeShape) shape = monge_recipe_input_load (&input, NULL, &error);

  g_assert_no_error (error);
  monge_shape_save (shape, path, NULL, &error);
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
test_two_dropped_files_become_source_and_target (UiFixture *fixture, gconstpointer shapes)
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
  g_assert_true (ui_wait_for (fixture, ui_has_flow));
  g_assert_true (ui_is_paused (fixture));
  g_assert_nonnull (strstr (gtk_window_get_title (GTK_WINDOW (fixture->window)), "→"));
}

static guint
count_green (UiFixture *fixture)
{
  g_autoptr (MongePicture) picture = ui_take_picture (fixture, 1, FALSE);
  guint n = 0;

  for (gsize i = 0; i < (gsize) picture->width * picture->height; i++)
    {
      const guint8 *pixel = picture->pixels + 4 * i;

      n += pixel[1] > pixel[0] + 20 && pixel[1] > pixel[2] + 5;
    }
  return n;
}

/* A third shape is drawn in green, not when it is hidden, and can be removed. */
static void
test_context_is_drawn_hidden_and_removed (UiFixture *fixture, gconstpointer shapes)
{
  MongeDocument *document = monge_session_get_document (fixture->session);
  MongeItem *item = monge_document_open (document, MONGE_ROLE_ANY, "example:seahorse1");
  MongeRunner *runner = monge_session_get_runner (fixture->session);

  g_assert_cmpuint (count_green (fixture), ==, 0);
  g_assert_true (ui_wait_for (fixture, ui_is_not_loading));
  monge_item_set_visible (monge_document_get (document, MONGE_ROLE_TARGET), FALSE);
  monge_item_set_visible (monge_document_get (document, MONGE_ROLE_SOURCE), FALSE);
  g_assert_false (ui_get_boolean (fixture, "show-source"));
  ui_run_for (0.2);
  g_assert_cmpuint (count_green (fixture), >, 500);
  monge_item_set_visible (item, FALSE);
  g_assert_cmpuint (count_green (fixture), ==, 0);
  monge_item_set_visible (item, TRUE);
  monge_document_remove (document, item);
  g_assert_true (ui_wait_for (fixture, ui_is_not_loading));
  g_assert_cmpuint (count_green (fixture), ==, 0);
  g_assert_true (monge_session_get_runner (fixture->session) == runner);
}

static void
test_one_shape_is_shown_alone (UiFixture *fixture, gconstpointer shapes)
{
  g_autoptr (MongePicture) picture = NULL;

  monge_session_open (fixture->session, MONGE_ROLE_SOURCE, "example:knot");
  while (monge_session_get_drawable (fixture->session, MONGE_ROLE_SOURCE) == NULL)
    ui_run_for (0.02);
  ui_run_for (0.2);
  picture = ui_take_picture (fixture, 1, FALSE);
  g_assert_cmpuint (ui_count_leading (picture, 0), >, 200);
  g_assert_false (g_action_group_get_action_enabled (G_ACTION_GROUP (fixture->window), "play"));
  g_assert_true (g_action_group_get_action_enabled (G_ACTION_GROUP (fixture->window), "export"));
}

static void
test_swap (UiFixture *fixture, gconstpointer shapes)
{
  MongeShape *source = monge_session_get_shape (fixture->session, MONGE_ROLE_SOURCE);

  ui_activate (fixture, "swap");
  g_assert_true (ui_wait_for (fixture, ui_has_flow));
  g_assert_true (monge_session_get_shape (fixture->session, MONGE_ROLE_TARGET) == source);
}

/* Two cubes in one volume. */
static MongeVolume *
make_volume (void)
{
  MongeVoxels voxels = { .size = { 24, 12, 12 },
                         .affine = { 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1 },
                         .type = MONGE_TYPE_INT32,
                         .slope = 1.0 };
  g_autofree gint32 *labels = g_new0 (gint32, 24 * 12 * 12);
  g_autoptr (GError) error = NULL;
  MongeVolume *volume;

  for (guint k = 3; k < 9; k++)
    for (guint j = 3; j < 9; j++)
      for (guint i = 2; i < 22; i++)
        if (i < 9 || i > 14)
          labels[i + 24 * (j + 12 * k)] = i < 12 ? 5 : 7;
  voxels.values = labels;
  volume = monge_volume_new ("cubes.nii", &voxels, NULL, NULL, &error);
  g_assert_no_error (error);
  return volume;
}

static MongeLabelChooser *
find_chooser (void)
{
  g_autoptr (GList) windows = gtk_window_list_toplevels ();

  for (GList *window = windows; window != NULL; window = window->next)
    if (MONGE_IS_LABEL_CHOOSER (window->data))
      return window->data;
  return NULL;
}

static void
test_label_chooser (UiFixture *fixture, gconstpointer shapes)
{
  g_autoptr (MongeVolume) volume = make_volume ();
  const gint32 labels[] = { 5, 7 };

  for (int role = 0; role < MONGE_N_ROLES; role++)
    {
      MongeDocument *document = monge_session_get_document (fixture->session);
      MongeRecipeInput input = { .path = (char *) "cubes.nii", .mirror = -1, .role = role };
      MongeItem *item = monge_document_add_volume (document, &input, volume);

      while (monge_item_get_state (item) != MONGE_ITEM_ASKING)
        ui_run_for (0.02);
      ui_run_for (0.3);
      monge_label_chooser_choose (find_chooser (), &labels[role], 1,
                                  role == 1 ? MONGE_LABELS_AS_VOXELS : MONGE_LABELS_TOGETHER);
    }
  g_assert_true (ui_wait_for (fixture, ui_has_flow));
  g_assert_cmpint (
      monge_shape_get_kind (monge_session_get_shape (fixture->session, MONGE_ROLE_SOURCE)), ==,
      MONGE_SHAPE_SURFACE);
  g_assert_cmpint (
      monge_shape_get_kind (monge_session_get_shape (fixture->session, MONGE_ROLE_TARGET)), ==,
      MONGE_SHAPE_POINTS);
}

static void
test_session_round_trip (UiFixture *fixture, gconstpointer shapes)
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
  g_assert_true (ui_wait_for (fixture, ui_has_flow));
  monge_assert_close (monge_session_get_params (fixture->session)->loss.blur, 2.5, 1e-9);
  monge_assert_close (monge_session_get_params (fixture->session)->loss.reach, 12.0, 1e-9);
  g_assert_cmpint (monge_session_get_params (fixture->session)->loss.p, ==, 1);
  g_assert_cmpstr (
      monge_shape_get_name (monge_session_get_shape (fixture->session, MONGE_ROLE_TARGET)), ==,
      "seahorse1");
}

static void
test_status_line_says_it_all (UiFixture *fixture, gconstpointer shapes)
{
  static const char *const parts[] = { "points", "marginal error", "per step", "CPU" };
  g_autofree char *status = NULL;

  ui_activate (fixture, "play");
  g_assert_true (ui_wait_for (fixture, ui_has_moved));
  ui_run_for (0.5);
  status = monge_window_dup_status (fixture->window);
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    if (strstr (status, parts[i]) == NULL)
      g_error ("“%s” does not say “%s”", status, parts[i]);
}

static gboolean
has_problem (UiFixture *fixture)
{
  return monge_viewport_get_problem (fixture->viewport) != NULL;
}

/* In a process of its own, whose toolkit was started without OpenGL. */
static void
run_without_opengl (void)
{
  UiFixture fixture = { 0 };
  g_autofree char *path = monge_test_tmp_path ("no-gl.ply");

  ui_set_up (&fixture, NULL);
  g_assert_true (ui_wait_for (&fixture, has_problem));
  monge_session_open (fixture.session, MONGE_ROLE_SOURCE, "example:seahorse0");
  monge_session_open (fixture.session, MONGE_ROLE_TARGET, "example:seahorse1");
  g_assert_true (ui_wait_for (&fixture, ui_has_flow));
  ui_activate (&fixture, "play");
  g_assert_true (ui_wait_for (&fixture, ui_has_moved));
  monge_window_export_shape (fixture.window, path);
  expect_saved (&fixture, path);
  monge_window_save_screenshot (fixture.window, path, 1, FALSE);
  g_assert_true (ui_wait_for (&fixture, ui_has_message));
  ui_tear_down (&fixture, NULL);
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

#define ADD(name, shapes, func) \
  g_test_add ("/ui-files/" name, UiFixture, shapes, ui_set_up, func, ui_tear_down)

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
  ADD ("export_keeps_faces_and_says_displacements", "pair",
       test_export_keeps_faces_and_says_displacements);
  ADD ("export_into_nowhere_says_so", "pair", test_export_into_nowhere_says_so);
  ADD ("screenshots", "pair", test_screenshots);
  ADD ("transparent_screenshot", "pair", test_transparent_screenshot);
  ADD ("missing_file_is_named", NULL, test_missing_file_is_named);
  ADD ("two_dropped_files_become_source_and_target", NULL,
       test_two_dropped_files_become_source_and_target);
  ADD ("context_is_drawn_hidden_and_removed", "pair", test_context_is_drawn_hidden_and_removed);
  ADD ("one_shape_is_shown_alone", NULL, test_one_shape_is_shown_alone);
  ADD ("swap", "pair", test_swap);
  ADD ("label_chooser", NULL, test_label_chooser);
  ADD ("session_round_trip", "pair", test_session_round_trip);
  ADD ("status_line_says_it_all", "pair", test_status_line_says_it_all);
  g_test_add_func ("/ui-files/lives_without_opengl", test_lives_without_opengl);
  return g_test_run ();
}
