#include "ui/inspector.h"

#include <string.h>

#include "ui/shape-facts.h"

struct _MongeInspector {
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkLabel *empty;
  GtkWidget *body;
  GtkGrid *lines;
  GtkWidget *notes;  /* title and list, each hidden when there is nothing to say */
  GtkLabel *note_list;
  GtkWidget *values, *fields;
  GtkBox *array_list, *field_list;

  MongeShape *shape;         /* what is shown or being measured */
  MongeShapeFacts *facts;    /* NULL until it has been measured */
  char *source, *orientation, *colour_array, *weights_array, *landmarks;
  MongeSpace assumed_space;
};

enum {
  SPACE_CHOSEN,
  COLOURS_CHOSEN,
  WEIGHTS_CHOSEN,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MongeInspector, monge_inspector, GTK_TYPE_WIDGET)

static void
clear_children (GtkWidget *parent)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (parent)) != NULL)
    gtk_widget_unparent (child);
}

static GtkWidget *
build_label (const char *text, const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  if (css_class != NULL)
    gtk_widget_add_css_class (label, css_class);
  return label;
}

/* Lines of label and value */

static void
add_widget (MongeInspector *inspector, int row, const char *label, GtkWidget *value)
{
  gtk_grid_attach (inspector->lines, build_label (label, "dim"), 0, row, 1, 1);
  gtk_widget_set_hexpand (value, TRUE);
  gtk_grid_attach (inspector->lines, value, 1, row, 1, 1);
}

static void
add_line (MongeInspector *inspector, int row, const char *label, const char *value)
{
  GtkWidget *widget = build_label (value, "value");

  gtk_label_set_ellipsize (GTK_LABEL (widget), PANGO_ELLIPSIZE_END);
  gtk_label_set_selectable (GTK_LABEL (widget), TRUE);
  gtk_widget_set_focusable (widget, FALSE);
  gtk_widget_set_tooltip_text (widget, value);
  add_widget (inspector, row, label, widget);
}

static void
on_space_chosen (GtkDropDown *drop_down, GParamSpec *pspec, MongeInspector *inspector)
{
  guint space = gtk_drop_down_get_selected (drop_down);

  if (space != (guint) inspector->assumed_space)
    g_signal_emit (inspector, signals[SPACE_CHOSEN], 0, space);
}

/* A file that does not say: the person may. */
static GtkWidget *
build_space_question (MongeInspector *inspector)
{
  static const char *const names[] = { "Not said", "RAS", "LPS", NULL };
  GtkWidget *drop_down = gtk_drop_down_new_from_strings (names);
  const char *help = "Along what the coordinates of this file run, which it does not say: "
                     "right–front–top (RAS), or left–back–top (LPS), as 3D Slicer writes meshes";

  gtk_drop_down_set_selected (GTK_DROP_DOWN (drop_down), inspector->assumed_space);
  gtk_widget_set_tooltip_text (drop_down, help);
  gtk_widget_set_halign (drop_down, GTK_ALIGN_START);
  gtk_accessible_update_property (GTK_ACCESSIBLE (drop_down), GTK_ACCESSIBLE_PROPERTY_LABEL, "Axes",
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, help, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (gtk_widget_get_first_child (drop_down)),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, "Axes", -1);
  g_signal_connect (drop_down, "notify::selected", G_CALLBACK (on_space_chosen), inspector);
  return drop_down;
}

static void
add_space (MongeInspector *inspector, int row)
{
  MongeSpace space = monge_shape_get_space (inspector->shape);
  MongeSpace stored = monge_shape_get_stored_space (inspector->shape);
  g_autofree char *text = NULL;

  if (space == MONGE_SPACE_UNKNOWN || inspector->assumed_space != MONGE_SPACE_UNKNOWN)
    {
      add_widget (inspector, row, "Axes", build_space_question (inspector));
      return;
    }
  text = stored == space || stored == MONGE_SPACE_UNKNOWN
             ? g_strdup (monge_space_names[space])
             : g_strdup_printf ("%s, stored in %s", monge_space_names[space],
                                monge_space_names[stored]);
  add_line (inspector, row, "Axes", text);
}

static void
show_lines (MongeInspector *inspector)
{
  const GPtrArray *lines = inspector->facts != NULL ? inspector->facts->lines : NULL;
  int row = 0;

  clear_children (GTK_WIDGET (inspector->lines));
  for (guint i = 0; lines != NULL && i + 1 < lines->len; i += 2)
    add_line (inspector, row++, g_ptr_array_index (lines, i), g_ptr_array_index (lines, i + 1));
  add_space (inspector, row++);
  if (inspector->orientation != NULL)
    add_line (inspector, row++, "Voxels run", inspector->orientation);
  if (inspector->landmarks != NULL)
    add_line (inspector, row++, "Landmarks", inspector->landmarks);
  if (inspector->source != NULL)
    {
      g_autofree char *base = g_path_get_basename (inspector->source);

      add_line (inspector, row, "From", base);
      gtk_widget_set_tooltip_text (gtk_grid_get_child_at (inspector->lines, 1, row),
                                   inspector->source);
    }
}

/* What was repaired */

static void
show_notes (MongeInspector *inspector)
{
  const char *const *repairs = monge_shape_get_repairs (inspector->shape);
  g_autofree char *list = g_strjoinv ("\n", (char **) repairs);

  gtk_label_set_text (inspector->note_list, list);
  gtk_widget_set_visible (inspector->notes, *list != '\0');
}

/* Arrays */

static void
on_use_toggled (GtkCheckButton *check, MongeInspector *inspector)
{
  guint signal = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (check), "signal"));
  const char *name = g_object_get_data (G_OBJECT (check), "array");
  gboolean is_on = gtk_check_button_get_active (check);

  g_signal_emit (inspector, signals[signal], 0, is_on ? name : NULL);
}

static GtkWidget *
build_use (MongeInspector *inspector, const MongeArrayFacts *facts, guint signal,
           const char *label, gboolean is_on)
{
  GtkWidget *check = gtk_check_button_new_with_label (label);

  gtk_check_button_set_active (GTK_CHECK_BUTTON (check), is_on);
  g_object_set_data (G_OBJECT (check), "signal", GUINT_TO_POINTER (signal));
  g_object_set_data_full (G_OBJECT (check), "array", g_strdup (facts->name), g_free);
  g_signal_connect (check, "toggled", G_CALLBACK (on_use_toggled), inspector);
  return check;
}

static GtkWidget *
build_array_menu (MongeInspector *inspector, const MongeArrayFacts *facts)
{
  GtkWidget *button = gtk_menu_button_new ();
  GtkWidget *popover = gtk_popover_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 2);
  g_autofree char *label = g_strdup_printf ("Use %s", facts->name);

  gtk_box_append (GTK_BOX (box),
                  build_use (inspector, facts, COLOURS_CHOSEN, "Show as colours",
                             g_strcmp0 (facts->name, inspector->colour_array) == 0));
  if (facts->is_weight)
    gtk_box_append (GTK_BOX (box),
                    build_use (inspector, facts, WEIGHTS_CHOSEN, "Use as weights",
                               g_strcmp0 (facts->name, inspector->weights_array) == 0));
  gtk_popover_set_child (GTK_POPOVER (popover), box);
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (button), popover);
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "view-more-symbolic");
  gtk_menu_button_set_has_frame (GTK_MENU_BUTTON (button), FALSE);
  gtk_widget_add_css_class (button, "small");
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (button, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  -1);
  return button;
}

static GtkWidget *
build_array (MongeInspector *inspector, const MongeArrayFacts *facts)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *texts = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  gboolean is_colour = g_strcmp0 (facts->name, inspector->colour_array) == 0;
  gboolean is_weight = g_strcmp0 (facts->name, inspector->weights_array) == 0;
  g_autofree char *detail = g_strconcat (is_colour ? "Shown · " : "", is_weight ? "Weights · " : "",
                                         facts->summary, NULL);
  GtkWidget *name = build_label (facts->name, NULL), *summary = build_label (detail, "detail");

  gtk_label_set_ellipsize (GTK_LABEL (name), PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_ellipsize (GTK_LABEL (summary), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (texts, TRUE);
  gtk_widget_set_tooltip_text (texts, detail);
  gtk_box_append (GTK_BOX (texts), name);
  gtk_box_append (GTK_BOX (texts), summary);
  gtk_box_append (GTK_BOX (row), texts);
  if (facts->is_scalar)
    gtk_box_append (GTK_BOX (row), build_array_menu (inspector, facts));
  gtk_widget_add_css_class (row, "array-row");
  return row;
}

/* Values of vertices and cells first: they can be used; then what is said of the whole. */
static void
show_arrays (MongeInspector *inspector)
{
  const GPtrArray *arrays = inspector->facts != NULL ? inspector->facts->arrays : NULL;
  guint n_fields = 0;

  clear_children (GTK_WIDGET (inspector->array_list));
  clear_children (GTK_WIDGET (inspector->field_list));
  for (guint i = 0; arrays != NULL && i < arrays->len; i++)
    {
      const MongeArrayFacts *facts = g_ptr_array_index (arrays, i);
      gboolean is_field = facts->attachment == MONGE_ATTACHED_TO_SHAPE;

      n_fields += is_field;
      gtk_box_append (is_field ? inspector->field_list : inspector->array_list,
                      build_array (inspector, facts));
    }
  gtk_widget_set_visible (inspector->values, arrays != NULL && arrays->len > n_fields);
  gtk_widget_set_visible (inspector->fields, n_fields > 0);
}

static void
show_all (MongeInspector *inspector)
{
  gtk_widget_set_visible (GTK_WIDGET (inspector->empty), inspector->shape == NULL);
  gtk_widget_set_visible (inspector->body, inspector->shape != NULL);
  if (inspector->shape == NULL)
    return;
  show_lines (inspector);
  show_notes (inspector);
  show_arrays (inspector);
}

/* Measuring, on a thread */

static void
measure_thread (GTask *task, gpointer source, gpointer shape, GCancellable *cancellable)
{
  g_task_return_pointer (task, monge_shape_facts_new (shape),
                         (GDestroyNotify) monge_shape_facts_unref);
}

static void
measured (GObject *object, GAsyncResult *result, gpointer user_data)
{
  MongeInspector *inspector = MONGE_INSPECTOR (object);
  g_autoptr (MongeShapeFacts) facts = g_task_propagate_pointer (G_TASK (result), NULL);

  if (inspector->content == NULL || g_task_get_task_data (G_TASK (result)) != inspector->shape)
    return;
  inspector->facts = g_steal_pointer (&facts);
  show_all (inspector);
}

static void
measure (MongeInspector *inspector)
{
  g_autoptr (GTask) task = g_task_new (inspector, NULL, measured, NULL);

  g_task_set_task_data (task, monge_shape_ref (inspector->shape),
                        (GDestroyNotify) monge_shape_unref);
  g_task_run_in_thread (task, measure_thread);
}

static gboolean
take_text (char **field, const char *text)
{
  if (g_strcmp0 (*field, text) == 0)
    return FALSE;
  g_free (*field);
  *field = g_strdup (text);
  return TRUE;
}

static gboolean
take_shape (MongeInspector *inspector, MongeShape *shape)
{
  if (inspector->shape == shape)
    return FALSE;
  g_clear_pointer (&inspector->facts, monge_shape_facts_unref);
  g_clear_pointer (&inspector->shape, monge_shape_unref);
  if (shape == NULL)
    return TRUE;
  inspector->shape = monge_shape_ref (shape);
  measure (inspector);
  return TRUE;
}

void
monge_inspector_show (MongeInspector *inspector, const MongeInspectorState *state)
{
  gboolean is_new = inspector->assumed_space != state->assumed_space;

  inspector->assumed_space = state->assumed_space;
  is_new |= take_text (&inspector->source, state->source);
  is_new |= take_text (&inspector->orientation, state->orientation);
  is_new |= take_text (&inspector->colour_array, state->colour_array);
  is_new |= take_text (&inspector->weights_array, state->weights_array);
  is_new |= take_text (&inspector->landmarks, state->landmarks);
  is_new |= take_shape (inspector, state->shape);
  if (is_new)
    show_all (inspector);
}

const char *
monge_inspector_get_value (MongeInspector *inspector, const char *label)
{
  for (int row = 0; gtk_grid_get_child_at (inspector->lines, 0, row) != NULL; row++)
    {
      GtkWidget *name = gtk_grid_get_child_at (inspector->lines, 0, row);
      GtkWidget *value = gtk_grid_get_child_at (inspector->lines, 1, row);

      if (g_str_equal (gtk_label_get_text (GTK_LABEL (name)), label) && GTK_IS_LABEL (value))
        return gtk_label_get_text (GTK_LABEL (value));
    }
  return NULL;
}

void
monge_inspector_use_array (MongeInspector *inspector, const char *use, const char *array)
{
  g_signal_emit (inspector, signals[g_str_equal (use, "weights") ? WEIGHTS_CHOSEN : COLOURS_CHOSEN],
                 0, array);
}

/* The widget */

static void
monge_inspector_dispose (GObject *object)
{
  MongeInspector *inspector = MONGE_INSPECTOR (object);

  g_clear_pointer (&inspector->content, gtk_widget_unparent);
  g_clear_pointer (&inspector->shape, monge_shape_unref);
  g_clear_pointer (&inspector->facts, monge_shape_facts_unref);
  g_clear_pointer (&inspector->source, g_free);
  g_clear_pointer (&inspector->orientation, g_free);
  g_clear_pointer (&inspector->colour_array, g_free);
  g_clear_pointer (&inspector->weights_array, g_free);
  g_clear_pointer (&inspector->landmarks, g_free);
  G_OBJECT_CLASS (monge_inspector_parent_class)->dispose (object);
}

static void
monge_inspector_class_init (MongeInspectorClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);
  GType type = G_TYPE_FROM_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = monge_inspector_dispose;
  signals[SPACE_CHOSEN] = g_signal_new ("space-chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        NULL, G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[COLOURS_CHOSEN] = g_signal_new ("colours-chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[WEIGHTS_CHOSEN] = g_signal_new ("weights-chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/monge/Monge/ui/inspector.ui");
  gtk_widget_class_bind_template_child (widget_class, MongeInspector, content);
  gtk_widget_class_bind_template_child (widget_class, MongeInspector, empty);
  gtk_widget_class_bind_template_child (widget_class, MongeInspector, body);
  gtk_widget_class_bind_template_child (widget_class, MongeInspector, lines);
  gtk_widget_class_bind_template_child (widget_class, MongeInspector, notes);
  gtk_widget_class_bind_template_child (widget_class, MongeInspector, note_list);
  gtk_widget_class_bind_template_child (widget_class, MongeInspector, values);
  gtk_widget_class_bind_template_child (widget_class, MongeInspector, array_list);
  gtk_widget_class_bind_template_child (widget_class, MongeInspector, fields);
  gtk_widget_class_bind_template_child (widget_class, MongeInspector, field_list);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
monge_inspector_init (MongeInspector *inspector)
{
  gtk_widget_init_template (GTK_WIDGET (inspector));
}

GtkWidget *
monge_inspector_new (void)
{
  return g_object_new (MONGE_TYPE_INSPECTOR, NULL);
}
