/* A loss between measures: its value, and its slope along each source point. */
#pragma once

#include "compute/backend/backend.h"
#include "compute/core/options.h"
#include "compute/measure/measure.h"

#include <math.h>

G_BEGIN_DECLS

/**
 * MongeLossParams:
 *
 * Lengths are in shape units. Plain data: copy freely.
 */
typedef struct {
  const char *loss;     /* a name of monge_losses[]; default "sinkhorn" */
  int p;                /* exponent of the ground cost |x−y|^p / p, 1 or 2; default 2 */
  double blur;          /* smallest length that counts, > 0; kernel width σ for kernel norms; 0.05 */
  double reach;         /* largest length that mass travels, > 0; INFINITY (default): balanced */
  double scaling;       /* ratio of blurs between annealing steps, in (0, 1); default 0.5 */
  double tol;           /* L1 marginal error at which the solve stops; default 1e-3 */
  int max_iterations;   /* at the final temperature; default 500 */
  gboolean debias;      /* subtract the self terms; default TRUE */
} MongeLossParams;

#define MONGE_LOSS_DEFAULTS                                                                        \
  .loss = "sinkhorn", .p = 2, .blur = 0.05, .reach = INFINITY, .scaling = 0.5, .tol = 1e-3,        \
  .max_iterations = 500, .debias = TRUE
#define monge_loss_params(...) (&(MongeLossParams){ MONGE_LOSS_DEFAULTS, ##__VA_ARGS__ })

extern const MongeOption monge_loss_options[];

/**
 * MongeLossReport:
 *
 * What one evaluation gave and how far it got. Stopping early is not an error.
 */
typedef struct {
  double value;
  double marginal_error; /* Σ|marginal − wanted| of the worse side and of the self terms; 0 if none */
  gboolean converged;    /* marginal_error ≤ tol */
  guint iterations;      /* of the cross term, all temperatures */
  double cell;           /* side of the clusters solved; 0: all points */
  double slope_error;    /* estimated, relative to slopes or to blur if that is more; 0 if exact */
  double dropped;        /* bound on the share of mass left out of a row of the plan */
  guint64 n_pairs;       /* visited; 0 if not counted */
  double seconds;
} MongeLossReport;

typedef struct _MongeLoss MongeLoss;

/**
 * MongeLossType:
 *
 * One line of the table of losses, called through the functions below only. A new loss is one file
 * and one line. @open returns a struct that begins with a #MongeLoss (loss-private.h), or fails where
 * a card has no room for it; the measures are checked and outlive it. @evaluate writes slopes, where
 * they are wanted, last. @describe follows an evaluation: see monge_loss_describe(); what @share
 * lacks of the value is the target's.
 */
typedef struct {
  const char *name;
  const char *description;
  MongeLoss *(*open) (MongeBackend *backend, MongeMeasure *source, MongeMeasure *target,
                      GError **error);
  gboolean (*evaluate) (MongeLoss *loss, MongePlanes *points, const MongeLossParams *params,
                        MongePlanes *slope, MongeLossReport *report, MongeTask *task,
                        GError **error);
  gboolean (*describe) (MongeLoss *loss, const MongeLossParams *params, double *potential,
                        double *share, MongeTask *task, GError **error);
  void (*reset) (MongeLoss *loss);
  void (*close) (MongeLoss *loss);
} MongeLossType;

/* Terminated by a NULL name. */
extern const MongeLossType *const monge_losses[];
extern const char *const monge_loss_names[];

/**
 * monge_loss_new:
 * @name: one of #monge_losses, else an error lists them
 * @source, @target: of equal dimension; kept by reference
 *
 * Fails on a card without room, naming what is needed.
 * Holds the workspace and the state that makes the next evaluation start warm (potentials).
 * One thread at a time. @backend must outlive it.
 */
MongeLoss *monge_loss_new (const char *name, MongeBackend *backend, MongeMeasure *source,
                           MongeMeasure *target, GError **error);
void monge_loss_free (MongeLoss *loss);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeLoss, monge_loss_free)

/**
 * monge_loss_evaluate:
 * @points: (nullable): source points now, (n × dim) float64; NULL for those of the source measure
 * @slope: (nullable) (out): (1/a_i) ∂Loss/∂x_i, (n × dim), float64, the limit where a_i = 0: what a
 *   velocity is made of. The gradient is a_i times it. Written only on success
 * @report: (out): filled on success
 *
 * A change of parameters or points since the last call is followed from the last state.
 * Cancelled within a few milliseconds; the state stays usable for the next call.
 * Fails with %MONGE_ERROR_NAN when a value that is not finite appears, naming where.
 */
gboolean monge_loss_evaluate (MongeLoss *loss, const double *points, const MongeLossParams *params,
                              double *slope, MongeLossReport *report, MongeTask *task,
                              GError **error);
/**
 * monge_loss_evaluate_planes:
 * @points, @slope: as above, (n × dim) numbers in order: float64 planes of the loss's backend with
 *   n × dim rows and one component; @slope is undefined after a failure
 *
 * The same without a way over the host, for flows: what a warm step reads back is a few numbers an
 * iteration.
 */
gboolean monge_loss_evaluate_planes (MongeLoss *loss, MongePlanes *points,
                                     const MongeLossParams *params, MongePlanes *slope,
                                     MongeLossReport *report, MongeTask *task, GError **error);
/**
 * monge_loss_describe:
 * @potential: (out): (n) how the loss changes with the mass of each source point: f − p for
 *   Sinkhorn divergences (f without debias), f and p being the potentials of the transport to the
 *   target and of the source to itself; α∗k − β∗k for kernel norms. Its gradient is the slope
 * @density: (out): (n) what each source point has of the loss: Σ a_i density_i = value. The
 *   target's share is spread evenly over the source, which, for balanced transport, is a choice of
 *   the constant up to which potentials are known
 * @report: (out): of the evaluation
 *
 * Evaluates, with slopes if @slope, and looks at every point. Units of the loss.
 */
gboolean monge_loss_describe (MongeLoss *loss, const double *points, const MongeLossParams *params,
                              double *slope, double *potential, double *density,
                              MongeLossReport *report, MongeTask *task, GError **error);
/* Forgets the warm state: the next evaluation anneals from the diameter again. */
void monge_loss_reset (MongeLoss *loss);

G_END_DECLS
