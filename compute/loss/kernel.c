/* Kernel norms ½ |α − β|²_k = ½ Σ αα k + ½ Σ ββ k − Σ αβ k, with k of width σ = blur:
 *     gaussian  exp(−d²/2σ²)      laplacian  exp(−d/σ)      energy  −d
 * Slope: (1/α_i) ∂/∂x_i = Σ_l α_l ∂_x k(x_i, x_l) − Σ_j β_j ∂_x k(x_i, y_j).
 * Derivation: docs/math/kernel-norms.md. Székely and Rizzo 2004 (energy); Gretton et al. 2012. */
#include "compute/loss/loss-private.h"
#include "compute/solver/points.h"

#include <math.h>
#include <string.h>

typedef struct {
  MongeLoss base;
  MongePoints *x, *y;
  double origin[MONGE_MAX_DIM];
  MongeKernel *kernels[2]; /* without and with slopes; made on first use */
  double *out;             /* ((1 + dim) × n): sums, then slopes */
  double *slope;           /* (n × dim): handed over only when it is whole */
  double target_term;      /* ½ Σ ββ k, at @target_blur */
  double target_blur;      /* NaN if not known */
} KernelLoss;

static MongeLoss *
kernel_open (MongeBackend *backend, MongeMeasure *source, MongeMeasure *target)
{
  KernelLoss *loss = g_new0 (KernelLoss, 1);
  const guint dim = monge_measure_get_dim (target);
  const double *y = monge_measure_get_points (target);
  const gsize n = monge_measure_get_n (source), m = monge_measure_get_n (target);

  for (guint d = 0; d < dim; d++)
    loss->origin[d] = y[d];
  loss->x = monge_points_new (source, loss->origin);
  loss->y = monge_points_new (target, loss->origin);
  monge_points_sort (loss->x, 0, NULL);
  monge_points_sort (loss->y, 0, NULL);
  loss->out = g_new (double, MAX (n * (1 + dim), m));
  loss->slope = g_new (double, n * dim);
  loss->target_blur = NAN;
  return &loss->base;
}

static void
kernel_close (MongeLoss *base)
{
  KernelLoss *loss = (KernelLoss *) base;

  monge_points_free (loss->x);
  monge_points_free (loss->y);
  monge_kernel_free (loss->kernels[0]);
  monge_kernel_free (loss->kernels[1]);
  g_free (loss->out);
  g_free (loss->slope);
  g_free (loss);
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

/* Σ_i a_i Σ_j b_j k(x_i, y_j); slope_i += factor · Σ_j b_j ∂_x k(x_i, y_j) where @slope. */
static gboolean
add_term (KernelLoss *loss,
          const Shape *shape,
          const MongePoints *rows,
          const MongePoints *columns,
          double factor,
          double *slope,
          double *term,
          MongeTask *task,
          GError **error)
{
  MongeKernel *kernel = get_kernel (loss, slope != NULL, error);
  const MongeArgument arguments[] = {
    { .floats = rows->planes, .stride = rows->n },
    { .floats = columns->planes, .stride = columns->n },
    { .doubles = columns->weights, .stride = columns->n },
    { .doubles = &shape->s, .stride = 1 },
  };
  const MongeRun run = {
    .n_rows = rows->n,
    .n_columns = columns->n,
    .arguments = arguments,
    .out = loss->out,
  };

  if (kernel == NULL
      || !monge_backend_run (loss->base.backend, kernel, &run, NULL, task, error))
    return FALSE;
  *term = 0;
  for (gsize i = 0; i < rows->n; i++)
    {
      *term += rows->weights[i] * shape->sign * loss->out[i];
      for (guint d = 0; d < rows->dim && slope != NULL; d++)
        slope[rows->order[i] * rows->dim + d] += factor * shape->slope
                                                 * loss->out[(1 + d) * rows->n + i];
    }
  return TRUE;
}

static gboolean
kernel_evaluate (MongeLoss *base,
                 const double *points,
                 const MongeLossParams *params,
                 double *slope,
                 MongeLossReport *report,
                 MongeTask *task,
                 GError **error)
{
  KernelLoss *loss = (KernelLoss *) base;
  const Shape shape = get_shape (base, params->blur);
  const gsize size = loss->x->n * loss->x->dim;
  double *slope_now = slope != NULL ? loss->slope : NULL;
  double xx, xy;

  monge_points_move (loss->x, points != NULL ? points : monge_measure_get_points (base->source),
                     loss->origin);
  memset (loss->slope, 0, size * sizeof *loss->slope);
  if (loss->target_blur != params->blur)
    {
      if (!add_term (loss, &shape, loss->y, loss->y, 0, NULL, &loss->target_term, task, error))
        return FALSE;
      loss->target_blur = params->blur;
    }
  if (!add_term (loss, &shape, loss->x, loss->x, 1, slope_now, &xx, task, error)
      || !add_term (loss, &shape, loss->x, loss->y, -1, slope_now, &xy, task, error))
    return FALSE;
  *report = (MongeLossReport){
    .value = 0.5 * xx + 0.5 * loss->target_term - xy,
    .converged = TRUE,
  };
  if (slope != NULL)
    memcpy (slope, slope_now, size * sizeof *slope);
  return TRUE;
}

#define KERNEL_LOSS(id, text)                                                                      \
  const MongeLossType monge_loss_##id = {                                                          \
    .name = #id,                                                                                   \
    .description = text,                                                                           \
    .open = kernel_open,                                                                           \
    .evaluate = kernel_evaluate,                                                                   \
    .reset = kernel_reset,                                                                         \
    .close = kernel_close,                                                                         \
  }

KERNEL_LOSS (energy, "Energy distance: kernel −|x − y|, no length to choose");
KERNEL_LOSS (gaussian, "Gaussian kernel norm: blind to detail below blur, and to what is far away");
KERNEL_LOSS (laplacian, "Laplacian kernel norm: sharper at short range than the Gaussian");
