/* The debiased Sinkhorn divergence as a loss: see compute/solver/sinkhorn.h. */
#include "compute/loss/loss-private.h"
#include "compute/solver/sinkhorn.h"

typedef struct {
  MongeLoss base;
  MongeSinkhorn *solver;
} SinkhornLoss;

static MongeLoss *
sinkhorn_open (MongeBackend *backend, MongeMeasure *source, MongeMeasure *target, GError **error)
{
  MongeSinkhorn *solver = monge_sinkhorn_new (backend, source, target, error);
  SinkhornLoss *loss;

  if (solver == NULL)
    return NULL;
  loss = g_new0 (SinkhornLoss, 1);
  loss->solver = solver;
  return &loss->base;
}

static void
sinkhorn_close (MongeLoss *base)
{
  SinkhornLoss *loss = (SinkhornLoss *) base;

  monge_sinkhorn_free (loss->solver);
  g_free (loss);
}

static void
sinkhorn_reset (MongeLoss *base)
{
  monge_sinkhorn_reset (((SinkhornLoss *) base)->solver);
}

static gboolean
sinkhorn_evaluate (MongeLoss *base,
                   MongePlanes *points,
                   const MongeLossParams *params,
                   MongePlanes *slope,
                   MongeLossReport *report,
                   MongeTask *task,
                   GError **error)
{
  SinkhornLoss *loss = (SinkhornLoss *) base;
  MongeSinkhornReport solved;

  if (!monge_sinkhorn_move_source (loss->solver, points, error)
      || !monge_sinkhorn_solve (loss->solver,
                                monge_sinkhorn_params (.p = params->p, .blur = params->blur,
                                                       .reach = params->reach,
                                                       .scaling = params->scaling,
                                                       .tol = params->tol,
                                                       .max_iterations = params->max_iterations,
                                                       .debias = params->debias),
                                slope, &solved, task, error))
    return FALSE;
  *report = (MongeLossReport){
    .value = solved.value,
    .marginal_error = solved.marginal_error,
    .converged = solved.converged,
    .iterations = solved.iterations,
    .cell = solved.cell,
    .slope_error = solved.slope_error,
    .dropped = solved.dropped,
    .n_pairs = solved.n_pairs,
  };
  return TRUE;
}

/* Balanced, f − p; else what f and p count for in the dual value, −ρ (e^{−f/ρ} − 1). */
static gboolean
sinkhorn_describe (MongeLoss *base,
                   const MongeLossParams *params,
                   double *potential,
                   double *share,
                   MongeTask *task,
                   GError **error)
{
  SinkhornLoss *loss = (SinkhornLoss *) base;
  const gsize n = monge_measure_get_n (base->source);
  const double rho = pow (params->reach, params->p);

  if (!monge_sinkhorn_read_potentials (loss->solver, potential, share, task, error))
    return FALSE;
  for (gsize i = 0; i < n; i++)
    {
      double f = potential[i], p = share[i];

      potential[i] = f - p;
      share[i] = isfinite (rho) ? rho * (expm1 (-p / rho) - expm1 (-f / rho)) : f - p;
    }
  return TRUE;
}

const MongeLossType monge_loss_sinkhorn = {
  .name = "sinkhorn",
  .description = "Debiased Sinkhorn divergence: optimal transport blurred at one length",
  .open = sinkhorn_open,
  .evaluate = sinkhorn_evaluate,
  .describe = sinkhorn_describe,
  .reset = sinkhorn_reset,
  .close = sinkhorn_close,
};
