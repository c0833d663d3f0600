#include "compute/loss/loss-private.h"

#include "compute/loss/loss-options.h"

#include <math.h>

const MongeLossType *const monge_losses[] = {
  &monge_loss_sinkhorn,
  &monge_loss_energy,
  &monge_loss_gaussian,
  &monge_loss_laplacian,
  NULL,
};

/* The names above, in the same order; a test compares them. */
const char *const monge_loss_names[] = { "sinkhorn", "energy", "gaussian", "laplacian", NULL };

const MongeOption monge_loss_options[] = {
  MONGE_LOSS_OPTION_LINES (0),
  { NULL }
};

static const MongeLossType *
find_type (const char *name, GError **error)
{
  g_autofree char *known = g_strjoinv (", ", (char **) monge_loss_names);

  for (const MongeLossType *const *type = monge_losses; *type != NULL; type++)
    if (g_str_equal ((*type)->name, name))
      return *type;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "There is no loss “%s”: choose one of %s", name,
               known);
  return NULL;
}

MongeLoss *
monge_loss_new (const char *name,
                MongeBackend *backend,
                MongeMeasure *source,
                MongeMeasure *target,
                GError **error)
{
  const MongeLossType *type = find_type (name, error);
  MongeLoss *loss;

  if (type == NULL)
    return NULL;
  if (monge_measure_get_dim (source) != monge_measure_get_dim (target))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "The source has dimension %u and the target %u: they must agree",
                   monge_measure_get_dim (source), monge_measure_get_dim (target));
      return NULL;
    }
  loss = type->open (backend, source, target, error);
  if (loss == NULL)
    return NULL;
  loss->type = type;
  loss->backend = backend;
  loss->source = monge_measure_ref (source);
  loss->target = monge_measure_ref (target);
  return loss;
}

void
monge_loss_free (MongeLoss *loss)
{
  MongeMeasure *source, *target;

  if (loss == NULL)
    return;
  source = loss->source;
  target = loss->target;
  monge_planes_free (loss->points);
  monge_planes_free (loss->slope);
  loss->type->close (loss);
  monge_measure_unref (source);
  monge_measure_unref (target);
}

void
monge_loss_reset (MongeLoss *loss)
{
  loss->type->reset (loss);
}

/* @points: (nullable): where the measure has them. */
static gboolean
make_planes (MongeLoss *loss, const double *points, gboolean with_slope, GError **error)
{
  const gsize n = monge_measure_get_n (loss->source) * monge_measure_get_dim (loss->source);

  if (loss->points == NULL)
    loss->points = monge_planes_new (loss->backend, MONGE_PLANES_FLOAT64, n, 1, error);
  if (loss->points == NULL)
    return FALSE;
  if (with_slope && loss->slope == NULL)
    loss->slope = monge_planes_new (loss->backend, MONGE_PLANES_FLOAT64, n, 1, error);
  if (with_slope && loss->slope == NULL)
    return FALSE;
  monge_planes_write (loss->points,
                      points != NULL ? points : monge_measure_get_points (loss->source));
  return TRUE;
}

gboolean
monge_loss_evaluate_planes (MongeLoss *loss,
                            MongePlanes *points,
                            const MongeLossParams *params,
                            MongePlanes *slope,
                            MongeLossReport *report,
                            MongeTask *task,
                            GError **error)
{
  const gint64 start = g_get_monotonic_time ();

  g_return_val_if_fail (params->blur > 0, FALSE);

  if (points == NULL)
    {
      if (!make_planes (loss, NULL, FALSE, error))
        return FALSE;
      points = loss->points;
    }
  if (!loss->type->evaluate (loss, points, params, slope, report, task, error))
    return FALSE;
  report->seconds = 1e-6 * (double) (g_get_monotonic_time () - start);
  if (isfinite (report->value))
    return TRUE;
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_NAN,
                       "The loss is not finite: blur is too small, or the shapes too far apart, for "
                       "32-bit arithmetic; try a larger blur");
  return FALSE;
}

/* Memory of the host as planes of a backend whose planes lie there. */
static MongePlanes
borrow (const MongeLoss *loss, const double *values)
{
  return (MongePlanes){
    .backend = loss->backend,
    .type = MONGE_PLANES_FLOAT64,
    .n = monge_measure_get_n (loss->source) * monge_measure_get_dim (loss->source),
    .dim = 1,
    .data = (gpointer) values,
  };
}

gboolean
monge_loss_evaluate (MongeLoss *loss,
                     const double *points,
                     const MongeLossParams *params,
                     double *slope,
                     MongeLossReport *report,
                     MongeTask *task,
                     GError **error)
{
  if (monge_backend_is_on_host (loss->backend))
    {
      MongePlanes at
          = borrow (loss, points != NULL ? points : monge_measure_get_points (loss->source));
      MongePlanes slopes = borrow (loss, slope);

      return monge_loss_evaluate_planes (loss, &at, params, slope != NULL ? &slopes : NULL, report,
                                         task, error);
    }
  return make_planes (loss, points, slope != NULL, error)
         && monge_loss_evaluate_planes (loss, loss->points, params,
                                        slope != NULL ? loss->slope : NULL, report, task, error)
         && (slope == NULL || monge_planes_read (loss->slope, slope, error));
}

gboolean
monge_loss_describe (MongeLoss *loss,
                     const double *points,
                     const MongeLossParams *params,
                     double *slope,
                     double *potential,
                     double *density,
                     MongeLossReport *report,
                     MongeTask *task,
                     GError **error)
{
  const double *weights = monge_measure_get_weights (loss->source);
  const gsize n = monge_measure_get_n (loss->source);
  double own = 0.0;

  if (!monge_loss_evaluate (loss, points, params, slope, report, task, error)
      || !loss->type->describe (loss, params, potential, density, task, error))
    return FALSE;
  for (gsize i = 0; i < n; i++)
    own += weights[i] * density[i];
  for (gsize i = 0; i < n; i++)
    density[i] += report->value - own;
  return TRUE;
}
