/* Where a shape begins in a volume of intensities: a level beside the histogram, as the surface there
 * or as the density above. */
#pragma once

#include <gtk/gtk.h>

#include "ui/document.h"

G_BEGIN_DECLS

#define MONGE_TYPE_LEVEL_CHOOSER (monge_level_chooser_get_type ())
G_DECLARE_FINAL_TYPE (MongeLevelChooser, monge_level_chooser, MONGE, LEVEL_CHOOSER, GtkWindow)

/* For an item whose volume is there. Present it. The level begins at the one it has, else at the
 * suggested one. It answers the document and destroys itself; closing it cancels an item that is
 * asking. */
GtkWindow *monge_level_chooser_new (GtkWindow *parent, MongeDocument *document,
                                    MongeItem *item);
/* As if the person had moved the slider there and pressed the button. */
void monge_level_chooser_choose (MongeLevelChooser *chooser, double level, gboolean as_density);
double monge_level_chooser_get_level (MongeLevelChooser *chooser);

G_END_DECLS
