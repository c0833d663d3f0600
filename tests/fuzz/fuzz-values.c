/* Feeds bytes that libFuzzer makes up to every reader of values per vertex, or to that of the format
 * named by MONGE_FUZZ_FORMAT. See fuzz-io.c. */
#include <stdint.h>

#include "tests/fuzz/any-values.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *only;

  if (only == NULL && (only = g_getenv ("MONGE_FUZZ_FORMAT")) == NULL)
    only = "";
  for (const MongeValueFormat *format = monge_value_formats; format->name != NULL; format++)
    if (*only == '\0' || g_ascii_strcasecmp (only, format->name) == 0)
      any_values_check (format, data, size);
  return 0;
}
