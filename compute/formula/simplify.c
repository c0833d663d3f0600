/* Rewriting. Each rule stands under the identity that it uses, with its condition; where none is
 * given it holds for all numbers. What rules make is made by the same rules, so that every formula
 * is in its final form, and making op(operands) of such a formula again gives the same node.
 *
 *     f          any formula          c          a constant
 *     s          a number per pair    v          a vector
 *
 * Identities are those of real numbers: results agree up to rounding. */
#include "compute/formula/formula-private.h"

#include <math.h>

static const MongeFormula *
make (MongeFormulaPool *pool, MongeOp op, const MongeFormula *a)
{
  return monge_formula_make (pool, op, a, NULL, NULL);
}

static const MongeFormula *
multiply (MongeFormulaPool *pool, const MongeFormula *a, const MongeFormula *b)
{
  return monge_formula_make (pool, MONGE_OP_MULTIPLY, a, b, NULL);
}

static const MongeFormula *
scale (MongeFormulaPool *pool, double factor, const MongeFormula *a)
{
  return monge_formula_arrange_product (pool, factor, a, NULL, a->dim);
}

static gboolean
is_constant (const MongeFormula *formula)
{
  return formula->op == MONGE_OP_CONSTANT;
}

/* A difference of rows and columns, in one dimension: as of more, the form of distances. */
static gboolean
is_pair_difference (const MongeFormula *formula)
{
  return formula->op == MONGE_OP_SUBTRACT && formula->axis == MONGE_AXIS_PAIR;
}

/* --- constants --- */

static double
fold_one (MongeOp op, double a)
{
  switch (op)
    {
    case MONGE_OP_NEGATE: return -a;
    case MONGE_OP_ABS: return fabs (a);
    case MONGE_OP_INVERSE: return 1 / a;
    case MONGE_OP_SQUARE: return a * a;
    case MONGE_OP_SQRT: return sqrt (a);
    case MONGE_OP_RSQRT: return 1 / sqrt (a);
    case MONGE_OP_EXP: return exp (a);
    case MONGE_OP_LOG: return log (a);
    case MONGE_OP_SIN: return sin (a);
    case MONGE_OP_COS: return cos (a);
    case MONGE_OP_TAN: return tan (a);
    case MONGE_OP_ASIN: return asin (a);
    case MONGE_OP_ACOS: return acos (a);
    case MONGE_OP_ATAN: return atan (a);
    case MONGE_OP_TANH: return tanh (a);
    case MONGE_OP_SIGN: return (a > 0) - (a < 0);
    case MONGE_OP_STEP: return a >= 0;
    default: return NAN;
    }
}

static double
fold_two (MongeOp op, double a, double b)
{
  switch (op)
    {
    case MONGE_OP_ADD: return a + b;
    case MONGE_OP_SUBTRACT: return a - b;
    case MONGE_OP_MULTIPLY: return a * b;
    case MONGE_OP_DIVIDE: return a / b;
    case MONGE_OP_POWER: return pow (a, b);
    case MONGE_OP_ATAN2: return atan2 (a, b);
    case MONGE_OP_MIN: return MIN (a, b);
    case MONGE_OP_MAX: return MAX (a, b);
    case MONGE_OP_LESS: return a < b;
    case MONGE_OP_LESS_EQUAL: return a <= b;
    case MONGE_OP_EQUAL: return a == b;
    default: return NAN;
    }
}

/* f(c) is a constant, unless it is not finite: that is left for whoever computes to find. */
static const MongeFormula *
fold (MongeFormulaPool *pool, MongeOp op, const MongeFormula *const *operands)
{
  const MongeOpInfo *info = monge_op_get_info (op);
  double value;

  if (info->op_class != MONGE_OP_CLASS_ELEMENTWISE || info->n_operands > 2)
    return NULL;
  for (guint k = 0; k < info->n_operands; k++)
    if (!is_constant (operands[k]))
      return NULL;
  if (info->n_operands == 1)
    value = fold_one (op, operands[0]->value);
  else
    value = fold_two (op, operands[0]->value, operands[1]->value);
  return isfinite (value) || op == MONGE_OP_NEGATE ? monge_formula_constant (pool, value) : NULL;
}

/* --- functions of products --- */

/* g(a b) = g(a) g(b) for g = | |, ², 1/: what is not per pair is computed less often. */
static const MongeFormula *
distribute (MongeFormulaPool *pool, MongeOp op, const MongeFormula *formula)
{
  MongeProduct product, pairs = { .factor = 1 };
  const MongeFormula *result;

  if (formula->op != MONGE_OP_MULTIPLY || !monge_product_collect (pool, &product, formula)
      || !isnormal (fold_one (op, product.factor)))
    return NULL;
  for (guint k = 0; k < product.n_factors; k++)
    if (product.factors[k]->axis == MONGE_AXIS_PAIR)
      pairs.factors[pairs.n_factors++] = product.factors[k];
  if (pairs.n_factors == product.n_factors && product.factor == 1)
    return NULL;
  result = monge_formula_constant (pool, fold_one (op, product.factor));
  for (guint k = 0; k < product.n_factors; k++)
    if (product.factors[k]->axis != MONGE_AXIS_PAIR)
      result = multiply (pool, result, make (pool, op, product.factors[k]));
  if (pairs.n_factors > 0)
    {
      guint dim = 1;

      for (guint k = 0; k < pairs.n_factors; k++)
        dim = MAX (dim, pairs.factors[k]->dim);
      result = multiply (pool, result, make (pool, op, monge_product_build (pool, &pairs, dim)));
    }
  return result;
}

/* @formula = number × vector; FALSE if it has no such number. @formula has dimension > 1. */
static gboolean
split_number (MongeFormulaPool *pool, const MongeFormula *formula, const MongeFormula **number,
              const MongeFormula **vector)
{
  MongeProduct product, numbers = { .factor = 1 }, vectors = { .factor = 1 };

  if (formula->op != MONGE_OP_MULTIPLY || !monge_product_collect (pool, &product, formula))
    return FALSE;
  numbers.factor = product.factor;
  for (guint k = 0; k < product.n_factors; k++)
    {
      MongeProduct *list = product.factors[k]->dim == 1 ? &numbers : &vectors;

      list->factors[list->n_factors++] = product.factors[k];
    }
  if (numbers.n_factors == 0 && numbers.factor == 1)
    return FALSE;
  *number = monge_product_build (pool, &numbers, 1);
  *vector = monge_product_build (pool, &vectors, formula->dim);
  return TRUE;
}

/* --- one operand --- */

/* f ≥ 0 wherever it is a number. */
static gboolean
is_nonnegative (const MongeFormula *formula)
{
  switch (formula->op)
    {
    case MONGE_OP_ABS:
    case MONGE_OP_SQUARE:
    case MONGE_OP_SQRT:
    case MONGE_OP_RSQRT:
    case MONGE_OP_EXP:
    case MONGE_OP_SQNORM:
    case MONGE_OP_NORM:
      return TRUE;
    case MONGE_OP_INVERSE:
      return is_nonnegative (formula->operands[0]);
    default:
      return FALSE;
    }
}

static const MongeFormula *
simplify_abs (MongeFormulaPool *pool, const MongeFormula *a)
{
  const MongeFormula *plain = monge_formula_drop_sign (pool, a); /* |−f| = |f| */

  if (is_nonnegative (plain)) /* |f| = f for f ≥ 0 */
    return plain;
  if (plain->op == MONGE_OP_MULTIPLY)
    return distribute (pool, MONGE_OP_ABS, plain);
  if (plain->dim == 1 && is_pair_difference (plain)) /* |a − b|, the length of (a − b) */
    return make (pool, MONGE_OP_NORM, plain);
  return plain != a ? make (pool, MONGE_OP_ABS, plain) : NULL;
}

static const MongeFormula *
simplify_square (MongeFormulaPool *pool, const MongeFormula *a)
{
  const MongeFormula *plain = monge_formula_drop_sign (pool, a); /* (−f)² = f² */

  switch (plain->op)
    {
    case MONGE_OP_ABS: /* |f|² = f² */
      return make (pool, MONGE_OP_SQUARE, plain->operands[0]);
    case MONGE_OP_NORM: /* |v|² = ⟨v, v⟩ */
      return make (pool, MONGE_OP_SQNORM, plain->operands[0]);
    case MONGE_OP_EXP: /* (e^f)² = e^(2f) */
      return make (pool, MONGE_OP_EXP, scale (pool, 2, plain->operands[0]));
    case MONGE_OP_MULTIPLY:
      return distribute (pool, MONGE_OP_SQUARE, plain);
    case MONGE_OP_SUBTRACT: /* (a − b)² in one dimension is the squared length of (a − b) */
      if (plain->dim == 1 && is_pair_difference (plain))
        return make (pool, MONGE_OP_SQNORM, plain);
      break;
    default:
      break;
    }
  return plain != a ? make (pool, MONGE_OP_SQUARE, plain) : NULL;
}

static const MongeFormula *
simplify_inverse (MongeFormulaPool *pool, const MongeFormula *a)
{
  switch (a->op)
    {
    case MONGE_OP_INVERSE: /* 1/(1/f) = f */
      return a->operands[0];
    case MONGE_OP_SQRT: /* 1/√f, by one function */
      return make (pool, MONGE_OP_RSQRT, a->operands[0]);
    case MONGE_OP_RSQRT:
      return make (pool, MONGE_OP_SQRT, a->operands[0]);
    case MONGE_OP_EXP: /* 1/e^f = e^(−f) */
      return make (pool, MONGE_OP_EXP, scale (pool, -1, a->operands[0]));
    case MONGE_OP_SQUARE: /* 1/f² = (1/f)² */
      return make (pool, MONGE_OP_SQUARE, make (pool, MONGE_OP_INVERSE, a->operands[0]));
    case MONGE_OP_DIVIDE: /* 1/(f/g) = g/f */
      return monge_formula_make (pool, MONGE_OP_DIVIDE, a->operands[1], a->operands[0], NULL);
    case MONGE_OP_MULTIPLY:
      return distribute (pool, MONGE_OP_INVERSE, a);
    default:
      return NULL;
    }
}

/* √(c f) = √c √f for c > 0. Where f, g ≥ 0 by their form also √(f² g) = |f| √g and
 * √(⟨v, v⟩ g) = |v| √g; for g < 0 they would differ where f = 0. */
static const MongeFormula *
simplify_root_of_product (MongeFormulaPool *pool, const MongeFormula *a)
{
  MongeProduct product, rest = { .factor = 1 };
  const MongeFormula *result;
  gboolean positive;
  guint dim = 1;

  if (!monge_product_collect (pool, &product, a))
    return NULL;
  positive = product.factor > 0;
  result = monge_formula_constant (pool, positive ? sqrt (product.factor) : 1);
  rest.factor = positive ? 1 : product.factor;
  for (guint k = 0; k < product.n_factors; k++)
    positive &= is_nonnegative (product.factors[k]);
  for (guint k = 0; k < product.n_factors; k++)
    {
      const MongeFormula *f = product.factors[k];

      if (positive && (f->op == MONGE_OP_SQUARE || f->op == MONGE_OP_SQNORM))
        result = multiply (pool, result, make (pool, MONGE_OP_SQRT, f));
      else
        {
          rest.factors[rest.n_factors++] = f;
          dim = MAX (dim, f->dim);
        }
    }
  if (rest.n_factors == product.n_factors && rest.factor == product.factor)
    return NULL;
  return multiply (pool, result,
                   make (pool, MONGE_OP_SQRT, monge_product_build (pool, &rest, dim)));
}

static const MongeFormula *
simplify_sqrt (MongeFormulaPool *pool, const MongeFormula *a)
{
  switch (a->op)
    {
    case MONGE_OP_SQNORM: /* √⟨v, v⟩ = |v| */
      return make (pool, MONGE_OP_NORM, a->operands[0]);
    case MONGE_OP_SQUARE: /* √f² = |f| */
      return make (pool, MONGE_OP_ABS, a->operands[0]);
    case MONGE_OP_INVERSE: /* √(1/f) = 1/√f */
      return make (pool, MONGE_OP_RSQRT, a->operands[0]);
    case MONGE_OP_EXP: /* √e^f = e^(f/2) */
      return make (pool, MONGE_OP_EXP, scale (pool, 0.5, a->operands[0]));
    case MONGE_OP_MULTIPLY:
      return simplify_root_of_product (pool, a);
    default:
      return NULL;
    }
}

/* 1/√f by the rules of √f, where there are any. */
static const MongeFormula *
simplify_rsqrt (MongeFormulaPool *pool, const MongeFormula *a)
{
  const MongeFormula *root = simplify_sqrt (pool, a);

  return root != NULL ? make (pool, MONGE_OP_INVERSE, root) : NULL;
}

/* |s v| = |s| |v|, ⟨s v, s v⟩ = s² ⟨v, v⟩; and of −v as of v */
static const MongeFormula *
simplify_length (MongeFormulaPool *pool, MongeOp op, const MongeFormula *a)
{
  MongeOp of_number = op == MONGE_OP_NORM ? MONGE_OP_ABS : MONGE_OP_SQUARE;
  const MongeFormula *plain = monge_formula_drop_sign (pool, a), *number, *vector;

  if (plain->dim == 1 && !is_pair_difference (plain)) /* in one dimension | | and ² */
    return make (pool, of_number, plain);
  if (plain->dim > 1 && split_number (pool, plain, &number, &vector))
    return multiply (pool, make (pool, of_number, number), make (pool, op, vector));
  return plain != a ? make (pool, op, plain) : NULL;
}

/* Σ s v = s Σ v; Σ v² = ⟨v, v⟩; Σ v w = ⟨v, w⟩ */
static const MongeFormula *
simplify_component_sum (MongeFormulaPool *pool, const MongeFormula *a)
{
  const MongeFormula *number, *vector;

  if (a->dim == 1)
    return a;
  if (split_number (pool, a, &number, &vector))
    return multiply (pool, number, make (pool, MONGE_OP_SUM, vector));
  if (a->op == MONGE_OP_SQUARE)
    return make (pool, MONGE_OP_SQNORM, a->operands[0]);
  if (a->op == MONGE_OP_MULTIPLY && a->operands[0]->dim == a->operands[1]->dim)
    return monge_formula_make (pool, MONGE_OP_DOT, a->operands[0], a->operands[1], NULL);
  return NULL;
}

/* In one dimension v/|v| is the sign; of s v with s a constant, ±v/|v|. */
static const MongeFormula *
simplify_normalise (MongeFormulaPool *pool, const MongeFormula *a)
{
  MongeProduct product;
  double factor;

  if (a->dim == 1)
    return make (pool, MONGE_OP_SIGN, a);
  if (a->op == MONGE_OP_NORMALISE)
    return a;
  if (a->op != MONGE_OP_MULTIPLY || !monge_product_collect (pool, &product, a)
      || product.factor == 1)
    return NULL;
  factor = product.factor > 0 ? 1 : -1;
  product.factor = 1;
  a = monge_product_build (pool, &product, a->dim);
  return scale (pool, factor, make (pool, MONGE_OP_NORMALISE, a));
}

static const MongeFormula *
simplify_one (MongeFormulaPool *pool, MongeOp op, const MongeFormula *a)
{
  const MongeFormula *plain;

  if (monge_op_get_info (op)->op_class == MONGE_OP_CLASS_FOLD && monge_formula_is_zero (a))
    return monge_formula_constant (pool, 0); /* |0| = Σ 0 = 0 */
  switch (op)
    {
    case MONGE_OP_COPY:
      return a;
    case MONGE_OP_NEGATE: /* −f = (−1) f, where the constant joins others */
      return scale (pool, -1, a);
    case MONGE_OP_ABS:
      return simplify_abs (pool, a);
    case MONGE_OP_INVERSE:
      return simplify_inverse (pool, a);
    case MONGE_OP_SQUARE:
      return simplify_square (pool, a);
    case MONGE_OP_SQRT:
      return simplify_sqrt (pool, a);
    case MONGE_OP_RSQRT:
      return simplify_rsqrt (pool, a);
    case MONGE_OP_LOG: /* log e^f = f */
      return a->op == MONGE_OP_EXP ? a->operands[0] : NULL;
    case MONGE_OP_COS: /* cos(−f) = cos f */
      plain = monge_formula_drop_sign (pool, a);
      return plain != a ? make (pool, MONGE_OP_COS, plain) : NULL;
    case MONGE_OP_SQNORM:
    case MONGE_OP_NORM:
      return simplify_length (pool, op, a);
    case MONGE_OP_SUM:
      return simplify_component_sum (pool, a);
    case MONGE_OP_MAX_COMPONENT:
      return a->dim == 1 ? a : NULL;
    case MONGE_OP_NORMALISE:
      return simplify_normalise (pool, a);
    default:
      return NULL;
    }
}

/* --- two operands --- */

/* What is worth inverting where it lives, on fewer axes than the quotient or in fewer components,
 * or joins other inverses: f/g = f (1/g) then. */
static gboolean
divides_by_inverse (const MongeFormula *a, const MongeFormula *b)
{
  if (is_constant (b))
    return isnormal (1 / b->value);
  return b->axis != (a->axis | b->axis) || b->dim < a->dim || is_constant (a)
         || b->op == MONGE_OP_EXP || b->op == MONGE_OP_SQRT || b->op == MONGE_OP_INVERSE
         || b->op == MONGE_OP_RSQRT || a->op == MONGE_OP_INVERSE
         || (a->op == MONGE_OP_SQUARE && a->operands[0]->op == MONGE_OP_INVERSE);
}

/* f/(s g) = (1/s) (f/g) where s lives on fewer axes than g; (c f)/g = c (f/g) */
static const MongeFormula *
simplify_quotient (MongeFormulaPool *pool, const MongeFormula *a, const MongeFormula *b)
{
  MongeProduct above, below, top = { .factor = 1 };
  const MongeFormula *result;
  double factor;
  guint dim = 1;

  if (divides_by_inverse (a, b))
    return multiply (pool, a, make (pool, MONGE_OP_INVERSE, b));
  if (!monge_product_collect (pool, &above, a) || !monge_product_collect (pool, &below, b))
    return NULL;
  factor = above.factor / below.factor;
  if (!isnormal (factor))
    return NULL;
  result = monge_formula_constant (pool, factor);
  for (guint k = 0; k < below.n_factors; k++)
    if (below.factors[k]->axis != b->axis)
      result = multiply (pool, result, make (pool, MONGE_OP_INVERSE, below.factors[k]));
    else
      {
        top.factors[top.n_factors++] = below.factors[k];
        dim = MAX (dim, below.factors[k]->dim);
      }
  if (top.n_factors == below.n_factors && factor == 1)
    return NULL;
  above.factor = 1;
  a = monge_product_build (pool, &above, a->dim);
  if (top.n_factors == 0)
    return multiply (pool, result, a);
  b = monge_product_build (pool, &top, dim);
  return multiply (pool, result, monge_formula_make (pool, MONGE_OP_DIVIDE, a, b, NULL));
}

/* f^n by repeated squaring, n a small whole number: (f^(n/2))² or f f^(n − 1) */
static const MongeFormula *
whole_power (MongeFormulaPool *pool, const MongeFormula *a, int n)
{
  const MongeFormula *power = a;

  for (int bit = 1 << (int) log2 (n) >> 1; bit > 0; bit >>= 1)
    {
      power = make (pool, MONGE_OP_SQUARE, power);
      if (n & bit)
        power = multiply (pool, power, a);
    }
  return power;
}

#define MAX_WHOLE_POWER 16

static const MongeFormula *
simplify_power (MongeFormulaPool *pool, const MongeFormula *a, const MongeFormula *b, guint dim)
{
  double n = b->value, magnitude = fabs (n);
  const MongeFormula *power;

  if (is_constant (a) && a->value > 0) /* c^f = e^(f log c) for c > 0 */
    return make (pool, MONGE_OP_EXP, scale (pool, log (a->value), b));
  if (!is_constant (b))
    return NULL;
  if (n == 0 && dim == 1) /* f^0 = 1 */
    return monge_formula_constant (pool, 1);
  if (n == 0.5) /* f^½ = √f */
    return make (pool, MONGE_OP_SQRT, a);
  if (n == -0.5)
    return make (pool, MONGE_OP_RSQRT, a);
  if (magnitude < 1 || magnitude > MAX_WHOLE_POWER || magnitude != floor (magnitude))
    return NULL;
  power = whole_power (pool, a, magnitude);
  return n < 0 ? make (pool, MONGE_OP_INVERSE, power) : power; /* f^(−n) = 1/f^n */
}

/* f ∘ g = g ∘ f: constants first, then the operand of fewer axes. */
static const MongeFormula *
sort_operands (MongeFormulaPool *pool, MongeOp op, const MongeFormula *a, const MongeFormula *b,
               guint dim)
{
  gboolean swap = a->axis != b->axis ? b->axis < a->axis : b->id < a->id;
  const MongeFormula *operands[3] = { swap ? b : a, swap ? a : b, NULL };

  return monge_formula_intern (pool, op, dim, operands, 0);
}

/* ⟨v, v⟩ is a squared length; ⟨s v, w⟩ = s ⟨v, w⟩; ⟨−v, w⟩ = −⟨v, w⟩; in one dimension a product */
static const MongeFormula *
simplify_dot (MongeFormulaPool *pool, const MongeFormula *a, const MongeFormula *b)
{
  const MongeFormula *number, *vector, *plain_a, *plain_b;

  if (a->dim == 1)
    return multiply (pool, a, b);
  if (a == b)
    return make (pool, MONGE_OP_SQNORM, a);
  if (monge_formula_is_zero (a) || monge_formula_is_zero (b))
    return monge_formula_constant (pool, 0);
  if (split_number (pool, a, &number, &vector))
    return multiply (pool, number, monge_formula_make (pool, MONGE_OP_DOT, vector, b, NULL));
  if (split_number (pool, b, &number, &vector))
    return multiply (pool, number, monge_formula_make (pool, MONGE_OP_DOT, a, vector, NULL));
  plain_a = monge_formula_drop_sign (pool, a);
  plain_b = monge_formula_drop_sign (pool, b);
  if (plain_a == a && plain_b == b)
    return sort_operands (pool, MONGE_OP_DOT, a, b, 1);
  return scale (pool, plain_a == a || plain_b == b ? -1 : 1,
                monge_formula_make (pool, MONGE_OP_DOT, plain_a, plain_b, NULL));
}

/* (a, (b, c)) = ((a, b), c); neighbouring components of one vector are one slice of it */
static const MongeFormula *
simplify_concat (MongeFormulaPool *pool, const MongeFormula *a, const MongeFormula *b)
{
  const MongeFormula *last = a->op == MONGE_OP_CONCAT ? a->operands[1] : a;

  if (b->op == MONGE_OP_CONCAT)
    {
      a = monge_formula_make (pool, MONGE_OP_CONCAT, a, b->operands[0], NULL);
      return monge_formula_make (pool, MONGE_OP_CONCAT, a, b->operands[1], NULL);
    }
  if (b->op != MONGE_OP_SLICE || last->op != MONGE_OP_SLICE
      || last->operands[0] != b->operands[0] || last->first + last->dim != b->first)
    return NULL;
  b = monge_formula_make_slice (pool, b->operands[0], last->first, last->dim + b->dim);
  if (last == a)
    return b;
  return monge_formula_make (pool, MONGE_OP_CONCAT, a->operands[0], b, NULL);
}

static const MongeFormula *
simplify_two (MongeFormulaPool *pool, MongeOp op, const MongeFormula *a, const MongeFormula *b,
              guint dim)
{
  switch (op)
    {
    case MONGE_OP_ADD:
      return monge_formula_arrange_sum (pool, a, b, 1, dim);
    case MONGE_OP_SUBTRACT:
      return monge_formula_arrange_sum (pool, a, b, -1, dim);
    case MONGE_OP_MULTIPLY:
      return monge_formula_arrange_product (pool, 1, a, b, dim);
    case MONGE_OP_DIVIDE:
      return simplify_quotient (pool, a, b);
    case MONGE_OP_POWER:
      return simplify_power (pool, a, b, dim);
    case MONGE_OP_MIN: /* min(f, f) = f */
    case MONGE_OP_MAX:
      return a == b ? a : sort_operands (pool, op, a, b, dim);
    case MONGE_OP_EQUAL:
      return sort_operands (pool, op, a, b, dim);
    case MONGE_OP_DOT:
      return simplify_dot (pool, a, b);
    case MONGE_OP_CONCAT:
      return simplify_concat (pool, a, b);
    case MONGE_OP_MATVEC: /* with zeros: zeros; one column: a product; one row: an inner product */
      if (monge_formula_is_zero (a) || monge_formula_is_zero (b))
        return monge_formula_zero (pool, dim);
      if (b->dim == 1)
        return multiply (pool, a, b);
      return a->dim == b->dim ? monge_formula_make (pool, MONGE_OP_DOT, a, b, NULL) : NULL;
    case MONGE_OP_OUTER: /* with zeros: zeros; a row or a column: a product */
      if (monge_formula_is_zero (a) || monge_formula_is_zero (b))
        return monge_formula_zero (pool, dim);
      return a->dim == 1 || b->dim == 1 ? multiply (pool, a, b) : NULL;
    default:
      return NULL;
    }
}

/* A condition that is known chooses, and so does one that makes no difference. */
static const MongeFormula *
simplify_if (const MongeFormula *const *operands, guint dim)
{
  const MongeFormula *chosen = operands[1];

  if (is_constant (operands[0]))
    chosen = operands[0]->value != 0 ? operands[1] : operands[2];
  else if (operands[1] != operands[2])
    return NULL;
  return chosen->dim == dim ? chosen : NULL;
}

const MongeFormula *
monge_formula_simplify (MongeFormulaPool *pool, MongeOp op, const MongeFormula *const *operands,
                        guint dim)
{
  const MongeFormula *simple = fold (pool, op, operands);
  guint n = monge_op_get_info (op)->n_operands;

  if (simple == NULL && n == 1)
    simple = simplify_one (pool, op, operands[0]);
  else if (simple == NULL && n == 2)
    simple = simplify_two (pool, op, operands[0], operands[1], dim);
  else if (simple == NULL)
    simple = simplify_if (operands, dim);
  return simple != NULL ? simple : monge_formula_intern (pool, op, dim, operands, 0);
}

/* All components: the vector. Slices of slices are slices. Of (a, b): those of a, those of b. */
const MongeFormula *
monge_formula_simplify_slice (MongeFormulaPool *pool, const MongeFormula *formula, guint first,
                              guint dim)
{
  const MongeFormula *operands[3] = { formula, NULL, NULL }, *a, *b;
  guint n_before;

  if (dim == formula->dim)
    return formula;
  if (formula->op == MONGE_OP_SLICE)
    return monge_formula_simplify_slice (pool, formula->operands[0], formula->first + first, dim);
  if (formula->op != MONGE_OP_CONCAT)
    return monge_formula_intern (pool, MONGE_OP_SLICE, dim, operands, first);
  n_before = formula->operands[0]->dim;
  if (first >= n_before)
    return monge_formula_simplify_slice (pool, formula->operands[1], first - n_before, dim);
  if (first + dim <= n_before)
    return monge_formula_simplify_slice (pool, formula->operands[0], first, dim);
  a = monge_formula_simplify_slice (pool, formula->operands[0], first, n_before - first);
  b = monge_formula_simplify_slice (pool, formula->operands[1], 0, first + dim - n_before);
  return monge_formula_make (pool, MONGE_OP_CONCAT, a, b, NULL);
}
