/* What a matched program asks of a hand-tuned loop: points, exponents in base 2, weights.
 *
 * Loops think in base 2 and in float32; exponents come in base e and often in float64. With
 * u' = u log2(e), the loop gets lift = float(u'), and the result u' − lift in float64: rounding the
 * lift changes nothing. */
#include "compute/backend/matched.h"

#include <math.h>

gpointer
monge_job_get_buffer (const MongeJob *job, guint which, gsize size)
{
  MongeMatched *matched = job->matched;

  if (matched->sizes[which] < size)
    {
      g_free (matched->buffers[which]);
      matched->buffers[which] = g_malloc (size);
      matched->sizes[which] = size;
    }
  return matched->buffers[which];
}

MongeOutcome
monge_job_reduce (MongeJob *job, GError **error)
{
  GError *local = NULL;
  guint64 n_pairs = 0;
  MongeBackend *backend = job->matched->backend;

  if (backend->type->reduce (backend, &job->reduction, &n_pairs, job->task, &local))
    {
      *job->n_pairs += n_pairs;
      return MONGE_OUTCOME_DONE;
    }
  if (g_error_matches (local, MONGE_ERROR, MONGE_ERROR_NAN))
    {
      g_clear_error (&local);
      return MONGE_OUTCOME_UNSUITABLE;
    }
  g_propagate_error (error, local);
  return MONGE_OUTCOME_FAILED;
}

/* A power of two that brings coordinates near 1, for distances, where no rate says what is small. */
static double
choose_distance_scale (const MongeCloud *points)
{
  float largest = 0;
  int exponent;

  for (guint d = 0; d < points->dim; d++)
    for (gsize i = 0; i < points->n; i++)
      largest = MAX (largest, fabsf (points->planes[d * points->stride + i]));
  if (!(largest > 0 && largest < INFINITY))
    return 1;
  frexpf (largest, &exponent);
  return ldexp (1, -exponent);
}

/* Exponents are −(scale d)^p in base 2. */
gboolean
monge_job_set_points (MongeJob *job)
{
  const MongeMatch *match = &job->matched->match;
  MongeTunedReduction *r = &job->reduction;

  monge_operands_get_clouds (job->matched->operands, &r->x, &r->y);
  r->kernel = match->kernel;
  if (match->kernel == MONGE_TUNED_DISTANCE)
    {
      r->scale = choose_distance_scale (&r->x);
      return TRUE;
    }
  r->scale = -MONGE_LOG2_E * monge_operands_get_number (job->matched->operands, &match->rate);
  if (match->kernel == MONGE_TUNED_GAUSSIAN)
    r->scale = sqrt (r->scale);
  return (float) r->scale > G_MINFLOAT && (float) r->scale < 1e30f; /* FALSE for NaN */
}

double *
monge_job_set_lift (MongeJob *job)
{
  const MongeTermSum *kept = &job->matched->match.kept;
  double *u;
  float *lift;

  if (kept->n_terms == 0)
    return NULL;
  u = monge_job_get_buffer (job, MONGE_BUFFER_KEPT, job->n_kept * sizeof *u);
  lift = monge_job_get_buffer (job, MONGE_BUFFER_LIFT, job->n_kept * sizeof *lift);
  monge_operands_get_sum (job->matched->operands, kept, job->kept, u);
  for (gsize i = 0; i < job->n_kept; i++)
    {
      u[i] *= MONGE_LOG2_E;
      lift[i] = (float) u[i];
    }
  job->reduction.lift = lift;
  return u;
}

double *
monge_job_get_summed_exponent (MongeJob *job)
{
  double *h = monge_job_get_buffer (job, MONGE_BUFFER_SUMMED, job->n_summed * sizeof *h);

  monge_operands_get_sum (job->matched->operands, &job->matched->match.summed, job->program->over, h);
  for (gsize j = 0; j < job->n_summed; j++)
    h[j] *= MONGE_LOG2_E;
  return h;
}

static gboolean
is_one (const MongeTerm *term)
{
  return term->n_factors == 0 && term->vector == MONGE_TERM_ONE && term->coefficient == 1;
}

gboolean
monge_job_set_bias (MongeJob *job, const MongeTerm *weight, double sign)
{
  const double *h = monge_job_get_summed_exponent (job);
  float *bias = monge_job_get_buffer (job, MONGE_BUFFER_BIAS, job->n_summed * sizeof *bias);
  gboolean any = FALSE;
  double *w;

  job->reduction.bias = bias;
  if (is_one (weight))
    {
      for (gsize j = 0; j < job->n_summed; j++)
        bias[j] = (float) h[j];
      return sign > 0;
    }
  w = monge_job_get_buffer (job, MONGE_BUFFER_WEIGHT, job->n_summed * sizeof *w);
  monge_operands_get_term (job->matched->operands, weight, job->program->over, w);
  for (gsize j = 0; j < job->n_summed; j++)
    {
      bias[j] = sign * w[j] > 0 ? (float) (h[j] + log2 (sign * w[j])) : -INFINITY;
      any |= bias[j] > -INFINITY;
    }
  return any;
}
