/* Losses with their gradients, from a cold start and along a flow. */
#include "app/bench-private.h"
#include "app/bench-truth.h"

#include <math.h>
#include <string.h>

#define BLUR 0.05

typedef struct {
  MongeBench *bench;
  MongeMeasure *source, *target;
  MongeLossParams params;
  MongeLoss *loss;
  double *slope;
  MongeLossReport report;
} Work;

static void
work_clear (Work *work)
{
  g_clear_pointer (&work->loss, monge_loss_free);
  g_clear_pointer (&work->source, monge_measure_unref);
  g_clear_pointer (&work->target, monge_measure_unref);
  g_clear_pointer (&work->slope, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, work_clear)

/* From the points to the value and the slope: sorting and clustering are part of it. */
static gboolean
evaluate_cold (gpointer data, GError **error)
{
  Work *work = data;

  work->loss = monge_loss_new (work->params.loss, work->bench->backend, work->source, work->target,
                               error);
  if (work->loss == NULL)
    return FALSE;
  return monge_loss_evaluate (work->loss, NULL, &work->params, work->slope, &work->report,
                              work->bench->task, error);
}

static gboolean
forget (gpointer data, GError **error)
{
  g_clear_pointer (&((Work *) data)->loss, monge_loss_free);
  return TRUE;
}

void
monge_bench_row_describe_truth (MongeBenchRow *row, const MongeBenchTruth *truth)
{
  if (truth->cell == 0)
    monge_bench_row_note (row, "error: all points in float64 until marginals are right to %.0e",
                          truth->marginal_error);
  else
    monge_bench_row_note (row, "error: %" G_GSIZE_FORMAT " points in float64, after a solve on cells "
                          "of blur/%.0f and blur/%.0f, extrapolated", truth->n_rows,
                          truth->blur / truth->cell, 0.5 * truth->blur / truth->cell);
}

/* Kept under @key, because cases share problems. Borrowed. */
static const MongeBenchTruth *
find_truth (Work *work, const char *key, GError **error)
{
  GHashTable *truths = work->bench->truths;
  MongeBenchTruth *truth = g_hash_table_lookup (truths, key);

  if (truth != NULL)
    return truth;
  truth = monge_bench_truth_new (work->source, monge_measure_get_points (work->source),
                                 work->target, work->params.blur, work->bench->task, error);
  if (truth != NULL)
    g_hash_table_insert (truths, g_strdup (key), truth);
  return truth;
}

gboolean
monge_bench_run_sinkhorn (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                          GError **error)
{
  g_autofree char *key = g_strdup_printf ("%s %" G_GSIZE_FORMAT, of->text, of->n);
  const gboolean is_cube = g_str_equal (of->text, "cube");
  g_auto (Work) work = {
    .bench = bench,
    .source = is_cube ? monge_bench_make_cube (of->n, 3, 1)
                      : monge_bench_make_sphere (of->n, FALSE, 1),
    .target = is_cube ? monge_bench_make_bent_cube (of->n, 2)
                      : monge_bench_make_sphere (of->n, TRUE, 2),
    .params = { MONGE_LOSS_DEFAULTS, .blur = BLUR, .tol = of->tol },
    .slope = g_new (double, 3 * of->n),
  };
  const MongeBenchTruth *truth;

  if (!monge_bench_time (bench, row, evaluate_cold, forget, &work, error))
    return FALSE;
  row->is_solve = TRUE;
  row->converged = work.report.converged;
  row->iterations = work.report.iterations;
  row->marginal_error = work.report.marginal_error;
  truth = find_truth (&work, key, error);
  if (truth == NULL)
    return FALSE;
  row->error = monge_bench_truth_compare (truth, work.source, work.slope);
  row->error_of = "gradient";
  if (of->n >= 1000000)
    monge_bench_row_note (row, "at most %.0f MiB", (double) row->memory / (1 << 20));
  monge_bench_row_describe_truth (row, truth);
  return TRUE;
}

static double
find_exponent (const MongeBenchRow *small, const MongeBenchRow *large)
{
  return log (large->seconds / small->seconds) / log ((double) large->n / (double) small->n);
}

gboolean
monge_bench_run_growth (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                        GError **error)
{
  static const char *const names[] = { "sinkhorn-1e4", "sinkhorn-1e5", "sinkhorn-1e6" };
  const MongeBenchRow *rows[3];

  for (guint k = 0; k < 3; k++)
    {
      if (monge_bench_find_row (bench, names[k]) == NULL
          && !monge_bench_run (bench, monge_bench_find_case (names[k]), error))
        return FALSE;
      rows[k] = monge_bench_find_row (bench, names[k]);
    }
  row->seconds = row->best = row->cpu_seconds = NAN;
  row->exponent = find_exponent (rows[0], rows[2]);
  monge_bench_row_note (row, "time goes as N^%.2f from 1e4 to 1e6: N^%.2f, then N^%.2f",
                        row->exponent, find_exponent (rows[0], rows[1]),
                        find_exponent (rows[1], rows[2]));
  return TRUE;
}

/* --- kernel norms --- */

#define N_KERNEL_ROWS 500

/* ∂_x k(x, y) = factor · (x − y) */
static double
get_kernel_factor (const char *kernel, double distance, double blur)
{
  if (g_str_equal (kernel, "gaussian"))
    return -exp (-0.5 * distance * distance / (blur * blur)) / (blur * blur);
  if (distance == 0)
    return 0;
  return g_str_equal (kernel, "laplacian") ? -exp (-distance / blur) / (blur * distance)
                                           : -1 / distance;
}

/* slope += sign Σ_j b_j ∂_x k(x, y_j) */
static void
add_kernel_slope (const char *kernel, double blur, const double x[3], const MongeMeasure *measure,
                  double sign, double slope[3])
{
  const double *y = monge_measure_get_points (measure);
  const double *b = monge_measure_get_weights (measure);

  for (gsize j = 0; j < monge_measure_get_n (measure); j++, y += 3)
    {
      const double gap[3] = { x[0] - y[0], x[1] - y[1], x[2] - y[2] };
      const double factor = get_kernel_factor (
          kernel, sqrt (gap[0] * gap[0] + gap[1] * gap[1] + gap[2] * gap[2]), blur);

      for (guint d = 0; d < 3; d++)
        slope[d] += sign * b[j] * factor * gap[d];
    }
}

gboolean
monge_bench_run_kernel (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                        GError **error)
{
  g_autoptr (MongeBenchTruth) truth = g_new0 (MongeBenchTruth, 1);
  g_auto (Work) work = {
    .bench = bench,
    .source = monge_bench_make_sphere (of->n, FALSE, 1),
    .target = monge_bench_make_sphere (of->n, TRUE, 2),
    .params = { MONGE_LOSS_DEFAULTS, .loss = of->text, .blur = BLUR },
    .slope = g_new (double, 3 * of->n),
  };
  const double *x = monge_measure_get_points (work.source);

  if (!monge_bench_time (bench, row, evaluate_cold, forget, &work, error))
    return FALSE;
  truth->n_rows = N_KERNEL_ROWS;
  truth->rows = g_new (gsize, truth->n_rows);
  truth->slope = g_new0 (double, 3 * truth->n_rows);
  for (gsize r = 0; r < truth->n_rows; r++)
    {
      const gsize i = truth->rows[r] = r * of->n / truth->n_rows;

      add_kernel_slope (of->text, BLUR, x + 3 * i, work.source, 1, truth->slope + 3 * r);
      add_kernel_slope (of->text, BLUR, x + 3 * i, work.target, -1, truth->slope + 3 * r);
    }
  row->error = monge_bench_truth_compare (truth, work.source, work.slope);
  row->error_of = "gradient";
  row->pairs = 3 * (guint64) of->n * of->n;
  return TRUE;
}
