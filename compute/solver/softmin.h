/* The reductions of the Sinkhorn solver, as formulas. */
#pragma once

#include "compute/backend/backend.h"

G_BEGIN_DECLS

/* Arguments in this order. */
enum {
  MONGE_SOFTMIN_X, /* rows, float32 */
  MONGE_SOFTMIN_Y, /* columns, float32 */
  MONGE_SOFTMIN_F, /* (rows) f / ε, float64 */
  MONGE_SOFTMIN_H, /* (columns) log β + g / ε, float64 */
  MONGE_SOFTMIN_S, /* 1 / (p ε) */
  MONGE_N_SOFTMIN_ARGUMENTS,
};

/**
 * monge_softmin_prepare:
 * @p: exponent of the cost, 1 or 2
 * @moment: FALSE gives u_i = log Σ_j exp(f_i + h_j − s |x_i − y_j|^p); TRUE the mean of ∂_x C under
 *   the weights of that sum, with u as its `log_sum`
 *
 * Returns: (transfer full): a kernel of @backend.
 */
MongeKernel *monge_softmin_prepare (MongeBackend *backend, int p, gboolean moment, guint dim,
                                    GError **error);

G_END_DECLS
