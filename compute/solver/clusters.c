/* Clusters: ranges of points along the curve, and what goes from one to the other. */
#include "compute/solver/points-private.h"

#include "compute/backend/step.h"

#include <math.h>
#include <string.h>

guint
monge_points_get_depth (const MongePoints *points, double cell)
{
  double halvings = ceil (log2 (points->side / cell) - 1e-6);

  return halvings <= monge_points_get_bits (points->dim) ? (guint) MAX (halvings, 0) : G_MAXUINT;
}

/* Index of the first point of each cell, and the number of cells; %NULL beyond @most. */
static gsize *
find_cells (const MongePoints *points, guint shift, gsize most, gsize *n_cells)
{
  g_autoptr (GArray) first = g_array_sized_new (FALSE, FALSE, sizeof (gsize), 1024);
  guint64 cell = 0;

  for (gsize i = 0; i < points->n; i++)
    if (i == 0 || points->codes[i] >> shift != cell)
      {
        cell = points->codes[i] >> shift;
        if (first->len >= most)
          return NULL;
        g_array_append_val (first, i);
      }
  *n_cells = first->len;
  g_array_append_val (first, points->n);
  return g_array_steal (first, NULL);
}

/* Masses of ranges clusters->first of @points. */
static gboolean
add_weights (MongePoints *clusters, const MongePoints *points, GError **error)
{
  double *weights = monge_planes_begin (points->weights, MONGE_PLANES_READ, error);
  MongePointsHost host;

  if (weights == NULL)
    return FALSE;
  if (!monge_points_begin (clusters, MONGE_PLANES_WRITE, &host, error))
    {
      monge_planes_end (points->weights);
      return FALSE;
    }
  for (gsize c = 0; c < clusters->n; c++)
    {
      double mass = 0;

      for (gsize i = clusters->first[c]; i < clusters->first[c + 1]; i++)
        mass += weights[i];
      host.weights[c] = mass;
      host.log_weights[c] = (float) log (mass);
    }
  monge_points_end (clusters);
  monge_planes_end (points->weights);
  return TRUE;
}

gboolean
monge_points_coarsen (const MongePoints *points,
                      guint depth,
                      gsize most,
                      MongePoints **out,
                      GError **error)
{
  const guint dim = points->dim, bits = monge_points_get_bits (dim);
  g_autoptr (MongePoints) clusters = NULL;
  g_autofree gsize *cells = NULL;
  gsize n;

  *out = NULL;
  if (depth > bits)
    return TRUE;
  cells = find_cells (points, (bits - depth) * dim, most, &n);
  if (cells == NULL)
    return TRUE;
  clusters = monge_points_alloc (points->backend, n, dim, error);
  if (clusters == NULL)
    return FALSE;
  clusters->first_planes
      = monge_planes_new (points->backend, MONGE_PLANES_INT32, n + 1, 1, error);
  if (clusters->first_planes == NULL)
    return FALSE;
  clusters->side = points->side;
  clusters->codes = g_new (guint64, n);
  for (gsize c = 0; c < n; c++)
    clusters->codes[c] = points->codes[cells[c]];
  clusters->first = g_steal_pointer (&cells);
  if (!add_weights (clusters, points, error))
    return FALSE;
  monge_points_write_indices (clusters->first_planes, clusters->first, n + 1);
  monge_points_gather (clusters, points);
  for (gsize c = 0; c <= n && points->first != NULL; c++) /* ranges of points, not of clusters */
    clusters->first[c] = points->first[clusters->first[c]];
  if (points->first != NULL)
    monge_points_write_indices (clusters->first_planes, clusters->first, n + 1);
  *out = g_steal_pointer (&clusters);
  return TRUE;
}

void
monge_points_gather (MongePoints *clusters, const MongePoints *points)
{
  memcpy (clusters->origin, points->origin, sizeof clusters->origin);
  monge_backend_step (points->backend, &(MongeStep){
    .id = MONGE_STEP_GATHER_CLUSTERS,
    .n = clusters->n,
    .planes = { clusters->planes, clusters->weights, clusters->first_planes, points->planes,
                points->weights },
    .counts = { points->dim, points->n },
    .work = points->dim * (points->n / clusters->n),
  });
}

/* Clusters looked at, about. */
#define CELL_SAMPLE 4096

void
monge_points_queue_cells (const MongePoints *clusters, const MongePoints *points, guint totals)
{
  const gsize stride = MAX (clusters->n / CELL_SAMPLE, 1);

  monge_backend_step (points->backend, &(MongeStep){
    .id = MONGE_STEP_MEASURE_CELLS,
    .n = (clusters->n + stride - 1) / stride,
    .planes = { clusters->planes, clusters->weights, clusters->first_planes, points->planes,
                points->weights },
    .counts = { points->dim, points->n, clusters->n, stride },
    .totals = totals,
    .work = points->dim * (points->n / clusters->n),
  });
}

MongePlanes *
monge_points_get_cluster_of (MongePoints *clusters, gsize n_points, GError **error)
{
  g_autofree gint32 *cluster_of = NULL;

  if (clusters->cluster_of != NULL)
    return clusters->cluster_of;
  clusters->cluster_of
      = monge_planes_new (clusters->backend, MONGE_PLANES_INT32, n_points, 1, error);
  if (clusters->cluster_of == NULL)
    return NULL;
  cluster_of = g_new (gint32, n_points);
  for (gsize c = 0; c < clusters->n; c++)
    for (gsize i = clusters->first[c]; i < clusters->first[c + 1]; i++)
      cluster_of[i] = (gint32) c;
  monge_planes_write (clusters->cluster_of, cluster_of);
  return clusters->cluster_of;
}

static gsize
draw_point (const MongePoints *clusters, double mass, const double *weights, gsize c)
{
  const double turn = 0.61803398874989485 * (double) (c + 1); /* evenly spread over clusters */
  double left = (turn - floor (turn)) * mass;
  gsize i = clusters->first[c];

  while (i + 1 < clusters->first[c + 1] && left >= weights[i])
    left -= weights[i++];
  return i;
}

MongePlanes *
monge_points_get_drawn (MongePoints *clusters, const MongePoints *points, GError **error)
{
  g_autofree gsize *drawn = NULL;
  const double *masses, *weights;

  if (clusters->drawn != NULL)
    return clusters->drawn;
  masses = monge_planes_begin (clusters->weights, MONGE_PLANES_READ, error);
  if (masses == NULL)
    return NULL;
  weights = monge_planes_begin (points->weights, MONGE_PLANES_READ, error);
  if (weights != NULL)
    {
      drawn = g_new (gsize, clusters->n);
      for (gsize c = 0; c < clusters->n; c++)
        drawn[c] = draw_point (clusters, masses[c], weights, c);
      monge_planes_end (points->weights);
    }
  monge_planes_end (clusters->weights);
  if (weights == NULL)
    return NULL;
  clusters->drawn = monge_planes_new (clusters->backend, MONGE_PLANES_INT32, clusters->n, 1, error);
  if (clusters->drawn != NULL)
    monge_points_write_indices (clusters->drawn, drawn, clusters->n);
  return clusters->drawn;
}
