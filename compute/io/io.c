#include "compute/io/io.h"

#include <string.h>

#include "compute/shape/generate.h"
#include "compute/io/io-private.h"
#include "compute/io/values-private.h"
#include "compute/shape/place.h"

#define EXAMPLE_PREFIX "example:"
#define MAX_LABELS_LISTED 40
#define UNZIPPING 0.5 /* of the progress, for files that are zipped */

#define EXTENSIONS(...) (const char *const[]){ __VA_ARGS__, NULL }

#define PLAIN (MONGE_HOLDS_POINTS | MONGE_HOLDS_ARRAYS)
#define MESHES (PLAIN | MONGE_HOLDS_SURFACES | MONGE_HOLDS_CURVES)
#define CELL_AND_FIELD (MONGE_HOLDS_CELL_ARRAYS | MONGE_HOLDS_FIELD_ARRAYS)
#define SAYS (MONGE_HOLDS_UNIT | MONGE_HOLDS_SPACE)

const MongeFormat monge_formats[] = {
  { "PLY", "Polygon file format", EXTENSIONS ("ply"), monge_ply_matches, monge_ply_parse,
    monge_ply_write, .reads = MESHES | CELL_AND_FIELD | SAYS,
    .writes = MESHES | CELL_AND_FIELD | SAYS },
  { "NPY", "NumPy array of points", EXTENSIONS ("npy"), monge_npy_matches, monge_npy_parse,
    monge_npy_write, .reads = MONGE_HOLDS_POINTS, .writes = MONGE_HOLDS_POINTS },
  { "NPZ", "NumPy archive of arrays", EXTENSIONS ("npz"), monge_npz_matches, monge_npz_parse,
    monge_npz_write, .reads = MESHES | CELL_AND_FIELD | SAYS,
    .writes = MESHES | CELL_AND_FIELD | SAYS },
  { "STL", "Stereolithography triangles", EXTENSIONS ("stl"), monge_stl_matches, monge_stl_parse,
    monge_stl_write, .reads = MONGE_HOLDS_SURFACES | SAYS, .writes = MONGE_HOLDS_SURFACES | SAYS },
  { "OBJ", "Wavefront object", EXTENSIONS ("obj"), monge_obj_matches, monge_obj_parse,
    monge_obj_write, .reads = MESHES | SAYS, .writes = (MESHES & ~MONGE_HOLDS_ARRAYS) | SAYS },
  { "OFF", "Geomview object", EXTENSIONS ("off"), monge_off_matches, monge_off_parse,
    monge_off_write, .reads = MESHES | MONGE_HOLDS_CELL_ARRAYS | SAYS,
    .writes = (MESHES & ~MONGE_HOLDS_ARRAYS) | SAYS },
  { "VTK", "VTK legacy poly data", EXTENSIONS ("vtk"), monge_vtk_matches, monge_vtk_parse,
    monge_vtk_write, .reads = MESHES | CELL_AND_FIELD | SAYS,
    .writes = MESHES | CELL_AND_FIELD | SAYS },
  { "GIFTI", "GIFTI surface", EXTENSIONS ("surf.gii", "gii"), monge_gifti_matches,
    monge_gifti_parse, monge_gifti_write, MONGE_SPACE_RAS,
    .reads = PLAIN | MONGE_HOLDS_SURFACES | CELL_AND_FIELD | SAYS,
    .writes = PLAIN | MONGE_HOLDS_SURFACES | MONGE_HOLDS_CELL_ARRAYS | SAYS },
  { "FREESURFER", "FreeSurfer surface",
    EXTENSIONS ("white", "pial", "inflated", "sphere", "orig", "smoothwm"),
    monge_freesurfer_matches, monge_freesurfer_parse, monge_freesurfer_write, MONGE_SPACE_RAS,
    .reads = MONGE_HOLDS_SURFACES | MONGE_HOLDS_FIELD_ARRAYS | SAYS,
    .writes = MONGE_HOLDS_SURFACES | SAYS },
  { "TRK", "TrackVis tracts", EXTENSIONS ("trk"), monge_trk_matches, monge_trk_parse,
    monge_trk_write, MONGE_SPACE_RAS,
    .reads = MONGE_HOLDS_CURVES | MONGE_HOLDS_ARRAYS | CELL_AND_FIELD | SAYS,
    .writes = MONGE_HOLDS_CURVES | SAYS },
  { "TCK", "MRtrix tracks", EXTENSIONS ("tck"), monge_tck_matches, monge_tck_parse,
    monge_tck_write, MONGE_SPACE_RAS,
    .reads = MONGE_HOLDS_CURVES | MONGE_HOLDS_FIELD_ARRAYS | SAYS,
    .writes = MONGE_HOLDS_CURVES | SAYS },
  { "VTP", "VTK XML poly data", EXTENSIONS ("vtp"), monge_vtp_matches, monge_vtp_parse,
    monge_vtp_write, .reads = MESHES | CELL_AND_FIELD | SAYS,
    .writes = MESHES | CELL_AND_FIELD | SAYS },
  { "XYZ", "Points as lines of text", EXTENSIONS ("xyz", "txt"), monge_xyz_matches,
    monge_xyz_parse, monge_xyz_write, .reads = PLAIN | SAYS, .writes = PLAIN | SAYS },
  { "CSV", "Points as lines of text, parted by commas", EXTENSIONS ("csv"), monge_xyz_matches,
    monge_xyz_parse, monge_csv_write, .reads = PLAIN, .writes = PLAIN },
  { "TSV", "Points as lines of text, parted by tabs", EXTENSIONS ("tsv"), monge_xyz_matches,
    monge_xyz_parse, monge_tsv_write, .reads = PLAIN, .writes = PLAIN },
  { NULL },
};

/* --- Finding --- */

gboolean
monge_path_has_extension (const char *path, const char *extension)
{
  g_autofree char *base = g_path_get_basename (path);
  gsize length = strlen (base), suffix = strlen (extension);

  return length > suffix + 1 && base[length - suffix - 1] == '.'
         && g_ascii_strcasecmp (base + length - suffix, extension) == 0;
}

static gboolean
has_extension (const char *path, const char *extension)
{
  g_autofree char *zipped = g_strconcat (extension, ".gz", NULL);

  return monge_path_has_extension (path, extension) || monge_path_has_extension (path, zipped);
}

const MongeFormat *
monge_format_find_by_extension (const char *path)
{
  g_return_val_if_fail (path != NULL, NULL);
  for (const MongeFormat *format = monge_formats; format->name != NULL; format++)
    for (const char *const *extension = format->extensions; *extension != NULL; extension++)
      if (has_extension (path, *extension))
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

MongeShape *
monge_format_parse_bytes (const MongeFormat *format, const guint8 *data, gsize size,
                          const char *name, GError **error)
{
  const MongeFile file = { .data = data, .size = size, .name = name };

  g_return_val_if_fail (format != NULL && name != NULL, NULL);
  return format->parse (&file, error);
}

/* Of a shape as its format reads it. */
static MongeShape *
settle_space (MongeShape *shape, const MongeFormat *format, MongeSpace assumed)
{
  MongeSpace space = monge_shape_get_space (shape);
  g_autoptr (MongeShape) placed = NULL;

  if (space == MONGE_SPACE_UNKNOWN)
    space = format->space != MONGE_SPACE_UNKNOWN ? format->space : assumed;
  placed = monge_shape_with_spaces (shape, space, space);
  return monge_shape_in_space (placed, space != MONGE_SPACE_UNKNOWN ? MONGE_SPACE_RAS : space);
}

static void
fail_unknown (const char *path, const MongeFile *file, GError **error)
{
  const MongeValueFormat *values = monge_value_format_find (path, file->data, file->size);
  g_autofree char *known = list_formats (FALSE);

  if (values != NULL && !monge_csv_values_matches (file->data, file->size))
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                 "the file has values per vertex (%s) and no shape; open the shape they belong to "
                 "and attach this file to it", values->description);
  else
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                 "neither its bytes nor its name are of a known format; known are %s and volumes "
                 "(.nii, .nii.gz, .nrrd, .nhdr, .mha, .mhd)", known);
}

static MongeShape *
parse_file (const char *path, const MongeLoadOptions *options, MongeTask *task, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *name = NULL;
  g_autoptr (MongeShape) shape = NULL;
  const MongeFormat *format;
  MongeFile file = { .path = path, .task = task, .repairs = options->repairs };

  monge_task_set_part (task, 0.0, UNZIPPING);
  monge_task_set_progress (task, 0.0);
  bytes = monge_file_load (path, task, error);
  if (bytes == NULL)
    return NULL;
  monge_task_set_part (task, task != NULL ? monge_task_get_progress (task) : 0.0, 1.0);
  file.data = g_bytes_get_data (bytes, &file.size);
  format = monge_format_find (path, file.data, file.size);
  if (file.size == 0)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_EMPTY,
                           "the file is empty; copy or export it again");
      return NULL;
    }
  if (format == NULL)
    {
      fail_unknown (path, &file, error);
      return NULL;
    }
  file.name = name = monge_path_dup_shape_name (path);
  shape = format->parse (&file, error);
  return shape != NULL ? settle_space (shape, format, options->space) : NULL;
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
make_from_labels (const MongeVolume *volume, const MongeLoadOptions *options, MongeTask *task,
                  GError **error)
{
  const gint32 *labels = options->labels;
  guint n_labels = options->n_labels;
  gint32 only;

  if (options->has_level || options->as_density)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                           "it holds labels, which have no level and no density; choose labels");
      return NULL;
    }
  if (labels == NULL || n_labels == 0)
    {
      if (!choose_label (volume, &only, error))
        return NULL;
      labels = &only;
      n_labels = 1;
    }
  return options->as_voxels
           ? monge_volume_extract_voxels (volume, labels, n_labels, task, error)
           : monge_volume_extract_surface (volume, labels, n_labels, task, error);
}

static MongeShape *
make_from_intensities (const MongeVolume *volume, const MongeLoadOptions *options,
                       MongeTask *task, GError **error)
{
  double level = options->has_level ? options->level : monge_volume_suggest_level (volume);

  if (options->n_labels > 0)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                           "it holds intensities, not labels; give a level, or segment it");
      return NULL;
    }
  return options->as_density || options->as_voxels
           ? monge_volume_extract_density (volume, level, task, error)
           : monge_volume_extract_level (volume, level, task, error);
}

MongeShape *
monge_volume_make_shape (const MongeVolume *volume, const MongeLoadOptions *options,
                         MongeTask *task, GError **error)
{
  g_return_val_if_fail (volume != NULL && options != NULL, NULL);
  return monge_volume_get_kind (volume) == MONGE_VOLUME_LABELS
           ? make_from_labels (volume, options, task, error)
           : make_from_intensities (volume, options, task, error);
}

static MongeShape *
load_from_volume (const char *path, const MongeLoadOptions *options, MongeTask *task,
                  GError **error)
{
  g_autoptr (MongeVolume) volume = monge_volume_load (path, task, error);
  MongeShape *shape;

  if (volume == NULL)
    return NULL;
  shape = monge_volume_make_shape (volume, options, task, error);
  if (shape == NULL)
    g_prefix_error (error, "%s: ", path);
  return shape;
}

MongeShape *
monge_shape_load (const char *path, const MongeLoadOptions *options, MongeTask *task,
                  GError **error)
{
  static const MongeLoadOptions none = { 0 };
  g_autoptr (MongeShape) shape = NULL;

  g_return_val_if_fail (path != NULL, NULL);
  options = options != NULL ? options : &none;
  if (monge_task_return_if_cancelled (task, error))
    return NULL;
  if (g_str_has_prefix (path, EXAMPLE_PREFIX))
    return monge_generate_by_name (path + strlen (EXAMPLE_PREFIX), error);
  if (monge_path_is_volume (path))
    return load_from_volume (path, options, task, error);
  shape = parse_file (path, options, task, error);
  monge_task_set_part (task, 0.0, 1.0);
  if (shape == NULL)
    {
      g_prefix_error (error, "%s: ", path);
      return NULL;
    }
  if (monge_task_return_if_cancelled (task, error))
    return NULL;
  return g_steal_pointer (&shape);
}

/* --- What is kept --- */

guint
monge_shape_get_needs (const MongeShape *shape)
{
  static const guint kinds[] = { MONGE_HOLDS_POINTS, MONGE_HOLDS_CURVES, MONGE_HOLDS_SURFACES };
  guint needs;

  g_return_val_if_fail (shape != NULL, 0);
  needs = kinds[monge_shape_get_kind (shape)];
  if (monge_shape_get_n_arrays (shape) > 0)
    needs |= MONGE_HOLDS_ARRAYS;
  if (monge_shape_get_n_cell_arrays (shape) > 0)
    needs |= MONGE_HOLDS_CELL_ARRAYS;
  if (monge_shape_get_n_field_arrays (shape) > 0)
    needs |= MONGE_HOLDS_FIELD_ARRAYS;
  if (monge_shape_get_unit (shape) != NULL)
    needs |= MONGE_HOLDS_UNIT;
  if (monge_shape_get_space (shape) != MONGE_SPACE_UNKNOWN)
    needs |= MONGE_HOLDS_SPACE;
  return needs;
}

char *
monge_format_describe_losses (const MongeFormat *format, const MongeShape *shape)
{
  static const struct {
    guint ability;
    const char *name;
  } parts[] = {
    { MONGE_HOLDS_CURVES, "segments" },
    { MONGE_HOLDS_SURFACES, "faces" },
    { MONGE_HOLDS_ARRAYS, "values per point" },
    { MONGE_HOLDS_CELL_ARRAYS, "values per cell" },
    { MONGE_HOLDS_FIELD_ARRAYS, "values of the whole" },
    { MONGE_HOLDS_UNIT, "the unit" },
    { MONGE_HOLDS_SPACE, "the axes" },
  };
  g_autoptr (GString) text = g_string_new (NULL);
  guint lost;

  g_return_val_if_fail (format != NULL && shape != NULL, NULL);
  lost = monge_shape_get_needs (shape) & ~format->writes;
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    if (lost & parts[i].ability)
      g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", parts[i].name);
  return text->len > 0 ? g_strdup (text->str) : NULL;
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

/* @shape as it is to stand in a file of @format. Transfer full; NULL with @error. */
static MongeShape *
place_for (MongeShape *shape, const MongeFormat *format, const MongeSaveOptions *options,
           GError **error)
{
  MongeSpace space = format->space;
  g_autoptr (MongeShape) placed = monge_shape_ref (shape);

  if (options->original_frame)
    {
      g_clear_pointer (&placed, monge_shape_unref);
      placed = monge_shape_untransformed (shape, error);
      if (placed == NULL)
        return NULL;
    }
  if (space == MONGE_SPACE_UNKNOWN)
    space = options->space != MONGE_SPACE_UNKNOWN ? options->space
                                                  : monge_shape_get_stored_space (placed);
  return monge_shape_in_space (placed, space);
}

gboolean
monge_shape_save (MongeShape *shape, const char *path, const MongeSaveOptions *options,
                  GError **error)
{
  static const MongeSaveOptions none = { 0 };
  const MongeFormat *format;
  g_autoptr (GString) out = NULL;
  g_autoptr (GBytes) zipped = NULL;
  g_autoptr (MongeShape) placed = NULL;
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
  placed = place_for (shape, format, options != NULL ? options : &none, error);
  if (placed == NULL || !format->write (placed, out, error))
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  if (!monge_path_has_extension (path, "gz"))
    return monge_file_save (path, out->str, out->len, error);
  zipped = monge_bytes_deflate (out->str, out->len);
  return monge_file_save (path, g_bytes_get_data (zipped, NULL), g_bytes_get_size (zipped), error);
}
