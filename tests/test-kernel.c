/* Kernels at their border: what is refused and how it is named; numbers that hand-tuned loops must
 * hand to others, or take apart with care. */
#include "compute/backend/backend.h"
#include "compute/core/random.h"
#include "tests/util.h"

#include <math.h>
#include <string.h>

#define DIM 3

/* One problem: points and numbers on rows and columns, a parameter. */
typedef struct {
  gsize n, m;
  float *x, *y;     /* planes */
  double *f, *h;
  float *a, *b;
  double s;
  MongeArgument arguments[7];
  double *out;      /* (4 × longer side) */
  gint64 *index;
  double *log_sum;
} World;

static void
world_init (World *world, gsize n, gsize m)
{
  const gsize longer = MAX (MAX (n, m), 1);
  MongeRandom random;

  *world = (World){ .n = n, .m = m, .s = 1 };
  monge_random_init (&random, 3);
  world->x = g_new (float, DIM * longer);
  world->y = g_new (float, DIM * longer);
  world->f = g_new0 (double, longer);
  world->h = g_new0 (double, longer);
  world->a = g_new (float, longer);
  world->b = g_new (float, longer);
  world->out = g_new0 (double, 4 * longer);
  world->index = g_new0 (gint64, 4 * longer);
  world->log_sum = g_new0 (double, longer);
  for (gsize i = 0; i < DIM * longer; i++)
    {
      world->x[i] = (float) monge_random_uniform (&random);
      world->y[i] = (float) monge_random_uniform (&random);
    }
  for (gsize i = 0; i < longer; i++)
    {
      world->a[i] = (float) (monge_random_uniform (&random) - 0.5);
      world->b[i] = (float) (monge_random_uniform (&random) - 0.5);
    }
  world->arguments[0] = (MongeArgument){ .floats = world->x, .stride = n };
  world->arguments[1] = (MongeArgument){ .floats = world->y, .stride = m };
  world->arguments[2] = (MongeArgument){ .doubles = world->f, .stride = n };
  world->arguments[3] = (MongeArgument){ .doubles = world->h, .stride = m };
  world->arguments[4] = (MongeArgument){ .floats = world->a, .stride = n };
  world->arguments[5] = (MongeArgument){ .floats = world->b, .stride = m };
  world->arguments[6] = (MongeArgument){ .doubles = &world->s };
}

static void
world_clear (World *world)
{
  g_free (world->x);
  g_free (world->y);
  g_free (world->f);
  g_free (world->h);
  g_free (world->a);
  g_free (world->b);
  g_free (world->out);
  g_free (world->index);
  g_free (world->log_sum);
}

static MongeProgram *
compile (const char *text, MongePrecision precision)
{
  g_autoptr (MongeFormulaPool) pool = monge_formula_pool_new ();
  const MongeFormula *variables[] = {
    monge_formula_variable (pool, "x", MONGE_AXIS_I, DIM, NULL),
    monge_formula_variable (pool, "y", MONGE_AXIS_J, DIM, NULL),
    monge_formula_variable (pool, "f", MONGE_AXIS_I, 1, NULL),
    monge_formula_variable (pool, "h", MONGE_AXIS_J, 1, NULL),
    monge_formula_variable (pool, "a", MONGE_AXIS_I, 1, NULL),
    monge_formula_variable (pool, "b", MONGE_AXIS_J, 1, NULL),
    monge_formula_variable (pool, "s", MONGE_AXIS_NONE, 1, NULL),
  };
  GError *error = NULL;
  MongeReduction reduction;
  MongeProgram *program;

  monge_reduction_parse (pool, text, &reduction, &error);
  g_assert_no_error (error);
  program = monge_program_new (&reduction, precision, variables, G_N_ELEMENTS (variables), &error);
  g_assert_no_error (error);
  return program;
}

static MongeBackend *
open_cpu (guint n_threads)
{
  GError *error = NULL;
  MongeBackend *backend
      = monge_backend_open (&(MongeBackendOptions){ monge_test_backend (), n_threads }, &error);

  g_assert_no_error (error);
  return backend;
}

typedef struct {
  MongePrecision precision;
  MongePrepareFlags flags;
  const MongePairs *pairs;
  double cutoff;
  guint n_threads;
  guint64 n_pairs; /* out */
} Options;

static gboolean
run (World *world, const char *text, Options *options, GError **error)
{
  g_autoptr (MongeBackend) backend = open_cpu (options->n_threads);
  g_autoptr (MongeProgram) program = compile (text, options->precision);
  g_autoptr (MongeKernel) kernel = monge_backend_prepare (backend, program, options->flags, error);
  const gboolean indices = monge_reduce_op_gives_indices (program->op);
  const MongeRun arguments = {
    .n_rows = world->n,
    .n_columns = world->m,
    .arguments = world->arguments,
    .pairs = options->pairs,
    .cutoff = options->cutoff,
    .out = indices ? NULL : world->out,
    .index_out = indices ? world->index : NULL,
    .log_sum = program->op == MONGE_REDUCE_SOFT_MEAN ? world->log_sum : NULL,
  };

  g_assert_nonnull (kernel);
  return monge_backend_run (backend, kernel, &arguments, &options->n_pairs, NULL, error);
}

static void
run_well (World *world, const char *text, Options options)
{
  GError *error = NULL;

  run (world, text, &options, &error);
  g_assert_no_error (error);
}

/* The result in float64, by the interpreter. */
static double *
run_truth (World *world, const char *text, const MongePairs *pairs, gsize n)
{
  run_well (world, text, (Options){ MONGE_FLOAT64, MONGE_PREPARE_GENERIC, .pairs = pairs });
  return g_memdup2 (world->out, n * sizeof (double));
}

/* ------------------------------------------------------------------------------------------------
 * The border
 */

static void
expect (World *world, const char *text, MongePrepareFlags flags, int code, const char *part)
{
  Options options = { .flags = flags };
  GError *error = NULL;

  g_assert_false (run (world, text, &options, &error));
  monge_assert_error (error, MONGE_ERROR, code, part);
}

static void
nan_is_named (void)
{
  for (guint flags = 0; flags < 2; flags++)
    {
      World world;

      world_init (&world, 90, 40);
      world.b[17] = NAN;
      expect (&world, "sum_j exp(-sqdist(x,y)) * b", flags, MONGE_ERROR_NAN, "“b”, row 17,");
      run_well (&world, "sum_j exp(-sqdist(x,y))", (Options){ .flags = flags });
      world.x[2 * 90 + 89] = NAN;
      expect (&world, "max_j dist(x,y)", flags, MONGE_ERROR_NAN, "“x”, row 89,");
      world.s = NAN;
      expect (&world, "sum_j a*s", flags, MONGE_ERROR_NAN, "“s” is NaN");
      world_clear (&world);
    }
}

static void
nan_result_is_named (void)
{
  World world;

  world_init (&world, 50, 40);
  for (gsize i = 0; i < 50; i++)
    world.a[i] = i == 33 ? -1 : 1;
  expect (&world, "sum_j sqrt(a + 0*b)", 0, MONGE_ERROR_NAN, "row 33");
  world_clear (&world);
}

static void
infinity_is_a_result (void)
{
  World world;

  world_init (&world, 5, 4);
  world.b[2] = 0;
  run_well (&world, "sum_j abs(a)/abs(b)", (Options){ 0 });
  g_assert_true (isinf (world.out[0]));
  world.f[3] = -INFINITY;
  run_well (&world, "logsumexp_j(f + h - sqdist(x,y))", (Options){ 0 });
  g_assert_true (isinf (world.out[3]) && isfinite (world.out[2]));
  world_clear (&world);
}

static void
sizes_are_checked (void)
{
  const gsize rows[] = { 0, 10 }, first[] = { 0, 1 };
  const MongeRange range = { 0, 5 };
  g_autoptr (MongePairs) pairs = monge_pairs_new (10, 20, rows, 1, first, &range, NULL);
  Options options = { .pairs = pairs };
  GError *error = NULL;
  World world;

  world_init (&world, 5, 4);
  g_assert_false (run (&world, "sum_j a*b", &options, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "10 rows and 20 columns");
  world.n = (gsize) 1 << 31;
  world.arguments[0].stride = world.arguments[4].stride = world.n;
  expect (&world, "sum_i a*b", 0, MONGE_ERROR_SIZE, "2^31");
  world_clear (&world);
}

/* Nothing to reduce over, and nothing to reduce. */
static void
no_columns_and_no_rows (void)
{
  World world;

  world_init (&world, 3, 0);
  run_well (&world, "sum_j exp(-sqdist(x,y)) * b", (Options){ 0 });
  g_assert_cmpfloat (world.out[2], ==, 0);
  run_well (&world, "logsumexp_j(h - sqdist(x,y))", (Options){ 0 });
  g_assert_cmpfloat (world.out[2], ==, -INFINITY);
  run_well (&world, "argmin_j sqdist(x,y)", (Options){ 0 });
  g_assert_cmpint (world.index[2], ==, -1);
  run_well (&world, "softmean_j(h - sqdist(x,y), y)", (Options){ 0 });
  g_assert_true (isnan (world.out[2]));
  run_well (&world, "softmean_i(h - sqdist(x,y), x)", (Options){ 0 });
  world_clear (&world);
}

static void
cancelled_run (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (0);
  g_autoptr (MongeProgram) program = compile ("logsumexp_j(f + h - sqdist(x,y))", MONGE_FLOAT32);
  g_autoptr (MongeKernel) kernel = monge_backend_prepare (backend, program, 0, NULL);
  MongeTask task = MONGE_TASK_INIT;
  GError *error = NULL;
  MongeRun arguments;
  World world;

  world_init (&world, 300, 200);
  arguments = (MongeRun){
    .n_rows = 300, .n_columns = 200, .arguments = world.arguments, .out = world.out,
  };
  monge_task_cancel (&task);
  g_assert_false (monge_backend_run (backend, kernel, &arguments, NULL, &task, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
  world_clear (&world);
}

/* ------------------------------------------------------------------------------------------------
 * Numbers
 */

/* A potential of a million is exact to what float64 makes of it, not float32. */
static void
potentials_are_not_rounded (void)
{
  World world;
  g_autofree double *small = NULL;

  world_init (&world, 100, 70);
  run_well (&world, "logsumexp_j(f + h - s*sqdist(x,y))", (Options){ 0 });
  small = g_memdup2 (world.out, 100 * sizeof (double));
  for (gsize i = 0; i < 100; i++)
    world.f[i] = 1e6 + i / 7.0;
  run_well (&world, "logsumexp_j(f + h - s*sqdist(x,y))", (Options){ 0 });
  for (gsize i = 0; i < 100; i++)
    monge_assert_close (world.out[i] - world.f[i], small[i], 1e-6);
  run_well (&world, "softmean_j(f + h - s*sqdist(x,y), x-y)", (Options){ 0 });
  for (gsize i = 0; i < 100; i++)
    monge_assert_close (world.log_sum[i] - world.f[i], small[i], 1e-6);
  world_clear (&world);
}

/* Exponents of hundreds that cancel, weights of either sign: e^f and e^h fit no float32. */
static void
large_exponents_that_cancel (void)
{
  static const char *const texts[] = {
    "sum_j exp(f + h - s*sqdist(x,y)) * b",
    "sum_j exp(f + h - s*sqdist(x,y)) * b * (x-y)",
    "sum_j exp(f + h - s*sqdist(x,y)) * y",
    "sum_j concat(exp(f + h - s*dist(x,y)), exp(f + h - s*dist(x,y)) * normalise(x-y))",
  };
  World world;

  for (guint t = 0; t < G_N_ELEMENTS (texts); t++)
    for (double size = 1; size <= 400; size *= 20)
      {
        const gsize n = 80, size_out = t == 3 ? 4 * n : t == 0 ? n : 3 * n;
        g_autofree double *truth = NULL;
        double largest = 0;

        world_init (&world, n, 60);
        world.s = size;
        for (gsize i = 0; i < n; i++)
          world.f[i] = size * (world.x[i] - 0.25); /* exponents stay below 0 */
        for (gsize j = 0; j < 60; j++)
          world.h[j] = -size * world.y[j];
        truth = run_truth (&world, texts[t], NULL, size_out);
        run_well (&world, texts[t], (Options){ 0 });
        for (gsize i = 0; i < size_out; i++)
          largest = MAX (largest, fabs (truth[i]));
        for (gsize i = 0; i < size_out; i++)
          monge_assert_close (world.out[i], truth[i], (5e-6 + 2e-7 * size) * largest);
        world_clear (&world);
      }
}

/* What a loop cannot do is done all the same. */
static void
growing_exponents (void)
{
  World world;
  g_autofree double *truth = NULL;

  world_init (&world, 40, 50);
  world.s = -2;
  truth = run_truth (&world, "logsumexp_j(f + h - s*sqdist(x,y))", NULL, 40);
  run_well (&world, "logsumexp_j(f + h - s*sqdist(x,y))", (Options){ 0 });
  monge_assert_max_abs (world.out, truth, 40, 1e-5);
  world_clear (&world);
}

/* Points in float64 a million times their size away from the origin. */
static void
distant_points (void)
{
  const char *text = "logsumexp_j(h - 20*sqdist(x,y))";
  g_autofree double *x = g_new (double, 3 * 60), *y = g_new (double, 3 * 50), *truth = NULL;
  World world;

  world_init (&world, 60, 50);
  for (gsize i = 0; i < 180; i++)
    x[i] = 1e6 + world.x[i];
  for (gsize j = 0; j < 150; j++)
    y[j] = 1e6 + world.y[j];
  world.arguments[0] = (MongeArgument){ .doubles = x, .stride = 60 };
  world.arguments[1] = (MongeArgument){ .doubles = y, .stride = 50 };
  truth = run_truth (&world, text, NULL, 60);
  run_well (&world, text, (Options){ 0 });
  monge_assert_max_abs (world.out, truth, 60, 1e-5);
  world_clear (&world);
}

static void
distances_of_any_size (void)
{
  for (double size = 1e-15; size < 1e16; size *= 1e10)
    {
      g_autofree double *truth = NULL;
      World world;

      world_init (&world, 60, 50);
      for (gsize i = 0; i < 180; i++)
        world.x[i] *= size;
      for (gsize j = 0; j < 150; j++)
        world.y[j] *= size;
      truth = run_truth (&world, "sum_j abs(b)*dist(x,y)", NULL, 60);
      run_well (&world, "sum_j abs(b)*dist(x,y)", (Options){ 0 });
      monge_assert_rel_l2 (world.out, truth, 60, 1e-6);
      world_clear (&world);
    }
}

/* Listed blocks: loops and interpreter alike, over either axis. */
static void
listed_pairs (void)
{
  static const char *const texts[] = {
    "sum_j exp(-sqdist(x,y)) * b",    "sum_i exp(-sqdist(x,y)) * a",
    "logsumexp_i(f - 3*sqdist(x,y))", "mean_j exp(-dist(x,y))",
    "sum_i a * dist(x,y)",            "min_j sqdist(x,y)",
  };
  const gsize rows[] = { 0, 40, 41, 100 }, first[] = { 0, 2, 3, 4 };
  const MongeRange ranges[] = { { 0, 33 }, { 50, 90 }, { 5, 6 }, { 20, 90 } };
  g_autoptr (MongePairs) pairs = monge_pairs_new (100, 90, rows, 3, first, ranges, NULL);

  for (guint t = 0; t < G_N_ELEMENTS (texts); t++)
    {
      const gsize n = strstr (texts[t], "_j") != NULL ? 100 : 90;
      g_autofree double *truth = NULL;
      World world;

      world_init (&world, 100, 90);
      truth = run_truth (&world, texts[t], pairs, n);
      run_well (&world, texts[t], (Options){ .pairs = pairs });
      monge_assert_max_abs (world.out, truth, n, 2e-5);
      world_clear (&world);
    }
}

/* Blocks that do not matter are left out, and it does not show. */
static void
check_cutoff (const char *text, double tol)
{
  Options all = { .n_threads = 1 }, near = { .cutoff = 20, .n_threads = 1 };
  g_autofree double *dense = NULL;
  GError *error = NULL;
  World world;

  world_init (&world, 2000, 2000);
  for (gsize i = 0; i < 2000; i++) /* along a line */
    for (guint d = 0; d < DIM; d++)
      {
        world.x[d * 2000 + i] = d == 0 ? i / 2000.0f : 0;
        world.y[d * 2000 + i] = d == 0 ? (i + 0.5f) / 2000.0f : 0;
      }
  world.s = 1e4;
  g_assert_true (run (&world, text, &all, &error));
  g_assert_no_error (error);
  dense = g_memdup2 (world.out, 2000 * sizeof (double));
  g_assert_true (run (&world, text, &near, &error));
  g_assert_no_error (error);
  if (g_str_equal (monge_test_backend (), "cpu")) /* a card looks at so few sooner than at boxes */
    g_assert_cmpuint (near.n_pairs * 3, <, all.n_pairs);
  monge_assert_max_abs (world.out, dense, 2000, tol);
  world_clear (&world);
}

static void
cutoff_leaves_out_pairs (void)
{
  check_cutoff ("logsumexp_j(f + h - s*sqdist(x,y))", 2e-6);
  check_cutoff ("sum_j exp(-s*sqdist(x,y)) * b", 1e-6 * 500); /* 2^-20 Σ|b| */
}

static void
same_bits_on_any_threads (void)
{
  static const char *const texts[] = {
    "softmean_j(f + h - s*sqdist(x,y), x-y)", "sum_j sin(a*b) * (x-y)", "kmin_j(dist(x,y), 4)",
  };

  for (guint t = 0; t < G_N_ELEMENTS (texts); t++)
    {
      g_autofree double *one = NULL;
      World world;

      world_init (&world, 1000, 700);
      run_well (&world, texts[t], (Options){ .n_threads = 1 });
      one = g_memdup2 (world.out, 3000 * sizeof (double));
      run_well (&world, texts[t], (Options){ .n_threads = 4 });
      g_assert_cmpmem (world.out, 3000 * sizeof (double), one, 3000 * sizeof (double));
      world_clear (&world);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/kernel/nan_is_named", nan_is_named);
  g_test_add_func ("/kernel/nan_result_is_named", nan_result_is_named);
  g_test_add_func ("/kernel/infinity_is_a_result", infinity_is_a_result);
  g_test_add_func ("/kernel/sizes_are_checked", sizes_are_checked);
  g_test_add_func ("/kernel/no_columns_and_no_rows", no_columns_and_no_rows);
  g_test_add_func ("/kernel/cancelled_run", cancelled_run);
  g_test_add_func ("/kernel/potentials_are_not_rounded", potentials_are_not_rounded);
  g_test_add_func ("/kernel/large_exponents_that_cancel", large_exponents_that_cancel);
  g_test_add_func ("/kernel/growing_exponents", growing_exponents);
  g_test_add_func ("/kernel/distant_points", distant_points);
  g_test_add_func ("/kernel/distances_of_any_size", distances_of_any_size);
  g_test_add_func ("/kernel/listed_pairs", listed_pairs);
  g_test_add_func ("/kernel/cutoff_leaves_out_pairs", cutoff_leaves_out_pairs);
  g_test_add_func ("/kernel/same_bits_on_any_threads", same_bits_on_any_threads);
  return g_test_run ();
}
