/* A grid of CUDA threads on the host: what kernels see of it, and how one is started.
 *
 * Blocks run one after the other. The threads of a block are fibers of one processor's thread; each
 * runs until it must wait for others. In which order is a choice (see host_card_set_order()): a
 * missing barrier that goes unnoticed in one shows in another. What a card leaves undefined is an
 * error here: it is said in words, with the kernel, block, thread and line, and the program ends. */
#pragma once

#include <cuda_runtime_api.h>

#define HOST_CARD_MAX_THREADS 1024
#define HOST_CARD_WARP 32
/* Bytes before and after static shared memory that nobody may change. */
#define HOST_CARD_SHARED_GUARD 64

extern "C" {

/* Of the thread that runs. */
extern uint3 host_card_thread_index, host_card_block_index;
extern dim3 host_card_block_dim, host_card_grid_dim;

typedef enum {
  HOST_CARD_SHUFFLE_INDEX,
  HOST_CARD_SHUFFLE_UP,
  HOST_CARD_SHUFFLE_DOWN,
  HOST_CARD_SHUFFLE_XOR,
} HostCardShuffle;

/* __syncthreads() and its kin: how many threads of the block had @predicate. */
int host_card_barrier (int predicate, int line);
void host_card_sync_warp (unsigned mask, int line);
unsigned long long host_card_shuffle (unsigned mask, unsigned long long value,
                                      HostCardShuffle kind, int argument, int width, int line);
unsigned host_card_ballot (unsigned mask, int predicate, int line);
/* Null where the launch gives none: a kernel may have no use for it. */
void *host_card_get_dynamic_shared (void);
/* The first thread of a block to come here fills the variable and its guards. @serial: of the block
 * that it was last filled for */
void host_card_enter_shared (unsigned long long *serial, void *memory, size_t size,
                             const char *name);

/**
 * HostCardGrid:
 * @name: of the kernel, for messages
 * @file, @line: where it is launched
 * @shared_size: dynamic shared memory, bytes; there is not a byte more
 * @body: what one thread does, with @data
 * @unbind: takes @data
 */
typedef struct HostCardGrid HostCardGrid;
struct HostCardGrid {
  const char *name, *file;
  int line;
  dim3 grid, block;
  size_t shared_size;
  void (*body) (void *data);
  void *data;
  void (*unbind) (HostCardGrid *self);
};

/* Runs @grid to its end. One at a time, which is the caller's to see to. */
void host_card_run_grid (const HostCardGrid *grid);

/* Queues @grid on @stream, and unbinds it when it has run. As with <<<>>>, what went wrong is in
 * cudaGetLastError(). @function: stands for the kernel in cudaFuncSetAttribute() */
cudaError_t host_card_launch (const HostCardGrid *grid, const void *function,
                              cudaStream_t stream);

/* Whether a thread that needs more stack than it has faults at @address. */
int host_card_is_below_stack (const void *address);
/* Says @format with the place in the kernel that runs, and aborts. */
void host_card_fail (const char *format, ...)
  __attribute__ ((noreturn, format (printf, 1, 2)));
}
