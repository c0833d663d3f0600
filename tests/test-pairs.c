/* Lists of pairs against what they promise, read off pair by pair. */
#include "compute/backend/pairs.h"
#include "compute/core/random.h"
#include "tests/util.h"

#include <math.h>
#include <string.h>

/* (n_rows × n_columns) 1 where the pair is visited; no pair may come twice. */
static guint8 *
expand (const MongePairs *pairs)
{
  guint8 *dense = g_new0 (guint8, pairs->n_rows * pairs->n_columns + 1);
  guint64 n = 0;

  g_assert_cmpuint (pairs->rows[0], ==, 0);
  g_assert_cmpuint (pairs->rows[pairs->n_blocks], ==, pairs->n_rows);
  for (gsize b = 0; b < pairs->n_blocks; b++)
    for (gsize k = pairs->first[b]; k < pairs->first[b + 1]; k++)
      {
        const MongeRange *range = &pairs->ranges[k];

        g_assert_cmpuint (range->begin, <, range->end);
        g_assert_cmpuint (range->end, <=, pairs->n_columns);
        if (k > pairs->first[b]) /* else they would be one */
          g_assert_cmpuint (pairs->ranges[k - 1].end, <, range->begin);
        for (gsize i = pairs->rows[b]; i < pairs->rows[b + 1]; i++)
          for (gsize j = range->begin; j < range->end; j++)
            {
              g_assert_cmpuint (dense[i * pairs->n_columns + j], ==, 0);
              dense[i * pairs->n_columns + j] = 1;
              n++;
            }
      }
  g_assert_cmpuint (n, ==, pairs->n_pairs);
  return dense;
}

static float *
random_points (gsize n, guint dim, guint64 seed)
{
  float *points = g_new (float, n * dim + 1);
  MongeRandom random;

  monge_random_init (&random, seed);
  for (gsize i = 0; i < n; i++) /* along the first axis, so that blocks are narrow */
    for (guint d = 0; d < dim; d++)
      points[d * n + i] = (float) (0.1 * monge_random_uniform (&random)
                                   + (d == 0 ? (double) i / (double) n : 0));
  return points;
}

static void
own_blocks_are_kept (void)
{
  const gsize rows[] = { 0, 3, 3, 10 }, first[] = { 0, 3, 4, 5 };
  const MongeRange ranges[] = { { 0, 2 }, { 2, 5 }, { 7, 8 }, { 1, 4 }, { 0, 9 } };
  GError *error = NULL;
  g_autoptr (MongePairs) pairs = monge_pairs_new (10, 9, rows, 3, first, ranges, &error);
  g_autofree guint8 *dense = NULL;

  g_assert_no_error (error);
  dense = expand (pairs);
  for (gsize i = 0; i < 10; i++)
    for (gsize j = 0; j < 9; j++)
      g_assert_cmpuint (dense[i * 9 + j], ==, i >= 3 || j < 5 || j == 7);
  g_assert_cmpuint (pairs->first[1], ==, 2); /* 0–2 and 2–5 became one */
}

static void
refuse_blocks_out_of_order (void)
{
  const struct {
    gsize rows[3], first[3];
    MongeRange ranges[2];
    const char *part;
  } bad[] = {
    { { 1, 2, 4 }, { 0, 1, 2 }, { { 0, 1 }, { 0, 1 } }, "Block 0 goes from row 1" },
    { { 0, 5, 4 }, { 0, 1, 2 }, { { 0, 1 }, { 0, 1 } }, "Block 1 goes from row 5 to row 4" },
    { { 0, 2, 3 }, { 0, 1, 2 }, { { 0, 1 }, { 0, 1 } }, "Block 1 ends at row 3 where there are 4" },
    { { 0, 2, 4 }, { 1, 1, 2 }, { { 0, 1 }, { 0, 1 } }, "block 0 go from 1" },
    { { 0, 2, 4 }, { 0, 2, 1 }, { { 0, 1 }, { 1, 2 } }, "block 1 go from 2 to 1" },
    { { 0, 2, 4 }, { 0, 1, 2 }, { { 0, 1 }, { 3, 7 } }, "Range 1, columns 3 to 7, of block 1" },
    { { 0, 2, 4 }, { 0, 1, 2 }, { { 2, 2 }, { 0, 1 } }, "Range 0, columns 2 to 2" },
    { { 0, 2, 4 }, { 0, 1, 2 }, { { 4, 2 }, { 0, 1 } }, "Range 0, columns 4 to 2" },
    { { 0, 2, 4 }, { 0, 2, 2 }, { { 0, 3 }, { 2, 4 } }, "Range 1, columns 2 to 4, of block 0" },
  };
  GError *error = NULL;

  for (gsize k = 0; k < G_N_ELEMENTS (bad); k++)
    {
      g_assert_null (monge_pairs_new (4, 6, bad[k].rows, 2, bad[k].first, bad[k].ranges, &error));
      monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, bad[k].part);
    }
  g_assert_null (monge_pairs_new ((gsize) 1 << 31, 6, bad[0].rows, 2, bad[0].first, bad[0].ranges,
                                  &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "2^31");
}

static MongePairs *
random_pairs (gsize n, gsize m, MongeRandom *random)
{
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (gsize));
  g_autoptr (GArray) first = g_array_new (FALSE, FALSE, sizeof (gsize));
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (MongeRange));
  GError *error = NULL;
  gsize row = 0;
  MongePairs *pairs;

  while (row < n)
    {
      gsize n_ranges = ranges->len;

      g_array_append_val (rows, row);
      g_array_append_val (first, n_ranges);
      for (guint32 j = 0; j < m;)
        {
          MongeRange range = { j, j };

          range.begin += (guint32) (20 * monge_random_uniform (random));
          range.end = range.begin + 1 + (guint32) (20 * monge_random_uniform (random));
          if (range.end <= m)
            g_array_append_val (ranges, range);
          j = range.end;
        }
      row = MIN (n, row + (gsize) (40 * monge_random_uniform (random)));
    }
  g_array_append_val (rows, n);
  row = ranges->len;
  g_array_append_val (first, row);
  pairs = monge_pairs_new (n, m, (gsize *) rows->data, rows->len - 1, (gsize *) first->data,
                           (MongeRange *) ranges->data, &error);
  g_assert_no_error (error);
  return pairs;
}

static void
transposed_pairs_are_the_same (void)
{
  static const gsize sizes[][2] = { { 1, 1 }, { 1, 100 }, { 100, 1 }, { 33, 200 }, { 200, 65 } };
  MongeRandom random;

  monge_random_init (&random, 3);
  for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      const gsize n = sizes[s][0], m = sizes[s][1];
      g_autoptr (MongePairs) pairs = random_pairs (n, m, &random);
      g_autoptr (MongePairs) turned = monge_pairs_transpose (pairs);
      g_autoptr (MongePairs) back = monge_pairs_transpose (turned);
      g_autofree guint8 *dense = expand (pairs), *turned_dense = expand (turned);
      g_autofree guint8 *back_dense = expand (back);

      g_assert_cmpuint (turned->n_rows, ==, m);
      g_assert_cmpuint (turned->n_columns, ==, n);
      for (gsize i = 0; i < n; i++)
        for (gsize j = 0; j < m; j++)
          g_assert_cmpuint (dense[i * m + j], ==, turned_dense[j * n + i]);
      g_assert_cmpmem (dense, n * m, back_dense, n * m);
    }
}

static double
distance (const float *x, gsize n, gsize i, const float *y, gsize m, gsize j, guint dim)
{
  double square = 0;

  for (guint d = 0; d < dim; d++)
    square += ((double) x[d * n + i] - y[d * m + j]) * ((double) x[d * n + i] - y[d * m + j]);
  return sqrt (square);
}

static void
within_keeps_every_close_pair (void)
{
  static const gsize sizes[][2] = { { 1, 1 }, { 64, 32 }, { 65, 33 }, { 1000, 2500 } };

  for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (guint dim = 1; dim <= 4; dim++)
      {
        const gsize n = sizes[s][0], m = sizes[s][1];
        g_autofree float *x = random_points (n, dim, 1), *y = random_points (m, dim, 2);
        g_autoptr (MongePairs) pairs = monge_pairs_new_within (x, n, y, m, dim, 0.1, NULL, NULL);
        g_autofree guint8 *dense = expand (pairs);

        for (gsize i = 0; i < n; i++)
          for (gsize j = 0; j < m; j++)
            if (distance (x, n, i, y, m, j, dim) <= 0.1)
              g_assert_cmpuint (dense[i * m + j], ==, 1);
        if (n * m > 1000000)
          g_assert_cmpuint (pairs->n_pairs, <, n * m / 2);
      }
}

/* The farthest pair of all, at exactly the radius. */
static void
within_counts_the_radius_itself (void)
{
  const float x[] = { 0 }, y[] = { 3 }, farther[] = { 3.000001f };
  g_autoptr (MongePairs) at = monge_pairs_new_within (x, 1, y, 1, 1, 3, NULL, NULL);
  g_autoptr (MongePairs) beyond = monge_pairs_new_within (x, 1, farther, 1, 1, 3, NULL, NULL);

  g_assert_cmpuint (at->n_pairs, ==, 1);
  g_assert_cmpuint (beyond->n_pairs, ==, 0);
}

static double
centre (const float *points, gsize n, gsize size, gsize block, guint d)
{
  double lower = INFINITY, upper = -INFINITY;

  for (gsize i = block * size; i < MIN ((block + 1) * size, n); i++)
    {
      lower = MIN (lower, points[d * n + i]);
      upper = MAX (upper, points[d * n + i]);
    }
  return (lower + upper) / 2;
}

static void
nearest_blocks_are_the_nearest (void)
{
  const gsize n = 500, m = 1490;
  const guint dim = 3, k = 5;
  g_autofree float *x = random_points (n, dim, 4), *y = random_points (m, dim, 5);
  g_autoptr (MongePairs) pairs = monge_pairs_new_nearest (x, n, y, m, dim, k, NULL, NULL);
  g_autofree guint8 *dense = expand (pairs);

  for (gsize a = 0; a < (n + 63) / 64; a++)
    {
      double farthest_in = 0, nearest_out = INFINITY;
      gsize n_in = 0;

      for (gsize b = 0; b < (m + 31) / 32; b++)
        {
          double square = 0;

          for (guint d = 0; d < dim; d++)
            square += pow (centre (x, n, 64, a, d) - centre (y, m, 32, b, d), 2);
          if (dense[a * 64 * m + b * 32])
            farthest_in = MAX (farthest_in, square);
          else
            nearest_out = MIN (nearest_out, square);
          n_in += dense[a * 64 * m + b * 32];
        }
      g_assert_cmpuint (n_in, ==, k);
      g_assert_cmpfloat (farthest_in, <=, nearest_out);
    }
}

static void
more_neighbours_than_blocks_is_all (void)
{
  g_autofree float *x = random_points (70, 2, 6), *y = random_points (100, 2, 7);
  g_autoptr (MongePairs) pairs = monge_pairs_new_nearest (x, 70, y, 100, 2, 1000, NULL, NULL);

  g_assert_cmpuint (pairs->n_pairs, ==, 70 * 100);
}

static void
points_that_are_not_finite_are_named (void)
{
  g_autofree float *x = random_points (70, 2, 6), *y = random_points (100, 2, 7);
  GError *error = NULL;

  y[100 + 37] = INFINITY;
  g_assert_null (monge_pairs_new_within (x, 70, y, 100, 2, 1, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAN, "Coordinate 1 of point 37 of y");
}

static void
cancelled_before_it_starts (void)
{
  g_autofree float *x = random_points (700, 2, 6), *y = random_points (100, 2, 7);
  MongeTask task = MONGE_TASK_INIT;
  GError *error = NULL;

  monge_task_cancel (&task);
  g_assert_null (monge_pairs_new_within (x, 700, y, 100, 2, 1, &task, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pairs/own-blocks-are-kept", own_blocks_are_kept);
  g_test_add_func ("/pairs/refuse-blocks-out-of-order", refuse_blocks_out_of_order);
  g_test_add_func ("/pairs/transposed-pairs-are-the-same", transposed_pairs_are_the_same);
  g_test_add_func ("/pairs/within-keeps-every-close-pair", within_keeps_every_close_pair);
  g_test_add_func ("/pairs/within-counts-the-radius-itself", within_counts_the_radius_itself);
  g_test_add_func ("/pairs/nearest-blocks-are-the-nearest", nearest_blocks_are_the_nearest);
  g_test_add_func ("/pairs/more-neighbours-than-blocks-is-all", more_neighbours_than_blocks_is_all);
  g_test_add_func ("/pairs/points-that-are-not-finite-are-named",
                   points_that_are_not_finite_are_named);
  g_test_add_func ("/pairs/cancelled-before-it-starts", cancelled_before_it_starts);
  return g_test_run ();
}
