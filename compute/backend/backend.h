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
