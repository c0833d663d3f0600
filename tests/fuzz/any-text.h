/* What must hold for a formula of any bytes. */
#pragma once

#include "compute/formula/program.h"

#include <stdio.h>
#include <string.h>

/* Longer texts are cut by the printer. */
#define ANY_TEXT_MAX 100000

static inline MongeFormulaPool *
any_text_pool_new (void)
{
  MongeFormulaPool *pool = monge_formula_pool_new ();

  monge_formula_variable (pool, "x", MONGE_AXIS_I, 3, NULL);
  monge_formula_variable (pool, "y", MONGE_AXIS_J, 3, NULL);
  monge_formula_variable (pool, "f", MONGE_AXIS_I, 1, NULL);
  monge_formula_variable (pool, "g", MONGE_AXIS_J, 1, NULL);
  monge_formula_variable (pool, "b", MONGE_AXIS_J, 1, NULL);
  monge_formula_variable (pool, "s", MONGE_AXIS_NONE, 1, NULL);
  monge_formula_variable (pool, "A", MONGE_AXIS_NONE, 9, NULL);
  return pool;
}

/* An error has a place, and what failed gives nothing. */
static inline void
any_text_check_error (const GError *error)
{
  guint line, column;

  g_assert_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_cmpint (sscanf (error->message, "line %u, column %u: ", &line, &column), ==, 2);
  g_assert_true (g_str_has_suffix (error->message, "^"));
}

static inline void
any_text_check_formula (MongeFormulaPool *pool, const MongeFormula *formula)
{
  g_autofree char *text = monge_formula_print (formula);
  g_autoptr (GError) error = NULL;
  const MongeFormula *again;

  g_assert_true (formula->dim >= 1 && formula->dim <= MONGE_FORMULA_MAX_DIM);
  if (strlen (text) > ANY_TEXT_MAX)
    return;
  again = monge_formula_parse (pool, text, &error);
  /* Sharing makes a text much longer than what it was read from. */
  g_assert_true (again == formula || (error != NULL && strstr (error->message, "more than")));
}

/* Gradients and programs of it exist, or say why not. */
static inline void
any_text_check_reduction (MongeFormulaPool *pool, const MongeReduction *reduction)
{
  static const char *const names[] = { "x", "y", "f", "g", "b", "s", "A" };
  static const MongeAxis axes[] = { MONGE_AXIS_I, MONGE_AXIS_J, MONGE_AXIS_I,   MONGE_AXIS_J,
                                    MONGE_AXIS_J, MONGE_AXIS_NONE, MONGE_AXIS_NONE };
  static const guint dims[] = { 3, 3, 1, 1, 1, 1, 9 };
  const MongeFormula *variables[G_N_ELEMENTS (names)], *gradient;
  g_autofree char *text = monge_reduction_print (reduction);
  g_autoptr (MongeProgram) program = NULL;
  MongeReduction again;

  for (guint k = 0; k < G_N_ELEMENTS (names); k++)
    variables[k] = monge_formula_variable (pool, names[k], axes[k], dims[k], NULL);
  if (strlen (text) < ANY_TEXT_MAX && monge_reduction_parse (pool, text, &again, NULL))
    g_assert_true (again.body == reduction->body && again.weight == reduction->weight
                   && again.k == reduction->k && again.over == reduction->over);
  program = monge_program_new (reduction, MONGE_FLOAT32, variables, G_N_ELEMENTS (variables), NULL);
  if (program != NULL)
    {
      g_autofree char *printed = monge_program_print (program);

      g_assert_cmpuint (strlen (printed), >, 0);
    }
  if (reduction->body->dim > 1)
    return;
  gradient = monge_formula_gradient (pool, reduction->body, variables[0], NULL, NULL);
  if (gradient != NULL)
    g_assert_cmpuint (gradient->dim, ==, variables[0]->dim);
}

static inline void
any_text_check (const char *text)
{
  MongeFormulaPool *pool = any_text_pool_new ();
  g_autoptr (GError) error = NULL, list_error = NULL;
  g_auto (GStrv) names = monge_formula_list_names (text, &list_error);
  const MongeFormula *formula = monge_formula_parse (pool, text, &error);
  MongeReduction reduction;

  if (names == NULL)
    any_text_check_error (list_error);
  if (formula != NULL)
    any_text_check_formula (pool, formula);
  else
    any_text_check_error (error);
  g_clear_error (&error);
  if (monge_reduction_parse (pool, text, &reduction, &error))
    any_text_check_reduction (pool, &reduction);
  else
    any_text_check_error (error);
  monge_formula_pool_free (pool);
}
