/* Values per vertex that come without a geometry: maps, thicknesses, parcellations, weights. */
#pragma once

#include "compute/io/file.h"

G_BEGIN_DECLS

/**
 * MongeValueFormat:
 * @name: short, upper case
 * @extensions: lower case, without the dot, NULL-terminated; ".gz" behind it is understood. Empty for
 *   formats that are known by their bytes alone
 * @matches: whether the first bytes look like this format
 * @parse: a total function over any bytes: (element-type MongeArray) one array at least, all of as
 *   many rows, or an error naming line or byte and the remedy; checks every count against the size of
 *   the file before it allocates
 * @write: appends the whole file to @out, NULL if the format is read only. Arrays it cannot hold are
 *   an error
 */
typedef struct {
  const char *name;
  const char *description;
  const char *const *extensions;
  gboolean (*matches) (const guint8 *data, gsize size);
  GPtrArray *(*parse) (const MongeFile *file, GError **error);
  gboolean (*write) (const GPtrArray *arrays, GString *out, GError **error);
} MongeValueFormat;

/* Terminated by a NULL name. */
extern const MongeValueFormat monge_value_formats[];

/* By content; where several claim it, by extension. NULL: none. */
const MongeValueFormat *monge_value_format_find (const char *path, const guint8 *data, gsize size);
/* For writing. NULL: none. */
const MongeValueFormat *monge_value_format_find_by_extension (const char *path);

/* Reads @data as @format; for tests and for bytes that are no file. */
GPtrArray *monge_value_format_parse_bytes (const MongeValueFormat *format, const guint8 *data,
                                           gsize size, const char *name, GError **error);

/* (transfer container) (element-type MongeArray): owned by the container, all of as many rows.
 * Arrays without a name of their own are called as the file is. Numbers are as they are in the
 * file, NaN too. Errors start with the path. Any thread. */
GPtrArray *monge_values_load (const char *path, MongeTask *task, GError **error);
/* To a temporary file that is renamed; zipped if @path ends in .gz. */
gboolean monge_values_save (const GPtrArray *arrays, const char *path, GError **error);

/* Whether a file of this name is written with values alone, as .func.gii and .annot are; .npy, .npz
 * and .csv hold shapes as well and are written as these. */
gboolean monge_path_holds_values (const char *path);

/* An empty list that frees its arrays. */
GPtrArray *monge_values_new (void);

G_END_DECLS
