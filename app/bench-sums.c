/* Reductions over all pairs, written as formulas; compared with plain loops in double precision on
 * some rows. */
#include "app/bench-private.h"

#include <math.h>
#include <string.h>

#define N_CHECKED 200

/* One pair: the term of the sum, or the exponent of a log-sum-exp. */
static double
get_gaussian (double square, double s)
{
  return exp (-square / (2 * s * s));
}

static double
get_softmin (double square, double s)
{
  return -square / (2 * s * s);
}

static double
get_softmin_p1 (double square, double s)
{
  return -sqrt (square) / s;
}

/**
 * Problem:
 * @text: of x, y and b (dim 1), and the length s
 * @pair: the same as @text, less b
 */
typedef struct {
  const char *name;
  const char *text;
  double s;
  gboolean is_log;
  double (*pair) (double square, double s);
} Problem;

static const Problem problems[] = {
  { "gaussian", "sum_j exp(-sqdist(x,y)/(2*s^2)) * b", 0.1, FALSE, get_gaussian },
  { "lse", "logsumexp_j(b - sqdist(x,y)/(2*s^2))", 0.05, TRUE, get_softmin },
  { "lse-p1", "logsumexp_j(b - dist(x,y)/s)", 0.05, TRUE, get_softmin_p1 },
};

typedef struct {
  const Problem *problem;
  MongeBench *bench;
  MongePrepareFlags flags;
  guint dim;
  gsize n;
  float *x, *y, *b, s; /* x, y: planes */
  double *out;
  MongeKernel *kernel;
  guint64 n_pairs;
} Sum;

static void
sum_clear (Sum *sum)
{
  g_clear_pointer (&sum->kernel, monge_kernel_free);
  g_free (sum->x);
  g_free (sum->y);
  g_free (sum->b);
  g_free (sum->out);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Sum, sum_clear)

/* Points of the unit cube, as planes. */
static float *
make_planes (gsize n, guint dim, guint64 seed)
{
  g_autofree float *points = monge_bench_make_uniform (n, dim, seed);
  float *planes = g_new (float, n * dim);

  for (gsize i = 0; i < n; i++)
    for (guint d = 0; d < dim; d++)
      planes[d * n + i] = points[i * dim + d];
  return planes;
}

static void
sum_init (Sum *sum, MongeBench *bench, const char *name, gsize n, guint dim)
{
  sum->bench = bench;
  for (guint k = 0; k < G_N_ELEMENTS (problems); k++)
    if (g_str_equal (problems[k].name, name))
      sum->problem = &problems[k];
  g_assert (sum->problem != NULL);
  sum->n = n;
  sum->dim = dim;
  sum->x = make_planes (n, dim, 1);
  sum->y = make_planes (n, dim, 2);
  sum->b = monge_bench_make_normals (n, 3);
  sum->s = (float) sum->problem->s;
  sum->out = g_new (double, n);
}

/* Text → kernel. */
static gboolean
prepare (Sum *sum, GError **error)
{
  g_autoptr (MongeFormulaPool) pool = monge_formula_pool_new ();
  const MongeFormula *variables[] = {
    monge_formula_variable (pool, "x", MONGE_AXIS_I, sum->dim, error),
    monge_formula_variable (pool, "y", MONGE_AXIS_J, sum->dim, error),
    monge_formula_variable (pool, "b", MONGE_AXIS_J, 1, error),
    monge_formula_variable (pool, "s", MONGE_AXIS_NONE, 1, error),
  };
  g_autoptr (MongeProgram) program = NULL;
  MongeReduction reduction;

  if (!monge_reduction_parse (pool, sum->problem->text, &reduction, error))
    return FALSE;
  program = monge_program_new (&reduction, MONGE_FLOAT32, variables, G_N_ELEMENTS (variables),
                               error);
  if (program == NULL)
    return FALSE;
  g_clear_pointer (&sum->kernel, monge_kernel_free);
  sum->kernel = monge_backend_prepare (sum->bench->backend, program, sum->flags, error);
  return sum->kernel != NULL;
}

static gboolean
reduce (gpointer data, GError **error)
{
  Sum *sum = data;
  const MongeArgument arguments[] = {
    { .floats = sum->x, .stride = sum->n },
    { .floats = sum->y, .stride = sum->n },
    { .floats = sum->b, .stride = sum->n },
    { .floats = &sum->s, .stride = 1 },
  };
  const MongeRun run = {
    .n_rows = sum->n,
    .n_columns = sum->n,
    .arguments = arguments,
    .out = sum->out,
  };

  return monge_backend_run (sum->bench->backend, sum->kernel, &run, &sum->n_pairs,
                            sum->bench->task, error);
}

static gboolean
prepare_and_reduce (gpointer data, GError **error)
{
  return prepare (data, error) && reduce (data, error);
}

/* --- the error --- */

/* |got − true| / Σ|terms| of row @i; of Σ e^F for a log-sum-exp. */
static double
measure_row (const Sum *sum, gsize i)
{
  const Problem *problem = sum->problem;
  double truth = 0, size = 0;

  for (gsize j = 0; j < sum->n; j++)
    {
      double square = 0, term, weight = (double) sum->b[j];

      for (guint d = 0; d < sum->dim; d++)
        square += pow ((double) sum->x[d * sum->n + i] - (double) sum->y[d * sum->n + j], 2);
      term = problem->pair (square, (double) sum->s);
      term = problem->is_log ? exp (weight + term) : weight * term;
      truth += term;
      size += fabs (term);
    }
  return fabs ((problem->is_log ? exp (sum->out[i]) : sum->out[i]) - truth) / size;
}

static void
measure (const Sum *sum, MongeBenchRow *row)
{
  const gsize n_checked = MIN (sum->n, N_CHECKED);

  row->pairs = sum->n_pairs;
  row->error = 0;
  row->error_of = "sum";
  for (gsize k = 0; k < n_checked; k++)
    {
      double off = measure_row (sum, k * sum->n / n_checked);

      if (!(off <= row->error))
        row->error = off;
    }
  monge_bench_row_note (row, "%s", monge_kernel_get_description (sum->kernel));
}

/* --- the cases --- */

static gboolean
run_sum (MongeBench *bench, const MongeBenchCase *of, MongePrepareFlags flags,
         gboolean is_from_text, MongeBenchRow *row, GError **error)
{
  g_auto (Sum) sum = { .flags = flags };

  sum_init (&sum, bench, of->text, of->n, of->dim);
  if (!prepare (&sum, error)
      || !monge_bench_time (bench, row, is_from_text ? prepare_and_reduce : reduce, NULL, &sum,
                            error))
    return FALSE;
  measure (&sum, row);
  return TRUE;
}

gboolean
monge_bench_run_sum (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                     GError **error)
{
  return run_sum (bench, of, MONGE_PREPARE_DEFAULT, FALSE, row, error);
}

gboolean
monge_bench_run_interpreted (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                             GError **error)
{
  return run_sum (bench, of, MONGE_PREPARE_GENERIC, FALSE, row, error);
}

gboolean
monge_bench_run_text (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                      GError **error)
{
  return run_sum (bench, of, MONGE_PREPARE_GENERIC, TRUE, row, error);
}
