/* Volumes of labels made in memory. */
#pragma once

#include "compute/volume/volume.h"

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
