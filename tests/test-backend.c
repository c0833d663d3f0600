/* Every kernel of the backend against loops in double precision: sizes on and off the tile, every
 * dimension, lifts that are no help, pairs left out. Run once per instruction set. */
#include "compute/backend/backend-private.h"
#include "compute/backend/cpu/tuned.h"
#include "compute/core/random.h"
#include "tests/reference.h"
#include "tests/util.h"

#include <math.h>

#define GUARD 12345.0

typedef struct {
  gsize n, m;
  guint dim;
  double *x, *y;        /* row-major, for the reference */
  float *x_planes, *y_planes, *lift, *bias;
  double *sum, *moment; /* one longer than they need be: a guard */
} Case;

static Case
case_new (gsize n, gsize m, guint dim, double spread, guint64 seed)
{
  Case c = { .n = n, .m = m, .dim = dim };
  MongeRandom random;

  monge_random_init (&random, seed);
  c.x = g_new (double, n * dim);
  c.y = g_new (double, m * dim);
  c.x_planes = g_new (float, n * dim);
  c.y_planes = g_new (float, m * dim);
  c.lift = g_new0 (float, n);
  c.bias = g_new (float, m);
  c.sum = g_new (double, n + 1);
  c.moment = g_new (double, n * dim + 1);
  for (gsize i = 0; i < n; i++)
    for (guint d = 0; d < dim; d++)
      c.x[i * dim + d] = c.x_planes[d * n + i] = (float) (spread * monge_random_uniform (&random));
  for (gsize j = 0; j < m; j++)
    {
      for (guint d = 0; d < dim; d++)
        c.y[j * dim + d] = c.y_planes[d * m + j]
            = (float) (spread * monge_random_uniform (&random));
      c.bias[j] = (float) (monge_random_uniform (&random) + 0.1);
    }
  c.sum[n] = c.moment[n * dim] = GUARD;
  return c;
}

static void
case_clear (Case *c)
{
  g_free (c->x);
  g_free (c->y);
  g_free (c->x_planes);
  g_free (c->y_planes);
  g_free (c->lift);
  g_free (c->bias);
  g_free (c->sum);
  g_free (c->moment);
}

static MongeTunedReduction
case_reduction (const Case *c, MongeTunedKernel kernel, double scale, gboolean moment)
{
  return (MongeTunedReduction){
    .kernel = kernel,
    .x = { c->x_planes, c->n, c->n, c->dim },
    .y = { c->y_planes, c->m, c->m, c->dim },
    .scale = scale,
    .lift = c->lift,
    .bias = c->bias,
    .sum = c->sum,
    .moment = moment ? c->moment : NULL,
  };
}

static void
reference_row (const Case *c, const MongeTunedReduction *r, gsize i, const guint8 *visited,
               double *sum, double *size, double *moment)
{
  *sum = *size = 0;
  for (guint d = 0; d < c->dim; d++)
    moment[d] = 0;
  for (gsize j = 0; j < c->m; j++)
    {
      const double *x = c->x + i * c->dim, *y = c->y + j * c->dim;
      double distance = monge_reference_distance (x, y, c->dim), scaled = r->scale * distance;
      double term = r->kernel == MONGE_TUNED_DISTANCE   ? c->bias[j] * scaled
                    : r->kernel == MONGE_TUNED_GAUSSIAN ? exp2 (c->bias[j] - scaled * scaled)
                                                         : exp2 (c->bias[j] - scaled);
      double factor = r->kernel == MONGE_TUNED_DISTANCE   ? c->bias[j] / distance
                      : r->kernel == MONGE_TUNED_GAUSSIAN ? term
                                                           : term / distance;

      if (visited != NULL && !visited[i * c->m + j])
        continue;
      *sum += term;
      *size += fabs (term);
      for (guint d = 0; d < c->dim && distance > 0; d++)
        moment[d] += factor * (x[d] - y[d]);
    }
  for (guint d = 0; d < c->dim && r->kernel != MONGE_TUNED_DISTANCE; d++)
    moment[d] /= *sum;
}

/* Sums to @tol of Σ|terms|; moments to @tol of the largest they could be. */
static void
check (const Case *c, const MongeTunedReduction *r, double tol)
{
  for (gsize i = 0; i < c->n; i++)
    {
      double sum, size, moment[MONGE_MAX_REDUCTION_DIM];
      double largest = r->kernel == MONGE_TUNED_DISTANCE   ? (double) c->m
                       : r->kernel == MONGE_TUNED_GAUSSIAN ? 3.0 / r->scale
                                                            : 1.0;

      reference_row (c, r, i, NULL, &sum, &size, moment);
      if (r->kernel == MONGE_TUNED_DISTANCE)
        monge_assert_close (c->sum[i], sum, tol * size);
      else
        monge_assert_close (c->sum[i], log2 (sum) + c->lift[i],
                            1.45 * tol + 1e-7 * fabs (c->lift[i]));
      for (guint d = 0; d < c->dim && r->moment != NULL; d++)
        monge_assert_close (c->moment[d * c->n + i], moment[d], tol * largest);
    }
  g_assert_cmpfloat (c->sum[c->n], ==, GUARD);
  g_assert_cmpfloat (c->moment[c->n * c->dim], ==, GUARD);
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

/* A card looks at so few pairs sooner than at boxes, and at some rows twice. */
static void
assert_fewer_pairs (guint64 n_pairs, double most)
{
  if (g_str_equal (monge_test_backend (), "cpu"))
    g_assert_cmpfloat ((double) n_pairs, <, most);
}

static void
run (MongeBackend *backend, const MongeTunedReduction *reduction)
{
  GError *error = NULL;

  g_assert_true (backend->type->reduce (backend, reduction, NULL, NULL, &error));
  g_assert_no_error (error);
}

static void
every_kernel_size_and_dimension (void)
{
  static const gsize sizes[][2] = { { 1, 1 }, { 1, 1000 }, { 31, 33 }, { 33, 31 }, { 64, 64 },
                                    { 65, 257 }, { 1000, 1 }, { 127, 1000 } };
  g_autoptr (MongeBackend) backend = open_cpu (0);

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (guint dim = 1; dim <= MONGE_MAX_REDUCTION_DIM; dim++)
      for (MongeTunedKernel kernel = 0; kernel < MONGE_N_TUNED; kernel++)
        for (int moment = 0; moment <= 1; moment++)
          {
            Case c = case_new (sizes[s][0], sizes[s][1], dim, 1, 1000 * s + dim);
            MongeTunedReduction r = case_reduction (&c, kernel, 2, moment);

            run (backend, &r);
            check (&c, &r, 2e-6);
            case_clear (&c);
          }
}

/* The lift is only a reference: far too high or low, the tile is run again. */
static void
any_lift_gives_the_sum (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (0);

  for (MongeTunedKernel kernel = 0; kernel < MONGE_TUNED_DISTANCE; kernel++)
    for (int sign = -1; sign <= 1; sign += 2)
      {
        Case c = case_new (130, 70, 3, 1, 5);
        MongeTunedReduction r = case_reduction (&c, kernel, 1, TRUE);

        for (gsize i = 0; i < c.n; i++)
          c.lift[i] = (float) (sign * 40.0 * (double) (i % 9));
        run (backend, &r);
        check (&c, &r, 2e-6);
        case_clear (&c);
      }
}

/* A lift of a million is exact, though the sum is found around another. */
static void
lifts_are_not_rounded (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (0);
  Case c = case_new (100, 70, 3, 1, 5);
  MongeTunedReduction r = case_reduction (&c, MONGE_TUNED_GAUSSIAN, 1, FALSE);
  g_autofree double *low = NULL;

  run (backend, &r);
  low = g_memdup2 (c.sum, c.n * sizeof *low);
  for (gsize i = 0; i < c.n; i++)
    c.lift[i] = 1e6f + (float) i / 8;
  run (backend, &r);
  for (gsize i = 0; i < c.n; i++)
    monge_assert_close (c.sum[i] - c.lift[i], low[i], 1e-6);
  case_clear (&c);
}

/* One term out of the range of float32 among many inside it must not be lost. */
static void
one_huge_term_is_not_lost (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (0);
  const float huge[] = { 130, 160, 256, 300, 600, -600 };

  for (MongeTunedKernel kernel = 0; kernel < MONGE_TUNED_DISTANCE; kernel++)
    for (gsize h = 0; h < G_N_ELEMENTS (huge); h++)
      {
        Case c = case_new (70, 90, 3, 1, 7);
        MongeTunedReduction r = case_reduction (&c, kernel, 1, TRUE);

        c.bias[41] = huge[h];
        run (backend, &r);
        check (&c, &r, 2e-6 + 1e-7 * fabs (huge[h])); /* float32 holds the exponent */
        case_clear (&c);
      }
}

/* Far points: every term underflows float32 around a lift of 0. */
static void
far_points_keep_their_sum (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (0);
  Case c = case_new (70, 90, 3, 1, 6);
  MongeTunedReduction r = case_reduction (&c, MONGE_TUNED_GAUSSIAN, 1, TRUE);

  for (gsize i = 0; i < c.n; i++)
    c.x[i * 3] = c.x_planes[i] += 30;
  run (backend, &r);
  for (gsize i = 0; i < c.n; i++)
    {
      double largest = -INFINITY, sum = 0;

      for (int pass = 0; pass < 2; pass++)
        for (gsize j = 0; j < c.m; j++)
          {
            double distance = monge_reference_distance (c.x + i * 3, c.y + j * 3, 3);
            double e = c.bias[j] - distance * distance;

            if (pass == 0)
              largest = MAX (largest, e);
            else
              sum += exp2 (e - largest);
          }
      monge_assert_close_rel (c.sum[i], largest + log2 (sum), 1e-6);
    }
  case_clear (&c);
}

/* What is left out is below the bound, and on sorted points most pairs are. */
static void
cutoff_drops_no_more_than_it_says (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (0);

  for (MongeTunedKernel kernel = 0; kernel < MONGE_TUNED_DISTANCE; kernel++)
    {
      Case c = case_new (2000, 2000, 1, 1, 7);
      MongeTunedReduction r = case_reduction (&c, kernel, kernel == MONGE_TUNED_GAUSSIAN ? 256 : 2048,
                                         TRUE);
      guint64 n_pairs;

      for (gsize i = 0; i < c.n; i++) /* along a line is sorted */
        {
          c.x[i] = c.x_planes[i] = (float) i / 2000;
          c.y[i] = c.y_planes[i] = (float) i / 2000;
        }
      r.cutoff = 24;
      g_assert_true (backend->type->reduce (backend, &r, &n_pairs, NULL, NULL));
      assert_fewer_pairs (n_pairs, 2000 * 2000 / 3.0);
      check (&c, &r, 1e-5); /* exponents of −30 carry 3e-7 of themselves */
      case_clear (&c);
    }
}

/* Weighted sums of one row, of their moduli, and the moment of the first. */
static void
reference_weighted_row (const Case *c, const MongeTunedReduction *r, gsize i, const guint8 *visited,
                        double *sum, double *size, double *moment)
{
  for (guint w = 0; w < r->n_weights; w++)
    sum[w] = size[w] = 0;
  for (guint d = 0; d < c->dim; d++)
    moment[d] = 0;
  for (gsize j = 0; j < c->m; j++)
    {
      const double *x = c->x + i * c->dim, *y = c->y + j * c->dim;
      double distance = monge_reference_distance (x, y, c->dim), scaled = r->scale * distance;
      double exponent = r->kernel == MONGE_TUNED_GAUSSIAN ? -scaled * scaled : -scaled;
      double term = exp2 (exponent + c->lift[i]);
      double factor = r->kernel == MONGE_TUNED_GAUSSIAN ? term : term / distance;

      if (visited != NULL && !visited[i * c->m + j])
        continue;
      for (guint w = 0; w < r->n_weights; w++)
        {
          sum[w] += r->weights[w * c->m + j] * term;
          size[w] += fabs (r->weights[w * c->m + j] * term);
        }
      for (guint d = 0; d < c->dim && distance > 0; d++)
        moment[d] += r->weights[j] * factor * (x[d] - y[d]);
    }
}

/* To @tol of Σ|terms|. */
static void
check_weighted (const Case *c, const MongeTunedReduction *r, const guint8 *visited, double tol)
{
  for (gsize i = 0; i < c->n; i++)
    {
      double sum[4], size[4], moment[MONGE_MAX_REDUCTION_DIM];
      double largest = r->kernel == MONGE_TUNED_GAUSSIAN ? 3.0 / r->scale : 1.0;

      reference_weighted_row (c, r, i, visited, sum, size, moment);
      for (guint w = 0; w < r->n_weights; w++)
        monge_assert_close (r->sum[w * c->n + i], sum[w], tol * size[w] + 1e-28);
      for (guint d = 0; d < c->dim && r->moment != NULL; d++)
        monge_assert_close (r->moment[d * c->n + i], moment[d], tol * largest * size[0]);
    }
  g_assert_cmpfloat (r->sum[r->n_weights * c->n], ==, GUARD);
  g_assert_cmpfloat (c->moment[c->n * c->dim], ==, GUARD);
}

static float *
random_weights (gsize n, guint64 seed)
{
  float *weights = g_new (float, n);
  MongeRandom random;

  monge_random_init (&random, seed);
  for (gsize i = 0; i < n; i++)
    weights[i] = (float) (monge_random_uniform (&random) - 0.4);
  return weights;
}

static void
weights_of_either_sign (void)
{
  static const gsize sizes[][2] = { { 1, 1 }, { 31, 33 }, { 65, 257 }, { 127, 1000 } };
  g_autoptr (MongeBackend) backend = open_cpu (0);

  for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (guint dim = 1; dim <= MONGE_MAX_REDUCTION_DIM; dim++)
      for (MongeTunedKernel kernel = 0; kernel < MONGE_TUNED_DISTANCE; kernel++)
        for (guint n_weights = 0; n_weights <= 4; n_weights++)
          {
            Case c = case_new (sizes[s][0], sizes[s][1], dim, 1, 1000 * s + dim);
            g_autofree float *weights = random_weights (c.m * 4, dim);
            g_autofree double *sum = g_new (double, c.n * 4 + 1);
            MongeTunedReduction r = case_reduction (&c, kernel, 2, n_weights == 0);

            r.n_weights = MAX (n_weights, 1); /* 0: one, with its moment */
            r.weights = weights;
            r.bias = NULL;
            r.sum = sum;
            sum[r.n_weights * c.n] = GUARD;
            for (gsize i = 0; i < c.n; i++)
              c.lift[i] = (float) (i % 5) - 2;
            run (backend, &r);
            check_weighted (&c, &r, NULL, 2e-6);
            case_clear (&c);
          }
}

/* Far from each other, with the potentials that carry one shape to the other: what can be left out
 * is what could be if they lay together. */
static void
cutoff_sees_through_steep_potentials (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (0);

  for (MongeTunedKernel kernel = 0; kernel < MONGE_TUNED_DISTANCE; kernel++)
    {
      Case c = case_new (3000, 3000, 1, 1, 7);
      MongeTunedReduction r = case_reduction (&c, kernel, 1, TRUE);
      const gboolean squared = kernel == MONGE_TUNED_GAUSSIAN;
      const float far = squared ? 20 : 0, width = squared ? 36 : 1000, slope = squared ? 40 : 1;
      guint64 n_pairs;

      for (gsize i = 0; i < c.n; i++)
        {
          c.x[i] = c.x_planes[i] = width * ((float) i / 3000 - 0.5f);
          c.y[i] = c.y_planes[i] = c.x_planes[i] + far;
          c.lift[i] = far * far / 2 - slope * c.x_planes[i] - 3;
          c.bias[i] = far * far / 2 + slope * c.x_planes[i];
        }
      r.cutoff = 24;
      g_assert_true (backend->type->reduce (backend, &r, &n_pairs, NULL, NULL));
      assert_fewer_pairs (n_pairs, (squared ? 0.35 : 0.55) * 3000 * 3000);
      check (&c, &r, 1e-4); /* exponents of 1000 carry 2^-14 of rounding */
      case_clear (&c);
    }
}

/* With weights, what is left out is a share of Σ|w|. */
static void
cutoff_of_weighted_sums (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (0);

  for (MongeTunedKernel kernel = 0; kernel < MONGE_TUNED_DISTANCE; kernel++)
    {
      Case c = case_new (2000, 2000, 1, 1, 7);
      g_autofree float *weights = random_weights (c.m, 3);
      double scale = kernel == MONGE_TUNED_GAUSSIAN ? 256 : 2048, size = 0;
      MongeTunedReduction r = case_reduction (&c, kernel, scale, FALSE);
      guint64 n_pairs;

      r.weights = weights;
      r.n_weights = 1;
      r.cutoff = 20;
      for (gsize i = 0; i < c.n; i++) /* along a line is sorted */
        {
          c.x[i] = c.x_planes[i] = (float) i / 2000;
          c.y[i] = c.y_planes[i] = (float) i / 2000;
          size += fabs (weights[i]);
        }
      g_assert_true (backend->type->reduce (backend, &r, &n_pairs, NULL, NULL));
      assert_fewer_pairs (n_pairs, 2000 * 2000 / 3.0);
      for (gsize i = 0; i < c.n; i++)
        {
          double sum, moduli, moment;

          reference_weighted_row (&c, &r, i, NULL, &sum, &moduli, &moment);
          monge_assert_close (c.sum[i], sum, exp2 (-20) * size + 2e-6 * moduli);
        }
      case_clear (&c);
    }
}

/* Rows gathered around a centre as widely as the product form allows, a little less and a little
 * more, in every dimension: 4 is the squared radius, in scaled units, where it ends. */
static void
rows_near_a_centre_at_the_limit (void)
{
  static const double squares[] = { 0.1, 3.99, 4.01 };
  g_autoptr (MongeBackend) backend = open_cpu (0);

  for (gsize s = 0; s < G_N_ELEMENTS (squares); s++)
    for (guint dim = 1; dim <= MONGE_MAX_REDUCTION_DIM; dim++)
      {
        const double scale = 8, half = sqrt (squares[s] / dim) / scale;
        const double tol = dim <= 5 ? 1e-6 : 4e-6; /* in many dimensions all points are far */
        Case c = case_new (64, 600, dim, 1, 100 * s + dim);
        g_autofree float *weights = random_weights (c.m, 5);
        MongeTunedReduction r = case_reduction (&c, MONGE_TUNED_GAUSSIAN, scale, TRUE);

        for (gsize i = 0; i < c.n; i++) /* corners of a cube of that diagonal, far from the origin */
          for (guint d = 0; d < dim; d++)
            c.x[i * dim + d] = c.x_planes[d * c.n + i]
                = (float) (0.5 + (((i % 2 == 0 ? i / 2 : ~(i / 2)) >> d) % 2 == 0 ? -half : half));
        for (gsize i = 0; i < c.n; i++)
          c.lift[i] = 5 + (float) (i % 3);
        run (backend, &r);
        check (&c, &r, tol);
        r.weights = weights;
        r.n_weights = 1;
        run (backend, &r);
        check_weighted (&c, &r, NULL, tol);
        case_clear (&c);
      }
}

/* Lifts of one group of rows that part further than float32 can hold. */
static void
lifts_may_part_within_a_tile (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (0);
  static const float spreads[] = { 50, 59, 61, 130, 300, 3000 };

  for (gsize s = 0; s < G_N_ELEMENTS (spreads); s++)
    for (int sign = -1; sign <= 1; sign++)
      {
        Case c = case_new (64, 100, 3, 0.5, 31);
        MongeTunedReduction r = case_reduction (&c, MONGE_TUNED_GAUSSIAN, 1, TRUE);

        for (gsize i = 0; i < c.n; i++)
          c.lift[i] = i == 17 ? (float) sign * spreads[s] : 0;
        run (backend, &r);
        check (&c, &r, 2e-6);
        case_clear (&c);
      }
}

/* Terms too small for a float are nothing; what the caller computes next still knows them. */
static void
small_numbers_are_the_callers_again (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (1);
  Case c = case_new (70, 90, 3, 1, 32);
  g_autofree float *weights = random_weights (c.m, 5);
  MongeTunedReduction r = case_reduction (&c, MONGE_TUNED_GAUSSIAN, 1, TRUE);
  volatile float small = 0x1p-120f;

  r.weights = weights;
  r.n_weights = 1;
  for (gsize i = 0; i < c.n; i++)
    c.lift[i] = -130;
  run (backend, &r);
  for (gsize i = 0; i < c.n; i++)
    g_assert_cmpfloat (fabs (c.sum[i]), <, 1e-30);
  g_assert_cmpfloat (small * 0x1p-20f, >, 0);
  case_clear (&c);
}

/* Blocks of rows of every width, one that meets nothing, ranges that begin anywhere. */
static MongePairs *
make_pairs (gsize n, gsize m, guint8 *visited)
{
  const gsize rows[] = { 0, 1, 32, 40, 139, n }, first[] = { 0, 1, 3, 3, 6, 8 };
  const MongeRange ranges[] = { { 5, 6 },  { 0, 300 }, { 301, (guint32) m }, { 31, 33 }, { 64, 97 },
                                { 200, 201 }, { 0, 1 }, { 100, (guint32) m } };
  GError *error = NULL;
  MongePairs *pairs = monge_pairs_new (n, m, rows, 5, first, ranges, &error);

  g_assert_no_error (error);
  for (gsize b = 0; b < 5; b++)
    for (gsize i = rows[b]; i < rows[b + 1]; i++)
      for (gsize k = first[b]; k < first[b + 1]; k++)
        for (gsize j = ranges[k].begin; j < ranges[k].end; j++)
          visited[i * m + j] = 1;
  return pairs;
}

static void
only_the_pairs_listed (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (0);

  for (MongeTunedKernel kernel = 0; kernel < MONGE_N_TUNED; kernel++)
    for (int cutoff = 0; cutoff <= 60; cutoff += 60)
      {
        Case c = case_new (180, 400, 3, 1, 21);
        g_autofree guint8 *visited = g_new0 (guint8, c.n * c.m);
        g_autoptr (MongePairs) pairs = make_pairs (c.n, c.m, visited);
        MongeTunedReduction r = case_reduction (&c, kernel, 2, TRUE);
        guint64 n_pairs;

        r.pairs = pairs;
        r.cutoff = cutoff;
        g_assert_true (backend->type->reduce (backend, &r, &n_pairs, NULL, NULL));
        assert_fewer_pairs (n_pairs, (double) pairs->n_pairs + 1);
        for (gsize i = 0; i < c.n; i++)
          {
            double sum, size, moment[3];

            reference_row (&c, &r, i, visited, &sum, &size, moment);
            if (kernel == MONGE_TUNED_DISTANCE)
              monge_assert_close (c.sum[i], sum, 2e-6 * size);
            else if (sum == 0)
              g_assert_cmpfloat (c.sum[i], ==, -INFINITY);
            else
              monge_assert_close (c.sum[i], log2 (sum), 3e-6);
            for (guint d = 0; d < 3; d++)
              monge_assert_close (c.moment[d * c.n + i], sum == 0 ? 0 : moment[d],
                                  2e-6 * MAX (size, 1.5));
          }
        case_clear (&c);
      }
}

static void
weighted_sums_of_pairs_listed (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (0);
  Case c = case_new (180, 400, 3, 1, 22);
  g_autofree float *weights = random_weights (c.m * 3, 3);
  g_autofree double *sum = g_new (double, c.n * 3 + 1);
  g_autofree guint8 *visited = g_new0 (guint8, c.n * c.m);
  g_autoptr (MongePairs) pairs = make_pairs (c.n, c.m, visited);
  MongeTunedReduction r = case_reduction (&c, MONGE_TUNED_GAUSSIAN, 2, FALSE);

  r.pairs = pairs;
  r.weights = weights;
  r.n_weights = 3;
  r.sum = sum;
  sum[c.n * 3] = GUARD;
  run (backend, &r);
  check_weighted (&c, &r, visited, 2e-6);
  case_clear (&c);
}

static void
same_bits_for_any_number_of_threads (void)
{
  g_autoptr (MongeBackend) one = open_cpu (1), three = open_cpu (3);
  Case c = case_new (1500, 900, 3, 1, 8);
  MongeTunedReduction r = case_reduction (&c, MONGE_TUNED_GAUSSIAN, 5, TRUE);
  g_autofree double *first = NULL, *first_moment = NULL;

  run (one, &r);
  first = g_memdup2 (c.sum, c.n * sizeof *c.sum);
  first_moment = g_memdup2 (c.moment, c.n * 3 * sizeof *c.moment);
  for (int k = 0; k < 5; k++)
    {
      run (three, &r);
      g_assert_cmpmem (first, c.n * sizeof *first, c.sum, c.n * sizeof *first);
      g_assert_cmpmem (first_moment, c.n * 3 * sizeof *first, c.moment, c.n * 3 * sizeof *first);
    }
  case_clear (&c);
}

static void
coincident_points_have_no_direction (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (0);
  Case c = case_new (40, 40, 3, 0, 9);

  for (MongeTunedKernel kernel = 0; kernel < MONGE_N_TUNED; kernel++)
    {
      MongeTunedReduction r = case_reduction (&c, kernel, 2, TRUE);

      run (backend, &r);
      for (gsize k = 0; k < c.n * 3; k++)
        g_assert_cmpfloat (c.moment[k], ==, 0);
    }
  case_clear (&c);
}

static void
points_without_weight_add_nothing (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (0);
  Case c = case_new (50, 300, 3, 1, 10);
  MongeTunedReduction r = case_reduction (&c, MONGE_TUNED_GAUSSIAN, 2, TRUE);

  for (gsize j = 0; j < c.m; j += 2)
    c.bias[j] = -INFINITY;
  r.cutoff = 22;
  run (backend, &r);
  check (&c, &r, 2e-6);
  case_clear (&c);
}

static void
names_the_row_that_is_not_finite (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (0);
  Case c = case_new (200, 100, 3, 1, 11);
  MongeTunedReduction r = case_reduction (&c, MONGE_TUNED_GAUSSIAN, 2, FALSE);
  GError *error = NULL;

  c.x_planes[2 * c.n + 137] = NAN;
  g_assert_false (backend->type->reduce (backend, &r, NULL, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAN, "row 137");
  case_clear (&c);
}

static void
cancelled_before_it_starts (void)
{
  g_autoptr (MongeBackend) backend = open_cpu (2);
  Case c = case_new (2000, 2000, 3, 1, 12);
  MongeTunedReduction r = case_reduction (&c, MONGE_TUNED_GAUSSIAN, 2, FALSE);
  MongeTask task = MONGE_TASK_INIT;
  GError *error = NULL;

  monge_task_cancel (&task);
  g_assert_false (backend->type->reduce (backend, &r, NULL, &task, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
  monge_task_reset (&task);
  g_assert_true (backend->type->reduce (backend, &r, NULL, &task, &error));
  case_clear (&c);
}

static void
unknown_backend_lists_the_known (void)
{
  GError *error = NULL;

  g_assert_null (monge_backend_open (&(MongeBackendOptions){ "abacus", 0 }, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "abacus");
}

static void
devices_say_why_not (void)
{
  g_autoptr (GPtrArray) devices = monge_backend_list_devices ();
  gboolean usable_cpu = FALSE;

  for (guint i = 0; i < devices->len; i++)
    {
      const MongeDevice *device = g_ptr_array_index (devices, i);

      usable_cpu |= device->usable && g_str_equal (device->kind, "cpu");
      g_assert_true (device->usable || (device->reason != NULL && *device->reason != '\0'));
    }
  g_assert_true (usable_cpu);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/backend/every-kernel-size-and-dimension", every_kernel_size_and_dimension);
  g_test_add_func ("/backend/any-lift-gives-the-sum", any_lift_gives_the_sum);
  g_test_add_func ("/backend/lifts-are-not-rounded", lifts_are_not_rounded);
  g_test_add_func ("/backend/one-huge-term-is-not-lost", one_huge_term_is_not_lost);
  g_test_add_func ("/backend/far-points-keep-their-sum", far_points_keep_their_sum);
  g_test_add_func ("/backend/cutoff-drops-no-more-than-it-says", cutoff_drops_no_more_than_it_says);
  g_test_add_func ("/backend/weights-of-either-sign", weights_of_either_sign);
  g_test_add_func ("/backend/cutoff-sees-through-steep-potentials",
                   cutoff_sees_through_steep_potentials);
  g_test_add_func ("/backend/cutoff-of-weighted-sums", cutoff_of_weighted_sums);
  g_test_add_func ("/backend/rows-near-a-centre-at-the-limit", rows_near_a_centre_at_the_limit);
  g_test_add_func ("/backend/lifts-may-part-within-a-tile", lifts_may_part_within_a_tile);
  g_test_add_func ("/backend/small-numbers-are-the-callers-again",
                   small_numbers_are_the_callers_again);
  g_test_add_func ("/backend/only-the-pairs-listed", only_the_pairs_listed);
  g_test_add_func ("/backend/weighted-sums-of-pairs-listed", weighted_sums_of_pairs_listed);
  g_test_add_func ("/backend/same-bits-for-any-number-of-threads",
                   same_bits_for_any_number_of_threads);
  g_test_add_func ("/backend/coincident-points-have-no-direction",
                   coincident_points_have_no_direction);
  g_test_add_func ("/backend/points-without-weight-add-nothing", points_without_weight_add_nothing);
  g_test_add_func ("/backend/names-the-row-that-is-not-finite", names_the_row_that_is_not_finite);
  g_test_add_func ("/backend/cancelled-before-it-starts", cancelled_before_it_starts);
  g_test_add_func ("/backend/unknown-backend-lists-the-known", unknown_backend_lists_the_known);
  g_test_add_func ("/backend/devices-say-why-not", devices_say_why_not);
  return g_test_run ();
}
