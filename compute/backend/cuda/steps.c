/* Steps on the card, and what is read of them: totals, NaN, pairs, all by one small copy. */
#include "compute/backend/cuda/cuda-private.h"

#include <string.h>

/* ------------------------------------------------------------------------------------------------
 * What could not be told when it happened
 */

void
monge_cuda_defer (MongeCuda *cuda, GError *error)
{
  g_mutex_lock (&cuda->lock);
  if (cuda->deferred == NULL)
    cuda->deferred = g_steal_pointer (&error);
  g_mutex_unlock (&cuda->lock);
  g_clear_error (&error);
}

static gboolean
return_if_deferred (MongeCuda *cuda, GError **error)
{
  GError *deferred;

  g_mutex_lock (&cuda->lock);
  deferred = g_steal_pointer (&cuda->deferred);
  g_mutex_unlock (&cuda->lock);
  if (deferred == NULL)
    return FALSE;
  g_propagate_error (error, deferred);
  return TRUE;
}

/* ------------------------------------------------------------------------------------------------
 * Steps
 */

static gboolean
queue_step (MongeCuda *cuda, const MongeStep *step, GError **error)
{
  MongeStepData data = { .n = step->n, .totals = cuda->control->totals };
  MongeCudaBlock scratch = { 0 };
  const gsize size = monge_cuda_step_get_scratch (step->id, step->n);

  for (guint k = 0; k < MONGE_STEP_MAX_PLANES; k++)
    data.planes[k] = step->planes[k] != NULL ? step->planes[k]->data : NULL;
  memcpy (data.numbers, step->numbers, sizeof data.numbers);
  memcpy (data.counts, step->counts, sizeof data.counts);
  if (size > 0 && !monge_cuda_take (cuda, size, "a step", &scratch, error))
    return FALSE;
  monge_cuda_check (cuda,
                    monge_cuda_step (step->id, &data, cuda->control->totals + step->totals,
                                     scratch.data, cuda->stream),
                    "queueing a step");
  monge_cuda_mark_queued (cuda);
  /* Which of them it writes is for the step to know. */
  for (guint k = 0; k < MONGE_STEP_MAX_PLANES; k++)
    if (step->planes[k] != NULL)
      monge_cuda_mark_written (cuda, step->planes[k]->state);
  monge_cuda_give_back (cuda, &scratch);
  return TRUE;
}

void
monge_cuda_queue_step (MongeBackend *backend, const MongeStep *step)
{
  MongeCuda *cuda = (MongeCuda *) backend;
  GError *error = NULL;

  if (monge_cuda_enter (cuda) && !queue_step (cuda, step, &error))
    monge_cuda_defer (cuda, error);
}

/* ------------------------------------------------------------------------------------------------
 * Reading
 */

/* Brings the card's words over. The totals' lock is held. */
static gboolean
fetch (MongeCuda *cuda, MongeTask *task, GError **error)
{
  guint64 queued;

  if (!monge_cuda_check (cuda, cudaMemcpyAsync (cuda->shown, cuda->control, sizeof *cuda->shown,
                                                cudaMemcpyDeviceToHost, cuda->stream),
                         "reading totals"))
    return monge_cuda_set_error (cuda, error);
  g_mutex_lock (&cuda->lock);
  queued = cuda->queued;
  g_mutex_unlock (&cuda->lock);
  if (!monge_cuda_wait (cuda, task, error))
    return FALSE;
  g_mutex_lock (&cuda->lock);
  cuda->shown_at = queued;
  cuda->pairs_shown = cuda->shown->queued.n_pairs;
  g_mutex_unlock (&cuda->lock);
  return TRUE;
}

static gboolean
check_rows (MongeCuda *cuda, GError **error)
{
  const guint64 bad_row = cuda->shown->queued.bad_row;

  if (bad_row == 0)
    return TRUE;
  if (!monge_cuda_forget_bad_row (cuda)) /* it is told once */
    return monge_cuda_set_error (cuda, error);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
               "The result of row %" G_GUINT64_FORMAT " is not finite: an argument there is not, or "
               "the formula is not defined", ~bad_row);
  return FALSE;
}

/* The totals' lock is held. */
static gboolean
read_totals (MongeCuda *cuda, guint first, guint n, double *totals, MongeTask *task, GError **error)
{
  GError *local = NULL;

  if (!fetch (cuda, task, &local))
    {
      /* What was left undone is no failure of its own. */
      if (g_error_matches (local, MONGE_ERROR, MONGE_ERROR_CANCELLED))
        return_if_deferred (cuda, NULL);
      g_propagate_error (error, local);
      return FALSE;
    }
  if (return_if_deferred (cuda, error) || !check_rows (cuda, error))
    return FALSE;
  if (n > 0)
    memcpy (totals, cuda->shown->totals + first, n * sizeof *totals);
  return TRUE;
}

gboolean
monge_cuda_read_totals (MongeBackend *backend,
                        guint first,
                        guint n,
                        double *totals,
                        MongeTask *task,
                        GError **error)
{
  MongeCuda *cuda = (MongeCuda *) backend;
  gboolean done;

  if (!monge_cuda_enter_or_fail (cuda, error))
    return FALSE;
  g_mutex_lock (&cuda->totals_lock);
  done = read_totals (cuda, first, n, totals, task, error);
  g_mutex_unlock (&cuda->totals_lock);
  return done;
}

guint64
monge_cuda_take_n_pairs (MongeBackend *backend)
{
  MongeCuda *cuda = (MongeCuda *) backend;
  guint64 n_pairs;
  gboolean is_new;

  g_mutex_lock (&cuda->totals_lock);
  g_mutex_lock (&cuda->lock);
  is_new = cuda->shown_at != cuda->queued;
  g_mutex_unlock (&cuda->lock);
  if (is_new && monge_cuda_enter (cuda))
    fetch (cuda, NULL, NULL);
  g_mutex_lock (&cuda->lock);
  n_pairs = cuda->pairs_shown - cuda->pairs_taken + backend->n_pairs;
  cuda->pairs_taken = cuda->pairs_shown;
  backend->n_pairs = 0;
  g_mutex_unlock (&cuda->lock);
  g_mutex_unlock (&cuda->totals_lock);
  return n_pairs;
}
