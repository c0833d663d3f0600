/* Formulas: the canonical forms that others rely on. */
#include "compute/formula/formula.h"
#include "tests/util.h"

typedef struct {
  MongeFormulaPool *pool;
  const MongeFormula *x, *y, *b, *s, *f, *g;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  guint dim = GPOINTER_TO_UINT (data);

  f->pool = monge_formula_pool_new ();
  f->x = monge_formula_variable (f->pool, "x", MONGE_AXIS_I, dim, NULL);
  f->y = monge_formula_variable (f->pool, "y", MONGE_AXIS_J, dim, NULL);
  f->b = monge_formula_variable (f->pool, "b", MONGE_AXIS_J, 1, NULL);
  f->s = monge_formula_variable (f->pool, "s", MONGE_AXIS_NONE, 1, NULL);
  f->f = monge_formula_variable (f->pool, "f", MONGE_AXIS_I, 1, NULL);
  f->g = monge_formula_variable (f->pool, "g", MONGE_AXIS_J, 1, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  monge_formula_pool_free (f->pool);
}

static const MongeFormula *
call (Fixture *f, const char *name, const MongeFormula *a, const MongeFormula *b)
{
  g_autoptr (GError) error = NULL;
  const MongeFormula *formula = monge_formula_call (f->pool, name, &error, a, b, NULL);

  g_assert_no_error (error);
  g_assert_nonnull (formula);
  return formula;
}

static const MongeFormula *
number (Fixture *f, double value)
{
  return monge_formula_constant (f->pool, value);
}

static void
test_gaussian (Fixture *f, gconstpointer data)
{
  const MongeFormula *d = call (f, "sqdist", f->x, f->y), *form;
  g_autofree char *text = NULL;

  g_assert_cmpint (d->op, ==, MONGE_OP_SQNORM);
  g_assert_cmpint (d->operands[0]->op, ==, MONGE_OP_SUBTRACT);
  g_assert_true (d->operands[0]->operands[0] == f->x && d->operands[0]->operands[1] == f->y);
  g_assert_true (call (f, "sqdist", f->y, f->x) == d);
  form = call (f, "*", number (f, 2), call (f, "^", f->s, number (f, 2)));
  form = call (f, "exp", call (f, "-", call (f, "/", d, form), NULL), NULL);
  text = monge_formula_print (form);
  g_test_message ("%s", text);
  g_assert_cmpint (form->op, ==, MONGE_OP_EXP);
  form = form->operands[0];
  g_assert_cmpint (form->op, ==, MONGE_OP_MULTIPLY);
  g_assert_cmpint (form->operands[0]->axis, ==, MONGE_AXIS_NONE);
  g_assert_true (form->operands[1] == d);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint dim = 1; dim <= 3; dim += 2)
    {
      g_autofree char *path = g_strdup_printf ("/formula/canonical/gaussian/%u", dim);

      g_test_add (path, Fixture, GUINT_TO_POINTER (dim), set_up, test_gaussian, tear_down);
    }
  return g_test_run ();
}
