/* A measure as the backend wants it: sorted along a space-filling curve, centred, float32. */
#pragma once

#include "compute/backend/backend.h"
#include "compute/measure/measure.h"

G_BEGIN_DECLS

/**
 * MongePoints:
 *
 * Point i of these is point order[i] of the measure. Cells of the curve are contiguous, so clusters
 * of cells of side / 2^depth are ranges. Planes lie on the backend, arrays on the host, for what is
 * done seldom: sorting and clustering. Owned by one solver; no locks.
 */
typedef struct {
  MongeBackend *backend;
  gsize n;
  guint dim;
  double origin[MONGE_MAX_DIM];
  MongePlanes *planes;      /* (dim × n) float32, relative to the origin */
  MongePlanes *weights;     /* (n) float64, sum 1 */
  MongePlanes *log_weights; /* (n) float32 */
  gsize *order;             /* (n) index in the measure; NULL for clusters */
  MongePlanes *order_planes; /* the same, int32 */
  guint64 *codes;      /* (n) position along the curve, ascending; clusters: of the first point */
  double side;         /* of the cube that the codes divide, shape units */
  double spread;       /* now: see monge_points_queue_spread(); 0 before the first sorting */
  double sorted_spread; /* at the last sorting */
  double intrinsic_dim; /* at the last sorting: 1 for curves, 2 for surfaces, 3 for volumes */
  gsize *first;        /* (n + 1) for clusters: cluster c is points first[c] … first[c+1] − 1 */
  MongePlanes *first_planes; /* the same, int32 */
  MongePlanes *cluster_of;   /* of each point, int32: see monge_points_get_cluster_of() */
  MongePlanes *drawn;        /* of each cluster, int32: see monge_points_get_drawn() */
} MongePoints;

/* To be filled. No order, codes or clusters. Fails, as all here that return something, on a card
 * without room or that has failed. */
MongePoints *monge_points_alloc (MongeBackend *backend, gsize n, guint dim, GError **error);
/* In the measure's order, to be sorted. @origin: (nullable): (dim), taken off every point; the
 * barycentre if %NULL. O(n). */
MongePoints *monge_points_new (MongeBackend *backend, MongeMeasure *measure, const double *origin,
                               GError **error);
void monge_points_free (MongePoints *points);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongePoints, monge_points_free)

/* --- order.c: on the host --- */

/* Sorts along a Hilbert curve (Hilbert 1891; Skilling 2004) through a cube that halves to cells of
 * exactly @cell; 0 for the smallest cube. @moved: (n) (out) (nullable): point i of now was point
 * moved[i]. O(n). */
gboolean monge_points_sort (MongePoints *points, double cell, gsize *moved, GError **error);
/* Back to the order of the measure, as before the first sorting. */
gboolean monge_points_forget_order (MongePoints *points, GError **error);

/* --- points.c: what moves points; all but reading totals is queued --- */

/* A barycentre of n positions, (n × dim) float64 in the measure's order, from a sample: dim + 1
 * totals from @totals on. */
void monge_points_queue_centre (const MongePoints *points, MongePlanes *positions, guint totals);
void monge_points_get_centre (const MongePoints *points, const double *totals, double *centre);
/* New positions, as above; the order along the curve stays. One total: see
 * monge_points_check_move(). */
void monge_points_move (MongePoints *points, MongePlanes *positions, const double *origin,
                        guint totals);
/* @total: what monge_points_move() left. Fails if a position was not finite, naming it. */
gboolean monge_points_check_move (const MongePoints *points, double total, GError **error);
/* Root mean square distance of points from the centre of the 32 around them in the order: grows when
 * points have moved so that the order is no good any more. One total. */
void monge_points_queue_spread (const MongePoints *points, guint totals);
double monge_points_get_spread (const MongePoints *points, double total);

/* --- clusters.c --- */

/* How many halvings of the cube's side give cells of at most @cell; 0 is one cell. G_MAXUINT if the
 * curve does not go that deep. */
guint monge_points_get_depth (const MongePoints *points, double cell);
/* Mass and barycentre of the points, or clusters of deeper cells, in each cell of @depth halvings.
 * @most: clusters. O(n), on the host. @clusters: (out) (transfer full) (nullable): %NULL if that
 * takes more than @most. */
gboolean monge_points_coarsen (const MongePoints *points, guint depth, gsize most,
                               MongePoints **clusters, GError **error);
/* Takes the barycentres of @clusters again, after their points have moved. Queued. O(n). */
void monge_points_gather (MongePoints *clusters, const MongePoints *points);
/* Squared distance of points from the barycentre of their cluster and mass, from a sample: two
 * totals, whose ratio is the mean. */
void monge_points_queue_cells (const MongePoints *clusters, const MongePoints *points, guint totals);
/* Made at first use. Borrowed. */
MongePlanes *monge_points_get_cluster_of (MongePoints *clusters, gsize n_points, GError **error);
/* A point of each cluster, each as likely as its weight, and the same on every run. */
MongePlanes *monge_points_get_drawn (MongePoints *clusters, const MongePoints *points,
                                     GError **error);

G_END_DECLS
