/* Adjoints of reductions: what a loss of the results says about the variables. With r the result of
 * a row i, e = ∂L/∂r and the sum over j, each is a sum of one body over j or over i:
 *
 *   sum            e · ∂F
 *   mean           e · ∂F / N              N terms
 *   log-sum-exp    e e^(F − r) (w ∂F + ∂w)
 *   soft mean      p (e · ∂w + ⟨e, w − r⟩ ∂F),   p = e^(F − log_sum)
 *   min, max       the component of e where F = r, then · ∂F
 *   K-min          Σ_k (e_k where F = r_k) ∂F
 *
 * After Charlier, Feydy, Glaunès, Collin, Durif, “Kernel operations on the GPU, with autodiff,
 * without memory overflows”, JMLR 2021. Derivation: docs/math/reductions.md */
#include "compute/formula/reduction.h"

typedef struct {
  MongeFormulaPool *pool;
  const MongeReduction *reduction;
  const MongeFormula *variable, *cotangent, *result, *log_sum;
  MongeAxis kept;
  GError **error;
} Adjoint;

/* monge_formula_call() with the nested calls' failures passed through. */
#define CALL(name, ...) \
  monge_formula_call (a->pool, (name), a->error, __VA_ARGS__, NULL)

/* Some adjoints need what the reduction gave. */
static gboolean
check_given (const Adjoint *a, const MongeFormula *given, const char *what, guint dim)
{
  const char *name = monge_reduce_op_get_name (a->reduction->op);

  if (given == NULL)
    g_set_error (a->error, MONGE_ERROR, MONGE_ERROR_NAME,
                 "The adjoint of “%s” needs a variable for %s", name, what);
  else if (given->dim != dim)
    g_set_error (a->error, MONGE_ERROR, MONGE_ERROR_SIZE,
                 "In the adjoint of “%s”, “%s” stands for %s of %u components and has %u", name,
                 given->name, what, dim, given->dim);
  else if (given->axis != a->kept)
    g_set_error (a->error, MONGE_ERROR, MONGE_ERROR_SIZE,
                 "In the adjoint of “%s”, “%s” stands for %s and must be a variable of %s", name,
                 given->name, what, a->kept == MONGE_AXIS_I ? "rows (i)" : "columns (j)");
  else
    return TRUE;
  return FALSE;
}

static const MongeFormula *
through (const Adjoint *a, const MongeFormula *formula, const MongeFormula *cotangent)
{
  return cotangent == NULL ? NULL
         : monge_formula_gradient (a->pool, formula, a->variable, cotangent, a->error);
}

/* The shares of F and of w together. */
static const MongeFormula *
through_both (const Adjoint *a, const MongeFormula *body_share, const MongeFormula *weight_share)
{
  const MongeFormula *first = through (a, a->reduction->body, body_share);
  const MongeFormula *second
      = first == NULL ? NULL : through (a, a->reduction->weight, weight_share);

  return second == NULL ? NULL : CALL ("+", first, second);
}

/* N is not in the formula; over the axis that the result keeps, a mean of shares divides by it. */
static const MongeFormula *
mean_body (const Adjoint *a)
{
  const MongeFormula *share;

  if (a->variable->axis != a->reduction->over)
    return through (a, a->reduction->body, a->cotangent);
  if (!check_given (a, a->log_sum, "the logarithm of the number of terms", 1))
    return NULL;
  share = CALL ("exp", CALL ("-", a->log_sum));
  return through (a, a->reduction->body, CALL ("*", a->cotangent, share));
}

static const MongeFormula *
log_sum_exp_body (const Adjoint *a)
{
  const MongeFormula *body = a->reduction->body, *weight = a->reduction->weight, *share;

  if (!check_given (a, a->result, "its result", 1))
    return NULL;
  share = CALL ("*", a->cotangent, CALL ("exp", CALL ("-", body, a->result)));
  if (weight == NULL)
    return through (a, body, share);
  return through_both (a, CALL ("*", share, weight), share);
}

static const MongeFormula *
soft_mean_body (const Adjoint *a)
{
  const MongeFormula *body = a->reduction->body, *weight = a->reduction->weight;
  const MongeFormula *share, *excess;

  if (!check_given (a, a->result, "its result", weight->dim)
      || !check_given (a, a->log_sum, "log Σ exp of its exponents", 1))
    return NULL;
  share = CALL ("exp", CALL ("-", body, a->log_sum));
  excess = CALL ("dot", a->cotangent, CALL ("-", weight, a->result));
  return through_both (a, CALL ("*", excess, share), CALL ("*", a->cotangent, share));
}

static const MongeFormula *
extremum_body (const Adjoint *a)
{
  const MongeFormula *body = a->reduction->body, *attained, *share;

  if (!check_given (a, a->result, "its result", monge_reduction_get_dim (a->reduction)))
    return NULL;
  attained = CALL ("==", body, a->result);
  share = CALL ("if", attained, a->cotangent, monge_formula_constant (a->pool, 0));
  if (a->reduction->op == MONGE_REDUCE_K_MIN)
    share = CALL ("sum", share);
  return through (a, body, share);
}

static const MongeFormula *
get_body (const Adjoint *a)
{
  switch (a->reduction->op)
    {
    case MONGE_REDUCE_SUM: return through (a, a->reduction->body, a->cotangent);
    case MONGE_REDUCE_MEAN: return mean_body (a);
    case MONGE_REDUCE_LOG_SUM_EXP: return log_sum_exp_body (a);
    case MONGE_REDUCE_SOFT_MEAN: return soft_mean_body (a);
    case MONGE_REDUCE_MIN:
    case MONGE_REDUCE_MAX:
    case MONGE_REDUCE_K_MIN: return extremum_body (a);
    default:
      g_set_error (a->error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "“%s” gives indices, which have no derivative; take that of the terms they name",
                   monge_reduce_op_get_name (a->reduction->op));
      return NULL;
    }
}

gboolean
monge_reduction_adjoint (MongeFormulaPool *pool, const MongeReduction *reduction,
                         const MongeFormula *variable, const MongeFormula *cotangent,
                         const MongeFormula *result, const MongeFormula *log_sum,
                         MongeReduction *adjoint, GError **error)
{
  gboolean over_j = reduction->over == MONGE_AXIS_J, same_axis;
  MongeAxis kept = over_j ? MONGE_AXIS_I : MONGE_AXIS_J;
  Adjoint a = { pool, reduction, variable, cotangent, result, log_sum, kept, error };
  const MongeFormula *body;

  g_return_val_if_fail (pool != NULL && variable != NULL && adjoint != NULL, FALSE);
  g_return_val_if_fail (variable->op == MONGE_OP_VARIABLE && variable != result, FALSE);
  if (!monge_reduction_check (reduction, error))
    return FALSE;
  if (!monge_reduce_op_gives_indices (reduction->op)
      && !check_given (&a, cotangent, "the derivative by its result",
                       monge_reduction_get_dim (reduction)))
    return FALSE;
  body = get_body (&a);
  if (body == NULL)
    return FALSE;
  same_axis = variable->axis == reduction->over;
  *adjoint = (MongeReduction){
    .op = reduction->op == MONGE_REDUCE_MEAN && !same_axis ? MONGE_REDUCE_MEAN : MONGE_REDUCE_SUM,
    .over = same_axis ? kept : reduction->over,
    .body = body,
  };
  return monge_reduction_check (adjoint, error);
}
