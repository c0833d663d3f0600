/* A titled list of option rows, filled from an option table. */
#pragma once

#include "ui/option-row.h"

G_BEGIN_DECLS

#define MONGE_TYPE_OPTION_GROUP (monge_option_group_get_type ())
G_DECLARE_FINAL_TYPE (MongeOptionGroup, monge_option_group, MONGE, OPTION_GROUP, GtkBox)

/* @title: (nullable); @keys: which lines of @table and in which order, NULL-terminated.
 * Signal "changed" (): a row was changed by the person. */
GtkWidget *monge_option_group_new (const char *title, const MongeOption *table,
                                   const char *const *keys);

void monge_option_group_load (MongeOptionGroup *group, gconstpointer params,
                              gconstpointer defaults);
void monge_option_group_store (MongeOptionGroup *group, gpointer params);
/* Of the options that are lengths. */
void monge_option_group_set_unit (MongeOptionGroup *group, const char *unit);
/* NULL if there is none. */
MongeOptionRow *monge_option_group_find (MongeOptionGroup *group, const char *key);
/* Aligns the rows of several groups. */
void monge_option_group_join (MongeOptionGroup *group, GtkSizeGroup *names, GtkSizeGroup *numbers);

G_END_DECLS
