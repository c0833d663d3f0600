/* Volumes of labels made in memory. */
#pragma once

#include "compute/io/volumes.h"

#include <string.h>

static inline MongeVolume *
monge_test_new_labels (const char *name, const guint size[3], const double affine[16],
                       const gint32 *labels)
{
  MongeVoxels voxels = { .type = MONGE_TYPE_INT32,
                         .values = labels,
                         .slope = 1.0,
                         .kind_is_known = TRUE,
                         .kind = MONGE_VOLUME_LABELS };
  GError *error = NULL;
  MongeVolume *volume;

  memcpy (voxels.size, size, sizeof voxels.size);
  memcpy (voxels.affine, affine, sizeof voxels.affine);
  volume = monge_volume_new (name, &voxels, NULL, NULL, &error);
  g_assert_no_error (error);
  return volume;
}

/* @text and @n more bytes as a file of the format @name. NULL with @error. */
static inline MongeVolume *
monge_test_parse_volume (const char *name, const char *text, const void *bytes, gsize n,
                         GError **error)
{
  g_autoptr (GString) file = g_string_new (text);
  const MongeVolumeFormat *format = monge_volume_formats;

  while (format->name != NULL && strcmp (format->name, name) != 0)
    format++;
  g_assert_nonnull (format->name);
  g_string_append_len (file, bytes, (gssize) n);
  return monge_volume_format_parse_bytes (format, (const guint8 *) file->str, file->len, "made",
                                          error);
}

/* The label at a voxel, 0 outside of all. */
static inline gint32
monge_test_label_at (const MongeVolume *volume, gsize voxel)
{
  guint place = monge_volume_get_places (volume)[voxel];

  return place == 0 ? 0 : g_array_index (monge_volume_get_label_table (volume), MongeLabel,
                                         place - 1).label;
}

/* Whether one of the notes has @part in it. */
static inline gboolean
monge_test_has_note (const MongeVolume *volume, const char *part)
{
  for (const char *const *note = monge_volume_get_notes (volume); *note != NULL; note++)
    if (strstr (*note, part) != NULL)
      return TRUE;
  return FALSE;
}
