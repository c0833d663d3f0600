/* The kernel of sums and moments, an instance per kernel of pairs, operation and dimension; see
 * walk.cuh. Rows × columns are cut into tiles × splits, one warp each, so that few rows fill a card
 * too; what they gather goes to memory as float64, and finish.cu adds the splits up in their order.
 *
 *   operation           for                                              rows per lane, D ≤ 3
 *   log                 softmins; distances                              8
 *   moment              their gradients: soft means                      4
 *   weighted, …_4       sums with one weight, two to four weights        8, 4
 *   weighted moment     gradients of such sums                           4
 *
 * D = 2 and 3 have instances of their own; 4 to 6 and 7 to 10 are padded with zeros. */
#pragma once

#include "compute/backend/cuda/walk.cuh"

#define MONGE_SUMS_WARPS 4

template <class Loop>
static __global__ void
__launch_bounds__ (MONGE_SUMS_WARPS * MONGE_WARP, Loop::n_resident)
monge_sum_rows (MONGE_ARGUMENT (MongeCudaPlan, plan))
{
  MONGE_SHARED (MongeStage<Loop>, stages, [MONGE_SUMS_WARPS]);
  const unsigned warp = threadIdx.x / MONGE_WARP;
  const size_t job = (size_t) blockIdx.x * MONGE_SUMS_WARPS + warp;
  const unsigned split = (unsigned) (job / plan.n_tiles), n_rows = (unsigned) plan.r.x.n;
  MongeWalk<Loop> walk;

  if (split >= plan.n_splits || __any_sync (MONGE_ALL_LANES, monge_plan_is_stopped (&plan)))
    return;
  monge_walk_begin (walk, &plan, (unsigned) (job % plan.n_tiles), split, plan.n_splits,
                    plan.cutoff > -INFINITY, &stages[warp]);
  if (Loop::has_product) /* others have no offset */
    monge_walk_choose_form (walk, split == 0 ? plan.offset : NULL);
  monge_walk_run (walk);

#pragma unroll
  for (int r = 0; r < Loop::n_rows; r++)
    {
      const unsigned row = walk.lane % Loop::n_lanes + r * Loop::n_lanes;
      const bool stores = walk.lane < Loop::n_lanes && row < walk.tile.n;

#pragma unroll
      for (int v = 0; v < Loop::n_values; v++)
        {
          const double value = monge_walk_get_value (walk, r, v);

          if (stores && v < (int) plan.n_values)
            plan.partial[((size_t) split * plan.n_values + v) * n_rows + walk.tile.first + row]
                = value;
        }
    }
  if (walk.lane == 0 && plan.r.status != NULL)
    atomicAdd (&plan.r.status->n_pairs, (unsigned long long) walk.n_columns * walk.tile.n);
}

template <class Loop>
static cudaError_t
monge_launch_sums (const MongeCudaPlan *plan, cudaStream_t stream)
{
  const size_t n_warps = (size_t) plan->n_tiles * plan->n_splits;

  MONGE_LAUNCH (monge_sum_rows<Loop>, monge_count_blocks (n_warps, MONGE_SUMS_WARPS),
                MONGE_SUMS_WARPS * MONGE_WARP, 0, stream, *plan);
  return cudaGetLastError ();
}

/* The instance that @plan needs. */
template <int kernel, int op>
static cudaError_t
monge_launch_sums_of (const MongeCudaPlan *plan, cudaStream_t stream)
{
  return plan->padded == 2   ? monge_launch_sums<MongeLoop<kernel, op, 2>> (plan, stream)
         : plan->padded == 3 ? monge_launch_sums<MongeLoop<kernel, op, 3>> (plan, stream)
         : plan->padded == 6 ? monge_launch_sums<MongeLoop<kernel, op, 6>> (plan, stream)
                             : monge_launch_sums<MongeLoop<kernel, op, 10>> (plan, stream);
}
