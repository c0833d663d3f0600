/* The steps of compute/backend/steps.h, one kernel each, from the same source as on the CPU.
 *
 *   run_step     a thread per row; where there are totals, blocks take runs of rows of fixed
 *                length, and each stores its share
 *   add_totals   adds the shares up, always in the same order: the same bits on every run */
#include "compute/backend/cuda/device.h"
#include "compute/backend/cuda/kernels.h"
#include "compute/backend/steps.h"

#define THREADS 256
#define WARPS (THREADS / MONGE_WARP)
/* Rows whose totals one block gathers. */
#define ROWS 1024

/* Totals of a block: sums, then maxima. */
static __device__ __forceinline__ double
join (int k, int n_sums, double a, double b)
{
  return k < n_sums ? a + b : fmax (a, b);
}

/* A step without totals. */
template <class Step>
static __global__ void
__launch_bounds__ (THREADS)
run_step (MONGE_ARGUMENT (MongeStepData, data))
{
  const size_t i = (size_t) blockIdx.x * THREADS + threadIdx.x;

  if (i < data.n)
    Step::run (&data, i, NULL, NULL);
}

/* @shares: (blocks × totals) */
template <class Step>
static __global__ void
__launch_bounds__ (THREADS)
run_step_with_totals (MONGE_ARGUMENT (MongeStepData, data), double *shares)
{
  constexpr int n = Step::n_sums + Step::n_maxima;
  MONGE_SHARED (double, of_warps, [WARPS][n]);
  const unsigned lane = threadIdx.x % MONGE_WARP, warp = threadIdx.x / MONGE_WARP;
  double sums[Step::n_sums + 1], maxima[Step::n_maxima + 1];

#pragma unroll
  for (int k = 0; k < Step::n_sums; k++)
    sums[k] = 0;
#pragma unroll
  for (int k = 0; k < Step::n_maxima; k++)
    maxima[k] = -INFINITY;
#pragma unroll 1
  for (size_t k = threadIdx.x; k < ROWS; k += THREADS)
    {
      const size_t i = (size_t) blockIdx.x * ROWS + k;

      if (i < data.n)
        Step::run (&data, i, sums, maxima);
    }
#pragma unroll
  for (int k = 0; k < n; k++)
    {
      double total = k < Step::n_sums ? sums[k] : maxima[k < Step::n_sums ? 0 : k - Step::n_sums];

      for (int step = 1; step < MONGE_WARP; step *= 2)
        total = join (k, Step::n_sums, total, __shfl_xor_sync (MONGE_ALL_LANES, total, step));
      if (lane == 0)
        of_warps[warp][k] = total;
    }
  __syncthreads ();
  if (threadIdx.x < n)
    {
      double total = of_warps[0][threadIdx.x];

      for (unsigned w = 1; w < WARPS; w++)
        total = join (threadIdx.x, Step::n_sums, total, of_warps[w][threadIdx.x]);
      shares[(size_t) blockIdx.x * n + threadIdx.x] = total;
    }
}

/* One block per total. */
static __global__ void
__launch_bounds__ (THREADS)
add_totals (const double *shares, unsigned n_shares, int n_sums, double *totals)
{
  MONGE_SHARED (double, of_threads, [THREADS]);
  const int k = blockIdx.x, n = gridDim.x;
  double total = k < n_sums ? 0 : -INFINITY;

  for (size_t s = threadIdx.x; s < n_shares; s += THREADS)
    total = join (k, n_sums, total, shares[s * n + k]);
  of_threads[threadIdx.x] = total;
  __syncthreads ();
  for (unsigned half = THREADS / 2; half > 0; half /= 2)
    {
      if (threadIdx.x < half)
        of_threads[threadIdx.x]
            = join (k, n_sums, of_threads[threadIdx.x], of_threads[threadIdx.x + half]);
      __syncthreads ();
    }
  if (threadIdx.x == 0)
    totals[k] = of_threads[0];
}

/* ------------------------------------------------------------------------------------------------
 * The table
 */

#define MONGE_STEP(name, NAME, n_sums_, n_maxima_)                                                 \
  struct Step_##name {                                                                             \
    static constexpr int n_sums = n_sums_;                                                         \
    static constexpr int n_maxima = n_maxima_;                                                     \
    static __device__ __forceinline__ void                                                         \
    run (const MongeStepData *data, size_t i, double *sums, double *maxima)                        \
    {                                                                                              \
      monge_step_##name (data, i, sums, maxima);                                                   \
    }                                                                                              \
  };
MONGE_STEPS
#undef MONGE_STEP

typedef struct {
  int n_sums, n_maxima;
  void (*plain) (MongeStepData);
  void (*with_totals) (MongeStepData, double *);
} Type;

/* One of the two kernels of a step. */
template <class Step, bool has_totals>
struct Kernels {
  static constexpr Type type = { 0, 0, run_step<Step>, NULL };
};

template <class Step>
struct Kernels<Step, true> {
  static constexpr Type type = { Step::n_sums, Step::n_maxima, NULL, run_step_with_totals<Step> };
};

#define MONGE_STEP(name, NAME, n_sums, n_maxima) Kernels<Step_##name, n_sums + n_maxima != 0>::type,
static const Type types[] = { MONGE_STEPS };
#undef MONGE_STEP

#define N_TYPES ((int) (sizeof types / sizeof types[0]))

size_t
monge_cuda_step_get_scratch (int id, size_t n)
{
  if (id < 0 || id >= N_TYPES)
    return 0;
  return (types[id].n_sums + types[id].n_maxima) * (size_t) monge_count_blocks (n, ROWS)
         * sizeof (double);
}

cudaError_t
monge_cuda_step (int id, const void *step_data, double *totals, void *scratch, cudaStream_t stream)
{
  const MongeStepData *data = (const MongeStepData *) step_data;
  double *shares = (double *) scratch;
  unsigned n_shares;
  int n_totals;

  if (id < 0 || id >= N_TYPES)
    return cudaErrorInvalidValue;
  n_totals = types[id].n_sums + types[id].n_maxima;
  if (n_totals == 0 && data->n == 0)
    return cudaSuccess;
  if (n_totals == 0)
    {
      MONGE_LAUNCH (types[id].plain, monge_count_blocks (data->n, THREADS), THREADS, 0, stream,
                    *data);
      return cudaGetLastError ();
    }
  n_shares = monge_count_blocks (data->n, ROWS);
  if (n_shares > 0)
    MONGE_LAUNCH (types[id].with_totals, n_shares, THREADS, 0, stream, *data, shares);
  MONGE_LAUNCH (add_totals, n_totals, THREADS, 0, stream, shares, n_shares, types[id].n_sums,
                totals);
  return cudaGetLastError ();
}
