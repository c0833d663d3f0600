#include "compute/backend/cuda/cuda-private.h"

/* Sizes differ by an eighth at most, and by 2 MiB where they are large. */
#define LEAST_STEP ((gsize) 512)
#define LARGEST_STEP ((gsize) 2 << 20)

static gsize
round_up (gsize size)
{
  gsize step = LEAST_STEP;

  while (step < LARGEST_STEP && step * 8 < size)
    step *= 2;
  return (MAX (size, 1) + step - 1) / step * step;
}

static cudaError_t
allocate (MongeCudaPool *pool, gsize size, gpointer *data)
{
  return pool->is_pinned
             ? cudaHostAlloc (data, size, cudaHostAllocPortable | cudaHostAllocMapped)
             : cudaMalloc (data, size);
}

static void
release (MongeCudaPool *pool, const MongeCudaBlock *block)
{
  if (block->is_plain)
    g_free (block->data);
  else
    monge_cuda_succeeds (pool->is_pinned ? cudaFreeHost (block->data) : cudaFree (block->data));
}

/* Hands spare blocks back to the driver, which waits for what uses them. */
static void
empty (MongeCudaPool *pool)
{
  for (guint k = 0; pool->spare != NULL && k < pool->spare->len; k++)
    release (pool, &g_array_index (pool->spare, MongeCudaBlock, k));
  if (pool->spare != NULL)
    g_array_set_size (pool->spare, 0);
  pool->cached = 0;
}

/* The least spare block that holds @size and is not much larger. */
static gboolean
find_spare (MongeCudaPool *pool, gsize size, MongeCudaBlock *block)
{
  guint best = G_MAXUINT;

  for (guint k = 0; pool->spare != NULL && k < pool->spare->len; k++)
    {
      const gsize has = g_array_index (pool->spare, MongeCudaBlock, k).size;

      if (has >= size && has <= size + size / 4
          && (best == G_MAXUINT || has < g_array_index (pool->spare, MongeCudaBlock, best).size))
        best = k;
    }
  if (best == G_MAXUINT)
    return FALSE;
  *block = g_array_index (pool->spare, MongeCudaBlock, best);
  g_array_remove_index_fast (pool->spare, best);
  pool->cached -= block->size;
  return TRUE;
}

static cudaError_t
take (MongeCuda *cuda, MongeCudaPool *pool, gsize wanted, MongeCudaBlock *block)
{
  const gsize size = round_up (wanted);
  cudaError_t code = cudaSuccess;

  g_mutex_lock (&cuda->lock);
  if (!find_spare (pool, size, block))
    {
      *block = (MongeCudaBlock){ .size = size };
      code = allocate (pool, size, &block->data);
      if (code == cudaErrorMemoryAllocation)
        {
          cudaGetLastError ();
          empty (pool);
          code = allocate (pool, size, &block->data);
        }
    }
  if (code != cudaSuccess)
    *block = (MongeCudaBlock){ 0 };
  g_mutex_unlock (&cuda->lock);
  return code;
}

static void
give_back (MongeCuda *cuda, MongeCudaPool *pool, MongeCudaBlock *block)
{
  if (block->data == NULL)
    return;
  g_mutex_lock (&cuda->lock);
  if (pool->spare == NULL)
    pool->spare = g_array_new (FALSE, FALSE, sizeof (MongeCudaBlock));
  g_array_append_val (pool->spare, *block);
  pool->cached += block->size;
  g_mutex_unlock (&cuda->lock);
  *block = (MongeCudaBlock){ 0 };
}

static gboolean
set_memory_error (MongeCuda *cuda, gsize size, gsize available, gsize total, const char *purpose,
                  GError **error)
{
  g_autofree char *needed = g_format_size_full (size, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *left = g_format_size_full (available, G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *all = g_format_size_full (total, G_FORMAT_SIZE_IEC_UNITS);

  g_set_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE,
               "CUDA: %s needs %s of memory, and %s of %s are free on %s: close other programs that "
               "use the card, take fewer points, or use --backend cpu",
               purpose, needed, left, all, cuda->name);
  return FALSE;
}

/* Where it cannot be told there is room for all. */
static gboolean
get_room (MongeCuda *cuda, size_t *available, size_t *total)
{
  cudaError_t code;

  *available = *total = 0;
  code = cudaMemGetInfo (available, total);
  if (code != cudaErrorNotSupported)
    return monge_cuda_check (cuda, code, "asking for its free memory");
  *available = *total = G_MAXSIZE / 2;
  return !monge_cuda_succeeds (code);
}

gboolean
monge_cuda_take (MongeCuda *cuda,
                 gsize size,
                 const char *purpose,
                 MongeCudaBlock *block,
                 GError **error)
{
  size_t available, total;
  cudaError_t code = take (cuda, &cuda->pool, size, block);

  if (code == cudaErrorMemoryAllocation)
    {
      cudaGetLastError ();
      if (!get_room (cuda, &available, &total))
        return monge_cuda_set_error (cuda, error);
      return set_memory_error (cuda, size, available, total, purpose, error);
    }
  return monge_cuda_check (cuda, code, "allocating memory") || monge_cuda_set_error (cuda, error);
}

/* CUDA copies from and to plain memory too, and waits for it. */
gboolean
monge_cuda_take_pinned (MongeCuda *cuda, gsize size, MongeCudaBlock *block, GError **error)
{
  cudaError_t code = take (cuda, &cuda->pinned, size, block);

  if (code == cudaErrorMemoryAllocation || code == cudaErrorNotSupported)
    {
      cudaGetLastError ();
      *block = (MongeCudaBlock){ .size = round_up (size), .is_plain = TRUE };
      block->data = g_malloc (block->size);
      return TRUE;
    }
  return monge_cuda_check (cuda, code, "allocating page-locked memory")
         || monge_cuda_set_error (cuda, error);
}

void
monge_cuda_give_back (MongeCuda *cuda, MongeCudaBlock *block)
{
  give_back (cuda, &cuda->pool, block);
}

void
monge_cuda_give_back_pinned (MongeCuda *cuda, MongeCudaBlock *block)
{
  give_back (cuda, &cuda->pinned, block);
}

void
monge_cuda_pools_clear (MongeCuda *cuda)
{
  empty (&cuda->pool);
  empty (&cuda->pinned);
  g_clear_pointer (&cuda->pool.spare, g_array_unref);
  g_clear_pointer (&cuda->pinned.spare, g_array_unref);
}

gboolean
monge_cuda_reserve (MongeBackend *backend, gsize size, const char *purpose, GError **error)
{
  MongeCuda *cuda = (MongeCuda *) backend;
  size_t available, total;
  gsize cached;

  if (!monge_cuda_enter (cuda) || !get_room (cuda, &available, &total))
    return monge_cuda_set_error (cuda, error);
  g_mutex_lock (&cuda->lock);
  cached = cuda->pool.cached;
  g_mutex_unlock (&cuda->lock);
  if (size <= available + cached)
    return TRUE;
  return set_memory_error (cuda, size, available + cached, total, purpose, error);
}
