/* The Object File Format of Geomview (The Geometry Center, 1991), text and binary, which is
 * big-endian: [ST][C][N][4][n]OFF. Normals, colours and texture coordinates of vertices become the
 * arrays "normals", "rgb" or "rgba" and "texture", colours of faces likewise, where all faces have as
 * many numbers. Faces of two corners are segments, those of one are points; a shape has cells of the
 * highest kind. In text, whole numbers are colours from 0 to 255, others from 0 to 1.
 *
 * The first word may be missing. The last of homogeneous coordinates (4OFF) divides the others.
 * Comments say unit and orientation. off-write.c writes it. */
#include "compute/io/io-private.h"

#include <string.h>

#include "compute/io/polydata.h"
#include "compute/io/scan.h"
#include "compute/shape/bytes.h"

#define ROWS_PER_POLL 4096

/* What is behind the coordinates of a vertex, in this order. */
enum { NORMALS, COLOURS, TEXTURE, N_PARTS };

typedef struct {
  const MongeFile *file;
  MongeScan scan;
  gboolean has[N_PARTS], is_homogeneous, has_dim, is_binary;
  guint dim;
  guint n_parts[N_PARTS]; /* numbers of each part */
  guint n_numbers, n_ignored; /* of a vertex, coordinates included; at its end */
  gsize n_vertices, n_faces;
  double *numbers; /* (n_vertices × n_numbers) */
  MongePolyCells mixed;
  MongeIndices corners;  /* one each */
  guint8 *kinds;         /* of the faces */
  MongeNumbers colours;  /* of the faces */
  guint n_face_colours;  /* numbers of each face */
  gboolean colours_differ;
  gboolean has_fractions[2]; /* among the colours of vertices, of faces */
  char *unit;
  MongeSpace space;
} Reader;

static void
reader_clear (Reader *reader)
{
  g_free (reader->numbers);
  g_free (reader->corners.values);
  g_free (reader->mixed.ends);
  g_free (reader->kinds);
  g_free (reader->colours.values);
  g_free (reader->unit);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

static gboolean fail (const Reader *reader, GError **error, MongeError code, const char *format,
                      ...) G_GNUC_PRINTF (4, 5);

static gboolean
fail (const Reader *reader, GError **error, MongeError code, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  if (!reader->is_binary)
    return monge_scan_fail (&reader->scan, error, code, "%s", text);
  g_set_error (error, MONGE_ERROR, code, "byte %" G_GSIZE_FORMAT ": %s",
               (gsize) (reader->scan.at - reader->scan.start), text);
  return FALSE;
}

static gsize
bytes_left (const Reader *reader)
{
  return (gsize) (reader->scan.end - reader->scan.at);
}

/* --- The first lines --- */

static void
read_comment (Reader *reader)
{
  MongeScan scan = reader->scan;
  MongeSpace space = monge_scan_space (&scan);
  char *unit;

  scan.at++;
  unit = monge_scan_dup_unit (&scan);
  if (unit != NULL)
    {
      g_free (reader->unit);
      reader->unit = unit;
    }
  if (space != MONGE_SPACE_UNKNOWN)
    reader->space = space;
}

/* To the next word that is no comment. */
static gboolean
find_word (Reader *reader)
{
  while (monge_scan_find_word (&reader->scan))
    {
      if (*reader->scan.at != '#')
        return TRUE;
      read_comment (reader);
      monge_scan_next_line (&reader->scan);
    }
  return FALSE;
}

/* [ST][C][N][4][n]OFF; FALSE if @word is none of these. */
static gboolean
read_prefix (Reader *reader, const char *word, gsize length)
{
  static const struct { const char *letters; int part; } prefixes[] = {
    { "ST", TEXTURE }, { "C", COLOURS }, { "N", NORMALS },
  };

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    {
      gsize n = strlen (prefixes[i].letters);
      if (length <= n || memcmp (word, prefixes[i].letters, n) != 0)
        continue;
      reader->has[prefixes[i].part] = TRUE;
      word += n;
      length -= n;
    }
  if (length > 0 && *word == '4')
    reader->is_homogeneous = TRUE, word++, length--;
  if (length > 0 && *word == 'n')
    reader->has_dim = TRUE, word++, length--;
  return length == 3 && memcmp (word, "OFF", 3) == 0;
}

/* In a binary file the first byte behind the line is already data. */
static gboolean
read_first_line (Reader *reader, GError **error)
{
  MongeScan before;
  const char *word;
  gsize length;

  if (!find_word (reader))
    return fail (reader, error, MONGE_ERROR_EMPTY, "there is nothing in it; copy the file again");
  before = reader->scan;
  length = monge_scan_word (&reader->scan, &word);
  if (!read_prefix (reader, word, length))
    {
      if (!g_ascii_isdigit (word[0]))
        return fail (reader, error, MONGE_ERROR_FORMAT,
                     "an OFF file starts with a word such as OFF, COFF or NOFF; is this another "
                     "format?");
      reader->scan = before;
      return TRUE;
    }
  before = reader->scan;
  length = monge_scan_word (&reader->scan, &word);
  reader->is_binary = monge_scan_word_is (word, length, "BINARY");
  if (reader->is_binary)
    monge_scan_next_line (&reader->scan);
  else
    reader->scan = before;
  return TRUE;
}

static gboolean
read_int (Reader *reader, const char *what, gint64 *value, GError **error)
{
  gint32 narrow;

  if (!reader->is_binary)
    return (find_word (reader) && monge_scan_integer (&reader->scan, value)
            && monge_scan_is_at_word_end (&reader->scan))
           || fail (reader, error, MONGE_ERROR_FORMAT,
                    "%s is missing or no whole number; copy or export the file again", what);
  if (bytes_left (reader) < 4)
    return fail (reader, error, MONGE_ERROR_FORMAT,
                 "truncated: the file ends where %s is expected; copy it again", what);
  monge_bytes_copy (reader->scan.at, 4, &narrow, 4, 4, 1, MONGE_SWAP_BIG);
  reader->scan.at += 4;
  *value = narrow;
  return TRUE;
}

static gboolean
read_counts (Reader *reader, GError **error)
{
  gint64 dim = 3, n_vertices, n_faces, n_edges;

  if ((reader->has_dim && !read_int (reader, "the number of coordinates", &dim, error))
      || !read_int (reader, "the number of vertices", &n_vertices, error)
      || !read_int (reader, "the number of faces", &n_faces, error))
    return FALSE;
  if (reader->is_binary && !read_int (reader, "the number of edges", &n_edges, error))
    return FALSE;
  if (!reader->is_binary)
    monge_scan_next_line (&reader->scan); /* edges are often left out and of no use */
  if (dim < 1 || dim > MONGE_MAX_DIM || n_vertices < 0 || n_faces < 0
      || n_vertices > (gint64) MONGE_MAX_VERTICES || n_faces > (gint64) MONGE_MAX_VERTICES)
    return fail (reader, error, MONGE_ERROR_SIZE,
                 "%" G_GINT64_FORMAT " vertices of dimension %" G_GINT64_FORMAT " and %"
                 G_GINT64_FORMAT " faces are promised; this program takes at most %" G_GSIZE_FORMAT
                 " and %d", n_vertices, dim, n_faces, MONGE_MAX_VERTICES, MONGE_MAX_DIM);
  reader->dim = (guint) dim;
  reader->n_vertices = (gsize) n_vertices;
  reader->n_faces = (gsize) n_faces;
  return TRUE;
}

/* --- Vertices --- */

static guint
count_numbers_in_line (const Reader *reader)
{
  MongeScan scan = reader->scan;
  double value;
  guint n = 0;

  for (;; n++)
    {
      monge_scan_skip_blanks (&scan);
      if (n > 64 || !monge_scan_double (&scan, &value))
        return n;
    }
}

/* Of what is in a vertex, colours have three or four numbers: the first line shows it. Numbers that
 * no prefix announces are colours too, if they are as many. */
static gboolean
measure_vertex (Reader *reader, GError **error)
{
  guint n_coordinates = reader->dim + (reader->is_homogeneous ? 1 : 0), n, least;

  reader->n_parts[NORMALS] = reader->has[NORMALS] ? reader->dim : 0;
  reader->n_parts[TEXTURE] = reader->has[TEXTURE] ? 2 : 0;
  least = n_coordinates + reader->n_parts[NORMALS] + reader->n_parts[TEXTURE];
  n = reader->is_binary ? least + (reader->has[COLOURS] ? 4 : 0) : count_numbers_in_line (reader);
  if (n < least || (reader->has[COLOURS] && n < least + 3))
    return fail (reader, error, MONGE_ERROR_FORMAT,
                 "%u numbers in the line of a vertex, at least %u are expected; correct the line or "
                 "the first word of the file", n, least + (reader->has[COLOURS] ? 3 : 0));
  n -= least;
  reader->n_parts[COLOURS] = n == 3 || n == 4 ? n : 0;
  reader->n_ignored = n - reader->n_parts[COLOURS];
  reader->n_numbers = least + n;
  return TRUE;
}

/* Whether the number that begins here is written as a fraction. */
static gboolean
is_fraction (const MongeScan *scan)
{
  MongeScan word = *scan;

  for (; !monge_scan_is_at_word_end (&word); word.at++)
    if (*word.at == '.' || *word.at == 'e' || *word.at == 'E')
      return TRUE;
  return FALSE;
}

static gboolean
read_text_number (Reader *reader, double *value, GError **error)
{
  MongeScan before;
  g_autofree char *excerpt = NULL;

  monge_scan_skip_blanks (&reader->scan);
  before = reader->scan;
  if (monge_scan_double (&reader->scan, value) && monge_scan_is_at_word_end (&reader->scan))
    return TRUE;
  excerpt = monge_scan_dup_excerpt (&before);
  return fail (reader, error, MONGE_ERROR_FORMAT,
               "“%s” where a number is expected; correct the line or export the file again",
               excerpt);
}

static gboolean
read_text_vertex (Reader *reader, double *row, GError **error)
{
  guint colours = reader->n_numbers - reader->n_ignored - reader->n_parts[TEXTURE];

  if (!find_word (reader))
    return fail (reader, error, MONGE_ERROR_FORMAT,
                 "truncated: the file ends among the %" G_GSIZE_FORMAT " vertices; copy it again",
                 reader->n_vertices);
  for (guint k = 0; k < reader->n_numbers; k++)
    {
      monge_scan_skip_blanks (&reader->scan);
      if (k >= colours - reader->n_parts[COLOURS] && k < colours)
        reader->has_fractions[0] |= is_fraction (&reader->scan);
      if (!read_text_number (reader, row + k, error))
        return FALSE;
    }
  monge_scan_next_line (&reader->scan);
  return TRUE;
}

static void
read_binary_vertex (Reader *reader, double *row)
{
  float values[64];

  monge_bytes_copy (reader->scan.at, 4, values, 4, 4, reader->n_numbers, MONGE_SWAP_BIG);
  monge_bytes_to_doubles (MONGE_TYPE_FLOAT32, values, reader->n_numbers, row, 1);
  reader->scan.at += 4 * reader->n_numbers;
}

static gboolean
read_vertices (Reader *reader, GError **error)
{
  gsize least;

  if (reader->n_vertices == 0)
    return fail (reader, error, MONGE_ERROR_EMPTY,
                 "no vertex is promised; give a shape with at least one point");
  if (!reader->is_binary)
    find_word (reader);
  if (!measure_vertex (reader, error))
    return FALSE;
  least = reader->n_numbers * (reader->is_binary ? 4 : 2);
  if (reader->n_vertices > (bytes_left (reader) + !reader->is_binary) / least)
    return fail (reader, error, MONGE_ERROR_FORMAT,
                 "truncated: %" G_GSIZE_FORMAT " vertices are promised, %" G_GSIZE_FORMAT
                 " bytes are present; copy the file again", reader->n_vertices,
                 bytes_left (reader));
  reader->numbers = monge_bytes_alloc (reader->n_vertices,
                                       reader->n_numbers * sizeof *reader->numbers, error);
  for (gsize i = 0; reader->numbers != NULL && i < reader->n_vertices; i++)
    {
      if (i % ROWS_PER_POLL == 0 && !monge_file_poll (reader->file, reader->scan.at, error))
        return FALSE;
      if (reader->is_binary)
        read_binary_vertex (reader, reader->numbers + i * reader->n_numbers);
      else if (!read_text_vertex (reader, reader->numbers + i * reader->n_numbers, error))
        return FALSE;
    }
  return reader->numbers != NULL;
}

/* --- Faces --- */

static gboolean
add_colour (Reader *reader, double value, GError **error)
{
  return reader->colours_differ || monge_numbers_add (&reader->colours, value, error);
}

/* How many numbers follow the corners of face @row. */
static void
settle_colours (Reader *reader, gsize row, guint n)
{
  if (row == 0)
    reader->n_face_colours = n;
  else if (n != reader->n_face_colours)
    reader->colours_differ = TRUE;
}

static gboolean
read_text_colours (Reader *reader, gsize row, GError **error)
{
  MongeScan *scan = &reader->scan;
  guint n = 0;
  double value;

  for (monge_scan_skip_blanks (scan); !monge_scan_is_at_line_end (scan) && *scan->at != '#';
       monge_scan_skip_blanks (scan), n++)
    {
      reader->has_fractions[1] |= is_fraction (scan);
      if (!read_text_number (reader, &value, error) || !add_colour (reader, value, error))
        return FALSE;
    }
  settle_colours (reader, row, n);
  monge_scan_next_line (scan);
  return TRUE;
}

static gboolean
read_binary_colours (Reader *reader, gsize row, GError **error)
{
  gint64 n;
  float value;

  if (!read_int (reader, "the number of colour components", &n, error))
    return FALSE;
  if (n < 0 || (gsize) n > bytes_left (reader) / 4)
    return fail (reader, error, MONGE_ERROR_FORMAT,
                 "face %" G_GSIZE_FORMAT " is promised %" G_GINT64_FORMAT " colour components; the "
                 "file is damaged", row, n);
  for (gint64 i = 0; i < n; i++, reader->scan.at += 4)
    {
      monge_bytes_copy (reader->scan.at, 4, &value, 4, 4, 1, MONGE_SWAP_BIG);
      if (!add_colour (reader, value, error))
        return FALSE;
    }
  settle_colours (reader, row, (guint) MIN (n, G_MAXINT32));
  return TRUE;
}

static gboolean
read_face (Reader *reader, gsize row, GError **error)
{
  gint64 n, corner;

  if (!read_int (reader, "the number of corners of a face", &n, error))
    return FALSE;
  if (n < 0 || (gsize) n > bytes_left (reader) / (reader->is_binary ? 4 : 1)
      || (gsize) n >= G_MAXUINT32 - reader->corners.n)
    return fail (reader, error, MONGE_ERROR_FORMAT,
                 "face %" G_GSIZE_FORMAT " (counted from 0) is promised %" G_GINT64_FORMAT
                 " corners; the file is truncated or damaged", row, n);
  for (gint64 i = 1; i <= n; i++)
    {
      guint32 *to = monge_indices_add (&reader->corners, error);
      if (to == NULL || !read_int (reader, "the corner of a face", &corner, error)
          || (i % ROWS_PER_POLL == 0 && !monge_file_poll (reader->file, reader->scan.at, error)))
        return FALSE;
      if (corner < 0 || (gsize) corner >= reader->n_vertices)
        return fail (reader, error, MONGE_ERROR_FORMAT,
                     "face %" G_GSIZE_FORMAT " uses vertex %" G_GINT64_FORMAT ", but there are only "
                     "%" G_GSIZE_FORMAT " (all counted from 0); the file is damaged", row, corner,
                     reader->n_vertices);
      *to = (guint32) corner;
    }
  reader->mixed.ends[row] = (guint32) reader->corners.n;
  reader->kinds[row] = n == 0   ? MONGE_POLY_N_KINDS
                       : n == 1 ? MONGE_POLY_VERTS
                       : n == 2 ? MONGE_POLY_LINES
                                : MONGE_POLY_POLYS;
  return reader->is_binary ? read_binary_colours (reader, row, error)
                           : read_text_colours (reader, row, error);
}

static gboolean
read_faces (Reader *reader, GError **error)
{
  gsize least = reader->is_binary ? 8 : 2;

  if (reader->n_faces > (bytes_left (reader) + !reader->is_binary) / least)
    return fail (reader, error, MONGE_ERROR_FORMAT,
                 "truncated: %" G_GSIZE_FORMAT " faces are promised, %" G_GSIZE_FORMAT
                 " bytes are present; copy the file again", reader->n_faces, bytes_left (reader));
  reader->corners.arity = 1;
  reader->mixed.ends = monge_bytes_alloc (reader->n_faces, sizeof *reader->mixed.ends, error);
  reader->kinds = monge_bytes_alloc (reader->n_faces, 1, error);
  if (reader->mixed.ends == NULL || reader->kinds == NULL)
    return FALSE;
  for (gsize row = 0; row < reader->n_faces; row++)
    if ((row % ROWS_PER_POLL == 0 && !monge_file_poll (reader->file, reader->scan.at, error))
        || !read_face (reader, row, error))
      return FALSE;
  reader->mixed.n_cells = reader->n_faces;
  reader->mixed.indices = reader->corners.values;
  reader->mixed.n_indices = reader->corners.n;
  return TRUE;
}

/* --- The shape --- */

/* @n_components numbers from @first on out of each row of @stride. Bytes if all are such and
 * @may_be_bytes. NULL with @error. */
static MongeArray *
make_array (const char *name, const double *rows, gsize n_rows, guint stride, guint n_components,
            gboolean may_be_bytes, MongeType real, GError **error)
{
  gsize n = n_rows * n_components;
  g_autofree double *values = monge_bytes_alloc (n, sizeof *values, error);
  MongeType type = may_be_bytes ? MONGE_TYPE_UINT8 : real;
  gpointer typed;

  if (values == NULL)
    return NULL;
  for (gsize i = 0; i < n; i++)
    {
      values[i] = rows[i / n_components * stride + i % n_components];
      if (type == MONGE_TYPE_UINT8 && !monge_bytes_holds (type, values[i]))
        type = real;
    }
  typed = monge_bytes_alloc (n, monge_type_get_size (type), error);
  if (typed == NULL)
    return NULL;
  monge_bytes_from_doubles (type, values, 1, n, typed);
  return monge_array_new (name, type, n_components, n_rows,
                          g_bytes_new_take (typed, n * monge_type_get_size (type)));
}

static const char *
colour_name (guint n)
{
  return n == 4 ? "rgba" : "rgb";
}

static gboolean
take_parts (const Reader *reader, MongeType real, MongePolyData *data, GError **error)
{
  const char *names[N_PARTS] = { "normals", colour_name (reader->n_parts[COLOURS]), "texture" };
  guint at = reader->dim + (reader->is_homogeneous ? 1 : 0);

  for (guint part = 0; part < N_PARTS; at += reader->n_parts[part++])
    {
      MongeArray *array;
      if (reader->n_parts[part] == 0)
        continue;
      array = make_array (names[part], reader->numbers + at, reader->n_vertices,
                          reader->n_numbers, reader->n_parts[part],
                          part == COLOURS && !reader->is_binary && !reader->has_fractions[0], real,
                          error);
      if (array == NULL)
        return FALSE;
      g_ptr_array_add (data->point_arrays, array);
    }
  return TRUE;
}

static gboolean
take_face_colours (const Reader *reader, MongeType real, MongePolyData *data,
                   MongeShapeBuilder *builder, GError **error)
{
  guint n = reader->n_face_colours;
  MongeArray *array;

  if (reader->colours_differ || (n != 0 && n != 3 && n != 4))
    monge_shape_builder_add_repair (builder, "not kept: colours of faces, %s",
                                    reader->colours_differ ? "which only some have"
                                                           : "which are no red, green and blue");
  if (reader->colours_differ || (n != 3 && n != 4) || reader->n_faces == 0)
    return TRUE;
  array = make_array (colour_name (n), reader->colours.values, reader->n_faces, n, n,
                      !reader->is_binary && !reader->has_fractions[1], real, error);
  if (array != NULL)
    g_ptr_array_add (data->cell_arrays, array);
  return array != NULL;
}

static double *
gather_positions (const Reader *reader, GError **error)
{
  guint dim = reader->dim;
  double *positions = monge_bytes_alloc (reader->n_vertices, dim * sizeof *positions, error);

  for (gsize i = 0; positions != NULL && i < reader->n_vertices; i++)
    {
      const double *row = reader->numbers + i * reader->n_numbers;
      double divisor = reader->is_homogeneous ? row[dim] : 1.0;
      for (guint k = 0; k < dim; k++)
        positions[i * dim + k] = reader->is_homogeneous ? row[k] / divisor : row[k];
    }
  return positions;
}

static gboolean
fill (Reader *reader, MongePolyData *data, MongeShapeBuilder *builder, GError **error)
{
  MongeType real = reader->is_binary ? MONGE_TYPE_FLOAT32 : MONGE_TYPE_FLOAT64;
  double *positions = gather_positions (reader, error);
  gsize n_dropped;

  if (positions == NULL)
    return FALSE;
  monge_shape_builder_take_positions (builder, positions, reader->n_vertices, real);
  monge_shape_builder_set_unit (builder, reader->unit);
  monge_shape_builder_set_space (builder, reader->space);
  data->n_points = reader->n_vertices;
  if (reader->n_ignored > 0)
    monge_shape_builder_add_repair (builder, "not kept: %u numbers behind each vertex",
                                    reader->n_ignored);
  if (!take_parts (reader, real, data, error)
      || !take_face_colours (reader, real, data, builder, error)
      || !monge_poly_data_split (data, &reader->mixed, reader->kinds, &n_dropped, error))
    return FALSE;
  if (n_dropped > 0)
    monge_shape_builder_add_repair (builder, "%" G_GSIZE_FORMAT " faces without corners were "
                                    "dropped", n_dropped);
  return monge_poly_data_finish (data, builder, reader->file, error);
}

MongeShape *
monge_off_parse (const MongeFile *file, GError **error)
{
  g_auto (Reader) reader = { .file = file };
  g_auto (MongePolyData) data = { .n_points = 0 };
  g_autoptr (MongeShapeBuilder) builder = NULL;

  monge_scan_init (&reader.scan, file->data, file->size);
  if (!read_first_line (&reader, error) || !read_counts (&reader, error)
      || !read_vertices (&reader, error) || !read_faces (&reader, error))
    return NULL;
  monge_poly_data_init (&data);
  builder = monge_file_begin_shape (file, reader.dim);
  if (!fill (&reader, &data, builder, error))
    return NULL;
  return monge_shape_builder_end (g_steal_pointer (&builder), error);
}

gboolean
monge_off_matches (const guint8 *data, gsize size)
{
  Reader reader = { .file = NULL };
  const char *word;
  gsize length;
  gboolean matches;

  monge_scan_init (&reader.scan, data, MIN (size, 4096));
  matches = find_word (&reader);
  length = matches ? monge_scan_word (&reader.scan, &word) : 0;
  matches = matches && read_prefix (&reader, word, length);
  reader_clear (&reader);
  return matches;
}
