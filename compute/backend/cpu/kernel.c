/* Programs on the CPU: a hand-tuned loop where the program matches one and the numbers at hand suit
 * it, else the interpreter. */
#include "compute/backend/cpu/kernel-private.h"
#include "compute/neighbours/neighbours.h"

static MongeInterpreter *
get_interpreter (MongeCpuKernel *kernel)
{
  MongeBackend *backend = kernel->base.backend;

  if (kernel->interpreter == NULL)
    kernel->interpreter = monge_interpreter_new (kernel->base.program, backend->instruction_set,
                                                 backend->n_threads);
  return kernel->interpreter;
}

static MongeOutcome
run_tuned (MongeCpuJob *job, GError **error)
{
  static MongeOutcome (*const funcs[]) (MongeCpuJob *, GError **) = {
    [MONGE_MATCH_LOG_SUM_EXP] = monge_job_run_log_sum_exp,
    [MONGE_MATCH_SOFT_MEAN] = monge_job_run_soft_mean,
    [MONGE_MATCH_SUM] = monge_job_run_sum,
    [MONGE_MATCH_NEIGHBOURS] = monge_job_run_neighbours,
  };
  MongeCpuKernel *kernel = job->kernel;
  g_autoptr (MongePairs) transposed = NULL;
  MongeInterpreter *interpreter
      = monge_operands_need_interpreter (kernel->operands) ? get_interpreter (kernel) : NULL;

  if (job->n_kept == 0 || job->n_summed == 0)
    return MONGE_OUTCOME_UNSUITABLE;
  if (job->run->pairs != NULL && job->kept == MONGE_AXIS_J)
    transposed = monge_pairs_transpose (job->run->pairs);
  job->reduction.pairs = transposed != NULL ? transposed : job->run->pairs;
  if (!monge_operands_load (kernel->operands, job->run, interpreter, job->task, error))
    return MONGE_OUTCOME_FAILED;
  return funcs[kernel->match.result](job, error);
}

gboolean
monge_cpu_run (MongeBackend *backend,
               MongeKernel *base,
               const MongeRun *run,
               guint64 *n_pairs,
               MongeTask *task,
               GError **error)
{
  MongeCpuKernel *kernel = (MongeCpuKernel *) base;
  const gboolean over_j = base->program->over == MONGE_AXIS_J;
  MongeCpuJob job = {
    .kernel = kernel,
    .program = base->program,
    .run = run,
    .task = task,
    .n_kept = over_j ? run->n_rows : run->n_columns,
    .n_summed = over_j ? run->n_columns : run->n_rows,
    .kept = over_j ? MONGE_AXIS_I : MONGE_AXIS_J,
    .n_pairs = n_pairs,
  };
  MongeOutcome outcome = base->is_tuned ? run_tuned (&job, error) : MONGE_OUTCOME_UNSUITABLE;

  if (outcome != MONGE_OUTCOME_UNSUITABLE)
    return outcome == MONGE_OUTCOME_DONE;
  *n_pairs = 0;
  return monge_interpreter_run (get_interpreter (kernel), run, n_pairs, task, error);
}

static gboolean
suits_a_loop (const MongeProgram *program, const MongeMatch *match)
{
  if (program->precision != MONGE_FLOAT32)
    return FALSE;
  return match->dim <= (match->result == MONGE_MATCH_NEIGHBOURS ? MONGE_NEIGHBOURS_MAX_DIM
                                                                : MONGE_MAX_REDUCTION_DIM);
}

MongeKernel *
monge_cpu_prepare (MongeBackend *backend,
                   const MongeProgram *program,
                   MongePrepareFlags flags,
                   GError **error)
{
  MongeCpuKernel *kernel = g_new0 (MongeCpuKernel, 1);
  const guint n = program->sections[MONGE_AXIS_PAIR].n_instructions;

  if (!(flags & MONGE_PREPARE_GENERIC) && monge_match_program (program, &kernel->match)
      && suits_a_loop (program, &kernel->match))
    {
      kernel->base.is_tuned = TRUE;
      kernel->base.description = monge_match_describe (&kernel->match);
      kernel->operands = monge_operands_new (program, &kernel->match);
      return &kernel->base;
    }
  kernel->base.description = g_strdup_printf ("interpreted, %u %s per pair", n,
                                              n == 1 ? "instruction" : "instructions");
  return &kernel->base;
}

void
monge_cpu_kernel_free (MongeKernel *base)
{
  MongeCpuKernel *kernel = (MongeCpuKernel *) base;

  monge_operands_free (kernel->operands);
  g_clear_pointer (&kernel->interpreter, monge_interpreter_free);
  for (guint b = 0; b < MONGE_N_BUFFERS; b++)
    g_free (kernel->buffers[b]);
  g_free (kernel);
}
