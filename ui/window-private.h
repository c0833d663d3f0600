#pragma once

#include "ui/export.h"
#include "ui/flow-bar.h"
#include "ui/inspector.h"
#include "ui/loss-panel.h"
#include "ui/prepare-panel.h"
#include "ui/problems.h"
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
  GtkStack *side_stack; /* of what belongs to the selected shape */
  MongeStylePanel *style_panel;
  MongeInspector *inspector;
  MongePreparePanel *prepare_panel;
  MongeViewport *viewport;
  MongeLossPanel *loss_panel;
  MongeFlowBar *flow_bar;
  MongeStatusLine *status_line;

  MongeSession *session;
  MongeItem *selected; /* in the list of shapes, or NULL */
  MongeProblems *problems;
  GPtrArray *exports; /* MongeTask, of files on their way */
  guint message_timeout;
  double last_reach; /* what leaving "balanced" goes back to */
};

/* window-shapes.c */
void monge_window_connect_shapes (MongeWindow *window);
/* Before the panels go. */
void monge_window_forget_selected (MongeWindow *window);
/* Asks for labels or a level, whatever the volume of @item has. */
void monge_window_choose_labels (MongeWindow *window, MongeItem *item);

/* window-export.c */
/* Asks how and where to write @shape, or the moved source of @flow with its results. */
void monge_window_ask_export (MongeWindow *window, const char *title, MongeShape *shape,
                              MongeFlowResults *flow);
/* Takes @export; says how it went. */
void monge_window_run_export (MongeWindow *window, MongeExport *export);
/* Asks where to write one of #monge_flow_outputs. */
void monge_window_ask_output (MongeWindow *window, const char *name);
void monge_window_cancel_exports (MongeWindow *window);

/* window-actions.c */
void monge_window_install_actions (MongeWindow *window);
/* Which actions can be used now, and the states that follow the session. */
void monge_window_update_actions (MongeWindow *window);

G_END_DECLS
