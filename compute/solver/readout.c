/* From the level to the points: potentials and slopes at every point are one softmin over clusters
 * away, and the value of the points' own problem follows to second order.
 *
 * Let c be the clusters of α, S the covariance inside one. To first order in the cells' size squared
 *     OT(α, β) − OT(α_c, β) = ⟨α, f⟩ − ⟨α_c, f⟩,
 * the dual value being stationary in f and g, where f at the points is the softmin over β. The same
 * holds for β, and twice for both sides of OT(α, α). So each side adds a gain. */
#include "compute/solver/sinkhorn-private.h"

#include <math.h>
#include <string.h>

/* A potential at the level of a side, and the measure whose softmin it is. */
typedef struct {
  const Side *side;
  MongePlanes *potential;
  const MongePoints *columns;
  MongePlanes *column_potential;
} Softmin;

/* Totals of what is read out. */
enum {
  OF_ROWS = TOTALS_OF_VALUE, /* dual and wanted mass of f at the level */
  OF_COLUMNS = OF_ROWS + 2,  /* of g */
  OF_POINTS = OF_COLUMNS + 2, /* of f at the points */
  OF_SAMPLE = OF_POINTS + 2, /* gains */
  OF_TARGET_SAMPLE,
  N_TOTALS_OF_VALUE = OF_TARGET_SAMPLE + 1 - TOTALS_OF_VALUE,
};

static double
take (const double *totals, guint place)
{
  return totals[place - TOTALS_OF_VALUE];
}

gboolean
monge_sinkhorn_extend_to_points (MongeSinkhorn *s,
                                 const Side *side,
                                 MongePlanes *potential,
                                 GError **error)
{
  MongePoints *clusters = side->clusters;
  MongePlanes *cluster_of = monge_points_get_cluster_of (clusters, side->fine->n, error);

  if (cluster_of == NULL)
    return FALSE;
  monge_backend_step (s->backend, &(MongeStep){
    .id = MONGE_STEP_EXTEND,
    .n = side->fine->n,
    .planes = { s->extended, cluster_of, potential, s->moment, clusters->planes,
                side->fine->planes },
    .numbers = { s->lambda },
    .counts = { s->dim, clusters->n, side->fine->n },
  });
  return TRUE;
}

static void
queue_dual (MongeSinkhorn *s, const MongePoints *points, MongePlanes *potential, guint totals)
{
  monge_backend_step (s->backend, &(MongeStep){
    .id = MONGE_STEP_MEASURE_DUAL,
    .n = points->n,
    .planes = { points->weights, potential },
    .numbers = { s->rho },
    .totals = totals,
  });
}

/* @out ← the potential at all points of the side;
 *     slope_i += @sign · (mass of row i of the plan / α_i) · mean of ∂_x C over the row. */
static gboolean
read_points (MongeSinkhorn *s,
             const Softmin *of,
             MongePlanes *out,
             double sign,
             MongePlanes *slope,
             GError **error)
{
  const MongePoints *fine = of->side->fine, *clusters = of->side->clusters;
  MongePlanes *guess = of->potential;

  if (clusters != NULL)
    {
      guess = s->extended;
      if (!monge_sinkhorn_reduce (s, clusters, of->potential, of->columns, of->column_potential,
                                  TRUE, error)
          || !monge_sinkhorn_extend_to_points (s, of->side, of->potential, error))
        return FALSE;
    }
  if (!monge_sinkhorn_reduce (s, fine, guess, of->columns, of->column_potential, slope != NULL,
                              error))
    return FALSE;
  monge_backend_step (s->backend, &(MongeStep){
    .id = MONGE_STEP_READ_OUT,
    .n = fine->n,
    .planes = { out, guess, s->sum, fine->weights, slope, s->moment },
    .numbers = { s->lambda, s->epsilon, s->rho, sign },
    .counts = { s->dim },
    .totals = OF_POINTS,
  });
  return TRUE;
}

/* The gain alone, from one point of each cluster: what is linear in it has mean zero over the cluster
 * and is taken off, so that few points tell. Its total is 0 on points. */
static gboolean
sample_gain (MongeSinkhorn *s, const Softmin *of, guint total, GError **error)
{
  const MongePoints *fine = of->side->fine;
  MongePoints *clusters = of->side->clusters;
  const gsize n = clusters != NULL ? clusters->n : 0;
  MongePoints sample = { .backend = s->backend, .n = n, .dim = s->dim };
  MongePlanes planes = monge_planes_view (s->drawn, n, s->dim), *drawn;

  if (clusters != NULL)
    {
      drawn = monge_points_get_drawn (clusters, fine, error);
      if (drawn == NULL
          || !monge_sinkhorn_reduce (s, clusters, of->potential, of->columns, of->column_potential,
                                     TRUE, error))
        return FALSE;
      monge_backend_step (s->backend, &(MongeStep){
        .id = MONGE_STEP_SAMPLE,
        .n = n,
        .planes = { s->extended, drawn, of->potential, s->moment, clusters->planes, fine->planes,
                    &planes },
        .numbers = { s->lambda },
        .counts = { s->dim, n, fine->n },
      });
      sample.planes = &planes;
      memcpy (sample.origin, clusters->origin, sizeof sample.origin);
      if (!monge_sinkhorn_reduce (s, &sample, s->extended, of->columns, of->column_potential, FALSE,
                                  error))
        return FALSE;
    }
  monge_backend_step (s->backend, &(MongeStep){
    .id = MONGE_STEP_GAIN,
    .n = n,
    .planes = { n > 0 ? clusters->weights : NULL, of->potential, s->extended, s->sum },
    .numbers = { s->lambda, s->epsilon, s->rho },
    .totals = total,
  });
  return TRUE;
}

/* Makes the marginals of the source's rows exact, at its clusters. @rows: dual and wanted mass. */
static gboolean
finish_rows (MongeSinkhorn *s, double *rows, GError **error)
{
  Side *x = &s->sides[SOURCE], *y = &s->sides[TARGET];

  if (!monge_sinkhorn_reduce (s, x->clusters, x->cross, monge_side_get_points (y), y->cross, FALSE,
                              error))
    return FALSE;
  monge_sinkhorn_update (s, MONGE_STEP_UPDATE, x->clusters, x->next, x->cross, OF_ROWS);
  if (!monge_sinkhorn_read (s, OF_ROWS, 2, rows, error))
    return FALSE;
  monge_side_take_next (x);
  return TRUE;
}

gboolean
monge_sinkhorn_read_out_cross (MongeSinkhorn *s, MongePlanes *slope, double *value, GError **error)
{
  Side *x = &s->sides[SOURCE], *y = &s->sides[TARGET];
  const MongePoints *points = monge_side_get_points (x), *columns = monge_side_get_points (y);
  const gboolean has_clusters = x->clusters != NULL, corrected = monge_sinkhorn_is_corrected (s);
  double totals[N_TOTALS_OF_VALUE], rows[2], gain = 0;
  Softmin f, g;

  if (has_clusters && !finish_rows (s, rows, error)) /* on points, below */
    return FALSE;
  f = (Softmin){ x, x->cross, columns, y->cross };
  if (corrected ? !sample_gain (s, &f, OF_SAMPLE, error)
                      || (slope != NULL && !monge_sinkhorn_correct_cross (s, slope, error))
                : !read_points (s, &f, has_clusters ? s->extended : x->next, 1, slope, error))
    return FALSE;
  g = (Softmin){ y, y->cross, points, has_clusters ? x->cross : x->next };
  if (!sample_gain (s, &g, OF_TARGET_SAMPLE, error))
    return FALSE;
  queue_dual (s, columns, y->cross, OF_COLUMNS);
  if (!monge_sinkhorn_read (s, TOTALS_OF_VALUE, N_TOTALS_OF_VALUE, totals, error))
    return FALSE;
  if (has_clusters)
    gain = corrected ? take (totals, OF_SAMPLE) : take (totals, OF_POINTS) - rows[0];
  else
    {
      monge_side_take_next (x);
      memcpy (rows, totals + OF_POINTS - TOTALS_OF_VALUE, sizeof rows);
    }
  *value = rows[0] + take (totals, OF_COLUMNS) - s->epsilon * (rows[1] - 1) + gain
           + take (totals, OF_TARGET_SAMPLE);
  return TRUE;
}

/* A potential of the source at all its points, by the softmin over what it faces; @values (n) in the
 * order of the measure. */
static gboolean
read_potential (MongeSinkhorn *s, const Softmin *of, double *values, GError **error)
{
  const MongePoints *fine = of->side->fine;
  const double *sorted;

  if (!read_points (s, of, s->extended, 1, NULL, error))
    return FALSE;
  sorted = monge_planes_begin (s->extended, MONGE_PLANES_READ, error);
  if (sorted == NULL)
    return FALSE;
  for (gsize i = 0; i < fine->n; i++)
    values[fine->order != NULL ? fine->order[i] : i] = sorted[i];
  monge_planes_end (s->extended);
  return TRUE;
}

gboolean
monge_sinkhorn_read_potentials (MongeSinkhorn *s, double *cross, double *self, MongeTask *task,
                                GError **error)
{
  Side *x = &s->sides[SOURCE], *y = &s->sides[TARGET];
  const Softmin f = { x, x->cross, monge_side_get_points (y), y->cross };
  const Softmin p = { x, x->self.values, monge_side_get_points (x), x->self.values };
  gboolean done;

  g_return_val_if_fail (s->is_warm, FALSE);
  s->task = task;
  done = read_potential (s, &f, cross, error);
  if (done && s->params.debias)
    done = read_potential (s, &p, self, error);
  else if (done)
    memset (self, 0, x->fine->n * sizeof *self);
  s->task = NULL;
  monge_backend_take_n_pairs (s->backend); /* not of a solve */
  return done;
}

gboolean
monge_sinkhorn_read_out_selves (MongeSinkhorn *s, MongePlanes *slope, double *value, GError **error)
{
  Side *x = &s->sides[SOURCE], *y = &s->sides[TARGET];
  const MongePoints *points = monge_side_get_points (x), *columns = monge_side_get_points (y);
  const Softmin f = { x, x->self.values, points, x->self.values };
  const Softmin g = { y, y->self.values, columns, y->self.values };
  const gboolean corrected = monge_sinkhorn_is_corrected (s);
  double totals[N_TOTALS_OF_VALUE], gain = 0;

  if (slope != NULL || x->clusters != NULL)
    {
      queue_dual (s, points, x->self.values, OF_ROWS);
      if (corrected ? !sample_gain (s, &f, OF_SAMPLE, error)
                          || (slope != NULL && !monge_sinkhorn_correct_self (s, slope, error))
                    : !read_points (s, &f, s->extended, -1, slope, error))
        return FALSE;
    }
  if (isnan (y->self.gain) && !sample_gain (s, &g, OF_TARGET_SAMPLE, error))
    return FALSE;
  if (!monge_sinkhorn_read (s, TOTALS_OF_VALUE, N_TOTALS_OF_VALUE, totals, error))
    return FALSE;
  if (isnan (y->self.gain))
    y->self.gain = take (totals, OF_TARGET_SAMPLE);
  if (x->clusters != NULL)
    gain = corrected ? take (totals, OF_SAMPLE) : take (totals, OF_POINTS) - take (totals, OF_ROWS);
  *value = -0.5 * (x->self.dual + y->self.dual) - gain - y->self.gain;
  return TRUE;
}
