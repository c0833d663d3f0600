/* A document at work: its shapes, the parameters, the flow between source and target. No widget. */
#pragma once

#include <gio/gio.h>

#include "compute/flow/runner.h"
#include "compute/recipe.h"
#include "compute/volume/volume.h"
#include "ui/document.h"

G_BEGIN_DECLS

#define MONGE_TYPE_SESSION (monge_session_get_type ())
G_DECLARE_FINAL_TYPE (MongeSession, monge_session, MONGE, SESSION, GObject)

/**
 * MongeSession:
 *
 * Used from the main thread alone; files are read, flows prepared and results written on threads.
 *
 * Signals:
 *   "shapes-changed" ()                      a shape, and so the runner or the drawables
 *   "params-changed" ()                      by anyone
 *   "frame" ()                               a newer frame, more samples or another state
 *   "loading-changed" ()                     begun, come further, done
 *   "message" (const char *text, gboolean is_error)
 *   "labels-wanted" (MongeItem *item)        of its document, and so is this:
 *   "space-wanted" (MongeItem *item)
 */
MongeSession *monge_session_new (void);

/* Which shapes there are: of the session, for as long as it lives. */
MongeDocument *monge_session_get_document (MongeSession *session);

/* A path, "PATH#LABEL[,LABEL…]" or "example:NAME"; replaces what is there or on its way there. */
void monge_session_open (MongeSession *session, MongeRole role, const char *spec);
/* NULL-terminated: shapes, each in the first role that is free, sessions, and what belongs to a shape
 * that is there: values and landmarks. */
void monge_session_open_files (MongeSession *session, const char *const *paths);
/* All shapes, if it names any, and all parameters. */
void monge_session_open_recipe (MongeSession *session, MongeRecipe *recipe);
/* What would open this session again; transfer full. */
MongeRecipe *monge_session_dup_recipe (MongeSession *session);
void monge_session_swap (MongeSession *session);
/* Plays as soon as there is a flow. */
void monge_session_play_when_ready (MongeSession *session);
gboolean monge_session_is_loading (MongeSession *session);
/* 0 to 1, of everything on its way. */
double monge_session_get_progress (MongeSession *session);
void monge_session_cancel_loading (MongeSession *session);

/* All borrowed and nullable. The shape is the document's, the item and its drawable are those that
 * the present flow was made of. */
MongeShape *monge_session_get_shape (MongeSession *session, MongeRole role);
MongeItem *monge_session_get_item (MongeSession *session, MongeRole role);
MongeDrawable *monge_session_get_drawable (MongeSession *session, MongeRole role);
MongeRunner *monge_session_get_runner (MongeSession *session);
/* What computes, such as "CPU, AVX-512, 2 threads"; NULL until the first flow. */
const char *monge_session_get_backend_description (MongeSession *session);
/**
 * monge_session_set_backend:
 * @options: copied; a NULL name is "auto", no threads are as many as before
 *
 * What computes from now on. A flow that is there goes on with it where it stands, as soon as it has
 * been opened, which may take a moment; if that fails a message says so and nothing else changes.
 */
void monge_session_set_backend (MongeSession *session, const MongeBackendOptions *options);
/* What was chosen, "auto", "cpu" or "cuda"; the CPU after a card has failed. */
const char *monge_session_get_backend_choice (MongeSession *session);
/* Whether a card computes, whose frames have a way to go. */
gboolean monge_session_is_on_card (MongeSession *session);
/* Why no card computes, when none was refused by the user; NULL until the first flow. */
const char *monge_session_get_backend_note (MongeSession *session);
/* "mm", or NULL when the shapes do not say. */
const char *monge_session_get_unit (MongeSession *session);
/* The larger diameter of the two; 1 when there is no shape. */
double monge_session_get_diameter (MongeSession *session);

const MongeFlowParams *monge_session_get_params (MongeSession *session);
/* What the shapes' size suggests; the values that "reset" goes back to. */
const MongeFlowParams *monge_session_get_default_params (MongeSession *session);
void monge_session_set_params (MongeSession *session, const MongeFlowParams *params);

void monge_session_play (MongeSession *session);
void monge_session_pause (MongeSession *session);
void monge_session_step (MongeSession *session);
void monge_session_reset (MongeSession *session);
/* %MONGE_RUNNER_PAUSED when there is no flow. */
MongeRunnerState monge_session_get_state (MongeSession *session);
/* The newest frame, valid until the main loop runs again; NULL when there is no flow. */
const MongeFrame *monge_session_get_frame (MongeSession *session);
/* (element-type MongeSample), of the present run. */
GArray *monge_session_get_samples (MongeSession *session);
/* Mean compute time of the last ten steps, in seconds; 0 before the first. */
double monge_session_get_step_time (MongeSession *session);

/* The source where it is now, in the format of the extension of @path. */
void monge_session_export_async (MongeSession *session, const char *path,
                                 GAsyncReadyCallback callback, gpointer user_data);
gboolean monge_session_export_finish (MongeSession *session, GAsyncResult *result, GError **error);
/* step,loss,marginal_error,mean_speed,seconds,iterations,converged: one line per step. */
gboolean monge_session_export_samples (MongeSession *session, const char *path, GError **error);

G_END_DECLS
