/* Programs that hand-tuned loops compute, from planes to planes: what matched-exponents.c and
 * matched-sums.c of compute/backend/ do with numbers of the host, queued on the card.
 *
 * What cannot be known without looking at the numbers is done so that it need not be: sums with
 * exponents of their own are added up as logarithms, positive and negative weights apart. */
#include "compute/backend/cuda/job.h"

#include <math.h>

typedef struct {
  MongeCudaJob base;
  const MongeMatch *match;
  MongeCudaReduction reduction;
} Job;

/* ------------------------------------------------------------------------------------------------
 * What a match names
 */

/* The variable that @reg is a component of, %NULL if instructions compute it. */
static const MongeProgramVariable *
find_variable (const Job *job, guint reg)
{
  const MongeProgram *program = job->base.program;

  for (guint v = 0; v < program->n_variables; v++)
    if (reg - program->variables[v].to < program->variables[v].dim)
      return &program->variables[v];
  return NULL;
}

static double
get_power (double base, const MongeFactor *factor)
{
  double power = 1;

  if (factor->is_absolute)
    base = ABS (base);
  for (gint n = ABS (factor->power); n > 0; n--)
    power *= base;
  return factor->power < 0 ? 1 / power : power;
}

static void
add_factor (const Job *job, const MongeFactor *factor, MongeCudaTerm *to)
{
  const MongeProgramVariable *variable = find_variable (job, factor->reg);
  const guint v = (guint) (variable - job->base.program->variables);
  const guint d = factor->reg - variable->to;

  if (variable->axis == MONGE_AXIS_NONE)
    {
      const MongeArgument *a = &job->base.run->arguments[v];

      to->coefficient *= get_power (a->floats != NULL ? a->floats[d] : a->doubles[d], factor);
    }
  else
    {
      const MongeCudaArgument *a = &job->base.arguments[v];

      to->factors[to->n_factors++] = (MongeCudaFactor){
        .floats = a->floats != NULL ? a->floats + d * a->stride : NULL,
        .doubles = a->doubles != NULL ? a->doubles + d * a->stride : NULL,
        .power = factor->power,
        .is_absolute = factor->is_absolute,
      };
    }
}

static MongeCudaTerm
get_term (const Job *job, const MongeTerm *term)
{
  MongeCudaTerm to = { .coefficient = term->coefficient };

  G_STATIC_ASSERT (MONGE_CUDA_MAX_FACTORS >= MONGE_MAX_FACTORS + 1);
  for (guint f = 0; f < term->n_factors; f++)
    add_factor (job, &term->factors[f], &to);
  if (term->vector == MONGE_TERM_REGISTERS)
    add_factor (job, &(MongeFactor){ .reg = term->first, .power = 1 }, &to);
  return to;
}

/* Of parameters. */
static double
get_number (const Job *job, const MongeTermSum *sum)
{
  double number = 0;

  for (guint t = 0; t < sum->n_terms; t++)
    number += get_term (job, &sum->terms[t]).coefficient;
  return number;
}

static gboolean
is_one (const MongeTerm *term)
{
  return term->n_factors == 0 && term->vector == MONGE_TERM_ONE && term->coefficient == 1;
}

/* ------------------------------------------------------------------------------------------------
 * What the loop is given
 */

/* float32 planes; others need a point near them to be rounded about. */
static gboolean
get_cloud (const Job *job, guint first, gsize n, MongeCudaCloud *cloud)
{
  const MongeProgramVariable *variable = find_variable (job, first);
  const MongeCudaArgument *a;

  if (variable == NULL || variable->axis == MONGE_AXIS_NONE)
    return FALSE;
  a = &job->base.arguments[variable - job->base.program->variables];
  if (a->floats == NULL)
    return FALSE;
  *cloud = (MongeCudaCloud){ a->floats + (first - variable->to) * a->stride, a->stride, n };
  return TRUE;
}

static gboolean
set_points (Job *job)
{
  const MongeMatch *match = job->match;
  MongeCudaReduction *r = &job->reduction;

  if (!get_cloud (job, match->points, job->base.n_kept, &r->x)
      || !get_cloud (job, match->others, job->base.n_summed, &r->y))
    return FALSE;
  r->kernel = (MongeCudaKernel) match->kernel;
  r->dim = (int) match->dim;
  r->pairs = job->base.has_pairs ? &job->base.pairs.pairs : NULL;
  r->stop = job->base.cuda->card_stop;
  r->status = job->base.status;
  r->scale = 1;
  if (match->kernel == MONGE_TUNED_DISTANCE)
    return TRUE;
  r->scale = -MONGE_LOG2_E * get_number (job, &match->rate);
  if (match->kernel == MONGE_TUNED_GAUSSIAN)
    r->scale = sqrt (r->scale);
  return (float) r->scale > G_MINFLOAT && (float) r->scale < 1e30f; /* FALSE for NaN */
}

static void
set_terms (const Job *job, const MongeTermSum *sum, MongeCudaTerms *terms)
{
  G_STATIC_ASSERT (MONGE_CUDA_MAX_TERMS >= MONGE_MAX_TERMS);
  terms->factor = MONGE_LOG2_E;
  terms->n_terms = (int) sum->n_terms;
  for (guint t = 0; t < sum->n_terms; t++)
    terms->terms[t] = get_term (job, &sum->terms[t]);
}

static gboolean
queue_terms (Job *job, const MongeCudaTerms *terms)
{
  return monge_cuda_job_check (&job->base, monge_cuda_get_terms (terms, job->base.cuda->stream),
                               "queueing exponents");
}

/* u' and the lift, where there is a u. */
static gboolean
set_lift (Job *job)
{
  MongeCudaTerms terms = { .n = job->base.n_kept };

  if (job->match->kept.n_terms == 0)
    return TRUE;
  set_terms (job, &job->match->kept, &terms);
  terms.exact = monge_cuda_job_take (&job->base, terms.n * sizeof (double));
  terms.rounded = monge_cuda_job_take (&job->base, terms.n * sizeof (float));
  job->reduction.exact = terms.exact;
  job->reduction.lift = terms.rounded;
  return terms.exact != NULL && terms.rounded != NULL && queue_terms (job, &terms);
}

/* h' and the logarithm of the part of @weight that has @sign. */
static gboolean
set_bias (Job *job, const MongeTerm *weight, double sign)
{
  MongeCudaTerms terms = { .n = job->base.n_summed, .sign = sign };

  set_terms (job, &job->match->summed, &terms);
  terms.has_weight = !is_one (weight);
  if (terms.has_weight)
    terms.weight = get_term (job, weight);
  terms.rounded = monge_cuda_job_take (&job->base, terms.n * sizeof (float));
  job->reduction.bias = terms.rounded;
  return terms.rounded != NULL && queue_terms (job, &terms);
}

static gboolean
queue_reduction (Job *job)
{
  MongeCudaReduction *r = &job->reduction;

  r->scratch_size = monge_cuda_reduction_get_scratch (r);
  r->scratch = monge_cuda_job_take (&job->base, MAX (r->scratch_size, 1));
  return r->scratch != NULL
         && monge_cuda_job_check (&job->base, monge_cuda_reduce (r, job->base.cuda->stream),
                                  "queueing a reduction");
}

static gboolean
queue_part (Job *job, MongeCudaPart *part)
{
  part->n = job->base.n_kept;
  part->from_stride = part->out_stride = job->base.n_kept;
  return monge_cuda_job_check (&job->base, monge_cuda_store_part (part, job->base.cuda->stream),
                               "queueing results");
}

/* ------------------------------------------------------------------------------------------------
 * Log-sum-exp and soft means
 */

static gboolean
queue_log_sum_exp (Job *job)
{
  MongeCudaReduction *r = &job->reduction;

  r->cutoff = job->base.run->cutoff;
  r->sum = job->base.out;
  r->factor = MONGE_LN_2;
  return set_lift (job) && set_bias (job, &job->match->weight, 1) && queue_reduction (job);
}

/* Where points lie, as they were given. */
static void
set_part_points (const Job *job, MongeCudaPart *part)
{
  const MongeProgramVariable *variable = find_variable (job, job->match->points);
  const MongeCudaArgument *a = &job->base.arguments[variable - job->base.program->variables];
  const gsize offset = (job->match->points - variable->to) * a->stride;

  part->point_stride = a->stride;
  if (a->floats != NULL)
    part->float_points = a->floats + offset;
  else
    part->double_points = a->doubles + offset;
}

/* out = value_point × point + value_moment × moment, a term of each at a time. */
static gboolean
store_means (Job *job, const double *moment)
{
  const MongeTermSum *points = &job->match->value_point, *moments = &job->match->value_moment;

  for (guint t = 0; t < MAX (MAX (points->n_terms, moments->n_terms), 1); t++)
    {
      MongeCudaPart part = { .dim = (int) job->match->dim, .from = moment, .adds = t > 0,
                             .out = job->base.out };

      if (t < moments->n_terms)
        part.factor = get_term (job, &moments->terms[t]);
      if (t < points->n_terms)
        {
          part.point_factor = get_term (job, &points->terms[t]);
          set_part_points (job, &part);
        }
      if (!queue_part (job, &part))
        return FALSE;
    }
  return TRUE;
}

static gboolean
queue_soft_mean (Job *job)
{
  const MongeMatch *match = job->match;
  MongeCudaReduction *r = &job->reduction;
  const gboolean is_plain = match->value_point.n_terms == 0 && match->value_moment.n_terms == 1
                            && get_term (job, &match->value_moment.terms[0]).n_factors == 0
                            && get_number (job, &match->value_moment) != 0;

  r->cutoff = job->base.run->cutoff;
  r->sum = job->base.log_sum;
  r->factor = MONGE_LN_2;
  r->moment_is_mean = 1;
  r->moment = is_plain ? job->base.out
                       : monge_cuda_job_take (&job->base,
                                              match->dim * job->base.n_kept * sizeof (double));
  if (is_plain)
    r->moment_factor = get_number (job, &match->value_moment);
  return r->moment != NULL && set_lift (job) && set_bias (job, &match->weight, 1)
         && queue_reduction (job) && (is_plain || store_means (job, r->moment));
}

/* ------------------------------------------------------------------------------------------------
 * Sums
 */

static gboolean
wants_moment (const MongeMatch *match)
{
  for (guint p = 0; p < match->n_parts; p++)
    if (match->parts[p].moment)
      return TRUE;
  return FALSE;
}

static gboolean
store_parts (Job *job, const double *sum, const double *moment)
{
  const MongeMatch *match = job->match;
  const gsize n = job->base.n_kept;

  for (guint p = 0; p < match->n_parts; p++)
    {
      const MongeMatchPart *from = &match->parts[p];
      MongeCudaPart part = {
        .dim = (int) from->dim,
        .from = from->moment ? moment : sum + from->weight * n,
        .factor = get_term (job, &from->factor),
        .out = job->base.out + from->first * n,
      };

      if (job->base.program->op == MONGE_REDUCE_MEAN)
        part.factor.coefficient /= (double) job->base.n_summed;
      if (!queue_part (job, &part))
        return FALSE;
    }
  return TRUE;
}

static gboolean
set_weights (Job *job)
{
  const MongeMatch *match = job->match;
  const gsize n = job->base.n_summed;
  float *weights = monge_cuda_job_take (&job->base, match->n_weights * n * sizeof *weights);
  double *sizes = monge_cuda_job_take (&job->base, match->n_weights * sizeof *sizes);
  gpointer scratch = monge_cuda_job_take (&job->base, MONGE_CUDA_SCALE_SCRATCH);
  MongeCudaReduction *r = &job->reduction;

  if (weights == NULL || sizes == NULL || scratch == NULL)
    return FALSE;
  for (guint k = 0; k < match->n_weights; k++)
    {
      const MongeCudaTerm term = get_term (job, &match->weights[k]);

      if (!monge_cuda_job_check (&job->base,
                                 monge_cuda_scale_weights (&term, n, NULL, NULL, weights + k * n,
                                                           sizes + k, scratch,
                                                           job->base.cuda->stream),
                                 "queueing weights"))
        return FALSE;
    }
  r->sizes = sizes;
  if (match->kernel == MONGE_TUNED_DISTANCE)
    {
      r->bias = weights;
      return TRUE;
    }
  r->weights = weights;
  r->weights_stride = n;
  r->n_weights = (int) match->n_weights;
  r->cutoff = job->base.run->cutoff;
  return TRUE;
}

/* Room for the sums and, where they are wanted, the moments. */
static gboolean
set_sums (Job *job, guint n_sums, gboolean moment)
{
  MongeCudaReduction *r = &job->reduction;
  const gsize size = job->base.n_kept * sizeof (double);

  r->sum = monge_cuda_job_take (&job->base, n_sums * size);
  r->moment = moment ? monge_cuda_job_take (&job->base, job->match->dim * size) : NULL;
  return r->sum != NULL && (!moment || r->moment != NULL);
}

/* No exponents but the kernel's: weights, as they are, multiply. */
static gboolean
queue_plain_sum (Job *job)
{
  const gboolean moment = wants_moment (job->match);

  return set_weights (job) && set_sums (job, job->match->n_weights, moment)
         && queue_reduction (job) && store_parts (job, job->reduction.sum, job->reduction.moment);
}

/* Adds 2^sum with its sign, and the moment that goes with it, to the totals. */
static gboolean
add_powers (Job *job, double sign, gboolean adds, double *total, double *total_moment)
{
  const MongeCudaReduction *r = &job->reduction;
  MongeCudaPart part = { .dim = 1, .powers = r->sum, .factor.coefficient = sign, .adds = adds,
                         .out = total };

  if (!queue_part (job, &part))
    return FALSE;
  if (r->moment == NULL)
    return TRUE;
  part.dim = r->dim;
  part.from = r->moment;
  part.out = total_moment;
  return queue_part (job, &part);
}

/* One weight: Σ_j w_j e^(…) as two sums of logarithms, or one where the sign of w is known. */
static gboolean
queue_signed_weight (Job *job, guint k, double *total, double *total_moment)
{
  const MongeTerm *weight = &job->match->weights[k];
  const MongeCudaTerm term = get_term (job, weight);
  gboolean adds = FALSE;

  if (!set_sums (job, 1, total_moment != NULL))
    return FALSE;
  for (gint sign = 1; sign >= -1; sign -= 2)
    {
      if (term.n_factors == 0 && sign * term.coefficient < 0)
        continue;
      if (!set_bias (job, weight, sign) || !queue_reduction (job)
          || !add_powers (job, sign, adds, total, total_moment))
        return FALSE;
      adds = TRUE;
    }
  return TRUE;
}

static gboolean
queue_signed_sum (Job *job)
{
  const MongeMatch *match = job->match;
  const gsize n = job->base.n_kept;
  const gboolean moment = wants_moment (match);
  double *total = monge_cuda_job_take (&job->base, match->n_weights * n * sizeof *total);
  double *total_moment = NULL;

  if (moment)
    total_moment = monge_cuda_job_take (&job->base, match->dim * n * sizeof *total_moment);
  if (total == NULL || (moment && total_moment == NULL) || !set_lift (job))
    return FALSE;
  for (guint k = 0; k < match->n_weights; k++)
    if (!queue_signed_weight (job, k, total + k * n, k == 0 ? total_moment : NULL))
      return FALSE;
  return store_parts (job, total, total_moment);
}

static gboolean
queue_sum (Job *job)
{
  if (job->match->kept.n_terms == 0 && job->match->summed.n_terms == 0)
    return queue_plain_sum (job);
  return queue_signed_sum (job);
}

/* ------------------------------------------------------------------------------------------------
 * The border
 */

/* Without a look at any number of an argument. */
static gboolean
suits (const MongeCudaProgram *self, const MongeRun *run)
{
  const MongeMatch *match = &self->matched->match;

  if (match->result == MONGE_MATCH_NEIGHBOURS || run->n_rows == 0 || run->n_columns == 0
      || monge_operands_need_interpreter (self->matched->operands))
    return FALSE;
  if (match->result == MONGE_MATCH_SUM)
    return self->base.program->op != MONGE_REDUCE_MEAN || run->pairs == NULL;
  return is_one (&match->weight);
}

static gboolean
queue (Job *job)
{
  switch (job->match->result)
    {
    case MONGE_MATCH_LOG_SUM_EXP:
      return queue_log_sum_exp (job);
    case MONGE_MATCH_SOFT_MEAN:
      return queue_soft_mean (job);
    default:
      return queue_sum (job);
    }
}

static MongeOutcome
judge (Job *job, gboolean done, GError **error)
{
  GError *local = g_steal_pointer (&job->base.error);

  if (done)
    return MONGE_OUTCOME_DONE;
  if (local == NULL)
    return MONGE_OUTCOME_UNSUITABLE;
  if (g_error_matches (local, MONGE_ERROR, MONGE_ERROR_NAN))
    {
      g_clear_error (&local);
      return MONGE_OUTCOME_UNSUITABLE;
    }
  g_propagate_error (error, local);
  return MONGE_OUTCOME_FAILED;
}

MongeOutcome
monge_cuda_run_matched (MongeCudaProgram *self,
                        const MongeRun *run,
                        guint64 *n_pairs,
                        MongeTask *task,
                        GError **error)
{
  Job job = { .match = &self->matched->match };
  MongeOutcome outcome;
  gboolean done;

  if (!suits (self, run))
    return MONGE_OUTCOME_UNSUITABLE;
  done = monge_cuda_job_init (&job.base, self, run, task);
  done = done && set_points (&job) && queue (&job) && monge_cuda_job_finish (&job.base, n_pairs);
  outcome = judge (&job, done, error);
  monge_cuda_job_clear (&job.base);
  return outcome;
}
