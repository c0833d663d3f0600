/* One line under everything: what goes on, how exact, how fast, on what. */
#pragma once

#include "ui/viewport.h"

G_BEGIN_DECLS

#define MONGE_TYPE_STATUS_LINE (monge_status_line_get_type ())
G_DECLARE_FINAL_TYPE (MongeStatusLine, monge_status_line, MONGE, STATUS_LINE, GtkWidget)

/* Brought up to date four times a second while something changes. */
void monge_status_line_set_session (MongeStatusLine *line, MongeSession *session,
                                    MongeViewport *viewport);
/* The whole line as one text, for tests and assistive technology; transfer full. */
char *monge_status_line_dup_text (MongeStatusLine *line);

G_END_DECLS
