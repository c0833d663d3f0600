/* Feeds bytes that libFuzzer makes up to every reader of volumes, or to that of the format named by
 * MONGE_FUZZ_FORMAT; under the name "labels", to the reader of tables of labels. */
#include <stdint.h>

#include "tests/fuzz/any-volume.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

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
    any_volume_check_label_table (data, size);
  return 0;
}
