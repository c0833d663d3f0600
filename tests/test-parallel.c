#include "compute/core/parallel.h"
#include "tests/util.h"

#define N 10007

static void
count_rows (gsize begin, gsize end, guint worker, gpointer data)
{
  gint *counts = data;

  g_assert_cmpuint (begin, <, end);
  g_assert_cmpuint (worker, <, 8);
  for (gsize i = begin; i < end; i++)
    g_atomic_int_inc (&counts[i]);
}

static void
every_row_once (void)
{
  static const gsize grains[] = { 1, 7, 64, N, 10 * N };

  for (guint n_threads = 0; n_threads <= 8; n_threads++)
    for (guint k = 0; k < G_N_ELEMENTS (grains); k++)
      {
        g_autofree gint *counts = g_new0 (gint, N);

        g_assert_true (monge_parallel_rows (N, grains[k], n_threads, NULL, count_rows, counts));
        for (gsize i = 0; i < N; i++)
          g_assert_cmpint (counts[i], ==, 1);
      }
}

static void
no_rows_no_call (void)
{
  g_assert_true (monge_parallel_rows (0, 1, 0, NULL, count_rows, NULL));
}

static gpointer
run_many (gpointer data)
{
  for (int k = 0; k < 50; k++)
    {
      g_autofree gint *counts = g_new0 (gint, 200);

      g_assert_true (monge_parallel_rows (200, 3, 4, NULL, count_rows, counts));
      for (gsize i = 0; i < 200; i++)
        g_assert_cmpint (counts[i], ==, 1);
    }
  return NULL;
}

static void
callers_take_turns (void)
{
  GThread *threads[4];

  for (guint k = 0; k < G_N_ELEMENTS (threads); k++)
    threads[k] = g_thread_new ("caller", run_many, NULL);
  for (guint k = 0; k < G_N_ELEMENTS (threads); k++)
    g_thread_join (threads[k]);
}

typedef struct {
  MongeTask task;
  gint n_chunks;
} Stop;

static void
stop_at_the_tenth (gsize begin, gsize end, guint worker, gpointer data)
{
  Stop *stop = data;

  if (g_atomic_int_add (&stop->n_chunks, 1) == 9)
    monge_task_cancel (&stop->task);
}

static void
cancelled_between_chunks (void)
{
  for (guint n_threads = 1; n_threads <= 3; n_threads++)
    {
      Stop stop = { MONGE_TASK_INIT, 0 };

      g_assert_false (monge_parallel_rows (N, 1, n_threads, &stop.task, stop_at_the_tenth, &stop));
      g_assert_cmpint (stop.n_chunks, <, 10 + (gint) n_threads);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parallel/every-row-once", every_row_once);
  g_test_add_func ("/parallel/no-rows-no-call", no_rows_no_call);
  g_test_add_func ("/parallel/callers-take-turns", callers_take_turns);
  g_test_add_func ("/parallel/cancelled-between-chunks", cancelled_between_chunks);
  return g_test_run ();
}
