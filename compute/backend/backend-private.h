/* What a backend fills in. One static table per backend; a missing one is a stub of the same name. */
#pragma once

#include "compute/backend/backend.h"
#include "compute/backend/step.h"
#include "compute/backend/tuned.h"

G_BEGIN_DECLS

/**
 * MongeBackendType:
 * @open: %NULL with @error, naming the remedy, when the device cannot be used
 * @prepare: a struct that begins with a #MongeKernel, @description and @is_tuned set; @program lives
 *   as long as it
 * @run: arguments were checked by the caller, NaN among those of the host too. Planes reach it only
 *   where @planes_data gives memory of a device; results on the host are there when it returns
 * @reduce: a hand-tuned loop; everything on the host, which is where matched.h prepares it
 * @find_neighbours: (nullable): the same for the nearest of @points to each of @queries, rows of
 *   @dim numbers; %NULL leaves it to the search tree of the host
 * @list_devices: appends what there is, usable or not
 *
 * The rest may be %NULL all together: planes then lie in memory of the host, and what can be done
 * there is done for the backend.
 * @planes_data: sets data and state of @planes, its other fields being set
 * @planes_fetch: (nullable): queues a copy to @host of the planes, page-locked, which the backend
 *   makes when it is first needed; %FALSE when it could not
 * @planes_read: waits; @planes_publish: on the thread of the sink
 * @step: @step was checked
 * @read_totals: as monge_backend_read_totals()
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
  gboolean (*reduce) (MongeBackend *backend, const MongeTunedReduction *reduction,
                      guint64 *n_pairs, MongeTask *task, GError **error);
  gboolean (*find_neighbours) (MongeBackend *backend, const float *queries, gsize n_queries,
                               const float *points, gsize n_points, guint dim, guint k,
                               gint32 *index, float *square, MongeTask *task, GError **error);
  void (*list_devices) (GPtrArray *devices);

  gboolean (*planes_data) (MongePlanes *planes, GError **error);
  void (*planes_release) (MongePlanes *planes);
  void (*planes_write) (MongePlanes *planes, gconstpointer from);
  gboolean (*planes_read) (const MongePlanes *planes, gpointer to, GError **error);
  void (*planes_copy) (MongePlanes *to, const MongePlanes *from);
  gpointer (*planes_begin) (MongePlanes *planes, MongePlanesAccess access, GError **error);
  void (*planes_end) (MongePlanes *planes);
  gboolean (*planes_fetch) (MongePlanes *planes);
  gboolean (*planes_publish) (MongePlanes *planes, const MongeSink *sink, GError **error);
  void (*step) (MongeBackend *backend, const MongeStep *step);
  gboolean (*read_totals) (MongeBackend *backend, guint first, guint n, double *totals,
                           MongeTask *task, GError **error);
  gboolean (*reserve) (MongeBackend *backend, gsize size, const char *purpose, GError **error);
  guint64 (*take_n_pairs) (MongeBackend *backend);
} MongeBackendType;

extern const MongeBackendType monge_backend_cpu;
extern const MongeBackendType monge_backend_cuda;

/* Embedded first in each backend's own struct. */
struct _MongeBackend {
  const MongeBackendType *type;
  gint n_refs; /* beside the first; atomic */
  gint n_fetches, n_arrived; /* of planes, queued and known to have ended; atomic */
  GMutex lock; /* one reduction at a time */
  const char *instruction_set;
  char *description;
  char *note;             /* why it is not a better one, or NULL */
  guint n_threads;        /* of the host */
  double totals[MONGE_MAX_TOTALS]; /* of steps on the host */
  guint64 n_pairs;        /* of runs queued on the host, not yet asked for */
};

/* Embedded first in each backend's own struct. */
struct _MongeKernel {
  MongeBackend *backend;
  MongeProgram *program;
  gboolean *reads;   /* (n_variables): whether the program uses it */
  char *description;
  gboolean is_tuned;
};

/* @run with planes that lie on the host as what they are, pointers. @arguments: (n_variables) (out):
 * the result's own. */
MongeRun monge_run_on_host (const MongeRun *run, guint n_variables, MongeArgument *arguments);

/* MongeBackendType entries of the CPU: compute/backend/cpu/kernel.c */
MongeKernel *monge_cpu_prepare (MongeBackend *backend, const MongeProgram *program,
                                MongePrepareFlags flags, GError **error);
gboolean monge_cpu_run (MongeBackend *backend, MongeKernel *kernel, const MongeRun *run,
                        guint64 *n_pairs, MongeTask *task, GError **error);
void monge_cpu_kernel_free (MongeKernel *kernel);

MongeDevice *monge_device_new (const char *kind, const char *name, const char *detail,
                               gboolean usable, const char *reason);

G_END_DECLS
