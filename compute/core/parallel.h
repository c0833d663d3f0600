/* Ranges of rows over the CPU's threads. Results never depend on how the rows were split. */
#pragma once

#include "compute/core/task.h"

G_BEGIN_DECLS

/* Works on rows [begin, end); @worker < n_threads tells which scratch memory to use. */
typedef void (*MongeRowsFunc) (gsize begin, gsize end, guint worker, gpointer user_data);

/* Makes the calling thread, and the pool's from its next job on, yield to threads of ordinary
 * priority: for a program whose window must stay quick while it computes. Linux only; elsewhere and
 * on refusal nothing changes. */
void monge_parallel_yield_to_others (void);

/* One per core the process may use, at most 256. */
guint monge_parallel_get_default_threads (void);

/**
 * monge_parallel_rows:
 * @grain: rows per call of @func; chunks are handed out in order as threads become free
 * @n_threads: 0 for one per core; 1 runs on the calling thread alone
 * @task: (nullable): polled between chunks
 *
 * Blocks until all rows are done. Calls from several threads are served one after another.
 * Returns: %FALSE if @task was cancelled and some rows were left out.
 */
gboolean monge_parallel_rows (gsize n_rows, gsize grain, guint n_threads, MongeTask *task,
                              MongeRowsFunc func, gpointer user_data);

G_END_DECLS
