#include "compute/backend/cuda/job.h"

/* ------------------------------------------------------------------------------------------------
 * Memory
 */

gpointer
monge_cuda_job_take (MongeCudaJob *job, gsize size)
{
  MongeCudaBlock block = { 0 };

  if (!monge_cuda_take (job->cuda, size, "a reduction", &block,
                        job->error == NULL ? &job->error : NULL))
    return NULL;
  g_array_append_val (job->blocks, block);
  return block.data;
}

gboolean
monge_cuda_job_check (MongeCudaJob *job, cudaError_t code, const char *doing)
{
  if (monge_cuda_check (job->cuda, code, doing))
    return TRUE;
  if (job->error == NULL)
    monge_cuda_set_error (job->cuda, &job->error);
  return FALSE;
}

void
monge_cuda_job_clear (MongeCudaJob *job)
{
  for (guint k = 0; k < job->blocks->len; k++)
    monge_cuda_give_back (job->cuda, &g_array_index (job->blocks, MongeCudaBlock, k));
  g_array_free (job->blocks, TRUE);
  monge_cuda_give_back (job->cuda, &job->pairs.block);
  g_free (job->arguments);
  g_clear_error (&job->error);
}

/* ------------------------------------------------------------------------------------------------
 * Arguments
 */

/* @n rows of @dim planes from the host. */
static gboolean
upload_argument (MongeCudaJob *job,
                 const MongeArgument *from,
                 guint dim,
                 gsize n,
                 gsize stride,
                 MongeCudaArgument *to)
{
  const gsize element = from->floats != NULL ? sizeof (float) : sizeof (double);
  gpointer data = monge_cuda_job_take (job, dim * n * element);

  if (data == NULL)
    return FALSE;
  monge_cuda_upload_planes (job->cuda, data,
                            from->floats != NULL ? (gconstpointer) from->floats : from->doubles,
                            dim, n * element, stride * element);
  *to = (MongeCudaArgument){ .stride = n };
  if (from->floats != NULL)
    to->floats = data;
  else
    to->doubles = data;
  return TRUE;
}

static gboolean
add_argument (MongeCudaJob *job, guint v)
{
  const MongeProgramVariable *variable = &job->program->variables[v];
  const MongeArgument *from = &job->run->arguments[v];
  MongeCudaArgument *to = &job->arguments[v];
  const gsize n = variable->axis == job->kept ? job->n_kept : job->n_summed;

  if (from->planes == NULL)
    return upload_argument (job, from, variable->dim, n, from->stride, to);
  *to = (MongeCudaArgument){ .stride = from->planes->n };
  if (from->planes->type == MONGE_PLANES_FLOAT64)
    to->doubles = from->planes->data;
  else
    to->floats = from->planes->data;
  return TRUE;
}

gboolean
monge_cuda_job_add_parameters (MongeCudaJob *job)
{
  for (guint v = 0; v < job->program->n_variables; v++)
    {
      const MongeProgramVariable *variable = &job->program->variables[v];

      if (job->self->base.reads[v] && variable->axis == MONGE_AXIS_NONE
          && !upload_argument (job, &job->run->arguments[v], variable->dim, 1, 1,
                               &job->arguments[v]))
        return FALSE;
    }
  return TRUE;
}

/* Over rows, the pairs of columns. */
static gboolean
add_pairs (MongeCudaJob *job)
{
  const MongePairs *pairs = job->run->pairs;
  g_autoptr (MongePairs) transposed = NULL;

  if (pairs == NULL)
    return TRUE;
  if (job->kept == MONGE_AXIS_J)
    pairs = transposed = monge_pairs_transpose (pairs);
  job->has_pairs = monge_cuda_upload_pairs (job->cuda, pairs, &job->pairs, &job->error);
  return job->has_pairs;
}

/* ------------------------------------------------------------------------------------------------
 * Results
 */

static gboolean
set_results (MongeCudaJob *job)
{
  const MongeRun *run = job->run;
  const gsize n = job->program->out_dim * job->n_kept;

  if (monge_reduce_op_gives_indices (job->program->op))
    {
      job->index_out = monge_cuda_job_take (job, n * sizeof (gint64));
      return job->index_out != NULL;
    }
  job->out = run->out_planes != NULL ? run->out_planes->data
                                     : monge_cuda_job_take (job, n * sizeof (double));
  if (run->log_sum_planes != NULL)
    job->log_sum = run->log_sum_planes->data;
  else if (run->log_sum != NULL)
    job->log_sum = monge_cuda_job_take (job, job->n_kept * sizeof (double));
  return job->error == NULL;
}

static void
mark (MongeCudaJob *job, MongePlanes *planes)
{
  if (planes != NULL)
    monge_cuda_mark_written (job->cuda, planes->state);
}

static gboolean
bring_down (MongeCudaJob *job, gpointer to, gconstpointer from, gsize n)
{
  return to == NULL
         || monge_cuda_download (job->cuda, to, from, n * sizeof (double), NULL, &job->error);
}

gboolean
monge_cuda_job_finish (MongeCudaJob *job, guint64 *n_pairs)
{
  const MongeRun *run = job->run;
  const gsize n = job->program->out_dim * job->n_kept;

  monge_cuda_mark_queued (job->cuda);
  mark (job, run->out_planes);
  mark (job, run->log_sum_planes);
  if (job->is_queued)
    return TRUE;
  return monge_cuda_wait_for_status (job->cuda, job->allows_nan, n_pairs, job->task, &job->error)
         && bring_down (job, run->out, job->out, n)
         && bring_down (job, run->index_out, job->index_out, n)
         && bring_down (job, run->log_sum, job->log_sum, job->n_kept);
}

gboolean
monge_cuda_job_init (MongeCudaJob *job, MongeCudaProgram *self, const MongeRun *run, MongeTask *task)
{
  const MongeProgram *program = self->base.program;
  const gboolean over_j = program->over == MONGE_AXIS_J;
  MongeCuda *cuda = (MongeCuda *) self->base.backend;

  *job = (MongeCudaJob){
    .cuda = cuda,
    .self = self,
    .program = program,
    .run = run,
    .task = task,
    .kept = over_j ? MONGE_AXIS_I : MONGE_AXIS_J,
    .n_kept = over_j ? run->n_rows : run->n_columns,
    .n_summed = over_j ? run->n_columns : run->n_rows,
    .is_queued = run->out_planes != NULL,
    .status = run->out_planes != NULL ? &cuda->control->queued : &cuda->control->waited,
  };
  job->arguments = g_new0 (MongeCudaArgument, MAX (program->n_variables, 1));
  job->blocks = g_array_new (FALSE, FALSE, sizeof (MongeCudaBlock));
  for (guint v = 0; v < program->n_variables; v++)
    if (self->base.reads[v] && program->variables[v].axis != MONGE_AXIS_NONE
        && !add_argument (job, v))
      return FALSE;
  if (!job->is_queued && !monge_cuda_clear_waited (cuda))
    return monge_cuda_set_error (cuda, &job->error);
  return add_pairs (job) && set_results (job);
}
