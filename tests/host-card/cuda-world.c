#include "tests/host-card/cuda-world.h"

#include "compute/backend/cuda/nvrtc.h"
#include "compute/core/random.h"

#define SCALE 7.0

void
cuda_world_init (void)
{
  g_autofree char *cache = monge_test_tmp_path ("cache");

  g_setenv (MONGE_NVRTC_ENVIRONMENT, HOST_CARD_NVRTC, TRUE);
  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
}

MongeBackend *
open_backend (const char *name)
{
  g_autoptr (GError) error = NULL;
  MongeBackend *backend
      = monge_backend_open (&(MongeBackendOptions){ .name = name, .n_threads = 1 }, &error);

  g_assert_no_error (error);
  return backend;
}

MongeBackend *
open_card (void)
{
  host_card_reset ();
  host_card_set_deferred (TRUE);
  return open_backend ("cuda");
}

void
close_card (MongeBackend *backend)
{
  monge_backend_close (backend);
  host_card_assert_clean ();
}

MongePlanes *
make_planes (MongeBackend *backend, MongePlanesType type, gsize n, guint dim, gconstpointer values)
{
  g_autoptr (GError) error = NULL;
  MongePlanes *planes = monge_planes_new (backend, type, n, dim, &error);

  g_assert_no_error (error);
  if (values != NULL)
    monge_planes_write (planes, values);
  return planes;
}

double *
random_doubles (gsize n, guint64 seed, double from, double to)
{
  double *values = g_new (double, MAX (n, 1));
  MongeRandom random;

  monge_random_init (&random, seed);
  for (gsize i = 0; i < n; i++)
    values[i] = from + (to - from) * monge_random_uniform (&random);
  return values;
}

float *
random_floats (gsize n, guint64 seed, double from, double to)
{
  g_autofree double *values = random_doubles (n, seed, from, to);
  float *floats = g_new (float, MAX (n, 1));

  for (gsize i = 0; i < n; i++)
    floats[i] = (float) values[i];
  return floats;
}

void
data_init (Data *data, gsize n, gsize m, guint dim)
{
  *data = (Data){ .n = n, .m = m, .s = SCALE };
  data->x = random_floats (n * dim, 1, 0, 1);
  data->y = random_floats (m * dim, 2, 0, 1);
  data->f = random_doubles (n, 3, -1, 1);
  data->g = random_doubles (m, 4, -1, 1);
  data->h = random_doubles (m, 5, -3, 0);
}

void
data_clear (Data *data)
{
  g_free (data->x);
  g_free (data->y);
  g_free (data->f);
  g_free (data->g);
  g_free (data->h);
}

MongeKernel *
prepare (MongeBackend *backend, const char *text, guint dim)
{
  const MongeVariable variables[N_ARGUMENTS] = {
    [X] = { "x", MONGE_AXIS_I, dim }, [Y] = { "y", MONGE_AXIS_J, dim },
    [F] = { "f", MONGE_AXIS_I, 1 },   [G] = { "g", MONGE_AXIS_J, 1 },
    [H] = { "h", MONGE_AXIS_J, 1 },   [S] = { "s", MONGE_AXIS_NONE, 1 },
  };
  g_autoptr (GError) error = NULL;
  MongeKernel *kernel = monge_backend_prepare_text (backend, text, variables, N_ARGUMENTS, &error);

  g_assert_no_error (error);
  return kernel;
}

void
set_host_arguments (const Data *data, MongeArgument *arguments)
{
  arguments[X] = (MongeArgument){ .floats = data->x, .stride = data->n };
  arguments[Y] = (MongeArgument){ .floats = data->y, .stride = data->m };
  arguments[F] = (MongeArgument){ .doubles = data->f, .stride = data->n };
  arguments[G] = (MongeArgument){ .doubles = data->g, .stride = data->m };
  arguments[H] = (MongeArgument){ .doubles = data->h, .stride = data->m };
  arguments[S] = (MongeArgument){ .doubles = &data->s };
}

void
on_card_init (OnCard *on,
              MongeBackend *backend,
              const Data *data,
              guint dim,
              MongeArgument *arguments)
{
  set_host_arguments (data, arguments);
  on->planes[X] = make_planes (backend, MONGE_PLANES_FLOAT32, data->n, dim, data->x);
  on->planes[Y] = make_planes (backend, MONGE_PLANES_FLOAT32, data->m, dim, data->y);
  on->planes[F] = make_planes (backend, MONGE_PLANES_FLOAT64, data->n, 1, data->f);
  on->planes[G] = make_planes (backend, MONGE_PLANES_FLOAT64, data->m, 1, data->g);
  on->planes[H] = make_planes (backend, MONGE_PLANES_FLOAT64, data->m, 1, data->h);
  for (guint v = 0; v < S; v++)
    arguments[v] = (MongeArgument){ .planes = on->planes[v] };
}

void
on_card_clear (OnCard *on)
{
  for (guint v = 0; v < S; v++)
    monge_planes_free (on->planes[v]);
}

void
loop_init (Loop *loop)
{
  loop->backend = open_card ();
  loop_fill (loop);
}

void
loop_fill (Loop *loop)
{
  loop->kernel = prepare (loop->backend, "logsumexp_j(f + h - s*sqdist(x,y))", 3);
  data_init (&loop->data, LOOP_ROWS, LOOP_ROWS, 3);
  on_card_init (&loop->on, loop->backend, &loop->data, 3, loop->arguments);
  loop->result = make_planes (loop->backend, MONGE_PLANES_FLOAT64, LOOP_ROWS, 1, NULL);
}

void
loop_clear (Loop *loop)
{
  on_card_clear (&loop->on);
  monge_planes_free (loop->result);
  monge_kernel_free (loop->kernel);
  data_clear (&loop->data);
  close_card (loop->backend);
}

gboolean
loop_queue (Loop *loop, MongeTask *task, GError **error)
{
  const MongeRun run = { .n_rows = LOOP_ROWS, .n_columns = LOOP_ROWS, .arguments = loop->arguments,
                         .out_planes = loop->result };

  if (!monge_backend_run (loop->backend, loop->kernel, &run, NULL, task, error))
    return FALSE;
  monge_backend_step (loop->backend, &(MongeStep){ .id = MONGE_STEP_COMBINE, .n = LOOP_ROWS,
                                                   .planes = { loop->on.planes[F], loop->result },
                                                   .numbers = { -0.5, 1 } });
  monge_backend_step (loop->backend, &(MongeStep){ .id = MONGE_STEP_MEASURE, .n = LOOP_ROWS,
                                                   .planes = { loop->on.planes[F], loop->result },
                                                   .totals = 3 });
  return TRUE;
}

gboolean
loop_read (Loop *loop, double *totals, MongeTask *task, GError **error)
{
  return monge_backend_read_totals (loop->backend, 3, 3, totals, task, error);
}
