/* Rewriting keeps values, and stops: random formulas beside the same ones that no rule has seen. */
#include "compute/formula/formula-private.h"
#include "compute/formula/reduction.h"
#include "tests/formula-reference.h"
#include "tests/util.h"

#include <math.h>
#include <string.h>

#define N_LEAVES 12
#define N_STEPS 14
#define MAX_DIM 9
#define N_POINTS 3 /* each formula is computed at as many places */

/* A formula as the rules leave it, and as it was written. */
typedef struct {
  const MongeFormula *simple, *raw;
} Pair;

typedef struct {
  MongeFormulaPool *pool;
  GRand *random;
  Pair pairs[N_LEAVES + N_STEPS];
  guint n_pairs;
  MongeReferenceValues values[N_LEAVES];
  guint n_values;
  double numbers[N_LEAVES][N_POINTS * MAX_DIM];
} World;

static void
add (World *world, const MongeFormula *simple, const MongeFormula *raw)
{
  world->pairs[world->n_pairs++] = (Pair){ simple, raw };
}

/* Eighths, so that sums and products are exact and what cancels cancels in both. */
static void
add_variable (World *world, const char *name, MongeAxis axis, guint dim)
{
  const MongeFormula *variable = monge_formula_variable (world->pool, name, axis, dim, NULL);
  double *numbers = world->numbers[world->n_values];

  for (guint k = 0; k < N_POINTS * MAX_DIM; k++)
    numbers[k] = g_rand_int_range (world->random, -16, 17) / 8.0;
  world->values[world->n_values++] = (MongeReferenceValues){ variable, numbers, N_POINTS };
  add (world, variable, variable);
}

static void
world_init (World *world, guint32 seed)
{
  static const double constants[] = { 2, -1, 0.5, 0 };

  *world = (World){ .pool = monge_formula_pool_new (), .random = g_rand_new_with_seed (seed) };
  add_variable (world, "x", MONGE_AXIS_I, 3);
  add_variable (world, "y", MONGE_AXIS_J, 3);
  add_variable (world, "u", MONGE_AXIS_I, 1);
  add_variable (world, "v", MONGE_AXIS_J, 1);
  add_variable (world, "s", MONGE_AXIS_NONE, 1);
  add_variable (world, "c", MONGE_AXIS_NONE, 3);
  add_variable (world, "A", MONGE_AXIS_NONE, 9);
  for (guint k = 0; k < G_N_ELEMENTS (constants); k++)
    {
      const MongeFormula *constant = monge_formula_constant (world->pool, constants[k]);

      add (world, constant, constant);
    }
}

static void
world_clear (World *world)
{
  g_rand_free (world->random);
  monge_formula_pool_free (world->pool);
}

/* What the header of operations says; 0 if the operands do not fit. */
static guint
expected_dim (MongeOp op, const Pair *operands)
{
  const MongeOpInfo *info = monge_op_get_info (op);
  guint a = operands[0].raw->dim, b = operands[1].raw->dim, dim = 1;

  if (op == MONGE_OP_DOT)
    return a == b;
  if (op == MONGE_OP_CONCAT)
    return a + b;
  if (op == MONGE_OP_MATVEC)
    return a % b == 0 ? a / b : 0;
  if (op == MONGE_OP_OUTER)
    return a * b;
  if (info->op_class == MONGE_OP_CLASS_FOLD)
    return 1;
  for (guint k = 0; k < info->n_operands; k++)
    {
      guint other = operands[k].raw->dim;

      if (dim != 1 && other != 1 && dim != other)
        return 0;
      dim = MAX (dim, other);
    }
  return dim;
}

/* Sums, products and what rules look for more often than the rest. */
static MongeOp
choose_op (World *world)
{
  static const MongeOp often[] = {
    MONGE_OP_ADD,    MONGE_OP_SUBTRACT, MONGE_OP_MULTIPLY, MONGE_OP_DIVIDE, MONGE_OP_NEGATE,
    MONGE_OP_SQUARE, MONGE_OP_SQNORM,   MONGE_OP_NORM,     MONGE_OP_SQRT,   MONGE_OP_INVERSE,
    MONGE_OP_ABS,    MONGE_OP_EXP,      MONGE_OP_DOT,      MONGE_OP_POWER,  MONGE_OP_CONCAT,
  };

  if (g_rand_boolean (world->random))
    return often[g_rand_int_range (world->random, 0, G_N_ELEMENTS (often))];
  return g_rand_int_range (world->random, MONGE_OP_COPY + 1, MONGE_N_OPS);
}

/* One more formula, of operands at hand. */
static gboolean
grow (World *world)
{
  MongeOp op = choose_op (world);
  const MongeFormula *simple[3] = { NULL }, *raw[3] = { NULL }, *result;
  g_autoptr (GError) error = NULL;
  guint n = monge_op_get_info (op)->n_operands, dim, first;
  Pair operands[3];

  for (guint k = 0; k < 3; k++)
    operands[k] = world->pairs[g_rand_int_range (world->random, 0, world->n_pairs)];
  for (guint k = 0; k < n; k++)
    {
      simple[k] = operands[k].simple;
      raw[k] = operands[k].raw;
    }
  if (op == MONGE_OP_SLICE)
    {
      first = g_rand_int_range (world->random, 0, raw[0]->dim);
      dim = g_rand_int_range (world->random, 1, raw[0]->dim - first + 1);
      result = monge_formula_slice (world->pool, simple[0], first, dim, &error);
      g_assert_no_error (error);
      add (world, result, monge_formula_intern (world->pool, op, dim, raw, first));
      return TRUE;
    }
  dim = expected_dim (op, operands);
  if (dim > MAX_DIM)
    return FALSE;
  result = monge_formula_apply (world->pool, op, simple, &error);
  if (dim == 0)
    {
      g_assert_null (result);
      monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "dimensions");
      return FALSE;
    }
  g_assert_no_error (error);
  g_assert_cmpuint (result->dim, ==, dim);
  add (world, result, monge_formula_intern (world->pool, op, dim, raw, 0));
  return TRUE;
}

/* Making it again makes nothing new. */
static void
assert_final (World *world, const MongeFormula *formula)
{
  g_autoptr (GError) error = NULL;
  const MongeFormula *again;

  if (formula->op == MONGE_OP_VARIABLE || formula->op == MONGE_OP_CONSTANT)
    return;
  for (guint k = 0; k < 3 && formula->operands[k] != NULL; k++)
    assert_final (world, formula->operands[k]);
  if (formula->op == MONGE_OP_SLICE)
    again = monge_formula_slice (world->pool, formula->operands[0], formula->first, formula->dim,
                                 &error);
  else
    again = monge_formula_apply (world->pool, formula->op, formula->operands, &error);
  g_assert_no_error (error);
  if (again != formula)
    {
      g_autofree char *a = monge_formula_print (formula), *b = monge_formula_print (again);

      g_error ("“%s” made again is “%s”", a, b);
    }
}

static void
assert_reads_back (World *world, const MongeFormula *formula)
{
  g_autofree char *text = monge_formula_print (formula);
  g_autoptr (GError) error = NULL;
  const MongeFormula *again = monge_formula_parse (world->pool, text, &error);

  g_assert_no_error (error);
  if (again != formula)
    {
      g_autofree char *other = monge_formula_print (again);

      g_error ("“%s” reads back as “%s”", text, other);
    }
}

/* A comparison of numbers so near that rounding decides, or a power that asks whether its exponent
 * is whole. */
static gboolean
is_tie (World *world, const MongeFormula *formula, gsize at)
{
  double a[MAX_DIM], b[MAX_DIM];

  if (formula->op == MONGE_OP_POWER)
    return formula->operands[1]->op != MONGE_OP_CONSTANT;
  if (formula->op < MONGE_OP_LESS || formula->op > MONGE_OP_EQUAL)
    return FALSE;
  monge_reference_formula (formula->operands[0], world->values, world->n_values, at, at, a);
  monge_reference_formula (formula->operands[1], world->values, world->n_values, at, at, b);
  for (guint d = 0; d < formula->dim; d++)
    if (fabs (a[formula->operands[0]->dim > 1 ? d : 0] - b[formula->operands[1]->dim > 1 ? d : 0])
        < 1e-9)
      return TRUE;
  return FALSE;
}

/* Whether some number on the way to @formula is not ordinary: not finite, large, so small that only
 * rounding has made it, or a zero whose sign matters. */
static gboolean
is_extreme (World *world, const MongeFormula *formula, gsize at)
{
  double out[MAX_DIM];

  if (formula->op == MONGE_OP_CONSTANT)
    return FALSE;
  if (is_tie (world, formula, at))
    return TRUE;
  monge_reference_formula (formula, world->values, world->n_values, at, at, out);
  for (guint d = 0; d < formula->dim; d++)
    if (!(fabs (out[d]) < 1e6) || (out[d] != 0 && fabs (out[d]) < 1e-6)
        || (formula->op == MONGE_OP_ATAN2 && (out[d] == 0 || fabs (out[d]) == G_PI)))
      return TRUE;
  for (guint k = 0; k < 3 && formula->operands[k] != NULL; k++)
    if (is_extreme (world, formula->operands[k], at))
      return TRUE;
  return FALSE;
}

static void
assert_same_value (World *world, Pair pair, guint *n_compared)
{
  double a[MAX_DIM], b[MAX_DIM];

  for (guint at = 0; at < N_POINTS; at++)
    {
      if (is_extreme (world, pair.raw, at))
        continue;
      monge_reference_formula (pair.simple, world->values, world->n_values, at, at, a);
      monge_reference_formula (pair.raw, world->values, world->n_values, at, at, b);
      for (guint d = 0; d < pair.raw->dim; d++)
        if (!(fabs (a[d] - b[d]) <= 1e-9 * (1 + fabs (b[d]))))
          {
            g_autofree char *simple = monge_formula_print (pair.simple);
            g_autofree char *raw = monge_formula_print (pair.raw);

            g_error ("component %u: “%s” is %.17g, “%s” is %.17g", d, simple, a[d], raw, b[d]);
          }
      ++*n_compared;
    }
}

static void
test_random (void)
{
  guint n_compared = 0, n_trials = g_test_thorough () ? 200000 : 3000;

  for (guint32 seed = 0; seed < n_trials; seed++)
    {
      World world;

      world_init (&world, seed);
      for (guint k = 0; k < N_STEPS; k++)
        if (grow (&world))
          {
            Pair pair = world.pairs[world.n_pairs - 1];

            assert_final (&world, pair.simple);
            assert_reads_back (&world, pair.simple);
            assert_same_value (&world, pair, &n_compared);
          }
      world_clear (&world);
    }
  g_test_message ("%u values compared", n_compared);
  g_assert_cmpuint (n_compared, >, 3 * n_trials);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/simplify/random", test_random);
  return g_test_run ();
}
