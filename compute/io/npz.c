/* NumPy's archives of arrays: a ZIP archive of NPY files, stored (savez) or deflated
 * (savez_compressed).
 *
 * What an array is goes by its name, in any case: “points”, “positions”, “vertices”, “verts”,
 * “coords” or “x” are the points; “faces”, “triangles”, “cells”, “connectivity”, “segments”,
 * “edges” or “lines” of two or three indices are the cells. Others become arrays of as many rows:
 * of vertices, else of cells, else fields; “vertex/”, “cell/” and “field/” before a name say
 * which. “unit” and “space”, as bytes, are what they say. Arrays that are no numbers are left out,
 * which is told. An archive of one array alone is a cloud of its rows. */
#include "compute/io/io-private.h"

#include <string.h>

#include "compute/io/text-field.h"
#include "compute/io/values-private.h"
#include "compute/io/zip.h"
#include "compute/shape/bytes.h"

#define SUFFIX ".npy"

static const char *const point_names[] = { "points", "positions", "vertices", "verts", "coords",
                                           "x", NULL };
static const char *const cell_names[] = { "faces", "triangles", "cells", "connectivity", "segments",
                                          "edges", "lines", NULL };
static const char *const prefixes[] = { "vertex/", "cell/", "field/", NULL };

gboolean
monge_npz_matches (const guint8 *data, gsize size)
{
  gsize length;

  if (!monge_zip_matches (data, size) || size < 30)
    return FALSE;
  length = data[26] | (gsize) data[27] << 8;
  return length > strlen (SUFFIX) && length <= size - 30
         && memcmp (data + 30 + length - strlen (SUFFIX), SUFFIX, strlen (SUFFIX)) == 0;
}

gboolean
monge_npz_values_matches (const guint8 *data, gsize size)
{
  return monge_npz_matches (data, size);
}

/* --- Arrays --- */

/* One entry. NULL with @error, or without where it is no numbers, which @left_out tells. */
static MongeArray *
read_entry (const MongeFile *file, const MongeZipEntry *entry, GPtrArray *left_out, GError **error)
{
  g_autoptr (GBytes) bytes = monge_zip_read (file->data, entry, file->task, error);
  g_autofree char *name = g_strndup (entry->name, strlen (entry->name) - strlen (SUFFIX));
  g_autoptr (GError) local = NULL;
  MongeArray *array;
  gsize size;

  if (bytes == NULL)
    {
      g_prefix_error (error, "%s: ", entry->name);
      return NULL;
    }
  array = monge_npy_to_array (g_bytes_get_data (bytes, NULL), (size = g_bytes_get_size (bytes)), name,
                              file->task, &local);
  if (array == NULL && (local->code == MONGE_ERROR_UNSUPPORTED || local->code == MONGE_ERROR_EMPTY
                        || local->code == MONGE_ERROR_SIZE))
    g_ptr_array_add (left_out, g_strdup_printf ("the array “%s” was left out: %s", name,
                                                local->message));
  else if (array == NULL)
    g_propagate_prefixed_error (error, g_steal_pointer (&local), "%s: ", entry->name);
  return array;
}

/* All that are numbers. */
static GPtrArray *
read_arrays (const MongeFile *file, GPtrArray *left_out, GError **error)
{
  g_autoptr (GArray) entries = monge_zip_list (file->data, file->size, error);
  g_autoptr (GPtrArray) arrays = monge_values_new ();

  if (entries == NULL)
    return NULL;
  for (guint i = 0; i < entries->len; i++)
    {
      const MongeZipEntry *entry = &g_array_index (entries, MongeZipEntry, i);
      GError *local = NULL;
      MongeArray *array;

      if (!g_str_has_suffix (entry->name, SUFFIX))
        {
          g_ptr_array_add (left_out, g_strdup_printf ("“%s” in the archive is no array and was "
                                                      "left out", entry->name));
          continue;
        }
      array = read_entry (file, entry, left_out, &local);
      if (local != NULL)
        {
          g_propagate_error (error, local);
          return NULL;
        }
      if (array != NULL)
        g_ptr_array_add (arrays, array);
      monge_task_set_progress (file->task, (i + 1.0) / entries->len);
    }
  return g_steal_pointer (&arrays);
}

/* The first array by the order of @names; NULL: none. */
static MongeArray *
find_named (const GPtrArray *arrays, const char *const *names)
{
  for (; *names != NULL; names++)
    for (guint i = 0; i < arrays->len; i++)
      if (g_ascii_strcasecmp (((MongeArray *) g_ptr_array_index (arrays, i))->name, *names) == 0)
        return g_ptr_array_index (arrays, i);
  return NULL;
}

static MongeArray *
find_points (const GPtrArray *arrays)
{
  MongeArray *points = find_named (arrays, point_names);

  return points == NULL && arrays->len == 1 ? g_ptr_array_index (arrays, 0) : points;
}

/* Cells by name, type and width. */
static MongeArray *
find_cells (const GPtrArray *arrays)
{
  MongeArray *cells = find_named (arrays, cell_names);

  return cells != NULL && cells->type < MONGE_TYPE_FLOAT32
             && (cells->n_components == 2 || cells->n_components == 3) ? cells : NULL;
}

/* --- Shapes --- */

static gboolean
take_points (MongeShapeBuilder *builder, const MongeArray *points, GError **error)
{
  MongeType type = points->type;
  double *positions;

  if (points->n_components > MONGE_MAX_DIM || points->n_rows > MONGE_MAX_VERTICES)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "“%s” is %" G_GSIZE_FORMAT " × %u; "
                   "points are rows of 1 to %d coordinates", points->name,
                   points->n_rows, points->n_components, MONGE_MAX_DIM);
      return FALSE;
    }
  positions = monge_bytes_alloc (points->n_rows, points->n_components * sizeof *positions, error);
  if (positions == NULL)
    return FALSE;
  monge_bytes_to_doubles (type, g_bytes_get_data (points->values, NULL),
                          points->n_rows * points->n_components, positions, 1);
  if (type == MONGE_TYPE_INT64 || type == MONGE_TYPE_UINT64)
    type = MONGE_TYPE_FLOAT64;
  monge_shape_builder_take_positions (builder, positions, points->n_rows, type);
  return TRUE;
}

static gboolean
take_cells (MongeShapeBuilder *builder, const MongeArray *cells, gsize n_vertices, GError **error)
{
  guint arity = cells->n_components;
  guint32 *indices = monge_array_dup_cells (cells, n_vertices, arity == 3 ? "face" : "segment",
                                            error);

  if (indices == NULL)
    return FALSE;
  monge_shape_builder_take_cells (builder, arity == 3 ? MONGE_SHAPE_SURFACE : MONGE_SHAPE_CURVES,
                                  indices, cells->n_rows);
  return TRUE;
}

/* "unit" and "space" as bytes. */
static gboolean
take_word (MongeShapeBuilder *builder, const MongeArray *array)
{
  g_autofree char *text = monge_array_dup_text (array);

  if (text == NULL)
    return FALSE;
  if (g_str_equal (array->name, "unit"))
    {
      monge_shape_builder_set_unit (builder, text);
      return TRUE;
    }
  if (!g_str_equal (array->name, "space"))
    return FALSE;
  for (guint i = MONGE_SPACE_RAS; i <= MONGE_SPACE_LPS; i++)
    if (g_str_equal (text, monge_space_names[i]))
      {
        monge_shape_builder_set_space (builder, (MongeSpace) i);
        return TRUE;
      }
  return FALSE;
}

/* To where its prefix says, else where its rows fit. */
static void
take_array (MongeShapeBuilder *builder, const MongeArray *from, gsize n_vertices, gsize n_cells)
{
  MongeArray *array;
  guint place = 0;

  if (take_word (builder, from))
    return;
  array = monge_array_copy (from);
  while (prefixes[place] != NULL && !g_str_has_prefix (array->name, prefixes[place]))
    place++;
  if (prefixes[place] != NULL)
    memmove (array->name, array->name + strlen (prefixes[place]),
             strlen (array->name + strlen (prefixes[place])) + 1);
  if (array->n_rows == n_vertices && (place == 0 || place == 3))
    monge_shape_builder_take_array (builder, array);
  else if (array->n_rows == n_cells && (place == 1 || place == 3))
    monge_shape_builder_take_cell_array (builder, array);
  else
    monge_shape_builder_take_field_array (builder, array);
}

static char *
list_names (const GPtrArray *arrays)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < arrays->len && i < 20; i++)
    g_string_append_printf (text, "%s“%s”", i > 0 ? ", " : "",
                            ((MongeArray *) g_ptr_array_index (arrays, i))->name);
  return g_string_free (text, FALSE);
}

static gboolean
fill (MongeShapeBuilder *builder, const GPtrArray *arrays, const MongeArray *points,
      const GPtrArray *left_out, GError **error)
{
  const MongeArray *cells = find_cells (arrays);

  if (!take_points (builder, points, error)
      || (cells != NULL && !take_cells (builder, cells, points->n_rows, error)))
    return FALSE;
  for (guint i = 0; i < arrays->len; i++)
    {
      const MongeArray *array = g_ptr_array_index (arrays, i);

      if (array != points && array != cells)
        take_array (builder, array, points->n_rows, cells != NULL ? cells->n_rows : 0);
    }
  for (guint i = 0; i < left_out->len; i++)
    monge_shape_builder_add_repair (builder, "%s", (char *) g_ptr_array_index (left_out, i));
  return TRUE;
}

MongeShape *
monge_npz_parse (const MongeFile *file, GError **error)
{
  g_autoptr (GPtrArray) left_out = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) arrays = read_arrays (file, left_out, error);
  g_autoptr (MongeShapeBuilder) builder = NULL;
  const MongeArray *points;

  if (arrays == NULL)
    return NULL;
  points = find_points (arrays);
  if (points == NULL)
    {
      g_autofree char *names = list_names (arrays);

      g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "none of its arrays (%s) is named "
                   "“points” or “vertices”; name one so, or attach the file to a shape as values",
                   names);
      return NULL;
    }
  builder = monge_file_begin_shape (file, points->n_components);
  if (!fill (builder, arrays, points, left_out, error))
    return NULL;
  return monge_shape_builder_end (g_steal_pointer (&builder), error);
}

/* --- Values --- */

/* Those of as many rows as the points have; without points all, which must agree then. */
GPtrArray *
monge_npz_values_parse (const MongeFile *file, GError **error)
{
  g_autoptr (GPtrArray) left_out = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) arrays = read_arrays (file, left_out, error);
  g_autoptr (GPtrArray) values = monge_values_new ();
  const MongeArray *points, *cells, *first = NULL;

  if (arrays == NULL)
    return NULL;
  points = find_named (arrays, point_names);
  cells = points != NULL ? find_cells (arrays) : NULL;
  for (guint i = 0; i < arrays->len; i++)
    {
      const MongeArray *array = g_ptr_array_index (arrays, i);

      if (array == points || array == cells || (points != NULL && array->n_rows != points->n_rows))
        continue;
      first = first != NULL ? first : array;
      if (array->n_rows != first->n_rows)
        {
          g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "“%s” has %" G_GSIZE_FORMAT " rows "
                       "and “%s” has %" G_GSIZE_FORMAT "; save the values of one shape alone",
                       first->name,
                       first->n_rows, array->name, array->n_rows);
          return NULL;
        }
      g_ptr_array_add (values, monge_array_copy (array));
    }
  if (values->len > 0)
    return g_steal_pointer (&values);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "there are no values per vertex in it%s%s",
               left_out->len > 0 ? ": " : "",
               left_out->len > 0 ? (char *) g_ptr_array_index (left_out, 0) : "");
  return NULL;
}

/* --- Writing --- */

typedef struct {
  GString *out;
  GArray *entries;
  GHashTable *used; /* names */
} Writer;

static void
writer_clear (Writer *writer)
{
  g_array_unref (writer->entries);
  g_hash_table_unref (writer->used);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Writer, writer_clear)

#define WRITER(string) \
  { .out = (string), .entries = monge_zip_entries_new (), \
    .used = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) }

static gboolean
put_array (Writer *writer, const char *name, const MongeArray *array, GError **error)
{
  g_autoptr (GString) data = g_string_new (NULL);
  g_autofree char *entry = g_strconcat (name, SUFFIX, NULL);

  g_hash_table_add (writer->used, g_strdup (name));
  monge_npy_append_array (data, array);
  return monge_zip_append (writer->out, writer->entries, entry, data, error);
}

/* Whether @name would be taken for something else when it is read. */
static gboolean
is_reserved (const Writer *writer, const char *name)
{
  for (guint i = 0; prefixes[i] != NULL; i++)
    if (g_str_has_prefix (name, prefixes[i]))
      return TRUE;
  for (guint i = 0; point_names[i] != NULL; i++)
    if (g_ascii_strcasecmp (point_names[i], name) == 0)
      return TRUE;
  for (guint i = 0; cell_names[i] != NULL; i++)
    if (g_ascii_strcasecmp (cell_names[i], name) == 0)
      return TRUE;
  return g_str_equal (name, "unit") || g_str_equal (name, "space")
         || g_hash_table_contains (writer->used, name);
}

/* @prefix: always there but for vertices, whose arrays have it where they need it. */
static gboolean
put_named (Writer *writer, const char *prefix, const MongeArray *array, GError **error)
{
  g_autofree char *name = g_str_equal (prefix, "vertex/") && !is_reserved (writer, array->name)
                            ? g_strdup (array->name) : g_strconcat (prefix, array->name, NULL);

  return put_array (writer, name, array, error);
}

static gboolean
put_bytes (Writer *writer, const char *name, MongeType type, guint n_components, gsize n_rows,
           gconstpointer values, GError **error)
{
  gsize size = n_rows * n_components * monge_type_get_size (type);
  g_autoptr (MongeArray) array = monge_array_new (name, type, n_components, n_rows,
                                                  g_bytes_new_static (values, size));

  return put_array (writer, name, array, error);
}

static gboolean
put_geometry (Writer *writer, const MongeShape *shape, GError **error)
{
  MongeType type = monge_shape_get_position_type (shape);
  MongeShapeKind kind = monge_shape_get_kind (shape);
  gsize n = monge_shape_get_n_vertices (shape);
  guint dim = monge_shape_get_dim (shape);
  g_autofree void *values = g_malloc (n * dim * monge_type_get_size (type));
  const char *unit = monge_shape_get_unit (shape);
  const char *space = monge_space_names[monge_shape_get_space (shape)];

  monge_bytes_from_doubles (type, monge_shape_get_positions (shape), 1, n * dim, values);
  return put_bytes (writer, "vertices", type, dim, n, values, error)
         && (kind == MONGE_SHAPE_POINTS
             || put_bytes (writer, kind == MONGE_SHAPE_SURFACE ? "faces" : "segments",
                           MONGE_TYPE_INT32, kind == MONGE_SHAPE_SURFACE ? 3 : 2,
                           monge_shape_get_n_cells (shape), monge_shape_get_cells (shape), error))
         && (unit == NULL
             || put_bytes (writer, "unit", MONGE_TYPE_UINT8, 1, strlen (unit), unit, error))
         && (monge_shape_get_space (shape) == MONGE_SPACE_UNKNOWN
             || put_bytes (writer, "space", MONGE_TYPE_UINT8, 1, strlen (space), space, error));
}

gboolean
monge_npz_write (const MongeShape *shape, GString *out, GError **error)
{
  g_auto (Writer) writer = WRITER (out);

  if (!put_geometry (&writer, shape, error))
    return FALSE;
  for (guint i = 0; i < monge_shape_get_n_arrays (shape); i++)
    if (!put_named (&writer, "vertex/", monge_shape_get_array (shape, i), error))
      return FALSE;
  for (guint i = 0; i < monge_shape_get_n_cell_arrays (shape); i++)
    if (!put_named (&writer, "cell/", monge_shape_get_cell_array (shape, i), error))
      return FALSE;
  for (guint i = 0; i < monge_shape_get_n_field_arrays (shape); i++)
    if (monge_shape_get_field_array (shape, i)->n_rows > 0
        && !put_named (&writer, "field/", monge_shape_get_field_array (shape, i), error))
      return FALSE;
  return monge_zip_end (out, writer.entries, error);
}

gboolean
monge_npz_values_write (const GPtrArray *arrays, GString *out, GError **error)
{
  g_auto (Writer) writer = WRITER (out);

  for (guint i = 0; i < arrays->len; i++)
    if (!put_array (&writer, ((MongeArray *) g_ptr_array_index (arrays, i))->name,
                    g_ptr_array_index (arrays, i), error))
      return FALSE;
  return monge_zip_end (out, writer.entries, error);
}
