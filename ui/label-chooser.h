/* Which labels of a volume to take: a list that can be searched and sorted, as one surface, as one
 * shape each, or as voxels. */
#pragma once

#include <gtk/gtk.h>

#include "ui/document.h"

G_BEGIN_DECLS

/**
 * MongeLabelUse:
 * @MONGE_LABELS_TOGETHER: one surface around all of them
 * @MONGE_LABELS_APART: a surface for each; those of neighbours share their border
 * @MONGE_LABELS_AS_VOXELS: the centres of all their voxels, weighted
 */
typedef enum {
  MONGE_LABELS_TOGETHER,
  MONGE_LABELS_APART,
  MONGE_LABELS_AS_VOXELS,
} MongeLabelUse;

#define MONGE_TYPE_LABEL_CHOOSER (monge_label_chooser_get_type ())
G_DECLARE_FINAL_TYPE (MongeLabelChooser, monge_label_chooser, MONGE, LABEL_CHOOSER, GtkWindow)

/* For an item whose volume is there. Present it. It answers the document and destroys itself; closing
 * it cancels an item that is asking. */
GtkWindow *monge_label_chooser_new (GtkWindow *parent, MongeDocument *document,
                                    MongeItem *item);
/* As if the person had chosen these rows and pressed the button. */
void monge_label_chooser_choose (MongeLabelChooser *chooser, const gint32 *labels, guint n_labels,
                                 MongeLabelUse use);
/* What is typed into the search; the selection stays. How many rows are left. */
guint monge_label_chooser_search (MongeLabelChooser *chooser, const char *text);

G_END_DECLS
