#include "compute/backend/cuda/device.h"
#include "tests/host-card/test-kernels.h"

template <typename T>
static __device__ T
sum_warp (T value)
{
  for (int offset = 16; offset > 0; offset /= 2)
    value += __shfl_down_sync (0xffffffffu, value, offset);
  return value;
}

static __global__ void __launch_bounds__ (1024)
sum_blocks (const float *__restrict__ x, int n, float *__restrict__ sums)
{
  MONGE_SHARED (float, partial, [32]);
  int i = (int) (blockIdx.x * blockDim.x + threadIdx.x);
  float sum = sum_warp (i < n ? x[i] : 0.0f);

  if (threadIdx.x % 32 == 0)
    partial[threadIdx.x / 32] = sum;
  __syncthreads ();
  if (threadIdx.x < 32)
    {
      sum = sum_warp (threadIdx.x < blockDim.x / 32 ? partial[threadIdx.x] : 0.0f);
      if (threadIdx.x == 0)
        sums[blockIdx.x] = sum;
    }
}

cudaError_t
test_sum_blocks (const float *x, int n, float *sums, unsigned n_blocks, unsigned n_threads,
                 cudaStream_t stream)
{
  MONGE_LAUNCH (sum_blocks, n_blocks, n_threads, 0, stream, x, n, sums);
  return cudaGetLastError ();
}

template <int step>
static __global__ void
reverse (const float *x, float *y)
{
  MONGE_DYNAMIC_SHARED (float, kept);
  unsigned i = threadIdx.x, first = blockIdx.x * blockDim.x;

  kept[i * step] = x[first + i];
  __syncthreads ();
  y[first + i] = kept[(blockDim.x - 1 - i) * step];
}

cudaError_t
test_reverse (const float *x, float *y, unsigned n_blocks, unsigned n_threads, cudaStream_t stream)
{
  MONGE_LAUNCH ((reverse<1>), n_blocks, n_threads, n_threads * sizeof *x, stream, x, y);
  return cudaGetLastError ();
}

static __global__ void
shuffles (int *out)
{
  const unsigned all = 0xffffffffu;
  int lane = (int) threadIdx.x;

  out[lane] = __shfl_sync (all, 100 + lane, 5);
  out[32 + lane] = __shfl_sync (all, 100 + lane, lane + 1, 8);
  out[64 + lane] = __shfl_up_sync (all, 100 + lane, 3);
  out[96 + lane] = __shfl_down_sync (all, 100 + lane, 3);
  out[128 + lane] = __shfl_xor_sync (all, 100 + lane, 7);
  out[160 + lane] = (int) (__shfl_xor_sync (all, 1e10 + lane, 1) - 1e10);
  if (lane % 2 == 0)
    out[192 + lane] = __shfl_sync (0x55555555u, 100 + lane, (lane + 2) % 32);
  else
    out[192 + lane] = __shfl_sync (0xaaaaaaaau, 100 + lane, (lane + 2) % 32);
  out[224 + lane] = __shfl_up_sync (all, 100 + lane, 1, 16);
}

cudaError_t
test_shuffles (int *out, cudaStream_t stream)
{
  MONGE_LAUNCH (shuffles, 1, 32, 0, stream, out);
  return cudaGetLastError ();
}

static __global__ void
votes (int *counts)
{
  int odd = threadIdx.x % 2;
  int n_odd = __syncthreads_count (odd);
  int any = __syncthreads_or (threadIdx.x == 77);
  int all = __syncthreads_and (threadIdx.x < 1000);
  int ballot = __popc (__ballot_sync (0xffffffffu, odd));
  int warp_any = __any_sync (0xffffffffu, threadIdx.x == 3);
  int warp_all = __all_sync (0xffffffffu, threadIdx.x < 32);

  if (threadIdx.x % 32 != 0)
    return;
  counts += threadIdx.x / 32 * 6;
  counts[0] = n_odd;
  counts[1] = any;
  counts[2] = all;
  counts[3] = ballot;
  counts[4] = warp_any;
  counts[5] = warp_all;
}

cudaError_t
test_votes (int *counts, cudaStream_t stream)
{
  MONGE_LAUNCH (votes, 1, 96, 0, stream, counts);
  return cudaGetLastError ();
}

static __global__ void
turns (int *before, int *after, int *counter)
{
  unsigned i = blockIdx.x * blockDim.x + threadIdx.x;

  before[i] = atomicAdd (counter, 1);
  __syncthreads ();
  after[i] = atomicAdd (counter, 1);
}

cudaError_t
test_turns (int *before, int *after, int *counter, unsigned n_blocks, unsigned n_threads,
            cudaStream_t stream)
{
  MONGE_LAUNCH (turns, n_blocks, n_threads, 0, stream, before, after, counter);
  return cudaGetLastError ();
}

static __global__ void
functions (const float *x, float *y, int n)
{
  int i = (int) (blockIdx.x * blockDim.x + threadIdx.x);

  if (i >= n)
    return;
  y[i] = exp2f (x[i]);
  y[n + i] = expf (x[i]);
  y[2 * n + i] = __expf (x[i]);
  y[3 * n + i] = log2f (x[i]);
  y[4 * n + i] = sqrtf (x[i]);
  y[5 * n + i] = rsqrtf (x[i]);
  y[6 * n + i] = __fdividef (1.0f, x[i]);
  y[7 * n + i] = x[i] * 1e-38f;
}

cudaError_t
test_functions (const float *x, float *y, int n, cudaStream_t stream)
{
  MONGE_LAUNCH (functions, dim3 ((unsigned) (n + 63) / 64), 64, 0, stream, x, y, n);
  return cudaGetLastError ();
}

static __global__ void
fill (float *y, float value, int n)
{
  int i = (int) (blockIdx.x * blockDim.x + threadIdx.x);

  if (i < n)
    y[i] = value;
}

cudaError_t
test_fill (float *y, float value, int n, cudaStream_t stream)
{
  MONGE_LAUNCH (fill, (unsigned) (n + 127) / 128, 128, 0, stream, y, value, n);
  return cudaGetLastError ();
}

static __global__ void
atomics (unsigned *count, float *sum, int *least)
{
  atomicAdd (count, 1u);
  atomicAdd (sum, 0.5f);
  atomicMin (least, (int) blockIdx.x - (int) threadIdx.x);
}

cudaError_t
test_atomics (unsigned *count, float *sum, int *least, unsigned n_blocks, cudaStream_t stream)
{
  MONGE_LAUNCH (atomics, n_blocks, 64, 0, stream, count, sum, least);
  return cudaGetLastError ();
}
