/* From the level to the points: potentials and slopes at every point are one softmin over clusters
 * away, and the value of the points' own problem follows to second order.
 *
 * Let c be the clusters of α, S the covariance inside one. To first order in the cells' size squared
 *     OT(α, β) − OT(α_c, β) = ⟨α, f⟩ − ⟨α_c, f⟩,
 * the dual value being stationary in f and g, where f at the points is the softmin over β. The same
 * holds for β, and twice for both sides of OT(α, α). So each side adds a gain. */
#include "compute/solver/sinkhorn-private.h"

#include "compute/core/parallel.h"

#include <math.h>

/* A potential at the level of a side, and the measure whose softmin it is. */
typedef struct {
  const Side *side;
  double *potential;
  const MongePoints *columns;
  const double *column_potential;
} Softmin;

/* What a thread needs to work on rows. */
typedef struct {
  MongeSinkhorn *s;
  const Softmin *of;
  const MongePoints *rows;
  double *at_rows;
  double sign;
  double *slope;
} ReadOut;

static double
dual_of (const MongeSinkhorn *s, double potential)
{
  return monge_sinkhorn_is_balanced (s) ? potential : -s->rho * expm1 (-potential / s->rho);
}

/* f at row @i of @rows, to first order around cluster @k: ∇f is the mean of ∂_x C over the row of the
 * plan, which is the moment. */
static double
extrapolate (const ReadOut *r, gsize k, gsize i)
{
  const MongeSinkhorn *s = r->s;
  const MongePoints *c = r->of->side->clusters;
  double at = r->of->potential[k];

  for (guint d = 0; d < s->dim; d++)
    at += s->lambda * s->moment[d * c->n + k]
          * (r->rows->planes[d * r->rows->n + i] - c->planes[d * c->n + k]);
  return at;
}

static void
guess_rows (gsize begin, gsize end, guint worker, gpointer data)
{
  const ReadOut *r = data;
  const gsize *first = r->of->side->clusters->first;

  for (gsize k = begin; k < end; k++)
    for (gsize i = first[k]; i < first[k + 1]; i++)
      r->at_rows[i] = extrapolate (r, k, i);
}

static void
read_rows (gsize begin, gsize end, guint worker, gpointer data)
{
  const ReadOut *r = data;
  const MongeSinkhorn *s = r->s;

  for (gsize i = begin; i < end; i++)
    {
      double *slope = r->slope != NULL ? r->slope + i * s->dim : NULL;
      double mass;

      r->at_rows[i] = monge_sinkhorn_updated (s, r->at_rows[i], s->sum[i]);
      mass = r->sign * monge_sinkhorn_wanted_mass (s, r->at_rows[i]);
      for (guint d = 0; d < s->dim && slope != NULL; d++)
        slope[d] += mass * s->moment[d * r->rows->n + i];
    }
}

void
monge_sinkhorn_extend_to_points (MongeSinkhorn *s, const double *potential)
{
  const Side *x = &s->sides[SOURCE];
  const Softmin of = { x, (double *) potential, NULL, NULL };
  ReadOut r = { s, &of, x->fine, s->extended };

  monge_parallel_rows (x->clusters->n, 256, 0, NULL, guess_rows, &r);
}

/* The potential at all points of the side; slope_i += @sign · (mass of row i of the plan / α_i) ·
 * mean of ∂_x C over the row. */
static gboolean
read_points (MongeSinkhorn *s,
             const Softmin *of,
             double sign,
             double *slope,
             double *gain,
             GError **error)
{
  const MongePoints *fine = of->side->fine, *clusters = of->side->clusters;
  ReadOut r = { s, of, fine, of->potential, sign, slope };

  *gain = 0;
  if (clusters != NULL)
    {
      r.at_rows = s->extended;
      if (!monge_sinkhorn_reduce (s, clusters, of->potential, of->columns, of->column_potential, TRUE,
                                  error))
        return FALSE;
      monge_parallel_rows (clusters->n, 256, 0, NULL, guess_rows, &r);
    }
  if (!monge_sinkhorn_reduce (s, fine, r.at_rows, of->columns, of->column_potential, slope != NULL,
                              error))
    return FALSE;
  monge_parallel_rows (fine->n, 8192, 0, NULL, read_rows, &r);
  if (clusters != NULL)
    *gain = monge_sinkhorn_dual_term (s, fine, r.at_rows)
            - monge_sinkhorn_dual_term (s, clusters, of->potential);
  return TRUE;
}

/* A point of cluster @c, each as likely as its weight, and the same on every run. */
static gsize
draw_point (const MongePoints *clusters, const MongePoints *fine, gsize c)
{
  const double turn = 0.61803398874989485 * (double) (c + 1); /* evenly spread over clusters */
  double left = (turn - floor (turn)) * clusters->weights[c];
  gsize i = clusters->first[c];

  while (i + 1 < clusters->first[c + 1] && left >= fine->weights[i])
    left -= fine->weights[i++];
  return i;
}

/* One point of each cluster, with the mass of the cluster. */
static MongePoints *
sample (const MongePoints *clusters, const MongePoints *fine)
{
  MongePoints *points = monge_points_alloc (clusters->n, clusters->dim);

  for (guint d = 0; d < clusters->dim; d++)
    points->origin[d] = clusters->origin[d];
  for (gsize c = 0; c < clusters->n; c++)
    {
      const gsize i = draw_point (clusters, fine, c);

      points->weights[c] = clusters->weights[c];
      points->log_weights[c] = clusters->log_weights[c];
      for (guint d = 0; d < clusters->dim; d++)
        points->planes[d * clusters->n + c] = fine->planes[d * fine->n + i];
    }
  return points;
}

/* The gain alone, from one point of each cluster: what is linear in it has mean zero over the cluster
 * and is taken off, so that few points tell. */
static gboolean
sample_gain (MongeSinkhorn *s, const Softmin *of, double *gain, GError **error)
{
  const MongePoints *clusters = of->side->clusters;
  g_autoptr (MongePoints) points = NULL;
  ReadOut r = { s, of, .at_rows = s->extended };

  *gain = 0;
  if (clusters == NULL)
    return TRUE;
  r.rows = points = sample (clusters, of->side->fine);
  if (!monge_sinkhorn_reduce (s, clusters, of->potential, of->columns, of->column_potential, TRUE,
                              error))
    return FALSE;
  for (gsize c = 0; c < clusters->n; c++)
    s->extended[c] = extrapolate (&r, c, c);
  if (!monge_sinkhorn_reduce (s, points, s->extended, of->columns, of->column_potential, FALSE,
                              error))
    return FALSE;
  for (gsize c = 0; c < clusters->n; c++)
    {
      const double at = of->potential[c], linear = s->extended[c] - at;
      const double there = monge_sinkhorn_updated (s, s->extended[c], s->sum[c]);

      *gain += clusters->weights[c]
               * (dual_of (s, there) - dual_of (s, at)
                  - monge_sinkhorn_wanted_mass (s, at) * linear);
    }
  return TRUE;
}

gboolean
monge_sinkhorn_read_out_cross (MongeSinkhorn *s, double *slope, double *value, GError **error)
{
  Side *x = &s->sides[SOURCE], *y = &s->sides[TARGET];
  const MongePoints *points = monge_side_get_points (x), *columns = monge_side_get_points (y);
  const Softmin f = { x, x->cross, columns, y->cross }, g = { y, y->cross, points, x->cross };
  double mass = 0, gain = 0, target_gain = 0;

  if (x->clusters != NULL) /* exact row marginals, on the points below */
    {
      if (!monge_sinkhorn_reduce (s, points, x->cross, columns, y->cross, FALSE, error))
        return FALSE;
      for (gsize i = 0; i < points->n; i++)
        x->cross[i] = monge_sinkhorn_updated (s, x->cross[i], s->sum[i]);
    }
  if (monge_sinkhorn_is_corrected (s) ? !sample_gain (s, &f, &gain, error)
                                            || (slope != NULL
                                                && !monge_sinkhorn_correct_cross (s, slope, error))
                                      : !read_points (s, &f, 1, slope, &gain, error))
    return FALSE;
  if (!sample_gain (s, &g, &target_gain, error))
    return FALSE;
  for (gsize i = 0; i < points->n; i++)
    mass += points->weights[i] * monge_sinkhorn_wanted_mass (s, x->cross[i]);
  *value = monge_sinkhorn_dual_term (s, points, x->cross)
           + monge_sinkhorn_dual_term (s, columns, y->cross) - s->epsilon * (mass - 1) + gain
           + target_gain;
  return TRUE;
}

gboolean
monge_sinkhorn_read_out_selves (MongeSinkhorn *s, double *slope, double *value, GError **error)
{
  Side *x = &s->sides[SOURCE], *y = &s->sides[TARGET];
  const MongePoints *points = monge_side_get_points (x);
  double gain = 0;

  if (slope != NULL || x->clusters != NULL)
    {
      g_autofree double *potential = g_memdup2 (x->self.values, points->n * sizeof *x->self.values);
      const Softmin f = { x, potential, points, x->self.values };

      if (monge_sinkhorn_is_corrected (s) ? !sample_gain (s, &f, &gain, error)
                                                || (slope != NULL
                                                    && !monge_sinkhorn_correct_self (s, slope, error))
                                          : !read_points (s, &f, -1, slope, &gain, error))
        return FALSE;
    }
  if (isnan (y->self.gain))
    {
      const Softmin g = { y, y->self.values, monge_side_get_points (y), y->self.values };

      if (!sample_gain (s, &g, &y->self.gain, error))
        return FALSE;
    }
  *value = -0.5 * (x->self.dual + y->self.dual) - gain - y->self.gain;
  return TRUE;
}
