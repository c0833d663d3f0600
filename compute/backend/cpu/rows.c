/* Tiles of rows: lanes run along i, so no sum ever crosses lanes; column j is broadcast.
 *
 *            y_j (one column, broadcast)
 *       ┌ x_0  … x_15 ┐   GROUPS vectors of rows in flight hide the latency of the exponential;
 *       │ x_16 … x_31 │   a pair costs D subtractions, D multiply-adds and one exp2, and nothing
 *       │ …           │   is stored until the run of columns ends.
 *       └ x_48 … x_63 ┘
 *
 * Every (kernel, operation, dimension) is one instance of the same inline function with constant
 * arguments. Compiled once per instruction set with MONGE_ROWS naming the table. */
#include "compute/backend/cpu/rows.h"
#include "compute/backend/cpu/simd.h"

/* Added under square roots: its root is far below any length that matters, and its inverse root
 * times a difference of zero is zero. */
#define TINY 1e-30f

#define INLINE static inline __attribute__ ((always_inline))

INLINE void
run_group (MongeTunedKernel kernel,
           MongeTileOp op,
           const guint dim,
           const guint n_weights,
           const guint groups,
           MongeTile *tile,
           gsize first,
           const float *columns,
           gsize n)
{
  const guint stride = dim + MAX (n_weights, 1), n_sums = MAX (n_weights, 1);
  const gboolean has_moment = op == MONGE_TILE_MOMENT || op == MONGE_TILE_WEIGHTED_MOMENT;
  vf x[MONGE_MAX_REDUCTION_DIM][4], lift[4], sum[MONGE_MAX_WEIGHTS][4];
  vf moment[MONGE_MAX_REDUCTION_DIM][4];

  for (guint r = 0; r < groups; r++)
    {
      for (guint d = 0; d < dim; d++)
        {
          x[d][r] = vf_load (tile->x[d] + first + r * LANES);
          moment[d][r] = vf_set (0);
        }
      lift[r] = vf_load (tile->lift + first + r * LANES);
      for (guint w = 0; w < n_sums; w++)
        sum[w][r] = vf_set (op == MONGE_TILE_MAX ? -G_MAXFLOAT : 0);
    }

  for (gsize j = 0; j < n; j++, columns += stride)
    {
#pragma GCC unroll 4
      for (guint r = 0; r < groups; r++)
        {
          vf difference[MONGE_MAX_REDUCTION_DIM];
          vf square = vf_set (0), term, inverse = vf_set (0);

#pragma GCC unroll 10
          for (guint d = 0; d < dim; d++)
            {
              difference[d] = x[d][r] - columns[d];
              square += difference[d] * difference[d];
            }
          if (kernel == MONGE_TUNED_GAUSSIAN)
            {
              term = n_weights > 0 ? lift[r] - square : columns[dim] - square;
            }
          else
            {
              vf safe = square + TINY;

              inverse = vf_rsqrt (safe);
              if (kernel == MONGE_TUNED_DISTANCE)
                term = columns[dim] * (safe * inverse);
              else
                term = (n_weights > 0 ? lift[r] : vf_set (columns[dim])) - safe * inverse;
            }
          if (op == MONGE_TILE_MAX)
            {
              sum[0][r] = vf_max (sum[0][r], term);
              continue;
            }
          if (n_weights > 0)
            term = vf_exp2 (term);
          else if (kernel != MONGE_TUNED_DISTANCE)
            term = vf_exp2 (term + lift[r]);
          if (n_weights == 1)
            term *= columns[dim];
#pragma GCC unroll 4
          for (guint w = 0; w < n_sums; w++)
            sum[w][r] += n_weights > 1 ? term * columns[dim + w] : term;
          if (has_moment)
            {
              if (kernel == MONGE_TUNED_DISTANCE)
                term = columns[dim] * inverse;
              else if (kernel == MONGE_TUNED_LAPLACIAN)
                term = term * inverse;
#pragma GCC unroll 10
              for (guint d = 0; d < dim; d++)
                moment[d][r] += term * difference[d];
            }
        }
    }

  for (guint r = 0; r < groups; r++)
    {
      for (guint w = 0; w < n_sums; w++)
        vf_store (tile->sum[w] + first + r * LANES, sum[w][r]);
      if (has_moment)
        for (guint d = 0; d < dim; d++)
          vf_store (tile->moment[d] + first + r * LANES, moment[d][r]);
    }
}

INLINE void
run_tile (MongeTunedKernel kernel,
          MongeTileOp op,
          const guint dim,
          MongeTile *tile,
          const float *columns,
          gsize n)
{
  const gboolean has_moment = op == MONGE_TILE_MOMENT || op == MONGE_TILE_WEIGHTED_MOMENT;
  const guint n_weights = op == MONGE_TILE_WEIGHTED_MOMENT ? 1
                          : op >= MONGE_TILE_WEIGHTED_1    ? op - MONGE_TILE_WEIGHTED_1 + 1
                                                           : 0;
  /* As many rows in flight as the registers hold. */
  const guint groups = LANES < 16 || dim > 3 || n_weights > 1 || (has_moment && dim > 2) ? 2 : 4;

  for (gsize first = 0; first < tile->n_rows; first += groups * LANES)
    run_group (kernel, op, dim, n_weights, groups, tile, first, columns, n);
}

#define TILE_FUNC(kernel, op, dim)                                                                 \
  static void tile_##kernel##_##op##_##dim (MongeTile *tile, const float *columns, gsize n)        \
  {                                                                                                \
    run_tile (MONGE_TUNED_##kernel, MONGE_TILE_##op, dim, tile, columns, n);                      \
  }
#define TILE_DIMS(kernel, op)                                                                      \
  TILE_FUNC (kernel, op, 1)                                                                        \
  TILE_FUNC (kernel, op, 2)                                                                        \
  TILE_FUNC (kernel, op, 3)                                                                        \
  TILE_FUNC (kernel, op, 4)                                                                        \
  TILE_FUNC (kernel, op, 5)                                                                        \
  TILE_FUNC (kernel, op, 6)                                                                        \
  TILE_FUNC (kernel, op, 7)                                                                        \
  TILE_FUNC (kernel, op, 8)                                                                        \
  TILE_FUNC (kernel, op, 9)                                                                        \
  TILE_FUNC (kernel, op, 10)

TILE_DIMS (GAUSSIAN, SUM)
TILE_DIMS (GAUSSIAN, MOMENT)
TILE_DIMS (GAUSSIAN, MAX)
TILE_DIMS (GAUSSIAN, WEIGHTED_MOMENT)
TILE_DIMS (GAUSSIAN, WEIGHTED_1)
TILE_DIMS (GAUSSIAN, WEIGHTED_2)
TILE_DIMS (GAUSSIAN, WEIGHTED_3)
TILE_DIMS (GAUSSIAN, WEIGHTED_4)
TILE_DIMS (LAPLACIAN, SUM)
TILE_DIMS (LAPLACIAN, MOMENT)
TILE_DIMS (LAPLACIAN, MAX)
TILE_DIMS (LAPLACIAN, WEIGHTED_MOMENT)
TILE_DIMS (LAPLACIAN, WEIGHTED_1)
TILE_DIMS (LAPLACIAN, WEIGHTED_2)
TILE_DIMS (LAPLACIAN, WEIGHTED_3)
TILE_DIMS (LAPLACIAN, WEIGHTED_4)
TILE_DIMS (DISTANCE, SUM)
TILE_DIMS (DISTANCE, MOMENT)

#define ROW(kernel, op)                                                                            \
  { tile_##kernel##_##op##_1, tile_##kernel##_##op##_2, tile_##kernel##_##op##_3,                  \
    tile_##kernel##_##op##_4, tile_##kernel##_##op##_5, tile_##kernel##_##op##_6,                  \
    tile_##kernel##_##op##_7, tile_##kernel##_##op##_8, tile_##kernel##_##op##_9,                  \
    tile_##kernel##_##op##_10 }

const MongeInstructionSet MONGE_ROWS = {
  .name = MONGE_ROWS_NAME,
  .funcs = {
    { ROW (GAUSSIAN, SUM), ROW (GAUSSIAN, MOMENT), ROW (GAUSSIAN, MAX),
      ROW (GAUSSIAN, WEIGHTED_MOMENT), ROW (GAUSSIAN, WEIGHTED_1),
      ROW (GAUSSIAN, WEIGHTED_2), ROW (GAUSSIAN, WEIGHTED_3), ROW (GAUSSIAN, WEIGHTED_4) },
    { ROW (LAPLACIAN, SUM), ROW (LAPLACIAN, MOMENT), ROW (LAPLACIAN, MAX),
      ROW (LAPLACIAN, WEIGHTED_MOMENT), ROW (LAPLACIAN, WEIGHTED_1),
      ROW (LAPLACIAN, WEIGHTED_2), ROW (LAPLACIAN, WEIGHTED_3), ROW (LAPLACIAN, WEIGHTED_4) },
    { ROW (DISTANCE, SUM), ROW (DISTANCE, MOMENT) },
  },
};
