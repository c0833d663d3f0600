/* Solving on clusters: never worse than solving on all points by more than the tolerance. */
#include "tests/util.h"

#include "compute/core/random.h"
#include "compute/solver/sinkhorn.h"

#include <math.h>

#define MOST 4000

/* A pair of measures: coordinates of point i of the source (side 0) or target (side 1) of n. */
typedef struct {
  const char *name;
  guint dim;
  void (*place) (MongeRandom *random, int side, double *x);
  gsize n;
  double blur;
  double reach;     /* 0: balanced */
  gboolean uneven;  /* weights over four orders of magnitude */
  guint copies;     /* of every point */
  gboolean clusters; /* whether clusters are expected at tol 1e-2 */
} Case;

static void
place_sphere (MongeRandom *random, int side, double *x)
{
  double length = 0;

  for (int d = 0; d < 3; d++)
    {
      x[d] = monge_random_normal (random);
      length += x[d] * x[d];
    }
  for (int d = 0; d < 3; d++)
    x[d] /= sqrt (length);
  for (int d = 0; side && d < 3; d++)
    x[d] = x[d] * (1.1 + 0.2 * sin (3 * x[(d + 1) % 3])) + (d == 0 ? 0.2 : -0.05);
}

static void
place_far_sphere (MongeRandom *random, int side, double *x)
{
  place_sphere (random, side, x);
  x[0] += 40 * side;
}

static void
place_turned_sphere (MongeRandom *random, int side, double *x)
{
  place_sphere (random, side, x);
  if (side) /* a long way, and not along a translation */
    for (int d = 0; d < 3; d++)
      x[d] = 4 * x[d] + (d == 1 ? 3 : 0);
}

static void
place_pancake (MongeRandom *random, int side, double *x)
{
  place_sphere (random, side, x);
  x[2] *= 0.01;
}

static void
place_needle (MongeRandom *random, int side, double *x)
{
  place_sphere (random, side, x);
  x[0] *= 20;
}

static void
place_volume (MongeRandom *random, int side, double *x)
{
  for (int d = 0; d < 3; d++)
    {
      x[d] = monge_random_uniform (random);
      x[d] = side ? 0.9 * x[d] * x[d] + 0.1 : x[d];
    }
}

static void
place_helix (MongeRandom *random, int side, double *x)
{
  double t = 12 * monge_random_uniform (random);

  x[0] = (side ? 1.2 : 1) * cos (t);
  x[1] = (side ? 0.9 : 1) * sin (t);
  x[2] = (side ? 0.21 : 0.2) * t;
}

static void
place_line (MongeRandom *random, int side, double *x)
{
  double t = monge_random_uniform (random);

  x[0] = side ? t * t + 0.1 : t;
}

static void
place_disc (MongeRandom *random, int side, double *x)
{
  double t = 6.283185307 * monge_random_uniform (random), r = sqrt (monge_random_uniform (random));

  x[0] = r * cos (t) * (side ? 1.3 : 1);
  x[1] = r * sin (t) * (side ? 0.8 : 1) + (side ? 0.2 : 0);
}

/* A surface of two parameters in ten dimensions; of its first five for D = 5. */
static void
place_sheet (MongeRandom *random, int side, double *x)
{
  double u = monge_random_uniform (random), v = monge_random_uniform (random);

  for (int d = 0; d < 10; d++)
    x[d] = 0.6 * cos (0.7 * d + (1 + 0.3 * (d % 3)) * u) + 0.5 * sin (1.1 * d + v)
           + (side ? 0.03 * d : 0);
}

static const Case cases[] = {
  { "surface", 3, place_sphere, 4000, 0.15, .clusters = TRUE },
  { "surface with reach", 3, place_sphere, 4000, 0.15, .reach = 0.5, .clusters = TRUE },
  { "surfaces far apart", 3, place_far_sphere, 4000, 0.2, .clusters = TRUE },
  { "surfaces of other sizes", 3, place_turned_sphere, 4000, 0.25, .clusters = TRUE },
  { "thin", 3, place_pancake, 4000, 0.15, .clusters = TRUE },
  { "long", 3, place_needle, 4000, 0.8, .clusters = TRUE },
  { "volume", 3, place_volume, 4000, 0.15, .clusters = TRUE },
  { "volume, dense", 3, place_volume, 15000, 0.15, .clusters = TRUE },
  { "volume, uneven weights", 3, place_volume, 15000, 0.15, .uneven = TRUE, .clusters = TRUE },
  { "curve", 3, place_helix, 4000, 0.15, .clusters = TRUE },
  { "uneven weights", 3, place_sphere, 4000, 0.15, .uneven = TRUE, .clusters = TRUE },
  { "repeated points", 3, place_sphere, 4000, 0.1, .copies = 20, .clusters = TRUE },
  { "one dimension", 1, place_line, 4000, 0.02, .clusters = TRUE },
  { "two dimensions", 2, place_disc, 4000, 0.1, .clusters = TRUE },
  { "five dimensions", 5, place_sheet, 3000, 0.3, .clusters = TRUE },
  { "ten dimensions", 10, place_sheet, 3000, 0.4 },
};

static MongeMeasure *
make_measure (const Case *c, int side)
{
  g_autofree double *points = g_new (double, c->n * c->dim);
  g_autofree double *weights = g_new (double, c->n);
  const guint copies = MAX (c->copies, 1);
  GError *error = NULL;
  MongeMeasure *measure;
  MongeRandom random;

  monge_random_init (&random, 17 + (guint64) side);
  for (gsize i = 0; i < c->n; i++)
    {
      double x[10];

      if (i % copies == 0)
        c->place (&random, side, x);
      for (guint d = 0; d < c->dim; d++)
        points[i * c->dim + d] = x[d];
      weights[i] = c->uneven ? exp (2 * monge_random_normal (&random)) : 1;
    }
  measure = monge_measure_new (points, weights, c->n, c->dim, &error);
  g_assert_no_error (error);
  return measure;
}

static void
solve (MongeBackend *backend, const Case *c, int p, double tol, double *slope,
       MongeSinkhornReport *report)
{
  g_autoptr (MongeMeasure) source = make_measure (c, 0);
  g_autoptr (MongeMeasure) target = make_measure (c, 1);
  GError *error = NULL;
  g_autoptr (MongeSinkhorn) sinkhorn = monge_sinkhorn_new (backend, source, target, &error);
  g_autoptr (MongePlanes) planes
      = monge_planes_new (backend, MONGE_PLANES_FLOAT64, c->n * c->dim, 1, &error);

  g_assert_no_error (error);
  monge_sinkhorn_solve (sinkhorn,
                        monge_sinkhorn_params (.p = p, .blur = c->blur, .tol = tol,
                                               .reach = c->reach > 0 ? c->reach : INFINITY,
                                               .max_iterations = 3000),
                        planes, report, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (monge_planes_read (planes, slope, NULL));
}

/* Root mean square over the source. */
static double
norm (const MongeMeasure *measure, const double *u, const double *v)
{
  const guint dim = monge_measure_get_dim (measure);
  double total = 0;

  for (gsize i = 0; i < monge_measure_get_n (measure); i++)
    for (guint d = 0; d < dim; d++)
      {
        double difference = u[i * dim + d] - (v != NULL ? v[i * dim + d] : 0);

        total += monge_measure_get_weights (measure)[i] * difference * difference;
      }
  return sqrt (total);
}

/* Slopes within tol of those on all points, relative to their norm or to blur if that is more; values
 * within tol. */
static void
compare (MongeBackend *backend, const Case *c, int p)
{
  static const double tols[] = { 1e-2, 3e-3, 1e-3 };
  g_autoptr (MongeMeasure) source = make_measure (c, 0);
  g_autofree double *truth = g_new (double, c->n * c->dim);
  g_autofree double *slope = g_new (double, c->n * c->dim);
  MongeSinkhornReport exact, report;
  double length;

  solve (backend, c, p, 1e-5, truth, &exact);
  g_assert_cmpfloat (exact.cell, <=, 0.05 * c->blur); /* repeated points are one all the same */
  length = MAX (norm (source, truth, NULL), p == 2 ? c->blur : 1);
  for (guint t = 0; t < G_N_ELEMENTS (tols); t++)
    {
      double error;

      solve (backend, c, p, tols[t], slope, &report);
      error = norm (source, slope, truth) / length;
      g_test_message ("%s, p = %d, tol %g: cell %.3g of blur, slope off by %.2g, value by %.2g",
                      c->name, p, tols[t], report.cell / c->blur, error,
                      fabs (report.value / exact.value - 1));
      g_assert_true (report.converged);
      g_assert_true (!c->clusters || p == 1 || t > 0 || report.cell > 0);
      g_assert_true (error <= tols[t]);
      g_assert_true (fabs (report.value - exact.value) <= tols[t] * exact.value);
    }
}

static void
within_tolerance (gconstpointer data)
{
  g_autoptr (MongeBackend) backend = monge_backend_open (NULL, NULL);
  const Case *c = data;

  compare (backend, c, 2);
  compare (backend, c, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      g_autofree char *path = g_strdup_printf ("/multiscale/%s", cases[k].name);

      g_strdelimit (path, " ", '_');
      g_test_add_data_func (path, &cases[k], within_tolerance);
    }
  return g_test_run ();
}
