/* Landmarks of 3D Slicer: markups (.mrk.json, schema 1.0.0 to 1.0.4) and the older fiducials (.fcsv).
 *
 * Markups are nodes, each with its own coordinateSystem (LPS where it says nothing, as the schema has
 * it) and controlPoints; the points of all nodes make one list, in RAS if nodes differ. A point
 * without a position, or whose positionStatus is not "defined", is one left out.
 *
 * Of the columns of .fcsv those of orientation and of what is drawn are not kept. Its
 * CoordinateSystem is a name, or 0 for RAS and 1 for LPS; files without that line are older than it
 * and RAS. Files without a version are of Slicer 3: label,x,y,z,sel,vis. */
#include "compute/io/landmarks-private.h"

#include <math.h>
#include <string.h>

#define SCHEMA \
  "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/" \
  "Schema/markups-schema-v1.0.3.json#"
#define MAX_COLUMNS 64
#define COLUMNS "id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID"

enum { FCSV_X = 1, FCSV_LABEL = 11, FCSV_DESCRIPTION = 12 };

/* --- Markups --- */

gboolean
monge_markups_landmarks_match (const guint8 *data, gsize size)
{
  gsize n = MIN (size, 4096);

  return monge_bytes_are_text (data, size)
         && (g_strstr_len ((const char *) data, (gssize) n, "\"markups\"") != NULL
             || g_strstr_len ((const char *) data, (gssize) n, "markups-schema") != NULL);
}

static const char *
get_text (const json_t *object, const char *key, const char *fallback)
{
  const char *text = json_string_value (json_object_get (object, key));

  return text != NULL ? text : fallback;
}

/* Names as the schema has them, or the numbers that .fcsv has. */
static MongeSpace
parse_space (const char *text, MongeSpace fallback)
{
  if (g_ascii_strncasecmp (text, "LPS", 3) == 0 || text[0] == '1')
    return MONGE_SPACE_LPS;
  if (g_ascii_strncasecmp (text, "RAS", 3) == 0 || text[0] == '0')
    return MONGE_SPACE_RAS;
  return fallback;
}

static MongeSpace
get_space (const json_t *markup)
{
  const json_t *value = json_object_get (markup, "coordinateSystem");

  if (json_is_integer (value))
    return json_integer_value (value) == 0 ? MONGE_SPACE_RAS : MONGE_SPACE_LPS;
  return json_is_string (value) ? parse_space (json_string_value (value), MONGE_SPACE_UNKNOWN)
                                : MONGE_SPACE_LPS;
}

static gboolean
get_position (const json_t *point, double position[3])
{
  const json_t *values = json_object_get (point, "position");

  memset (position, 0, 3 * sizeof (double));
  if (json_array_size (values) != 3)
    return FALSE;
  for (guint k = 0; k < 3; k++)
    {
      const json_t *value = json_array_get (values, k);

      if (!json_is_number (value))
        return FALSE;
      position[k] = json_number_value (value);
    }
  return TRUE;
}

static void
add_point (MongeLandmarks *landmarks, const json_t *point, gboolean turns)
{
  const char *status = get_text (point, "positionStatus", "defined");
  double position[3];
  gboolean is_there = get_position (point, position);

  if (turns)
    {
      position[0] = -position[0];
      position[1] = -position[1];
    }
  monge_landmarks_add (landmarks, get_text (point, "label", get_text (point, "id", "")),
                       get_text (point, "description", ""), position,
                       is_there && strcmp (status, "defined") == 0);
}

static gboolean
add_markup (MongeLandmarks *landmarks, const json_t *markup, const MongeFile *file, GError **error)
{
  const json_t *points = json_object_get (markup, "controlPoints");
  const char *type = get_text (markup, "type", "Fiducial");
  gboolean turns = get_space (markup) != monge_landmarks_get_space (landmarks);

  for (gsize i = 0; i < json_array_size (points); i++)
    {
      if (i % 1024 == 0 && monge_task_return_if_cancelled (file->task, error))
        return FALSE;
      if (json_is_object (json_array_get (points, i)))
        add_point (landmarks, json_array_get (points, i), turns);
    }
  if (strcmp (type, "Fiducial") != 0 && json_array_size (points) > 0)
    monge_landmarks_add_note (landmarks, "Of the %.40s %.80s its points were taken alone", type,
                              get_text (markup, "name", ""));
  return TRUE;
}

/* Of all nodes with points; RAS where they differ. */
static MongeSpace
find_common_space (const json_t *markups, gboolean *has_unit)
{
  MongeSpace common = MONGE_SPACE_UNKNOWN;
  gboolean is_first = TRUE;

  for (gsize i = 0; i < json_array_size (markups); i++)
    {
      const json_t *markup = json_array_get (markups, i);

      if (json_array_size (json_object_get (markup, "controlPoints")) == 0)
        continue;
      if (!is_first && common != get_space (markup))
        return MONGE_SPACE_RAS;
      common = get_space (markup);
      is_first = FALSE;
      *has_unit = *has_unit || strcmp (get_text (markup, "coordinateUnits", "mm"), "mm") != 0;
    }
  return common;
}

MongeLandmarks *
monge_markups_landmarks_parse (const MongeFile *file, const char *part, GError **error)
{
  g_autoptr (json_t) root = monge_json_load (file, error);
  const json_t *markups = json_object_get (root, "markups");
  g_autoptr (MongeLandmarks) landmarks = NULL;
  gboolean has_unit = FALSE;
  MongeSpace space;

  if (root == NULL)
    return NULL;
  if (!json_is_array (markups))
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                           "there is no list \"markups\" in it; save the points from 3D Slicer as "
                           ".mrk.json");
      return NULL;
    }
  space = find_common_space (markups, &has_unit);
  landmarks = monge_landmarks_new (space, space);
  for (gsize i = 0; i < json_array_size (markups); i++)
    if (!add_markup (landmarks, json_array_get (markups, i), file, error))
      return NULL;
  if (has_unit)
    monge_landmarks_add_note (landmarks, "Lengths are not in mm; they were taken as they are");
  return g_steal_pointer (&landmarks);
}

static const char *
name_space (const MongeLandmarks *landmarks)
{
  return monge_landmarks_get_space (landmarks) == MONGE_SPACE_RAS ? "RAS" : "LPS";
}

static void
append_position (GString *out, const double position[3], const char *separator)
{
  for (int k = 0; k < 3; k++)
    {
      if (k > 0)
        g_string_append (out, separator);
      monge_text_append_double (out, position[k]);
    }
}

void
monge_markups_landmarks_write (const MongeLandmarks *landmarks, GString *out)
{
  guint n = monge_landmarks_get_n (landmarks);

  g_string_append_printf (out, "{\n  \"@schema\": \"%s\",\n  \"markups\": [\n    {\n"
                          "      \"type\": \"Fiducial\",\n      \"coordinateSystem\": \"%s\",\n"
                          "      \"coordinateUnits\": \"mm\",\n      \"locked\": false,\n"
                          "      \"labelFormat\": \"%%N-%%d\",\n      \"controlPoints\": [",
                          SCHEMA, name_space (landmarks));
  for (guint i = 0; i < n; i++)
    {
      const MongeLandmark *one = monge_landmarks_get (landmarks, i);

      g_string_append_printf (out, "%s\n        { \"id\": \"%u\", \"label\": ", i > 0 ? "," : "",
                              i + 1);
      monge_json_append_string (out, one->name);
      g_string_append (out, ", \"description\": ");
      monge_json_append_string (out, one->description);
      g_string_append (out, ", \"associatedNodeID\": \"\",\n          \"position\": [");
      append_position (out, one->position, ", ");
      g_string_append_printf (out, "], \"selected\": true, \"locked\": false, \"visibility\": true, "
                              "\"positionStatus\": \"%s\" }",
                              one->is_defined ? "defined" : "undefined");
    }
  g_string_append_printf (out, "%s]\n    }\n  ]\n}\n", n > 0 ? "\n      " : "");
}

/* --- Fiducials --- */

gboolean
monge_fcsv_landmarks_match (const guint8 *data, gsize size)
{
  return monge_bytes_are_text (data, size)
         && g_strstr_len ((const char *) data, (gssize) MIN (size, 256), "# Markups fiducial file")
              != NULL;
}

typedef struct {
  gboolean has_version;
  MongeSpace space;
} FcsvHead;

/* @line: without the leading #. */
static void
parse_comment (const char *line, FcsvHead *head)
{
  const char *at = strstr (line, "CoordinateSystem");

  if (strstr (line, "file version") != NULL)
    head->has_version = TRUE;
  if (at == NULL || (at = strchr (at, '=')) == NULL)
    return;
  at++;
  at += strspn (at, " \t");
  head->space = parse_space (at, MONGE_SPACE_UNKNOWN);
}

static const char *
get_field (const GPtrArray *fields, guint index)
{
  return index + 1 < fields->len ? g_ptr_array_index (fields, index) : "";
}

static gboolean
add_fiducial (MongeLandmarks *landmarks, const GPtrArray *fields, const FcsvHead *head,
              const MongeScan *scan, GError **error)
{
  gboolean is_there = TRUE;
  double position[3];

  for (guint k = 0; k < 3; k++)
    {
      const char *text = get_field (fields, FCSV_X + k);

      if (monge_text_is_missing (text))
        is_there = FALSE;
      if (!is_there || monge_text_is_number (text, &position[k]))
        continue;
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                   "line %" G_GSIZE_FORMAT ": column %u should be a coordinate, not “%.40s”",
                   scan->line - 1, FCSV_X + k + 1, text);
      return FALSE;
    }
  for (guint k = 0; k < 3 && !is_there; k++)
    position[k] = 0.0;
  monge_landmarks_add (landmarks, get_field (fields, head->has_version ? FCSV_LABEL : 0),
                       head->has_version ? get_field (fields, FCSV_DESCRIPTION) : "", position,
                       is_there);
  return TRUE;
}

MongeLandmarks *
monge_fcsv_landmarks_parse (const MongeFile *file, const char *part, GError **error)
{
  FcsvHead head = { FALSE, MONGE_SPACE_RAS };
  g_autoptr (MongeLandmarks) landmarks = NULL;
  MongeScan scan;

  monge_scan_init (&scan, file->data, file->size);
  while (scan.at < scan.end)
    {
      g_autoptr (GPtrArray) fields = NULL;

      if (scan.line % 1024 == 0 && monge_task_return_if_cancelled (file->task, error))
        return NULL;
      monge_scan_skip_blanks (&scan);
      if (scan.at < scan.end && *scan.at == '#')
        {
          g_autofree char *line = monge_scan_dup_rest (&scan);
          parse_comment (line, &head);
        }
      if (monge_scan_is_at_line_end (&scan) || *scan.at == '#')
        {
          monge_scan_next_line (&scan);
          continue;
        }
      fields = monge_csv_read_line (&scan, ',', MAX_COLUMNS, error);
      if (landmarks == NULL)
        landmarks = monge_landmarks_new (head.space, head.space);
      if (fields == NULL || !add_fiducial (landmarks, fields, &head, &scan, error))
        return NULL;
    }
  return landmarks != NULL ? g_steal_pointer (&landmarks)
                           : monge_landmarks_new (head.space, head.space);
}

void
monge_fcsv_landmarks_write (const MongeLandmarks *landmarks, GString *out)
{
  g_string_append_printf (out, "# Markups fiducial file version = 4.11\n# CoordinateSystem = %s\n"
                          "# columns = " COLUMNS "\n", name_space (landmarks));
  for (guint i = 0; i < monge_landmarks_get_n (landmarks); i++)
    {
      const MongeLandmark *one = monge_landmarks_get (landmarks, i);

      if (!one->is_defined)
        continue; /* 3D Slicer would show one of these at the origin */
      g_string_append_printf (out, "%u,", i + 1);
      append_position (out, one->position, ",");
      g_string_append (out, ",0,0,0,1,1,1,0,");
      monge_csv_append_field (out, one->name, ',');
      g_string_append_c (out, ',');
      monge_csv_append_field (out, one->description, ',');
      g_string_append (out, ",\n");
    }
}
