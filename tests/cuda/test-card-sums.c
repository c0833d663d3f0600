/* Tuned reductions of a card, run on the host: launchers against plain double loops, in all orders of
 * threads, which must give the same bits. */
#include "compute/core/random.h"
#include "tests/cuda/card.h"

#include <math.h>

#define MAX_VALUES (MONGE_CUDA_MAX_WEIGHTS + MONGE_CUDA_MAX_DIM)

/* One problem, on the host. */
typedef struct {
  MongeCudaKernel kernel;
  int dim, n_weights; /* 0 for logarithms and distances */
  gsize n, m;
  double scale, cutoff;
  gboolean has_moment, is_mean;
  float *x, *y;       /* planes */
  float *lift, *bias, *weights;
  double *exact, *sizes;
  double shift, factor, moment_factor;
  gsize n_blocks;     /* of pairs; 0 for all */
  gsize *rows, *first;
  MongeCudaRange *ranges;
  guint64 n_pairs, bad_row; /* out */
} Problem;

static guint
count_sums (const Problem *p)
{
  return MAX (p->n_weights, 1);
}

static guint
count_values (const Problem *p)
{
  return count_sums (p) + (p->has_moment ? p->dim : 0);
}

/* Points of a curve in a box of @width, in its order, a little beside it. */
static void
make_points (MongeRandom *random, float *x, gsize n, int dim, double width, double offset)
{
  for (gsize i = 0; i < n; i++)
    for (int d = 0; d < dim; d++)
      {
        const double along = (double) i / (double) n;

        x[d * n + i] = (float) (offset + width * (0.5 + 0.45 * sin ((d + 1) * (5 * along + d)))
                                + 0.02 * width * monge_random_uniform (random));
      }
}

static void
problem_init (Problem *p, MongeCudaKernel kernel, int dim, gsize n, gsize m, double width)
{
  MongeRandom random;

  *p = (Problem){ .kernel = kernel, .dim = dim, .n = n, .m = m, .scale = 0.7 };
  monge_random_init (&random, n + 7 * m + dim);
  p->x = g_new (float, n * dim);
  p->y = g_new (float, m * dim);
  p->bias = g_new (float, m);
  p->lift = g_new (float, n);
  p->weights = g_new (float, MAX (m, 1) * MONGE_CUDA_MAX_WEIGHTS);
  make_points (&random, p->x, n, dim, width, 0);
  make_points (&random, p->y, m, dim, width, 0.3);
  for (gsize j = 0; j < m; j++)
    p->bias[j] = (float) (4 * monge_random_uniform (&random) - 6);
  for (gsize j = 0; j < m * MONGE_CUDA_MAX_WEIGHTS; j++)
    p->weights[j] = (float) (monge_random_uniform (&random) - 0.3);
  for (gsize i = 0; i < n; i++)
    p->lift[i] = (float) (3 * monge_random_uniform (&random));
}

static void
problem_clear (Problem *p)
{
  g_free (p->x);
  g_free (p->y);
  g_free (p->bias);
  g_free (p->lift);
  g_free (p->weights);
  g_free (p->exact);
  g_free (p->sizes);
  g_free (p->rows);
  g_free (p->first);
  g_free (p->ranges);
}

/* ------------------------------------------------------------------------------------------------
 * On the card
 */

static MongeCudaCloud
up_cloud (const float *planes, gsize n, int dim)
{
  return (MongeCudaCloud){ card_up (planes, n * dim * sizeof (float)), n, n };
}

static gpointer
up_or_null (gconstpointer from, gsize size)
{
  return from != NULL ? card_up (from, size) : NULL;
}

static void
up_pairs (const Problem *p, MongeCudaPairs *pairs)
{
  const gsize n = monge_cuda_cut_tiles (p->rows, p->n_blocks, NULL);
  g_autofree MongeCudaTile *tiles = g_new (MongeCudaTile, n);

  g_assert_cmpuint (monge_cuda_cut_tiles (p->rows, p->n_blocks, tiles), ==, n);
  pairs->n_tiles = n;
  pairs->tiles = card_up (tiles, n * sizeof *tiles);
  pairs->first = card_up (p->first, (p->n_blocks + 1) * sizeof *p->first);
  pairs->ranges = card_up (p->ranges, p->first[p->n_blocks] * sizeof *p->ranges);
}

/* @data: a Problem. @result: (count_values × n) */
static void
run (gpointer data, gpointer result)
{
  Problem *p = data;
  const gsize n = p->n, sums_size = count_sums (p) * n * sizeof (double);
  const MongeCudaStatus none = { 0, 0 };
  MongeCudaStatus status;
  MongeCudaPairs pairs;
  MongeCudaReduction r = {
    .kernel = p->kernel,
    .dim = p->dim,
    .x = up_cloud (p->x, n, p->dim),
    .y = up_cloud (p->y, p->m, p->dim),
    .scale = p->scale,
    .lift = up_or_null (p->lift, n * sizeof (float)),
    .bias = up_or_null (p->n_weights > 0 ? NULL : p->bias, p->m * sizeof (float)),
    .weights = up_or_null (p->n_weights > 0 ? p->weights : NULL,
                           p->n_weights * p->m * sizeof (float)),
    .weights_stride = p->m,
    .n_weights = p->n_weights,
    .cutoff = p->cutoff,
    .least_pairs = 1,
    .exact = up_or_null (p->exact, n * sizeof (double)),
    .shift = p->shift,
    .factor = p->factor,
    .moment_factor = p->moment_factor,
    .sizes = up_or_null (p->sizes, count_sums (p) * sizeof (double)),
    .moment_is_mean = p->is_mean,
    .sum = card_space (sums_size),
    .moment = p->has_moment ? card_space (n * p->dim * sizeof (double)) : NULL,
    .status = card_up (&none, sizeof none),
  };

  if (p->n_blocks > 0)
    {
      up_pairs (p, &pairs);
      r.pairs = &pairs;
    }
  r.scratch_size = monge_cuda_reduction_get_scratch (&r);
  r.scratch = card_space (r.scratch_size);
  g_assert_cmpint (monge_cuda_reduce (&r, NULL), ==, cudaSuccess);
  g_assert_cmpint (cudaStreamSynchronize (NULL), ==, cudaSuccess);
  card_down (result, r.sum, sums_size);
  if (p->has_moment)
    card_down ((double *) result + count_sums (p) * n, r.moment, n * p->dim * sizeof (double));
  card_down (&status, r.status, sizeof status);
  p->n_pairs = status.n_pairs;
  p->bad_row = status.bad_row;
  card_clear ();
}

/* ------------------------------------------------------------------------------------------------
 * On the host, in float64
 */

static gboolean
is_pair (const Problem *p, gsize i, gsize j)
{
  gsize block = 0;

  if (p->n_blocks == 0)
    return TRUE;
  while (p->rows[block + 1] <= i)
    block++;
  for (gsize k = p->first[block]; k < p->first[block + 1]; k++)
    if (j >= p->ranges[k].begin && j < p->ranges[k].end)
      return TRUE;
  return FALSE;
}

static double
get_distance (const Problem *p, gsize i, gsize j)
{
  double square = 0;

  for (int d = 0; d < p->dim; d++)
    {
      const double difference
          = p->scale * ((double) p->x[d * p->n + i] - (double) p->y[d * p->m + j]);

      square += difference * difference;
    }
  return sqrt (square);
}

static double
get_exponent (const Problem *p, gsize i, gsize j)
{
  const double distance = get_distance (p, i, j);
  double exponent = p->kernel == MONGE_CUDA_GAUSSIAN ? -distance * distance : -distance;

  if (p->lift != NULL)
    exponent += p->exact != NULL ? p->exact[i] : (double) p->lift[i];
  return exponent + (p->n_weights > 0 ? p->exact != NULL ? p->shift : 0 : (double) p->bias[j]);
}

/* The largest scaled coordinate: differences lose 2^-24 of it. */
static double
find_extent (const Problem *p)
{
  double extent = 0;

  for (gsize k = 0; k < p->dim * p->n; k++)
    extent = fmax (extent, p->scale * fabs (p->x[k]));
  for (gsize k = 0; k < p->dim * p->m; k++)
    extent = fmax (extent, p->scale * fabs (p->y[k]));
  return extent;
}

/* What row @i should be, and the sum of magnitudes that errors are measured by, beside those that
 * differences come with. */
static void
find_truth (const Problem *p, gsize i, double *values, double *sizes)
{
  const double lost = 0.25 * find_extent (p); /* see check() */
  const guint n_sums = count_sums (p);
  const gboolean is_log = p->kernel != MONGE_CUDA_DISTANCE && p->n_weights == 0;
  double top = -INFINITY;

  memset (values, 0, MAX_VALUES * sizeof *values);
  memset (sizes, 0, MAX_VALUES * sizeof *sizes);
  for (gsize j = 0; is_log && j < p->m; j++)
    if (is_pair (p, i, j))
      top = fmax (top, get_exponent (p, i, j));
  for (gsize j = 0; j < p->m; j++)
    {
      const double distance = get_distance (p, i, j);
      double term = 1;

      if (!is_pair (p, i, j))
        continue;
      if (p->kernel != MONGE_CUDA_DISTANCE)
        term = exp2 (get_exponent (p, i, j) - (is_log && top > -INFINITY ? top : 0));
      for (guint w = 0; w < n_sums; w++)
        {
          const double t = p->kernel == MONGE_CUDA_DISTANCE ? (double) p->bias[j] * distance
                           : p->n_weights > 0 ? term * (double) p->weights[w * p->m + j]
                                              : term;

          values[w] += t;
          sizes[w] += fabs (t) + (p->kernel == MONGE_CUDA_DISTANCE ? fabs (p->bias[j]) * lost : 0);
        }
      for (int d = 0; d < p->dim && p->has_moment; d++)
        {
          const double way = (double) p->x[d * p->n + i] - (double) p->y[d * p->m + j];
          const double unit = p->kernel == MONGE_CUDA_GAUSSIAN ? 1
                              : distance > 0                   ? p->scale / distance
                                                               : 0;
          const double weight = p->kernel == MONGE_CUDA_DISTANCE ? (double) p->bias[j]
                                : p->n_weights > 0 ? (double) p->weights[j]
                                                   : 1;

          values[n_sums + d] += term * weight * unit * way;
          sizes[n_sums + d]
              += fabs (term * weight)
                 * (p->kernel == MONGE_CUDA_GAUSSIAN ? (distance + lost) / p->scale
                    : distance > 0                   ? 1 + lost / distance
                                                     : 0);
        }
    }
  for (int d = 0; d < p->dim && is_log && p->has_moment; d++)
    {
      values[n_sums + d] /= values[0];
      sizes[n_sums + d] /= sizes[0];
    }
  if (is_log)
    {
      values[0] = values[0] > 0 ? log2 (values[0]) + top : -INFINITY;
      sizes[0] = 1;
    }
}

/* How far the parts of exponents reach, scaled coordinates among them: rounding them moves terms by
 * a share of it. Terms far below the others do not matter. */
static double
find_reach (const Problem *p, gsize i)
{
  const double size = find_extent (p);
  double reach = 1, nearest = INFINITY;

  for (gsize j = 0; j < p->m; j++)
    if (is_pair (p, i, j))
      nearest = fmin (nearest, get_distance (p, i, j));
  for (gsize j = 0; j < p->m; j++)
    {
      const double distance = get_distance (p, i, j), near = fmin (distance, nearest + 6);
      double parts = p->kernel == MONGE_CUDA_GAUSSIAN ? near * near + 2 * near * size
                                                      : distance + size;

      if (!is_pair (p, i, j) || (p->n_weights == 0 && p->bias[j] == -INFINITY))
        continue;
      if (p->kernel != MONGE_CUDA_DISTANCE && p->lift != NULL)
        parts += fabs (p->lift[i]);
      if (p->kernel != MONGE_CUDA_DISTANCE && p->n_weights == 0)
        parts += fabs (p->bias[j]);
      reach = fmax (reach, parts);
    }
  return reach;
}

/* 1e-6 of the magnitudes, and what float32 exponents lose: 2^-24 of their parts, a few times. */
static void
check (Problem *p, const double *result)
{
  const guint n_values = count_values (p), n_sums = count_sums (p);
  double values[MAX_VALUES], sizes[MAX_VALUES];

  for (gsize i = 0; i < p->n; i++)
    {
      const double tol = 1e-6 + 4 * 0x1p-24 * find_reach (p, i);

      find_truth (p, i, values, sizes);
      for (guint v = 0; v < n_values; v++)
        {
          const double size = p->sizes != NULL ? p->sizes[v < n_sums ? v : 0] : 1;
          const double factor = v < n_sums ? p->factor : p->moment_factor;
          const double scale = size * (factor != 0 ? factor : 1);

          if (isinf (values[v]))
            {
              g_assert_true (result[v * p->n + i] == values[v]);
              continue;
            }
          /* Cutoffs drop no more than 2^-cutoff of the sum, or of the weights'. */
          monge_assert_close (result[v * p->n + i], scale * values[v],
                              fabs (scale) * (sizes[v] * tol + 1e-30
                                              + (p->cutoff > 0 ? exp2 (-p->cutoff) * p->m : 0)));
        }
    }
}

static void
try (Problem *p)
{
  g_autofree double *result = g_new (double, count_values (p) * p->n);

  g_test_message ("kernel %d, D = %d, %" G_GSIZE_FORMAT " rows, %" G_GSIZE_FORMAT " columns, "
                  "%d weights%s", p->kernel, p->dim, p->n, p->m, p->n_weights,
                  p->has_moment ? ", moment" : "");
  card_try_orders (run, p, result, count_values (p) * p->n * sizeof *result);
  check (p, result);
}

/* ------------------------------------------------------------------------------------------------
 * Cases
 */

static void
test_every_kernel_and_dimension (void)
{
  static const gsize sizes[][2] = { { 1, 1 }, { 31, 33 }, { 65, 130 }, { 130, 1 } };
  static const int dims[] = { 1, 2, 3, 4, 6, 7, 10 };

  for (guint kernel = 0; kernel <= MONGE_CUDA_DISTANCE; kernel++)
    for (guint k = 0; k < G_N_ELEMENTS (dims); k++)
      for (guint size = 0; size < G_N_ELEMENTS (sizes); size++)
        for (guint op = 0; op < (kernel == MONGE_CUDA_DISTANCE ? 2 : 7); op++)
          {
            Problem p;

            problem_init (&p, kernel, dims[k], sizes[size][0], sizes[size][1], 2);
            /* 0, 1: logarithms; 2, 3: one weight; 4 to 6: more. */
            p.has_moment = op % 2 == 1 && op < 4;
            p.n_weights = op < 2 ? 0 : op < 4 ? 1 : op - 2;
            try (&p);
            problem_clear (&p);
          }
}

/* Rows of a tile near each other, and far from each other: both forms of the exponent. */
static void
test_both_forms (void)
{
  static const double widths[] = { 0.5, 60 };

  for (guint k = 0; k < G_N_ELEMENTS (widths); k++)
    for (int op = 0; op < 4; op++)
      {
        Problem p;

        problem_init (&p, MONGE_CUDA_GAUSSIAN, 3, 200, 1000, widths[k]);
        p.has_moment = op % 2 == 1;
        p.n_weights = op / 2;
        try (&p);
        problem_clear (&p);
      }
}

static void
test_columns_beyond_a_chunk (void)
{
  Problem p;

  problem_init (&p, MONGE_CUDA_GAUSSIAN, 3, 33, 5000, 1);
  p.has_moment = TRUE;
  try (&p);
  g_assert_cmpuint (p.n_pairs, ==, 33 * 5000);
  problem_clear (&p);
}

/* Lifts that are far from right, and none at all: rows are computed again around their maximum. */
static void
test_lifts_of_any_size (void)
{
  static const float lifts[] = { 1e4f, -1e4f, 130.0f, -200.0f };

  for (guint kernel = 0; kernel < MONGE_CUDA_DISTANCE; kernel++)
    for (guint k = 0; k < 2 * G_N_ELEMENTS (lifts); k++)
      {
        Problem p;

        problem_init (&p, kernel, 3, 100, 70, 2);
        p.has_moment = k % 2 == 1;
        for (gsize i = 0; i < p.n; i += 1 + i % 3)
          p.lift[i] += lifts[k / 2];
        try (&p);
        g_assert_cmpuint (p.n_pairs, >, 100 * 70);
        problem_clear (&p);
      }
}

static void
test_no_lift_and_far_apart (void)
{
  for (guint kernel = 0; kernel < MONGE_CUDA_DISTANCE; kernel++)
    for (int dim = 2; dim <= 10; dim += 4)
      {
        Problem p;

        problem_init (&p, kernel, dim, 70, 65, 1);
        g_clear_pointer (&p.lift, g_free);
        for (gsize i = 0; i < p.n * dim; i++)
          p.x[i] += 150.0f;
        p.has_moment = dim != 6;
        try (&p);
        problem_clear (&p);
      }
}

/* One column far above all others, wherever it is: nothing but the maximum itself will do. */
static void
test_one_column_above_all (void)
{
  for (guint kernel = 0; kernel < MONGE_CUDA_DISTANCE; kernel++)
    for (gsize j = 0; j < 300; j += 43)
      {
        Problem p;

        problem_init (&p, kernel, j % 2 == 0 ? 3 : 6, 70, 300, 1);
        p.bias[j] = 4000;
        p.has_moment = j % 4 == 0;
        try (&p);
        problem_clear (&p);
      }
}

/* Half of the columns without mass. */
static void
test_columns_without_mass (void)
{
  Problem p;

  problem_init (&p, MONGE_CUDA_GAUSSIAN, 3, 100, 200, 1);
  for (gsize j = 0; j < p.m; j += 2)
    p.bias[j] = -INFINITY;
  p.has_moment = TRUE;
  try (&p);
  g_assert_cmpuint (p.bad_row, ==, 0);
  for (gsize j = 1; j < p.m; j += 2)
    p.bias[j] = -INFINITY;
  p.has_moment = FALSE;
  try (&p);
  g_assert_cmpuint (~p.bad_row, ==, 0);
  problem_clear (&p);
}

static void
test_coincident_points (void)
{
  for (guint kernel = 0; kernel <= MONGE_CUDA_DISTANCE; kernel++)
    {
      Problem p;

      problem_init (&p, kernel, 3, 40, 40, 1);
      memcpy (p.y, p.x, 3 * 40 * sizeof (float));
      p.has_moment = TRUE;
      try (&p);
      for (gsize i = 0; i < 3 * 40; i++)
        p.x[i] = p.y[i] = 2.5f;
      try (&p);
      problem_clear (&p);
    }
}

/* Blocks off the tile, ranges off the block, one that meets nothing. */
static void
make_pairs (Problem *p)
{
  static const gsize rows[] = { 0, 10, 11, 80, 145, 300 }, first[] = { 0, 2, 3, 3, 6, 7 };
  static const MongeCudaRange ranges[] = { { 0, 1 },   { 31, 33 },   { 5, 200 }, { 3, 4 },
                                           { 64, 96 }, { 100, 257 }, { 0, 257 } };

  p->n_blocks = 5;
  p->rows = g_memdup2 (rows, sizeof rows);
  p->first = g_memdup2 (first, sizeof first);
  p->ranges = g_memdup2 (ranges, sizeof ranges);
}

static void
test_pairs_of_blocks (void)
{
  for (guint kernel = 0; kernel <= MONGE_CUDA_DISTANCE; kernel++)
    for (guint op = 0; op < (kernel == MONGE_CUDA_DISTANCE ? 2 : 4); op++)
      {
        Problem p;

        problem_init (&p, kernel, 3, 300, 257, 2);
        make_pairs (&p);
        p.n_weights = op / 2;
        /* What empty rows have as means is no number to compare. */
        p.has_moment = op % 2 == 1 && (op > 1 || kernel == MONGE_CUDA_DISTANCE);
        try (&p);
        g_assert_cmpuint (p.n_pairs, ==, 10 * 3 + 195 + 65 * (1 + 32 + 157) + 155 * 257);
        g_assert_cmpuint (p.bad_row, ==, 0);
        problem_clear (&p);
      }
}

static void
test_means_over_nothing (void)
{
  g_autofree double *result = g_new (double, 4 * 300);
  Problem p;

  problem_init (&p, MONGE_CUDA_GAUSSIAN, 3, 300, 257, 2);
  make_pairs (&p);
  p.has_moment = TRUE;
  run (&p, result);
  g_assert_true (result[20] == -INFINITY);
  g_assert_true (result[300 + 20] == 0 && result[3 * 300 + 79] == 0);
  p.is_mean = TRUE;
  run (&p, result);
  g_assert_true (isnan (result[300 + 20]) && isnan (result[3 * 300 + 79]));
  g_assert_true (isfinite (result[300 + 5]) && isfinite (result[3 * 300 + 80]));
  problem_clear (&p);
}

/* Sorted points and a cutoff: fewer pairs, the same sums. */
static void
test_cutoff (void)
{
  for (guint kernel = 0; kernel < MONGE_CUDA_DISTANCE; kernel++)
    for (guint op = 0; op < 4; op++)
      {
        Problem p;

        problem_init (&p, kernel, 3, 300, 1300, kernel == MONGE_CUDA_GAUSSIAN ? 40 : 400);
        p.cutoff = 24;
        p.n_weights = op / 2;
        p.has_moment = op % 2 == 1 && op > 1;
        if (op == 1) /* as potentials are: a slope across the shape */
          for (gsize j = 0; j < p.m; j++)
            {
              p.bias[j] += 2 * p.y[j];
              p.lift[MIN (j, p.n - 1)] -= 2 * p.x[MIN (j, p.n - 1)];
            }
        try (&p);
        if (p.n_weights > 0)
          g_assert_cmpuint (p.n_pairs, <, 300 * 1300 / 2);
        problem_clear (&p);
      }
}

/* Shapes far apart whose potentials bring them together, as solvers find them: −|x − t − y|². What
 * matters is told by the slopes of boxes alone. */
static void
test_cutoff_along_slopes (void)
{
  const double t = 30;
  Problem p;

  problem_init (&p, MONGE_CUDA_GAUSSIAN, 3, 900, 2300, 40);
  p.cutoff = 24;
  for (gsize i = 0; i < p.n; i++)
    {
      p.x[i] += (float) t;
      p.lift[i] += (float) (p.scale * p.scale * t * (2 * p.x[i] - t));
    }
  for (gsize j = 0; j < p.m; j++)
    p.bias[j] += (float) (-2 * p.scale * p.scale * t * p.y[j]);
  try (&p);
  g_assert_cmpuint (p.n_pairs, <, 900 * 2300 / 2);
  problem_clear (&p);
}

/* The same between shapes of different size, −|2 x − y/2|²: slopes change from block to block. */
static void
test_cutoff_along_curved_potentials (void)
{
  Problem p;

  problem_init (&p, MONGE_CUDA_GAUSSIAN, 3, 900, 2300, 40);
  p.cutoff = 24;
  for (gsize k = 0; k < 3 * p.n; k++)
    p.x[k] *= 0.25f;
  for (gsize k = 0; k < 3 * p.n; k++)
    p.lift[k % p.n] += (float) (-3 * p.scale * p.scale * p.x[k] * p.x[k]);
  for (gsize k = 0; k < 3 * p.m; k++)
    p.bias[k % p.m] += (float) (0.75 * p.scale * p.scale * p.y[k] * p.y[k]);
  try (&p);
  g_assert_cmpuint (p.n_pairs, <, 900 * 2300);
  problem_clear (&p);
}

/* Lifts that hide what a cutoff drops: rows are computed again without one. */
static void
test_cutoff_with_wrong_lifts (void)
{
  Problem p;

  problem_init (&p, MONGE_CUDA_GAUSSIAN, 3, 300, 600, 10);
  p.cutoff = 30;
  for (gsize i = 0; i < p.n; i++)
    p.lift[i] -= 50;
  try (&p);
  g_assert_cmpuint (p.n_pairs, >=, 300 * 600);
  problem_clear (&p);
}

static void
test_cutoff_within_pairs (void)
{
  Problem p;

  problem_init (&p, MONGE_CUDA_GAUSSIAN, 2, 300, 257, 40);
  make_pairs (&p);
  p.cutoff = 20;
  p.n_weights = 2;
  try (&p);
  problem_clear (&p);
}

/* u' in float64, of which the lift is the rounded value, and what weights were divided by. */
static void
test_exact_lifts_and_sizes (void)
{
  for (int n_weights = 0; n_weights <= 2; n_weights++)
    {
      Problem p;

      problem_init (&p, MONGE_CUDA_GAUSSIAN, 3, 90, 110, 1);
      p.n_weights = n_weights;
      p.has_moment = n_weights < 2;
      p.factor = 0.6931471805599453;
      p.moment_factor = -2;
      p.exact = g_new (double, p.n);
      for (gsize i = 0; i < p.n; i++)
        {
          p.exact[i] = -3 - 1.0 / (double) (3 * i + 1);
          p.lift[i] = (float) (p.exact[i] + (n_weights > 0 ? 8 : 0));
        }
      if (n_weights > 0)
        {
          p.shift = 8;
          p.sizes = g_new (double, 2);
          p.sizes[0] = 1e-5;
          p.sizes[1] = 3e4;
        }
      try (&p);
      problem_clear (&p);
    }
}

static void
test_no_columns (void)
{
  double result[5];
  Problem p;

  problem_init (&p, MONGE_CUDA_GAUSSIAN, 3, 5, 0, 1);
  run (&p, result);
  for (int i = 0; i < 5; i++)
    g_assert_true (result[i] == -INFINITY);
  p.n_weights = 1;
  run (&p, result);
  for (int i = 0; i < 5; i++)
    g_assert_true (result[i] == 0);
  g_assert_cmpuint (p.bad_row, ==, 0);
  problem_clear (&p);
}

/* The first row that is not finite is named. */
static void
test_bad_row (void)
{
  g_autofree double *result = g_new (double, 200);

  for (guint kernel = 0; kernel <= MONGE_CUDA_DISTANCE; kernel++)
    for (int n_weights = 0; n_weights <= (kernel == MONGE_CUDA_DISTANCE ? 0 : 1); n_weights++)
      {
        Problem p;

        problem_init (&p, kernel, 3, 200, 50, 1);
        p.n_weights = n_weights;
        p.x[177] = NAN;
        p.x[2 * 200 + 130] = NAN;
        run (&p, result);
        g_assert_cmpuint (~p.bad_row, ==, 130);
        p.x[177] = p.x[2 * 200 + 130] = 0;
        run (&p, result);
        g_assert_cmpuint (p.bad_row, ==, 0);
        problem_clear (&p);
      }
}

static void
test_refused_and_stopped (void)
{
  int *stop = NULL;
  double nothing[64];
  MongeCudaReduction r = { .kernel = MONGE_CUDA_GAUSSIAN, .dim = 3, .scale = 1 };

  memset (nothing, 0x5a, sizeof nothing);
  g_assert_cmpint (monge_cuda_reduce (&r, NULL), ==, cudaErrorInvalidValue);
  r.x = r.y = (MongeCudaCloud){ card_space (3 * 64 * 4), 64, 64 };
  cudaMemset ((gpointer) r.x.planes, 0, 3 * 64 * 4);
  r.bias = r.x.planes;
  r.sum = card_up (nothing, sizeof nothing);
  g_assert_cmpint (monge_cuda_reduce (&r, NULL), ==, cudaErrorInvalidValue); /* no scratch */
  r.dim = 11;
  g_assert_cmpint (monge_cuda_reduce (&r, NULL), ==, cudaErrorInvalidValue);
  r.dim = 3;
  r.scratch_size = monge_cuda_reduction_get_scratch (&r);
  r.scratch = card_space (r.scratch_size);
  g_assert_cmpint (cudaHostAlloc ((gpointer *) &stop, sizeof *stop, cudaHostAllocMapped), ==,
                   cudaSuccess);
  *stop = 1;
  r.stop = stop;
  g_assert_cmpint (monge_cuda_reduce (&r, NULL), ==, cudaSuccess);
  g_assert_cmpint (cudaStreamSynchronize (NULL), ==, cudaSuccess);
  cudaFreeHost (stop);
  card_clear ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  host_card_reset ();
  g_test_add_func ("/card-sums/every-kernel-and-dimension", test_every_kernel_and_dimension);
  g_test_add_func ("/card-sums/both-forms", test_both_forms);
  g_test_add_func ("/card-sums/columns-beyond-a-chunk", test_columns_beyond_a_chunk);
  g_test_add_func ("/card-sums/lifts-of-any-size", test_lifts_of_any_size);
  g_test_add_func ("/card-sums/no-lift-and-far-apart", test_no_lift_and_far_apart);
  g_test_add_func ("/card-sums/one-column-above-all", test_one_column_above_all);
  g_test_add_func ("/card-sums/columns-without-mass", test_columns_without_mass);
  g_test_add_func ("/card-sums/coincident-points", test_coincident_points);
  g_test_add_func ("/card-sums/pairs-of-blocks", test_pairs_of_blocks);
  g_test_add_func ("/card-sums/means-over-nothing", test_means_over_nothing);
  g_test_add_func ("/card-sums/cutoff", test_cutoff);
  g_test_add_func ("/card-sums/cutoff-along-slopes", test_cutoff_along_slopes);
  g_test_add_func ("/card-sums/cutoff-along-curved-potentials",
                   test_cutoff_along_curved_potentials);
  g_test_add_func ("/card-sums/cutoff-with-wrong-lifts", test_cutoff_with_wrong_lifts);
  g_test_add_func ("/card-sums/cutoff-within-pairs", test_cutoff_within_pairs);
  g_test_add_func ("/card-sums/exact-lifts-and-sizes", test_exact_lifts_and_sizes);
  g_test_add_func ("/card-sums/no-columns", test_no_columns);
  g_test_add_func ("/card-sums/bad-row", test_bad_row);
  g_test_add_func ("/card-sums/refused-and-stopped", test_refused_and_stopped);
  return g_test_run ();
}
