/* What sums need beforehand, one warp per run of points.
 *
 *   pack_columns   coordinates scaled and laid side by side with what multiplies or lifts them: one
 *                  vector load per column in the inner loop; always
 *   fit_boxes      boxes around tiles of rows and blocks of columns, with the linear function that
 *                  their lifts or biases stay below; where there is a cutoff
 *   join_boxes     boxes around 32 blocks each, which are looked at first; the same
 *
 * As compute/backend/cpu/boxes.c; slopes are fitted in float32, since what they leave is found
 * afterwards and any slope is right. */
#include "compute/backend/cuda/plan.cuh"

/* Values that vary by less over a box need no slope. */
#define LEVEL 1.0f

#define MAX_POINTS MONGE_CUDA_TILE
#define PACK_THREADS 128

/* ------------------------------------------------------------------------------------------------
 * Columns
 */

static __device__ float
get_component (const MongeCudaPlan *plan, unsigned j, int k)
{
  const MongeCudaReduction *r = &plan->r;
  const unsigned n = (unsigned) r->y.n, from = j < n ? j : n - 1;
  const int w = k - plan->padded;

  if (k < plan->padded)
    return k < r->dim ? plan->scale * r->y.planes[k * r->y.stride + from] : 0.0f;
  if (r->weights != NULL)
    return j < n && w < r->n_weights ? r->weights[w * r->weights_stride + j] : 0.0f;
  if (w > 0)
    return 0.0f;
  return j < n ? r->bias[j] : r->kernel == MONGE_CUDA_DISTANCE ? 0.0f : -INFINITY;
}

static __global__ void
pack_columns (MONGE_ARGUMENT (MongeCudaPlan, plan))
{
  const unsigned job = blockIdx.x * PACK_THREADS + threadIdx.x, j = job / plan.n_vectors;
  const int k = 4 * (int) (job % plan.n_vectors);
  const unsigned n_blocks = ((unsigned) plan.r.y.n + MONGE_CUDA_BLOCK - 1) / MONGE_CUDA_BLOCK;

  if (j < n_blocks * MONGE_CUDA_BLOCK)
    plan.columns[job]
        = make_float4 (get_component (&plan, j, k), get_component (&plan, j, k + 1),
                       get_component (&plan, j, k + 2), get_component (&plan, j, k + 3));
}

/* ------------------------------------------------------------------------------------------------
 * Boxes
 */

/* Points of one box and what is found about them, in shared memory. */
typedef struct {
  float points[MONGE_CUDA_MAX_DIM][MAX_POINTS];
  float values[MAX_POINTS];
  float matrix[MONGE_CUDA_MAX_DIM][MONGE_CUDA_MAX_DIM];
  float vector[MONGE_CUDA_MAX_DIM], mean[MONGE_CUDA_MAX_DIM];
  float lower[MONGE_CUDA_MAX_DIM], upper[MONGE_CUDA_MAX_DIM];
} Box;

static __device__ float
warp_max (float value)
{
  for (int step = 1; step < MONGE_WARP; step *= 2)
    value = fmaxf (value, __shfl_xor_sync (MONGE_ALL_LANES, value, step));
  return value;
}

static __device__ float
warp_sum (float value)
{
  for (int step = 1; step < MONGE_WARP; step *= 2)
    value += __shfl_xor_sync (MONGE_ALL_LANES, value, step);
  return value;
}

static __device__ bool
is_finite (float value)
{
  return fabsf (value) < INFINITY;
}

/* Returns whether some coordinate is not a number. */
static __device__ bool
find_extent (Box *box, unsigned n, int dim)
{
  bool has_nan = false;

  for (int d = 0; d < dim; d++)
    {
      float upper = -INFINITY, lower = -INFINITY;

      for (unsigned i = threadIdx.x; i < n; i += MONGE_WARP)
        {
          const float x = box->points[d][i];

          upper = fmaxf (upper, x);
          lower = fmaxf (lower, -x);
          has_nan = has_nan || x != x;
        }
      upper = warp_max (upper);
      lower = warp_max (lower);
      if (threadIdx.x == 0)
        {
          box->upper[d] = upper;
          box->lower[d] = -lower;
        }
    }
  return __any_sync (MONGE_ALL_LANES, has_nan);
}

/* Covariances of the points that have finite values, and of both.
 * Returns how many there are. */
static __device__ float
gather_moments (Box *box, unsigned n, int dim)
{
  float count = 0, total = 0;

  for (unsigned i = threadIdx.x; i < n; i += MONGE_WARP)
    if (is_finite (box->values[i]))
      {
        count += 1;
        total += box->values[i];
      }
  count = fmaxf (warp_sum (count), 1.0f);
  total = warp_sum (total) / count;
  for (int d = 0; d < dim; d++)
    {
      float sum = 0;

      for (unsigned i = threadIdx.x; i < n; i += MONGE_WARP)
        if (is_finite (box->values[i]))
          sum += box->points[d][i];
      sum = warp_sum (sum) / count;
      if (threadIdx.x == 0)
        box->mean[d] = sum;
    }
  __syncwarp ();
  for (int d = 0; d < dim; d++)
    for (int e = 0; e <= d + 1; e++) /* the last one is the vector's */
      {
        float sum = 0;

        for (unsigned i = threadIdx.x; i < n; i += MONGE_WARP)
          if (is_finite (box->values[i]))
            sum += (box->points[d][i] - box->mean[d])
                   * (e <= d ? box->points[e][i] - box->mean[e] : box->values[i] - total);
        sum = warp_sum (sum);
        if (threadIdx.x == 0 && e <= d)
          box->matrix[d][e] = sum;
        else if (threadIdx.x == 0)
          box->vector[d] = sum;
      }
  __syncwarp ();
  return count;
}

/* Solves A s = b by Cholesky, A (dim × dim) positive definite, in place. */
static __device__ void
solve (float a[][MONGE_CUDA_MAX_DIM], float *b, int dim)
{
  for (int k = 0; k < dim; k++)
    for (int i = k; i < dim; i++)
      {
        for (int m = 0; m < k; m++)
          a[i][k] -= a[i][m] * a[k][m];
        a[i][k] = i == k ? sqrtf (a[i][k]) : a[i][k] / a[k][k];
      }
  for (int i = 0; i < dim; i++)
    {
      for (int m = 0; m < i; m++)
        b[i] -= a[i][m] * b[m];
      b[i] /= a[i][i];
    }
  for (int i = dim - 1; i >= 0; i--)
    {
      for (int m = i + 1; m < dim; m++)
        b[i] -= a[m][i] * b[m];
      b[i] /= a[i][i];
    }
}

/* Least squares of the finite values, by one lane: few numbers. */
static __device__ void
find_slope (Box *box, int dim)
{
  float trace = 0;

  for (int d = 0; d < dim; d++)
    trace += box->matrix[d][d];
  for (int d = 0; d < dim; d++) /* points in a plane leave one direction open */
    box->matrix[d][d] += 1e-4f * trace + 1e-30f;
  solve (box->matrix, box->vector, dim);
  for (int d = 0; d < dim; d++)
    if (!is_finite (box->vector[d]))
      box->vector[d] = 0;
}

/* How far the values rise above the linear function. */
static __device__ float
find_top (const Box *box, unsigned n, int dim)
{
  float top = -INFINITY;

  for (unsigned i = threadIdx.x; i < n; i += MONGE_WARP)
    {
      float value = box->values[i];

      for (int d = 0; d < dim; d++)
        value -= box->vector[d]
                 * (box->points[d][i] - 0.5f * (box->lower[d] + box->upper[d]));
      top = fmaxf (top, value);
    }
  return warp_max (top);
}

static __device__ void
store_box (const MongeCudaBoxes &boxes, unsigned b, const Box *box, int dim, float top, float peak)
{
  float *plane = boxes.planes + b;

  for (int d = 0; d < dim; d++, plane += 3 * (size_t) boxes.stride)
    {
      plane[0] = box->lower[d];
      plane[boxes.stride] = box->upper[d];
      plane[2 * (size_t) boxes.stride] = box->vector[d];
    }
  plane[0] = top;
  plane[boxes.stride] = peak;
}

/* Box @b of @boxes around the @n points that are in @box. */
static __device__ void
fit_box (Box *box, const MongeCudaBoxes &boxes, unsigned b, unsigned n, int dim, bool has_values)
{
  bool has_nan = find_extent (box, n, dim);
  float peak = -INFINITY, bottom = -INFINITY, top;

  for (unsigned i = threadIdx.x; i < n; i += MONGE_WARP)
    {
      const float value = box->values[i];

      has_nan = has_nan || value != value;
      peak = fmaxf (peak, value);
      if (value > -INFINITY)
        bottom = fmaxf (bottom, -value);
    }
  peak = __any_sync (MONGE_ALL_LANES, has_nan) ? INFINITY : warp_max (peak);
  bottom = -warp_max (bottom);
  if ((int) threadIdx.x < dim)
    box->vector[threadIdx.x] = 0;
  __syncwarp ();
  top = peak;
  if (has_values && peak - bottom > LEVEL && peak < INFINITY) /* of all lanes alike */
    {
      const float count = gather_moments (box, n, dim);

      if (threadIdx.x == 0 && count >= 2)
        find_slope (box, dim);
      else if (count < 2 && (int) threadIdx.x < dim)
        box->vector[threadIdx.x] = 0;
      __syncwarp ();
      top = find_top (box, n, dim);
    }
  if (threadIdx.x == 0)
    store_box (boxes, b, box, dim, top, peak);
}

/* Blocks of the grid: tiles of rows, then blocks of columns. */
static __global__ void
fit_boxes (MONGE_ARGUMENT (MongeCudaPlan, plan))
{
  MONGE_SHARED (Box, box);
  const bool is_row = blockIdx.x < plan.n_tiles;
  const unsigned b = is_row ? blockIdx.x : blockIdx.x - plan.n_tiles;
  const MongeCudaCloud &cloud = is_row ? plan.r.x : plan.r.y;
  const float *values = is_row ? plan.r.lift : plan.r.weights != NULL ? NULL : plan.r.bias;
  unsigned first = b * MONGE_CUDA_BLOCK, n = (unsigned) cloud.n - first;

  if (is_row)
    {
      const MongeCudaTile tile = monge_plan_get_tile (&plan, b);

      first = tile.first;
      n = tile.n;
    }
  else if (n > MONGE_CUDA_BLOCK)
    {
      n = MONGE_CUDA_BLOCK;
    }
  for (unsigned i = threadIdx.x; i < n; i += MONGE_WARP)
    {
      for (int d = 0; d < plan.r.dim; d++)
        box.points[d][i] = plan.scale * cloud.planes[d * cloud.stride + first + i];
      box.values[i] = values != NULL ? values[first + i] : 0.0f;
    }
  __syncwarp ();
  fit_box (&box, is_row ? plan.rows : plan.blocks, b, n, plan.r.dim, values != NULL);
}

/* One lane per block of columns. What a box's linear function can rise to above that of the group is
 * decided by a corner. */
static __global__ void
join_boxes (MONGE_ARGUMENT (MongeCudaPlan, plan))
{
  const MongeCudaBoxes &blocks = plan.blocks, &groups = plan.groups;
  const unsigned group = blockIdx.x, first = group * MONGE_GROUP;
  const unsigned n_blocks = ((unsigned) plan.r.y.n + MONGE_CUDA_BLOCK - 1) / MONGE_CUDA_BLOCK;
  const unsigned n = n_blocks - first < MONGE_GROUP ? n_blocks - first : MONGE_GROUP;
  const unsigned b = first + (threadIdx.x < n ? threadIdx.x : n - 1); /* the last stands in */
  const size_t stride = blocks.stride;
  const float *plane = blocks.planes + b;
  float *to = groups.planes + group;
  float top, peak;

  top = plane[3 * plan.r.dim * stride];
  peak = warp_max (plane[(3 * plan.r.dim + 1) * stride]);
  for (int d = 0; d < plan.r.dim; d++, plane += 3 * stride, to += 3 * (size_t) groups.stride)
    {
      const float lower = -warp_max (-plane[0]), upper = warp_max (plane[stride]);
      const float slope = warp_sum (plane[2 * stride]) / MONGE_WARP;
      const float half = 0.5f * (plane[stride] - plane[0]);
      const float offset = 0.5f * (plane[0] + plane[stride]) - 0.5f * (lower + upper);

      top += fabsf (plane[2 * stride] - slope) * half - slope * offset;
      if (threadIdx.x == 0)
        {
          to[0] = lower;
          to[groups.stride] = upper;
          to[2 * (size_t) groups.stride] = slope;
        }
    }
  top = warp_max (top);
  if (threadIdx.x == 0)
    {
      to[0] = peak == INFINITY ? INFINITY : top;
      to[groups.stride] = peak;
    }
}

cudaError_t
monge_cuda_prepare_sums (const MongeCudaPlan *plan, cudaStream_t stream)
{
  const size_t n_blocks = monge_count_blocks (plan->r.y.n, MONGE_CUDA_BLOCK);

  MONGE_LAUNCH (pack_columns,
                monge_count_blocks (n_blocks * MONGE_CUDA_BLOCK * plan->n_vectors, PACK_THREADS),
                PACK_THREADS, 0, stream, *plan);
  if (plan->cutoff == -INFINITY)
    return cudaGetLastError ();
  MONGE_LAUNCH (fit_boxes, plan->n_tiles + (unsigned) n_blocks, MONGE_WARP, 0, stream, *plan);
  MONGE_LAUNCH (join_boxes, monge_count_blocks (n_blocks, MONGE_GROUP), MONGE_WARP, 0, stream,
                *plan);
  return cudaGetLastError ();
}
