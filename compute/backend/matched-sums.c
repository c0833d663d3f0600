/* Sums by the hand-tuned loops: S_w = Σ_j w_j t_ij for each weight w, and the slope
 * M = Σ_j w_j t_ij (x_i − y_j); then what the parts of the body make of them. */
#include "compute/backend/matched.h"

#include <math.h>
#include <string.h>

/* Exponents, in bits, that sums with weights can take as factors: see cpu/tuned.c. */
#define MAX_LIFT 100.0
#define MAX_SPREAD 120.0

static gboolean
wants_moment (const MongeMatch *match)
{
  for (guint p = 0; p < match->n_parts; p++)
    if (match->parts[p].moment)
      return TRUE;
  return FALSE;
}

static double
find_largest (const double *values, gsize n)
{
  double largest = 0;

  for (gsize j = 0; j < n; j++)
    largest = MAX (largest, fabs (values[j]));
  return largest;
}

/* Number of terms of a mean. */
static double
count_terms (const MongeJob *job)
{
  return job->program->op == MONGE_REDUCE_MEAN ? (double) job->n_summed : 1;
}

static void
store_parts (MongeJob *job, const double *sum, const double *moment)
{
  const MongeMatch *match = &job->matched->match;
  const gsize n = job->n_kept;
  const double mean = 1 / count_terms (job);
  double *factor = monge_job_get_buffer (job, MONGE_BUFFER_FACTOR, n * sizeof *factor);

  for (guint p = 0; p < match->n_parts; p++)
    {
      const MongeMatchPart *part = &match->parts[p];
      const double *from = part->moment ? moment : sum + part->weight * n;
      double *out = job->run->out + part->first * n;

      monge_operands_get_term (job->matched->operands, &part->factor, job->kept, factor);
      for (guint d = 0; d < part->dim; d++)
        for (gsize i = 0; i < n; i++)
          out[d * n + i] = mean * factor[i] * from[d * n + i];
    }
}

/* Weights as float32 planes brought near 1; @sizes: what they were divided by. */
static float *
get_weights (MongeJob *job, const double *h, double shift, double *sizes)
{
  const MongeMatch *match = &job->matched->match;
  const gsize n = job->n_summed;
  float *weights = monge_job_get_buffer (job, MONGE_BUFFER_WEIGHTS,
                                         match->n_weights * n * sizeof *weights);
  double *w = monge_job_get_buffer (job, MONGE_BUFFER_WEIGHT, n * sizeof *w);

  for (guint k = 0; k < match->n_weights; k++)
    {
      monge_operands_get_term (job->matched->operands, &match->weights[k], job->program->over, w);
      for (gsize j = 0; j < n && h != NULL; j++)
        w[j] *= exp2 (h[j] - shift);
      sizes[k] = find_largest (w, n);
      if (!(sizes[k] > 0))
        sizes[k] = 1;
      for (gsize j = 0; j < n; j++)
        weights[k * n + j] = (float) (w[j] / sizes[k]);
    }
  return weights;
}

static void
scale_sums (MongeJob *job, const double *sizes, const double *u, double shift)
{
  const MongeMatch *match = &job->matched->match;
  const gsize n = job->n_kept;
  MongeTunedReduction *r = &job->reduction;

  for (gsize i = 0; i < n; i++)
    {
      const double row = u != NULL ? exp2 (u[i] + shift - r->lift[i]) : 1;

      for (guint k = 0; k < match->n_weights; k++)
        r->sum[k * n + i] *= sizes[k] * row;
      for (guint d = 0; d < match->dim && r->moment != NULL; d++)
        r->moment[d * n + i] *= sizes[0] * row;
    }
}

static void
set_sums (MongeJob *job)
{
  const MongeMatch *match = &job->matched->match;

  job->reduction.sum = monge_job_get_buffer (job, MONGE_BUFFER_SUM,
                                             match->n_weights * job->n_kept * sizeof (double));
  if (wants_moment (match))
    job->reduction.moment = monge_job_get_buffer (job, MONGE_BUFFER_MOMENT,
                                                  match->dim * job->n_kept * sizeof (double));
}

/* No exponents but the kernel's: weights, as they are, multiply. */
static MongeOutcome
run_plain_sum (MongeJob *job, GError **error)
{
  const MongeMatch *match = &job->matched->match;
  double sizes[MONGE_MATCH_MAX_WEIGHTS];
  const float *weights = get_weights (job, NULL, 0, sizes);
  MongeTunedReduction *r = &job->reduction;
  MongeOutcome outcome;

  set_sums (job);
  if (match->kernel == MONGE_TUNED_DISTANCE)
    {
      r->bias = weights;
    }
  else
    {
      r->weights = weights;
      r->n_weights = match->n_weights;
      r->cutoff = job->run->cutoff;
    }
  outcome = monge_job_reduce (job, error);
  if (outcome != MONGE_OUTCOME_DONE)
    return outcome;
  scale_sums (job, sizes, NULL, 0);
  for (gsize i = 0; i < job->n_kept && match->kernel == MONGE_TUNED_DISTANCE; i++)
    r->sum[i] /= r->scale;
  store_parts (job, r->sum, r->moment);
  return MONGE_OUTCOME_DONE;
}

/* Adds 2^sum, with its sign, and the moment that goes with it. */
static void
add_powers (MongeJob *job, double sign, double *total, double *total_moment)
{
  const MongeTunedReduction *r = &job->reduction;
  const gsize n = job->n_kept;

  for (gsize i = 0; i < n; i++)
    {
      const double sum = sign * exp2 (r->sum[i]);

      total[i] += sum;
      for (guint d = 0; d < r->x.dim && r->moment != NULL; d++)
        total_moment[d * n + i] += sum * r->moment[d * n + i];
    }
}

/* Exponents of any size with one weight: as logarithms, positive and negative weights apart. */
static MongeOutcome
run_signed_sum (MongeJob *job, GError **error)
{
  const MongeMatch *match = &job->matched->match;
  const gboolean moment = wants_moment (match);
  const gsize n = job->n_kept;
  double *total = monge_job_get_buffer (job, MONGE_BUFFER_TOTAL, n * sizeof *total);
  double *total_moment = monge_job_get_buffer (job, MONGE_BUFFER_TOTAL_MOMENT,
                                               match->dim * n * sizeof *total_moment);

  memset (total, 0, n * sizeof *total);
  memset (total_moment, 0, match->dim * n * sizeof *total_moment);
  for (gint sign = 1; sign >= -1; sign -= 2)
    {
      MongeOutcome outcome;

      if (!monge_job_set_bias (job, &match->weights[0], sign))
        continue;
      outcome = monge_job_reduce_exponents (job, moment, error);
      if (outcome != MONGE_OUTCOME_DONE)
        return outcome;
      add_powers (job, sign, total, total_moment);
    }
  store_parts (job, total, total_moment);
  return MONGE_OUTCOME_DONE;
}

/* Exponents of moderate size with several weights: e^h joins the weights. */
static MongeOutcome
run_shifted_sum (MongeJob *job, GError **error)
{
  const double *h = monge_job_get_summed_exponent (job);
  double *u = monge_job_set_lift (job);
  float *lift = monge_job_get_buffer (job, MONGE_BUFFER_LIFT, job->n_kept * sizeof *lift);
  double sizes[MONGE_MATCH_MAX_WEIGHTS];
  double lowest = INFINITY, highest = -INFINITY;
  MongeTunedReduction *r = &job->reduction;
  MongeOutcome outcome;

  for (gsize j = 0; j < job->n_summed; j++)
    {
      lowest = MIN (lowest, h[j]);
      highest = MAX (highest, h[j]);
    }
  if (!(highest - lowest <= MAX_SPREAD))
    return MONGE_OUTCOME_UNSUITABLE;
  for (gsize i = 0; i < job->n_kept; i++)
    {
      lift[i] = (float) ((u != NULL ? u[i] : 0) + highest);
      if (!(lift[i] <= MAX_LIFT && lift[i] > -G_MAXFLOAT))
        return MONGE_OUTCOME_UNSUITABLE;
    }
  if (u == NULL)
    {
      u = monge_job_get_buffer (job, MONGE_BUFFER_KEPT, job->n_kept * sizeof *u);
      memset (u, 0, job->n_kept * sizeof *u);
    }
  r->lift = lift;
  r->weights = get_weights (job, h, highest, sizes);
  r->n_weights = job->matched->match.n_weights;
  set_sums (job);
  outcome = monge_job_reduce (job, error);
  if (outcome != MONGE_OUTCOME_DONE)
    return outcome;
  scale_sums (job, sizes, u, highest);
  store_parts (job, r->sum, r->moment);
  return MONGE_OUTCOME_DONE;
}

MongeOutcome
monge_job_run_sum (MongeJob *job, GError **error)
{
  const MongeMatch *match = &job->matched->match;

  if (!monge_job_set_points (job)
      || (job->program->op == MONGE_REDUCE_MEAN && job->run->pairs != NULL))
    return MONGE_OUTCOME_UNSUITABLE;
  if (match->kept.n_terms == 0 && match->summed.n_terms == 0)
    return run_plain_sum (job, error);
  return match->n_weights == 1 ? run_signed_sum (job, error) : run_shifted_sum (job, error);
}
