/* Reading and writing landmarks: a table of formats, as compute/io/io.h has one of shapes. */
#pragma once

#include "compute/io/file.h"
#include "compute/shape/landmarks.h"

G_BEGIN_DECLS

/**
 * MongeLandmarkFormat:
 * @extensions: lower case, without the dot, NULL-terminated; ".gz" behind it is understood
 * @matches: whether the first bytes look like this format
 * @parse: a total function over any bytes. @part: (nullable): the specimen asked for, by name or by
 *   number from 1, where a file holds several; NULL: its only one, or else the error lists them.
 *   Positions as they stand in the file, space and stored space being what the file says they are
 * @write: (nullable): appends the whole file to @out; NULL if the format is read only
 */
typedef struct {
  const char *name, *description;
  const char *const *extensions;
  gboolean (*matches) (const guint8 *data, gsize size);
  MongeLandmarks *(*parse) (const MongeFile *file, const char *part, GError **error);
  void (*write) (const MongeLandmarks *landmarks, GString *out);
} MongeLandmarkFormat;

extern const MongeLandmarkFormat monge_landmark_formats[]; /* terminated by a NULL name */

/* By content first, then by extension; NULL if neither says anything. */
const MongeLandmarkFormat *monge_landmark_format_find (const char *path, const guint8 *data,
                                                       gsize size);
/* By extension alone, for writing. */
const MongeLandmarkFormat *monge_landmark_format_find_by_extension (const char *path);
/* For tests and for bytes that are no file; as they stand there. */
MongeLandmarks *monge_landmark_format_parse_bytes (const MongeLandmarkFormat *format,
                                                   const guint8 *data, gsize size,
                                                   GError **error);

/**
 * monge_landmarks_load:
 * @path: a file, or "FILE#NAME" or "FILE#NUMBER" for a specimen of a file that holds several
 * @assumed: along what the coordinates run where the file does not say
 *
 * In RAS wherever the file or @assumed says what they are in. Errors start with the path. Any thread.
 */
MongeLandmarks *monge_landmarks_load (const char *path, MongeSpace assumed, MongeTask *task,
                                      GError **error);
/* In the format of the extension, along the axes that they were stored in; formats of 3D Slicer call
 * those LPS where nobody knows, as Slicer does with meshes. @path is whole or untouched. */
gboolean monge_landmarks_save (MongeLandmarks *landmarks, const char *path, GError **error);

G_END_DECLS
