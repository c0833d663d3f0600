/* ZIP archives in memory, as far as NPZ needs them: stored and deflated entries, ZIP64. Private to
 * readers and writers. Names are words for what is inside and never paths: nothing is unpacked to
 * files. */
#pragma once

#include "compute/core/task.h"

G_BEGIN_DECLS

/**
 * MongeZipEntry:
 * @name: valid UTF-8
 * @at: where its bytes begin in the archive, @packed_size of them
 * @size: what they are unpacked, by the directory
 */
typedef struct {
  char *name;
  guint method;
  gsize at, packed_size, size;
  guint32 crc;
} MongeZipEntry;

gboolean monge_zip_matches (const guint8 *data, gsize size);
/* Of #MongeZipEntry, in the order of the directory. Each lies within the archive, and together they
 * are not larger than it, so that what can be unpacked is bounded by its size. */
GArray *monge_zip_list (const guint8 *data, gsize size, GError **error);
/* Its bytes, checked against size and checksum. */
GBytes *monge_zip_read (const guint8 *data, const MongeZipEntry *entry, MongeTask *task,
                        GError **error);

/* Appends an entry as it is, not deflated. @out begins with the archive; @entries: (element-type
 * MongeZipEntry) of monge_zip_entries_new(). */
gboolean monge_zip_append (GString *out, GArray *entries, const char *name, const GString *data,
                           GError **error);
/* Ends the archive with its directory. */
gboolean monge_zip_end (GString *out, const GArray *entries, GError **error);
GArray *monge_zip_entries_new (void);

G_END_DECLS
