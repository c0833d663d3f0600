/* K-nearest neighbours and radius graphs, exact. */
#pragma once

#include "compute/core/error.h"
#include "compute/core/task.h"

G_BEGIN_DECLS

#define MONGE_NEIGHBOURS_MAX_DIM 1024
#define MONGE_NEIGHBOURS_MAX_K 1024

/**
 * MongeNeighbours:
 *
 * A search structure over m points: a tree of boxes with runs of points in its leaves where the
 * dimension is small, all points in one run where boxes would not prune. Immutable: any number of
 * threads may query.
 */
typedef struct _MongeNeighbours MongeNeighbours;

/* @points: (m × dim) float32, row-major; copied. m below 2^31. O(m log m). Fails with
 * %MONGE_ERROR_NAN naming the first point that is not finite. */
MongeNeighbours *monge_neighbours_new (const float *points, gsize m, guint dim, guint n_threads,
                                       MongeTask *task, GError **error);
void monge_neighbours_free (MongeNeighbours *neighbours);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeNeighbours, monge_neighbours_free)

/**
 * monge_neighbours_find:
 * @queries: (n × dim) float32, row-major
 * @exclude_self: query i is point i, which does not count as its own neighbour (copies of it do)
 * @index: (out): (n × k) ascending by distance, the lower index first among equals; −1 where there
 *   are fewer than k points
 * @square: (out) (nullable): (n × k) squared distances, float32 differences; ∞ where index is −1
 *
 * Exact: what a full sort of float32 squared distances Σ_d (x_d − y_d)², summed in order of d,
 * would give.
 */
gboolean monge_neighbours_find (MongeNeighbours *neighbours, const float *queries, gsize n, guint k,
                                gboolean exclude_self, gint32 *index, float *square,
                                guint n_threads, MongeTask *task, GError **error);

/**
 * MongeEdges:
 *
 * A graph by rows: the neighbours of query i are index[first[i]] … index[first[i + 1] − 1],
 * ascending by distance.
 */
typedef struct {
  gsize n;
  gsize *first;
  gint32 *index;
  float *square;
} MongeEdges;

void monge_edges_free (MongeEdges *edges);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeEdges, monge_edges_free)

/* All points within @radius of each query, at most @max_edges in all: more fails with
 * %MONGE_ERROR_SIZE saying how many there are, before they are stored. */
MongeEdges *monge_neighbours_find_within (MongeNeighbours *neighbours, const float *queries,
                                          gsize n, double radius, gboolean exclude_self,
                                          gsize max_edges, guint n_threads, MongeTask *task,
                                          GError **error);

G_END_DECLS
