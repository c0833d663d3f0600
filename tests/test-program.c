/* From texts to programs: what the compiler promises of them, and which ones hand-tuned loops are
 * recognised in. */
#include "compute/backend/backend.h"
#include "compute/backend/match.h"
#include "compute/core/random.h"
#include "tests/util.h"

#include <math.h>
#include <string.h>

/* The variables that texts below may name. */
typedef struct {
  const char *name;
  MongeAxis axis;
  guint dim;
} Name;

static const Name names[] = {
  { "x", MONGE_AXIS_I, 3 },  { "y", MONGE_AXIS_J, 3 },  { "f", MONGE_AXIS_I, 1 },
  { "h", MONGE_AXIS_J, 1 },  { "a", MONGE_AXIS_I, 1 },  { "b", MONGE_AXIS_J, 1 },
  { "u", MONGE_AXIS_I, 1 },  { "w", MONGE_AXIS_J, 1 },  { "v", MONGE_AXIS_J, 3 },
  { "p", MONGE_AXIS_I, 3 },  { "s", MONGE_AXIS_NONE, 1 }, { "X", MONGE_AXIS_I, 7 },
  { "Y", MONGE_AXIS_J, 7 },  { "m", MONGE_AXIS_NONE, 9 }, { "q", MONGE_AXIS_J, 5 },
};

#define N_NAMES G_N_ELEMENTS (names)

static MongeProgram *
compile_in (MongeFormulaPool *pool, const char *text, MongePrecision precision)
{
  const MongeFormula *variables[N_NAMES];
  GError *error = NULL;
  MongeReduction reduction;
  MongeProgram *program;

  for (guint v = 0; v < N_NAMES; v++)
    variables[v] = monge_formula_variable (pool, names[v].name, names[v].axis, names[v].dim, NULL);
  monge_reduction_parse (pool, text, &reduction, &error);
  g_assert_no_error (error);
  program = monge_program_new (&reduction, precision, variables, N_NAMES, &error);
  g_assert_no_error (error);
  return program;
}

static MongeProgram *
compile (const char *text)
{
  g_autoptr (MongeFormulaPool) pool = monge_formula_pool_new ();

  return compile_in (pool, text, MONGE_FLOAT32);
}

static guint
count (const MongeProgram *program, MongeAxis axis)
{
  return program->sections[axis].n_instructions;
}

/* ------------------------------------------------------------------------------------------------
 * Programs
 */

/* What does not depend on a pair is in no section of pairs. */
static void
sections_by_axis (void)
{
  g_autoptr (MongeProgram) program
      = compile ("sum_j exp(-sqdist(x,y)/(2*s^2)) * sin(a) * cos(b + s)");

  g_assert_cmpuint (count (program, MONGE_AXIS_NONE), >, 0);
  g_assert_cmpuint (count (program, MONGE_AXIS_I), ==, 1);
  g_assert_cmpuint (count (program, MONGE_AXIS_J), ==, 2);
  for (guint axis = 0; axis < 4; axis++)
    for (guint n = 0; n < count (program, axis); n++)
      {
        const MongeInstruction *instruction = &program->sections[axis].instructions[n];

        g_assert_cmpuint (program->register_axis[instruction->to], ==, axis);
        for (guint k = 0; k < monge_op_get_info (instruction->op)->n_operands; k++)
          g_assert_cmpuint (program->register_axis[instruction->from[k]] | axis, ==, axis);
      }
}

static void
constants_are_one_register_each (void)
{
  g_autoptr (MongeProgram) program = compile ("sum_j sin(a*3) + cos(b*3) + sin(b + 7)");

  g_assert_cmpuint (program->n_constants, ==, 2);
}

static void
variables_keep_their_order (void)
{
  g_autoptr (MongeProgram) program = compile ("sum_j b*a");
  guint next = 0;

  g_assert_cmpuint (program->n_variables, ==, N_NAMES);
  for (guint v = 0; v < N_NAMES; v++)
    {
      g_assert_cmpstr (program->variables[v].name, ==, names[v].name);
      g_assert_cmpuint (program->variables[v].to, ==, next);
      next += names[v].dim;
    }
}

static void
slices_cost_nothing (void)
{
  g_autoptr (MongeProgram) program = compile ("sum_j q[1:4]");

  g_assert_cmpuint (count (program, MONGE_AXIS_PAIR) + count (program, MONGE_AXIS_J), ==, 0);
  g_assert_cmpuint (program->body_dim, ==, 3);
  for (guint v = 0; v < N_NAMES; v++)
    if (g_str_equal (program->variables[v].name, "q"))
      g_assert_cmpuint (program->body, ==, program->variables[v].to + 1);
}

/* Operands are written where the concatenation wants them; variables are copied, and so is what is
 * wanted twice. */
static void
concatenations_in_place (void)
{
  g_autoptr (MongeProgram) program = compile ("sum_j concat(dist(x,y), x-y)");
  g_autoptr (MongeProgram) copies = compile ("sum_j concat(a, sin(a*b))");

  g_assert_cmpuint (count (program, MONGE_AXIS_PAIR), ==, 2);
  g_assert_cmpuint (program->body_dim, ==, 4);
  g_assert_cmpuint (count (copies, MONGE_AXIS_PAIR), ==, 3);
  g_assert_cmpuint (copies->body_dim, ==, 2);
}

/* A chain needs the registers of one step, whatever its length; a result keeps its own. */
static void
registers_are_given_back (void)
{
  g_autoptr (GString) text = g_string_new ("a*b");
  g_autoptr (MongeProgram) one = compile ("sum_j sin(a*b)");
  g_autoptr (MongeProgram) program = NULL;
  g_autoptr (MongeProgram) vectors = NULL;

  for (guint n = 0; n < 30; n++)
    {
      g_string_prepend (text, n % 2 == 0 ? "sin(" : "atan(");
      g_string_append_c (text, ')');
    }
  g_string_prepend (text, "sum_j ");
  program = compile (text->str);
  g_assert_cmpuint (count (program, MONGE_AXIS_PAIR), ==, 31);
  g_assert_cmpuint (program->n_registers, ==, one->n_registers);

  /* x − y dies in its norm, whose registers are new; the next difference takes the old ones. */
  vectors = compile ("sum_j norm(x - y) * norm(x - v) * norm(p - y) * norm(p - v)");
  g_assert_cmpuint (vectors->n_registers - one->n_registers, <=, 4);
}

/* The value of every register of one pair, following the program literally: reading what was given
 * back too early would read something else. */
static void
check_liveness (const char *text)
{
  g_autoptr (MongeProgram) program = compile (text);
  g_autofree gboolean *written = g_new0 (gboolean, program->n_registers);

  for (guint v = 0; v < program->n_variables; v++)
    for (guint d = 0; d < program->variables[v].dim; d++)
      written[program->variables[v].to + d] = TRUE;
  for (guint c = 0; c < program->n_constants; c++)
    written[program->constants[c].to] = TRUE;
  for (guint axis = 0; axis < 4; axis++)
    for (guint n = 0; n < count (program, axis); n++)
      {
        const MongeInstruction *i = &program->sections[axis].instructions[n];
        const MongeOpInfo *info = monge_op_get_info (i->op);
        const guint to_dim = info->op_class == MONGE_OP_CLASS_FOLD ? 1 : i->dim;

        for (guint k = 0; k < info->n_operands; k++)
          {
            const guint dim = i->op == MONGE_OP_MATVEC && k == 0 ? i->dim * i->columns
                              : i->columns > 0 && k == 1         ? i->columns
                              : i->op == MONGE_OP_OUTER          ? i->dim / i->columns
                              : i->step[k]                       ? i->dim
                                                                 : 1;

            g_assert_true (written[i->from[k]]);
            g_assert_true (written[i->from[k] + dim - 1]);
            if (i->from[k] < i->to + to_dim && i->to < i->from[k] + dim) /* they overlap */
              {
                g_assert_cmpint (info->op_class, ==, MONGE_OP_CLASS_ELEMENTWISE);
                g_assert_cmpuint (i->from[k], ==, i->to);
                g_assert_cmpuint (dim, ==, to_dim);
              }
          }
        for (guint d = 0; d < to_dim; d++)
          written[i->to + d] = TRUE;
      }
}

static void
operands_are_whole (void)
{
  static const char *const texts[] = {
    "sum_j (x-y) * (x-y)[0]",
    "sum_j concat(x-y, (x-y)*norm(x-y)) * sqdist(x,y)",
    "sum_j matvec(m, x-y) + (x-y)",
    "sum_j outer(x-y, x*b)",
    "sum_j concat(concat(a*b, x-y), concat(x-y, a*b))",
    "softmean_j(-sqdist(x,y), concat(x-y, b*(x-y)))",
    "sum_j if(a < b, x-y, (x-y)*b)",
  };

  for (guint t = 0; t < G_N_ELEMENTS (texts); t++)
    check_liveness (texts[t]);
}

static void
same_program_in_any_pool (void)
{
  const char *text = "sum_j exp(-sqdist(x,y)/(2*s^2)) * b + sin(a*b) * concat(v, x-y)[2]";
  g_autoptr (MongeFormulaPool) pool = monge_formula_pool_new ();
  g_autoptr (MongeProgram) first = compile (text);
  g_autoptr (MongeProgram) other = NULL, second = NULL, copy = NULL, wide = NULL;
  g_autofree char *print_first = NULL, *print_second = NULL;

  other = compile_in (pool, "sum_i sin(a*b) + concat(v, x-y)[2] * 5", MONGE_FLOAT32);
  second = compile_in (pool, text, MONGE_FLOAT32);
  wide = compile_in (pool, text, MONGE_FLOAT64);
  copy = monge_program_dup (second);
  print_first = monge_program_print (first);
  print_second = monge_program_print (second);

  g_assert_cmpstr (print_first, ==, print_second);
  g_assert_true (monge_program_equal (first, second));
  g_assert_true (monge_program_equal (first, copy));
  g_assert_cmphex (monge_program_hash (first), ==, monge_program_hash (second));
  g_assert_cmphex (monge_program_hash (first), ==, monge_program_hash (copy));
  g_assert_false (monge_program_equal (first, other));
  g_assert_cmphex (monge_program_hash (first), !=, monge_program_hash (other));
  g_assert_cmphex (monge_program_hash (first), !=, monge_program_hash (wide));
}

/* The same bits on every machine: a cache of kernels may outlive a process. */
static void
hash_is_what_it_was (void)
{
  g_autoptr (MongeFormulaPool) pool = monge_formula_pool_new ();
  const MongeFormula *a = monge_formula_variable (pool, "a", MONGE_AXIS_I, 1, NULL);
  const MongeFormula *b = monge_formula_variable (pool, "b", MONGE_AXIS_J, 1, NULL);
  const MongeFormula *variables[] = { a, b };
  const MongeReduction reduction
      = { MONGE_REDUCE_SUM, MONGE_AXIS_J, monge_formula_call (pool, "max", NULL, a, b, NULL) };
  g_autoptr (MongeProgram) program
      = monge_program_new (&reduction, MONGE_FLOAT32, variables, 2, NULL);
  g_autofree char *text = monge_program_print (program);

  g_assert_cmpstr (text, ==,
                   "arguments\n"
                   "  r0 = a, per row\n"
                   "  r1 = b, per column\n"
                   "per pair\n"
                   "  r2 = max r0 r1\n"
                   "float32\n"
                   "  sum_j r2\n");
  g_assert_cmphex (monge_program_hash (program), ==, G_GUINT64_CONSTANT (0x419103aea5413a48));
}

static void
missing_argument_is_named (void)
{
  g_autoptr (MongeFormulaPool) pool = monge_formula_pool_new ();
  const MongeFormula *a = monge_formula_variable (pool, "a", MONGE_AXIS_I, 1, NULL);
  const MongeFormula *b = monge_formula_variable (pool, "beta", MONGE_AXIS_J, 1, NULL);
  const MongeReduction reduction
      = { MONGE_REDUCE_SUM, MONGE_AXIS_J, monge_formula_call (pool, "*", NULL, a, b, NULL) };
  GError *error = NULL;

  g_assert_null (monge_program_new (&reduction, MONGE_FLOAT32, &a, 1, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "beta");
}

/* ------------------------------------------------------------------------------------------------
 * Matching
 */

static const struct {
  const char *text, *description;
} matched[] = {
  { "logsumexp_j(f + h - s*sqdist(x,y))", "Gaussian log-sum-exp, D = 3" },
  { "logsumexp_i(f + h - s*sqdist(x,y))", "Gaussian log-sum-exp, D = 3" },
  { "logsumexp_j(f + h - s*dist(x,y))", "Laplacian log-sum-exp, D = 3" },
  { "logsumexp_j((f + h - sqdist(x,y)/2)/s)", "Gaussian log-sum-exp, D = 3" },
  { "logsumexp_j((h - dist(x,y))/s, b)", "Laplacian log-sum-exp, D = 3" },
  { "logsumexp_j(log(b) + h - sqdist(y,x))", "Gaussian log-sum-exp, D = 3" },
  { "logsumexp_j(-sqdist(X/s, Y/s))", "Gaussian log-sum-exp, D = 7" },
  { "logsumexp_j(-sum((x-y)^2))", "Gaussian log-sum-exp, D = 3" },
  { "logsumexp_j(-norm((x-y)/s))", "Laplacian log-sum-exp, D = 3" },
  { "logsumexp_j(-sqrt(sqdist(x,y)))", "Laplacian log-sum-exp, D = 3" },
  { "logsumexp_j(-(u-w)^2)", "Gaussian log-sum-exp, D = 1" },
  { "logsumexp_j(-abs(u-w)/s)", "Laplacian log-sum-exp, D = 1" },
  { "softmean_j(f + h - s*sqdist(x,y), x-y)", "Gaussian soft mean, D = 3" },
  { "softmean_j(f + h - s*sqdist(x,y), y)", "Gaussian soft mean, D = 3" },
  { "softmean_i(f + h - s*sqdist(x,y), x)", "Gaussian soft mean, D = 3" },
  { "softmean_j(h - s*sqdist(x,y), 2*y - x)", "Gaussian soft mean, D = 3" },
  { "softmean_j(f + h - s*dist(x,y), normalise(x-y))", "Laplacian soft mean, D = 3" },
  { "softmean_j(-(u-w)^2, w)", "Gaussian soft mean, D = 1" },
  { "sum_j exp(-sqdist(x,y)/(2*s^2)) * b", "Gaussian sum, D = 3" },
  { "sum_i a * exp(-sqdist(x,y)/(2*s^2))", "Gaussian sum, D = 3" },
  { "sum_j exp(-sqdist(x,y)) * v", "Gaussian sum, 3 weights, D = 3" },
  { "sum_j a * exp(-dist(x,y)/s) * b * v", "Laplacian sum, 3 weights, D = 3" },
  { "sum_j concat(b * exp(-sqdist(x,y)), v * exp(-sqdist(x,y)))",
    "Gaussian sum, 4 weights, D = 3" },
  { "sum_j exp(f + h - s*sqdist(x,y)) * b", "Gaussian sum, D = 3" },
  { "sum_j exp(f + h - s*sqdist(x,y)) * v", "Gaussian sum, 3 weights, D = 3" },
  { "mean_j exp(-dist(x,y))", "Laplacian sum, D = 3" },
  { "sum_j -2*s*a*b*exp(-s*sqdist(x,y)) * (x-y)", "Gaussian slope, D = 3" },
  { "sum_i a*b*exp(-s*sqdist(x,y)) * (y-x)", "Gaussian slope, D = 3" },
  { "sum_j b*exp(-dist(x,y)/s) * normalise(x-y)", "Laplacian slope, D = 3" },
  { "sum_j concat(b*exp(-dist(x,y)/s), b*exp(-dist(x,y)/s) * normalise(x-y))",
    "Laplacian sum and slope, D = 3" },
  { "sum_j b*dist(x,y)", "distance sum, D = 3" },
  { "sum_j b*normalise(x-y)", "distance slope, D = 3" },
  { "sum_j concat(b*dist(x,y), b*normalise(x-y))", "distance sum and slope, D = 3" },
  { "sum_j exp(-(u-w)^2) * b * (u-w)", "Gaussian slope, D = 1" },
  { "min_j sqdist(x,y)", "nearest neighbours, D = 3" },
  { "argmin_i dist(x,y)", "nearest neighbours, D = 3" },
  { "kmin_j(dist(x,y), 4)", "nearest neighbours, D = 3" },
  { "argkmin_j(sqdist(X,Y), 10)", "nearest neighbours, D = 7" },
};

/* Reductions whose adjoints are again what loops do; NULL for none. */
static const struct {
  const char *text, *variable, *description;
} adjoints[] = {
  { "sum_j exp(-s*sqdist(x,y)) * b", "x", "Gaussian slope, D = 3" },
  { "sum_j exp(-s*sqdist(x,y)) * b", "y", "Gaussian slope, D = 3" },
  { "sum_j exp(-s*sqdist(x,y)) * b", "b", "Gaussian sum, D = 3" },
  { "sum_j exp(-dist(x,y)/s) * b", "x", "Laplacian slope, D = 3" },
  { "sum_j exp(-s*sqdist(x,y)) * v", "v", "Gaussian sum, 3 weights, D = 3" },
  { "sum_j exp(-s*sqdist(x,y)) * v", "x", NULL },
  { "sum_j b * dist(x,y)", "x", "distance slope, D = 3" },
  { "sum_j b * dist(x,y)", "y", "distance slope, D = 3" },
  { "logsumexp_j(f + h - s*sqdist(x,y))", "x", "Gaussian slope, D = 3" },
  { "logsumexp_j(f + h - s*sqdist(x,y))", "y", "Gaussian slope, D = 3" },
  { "logsumexp_j(f + h - s*sqdist(x,y))", "h", "Gaussian sum, D = 3" },
  { "logsumexp_j(h - dist(x,y)/s)", "x", "Laplacian slope, D = 3" },
};

static const char *const not_matched[] = {
  "sum_j b",
  "sum_j exp(-sqdist(x,y)) * dot(x,y)",
  "sum_j exp(-sqdist(x,y)) * dist(x,y)",
  "sum_j exp(-sqdist(x,y)) * normalise(x-y)",
  "sum_j exp(-dist(x,y)) * (x-y)",
  "sum_j exp(-sqdist(x,y)) * exp(-sqdist(x,v))",
  "sum_j exp(-sqdist(x,y)) + b",
  "sum_j exp(-sqdist(x,y))^2 + exp(-sqdist(x,y))",
  "sum_j exp(-sqdist(x,y)) * p",
  "sum_j exp(-sqdist(x,y)) * q",
  "sum_j concat(exp(-sqdist(x,y)) * a, exp(-dist(x,y)))",
  "sum_j sqdist(x,y) * b",
  "sum_j (x-y) / norm(x-y)^3",
  "sum_j exp(-sqdist(x,y)*sin(a*b))",
  "logsumexp_j(-f*sqdist(x,y))",
  "logsumexp_j(f*h - sqdist(x,y))",
  "logsumexp_j(-sqdist(x,y) - dist(x,y))",
  "logsumexp_j(-sqdist(x,y)^2)",
  "logsumexp_j(-sqdist(x,y), exp(a*b))",
  "logsumexp_j(-sqdist(x,y) - sqdist(p,v))",
  "logsumexp_j(f + h)",
  "softmean_j(-dist(x,y), y)",
  "softmean_j(-sqdist(x,y), b)",
  "softmean_j(-sqdist(x,y), v)",
  "softmean_j(-sqdist(x,y), normalise(x-y))",
  "min_j sqdist(x,y) + b",
  "min_j -sqdist(x,y)",
  "argmax_j sqdist(x,y)",
  "max_j dist(x,y)",
};

static void
patterns_are_recognised (void)
{
  for (guint t = 0; t < G_N_ELEMENTS (matched); t++)
    {
      g_autoptr (MongeProgram) program = compile (matched[t].text);
      g_autofree char *description = NULL;
      MongeMatch match;

      if (!monge_match_program (program, &match))
        {
          g_test_message ("no match: %s", matched[t].text);
          g_test_fail ();
          continue;
        }
      description = monge_match_describe (&match);
      if (!g_str_equal (description, matched[t].description))
        {
          g_test_message ("%s: %s", matched[t].text, description);
          g_test_fail ();
        }
    }
}

static MongeProgram *
compile_adjoint (const char *text, const char *name)
{
  g_autoptr (MongeFormulaPool) pool = monge_formula_pool_new ();
  const MongeFormula *variables[N_NAMES + 2], *variable = NULL;
  MongeReduction reduction, adjoint;
  GError *error = NULL;
  MongeProgram *program;

  for (guint v = 0; v < N_NAMES; v++)
    {
      variables[v]
          = monge_formula_variable (pool, names[v].name, names[v].axis, names[v].dim, NULL);
      if (g_str_equal (names[v].name, name))
        variable = variables[v];
    }
  monge_reduction_parse (pool, text, &reduction, &error);
  g_assert_no_error (error);
  variables[N_NAMES] = monge_formula_variable (pool, "cotangent", MONGE_AXIS_I,
                                               monge_reduction_get_dim (&reduction), NULL);
  variables[N_NAMES + 1] = monge_formula_variable (pool, "result", MONGE_AXIS_I,
                                                   monge_reduction_get_dim (&reduction), NULL);
  monge_reduction_adjoint (pool, &reduction, variable, variables[N_NAMES], variables[N_NAMES + 1],
                           NULL, &adjoint, &error);
  g_assert_no_error (error);
  program = monge_program_new (&adjoint, MONGE_FLOAT32, variables, N_NAMES + 2, &error);
  g_assert_no_error (error);
  return program;
}

static void
adjoints_are_recognised (void)
{
  for (guint t = 0; t < G_N_ELEMENTS (adjoints); t++)
    {
      g_autoptr (MongeProgram) program = compile_adjoint (adjoints[t].text, adjoints[t].variable);
      g_autofree char *description = NULL;
      MongeMatch match;

      if (monge_match_program (program, &match))
        description = monge_match_describe (&match);
      if (g_strcmp0 (description, adjoints[t].description) != 0)
        {
          g_autofree char *print = monge_program_print (program);

          g_test_message ("∂ %s by %s: %s\n%s", adjoints[t].text, adjoints[t].variable,
                          description, print);
          g_test_fail ();
        }
    }
}

static void
likenesses_are_not (void)
{
  for (guint t = 0; t < G_N_ELEMENTS (not_matched); t++)
    {
      g_autoptr (MongeProgram) program = compile (not_matched[t]);
      MongeMatch match;

      if (monge_match_program (program, &match))
        {
          g_autofree char *description = monge_match_describe (&match);

          g_test_message ("%s: %s", not_matched[t], description);
          g_test_fail ();
        }
    }
}

/* Shared sub-expressions that double along every step, and deep chains: refused in no time. */
static void
matching_is_bounded (void)
{
  g_autoptr (GString) text = g_string_new ("(a+b)");
  g_autoptr (GString) deep = g_string_new ("sqdist(x,y)");
  g_autoptr (MongeProgram) shared = NULL, chain = NULL;
  MongeMatch match;

  for (guint n = 0; n < 12; n++)
    {
      g_autofree char *inner = g_strdup (text->str);

      g_string_printf (text, "(sin(%s)*b + %s)", inner, inner);
      if (text->len > 20000)
        break;
    }
  g_string_prepend (text, "sum_j ");
  shared = compile (text->str);
  g_assert_false (monge_match_program (shared, &match));

  for (guint n = 0; n < 100; n++)
    {
      g_string_prepend (deep, "(");
      g_string_append_printf (deep, "*%s+h)", n % 2 == 0 ? "s" : "b");
    }
  g_string_prepend (deep, "logsumexp_j ");
  chain = compile (deep->str);
  g_assert_false (monge_match_program (chain, &match));
}

/* ------------------------------------------------------------------------------------------------
 * Running
 */

#define GUARD 12345.0

/* Random arguments for every name above, in float32 or float64 but of float32 values. */
typedef struct {
  gsize n_rows, n_columns;
  MongeArgument arguments[N_NAMES];
  float *floats[N_NAMES];
  double *doubles[N_NAMES];
} Arguments;

static gsize
count_rows (const Arguments *a, MongeAxis axis)
{
  return axis == MONGE_AXIS_NONE ? 1 : axis == MONGE_AXIS_I ? a->n_rows : a->n_columns;
}

static void
arguments_init (Arguments *a, gsize n_rows, gsize n_columns)
{
  MongeRandom random;

  *a = (Arguments){ .n_rows = n_rows, .n_columns = n_columns };
  monge_random_init (&random, 7);
  for (guint v = 0; v < N_NAMES; v++)
    {
      const gsize n = count_rows (a, names[v].axis), size = n * names[v].dim;
      const gboolean positive = strchr ("bs", names[v].name[0]) != NULL;

      a->floats[v] = g_new (float, size + 1);
      a->doubles[v] = g_new (double, size + 1);
      for (gsize i = 0; i < size; i++)
        a->doubles[v][i] = a->floats[v][i]
            = (float) (monge_random_uniform (&random) + (positive ? 0.3 : -0.3));
    }
}

/* Points as float32, all others as float64 where @wide. */
static void
arguments_choose (Arguments *a, gboolean wide)
{
  for (guint v = 0; v < N_NAMES; v++)
    {
      const gboolean point = names[v].dim > 1 && names[v].dim < 9;

      a->arguments[v] = wide && !point
                            ? (MongeArgument){ .doubles = a->doubles[v] }
                            : (MongeArgument){ .floats = a->floats[v] };
      a->arguments[v].stride = count_rows (a, names[v].axis);
    }
}

static void
arguments_clear (Arguments *a)
{
  for (guint v = 0; v < N_NAMES; v++)
    {
      g_free (a->floats[v]);
      g_free (a->doubles[v]);
    }
}

/* A result, indices as numbers, its log-sum after it; GUARD at the end. */
static double *
run (MongeBackend *backend,
     const MongeProgram *program,
     MongePrepareFlags flags,
     const Arguments *a,
     gsize *n)
{
  const gsize kept = program->over == MONGE_AXIS_J ? a->n_rows : a->n_columns;
  const gboolean indices = monge_reduce_op_gives_indices (program->op);
  const gsize size = program->out_dim * kept;
  double *out = g_new0 (double, size + kept + 1);
  g_autofree gint64 *index = g_new0 (gint64, size);
  const MongeRun arguments = {
    .n_rows = a->n_rows,
    .n_columns = a->n_columns,
    .arguments = a->arguments,
    .out = indices ? NULL : out,
    .index_out = indices ? index : NULL,
    .log_sum = program->op == MONGE_REDUCE_SOFT_MEAN ? out + size : NULL,
  };
  GError *error = NULL;
  g_autoptr (MongeKernel) kernel = monge_backend_prepare (backend, program, flags, &error);

  g_assert_no_error (error);
  g_assert_cmpint (monge_kernel_is_tuned (kernel), ==,
                   flags == MONGE_PREPARE_DEFAULT && program->precision == MONGE_FLOAT32);
  out[size + kept] = GUARD;
  for (guint twice = 0; twice < 2; twice++)
    {
      monge_backend_run (backend, kernel, &arguments, NULL, NULL, &error);
      g_assert_no_error (error);
    }
  for (gsize i = 0; i < size && indices; i++)
    out[i] = (double) index[i];
  g_assert_cmpfloat (out[size + kept], ==, GUARD);
  *n = size + kept;
  return out;
}

static MongeBackend *
open_cpu (void)
{
  GError *error = NULL;
  MongeBackend *backend
      = monge_backend_open (&(MongeBackendOptions){ monge_test_backend (), 0 }, &error);

  g_assert_no_error (error);
  return backend;
}

/* Relative to the largest, what is small being a difference of what is not; logarithms to 1. */
static void
check_agreement (const char *text, const double *tuned, const double *truth, gsize n)
{
  double largest = g_str_has_prefix (text, "logsumexp") ? 1 : 0, worst = 0;

  for (gsize i = 0; i < n; i++)
    largest = MAX (largest, fabs (truth[i]));
  for (gsize i = 0; i < n; i++)
    if (!(fabs (tuned[i] - truth[i]) <= worst))
      worst = fabs (tuned[i] - truth[i]);
  if (!(worst <= 2e-6 * largest))
    {
      g_test_message ("%s: off by %g of %g", text, worst, largest);
      g_test_fail ();
    }
}

/* Loops, interpreter in float32 and interpreter in float64, rows and columns off the tile. */
static void
loops_and_interpreter_agree (void)
{
  static const gsize sizes[][2] = { { 1, 1 }, { 31, 33 }, { 200, 150 } };
  g_autoptr (MongeBackend) backend = open_cpu ();

  for (guint t = 0; t < G_N_ELEMENTS (matched); t++)
    for (guint s = 0; s < 2 * G_N_ELEMENTS (sizes); s++)
      {
        g_autoptr (MongeFormulaPool) pool = monge_formula_pool_new ();
        g_autoptr (MongeProgram) program = compile_in (pool, matched[t].text, MONGE_FLOAT32);
        g_autoptr (MongeProgram) wide = compile_in (pool, matched[t].text, MONGE_FLOAT64);
        g_autofree double *tuned = NULL, *generic = NULL, *truth = NULL;
        Arguments a;
        gsize n;

        arguments_init (&a, sizes[s / 2][0], sizes[s / 2][1]);
        arguments_choose (&a, s % 2 == 1);
        tuned = run (backend, program, MONGE_PREPARE_DEFAULT, &a, &n);
        generic = run (backend, program, MONGE_PREPARE_GENERIC, &a, &n);
        truth = run (backend, wide, MONGE_PREPARE_GENERIC, &a, &n);
        check_agreement (matched[t].text, tuned, truth, n);
        check_agreement (matched[t].text, generic, truth, n);
        arguments_clear (&a);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/program/sections_by_axis", sections_by_axis);
  g_test_add_func ("/program/constants_are_one_register_each", constants_are_one_register_each);
  g_test_add_func ("/program/variables_keep_their_order", variables_keep_their_order);
  g_test_add_func ("/program/slices_cost_nothing", slices_cost_nothing);
  g_test_add_func ("/program/concatenations_in_place", concatenations_in_place);
  g_test_add_func ("/program/registers_are_given_back", registers_are_given_back);
  g_test_add_func ("/program/operands_are_whole", operands_are_whole);
  g_test_add_func ("/program/same_program_in_any_pool", same_program_in_any_pool);
  g_test_add_func ("/program/hash_is_what_it_was", hash_is_what_it_was);
  g_test_add_func ("/program/missing_argument_is_named", missing_argument_is_named);
  g_test_add_func ("/match/patterns_are_recognised", patterns_are_recognised);
  g_test_add_func ("/match/adjoints_are_recognised", adjoints_are_recognised);
  g_test_add_func ("/match/likenesses_are_not", likenesses_are_not);
  g_test_add_func ("/match/matching_is_bounded", matching_is_bounded);
  g_test_add_func ("/kernel/loops_and_interpreter_agree", loops_and_interpreter_agree);
  return g_test_run ();
}
