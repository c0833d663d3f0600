/* The Polygon File Format as G. Turk described it (Stanford, 1994), with the type names that came
 * later (int8 … float64). Read in its three encodings; io-ply-write.c writes it.
 *
 * Scalars of vertices and cells that are not coordinates or indices become arrays of one component
 * under their own name, in the order of the file. Lists other than the corners of faces, and
 * elements other than vertex, face and edge, are skipped. */
#include "compute/io/io-private.h"

#include <string.h>

#include "compute/shape/bytes.h"
#include "compute/io/ply-private.h"

typedef struct {
  MongeScan scan;
  PlyHeader header;
  gboolean swap;
  GString *skipped; /* what repairs shall mention */
} Reader;

/* The rows of one element: a packed column per scalar property, NULL for lists; and the corners in
 * the list at @corners cut into triangles. */
typedef struct {
  const PlyElement *element;
  guint8 **columns;
  guint corners; /* index of that property; the number of properties if there is none */
  gsize n_vertices;
  MongeIndices triangles;
  guint32 *parents; /* the face of each triangle, once they differ; else NULL */
  gsize n_parents;  /* allocated */
  gsize n_cut, n_short;
} Table;

static gsize
bytes_left (const Reader *reader)
{
  return (gsize) (reader->scan.end - reader->scan.at);
}

static gboolean fail (const Reader *reader, GError **error, MongeError code, const char *format,
                      ...) G_GNUC_PRINTF (4, 5);

/* Says where: the line of a text, the byte of a binary file. */
static gboolean
fail (const Reader *reader, GError **error, MongeError code, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  if (reader->header.encoding == PLY_ASCII)
    return monge_scan_fail (&reader->scan, error, code, "%s", text);
  g_set_error (error, MONGE_ERROR, code, "byte %" G_GSIZE_FORMAT ": %s",
               (gsize) (reader->scan.at - reader->scan.start), text);
  return FALSE;
}

gboolean
monge_ply_matches (const guint8 *data, gsize size)
{
  return size >= 4 && memcmp (data, "ply", 3) == 0 && (data[3] == '\n' || data[3] == '\r');
}

static void
note_skipped (Reader *reader, const char *what, const char *name)
{
  enum { longest = 200 };

  if (reader->skipped->len > longest)
    return;
  if (reader->skipped->len > 0)
    g_string_append (reader->skipped, ", ");
  g_string_append_printf (reader->skipped, "%s “%s”", what, name);
  if (reader->skipped->len > longest)
    g_string_append (reader->skipped, " and more");
}

/* --- Rows --- */

static gboolean
read_text_value (Reader *reader, MongeType type, const char *name, void *to, GError **error)
{
  MongeScan *scan = &reader->scan, before;
  double value;
  g_autofree char *excerpt = NULL;

  monge_scan_skip_blanks (scan);
  before = *scan;
  if (monge_scan_double (scan, &value) && monge_scan_is_at_word_end (scan)
      && (type >= MONGE_TYPE_FLOAT32 || monge_bytes_holds (type, value)))
    {
      monge_bytes_from_doubles (type, &value, 1, 1, to);
      return TRUE;
    }
  excerpt = monge_scan_dup_excerpt (&before);
  return fail (reader, error, MONGE_ERROR_FORMAT,
               "“%s” where a value of “%s” is expected; correct the line or export the file again",
               excerpt, name);
}

static gboolean
read_value (Reader *reader, MongeType type, const char *name, void *to, GError **error)
{
  gsize size = monge_type_get_size (type);

  if (reader->header.encoding == PLY_ASCII)
    return read_text_value (reader, type, name, to, error);
  if (bytes_left (reader) < size)
    return fail (reader, error, MONGE_ERROR_FORMAT,
                 "truncated: %" G_GSIZE_FORMAT " bytes are promised for “%s”, %" G_GSIZE_FORMAT
                 " are present; copy the file again", size, name, bytes_left (reader));
  monge_bytes_copy (reader->scan.at, 0, to, 0, size, 1, reader->swap);
  reader->scan.at += size;
  return TRUE;
}

/* The length of a list; its items are known to be in the file where that can be known. */
static gboolean
read_count (Reader *reader, const PlyProperty *property, gsize *count, GError **error)
{
  guint64 raw;
  double value;
  gsize size = reader->header.encoding == PLY_ASCII ? 1 : monge_type_get_size (property->type);

  if (!read_value (reader, property->count_type, property->name, &raw, error))
    return FALSE;
  value = monge_bytes_get (property->count_type, &raw);
  if (value < 0)
    return fail (reader, error, MONGE_ERROR_FORMAT,
                 "the list “%s” has the length %.0f; export the file again", property->name, value);
  *count = (gsize) value;
  if (*count > bytes_left (reader) / size)
    return fail (reader, error, MONGE_ERROR_FORMAT,
                 "truncated: a list “%s” of %" G_GSIZE_FORMAT " items is promised, %"
                 G_GSIZE_FORMAT " bytes are present; copy the file again", property->name, *count,
                 bytes_left (reader));
  return TRUE;
}

static gboolean
skip_list (Reader *reader, const PlyProperty *property, GError **error)
{
  guint64 raw;
  gsize count;

  if (!read_count (reader, property, &count, error))
    return FALSE;
  if (reader->header.encoding != PLY_ASCII)
    {
      reader->scan.at += count * monge_type_get_size (property->type);
      return TRUE;
    }
  for (gsize i = 0; i < count; i++)
    if (!read_value (reader, property->type, property->name, &raw, error))
      return FALSE;
  return TRUE;
}

/* From now on triangles remember their face; those before face @row were one each. */
static gboolean
remember_parents (Table *table, gsize row, GError **error)
{
  table->n_parents = MAX (64, 2 * row);
  table->parents = monge_bytes_alloc (table->n_parents, sizeof *table->parents, error);
  if (table->parents == NULL)
    return FALSE;
  for (gsize i = 0; i < row; i++)
    table->parents[i] = (guint32) i;
  return TRUE;
}

static gboolean
add_triangle (Table *table, gsize row, const guint32 corners[3], GError **error)
{
  guint32 *cell = monge_indices_add (&table->triangles, error), *parents;

  if (cell == NULL)
    return FALSE;
  memcpy (cell, corners, 3 * sizeof *corners);
  if (table->parents == NULL)
    return TRUE;
  if (table->triangles.n > table->n_parents)
    {
      parents = g_try_realloc_n (table->parents, 2 * table->n_parents, sizeof *parents);
      if (parents == NULL)
        {
          g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                               "not enough memory for the faces; use a smaller shape");
          return FALSE;
        }
      table->parents = parents;
      table->n_parents *= 2;
    }
  table->parents[table->triangles.n - 1] = (guint32) row;
  return TRUE;
}

static gboolean
read_corner (Reader *reader, const Table *table, const PlyProperty *property, gsize row,
             guint32 *corner, GError **error)
{
  guint64 raw;
  double value;

  if (!read_value (reader, property->type, property->name, &raw, error))
    return FALSE;
  value = monge_bytes_get (property->type, &raw);
  if (!(value >= 0 && value < (double) table->n_vertices) || value != (double) (guint32) value)
    return fail (reader, error, MONGE_ERROR_FORMAT,
                 "face %" G_GSIZE_FORMAT " uses vertex %g, but there are only %" G_GSIZE_FORMAT
                 " (all counted from 0); the file is damaged or counts from 1", row, value,
                 table->n_vertices);
  *corner = (guint32) value;
  return TRUE;
}

/* Cuts a polygon into the fan of triangles around its first corner. */
static gboolean
read_corners (Reader *reader, Table *table, const PlyProperty *property, gsize row, GError **error)
{
  guint32 fan[3] = { 0 }, corner = 0;
  gsize count;

  if (!read_count (reader, property, &count, error))
    return FALSE;
  if (count != 3 && table->parents == NULL && !remember_parents (table, row, error))
    return FALSE;
  table->n_cut += count > 3;
  table->n_short += count < 3;
  for (gsize i = 0; i < count; i++)
    {
      if (!read_corner (reader, table, property, row, &corner, error))
        return FALSE;
      if (i == 0)
        fan[0] = corner;
      fan[1] = fan[2];
      fan[2] = corner;
      if (i >= 2 && !add_triangle (table, row, fan, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
read_row (Reader *reader, Table *table, gsize row, GError **error)
{
  const GPtrArray *properties = table->element->properties;

  for (guint i = 0; i < properties->len; i++)
    {
      const PlyProperty *property = g_ptr_array_index (properties, i);
      gboolean ok;
      if (i == table->corners)
        ok = read_corners (reader, table, property, row, error);
      else if (property->is_list)
        ok = skip_list (reader, property, error);
      else
        ok = read_value (reader, property->type, property->name,
                         table->columns[i] + row * monge_type_get_size (property->type), error);
      if (!ok)
        return FALSE;
    }
  return TRUE;
}

/* One line per row. */
static gboolean
read_text_rows (Reader *reader, Table *table, GError **error)
{
  MongeScan *scan = &reader->scan;
  const PlyElement *element = table->element;

  for (gsize row = 0; row < element->n_rows; row++)
    {
      if (!monge_scan_find_word (scan))
        return fail (reader, error, MONGE_ERROR_FORMAT,
                     "truncated: %" G_GSIZE_FORMAT " lines of “%s” are promised, %" G_GSIZE_FORMAT
                     " are present; copy the file again", element->n_rows, element->name, row);
      if (!read_row (reader, table, row, error))
        return FALSE;
      monge_scan_skip_blanks (scan);
      if (!monge_scan_is_at_line_end (scan))
        return fail (reader, error, MONGE_ERROR_FORMAT,
                     "more values than “%s” has properties; correct the line or the header",
                     element->name);
      monge_scan_next_line (scan);
    }
  return TRUE;
}

/* The usual faces: nothing but three 4-byte corners behind a byte that says so. Stops in front of
 * the first that is not; returns the number of those read. */
static gsize
read_plain_triangles (Reader *reader, Table *table)
{
  const PlyProperty *property = g_ptr_array_index (table->element->properties, 0);
  gsize row, n_rows = table->element->n_rows;

  if (table->element->properties->len != 1 || table->corners != 0
      || monge_type_get_size (property->count_type) != 1
      || (property->type != MONGE_TYPE_INT32 && property->type != MONGE_TYPE_UINT32)
      || !monge_indices_reserve (&table->triangles, MIN (n_rows, bytes_left (reader) / 13), NULL))
    return 0;
  for (row = 0; row < n_rows && bytes_left (reader) >= 13 && *reader->scan.at == 3; row++)
    {
      guint32 *cell = table->triangles.values + 3 * row;
      monge_bytes_copy (reader->scan.at + 1, 4, cell, 4, 4, 3, reader->swap);
      if (MAX (MAX (cell[0], cell[1]), cell[2]) >= table->n_vertices) /* or negative */
        break;
      reader->scan.at += 13;
    }
  table->triangles.n = row;
  return row;
}

static gboolean
read_binary_rows (Reader *reader, Table *table, gboolean has_list, gsize stride, GError **error)
{
  const PlyElement *element = table->element;
  gsize offset = 0;

  if (has_list)
    {
      for (gsize row = read_plain_triangles (reader, table); row < element->n_rows; row++)
        if (!read_row (reader, table, row, error))
          return FALSE;
      return TRUE;
    }
  for (guint i = 0; i < element->properties->len; i++)
    {
      const PlyProperty *property = g_ptr_array_index (element->properties, i);
      gsize size = monge_type_get_size (property->type);
      monge_bytes_copy (reader->scan.at + offset, stride, table->columns[i], size, size,
                        element->n_rows, reader->swap);
      offset += size;
    }
  reader->scan.at += element->n_rows * stride;
  return TRUE;
}

static void
table_clear (Table *table)
{
  for (guint i = 0; table->columns != NULL && i < table->element->properties->len; i++)
    g_free (table->columns[i]);
  g_free (table->columns);
  g_free (table->triangles.values);
  g_free (table->parents);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Table, table_clear)

/* The bytes that a row takes at least; the same for every row unless @has_list. */
static gsize
row_size (const Reader *reader, const PlyElement *element, gboolean *has_list)
{
  gsize size = 0;

  *has_list = FALSE;
  for (guint i = 0; i < element->properties->len; i++)
    {
      const PlyProperty *property = g_ptr_array_index (element->properties, i);
      *has_list = *has_list || property->is_list;
      if (reader->header.encoding == PLY_ASCII)
        size += 2; /* a digit and what parts it from the next */
      else
        size += monge_type_get_size (property->is_list ? property->count_type : property->type);
    }
  return size;
}

/* Reads all rows of @element; columns are allocated once the file is known to be long enough. */
static gboolean
read_table (Reader *reader, const PlyElement *element, Table *table, GError **error)
{
  gboolean has_list;
  gsize least = row_size (reader, element, &has_list), left = bytes_left (reader);

  table->element = element;
  table->triangles.arity = 3;
  if (least == 0)
    return TRUE;
  /* The last line of a text need not end. */
  if (element->n_rows > (left + (reader->header.encoding == PLY_ASCII)) / least)
    return fail (reader, error, MONGE_ERROR_FORMAT,
                 "truncated: %" G_GSIZE_FORMAT " × “%s” are promised, at least %.0f bytes, but %"
                 G_GSIZE_FORMAT " bytes are present; copy the file again", element->n_rows,
                 element->name, (double) element->n_rows * (double) least, left);
  table->columns = g_new0 (guint8 *, element->properties->len);
  for (guint i = 0; i < element->properties->len; i++)
    {
      const PlyProperty *property = g_ptr_array_index (element->properties, i);
      if (property->is_list)
        continue;
      table->columns[i] = monge_bytes_alloc (element->n_rows, monge_type_get_size (property->type),
                                             error);
      if (table->columns[i] == NULL)
        return FALSE;
    }
  return reader->header.encoding == PLY_ASCII ? read_text_rows (reader, table, error)
                                   : read_binary_rows (reader, table, has_list, least, error);
}

/* --- Elements into a shape --- */

static MongeArray *
column_to_array (Table *table, guint i)
{
  const PlyProperty *property = g_ptr_array_index (table->element->properties, i);
  gsize n_rows = table->element->n_rows;

  return monge_array_new (property->name, property->type, 1, n_rows,
                          g_bytes_new_take (g_steal_pointer (&table->columns[i]),
                                            n_rows * monge_type_get_size (property->type)));
}

/* The column of a face property, one row per triangle. */
static MongeArray *
column_to_triangles (Table *table, guint i)
{
  const PlyProperty *property = g_ptr_array_index (table->element->properties, i);
  gsize size = monge_type_get_size (property->type), n = table->triangles.n;
  guint8 *values;

  if (table->parents == NULL)
    return column_to_array (table, i);
  values = g_malloc (MAX (n * size, 1));
  for (gsize row = 0; row < n; row++)
    memcpy (values + row * size, table->columns[i] + table->parents[row] * size, size);
  return monge_array_new (property->name, property->type, 1, n,
                          g_bytes_new_take (values, n * size));
}

static void
note_skipped_lists (Reader *reader, const Table *table)
{
  for (guint i = 0; i < table->element->properties->len; i++)
    {
      const PlyProperty *property = g_ptr_array_index (table->element->properties, i);
      if (property->is_list && i != table->corners)
        note_skipped (reader, "list", property->name);
    }
}

/* The type that all coordinates fit in: their own if they have the same. */
static MongeType
common_type (const PlyElement *element, const guint *axes, guint dim)
{
  const PlyProperty *first = g_ptr_array_index (element->properties, axes[0]);
  gboolean same = TRUE, wide = FALSE;

  for (guint k = 0; k < dim; k++)
    {
      const PlyProperty *property = g_ptr_array_index (element->properties, axes[k]);
      same = same && property->type == first->type;
      wide = wide || property->type == MONGE_TYPE_FLOAT64 || property->type == MONGE_TYPE_INT32
             || property->type == MONGE_TYPE_UINT32;
    }
  return same ? first->type : wide ? MONGE_TYPE_FLOAT64 : MONGE_TYPE_FLOAT32;
}

/* How many of x, y, z there are, in this order, and where. */
static guint
find_axes (const PlyElement *vertex, guint axes[3])
{
  static const char *const names[3] = { "x", "y", "z" };
  guint dim;

  for (dim = 0; dim < 3; dim++)
    {
      axes[dim] = monge_ply_element_find_scalar (vertex, names[dim]);
      if (axes[dim] == vertex->properties->len)
        break;
    }
  return dim;
}

static gboolean
read_vertices (Reader *reader, const PlyElement *vertex, MongeShapeBuilder *builder,
               const guint *axes, guint dim, GError **error)
{
  g_auto (Table) table = { .corners = vertex->properties->len };
  double *positions;

  if (!read_table (reader, vertex, &table, error))
    return FALSE;
  positions = monge_bytes_alloc (vertex->n_rows, dim * sizeof *positions, error);
  if (positions == NULL)
    return FALSE;
  for (guint k = 0; k < dim; k++)
    {
      const PlyProperty *property = g_ptr_array_index (vertex->properties, axes[k]);
      monge_bytes_to_doubles (property->type, table.columns[axes[k]], vertex->n_rows,
                              positions + k, dim);
      g_clear_pointer (&table.columns[axes[k]], g_free);
    }
  monge_shape_builder_take_positions (builder, positions, vertex->n_rows,
                                      common_type (vertex, axes, dim));
  for (guint i = 0; i < vertex->properties->len; i++)
    if (table.columns[i] != NULL)
      monge_shape_builder_take_array (builder, column_to_array (&table, i));
  note_skipped_lists (reader, &table);
  return TRUE;
}

static void
report_faces (const Table *table, MongeShapeBuilder *builder)
{
  if (table->n_cut > 0)
    monge_shape_builder_add_repair (builder,
                                    "%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " faces had more "
                                    "than three corners and were cut into triangles",
                                    table->n_cut, table->element->n_rows);
  if (table->n_short > 0)
    monge_shape_builder_add_repair (builder,
                                    "%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " faces had fewer "
                                    "than three corners and were dropped", table->n_short,
                                    table->element->n_rows);
}

static gboolean
read_faces (Reader *reader, const PlyElement *face, gsize n_vertices, MongeShapeBuilder *builder,
            GError **error)
{
  g_auto (Table) table = { .corners = monge_ply_element_find_corners (face),
                           .n_vertices = n_vertices };

  if (face->n_rows > G_MAXINT32)
    return fail (reader, error, MONGE_ERROR_SIZE,
                 "%" G_GSIZE_FORMAT " faces are promised; this program takes at most %d",
                 face->n_rows, G_MAXINT32);
  if (!read_table (reader, face, &table, error))
    return FALSE;
  if (face->n_rows == 0)
    return TRUE;
  note_skipped_lists (reader, &table);
  if (table.corners == face->properties->len)
    {
      note_skipped (reader, "element without corners", face->name);
      return TRUE;
    }
  report_faces (&table, builder);
  for (guint i = 0; table.triangles.n > 0 && i < face->properties->len; i++)
    if (table.columns[i] != NULL)
      monge_shape_builder_take_cell_array (builder, column_to_triangles (&table, i));
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE,
                                  g_steal_pointer (&table.triangles.values), table.triangles.n);
  return TRUE;
}

/* The ends of the edges, checked; (n_rows × 2). */
static guint32 *
join_ends (Reader *reader, const Table *table, const guint ends[2], GError **error)
{
  gsize n_rows = table->element->n_rows;
  g_autofree guint32 *cells = monge_bytes_alloc (n_rows, 2 * sizeof *cells, error);

  for (guint k = 0; cells != NULL && k < 2; k++)
    {
      const PlyProperty *property = g_ptr_array_index (table->element->properties, ends[k]);
      gsize size = monge_type_get_size (property->type);
      for (gsize i = 0; i < n_rows; i++)
        {
          double value = monge_bytes_get (property->type, table->columns[ends[k]] + i * size);
          if (!(value >= 0 && value < (double) table->n_vertices)
              || value != (double) (guint32) value)
            {
              fail (reader, error, MONGE_ERROR_FORMAT,
                    "edge %" G_GSIZE_FORMAT " uses vertex %g, but there are only %" G_GSIZE_FORMAT
                    " (all counted from 0); the file is damaged or counts from 1", i, value,
                    table->n_vertices);
              return NULL;
            }
          cells[2 * i + k] = (guint32) value;
        }
    }
  return g_steal_pointer (&cells);
}

static gboolean
read_edges (Reader *reader, const PlyElement *edge, gsize n_vertices, MongeShapeBuilder *builder,
            GError **error)
{
  g_auto (Table) table = { .corners = edge->properties->len, .n_vertices = n_vertices };
  guint ends[2] = { monge_ply_element_find_scalar (edge, "vertex1"),
                    monge_ply_element_find_scalar (edge, "vertex2") };
  guint32 *cells;

  if (!read_table (reader, edge, &table, error))
    return FALSE;
  note_skipped_lists (reader, &table);
  if (edge->n_rows == 0)
    return TRUE;
  if (MAX (ends[0], ends[1]) == edge->properties->len)
    {
      note_skipped (reader, "element without vertex1 and vertex2", edge->name);
      return TRUE;
    }
  cells = join_ends (reader, &table, ends, error);
  if (cells == NULL)
    return FALSE;
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_CURVES, cells, edge->n_rows);
  for (guint i = 0; i < edge->properties->len; i++)
    if (table.columns[i] != NULL && i != ends[0] && i != ends[1])
      monge_shape_builder_take_cell_array (builder, column_to_array (&table, i));
  return TRUE;
}

static gboolean
skip_element (Reader *reader, const PlyElement *element, GError **error)
{
  g_auto (Table) table = { .corners = element->properties->len };

  if (element->n_rows > 0)
    note_skipped (reader, "element", element->name);
  return read_table (reader, element, &table, error);
}

/* Goes through the elements in the order of the file. Faces win over edges. */
static gboolean
read_elements (Reader *reader, MongeShapeBuilder *builder, const PlyElement *vertex,
               const guint *axes, guint dim, GError **error)
{
  const PlyElement *face = monge_ply_header_find (&reader->header, "face");
  const PlyElement *edge = monge_ply_header_find (&reader->header, "edge");

  for (guint i = 0; i < reader->header.elements->len; i++)
    {
      const PlyElement *element = g_ptr_array_index (reader->header.elements, i);
      gboolean ok;
      if (element == vertex)
        ok = read_vertices (reader, element, builder, axes, dim, error);
      else if (element == face)
        ok = read_faces (reader, element, vertex->n_rows, builder, error);
      else if (element == edge && (face == NULL || face->n_rows == 0))
        ok = read_edges (reader, element, vertex->n_rows, builder, error);
      else
        ok = skip_element (reader, element, error);
      if (!ok)
        return FALSE;
    }
  if (reader->header.encoding == PLY_ASCII)
    monge_scan_find_word (&reader->scan);
  if (bytes_left (reader) > 0)
    monge_shape_builder_add_repair (builder,
                                    "%" G_GSIZE_FORMAT " bytes after the last element were ignored",
                                    bytes_left (reader));
  if (reader->skipped->len > 0)
    monge_shape_builder_add_repair (builder, "not kept: %s", reader->skipped->str);
  return TRUE;
}

static MongeShape *
read_shape (Reader *reader, const MongeFile *file, GError **error)
{
  g_autoptr (MongeShapeBuilder) builder = NULL;
  const PlyElement *vertex;
  guint axes[3], dim;

  if (!monge_ply_header_read (&reader->header, &reader->scan, error))
    return NULL;
  reader->swap = reader->header.encoding == PLY_BIG_ENDIAN ? MONGE_SWAP_BIG : MONGE_SWAP_LITTLE;
  vertex = monge_ply_header_find (&reader->header, "vertex");
  if (vertex == NULL || vertex->n_rows == 0)
    {
      fail (reader, error, MONGE_ERROR_EMPTY,
            "the header promises no vertex; give a shape with at least one point");
      return NULL;
    }
  dim = find_axes (vertex, axes);
  if (dim == 0 || vertex->n_rows > MONGE_MAX_VERTICES)
    {
      if (dim == 0)
        fail (reader, error, MONGE_ERROR_FORMAT,
              "the vertices have no property x; name the coordinates x, y, z in the header");
      else
        fail (reader, error, MONGE_ERROR_SIZE,
              "%" G_GSIZE_FORMAT " vertices are promised; this program takes at most %"
              G_GSIZE_FORMAT, vertex->n_rows, MONGE_MAX_VERTICES);
      return NULL;
    }
  builder = monge_file_begin_shape (file, dim);
  monge_shape_builder_set_unit (builder, reader->header.unit);
  if (!read_elements (reader, builder, vertex, axes, dim, error))
    return NULL;
  return monge_shape_builder_end (g_steal_pointer (&builder), error);
}

MongeShape *
monge_ply_parse (const MongeFile *file, GError **error)
{
  Reader reader = { .swap = FALSE };
  MongeShape *shape;

  if (!monge_ply_matches (file->data, file->size))
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                           "line 1: a PLY file starts with a line “ply”; is this another format?");
      return NULL;
    }
  monge_scan_init (&reader.scan, file->data, file->size);
  reader.skipped = g_string_new (NULL);
  shape = read_shape (&reader, file, error);
  monge_ply_header_clear (&reader.header);
  g_string_free (reader.skipped, TRUE);
  return shape;
}
