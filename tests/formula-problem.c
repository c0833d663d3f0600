#include "tests/formula-problem.h"
#include "tests/util.h"

#include <math.h>

#define PAD 3 /* of every plane of an argument: not a number */

/* --- Which pairs ------------------------------------------------------------------------------ */

static const char *const layout_names[] = { "dense", "blocks", "bounds" };

/* Blocks of 1, 7, 64, 3, 40, … rows; every third meets nothing; ranges with gaps and without. */
static MongePairs *
make_blocks (gsize n_rows, gsize n_columns)
{
  static const gsize heights[] = { 1, 7, 64, 3, 40 }, widths[] = { 5, 1, 70, 16, 33 };
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (gsize));
  g_autoptr (GArray) first = g_array_new (FALSE, FALSE, sizeof (gsize));
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (MongeRange));
  GError *error = NULL;
  MongePairs *pairs;

  for (gsize row = 0, b = 0;; row = MIN (n_rows, row + heights[b % 5]), b++)
    {
      gsize n_ranges = ranges->len;

      g_array_append_val (rows, row);
      g_array_append_val (first, n_ranges);
      if (row == n_rows)
        break;
      for (gsize begin = b % 4, k = b; b % 3 != 1 && begin < n_columns; k++)
        {
          gsize end = MIN (n_columns, begin + widths[k % 5]);
          MongeRange range = { begin, end };

          g_array_append_val (ranges, range);
          begin = end + (k % 2) * widths[(k + 2) % 5];
        }
    }
  pairs = monge_pairs_new (n_rows, n_columns, (gsize *) rows->data, rows->len - 1,
                           (gsize *) first->data, (MongeRange *) ranges->data, &error);
  g_assert_no_error (error);
  return pairs;
}

static float *
dup_floats (const MongeWorld *world, const MongeFormula *variable, gsize stride)
{
  gsize rows = monge_world_get_rows (world, variable->axis);
  const double *values = monge_world_get_values (world, variable);
  float *floats = g_new (float, variable->dim * stride);

  for (gsize k = 0; k < variable->dim * stride; k++)
    floats[k] = k % stride < rows ? (float) values[k / stride * rows + k % stride] : NAN;
  return floats;
}

static MongePairs *
make_bounds (const MongeWorld *world)
{
  gboolean x_first = world->kept == MONGE_AXIS_I;
  const MongeFormula *rows = monge_world_find (world, x_first ? "x" : "y");
  const MongeFormula *columns = monge_world_find (world, x_first ? "y" : "x");
  gsize n = monge_world_get_rows (world, MONGE_AXIS_I);
  gsize m = monge_world_get_rows (world, MONGE_AXIS_J);
  g_autofree float *x = dup_floats (world, rows, n), *y = dup_floats (world, columns, m);
  GError *error = NULL;
  MongePairs *pairs = monge_pairs_new_within (x, n, y, m, world->dim, 0.1, NULL, &error);

  g_assert_no_error (error);
  return pairs;
}

static guint8 *
mark_visited (const MongePairs *pairs)
{
  guint8 *visited = g_new0 (guint8, pairs->n_rows * pairs->n_columns + 1);

  for (gsize b = 0; b < pairs->n_blocks; b++)
    for (gsize i = pairs->rows[b]; i < pairs->rows[b + 1]; i++)
      for (gsize r = pairs->first[b]; r < pairs->first[b + 1]; r++)
        for (gsize j = pairs->ranges[r].begin; j < pairs->ranges[r].end; j++)
          visited[i * pairs->n_columns + j] = 1;
  return visited;
}

/* --- Running ---------------------------------------------------------------------------------- */

void
monge_result_init (MongeResult *result, gsize n_out, gsize n_kept)
{
  result->out = g_new (double, n_out + 1);
  result->index_out = g_new (gint64, n_out + 1);
  result->log_sum = g_new (double, n_kept + 1);
  for (gsize k = 0; k <= n_out; k++)
    {
      result->out[k] = MONGE_GUARD;
      result->index_out[k] = (gint64) MONGE_GUARD;
    }
  for (gsize k = 0; k <= n_kept; k++)
    result->log_sum[k] = MONGE_GUARD;
}

void
monge_result_clear (MongeResult *result)
{
  g_free (result->out);
  g_free (result->index_out);
  g_free (result->log_sum);
}

/* Values that float32 holds too, so that both sides speak of the same numbers. */
static void
round_values (const MongeWorld *world, const MongeFormula *variable)
{
  gsize n = variable->dim * monge_world_get_rows (world, variable->axis);
  double *values = monge_world_get_values (world, variable);

  for (gsize k = 0; k < n; k++)
    values[k] = (float) values[k];
}

/* Puts the adjoint in the place of the reduction; the result comes from the naive loops. */
static void
take_adjoint (MongeProblem *problem, const char *variable, const guint8 *visited)
{
  MongeWorld *world = &problem->world;
  guint dim = monge_reduction_get_dim (&problem->reduction);
  const MongeFormula *e = monge_world_add (world, "e", world->kept, dim, -1, 1, 41);
  const MongeFormula *r = monge_world_add (world, "r", world->kept, dim, 0, 1, 42);
  const MongeFormula *l = monge_world_add (world, "l", world->kept, 1, 0, 1, 43);
  GError *error = NULL;
  MongeReduction adjoint;

  monge_world_reduce (world, &problem->reduction, visited, monge_world_get_values (world, r), NULL,
                      monge_world_get_values (world, l), NULL);
  for (gsize k = 0; k < dim * world->n_kept; k++)
    if (!isfinite (monge_world_get_values (world, r)[k])) /* of rows that meet no column */
      monge_world_get_values (world, r)[k] = monge_world_get_values (world, l)[k % world->n_kept]
          = 0;
  round_values (world, r);
  round_values (world, l);
  monge_reduction_adjoint (world->pool, &problem->reduction, monge_world_find (world, variable), e,
                           r, l, &adjoint, &error);
  g_assert_no_error (error);
  problem->reduction = adjoint;
}

/* Terms cancel within a pair as well, in x − y for one: a result that is small beside its fellows is
 * measured by them too. */
static void
widen_sizes (MongeProblem *problem)
{
  double sum = 0;
  gsize n = 0;

  for (gsize k = 0; k < problem->n_out; k++)
    if (isfinite (problem->size[k]) && problem->size[k] > 0) /* not over nothing */
      {
        sum += problem->size[k];
        n++;
      }
  for (gsize k = 0; k < problem->n_out; k++)
    problem->size[k] += sum / MAX (n, 1);
}

void
monge_problem_init (MongeProblem *problem,
                    const MongeCase *c,
                    const MongeWorldParams *params,
                    MongeLayout layout)
{
  g_autofree guint8 *visited = NULL;

  *problem = (MongeProblem){ .text = c->text, .tolerance = c->tolerance, .layout = layout };
  monge_world_init (&problem->world, params);
  if (layout == MONGE_LAYOUT_BLOCKS)
    problem->pairs = make_blocks (monge_world_get_rows (&problem->world, MONGE_AXIS_I),
                                  monge_world_get_rows (&problem->world, MONGE_AXIS_J));
  else if (layout == MONGE_LAYOUT_BOUNDS)
    problem->pairs = make_bounds (&problem->world);
  if (problem->pairs != NULL)
    visited = mark_visited (problem->pairs);
  problem->reduction = monge_world_parse (&problem->world, c->text);
  if (c->adjoint != NULL)
    take_adjoint (problem, c->adjoint, visited);

  gsize n_kept = monge_world_get_rows (&problem->world, problem->reduction.over == MONGE_AXIS_J
                                                            ? MONGE_AXIS_I : MONGE_AXIS_J);
  problem->n_out = monge_reduction_get_dim (&problem->reduction) * n_kept;
  problem->truth = g_new (double, problem->n_out);
  problem->size = g_new (double, problem->n_out);
  problem->index_truth = g_new (gint64, problem->n_out);
  problem->log_sum_truth = g_new (double, n_kept);
  monge_world_reduce (&problem->world, &problem->reduction, visited, problem->truth,
                      problem->index_truth, problem->log_sum_truth, problem->size);
  widen_sizes (problem);
}

gsize
monge_problem_get_kept (const MongeProblem *problem)
{
  return problem->n_out / monge_reduction_get_dim (&problem->reduction);
}

void
monge_problem_clear (MongeProblem *problem)
{
  monge_world_clear (&problem->world);
  g_clear_pointer (&problem->pairs, monge_pairs_free);
  g_free (problem->truth);
  g_free (problem->size);
  g_free (problem->index_truth);
  g_free (problem->log_sum_truth);
}

void
monge_problem_init_arguments (const MongeProblem *problem,
                              MongePrecision precision,
                              MongeArgument *arguments)
{
  const MongeWorld *world = &problem->world;

  for (guint k = 0; k < world->n_values; k++)
    {
      const MongeFormula *variable = world->values[k].variable;
      gsize rows = monge_world_get_rows (world, variable->axis);
      gsize stride = variable->axis == MONGE_AXIS_NONE ? 1 : rows + PAD;

      arguments[k] = (MongeArgument){ .stride = stride };
      if (precision == MONGE_FLOAT32)
        arguments[k].floats = dup_floats (world, variable, stride);
      else
        {
          double *doubles = g_new (double, variable->dim * stride);

          for (gsize n = 0; n < variable->dim * stride; n++)
            doubles[n] = n % stride < rows
                             ? world->values[k].values[n / stride * rows + n % stride] : NAN;
          arguments[k].doubles = doubles;
        }
    }
}

void
monge_problem_clear_arguments (const MongeProblem *problem, MongeArgument *arguments)
{
  for (guint k = 0; k < problem->world.n_values; k++)
    {
      g_free ((gpointer) arguments[k].floats);
      g_free ((gpointer) arguments[k].doubles);
    }
}

MongeProgram *
monge_problem_new_program (const MongeProblem *problem, MongePrecision precision)
{
  const MongeFormula *variables[MONGE_WORLD_MAX_VARIABLES];
  GError *error = NULL;
  MongeProgram *program;

  for (guint k = 0; k < problem->world.n_values; k++)
    variables[k] = problem->world.values[k].variable;
  program = monge_program_new (&problem->reduction, precision, variables, problem->world.n_values,
                               &error);
  g_assert_no_error (error);
  return program;
}

MongeKernel *
monge_problem_prepare (MongeBackend *backend,
                       const MongeProblem *problem,
                       MongePrecision precision,
                       MongePrepareFlags flags)
{
  g_autoptr (MongeProgram) program = monge_problem_new_program (problem, precision);
  GError *error = NULL;
  MongeKernel *kernel = monge_backend_prepare (backend, program, flags, &error);

  g_assert_no_error (error);
  return kernel;
}

gboolean
monge_problem_run (MongeBackend *backend,
                   MongeKernel *kernel,
                   const MongeProblem *problem,
                   MongePrecision precision,
                   double cutoff,
                   MongeResult *result,
                   MongeTask *task,
                   GError **error)
{
  const MongeWorld *world = &problem->world;
  MongeArgument arguments[MONGE_WORLD_MAX_VARIABLES];
  gboolean indices = monge_reduce_op_gives_indices (problem->reduction.op);
  gboolean success;
  MongeRun r = {
    .n_rows = monge_world_get_rows (world, MONGE_AXIS_I),
    .n_columns = monge_world_get_rows (world, MONGE_AXIS_J),
    .arguments = arguments,
    .pairs = problem->pairs,
    .cutoff = cutoff,
    .out = indices ? NULL : result->out,
    .index_out = indices ? result->index_out : NULL,
    .log_sum = problem->reduction.op == MONGE_REDUCE_SOFT_MEAN ? result->log_sum : NULL,
  };

  monge_problem_init_arguments (problem, precision, arguments);
  success = monge_backend_run (backend, kernel, &r, &result->n_pairs, task, error);
  monge_problem_clear_arguments (problem, arguments);
  return success;
}

/* --- Comparing -------------------------------------------------------------------------------- */

G_GNUC_NORETURN static void
fail (const MongeProblem *problem,
      MongeKernel *kernel,
      MongePrecision precision,
      gsize k,
      double got,
      double expected,
      double tolerance)
{
  g_autofree char *printed = monge_reduction_print (&problem->reduction);
  gsize n_kept = monge_problem_get_kept (problem);

  g_error ("%s\n  that is %s\n  %" G_GSIZE_FORMAT " × %" G_GSIZE_FORMAT
           ", D = %u, %s, %s, by %s:\n  component %" G_GSIZE_FORMAT " of result %" G_GSIZE_FORMAT
           " is %.17g, should be %.17g, tolerance %.3g",
           problem->text, printed, monge_world_get_rows (&problem->world, MONGE_AXIS_I),
           monge_world_get_rows (&problem->world, MONGE_AXIS_J), problem->world.dim,
           layout_names[problem->layout], precision == MONGE_FLOAT32 ? "float32" : "float64",
           kernel != NULL ? monge_kernel_get_description (kernel) : "generated code",
           k / n_kept, k % n_kept, got, expected, tolerance);
}

gboolean
monge_is_close (double a, double b, double tolerance)
{
  return a == b || (isnan (a) && isnan (b)) || fabs (a - b) <= tolerance;
}

static double
get_tolerance (const MongeProblem *problem, MongePrecision precision)
{
  return precision == MONGE_FLOAT32 ? problem->tolerance : MAX (1e-13, 4e-9 * problem->tolerance);
}

void
monge_problem_compare (const MongeProblem *problem, MongeKernel *kernel, MongePrecision precision,
         const MongeResult *result)
{
  double tolerance = get_tolerance (problem, precision);
  gsize n_kept = monge_problem_get_kept (problem);

  if (monge_reduce_op_gives_indices (problem->reduction.op))
    for (gsize k = 0; k < problem->n_out; k++)
      {
        if (result->index_out[k] != problem->index_truth[k])
          fail (problem, kernel, precision, k, result->index_out[k], problem->index_truth[k], 0);
      }
  else
    for (gsize k = 0; k < problem->n_out; k++)
      if (!monge_is_close (result->out[k], problem->truth[k], tolerance * problem->size[k]))
        fail (problem, kernel, precision, k, result->out[k], problem->truth[k],
              tolerance * problem->size[k]);
  if (problem->reduction.op == MONGE_REDUCE_SOFT_MEAN)
    for (gsize k = 0; k < n_kept; k++)
      if (!monge_is_close (result->log_sum[k], problem->log_sum_truth[k],
                     tolerance * (1 + fabs (problem->log_sum_truth[k]))))
        fail (problem, kernel, precision, k, result->log_sum[k], problem->log_sum_truth[k],
              tolerance);
  g_assert_cmpfloat (result->out[problem->n_out], ==, MONGE_GUARD);
  g_assert_cmpint (result->index_out[problem->n_out], ==, (gint64) MONGE_GUARD);
  g_assert_cmpfloat (result->log_sum[n_kept], ==, MONGE_GUARD);
}

void
monge_problem_check (MongeBackend *backend, const MongeProblem *problem, MongePrecision precision,
                 MongePrepareFlags flags)
{
  g_autoptr (MongeKernel) kernel = monge_problem_prepare (backend, problem, precision, flags);
  GError *error = NULL;
  MongeResult result;

  monge_result_init (&result, problem->n_out, monge_problem_get_kept (problem));
  if (!monge_problem_run (backend, kernel, problem, precision, 0, &result, NULL, &error))
    g_error ("%s, D = %u, %s: %s", problem->text, problem->world.dim, layout_names[problem->layout],
             error->message);
  monge_problem_compare (problem, kernel, precision, &result);
  monge_result_clear (&result);
}

MongeBackend *
monge_problem_open_cpu (guint n_threads)
{
  GError *error = NULL;
  MongeBackend *backend
      = monge_backend_open (&(MongeBackendOptions){ monge_test_backend (), n_threads }, &error);

  g_assert_no_error (error);
  return backend;
}

MongeProblem
monge_problem_new (const char *text, guint dim, gsize n_kept, gsize n_summed, MongeLayout layout)
{
  MongeCase c = { text, MONGE_TERM, NULL, FALSE };
  MongeWorldParams params = { dim, n_kept, n_summed, MONGE_AXIS_I, FALSE, 77 };
  MongeProblem problem;

  monge_problem_init (&problem, &c, &params, layout);
  return problem;
}
