/* Generated programs on one card: compiled off the calling thread, kept, and run. */
#pragma once

#include "compute/backend/cuda/codegen.h"
#include "compute/backend/cuda/generic-launch.h"
#include "compute/backend/cuda/kernels.h"
#include "compute/core/task.h"

G_BEGIN_DECLS

/**
 * MongeCudaModules:
 *
 * The programs of one card. One thread of its own compiles them, in the order in which they were
 * asked for; compiled ones are kept here, and on disk for other processes.
 */
typedef struct _MongeCudaModules MongeCudaModules;

/* @architecture: 90 for compute capability 9.0. @folder: (nullable): of files, %NULL for the user's
 * cache. */
MongeCudaModules *monge_cuda_modules_new (int architecture, const char *folder);
/* Waits for what is being compiled. The card is current; no module is used any more. */
void monge_cuda_modules_free (MongeCudaModules *modules);

/* What is not yet compiled. Any thread. */
guint monge_cuda_modules_count_waiting (MongeCudaModules *modules);

typedef struct _MongeCudaModule MongeCudaModule;

/**
 * MongeCudaModuleState:
 * @MONGE_CUDA_MODULE_COMPILING: or waiting for its turn: nothing need wait, the CPU interprets
 * @MONGE_CUDA_MODULE_READY: can run
 * @MONGE_CUDA_MODULE_FAILED: never will: see the error
 */
typedef enum {
  MONGE_CUDA_MODULE_COMPILING,
  MONGE_CUDA_MODULE_READY,
  MONGE_CUDA_MODULE_FAILED,
} MongeCudaModuleState;

/* Starts compiling unless it has been done; returns at once. Fails at once, with
 * %MONGE_ERROR_SIZE, for programs too large for a card. Lives as long as @modules. Any thread. */
MongeCudaModule *monge_cuda_module_prepare (MongeCudaModules *modules, const MongeProgram *program,
                                            GError **error);
/* @error: set where it failed: %MONGE_ERROR_DEVICE, saying why and what helps. Any thread. */
MongeCudaModuleState monge_cuda_module_get_state (MongeCudaModule *module, GError **error);
/* Until it is ready or has failed; %FALSE then, and when cancelled. Any thread. */
gboolean monge_cuda_module_wait (MongeCudaModule *module, MongeTask *task, GError **error);
/* "generated code, 9 instructions per pair" */
const char *monge_cuda_module_get_description (MongeCudaModule *module);
const MongeCudaSource *monge_cuda_module_get_source (MongeCudaModule *module);

/**
 * MongeCudaModuleRun:
 * @n_rows, @n_columns: i < n_rows, j < n_columns, whichever is reduced over
 * @arguments: one per variable of the program, in its order; those that are not read may be zeros
 * @pairs: (nullable): all pairs if %NULL. Its rows are what results are kept for: for a reduction
 *   over i, the transposed pairs
 * @out, @index_out, @log_sum: as MongeRun has them, on the card; @log_sum may be %NULL
 * @bad_row: as MongeCudaStatus has it
 * @stop: (nullable): mapped memory of the host
 * @scratch, @scratch_size: at least monge_cuda_module_get_scratch() bytes, 256-byte aligned
 */
typedef struct {
  gsize n_rows, n_columns;
  const MongeGenericArgument *arguments;
  const MongeCudaPairs *pairs;
  double *out;
  gint64 *index_out;
  double *log_sum;
  unsigned long long *bad_row;
  const volatile int *stop;
  void *scratch;
  gsize scratch_size;
} MongeCudaModuleRun;

/* Reads the sizes and @pairs. */
gsize monge_cuda_module_get_scratch (MongeCudaModule *module, const MongeCudaModuleRun *run);
/* Queues up to four kernels, and loads the module before the first run. Of a module that is ready;
 * one at a time, with the card current. */
cudaError_t monge_cuda_module_run (MongeCudaModule *module, const MongeCudaModuleRun *run,
                                   cudaStream_t stream);

G_END_DECLS
