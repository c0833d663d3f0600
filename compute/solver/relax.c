#include "compute/solver/relax.h"

#include <math.h>

/* Iterations whose rates are averaged before ω changes: at ω = 1 the rate settles at once, beyond
 * it the error wavers. */
#define FIRST_WINDOW 2
#define LATER_WINDOW 5
#define LARGEST_OMEGA 1.95
/* Iterations without relaxation after a fall of the dual value: twice as many at every fall, for the
 * iteration is then still far from the linear regime that the theory speaks of. */
#define FIRST_REST 5
#define LONGEST_REST 80

void
monge_relax_init (MongeRelax *relax)
{
  *relax = (MongeRelax){ .omega = 1, .last_error = INFINITY, .last_dual = -INFINITY };
}

static void
start_reading (MongeRelax *relax)
{
  relax->log_rate = 0;
  relax->n_rates = 0;
}

static void
update_omega (MongeRelax *relax, double theta)
{
  double omega = relax->omega, lambda;

  if (!(theta > omega - 1 + 1e-3 && theta < 1))
    return;
  lambda = (theta + omega - 1) * (theta + omega - 1) / (theta * omega * omega);
  lambda = CLAMP (lambda, 0, 1 - 1e-9);
  relax->omega = CLAMP (2 / (1 + sqrt (1 - lambda)), omega, LARGEST_OMEGA);
}

void
monge_relax_observe (MongeRelax *relax, double error, double dual, double noise)
{
  if (dual < relax->last_dual - noise && relax->omega > 1)
    {
      relax->n_rest = MIN (FIRST_REST << MIN (relax->n_falls, 10), LONGEST_REST);
      relax->n_falls++;
      relax->omega = 1;
      start_reading (relax);
    }
  else if (relax->n_rest > 0)
    {
      relax->n_rest--;
    }
  else if (isfinite (relax->last_error) && error > 0)
    {
      guint window = relax->omega > 1 ? LATER_WINDOW : FIRST_WINDOW;

      relax->log_rate += log (error / relax->last_error);
      relax->n_rates++;
      if (relax->n_rates >= window)
        {
          update_omega (relax, exp (relax->log_rate / relax->n_rates));
          start_reading (relax);
        }
    }
  relax->last_error = error;
  relax->last_dual = dual;
}
