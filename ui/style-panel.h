/* How the shapes are shown: a control for each line of monge_view_options. */
#pragma once

#include "ui/viewport.h"

G_BEGIN_DECLS

#define MONGE_TYPE_STYLE_PANEL (monge_style_panel_get_type ())
G_DECLARE_FINAL_TYPE (MongeStylePanel, monge_style_panel, MONGE, STYLE_PANEL, GtkWidget)

void monge_style_panel_set_viewport (MongeStylePanel *panel, MongeViewport *viewport,
                                     MongeSession *session);

G_END_DECLS
