/* Programs on the CPU: a hand-tuned loop where the program matches one and the numbers at hand suit
 * it, else the interpreter. */
#include "compute/backend/matched.h"

typedef struct {
  MongeKernel base;
  MongeMatched *matched;         /* NULL if the program is interpreted at all times */
  MongeInterpreter *interpreter; /* made when first needed */
} MongeCpuKernel;

gboolean
monge_cpu_run (MongeBackend *backend,
               MongeKernel *base,
               const MongeRun *run,
               guint64 *n_pairs,
               MongeTask *task,
               GError **error)
{
  MongeCpuKernel *kernel = (MongeCpuKernel *) base;
  MongeOutcome outcome = MONGE_OUTCOME_UNSUITABLE;

  if (kernel->matched != NULL)
    outcome = monge_matched_run (kernel->matched, run, n_pairs, task, error);
  if (outcome != MONGE_OUTCOME_UNSUITABLE)
    return outcome == MONGE_OUTCOME_DONE;
  *n_pairs = 0;
  if (kernel->interpreter == NULL)
    kernel->interpreter = monge_interpreter_new (base->program, NULL, backend->n_threads);
  return monge_interpreter_run (kernel->interpreter, run, n_pairs, task, error);
}

MongeKernel *
monge_cpu_prepare (MongeBackend *backend,
                   const MongeProgram *program,
                   MongePrepareFlags flags,
                   GError **error)
{
  MongeCpuKernel *kernel = g_new0 (MongeCpuKernel, 1);
  const guint n = program->sections[MONGE_AXIS_PAIR].n_instructions;

  if (!(flags & MONGE_PREPARE_GENERIC))
    kernel->matched = monge_matched_new (backend, program);
  kernel->base.is_tuned = kernel->matched != NULL;
  kernel->base.description
      = kernel->base.is_tuned ? monge_match_describe (&kernel->matched->match)
                              : g_strdup_printf ("interpreted, %u %s per pair", n,
                                                 n == 1 ? "instruction" : "instructions");
  return &kernel->base;
}

void
monge_cpu_kernel_free (MongeKernel *base)
{
  MongeCpuKernel *kernel = (MongeCpuKernel *) base;

  monge_matched_free (kernel->matched);
  g_clear_pointer (&kernel->interpreter, monge_interpreter_free);
  g_free (kernel);
}
