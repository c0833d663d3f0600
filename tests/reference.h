/* The truth to compare with: a few obvious loops in double precision, slow and plain. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Points are (n × dim) row-major. */
double monge_reference_distance (const double *x, const double *y, guint dim);

/**
 * monge_reference_sinkhorn:
 * @reach: INFINITY for balanced
 *
 * The (debiased) Sinkhorn divergence of two small measures of mass 1, by plain alternating updates
 * until nothing changes: O(n m) per iteration and many iterations.
 */
double monge_reference_sinkhorn (const double *x, const double *a, gsize n, const double *y,
                                 const double *b, gsize m, guint dim, int p, double blur,
                                 double reach, gboolean debias);

/* ½ |α − β|² for the kernels "gaussian", "laplacian", "energy". */
double monge_reference_kernel_norm (const char *kernel, const double *x, const double *a, gsize n,
                                    const double *y, const double *b, gsize m, guint dim,
                                    double blur);

G_END_DECLS
