/* Adds up what the splits of the columns gathered, in their order and in float64, and stores results;
 * notes the rows whose sum has left the range of float32, or may owe its size to what a cutoff left
 * out. One block per tile, one thread per row. */
#include "compute/backend/cuda/store.cuh"

static __global__ void
__launch_bounds__ (MONGE_CUDA_TILE)
finish_rows (MONGE_ARGUMENT (MongeCudaPlan, plan))
{
  const MongeCudaTile tile = monge_plan_get_tile (&plan, blockIdx.x);
  const unsigned i = threadIdx.x, n_rows = (unsigned) plan.r.x.n;
  const unsigned row = tile.first + (i < tile.n ? i : tile.n - 1);
  const MongeGathered gathered
      = { plan.partial + row, n_rows, plan.n_splits, (size_t) plan.n_values * n_rows };
  MongeRowState state = { !monge_plan_meets_columns (&plan, tile), 0, 0, 0 };
  bool is_outside = false;

  if (plan.r.kernel == MONGE_CUDA_GAUSSIAN && plan.padded <= MONGE_PRODUCT_MAX_DIM
      && plan.n_splits > 0)
    state.offset = plan.offset[row];
  if (plan.r.lift != NULL)
    state.lift = state.used = plan.r.lift[row];
  if (plan.is_log && !state.is_empty)
    {
      const double sum = log2 (monge_gathered_get (gathered, 0));

      is_outside = !(sum + state.offset >= plan.smallest && sum <= MONGE_LARGEST_SUM);
    }
  is_outside = __any_sync (MONGE_ALL_LANES, is_outside);
  if (i % MONGE_WARP == 0 && plan.again != NULL)
    plan.again[2 * blockIdx.x + i / MONGE_WARP] = is_outside;
  if (i < tile.n && !is_outside)
    monge_store_row (&plan, row, gathered, state);
}

cudaError_t
monge_cuda_finish_sums (const MongeCudaPlan *plan, cudaStream_t stream)
{
  MONGE_LAUNCH (finish_rows, plan->n_tiles, MONGE_CUDA_TILE, 0, stream, *plan);
  return cudaGetLastError ();
}
