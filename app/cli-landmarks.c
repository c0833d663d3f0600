#include "app/cli-landmarks.h"

#include <json-glib/json-glib.h>

#include <math.h>
#include <string.h>

#define N_NEAREST 4

static void
landmark_clear (gpointer data)
{
  MongeLandmark *landmark = data;

  g_free (landmark->name);
}

static GArray *
landmarks_new (void)
{
  GArray *landmarks = g_array_new (FALSE, FALSE, sizeof (MongeLandmark));

  g_array_set_clear_func (landmarks, landmark_clear);
  return landmarks;
}

static const MongeLandmark *
landmark (const GArray *landmarks,
          guint i)
{
  return &g_array_index (landmarks, MongeLandmark, i);
}

static void
append (GArray *landmarks,
        const char *name,
        const double position[3])
{
  MongeLandmark one = { .name = g_strdup (name) };

  memcpy (one.position, position, sizeof one.position);
  g_array_append_val (landmarks, one);
}

/* --- reading --- */

static gboolean
parse_json_position (JsonObject *object,
                     double position[3])
{
  JsonNode *node = json_object_get_member (object, "coordinates");
  JsonArray *values;

  if (node == NULL || !JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  values = json_node_get_array (node);
  if (json_array_get_length (values) != 3)
    return FALSE;
  for (guint d = 0; d < 3; d++)
    {
      JsonNode *value = json_array_get_element (values, d);

      if (!JSON_NODE_HOLDS_VALUE (value) || json_node_get_value_type (value) == G_TYPE_STRING)
        return FALSE;
      position[d] = json_node_get_double (value);
      if (!isfinite (position[d]))
        return FALSE;
    }
  return TRUE;
}

/* The text of "id" or "name", or @fallback. Transfer full. */
static char *
parse_json_name (JsonObject *object,
                 guint fallback)
{
  static const char *const keys[] = { "id", "name" };

  for (guint k = 0; k < G_N_ELEMENTS (keys); k++)
    {
      JsonNode *node = json_object_get_member (object, keys[k]);

      if (node != NULL && JSON_NODE_HOLDS_VALUE (node)
          && json_node_get_value_type (node) == G_TYPE_STRING)
        return g_strdup (json_node_get_string (node));
      if (node != NULL && JSON_NODE_HOLDS_VALUE (node))
        return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
    }
  return g_strdup_printf ("%u", fallback);
}

static gboolean
parse_json (const char *text,
            gsize size,
            GArray *landmarks,
            GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonNode *root;
  JsonArray *list;

  if (!json_parser_load_from_data (parser, text, (gssize) size, error))
    return FALSE;
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_ARRAY (root))
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                           "not a list of {\"id\", \"coordinates\"}");
      return FALSE;
    }
  list = json_node_get_array (root);
  for (guint i = 0; i < json_array_get_length (list); i++)
    {
      JsonNode *node = json_array_get_element (list, i);
      g_autofree char *name = NULL;
      double position[3];

      if (!JSON_NODE_HOLDS_OBJECT (node)
          || !parse_json_position (json_node_get_object (node), position))
        {
          g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                       "landmark %u has no \"coordinates\" of three finite numbers", i);
          return FALSE;
        }
      name = parse_json_name (json_node_get_object (node), i);
      append (landmarks, name, position);
    }
  return TRUE;
}

/* name,x,y,z */
static gboolean
parse_csv_line (const char *line,
                GArray *landmarks)
{
  g_auto (GStrv) words = g_strsplit (line, ",", -1);
  double position[3];

  if (g_strv_length (words) != 4)
    return FALSE;
  for (guint d = 0; d < 3; d++)
    {
      const char *word = g_strstrip (words[d + 1]);
      char *end;

      position[d] = g_ascii_strtod (word, &end);
      if (end == word || *end != '\0' || !isfinite (position[d]))
        return FALSE;
    }
  append (landmarks, g_strstrip (words[0]), position);
  return TRUE;
}

static gboolean
parse_csv (const char *text,
           GArray *landmarks,
           GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      const char *line = g_strstrip (lines[i]);

      if (*line == '\0' || *line == '#' || parse_csv_line (line, landmarks) || i == 0)
        continue; /* the first line may be a heading */
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                   "line %u is not name,x,y,z with finite numbers", i + 1);
      return FALSE;
    }
  return TRUE;
}

GArray *
monge_landmarks_load (const char *path,
                      GError **error)
{
  g_autoptr (GArray) landmarks = landmarks_new ();
  g_autofree char *text = NULL;
  GError *cause = NULL;
  gsize size, start;

  if (!g_file_get_contents (path, &text, &size, &cause))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_IO, "%s", cause->message);
      g_error_free (cause);
      return NULL;
    }
  start = strspn (text, " \t\r\n");
  if (text[start] == '[' || text[start] == '{' ? !parse_json (text, size, landmarks, &cause)
                                               : !parse_csv (text, landmarks, &cause))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "%s: %s", path, cause->message);
      g_error_free (cause);
      return NULL;
    }
  if (landmarks->len > 0)
    return g_steal_pointer (&landmarks);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "%s: there is no landmark in it", path);
  return NULL;
}

/* --- matching and moving --- */

static const MongeLandmark *
find (const GArray *landmarks,
      const char *name)
{
  for (guint i = 0; i < landmarks->len; i++)
    if (strcmp (landmark (landmarks, i)->name, name) == 0)
      return landmark (landmarks, i);
  return NULL;
}

GArray *
monge_landmarks_match (const GArray *source,
                       const GArray *target,
                       GError **error)
{
  GArray *matched;
  gboolean by_name = TRUE;

  if (source->len != target->len)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "There are %u landmarks of the source and %u of the target; "
                   "give the same ones of both",
                   source->len, target->len);
      return NULL;
    }
  for (guint i = 0; i < source->len; i++)
    by_name = by_name && find (target, landmark (source, i)->name) != NULL;
  matched = landmarks_new ();
  for (guint i = 0; i < source->len; i++)
    {
      const MongeLandmark *one = by_name ? find (target, landmark (source, i)->name)
                                         : landmark (target, i);

      append (matched, one->name, one->position);
    }
  return matched;
}

static double
squared_distance (const double *a,
                  const double *b)
{
  double total = 0.0;

  for (int d = 0; d < 3; d++)
    total += (a[d] - b[d]) * (a[d] - b[d]);
  return total;
}

/* The @n_nearest vertices by insertion, nearest first. Returns: how many there are. */
static guint
find_nearest (const double *x,
              gsize n,
              const double *point,
              gsize *nearest,
              double *squared)
{
  guint found = 0;

  for (gsize i = 0; i < n; i++)
    {
      double distance = squared_distance (x + 3 * i, point);
      guint k;

      if (found == N_NEAREST && distance >= squared[found - 1])
        continue;
      if (found < N_NEAREST)
        found++;
      for (k = found - 1; k > 0 && squared[k - 1] > distance; k--)
        {
          squared[k] = squared[k - 1];
          nearest[k] = nearest[k - 1];
        }
      squared[k] = distance;
      nearest[k] = i;
    }
  return found;
}

GArray *
monge_landmarks_move (const GArray *landmarks,
                      const MongeShape *shape,
                      const double *positions)
{
  const double *x = monge_shape_get_positions (shape);
  gsize n = monge_shape_get_n_vertices (shape);
  GArray *moved = landmarks_new ();

  g_return_val_if_fail (monge_shape_get_dim (shape) == 3, moved);
  for (guint l = 0; l < landmarks->len; l++)
    {
      const MongeLandmark *one = landmark (landmarks, l);
      double squared[N_NEAREST], shift[3] = { 0 }, position[3], total = 0.0;
      gsize nearest[N_NEAREST];
      guint found = find_nearest (x, n, one->position, nearest, squared);

      for (guint k = 0; k < found; k++)
        {
          double weight = squared[0] > 0.0 ? squared[0] / squared[k] : (squared[k] == 0.0);

          total += weight;
          for (guint d = 0; d < 3; d++)
            shift[d] += weight * (positions[3 * nearest[k] + d] - x[3 * nearest[k] + d]);
        }
      for (guint d = 0; d < 3; d++)
        position[d] = one->position[d] + shift[d] / total;
      append (moved, one->name, position);
    }
  return moved;
}

void
monge_landmarks_distances (const GArray *a,
                           const GArray *b,
                           double *distances)
{
  for (guint i = 0; i < a->len; i++)
    distances[i] = sqrt (squared_distance (landmark (a, i)->position, landmark (b, i)->position));
}
