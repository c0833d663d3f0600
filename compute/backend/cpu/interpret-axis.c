/* Parameters, rows and columns, before the pairs: always in float64, so that hand-tuned loops may
 * have them so; rounded to the program's precision for pairs. */
#include "compute/backend/cpu/denormals.h"
#include "compute/backend/cpu/interpret-private.h"
#include "compute/core/parallel.h"

#include <string.h>

/* Rows per call on one thread. */
#define GRAIN 8192

/**
 * AxisJob:
 * @doubles: planes to fill, @n apart; else
 * @planes: (outputs of @code): planes of the program's precision, NULL for those not wanted
 */
typedef struct {
  MongeInterpreter *self;
  const MongeRun *run;
  const MongeCode *code;
  MongeAxis axis;
  gsize n;
  double *doubles;
  void **planes;
  MongeTask *task;
} AxisJob;

/* The variable that fills a register, and which component of it; NULL for constants. */
static const MongeProgramVariable *
find_variable (const MongeProgram *program, guint reg, guint *component)
{
  for (guint v = 0; v < program->n_variables; v++)
    {
      const MongeProgramVariable *variable = &program->variables[v];

      if (reg >= variable->to && reg - variable->to < variable->dim)
        {
          *component = reg - variable->to;
          return variable;
        }
    }
  return NULL;
}

static double
find_constant (const MongeProgram *program, guint reg)
{
  for (guint c = 0; c < program->n_constants; c++)
    if (program->constants[c].to == reg)
      return program->constants[c].value;
  g_assert_not_reached ();
}

/* Numbers first … first + n − 1 of an input. */
static void
read_numbers (const AxisJob *job, guint reg, gsize first, gsize n, double *to)
{
  const MongeProgram *program = job->self->program;
  guint d = 0;
  const MongeProgramVariable *variable = find_variable (program, reg, &d);
  const MongeArgument *argument;
  gsize start;

  if (variable == NULL)
    {
      to[0] = find_constant (program, reg);
      return;
    }
  argument = &job->run->arguments[variable - program->variables];
  start = job->axis == MONGE_AXIS_NONE ? d : d * argument->stride + first;
  if (argument->doubles != NULL)
    memcpy (to, argument->doubles + start, n * sizeof *to);
  else
    for (gsize i = 0; i < n; i++)
      to[i] = argument->floats[start + i];
}

static void
write_numbers (const AxisJob *job, guint k, gsize first, gsize n, const double *from)
{
  if (job->doubles != NULL)
    memcpy (job->doubles + k * job->n + first, from, n * sizeof *from);
  else if (job->planes[k] == NULL)
    return;
  else if (job->self->set->real_size == sizeof (double))
    memcpy ((double *) job->planes[k] + first, from, n * sizeof *from);
  else
    for (gsize i = 0; i < n; i++)
      ((float *) job->planes[k])[first + i] = (float) from[i];
}

static void
run_tile (const AxisJob *job, MongeTileWorker *worker, gsize first, gsize n)
{
  const MongeCode *code = job->code;
  const gsize n_vectors = (n + code->set->lanes - 1) / code->set->lanes;

  for (guint k = 0; k < code->n_inputs; k++)
    {
      const MongeCodeInput *input = &code->inputs[k];
      double *to = worker->addresses[input->value];

      if (code->kinds[input->value] != MONGE_TILE_VECTORS)
        continue;
      read_numbers (job, input->from, first, n, to);
      for (gsize i = n; i < n_vectors * code->set->lanes; i++)
        to[i] = to[n - 1];
    }
  monge_code_run (code, worker->addresses, n_vectors);
  for (guint k = 0; k < code->n_outputs; k++)
    write_numbers (job, k, first, n, worker->addresses[code->outputs[k].values[0]]);
}

static void
run_rows (gsize begin, gsize end, guint worker_index, gpointer data)
{
  const AxisJob *job = data;
  MongeTileWorker *worker = &job->self->workers[worker_index];
  const gsize tile = job->code->n_vectors * job->code->set->lanes;
  const guint64 mode = monge_denormals_off ();

  monge_worker_bind (worker, job->self, job->code);
  for (gsize first = begin; first < end && !monge_task_is_cancelled (job->task); first += tile)
    run_tile (job, worker, first, MIN (tile, end - first));
  monge_denormals_restore (mode);
}

static gboolean
run_job (AxisJob *job, MongeTask *task, GError **error)
{
  job->task = task;
  if (job->n > 0)
    monge_parallel_rows (job->n, GRAIN, job->self->n_threads, task, run_rows, job);
  return !monge_task_return_if_cancelled (task, error);
}

static void
compute_parameters (MongeInterpreter *self,
                    const MongeRun *run,
                    const MongeCode *code,
                    const GArray *registers)
{
  g_autofree double *values = g_new (double, MAX (code->n_outputs, 1));
  AxisJob job = { .self = self, .run = run, .code = code, .n = 1, .doubles = values };

  run_rows (0, 1, 0, &job);
  for (guint k = 0; k < code->n_outputs; k++)
    self->parameters[g_array_index (registers, guint, k)] = values[k];
}

/* The argument itself, if a register is no more than that and of the right precision. */
static const void *
find_argument (const MongeInterpreter *self, const MongeRun *run, guint reg)
{
  guint d = 0;
  const MongeProgramVariable *variable = find_variable (self->program, reg, &d);
  const MongeArgument *argument;

  if (variable == NULL)
    return NULL;
  argument = &run->arguments[variable - self->program->variables];
  if (self->set->real_size == sizeof (double))
    return argument->doubles != NULL ? argument->doubles + d * argument->stride : NULL;
  return argument->doubles == NULL ? argument->floats + d * argument->stride : NULL;
}

/* Planes of its own, or arguments; how many are left to compute. */
static guint
place_planes (MongeInterpreter *self, const MongeRun *run, MongeTileAxis *axis, void **to_compute)
{
  const gsize bytes = axis->n * self->set->real_size;
  const gsize stride = (bytes + MONGE_TILE_ALIGNMENT - 1) & ~(gsize) (MONGE_TILE_ALIGNMENT - 1);
  guint n_computed = 0;

  for (guint k = 0; k < axis->registers->len; k++)
    {
      axis->planes[k] = find_argument (self, run, g_array_index (axis->registers, guint, k));
      n_computed += axis->planes[k] == NULL;
    }
  if (n_computed * stride > axis->owned_size)
    {
      g_aligned_free (axis->owned);
      axis->owned_size = n_computed * stride;
      axis->owned = g_aligned_alloc (1, axis->owned_size, MONGE_TILE_ALIGNMENT);
    }
  n_computed = 0;
  for (guint k = 0; k < axis->registers->len; k++)
    {
      to_compute[k] = NULL;
      if (axis->planes[k] == NULL)
        axis->planes[k] = to_compute[k] = (char *) axis->owned + n_computed++ * stride;
    }
  return n_computed;
}

static gboolean
compute_axis (MongeInterpreter *self,
              const MongeRun *run,
              MongeAxis which,
              MongeTask *task,
              GError **error)
{
  MongeTileAxis *axis = &self->axes[which];
  g_autofree void **planes = g_new (void *, MAX (axis->registers->len, 1));
  AxisJob job = { .self = self, .run = run, .code = axis->code, .axis = which, .planes = planes };

  axis->n = job.n = monge_run_count (run, which);
  return place_planes (self, run, axis, planes) == 0 || run_job (&job, task, error);
}

gboolean
monge_interpreter_compute_axes (MongeInterpreter *self,
                                const MongeRun *run,
                                MongeTask *task,
                                GError **error)
{
  const MongeTileAxis *parameters = &self->axes[MONGE_AXIS_NONE];

  compute_parameters (self, run, parameters->code, parameters->registers);
  return compute_axis (self, run, MONGE_AXIS_I, task, error)
         && compute_axis (self, run, MONGE_AXIS_J, task, error);
}

MongeCode *
monge_interpreter_new_axis_code (const MongeInterpreter *self,
                                 MongeAxis axis,
                                 const guint *outputs,
                                 guint n_outputs)
{
  MongeTileKind kinds[4] = { MONGE_TILE_VECTOR, MONGE_TILE_VECTOR, MONGE_TILE_VECTOR,
                             MONGE_TILE_VECTORS };

  kinds[axis] = MONGE_TILE_VECTORS;
  return monge_code_new (self->program, axis, self->wide, kinds, outputs, n_outputs, n_outputs,
                         FALSE);
}

gboolean
monge_interpreter_map (MongeInterpreter *self,
                       const MongeRun *run,
                       MongeAxis which,
                       guint first,
                       guint dim,
                       double *out,
                       MongeTask *task,
                       GError **error)
{
  g_autofree guint *outputs = g_new (guint, MAX (dim, 1));
  g_autoptr (MongeCode) code = NULL;
  g_autoptr (MongeCode) parameters = NULL;
  g_autoptr (GArray) needed = g_array_new (FALSE, FALSE, sizeof (guint));
  AxisJob job = { .self = self, .run = run, .axis = which, .doubles = out };

  for (guint d = 0; d < dim; d++)
    outputs[d] = first + d;
  job.code = code = monge_interpreter_new_axis_code (self, which, outputs, dim);
  job.n = monge_run_count (run, which);
  for (guint k = 0; k < code->n_inputs && which != MONGE_AXIS_NONE; k++)
    if (code->inputs[k].axis == MONGE_AXIS_NONE)
      g_array_append_val (needed, code->inputs[k].from);
  parameters = monge_interpreter_new_axis_code (self, MONGE_AXIS_NONE, (guint *) needed->data,
                                                needed->len);
  monge_interpreter_fit (self, code);
  monge_interpreter_fit (self, parameters);
  compute_parameters (self, run, parameters, needed);
  return run_job (&job, task, error);
}
