/* Kernels at the border: what comes in is checked once, here, and what comes out is looked at. */
#include "compute/backend/backend-private.h"
#include "compute/core/parallel.h"

#include <string.h>

#define MAX_COUNT ((gsize) G_MAXINT32)

/* ------------------------------------------------------------------------------------------------
 * Looking for NaN
 */

/* Enough numbers at a time for the compiler to take vectors of them. */
#define RUN 64

#define FIND_NAN(name, type)                                                                       \
  static gsize name (const type *values, gsize n)                                                  \
  {                                                                                                \
    gsize first = 0;                                                                               \
                                                                                                   \
    for (; first + RUN <= n; first += RUN)                                                         \
      {                                                                                            \
        int found = 0;                                                                             \
                                                                                                   \
        for (guint k = 0; k < RUN; k++)                                                            \
          found |= values[first + k] != values[first + k];                                         \
        if (found)                                                                                 \
          break;                                                                                   \
      }                                                                                            \
    while (first < n && values[first] == values[first])                                            \
      first++;                                                                                     \
    return first;                                                                                  \
  }

/* The first that is NaN, @n if none is. */
FIND_NAN (find_nan_float, float)
FIND_NAN (find_nan_double, double)

/* One plane of an argument, looked through by several threads where it is long. */
typedef struct {
  const float *floats;
  const double *doubles;
  gint found;
} Scan;

#define LONG_PLANE 65536

static void
scan_rows (gsize begin, gsize end, guint worker, gpointer data)
{
  Scan *scan = data;
  const gsize n = end - begin;

  if ((scan->floats != NULL ? find_nan_float (scan->floats + begin, n)
                            : find_nan_double (scan->doubles + begin, n)) < n)
    g_atomic_int_set (&scan->found, 1);
}

static gsize
find_nan (const float *floats, const double *doubles, gsize n)
{
  Scan scan = { floats, doubles, 0 };

  if (n >= LONG_PLANE)
    {
      monge_parallel_rows (n, LONG_PLANE / 4, 0, NULL, scan_rows, &scan);
      if (!scan.found)
        return n;
    }
  return floats != NULL ? find_nan_float (floats, n) : find_nan_double (doubles, n);
}

static gsize
count_rows (const MongeRun *run, MongeAxis axis)
{
  return axis == MONGE_AXIS_NONE ? 1 : axis == MONGE_AXIS_I ? run->n_rows : run->n_columns;
}

static gboolean
check_argument (const MongeProgramVariable *variable,
                const MongeArgument *argument,
                const MongeRun *run,
                GError **error)
{
  const gsize n = count_rows (run, variable->axis);
  const gsize stride = variable->axis == MONGE_AXIS_NONE ? 1 : argument->stride;

  for (guint d = 0; d < variable->dim; d++)
    {
      gsize row = argument->floats != NULL ? find_nan (argument->floats + d * stride, NULL, n)
                                           : find_nan (NULL, argument->doubles + d * stride, n);

      if (row == n)
        continue;
      if (variable->axis == MONGE_AXIS_NONE)
        g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN, "Argument “%s” is NaN", variable->name);
      else
        g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
                     "Argument “%s”, row %" G_GSIZE_FORMAT ", is NaN", variable->name, row);
      return FALSE;
    }
  return TRUE;
}

/* How many ranges end at each column or before, less those that begin: 0 where none lies over it. */
static void
mark_met_columns (const MongePairs *pairs, guint8 *meets)
{
  g_autofree gint64 *steps = g_new0 (gint64, pairs->n_columns + 1);
  gint64 depth = 0;

  for (gsize b = 0; b < pairs->n_blocks; b++)
    for (gsize k = pairs->first[b]; k < pairs->first[b + 1]; k++)
      {
        steps[pairs->ranges[k].begin]++;
        steps[pairs->ranges[k].end]--;
      }
  for (gsize j = 0; j < pairs->n_columns; j++)
    meets[j] = (depth += steps[j]) > 0;
}

/* Per result, whether there are terms at all: over none, means are NaN and should be. */
static guint8 *
find_rows_with_terms (const MongeRun *run, MongeAxis over, gsize kept)
{
  const MongePairs *pairs = run->pairs;
  guint8 *meets = g_new0 (guint8, kept + 1);

  if (pairs == NULL)
    memset (meets, (over == MONGE_AXIS_J ? run->n_columns : run->n_rows) > 0, kept);
  else if (over == MONGE_AXIS_I)
    mark_met_columns (pairs, meets);
  else
    for (gsize b = 0; b < pairs->n_blocks; b++)
      memset (meets + pairs->rows[b], pairs->first[b + 1] > pairs->first[b],
              pairs->rows[b + 1] - pairs->rows[b]);
  return meets;
}

/* The first result that is NaN and reduces over something, @kept if none. */
static gsize
find_bad_result (const double *out, gsize kept, const MongeRun *run, MongeAxis over)
{
  g_autofree guint8 *meets = NULL;
  gsize row = 0;

  while ((row += find_nan (NULL, out + row, kept - row)) < kept)
    {
      if (meets == NULL)
        meets = find_rows_with_terms (run, over, kept);
      if (meets[row++])
        return row - 1;
    }
  return kept;
}

static gboolean
check_result (const MongeProgram *program, const MongeRun *run, GError **error)
{
  const gsize kept = program->over == MONGE_AXIS_J ? run->n_rows : run->n_columns;
  gsize row = kept;

  for (guint d = 0; d < program->out_dim && run->out != NULL; d++)
    row = MIN (row, find_bad_result (run->out + d * kept, kept, run, program->over));
  if (row == kept && run->log_sum != NULL)
    row = find_bad_result (run->log_sum, kept, run, program->over);
  if (row == kept)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
               "The result of %s %" G_GSIZE_FORMAT " is NaN, though no argument is: the formula is "
               "not defined there", program->over == MONGE_AXIS_J ? "row" : "column", row);
  return FALSE;
}

/* ------------------------------------------------------------------------------------------------
 * The border
 */

static gboolean
check_sizes (const MongeRun *run, GError **error)
{
  if (run->n_rows >= MAX_COUNT || run->n_columns >= MAX_COUNT)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "%" G_GSIZE_FORMAT " rows and %" G_GSIZE_FORMAT " columns: fewer than 2^31 of "
                   "each can be reduced", run->n_rows, run->n_columns);
      return FALSE;
    }
  if (run->pairs != NULL
      && (run->pairs->n_rows != run->n_rows || run->pairs->n_columns != run->n_columns))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "The list of pairs is for %" G_GSIZE_FORMAT " rows and %" G_GSIZE_FORMAT
                   " columns, the arguments have %" G_GSIZE_FORMAT " and %" G_GSIZE_FORMAT,
                   run->pairs->n_rows, run->pairs->n_columns, run->n_rows, run->n_columns);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_arguments (const MongeKernel *kernel, const MongeRun *run, GError **error)
{
  const MongeProgram *program = kernel->program;

  for (guint v = 0; v < program->n_variables; v++)
    {
      const MongeProgramVariable *variable = &program->variables[v];
      const MongeArgument *argument = &run->arguments[v];

      if (!kernel->reads[v] || count_rows (run, variable->axis) == 0 || argument->planes != NULL)
        continue;
      g_return_val_if_fail ((argument->floats != NULL) != (argument->doubles != NULL), FALSE);
      g_return_val_if_fail (variable->axis == MONGE_AXIS_NONE
                            || argument->stride >= count_rows (run, variable->axis), FALSE);
      if (!check_argument (variable, argument, run, error))
        return FALSE;
    }
  return TRUE;
}

/* Planes have the rows of their axis and the components of their variable. */
static gboolean
check_planes (const MongeKernel *kernel, const MongeRun *run)
{
  const MongeProgram *program = kernel->program;
  const gsize kept = program->over == MONGE_AXIS_J ? run->n_rows : run->n_columns;

  for (guint v = 0; v < program->n_variables; v++)
    {
      const MongeProgramVariable *variable = &program->variables[v];
      const MongePlanes *planes = run->arguments[v].planes;

      if (planes == NULL || !kernel->reads[v])
        continue;
      g_return_val_if_fail (variable->axis != MONGE_AXIS_NONE, FALSE);
      g_return_val_if_fail (planes->type != MONGE_PLANES_INT32, FALSE);
      g_return_val_if_fail (planes->backend == kernel->backend, FALSE);
      g_return_val_if_fail (planes->n == count_rows (run, variable->axis), FALSE);
      g_return_val_if_fail (planes->dim == variable->dim, FALSE);
    }
  if (run->out_planes != NULL)
    {
      g_return_val_if_fail (run->out_planes->type == MONGE_PLANES_FLOAT64, FALSE);
      g_return_val_if_fail (run->out_planes->n * run->out_planes->dim >= kept * program->out_dim,
                            FALSE);
    }
  if (run->log_sum_planes != NULL)
    {
      g_return_val_if_fail (run->log_sum_planes->type == MONGE_PLANES_FLOAT64, FALSE);
      g_return_val_if_fail (run->log_sum_planes->n >= kept, FALSE);
    }
  return TRUE;
}

MongeRun
monge_run_on_host (const MongeRun *run, guint n_variables, MongeArgument *arguments)
{
  MongeRun plain = *run;

  for (guint v = 0; v < n_variables; v++)
    {
      const MongePlanes *planes = run->arguments[v].planes;

      arguments[v] = run->arguments[v];
      if (planes == NULL)
        continue;
      arguments[v] = (MongeArgument){ .stride = planes->n };
      if (planes->type == MONGE_PLANES_FLOAT64)
        arguments[v].doubles = planes->data;
      else
        arguments[v].floats = planes->data;
    }
  plain.arguments = arguments;
  if (run->out_planes != NULL)
    plain.out = run->out_planes->data;
  if (run->log_sum_planes != NULL)
    plain.log_sum = run->log_sum_planes->data;
  return plain;
}

static gboolean
run_on_host (MongeBackend *backend,
             MongeKernel *kernel,
             const MongeRun *run,
             guint64 *n_pairs,
             MongeTask *task,
             GError **error)
{
  const MongeProgram *program = kernel->program;
  const gboolean indices = monge_reduce_op_gives_indices (program->op);
  g_autofree MongeArgument *arguments = g_new0 (MongeArgument, MAX (program->n_variables, 1));
  const MongeRun plain = monge_run_on_host (run, program->n_variables, arguments);

  if (!backend->type->run (backend, kernel, &plain, n_pairs, task, error))
    return FALSE;
  if (run->out_planes != NULL)
    backend->n_pairs += *n_pairs;
  return indices || check_result (program, &plain, error);
}

gboolean
monge_backend_run (MongeBackend *backend,
                   MongeKernel *kernel,
                   const MongeRun *run,
                   guint64 *n_pairs,
                   MongeTask *task,
                   GError **error)
{
  const gboolean indices = monge_reduce_op_gives_indices (kernel->program->op);
  const gboolean on_host = monge_backend_is_on_host (backend);
  guint64 ignored;
  gboolean done;

  g_return_val_if_fail (kernel->backend == backend, FALSE);
  g_return_val_if_fail (run->arguments != NULL || kernel->program->n_variables == 0, FALSE);
  g_return_val_if_fail (indices ? run->index_out != NULL
                                : (run->out != NULL) != (run->out_planes != NULL), FALSE);
  g_return_val_if_fail ((run->log_sum == NULL && run->log_sum_planes == NULL)
                        || kernel->program->op == MONGE_REDUCE_SOFT_MEAN, FALSE);
  if (!check_sizes (run, error) || !check_planes (kernel, run)
      || !check_arguments (kernel, run, error))
    return FALSE;

  if (n_pairs == NULL)
    n_pairs = &ignored;
  *n_pairs = 0;
  g_mutex_lock (&backend->lock);
  done = (on_host ? run_on_host : backend->type->run) (backend, kernel, run, n_pairs, task, error);
  g_mutex_unlock (&backend->lock);
  if (!done || on_host || indices || run->out == NULL)
    return done;
  return check_result (kernel->program, run, error);
}

/* ------------------------------------------------------------------------------------------------
 * Kernels
 */

static void
mark_read (const MongeProgram *program, gboolean *reads, guint reg)
{
  for (guint v = 0; v < program->n_variables; v++)
    if (reg - program->variables[v].to < program->variables[v].dim)
      reads[v] = TRUE;
}

/* Registers of a variable are read together or through slices, any part of which counts. */
static gboolean *
find_variables_read (const MongeProgram *program)
{
  gboolean *reads = g_new0 (gboolean, MAX (program->n_variables, 1));

  for (guint d = 0; d < program->body_dim; d++)
    mark_read (program, reads, program->body + d);
  for (guint d = 0; d < program->weight_dim; d++)
    mark_read (program, reads, program->weight + d);
  for (guint axis = 0; axis < G_N_ELEMENTS (program->sections); axis++)
    for (guint n = 0; n < program->sections[axis].n_instructions; n++)
      {
        const MongeInstruction *instruction = &program->sections[axis].instructions[n];

        for (guint k = 0; k < monge_op_get_info (instruction->op)->n_operands; k++)
          mark_read (program, reads, instruction->from[k]);
      }
  return reads;
}

MongeKernel *
monge_backend_prepare (MongeBackend *backend,
                       const MongeProgram *program,
                       MongePrepareFlags flags,
                       GError **error)
{
  MongeProgram *copy = monge_program_dup (program);
  MongeKernel *kernel = backend->type->prepare (backend, copy, flags, error);

  if (kernel == NULL)
    {
      monge_program_free (copy);
      return NULL;
    }
  kernel->backend = backend;
  kernel->program = copy;
  kernel->reads = find_variables_read (copy);
  return kernel;
}

MongeKernel *
monge_backend_prepare_text (MongeBackend *backend,
                            const char *text,
                            const MongeVariable *variables,
                            guint n_variables,
                            GError **error)
{
  g_autoptr (MongeFormulaPool) pool = monge_formula_pool_new ();
  g_autofree const MongeFormula **arguments = g_new (const MongeFormula *, n_variables);
  g_autoptr (MongeProgram) program = NULL;
  MongeReduction reduction;

  for (guint v = 0; v < n_variables; v++)
    {
      arguments[v] = monge_formula_variable (pool, variables[v].name, variables[v].axis,
                                             variables[v].dim, error);
      if (arguments[v] == NULL)
        return NULL;
    }
  if (!monge_reduction_parse (pool, text, &reduction, error))
    return NULL;
  program = monge_program_new (&reduction, MONGE_FLOAT32, arguments, n_variables, error);
  return program != NULL ? monge_backend_prepare (backend, program, MONGE_PREPARE_DEFAULT, error)
                         : NULL;
}

void
monge_kernel_free (MongeKernel *kernel)
{
  if (kernel == NULL)
    return;
  monge_program_free (kernel->program);
  g_free (kernel->reads);
  g_free (kernel->description);
  kernel->backend->type->kernel_free (kernel);
}

const char *
monge_kernel_get_description (MongeKernel *kernel)
{
  return kernel->description;
}

gboolean
monge_kernel_is_tuned (MongeKernel *kernel)
{
  return kernel->is_tuned;
}
