/* Sinkhorn iterations in the log domain; the papers are named in the header.
 *
 * Everything is measured against the potentials at hand: with u_i = log2 Σ_j 2^(lift_i + bias_j − …),
 * the plan's row i weighs α_i 2^u_i, so one reduction gives the marginal, its error, the mass and
 * the update
 *     softmin_i = f_i − u_i / k,     k = log2(e) / ε.                                            */
#include "compute/solver/sinkhorn.h"

#include "compute/solver/anneal.h"
#include "compute/solver/predict.h"
#include "compute/solver/relax.h"

#include <math.h>
#include <string.h>

/* Pairs of blocks below e^-15 of a row are left out: 21.6 bits. */
#define CUTOFF_BITS 21.6
/* A kept state whose first marginals are off by more than this is no start: anneal again. */
#define WORST_WARM_START 0.7

/* Marginal error to reach on clusters before going on, and at the last blur before going to the
 * points: enough that the dear iterations on the points are few. */
#define CLUSTER_TOL 0.03
#define LAST_CLUSTER_TOL 0.01
#define MOST_CLUSTER_ITERATIONS 30
/* After so many iterations without a gain the rounding of float32 potentials is what is left. */
#define MOST_IDLE_ITERATIONS 150

typedef enum { SOURCE, TARGET } Which;

/* One measure and its two potentials, at the level at which the problem now stands. */
typedef struct {
  MongePoints *fine;
  MongePoints *coarse;  /* clusters of @fine, or NULL once the points themselves are solved */
  double *cross;        /* f or g */
  double *self;         /* of OT(α,α) or OT(β,β) */
  double self_value;
  double self_error;    /* at the present temperature and points; ∞ if not known */
} Side;

struct _MongeSinkhorn {
  MongeBackend *backend;
  double origin[MONGE_MAX_DIM];
  guint dim;
  Side sides[2];

  gboolean is_warm;
  double blur;          /* temperature at which the potentials stand */
  MongeSinkhornParams params; /* of the solve under way, or the last */
  double epsilon, rho, lambda, k;

  MongePredictor predictor;

  float *bias, *lift;   /* scratch, as long as the longer side */
  double *sum, *moment;
  double *slope;        /* (n × dim) in the measure's order: handed over only when it is whole */

  guint64 n_pairs;
  MongeTask *task;
};

static MongePoints *
get_points (const Side *side)
{
  return side->coarse != NULL ? side->coarse : side->fine;
}

/* ------------------------------------------------------------------------------------------------
 * Temperature and the marginals it asks for
 */

static void
set_blur (MongeSinkhorn *s, double blur)
{
  const int p = s->params.p;

  if (blur != s->blur)
    s->sides[SOURCE].self_error = s->sides[TARGET].self_error = INFINITY;
  s->blur = blur;
  s->epsilon = pow (blur, p);
  s->rho = pow (s->params.reach, p);
  s->lambda = 1 / (1 + s->epsilon / s->rho);
  s->k = 1.44269504088896340736 / s->epsilon;
}

static gboolean
is_balanced (const MongeSinkhorn *s)
{
  return !isfinite (s->rho);
}

/* What row i of the plan should weigh, over α_i: e^(−f/ρ). */
static double
wanted_mass (const MongeSinkhorn *s, double potential)
{
  return is_balanced (s) ? 1 : exp (-potential / s->rho);
}

/* One side's share of the dual value: ⟨α,f⟩, or −ρ⟨α, e^(−f/ρ) − 1⟩. */
static double
dual_term (const MongeSinkhorn *s, const MongePoints *points, const double *potential)
{
  double total = 0;

  for (gsize i = 0; i < points->n; i++)
    total += points->weights[i]
             * (is_balanced (s) ? potential[i] : -s->rho * expm1 (-potential[i] / s->rho));
  return total;
}

/* ------------------------------------------------------------------------------------------------
 * Reductions
 */

/* s->sum ← u for each of @rows; s->moment too if @moment. */
static gboolean
reduce (MongeSinkhorn *s,
        const MongePoints *rows,
        const double *row_potential,
        const MongePoints *columns,
        const double *column_potential,
        gboolean moment,
        GError **error)
{
  guint64 n_pairs = 0;
  MongeTunedReduction reduction = {
    .kernel = s->params.p == 2 ? MONGE_TUNED_GAUSSIAN : MONGE_TUNED_LAPLACIAN,
    .x = monge_points_get_cloud (rows),
    .y = monge_points_get_cloud (columns),
    .scale = s->params.p == 2 ? sqrt (s->k / 2) : s->k,
    .lift = s->lift,
    .bias = s->bias,
    .cutoff = CUTOFF_BITS,
    .sum = s->sum,
    .moment = moment ? s->moment : NULL,
  };

  for (gsize i = 0; i < rows->n; i++)
    s->lift[i] = (float) (row_potential[i] * s->k);
  for (gsize j = 0; j < columns->n; j++)
    s->bias[j] = columns->log2_weights[j] + (float) (column_potential[j] * s->k);
  if (!monge_backend_reduce_tuned (s->backend, &reduction, &n_pairs, s->task, error))
    return FALSE;
  for (gsize i = 0; i < rows->n; i++) /* what the lift lost by rounding */
    s->sum[i] += row_potential[i] * s->k - s->lift[i];
  s->n_pairs += n_pairs;
  return TRUE;
}

static double
updated (const MongeSinkhorn *s, double potential, double u)
{
  return s->lambda * (potential - u / s->k);
}

/* What one half of an iteration saw. */
typedef struct {
  double error_before; /* of this side's marginal, before its update */
  double error_after;
  double mass;         /* of the plan, before */
} HalfStep;

/* Moves the cross potential of @rows @omega of the way to its softmin. */
static gboolean
half_step (MongeSinkhorn *s, Which which, double omega, HalfStep *seen, GError **error)
{
  Side *rows = &s->sides[which], *columns = &s->sides[!which];
  const MongePoints *points = get_points (rows);
  double *f = rows->cross;

  if (!reduce (s, points, f, get_points (columns), columns->cross, FALSE, error))
    return FALSE;
  *seen = (HalfStep){ 0 };
  for (gsize i = 0; i < points->n; i++)
    {
      double u = s->sum[i], mass = exp2 (u);
      double next = f[i] + omega * (updated (s, f[i], u) - f[i]);

      seen->error_before += points->weights[i] * fabs (mass - wanted_mass (s, f[i]));
      seen->mass += points->weights[i] * mass;
      if (omega != 1)
        seen->error_after += points->weights[i]
                             * fabs (exp2 (u + s->k * (next - f[i])) - wanted_mass (s, next));
      f[i] = next;
    }
  return TRUE;
}

/* The best common shift f + t, g − t: it changes no entry of the plan and removes the slow mode of
 * unbalanced updates (Séjourné, Vialard, Peyré 2022). */
static void
translate (MongeSinkhorn *s)
{
  double mass[2] = { 0, 0 }, shift;

  if (is_balanced (s))
    return;
  for (Which which = SOURCE; which <= TARGET; which++)
    {
      const MongePoints *points = get_points (&s->sides[which]);

      for (gsize i = 0; i < points->n; i++)
        mass[which] += points->weights[i] * wanted_mass (s, s->sides[which].cross[i]);
    }
  shift = s->rho / 2 * log (mass[SOURCE] / mass[TARGET]);
  if (!isfinite (shift))
    return;
  for (gsize i = 0; i < get_points (&s->sides[SOURCE])->n; i++)
    s->sides[SOURCE].cross[i] += shift;
  for (gsize j = 0; j < get_points (&s->sides[TARGET])->n; j++)
    s->sides[TARGET].cross[j] -= shift;
}

/* f, then g. @marginal_error: of the plan between the two. @dual: of the same plan. */
static gboolean
iterate_cross (MongeSinkhorn *s, double omega, double *marginal_error, double *dual, GError **error)
{
  HalfStep row, column;
  double g_term;

  if (!half_step (s, SOURCE, omega, &row, error))
    return FALSE;
  g_term = dual_term (s, get_points (&s->sides[TARGET]), s->sides[TARGET].cross);
  if (!half_step (s, TARGET, omega, &column, error))
    return FALSE;
  *dual = dual_term (s, get_points (&s->sides[SOURCE]), s->sides[SOURCE].cross) + g_term
          - s->epsilon * (column.mass - 1);
  *marginal_error = MAX (row.error_after, column.error_before);
  translate (s);
  return TRUE;
}

/* Halfway to the softmin: f ← ½ (f + T f), which converges where f ← T f would alternate. */
static gboolean
iterate_self (MongeSinkhorn *s, Side *side, gboolean moment, GError **error)
{
  const MongePoints *points = get_points (side);
  double *f = side->self;
  double mass = 0, marginal_error = 0;

  if (!reduce (s, points, f, points, f, moment, error))
    return FALSE;
  for (gsize i = 0; i < points->n; i++)
    {
      double row = exp2 (s->sum[i]);

      mass += points->weights[i] * row;
      marginal_error += points->weights[i] * fabs (row - wanted_mass (s, f[i]));
    }
  side->self_value = 2 * dual_term (s, points, f) - s->epsilon * (mass - 1);
  side->self_error = marginal_error;
  for (gsize i = 0; i < points->n; i++)
    f[i] += 0.5 * (updated (s, f[i], s->sum[i]) - f[i]);
  return TRUE;
}

/* ------------------------------------------------------------------------------------------------
 * Levels: potentials live on clusters while blur is large
 */

/* Spreads a potential from the clusters of @from to the points or clusters of @to inside them. */
static double *
spread (const MongePoints *from, const MongePoints *to, const double *potential)
{
  double *spread = g_new (double, to->n);

  for (gsize i = 0, cluster = 0; i < to->n; i++)
    {
      gsize first = to->first != NULL ? to->first[i] : i;

      while (from->first[cluster + 1] <= first)
        cluster++;
      spread[i] = potential[cluster];
    }
  return spread;
}

/* The potential at the points of @to, by one softmin from the present level of @columns. */
static double *
extend (MongeSinkhorn *s,
        const Side *rows,
        const double *potential,
        MongePoints *to,
        const Side *columns,
        const double *column_potential,
        GError **error)
{
  double *extended = spread (rows->coarse, to, potential);

  if (!reduce (s, to, extended, get_points (columns), column_potential, FALSE, error))
    {
      g_free (extended);
      return NULL;
    }
  for (gsize i = 0; i < to->n; i++)
    extended[i] = updated (s, extended[i], s->sum[i]);
  return extended;
}

/* Brings both sides to clusters of at most @cell, or to the points if 0. Never coarser than now. */
static gboolean
refine (MongeSinkhorn *s, double cell, GError **error)
{
  MongePoints *next[2] = { NULL, NULL };
  double *cross[2] = { NULL, NULL }, *self[2] = { NULL, NULL };
  gboolean done = TRUE;

  for (Which which = SOURCE; which <= TARGET && done; which++)
    {
      Side *side = &s->sides[which], *other = &s->sides[!which];
      MongePoints *points;

      if (side->coarse == NULL)
        continue;
      if (cell > 0)
        next[which] = monge_points_coarsen (side->fine, monge_points_get_depth (side->fine, cell));
      if (next[which] != NULL && next[which]->n <= side->coarse->n)
        continue;
      points = next[which] != NULL ? next[which] : side->fine;
      cross[which] = extend (s, side, side->cross, points, other, other->cross, error);
      done = cross[which] != NULL;
      if (done && s->params.debias)
        {
          self[which] = extend (s, side, side->self, points, side, side->self, error);
          done = self[which] != NULL;
        }
      else if (done)
        {
          self[which] = spread (side->coarse, points, side->self);
        }
    }
  for (Which which = SOURCE; which <= TARGET; which++)
    {
      Side *side = &s->sides[which];

      if (done && cross[which] != NULL)
        {
          monge_points_free (side->coarse);
          side->coarse = g_steal_pointer (&next[which]);
          g_free (side->cross);
          side->cross = g_steal_pointer (&cross[which]);
          g_free (side->self);
          side->self = g_steal_pointer (&self[which]);
          side->self_error = INFINITY;
        }
      monge_points_free (next[which]);
      g_free (cross[which]);
      g_free (self[which]);
    }
  return done;
}

/* Length of the diagonal of the box around both sides. */
static double
measure_diameter (const MongeSinkhorn *s)
{
  double square = 0;

  for (guint d = 0; d < s->dim; d++)
    {
      float lower = INFINITY, upper = -INFINITY;

      for (Which which = SOURCE; which <= TARGET; which++)
        {
          const MongePoints *points = s->sides[which].fine;

          for (gsize i = 0; i < points->n; i++)
            {
              lower = MIN (lower, points->planes[d * points->n + i]);
              upper = MAX (upper, points->planes[d * points->n + i]);
            }
        }
      square += (double) (upper - lower) * (upper - lower);
    }
  return sqrt (square);
}

/* Zero potentials on the coarsest clusters, at a temperature as large as the shapes. */
static void
start_cold (MongeSinkhorn *s)
{
  const double diameter = MAX (measure_diameter (s), s->params.blur);

  for (Which which = SOURCE; which <= TARGET; which++)
    {
      Side *side = &s->sides[which];
      gsize n;

      monge_points_free (side->coarse);
      side->coarse = monge_points_coarsen (side->fine,
                                           monge_points_get_depth (side->fine, diameter / 2));
      n = get_points (side)->n;
      g_free (side->cross);
      g_free (side->self);
      side->cross = g_new0 (double, n);
      side->self = g_new0 (double, n);
      side->self_error = INFINITY;
    }
  set_blur (s, diameter);
  s->is_warm = TRUE;
  monge_predictor_forget (&s->predictor);
}

/* ------------------------------------------------------------------------------------------------
 * The solve
 */

/* Iterates the cross problem at the present temperature and level until its marginals are within
 * @tol, or @max_iterations. @first_tol: an error above it after one iteration ends the attempt. */
static gboolean
converge_cross (MongeSinkhorn *s,
                double tol,
                int max_iterations,
                double first_tol,
                guint *iterations,
                double *marginal_error,
                GError **error)
{
  MongeRelax relax;
  double best = INFINITY;
  int last_gain = 0;

  monge_relax_init (&relax);
  for (int i = 0; i < max_iterations && i - last_gain <= MOST_IDLE_ITERATIONS; i++)
    {
      double dual;

      if (!iterate_cross (s, relax.omega, marginal_error, &dual, error))
        return FALSE;
      ++*iterations;
      if (*marginal_error <= tol || (i == 0 && !(*marginal_error <= first_tol)))
        break;
      if (*marginal_error < 0.95 * best)
        {
          best = *marginal_error;
          last_gain = i;
        }
      monge_relax_observe (&relax, *marginal_error, dual, 1e-5 * s->epsilon);
    }
  return TRUE;
}

/* From where the potentials stand down to the blur wanted, each temperature on clusters as large as
 * its blur, where an iteration costs little; then up to the points. */
static gboolean
anneal (MongeSinkhorn *s, guint *iterations, GError **error)
{
  const MongeSinkhornParams *params = &s->params;

  while (s->blur > params->blur || s->sides[SOURCE].coarse != NULL
         || s->sides[TARGET].coarse != NULL)
    {
      const gboolean last = s->blur <= params->blur;
      double ignored;

      if (!refine (s, s->blur, error)
          || !converge_cross (s, last ? MAX (params->tol, LAST_CLUSTER_TOL) : CLUSTER_TOL,
                              MOST_CLUSTER_ITERATIONS, INFINITY, iterations, &ignored, error))
        return FALSE;
      for (Which which = SOURCE; which <= TARGET && params->debias; which++)
        if (!iterate_self (s, &s->sides[which], FALSE, error))
          return FALSE;
      if (last)
        break;
      set_blur (s, monge_anneal_next (s->blur, params->blur, params->scaling));
    }
  return refine (s, 0, error);
}

static gboolean
converge_self (MongeSinkhorn *s, Side *side, GError **error)
{
  for (int i = 0; i < s->params.max_iterations && !(side->self_error <= s->params.tol); i++)
    if (!iterate_self (s, side, FALSE, error))
      return FALSE;
  return TRUE;
}

/* slope[order[i]] += sign · (mass of row i of the plan / α_i) · mean of ∂_x C over the row. */
static void
add_slope (MongeSinkhorn *s, const MongePoints *points, const double *row_mass, double sign,
           double *slope)
{
  for (guint d = 0; d < s->dim; d++)
    for (gsize i = 0; i < points->n; i++)
      slope[points->order[i] * s->dim + d] += sign * row_mass[i] * s->moment[d * points->n + i];
}

/* The last update of f, with the gradient beside it: exact row marginals for both. */
static gboolean
finish_cross (MongeSinkhorn *s, double *slope, double *value, GError **error)
{
  Side *x = &s->sides[SOURCE], *y = &s->sides[TARGET];
  double mass = 0;

  if (!reduce (s, x->fine, x->cross, y->fine, y->cross, slope != NULL, error))
    return FALSE;
  for (gsize i = 0; i < x->fine->n; i++)
    {
      x->cross[i] = updated (s, x->cross[i], s->sum[i]);
      s->sum[i] = wanted_mass (s, x->cross[i]);
      mass += x->fine->weights[i] * s->sum[i];
    }
  *value = dual_term (s, x->fine, x->cross) + dual_term (s, y->fine, y->cross)
           - s->epsilon * (mass - 1);
  if (slope != NULL)
    add_slope (s, x->fine, s->sum, 1, slope);
  return TRUE;
}

static gboolean
finish_self (MongeSinkhorn *s, double *slope, GError **error)
{
  Side *x = &s->sides[SOURCE];

  if (slope == NULL)
    return TRUE;
  if (!iterate_self (s, x, TRUE, error))
    return FALSE;
  for (gsize i = 0; i < x->fine->n; i++)
    s->sum[i] = wanted_mass (s, x->self[i]);
  add_slope (s, x->fine, s->sum, -1, slope);
  return TRUE;
}

gboolean
monge_sinkhorn_solve (MongeSinkhorn *s,
                      const MongeSinkhornParams *params,
                      double *slope,
                      MongeSinkhornReport *report,
                      MongeTask *task,
                      GError **error)
{
  double *slope_now = slope != NULL ? s->slope : NULL;
  double cross_error = INFINITY;
  gboolean warm;

  g_return_val_if_fail (params->p == 1 || params->p == 2, FALSE);
  g_return_val_if_fail (params->blur > 0 && params->reach > 0, FALSE);
  g_return_val_if_fail (params->scaling > 0 && params->scaling < 1, FALSE);

  *report = (MongeSinkhornReport){ 0 };
  s->task = task;
  s->n_pairs = 0;
  if (params->p != s->params.p || params->reach != s->params.reach)
    s->sides[SOURCE].self_error = s->sides[TARGET].self_error = INFINITY;
  if (params->p != s->params.p || (params->debias && !s->params.debias))
    s->is_warm = FALSE;
  if (params->blur != s->params.blur || params->reach != s->params.reach)
    monge_predictor_forget (&s->predictor);
  s->params = *params;

  if (s->is_warm)
    set_blur (s, MAX (s->blur, params->blur));
  else
    start_cold (s);
  warm = s->blur <= params->blur && s->sides[SOURCE].coarse == NULL
         && s->sides[TARGET].coarse == NULL;
  if (!anneal (s, &report->iterations, error)
      || !converge_cross (s, params->tol, params->max_iterations, warm ? WORST_WARM_START : INFINITY,
                          &report->iterations, &cross_error, error))
    return FALSE;
  if (warm && !(cross_error <= WORST_WARM_START))
    {
      start_cold (s);
      if (!anneal (s, &report->iterations, error)
          || !converge_cross (s, params->tol, params->max_iterations, INFINITY,
                              &report->iterations, &cross_error, error))
        return FALSE;
    }
  report->marginal_error = cross_error;

  if (slope != NULL)
    memset (s->slope, 0, s->sides[SOURCE].fine->n * s->dim * sizeof *s->slope);
  if (!finish_cross (s, slope_now, &report->value, error))
    return FALSE;
  if (params->debias)
    {
      if (!converge_self (s, &s->sides[SOURCE], error)
          || !converge_self (s, &s->sides[TARGET], error) || !finish_self (s, slope_now, error))
        return FALSE;
      for (Which which = SOURCE; which <= TARGET; which++)
        {
          report->value -= 0.5 * s->sides[which].self_value;
          report->marginal_error = MAX (report->marginal_error, s->sides[which].self_error);
        }
    }
  report->converged = report->marginal_error <= params->tol;
  report->n_pairs = s->n_pairs;
  if (slope != NULL)
    {
      memcpy (slope, slope_now, s->sides[SOURCE].fine->n * s->dim * sizeof *slope);
      monge_predictor_record (&s->predictor, s->sides[SOURCE].fine, slope,
                              s->sides[TARGET].cross);
    }
  return TRUE;
}

/* ------------------------------------------------------------------------------------------------
 * Life
 */

MongeSinkhorn *
monge_sinkhorn_new (MongeBackend *backend, MongeMeasure *source, MongeMeasure *target)
{
  MongeSinkhorn *s = g_new0 (MongeSinkhorn, 1);
  MongeMeasure *measures[2] = { source, target };
  gsize longest = MAX (monge_measure_get_n (source), monge_measure_get_n (target));

  g_return_val_if_fail (monge_measure_get_dim (source) == monge_measure_get_dim (target), NULL);

  s->backend = backend;
  s->dim = monge_measure_get_dim (source);
  for (guint d = 0; d < s->dim; d++)
    {
      double lower = INFINITY, upper = -INFINITY;

      for (Which which = SOURCE; which <= TARGET; which++)
        {
          const double *x = monge_measure_get_points (measures[which]);

          for (gsize i = 0; i < monge_measure_get_n (measures[which]); i++)
            {
              lower = MIN (lower, x[i * s->dim + d]);
              upper = MAX (upper, x[i * s->dim + d]);
            }
        }
      s->origin[d] = lower + (upper - lower) / 2;
    }
  for (Which which = SOURCE; which <= TARGET; which++)
    s->sides[which].fine = monge_points_new (measures[which], s->origin);
  monge_predictor_init (&s->predictor, s->sides[SOURCE].fine->n, s->dim, s->sides[TARGET].fine->n);
  s->bias = g_new (float, longest);
  s->lift = g_new (float, longest);
  s->sum = g_new (double, longest);
  s->moment = g_new (double, longest * s->dim);
  s->slope = g_new (double, s->sides[SOURCE].fine->n * s->dim);
  return s;
}

void
monge_sinkhorn_free (MongeSinkhorn *s)
{
  if (s == NULL)
    return;
  for (Which which = SOURCE; which <= TARGET; which++)
    {
      monge_points_free (s->sides[which].fine);
      monge_points_free (s->sides[which].coarse);
      g_free (s->sides[which].cross);
      g_free (s->sides[which].self);
    }
  monge_predictor_clear (&s->predictor);
  g_free (s->bias);
  g_free (s->lift);
  g_free (s->sum);
  g_free (s->moment);
  g_free (s->slope);
  g_free (s);
}

void
monge_sinkhorn_move_source (MongeSinkhorn *s, const double *positions)
{
  Side *source = &s->sides[SOURCE], *target = &s->sides[TARGET];

  monge_points_move (source->fine, positions, s->origin);
  source->self_error = INFINITY;
  if (source->coarse != NULL || target->coarse != NULL)
    s->is_warm = FALSE; /* the barycentres are those of before */
  else if (s->is_warm && s->params.debias)
    monge_predictor_apply (&s->predictor, source->fine, s->params.p == 2 && is_balanced (s),
                           target->self, target->cross);
}

void
monge_sinkhorn_reset (MongeSinkhorn *s)
{
  s->is_warm = FALSE;
}

void
monge_sinkhorn_get_potentials (MongeSinkhorn *s, double *f, double *g)
{
  double *out[2] = { f, g };

  for (Which which = SOURCE; which <= TARGET; which++)
    {
      const Side *side = &s->sides[which];

      if (out[which] == NULL)
        continue;
      g_return_if_fail (side->cross != NULL && side->coarse == NULL);
      for (gsize i = 0; i < side->fine->n; i++)
        out[which][side->fine->order[i]] = side->cross[i];
    }
}
