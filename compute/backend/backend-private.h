/* What a backend fills in. One static table per backend; a missing one is a stub of the same name. */
#pragma once

#include "compute/backend/backend.h"

G_BEGIN_DECLS

/**
 * MongeBackendType:
 * @open: %NULL with @error, naming the remedy, when the device cannot be used
 * @reduce: arguments were checked by the caller
 * @list_devices: appends what there is, usable or not
 */
typedef struct {
  const char *name;
  MongeBackend *(*open) (const MongeBackendOptions *options, GError **error);
  void (*close) (MongeBackend *backend);
  gboolean (*reduce) (MongeBackend *backend, const MongeTunedReduction *reduction, guint64 *n_pairs,
                      MongeTask *task, GError **error);
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

MongeDevice *monge_device_new (const char *kind, const char *name, const char *detail,
                               gboolean usable, const char *reason);

G_END_DECLS
