/* K nearest points by running through all of them, or through those that pairs of blocks name.
 *
 *   turn_points   coordinates into planes, where they lie point by point
 *   find_nearest  one thread per query, 64 to a block; 32 points are staged, 32 coordinates of them
 *                 at a time, and each thread adds up 32 squared distances in registers, so that any
 *                 dimension reads its query once per 32 points. What is nearer than the K-th best is
 *                 sorted into a list, in shared memory for K ≤ 32, else in scratch memory
 *   merge_lists   the lists of splits of the points, which few queries need to fill a card
 *
 * Squares are rounded one by one and added in order of the coordinates, as on the CPU, so that both
 * find the same neighbours. A search tree does less work where dimensions are few and points many. */
#include "compute/backend/cuda/plan.cuh"

#include <string.h>

#define THREADS MONGE_CUDA_TILE
#define POINTS 32 /* staged at a time */
#define COORDINATES 32
#define SHARED_K 32
#define MAX_SPLITS 8
#define BLOCKS_WANTED 2048

/**
 * Search:
 * @x, @y: planes
 * @squares, @indices: (n_splits × k × queries) lists, ascending
 * @in_shared: whether lists are built in shared memory
 */
typedef struct {
  MongeCudaNearest r;
  MongeCudaPoints x, y;
  float *squares;
  int *indices;
  unsigned n_tiles, n_splits;
  int in_shared;
} Search;

/* ------------------------------------------------------------------------------------------------
 * Points
 */

static __global__ void
__launch_bounds__ (256)
turn_points (MONGE_ARGUMENT (MongeCudaPoints, from), MONGE_ARGUMENT (MongeCudaPoints, to), int dim,
             float *values)
{
  const size_t job = (size_t) blockIdx.x * 256 + threadIdx.x;

  if (job < to.n * dim)
    values[job] = from.values[job / to.n * from.dim_stride + job % to.n * from.point_stride];
}

/* ------------------------------------------------------------------------------------------------
 * Lists
 */

/* The best so far of one query, ascending, elements @stride apart. */
typedef struct {
  float *squares;
  int *indices;
  size_t stride;
  int k;
  float worst; /* what is not below it is not kept */
} List;

static __device__ __forceinline__ void
list_clear (List *list)
{
  for (int k = 0; k < list->k; k++)
    {
      list->squares[k * list->stride] = INFINITY;
      list->indices[k * list->stride] = -1;
    }
  list->worst = INFINITY;
}

/* Behind its equals, whose indices are lower. */
static __device__ __forceinline__ void
list_insert (List *list, float square, int index)
{
  int k = list->k - 1;

  for (; k > 0 && list->squares[(k - 1) * list->stride] > square; k--)
    {
      list->squares[k * list->stride] = list->squares[(k - 1) * list->stride];
      list->indices[k * list->stride] = list->indices[(k - 1) * list->stride];
    }
  list->squares[k * list->stride] = square;
  list->indices[k * list->stride] = index;
  list->worst = list->squares[(list->k - 1) * list->stride];
}

/* ------------------------------------------------------------------------------------------------
 * Search
 */

/* Coordinates @d … of points @first …, zeros beyond the last. */
static __device__ __forceinline__ void
stage_points (const Search *search, unsigned first, int d, float4 stage[][POINTS / 4])
{
  float *to = &stage[0][0].x;

  for (unsigned k = threadIdx.x; k < COORDINATES * POINTS; k += THREADS)
    {
      const size_t row = d + k / POINTS, j = first + k % POINTS;

      to[k] = row < (size_t) search->r.dim && j < search->y.n
                  ? search->y.values[row * search->y.dim_stride + j]
                  : 0.0f;
    }
}

static __device__ __forceinline__ void
add_square (float *square, float x, float y)
{
  const float difference = x - y;

  *square = MONGE_ADD (*square, MONGE_MULTIPLY (difference, difference));
}

/* Squared distances of query @row to 32 points. */
static __device__ __forceinline__ void
find_squares (const Search *search, unsigned row, unsigned first, float4 stage[][POINTS / 4],
              float *squares)
{
#pragma unroll
  for (int p = 0; p < POINTS; p++)
    squares[p] = 0.0f;
#pragma unroll 1
  for (int d = 0; d < search->r.dim; d += COORDINATES)
    {
      const int n = search->r.dim - d < COORDINATES ? search->r.dim - d : COORDINATES;
      const float *x = search->x.values + d * search->x.dim_stride + row;

      __syncthreads ();
      stage_points (search, first, d, stage);
      __syncthreads ();
#pragma unroll 1
      for (int c = 0; c < n; c++)
        {
          const float at = x[c * search->x.dim_stride];

#pragma unroll
          for (int p = 0; p < POINTS / 4; p++)
            {
              const float4 four = stage[c][p];

              add_square (&squares[4 * p], at, four.x);
              add_square (&squares[4 * p + 1], at, four.y);
              add_square (&squares[4 * p + 2], at, four.z);
              add_square (&squares[4 * p + 3], at, four.w);
            }
        }
    }
}

/* Points begin … end − 1; of all threads of the block alike. */
static __device__ __forceinline__ void
search_range (const Search *search, unsigned row, unsigned begin, unsigned end,
              float4 stage[][POINTS / 4], List *list)
{
  float squares[POINTS];
  unsigned turn = 0;

  for (unsigned first = begin; first < end; first += POINTS, turn++)
    {
      const bool looks = turn % 256 == 0 && threadIdx.x == 0 && search->r.stop != NULL;

      if (turn % 256 == 0 && __syncthreads_or (looks && *search->r.stop != 0))
        return;
      find_squares (search, row, first, stage, squares);
#pragma unroll
      for (int p = 0; p < POINTS; p++)
        if (squares[p] < list->worst && first + p < end)
          list_insert (list, squares[p], (int) (first + p));
    }
}

static __device__ __forceinline__ MongeCudaTile
get_tile (const Search *search, unsigned t)
{
  MongeCudaTile tile = { t * MONGE_CUDA_TILE, (unsigned) search->x.n - t * MONGE_CUDA_TILE, 0 };

  tile.n = tile.n < MONGE_CUDA_TILE ? tile.n : MONGE_CUDA_TILE;
  return tile;
}

/* Where the list of query @row is to end up. */
static __device__ __forceinline__ List
get_list (const Search *search, unsigned split, unsigned row)
{
  const size_t at = (size_t) split * search->r.k * search->x.n + row;
  const List list = { search->squares + at, search->indices + at, search->x.n, search->r.k, 0 };

  return list;
}

/* @pairs: a copy, since the one in @search is the host's. */
static __global__ void
__launch_bounds__ (THREADS, 8)
find_nearest (MONGE_ARGUMENT (Search, search), MONGE_ARGUMENT (MongeCudaPairs, pairs))
{
  MONGE_SHARED (float4, stage, [COORDINATES][POINTS / 4]);
  MONGE_DYNAMIC_SHARED (float, lists);
  const unsigned split = blockIdx.x / search.n_tiles, t = blockIdx.x % search.n_tiles;
  const MongeCudaTile tile = pairs.tiles != NULL ? pairs.tiles[t] : get_tile (&search, t);
  const bool is_missing = threadIdx.x >= tile.n;
  const unsigned row = tile.first + (is_missing ? tile.n - 1 : threadIdx.x);
  const unsigned n = (unsigned) search.y.n;
  const unsigned share = (n + search.n_splits - 1) / search.n_splits;
  const unsigned begin = split * share < n ? split * share : n;
  const unsigned end = begin + share < n ? begin + share : n;
  const List kept = get_list (&search, split, row);
  const bool has_pairs = pairs.tiles != NULL;
  const unsigned last = has_pairs ? (unsigned) pairs.first[tile.block + 1] : 1;
  unsigned n_points = 0;
  List list = kept;

  if (search.in_shared)
    {
      list.squares = lists + threadIdx.x;
      list.indices = (int *) (lists + search.r.k * THREADS) + threadIdx.x;
      list.stride = THREADS;
    }
  if (search.in_shared || !is_missing)
    list_clear (&list);
  if (is_missing) /* stands by at barriers */
    list.worst = -INFINITY;
  for (unsigned k = has_pairs ? (unsigned) pairs.first[tile.block] : 0; k < last; k++)
    {
      const MongeCudaRange range = has_pairs ? pairs.ranges[k] : MongeCudaRange{ begin, end };

      search_range (&search, row, range.begin, range.end, stage, &list);
      n_points += range.end - range.begin;
    }
  for (int k = 0; k < search.r.k && search.in_shared && !is_missing; k++)
    {
      kept.squares[k * kept.stride] = list.squares[k * list.stride];
      kept.indices[k * kept.stride] = list.indices[k * list.stride];
    }
  if (threadIdx.x == 0 && search.r.status != NULL)
    atomicAdd (&search.r.status->n_pairs, (unsigned long long) n_points * tile.n);
}

/* ------------------------------------------------------------------------------------------------
 * Results
 */

/* Ascending lists of ascending runs of points: of equals the first list's is lowest. */
static __global__ void
__launch_bounds__ (128)
merge_lists (MONGE_ARGUMENT (Search, search))
{
  const size_t row = (size_t) blockIdx.x * 128 + threadIdx.x, stride = search.x.n;
  const size_t split_stride = (size_t) search.r.k * stride;
  int at[MAX_SPLITS];
  float head[MAX_SPLITS];

  if (row >= search.x.n)
    return;
#pragma unroll
  for (unsigned s = 0; s < MAX_SPLITS; s++)
    {
      at[s] = 0;
      head[s] = s < search.n_splits ? search.squares[s * split_stride + row] : INFINITY;
    }
  for (int k = 0; k < search.r.k; k++)
    {
      float least = INFINITY;
      int index = -1;

#pragma unroll
      for (unsigned s = 0; s < MAX_SPLITS; s++)
        least = fminf (least, head[s]);
#pragma unroll
      for (unsigned s = 0; s < MAX_SPLITS; s++)
        if (index < 0 && head[s] == least && least < INFINITY)
          {
            index = search.indices[s * split_stride + at[s] * stride + row];
            at[s]++;
            head[s] = at[s] < search.r.k
                          ? search.squares[s * split_stride + at[s] * stride + row]
                          : INFINITY;
          }
      search.r.index[row * search.r.k + k] = index;
      if (search.r.square != NULL)
        search.r.square[row * search.r.k + k] = least;
    }
}

/* ------------------------------------------------------------------------------------------------
 * Launchers
 */

static void *
take (unsigned char *scratch, size_t *used, size_t size)
{
  void *at = scratch != NULL ? scratch + *used : NULL;

  *used += (size + 255) / 256 * 256;
  return at;
}

/* Planes of @points: themselves, or to be filled. */
static MongeCudaPoints
take_planes (const MongeCudaPoints *points, int dim, unsigned char *scratch, size_t *used)
{
  MongeCudaPoints planes = { points->values, points->dim_stride, 1, points->n };

  if (points->point_stride == 1 || points->n == 0)
    return planes;
  planes.values = (const float *) take (scratch, used, points->n * dim * sizeof (float));
  planes.dim_stride = points->n;
  return planes;
}

static bool
make_search (Search *search, const MongeCudaNearest *r, unsigned char *scratch, size_t *used)
{
  const size_t limit = (size_t) 1 << 31;
  size_t n_lists;

  if (r->dim < 1 || r->k < 1 || r->k > MONGE_CUDA_MAX_K || r->x.n >= limit || r->y.n >= limit)
    return false;
  memset (search, 0, sizeof *search);
  search->r = *r;
  search->r.pairs = NULL;
  search->n_tiles = r->pairs != NULL ? (unsigned) r->pairs->n_tiles
                                     : monge_count_blocks (r->x.n, MONGE_CUDA_TILE);
  search->in_shared = r->k <= SHARED_K;
  search->n_splits = 1;
  if (r->pairs == NULL && search->in_shared && search->n_tiles > 0)
    search->n_splits = monge_count_blocks (BLOCKS_WANTED, search->n_tiles);
  if (search->n_splits > MAX_SPLITS)
    search->n_splits = MAX_SPLITS;

  *used = 0;
  search->x = take_planes (&r->x, r->dim, scratch, used);
  search->y = take_planes (&r->y, r->dim, scratch, used);
  n_lists = (size_t) search->n_splits * r->k * r->x.n;
  search->squares = (float *) take (scratch, used, n_lists * sizeof (float));
  search->indices = (int *) take (scratch, used, n_lists * sizeof (int));
  return true;
}

static void
turn (const MongeCudaPoints *from, const MongeCudaPoints *to, int dim, cudaStream_t stream)
{
  if (from->values != to->values)
    MONGE_LAUNCH (turn_points, monge_count_blocks (to->n * dim, 256), 256, 0, stream, *from, *to, dim,
                  (float *) to->values);
}

size_t
monge_cuda_nearest_get_scratch (const MongeCudaNearest *nearest)
{
  Search search;
  size_t used;

  return make_search (&search, nearest, NULL, &used) ? used : 0;
}

cudaError_t
monge_cuda_find_nearest (const MongeCudaNearest *nearest, cudaStream_t stream)
{
  MongeCudaPairs pairs;
  Search search;
  size_t used, shared;

  memset (&pairs, 0, sizeof pairs);
  if (!make_search (&search, nearest, (unsigned char *) nearest->scratch, &used)
      || used > nearest->scratch_size)
    return cudaErrorInvalidValue;
  if (nearest->x.n == 0)
    return cudaSuccess;
  if (nearest->pairs != NULL)
    pairs = *nearest->pairs;
  turn (&nearest->x, &search.x, nearest->dim, stream);
  turn (&nearest->y, &search.y, nearest->dim, stream);
  shared = search.in_shared ? (size_t) search.r.k * THREADS * 8 : sizeof (float4);
  MONGE_LAUNCH (find_nearest, search.n_tiles * search.n_splits, THREADS, shared, stream, search,
                pairs);
  MONGE_LAUNCH (merge_lists, monge_count_blocks (nearest->x.n, 128), 128, 0, stream, search);
  return cudaGetLastError ();
}
