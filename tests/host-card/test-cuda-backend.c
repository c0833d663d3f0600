/* The CUDA backend on the host card: what it says of cards, what it does with memory and steps, how
 * it fails. */
#include "tests/host-card/cuda-world.h"

#include <math.h>
#include <string.h>

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
 * Steps
 */

#define ROWS 5000 /* more than one block adds up */
#define FACES 300

/* @planes: of each: d, f or i for its type, and of how many numbers per row; an index is of a row. */
typedef struct {
  MongeStepId id;
  gsize n;
  const char *planes[6];
  double numbers[3];
  gsize counts[1];
  guint n_totals;
} StepCase;

static const StepCase step_cases[] = {
  { MONGE_STEP_COMBINE, ROWS, { "d1", "d1" }, { 0.5, -2 }, { 0 }, 0 },
  { MONGE_STEP_MEASURE, ROWS, { "d1", "d1" }, { 0 }, { 0 }, 3 },
  { MONGE_STEP_MEASURE, 0, { "d1", "d1" }, { 0 }, { 0 }, 3 },
  { MONGE_STEP_MOVE, ROWS, { "d3", "d3", "d3", "d3", "d1" }, { 0.25 }, { 3 }, 3 },
  { MONGE_STEP_DRAW, ROWS, { "f3", "f1", "d2", "d2" }, { 0.5, 0.25 }, { 2 }, 0 },
  { MONGE_STEP_FACE, FACES, { "f3", "f3", "i3" }, { 0 }, { 0 }, 0 },
};

static gpointer
step_values (const char *kind, gsize k)
{
  const gsize n = ROWS * (gsize) (kind[1] - '0');
  gint32 *indices;

  if (kind[0] == 'd')
    return random_doubles (n, k + 1, -1, 1);
  if (kind[0] == 'f')
    return random_floats (n, k + 1, -1, 1);
  indices = g_new (gint32, n);
  for (gsize i = 0; i < n; i++)
    indices[i] = (gint32) (i * 7919 % ROWS);
  return indices;
}

/* Both sides of one number for each plane and total. */
static void
run_step (MongeBackend *backend, const StepCase *c, MongePlanes **planes, double *totals)
{
  g_autoptr (GError) error = NULL;
  MongeStep step = { .id = c->id, .n = c->n, .totals = 9 };

  for (guint k = 0; k < G_N_ELEMENTS (c->planes) && c->planes[k] != NULL; k++)
    {
      const MongePlanesType type = c->planes[k][0] == 'd'   ? MONGE_PLANES_FLOAT64
                                   : c->planes[k][0] == 'f' ? MONGE_PLANES_FLOAT32
                                                            : MONGE_PLANES_INT32;
      g_autofree gpointer values = step_values (c->planes[k], k);

      planes[k] = step.planes[k] = make_planes (backend, type, ROWS, c->planes[k][1] - '0', values);
    }
  memcpy (step.numbers, c->numbers, sizeof c->numbers);
  memcpy (step.counts, c->counts, sizeof c->counts);
  monge_backend_step (backend, &step);
  g_assert_true (monge_backend_read_totals (backend, 9, c->n_totals, totals, NULL, &error));
  g_assert_no_error (error);
}

static void
compare_planes (MongePlanes *a, MongePlanes *b)
{
  const gsize size = monge_planes_get_size (a), n = a->n * a->dim;
  g_autofree gpointer left = g_malloc (size), right = g_malloc (size);

  g_assert_true (monge_planes_read (a, left, NULL));
  g_assert_true (monge_planes_read (b, right, NULL));
  if (a->type == MONGE_PLANES_FLOAT64)
    monge_assert_max_abs ((double *) left, (double *) right, n, 1e-15);
  else if (a->type == MONGE_PLANES_FLOAT32)
    monge_assert_max_abs ((float *) left, (float *) right, n, 1e-6);
  else
    g_assert_cmpmem (left, size, right, size);
}

/* What the CPU makes of the same rows, and the sums and maxima of them. */
static void
test_steps (void)
{
  MongeBackend *card = open_card ();
  g_autoptr (MongeBackend) cpu = open_backend ("cpu");

  for (guint s = 0; s < G_N_ELEMENTS (step_cases); s++)
    {
      const StepCase *c = &step_cases[s];
      MongePlanes *ours[G_N_ELEMENTS (c->planes)], *theirs[G_N_ELEMENTS (c->planes)];
      double totals[3] = { 1, 1, 1 }, wanted[3] = { 2, 2, 2 };

      run_step (card, c, ours, totals);
      run_step (cpu, c, theirs, wanted);
      for (guint k = 0; k < c->n_totals; k++)
        g_assert_true (totals[k] == wanted[k]
                       || fabs (totals[k] - wanted[k]) <= 1e-12 * ROWS);
      for (guint k = 0; k < G_N_ELEMENTS (c->planes) && c->planes[k] != NULL; k++)
        {
          compare_planes (ours[k], theirs[k]);
          monge_planes_free (ours[k]);
          monge_planes_free (theirs[k]);
        }
    }
  close_card (card);
}

/* ------------------------------------------------------------------------------------------------
 * Failures
 */

/* A lack of memory names what is needed, what is free and what to do, and is no fault. */
static void
test_memory_is_short (void)
{
  static const HostCardDevice device = { "Host card", 9, 0, 64 << 20, 8 << 20, 1, 132 };
  MongeBackend *backend;
  MongePlanes *kept;
  GError *error = NULL;

  host_card_reset ();
  host_card_set_devices (&device, 1, cudaSuccess);
  backend = open_backend ("cuda");
  g_assert_null (monge_planes_new (backend, MONGE_PLANES_FLOAT64, 16 << 20, 1, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "needs 128.0\xc2\xa0MiB of memory");
  g_assert_false (monge_backend_reserve (backend, 100 << 20, "the transport of 5 points", &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "the transport of 5 points needs");
  g_assert_false (monge_backend_reserve (backend, 100 << 20, "it", &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "--backend cpu");
  g_assert_true (monge_backend_reserve (backend, 30 << 20, "it", &error));

  /* What was kept for later is given up for what is larger, and what fails once is asked again. */
  monge_planes_free (make_planes (backend, MONGE_PLANES_FLOAT64, 4 << 20, 1, NULL));
  monge_planes_free (make_planes (backend, MONGE_PLANES_FLOAT64, 5 << 20, 1, NULL));
  host_card_fail_allocation_at (1);
  kept = make_planes (backend, MONGE_PLANES_FLOAT64, 3 << 20, 1, NULL);
  g_assert_true (host_card_has_failed ());
  g_assert_true (monge_backend_check (backend, &error));
  monge_planes_free (kept);
  close_card (backend);
}

/* Without page-locked memory, or a word that both sides see, everything is slower and the same. */
static void
test_nothing_is_page_locked (void)
{
  guint n_found = 0;

  for (unsigned long n = 1; n < 60; n++)
    {
      double totals[3];
      Loop loop = { 0 };

      host_card_reset ();
      host_card_fail_at (n, cudaErrorNotSupported, FALSE);
      loop.backend = monge_backend_open (&cuda, NULL);
      if (host_card_has_failed ()
          && strncmp (host_card_get_failed_call (), "cudaHost", strlen ("cudaHost")) == 0)
        {
          n_found++;
          g_assert_nonnull (loop.backend);
          loop_fill (&loop);
          g_assert_true (loop_queue (&loop, NULL, NULL));
          g_assert_true (loop_read (&loop, totals, NULL, NULL));
          loop_clear (&loop);
        }
      else
        {
          host_card_fail_at (0, cudaSuccess, FALSE);
          g_clear_pointer (&loop.backend, close_card);
        }
    }
  g_assert_cmpuint (n_found, >=, 3);
}

/* After a fault nothing computes and everything says so, until the card is opened again. */
static void
test_fault (void)
{
  GError *error = NULL;
  double totals[3];
  Loop loop;

  loop_init (&loop);
  g_assert_true (loop_queue (&loop, NULL, NULL));
  host_card_fail_at (3, cudaErrorIllegalAddress, FALSE);
  loop_queue (&loop, NULL, NULL);
  for (guint k = 0; k < 2; k++)
    {
      g_assert_false (loop_read (&loop, totals, NULL, &error));
      monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "cudaErrorIllegalAddress");
    }
  g_assert_false (loop_queue (&loop, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "opened again");
  g_assert_null (monge_planes_new (loop.backend, MONGE_PLANES_FLOAT32, 5, 1, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "CUDA: ");
  g_assert_false (monge_planes_read (loop.result, totals, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "CUDA: ");
  g_assert_null (monge_planes_begin (loop.result, MONGE_PLANES_READ, NULL));
  g_assert_false (monge_backend_reserve (loop.backend, 1, "it", NULL));
  monge_planes_write (loop.on.planes[F], loop.data.f);
  monge_planes_copy (loop.on.planes[F], loop.result);
  monge_planes_fetch (loop.result);
  g_assert_cmpuint (monge_backend_take_n_pairs (loop.backend), ==, 0);
  loop_clear (&loop);

  loop_init (&loop);
  g_assert_true (loop_queue (&loop, NULL, NULL) && loop_read (&loop, totals, NULL, NULL));
  loop_clear (&loop);
}

/* ------------------------------------------------------------------------------------------------
 * Other threads and the screen
 */

typedef struct {
  guint8 room[4096];
  gsize used;
  guint n_maps, n_takes;
  gboolean takes, is_full;
} Screen;

static gpointer
screen_map (gpointer data, gsize size)
{
  Screen *screen = data;

  screen->n_maps++;
  return screen->is_full || size > sizeof screen->room ? NULL : screen->room;
}

static void
screen_unmap (gpointer data, gsize used)
{
  ((Screen *) data)->used = used;
}

static gboolean
screen_take (gpointer data, const MongeDeviceSpan *span)
{
  Screen *screen = data;

  screen->n_takes++;
  if (!screen->takes)
    return FALSE;
  if (span->ready != NULL)
    g_assert_cmpint (cudaEventSynchronize (span->ready), ==, cudaSuccess);
  g_assert_cmpint (cudaMemcpy (screen->room, span->data, span->size, cudaMemcpyDeviceToHost), ==,
                   cudaSuccess);
  screen->used = span->size;
  return TRUE;
}

/* Device to device where the sink takes that, else through the host; before the sink is mapped
 * everything is there. */
static void
test_publish (void)
{
  MongeBackend *backend = open_card ();
  g_autofree float *values = random_floats (600, 1, 0, 1);
  MongePlanes *planes = make_planes (backend, MONGE_PLANES_FLOAT32, 200, 3, values);
  Screen screen = { .takes = TRUE };
  MongeSink sink = { screen_map, screen_unmap, screen_take, &screen };
  GError *error = NULL;

  for (guint k = 0; k < 4; k++)
    {
      memset (screen.room, 0, sizeof screen.room);
      screen.takes = k < 2;
      sink.take = k < 3 ? screen_take : NULL;
      values[0] = (float) k;
      monge_planes_write (planes, values);
      g_assert_true (monge_planes_publish (planes, &sink, NULL));
      g_assert_cmpmem (screen.room, screen.used, values, 2400);
    }
  g_assert_cmpuint (screen.n_takes, ==, 3);
  g_assert_cmpuint (screen.n_maps, ==, 2);
  screen.is_full = TRUE;
  g_assert_false (monge_planes_publish (planes, &sink, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "no room");
  host_card_fail_at (1, cudaErrorLaunchFailure, TRUE);
  g_assert_false (monge_planes_publish (planes, &sink, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "cudaErrorLaunchFailure");
  host_card_fail_at (0, cudaSuccess, FALSE);
  g_assert_cmpuint (screen.n_maps, ==, 3);
  monge_planes_free (planes);
  close_card (backend);
}

typedef struct {
  MongePlanes *frame;
  gint ends;
} Reader;

static gpointer
read_frame (gpointer data)
{
  Reader *reader = data;
  double back[100];
  Screen screen = { 0 };
  const MongeSink sink = { screen_map, screen_unmap, NULL, &screen };
  guint n = 0;

  while (!g_atomic_int_get (&reader->ends) || n == 0)
    {
      g_assert_true (monge_planes_read (reader->frame, back, NULL));
      g_assert_true (monge_planes_publish (reader->frame, &sink, NULL));
      for (guint i = 0; i < 100; i++)
        g_assert_cmpfloat (back[i], ==, i);
      g_assert_cmpmem (screen.room, screen.used, back, sizeof back);
      n++;
    }
  return GUINT_TO_POINTER (n);
}

/* One thread computes while another reads and publishes a finished frame. */
static void
test_two_threads (void)
{
  double values[100], totals[3];
  Reader reader = { 0 };
  GThread *thread;
  Loop loop;

  for (guint i = 0; i < 100; i++)
    values[i] = i;
  loop_init (&loop);
  reader.frame = make_planes (loop.backend, MONGE_PLANES_FLOAT64, 100, 1, values);
  thread = g_thread_new ("reader", read_frame, &reader);
  for (guint k = 0; k < 30; k++)
    {
      g_assert_true (loop_queue (&loop, NULL, NULL));
      g_assert_true (loop_read (&loop, totals, NULL, NULL));
    }
  g_atomic_int_set (&reader.ends, 1);
  g_assert_cmpuint (GPOINTER_TO_UINT (g_thread_join (thread)), >, 0);
  monge_planes_free (reader.frame);
  loop_clear (&loop);
}

/* ------------------------------------------------------------------------------------------------
 * Every call fails once
 */

static void
use_card (void)
{
  g_autoptr (MongeBackend) backend = monge_backend_open (&cuda, NULL);
  g_autoptr (MongeKernel) kernel = NULL;
  g_autoptr (MongePlanes) planes = NULL;
  g_autofree float *values = random_floats (120, 1, 0, 1);
  const float s = 1;
  const MongeArgument arguments[] = {
    { .floats = values, .stride = 40 },
    { .floats = values, .stride = 40 },
    { .floats = &s },
  };
  const MongeVariable variables[]
      = { { "x", MONGE_AXIS_I, 3 }, { "y", MONGE_AXIS_J, 3 }, { "s", MONGE_AXIS_NONE, 1 } };
  double out[40], total;

  if (backend == NULL)
    return;
  kernel = monge_backend_prepare_text (backend, "logsumexp_j(-s*sqdist(x,y))", variables, 3, NULL);
  planes = monge_planes_new (backend, MONGE_PLANES_FLOAT32, 40, 3, NULL);
  monge_backend_run (backend, kernel, &(MongeRun){ .n_rows = 40, .n_columns = 40,
                                                   .arguments = arguments, .out = out },
                     NULL, NULL, NULL);
  if (planes == NULL)
    return;
  monge_planes_write (planes, values);
  monge_planes_fetch (planes);
  monge_backend_read_totals (backend, 0, 1, &total, NULL, NULL);
  if (monge_planes_begin (planes, MONGE_PLANES_WRITE, NULL) != NULL)
    monge_planes_end (planes);
}

static void
test_every_call_fails (void)
{
  unsigned long n_calls;

  host_card_reset ();
  use_card ();
  n_calls = host_card_get_n_calls (NULL);
  g_assert_cmpuint (n_calls, >, 50);
  for (unsigned long n = 1; n <= n_calls; n++)
    for (gint sticky = 0; sticky <= 1; sticky++)
      {
        host_card_reset ();
        host_card_set_deferred (sticky);
        host_card_fail_at (n, cudaErrorLaunchFailure, sticky);
        use_card ();
        host_card_fail_at (0, cudaSuccess, FALSE);
        host_card_assert_clean ();
      }
}

int
main (int argc, char **argv)
{
  cuda_world_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cuda-backend/no-driver", test_no_driver);
  g_test_add_func ("/cuda-backend/several-cards", test_several_cards);
  g_test_add_func ("/cuda-backend/planes", test_planes);
  g_test_add_func ("/cuda-backend/fetch", test_fetch);
  g_test_add_func ("/cuda-backend/steps", test_steps);
  g_test_add_func ("/cuda-backend/memory-is-short", test_memory_is_short);
  g_test_add_func ("/cuda-backend/nothing-is-page-locked", test_nothing_is_page_locked);
  g_test_add_func ("/cuda-backend/fault", test_fault);
  g_test_add_func ("/cuda-backend/publish", test_publish);
  g_test_add_func ("/cuda-backend/two-threads", test_two_threads);
  g_test_add_func ("/cuda-backend/every-call-fails", test_every_call_fails);
  return g_test_run ();
}
