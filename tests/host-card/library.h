/* What an image of kernels looks like: made by nvrtc.cc, loaded by library.cc. */
#pragma once

#include "tests/host-card/block.h"

#include <stdint.h>

#define HOST_CARD_IMAGE_MARK "host card image"
#define HOST_CARD_ENTRY_PREFIX "host_card_entry_"

/* Followed by the bytes of a shared object. */
typedef struct {
  char mark[16];
  uint64_t size;
} HostCardImage;

/**
 * HostCardEntry:
 * @bind: sets body and data of a grid from the addresses of the kernel's arguments, copied
 * @free: takes such data
 *
 * One for each kernel, by the name of the kernel with the prefix.
 */
typedef struct {
  void (*bind) (HostCardGrid *grid, void **arguments);
  void (*free) (void *data);
} HostCardEntry;
