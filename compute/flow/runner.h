/* A flow on its own thread: steps while it plays, publishes frames, takes changes at once. */
#pragma once

#include "compute/flow/frame.h"

G_BEGIN_DECLS

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
 * Starts paused with frame 0 published. When the card that computes fails, or has no room, the runner
 * goes on with the CPU from the last frame, its state and parameters as they were, and says so once:
 * see monge_runner_take_notice().
 *
 * Every function below may be called from one other thread
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

/* Goes on with another backend from where the shape stands, at once or before the next step; the
 * runner keeps it open. If it cannot, nothing changes but the notice. */
void monge_runner_set_backend (MongeRunner *runner, MongeBackend *backend);
/* What computes now: "CPU, AVX-512, 2 threads". Stays valid. */
const char *monge_runner_get_backend_description (MongeRunner *runner);
/* What the user should be told and has not been, such as “The card failed (…); going on with the
 * CPU”, or NULL. (transfer full). @backend_failed: (out) (optional): whether the backend that the
 * runner began with is lost. */
char *monge_runner_take_notice (MongeRunner *runner, gboolean *backend_failed);

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
