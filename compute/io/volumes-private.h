/* What the readers of volumes share. */
#pragma once

#include "compute/io/io-private.h"
#include "compute/io/volumes.h"

G_BEGIN_DECLS

#define MONGE_DECLARE_VOLUME_FORMAT(name) \
  gboolean monge_##name##_matches (const guint8 *data, gsize size); \
  MongeVolume *monge_##name##_parse (const MongeFile *file, GError **error);

MONGE_DECLARE_VOLUME_FORMAT (metaimage)
MONGE_DECLARE_VOLUME_FORMAT (nifti)
MONGE_DECLARE_VOLUME_FORMAT (nrrd)

#undef MONGE_DECLARE_VOLUME_FORMAT

/* The note of a file with several volumes; takes how many, a guint64. */
#define MONGE_SERIES_NOTE \
  "%" G_GUINT64_FORMAT " volumes are in it, of which this is the first; for another, save that one " \
  "as a volume of its own"

/* Sets @error. Returns FALSE. */
gboolean monge_volume_fail (GError **error, MongeError code, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/**
 * monge_file_load_beside:
 * @name: as the header in @file has it; relative to the folder of @file
 * @unzips: a gzip stream
 *
 * A name that leaves that folder is not followed: its last component is looked for in the folder.
 *
 * Returns: the bytes, or NULL with an error that names the file
 */
GBytes *monge_file_load_beside (const MongeFile *file, const char *name, gboolean unzips,
                                GError **error);

/* Names and colours from the tables of labels that lie beside the volume at @path; a table that
 * cannot be read is as good as none. */
void monge_volume_read_label_table (MongeVolume *volume, const char *path);
/* The same from the bytes of one; total over any bytes. */
void monge_volume_take_label_table (MongeVolume *volume, const char *bytes, gsize size);

G_END_DECLS
