/* A measure Σ a_i δ_{x_i}: what a shape becomes so that its sampling no longer matters. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/**
 * MongeWeighting:
 * @MONGE_WEIGHTING_AUTO: vertex for surfaces and curves; the array "weight" if a cloud has one,
 *   else uniform
 * @MONGE_WEIGHTING_UNIFORM: vertices, equal weights
 * @MONGE_WEIGHTING_VERTEX: vertices, a third of the areas around (half of the lengths for curves)
 * @MONGE_WEIGHTING_CELL: centroids of the triangles or segments, weighted by area or length
 */
typedef enum {
  MONGE_WEIGHTING_AUTO,
  MONGE_WEIGHTING_UNIFORM,
  MONGE_WEIGHTING_VERTEX,
  MONGE_WEIGHTING_CELL,
} MongeWeighting;

/* "auto", "uniform", "vertex", "cell", NULL: in the order of #MongeWeighting. */
extern const char *const monge_weighting_names[];

/**
 * MongeMeasure:
 *
 * Immutable, reference-counted. Points (n × dim) and weights (n) are float64; weights are ≥ 0 and
 * sum to 1 (computed in float64); the mass before normalisation is kept.
 */
typedef struct _MongeMeasure MongeMeasure;

/* Copies. @weights: (nullable): NULL is uniform. Fails on n = 0, dim outside 1…10, a value that is
 * not finite (named by its index), a negative weight, no mass. */
MongeMeasure *monge_measure_new (const double *points, const double *weights, gsize n, guint dim,
                                 GError **error);
MongeMeasure *monge_measure_new_from_shape (const MongeShape *shape, MongeWeighting weighting,
                                            GError **error);
MongeMeasure *monge_measure_ref (MongeMeasure *measure);
void monge_measure_unref (MongeMeasure *measure);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeMeasure, monge_measure_unref)

gsize monge_measure_get_n (const MongeMeasure *measure);
guint monge_measure_get_dim (const MongeMeasure *measure);
const double *monge_measure_get_points (const MongeMeasure *measure);
const double *monge_measure_get_weights (const MongeMeasure *measure);
/* Total mass before normalisation: length, area, volume or sum of the given weights; 1 if uniform. */
double monge_measure_get_mass (const MongeMeasure *measure);

G_END_DECLS
