/* What is remembered between two runs. Where the schema is not installed, nothing is, and nothing
 * complains. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* NULL without the schema; borrowed. */
GSettings *monge_settings_get (void);
/* NULL without the schema; transfer full. */
char *monge_settings_dup_string (const char *key);
void monge_settings_set_string (const char *key, const char *value);
int monge_settings_get_int (const char *key, int otherwise);
void monge_settings_set_int (const char *key, int value);

G_END_DECLS
