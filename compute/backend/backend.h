/* The narrow interface between what is computed and what computes it. */
#pragma once

#include "compute/backend/pairs.h"
#include "compute/core/error.h"
#include "compute/core/task.h"
#include "compute/formula/program.h"

G_BEGIN_DECLS

/**
 * MongeBackend:
 *
 * One device: the CPU with some threads and an instruction set, or a CUDA card. Callers check
 * nothing and know nothing of which it is. One reduction at a time; any thread.
 */
typedef struct _MongeBackend MongeBackend;

typedef struct {
  const char *name; /* "auto" (default when NULL), "cpu", "cuda" */
  guint n_threads;  /* 0 (default): one per core */
} MongeBackendOptions;

MongeBackend *monge_backend_open (const MongeBackendOptions *options, GError **error);
void monge_backend_close (MongeBackend *backend);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeBackend, monge_backend_close)

const char *monge_backend_get_name (MongeBackend *backend);            /* "cpu" */
const char *monge_backend_get_instruction_set (MongeBackend *backend); /* "AVX-512" */
guint monge_backend_get_n_threads (MongeBackend *backend);
/* One line for a status bar: "CPU, AVX-512, 2 threads". */
const char *monge_backend_get_description (MongeBackend *backend);

/**
 * MongeTunedKernel:
 *
 * The function of one pair, with s the scale of the reduction and d = s |x_i − y_j|:
 * @MONGE_TUNED_GAUSSIAN: 2^(lift_i + bias_j − d²)
 * @MONGE_TUNED_LAPLACIAN: 2^(lift_i + bias_j − d)
 * @MONGE_TUNED_DISTANCE: bias_j d
 *
 * Everything is in base 2: weights, potentials and log2(e)/ε are folded into lift, bias and scale.
 */
typedef enum {
  MONGE_TUNED_GAUSSIAN,
  MONGE_TUNED_LAPLACIAN,
  MONGE_TUNED_DISTANCE,
  MONGE_N_TUNED,
} MongeTunedKernel;

#define MONGE_MAX_REDUCTION_DIM 10

/* Borrowed points, one plane per coordinate: coordinate d of point i is planes[d × stride + i]. */
typedef struct {
  const float *planes;
  gsize stride; /* ≥ n */
  gsize n;
  guint dim;    /* 1 to 10 */
} MongeCloud;

/**
 * MongeTunedReduction:
 * @x, @y: rows and columns of the symbolic matrix; equal dim
 * @scale: s above, > 0
 * @lift: (nullable): (x.n), 0 if %NULL. The nearer to −log2 of the sum, the better: it is the
 *   reference of the sum, in place of a running maximum
 * @bias: (y.n)
 * @cutoff: 0 to visit every pair; else blocks of pairs are left out whose terms together are below
 *   2^-cutoff in every row, if the sum with @lift is of order one. Sort points along a space-filling
 *   curve to profit
 * @weights: (nullable): (n_weights × y.n) planes, of either sign: @sum is then Σ_j w_j 2^(lift_i − …)
 *   per plane, no logarithm, and @bias is not read; Gaussian and Laplacian only. @cutoff then leaves
 *   out less than 2^-cutoff Σ_j |w_j|; terms below 2^-125 |w_j| may count as 0, and lifts above 100
 *   may leave the range
 * @n_weights: 1 to 4 with @weights; 1 if @moment is wanted
 * @pairs: (nullable): the blocks to visit, of x.n rows and y.n columns
 * @sum: (out): (x.n) log2 Σ_j 2^(…), @lift included, −∞ for a row that meets no column; for
 *   distances Σ_j bias_j d; with @weights (n_weights × x.n) planes
 * @moment: (out) (nullable): (dim × x.n) planes, float64: with t the terms of the sum,
 *   Gaussian   Σ_j t (x_i − y_j) / Σ_j t
 *   Laplacian  Σ_j t (x_i − y_j) / |x_i − y_j| / Σ_j t
 *   distance   Σ_j bias_j (x_i − y_j) / |x_i − y_j|
 *   in units of x (not scaled); coincident points count as zero. With @weights not divided by Σ_j t:
 *   Σ_j w_j 2^(…) (x_i − y_j), or its direction alone for the Laplacian
 *
 * Differences and terms are float32; sums are float32 over 256 columns and float64 across them.
 * A row whose sum leaves the range of float32 is computed again around its maximum, so results
 * are right whatever the lift.
 */
typedef struct {
  MongeTunedKernel kernel;
  MongeCloud x, y;
  double scale;
  const float *lift;
  const float *bias;
  const float *weights;
  guint n_weights;
  const MongePairs *pairs;
  double cutoff;
  double *sum;
  double *moment;
} MongeTunedReduction;

/**
 * monge_backend_reduce_tuned:
 * @n_pairs: (out) (optional): pairs visited
 *
 * x.n × y.n pairs at most, O(x.n + y.n) memory, kept by the backend between calls. The same bits on
 * every run, whatever the number of threads. Fails when cancelled (outputs are then undefined) and
 * with %MONGE_ERROR_NAN naming the first row whose sum is not finite.
 */
gboolean monge_backend_reduce_tuned (MongeBackend *backend,
                                     const MongeTunedReduction *reduction, guint64 *n_pairs,
                                     MongeTask *task, GError **error);

/**
 * MongeKernel:
 *
 * A program made ready for one backend: a hand-tuned loop where one computes just that, else
 * generic code. Which it is never shows in results beyond rounding.
 */
typedef struct _MongeKernel MongeKernel;

typedef enum {
  MONGE_PREPARE_DEFAULT = 0,
  MONGE_PREPARE_GENERIC = 1 << 0, /* no hand-tuned loop, for comparisons */
} MongePrepareFlags;

/* @program: copied. @backend must outlive the kernel. */
MongeKernel *monge_backend_prepare (MongeBackend *backend, const MongeProgram *program,
                                    MongePrepareFlags flags, GError **error);
/* The same from the text of a float32 reduction, its arguments in the order of @variables. */
typedef struct {
  const char *name;
  MongeAxis axis;
  guint dim;
} MongeVariable;

MongeKernel *monge_backend_prepare_text (MongeBackend *backend, const char *text,
                                         const MongeVariable *variables, guint n_variables,
                                         GError **error);
void monge_kernel_free (MongeKernel *kernel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeKernel, monge_kernel_free)
/* "Gaussian log-sum-exp, D = 3" or "interpreted, 9 instructions per pair". */
const char *monge_kernel_get_description (MongeKernel *kernel);
gboolean monge_kernel_is_tuned (MongeKernel *kernel);

/**
 * MongeArgument:
 * @floats, @doubles: one of the two: borrowed planes, component d of row i at [d × stride + i]
 * @stride: ≥ rows; whatever for parameters, whose component d is at [d]
 */
typedef struct {
  const float *floats;
  const double *doubles;
  gsize stride;
} MongeArgument;

/**
 * MongeRun:
 * @n_rows, @n_columns: i < n_rows, j < n_columns; each below 2^31
 * @arguments: one per variable of the program, in its order
 * @pairs: (nullable): the blocks to visit; all if %NULL
 * @cutoff: 0 visits every pair. Else, for log-sum-exp and soft mean, pairs of blocks are left out
 *   whose terms together are below 2^-cutoff of a row whose Σ e^F is of order one or more. Rows
 *   whose sum falls short of 2^(-cutoff/2) are computed again without, so a bad guess costs time, not
 *   accuracy. For sums of Gaussians and Laplacians with weights w, what is left out is below
 *   2^-cutoff Σ|w|. Backends without bounds for the program visit everything
 * @out: (out): (out_dim × kept) planes: component d of result i at out[d × kept + i], kept being
 *   n_rows or n_columns; NULL when the program gives indices
 * @index_out: (out): the same for indices
 * @log_sum: (out) (nullable): (kept), soft mean only: log Σ e^F
 */
typedef struct {
  gsize n_rows, n_columns;
  const MongeArgument *arguments;
  const MongePairs *pairs;
  double cutoff;
  double *out;
  gint64 *index_out;
  double *log_sum;
} MongeRun;

/**
 * monge_backend_run:
 * @n_pairs: (out) (optional): pairs visited
 *
 * O(rows + columns) memory beyond the arguments. The same bits on every run, whatever the number of
 * threads. Fails when cancelled (outputs are then undefined), and with %MONGE_ERROR_NAN naming the
 * variable and the row of the first argument that is NaN, or else the first row whose result is NaN.
 * A mean over no terms is NaN and no failure.
 */
gboolean monge_backend_run (MongeBackend *backend, MongeKernel *kernel, const MongeRun *run,
                            guint64 *n_pairs, MongeTask *task, GError **error);

/* What `devices` prints: every device, usable or why not. (element-type MongeDevice) */
typedef struct {
  char *kind;       /* "cpu" or "cuda" */
  char *name;
  char *detail;     /* cores and vector width, or memory */
  gboolean usable;
  char *reason;     /* why not, or NULL */
} MongeDevice;

GPtrArray *monge_backend_list_devices (void);

G_END_DECLS
