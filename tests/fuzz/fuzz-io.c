/* Feeds bytes that libFuzzer makes up to every reader of shapes, or to that of the format named by
 * MONGE_FUZZ_FORMAT. Built with -Dfuzz=true and clang:
 *
 *     CC=clang meson setup build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false
 *     ninja -C build-fuzz tests/fuzz-io && build-fuzz/tests/fuzz-io -max_len=4096 FOLDER
 */
#include <stdint.h>

#include "tests/fuzz/any-bytes.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const char *only;
  const MongeFormat *named;

  if (only == NULL && (only = g_getenv ("MONGE_FUZZ_FORMAT")) == NULL)
    only = "";
  for (const MongeFormat *format = monge_formats; format->name != NULL; format++)
    if (*only == '\0' || g_ascii_strcasecmp (only, format->name) == 0)
      any_bytes_check (format, data, size);
  named = monge_format_find ("bytes", data, size);
  g_assert_true (named == NULL || named->matches (data, size));
  return 0;
}
