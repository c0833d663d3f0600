#include "ui/shape-panel.h"

#include "ui/text.h"

struct _MongeShapePanel {
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkLabel *source_name, *source_size;
  GtkLabel *target_name, *target_size;
  GtkLabel *start_name, *start_size;

  MongeSession *session;
};

G_DEFINE_FINAL_TYPE (MongeShapePanel, monge_shape_panel, GTK_TYPE_WIDGET)

/* "6,611 points · 13,218 faces" */
static char *
describe (const MongeShape *shape)
{
  static const char *const cells[] = { NULL, "segments", "faces" };
  MongeShapeKind kind = monge_shape_get_kind (shape);
  g_autofree char *n = monge_text_count (monge_shape_get_n_vertices (shape));
  g_autofree char *n_cells = monge_text_count (monge_shape_get_n_cells (shape));

  if (cells[kind] == NULL)
    return g_strdup_printf ("%s points", n);
  return g_strdup_printf ("%s points · %s %s", n, n_cells, cells[kind]);
}

static void
show_shape (MongeShapePanel *panel, MongeRole role, GtkLabel *name, GtkLabel *size)
{
  static const char *const empty[] = { "Source", "Target" };
  MongeShape *shape = monge_session_get_shape (panel->session, role);
  const char *unit = monge_session_get_unit (panel->session);
  g_autofree char *text = shape != NULL ? describe (shape) : g_strdup ("not opened yet");
  g_autofree char *tip = NULL;

  gtk_label_set_text (name, shape != NULL ? monge_shape_get_name (shape) : empty[role]);
  gtk_label_set_text (size, text);
  if (shape != NULL)
    {
      g_autofree char *across = monge_text_quantity (monge_shape_get_diameter (shape), unit);

      tip = g_strdup_printf ("%s: %s\n%s\n%s across", empty[role], monge_shape_get_name (shape),
                             text, across);
    }
  gtk_widget_set_tooltip_text (gtk_widget_get_parent (GTK_WIDGET (name)), tip);
}

static void
on_shapes_changed (MongeSession *session, MongeShapePanel *panel)
{
  show_shape (panel, MONGE_ROLE_SOURCE, panel->source_name, panel->source_size);
  show_shape (panel, MONGE_ROLE_TARGET, panel->target_name, panel->target_size);
}

static void
monge_shape_panel_dispose (GObject *object)
{
  MongeShapePanel *panel = MONGE_SHAPE_PANEL (object);

  if (panel->session != NULL)
    g_signal_handlers_disconnect_by_data (panel->session, panel);
  g_clear_pointer (&panel->content, gtk_widget_unparent);
  g_clear_object (&panel->session);
  G_OBJECT_CLASS (monge_shape_panel_parent_class)->dispose (object);
}

static void
monge_shape_panel_class_init (MongeShapePanelClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = monge_shape_panel_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/monge/Monge/ui/shape-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, MongeShapePanel, content);
  gtk_widget_class_bind_template_child (widget_class, MongeShapePanel, source_name);
  gtk_widget_class_bind_template_child (widget_class, MongeShapePanel, source_size);
  gtk_widget_class_bind_template_child (widget_class, MongeShapePanel, target_name);
  gtk_widget_class_bind_template_child (widget_class, MongeShapePanel, target_size);
  gtk_widget_class_bind_template_child (widget_class, MongeShapePanel, start_name);
  gtk_widget_class_bind_template_child (widget_class, MongeShapePanel, start_size);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
monge_shape_panel_init (MongeShapePanel *panel)
{
  gtk_widget_init_template (GTK_WIDGET (panel));
  gtk_label_set_text (panel->start_size, "the source at step 0");
}

void
monge_shape_panel_set_session (MongeShapePanel *panel, MongeSession *session)
{
  g_return_if_fail (panel->session == NULL);

  panel->session = g_object_ref (session);
  g_signal_connect (session, "shapes-changed", G_CALLBACK (on_shapes_changed), panel);
  on_shapes_changed (session, panel);
}
