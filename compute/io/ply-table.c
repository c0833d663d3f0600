/* The rows of one element of a PLY file, in its three encodings. */
#include "compute/io/ply-private.h"

#include <string.h>

static gsize
bytes_left (const PlyReader *reader)
{
  return (gsize) (reader->scan.end - reader->scan.at);
}

gboolean
monge_ply_fail (const PlyReader *reader, GError **error, MongeError code, const char *format, ...)
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

/* --- Rows --- */

static gboolean
read_text_value (PlyReader *reader, MongeType type, const char *name, void *to, GError **error)
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
  return monge_ply_fail (reader, error, MONGE_ERROR_FORMAT,
               "“%s” where a value of “%s” is expected; correct the line or export the file again",
               excerpt, name);
}

static gboolean
read_value (PlyReader *reader, MongeType type, const char *name, void *to, GError **error)
{
  gsize size = monge_type_get_size (type);

  if (reader->header.encoding == PLY_ASCII)
    return read_text_value (reader, type, name, to, error);
  if (bytes_left (reader) < size)
    return monge_ply_fail (reader, error, MONGE_ERROR_FORMAT,
                 "truncated: %" G_GSIZE_FORMAT " bytes are promised for “%s”, %" G_GSIZE_FORMAT
                 " are present; copy the file again", size, name, bytes_left (reader));
  monge_bytes_copy (reader->scan.at, 0, to, 0, size, 1, reader->swap);
  reader->scan.at += size;
  return TRUE;
}

/* The length of a list; its items are known to be in the file where that can be known. */
static gboolean
read_count (PlyReader *reader, const PlyProperty *property, gsize *count, GError **error)
{
  guint64 raw;
  double value;
  gsize size = reader->header.encoding == PLY_ASCII ? 1 : monge_type_get_size (property->type);

  if (!read_value (reader, property->count_type, property->name, &raw, error))
    return FALSE;
  value = monge_bytes_get (property->count_type, &raw);
  if (value < 0)
    return monge_ply_fail (reader, error, MONGE_ERROR_FORMAT,
                 "the list “%s” has the length %.0f; export the file again", property->name, value);
  *count = (gsize) value;
  if (*count > bytes_left (reader) / size)
    return monge_ply_fail (reader, error, MONGE_ERROR_FORMAT,
                 "truncated: a list “%s” of %" G_GSIZE_FORMAT " items is promised, %"
                 G_GSIZE_FORMAT " bytes are present; copy the file again", property->name, *count,
                 bytes_left (reader));
  return TRUE;
}

static gboolean
poll (const PlyReader *reader, gsize i, GError **error)
{
  return i % PLY_ROWS_PER_POLL != 0 || monge_file_poll (reader->file, reader->scan.at, error);
}

static gboolean
skip_list (PlyReader *reader, const PlyProperty *property, GError **error)
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
  for (gsize i = 1; i <= count; i++)
    if (!read_value (reader, property->type, property->name, &raw, error)
        || !poll (reader, i, error))
      return FALSE;
  return TRUE;
}

/* From now on triangles remember their face; those before face @row were one each. */
static gboolean
remember_parents (PlyTable *table, gsize row, GError **error)
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
add_triangle (PlyTable *table, gsize row, const guint32 corners[3], GError **error)
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
read_corner (PlyReader *reader, const PlyTable *table, const PlyProperty *property, gsize row,
             guint32 *corner, GError **error)
{
  guint64 raw;
  double value;

  if (!read_value (reader, property->type, property->name, &raw, error))
    return FALSE;
  value = monge_bytes_get (property->type, &raw);
  if (!(value >= 0 && value < (double) table->n_vertices) || value != (double) (guint32) value)
    return monge_ply_fail (reader, error, MONGE_ERROR_FORMAT,
                 "face %" G_GSIZE_FORMAT " uses vertex %g, but there are only %" G_GSIZE_FORMAT
                 " (all counted from 0); the file is damaged or counts from 1", row, value,
                 table->n_vertices);
  *corner = (guint32) value;
  return TRUE;
}

/* Cuts a polygon into the fan of triangles around its first corner. */
static gboolean
read_corners (PlyReader *reader, PlyTable *table, const PlyProperty *property, gsize row,
              GError **error)
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
      if (!read_corner (reader, table, property, row, &corner, error)
          || !poll (reader, i + 1, error))
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
read_row (PlyReader *reader, PlyTable *table, gsize row, GError **error)
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
read_text_rows (PlyReader *reader, PlyTable *table, GError **error)
{
  MongeScan *scan = &reader->scan;
  const PlyElement *element = table->element;

  for (gsize row = 0; row < element->n_rows; row++)
    {
      if (!monge_scan_find_word (scan))
        return monge_ply_fail (reader, error, MONGE_ERROR_FORMAT,
                     "truncated: %" G_GSIZE_FORMAT " lines of “%s” are promised, %" G_GSIZE_FORMAT
                     " are present; copy the file again", element->n_rows, element->name, row);
      if (!poll (reader, row, error) || !read_row (reader, table, row, error))
        return FALSE;
      monge_scan_skip_blanks (scan);
      if (!monge_scan_is_at_line_end (scan))
        return monge_ply_fail (reader, error, MONGE_ERROR_FORMAT,
                     "more values than “%s” has properties; correct the line or the header",
                     element->name);
      monge_scan_next_line (scan);
    }
  return TRUE;
}

/* Whether rows are nothing but three 4-byte corners behind a byte that says so. */
static gboolean
has_plain_corners (const PlyTable *table)
{
  const PlyProperty *property = g_ptr_array_index (table->element->properties, 0);

  return table->element->properties->len == 1 && table->corners == 0
         && monge_type_get_size (property->count_type) == 1
         && (property->type == MONGE_TYPE_INT32 || property->type == MONGE_TYPE_UINT32);
}

/* The usual faces. Stops in front of the first that is not, which is the next to be read. */
static gboolean
read_plain_triangles (PlyReader *reader, PlyTable *table, GError **error)
{
  gsize row, n_rows = table->element->n_rows;

  if (!monge_indices_reserve (&table->triangles, MIN (n_rows, bytes_left (reader) / 13), error))
    return FALSE;
  for (row = 0; row < n_rows && bytes_left (reader) >= 13 && *reader->scan.at == 3; row++)
    {
      guint32 *cell = table->triangles.values + 3 * row;

      if (!poll (reader, row, error))
        return FALSE;
      monge_bytes_copy (reader->scan.at + 1, 4, cell, 4, 4, 3, reader->swap);
      if (MAX (MAX (cell[0], cell[1]), cell[2]) >= table->n_vertices) /* or negative */
        break;
      reader->scan.at += 13;
    }
  table->triangles.n = row;
  return TRUE;
}

static gboolean
read_rows_with_lists (PlyReader *reader, PlyTable *table, GError **error)
{
  if (has_plain_corners (table) && !read_plain_triangles (reader, table, error))
    return FALSE;
  for (gsize row = table->triangles.n; row < table->element->n_rows; row++)
    if (!poll (reader, row, error) || !read_row (reader, table, row, error))
      return FALSE;
  return TRUE;
}

/* Rows of @stride bytes each: column by column, some rows at a time. */
static gboolean
read_rows_without_lists (PlyReader *reader, PlyTable *table, gsize stride, GError **error)
{
  const PlyElement *element = table->element;

  for (gsize row = 0; row < element->n_rows; row += PLY_ROWS_PER_POLL)
    {
      gsize n = MIN (element->n_rows - row, PLY_ROWS_PER_POLL), offset = 0;

      if (!poll (reader, row, error))
        return FALSE;
      for (guint i = 0; i < element->properties->len; i++)
        {
          const PlyProperty *property = g_ptr_array_index (element->properties, i);
          gsize size = monge_type_get_size (property->type);
          monge_bytes_copy (reader->scan.at + offset, stride, table->columns[i] + row * size, size,
                            size, n, reader->swap);
          offset += size;
        }
      reader->scan.at += n * stride;
    }
  return TRUE;
}

void
monge_ply_table_clear (PlyTable *table)
{
  for (guint i = 0; table->columns != NULL && i < table->element->properties->len; i++)
    g_free (table->columns[i]);
  g_free (table->columns);
  g_free (table->triangles.values);
  g_free (table->parents);
}

/* The bytes that a row takes at least; the same for every row unless @has_list. */
static gsize
row_size (const PlyReader *reader, const PlyElement *element, gboolean *has_list)
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

gboolean
monge_ply_table_read (PlyReader *reader, const PlyElement *element, PlyTable *table, GError **error)
{
  gboolean has_list;
  gsize least = row_size (reader, element, &has_list), left = bytes_left (reader);

  table->element = element;
  table->triangles.arity = 3;
  if (least == 0)
    return TRUE;
  /* The last line of a text need not end. */
  if (element->n_rows > (left + (reader->header.encoding == PLY_ASCII)) / least)
    return monge_ply_fail (reader, error, MONGE_ERROR_FORMAT,
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
  if (reader->header.encoding == PLY_ASCII)
    return read_text_rows (reader, table, error);
  return has_list ? read_rows_with_lists (reader, table, error)
                  : read_rows_without_lists (reader, table, least, error);
}
