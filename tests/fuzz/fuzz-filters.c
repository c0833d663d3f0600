/* Chains of filters of any bytes, run on small shapes. Built as fuzz-io.c is. */
#include <stdint.h>

#include "tests/fuzz/any-filters.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  any_filters_check (data, size);
  return 0;
}
