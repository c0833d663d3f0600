/* Where the target's potential will stand once the source has moved, before any iteration. */
#pragma once

#include "compute/solver/points.h"

G_BEGIN_DECLS

/**
 * MongePredictor:
 *
 * A flow asks for the potentials of a problem that has changed a little; started from the old ones,
 * tens of iterations go into what could have been foreseen. Two guesses:
 *
 * Balanced, p = 2: a source that has gone the share η of the way along its velocity lies on a
 * geodesic to the target, where by the Hopf–Lax formula the target's potential is (1 − η) g; the
 * entropic part of it, the self potential, does not shrink.
 *
 * Otherwise: the last change again, scaled by how far the source has moved now and then.
 *
 * Measured on 6 611-vertex hippocampi at blur 1 mm, step 0.3, tol 1e-3: iterations per frame from
 * 112 to 6 (p = 2), 21 to 2 (p = 1), 27 to about 18 (p = 2, reach 10 mm).
 * Geodesics: McCann, “A convexity principle for interacting gases”, 1997.
 */
typedef struct {
  MongeBackend *backend;
  gsize n, m;        /* of the source, and of the target's potential last recorded */
  guint dim;
  gsize stride;      /* of the points looked at, in the order along the curve */
  MongePlanes *from;     /* (points looked at × dim): where they were at the last solve */
  MongePlanes *slope;    /* the same: their slopes there */
  MongePlanes *last;     /* (m): the target's potential there */
  MongePlanes *previous; /* (m): at the solve before */
  double progress;   /* of the source since the last solve, along its slopes */
  double travelled;  /* root mean square of the way since then */
  double last_travelled; /* between the two solves */
  guint n_solves;    /* recorded since the last forgetting */
} MongePredictor;

/* Totals of monge_predictor_queue(). */
#define MONGE_PREDICTOR_N_TOTALS 4

/* @m: the most that a target's potential will have. Fails on a card without room. */
gboolean monge_predictor_init (MongePredictor *predictor, MongeBackend *backend, gsize n, guint dim,
                               gsize m, GError **error);
void monge_predictor_clear (MongePredictor *predictor);
/* After a jump of parameters or a fresh start: what was recorded says nothing about what comes. */
void monge_predictor_forget (MongePredictor *predictor);
/* After a solve that gave @slope, (n × dim) in the order of @source. @potential: (m). Queued. */
void monge_predictor_record (MongePredictor *predictor, const MongePoints *source,
                             MongePlanes *slope, MongePlanes *potential, gsize m);
/* After @source has moved: how far is among the totals from @totals on, to be handed to
 * monge_predictor_take_way(). */
void monge_predictor_queue (const MongePredictor *predictor, const MongePoints *source,
                            guint totals);
void monge_predictor_take_way (MongePredictor *predictor, const double *totals);
/* Changes @potential (m), the one last recorded, by the way taken. @self: the target's self
 * potential. @geodesic: whether the problem is balanced with p = 2. Queued. O(m). */
void monge_predictor_apply (MongePredictor *predictor, gboolean geodesic, MongePlanes *self,
                            MongePlanes *potential);

G_END_DECLS
