#include "ui/shape-row.h"

#include <string.h>

#include "ui/colour-button.h"

struct _MongeShapeRow {
  GtkListBoxRow parent_instance;

  MongeColourButton *colour;
  GtkStack *name_stack;
  GtkLabel *name;
  GtkEntry *entry;
  GtkLabel *counts;
  GtkProgressBar *progress;
  GtkMenuButton *role;
  GtkToggleButton *eye;
  GtkWidget *cancel;
  GtkWidget *failure; /* what went wrong, and what can be done about it */
  GtkLabel *error;
  GtkWidget *repair;

  GSimpleAction *role_action;
  gboolean is_loading; /* controls are being set */
};

enum {
  RENAMED,
  ROLE_CHOSEN,
  COLOUR_CHOSEN,
  VISIBLE_CHOSEN,
  CANCEL,
  RETRY,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MongeShapeRow, monge_shape_row, GTK_TYPE_LIST_BOX_ROW)

/* "source" → "Source" */
static char *
capitalise (const char *name)
{
  char *text = g_strdup (name);

  text[0] = g_ascii_toupper (text[0]);
  return text;
}

/* The name */

gboolean
monge_shape_row_is_renaming (MongeShapeRow *row)
{
  return gtk_stack_get_visible_child (row->name_stack) == GTK_WIDGET (row->entry);
}

void
monge_shape_row_begin_rename (MongeShapeRow *row)
{
  gtk_editable_set_text (GTK_EDITABLE (row->entry), gtk_label_get_text (row->name));
  gtk_stack_set_visible_child (row->name_stack, GTK_WIDGET (row->entry));
  gtk_widget_grab_focus (GTK_WIDGET (row->entry));
  gtk_editable_select_region (GTK_EDITABLE (row->entry), 0, -1);
}

static void
end_rename (MongeShapeRow *row, gboolean takes)
{
  g_autofree char *name = NULL;

  if (!monge_shape_row_is_renaming (row))
    return;
  name = g_strstrip (g_strdup (gtk_editable_get_text (GTK_EDITABLE (row->entry))));
  gtk_stack_set_visible_child (row->name_stack, GTK_WIDGET (row->name));
  if (takes && *name != '\0' && !g_str_equal (name, gtk_label_get_text (row->name)))
    g_signal_emit (row, signals[RENAMED], 0, name);
}

static void
on_entry_activated (GtkEntry *entry, MongeShapeRow *row)
{
  end_rename (row, TRUE);
  gtk_widget_grab_focus (GTK_WIDGET (row));
}

static void
on_entry_left (GtkEventControllerFocus *focus, MongeShapeRow *row)
{
  end_rename (row, TRUE);
}

/* What is typed is for the name alone: not Delete for the shape, not Space for its eye. */
static gboolean
on_entry_key (GtkEventControllerKey *keys, guint keyval, guint keycode, GdkModifierType state,
              MongeShapeRow *row)
{
  if (keyval != GDK_KEY_Escape)
    return GDK_EVENT_PROPAGATE;
  end_rename (row, FALSE);
  gtk_widget_grab_focus (GTK_WIDGET (row));
  return GDK_EVENT_STOP;
}

static void
on_name_pressed (GtkGestureClick *click, int n_press, double x, double y, MongeShapeRow *row)
{
  if (n_press == 2)
    monge_shape_row_begin_rename (row);
}

/* The other controls */

static void
on_role (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  const char *name = g_variant_get_string (parameter, NULL);

  for (guint role = 0; monge_role_names[role] != NULL; role++)
    if (g_str_equal (monge_role_names[role], name))
      g_signal_emit (user_data, signals[ROLE_CHOSEN], 0, role);
}

static void
on_colour (MongeColourButton *button, MongeShapeRow *row)
{
  g_signal_emit (row, signals[COLOUR_CHOSEN], 0);
}

static void
on_eye (GtkToggleButton *eye, MongeShapeRow *row)
{
  if (!row->is_loading)
    g_signal_emit (row, signals[VISIBLE_CHOSEN], 0, gtk_toggle_button_get_active (eye));
}

static void
on_cancel (GtkButton *button, MongeShapeRow *row)
{
  g_signal_emit (row, signals[CANCEL], 0);
}

static void
on_retry (GtkButton *button, MongeShapeRow *row)
{
  g_signal_emit (row, signals[RETRY], 0, FALSE);
}

static void
on_repair (GtkButton *button, MongeShapeRow *row)
{
  g_signal_emit (row, signals[RETRY], 0, TRUE);
}

/* Showing */

static void
show_texts (MongeShapeRow *row, const MongeShapeRowState *state)
{
  g_autofree char *role = capitalise (monge_role_names[state->role]);
  g_autofree char *of = g_strdup_printf ("Colour of %s", state->name);
  g_autofree char *role_of = g_strdup_printf ("Role of %s: %s", state->name, role);
  g_autofree char *show = g_strdup_printf ("Show %s", state->name);

  gtk_label_set_text (row->name, state->name);
  gtk_label_set_text (row->counts, state->counts != NULL ? state->counts : "");
  gtk_widget_set_tooltip_text (GTK_WIDGET (row->name_stack),
                               state->tip != NULL ? state->tip : state->name);
  monge_colour_button_set_label (row->colour, of);
  gtk_menu_button_set_label (row->role, role);
  gtk_widget_set_tooltip_text (GTK_WIDGET (row->role), role_of);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row->role), GTK_ACCESSIBLE_PROPERTY_LABEL, role_of,
                                  -1);
  gtk_widget_set_tooltip_text (GTK_WIDGET (row->eye), show);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row->eye), GTK_ACCESSIBLE_PROPERTY_LABEL, show,
                                  -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL, state->name,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, role, -1);
}

static void
show_failure (MongeShapeRow *row, const MongeShapeRowState *state)
{
  gtk_widget_set_visible (row->failure, state->error != NULL && !state->is_loading);
  gtk_label_set_text (row->error, state->error != NULL ? state->error : "");
  gtk_widget_set_visible (row->repair, state->can_repair);
}

void
monge_shape_row_show (MongeShapeRow *row, const MongeShapeRowState *state)
{
  gboolean is_there = !state->is_loading && state->error == NULL;

  row->is_loading = TRUE;
  show_texts (row, state);
  show_failure (row, state);
  monge_colour_button_set_colour (row->colour, state->colour);
  monge_colour_button_set_hollow (row->colour, !state->is_visible || !is_there);
  gtk_toggle_button_set_active (row->eye, state->is_visible);
  gtk_button_set_icon_name (GTK_BUTTON (row->eye), state->is_visible ? "view-reveal-symbolic"
                                                                     : "view-conceal-symbolic");
  gtk_widget_set_visible (GTK_WIDGET (row->eye), is_there);
  gtk_widget_set_visible (row->cancel, state->is_loading);
  gtk_widget_set_visible (GTK_WIDGET (row->progress), state->is_loading);
  gtk_widget_set_visible (GTK_WIDGET (row->counts), is_there);
  gtk_progress_bar_set_fraction (row->progress, state->progress);
  g_simple_action_set_state (row->role_action,
                             g_variant_new_string (monge_role_names[state->role]));
  row->is_loading = FALSE;
}

void
monge_shape_row_get_colour (MongeShapeRow *row, float colour[3])
{
  monge_colour_button_get_colour (row->colour, colour);
}

void
monge_shape_row_open_palette (MongeShapeRow *row)
{
  monge_colour_button_open (row->colour);
}

/* The widget */

static void
monge_shape_row_dispose (GObject *object)
{
  g_clear_object (&MONGE_SHAPE_ROW (object)->role_action);
  G_OBJECT_CLASS (monge_shape_row_parent_class)->dispose (object);
}

static void
add_signals (GType type)
{
  signals[RENAMED] = g_signal_new ("renamed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[ROLE_CHOSEN] = g_signal_new ("role-chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                       G_TYPE_NONE, 1, G_TYPE_UINT);
  signals[COLOUR_CHOSEN] = g_signal_new ("colour-chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                         NULL, G_TYPE_NONE, 0);
  signals[VISIBLE_CHOSEN] = g_signal_new ("visible-chosen", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
  signals[CANCEL] = g_signal_new ("cancel", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
  signals[RETRY] = g_signal_new ("retry", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                                 1, G_TYPE_BOOLEAN);
}

static void
monge_shape_row_class_init (MongeShapeRowClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = monge_shape_row_dispose;
  add_signals (G_TYPE_FROM_CLASS (class));
  g_type_ensure (MONGE_TYPE_COLOUR_BUTTON);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/monge/Monge/ui/shape-row.ui");
  gtk_widget_class_bind_template_child (widget_class, MongeShapeRow, colour);
  gtk_widget_class_bind_template_child (widget_class, MongeShapeRow, name_stack);
  gtk_widget_class_bind_template_child (widget_class, MongeShapeRow, name);
  gtk_widget_class_bind_template_child (widget_class, MongeShapeRow, entry);
  gtk_widget_class_bind_template_child (widget_class, MongeShapeRow, counts);
  gtk_widget_class_bind_template_child (widget_class, MongeShapeRow, progress);
  gtk_widget_class_bind_template_child (widget_class, MongeShapeRow, role);
  gtk_widget_class_bind_template_child (widget_class, MongeShapeRow, eye);
  gtk_widget_class_bind_template_child (widget_class, MongeShapeRow, cancel);
  gtk_widget_class_bind_template_child (widget_class, MongeShapeRow, failure);
  gtk_widget_class_bind_template_child (widget_class, MongeShapeRow, error);
  gtk_widget_class_bind_template_child (widget_class, MongeShapeRow, repair);
  gtk_widget_class_bind_template_callback (widget_class, on_entry_activated);
  gtk_widget_class_bind_template_callback (widget_class, on_entry_left);
  gtk_widget_class_bind_template_callback (widget_class, on_entry_key);
  gtk_widget_class_bind_template_callback (widget_class, on_name_pressed);
  gtk_widget_class_bind_template_callback (widget_class, on_colour);
  gtk_widget_class_bind_template_callback (widget_class, on_eye);
  gtk_widget_class_bind_template_callback (widget_class, on_cancel);
  gtk_widget_class_bind_template_callback (widget_class, on_retry);
  gtk_widget_class_bind_template_callback (widget_class, on_repair);
}

static void
monge_shape_row_init (MongeShapeRow *row)
{
  g_autoptr (GSimpleActionGroup) actions = g_simple_action_group_new ();
  g_autoptr (GMenu) menu = g_menu_new ();

  gtk_widget_init_template (GTK_WIDGET (row));
  row->role_action = g_simple_action_new_stateful ("role", G_VARIANT_TYPE_STRING,
                                                   g_variant_new_string (monge_role_names[0]));
  g_signal_connect (row->role_action, "activate", G_CALLBACK (on_role), row);
  g_action_map_add_action (G_ACTION_MAP (actions), G_ACTION (row->role_action));
  gtk_widget_insert_action_group (GTK_WIDGET (row), "row", G_ACTION_GROUP (actions));
  for (guint role = 0; monge_role_names[role] != NULL; role++)
    {
      g_autofree char *label = capitalise (monge_role_names[role]);
      g_autofree char *action = g_strdup_printf ("row.role::%s", monge_role_names[role]);

      g_menu_append (menu, label, action);
    }
  gtk_menu_button_set_menu_model (row->role, G_MENU_MODEL (menu));
}

GtkWidget *
monge_shape_row_new (void)
{
  return g_object_new (MONGE_TYPE_SHAPE_ROW, NULL);
}
