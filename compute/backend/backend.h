/* The narrow interface between what is computed and what computes it. */
#pragma once

#include "compute/core/error.h"
#include "compute/core/task.h"

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
 * MongeKernel:
 *
 * The function of one pair, with s the scale of the reduction and d = s |x_i − y_j|:
 * @MONGE_KERNEL_GAUSSIAN: 2^(lift_i + bias_j − d²)
 * @MONGE_KERNEL_LAPLACIAN: 2^(lift_i + bias_j − d)
 * @MONGE_KERNEL_DISTANCE: bias_j d
 *
 * Everything is in base 2: weights, potentials and log2(e)/ε are folded into lift, bias and scale.
 */
typedef enum {
  MONGE_KERNEL_GAUSSIAN,
  MONGE_KERNEL_LAPLACIAN,
  MONGE_KERNEL_DISTANCE,
  MONGE_N_KERNELS,
} MongeKernel;

#define MONGE_MAX_REDUCTION_DIM 10

/* Borrowed points, one plane per coordinate: coordinate d of point i is planes[d × stride + i]. */
typedef struct {
  const float *planes;
  gsize stride; /* ≥ n */
  gsize n;
  guint dim;    /* 1 to 10 */
} MongeCloud;

/**
 * MongeReduction:
 * @x, @y: rows and columns of the symbolic matrix; equal dim
 * @scale: s above, > 0
 * @lift: (nullable): (x.n), 0 if %NULL. The nearer to −log2 of the sum, the better: it is the
 *   reference of the sum, in place of a running maximum
 * @bias: (y.n)
 * @cutoff: 0 to visit every pair; else blocks of pairs are left out whose terms together are below
 *   2^-cutoff in every row, if the sum with @lift is of order one. Sort points along a space-filling
 *   curve to profit
 * @sum: (out): (x.n) log2 Σ_j 2^(…), @lift included; for distances Σ_j bias_j d
 * @moment: (out) (nullable): (dim × x.n) planes, float64: with t the terms of the sum,
 *   Gaussian   Σ_j t (x_i − y_j) / Σ_j t
 *   Laplacian  Σ_j t (x_i − y_j) / |x_i − y_j| / Σ_j t
 *   distance   Σ_j bias_j (x_i − y_j) / |x_i − y_j|
 *   in units of x (not scaled); coincident points count as zero
 *
 * Differences and terms are float32; sums are float32 over 256 columns and float64 across them.
 * A row whose sum leaves the range of float32 is computed again around its maximum, so results
 * are right whatever the lift.
 */
typedef struct {
  MongeKernel kernel;
  MongeCloud x, y;
  double scale;
  const float *lift;
  const float *bias;
  double cutoff;
  double *sum;
  double *moment;
} MongeReduction;

/**
 * monge_backend_reduce:
 * @n_pairs: (out) (optional): pairs visited
 *
 * x.n × y.n pairs at most, O(x.n + y.n) memory, kept by the backend between calls. The same bits on
 * every run, whatever the number of threads. Fails when cancelled (outputs are then undefined) and
 * with %MONGE_ERROR_NAN naming the first row whose sum is not finite.
 */
gboolean monge_backend_reduce (MongeBackend *backend, const MongeReduction *reduction,
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
