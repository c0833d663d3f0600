/* Around a reduction, one thread per row or column, all in float64:
 *
 *   get_terms      exponents as sums of products of planes: a lift or bias in float32, and exact
 *   find_largest   the largest magnitude of weights, per block; then
 *   scale_weights  weights over it, in float32, which thus never leave its range
 *   store_part     what sums and moments become in a result */
#include "compute/backend/cuda/device.h"
#include "compute/backend/cuda/kernels.h"

#define THREADS 256
#define MAX_BLOCKS (MONGE_CUDA_SCALE_SCRATCH / sizeof (double))

static __device__ double
get_factor (const MongeCudaFactor &factor, size_t i)
{
  double base = factor.floats != NULL ? (double) factor.floats[i] : factor.doubles[i];
  double power = 1;
  const int n = factor.power < 0 ? -factor.power : factor.power;

  if (factor.is_absolute)
    base = fabs (base);
  for (int k = 0; k < n; k++)
    power *= base;
  return factor.power < 0 ? 1 / power : power;
}

static __device__ double
get_term (const MongeCudaTerm &term, size_t i)
{
  double value = term.coefficient;

  for (int f = 0; f < term.n_factors; f++)
    value *= get_factor (term.factors[f], i);
  return value;
}

/* ------------------------------------------------------------------------------------------------
 * Exponents
 */

static __global__ void
__launch_bounds__ (THREADS)
get_terms (MONGE_ARGUMENT (MongeCudaTerms, terms))
{
  const size_t i = (size_t) blockIdx.x * THREADS + threadIdx.x;
  double exponent = 0;

  if (i >= terms.n)
    return;
  for (int t = 0; t < terms.n_terms; t++)
    exponent += get_term (terms.terms[t], i);
  exponent *= terms.factor;
  if (terms.has_weight)
    {
      const double weight = terms.sign * get_term (terms.weight, i);

      exponent = weight > 0 ? exponent + log2 (weight) : -INFINITY;
    }
  if (terms.exact != NULL)
    terms.exact[i] = exponent;
  if (terms.rounded != NULL)
    terms.rounded[i] = (float) exponent;
}

cudaError_t
monge_cuda_get_terms (const MongeCudaTerms *terms, cudaStream_t stream)
{
  if (terms->n_terms < 0 || terms->n_terms > MONGE_CUDA_MAX_TERMS)
    return cudaErrorInvalidValue;
  if (terms->n == 0)
    return cudaSuccess;
  MONGE_LAUNCH (get_terms, monge_count_blocks (terms->n, THREADS), THREADS, 0, stream, *terms);
  return cudaGetLastError ();
}

/* ------------------------------------------------------------------------------------------------
 * Weights
 */

typedef struct {
  MongeCudaTerm weight;
  size_t n;
  const double *exponent, *shift;
  float *scaled;
  double *size;
  double *largest; /* (n_blocks) of each block */
  unsigned n_blocks;
} Weights;

static __device__ double
get_weight (const Weights &weights, size_t i)
{
  const double weight = get_term (weights.weight, i);
  const double shift = weights.shift != NULL ? *weights.shift : 0;

  return weights.exponent != NULL ? weight * exp2 (weights.exponent[i] - shift) : weight;
}

/* NaN is no magnitude. */
static __device__ double
warp_max (double value)
{
  for (int step = 1; step < MONGE_WARP; step *= 2)
    value = fmax (value, __shfl_xor_sync (MONGE_ALL_LANES, value, step));
  return value;
}

/* Of all threads of the block, to its first warp. */
static __device__ double
block_max (double value)
{
  MONGE_SHARED (double, of_warps, [THREADS / MONGE_WARP]);
  const unsigned lane = threadIdx.x % MONGE_WARP, warp = threadIdx.x / MONGE_WARP;

  value = warp_max (value);
  if (lane == 0)
    of_warps[warp] = value;
  __syncthreads ();
  return warp_max (lane < THREADS / MONGE_WARP ? of_warps[lane] : 0);
}

static __global__ void
__launch_bounds__ (THREADS)
find_largest (MONGE_ARGUMENT (Weights, weights))
{
  double largest = 0;

  for (size_t i = (size_t) blockIdx.x * THREADS + threadIdx.x; i < weights.n;
       i += (size_t) weights.n_blocks * THREADS)
    largest = fmax (largest, fabs (get_weight (weights, i)));
  largest = block_max (largest);
  if (threadIdx.x == 0)
    weights.largest[blockIdx.x] = largest;
}

/* Every block looks through the maxima of all. */
static __global__ void
__launch_bounds__ (THREADS)
scale_weights (MONGE_ARGUMENT (Weights, weights))
{
  const size_t i = (size_t) blockIdx.x * THREADS + threadIdx.x;
  double largest = 0;

  for (unsigned b = threadIdx.x; b < weights.n_blocks; b += THREADS)
    largest = fmax (largest, weights.largest[b]);
  largest = block_max (largest);
  if (!(largest > 0))
    largest = 1;
  if (i == 0)
    *weights.size = largest;
  if (i < weights.n)
    weights.scaled[i] = (float) (get_weight (weights, i) / largest);
}

cudaError_t
monge_cuda_scale_weights (const MongeCudaTerm *weight,
                          size_t n,
                          const double *exponent,
                          const double *shift,
                          float *scaled,
                          double *size,
                          void *scratch,
                          cudaStream_t stream)
{
  Weights weights = { *weight, n, exponent, shift, scaled, size, (double *) scratch, 0 };

  if (n == 0)
    return cudaErrorInvalidValue;
  weights.n_blocks = monge_count_blocks (n, 4 * THREADS);
  if (weights.n_blocks > MAX_BLOCKS)
    weights.n_blocks = (unsigned) MAX_BLOCKS;
  MONGE_LAUNCH (find_largest, weights.n_blocks, THREADS, 0, stream, weights);
  MONGE_LAUNCH (scale_weights, monge_count_blocks (n, THREADS), THREADS, 0, stream, weights);
  return cudaGetLastError ();
}

/* ------------------------------------------------------------------------------------------------
 * Results
 */

static __global__ void
__launch_bounds__ (THREADS)
store_part (MONGE_ARGUMENT (MongeCudaPart, part))
{
  const size_t i = (size_t) blockIdx.x * THREADS + threadIdx.x;
  const bool has_points = part.float_points != NULL || part.double_points != NULL;
  double factor, point_factor;

  if (i >= part.n)
    return;
  factor = get_term (part.factor, i) * (part.powers != NULL ? exp2 (part.powers[i]) : 1);
  point_factor = has_points ? get_term (part.point_factor, i) : 0;
  for (int d = 0; d < part.dim; d++)
    {
      const size_t point = d * part.point_stride + i;
      double *to = &part.out[d * part.out_stride + i];
      double value = part.from != NULL ? factor * part.from[d * part.from_stride + i] : factor;

      if (has_points)
        value += point_factor * (part.float_points != NULL ? (double) part.float_points[point]
                                                           : part.double_points[point]);
      if (part.mask != NULL && part.mask[i] == -INFINITY)
        value = NAN;
      *to = part.adds ? *to + value : value;
    }
}

cudaError_t
monge_cuda_store_part (const MongeCudaPart *part, cudaStream_t stream)
{
  if (part->n == 0)
    return cudaSuccess;
  MONGE_LAUNCH (store_part, monge_count_blocks (part->n, THREADS), THREADS, 0, stream, *part);
  return cudaGetLastError ();
}
