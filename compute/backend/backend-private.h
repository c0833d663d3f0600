/* What a backend fills in. One static table per backend; a missing one is a stub of the same name. */
#pragma once

#include "compute/backend/backend.h"

G_BEGIN_DECLS

/**
 * MongeBackendType:
 * @open: %NULL with @error, naming the remedy, when the device cannot be used
 * @prepare: a struct that begins with a #MongeKernel, @description and @is_tuned set; @program lives
 *   as long as it
 * @run: arguments were checked by the caller, NaN among them too
 * @list_devices: appends what there is, usable or not
 */
typedef struct {
  const char *name;
  MongeBackend *(*open) (const MongeBackendOptions *options, GError **error);
  void (*close) (MongeBackend *backend);
  MongeKernel *(*prepare) (MongeBackend *backend, const MongeProgram *program,
                           MongePrepareFlags flags, GError **error);
  gboolean (*run) (MongeBackend *backend, MongeKernel *kernel, const MongeRun *run,
                   guint64 *n_pairs, MongeTask *task, GError **error);
  void (*kernel_free) (MongeKernel *kernel);
  void (*list_devices) (GPtrArray *devices);
} MongeBackendType;

extern const MongeBackendType monge_backend_cpu;
extern const MongeBackendType monge_backend_cuda;

/* Embedded first in each backend's own struct. */
struct _MongeBackend {
  const MongeBackendType *type;
  GMutex lock; /* one reduction at a time */
  const char *instruction_set;
  char *description;
  guint n_threads;
};

/* Embedded first in each backend's own struct. */
struct _MongeKernel {
  MongeBackend *backend;
  MongeProgram *program;
  gboolean *reads;   /* (n_variables): whether the program uses it */
  char *description;
  gboolean is_tuned;
};

/* MongeBackendType entries of the CPU: compute/backend/cpu/kernel.c */
MongeKernel *monge_cpu_prepare (MongeBackend *backend, const MongeProgram *program,
                                MongePrepareFlags flags, GError **error);
gboolean monge_cpu_run (MongeBackend *backend, MongeKernel *kernel, const MongeRun *run,
                        guint64 *n_pairs, MongeTask *task, GError **error);
void monge_cpu_kernel_free (MongeKernel *kernel);

MongeDevice *monge_device_new (const char *kind, const char *name, const char *detail,
                               gboolean usable, const char *reason);

G_END_DECLS
