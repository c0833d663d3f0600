/* Hand-tuned reductions of what lies on the host: everything goes up, results come down. */
#include "compute/backend/cuda/cuda-private.h"

#include <string.h>

/* What a reduction takes on the card, in one block. */
typedef struct {
  MongeCuda *cuda;
  const MongeTunedReduction *from;
  guint n_sums;
  gboolean shares_points; /* rows are columns */
  MongeCudaReduction to;
  MongeCudaBlock block;
  MongeCudaPairsOnCard pairs;
} Job;

/* ------------------------------------------------------------------------------------------------
 * Up
 */

static void
upload_cloud (Job *job, const MongeCloud *from, const MongeCudaCloud *to)
{
  monge_cuda_upload_planes (job->cuda, (gpointer) to->planes, from->planes, from->dim,
                            from->n * sizeof (float), from->stride * sizeof (float));
}

/* Where everything goes, relative to the block; then, with @base, in it. */
static gsize
lay_out (Job *job, char *base)
{
  const MongeTunedReduction *from = job->from;
  const gsize rows = from->x.n, columns = from->y.n;
  MongeCudaReduction *to = &job->to;
  gsize size = 0;

#define PLACE(field, wanted, n)                                                                    \
  (field) = (wanted) ? (gpointer) (base + monge_cuda_append (&size, (n))) : NULL
  PLACE (to->x.planes, TRUE, rows * from->x.dim * sizeof (float));
  PLACE (to->y.planes, !job->shares_points, columns * from->y.dim * sizeof (float));
  PLACE (to->lift, from->lift != NULL, rows * sizeof (float));
  PLACE (to->bias, from->weights == NULL, columns * sizeof (float));
  PLACE (to->weights, from->weights != NULL, columns * from->n_weights * sizeof (float));
  PLACE (to->sum, TRUE, rows * job->n_sums * sizeof (double));
  PLACE (to->moment, from->moment != NULL, rows * from->x.dim * sizeof (double));
  if (job->shares_points)
    to->y.planes = to->x.planes;
  to->scratch_size = monge_cuda_reduction_get_scratch (to);
  PLACE (to->scratch, to->scratch_size > 0, to->scratch_size);
#undef PLACE
  return size;
}

static void
set_up (Job *job)
{
  const MongeTunedReduction *from = job->from;
  MongeCudaReduction *to = &job->to;

  G_STATIC_ASSERT ((int) MONGE_CUDA_GAUSSIAN == (int) MONGE_TUNED_GAUSSIAN);
  G_STATIC_ASSERT ((int) MONGE_CUDA_LAPLACIAN == (int) MONGE_TUNED_LAPLACIAN);
  G_STATIC_ASSERT ((int) MONGE_CUDA_DISTANCE == (int) MONGE_TUNED_DISTANCE);
  to->kernel = (MongeCudaKernel) from->kernel;
  to->dim = (int) from->x.dim;
  to->x.n = to->x.stride = from->x.n;
  to->y.n = to->y.stride = from->y.n;
  to->scale = from->scale;
  to->weights_stride = from->y.n;
  to->n_weights = from->weights != NULL ? (int) from->n_weights : 0;
  to->cutoff = from->cutoff;
  to->stop = job->cuda->card_stop;
  to->status = &job->cuda->control->waited;
  job->n_sums = from->weights != NULL ? from->n_weights : 1;
  job->shares_points = from->x.planes == from->y.planes && from->x.n == from->y.n
                       && from->x.stride == from->y.stride;
}

static void
upload (Job *job)
{
  const MongeTunedReduction *from = job->from;
  const MongeCudaReduction *to = &job->to;
  const gsize columns_size = from->y.n * sizeof (float);

  upload_cloud (job, &from->x, &to->x);
  if (!job->shares_points)
    upload_cloud (job, &from->y, &to->y);
  if (from->lift != NULL)
    monge_cuda_upload (job->cuda, (gpointer) to->lift, from->lift, from->x.n * sizeof (float));
  if (from->weights != NULL)
    monge_cuda_upload (job->cuda, (gpointer) to->weights, from->weights,
                       from->n_weights * columns_size);
  else
    monge_cuda_upload (job->cuda, (gpointer) to->bias, from->bias, columns_size);
}

/* ------------------------------------------------------------------------------------------------
 * Down
 */

gboolean
monge_cuda_clear_waited (MongeCuda *cuda)
{
  const gboolean done
      = monge_cuda_check (cuda, cudaMemsetAsync (&cuda->control->waited, 0,
                                                 sizeof cuda->control->waited, cuda->stream),
                          "clearing its status");

  monge_cuda_mark_queued (cuda);
  return done;
}

gboolean
monge_cuda_wait_for_status (MongeCuda *cuda,
                            gboolean allows_nan,
                            guint64 *n_pairs,
                            MongeTask *task,
                            GError **error)
{
  const MongeCudaStatus *status = cuda->waited;

  if (!monge_cuda_check (cuda, cudaMemcpyAsync (cuda->waited, &cuda->control->waited,
                                                sizeof *cuda->waited, cudaMemcpyDeviceToHost,
                                                cuda->stream), "reading its status"))
    return monge_cuda_set_error (cuda, error);
  if (!monge_cuda_wait (cuda, task, error))
    return FALSE;
  *n_pairs += status->n_pairs;
  if (status->bad_row == 0 || allows_nan)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
               "The sum of row %" G_GUINT64_FORMAT " is not finite", (guint64) ~status->bad_row);
  return FALSE;
}

static gboolean
reduce (Job *job, guint64 *n_pairs, MongeTask *task, GError **error)
{
  const MongeTunedReduction *from = job->from;
  MongeCuda *cuda = job->cuda;
  const gsize sum_size = from->x.n * job->n_sums * sizeof (double);
  const gsize moment_size = from->moment != NULL ? from->x.n * from->x.dim * sizeof (double) : 0;

  upload (job);
  if (!monge_cuda_clear_waited (cuda) || !monge_cuda_enter (cuda)
      || !monge_cuda_check (cuda, monge_cuda_reduce (&job->to, cuda->stream),
                            "queueing a reduction"))
    return monge_cuda_set_error (cuda, error);
  monge_cuda_mark_queued (cuda);
  return monge_cuda_wait_for_status (cuda, FALSE, n_pairs, task, error)
         && monge_cuda_download (cuda, from->sum, job->to.sum, sum_size, NULL, error)
         && monge_cuda_download (cuda, from->moment, job->to.moment, moment_size, NULL, error);
}

gboolean
monge_cuda_reduce_host (MongeBackend *backend,
                        const MongeTunedReduction *reduction,
                        guint64 *n_pairs,
                        MongeTask *task,
                        GError **error)
{
  Job job = { .cuda = (MongeCuda *) backend, .from = reduction };
  guint64 ignored = 0;
  gboolean done;

  g_return_val_if_fail (reduction->x.n > 0 && reduction->y.n > 0, FALSE);
  g_return_val_if_fail (reduction->x.dim == reduction->y.dim, FALSE);
  g_return_val_if_fail (reduction->x.dim <= MONGE_MAX_REDUCTION_DIM, FALSE);

  if (monge_task_return_if_cancelled (task, error)
      || !monge_cuda_enter_or_fail (job.cuda, error))
    return FALSE;
  set_up (&job);
  if (reduction->pairs != NULL)
    {
      if (!monge_cuda_upload_pairs (job.cuda, reduction->pairs, &job.pairs, error))
        return FALSE;
      job.to.pairs = &job.pairs.pairs;
    }
  /* A place below everything: what is NULL must be told from what is not. */
  done = monge_cuda_take (job.cuda, lay_out (&job, (char *) (gsize) 256), "a reduction",
                          &job.block, error);
  if (done)
    {
      lay_out (&job, job.block.data);
      done = reduce (&job, n_pairs != NULL ? n_pairs : &ignored, task, error);
    }
  monge_cuda_give_back (job.cuda, &job.block);
  monge_cuda_give_back (job.cuda, &job.pairs.block);
  return done;
}
