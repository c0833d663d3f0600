/* What a test can ask of the host card: the stand-in for CUDA on which compute/backend/cuda/ runs
 * without a card.  Any thread; all calls of the stand-in take turns.
 *
 * A test begins with host_card_reset() and ends with host_card_assert_clean(). */
#pragma once

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  HOST_CARD_FORWARD,
  HOST_CARD_REVERSE,
  HOST_CARD_RANDOM,
} HostCardOrder;

/* Of threads and blocks. Without, as the environment says: MONGE_HOST_CARD_ORDER=forward, reverse
 * or random:SEED. */
void host_card_set_order (HostCardOrder order, unsigned seed);

/* One card "Host card", compute capability 9.0, 1 GiB; nothing fails; work is done at once. What
 * was allocated is reported on stderr and given up. */
void host_card_reset (void);

/**
 * HostCardDevice:
 * @memory: bytes in all
 * @memory_used: bytes that others have
 */
typedef struct {
  const char *name;
  int major, minor;
  size_t memory, memory_used;
  int pci_bus;
  int n_multiprocessors;
} HostCardDevice;

/* @error: of everything that needs a driver, when @n is 0: cudaErrorNoDevice,
 * cudaErrorInsufficientDriver (there is no driver, or an old one). */
void host_card_set_devices (const HostCardDevice *devices, unsigned n, cudaError_t error);
/* 0 for no driver; 13000 for one of CUDA 13.0. */
void host_card_set_driver_version (int version);

/* Work of streams is done when it is waited for or asked about, a piece at a time, instead of at
 * once: what forgot to wait sees old bytes. */
void host_card_set_deferred (int deferred);

/* The host can reach device memory, as it cannot otherwise: tests that call very often are some times
 * as fast. Until the next reset; from the first call on with MONGE_HOST_CARD_VISIBLE=1. */
void host_card_set_visible (int visible);

/**
 * host_card_fail_at:
 * @n: the n-th call from now, 1 being the next; 0 for none
 * @sticky: from then on every call fails so, as after a fault of a kernel; else that call alone
 */
void host_card_fail_at (unsigned long n, cudaError_t error, int sticky);
/* The n-th allocation of memory from now, of the device or pinned, finds none left. */
void host_card_fail_allocation_at (unsigned long n);
/* Whether the failure asked for has happened. */
int host_card_has_failed (void);
/* Of what the last failure was made to happen in: "cudaMalloc". */
const char *host_card_get_failed_call (void);

/* Calls since the last reset; of @name alone unless NULL ("cudaMalloc"; "launch" for kernels). */
unsigned long host_card_get_n_calls (const char *name);
/* What is there now. */
unsigned host_card_get_n_allocations (void); /* of device and pinned memory */
unsigned host_card_get_n_streams (void);
unsigned host_card_get_n_events (void);
unsigned host_card_get_n_others (void); /* graphs, libraries, graphics resources */
size_t host_card_get_memory_used (void);
size_t host_card_get_memory_peak (void);

/* Nothing is left, and nobody wrote beside what they own; else says what, and aborts. */
void host_card_assert_clean (void);

/**
 * HostCardGraphics:
 * @devices_error, @n_devices, @devices: of cudaGLGetDevices()
 * @register_error: of registering a buffer
 * @map: gives the bytes of an OpenGL buffer, and @unmap takes them back; without, some of the
 *   card's own of @size bytes
 *
 * What OpenGL is to the card.
 */
typedef struct {
  cudaError_t devices_error, register_error, map_error;
  unsigned n_devices;
  int devices[8];
  size_t size;
  void *(*map) (unsigned buffer, size_t *size, void *data);
  void (*unmap) (unsigned buffer, void *data);
  void *data;
} HostCardGraphics;

void host_card_set_graphics (const HostCardGraphics *graphics);
int host_card_is_registered (unsigned buffer);
/* The bytes that stand for buffer @buffer, without @map. */
const void *host_card_get_graphics_memory (unsigned buffer, size_t *size);

#ifdef __cplusplus
}
#endif
