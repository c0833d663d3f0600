/* A flow on its own thread: steps while it plays, publishes frames, takes changes at once. */
#pragma once

#include "compute/flow/flow.h"

G_BEGIN_DECLS

/**
 * MongeFrame:
 *
 * What the screen needs of one step. Positions are float32 relative to monge_runner_get_origin().
 */
typedef struct {
  guint64 serial;       /* grows with every frame published */
  guint step;
  gsize n_vertices;
  float *positions;     /* (n × 3); missing dimensions are 0, those beyond 3 are left out */
  float *normals;       /* (n × 3), unit, smooth; NULL unless the source is a surface */
  float *displacements; /* (n), |x_i − x_i(0)|, shape units */
  float max_displacement;
  MongeFlowReport report; /* of the step that led here; zero at step 0 */
} MongeFrame;

typedef enum {
  MONGE_RUNNER_PAUSED,  /* waits for play or step */
  MONGE_RUNNER_PLAYING, /* a step is being computed */
  MONGE_RUNNER_SETTLED, /* played until nothing moves; a change of parameters resumes */
  MONGE_RUNNER_FAILED,  /* see monge_runner_get_status(); reset recovers */
} MongeRunnerState;

typedef struct {
  guint step;
  double loss, marginal_error;
  double mean_speed;
  double seconds;   /* compute time of the step */
  guint iterations;
  gboolean converged;
} MongeSample;

/* Called on the worker thread after a frame or a state change; must return at once. */
typedef void (*MongeRunnerNotify) (gpointer user_data);

typedef struct _MongeRunner MongeRunner;

/**
 * monge_runner_new:
 * @flow: (transfer full): from now on touched by the worker alone
 *
 * Starts paused with frame 0 published. Every function below may be called from one other thread
 * and returns within microseconds; none waits for a solve, except monge_runner_free(), which
 * cancels the solve and joins (under 50 ms).
 */
MongeRunner *monge_runner_new (MongeFlow *flow, const MongeFlowParams *params,
                               MongeRunnerNotify notify, gpointer user_data);
void monge_runner_free (MongeRunner *runner);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeRunner, monge_runner_free)

void monge_runner_play (MongeRunner *runner);
void monge_runner_pause (MongeRunner *runner);
/* One step, then pause. */
void monge_runner_step (MongeRunner *runner);
/* Back to step 0 with a new frame; a playing runner goes on playing. */
void monge_runner_reset (MongeRunner *runner);
/* Copied; the solve under way is interrupted and goes on with the new values within 50 ms. While a
 * slider is dragged, steps go on with the values that are newest when they begin. */
void monge_runner_set_params (MongeRunner *runner, const MongeFlowParams *params);
void monge_runner_get_params (MongeRunner *runner, MongeFlowParams *params);

/* @message: (out) (optional) (transfer full): why it failed, else NULL. */
MongeRunnerState monge_runner_get_state (MongeRunner *runner, char **message);
/* The newest frame if it is newer than the one acquired last, else NULL. Valid until the next
 * acquire; always the same consumer thread. Never waits. */
const MongeFrame *monge_runner_acquire_frame (MongeRunner *runner);
/* Appends to @samples (MongeSample) those after the first @have ones; a reset starts a new run:
 * then @samples is emptied first. Returns how many there are now. */
guint monge_runner_get_samples (MongeRunner *runner, GArray *samples);
/* (3): subtracted from all positions of frames. Constant. */
const double *monge_runner_get_origin (MongeRunner *runner);
MongeShape *monge_runner_get_source (MongeRunner *runner);
MongeShape *monge_runner_get_target (MongeRunner *runner);
/* The shape at the newest finished step, with its arrays (see monge_flow_dup_shape). */
MongeShape *monge_runner_dup_shape (MongeRunner *runner, guint *step);

G_END_DECLS
