/* The narrow interface between what is computed and what computes it. */
#pragma once

#include "compute/backend/pairs.h"
#include "compute/backend/planes.h"
#include "compute/core/error.h"
#include "compute/core/task.h"
#include "compute/formula/program.h"

G_BEGIN_DECLS

typedef struct {
  const char *name; /* "auto" (default when NULL), "cpu", "cuda" */
  guint n_threads;  /* of the host, 0 (default): one per core */
  gint device;      /* which card, as listed, from 1; 0 (default): one that draws, else the best */
} MongeBackendOptions;

MongeBackend *monge_backend_open (const MongeBackendOptions *options, GError **error);
/* Closed when everybody who has it has closed it. */
MongeBackend *monge_backend_ref (MongeBackend *backend);
void monge_backend_close (MongeBackend *backend);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeBackend, monge_backend_close)

/* Why @backend is not one that would have been preferred: "CUDA: no driver …"; (nullable). */
const char *monge_backend_get_note (MongeBackend *backend);

/**
 * monge_backend_prefer_device:
 * @device: a card, as CUDA counts them from 0; −1 (default) for none
 *
 * Which card draws: “auto” and “cuda” open that one where nothing else was asked for, so that frames
 * need not go from card to card. MONGE_CUDA_DEVICE, numbered as listed, comes first. Any thread.
 */
void monge_backend_prefer_device (gint device);
gint monge_backend_get_preferred_device (void);

const char *monge_backend_get_name (MongeBackend *backend);            /* "cpu" */
const char *monge_backend_get_instruction_set (MongeBackend *backend); /* "AVX-512" */
guint monge_backend_get_n_threads (MongeBackend *backend);
/* One line for a status bar: "CPU, AVX-512, 2 threads". */
const char *monge_backend_get_description (MongeBackend *backend);
/* Whether it still computes: a card that has failed says %MONGE_ERROR_DEVICE. Waits for what is
 * queued. */
gboolean monge_backend_check (MongeBackend *backend, GError **error);
/**
 * monge_backend_replace:
 * @reason: why something has failed
 * @notice: (out): what to tell the user: “The card failed (…); going on with the CPU”
 * @failed: (out) (optional): whether @card is lost; else it only had no room
 *
 * What to go on with when a card cannot: %NULL unless @reason is %MONGE_ERROR_DEVICE and @card is not
 * the CPU. Transfer full.
 */
MongeBackend *monge_backend_replace (MongeBackend *card, const GError *reason, char **notice,
                                     gboolean *failed);
/* Whether planes lie in memory of the host, so that looking at them costs nothing. */
gboolean monge_backend_is_on_host (MongeBackend *backend);
/**
 * monge_backend_reserve:
 * @purpose: what for, as in “%s needs 2.1 GiB”: "the transport of 1,000,000 points"
 *
 * Asks for memory before any is taken: fails with %MONGE_ERROR_DEVICE naming what is needed, what
 * is free and what to do. The CPU never does.
 */
gboolean monge_backend_reserve (MongeBackend *backend, gsize size, const char *purpose,
                                GError **error);
/* Pairs visited by runs that were queued, since the last call. Waits for them. */
guint64 monge_backend_take_n_pairs (MongeBackend *backend);

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
 * @floats, @doubles, @planes: one of the three, borrowed: component d of row i at [d × stride + i].
 *   Parameters are always on the host
 * @stride: ≥ rows; whatever for parameters, whose component d is at [d], and for @planes, which have
 *   as many rows as the axis
 */
typedef struct {
  const float *floats;
  const double *doubles;
  MongePlanes *planes;
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
 * @out_planes, @log_sum_planes: (nullable): float64 planes in place of @out and @log_sum. The run is
 *   then queued, with all arguments but parameters in planes: NaN among the results is reported by
 *   monge_backend_read_totals(), pairs are counted by monge_backend_take_n_pairs()
 */
typedef struct {
  gsize n_rows, n_columns;
  const MongeArgument *arguments;
  const MongePairs *pairs;
  double cutoff;
  double *out;
  gint64 *index_out;
  double *log_sum;
  MongePlanes *out_planes, *log_sum_planes;
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
