/* Landmarks as plain JSON. Taken are
 *     [ {"id" | "name" | "label": …, "coordinates" | "position" | "point": [x, y, z]}, … ]
 *     [ {"name": …, "x": …, "y": …, "z": …}, … ]
 *     [ [x, y, z], … ]
 *     { NAME: [x, y, z], … }
 * and an object whose "landmarks" or "points" is one of these. Scalismo writes the first. */
#include "compute/io/landmarks-private.h"

#include <string.h>

gboolean
monge_json_landmarks_match (const guint8 *data, gsize size)
{
  gsize start = size >= 3 && memcmp (data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

  while (start < size && g_ascii_isspace (data[start]))
    start++;
  return start < size && (data[start] == '[' || data[start] == '{')
         && monge_bytes_are_text (data, size);
}

/* A number, or null for one that is not there. */
static gboolean
get_number (const json_t *value, double *number, gboolean *is_there)
{
  *number = json_number_value (value);
  if (json_is_null (value) || (json_is_string (value)
                               && monge_text_is_missing (json_string_value (value))))
    *is_there = FALSE;
  else if (!json_is_number (value))
    return FALSE;
  return TRUE;
}

/* Two or three numbers. */
static gboolean
get_numbers (const json_t *values, double position[3], gboolean *is_there)
{
  gsize n = json_array_size (values);

  memset (position, 0, 3 * sizeof (double));
  *is_there = TRUE;
  if (json_is_null (values))
    {
      *is_there = FALSE;
      return TRUE;
    }
  if (n != 2 && n != 3)
    return FALSE;
  for (gsize k = 0; k < n; k++)
    if (!get_number (json_array_get (values, k), &position[k], is_there))
      return FALSE;
  return TRUE;
}

static const json_t *
get_first (const json_t *object, const char *const *keys, guint n)
{
  for (guint k = 0; k < n; k++)
    if (json_object_get (object, keys[k]) != NULL)
      return json_object_get (object, keys[k]);
  return NULL;
}

static gboolean
get_position (const json_t *point, double position[3], gboolean *is_there)
{
  static const char *const lists[] = { "coordinates", "position", "point" };
  static const char *const axes[] = { "x", "y", "z" };
  const json_t *values = json_is_array (point) ? point
                                               : get_first (point, lists, G_N_ELEMENTS (lists));

  if (values != NULL)
    return get_numbers (values, position, is_there);
  *is_there = TRUE;
  memset (position, 0, 3 * sizeof (double));
  for (guint k = 0; k < 3; k++)
    {
      const json_t *value = json_object_get (point, axes[k]);

      if (value == NULL && k == 2)
        continue;
      if (value == NULL || !get_number (value, &position[k], is_there))
        return FALSE;
    }
  return TRUE;
}

/* Transfer full. */
static char *
get_name (const json_t *point, gsize index)
{
  static const char *const keys[] = { "id", "name", "label" };
  const json_t *value = get_first (point, keys, G_N_ELEMENTS (keys));

  if (json_is_string (value))
    return g_strdup (json_string_value (value));
  if (json_is_integer (value))
    return g_strdup_printf ("%" JSON_INTEGER_FORMAT, json_integer_value (value));
  return json_is_object (point) ? g_strdup_printf ("%" G_GSIZE_FORMAT, index) : g_strdup ("");
}

static gboolean
fail_position (const char *name, gsize index, GError **error)
{
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
               "landmark %" G_GSIZE_FORMAT " (%.60s) has no \"coordinates\" of two or three finite "
               "numbers",
               index, name);
  return FALSE;
}

static gboolean
add_list (MongeLandmarks *landmarks, const json_t *list, MongeTask *task, GError **error)
{
  for (gsize i = 0; i < json_array_size (list); i++)
    {
      const json_t *point = json_array_get (list, i);
      g_autofree char *name = get_name (point, i);
      const char *description = json_string_value (json_object_get (point, "description"));
      gboolean is_there;
      double position[3];

      if (i % 1024 == 0 && monge_task_return_if_cancelled (task, error))
        return FALSE;
      if (!get_position (point, position, &is_there))
        return fail_position (name, i, error);
      monge_landmarks_add (landmarks, name, description, position, is_there);
    }
  return TRUE;
}

static gboolean
add_members (MongeLandmarks *landmarks, json_t *object, MongeTask *task, GError **error)
{
  const char *name;
  json_t *value;
  gsize i = 0;

  json_object_foreach (object, name, value)
    {
      gboolean is_there;
      double position[3];

      if (i % 1024 == 0 && monge_task_return_if_cancelled (task, error))
        return FALSE;
      if (!get_position (value, position, &is_there))
        return fail_position (name, i, error);
      monge_landmarks_add (landmarks, name, NULL, position, is_there);
      i++;
    }
  return TRUE;
}

MongeLandmarks *
monge_json_landmarks_parse (const MongeFile *file, const char *part, GError **error)
{
  static const char *const wrappers[] = { "landmarks", "points" };
  g_autoptr (json_t) root = monge_json_load (file, error);
  g_autoptr (MongeLandmarks) landmarks = NULL;
  const json_t *inner;

  if (root == NULL)
    return NULL;
  inner = get_first (root, wrappers, G_N_ELEMENTS (wrappers));
  if (!json_is_array (inner) && !json_is_object (inner))
    inner = root;
  landmarks = monge_landmarks_new (MONGE_SPACE_UNKNOWN, MONGE_SPACE_UNKNOWN);
  if (!json_is_array (inner) && !json_is_object (inner))
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                           "it is no list of {\"id\", \"coordinates\"}");
      return NULL;
    }
  if (json_is_array (inner) ? !add_list (landmarks, inner, file->task, error)
                            : !add_members (landmarks, (json_t *) inner, file->task, error))
    return NULL;
  return g_steal_pointer (&landmarks);
}

void
monge_json_landmarks_write (const MongeLandmarks *landmarks, GString *out)
{
  guint n = monge_landmarks_get_n (landmarks);

  g_string_append_c (out, '[');
  for (guint i = 0; i < n; i++)
    {
      const MongeLandmark *one = monge_landmarks_get (landmarks, i);

      g_string_append (out, i > 0 ? ",\n  { \"id\": " : "\n  { \"id\": ");
      monge_json_append_string (out, one->name);
      if (one->description[0] != '\0')
        {
          g_string_append (out, ", \"description\": ");
          monge_json_append_string (out, one->description);
        }
      g_string_append (out, ", \"coordinates\": [");
      for (int k = 0; k < 3; k++)
        {
          g_string_append (out, k > 0 ? ", " : "");
          if (one->is_defined)
            monge_text_append_double (out, one->position[k]);
          else
            g_string_append (out, "null");
        }
      g_string_append (out, "] }");
    }
  g_string_append (out, n > 0 ? "\n]\n" : "]\n");
}
