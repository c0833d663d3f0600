#include "compute/io/landmarks-private.h"

#include "compute/io/io.h"

#include <math.h>
#include <string.h>

#define EXTENSIONS(...) (const char *const[]){ __VA_ARGS__, NULL }

/* The first that knows the bytes, of those whose extension fits and then of all. */
const MongeLandmarkFormat monge_landmark_formats[] = {
  { "Markups", "Markups of 3D Slicer", EXTENSIONS ("mrk.json"), monge_markups_landmarks_match,
    monge_markups_landmarks_parse, monge_markups_landmarks_write },
  { "FCSV", "Fiducials of 3D Slicer", EXTENSIONS ("fcsv"), monge_fcsv_landmarks_match,
    monge_fcsv_landmarks_parse, monge_fcsv_landmarks_write },
  { "JSON", "Names and coordinates", EXTENSIONS ("json"), monge_json_landmarks_match,
    monge_json_landmarks_parse, monge_json_landmarks_write },
  { "TPS", "Specimens of tpsDig", EXTENSIONS ("tps"), monge_tps_landmarks_match,
    monge_tps_landmarks_parse, NULL },
  { "PTS", "Points of Landmark Editor", EXTENSIONS ("pts"), monge_pts_landmarks_match,
    monge_pts_landmarks_parse, NULL },
  { "CSV", "A line per landmark, parted by commas", EXTENSIONS ("csv", "txt"),
    monge_table_landmarks_match, monge_table_landmarks_parse, monge_csv_landmarks_write },
  { "TSV", "The same, parted by tabs", EXTENSIONS ("tsv"), monge_table_landmarks_match,
    monge_table_landmarks_parse, monge_tsv_landmarks_write },
  { NULL },
};

/* --- What formats share --- */

gboolean
monge_bytes_are_text (const guint8 *data, gsize size)
{
  return size > 0 && memchr (data, 0, MIN (size, 512)) == NULL;
}

typedef struct {
  const MongeFile *file;
  gsize at;
  gboolean is_cancelled;
} JsonSource;

static size_t
feed (void *buffer, size_t size, void *user_data)
{
  JsonSource *source = user_data;
  gsize n = MIN (size, source->file->size - source->at);

  if (monge_task_is_cancelled (source->file->task))
    {
      source->is_cancelled = TRUE;
      return (size_t) -1;
    }
  if (n > 0)
    memcpy (buffer, source->file->data + source->at, n);
  source->at += n;
  return n;
}

json_t *
monge_json_load (const MongeFile *file, GError **error)
{
  JsonSource source = { .file = file };
  json_error_t reason;
  json_t *root;

  if (file->size >= 3 && memcmp (file->data, "\xef\xbb\xbf", 3) == 0)
    source.at = 3;
  root = json_load_callback (feed, &source, JSON_DECODE_ANY, &reason);
  if (root != NULL)
    return root;
  if (source.is_cancelled)
    g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "Cancelled");
  else
    {
      g_autofree char *text = g_utf8_make_valid (reason.text, -1);

      g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                   "line %d, column %d: %s; it is not whole JSON: write or copy it again",
                   reason.line, reason.column, text);
    }
  return NULL;
}

void
monge_json_append_string (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const char *at = text; *at != '\0'; at++)
    if (*at == '"' || *at == '\\')
      g_string_append_printf (out, "\\%c", *at);
    else if ((guchar) *at < 0x20)
      g_string_append_printf (out, "\\u%04x", (guint) (guchar) *at);
    else
      g_string_append_c (out, *at);
  g_string_append_c (out, '"');
}

static void
take_field (GPtrArray *fields, GString *field, gboolean was_quoted)
{
  if (!was_quoted)
    g_strstrip (field->str);
  g_ptr_array_add (fields, g_utf8_make_valid (field->str, -1));
  g_string_truncate (field, 0);
}

/* Appends what stands between quotation marks, two of which are one; @at is behind the first. */
static void
read_quoted (MongeScan *scan, GString *field)
{
  while (!monge_scan_is_at_line_end (scan))
    {
      if (*scan->at == '"')
        {
          scan->at++;
          if (monge_scan_is_at_line_end (scan) || *scan->at != '"')
            return;
        }
      if (*scan->at != '\0')
        g_string_append_c (field, (char) *scan->at);
      scan->at++;
    }
}

GPtrArray *
monge_csv_read_line (MongeScan *scan, char separator, guint most, GError **error)
{
  g_autoptr (GPtrArray) fields = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) field = g_string_new (NULL);
  gboolean was_quoted = FALSE;

  for (;;)
    {
      if (monge_scan_is_at_line_end (scan) || *scan->at == (guint8) separator)
        {
          gboolean ends = monge_scan_is_at_line_end (scan);

          take_field (fields, field, was_quoted);
          was_quoted = FALSE;
          if (ends)
            break;
          if (fields->len >= most)
            {
              monge_scan_fail (scan, error, MONGE_ERROR_FORMAT, "more than %u columns; it is no "
                               "table of landmarks", most);
              return NULL;
            }
          scan->at++;
        }
      else if (*scan->at == '"' && field->len == 0)
        {
          scan->at++;
          read_quoted (scan, field);
          was_quoted = TRUE;
        }
      else
        {
          if (*scan->at != '\0' && (field->len > 0 || !monge_scan_is_blank (*scan->at)))
            g_string_append_c (field, (char) *scan->at);
          scan->at++;
        }
    }
  monge_scan_next_line (scan);
  g_ptr_array_add (fields, NULL);
  return g_steal_pointer (&fields);
}

void
monge_csv_append_field (GString *out, const char *text, char separator)
{
  const char special[] = { separator, '"', '\n', '\r', '\0' };
  gboolean quotes = strpbrk (text, special) != NULL || g_ascii_isspace (text[0]) || text[0] == '#'
                    || (text[0] != '\0' && g_ascii_isspace (text[strlen (text) - 1]));

  if (quotes)
    g_string_append_c (out, '"');
  for (const char *at = text; *at != '\0'; at++)
    if (*at == '\n' || *at == '\r')
      g_string_append_c (out, ' ');
    else if (*at == '"')
      g_string_append (out, "\"\"");
    else
      g_string_append_c (out, *at);
  if (quotes)
    g_string_append_c (out, '"');
}

gboolean
monge_text_is_number (const char *text, double *value)
{
  MongeScan scan;

  monge_scan_init (&scan, (const guint8 *) text, strlen (text));
  return monge_scan_double (&scan, value) && scan.at == scan.end;
}

gboolean
monge_text_is_missing (const char *text)
{
  static const char *const words[] = { "", "na", "nan", "n/a", "null", "none", "missing", "-" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_ascii_strcasecmp (text, words[i]) == 0)
      return TRUE;
  return FALSE;
}

/* --- Finding --- */

static gboolean
has_extension (const char *path, const char *extension)
{
  g_autofree char *base = g_path_get_basename (path);
  g_autofree char *lower = g_ascii_strdown (base, -1);
  g_autofree char *suffix = g_strconcat (".", extension, NULL);

  if (g_str_has_suffix (lower, ".gz"))
    lower[strlen (lower) - 3] = '\0';
  return g_str_has_suffix (lower, suffix);
}

const MongeLandmarkFormat *
monge_landmark_format_find_by_extension (const char *path)
{
  g_return_val_if_fail (path != NULL, NULL);
  for (const MongeLandmarkFormat *format = monge_landmark_formats; format->name != NULL; format++)
    for (const char *const *extension = format->extensions; *extension != NULL; extension++)
      if (has_extension (path, *extension))
        return format;
  return NULL;
}

const MongeLandmarkFormat *
monge_landmark_format_find (const char *path, const guint8 *data, gsize size)
{
  const MongeLandmarkFormat *named = monge_landmark_format_find_by_extension (path);

  if (named != NULL && named->matches (data, size))
    return named;
  for (const MongeLandmarkFormat *format = monge_landmark_formats; format->name != NULL; format++)
    if (format->matches (data, size))
      return format;
  return named;
}

/* --- Loading and saving --- */

MongeLandmarks *
monge_landmark_format_parse_bytes (const MongeLandmarkFormat *format, const guint8 *data,
                                   gsize size, GError **error)
{
  const MongeFile file = { .data = data, .size = size, .name = "landmarks" };

  g_return_val_if_fail (format != NULL, NULL);
  return format->parse (&file, NULL, error);
}

static MongeLandmarks *
parse (const char *path, const char *part, MongeTask *task, GError **error)
{
  g_autoptr (GBytes) bytes = monge_file_load (path, task, error);
  const MongeLandmarkFormat *format;
  g_autoptr (MongeLandmarks) landmarks = NULL;
  MongeFile file = { .name = path, .path = path, .task = task };

  if (bytes == NULL || monge_task_return_if_cancelled (task, error))
    return NULL;
  file.data = g_bytes_get_data (bytes, &file.size);
  format = monge_landmark_format_find (path, file.data, file.size);
  if (format == NULL)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                           "these are no landmarks; give .mrk.json, .fcsv, .csv, .json, .tps or "
                           ".pts");
      return NULL;
    }
  landmarks = format->parse (&file, part, error);
  if (landmarks == NULL || monge_landmarks_get_n (landmarks) > 0)
    return g_steal_pointer (&landmarks);
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "there is no landmark in it");
  return NULL;
}

/* A file whose own name has a # in it is that file. */
static char *
split_path (const char *path, const char **part)
{
  const char *mark = strrchr (path, '#');

  *part = NULL;
  if (mark == NULL || g_file_test (path, G_FILE_TEST_EXISTS))
    return g_strdup (path);
  *part = mark + 1;
  return g_strndup (path, (gsize) (mark - path));
}

MongeLandmarks *
monge_landmarks_load (const char *path, MongeSpace assumed, MongeTask *task, GError **error)
{
  g_autoptr (MongeLandmarks) landmarks = NULL;
  g_autoptr (MongeLandmarks) settled = NULL;
  g_autofree char *file = NULL;
  const char *part;

  g_return_val_if_fail (path != NULL, NULL);
  file = split_path (path, &part);
  landmarks = parse (file, part, task, error);
  if (landmarks == NULL)
    {
      g_prefix_error (error, "%s: ", path);
      return NULL;
    }
  settled = monge_landmarks_get_space (landmarks) == MONGE_SPACE_UNKNOWN
              ? monge_landmarks_in_space (landmarks, assumed)
              : monge_landmarks_ref (landmarks);
  if (monge_landmarks_get_space (settled) == MONGE_SPACE_UNKNOWN)
    return g_steal_pointer (&settled);
  return monge_landmarks_in_space (settled, MONGE_SPACE_RAS);
}

static void
fail_unknown_format (const char *path, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  for (const MongeLandmarkFormat *format = monge_landmark_formats; format->name != NULL; format++)
    if (format->write != NULL)
      g_string_append_printf (known, "%s.%s", known->len > 0 ? ", " : "", format->extensions[0]);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
               "%s: its name does not say in which format to write landmarks; use one of %s", path,
               known->str);
}

gboolean
monge_landmarks_save (MongeLandmarks *landmarks, const char *path, GError **error)
{
  const MongeLandmarkFormat *format = monge_landmark_format_find_by_extension (path);
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (MongeLandmarks) stored = NULL;
  g_autoptr (GBytes) zipped = NULL;

  if (format == NULL || format->write == NULL)
    {
      fail_unknown_format (path, error);
      return FALSE;
    }
  stored = monge_landmarks_get_stored_space (landmarks) == MONGE_SPACE_UNKNOWN
             ? monge_landmarks_ref (landmarks)
             : monge_landmarks_in_space (landmarks, monge_landmarks_get_stored_space (landmarks));
  format->write (stored, out);
  if (!g_str_has_suffix (path, ".gz"))
    return monge_file_save (path, out->str, out->len, error);
  zipped = monge_bytes_deflate (out->str, out->len);
  return monge_file_save (path, g_bytes_get_data (zipped, NULL), g_bytes_get_size (zipped), error);
}
