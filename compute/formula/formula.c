#include "compute/formula/formula-private.h"

#include <math.h>
#include <string.h>

typedef struct {
  MongeFormula formula; /* first */
  guint depth;
} Node;

struct _MongeFormulaPool {
  GHashTable *nodes;     /* set of Node, by content */
  GHashTable *variables; /* name → Node, the name being its own */
  GPtrArray *by_id;      /* owns them */
};

static guint
node_hash (gconstpointer data)
{
  const MongeFormula *a = data;
  guint64 bits, hash = a->op * 31u + a->dim;

  memcpy (&bits, &a->value, sizeof bits);
  hash = hash * 0x9e3779b97f4a7c15u ^ bits;
  hash = hash * 0x9e3779b97f4a7c15u ^ a->first;
  for (guint k = 0; k < 3; k++)
    hash = hash * 0x9e3779b97f4a7c15u ^ (a->operands[k] == NULL ? 0 : a->operands[k]->id + 1u);
  return (hash * 0x9e3779b97f4a7c15u) >> 32;
}

/* Variables are found by name and are not in the set. */
static gboolean
node_equal (gconstpointer data_a, gconstpointer data_b)
{
  const MongeFormula *a = data_a, *b = data_b;

  return a->op == b->op && a->dim == b->dim && a->first == b->first
         && memcmp (&a->value, &b->value, sizeof a->value) == 0
         && memcmp (a->operands, b->operands, sizeof a->operands) == 0;
}

static void
node_free (gpointer data)
{
  Node *node = data;

  g_free ((char *) node->formula.name);
  g_free (node);
}

MongeFormulaPool *
monge_formula_pool_new (void)
{
  MongeFormulaPool *pool = g_new0 (MongeFormulaPool, 1);

  pool->nodes = g_hash_table_new (node_hash, node_equal);
  pool->variables = g_hash_table_new (g_str_hash, g_str_equal);
  pool->by_id = g_ptr_array_new_with_free_func (node_free);
  return pool;
}

void
monge_formula_pool_free (MongeFormulaPool *pool)
{
  if (pool == NULL)
    return;
  g_hash_table_unref (pool->nodes);
  g_hash_table_unref (pool->variables);
  g_ptr_array_unref (pool->by_id);
  g_free (pool);
}

static const MongeFormula *
keep (MongeFormulaPool *pool, const MongeFormula *formula)
{
  Node *node = g_new0 (Node, 1);

  node->formula = *formula;
  node->formula.id = pool->by_id->len;
  for (guint k = 0; k < 3 && formula->operands[k] != NULL; k++)
    {
      const Node *operand = (const Node *) formula->operands[k];

      node->depth = MAX (node->depth, operand->depth + 1);
      node->formula.axis |= formula->operands[k]->axis;
    }
  g_ptr_array_add (pool->by_id, node);
  if (formula->name == NULL)
    g_hash_table_add (pool->nodes, node);
  return &node->formula;
}

static const MongeFormula *
find_or_keep (MongeFormulaPool *pool, const MongeFormula *formula)
{
  const MongeFormula *found = g_hash_table_lookup (pool->nodes, formula);

  return found != NULL ? found : keep (pool, formula);
}

const MongeFormula *
monge_formula_intern (MongeFormulaPool *pool, MongeOp op, guint dim,
                      const MongeFormula *const *operands, guint first)
{
  MongeFormula formula = { .op = op, .dim = dim, .first = first };

  g_assert (dim >= 1 && dim <= MONGE_FORMULA_MAX_DIM);
  memcpy (formula.operands, operands, sizeof formula.operands);
  return find_or_keep (pool, &formula);
}

const MongeFormula *
monge_formula_constant (MongeFormulaPool *pool, double value)
{
  MongeFormula formula = { .op = MONGE_OP_CONSTANT, .dim = 1 };

  g_return_val_if_fail (pool != NULL, NULL);
  formula.value = isnan (value) ? NAN : value + 0.0; /* one NaN, and no −0 */
  return find_or_keep (pool, &formula);
}

gboolean
monge_formula_is_name (const char *name)
{
  const char *at = name;

  if (!g_utf8_validate (name, -1, NULL))
    return FALSE;
  for (; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if (c != '_' && !g_unichar_isalpha (c) && (at == name || c > 127 || !g_ascii_isdigit (c)))
        return FALSE;
    }
  return at != name;
}

static const char *
axis_name (MongeAxis axis)
{
  static const char *const names[] = { "a parameter", "an i-variable", "a j-variable", "a pair" };

  return names[axis & 3];
}

const MongeFormula *
monge_formula_variable (MongeFormulaPool *pool, const char *name, MongeAxis axis, guint dim,
                        GError **error)
{
  MongeFormula formula = { .op = MONGE_OP_VARIABLE, .dim = dim, .axis = axis };
  const MongeFormula *found;

  g_return_val_if_fail (pool != NULL && name != NULL, NULL);
  g_return_val_if_fail (axis < MONGE_AXIS_PAIR, NULL);
  found = g_hash_table_lookup (pool->variables, name);
  if (found != NULL && found->axis == axis && found->dim == dim)
    return found;
  if (found != NULL)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                 "“%s” is already %s of dimension %u; use another name", name,
                 axis_name (found->axis), found->dim);
  else if (!monge_formula_is_name (name))
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                 "a variable cannot be called “%s”: use letters, digits and _", name);
  else if (dim < 1 || dim > MONGE_FORMULA_MAX_DIM)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                 "“%s” has %u components; 1 to %d can be used", name, dim, MONGE_FORMULA_MAX_DIM);
  else if (monge_formula_pool_check (pool, error))
    {
      formula.name = g_strdup (name);
      found = keep (pool, &formula);
      g_hash_table_insert (pool->variables, (char *) found->name, (gpointer) found);
      return found;
    }
  return NULL;
}

const MongeFormula *
monge_formula_pool_find (MongeFormulaPool *pool, const char *name)
{
  return g_hash_table_lookup (pool->variables, name);
}

GPtrArray *
monge_formula_pool_list_variables (MongeFormulaPool *pool)
{
  GPtrArray *list = g_ptr_array_new ();

  for (guint k = 0; k < pool->by_id->len; k++)
    if (((const MongeFormula *) pool->by_id->pdata[k])->op == MONGE_OP_VARIABLE)
      g_ptr_array_add (list, pool->by_id->pdata[k]);
  return list;
}

gboolean
monge_formula_pool_check (MongeFormulaPool *pool, GError **error)
{
  if (pool->by_id->len < MONGE_FORMULA_MAX_NODES)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
               "the formula is too long: more than %d operations", MONGE_FORMULA_MAX_NODES);
  return FALSE;
}

static gboolean
check_operands (MongeFormulaPool *pool, const MongeFormula *const *operands, guint n,
                GError **error)
{
  for (guint k = 0; k < n; k++)
    {
      if (operands[k] == NULL) /* what failed before has said so */
        {
          if (error != NULL && *error == NULL)
            g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "a formula is missing");
          return FALSE;
        }
      if (((const Node *) operands[k])->depth >= MONGE_FORMULA_MAX_DEPTH)
        {
          g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                       "the formula is too long: more than %d operations on one another",
                       MONGE_FORMULA_MAX_DEPTH);
          return FALSE;
        }
    }
  return monge_formula_pool_check (pool, error);
}

/* Elementwise: the dimension of the widest, if the others are like it or 1; else 0. */
static guint
broadcast (const MongeFormula *const *operands, guint n)
{
  guint dim = 1;

  for (guint k = 0; k < n; k++)
    dim = MAX (dim, operands[k]->dim);
  for (guint k = 0; k < n; k++)
    if (operands[k]->dim != 1 && operands[k]->dim != dim)
      return 0;
  return dim;
}

/* Components of op(operands), however many they are; 0 if they do not fit. */
static guint
infer_dim (MongeOp op, const MongeFormula *const *operands)
{
  const MongeOpInfo *info = monge_op_get_info (op);
  guint a = operands[0]->dim, b = info->n_operands > 1 ? operands[1]->dim : 1;

  switch (op)
    {
    case MONGE_OP_DOT:
      return a == b;
    case MONGE_OP_NORMALISE:
      return a;
    case MONGE_OP_CONCAT:
      return a + b;
    case MONGE_OP_MATVEC:
      return a % b == 0 ? a / b : 0;
    case MONGE_OP_OUTER:
      return a * b;
    default:
      return info->op_class == MONGE_OP_CLASS_FOLD ? 1 : broadcast (operands, info->n_operands);
    }
}

/* What the user has written for it. */
static const char *
get_spelling (MongeOp op)
{
  static const char *const signs[MONGE_N_OPS] = {
    [MONGE_OP_ADD] = "+",    [MONGE_OP_SUBTRACT] = "-", [MONGE_OP_MULTIPLY] = "*",
    [MONGE_OP_DIVIDE] = "/", [MONGE_OP_LESS] = "<",     [MONGE_OP_LESS_EQUAL] = "<=",
    [MONGE_OP_EQUAL] = "==",
  };

  return signs[op] != NULL ? signs[op] : monge_op_get_info (op)->name;
}

static void
set_dim_error (GError **error, MongeOp op, const MongeFormula *const *operands, guint dim)
{
  const MongeOpInfo *info = monge_op_get_info (op);
  g_autoptr (GString) dims = g_string_new (NULL);
  const char *rule = "they must be equal, or one of them 1";

  for (guint k = 0; k < info->n_operands; k++)
    g_string_append_printf (dims, "%s%u", k == 0 ? "" : k + 1 < info->n_operands ? ", " : " and ",
                            operands[k]->dim);
  if (dim > MONGE_FORMULA_MAX_DIM)
    rule = "the result would have more than " G_STRINGIFY (MONGE_FORMULA_MAX_DIM) " components";
  else if (op == MONGE_OP_DOT)
    rule = "they must be equal";
  else if (op == MONGE_OP_MATVEC)
    rule = "the first must be a multiple of the second";
  else if (op == MONGE_OP_IF)
    rule = "they must be equal, or 1";
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "“%s” of dimensions %s: %s",
               get_spelling (op), dims->str, rule);
}

const MongeFormula *
monge_formula_make (MongeFormulaPool *pool, MongeOp op, const MongeFormula *a,
                    const MongeFormula *b, const MongeFormula *c)
{
  const MongeFormula *operands[3] = { a, b, c };
  guint dim = infer_dim (op, operands);

  return monge_formula_simplify (pool, op, operands, dim);
}

const MongeFormula *
monge_formula_apply (MongeFormulaPool *pool, MongeOp op, const MongeFormula *const *operands,
                     GError **error)
{
  const MongeFormula *padded[3] = { NULL };
  guint n, dim;

  g_return_val_if_fail (pool != NULL && op < MONGE_N_OPS, NULL);
  g_return_val_if_fail (op > MONGE_OP_CONSTANT && op != MONGE_OP_SLICE, NULL);
  n = monge_op_get_info (op)->n_operands;
  if (!check_operands (pool, operands, n, error))
    return NULL;
  dim = infer_dim (op, operands);
  if (dim == 0 || dim > MONGE_FORMULA_MAX_DIM)
    {
      set_dim_error (error, op, operands, dim);
      return NULL;
    }
  memcpy (padded, operands, n * sizeof *operands);
  return monge_formula_simplify (pool, op, padded, dim);
}

const MongeFormula *
monge_formula_make_slice (MongeFormulaPool *pool, const MongeFormula *formula, guint first,
                          guint dim)
{
  return monge_formula_simplify_slice (pool, formula, first, dim);
}

const MongeFormula *
monge_formula_slice (MongeFormulaPool *pool, const MongeFormula *formula, guint first, guint dim,
                     GError **error)
{
  g_return_val_if_fail (pool != NULL, NULL);
  if (!check_operands (pool, &formula, 1, error))
    return NULL;
  if (dim >= 1 && first < formula->dim && dim <= formula->dim - first)
    return monge_formula_make_slice (pool, formula, first, dim);
  if (dim <= 1)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                 "there is no component %u: there are %u, counted from 0", first, formula->dim);
  else
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                 "there are no components %u to %u: there are %u, counted from 0", first,
                 first + dim - 1, formula->dim);
  return NULL;
}

const MongeFormula *
monge_formula_zero (MongeFormulaPool *pool, guint dim)
{
  const MongeFormula *zero = monge_formula_constant (pool, 0), *all = zero;

  for (guint d = 2; d <= dim; d++)
    {
      const MongeFormula *operands[3] = { all, zero, NULL };

      all = monge_formula_intern (pool, MONGE_OP_CONCAT, d, operands, 0);
    }
  return all;
}

gboolean
monge_formula_is_zero (const MongeFormula *formula)
{
  while (formula->op == MONGE_OP_CONCAT && formula->operands[1]->op == MONGE_OP_CONSTANT
         && formula->operands[1]->value == 0)
    formula = formula->operands[0];
  return formula->op == MONGE_OP_CONSTANT && formula->value == 0;
}

/* What @node becomes, its operands having been replaced already. */
static const MongeFormula *
rebuild (MongeFormulaPool *pool, const MongeFormula *node, GHashTable *replaced, GError **error)
{
  const MongeFormula *operands[3] = { NULL };
  gboolean changed = FALSE;

  for (guint k = 0; k < 3 && node->operands[k] != NULL; k++)
    {
      operands[k] = g_hash_table_lookup (replaced, node->operands[k]);
      changed |= operands[k] != node->operands[k];
    }
  if (!changed)
    return node;
  if (node->op == MONGE_OP_SLICE)
    return monge_formula_slice (pool, operands[0], node->first, node->dim, error);
  return monge_formula_apply (pool, node->op, operands, error);
}

static void
mark (const MongeFormula *formula, GHashTable *seen, GPtrArray *nodes)
{
  if (!g_hash_table_add (seen, (gpointer) formula))
    return;
  for (guint k = 0; k < 3 && formula->operands[k] != NULL; k++)
    mark (formula->operands[k], seen, nodes);
  g_ptr_array_add (nodes, (gpointer) formula);
}

const MongeFormula *
monge_formula_substitute (MongeFormulaPool *pool, const MongeFormula *formula,
                          const MongeFormula *from, const MongeFormula *to, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) replaced = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) nodes = g_ptr_array_new (); /* operands first */

  g_return_val_if_fail (pool != NULL && formula != NULL && from != NULL && to != NULL, NULL);
  g_return_val_if_fail (from->dim == to->dim, NULL);
  mark (formula, seen, nodes);
  for (guint k = 0; k < nodes->len; k++)
    {
      const MongeFormula *node = nodes->pdata[k], *new;

      new = node == from ? to : rebuild (pool, node, replaced, error);
      if (new == NULL)
        return NULL;
      g_hash_table_insert (replaced, (gpointer) node, (gpointer) new);
    }
  return g_hash_table_lookup (replaced, formula);
}
