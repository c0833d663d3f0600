/* Reading and writing volumes: one table of formats, one file per format. */
#pragma once

#include "compute/io/file.h"
#include "compute/volume/volume.h"

G_BEGIN_DECLS

/**
 * MongeVolumeFormat:
 * @name: short
 * @extensions: lower case, without the dot, NULL-terminated; ".gz" behind it is understood
 * @matches: whether the first bytes look like this format
 * @parse: a total function over any bytes: a volume, or an error naming line or byte and the remedy;
 *   checks what a header promises against what the file holds before it allocates. What lies in
 *   another file is looked for beside the header
 */
typedef struct {
  const char *name;
  const char *description;
  const char *const *extensions;
  gboolean (*matches) (const guint8 *data, gsize size);
  MongeVolume *(*parse) (const MongeFile *file, GError **error);
} MongeVolumeFormat;

/* Terminated by a NULL name. */
extern const MongeVolumeFormat monge_volume_formats[];

/* By content first, then by extension. */
const MongeVolumeFormat *monge_volume_format_find (const char *path, const guint8 *data, gsize size);
const MongeVolumeFormat *monge_volume_format_find_by_extension (const char *path);
/* Reads @data as @format; for tests and for bytes that are no file. */
MongeVolume *monge_volume_format_parse_bytes (const MongeVolumeFormat *format, const guint8 *data,
                                              gsize size, const char *name, GError **error);

/* Whether @path is named like a volume, .gz or not. */
gboolean monge_path_is_volume (const char *path);

/* With the names and colours of labels that the file holds or a table beside it. Errors start with
 * the path. Any thread. At most the unzipped file and 2 bytes a voxel (labels) or 4 (intensities). */
MongeVolume *monge_volume_load (const char *path, MongeTask *task, GError **error);
/* As .nii, .nii.gz, .nrrd (zipped; labels with names are segments for 3D Slicer) or .mha: labels in
 * the smallest type that holds them, intensities as float32. NRRD keeps the map exactly, along the
 * axes the volume came from, MetaImage to rounding, NIfTI to float32; these two have no place for
 * names. */
gboolean monge_volume_save (const MongeVolume *volume, const char *path, GError **error);

G_END_DECLS
