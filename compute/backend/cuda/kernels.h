/* What the device code offers: one launcher per job, plain types only.
 *
 * Every pointer is device memory unless it says otherwise. Launchers queue on @stream, wait for
 * nothing, allocate nothing and return what the launches said (cudaErrorInvalidValue for arguments
 * out of bounds); structs are copied before they return. Work of one stream happens in order, so
 * scratch memory may be the next launcher's at once. Same bits on every run, on every card. */
#pragma once

#include <cuda_runtime_api.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MONGE_CUDA_MAX_DIM 10
#define MONGE_CUDA_MAX_WEIGHTS 4
/* Rows of a tile, which one warp computes, and columns of a block. */
#define MONGE_CUDA_TILE 64
#define MONGE_CUDA_BLOCK 32

/**
 * MongeCudaStatus:
 * @n_pairs: pairs visited: added to
 * @bad_row: 0 for none, else ~row (2^64 − 1 − row) of the first row whose sum is not finite
 *
 * Starts as zeros (cudaMemsetAsync); runs may follow one another before it is read.
 */
typedef struct {
  unsigned long long n_pairs;
  unsigned long long bad_row;
} MongeCudaStatus;

/* ------------------------------------------------------------------------------------------------
 * Pairs of blocks
 */

/* Rows first … first + n − 1, n ≤ %MONGE_CUDA_TILE, of one block of MongePairs. */
typedef struct {
  unsigned first, n, block;
} MongeCudaTile;

/* As MongeRange. */
typedef struct {
  unsigned begin, end;
} MongeCudaRange;

/**
 * MongeCudaPairs:
 * @tiles: (n_tiles): see monge_cuda_cut_tiles()
 * @first: (n_blocks + 1): as MongePairs has it
 * @ranges: as MongePairs has it
 *
 * To upload a MongePairs: cut its rows into tiles on the host, then copy tiles, first and ranges.
 * Pointers are device memory; the struct itself is the host's.
 */
typedef struct {
  const MongeCudaTile *tiles;
  size_t n_tiles;
  const size_t *first;
  const MongeCudaRange *ranges;
} MongeCudaPairs;

/* @rows: (n_blocks + 1): as MongePairs has it, on the host, as is @tiles: (nullable): %NULL to count.
 * Returns: how many tiles. */
size_t monge_cuda_cut_tiles (const size_t *rows, size_t n_blocks, MongeCudaTile *tiles);

/* ------------------------------------------------------------------------------------------------
 * Tuned reductions: sums.cu, again.cu, finish.cu, boxes.cu
 */

/* As MongeTunedKernel, in its order. */
typedef enum {
  MONGE_CUDA_GAUSSIAN,
  MONGE_CUDA_LAPLACIAN,
  MONGE_CUDA_DISTANCE,
} MongeCudaKernel;

/* Coordinate d of point i is planes[d × stride + i], float32; n below 2^31. */
typedef struct {
  const float *planes;
  size_t stride, n;
} MongeCudaCloud;

/**
 * MongeCudaReduction:
 * @kernel, @dim, @x, @y, @scale, @lift, @bias, @weights, @n_weights, @cutoff: as in
 *   MongeTunedReduction (compute/backend/tuned.h), with the same promises; @dim 1 to 10
 * @weights_stride: elements between planes of weights
 * @pairs: (nullable): host struct of device arrays, needed until the launcher returns
 * @least_pairs: with no more than so many rows × columns @cutoff is not looked at; 0 for the default
 *
 * @exact: (nullable): (n) float64 u', of which @lift is the rounded value: logarithms of sums then
 *   have u' − lift added, sums with weights are multiplied by 2^(u' + @shift − lift), and moments of
 *   the latter too, so that rounding the lift changes nothing. Needs @lift
 * @shift: beside @exact; 0
 * @factor: multiplies logarithms and sums in the end: ln 2 for natural logarithms, else 1.
 *   0 counts as 1
 * @moment_factor: the same for moments
 * @sizes: (nullable): (n_weights, or 1 for distances) float64, what weights were divided by (see
 *   monge_cuda_scale_weights()): sum w is multiplied by sizes[w], the moment by sizes[0]
 * @moment_is_mean: rows whose sum is −∞ have moments NaN, not 0; logarithms only
 *
 * @sum: (nullable): (n_sums × rows) planes, float64, as MongeTunedReduction has them, then as above
 * @sum_stride: elements between planes; 0 for the number of rows
 * @moment: (nullable): (dim × rows) planes, float64
 * @moment_stride: the same
 * @stop: (nullable): host-mapped memory: where it is not 0 the rest is left undone, and outputs are
 *   undefined. Looked at when a warp starts and after every 32,768 columns or fewer
 * @status: (nullable): updated
 * @scratch, @scratch_size: at least monge_cuda_reduction_get_scratch() bytes, 256-byte aligned
 *
 * Zero the struct first. Rows must not be 0; with no columns logarithms are −∞ and sums 0.
 *
 * Distances: MongeTunedReduction scales coordinates by a power of two that brings them near 1, and
 * its @sum is scaled too (divide by @scale, by way of @factor). A card's float32 needs that only
 * where coordinates are beyond 1e15 or below 1e-12: @scale 1 will do else.
 *
 * A reduction is up to 5 launches: boxes of rows and of columns (with a cutoff), sums, finish (splits
 * of the columns are added up in float64; logarithms, factors), again (rows whose sum left the range
 * are found by the card and computed once more around their maximum).
 */
typedef struct {
  MongeCudaKernel kernel;
  int dim;
  MongeCudaCloud x, y;
  double scale;
  const float *lift;
  const float *bias;
  const float *weights;
  size_t weights_stride;
  int n_weights;
  const MongeCudaPairs *pairs;
  double cutoff;
  unsigned long long least_pairs;

  const double *exact;
  double shift;
  double factor, moment_factor;
  const double *sizes;
  int moment_is_mean;

  double *sum;
  size_t sum_stride;
  double *moment;
  size_t moment_stride;

  const volatile int *stop;
  MongeCudaStatus *status;
  void *scratch;
  size_t scratch_size;
} MongeCudaReduction;

/* Reads kernel, dim, x.n, y.n, n_weights, weights, moment, pairs, cutoff; pointers may be any that
 * are not NULL where the reduction has one. */
size_t monge_cuda_reduction_get_scratch (const MongeCudaReduction *reduction);
cudaError_t monge_cuda_reduce (const MongeCudaReduction *reduction, cudaStream_t stream);

/* ------------------------------------------------------------------------------------------------
 * Around a reduction: terms.cu
 */

/* Of MongeTerm: at most 8 factors and a register of its vector. */
#define MONGE_CUDA_MAX_FACTORS 9
#define MONGE_CUDA_MAX_TERMS 8

/**
 * MongeCudaFactor:
 * @floats, @doubles: one of the two: a plane
 */
typedef struct {
  const float *floats;
  const double *doubles;
  int power;
  int is_absolute;
} MongeCudaFactor;

/* coefficient × Π factors; parameters are in the coefficient. */
typedef struct {
  double coefficient;
  int n_factors;
  MongeCudaFactor factors[MONGE_CUDA_MAX_FACTORS];
} MongeCudaTerm;

/**
 * MongeCudaTerms:
 * @terms: (n_terms): added up in float64; none for 0
 * @factor: multiplies the sum: log2(e), or 1
 * @weight: its logarithm joins the exponent, as monge_job_set_bias() does: + log2 (sign × weight)
 *   where that is above 0, −∞ else. Not looked at where @has_weight is 0
 * @exact: (out) (nullable): (n) the result
 * @rounded: (out) (nullable): (n) the same in float32: a lift or a bias
 *
 * One exponent per row or column.
 */
typedef struct {
  size_t n;
  int n_terms;
  MongeCudaTerm terms[MONGE_CUDA_MAX_TERMS];
  double factor;
  int has_weight;
  MongeCudaTerm weight;
  double sign;
  double *exact;
  float *rounded;
} MongeCudaTerms;

cudaError_t monge_cuda_get_terms (const MongeCudaTerms *terms, cudaStream_t stream);

/**
 * monge_cuda_scale_weights:
 * @weight: (n): borrowed
 * @exponent: (nullable): (n) float64, in bits: the weight is multiplied by 2^(exponent − *shift)
 * @shift: (nullable): one float64
 * @scaled: (out): (n) the weights over their largest magnitude, float32
 * @size: (out): one float64, that magnitude, or 1 if it is 0
 * @scratch: %MONGE_CUDA_SCALE_SCRATCH bytes, 8-byte aligned
 */
#define MONGE_CUDA_SCALE_SCRATCH 8192
cudaError_t monge_cuda_scale_weights (const MongeCudaTerm *weight, size_t n, const double *exponent,
                                      const double *shift, float *scaled, double *size,
                                      void *scratch, cudaStream_t stream);

/**
 * MongeCudaPart:
 * @from: (nullable): (dim × n) float64 planes: sums or moments, @from_stride apart
 * @factor: of each row
 * @float_points, @double_points: (nullable): (dim × n) planes of points, @point_stride apart, of one
 *   of the two types
 * @point_factor: of each row too
 * @mask: (nullable): (n) rows where it is −∞ are NaN: a mean over nothing
 * @powers: (nullable): (n) base-2 logarithms: 2^powers_i is a factor too
 * @adds: to what is in @out
 * @out: (dim × n) float64 planes, @out_stride apart
 *
 * out_d = factor × 2^powers × from_d + point_factor × point_d: what parts of a matched program make
 * of sums, what soft means make of moments, and what sums of logarithms with signs add up to (@from
 * %NULL is 1, @dim 1).
 */
typedef struct {
  size_t n;
  int dim;
  const double *from;
  size_t from_stride;
  MongeCudaTerm factor;
  const float *float_points;
  const double *double_points;
  size_t point_stride;
  MongeCudaTerm point_factor;
  const double *mask;
  const double *powers;
  int adds;
  double *out;
  size_t out_stride;
} MongeCudaPart;

cudaError_t monge_cuda_store_part (const MongeCudaPart *part, cudaStream_t stream);

/* ------------------------------------------------------------------------------------------------
 * K nearest: kmin.cu
 */

/* Coordinate d of point i is at [d × dim_stride + i × point_stride], float32; n below 2^31. */
typedef struct {
  const float *values;
  size_t dim_stride, point_stride, n;
} MongeCudaPoints;

/* More is faster with a tree on the host. */
#define MONGE_CUDA_MAX_K 128

/**
 * MongeCudaNearest:
 * @x: queries. @y: points
 * @dim: any from 1
 * @k: 1 to %MONGE_CUDA_MAX_K; up to 32 are kept in shared memory, more in @scratch
 * @pairs: (nullable): which points each block of queries looks at
 * @index: (out): (x.n × k) row-major: ascending by distance, the lower index first among equals, −1
 *   where there are fewer than k points
 * @square: (out) (nullable): (x.n × k) squared distances, float32, ∞ where the index is −1: the
 *   same bits as monge_neighbours_find()
 *
 * Zero the struct first. Coordinates that are not numbers are nobody's neighbours.
 */
typedef struct {
  MongeCudaPoints x, y;
  int dim, k;
  const MongeCudaPairs *pairs;
  int *index;
  float *square;
  const volatile int *stop;
  MongeCudaStatus *status;
  void *scratch;
  size_t scratch_size;
} MongeCudaNearest;

size_t monge_cuda_nearest_get_scratch (const MongeCudaNearest *nearest);
cudaError_t monge_cuda_find_nearest (const MongeCudaNearest *nearest, cudaStream_t stream);

/* ------------------------------------------------------------------------------------------------
 * Steps: steps.cu
 */

/**
 * monge_cuda_step:
 * @id: a MongeStepId
 * @data: a host MongeStepData (compute/backend/steps.h) whose planes and totals are device memory
 * @totals: (n_sums + n_maxima) where its sums and then its maxima go; not read by steps without any
 * @scratch: monge_cuda_step_get_scratch() bytes, 8-byte aligned; 0 for steps without totals
 *
 * One launch, and a second one for totals. n may be 0: totals are then 0 and −∞.
 */
size_t monge_cuda_step_get_scratch (int id, size_t n);
cudaError_t monge_cuda_step (int id, const void *data, double *totals, void *scratch,
                             cudaStream_t stream);

#ifdef __cplusplus
}
#endif
