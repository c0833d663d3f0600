#include "compute/io/values.h"

#include <string.h>

#include "compute/io/io-private.h"
#include "compute/io/values-private.h"
#include "compute/shape/bytes.h"

#define EXTENSIONS(...) (const char *const[]){ __VA_ARGS__, NULL }

const MongeValueFormat monge_value_formats[] = {
  { "NPY", "NumPy array", EXTENSIONS ("npy"), monge_npy_matches, monge_npy_values_parse,
    monge_npy_values_write },
  { "GIFTI", "GIFTI maps and labels", EXTENSIONS ("func.gii", "shape.gii", "label.gii"),
    monge_gifti_values_matches, monge_gifti_values_parse, monge_gifti_values_write },
  { "CURV", "FreeSurfer curvatures, thicknesses and the like",
    EXTENSIONS ("curv", "sulc", "thickness", "area", "volume", "jacobian_white"),
    monge_curv_values_matches, monge_curv_values_parse, monge_curv_values_write },
  { "ANNOT", "FreeSurfer annotation", EXTENSIONS ("annot"), monge_annot_values_matches,
    monge_annot_values_parse, monge_annot_values_write },
  { "NPZ", "NumPy archive of arrays", EXTENSIONS ("npz"), monge_npz_values_matches,
    monge_npz_values_parse, monge_npz_values_write },
  { "CSV", "Columns of text, parted by commas", EXTENSIONS ("csv", "txt"),
    monge_csv_values_matches, monge_csv_values_parse, monge_csv_values_write },
  { "TSV", "Columns of text, parted by tabs", EXTENSIONS ("tsv"), monge_tsv_values_matches,
    monge_tsv_values_parse, monge_tsv_values_write },
  { NULL },
};

GPtrArray *
monge_values_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);
}

/* --- Cells --- */

static gpointer
fail_index (const MongeArray *array, gsize i, gsize n_vertices, const char *what, GError **error)
{
  guint arity = array->n_components;

  g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "%s %" G_GSIZE_FORMAT " uses vertex %.0f, but "
               "there are only %" G_GSIZE_FORMAT " (counted from 0); the file is damaged", what,
               i / arity, monge_array_get (array, i / arity, (guint) (i % arity)), n_vertices);
  return NULL;
}

guint32 *
monge_array_dup_cells (const MongeArray *array, gsize n_vertices, const char *what, GError **error)
{
  gsize n = array->n_rows * array->n_components;
  g_autofree guint32 *cells = monge_bytes_alloc (n, sizeof *cells, error);
  const guint8 *values = g_bytes_get_data (array->values, NULL);

  if (cells == NULL)
    return NULL;
  if (array->type == MONGE_TYPE_INT32 || array->type == MONGE_TYPE_UINT32)
    memcpy (cells, values, n * sizeof *cells); /* negative ones are beyond any number of vertices */
  for (gsize i = 0; i < n; i++)
    {
      if (array->type != MONGE_TYPE_INT32 && array->type != MONGE_TYPE_UINT32)
        {
          gsize size = monge_type_get_size (array->type);
          double index = monge_bytes_get (array->type, values + i * size);

          cells[i] = index >= 0.0 && index < G_MAXUINT32 ? (guint32) index : G_MAXUINT32;
        }
      if (cells[i] >= n_vertices)
        return fail_index (array, i, n_vertices, what, error);
    }
  return g_steal_pointer (&cells);
}

/* --- NPY --- */

GPtrArray *
monge_npy_values_parse (const MongeFile *file, GError **error)
{
  MongeArray *array = monge_npy_to_array (file->data, file->size, file->name, file->task, error);
  GPtrArray *arrays;

  if (array == NULL)
    return NULL;
  arrays = monge_values_new ();
  g_ptr_array_add (arrays, array);
  return arrays;
}

gboolean
monge_npy_values_write (const GPtrArray *arrays, GString *out, GError **error)
{
  if (arrays->len != 1)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "NPY holds one array, not %u; write .npz", arrays->len);
      return FALSE;
    }
  monge_npy_append_array (out, g_ptr_array_index (arrays, 0));
  return TRUE;
}

/* --- Finding --- */

static gboolean
is_named_like (const char *path, const MongeValueFormat *format)
{
  for (const char *const *extension = format->extensions; *extension != NULL; extension++)
    {
      g_autofree char *zipped = g_strconcat (*extension, ".gz", NULL);

      if (monge_path_has_extension (path, *extension) || monge_path_has_extension (path, zipped))
        return TRUE;
    }
  return FALSE;
}

const MongeValueFormat *
monge_value_format_find_by_extension (const char *path)
{
  g_return_val_if_fail (path != NULL, NULL);
  for (const MongeValueFormat *format = monge_value_formats; format->name != NULL; format++)
    if (is_named_like (path, format))
      return format;
  return NULL;
}

const MongeValueFormat *
monge_value_format_find (const char *path, const guint8 *data, gsize size)
{
  const MongeValueFormat *first = NULL;

  g_return_val_if_fail (path != NULL, NULL);
  for (const MongeValueFormat *format = monge_value_formats; format->name != NULL; format++)
    if (format->matches (data, size))
      {
        if (is_named_like (path, format))
          return format;
        first = first != NULL ? first : format;
      }
  return first;
}

gboolean
monge_path_holds_values (const char *path)
{
  const MongeValueFormat *format = monge_value_format_find_by_extension (path);

  return format != NULL && format->write != NULL
         && (g_str_equal (format->name, "GIFTI") || monge_format_find_by_extension (path) == NULL);
}

/* --- Loading --- */

GPtrArray *
monge_value_format_parse_bytes (const MongeValueFormat *format, const guint8 *data, gsize size,
                                const char *name, GError **error)
{
  const MongeFile file = { .data = data, .size = size, .name = name };

  g_return_val_if_fail (format != NULL && name != NULL, NULL);
  return format->parse (&file, error);
}

static char *
list_formats (void)
{
  GString *text = g_string_new (NULL);

  for (const MongeValueFormat *format = monge_value_formats; format->name != NULL; format++)
    {
      g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", format->name);
      if (format->extensions[0] != NULL)
        g_string_append_printf (text, " (.%s)", format->extensions[0]);
    }
  return g_string_free (text, FALSE);
}

static GPtrArray *
load (const char *path, MongeTask *task, GError **error)
{
  g_autoptr (GBytes) bytes = monge_file_load (path, task, error);
  g_autofree char *name = NULL, *known = NULL;
  const MongeValueFormat *format;
  MongeFile file = { .path = path, .task = task };

  if (bytes == NULL)
    return NULL;
  file.data = g_bytes_get_data (bytes, &file.size);
  format = monge_value_format_find (path, file.data, file.size);
  if (format == NULL)
    {
      known = list_formats ();
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "its bytes are not those of a known format of values per vertex: %s", known);
      return NULL;
    }
  file.name = name = monge_path_dup_shape_name (path);
  return format->parse (&file, error);
}

GPtrArray *
monge_values_load (const char *path, MongeTask *task, GError **error)
{
  GPtrArray *arrays;

  g_return_val_if_fail (path != NULL, NULL);
  if (monge_task_return_if_cancelled (task, error))
    return NULL;
  arrays = load (path, task, error);
  if (arrays == NULL)
    g_prefix_error (error, "%s: ", path);
  return arrays;
}

/* --- Saving --- */

gboolean
monge_values_save (const GPtrArray *arrays, const char *path, GError **error)
{
  const MongeValueFormat *format;
  g_autoptr (GString) out = NULL;
  g_autoptr (GBytes) zipped = NULL;

  g_return_val_if_fail (arrays != NULL && arrays->len > 0 && path != NULL, FALSE);
  format = monge_value_format_find_by_extension (path);
  if (format == NULL || format->write == NULL)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                   "%s: its name does not say in which format to write values; use .npy", path);
      return FALSE;
    }
  out = g_string_new (NULL);
  if (!format->write (arrays, out, error))
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  if (!monge_path_has_extension (path, "gz"))
    return monge_file_save (path, out->str, out->len, error);
  zipped = monge_bytes_deflate (out->str, out->len);
  return monge_file_save (path, g_bytes_get_data (zipped, NULL), g_bytes_get_size (zipped), error);
}
