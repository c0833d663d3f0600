/* Runs any program on the CPU: each instruction works on a tile of pairs in cache. */
#pragma once

#include "compute/backend/backend.h"

G_BEGIN_DECLS

/**
 * MongeInterpreter:
 *
 * A program made ready: which loop each instruction takes on one instruction set, and the scratch
 * memory of every thread. One run at a time.
 */
typedef struct _MongeInterpreter MongeInterpreter;

/* @instruction_set: (nullable): as named by the backend, "SSE2", "AVX2", "AVX-512"; the best of this
 * machine if %NULL. @program: copied. */
MongeInterpreter *monge_interpreter_new (const MongeProgram *program, const char *instruction_set,
                                         guint n_threads);
void monge_interpreter_free (MongeInterpreter *interpreter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeInterpreter, monge_interpreter_free)

/* As monge_backend_run(), arguments checked. */
gboolean monge_interpreter_run (MongeInterpreter *interpreter, const MongeRun *run,
                                guint64 *n_pairs, MongeTask *task, GError **error);

/**
 * monge_interpreter_map:
 * @axis: %MONGE_AXIS_NONE, I or J: where registers @first … @first + @dim − 1 live
 * @out: (out): (dim × rows of that axis) planes, in float64 whatever the program's precision
 *
 * What the sections before the pairs give: for hand-tuned loops that want their operands ready.
 */
gboolean monge_interpreter_map (MongeInterpreter *interpreter, const MongeRun *run, MongeAxis axis,
                                guint first, guint dim, double *out, MongeTask *task,
                                GError **error);

G_END_DECLS
