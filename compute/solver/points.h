/* A measure as the backend wants it: sorted along a space-filling curve, centred, float32. */
#pragma once

#include "compute/backend/backend.h"
#include "compute/measure/measure.h"

G_BEGIN_DECLS

/**
 * MongePoints:
 *
 * Point i of these is point order[i] of the measure. Cells of the curve are contiguous, so clusters
 * of cells of side / 2^depth are ranges. Owned by one solver; no locks.
 */
typedef struct {
  gsize n;
  guint dim;
  double origin[MONGE_MAX_DIM];
  float *planes;       /* (dim × n), relative to the origin */
  double *weights;     /* (n), sum 1 */
  float *log_weights;  /* (n) */
  gsize *order;        /* (n) index in the measure; NULL for clusters */
  guint64 *codes;      /* (n) position along the curve, ascending; clusters: of the first point */
  double side;         /* of the cube that the codes divide, shape units */
  double spread;       /* at the last sorting, 0 before: see monge_points_measure_spread() */
  double intrinsic_dim; /* at the last sorting: 1 for curves, 2 for surfaces, 3 for volumes */
  gsize *first;        /* (n + 1) for clusters: cluster c is points first[c] … first[c+1] − 1 */
} MongePoints;

/* To be filled. No order, codes or clusters. */
MongePoints *monge_points_alloc (gsize n, guint dim);
/* In the measure's order, to be sorted. @origin: (nullable): (dim), taken off every point; the
 * barycentre if %NULL. O(n). */
MongePoints *monge_points_new (MongeMeasure *measure, const double *origin);
void monge_points_free (MongePoints *points);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongePoints, monge_points_free)

/* Sorts along a Hilbert curve (Hilbert 1891; Skilling 2004) through a cube that halves to cells of
 * exactly @cell; 0 for the smallest cube. @moved: (n) (out) (nullable): point i of now was point
 * moved[i]. O(n). */
void monge_points_sort (MongePoints *points, double cell, gsize *moved);
/* Back to the order of the measure, as before the first sorting. */
void monge_points_forget_order (MongePoints *points);
/* New positions, (n × dim) in the measure's order; the order along the curve stays. */
void monge_points_move (MongePoints *points, const double *positions, const double *origin);
/* About the barycentre of n positions, in the measure's order. */
void monge_points_find_centre (const MongePoints *points, const double *positions, double *centre);
/* Root mean square distance of points from the centre of the 32 around them in the order: grows when
 * points have moved so that the order is no good any more. */
double monge_points_measure_spread (const MongePoints *points);

/* How many halvings of the cube's side give cells of at most @cell; 0 is one cell. G_MAXUINT if the
 * curve does not go that deep. */
guint monge_points_get_depth (const MongePoints *points, double cell);
/* Mass and barycentre of the points, or clusters of deeper cells, in each cell of @depth halvings.
 * @most: clusters. O(n). Returns: (transfer full) (nullable): %NULL if that takes more than @most. */
MongePoints *monge_points_coarsen (const MongePoints *points, guint depth, gsize most);
/* Takes the barycentres of @clusters again, after their points have moved. O(n). */
void monge_points_gather (MongePoints *clusters, const MongePoints *points);
/* Mean squared distance of points from the barycentre of their cluster, from a sample. */
double monge_points_measure_cells (const MongePoints *clusters, const MongePoints *points);

G_END_DECLS
