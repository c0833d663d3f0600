/* A fault of a card: what fails says so until the backend is opened again, and the CPU takes over.
 * Skipped without a card, for nothing else fails like one. */
#include "compute/backend/backend.h"
#include "compute/backend/step.h"
#include "tests/util.h"

#include <math.h>

#define N 1000

static MongeBackend *
open_card (void)
{
  g_autoptr (GError) error = NULL;
  MongeBackend *backend = monge_backend_open (&(MongeBackendOptions){ .name = "cuda" }, &error);

  if (backend == NULL)
    g_test_skip (error->message);
  return backend;
}

static MongePlanes *
planes_of_ones (MongeBackend *backend)
{
  g_autoptr (GError) error = NULL;
  MongePlanes *planes = monge_planes_new (backend, MONGE_PLANES_FLOAT64, N, 1, &error);
  double ones[N];

  g_assert_no_error (error);
  for (guint i = 0; i < N; i++)
    ones[i] = 1;
  monge_planes_write (planes, ones);
  return planes;
}

/* Σ w x of ones. */
static gboolean
measure (MongeBackend *backend, MongePlanes *w, MongePlanes *x, double *total, GError **error)
{
  monge_backend_step (backend, &(MongeStep){ .id = MONGE_STEP_MEASURE, .n = N, .planes = { w, x } });
  return monge_backend_read_totals (backend, 0, 1, total, NULL, error);
}

/* A step that is given an address where there is nothing. */
static void
test_sticky (void)
{
  g_autoptr (MongeBackend) backend = open_card ();
  g_autoptr (MongeBackend) cpu = NULL;
  g_autoptr (GError) error = NULL;
  double total = 0;

  if (backend == NULL)
    return;
  {
    g_autoptr (MongePlanes) w = planes_of_ones (backend);
    g_autoptr (MongePlanes) x = planes_of_ones (backend);
    gpointer data = x->data;

    g_assert_true (measure (backend, w, x, &total, &error));
    g_assert_cmpfloat (total, ==, N);

    x->data = GSIZE_TO_POINTER (0x10);
    g_assert_false (measure (backend, w, x, &total, &error));
    g_test_message ("%s", error->message);
    monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "CUDA");

    x->data = data;
    g_assert_false (measure (backend, w, x, &total, &error));
    monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "CUDA");
  }

  cpu = monge_backend_open (&(MongeBackendOptions){ .name = "cpu" }, &error);
  g_assert_no_error (error);
  {
    g_autoptr (MongePlanes) w = planes_of_ones (cpu);
    g_autoptr (MongePlanes) x = planes_of_ones (cpu);

    g_assert_true (measure (cpu, w, x, &total, &error));
    g_assert_cmpfloat (total, ==, N);
  }
}

/* More than any card has: named, with what there is, and no fault. */
static void
test_out_of_memory (void)
{
  g_autoptr (MongeBackend) backend = open_card ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MongePlanes) huge = NULL, w = NULL, x = NULL;
  double total = 0;

  if (backend == NULL)
    return;
  huge = monge_planes_new (backend, MONGE_PLANES_FLOAT64, (gsize) 1 << 40, 1, &error);
  g_assert_null (huge);
  g_test_message ("%s", error->message);
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE, "GiB");

  w = planes_of_ones (backend);
  x = planes_of_ones (backend);
  g_assert_true (measure (backend, w, x, &total, &error));
  g_assert_cmpfloat (total, ==, N);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/card/out-of-memory", test_out_of_memory);
  g_test_add_func ("/card/sticky", test_sticky);
  return g_test_run ();
}
