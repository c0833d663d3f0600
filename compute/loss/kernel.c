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
  float *bias;
  double *sum, *moment;
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
  loss->bias = g_new (float, MAX (n, m));
  loss->sum = g_new (double, MAX (n, m));
  loss->moment = g_new (double, n * dim);
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
  g_free (loss->bias);
  g_free (loss->sum);
  g_free (loss->moment);
  g_free (loss->slope);
  g_free (loss);
}

static void
kernel_reset (MongeLoss *base)
{
}

/* The function k of one loss, in terms of the backend's. */
typedef struct {
  MongeTunedKernel kernel;
  double scale;  /* of lengths */
  double sign;   /* of k against the backend's sum */
  double slope;  /* ∂_x k = slope · k · moment */
} Shape;

static Shape
get_shape (const MongeLoss *base, double blur)
{
  const double log2e = 1.44269504088896340736;

  if (base->type == &monge_loss_gaussian)
    return (Shape){ MONGE_TUNED_GAUSSIAN, sqrt (log2e / 2) / blur, 1, -1 / (blur * blur) };
  if (base->type == &monge_loss_laplacian)
    return (Shape){ MONGE_TUNED_LAPLACIAN, log2e / blur, 1, -1 / blur };
  return (Shape){ MONGE_TUNED_DISTANCE, 1, -1, 1 };
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
  const gboolean is_log = shape->kernel != MONGE_TUNED_DISTANCE;
  const MongeTunedReduction reduction = {
    .kernel = shape->kernel,
    .x = monge_points_get_cloud (rows),
    .y = monge_points_get_cloud (columns),
    .scale = shape->scale,
    .bias = loss->bias,
    .sum = loss->sum,
    .moment = slope != NULL ? loss->moment : NULL,
  };

  for (gsize j = 0; j < columns->n; j++)
    loss->bias[j] = is_log ? columns->log_weights[j] * 1.44269504f : (float) columns->weights[j];
  if (!monge_backend_reduce_tuned (loss->base.backend, &reduction, NULL, task, error))
    return FALSE;
  *term = 0;
  for (gsize i = 0; i < rows->n; i++)
    {
      double sum = is_log ? exp2 (loss->sum[i]) : loss->sum[i];

      *term += rows->weights[i] * shape->sign * sum;
      if (slope == NULL)
        continue;
      for (guint d = 0; d < rows->dim; d++)
        slope[rows->order[i] * rows->dim + d] += factor * shape->slope * shape->sign
                                                 * (is_log ? sum : 1)
                                                 * loss->moment[d * rows->n + i];
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
