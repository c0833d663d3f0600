/* Anderson acceleration of a fixed-point iteration, with a guard. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MONGE_ANDERSON_DEPTH 8

/**
 * MongeAnderson:
 *
 * Iterating g ← G(g) contracts the error of each mode by its own rate, and Sinkhorn's slow modes are
 * few: those longer than blur. From the last few iterates the combination is taken whose residual
 * G(g) − g is least, which removes as many modes at once; for a linear map it is GMRES. Near the
 * fixed point the step taken is therefore also an estimate of the error.
 *
 * The guard is an objective that G never lets fall: where the accelerated step does, it is taken
 * back, and the plain one is used.
 * After D. G. Anderson, “Iterative procedures for nonlinear integral equations”, J. ACM 1965; Walker,
 * Ni, “Anderson acceleration for fixed-point iterations”, SIAM J. Numer. Anal. 2011.
 */
typedef struct {
  gsize n;
  const double *weights; /* (n) of the norm in which residuals are compared; borrowed */
  guint n_kept, next;    /* differences kept, and where the next goes */
  double noise;          /* rounding of G, root mean square */
  double *residual;      /* (n) of the last iterate */
  double *plain;         /* (n) G of the last iterate */
  double *d_residual[MONGE_ANDERSON_DEPTH]; /* (n) differences of consecutive residuals… */
  double *d_plain[MONGE_ANDERSON_DEPTH];    /* …and of consecutive G */
  double gram[MONGE_ANDERSON_DEPTH][MONGE_ANDERSON_DEPTH];
  double objective;      /* of the last iterate that was kept */
  gboolean has_last;
  gboolean is_stuck;     /* see monge_anderson_give_up() */
  double slowness;       /* steps over plain ones, at least 1: of the last accelerated one */
} MongeAnderson;

/* @noise: root mean square of what rounding does to G(g): differences as small tell nothing. */
void monge_anderson_init (MongeAnderson *anderson, const double *weights, gsize n, double noise);
void monge_anderson_clear (MongeAnderson *anderson);
/* Where residuals are rounding for the most part their differences tell nothing; plain momentum,
 * which asks for none, still gains: Nesterov 1983. For the steps to come. */
void monge_anderson_give_up (MongeAnderson *anderson);
/**
 * monge_anderson_advance:
 * @g: (n) (inout): the iterate; the next one afterwards
 * @mapped: (n): G(g)
 * @objective: at @g; @noise: differences below it mean nothing
 * @step: (out): root of the weighted mean square of the step, its weighted mean taken off: about the
 *   error of @g. A plain step falls short of that by `slowness`, which the caller may carry over from
 *   one solve to the next
 *
 * Returns: %FALSE if the last step was taken back: @g is then the plain step from the iterate before.
 */
gboolean monge_anderson_advance (MongeAnderson *anderson, double *g, const double *mapped,
                                 double objective, double noise, double *step);

G_END_DECLS
