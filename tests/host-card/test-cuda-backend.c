/* The CUDA backend on the host card: what it says of cards, what it does with memory, runs and
 * failures, and that results are the CPU's. */
#include "compute/backend/backend.h"
#include "compute/backend/step.h"
#include "compute/core/random.h"
#include "tests/host-card/host-card.h"
#include "tests/util.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------
 * Around each test
 */

static MongeBackend *
open_backend (const char *name)
{
  g_autoptr (GError) error = NULL;
  MongeBackend *backend
      = monge_backend_open (&(MongeBackendOptions){ .name = name, .n_threads = 1 }, &error);

  g_assert_no_error (error);
  return backend;
}

/* Work is done as late as can be: what does not wait sees old numbers. */
static MongeBackend *
open_card (void)
{
  host_card_reset ();
  host_card_set_deferred (TRUE);
  return open_backend ("cuda");
}

static void
close_card (MongeBackend *backend)
{
  monge_backend_close (backend);
  host_card_assert_clean ();
}

static MongePlanes *
make_planes (MongeBackend *backend, MongePlanesType type, gsize n, guint dim, gconstpointer values)
{
  g_autoptr (GError) error = NULL;
  MongePlanes *planes = monge_planes_new (backend, type, n, dim, &error);

  g_assert_no_error (error);
  if (values != NULL)
    monge_planes_write (planes, values);
  return planes;
}

static double *
random_doubles (gsize n, guint64 seed, double from, double to)
{
  double *values = g_new (double, MAX (n, 1));
  MongeRandom random;

  monge_random_init (&random, seed);
  for (gsize i = 0; i < n; i++)
    values[i] = from + (to - from) * monge_random_uniform (&random);
  return values;
}

static float *
random_floats (gsize n, guint64 seed, double from, double to)
{
  g_autofree double *values = random_doubles (n, seed, from, to);
  float *floats = g_new (float, MAX (n, 1));

  for (gsize i = 0; i < n; i++)
    floats[i] = (float) values[i];
  return floats;
}

/* ------------------------------------------------------------------------------------------------
 * Cards
 */

static void
expect_no_backend (const MongeBackendOptions *options, const char *part)
{
  GError *error = NULL;
  MongeBackend *backend = monge_backend_open (options, &error);

  g_assert_null (backend);
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, part);
}

static const MongeBackendOptions cuda = { .name = "cuda" };

/* The reason is kept where the CPU is taken instead. */
static void
test_no_driver (void)
{
  MongeBackend *backend;

  host_card_reset ();
  host_card_set_devices (NULL, 0, cudaErrorInsufficientDriver);
  host_card_set_driver_version (0);
  expect_no_backend (&cuda, "CUDA: no driver");
  host_card_set_driver_version (11040);
  expect_no_backend (&cuda, "the driver is for CUDA 11.4 and this program needs 13.0");
  host_card_set_devices (NULL, 0, cudaErrorNoDevice);
  expect_no_backend (&cuda, "CUDA: no card");
  backend = open_backend ("auto");
  g_assert_cmpstr (monge_backend_get_name (backend), ==, "cpu");
  g_assert_nonnull (strstr (monge_backend_get_note (backend), "CUDA: no card"));
  close_card (backend);
}

static void
expect_card (const MongeBackendOptions *options, const char *name)
{
  g_autoptr (GError) error = NULL;
  MongeBackend *backend = monge_backend_open (options, &error);

  g_assert_no_error (error);
  g_assert_nonnull (strstr (monge_backend_get_description (backend), name));
  g_assert_null (monge_backend_get_note (backend));
  monge_backend_close (backend);
}

static void
test_several_cards (void)
{
  static const HostCardDevice devices[] = {
    { "Old card", 7, 0, 1 << 30, 0, 1, 80 },
    { "Small card", 8, 6, 1 << 30, 0, 2, 20 },
    { "Large card", 9, 0, 1 << 30, 0, 3, 132 },
    { "Other card", 8, 9, 1 << 30, 0, 4, 60 },
  };
  g_autoptr (GPtrArray) list = NULL;
  const MongeDevice *old;

  host_card_reset ();
  host_card_set_devices (devices, G_N_ELEMENTS (devices), cudaSuccess);
  expect_card (&cuda, "Large card");
  expect_card (&(MongeBackendOptions){ .name = "cuda", .device = 2 }, "Small card");
  expect_no_backend (&(MongeBackendOptions){ .name = "cuda", .device = 1 }, "7.5 is the least");
  expect_no_backend (&(MongeBackendOptions){ .name = "cuda", .device = 5 }, "there are 4");
  monge_backend_prefer_device (3);
  expect_card (&(MongeBackendOptions){ 0 }, "Other card");
  g_setenv ("MONGE_CUDA_DEVICE", "2", TRUE);
  expect_card (&cuda, "Small card");
  expect_card (&(MongeBackendOptions){ .name = "cuda", .device = 3 }, "Large card");
  g_unsetenv ("MONGE_CUDA_DEVICE");
  monge_backend_prefer_device (0); /* too old to be preferred */
  expect_card (&cuda, "Large card");
  monge_backend_prefer_device (-1);

  list = monge_backend_list_devices ();
  g_assert_cmpuint (list->len, ==, 5);
  old = g_ptr_array_index (list, 1);
  g_assert_cmpstr (old->name, ==, "Old card");
  g_assert_false (old->usable);
  g_assert_nonnull (strstr (old->reason, "compute capability"));
  g_assert_true (((MongeDevice *) g_ptr_array_index (list, 3))->usable);
  g_assert_nonnull (strstr (((MongeDevice *) g_ptr_array_index (list, 3))->detail, "9.0"));
  host_card_assert_clean ();
}

/* ------------------------------------------------------------------------------------------------
 * Planes
 */

/* Sizes below, at and above the pieces that travel; what is written may change at once. */
static void
test_planes (void)
{
  static const gsize sizes[] = { 1, 1000, 1 << 19, (1 << 19) + 1, 3 << 19 };
  MongeBackend *backend = open_card ();

  for (guint k = 0; k < G_N_ELEMENTS (sizes); k++)
    {
      const gsize n = sizes[k], size = n * sizeof (double);
      g_autofree double *values = random_doubles (n, k, -1, 1), *back = g_new (double, n);
      g_autofree double *sent = g_memdup2 (values, size);
      g_autoptr (MongePlanes) a = make_planes (backend, MONGE_PLANES_FLOAT64, n, 1, sent);
      g_autoptr (MongePlanes) b = make_planes (backend, MONGE_PLANES_FLOAT64, n, 1, NULL);
      double *seen;

      memset (sent, 0xff, size);
      monge_planes_copy (b, a);
      g_assert_true (monge_planes_read (b, back, NULL));
      g_assert_cmpmem (back, size, values, size);
      seen = monge_planes_begin (b, MONGE_PLANES_READ | MONGE_PLANES_WRITE, NULL);
      g_assert_cmpmem (seen, size, values, size);
      seen[n - 1] = 7;
      monge_planes_end (b);
      g_assert_true (monge_planes_read (b, back, NULL));
      g_assert_cmpfloat (back[n - 1], ==, 7);
      g_assert_true (monge_planes_read (a, back, NULL));
      g_assert_cmpmem (back, size, values, size);
    }
  monge_planes_free (make_planes (backend, MONGE_PLANES_INT32, 0, 3, NULL));
  close_card (backend);
}

/* What was fetched is there once anything later was waited for, and after the card has failed. */
static void
test_fetch (void)
{
  MongeBackend *backend = open_card ();
  g_autofree float *values = random_floats (300, 1, 0, 1);
  MongePlanes *planes = make_planes (backend, MONGE_PLANES_FLOAT32, 100, 3, values);

  g_assert_null (monge_planes_get_fetched (planes));
  monge_planes_fetch (planes);
  g_assert_null (monge_planes_get_fetched (planes));
  g_assert_true (monge_backend_check (backend, NULL));
  g_assert_cmpmem (monge_planes_get_fetched (planes), 1200, values, 1200);
  host_card_fail_at (1, cudaErrorIllegalAddress, TRUE);
  g_assert_false (monge_backend_check (backend, NULL));
  g_assert_cmpmem (monge_planes_get_fetched (planes), 1200, values, 1200);
  host_card_fail_at (0, cudaSuccess, FALSE);
  monge_planes_free (planes);
  close_card (backend);
}

/* ------------------------------------------------------------------------------------------------
 * Runs
 */

#define MAX_VARIABLES 6
#define SCALE 7.0

/* A program of points x, y in float32 and of numbers in float64; s is a parameter. */
typedef struct {
  const char *text;
  guint dim;
  guint out_dim;
  gboolean is_tuned;
  double tol; /* in norm */
} Case;

static const Case cases[] = {
  { "logsumexp_j(f + h - s*sqdist(x,y))", 3, 1, TRUE, 1e-6 },
  { "logsumexp_i(f + h - s*sqdist(x,y))", 3, 1, TRUE, 1e-6 },
  { "logsumexp_j(f + h - s*dist(x,y))", 2, 1, TRUE, 1e-6 },
  { "logsumexp_j(h - s*sqdist(x,y))", 5, 1, TRUE, 1e-6 },
  { "softmean_j(f + h - s*sqdist(x,y), x - y)", 3, 3, TRUE, 1e-5 },
  { "softmean_j(f + h - s*sqdist(x,y), y)", 3, 3, TRUE, 1e-5 },
  { "softmean_i(f + h - s*dist(x,y), normalise(x - y))", 2, 2, TRUE, 1e-5 },
  { "sum_j(g*exp(-s*sqdist(x,y)))", 3, 1, TRUE, 1e-6 },
  { "sum_j(exp(-s*dist(x,y)))", 3, 1, TRUE, 1e-6 },
  { "sum_j(g*dist(x,y))", 3, 1, TRUE, 1e-6 },
  { "sum_i(f*g*exp(-s*sqdist(x,y)))", 3, 1, TRUE, 1e-6 },
  { "sum_j(-2*s*f*g*exp(-s*sqdist(x,y))*(x - y))", 3, 3, TRUE, 1e-5 },
  { "sum_j(g*exp(f + h - s*sqdist(x,y)))", 3, 1, TRUE, 5e-6 }, /* two sums that cancel */
  { "sum_j(g*exp(f + h - s*sqdist(x,y))*(x - y))", 2, 2, TRUE, 1e-5 },
  { "mean_j(g*exp(-s*sqdist(x,y)))", 3, 1, TRUE, 1e-6 },
};

typedef struct {
  gsize n, m;
  float *x, *y;
  double *f, *g, *h, s;
} Data;

static void
data_init (Data *data, gsize n, gsize m, guint dim)
{
  *data = (Data){ .n = n, .m = m, .s = SCALE };
  data->x = random_floats (n * dim, 1, 0, 1);
  data->y = random_floats (m * dim, 2, 0, 1);
  data->f = random_doubles (n, 3, -1, 1);
  data->g = random_doubles (m, 4, -1, 1);
  data->h = random_doubles (m, 5, -3, 0);
}

static void
data_clear (Data *data)
{
  g_free (data->x);
  g_free (data->y);
  g_free (data->f);
  g_free (data->g);
  g_free (data->h);
}

enum { X, Y, F, G, H, S, N_ARGUMENTS };

static MongeKernel *
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

static void
set_host_arguments (const Data *data, MongeArgument *arguments)
{
  arguments[X] = (MongeArgument){ .floats = data->x, .stride = data->n };
  arguments[Y] = (MongeArgument){ .floats = data->y, .stride = data->m };
  arguments[F] = (MongeArgument){ .doubles = data->f, .stride = data->n };
  arguments[G] = (MongeArgument){ .doubles = data->g, .stride = data->m };
  arguments[H] = (MongeArgument){ .doubles = data->h, .stride = data->m };
  arguments[S] = (MongeArgument){ .doubles = &data->s };
}

/* The same with planes in place of all but the parameter. */
typedef struct {
  MongePlanes *planes[N_ARGUMENTS];
} OnCard;

static void
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

static void
on_card_clear (OnCard *on)
{
  for (guint v = 0; v < S; v++)
    monge_planes_free (on->planes[v]);
}

static gsize
count_kept (const Case *c, const Data *data)
{
  return strstr (c->text, "_i(") != NULL ? data->m : data->n;
}

static double *
run_on_host_data (MongeBackend *backend, const Case *c, const Data *data, guint64 *n_pairs)
{
  g_autoptr (MongeKernel) kernel = prepare (backend, c->text, c->dim);
  g_autoptr (GError) error = NULL;
  double *out = g_new (double, c->out_dim * count_kept (c, data));
  MongeArgument arguments[N_ARGUMENTS];

  set_host_arguments (data, arguments);
  g_assert_cmpint (monge_kernel_is_tuned (kernel), ==, c->is_tuned);
  monge_backend_run (backend, kernel, &(MongeRun){ .n_rows = data->n, .n_columns = data->m,
                                                   .arguments = arguments, .out = out },
                     n_pairs, NULL, &error);
  g_assert_no_error (error);
  return out;
}

static double *
run_on_planes (MongeBackend *backend, const Case *c, const Data *data, guint64 *n_pairs)
{
  g_autoptr (MongeKernel) kernel = prepare (backend, c->text, c->dim);
  g_autoptr (GError) error = NULL;
  const gsize n_kept = count_kept (c, data);
  double *out = g_new (double, c->out_dim * n_kept);
  MongePlanes *results = make_planes (backend, MONGE_PLANES_FLOAT64, n_kept, c->out_dim, NULL);
  MongeArgument arguments[N_ARGUMENTS];
  OnCard on;

  on_card_init (&on, backend, data, c->dim, arguments);
  monge_backend_take_n_pairs (backend);
  monge_backend_run (backend, kernel, &(MongeRun){ .n_rows = data->n, .n_columns = data->m,
                                                   .arguments = arguments,
                                                   .out_planes = results },
                     NULL, NULL, &error);
  g_assert_no_error (error);
  *n_pairs = monge_backend_take_n_pairs (backend);
  g_assert_true (monge_planes_read (results, out, &error));
  g_assert_true (monge_backend_check (backend, &error));
  monge_planes_free (results);
  on_card_clear (&on);
  return out;
}

/* What the CPU computes, from the host and from planes. */
static void
test_runs (void)
{
  MongeBackend *card = open_card ();
  g_autoptr (MongeBackend) cpu = open_backend ("cpu");

  for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      const Case *c = &cases[k];
      guint64 n_pairs = 0;
      Data data;

      data_init (&data, 150, 333, c->dim);
      {
        const gsize n = c->out_dim * count_kept (c, &data);
        g_autofree double *wanted = run_on_host_data (cpu, c, &data, NULL);
        g_autofree double *sent = run_on_host_data (card, c, &data, &n_pairs);
        g_autofree double *queued = NULL;

        g_test_message ("%s", c->text);
        monge_assert_rel_l2 (sent, wanted, n, c->tol);
        g_assert_cmpuint (n_pairs, >=, 150 * 333);
        queued = run_on_planes (card, c, &data, &n_pairs);
        monge_assert_rel_l2 (queued, wanted, n, c->tol);
        g_assert_cmpuint (n_pairs, >=, 150 * 333);
      }
      data_clear (&data);
    }
  close_card (card);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cuda-backend/no-driver", test_no_driver);
  g_test_add_func ("/cuda-backend/several-cards", test_several_cards);
  g_test_add_func ("/cuda-backend/planes", test_planes);
  g_test_add_func ("/cuda-backend/fetch", test_fetch);
  g_test_add_func ("/cuda-backend/runs", test_runs);
  return g_test_run ();
}
