/* Feeds bytes that libFuzzer makes up to every reader of volumes, or to that of the format named by
 * MONGE_FUZZ_FORMAT; under the name "labels", to the reader of tables of labels. */
#include <stdint.h>

#include "compute/io/volumes-private.h"
#include "tests/fuzz/any-volume.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_label_table (const guint8 *data, gsize size)
{
  static const guint8 values[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
  const MongeVoxels voxels = { .size = { 2, 2, 2 },
                               .affine = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 },
                               .type = MONGE_TYPE_UINT8,
                               .values = values,
                               .slope = 1.0 };
  g_autoptr (MongeVolume) volume = monge_volume_new ("any", &voxels, NULL, NULL, NULL);

  monge_volume_take_label_table (volume, (const char *) data, size);
  any_volume_check_labels (volume);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *only;

  if (only == NULL && (only = g_getenv ("MONGE_FUZZ_FORMAT")) == NULL)
    only = "";
  for (const MongeVolumeFormat *format = monge_volume_formats; format->name != NULL; format++)
    if (*only == '\0' || g_ascii_strcasecmp (only, format->name) == 0)
      any_volume_check (format, data, size);
  if (*only == '\0' || g_ascii_strcasecmp (only, "labels") == 0)
    check_label_table (data, size);
  return 0;
}
