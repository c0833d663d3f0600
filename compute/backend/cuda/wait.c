/* What is queued, what has ended, and waiting for the one to become the other. */
#include "compute/backend/cuda/cuda-private.h"

/* Short steps end while we look; for long ones we look now and then. */
#define LOOK_CLOSELY_US 1000
#define PAUSE_US 100

cudaEvent_t
monge_cuda_take_event (MongeCuda *cuda)
{
  cudaEvent_t event = NULL;

  g_mutex_lock (&cuda->lock);
  if (cuda->events->len > 0)
    event = g_ptr_array_steal_index_fast (cuda->events, cuda->events->len - 1);
  g_mutex_unlock (&cuda->lock);
  if (event == NULL
      && !monge_cuda_check (cuda, cudaEventCreateWithFlags (&event, cudaEventDisableTiming
                                                                        | cudaEventBlockingSync),
                            "making an event"))
    return NULL;
  return event;
}

void
monge_cuda_give_event (MongeCuda *cuda, cudaEvent_t event)
{
  if (event == NULL)
    return;
  g_mutex_lock (&cuda->lock);
  g_ptr_array_add (cuda->events, event);
  g_mutex_unlock (&cuda->lock);
}

/* The lock is held. */
static gboolean
record (MongeCuda *cuda, cudaEvent_t event)
{
  return monge_cuda_check (cuda, cudaEventRecord (event, cuda->stream), "recording an event");
}

guint64
monge_cuda_mark_queued (MongeCuda *cuda)
{
  guint64 queued;

  g_mutex_lock (&cuda->lock);
  queued = ++cuda->queued;
  g_mutex_unlock (&cuda->lock);
  return queued;
}

void
monge_cuda_mark_written (MongeCuda *cuda, MongeCudaPlanes *planes)
{
  g_mutex_lock (&cuda->lock);
  planes->written = cuda->queued;
  if (planes->ready != NULL && record (cuda, planes->ready))
    planes->ready_at = planes->written;
  g_mutex_unlock (&cuda->lock);
}

/* ------------------------------------------------------------------------------------------------
 * Waiting on the host
 */

/* Kernels see it when they look next; what they write from then on is undefined. Stays set while
 * somebody who was cancelled waits. */
static void
change_stop (MongeCuda *cuda, gint by)
{
  g_mutex_lock (&cuda->lock);
  cuda->n_stopping += by;
  g_atomic_int_set (cuda->stop, cuda->n_stopping > 0);
  g_mutex_unlock (&cuda->lock);
}

/* Returns: whether @event has come, with all that was queued before it. */
static gboolean
poll_event (MongeCuda *cuda, cudaEvent_t event, MongeTask *task)
{
  const gint64 began = g_get_monotonic_time ();
  gboolean stops = FALSE;
  cudaError_t code;

  while ((code = cudaEventQuery (event)) == cudaErrorNotReady)
    {
      cudaGetLastError ();
      if (!stops && monge_task_is_cancelled (task))
        {
          stops = TRUE;
          change_stop (cuda, 1);
        }
      if (g_get_monotonic_time () - began > LOOK_CLOSELY_US)
        g_usleep (PAUSE_US);
      else
        g_thread_yield ();
    }
  if (stops)
    change_stop (cuda, -1);
  return monge_cuda_check (cuda, code, "computing");
}

gboolean
monge_cuda_forget_bad_row (MongeCuda *cuda)
{
  return monge_cuda_check (cuda, cudaMemsetAsync (&cuda->control->queued.bad_row, 0,
                                                  sizeof cuda->control->queued.bad_row,
                                                  cuda->stream), "clearing its status");
}

gboolean
monge_cuda_wait (MongeCuda *cuda, MongeTask *task, GError **error)
{
  cudaEvent_t event = monge_cuda_take_event (cuda);
  gboolean done = event != NULL;
  guint64 queued;

  g_mutex_lock (&cuda->lock);
  queued = cuda->queued;
  done = done && record (cuda, event);
  g_mutex_unlock (&cuda->lock);
  done = done && poll_event (cuda, event, task);
  monge_cuda_give_event (cuda, event);
  if (!done)
    return monge_cuda_set_error (cuda, error);
  g_mutex_lock (&cuda->lock);
  cuda->finished = MAX (cuda->finished, queued);
  g_mutex_unlock (&cuda->lock);
  if (!monge_task_return_if_cancelled (task, error))
    return TRUE;
  monge_cuda_forget_bad_row (cuda); /* rows that were left undone are not at fault */
  return FALSE;
}

gboolean
monge_cuda_wait_for_planes (MongeCuda *cuda, MongeCudaPlanes *planes)
{
  gboolean is_finished;
  cudaEvent_t event;

  g_mutex_lock (&cuda->lock);
  is_finished = (planes != NULL ? planes->written : cuda->queued) <= cuda->finished;
  event = planes != NULL && planes->ready_at == planes->written ? planes->ready : NULL;
  g_mutex_unlock (&cuda->lock);
  return is_finished
         || (event != NULL ? poll_event (cuda, event, NULL) : monge_cuda_wait (cuda, NULL, NULL));
}

/* ------------------------------------------------------------------------------------------------
 * Waiting by others
 */

gboolean
monge_cuda_planes_watch (MongeCuda *cuda, MongeCudaPlanes *planes, cudaEvent_t *ready)
{
  cudaEvent_t event = monge_cuda_take_event (cuda);
  gboolean done = event != NULL;

  g_mutex_lock (&cuda->lock);
  if (planes->ready == NULL)
    planes->ready = g_steal_pointer (&event);
  *ready = planes->written > cuda->finished ? planes->ready : NULL;
  if (done && *ready != NULL && planes->ready_at != planes->written)
    {
      done = record (cuda, *ready);
      planes->ready_at = planes->written;
    }
  g_mutex_unlock (&cuda->lock);
  monge_cuda_give_event (cuda, event);
  return done;
}
