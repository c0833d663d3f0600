#include "ui/loss-panel.h"

#include <math.h>

#include "ui/option-group.h"

struct _MongeLossPanel {
  GtkWidget parent_instance;

  GtkWidget *scroller;
  GtkBox *content;
  GtkExpander *solver;

  MongeSession *session;
  GPtrArray *groups; /* MongeOptionGroup, descendants */
};

G_DEFINE_FINAL_TYPE (MongeLossPanel, monge_loss_panel, GTK_TYPE_WIDGET)

static const struct {
  const char *title;
  const char *const keys[8];
  gboolean in_solver;
} sections[] = {
  { "Loss", { "loss", "p", "blur", "reach" }, FALSE },
  { "Flow", { "model", "step-size" }, FALSE },
  { "Accuracy", { "tol" }, FALSE },
  { NULL, { "scaling", "max-iterations", "debias" }, TRUE },
};

static void
on_changed (MongeOptionGroup *group, MongeLossPanel *panel)
{
  MongeFlowParams params = *monge_session_get_params (panel->session);

  monge_option_group_store (group, &params);
  monge_session_set_params (panel->session, &params);
}

static void
on_params_changed (MongeSession *session, MongeLossPanel *panel)
{
  for (guint i = 0; i < panel->groups->len; i++)
    monge_option_group_load (g_ptr_array_index (panel->groups, i),
                             monge_session_get_params (session),
                             monge_session_get_default_params (session));
}

/* What the sliders cover follows the size of the shapes; typed numbers may go further. */
static void
on_shapes_changed (MongeSession *session, MongeLossPanel *panel)
{
  double diameter = monge_session_get_diameter (session);
  const char *unit = monge_session_get_unit (session);

  for (guint i = 0; i < panel->groups->len; i++)
    {
      MongeOptionGroup *group = g_ptr_array_index (panel->groups, i);
      MongeOptionRow *blur = monge_option_group_find (group, "blur");
      MongeOptionRow *reach = monge_option_group_find (group, "reach");
      MongeOptionRow *tol = monge_option_group_find (group, "tol");

      monge_option_group_set_unit (group, unit != NULL ? unit : "units");
      if (blur != NULL)
        monge_option_row_set_range (blur, diameter / 1000.0, diameter / 2.0);
      if (reach != NULL)
        monge_option_row_set_range (reach, diameter / 100.0, diameter * 2.0);
      if (tol != NULL)
        monge_option_row_set_range (tol, 1e-6, 1e-1);
    }
  on_params_changed (session, panel);
}

static void
add_sections (MongeLossPanel *panel)
{
  g_autoptr (GtkSizeGroup) names = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  g_autoptr (GtkSizeGroup) numbers = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  GtkWidget *last = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (sections); i++)
    {
      GtkWidget *group = monge_option_group_new (sections[i].title, monge_flow_options,
                                                 sections[i].keys);

      monge_option_group_join (MONGE_OPTION_GROUP (group), names, numbers);
      g_signal_connect (group, "changed", G_CALLBACK (on_changed), panel);
      g_ptr_array_add (panel->groups, group);
      if (sections[i].in_solver)
        gtk_expander_set_child (panel->solver, group);
      else
        gtk_box_insert_child_after (panel->content, group, last);
      last = group;
    }
}

static void
monge_loss_panel_dispose (GObject *object)
{
  MongeLossPanel *panel = MONGE_LOSS_PANEL (object);

  if (panel->session != NULL)
    g_signal_handlers_disconnect_by_data (panel->session, panel);
  g_clear_pointer (&panel->groups, g_ptr_array_unref);
  g_clear_pointer (&panel->scroller, gtk_widget_unparent);
  g_clear_object (&panel->session);
  G_OBJECT_CLASS (monge_loss_panel_parent_class)->dispose (object);
}

static void
monge_loss_panel_class_init (MongeLossPanelClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = monge_loss_panel_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/monge/Monge/ui/loss-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, MongeLossPanel, scroller);
  gtk_widget_class_bind_template_child (widget_class, MongeLossPanel, content);
  gtk_widget_class_bind_template_child (widget_class, MongeLossPanel, solver);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
monge_loss_panel_init (MongeLossPanel *panel)
{
  panel->groups = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (panel));
  add_sections (panel);
  for (guint i = 0; i < panel->groups->len; i++)
    {
      MongeOptionRow *reach = monge_option_group_find (g_ptr_array_index (panel->groups, i),
                                                       "reach");

      if (reach != NULL)
        monge_option_row_add_switch (reach, "Balanced", "win.balanced");
    }
}

void
monge_loss_panel_set_session (MongeLossPanel *panel, MongeSession *session)
{
  g_return_if_fail (panel->session == NULL);

  panel->session = g_object_ref (session);
  g_signal_connect (session, "params-changed", G_CALLBACK (on_params_changed), panel);
  g_signal_connect (session, "shapes-changed", G_CALLBACK (on_shapes_changed), panel);
  on_shapes_changed (session, panel);
}
