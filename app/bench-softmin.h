/* Log-sum-exp of Gaussian terms in float64, with the terms that cannot matter left out. */
#pragma once

#include "compute/core/task.h"

G_BEGIN_DECLS

/**
 * MongeBenchCloud:
 * @planes: (3 × n): coordinate d of point i is planes[d × n + i]
 * @weights: (n), sum 1
 * @codes: (n): place along a Morton curve of cells, ascending
 * @order: (n): which point of the caller's this is; NULL for clusters
 * @boxes: (n_blocks × 6): bounds of each 64 points: lower corner, upper corner
 *
 * Weighted points in 3-D, sorted.
 */
typedef struct {
  gsize n, n_blocks;
  double *planes;
  double *weights;
  guint64 *codes;
  gsize *order;
  double *boxes;
} MongeBenchCloud;

/* @points: (n × 3). Sorted by cells of side @cell. */
MongeBenchCloud *monge_bench_cloud_new (const double *points, const double *weights, gsize n,
                                        double cell);
/* Mass and barycentre per cell of @side = cell × 2^@halvings. */
MongeBenchCloud *monge_bench_cloud_coarsen (const MongeBenchCloud *cloud, guint halvings);
void monge_bench_cloud_free (MongeBenchCloud *cloud);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeBenchCloud, monge_bench_cloud_free)

/**
 * monge_bench_softmin:
 * @g: (columns.n): potential of the columns
 * @rows: n_rows indices into @cloud, ascending; NULL for all of them
 * @f: (out): (n_rows): −ε log Σ_j b_j exp ((g_j − |x_i − y_j|²/2) / ε)
 * @mean: (out) (nullable): (n_rows × 3): the mean of y_j under these terms
 *
 * Returns: %FALSE when cancelled
 */
gboolean monge_bench_softmin (const MongeBenchCloud *cloud, const gsize *rows, gsize n_rows,
                              const MongeBenchCloud *columns, const double *g, double epsilon,
                              double *f, double *mean, MongeTask *task);

G_END_DECLS
