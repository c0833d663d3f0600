/* What a thread makes of two shapes for a session, and what computes for it. */
#pragma once

#include "ui/session.h"

G_BEGIN_DECLS

/**
 * MongeComputer:
 *
 * What computes for one session: what was chosen, opened by the first thread that needs it, and the
 * CPU once a card has failed, until something is chosen again. Any thread.
 */
typedef struct {
  GMutex lock;
  MongeBackend *backend;
  MongeBackendOptions options; /* the name is interned */
  const char *note; /* interned, atomic: why it is not a card, or NULL */
} MongeComputer;

void monge_computer_init (MongeComputer *computer);
void monge_computer_clear (MongeComputer *computer);
/* Transfer full. @notice: (out): why it is the CPU although a card was asked for, or NULL. */
MongeBackend *monge_computer_open (MongeComputer *computer, char **notice, GError **error);
/* For what is opened from now on. @options: copied; no threads are as many as before. */
void monge_computer_choose (MongeComputer *computer, const MongeBackendOptions *options);
/* "auto", "cpu" or "cuda". */
const char *monge_computer_get_choice (MongeComputer *computer);
/* Later flows are the CPU's. */
void monge_computer_give_up_card (MongeComputer *computer);

/**
 * MongePreparedShape:
 * @item: owned; of the main thread
 * @shape, @input: its, when the preparation began
 * @drawable: (nullable): the one that it has; afterwards the one that it is to have
 */
typedef struct {
  MongeItem *item;
  MongeShape *shape;
  MongeRecipeInput input;
  MongeDrawable *drawable;
} MongePreparedShape;

/**
 * MongePreparation:
 * @session: owned: the source that the worker wakes outlives the worker
 * @computer: of the session
 * @shapes: (element-type MongePreparedShape): given
 * @flow_shapes: (nullable): the source and the target among them
 * @has_new_flow: whether the flow is made anew; else the one that is there goes on, about @origin
 * @params, @weighting: given
 * @runner: (out) (nullable): when both shapes are there
 * @origin: (inout): about which drawables lie
 * @notice: (out) (nullable): that the flow is not where it was meant to be
 */
typedef struct {
  MongeSession *session;
  MongeComputer *computer;
  GArray *shapes;
  MongePreparedShape *flow_shapes[MONGE_N_ROLES];
  gboolean has_new_flow;
  MongeFlowParams params, default_params;
  MongeWeighting weighting;
  MongeRunnerNotify wake;
  gpointer wake_data;
  guint serial;
  double origin[3];

  MongeRunner *runner;
  char *notice;
} MongePreparation;

MongePreparation *monge_preparation_new (MongeSession *session, MongeDocument *document);
/* Of a GTask whose data is a MongePreparation. It returns a boolean, or the error that left it
 * without a runner. */
void monge_preparation_run (GTask *task, gpointer source, gpointer preparation,
                            GCancellable *cancellable);
/* As a GDestroyNotify. */
void monge_preparation_free (gpointer preparation);

G_END_DECLS
