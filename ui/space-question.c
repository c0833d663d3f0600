#include "ui/space-question.h"

#include <string.h>

#include "ui/settings.h"

#define N_REMEMBERED 200
#define KEY "spaces"

/* How much more must overlap, of the smaller box, to be plain. */
#define PLAIN 0.25

typedef struct {
  double lower[3], upper[3];
} Box;

static Box
get_box (const MongeShape *shape, gboolean is_turned)
{
  Box box;

  monge_shape_get_bounds (shape, box.lower, box.upper);
  for (int k = 0; k < 2 && is_turned; k++)
    {
      double lower = box.lower[k];

      box.lower[k] = -box.upper[k];
      box.upper[k] = -lower;
    }
  return box;
}

/* What is flat has no volume: sides are taken as at least a thousandth of the whole. */
static double
get_overlap (const Box *a, const Box *b)
{
  double overlap = 1.0;

  for (int k = 0; k < 3; k++)
    {
      double size = MIN (a->upper[k] - a->lower[k], b->upper[k] - b->lower[k]);
      double common = MIN (a->upper[k], b->upper[k]) - MAX (a->lower[k], b->lower[k]);

      overlap *= size > 0.0 ? CLAMP (common / size, 0.0, 1.0) : common >= 0.0;
    }
  return overlap;
}

MongeSpace
monge_space_guess (const MongeShape *shape, const GPtrArray *known)
{
  Box as_is = get_box (shape, FALSE), turned = get_box (shape, TRUE);
  double ras = 0.0, lps = 0.0;

  for (guint i = 0; i < known->len; i++)
    {
      Box other = get_box (known->pdata[i], FALSE);

      ras += get_overlap (&as_is, &other) / known->len;
      lps += get_overlap (&turned, &other) / known->len;
    }
  if (ras > lps + PLAIN)
    return MONGE_SPACE_RAS;
  return lps > ras + PLAIN ? MONGE_SPACE_LPS : MONGE_SPACE_UNKNOWN;
}

/* Memory: texts "RAS PATH", the newest first. */

/* NULL with an installed schema that is older than the key. */
static GSettings *
get_settings (void)
{
  GSettings *settings = monge_settings_get ();
  g_autoptr (GSettingsSchema) schema = NULL;

  if (settings == NULL)
    return NULL;
  g_object_get (settings, "settings-schema", &schema, NULL);
  return g_settings_schema_has_key (schema, KEY) ? settings : NULL;
}

MongeSpace
monge_space_recall (const char *path)
{
  GSettings *settings = get_settings ();
  g_auto (GStrv) list = settings != NULL ? g_settings_get_strv (settings, KEY) : NULL;

  for (int i = 0; list != NULL && list[i] != NULL; i++)
    for (MongeSpace space = MONGE_SPACE_RAS; space <= MONGE_SPACE_LPS; space++)
      if (g_str_has_prefix (list[i], monge_space_names[space])
          && strcmp (list[i] + strlen (monge_space_names[space]) + 1, path) == 0)
        return space;
  return MONGE_SPACE_UNKNOWN;
}

void
monge_space_remember (const char *path, MongeSpace space)
{
  GSettings *settings = get_settings ();
  g_auto (GStrv) list = settings != NULL ? g_settings_get_strv (settings, KEY) : NULL;
  g_autoptr (GPtrArray) longer = g_ptr_array_new ();
  g_autofree char *first = g_strconcat (monge_space_names[space], " ", path, NULL);

  if (settings == NULL || !g_utf8_validate (path, -1, NULL))
    return;
  g_ptr_array_add (longer, first);
  for (int i = 0; list[i] != NULL && longer->len < N_REMEMBERED; i++)
    if (strlen (list[i]) > 4 && strcmp (list[i] + 4, path) != 0)
      g_ptr_array_add (longer, list[i]);
  g_ptr_array_add (longer, NULL);
  g_settings_set_strv (settings, KEY, (const char *const *) longer->pdata);
}
