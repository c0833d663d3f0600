/* Over-relaxation of alternating updates: the factor, from the rate seen, with a guard. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * MongeRelax:
 *
 * Alternating Sinkhorn updates contract the error by a rate λ per iteration; taken ω times too far
 * they contract by as little as ω − 1 with ω = 2 / (1 + √(1 − λ)). λ is read off the errors: an
 * iteration at ω that contracts by θ > ω − 1 tells λ = (θ + ω − 1)² / (θ ω²) (Young 1971). The
 * caller gives the dual value too: should it fall, ω goes back to 1 for a while and the reading
 * starts again.
 * After Lehmann, von Renesse, Sambale, Uschmajew, “A note on overrelaxation in the Sinkhorn
 * algorithm”, Optim. Lett. 2021; the adaptive reading is ours.
 */
typedef struct {
  double omega;      /* factor for the next iteration, in [1, 1.95] */
  double last_error; /* private from here */
  double last_dual;
  double log_rate;
  guint n_rates;
  guint n_falls;
  guint n_rest;
} MongeRelax;

void monge_relax_init (MongeRelax *relax);
/* After each iteration: the marginal error and dual value it saw. @noise: differences of the dual
 * below it mean nothing. */
void monge_relax_observe (MongeRelax *relax, double error, double dual, double noise);

G_END_DECLS
