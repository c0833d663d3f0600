/* What errors are measured against: the slope of the debiased divergence in float64. */
#pragma once

#include "compute/core/task.h"
#include "compute/measure/measure.h"

G_BEGIN_DECLS

/**
 * MongeBenchTruth:
 * @rows: (n_rows): the source points where the slope is known: all up to 20,000, else 2,000 of them
 * @slope: (n_rows × 3): (1/a_i) ∂S/∂x_i for p = 2, balanced
 * @marginal_error: what was left when the potentials were taken as final
 * @cell: 0 if the potentials were solved on the points; else on clusters in cells of this side,
 *   followed by one float64 step on all points and extrapolated from twice the side
 * @blur: of the problem
 *
 * Computed by plain float64 iterations that share nothing with compute/: terms below e^-28 of the
 * largest are the only ones left out.
 */
typedef struct {
  gsize n_rows;
  gsize *rows;
  double *slope;
  double marginal_error;
  double cell;
  double blur;
} MongeBenchTruth;

/* Three dimensions. The caller keeps both measures' points: @x replaces those of @source. */
MongeBenchTruth *monge_bench_truth_new (const MongeMeasure *source, const double *x,
                                        const MongeMeasure *target, double blur, MongeTask *task,
                                        GError **error);
void monge_bench_truth_free (MongeBenchTruth *truth);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeBenchTruth, monge_bench_truth_free)

/* Relative L2 error of the gradient a_i @slope_i on the truth's rows; @slope: (n × 3). */
double monge_bench_truth_compare (const MongeBenchTruth *truth, const MongeMeasure *source,
                                  const double *slope);

G_END_DECLS
