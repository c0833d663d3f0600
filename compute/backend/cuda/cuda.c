/* The CUDA backend: one card, opened, tried and closed. */
#include "compute/backend/cuda/cuda-private.h"

#include "compute/core/parallel.h"

static void
close_cuda (MongeCuda *cuda)
{
  if (cuda->stream != NULL)
    monge_cuda_succeeds (cudaStreamSynchronize (cuda->stream));
  monge_cuda_modules_free (cuda->modules);
  monge_cuda_transfer_clear (cuda);
  monge_cuda_give_back (cuda, &cuda->control_block);
  monge_cuda_give_back_pinned (cuda, &cuda->stop_block);
  monge_cuda_give_back_pinned (cuda, &cuda->shown_block);
  for (guint k = 0; k < cuda->events->len; k++)
    monge_cuda_succeeds (cudaEventDestroy (g_ptr_array_index (cuda->events, k)));
  g_ptr_array_free (cuda->events, TRUE);
  monge_cuda_pools_clear (cuda);
  if (cuda->read_stream != NULL)
    monge_cuda_succeeds (cudaStreamDestroy (cuda->read_stream));
  if (cuda->stream != NULL)
    monge_cuda_succeeds (cudaStreamDestroy (cuda->stream));
  g_clear_error (&cuda->deferred);
  g_mutex_clear (&cuda->lock);
  g_mutex_clear (&cuda->up_lock);
  g_mutex_clear (&cuda->read_lock);
  g_mutex_clear (&cuda->totals_lock);
  g_free (cuda->failure);
  g_free (cuda->instruction_set);
  g_free (cuda->name);
  g_free (cuda);
}

/* Whatever has failed: nothing but what was allocated is asked of the card. */
static void
cuda_close (MongeBackend *backend)
{
  MongeCuda *cuda = (MongeCuda *) backend;

  monge_cuda_succeeds (cudaSetDevice (cuda->device));
  close_cuda (cuda);
}

static MongeCuda *
cuda_new (int device, guint n_threads)
{
  MongeCuda *cuda = g_new0 (MongeCuda, 1);

  cuda->device = device;
  cuda->name = g_strdup_printf ("card %d", device + 1);
  cuda->events = g_ptr_array_new ();
  cuda->pinned.is_pinned = TRUE;
  cuda->base.type = &monge_backend_cuda;
  cuda->base.n_threads = n_threads > 0 ? n_threads : monge_parallel_get_default_threads ();
  g_mutex_init (&cuda->lock);
  g_mutex_init (&cuda->up_lock);
  g_mutex_init (&cuda->read_lock);
  g_mutex_init (&cuda->totals_lock);
  return cuda;
}

static gboolean
describe (MongeCuda *cuda)
{
  struct cudaDeviceProp properties;

  if (!monge_cuda_check (cuda, cudaGetDeviceProperties (&properties, cuda->device),
                         "asking what it is"))
    return FALSE;
  g_free (cuda->name);
  cuda->name = g_strdup (properties.name);
  cuda->instruction_set = g_strdup_printf ("sm_%d%d", properties.major, properties.minor);
  cuda->base.instruction_set = cuda->instruction_set;
  cuda->base.description = g_strdup_printf ("CUDA, %s", cuda->name);
  cuda->modules = monge_cuda_modules_new (10 * properties.major + properties.minor, NULL);
  return TRUE;
}

static gboolean
make_streams (MongeCuda *cuda)
{
  return monge_cuda_check (cuda, cudaStreamCreateWithFlags (&cuda->stream, cudaStreamNonBlocking),
                           "making a stream")
         && monge_cuda_check (cuda, cudaStreamCreateWithFlags (&cuda->read_stream,
                                                               cudaStreamNonBlocking),
                              "making a stream");
}

/* A word that both sides see, if that can be had. */
static gboolean
share_stop (MongeCuda *cuda, GError **error)
{
  void *seen = NULL;
  cudaError_t code = cudaErrorNotSupported;

  if (!monge_cuda_take_pinned (cuda, sizeof *cuda->stop, &cuda->stop_block, error))
    return FALSE;
  cuda->stop = cuda->stop_block.data;
  *cuda->stop = 0;
  if (!cuda->stop_block.is_plain)
    code = cudaHostGetDevicePointer (&seen, cuda->stop_block.data, 0);
  cuda->card_stop = seen;
  if (code == cudaErrorNotSupported)
    return !monge_cuda_succeeds (code);
  return monge_cuda_check (cuda, code, "sharing a word with it")
         || monge_cuda_set_error (cuda, error);
}

static gboolean
set_up_control (MongeCuda *cuda, GError **error)
{
  if (!share_stop (cuda, error)
      || !monge_cuda_take_pinned (cuda, sizeof *cuda->shown + sizeof *cuda->waited,
                                  &cuda->shown_block, error)
      || !monge_cuda_take (cuda, sizeof *cuda->control, "its own words", &cuda->control_block,
                           error))
    return FALSE;
  cuda->shown = cuda->shown_block.data;
  cuda->waited = (MongeCudaStatus *) (cuda->shown + 1);
  cuda->control = cuda->control_block.data;
  return monge_cuda_check (cuda, cudaMemsetAsync (cuda->control, 0, sizeof *cuda->control,
                                                  cuda->stream), "clearing its words")
         || monge_cuda_set_error (cuda, error);
}

/* One kernel: whether there is code for this card, and whether it runs. */
static gboolean
try_out (MongeCuda *cuda, GError **error)
{
  MongeStepData data = { .n = 1, .planes = { cuda->control->totals, cuda->control->totals } };

  if (!monge_cuda_check (cuda, monge_cuda_step (MONGE_STEP_COMBINE, &data, cuda->control->totals,
                                                NULL, cuda->stream), "running a first kernel"))
    return monge_cuda_set_error (cuda, error);
  monge_cuda_mark_queued (cuda);
  return monge_cuda_wait (cuda, NULL, error);
}

static MongeBackend *
cuda_open (const MongeBackendOptions *options, GError **error)
{
  const int device = monge_cuda_choose_device (options, error);
  MongeCuda *cuda;

  if (device < 0)
    return NULL;
  cuda = cuda_new (device, options->n_threads);
  if (!monge_cuda_enter (cuda) || !describe (cuda) || !make_streams (cuda))
    monge_cuda_set_error (cuda, error);
  else if (set_up_control (cuda, error) && try_out (cuda, error))
    return &cuda->base;
  g_free (cuda->base.description);
  close_cuda (cuda);
  return NULL;
}

const MongeBackendType monge_backend_cuda = {
  .name = "cuda",
  .open = cuda_open,
  .close = cuda_close,
  .prepare = monge_cuda_prepare,
  .run = monge_cuda_run,
  .kernel_free = monge_cuda_kernel_free,
  .reduce = monge_cuda_reduce_host,
  .find_neighbours = monge_cuda_find_neighbours,
  .list_devices = monge_cuda_list_devices,
  .planes_data = monge_cuda_planes_data,
  .planes_release = monge_cuda_planes_release,
  .planes_write = monge_cuda_planes_write,
  .planes_read = monge_cuda_planes_read,
  .planes_copy = monge_cuda_planes_copy,
  .planes_begin = monge_cuda_planes_begin,
  .planes_end = monge_cuda_planes_end,
  .planes_fetch = monge_cuda_planes_fetch,
  .planes_publish = monge_cuda_planes_publish,
  .step = monge_cuda_queue_step,
  .read_totals = monge_cuda_read_totals,
  .reserve = monge_cuda_reserve,
  .take_n_pairs = monge_cuda_take_n_pairs,
};
