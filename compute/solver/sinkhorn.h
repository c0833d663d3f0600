/* Entropic optimal transport between two measures: potentials, value, gradient. */
#pragma once

#include "compute/solver/points.h"

#include <math.h>

G_BEGIN_DECLS

typedef struct {
  int p;              /* ground cost |x − y|^p / p, 1 or 2; default 2 */
  double blur;        /* temperature ε = blur^p; shape units, > 0; default 0.05 */
  double reach;       /* marginals are held with strength ρ = reach^p; INFINITY (default): exactly */
  double scaling;     /* ratio of blurs between annealing steps, in (0, 1); default 0.5 */
  double tol;         /* L1 marginal error to stop at, and relative error that the slope may have
                         (where the slope is above blur; else absolute, of blur); default 1e-3 */
  int max_iterations; /* at the final temperature; default 500 */
  gboolean debias;    /* subtract ½ OT(α,α) + ½ OT(β,β); default TRUE */
} MongeSinkhornParams;

#define MONGE_SINKHORN_DEFAULTS                                                                    \
  .p = 2, .blur = 0.05, .reach = INFINITY, .scaling = 0.5, .tol = 1e-3, .max_iterations = 500,     \
  .debias = TRUE
#define monge_sinkhorn_params(...)                                                                 \
  (&(MongeSinkhornParams){ MONGE_SINKHORN_DEFAULTS, ##__VA_ARGS__ })

typedef struct {
  double value;          /* S(α,β), or OT(α,β) without debias; units of cost */
  double marginal_error; /* the largest of the three problems': Σ|marginal − wanted|, total mass 1 */
  gboolean converged;    /* marginal_error ≤ tol */
  guint iterations;      /* of the cross problem, all temperatures; two reductions each */
  guint64 n_pairs;       /* visited, all reductions */
  double cell;           /* side of the clusters solved at the final blur; 0: all points */
  double slope_error;    /* estimated, relative to slopes or to blur if that is more: what clusters
                            cost, as measured on many shapes, and how far potentials still moved */
  double dropped;        /* no row of the plan lost more than this share of its mass */
} MongeSinkhornReport;

/**
 * MongeSinkhorn:
 *
 * Solves
 *     OT(α,β) = max_{f,g} ⟨α,f⟩ + ⟨β,g⟩ − ε ⟨α⊗β, exp((f⊕g − C)/ε) − 1⟩
 * (with reach, −ρ⟨α, e^{−f/ρ} − 1⟩ in place of ⟨α,f⟩ and likewise for β) by alternating updates
 *     f_i ← λ softmin_j (ε log β_j + g_j − C_ij),   g_j ← λ softmin_i (ε log α_i + f_i − C_ij),
 * λ = 1/(1 + ε/ρ), with Anderson acceleration; the self problems by Chebyshev's semi-iteration on one
 * potential. Blur comes down from the diameter by factors of `scaling`, on clusters no finer than the
 * blur of the moment. At the last one the clusters have the side that `tol` allows, or are the points
 * where that is finer than their spacing; potentials and slopes at all points are then one softmin
 * away. So what a solve costs depends on the size of the shapes over blur, not on their points.
 *
 * Potentials are kept: the next solve starts from them, whether points, blur or reach have changed.
 * O(n + m) memory, two reductions per iteration. One thread at a time.
 * After Feydy et al., “Interpolating between OT and MMD using Sinkhorn divergences”, AISTATS 2019;
 * Séjourné et al., “Sinkhorn divergences for unbalanced OT”, 2019, and “Faster unbalanced OT:
 * translation invariant Sinkhorn”, AISTATS 2022. Derivation: docs/math/sinkhorn.md
 */
typedef struct _MongeSinkhorn MongeSinkhorn;

/* @backend must outlive it. Measures of equal dimension. Fails on a card without room for them. */
MongeSinkhorn *monge_sinkhorn_new (MongeBackend *backend, MongeMeasure *source, MongeMeasure *target,
                                   GError **error);
void monge_sinkhorn_free (MongeSinkhorn *sinkhorn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeSinkhorn, monge_sinkhorn_free)

/* Moves the source points, (n × dim) float64 in the measure's order, as rows of one component. Fails
 * when one is not finite, and on a card that has failed. Two reads. */
gboolean monge_sinkhorn_move_source (MongeSinkhorn *sinkhorn, MongePlanes *positions, GError **error);
/* Forgets the potentials. */
void monge_sinkhorn_reset (MongeSinkhorn *sinkhorn);

/**
 * monge_sinkhorn_solve:
 * @slope: (nullable) (out): (n × dim) in the measure's order, as rows of one component:
 *   (1/α_i) ∂value/∂x_i, the limit where α_i = 0. Envelope theorem: Σ_j π_ij ∂_x C(x_i, y_j) / α_i
 *   less the same of the self problem
 *
 * Not reaching tol is a result, not an error. Cancelled between tiles of a reduction; what was
 * reached is kept. @slope is written last, and queued: on the host only on success. A warm start
 * reads totals once an iteration, of the cross and of the self problems, and a few times besides.
 */
gboolean monge_sinkhorn_solve (MongeSinkhorn *sinkhorn, const MongeSinkhornParams *params,
                               MongePlanes *slope, MongeSinkhornReport *report, MongeTask *task,
                               GError **error);
/* Of the solve that came last, with the source where it was: f at each of its points, and its self
 * potential, 0 without debias; (n) in the measure's order. Balanced, f is known up to a constant. Two
 * or four reductions. */
gboolean monge_sinkhorn_read_potentials (MongeSinkhorn *sinkhorn, double *cross, double *self,
                                         MongeTask *task, GError **error);

G_END_DECLS
