/* Acceleration of fixed-point iterations, alone. */
#include "tests/util.h"

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

/* Seven rates are seven modes, which eight differences can tell apart; plain steps need thousands. */
static void
few_slow_modes_take_few_steps (void)
{
  double g[N], mapped[N], weights[N], step, first;
  MongeAnderson anderson;

  start (g, weights);
  first = -objective (g);
  monge_anderson_init (&anderson, weights, N, 0);
  for (guint i = 0; i < 24; i++)
    {
      apply (g, mapped);
      monge_anderson_advance (&anderson, g, mapped, objective (g), 1e-9, &step);
    }
  g_assert_true (-objective (g) <= 1e-8 * first);
  g_assert_true (anderson.slowness >= 1);
  monge_anderson_clear (&anderson);
}

/* An objective that falls takes the step back: what comes is the plain step from before. */
static void
a_fall_is_taken_back (void)
{
  double g[N], mapped[N], weights[N], plain[N], step;
  MongeAnderson anderson;

  start (g, weights);
  monge_anderson_init (&anderson, weights, N, 0);
  for (guint i = 0; i < 3; i++)
    {
      apply (g, mapped);
      for (guint k = 0; k < N; k++)
        plain[k] = mapped[k];
      g_assert_true (monge_anderson_advance (&anderson, g, mapped, i, 0, &step));
    }
  apply (g, mapped);
  g_assert_false (monge_anderson_advance (&anderson, g, mapped, -1, 0, &step));
  for (guint k = 0; k < N; k++)
    g_assert_cmpfloat (g[k], ==, plain[k]);
  monge_anderson_clear (&anderson);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/anderson/few-slow-modes-take-few-steps", few_slow_modes_take_few_steps);
  g_test_add_func ("/anderson/a-fall-is-taken-back", a_fall_is_taken_back);
  return g_test_run ();
}
