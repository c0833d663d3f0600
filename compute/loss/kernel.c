/* Kernel norms ½ |α − β|²_k = ½ Σ αα k + ½ Σ ββ k − Σ αβ k, with k of width σ = blur:
 *     gaussian  exp(−d²/2σ²)      laplacian  exp(−d/σ)      energy  −d
 * Slope: (1/α_i) ∂/∂x_i = Σ_l α_l ∂_x k(x_i, x_l) − Σ_j β_j ∂_x k(x_i, y_j).
 * Derivation: docs/math/kernel-norms.md. Székely and Rizzo 2004 (energy); Gretton et al. 2012. */
#include "compute/loss/loss-private.h"
#include "compute/backend/step.h"
#include "compute/solver/points.h"

#include <math.h>
#include <string.h>

typedef struct {
  MongeLoss base;
  MongePoints *x, *y;
  double origin[MONGE_MAX_DIM];
  MongeKernel *kernels[2]; /* without and with slopes; made on first use */
  MongePlanes *out;        /* ((1 + dim) × n): sums, then slopes */
  MongePlanes *slope;      /* (n × dim), in the source's order */
  double target_term;      /* ½ Σ ββ k, at @target_blur */
  double target_blur;      /* NaN if not known */
} KernelLoss;

/* Places of totals. */
enum { OF_MOVE, OF_TARGET, OF_SELF, OF_CROSS, N_TERMS = OF_CROSS + 1 - OF_TARGET };

static void
kernel_close (MongeLoss *base)
{
  KernelLoss *loss = (KernelLoss *) base;

  monge_points_free (loss->x);
  monge_points_free (loss->y);
  monge_kernel_free (loss->kernels[0]);
  monge_kernel_free (loss->kernels[1]);
  monge_planes_free (loss->out);
  monge_planes_free (loss->slope);
  g_free (loss);
}

/* Asks for all that an evaluation will take, about. */
static gboolean
reserve (MongeBackend *backend, gsize n, gsize m, guint dim, GError **error)
{
  g_autofree char *purpose = g_strdup_printf ("a kernel norm of %'" G_GSIZE_FORMAT " points", n + m);
  const gsize points = dim * 4 + 8 + 4 + 4;

  return monge_backend_reserve (backend,
                                (n + m) * points + MAX (n * (1 + dim), m) * 8 + n * dim * 8, purpose,
                                error);
}

static MongePoints *
sort_points (MongeBackend *backend, MongeMeasure *measure, const double *origin, GError **error)
{
  g_autoptr (MongePoints) points = monge_points_new (backend, measure, origin, error);

  if (points == NULL || !monge_points_sort (points, 0, NULL, error))
    return NULL;
  return g_steal_pointer (&points);
}

static gboolean
make_room (KernelLoss *loss,
           MongeBackend *backend,
           MongeMeasure *source,
           MongeMeasure *target,
           GError **error)
{
  const guint dim = monge_measure_get_dim (target);
  const gsize n = monge_measure_get_n (source), m = monge_measure_get_n (target);

  if (!reserve (backend, n, m, dim, error))
    return FALSE;
  loss->x = sort_points (backend, source, loss->origin, error);
  loss->y = loss->x != NULL ? sort_points (backend, target, loss->origin, error) : NULL;
  if (loss->y == NULL)
    return FALSE;
  loss->out = monge_planes_new (backend, MONGE_PLANES_FLOAT64, MAX (n * (1 + dim), m), 1, error);
  if (loss->out == NULL)
    return FALSE;
  loss->slope = monge_planes_new (backend, MONGE_PLANES_FLOAT64, n * dim, 1, error);
  return loss->slope != NULL;
}

static MongeLoss *
kernel_open (MongeBackend *backend, MongeMeasure *source, MongeMeasure *target, GError **error)
{
  KernelLoss *loss = g_new0 (KernelLoss, 1);
  const double *y = monge_measure_get_points (target);

  for (guint d = 0; d < monge_measure_get_dim (target); d++)
    loss->origin[d] = y[d];
  loss->target_blur = NAN;
  if (make_room (loss, backend, source, target, error))
    return &loss->base;
  kernel_close (&loss->base);
  return NULL;
}

static void
kernel_reset (MongeLoss *base)
{
}

/* The function k of one loss as formulas: its sum, and beside it that of what slopes are made of. */
typedef struct {
  const MongeLossType *type;
  const char *sum, *sum_and_slope;
} Texts;

static const Texts texts[] = {
  { &monge_loss_gaussian, "sum_j b * exp(-s*sqdist(x,y))",
    "sum_j concat(b*exp(-s*sqdist(x,y)), b*exp(-s*sqdist(x,y)) * (x-y))" },
  { &monge_loss_laplacian, "sum_j b * exp(-s*dist(x,y))",
    "sum_j concat(b*exp(-s*dist(x,y)), b*exp(-s*dist(x,y)) * normalise(x-y))" },
  { &monge_loss_energy, "sum_j b * dist(x,y)",
    "sum_j concat(b*dist(x,y), b*normalise(x-y))" },
};

/* What goes with the texts, for one width. */
typedef struct {
  double s;
  double sign;  /* of k against the sum */
  double slope; /* ∂_x k = slope · what is summed for it */
} Shape;

static Shape
get_shape (const MongeLoss *base, double blur)
{
  if (base->type == &monge_loss_gaussian)
    return (Shape){ 1 / (2 * blur * blur), 1, -1 / (blur * blur) };
  if (base->type == &monge_loss_laplacian)
    return (Shape){ 1 / blur, 1, -1 / blur };
  return (Shape){ 1, -1, -1 };
}

static MongeKernel *
get_kernel (KernelLoss *loss, gboolean with_slope, GError **error)
{
  const guint dim = loss->x->dim;
  const MongeVariable variables[] = {
    { "x", MONGE_AXIS_I, dim }, { "y", MONGE_AXIS_J, dim },
    { "b", MONGE_AXIS_J, 1 },   { "s", MONGE_AXIS_NONE, 1 },
  };

  for (guint t = 0; t < G_N_ELEMENTS (texts) && loss->kernels[with_slope] == NULL; t++)
    if (texts[t].type == loss->base.type)
      loss->kernels[with_slope]
          = monge_backend_prepare_text (loss->base.backend,
                                        with_slope ? texts[t].sum_and_slope : texts[t].sum,
                                        variables, G_N_ELEMENTS (variables), error);
  return loss->kernels[with_slope];
}

/* Queues Σ_i a_i Σ_j b_j k(x_i, y_j), to @total, and where @slope
 *     slope_i += factor · Σ_j b_j ∂_x k(x_i, y_j). */
static gboolean
add_term (KernelLoss *loss,
          const Shape *shape,
          const MongePoints *rows,
          const MongePoints *columns,
          double factor,
          MongePlanes *slope,
          guint total,
          MongeTask *task,
          GError **error)
{
  MongeKernel *kernel = get_kernel (loss, slope != NULL, error);
  const MongeArgument arguments[] = {
    { .planes = rows->planes },
    { .planes = columns->planes },
    { .planes = columns->weights },
    { .doubles = &shape->s, .stride = 1 },
  };
  const MongeRun run = {
    .n_rows = rows->n,
    .n_columns = columns->n,
    .arguments = arguments,
    .out_planes = loss->out,
  };

  if (kernel == NULL || !monge_backend_run (loss->base.backend, kernel, &run, NULL, task, error))
    return FALSE;
  monge_backend_step (loss->base.backend, &(MongeStep){
    .id = MONGE_STEP_ADD_KERNEL,
    .n = rows->n,
    .planes = { rows->weights, loss->out, slope, rows->order_planes },
    .numbers = { shape->sign, factor * shape->slope },
    .counts = { rows->dim },
    .totals = total,
  });
  return TRUE;
}

/* All terms; the target's own only where it is not known. */
static gboolean
add_terms (KernelLoss *loss,
           const MongeLossParams *params,
           MongePlanes *slope,
           double *totals,
           MongeTask *task,
           GError **error)
{
  const Shape shape = get_shape (&loss->base, params->blur);
  const gboolean with_target = loss->target_blur != params->blur;

  if (with_target
      && !add_term (loss, &shape, loss->y, loss->y, 0, NULL, OF_TARGET, task, error))
    return FALSE;
  if (!add_term (loss, &shape, loss->x, loss->x, 1, slope, OF_SELF, task, error)
      || !add_term (loss, &shape, loss->x, loss->y, -1, slope, OF_CROSS, task, error)
      || !monge_backend_read_totals (loss->base.backend, OF_TARGET, N_TERMS, totals, task, error))
    return FALSE;
  if (with_target)
    loss->target_term = totals[0];
  loss->target_blur = params->blur;
  return TRUE;
}

static gboolean
kernel_evaluate (MongeLoss *base,
                 MongePlanes *points,
                 const MongeLossParams *params,
                 MongePlanes *slope,
                 MongeLossReport *report,
                 MongeTask *task,
                 GError **error)
{
  KernelLoss *loss = (KernelLoss *) base;
  MongeBackend *backend = base->backend;
  double bad, totals[N_TERMS];
  gboolean done;

  monge_points_move (loss->x, points, loss->origin, OF_MOVE);
  if (!monge_backend_read_totals (backend, OF_MOVE, 1, &bad, task, error)
      || !monge_points_check_move (loss->x, bad, error))
    return FALSE;
  if (slope != NULL)
    monge_backend_step (backend, &(MongeStep){ .id = MONGE_STEP_FILL, .n = slope->n,
                                               .planes = { loss->slope } });
  done = add_terms (loss, params, slope != NULL ? loss->slope : NULL, totals, task, error);
  monge_backend_take_n_pairs (backend); /* not reported, nor for the next to count */
  if (!done)
    return FALSE;
  *report = (MongeLossReport){
    .value = 0.5 * totals[OF_SELF - OF_TARGET] + 0.5 * loss->target_term
             - totals[OF_CROSS - OF_TARGET],
    .converged = TRUE,
  };
  if (slope != NULL)
    monge_planes_copy (slope, loss->slope);
  return TRUE;
}

/* @potential ± Σ_j b_j k(x_i, y_j) over @columns. */
static gboolean
add_witness (KernelLoss *loss,
             const Shape *shape,
             const MongePoints *columns,
             double sign,
             double *potential,
             MongeTask *task,
             GError **error)
{
  const MongePoints *rows = loss->x;
  MongeKernel *kernel = get_kernel (loss, FALSE, error);
  const MongeArgument arguments[] = {
    { .planes = rows->planes },
    { .planes = columns->planes },
    { .planes = columns->weights },
    { .doubles = &shape->s, .stride = 1 },
  };
  const MongeRun run = {
    .n_rows = rows->n,
    .n_columns = columns->n,
    .arguments = arguments,
    .out_planes = loss->out,
  };
  const double *sums;

  if (kernel == NULL || !monge_backend_run (loss->base.backend, kernel, &run, NULL, task, error))
    return FALSE;
  sums = monge_planes_begin (loss->out, MONGE_PLANES_READ, error);
  if (sums == NULL)
    return FALSE;
  for (gsize i = 0; i < rows->n; i++)
    potential[rows->order[i]] += sign * shape->sign * sums[i];
  monge_planes_end (loss->out);
  return TRUE;
}

/* The witness Σ αα k − Σ αβ k, whose half is what each point counts for. */
static gboolean
kernel_describe (MongeLoss *base,
                 const MongeLossParams *params,
                 double *potential,
                 double *share,
                 MongeTask *task,
                 GError **error)
{
  KernelLoss *loss = (KernelLoss *) base;
  const Shape shape = get_shape (base, params->blur);
  gboolean done;

  memset (potential, 0, loss->x->n * sizeof *potential);
  done = add_witness (loss, &shape, loss->x, 1, potential, task, error)
         && add_witness (loss, &shape, loss->y, -1, potential, task, error);
  monge_backend_take_n_pairs (base->backend);
  for (gsize i = 0; i < loss->x->n && done; i++)
    share[i] = 0.5 * potential[i];
  return done;
}

#define KERNEL_LOSS(id, text)                                                                      \
  const MongeLossType monge_loss_##id = {                                                          \
    .name = #id,                                                                                   \
    .description = text,                                                                           \
    .open = kernel_open,                                                                           \
    .evaluate = kernel_evaluate,                                                                   \
    .describe = kernel_describe,                                                                   \
    .reset = kernel_reset,                                                                         \
    .close = kernel_close,                                                                         \
  }

KERNEL_LOSS (energy, "Energy distance: kernel −|x − y|, no length to choose");
KERNEL_LOSS (gaussian, "Gaussian kernel norm: blind to detail below blur, and to what is far away");
KERNEL_LOSS (laplacian, "Laplacian kernel norm: sharper at short range than the Gaussian");
