#include "compute/shape/io.h"

#include <string.h>

#include "compute/shape/generate.h"
#include "compute/shape/io-private.h"

#define EXAMPLE_PREFIX "example:"
#define MAX_LABELS_LISTED 40

#define EXTENSIONS(...) (const char *const[]){ __VA_ARGS__, NULL }

const MongeFormat monge_formats[] = {
  { "PLY", "Polygon file format", EXTENSIONS ("ply"), monge_ply_matches, monge_ply_parse,
    monge_ply_write },
  { "NPY", "NumPy array of points", EXTENSIONS ("npy"), monge_npy_matches, monge_npy_parse,
    monge_npy_write },
  { "STL", "Stereolithography triangles", EXTENSIONS ("stl"), monge_stl_matches, monge_stl_parse,
    monge_stl_write },
  { "OBJ", "Wavefront object", EXTENSIONS ("obj"), monge_obj_matches, monge_obj_parse,
    monge_obj_write },
  { "XYZ", "Points as lines of text", EXTENSIONS ("xyz", "txt"), monge_xyz_matches,
    monge_xyz_parse, monge_xyz_write },
  { "CSV", "Points as lines of text, parted by commas", EXTENSIONS ("csv"), monge_xyz_matches,
    monge_xyz_parse, monge_csv_write },
  { "TSV", "Points as lines of text, parted by tabs", EXTENSIONS ("tsv"), monge_xyz_matches,
    monge_xyz_parse, monge_tsv_write },
  { NULL },
};

static gboolean
has_extension (const char *path, const char *extension)
{
  gsize length = strlen (path), suffix = strlen (extension);

  return length > suffix && path[length - suffix - 1] == '.'
         && g_ascii_strcasecmp (path + length - suffix, extension) == 0;
}

const MongeFormat *
monge_format_find_by_extension (const char *path)
{
  g_autofree char *name = NULL;

  g_return_val_if_fail (path != NULL, NULL);
  name = g_path_get_basename (path);
  for (const MongeFormat *format = monge_formats; format->name != NULL; format++)
    for (const char *const *extension = format->extensions; *extension != NULL; extension++)
      if (has_extension (name, *extension) && name[0] != '.')
        return format;
  return NULL;
}

/* The name decides between formats that both claim the bytes. */
const MongeFormat *
monge_format_find (const char *path, const guint8 *data, gsize size)
{
  const MongeFormat *named = monge_format_find_by_extension (path);

  if (named != NULL && named->matches (data, size))
    return named;
  for (const MongeFormat *format = monge_formats; format->name != NULL; format++)
    if (format->matches (data, size))
      return format;
  return named;
}

/* "PLY (.ply), …" of the formats; of those that can be written if @writable. */
static char *
list_formats (gboolean writable)
{
  GString *text = g_string_new (NULL);

  for (const MongeFormat *format = monge_formats; format->name != NULL; format++)
    {
      if (writable && format->write == NULL)
        continue;
      g_string_append_printf (text, "%s%s (.%s)", text->len > 0 ? ", " : "", format->name,
                              format->extensions[0]);
    }
  return g_string_free (text, FALSE);
}

/* --- Loading --- */

/* The file's name without folder and extension, as text. */
static char *
dup_shape_name (const char *path)
{
  g_autofree char *base = g_path_get_basename (path);
  char *dot = strrchr (base, '.');

  if (dot != NULL && dot != base)
    *dot = '\0';
  return g_filename_display_name (base);
}

/* Pipes cannot be mapped, nor can folders; the second way serves the first and says so of the
 * second. */
GBytes *
monge_file_load (const char *path, GError **error)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, NULL);
  g_autoptr (GError) local = NULL;
  char *contents;
  gsize size;

  if (file != NULL)
    return g_mapped_file_get_bytes (file);
  if (g_file_get_contents (path, &contents, &size, &local))
    return g_bytes_new_take (contents, size);
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_IO, local->message);
  return NULL;
}

static MongeShape *
parse_file (const char *path, GError **error)
{
  g_autoptr (GBytes) bytes = monge_file_load (path, error);
  g_autofree char *name = NULL, *known = NULL;
  const MongeFormat *format;
  const guint8 *data;
  gsize size;

  if (bytes == NULL)
    return NULL;
  data = g_bytes_get_data (bytes, &size);
  format = monge_format_find (path, data, size);
  if (size == 0)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_EMPTY,
                           "the file is empty; copy or export it again");
      return NULL;
    }
  if (format == NULL)
    {
      known = list_formats (FALSE);
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "neither its bytes nor its name are of a known format; known are %s and label "
                   "volumes (.nii, .nii.gz)", known);
      return NULL;
    }
  name = dup_shape_name (path);
  return format->parse (data, size, name, error);
}

/* --- Volumes --- */

static char *
list_labels (const GArray *table)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < table->len && i < MAX_LABELS_LISTED; i++)
    {
      const MongeLabel *label = &g_array_index (table, MongeLabel, i);
      g_string_append_printf (text, "%s%d", i > 0 ? ", " : "", label->label);
      if (label->name != NULL)
        g_string_append_printf (text, " (%s)", label->name);
    }
  if (table->len > MAX_LABELS_LISTED)
    g_string_append_printf (text, " and %u more", table->len - MAX_LABELS_LISTED);
  return g_string_free (text, FALSE);
}

/* The only label in the volume, or an error that lists them. */
static gboolean
choose_label (const MongeVolume *volume, gint32 *label, GError **error)
{
  const GArray *table = monge_volume_get_label_table (volume);
  g_autofree char *labels = NULL;

  if (table->len == 1)
    {
      *label = g_array_index (table, MongeLabel, 0).label;
      return TRUE;
    }
  if (table->len == 0)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_EMPTY,
                           "every voxel is 0; give a volume with at least one label");
      return FALSE;
    }
  labels = list_labels (table);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "%u labels are in it, choose from: %s",
               table->len, labels);
  return FALSE;
}

static MongeShape *
extract (const MongeVolume *volume, const MongeLoadOptions *options, MongeTask *task,
         GError **error)
{
  const gint32 *labels = options->labels;
  guint n_labels = options->n_labels;
  gint32 only;

  if (labels == NULL || n_labels == 0)
    {
      if (!choose_label (volume, &only, error))
        return NULL;
      labels = &only;
      n_labels = 1;
    }
  return options->as_voxels
           ? monge_volume_extract_voxels (volume, labels, n_labels, error)
           : monge_volume_extract_surface (volume, labels, n_labels, task, error);
}

static MongeShape *
load_from_volume (const char *path, const MongeLoadOptions *options, MongeTask *task,
                  GError **error)
{
  g_autoptr (MongeVolume) volume = monge_volume_load (path, task, error);
  MongeShape *shape;

  if (volume == NULL)
    return NULL;
  shape = extract (volume, options, task, error);
  if (shape == NULL)
    g_prefix_error (error, "%s: ", path);
  return shape;
}

MongeShape *
monge_shape_load (const char *path, const MongeLoadOptions *options, MongeTask *task,
                  GError **error)
{
  static const MongeLoadOptions none = { NULL };
  g_autoptr (MongeShape) shape = NULL;

  g_return_val_if_fail (path != NULL, NULL);
  if (monge_task_return_if_cancelled (task, error))
    return NULL;
  if (g_str_has_prefix (path, EXAMPLE_PREFIX))
    return monge_generate_by_name (path + strlen (EXAMPLE_PREFIX), error);
  if (monge_path_is_volume (path))
    return load_from_volume (path, options != NULL ? options : &none, task, error);
  shape = parse_file (path, error);
  if (shape == NULL)
    {
      g_prefix_error (error, "%s: ", path);
      return NULL;
    }
  if (monge_task_return_if_cancelled (task, error))
    return NULL;
  return g_steal_pointer (&shape);
}

/* --- Saving --- */

gboolean
monge_file_save (const char *path, const void *data, gsize size, GError **error)
{
  g_autoptr (GError) local = NULL;

  g_return_val_if_fail (path != NULL && (data != NULL || size == 0), FALSE);
  if (g_file_set_contents_full (path, size > 0 ? data : "", (gssize) size,
                                G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0666,
                                &local))
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_IO, "%s: %s", path, local->message);
  return FALSE;
}

gboolean
monge_shape_save (const MongeShape *shape, const char *path, GError **error)
{
  const MongeFormat *format;
  g_autoptr (GString) out = NULL;
  g_autofree char *known = NULL;

  g_return_val_if_fail (shape != NULL && path != NULL, FALSE);
  format = monge_format_find_by_extension (path);
  if (format == NULL || format->write == NULL)
    {
      known = list_formats (TRUE);
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                   "%s: its name does not say in which format to write; use one of %s", path,
                   known);
      return FALSE;
    }
  out = g_string_new (NULL);
  if (!format->write (shape, out, error))
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  return monge_file_save (path, out->str, out->len, error);
}
