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
  loss = type->open (backend, source, target);
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
  loss->type->close (loss);
  monge_measure_unref (source);
  monge_measure_unref (target);
}

void
monge_loss_reset (MongeLoss *loss)
{
  loss->type->reset (loss);
}

static gboolean
check_points (const double *points, gsize n, guint dim, GError **error)
{
  const gsize size = points != NULL ? n * dim : 0, run = 64;
  gsize first = 0;

  for (; first + run <= size; first += run) /* in vectors */
    {
      int found = 0;

      for (gsize k = 0; k < run; k++)
        found |= !(fabs (points[first + k]) <= G_MAXDOUBLE);
      if (found)
        break;
    }
  for (gsize k = first; k < size; k++)
    if (!isfinite (points[k]))
      {
        g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
                     "Coordinate %u of source point %" G_GSIZE_FORMAT " is not finite",
                     (guint) (k % dim), k / dim);
        return FALSE;
      }
  return TRUE;
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
  const gint64 start = g_get_monotonic_time ();

  g_return_val_if_fail (params->blur > 0, FALSE);

  if (!check_points (points, monge_measure_get_n (loss->source),
                     monge_measure_get_dim (loss->source), error)
      || !loss->type->evaluate (loss, points, params, slope, report, task, error))
    return FALSE;
  report->seconds = 1e-6 * (double) (g_get_monotonic_time () - start);
  if (isfinite (report->value))
    return TRUE;
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_NAN,
                       "The loss is not finite: blur is too small, or the shapes too far apart, for "
                       "32-bit arithmetic; try a larger blur");
  return FALSE;
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
  double *at = monge_planes_begin (points, MONGE_PLANES_READ, error), *slopes;
  gboolean done;

  if (at == NULL)
    return FALSE;
  slopes = slope != NULL ? monge_planes_begin (slope, MONGE_PLANES_WRITE, error) : NULL;
  done = (slope == NULL || slopes != NULL)
         && monge_loss_evaluate (loss, at, params, slopes, report, task, error);
  monge_planes_end (points);
  if (slopes != NULL)
    monge_planes_end (slope);
  return done;
}
