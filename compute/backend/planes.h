/* Memory on one backend: planes of numbers that reductions and steps read and write. */
#pragma once

#include "compute/backend/backend-types.h"
#include "compute/core/error.h"
#include "compute/core/sink.h"

G_BEGIN_DECLS

typedef enum {
  MONGE_PLANES_FLOAT32,
  MONGE_PLANES_FLOAT64,
  MONGE_PLANES_INT32,
} MongePlanesType;

/**
 * MongePlanes:
 * @n, @dim: component d of row i is element d × @n + i; rows of their own layout have @dim 1
 * @data: where they lie on the backend's device: read by the host on the CPU alone
 * @host: (nullable): the backend's own, for monge_planes_begin() and monge_planes_fetch()
 * @fetched: which fetch of the backend brought them over last; 0: none
 *
 * Belongs to one backend and must not outlive it. What is queued on a backend happens in the order
 * in which it was queued, so a result may be an argument of what comes next without waiting.
 */
typedef struct {
  MongeBackend *backend;
  MongePlanesType type;
  gsize n;
  guint dim;
  gpointer data;
  gpointer host;
  gpointer state; /* the backend's own */
  guint fetched;
} MongePlanes;

/* Not cleared. Fails on a card that has no room, naming need, room and remedy. */
MongePlanes *monge_planes_new (MongeBackend *backend, MongePlanesType type, gsize n, guint dim,
                               GError **error);
void monge_planes_free (MongePlanes *planes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongePlanes, monge_planes_free)
/* Bytes of all components. */
gsize monge_planes_get_size (const MongePlanes *planes);

/* The first numbers of scratch planes, as @n rows of @dim: for as long as one call takes them, and
 * not for monge_planes_begin(). */
static inline MongePlanes
monge_planes_view (const MongePlanes *planes, gsize n, guint dim)
{
  MongePlanes view = *planes;

  view.n = n;
  view.dim = dim;
  return view;
}

/* All of them, from and to memory of the host. @from may be freed at once. Reading waits for what is
 * queued. Any thread may read planes that nothing queued writes. */
void monge_planes_write (MongePlanes *planes, gconstpointer from);
gboolean monge_planes_read (const MongePlanes *planes, gpointer to, GError **error);
/* Queued. Equal sizes, the same backend. */
void monge_planes_copy (MongePlanes *to, const MongePlanes *from);

/**
 * MongePlanesAccess:
 *
 * What the host is about to do: what it does not read need not come over, what it does not write
 * need not go back.
 */
typedef enum {
  MONGE_PLANES_READ = 1 << 0,
  MONGE_PLANES_WRITE = 1 << 1,
} MongePlanesAccess;

/**
 * monge_planes_begin:
 *
 * Lets the host look at planes, or change them, until monge_planes_end(): in place on the CPU, a
 * copy in page-locked memory for a card. For work that is done seldom. Waits for what is queued.
 *
 * Returns: (nullable) (transfer none): %NULL with @error when the device has failed.
 */
gpointer monge_planes_begin (MongePlanes *planes, MongePlanesAccess access, GError **error);
void monge_planes_end (MongePlanes *planes);

/**
 * monge_planes_fetch:
 *
 * Queued: brings them over to memory of the host, for monge_planes_get_fetched(). Costs the waiting
 * host nothing; on the CPU nothing at all.
 */
void monge_planes_fetch (MongePlanes *planes);
/**
 * monge_planes_get_fetched:
 *
 * What the last fetch brought, until the next one or until the host changes them. It is there as
 * soon as anything queued after it has been waited for by monge_backend_read_totals(), and stays
 * there when the device fails. On the CPU this is what the planes hold now.
 *
 * Returns: (nullable): %NULL if they have not all come over
 */
gconstpointer monge_planes_get_fetched (const MongePlanes *planes);

/**
 * monge_planes_publish:
 *
 * Writes all bytes to @sink, on the thread that owns the sink: device to device where the sink
 * takes that, else through the host. Fails when the sink has no room or the device has failed.
 */
gboolean monge_planes_publish (MongePlanes *planes, const MongeSink *sink, GError **error);

G_END_DECLS
