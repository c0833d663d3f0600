#include "compute/backend/backend-private.h"

#include <string.h>

static gsize
get_element_size (MongePlanesType type)
{
  return type == MONGE_PLANES_FLOAT64 ? sizeof (double) : sizeof (float);
}

gsize
monge_planes_get_size (const MongePlanes *planes)
{
  return planes->n * planes->dim * get_element_size (planes->type);
}

static gboolean
is_on_host (const MongePlanes *planes)
{
  return monge_backend_is_on_host (planes->backend);
}

MongePlanes *
monge_planes_new (MongeBackend *backend,
                  MongePlanesType type,
                  gsize n,
                  guint dim,
                  GError **error)
{
  MongePlanes *planes = g_new0 (MongePlanes, 1);

  planes->backend = backend;
  planes->type = type;
  planes->n = n;
  planes->dim = dim;
  if (is_on_host (planes))
    planes->data = g_malloc_n (MAX (n * dim, 1), get_element_size (type));
  else if (!backend->type->planes_data (planes, error))
    {
      g_free (planes);
      return NULL;
    }
  return planes;
}

void
monge_planes_free (MongePlanes *planes)
{
  if (planes == NULL)
    return;
  if (is_on_host (planes))
    g_free (planes->data);
  else
    planes->backend->type->planes_release (planes);
  g_free (planes);
}

void
monge_planes_write (MongePlanes *planes, gconstpointer from)
{
  if (monge_planes_get_size (planes) == 0)
    return;
  if (is_on_host (planes))
    memcpy (planes->data, from, monge_planes_get_size (planes));
  else
    planes->backend->type->planes_write (planes, from);
}

gboolean
monge_planes_read (const MongePlanes *planes, gpointer to, GError **error)
{
  if (!is_on_host (planes))
    return planes->backend->type->planes_read (planes, to, error);
  if (monge_planes_get_size (planes) > 0)
    memcpy (to, planes->data, monge_planes_get_size (planes));
  return TRUE;
}

void
monge_planes_copy (MongePlanes *to, const MongePlanes *from)
{
  g_return_if_fail (to->backend == from->backend && to->type == from->type);
  g_return_if_fail (monge_planes_get_size (to) == monge_planes_get_size (from));

  if (monge_planes_get_size (to) == 0)
    return;
  if (is_on_host (to))
    memcpy (to->data, from->data, monge_planes_get_size (to));
  else
    to->backend->type->planes_copy (to, from);
}

/* Who only reads gets what a fetch brought, if anything has: that stays known. */
gpointer
monge_planes_begin (MongePlanes *planes, MongePlanesAccess access, GError **error)
{
  const guint fetched = planes->fetched;
  gpointer data;

  if (is_on_host (planes))
    return planes->data;
  data = planes->backend->type->planes_begin (planes, access, error);
  if (!(access & MONGE_PLANES_WRITE))
    planes->fetched = fetched;
  return data;
}

void
monge_planes_end (MongePlanes *planes)
{
  if (!is_on_host (planes))
    planes->backend->type->planes_end (planes);
}

void
monge_planes_fetch (MongePlanes *planes)
{
  MongeBackend *backend = planes->backend;

  if (is_on_host (planes) || backend->type->planes_fetch == NULL)
    return;
  planes->fetched = 0;
  if (backend->type->planes_fetch (planes))
    planes->fetched = (guint) g_atomic_int_add (&backend->n_fetches, 1) + 1;
}

gconstpointer
monge_planes_get_fetched (const MongePlanes *planes)
{
  if (is_on_host (planes))
    return planes->data;
  if (planes->fetched == 0
      || (guint) g_atomic_int_get (&planes->backend->n_arrived) < planes->fetched)
    return NULL;
  return planes->host;
}

gboolean
monge_planes_publish (MongePlanes *planes, const MongeSink *sink, GError **error)
{
  const gsize size = monge_planes_get_size (planes);
  gpointer span;

  if (!is_on_host (planes))
    return planes->backend->type->planes_publish (planes, sink, error);
  span = sink->map (sink->user_data, size);
  if (span == NULL)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE,
                   "There is no room to draw from: %" G_GSIZE_FORMAT " bytes", size);
      return FALSE;
    }
  memcpy (span, planes->data, size);
  sink->unmap (sink->user_data, size);
  return TRUE;
}
