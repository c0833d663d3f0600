/* Acceleration of fixed-point iterations, alone. */
#include "tests/util.h"

#include "compute/backend/backend.h"
#include "compute/solver/anderson.h"

#include <math.h>

#define N 50

/* G(g) = r g with six rates r near 1 and none elsewhere; its fixed point is 0. */
static void
apply (const double *g, double *mapped)
{
  for (guint i = 0; i < N; i++)
    mapped[i] = (i < 6 ? 1 - 0.002 * (i + 1) : 0.1) * g[i];
}

static double
objective (const double *g)
{
  double total = 0;

  for (guint i = 0; i < N; i++)
    total -= g[i] * g[i];
  return total;
}

static void
start (double *g, double *weights)
{
  for (guint i = 0; i < N; i++)
    {
      g[i] = 1 + 0.1 * (i % 7);
      weights[i] = 1.0 / N;
    }
}

typedef struct {
  MongeBackend *backend;
  MongePlanes *g, *mapped, *weights;
  MongeAnderson anderson;
} Fixture;

static MongePlanes *
new_planes (MongeBackend *backend)
{
  MongePlanes *planes = monge_planes_new (backend, MONGE_PLANES_FLOAT64, N, 1, NULL);

  g_assert_nonnull (planes);
  return planes;
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  double g[N], weights[N];

  f->backend = monge_backend_open (&(MongeBackendOptions){ .name = "cpu" }, NULL);
  g_assert_nonnull (f->backend);
  f->g = new_planes (f->backend);
  f->mapped = new_planes (f->backend);
  f->weights = new_planes (f->backend);
  start (g, weights);
  monge_planes_write (f->g, g);
  monge_planes_write (f->weights, weights);
  monge_anderson_init (&f->anderson, f->backend);
  g_assert_true (monge_anderson_begin (&f->anderson, f->weights, N, 0, NULL));
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  monge_anderson_clear (&f->anderson);
  monge_planes_free (f->g);
  monge_planes_free (f->mapped);
  monge_planes_free (f->weights);
  monge_backend_close (f->backend);
}

/* Root of the weighted mean square of to − from, its mean taken off. */
static double
measure (const double *from, const double *to)
{
  double sum = 0, square = 0;

  for (guint i = 0; i < N; i++)
    {
      sum += (to[i] - from[i]) / N;
      square += (to[i] - from[i]) * (to[i] - from[i]) / N;
    }
  return sqrt (square - sum * sum);
}

/* One turn: g and G(g) before it, and the step it says it took. */
static gboolean
advance (Fixture *f, const double *value, double noise, double *before, double *mapped,
         double *step)
{
  double totals[MONGE_ANDERSON_N_TOTALS];

  g_assert_true (monge_planes_read (f->g, before, NULL));
  apply (before, mapped);
  monge_planes_write (f->mapped, mapped);
  g_assert_true (monge_anderson_queue (&f->anderson, f->g, f->mapped, 3, NULL));
  g_assert_true (monge_backend_read_totals (f->backend, 3, MONGE_ANDERSON_N_TOTALS, totals, NULL,
                                            NULL));
  return monge_anderson_advance (&f->anderson, f->g, f->mapped, totals,
                                 value != NULL ? *value : objective (before), noise, step);
}

/* Seven rates are seven modes, which eight differences can tell apart; plain steps need thousands.
 * The length of a step, which comes of inner products, is that of the step. */
static void
few_slow_modes_take_few_steps (Fixture *f, gconstpointer unused)
{
  double g[N], mapped[N], before[N], step, first;
  guint n_measured = 0;

  g_assert_true (monge_planes_read (f->g, g, NULL));
  first = -objective (g);
  for (guint i = 0; i < 24; i++)
    {
      const gboolean taken = advance (f, NULL, 1e-9, before, mapped, &step);
      double length;

      g_assert_true (monge_planes_read (f->g, g, NULL));
      length = measure (before, g);
      if (taken && length > f->anderson.slowness * measure (before, mapped) * (1 - 1e-6))
        {
          g_assert_true (fabs (step - length) <= 1e-6 * length);
          n_measured++;
        }
    }
  g_assert_true (-objective (g) <= 1e-8 * first);
  g_assert_true (f->anderson.slowness >= 1);
  g_assert_cmpuint (n_measured, >=, 8);
}

/* An objective that falls takes the step back: what comes is the plain step from before. */
static void
a_fall_is_taken_back (Fixture *f, gconstpointer unused)
{
  double g[N], plain[N], mapped[N], before[N], value, step;

  for (guint i = 0; i < 3; i++)
    {
      value = i;
      g_assert_true (advance (f, &value, 0, before, plain, &step));
    }
  value = -1;
  g_assert_false (advance (f, &value, 0, before, mapped, &step));
  g_assert_true (monge_planes_read (f->g, g, NULL));
  for (guint k = 0; k < N; k++)
    g_assert_cmpfloat (g[k], ==, plain[k]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/anderson/few-slow-modes-take-few-steps", Fixture, NULL, set_up,
              few_slow_modes_take_few_steps, tear_down);
  g_test_add ("/anderson/a-fall-is-taken-back", Fixture, NULL, set_up, a_fall_is_taken_back,
              tear_down);
  return g_test_run ();
}
