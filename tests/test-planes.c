/* Planes and steps: what is queued on a backend beside reductions. */
#include "compute/backend/backend.h"
#include "compute/backend/step.h"
#include "tests/util.h"

#include <math.h>
#include <string.h>

static MongeBackend *
open_backend (guint n_threads)
{
  g_autoptr (GError) error = NULL;
  const MongeBackendOptions options = { .name = monge_test_backend (), .n_threads = n_threads };
  MongeBackend *backend = monge_backend_open (&options, &error);

  g_assert_no_error (error);
  return backend;
}

static MongePlanes *
planes_of (MongeBackend *backend, const double *values, gsize n)
{
  g_autoptr (GError) error = NULL;
  MongePlanes *planes = monge_planes_new (backend, MONGE_PLANES_FLOAT64, n, 1, &error);

  g_assert_no_error (error);
  monge_planes_write (planes, values);
  return planes;
}

static void
test_planes (void)
{
  g_autoptr (MongeBackend) backend = open_backend (0);
  const double values[] = { 1, -2, 3.5 };
  double back[3] = { 0 }, *seen;
  g_autoptr (MongePlanes) a = planes_of (backend, values, 3);
  g_autoptr (MongePlanes) b = monge_planes_new (backend, MONGE_PLANES_FLOAT64, 3, 1, NULL);
  g_autoptr (MongePlanes) empty = monge_planes_new (backend, MONGE_PLANES_INT32, 0, 2, NULL);

  g_assert_cmpuint (monge_planes_get_size (a), ==, sizeof values);
  g_assert_cmpuint (monge_planes_get_size (empty), ==, 0);
  monge_planes_copy (b, a);
  g_assert_true (monge_planes_read (b, back, NULL));
  g_assert_cmpmem (back, sizeof back, values, sizeof values);
  seen = monge_planes_begin (b, MONGE_PLANES_READ | MONGE_PLANES_WRITE, NULL);
  g_assert_cmpfloat (seen[1], ==, -2);
  seen[1] = 7;
  monge_planes_end (b);
  g_assert_true (monge_planes_read (b, back, NULL));
  g_assert_cmpfloat (back[1], ==, 7);
}

/* Totals are the same bits whatever the threads, over chunks and without rows. */
static void
test_totals (void)
{
  static const gsize sizes[] = { 0, 1, 4096, 4097, 200001 };
  double first[G_N_ELEMENTS (sizes)][3];

  for (guint n_threads = 1; n_threads <= 3; n_threads++)
    {
      g_autoptr (MongeBackend) backend = open_backend (n_threads);

      for (guint k = 0; k < G_N_ELEMENTS (sizes); k++)
        {
          const gsize n = sizes[k];
          g_autofree double *w = g_new (double, n + 1), *x = g_new (double, n + 1);
          double totals[3], wanted[3] = { 0, 0, -INFINITY };

          for (gsize i = 0; i < n; i++)
            {
              w[i] = 1.0 / (double) (i + 1);
              x[i] = sin ((double) i);
              wanted[0] += w[i] * x[i];
              wanted[1] += w[i] * x[i] * x[i];
              wanted[2] = fmax (wanted[2], fabs (x[i]));
            }
          {
            g_autoptr (MongePlanes) weights = planes_of (backend, w, n);
            g_autoptr (MongePlanes) values = planes_of (backend, x, n);

            monge_backend_step (backend, &(MongeStep){ .id = MONGE_STEP_MEASURE, .n = n,
                                                       .planes = { weights, values }, .totals = 5 });
            g_assert_true (monge_backend_read_totals (backend, 5, 3, totals, NULL, NULL));
          }
          for (guint t = 0; t < 2; t++)
            g_assert_true (fabs (totals[t] - wanted[t]) <= 1e-12);
          g_assert_cmpfloat (totals[2], ==, wanted[2]);
          if (n_threads == 1)
            memcpy (first[k], totals, sizeof totals);
          g_assert_cmpmem (totals, sizeof totals, first[k], sizeof totals);
        }
    }
}

static void
test_combine (void)
{
  g_autoptr (MongeBackend) backend = open_backend (0);
  const double x[] = { 1, 2, 3 }, y[] = { 10, 20, 30 }, wanted[] = { 7, 14, 21 };
  double back[3];
  g_autoptr (MongePlanes) px = planes_of (backend, x, 3);
  g_autoptr (MongePlanes) py = planes_of (backend, y, 3);

  monge_backend_step (backend, &(MongeStep){ .id = MONGE_STEP_COMBINE, .n = 3,
                                             .planes = { py, px }, .numbers = { 2, 0.5 } });
  g_assert_true (monge_planes_read (py, back, NULL));
  g_assert_cmpmem (back, sizeof back, wanted, sizeof wanted);
}

/* Arguments and results in planes are the same run. */
static void
test_run (void)
{
  g_autoptr (MongeBackend) backend = open_backend (0);
  const MongeVariable variables[]
      = { { "x", MONGE_AXIS_I, 1 }, { "y", MONGE_AXIS_J, 1 }, { "s", MONGE_AXIS_NONE, 1 } };
  g_autoptr (MongeKernel) kernel
      = monge_backend_prepare_text (backend, "sum_j exp(-s*sqdist(x,y))", variables, 3, NULL);
  const double x[] = { 0, 1, 2, 4 }, y[] = { 0.5, 3 }, s = 0.7;
  double plain[4], back[4];
  g_autoptr (MongePlanes) px = planes_of (backend, x, 4);
  g_autoptr (MongePlanes) py = planes_of (backend, y, 2);
  g_autoptr (MongePlanes) out = monge_planes_new (backend, MONGE_PLANES_FLOAT64, 4, 1, NULL);
  const MongeArgument on_host[] = { { .doubles = x, .stride = 4 }, { .doubles = y, .stride = 2 },
                                    { .doubles = &s, .stride = 1 } };
  const MongeArgument in_planes[] = { { .planes = px }, { .planes = py },
                                      { .doubles = &s, .stride = 1 } };

  monge_backend_take_n_pairs (backend);
  g_assert_true (monge_backend_run (backend, kernel,
                                    &(MongeRun){ .n_rows = 4, .n_columns = 2, .arguments = on_host,
                                                 .out = plain }, NULL, NULL, NULL));
  g_assert_cmpuint (monge_backend_take_n_pairs (backend), ==, 0);
  g_assert_true (monge_backend_run (backend, kernel,
                                    &(MongeRun){ .n_rows = 4, .n_columns = 2,
                                                 .arguments = in_planes, .out_planes = out },
                                    NULL, NULL, NULL));
  g_assert_cmpuint (monge_backend_take_n_pairs (backend), ==, 8);
  g_assert_true (monge_planes_read (out, back, NULL));
  if (g_str_equal (monge_test_backend (), "cpu"))
    g_assert_cmpmem (back, sizeof back, plain, sizeof plain);
  else /* other roundings on the way */
    monge_assert_rel_l2 (back, plain, G_N_ELEMENTS (back), 1e-6);
}

typedef struct {
  double bytes[3];
  gboolean has_room;
  gsize used;
} Screen;

static gpointer
screen_map (gpointer user_data, gsize size)
{
  Screen *screen = user_data;

  return screen->has_room && size <= sizeof screen->bytes ? screen->bytes : NULL;
}

static void
screen_unmap (gpointer user_data, gsize used)
{
  ((Screen *) user_data)->used = used;
}

static void
test_publish (void)
{
  g_autoptr (MongeBackend) backend = open_backend (0);
  g_autoptr (GError) error = NULL;
  const double values[] = { 1, 2, 3 };
  g_autoptr (MongePlanes) planes = planes_of (backend, values, 3);
  Screen screen = { .has_room = TRUE };
  const MongeSink sink = { .map = screen_map, .unmap = screen_unmap, .user_data = &screen };

  g_assert_true (monge_planes_publish (planes, &sink, NULL));
  g_assert_cmpuint (screen.used, ==, sizeof values);
  g_assert_cmpmem (screen.bytes, sizeof values, values, sizeof values);
  screen.has_room = FALSE;
  g_assert_false (monge_planes_publish (planes, &sink, &error));
  g_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/planes/written-read-copied-begun", test_planes);
  g_test_add_func ("/planes/totals-do-not-depend-on-threads", test_totals);
  g_test_add_func ("/planes/combine", test_combine);
  g_test_add_func ("/planes/a-run-in-planes-is-the-same-run", test_run);
  g_test_add_func ("/planes/publish", test_publish);
  return g_test_run ();
}
