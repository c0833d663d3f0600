#include "tests/formula-reference.h"

#include <math.h>
#include <string.h>

/* One node, where its value goes and where those of its operands lie. */
typedef struct {
  const MongeFormula *formula;
  double *out;
  const double *operands[3];
  const MongeReferenceValues *values; /* of a variable */
} Node;

/* Every node below the roots, operands first. */
typedef struct {
  GArray *nodes;
  GHashTable *places; /* formula → double[dim] */
  const MongeReferenceValues *values;
  guint n_values;
} Evaluator;

static void
evaluator_init (Evaluator *evaluator, const MongeReferenceValues *values, guint n_values)
{
  evaluator->nodes = g_array_new (FALSE, FALSE, sizeof (Node));
  evaluator->places = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  evaluator->values = values;
  evaluator->n_values = n_values;
}

static void
evaluator_clear (Evaluator *evaluator)
{
  g_array_unref (evaluator->nodes);
  g_hash_table_unref (evaluator->places);
}

static const MongeReferenceValues *
find_values (const Evaluator *evaluator, const MongeFormula *variable)
{
  for (guint k = 0; k < evaluator->n_values; k++)
    if (evaluator->values[k].variable == variable)
      return &evaluator->values[k];
  g_error ("no values for the variable %s", variable->name);
}

static double *
evaluator_add (Evaluator *evaluator, const MongeFormula *formula)
{
  double *place = g_hash_table_lookup (evaluator->places, formula);
  Node node = { .formula = formula };

  if (place != NULL)
    return place;
  for (guint k = 0; k < monge_op_get_info (formula->op)->n_operands; k++)
    node.operands[k] = evaluator_add (evaluator, formula->operands[k]);
  if (formula->op == MONGE_OP_VARIABLE)
    node.values = find_values (evaluator, formula);
  node.out = g_new (double, formula->dim);
  g_hash_table_insert (evaluator->places, (gpointer) formula, node.out);
  g_array_append_val (evaluator->nodes, node);
  return node.out;
}

static double
sign (double a)
{
  return (a > 0) - (a < 0);
}

/* One component of an elementwise operation. */
static double
elementwise (MongeOp op, double a, double b, double c)
{
  switch (op)
    {
    case MONGE_OP_NEGATE: return -a;
    case MONGE_OP_ABS: return fabs (a);
    case MONGE_OP_INVERSE: return 1 / a;
    case MONGE_OP_SQUARE: return a * a;
    case MONGE_OP_SQRT: return sqrt (a);
    case MONGE_OP_RSQRT: return 1 / sqrt (a);
    case MONGE_OP_EXP: return exp (a);
    case MONGE_OP_LOG: return log (a);
    case MONGE_OP_SIN: return sin (a);
    case MONGE_OP_COS: return cos (a);
    case MONGE_OP_TAN: return tan (a);
    case MONGE_OP_ASIN: return asin (a);
    case MONGE_OP_ACOS: return acos (a);
    case MONGE_OP_ATAN: return atan (a);
    case MONGE_OP_TANH: return tanh (a);
    case MONGE_OP_SIGN: return sign (a);
    case MONGE_OP_STEP: return a >= 0;
    case MONGE_OP_ADD: return a + b;
    case MONGE_OP_SUBTRACT: return a - b;
    case MONGE_OP_MULTIPLY: return a * b;
    case MONGE_OP_DIVIDE: return a / b;
    case MONGE_OP_POWER: return pow (a, b);
    case MONGE_OP_ATAN2: return atan2 (a, b);
    case MONGE_OP_MIN: return b < a ? b : a;
    case MONGE_OP_MAX: return b > a ? b : a;
    case MONGE_OP_LESS: return a < b;
    case MONGE_OP_LESS_EQUAL: return a <= b;
    case MONGE_OP_EQUAL: return a == b;
    case MONGE_OP_IF: return a != 0 ? b : c;
    default: g_assert_not_reached ();
    }
}

static double
dot (const double *a, const double *b, guint dim)
{
  double sum = 0;

  for (guint d = 0; d < dim; d++)
    sum += a[d] * b[d];
  return sum;
}

static double
fold (MongeOp op, const double *a, const double *b, guint dim)
{
  double result = op == MONGE_OP_MAX_COMPONENT ? -INFINITY : 0;

  switch (op)
    {
    case MONGE_OP_DOT: return dot (a, b, dim);
    case MONGE_OP_SQNORM: return dot (a, a, dim);
    case MONGE_OP_NORM: return sqrt (dot (a, a, dim));
    case MONGE_OP_SUM:
      for (guint d = 0; d < dim; d++)
        result += a[d];
      return result;
    case MONGE_OP_MAX_COMPONENT:
      for (guint d = 0; d < dim; d++)
        result = fmax (result, a[d]);
      return result;
    default: g_assert_not_reached ();
    }
}

static void
structure (const MongeFormula *node, const double *a, const double *b, double *out)
{
  guint a_dim = node->operands[0]->dim;
  guint b_dim = node->operands[1] != NULL ? node->operands[1]->dim : 0;
  double norm;

  switch (node->op)
    {
    case MONGE_OP_NORMALISE:
      norm = sqrt (dot (a, a, a_dim));
      for (guint d = 0; d < a_dim; d++)
        out[d] = norm > 0 ? a[d] / norm : 0;
      break;
    case MONGE_OP_SLICE:
      memcpy (out, a + node->first, node->dim * sizeof (double));
      break;
    case MONGE_OP_CONCAT:
      memcpy (out, a, a_dim * sizeof (double));
      memcpy (out + a_dim, b, b_dim * sizeof (double));
      break;
    case MONGE_OP_MATVEC:
      for (guint r = 0; r < node->dim; r++)
        out[r] = dot (a + r * b_dim, b, b_dim);
      break;
    case MONGE_OP_OUTER:
      for (guint r = 0; r < a_dim; r++)
        for (guint c = 0; c < b_dim; c++)
          out[r * b_dim + c] = a[r] * b[c];
      break;
    default: g_assert_not_reached ();
    }
}

static void
variable (const MongeFormula *formula, const MongeReferenceValues *v, gsize i, gsize j, double *out)
{
  gsize row = formula->axis == MONGE_AXIS_I ? i : formula->axis == MONGE_AXIS_J ? j : 0;

  for (guint d = 0; d < formula->dim; d++)
    out[d] = v->values[d * v->stride + row];
}

/* Component @d of an operand; the only one if there is one. */
static double
component (const Node *node, guint k, guint d)
{
  return node->operands[k] == NULL                  ? 0
         : node->formula->operands[k]->dim > 1 ? node->operands[k][d]
                                               : node->operands[k][0];
}

static void
evaluate_node (const Node *node, gsize i, gsize j)
{
  const MongeFormula *formula = node->formula;
  MongeOpClass op_class = monge_op_get_info (formula->op)->op_class;

  if (formula->op == MONGE_OP_VARIABLE)
    variable (formula, node->values, i, j, node->out);
  else if (formula->op == MONGE_OP_CONSTANT)
    *node->out = formula->value;
  else if (op_class == MONGE_OP_CLASS_FOLD)
    *node->out = fold (formula->op, node->operands[0], node->operands[1],
                       formula->operands[0]->dim);
  else if (op_class == MONGE_OP_CLASS_STRUCTURE)
    structure (formula, node->operands[0], node->operands[1], node->out);
  else
    for (guint d = 0; d < formula->dim; d++)
      node->out[d] = elementwise (formula->op, component (node, 0, d), component (node, 1, d),
                                  component (node, 2, d));
}

static void
evaluate (const Evaluator *evaluator, gsize i, gsize j)
{
  for (guint k = 0; k < evaluator->nodes->len; k++)
    evaluate_node (&g_array_index (evaluator->nodes, Node, k), i, j);
}

void
monge_reference_formula (const MongeFormula *formula, const MongeReferenceValues *values,
                         guint n_values, gsize i, gsize j, double *out)
{
  Evaluator evaluator;

  evaluator_init (&evaluator, values, n_values);
  const double *place = evaluator_add (&evaluator, formula);
  evaluate (&evaluator, i, j);
  memcpy (out, place, formula->dim * sizeof (double));
  evaluator_clear (&evaluator);
}

/* All terms of one kept row: F and w of each, and which index it is. */
typedef struct {
  guint body_dim, weight_dim;
  GArray *body, *weight; /* of double */
  GArray *indices;       /* of gint64 */
} Terms;

static double
get_body (const Terms *terms, gsize t, guint d)
{
  return g_array_index (terms->body, double, t * terms->body_dim + d);
}

static double
get_weight (const Terms *terms, gsize t, guint d)
{
  return terms->weight_dim == 0 ? 1
         : g_array_index (terms->weight, double,
                          t * terms->weight_dim + (terms->weight_dim > 1 ? d : 0));
}

static void
sum_terms (const Terms *terms, guint d, gboolean mean, double *result, double *size)
{
  double over = mean ? terms->indices->len : 1;

  *result = *size = 0;
  for (gsize t = 0; t < terms->indices->len; t++)
    {
      *result += get_body (terms, t, d) / over;
      *size += fabs (get_body (terms, t, d)) / over;
    }
  if (over == 0)
    *result = NAN;
}

static double
largest_exponent (const Terms *terms)
{
  double largest = -INFINITY;

  for (gsize t = 0; t < terms->indices->len; t++)
    largest = fmax (largest, get_body (terms, t, 0));
  return isfinite (largest) ? largest : 0;
}

static void
log_sum_terms (const Terms *terms, double *result, double *size)
{
  double largest = largest_exponent (terms), sum = 0;

  *size = 1;
  for (gsize t = 0; t < terms->indices->len; t++)
    sum += get_weight (terms, t, 0) * exp (get_body (terms, t, 0) - largest);
  for (gsize t = 0; t < terms->indices->len; t++)
    *size += get_weight (terms, t, 0) * exp (get_body (terms, t, 0) - largest) / sum
             * fabs (get_body (terms, t, 0));
  *result = largest + log (sum);
}

static void
soft_mean_terms (const Terms *terms, guint d, double *result, double *size, double *log_sum)
{
  double largest = largest_exponent (terms), sum = 0;

  *result = *size = 0;
  for (gsize t = 0; t < terms->indices->len; t++)
    {
      double e = exp (get_body (terms, t, 0) - largest);

      sum += e;
      *result += e * get_weight (terms, t, d);
      *size += e * fabs (get_weight (terms, t, d));
    }
  *result /= sum;
  *size /= sum;
  *log_sum = largest + log (sum);
}

/* The k-th best term, by value and then by index: as many passes as there are ranks. */
static void
select_term (const Terms *terms, guint d, double direction, guint k, double *result, gint64 *index)
{
  g_autofree guint8 *taken = g_new0 (guint8, terms->indices->len + 1);

  *result = direction * INFINITY;
  *index = -1;
  for (guint pass = 0; pass <= k && pass < terms->indices->len; pass++)
    {
      gssize best = -1;

      for (gsize t = 0; t < terms->indices->len; t++)
        if (!taken[t]
            && (best < 0
                || direction * get_body (terms, t, d) < direction * get_body (terms, best, d)))
          best = t;
      taken[best] = 1;
      if (pass == k)
        {
          *result = get_body (terms, best, d);
          *index = g_array_index (terms->indices, gint64, best);
        }
    }
}

static void
reduce_terms (const MongeReferenceRun *run, const Terms *terms, gsize kept, gsize n_kept)
{
  MongeReduceOp op = run->reduction->op;
  gboolean ranked = op == MONGE_REDUCE_K_MIN || op == MONGE_REDUCE_ARG_K_MIN;
  double direction = op == MONGE_REDUCE_MAX || op == MONGE_REDUCE_ARG_MAX ? -1 : 1;
  guint dim = ranked ? run->reduction->k
              : op == MONGE_REDUCE_SOFT_MEAN ? terms->weight_dim : terms->body_dim;

  for (guint d = 0; d < dim; d++)
    {
      double result = 0, size = 0, log_sum = 0;
      gint64 index = -1;

      if (op == MONGE_REDUCE_SUM || op == MONGE_REDUCE_MEAN)
        sum_terms (terms, d, op == MONGE_REDUCE_MEAN, &result, &size);
      else if (op == MONGE_REDUCE_LOG_SUM_EXP)
        log_sum_terms (terms, &result, &size);
      else if (op == MONGE_REDUCE_SOFT_MEAN)
        soft_mean_terms (terms, d, &result, &size, &log_sum);
      else
        {
          select_term (terms, ranked ? 0 : d, direction, ranked ? d : 0, &result, &index);
          size = fabs (result);
        }
      if (run->out != NULL)
        run->out[d * n_kept + kept] = result;
      if (run->index_out != NULL)
        run->index_out[d * n_kept + kept] = index;
      if (run->size != NULL)
        run->size[d * n_kept + kept] = size;
      if (run->log_sum != NULL)
        run->log_sum[kept] = log_sum;
    }
}

void
monge_reference_reduce (const MongeReferenceRun *run)
{
  const MongeReduction *reduction = run->reduction;
  gboolean over_j = reduction->over == MONGE_AXIS_J;
  gsize n_kept = over_j ? run->n_rows : run->n_columns;
  gsize n_terms = over_j ? run->n_columns : run->n_rows;
  const double *weight = NULL;
  Evaluator evaluator;
  Terms terms = { .body_dim = reduction->body->dim,
                  .weight_dim = reduction->weight != NULL ? reduction->weight->dim : 0 };

  evaluator_init (&evaluator, run->values, run->n_values);
  const double *body = evaluator_add (&evaluator, reduction->body);
  if (reduction->weight != NULL)
    weight = evaluator_add (&evaluator, reduction->weight);
  terms.body = g_array_new (FALSE, FALSE, sizeof (double));
  terms.weight = g_array_new (FALSE, FALSE, sizeof (double));
  terms.indices = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (gsize kept = 0; kept < n_kept; kept++)
    {
      g_array_set_size (terms.body, 0);
      g_array_set_size (terms.weight, 0);
      g_array_set_size (terms.indices, 0);
      for (gsize t = 0; t < n_terms; t++)
        {
          gsize i = over_j ? kept : t, j = over_j ? t : kept;
          gint64 index = t;

          if (run->visited != NULL && !run->visited[i * run->n_columns + j])
            continue;
          evaluate (&evaluator, i, j);
          g_array_append_vals (terms.body, body, terms.body_dim);
          g_array_append_vals (terms.weight, weight, terms.weight_dim);
          g_array_append_val (terms.indices, index);
        }
      reduce_terms (run, &terms, kept, n_kept);
    }
  g_array_unref (terms.body);
  g_array_unref (terms.weight);
  g_array_unref (terms.indices);
  evaluator_clear (&evaluator);
}
