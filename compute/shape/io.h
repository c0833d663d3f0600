/* Reading and writing shapes: one table of formats, one file per format (io-*.c). */
#pragma once

#include "compute/shape/shape.h"
#include "compute/shape/volume.h"

G_BEGIN_DECLS

/**
 * MongeFormat:
 * @name: short, upper case
 * @extensions: lower case, without the dot, NULL-terminated
 * @matches: whether the first bytes look like this format
 * @parse: a total function over any bytes: a shape, or an error naming line or byte and the remedy;
 *   checks every count against @size before it allocates
 * @write: appends the whole file to @out; NULL if the format is read only
 */
typedef struct {
  const char *name;
  const char *description;
  const char *const *extensions;
  gboolean (*matches) (const guint8 *data, gsize size);
  MongeShape *(*parse) (const guint8 *data, gsize size, const char *name, GError **error);
  gboolean (*write) (const MongeShape *shape, GString *out, GError **error);
} MongeFormat;

/* All shape formats, terminated by a NULL name. Volumes are apart: monge_volume_load(). */
extern const MongeFormat monge_formats[];

/* By content first, then by extension. */
const MongeFormat *monge_format_find (const char *path, const guint8 *data, gsize size);
/* By extension alone, for writing; a leading dot and folders are ignored. */
const MongeFormat *monge_format_find_by_extension (const char *path);
/* Whether @path is named like a volume: .nii or .nii.gz */
gboolean monge_path_is_volume (const char *path);

/**
 * MongeLoadOptions:
 *
 * What to take from a volume. Zero-initialised: the file must be a shape, or a volume with one
 * label; else the error lists the labels.
 */
typedef struct {
  const gint32 *labels; /* borrowed; NULL: see above */
  guint n_labels;
  gboolean as_voxels;   /* voxel centres instead of the surface */
} MongeLoadOptions;

/* Errors start with the path. Any thread. @options: (nullable). */
MongeShape *monge_shape_load (const char *path, const MongeLoadOptions *options, MongeTask *task,
                              GError **error);
MongeVolume *monge_volume_load (const char *path, MongeTask *task, GError **error);
/* Writes to a temporary file beside @path and renames it: @path is whole or untouched. */
gboolean monge_shape_save (const MongeShape *shape, const char *path, GError **error);
/* The same for any bytes: reports, pictures. */
gboolean monge_file_save (const char *path, const void *data, gsize size, GError **error);

/* NPY arrays on their own: weights in, gradients out. Row-major (n × d); @d may be 1. */
gboolean monge_npy_load (const char *path, double **values, gsize *n, gsize *d, GError **error);
gboolean monge_npy_save (const char *path, const double *values, gsize n, gsize d, GError **error);
/* The same for indices, int64. */
gboolean monge_npy_save_indices (const char *path, const gint64 *values, gsize n, gsize d,
                                 GError **error);

G_END_DECLS
