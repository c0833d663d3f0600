#include "ui/flow-bar.h"

#include "ui/energy-plot.h"
#include "ui/text.h"

#define FIRST_STEPS 20 /* the step axis is never shorter */

struct _MongeFlowBar {
  GtkWidget parent_instance;

  GtkWidget *content;
  GtkButton *play;
  GtkLabel *step;
  GtkLabel *value;
  MongeEnergyPlot *plot;

  MongeSession *session;
  int shown_playing; /* -1 before the first time */
};

G_DEFINE_FINAL_TYPE (MongeFlowBar, monge_flow_bar, GTK_TYPE_WIDGET)

static void
show_play (MongeFlowBar *bar)
{
  gboolean is_playing = monge_session_get_state (bar->session) == MONGE_RUNNER_PLAYING;
  const char *label = is_playing ? "Pause" : "Play";

  if (bar->shown_playing == is_playing)
    return;
  bar->shown_playing = is_playing;
  gtk_button_set_icon_name (bar->play, is_playing ? "media-playback-pause-symbolic"
                                                  : "media-playback-start-symbolic");
  gtk_widget_set_tooltip_text (GTK_WIDGET (bar->play), is_playing ? "Pause (Space)"
                                                                  : "Play (Space)");
  gtk_accessible_update_property (GTK_ACCESSIBLE (bar->play), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  -1);
}

/* The unit of the loss: that of the ground cost |x − y|^p / p. */
static char *
get_loss_unit (MongeFlowBar *bar)
{
  const MongeFlowParams *params = monge_session_get_params (bar->session);
  const char *unit = monge_session_get_unit (bar->session);

  if (unit == NULL || !g_str_equal (params->loss.loss, "sinkhorn"))
    return NULL;
  return g_strdup_printf ("%s%s", unit, params->loss.p == 2 ? "²" : "");
}

static void
show_numbers (MongeFlowBar *bar)
{
  const MongeFrame *frame = monge_session_get_frame (bar->session);
  GArray *samples = monge_session_get_samples (bar->session);
  g_autofree char *n = monge_text_count (frame != NULL ? frame->step : 0);
  g_autofree char *step = g_strdup_printf ("Step %s", n);
  g_autofree char *unit = get_loss_unit (bar);
  g_autofree char *text = NULL;

  gtk_label_set_text (bar->step, step);
  if (samples->len > 0)
    {
      const MongeSample *last = &g_array_index (samples, MongeSample, samples->len - 1);
      g_autofree char *loss = monge_text_quantity (last->loss, unit);

      text = g_strdup_printf ("loss %s", loss);
    }
  gtk_label_set_text (bar->value, text != NULL ? text : "");
  monge_energy_plot_update (bar->plot, samples, FIRST_STEPS,
                            monge_session_get_params (bar->session)->loss.tol, unit);
}

static void
on_frame (MongeSession *session, MongeFlowBar *bar)
{
  show_play (bar);
  show_numbers (bar);
}

static void
monge_flow_bar_dispose (GObject *object)
{
  MongeFlowBar *bar = MONGE_FLOW_BAR (object);

  if (bar->session != NULL)
    g_signal_handlers_disconnect_by_data (bar->session, bar);
  g_clear_pointer (&bar->content, gtk_widget_unparent);
  g_clear_object (&bar->session);
  G_OBJECT_CLASS (monge_flow_bar_parent_class)->dispose (object);
}

static void
monge_flow_bar_class_init (MongeFlowBarClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = monge_flow_bar_dispose;
  g_type_ensure (MONGE_TYPE_ENERGY_PLOT);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/monge/Monge/ui/flow-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, MongeFlowBar, content);
  gtk_widget_class_bind_template_child (widget_class, MongeFlowBar, play);
  gtk_widget_class_bind_template_child (widget_class, MongeFlowBar, step);
  gtk_widget_class_bind_template_child (widget_class, MongeFlowBar, value);
  gtk_widget_class_bind_template_child (widget_class, MongeFlowBar, plot);
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
monge_flow_bar_init (MongeFlowBar *bar)
{
  bar->shown_playing = -1;
  gtk_widget_init_template (GTK_WIDGET (bar));
}

void
monge_flow_bar_set_session (MongeFlowBar *bar, MongeSession *session)
{
  g_return_if_fail (bar->session == NULL);

  bar->session = g_object_ref (session);
  g_signal_connect (session, "frame", G_CALLBACK (on_frame), bar);
  g_signal_connect (session, "shapes-changed", G_CALLBACK (on_frame), bar);
  g_signal_connect (session, "params-changed", G_CALLBACK (on_frame), bar);
  on_frame (session, bar);
}
