#include "compute/backend/matched.h"
#include "compute/neighbours/neighbours.h"

static MongeInterpreter *
get_interpreter (MongeMatched *matched)
{
  if (matched->interpreter == NULL)
    matched->interpreter = monge_interpreter_new (matched->program, NULL,
                                                  matched->backend->n_threads);
  return matched->interpreter;
}

static MongeOutcome
run_job (MongeJob *job, GError **error)
{
  static MongeOutcome (*const funcs[]) (MongeJob *, GError **) = {
    [MONGE_MATCH_LOG_SUM_EXP] = monge_job_run_log_sum_exp,
    [MONGE_MATCH_SOFT_MEAN] = monge_job_run_soft_mean,
    [MONGE_MATCH_SUM] = monge_job_run_sum,
    [MONGE_MATCH_NEIGHBOURS] = monge_job_run_neighbours,
  };
  MongeMatched *matched = job->matched;
  g_autoptr (MongePairs) transposed = NULL;
  MongeInterpreter *interpreter
      = monge_operands_need_interpreter (matched->operands) ? get_interpreter (matched) : NULL;

  if (job->n_kept == 0 || job->n_summed == 0)
    return MONGE_OUTCOME_UNSUITABLE;
  if (job->run->pairs != NULL && job->kept == MONGE_AXIS_J)
    transposed = monge_pairs_transpose (job->run->pairs);
  job->reduction.pairs = transposed != NULL ? transposed : job->run->pairs;
  if (!monge_operands_load (matched->operands, job->run, interpreter, job->task, error))
    return MONGE_OUTCOME_FAILED;
  return funcs[matched->match.result](job, error);
}

MongeOutcome
monge_matched_run (MongeMatched *matched,
                   const MongeRun *run,
                   guint64 *n_pairs,
                   MongeTask *task,
                   GError **error)
{
  const gboolean over_j = matched->program->over == MONGE_AXIS_J;
  MongeJob job = {
    .matched = matched,
    .program = matched->program,
    .run = run,
    .task = task,
    .n_kept = over_j ? run->n_rows : run->n_columns,
    .n_summed = over_j ? run->n_columns : run->n_rows,
    .kept = over_j ? MONGE_AXIS_I : MONGE_AXIS_J,
    .n_pairs = n_pairs,
  };

  return run_job (&job, error);
}

static gboolean
suits_a_loop (const MongeProgram *program, const MongeMatch *match)
{
  if (program->precision != MONGE_FLOAT32)
    return FALSE;
  return match->dim <= (match->result == MONGE_MATCH_NEIGHBOURS ? MONGE_NEIGHBOURS_MAX_DIM
                                                                : MONGE_MAX_REDUCTION_DIM);
}

MongeMatched *
monge_matched_new (MongeBackend *backend, const MongeProgram *program)
{
  MongeMatch match;
  MongeMatched *matched;

  if (!monge_match_program (program, &match) || !suits_a_loop (program, &match))
    return NULL;
  matched = g_new0 (MongeMatched, 1);
  matched->backend = backend;
  matched->program = program;
  matched->match = match;
  matched->operands = monge_operands_new (program, &matched->match);
  return matched;
}

void
monge_matched_free (MongeMatched *matched)
{
  if (matched == NULL)
    return;
  monge_operands_free (matched->operands);
  g_clear_pointer (&matched->interpreter, monge_interpreter_free);
  for (guint b = 0; b < MONGE_N_BUFFERS; b++)
    g_free (matched->buffers[b]);
  g_free (matched);
}
