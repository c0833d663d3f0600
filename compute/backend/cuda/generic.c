/* Programs that no hand-tuned loop computes, by code made for them. */
#include "compute/backend/cuda/job.h"

static MongeGenericArgument *
get_arguments (const MongeCudaJob *job)
{
  const guint n = job->program->n_variables;
  MongeGenericArgument *arguments = g_new0 (MongeGenericArgument, MAX (n, 1));

  for (guint v = 0; v < n; v++)
    {
      const MongeCudaArgument *from = &job->arguments[v];
      const gboolean is_double = from->doubles != NULL;

      arguments[v] = (MongeGenericArgument){
        .numbers = is_double ? (gconstpointer) from->doubles : from->floats,
        .stride = from->stride,
        .is_double = is_double,
      };
    }
  return arguments;
}

/* What a card says of code that it cannot take, and goes on. */
static gboolean
is_unsuitable (cudaError_t code)
{
  return code == cudaErrorInvalidKernelImage || code == cudaErrorNoKernelImageForDevice
         || code == cudaErrorInvalidPtx || code == cudaErrorUnsupportedPtxVersion
         || code == cudaErrorJitCompilerNotFound || code == cudaErrorSymbolNotFound
         || code == cudaErrorInvalidConfiguration || code == cudaErrorLaunchOutOfResources;
}

/* FALSE without job->error where the card does not take the code. */
static gboolean
queue (MongeCudaJob *job)
{
  g_autofree MongeGenericArgument *arguments = get_arguments (job);
  MongeCudaModuleRun run = {
    .n_rows = job->run->n_rows,
    .n_columns = job->run->n_columns,
    .arguments = arguments,
    .pairs = job->has_pairs ? &job->pairs.pairs : NULL,
    .out = job->out,
    .index_out = job->index_out,
    .log_sum = job->log_sum,
    .bad_row = &job->status->bad_row,
    .stop = job->cuda->card_stop,
  };
  cudaError_t code;

  run.scratch_size = monge_cuda_module_get_scratch (job->self->module, &run);
  run.scratch = monge_cuda_job_take (job, MAX (run.scratch_size, 1));
  if (run.scratch == NULL)
    return FALSE;
  code = monge_cuda_module_run (job->self->module, &run, job->cuda->stream);
  if (is_unsuitable (code))
    return monge_cuda_succeeds (code);
  return monge_cuda_job_check (job, code, "queueing generated code");
}

/* Nothing on the card counts them. */
static void
count_pairs (const MongeCudaJob *job, guint64 *n_pairs)
{
  const MongeRun *run = job->run;
  const guint64 n = run->pairs != NULL ? run->pairs->n_pairs : (guint64) run->n_rows * run->n_columns;

  if (!job->is_queued)
    {
      *n_pairs += n;
      return;
    }
  g_mutex_lock (&job->cuda->lock);
  job->cuda->base.n_pairs += n;
  g_mutex_unlock (&job->cuda->lock);
}

MongeOutcome
monge_cuda_run_generic (MongeCudaProgram *self,
                        const MongeRun *run,
                        guint64 *n_pairs,
                        MongeTask *task,
                        GError **error)
{
  MongeOutcome outcome = MONGE_OUTCOME_DONE;
  MongeCudaJob job;
  gboolean done = monge_cuda_job_init (&job, self, run, task)
                  && monge_cuda_job_add_parameters (&job) && queue (&job);

  job.allows_nan = TRUE;
  if (done)
    {
      count_pairs (&job, n_pairs);
      done = monge_cuda_job_finish (&job, n_pairs);
    }
  if (!done)
    outcome = job.error != NULL ? MONGE_OUTCOME_FAILED : MONGE_OUTCOME_UNSUITABLE;
  if (job.error != NULL)
    g_propagate_error (error, g_steal_pointer (&job.error));
  monge_cuda_job_clear (&job);
  return outcome;
}
