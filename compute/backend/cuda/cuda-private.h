/* What the files of the CUDA backend share: the backend, its memory, and how they wait.
 *
 * Everything is queued on one stream, in order; a second stream brings memory to the host for
 * whoever asks, a thread that draws among them, without waiting for what was queued later. Any
 * thread may call anything: each entry begins with monge_cuda_enter(). */
#pragma once

#include "compute/backend/backend-private.h"
#include "compute/backend/cuda/check.h"
#include "compute/backend/cuda/kernels.h"
#include "compute/backend/cuda/module.h"

G_BEGIN_DECLS

/* Memory of the card, or of the host in pages that the card reads; plain memory of the host where
 * there are none to be had. */
typedef struct {
  gpointer data;
  gsize size; /* as allocated, at least what was asked for */
  gboolean is_plain;
} MongeCudaBlock;

/**
 * MongeCudaPool:
 * @spare: blocks given back: (element-type MongeCudaBlock)
 *
 * Keeps what is given back: steps that repeat allocate nothing. A block of the card may be given back
 * while what is queued still uses it, as whatever takes it next is queued behind; one of the host
 * may not. Locked by the backend's lock.
 */
typedef struct {
  gboolean is_pinned;
  GArray *spare;
  gsize cached; /* bytes */
} MongeCudaPool;

/* Page-locked memory that passes data on in pieces. */
#define MONGE_CUDA_PIECE ((gsize) 4 << 20)
#define MONGE_CUDA_N_PIECES 4

typedef struct {
  MongeCudaBlock block;
  gsize used;
  cudaEvent_t done;   /* what was queued from or to it */
  gboolean is_queued;
} MongeCudaPiece;

/* What lies in the card's memory for as long as the backend is open. */
typedef struct {
  MongeCudaStatus queued;    /* of runs whose results are planes */
  MongeCudaStatus waited;    /* of the run being waited for */
  double totals[MONGE_MAX_TOTALS];
} MongeCudaControl;

/**
 * MongeCuda:
 * @failure: (nullable): what the first call that failed said; set once, atomic
 * @lock: of the fields from @pool to @pairs_taken, held for moments
 * @up_lock: of @up and @current
 * @read_lock: of @down, held while one thread reads
 * @totals_lock: of @shown, held while one thread waits for totals
 * @queued: how much was queued on @stream: goes up
 * @finished: how much of it is known to have ended
 * @deferred: (nullable): what went wrong where no error could be returned; for the next read
 * @n_stopping: how many wait whose task was cancelled
 * @stop: memory of the host that kernels look at, @card_stop as they see it; atomic. %NULL where
 *   the host cannot share memory: then what is queued is done, cancelled or not
 * @shown: page-locked: what was read of @control; @waited: of its word of that name, by runs
 * @shown_at: @queued as it was for that
 * @modules: generated programs; under the backend's own lock
 */
struct _MongeCuda {
  MongeBackend base;
  int device;
  char *name;
  char *instruction_set;
  char *failure;
  cudaStream_t stream, read_stream;

  GMutex lock, up_lock, read_lock, totals_lock;
  MongeCudaPool pool, pinned;
  MongeCudaPiece up[MONGE_CUDA_N_PIECES];
  guint current; /* of up */
  GPtrArray *events; /* spare */
  guint64 queued, finished;
  gint n_stopping;
  GError *deferred;
  guint64 shown_at, pairs_shown, pairs_taken;

  MongeCudaPiece down[2];
  MongeCudaBlock stop_block, shown_block;
  gint *stop;
  const volatile int *card_stop;
  MongeCudaBlock control_block;
  MongeCudaControl *control;
  MongeCudaControl *shown;
  MongeCudaStatus *waited;
  MongeCudaModules *modules;
};

/* Behind MongePlanes.state. */
typedef struct {
  MongeCudaBlock block;
  guint64 written;          /* MongeCuda.queued after what last wrote it */
  cudaEvent_t ready;        /* NULL while nobody watches them */
  guint64 ready_at;         /* @written when it was recorded */
  MongePlanesAccess access; /* between begin and end */
  MongeCudaBlock mirror;    /* of the host: MongePlanes.host */
  guint64 fetched;          /* MongeCuda.queued after the last fetch, 0 if there was none */
} MongeCudaPlanes;

/* device.c: what there is */
int monge_cuda_choose_device (const MongeBackendOptions *options, GError **error);
void monge_cuda_list_devices (GPtrArray *devices);

/* pool.c. Takes at least @size bytes. FALSE with @error where there is no room, after all spare
 * blocks were handed back to the driver and it was asked again. */
gboolean monge_cuda_take (MongeCuda *cuda, gsize size, const char *purpose, MongeCudaBlock *block,
                          GError **error);
gboolean monge_cuda_take_pinned (MongeCuda *cuda, gsize size, MongeCudaBlock *block,
                                 GError **error);
/* Clears @block; nothing to do for one that is clear. */
void monge_cuda_give_back (MongeCuda *cuda, MongeCudaBlock *block);
void monge_cuda_give_back_pinned (MongeCuda *cuda, MongeCudaBlock *block);
void monge_cuda_pools_clear (MongeCuda *cuda);
gboolean monge_cuda_reserve (MongeBackend *backend, gsize size, const char *purpose,
                             GError **error);

/* transfer.c. Up: queued, @from may be freed at once. Down: waits for what wrote @planes, or for all
 * that is queued if %NULL, then copies on a stream of its own. */
void monge_cuda_upload (MongeCuda *cuda, gpointer to, gconstpointer from, gsize size);
/* @n planes of @size bytes, @stride bytes apart on the host, side by side on the card. */
void monge_cuda_upload_planes (MongeCuda *cuda, gpointer to, gconstpointer from, gsize n,
                               gsize size, gsize stride);
gboolean monge_cuda_download (MongeCuda *cuda, gpointer to, gconstpointer from, gsize size,
                              MongeCudaPlanes *planes, GError **error);
/* To page-locked memory. */
gboolean monge_cuda_download_pinned (MongeCuda *cuda, gpointer to, gconstpointer from, gsize size,
                                     MongeCudaPlanes *planes, GError **error);
void monge_cuda_transfer_clear (MongeCuda *cuda);

/* wait.c */
cudaEvent_t monge_cuda_take_event (MongeCuda *cuda);
void monge_cuda_give_event (MongeCuda *cuda, cudaEvent_t event);
/* One more operation was queued. Returns: how many were. */
guint64 monge_cuda_mark_queued (MongeCuda *cuda);
/* It writes @planes. */
void monge_cuda_mark_written (MongeCuda *cuda, MongeCudaPlanes *planes);
/* Waits for all that is queued, looking at @task: kernels are told to leave when it is cancelled. */
gboolean monge_cuda_wait (MongeCuda *cuda, MongeTask *task, GError **error);
/* Of runs that were queued: what was told, or came about by leaving. */
gboolean monge_cuda_forget_bad_row (MongeCuda *cuda);
/* For what wrote @planes, or for all that is queued if %NULL. */
gboolean monge_cuda_wait_for_planes (MongeCuda *cuda, MongeCudaPlanes *planes);
/* @ready: (out) (nullable): comes when @planes are finished, %NULL if they are. From now on that is
 * noted whenever they are written, so that others need not wait for what comes after. */
gboolean monge_cuda_planes_watch (MongeCuda *cuda, MongeCudaPlanes *planes, cudaEvent_t *ready);

/* planes.c, publish.c: entries of the table */
gboolean monge_cuda_planes_data (MongePlanes *planes, GError **error);
void monge_cuda_planes_release (MongePlanes *planes);
void monge_cuda_planes_write (MongePlanes *planes, gconstpointer from);
gboolean monge_cuda_planes_read (const MongePlanes *planes, gpointer to, GError **error);
void monge_cuda_planes_copy (MongePlanes *to, const MongePlanes *from);
gboolean monge_cuda_planes_fetch (MongePlanes *planes);
gpointer monge_cuda_planes_begin (MongePlanes *planes, MongePlanesAccess access, GError **error);
void monge_cuda_planes_end (MongePlanes *planes);
gboolean monge_cuda_planes_publish (MongePlanes *planes, const MongeSink *sink, GError **error);

/* steps.c */
void monge_cuda_queue_step (MongeBackend *backend, const MongeStep *step);
gboolean monge_cuda_read_totals (MongeBackend *backend, guint first, guint n, double *totals,
                                 MongeTask *task, GError **error);
guint64 monge_cuda_take_n_pairs (MongeBackend *backend);
/* For the next read of totals, if nothing waits for it yet. Takes @error. */
void monge_cuda_defer (MongeCuda *cuda, GError *error);

/* Where @wanted bytes go behind @size others, aligned for anything; adds them. */
static inline gsize
monge_cuda_append (gsize *size, gsize wanted)
{
  const gsize at = *size;

  *size += (wanted + 255) / 256 * 256;
  return at;
}

/* lists.c: lists of pairs in the card's memory, until they are given back. */
typedef struct {
  MongeCudaBlock block;
  MongeCudaPairs pairs;
} MongeCudaPairsOnCard;

gboolean monge_cuda_upload_pairs (MongeCuda *cuda, const MongePairs *pairs,
                                  MongeCudaPairsOnCard *on_card, GError **error);

/* reduce.c, neighbours.c: everything on the host */
gboolean monge_cuda_reduce_host (MongeBackend *backend, const MongeTunedReduction *reduction,
                                 guint64 *n_pairs, MongeTask *task, GError **error);
gboolean monge_cuda_find_neighbours (MongeBackend *backend, const float *queries, gsize n_queries,
                                     const float *points, gsize n_points, guint dim, guint k,
                                     gint32 *index, float *square, MongeTask *task,
                                     GError **error);
/* Clears MongeCudaControl.waited, for what is queued next. */
gboolean monge_cuda_clear_waited (MongeCuda *cuda);
/* Waits for the reduction that updated MongeCudaControl.waited. Fails with %MONGE_ERROR_NAN where a
 * sum was not finite, unless @allows_nan. */
gboolean monge_cuda_wait_for_status (MongeCuda *cuda, gboolean allows_nan, guint64 *n_pairs,
                                     MongeTask *task, GError **error);

/* run.c */
MongeKernel *monge_cuda_prepare (MongeBackend *backend, const MongeProgram *program,
                                 MongePrepareFlags flags, GError **error);
gboolean monge_cuda_run (MongeBackend *backend, MongeKernel *kernel, const MongeRun *run,
                         guint64 *n_pairs, MongeTask *task, GError **error);
void monge_cuda_kernel_free (MongeKernel *kernel);

G_END_DECLS
