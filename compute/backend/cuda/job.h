/* One run of a program on the card: its arguments as planes there, memory for what lies between, and
 * where results go. */
#pragma once

#include "compute/backend/cuda/run.h"

G_BEGIN_DECLS

/* One of the two, on the card; NULL for what the program does not read. */
typedef struct {
  const float *floats;
  const double *doubles;
  gsize stride;
} MongeCudaArgument;

/**
 * MongeCudaJob:
 * @kept: the axis of results
 * @arguments: (n_variables): of rows and columns; of parameters too once
 *   monge_cuda_job_add_parameters() was called
 * @blocks: (element-type MongeCudaBlock): taken for this run: given back when everything is queued
 * @is_queued: results are planes, and nobody waits
 * @allows_nan: whoever gets results on the host looks for it
 * @out, @log_sum: on the card; @log_sum NULL where it is not asked for
 * @index_out: for programs that give indices, in place of @out
 * @status: for what is queued or for what is waited for
 * @error: of the first thing that went wrong
 */
typedef struct {
  MongeCuda *cuda;
  MongeCudaProgram *self;
  const MongeProgram *program;
  const MongeRun *run;
  MongeTask *task;
  MongeAxis kept;
  gsize n_kept, n_summed;
  MongeCudaArgument *arguments;
  GArray *blocks;
  MongeCudaPairsOnCard pairs;
  gboolean has_pairs, is_queued, allows_nan;
  double *out, *log_sum;
  gint64 *index_out;
  MongeCudaStatus *status;
  GError *error;
} MongeCudaJob;

/* What lies on the host is uploaded; nothing waits. FALSE with job->error. Cleared in any case. */
gboolean monge_cuda_job_init (MongeCudaJob *job, MongeCudaProgram *self, const MongeRun *run,
                              MongeTask *task);
gboolean monge_cuda_job_add_parameters (MongeCudaJob *job);
void monge_cuda_job_clear (MongeCudaJob *job);

/* Memory until the job is cleared: %NULL with job->error. */
gpointer monge_cuda_job_take (MongeCudaJob *job, gsize size);
/* FALSE with job->error unless @code is success. */
gboolean monge_cuda_job_check (MongeCudaJob *job, cudaError_t code, const char *doing);
/* Everything is queued: marks the planes that it writes or, for results on the host, waits and brings
 * them there. @n_pairs: what the card counted is added to it. */
gboolean monge_cuda_job_finish (MongeCudaJob *job, guint64 *n_pairs);

G_END_DECLS
