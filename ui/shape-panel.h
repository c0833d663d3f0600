/* The shapes of the document: a list where they are named, coloured, shown, given roles, removed. */
#pragma once

#include <gtk/gtk.h>

#include "ui/session.h"
#include "ui/document.h"

G_BEGIN_DECLS

#define MONGE_TYPE_SHAPE_PANEL (monge_shape_panel_get_type ())
G_DECLARE_FINAL_TYPE (MongeShapePanel, monge_shape_panel, MONGE, SHAPE_PANEL, GtkWidget)

/**
 * MongeShapePanel:
 *
 * One row is selected as long as there is any. In the list, F2 renames, Delete removes, Space shows
 * and hides; a context menu has these and more.
 *
 * Signals:
 *   "selection-changed" ()
 *   "labels-asked" (MongeItem *item)    the person wants to choose labels or a level again
 *   "values-asked" (MongeItem *item)    the person wants to attach a file of values
 *   "landmarks-asked" (MongeItem *item) the person wants to attach a file of landmarks
 *   "export-asked" (MongeItem *item)
 */
void monge_shape_panel_set_session (MongeShapePanel *panel, MongeSession *session);

/* Borrowed, nullable. */
MongeItem *monge_shape_panel_get_selected (MongeShapePanel *panel);
void monge_shape_panel_select (MongeShapePanel *panel, MongeItem *item);
/* What the menu does, by name: "rename", "colour", "visible", "duplicate", "mirror", "landmarks",
 * "remove-landmarks", "remove". */
void monge_shape_panel_activate (MongeShapePanel *panel, const char *action);
/* The row of an item; NULL if it has none. */
GtkWidget *monge_shape_panel_get_row (MongeShapePanel *panel, MongeItem *item);

G_END_DECLS
