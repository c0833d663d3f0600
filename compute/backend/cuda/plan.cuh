/* A reduction as its kernels see it, once the launcher has laid out scratch memory and decided how
 * columns are split. For .cu files alone. */
#pragma once

#include "compute/backend/cuda/device.h"
#include "compute/backend/cuda/kernels.h"

/* What the inner loop gathers. */
typedef enum {
  MONGE_SUMS_LOG,             /* Σ 2^(lift + bias − …), or Σ bias d for distances */
  MONGE_SUMS_MOMENT,          /* and the moment */
  MONGE_SUMS_WEIGHTED,        /* Σ w 2^(lift − …) */
  MONGE_SUMS_WEIGHTED_4,      /* 2 to 4 weights */
  MONGE_SUMS_WEIGHTED_MOMENT, /* one weight and the moment */
  MONGE_SUMS_MAX,             /* largest exponent, lift left out */
  MONGE_N_SUMS,
} MongeSumsOp;

/* Boxes around runs of points: box b has its numbers at planes[k × stride + b]; k = 3 d, 3 d + 1 and
 * 3 d + 2 are lower, upper and slope of coordinate d, 3 dim and 3 dim + 1 top and peak. */
typedef struct {
  float *planes;
  unsigned stride;
} MongeCudaBoxes;

/**
 * MongeCudaPlan:
 * @r: the reduction asked for
 * @n_tiles: of rows, one warp per split of the columns each
 * @n_splits: 0 if there are no columns
 * @n_values: sums and moments of one row
 * @scale: of coordinates
 * @cutoff: exponent below which a pair of boxes is dropped; −∞ keeps all
 * @smallest: log2 of the sum below which a row is computed again
 * @columns: (columns, to whole blocks, × @n_vectors) coordinates, scaled and padded with zeros, then
 *   the bias or weights; columns beyond the last add nothing
 * @padded: dimension, padded to what instances are made for
 * @n_vectors: of one column: (@padded + sums + 3) / 4
 * @partial: (n_splits × n_values × rows)
 * @offset: (rows) log2 of what sums of Gaussians are still to be multiplied by; not set where @padded
 *   is above %MONGE_PRODUCT_MAX_DIM
 * @again: (2 × n_tiles) whether half a tile is to be computed again
 * @rows, @blocks, @groups: boxes of tiles, of blocks of columns and of 32 blocks each
 */
typedef struct {
  MongeCudaReduction r;
  const MongeCudaTile *tiles;
  const size_t *first;
  const MongeCudaRange *ranges;
  unsigned n_tiles, n_splits, n_values;
  int is_log, padded, n_vectors;
  float scale, cutoff;
  double smallest;
  float4 *columns;
  double *partial;
  double *offset;
  int *again;
  MongeCudaBoxes rows, blocks, groups;
} MongeCudaPlan;

/* A row whose sum is outside is computed again around its own maximum. */
#define MONGE_LARGEST_SUM 100.0 /* log2 */
#define MONGE_SMALLEST_SUM -60.0

/* With more dimensions rows are seldom near each other: see walk.cuh. */
#define MONGE_PRODUCT_MAX_DIM 6
#define MONGE_GROUP 32 /* blocks of columns */

#define MONGE_LOWEST -3.402823466e38f /* float32 */

/* Scales columns and lays them side by side; fits boxes, where there is a cutoff. */
cudaError_t monge_cuda_prepare_sums (const MongeCudaPlan *plan, cudaStream_t stream);
cudaError_t monge_cuda_sum_gaussians (const MongeCudaPlan *plan, MongeSumsOp op,
                                      cudaStream_t stream);
cudaError_t monge_cuda_sum_distances (const MongeCudaPlan *plan, MongeSumsOp op,
                                      cudaStream_t stream);
cudaError_t monge_cuda_finish_sums (const MongeCudaPlan *plan, cudaStream_t stream);
cudaError_t monge_cuda_sum_again (const MongeCudaPlan *plan, cudaStream_t stream);

/* Rows of tile @t. */
static __device__ __forceinline__ MongeCudaTile
monge_plan_get_tile (const MongeCudaPlan *plan, unsigned t)
{
  MongeCudaTile tile;
  const unsigned left = (unsigned) plan->r.x.n - t * MONGE_CUDA_TILE;

  if (plan->tiles != NULL)
    return plan->tiles[t];
  tile.first = t * MONGE_CUDA_TILE;
  tile.n = left < MONGE_CUDA_TILE ? left : MONGE_CUDA_TILE;
  tile.block = 0;
  return tile;
}

/* Coordinate @d of row @row, scaled. */
static __device__ __forceinline__ float
monge_plan_get_row (const MongeCudaPlan *plan, unsigned row, int d)
{
  return d < plan->r.dim ? plan->scale * plan->r.x.planes[d * plan->r.x.stride + row] : 0.0f;
}

/* Whether some column is in reach of the tile. */
static __device__ __forceinline__ bool
monge_plan_meets_columns (const MongeCudaPlan *plan, const MongeCudaTile &tile)
{
  if (plan->r.y.n == 0)
    return false;
  return plan->first == NULL || plan->first[tile.block] < plan->first[tile.block + 1];
}

static __device__ __forceinline__ bool
monge_plan_is_stopped (const MongeCudaPlan *plan)
{
  return plan->r.stop != NULL && *plan->r.stop != 0;
}
