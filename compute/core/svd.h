/* Singular values of small square matrices, for fits of linear maps. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MONGE_SVD_MAX 10

/**
 * monge_svd:
 * @d: rows and columns, 1 to %MONGE_SVD_MAX
 * @a: (d × d) row-major
 * @u, @v: (out) (d × d) orthogonal, even where @a has no full rank
 * @s: (out) (d), descending, ≥ 0
 *
 * a = u diag(s) vᵀ by one-sided Jacobi rotations (Hestenes 1958): small singular values keep their
 * relative accuracy. O(d³) per sweep, about six sweeps.
 */
void monge_svd (guint d, const double *a, double *u, double *s, double *v);

/* By elimination with pivots; @a (d × d) is untouched. */
double monge_determinant (guint d, const double *a);

G_END_DECLS
