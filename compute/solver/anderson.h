/* Anderson acceleration of a fixed-point iteration, with a guard. */
#pragma once

#include "compute/backend/step.h"

G_BEGIN_DECLS

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
  MongeBackend *backend;
  gsize n;
  MongePlanes *weights;  /* (n) of the norm in which residuals are compared; borrowed */
  gsize capacity;        /* rows of what follows, at least n */
  MongePlanes *residual; /* of the last iterate */
  MongePlanes *plain;    /* G of the last iterate */
  MongePlanes *d_residual[MONGE_ANDERSON_DEPTH]; /* differences of consecutive residuals… */
  MongePlanes *d_plain[MONGE_ANDERSON_DEPTH];    /* …and of consecutive G; made at first use */
  guint n_kept, next;    /* differences kept, and where the next goes */
  double noise;          /* rounding of G, root mean square */
  double gram[MONGE_ANDERSON_DEPTH][MONGE_ANDERSON_DEPTH]; /* of differences of residuals */
  double plain_gram[MONGE_ANDERSON_DEPTH][MONGE_ANDERSON_DEPTH]; /* of those of G */
  double plain_mean[MONGE_ANDERSON_DEPTH];
  double objective;      /* of the last iterate that was kept */
  gboolean has_last;
  gboolean is_stuck;     /* see monge_anderson_give_up() */
  double slowness;       /* steps over plain ones, at least 1: of the last accelerated one */
} MongeAnderson;

/* Totals that one turn leaves. */
#define MONGE_ANDERSON_N_TOTALS (4 + 4 * MONGE_ANDERSON_DEPTH)

void monge_anderson_init (MongeAnderson *anderson, MongeBackend *backend);
void monge_anderson_clear (MongeAnderson *anderson);
/**
 * monge_anderson_begin:
 * @noise: root mean square of what rounding does to G(g): differences as small tell nothing
 *
 * A new iteration; memory of the one before is used again where it is enough. Fails on a card
 * without room, as does monge_anderson_queue().
 */
gboolean monge_anderson_begin (MongeAnderson *anderson, MongePlanes *weights, gsize n, double noise,
                               GError **error);
/* Where residuals are rounding for the most part their differences tell nothing; plain momentum,
 * which asks for none, still gains: Nesterov 1983. For the steps to come. */
void monge_anderson_give_up (MongeAnderson *anderson);
/**
 * monge_anderson_queue:
 * @g: (n) the iterate; @mapped: (n) G(g)
 * @totals: place of %MONGE_ANDERSON_N_TOTALS totals, to be read before monge_anderson_advance(), in
 *   whose place a turn may also be given up
 */
gboolean monge_anderson_queue (MongeAnderson *anderson, MongePlanes *g, MongePlanes *mapped,
                               guint totals, GError **error);
/**
 * monge_anderson_advance:
 * @g, @mapped: as queued; @g is the next iterate afterwards
 * @totals: what monge_anderson_queue() left
 * @objective: at @g; @noise: differences below it mean nothing
 * @step: (out): root of the weighted mean square of the step, its weighted mean taken off: about the
 *   error of @g. A plain step falls short of that by `slowness`, which the caller may carry over from
 *   one solve to the next
 *
 * Queued; nothing is read. Returns: %FALSE if the last step was taken back: @g is then the plain step
 * from the iterate before.
 */
gboolean monge_anderson_advance (MongeAnderson *anderson, MongePlanes *g, MongePlanes *mapped,
                                 const double *totals, double objective, double noise,
                                 double *step);

G_END_DECLS
