#include "ui/style-panel.h"

#include "ui/option-group.h"

struct _MongeStylePanel {
  GtkWidget parent_instance;

  GtkBox *content;
  MongeOptionGroup *group;

  MongeViewport *viewport;
  MongeSession *session;
};

G_DEFINE_FINAL_TYPE (MongeStylePanel, monge_style_panel, GTK_TYPE_WIDGET)

static void
on_changed (MongeOptionGroup *group, MongeStylePanel *panel)
{
  MongeViewStyle style = *monge_viewport_get_style (panel->viewport);

  monge_option_group_store (group, &style);
  monge_viewport_set_style (panel->viewport, &style);
}

static void
on_style_changed (MongeViewport *viewport, MongeStylePanel *panel)
{
  monge_option_group_load (panel->group, monge_viewport_get_style (viewport),
                           monge_viewport_get_default_style (viewport));
}

static void
on_shapes_changed (MongeSession *session, MongeStylePanel *panel)
{
  double size = monge_viewport_get_default_style (panel->viewport)->point_size;
  const char *unit = monge_session_get_unit (session);

  monge_option_group_set_unit (panel->group, unit != NULL ? unit : "units");
  monge_option_row_set_range (monge_option_group_find (panel->group, "point-size"), size / 10.0,
                              size * 10.0);
  on_style_changed (panel->viewport, panel);
}

static void
monge_style_panel_dispose (GObject *object)
{
  MongeStylePanel *panel = MONGE_STYLE_PANEL (object);

  if (panel->viewport != NULL)
    g_signal_handlers_disconnect_by_data (panel->viewport, panel);
  if (panel->session != NULL)
    g_signal_handlers_disconnect_by_data (panel->session, panel);
  if (panel->content != NULL)
    gtk_widget_unparent (GTK_WIDGET (panel->content));
  panel->content = NULL;
  g_clear_object (&panel->viewport);
  g_clear_object (&panel->session);
  G_OBJECT_CLASS (monge_style_panel_parent_class)->dispose (object);
}

static void
monge_style_panel_class_init (MongeStylePanelClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = monge_style_panel_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/monge/Monge/ui/style-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, MongeStylePanel, content);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
monge_style_panel_init (MongeStylePanel *panel)
{
  static const char *const keys[] = { "source-style", "target-style", "target-opacity",
                                      "colour-by", "colour-map", "point-size", NULL };
  g_autoptr (GtkSizeGroup) names = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  g_autoptr (GtkSizeGroup) numbers = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  GtkWidget *group;

  gtk_widget_init_template (GTK_WIDGET (panel));
  group = monge_option_group_new (NULL, monge_view_options, keys);
  panel->group = MONGE_OPTION_GROUP (group);
  monge_option_group_join (panel->group, names, numbers);
  g_signal_connect (group, "changed", G_CALLBACK (on_changed), panel);
  gtk_box_append (panel->content, group);
}

void
monge_style_panel_set_viewport (MongeStylePanel *panel, MongeViewport *viewport,
                                MongeSession *session)
{
  g_return_if_fail (panel->viewport == NULL);

  panel->viewport = g_object_ref (viewport);
  panel->session = g_object_ref (session);
  g_signal_connect (viewport, "style-changed", G_CALLBACK (on_style_changed), panel);
  g_signal_connect_after (session, "shapes-changed", G_CALLBACK (on_shapes_changed), panel);
  on_shapes_changed (session, panel);
}
