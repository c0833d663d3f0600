/* Derivatives in reverse: from the result down to the variable, each node is met once, after all
 * that use it, with c = ∂⟨cotangent, formula⟩/∂node, and hands its operands their share. Shares are
 * built in the pool, so they are simplified and shared with the formula itself: the cost of the
 * gradient is a small multiple of the formula's (Griewank & Walther, Evaluating Derivatives, 2008,
 * chapter 3).
 *
 * A share of one component stands for that number in every component, as elementwise operations
 * take it; it is only written out where components are moved about.
 *
 * What is 0 by convention must be 0 again after another derivative, and in the arithmetic of a
 * tile, where both sides of an if are computed: 1/r is written if (r, 1 / if (r, r, 1), 0), whose
 * own derivatives never divide by zero. */
#include "compute/formula/formula.h"

typedef struct {
  MongeFormulaPool *pool;
  GPtrArray *nodes;       /* that depend on the variable, ascending */
  GHashTable *cotangents; /* node → c, or NULL while nothing has arrived */
  GHashTable *parts;      /* node → what its slices have handed it: array of Part */
  GError **error;
  gboolean failed;
} Gradient;

/* A share of some components. */
typedef struct {
  guint first, dim;
  const MongeFormula *share;
} Part;

/* --- Small words for building; NULL passes through -------------------------------------------- */

static const MongeFormula *
apply (Gradient *g, MongeOp op, const MongeFormula *a, const MongeFormula *b, const MongeFormula *c)
{
  const MongeFormula *operands[3] = { a, b, c }, *result = NULL;
  gboolean complete = TRUE;

  for (guint k = 0; k < monge_op_get_info (op)->n_operands; k++)
    complete = complete && operands[k] != NULL;
  if (complete && !g->failed)
    result = monge_formula_apply (g->pool, op, operands, g->error);
  g->failed = result == NULL;
  return result;
}

static const MongeFormula *
unary (Gradient *g, MongeOp op, const MongeFormula *a)
{
  return apply (g, op, a, NULL, NULL);
}

static const MongeFormula *
binary (Gradient *g, MongeOp op, const MongeFormula *a, const MongeFormula *b)
{
  return apply (g, op, a, b, NULL);
}

static const MongeFormula *
number (Gradient *g, double value)
{
  return monge_formula_constant (g->pool, value);
}

static const MongeFormula *
times (Gradient *g, const MongeFormula *a, const MongeFormula *b)
{
  return binary (g, MONGE_OP_MULTIPLY, a, b);
}

static const MongeFormula *
scaled (Gradient *g, double factor, const MongeFormula *a)
{
  return times (g, number (g, factor), a);
}

static const MongeFormula *
choose (Gradient *g, const MongeFormula *condition, const MongeFormula *a, const MongeFormula *b)
{
  return apply (g, MONGE_OP_IF, condition, a, b);
}

/* 1/a, and 0 where a = 0. */
static const MongeFormula *
inverse_or_zero (Gradient *g, const MongeFormula *a)
{
  const MongeFormula *safe = choose (g, a, a, number (g, 1));

  return choose (g, a, unary (g, MONGE_OP_INVERSE, safe), number (g, 0));
}

static const MongeFormula *
concat (Gradient *g, const MongeFormula *a, const MongeFormula *b)
{
  return a == NULL ? b : b == NULL ? a : binary (g, MONGE_OP_CONCAT, a, b);
}

/* @a in every one of @dim components; NULL for none. */
static const MongeFormula *
repeat (Gradient *g, const MongeFormula *a, guint dim)
{
  const MongeFormula *half;

  if (dim <= 1 || a == NULL)
    return dim == 0 ? NULL : a;
  half = repeat (g, a, dim / 2);
  half = concat (g, half, half);
  return dim % 2 == 1 ? concat (g, half, a) : half;
}

static const MongeFormula *
widen (Gradient *g, const MongeFormula *a, guint dim)
{
  return a == NULL || a->dim == dim ? a : repeat (g, a, dim);
}

static const MongeFormula *
slice (Gradient *g, const MongeFormula *a, guint first, guint dim)
{
  const MongeFormula *result
      = a == NULL || g->failed ? NULL : monge_formula_slice (g->pool, a, first, dim, g->error);

  g->failed = result == NULL;
  return result;
}

/* Σ_d a_d b_d, where either may be one number for all. */
static const MongeFormula *
dot (Gradient *g, const MongeFormula *a, const MongeFormula *b)
{
  if (a == NULL || b == NULL)
    return NULL;
  if (a->dim == b->dim)
    return binary (g, a->dim > 1 ? MONGE_OP_DOT : MONGE_OP_MULTIPLY, a, b);
  return a->dim > 1 ? times (g, unary (g, MONGE_OP_SUM, a), b)
                    : times (g, a, unary (g, MONGE_OP_SUM, b));
}

/* --- Shares ----------------------------------------------------------------------------------- */

/* Adds to the cotangent of @operand, if the variable is below it. */
static void
hand (Gradient *g, const MongeFormula *operand, const MongeFormula *share)
{
  gpointer present;

  if (share == NULL)
    g->failed = TRUE;
  if (g->failed || !g_hash_table_lookup_extended (g->cotangents, operand, NULL, &present))
    return;
  if (share->op == MONGE_OP_CONSTANT && share->value == 0)
    return;
  if (present != NULL)
    share = binary (g, MONGE_OP_ADD, present, share);
  g_hash_table_insert (g->cotangents, (gpointer) operand, (gpointer) share);
}

static gboolean
wanted (const Gradient *g, const MongeFormula *operand)
{
  return !g->failed && g_hash_table_contains (g->cotangents, operand);
}

/* c times the slope of an elementwise operation in @operand, summed over components if the operand
 * is one number that serves them all. */
static void
hand_product (Gradient *g, const MongeFormula *node, const MongeFormula *operand,
              const MongeFormula *c, const MongeFormula *slope)
{
  const MongeFormula *share;

  if (!wanted (g, operand))
    return;
  if (operand->dim == node->dim)
    share = times (g, c, slope);
  else if (slope != NULL && (c->dim > 1 || slope->dim > 1))
    share = dot (g, c, slope);
  else
    share = scaled (g, node->dim, times (g, c, slope));
  hand (g, operand, share);
}

/* f'(a) of the operations of one operand, r = f(a). NULL where it is 0 everywhere. */
static const MongeFormula *
get_slope (Gradient *g, MongeOp op, const MongeFormula *a, const MongeFormula *r)
{
  const MongeFormula *one = number (g, 1);

  switch (op)
    {
    case MONGE_OP_NEGATE: return number (g, -1);
    case MONGE_OP_ABS: return unary (g, MONGE_OP_SIGN, a);
    case MONGE_OP_INVERSE: return unary (g, MONGE_OP_NEGATE, unary (g, MONGE_OP_SQUARE, r));
    case MONGE_OP_SQUARE: return scaled (g, 2, a);
    case MONGE_OP_SQRT: return scaled (g, 0.5, inverse_or_zero (g, r));
    case MONGE_OP_RSQRT: return scaled (g, -0.5, times (g, r, unary (g, MONGE_OP_SQUARE, r)));
    case MONGE_OP_EXP: return r;
    case MONGE_OP_LOG: return unary (g, MONGE_OP_INVERSE, a);
    case MONGE_OP_SIN: return unary (g, MONGE_OP_COS, a);
    case MONGE_OP_COS: return unary (g, MONGE_OP_NEGATE, unary (g, MONGE_OP_SIN, a));
    case MONGE_OP_TAN: return binary (g, MONGE_OP_ADD, one, unary (g, MONGE_OP_SQUARE, r));
    case MONGE_OP_ASIN:
      return unary (g, MONGE_OP_RSQRT,
                    binary (g, MONGE_OP_SUBTRACT, one, unary (g, MONGE_OP_SQUARE, a)));
    case MONGE_OP_ACOS:
      return unary (g, MONGE_OP_NEGATE, get_slope (g, MONGE_OP_ASIN, a, r));
    case MONGE_OP_ATAN:
      return unary (g, MONGE_OP_INVERSE,
                    binary (g, MONGE_OP_ADD, one, unary (g, MONGE_OP_SQUARE, a)));
    case MONGE_OP_TANH: return binary (g, MONGE_OP_SUBTRACT, one, unary (g, MONGE_OP_SQUARE, r));
    default: return number (g, 0); /* sign, step */
    }
}

/* a^b: b a^(b−1) and a^b log a, the latter 0 at a = 0. */
static void
hand_power (Gradient *g, const MongeFormula *node, const MongeFormula *c)
{
  const MongeFormula *a = node->operands[0], *b = node->operands[1];

  if (wanted (g, a))
    hand_product (g, node, a, c,
                  times (g, b,
                         binary (g, MONGE_OP_POWER, a,
                                 binary (g, MONGE_OP_SUBTRACT, b, number (g, 1)))));
  if (wanted (g, b))
    hand_product (g, node, b, c,
                  times (g, node,
                         unary (g, MONGE_OP_LOG, choose (g, a, a, number (g, 1)))));
}

/* The angle of (b, a): b / (a² + b²) and −a / (a² + b²), 0 at the origin. */
static void
hand_atan2 (Gradient *g, const MongeFormula *node, const MongeFormula *c)
{
  const MongeFormula *a = node->operands[0], *b = node->operands[1];
  const MongeFormula *inverse
      = inverse_or_zero (g, binary (g, MONGE_OP_ADD, unary (g, MONGE_OP_SQUARE, a),
                                    unary (g, MONGE_OP_SQUARE, b)));

  hand_product (g, node, a, c, times (g, b, inverse));
  hand_product (g, node, b, c, unary (g, MONGE_OP_NEGATE, times (g, a, inverse)));
}

/* Where @condition holds to @a, elsewhere to @b: of equals, min and max give to one, which is the
 * constant if there is one, as simplified operands have that first. */
static void
hand_either (Gradient *g, const MongeFormula *node, const MongeFormula *c,
             const MongeFormula *condition, const MongeFormula *a, const MongeFormula *b)
{
  const MongeFormula *zero = number (g, 0), *one = number (g, 1);

  hand_product (g, node, a, one, choose (g, condition, c, zero));
  hand_product (g, node, b, one, choose (g, condition, zero, c));
}

static void
hand_elementwise (Gradient *g, const MongeFormula *node, const MongeFormula *c)
{
  const MongeFormula *a = node->operands[0], *b = node->operands[1];

  switch (node->op)
    {
    case MONGE_OP_ADD:
      hand_product (g, node, a, c, number (g, 1));
      hand_product (g, node, b, c, number (g, 1));
      break;
    case MONGE_OP_SUBTRACT:
      hand_product (g, node, a, c, number (g, 1));
      hand_product (g, node, b, c, number (g, -1));
      break;
    case MONGE_OP_MULTIPLY:
      hand_product (g, node, a, c, b);
      hand_product (g, node, b, c, a);
      break;
    case MONGE_OP_DIVIDE: /* 1/b and −(a/b)/b */
      if (wanted (g, a))
        hand_product (g, node, a, c, unary (g, MONGE_OP_INVERSE, b));
      if (wanted (g, b))
        hand_product (g, node, b, unary (g, MONGE_OP_NEGATE, c),
                      binary (g, MONGE_OP_DIVIDE, node, b));
      break;
    case MONGE_OP_POWER: hand_power (g, node, c); break;
    case MONGE_OP_ATAN2: hand_atan2 (g, node, c); break;
    case MONGE_OP_MIN:
      hand_either (g, node, c, binary (g, MONGE_OP_LESS_EQUAL, a, b), a, b);
      break;
    case MONGE_OP_MAX:
      hand_either (g, node, c, binary (g, MONGE_OP_LESS_EQUAL, b, a), a, b);
      break;
    case MONGE_OP_IF: hand_either (g, node, c, a, b, node->operands[2]); break;
    case MONGE_OP_LESS:
    case MONGE_OP_LESS_EQUAL:
    case MONGE_OP_EQUAL: break; /* constant where they do not jump */
    default: hand_product (g, node, a, c, get_slope (g, node->op, a, node)); break;
    }
}

/* From one number to the components it came from; c is one number. */
static void
hand_fold (Gradient *g, const MongeFormula *node, const MongeFormula *c)
{
  const MongeFormula *a = node->operands[0], *b = node->operands[1], *attained;

  switch (node->op)
    {
    case MONGE_OP_DOT:
      if (wanted (g, a))
        hand (g, a, times (g, c, b));
      if (wanted (g, b))
        hand (g, b, times (g, c, a));
      break;
    case MONGE_OP_SQNORM: hand (g, a, times (g, scaled (g, 2, c), a)); break;
    case MONGE_OP_NORM: hand (g, a, times (g, c, unary (g, MONGE_OP_NORMALISE, a))); break;
    case MONGE_OP_SUM: hand (g, a, c); break;
    case MONGE_OP_MAX_COMPONENT: /* those that attain it share */
      attained = binary (g, MONGE_OP_EQUAL, a, node);
      c = binary (g, MONGE_OP_DIVIDE, c, unary (g, MONGE_OP_SUM, attained));
      hand (g, a, choose (g, attained, c, number (g, 0)));
      break;
    default: g_assert_not_reached ();
    }
}

/* u = a/|a|: (c − u ⟨u, c⟩) / |a| */
static void
hand_normalise (Gradient *g, const MongeFormula *node, const MongeFormula *c)
{
  const MongeFormula *a = node->operands[0];
  const MongeFormula *along = times (g, node, dot (g, node, c));

  if (a->dim > 1)
    hand (g, a, times (g, binary (g, MONGE_OP_SUBTRACT, c, along),
                       inverse_or_zero (g, unary (g, MONGE_OP_NORM, a))));
}

/* Σ_r v_r M_r, with M_r the rows of a matrix of @columns columns. */
static const MongeFormula *
combine_rows (Gradient *g, const MongeFormula *v, const MongeFormula *matrix, guint columns)
{
  const MongeFormula *sum = times (g, slice (g, v, 0, 1), slice (g, matrix, 0, columns));

  for (guint r = 1; !g->failed && r < matrix->dim / columns; r++)
    sum = binary (g, MONGE_OP_ADD, sum,
                  times (g, slice (g, v, r, 1), slice (g, matrix, r * columns, columns)));
  return sum;
}

static void
hand_part (Gradient *g, const MongeFormula *node, const MongeFormula *c)
{
  const MongeFormula *whole = node->operands[0];
  GArray *parts = g_hash_table_lookup (g->parts, whole);
  Part part = { node->first, node->dim, c };

  if (parts == NULL)
    {
      parts = g_array_new (FALSE, FALSE, sizeof (Part));
      g_hash_table_insert (g->parts, (gpointer) whole, parts);
    }
  g_array_append_val (parts, part);
}

/* The sum of the parts over components @first … @end − 1, within which no part begins or ends. */
static const MongeFormula *
add_parts (Gradient *g, const GArray *parts, guint first, guint end)
{
  const MongeFormula *sum = NULL;

  for (guint k = 0; k < parts->len && !g->failed; k++)
    {
      const Part *part = &g_array_index (parts, Part, k);
      const MongeFormula *piece;

      if (part->first > first || part->first + part->dim < end)
        continue;
      piece = slice (g, part->share, first - part->first, end - first);
      sum = sum == NULL ? piece : binary (g, MONGE_OP_ADD, sum, piece);
    }
  return sum != NULL ? sum : repeat (g, number (g, 0), end - first);
}

/* What the slices of @whole have handed it, component by component: one vector, rather than one
 * with zeros for each. */
static void
hand_parts (Gradient *g, const MongeFormula *whole)
{
  const GArray *parts = g_hash_table_lookup (g->parts, whole);
  gboolean borders[MONGE_FORMULA_MAX_DIM + 1] = { FALSE };
  const MongeFormula *all = NULL;

  if (parts == NULL)
    return;
  borders[whole->dim] = TRUE;
  for (guint k = 0; k < parts->len; k++)
    {
      const Part *part = &g_array_index (parts, Part, k);

      borders[part->first] = borders[part->first + part->dim] = TRUE;
    }
  for (guint first = 0, end; first < whole->dim && !g->failed; first = end)
    {
      end = first + 1;
      while (!borders[end])
        end++;
      all = concat (g, all, add_parts (g, parts, first, end));
    }
  hand (g, whole, all);
}

static void
hand_structure (Gradient *g, const MongeFormula *node, const MongeFormula *c)
{
  const MongeFormula *a = node->operands[0], *b = node->operands[1];
  const MongeFormula *wide = node->op == MONGE_OP_NORMALISE ? c : widen (g, c, node->dim);

  switch (node->op)
    {
    case MONGE_OP_NORMALISE: hand_normalise (g, node, c); break;
    case MONGE_OP_SLICE: hand_part (g, node, wide); break;
    case MONGE_OP_CONCAT:
      if (wanted (g, a))
        hand (g, a, slice (g, wide, 0, a->dim));
      if (wanted (g, b))
        hand (g, b, slice (g, wide, a->dim, b->dim));
      break;
    case MONGE_OP_MATVEC: /* c ⊗ b, Aᵀ c */
      if (wanted (g, a))
        hand (g, a, binary (g, MONGE_OP_OUTER, wide, b));
      if (wanted (g, b))
        hand (g, b, combine_rows (g, wide, a, b->dim));
      break;
    case MONGE_OP_OUTER: /* C b, Cᵀ a */
      if (wanted (g, a))
        hand (g, a, binary (g, MONGE_OP_MATVEC, wide, b));
      if (wanted (g, b))
        hand (g, b, combine_rows (g, a, wide, b->dim));
      break;
    default: g_assert_not_reached ();
    }
}

static void
hand_down (Gradient *g, const MongeFormula *node, const MongeFormula *c)
{
  switch (monge_op_get_info (node->op)->op_class)
    {
    case MONGE_OP_CLASS_LEAF: break;
    case MONGE_OP_CLASS_ELEMENTWISE: hand_elementwise (g, node, c); break;
    case MONGE_OP_CLASS_FOLD: hand_fold (g, node, c); break;
    case MONGE_OP_CLASS_STRUCTURE: hand_structure (g, node, c); break;
    }
}

/* --- The walk --------------------------------------------------------------------------------- */

static gint
compare_ids (gconstpointer a, gconstpointer b)
{
  const MongeFormula *const *u = a, *const *v = b;

  return ((*u)->id > (*v)->id) - ((*u)->id < (*v)->id);
}

/* All nodes below @formula, ascending: operands before what uses them. No recursion: texts nest as
 * deep as their authors like. */
static GPtrArray *
list_nodes (const MongeFormula *formula)
{
  GPtrArray *nodes = g_ptr_array_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  g_ptr_array_add (nodes, (gpointer) formula);
  g_hash_table_add (seen, (gpointer) formula);
  for (guint next = 0; next < nodes->len; next++)
    {
      const MongeFormula *node = nodes->pdata[next];

      for (guint k = 0; k < monge_op_get_info (node->op)->n_operands; k++)
        if (g_hash_table_add (seen, (gpointer) node->operands[k]))
          g_ptr_array_add (nodes, (gpointer) node->operands[k]);
    }
  g_ptr_array_sort (nodes, compare_ids);
  return nodes;
}

/* Keeps the nodes that the variable is below. */
static void
gradient_init (Gradient *g, MongeFormulaPool *pool, const MongeFormula *formula,
               const MongeFormula *variable, GError **error)
{
  g_autoptr (GPtrArray) nodes = list_nodes (formula);

  *g = (Gradient){ .pool = pool, .error = error };
  g->nodes = g_ptr_array_new ();
  g->cotangents = g_hash_table_new (NULL, NULL);
  g->parts = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_array_unref);
  for (guint n = 0; n < nodes->len; n++)
    {
      const MongeFormula *node = nodes->pdata[n];
      gboolean depends = node == variable;

      for (guint k = 0; k < monge_op_get_info (node->op)->n_operands; k++)
        depends = depends || g_hash_table_contains (g->cotangents, node->operands[k]);
      if (!depends)
        continue;
      g_ptr_array_add (g->nodes, (gpointer) node);
      g_hash_table_insert (g->cotangents, (gpointer) node, NULL);
    }
}

static void
gradient_clear (Gradient *g)
{
  g_ptr_array_unref (g->nodes);
  g_hash_table_unref (g->cotangents);
  g_hash_table_unref (g->parts);
}

const MongeFormula *
monge_formula_gradient (MongeFormulaPool *pool, const MongeFormula *formula,
                        const MongeFormula *variable, const MongeFormula *cotangent, GError **error)
{
  const MongeFormula *result;
  Gradient g;

  g_return_val_if_fail (pool != NULL && formula != NULL && variable != NULL, NULL);
  g_return_val_if_fail (variable->op == MONGE_OP_VARIABLE, NULL);
  g_return_val_if_fail (cotangent != NULL || formula->dim == 1, NULL);
  if (cotangent != NULL && cotangent->dim != formula->dim)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "The cotangent has %u components, the formula %u: they must be as many",
                   cotangent->dim, formula->dim);
      return NULL;
    }
  gradient_init (&g, pool, formula, variable, error);
  hand (&g, formula, cotangent != NULL ? cotangent : number (&g, 1));
  for (guint n = g.nodes->len; n > 0 && !g.failed; n--)
    {
      const MongeFormula *node = g.nodes->pdata[n - 1], *c;

      hand_parts (&g, node);
      c = g_hash_table_lookup (g.cotangents, node);
      if (c != NULL && !g.failed)
        hand_down (&g, node, c);
    }
  result = g_hash_table_lookup (g.cotangents, variable);
  result = g.failed ? NULL : widen (&g, result != NULL ? result : number (&g, 0), variable->dim);
  gradient_clear (&g);
  return result;
}
