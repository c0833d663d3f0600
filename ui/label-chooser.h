/* Which labels of a volume to take: a list that can be searched, as a surface or as voxels. */
#pragma once

#include <gtk/gtk.h>

#include "ui/document.h"

G_BEGIN_DECLS

#define MONGE_TYPE_LABEL_CHOOSER (monge_label_chooser_get_type ())
G_DECLARE_FINAL_TYPE (MongeLabelChooser, monge_label_chooser, MONGE, LABEL_CHOOSER, GtkWindow)

/* For @item, which has a volume. Answers @document and destroys itself; closed without an answer, an
 * item that never was there goes. Present it. */
GtkWindow *monge_label_chooser_new (GtkWindow *parent, MongeDocument *document, MongeItem *item);
/* As if the person had chosen these rows and pressed the button. */
void monge_label_chooser_choose (MongeLabelChooser *chooser, const gint32 *labels, guint n_labels,
                                 gboolean as_voxels);

G_END_DECLS
