#include "app/cli-formula.h"

#include <stdlib.h>
#include <string.h>

/* --- the scope --- */

void
monge_cli_scope_init (MongeCliScope *scope, gsize n_rows, gsize n_columns)
{
  *scope = (MongeCliScope){
    .pool = monge_formula_pool_new (),
    .variables = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_cli_variable_free),
    .nodes = g_ptr_array_new (),
    .n_rows = n_rows,
    .n_columns = n_columns,
  };
}

void
monge_cli_scope_clear (MongeCliScope *scope)
{
  g_clear_pointer (&scope->nodes, g_ptr_array_unref);
  g_clear_pointer (&scope->variables, g_ptr_array_unref);
  g_clear_pointer (&scope->pool, monge_formula_pool_free);
  g_clear_pointer (&scope->pairs, monge_pairs_free);
  g_clear_pointer (&scope->row_order, g_free);
  g_clear_pointer (&scope->column_order, g_free);
}

const MongeFormula *
monge_cli_scope_add (MongeCliScope *scope, MongeCliVariable *variable, GError **error)
{
  const MongeFormula *node = monge_formula_variable (scope->pool, variable->name, variable->axis,
                                                     variable->dim, error);

  if (node == NULL)
    {
      monge_cli_variable_free (variable);
      return NULL;
    }
  g_ptr_array_add (scope->variables, variable);
  g_ptr_array_add (scope->nodes, (gpointer) node);
  return node;
}

const MongeFormula *
monge_cli_scope_find (const MongeCliScope *scope, const char *name)
{
  for (guint k = 0; k < scope->variables->len; k++)
    {
      const MongeCliVariable *variable = g_ptr_array_index (scope->variables, k);

      if (g_str_equal (variable->name, name))
        return g_ptr_array_index (scope->nodes, k);
    }
  return NULL;
}

/* Point @k of the computation, as a row of the caller's. */
static gsize
get_place (const gsize *order, gsize k)
{
  return order != NULL ? order[k] : k;
}

static const gsize *
get_order (const MongeCliScope *scope, MongeAxis axis)
{
  return axis == MONGE_AXIS_I ? scope->row_order
                              : axis == MONGE_AXIS_J ? scope->column_order : NULL;
}

/* --- arguments --- */

/* Rows → planes in the order of the computation, in either precision. */
static gpointer
make_planes (const MongeCliScope *scope, const MongeCliVariable *variable,
             MongePrecision precision, MongeArgument *argument)
{
  const gsize *order = get_order (scope, variable->axis);
  const gsize n = variable->n;
  float *floats = precision == MONGE_FLOAT32 ? g_new (float, n * variable->dim) : NULL;
  double *doubles = precision == MONGE_FLOAT64 ? g_new (double, n * variable->dim) : NULL;

  for (guint d = 0; d < variable->dim; d++)
    for (gsize k = 0; k < n; k++)
      {
        double value = variable->values[get_place (order, k) * variable->dim + d];

        if (floats != NULL)
          floats[d * n + k] = (float) value;
        else
          doubles[d * n + k] = value;
      }
  *argument = (MongeArgument){ .floats = floats, .doubles = doubles, .stride = n };
  return floats != NULL ? (gpointer) floats : doubles;
}

/* The arrays go to @planes. */
static MongeArgument *
make_arguments (const MongeCliScope *scope, MongePrecision precision, GPtrArray *planes)
{
  MongeArgument *arguments = g_new0 (MongeArgument, scope->variables->len);

  for (guint k = 0; k < scope->variables->len; k++)
    g_ptr_array_add (planes, make_planes (scope, g_ptr_array_index (scope->variables, k), precision,
                                          &arguments[k]));
  return arguments;
}

/* --- the run --- */

void
monge_cli_outcome_clear (MongeCliOutcome *outcome)
{
  g_clear_pointer (&outcome->values, g_free);
  g_clear_pointer (&outcome->indices, g_free);
  g_clear_pointer (&outcome->log_sum, g_free);
  g_clear_pointer (&outcome->kernel, g_free);
  g_clear_pointer (&outcome->program, g_free);
}

static MongeKernel *
prepare (const MongeCliScope *scope, const MongeReduction *reduction,
         const MongeCliReduceParams *params, MongeBackend *backend, MongeCliOutcome *outcome,
         GError **error)
{
  const gint64 start = g_get_monotonic_time ();
  g_autoptr (MongeProgram) program = NULL;
  MongeKernel *kernel;

  program = monge_program_new (reduction, params->precision,
                               (const MongeFormula *const *) scope->nodes->pdata,
                               scope->nodes->len, error);
  if (program == NULL)
    return NULL;
  kernel = monge_backend_prepare (backend, program, params->flags, error);
  if (kernel == NULL)
    return NULL;
  outcome->prepare_seconds = 1e-6 * (double) (g_get_monotonic_time () - start);
  outcome->dim = program->out_dim;
  outcome->n_instructions = program->sections[MONGE_AXIS_PAIR].n_instructions;
  outcome->program = monge_program_print (program);
  outcome->kernel = g_strdup (monge_kernel_get_description (kernel));
  outcome->is_tuned = monge_kernel_is_tuned (kernel);
  return kernel;
}

static int
compare_doubles (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static gboolean
run_all (MongeBackend *backend, MongeKernel *kernel, const MongeRun *run, guint n_runs,
         MongeCliOutcome *outcome, MongeTask *task, GError **error)
{
  g_autofree double *seconds = g_new (double, n_runs);

  for (guint k = 0; k < n_runs; k++)
    {
      const gint64 start = g_get_monotonic_time ();

      if (!monge_backend_run (backend, kernel, run, &outcome->n_pairs, task, error))
        return FALSE;
      seconds[k] = 1e-6 * (double) (g_get_monotonic_time () - start);
    }
  qsort (seconds, n_runs, sizeof *seconds, compare_doubles);
  outcome->seconds = seconds[n_runs / 2];
  return TRUE;
}

/* Planes in the order of the computation → rows in the caller's; indices name the caller's too. */
static void
collect (const MongeCliScope *scope, MongeAxis over, const MongeRun *run, MongeCliOutcome *outcome)
{
  const MongeAxis kept = over == MONGE_AXIS_J ? MONGE_AXIS_I : MONGE_AXIS_J;
  const gsize *order = get_order (scope, kept), *others = get_order (scope, over);
  const gsize n = outcome->n;

  for (gsize k = 0; k < n; k++)
    for (guint d = 0; d < outcome->dim; d++)
      {
        const gsize to = get_place (order, k) * outcome->dim + d;

        if (run->index_out == NULL)
          outcome->values[to] = run->out[d * n + k];
        else if (run->index_out[d * n + k] < 0)
          outcome->indices[to] = -1;
        else
          outcome->indices[to] = (gint64) get_place (others, (gsize) run->index_out[d * n + k]);
      }
  for (gsize k = 0; k < n && run->log_sum != NULL; k++)
    outcome->log_sum[get_place (order, k)] = run->log_sum[k];
}

gboolean
monge_cli_scope_reduce (const MongeCliScope *scope, const MongeReduction *reduction,
                        const MongeCliReduceParams *params, MongeBackend *backend,
                        MongeCliOutcome *outcome, MongeTask *task, GError **error)
{
  g_autoptr (GPtrArray) planes = g_ptr_array_new_with_free_func (g_free);
  g_autofree MongeArgument *arguments = make_arguments (scope, params->precision, planes);
  g_autoptr (MongeKernel) kernel = prepare (scope, reduction, params, backend, outcome, error);
  const gboolean gives_indices = monge_reduce_op_gives_indices (reduction->op);
  g_autofree double *out = NULL, *log_sum = NULL;
  g_autofree gint64 *index_out = NULL;
  MongeRun run = {
    .n_rows = scope->n_rows,
    .n_columns = scope->n_columns,
    .arguments = arguments,
    .pairs = scope->pairs,
    .cutoff = params->cutoff,
  };

  if (kernel == NULL)
    return FALSE;
  outcome->n = reduction->over == MONGE_AXIS_J ? scope->n_rows : scope->n_columns;
  if (gives_indices)
    {
      run.index_out = index_out = g_new (gint64, outcome->n * outcome->dim);
      outcome->indices = g_new (gint64, outcome->n * outcome->dim);
    }
  else
    {
      run.out = out = g_new (double, outcome->n * outcome->dim);
      outcome->values = g_new (double, outcome->n * outcome->dim);
    }
  if (reduction->op == MONGE_REDUCE_SOFT_MEAN)
    {
      run.log_sum = log_sum = g_new (double, outcome->n);
      outcome->log_sum = g_new (double, outcome->n);
    }
  if (!run_all (backend, kernel, &run, MAX (1, params->n_runs), outcome, task, error))
    return FALSE;
  collect (scope, reduction->over, &run, outcome);
  return TRUE;
}

/* --- the gradient --- */

static const MongeFormula *
add_values (MongeCliScope *scope, const char *name, MongeAxis axis, gsize n, guint dim,
            const double *values, GError **error)
{
  MongeCliVariable *variable = g_new0 (MongeCliVariable, 1);

  *variable = (MongeCliVariable){
    .name = g_strdup (name),
    .axis = axis,
    .n = n,
    .dim = dim,
    .values = g_new (double, n * dim),
  };
  for (gsize k = 0; k < n * dim; k++)
    variable->values[k] = values != NULL ? values[k] : 1;
  return monge_cli_scope_add (scope, variable, error);
}

static gboolean
is_extremum (MongeReduceOp op)
{
  return op == MONGE_REDUCE_MIN || op == MONGE_REDUCE_MAX || op == MONGE_REDUCE_K_MIN;
}

static gboolean
needs_result (MongeReduceOp op)
{
  return op == MONGE_REDUCE_LOG_SUM_EXP || op == MONGE_REDUCE_SOFT_MEAN || is_extremum (op);
}

/* log Σ e^0: the logarithm of the number of terms, as the adjoint of a mean asks for it. */
static gboolean
add_counts (MongeCliScope *scope, const MongeReduction *reduction,
            const MongeCliReduceParams *params, MongeBackend *backend, MongeAxis kept,
            const MongeFormula **log_sum, MongeTask *task, GError **error)
{
  const MongeReduction count = {
    .op = MONGE_REDUCE_LOG_SUM_EXP,
    .over = reduction->over,
    .body = monge_formula_constant (scope->pool, 0),
  };
  g_auto (MongeCliOutcome) outcome = { 0 };

  if (!monge_cli_scope_reduce (scope, &count, params, backend, &outcome, task, error))
    return FALSE;
  *log_sum = add_values (scope, "_log_sum", kept, outcome.n, 1, outcome.values, error);
  return *log_sum != NULL;
}

/* @reduction's results, and what else its adjoint asks for, become variables. Extrema are looked for
 * by the generic code, as their adjoint compares with them bit by bit. */
static gboolean
add_results (MongeCliScope *scope, const MongeReduction *reduction,
             const MongeCliReduceParams *asked, MongeBackend *backend,
             const MongeFormula **result, const MongeFormula **log_sum, MongeTask *task,
             GError **error)
{
  const MongeAxis kept = reduction->over == MONGE_AXIS_J ? MONGE_AXIS_I : MONGE_AXIS_J;
  MongeCliReduceParams params = *asked;
  g_auto (MongeCliOutcome) outcome = { 0 };

  if (reduction->op == MONGE_REDUCE_MEAN)
    return add_counts (scope, reduction, asked, backend, kept, log_sum, task, error);
  if (!needs_result (reduction->op))
    return TRUE;
  if (is_extremum (reduction->op))
    params.flags |= MONGE_PREPARE_GENERIC;
  if (!monge_cli_scope_reduce (scope, reduction, &params, backend, &outcome, task, error))
    return FALSE;
  *result = add_values (scope, "_result", kept, outcome.n, outcome.dim, outcome.values, error);
  if (*result == NULL)
    return FALSE;
  if (outcome.log_sum == NULL)
    return TRUE;
  *log_sum = add_values (scope, "_log_sum", kept, outcome.n, 1, outcome.log_sum, error);
  return *log_sum != NULL;
}

/* One share per row becomes one number. */
static void
add_up (MongeCliOutcome *outcome)
{
  for (gsize i = 1; i < outcome->n; i++)
    for (guint d = 0; d < outcome->dim; d++)
      outcome->values[d] += outcome->values[i * outcome->dim + d];
  outcome->n = 1;
}

gboolean
monge_cli_scope_differentiate (MongeCliScope *scope, const MongeReduction *reduction,
                               const MongeFormula *variable, const MongeCliReduceParams *params,
                               MongeBackend *backend, MongeCliOutcome *outcome, MongeTask *task,
                               GError **error)
{
  const MongeAxis kept = reduction->over == MONGE_AXIS_J ? MONGE_AXIS_I : MONGE_AXIS_J;
  const gsize n = kept == MONGE_AXIS_I ? scope->n_rows : scope->n_columns;
  const MongeFormula *cotangent, *result = NULL, *log_sum = NULL;
  MongeReduction adjoint;

  cotangent = add_values (scope, "_cotangent", kept, n, monge_reduction_get_dim (reduction), NULL,
                          error);
  if (cotangent == NULL
      || !add_results (scope, reduction, params, backend, &result, &log_sum, task, error)
      || !monge_reduction_adjoint (scope->pool, reduction, variable, cotangent, result, log_sum,
                                   &adjoint, error)
      || !monge_cli_scope_reduce (scope, &adjoint, params, backend, outcome, task, error))
    return FALSE;
  if (variable->axis == MONGE_AXIS_NONE)
    add_up (outcome);
  return TRUE;
}
