/* The tiles that finish.cu noted, once more: the largest exponent of each row first, then sums around
 * it, all columns visited, in the difference form. One block per tile, whose warps share the columns
 * out; other tiles are left at once, so that nothing but the card needs to know which. */
#include "compute/backend/cuda/store.cuh"
#include "compute/backend/cuda/walk.cuh"

/* What a block can hold. */
template <class Sum>
static constexpr int n_warps = Sum::dim > 3 ? 4 : 8;

/* The 64 rows of a tile. */
template <class Sum>
struct Shared {
  double values[Sum::n_values][MONGE_CUDA_TILE];
  float largest[n_warps<Sum>][MONGE_CUDA_TILE];
};

/* One after the other. */
template <class Sum, class Max>
union Stages {
  MongeStage<Max> max[n_warps<Sum>];
  MongeStage<Sum> sum[n_warps<Sum>];
};

/* What a block keeps in shared memory. */
template <class Sum, class Max>
struct Block {
  Stages<Sum, Max> stages;
  Shared<Sum> shared;
};

template <class Max>
static __device__ __forceinline__ void
find_largest (const MongeCudaPlan *plan, unsigned n_splits, MongeStage<Max> *stage, float *largest)
{
  MongeWalk<Max> walk;

  monge_walk_begin (walk, plan, blockIdx.x, threadIdx.x / MONGE_WARP, n_splits, false, stage);
  monge_walk_run (walk);
#pragma unroll
  for (int r = 0; r < Max::n_rows; r++)
    {
      float value = stage->totals[r][0][walk.lane].x;

#pragma unroll
      for (int step = Max::n_lanes; step < MONGE_WARP; step *= 2)
        value = fmaxf (value, __shfl_xor_sync (MONGE_ALL_LANES, value, step));
      if (walk.lane < Max::n_lanes)
        largest[walk.lane + r * Max::n_lanes] = value;
    }
}

template <class Sum>
static __device__ __forceinline__ void
sum_around (const MongeCudaPlan *plan, MongeStage<Sum> *stage, Shared<Sum> *shared)
{
  const unsigned warp = threadIdx.x / MONGE_WARP;
  MongeWalk<Sum> walk;

  monge_walk_begin (walk, plan, blockIdx.x, warp, n_warps<Sum>, false, stage);
#pragma unroll
  for (int r = 0; r < Sum::n_rows; r++)
    walk.rows.lift[r] = -shared->largest[0][walk.lane % Sum::n_lanes + r * Sum::n_lanes];
  monge_walk_run (walk);
  if (walk.lane == 0 && plan->r.status != NULL)
    atomicAdd (&plan->r.status->n_pairs, (unsigned long long) walk.n_columns * walk.tile.n);
#pragma unroll 1
  for (unsigned turn = 0; turn < n_warps<Sum>; turn++)
    {
#pragma unroll
      for (int r = 0; r < Sum::n_rows; r++)
#pragma unroll
        for (int v = 0; v < Sum::n_values; v++)
          {
            double *to = &shared->values[v][walk.lane % Sum::n_lanes + r * Sum::n_lanes];
            const double value = monge_walk_get_value (walk, r, v);

            if (turn == warp && walk.lane < Sum::n_lanes)
              *to = turn == 0 ? value : *to + value;
          }
      __syncthreads ();
    }
}

template <class Sum, class Max>
static __global__ void
__launch_bounds__ (n_warps<Sum> * MONGE_WARP, 2)
sum_again (MONGE_ARGUMENT (MongeCudaPlan, plan))
{
  typedef Block<Sum, Max> Memory;
  MONGE_SHARED (Memory, memory);
  Shared<Sum> &shared = memory.shared;
  const unsigned warp = threadIdx.x / MONGE_WARP, i = threadIdx.x;
  const MongeCudaTile tile = monge_plan_get_tile (&plan, blockIdx.x);

  if ((plan.again[2 * blockIdx.x] | plan.again[2 * blockIdx.x + 1]) == 0) /* the whole block */
    return;
  find_largest (&plan, n_warps<Sum>, &memory.stages.max[warp], shared.largest[warp]);
  __syncthreads ();
  if (i < MONGE_CUDA_TILE)
    for (unsigned w = 1; w < n_warps<Sum>; w++)
      shared.largest[0][i] = fmaxf (shared.largest[0][i], shared.largest[w][i]);
  __syncthreads ();
  sum_around (&plan, &memory.stages.sum[warp], &shared);
  if (i < tile.n)
    {
      const MongeGathered gathered = { &shared.values[0][i], MONGE_CUDA_TILE, 1, 0 };
      MongeRowState state = { false, 0, 0, -(double) shared.largest[0][i] };

      if (plan.r.lift != NULL)
        state.lift = plan.r.lift[tile.first + i];
      monge_store_row (&plan, tile.first + i, gathered, state);
    }
}

template <int kernel, int op, int dim>
static cudaError_t
launch (const MongeCudaPlan *plan, cudaStream_t stream)
{
  typedef MongeLoop<kernel, op, dim, false> Sum;
  void (*func) (MongeCudaPlan) = sum_again<Sum, MongeLoop<kernel, MONGE_SUMS_MAX, dim>>;

  MONGE_LAUNCH (func, plan->n_tiles, n_warps<Sum> * MONGE_WARP, 0, stream, *plan);
  return cudaGetLastError ();
}

template <int kernel, int op>
static cudaError_t
launch_dim (const MongeCudaPlan *plan, cudaStream_t stream)
{
  return plan->padded == 2   ? launch<kernel, op, 2> (plan, stream)
         : plan->padded == 3 ? launch<kernel, op, 3> (plan, stream)
         : plan->padded == 6 ? launch<kernel, op, 6> (plan, stream)
                             : launch<kernel, op, 10> (plan, stream);
}

cudaError_t
monge_cuda_sum_again (const MongeCudaPlan *plan, cudaStream_t stream)
{
  if (plan->r.kernel == MONGE_CUDA_GAUSSIAN)
    return plan->r.moment != NULL
               ? launch_dim<MONGE_CUDA_GAUSSIAN, MONGE_SUMS_MOMENT> (plan, stream)
               : launch_dim<MONGE_CUDA_GAUSSIAN, MONGE_SUMS_LOG> (plan, stream);
  return plan->r.moment != NULL
             ? launch_dim<MONGE_CUDA_LAPLACIAN, MONGE_SUMS_MOMENT> (plan, stream)
             : launch_dim<MONGE_CUDA_LAPLACIAN, MONGE_SUMS_LOG> (plan, stream);
}
