/* A program is read as sums of products (terms.h); here they are compared with what loops do:
 *
 *     exponent   F(i, j) = u_i + h_j + c |x_i − y_j|^p,   c of parameters, p = 1 or 2
 *     term       a_i b_j e^F     a_i b_j e^F (x_i − y_j)     a_i b_j |x_i − y_j|     …
 *
 * “Kept” is the axis of the result, “summed” the other; either can be rows. */
#include "compute/backend/match.h"

#include <math.h>
#include <string.h>

static const MongeTerm one = { .coefficient = 1, .exponent = -1 };

/* A copy of the factors of @term on @axes. */
static MongeTerm
pick_factors (const MongeProgram *program, const MongeTerm *term, MongeAxis axis)
{
  MongeTerm picked = one;

  for (guint f = 0; f < term->n_factors; f++)
    if (program->register_axis[term->factors[f].reg] == axis)
      picked.factors[picked.n_factors++] = term->factors[f];
  return picked;
}

/* What is left of @term without the factors of the axis reduced over, nor vector and exponential. */
static MongeTerm
get_kept_factor (const MongeProgram *program, const MongeTerm *term)
{
  MongeTerm kept = one;

  kept.coefficient = term->coefficient;
  for (guint f = 0; f < term->n_factors; f++)
    if (program->register_axis[term->factors[f].reg] != program->over)
      kept.factors[kept.n_factors++] = term->factors[f];
  return kept;
}

static gboolean
is_number (const MongeTerm *term)
{
  return term->vector == MONGE_TERM_ONE && term->exponent < 0 && term->length == 0;
}

static gboolean
add (MongeTermSum *sum, const MongeTerm *term)
{
  if (sum->n_terms == MONGE_MAX_TERMS)
    return FALSE;
  sum->terms[sum->n_terms++] = *term;
  return TRUE;
}

/* ------------------------------------------------------------------------------------------------
 * Exponents
 */

/* F = u + h + c |x − y|^p: lengths of one power, with parameters alone; no products over pairs. */
static gboolean
match_exponent (const MongeProgram *program, const MongeTermSum *exponent, MongeMatch *match)
{
  gint power = 0;

  for (guint t = 0; t < exponent->n_terms; t++)
    {
      MongeTerm term = exponent->terms[t];
      const MongeAxis axis = monge_term_get_axis (&term, program);

      if (term.exponent >= 0 || term.vector != MONGE_TERM_ONE)
        return FALSE;
      if (term.length != 0)
        {
          if (axis != MONGE_AXIS_NONE || (power != 0 && power != term.length))
            return FALSE;
          power = term.length;
          term.length = 0;
          if (!add (&match->rate, &term))
            return FALSE;
        }
      else if (axis == MONGE_AXIS_PAIR
               || !add (axis == program->over ? &match->summed : &match->kept, &term))
        {
          return FALSE;
        }
    }
  match->kernel = power == 2 ? MONGE_TUNED_GAUSSIAN : MONGE_TUNED_LAPLACIAN;
  return power == 1 || power == 2;
}

static gboolean
match_log_sum_exp (const MongeProgram *program, MongeTerms *terms, MongeMatch *match)
{
  MongeTermPart part, weight;

  match->result = MONGE_MATCH_LOG_SUM_EXP;
  match->weight = one;
  if (monge_terms_read (terms, program->body, 1, &part, 1) != 1
      || !match_exponent (program, &part.sum, match))
    return FALSE;
  if (program->weight_dim == 0)
    return TRUE;
  if (monge_terms_read (terms, program->weight, program->weight_dim, &weight, 1) != 1
      || weight.sum.n_terms != 1 || !is_number (&weight.sum.terms[0])
      || (monge_term_get_axis (&weight.sum.terms[0], program) | program->over) != program->over)
    return FALSE;
  match->weight = weight.sum.terms[0];
  return TRUE;
}

/* ------------------------------------------------------------------------------------------------
 * Soft means: of x, y and x − y; with m the mean of x − y, that of y is x − m
 */

static gboolean
add_value (const MongeProgram *program, const MongeTerm *term, MongeMatch *match)
{
  const gboolean gaussian = match->kernel == MONGE_TUNED_GAUSSIAN;
  const double side = program->over == MONGE_AXIS_J ? 1 : -1; /* point − other = side (x − y) */
  MongeTerm factor = *term, negative;

  factor.vector = MONGE_TERM_ONE;
  if (!is_number (&factor) || (monge_term_get_axis (&factor, program) & program->over) != 0)
    return FALSE;
  negative = factor;
  negative.coefficient = -factor.coefficient;
  switch (term->vector)
    {
    case MONGE_TERM_DIFFERENCE:
    case MONGE_TERM_UNIT:
      factor.coefficient *= side;
      return gaussian == (term->vector == MONGE_TERM_DIFFERENCE)
             && add (&match->value_moment, &factor);
    case MONGE_TERM_REGISTERS:
      if (term->first == match->others)
        return gaussian && add (&match->value_point, &factor)
               && add (&match->value_moment, &negative);
      return gaussian && term->first == match->points && add (&match->value_point, &factor);
    case MONGE_TERM_ONE:
    default:
      return FALSE;
    }
}

/* In one dimension points are numbers: the vector among the factors of @term. */
static void
find_vector (const MongeMatch *match, MongeTerm *term)
{
  for (guint f = 0; f < term->n_factors && match->dim == 1 && term->vector == MONGE_TERM_ONE; f++)
    {
      const MongeFactor *factor = &term->factors[f];

      if ((factor->reg == match->points || factor->reg == match->others) && factor->power == 1
          && !factor->is_absolute)
        {
          term->vector = MONGE_TERM_REGISTERS;
          term->first = factor->reg;
          term->factors[f] = term->factors[--term->n_factors];
        }
    }
}

static gboolean
match_soft_mean (const MongeProgram *program, MongeTerms *terms, MongeMatch *match)
{
  MongeTermPart part, value;

  match->result = MONGE_MATCH_SOFT_MEAN;
  match->weight = one;
  if (monge_terms_read (terms, program->body, 1, &part, 1) != 1
      || monge_terms_read (terms, program->weight, program->weight_dim, &value, 1) != 1
      || !match_exponent (program, &part.sum, match))
    return FALSE;
  if (program->weight_dim != match->dim || value.sum.n_terms == 0)
    return FALSE;
  for (guint t = 0; t < value.sum.n_terms; t++)
    {
      MongeTerm term = value.sum.terms[t];

      find_vector (match, &term);
      if (!add_value (program, &term, match))
        return FALSE;
    }
  return TRUE;
}

/* ------------------------------------------------------------------------------------------------
 * Sums: every part of the body is one term
 */

static gboolean
add_weights (MongeMatch *match, const MongeTerm *weight, guint dim, guint *first)
{
  for (guint w = 0; w < match->n_weights && dim == 1; w++)
    if (monge_term_is_like (&match->weights[w], weight))
      {
        *first = w;
        return TRUE;
      }
  *first = match->n_weights;
  for (guint d = 0; d < dim; d++)
    {
      if (match->n_weights == MONGE_MATCH_MAX_WEIGHTS)
        return FALSE;
      match->weights[match->n_weights] = *weight;
      match->weights[match->n_weights++].first += d;
    }
  return TRUE;
}

/* Which loop sums @term, apart from the exponent: FALSE if none does. */
static gboolean
get_kernel (const MongeTerm *term, MongeTunedKernel exponential, MongeTunedKernel *kernel)
{
  const gboolean is_unit = term->vector == MONGE_TERM_UNIT;
  const gboolean is_difference = term->vector == MONGE_TERM_DIFFERENCE;

  *kernel = term->exponent >= 0 ? exponential : MONGE_TUNED_DISTANCE;
  switch (*kernel)
    {
    case MONGE_TUNED_GAUSSIAN:
      return term->length == 0 && !is_unit;
    case MONGE_TUNED_LAPLACIAN:
      return term->length == 0 && !is_difference;
    case MONGE_TUNED_DISTANCE:
    default:
      return term->length == (is_unit ? 0 : 1) && !is_difference;
    }
}

static gboolean
match_part (const MongeProgram *program, const MongeTermPart *part, MongeMatch *match)
{
  const MongeTerm *term = &part->sum.terms[0];
  const double side = program->over == MONGE_AXIS_J ? 1 : -1;
  MongeMatchPart *out = &match->parts[match->n_parts++];
  MongeTerm weight = pick_factors (program, term, program->over);

  *out = (MongeMatchPart){ .first = part->first, .dim = part->dim };
  out->moment = term->vector == MONGE_TERM_DIFFERENCE || term->vector == MONGE_TERM_UNIT;
  out->factor = get_kept_factor (program, term);
  if (out->moment)
    {
      out->factor.coefficient *= side;
      return part->dim == match->dim && add_weights (match, &weight, 1, &out->weight);
    }
  if (term->vector == MONGE_TERM_REGISTERS)
    {
      if (program->register_axis[term->first] != program->over)
        return FALSE;
      weight.vector = MONGE_TERM_REGISTERS;
      weight.first = term->first;
    }
  else if (part->dim != 1)
    {
      return FALSE;
    }
  return add_weights (match, &weight, part->dim, &out->weight);
}

static gboolean
match_sum (const MongeProgram *program, MongeTerms *terms, MongeMatch *match)
{
  MongeTermPart parts[MONGE_MATCH_MAX_PARTS];
  const guint n_parts = monge_terms_read (terms, program->body, program->body_dim, parts,
                                          MONGE_MATCH_MAX_PARTS);
  MongeTunedKernel exponential = MONGE_TUNED_GAUSSIAN;
  gboolean moment = FALSE;

  match->result = MONGE_MATCH_SUM;
  match->weight = one;
  for (guint p = 0; p < n_parts; p++)
    if (parts[p].sum.n_terms != 1
        || parts[p].sum.terms[0].exponent != parts[0].sum.terms[0].exponent)
      return FALSE;
  if (n_parts == 0 || match->dim == 0)
    return FALSE;
  if (parts[0].sum.terms[0].exponent >= 0)
    {
      const MongeTermSum *exponent
          = monge_terms_get_exponent (terms, (guint) parts[0].sum.terms[0].exponent);

      if (!match_exponent (program, exponent, match))
        return FALSE;
      exponential = match->kernel;
    }
  for (guint p = 0; p < n_parts; p++)
    {
      if (!get_kernel (&parts[p].sum.terms[0], exponential, &match->kernel)
          || !match_part (program, &parts[p], match))
        return FALSE;
      moment |= match->parts[p].moment;
    }
  /* Moments and distances have one weight. */
  return match->n_weights == 1 || (!moment && match->kernel != MONGE_TUNED_DISTANCE);
}

/* ------------------------------------------------------------------------------------------------
 * Neighbours
 */

static gboolean
match_neighbours (const MongeProgram *program, MongeTerms *terms, MongeMatch *match)
{
  MongeTermPart part;
  const MongeTerm *term = &part.sum.terms[0];

  match->result = MONGE_MATCH_NEIGHBOURS;
  match->weight = one;
  if (program->body_dim != 1 || monge_terms_read (terms, program->body, 1, &part, 1) != 1
      || part.sum.n_terms != 1)
    return FALSE;
  match->kernel = term->length == 2 ? MONGE_TUNED_GAUSSIAN : MONGE_TUNED_DISTANCE;
  return (term->length == 1 || term->length == 2) && term->coefficient == 1
         && term->n_factors == 0 && term->exponent < 0 && term->vector == MONGE_TERM_ONE;
}

/* ------------------------------------------------------------------------------------------------
 * Programs
 */

typedef gboolean (*MatchFunc) (const MongeProgram *program, MongeTerms *terms, MongeMatch *match);

static const MatchFunc match_funcs[MONGE_N_REDUCE_OPS] = {
  [MONGE_REDUCE_SUM] = match_sum,
  [MONGE_REDUCE_MEAN] = match_sum,
  [MONGE_REDUCE_LOG_SUM_EXP] = match_log_sum_exp,
  [MONGE_REDUCE_SOFT_MEAN] = match_soft_mean,
  [MONGE_REDUCE_MIN] = match_neighbours,
  [MONGE_REDUCE_ARG_MIN] = match_neighbours,
  [MONGE_REDUCE_K_MIN] = match_neighbours,
  [MONGE_REDUCE_ARG_K_MIN] = match_neighbours,
};

/* Reading finds the points: what the body and the weight say of them is known before matching. */
static void
find_points (const MongeProgram *program, MongeTerms *terms, MongeMatch *match)
{
  MongeTermPart parts[MONGE_MATCH_MAX_PARTS];
  guint x, y;

  monge_terms_read (terms, program->body, program->body_dim, parts, MONGE_MATCH_MAX_PARTS);
  match->dim = monge_terms_get_points (terms, &x, &y);
  match->over = program->over;
  match->points = program->over == MONGE_AXIS_J ? x : y;
  match->others = program->over == MONGE_AXIS_J ? y : x;
}

gboolean
monge_match_program (const MongeProgram *program, MongeMatch *match)
{
  g_autoptr (MongeTerms) terms = NULL;

  memset (match, 0, sizeof *match);
  if (match_funcs[program->op] == NULL)
    return FALSE;
  terms = monge_terms_new (program);
  find_points (program, terms, match);
  return match->dim > 0 && match_funcs[program->op](program, terms, match);
}

static const char *
get_sum_name (const MongeMatch *match)
{
  gboolean moment = FALSE, sum = FALSE;

  for (guint p = 0; p < match->n_parts; p++)
    {
      moment |= match->parts[p].moment;
      sum |= !match->parts[p].moment;
    }
  return !moment ? "sum" : sum ? "sum and slope" : "slope";
}

char *
monge_match_describe (const MongeMatch *match)
{
  static const char *const kernels[] = { "Gaussian", "Laplacian", "distance" };

  switch (match->result)
    {
    case MONGE_MATCH_LOG_SUM_EXP:
      return g_strdup_printf ("%s log-sum-exp, D = %u", kernels[match->kernel], match->dim);
    case MONGE_MATCH_SOFT_MEAN:
      return g_strdup_printf ("%s soft mean, D = %u", kernels[match->kernel], match->dim);
    case MONGE_MATCH_SUM:
      if (match->n_weights > 1)
        return g_strdup_printf ("%s %s, %u weights, D = %u", kernels[match->kernel],
                                get_sum_name (match), match->n_weights, match->dim);
      return g_strdup_printf ("%s %s, D = %u", kernels[match->kernel], get_sum_name (match),
                              match->dim);
    case MONGE_MATCH_NEIGHBOURS:
    default:
      return g_strdup_printf ("nearest neighbours, D = %u", match->dim);
    }
}
