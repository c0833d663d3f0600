/* Frames of a flow: x ← x − η slope, each solve starting from the potentials of the last frame. */
#include "app/bench-private.h"
#include "app/bench-truth.h"

#include "compute/shape/generate.h"
#include "compute/io/io.h"

#include <math.h>
#include <string.h>

#define STEP 0.3
#define N_FRAMES 12  /* after so many the flow starts over */
#define CHECKED 4    /* the frame whose slope is compared with float64 */

typedef struct {
  MongeBench *bench;
  MongeMeasure *source, *target;
  MongeLossParams params;
  MongeLoss *loss;
  gsize size;       /* 3 n */
  double *points, *slope;
  guint frame;
  MongeLossReport report;
} Flow;

static void
flow_clear (Flow *flow)
{
  g_clear_pointer (&flow->loss, monge_loss_free);
  g_clear_pointer (&flow->source, monge_measure_unref);
  g_clear_pointer (&flow->target, monge_measure_unref);
  g_clear_pointer (&flow->points, g_free);
  g_clear_pointer (&flow->slope, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Flow, flow_clear)

static gboolean
evaluate (Flow *flow, GError **error)
{
  return monge_loss_evaluate (flow->loss, flow->points, &flow->params, flow->slope, &flow->report,
                              flow->bench->task, error);
}

static gboolean
step (gpointer data, GError **error)
{
  Flow *flow = data;

  if (!evaluate (flow, error))
    return FALSE;
  for (gsize k = 0; k < flow->size; k++)
    flow->points[k] -= STEP * flow->slope[k];
  flow->frame++;
  return TRUE;
}

/* Back to the start with one frame done, every so often: near the target there is little to do. */
static gboolean
rewind_flow (gpointer data, GError **error)
{
  Flow *flow = data;

  if (flow->frame > 0 && flow->frame < N_FRAMES)
    return TRUE;
  flow->frame = 0;
  memcpy (flow->points, monge_measure_get_points (flow->source),
          flow->size * sizeof *flow->points);
  return step (flow, error);
}

/* --- shapes --- */

static MongeMeasure *
load_shape (const char *folder, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "hippocampus", name, NULL);
  g_autoptr (MongeShape) shape = monge_shape_load (path, NULL, NULL, error);

  return shape != NULL ? monge_measure_new_from_shape (shape, MONGE_WEIGHTING_AUTO, error) : NULL;
}

static MongeMeasure *
make_seahorse (guint variant)
{
  g_autoptr (MongeShape) shape = monge_generate_seahorse (variant, 4);

  return monge_measure_new_from_shape (shape, MONGE_WEIGHTING_AUTO, NULL);
}

static gboolean
make_hippocampi (Flow *flow, MongeBenchRow *row, GError **error)
{
  const char *folder = flow->bench->data != NULL ? flow->bench->data : g_getenv ("MONGE_TEST_DATA");

  flow->params.blur = 1;
  if (folder == NULL)
    {
      flow->source = make_seahorse (0);
      flow->target = make_seahorse (1);
      monge_bench_row_note (row, "made shapes; --data DIR has real ones");
      return TRUE;
    }
  flow->source = load_shape (folder, "source.ply", error);
  flow->target = flow->source != NULL ? load_shape (folder, "target.ply", error) : NULL;
  return flow->target != NULL;
}

/* Length of the diagonal of the box around it. */
static double
find_diagonal (const MongeMeasure *measure)
{
  const double *x = monge_measure_get_points (measure);
  double square = 0;

  for (guint d = 0; d < 3; d++)
    {
      double lower = INFINITY, upper = -INFINITY;

      for (gsize i = 0; i < monge_measure_get_n (measure); i++)
        {
          lower = fmin (lower, x[3 * i + d]);
          upper = fmax (upper, x[3 * i + d]);
        }
      square += (upper - lower) * (upper - lower);
    }
  return sqrt (square);
}

static gboolean
make_shapes (Flow *flow, const MongeBenchCase *of, MongeBenchRow *row, GError **error)
{
  if (g_str_equal (of->text, "hippocampus"))
    return make_hippocampi (flow, row, error);
  if (g_str_equal (of->text, "tree"))
    {
      flow->source = monge_bench_make_tree (of->n, FALSE, 1);
      flow->target = monge_bench_make_tree (of->n, TRUE, 2);
    }
  else
    {
      flow->source = monge_bench_make_sphere (of->n, FALSE, 1);
      flow->target = monge_bench_make_sphere (of->n, TRUE, 2);
    }
  flow->params.blur = 0.05 * find_diagonal (flow->source);
  return TRUE;
}

/* --- the case --- */

static gboolean
compare (Flow *flow, MongeBenchRow *row, GError **error)
{
  g_autoptr (MongeBenchTruth) truth = NULL;

  flow->frame = 0;
  while (flow->frame < CHECKED)
    if (!(flow->frame == 0 ? rewind_flow (flow, error) : step (flow, error)))
      return FALSE;
  if (!evaluate (flow, error))
    return FALSE;
  truth = monge_bench_truth_new (flow->source, flow->points, flow->target, flow->params.blur,
                                 flow->bench->task, error);
  if (truth == NULL)
    return FALSE;
  row->error = monge_bench_truth_compare (truth, flow->source, flow->slope);
  row->error_of = "gradient";
  monge_bench_row_describe_truth (row, truth);
  return TRUE;
}

gboolean
monge_bench_run_flow (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                      GError **error)
{
  g_auto (Flow) flow = {
    .bench = bench,
    .params = { MONGE_LOSS_DEFAULTS, .tol = of->tol },
  };

  if (!make_shapes (&flow, of, row, error))
    return FALSE;
  row->n = monge_measure_get_n (flow.source);
  row->m = monge_measure_get_n (flow.target);
  flow.size = 3 * row->n;
  flow.points = g_new (double, flow.size);
  flow.slope = g_new (double, flow.size);
  flow.loss = monge_loss_new (flow.params.loss, bench->backend, flow.source, flow.target, error);
  if (flow.loss == NULL
      || !monge_bench_time (bench, row, step, rewind_flow, &flow, error))
    return FALSE;
  row->is_solve = TRUE;
  monge_bench_row_note (row, "%.3g frames per second, blur %.3g", 1 / row->seconds,
                        flow.params.blur);
  if (!compare (&flow, row, error))
    return FALSE;
  row->converged = flow.report.converged;
  row->iterations = flow.report.iterations;
  row->marginal_error = flow.report.marginal_error;
  return TRUE;
}
