/* What the window does about the selected shape: facts, preparation, labels, values, export. */
#include "ui/window-private.h"

#include "ui/file-dialog.h"
#include "ui/file-filters.h"
#include "ui/label-chooser.h"
#include "ui/level-chooser.h"

/* Showing */

static MongeDocument *
get_document (MongeWindow *window)
{
  return monge_session_get_document (window->session);
}

/* "6: nasion, inion, …"; transfer full, nullable. */
static char *
describe_landmarks (const MongeLandmarks *landmarks)
{
  g_autoptr (GString) text = NULL;
  guint n = landmarks != NULL ? monge_landmarks_get_n (landmarks) : 0;

  if (n == 0)
    return NULL;
  text = g_string_new (NULL);
  g_string_append_printf (text, "%u", n);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s%s", i == 0 ? ": " : ", ",
                            monge_landmarks_get (landmarks, i)->name);
  return g_strdup (text->str);
}

static void
show_details (MongeWindow *window, MongeItem *item)
{
  MongeInspectorState state = { 0 };
  g_autofree char *landmarks = NULL;

  if (item != NULL)
    {
      const MongeRecipeInput *input = monge_item_get_input (item);
      MongeVolume *volume = monge_item_get_volume (item);

      state.shape = monge_item_get_shape (item);
      state.source = input->path;
      state.assumed_space = input->space;
      state.orientation = volume != NULL ? monge_volume_get_orientation (volume) : NULL;
      state.colour_array = monge_item_get_colour_array (item);
      state.weights_array = input->weights_array;
      landmarks = describe_landmarks (monge_item_get_landmarks (item));
      state.landmarks = landmarks;
    }
  monge_inspector_show (window->inspector, &state);
}

/* NULL-terminated, borrowed elements. */
static const char **
list_notes (MongeItem *item)
{
  const GPtrArray *notes = monge_item_get_notes (item);
  guint n = notes != NULL ? notes->len : 0;
  const char **list = g_new0 (const char *, n + 1);

  for (guint i = 0; i < n; i++)
    list[i] = g_ptr_array_index (notes, i);
  return list;
}

static void
show_preparation (MongeWindow *window, MongeItem *item)
{
  MongePrepareState state = { 0 };
  g_autofree const char **notes = NULL;

  if (item != NULL)
    {
      MongeItemState of_item = monge_item_get_state (item);

      notes = list_notes (item);
      state.chain = monge_item_get_input (item)->filters;
      state.original = monge_item_get_original (item);
      state.result = monge_item_get_shape (item);
      state.notes = notes;
      state.problems = monge_problems_get (window->problems, state.original, &state.needs_repair);
      state.error = of_item == MONGE_ITEM_FAILED ? monge_item_get_message (item) : NULL;
      state.is_running = of_item == MONGE_ITEM_LOADING;
      state.progress = monge_item_get_progress (item);
    }
  monge_prepare_panel_show (window->prepare_panel, &state);
}

static void
show_selected (MongeWindow *window)
{
  show_details (window, window->selected);
  show_preparation (window, window->selected);
}

static void
on_item_notify (MongeItem *item, GParamSpec *pspec, MongeWindow *window)
{
  show_selected (window);
}

static void
on_selection_changed (MongeShapePanel *panel, MongeWindow *window)
{
  monge_window_forget_selected (window);
  window->selected = monge_shape_panel_get_selected (panel);
  if (window->selected != NULL)
    {
      g_object_ref (window->selected);
      g_signal_connect (window->selected, "notify", G_CALLBACK (on_item_notify), window);
    }
  show_selected (window);
}

void
monge_window_forget_selected (MongeWindow *window)
{
  if (window->selected != NULL)
    g_signal_handlers_disconnect_by_func (window->selected, on_item_notify, window);
  g_clear_object (&window->selected);
}

/* Doing */

static void
on_space_chosen (MongeInspector *inspector, guint space, MongeWindow *window)
{
  monge_document_set_space (get_document (window), window->selected, (MongeSpace) space);
}

static void
on_colours_chosen (MongeInspector *inspector, const char *array, MongeWindow *window)
{
  monge_item_set_colour_array (window->selected, array);
}

static void
on_weights_chosen (MongeInspector *inspector, const char *array, MongeWindow *window)
{
  MongeRecipeInput input;

  monge_recipe_input_copy (&input, monge_item_get_input (window->selected));
  g_free (input.weights_array);
  input.weights_array = g_strdup (array);
  monge_document_change (get_document (window), window->selected, &input);
  monge_recipe_input_clear (&input);
  show_selected (window);
}

static void
on_chain_changed (MongePreparePanel *panel, const char *text, MongeWindow *window)
{
  g_autoptr (GError) error = NULL;

  if (window->selected == NULL)
    return;
  if (!monge_document_set_filters (get_document (window), window->selected,
                                   *text != '\0' ? text : NULL, &error))
    monge_window_show_message (window, error->message, TRUE);
}

static void
on_prepare_cancelled (MongePreparePanel *panel, MongeWindow *window)
{
  monge_document_cancel (get_document (window), window->selected);
}

void
monge_window_choose_labels (MongeWindow *window, MongeItem *item)
{
  MongeVolume *volume = monge_item_get_volume (item);
  GtkWindow *chooser;

  if (volume == NULL)
    return;
  if (monge_volume_get_kind (volume) == MONGE_VOLUME_LABELS)
    chooser = monge_label_chooser_new (GTK_WINDOW (window), get_document (window), item);
  else
    chooser = monge_level_chooser_new (GTK_WINDOW (window), get_document (window), item);
  gtk_window_present (chooser);
}

static void
on_labels_asked (MongeShapePanel *panel, MongeItem *item, MongeWindow *window)
{
  monge_window_choose_labels (window, item);
}

/* What a file dialog is about, until it has been answered. */
typedef struct {
  MongeWindow *window;
  MongeItem *item;
} Question;

static Question *
question_new (MongeWindow *window, MongeItem *item)
{
  Question *question = g_new0 (Question, 1);

  question->window = g_object_ref (window);
  question->item = item != NULL ? g_object_ref (item) : NULL;
  return question;
}

static void
question_free (Question *question)
{
  g_object_unref (question->window);
  g_clear_object (&question->item);
  g_free (question);
}

static char *
dup_path (GListModel *files, guint index)
{
  g_autoptr (GFile) file = files != NULL ? g_list_model_get_item (files, index) : NULL;

  return file != NULL ? g_file_get_path (file) : NULL;
}

static void
values_chosen (GListModel *files, gpointer user_data)
{
  Question *question = user_data;

  for (guint i = 0; files != NULL && i < g_list_model_get_n_items (files); i++)
    {
      g_autofree char *path = dup_path (files, i);

      if (path != NULL)
        monge_document_attach_values (get_document (question->window), question->item, path);
    }
  question_free (question);
}

static void
on_values_asked (MongeShapePanel *panel, MongeItem *item, MongeWindow *window)
{
  g_auto (GStrv) filter = monge_file_filter_for_values ();

  monge_file_dialog_open (GTK_WINDOW (window), "Attach Values per Vertex",
                          (const char *const *) filter, 16, values_chosen,
                          question_new (window, item));
}

static void
landmarks_chosen (GListModel *files, gpointer user_data)
{
  Question *question = user_data;
  g_autofree char *path = dup_path (files, 0);

  if (path != NULL)
    monge_document_attach_landmarks (get_document (question->window), question->item, path);
  question_free (question);
}

static void
on_landmarks_asked (MongeShapePanel *panel, MongeItem *item, MongeWindow *window)
{
  g_auto (GStrv) filter = monge_file_filter_for_landmarks ();

  monge_file_dialog_open (GTK_WINDOW (window), "Attach Landmarks", (const char *const *) filter, 1,
                          landmarks_chosen, question_new (window, item));
}

static void
on_export_asked (MongeShapePanel *panel, MongeItem *item, MongeWindow *window)
{
  g_autofree char *title = g_strdup_printf ("Export %s", monge_item_get_name (item));

  monge_window_ask_export (window, title, monge_item_get_shape (item), NULL);
}

void
monge_window_connect_shapes (MongeWindow *window)
{
  window->problems = monge_problems_new ();
  g_signal_connect_object (window->problems, "found", G_CALLBACK (show_selected), window,
                           G_CONNECT_SWAPPED);
  monge_shape_panel_set_session (window->shape_panel, window->session);
  g_signal_connect (window->shape_panel, "selection-changed", G_CALLBACK (on_selection_changed),
                    window);
  g_signal_connect (window->shape_panel, "labels-asked", G_CALLBACK (on_labels_asked), window);
  g_signal_connect (window->shape_panel, "values-asked", G_CALLBACK (on_values_asked), window);
  g_signal_connect (window->shape_panel, "landmarks-asked", G_CALLBACK (on_landmarks_asked),
                    window);
  g_signal_connect (window->shape_panel, "export-asked", G_CALLBACK (on_export_asked), window);
  g_signal_connect (window->inspector, "space-chosen", G_CALLBACK (on_space_chosen), window);
  g_signal_connect (window->inspector, "colours-chosen", G_CALLBACK (on_colours_chosen), window);
  g_signal_connect (window->inspector, "weights-chosen", G_CALLBACK (on_weights_chosen), window);
  g_signal_connect (window->prepare_panel, "chain-changed", G_CALLBACK (on_chain_changed), window);
  g_signal_connect (window->prepare_panel, "cancel", G_CALLBACK (on_prepare_cancelled), window);
  on_selection_changed (window->shape_panel, window);
}
