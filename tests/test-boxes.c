/* Bounds between boxes: never below what they bound, and not far above. */
#include "compute/backend/cpu/boxes.h"
#include "compute/core/random.h"
#include "tests/util.h"

#include <math.h>

#define N 32        /* points of a box */
#define N_BOXES 19  /* off the width of a vector */

typedef struct {
  guint dim;
  float x[MONGE_MAX_REDUCTION_DIM][N_BOXES * N];
  float value[N_BOXES * N];
} Points;

/* Boxes side by side along a random line, values along a steep slope. */
static void
fill (Points *points, guint dim, double offset, double width, double steep, MongeRandom *random)
{
  double slope[MONGE_MAX_REDUCTION_DIM], step[MONGE_MAX_REDUCTION_DIM];

  points->dim = dim;
  for (guint d = 0; d < dim; d++)
    {
      slope[d] = steep * (monge_random_uniform (random) - 0.5);
      step[d] = 2 * width * (monge_random_uniform (random) - 0.5);
    }
  for (gsize i = 0; i < N_BOXES * N; i++)
    {
      double value = monge_random_uniform (random);

      for (guint d = 0; d < dim; d++)
        {
          points->x[d][i] = (float) (offset + step[d] * (double) (i / N)
                                     + width * monge_random_uniform (random));
          value += slope[d] * points->x[d][i];
        }
      points->value[i] = i % 11 == 3 ? -INFINITY : (float) value;
    }
}

static double
largest_exponent (MongeTunedKernel kernel, const Points *x, gsize a, const Points *y, gsize b)
{
  double largest = -INFINITY;

  for (gsize i = a * N; i < (a + 1) * N; i++)
    for (gsize j = b * N; j < (b + 1) * N; j++)
      {
        double square = 0;

        for (guint d = 0; d < x->dim; d++)
          square += pow ((double) x->x[d][i] - y->x[d][j], 2);
        largest = MAX (largest, (double) x->value[i] + y->value[j]
                                    - (kernel == MONGE_TUNED_GAUSSIAN ? square : 2 * sqrt (square)));
      }
  return largest;
}

static void
boxes_init (MongeBoxes *boxes, const Points *points)
{
  boxes->dim = points->dim;
  boxes->stride = 48;
  boxes->planes = g_new0 (float, 48 * MONGE_BOX_PLANES (points->dim));
  for (gsize b = 0; b < N_BOXES; b++)
    {
      MongeBox box;

      monge_box_fit (&box, points->x[0] + b * N, N_BOXES * N, points->value + b * N, N,
                     points->dim);
      monge_boxes_set (boxes, b, &box);
    }
}

static void
no_term_exceeds_its_bound (void)
{
  static const double offsets[] = { 0, 3, 50 }, widths[] = { 0, 0.3, 3 }, steeps[] = { 0, 5, 100 };
  g_autofree Points *x = g_new (Points, 1), *y = g_new (Points, 1);
  MongeRandom random;

  monge_random_init (&random, 1);
  for (guint k = 0; k < 3 * 3 * 3 * 2 * MONGE_MAX_REDUCTION_DIM; k++)
    {
      const guint dim = 1 + k % MONGE_MAX_REDUCTION_DIM, m = k / MONGE_MAX_REDUCTION_DIM;
      const MongeTunedKernel kernel = m % 2;
      MongeBoxes boxes, groups = { .dim = dim, .stride = 16 };
      MongeBox rows, group;
      float bound[32], group_bound[16];

      fill (x, dim, 0, widths[m / 6 % 3], steeps[m / 2 % 3], &random);
      fill (y, dim, offsets[m / 18], widths[m / 6 % 3], steeps[m / 2 % 3], &random);
      boxes_init (&boxes, y);
      groups.planes = g_new0 (float, 16 * MONGE_BOX_PLANES (dim));
      monge_box_join (&group, &boxes, 0, N_BOXES);
      monge_boxes_set (&groups, 0, &group);
      for (gsize a = 0; a < N_BOXES; a++)
        {
          monge_box_fit (&rows, x->x[0] + a * N, N_BOXES * N, x->value + a * N, N, dim);
          monge_bound_base (kernel, &rows, &boxes, 0, N_BOXES, bound);
          monge_bound_base (kernel, &rows, &groups, 0, 1, group_bound);
          for (gsize b = 0; b < N_BOXES; b++)
            {
              double largest = largest_exponent (kernel, x, a, y, b);

              g_assert_cmpfloat (bound[b], >=, largest);
              g_assert_cmpfloat (group_bound[0], >=, largest);
            }
        }
      g_free (boxes.planes);
      g_free (groups.planes);
    }
}

/* Potentials between far shapes: linear, and with them no term is larger than those of the points
 * that face each other. */
static void
linear_values_cost_nothing (void)
{
  g_autofree Points *x = g_new (Points, 1), *y = g_new (Points, 1);
  MongeBoxes boxes;
  MongeBox rows;
  MongeRandom random;
  float bound[32];

  monge_random_init (&random, 2);
  fill (x, 3, 0, 1, 0, &random);
  fill (y, 3, 0, 1, 0, &random);
  for (gsize i = 0; i < N_BOXES * N; i++) /* |t|² − 2⟨x − y, t⟩ makes a shift by t = 40 free */
    {
      x->value[i] = 1600 - 80 * x->x[0][i];
      y->value[i] = 80 * y->x[0][i];
      y->x[0][i] += 40;
    }
  boxes_init (&boxes, y);
  for (gsize a = 0; a < N_BOXES; a++)
    {
      monge_box_fit (&rows, x->x[0] + a * N, N_BOXES * N, x->value + a * N, N, 3);
      monge_bound_base (MONGE_TUNED_GAUSSIAN, &rows, &boxes, 0, N_BOXES, bound);
      for (gsize b = 0; b < N_BOXES; b++)
        {
          double square = 0;

          for (guint d = 0; d < 3; d++)
            {
              float lower = boxes.planes[3 * d * 48 + b], upper = boxes.planes[(3 * d + 1) * 48 + b];
              float shift = d == 0 ? 40 : 0;
              float gap = MAX (MAX (lower - shift - rows.upper[d], rows.lower[d] - upper + shift), 0);

              square += gap * gap;
            }
          g_assert_cmpfloat (bound[b], <=, -square + 0.1);
        }
    }
  g_free (boxes.planes);
}

static void
what_is_not_a_number_is_never_left_out (void)
{
  g_autofree Points *x = g_new (Points, 1), *y = g_new (Points, 1);
  MongeRandom random;

  monge_random_init (&random, 3);
  for (int what = 0; what < 4; what++)
    {
      MongeBoxes boxes;
      MongeBox rows;
      float bound[32];

      fill (x, 3, 0, 1, 20, &random);
      fill (y, 3, 1000, 1, 20, &random);
      if (what == 0)
        y->value[5] = NAN;
      else if (what == 1)
        y->x[1][5] = NAN;
      else if (what == 2)
        x->value[5] = NAN;
      else
        x->x[2][5] = NAN;
      boxes_init (&boxes, y);
      monge_box_fit (&rows, x->x[0], N_BOXES * N, x->value, N, 3);
      monge_bound_base (MONGE_TUNED_GAUSSIAN, &rows, &boxes, 0, N_BOXES, bound);
      for (gsize b = 0; b < N_BOXES; b++)
        g_assert_cmpint (bound[b] < -1000, ==, what < 2 && b > 0);
      g_free (boxes.planes);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/boxes/no-term-exceeds-its-bound", no_term_exceeds_its_bound);
  g_test_add_func ("/boxes/linear-values-cost-nothing", linear_values_cost_nothing);
  g_test_add_func ("/boxes/what-is-not-a-number-is-never-left-out",
                   what_is_not_a_number_is_never_left_out);
  return g_test_run ();
}
