/* What the tests of the window share: a window with a session, waiting, looking, pictures. */
#pragma once

#include <gtk/gtk.h>

#include "ui/window.h"

typedef struct {
  MongeSession *session;
  MongeWindow *window;
  MongeViewport *viewport;
} UiFixture;

typedef gboolean (*UiCondition) (UiFixture *fixture);
typedef gboolean (*UiMatch) (GtkWidget *widget, gconstpointer what);

/* With two seahorses, drawn, unless @shapes is NULL. */
void ui_set_up (UiFixture *fixture, gconstpointer shapes);
void ui_tear_down (UiFixture *fixture, gconstpointer shapes);

/* Runs the loop until @condition holds, half a minute at most, and keeps the view drawing. */
gboolean ui_wait_for (UiFixture *fixture, UiCondition condition);
void ui_run_for (double seconds);

/* Conditions */
gboolean ui_has_flow (UiFixture *fixture);
gboolean ui_has_drawn (UiFixture *fixture);
gboolean ui_has_moved (UiFixture *fixture);
gboolean ui_is_at_start (UiFixture *fixture);
gboolean ui_is_paused (UiFixture *fixture);
gboolean ui_has_message (UiFixture *fixture);
gboolean ui_is_not_loading (UiFixture *fixture);

/* An action of the window; the state of one. */
void ui_activate (UiFixture *fixture, const char *action);
gboolean ui_get_boolean (UiFixture *fixture, const char *action);

/* Depth first; NULL if there is none. */
GtkWidget *ui_find_widget (GtkWidget *root, UiMatch match, gconstpointer what);
/* @key: of the option of a MongeOptionRow. */
gboolean ui_is_row_of (GtkWidget *widget, gconstpointer key);
/* @type: points to a GType. */
gboolean ui_is_of_type (GtkWidget *widget, gconstpointer type);
/* The control of this type in the row of this option. */
GtkWidget *ui_find_in_row (UiFixture *fixture, const char *key, GType type);

MongePicture *ui_take_picture (UiFixture *fixture, int scale, gboolean transparent);
/* How many pixels look orange (0) or blue (2): that channel leads the other by 40. */
guint ui_count_leading (const MongePicture *picture, int channel);
/* Mean difference of the bytes. */
double ui_compare (const MongePicture *a, const MongePicture *b);
