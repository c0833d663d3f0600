#include "ui/settings.h"

#define SCHEMA_ID "io.github.monge.Monge"

static GSettings *
open_settings (void)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchema) schema = NULL;

  if (source != NULL)
    schema = g_settings_schema_source_lookup (source, SCHEMA_ID, TRUE);
  return schema != NULL ? g_settings_new_full (schema, NULL, NULL) : NULL;
}

GSettings *
monge_settings_get (void)
{
  static gsize once;
  static GSettings *settings;

  if (g_once_init_enter (&once))
    {
      settings = open_settings ();
      g_once_init_leave (&once, 1);
    }
  return settings;
}

char *
monge_settings_dup_string (const char *key)
{
  GSettings *settings = monge_settings_get ();

  return settings != NULL ? g_settings_get_string (settings, key) : NULL;
}

void
monge_settings_set_string (const char *key, const char *value)
{
  GSettings *settings = monge_settings_get ();

  if (settings != NULL)
    g_settings_set_string (settings, key, value);
}

int
monge_settings_get_int (const char *key, int otherwise)
{
  GSettings *settings = monge_settings_get ();

  return settings != NULL ? g_settings_get_int (settings, key) : otherwise;
}

void
monge_settings_set_int (const char *key, int value)
{
  GSettings *settings = monge_settings_get ();

  if (settings != NULL)
    g_settings_set_int (settings, key, value);
}
