/* Planes in the card's memory. */
#include "compute/backend/cuda/cuda-private.h"

#include <string.h>

static MongeCuda *
get_cuda (const MongePlanes *planes)
{
  return (MongeCuda *) planes->backend;
}

gboolean
monge_cuda_planes_data (MongePlanes *planes, GError **error)
{
  MongeCuda *cuda = get_cuda (planes);
  MongeCudaPlanes *state;
  MongeCudaBlock block;
  g_autofree char *purpose = g_strdup_printf ("a plane of %" G_GSIZE_FORMAT " × %u numbers",
                                              planes->n, planes->dim);

  if (!monge_cuda_enter_or_fail (cuda, error)
      || !monge_cuda_take (cuda, monge_planes_get_size (planes), purpose, &block, error))
    return FALSE;
  state = g_new0 (MongeCudaPlanes, 1);
  state->block = block;
  planes->data = block.data;
  planes->state = state;
  return TRUE;
}

/* Also after a failure: memory of the host is freed in any case. */
void
monge_cuda_planes_release (MongePlanes *planes)
{
  MongeCuda *cuda = get_cuda (planes);
  MongeCudaPlanes *state = planes->state;
  gboolean is_coming;

  g_mutex_lock (&cuda->lock);
  is_coming = state->fetched > cuda->finished;
  g_mutex_unlock (&cuda->lock);
  if (is_coming && monge_cuda_enter (cuda)) /* the mirror is another's next */
    monge_cuda_wait (cuda, NULL, NULL);
  monge_cuda_give_event (cuda, state->ready);
  monge_cuda_give_back_pinned (cuda, &state->mirror);
  monge_cuda_give_back (cuda, &state->block);
  g_free (state);
}

void
monge_cuda_planes_write (MongePlanes *planes, gconstpointer from)
{
  MongeCuda *cuda = get_cuda (planes);

  if (!monge_cuda_enter (cuda))
    return;
  monge_cuda_upload (cuda, planes->data, from, monge_planes_get_size (planes));
  monge_cuda_mark_queued (cuda);
  monge_cuda_mark_written (cuda, planes->state);
}

gboolean
monge_cuda_planes_read (const MongePlanes *planes, gpointer to, GError **error)
{
  MongeCuda *cuda = get_cuda (planes);

  return monge_cuda_enter_or_fail (cuda, error)
         && monge_cuda_download (cuda, to, planes->data, monge_planes_get_size (planes),
                                 planes->state, error);
}

void
monge_cuda_planes_copy (MongePlanes *to, const MongePlanes *from)
{
  MongeCuda *cuda = get_cuda (to);

  if (!monge_cuda_enter (cuda))
    return;
  monge_cuda_check (cuda, cudaMemcpyAsync (to->data, from->data, monge_planes_get_size (to),
                                           cudaMemcpyDeviceToDevice, cuda->stream),
                    "copying planes");
  monge_cuda_mark_queued (cuda);
  monge_cuda_mark_written (cuda, to->state);
}

static gboolean
make_mirror (MongePlanes *planes, GError **error)
{
  MongeCudaPlanes *state = planes->state;

  if (state->mirror.data == NULL
      && !monge_cuda_take_pinned (get_cuda (planes), monge_planes_get_size (planes),
                                  &state->mirror, error))
    return FALSE;
  planes->host = state->mirror.data;
  return TRUE;
}

gboolean
monge_cuda_planes_fetch (MongePlanes *planes)
{
  MongeCuda *cuda = get_cuda (planes);
  MongeCudaPlanes *state = planes->state;

  if (!monge_cuda_enter (cuda) || !make_mirror (planes, NULL)
      || !monge_cuda_check (cuda, cudaMemcpyAsync (planes->host, planes->data,
                                                   monge_planes_get_size (planes),
                                                   cudaMemcpyDeviceToHost, cuda->stream),
                            "copying from it"))
    return FALSE;
  state->fetched = monge_cuda_mark_queued (cuda);
  return TRUE;
}

/* What was fetched and not written since is there already, or on its way. */
static gboolean
read_mirror (MongePlanes *planes, GError **error)
{
  MongeCuda *cuda = get_cuda (planes);
  MongeCudaPlanes *state = planes->state;

  if (state->fetched > state->written)
    return monge_cuda_wait_for_planes (cuda, NULL) || monge_cuda_set_error (cuda, error);
  return monge_cuda_download_pinned (cuda, planes->host, planes->data,
                                     monge_planes_get_size (planes), state, error);
}

gpointer
monge_cuda_planes_begin (MongePlanes *planes, MongePlanesAccess access, GError **error)
{
  MongeCuda *cuda = get_cuda (planes);
  MongeCudaPlanes *state = planes->state;

  if (!monge_cuda_enter_or_fail (cuda, error) || !make_mirror (planes, error)
      || ((access & MONGE_PLANES_READ) && !read_mirror (planes, error)))
    return NULL;
  planes->fetched = 0;
  state->access = access;
  return planes->host;
}

static void
write_back (MongeCuda *cuda, MongePlanes *planes)
{
  MongeCudaPlanes *state = planes->state;

  monge_cuda_check (cuda, cudaMemcpyAsync (planes->data, planes->host,
                                           monge_planes_get_size (planes),
                                           cudaMemcpyHostToDevice, cuda->stream),
                    "copying to it");
  monge_cuda_mark_queued (cuda);
  monge_cuda_mark_written (cuda, state);
  monge_cuda_wait (cuda, NULL, NULL);
}

/* What was fetched once is fetched again: then the mirror stays. Else it is another's next, or the
 * host's that may write to it at once. */
void
monge_cuda_planes_end (MongePlanes *planes)
{
  MongeCuda *cuda = get_cuda (planes);
  MongeCudaPlanes *state = planes->state;

  if ((state->access & MONGE_PLANES_WRITE) && monge_cuda_enter (cuda))
    write_back (cuda, planes);
  state->access = 0;
  if (state->fetched != 0)
    return;
  monge_cuda_give_back_pinned (cuda, &state->mirror);
  planes->host = NULL;
}
