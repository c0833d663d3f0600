/* Runs any program on the CPU.
 *
 * Where results are kept there are rows, where they are summed there are columns, whichever of i and j
 * that is. A tile is one vector of rows against some columns, as many as keep every value of the tile
 * in first-level cache; each step of the program's code is one loop over the tile:
 *
 *            column:  0    1    2    …   n − 1
 *       row  ┌ 0  ┐ ┌──┐ ┌──┐ ┌──┐     ┌──┐     a value of the pair is a vector per column,
 *            │ 1  │ │  │ │  │ │  │     │  │     one of the row a vector for all of them,
 *            │ …  │ │  │ │  │ │  │     │  │     one of the column a number, the same in every lane
 *            └ 15 ┘ └──┘ └──┘ └──┘     └──┘
 *
 * so that sums never cross lanes and the cost of choosing what to do is shared by thousands of pairs.
 * Where a block has few rows, lanes run across columns instead and are put together at the end.
 *
 * Parameters, rows and columns are computed beforehand, always in float64, and rounded to the
 * program's precision. Sums are in that precision within a tile, which has at most 256 columns, and in
 * float64 beyond. Denormal numbers count as zeros throughout. */
#include "compute/backend/cpu/interpret.h"

#include "compute/backend/cpu/interpret-code.h"
#include "compute/core/parallel.h"

#include <math.h>
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* Scratch memory of one thread. */
typedef struct {
  gsize slots_size, vectors_size, addresses_size;
  void *slots;
  void *vectors;    /* one per input: what does not change along a tile */
  void **addresses; /* of values */
  void *state;
  void *spare; /* a copy of part of it */
} Worker;

/* Numbers of the registers that pairs read on one axis: plane of register r at plane_of[r] × stride. */
typedef struct {
  GArray *registers; /* guint */
  MongeCode *code;   /* gives them */
  void *planes;
  gsize size; /* bytes */
  gsize stride, n;
} Axis;

struct _MongeInterpreter {
  MongeProgram *program;
  const MongeTileSet *set;  /* of the program's precision */
  const MongeTileSet *wide; /* float64 */
  guint n_threads;
  MongeAxis kept, summed;
  MongeCode *down;   /* pairs, lanes along rows */
  MongeCode *across; /* pairs, lanes along columns */
  guint *plane_of;   /* (n_registers) */
  Axis axes[3];      /* parameters, I, J */
  double *parameters; /* (n_registers) */
  guint n_wide, n_narrow; /* of a state: vectors of float64, and of the precision */
  gsize state_size;
  Worker *workers;
  void *partial; /* states of the parts of long sums */
  gsize partial_size;
};

/* Denormal numbers are a hundred times slower than others and worth nothing here. */
#if defined(__SSE2__)
typedef unsigned FloatMode;

static FloatMode
enter_flushing (void)
{
  FloatMode old = _mm_getcsr ();

  _mm_setcsr (old | 0x8040); /* flush to zero, denormals are zero */
  return old;
}

static void
leave_flushing (FloatMode old)
{
  _mm_setcsr (old);
}
#elif defined(__aarch64__)
typedef guint64 FloatMode;

static FloatMode
enter_flushing (void)
{
  FloatMode old;

  __asm__ volatile ("mrs %0, fpcr" : "=r"(old));
  __asm__ volatile ("msr fpcr, %0" : : "r"(old | (1 << 24)));
  return old;
}

static void
leave_flushing (FloatMode old)
{
  __asm__ volatile ("msr fpcr, %0" : : "r"(old));
}
#else
typedef int FloatMode;

static FloatMode
enter_flushing (void)
{
  return 0;
}

static void
leave_flushing (FloatMode old)
{
  (void) old;
}
#endif

static gsize
vector_bytes (const MongeTileSet *set)
{
  return set->lanes * set->real_size;
}

static gsize
slot_bytes (const MongeCode *code)
{
  return code->n_vectors * vector_bytes (code->set);
}

static void *
allocate (gsize bytes)
{
  return g_aligned_alloc0 (1, MAX (bytes, 1), MONGE_TILE_ALIGNMENT);
}

/* Sections before the pairs. */

typedef struct {
  MongeInterpreter *self;
  const MongeRun *run;
  const MongeCode *code;
  MongeAxis axis;
  gsize n;
  double *doubles; /* planes to fill, one of the two */
  void *planes;
  gsize stride;
} AxisJob;

/* The variable that fills a register, and which component of it. */
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

static const double *
find_constant (const MongeProgram *program, guint reg)
{
  for (guint c = 0; c < program->n_constants; c++)
    if (program->constants[c].to == reg)
      return &program->constants[c].value;
  return NULL;
}

/* Numbers first … first + n − 1 of an input, the last repeated up to @padded. */
static void
read_input (const AxisJob *job, guint reg, gsize first, gsize n, gsize padded, double *to)
{
  const MongeProgram *program = job->self->program;
  guint d = 0;
  const MongeProgramVariable *variable = find_variable (program, reg, &d);

  if (variable == NULL)
    {
      const double *constant = find_constant (program, reg);

      g_assert (constant != NULL);
      to[0] = *constant;
    }
  else
    {
      const MongeArgument *argument = &job->run->arguments[variable - program->variables];
      const gsize start = job->axis == MONGE_AXIS_NONE ? d : d * argument->stride + first;

      if (argument->doubles != NULL)
        memcpy (to, argument->doubles + start, n * sizeof *to);
      else
        for (gsize i = 0; i < n; i++)
          to[i] = argument->floats[start + i];
    }
  for (gsize i = n; i < padded; i++)
    to[i] = to[n - 1];
}

static void
write_output (const AxisJob *job, guint k, gsize first, gsize n, const double *from)
{
  if (job->doubles != NULL)
    memcpy (job->doubles + k * job->stride + first, from, n * sizeof *from);
  else if (job->self->set->real_size == sizeof (double))
    memcpy ((double *) job->planes + k * job->stride + first, from, n * sizeof *from);
  else
    for (gsize i = 0; i < n; i++)
      ((float *) job->planes)[k * job->stride + first + i] = (float) from[i];
}

static void
run_axis_tile (const AxisJob *job, Worker *worker, gsize first, gsize n)
{
  const MongeCode *code = job->code;
  const gsize lanes = code->set->lanes, n_vectors = (n + lanes - 1) / lanes;

  for (guint k = 0; k < code->n_inputs; k++)
    {
      const MongeCodeInput *input = &code->inputs[k];

      if (code->kinds[input->value] == MONGE_TILE_VECTORS)
        read_input (job, input->from, first, n, n_vectors * lanes, worker->addresses[input->value]);
    }
  monge_code_run (code, worker->addresses, n_vectors);
  for (guint k = 0; k < code->n_outputs; k++)
    write_output (job, k, first, n, worker->addresses[code->outputs[k].values[0]]);
}

/* Where computed values lie, and one vector for each input. */
static void
set_addresses (const MongeCode *code, Worker *worker)
{
  for (guint v = 0; v < code->n_values; v++)
    if (code->slots[v] != G_MAXUINT)
      worker->addresses[v] = (char *) worker->slots + code->slots[v] * slot_bytes (code);
  for (guint k = 0; k < code->n_inputs; k++)
    if (code->kinds[code->inputs[k].value] == MONGE_TILE_VECTOR)
      worker->addresses[code->inputs[k].value] = (char *) worker->vectors + k * MONGE_TILE_ALIGNMENT;
}

static void
fill_vector (const MongeTileSet *set, void *to, double value)
{
  for (gsize l = 0; l < set->lanes; l++)
    if (set->real_size == sizeof (double))
      ((double *) to)[l] = value;
    else
      ((float *) to)[l] = (float) value;
}

static void
set_parameters (const MongeInterpreter *self, const MongeCode *code, Worker *worker)
{
  for (guint k = 0; k < code->n_inputs; k++)
    if (code->inputs[k].axis == MONGE_AXIS_NONE
        && code->kinds[code->inputs[k].value] == MONGE_TILE_VECTOR)
      fill_vector (code->set, worker->addresses[code->inputs[k].value],
                   self->parameters[code->inputs[k].from]);
}

static void
run_axis (gsize begin, gsize end, guint worker_index, gpointer data)
{
  const AxisJob *job = data;
  Worker *worker = &job->self->workers[worker_index];
  const gsize tile = job->code->n_vectors * job->code->set->lanes;
  FloatMode mode = enter_flushing ();

  set_addresses (job->code, worker);
  set_parameters (job->self, job->code, worker);
  for (gsize first = begin; first < end; first += tile)
    run_axis_tile (job, worker, first, MIN (tile, end - first));
  leave_flushing (mode);
}

static gboolean
run_axis_job (AxisJob *job, MongeTask *task, GError **error)
{
  if (job->n > 0)
    monge_parallel_rows (job->n, 8192, job->self->n_threads, task, run_axis, job);
  return !monge_task_return_if_cancelled (task, error);
}

static gsize
axis_length (const MongeRun *run, MongeAxis axis)
{
  return axis == MONGE_AXIS_NONE ? 1 : axis == MONGE_AXIS_I ? run->n_rows : run->n_columns;
}

/* Parameters, by @code; kept by register. */
static void
compute_parameters (MongeInterpreter *self,
                    const MongeRun *run,
                    const MongeCode *code,
                    const GArray *registers)
{
  g_autofree double *values = g_new (double, MAX (code->n_outputs, 1));
  AxisJob job = { .self = self, .run = run, .code = code, .n = 1, .doubles = values, .stride = 1 };

  run_axis (0, 1, 0, &job);
  for (guint k = 0; k < code->n_outputs; k++)
    self->parameters[g_array_index (registers, guint, k)] = values[k];
}

/* Planes reach one vector past the end, the last number repeated: loads there meet nothing odd. */
static void
pad_planes (Axis *axis, gsize real_size)
{
  if (axis->n == 0)
    return;
  for (guint k = 0; k < axis->registers->len; k++)
    {
      char *plane = (char *) axis->planes + k * axis->stride * real_size;

      for (gsize i = axis->n; i < axis->stride; i++)
        memcpy (plane + i * real_size, plane + (axis->n - 1) * real_size, real_size);
    }
}

static gboolean
compute_axis (MongeInterpreter *self,
              const MongeRun *run,
              MongeAxis which,
              MongeTask *task,
              GError **error)
{
  Axis *axis = &self->axes[which];
  const gsize lanes = self->set->lanes;
  gsize size;
  AxisJob job = { .self = self, .run = run, .code = axis->code, .axis = which };

  axis->n = job.n = axis_length (run, which);
  axis->stride = job.stride = (axis->n + 2 * lanes - 1) / lanes * lanes;
  size = axis->registers->len * axis->stride * self->set->real_size;
  if (size > axis->size)
    {
      g_aligned_free (axis->planes);
      axis->planes = allocate (size);
      axis->size = size;
    }
  job.planes = axis->planes;
  if (axis->registers->len > 0 && !run_axis_job (&job, task, error))
    return FALSE;
  pad_planes (axis, self->set->real_size);
  return TRUE;
}

/* Pairs. */

typedef struct {
  MongeInterpreter *self;
  const MongeRun *run;
  MongeTask *task;
  gsize n_rows, n_columns;  /* kept, summed */
  const MongePairs *pairs;  /* rows being the kept axis */
  gsize *first_unit;        /* (n_blocks + 1) */
  gsize n_units;
  gsize n_parts, part;      /* each unit's columns, in parts of so many */
  gsize bad_row;            /* atomic: 1 + first whose result is NaN */
} Job;

/* Some rows of one block: a vector of them, or a single one with lanes across columns. */
typedef struct {
  gsize first, n;
  gboolean across;
  const MongeRange *ranges;
  gsize n_ranges;
  MongeRange all; /* where there is no list */
  gsize n_terms;
} Unit;

/* Below, more lanes would idle than work. */
static gboolean
goes_across (const MongeInterpreter *self, gsize n_rows)
{
  return 2 * n_rows <= self->set->lanes;
}

static gsize
units_of_block (const MongeInterpreter *self, gsize n_rows)
{
  return goes_across (self, n_rows) ? n_rows : (n_rows + self->set->lanes - 1) / self->set->lanes;
}

static gsize
find_block (const Job *job, gsize unit)
{
  gsize low = 0, high = job->pairs->n_blocks;

  while (high - low > 1)
    {
      gsize middle = low + (high - low) / 2;

      if (job->first_unit[middle] <= unit)
        low = middle;
      else
        high = middle;
    }
  return low;
}

static void
get_unit (const Job *job, gsize index, Unit *unit)
{
  const gsize lanes = job->self->set->lanes;
  gsize begin = 0, end = job->n_rows;

  unit->all = (MongeRange){ 0, (guint32) job->n_columns };
  unit->ranges = &unit->all;
  unit->n_ranges = 1;
  if (job->pairs != NULL)
    {
      gsize block = find_block (job, index);

      index -= job->first_unit[block];
      begin = job->pairs->rows[block];
      end = job->pairs->rows[block + 1];
      unit->ranges = job->pairs->ranges + job->pairs->first[block];
      unit->n_ranges = job->pairs->first[block + 1] - job->pairs->first[block];
    }
  unit->across = goes_across (job->self, end - begin);
  unit->first = begin + index * (unit->across ? 1 : lanes);
  unit->n = unit->across ? 1 : MIN (lanes, end - unit->first);
  unit->n_terms = 0;
  for (gsize k = 0; k < unit->n_ranges; k++)
    unit->n_terms += unit->ranges[k].end - unit->ranges[k].begin;
}

/* The state of a unit: n_wide vectors of float64, then n_narrow of the program's precision:
 *
 *   sums         Σ per component
 *   log-sum-exp  Σ e^(F − m); m
 *   soft mean    Σ e^(F − m), Σ e^(F − m) w per component; m
 *   extrema      the value per component
 *   indices      the value, the index, whether a term was NaN per component
 *   K-min        K values, K indices, whether a term was NaN
 */
static double *
get_wide (const MongeInterpreter *self, void *state, guint k)
{
  return (double *) state + k * self->set->lanes;
}

static void *
get_narrow (const MongeInterpreter *self, void *state, guint k)
{
  return (char *) get_wide (self, state, self->n_wide) + k * vector_bytes (self->set);
}

static double
get_number (const MongeInterpreter *self, void *vector, gsize lane)
{
  return self->set->real_size == sizeof (double) ? ((double *) vector)[lane]
                                                 : (double) ((float *) vector)[lane];
}

static gint64
get_integer (const MongeInterpreter *self, void *vector, gsize lane)
{
  return self->set->real_size == sizeof (double) ? ((gint64 *) vector)[lane]
                                                 : (gint64) ((gint32 *) vector)[lane];
}

/* Places kept per component: 1, or K. */
static guint
count_places (const MongeProgram *program)
{
  return program->op == MONGE_REDUCE_K_MIN || program->op == MONGE_REDUCE_ARG_K_MIN ? program->k : 1;
}

static gboolean
keeps_indices (MongeReduceOp op)
{
  return op == MONGE_REDUCE_ARG_MIN || op == MONGE_REDUCE_ARG_MAX || op == MONGE_REDUCE_K_MIN
         || op == MONGE_REDUCE_ARG_K_MIN;
}

static gboolean
wants_largest (MongeReduceOp op)
{
  return op == MONGE_REDUCE_MAX || op == MONGE_REDUCE_ARG_MAX;
}

static void
measure_state (MongeInterpreter *self)
{
  const MongeProgram *program = self->program;

  switch (program->op)
    {
    case MONGE_REDUCE_SUM:
    case MONGE_REDUCE_MEAN:
      self->n_wide = program->body_dim;
      break;
    case MONGE_REDUCE_LOG_SUM_EXP:
    case MONGE_REDUCE_SOFT_MEAN:
      self->n_wide = 1 + (program->op == MONGE_REDUCE_SOFT_MEAN ? program->weight_dim : 0);
      self->n_narrow = 1;
      break;
    case MONGE_REDUCE_MIN:
    case MONGE_REDUCE_MAX:
      self->n_narrow = program->body_dim;
      break;
    default:
      self->n_narrow = program->body_dim * (2 * count_places (program) + 1);
      break;
    }
  self->state_size = self->n_wide * self->set->lanes * sizeof (double)
                     + self->n_narrow * vector_bytes (self->set);
}

static void
clear_state (const MongeInterpreter *self, void *state)
{
  const MongeProgram *program = self->program;
  const guint places = count_places (program);

  memset (state, 0, self->state_size);
  if (self->n_wide > 0 && self->n_narrow > 0)
    fill_vector (self->set, get_narrow (self, state, 0), -INFINITY);
  for (guint d = 0; d < program->body_dim && self->n_wide == 0; d++)
    {
      if (!keeps_indices (program->op))
        {
          fill_vector (self->set, get_narrow (self, state, d),
                       wants_largest (program->op) ? -INFINITY : INFINITY);
          continue;
        }
      for (guint k = 0; k < places; k++)
        {
          fill_vector (self->set, get_narrow (self, state, d * (2 * places + 1) + k), NAN);
          memset (get_narrow (self, state, d * (2 * places + 1) + places + k), 0xff,
                  vector_bytes (self->set));
        }
    }
}

static void
sum_output (const MongeCode *code, const Worker *worker, guint output, double *sum, gsize n)
{
  const guint *values = code->outputs[output].values;
  const MongeTileKind ka = code->kinds[values[0]];
  const void *from[2] = { worker->addresses[values[0]] };

  if (code->outputs[output].n_values == 1)
    {
      code->set->sum[ka](sum, from, n);
      return;
    }
  from[1] = worker->addresses[values[1]];
  code->set->sum_products[ka][code->kinds[values[1]]](sum, from, n);
}

/* Terms e^(F − m), around the running maximum; what was summed before is scaled when that grows. */
static void
reduce_exponentials (const MongeInterpreter *self, const MongeCode *code, const Worker *worker,
                     void *state, gsize n)
{
  const MongeTileSet *set = code->set;
  const void *body = worker->addresses[code->outputs[0].values[0]];
  void *largest = get_narrow (self, state, 0);
  void *terms = (char *) worker->slots + code->n_slots * slot_bytes (code);
  const gboolean is_mean = self->program->op == MONGE_REDUCE_SOFT_MEAN;
  double rest[MONGE_TILE_ALIGNMENT / sizeof (float)];

  if (set->raise (largest, rest, body, n))
    for (guint k = 0; k < self->n_wide; k++)
      for (gsize l = 0; l < set->lanes; l++)
        get_wide (self, state, k)[l] *= rest[l];
  set->exponentials (terms, largest, body, n);
  if (is_mean || code->n_outputs == 1)
    set->sum[MONGE_TILE_VECTORS](get_wide (self, state, 0), (const void *[]){ terms }, n);
  for (guint k = 1; k < code->n_outputs; k++)
    {
      guint weight = code->outputs[k].values[0];

      set->sum_products[MONGE_TILE_VECTORS][code->kinds[weight]](
          get_wide (self, state, is_mean ? k : 0),
          (const void *[]){ terms, worker->addresses[weight] }, n);
    }
}

static void
reduce_tile (const MongeInterpreter *self, const MongeCode *code, const Worker *worker, void *state,
             MongeTileColumns columns, gsize n)
{
  const MongeProgram *program = self->program;
  const guint largest = wants_largest (program->op), places = count_places (program);

  if (program->op == MONGE_REDUCE_LOG_SUM_EXP || program->op == MONGE_REDUCE_SOFT_MEAN)
    {
      reduce_exponentials (self, code, worker, state, n);
      return;
    }
  for (guint d = 0; d < program->body_dim; d++)
    {
      const void *body = worker->addresses[code->outputs[d].values[0]];
      const guint at = d * (2 * places + 1);

      if (self->n_wide > 0)
        sum_output (code, worker, d, get_wide (self, state, d), n);
      else if (!keeps_indices (program->op))
        code->set->extremum[largest](get_narrow (self, state, d), body, n);
      else
        code->set->best[largest](get_narrow (self, state, at), get_narrow (self, state, at + places),
                                 get_narrow (self, state, at + 2 * places), places, body, columns, n);
    }
}

/* Puts back what lanes from @lane on had in @spare. */
static void
restore_lanes (const MongeInterpreter *self, void *state, void *spare, gsize lane)
{
  const gsize lanes = self->set->lanes;

  for (guint k = 0; k < self->n_wide; k++)
    memcpy (get_wide (self, state, k) + lane, get_wide (self, spare, k) + lane,
            (lanes - lane) * sizeof (double));
  for (guint k = 0; k < self->n_narrow; k++)
    {
      const gsize skip = lane * self->set->real_size;

      memcpy ((char *) get_narrow (self, state, k) + skip, (char *) get_narrow (self, spare, k) + skip,
              vector_bytes (self->set) - skip);
    }
}

static const void *
get_plane (const MongeInterpreter *self, const MongeCodeInput *input, gsize first)
{
  const Axis *axis = &self->axes[input->axis];

  return (const char *) axis->planes
         + (self->plane_of[input->from] * axis->stride + first) * self->set->real_size;
}

/* Rows of a unit: vectors down, or one number in all lanes across. */
static void
bind_rows (const MongeInterpreter *self, const MongeCode *code, Worker *worker, const Unit *unit)
{
  for (guint k = 0; k < code->n_inputs; k++)
    {
      const MongeCodeInput *input = &code->inputs[k];
      const void *row;

      if (input->axis != self->kept)
        continue;
      row = get_plane (self, input, unit->first);
      if (unit->across)
        fill_vector (self->set, worker->addresses[input->value],
                     get_number (self, (void *) row, 0));
      else
        worker->addresses[input->value] = (void *) row;
    }
}

static void
bind_columns (const MongeInterpreter *self, const MongeCode *code, Worker *worker, gsize first)
{
  for (guint k = 0; k < code->n_inputs; k++)
    if (code->inputs[k].axis == self->summed)
      worker->addresses[code->inputs[k].value] = (void *) get_plane (self, &code->inputs[k], first);
}

/* Columns begin … end − 1. Across, the last vector may hold some that are not asked for: the state of
 * their lanes is put back. */
static void
run_range (const Job *job, Worker *worker, const Unit *unit, void *state, gsize begin, gsize end)
{
  const MongeInterpreter *self = job->self;
  const MongeCode *code = unit->across ? self->across : self->down;
  const gsize per_vector = unit->across ? self->set->lanes : 1;

  while (begin < end && !monge_task_is_cancelled (job->task))
    {
      gsize n_vectors = MIN ((end - begin) / per_vector, code->n_vectors);
      const gboolean is_partial = n_vectors == 0;

      n_vectors = MAX (n_vectors, 1);
      bind_columns (self, code, worker, begin);
      monge_code_run (code, worker->addresses, n_vectors);
      if (is_partial)
        memcpy (worker->spare, state, self->state_size);
      reduce_tile (self, code, worker, state, (MongeTileColumns){ (gint64) begin, unit->across },
                   n_vectors);
      if (is_partial)
        restore_lanes (self, state, worker->spare, end - begin);
      begin += n_vectors * per_vector;
    }
}

static void
run_unit (const Job *job, Worker *worker, const Unit *unit, void *state, gsize begin, gsize end)
{
  const MongeCode *code = unit->across ? job->self->across : job->self->down;

  clear_state (job->self, state);
  set_addresses (code, worker);
  set_parameters (job->self, code, worker);
  bind_rows (job->self, code, worker, unit);
  for (gsize k = 0; k < unit->n_ranges; k++)
    run_range (job, worker, unit, state, MAX (unit->ranges[k].begin, begin),
               MIN (unit->ranges[k].end, end));
}

/* Results: one row's share of states, whose lanes and parts are put together in order. */

typedef struct {
  const Job *job;
  char *states; /* n_parts of them */
  gsize lane, n_lanes;
} Share;

static void *
get_state (const Share *share, gsize part)
{
  return share->states + part * share->job->self->state_size;
}

#define FOR_EACH_PIECE(share)                                                                      \
  for (gsize part = 0; part < (share)->job->n_parts; part++)                                       \
    for (gsize lane = (share)->lane; lane < (share)->lane + (share)->n_lanes; lane++)

static double
join_sums (const Share *share, guint k)
{
  double sum = 0;

  FOR_EACH_PIECE (share)
    sum += get_wide (share->job->self, get_state (share, part), k)[lane];
  return sum;
}

/* Around the largest of the running maxima: sums[k] = Σ over pieces, scaled. Returns that maximum. */
static double
join_exponentials (const Share *share, double *sums)
{
  const MongeInterpreter *self = share->job->self;
  const double limit = self->set->real_size == sizeof (double) ? G_MAXDOUBLE : (double) G_MAXFLOAT;
  double largest = -limit;

  FOR_EACH_PIECE (share)
    {
      double m = get_number (self, get_narrow (self, get_state (share, part), 0), lane);

      largest = MAX (largest, MIN (m, limit));
    }
  memset (sums, 0, self->n_wide * sizeof *sums);
  FOR_EACH_PIECE (share)
    {
      void *state = get_state (share, part);
      double m = get_number (self, get_narrow (self, state, 0), lane);
      double rest = exp (CLAMP (m, -limit, limit) - largest);

      for (guint k = 0; k < self->n_wide; k++)
        sums[k] += rest * get_wide (self, state, k)[lane];
    }
  return largest;
}

static double
join_extrema (const Share *share, guint d)
{
  const MongeInterpreter *self = share->job->self;
  const gboolean largest = wants_largest (self->program->op);
  double best = largest ? -INFINITY : INFINITY;

  FOR_EACH_PIECE (share)
    {
      double value = get_number (self, get_narrow (self, get_state (share, part), d), lane);

      if (isnan (value) || (largest ? value > best : value < best))
        best = value;
      if (isnan (best))
        return best;
    }
  return best;
}

/* A place in the order of a piece. */
static gboolean
get_place (const Share *share, gsize part, gsize lane, guint d, guint k, double *value, gint64 *index)
{
  const MongeInterpreter *self = share->job->self;
  const guint places = count_places (self->program), at = d * (2 * places + 1);
  void *state = get_state (share, part);

  *index = get_integer (self, get_narrow (self, state, at + places + k), lane);
  *value = get_number (self, get_narrow (self, state, at + k), lane);
  return *index >= 0;
}

static gboolean
saw_nan (const Share *share, guint d)
{
  const MongeInterpreter *self = share->job->self;
  const guint places = count_places (self->program);

  FOR_EACH_PIECE (share)
    if (get_integer (self, get_narrow (self, get_state (share, part), d * (2 * places + 1) + 2 * places),
                     lane) != 0)
      return TRUE;
  return FALSE;
}

/* The next best over the pieces; @taken: (n_parts × n_lanes) how many of each are used up. */
static void
join_next_place (const Share *share, guint d, guint16 *taken, double *best, gint64 *best_index)
{
  const MongeProgram *program = share->job->self->program;
  const gboolean largest = wants_largest (program->op);
  gsize piece = 0, best_piece = 0;

  *best = largest ? -INFINITY : INFINITY;
  *best_index = -1;
  FOR_EACH_PIECE (share)
    {
      double value;
      gint64 index;

      if (taken[piece] < count_places (program)
          && get_place (share, part, lane, d, taken[piece], &value, &index)
          && (*best_index < 0 || (largest ? value > *best : value < *best)
              || (value == *best && index < *best_index)))
        {
          *best = value;
          *best_index = index;
          best_piece = piece;
        }
      piece++;
    }
  if (*best_index >= 0)
    taken[best_piece]++;
}

static void
report_nan (Job *job, gsize row)
{
  gsize old = __atomic_load_n (&job->bad_row, __ATOMIC_RELAXED);

  while ((old == 0 || row + 1 < old)
         && !__atomic_compare_exchange_n (&job->bad_row, &old, row + 1, FALSE, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED))
    ;
}

static void
finish_places (Job *job, const Share *share, gsize row)
{
  const MongeProgram *program = job->self->program;
  const guint places = count_places (program);
  g_autofree guint16 *taken = g_new (guint16, job->n_parts * share->n_lanes);

  for (guint d = 0; d < program->body_dim; d++)
    {
      if (saw_nan (share, d))
        report_nan (job, row);
      memset (taken, 0, job->n_parts * share->n_lanes * sizeof *taken);
      for (guint k = 0; k < places; k++)
        {
          const gsize to = (d * places + k) * job->n_rows + row;
          double value;
          gint64 index;

          join_next_place (share, d, taken, &value, &index);
          if (program->op == MONGE_REDUCE_K_MIN)
            job->run->out[to] = value;
          else
            job->run->index_out[to] = index;
        }
    }
}

static void
finish_exponentials (Job *job, const Share *share, gsize row)
{
  const MongeInterpreter *self = job->self;
  g_autofree double *sums = g_new (double, self->n_wide);
  const double largest = join_exponentials (share, sums), log_sum = largest + log (sums[0]);

  if (self->program->op == MONGE_REDUCE_LOG_SUM_EXP)
    {
      job->run->out[row] = log_sum;
      return;
    }
  if (job->run->log_sum != NULL)
    job->run->log_sum[row] = log_sum;
  for (guint k = 1; k < self->n_wide; k++)
    job->run->out[(k - 1) * job->n_rows + row] = sums[k] / sums[0];
}

static void
finish_row (Job *job, const Share *share, gsize row, gsize n_terms)
{
  const MongeInterpreter *self = job->self;
  const MongeProgram *program = self->program;

  if (keeps_indices (program->op))
    finish_places (job, share, row);
  else if (self->n_wide > 0 && self->n_narrow > 0)
    finish_exponentials (job, share, row);
  else
    for (guint d = 0; d < program->body_dim; d++)
      job->run->out[d * job->n_rows + row]
          = self->n_wide == 0                    ? join_extrema (share, d)
            : program->op == MONGE_REDUCE_MEAN ? join_sums (share, d) / (double) n_terms
                                               : join_sums (share, d);
  for (guint d = 0; d < program->out_dim && job->run->out != NULL && n_terms > 0; d++)
    if (isnan (job->run->out[d * job->n_rows + row]))
      report_nan (job, row);
}

static void
finish_unit (Job *job, const Unit *unit, char *states)
{
  for (gsize r = 0; r < unit->n; r++)
    {
      Share share = { .job = job, .states = states, .lane = r, .n_lanes = 1 };

      if (unit->across)
        share.n_lanes = job->self->set->lanes;
      finish_row (job, &share, unit->first + r, unit->n_terms);
    }
}

static void
run_units (gsize begin, gsize end, guint worker_index, gpointer data)
{
  Job *job = data;
  MongeInterpreter *self = job->self;
  Worker *worker = &self->workers[worker_index];
  FloatMode mode = enter_flushing ();

  for (gsize k = begin; k < end; k++)
    {
      const gsize first = k % job->n_parts * job->part;
      Unit unit;

      get_unit (job, k / job->n_parts, &unit);
      if (job->n_parts > 1)
        {
          run_unit (job, worker, &unit, (char *) self->partial + k * self->state_size, first,
                    first + job->part);
          continue;
        }
      run_unit (job, worker, &unit, worker->state, 0, job->n_columns);
      finish_unit (job, &unit, worker->state);
    }
  leave_flushing (mode);
}

/* Where few units would leave threads idle, long sums are cut into parts: by sizes alone, so that
 * results do not depend on the number of threads. */
#define MIN_UNITS 64
#define MIN_PART 16384

static void
cut_columns (Job *job)
{
  MongeInterpreter *self = job->self;
  gsize n_parts = 1;

  if (job->n_units > 0 && job->n_units < MIN_UNITS)
    n_parts = CLAMP (job->n_columns / MIN_PART, 1, MIN_UNITS / job->n_units);
  job->part = MAX ((job->n_columns + n_parts - 1) / n_parts, 1);
  job->n_parts = n_parts;
  if (n_parts > 1 && job->n_units * n_parts * self->state_size > self->partial_size)
    {
      self->partial_size = job->n_units * n_parts * self->state_size;
      g_aligned_free (self->partial);
      self->partial = allocate (self->partial_size);
    }
}

static void
count_units (Job *job)
{
  if (job->pairs == NULL)
    {
      job->n_units = units_of_block (job->self, job->n_rows);
      return;
    }
  job->first_unit = g_new (gsize, job->pairs->n_blocks + 1);
  for (gsize b = 0; b < job->pairs->n_blocks; b++)
    {
      job->first_unit[b] = job->n_units;
      job->n_units += units_of_block (job->self, job->pairs->rows[b + 1] - job->pairs->rows[b]);
    }
  job->first_unit[job->pairs->n_blocks] = job->n_units;
}

static gboolean
run_pairs (Job *job, GError **error)
{
  MongeInterpreter *self = job->self;
  guint64 n_pairs, per_unit;

  count_units (job);
  cut_columns (job);
  n_pairs = job->pairs != NULL ? job->pairs->n_pairs : (guint64) job->n_rows * job->n_columns;
  per_unit = n_pairs / MAX (job->n_units * job->n_parts, 1) + 1;
  monge_parallel_rows (job->n_units * job->n_parts, CLAMP (65536 / per_unit, 1, 4096),
                       self->n_threads, job->task, run_units, job);
  if (monge_task_return_if_cancelled (job->task, error))
    return FALSE;
  for (gsize k = 0; k < job->n_units && job->n_parts > 1; k++)
    {
      Unit unit;

      get_unit (job, k, &unit);
      finish_unit (job, &unit, (char *) self->partial + k * job->n_parts * self->state_size);
    }
  if (job->bad_row == 0)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
               "The result of %s %" G_GSIZE_FORMAT " is not a number: look for 0/0, or for the root or "
               "the logarithm of a negative number",
               self->kept == MONGE_AXIS_I ? "row" : "column", job->bad_row - 1);
  return FALSE;
}

gboolean
monge_interpreter_run (MongeInterpreter *self,
                       const MongeRun *run,
                       guint64 *n_pairs,
                       MongeTask *task,
                       GError **error)
{
  g_autoptr (MongePairs) transposed = NULL;
  Job job = { .self = self, .run = run, .task = task, .pairs = run->pairs };
  gboolean ok;

  job.n_rows = axis_length (run, self->kept);
  job.n_columns = axis_length (run, self->summed);
  if (run->pairs != NULL && self->kept == MONGE_AXIS_J)
    job.pairs = transposed = monge_pairs_transpose (run->pairs);
  if (n_pairs != NULL)
    *n_pairs = run->pairs != NULL ? run->pairs->n_pairs : (guint64) run->n_rows * run->n_columns;
  compute_parameters (self, run, self->axes[MONGE_AXIS_NONE].code,
                      self->axes[MONGE_AXIS_NONE].registers);
  ok = compute_axis (self, run, MONGE_AXIS_I, task, error)
       && compute_axis (self, run, MONGE_AXIS_J, task, error) && run_pairs (&job, error);
  g_free (job.first_unit);
  return ok;
}

/* Making it. */

static void
add_register (MongeInterpreter *self, const MongeCodeInput *input)
{
  GArray *registers = self->axes[input->axis].registers;

  if (self->plane_of[input->from] != G_MAXUINT)
    return;
  self->plane_of[input->from] = registers->len;
  g_array_append_val (registers, input->from);
}

static void
add_inputs (MongeInterpreter *self, const MongeCode *code)
{
  for (guint k = 0; k < code->n_inputs; k++)
    add_register (self, &code->inputs[k]);
}

static MongeCode *
new_axis_code (const MongeInterpreter *self, MongeAxis axis, const guint *outputs, guint n_outputs)
{
  MongeTileKind kinds[4] = { MONGE_TILE_VECTOR, MONGE_TILE_VECTOR, MONGE_TILE_VECTOR,
                             MONGE_TILE_VECTORS };

  kinds[axis] = MONGE_TILE_VECTORS;
  return monge_code_new (self->program, axis, self->wide, kinds, outputs, n_outputs, n_outputs, FALSE);
}

static MongeCode *
new_pair_code (const MongeInterpreter *self, gboolean across)
{
  const MongeProgram *program = self->program;
  const gboolean is_sum = program->op == MONGE_REDUCE_SUM || program->op == MONGE_REDUCE_MEAN;
  const guint n_outputs = program->body_dim + program->weight_dim;
  g_autofree guint *outputs = g_new (guint, n_outputs);
  MongeTileKind kinds[4] = { MONGE_TILE_VECTOR, 0, 0, MONGE_TILE_VECTORS };

  for (guint d = 0; d < program->body_dim; d++)
    outputs[d] = program->body + d;
  for (guint d = 0; d < program->weight_dim; d++)
    outputs[program->body_dim + d] = program->weight + d;
  kinds[self->kept] = MONGE_TILE_VECTOR;
  kinds[self->summed] = across ? MONGE_TILE_VECTORS : MONGE_TILE_NUMBERS;
  return monge_code_new (program, MONGE_AXIS_PAIR, self->set, kinds, outputs, n_outputs,
                         is_sum ? 0 : program->body_dim, is_sum);
}

static void
fit (void **memory, gsize *size, gsize wanted)
{
  if (*memory != NULL && *size >= wanted)
    return;
  g_aligned_free (*memory);
  *memory = allocate (wanted);
  *size = wanted;
}

/* Makes room to run @code on every thread; one slot more, for exponentials. */
static void
fit_workers (MongeInterpreter *self, const MongeCode *code)
{
  for (guint w = 0; w < self->n_threads; w++)
    {
      Worker *worker = &self->workers[w];

      fit (&worker->slots, &worker->slots_size, (code->n_slots + 1) * slot_bytes (code));
      fit (&worker->vectors, &worker->vectors_size, (gsize) code->n_inputs * MONGE_TILE_ALIGNMENT);
      fit ((void **) &worker->addresses, &worker->addresses_size, code->n_values * sizeof (void *));
    }
}

static void
init_workers (MongeInterpreter *self)
{
  self->workers = g_new0 (Worker, self->n_threads);
  for (guint w = 0; w < self->n_threads; w++)
    {
      self->workers[w].state = allocate (self->state_size);
      self->workers[w].spare = allocate (self->state_size);
    }
  fit_workers (self, self->down);
  fit_workers (self, self->across);
  for (guint k = 0; k < 3; k++)
    fit_workers (self, self->axes[k].code);
}

static void
clear_worker (Worker *worker)
{
  g_aligned_free (worker->slots);
  g_aligned_free (worker->vectors);
  g_aligned_free (worker->addresses);
  g_aligned_free (worker->state);
  g_aligned_free (worker->spare);
}

const MongeTileSet *
monge_tile_set_find (const char *instruction_set, MongePrecision precision)
{
  const MongeTileSet *const sets[][2] = {
    { &monge_tile_base_float, &monge_tile_base_double },
#if defined(__x86_64__)
    { &monge_tile_avx2_float, &monge_tile_avx2_double },
    { &monge_tile_avx512_float, &monge_tile_avx512_double },
#endif
  };
  const MongeTileSet *set = sets[0][precision];

  for (guint k = 0; k < G_N_ELEMENTS (sets); k++)
    if (g_strcmp0 (sets[k][precision]->name, instruction_set) == 0)
      set = sets[k][precision];
  return set;
}

MongeInterpreter *
monge_interpreter_new (const MongeProgram *program, const char *instruction_set, guint n_threads)
{
  MongeInterpreter *self = g_new0 (MongeInterpreter, 1);

  self->program = monge_program_dup (program);
  self->set = monge_tile_set_find (instruction_set, program->precision);
  self->wide = monge_tile_set_find (instruction_set, MONGE_FLOAT64);
  self->n_threads = n_threads > 0 ? n_threads : monge_parallel_get_default_threads ();
  self->summed = program->over;
  self->kept = program->over == MONGE_AXIS_J ? MONGE_AXIS_I : MONGE_AXIS_J;
  self->plane_of = g_new (guint, MAX (program->n_registers, 1));
  memset (self->plane_of, 0xff, program->n_registers * sizeof *self->plane_of);
  self->parameters = g_new0 (double, MAX (program->n_registers, 1));
  for (guint k = 0; k < 3; k++)
    self->axes[k].registers = g_array_new (FALSE, FALSE, sizeof (guint));
  measure_state (self);

  self->down = new_pair_code (self, FALSE);
  self->across = new_pair_code (self, TRUE);
  add_inputs (self, self->down);
  add_inputs (self, self->across);
  for (guint k = 3; k > 0; k--) /* parameters last: rows and columns need some */
    {
      Axis *axis = &self->axes[k - 1];

      axis->code = new_axis_code (self, k - 1, (guint *) axis->registers->data, axis->registers->len);
      if (k > 1)
        add_inputs (self, axis->code);
    }
  init_workers (self);
  return self;
}

void
monge_interpreter_free (MongeInterpreter *self)
{
  for (guint w = 0; w < self->n_threads; w++)
    clear_worker (&self->workers[w]);
  g_free (self->workers);
  for (guint k = 0; k < 3; k++)
    {
      g_array_unref (self->axes[k].registers);
      monge_code_free (self->axes[k].code);
      g_aligned_free (self->axes[k].planes);
    }
  monge_code_free (self->down);
  monge_code_free (self->across);
  g_aligned_free (self->partial);
  g_free (self->plane_of);
  g_free (self->parameters);
  monge_program_free (self->program);
  g_free (self);
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
  g_autofree guint *outputs = g_new (guint, dim);
  g_autoptr (MongeCode) code = NULL;
  g_autoptr (MongeCode) parameters = NULL;
  g_autoptr (GArray) needed = g_array_new (FALSE, FALSE, sizeof (guint));
  AxisJob job = { .self = self, .run = run, .axis = which, .doubles = out };

  for (guint d = 0; d < dim; d++)
    outputs[d] = first + d;
  job.code = code = new_axis_code (self, which, outputs, dim);
  job.n = job.stride = axis_length (run, which);
  for (guint k = 0; k < code->n_inputs && which != MONGE_AXIS_NONE; k++)
    if (code->inputs[k].axis == MONGE_AXIS_NONE)
      g_array_append_val (needed, code->inputs[k].from);
  parameters = new_axis_code (self, MONGE_AXIS_NONE, (guint *) needed->data, needed->len);
  fit_workers (self, code);
  fit_workers (self, parameters);
  compute_parameters (self, run, parameters, needed);
  return run_axis_job (&job, task, error);
}
