/* Steps: passes over rows that no reduction is part of, queued on a backend like reductions are. */
#pragma once

#include "compute/backend/planes.h"
#include "compute/backend/steps.h"
#include "compute/core/task.h"

G_BEGIN_DECLS

/* One line of the table in steps.h each: MONGE_STEP_UPDATE for “update”. */
typedef enum {
#define MONGE_STEP(name, NAME, n_sums, n_maxima) MONGE_STEP_##NAME,
  MONGE_STEPS
#undef MONGE_STEP
  MONGE_N_STEPS,
} MongeStepId;

/**
 * MongeStep:
 * @n: rows
 * @planes: what the step names, in its order; all of one backend. NULL where it says nullable
 * @numbers, @counts: parameters, as the step names them
 * @totals: where its sums and then its maxima go among the backend's totals, see
 *   monge_backend_read_totals(); ignored by steps without any
 * @work: elements that one row looks at, about, where they are many: threads of the host share rows
 *   by it
 */
typedef struct {
  MongeStepId id;
  gsize n;
  MongePlanes *planes[MONGE_STEP_MAX_PLANES];
  double numbers[MONGE_STEP_MAX_NUMBERS];
  gsize counts[MONGE_STEP_MAX_COUNTS];
  guint totals;
  gsize work;
} MongeStep;

/* Places for totals that one backend has. Those below MONGE_FIRST_FLOW_TOTAL are the losses' and do
 * not outlast their evaluation; the others are for who calls them. */
#define MONGE_MAX_TOTALS 256
#define MONGE_FIRST_FLOW_TOTAL 128

/* Queued: failures show at the next read. O(n), the same bits on every run, whatever the number of
 * threads. */
void monge_backend_step (MongeBackend *backend, const MongeStep *step);

/**
 * monge_backend_read_totals:
 * @first, @n: which; what no step has written since the last read of it is undefined
 *
 * Waits for all that is queued, and is where its failures show: the device's, %MONGE_ERROR_NAN of
 * reductions whose results are planes, %MONGE_ERROR_CANCELLED if @task was cancelled meanwhile
 * (what was queued is then undefined).
 */
gboolean monge_backend_read_totals (MongeBackend *backend, guint first, guint n, double *totals,
                                    MongeTask *task, GError **error);

G_END_DECLS
