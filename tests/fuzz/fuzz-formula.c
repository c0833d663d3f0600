/* Feeds bytes that libFuzzer makes up to the parser, and what parses to the printer, the gradient
 * and the compiler of programs. Built as fuzz-io.c is:
 *
 *     build-fuzz/tests/fuzz-formula -max_len=512 NEW_FOLDER tests/fuzz/corpus-formula
 */
#include <stdint.h>

#include "tests/fuzz/any-text.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);

  any_text_check (text);
  return 0;
}
