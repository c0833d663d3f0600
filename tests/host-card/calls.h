/* What is common to all calls of the stand-in: they take turns, are counted, and can be made to
 * fail. */
#pragma once

#include "tests/host-card/host-card.h"

#define HOST_CARD_MAX_DEVICES 8

/**
 * Call:
 *
 * One call while it lasts. It holds the lock of the card; a call made by another call, as
 * cudaMemcpy() by cudaMemcpyAsync(), is not one.
 */
class Call {
public:
  enum Needs { NOTHING, DRIVER };

  Call (const char *name, Needs needs = DRIVER);
  ~Call ();
  /* What to return at once, if not cudaSuccess. */
  cudaError_t error;
  /* Remembers @error for cudaGetLastError(), and returns it. */
  cudaError_t done (cudaError_t error);
};

#define HOST_CARD_BEGIN() \
  Call call (__func__); \
  if (call.error != cudaSuccess) \
    return call.error

/* Whether this allocation is to find no memory left. */
bool host_card_is_exhausted (void);
/* A fault that a kernel or copy left behind: all later calls fail so. */
void host_card_set_fault (cudaError_t error);
/* The card of this thread, and what it is like. */
int host_card_get_device (void);
unsigned host_card_get_n_devices (void);
const HostCardDevice *host_card_get_description (int device);

/* Of the other files: forget everything, say what is left. */
void host_card_reset_streams (void);
void host_card_reset_libraries (void);
void host_card_reset_graphics (void);
void host_card_reset_devices (void);
unsigned host_card_get_n_graphs (void);
unsigned host_card_get_n_libraries (void);
unsigned host_card_get_n_graphics (void);
