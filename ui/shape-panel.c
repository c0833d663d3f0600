#include "ui/shape-panel.h"

#include <string.h>

#include "compute/filter/filter.h"
#include "ui/shape-facts.h"
#include "ui/shape-row.h"
#include "ui/text.h"

struct _MongeShapePanel {
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkListBox *list;
  GtkWidget *hint; /* instead of the list while it is empty */
  GtkWidget *start;

  MongeDocument *document;
  MongeItem *selected;
  GtkWidget *menu; /* GtkPopoverMenu */
  GSimpleActionGroup *actions;
  gboolean is_changing; /* rows come and go */
};

enum {
  SELECTION_CHANGED,
  LABELS_ASKED,
  VALUES_ASKED,
  LANDMARKS_ASKED,
  EXPORT_ASKED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MongeShapePanel, monge_shape_panel, GTK_TYPE_WIDGET)

/* Rows */

static MongeItem *
get_item (GtkWidget *row)
{
  return g_object_get_data (G_OBJECT (row), "item");
}

GtkWidget *
monge_shape_panel_get_row (MongeShapePanel *panel, MongeItem *item)
{
  for (int i = 0; gtk_list_box_get_row_at_index (panel->list, i) != NULL; i++)
    {
      GtkWidget *row = GTK_WIDGET (gtk_list_box_get_row_at_index (panel->list, i));

      if (get_item (row) == item)
        return row;
    }
  return NULL;
}

/* "hippocampus: 6,611 points, 13,218 faces, 58.2 mm across" and where it came from. */
static char *
describe (MongeItem *item)
{
  static const char *const cells[] = { NULL, "segments", "faces" };
  const MongeShape *shape = monge_item_get_shape (item);
  const char *path = monge_item_get_input (item)->path;
  g_autoptr (GString) text = g_string_new (monge_item_get_name (item));

  if (shape != NULL)
    {
      const char *kind = cells[monge_shape_get_kind (shape)];
      g_autofree char *n = monge_text_count (monge_shape_get_n_vertices (shape));
      g_autofree char *n_cells = monge_text_count (monge_shape_get_n_cells (shape));
      g_autofree char *across = monge_text_quantity (monge_shape_get_diameter (shape),
                                                     monge_shape_get_unit (shape));

      g_string_append_printf (text, "\n%s points", n);
      if (kind != NULL)
        g_string_append_printf (text, ", %s %s", n_cells, kind);
      g_string_append_printf (text, "\n%s across", across);
    }
  if (path != NULL)
    g_string_append_printf (text, "\n%s", path);
  return g_strdup (text->str);
}

/* Without the path, which the tooltip has. */
static const char *
shorten_message (MongeItem *item, const char *message)
{
  const char *path = monge_item_get_input (item)->path;

  if (message == NULL || path == NULL || !g_str_has_prefix (message, path))
    return message;
  message += strlen (path);
  return message[0] == ':' && message[1] == ' ' ? message + 2 : message;
}

static void
show_item (MongeItem *item, GtkWidget *row)
{
  MongeItemState state = monge_item_get_state (item);
  MongeShape *shape = monge_item_get_shape (item);
  const float *colour = monge_item_get_colour (item);
  const char *message = state == MONGE_ITEM_FAILED ? monge_item_get_message (item) : NULL;
  g_autofree char *tip = describe (item);
  g_autofree char *counts = shape != NULL ? monge_shape_dup_counts (shape)
                            : state == MONGE_ITEM_ASKING ? g_strdup ("Choose what to take from it")
                                                         : NULL;
  const MongeShapeRowState shown = {
    .name = monge_item_get_name (item),
    .counts = counts,
    .tip = tip,
    .error = shorten_message (item, message),
    .colour = { colour[0], colour[1], colour[2] },
    .role = monge_item_get_role (item),
    .is_visible = monge_item_get_visible (item),
    .is_loading = state == MONGE_ITEM_LOADING,
    .can_repair = message != NULL && strstr (message, "not finite") != NULL,
    .progress = monge_item_get_progress (item),
  };

  monge_shape_row_show (MONGE_SHAPE_ROW (row), &shown);
}

static void
on_item_notify (MongeItem *item, GParamSpec *pspec, GtkWidget *row)
{
  show_item (item, row);
}

static MongeShapePanel *
get_panel (MongeShapeRow *row)
{
  return MONGE_SHAPE_PANEL (gtk_widget_get_ancestor (GTK_WIDGET (row), MONGE_TYPE_SHAPE_PANEL));
}

static void
on_renamed (MongeShapeRow *row, const char *name, MongeItem *item)
{
  monge_item_set_name (item, name);
}

static void
on_role_chosen (MongeShapeRow *row, guint role, MongeItem *item)
{
  monge_document_set_role (get_panel (row)->document, item, role);
}

static void
on_colour_chosen (MongeShapeRow *row, MongeItem *item)
{
  float colour[3];

  monge_shape_row_get_colour (row, colour);
  monge_item_set_colour (item, colour);
}

static void
on_visible_chosen (MongeShapeRow *row, gboolean is_visible, MongeItem *item)
{
  monge_item_set_visible (item, is_visible);
}

static void
on_cancel (MongeShapeRow *row, MongeItem *item)
{
  monge_document_cancel (get_panel (row)->document, item);
}

static void
on_retry (MongeShapeRow *row, gboolean without_bad_vertices, MongeItem *item)
{
  MongeDocument *document = get_panel (row)->document;
  MongeRecipeInput input;

  monge_recipe_input_copy (&input, monge_item_get_input (item));
  input.repairs |= without_bad_vertices;
  monge_document_change (document, item, &input);
  monge_recipe_input_clear (&input);
}

static GtkWidget *
create_row (gpointer object, gpointer user_data)
{
  MongeItem *item = object;
  GtkWidget *row = monge_shape_row_new ();

  g_object_set_data_full (G_OBJECT (row), "item", g_object_ref (item), g_object_unref);
  g_signal_connect_object (item, "notify", G_CALLBACK (on_item_notify), row, 0);
  g_signal_connect (row, "renamed", G_CALLBACK (on_renamed), item);
  g_signal_connect (row, "role-chosen", G_CALLBACK (on_role_chosen), item);
  g_signal_connect (row, "colour-chosen", G_CALLBACK (on_colour_chosen), item);
  g_signal_connect (row, "visible-chosen", G_CALLBACK (on_visible_chosen), item);
  g_signal_connect (row, "cancel", G_CALLBACK (on_cancel), item);
  g_signal_connect (row, "retry", G_CALLBACK (on_retry), item);
  show_item (item, row);
  return row;
}

/* Selecting */

MongeItem *
monge_shape_panel_get_selected (MongeShapePanel *panel)
{
  return panel->selected;
}

static void
enable (MongeShapePanel *panel, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (panel->actions), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

static void
update_actions (MongeShapePanel *panel)
{
  static const char *const of_item[] = { "rename", "colour", "visible", "duplicate", "remove",
                                         "role" };
  gboolean has_shape = panel->selected != NULL && monge_item_get_shape (panel->selected) != NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (of_item); i++)
    enable (panel, of_item[i], panel->selected != NULL);
  enable (panel, "mirror", has_shape);
  enable (panel, "values", has_shape);
  enable (panel, "landmarks", has_shape);
  enable (panel, "remove-landmarks",
          has_shape && monge_item_get_input (panel->selected)->landmarks_path != NULL);
  enable (panel, "export", has_shape);
  enable (panel, "labels", panel->selected != NULL
                               && monge_item_get_volume (panel->selected) != NULL);
  if (panel->selected != NULL)
    g_simple_action_set_state (
        G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (panel->actions), "role")),
        g_variant_new_string (monge_role_names[monge_item_get_role (panel->selected)]));
}

static void
on_selected_notify (MongeItem *item, GParamSpec *pspec, MongeShapePanel *panel)
{
  update_actions (panel);
}

static void
set_selected (MongeShapePanel *panel, MongeItem *item)
{
  if (panel->selected == item)
    return;
  if (panel->selected != NULL)
    g_signal_handlers_disconnect_by_func (panel->selected, on_selected_notify, panel);
  g_set_object (&panel->selected, item);
  if (item != NULL)
    g_signal_connect (item, "notify", G_CALLBACK (on_selected_notify), panel);
  update_actions (panel);
  g_signal_emit (panel, signals[SELECTION_CHANGED], 0);
}

static void
on_row_selected (GtkListBox *list, GtkListBoxRow *row, MongeShapePanel *panel)
{
  if (!panel->is_changing && row != NULL)
    set_selected (panel, get_item (GTK_WIDGET (row)));
}

void
monge_shape_panel_select (MongeShapePanel *panel, MongeItem *item)
{
  GtkWidget *row = monge_shape_panel_get_row (panel, item);

  if (row != NULL)
    gtk_list_box_select_row (panel->list, GTK_LIST_BOX_ROW (row));
}

/* Rows have come, gone or moved: what was selected still is, or else the first. */
static void
on_items_changed (GListModel *model, guint position, guint removed, guint added,
                  MongeShapePanel *panel)
{
  guint n = g_list_model_get_n_items (model);
  GtkWidget *row = panel->selected != NULL ? monge_shape_panel_get_row (panel, panel->selected)
                                           : NULL;

  gtk_widget_set_visible (GTK_WIDGET (panel->list), n > 0);
  gtk_widget_set_visible (panel->hint, n == 0);
  gtk_widget_set_visible (panel->start, n > 0);
  if (row == NULL && n > 0)
    row = GTK_WIDGET (gtk_list_box_get_row_at_index (
        panel->list, (int) MIN (position, n - 1)));
  if (row != NULL)
    {
      gtk_list_box_select_row (panel->list, GTK_LIST_BOX_ROW (row));
      set_selected (panel, get_item (row));
    }
  else
    set_selected (panel, NULL);
}

/* What can be done */

static MongeShapeRow *
get_selected_row (MongeShapePanel *panel)
{
  GtkWidget *row = panel->selected != NULL ? monge_shape_panel_get_row (panel, panel->selected)
                                           : NULL;

  return row != NULL ? MONGE_SHAPE_ROW (row) : NULL;
}

static void
on_rename (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MongeShapeRow *row = get_selected_row (user_data);

  if (row != NULL)
    monge_shape_row_begin_rename (row);
}

static void
on_palette (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MongeShapeRow *row = get_selected_row (user_data);

  if (row != NULL)
    monge_shape_row_open_palette (row);
}

static void
on_visible (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MongeItem *item = MONGE_SHAPE_PANEL (user_data)->selected;

  monge_item_set_visible (item, !monge_item_get_visible (item));
}

static void
on_role (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MongeShapePanel *panel = user_data;
  const char *name = g_variant_get_string (parameter, NULL);

  for (guint role = 0; monge_role_names[role] != NULL; role++)
    if (g_str_equal (monge_role_names[role], name))
      monge_document_set_role (panel->document, panel->selected, role);
}

static void
on_duplicate (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MongeShapePanel *panel = user_data;
  MongeRecipeInput input;
  MongeItem *copy;

  monge_recipe_input_copy (&input, monge_item_get_input (panel->selected));
  input.role = MONGE_ROLE_CONTEXT;
  input.has_colour = FALSE;
  copy = monge_document_add (panel->document, &input, FALSE);
  monge_recipe_input_clear (&input);
  if (copy != NULL)
    monge_shape_panel_select (panel, copy);
}

/* As a step, so that it can be seen and taken back. */
static void
on_mirror (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MongeShapePanel *panel = user_data;
  const char *filters = monge_item_get_input (panel->selected)->filters;
  g_autoptr (MongeFilterChain) chain = monge_filter_chain_parse (filters != NULL ? filters : "",
                                                                 NULL);
  g_autofree char *text = NULL;

  if (chain == NULL)
    return;
  monge_filter_chain_insert (chain, G_MAXUINT, monge_filter_find ("mirror"));
  text = monge_filter_chain_print (chain);
  monge_document_set_filters (panel->document, panel->selected, text, NULL);
}

static void
on_remove (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MongeShapePanel *panel = user_data;

  monge_document_remove (panel->document, panel->selected);
}

static void
on_labels (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_signal_emit (user_data, signals[LABELS_ASKED], 0, MONGE_SHAPE_PANEL (user_data)->selected);
}

static void
on_values (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_signal_emit (user_data, signals[VALUES_ASKED], 0, MONGE_SHAPE_PANEL (user_data)->selected);
}

static void
on_landmarks (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_signal_emit (user_data, signals[LANDMARKS_ASKED], 0, MONGE_SHAPE_PANEL (user_data)->selected);
}

static void
on_remove_landmarks (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  MongeShapePanel *panel = user_data;

  monge_document_attach_landmarks (panel->document, panel->selected, NULL);
}

static void
on_export (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_signal_emit (user_data, signals[EXPORT_ASKED], 0, MONGE_SHAPE_PANEL (user_data)->selected);
}

static const GActionEntry entries[] = {
  { "rename", on_rename },
  { "colour", on_palette },
  { "visible", on_visible },
  { "role", on_role, "s", "'source'" },
  { "duplicate", on_duplicate },
  { "mirror", on_mirror },
  { "labels", on_labels },
  { "values", on_values },
  { "landmarks", on_landmarks },
  { "remove-landmarks", on_remove_landmarks },
  { "export", on_export },
  { "remove", on_remove },
};

void
monge_shape_panel_activate (MongeShapePanel *panel, const char *action)
{
  g_action_group_activate_action (G_ACTION_GROUP (panel->actions), action, NULL);
}

/* Keys and the menu */

static gboolean
on_key (GtkEventControllerKey *keys, guint keyval, guint keycode, GdkModifierType state,
        MongeShapePanel *panel)
{
  static const struct {
    guint keyval;
    const char *action;
  } bound[] = {
    { GDK_KEY_F2, "rename" },          { GDK_KEY_Delete, "remove" },
    { GDK_KEY_KP_Delete, "remove" },   { GDK_KEY_space, "visible" },
  };
  MongeShapeRow *row = get_selected_row (panel);

  if (row == NULL || monge_shape_row_is_renaming (row)
      || (state & gtk_accelerator_get_default_mod_mask ()) != 0)
    return GDK_EVENT_PROPAGATE;
  if (gtk_widget_get_focus_child (GTK_WIDGET (row)) != NULL) /* a button in it */
    return GDK_EVENT_PROPAGATE;
  for (gsize i = 0; i < G_N_ELEMENTS (bound); i++)
    if (bound[i].keyval == keyval)
      {
        monge_shape_panel_activate (panel, bound[i].action);
        return GDK_EVENT_STOP;
      }
  return GDK_EVENT_PROPAGATE;
}

static void
open_menu (MongeShapePanel *panel, double x, double y)
{
  const GdkRectangle at = { (int) x, (int) y, 1, 1 };

  gtk_popover_set_pointing_to (GTK_POPOVER (panel->menu), &at);
  gtk_popover_popup (GTK_POPOVER (panel->menu));
}

static void
on_secondary_pressed (GtkGestureClick *click, int n_press, double x, double y,
                      MongeShapePanel *panel)
{
  GtkListBoxRow *row = gtk_list_box_get_row_at_y (panel->list, (int) y);

  if (row == NULL)
    return;
  gtk_list_box_select_row (panel->list, row);
  gtk_gesture_set_state (GTK_GESTURE (click), GTK_EVENT_SEQUENCE_CLAIMED);
  open_menu (panel, x, y);
}

/* The menu key, and Shift+F10. */
static gboolean
on_menu_key (GtkWidget *list, GVariant *args, gpointer user_data)
{
  MongeShapePanel *panel = user_data;
  MongeShapeRow *row = get_selected_row (panel);
  double x, y;

  if (row == NULL)
    return FALSE;
  gtk_widget_translate_coordinates (GTK_WIDGET (row), list, 24.0,
                                    gtk_widget_get_height (GTK_WIDGET (row)) - 4.0, &x, &y);
  open_menu (panel, x, y);
  return TRUE;
}

static void
add_controllers (MongeShapePanel *panel)
{
  GtkEventController *shortcuts = gtk_shortcut_controller_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkGesture *click = gtk_gesture_click_new ();
  GtkWidget *list = GTK_WIDGET (panel->list);

  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE); /* before it activates */
  g_signal_connect (keys, "key-pressed", G_CALLBACK (on_key), panel);
  gtk_widget_add_controller (list, keys);
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  g_signal_connect (click, "pressed", G_CALLBACK (on_secondary_pressed), panel);
  gtk_widget_add_controller (list, GTK_EVENT_CONTROLLER (click));
  gtk_shortcut_controller_add_shortcut (
      GTK_SHORTCUT_CONTROLLER (shortcuts),
      gtk_shortcut_new (gtk_shortcut_trigger_parse_string ("Menu|<Shift>F10"),
                        gtk_callback_action_new (on_menu_key, panel, NULL)));
  gtk_widget_add_controller (list, shortcuts);
}

/* The widget */

static void
monge_shape_panel_dispose (GObject *object)
{
  MongeShapePanel *panel = MONGE_SHAPE_PANEL (object);

  if (panel->document != NULL)
    g_signal_handlers_disconnect_by_data (panel->document, panel);
  if (panel->selected != NULL)
    g_signal_handlers_disconnect_by_data (panel->selected, panel);
  if (panel->list != NULL)
    {
      g_signal_handlers_disconnect_by_data (panel->list, panel);
      gtk_list_box_bind_model (panel->list, NULL, NULL, NULL, NULL);
    }
  panel->list = NULL;
  g_clear_pointer (&panel->menu, gtk_widget_unparent);
  g_clear_pointer (&panel->content, gtk_widget_unparent);
  g_clear_object (&panel->selected);
  g_clear_object (&panel->document);
  g_clear_object (&panel->actions);
  G_OBJECT_CLASS (monge_shape_panel_parent_class)->dispose (object);
}

static void
monge_shape_panel_class_init (MongeShapePanelClass *class)
{
  static const char *const of_item[] = { "labels-asked", "values-asked", "landmarks-asked",
                                         "export-asked" };
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);
  GType type = G_TYPE_FROM_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = monge_shape_panel_dispose;
  signals[SELECTION_CHANGED] = g_signal_new ("selection-changed", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                             NULL, NULL, G_TYPE_NONE, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (of_item); i++)
    signals[LABELS_ASKED + i] = g_signal_new (of_item[i], type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                              NULL, G_TYPE_NONE, 1, MONGE_TYPE_ITEM);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/monge/Monge/ui/shape-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, MongeShapePanel, content);
  gtk_widget_class_bind_template_child (widget_class, MongeShapePanel, list);
  gtk_widget_class_bind_template_child (widget_class, MongeShapePanel, hint);
  gtk_widget_class_bind_template_child (widget_class, MongeShapePanel, start);
  gtk_widget_class_bind_template_child (widget_class, MongeShapePanel, menu);
  gtk_widget_class_bind_template_callback (widget_class, on_row_selected);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
monge_shape_panel_init (MongeShapePanel *panel)
{
  panel->actions = g_simple_action_group_new ();
  g_action_map_add_action_entries (G_ACTION_MAP (panel->actions), entries, G_N_ELEMENTS (entries),
                                   panel);
  gtk_widget_insert_action_group (GTK_WIDGET (panel), "shape", G_ACTION_GROUP (panel->actions));
  gtk_widget_init_template (GTK_WIDGET (panel));
  gtk_widget_set_parent (panel->menu, GTK_WIDGET (panel->list));
  add_controllers (panel);
  update_actions (panel);
}

void
monge_shape_panel_set_session (MongeShapePanel *panel, MongeSession *session)
{
  GListModel *model;

  g_return_if_fail (panel->document == NULL);

  panel->document = g_object_ref (monge_session_get_document (session));
  model = G_LIST_MODEL (panel->document);
  gtk_list_box_bind_model (panel->list, model, create_row, NULL, NULL);
  g_signal_connect_after (model, "items-changed", G_CALLBACK (on_items_changed), panel);
  on_items_changed (model, 0, 0, g_list_model_get_n_items (model), panel);
}
