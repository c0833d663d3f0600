/* How a shape is to be written: format and what it keeps, axes, frame, which values go along. */
#pragma once

#include <gtk/gtk.h>

#include "ui/export.h"

G_BEGIN_DECLS

#define MONGE_TYPE_EXPORT_DIALOG (monge_export_dialog_get_type ())
G_DECLARE_FINAL_TYPE (MongeExportDialog, monge_export_dialog, MONGE, EXPORT_DIALOG, GtkWindow)

/**
 * monge_export_dialog_new:
 * @title: such as "Export the Transported Shape"
 *
 * Present it. Signal "accepted" (): ask it what was chosen; it destroys itself after.
 */
GtkWindow *monge_export_dialog_new (GtkWindow *parent, const char *title, MongeShape *shape);
/* The same for the moved source of a flow, with its results. */
GtkWindow *monge_export_dialog_new_for_flow (GtkWindow *parent, const char *title,
                                             MongeFlowResults *flow);
/* FALSE if no such format can hold the shape. */
gboolean monge_export_dialog_set_format (MongeExportDialog *dialog, const char *name);
const MongeFormat *monge_export_dialog_get_format (MongeExportDialog *dialog);
/* As the controls stand; without a path. Transfer full. */
MongeExport *monge_export_dialog_dup_export (MongeExportDialog *dialog);
/* ".ply", ".ply.gz"; transfer full. */
char *monge_export_dialog_dup_extension (MongeExportDialog *dialog);

G_END_DECLS
