/* How one thread tells another to stop, and how it learns how far the other has come. */
#pragma once

#include "compute/core/error.h"

G_BEGIN_DECLS

/**
 * MongeTask:
 *
 * Shared by the thread that works and the one that waits; lives as long as the longer of the two.
 * Zero-initialise it. Every long function of compute/ takes a nullable, borrowed task, polls it at
 * least every 10 ms of work and, when asked to stop, returns %MONGE_ERROR_CANCELLED leaving its
 * arguments usable. All access is atomic.
 */
typedef struct {
  gint cancelled; /* private: 0 or 1 */
  gint progress;  /* private: 0 to 1000 */
  gint begin, skip; /* private: of the part at work, 0 to 1000 from either end */
} MongeTask;

#define MONGE_TASK_INIT { 0, 0, 0, 0 }

static inline void
monge_task_cancel (MongeTask *task)
{
  g_atomic_int_set (&task->cancelled, 1);
}

/* Makes a task that was cancelled usable again. */
static inline void
monge_task_reset (MongeTask *task)
{
  g_atomic_int_set (&task->cancelled, 0);
  g_atomic_int_set (&task->progress, 0);
  task->begin = task->skip = 0;
}

/* What monge_task_set_progress() tells from now on is a part of the work, from @begin to @end of the
 * whole: for those who call one long function after another. Only by the thread that works. */
static inline void
monge_task_set_part (MongeTask *task, double begin, double end)
{
  if (task == NULL)
    return;
  task->begin = (gint) (1000.0 * CLAMP (begin, 0.0, 1.0));
  task->skip = 1000 - (gint) (1000.0 * CLAMP (end, 0.0, 1.0));
}

static inline gboolean
monge_task_is_cancelled (MongeTask *task)
{
  return task != NULL && g_atomic_int_get (&task->cancelled) != 0;
}

static inline void
monge_task_set_progress (MongeTask *task, double fraction)
{
  if (task != NULL)
    g_atomic_int_set (&task->progress,
                      task->begin
                        + (gint) ((1000 - task->begin - task->skip) * CLAMP (fraction, 0.0, 1.0)));
}

static inline double
monge_task_get_progress (MongeTask *task)
{
  return g_atomic_int_get (&task->progress) / 1000.0;
}

/* Returns: %TRUE with @error set to %MONGE_ERROR_CANCELLED if @task was asked to stop. */
static inline gboolean
monge_task_return_if_cancelled (MongeTask *task, GError **error)
{
  if (!monge_task_is_cancelled (task))
    return FALSE;
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "Cancelled");
  return TRUE;
}

G_END_DECLS
