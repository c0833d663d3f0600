#include "compute/backend/backend-private.h"

/* In order of preference for "auto". */
static const MongeBackendType *const types[] = { &monge_backend_cuda, &monge_backend_cpu };

static gint preferred_device = -1; /* atomic */

static MongeBackend *
open_first_usable (const MongeBackendOptions *options, GError **error)
{
  g_autoptr (GError) first = NULL;
  MongeBackend *backend = NULL;

  for (guint i = 0; i + 1 < G_N_ELEMENTS (types) && backend == NULL; i++)
    backend = types[i]->open (options, first == NULL ? &first : NULL);
  if (backend == NULL)
    backend = types[G_N_ELEMENTS (types) - 1]->open (options, error);
  if (backend != NULL && first != NULL)
    backend->note = g_strdup (first->message);
  return backend;
}

MongeBackend *
monge_backend_open (const MongeBackendOptions *options, GError **error)
{
  static const MongeBackendOptions defaults;
  MongeBackend *backend = NULL;

  if (options == NULL)
    options = &defaults;
  if (options->name == NULL || g_str_equal (options->name, "auto"))
    {
      backend = open_first_usable (options, error);
    }
  else
    {
      gboolean known = FALSE;

      for (guint i = 0; i < G_N_ELEMENTS (types); i++)
        if (g_str_equal (options->name, types[i]->name))
          {
            known = TRUE;
            backend = types[i]->open (options, error);
          }
      if (!known)
        g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                     "There is no backend “%s”: choose auto, cpu or cuda", options->name);
    }
  if (backend != NULL)
    g_mutex_init (&backend->lock);
  return backend;
}

MongeBackend *
monge_backend_ref (MongeBackend *backend)
{
  g_atomic_int_inc (&backend->n_refs);
  return backend;
}

void
monge_backend_close (MongeBackend *backend)
{
  if (backend == NULL || g_atomic_int_add (&backend->n_refs, -1) > 0)
    return;
  g_mutex_clear (&backend->lock);
  g_free (backend->description);
  g_free (backend->note);
  backend->type->close (backend);
}

const char *
monge_backend_get_note (MongeBackend *backend)
{
  return backend->note;
}

void
monge_backend_prefer_device (gint device)
{
  g_atomic_int_set (&preferred_device, device);
}

gint
monge_backend_get_preferred_device (void)
{
  return g_atomic_int_get (&preferred_device);
}

const char *
monge_backend_get_name (MongeBackend *backend)
{
  return backend->type->name;
}

const char *
monge_backend_get_instruction_set (MongeBackend *backend)
{
  return backend->instruction_set;
}

guint
monge_backend_get_n_threads (MongeBackend *backend)
{
  return backend->n_threads;
}

const char *
monge_backend_get_description (MongeBackend *backend)
{
  return backend->description;
}

gboolean
monge_backend_check (MongeBackend *backend, GError **error)
{
  return monge_backend_read_totals (backend, 0, 0, NULL, NULL, error);
}

MongeBackend *
monge_backend_replace (MongeBackend *card,
                       const GError *reason,
                       char **notice,
                       gboolean *failed)
{
  const MongeBackendOptions options = { .name = "cpu", .n_threads = card->n_threads };
  MongeBackend *cpu;
  gboolean is_lost;

  if (!g_error_matches (reason, MONGE_ERROR, MONGE_ERROR_DEVICE) || monge_backend_is_on_host (card))
    return NULL;
  cpu = monge_backend_open (&options, NULL);
  if (cpu == NULL)
    return NULL;
  is_lost = !monge_backend_check (card, NULL);
  *notice = g_strdup_printf (is_lost ? "The card failed (%s); going on with the CPU"
                                     : "%s; going on with the CPU", reason->message);
  if (failed != NULL)
    *failed = is_lost;
  return cpu;
}

gboolean
monge_backend_is_on_host (MongeBackend *backend)
{
  return backend->type->planes_data == NULL;
}

gboolean
monge_backend_reserve (MongeBackend *backend, gsize size, const char *purpose, GError **error)
{
  return backend->type->reserve == NULL || backend->type->reserve (backend, size, purpose, error);
}

guint64
monge_backend_take_n_pairs (MongeBackend *backend)
{
  const guint64 n_pairs = backend->n_pairs;

  if (backend->type->take_n_pairs != NULL)
    return backend->type->take_n_pairs (backend);
  backend->n_pairs = 0;
  return n_pairs;
}

MongeDevice *
monge_device_new (const char *kind,
                  const char *name,
                  const char *detail,
                  gboolean usable,
                  const char *reason)
{
  MongeDevice *device = g_new0 (MongeDevice, 1);

  device->kind = g_strdup (kind);
  device->name = g_strdup (name);
  device->detail = g_strdup (detail);
  device->usable = usable;
  device->reason = g_strdup (reason);
  return device;
}

static void
device_free (gpointer data)
{
  MongeDevice *device = data;

  g_free (device->kind);
  g_free (device->name);
  g_free (device->detail);
  g_free (device->reason);
  g_free (device);
}

GPtrArray *
monge_backend_list_devices (void)
{
  GPtrArray *devices = g_ptr_array_new_with_free_func (device_free);

  for (guint i = G_N_ELEMENTS (types); i-- > 0;)
    types[i]->list_devices (devices);
  return devices;
}
