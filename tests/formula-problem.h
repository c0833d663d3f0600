/* One reduction with its truth, and the engine's answer beside it. */
#pragma once

#include "compute/backend/backend.h"
#include "tests/formula-world.h"

G_BEGIN_DECLS

/* Errors of float32, relative to what rounding is relative to (#MongeReferenceRun.size):
 *   a term           some 1e-7, times what its exponent amounts to, below 10
 *   a sum            another 1e-7 √256 at worst, as sums are in float32 over 256 terms */
#define MONGE_TERM 2e-6
/* e^F where F reaches several dozen: its rounding is multiplied by as much. */
#define MONGE_STEEP 1e-5
/* Differences of nearly equal numbers, quotients by small ones. */
#define MONGE_DELICATE 5e-5

typedef struct {
  const char *text;    /* over j; tried over i as well */
  double tolerance;    /* in float32; in float64, as much smaller as its unit of rounding is */
  const char *adjoint; /* not the reduction itself, but its adjoint in this variable */
  gboolean is_grid;    /* on values for which float32 is exact: see formula-world.h */
} MongeCase;

/**
 * MongeLayout:
 * @MONGE_LAYOUT_BLOCKS: blocks of uneven sizes, some of which meet nothing
 * @MONGE_LAYOUT_BOUNDS: from the boxes of blocks
 */
typedef enum {
  MONGE_LAYOUT_DENSE,
  MONGE_LAYOUT_BLOCKS,
  MONGE_LAYOUT_BOUNDS,
  MONGE_N_LAYOUTS,
} MongeLayout;

/**
 * MongeProblem:
 * @n_out: numbers of a result
 * @truth, @size, @log_sum_truth, @index_truth: see #MongeReferenceRun
 */
typedef struct {
  const char *text;
  double tolerance;
  MongeWorld world;
  MongeReduction reduction;
  MongePairs *pairs;
  MongeLayout layout;
  gsize n_out;
  double *truth, *size, *log_sum_truth;
  gint64 *index_truth;
} MongeProblem;

#define MONGE_GUARD 12345.0

/* What the engine says: each array is one longer than it need be, and ends in a guard. */
typedef struct {
  double *out, *log_sum;
  gint64 *index_out;
  guint64 n_pairs;
} MongeResult;

MongeBackend *monge_problem_open_cpu (guint n_threads);

void monge_problem_init (MongeProblem *problem, const MongeCase *c, const MongeWorldParams *params,
                         MongeLayout layout);
/* 3-D on random values, over j. */
MongeProblem monge_problem_new (const char *text, guint dim, gsize n_kept, gsize n_summed,
                                MongeLayout layout);
void monge_problem_clear (MongeProblem *problem);
/* How many results there are. */
gsize monge_problem_get_kept (const MongeProblem *problem);

MongeProgram *monge_problem_new_program (const MongeProblem *problem, MongePrecision precision);
/* (n_values of the world): planes longer than they need be, the rest not a number. */
void monge_problem_init_arguments (const MongeProblem *problem, MongePrecision precision,
                                   MongeArgument *arguments);
void monge_problem_clear_arguments (const MongeProblem *problem, MongeArgument *arguments);

MongeKernel *monge_problem_prepare (MongeBackend *backend, const MongeProblem *problem,
                                    MongePrecision precision, MongePrepareFlags flags);
gboolean monge_problem_run (MongeBackend *backend, MongeKernel *kernel,
                            const MongeProblem *problem, MongePrecision precision, double cutoff,
                            MongeResult *result, MongeTask *task, GError **error);
/* Fails the test, naming all there is to know, when they differ by more than the tolerance.
 * @kernel: (nullable) */
void monge_problem_compare (const MongeProblem *problem, MongeKernel *kernel,
                            MongePrecision precision, const MongeResult *result);
/* Prepare, run and compare. */
void monge_problem_check (MongeBackend *backend, const MongeProblem *problem,
                          MongePrecision precision, MongePrepareFlags flags);

void monge_result_init (MongeResult *result, gsize n_out, gsize n_kept);
void monge_result_clear (MongeResult *result);

/* Equal, both not a number, or this close. */
gboolean monge_is_close (double a, double b, double tolerance);

G_END_DECLS
