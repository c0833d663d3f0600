/* One warp: a tile of 64 rows against the blocks of 32 columns that it has to visit.
 *
 *                 32 columns: one loaded by each lane, staged in shared memory, read by all
 *              ┌ phase 0 ┬ phase 1 ┬ phase 2 ┬ phase 3 ┐
 *     8 lanes, │         │         │         │         │   Each lane keeps several rows in
 *     8 rows   │         │         │         │         │   registers, so that one load of a column
 *     each     │         │         │         │         │   serves as many pairs; lanes that have
 *              └─────────┴─────────┴─────────┴─────────┘   the same rows share the columns out.
 *
 * Warps work by themselves, without barriers: a tile is small, so that its rows are near each other
 * and few blocks can matter to them, and a column that was staged is read 64 times.
 *
 * Two forms of the exponent of Gaussians, as in compute/backend/cpu/rows.h, chosen per tile:
 *   difference  bias_j − Σ_d (x_d − y_d)² + lift_i                3 D + 1 operations less
 *   product     (bias_j + top − |y'|²) + ⟨2 x', y'⟩               D operations, the constant staged;
 *               the row's 2^(lift_i − top − |x'|²) multiplies the finished sum
 * with x' = x − c and y' = y − c around the centre c of the tile; where rows stay within √RADIUS of
 * it, exponents are off by no more than the difference form loses at distance 4.
 *
 * Terms are added in float32 over at most 256 columns per lane; these sums are added in pairs of
 * float32 (a sum and what rounding left of it, after Knuth), as good as float64 and fast on cards
 * that have little of that. */
#pragma once

#include "compute/backend/cuda/bound.cuh"

/* See MongeForm. */
#define MONGE_PRODUCT_RADIUS 4.0f
#define MONGE_PRODUCT_LIFTS 60.0f

/* Added under square roots: far below any length that matters, and its inverse root times a
 * difference of zero is zero. */
#define MONGE_TINY 1e-30f

/* What an instance of the loop is made for: @dim is padded with zeros to 2, 3, 6 or 10. Rows in ten
 * dimensions are seldom near each other, so there is no product form of these. */
template <int kernel_, int op_, int dim_, bool has_product_ = dim_ <= MONGE_PRODUCT_MAX_DIM>
struct MongeLoop {
  static constexpr int kernel = kernel_;
  static constexpr int op = op_;
  static constexpr int dim = dim_;
  static constexpr bool is_max = op == MONGE_SUMS_MAX;
  static constexpr bool is_weighted = op == MONGE_SUMS_WEIGHTED || op == MONGE_SUMS_WEIGHTED_4
                                      || op == MONGE_SUMS_WEIGHTED_MOMENT;
  static constexpr bool has_moment = op == MONGE_SUMS_MOMENT || op == MONGE_SUMS_WEIGHTED_MOMENT;
  static constexpr bool has_product
      = has_product_ && kernel == MONGE_CUDA_GAUSSIAN && !is_max;
  static constexpr int n_sums = op == MONGE_SUMS_WEIGHTED_4 ? 4 : 1;
  static constexpr int n_values = n_sums + (has_moment ? dim : 0);
  /* Rows per lane, lanes that have different rows, and lanes that have the same. */
  static constexpr int n_rows = dim > 3 ? 2 : n_values == 1 ? 8 : 4;
  static constexpr int n_lanes = MONGE_CUDA_TILE / n_rows;
  static constexpr int n_phases = MONGE_WARP / n_lanes;
  /* Blocks of threads that a processor shall hold: bounds registers. Of five, two numbers would be
   * spilled on 8.0. */
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ == 800
  static constexpr int n_resident = 4;
#else
  static constexpr int n_resident
      = n_values == 1 && dim <= 3 && kernel == MONGE_CUDA_GAUSSIAN ? 5 : 4;
#endif
  static constexpr int n_unrolled
      = dim > 6 ? 2 : dim > 3 || kernel != MONGE_CUDA_GAUSSIAN ? 4 : 8; /* columns */
  /* Vectors of four: coordinates, then bias or weights. */
  static constexpr int n_vectors = (dim + n_sums + 3) / 4;
  /* Blocks whose terms are added in float32. */
  static constexpr int n_blocks = 8 * n_phases;
};

/**
 * MongeStage:
 * @columns: while one half is read the other is written
 * @constants: of the product form with weights
 * @totals: sums over chunks of columns, and what rounding left of them; each lane has its own
 *
 * Memory of one warp.
 */
template <class Loop>
struct MongeStage {
  float4 columns[2][MONGE_CUDA_BLOCK * Loop::n_vectors];
  float constants[2][MONGE_CUDA_BLOCK];
  float2 totals[Loop::n_rows][Loop::n_values][MONGE_WARP];
};

/* One column: coordinates, then bias or weights. */
template <class Loop>
struct MongeColumn {
  float values[4 * Loop::n_vectors];
};

/* Rows of one lane, and what they have gathered in this chunk of columns: sums, then the moment. */
template <class Loop>
struct MongeRows {
  float x[Loop::n_rows][Loop::dim]; /* 2 x' in the product form */
  float lift[Loop::n_rows];
  float chunk[Loop::n_rows][Loop::n_values];
};

/* The way of a warp. */
template <class Loop>
struct MongeWalk {
  const MongeCudaPlan *plan;
  MongeCudaTile tile;
  unsigned index; /* of the tile */
  unsigned split, n_splits;
  bool has_cutoff, is_product;
  float centre[Loop::dim];
  float top;
  unsigned lane, half; /* of the stage */
  unsigned seen;       /* blocks that were dealt out so far */
  unsigned n_columns;  /* visited */
  MongeStage<Loop> *stage;
  MongeRows<Loop> rows;
};

/* ------------------------------------------------------------------------------------------------
 * Rows
 */

/* Whether row @r is there, and this lane the one that stores what several know of it. */
template <class Loop>
static __device__ __forceinline__ bool
monge_walk_stores (const MongeWalk<Loop> &walk, int r)
{
  return walk.lane < Loop::n_lanes && walk.lane + r * Loop::n_lanes < walk.tile.n;
}

template <class Loop>
static __device__ __forceinline__ unsigned
monge_walk_get_row (const MongeWalk<Loop> &walk, int r)
{
  const unsigned row = walk.lane % Loop::n_lanes + r * Loop::n_lanes;

  /* The last stands in for the missing. */
  return walk.tile.first + (row < walk.tile.n ? row : walk.tile.n - 1);
}

template <class Loop>
static __device__ void
monge_walk_load_rows (MongeWalk<Loop> &walk)
{
  const MongeCudaPlan *plan = walk.plan;

#pragma unroll
  for (int r = 0; r < Loop::n_rows; r++)
    {
      const unsigned row = monge_walk_get_row (walk, r);

#pragma unroll
      for (int d = 0; d < Loop::dim; d++)
        walk.rows.x[r][d] = monge_plan_get_row (plan, row, d);
      walk.rows.lift[r] = plan->r.lift != NULL ? plan->r.lift[row] : 0.0f;
    }
}

template <class Loop>
static __device__ __forceinline__ void
monge_walk_clear (MongeWalk<Loop> &walk)
{
#pragma unroll
  for (int r = 0; r < Loop::n_rows; r++)
#pragma unroll
    for (int v = 0; v < Loop::n_values; v++)
      {
        walk.rows.chunk[r][v] = Loop::is_max ? MONGE_LOWEST : 0.0f;
        walk.stage->totals[r][v][walk.lane] = make_float2 (walk.rows.chunk[r][v], 0.0f);
      }
  walk.seen = 0;
  walk.n_columns = 0;
}

/* @tile must have rows. */
template <class Loop>
static __device__ __forceinline__ void
monge_walk_begin (MongeWalk<Loop> &walk, const MongeCudaPlan *plan, unsigned index, unsigned split,
                  unsigned n_splits, bool has_cutoff, MongeStage<Loop> *stage)
{
  walk.plan = plan;
  walk.tile = monge_plan_get_tile (plan, index);
  walk.index = index;
  walk.split = split;
  walk.n_splits = n_splits;
  walk.has_cutoff = has_cutoff;
  walk.is_product = false;
  walk.lane = threadIdx.x % MONGE_WARP;
  walk.stage = stage;
  walk.half = 0;
  monge_walk_load_rows (walk);
  monge_walk_clear (walk);
}

/* Over the lanes that have different rows, hence over all. */
template <class Loop>
static __device__ __forceinline__ float
monge_walk_max (float value)
{
#pragma unroll
  for (int step = 1; step < Loop::n_lanes; step *= 2)
    value = fmaxf (value, __shfl_xor_sync (MONGE_ALL_LANES, value, step));
  return value;
}

template <class Loop>
static __device__ void
monge_walk_find_centre (MongeWalk<Loop> &walk)
{
#pragma unroll
  for (int d = 0; d < Loop::dim; d++)
    {
      float upper = walk.rows.x[0][d], lower = -walk.rows.x[0][d];

#pragma unroll
      for (int r = 1; r < Loop::n_rows; r++)
        {
          upper = fmaxf (upper, walk.rows.x[r][d]);
          lower = fmaxf (lower, -walk.rows.x[r][d]);
        }
      walk.centre[d] = 0.5f * (monge_walk_max<Loop> (upper) - monge_walk_max<Loop> (lower));
    }
}

/* The product form where it is as accurate as the difference form. Its rows become 2 x'.
 * @offset: (nullable): (rows): log2 of what sums are to be multiplied by. */
template <class Loop>
static __device__ void
monge_walk_choose_form (MongeWalk<Loop> &walk, double *offset)
{
  float square[Loop::n_rows], top = MONGE_LOWEST, bottom = MONGE_LOWEST;
  bool is_near = true;

  monge_walk_find_centre (walk);
#pragma unroll
  for (int r = 0; r < Loop::n_rows; r++)
    {
      square[r] = 0.0f;
#pragma unroll
      for (int d = 0; d < Loop::dim; d++)
        {
          const float x = walk.rows.x[r][d] - walk.centre[d];

          square[r] += x * x;
        }
      is_near = is_near && square[r] <= MONGE_PRODUCT_RADIUS;
      top = fmaxf (top, walk.rows.lift[r]);
      bottom = fmaxf (bottom, -walk.rows.lift[r]);
    }
  walk.top = monge_walk_max<Loop> (top);
  bottom = -monge_walk_max<Loop> (bottom);
  walk.is_product = __all_sync (MONGE_ALL_LANES, is_near)
                    && walk.top - bottom <= MONGE_PRODUCT_LIFTS;
#pragma unroll
  for (int r = 0; r < Loop::n_rows; r++)
    {
      if (offset != NULL && monge_walk_stores (walk, r))
        offset[monge_walk_get_row (walk, r)]
            = walk.is_product ? (double) walk.rows.lift[r] - walk.top - square[r] : 0;
#pragma unroll
      for (int d = 0; d < Loop::dim; d++)
        if (walk.is_product)
          walk.rows.x[r][d] = 2 * (walk.rows.x[r][d] - walk.centre[d]);
    }
}

/* ------------------------------------------------------------------------------------------------
 * Columns
 */

template <class Loop>
static __device__ __forceinline__ MongeColumn<Loop>
monge_get_column (const float4 *vectors)
{
  MongeColumn<Loop> column;

#pragma unroll
  for (int v = 0; v < Loop::n_vectors; v++)
    {
      const float4 four = vectors[v];

      column.values[4 * v] = four.x;
      column.values[4 * v + 1] = four.y;
      column.values[4 * v + 2] = four.z;
      column.values[4 * v + 3] = four.w;
    }
  return column;
}

/* Column of this lane in block @b, or one that adds nothing where it is not in [begin, end). */
template <class Loop>
static __device__ __forceinline__ MongeColumn<Loop>
monge_walk_load_column (const MongeWalk<Loop> &walk, unsigned b, unsigned begin, unsigned end)
{
  const unsigned j = b * MONGE_CUDA_BLOCK + walk.lane;
  const float nothing
      = Loop::is_weighted || Loop::kernel == MONGE_CUDA_DISTANCE ? 0.0f : -INFINITY;
  MongeColumn<Loop> column
      = monge_get_column<Loop> (walk.plan->columns + (size_t) j * Loop::n_vectors);

#pragma unroll
  for (int w = 0; w < Loop::n_sums; w++)
    if (!(j - begin < end - begin))
      column.values[Loop::dim + w] = nothing;
  return column;
}

template <class Loop>
static __device__ __forceinline__ void
monge_walk_stage_column (const MongeWalk<Loop> &walk, MongeColumn<Loop> column)
{
  if (Loop::has_product && walk.is_product)
    {
      float constant = Loop::is_weighted ? walk.top : column.values[Loop::dim] + walk.top;

#pragma unroll
      for (int d = 0; d < Loop::dim; d++)
        {
          column.values[d] -= walk.centre[d];
          constant -= column.values[d] * column.values[d];
        }
      if (Loop::is_weighted)
        walk.stage->constants[walk.half][walk.lane] = constant;
      else
        column.values[Loop::dim] = constant;
    }
#pragma unroll
  for (int v = 0; v < Loop::n_vectors; v++)
    walk.stage->columns[walk.half][walk.lane * Loop::n_vectors + v]
        = make_float4 (column.values[4 * v], column.values[4 * v + 1], column.values[4 * v + 2],
                       column.values[4 * v + 3]);
}

/* ------------------------------------------------------------------------------------------------
 * Pairs
 */

/* Adds one term to the sums of row @r, and term × factor × vector to its moment. */
template <class Loop>
static __device__ __forceinline__ void
monge_add_term (MongeRows<Loop> &rows, int r, float term, float factor, const float *vector,
                const float *weights)
{
  if (Loop::op == MONGE_SUMS_WEIGHTED_MOMENT)
    term *= weights[0];
  if (!Loop::is_weighted || Loop::has_moment)
    {
      rows.chunk[r][0] += term;
    }
  else
    {
#pragma unroll
      for (int w = 0; w < Loop::n_sums; w++)
        rows.chunk[r][w] += term * weights[w];
    }
  if (!Loop::has_moment)
    return;
  if (Loop::kernel != MONGE_CUDA_GAUSSIAN)
    term *= factor;
#pragma unroll
  for (int d = 0; d < Loop::dim; d++)
    rows.chunk[r][Loop::n_sums + d] += term * vector[d];
}

/* 2^(constant_j + ⟨2 x', y'⟩) */
template <class Loop>
static __device__ __forceinline__ void
monge_add_product (MongeRows<Loop> &rows, int r, const MongeColumn<Loop> &column, float constant)
{
  float exponent = constant;

#pragma unroll
  for (int d = 0; d < Loop::dim; d++)
    exponent = fmaf (rows.x[r][d], column.values[d], exponent);
  monge_add_term (rows, r, exp2f (exponent), 0.0f, column.values, column.values + Loop::dim);
}

/* The lift comes last, so that what is lost before, with shapes far apart, is the same whatever the
 * lift, and iterations come to rest. */
template <class Loop>
static __device__ __forceinline__ void
monge_add_exponent (MongeRows<Loop> &rows, int r, float exponent, float factor,
                    const float *difference, const float *weights)
{
  if (Loop::is_max)
    rows.chunk[r][0] = fmaxf (rows.chunk[r][0], exponent);
  else
    monge_add_term (rows, r, exp2f (Loop::is_weighted ? exponent : exponent + rows.lift[r]), factor,
                    difference, weights);
}

/* 2^(lift + bias − Σ (x − y)²), 2^(lift + bias − |x − y|) or bias |x − y| */
template <class Loop>
static __device__ __forceinline__ void
monge_add_difference (MongeRows<Loop> &rows, int r, const MongeColumn<Loop> &column)
{
  const float *weights = column.values + Loop::dim;
  const float first = Loop::is_weighted ? rows.lift[r] : weights[0];
  float difference[Loop::dim], square = MONGE_TINY, exponent = first, inverse, distance;

#pragma unroll
  for (int d = 0; d < Loop::dim; d++)
    {
      difference[d] = rows.x[r][d] - column.values[d];
      exponent = fmaf (-difference[d], difference[d], exponent);
      square = fmaf (difference[d], difference[d], square);
    }
  if (Loop::kernel == MONGE_CUDA_GAUSSIAN)
    {
      monge_add_exponent (rows, r, exponent, 0.0f, difference, weights);
      return;
    }
  inverse = rsqrtf (square);
  distance = square * inverse;
  if (Loop::kernel == MONGE_CUDA_LAPLACIAN)
    {
      monge_add_exponent (rows, r, first - distance, inverse, difference, weights);
      return;
    }
  rows.chunk[r][0] = fmaf (distance, weights[0], rows.chunk[r][0]);
  if (!Loop::has_moment)
    return;
  inverse *= weights[0];
#pragma unroll
  for (int d = 0; d < Loop::dim; d++)
    rows.chunk[r][Loop::n_sums + d] += inverse * difference[d];
}

/* The 32 columns that are staged. */
template <class Loop>
static __device__ __forceinline__ void
monge_walk_run_stage (MongeWalk<Loop> &walk)
{
  const float4 *columns = walk.stage->columns[walk.half];
  const unsigned phase = walk.lane / Loop::n_lanes;
  const bool is_product = Loop::has_product && walk.is_product;

  if (is_product)
    {
#pragma unroll (Loop::n_unrolled)
      for (int k = 0; k < MONGE_CUDA_BLOCK / Loop::n_phases; k++)
        {
          const unsigned j = k * Loop::n_phases + phase;
          const MongeColumn<Loop> column = monge_get_column<Loop> (columns + j * Loop::n_vectors);
          const float constant = Loop::is_weighted ? walk.stage->constants[walk.half][j]
                                                   : column.values[Loop::dim];

#pragma unroll
          for (int r = 0; r < Loop::n_rows; r++)
            monge_add_product (walk.rows, r, column, constant);
        }
      return;
    }
#pragma unroll (Loop::n_unrolled)
  for (int k = 0; k < MONGE_CUDA_BLOCK / Loop::n_phases; k++)
    {
      const unsigned j = k * Loop::n_phases + phase;
      const MongeColumn<Loop> column = monge_get_column<Loop> (columns + j * Loop::n_vectors);

#pragma unroll
      for (int r = 0; r < Loop::n_rows; r++)
        monge_add_difference (walk.rows, r, column);
    }
}

/* Adds what a chunk of columns gave, exactly. */
template <class Loop>
static __device__ __forceinline__ void
monge_walk_flush (MongeWalk<Loop> &walk)
{
#pragma unroll
  for (int r = 0; r < Loop::n_rows; r++)
#pragma unroll
    for (int v = 0; v < Loop::n_values; v++)
      {
        float2 *total = &walk.stage->totals[r][v][walk.lane];
        const float a = total->x, b = walk.rows.chunk[r][v], sum = a + b, of_b = sum - a;

        if (Loop::is_max)
          {
            total->x = fmaxf (a, b);
            continue;
          }
        *total = make_float2 (sum, total->y + ((a - (sum - of_b)) + (b - of_b)));
        walk.rows.chunk[r][v] = 0.0f;
      }
}

/* ------------------------------------------------------------------------------------------------
 * The way
 */

/* The blocks of @mask, which begins at block @first. */
template <class Loop>
static __device__ __forceinline__ void
monge_walk_run_blocks (MongeWalk<Loop> &walk, unsigned first, unsigned mask, unsigned begin,
                       unsigned end)
{
  MongeColumn<Loop> column;
  unsigned last;

  if (mask == 0)
    return;
  last = MONGE_GROUP - 1 - __clz (mask);
  column = monge_walk_load_column (walk, first + last, begin, end);
  while (mask != 0)
    {
      monge_walk_stage_column (walk, column);
      __syncwarp ();
      mask ^= 1u << last;
      last = mask != 0 ? MONGE_GROUP - 1 - __clz (mask) : last; /* or the same once more */
      column = monge_walk_load_column (walk, first + last, begin, end); /* on its way meanwhile */
      monge_walk_run_stage (walk);
      walk.half ^= 1; /* what others still read is the other half */
    }
  monge_walk_flush (walk);
}

/* Every n_splits-th of the blocks that are to be visited. */
template <class Loop>
static __device__ __forceinline__ unsigned
monge_walk_deal (MongeWalk<Loop> &walk, unsigned mask)
{
  const unsigned rank = walk.seen + __popc (mask & ((1u << walk.lane) - 1));
  const bool is_mine = (mask >> walk.lane & 1) != 0 && rank % walk.n_splits == walk.split;

  walk.seen += __popc (mask);
  return walk.n_splits == 1 ? mask : __ballot_sync (MONGE_ALL_LANES, is_mine);
}

template <class Loop>
static __device__ __forceinline__ unsigned
monge_count_columns (unsigned first, unsigned mask, unsigned begin, unsigned end)
{
  const unsigned begin_block = begin / MONGE_CUDA_BLOCK, end_block = end / MONGE_CUDA_BLOCK;
  unsigned n = MONGE_CUDA_BLOCK * __popc (mask);

  if (begin_block - first < MONGE_GROUP && (mask >> (begin_block - first) & 1) != 0)
    n -= begin % MONGE_CUDA_BLOCK;
  if (end_block - first < MONGE_GROUP && (mask >> (end_block - first) & 1) != 0)
    n -= MONGE_CUDA_BLOCK - end % MONGE_CUDA_BLOCK;
  return n;
}

/* Whether lanes keep the box of theirs: of a group, or of a block. */
template <class Loop>
static __device__ __forceinline__ bool
monge_walk_can_matter (const MongeWalk<Loop> &walk, const MongeCudaBoxes &boxes, unsigned b)
{
  return !walk.has_cutoff
         || !(monge_bound<Loop::kernel> (walk.plan, walk.index, boxes, b) < walk.plan->cutoff);
}

template <class Loop>
static __device__ __forceinline__ void
monge_walk_run_group (MongeWalk<Loop> &walk, unsigned group, unsigned begin, unsigned end)
{
  const unsigned first = group * MONGE_GROUP, b = first + walk.lane;
  const bool is_inside = b >= begin / MONGE_CUDA_BLOCK && b * MONGE_CUDA_BLOCK < end;
  const bool is_near = is_inside && monge_walk_can_matter (walk, walk.plan->blocks, b);
  const unsigned mask = monge_walk_deal (walk, __ballot_sync (MONGE_ALL_LANES, is_near));

  walk.n_columns += monge_count_columns<Loop> (first, mask, begin, end);
#pragma unroll 1
  for (int part = 0; part < MONGE_GROUP; part += Loop::n_blocks)
    monge_walk_run_blocks (walk, first,
                           Loop::n_blocks == MONGE_GROUP
                               ? mask
                               : mask & (((1u << (Loop::n_blocks % MONGE_GROUP)) - 1) << part),
                           begin, end);
}

/* Columns begin … end − 1. Returns false when it was told to stop. */
template <class Loop>
static __device__ __forceinline__ bool
monge_walk_run_range (MongeWalk<Loop> &walk, unsigned begin, unsigned end)
{
  const unsigned width = MONGE_GROUP * MONGE_CUDA_BLOCK;

  if (begin >= end)
    return true;
  for (unsigned group = begin / width; group * width < end; group += MONGE_GROUP)
    {
      const unsigned g = group + walk.lane;
      const bool is_near
          = g * width < end && monge_walk_can_matter (walk, walk.plan->groups, g);
      unsigned mask = __ballot_sync (MONGE_ALL_LANES, is_near);

      if (__any_sync (MONGE_ALL_LANES, monge_plan_is_stopped (walk.plan)))
        return false;
      while (mask != 0)
        {
          monge_walk_run_group (walk, group + __ffs (mask) - 1, begin, end);
          mask &= mask - 1;
        }
    }
  return true;
}

/* Without a list of pairs or a cutoff, splits take runs of columns: nothing is to be dealt out. */
template <class Loop>
static __device__ __forceinline__ MongeCudaRange
monge_walk_get_share (MongeWalk<Loop> &walk)
{
  const unsigned n = (unsigned) walk.plan->r.y.n;
  const unsigned n_blocks = (n + MONGE_CUDA_BLOCK - 1) / MONGE_CUDA_BLOCK;
  const unsigned share = (n_blocks + walk.n_splits - 1) / walk.n_splits * MONGE_CUDA_BLOCK;
  MongeCudaRange range = { 0, n };

  if (walk.has_cutoff)
    return range;
  range.begin = walk.split * share;
  range.end = range.begin + share < n ? range.begin + share : n;
  walk.n_splits = 1;
  walk.split = 0;
  return range;
}

/* All columns that the tile meets, or the share of this split. */
template <class Loop>
static __device__ __forceinline__ void
monge_walk_run (MongeWalk<Loop> &walk)
{
  const MongeCudaPlan *plan = walk.plan;
  const bool has_pairs = plan->first != NULL;
  unsigned k = has_pairs ? (unsigned) plan->first[walk.tile.block] : 0;
  const unsigned last = has_pairs ? (unsigned) plan->first[walk.tile.block + 1] : 1;
  const MongeCudaRange whole = has_pairs ? MongeCudaRange () : monge_walk_get_share (walk);
  bool goes_on = true;

  for (; goes_on && k < last; k++)
    {
      const MongeCudaRange range = has_pairs ? plan->ranges[k] : whole;

      goes_on = monge_walk_run_range (walk, range.begin, range.end);
    }
}

template <class Loop>
static __device__ __forceinline__ double
monge_walk_get_total (const MongeWalk<Loop> &walk, int r, int v)
{
  const float2 total = walk.stage->totals[r][v][walk.lane];

  return (double) total.x + (double) total.y;
}

/* What row @r gathered, over the lanes that share it: sum or component of the moment @v. */
template <class Loop>
static __device__ __forceinline__ double
monge_walk_get_value (const MongeWalk<Loop> &walk, int r, int v)
{
  double value = monge_walk_get_total (walk, r, v);

  if (walk.is_product && v >= Loop::n_sums) /* Σ t (x − y) = x' Σ t − Σ t y' */
    value = 0.5 * walk.rows.x[r][v >= Loop::n_sums ? v - Loop::n_sums : 0]
                * monge_walk_get_total (walk, r, 0)
            - value;
#pragma unroll
  for (int step = Loop::n_lanes; step < MONGE_WARP; step *= 2)
    value += __shfl_xor_sync (MONGE_ALL_LANES, value, step);
  return value;
}
