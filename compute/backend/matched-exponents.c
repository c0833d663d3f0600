/* Log-sum-exp and soft means by the hand-tuned loops. */
#include "compute/backend/matched.h"
#include "compute/core/parallel.h"

#include <math.h>

MongeOutcome
monge_job_reduce_exponents (MongeJob *job, gboolean moment, GError **error)
{
  const double *u = monge_job_set_lift (job);
  double *sum = monge_job_get_buffer (job, MONGE_BUFFER_SUM, job->n_kept * sizeof *sum);
  MongeOutcome outcome;

  job->reduction.weights = NULL;
  job->reduction.sum = sum;
  if (moment)
    job->reduction.moment
        = monge_job_get_buffer (job, MONGE_BUFFER_MOMENT,
                                job->n_kept * job->matched->match.dim * sizeof (double));
  outcome = monge_job_reduce (job, error);
  if (outcome == MONGE_OUTCOME_DONE && u != NULL)
    for (gsize i = 0; i < job->n_kept; i++)
      sum[i] += u[i] - job->reduction.lift[i];
  return outcome;
}

/* Weights below 0 have no logarithm to join the bias. */
static gboolean
has_negative_weights (MongeJob *job)
{
  const MongeTerm *weight = &job->matched->match.weight;
  double *w;

  if (weight->n_factors == 0)
    return weight->coefficient < 0;
  w = monge_job_get_buffer (job, MONGE_BUFFER_WEIGHT, job->n_summed * sizeof *w);
  monge_operands_get_term (job->matched->operands, weight, job->program->over, w);
  for (gsize j = 0; j < job->n_summed; j++)
    if (w[j] < 0)
      return TRUE;
  return FALSE;
}

MongeOutcome
monge_job_run_log_sum_exp (MongeJob *job, GError **error)
{
  MongeOutcome outcome;

  if (has_negative_weights (job) || !monge_job_set_points (job)
      || !monge_job_set_bias (job, &job->matched->match.weight, 1))
    return MONGE_OUTCOME_UNSUITABLE;
  job->reduction.cutoff = job->run->cutoff;
  outcome = monge_job_reduce_exponents (job, FALSE, error);
  if (outcome == MONGE_OUTCOME_DONE)
    for (gsize i = 0; i < job->n_kept; i++)
      job->run->out[i] = MONGE_LN_2 * job->reduction.sum[i];
  return outcome;
}

typedef struct {
  MongeJob *job;
  const double *factor;
} Means;

static void
store_mean_rows (gsize begin, gsize end, guint worker, gpointer data)
{
  const Means *means = data;
  const MongeJob *job = means->job;
  const gsize n = job->n_kept;

  for (guint d = 0; d < job->matched->match.dim; d++)
    for (gsize i = begin; i < end; i++)
      job->run->out[d * n + i] = job->reduction.sum[i] > -INFINITY
                                     ? means->factor[i] * job->reduction.moment[d * n + i]
                                     : NAN;
  for (gsize i = begin; i < end && job->run->log_sum != NULL; i++)
    job->run->log_sum[i] = MONGE_LN_2 * job->reduction.sum[i];
}

/* out = value_point × point + value_moment × moment, NaN for rows that met nothing. */
static void
store_means (MongeJob *job)
{
  const MongeMatch *match = &job->matched->match;
  const gsize n = job->n_kept;
  double *factor = monge_job_get_buffer (job, MONGE_BUFFER_FACTOR, n * sizeof *factor);

  monge_operands_get_sum (job->matched->operands, &match->value_moment, job->kept, factor);
  monge_parallel_rows (n, 16384, job->matched->backend->n_threads, NULL, store_mean_rows,
                       &(Means){ job, factor });
  if (match->value_point.n_terms == 0)
    return;
  monge_operands_get_sum (job->matched->operands, &match->value_point, job->kept, factor);
  for (guint d = 0; d < match->dim; d++)
    monge_operands_add_point (job->matched->operands, d, factor, job->run->out + d * n);
}

MongeOutcome
monge_job_run_soft_mean (MongeJob *job, GError **error)
{
  MongeOutcome outcome;

  if (!monge_job_set_points (job) || !monge_job_set_bias (job, &job->matched->match.weight, 1))
    return MONGE_OUTCOME_UNSUITABLE;
  job->reduction.cutoff = job->run->cutoff;
  outcome = monge_job_reduce_exponents (job, TRUE, error);
  if (outcome != MONGE_OUTCOME_DONE)
    return outcome;
  store_means (job);
  return outcome;
}
