/* What an image of kernels looks like: made by nvrtc.cc, loaded by library.cc. */
#pragma once

#include "tests/host-card/block.h"

#include <stdint.h>

#define HOST_CARD_IMAGE_MARK "host card image"
#define HOST_CARD_BIND_PREFIX "host_card_bind_"

/* Followed by the bytes of a shared object. */
typedef struct {
  char mark[16];
  uint64_t size;
} HostCardImage;

/* Of each kernel, by its name with the prefix: sets body and data of a grid from the addresses of the
 * kernel's arguments, copied. */
typedef void (*HostCardBind) (HostCardGrid *grid, void **arguments);
