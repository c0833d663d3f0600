/* The window's panels for any number of shapes: the list, what is in a shape, how it is prepared,
 * labels and levels of volumes, export. Needs a display. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "compute/io/io.h"
#include "compute/io/landmarks.h"
#include "tests/ui-driver.h"
#include "tests/util.h"
#include "ui/export-dialog.h"
#include "ui/flow-output.h"
#include "ui/inspector.h"
#include "ui/label-chooser.h"
#include "ui/level-chooser.h"
#include "ui/prepare-panel.h"
#include "ui/shape-facts.h"
#include "ui/shape-panel.h"
#include "ui/shape-row.h"
#include "ui/theme.h"
#include "ui/window-private.h"

/* Finding things */

static GtkWidget *
find_panel (UiFixture *fixture, GType type)
{
  return ui_find_widget (GTK_WIDGET (fixture->window), ui_is_of_type, &type);
}

static MongeShapePanel *
get_list (UiFixture *fixture)
{
  return MONGE_SHAPE_PANEL (find_panel (fixture, MONGE_TYPE_SHAPE_PANEL));
}

static MongePreparePanel *
get_prepare (UiFixture *fixture)
{
  return MONGE_PREPARE_PANEL (find_panel (fixture, MONGE_TYPE_PREPARE_PANEL));
}

static MongeInspector *
get_inspector (UiFixture *fixture)
{
  return MONGE_INSPECTOR (find_panel (fixture, MONGE_TYPE_INSPECTOR));
}

static MongeDocument *
get_document (UiFixture *fixture)
{
  return monge_session_get_document (fixture->session);
}

static guint
count_rows (UiFixture *fixture)
{
  guint n = 0;

  for (guint i = 0; i < monge_document_get_n_items (get_document (fixture)); i++)
    n += monge_shape_panel_get_row (get_list (fixture),
                                    monge_document_get_nth (get_document (fixture), i)) != NULL;
  return n;
}

static gboolean
is_settled (UiFixture *fixture)
{
  return !monge_document_is_loading (get_document (fixture));
}

static MongeItem *
add_context (UiFixture *fixture, const char *path)
{
  MongeItem *item = monge_document_open (get_document (fixture), MONGE_ROLE_CONTEXT, path);

  g_assert_nonnull (item);
  g_assert_true (ui_wait_for (fixture, is_settled));
  return item;
}

static gboolean
says (GtkWidget *root, const char *text)
{
  if (GTK_IS_LABEL (root) && g_str_equal (gtk_label_get_text (GTK_LABEL (root)), text))
    return TRUE;
  for (GtkWidget *child = gtk_widget_get_first_child (root); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    if (says (child, text))
      return TRUE;
  return FALSE;
}

/* The list */

static void
test_rows_follow_the_document (UiFixture *fixture, gconstpointer shapes)
{
  MongeItem *item;

  g_assert_cmpuint (count_rows (fixture), ==, 2);
  item = add_context (fixture, "example:torus");
  g_assert_cmpuint (count_rows (fixture), ==, 3);
  g_assert_true (says (monge_shape_panel_get_row (get_list (fixture), item), "torus"));
  g_assert_true (says (monge_shape_panel_get_row (get_list (fixture), item), "Context"));
  monge_item_set_name (item, "a ring");
  g_assert_true (says (monge_shape_panel_get_row (get_list (fixture), item), "a ring"));
  monge_document_remove (get_document (fixture), item);
  g_assert_cmpuint (count_rows (fixture), ==, 2);
}

static void
test_renaming_takes_enter_and_not_escape (UiFixture *fixture, gconstpointer shapes)
{
  MongeShapePanel *list = get_list (fixture);
  MongeItem *item = monge_document_get (get_document (fixture), MONGE_ROLE_SOURCE);
  GtkWidget *row = monge_shape_panel_get_row (list, item), *entry;
  GType type = GTK_TYPE_ENTRY;

  monge_shape_panel_select (list, item);
  monge_shape_panel_activate (list, "rename");
  g_assert_true (monge_shape_row_is_renaming (MONGE_SHAPE_ROW (row)));
  entry = ui_find_widget (row, ui_is_of_type, &type);
  gtk_editable_set_text (GTK_EDITABLE (entry), "  left hippocampus ");
  g_signal_emit_by_name (entry, "activate");
  g_assert_cmpstr (monge_item_get_name (item), ==, "left hippocampus");
  g_assert_false (monge_shape_row_is_renaming (MONGE_SHAPE_ROW (row)));
  monge_shape_panel_activate (list, "rename");
  gtk_editable_set_text (GTK_EDITABLE (entry), "   ");
  g_signal_emit_by_name (entry, "activate");
  g_assert_cmpstr (monge_item_get_name (item), ==, "left hippocampus");
}

static void
test_colour_and_visibility (UiFixture *fixture, gconstpointer shapes)
{
  MongeItem *item = add_context (fixture, "example:torus");
  GtkWidget *row = monge_shape_panel_get_row (get_list (fixture), item);
  const float purple[3] = { 0.8f, 0.475f, 0.655f };
  float shown[3];

  monge_item_set_colour (item, purple);
  monge_shape_row_get_colour (MONGE_SHAPE_ROW (row), shown);
  for (int k = 0; k < 3; k++)
    monge_assert_close (shown[k], purple[k], 0.003);
  monge_shape_panel_select (get_list (fixture), item);
  g_assert_true (monge_item_get_visible (item));
  monge_shape_panel_activate (get_list (fixture), "visible");
  g_assert_false (monge_item_get_visible (item));
  monge_shape_panel_activate (get_list (fixture), "visible");
  g_assert_true (monge_item_get_visible (item));
}

static void
test_role_changes_places (UiFixture *fixture, gconstpointer shapes)
{
  MongeDocument *document = get_document (fixture);
  MongeItem *source = monge_document_get (document, MONGE_ROLE_SOURCE);
  MongeItem *item = add_context (fixture, "example:torus");

  g_signal_emit_by_name (monge_shape_panel_get_row (get_list (fixture), item), "role-chosen",
                         (guint) MONGE_ROLE_SOURCE);
  g_assert_true (ui_wait_for (fixture, ui_has_flow));
  g_assert_true (monge_document_get (document, MONGE_ROLE_SOURCE) == item);
  g_assert_cmpint (monge_item_get_role (source), ==, MONGE_ROLE_CONTEXT);
  g_assert_cmpuint (count_rows (fixture), ==, 3);
}

static void
test_duplicate_mirror_and_remove (UiFixture *fixture, gconstpointer shapes)
{
  MongeShapePanel *list = get_list (fixture);
  MongeDocument *document = get_document (fixture);
  MongeItem *copy;

  monge_shape_panel_select (list, monge_document_get (document, MONGE_ROLE_SOURCE));
  monge_shape_panel_activate (list, "duplicate");
  g_assert_true (ui_wait_for (fixture, is_settled));
  g_assert_cmpuint (count_rows (fixture), ==, 3);
  copy = monge_shape_panel_get_selected (list);
  g_assert_cmpint (monge_item_get_role (copy), ==, MONGE_ROLE_CONTEXT);
  monge_shape_panel_activate (list, "mirror");
  g_assert_true (ui_wait_for (fixture, is_settled));
  g_assert_true (monge_item_get_shape (copy) != monge_item_get_original (copy));
  monge_shape_panel_activate (list, "remove");
  g_assert_cmpuint (count_rows (fixture), ==, 2);
  g_assert_nonnull (monge_shape_panel_get_selected (list));
}

static void
test_landmarks_are_attached_and_taken_away (UiFixture *fixture, gconstpointer shapes)
{
  MongeItem *item = add_context (fixture, "example:torus");
  g_autoptr (MongeLandmarks) landmarks = monge_landmarks_new (MONGE_SPACE_RAS, MONGE_SPACE_RAS);
  g_autofree char *path = monge_test_tmp_path ("marks.fcsv");
  g_autoptr (GError) error = NULL;

  monge_landmarks_add (landmarks, "tip", "", monge_shape_get_positions (monge_item_get_shape (item)),
                       TRUE);
  g_assert_true (monge_landmarks_save (landmarks, path, &error));
  g_assert_no_error (error);
  monge_shape_panel_select (get_list (fixture), item);
  monge_document_attach_landmarks (get_document (fixture), item, path);
  g_assert_true (ui_wait_for (fixture, is_settled));
  g_assert_nonnull (monge_item_get_landmarks (item));
  monge_shape_panel_activate (get_list (fixture), "remove-landmarks");
  g_assert_true (ui_wait_for (fixture, is_settled));
  g_assert_null (monge_item_get_landmarks (item));
}

/* What is in it */

static gboolean
has_measured (UiFixture *fixture)
{
  return monge_inspector_get_value (get_inspector (fixture), "Kind") != NULL;
}

static void
test_inspector_says_what_is_in_a_shape (UiFixture *fixture, gconstpointer shapes)
{
  MongeItem *item = add_context (fixture, "example:torus");
  const MongeShape *shape = monge_item_get_shape (item);
  g_autoptr (MongeShapeFacts) facts = monge_shape_facts_new (shape);

  monge_shape_panel_select (get_list (fixture), item);
  g_assert_true (ui_wait_for (fixture, has_measured));
  for (guint i = 0; i < facts->lines->len; i += 2)
    g_assert_cmpstr (monge_inspector_get_value (get_inspector (fixture),
                                                g_ptr_array_index (facts->lines, i)),
                     ==, g_ptr_array_index (facts->lines, i + 1));
  g_assert_cmpstr (monge_inspector_get_value (get_inspector (fixture), "Kind"), ==,
                   "Closed surface");
}

/* Preparing */

static gboolean
is_filtered (UiFixture *fixture)
{
  MongeItem *item = monge_document_get (get_document (fixture), MONGE_ROLE_SOURCE);

  return is_settled (fixture) && monge_item_get_shape (item) != monge_item_get_original (item);
}

static gboolean
is_unfiltered (UiFixture *fixture)
{
  MongeItem *item = monge_document_get (get_document (fixture), MONGE_ROLE_SOURCE);

  return is_settled (fixture) && monge_item_get_shape (item) == monge_item_get_original (item);
}

static void
test_a_step_is_added_and_taken_back (UiFixture *fixture, gconstpointer shapes)
{
  MongePreparePanel *panel = get_prepare (fixture);
  MongeItem *item = monge_document_get (get_document (fixture), MONGE_ROLE_SOURCE);
  GType type = MONGE_TYPE_PREPARE_PANEL;
  g_autofree char *chain = NULL;
  GtkWidget *check, *reset;

  monge_shape_panel_select (get_list (fixture), item);
  monge_prepare_panel_add_step (panel, monge_filter_find ("subsample"));
  g_assert_true (ui_wait_for (fixture, is_filtered));
  g_assert_cmpuint (monge_shape_get_n_vertices (monge_item_get_shape (item)), <,
                    monge_shape_get_n_vertices (monge_item_get_original (item)));
  chain = monge_prepare_panel_dup_chain (panel);
  g_assert_cmpstr (chain, ==, monge_item_get_input (item)->filters);

  type = GTK_TYPE_CHECK_BUTTON;
  check = ui_find_widget (GTK_WIDGET (panel), ui_is_of_type, &type);
  gtk_check_button_set_active (GTK_CHECK_BUTTON (check), FALSE);
  g_assert_true (ui_wait_for (fixture, is_unfiltered));
  gtk_check_button_set_active (GTK_CHECK_BUTTON (check), TRUE);
  g_assert_true (ui_wait_for (fixture, is_filtered));
  reset = GTK_WIDGET (gtk_widget_get_template_child (GTK_WIDGET (panel), MONGE_TYPE_PREPARE_PANEL,
                                                     "reset"));
  g_signal_emit_by_name (reset, "clicked");
  g_assert_true (ui_wait_for (fixture, is_unfiltered));
}

/* Volumes */

#define N_LABELS 40

/* The header of a NIfTI file of this machine's byte order, voxels of @side mm. */
static GString *
begin_nifti (const gint16 size[3], gint16 type, gint16 bits, float side)
{
  static const char zeros[352] = { 0 };
  GString *bytes = g_string_new_len (zeros, sizeof zeros);
  const gint32 header_size = 348;
  const gint16 dim[4] = { 3, size[0], size[1], size[2] }, sform = 1;
  const float data_offset = 352.0f;

  memcpy (bytes->str, &header_size, 4);
  memcpy (bytes->str + 40, dim, sizeof dim);
  memcpy (bytes->str + 70, &type, 2);
  memcpy (bytes->str + 72, &bits, 2);
  memcpy (bytes->str + 108, &data_offset, 4);
  memcpy (bytes->str + 254, &sform, 2);
  for (int k = 0; k < 3; k++)
    {
      memcpy (bytes->str + 80 + 4 * k, &side, 4);
      memcpy (bytes->str + 280 + 16 * k + 4 * k, &side, 4);
    }
  memcpy (bytes->str + 344, "n+1", 4);
  return bytes;
}

/* Transfer full. Takes @bytes. */
static char *
save_bytes (GString *bytes, const char *name)
{
  char *path = monge_test_tmp_path (name);

  g_assert_true (g_file_set_contents (path, bytes->str, (gssize) bytes->len, NULL));
  g_string_free (bytes, TRUE);
  return path;
}

/* A row of small blocks, label i + 1 each. */
static char *
save_blocks (void)
{
  const gint16 size[3] = { 4 * N_LABELS, 6, 6 };
  GString *bytes = begin_nifti (size, 4, 16, 2.0f);

  for (int k = 0; k < size[2]; k++)
    for (int j = 0; j < size[1]; j++)
      for (int i = 0; i < size[0]; i++)
        {
          gboolean is_inside = i % 4 < 3 && j > 0 && j < 5 && k > 0 && k < 5;
          gint16 label = is_inside ? (gint16) (1 + i / 4) : 0;

          g_string_append_len (bytes, (const char *) &label, sizeof label);
        }
  return save_bytes (bytes, "blocks.nii");
}

/* A ball that fades outwards. */
static char *
save_ball (void)
{
  const gint16 size[3] = { 20, 20, 20 };
  GString *bytes = begin_nifti (size, 16, 32, 1.0f);

  for (int k = 0; k < size[2]; k++)
    for (int j = 0; j < size[1]; j++)
      for (int i = 0; i < size[0]; i++)
        {
          float r2 = (i - 9.5f) * (i - 9.5f) + (j - 9.5f) * (j - 9.5f) + (k - 9.5f) * (k - 9.5f);
          float value = 100.0f * expf (-0.03f * r2) + 0.37f * i;

          g_string_append_len (bytes, (const char *) &value, sizeof value);
        }
  return save_bytes (bytes, "ball.nii");
}

static gboolean
is_asking (UiFixture *fixture)
{
  MongeItem *item = monge_document_get (get_document (fixture), MONGE_ROLE_SOURCE);

  return item != NULL && monge_item_get_state (item) == MONGE_ITEM_ASKING;
}

/* The one that the window has opened. */
static GtkWindow *
find_chooser (GType type)
{
  g_autoptr (GList) windows = gtk_window_list_toplevels ();

  for (GList *window = windows; window != NULL; window = window->next)
    if (G_TYPE_CHECK_INSTANCE_TYPE (window->data, type))
      return window->data;
  return NULL;
}

static void
open_blocks (UiFixture *fixture)
{
  g_autofree char *path = save_blocks ();

  monge_session_open (fixture->session, MONGE_ROLE_SOURCE, path);
  g_assert_true (ui_wait_for (fixture, is_asking));
  ui_run_for (0.2);
}

static void
test_labels_are_searched_and_chosen (UiFixture *fixture, gconstpointer shapes)
{
  const gint32 labels[] = { 3, 5 };
  MongeLabelChooser *chooser;
  MongeItem *item;

  open_blocks (fixture);
  chooser = MONGE_LABEL_CHOOSER (find_chooser (MONGE_TYPE_LABEL_CHOOSER));
  g_assert_nonnull (chooser);
  g_assert_cmpuint (monge_label_chooser_search (chooser, ""), ==, N_LABELS);
  g_assert_cmpuint (monge_label_chooser_search (chooser, "40"), ==, 1);
  g_assert_cmpuint (monge_label_chooser_search (chooser, "4"), ==, 5); /* 4, 14, 24, 34, 40 */
  monge_label_chooser_choose (chooser, labels, 2, MONGE_LABELS_TOGETHER);
  g_assert_true (ui_wait_for (fixture, is_settled));
  item = monge_document_get (get_document (fixture), MONGE_ROLE_SOURCE);
  g_assert_cmpint (monge_shape_get_kind (monge_item_get_shape (item)), ==, MONGE_SHAPE_SURFACE);
}

static void
test_labels_become_a_shape_each (UiFixture *fixture, gconstpointer shapes)
{
  const gint32 labels[] = { 1, 2, 3, 4 };

  open_blocks (fixture);
  monge_label_chooser_choose (MONGE_LABEL_CHOOSER (find_chooser (MONGE_TYPE_LABEL_CHOOSER)), labels,
                              4, MONGE_LABELS_APART);
  g_assert_true (ui_wait_for (fixture, is_settled));
  g_assert_cmpuint (monge_document_get_n_items (get_document (fixture)), ==, 4);
  g_assert_cmpuint (count_rows (fixture), ==, 4);
}

static void
test_closing_the_chooser_cancels (UiFixture *fixture, gconstpointer shapes)
{
  open_blocks (fixture);
  gtk_window_destroy (find_chooser (MONGE_TYPE_LABEL_CHOOSER));
  ui_run_for (0.1);
  g_assert_cmpuint (monge_document_get_n_items (get_document (fixture)), ==, 0);
}

static gboolean
has_level (UiFixture *fixture)
{
  GtkWindow *chooser = find_chooser (MONGE_TYPE_LEVEL_CHOOSER);

  return chooser != NULL && !isnan (monge_level_chooser_get_level (MONGE_LEVEL_CHOOSER (chooser)));
}

static void
test_intensities_ask_for_a_level (UiFixture *fixture, gconstpointer shapes)
{
  g_autofree char *path = save_ball ();
  MongeLevelChooser *chooser;
  MongeItem *item;
  double level;

  monge_session_open (fixture->session, MONGE_ROLE_SOURCE, path);
  g_assert_true (ui_wait_for (fixture, has_level));
  chooser = MONGE_LEVEL_CHOOSER (find_chooser (MONGE_TYPE_LEVEL_CHOOSER));
  level = monge_level_chooser_get_level (chooser);
  g_assert_cmpfloat (level, >, 10.0);
  g_assert_cmpfloat (level, <, 90.0);
  monge_level_chooser_choose (chooser, level, FALSE);
  g_assert_true (ui_wait_for (fixture, is_settled));
  g_assert_cmpstr (monge_window_get_message (fixture->window), ==, NULL);
  item = monge_document_get (get_document (fixture), MONGE_ROLE_SOURCE);
  g_assert_cmpint (monge_shape_get_kind (monge_item_get_shape (item)), ==, MONGE_SHAPE_SURFACE);
  monge_assert_close (monge_item_get_input (item)->level, level, 1e-9);
}

/* Export */

static void
test_export_in_every_format (UiFixture *fixture, gconstpointer shapes)
{
  MongeShape *shape = monge_session_get_shape (fixture->session, MONGE_ROLE_SOURCE);
  guint n = 0;

  for (const MongeFormat *format = monge_formats; format->name != NULL; format++)
    {
      GtkWindow *dialog = monge_export_dialog_new (GTK_WINDOW (fixture->window), "Export", shape);
      g_autofree char *extension = NULL, *name = NULL, *path = NULL;
      g_autoptr (MongeExport) export = NULL;
      g_autoptr (MongeShape) back = NULL;
      g_autoptr (GError) error = NULL;
      gboolean can = monge_export_dialog_set_format (MONGE_EXPORT_DIALOG (dialog), format->name);

      g_assert_cmpint (can, ==, monge_export_can_hold (format, shape));
      if (!can)
        {
          gtk_window_destroy (dialog);
          continue;
        }
      extension = monge_export_dialog_dup_extension (MONGE_EXPORT_DIALOG (dialog));
      name = g_strconcat ("exported", extension, NULL);
      path = monge_test_tmp_path (name);
      export = monge_export_dialog_dup_export (MONGE_EXPORT_DIALOG (dialog));
      export->path = g_strdup (path);
      g_assert_true (monge_export_run (export, NULL, &error));
      g_assert_no_error (error);
      back = monge_shape_load (path, NULL, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (monge_shape_get_n_cells (back), ==, monge_shape_get_n_cells (shape));
      gtk_window_destroy (dialog);
      n++;
    }
  g_assert_cmpuint (n, >=, 3);
}

/* Every result an array, every other output a file. */
static void
test_results_of_a_flow_are_written (UiFixture *fixture, gconstpointer shapes)
{
  g_autofree char *path = monge_test_tmp_path ("results.ply");
  g_autoptr (MongeFlowResults) flow = NULL;
  g_autoptr (MongeExport) export = NULL;
  g_autoptr (MongeShape) back = NULL;
  g_autoptr (GError) error = NULL;

  ui_activate (fixture, "play");
  g_assert_true (ui_wait_for (fixture, ui_has_moved));
  ui_activate (fixture, "play");
  flow = monge_flow_results_new (fixture->session);
  export = monge_export_new (flow->moved);
  export->flow = monge_flow_results_ref (flow);
  export->results = MONGE_RESULTS_ALL;
  export->arrays = g_new0 (char *, 1);
  export->path = g_strdup (path);
  g_assert_true (monge_export_run (export, NULL, &error));
  g_assert_no_error (error);
  back = monge_shape_load (path, NULL, NULL, &error);
  g_assert_no_error (error);
  for (int i = 0; monge_result_names[i] != NULL; i++)
    if (monge_shape_find_array (back, monge_result_names[i]) == NULL
        && !g_str_equal (monge_result_names[i], "distance"))
      g_error ("no array called %s", monge_result_names[i]);
  for (const MongeFlowOutput *output = monge_flow_outputs; output->name != NULL; output++)
    {
      g_autofree char *name = g_strconcat ("flow", output->suffix, NULL);
      g_autofree char *file = monge_test_tmp_path (name);
      gboolean needs_landmarks = g_str_equal (output->name, "landmarks");

      g_assert_cmpint (output->save (flow, file, NULL, &error), ==, !needs_landmarks);
      g_assert_cmpint (g_file_test (file, G_FILE_TEST_IS_REGULAR), ==, !needs_landmarks);
      g_clear_error (&error);
    }
}

static gboolean
has_saved (UiFixture *fixture)
{
  const char *message = monge_window_get_message (fixture->window);

  return message != NULL && g_str_has_prefix (message, "Saved ");
}

static void
test_window_says_what_it_saved (UiFixture *fixture, gconstpointer shapes)
{
  MongeShape *shape = monge_session_get_shape (fixture->session, MONGE_ROLE_SOURCE);
  g_autofree char *path = monge_test_tmp_path ("said.ply");
  MongeExport *export = monge_export_new (shape);

  export->path = g_strdup (path);
  monge_window_run_export (fixture->window, export);
  g_assert_true (ui_wait_for (fixture, has_saved));
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
  export = monge_export_new (shape);
  export->path = g_strdup ("/nonexistent/said.ply");
  monge_window_run_export (fixture->window, export);
  while (has_saved (fixture))
    ui_run_for (0.02);
  ui_run_for (0.3);
  g_assert_nonnull (strstr (monge_window_get_message (fixture->window), "/nonexistent"));
}

#define ADD(name, shapes, func) \
  g_test_add ("/ui-shapes/" name, UiFixture, shapes, ui_set_up, func, ui_tear_down)

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
  ADD ("rows_follow_the_document", "pair", test_rows_follow_the_document);
  ADD ("renaming_takes_enter_and_not_escape", "pair", test_renaming_takes_enter_and_not_escape);
  ADD ("colour_and_visibility", "pair", test_colour_and_visibility);
  ADD ("role_changes_places", "pair", test_role_changes_places);
  ADD ("duplicate_mirror_and_remove", "pair", test_duplicate_mirror_and_remove);
  ADD ("landmarks_are_attached_and_taken_away", "pair", test_landmarks_are_attached_and_taken_away);
  ADD ("inspector_says_what_is_in_a_shape", "pair", test_inspector_says_what_is_in_a_shape);
  ADD ("a_step_is_added_and_taken_back", "pair", test_a_step_is_added_and_taken_back);
  ADD ("labels_are_searched_and_chosen", NULL, test_labels_are_searched_and_chosen);
  ADD ("labels_become_a_shape_each", NULL, test_labels_become_a_shape_each);
  ADD ("closing_the_chooser_cancels", NULL, test_closing_the_chooser_cancels);
  ADD ("intensities_ask_for_a_level", NULL, test_intensities_ask_for_a_level);
  ADD ("export_in_every_format", "pair", test_export_in_every_format);
  ADD ("results_of_a_flow_are_written", "pair", test_results_of_a_flow_are_written);
  ADD ("window_says_what_it_saved", "pair", test_window_says_what_it_saved);
  return g_test_run ();
}
