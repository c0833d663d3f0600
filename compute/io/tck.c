/* MRtrix tracks (.tck): a header of lines “key: value” that ends in END, then triples of numbers;
 * a triple of NaN ends a track and one of infinities the file. After the page “Tracks file format”
 * of MRtrix 3. Coordinates are RAS millimetres. Float32 and Float64 of either order of bytes are
 * read, Float32LE is written.
 *
 * Lines of the header but those about the numbers are kept as the text “mrtrix/header”. A file
 * that does not end as it should is read as far as it goes, which is told. */
#include "compute/io/io-private.h"

#include <math.h>
#include <string.h>

#include "compute/io/scan.h"
#include "compute/io/text-field.h"
#include "compute/io/tract.h"
#include "compute/shape/bytes.h"

#define MAGIC "mrtrix tracks"
#define HEADER "mrtrix/header"
#define POLL 65536 /* triples between two looks at the task */

typedef struct {
  const MongeFile *file;
  MongeType type;
  gboolean is_big;
  gsize data_at;
  gint64 count; /* −1: it is not said */
  GString *kept;
  GArray *lengths; /* of guint32 */
  double *positions;
  gsize n_points;
} Reader;

static void
reader_clear (Reader *reader)
{
  g_string_free (reader->kept, TRUE);
  g_array_unref (reader->lengths);
  g_free (reader->positions);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

gboolean
monge_tck_matches (const guint8 *data, gsize size)
{
  return size > strlen (MAGIC) && memcmp (data, MAGIC, strlen (MAGIC)) == 0;
}

/* --- Header --- */

static gboolean
read_type (Reader *reader, const MongeScan *scan, const char *value, GError **error)
{
  gboolean is_float = g_str_has_prefix (value, "Float32");
  g_autofree char *excerpt = g_utf8_make_valid (value, (gssize) MIN (strlen (value), 20));

  reader->type = is_float ? MONGE_TYPE_FLOAT32 : MONGE_TYPE_FLOAT64;
  reader->is_big = g_str_has_suffix (value, "BE");
  if ((is_float || g_str_has_prefix (value, "Float64"))
      && (value[7] == '\0' || reader->is_big || g_str_equal (value + 7, "LE")))
    return TRUE;
  return monge_scan_fail (scan, error, MONGE_ERROR_UNSUPPORTED, "numbers of type “%s” are not "
                          "read; save the tracks as Float32LE", excerpt);
}

/* ". 67": this file, from byte 67 on. */
static gboolean
read_place (Reader *reader, const MongeScan *scan, const char *value, GError **error)
{
  MongeScan at;
  gint64 offset;

  if (value[0] != '.' || !monge_scan_is_blank ((guint8) value[1]))
    return monge_scan_fail (scan, error, MONGE_ERROR_UNSUPPORTED, "the tracks are in another "
                            "file; save them in one");
  monge_scan_init (&at, (const guint8 *) value + 1, strlen (value) - 1);
  monge_scan_skip_blanks (&at);
  if (!monge_scan_integer (&at, &offset) || offset < 0 || (guint64) offset > reader->file->size)
    return monge_scan_fail (scan, error, MONGE_ERROR_FORMAT, "the tracks are said to begin beyond "
                            "the end of the file; copy it again");
  reader->data_at = (gsize) offset;
  return TRUE;
}

/* One line, without blanks around it. */
static gboolean
read_line (Reader *reader, const MongeScan *scan, const char *line, GError **error)
{
  const char *colon = strchr (line, ':');
  g_autofree char *key = colon != NULL ? g_strndup (line, (gsize) (colon - line)) : NULL;
  g_autofree char *value = colon != NULL ? g_strstrip (g_strdup (colon + 1)) : NULL;

  if (key != NULL && g_str_equal (g_strstrip (key), "datatype"))
    return read_type (reader, scan, value, error);
  if (key != NULL && g_str_equal (key, "file"))
    return read_place (reader, scan, value, error);
  if (key != NULL && g_str_equal (key, "count"))
    reader->count = g_ascii_strtoll (value, NULL, 10);
  else if (line[0] != '\0')
    g_string_append_printf (reader->kept, "%s%s", reader->kept->len > 0 ? "\n" : "", line);
  return TRUE;
}

static gboolean
read_header (Reader *reader, GError **error)
{
  MongeScan scan;

  monge_scan_init (&scan, reader->file->data, reader->file->size);
  monge_scan_next_line (&scan);
  reader->data_at = G_MAXSIZE;
  while (scan.at < scan.end)
    {
      g_autofree char *line = monge_scan_dup_rest (&scan);

      g_strstrip (line);
      if (g_str_equal (line, "END"))
        {
          monge_scan_next_line (&scan);
          if (reader->data_at == G_MAXSIZE)
            reader->data_at = (gsize) (scan.at - scan.start);
          return TRUE;
        }
      if (!read_line (reader, &scan, line, error))
        return FALSE;
      monge_scan_next_line (&scan);
    }
  return monge_scan_fail (&scan, error, MONGE_ERROR_FORMAT, "the header has no END; copy the "
                          "file again");
}

/* --- Tracks --- */

static void
end_track (Reader *reader, guint32 *length)
{
  if (*length > 0)
    g_array_append_val (reader->lengths, *length);
  *length = 0;
}

/* Triple by triple; @ends: (out): whether the file ends as it should, @n_empty: (out): tracks of
 * none. */
static gboolean
read_tracks (Reader *reader, gboolean *ends, gsize *n_empty, GError **error)
{
  gsize size = monge_type_get_size (reader->type);
  gsize n = (reader->file->size - reader->data_at) / (3 * size);
  const guint8 *at = reader->file->data + reader->data_at;
  guint32 length = 0;

  *ends = FALSE;
  reader->positions = monge_bytes_alloc (n, 3 * sizeof *reader->positions, error);
  if (reader->positions == NULL)
    return FALSE;
  for (gsize i = 0; i < n && !*ends; i++, at += 3 * size)
    {
      double *point = reader->positions + 3 * reader->n_points;
      guint8 triple[24];

      if (i % POLL == 0)
        {
          if (monge_task_return_if_cancelled (reader->file->task, error))
            return FALSE;
          monge_task_set_progress (reader->file->task, (double) i / (double) n);
        }
      monge_bytes_copy (at, size, triple, size, size, 3,
                        reader->is_big ? MONGE_SWAP_BIG : MONGE_SWAP_LITTLE);
      monge_bytes_to_doubles (reader->type, triple, 3, point, 1);
      *ends = isinf (point[0]) && isinf (point[1]) && isinf (point[2]);
      if (isnan (point[0]) && isnan (point[1]) && isnan (point[2]))
        {
          *n_empty += length == 0;
          end_track (reader, &length);
        }
      else if (!*ends)
        {
          reader->n_points++;
          length++;
        }
    }
  end_track (reader, &length);
  return TRUE;
}

static void
tell (MongeShapeBuilder *builder, const Reader *reader, gboolean ends, gsize n_empty)
{
  if (n_empty > 0)
    monge_shape_builder_add_repair (builder, "%" G_GSIZE_FORMAT " tracks have no point and were "
                                    "left out", n_empty);
  if (!ends)
    monge_shape_builder_add_repair (builder, "the file does not end as it should: tracks may be "
                                    "missing");
  if (reader->count >= 0 && (guint64) reader->count != reader->lengths->len + n_empty)
    monge_shape_builder_add_repair (builder, "%" G_GINT64_FORMAT " tracks are promised, %u were "
                                    "there", reader->count, reader->lengths->len);
}

MongeShape *
monge_tck_parse (const MongeFile *file, GError **error)
{
  g_auto (Reader) reader = { .file = file, .type = MONGE_TYPE_FLOAT32, .count = -1,
                             .kept = g_string_new (NULL),
                             .lengths = g_array_new (FALSE, FALSE, sizeof (guint32)) };
  g_autoptr (MongeShapeBuilder) builder = NULL;
  gboolean ends = FALSE;
  gsize n_empty = 0;

  if (!monge_tck_matches (file->data, file->size))
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "line 1: an MRtrix file of "
                           "tracks starts with “mrtrix tracks”; is this another format?");
      return NULL;
    }
  if (!read_header (&reader, error) || !read_tracks (&reader, &ends, &n_empty, error))
    return NULL;
  builder = monge_file_begin_shape (file, 3);
  monge_shape_builder_take_positions (builder, g_steal_pointer (&reader.positions), reader.n_points,
                                      reader.type);
  monge_shape_builder_take_text (builder, HEADER, reader.kept->str);
  monge_shape_builder_set_unit (builder, "mm");
  tell (builder, &reader, ends, n_empty);
  if (!monge_tract_take_lines (builder, (const guint32 *) reader.lengths->data, reader.lengths->len,
                               error))
    return NULL;
  return monge_shape_builder_end (g_steal_pointer (&builder), error);
}

/* --- Writing --- */

/* The lines that were kept, but for what could be taken for another part of the header. */
static void
append_kept (GString *out, const MongeShape *shape)
{
  g_autofree char *text = monge_shape_dup_text (shape, HEADER);
  g_auto (GStrv) lines = g_strsplit (text != NULL ? text : "", "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    {
      g_strstrip (g_strdelimit (*line, "\r", ' '));
      if (strchr (*line, ':') != NULL && !g_str_has_prefix (*line, "count")
          && !g_str_has_prefix (*line, "datatype") && !g_str_has_prefix (*line, "file"))
        g_string_append_printf (out, "%s\n", *line);
    }
}

/* The number of bytes before the data is in the data's own header. */
static void
append_place (GString *out)
{
  gsize size = out->len;
  g_autofree char *place = NULL;

  for (gsize n = 0; n != size;)
    {
      n = size;
      g_free (place);
      place = g_strdup_printf ("file: . %" G_GSIZE_FORMAT "\nEND\n", n);
      size = out->len + strlen (place);
    }
  g_string_append (out, place);
}

static void
append_triple (GString *out, double x, double y, double z)
{
  const float values[3] = { (float) x, (float) y, (float) z };
  guint8 bytes[12];

  monge_bytes_copy (values, 4, bytes, 4, 4, 3, MONGE_SWAP_LITTLE);
  g_string_append_len (out, (const char *) bytes, sizeof bytes);
}

gboolean
monge_tck_write (const MongeShape *shape, GString *out, GError **error)
{
  const double *positions = monge_shape_get_positions (shape);
  g_autoptr (MongeTract) tract = NULL;

  if (!monge_tract_check (shape, "MRtrix", error))
    return FALSE;
  tract = monge_tract_new (shape);
  g_string_append (out, MAGIC "\n");
  append_kept (out, shape);
  g_string_append_printf (out, "count: %010" G_GSIZE_FORMAT "\ndatatype: Float32LE\n",
                          tract->n_lines);
  append_place (out);
  for (gsize l = 0; l < tract->n_lines; l++)
    {
      for (gsize k = tract->offsets[l]; k < tract->offsets[l + 1]; k++)
        {
          const double *point = positions + 3 * (gsize) tract->vertices[k];

          append_triple (out, point[0], point[1], point[2]);
        }
      append_triple (out, NAN, NAN, NAN);
    }
  append_triple (out, INFINITY, INFINITY, INFINITY);
  return TRUE;
}
