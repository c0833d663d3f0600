#include "ui/export-dialog.h"

#include <string.h>

#include "ui/shape-facts.h"

struct _MongeExportDialog {
  GtkWindow parent_instance;

  GtkDropDown *format, *axes, *frame;
  GtkWidget *axes_row, *frame_row, *values_row;
  GtkLabel *keeps, *axes_note;
  GtkCheckButton *zipped;
  GtkBox *values;
  GtkLabel *summary;

  MongeShape *shape;
  GPtrArray *formats; /* const MongeFormat, those of the drop-down */
  GPtrArray *checks;  /* GtkCheckButton, one for each array of values per vertex */
  MongeFlowResults *flow; /* NULL, or what the results are of */
  GPtrArray *results; /* GtkCheckButton, one for each of them */
};

enum {
  ACCEPTED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MongeExportDialog, monge_export_dialog, GTK_TYPE_WINDOW)

const MongeFormat *
monge_export_dialog_get_format (MongeExportDialog *dialog)
{
  guint i = gtk_drop_down_get_selected (dialog->format);

  return i < dialog->formats->len ? g_ptr_array_index (dialog->formats, i) : NULL;
}

/* NULL-terminated names of those that are ticked. */
static char **
dup_arrays (MongeExportDialog *dialog)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  for (guint i = 0; i < dialog->checks->len; i++)
    if (gtk_check_button_get_active (g_ptr_array_index (dialog->checks, i)))
      g_strv_builder_add (names, monge_shape_get_array (dialog->shape, i)->name);
  return g_strv_builder_end (names);
}

static MongeResults
get_results (MongeExportDialog *dialog)
{
  guint results = MONGE_RESULTS_NONE;

  for (guint i = 0; i < dialog->results->len; i++)
    if (gtk_check_button_get_active (g_ptr_array_index (dialog->results, i)))
      results |= 1u << i;
  return (MongeResults) results;
}

/* A format that always runs along the same axes leaves nothing to choose. */
static void
show_axes (MongeExportDialog *dialog, const MongeFormat *format)
{
  gboolean is_known = monge_shape_get_space (dialog->shape) != MONGE_SPACE_UNKNOWN;
  gboolean is_fixed = format->space != MONGE_SPACE_UNKNOWN;
  g_autofree char *note =
      !is_known  ? g_strdup ("The shape does not say along what it runs")
      : is_fixed ? g_strdup_printf ("%s always runs along %s", format->name,
                                    monge_space_names[format->space])
                 : NULL;

  gtk_widget_set_visible (GTK_WIDGET (dialog->axes), is_known && !is_fixed);
  gtk_label_set_text (dialog->axes_note, note != NULL ? note : "");
  gtk_widget_set_visible (GTK_WIDGET (dialog->axes_note), note != NULL);
}

static void
show_format (MongeExportDialog *dialog)
{
  const MongeFormat *format = monge_export_dialog_get_format (dialog);
  g_auto (GStrv) arrays = dup_arrays (dialog);
  g_autofree char *keeps = NULL;

  if (format == NULL)
    return;
  keeps = monge_export_describe (format, dialog->shape, (const char *const *) arrays,
                                 get_results (dialog) != MONGE_RESULTS_NONE);
  gtk_label_set_text (dialog->keeps, keeps);
  show_axes (dialog, format);
  gtk_widget_set_sensitive (GTK_WIDGET (dialog->values),
                            (format->writes & MONGE_HOLDS_ARRAYS) != 0);
}

static void
on_changed (MongeExportDialog *dialog)
{
  show_format (dialog);
}

static void
on_save (GtkButton *button, MongeExportDialog *dialog)
{
  g_object_ref (dialog);
  g_signal_emit (dialog, signals[ACCEPTED], 0);
  gtk_window_destroy (GTK_WINDOW (dialog));
  g_object_unref (dialog);
}

MongeExport *
monge_export_dialog_dup_export (MongeExportDialog *dialog)
{
  MongeExport *export = monge_export_new (dialog->shape);

  export->arrays = dup_arrays (dialog);
  if (dialog->flow != NULL)
    export->flow = monge_flow_results_ref (dialog->flow);
  export->results = get_results (dialog);
  export->options.space = gtk_widget_get_visible (GTK_WIDGET (dialog->axes))
                              ? (MongeSpace) gtk_drop_down_get_selected (dialog->axes)
                              : MONGE_SPACE_UNKNOWN;
  export->options.original_frame = gtk_widget_get_visible (dialog->frame_row)
                                   && gtk_drop_down_get_selected (dialog->frame) == 0;
  return export;
}

char *
monge_export_dialog_dup_extension (MongeExportDialog *dialog)
{
  return g_strconcat (".", monge_export_dialog_get_format (dialog)->extensions[0],
                      gtk_check_button_get_active (dialog->zipped) ? ".gz" : "", NULL);
}

static void
fill_formats (MongeExportDialog *dialog)
{
  g_autoptr (GtkStringList) names = gtk_string_list_new (NULL);

  for (const MongeFormat *format = monge_formats; format->name != NULL; format++)
    if (monge_export_can_hold (format, dialog->shape))
      {
        gtk_string_list_take (names, g_strdup_printf ("%s, .%s", format->description,
                                                      format->extensions[0]));
        g_ptr_array_add (dialog->formats, (gpointer) format);
      }
  gtk_drop_down_set_model (dialog->format, G_LIST_MODEL (names));
}

static GtkWidget *
add_check (MongeExportDialog *dialog, const char *label, gboolean is_on)
{
  GtkWidget *check = gtk_check_button_new_with_label (label);

  gtk_check_button_set_active (GTK_CHECK_BUTTON (check), is_on);
  g_signal_connect_swapped (check, "toggled", G_CALLBACK (on_changed), dialog);
  gtk_box_append (dialog->values, check);
  return check;
}

/* "loss_density" → "Loss density" */
static char *
make_readable (const char *name)
{
  char *text = g_strdelimit (g_strdup (name), "_", ' ');

  text[0] = g_ascii_toupper (text[0]);
  return text;
}

static void
fill_values (MongeExportDialog *dialog)
{
  for (int i = 0; dialog->flow != NULL && monge_result_names[i] != NULL; i++)
    {
      g_autofree char *label = make_readable (monge_result_names[i]);
      GtkWidget *check = add_check (dialog, label, (MONGE_RESULTS_DEFAULT >> i) & 1);

      gtk_widget_set_tooltip_text (check, monge_result_descriptions[i]);
      g_ptr_array_add (dialog->results, check);
    }
  for (guint i = 0; i < monge_shape_get_n_arrays (dialog->shape); i++)
    g_ptr_array_add (dialog->checks,
                     add_check (dialog, monge_shape_get_array (dialog->shape, i)->name, TRUE));
  gtk_widget_set_visible (dialog->values_row, dialog->checks->len + dialog->results->len > 0);
}

static gboolean
is_moved (const MongeShape *shape)
{
  const double *transform = monge_shape_get_transform (shape);

  for (int i = 0; i < 16; i++)
    if (transform[i] != (i % 5 == 0 ? 1.0 : 0.0))
      return TRUE;
  return FALSE;
}

static void
monge_export_dialog_dispose (GObject *object)
{
  MongeExportDialog *dialog = MONGE_EXPORT_DIALOG (object);

  g_clear_pointer (&dialog->shape, monge_shape_unref);
  g_clear_pointer (&dialog->flow, monge_flow_results_unref);
  G_OBJECT_CLASS (monge_export_dialog_parent_class)->dispose (object);
}

static void
monge_export_dialog_finalize (GObject *object)
{
  MongeExportDialog *dialog = MONGE_EXPORT_DIALOG (object);

  g_ptr_array_unref (dialog->formats);
  g_ptr_array_unref (dialog->checks);
  g_ptr_array_unref (dialog->results);
  G_OBJECT_CLASS (monge_export_dialog_parent_class)->finalize (object);
}

static void
monge_export_dialog_class_init (MongeExportDialogClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = monge_export_dialog_dispose;
  G_OBJECT_CLASS (class)->finalize = monge_export_dialog_finalize;
  signals[ACCEPTED] = g_signal_new ("accepted", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0,
                                    NULL, NULL, NULL, G_TYPE_NONE, 0);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/monge/Monge/ui/export-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, MongeExportDialog, format);
  gtk_widget_class_bind_template_child (widget_class, MongeExportDialog, axes);
  gtk_widget_class_bind_template_child (widget_class, MongeExportDialog, axes_row);
  gtk_widget_class_bind_template_child (widget_class, MongeExportDialog, axes_note);
  gtk_widget_class_bind_template_child (widget_class, MongeExportDialog, frame);
  gtk_widget_class_bind_template_child (widget_class, MongeExportDialog, frame_row);
  gtk_widget_class_bind_template_child (widget_class, MongeExportDialog, keeps);
  gtk_widget_class_bind_template_child (widget_class, MongeExportDialog, zipped);
  gtk_widget_class_bind_template_child (widget_class, MongeExportDialog, values);
  gtk_widget_class_bind_template_child (widget_class, MongeExportDialog, values_row);
  gtk_widget_class_bind_template_child (widget_class, MongeExportDialog, summary);
  gtk_widget_class_bind_template_callback (widget_class, on_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_save);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
monge_export_dialog_init (MongeExportDialog *dialog)
{
  dialog->formats = g_ptr_array_new ();
  dialog->checks = g_ptr_array_new ();
  dialog->results = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (dialog));
}

static GtkWindow *
dialog_new (GtkWindow *parent, const char *title, MongeShape *shape, MongeFlowResults *flow)
{
  MongeExportDialog *dialog = g_object_new (MONGE_TYPE_EXPORT_DIALOG, "transient-for", parent,
                                            "title", title, NULL);
  g_autofree char *counts = monge_shape_dup_counts (shape);
  g_autofree char *text = g_strdup_printf ("%s · %s", monge_shape_get_name (shape), counts);

  dialog->shape = monge_shape_ref (shape);
  dialog->flow = flow != NULL ? monge_flow_results_ref (flow) : NULL;
  gtk_label_set_text (dialog->summary, text);
  gtk_widget_set_visible (dialog->frame_row, is_moved (shape));
  fill_values (dialog);
  fill_formats (dialog);
  show_format (dialog);
  return GTK_WINDOW (dialog);
}

GtkWindow *
monge_export_dialog_new (GtkWindow *parent, const char *title, MongeShape *shape)
{
  return dialog_new (parent, title, shape, NULL);
}

GtkWindow *
monge_export_dialog_new_for_flow (GtkWindow *parent, const char *title, MongeFlowResults *flow)
{
  return dialog_new (parent, title, flow->moved, flow);
}

gboolean
monge_export_dialog_set_format (MongeExportDialog *dialog, const char *name)
{
  for (guint i = 0; i < dialog->formats->len; i++)
    {
      const MongeFormat *format = g_ptr_array_index (dialog->formats, i);

      if (!g_str_equal (format->name, name))
        continue;
      gtk_drop_down_set_selected (dialog->format, i);
      return TRUE;
    }
  return FALSE;
}
