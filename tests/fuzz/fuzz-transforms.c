/* Feeds bytes that libFuzzer makes up to the reader of linear transforms. Built as fuzz-io.c is:
 *
 *     build-fuzz/tests/fuzz-transforms -max_len=1024 NEW_FOLDER tests/fuzz/corpus-transforms
 */
#include <stdint.h>

#include "tests/fuzz/any-transform.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  any_transform_check (data, size);
  return 0;
}
