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

/* A potential on the clusters of @from (or on the points) at those of @to. */
static double *
spread (const MongePoints *from, const MongePoints *to, const double *potential)
{
  double *spread = g_new (double, to->n);

  for (gsize i = 0, cluster = 0; i < to->n; i++)
    {
      gsize first = to->first != NULL ? to->first[i] : i;

      if (from->first == NULL)
        cluster = first;
      else
        while (from->first[cluster + 1] <= first)
          cluster++;
      spread[i] = potential[cluster];
    }
  return spread;
}

/* @guess ← the potential at the points of @rows, by one softmin over @columns. */
static gboolean
extend (MongeSinkhorn *s,
        const MongePoints *rows,
        double *guess,
        const MongePoints *columns,
        const double *column_potential,
        GError **error)
{
  if (!monge_sinkhorn_reduce (s, rows, guess, columns, column_potential, FALSE, error))
    return FALSE;
  for (gsize i = 0; i < rows->n; i++)
    guess[i] = monge_sinkhorn_updated (s, guess[i], s->sum[i]);
  return TRUE;
}

/* Clusters in cells of at most @cell; NULL if they would be hardly fewer than the points. */
static MongePoints *
make_clusters (Side *side, double cell)
{
  const guint depth = monge_points_get_depth (side->fine, cell);
  const gsize most = side->fine->n * 3 / 5;

  if (side->base != NULL && monge_points_get_depth (side->fine, side->base_cell) >= depth)
    return monge_points_coarsen (side->base, depth, most);
  g_clear_pointer (&side->base, monge_points_free);
  side->base = monge_points_coarsen (side->fine, depth, most);
  side->base_cell = cell;
  return side->base != NULL ? monge_points_coarsen (side->base, depth, most) : NULL;
}

/* What a side will be at its next level. */
typedef struct {
  gboolean changes;
  MongePoints *clusters;
  double *cross, *self;
} NextLevel;

static void
next_level_clear (NextLevel *next)
{
  monge_points_free (next->clusters);
  g_free (next->cross);
  g_free (next->self);
}

static void
next_level_prepare (Side *side, double cell, NextLevel *next)
{
  const MongePoints *now = monge_side_get_points (side), *points;

  if (cell > 0)
    next->clusters = make_clusters (side, cell);
  points = next->clusters != NULL ? next->clusters : side->fine;
  next->changes = points->n != now->n;
  if (!next->changes)
    return;
  next->cross = spread (now, points, side->cross);
  next->self = spread (now, points, side->self.values);
}

static void
side_take_level (Side *side, NextLevel *next)
{
  g_clear_pointer (&side->clusters, monge_points_free);
  side->clusters = g_steal_pointer (&next->clusters);
  g_free (side->cross);
  side->cross = g_steal_pointer (&next->cross);
  g_free (side->self.values);
  side->self.values = g_steal_pointer (&next->self);
  g_free (side->self.step);
  side->self.step = g_new0 (double, monge_side_get_points (side)->n);
  side->self.error = INFINITY;
}

gboolean
monge_sinkhorn_set_level (MongeSinkhorn *s, double cell, GError **error)
{
  NextLevel next[2] = { 0 };
  gboolean done = TRUE;

  for (Which which = SOURCE; which <= TARGET; which++)
    next_level_prepare (&s->sides[which], cell, &next[which]);
  for (Which which = SOURCE; which <= TARGET && done; which++)
    {
      const Side *side = &s->sides[which], *other = &s->sides[!which];
      const MongePoints *points
          = next[which].clusters != NULL ? next[which].clusters : side->fine;

      if (!next[which].changes)
        continue;
      done = extend (s, points, next[which].cross, monge_side_get_points (other), other->cross, error)
             && (!s->params.debias
                 || extend (s, points, next[which].self, monge_side_get_points (side),
                            side->self.values, error));
    }
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

static void
permute (double *values, const gsize *moved, gsize n)
{
  g_autofree double *old = g_memdup2 (values, n * sizeof *values);

  for (gsize i = 0; i < n; i++)
    values[i] = old[moved[i]];
}

/* Means over clusters, or the values themselves. */
static double *
average (const MongePoints *clusters, const MongePoints *fine, double *values)
{
  double *means;

  if (clusters == NULL)
    return g_memdup2 (values, fine->n * sizeof *values);
  means = g_new0 (double, clusters->n);
  for (gsize c = 0; c < clusters->n; c++)
    {
      for (gsize i = clusters->first[c]; i < clusters->first[c + 1]; i++)
        means[c] += values[i];
      means[c] /= (double) (clusters->first[c + 1] - clusters->first[c]);
    }
  return means;
}

/* Sorts @side along a grid with cells of @cell and carries its potentials over. */
static gboolean
sort_again (MongeSinkhorn *s, Which which, double cell, GError **error)
{
  Side *side = &s->sides[which], *other = &s->sides[!which];
  const MongePoints *now = monge_side_get_points (side);
  g_autofree gsize *moved = g_new (gsize, side->fine->n);
  g_autofree double *cross = spread (now, side->fine, side->cross);
  g_autofree double *self = spread (now, side->fine, side->self.values);
  MongePoints *old = g_steal_pointer (&side->clusters);
  g_autofree double *old_self = g_steal_pointer (&side->self.values);
  NextLevel next = { .changes = TRUE };
  gboolean done;

  monge_points_sort (side->fine, cell, moved);
  permute (cross, moved, side->fine->n);
  permute (self, moved, side->fine->n);
  g_clear_pointer (&side->base, monge_points_free);
  if (s->cell > 0)
    next.clusters = make_clusters (side, s->cell);
  next.cross = average (next.clusters, side->fine, cross);
  next.self = average (next.clusters, side->fine, self);
  side_take_level (side, &next);
  now = monge_side_get_points (side);
  done = extend (s, now, side->cross, monge_side_get_points (other), other->cross, error)
         && (!s->params.debias || old == NULL
             || extend (s, now, side->self.values, old, old_self, error));
  monge_points_free (old);
  monge_predictor_forget (&s->predictor);
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
  return monge_points_measure_spread (points) <= WORST_SPREAD * points->spread;
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
      if (!s->is_warm)
        monge_points_sort (fine, cell, NULL);
      else if (!sort_again (s, which, cell, error))
        {
          s->is_warm = FALSE;
          return FALSE;
        }
    }
  return TRUE;
}

/* ------------------------------------------------------------------------------------------------
 * Cold start
 */

/* Length of the diagonal of the box around both sides. */
static double
measure_diameter (const MongeSinkhorn *s)
{
  double square = 0;

  for (guint d = 0; d < s->dim; d++)
    {
      double lower = INFINITY, upper = -INFINITY;

      for (Which which = SOURCE; which <= TARGET; which++)
        {
          const MongePoints *points = s->sides[which].fine;

          for (gsize i = 0; i < points->n; i++)
            {
              double at = points->origin[d] + points->planes[d * points->n + i];

              lower = MIN (lower, at);
              upper = MAX (upper, at);
            }
        }
      square += (upper - lower) * (upper - lower);
    }
  return sqrt (square);
}

void
monge_sinkhorn_start_cold (MongeSinkhorn *s)
{
  const double diameter = measure_diameter (s), blur = s->params.blur;
  const double steps = diameter > blur ? ceil (log (diameter / blur) / -log (s->params.scaling)) : 0;
  const double first = blur * pow (s->params.scaling, -steps);

  s->cost_scale = pow (diameter, s->params.p) / s->params.p;
  s->cell = first;
  for (Which which = SOURCE; which <= TARGET; which++) /* of these the others are made */
    monge_points_free (make_clusters (&s->sides[which], monge_sinkhorn_choose_cell (s)));
  for (Which which = SOURCE; which <= TARGET; which++)
    {
      Side *side = &s->sides[which];
      NextLevel next = { 0 };
      gsize n;

      next.clusters = make_clusters (side, first);
      n = next.clusters != NULL ? next.clusters->n : side->fine->n;
      next.cross = g_new0 (double, n);
      next.self = g_new0 (double, n);
      side_take_level (side, &next);
    }
  monge_sinkhorn_set_blur (s, first);
  s->is_warm = TRUE;
  monge_predictor_forget (&s->predictor);
}
