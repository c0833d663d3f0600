/* What a card does beside sums, run on the host: exponents, weights, parts of results, nearest
 * neighbours and steps, against plain loops, in all orders of threads. */
#include "compute/backend/step.h"
#include "compute/core/random.h"
#include "tests/cuda/card.h"

#include <math.h>
#include <stdlib.h>

static void
wait_for_card (cudaError_t launched)
{
  g_assert_cmpint (launched, ==, cudaSuccess);
  g_assert_cmpint (cudaStreamSynchronize (NULL), ==, cudaSuccess);
}

static double *
make_doubles (gsize n, double low, double high)
{
  double *values = g_new (double, n);
  MongeRandom random;

  monge_random_init (&random, n);
  for (gsize i = 0; i < n; i++)
    values[i] = low + (high - low) * monge_random_uniform (&random);
  return values;
}

static float *
make_floats (gsize n, guint64 seed)
{
  float *values = g_new (float, n);
  MongeRandom random;

  monge_random_init (&random, seed);
  for (gsize i = 0; i < n; i++)
    values[i] = (float) (2 * monge_random_uniform (&random) - 1);
  return values;
}

/* ------------------------------------------------------------------------------------------------
 * Terms
 */

#define N_TERMS 1000

typedef struct {
  double *a;
  float *b;
  MongeCudaTerms terms;
} TermsCase;

/* @result: exact, then rounded. */
static void
run_terms (gpointer data, gpointer result)
{
  TermsCase *c = data;
  MongeCudaTerms terms = c->terms;
  const double *a = card_up (c->a, N_TERMS * sizeof *a);
  const float *b = card_up (c->b, N_TERMS * sizeof *b);

  terms.terms[0].factors[0] = (MongeCudaFactor){ .doubles = a, .power = 2 };
  terms.terms[0].factors[1] = (MongeCudaFactor){ .floats = b, .power = -1, .is_absolute = TRUE };
  terms.terms[1].factors[0] = (MongeCudaFactor){ .floats = b, .power = 3 };
  terms.weight.factors[0] = (MongeCudaFactor){ .floats = b, .power = 1 };
  terms.exact = card_space (N_TERMS * sizeof (double));
  terms.rounded = card_space (N_TERMS * sizeof (float));
  wait_for_card (monge_cuda_get_terms (&terms, NULL));
  card_down (result, terms.exact, N_TERMS * sizeof (double));
  card_down ((double *) result + N_TERMS, terms.rounded, N_TERMS * sizeof (float));
  card_clear ();
}

static void
test_terms (void)
{
  g_autofree double *a = make_doubles (N_TERMS, -2, 3), *result = g_new (double, 2 * N_TERMS);
  g_autofree float *b = make_floats (N_TERMS, 5);
  const float *rounded = (const float *) (result + N_TERMS);
  TermsCase c = {
    a, b,
    { .n = N_TERMS, .n_terms = 3, .factor = 1.5, .sign = -1,
      .terms = { { .coefficient = 0.3, .n_factors = 2 }, { .coefficient = -2, .n_factors = 1 },
                 { .coefficient = 7 } },
      .weight = { .coefficient = 2, .n_factors = 1 } },
  };

  for (c.terms.has_weight = 0; c.terms.has_weight < 2; c.terms.has_weight++)
    {
      card_try_orders (run_terms, &c, result, N_TERMS * (sizeof (double) + sizeof (float)));
      for (gsize i = 0; i < N_TERMS; i++)
        {
          double truth = 1.5 * (0.3 * a[i] * a[i] / fabs (b[i]) - 2 * pow (b[i], 3) + 7);

          if (c.terms.has_weight)
            truth = b[i] < 0 ? truth + log2 (-2 * (double) b[i]) : -INFINITY;
          if (isinf (truth))
            g_assert_true (result[i] == truth);
          else
            monge_assert_close (result[i], truth, 1e-13 * (fabs (truth) + 20));
          g_assert_true (rounded[i] == (float) result[i]);
        }
    }
}

typedef struct {
  gsize n;
  float *weight;
  double *exponent;
  double shift;
} ScaleCase;

/* @result: the size, then weights. */
static void
run_scale (gpointer data, gpointer result)
{
  const ScaleCase *c = data;
  const MongeCudaTerm weight = {
    .coefficient = 3e-7,
    .n_factors = 1,
    .factors = { { .floats = card_up (c->weight, c->n * sizeof (float)), .power = 1 } },
  };
  const double *exponent = NULL, *shift = NULL;
  float *scaled = card_space (c->n * sizeof (float));
  double *size = card_space (sizeof (double));

  if (c->exponent != NULL)
    {
      exponent = card_up (c->exponent, c->n * sizeof (double));
      shift = card_up (&c->shift, sizeof (double));
    }
  wait_for_card (monge_cuda_scale_weights (&weight, c->n, exponent, shift, scaled, size,
                                           card_space (MONGE_CUDA_SCALE_SCRATCH), NULL));
  card_down (result, size, sizeof (double));
  card_down ((double *) result + 1, scaled, c->n * sizeof (float));
  card_clear ();
}

static void
check_scaled (ScaleCase *c)
{
  const gsize size = sizeof (double) + c->n * sizeof (float);
  g_autofree double *result = g_malloc (size), *truth = g_new (double, c->n);
  const float *scaled = (const float *) (result + 1);
  double largest = 0;

  card_try_orders (run_scale, c, result, size);
  for (gsize i = 0; i < c->n; i++)
    {
      truth[i] = 3e-7 * (double) c->weight[i];
      if (c->exponent != NULL)
        truth[i] *= exp2 (c->exponent[i] - c->shift);
      largest = fmax (largest, fabs (truth[i]));
    }
  largest = largest > 0 ? largest : 1;
  monge_assert_close_rel (result[0], largest, 1e-14);
  for (gsize i = 0; i < c->n; i++)
    monge_assert_close (scaled[i], truth[i] / largest, 0x1p-24 * fabs (truth[i] / largest) + 1e-45);
}

static void
test_weights_near_one (void)
{
  static const gsize sizes[] = { 1, 31, 257, 5000 };

  for (guint k = 0; k < G_N_ELEMENTS (sizes); k++)
    {
      g_autofree float *weight = make_floats (sizes[k], k + 1);
      g_autofree double *exponent = make_doubles (sizes[k], -30, 40);
      ScaleCase c = { sizes[k], weight, NULL, 40 };

      check_scaled (&c);
      c.exponent = exponent;
      check_scaled (&c);
      memset (weight, 0, sizes[k] * sizeof *weight);
      check_scaled (&c);
    }
}

#define N_PART 300

typedef struct {
  double *from, *powers, *out;
  float *points;
  gboolean has_from, has_points, adds;
} PartCase;

static void
run_part (gpointer data, gpointer result)
{
  const PartCase *c = data;
  const double *powers = card_up (c->powers, N_PART * sizeof (double));
  const MongeCudaPart part = {
    .n = N_PART,
    .dim = c->has_from ? 3 : 1,
    .from = c->has_from ? card_up (c->from, 3 * N_PART * sizeof (double)) : NULL,
    .from_stride = N_PART,
    .factor = { .coefficient = 0.5,
                .n_factors = 1,
                .factors = { { .doubles = card_up (c->from, N_PART * sizeof (double)),
                               .power = 2 } } },
    .float_points = c->has_points ? card_up (c->points, 3 * N_PART * sizeof (float)) : NULL,
    .point_stride = N_PART,
    .point_factor = { .coefficient = -3 },
    .mask = powers,
    .powers = powers,
    .adds = c->adds,
    .out = card_up (c->out, 3 * (N_PART + 5) * sizeof (double)),
    .out_stride = N_PART + 5,
  };

  wait_for_card (monge_cuda_store_part (&part, NULL));
  card_down (result, part.out, 3 * (N_PART + 5) * sizeof (double));
  card_clear ();
}

/* Padding between planes stays as it is. */
static void
test_parts (void)
{
  g_autofree double *from = make_doubles (3 * N_PART, -2, 2), *powers = make_doubles (N_PART, -3, 3);
  g_autofree double *out = make_doubles (3 * (N_PART + 5), 0, 1);
  g_autofree double *result = g_new (double, 3 * (N_PART + 5));
  g_autofree float *points = make_floats (3 * N_PART, 9);
  PartCase c = { from, powers, out, points, FALSE, FALSE, FALSE };

  powers[7] = -INFINITY;
  for (guint k = 0; k < 8; k++)
    {
      c.has_from = k & 1;
      c.has_points = k >> 1 & 1;
      c.adds = k >> 2 & 1;
      card_try_orders (run_part, &c, result, 3 * (N_PART + 5) * sizeof (double));
      for (guint d = 0; d < 3; d++)
        for (gsize i = 0; i < N_PART + 5; i++)
          {
            const gsize at = d * (N_PART + 5) + i;
            double truth;

            if (i >= N_PART || (d > 0 && !c.has_from))
              {
                g_assert_true (result[at] == out[at]);
                continue;
              }
            if (i == 7)
              {
                g_assert_true (isnan (result[at]));
                continue;
              }
            truth = 0.5 * from[i] * from[i] * exp2 (powers[i]);
            truth *= c.has_from ? from[d * N_PART + i] : 1;
            truth += c.has_points ? -3 * (double) points[d * N_PART + i] : 0;
            truth += c.adds ? out[at] : 0;
            monge_assert_close (result[at], truth, 1e-13 * (1 + fabs (truth)));
          }
    }
}

/* ------------------------------------------------------------------------------------------------
 * Nearest
 */

/**
 * NearestCase:
 * @x, @y: planes, or rows with @by_rows
 */
typedef struct {
  gsize n, m;
  int dim, k;
  gboolean by_rows;
  float *x, *y;
  gsize n_blocks;
  const gsize *rows, *first;
  const MongeCudaRange *ranges;
  guint64 n_pairs; /* out */
} NearestCase;

static MongeCudaPoints
up_points (const NearestCase *c, const float *values, gsize n)
{
  return (MongeCudaPoints){ card_up (values, n * c->dim * sizeof (float)), c->by_rows ? 1 : n,
                            c->by_rows ? c->dim : 1, n };
}

static float
get_coordinate (const NearestCase *c, const float *values, gsize n, gsize i, int d)
{
  return c->by_rows ? values[i * c->dim + d] : values[d * n + i];
}

/* @result: indices, then squares. */
static void
run_nearest (gpointer data, gpointer result)
{
  NearestCase *c = data;
  const gsize n_found = c->n * c->k;
  const MongeCudaStatus none = { 0, 0 };
  g_autofree MongeCudaTile *tiles = NULL;
  MongeCudaStatus status;
  MongeCudaPairs pairs;
  MongeCudaNearest r = {
    .x = up_points (c, c->x, c->n),
    .y = up_points (c, c->y, c->m),
    .dim = c->dim,
    .k = c->k,
    .index = card_space (n_found * sizeof (int)),
    .square = card_space (n_found * sizeof (float)),
    .status = card_up (&none, sizeof none),
  };

  if (c->n_blocks > 0)
    {
      pairs.n_tiles = monge_cuda_cut_tiles (c->rows, c->n_blocks, NULL);
      tiles = g_new (MongeCudaTile, pairs.n_tiles);
      monge_cuda_cut_tiles (c->rows, c->n_blocks, tiles);
      pairs.tiles = card_up (tiles, pairs.n_tiles * sizeof *tiles);
      pairs.first = card_up (c->first, (c->n_blocks + 1) * sizeof *c->first);
      pairs.ranges = card_up (c->ranges, c->first[c->n_blocks] * sizeof *c->ranges);
      r.pairs = &pairs;
    }
  r.scratch_size = monge_cuda_nearest_get_scratch (&r);
  r.scratch = card_space (r.scratch_size);
  wait_for_card (monge_cuda_find_nearest (&r, NULL));
  card_down (result, r.index, n_found * sizeof (int));
  card_down ((int *) result + n_found, r.square, n_found * sizeof (float));
  card_down (&status, r.status, sizeof status);
  c->n_pairs = status.n_pairs;
  card_clear ();
}

typedef struct {
  float square;
  int index;
} Candidate;

static int
compare_candidates (const void *a, const void *b)
{
  const Candidate *one = a, *other = b;

  if (one->square != other->square)
    return one->square < other->square ? -1 : 1;
  return one->index - other->index;
}

static gboolean
may_meet (const NearestCase *c, gsize i, gsize j)
{
  gsize block = 0;

  if (c->n_blocks == 0)
    return TRUE;
  while (c->rows[block + 1] <= i)
    block++;
  for (gsize k = c->first[block]; k < c->first[block + 1]; k++)
    if (j >= c->ranges[k].begin && j < c->ranges[k].end)
      return TRUE;
  return FALSE;
}

/* The same bits as a full sort. */
static void
check_nearest (NearestCase *c)
{
  const gsize n_found = c->n * c->k;
  g_autofree int *index = g_malloc (n_found * (sizeof (int) + sizeof (float)));
  g_autofree Candidate *candidates = g_new (Candidate, c->m + 1);
  const float *square = (const float *) (index + n_found);

  card_try_orders (run_nearest, c, index, n_found * (sizeof (int) + sizeof (float)));
  for (gsize i = 0; i < c->n; i++)
    {
      gsize n = 0;

      for (gsize j = 0; j < c->m; j++)
        {
          volatile float sum = 0; /* rounded at each operation */

          for (int d = 0; d < c->dim; d++)
            {
              const volatile float difference = get_coordinate (c, c->x, c->n, i, d)
                                                - get_coordinate (c, c->y, c->m, j, d);
              const volatile float part = difference * difference;

              sum += part;
            }
          if (may_meet (c, i, j) && sum < INFINITY)
            candidates[n++] = (Candidate){ sum, (int) j };
        }
      qsort (candidates, n, sizeof *candidates, compare_candidates);
      for (gsize k = 0; k < (gsize) c->k; k++)
        {
          g_assert_cmpint (index[i * c->k + k], ==, k < n ? candidates[k].index : -1);
          g_assert_true (square[i * c->k + k] == (k < n ? candidates[k].square : INFINITY));
        }
    }
}

static void
nearest_init (NearestCase *c, gsize n, gsize m, int dim, int k, gboolean by_rows)
{
  *c = (NearestCase){ .n = n, .m = m, .dim = dim, .k = k, .by_rows = by_rows };
  c->x = make_floats (n * dim, n + dim);
  c->y = make_floats (m * dim, m + dim + 1);
}

static void
nearest_clear (NearestCase *c)
{
  g_free (c->x);
  g_free (c->y);
}

static void
test_nearest (void)
{
  static const struct {
    gsize n, m;
    int dim, k;
  } sizes[] = { { 1, 1, 1, 1 },    { 31, 33, 2, 5 },   { 65, 1000, 3, 10 }, { 200, 300, 3, 32 },
                { 70, 400, 3, 33 }, { 40, 300, 10, 128 }, { 33, 100, 50, 3 }, { 64, 64, 33, 1 } };

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (int by_rows = 0; by_rows < 2; by_rows++)
      {
        NearestCase c;

        nearest_init (&c, sizes[s].n, sizes[s].m, sizes[s].dim, sizes[s].k, by_rows);
        check_nearest (&c);
        g_assert_cmpuint (c.n_pairs, ==, c.n * c.m);
        nearest_clear (&c);
      }
}

/* Points of a lattice, many as far as others; points twice. */
static void
test_nearest_among_equals (void)
{
  NearestCase c;

  nearest_init (&c, 100, 600, 3, 12, FALSE);
  for (gsize i = 0; i < 3 * c.n; i++)
    c.x[i] = rintf (2 * c.x[i]);
  for (gsize i = 0; i < 3 * c.m; i++)
    c.y[i] = rintf (2 * c.y[i]);
  check_nearest (&c);
  nearest_clear (&c);
}

static void
test_nearest_of_few (void)
{
  for (gsize m = 0; m < 4; m++)
    {
      NearestCase c;

      nearest_init (&c, 70, m, 3, 7, FALSE);
      check_nearest (&c);
      nearest_clear (&c);
    }
}

static void
test_nearest_not_a_number (void)
{
  NearestCase c;

  nearest_init (&c, 70, 100, 3, 4, FALSE);
  c.x[5] = c.y[17] = c.y[2 * 100 + 40] = NAN;
  c.y[50] = INFINITY;
  check_nearest (&c);
  nearest_clear (&c);
}

static void
test_nearest_within_pairs (void)
{
  static const gsize rows[] = { 0, 3, 4, 100, 150 }, first[] = { 0, 2, 2, 3, 5 };
  static const MongeCudaRange ranges[] = { { 0, 1 }, { 31, 40 }, { 5, 200 }, { 0, 64 }, { 65, 66 } };

  for (int k = 5; k <= 40; k += 35)
    {
      NearestCase c;

      nearest_init (&c, 150, 200, 3, k, FALSE);
      c.n_blocks = 4;
      c.rows = rows;
      c.first = first;
      c.ranges = ranges;
      check_nearest (&c);
      g_assert_cmpuint (c.n_pairs, ==, 3 * 10 + 96 * 195 + 50 * 65);
      nearest_clear (&c);
    }
}

/* ------------------------------------------------------------------------------------------------
 * Steps
 */

typedef struct {
  gsize n;
  double *w, *x, *y;
} StepCase;

/* @result: y after combining, then the totals of measuring w and y. */
static void
run_steps (gpointer data, gpointer result)
{
  const StepCase *c = data;
  const gsize size = c->n * sizeof (double);
  double *y = card_up (c->y, size), *totals = card_space (3 * sizeof (double));
  const MongeStepData combine = { .n = c->n, .planes = { y, card_up (c->x, size) },
                                  .numbers = { 2, -0.5 } };
  const MongeStepData measure = { .n = c->n, .planes = { card_up (c->w, size), y } };
  const gsize scratch_size = monge_cuda_step_get_scratch (MONGE_STEP_MEASURE, c->n);

  g_assert_cmpuint (monge_cuda_step_get_scratch (MONGE_STEP_COMBINE, c->n), ==, 0);
  wait_for_card (monge_cuda_step (MONGE_STEP_COMBINE, &combine, NULL, NULL, NULL));
  wait_for_card (monge_cuda_step (MONGE_STEP_MEASURE, &measure, totals, card_space (scratch_size),
                                  NULL));
  card_down (result, y, size);
  card_down ((double *) result + c->n, totals, 3 * sizeof (double));
  card_clear ();
}

static void
test_steps (void)
{
  static const gsize sizes[] = { 0, 1, 31, 256, 1024, 1025, 70000 };

  for (guint k = 0; k < G_N_ELEMENTS (sizes); k++)
    {
      const gsize n = sizes[k];
      g_autofree double *w = make_doubles (n, 0, 1), *x = make_doubles (n + 1, -1, 3);
      g_autofree double *y = make_doubles (n + 2, -2, 1), *result = g_new (double, n + 3);
      double sum = 0, squares = 0, largest = -INFINITY;
      StepCase c = { n, w, x, y };

      card_try_orders (run_steps, &c, result, (n + 3) * sizeof (double));
      for (gsize i = 0; i < n; i++)
        {
          const double truth = 2 * x[i] - 0.5 * y[i];

          monge_assert_close (result[i], truth, 1e-15 * 8);
          sum += w[i] * truth;
          squares += w[i] * truth * truth;
          largest = fmax (largest, fabs (truth));
        }
      monge_assert_close (result[n], sum, 1e-13 * (1 + fabs (sum)));
      monge_assert_close (result[n + 1], squares, 1e-13 * (1 + squares));
      g_assert_true (n > 0 ? fabs (result[n + 2] - largest) <= 1e-15 * 8
                           : result[n + 2] == -INFINITY);
    }
}

static void
test_refused (void)
{
  const MongeStepData data = { .n = 1 };
  MongeCudaNearest nearest = { .dim = 3, .k = MONGE_CUDA_MAX_K + 1 };
  MongeCudaTerms terms = { .n_terms = MONGE_CUDA_MAX_TERMS + 1 };

  g_assert_cmpint (monge_cuda_step (-1, &data, NULL, NULL, NULL), ==, cudaErrorInvalidValue);
  g_assert_cmpint (monge_cuda_step (MONGE_N_STEPS, &data, NULL, NULL, NULL), ==,
                   cudaErrorInvalidValue);
  g_assert_cmpint (monge_cuda_find_nearest (&nearest, NULL), ==, cudaErrorInvalidValue);
  g_assert_cmpint (monge_cuda_get_terms (&terms, NULL), ==, cudaErrorInvalidValue);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  host_card_reset ();
  g_test_add_func ("/card-kernels/terms", test_terms);
  g_test_add_func ("/card-kernels/weights-near-one", test_weights_near_one);
  g_test_add_func ("/card-kernels/parts", test_parts);
  g_test_add_func ("/card-kernels/nearest", test_nearest);
  g_test_add_func ("/card-kernels/nearest-among-equals", test_nearest_among_equals);
  g_test_add_func ("/card-kernels/nearest-of-few", test_nearest_of_few);
  g_test_add_func ("/card-kernels/nearest-not-a-number", test_nearest_not_a_number);
  g_test_add_func ("/card-kernels/nearest-within-pairs", test_nearest_within_pairs);
  g_test_add_func ("/card-kernels/steps", test_steps);
  g_test_add_func ("/card-kernels/refused", test_refused);
  return g_test_run ();
}
