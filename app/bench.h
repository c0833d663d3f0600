/* What the cases of `monge-cli bench` share: their table, the clock, the inputs. */
#pragma once

#include "app/cli.h"

G_BEGIN_DECLS

typedef struct _MongeBenchCase MongeBenchCase;

/**
 * MongeBench:
 * @data: (nullable): a folder with real shapes
 * @rows: (element-type MongeBenchRow): finished, in order; owned
 * @truths: see monge_bench_find_truth(); owned
 *
 * One run of the bench. One thread.
 */
typedef struct {
  MongeBackend *backend;
  MongeTask *task;
  gboolean is_quick;
  char *data;
  GPtrArray *rows;
  GHashTable *truths;
} MongeBench;

/**
 * MongeBenchRow:
 * @seconds: median of @n_runs after a warm-up; @best is the shortest
 * @cpu_seconds: median of the processor's time in all threads: what others' load hardly changes
 * @pairs: visited by one run, 0 if that is not what was counted
 * @error: against float64, NaN if not measured; @error_of says what it is
 * @exponent: of the growth of time with n; NaN elsewhere
 * @memory: most that the process held during the runs, bytes; 0 if not measured
 * @notes: (nullable): what a reader must know to judge the row; owned
 */
typedef struct {
  const MongeBenchCase *of;
  gsize n, m;
  guint dim;
  double seconds, best, cpu_seconds;
  guint n_runs;
  guint64 pairs;
  double error;
  const char *error_of;
  guint iterations;
  gboolean is_solve, converged;
  double marginal_error, exponent;
  gsize memory;
  char *notes;
} MongeBenchRow;

/**
 * MongeBenchCase:
 * @is_quick: runs under --quick too
 * @n, @dim: points on each side
 * @tol: of solves
 * @text: what the case needs beside: a loss, a formula, a folder
 */
struct _MongeBenchCase {
  const char *name;
  const char *summary;
  gboolean (*run) (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                   GError **error);
  gboolean is_quick;
  gsize n;
  guint dim;
  double tol;
  const char *text;
};

/* Terminated by a NULL name. */
extern const MongeBenchCase monge_bench_cases[];
const MongeBenchCase *monge_bench_find_case (const char *name);

/* Runs @of and appends its row. */
gboolean monge_bench_run (MongeBench *bench, const MongeBenchCase *of, GError **error);
/* The row of the case of that name; NULL if it has not run. */
const MongeBenchRow *monge_bench_find_row (MongeBench *bench, const char *name);
G_GNUC_PRINTF (2, 3)
void monge_bench_row_note (MongeBenchRow *row, const char *format, ...);

/* --- the clock --- */

typedef gboolean (*MongeBenchFunc) (gpointer data, GError **error);

/**
 * monge_bench_time:
 * @once: what is timed
 * @between: (nullable): what is done before each run, untimed
 *
 * Fills @row: seconds, best, cpu_seconds, n_runs, memory. A warm-up, then 10 runs, or more until
 * 0.2 s are over; 5 where a run takes more than 1 s and 3 above 2 s or under --quick.
 */
gboolean monge_bench_time (MongeBench *bench, MongeBenchRow *row, MongeBenchFunc once,
                           MongeBenchFunc between, gpointer data, GError **error);

/* --- inputs: deterministic, rounded to float32 so that every program sees the same numbers --- */

/* Uniform in the unit cube, (n × dim), any dimension. */
float *monge_bench_make_uniform (gsize n, guint dim, guint64 seed);
/* The same as a measure. Transfer full. */
MongeMeasure *monge_bench_make_cube (gsize n, guint dim, guint64 seed);
/* The same, bent: for a target. */
MongeMeasure *monge_bench_make_bent_cube (gsize n, guint64 seed);
/* In the unit box: a sphere of radius 0.35, or a bumpy ellipsoid beside it. */
MongeMeasure *monge_bench_make_sphere (gsize n, gboolean is_deformed, guint64 seed);
/* Points along a branching tree of 2^10 twigs in the unit box, or that tree bent. */
MongeMeasure *monge_bench_make_tree (gsize n, gboolean is_deformed, guint64 seed);
/* n normal deviates. */
float *monge_bench_make_normals (gsize n, guint64 seed);

G_END_DECLS
