/* Prints the names that run-all.sh takes, one a line: the readers that share a fuzzer one by one. */
#include <stdio.h>

#include "compute/io/io.h"
#include "compute/io/values.h"

int
main (void)
{
  puts ("filters");
  puts ("formula");
  puts ("landmarks");
  puts ("transforms");
  for (const MongeFormat *format = monge_formats; format->name != NULL; format++)
    printf ("io:%s\n", format->name);
  for (const MongeValueFormat *format = monge_value_formats; format->name != NULL; format++)
    printf ("values:%s\n", format->name);
  for (const MongeVolumeFormat *format = monge_volume_formats; format->name != NULL; format++)
    printf ("volumes:%s\n", format->name);
  puts ("volumes:labels");
  return 0;
}
