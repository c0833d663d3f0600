/* Tuned reductions: scratch memory is laid out, columns are split so that the card is full, and the
 * kernels are launched one after the other. Nothing is decided here that needs their results. */
#include "compute/backend/cuda/plan.cuh"

#include <math.h>
#include <string.h>

/* Warps that fill a large card several times over. With a cutoff every split decides about every
 * block, so there are fewer. */
#define WARPS_WANTED 16384
#define WARPS_WANTED_CUTOFF 8192
#define MAX_SPLITS 64

/* So few pairs are run through faster than they are told apart. */
#define LEAST_PAIRS 50000000ull

/* Where the next @size bytes lie; with @scratch NULL they are only counted. */
static void *
take (unsigned char *scratch, size_t *used, size_t size)
{
  void *at = scratch != NULL ? scratch + *used : NULL;

  *used += (size + 255) / 256 * 256;
  return at;
}

static void
take_boxes (unsigned char *scratch, size_t *used, size_t n, int dim, MongeCudaBoxes *boxes)
{
  boxes->stride = (unsigned) n;
  boxes->planes = (float *) take (scratch, used, n * (3 * dim + 2) * sizeof (float));
}

/* Wide enough for a card, never beyond what there is to share out. */
static unsigned
choose_splits (const MongeCudaPlan *plan, size_t n_blocks)
{
  const size_t wanted = plan->cutoff > -INFINITY ? WARPS_WANTED_CUTOFF : WARPS_WANTED;
  size_t n = (wanted + plan->n_tiles - 1) / plan->n_tiles;

  n = n < n_blocks ? n : n_blocks;
  return (unsigned) (n < MAX_SPLITS ? n : MAX_SPLITS);
}

static void
choose_cutoff (MongeCudaPlan *plan)
{
  const MongeCudaReduction *r = &plan->r;
  const unsigned long long n_pairs = (unsigned long long) r->x.n * r->y.n;

  plan->cutoff = -INFINITY;
  plan->smallest = MONGE_SMALLEST_SUM;
  if (!(r->cutoff > 0) || r->kernel == MONGE_CUDA_DISTANCE
      || n_pairs <= (r->least_pairs > 0 ? r->least_pairs : LEAST_PAIRS))
    return;
  /* Dropped: at most n terms of 2^cutoff each; of terms with weights, Σ|w| of them. */
  plan->cutoff = (float) (-r->cutoff - (r->weights == NULL ? log2 ((double) r->y.n) : 0));
  /* With pairs left out, a small sum may owe its size to what was dropped. */
  plan->smallest = -r->cutoff / 2;
}

static void
lay_out (MongeCudaPlan *plan, unsigned char *scratch, size_t *used)
{
  const MongeCudaReduction *r = &plan->r;
  const size_t n_blocks = monge_count_blocks (r->y.n, MONGE_CUDA_BLOCK);
  const size_t n_gathered = (size_t) plan->n_splits * plan->n_values * r->x.n;

  *used = 0;
  plan->columns = (float4 *) take (scratch, used,
                                   n_blocks * MONGE_CUDA_BLOCK * plan->n_vectors * sizeof (float4));
  plan->partial = (double *) take (scratch, used, n_gathered * sizeof (double));
  plan->offset = (double *) take (scratch, used, r->x.n * sizeof (double));
  plan->again = (int *) take (scratch, used, 2 * (size_t) plan->n_tiles * sizeof (int));
  if (plan->cutoff == -INFINITY)
    return;
  take_boxes (scratch, used, plan->n_tiles, r->dim, &plan->rows);
  take_boxes (scratch, used, n_blocks, r->dim, &plan->blocks);
  take_boxes (scratch, used, monge_count_blocks (n_blocks, MONGE_GROUP), r->dim, &plan->groups);
}

static void
make_plan (MongeCudaPlan *plan, const MongeCudaReduction *r)
{
  const size_t n_blocks = monge_count_blocks (r->y.n, MONGE_CUDA_BLOCK);
  const int n_sums = r->weights != NULL ? r->n_weights : 1;

  memset (plan, 0, sizeof *plan);
  plan->r = *r;
  plan->r.sum_stride = r->sum_stride != 0 ? r->sum_stride : r->x.n;
  plan->r.moment_stride = r->moment_stride != 0 ? r->moment_stride : r->x.n;
  plan->n_tiles = monge_count_blocks (r->x.n, MONGE_CUDA_TILE);
  if (r->pairs != NULL)
    {
      plan->tiles = r->pairs->tiles;
      plan->first = r->pairs->first;
      plan->ranges = r->pairs->ranges;
      plan->n_tiles = (unsigned) r->pairs->n_tiles;
    }
  plan->is_log = r->kernel != MONGE_CUDA_DISTANCE && r->weights == NULL;
  plan->padded = r->dim <= 2 ? 2 : r->dim == 3 ? 3 : r->dim <= 6 ? 6 : 10;
  plan->n_vectors = (plan->padded + (n_sums > 1 ? MONGE_CUDA_MAX_WEIGHTS : 1) + 3) / 4;
  plan->n_values = n_sums + (r->moment != NULL ? r->dim : 0);
  plan->scale = (float) r->scale;
  choose_cutoff (plan);
  plan->n_splits = n_blocks > 0 ? choose_splits (plan, n_blocks) : 0;
}

static MongeSumsOp
choose_op (const MongeCudaReduction *r)
{
  if (r->weights == NULL)
    return r->moment != NULL ? MONGE_SUMS_MOMENT : MONGE_SUMS_LOG;
  if (r->moment != NULL)
    return MONGE_SUMS_WEIGHTED_MOMENT;
  return r->n_weights > 1 ? MONGE_SUMS_WEIGHTED_4 : MONGE_SUMS_WEIGHTED;
}

/* Whether kernels can take it: see kernels.h. */
static bool
is_possible (const MongeCudaReduction *r)
{
  const size_t limit = (size_t) 1 << 31;

  if (r->kernel > MONGE_CUDA_DISTANCE || r->dim < 1 || r->dim > MONGE_CUDA_MAX_DIM)
    return false;
  if (r->x.n == 0 || r->x.n >= limit || r->y.n >= limit)
    return false;
  if (r->pairs != NULL && r->pairs->n_tiles == 0)
    return false;
  if (r->weights != NULL && (r->kernel == MONGE_CUDA_DISTANCE || r->n_weights < 1
                             || r->n_weights > MONGE_CUDA_MAX_WEIGHTS
                             || (r->moment != NULL && r->n_weights != 1)))
    return false;
  return r->exact == NULL || r->lift != NULL;
}

size_t
monge_cuda_reduction_get_scratch (const MongeCudaReduction *reduction)
{
  MongeCudaPlan plan;
  size_t used;

  if (!is_possible (reduction))
    return 0;
  make_plan (&plan, reduction);
  lay_out (&plan, NULL, &used);
  return used;
}

cudaError_t
monge_cuda_reduce (const MongeCudaReduction *reduction, cudaStream_t stream)
{
  cudaError_t status = cudaSuccess;
  MongeCudaPlan plan;
  size_t used;

  if (!is_possible (reduction))
    return cudaErrorInvalidValue;
  make_plan (&plan, reduction);
  lay_out (&plan, (unsigned char *) reduction->scratch, &used);
  if (used > reduction->scratch_size)
    return cudaErrorInvalidValue;

  if (plan.n_splits > 0)
    {
      status = monge_cuda_prepare_sums (&plan, stream);
      if (status == cudaSuccess && reduction->kernel == MONGE_CUDA_GAUSSIAN)
        status = monge_cuda_sum_gaussians (&plan, choose_op (reduction), stream);
      else if (status == cudaSuccess)
        status = monge_cuda_sum_distances (&plan, choose_op (reduction), stream);
    }
  if (status == cudaSuccess)
    status = monge_cuda_finish_sums (&plan, stream);
  if (status == cudaSuccess && plan.is_log && plan.n_splits > 0)
    status = monge_cuda_sum_again (&plan, stream);
  return status;
}

size_t
monge_cuda_cut_tiles (const size_t *rows, size_t n_blocks, MongeCudaTile *tiles)
{
  size_t n = 0;

  for (size_t b = 0; b < n_blocks; b++)
    for (size_t i = rows[b]; i < rows[b + 1]; i += MONGE_CUDA_TILE, n++)
      if (tiles != NULL)
        {
          const size_t left = rows[b + 1] - i;

          tiles[n].first = (unsigned) i;
          tiles[n].n = (unsigned) (left < MONGE_CUDA_TILE ? left : MONGE_CUDA_TILE);
          tiles[n].block = (unsigned) b;
        }
  return n;
}
