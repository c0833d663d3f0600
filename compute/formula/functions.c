/* The functions of the language: one line of one table each. */
#include "compute/formula/formula-private.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

typedef const MongeFormula *(*Builder) (MongeFormulaPool *pool, const MongeFormula *const *operands,
                                        guint n_operands, GError **error);

static const MongeFormula *
one (MongeFormulaPool *pool, MongeOp op, const MongeFormula *a, GError **error)
{
  const MongeFormula *operands[] = { a };

  return monge_formula_apply (pool, op, operands, error);
}

static const MongeFormula *
two (MongeFormulaPool *pool, MongeOp op, const MongeFormula *a, const MongeFormula *b,
     GError **error)
{
  const MongeFormula *operands[] = { a, b };

  return monge_formula_apply (pool, op, operands, error);
}

static const MongeFormula *
choose (MongeFormulaPool *pool, const MongeFormula *a, const MongeFormula *b,
        const MongeFormula *c, GError **error)
{
  const MongeFormula *operands[] = { a, b, c };

  return monge_formula_apply (pool, MONGE_OP_IF, operands, error);
}

static const MongeFormula *
times (MongeFormulaPool *pool, double factor, const MongeFormula *a, GError **error)
{
  return two (pool, MONGE_OP_MULTIPLY, monge_formula_constant (pool, factor), a, error);
}

static const MongeFormula *
plus (MongeFormulaPool *pool, double constant, const MongeFormula *a, GError **error)
{
  return two (pool, MONGE_OP_ADD, monge_formula_constant (pool, constant), a, error);
}

#define BUILDER(name) \
  static const MongeFormula * \
  build_##name (MongeFormulaPool *pool, const MongeFormula *const *o, guint n, GError **error)

BUILDER (plus)
{
  return n == 1 ? o[0] : two (pool, MONGE_OP_ADD, o[0], o[1], error);
}

BUILDER (minus)
{
  if (n == 1)
    return one (pool, MONGE_OP_NEGATE, o[0], error);
  return two (pool, MONGE_OP_SUBTRACT, o[0], o[1], error);
}

BUILDER (greater)
{
  return two (pool, MONGE_OP_LESS, o[1], o[0], error);
}

BUILDER (greater_equal)
{
  return two (pool, MONGE_OP_LESS_EQUAL, o[1], o[0], error);
}

BUILDER (not_equal)
{
  const MongeFormula *equal = two (pool, MONGE_OP_EQUAL, o[0], o[1], error);

  return two (pool, MONGE_OP_SUBTRACT, monge_formula_constant (pool, 1), equal, error);
}

/* min(max(a, lo), hi) */
BUILDER (clamp)
{
  return two (pool, MONGE_OP_MIN, two (pool, MONGE_OP_MAX, o[0], o[1], error), o[2], error);
}

BUILDER (relu)
{
  return two (pool, MONGE_OP_MAX, monge_formula_constant (pool, 0), o[0], error);
}

BUILDER (exp2)
{
  return one (pool, MONGE_OP_EXP, times (pool, G_LN2, o[0], error), error);
}

BUILDER (log2)
{
  return times (pool, 1 / G_LN2, one (pool, MONGE_OP_LOG, o[0], error), error);
}

/* (e^a ± e^−a) / 2 */
static const MongeFormula *
hyperbolic (MongeFormulaPool *pool, MongeOp op, const MongeFormula *a, GError **error)
{
  const MongeFormula *up = one (pool, MONGE_OP_EXP, a, error);
  const MongeFormula *down = one (pool, MONGE_OP_NEGATE, a, error);

  down = one (pool, MONGE_OP_EXP, down, error);
  return times (pool, 0.5, two (pool, op, up, down, error), error);
}

BUILDER (cosh)
{
  return hyperbolic (pool, MONGE_OP_ADD, o[0], error);
}

BUILDER (sinh)
{
  return hyperbolic (pool, MONGE_OP_SUBTRACT, o[0], error);
}

/* --- vectors --- */

/* u − v, where numbers are not repeated. */
static const MongeFormula *
difference (MongeFormulaPool *pool, const MongeFormula *u, const MongeFormula *v, GError **error)
{
  if (u != NULL && v != NULL && u->dim != v->dim)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "points of dimensions %u and %u: they must be equal", u->dim, v->dim);
      return NULL;
    }
  return two (pool, MONGE_OP_SUBTRACT, u, v, error);
}

BUILDER (sqdist)
{
  return one (pool, MONGE_OP_SQNORM, difference (pool, o[0], o[1], error), error);
}

BUILDER (dist)
{
  return one (pool, MONGE_OP_NORM, difference (pool, o[0], o[1], error), error);
}

/* (u − v)' W (u − v) with W a number, a diagonal or a matrix */
BUILDER (wsqdist)
{
  const MongeFormula *w = o[0], *d = difference (pool, o[1], o[2], error);

  if (d == NULL)
    return NULL;
  if (w->dim == 1)
    return two (pool, MONGE_OP_MULTIPLY, w, one (pool, MONGE_OP_SQNORM, d, error), error);
  if (w->dim == d->dim)
    return two (pool, MONGE_OP_DOT, w, one (pool, MONGE_OP_SQUARE, d, error), error);
  if (w->dim == d->dim * d->dim)
    return two (pool, MONGE_OP_DOT, d, two (pool, MONGE_OP_MATVEC, w, d, error), error);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
               "weights of dimension %u for points of dimension %u: 1, %u or %u are possible",
               w->dim, d->dim, d->dim, d->dim * d->dim);
  return NULL;
}

BUILDER (manhattan)
{
  const MongeFormula *d = difference (pool, o[0], o[1], error);

  return one (pool, MONGE_OP_SUM, one (pool, MONGE_OP_ABS, d, error), error);
}

BUILDER (chebyshev)
{
  const MongeFormula *d = difference (pool, o[0], o[1], error);

  return one (pool, MONGE_OP_MAX_COMPONENT, one (pool, MONGE_OP_ABS, d, error), error);
}

BUILDER (cosine)
{
  return two (pool, MONGE_OP_DOT, one (pool, MONGE_OP_NORMALISE, o[0], error),
              one (pool, MONGE_OP_NORMALISE, o[1], error), error);
}

/* log(1 + z) for z ≥ 0, to full relative precision for small z (W. Kahan): with 1 + z rounded to
 * v, z log(v)/(v − 1), and z where v is 1. The maximum, which changes nothing, keeps v − 1 from
 * being taken for z. */
static const MongeFormula *
log_one_plus (MongeFormulaPool *pool, const MongeFormula *z, GError **error)
{
  const MongeFormula *unit = monge_formula_constant (pool, 1);
  const MongeFormula *v = two (pool, MONGE_OP_MAX, unit, plus (pool, 1, z, error), error);
  const MongeFormula *is_one = two (pool, MONGE_OP_EQUAL, unit, v, error);
  const MongeFormula *below = choose (pool, is_one, unit, plus (pool, -1, v, error), error);
  const MongeFormula *ratio = two (pool, MONGE_OP_DIVIDE, one (pool, MONGE_OP_LOG, v, error),
                                   below, error);

  return choose (pool, is_one, z, two (pool, MONGE_OP_MULTIPLY, z, ratio, error), error);
}

/* asinh t = log(1 + t + t²/(1 + √(1 + t²))), t ≥ 0 */
static const MongeFormula *
asinh_of (MongeFormulaPool *pool, const MongeFormula *t, GError **error)
{
  const MongeFormula *square = one (pool, MONGE_OP_SQUARE, t, error);
  const MongeFormula *root = one (pool, MONGE_OP_SQRT, plus (pool, 1, square, error), error);
  const MongeFormula *rest = two (pool, MONGE_OP_DIVIDE, square, plus (pool, 1, root, error),
                                  error);

  return log_one_plus (pool, two (pool, MONGE_OP_ADD, t, rest, error), error);
}

/* acosh(1 + 2 |u − v|² a b) = 2 asinh(|u − v| √a √b), which keeps its precision near 0; @a, @b:
 * 1/√a, 1/√b are taken, each once per point. */
static const MongeFormula *
hyperbolic_distance (MongeFormulaPool *pool, double factor, const MongeFormula *length,
                     const MongeFormula *a, const MongeFormula *b, GError **error)
{
  const MongeFormula *t = two (pool, MONGE_OP_MULTIPLY, one (pool, MONGE_OP_RSQRT, a, error),
                               one (pool, MONGE_OP_RSQRT, b, error), error);

  t = two (pool, MONGE_OP_MULTIPLY, times (pool, factor, t, error), length, error);
  return times (pool, 2, asinh_of (pool, t, error), error);
}

static const MongeFormula *
one_minus_sqnorm (MongeFormulaPool *pool, const MongeFormula *u, GError **error)
{
  return two (pool, MONGE_OP_SUBTRACT, monge_formula_constant (pool, 1),
              one (pool, MONGE_OP_SQNORM, u, error), error);
}

BUILDER (poincare)
{
  const MongeFormula *d = difference (pool, o[0], o[1], error);

  return hyperbolic_distance (pool, 1, one (pool, MONGE_OP_NORM, d, error),
                              one_minus_sqnorm (pool, o[0], error),
                              one_minus_sqnorm (pool, o[1], error), error);
}

BUILDER (halfspace)
{
  const MongeFormula *d = difference (pool, o[0], o[1], error);

  if (d == NULL)
    return NULL;
  return hyperbolic_distance (pool, 0.5, one (pool, MONGE_OP_NORM, d, error),
                              monge_formula_slice (pool, o[0], d->dim - 1, 1, error),
                              monge_formula_slice (pool, o[1], d->dim - 1, 1, error), error);
}

/* --- components --- */

/* A whole number that is written out. */
static gboolean
get_index (const MongeFormula *formula, guint *index, GError **error)
{
  double value = formula->value;

  if (formula->op == MONGE_OP_CONSTANT && value >= 0 && value <= MONGE_FORMULA_MAX_DIM
      && value == floor (value))
    {
      *index = value;
      return TRUE;
    }
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
               "which components must be whole numbers from 0 to %d", MONGE_FORMULA_MAX_DIM);
  return FALSE;
}

BUILDER (elem)
{
  guint k;

  return get_index (o[1], &k, error) ? monge_formula_slice (pool, o[0], k, 1, error) : NULL;
}

BUILDER (slice)
{
  guint first, dim;

  if (!get_index (o[1], &first, error) || !get_index (o[2], &dim, error))
    return NULL;
  if (dim > 0)
    return monge_formula_slice (pool, o[0], first, dim, error);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "a slice has 1 component or more");
  return NULL;
}

BUILDER (concat)
{
  const MongeFormula *all = o[0];

  for (guint k = 1; k < n && all != NULL; k++)
    all = two (pool, MONGE_OP_CONCAT, all, o[k], error);
  return all;
}

/* --- the table --- */

#define OP(name) MONGE_OP_##name, NULL
#define BUILT(name) MONGE_N_OPS, build_##name
#define ANY G_MAXUINT
#define NOT_A_CALL 0, 0, MONGE_N_OPS, NULL

/* name, signature, description, fewest and most operands, how */
#define FUNCTIONS(X) \
  X ("+", "a + b", "Sum, component by component.", 1, 2, BUILT (plus)) \
  X ("-", "a - b", "Difference; −a with one operand.", 1, 2, BUILT (minus)) \
  X ("*", "a * b", "Product, component by component.", 2, 2, OP (MULTIPLY)) \
  X ("/", "a / b", "Quotient, component by component.", 2, 2, OP (DIVIDE)) \
  X ("^", "a ^ b", "Power; groups from the right and before a minus sign.", 2, 2, OP (POWER)) \
  X ("<", "a < b", "1 where a is less than b, else 0.", 2, 2, OP (LESS)) \
  X ("<=", "a <= b", "1 where a is at most b, else 0.", 2, 2, OP (LESS_EQUAL)) \
  X (">", "a > b", "1 where a is greater than b, else 0.", 2, 2, BUILT (greater)) \
  X (">=", "a >= b", "1 where a is at least b, else 0.", 2, 2, BUILT (greater_equal)) \
  X ("==", "a == b", "1 where a equals b, else 0.", 2, 2, OP (EQUAL)) \
  X ("!=", "a != b", "1 where a differs from b, else 0.", 2, 2, BUILT (not_equal)) \
  X ("?", "c ? a : b", "a where c is not 0, else b.", 3, 3, OP (IF)) \
  X ("if", "if(c, a, b)", "a where c is not 0, else b.", 3, 3, OP (IF)) \
  X ("abs", "abs(a)", "Absolute value.", 1, 1, OP (ABS)) \
  X ("acos", "acos(a)", "Arc cosine, in radians.", 1, 1, OP (ACOS)) \
  X ("asin", "asin(a)", "Arc sine, in radians.", 1, 1, OP (ASIN)) \
  X ("atan", "atan(a)", "Arc tangent, in radians.", 1, 1, OP (ATAN)) \
  X ("atan2", "atan2(a, b)", "Angle of the point (b, a), in radians.", 2, 2, OP (ATAN2)) \
  X ("chebyshev", "chebyshev(u, v)", "Largest difference of a coordinate.", 2, 2, \
     BUILT (chebyshev)) \
  X ("clamp", "clamp(a, lo, hi)", "a, but at least lo and at most hi.", 3, 3, BUILT (clamp)) \
  X ("concat", "concat(u, v, …)", "One vector after the other; also [u, v, …].", 1, ANY, \
     BUILT (concat)) \
  X ("cos", "cos(a)", "Cosine of an angle in radians.", 1, 1, OP (COS)) \
  X ("cosh", "cosh(a)", "Hyperbolic cosine.", 1, 1, BUILT (cosh)) \
  X ("cosine", "cosine(u, v)", "Cosine of the angle between two vectors; 0 if one is 0.", 2, 2, \
     BUILT (cosine)) \
  X ("dist", "dist(u, v)", "Distance of two points.", 2, 2, BUILT (dist)) \
  X ("dot", "dot(u, v)", "Inner product.", 2, 2, OP (DOT)) \
  X ("elem", "elem(u, k)", "Component k, counted from 0; also u[k].", 2, 2, BUILT (elem)) \
  X ("exp", "exp(a)", "Exponential function.", 1, 1, OP (EXP)) \
  X ("exp2", "exp2(a)", "2 to the power a.", 1, 1, BUILT (exp2)) \
  X ("halfspace", "halfspace(u, v)", \
     "Hyperbolic distance in the upper half-space; the last coordinate is the height, > 0.", 2, 2, \
     BUILT (halfspace)) \
  X ("inverse", "inverse(a)", "1 / a.", 1, 1, OP (INVERSE)) \
  X ("log", "log(a)", "Natural logarithm.", 1, 1, OP (LOG)) \
  X ("log2", "log2(a)", "Logarithm in base 2.", 1, 1, BUILT (log2)) \
  X ("manhattan", "manhattan(u, v)", "Sum of the differences of the coordinates.", 2, 2, \
     BUILT (manhattan)) \
  X ("matvec", "matvec(A, v)", "Matrix A, row after row, times the vector v.", 2, 2, OP (MATVEC)) \
  X ("max", "max(a, b)", "The greater of two.", 2, 2, OP (MAX)) \
  X ("maxcomp", "maxcomp(u)", "Largest component.", 1, 1, OP (MAX_COMPONENT)) \
  X ("min", "min(a, b)", "The lesser of two.", 2, 2, OP (MIN)) \
  X ("norm", "norm(u)", "Length of a vector.", 1, 1, OP (NORM)) \
  X ("normalise", "normalise(u)", "u divided by its length; 0 if u is 0.", 1, 1, OP (NORMALISE)) \
  X ("normalize", "normalize(u)", "The same as normalise.", 1, 1, OP (NORMALISE)) \
  X ("outer", "outer(u, v)", "All products of a component of u and one of v, row after row.", 2, \
     2, OP (OUTER)) \
  X ("pi", "pi", "3.14159…, unless there is a variable of that name.", NOT_A_CALL) \
  X ("poincare", "poincare(u, v)", "Hyperbolic distance in the unit ball; |u|, |v| < 1.", 2, 2, \
     BUILT (poincare)) \
  X ("pow", "pow(a, b)", "a to the power b.", 2, 2, OP (POWER)) \
  X ("relu", "relu(a)", "a, but at least 0.", 1, 1, BUILT (relu)) \
  X ("rsqrt", "rsqrt(a)", "One over the square root.", 1, 1, OP (RSQRT)) \
  X ("sign", "sign(a)", "−1, 0 or 1.", 1, 1, OP (SIGN)) \
  X ("sin", "sin(a)", "Sine of an angle in radians.", 1, 1, OP (SIN)) \
  X ("sinh", "sinh(a)", "Hyperbolic sine.", 1, 1, BUILT (sinh)) \
  X ("slice", "slice(u, k, n)", "n components from k on, counted from 0; also u[k:k+n].", 3, 3, \
     BUILT (slice)) \
  X ("sqdist", "sqdist(u, v)", "Squared distance of two points.", 2, 2, BUILT (sqdist)) \
  X ("sqnorm", "sqnorm(u)", "Squared length of a vector.", 1, 1, OP (SQNORM)) \
  X ("sqrt", "sqrt(a)", "Square root.", 1, 1, OP (SQRT)) \
  X ("square", "square(a)", "a times a.", 1, 1, OP (SQUARE)) \
  X ("step", "step(a)", "1 where a is at least 0, else 0.", 1, 1, OP (STEP)) \
  X ("sum", "sum(u)", "Sum of the components.", 1, 1, OP (SUM)) \
  X ("tan", "tan(a)", "Tangent of an angle in radians.", 1, 1, OP (TAN)) \
  X ("tanh", "tanh(a)", "Hyperbolic tangent.", 1, 1, OP (TANH)) \
  X ("wsqdist", "wsqdist(w, u, v)", \
     "Squared distance with weights: one number, one per coordinate, or a matrix.", 3, 3, \
     BUILT (wsqdist)) \
  X ("sum_j", "sum_j F", "Sum over columns, for each row; sum_i over rows.", NOT_A_CALL) \
  X ("mean_j", "mean_j F", "Mean over columns, for each row.", NOT_A_CALL) \
  X ("logsumexp_j", "logsumexp_j(F, w)", "log Σ w exp(F) over columns; w may be left out.", \
     NOT_A_CALL) \
  X ("softmean_j", "softmean_j(F, v)", "Mean of v over columns, weighted by exp(F).", NOT_A_CALL) \
  X ("min_j", "min_j F", "Least of all columns, component by component.", NOT_A_CALL) \
  X ("max_j", "max_j F", "Greatest of all columns, component by component.", NOT_A_CALL) \
  X ("argmin_j", "argmin_j F", "Which column has the least.", NOT_A_CALL) \
  X ("argmax_j", "argmax_j F", "Which column has the greatest.", NOT_A_CALL) \
  X ("kmin_j", "kmin_j(F, K)", "The K least of all columns, ascending.", NOT_A_CALL) \
  X ("argkmin_j", "argkmin_j(F, K)", "Which columns have the K least.", NOT_A_CALL)

#define DESCRIBE(name, signature, description, ...) { name, signature, description },
#define CALL(name, signature, description, ...) { __VA_ARGS__ },

const MongeFunction monge_functions[] = { FUNCTIONS (DESCRIBE) { NULL } };

static const struct {
  guint min_operands, max_operands;
  MongeOp op;
  Builder build;
} calls[] = { FUNCTIONS (CALL) };

static const MongeFormula *
call (MongeFormulaPool *pool, guint at, const MongeFormula *const *operands, guint n,
      GError **error)
{
  guint fewest = calls[at].min_operands, most = calls[at].max_operands;

  if (n >= fewest && n <= most)
    return calls[at].build != NULL ? calls[at].build (pool, operands, n, error)
                                   : monge_formula_apply (pool, calls[at].op, operands, error);
  if (most == 0)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "“%s” is not a function",
                 monge_functions[at].name);
  else
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "“%s” takes %u argument%s, not %u: %s",
                 monge_functions[at].name, fewest, fewest == 1 ? most > 1 ? " or more" : "" : "s",
                 n, monge_functions[at].signature);
  return NULL;
}

const MongeFormula *
monge_formula_call_array (MongeFormulaPool *pool, const char *name,
                          const MongeFormula *const *operands, guint n_operands, GError **error)
{
  g_return_val_if_fail (pool != NULL && name != NULL, NULL);
  for (guint k = 0; k < n_operands; k++)
    if (operands[k] == NULL)
      {
        if (error != NULL && *error == NULL)
          g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "“%s”: an operand is missing", name);
        return NULL;
      }
  for (guint k = 0; monge_functions[k].name != NULL; k++)
    if (g_str_equal (monge_functions[k].name, name))
      return call (pool, k, operands, n_operands, error);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "there is no function “%s”", name);
  return NULL;
}

#define MAX_CALL_OPERANDS 16

/* The list ends at the first NULL: an operand that failed looks like its end, and is known by the
 * error that it has left. */
const MongeFormula *
monge_formula_call (MongeFormulaPool *pool, const char *name, GError **error, ...)
{
  const MongeFormula *operands[MAX_CALL_OPERANDS], *operand;
  guint n = 0;
  va_list list;

  if (error != NULL && *error != NULL)
    return NULL;
  va_start (list, error);
  while (n < MAX_CALL_OPERANDS && (operand = va_arg (list, const MongeFormula *)) != NULL)
    operands[n++] = operand;
  va_end (list);
  return monge_formula_call_array (pool, name, operands, n, error);
}
