/* The language of formulas: forms that others rely on, what reads back, errors and their places, and
 * texts made to hurt. Values are the matter of test-simplify and test-gradients. */
#include "compute/backend/backend.h"
#include "tests/formula-reference.h"
#include "tests/fuzz/any-text.h"
#include "tests/util.h"

#include <math.h>

static const MongeFormula *
parse (MongeFormulaPool *pool, const char *text)
{
  g_autoptr (GError) error = NULL;
  const MongeFormula *formula = monge_formula_parse (pool, text, &error);

  g_assert_no_error (error);
  g_assert_nonnull (formula);
  return formula;
}

static void
assert_same (MongeFormulaPool *pool, const char *a, const char *b)
{
  const MongeFormula *first = parse (pool, a), *second = parse (pool, b);
  g_autofree char *x = monge_formula_print (first), *y = monge_formula_print (second);

  if (first != second)
    g_error ("“%s” is “%s”, “%s” is “%s”", a, x, b, y);
}

/* --- forms --- */

/* Texts of one formula, whatever the way in which it is written. */
static const char *const same[][2] = {
  { "exp(-sqdist(x,y)/(2*s^2))", "exp(-sqnorm(x-y)/2/s^2)" },
  { "exp(-sqdist(x,y)/(2*s^2))", "exp(-sqdist(x,y)/s/s*0.5)" },
  { "exp(-sqdist(x,y)/(2*s^2))", "exp(-sqnorm((x-y)/s)/2)" },
  { "exp(-sqdist(x,y)/(2*s^2))", "exp(-norm(y-x)^2 / 2 * s^-2)" },
  { "exp(-sqdist(x,y)/(2*s^2))", "exp(dot(x-y,y-x)/(2*s*s))" },
  { "exp(-sqdist(x,y)/(2*s^2))", "exp(-sum((x-y)^2)/(2*square(s)))" },
  { "exp(-sqdist(x,y)/(2*s^2))", "1/exp(dist(y,x)^2/(2*square(s)))" },
  { "exp(-sqdist(x,y)/(2*s^2))", "exp(-sum((x-y)*(x-y)) * inverse(2*s^2))" },
  { "exp(-dist(x,y)/s)", "exp(-sqrt(sqdist(x,y))/s)" },
  { "exp(-dist(x,y)/s)", "inverse(exp(norm(y-x)/s))" },
  { "sqdist(f,g)", "(g-f)^2" },
  { "dist(f,g)", "abs(g-f)" },
  { "dot(x,x)", "sqnorm(x)" },
  { "dot(x,y)", "dot(y,x)" },
  { "x*x", "x^2" },
  { "f*f*f*f", "f^4" },
  { "f^3", "f*f*f" },
  { "f^-2", "1/f/f" },
  { "f^0.5", "sqrt(f)" },
  { "f^-0.5", "1/sqrt(f)" },
  { "2^f", "exp2(f)" },
  { "-2^f", "-(2^f)" },
  { "2^3^f", "2^(3^f)" },
  { "2^-f", "2^(-f)" },
  { "-f^2", "-(f^2)" },
  { "f - g - b", "f - (g + b)" },
  { "f / g / b", "f / (g * b)" },
  { "x + x", "2*x" },
  { "x - x", "[0,0,0]" },
  { "x - y + y", "x" },
  { "0 * x", "[0,0,0]" },
  { "1 * x / 1 + 0", "x" },
  { "--x", "+x" },
  { "- -x", "x" },
  { "3 - 2*s + s*2", "3" },
  { "sqrt(sqnorm(x))", "norm(x)" },
  { "exp(f+g)*exp(-sqdist(x,y))*exp(dist(x,y))", "exp(f+g-sqdist(x,y)+dist(x,y))" },
  { "log(exp(x))", "x" },
  { "[x,y,f]", "[[x,y],f]" },
  { "[x,[y,f]]", "concat(x,y,f)" },
  { "[x,y][1:5]", "[x[1:3],y[0:2]]" },
  { "[x[0],x[1],x[2]]", "x" },
  { "x[1:3][1]", "x[2]" },
  { "elem(x,2)", "x[2]" },
  { "slice(x,1,2)", "x[1:3]" },
  { "wsqdist(s,x,y)", "s*sqdist(x,y)" },
  { "wsqdist(x,x,y)", "dot(x,(x-y)^2)" },
  { "f > g", "g < f" },
  { "f >= g", "g <= f" },
  { "f != g", "1 - (f == g)" },
  { "f ? x : y", "if(f, x, y)" },
  { "f ? g ? 1 : 2 : 3", "if(f, if(g, 1, 2), 3)" },
  { "f ? 1 : g ? 2 : 3", "if(f, 1, if(g, 2, 3))" },
  { "1 ? f : x[0]", "f" },
  { "normalize(x)", "normalise(2*x)" },
  { "clamp(f,0,1)", "min(max(f,0),1)" },
  { "cos(f - g)", "cos(g - f)" },
  { "x·y − 2 × f ÷ g ≤ s", "x*y-2*f/g<=s" },
  { ".5 + 1e-3 + 1.E+1", "10.501" },
  { "\tf\n+\r g ", "f+g" },
};

static void
test_same (void)
{
  MongeFormulaPool *pool = any_text_pool_new ();

  for (guint k = 0; k < G_N_ELEMENTS (same); k++)
    assert_same (pool, same[k][0], same[k][1]);
  monge_formula_pool_free (pool);
}

/* exp(p × |x − y|²), p the same for all pairs; in one dimension too. */
static void
test_gaussian (void)
{
  static const char *const texts[] = { "exp(-sqdist(x,y)/(2*s^2))", "exp(-(f-g)^2/2/s^2)" };
  MongeFormulaPool *pool = any_text_pool_new ();

  for (guint k = 0; k < G_N_ELEMENTS (texts); k++)
    {
      const MongeFormula *formula = parse (pool, texts[k]), *difference;

      g_assert_cmpint (formula->op, ==, MONGE_OP_EXP);
      formula = formula->operands[0];
      g_assert_cmpint (formula->op, ==, MONGE_OP_MULTIPLY);
      g_assert_cmpint (formula->operands[0]->axis, ==, MONGE_AXIS_NONE);
      formula = formula->operands[1];
      g_assert_cmpint (formula->op, ==, MONGE_OP_SQNORM);
      difference = formula->operands[0];
      g_assert_cmpint (difference->op, ==, MONGE_OP_SUBTRACT);
      g_assert_cmpint (difference->operands[0]->axis, ==, MONGE_AXIS_I);
      g_assert_cmpint (difference->operands[1]->axis, ==, MONGE_AXIS_J);
    }
  monge_formula_pool_free (pool);
}

/* Instructions that would run per pair: nodes of both axes. */
static guint
count_pair_nodes (const MongeFormula *formula, GHashTable *seen)
{
  guint n = formula->axis == MONGE_AXIS_PAIR;

  if (!g_hash_table_add (seen, (gpointer) formula))
    return 0;
  for (guint k = 0; k < 3 && formula->operands[k] != NULL; k++)
    n += count_pair_nodes (formula->operands[k], seen);
  return n;
}

static void
test_fewer_axes_first (void)
{
  static const struct {
    const char *text;
    guint n_pair_nodes;
  } cases[] = {
    { "f * g * s * 2 * sqdist(x,y)", 4 }, /* (2 s f) g × |x − y|² */
    { "f + sqdist(x,y) - g + s + 1", 4 },
    { "sqdist(x,y) / f / g / s", 4 },
    { "x * g * f * s", 1 },
    { "2 * (f * (s * (f + s)))", 0 },
    { "sqnorm(s * f * (x - y))", 3 },
    { "dist(x,y) / (1 + s)", 3 },
    { "exp(-f) * b * exp(g)", 1 },
  };
  MongeFormulaPool *pool = any_text_pool_new ();

  for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
      const MongeFormula *formula = parse (pool, cases[k].text);
      g_autofree char *text = monge_formula_print (formula);

      g_test_message ("%s: %s", cases[k].text, text);
      g_assert_cmpuint (count_pair_nodes (formula, seen), ==, cases[k].n_pair_nodes);
    }
  monge_formula_pool_free (pool);
}

/* --- functions --- */

static const struct {
  const char *name, *text;
} examples[] = {
  { "+", "x + y" },
  { "-", "x - y" },
  { "*", "x * y" },
  { "/", "x / y" },
  { "^", "x ^ y" },
  { "<", "x < y" },
  { "<=", "x <= y" },
  { ">", "x > y" },
  { ">=", "x >= y" },
  { "==", "x == y" },
  { "!=", "x != y" },
  { "?", "f ? x : y" },
  { "if", "if(f, x, y)" },
  { "atan2", "atan2(x, y)" },
  { "chebyshev", "chebyshev(x, y)" },
  { "clamp", "clamp(x, f, g)" },
  { "concat", "concat(x, y, f, g)" },
  { "cosine", "cosine(x, y)" },
  { "dist", "dist(x, y)" },
  { "dot", "dot(x, y)" },
  { "elem", "elem(x, 1)" },
  { "halfspace", "halfspace(x, y)" },
  { "manhattan", "manhattan(x, y)" },
  { "matvec", "matvec(A, y)" },
  { "max", "max(x, y)" },
  { "min", "min(x, y)" },
  { "outer", "outer(x, y)" },
  { "pi", "pi" },
  { "poincare", "poincare(x, y)" },
  { "pow", "pow(x, y)" },
  { "slice", "slice(x, 1, 2)" },
  { "sqdist", "sqdist(x, y)" },
  { "wsqdist", "wsqdist(A, x, y)" },
  { "sum_j", "sum_j x" },
  { "mean_j", "mean_j x" },
  { "logsumexp_j", "logsumexp_j(f, b)" },
  { "softmean_j", "softmean_j(f, y)" },
  { "min_j", "min_j x" },
  { "max_j", "max_j x" },
  { "argmin_j", "argmin_j x" },
  { "argmax_j", "argmax_j x" },
  { "kmin_j", "kmin_j(f, 3)" },
  { "argkmin_j", "argkmin_j(f, 3)" },
};

static char *
find_example (const char *name)
{
  for (guint k = 0; k < G_N_ELEMENTS (examples); k++)
    if (g_str_equal (examples[k].name, name))
      return g_strdup (examples[k].text);
  return g_strdup_printf ("%s(x)", name); /* of one argument */
}

static void
test_functions (void)
{
  for (const MongeFunction *function = monge_functions; function->name != NULL; function++)
    {
      MongeFormulaPool *pool = any_text_pool_new ();
      g_autofree char *text = find_example (function->name);
      g_autoptr (GError) error = NULL;
      MongeReduction reduction;

      g_assert_nonnull (strstr (function->signature, function->name));
      g_assert_true (g_str_has_suffix (function->description, "."));
      if (g_str_has_suffix (function->name, "_j"))
        monge_reduction_parse (pool, text, &reduction, &error);
      else
        any_text_check_formula (pool, parse (pool, text));
      g_assert_no_error (error);
      monge_formula_pool_free (pool);
    }
}

static void
test_builders (void)
{
  MongeFormulaPool *pool = any_text_pool_new ();
  g_autoptr (GError) error = NULL;
  const MongeFormula *x = parse (pool, "x"), *y = parse (pool, "y"), *s = parse (pool, "s");
  const MongeFormula *d = monge_formula_call (pool, "sqdist", &error, x, y, NULL);
  const MongeFormula *p = monge_formula_call (pool, "-", &error, s, NULL);

  g_assert_true (monge_formula_call (pool, "exp", &error,
                                     monge_formula_call (pool, "*", &error, p, d, NULL), NULL)
                 == parse (pool, "exp(-s*sqdist(x,y))"));
  g_assert_no_error (error);
  g_assert_null (monge_formula_call (pool, "exp", &error,
                                     monge_formula_call (pool, "dot", &error, x, s, NULL), NULL));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "“dot” of dimensions 3 and 1");
  g_assert_null (monge_formula_call (pool, "expp", &error, x, NULL));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "no function “expp”");
  g_assert_null (monge_formula_call (pool, "exp", &error, x, y, NULL));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "takes 1 argument, not 2");
  g_assert_null (monge_formula_variable (pool, "x", MONGE_AXIS_J, 3, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "“x” is already an i-variable");
  g_assert_null (monge_formula_variable (pool, "2x", MONGE_AXIS_J, 3, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "cannot be called “2x”");
  g_assert_null (monge_formula_variable (pool, "z", MONGE_AXIS_J, 0, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "0 components");
  g_assert_true (monge_formula_variable (pool, "x", MONGE_AXIS_I, 3, &error) == x);
  monge_formula_pool_free (pool);
}

static void
test_substitute (void)
{
  MongeFormulaPool *pool = any_text_pool_new ();
  g_autoptr (GError) error = NULL;
  const MongeFormula *result;

  result = monge_formula_substitute (pool, parse (pool, "exp(-sqdist(x,y)) * [x, f][1:4] + x"),
                                     parse (pool, "x"), parse (pool, "y + x"), &error);
  g_assert_no_error (error);
  g_assert_true (result == parse (pool, "exp(-sqnorm(x)) * [x + y, f][1:4] + x + y"));
  monge_formula_pool_free (pool);
}

/* --- hyperbolic distances --- */

static double
evaluate (const MongeFormula *formula, const MongeReferenceValues *values)
{
  double out;

  monge_reference_formula (formula, values, 2, 0, 0, &out);
  return out;
}

/* As near as 1e-10 to one another, where acosh(1 + t) would have lost everything. */
static void
test_hyperbolic (gconstpointer data)
{
  gboolean ball = data != NULL;
  MongeFormulaPool *pool = any_text_pool_new ();
  const MongeFormula *x = parse (pool, "x");
  const MongeFormula *d = parse (pool, ball ? "poincare(x,y)" : "halfspace(x,y)");
  const MongeFormula *slope = monge_formula_gradient (pool, d, x, NULL, NULL);
  double a[3] = { 0.3, -0.2, 0.5 }, b[3], out[3];
  MongeReferenceValues values[] = { { x, a, 1 }, { parse (pool, "y"), b, 1 } };

  for (double step = 1; step > 1e-10; step /= 8)
    {
      double sq = 0, na = 0, nb = 0, t;

      for (guint d3 = 0; d3 < 3; d3++)
        {
          b[d3] = a[d3] + step * (d3 == 1 ? -0.25 : 0.125);
          sq += (a[d3] - b[d3]) * (a[d3] - b[d3]);
          na += a[d3] * a[d3];
          nb += b[d3] * b[d3];
        }
      t = sqrt (sq) / (ball ? sqrt ((1 - na) * (1 - nb)) : 2 * sqrt (a[2] * b[2]));
      monge_assert_close_rel (evaluate (d, values), 2 * asinh (t), 1e-14);
      monge_reference_formula (slope, values, 2, 0, 0, out);
      g_assert_true (isfinite (out[0]) && isfinite (out[1]) && isfinite (out[2]));
      /* along the way to y the distance falls at 2/(1 − |x|²), or 1/height, near by */
      if (step < 1e-6)
        monge_assert_close_rel (sqrt (out[0] * out[0] + out[1] * out[1] + out[2] * out[2]),
                                ball ? 2 / (1 - na) : 1 / a[2], 1e-6);
    }
  memcpy (b, a, sizeof b);
  g_assert_true (evaluate (d, values) == 0);
  monge_reference_formula (slope, values, 2, 0, 0, out);
  g_assert_true (out[0] == 0 && out[1] == 0 && out[2] == 0);
  monge_formula_pool_free (pool);
}

/* The same distances in float32, to a few of its roundings. */
static void
test_hyperbolic_float32 (gconstpointer data)
{
  gboolean ball = data != NULL;
  MongeFormulaPool *pool = any_text_pool_new ();
  const MongeFormula *variables[] = { parse (pool, "x"), parse (pool, "y") };
  MongeBackendOptions options = { .name = "cpu", .n_threads = 1 };
  g_autoptr (MongeBackend) backend = monge_backend_open (&options, NULL);
  g_autoptr (MongeProgram) program = NULL;
  g_autoptr (MongeKernel) kernel = NULL;
  g_autoptr (GError) error = NULL;
  MongeReduction reduction;

  monge_reduction_parse (pool, ball ? "sum_j poincare(x,y)" : "sum_j halfspace(x,y)", &reduction,
                         &error);
  g_assert_no_error (error);
  program = monge_program_new (&reduction, MONGE_FLOAT32, variables, 2, &error);
  g_assert_no_error (error);
  kernel = monge_backend_prepare (backend, program, MONGE_PREPARE_DEFAULT, &error);
  g_assert_no_error (error);
  for (float step = 0.25f; step > 1e-7f; step /= 3)
    {
      float a[3] = { 0.3f, -0.2f, 0.5f }, b[3] = { a[0] + step / 2, a[1] - step, a[2] + step / 4 };
      MongeArgument arguments[] = { { .floats = a, .stride = 1 }, { .floats = b, .stride = 1 } };
      double values_a[] = { a[0], a[1], a[2] }, values_b[] = { b[0], b[1], b[2] }, out;
      MongeReferenceValues values[] = { { variables[0], values_a, 1 },
                                        { variables[1], values_b, 1 } };
      MongeRun run = { .n_rows = 1, .n_columns = 1, .arguments = arguments, .out = &out };

      monge_backend_run (backend, kernel, &run, NULL, NULL, &error);
      g_assert_no_error (error);
      monge_assert_close_rel (out, evaluate (reduction.body, values), 5e-7);
    }
  monge_formula_pool_free (pool);
}

/* --- reductions --- */

static const struct {
  const char *text;
  MongeReduceOp op;
  MongeAxis over;
  const char *body, *weight;
  guint k, dim;
} reductions[] = {
  { "sum_j exp(f) * b", MONGE_REDUCE_SUM, MONGE_AXIS_J, "exp(f) * b", NULL, 0, 1 },
  { "sum_j (f)*b", MONGE_REDUCE_SUM, MONGE_AXIS_J, "f * b", NULL, 0, 1 },
  { "sum_i(x) - y", MONGE_REDUCE_SUM, MONGE_AXIS_I, "x - y", NULL, 0, 3 },
  { "mean_j x", MONGE_REDUCE_MEAN, MONGE_AXIS_J, "x", NULL, 0, 3 },
  { "logsumexp_j(f)", MONGE_REDUCE_LOG_SUM_EXP, MONGE_AXIS_J, "f", NULL, 0, 1 },
  { "lse_j f - g", MONGE_REDUCE_LOG_SUM_EXP, MONGE_AXIS_J, "f - g", NULL, 0, 1 },
  { "logsumexp_i(f, b)", MONGE_REDUCE_LOG_SUM_EXP, MONGE_AXIS_I, "f", "b", 0, 1 },
  { "softmean_j((f), [y, 1])", MONGE_REDUCE_SOFT_MEAN, MONGE_AXIS_J, "f", "[y, 1]", 0, 4 },
  { "min_j x", MONGE_REDUCE_MIN, MONGE_AXIS_J, "x", NULL, 0, 3 },
  { "min_j min(x, y)", MONGE_REDUCE_MIN, MONGE_AXIS_J, "min(x, y)", NULL, 0, 3 },
  { "max_i f", MONGE_REDUCE_MAX, MONGE_AXIS_I, "f", NULL, 0, 1 },
  { "argmin_j f", MONGE_REDUCE_ARG_MIN, MONGE_AXIS_J, "f", NULL, 0, 1 },
  { "argmax_j x", MONGE_REDUCE_ARG_MAX, MONGE_AXIS_J, "x", NULL, 0, 3 },
  { "kmin_j(f, 7)", MONGE_REDUCE_K_MIN, MONGE_AXIS_J, "f", NULL, 7, 7 },
  { "argkmin_i(sqdist(x,y), 2*5)", MONGE_REDUCE_ARG_K_MIN, MONGE_AXIS_I, "sqdist(x,y)", NULL, 10,
    10 },
};

static void
test_reductions (void)
{
  MongeFormulaPool *pool = any_text_pool_new ();

  for (guint k = 0; k < G_N_ELEMENTS (reductions); k++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL;
      MongeReduction reduction, again;
      const char *weight = reductions[k].weight;

      monge_reduction_parse (pool, reductions[k].text, &reduction, &error);
      g_assert_no_error (error);
      g_assert_cmpint (reduction.op, ==, reductions[k].op);
      g_assert_cmpint (reduction.over, ==, reductions[k].over);
      g_assert_true (reduction.body == parse (pool, reductions[k].body));
      g_assert_true (reduction.weight == (weight != NULL ? parse (pool, weight) : NULL));
      g_assert_cmpuint (reduction.k, ==, reductions[k].k);
      g_assert_cmpuint (monge_reduction_get_dim (&reduction), ==, reductions[k].dim);
      text = monge_reduction_print (&reduction);
      monge_reduction_parse (pool, text, &again, &error);
      g_assert_no_error (error);
      g_assert_true (again.body == reduction.body && again.weight == reduction.weight);
      g_assert_true (again.op == reduction.op && again.over == reduction.over
                     && again.k == reduction.k);
    }
  monge_formula_pool_free (pool);
}

static void
test_names (void)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = monge_formula_list_names ("sum_j exp(-sqdist(x, yy) / (2*σ^2)) * pi * x",
                                                   &error);
  g_autofree char *list = NULL;

  g_assert_no_error (error);
  list = g_strjoinv (" ", names);
  g_assert_cmpstr (list, ==, "x yy σ");
  g_assert_null (monge_formula_list_names ("x + 1e999", &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "line 1, column 5: this number");
}

/* --- errors --- */

static const struct {
  const char *text;
  guint line, column;
  const char *part;
} errors[] = {
  { "", 1, 1, "the text ends where a number, a name or a bracket should follow" },
  { "f +", 1, 4, "the text ends" },
  { "f + * g", 1, 5, "“*” stands where a number, a name or a bracket should be" },
  { "expp(f)", 1, 1, "there is no function “expp”; did you mean “exp”?" },
  { "1 + sqdits(x, y)", 1, 5, "did you mean “sqdist”?" },
  { "frobnicate(x)", 1, 1, "there is no function “frobnicate”\n" },
  { "f + z", 1, 5, "there is no variable “z”; there are: x, y, f, g, b, s, A" },
  { "f + X", 1, 5, "did you mean “x”?" },
  { "norm * 2", 1, 1, "“norm” is a function: norm(u)" },
  { "f (g)", 1, 1, "“f” is a variable: a product needs a “*”" },
  { "2 f", 1, 3, "“f” stands where an operator or the end should be" },
  { "2\n * (f\n   + A * x)", 3, 8, "“*” of dimensions 9 and 3: they must be equal, or one" },
  { "x + y\n + A", 2, 2, "“+” of dimensions 3 and 9" },
  { "f ^ dot(x, A)", 1, 5, "“dot” of dimensions 3 and 9: they must be equal" },
  { "sqdist(x, A)", 1, 1, "points of dimensions 3 and 9" },
  { "matvec(x, y[0:2])", 1, 1, "“matvec” of dimensions 3 and 2" },
  { "wsqdist([x, x], x, y)", 1, 1, "weights of dimension 6 for points of dimension 3" },
  { "outer(outer(A, A), outer(A, A))", 1, 1, "more than 1024 components" },
  { "exp(x, y)", 1, 1, "“exp” takes 1 argument, not 2: exp(a)" },
  { "sqdist(x)", 1, 1, "“sqdist” takes 2 arguments, not 1: sqdist(u, v)" },
  { "exp()", 1, 1, "not 0" },
  { "x[3]", 1, 3, "there is no component 3: there are 3" },
  { "x[1:4]", 1, 3, "there are no components 1 to 3: there are 3" },
  { "x[2:2]", 1, 3, "the slice is empty" },
  { "x[f]", 1, 3, "whole numbers" },
  { "x[1.5]", 1, 3, "whole numbers" },
  { "x[1", 1, 2, "this bracket is not closed: “]” is missing" },
  { "((f + g)", 1, 1, "this bracket is not closed: “)” is missing" },
  { "2 * (f + (g", 1, 10, "this bracket is not closed" },
  { "f + g)", 1, 6, "no bracket is open here" },
  { "(f + g]", 1, 7, "“]” stands where “)” should be" },
  { "[f, g)", 1, 6, "“)” stands where “]” should be" },
  { "(f g)", 1, 4, "“g” stands where an operator or a closing bracket" },
  { "[]", 1, 1, "a vector has 1 component" },
  { "f < g < s", 1, 7, "one comparison cannot follow another" },
  { "f ? g", 1, 6, "the text ends where an operator or “:”" },
  { "f = g", 1, 3, "“=” means nothing here" },
  { "f + é_1(x)", 1, 5, "there is no function “é_1”" },
  { "σσ + 1e400", 1, 1, "there is no variable “σσ”" },
  { "f − − 1e400", 1, 7, "this number is too large" },
  { "f + \001", 1, 5, "U+0001" },
  { "f +\n\n  \xff", 3, 3, "byte 0xff is not UTF-8" },
  { "1 + sum_j f", 1, 5, "can only come first" },
  { "1 + sum_j(f)", 1, 5, "can only come first" },
  { "elem(x, f)", 1, 1, "whole numbers" },
};

static const struct {
  const char *text;
  guint column;
  const char *part;
} reduction_errors[] = {
  { "exp(f)", 1, "a reduction comes first" },
  { "sumj f", 1, "there is no reduction “sumj”; did you mean “sum_j”?" },
  { "sum_k f", 1, "did you mean “sum_j”?" },
  { "sum_j expp(-sqdist(x,y))", 7, "there is no function “expp”; did you mean “exp”?" },
  { "sum_j", 6, "the text ends" },
  { "sum_j(f, b)", 1, "sum takes one formula, not two" },
  { "softmean_j f", 1, "softmean needs two formulas" },
  { "logsumexp_j x", 1, "logsumexp takes a formula of dimension 1; this one has 3" },
  { "logsumexp_j(f, x)", 1, "weights of dimension 1; these have 3" },
  { "kmin_j(f)", 7, "how many? Write kmin_j(F, K)" },
  { "kmin_j(f, 0)", 11, "K must be a whole number from 1 to 1024" },
  { "kmin_j(f, 1025)", 11, "K must be" },
  { "kmin_j(f, g)", 11, "K must be" },
  { "kmin_j(x, 2)", 1, "kmin takes a formula of dimension 1" },
  { "logsumexp_j(f, b) + 1", 19, "“+” stands where an operator or the end" },
  { "logsumexp_j f, b", 14, "two formulas need brackets around them" },
};

/* The caret stands under the character, in the line that the message shows. */
static void
assert_place (GError *error, guint line, guint column, const char *part)
{
  g_autofree char *place = g_strdup_printf ("line %u, column %u: ", line, column);
  g_auto (GStrv) lines = g_strsplit (error->message, "\n", -1);

  if (!g_str_has_prefix (error->message, place) || strstr (error->message, part) == NULL)
    g_error ("“%s” where “%s%s” was awaited", error->message, place, part);
  g_assert_cmpuint (g_strv_length (lines), ==, 3);
  g_assert_cmpuint (strlen (lines[2]), ==, column);
  g_assert_cmpuint (g_utf8_strlen (lines[1], -1), >=, column - 1);
}

static void
test_errors (void)
{
  MongeFormulaPool *pool = any_text_pool_new ();

  for (guint k = 0; k < G_N_ELEMENTS (errors); k++)
    {
      GError *error = NULL;

      g_assert_null (monge_formula_parse (pool, errors[k].text, &error));
      assert_place (error, errors[k].line, errors[k].column, errors[k].part);
      monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "column");
    }
  for (guint k = 0; k < G_N_ELEMENTS (reduction_errors); k++)
    {
      GError *error = NULL;
      MongeReduction reduction;

      g_assert_false (monge_reduction_parse (pool, reduction_errors[k].text, &reduction, &error));
      assert_place (error, 1, reduction_errors[k].column, reduction_errors[k].part);
      g_clear_error (&error);
    }
  monge_formula_pool_free (pool);
}

static void
test_empty_pool (void)
{
  g_autoptr (MongeFormulaPool) pool = monge_formula_pool_new ();
  g_autoptr (GError) error = NULL;

  g_assert_null (monge_formula_parse (pool, "x", &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "no variable “x”, nor any other");
}

/* Of a long line, what lies around the place. */
static void
test_long_line (void)
{
  MongeFormulaPool *pool = any_text_pool_new ();
  g_autoptr (GString) text = g_string_new ("f");
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;

  for (guint k = 0; k < 200; k++)
    g_string_append (text, k == 100 ? " − q" : " − f");
  g_assert_null (monge_formula_parse (pool, text->str, &error));
  lines = g_strsplit (error->message, "\n", -1);
  g_assert_true (g_str_has_prefix (lines[0], "line 1, column 405: "));
  g_assert_cmpint (g_utf8_strlen (lines[1], -1), ==, 122);
  g_assert_cmpint (g_utf8_get_char (g_utf8_offset_to_pointer (lines[1], strlen (lines[2]) - 1)), ==,
                   'q');
  monge_formula_pool_free (pool);
}

/* --- the page --- */

static void
test_documentation (void)
{
  g_autofree char *path = monge_test_source ("docs/formulas.md"), *page = NULL;

  g_assert_true (g_file_get_contents (path, &page, NULL, NULL));
  for (const MongeFunction *function = monge_functions; function->name != NULL; function++)
    {
      g_autofree char *quoted = g_strdup_printf ("`%s`", function->signature);

      if (strstr (page, quoted) == NULL)
        g_error ("docs/formulas.md does not mention %s", quoted);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/formula/forms/same", test_same);
  g_test_add_func ("/formula/forms/gaussian", test_gaussian);
  g_test_add_func ("/formula/forms/fewer-axes-first", test_fewer_axes_first);
  g_test_add_func ("/formula/functions", test_functions);
  g_test_add_func ("/formula/builders", test_builders);
  g_test_add_func ("/formula/substitute", test_substitute);
  g_test_add_data_func ("/formula/hyperbolic/ball", "ball", test_hyperbolic);
  g_test_add_data_func ("/formula/hyperbolic/half-space", NULL, test_hyperbolic);
  g_test_add_data_func ("/formula/hyperbolic/ball/float32", "ball", test_hyperbolic_float32);
  g_test_add_data_func ("/formula/hyperbolic/half-space/float32", NULL, test_hyperbolic_float32);
  g_test_add_func ("/formula/reductions", test_reductions);
  g_test_add_func ("/formula/names", test_names);
  g_test_add_func ("/formula/errors", test_errors);
  g_test_add_func ("/formula/errors/empty-pool", test_empty_pool);
  g_test_add_func ("/formula/errors/long-line", test_long_line);
  g_test_add_func ("/formula/documentation", test_documentation);
  return g_test_run ();
}
