#include "compute/solver/points-private.h"

#include "compute/backend/step.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------
 * What the host sees
 */

gboolean
monge_points_begin (const MongePoints *points,
                    MongePlanesAccess access,
                    MongePointsHost *host,
                    GError **error)
{
  host->planes = monge_planes_begin (points->planes, access, error);
  if (host->planes == NULL)
    return FALSE;
  host->weights = monge_planes_begin (points->weights, access, error);
  if (host->weights != NULL)
    {
      host->log_weights = monge_planes_begin (points->log_weights, access, error);
      if (host->log_weights != NULL)
        return TRUE;
      monge_planes_end (points->weights);
    }
  monge_planes_end (points->planes);
  return FALSE;
}

void
monge_points_end (const MongePoints *points)
{
  monge_planes_end (points->planes);
  monge_planes_end (points->weights);
  monge_planes_end (points->log_weights);
}

void
monge_points_write_indices (MongePlanes *planes, const gsize *indices, gsize n)
{
  g_autofree gint32 *narrow = g_new (gint32, n);

  for (gsize i = 0; i < n; i++)
    narrow[i] = (gint32) indices[i];
  monge_planes_write (planes, narrow);
}

void
monge_points_write_order (MongePoints *points)
{
  monge_points_write_indices (points->order_planes, points->order, points->n);
}

/* ------------------------------------------------------------------------------------------------
 * Life
 */

MongePoints *
monge_points_alloc (MongeBackend *backend, gsize n, guint dim, GError **error)
{
  g_autoptr (MongePoints) points = g_new0 (MongePoints, 1);

  points->backend = backend;
  points->n = n;
  points->dim = dim;
  points->planes = monge_planes_new (backend, MONGE_PLANES_FLOAT32, n, dim, error);
  if (points->planes == NULL)
    return NULL;
  points->weights = monge_planes_new (backend, MONGE_PLANES_FLOAT64, n, 1, error);
  if (points->weights == NULL)
    return NULL;
  points->log_weights = monge_planes_new (backend, MONGE_PLANES_FLOAT32, n, 1, error);
  return points->log_weights != NULL ? g_steal_pointer (&points) : NULL;
}

static gboolean
fill_weights (MongePoints *points, const double *weights, GError **error)
{
  float *logarithms = monge_planes_begin (points->log_weights, MONGE_PLANES_WRITE, error);

  if (logarithms == NULL)
    return FALSE;
  for (gsize i = 0; i < points->n; i++)
    logarithms[i] = i > 0 && weights[i] == weights[i - 1] ? logarithms[i - 1]
                                                          : (float) log (weights[i]);
  monge_planes_end (points->log_weights);
  monge_planes_write (points->weights, weights);
  return TRUE;
}

/* @origin: (nullable) */
static gboolean
place (MongePoints *points, MongeMeasure *measure, const double *origin, GError **error)
{
  g_autoptr (MongePlanes) positions
      = monge_planes_new (points->backend, MONGE_PLANES_FLOAT64, points->n * points->dim, 1, error);
  double totals[1 + MONGE_MAX_DIM], centre[MONGE_MAX_DIM];

  if (positions == NULL)
    return FALSE;
  monge_planes_write (positions, monge_measure_get_points (measure));
  if (origin == NULL)
    {
      monge_points_queue_centre (points, positions, MONGE_POINTS_TOTALS);
      if (!monge_backend_read_totals (points->backend, MONGE_POINTS_TOTALS, 1 + points->dim, totals,
                                      NULL, error))
        return FALSE;
      monge_points_get_centre (points, totals, centre);
    }
  monge_points_move (points, positions, origin != NULL ? origin : centre, MONGE_POINTS_TOTALS);
  return TRUE;
}

MongePoints *
monge_points_new (MongeBackend *backend,
                  MongeMeasure *measure,
                  const double *origin,
                  GError **error)
{
  const gsize n = monge_measure_get_n (measure);
  g_autoptr (MongePoints) points
      = monge_points_alloc (backend, n, monge_measure_get_dim (measure), error);

  if (points == NULL)
    return NULL;
  points->order_planes = monge_planes_new (backend, MONGE_PLANES_INT32, n, 1, error);
  if (points->order_planes == NULL)
    return NULL;
  points->order = g_new (gsize, n);
  points->codes = g_new0 (guint64, n);
  for (gsize i = 0; i < n; i++)
    points->order[i] = i;
  monge_points_write_order (points);
  if (!fill_weights (points, monge_measure_get_weights (measure), error)
      || !place (points, measure, origin, error))
    return NULL;
  return g_steal_pointer (&points);
}

void
monge_points_free (MongePoints *points)
{
  if (points == NULL)
    return;
  monge_planes_free (points->planes);
  monge_planes_free (points->weights);
  monge_planes_free (points->log_weights);
  monge_planes_free (points->order_planes);
  monge_planes_free (points->first_planes);
  monge_planes_free (points->cluster_of);
  monge_planes_free (points->drawn);
  g_free (points->order);
  g_free (points->codes);
  g_free (points->first);
  g_free (points);
}

/* ------------------------------------------------------------------------------------------------
 * Moves
 */

/* Points looked at for a mean, about, and groups of 32. */
#define CENTRE_SAMPLE 65536
#define SPREAD_SAMPLE 4096

void
monge_points_queue_centre (const MongePoints *points, MongePlanes *positions, guint totals)
{
  const gsize stride = MAX (points->n / CENTRE_SAMPLE, 1);

  monge_backend_step (points->backend, &(MongeStep){
    .id = MONGE_STEP_FIND_CENTRE,
    .n = (points->n + stride - 1) / stride,
    .planes = { points->weights, positions, points->order_planes },
    .numbers = { DBL_MIN }, /* where none of these has any weight */
    .counts = { points->dim, stride },
    .totals = totals,
  });
}

void
monge_points_get_centre (const MongePoints *points, const double *totals, double *centre)
{
  for (guint d = 0; d < points->dim; d++)
    centre[d] = totals[1 + d] / totals[0];
}

void
monge_points_move (MongePoints *points, MongePlanes *positions, const double *origin, guint totals)
{
  MongeStep step = {
    .id = MONGE_STEP_MOVE_POINTS,
    .n = points->n,
    .planes = { points->planes, positions, points->order_planes },
    .counts = { points->dim },
    .totals = totals,
  };

  memcpy (points->origin, origin, points->dim * sizeof *origin);
  memcpy (step.numbers, origin, points->dim * sizeof *origin);
  monge_backend_step (points->backend, &step);
}

gboolean
monge_points_check_move (const MongePoints *points, double total, GError **error)
{
  const gsize at = total > -INFINITY ? (gsize) -total : 0;

  if (!(total > -INFINITY))
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
               "Coordinate %u of source point %" G_GSIZE_FORMAT " is not finite",
               (guint) (at % points->dim), at / points->dim);
  return FALSE;
}

static gsize
get_spread_stride (const MongePoints *points)
{
  return MAX (points->n / (MONGE_SPREAD_GROUP * SPREAD_SAMPLE), 1) * MONGE_SPREAD_GROUP;
}

void
monge_points_queue_spread (const MongePoints *points, guint totals)
{
  const gsize stride = get_spread_stride (points);

  monge_backend_step (points->backend, &(MongeStep){
    .id = MONGE_STEP_MEASURE_SPREAD,
    .n = (points->n + stride - 1) / stride,
    .planes = { points->planes },
    .counts = { points->dim, points->n, stride },
    .totals = totals,
    .work = MONGE_SPREAD_GROUP,
  });
}

double
monge_points_get_spread (const MongePoints *points, double total)
{
  const gsize stride = get_spread_stride (points), n_groups = (points->n + stride - 1) / stride;
  const gsize last = points->n - (n_groups - 1) * stride; /* points in the last of them */
  const gsize count = (n_groups - 1) * MONGE_SPREAD_GROUP + MIN (last, MONGE_SPREAD_GROUP);

  return sqrt (total / (double) count);
}
