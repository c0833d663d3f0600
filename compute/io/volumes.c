#include "compute/io/volumes.h"

#include <glib/gstdio.h>
#include <string.h>

#include "compute/io/volumes-private.h"

#define UNZIPPING 0.6 /* of the time that a zipped volume takes */

#define EXTENSIONS(...) (const char *const[]){ __VA_ARGS__, NULL }

const MongeVolumeFormat monge_volume_formats[] = {
  { "NIfTI", "Neuroimaging Informatics volume, versions 1 and 2", EXTENSIONS ("nii", "hdr", "img"),
    monge_nifti_matches, monge_nifti_parse },
  { "NRRD", "Nearly raw raster data, segmentations of 3D Slicer too", EXTENSIONS ("nrrd", "nhdr"),
    monge_nrrd_matches, monge_nrrd_parse },
  { "MetaImage", "ITK's volumes", EXTENSIONS ("mha", "mhd"), monge_metaimage_matches,
    monge_metaimage_parse },
  { NULL },
};

/* --- Finding --- */

static gboolean
has_extension (const char *path, const char *extension)
{
  g_autofree char *zipped = g_strconcat (extension, ".gz", NULL);

  return monge_path_has_extension (path, extension) || monge_path_has_extension (path, zipped);
}

const MongeVolumeFormat *
monge_volume_format_find_by_extension (const char *path)
{
  g_return_val_if_fail (path != NULL, NULL);
  for (const MongeVolumeFormat *format = monge_volume_formats; format->name != NULL; format++)
    for (const char *const *extension = format->extensions; *extension != NULL; extension++)
      if (has_extension (path, *extension))
        return format;
  return NULL;
}

const MongeVolumeFormat *
monge_volume_format_find (const char *path, const guint8 *data, gsize size)
{
  for (const MongeVolumeFormat *format = monge_volume_formats; format->name != NULL; format++)
    if (format->matches (data, size))
      return format;
  return monge_volume_format_find_by_extension (path);
}

gboolean
monge_path_is_volume (const char *path)
{
  return monge_volume_format_find_by_extension (path) != NULL;
}

/* --- What readers share --- */

gboolean
monge_volume_fail (GError **error, MongeError code, const char *format, ...)
{
  g_autofree char *text = NULL, *valid = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  valid = g_utf8_make_valid (text, -1); /* names and words of the file may be anything */
  g_set_error_literal (error, MONGE_ERROR, code, valid);
  return FALSE;
}

/* Relative, and not upwards. */
static gboolean
stays_in_folder (const char *name)
{
  g_auto (GStrv) parts = g_strsplit_set (name, "/\\", -1);

  return !g_path_is_absolute (name) && name[0] != '\\' && strchr (name, ':') == NULL
         && !g_strv_contains ((const char *const *) parts, "..");
}

static char *
dup_last_component (const char *name)
{
  const char *slash = strrchr (name, '/'), *backslash = strrchr (name, '\\');
  const char *last = MAX (slash, backslash);

  return g_strdup (last != NULL ? last + 1 : name);
}

static GBytes *
map_file (const char *path, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GMappedFile) mapped = g_mapped_file_new (path, FALSE, &local);

  if (mapped == NULL)
    monge_volume_fail (error, MONGE_ERROR_IO, "%s", local->message);
  return mapped != NULL ? g_mapped_file_get_bytes (mapped) : NULL;
}

GBytes *
monge_file_load_beside (const MongeFile *file, const char *name, gboolean unzips, GError **error)
{
  g_autofree char *local = stays_in_folder (name) ? g_strdup (name) : dup_last_component (name);
  g_autofree char *folder = NULL, *path = NULL;
  GBytes *bytes;

  if (file->path == NULL || *local == '\0')
    {
      monge_volume_fail (error, MONGE_ERROR_UNSUPPORTED,
                         "the voxels are in another file, %s, which bytes from memory do not have "
                         "beside them", name);
      return NULL;
    }
  folder = g_path_get_dirname (file->path);
  path = g_build_filename (folder, local, NULL);
  if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
    {
      monge_volume_fail (error, MONGE_ERROR_IO, "the voxels should be in %s, which is no file beside "
                         "the header; put it there", local);
      return NULL;
    }
  bytes = unzips ? monge_file_load (path, file->task, error) : map_file (path, error);
  if (bytes == NULL)
    g_prefix_error (error, "%s: ", local);
  return bytes;
}

/* --- Loading --- */

MongeVolume *
monge_volume_format_parse_bytes (const MongeVolumeFormat *format, const guint8 *data, gsize size,
                                 const char *name, GError **error)
{
  const MongeFile file = { .data = data, .size = size, .name = name };

  g_return_val_if_fail (format != NULL && name != NULL, NULL);
  return format->parse (&file, error);
}

static MongeVolume *
parse_file (const char *path, MongeTask *task, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *name = monge_path_dup_shape_name (path);
  MongeFile file = { .path = path, .task = task, .name = name };
  const MongeVolumeFormat *format;

  monge_task_set_part (task, 0.0, UNZIPPING);
  bytes = monge_file_load (path, task, error);
  if (bytes == NULL)
    return NULL;
  file.data = g_bytes_get_data (bytes, &file.size);
  format = monge_volume_format_find (path, file.data, file.size);
  if (format == NULL)
    {
      monge_volume_fail (error, MONGE_ERROR_UNSUPPORTED,
                         "neither its bytes nor its name are of a known format of volumes");
      return NULL;
    }
  if (file.size == 0)
    {
      monge_volume_fail (error, MONGE_ERROR_EMPTY,
                         "the file is empty; copy or export it again");
      return NULL;
    }
  monge_task_set_part (task, task != NULL ? monge_task_get_progress (task) : 0.0, 1.0);
  return format->parse (&file, error);
}

MongeVolume *
monge_volume_load (const char *path, MongeTask *task, GError **error)
{
  MongeVolume *volume;

  g_return_val_if_fail (path != NULL, NULL);
  volume = parse_file (path, task, error);
  monge_task_set_part (task, 0.0, 1.0);
  if (volume == NULL)
    {
      g_prefix_error (error, "%s: ", path);
      return NULL;
    }
  monge_volume_read_label_table (volume, path);
  return volume;
}
