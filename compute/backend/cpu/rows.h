/* The inner loops of the CPU backend: one tile of rows against a run of columns.
 *
 * rows.c is compiled once per instruction set, each copy exporting one table. */
#pragma once

#include "compute/backend/backend.h"

G_BEGIN_DECLS

/* Rows of a tile; a multiple of every vector width. */
#define MONGE_TILE_ROWS 64
/* Columns summed in float32 before the sums go to float64. */
#define MONGE_TILE_COLUMNS 256
#define MONGE_MAX_WEIGHTS 4

/**
 * MongeTile:
 *
 * @n_rows: of the 64, those that matter; the others hold numbers too, and may be computed
 * @x: (dim × 64) rows, scaled; @lift: (64)
 * @sum: (max (n_weights, 1) × 64) sums of this call, float32, overwritten
 * @moment: (dim × 64) Σ term (x − y) c, with c = 1 for the Gaussian and 1/|x − y| for the others
 */
typedef struct {
  gsize n_rows;
  float x[MONGE_MAX_REDUCTION_DIM][MONGE_TILE_ROWS];
  float lift[MONGE_TILE_ROWS];
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

/* @columns: (n × (dim + 1 or more)): scaled coordinates, then the weights, or else the bias (the
 * weight for distances). */
typedef void (*MongeTileFunc) (MongeTile *tile, const float *columns, gsize n);

typedef struct {
  const char *name; /* "AVX-512" */
  MongeTileFunc funcs[MONGE_N_TUNED][MONGE_N_TILE_OPS][MONGE_MAX_REDUCTION_DIM];
} MongeInstructionSet;

extern const MongeInstructionSet monge_rows_base; /* SSE2 on x86, four lanes elsewhere */
extern const MongeInstructionSet monge_rows_avx2;
extern const MongeInstructionSet monge_rows_avx512;

G_END_DECLS
