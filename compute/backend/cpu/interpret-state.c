/* States: what is known of the results of one vector of rows after some columns: n_wide vectors of
 * float64, then n_narrow of the program's precision:
 *
 *   sums         Σ per component
 *   log-sum-exp  Σ e^(F − m); m
 *   soft mean    Σ e^(F − m), Σ e^(F − m) w per component; m
 *   extrema      the value per component
 *   indices      per component: the value, the index, whether a term was NaN
 *   K-min        K values, K indices, whether a term was NaN: see MONGE_TILE_PLACES()
 *
 * The maximum m runs along: tile by tile it takes in the new terms, and where it grows, what was
 * summed is multiplied by e^(old − new). So no term overflows, and one that vanishes is nothing
 * beside m's. */
#include "compute/backend/cpu/interpret-private.h"

#include <math.h>
#include <string.h>

static double *
get_wide (const MongeInterpreter *self, void *state, guint k)
{
  return (double *) state + k * self->set->lanes;
}

static void *
get_narrow (const MongeInterpreter *self, void *state, guint k)
{
  return (char *) get_wide (self, state, self->n_wide) + k * monge_interpreter_vector_bytes (self);
}

static double
get_number (const MongeInterpreter *self, const void *vector, gsize lane)
{
  return self->set->real_size == sizeof (double) ? ((const double *) vector)[lane]
                                                 : (double) ((const float *) vector)[lane];
}

static gint64
get_integer (const MongeInterpreter *self, const void *vector, gsize lane)
{
  return self->set->real_size == sizeof (double) ? ((const gint64 *) vector)[lane]
                                                 : (gint64) ((const gint32 *) vector)[lane];
}

static gboolean
is_sum (MongeReduceOp op)
{
  return op == MONGE_REDUCE_SUM || op == MONGE_REDUCE_MEAN;
}

static gboolean
is_exponential (MongeReduceOp op)
{
  return op == MONGE_REDUCE_LOG_SUM_EXP || op == MONGE_REDUCE_SOFT_MEAN;
}

static gboolean
is_extremum (MongeReduceOp op)
{
  return op == MONGE_REDUCE_MIN || op == MONGE_REDUCE_MAX;
}

static gboolean
wants_largest (MongeReduceOp op)
{
  return op == MONGE_REDUCE_MAX || op == MONGE_REDUCE_ARG_MAX;
}

/* Places kept per component: 1, or K. */
static guint
count_places (const MongeProgram *program)
{
  return program->k > 0 ? program->k : 1;
}

/* The first vector of component @d where places are kept. */
static guint
first_place (const MongeProgram *program, guint d)
{
  return d * MONGE_TILE_PLACES (count_places (program));
}

void
monge_state_measure (MongeInterpreter *self)
{
  const MongeProgram *program = self->program;

  if (is_sum (program->op))
    {
      self->n_wide = program->body_dim;
    }
  else if (is_exponential (program->op))
    {
      self->n_wide = 1 + (program->op == MONGE_REDUCE_SOFT_MEAN ? program->weight_dim : 0);
      self->n_narrow = 1;
    }
  else
    {
      self->n_narrow = is_extremum (program->op) ? program->body_dim
                                                 : first_place (program, program->body_dim);
    }
  self->state_size = self->n_wide * self->set->lanes * sizeof (double)
                     + self->n_narrow * monge_interpreter_vector_bytes (self);
}

static void
clear_places (const MongeInterpreter *self, void *state, guint d)
{
  const guint places = count_places (self->program), first = first_place (self->program, d);

  for (guint k = 0; k < places; k++)
    monge_tile_fill (self->set, get_narrow (self, state, first + k), NAN);
  memset (get_narrow (self, state, first + places), 0xff,
          places * monge_interpreter_vector_bytes (self));
}

void
monge_state_clear (const MongeInterpreter *self, void *state)
{
  const MongeProgram *program = self->program;
  const double worst = wants_largest (program->op) ? -INFINITY : INFINITY;

  memset (state, 0, self->state_size);
  if (is_exponential (program->op))
    monge_tile_fill (self->set, get_narrow (self, state, 0), -INFINITY);
  else if (!is_sum (program->op))
    for (guint d = 0; d < program->body_dim; d++)
      {
        if (is_extremum (program->op))
          monge_tile_fill (self->set, get_narrow (self, state, d), worst);
        else
          clear_places (self, state, d);
      }
}

static void
reduce_sum (const MongeCode *code, const MongeTileWorker *worker, guint k, double *sum, gsize n)
{
  const guint *values = code->outputs[k].values;
  const MongeTileKind ka = code->kinds[values[0]];
  const void *from[2] = { worker->addresses[values[0]] };

  if (code->outputs[k].n_values == 1)
    {
      code->set->sum[ka](sum, from, n);
      return;
    }
  from[1] = worker->addresses[values[1]];
  code->set->sum_products[ka][code->kinds[values[1]]](sum, from, n);
}

/* Around the running maximum; the terms go to a slot of their own. */
static void
reduce_exponentials (const MongeInterpreter *self,
                     const MongeCode *code,
                     const MongeTileWorker *worker,
                     void *state,
                     gsize n)
{
  const MongeTileSet *set = code->set;
  const void *body = worker->addresses[code->outputs[0].values[0]];
  void *largest = get_narrow (self, state, 0);
  void *terms = (char *) worker->slots + code->n_slots * monge_code_slot_bytes (code);
  const gboolean is_mean = self->program->op == MONGE_REDUCE_SOFT_MEAN;
  double rest[MONGE_TILE_ALIGNMENT / sizeof (float)];

  if (set->raise (largest, rest, body, n))
    for (guint k = 0; k < self->n_wide; k++)
      for (gsize l = 0; l < set->lanes; l++)
        get_wide (self, state, k)[l] *= rest[l];
  if (code->n_outputs == 1)
    {
      set->sum_exponentials (get_wide (self, state, 0), largest, body, n);
      return;
    }
  set->exponentials (terms, largest, body, n);
  if (is_mean)
    set->sum[MONGE_TILE_VECTORS](get_wide (self, state, 0), (const void *[]){ terms }, n);
  for (guint k = 1; k < code->n_outputs; k++)
    {
      const guint weight = code->outputs[k].values[0];
      const void *from[] = { terms, worker->addresses[weight] };

      set->sum_products[MONGE_TILE_VECTORS][code->kinds[weight]](
          get_wide (self, state, is_mean ? k : 0), from, n);
    }
}

static void
reduce_places (const MongeInterpreter *self,
               const void *body,
               void *state,
               guint d,
               MongeTileColumns columns,
               gsize n)
{
  self->set->best[wants_largest (self->program->op)](
      get_narrow (self, state, first_place (self->program, d)), count_places (self->program), body,
      columns, n);
}

void
monge_state_reduce (const MongeInterpreter *self,
                    const MongeCode *code,
                    const MongeTileWorker *worker,
                    void *state,
                    MongeTileColumns columns,
                    gsize n)
{
  const MongeReduceOp op = self->program->op;

  if (is_exponential (op))
    {
      reduce_exponentials (self, code, worker, state, n);
      return;
    }
  for (guint d = 0; d < self->program->body_dim; d++)
    {
      const void *body = worker->addresses[code->outputs[d].values[0]];

      if (is_sum (op))
        reduce_sum (code, worker, d, get_wide (self, state, d), n);
      else if (is_extremum (op))
        code->set->extremum[wants_largest (op)](get_narrow (self, state, d), body, n);
      else
        reduce_places (self, body, state, d, columns, n);
    }
}

void
monge_state_restore (const MongeInterpreter *self, void *state, void *spare, gsize lane)
{
  const gsize wide = lane * sizeof (double), narrow = lane * self->set->real_size;

  for (guint k = 0; k < self->n_wide; k++)
    memcpy ((char *) get_wide (self, state, k) + wide, (char *) get_wide (self, spare, k) + wide,
            self->set->lanes * sizeof (double) - wide);
  for (guint k = 0; k < self->n_narrow; k++)
    memcpy ((char *) get_narrow (self, state, k) + narrow,
            (char *) get_narrow (self, spare, k) + narrow,
            monge_interpreter_vector_bytes (self) - narrow);
}

void
monge_state_settle (const MongeInterpreter *self, void *state)
{
  const guint places = count_places (self->program);

  if (places > MONGE_TILE_SMALL_K)
    self->set->settle (get_narrow (self, state, 0), places);
}

/* Results: lanes and states are put together in order, lane by lane of one state after the
 * other. */

#define FOR_EACH_PIECE(share)                                                                      \
  for (gsize part = 0; part < (share)->n_states; part++)                                           \
    for (gsize lane = (share)->lane; lane < (share)->lane + (share)->n_lanes; lane++)

static void *
get_state (const MongeStateShare *share, gsize part)
{
  return share->states + part * share->self->state_size;
}

static double
join_sums (const MongeStateShare *share, guint k)
{
  double sum = 0;

  FOR_EACH_PIECE (share)
    sum += get_wide (share->self, get_state (share, part), k)[lane];
  return sum;
}

/* The maximum as a reference to take differences from: infinite ones would give NaN. */
static double
get_reference (const MongeStateShare *share, gsize part, gsize lane)
{
  const MongeInterpreter *self = share->self;
  const double limit = self->set->real_size == sizeof (double) ? G_MAXDOUBLE : (double) G_MAXFLOAT;

  const double largest = get_number (self, get_narrow (self, get_state (share, part), 0), lane);

  return CLAMP (largest, -limit, limit);
}

static double
find_reference (const MongeStateShare *share)
{
  double largest = -G_MAXDOUBLE;

  FOR_EACH_PIECE (share)
    largest = MAX (largest, get_reference (share, part, lane));
  return largest;
}

static double
join_scaled_sums (const MongeStateShare *share, guint k, double largest)
{
  double sum = 0;

  FOR_EACH_PIECE (share)
    sum += exp (get_reference (share, part, lane) - largest)
           * get_wide (share->self, get_state (share, part), k)[lane];
  return sum;
}

static gboolean
finish_exponentials (const MongeStateShare *share, const MongeRun *run, gsize row, gsize n_rows)
{
  const double largest = find_reference (share), sum = join_scaled_sums (share, 0, largest);
  const double log_sum = largest + log (sum);
  gboolean is_good = !isnan (log_sum);

  if (share->self->program->op == MONGE_REDUCE_LOG_SUM_EXP)
    run->out[row] = log_sum;
  else if (run->log_sum != NULL)
    run->log_sum[row] = log_sum;
  for (guint k = 1; k < share->self->n_wide; k++)
    {
      const double mean = join_scaled_sums (share, k, largest) / sum;

      run->out[(k - 1) * n_rows + row] = mean;
      is_good = is_good && !isnan (mean);
    }
  return is_good;
}

static double
join_extrema (const MongeStateShare *share, guint d)
{
  const MongeInterpreter *self = share->self;
  const gboolean largest = wants_largest (self->program->op);
  double best = largest ? -INFINITY : INFINITY;

  FOR_EACH_PIECE (share)
    {
      double value = get_number (self, get_narrow (self, get_state (share, part), d), lane);

      if (isnan (value))
        return value;
      if (largest ? value > best : value < best)
        best = value;
    }
  return best;
}

static gboolean
saw_nan (const MongeStateShare *share, guint d)
{
  const MongeInterpreter *self = share->self;
  const guint flag = first_place (self->program, d) + 2 * count_places (self->program);

  FOR_EACH_PIECE (share)
    if (get_integer (self, get_narrow (self, get_state (share, part), flag), lane) != 0)
      return TRUE;
  return FALSE;
}

/* The next best over the pieces, the lowest index of equals; @taken: how many of each are used
 * up. */
static void
join_next_place (const MongeStateShare *share, guint d, guint16 *taken, double *best, gint64 *index)
{
  const MongeInterpreter *self = share->self;
  const gboolean largest = wants_largest (self->program->op);
  const guint places = count_places (self->program), first = first_place (self->program, d);
  gsize piece = 0, best_piece = 0;

  *best = largest ? -INFINITY : INFINITY;
  *index = -1;
  FOR_EACH_PIECE (share)
    {
      const guint k = taken[piece++];
      void *state = get_state (share, part);
      double value;
      gint64 place;

      if (k == places)
        continue;
      value = get_number (self, get_narrow (self, state, first + k), lane);
      place = get_integer (self, get_narrow (self, state, first + places + k), lane);
      if (place < 0
          || !(*index < 0 || (largest ? value > *best : value < *best)
               || (value == *best && place < *index)))
        continue;
      *best = value;
      *index = place;
      best_piece = piece;
    }
  if (*index >= 0)
    taken[best_piece - 1]++;
}

static gboolean
finish_places (const MongeStateShare *share, const MongeRun *run, gsize row, gsize n_rows)
{
  const MongeProgram *program = share->self->program;
  const guint places = count_places (program);
  guint16 taken[MONGE_STATE_MAX_PARTS * MONGE_TILE_ALIGNMENT / sizeof (float)];
  gboolean is_good = TRUE;

  for (guint d = 0; d < program->body_dim; d++)
    {
      is_good = is_good && !saw_nan (share, d);
      memset (taken, 0, share->n_states * share->n_lanes * sizeof *taken);
      for (guint k = 0; k < places; k++)
        {
          const gsize to = (d * places + k) * n_rows + row;
          double value;
          gint64 index;

          join_next_place (share, d, taken, &value, &index);
          if (program->op == MONGE_REDUCE_K_MIN)
            run->out[to] = value;
          else
            run->index_out[to] = index;
        }
    }
  return is_good;
}

gboolean
monge_state_finish (const MongeStateShare *share, const MongeRun *run, gsize row, gsize n_rows)
{
  const MongeProgram *program = share->self->program;
  gboolean is_good = TRUE;

  if (is_exponential (program->op))
    return finish_exponentials (share, run, row, n_rows);
  if (!is_sum (program->op) && !is_extremum (program->op))
    return finish_places (share, run, row, n_rows);
  for (guint d = 0; d < program->body_dim; d++)
    {
      double result = is_sum (program->op) ? join_sums (share, d) : join_extrema (share, d);

      if (program->op == MONGE_REDUCE_MEAN)
        result /= (double) share->n_terms;
      run->out[d * n_rows + row] = result;
      is_good = is_good && !isnan (result);
    }
  return is_good;
}
