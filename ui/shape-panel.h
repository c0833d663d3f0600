/* The shapes of the session: names, sizes, colours, what is visible. */
#pragma once

#include <gtk/gtk.h>

#include "ui/session.h"

G_BEGIN_DECLS

#define MONGE_TYPE_SHAPE_PANEL (monge_shape_panel_get_type ())
G_DECLARE_FINAL_TYPE (MongeShapePanel, monge_shape_panel, MONGE, SHAPE_PANEL, GtkWidget)

void monge_shape_panel_set_session (MongeShapePanel *panel, MongeSession *session);

G_END_DECLS
