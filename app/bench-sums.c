/* Reductions over all pairs, compared with plain loops in double precision on some rows. */
#include "app/bench-private.h"

#include <math.h>
#include <string.h>

#define LOG2E 1.44269504088896340736
#define BLUR 0.05
#define WIDTH 0.1
#define N_CHECKED 200

typedef struct {
  MongeBench *bench;
  MongeTunedReduction reduction;
  MongeMeasure *x, *y;
  float *x_planes, *y_planes, *b;
  double *sum;
  guint64 n_pairs;
} Sum;

static gboolean
reduce (gpointer data, GError **error)
{
  Sum *sum = data;

  return monge_backend_reduce_tuned (sum->bench->backend, &sum->reduction, &sum->n_pairs,
                                     sum->bench->task, error);
}

static void
sum_init (Sum *sum, MongeBench *bench, const MongeBenchCase *of)
{
  MongeTunedReduction *reduction = &sum->reduction;

  sum->bench = bench;
  sum->x = monge_bench_make_cube (of->n, of->dim, 1);
  sum->y = monge_bench_make_cube (of->n, of->dim, 2);
  sum->x_planes = monge_bench_get_planes (sum->x);
  sum->y_planes = monge_bench_get_planes (sum->y);
  sum->b = monge_bench_make_normals (of->n, 3);
  sum->sum = g_new (double, of->n);
  *reduction = (MongeTunedReduction){
    .kernel = g_str_equal (of->text, "lse-p1") ? MONGE_TUNED_LAPLACIAN : MONGE_TUNED_GAUSSIAN,
    .x = { sum->x_planes, of->n, of->n, of->dim },
    .y = { sum->y_planes, of->n, of->n, of->dim },
    .scale = sqrt (LOG2E / 2) / BLUR,
    .bias = sum->b,
    .sum = sum->sum,
  };
  if (reduction->kernel == MONGE_TUNED_LAPLACIAN)
    reduction->scale = LOG2E / BLUR;
  if (!g_str_equal (of->text, "gaussian"))
    return;
  reduction->scale = sqrt (LOG2E / 2) / WIDTH;
  reduction->weights = sum->b;
  reduction->n_weights = 1;
}

static void
sum_clear (Sum *sum)
{
  monge_measure_unref (sum->x);
  monge_measure_unref (sum->y);
  g_free (sum->x_planes);
  g_free (sum->y_planes);
  g_free (sum->b);
  g_free (sum->sum);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Sum, sum_clear)

/* |got − true| / Σ|terms| of row @i. */
static double
measure_row (const Sum *sum, gsize i)
{
  const MongeTunedReduction *r = &sum->reduction;
  const guint dim = r->x.dim;
  const double *x = monge_measure_get_points (sum->x) + i * dim;
  const double *y = monge_measure_get_points (sum->y);
  double truth = 0, size = 0, got = sum->sum[i];

  for (gsize j = 0; j < r->y.n; j++)
    {
      double square = 0, term;

      for (guint d = 0; d < dim; d++)
        square += (x[d] - y[j * dim + d]) * (x[d] - y[j * dim + d]);
      square *= r->scale * r->scale;
      term = exp2 ((r->weights == NULL ? (double) sum->b[j] : 0)
                   - (r->kernel == MONGE_TUNED_LAPLACIAN ? sqrt (square) : square));
      truth += r->weights == NULL ? term : term * (double) sum->b[j];
      size += r->weights == NULL ? term : term * fabs ((double) sum->b[j]);
    }
  return fabs ((r->weights == NULL ? exp2 (got) : got) - truth) / size;
}

gboolean
monge_bench_run_sum (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                     GError **error)
{
  g_auto (Sum) sum = { 0 };

  sum_init (&sum, bench, of);
  if (!monge_bench_time (bench, row, reduce, NULL, &sum, error))
    return FALSE;
  row->pairs = sum.n_pairs;
  row->error = 0;
  row->error_of = "sum";
  for (gsize k = 0; k < N_CHECKED; k++)
    {
      double off = measure_row (&sum, (k * 7919) % of->n);

      if (!(off <= row->error))
        row->error = off;
    }
  return TRUE;
}
