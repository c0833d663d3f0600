/* What the files of the interpreter share: see interpret.c for how it works. */
#pragma once

#include "compute/backend/cpu/interpret-code.h"
#include "compute/backend/cpu/interpret.h"

G_BEGIN_DECLS

/* Scratch memory of one thread. */
typedef struct {
  void *slots; /* of values, and one more for exponentials */
  gsize slots_size;
  void *vectors; /* one per input: what does not change along a tile */
  gsize vectors_size;
  void **addresses; /* of values */
  gsize addresses_size;
  void *state; /* see interpret-state.c */
  void *spare; /* for a copy of it */
} MongeTileWorker;

/**
 * MongeTileAxis:
 * @registers: (element-type guint): what pairs read of parameters, of rows i or of rows j
 * @code: computes them, in float64
 * @planes: where the numbers of each lie in this run: the arguments themselves where they are of
 * the
 *   program's precision, else planes of @owned
 * @n: numbers per plane
 */
typedef struct {
  GArray *registers;
  MongeCode *code;
  const void **planes;
  void *owned;
  gsize owned_size;
  gsize n;
} MongeTileAxis;

/**
 * MongeInterpreter:
 * @set: of the program's precision; @wide: float64
 * @kept, @summed: the axis of results and the other one: rows and columns below, whichever is i
 * @down, @across: code of the pairs for lanes along rows, and along columns
 * @plane_of: (n_registers): place among the registers of its axis
 * @parameters: (n_registers): numbers of parameters
 * @n_wide, @n_narrow: vectors of a state, of float64 and of the program's precision
 * @partial: states of the parts of long sums
 */
struct _MongeInterpreter {
  MongeProgram *program;
  const MongeTileSet *set, *wide;
  guint n_threads;
  MongeAxis kept, summed;
  MongeCode *down, *across;
  guint *plane_of;
  MongeTileAxis axes[3];
  double *parameters;
  guint n_wide, n_narrow;
  gsize state_size;
  MongeTileWorker *workers;
  void *partial;
  gsize partial_size;
};

static inline gsize
monge_interpreter_vector_bytes (const MongeInterpreter *self)
{
  return self->set->lanes * self->set->real_size;
}

static inline gsize
monge_code_slot_bytes (const MongeCode *code)
{
  return code->n_vectors * code->set->lanes * code->set->real_size;
}

static inline void *
monge_tile_alloc (gsize bytes)
{
  return g_aligned_alloc0 (1, MAX (bytes, 1), MONGE_TILE_ALIGNMENT);
}

static inline gsize
monge_run_count (const MongeRun *run, MongeAxis axis)
{
  return axis == MONGE_AXIS_NONE ? 1 : axis == MONGE_AXIS_I ? run->n_rows : run->n_columns;
}

/* @value, rounded, in every lane of the vector @to. */
void monge_tile_fill (const MongeTileSet *set, void *to, double value);

/* Makes room to run @code on every thread. */
void monge_interpreter_fit (MongeInterpreter *self, const MongeCode *code);
/* Where computed values lie, and parameters in a vector each. */
void monge_worker_bind (MongeTileWorker *worker, const MongeInterpreter *self, const MongeCode *code);

/* interpret-axis.c: what comes before the pairs. */
MongeCode *monge_interpreter_new_axis_code (const MongeInterpreter *self, MongeAxis axis,
                                            const guint *outputs, guint n_outputs);
gboolean monge_interpreter_compute_axes (MongeInterpreter *self, const MongeRun *run,
                                         MongeTask *task, GError **error);

/* Parts that a long sum is cut into, at most. */
#define MONGE_STATE_MAX_PARTS 64

/* interpret-state.c: what is known of the results of a vector of rows so far. */

/* Sets the size of states. */
void monge_state_measure (MongeInterpreter *self);
void monge_state_clear (const MongeInterpreter *self, void *state);
/* Takes in the outputs of @code for @n vectors, which @worker has computed. */
void monge_state_reduce (const MongeInterpreter *self, const MongeCode *code,
                         const MongeTileWorker *worker, void *state, MongeTileColumns columns,
                         gsize n);
/* Puts back what lanes from @lane on were in @spare. */
void monge_state_restore (const MongeInterpreter *self, void *state, void *spare, gsize lane);

/* When all terms are in. */
void monge_state_settle (const MongeInterpreter *self, void *state);

/**
 * MongeStateShare:
 * @states: (n_states), up to %MONGE_STATE_MAX_PARTS: of parts of a long sum, one after the other
 * @lane, @n_lanes: of each
 * @n_terms: that they have seen
 *
 * All that belongs to one result.
 */
typedef struct {
  const MongeInterpreter *self;
  char *states;
  gsize n_states;
  gsize lane, n_lanes;
  gsize n_terms;
} MongeStateShare;

/* Writes result @row of @n_rows. Returns: %FALSE if it is NaN, or a term of an index was. */
gboolean monge_state_finish (const MongeStateShare *share, const MongeRun *run, gsize row,
                             gsize n_rows);

G_END_DECLS
