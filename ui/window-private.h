#pragma once

#include "ui/flow-bar.h"
#include "ui/loss-panel.h"
#include "ui/shape-panel.h"
#include "ui/status-line.h"
#include "ui/style-panel.h"
#include "ui/window.h"

G_BEGIN_DECLS

struct _MongeWindow {
  GtkApplicationWindow parent_instance;

  GtkLabel *title;
  GtkMenuButton *example_button, *screenshot_button;
  GtkRevealer *message_revealer;
  GtkBox *message_box;
  GtkLabel *message;
  GtkWidget *left, *right;
  MongeShapePanel *shape_panel;
  MongeStylePanel *style_panel;
  MongeViewport *viewport;
  MongeLossPanel *loss_panel;
  MongeFlowBar *flow_bar;
  MongeStatusLine *status_line;

  MongeSession *session;
  guint message_timeout;
  double last_reach; /* what leaving "balanced" goes back to */
};

/* window-actions.c */
void monge_window_install_actions (MongeWindow *window);
/* Which actions can be used now, and the states that follow the session. */
void monge_window_update_actions (MongeWindow *window);

G_END_DECLS
