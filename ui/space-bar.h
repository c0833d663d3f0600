/* A bar that asks along what the coordinates of a file run, and stands in nobody's way. */
#pragma once

#include <gtk/gtk.h>

#include "ui/document.h"

G_BEGIN_DECLS

/* Shown while an item of @document asks; several are asked one after the other. */
GtkWidget *monge_space_bar_new (MongeDocument *document);

G_END_DECLS
