/* Programs on the card: a hand-tuned loop where the program matches one and the numbers at hand suit
 * it, else code made for the program, else the interpreter of the host. */
#include "compute/backend/cuda/run.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------
 * On the host
 */

/* A run with everything on the host: what is in planes is brought over, results go back. */
typedef struct {
  MongeRun run;
  MongeArgument *arguments;
  gpointer *copies; /* (n_variables) */
  double *out, *log_sum;
} HostRun;

static void
host_run_clear (HostRun *host, const MongeProgram *program)
{
  for (guint v = 0; v < program->n_variables; v++)
    g_free (host->copies[v]);
  g_free (host->copies);
  g_free (host->arguments);
  g_free (host->out);
  g_free (host->log_sum);
}

static gboolean
bring_over (const MongePlanes *planes, MongeArgument *argument, gpointer *copy, GError **error)
{
  *copy = g_malloc (MAX (monge_planes_get_size (planes), 1));
  if (!monge_planes_read (planes, *copy, error))
    return FALSE;
  *argument = (MongeArgument){ .stride = planes->n };
  if (planes->type == MONGE_PLANES_FLOAT64)
    argument->doubles = *copy;
  else
    argument->floats = *copy;
  return TRUE;
}

static gboolean
host_run_init (HostRun *host, const MongeKernel *kernel, const MongeRun *run, GError **error)
{
  const MongeProgram *program = kernel->program;
  const gsize n_kept = program->over == MONGE_AXIS_J ? run->n_rows : run->n_columns;

  *host = (HostRun){ .run = *run };
  host->copies = g_new0 (gpointer, MAX (program->n_variables, 1));
  host->arguments = g_new0 (MongeArgument, MAX (program->n_variables, 1));
  host->run.arguments = host->arguments;
  if (run->out_planes != NULL)
    host->run.out = host->out = g_new (double, MAX (program->out_dim * n_kept, 1));
  if (run->log_sum_planes != NULL)
    host->run.log_sum = host->log_sum = g_new (double, MAX (n_kept, 1));
  host->run.out_planes = host->run.log_sum_planes = NULL;
  for (guint v = 0; v < program->n_variables; v++)
    {
      host->arguments[v] = run->arguments[v];
      if (run->arguments[v].planes != NULL && kernel->reads[v]
          && !bring_over (run->arguments[v].planes, &host->arguments[v], &host->copies[v], error))
        return FALSE;
    }
  return TRUE;
}

/* Planes may have room for more than the results. */
static void
bring_back (MongeCuda *cuda, MongePlanes *planes, const double *from, gsize n)
{
  if (planes == NULL || !monge_cuda_enter (cuda))
    return;
  monge_cuda_upload (cuda, planes->data, from, n * sizeof *from);
  monge_cuda_mark_queued (cuda);
  monge_cuda_mark_written (cuda, planes->state);
}

static void
host_run_finish (HostRun *host, const MongeKernel *kernel, const MongeRun *run, guint64 *n_pairs)
{
  MongeCuda *cuda = (MongeCuda *) kernel->backend;
  const MongeProgram *program = kernel->program;
  const gsize n_kept = program->over == MONGE_AXIS_J ? run->n_rows : run->n_columns;

  if (run->out_planes == NULL)
    return;
  bring_back (cuda, run->out_planes, host->out, program->out_dim * n_kept);
  bring_back (cuda, run->log_sum_planes, host->log_sum, n_kept);
  g_mutex_lock (&cuda->lock);
  cuda->base.n_pairs += *n_pairs;
  g_mutex_unlock (&cuda->lock);
}

typedef MongeOutcome (*HostFunc) (MongeCudaProgram *self, const MongeRun *run, guint64 *n_pairs,
                                  MongeTask *task, GError **error);

static MongeOutcome
interpret (MongeCudaProgram *self,
           const MongeRun *run,
           guint64 *n_pairs,
           MongeTask *task,
           GError **error)
{
  if (self->interpreter == NULL)
    self->interpreter = monge_interpreter_new (self->base.program, NULL,
                                               self->base.backend->n_threads);
  return monge_interpreter_run (self->interpreter, run, n_pairs, task, error)
             ? MONGE_OUTCOME_DONE
             : MONGE_OUTCOME_FAILED;
}

/* A hand-tuned loop of the card on what lies on the host. */
static MongeOutcome
run_matched (MongeCudaProgram *self,
             const MongeRun *run,
             guint64 *n_pairs,
             MongeTask *task,
             GError **error)
{
  return monge_matched_run (self->matched, run, n_pairs, task, error);
}

static MongeOutcome
run_brought_over (MongeCudaProgram *self,
                  HostFunc func,
                  const MongeRun *run,
                  guint64 *n_pairs,
                  MongeTask *task,
                  GError **error)
{
  HostRun host;
  MongeOutcome outcome = MONGE_OUTCOME_FAILED;

  g_debug ("%s: planes are brought over to the host", self->base.description);
  if (host_run_init (&host, &self->base, run, error))
    outcome = func (self, &host.run, n_pairs, task, error);
  if (outcome == MONGE_OUTCOME_DONE)
    host_run_finish (&host, &self->base, run, n_pairs);
  host_run_clear (&host, self->base.program);
  return outcome;
}

/* ------------------------------------------------------------------------------------------------
 * Code made for the program
 */

static char *
describe_interpreter (const MongeProgram *program, const char *why)
{
  const guint n = program->sections[MONGE_AXIS_PAIR].n_instructions;

  return g_strdup_printf ("interpreted on the host, %u %s per pair: %s", n,
                          n == 1 ? "instruction" : "instructions", why);
}

/* Who asked for the description before may still have it. */
static void
give_up_module (MongeCudaProgram *self, const char *why)
{
  self->is_interpreted = TRUE;
  if (self->base.is_tuned)
    return;
  self->first_description = self->base.description;
  self->base.description = describe_interpreter (self->base.program, why);
}

/* Returns: FALSE if it is to be interpreted, or with @error if cancelled while it was compiled. */
static gboolean
get_module (MongeCudaProgram *self, MongeTask *task, GError **error)
{
  MongeCuda *cuda = (MongeCuda *) self->base.backend;
  g_autoptr (GError) local = NULL;

  if (self->is_interpreted)
    return FALSE;
  if (self->module == NULL)
    self->module = monge_cuda_module_prepare (cuda->modules, self->base.program, &local);
  if (self->module != NULL && monge_cuda_module_wait (self->module, task, &local))
    return TRUE;
  if (g_error_matches (local, MONGE_ERROR, MONGE_ERROR_CANCELLED))
    g_propagate_error (error, g_steal_pointer (&local));
  else
    give_up_module (self, local->message);
  return FALSE;
}

/* ------------------------------------------------------------------------------------------------
 * The table's entries
 */

static gboolean
touches_planes (const MongeKernel *kernel, const MongeRun *run)
{
  if (run->out_planes != NULL || run->log_sum_planes != NULL)
    return TRUE;
  for (guint v = 0; v < kernel->program->n_variables; v++)
    if (run->arguments[v].planes != NULL && kernel->reads[v])
      return TRUE;
  return FALSE;
}

/* The nearest are found much faster by a loop that wants points on the host, where indices go
 * anyway. */
static gboolean
is_search (const MongeCudaProgram *self)
{
  return self->matched->match.result == MONGE_MATCH_NEIGHBOURS;
}

static MongeOutcome
run_program (MongeCudaProgram *self,
             const MongeRun *run,
             guint64 *n_pairs,
             MongeTask *task,
             GError **error)
{
  const gboolean has_planes = touches_planes (&self->base, run);
  MongeOutcome outcome = MONGE_OUTCOME_UNSUITABLE;
  GError *local = NULL;

  if (self->matched != NULL)
    outcome = !has_planes       ? run_matched (self, run, n_pairs, task, error)
              : is_search (self) ? run_brought_over (self, run_matched, run, n_pairs, task, error)
                                 : monge_cuda_run_matched (self, run, n_pairs, task, error);
  if (outcome != MONGE_OUTCOME_UNSUITABLE)
    return outcome;
  *n_pairs = 0;
  if (get_module (self, task, &local))
    {
      outcome = monge_cuda_run_generic (self, run, n_pairs, task, error);
      if (outcome != MONGE_OUTCOME_UNSUITABLE)
        return outcome;
      give_up_module (self, "the card does not take the code made for it");
    }
  if (local != NULL)
    {
      g_propagate_error (error, local);
      return MONGE_OUTCOME_FAILED;
    }
  return has_planes ? run_brought_over (self, interpret, run, n_pairs, task, error)
                    : interpret (self, run, n_pairs, task, error);
}

gboolean
monge_cuda_run (MongeBackend *backend,
                MongeKernel *kernel,
                const MongeRun *run,
                guint64 *n_pairs,
                MongeTask *task,
                GError **error)
{
  if (monge_task_return_if_cancelled (task, error)
      || !monge_cuda_enter_or_fail ((MongeCuda *) backend, error))
    return FALSE;
  return run_program ((MongeCudaProgram *) kernel, run, n_pairs, task, error) == MONGE_OUTCOME_DONE;
}

MongeKernel *
monge_cuda_prepare (MongeBackend *backend,
                    const MongeProgram *program,
                    MongePrepareFlags flags,
                    GError **error)
{
  MongeCudaProgram *self = g_new0 (MongeCudaProgram, 1);
  g_autoptr (GError) local = NULL;

  if (!(flags & MONGE_PREPARE_GENERIC))
    self->matched = monge_matched_new (backend, program);
  self->base.is_tuned = self->matched != NULL;
  if (self->base.is_tuned)
    {
      self->base.description = monge_match_describe (&self->matched->match);
      return &self->base;
    }
  /* Compiled meanwhile. */
  self->module = monge_cuda_module_prepare (((MongeCuda *) backend)->modules, program, &local);
  self->is_interpreted = self->module == NULL;
  self->base.description
      = self->module != NULL ? g_strdup (monge_cuda_module_get_description (self->module))
                             : describe_interpreter (program, local->message);
  return &self->base;
}

void
monge_cuda_kernel_free (MongeKernel *kernel)
{
  MongeCudaProgram *self = (MongeCudaProgram *) kernel;

  monge_matched_free (self->matched);
  g_clear_pointer (&self->interpreter, monge_interpreter_free);
  g_free (self->first_description);
  g_free (self);
}
