/* The window: composition of the panels, the view and the flow bar around one session. */
#pragma once

#include <gtk/gtk.h>

#include "ui/session.h"
#include "ui/viewport.h"

G_BEGIN_DECLS

#define MONGE_TYPE_WINDOW (monge_window_get_type ())
G_DECLARE_FINAL_TYPE (MongeWindow, monge_window, MONGE, WINDOW, GtkApplicationWindow)

/* @session: kept by reference; may be loading already. */
MongeWindow *monge_window_new (GtkApplication *application, MongeSession *session);
/* The keys of the actions, for menus and the whole application; once. */
void monge_window_set_accels (GtkApplication *application);

MongeSession *monge_window_get_session (MongeWindow *window);
MongeViewport *monge_window_get_viewport (MongeWindow *window);
/* The text of the status line; transfer full. */
char *monge_window_dup_status (MongeWindow *window);
/* What is said in the bar under the header, or NULL; borrowed. */
const char *monge_window_get_message (MongeWindow *window);
void monge_window_show_message (MongeWindow *window, const char *text, gboolean is_error);

/* One file becomes the source, or the target when there is a source already; two become both.
 * @files: (element-type GFile) */
void monge_window_open_files (MongeWindow *window, GListModel *files);
/* What the actions do once a name has been chosen; success and failure are said in the window. */
void monge_window_save_screenshot (MongeWindow *window, const char *path, int scale,
                                   gboolean transparent);
void monge_window_export_shape (MongeWindow *window, const char *path);
void monge_window_save_session (MongeWindow *window, const char *path);
void monge_window_open_session (MongeWindow *window, const char *path);

G_END_DECLS
