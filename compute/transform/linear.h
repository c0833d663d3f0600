/* The rigid motion, similarity or affine map that is closest to where points went. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

typedef enum {
  MONGE_LINEAR_RIGID,
  MONGE_LINEAR_SIMILARITY,
  MONGE_LINEAR_AFFINE,
} MongeLinearKind;

extern const char *const monge_linear_names[]; /* "rigid", "similarity", "affine", NULL */

/* x ↦ to + map (x − from), in @dim dimensions. */
typedef struct {
  guint dim;
  double from[MONGE_MAX_DIM], to[MONGE_MAX_DIM]; /* weighted means */
  double map[MONGE_MAX_DIM * MONGE_MAX_DIM];     /* (dim × dim) row-major */
} MongeLinearFit;

/* Least squares of points + displacements (n × dim), weighted by @weights (n). Rotations have
 * determinant 1. O(n). Any thread. */
void monge_linear_fit (MongeLinearKind kind, const double *points, const double *weights, gsize n,
                       guint dim, const double *displacements, MongeLinearFit *fit);
/* Of dimension 3 at most: 4 × 4 row-major, which leaves missing coordinates as they are. */
void monge_linear_fit_to_affine (const MongeLinearFit *fit, double affine[16]);
/* The same map of points along LPS instead of RAS, or the other way; exact. */
void monge_linear_turn_space (double affine[16]);

G_END_DECLS
