/* The parameters of the flow: a control for each line of monge_flow_options that matters here. */
#pragma once

#include <gtk/gtk.h>

#include "ui/session.h"

G_BEGIN_DECLS

#define MONGE_TYPE_LOSS_PANEL (monge_loss_panel_get_type ())
G_DECLARE_FINAL_TYPE (MongeLossPanel, monge_loss_panel, MONGE, LOSS_PANEL, GtkWidget)

void monge_loss_panel_set_session (MongeLossPanel *panel, MongeSession *session);

G_END_DECLS
