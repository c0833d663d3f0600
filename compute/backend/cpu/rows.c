/* Tiles of rows: lanes run along i, so no sum ever crosses lanes; column j is broadcast.
 *
 *            y_j (one column, broadcast)
 *       ┌ x_0  … x_15 ┐   Two vectors of rows at a time; columns are independent but for the sums,
 *       │ x_16 … x_31 │   so that the processor overlaps the exponentials of several; nothing is
 *       │ …           │   stored until the run of columns ends.
 *       └ x_48 … x_63 ┘
 *
 * What a pair costs is counted in docs/math/kernel-sums.md.
 *
 * Every (kernel, operation, dimension) is one instance of the same inline functions with constant
 * arguments. Compiled once per instruction set with MONGE_ROWS naming the table. */
#include "compute/backend/cpu/rows.h"
#include "compute/backend/cpu/simd.h"

/* Added under square roots: its root is far below any length that matters, and its inverse root
 * times a difference of zero is zero. */
#define TINY 1e-30f

/* Vectors of rows in flight. */
#define VECTORS 2

#define INLINE static inline __attribute__ ((always_inline))

/* What an instance is made for. */
typedef struct {
  MongeTunedKernel kernel;
  MongeForm form;
  guint dim;
  guint n_weights; /* 0: bias */
  gboolean has_moment;
  gboolean is_max;
} Instance;

/* One vector of rows. */
typedef struct {
  vf x[MONGE_MAX_REDUCTION_DIM], lift;
  vf sum[MONGE_MAX_WEIGHTS], moment[MONGE_MAX_REDUCTION_DIM];
} Rows;

/* x' = x − c of the product form. */
INLINE vf
load_offset (const MongeTile *tile, gsize first, guint d)
{
  return vf_load (tile->x[d] + first) - tile->centre[first / MONGE_GROUP_ROWS][d];
}

INLINE void
load_rows (const Instance k, const MongeTile *tile, gsize first, Rows *rows)
{
#pragma GCC unroll 10
  for (guint d = 0; d < k.dim; d++)
    {
      rows->x[d] = k.form == MONGE_FORM_PRODUCT ? 2.0f * load_offset (tile, first, d)
                                                : vf_load (tile->x[d] + first);
      rows->moment[d] = vf_set (0);
    }
  rows->lift = vf_load (tile->lift + first);
#pragma GCC unroll 4
  for (guint w = 0; w < MAX (k.n_weights, 1); w++)
    rows->sum[w] = vf_set (k.is_max ? -G_MAXFLOAT : 0);
}

INLINE void
store_rows (const Instance k, const Rows *rows, gsize first, MongeTile *tile)
{
#pragma GCC unroll 4
  for (guint w = 0; w < MAX (k.n_weights, 1); w++)
    vf_store (tile->sum[w] + first, rows->sum[w]);
  if (!k.has_moment)
    return;
#pragma GCC unroll 10
  for (guint d = 0; d < k.dim; d++) /* Σ t (x − y) = x' Σ t − Σ t y' */
    vf_store (tile->moment[d] + first,
              k.form == MONGE_FORM_PRODUCT
                  ? load_offset (tile, first, d) * rows->sum[0] - rows->moment[d]
                  : rows->moment[d]);
}

/* from ± Σ_d (x_d − y_d)² */
INLINE vf
add_squares (const Instance k, const Rows *rows, const float *y, float sign, vf from,
             vf *difference)
{
#pragma GCC unroll 10
  for (guint d = 0; d < k.dim; d++)
    {
      difference[d] = rows->x[d] - y[d * MONGE_CHUNK];
      from = sign > 0 ? from + difference[d] * difference[d]
                      : from - difference[d] * difference[d];
    }
  return from;
}

/* Adds one term to the sums and its share, term · factor · vector_d, to the moments.
 * @weight: of the column, or planes of weights */
INLINE void
add_term (const Instance k, Rows *rows, vf term, vf factor, const vf *vector, const float *weight)
{
  if (k.n_weights == 1 && k.has_moment)
    term *= *weight;
  if (k.n_weights == 0 || k.has_moment)
    {
      rows->sum[0] += term;
    }
  else
    {
#pragma GCC unroll 4
      for (guint w = 0; w < k.n_weights; w++)
        rows->sum[w] += term * weight[w * MONGE_CHUNK];
    }
  if (!k.has_moment)
    return;
  if (k.kernel == MONGE_TUNED_LAPLACIAN)
    term *= factor;
#pragma GCC unroll 10
  for (guint d = 0; d < k.dim; d++)
    rows->moment[d] += term * vector[d];
}

/* Where the sum of an exponent starts, and what ends it: the lift comes last, so that what is lost
 * before, with shapes far apart, is the same whatever the lift, and iterations come to rest. */
INLINE vf
first_of (const Instance k, const Rows *rows, const float *weight)
{
  return k.n_weights > 0 ? rows->lift : vf_set (*weight);
}

INLINE vf
with_last (const Instance k, const Rows *rows, vf exponent)
{
  return k.n_weights > 0 ? exponent : exponent + rows->lift;
}

/* 2^(lift + bias − Σ (x − y)²) */
INLINE void
gaussian (const Instance k, Rows *rows, const float *y, const float *weight)
{
  vf difference[MONGE_MAX_REDUCTION_DIM];
  vf exponent = add_squares (k, rows, y, -1, first_of (k, rows, weight), difference);

  if (k.is_max)
    rows->sum[0] = vf_max (rows->sum[0], exponent);
  else
    add_term (k, rows, vf_exp2 (with_last (k, rows, exponent)), exponent, difference, weight);
}

/* 2^(constant_j + ⟨2 x', y'⟩) */
INLINE void
gaussian_product (const Instance k, Rows *rows, const float *y, float constant,
                  const float *weight)
{
  vf vector[MONGE_MAX_REDUCTION_DIM], exponent = vf_set (constant);

#pragma GCC unroll 10
  for (guint d = 0; d < k.dim; d++)
    {
      vector[d] = vf_set (y[d * MONGE_CHUNK]);
      exponent += rows->x[d] * vector[d];
    }
  add_term (k, rows, vf_exp2 (exponent), exponent, vector, weight);
}

/* 2^(lift + bias − d) or weight · d. With q = (d/2)², z ≈ 1/√q and t = q z, a Newton step gives
 * √q = t (3 − t z)/2 and 1/√q = z (3 − t z)/2: hence d = t (3 − t z) and 4/d = z (3 − t z). */
INLINE void
of_distance (const Instance k, Rows *rows, const float *y, const float *weight)
{
  vf difference[MONGE_MAX_REDUCTION_DIM];
  vf q = add_squares (k, rows, y, 1, vf_set (TINY), difference);
  vf z = vf_rsqrt_guess (q), t = q * z, step = 3.0f - t * z;

  if (k.kernel == MONGE_TUNED_DISTANCE)
    {
      rows->sum[0] += (t * step) * *weight;
      if (k.has_moment)
        {
          vf factor = (z * step) * *weight;

#pragma GCC unroll 10
          for (guint d = 0; d < k.dim; d++)
            rows->moment[d] += factor * difference[d];
        }
      return;
    }
  vf exponent = first_of (k, rows, weight) - t * step;

  if (k.is_max)
    rows->sum[0] = vf_max (rows->sum[0], exponent);
  else
    add_term (k, rows, vf_exp2 (with_last (k, rows, exponent)), z * step, difference, weight);
}

/* @constants: of the columns, in the product form */
INLINE void
run_vectors (const Instance k, MongeTile *tile, gsize first, const float *y,
             const float *constants, const float *weights, gsize n)
{
  Rows rows[VECTORS];

  for (guint v = 0; v < VECTORS; v++)
    load_rows (k, tile, first + v * LANES, &rows[v]);
  for (gsize j = 0; j < n; j++)
    {
#pragma GCC unroll 2
      for (guint v = 0; v < VECTORS; v++)
        if (k.form == MONGE_FORM_PRODUCT)
          gaussian_product (k, &rows[v], y + j, constants[j], weights + j);
        else if (k.kernel == MONGE_TUNED_GAUSSIAN)
          gaussian (k, &rows[v], y + j, weights + j);
        else
          of_distance (k, &rows[v], y + j, weights + j);
    }
  for (guint v = 0; v < VECTORS; v++)
    store_rows (k, &rows[v], first + v * LANES, tile);
}

/* y' = y − c and bias + top − |y'|², for the rows of one group. */
INLINE void
shift_columns (const Instance k, const MongeTile *tile, guint group, const float *columns, gsize n,
               float *shifted, float *constants)
{
  const float *bias = columns + k.dim * MONGE_CHUNK;

  for (gsize j = 0; j < n; j += LANES)
    {
      vf constant = k.n_weights > 0 ? vf_set (0) : vf_load (bias + j);

#pragma GCC unroll 10
      for (guint d = 0; d < k.dim; d++)
        {
          vf y = vf_load (columns + d * MONGE_CHUNK + j) - tile->centre[group][d];

          vf_store (shifted + d * MONGE_CHUNK + j, y);
          constant -= y * y;
        }
      vf_store (constants + j, constant + tile->top[group]);
    }
}

INLINE void
run_tile (MongeTunedKernel kernel, MongeTileOp op, guint dim, MongeTile *tile,
          const float *columns, gsize n)
{
  const Instance k = {
    .kernel = kernel,
    .dim = dim,
    .n_weights = op == MONGE_TILE_WEIGHTED_MOMENT ? 1
                 : op >= MONGE_TILE_WEIGHTED_1    ? op - MONGE_TILE_WEIGHTED_1 + 1
                                                  : 0,
    .has_moment = op == MONGE_TILE_MOMENT || op == MONGE_TILE_WEIGHTED_MOMENT,
    .is_max = op == MONGE_TILE_MAX,
  };
  Instance product = k;
  float shifted[MONGE_MAX_REDUCTION_DIM * MONGE_CHUNK + MONGE_CHUNK_PADDING];
  float constants[MONGE_CHUNK + MONGE_CHUNK_PADDING];
  const float *weights = columns + dim * MONGE_CHUNK;

  product.form = MONGE_FORM_PRODUCT;
  for (gsize first = tile->begin; first < tile->end; first += VECTORS * LANES)
    {
      const guint group = first / MONGE_GROUP_ROWS;

      if (kernel != MONGE_TUNED_GAUSSIAN || op == MONGE_TILE_MAX
          || tile->form[group] == MONGE_FORM_DIFFERENCE)
        {
          run_vectors (k, tile, first, columns, NULL, weights, n);
          continue;
        }
      if (first % MONGE_GROUP_ROWS == 0)
        shift_columns (product, tile, group, columns, n, shifted, constants);
      run_vectors (product, tile, first, shifted, constants, weights, n);
    }
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
  .bound = MONGE_BOUND,
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
