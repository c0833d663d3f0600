/* One step of preparing a shape: switch, parameters, what it did, where it stands in the chain. */
#pragma once

#include <gtk/gtk.h>

#include "compute/filter/filter.h"

G_BEGIN_DECLS

#define MONGE_TYPE_FILTER_ROW (monge_filter_row_get_type ())
G_DECLARE_FINAL_TYPE (MongeFilterRow, monge_filter_row, MONGE, FILTER_ROW, GtkBox)

/**
 * monge_filter_row_new:
 *
 * Controls for the lines of the filter's option table. Signals, by the person alone:
 *   "changed" ()           a parameter, or the switch
 *   "move" (int by)        -1 up, 1 down
 *   "remove" ()
 */
GtkWidget *monge_filter_row_new (const MongeFilter *filter);
const MongeFilter *monge_filter_row_get_filter (MongeFilterRow *row);
void monge_filter_row_load (MongeFilterRow *row, const MongeFilterStep *step);
void monge_filter_row_store (MongeFilterRow *row, MongeFilterStep *step);
/* What sliders cover follows the shape the chain begins with. */
void monge_filter_row_set_shape (MongeFilterRow *row, const MongeShape *shape);
/* What it did, or why it does nothing; NULL: nothing to say. */
void monge_filter_row_set_note (MongeFilterRow *row, const char *note);
void monge_filter_row_set_place (MongeFilterRow *row, guint index, guint n_steps);

G_END_DECLS
