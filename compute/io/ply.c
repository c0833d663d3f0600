/* The Polygon File Format as G. Turk described it (Stanford, 1994), with the type names that came
 * later (int8 … float64). Read in its three encodings; ply-write.c writes it.
 *
 * Scalars of vertices and cells that are not coordinates or indices become arrays under their own
 * name, in the order of the file; those that belong together (columns.h) are one array. Elements
 * named field0, field1, … hold what belongs to the whole. Lists other than the corners of faces, and
 * other elements, are skipped. */
#include "compute/io/io-private.h"

#include <string.h>

#include "compute/io/columns.h"
#include "compute/io/ply-private.h"
#include "compute/shape/bytes.h"

static gsize
bytes_left (const PlyReader *reader)
{
  return (gsize) (reader->scan.end - reader->scan.at);
}

gboolean
monge_ply_matches (const guint8 *data, gsize size)
{
  return size >= 4 && memcmp (data, "ply", 3) == 0 && (data[3] == '\n' || data[3] == '\r');
}

static void
note_skipped (PlyReader *reader, const char *what, const char *name)
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

/* --- Elements into a shape --- */

/* Rows of the @n columns from @i on side by side, one per triangle for faces that were cut. NULL
 * with @error. */
static guint8 *
join_columns (const PlyReader *reader, PlyTable *table, guint i, guint n, gsize n_rows,
              GError **error)
{
  const PlyProperty *property = g_ptr_array_index (table->element->properties, i);
  gsize size = monge_type_get_size (property->type);
  g_autofree guint8 *values = NULL;

  if (n == 1 && table->parents == NULL)
    return g_steal_pointer (&table->columns[i]);
  values = monge_bytes_alloc (n_rows, n * size, error);
  for (gsize row = 0; values != NULL && row < n_rows; row += PLY_ROWS_PER_POLL)
    {
      gsize n_now = MIN (n_rows - row, PLY_ROWS_PER_POLL);

      if (monge_task_return_if_cancelled (reader->file->task, error))
        return NULL;
      for (guint k = 0; k < n; k++)
        if (table->parents == NULL)
          monge_columns_interleave (table->columns[i + k] + row * size, size, n_now, k, n,
                                    values + row * n * size);
        else
          for (gsize r = row; r < row + n_now; r++)
            memcpy (values + (r * n + k) * size,
                    table->columns[i + k] + table->parents[r] * size, size);
    }
  return g_steal_pointer (&values);
}

/* Doubles that were integers of 64 bits; as they are when one of them is none. */
static MongeArray *
restore_wide (MongeArray *array, MongeType type)
{
  gsize n = array->n_rows * array->n_components;
  const double *values = g_bytes_get_data (array->values, NULL);
  g_autofree guint64 *wide = NULL;
  MongeArray *restored;

  for (gsize i = 0; i < n; i++)
    if (!monge_bytes_holds (type, values[i]))
      return array;
  wide = g_new (guint64, MAX (n, 1));
  monge_bytes_from_doubles (type, values, 1, n, wide);
  restored = monge_array_new (array->name, type, array->n_components, array->n_rows,
                              g_bytes_new_take (g_steal_pointer (&wide), 8 * n));
  monge_array_free (array);
  return restored;
}

/* How many columns from the first of @names on are one array, and its name. */
static guint
match_columns (const PlyReader *reader, const PlyElement *element, const char *const *names,
               const MongeType *types, guint n, const PlyRule **rule, char **name)
{
  g_autofree char *key = g_strdup_printf ("%s %s", element->name, names[0]);
  guint n_same;

  *rule = g_hash_table_lookup (reader->header.rules, key);
  if (*rule == NULL)
    return monge_columns_match (names, types, n, name);
  for (n_same = 1; n_same < n && names[n_same] != NULL && types[n_same] == types[0]; n_same++)
    ;
  *name = g_strdup ((*rule)->name);
  return MIN ((*rule)->n, n_same);
}

typedef void (*TakeArray) (MongeShapeBuilder *builder, MongeArray *array);

/* The columns that are left, as arrays of @n_rows. */
static gboolean
take_arrays (const PlyReader *reader, PlyTable *table, gsize n_rows, MongeShapeBuilder *builder,
             TakeArray take, GError **error)
{
  guint n_columns = table->element->properties->len, n;
  g_autofree const char **names = g_new (const char *, n_columns);
  g_autofree MongeType *types = g_new (MongeType, n_columns);

  for (guint i = 0; i < n_columns; i++)
    {
      const PlyProperty *property = g_ptr_array_index (table->element->properties, i);
      names[i] = table->columns[i] != NULL ? property->name : NULL;
      types[i] = property->type;
    }
  for (guint i = 0; i < n_columns; i += n)
    {
      g_autofree char *name = NULL;
      const PlyRule *rule;
      guint8 *values;
      MongeArray *array;

      n = 1;
      if (names[i] == NULL)
        continue;
      n = match_columns (reader, table->element, names + i, types + i, n_columns - i, &rule, &name);
      values = join_columns (reader, table, i, n, n_rows, error);
      if (values == NULL)
        return FALSE;
      array = monge_array_new (name, types[i], n, n_rows,
                               g_bytes_new_take (values, n_rows * n
                                                           * monge_type_get_size (types[i])));
      if (rule != NULL && types[i] == MONGE_TYPE_FLOAT64
          && (rule->type == MONGE_TYPE_INT64 || rule->type == MONGE_TYPE_UINT64))
        array = restore_wide (array, rule->type);
      take (builder, array);
    }
  return TRUE;
}

static void
note_skipped_lists (PlyReader *reader, const PlyTable *table)
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

/* (n_rows × dim) out of the columns of the coordinates, which are freed. */
static double *
take_positions (PlyReader *reader, PlyTable *table, const guint *axes, guint dim, GError **error)
{
  gsize n_rows = table->element->n_rows;
  g_autofree double *positions = monge_bytes_alloc (n_rows, dim * sizeof *positions, error);

  for (gsize row = 0; positions != NULL && row < n_rows; row += PLY_ROWS_PER_POLL)
    {
      if (monge_task_return_if_cancelled (reader->file->task, error))
        return NULL;
      for (guint k = 0; k < dim; k++)
        {
          const PlyProperty *property = g_ptr_array_index (table->element->properties, axes[k]);
          monge_bytes_to_doubles (property->type,
                                  table->columns[axes[k]]
                                    + row * monge_type_get_size (property->type),
                                  MIN (n_rows - row, PLY_ROWS_PER_POLL), positions + row * dim + k,
                                  dim);
        }
    }
  for (guint k = 0; k < dim; k++)
    g_clear_pointer (&table->columns[axes[k]], g_free);
  return g_steal_pointer (&positions);
}

static gboolean
read_vertices (PlyReader *reader, const PlyElement *vertex, MongeShapeBuilder *builder,
               const guint *axes, guint dim, GError **error)
{
  g_auto (PlyTable) table = { .corners = vertex->properties->len };
  double *positions;

  if (!monge_ply_table_read (reader, vertex, &table, error))
    return FALSE;
  positions = take_positions (reader, &table, axes, dim, error);
  if (positions == NULL)
    return FALSE;
  monge_shape_builder_take_positions (builder, positions, vertex->n_rows,
                                      common_type (vertex, axes, dim));
  note_skipped_lists (reader, &table);
  return take_arrays (reader, &table, vertex->n_rows, builder, monge_shape_builder_take_array,
                      error);
}

static void
report_faces (const PlyTable *table, MongeShapeBuilder *builder)
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
read_faces (PlyReader *reader, const PlyElement *face, gsize n_vertices, MongeShapeBuilder *builder,
            GError **error)
{
  g_auto (PlyTable) table = { .corners = monge_ply_element_find_corners (face),
                           .n_vertices = n_vertices };

  if (face->n_rows > G_MAXINT32)
    return monge_ply_fail (reader, error, MONGE_ERROR_SIZE,
                 "%" G_GSIZE_FORMAT " faces are promised; this program takes at most %d",
                 face->n_rows, G_MAXINT32);
  if (!monge_ply_table_read (reader, face, &table, error))
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
  if (table.triangles.n > 0
      && !take_arrays (reader, &table, table.triangles.n, builder,
                       monge_shape_builder_take_cell_array, error))
    return FALSE;
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE,
                                  g_steal_pointer (&table.triangles.values), table.triangles.n);
  return TRUE;
}

/* The ends of the edges, checked; (n_rows × 2). */
static guint32 *
join_ends (PlyReader *reader, const PlyTable *table, const guint ends[2], GError **error)
{
  gsize n_rows = table->element->n_rows;
  g_autofree guint32 *cells = monge_bytes_alloc (n_rows, 2 * sizeof *cells, error);

  for (guint k = 0; cells != NULL && k < 2; k++)
    {
      const PlyProperty *property = g_ptr_array_index (table->element->properties, ends[k]);
      gsize size = monge_type_get_size (property->type);
      for (gsize i = 0; i < n_rows; i++)
        {
          double value;

          if (i % PLY_ROWS_PER_POLL == 0
              && monge_task_return_if_cancelled (reader->file->task, error))
            return NULL;
          value = monge_bytes_get (property->type, table->columns[ends[k]] + i * size);
          if (!(value >= 0 && value < (double) table->n_vertices)
              || value != (double) (guint32) value)
            {
              monge_ply_fail (reader, error, MONGE_ERROR_FORMAT,
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
read_edges (PlyReader *reader, const PlyElement *edge, gsize n_vertices, MongeShapeBuilder *builder,
            GError **error)
{
  g_auto (PlyTable) table = { .corners = edge->properties->len, .n_vertices = n_vertices };
  guint ends[2] = { monge_ply_element_find_scalar (edge, "vertex1"),
                    monge_ply_element_find_scalar (edge, "vertex2") };
  guint32 *cells;

  if (!monge_ply_table_read (reader, edge, &table, error))
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
  for (guint k = 0; k < 2; k++)
    g_clear_pointer (&table.columns[ends[k]], g_free);
  return take_arrays (reader, &table, edge->n_rows, builder, monge_shape_builder_take_cell_array,
                      error);
}

/* "field" and a number, as they are written. */
static gboolean
is_field (const PlyElement *element)
{
  const char *digits = element->name + strlen ("field");

  return g_str_has_prefix (element->name, "field") && g_ascii_isdigit (digits[0])
         && strspn (digits, "0123456789") == strlen (digits);
}

static gboolean
read_field (PlyReader *reader, const PlyElement *element, MongeShapeBuilder *builder,
            GError **error)
{
  g_auto (PlyTable) table = { .corners = element->properties->len };

  if (!monge_ply_table_read (reader, element, &table, error))
    return FALSE;
  note_skipped_lists (reader, &table);
  return table.columns == NULL
         || take_arrays (reader, &table, element->n_rows, builder,
                         monge_shape_builder_take_field_array, error);
}

static gboolean
skip_element (PlyReader *reader, const PlyElement *element, GError **error)
{
  g_auto (PlyTable) table = { .corners = element->properties->len };

  if (element->n_rows > 0)
    note_skipped (reader, "element", element->name);
  return monge_ply_table_read (reader, element, &table, error);
}

/* Goes through the elements in the order of the file. Faces win over edges. */
static gboolean
read_elements (PlyReader *reader, MongeShapeBuilder *builder, const PlyElement *vertex,
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
        ok = is_field (element) ? read_field (reader, element, builder, error)
                                : skip_element (reader, element, error);
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
read_shape (PlyReader *reader, const MongeFile *file, GError **error)
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
      monge_ply_fail (reader, error, MONGE_ERROR_EMPTY,
            "the header promises no vertex; give a shape with at least one point");
      return NULL;
    }
  dim = find_axes (vertex, axes);
  if (dim == 0 || vertex->n_rows > MONGE_MAX_VERTICES)
    {
      if (dim == 0)
        monge_ply_fail (reader, error, MONGE_ERROR_FORMAT,
              "the vertices have no property x; name the coordinates x, y, z in the header");
      else
        monge_ply_fail (reader, error, MONGE_ERROR_SIZE,
              "%" G_GSIZE_FORMAT " vertices are promised; this program takes at most %"
              G_GSIZE_FORMAT, vertex->n_rows, MONGE_MAX_VERTICES);
      return NULL;
    }
  builder = monge_file_begin_shape (file, dim);
  monge_shape_builder_set_unit (builder, reader->header.unit);
  monge_shape_builder_set_space (builder, reader->header.space);
  if (!read_elements (reader, builder, vertex, axes, dim, error))
    return NULL;
  return monge_shape_builder_end (g_steal_pointer (&builder), error);
}

MongeShape *
monge_ply_parse (const MongeFile *file, GError **error)
{
  PlyReader reader = { .file = file };
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
