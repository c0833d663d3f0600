/* Formulas as text that reads back. */
#include "compute/formula/formula-private.h"

#include <math.h>

/* A formula is a tree with shared branches, which text writes out again and again. */
#define MAX_TEXT (1 << 20)

/* How tightly an expression holds together, loosest first. */
typedef enum { COMPARISON, SUM, PRODUCT, UNARY, POWER, PRIMARY } Level;

static const struct {
  const char *sign;
  Level level, left, right; /* its own, and the least of its operands */
} infix[MONGE_N_OPS] = {
  [MONGE_OP_ADD] = { " + ", SUM, SUM, PRODUCT },
  [MONGE_OP_SUBTRACT] = { " - ", SUM, SUM, PRODUCT },
  [MONGE_OP_MULTIPLY] = { " * ", PRODUCT, PRODUCT, UNARY },
  [MONGE_OP_DIVIDE] = { " / ", PRODUCT, PRODUCT, UNARY },
  [MONGE_OP_POWER] = { "^", POWER, PRIMARY, POWER },
  [MONGE_OP_LESS] = { " < ", COMPARISON, SUM, SUM },
  [MONGE_OP_LESS_EQUAL] = { " <= ", COMPARISON, SUM, SUM },
  [MONGE_OP_EQUAL] = { " == ", COMPARISON, SUM, SUM },
};

static void print (GString *text, const MongeFormula *formula, Level least);

/* The shortest digits that read back as the same number. */
static void
print_number (GString *text, double value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];
  const char *formats[] = { "%.15g", "%.16g", "%.17g" };

  for (guint k = 0; k < G_N_ELEMENTS (formats); k++)
    {
      g_ascii_formatd (buffer, sizeof buffer, formats[k], value);
      if (g_ascii_strtod (buffer, NULL) == value)
        break;
    }
  g_string_append (text, buffer);
}

static Level
get_level (const MongeFormula *formula)
{
  if (formula->op == MONGE_OP_CONSTANT && signbit (formula->value))
    return UNARY;
  return infix[formula->op].sign != NULL ? infix[formula->op].level : PRIMARY;
}

static void
print_concat (GString *text, const MongeFormula *formula)
{
  if (formula->op != MONGE_OP_CONCAT)
    {
      print (text, formula, COMPARISON);
      return;
    }
  print_concat (text, formula->operands[0]);
  g_string_append (text, ", ");
  print (text, formula->operands[1], COMPARISON);
}

static void
print_slice (GString *text, const MongeFormula *formula)
{
  print (text, formula->operands[0], PRIMARY);
  if (formula->dim == 1)
    g_string_append_printf (text, "[%u]", formula->first);
  else
    g_string_append_printf (text, "[%u:%u]", formula->first, formula->first + formula->dim);
}

static void
print_call (GString *text, const MongeFormula *formula)
{
  const MongeOpInfo *info = monge_op_get_info (formula->op);

  g_string_append_printf (text, "%s(", info->name);
  for (guint k = 0; k < info->n_operands; k++)
    {
      if (k > 0)
        g_string_append (text, ", ");
      print (text, formula->operands[k], COMPARISON);
    }
  g_string_append_c (text, ')');
}

static void
print_bare (GString *text, const MongeFormula *formula)
{
  switch (formula->op)
    {
    case MONGE_OP_VARIABLE:
      g_string_append (text, formula->name);
      return;
    case MONGE_OP_CONSTANT:
      print_number (text, formula->value);
      return;
    case MONGE_OP_SLICE:
      print_slice (text, formula);
      return;
    case MONGE_OP_CONCAT:
      g_string_append_c (text, '[');
      print_concat (text, formula);
      g_string_append_c (text, ']');
      return;
    default:
      break;
    }
  if (infix[formula->op].sign == NULL)
    {
      print_call (text, formula);
      return;
    }
  print (text, formula->operands[0], infix[formula->op].left);
  g_string_append (text, infix[formula->op].sign);
  print (text, formula->operands[1], infix[formula->op].right);
}

static void
print (GString *text, const MongeFormula *formula, Level least)
{
  gboolean brackets = get_level (formula) < least;

  if (text->len > MAX_TEXT)
    return;
  if (brackets)
    g_string_append_c (text, '(');
  print_bare (text, formula);
  if (brackets)
    g_string_append_c (text, ')');
}

char *
monge_formula_print (const MongeFormula *formula)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_return_val_if_fail (formula != NULL, NULL);
  print (text, formula, COMPARISON);
  if (text->len > MAX_TEXT)
    {
      g_string_truncate (text, MAX_TEXT);
      g_string_append (text, " …");
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}
