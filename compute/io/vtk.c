/* The legacy format of VTK (Kitware, “VTK File Formats”, in The VTK User's Guide), versions 1.0 to
 * 5.1, text and binary, which is big-endian: POLYDATA, and UNSTRUCTURED_GRID as far as its cells are
 * points, lines and polygons. vtk-cells.c and vtk-data.c read the two kinds of sections, vtk-write.c
 * writes.
 *
 * The second line is a title; 3D Slicer says there along what the coordinates run. Data of cells
 * count vertices first, then lines, polygons and strips, whatever their order in the file. */
#include "compute/io/vtk-private.h"

#include <string.h>

#include "compute/shape/bytes.h"

#define VALUES_PER_POLL 65536

static const char signature[] = "# vtk DataFile Version";

/* --- Words --- */

gboolean
monge_vtk_fail (const VtkReader *reader, GError **error, MongeError code, const char *format, ...)
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

gboolean
monge_vtk_read_keyword (VtkReader *reader, char word[256], GError **error)
{
  const char *start;
  gsize length = monge_scan_word (&reader->scan, &start), n = MIN (length, 255);

  if (length == 0)
    return monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                           "the line ends where a word is missing; export the file again");
  for (gsize i = 0; i < n; i++)
    word[i] = g_ascii_tolower (start[i]);
  word[n] = '\0';
  return TRUE;
}

char *
monge_vtk_read_name (VtkReader *reader, GError **error)
{
  const char *word;
  gsize length = monge_scan_word (&reader->scan, &word);
  g_autoptr (GString) name = g_string_new (NULL);

  if (length == 0)
    {
      monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                      "the name of an array is missing; export the file again");
      return NULL;
    }
  for (gsize i = 0; i < length; i++)
    {
      int high = i + 2 < length && word[i] == '%' ? g_ascii_xdigit_value (word[i + 1]) : -1;
      int low = high >= 0 ? g_ascii_xdigit_value (word[i + 2]) : -1;
      gboolean is_coded = low >= 0 && 16 * high + low > 0;

      g_string_append_c (name, is_coded ? (char) (16 * high + low) : word[i]);
      i += is_coded ? 2 : 0;
    }
  return g_utf8_make_valid (name->str, (gssize) name->len);
}

gboolean
monge_vtk_read_count (VtkReader *reader, const char *what, gsize *count, GError **error)
{
  gint64 value;

  monge_scan_skip_blanks (&reader->scan);
  if (!monge_scan_integer (&reader->scan, &value)
      || !monge_scan_is_at_word_end (&reader->scan) || value < 0)
    return monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                           "the number of %s is missing; export the file again", what);
  *count = (gsize) value;
  return TRUE;
}

/* long has eight bytes, as where most files come from; vtkIdType is written as int. */
gboolean
monge_vtk_read_type (VtkReader *reader, VtkType *type, GError **error)
{
  static const struct {
    const char *name;
    VtkType type;
  } types[] = {
    { "bit", { MONGE_TYPE_UINT8, VTK_BITS } },
    { "char", { MONGE_TYPE_INT8, VTK_NUMBERS } },
    { "signed_char", { MONGE_TYPE_INT8, VTK_NUMBERS } },
    { "unsigned_char", { MONGE_TYPE_UINT8, VTK_NUMBERS } },
    { "short", { MONGE_TYPE_INT16, VTK_NUMBERS } },
    { "unsigned_short", { MONGE_TYPE_UINT16, VTK_NUMBERS } },
    { "int", { MONGE_TYPE_INT32, VTK_NUMBERS } },
    { "vtkidtype", { MONGE_TYPE_INT32, VTK_NUMBERS } },
    { "unsigned_int", { MONGE_TYPE_UINT32, VTK_NUMBERS } },
    { "long", { MONGE_TYPE_INT64, VTK_NUMBERS } },
    { "vtktypeint64", { MONGE_TYPE_INT64, VTK_NUMBERS } },
    { "unsigned_long", { MONGE_TYPE_UINT64, VTK_NUMBERS } },
    { "vtktypeuint64", { MONGE_TYPE_UINT64, VTK_NUMBERS } },
    { "float", { MONGE_TYPE_FLOAT32, VTK_NUMBERS } },
    { "double", { MONGE_TYPE_FLOAT64, VTK_NUMBERS } },
    { "string", { MONGE_TYPE_UINT8, VTK_STRINGS } },
    { "utf8_string", { MONGE_TYPE_UINT8, VTK_STRINGS } },
  };
  char word[256];
  g_autofree char *shown = NULL;

  if (!monge_vtk_read_keyword (reader, word, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_equal (word, types[i].name))
      {
        *type = types[i].type;
        return TRUE;
      }
  shown = g_utf8_make_valid (word, -1);
  return monge_vtk_fail (reader, error, MONGE_ERROR_UNSUPPORTED,
                         "“%s” is not a type of values that is read; write int, float, double or "
                         "the like", shown);
}

/* --- Values --- */

/* In a binary file the first byte behind the line is already data. */
gboolean
monge_vtk_end_line (VtkReader *reader, GError **error)
{
  MongeScan *scan = &reader->scan;

  monge_scan_skip_blanks (scan);
  if (!monge_scan_is_at_line_end (scan))
    return monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                           "something stands behind what begins an array; export the file again");
  monge_scan_next_line (scan);
  return TRUE;
}

static gboolean
fail_truncated (const VtkReader *reader, gsize n, GError **error)
{
  return monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                         "truncated: %" G_GSIZE_FORMAT " values are promised, %" G_GSIZE_FORMAT
                         " bytes are present; copy the file again", n,
                         (gsize) (reader->scan.end - reader->scan.at));
}

static gboolean
read_text_values (VtkReader *reader, MongeType type, gsize n, guint8 *to, GError **error)
{
  MongeScan *scan = &reader->scan;
  gsize size = monge_type_get_size (type);

  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *excerpt = NULL;

      if (i % VALUES_PER_POLL == 0 && !monge_file_poll (reader->file, scan->at, error))
        return FALSE;
      if (monge_scan_find_word (scan) && monge_scan_value (scan, type, to + i * size)
          && monge_scan_is_at_word_end (scan))
        continue;
      if (scan->at >= scan->end)
        return fail_truncated (reader, n - i, error);
      excerpt = monge_scan_dup_excerpt (scan);
      return monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                             "“%s” where a number is expected, the %" G_GSIZE_FORMAT "th of %"
                             G_GSIZE_FORMAT "; correct the line or export the file again", excerpt,
                             i + 1, n);
    }
  return TRUE;
}

static gboolean
copy_values (VtkReader *reader, gsize size, gsize n, guint8 *to, GError **error)
{
  for (gsize i = 0; i < n; i += VALUES_PER_POLL)
    {
      gsize n_now = MIN (n - i, VALUES_PER_POLL);

      if (!monge_file_poll (reader->file, reader->scan.at, error))
        return FALSE;
      monge_bytes_copy (reader->scan.at, size, to + i * size, size, size, n_now, MONGE_SWAP_BIG);
      reader->scan.at += n_now * size;
    }
  return TRUE;
}

static void
copy_bits (VtkReader *reader, gsize n, guint8 *to)
{
  for (gsize i = 0; i < n; i++)
    to[i] = reader->scan.at[i / 8] >> (7 - i % 8) & 1;
  reader->scan.at += (n + 7) / 8;
}

gpointer
monge_vtk_read_values (VtkReader *reader, VtkType type, gsize n, GError **error)
{
  gsize left, size = monge_type_get_size (type.type), most;
  g_autofree guint8 *values = NULL;

  if (!monge_vtk_end_line (reader, error))
    return NULL;
  left = (gsize) (reader->scan.end - reader->scan.at);
  if (reader->is_binary)
    most = type.class == VTK_BITS ? (left > G_MAXSIZE / 8 ? left : 8 * left) : left / size;
  else
    most = (left + 1) / 2; /* a digit and what parts it from the next */
  if (n > most)
    {
      fail_truncated (reader, n, error);
      return NULL;
    }
  values = monge_bytes_alloc (n, size, error);
  if (values == NULL)
    return NULL;
  if (!reader->is_binary)
    return read_text_values (reader, type.type, n, values, error) ? g_steal_pointer (&values) : NULL;
  if (type.class == VTK_BITS)
    copy_bits (reader, n, values);
  else if (!copy_values (reader, size, n, values, error))
    return NULL;
  return g_steal_pointer (&values);
}

/* --- Sections --- */

static gboolean
read_points (VtkReader *reader, GError **error)
{
  VtkType type;
  gsize n;
  g_autofree guint8 *values = NULL;

  if (reader->positions != NULL)
    return monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                           "POINTS stands in the file twice; export it again");
  if (!monge_vtk_read_count (reader, "points", &n, error)
      || !monge_vtk_read_type (reader, &type, error))
    return FALSE;
  if (n > MONGE_MAX_VERTICES || type.class != VTK_NUMBERS)
    return monge_vtk_fail (reader, error, MONGE_ERROR_SIZE,
                           "%" G_GSIZE_FORMAT " points are promised; this program takes at most %"
                           G_GSIZE_FORMAT " of numbers", n, MONGE_MAX_VERTICES);
  values = monge_vtk_read_values (reader, type, 3 * n, error);
  if (values == NULL)
    return FALSE;
  reader->positions = monge_bytes_alloc (n, 3 * sizeof *reader->positions, error);
  if (reader->positions == NULL)
    return FALSE;
  for (gsize i = 0; i < 3 * n; i += VALUES_PER_POLL)
    {
      if (monge_task_return_if_cancelled (reader->file->task, error))
        return FALSE;
      monge_bytes_to_doubles (type.type, values + i * monge_type_get_size (type.type),
                              MIN (3 * n - i, VALUES_PER_POLL), reader->positions + i, 1);
    }
  reader->data.n_points = n;
  reader->position_type = type.type;
  return TRUE;
}

static gboolean
read_cell_types (VtkReader *reader, GError **error)
{
  const VtkType type = { MONGE_TYPE_INT32, VTK_NUMBERS };
  gsize n;
  g_autofree gint32 *values = NULL;

  if (!monge_vtk_read_count (reader, "cells", &n, error))
    return FALSE;
  values = monge_vtk_read_values (reader, type, n, error);
  if (values == NULL)
    return FALSE;
  g_clear_pointer (&reader->mixed_types, g_free);
  reader->mixed_types = monge_bytes_alloc (n, 1, error);
  if (reader->mixed_types == NULL)
    return FALSE;
  for (gsize i = 0; i < n; i++)
    reader->mixed_types[i] = (guint8) CLAMP (values[i], 0, 255);
  reader->n_mixed_types = n;
  return TRUE;
}

/* What follows is about the points or the cells. */
static gboolean
begin_attributes (VtkReader *reader, GPtrArray *arrays, GError **error)
{
  reader->attributes = arrays;
  return monge_vtk_read_count (reader, "values", &reader->n_attributes, error);
}

static MongePolyKind
find_kind (const char *word)
{
  static const char *const words[] = { "vertices", "lines", "polygons", "triangle_strips" };
  guint kind;

  for (kind = 0; kind < MONGE_POLY_N_KINDS && !g_str_equal (word, words[kind]); kind++)
    ;
  return (MongePolyKind) kind;
}

static gboolean
read_section (VtkReader *reader, GError **error)
{
  char word[256];
  g_autofree char *shown = NULL;
  MongePolyKind kind;

  if (!monge_vtk_read_keyword (reader, word, error))
    return FALSE;
  kind = find_kind (word);
  if (kind < MONGE_POLY_N_KINDS)
    return monge_vtk_read_cells (reader, monge_poly_data_add (&reader->data, kind), error);
  if (g_str_equal (word, "points"))
    return read_points (reader, error);
  if (g_str_equal (word, "point_data"))
    return begin_attributes (reader, reader->data.point_arrays, error);
  if (g_str_equal (word, "cell_data"))
    return begin_attributes (reader, reader->data.cell_arrays, error);
  if (monge_vtk_is_attribute (word))
    return monge_vtk_read_attribute (reader, word, error);
  if (g_str_equal (word, "cell_types"))
    return read_cell_types (reader, error);
  if (g_str_equal (word, "cells"))
    {
      g_clear_pointer (&reader->mixed, monge_poly_cells_free);
      reader->mixed = g_new0 (MongePolyCells, 1);
      return monge_vtk_read_cells (reader, reader->mixed, error);
    }
  if (g_str_equal (word, "metadata"))
    return monge_vtk_skip_metadata (reader), TRUE;
  shown = g_utf8_make_valid (word, 24);
  return monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                         "“%s” begins no section of VTK poly data; the file is damaged, export it "
                         "again", shown);
}

/* --- The header --- */

static void
read_title (VtkReader *reader)
{
  MongeScan *scan = &reader->scan, rest = *scan;
  g_autofree char *unit = NULL;
  const char *word;

  monge_shape_builder_set_space (reader->builder, monge_scan_space (scan));
  do
    unit = monge_scan_dup_unit (&rest);
  while (unit == NULL && monge_scan_word (&rest, &word) > 0);
  monge_shape_builder_set_unit (reader->builder, unit);
  monge_scan_next_line (scan);
}

static gboolean
read_encoding (VtkReader *reader, GError **error)
{
  char word[256] = "";

  if (!monge_scan_find_word (&reader->scan))
    return monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                           "truncated: the file ends behind its title; copy it again");
  if (!monge_vtk_read_keyword (reader, word, error))
    return FALSE;
  if (!g_str_equal (word, "ascii") && !g_str_equal (word, "binary"))
    return monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                           "the third line says neither ASCII nor BINARY; export the file again");
  monge_scan_next_line (&reader->scan);
  reader->is_binary = g_str_equal (word, "binary");
  return TRUE;
}

static gboolean
read_dataset (VtkReader *reader, GError **error)
{
  char word[256];
  g_autofree char *shown = NULL;

  if (!monge_vtk_read_keyword (reader, word, error))
    return FALSE;
  if (g_str_equal (word, "polydata") || g_str_equal (word, "unstructured_grid"))
    return TRUE;
  shown = g_utf8_make_valid (word, 24);
  return monge_vtk_fail (reader, error, MONGE_ERROR_UNSUPPORTED,
                         "the data set is “%s”; of VTK files, POLYDATA and UNSTRUCTURED_GRID are "
                         "read: save images as .nii or .nrrd, and of grids the surface", shown);
}

/* Up to the end; the data set may come behind a field. */
static gboolean
read_sections (VtkReader *reader, GError **error)
{
  gboolean has_dataset = FALSE, ok;

  while (monge_scan_find_word (&reader->scan))
    {
      MongeScan before = reader->scan;
      const char *word;
      gsize length = monge_scan_word (&reader->scan, &word);

      if (length == 7 && g_ascii_strncasecmp (word, "dataset", 7) == 0)
        ok = has_dataset = read_dataset (reader, error);
      else
        {
          reader->scan = before;
          ok = read_section (reader, error);
        }
      if (!ok)
        return FALSE;
    }
  return has_dataset
         || monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                            "there is no DATASET in the file; copy or export it again");
}

/* --- The shape --- */

/* By the numbers of VTK's cell types. A pixel is a quad whose corners come row by row. */
static guint8
kind_of_type (guint8 type)
{
  static const guint8 kinds[10] = {
    [0] = MONGE_POLY_N_KINDS, [1] = MONGE_POLY_VERTS, [2] = MONGE_POLY_VERTS,
    [3] = MONGE_POLY_LINES,   [4] = MONGE_POLY_LINES, [5] = MONGE_POLY_POLYS,
    [6] = MONGE_POLY_STRIPS,  [7] = MONGE_POLY_POLYS, [8] = MONGE_POLY_POLYS,
    [9] = MONGE_POLY_POLYS,
  };

  return type < G_N_ELEMENTS (kinds) ? kinds[type] : MONGE_POLY_N_KINDS;
}

static void
turn_pixels (MongePolyCells *mixed, const guint8 *types)
{
  for (gsize i = 0; i < mixed->n_cells; i++)
    if (types[i] == 8 && mixed->ends[i] - (i > 0 ? mixed->ends[i - 1] : 0) == 4)
      {
        guint32 *corners = mixed->indices + mixed->ends[i] - 4, last = corners[3];
        corners[3] = corners[2];
        corners[2] = last;
      }
}

static gboolean
sort_mixed (VtkReader *reader, GError **error)
{
  MongePolyCells *mixed = reader->mixed;
  gsize n_dropped;

  if (mixed == NULL)
    return TRUE;
  if (reader->n_mixed_types != mixed->n_cells)
    return monge_vtk_fail (reader, error, MONGE_ERROR_FORMAT,
                           "%" G_GSIZE_FORMAT " cells and %" G_GSIZE_FORMAT " cell types; the file "
                           "is damaged, export it again", mixed->n_cells, reader->n_mixed_types);
  turn_pixels (mixed, reader->mixed_types);
  for (gsize i = 0; i < mixed->n_cells; i++)
    reader->mixed_types[i] = kind_of_type (reader->mixed_types[i]);
  mixed->first_row = reader->data.n_rows;
  if (!monge_poly_data_split (&reader->data, mixed, reader->mixed_types, &n_dropped, error))
    return FALSE;
  if (n_dropped > 0 && n_dropped == mixed->n_cells)
    return monge_vtk_fail (reader, error, MONGE_ERROR_UNSUPPORTED,
                           "none of the %" G_GSIZE_FORMAT " cells of the grid is a point, a line "
                           "or a polygon; save its surface as poly data", n_dropped);
  if (n_dropped > 0)
    monge_shape_builder_add_repair (reader->builder, "not kept: %" G_GSIZE_FORMAT " of %"
                                    G_GSIZE_FORMAT " cells, which are no points, lines or polygons",
                                    n_dropped, mixed->n_cells);
  return TRUE;
}

static gboolean
read_all (VtkReader *reader, GError **error)
{
  monge_scan_next_line (&reader->scan);
  read_title (reader);
  if (!read_encoding (reader, error) || !read_sections (reader, error))
    return FALSE;
  monge_poly_data_count_rows (&reader->data);
  if (!sort_mixed (reader, error))
    return FALSE;
  monge_shape_builder_take_positions (reader->builder, g_steal_pointer (&reader->positions),
                                      reader->data.n_points, reader->position_type);
  return monge_poly_data_finish (&reader->data, reader->builder, reader->file, error);
}

MongeShape *
monge_vtk_parse (const MongeFile *file, GError **error)
{
  VtkReader reader = { .file = file };
  MongeShape *shape = NULL;

  if (!monge_vtk_matches (file->data, file->size))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                   "line 1: a VTK file starts with “%s”; is this another format?", signature);
      return NULL;
    }
  monge_scan_init (&reader.scan, file->data, file->size);
  monge_poly_data_init (&reader.data);
  reader.builder = monge_file_begin_shape (file, 3);
  if (read_all (&reader, error))
    shape = monge_shape_builder_end (g_steal_pointer (&reader.builder), error);
  g_clear_pointer (&reader.builder, monge_shape_builder_free);
  g_clear_pointer (&reader.mixed, monge_poly_cells_free);
  monge_poly_data_clear (&reader.data);
  g_free (reader.mixed_types);
  g_free (reader.positions);
  return shape;
}

gboolean
monge_vtk_matches (const guint8 *data, gsize size)
{
  return size >= strlen (signature)
         && g_ascii_strncasecmp ((const char *) data, signature, strlen (signature)) == 0;
}
