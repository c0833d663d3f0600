/* A shape that moves: x ← x + η v with v_i = −(1/a_i) ∂Loss/∂x_i, one step at a time. */
#pragma once

#include "compute/loss/loss.h"

G_BEGIN_DECLS

/**
 * MongeFlowParams:
 *
 * Everything that may change between two steps. Plain data: copy freely.
 */
typedef struct {
  MongeLossParams loss;
  const char *model;     /* a name of monge_models[]; default "free" */
  double step_size;      /* η in (0, 1]; default 0.3 */
  int steps;             /* most steps of a run; default 30 */
} MongeFlowParams;

#define MONGE_FLOW_DEFAULTS                                                                        \
  .loss = { MONGE_LOSS_DEFAULTS }, .model = "free", .step_size = 0.3, .steps = 30
#define monge_flow_params(...) (&(MongeFlowParams){ MONGE_FLOW_DEFAULTS, ##__VA_ARGS__ })

/* All of #monge_loss_options and the fields of the flow; offsets are into #MongeFlowParams. */
extern const MongeOption monge_flow_options[];

/* The defaults with blur from the shapes' size: 2 % of the larger diameter, to two digits. */
void monge_flow_params_init_for (MongeFlowParams *params, const MongeShape *source,
                                 const MongeShape *target);

/**
 * MongeModel:
 *
 * One line of the table of deformation models: what turns velocities into a displacement.
 * @project: (nullable): changes @velocity (n × dim) in place, so that points + velocity is the
 *   closest that the model can do, weighted by @weights (n). On the host, whatever computes the
 *   loss: a sum over the points that costs little beside it. %NULL leaves velocities as they are
 */
typedef struct {
  const char *name;
  const char *description;
  gboolean (*project) (const double *points, const double *weights, gsize n, guint dim,
                       double *velocity, GError **error);
} MongeModel;

extern const MongeModel monge_models[]; /* terminated by a NULL name */
extern const char *const monge_model_names[];

typedef struct {
  guint step;             /* steps done since the start */
  MongeLossReport loss;   /* at the positions before the step */
  double mean_speed;      /* Σ a_i |v_i|, shape units */
  double max_displacement; /* max |x_i − x_i(0)|, shape units */
  gboolean settled;       /* the next steps would not move the shape visibly: mean speed below
                             1e-3 of blur */
  double seconds;         /* of this step, compute only */
} MongeFlowReport;

typedef struct _MongeFlow MongeFlow;

/**
 * monge_flow_new:
 * @source, @target: kept by reference; weighted by vertex (%MONGE_WEIGHTING_AUTO)
 *
 * Positions live on @backend, which the flow keeps open. One thread at a time. Fails with
 * %MONGE_ERROR_DEVICE where a card has no room.
 */
MongeFlow *monge_flow_new (MongeBackend *backend, MongeShape *source, MongeShape *target,
                           GError **error);
/* The same with another weighting on both sides; %MONGE_WEIGHTING_CELL is refused. */
MongeFlow *monge_flow_new_weighted (MongeBackend *backend, MongeShape *source, MongeShape *target,
                                    MongeWeighting weighting, GError **error);
/* The same with measures of the caller's own: @source_measure has one point per vertex of @source,
 * in the same order. */
MongeFlow *monge_flow_new_for_measures (MongeBackend *backend, MongeShape *source,
                                        MongeShape *target, MongeMeasure *source_measure,
                                        MongeMeasure *target_measure, GError **error);
void monge_flow_free (MongeFlow *flow);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeFlow, monge_flow_free)

MongeShape *monge_flow_get_source (MongeFlow *flow);
MongeShape *monge_flow_get_target (MongeFlow *flow);
MongeMeasure *monge_flow_get_source_measure (MongeFlow *flow); /* at the start */
MongeMeasure *monge_flow_get_target_measure (MongeFlow *flow);
MongeBackend *monge_flow_get_backend (MongeFlow *flow);
/* (n_vertices × dim), where the source is now; borrowed until the next step. Brought over when first
 * asked for after a step; of a card that has failed, where it was when last heard of. */
const double *monge_flow_get_positions (MongeFlow *flow);
/* (n_vertices), |x_i − x_i(0)|; the same. */
const double *monge_flow_get_displacements (MongeFlow *flow);
guint monge_flow_get_step (MongeFlow *flow);
/* The same positions where they are computed, (n_vertices × dim) float64 in order, and those of the
 * start; written by the next step but one, respectively never. */
MongePlanes *monge_flow_get_position_planes (MongeFlow *flow);
MongePlanes *monge_flow_get_start_planes (MongeFlow *flow);

/**
 * monge_flow_move_to:
 *
 * Goes on with another backend, annealing anew, from the positions of now; after a card has failed
 * from the newest that had come over, which are those of one step earlier if it failed before
 * anything queued after the step was waited for: see monge_flow_get_step(). On error nothing changes.
 */
gboolean monge_flow_move_to (MongeFlow *flow, MongeBackend *backend, GError **error);

/* One step. On error, a cancellation included, the shape stands where it stood. */
gboolean monge_flow_step (MongeFlow *flow, const MongeFlowParams *params, MongeFlowReport *report,
                          MongeTask *task, GError **error);
/* The loss where the shape stands now, without moving it. */
gboolean monge_flow_evaluate (MongeFlow *flow, const MongeFlowParams *params,
                              MongeLossReport *report, MongeTask *task, GError **error);
/* Back to the start; the potentials are forgotten. */
void monge_flow_reset (MongeFlow *flow);
/* The source at its present positions, cells and arrays kept, with the per-vertex array
 * "displacement" (3 components or dim, float32) added. Transfer full. */
MongeShape *monge_flow_dup_shape (MongeFlow *flow);
/* The same from a copy of positions taken earlier: any thread. */
MongeShape *monge_flow_shape_at (MongeShape *source, const double *positions);

G_END_DECLS
