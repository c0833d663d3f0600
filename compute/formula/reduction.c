#include "compute/formula/reduction.h"

typedef struct {
  const char *name;
  gboolean gives_indices;
  gboolean of_number; /* F has dimension 1 */
  gboolean has_k;
} ReduceInfo;

static const ReduceInfo infos[MONGE_N_REDUCE_OPS] = {
  [MONGE_REDUCE_SUM] = { "sum" },
  [MONGE_REDUCE_MEAN] = { "mean" },
  [MONGE_REDUCE_LOG_SUM_EXP] = { "logsumexp", .of_number = TRUE },
  [MONGE_REDUCE_SOFT_MEAN] = { "softmean", .of_number = TRUE },
  [MONGE_REDUCE_MIN] = { "min" },
  [MONGE_REDUCE_MAX] = { "max" },
  [MONGE_REDUCE_ARG_MIN] = { "argmin", .gives_indices = TRUE },
  [MONGE_REDUCE_ARG_MAX] = { "argmax", .gives_indices = TRUE },
  [MONGE_REDUCE_K_MIN] = { "kmin", .of_number = TRUE, .has_k = TRUE },
  [MONGE_REDUCE_ARG_K_MIN] = { "argkmin", .gives_indices = TRUE, .of_number = TRUE, .has_k = TRUE },
};

const char *
monge_reduce_op_get_name (MongeReduceOp op)
{
  g_return_val_if_fail (op < MONGE_N_REDUCE_OPS, NULL);
  return infos[op].name;
}

gboolean
monge_reduce_op_gives_indices (MongeReduceOp op)
{
  g_return_val_if_fail (op < MONGE_N_REDUCE_OPS, FALSE);
  return infos[op].gives_indices;
}

static gboolean
check_weight (const MongeReduction *reduction, GError **error)
{
  const char *name = infos[reduction->op].name;

  if (reduction->op == MONGE_REDUCE_SOFT_MEAN && reduction->weight == NULL)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                 "%s needs two formulas: the exponent, and what to average", name);
  else if (reduction->weight == NULL || reduction->op == MONGE_REDUCE_SOFT_MEAN)
    return TRUE;
  else if (reduction->op != MONGE_REDUCE_LOG_SUM_EXP)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "%s takes one formula, not two", name);
  else if (reduction->weight->dim != 1)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                 "%s takes weights of dimension 1; these have %u", name, reduction->weight->dim);
  else
    return TRUE;
  return FALSE;
}

gboolean
monge_reduction_check (const MongeReduction *reduction, GError **error)
{
  const ReduceInfo *info;

  g_return_val_if_fail (reduction != NULL && reduction->op < MONGE_N_REDUCE_OPS, FALSE);
  g_return_val_if_fail (reduction->body != NULL, FALSE);
  info = &infos[reduction->op];
  if (reduction->over != MONGE_AXIS_I && reduction->over != MONGE_AXIS_J)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "%s runs over i or over j", info->name);
  else if (info->of_number && reduction->body->dim != 1)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                 "%s takes a formula of dimension 1; this one has %u", info->name,
                 reduction->body->dim);
  else if (info->has_k && (reduction->k < 1 || reduction->k > MONGE_MAX_K))
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "%s can find 1 to %d, not %u", info->name,
                 MONGE_MAX_K, reduction->k);
  else if (!info->has_k && reduction->k != 0)
    g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "%s has no K", info->name);
  else
    return check_weight (reduction, error);
  return FALSE;
}

guint
monge_reduction_get_dim (const MongeReduction *reduction)
{
  g_return_val_if_fail (reduction != NULL && reduction->op < MONGE_N_REDUCE_OPS, 0);
  if (infos[reduction->op].has_k)
    return reduction->k;
  if (reduction->op == MONGE_REDUCE_LOG_SUM_EXP)
    return 1;
  if (reduction->op == MONGE_REDUCE_SOFT_MEAN)
    return reduction->weight->dim;
  return reduction->body->dim;
}

char *
monge_reduction_print (const MongeReduction *reduction)
{
  g_autofree char *body = NULL, *weight = NULL;
  const char *name;
  char axis;

  g_return_val_if_fail (reduction != NULL && reduction->op < MONGE_N_REDUCE_OPS, NULL);
  body = monge_formula_print (reduction->body);
  name = infos[reduction->op].name;
  axis = reduction->over == MONGE_AXIS_I ? 'i' : 'j';
  if (infos[reduction->op].has_k)
    return g_strdup_printf ("%s_%c(%s, %u)", name, axis, body, reduction->k);
  if (reduction->weight == NULL)
    return g_strdup_printf ("%s_%c %s", name, axis, body);
  weight = monge_formula_print (reduction->weight);
  return g_strdup_printf ("%s_%c(%s, %s)", name, axis, body, weight);
}
