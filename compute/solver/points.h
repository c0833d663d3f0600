/* A measure as the backend wants it: sorted along a space-filling curve, centred, float32. */
#pragma once

#include "compute/backend/backend.h"
#include "compute/measure/measure.h"

G_BEGIN_DECLS

/**
 * MongePoints:
 *
 * Point i of these is point order[i] of the measure. Cells of the curve are contiguous, so clusters
 * of any cell size are ranges. Owned by one solver; no locks.
 */
typedef struct {
  gsize n;
  guint dim;
  float *planes;       /* (dim × n), relative to the origin */
  double *weights;     /* (n), sum 1 */
  float *log2_weights; /* (n) */
  gsize *order;        /* (n) index in the measure; NULL for clusters */
  guint64 *codes;      /* (n) position along the curve, ascending; NULL for clusters */
  double side;         /* of the cube that the codes divide, shape units */
  gsize *first;        /* (n + 1) for clusters: cluster c is points first[c] … first[c+1] − 1 */
} MongePoints;

/* Sorts along a Morton curve (Morton 1966): O(n log n). @origin: (dim). */
MongePoints *monge_points_new (MongeMeasure *measure, const double *origin);
void monge_points_free (MongePoints *points);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongePoints, monge_points_free)

/* New positions, (n × dim) in the measure's order; the order along the curve stays that of the
 * start. */
void monge_points_move (MongePoints *points, const double *positions, const double *origin);

/* How many halvings of the cube's side give cells of at most @cell; 0 is one cell. */
guint monge_points_get_depth (const MongePoints *points, double cell);
/* Mass and barycentre of the points in each cell of @depth halvings. O(n). Returns: (transfer full)
 * (nullable): %NULL if that would not at least halve the number of points. */
MongePoints *monge_points_coarsen (const MongePoints *points, guint depth);

MongeCloud monge_points_get_cloud (const MongePoints *points);

G_END_DECLS
