/* Programs on the host card: results are the CPU's whether arguments lie on the host or in planes,
 * and with planes nothing waits, nothing is allocated, and what goes wrong is told at the next
 * read. */
#include "tests/host-card/cuda-world.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------
 * Results
 */

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
  { "sum_j(g*exp(-sqdist(x,y)*s^2/2))", 3, 1, TRUE, 1e-6 },
  { "min_j sqdist(x,y)", 3, 1, TRUE, 1e-6 },
  { "kmin_j(sqdist(x,y),4)", 3, 4, TRUE, 1e-6 },
};

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
  double *out = g_new (double, MAX (c->out_dim * count_kept (c, data), 1));
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
  double *out = g_new (double, MAX (c->out_dim * n_kept, 1));
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
        g_assert_true (n_pairs >= 150 * 333 || strstr (c->text, "min") != NULL);
        queued = run_on_planes (card, c, &data, &n_pairs);
        monge_assert_rel_l2 (queued, wanted, n, c->tol);
        g_assert_true (n_pairs >= 150 * 333 || strstr (c->text, "min") != NULL);
      }
      data_clear (&data);
    }
  close_card (card);
}

/* Programs that no loop was written for, by code made for them, here by the host's compiler. */
static void
test_generated (void)
{
  static const Case generated[] = {
    { "sum_j(g*cos(s*dist(x,y)))", 3, 1, FALSE, 1e-5 },
    { "max_i(f*h + dot(x,y))", 2, 1, FALSE, 1e-6 },
  };
  MongeBackend *card = open_card ();
  g_autoptr (MongeBackend) cpu = open_backend ("cpu");

  for (guint k = 0; k < G_N_ELEMENTS (generated); k++)
    {
      const Case *c = &generated[k];
      guint64 n_pairs = 0;
      Data data;

      data_init (&data, 90, 70, c->dim);
      {
        const gsize n = c->out_dim * count_kept (c, &data);
        g_autofree double *wanted = run_on_host_data (cpu, c, &data, NULL);
        g_autofree double *sent = run_on_host_data (card, c, &data, &n_pairs);
        g_autofree double *queued = NULL;

        monge_assert_rel_l2 (sent, wanted, n, c->tol);
        g_assert_cmpuint (n_pairs, ==, 90 * 70);
        queued = run_on_planes (card, c, &data, &n_pairs);
        monge_assert_rel_l2 (queued, wanted, n, c->tol);
        g_assert_cmpuint (n_pairs, ==, 90 * 70);
      }
      data_clear (&data);
    }
  close_card (card);
}

/* Over nothing, and of nothing. */
static void
test_no_columns_and_no_rows (void)
{
  static const gsize sizes[][2] = { { 40, 0 }, { 0, 40 } };
  static const Case over_nothing[] = {
    { "logsumexp_j(f + h - s*sqdist(x,y))", 3, 1, TRUE, 0 },
    { "sum_j(g*exp(-s*sqdist(x,y)))", 3, 1, TRUE, 0 },
  };
  MongeBackend *card = open_card ();
  g_autoptr (MongeBackend) cpu = open_backend ("cpu");

  for (guint k = 0; k < G_N_ELEMENTS (sizes) * G_N_ELEMENTS (over_nothing); k++)
    {
      const Case *c = &over_nothing[k / 2];
      guint64 n_pairs;
      Data data;

      data_init (&data, sizes[k % 2][0], sizes[k % 2][1], c->dim);
      {
        g_autofree double *wanted = run_on_host_data (cpu, c, &data, NULL);
        g_autofree double *sent = run_on_host_data (card, c, &data, NULL);
        g_autofree double *queued = run_on_planes (card, c, &data, &n_pairs);

        g_assert_cmpmem (sent, data.n * sizeof *sent, wanted, data.n * sizeof *wanted);
        g_assert_cmpmem (queued, data.n * sizeof *queued, wanted, data.n * sizeof *wanted);
      }
      data_clear (&data);
    }
  close_card (card);
}

/* Indices go to the host, wherever points lie. */
static void
test_neighbours (void)
{
  MongeBackend *card = open_card ();
  g_autoptr (MongeBackend) cpu = open_backend ("cpu");
  gint64 wanted[5 * 150], found[G_N_ELEMENTS (wanted)];
  MongeArgument arguments[N_ARGUMENTS];
  MongeRun run = { .n_rows = 150, .n_columns = 333, .arguments = arguments };
  g_autoptr (MongeKernel) theirs = prepare (cpu, "argkmin_j(sqdist(x,y),5)", 3);
  MongeKernel *ours = prepare (card, "argkmin_j(sqdist(x,y),5)", 3);
  Data data;
  OnCard on;

  data_init (&data, 150, 333, 3);
  set_host_arguments (&data, arguments);
  run.index_out = wanted;
  g_assert_true (monge_backend_run (cpu, theirs, &run, NULL, NULL, NULL));
  run.index_out = found;
  g_assert_true (monge_backend_run (card, ours, &run, NULL, NULL, NULL));
  g_assert_cmpmem (found, sizeof found, wanted, sizeof wanted);
  memset (found, 0, sizeof found);
  on_card_init (&on, card, &data, 3, arguments);
  g_assert_true (monge_backend_run (card, ours, &run, NULL, NULL, NULL));
  g_assert_cmpmem (found, sizeof found, wanted, sizeof wanted);
  on_card_clear (&on);
  data_clear (&data);
  monge_kernel_free (ours);
  close_card (card);
}

/* Blocks of pairs, over either axis. */
static void
test_pairs (void)
{
  static const Case sparse[] = {
    { "logsumexp_j(f + h - s*sqdist(x,y))", 3, 1, TRUE, 1e-6 },
    { "sum_i(f*exp(-s*dist(x,y)))", 3, 1, TRUE, 1e-6 },
  };
  static const gsize rows[] = { 0, 70, 150, 200 }, first[] = { 0, 2, 2, 3 };
  static const MongeRange ranges[] = { { 3, 60 }, { 64, 99 }, { 0, 33 } };
  MongeBackend *card = open_card ();
  g_autoptr (MongeBackend) cpu = open_backend ("cpu");
  g_autoptr (MongePairs) pairs = monge_pairs_new (200, 100, rows, 3, first, ranges, NULL);
  MongeArgument arguments[N_ARGUMENTS], on_host[N_ARGUMENTS];
  MongeRun run = { .n_rows = 200, .n_columns = 100, .arguments = on_host, .pairs = pairs };
  Data data;
  OnCard on;

  g_assert_nonnull (pairs);
  data_init (&data, 200, 100, 3);
  set_host_arguments (&data, on_host);
  on_card_init (&on, card, &data, 3, arguments);
  for (guint k = 0; k < G_N_ELEMENTS (sparse); k++)
    {
      g_autoptr (MongeKernel) theirs = prepare (cpu, sparse[k].text, 3);
      g_autoptr (MongeKernel) ours = prepare (card, sparse[k].text, 3);
      const gsize n = count_kept (&sparse[k], &data);
      double wanted[200], sent[200], queued[200];
      g_autoptr (MongePlanes) results = make_planes (card, MONGE_PLANES_FLOAT64, n, 1, NULL);

      run.out = wanted;
      g_assert_true (monge_backend_run (cpu, theirs, &run, NULL, NULL, NULL));
      run.out = sent;
      g_assert_true (monge_backend_run (card, ours, &run, NULL, NULL, NULL));
      g_assert_true (monge_backend_run (card, ours,
                                        &(MongeRun){ .n_rows = 200, .n_columns = 100,
                                                     .arguments = arguments, .pairs = pairs,
                                                     .out_planes = results }, NULL, NULL, NULL));
      g_assert_true (monge_planes_read (results, queued, NULL));
      for (gsize i = 0; i < n; i++)
        {
          g_assert_true (sent[i] == wanted[i] || fabs (sent[i] - wanted[i]) < 1e-5);
          g_assert_true (queued[i] == wanted[i] || fabs (queued[i] - wanted[i]) < 1e-5);
        }
    }
  on_card_clear (&on);
  data_clear (&data);
  close_card (card);
}

/* ------------------------------------------------------------------------------------------------
 * Queues
 */

static unsigned long
count_calls (const char *const *names)
{
  unsigned long n = 0;

  for (; *names != NULL; names++)
    n += host_card_get_n_calls (*names);
  return n;
}

/* Once it has run, it neither allocates nor waits before totals are read. */
static void
test_steady_state (void)
{
  static const char *const waits[]
      = { "cudaStreamSynchronize", "cudaEventSynchronize", "cudaDeviceSynchronize",
          "cudaEventQuery", "cudaStreamQuery", "cudaMemcpy", "cudaMemset", NULL };
  static const char *const allocations[]
      = { "cudaMalloc", "cudaFree", "cudaHostAlloc", "cudaMallocHost", "cudaFreeHost",
          "cudaEventCreateWithFlags", "cudaEventCreate", "cudaStreamCreateWithFlags", NULL };
  unsigned long n_allocations = 0, n_launches = 0;
  double totals[3];
  Loop loop;

  loop_init (&loop);
  for (guint k = 0; k < 4; k++)
    {
      const unsigned long n_waits = count_calls (waits);

      n_allocations = k == 2 ? count_calls (allocations) : n_allocations;
      n_launches = k == 3 ? host_card_get_n_calls ("launch") : 0;
      g_assert_true (loop_queue (&loop, NULL, NULL));
      g_assert_cmpuint (count_calls (waits), ==, n_waits);
      g_assert_true (loop_read (&loop, totals, NULL, NULL));
    }
  g_test_message ("%lu launches", host_card_get_n_calls ("launch") - n_launches);
  g_assert_cmpuint (count_calls (allocations), ==, n_allocations);
  loop_clear (&loop);
}

/* The row is named once, at the next read. */
static void
test_nan (void)
{
  GError *error = NULL;
  double totals[3];
  Loop loop;

  loop_init (&loop);
  loop.data.f[17] = NAN;
  monge_planes_write (loop.on.planes[F], loop.data.f);
  g_assert_true (loop_queue (&loop, NULL, NULL));
  g_assert_false (loop_read (&loop, totals, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAN, "row 17 ");
  loop.data.f[17] = 0;
  monge_planes_write (loop.on.planes[F], loop.data.f);
  g_assert_true (loop_queue (&loop, NULL, NULL));
  g_assert_true (loop_read (&loop, totals, NULL, &error));
  g_assert_no_error (error);
  loop_clear (&loop);
}

/* Cancels what waits in the queue. Returns: for how long the caller was kept, in microseconds. */
static double
cancel_queue (Loop *loop)
{
  MongeTask task = MONGE_TASK_INIT;
  GError *error = NULL;
  double totals[3];
  gint64 began;

  for (guint k = 0; k < 4; k++)
    g_assert_true (loop_queue (loop, &task, NULL));
  monge_task_cancel (&task);
  began = g_get_monotonic_time ();
  g_assert_false (loop_read (loop, totals, &task, &error));
  began = g_get_monotonic_time () - began;
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
  g_assert_false (loop_queue (loop, &task, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
  return (double) began;
}

/* What waits in the queue leaves, and the backend computes as before. The least of a few tries: the
 * machine has other things to do. */
static void
test_cancel (void)
{
  double totals[3], before[3], least = INFINITY;
  Loop loop;

  loop_init (&loop);
  g_assert_true (loop_queue (&loop, NULL, NULL));
  g_assert_true (loop_read (&loop, before, NULL, NULL));
  for (guint try = 0; try < 5; try++)
    least = MIN (least, cancel_queue (&loop));
  g_assert_cmpfloat (least, <, 50e3 * monge_test_patience ());

  monge_planes_write (loop.on.planes[F], loop.data.f);
  g_assert_true (loop_queue (&loop, NULL, NULL));
  g_assert_true (loop_read (&loop, totals, NULL, NULL));
  g_assert_cmpmem (totals, sizeof totals, before, sizeof before);
  loop_clear (&loop);
}

int
main (int argc, char **argv)
{
  cuda_world_init ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cuda-runs/runs", test_runs);
  g_test_add_func ("/cuda-runs/generated", test_generated);
  g_test_add_func ("/cuda-runs/no-columns-and-no-rows", test_no_columns_and_no_rows);
  g_test_add_func ("/cuda-runs/neighbours", test_neighbours);
  g_test_add_func ("/cuda-runs/pairs", test_pairs);
  g_test_add_func ("/cuda-runs/steady-state", test_steady_state);
  g_test_add_func ("/cuda-runs/nan", test_nan);
  g_test_add_func ("/cuda-runs/cancel", test_cancel);
  return g_test_run ();
}
