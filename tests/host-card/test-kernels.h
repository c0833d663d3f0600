/* Small kernels for tests/host-card/test-host-card.c: right ones, and ones with a planted bug. */
#pragma once

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* sums[b] = Σ of block b of @x, by shuffles and shared memory; any block of up to 1024 threads that
 * is a multiple of 32. */
cudaError_t test_sum_blocks (const float *x, int n, float *sums, unsigned n_blocks,
                             unsigned n_threads, cudaStream_t stream);
/* y = x read backwards within each block, through dynamic shared memory. */
cudaError_t test_reverse (const float *x, float *y, unsigned n_blocks, unsigned n_threads,
                          cudaStream_t stream);
/* What shuffles of each kind give lane by lane: (8 × 32) ints. */
cudaError_t test_shuffles (int *out, cudaStream_t stream);
/* counts: threads, threads with an odd number, any, all, by __syncthreads_… and by ballots. */
cudaError_t test_votes (int *counts, cudaStream_t stream);
/* Who comes as the how-manieth: (n_blocks × n_threads) turns before and after a barrier. */
cudaError_t test_turns (int *before, int *after, int *counter, unsigned n_blocks,
                        unsigned n_threads, cudaStream_t stream);
/* y = f (x) for the functions of float32, one after the other: (n_functions × n). */
#define TEST_N_FUNCTIONS 8
cudaError_t test_functions (const float *x, float *y, int n, cudaStream_t stream);
cudaError_t test_fill (float *y, float value, int n, cudaStream_t stream);
/* *count += threads, *sum += threads / 2, *least = least of block − thread; 64 threads a block. */
cudaError_t test_atomics (unsigned *count, float *sum, int *least, unsigned n_blocks,
                          cudaStream_t stream);

/* Runs the planted bug of that name; -1 if there is none. @x: (1024) floats. */
int test_planted (const char *name, float *x, float *y, cudaStream_t stream);

#ifdef __cplusplus
}
#endif
