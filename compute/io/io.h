/* Reading and writing shapes: one table of formats, one file per format (io-*.c). */
#pragma once

#include "compute/io/file.h"
#include "compute/io/volumes.h"

G_BEGIN_DECLS

/**
 * MongeAbility:
 *
 * What a format can hold; the table of docs/formats.md is made of these, and tests try each.
 */
typedef enum {
  MONGE_HOLDS_POINTS = 1 << 0,
  MONGE_HOLDS_CURVES = 1 << 1,
  MONGE_HOLDS_SURFACES = 1 << 2,
  MONGE_HOLDS_ARRAYS = 1 << 3,       /* per vertex */
  MONGE_HOLDS_CELL_ARRAYS = 1 << 4,
  MONGE_HOLDS_FIELD_ARRAYS = 1 << 5,
  MONGE_HOLDS_UNIT = 1 << 6,
  MONGE_HOLDS_SPACE = 1 << 7,        /* says RAS or LPS, or is always one of them */
} MongeAbility;

/**
 * MongeFormat:
 * @name: short, upper case
 * @extensions: lower case, without the dot, NULL-terminated; ".gz" behind it is understood
 * @matches: whether the first bytes look like this format
 * @parse: a total function over any bytes: a shape, or an error naming line or byte and the remedy;
 *   checks every count against the size of the file before it allocates
 * @write: appends the whole file to @out; NULL if the format is read only. What it cannot hold of a
 *   shape's vertices and cells is an error; arrays it cannot hold are left out
 * @space: along what its coordinates always run; unknown if it does not say or says it in the file
 * @reads, @writes: of #MongeAbility
 */
typedef struct {
  const char *name;
  const char *description;
  const char *const *extensions;
  gboolean (*matches) (const guint8 *data, gsize size);
  MongeShape *(*parse) (const MongeFile *file, GError **error);
  gboolean (*write) (const MongeShape *shape, GString *out, GError **error);
  MongeSpace space;
  guint reads, writes;
} MongeFormat;

/* All shape formats, terminated by a NULL name. Volumes, values and landmarks are apart. */
extern const MongeFormat monge_formats[];

/* By content first, then by extension. */
const MongeFormat *monge_format_find (const char *path, const guint8 *data, gsize size);
/* By extension alone, for writing; a leading dot and folders are ignored. */
const MongeFormat *monge_format_find_by_extension (const char *path);

/* Of #MongeAbility: what @shape needs of a format to come back whole. */
guint monge_shape_get_needs (const MongeShape *shape);
/* What @format leaves out of @shape when it is written, such as "faces, values per cell"; NULL where
 * that is nothing. Transfer full. */
char *monge_format_describe_losses (const MongeFormat *format, const MongeShape *shape);
/* Reads @data as @format; for tests and for bytes that are no file. */
MongeShape *monge_format_parse_bytes (const MongeFormat *format, const guint8 *data, gsize size,
                                      const char *name, GError **error);

/**
 * MongeLoadOptions:
 * @labels: borrowed; of a label volume, taken together; NULL: its only one, or else the error lists
 *   them
 * @as_voxels: voxel centres instead of the surface
 * @level: of a volume of intensities, if @has_level; else the one it suggests itself
 * @as_density: its voxels of at least that level, weighted, instead of the surface
 * @space: what to assume where the file does not say along what its coordinates run
 * @repairs: vertices that are not finite are dropped and told, instead of being an error
 *
 * Zero-initialise it. Shapes come in RAS wherever the file or @space says what they are in.
 */
typedef struct {
  const gint32 *labels;
  guint n_labels;
  gboolean as_voxels;
  gboolean has_level;
  double level;
  gboolean as_density;
  MongeSpace space;
  gboolean repairs;
} MongeLoadOptions;

/* Errors start with the path. Any thread. @options: (nullable). */
MongeShape *monge_shape_load (const char *path, const MongeLoadOptions *options, MongeTask *task,
                              GError **error);
/* What @options make of @volume. Errors name no path. */
MongeShape *monge_volume_make_shape (const MongeVolume *volume, const MongeLoadOptions *options,
                                     MongeTask *task, GError **error);

/**
 * MongeSaveOptions:
 * @space: along what to write the coordinates; unknown: as the shape was stored. Formats that always
 *   run along the same axes do what they must
 * @original_frame: back through the shape's transform, so that what was centred, scaled or mirrored
 *   lies where its file had it
 */
typedef struct {
  MongeSpace space;
  gboolean original_frame;
} MongeSaveOptions;

/* Writes to a temporary file beside @path and renames it: @path is whole or untouched. Zipped if
 * @path ends in .gz. @options: (nullable). */
gboolean monge_shape_save (MongeShape *shape, const char *path, const MongeSaveOptions *options,
                           GError **error);
/* The same for any bytes: reports, pictures. */
gboolean monge_file_save (const char *path, const void *data, gsize size, GError **error);

/* NPY arrays on their own: weights in, gradients out. Row-major (n × d); @d may be 1. */
gboolean monge_npy_load (const char *path, double **values, gsize *n, gsize *d, GError **error);
gboolean monge_npy_save (const char *path, const double *values, gsize n, gsize d, GError **error);
/* The same for indices, int64. */
gboolean monge_npy_save_indices (const char *path, const gint64 *values, gsize n, gsize d,
                                 GError **error);

G_END_DECLS
