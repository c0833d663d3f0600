/* What a thread makes of two shapes for a session, and what computes for it. */
#pragma once

#include "ui/session.h"

G_BEGIN_DECLS

/**
 * MongeComputer:
 *
 * What computes for one session: a card where one can, opened by the first thread that needs it,
 * and the CPU for good once that has failed. Any thread.
 */
typedef struct {
  GMutex lock;
  MongeBackend *backend;
  const char *name; /* static; NULL: whichever is best */
  const char *note; /* interned, atomic: why it is not a card, or NULL */
} MongeComputer;

void monge_computer_init (MongeComputer *computer);
void monge_computer_clear (MongeComputer *computer);
/* Transfer full. */
MongeBackend *monge_computer_open (MongeComputer *computer, GError **error);
/* Later flows are the CPU's. */
void monge_computer_give_up_card (MongeComputer *computer);

/**
 * MongePreparation:
 * @session: owned: the source that the worker wakes outlives the worker
 * @computer: of the session
 * @shapes, @params, @inputs, @weighting: given; shapes may be missing
 * @runner: (out) (nullable): when both shapes are there
 * @drawables: (out): of the shapes that are there
 * @notice: (out) (nullable): that the flow is not where it was meant to be
 */
typedef struct {
  MongeSession *session;
  MongeComputer *computer;
  MongeShape *shapes[MONGE_N_ROLES];
  MongeFlowParams params, default_params;
  MongeRecipeInput inputs[MONGE_N_ROLES];
  MongeWeighting weighting;
  MongeRunnerNotify wake;
  gpointer wake_data;
  guint serial;

  MongeDrawable *drawables[MONGE_N_ROLES];
  MongeRunner *runner;
  char *notice;
} MongePreparation;

/* Of a GTask whose data is a MongePreparation. It returns a boolean, or the error that left it
 * without a runner. */
void monge_preparation_run (GTask *task, gpointer source, gpointer preparation,
                            GCancellable *cancellable);
/* As a GDestroyNotify. */
void monge_preparation_free (gpointer preparation);

G_END_DECLS
