/* What a reduction does with numbers that are none, infinite or very small, with nothing to reduce,
 * on any number of threads, and when it is told to stop. Run once per instruction set. */
#include "tests/formula-problem.h"
#include "tests/util.h"

#include <math.h>
#include <stdlib.h>

static void
check_run (MongeBackend *backend, MongeKernel *kernel, const MongeProblem *problem,
           MongePrecision precision, double cutoff, MongeResult *result)
{
  GError *error = NULL;

  monge_problem_run (backend, kernel, problem, precision, cutoff, result, NULL, &error);
  g_assert_no_error (error);
}

/* Hand-tuned and generic are each near the truth; here, that they are near one another, and that
 * there are two of them. */
static void
hand_tuned_and_generic_agree (void)
{
  static const char *const texts[]
      = { "sum_j exp(-sqdist(x,y)/(2*s^2))*b", "sum_j exp(-dist(x,y)/s)*v", "sum_j dist(x,y)*w",
          "logsumexp_j(-sqdist(x,y)/(2*s^2), b)", "logsumexp_j((w-dist(x,y))/s)" };
  g_autoptr (MongeBackend) backend = monge_problem_open_cpu (0);

  for (guint t = 0; t < G_N_ELEMENTS (texts); t++)
    {
      MongeProblem problem = monge_problem_new (texts[t], 3, 333, 1000, MONGE_LAYOUT_DENSE);
      g_autoptr (MongeKernel) tuned = monge_problem_prepare (backend, &problem, MONGE_FLOAT32, 0);
      g_autoptr (MongeKernel) generic
          = monge_problem_prepare (backend, &problem, MONGE_FLOAT32, MONGE_PREPARE_GENERIC);
      MongeResult a, b;

      g_assert_true (monge_kernel_is_tuned (tuned));
      g_assert_false (monge_kernel_is_tuned (generic));
      monge_result_init (&a, problem.n_out, 333);
      monge_result_init (&b, problem.n_out, 333);
      check_run (backend, tuned, &problem, MONGE_FLOAT32, 0, &a);
      check_run (backend, generic, &problem, MONGE_FLOAT32, 0, &b);
      for (gsize k = 0; k < problem.n_out; k++)
        monge_assert_close (a.out[k], b.out[k], MONGE_TERM * problem.size[k]);
      monge_result_clear (&a);
      monge_result_clear (&b);
      monge_problem_clear (&problem);
    }
}

static const char *const bit_texts[] = { "sum_j exp(-sqdist(x,y)/(2*s^2))*b",
                                         "sum_j sin(dot(x,y))*v",
                                         "logsumexp_j(-dist(x,y)/s, b)",
                                         "softmean_j(w-sqdist(x,y)/s, y)",
                                         "argkmin_j(sqdist(x,y),5)",
                                         "max_j dot(x,y)",
                                         "mean_j outer(x,y)" };

static void
same_bits_whatever_the_threads (void)
{
  for (guint t = 0; t < G_N_ELEMENTS (bit_texts); t++)
    for (MongeLayout layout = MONGE_LAYOUT_DENSE; layout <= MONGE_LAYOUT_BLOCKS; layout++)
      for (MongePrepareFlags flags = 0; flags <= MONGE_PREPARE_GENERIC; flags++)
        {
          MongeProblem problem = monge_problem_new (bit_texts[t], 3, 700, 500, layout);
          MongeResult results[3];

          for (guint n = 0; n < 3; n++)
            {
              g_autoptr (MongeBackend) backend = monge_problem_open_cpu (n + 1);
              g_autoptr (MongeKernel) kernel
                  = monge_problem_prepare (backend, &problem, MONGE_FLOAT32, flags);

              monge_result_init (&results[n], problem.n_out, 700);
              check_run (backend, kernel, &problem, MONGE_FLOAT32, 0,
                                                &results[n]);
              g_assert_cmpmem (results[0].out, problem.n_out * sizeof (double), results[n].out,
                               problem.n_out * sizeof (double));
              g_assert_cmpmem (results[0].index_out, problem.n_out * sizeof (gint64),
                               results[n].index_out, problem.n_out * sizeof (gint64));
            }
          for (guint n = 0; n < 3; n++)
            monge_result_clear (&results[n]);
          monge_problem_clear (&problem);
        }
}

/* A kernel is made once and run as often as one likes, at any sizes. */
static void
kernels_run_again_at_other_sizes (void)
{
  g_autoptr (MongeBackend) backend = monge_problem_open_cpu (2);
  static const gsize sizes[][2] = { { 700, 33 }, { 1, 1000 }, { 31, 5 }, { 700, 900 } };

  for (guint t = 0; t < G_N_ELEMENTS (bit_texts); t++)
    {
      g_autoptr (MongeKernel) kernel = NULL;

      for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
        {
          MongeProblem problem
              = monge_problem_new (bit_texts[t], 2, sizes[s][0], sizes[s][1], s % 2);
          MongeResult result;

          problem.tolerance = MONGE_STEEP;
          if (kernel == NULL)
            kernel = monge_problem_prepare (backend, &problem, MONGE_FLOAT32, 0);
          monge_result_init (&result, problem.n_out, sizes[s][0]);
          check_run (backend, kernel, &problem, MONGE_FLOAT32, 0, &result);
          if (!monge_reduce_op_gives_indices (problem.reduction.op))
            monge_problem_compare (&problem, kernel, MONGE_FLOAT32, &result);
          monge_result_clear (&result);
          monge_problem_clear (&problem);
        }
    }
}

/* --- Numbers that are none, infinite or very small -------------------------------------------- */

static void
expect_nan_error (const char *text, const char *variable, gsize plane, gsize row, double value,
                  const char *part)
{
  g_autoptr (MongeBackend) backend = monge_problem_open_cpu (0);

  for (MongePrecision precision = MONGE_FLOAT32; precision <= MONGE_FLOAT64; precision++)
    for (MongePrepareFlags flags = 0; flags <= MONGE_PREPARE_GENERIC; flags++)
      {
        MongeProblem problem = monge_problem_new (text, 3, 200, 300, MONGE_LAYOUT_DENSE);
        const MongeFormula *v = monge_world_find (&problem.world, variable);
        g_autoptr (MongeKernel) kernel
            = monge_problem_prepare (backend, &problem, precision, flags);
        GError *error = NULL;
        MongeResult result;

        monge_world_get_values (&problem.world,
                                v)[plane * monge_world_get_rows (&problem.world, v->axis) + row]
            = value;
        monge_result_init (&result, problem.n_out, 200);
        g_assert_false (
            monge_problem_run (backend, kernel, &problem, precision, 0, &result, NULL, &error));
        monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAN, part);
        monge_result_clear (&result);
        monge_problem_clear (&problem);
      }
}

static void
nan_in_an_argument_is_named (void)
{
  expect_nan_error ("sum_j exp(-sqdist(x,y)/(2*s^2))*b", "y", 2, 17, NAN, "“y”");
  expect_nan_error ("sum_j exp(-sqdist(x,y)/(2*s^2))*b", "y", 2, 17, NAN, "17");
  expect_nan_error ("sum_j exp(-sqdist(x,y)/(2*s^2))*b", "x", 0, 199, NAN, "199");
  expect_nan_error ("sum_j exp(-sqdist(x,y)/(2*s^2))*b", "s", 0, 0, NAN, "“s”");
  expect_nan_error ("logsumexp_j(-dist(x,y), b)", "b", 0, 299, NAN, "299");
  expect_nan_error ("argkmin_j(sqdist(x,y),3)", "x", 1, 0, NAN, "“x”");
  expect_nan_error ("max_j sin(x*y)", "y", 0, 64, NAN, "64");
}

static void
nan_that_arises_is_named_by_row (void)
{
  expect_nan_error ("sum_j log(a)*b", "a", 0, 150, -1, "150");
  expect_nan_error ("sum_j sin(a)*b", "a", 0, 31, INFINITY, "31");
}

/* Terms of weight e^−∞ = 0 count for nothing; with no other terms, log 0. */
static void
infinities_in_log_sum_exp (void)
{
  static const char *const texts[]
      = { "logsumexp_j(w-sqdist(x,y))", "logsumexp_j(w-dist(x,y))", "logsumexp_j(w-dot(x,y))" };
  g_autoptr (MongeBackend) backend = monge_problem_open_cpu (0);

  for (guint t = 0; t < G_N_ELEMENTS (texts); t++)
    for (MongePrepareFlags flags = 0; flags <= MONGE_PREPARE_GENERIC; flags++)
      for (gsize stride = 1; stride <= 2; stride++)
        {
          MongeProblem problem = monge_problem_new (texts[t], 3, 70, 301, MONGE_LAYOUT_DENSE);
          g_autoptr (MongeKernel) kernel
              = monge_problem_prepare (backend, &problem, MONGE_FLOAT32, flags);
          double *w
              = monge_world_get_values (&problem.world, monge_world_find (&problem.world, "w"));
          MongeResult result;

          for (gsize j = 0; j < 301; j += stride)
            w[j] = -INFINITY;
          monge_world_reduce (&problem.world, &problem.reduction, NULL, problem.truth, NULL, NULL,
                              NULL);
          monge_result_init (&result, problem.n_out, 70);
          check_run (backend, kernel, &problem, MONGE_FLOAT32, 0, &result);
          if (stride == 1)
            for (gsize i = 0; i < 70; i++)
              {
                if (result.out[i] != -INFINITY)
                  g_error ("%s, %s: %g", texts[t], monge_kernel_get_description (kernel),
                           result.out[i]);
              }
          else
            monge_assert_max_abs (result.out, problem.truth, 70, 4 * MONGE_TERM);
          monge_result_clear (&result);
          monge_problem_clear (&problem);
        }
}

/* Points as far as float32 reaches, terms that overflow or vanish: what float64 says, not NaN. */
static void
exponents_of_any_size (void)
{
  static const char *const texts[]
      = { "logsumexp_j(1000*dot(x,y))",      "logsumexp_j(-5000*sqdist(x,y))",
          "logsumexp_j(a-300*dist(x,y), b)", "softmean_j(-5000*sqdist(x,y), v)",
          "softmean_j(900*dot(x,y), y)",     "logsumexp_j(1000*b)" };
  g_autoptr (MongeBackend) backend = monge_problem_open_cpu (0);

  for (guint t = 0; t < G_N_ELEMENTS (texts); t++)
    for (MongePrepareFlags flags = 0; flags <= MONGE_PREPARE_GENERIC; flags++)
      {
        MongeProblem problem = monge_problem_new (texts[t], 3, 70, 301, MONGE_LAYOUT_DENSE);

        problem.tolerance = problem.reduction.op == MONGE_REDUCE_SOFT_MEAN ? 2e-3 : MONGE_TERM;
        monge_problem_check (backend, &problem, MONGE_FLOAT32, flags);
        monge_problem_clear (&problem);
      }
}

static double
time_run (MongeBackend *backend, MongeKernel *kernel, const MongeProblem *problem)
{
  double best = INFINITY;
  MongeResult result;

  monge_result_init (&result, problem->n_out, monge_problem_get_kept (problem));
  for (guint k = 0; k < 5; k++)
    {
      gint64 start = g_get_monotonic_time ();

      check_run (backend, kernel, problem, MONGE_FLOAT32, 0, &result);
      best = MIN (best, (double) (g_get_monotonic_time () - start));
    }
  monge_result_clear (&result);
  return best;
}

/* Numbers below 1e-38 take a processor a hundred times longer unless it is told to leave them. */
static void
denormals_cost_no_time (void)
{
  static const char *const texts[] = { "sum_j exp(-sqdist(x,y)/s)*w", "sum_j exp(dot(x,y)*s)*w*a",
                                       "sum_j exp(-s*90-sqdist(x,y))*b" };
  g_autoptr (MongeBackend) backend = monge_problem_open_cpu (1);

  for (guint t = 0; t < G_N_ELEMENTS (texts); t++)
    for (MongePrepareFlags flags = 0; flags <= MONGE_PREPARE_GENERIC; flags++)
      {
        MongeProblem problem = monge_problem_new (texts[t], 3, 500, 1000, MONGE_LAYOUT_DENSE);
        g_autoptr (MongeKernel) kernel
            = monge_problem_prepare (backend, &problem, MONGE_FLOAT32, flags);
        double *w = monge_world_get_values (&problem.world, monge_world_find (&problem.world, "w"));
        double *s = monge_world_get_values (&problem.world, monge_world_find (&problem.world, "s"));
        double usual, tiny;

        *s = 0.25;
        usual = time_run (backend, kernel, &problem);
        for (gsize j = 0; j < 1000; j++)
          w[j] *= 1e-39;
        *s = 1;
        tiny = time_run (backend, kernel, &problem);
        if (!(tiny <= 6 * usual * monge_test_patience () + 1000))
          g_error ("%s (%s): %g µs, with denormals %g µs", texts[t], flags ? "generic" : "tuned",
                   usual, tiny);
        monge_problem_clear (&problem);
      }
}

/* --- Nothing to reduce ------------------------------------------------------------------------ */

static double
over_nothing (MongeReduceOp op)
{
  switch (op)
    {
    case MONGE_REDUCE_SUM: return 0;
    case MONGE_REDUCE_MEAN:
    case MONGE_REDUCE_SOFT_MEAN: return NAN;
    case MONGE_REDUCE_LOG_SUM_EXP:
    case MONGE_REDUCE_MAX: return -INFINITY;
    default: return INFINITY;
    }
}

static void
empty_reductions (void)
{
  static const char *const texts[]
      = { "sum_j x*y", "sum_j dist(x,y)*b", "sum_j exp(-sqdist(x,y))*v", "mean_j x*y",
          "logsumexp_j(-sqdist(x,y))", "logsumexp_j(-dist(x,y), b)", "softmean_j(-sqdist(x,y), y)",
          "min_j x*y", "max_j x*y", "argmin_j x*y", "argmax_j sqdist(x,y)", "kmin_j(sqdist(x,y),3)",
          "argkmin_j(sqdist(x,y),3)" };
  static const gsize sizes[][2] = { { 40, 0 }, { 0, 40 }, { 0, 0 } };
  g_autoptr (MongeBackend) backend = monge_problem_open_cpu (2);

  for (guint t = 0; t < G_N_ELEMENTS (texts); t++)
    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
      for (MongePrepareFlags flags = 0; flags <= MONGE_PREPARE_GENERIC; flags++)
        {
          MongeProblem problem
              = monge_problem_new (texts[t], 3, sizes[s][0], sizes[s][1], MONGE_LAYOUT_DENSE);
          g_autoptr (MongeKernel) kernel
              = monge_problem_prepare (backend, &problem, MONGE_FLOAT32, flags);
          GError *error = NULL;
          MongeResult result;

          monge_result_init (&result, problem.n_out, sizes[s][0]);
          monge_problem_run (backend, kernel, &problem, MONGE_FLOAT32, 0, &result, NULL, &error);
          g_assert_no_error (error);
          for (gsize k = 0; k < problem.n_out; k++)
            if (monge_reduce_op_gives_indices (problem.reduction.op))
              g_assert_cmpint (result.index_out[k], ==, -1);
            else if (!monge_is_close (result.out[k], over_nothing (problem.reduction.op), 0))
              g_error ("%s over nothing is %g", texts[t], result.out[k]);
          g_assert_cmpfloat (result.out[problem.n_out], ==, MONGE_GUARD);
          monge_result_clear (&result);
          monge_problem_clear (&problem);
        }
}

/* --- Cutoffs and cancelling ------------------------------------------------------------------- */

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  const double *u = a, *v = b;

  return (*u > *v) - (*u < *v);
}

/* Points sorted along a line, so that blocks are small and far apart. */
static void
sort_points (const MongeWorld *world, const char *name, double length)
{
  const MongeFormula *v = monge_world_find (world, name);
  double *values = monge_world_get_values (world, v);
  gsize n = monge_world_get_rows (world, v->axis);

  qsort (values, n, sizeof (double), compare_doubles);
  for (gsize k = 0; k < n; k++)
    values[k] = (float) (length * values[k]);
}

/* At most 2^-cutoff of a sum of order one is left out, and rows whose sum is small are exact. */
static void
cutoff_keeps_its_promise (void)
{
  static const char *const texts[]
      = { "logsumexp_j(-sqdist(x,y)/(2*s^2))", "logsumexp_j(-dist(x,y)/s, b)",
          "softmean_j(-sqdist(x,y)/(2*s^2), y)" };
  g_autoptr (MongeBackend) backend = monge_problem_open_cpu (2);

  for (guint t = 0; t < G_N_ELEMENTS (texts); t++)
    for (MongePrepareFlags flags = 0; flags <= MONGE_PREPARE_GENERIC; flags++)
      {
        MongeProblem problem = monge_problem_new (texts[t], 3, 900, 1000, MONGE_LAYOUT_DENSE);
        g_autoptr (MongeKernel) kernel
            = monge_problem_prepare (backend, &problem, MONGE_FLOAT32, flags);
        MongeResult result;

        sort_points (&problem.world, "x", 120);
        sort_points (&problem.world, "y", 100);
        monge_world_reduce (&problem.world, &problem.reduction, NULL, problem.truth, NULL,
                            problem.log_sum_truth, problem.size);
        problem.tolerance = MONGE_DELICATE;
        monge_result_init (&result, problem.n_out, 900);
        check_run (backend, kernel, &problem, MONGE_FLOAT32, 30, &result);
        monge_problem_compare (&problem, kernel, MONGE_FLOAT32, &result);
        monge_result_clear (&result);
        monge_problem_clear (&problem);
      }
}

static gpointer
cancel_soon (gpointer task)
{
  g_usleep (20000);
  monge_task_cancel (task);
  return NULL;
}

static void
cancelling (void)
{
  static const char *const texts[] = { "sum_j exp(-sqdist(x,y))*b", "sum_j sin(x*y)",
                                       "logsumexp_j(dot(x,y))", "argkmin_j(sqdist(x,y),10)" };
  g_autoptr (MongeBackend) backend = monge_problem_open_cpu (0);

  for (guint t = 0; t < G_N_ELEMENTS (texts); t++)
    {
      MongeProblem problem = monge_problem_new (texts[t], 3, 1, 1, MONGE_LAYOUT_DENSE), large;
      MongeWorldParams params = { 3, 60000, 60000, MONGE_AXIS_I, FALSE, 3 };
      g_autoptr (MongeKernel) kernel = monge_problem_prepare (backend, &problem, MONGE_FLOAT32, 0);
      MongeTask task = MONGE_TASK_INIT;
      GError *error = NULL;
      GThread *thread;
      gint64 start;
      MongeResult result;

      large = problem;
      monge_world_init (&large.world, &params);
      monge_result_init (&result, 60000 * monge_reduction_get_dim (&problem.reduction), 60000);
      monge_task_cancel (&task);
      g_assert_false (
          monge_problem_run (backend, kernel, &large, MONGE_FLOAT32, 0, &result, &task, &error));
      monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "Cancelled");
      monge_task_reset (&task);
      start = g_get_monotonic_time ();
      thread = g_thread_new ("cancel", cancel_soon, &task);
      g_assert_false (
          monge_problem_run (backend, kernel, &large, MONGE_FLOAT32, 0, &result, &task, &error));
      monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "Cancelled");
      g_assert_cmpfloat (g_get_monotonic_time () - start, <, 300000 * monge_test_patience ());
      g_thread_join (thread);
      monge_result_clear (&result);
      monge_world_clear (&large.world);
      monge_problem_clear (&problem);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reductions/hand-tuned-and-generic-agree", hand_tuned_and_generic_agree);
  g_test_add_func ("/reductions/same-bits-whatever-the-threads", same_bits_whatever_the_threads);
  g_test_add_func ("/reductions/kernels-run-again-at-other-sizes",
                   kernels_run_again_at_other_sizes);
  g_test_add_func ("/reductions/nan-in-an-argument-is-named", nan_in_an_argument_is_named);
  g_test_add_func ("/reductions/nan-that-arises-is-named-by-row", nan_that_arises_is_named_by_row);
  g_test_add_func ("/reductions/infinities-in-log-sum-exp", infinities_in_log_sum_exp);
  g_test_add_func ("/reductions/exponents-of-any-size", exponents_of_any_size);
  g_test_add_func ("/reductions/denormals-cost-no-time", denormals_cost_no_time);
  g_test_add_func ("/reductions/empty-reductions", empty_reductions);
  g_test_add_func ("/reductions/cutoff-keeps-its-promise", cutoff_keeps_its_promise);
  g_test_add_func ("/reductions/cancelling", cancelling);
  return g_test_run ();
}
