/* The inner loops of the interpreter: each works on a run of vectors of one tile.
 *
 * interpret-tile.c is compiled once per instruction set and precision, each copy exporting one
 * table. */
#pragma once

#include "compute/backend/backend.h"

G_BEGIN_DECLS

/* Bytes of the widest vector: what scratch memory is aligned to. */
#define MONGE_TILE_ALIGNMENT 64
/* Components that one step of a fold takes in. */
#define MONGE_TILE_FOLD 8

/**
 * MongeTileKind:
 * @MONGE_TILE_VECTORS: a vector per step of the loop
 * @MONGE_TILE_VECTOR: one vector for all
 * @MONGE_TILE_NUMBERS: a number per step, the same in every lane
 *
 * How an operand runs along a tile. Numbers are of the table's precision; nothing need be aligned.
 */
typedef enum {
  MONGE_TILE_VECTORS,
  MONGE_TILE_VECTOR,
  MONGE_TILE_NUMBERS,
  MONGE_N_TILE_KINDS,
} MongeTileKind;

/* @to: (n) vectors, aligned; may be one of @from. */
typedef void (*MongeTileFunc) (void *to, const void *const *from, gsize n);

/* Folds of components a_d, b_d that start from the first operand: @from: start, a_0, b_0, a_1, … */
typedef enum {
  MONGE_FOLD_DOT,      /* + Σ a b */
  MONGE_FOLD_SQDIST,   /* + Σ (a − b)² */
  MONGE_FOLD_DISTANCE, /* + Σ |a − b| */
  MONGE_FOLD_SUM,      /* + Σ a */
  MONGE_FOLD_SQNORM,   /* + Σ a² */
  MONGE_FOLD_MAX,      /* the largest, start being one of them */
  MONGE_N_FOLDS,
} MongeFold;

/* Which columns a tile holds: vector c is column @first + c in all lanes or, if @across, lane l of
 * it is column @first + c LANES + l. */
typedef struct {
  gint64 first;
  gboolean across;
} MongeTileColumns;

/* Above so many places, insertion moves too much: what is good enough waits until there are as many
 * as places. */
#define MONGE_TILE_SMALL_K 128
/* Vectors of the k best: k values, in order, NaN where there is none yet; k indices, integers as wide
 * as numbers, −1 where there is none; whether a term was NaN, −1 or 0. Where k is not small, also k
 * values and k indices that wait, and how many. */
#define MONGE_TILE_PLACES(k) ((k) > MONGE_TILE_SMALL_K ? 4 * (k) + 2 : 2 * (k) + 1)

/**
 * MongeTileSet:
 * @lanes: numbers per vector
 * @real_size: bytes of a number
 * @unary: of vectors; of normalise, 1 / √a or 0 where a = 0
 * @binary: by the kinds of both operands; %NULL where one has to be copied to vectors first
 * @if_else: of vectors
 * @multiply_add, @negative_multiply_add, @multiply_subtract: c + a b, c − a b, a b − c by the kinds
 * of
 *   a, b and c
 * @exp_product: e^(a b), a vectors, by the kind of b
 * @fold: by the kinds of a and b (those of one operand by the kind of a), and components less one
 */
typedef struct {
  const char *name;
  gsize lanes, real_size;

  MongeTileFunc copy[MONGE_N_TILE_KINDS];
  MongeTileFunc unary[MONGE_N_OPS];
  MongeTileFunc binary[MONGE_N_OPS][MONGE_N_TILE_KINDS][MONGE_N_TILE_KINDS];
  MongeTileFunc if_else;
  MongeTileFunc multiply_add[MONGE_N_TILE_KINDS][MONGE_N_TILE_KINDS][MONGE_N_TILE_KINDS];
  MongeTileFunc negative_multiply_add[MONGE_N_TILE_KINDS][MONGE_N_TILE_KINDS][MONGE_N_TILE_KINDS];
  MongeTileFunc multiply_subtract[MONGE_N_TILE_KINDS][MONGE_N_TILE_KINDS][MONGE_N_TILE_KINDS];
  MongeTileFunc exp_product[MONGE_N_TILE_KINDS];
  MongeTileFunc fold[MONGE_N_FOLDS][MONGE_N_TILE_KINDS][MONGE_N_TILE_KINDS][MONGE_TILE_FOLD];

  /* Reductions over the vectors of a tile, lane by lane. Sums (lanes) go on in double; @from: a, or
   * a and b for sums of products. */
  void (*sum[MONGE_N_TILE_KINDS]) (double *sum, const void *const *from, gsize n);
  void (*sum_products[MONGE_N_TILE_KINDS][MONGE_N_TILE_KINDS]) (double *sum, const void *const *from,
                                                                gsize n);
  /* @largest: (lanes) ← max with @a; where it grew, what that leaves of earlier terms: e^(old − new)
   * (lanes). Returns whether it grew. */
  gboolean (*raise) (void *largest, double *rest, const void *a, gsize n);
  /* @to: (n) vectors: e^(a − largest), for the running maximum that raise() keeps. */
  void (*exponentials) (void *to, const void *largest, const void *a, gsize n);
  /* Their sum alone. */
  void (*sum_exponentials) (double *sum, const void *largest, const void *a, gsize n);
  /* @best: (lanes), kept by extremum: smallest or largest; NaN stays. */
  void (*extremum[2]) (void *best, const void *a, gsize n);
  /* The k best of each lane, in order, among its places: see MONGE_TILE_PLACES(). */
  void (*best[2]) (void *places, guint k, const void *a, MongeTileColumns columns, gsize n);
  /* Gives those that wait their places; for the smallest. */
  void (*settle) (void *places, guint k);
} MongeTileSet;

extern const MongeTileSet monge_tile_base_float, monge_tile_base_double;
extern const MongeTileSet monge_tile_avx2_float, monge_tile_avx2_double;
extern const MongeTileSet monge_tile_avx512_float, monge_tile_avx512_double;

/* @instruction_set: "SSE2", "AVX2", "AVX-512"; anything else gets the base. */
const MongeTileSet *monge_tile_set_find (const char *instruction_set, MongePrecision precision);

G_END_DECLS
