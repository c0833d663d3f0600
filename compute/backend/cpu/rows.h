/* The inner loops of the CPU backend: one tile of rows against a run of columns.
 *
 * rows.c is compiled once per instruction set, each copy exporting one table. */
#pragma once

#include "compute/backend/cpu/boxes.h"

G_BEGIN_DECLS

/* Rows of a tile, and of a group, which has a centre of its own; multiples of every vector width. */
#define MONGE_TILE_ROWS 64
#define MONGE_GROUP_ROWS 32
#define MONGE_TILE_GROUPS (MONGE_TILE_ROWS / MONGE_GROUP_ROWS)
/* Columns of a chunk, summed in float32 before the sums go to float64. */
#define MONGE_CHUNK 256
#define MONGE_MAX_WEIGHTS 4
/* Columns that loops may read beyond those they were given. */
#define MONGE_CHUNK_PADDING 16

/**
 * MongeForm:
 * @MONGE_FORM_DIFFERENCE: exponent lift_i + bias_j − Σ_d (x_d − y_d)²: 2 D + 1 operations
 * @MONGE_FORM_PRODUCT: Gaussian rows near their centre c: with x' = x − c and y' = y − c,
 *   (bias_j + top − |y'|²) + 2⟨x', y'⟩, D operations; the row's factor 2^(lift_i − top − |x'|²)
 *   multiplies the finished sums, which leave it out. With d = |x − y|, R = |x'| at most and
 *   u = 2^-24, exponents are off by less than (D/2 + 3) u (d + 2 R)² where the difference form is
 *   off by less than (D/2 + 3) u d², both beside the rounding of bias and lift: for R ≤ 2, as
 *   tuned.c has it, no more than what the terms of d ≈ 4 lose in either form
 */
typedef enum { MONGE_FORM_DIFFERENCE, MONGE_FORM_PRODUCT } MongeForm;

/**
 * MongeTile:
 * @begin, @end: which of the 64 rows to compute, @begin being the first of a group; the others hold
 *   numbers too, and may be computed
 * @x: (dim × 64) rows: scaled for the Gaussian; by half the scale for the others
 * @lift: (64)
 * @form, @centre, @top: of each group of rows
 * @sum: (max (n_weights, 1) × 64) sums of this call, float32, overwritten
 * @moment: (dim × 64) Σ term (x − y) c, with c = 1 for the Gaussian and 4/d for the others, where d
 *   is the scaled distance
 */
typedef struct {
  gsize begin, end;
  float x[MONGE_MAX_REDUCTION_DIM][MONGE_TILE_ROWS];
  float lift[MONGE_TILE_ROWS];
  MongeForm form[MONGE_TILE_GROUPS];
  float centre[MONGE_TILE_GROUPS][MONGE_MAX_REDUCTION_DIM];
  float top[MONGE_TILE_GROUPS];
  float sum[MONGE_MAX_WEIGHTS][MONGE_TILE_ROWS];
  float moment[MONGE_MAX_REDUCTION_DIM][MONGE_TILE_ROWS];
} MongeTile;

typedef enum {
  MONGE_TILE_SUM,
  MONGE_TILE_MOMENT, /* sum and moment */
  MONGE_TILE_MAX,    /* sum ← max over the columns of the exponent, lift left out */
  MONGE_TILE_WEIGHTED_MOMENT, /* one weight: its sum, and the moment */
  MONGE_TILE_WEIGHTED_1,      /* sums of 1 to 4 weights */
  MONGE_TILE_WEIGHTED_2,
  MONGE_TILE_WEIGHTED_3,
  MONGE_TILE_WEIGHTED_4,
  MONGE_N_TILE_OPS,
} MongeTileOp;

/* @columns: planes, %MONGE_CHUNK apart, of coordinates, scaled as the rows are, then of the weights,
 * or else of the bias (the weight for distances). @n ≤ %MONGE_CHUNK. */
typedef void (*MongeTileFunc) (MongeTile *tile, const float *columns, gsize n);

typedef struct {
  const char *name; /* "AVX-512" */
  MongeBoundFunc bound;
  MongeTileFunc funcs[MONGE_N_TUNED][MONGE_N_TILE_OPS][MONGE_MAX_REDUCTION_DIM];
} MongeInstructionSet;

extern const MongeInstructionSet monge_rows_base; /* SSE2 on x86, four lanes elsewhere */
extern const MongeInstructionSet monge_rows_avx2;
extern const MongeInstructionSet monge_rows_avx512;

G_END_DECLS
