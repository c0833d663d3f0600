/* Runs any program on the CPU.
 *
 * Results are kept per row and reduced over columns here, whichever of i and j that is. A tile is
 * one vector of rows against some columns, as many as keep every value of the tile in first-level
 * cache; each step of the program's code is one loop over the tile:
 *
 *            column:  0    1    2    …   n − 1
 *       row  ┌ 0  ┐ ┌──┐ ┌──┐ ┌──┐     ┌──┐     a value of the pair is a vector per column,
 *            │ 1  │ │  │ │  │ │  │     │  │     one of the row a vector for all of them,
 *            │ …  │ │  │ │  │ │  │     │  │     one of the column a number, the same in every lane
 *            └ 15 ┘ └──┘ └──┘ └──┘     └──┘
 *
 * so that sums never cross lanes, and choosing what to do next costs little beside thousands of
 * pairs. Where a block has few rows, lanes run across columns instead and are put together at the
 * end.
 *
 * Sums are in the program's precision within a tile, which has at most 256 columns, and in float64
 * beyond. Denormal numbers count as zeros throughout. */
#include "compute/backend/cpu/interpret.h"

#include "compute/backend/cpu/denormals.h"
#include "compute/backend/cpu/interpret-private.h"
#include "compute/core/instruction-set.h"
#include "compute/core/parallel.h"

#include <string.h>

typedef struct {
  MongeInterpreter *self;
  const MongeRun *run;
  MongeTask *task;
  gsize n_rows, n_columns;
  const MongePairs *pairs; /* whose rows are the rows here */
  gsize *first_unit;       /* (n_blocks + 1) */
  gsize n_units;
  gsize n_parts, part;     /* each unit's columns are done in parts of so many */
  gsize bad_row;           /* atomic: 1 + the first whose result is NaN */
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

/* More lanes would idle than work. */
static gboolean
goes_across (const MongeInterpreter *self, gsize n_rows)
{
  return 2 * n_rows <= self->set->lanes;
}

static gsize
count_units_of_block (const MongeInterpreter *self, gsize n_rows)
{
  return goes_across (self, n_rows) ? n_rows : (n_rows + self->set->lanes - 1) / self->set->lanes;
}

static void
count_units (Job *job)
{
  if (job->pairs == NULL)
    {
      job->n_units = count_units_of_block (job->self, job->n_rows);
      return;
    }
  job->first_unit = g_new (gsize, job->pairs->n_blocks + 1);
  for (gsize b = 0; b < job->pairs->n_blocks; b++)
    {
      job->first_unit[b] = job->n_units;
      job->n_units += count_units_of_block (job->self,
                                            job->pairs->rows[b + 1] - job->pairs->rows[b]);
    }
  job->first_unit[job->pairs->n_blocks] = job->n_units;
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
      const gsize block = find_block (job, index);

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

/* Numbers first … first + n − 1 of an input; past the end the last one is repeated, in a vector. */
static void *
get_numbers (const MongeInterpreter *self,
             const MongeCode *code,
             const MongeTileWorker *worker,
             guint input,
             gsize first,
             gsize n)
{
  const MongeTileAxis *axis = &self->axes[code->inputs[input].axis];
  const gsize size = self->set->real_size, there = MIN (n, axis->n - first);
  const char *numbers = (const char *) axis->planes[self->plane_of[code->inputs[input].from]]
                        + first * size;
  char *copy = (char *) worker->vectors + input * MONGE_TILE_ALIGNMENT;

  if (there == n)
    return (void *) numbers;
  memcpy (copy, numbers, there * size);
  for (gsize i = there; i < n; i++)
    memcpy (copy + i * size, copy + (there - 1) * size, size);
  return copy;
}

/* Rows of a unit: vectors down, or one number in all lanes across. */
static void
bind_rows (const MongeInterpreter *self,
           const MongeCode *code,
           MongeTileWorker *worker,
           const Unit *unit)
{
  for (guint k = 0; k < code->n_inputs; k++)
    {
      void **address = &worker->addresses[code->inputs[k].value];
      const void *number;

      if (code->inputs[k].axis != self->kept)
        continue;
      number = get_numbers (self, code, worker, k, unit->first,
                            unit->across ? 1 : self->set->lanes);
      if (!unit->across)
        *address = (void *) number;
      else if (self->set->real_size == sizeof (double))
        monge_tile_fill (self->set, *address, *(const double *) number);
      else
        monge_tile_fill (self->set, *address, *(const float *) number);
    }
}

static void
bind_columns (const MongeInterpreter *self,
              const MongeCode *code,
              MongeTileWorker *worker,
              gsize first,
              gsize n)
{
  for (guint k = 0; k < code->n_inputs; k++)
    if (code->inputs[k].axis == self->summed)
      worker->addresses[code->inputs[k].value] = get_numbers (self, code, worker, k, first, n);
}

/* Columns begin … end − 1. Across, the last vector may hold some that are not asked for: the state
 * of their lanes is put back. */
static void
run_range (const Job *job,
           MongeTileWorker *worker,
           const Unit *unit,
           void *state,
           gsize begin,
           gsize end)
{
  const MongeInterpreter *self = job->self;
  const MongeCode *code = unit->across ? self->across : self->down;
  const gsize per_vector = unit->across ? self->set->lanes : 1;

  while (begin < end && !monge_task_is_cancelled (job->task))
    {
      gsize n_vectors = MIN ((end - begin) / per_vector, code->n_vectors);
      const gboolean is_partial = n_vectors == 0;

      n_vectors = MAX (n_vectors, 1);
      bind_columns (self, code, worker, begin, n_vectors * per_vector);
      monge_code_run (code, worker->addresses, n_vectors);
      if (is_partial)
        memcpy (worker->spare, state, self->state_size);
      monge_state_reduce (self, code, worker, state,
                          (MongeTileColumns){ (gint64) begin, unit->across }, n_vectors);
      if (is_partial)
        monge_state_restore (self, state, worker->spare, end - begin);
      begin += n_vectors * per_vector;
    }
}

static void
run_unit (const Job *job,
          MongeTileWorker *worker,
          const Unit *unit,
          void *state,
          gsize begin,
          gsize end)
{
  const MongeCode *code = unit->across ? job->self->across : job->self->down;

  monge_state_clear (job->self, state);
  monge_worker_bind (worker, job->self, code);
  bind_rows (job->self, code, worker, unit);
  for (gsize k = 0; k < unit->n_ranges; k++)
    run_range (job, worker, unit, state, MAX (unit->ranges[k].begin, begin),
               MIN (unit->ranges[k].end, end));
  monge_state_settle (job->self, state);
}

static void
report_bad_row (Job *job, gsize row)
{
  gsize old = __atomic_load_n (&job->bad_row, __ATOMIC_RELAXED);

  while ((old == 0 || row + 1 < old)
         && !__atomic_compare_exchange_n (&job->bad_row, &old, row + 1, FALSE, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED))
    ;
}

/* What comes of no terms at all may be NaN and is no error. */
static void
finish_unit (Job *job, const Unit *unit, void *states)
{
  MongeStateShare share = {
    .self = job->self,
    .states = states,
    .n_states = job->n_parts,
    .n_lanes = unit->across ? job->self->set->lanes : 1,
    .n_terms = unit->n_terms,
  };

  for (share.lane = 0; share.lane < unit->n; share.lane++)
    if (!monge_state_finish (&share, job->run, unit->first + share.lane, job->n_rows)
        && unit->n_terms > 0)
      report_bad_row (job, unit->first + share.lane);
}

static void
run_units (gsize begin, gsize end, guint worker_index, gpointer data)
{
  Job *job = data;
  MongeInterpreter *self = job->self;
  MongeTileWorker *worker = &self->workers[worker_index];
  const guint64 mode = monge_denormals_off ();

  for (gsize k = begin; k < end; k++)
    {
      const gsize first = k % job->n_parts * job->part;
      Unit unit;

      get_unit (job, k / job->n_parts, &unit);
      if (job->n_parts == 1)
        {
          run_unit (job, worker, &unit, worker->state, 0, job->n_columns);
          finish_unit (job, &unit, worker->state);
          continue;
        }
      run_unit (job, worker, &unit, (char *) self->partial + k * self->state_size, first,
                first + job->part);
    }
  monge_denormals_restore (mode);
}

/* Columns of a part, at least. */
#define MIN_PART 16384

/* Where few units would leave threads idle, long sums are cut: by sizes alone, so that results do
 * not depend on the number of threads. */
static void
cut_columns (Job *job)
{
  MongeInterpreter *self = job->self;
  gsize size;

  job->n_parts = 1;
  if (job->n_units > 0 && job->n_units < MONGE_STATE_MAX_PARTS)
    job->n_parts = CLAMP (job->n_columns / MIN_PART, 1, MONGE_STATE_MAX_PARTS / job->n_units);
  job->part = (job->n_columns + job->n_parts - 1) / job->n_parts;
  size = job->n_parts > 1 ? job->n_units * job->n_parts * self->state_size : 0;
  if (size > self->partial_size)
    {
      g_aligned_free (self->partial);
      self->partial = monge_tile_alloc (size);
      self->partial_size = size;
    }
}

static gboolean
report_nan (const Job *job, GError **error)
{
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
               "The result of %s %" G_GSIZE_FORMAT " is not a number: look for 0/0, or for the root "
               "or the logarithm of a negative number",
               job->self->kept == MONGE_AXIS_I ? "row" : "column", job->bad_row - 1);
  return FALSE;
}

/* Pairs that a chunk of work has, at least. */
#define MIN_CHUNK 65536

static gboolean
run_pairs (Job *job, guint64 n_pairs, GError **error)
{
  MongeInterpreter *self = job->self;
  gsize n_pieces, per_piece;

  count_units (job);
  cut_columns (job);
  n_pieces = job->n_units * job->n_parts;
  per_piece = n_pairs / MAX (n_pieces, 1) + 1;
  monge_parallel_rows (n_pieces, CLAMP (MIN_CHUNK / per_piece, 1, 4096), self->n_threads, job->task,
                       run_units, job);
  if (monge_task_return_if_cancelled (job->task, error))
    return FALSE;
  for (gsize k = 0; k < job->n_units && job->n_parts > 1; k++)
    {
      Unit unit;

      get_unit (job, k, &unit);
      finish_unit (job, &unit, (char *) self->partial + k * job->n_parts * self->state_size);
    }
  return job->bad_row == 0 || report_nan (job, error);
}

gboolean
monge_interpreter_run (MongeInterpreter *self,
                       const MongeRun *run,
                       guint64 *n_pairs,
                       MongeTask *task,
                       GError **error)
{
  g_autoptr (MongePairs) transposed = NULL;
  Job job = {
    .self = self,
    .run = run,
    .task = task,
    .n_rows = monge_run_count (run, self->kept),
    .n_columns = monge_run_count (run, self->summed),
    .pairs = run->pairs,
  };
  guint64 n = run->pairs != NULL ? run->pairs->n_pairs : (guint64) run->n_rows * run->n_columns;
  gboolean ok;

  if (run->pairs != NULL && self->kept == MONGE_AXIS_J)
    job.pairs = transposed = monge_pairs_transpose (run->pairs);
  ok = monge_interpreter_compute_axes (self, run, task, error) && run_pairs (&job, n, error);
  g_free (job.first_unit);
  if (n_pairs != NULL)
    *n_pairs = n;
  return ok;
}

/* Workers. */

void
monge_tile_fill (const MongeTileSet *set, void *to, double value)
{
  for (gsize l = 0; l < set->lanes; l++)
    if (set->real_size == sizeof (double))
      ((double *) to)[l] = value;
    else
      ((float *) to)[l] = (float) value;
}

void
monge_worker_bind (MongeTileWorker *worker, const MongeInterpreter *self, const MongeCode *code)
{
  for (guint v = 0; v < code->n_values; v++)
    if (code->slots[v] != G_MAXUINT)
      worker->addresses[v] = (char *) worker->slots + code->slots[v] * monge_code_slot_bytes (code);
  for (guint k = 0; k < code->n_inputs; k++)
    {
      const MongeCodeInput *input = &code->inputs[k];
      void *vector = (char *) worker->vectors + k * MONGE_TILE_ALIGNMENT;

      if (code->kinds[input->value] != MONGE_TILE_VECTOR)
        continue;
      worker->addresses[input->value] = vector;
      if (input->axis == MONGE_AXIS_NONE)
        monge_tile_fill (code->set, vector, self->parameters[input->from]);
    }
}

static void
fit (void **memory, gsize *size, gsize wanted)
{
  if (*memory != NULL && *size >= wanted)
    return;
  g_aligned_free (*memory);
  *memory = monge_tile_alloc (wanted);
  *size = wanted;
}

void
monge_interpreter_fit (MongeInterpreter *self, const MongeCode *code)
{
  for (guint w = 0; w < self->n_threads; w++)
    {
      MongeTileWorker *worker = &self->workers[w];

      fit (&worker->slots, &worker->slots_size, (code->n_slots + 1) * monge_code_slot_bytes (code));
      fit (&worker->vectors, &worker->vectors_size, code->n_inputs * MONGE_TILE_ALIGNMENT);
      fit ((void **) &worker->addresses, &worker->addresses_size, code->n_values * sizeof (void *));
    }
}

static void
init_workers (MongeInterpreter *self)
{
  self->workers = g_new0 (MongeTileWorker, self->n_threads);
  for (guint w = 0; w < self->n_threads; w++)
    {
      self->workers[w].state = monge_tile_alloc (self->state_size);
      self->workers[w].spare = monge_tile_alloc (self->state_size);
    }
  monge_interpreter_fit (self, self->down);
  monge_interpreter_fit (self, self->across);
  for (guint k = 0; k < G_N_ELEMENTS (self->axes); k++)
    monge_interpreter_fit (self, self->axes[k].code);
}

static void
clear_worker (MongeTileWorker *worker)
{
  g_aligned_free (worker->slots);
  g_aligned_free (worker->vectors);
  g_aligned_free (worker->addresses);
  g_aligned_free (worker->state);
  g_aligned_free (worker->spare);
}

/* Making it. */

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

  if (instruction_set == NULL)
    return sets[monge_isa_choose ()][precision];
  for (guint k = 0; k < G_N_ELEMENTS (sets); k++)
    if (g_strcmp0 (sets[k][precision]->name, instruction_set) == 0)
      return sets[k][precision];
  return sets[0][precision];
}

/* What @code reads of other axes than @own. */
static void
add_inputs (MongeInterpreter *self, const MongeCode *code, MongeAxis own)
{
  for (guint k = 0; k < code->n_inputs; k++)
    {
      const MongeCodeInput *input = &code->inputs[k];
      GArray *registers = self->axes[input->axis].registers;

      if (input->axis == own || self->plane_of[input->from] != G_MAXUINT)
        continue;
      self->plane_of[input->from] = registers->len;
      g_array_append_val (registers, input->from);
    }
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

/* Pairs first, then the rows and columns that they read, then the parameters that all read. */
static void
make_code (MongeInterpreter *self)
{
  static const MongeAxis order[] = { MONGE_AXIS_I, MONGE_AXIS_J, MONGE_AXIS_NONE };

  for (guint k = 0; k < G_N_ELEMENTS (order); k++)
    self->axes[k].registers = g_array_new (FALSE, FALSE, sizeof (guint));
  self->down = new_pair_code (self, FALSE);
  self->across = new_pair_code (self, TRUE);
  add_inputs (self, self->down, MONGE_AXIS_PAIR);
  add_inputs (self, self->across, MONGE_AXIS_PAIR);
  for (guint k = 0; k < G_N_ELEMENTS (order); k++)
    {
      MongeTileAxis *axis = &self->axes[order[k]];

      axis->code = monge_interpreter_new_axis_code (self, order[k], (guint *) axis->registers->data,
                                                    axis->registers->len);
      axis->planes = g_new0 (const void *, MAX (axis->registers->len, 1));
      add_inputs (self, axis->code, order[k]);
    }
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
  monge_state_measure (self);
  make_code (self);
  init_workers (self);
  return self;
}

void
monge_interpreter_free (MongeInterpreter *self)
{
  if (self == NULL)
    return;
  for (guint w = 0; w < self->n_threads; w++)
    clear_worker (&self->workers[w]);
  g_free (self->workers);
  for (guint k = 0; k < G_N_ELEMENTS (self->axes); k++)
    {
      g_array_unref (self->axes[k].registers);
      monge_code_free (self->axes[k].code);
      g_free (self->axes[k].planes);
      g_aligned_free (self->axes[k].owned);
    }
  monge_code_free (self->down);
  monge_code_free (self->across);
  g_aligned_free (self->partial);
  g_free (self->plane_of);
  g_free (self->parameters);
  monge_program_free (self->program);
  g_free (self);
}
