/* What must hold for any bytes in any reader of volumes: a volume that keeps its promises, or an
 * error of the right domain with a message. */
#pragma once

#include "compute/io/volumes-private.h"
#include "compute/volume/volume-private.h"

#include <math.h>
#include <string.h>

static inline void
any_volume_check_labels (const MongeVolume *volume)
{
  const guint *size = monge_volume_get_size (volume);
  const GArray *table = monge_volume_get_label_table (volume);
  gsize n = (gsize) size[0] * size[1] * size[2], n_inside = 0;

  for (guint i = 0; i < table->len; i++)
    {
      const MongeLabel *label = &g_array_index (table, MongeLabel, i);

      g_assert_true (label->label != 0 && label->n_voxels > 0);
      g_assert_true (i == 0 || label->label > g_array_index (table, MongeLabel, i - 1).label);
      g_assert_true (label->name == NULL || g_utf8_validate (label->name, -1, NULL));
      for (int k = 0; k < 3; k++)
        g_assert_true (label->lower[k] < label->upper[k] && label->upper[k] <= size[k]);
      n_inside += label->n_voxels;
    }
  for (gsize i = 0; i < n; i++)
    {
      guint place = monge_volume_get_places (volume)[i];

      g_assert_cmpuint (place, <=, table->len);
      n_inside -= place > 0;
    }
  g_assert_cmpuint (n_inside, ==, 0);
}

static inline void
any_volume_check_intensities (const MongeVolume *volume)
{
  const guint *size = monge_volume_get_size (volume);
  gsize n = (gsize) size[0] * size[1] * size[2];
  float lowest, highest;

  monge_volume_get_range (volume, &lowest, &highest);
  g_assert_true (monge_volume_suggest_level (volume) >= (double) lowest);
  g_assert_true (monge_volume_suggest_level (volume) <= (double) highest);
  for (gsize i = 0; i < n; i++)
    {
      float value = monge_volume_get_intensities (volume)[i];

      g_assert_true (value >= lowest && value <= highest);
    }
}

/* Through the reader of @format, in a copy of exactly this size. Returns whether it was a volume. */
static inline gboolean
any_volume_check (const MongeVolumeFormat *format, const guint8 *data, gsize size)
{
  g_autofree guint8 *copy = size > 0 ? g_memdup2 (data, size) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeVolume) volume = NULL;

  format->matches (copy, size);
  volume = monge_volume_format_parse_bytes (format, copy, size, "any", &error);
  if (volume == NULL)
    {
      g_assert_nonnull (error);
      g_assert_true (error->domain == MONGE_ERROR && error->message[0] != '\0');
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return FALSE;
    }
  g_assert_no_error (error);
  g_assert_true (isnormal (monge_volume_get_voxel_size (volume)));
  for (const char *const *note = monge_volume_get_notes (volume); *note != NULL; note++)
    g_assert_true (g_utf8_validate (*note, -1, NULL));
  if (monge_volume_get_kind (volume) == MONGE_VOLUME_LABELS)
    any_volume_check_labels (volume);
  else
    any_volume_check_intensities (volume);
  return TRUE;
}

/* As a table of labels, for a volume of labels 1 to 7. Returns whether any was named. */
static inline gboolean
any_volume_check_label_table (const guint8 *data, gsize size)
{
  static const guint8 values[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
  const MongeVoxels voxels = { .size = { 2, 2, 2 },
                               .affine = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 },
                               .type = MONGE_TYPE_UINT8,
                               .values = values,
                               .slope = 1.0 };
  g_autofree guint8 *copy = size > 0 ? g_memdup2 (data, size) : NULL;
  g_autoptr (MongeVolume) volume = monge_volume_new ("any", &voxels, NULL, NULL, NULL);
  const GArray *table = monge_volume_get_label_table (volume);
  gboolean is_taken = FALSE;

  monge_volume_take_label_table (volume, (const char *) copy, size);
  any_volume_check_labels (volume);
  for (guint i = 0; i < table->len; i++)
    {
      const MongeLabel *label = &g_array_index (table, MongeLabel, i);

      is_taken |= label->name != NULL || label->has_colour;
    }
  return is_taken;
}
