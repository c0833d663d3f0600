/* TrackVis tracts (.trk), versions 1 to 3, in either order of bytes: a header of 1000 bytes, then
 * per streamline its number of points, coordinates and scalars of each, and its properties, all
 * float32. After the page “TrackVis: track file format” (trackvis.org).
 *
 * Streamlines become runs of segments, scalars arrays of vertices, properties arrays of cells: the
 * same on all segments of a streamline. A name may be followed by a NUL and a number: that many
 * columns belong to it (nibabel's way). Columns without a name are called “scalars” and
 * “properties”. Coordinates are taken to RAS (trk-header.c). The header is kept, little-endian, as
 * the field “trackvis/header”: written with it, coordinates return to where they were, with the
 * bits they had unless they are below 10⁻⁶ mm. */
#include "compute/io/io-private.h"

#include <math.h>
#include <string.h>

#include "compute/io/tract.h"
#include "compute/io/trk-private.h"
#include "compute/shape/bytes.h"

#define POLL 65536 /* points between two looks at the task */

/* A file whose counts have been held against its size. */
typedef struct {
  const MongeFile *file;
  guint8 header[MONGE_TRK_SIZE];
  gboolean is_big;
  guint n_scalars, n_properties;
  GArray *lengths; /* of guint32: points of each streamline */
  gsize n_points;
} Reader;

static void
reader_clear (Reader *reader)
{
  g_clear_pointer (&reader->lengths, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reader, reader_clear)

gboolean
monge_trk_matches (const guint8 *data, gsize size)
{
  return size >= MONGE_TRK_SIZE && memcmp (data, "TRACK", 5) == 0;
}

/* --- Counts --- */

static gboolean
read_counts (Reader *reader, GError **error)
{
  gint n_scalars = monge_trk_get_short (reader->header, MONGE_TRK_N_SCALARS);
  gint n_properties = monge_trk_get_short (reader->header, MONGE_TRK_N_PROPERTIES);

  if (n_scalars >= 0 && n_properties >= 0)
    {
      reader->n_scalars = (guint) n_scalars;
      reader->n_properties = (guint) n_properties;
      return TRUE;
    }
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "byte %d: %d scalars and %d properties; the "
               "file is damaged", MONGE_TRK_N_SCALARS, n_scalars, n_properties);
  return FALSE;
}

static guint32
get_word (const Reader *reader, gsize at)
{
  guint32 word;

  monge_bytes_copy (reader->file->data + at, 4, &word, 4, 4, 1,
                    reader->is_big ? MONGE_SWAP_BIG : MONGE_SWAP_LITTLE);
  return word;
}

/* Walks from streamline to streamline. A count of 0 means as many as there are. */
static gboolean
find_lengths (Reader *reader, GError **error)
{
  gint32 count = monge_trk_get_int (reader->header, MONGE_TRK_N_COUNT);
  gsize point_size = 4 * (3 + (gsize) reader->n_scalars), tail = 4 * (gsize) reader->n_properties;
  gsize at = MONGE_TRK_SIZE, size = reader->file->size;

  while (count > 0 ? reader->lengths->len < (guint) count : at < size)
    {
      guint32 n;

      if (reader->lengths->len % POLL == 0
          && monge_task_return_if_cancelled (reader->file->task, error))
        return FALSE;
      if (size - at < 4 || (n = get_word (reader, at)) > (size - at - 4) / point_size
          || size - at - 4 - n * point_size < tail)
        {
          g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "byte %" G_GSIZE_FORMAT ": "
                       "truncated: streamline %u (counted from 0) of %d does not fit in the %"
                       G_GSIZE_FORMAT
                       " bytes of the file; copy it again", at, reader->lengths->len, count, size);
          return FALSE;
        }
      g_array_append_val (reader->lengths, n);
      reader->n_points += n;
      at += 4 + n * point_size + tail;
    }
  if (reader->n_points > 0)
    return TRUE;
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "there is no streamline in it; give "
                       "a file with at least one");
  return FALSE;
}

/* --- Values --- */

/* The columns that belong to a name, and the name; how many names there were. */
typedef struct {
  char *name;
  guint first, n;
} Column;

static void
column_clear (gpointer data)
{
  g_free (((Column *) data)->name);
}

/* "FA", or "rgb" NUL "3" */
static guint
decode_name (const guint8 *field, char **name)
{
  g_autofree char *text = g_strndup ((const char *) field, MONGE_TRK_NAME_SIZE);
  gsize length = strlen (text);
  guint n = 0;

  if (length == 0)
    return 0;
  for (gsize k = length + 1; k < MONGE_TRK_NAME_SIZE && g_ascii_isdigit (field[k]); k++)
    n = 10 * MIN (n, G_MAXINT16) + (guint) (field[k] - '0');
  *name = g_convert (text, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
  if (*name == NULL)
    *name = g_utf8_make_valid (text, -1);
  return MAX (n, 1);
}

static GArray *
list_columns (const guint8 *names, guint n_columns, const char *unnamed)
{
  GArray *columns = g_array_new (FALSE, FALSE, sizeof (Column));
  guint used = 0;

  g_array_set_clear_func (columns, column_clear);
  for (guint i = 0; i < MONGE_TRK_NAMES && used < n_columns; i++)
    {
      Column column = { .first = used };
      guint n = decode_name (names + i * MONGE_TRK_NAME_SIZE, &column.name);

      column.n = MIN (n, n_columns - used);
      used += column.n;
      if (column.n > 0)
        g_array_append_val (columns, column);
    }
  if (used < n_columns)
    {
      Column column = { .name = g_strdup (unnamed), .first = used, .n = n_columns - used };

      g_array_append_val (columns, column);
    }
  return columns;
}

/* @n numbers of the file. */
static void
copy_floats (const Reader *reader, gsize at, float *to, gsize n)
{
  monge_bytes_copy (reader->file->data + at, 4, to, 4, 4, n,
                    reader->is_big ? MONGE_SWAP_BIG : MONGE_SWAP_LITTLE);
}

/* Columns of scalars (@of_points) or of properties, one row per point or per segment. */
static MongeArray *
read_column (const Reader *reader, const Column *column, gboolean of_points, gsize n_rows,
             GError **error)
{
  gsize stride = 4 * (3 + (gsize) reader->n_scalars), at = MONGE_TRK_SIZE + 4, row = 0;
  float *values = monge_bytes_alloc (n_rows, column->n * sizeof *values, error);

  if (values == NULL)
    return NULL;
  for (guint l = 0; l < reader->lengths->len; l++)
    {
      guint32 n = g_array_index (reader->lengths, guint32, l);
      gsize properties = at + n * stride;

      for (guint32 k = 0; k + (of_points ? 0 : 1) < n; k++, row++)
        copy_floats (reader, of_points ? at + k * stride + 12 + 4 * column->first
                                       : properties + 4 * column->first,
                     values + row * column->n, column->n);
      at = properties + 4 * (gsize) reader->n_properties + 4;
    }
  return monge_array_new (column->name, MONGE_TYPE_FLOAT32, column->n, n_rows,
                          g_bytes_new_take (values, n_rows * column->n * sizeof *values));
}

static gboolean
take_columns (MongeShapeBuilder *builder, const Reader *reader, gboolean of_points, gsize n_rows,
              GError **error)
{
  g_autoptr (GArray) columns
      = of_points ? list_columns (reader->header + MONGE_TRK_SCALAR_NAMES, reader->n_scalars,
                                  "scalars")
                  : list_columns (reader->header + MONGE_TRK_PROPERTY_NAMES, reader->n_properties,
                                  "properties");

  for (guint i = 0; i < columns->len; i++)
    {
      MongeArray *array = read_column (reader, &g_array_index (columns, Column, i), of_points, n_rows,
                                       error);

      if (array == NULL)
        return FALSE;
      if (of_points)
        monge_shape_builder_take_array (builder, array);
      else
        monge_shape_builder_take_cell_array (builder, array);
    }
  return TRUE;
}

/* --- Coordinates --- */

static void
transform (const double a[16], const float from[3], double to[3])
{
  for (guint k = 0; k < 3; k++)
    to[k] = a[4 * k] * (double) from[0] + a[4 * k + 1] * (double) from[1]
            + a[4 * k + 2] * (double) from[2] + a[4 * k + 3];
}

static double *
read_positions (const Reader *reader, const double affine[16], GError **error)
{
  gsize stride = 4 * (3 + (gsize) reader->n_scalars), at = MONGE_TRK_SIZE, row = 0;
  g_autofree double *positions = monge_bytes_alloc (reader->n_points, 3 * sizeof *positions, error);

  if (positions == NULL)
    return NULL;
  for (guint l = 0; l < reader->lengths->len; l++)
    {
      guint32 n = g_array_index (reader->lengths, guint32, l);

      at += 4;
      for (guint32 k = 0; k < n; k++, at += stride, row++)
        {
          float point[3];

          if (row % POLL == 0)
            {
              if (monge_task_return_if_cancelled (reader->file->task, error))
                return NULL;
              monge_task_set_progress (reader->file->task, (double) at / (double) reader->file->size);
            }
          copy_floats (reader, at, point, 3);
          transform (affine, point, positions + 3 * row);
        }
      at += 4 * (gsize) reader->n_properties;
    }
  return g_steal_pointer (&positions);
}

static gboolean
take_positions (MongeShapeBuilder *builder, const Reader *reader, GError **error)
{
  gboolean has_order, has_matrix;
  double affine[16], *positions;

  if (!monge_trk_find_affine (reader->header, affine, &has_order, &has_matrix, error))
    return FALSE;
  positions = read_positions (reader, affine, error);
  if (positions == NULL)
    return FALSE;
  monge_shape_builder_take_positions (builder, positions, reader->n_points, MONGE_TYPE_FLOAT64);
  if (!has_matrix)
    monge_shape_builder_add_repair (builder, "the file has no matrix to RAS; its voxels were "
                                    "taken to be of 1 mm, along the body's axes, from the origin on");
  if (!has_order)
    monge_shape_builder_add_repair (builder, "the file does not say in which order its voxels run; "
                                    "LPS was assumed, as TrackVis does");
  return TRUE;
}

static gsize
count_segments (const Reader *reader)
{
  gsize n = 0;

  for (guint l = 0; l < reader->lengths->len; l++)
    n += MAX (g_array_index (reader->lengths, guint32, l), 1) - 1;
  return n;
}

static gboolean
fill (MongeShapeBuilder *builder, const Reader *reader, GError **error)
{
  gsize n_segments = count_segments (reader);

  if (!take_positions (builder, reader, error)
      || !take_columns (builder, reader, TRUE, reader->n_points, error)
      || (n_segments > 0 && !take_columns (builder, reader, FALSE, n_segments, error)))
    return FALSE;
  monge_shape_builder_take_field_array (builder,
                                        monge_array_new (MONGE_TRK_FIELD, MONGE_TYPE_UINT8, 1,
                                                         MONGE_TRK_SIZE,
                                                         g_bytes_new (reader->header,
                                                                      MONGE_TRK_SIZE)));
  monge_shape_builder_set_unit (builder, "mm");
  return monge_tract_take_lines (builder, (const guint32 *) reader->lengths->data,
                                 reader->lengths->len, error);
}

MongeShape *
monge_trk_parse (const MongeFile *file, GError **error)
{
  g_auto (Reader) reader = { .file = file,
                             .lengths = g_array_new (FALSE, FALSE, sizeof (guint32)) };
  g_autoptr (MongeShapeBuilder) builder = NULL;

  if (!monge_trk_matches (file->data, file->size))
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "byte 0: a TrackVis file "
                           "starts with “TRACK” and 1000 bytes of header; is this another format?");
      return NULL;
    }
  if (!monge_trk_read_header (file->data, reader.header, &reader.is_big, error)
      || !read_counts (&reader, error) || !find_lengths (&reader, error))
    return NULL;
  builder = monge_file_begin_shape (file, 3);
  if (!fill (builder, &reader, error))
    return NULL;
  return monge_shape_builder_end (g_steal_pointer (&builder), error);
}
