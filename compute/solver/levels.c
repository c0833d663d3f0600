/* The levels of a problem: clusters while that is all that blur resolves, points where it asks for
 * them. A level is a pair of cluster measures; potentials go from one to another by a softmin. */
#include "compute/solver/sinkhorn-private.h"

#include <math.h>
#include <string.h>

/* Relative gradient error of a solve on clusters, measured on curves, surfaces and volumes against
 * solves on all points (tests/test-multiscale.c). For p = 2 it goes with (cell / blur)²; for p = 1,
 * whose cost has a kink, with cell / blur. */
#define SQUARE_ERROR 0.016
#define VOLUME_ERROR 0.036
#define CORRECTED_ERROR 0.012 /* of volumes, see correct.c */
#define KINK_ERROR 0.6
/* The share of the tolerance that clusters may use up. */
#define CLUSTER_SHARE 0.7
#define LARGEST_CELL 1.0 /* of blur */

/* Points whose groups have spread by this much are sorted again. */
#define WORST_SPREAD 1.5
/* A grid whose nearest cells are smaller than this, of what is wanted, is laid anew. */
#define WORST_CELL 0.7

gboolean
monge_sinkhorn_is_volume (const MongeSinkhorn *s)
{
  return MAX (s->sides[SOURCE].fine->intrinsic_dim, s->sides[TARGET].fine->intrinsic_dim) > 2.3;
}

/* Cells that are to be corrected for their width, over blur: below, points are too few in each. */
#define LEAST_CORRECTED 0.5

gboolean
monge_sinkhorn_is_corrected (const MongeSinkhorn *s)
{
  return s->params.p == 2 && isinf (s->params.reach) && monge_sinkhorn_is_volume (s)
         && s->sides[SOURCE].clusters != NULL && s->sides[TARGET].clusters != NULL
         && s->cell >= LEAST_CORRECTED * s->blur;
}

static double
choose_ratio (const MongeSinkhorn *s)
{
  const double allowed = CLUSTER_SHARE * s->params.tol;
  const double corrected = sqrt (allowed / CORRECTED_ERROR);

  if (s->params.p == 1)
    return allowed / KINK_ERROR;
  if (!monge_sinkhorn_is_volume (s))
    return sqrt (allowed / SQUARE_ERROR);
  return isinf (s->params.reach) && corrected >= LEAST_CORRECTED ? corrected
                                                                 : sqrt (allowed / VOLUME_ERROR);
}

double
monge_sinkhorn_choose_cell (const MongeSinkhorn *s)
{
  return s->params.blur * MIN (choose_ratio (s), LARGEST_CELL);
}

double
monge_sinkhorn_estimate_cluster_error (const MongeSinkhorn *s)
{
  const double ratio = monge_sinkhorn_is_on_points (s) ? 0 : s->cell / s->blur;

  if (s->params.p == 1)
    return ratio * KINK_ERROR;
  return ratio * ratio
         * (monge_sinkhorn_is_corrected (s) ? CORRECTED_ERROR
            : monge_sinkhorn_is_volume (s)  ? VOLUME_ERROR
                                            : SQUARE_ERROR);
}

/* ------------------------------------------------------------------------------------------------
 * From level to level
 */

/* A potential on the clusters of @from (or on the points) at those of @to. On the host. */
static MongePlanes *
spread (const MongePoints *from, const MongePoints *to, MongePlanes *potential, GError **error)
{
  g_autoptr (MongePlanes) spread = monge_points_new_potential (to, error);
  const double *values;
  double *out;

  if (spread == NULL)
    return NULL;
  values = monge_planes_begin (potential, MONGE_PLANES_READ, error);
  if (values == NULL)
    return NULL;
  out = monge_planes_begin (spread, MONGE_PLANES_WRITE, error);
  for (gsize i = 0, cluster = 0; i < to->n && out != NULL; i++)
    {
      gsize first = to->first != NULL ? to->first[i] : i;

      if (from->first == NULL)
        cluster = first;
      else
        while (from->first[cluster + 1] <= first)
          cluster++;
      out[i] = values[cluster];
    }
  monge_planes_end (potential);
  if (out == NULL)
    return NULL;
  monge_planes_end (spread);
  return g_steal_pointer (&spread);
}

/* Queues @guess ← the potential at the points of @rows, by one softmin over @columns. */
static gboolean
extend (MongeSinkhorn *s,
        const MongePoints *rows,
        MongePlanes *guess,
        const MongePoints *columns,
        MongePlanes *column_potential,
        GError **error)
{
  if (!monge_sinkhorn_reduce (s, rows, guess, columns, column_potential, FALSE, error))
    return FALSE;
  monge_sinkhorn_update (s, MONGE_STEP_UPDATE, rows, guess, guess, TOTALS_OF_ROWS);
  return TRUE;
}

/* Clusters in cells of at most @cell; %NULL if they would be hardly fewer than the points. */
static gboolean
make_clusters (Side *side, double cell, MongePoints **clusters, GError **error)
{
  const guint depth = monge_points_get_depth (side->fine, cell);
  const gsize most = side->fine->n * 3 / 5;

  *clusters = NULL;
  if (side->base == NULL || monge_points_get_depth (side->fine, side->base_cell) < depth)
    {
      g_clear_pointer (&side->base, monge_points_free);
      if (!monge_points_coarsen (side->fine, depth, most, &side->base, error))
        return FALSE;
      side->base_cell = cell;
    }
  return side->base == NULL || monge_points_coarsen (side->base, depth, most, clusters, error);
}

/* What a side will be at its next level. */
typedef struct {
  gboolean changes;
  MongePoints *clusters;
  MongePlanes *cross, *next, *self, *step;
} NextLevel;

static void
next_level_clear (NextLevel *next)
{
  g_clear_pointer (&next->clusters, monge_points_free);
  g_clear_pointer (&next->cross, monge_planes_free);
  g_clear_pointer (&next->next, monge_planes_free);
  g_clear_pointer (&next->self, monge_planes_free);
  g_clear_pointer (&next->step, monge_planes_free);
}

static MongePlanes *
new_zeros (const MongePoints *points, GError **error)
{
  MongePlanes *planes = monge_points_new_potential (points, error);

  if (planes != NULL)
    monge_backend_step (planes->backend, &(MongeStep){ .id = MONGE_STEP_FILL, .n = planes->n,
                                                       .planes = { planes } });
  return planes;
}

/* What a level of @points needs beside its potentials. */
static gboolean
next_level_make_room (NextLevel *next, const MongePoints *points, GError **error)
{
  next->next = monge_points_new_potential (points, error);
  next->step = next->next != NULL ? new_zeros (points, error) : NULL;
  return next->step != NULL;
}

static const MongePoints *
next_level_get_points (const NextLevel *next, const Side *side)
{
  return next->clusters != NULL ? next->clusters : side->fine;
}

static gboolean
next_level_prepare (Side *side, double cell, NextLevel *next, GError **error)
{
  const MongePoints *now = monge_side_get_points (side), *points;

  if (cell > 0 && !make_clusters (side, cell, &next->clusters, error))
    return FALSE;
  points = next_level_get_points (next, side);
  next->changes = points->n != now->n;
  if (!next->changes)
    return TRUE;
  next->cross = spread (now, points, side->cross, error);
  if (next->cross == NULL)
    return FALSE;
  next->self = spread (now, points, side->self.values, error);
  return next->self != NULL && next_level_make_room (next, points, error);
}

static void
side_take_level (Side *side, NextLevel *next)
{
  MongePoints *clusters = side->clusters;
  NextLevel old = { FALSE, clusters, side->cross, side->next, side->self.values, side->self.step };

  side->clusters = g_steal_pointer (&next->clusters);
  side->cross = g_steal_pointer (&next->cross);
  side->next = g_steal_pointer (&next->next);
  side->self.values = g_steal_pointer (&next->self);
  side->self.step = g_steal_pointer (&next->step);
  side->self.error = INFINITY;
  next_level_clear (&old);
}

/* Potentials at the next level of one side, by softmins over the present one. */
static gboolean
extend_side (MongeSinkhorn *s, Which which, NextLevel *next, GError **error)
{
  const Side *side = &s->sides[which], *other = &s->sides[!which];
  const MongePoints *points = next_level_get_points (next, side);

  return extend (s, points, next->cross, monge_side_get_points (other), other->cross, error)
         && (!s->params.debias
             || extend (s, points, next->self, monge_side_get_points (side), side->self.values,
                        error));
}

gboolean
monge_sinkhorn_set_level (MongeSinkhorn *s, double cell, GError **error)
{
  NextLevel next[2] = { 0 };
  gboolean done = TRUE;

  for (Which which = SOURCE; which <= TARGET && done; which++)
    done = next_level_prepare (&s->sides[which], cell, &next[which], error);
  for (Which which = SOURCE; which <= TARGET && done; which++)
    done = !next[which].changes || extend_side (s, which, &next[which], error);
  done = done && monge_sinkhorn_wait (s, error);
  for (Which which = SOURCE; which <= TARGET; which++)
    {
      if (done && next[which].changes)
        {
          side_take_level (&s->sides[which], &next[which]);
          monge_predictor_forget (&s->predictor);
        }
      next_level_clear (&next[which]);
    }
  if (done)
    s->cell = cell;
  return done;
}

/* ------------------------------------------------------------------------------------------------
 * Order
 */

/* Means over clusters (%NULL: the values themselves) of values at points that were moved: value i of
 * now was value moved[i]. On the host. */
static MongePlanes *
average (const MongePoints *clusters,
         const MongePoints *fine,
         MongePlanes *values,
         const gsize *moved,
         GError **error)
{
  const MongePoints *points = clusters != NULL ? clusters : fine;
  g_autoptr (MongePlanes) means = monge_points_new_potential (points, error);
  const double *from;
  double *to;

  if (means == NULL)
    return NULL;
  from = monge_planes_begin (values, MONGE_PLANES_READ, error);
  if (from == NULL)
    return NULL;
  to = monge_planes_begin (means, MONGE_PLANES_WRITE, error);
  for (gsize c = 0; c < points->n && to != NULL; c++)
    {
      const gsize first = clusters != NULL ? clusters->first[c] : c;
      const gsize last = clusters != NULL ? clusters->first[c + 1] : c + 1;

      to[c] = 0;
      for (gsize i = first; i < last; i++)
        to[c] += from[moved[i]];
      to[c] /= (double) (last - first);
    }
  monge_planes_end (values);
  if (to == NULL)
    return NULL;
  monge_planes_end (means);
  return g_steal_pointer (&means);
}

/* The level of a side whose points were sorted again: potentials at its points before are given. */
static gboolean
next_level_sorted (MongeSinkhorn *s,
                   Side *side,
                   MongePlanes *cross,
                   MongePlanes *self,
                   const gsize *moved,
                   NextLevel *next,
                   GError **error)
{
  if (s->cell > 0 && !make_clusters (side, s->cell, &next->clusters, error))
    return FALSE;
  next->cross = average (next->clusters, side->fine, cross, moved, error);
  if (next->cross == NULL)
    return FALSE;
  next->self = average (next->clusters, side->fine, self, moved, error);
  return next->self != NULL && next_level_make_room (next, next_level_get_points (next, side), error);
}

/* Sorts @side along a grid with cells of @cell and carries its potentials over. */
static gboolean
sort_again (MongeSinkhorn *s, Which which, double cell, GError **error)
{
  Side *side = &s->sides[which], *other = &s->sides[!which];
  const MongePoints *now = monge_side_get_points (side);
  const gboolean had_clusters = side->clusters != NULL;
  g_autofree gsize *moved = g_new (gsize, side->fine->n);
  g_autoptr (MongePlanes) cross = spread (now, side->fine, side->cross, error);
  g_autoptr (MongePlanes) self
      = cross != NULL ? spread (now, side->fine, side->self.values, error) : NULL;
  NextLevel next = { .changes = TRUE };
  gboolean done;

  g_clear_pointer (&side->base, monge_points_free);
  monge_predictor_forget (&s->predictor);
  done = self != NULL && monge_points_sort (side->fine, cell, moved, error)
         && next_level_sorted (s, side, cross, self, moved, &next, error)
         && extend (s, next_level_get_points (&next, side), next.cross,
                    monge_side_get_points (other), other->cross, error)
         && (!s->params.debias || !had_clusters
             || extend (s, next_level_get_points (&next, side), next.self, now, side->self.values,
                        error))
         && monge_sinkhorn_wait (s, error);
  if (done)
    side_take_level (side, &next);
  next_level_clear (&next);
  return done;
}

static gboolean
is_in_order (const MongePoints *points, double cell)
{
  const guint depth = monge_points_get_depth (points, cell);

  if (points->side == 0) /* never sorted */
    return FALSE;
  if (cell > 0 && depth < G_MAXUINT && points->side > cell
      && points->side / exp2 (depth) < WORST_CELL * cell)
    return FALSE;
  return points->spread <= WORST_SPREAD * points->sorted_spread;
}

gboolean
monge_sinkhorn_keep_order (MongeSinkhorn *s, double cell, GError **error)
{
  for (Which which = SOURCE; which <= TARGET; which++)
    {
      MongePoints *fine = s->sides[which].fine;

      if (is_in_order (fine, cell))
        continue;
      g_clear_pointer (&s->sides[which].base, monge_points_free);
      if (s->is_warm ? sort_again (s, which, cell, error)
                     : monge_points_sort (fine, cell, NULL, error))
        continue;
      s->is_warm = FALSE;
      return FALSE;
    }
  return TRUE;
}

/* ------------------------------------------------------------------------------------------------
 * Cold start
 */

/* The box around the points. On the host. */
static gboolean
widen_box (const MongePoints *points, double *lower, double *upper, GError **error)
{
  const float *planes = monge_planes_begin (points->planes, MONGE_PLANES_READ, error);

  if (planes == NULL)
    return FALSE;
  for (guint d = 0; d < points->dim; d++)
    for (gsize i = 0; i < points->n; i++)
      {
        double at = points->origin[d] + planes[d * points->n + i];

        lower[d] = MIN (lower[d], at);
        upper[d] = MAX (upper[d], at);
      }
  monge_planes_end (points->planes);
  return TRUE;
}

/* Length of the diagonal of the box around both sides. */
static gboolean
measure_diameter (const MongeSinkhorn *s, double *diameter, GError **error)
{
  double lower[MONGE_MAX_DIM], upper[MONGE_MAX_DIM], square = 0;

  for (guint d = 0; d < s->dim; d++)
    {
      lower[d] = INFINITY;
      upper[d] = -INFINITY;
    }
  for (Which which = SOURCE; which <= TARGET; which++)
    if (!widen_box (s->sides[which].fine, lower, upper, error))
      return FALSE;
  for (guint d = 0; d < s->dim; d++)
    square += (upper[d] - lower[d]) * (upper[d] - lower[d]);
  *diameter = sqrt (square);
  return TRUE;
}

/* Zero potentials on clusters of @cell. */
static gboolean
start_side (Side *side, double cell, GError **error)
{
  NextLevel next = { 0 };
  const MongePoints *points;
  gboolean done = make_clusters (side, cell, &next.clusters, error);

  points = next_level_get_points (&next, side);
  next.cross = done ? new_zeros (points, error) : NULL;
  next.self = next.cross != NULL ? new_zeros (points, error) : NULL;
  done = next.self != NULL && next_level_make_room (&next, points, error);
  if (done)
    side_take_level (side, &next);
  next_level_clear (&next);
  return done;
}

gboolean
monge_sinkhorn_start_cold (MongeSinkhorn *s, GError **error)
{
  const double blur = s->params.blur;
  double diameter, steps, first;

  s->is_warm = FALSE;
  if (!measure_diameter (s, &diameter, error))
    return FALSE;
  steps = diameter > blur ? ceil (log (diameter / blur) / -log (s->params.scaling)) : 0;
  first = blur * pow (s->params.scaling, -steps);
  s->cost_scale = pow (diameter, s->params.p) / s->params.p;
  s->cell = first;
  for (Which which = SOURCE; which <= TARGET; which++) /* of these the others are made */
    {
      MongePoints *ignored;

      if (!make_clusters (&s->sides[which], monge_sinkhorn_choose_cell (s), &ignored, error))
        return FALSE;
      monge_points_free (ignored);
    }
  for (Which which = SOURCE; which <= TARGET; which++)
    if (!start_side (&s->sides[which], first, error))
      return FALSE;
  monge_sinkhorn_set_blur (s, first);
  s->is_warm = TRUE;
  monge_predictor_forget (&s->predictor);
  return TRUE;
}
