/* Feeds bytes that libFuzzer makes up to the readers of landmarks. Built as fuzz-io.c is:
 *
 *     build-fuzz/tests/fuzz-landmarks -max_len=2048 NEW_FOLDER tests/fuzz/corpus-landmarks
 */
#include <stdint.h>

#include "tests/fuzz/any-landmarks.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  for (const MongeLandmarkFormat *format = monge_landmark_formats; format->name != NULL; format++)
    any_landmarks_check (format, data, size);
  monge_landmark_format_find ("bytes", data, size);
  return 0;
}
