#include "tests/failing-card.h"

#include "compute/backend/backend-private.h"

#include <string.h>

FailingCard failing_card = { .room = G_MAXINT };

static MongeBackendType card_type;

/* What a fetch brings lies here until something later has been waited for. */
typedef struct {
  gpointer staging;
  gpointer begun;
} Extra;

static GPtrArray *pending; /* planes whose fetch has not been waited for; the worker's */

/* --- failing --- */

static gboolean
has_failed (void)
{
  const gint fail_at = g_atomic_int_get (&failing_card.fail_at);

  return fail_at > 0 && g_atomic_int_get (&failing_card.n_calls) >= fail_at;
}

/* One call of a device, which may be the one that fails: so do all after it. */
static gboolean
call (GError **error)
{
  g_atomic_int_inc (&failing_card.n_calls);
  if (!has_failed ())
    return TRUE;
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_DEVICE, FAILING_CARD_TEXT);
  return FALSE;
}

/* --- planes --- */

static gboolean
card_planes_data (MongePlanes *planes,
                  GError **error)
{
  if (!call (error))
    return FALSE;
  if (g_atomic_int_get (&failing_card.n_planes) >= g_atomic_int_get (&failing_card.room))
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_DEVICE,
                           "The planes need 2 GiB and 1 GiB is free: close other programs");
      return FALSE;
    }
  g_atomic_int_inc (&failing_card.n_planes);
  planes->data = g_malloc (MAX (monge_planes_get_size (planes), 1));
  memset (planes->data, 0xff, monge_planes_get_size (planes)); /* not a number */
  planes->state = g_new0 (Extra, 1);
  return TRUE;
}

static void
card_planes_release (MongePlanes *planes)
{
  Extra *extra = planes->state;

  if (pending != NULL)
    g_ptr_array_remove (pending, planes);
  g_atomic_int_add (&failing_card.n_planes, -1);
  g_free (extra->staging);
  g_free (extra->begun);
  g_free (extra);
  g_free (planes->host);
  g_free (planes->data);
}

static void
card_planes_write (MongePlanes *planes,
                   gconstpointer from)
{
  if (call (NULL))
    memcpy (planes->data, from, monge_planes_get_size (planes));
}

static gboolean
card_planes_read (const MongePlanes *planes,
                  gpointer to,
                  GError **error)
{
  if (!call (error))
    return FALSE;
  memcpy (to, planes->data, monge_planes_get_size (planes));
  return TRUE;
}

static void
card_planes_copy (MongePlanes *to,
                  const MongePlanes *from)
{
  if (call (NULL))
    memcpy (to->data, from->data, monge_planes_get_size (to));
}

static gpointer
card_planes_begin (MongePlanes *planes,
                   MongePlanesAccess access,
                   GError **error)
{
  Extra *extra = planes->state;

  planes->fetched = 0; /* as where both use the same memory */
  if (!call (error))
    return NULL;
  extra->begun = g_malloc (MAX (monge_planes_get_size (planes), 1));
  memcpy (extra->begun, planes->data, monge_planes_get_size (planes));
  return extra->begun;
}

static void
card_planes_end (MongePlanes *planes)
{
  Extra *extra = planes->state;

  if (extra->begun != NULL && call (NULL))
    memcpy (planes->data, extra->begun, monge_planes_get_size (planes));
  g_clear_pointer (&extra->begun, g_free);
}

static gboolean
card_planes_fetch (MongePlanes *planes)
{
  Extra *extra = planes->state;
  const gsize size = monge_planes_get_size (planes);

  if (!call (NULL))
    return FALSE;
  g_free (extra->staging);
  extra->staging = g_memdup2 (planes->data, size);
  if (planes->host == NULL)
    planes->host = g_malloc (MAX (size, 1));
  memset (planes->host, 0xff, size);
  g_ptr_array_add (pending, planes);
  return TRUE;
}

static gboolean
card_planes_publish (MongePlanes *planes,
                     const MongeSink *sink,
                     GError **error)
{
  const gsize size = monge_planes_get_size (planes);

  if (!call (error))
    return FALSE;
  memcpy (sink->map (sink->user_data, size), planes->data, size);
  sink->unmap (sink->user_data, size);
  return TRUE;
}

/* --- work: the CPU's, with its planes where it expects them --- */

static void
card_step (MongeBackend *backend,
           const MongeStep *step)
{
  if (!call (NULL))
    return;
  backend->type = &monge_backend_cpu;
  monge_backend_step (backend, step);
  backend->type = &card_type;
}

static gboolean
card_read_totals (MongeBackend *backend,
                  guint first,
                  guint n,
                  double *totals,
                  MongeTask *task,
                  GError **error)
{
  if (!call (error) || monge_task_return_if_cancelled (task, error))
    return FALSE;
  if (n > 0)
    memcpy (totals, backend->totals + first, n * sizeof *totals);
  for (guint k = 0; k < pending->len; k++)
    {
      MongePlanes *planes = g_ptr_array_index (pending, k);

      memcpy (planes->host, ((Extra *) planes->state)->staging, monge_planes_get_size (planes));
    }
  g_ptr_array_set_size (pending, 0);
  return TRUE;
}

static gboolean
card_run (MongeBackend *backend,
          MongeKernel *kernel,
          const MongeRun *run,
          guint64 *n_pairs,
          MongeTask *task,
          GError **error)
{
  const guint n = kernel->program->n_variables;
  g_autofree MongeArgument *arguments = g_new0 (MongeArgument, MAX (n, 1));
  const MongeRun plain = monge_run_on_host (run, n, arguments);

  if (!call (error))
    return FALSE;
  return monge_backend_cpu.run (backend, kernel, &plain, n_pairs, task, error);
}

static gboolean
card_reduce (MongeBackend *backend,
             const MongeTunedReduction *reduction,
             guint64 *n_pairs,
             MongeTask *task,
             GError **error)
{
  return call (error) && monge_backend_cpu.reduce (backend, reduction, n_pairs, task, error);
}

static void
card_close (MongeBackend *backend)
{
  g_atomic_int_add (&failing_card.n_open, -1);
  monge_backend_cpu.close (backend);
}

MongeBackend *
failing_card_open (void)
{
  g_autoptr (GError) error = NULL;
  MongeBackend *backend
      = monge_backend_open (&(MongeBackendOptions){ .name = "cpu", .n_threads = 2 }, &error);

  g_assert_no_error (error);
  if (pending == NULL)
    pending = g_ptr_array_new ();
  card_type = monge_backend_cpu;
  card_type.name = "cuda";
  card_type.close = card_close;
  card_type.run = card_run;
  card_type.reduce = card_reduce;
  card_type.planes_data = card_planes_data;
  card_type.planes_release = card_planes_release;
  card_type.planes_write = card_planes_write;
  card_type.planes_read = card_planes_read;
  card_type.planes_copy = card_planes_copy;
  card_type.planes_begin = card_planes_begin;
  card_type.planes_end = card_planes_end;
  card_type.planes_fetch = card_planes_fetch;
  card_type.planes_publish = card_planes_publish;
  card_type.step = card_step;
  card_type.read_totals = card_read_totals;
  g_free (backend->description);
  backend->description = g_strdup ("a card that fails");
  backend->type = &card_type;
  g_atomic_int_inc (&failing_card.n_open);
  return backend;
}

void
failing_card_reset (void)
{
  g_assert_cmpint (g_atomic_int_get (&failing_card.n_planes), ==, 0);
  g_assert_cmpint (g_atomic_int_get (&failing_card.n_open), ==, 0);
  failing_card = (FailingCard){ .room = G_MAXINT };
}
