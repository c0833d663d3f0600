/* Kernels with a bug each, which the host card must find: see test-host-card.c. */
#include "compute/backend/cuda/device.h"
#include "tests/host-card/test-kernels.h"

#include <string.h>

static __global__ void
none (const float *x, float *y)
{
  MONGE_SHARED (float, kept, [64]);

  kept[threadIdx.x] = x[threadIdx.x];
  __syncthreads ();
  y[threadIdx.x] = kept[63 - threadIdx.x];
}

/* Reads what a neighbour may not have written yet. */
static __global__ void
missing_barrier (const float *x, float *y)
{
  MONGE_SHARED (float, kept, [64]);

  kept[threadIdx.x] = x[threadIdx.x];
  y[threadIdx.x] = kept[63 - threadIdx.x];
}

/* Writes what a neighbour may not have read yet. */
static __global__ void
missing_second_barrier (const float *x, float *y)
{
  MONGE_SHARED (float, kept, [64]);
  float sum = 0;

  for (int k = 0; k < 4; k++)
    {
      kept[threadIdx.x] = x[64 * k + threadIdx.x];
      __syncthreads ();
      sum += kept[63 - threadIdx.x];
    }
  y[threadIdx.x] = sum;
}

static __global__ void
divergent_barrier (const float *x, float *y)
{
  MONGE_SHARED (float, kept, [64]);

  kept[threadIdx.x] = x[threadIdx.x];
  if (threadIdx.x < 32)
    {
      __syncthreads ();
      y[threadIdx.x] = kept[63 - threadIdx.x];
    }
  else
    {
      __syncthreads ();
      y[threadIdx.x] = kept[threadIdx.x];
    }
}

static __global__ void
early_return (const float *x, float *y, int n)
{
  MONGE_SHARED (float, kept, [64]);

  if ((int) threadIdx.x >= n)
    return;
  kept[threadIdx.x] = x[threadIdx.x];
  __syncthreads ();
  y[threadIdx.x] = kept[n - 1 - (int) threadIdx.x];
}

static __global__ void
barrier_in_loop (const float *x, float *y)
{
  for (unsigned k = 0; k < 1 + threadIdx.x % 2; k++)
    __syncthreads ();
  y[threadIdx.x] = x[threadIdx.x];
}

static __global__ void
read_beyond (const float *x, float *y, int n)
{
  y[threadIdx.x] = x[(int) threadIdx.x + n];
}

static __global__ void
write_beyond (float *y, int n)
{
  y[(int) threadIdx.x + n] = 1;
}

static __global__ void
read_before (const float *x, float *y)
{
  y[threadIdx.x] = x[(int) threadIdx.x - 1];
}

static __global__ void
write_before (float *y)
{
  y[(int) threadIdx.x - 1] = 1;
}

static __global__ void
last_tile (const float *x, float *y)
{
  unsigned i = blockIdx.x * blockDim.x + threadIdx.x; /* and no i < n */

  y[i] = 2 * x[i];
}

static __global__ void
static_shared_beyond (const float *x, float *y)
{
  MONGE_SHARED (float, kept, [64]);

  kept[threadIdx.x + 1] = x[threadIdx.x];
  __syncthreads ();
  y[threadIdx.x] = kept[threadIdx.x];
}

static __global__ void
static_shared_before (const float *x, float *y)
{
  MONGE_SHARED (float, kept, [64]);

  kept[(int) threadIdx.x - 1] = x[threadIdx.x];
  __syncthreads ();
  y[threadIdx.x] = kept[threadIdx.x];
}

static __global__ void
dynamic_shared_beyond (const float *x, float *y)
{
  MONGE_DYNAMIC_SHARED (float, kept);

  kept[threadIdx.x + 1] = x[threadIdx.x];
  __syncthreads ();
  y[threadIdx.x] = kept[threadIdx.x];
}

static __global__ void
dynamic_shared_read_beyond (const float *x, float *y)
{
  MONGE_DYNAMIC_SHARED (float, kept);

  kept[threadIdx.x] = x[threadIdx.x];
  __syncthreads ();
  y[threadIdx.x] = kept[threadIdx.x + 4];
}

static __global__ void
no_dynamic_shared (const float *x, float *y)
{
  MONGE_DYNAMIC_SHARED (float, kept);

  kept[threadIdx.x] = x[threadIdx.x];
  y[threadIdx.x] = kept[threadIdx.x];
}

/* The last of it is never written. */
static __global__ void
uninitialised_shared (const float *x, float *y)
{
  MONGE_SHARED (float, kept, [64]);

  if (threadIdx.x < 63)
    kept[threadIdx.x] = x[threadIdx.x];
  __syncthreads ();
  y[threadIdx.x] = kept[63 - threadIdx.x];
}

/* What one block left is no good in the next. */
static __global__ void
shared_of_another_block (const float *x, float *y)
{
  MONGE_SHARED (float, kept, [64]);

  if (blockIdx.x == 0)
    kept[threadIdx.x] = x[threadIdx.x];
  __syncthreads ();
  y[64 * blockIdx.x + threadIdx.x] = kept[threadIdx.x];
}

/* fmaxf() takes the number where the other is NaN, so that what was never written shows only where
 * it is large. */
static __global__ void
hidden_nan (const float *x, float *y)
{
  MONGE_SHARED (float, kept, [64]);
  float most = -1e30f;

  if (threadIdx.x < 60)
    kept[threadIdx.x] = x[threadIdx.x];
  __syncthreads ();
  for (int k = 0; k < 64; k++)
    most = fmaxf (most, kept[k]);
  y[threadIdx.x] = most;
}

static __global__ void
inactive_lane (float *y)
{
  float value = (float) threadIdx.x;

  if (threadIdx.x < 16)
    value = __shfl_sync (0x0000ffffu, value, 20);
  y[threadIdx.x] = value;
}

static __global__ void
wrong_mask (float *y)
{
  float value = (float) threadIdx.x;

  if (threadIdx.x < 16)
    value = __shfl_down_sync (0xffffffffu, value, 1);
  y[threadIdx.x] = value;
}

static __global__ void
not_in_mask (float *y)
{
  y[threadIdx.x] = __shfl_xor_sync (0x0000ffffu, (float) threadIdx.x, 1);
}

static __global__ void
absent_lanes (float *y)
{
  y[threadIdx.x] = __shfl_down_sync (0xffffffffu, (float) threadIdx.x, 1);
}

static __global__ void
different_shuffles (float *y)
{
  float value = (float) threadIdx.x;

  if (threadIdx.x % 2 == 0)
    value = __shfl_xor_sync (0xffffffffu, value, 1);
  else
    value = __shfl_xor_sync (0xffffffffu, value, 3);
  y[threadIdx.x] = value;
}

/* Everybody writes the same place. */
static __global__ void
race (float *y)
{
  MONGE_SHARED (float, last, );

  last = (float) threadIdx.x;
  __syncthreads ();
  y[threadIdx.x] = last;
}

/* Read, add, write: right only while nobody comes in between, which without a barrier in between
 * nobody does here. */
static __global__ void
race_of_sums (float *y)
{
  MONGE_SHARED (float, sum, );

  if (threadIdx.x == 0)
    sum = 0;
  __syncthreads ();
  sum += 1;
  __syncthreads ();
  y[threadIdx.x] = sum;
}

/* Blocks run in any order. */
static __global__ void
order_of_blocks (float *y)
{
  y[64 * (blockIdx.x + 1) + threadIdx.x] = y[64 * blockIdx.x + threadIdx.x] + 1;
}

static __global__ void
too_deep (float *y)
{
  volatile char large[300 << 10];

  for (int i = (int) sizeof large - 1; i >= 0; i -= 64)
    large[i] = 1;
  y[threadIdx.x] = large[sizeof large - 1];
}

#define LAUNCH(kernel, n_blocks, n_threads, shared_size, ...) \
  if (strcmp (name, #kernel) == 0) \
    { \
      MONGE_LAUNCH (kernel, n_blocks, n_threads, shared_size, stream, __VA_ARGS__); \
      return (int) cudaGetLastError (); \
    }

int
test_planted (const char *name, float *x, float *y, cudaStream_t stream)
{
  LAUNCH (none, 1, 64, 0, x, y)
  LAUNCH (missing_barrier, 1, 64, 0, x, y)
  LAUNCH (missing_second_barrier, 1, 64, 0, x, y)
  LAUNCH (divergent_barrier, 1, 64, 0, x, y)
  LAUNCH (early_return, 1, 64, 0, x, y, 60)
  LAUNCH (barrier_in_loop, 1, 64, 0, x, y)
  LAUNCH (read_beyond, 1, 64, 0, x, y, 961)
  LAUNCH (read_before, 1, 64, 0, x, y)
  LAUNCH (write_beyond, 1, 64, 0, y, 961)
  LAUNCH (write_before, 1, 64, 0, y)
  LAUNCH (last_tile, 17, 64, 0, x, y)
  LAUNCH (static_shared_beyond, 1, 64, 0, x, y)
  LAUNCH (static_shared_before, 1, 64, 0, x, y)
  LAUNCH (dynamic_shared_beyond, 1, 64, 256, x, y)
  LAUNCH (dynamic_shared_read_beyond, 1, 64, 256, x, y)
  LAUNCH (no_dynamic_shared, 1, 64, 0, x, y)
  LAUNCH (uninitialised_shared, 1, 64, 0, x, y)
  LAUNCH (shared_of_another_block, 2, 64, 0, x, y)
  LAUNCH (hidden_nan, 1, 64, 0, x, y)
  LAUNCH (inactive_lane, 1, 32, 0, y)
  LAUNCH (wrong_mask, 1, 32, 0, y)
  LAUNCH (not_in_mask, 1, 32, 0, y)
  LAUNCH (absent_lanes, 1, 16, 0, y)
  LAUNCH (different_shuffles, 1, 32, 0, y)
  LAUNCH (race, 1, 64, 0, y)
  LAUNCH (race_of_sums, 1, 64, 0, y)
  LAUNCH (order_of_blocks, 4, 64, 0, y)
  LAUNCH (too_deep, 1, 1, 0, y)
  return -1;
}
