/* Play, step, reset; how far the run is; its curves. */
#pragma once

#include <gtk/gtk.h>

#include "ui/session.h"

G_BEGIN_DECLS

#define MONGE_TYPE_FLOW_BAR (monge_flow_bar_get_type ())
G_DECLARE_FINAL_TYPE (MongeFlowBar, monge_flow_bar, MONGE, FLOW_BAR, GtkWidget)

void monge_flow_bar_set_session (MongeFlowBar *bar, MongeSession *session);

G_END_DECLS
