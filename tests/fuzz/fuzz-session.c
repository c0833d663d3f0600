/* Feeds bytes that libFuzzer makes up to the reader of sessions, and what is read to the writer.
 * Built as fuzz-io.c is:
 *
 *     build-fuzz/tests/fuzz-session -max_len=1024 NEW_FOLDER tests/fuzz/corpus-session
 */
#include <stdint.h>

#include "tests/fuzz/any-recipe.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  any_recipe_check ((const char *) data, size);
  return 0;
}
