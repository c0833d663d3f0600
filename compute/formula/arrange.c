/* Sums and products as lists: like terms meet, and what depends on less is combined first. */
#include "compute/formula/formula-private.h"

#include <math.h>
#include <stdlib.h>

/* Operand lists still to be looked at. */
typedef struct {
  const MongeFormula *formula;
  double factor;
} Item;

#define MAX_ITEMS (4 * MONGE_MAX_ARRANGED)

typedef struct {
  Item items[MAX_ITEMS];
  guint n_items;
} Stack;

static gboolean
push (Stack *stack, const MongeFormula *formula, double factor)
{
  if (stack->n_items == MAX_ITEMS)
    return FALSE;
  stack->items[stack->n_items++] = (Item){ formula, factor };
  return TRUE;
}

/* --- order --- */

/* Numbers before vectors, then parameters, rows, columns, pairs; constants before all. */
static int
compare (const MongeFormula *a, const MongeFormula *b)
{
  int wide = (a->dim > 1) - (b->dim > 1), axis = (int) a->axis - (int) b->axis;
  int constant = (b->op == MONGE_OP_CONSTANT) - (a->op == MONGE_OP_CONSTANT);

  if (constant != 0)
    return constant;
  if (wide != 0)
    return wide;
  return axis != 0 ? axis : (int) a->id - (int) b->id;
}

/* a ∘ b = b ∘ a for + and ×: the operand of fewer axes first. */
static const MongeFormula *
combine (MongeFormulaPool *pool, MongeOp op, const MongeFormula *a, const MongeFormula *b)
{
  gboolean swap = op != MONGE_OP_SUBTRACT && b->axis < a->axis;
  const MongeFormula *operands[3] = { swap ? b : a, swap ? a : b, NULL };

  return monge_formula_intern (pool, op, MAX (a->dim, b->dim), operands, 0);
}

/* --- products --- */

static void
remove_factor (MongeProduct *product, guint at)
{
  product->factors[at] = product->factors[--product->n_factors];
}

/* One factor more; those that it merges with come back as a new one.
 *     a a = a²
 *     e^a e^b = e^(a + b), per pair: one exponential less, and overflow no sooner */
static gboolean
add_factor (MongeFormulaPool *pool, MongeProduct *product, Stack *stack,
            const MongeFormula *factor)
{
  for (guint k = 0; k < product->n_factors; k++)
    {
      const MongeFormula *other = product->factors[k];
      const MongeFormula *merged = NULL;

      if (factor->op == MONGE_OP_EXP && other->op == MONGE_OP_EXP && factor->dim == other->dim
          && factor->axis == MONGE_AXIS_PAIR && other->axis == MONGE_AXIS_PAIR)
        merged = monge_formula_make (pool, MONGE_OP_ADD, factor->operands[0], other->operands[0],
                                     NULL);
      if (merged != NULL)
        merged = monge_formula_make (pool, MONGE_OP_EXP, merged, NULL, NULL);
      else if (factor == other)
        merged = monge_formula_make (pool, MONGE_OP_SQUARE, factor, NULL, NULL);
      if (merged == NULL)
        continue;
      remove_factor (product, k);
      return push (stack, merged, 1);
    }
  if (product->n_factors == MONGE_MAX_ARRANGED)
    return FALSE;
  product->factors[product->n_factors++] = factor;
  return TRUE;
}

static gboolean
collect_product (MongeFormulaPool *pool, MongeProduct *product, const MongeFormula *formula)
{
  Stack stack;

  stack.n_items = 0;
  push (&stack, formula, 1);
  while (stack.n_items > 0)
    {
      const MongeFormula *item = stack.items[--stack.n_items].formula;

      if (item->op == MONGE_OP_MULTIPLY)
        {
          if (!push (&stack, item->operands[1], 1) || !push (&stack, item->operands[0], 1))
            return FALSE;
        }
      else if (monge_formula_is_zero (item))
        product->factor = 0;
      else if (item->op != MONGE_OP_CONSTANT)
        {
          if (!add_factor (pool, product, &stack, item))
            return FALSE;
        }
      else if (product->factor != 0 && !isnormal (product->factor * item->value))
        return FALSE;
      else
        product->factor *= item->value;
    }
  return TRUE;
}

gboolean
monge_product_collect (MongeFormulaPool *pool, MongeProduct *product, const MongeFormula *formula)
{
  product->factor = 1;
  product->n_factors = 0;
  return collect_product (pool, product, formula);
}

static int
compare_factors (const void *a, const void *b)
{
  const MongeFormula *const *x = a, *const *y = b;

  return compare (*x, *y);
}

static const MongeFormula *
multiply_all (MongeFormulaPool *pool, const MongeFormula **factors, guint n)
{
  const MongeFormula *product;

  if (n == 0)
    return NULL;
  qsort (factors, n, sizeof *factors, compare_factors);
  product = factors[0];
  for (guint k = 1; k < n; k++)
    product = combine (pool, MONGE_OP_MULTIPLY, product, factors[k]);
  return product;
}

/* Associativity: parameters first, then what lives on rows, what lives on columns, and pairs last,
 * numbers before vectors. A part of the result is what building that part alone would give. */
const MongeFormula *
monge_product_build (MongeFormulaPool *pool, MongeProduct *product, guint dim)
{
  const MongeFormula *list[MONGE_MAX_ARRANGED + 2], *carried = NULL;
  guint n_pairs = 0;
  const MongeFormula *pairs[MONGE_MAX_ARRANGED + 3];

  if (product->factor == 0) /* 0 a = 0 for finite a */
    return monge_formula_zero (pool, dim);
  if (product->factor != 1 || product->n_factors == 0)
    carried = monge_formula_constant (pool, product->factor);
  for (guint axis = MONGE_AXIS_NONE; axis <= MONGE_AXIS_PAIR; axis++)
    {
      guint n = 0;

      for (guint k = 0; k < product->n_factors; k++)
        if (product->factors[k]->axis == axis)
          list[n++] = product->factors[k];
      if (axis != MONGE_AXIS_PAIR && n == 0)
        continue;
      if (carried != NULL)
        list[n++] = g_steal_pointer (&carried);
      if (axis == MONGE_AXIS_NONE)
        carried = multiply_all (pool, list, n);
      else if (axis != MONGE_AXIS_PAIR)
        pairs[n_pairs++] = multiply_all (pool, list, n);
      else
        for (guint k = 0; k < n; k++)
          pairs[n_pairs++] = list[k];
    }
  return multiply_all (pool, pairs, n_pairs);
}

const MongeFormula *
monge_formula_arrange_product (MongeFormulaPool *pool, double factor, const MongeFormula *a,
                               const MongeFormula *b, guint dim)
{
  MongeProduct product = { .factor = factor };
  const MongeFormula *operands[3] = { a, b, NULL };

  if (collect_product (pool, &product, a) && (b == NULL || collect_product (pool, &product, b)))
    return monge_product_build (pool, &product, dim);
  if (b == NULL)
    return factor == 1 ? a : combine (pool, MONGE_OP_MULTIPLY,
                                      monge_formula_constant (pool, factor), a);
  return monge_formula_intern (pool, MONGE_OP_MULTIPLY, dim, operands, 0);
}

/* --- sums --- */

/* @constant + Σ factor × formula. */
typedef struct {
  double constant;
  guint n_terms;
  Item terms[MONGE_MAX_ARRANGED];
} Sum;

/* One term of a sum that is being built: ±@node; @negated is −@node, for negative terms. */
typedef struct {
  const MongeFormula *node, *negated;
  int sign;
} Element;

static gboolean
is_sum (const MongeFormula *formula)
{
  return formula->op == MONGE_OP_ADD || formula->op == MONGE_OP_SUBTRACT;
}

/* c a + d a = (c + d) a */
static gboolean
add_term (Sum *sum, const MongeFormula *formula, double factor)
{
  for (guint k = 0; k < sum->n_terms; k++)
    if (sum->terms[k].formula == formula)
      {
        sum->terms[k].factor += factor;
        return isfinite (sum->terms[k].factor);
      }
  if (sum->n_terms == MONGE_MAX_ARRANGED)
    return FALSE;
  sum->terms[sum->n_terms++] = (Item){ formula, factor };
  return TRUE;
}

/* The constant factor of a product, and the rest; of one whose constants overflow together, the
 * first. */
static Item
split (MongeFormulaPool *pool, const MongeFormula *formula)
{
  const MongeFormula *a = formula->operands[0], *b = formula->operands[1];
  MongeProduct product;
  double factor;

  if (formula->op != MONGE_OP_MULTIPLY)
    return (Item){ formula, 1 };
  if (!monge_product_collect (pool, &product, formula))
    return a->op == MONGE_OP_CONSTANT && b->op != MONGE_OP_CONSTANT ? (Item){ b, a->value }
                                                                    : (Item){ formula, 1 };
  if (product.factor == 1 || product.n_factors == 0)
    return (Item){ formula, 1 };
  factor = product.factor;
  product.factor = 1;
  return (Item){ monge_product_build (pool, &product, formula->dim), factor };
}

static gboolean
collect_item (MongeFormulaPool *pool, Sum *sum, Stack *stack, Item item)
{
  const MongeFormula *formula = item.formula;
  Item part;

  if (is_sum (formula) && fabs (item.factor) == 1)
    {
      double sign = formula->op == MONGE_OP_SUBTRACT ? -1 : 1;

      return push (stack, formula->operands[1], sign * item.factor)
             && push (stack, formula->operands[0], item.factor);
    }
  if (formula->op == MONGE_OP_CONSTANT)
    {
      sum->constant += item.factor * formula->value;
      return isfinite (sum->constant);
    }
  if (monge_formula_is_zero (formula))
    return TRUE;
  part = split (pool, formula);
  part.factor *= item.factor;
  if (is_sum (part.formula) && fabs (part.factor) == 1)
    return push (stack, part.formula, part.factor);
  return add_term (sum, part.formula, part.factor);
}

/* Terms that have cancelled go; sums whose factor has become ±1 are taken apart in their turn. */
static gboolean
settle (Sum *sum, Stack *stack)
{
  guint n = 0;

  for (guint k = 0; k < sum->n_terms; k++)
    {
      Item term = sum->terms[k];

      if (is_sum (term.formula) && fabs (term.factor) == 1)
        {
          if (!push (stack, term.formula, term.factor))
            return FALSE;
        }
      else if (term.factor != 0)
        sum->terms[n++] = term;
    }
  sum->n_terms = n;
  return TRUE;
}

/* @stack: what to take apart */
static gboolean
collect_sum (MongeFormulaPool *pool, Sum *sum, Stack *stack)
{
  while (stack->n_items > 0)
    {
      while (stack->n_items > 0)
        {
          Item item = stack->items[--stack->n_items];

          if (!collect_item (pool, sum, stack, item))
            return FALSE;
        }
      if (!settle (sum, stack))
        return FALSE;
    }
  return TRUE;
}

static int
compare_elements (const void *a, const void *b)
{
  const Element *x = a, *y = b;

  return compare (x->node, y->node);
}

/* The first that is positive, then the others in order; −a − b as (−a) − b. */
static const MongeFormula *
add_all (MongeFormulaPool *pool, const Element *elements, guint n, int sign)
{
  const MongeFormula *sum;
  guint first = 0;

  while (first < n && elements[first].sign * sign < 0)
    first++;
  sum = first < n ? elements[first].node : elements[first = 0].negated;
  for (guint k = 0; k < n; k++)
    if (k != first)
      sum = combine (pool, elements[k].sign * sign < 0 ? MONGE_OP_SUBTRACT : MONGE_OP_ADD, sum,
                     elements[k].node);
  return sum;
}

/* Elements that are one from here on. */
static Element
group (MongeFormulaPool *pool, Element *elements, guint n)
{
  gboolean negative = TRUE;

  qsort (elements, n, sizeof *elements, compare_elements);
  for (guint k = 0; k < n; k++)
    negative &= elements[k].sign < 0;
  if (!negative)
    return (Element){ add_all (pool, elements, n, 1), NULL, 1 };
  return (Element){ add_all (pool, elements, n, -1), add_all (pool, elements, n, 1), -1 };
}

static Element
make_element (MongeFormulaPool *pool, Item term)
{
  const MongeFormula *formula = term.formula;
  Element element = { .sign = term.factor < 0 ? -1 : 1 };

  element.node = monge_formula_arrange_product (pool, fabs (term.factor), formula, NULL,
                                                formula->dim);
  if (element.sign < 0)
    element.negated = monge_formula_arrange_product (pool, term.factor, formula, NULL,
                                                     formula->dim);
  return element;
}

static Element
make_constant (MongeFormulaPool *pool, double value)
{
  return (Element){ monge_formula_constant (pool, fabs (value)),
                    monge_formula_constant (pool, value), value < 0 ? -1 : 1 };
}

/* Associativity, as for products. */
static const MongeFormula *
build_sum (MongeFormulaPool *pool, Sum *sum, guint dim)
{
  Element list[MONGE_MAX_ARRANGED + 3], pairs[MONGE_MAX_ARRANGED + 4], carried;
  gboolean carries = sum->constant != 0;
  guint n_pairs = 0, widest = 1;

  for (guint k = 0; k < sum->n_terms; k++)
    widest = MAX (widest, sum->terms[k].formula->dim);
  if (carries)
    carried = make_constant (pool, sum->constant);
  for (guint axis = MONGE_AXIS_NONE; axis <= MONGE_AXIS_PAIR; axis++)
    {
      guint n = 0;

      for (guint k = 0; k < sum->n_terms; k++)
        if (sum->terms[k].formula->axis == axis)
          list[n++] = make_element (pool, sum->terms[k]);
      if (axis == MONGE_AXIS_NONE && widest < dim) /* terms of the full dimension have cancelled */
        list[n++] = (Element){ monge_formula_zero (pool, dim), NULL, 1 };
      if (axis != MONGE_AXIS_PAIR && n == 0)
        continue;
      if (carries)
        list[n++] = carried;
      carries = axis == MONGE_AXIS_NONE;
      if (carries)
        carried = group (pool, list, n);
      else if (axis != MONGE_AXIS_PAIR)
        pairs[n_pairs++] = group (pool, list, n);
      else
        for (guint k = 0; k < n; k++)
          pairs[n_pairs++] = list[k];
    }
  if (n_pairs == 0)
    return monge_formula_zero (pool, dim);
  qsort (pairs, n_pairs, sizeof *pairs, compare_elements);
  return add_all (pool, pairs, n_pairs, 1);
}

const MongeFormula *
monge_formula_arrange_sum (MongeFormulaPool *pool, const MongeFormula *a, const MongeFormula *b,
                           int sign, guint dim)
{
  const MongeFormula *operands[3] = { a, b, NULL };
  Sum sum = { .constant = 0 };
  Stack stack;

  stack.n_items = 0;
  push (&stack, b, sign);
  push (&stack, a, 1);
  if (collect_sum (pool, &sum, &stack))
    return build_sum (pool, &sum, dim);
  return monge_formula_intern (pool, sign < 0 ? MONGE_OP_SUBTRACT : MONGE_OP_ADD, dim, operands,
                               0);
}

static const MongeFormula *
drop_sign_of_sum (MongeFormulaPool *pool, const MongeFormula *formula)
{
  Sum sum = { .constant = 0 };
  const Item *first;
  Stack stack;

  stack.n_items = 0;
  push (&stack, formula, 1);
  if (!collect_sum (pool, &sum, &stack) || sum.n_terms == 0)
    return formula;
  first = &sum.terms[0];
  for (guint k = 1; k < sum.n_terms; k++)
    if (compare (sum.terms[k].formula, first->formula) < 0)
      first = &sum.terms[k];
  if (first->factor > 0)
    return formula;
  for (guint k = 0; k < sum.n_terms; k++)
    sum.terms[k].factor = -sum.terms[k].factor;
  sum.constant = -sum.constant;
  return build_sum (pool, &sum, formula->dim);
}

const MongeFormula *
monge_formula_drop_sign (MongeFormulaPool *pool, const MongeFormula *formula)
{
  Item part;

  if (is_sum (formula))
    return drop_sign_of_sum (pool, formula);
  part = split (pool, formula);
  if (part.factor >= 0)
    return formula;
  return monge_formula_arrange_product (pool, -part.factor, part.formula, NULL, formula->dim);
}
