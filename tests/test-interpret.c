/* The interpreter: its vectorised functions against the C library's in float64, its reductions
 * against naive loops. Runs on the instruction set that MONGE_INSTRUCTION_SET allows. */
#include "compute/backend/cpu/interpret-tile.h"
#include "compute/backend/cpu/interpret.h"
#include "compute/core/instruction-set.h"
#include "compute/core/parallel.h"
#include "compute/core/random.h"
#include "tests/formula-world.h"
#include "tests/util.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const char *
instruction_set (void)
{
  const char *const names[] = { monge_tile_base_float.name, "AVX2", "AVX-512" };

  return names[monge_isa_choose ()];
}

/* ------------------------------------------------------------------------------------------------
 * Elementary functions
 */

#define N_NUMBERS 4096

/* @from: a range of x and, for functions of two numbers, of y; sampled evenly, or by logarithm
 * where both ends are of one sign and far apart. */
typedef struct {
  MongeOp op;
  double low, high;
  double other_low, other_high;
  double tolerance; /* units in the last place */
} Range;

static double
reciprocal_root (double x)
{
  return 1 / sqrt (x);
}

static double
inverse (double x)
{
  return 1 / x;
}

static double
square (double x)
{
  return x * x;
}

static double
truth_1 (MongeOp op, double x)
{
  static double (*const funcs[MONGE_N_OPS]) (double) = {
    [MONGE_OP_INVERSE] = inverse, [MONGE_OP_SQUARE] = square, [MONGE_OP_SQRT] = sqrt,
    [MONGE_OP_RSQRT] = reciprocal_root, [MONGE_OP_EXP] = exp, [MONGE_OP_LOG] = log,
    [MONGE_OP_SIN] = sin, [MONGE_OP_COS] = cos, [MONGE_OP_TAN] = tan, [MONGE_OP_ASIN] = asin,
    [MONGE_OP_ACOS] = acos, [MONGE_OP_ATAN] = atan, [MONGE_OP_TANH] = tanh, [MONGE_OP_ABS] = fabs,
  };

  g_assert_nonnull (funcs[op]);
  return funcs[op](x);
}

static double
truth_2 (MongeOp op, double x, double y)
{
  return op == MONGE_OP_POWER ? pow (x, y) : atan2 (x, y);
}

static const Range float_ranges[] = {
  { MONGE_OP_INVERSE, 1e-30, 1e30, 0, 0, 1 },
  { MONGE_OP_SQRT, 1e-37, 3e38, 0, 0, 1.5 },
  { MONGE_OP_RSQRT, 1e-37, 3e38, 0, 0, 2 },
  { MONGE_OP_EXP, -87, 88.7, 0, 0, 2 },
  { MONGE_OP_EXP, -1, 1, 0, 0, 1.5 },
  { MONGE_OP_EXP, -1e-3, 1e-3, 0, 0, 1.5 },
  { MONGE_OP_LOG, 1e-37, 3e38, 0, 0, 2 },
  { MONGE_OP_LOG, 0.5, 2, 0, 0, 2 },
  { MONGE_OP_LOG, 0.999, 1.001, 0, 0, 2 },
  { MONGE_OP_SIN, -7, 7, 0, 0, 2 },
  { MONGE_OP_SIN, -1e5, 1e5, 0, 0, 2 },
  { MONGE_OP_SIN, 1e5, 1e30, 0, 0, 2 },
  { MONGE_OP_COS, -7, 7, 0, 0, 2 },
  { MONGE_OP_COS, -1e5, 1e5, 0, 0, 2 },
  { MONGE_OP_COS, 1e5, 1e30, 0, 0, 2 },
  { MONGE_OP_TAN, -7, 7, 0, 0, 4 },
  { MONGE_OP_TAN, -1e5, 1e5, 0, 0, 4 },
  { MONGE_OP_TAN, 1e5, 1e30, 0, 0, 4 },
  { MONGE_OP_ASIN, -1, 1, 0, 0, 3 },
  { MONGE_OP_ASIN, 1e-20, 1e-2, 0, 0, 3 },
  { MONGE_OP_ACOS, -1, 1, 0, 0, 3 },
  { MONGE_OP_ACOS, 0.999, 1, 0, 0, 3 },
  { MONGE_OP_ATAN, -5, 5, 0, 0, 3 },
  { MONGE_OP_ATAN, 1e-30, 1e30, 0, 0, 3 },
  { MONGE_OP_TANH, -10, 10, 0, 0, 3 },
  { MONGE_OP_TANH, 1e-30, 1e30, 0, 0, 3 },
  { MONGE_OP_POWER, 1e-4, 1e4, -9, 9, 1.5 },
  { MONGE_OP_POWER, 0.9, 1.1, -800, 800, 1.5 },
  { MONGE_OP_ATAN2, -3, 3, -3, 3, 3.5 },
  { MONGE_OP_ATAN2, 1e-20, 1e20, 1e-20, 1e20, 3.5 },
};

static const Range double_ranges[] = {
  { MONGE_OP_SQRT, 1e-300, 1e300, 0, 0, 1 },
  { MONGE_OP_RSQRT, 1e-300, 1e300, 0, 0, 2 },
  { MONGE_OP_EXP, -708, 709.7, 0, 0, 2 },
  { MONGE_OP_EXP, -1e-3, 1e-3, 0, 0, 2 },
  { MONGE_OP_LOG, 1e-300, 1e300, 0, 0, 2 },
  { MONGE_OP_LOG, 0.5, 2, 0, 0, 2 },
  { MONGE_OP_LOG, 0.999, 1.001, 0, 0, 2 },
  { MONGE_OP_SIN, -1e5, 1e5, 0, 0, 2 },
  { MONGE_OP_SIN, 1e5, 1e30, 0, 0, 2 },
  { MONGE_OP_COS, -1e5, 1e5, 0, 0, 2 },
  { MONGE_OP_COS, 1e5, 1e30, 0, 0, 2 },
  { MONGE_OP_TAN, -1e5, 1e5, 0, 0, 4 },
  { MONGE_OP_ASIN, -1, 1, 0, 0, 3 },
  { MONGE_OP_ACOS, -1, 1, 0, 0, 3 },
  { MONGE_OP_ATAN, -5, 5, 0, 0, 3 },
  { MONGE_OP_TANH, -20, 20, 0, 0, 3 },
  { MONGE_OP_POWER, 1e-4, 1e4, -9, 9, 2 },
  { MONGE_OP_ATAN2, -3, 3, -3, 3, 3 },
};

static double
sample (MongeRandom *random, double low, double high)
{
  double t = monge_random_uniform (random);

  return low > 0 && high > 100 * low ? low * pow (high / low, t) : low + (high - low) * t;
}

static void
put (const MongeTileSet *set, void *to, gsize k, double value)
{
  if (set->real_size == sizeof (double))
    ((double *) to)[k] = value;
  else
    ((float *) to)[k] = (float) value;
}

static double
take (const MongeTileSet *set, const void *from, gsize k)
{
  return set->real_size == sizeof (double) ? ((const double *) from)[k]
                                           : (double) ((const float *) from)[k];
}

/* One unit in the last place; of the smallest normal number below it, where results may be zero. */
static double
unit_of (const MongeTileSet *set, double value)
{
  const gboolean is_double = set->real_size == sizeof (double);
  const double smallest = is_double ? DBL_MIN : (double) FLT_MIN;
  int exponent;

  if (!(fabs (value) > smallest))
    return smallest;
  frexp (value, &exponent);
  return ldexp (1, exponent - (is_double ? 53 : 24));
}

typedef struct {
  const MongeTileSet *set;
  MongeOp op;
  gsize n;
  gpointer x, y, result;
} Numbers;

static void
numbers_init (Numbers *numbers, MongePrecision precision, MongeOp op, gsize n)
{
  *numbers = (Numbers){ .op = op, .n = n };
  numbers->set = monge_tile_set_find (instruction_set (), precision);
  numbers->x = g_aligned_alloc0 (N_NUMBERS, sizeof (double), MONGE_TILE_ALIGNMENT);
  numbers->y = g_aligned_alloc0 (N_NUMBERS, sizeof (double), MONGE_TILE_ALIGNMENT);
  numbers->result = g_aligned_alloc0 (N_NUMBERS, sizeof (double), MONGE_TILE_ALIGNMENT);
  g_assert_cmpstr (numbers->set->name, ==, instruction_set ());
}

static void
numbers_clear (Numbers *numbers)
{
  g_aligned_free (numbers->x);
  g_aligned_free (numbers->y);
  g_aligned_free (numbers->result);
}

static void
numbers_run (Numbers *numbers)
{
  const void *from[] = { numbers->x, numbers->y };
  MongeTileFunc func = numbers->set->unary[numbers->op];

  if (func == NULL)
    func = numbers->set->binary[numbers->op][MONGE_TILE_VECTORS][MONGE_TILE_VECTORS];
  g_assert_nonnull (func);
  func (numbers->result, from, (numbers->n + numbers->set->lanes - 1) / numbers->set->lanes);
}

static double
numbers_truth (const Numbers *numbers, gsize k)
{
  const double x = take (numbers->set, numbers->x, k), y = take (numbers->set, numbers->y, k);

  return monge_op_get_info (numbers->op)->n_operands == 1 ? truth_1 (numbers->op, x)
                                                          : truth_2 (numbers->op, x, y);
}

static void
check_range (const Range *range, MongePrecision precision)
{
  MongeRandom random;
  Numbers numbers;
  double worst = 0, worst_x = 0, worst_y = 0;

  numbers_init (&numbers, precision, range->op, N_NUMBERS);
  monge_random_init (&random, 3);
  for (guint round = 0; round < 20; round++)
    {
      for (gsize k = 0; k < N_NUMBERS; k++)
        {
          put (numbers.set, numbers.x, k, sample (&random, range->low, range->high));
          put (numbers.set, numbers.y, k, sample (&random, range->other_low, range->other_high));
        }
      numbers_run (&numbers);
      for (gsize k = 0; k < N_NUMBERS; k++)
        {
          double truth = numbers_truth (&numbers, k);
          double error = fabs (take (numbers.set, numbers.result, k) - truth)
                         / unit_of (numbers.set, truth);

          if (isfinite (truth) && !(error <= worst))
            {
              worst = error;
              worst_x = take (numbers.set, numbers.x, k);
              worst_y = take (numbers.set, numbers.y, k);
            }
        }
    }
  g_test_message ("%s (%g … %g): %.2f units, at %a, %a", monge_op_get_info (range->op)->name,
                  range->low, range->high, worst, worst_x, worst_y);
  g_assert_true (worst <= range->tolerance);
  numbers_clear (&numbers);
}

static void
test_ranges (void)
{
  for (guint k = 0; k < G_N_ELEMENTS (float_ranges); k++)
    check_range (&float_ranges[k], MONGE_FLOAT32);
  for (guint k = 0; k < G_N_ELEMENTS (double_ranges); k++)
    check_range (&double_ranges[k], MONGE_FLOAT64);
}

/* The same number, or NaN on both sides; with the sign of zeros where other functions look at
 * it. */
static void
check_same (const Numbers *numbers, gsize k)
{
  const double got = take (numbers->set, numbers->result, k), exact = numbers_truth (numbers, k);
  const double truth = numbers->set->real_size == sizeof (double) ? exact : (double) (float) exact;
  const gboolean same = isnan (truth) ? isnan (got)
                        : exact == 0 || isinf (truth)
                            ? got == truth && (numbers->op != MONGE_OP_ATAN2
                                               || !signbit (got) == !signbit (truth))
                            : fabs (got - truth) <= 4 * unit_of (numbers->set, truth);

  if (!same)
    g_error ("%s (%g, %g): %g instead of %g", monge_op_get_info (numbers->op)->name,
             take (numbers->set, numbers->x, k), take (numbers->set, numbers->y, k), got, truth);
}

static const double specials[] = { 0.0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 2.5, -2.5, 1e30, -1e30,
                                   1e-30, -1e-30, 127, -127, 16777217, -8388609, 4194305, INFINITY,
                                   -INFINITY, NAN };

static void
check_specials (MongeOp op, MongePrecision precision)
{
  const guint n = G_N_ELEMENTS (specials);
  Numbers numbers;

  numbers_init (&numbers, precision, op, n * n);
  for (guint k = 0; k < n * n; k++)
    {
      put (numbers.set, numbers.x, k, specials[k / n]);
      put (numbers.set, numbers.y, k, specials[k % n]);
    }
  numbers_run (&numbers);
  for (guint k = 0; k < n * n; k++)
    check_same (&numbers, k);
  numbers_clear (&numbers);
}

static void
test_specials (void)
{
  static const MongeOp ops[] = { MONGE_OP_ABS, MONGE_OP_INVERSE, MONGE_OP_SQRT, MONGE_OP_RSQRT,
                                 MONGE_OP_EXP, MONGE_OP_LOG, MONGE_OP_SIN, MONGE_OP_COS, MONGE_OP_TAN,
                                 MONGE_OP_ASIN, MONGE_OP_ACOS, MONGE_OP_ATAN, MONGE_OP_TANH,
                                 MONGE_OP_POWER, MONGE_OP_ATAN2 };

  for (guint k = 0; k < G_N_ELEMENTS (ops); k++)
    {
      check_specials (ops[k], MONGE_FLOAT32);
      check_specials (ops[k], MONGE_FLOAT64);
    }
}

static void
test_nan_stays (void)
{
  static const MongeOp ops[] = { MONGE_OP_ADD, MONGE_OP_MULTIPLY, MONGE_OP_DIVIDE, MONGE_OP_MIN,
                                 MONGE_OP_MAX, MONGE_OP_ATAN2 };

  for (guint precision = 0; precision < 2; precision++)
    for (guint k = 0; k < G_N_ELEMENTS (ops); k++)
      {
        Numbers numbers;

        numbers_init (&numbers, precision, ops[k], 64);
        for (guint l = 0; l < 64; l++)
          {
            put (numbers.set, numbers.x, l, l % 2 ? NAN : 2);
            put (numbers.set, numbers.y, l, l % 2 ? 3 : NAN);
          }
        numbers_run (&numbers);
        for (guint l = 0; l < 64; l++)
          g_assert_true (isnan (take (numbers.set, numbers.result, l)));
        numbers_clear (&numbers);
      }
}

/* ------------------------------------------------------------------------------------------------
 * Reductions
 */

/* A reduction of the world's variables, run. */
typedef struct {
  MongeWorld *world;
  MongeReduction reduction;
  MongeProgram *program;
  MongeInterpreter *interpreter;
  MongeArgument arguments[MONGE_WORLD_MAX_VARIABLES];
  MongeRun run;
  gsize n; /* results */
  double *out, *truth, *size, *log_sum, *true_log_sum;
  gint64 *index, *true_index;
} Trial;

static void
trial_init (Trial *trial, MongeWorld *world, const char *text, MongePrecision precision,
            guint n_threads)
{
  const MongeFormula *variables[MONGE_WORLD_MAX_VARIABLES];
  GError *error = NULL;

  *trial = (Trial){ .world = world, .reduction = monge_world_parse (world, text) };
  for (guint v = 0; v < world->n_values; v++)
    {
      variables[v] = world->values[v].variable;
      trial->arguments[v] = (MongeArgument){ .doubles = world->values[v].values,
                                             .stride = world->values[v].stride };
    }
  trial->program = monge_program_new (&trial->reduction, precision, variables, world->n_values,
                                      &error);
  g_assert_no_error (error);
  trial->interpreter = monge_interpreter_new (trial->program, instruction_set (), n_threads);
  trial->n = world->n_kept * monge_reduction_get_dim (&trial->reduction);
  trial->out = g_new0 (double, trial->n + 1);
  trial->truth = g_new0 (double, trial->n + 1);
  trial->size = g_new0 (double, trial->n + 1);
  trial->log_sum = g_new0 (double, world->n_kept + 1);
  trial->true_log_sum = g_new0 (double, world->n_kept + 1);
  trial->index = g_new0 (gint64, trial->n + 1);
  trial->true_index = g_new0 (gint64, trial->n + 1);
  trial->run = (MongeRun){ .n_rows = monge_world_get_rows (world, MONGE_AXIS_I),
                           .n_columns = monge_world_get_rows (world, MONGE_AXIS_J),
                           .arguments = trial->arguments };
  if (monge_reduce_op_gives_indices (trial->reduction.op))
    trial->run.index_out = trial->index;
  else
    trial->run.out = trial->out;
  if (trial->reduction.op == MONGE_REDUCE_SOFT_MEAN)
    trial->run.log_sum = trial->log_sum;
}

static void
trial_clear (Trial *trial)
{
  monge_interpreter_free (trial->interpreter);
  monge_program_free (trial->program);
  g_free (trial->out);
  g_free (trial->truth);
  g_free (trial->size);
  g_free (trial->log_sum);
  g_free (trial->true_log_sum);
  g_free (trial->index);
  g_free (trial->true_index);
}

static void
trial_check (Trial *trial, const guint8 *visited, double tolerance)
{
  GError *error = NULL;
  guint64 n_pairs = 0;
  g_autofree char *text = monge_reduction_print (&trial->reduction);

  monge_interpreter_run (trial->interpreter, &trial->run, &n_pairs, NULL, &error);
  g_assert_no_error (error);
  monge_world_reduce (trial->world, &trial->reduction, visited, trial->truth, trial->true_index,
                      trial->reduction.op == MONGE_REDUCE_SOFT_MEAN ? trial->true_log_sum : NULL,
                      trial->size);
  if (trial->run.index_out != NULL)
    {
      for (gsize k = 0; k < trial->n; k++)
        if (trial->index[k] != trial->true_index[k])
          g_error ("%s: result %" G_GSIZE_FORMAT " is %" G_GINT64_FORMAT ", not %" G_GINT64_FORMAT,
                   text, k, trial->index[k], trial->true_index[k]);
      return;
    }
  for (gsize k = 0; k < trial->n; k++)
    {
      const double got = trial->out[k], truth = trial->truth[k];

      if (isnan (truth) ? !isnan (got)
          : isinf (truth) ? got != truth
                          : got != truth
                                && !(fabs (got - truth)
                                     <= tolerance * (trial->size[k] + fabs (truth) + 1)))
        g_error ("%s: result %" G_GSIZE_FORMAT " is %.9g, not %.9g; size %g", text, k, got, truth,
                 trial->size[k]);
    }
  for (gsize k = 0; k < trial->world->n_kept && trial->run.log_sum != NULL; k++)
    if (isfinite (trial->true_log_sum[k]))
      monge_assert_close (trial->log_sum[k], trial->true_log_sum[k],
                          tolerance * (4 + fabs (trial->true_log_sum[k])));
}

static const char *const texts[] = {
  "sum_j exp(-sqdist(x,y)/(2*s^2)) * b",
  "sum_j exp(-norm(x-y)/s) * v",
  "sum_j b", "sum_j a", "sum_j x", "sum_j y", "sum_j s", "sum_j 2.5", "sum_j x*y", "sum_j a*b",
  "sum_j b*norm(x-y)",
  "sum_j (x-y)*exp(-sqdist(x,y))",
  "sum_j dot(x,y)^2 + a",
  "sum_j normalize(x-y)*w",
  "sum_j concat(x,y)*w",
  "sum_j outer(x,v)",
  "sum_j matvec(m, x-y)",
  "sum_j if(norm(x-y) < s, b, a)",
  "sum_j maxcomp(x-y)", "sum_j manhattan(x,y)", "sum_j min(a,b) + max(a, s) + max(w, 0)",
  "sum_j abs(x-y)", "sum_j sum(abs(x-y))", "sum_j sum(x*y)",
  "sum_j sqrt(a*b) + rsqrt(a+b) + log(a+b) + sin(a*b) + cos(a-b) + tan(a*w)",
  "sum_j atan2(a-b, a*b) + tanh(a*w) + (a*b)^w + asin(w*0.9) + acos(w*0.9) + atan(a*w)",
  "sum_j a - b*w", "sum_j a*w - b", "sum_j 1/(1+sqdist(x,y))", "sum_j sign(a-b) + step(w-a)",
  "mean_j exp(-sqdist(x,y))", "mean_j x",
  "logsumexp_j(-sqdist(x,y)/s)", "logsumexp_j(-sqdist(x,y)/s, b)", "logsumexp_j(w)", "logsumexp_j(a)",
  "logsumexp_j(300*dot(x,y))", "logsumexp_j(-1000*norm(x-y), a*b)",
  "softmean_j(-sqdist(x,y)*20, v)", "softmean_j(w, x-y)", "softmean_j(100*w*a, y)",
  "min_j sqdist(x,y)", "max_j sqdist(x,y)", "min_j y", "max_j x - y",
  "argmin_j sqdist(x,y)", "argmax_j sqdist(x,y)", "argmin_j x*y", "argmin_j a", "argmax_j w",
  "kmin_j(sqdist(x,y), 5)", "argkmin_j(sqdist(x,y), 5)", "argkmin_j(sqdist(x,y), 1)",
  "argkmin_j(-w, 40)", "argkmin_j(a, 3)",
};

static void
check_texts (MongeAxis kept, gsize n_kept, gsize n_summed, guint dim)
{
  MongeWorld world;

  monge_world_init (&world, &(MongeWorldParams){ .dim = dim, .n_kept = n_kept, .n_summed = n_summed,
                                                 .kept = kept, .is_grid = TRUE, .seed = 5 });
  for (guint k = 0; k < G_N_ELEMENTS (texts); k++)
    for (guint precision = 0; precision < 2; precision++)
      {
        Trial trial;

        trial_init (&trial, &world, texts[k], precision, 2);
        trial_check (&trial, NULL, precision == MONGE_FLOAT32 ? 1e-6 : 1e-13);
        trial_clear (&trial);
      }
  monge_world_clear (&world);
}

static void
test_texts (void)
{
  check_texts (MONGE_AXIS_I, 31, 45, 3);
  check_texts (MONGE_AXIS_J, 33, 70, 2);
  check_texts (MONGE_AXIS_I, 1, 301, 1);
  check_texts (MONGE_AXIS_J, 3, 1000, 4);
  check_texts (MONGE_AXIS_I, 200, 1, 3);
  check_texts (MONGE_AXIS_I, 17, 0, 3);
  check_texts (MONGE_AXIS_I, 5, 37, 11);
}

/* Where terms wait for their places. */
static void
test_many_places (void)
{
  static const char *const chosen[] = { "argkmin_j(sqdist(x,y), 17)", "kmin_j(a*w, 30)",
                                        "argkmin_j(w, 300)", "kmin_j(sqdist(x,y), 1024)" };
  static const gsize sizes[][2] = { { 33, 500 }, { 2, 1500 } };

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (guint k = 0; k < G_N_ELEMENTS (chosen); k++)
      {
        MongeWorld world;
        Trial trial;

        monge_world_init (&world, &(MongeWorldParams){ .dim = 3, .n_kept = sizes[s][0], .seed = 2,
                                                       .n_summed = sizes[s][1], .is_grid = TRUE,
                                                       .kept = MONGE_AXIS_I });
        trial_init (&trial, &world, chosen[k], k % 2 ? MONGE_FLOAT64 : MONGE_FLOAT32, 2);
        trial_check (&trial, NULL, 1e-6);
        trial_clear (&trial);
        monge_world_clear (&world);
      }
}

/* Rows 0 to 6, one alone, a long block; ranges that touch, lie apart, or are missing. */
static MongePairs *
make_pairs (gsize n_rows, gsize n_columns, guint8 *visited)
{
  const gsize rows[] = { 0, 7, 8, 30, n_rows }, first[] = { 0, 2, 5, 5, 6 };
  const MongeRange ranges[] = { { 0, 3 }, { 50, 67 }, { 1, 2 }, { 2, 40 }, { 60, 61 },
                                { 5, (guint32) n_columns } };
  GError *error = NULL;
  MongePairs *pairs = monge_pairs_new (n_rows, n_columns, rows, 4, first, ranges, &error);

  g_assert_no_error (error);
  memset (visited, 0, n_rows * n_columns);
  for (guint b = 0; b < 4; b++)
    for (gsize i = rows[b]; i < rows[b + 1]; i++)
      for (gsize r = first[b]; r < first[b + 1]; r++)
        memset (visited + i * n_columns + ranges[r].begin, 1, ranges[r].end - ranges[r].begin);
  return pairs;
}

static void
check_sparse (MongeAxis kept)
{
  const gsize n_rows = 90, n_columns = 75;
  g_autofree guint8 *visited = g_new (guint8, n_rows * n_columns);
  g_autoptr (MongePairs) pairs = make_pairs (n_rows, n_columns, visited);
  MongeWorld world;

  MongeWorldParams params = { .dim = 3, .n_kept = n_rows, .n_summed = n_columns, .kept = kept,
                              .is_grid = TRUE, .seed = 8 };

  if (kept == MONGE_AXIS_J)
    {
      params.n_kept = n_columns;
      params.n_summed = n_rows;
    }
  monge_world_init (&world, &params);
  for (guint k = 0; k < G_N_ELEMENTS (texts); k++)
    {
      Trial trial;

      trial_init (&trial, &world, texts[k], MONGE_FLOAT32, 2);
      trial.run.pairs = pairs;
      trial_check (&trial, visited, 1e-6);
      trial_clear (&trial);
    }
  monge_world_clear (&world);
}

static void
test_sparse (void)
{
  check_sparse (MONGE_AXIS_I);
  check_sparse (MONGE_AXIS_J);
}

/* The same bits whatever the number of threads, also where long sums are cut. */
static void
test_threads (void)
{
  static const char *const chosen[] = { "sum_j exp(-sqdist(x,y)/(2*s^2)) * b",
                                        "logsumexp_j(-sqdist(x,y)*50)", "argkmin_j(sqdist(x,y), 7)",
                                        "softmean_j(9*w*a, y)", "max_j x - y" };
  const gsize sizes[][2] = { { 100, 3000 }, { 3, 100000 }, { 30, 70000 } };

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (guint k = 0; k < G_N_ELEMENTS (chosen); k++)
      {
        MongeWorld world;
        Trial one, many;

        monge_world_init (&world, &(MongeWorldParams){ .dim = 3, .n_kept = sizes[s][0], .seed = 2,
                                                       .n_summed = sizes[s][1],
                                                       .kept = MONGE_AXIS_I });
        trial_init (&one, &world, chosen[k], MONGE_FLOAT32, 1);
        trial_init (&many, &world, chosen[k], MONGE_FLOAT32, 5);
        g_assert_true (monge_interpreter_run (one.interpreter, &one.run, NULL, NULL, NULL));
        g_assert_true (monge_interpreter_run (many.interpreter, &many.run, NULL, NULL, NULL));
        g_assert_cmpmem (one.out, one.n * sizeof (double), many.out, many.n * sizeof (double));
        g_assert_cmpmem (one.index, one.n * sizeof (gint64), many.index, many.n * sizeof (gint64));
        trial_clear (&one);
        trial_clear (&many);
        monge_world_clear (&world);
      }
}

static void
test_long_sums (void)
{
  MongeWorld world;
  Trial trial;

  monge_world_init (&world, &(MongeWorldParams){ .dim = 2, .n_kept = 2, .n_summed = 100000,
                                                 .kept = MONGE_AXIS_I, .is_grid = TRUE, .seed = 4 });
  for (guint k = 0; k < G_N_ELEMENTS (texts); k++)
    {
      trial_init (&trial, &world, texts[k], MONGE_FLOAT32, 2);
      trial_check (&trial, NULL, 1e-6);
      trial_clear (&trial);
    }
  monge_world_clear (&world);
}

static void
test_infinite_exponents (void)
{
  MongeWorld world;
  Trial trial;
  double *w;

  monge_world_init (&world, &(MongeWorldParams){ .dim = 1, .n_kept = 40, .n_summed = 600,
                                                 .kept = MONGE_AXIS_I, .seed = 1 });
  w = monge_world_get_values (&world, monge_world_find (&world, "w"));
  trial_init (&trial, &world, "logsumexp_j(w + 0*a)", MONGE_FLOAT32, 2);
  for (guint j = 0; j < 600; j++)
    w[j] = j == 577 ? -0x1p127 : -INFINITY;
  trial_check (&trial, NULL, 1e-6);
  w[577] = -INFINITY;
  trial_check (&trial, NULL, 1e-6);
  g_assert_true (trial.out[3] == -INFINITY);
  w[300] = 0x1p100;
  trial_check (&trial, NULL, 1e-6);
  w[20] = INFINITY;
  g_assert_true (monge_interpreter_run (trial.interpreter, &trial.run, NULL, NULL, NULL));
  g_assert_true (trial.out[3] == INFINITY);
  trial_clear (&trial);
  monge_world_clear (&world);
}

static void
test_nan_is_named (void)
{
  static const char *const chosen[] = { "sum_j log(a-1.4) + b", "min_j log(a-1.4) + b",
                                        "argmin_j log(a-1.4) + b", "argkmin_j(log(a-1.4) + b, 3)",
                                        "logsumexp_j(log(a-1.4)+b)" };

  for (guint k = 0; k < G_N_ELEMENTS (chosen); k++)
    {
      GError *error = NULL;
      MongeWorld world;
      Trial trial;
      double *a;

      monge_world_init (&world, &(MongeWorldParams){ .dim = 1, .n_kept = 40, .n_summed = 300,
                                                     .kept = MONGE_AXIS_I, .seed = 1 });
      a = monge_world_get_values (&world, monge_world_find (&world, "a"));
      for (guint i = 0; i < 40; i++)
        a[i] = i == 21 || i == 33 ? 1 : 2;
      trial_init (&trial, &world, chosen[k], MONGE_FLOAT32, 2);
      g_assert_false (monge_interpreter_run (trial.interpreter, &trial.run, NULL, NULL, &error));
      monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAN, "row 21");
      trial_clear (&trial);
      monge_world_clear (&world);
    }
}

static void
test_cancel (void)
{
  MongeTask task = MONGE_TASK_INIT;
  GError *error = NULL;
  MongeWorld world;
  Trial trial;

  monge_world_init (&world, &(MongeWorldParams){ .dim = 1, .n_kept = 40, .n_summed = 300,
                                                 .kept = MONGE_AXIS_I, .seed = 1 });
  trial_init (&trial, &world, "sum_j exp(a*b)", MONGE_FLOAT32, 2);
  monge_task_cancel (&task);
  g_assert_false (monge_interpreter_run (trial.interpreter, &trial.run, NULL, &task, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
  trial_clear (&trial);
  monge_world_clear (&world);
}

/* Denormal numbers are zeros to the sums and still numbers to the caller. */
static void
test_denormals (void)
{
  MongeWorld world;
  Trial trial;
  volatile double smallest = DBL_MIN;

  monge_world_init (&world, &(MongeWorldParams){ .dim = 1, .n_kept = 40, .n_summed = 300,
                                                 .kept = MONGE_AXIS_I, .seed = 1 });
  trial_init (&trial, &world, "sum_j exp(-88 - a*b)", MONGE_FLOAT32, 1);
  g_assert_true (monge_interpreter_run (trial.interpreter, &trial.run, NULL, NULL, NULL));
  for (gsize k = 0; k < trial.n; k++)
    g_assert_cmpfloat (trial.out[k], ==, 0);
  g_assert_cmpfloat (smallest / 2, >, 0);
  trial_clear (&trial);
  monge_world_clear (&world);
}

/* Registers before the pairs in float64, whatever the program's precision. */
static void
test_map (void)
{
  GError *error = NULL;
  MongeWorld world;
  Trial trial;
  double out[120];

  monge_world_init (&world, &(MongeWorldParams){ .dim = 3, .n_kept = 40, .n_summed = 30,
                                                 .kept = MONGE_AXIS_I, .seed = 1 });
  trial_init (&trial, &world, "sum_j y * exp(s)", MONGE_FLOAT32, 2);
  g_assert_true (monge_interpreter_map (trial.interpreter, &trial.run, MONGE_AXIS_J,
                                        trial.program->body, 3, out, NULL, &error));
  for (guint k = 0; k < 90; k++)
    {
      double y = monge_world_get_values (&world, monge_world_find (&world, "y"))[k];
      double s = *monge_world_get_values (&world, monge_world_find (&world, "s"));

      monge_assert_close_rel (out[k], y * exp (s), 1e-14);
    }
  trial_clear (&trial);
  monge_world_clear (&world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/interpret/maths/within-units-in-the-last-place", test_ranges);
  g_test_add_func ("/interpret/maths/special-values", test_specials);
  g_test_add_func ("/interpret/maths/nan-stays", test_nan_stays);
  g_test_add_func ("/interpret/reductions", test_texts);
  g_test_add_func ("/interpret/many-places", test_many_places);
  g_test_add_func ("/interpret/sparse", test_sparse);
  g_test_add_func ("/interpret/same-bits-on-any-threads", test_threads);
  g_test_add_func ("/interpret/long-sums", test_long_sums);
  g_test_add_func ("/interpret/infinite-exponents", test_infinite_exponents);
  g_test_add_func ("/interpret/nan-is-named", test_nan_is_named);
  g_test_add_func ("/interpret/cancel", test_cancel);
  g_test_add_func ("/interpret/denormals", test_denormals);
  g_test_add_func ("/interpret/map", test_map);
  return g_test_run ();
}
