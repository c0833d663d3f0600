/* One control from one line of an option table: name, slider, number with its unit, reset. */
#pragma once

#include <gtk/gtk.h>

#include "compute/core/options.h"

G_BEGIN_DECLS

#define MONGE_TYPE_OPTION_ROW (monge_option_row_get_type ())
G_DECLARE_FINAL_TYPE (MongeOptionRow, monge_option_row, MONGE, OPTION_ROW, GtkBox)

/**
 * monge_option_row_new:
 * @option: borrowed for ever: a line of a static table
 *
 * Numbers get a slider (by factors when the option is logarithmic) and an entry that takes any
 * value in the option's range; choices and integers of few values a drop-down; booleans a check;
 * texts an entry.
 * Signal "changed" (): by the person, not by monge_option_row_load().
 */
GtkWidget *monge_option_row_new (const MongeOption *option);

const MongeOption *monge_option_row_get_option (MongeOptionRow *row);
/* Between the struct the table describes and the control. @defaults is what reset goes back to. */
void monge_option_row_load (MongeOptionRow *row, gconstpointer params, gconstpointer defaults);
void monge_option_row_store (MongeOptionRow *row, gpointer params);
/* The part of the option's range that the slider covers. */
void monge_option_row_set_range (MongeOptionRow *row, double minimum, double maximum);
/* Shown after the number; the accessible names follow. */
void monge_option_row_set_unit (MongeOptionRow *row, const char *unit);
/* A check under the slider, for an option whose infinity has a name; @action is boolean. */
void monge_option_row_add_switch (MongeOptionRow *row, const char *label, const char *action);
/* Rows of one group align. */
void monge_option_row_join (MongeOptionRow *row, GtkSizeGroup *names, GtkSizeGroup *numbers);

G_END_DECLS
