/* Sinkhorn iterations in the log domain; the papers are named in the header. How one temperature is
 * solved is in potentials.c, on what points in levels.c; here is the way from the first temperature
 * to the value and the slope. */
#include "compute/solver/sinkhorn-private.h"

#include "compute/core/parallel.h"
#include "compute/solver/anderson.h"
#include "compute/solver/anneal.h"


#include <math.h>
#include <string.h>

/* A kept state whose first marginals are off by more than this is no start: anneal again. */
#define WORST_WARM_START 0.7

/* Marginal errors to reach at each temperature but the last. */
#define ANNEAL_TOL 0.06
#define ANNEAL_SELF_TOL 0.01
#define MOST_ANNEAL_ITERATIONS 30
/* Of the tolerance: a marginal error says less than slopes and values need, for what is left is
 * slow. */
#define SOLVE_SHARE 0.5
/* The same for self problems, which converge fast and are what others are measured against. */
#define SELF_SHARE 0.1
/* Over which errors of a potential vary, in blurs, with a reserve. */
#define LENGTH 0.4
/* Side of the first clusters solved at the last blur, over blur. */
#define FIRST_CELL 0.66
/* After so many iterations without a gain the rounding of float32 exponents is what is left. */
#define MOST_IDLE_ITERATIONS 150
#define FEW_IDLE_ITERATIONS 40 /* within the tolerance already */
#define SOME_IDLE_ITERATIONS 20

/* ------------------------------------------------------------------------------------------------
 * The solve
 */

/* How far slopes are off where a potential is off by @step over lengths of about a blur: relative to
 * their root mean square, which is √(2S) for p = 2, or to blur if that is more. */
static double
estimate_slope_error (const MongeSinkhorn *s, double step, double dual)
{
  double speed = 1;

  if (s->params.p == 2)
    speed = sqrt (MAX (2 * dual - s->sides[SOURCE].self.dual - s->sides[TARGET].self.dual, 0));
  return step / (MAX (speed, s->blur) * LENGTH * s->blur);
}

gboolean
monge_sinkhorn_converge_cross (MongeSinkhorn *s,
                               double tol,
                               int max_iterations,
                               double first_tol,
                               guint *iterations,
                               double *marginal_error,
                               GError **error)
{
  Side *y = &s->sides[TARGET];
  const MongePoints *points = monge_side_get_points (y);
  const gsize size = points->n * sizeof *y->cross;
  g_autofree double *iterate = g_malloc (size);
  g_autofree double *best = g_malloc (size);
  double least = INFINITY, mark = INFINITY, dual, step;
  gboolean done = TRUE, settled = FALSE;
  MongeAnderson anderson;

  monge_anderson_init (&anderson, points->weights, points->n, 0x1p-24 * s->cost_scale);
  anderson.slowness = MAX (s->slowness, 1);
  for (int i = 0, idle = 0; i < max_iterations && !settled; i++)
    {
      memcpy (iterate, y->cross, size);
      done = monge_sinkhorn_iterate_cross (s, marginal_error, &dual, error);
      if (!done)
        break;
      ++*iterations;
      idle++;
      if (*marginal_error < 0.95 * mark)
        {
          mark = *marginal_error;
          idle = 0;
        }
      if (*marginal_error < least)
        {
          least = *marginal_error;
          memcpy (best, y->cross, size);
        }
      if ((i == 0 && !(least <= first_tol))
          || idle > (least <= tol ? FEW_IDLE_ITERATIONS : MOST_IDLE_ITERATIONS))
        break;
      if (idle > SOME_IDLE_ITERATIONS)
        monge_anderson_give_up (&anderson);
      if (monge_anderson_advance (&anderson, iterate, y->cross, dual, 1e-5 * s->epsilon, &step))
        {
          s->slope_error = estimate_slope_error (s, step, dual);
          settled = *marginal_error <= SOLVE_SHARE * tol && s->slope_error <= tol;
        }
      memcpy (y->cross, iterate, size);
    }
  if (done && !settled && least < INFINITY)
    {
      memcpy (y->cross, best, size);
      *marginal_error = least;
    }
  s->slowness = anderson.slowness;
  monge_anderson_clear (&anderson);
  return done;
}

static gboolean
converge_selves (MongeSinkhorn *s, double tol, int max_iterations, GError **error)
{
  return !s->params.debias
         || (monge_sinkhorn_converge_self (s, &s->sides[SOURCE], tol, max_iterations, error)
             && monge_sinkhorn_converge_self (s, &s->sides[TARGET], tol, max_iterations, error));
}

/* values += sign · self, on both sides: what is left of a cross potential without its entropic
 * share changes little with the temperature. */
static void
add_selves (MongeSinkhorn *s, double sign)
{
  for (Which which = SOURCE; which <= TARGET && s->params.debias; which++)
    {
      Side *side = &s->sides[which];

      for (gsize i = 0; i < monge_side_get_points (side)->n; i++)
        side->cross[i] += sign * side->self.values[i];
    }
}

static void
scale_selves (MongeSinkhorn *s, double factor)
{
  for (Which which = SOURCE; which <= TARGET; which++)
    for (gsize i = 0; i < monge_side_get_points (&s->sides[which])->n; i++)
      s->sides[which].self.values[i] *= factor;
}

/* Down to the next blur, on clusters of @cell. Self potentials shrink with ε, up to a constant; what
 * potentials are beside them stays. */
static gboolean
cool (MongeSinkhorn *s, double blur, double cell, GError **error)
{
  gboolean done;

  if (!monge_sinkhorn_set_level (s, cell, error))
    return FALSE;
  add_selves (s, -1);
  scale_selves (s, pow (blur / s->blur, s->params.p));
  monge_sinkhorn_set_blur (s, blur);
  done = converge_selves (s, ANNEAL_SELF_TOL, MOST_ANNEAL_ITERATIONS, error);
  add_selves (s, 1);
  return done;
}

/* From where the potentials stand down to the blur wanted, each temperature on clusters as large as
 * its blur, where an iteration costs little. */
static gboolean
anneal (MongeSinkhorn *s, double cell, guint *iterations, GError **error)
{
  const double blur = s->params.blur;

  while (s->blur > blur)
    {
      const double next = monge_anneal_next (s->blur, blur, s->params.scaling);
      double ignored;

      if (!monge_sinkhorn_set_level (s, s->blur, error)
          || !converge_selves (s, ANNEAL_SELF_TOL, MOST_ANNEAL_ITERATIONS, error)
          || !monge_sinkhorn_converge_cross (s, ANNEAL_TOL, MOST_ANNEAL_ITERATIONS, INFINITY,
                                             iterations, &ignored, error)
          || !cool (s, next, next > blur ? next : MAX (next * FIRST_CELL, cell), error))
        return FALSE;
    }
  return TRUE;
}

/* At the blur wanted, on finer and finer clusters down to @cell: what is slow is done where it is
 * cheap. */
static gboolean
sharpen (MongeSinkhorn *s,
         double cell,
         double first_tol,
         MongeSinkhornReport *report,
         GError **error)
{
  const MongeSinkhornParams *params = &s->params;

  while (TRUE)
    {
      if (!converge_selves (s, SELF_SHARE * params->tol, params->max_iterations, error)
          || !monge_sinkhorn_converge_cross (s, params->tol, params->max_iterations, first_tol,
                                             &report->iterations, &report->marginal_error, error))
        return FALSE;
      if (s->cell <= cell || monge_sinkhorn_is_on_points (s) || report->marginal_error > first_tol)
        return TRUE;
      if (!monge_sinkhorn_set_level (s, MAX (s->cell / 2, cell), error))
        return FALSE;
    }
}

/* ------------------------------------------------------------------------------------------------
 * One solve
 */

static void
begin_solve (MongeSinkhorn *s, const MongeSinkhornParams *params, MongeTask *task)
{
  s->task = task;
  s->n_pairs = 0;
  if (params->p != s->params.p || params->reach != s->params.reach)
    s->sides[SOURCE].self.error = s->sides[TARGET].self.error = INFINITY;
  if (params->p != s->params.p || (params->debias && !s->params.debias))
    s->is_warm = FALSE;
  if (params->blur != s->params.blur || params->reach != s->params.reach)
    monge_predictor_forget (&s->predictor);
  s->params = *params;
}

/* Potentials that hold the marginals, at the blur and on the level wanted. */
static gboolean
converge (MongeSinkhorn *s, MongeSinkhornReport *report, GError **error)
{
  const MongeSinkhornParams *params = &s->params;
  double cell;
  gboolean warm;

  /* Sorting tells the dimension of the shapes, and that the cells they need. */
  if (!monge_sinkhorn_keep_order (s, monge_sinkhorn_choose_cell (s), error)
      || !monge_sinkhorn_keep_order (s, monge_sinkhorn_choose_cell (s), error))
    return FALSE;
  cell = monge_sinkhorn_choose_cell (s);
  if (s->is_warm)
    monge_sinkhorn_set_blur (s, MAX (s->blur, params->blur));
  else
    monge_sinkhorn_start_cold (s);
  warm = s->blur <= params->blur;
  if (warm && (s->cell < cell || s->cell > params->blur)
      && !monge_sinkhorn_set_level (s, MAX (cell, params->blur * FIRST_CELL), error))
    return FALSE;
  if (!anneal (s, cell, &report->iterations, error)
      || !sharpen (s, cell, warm ? WORST_WARM_START : INFINITY, report, error))
    return FALSE;
  if (!warm || report->marginal_error <= WORST_WARM_START)
    return TRUE;
  monge_sinkhorn_start_cold (s);
  return anneal (s, cell, &report->iterations, error)
         && sharpen (s, cell, INFINITY, report, error);
}

/* The self problems' share of value, slope and error. */
static gboolean
finish_selves (MongeSinkhorn *s, double *slope, MongeSinkhornReport *report, GError **error)
{
  double value;

  if (!converge_selves (s, SELF_SHARE * s->params.tol, s->params.max_iterations, error)
      || !monge_sinkhorn_read_out_selves (s, slope, &value, error))
    return FALSE;
  report->value += value;
  for (Which which = SOURCE; which <= TARGET; which++)
    report->marginal_error = MAX (report->marginal_error, s->sides[which].self.error);
  return TRUE;
}

static gboolean
finish (MongeSinkhorn *s, double *slope, MongeSinkhornReport *report, GError **error)
{
  if (slope != NULL)
    memset (slope, 0, s->sides[SOURCE].fine->n * s->dim * sizeof *slope);
  return monge_sinkhorn_read_out_cross (s, slope, &report->value, error)
         && (!s->params.debias || finish_selves (s, slope, report, error));
}

static void
take_selves (MongeSinkhorn *s)
{
  for (Which which = SOURCE; which <= TARGET; which++)
    memcpy (s->sides[which].cross, s->sides[which].self.values,
            monge_side_get_points (&s->sides[which])->n * sizeof (double));
}

/* Slopes, to the measure's order. */
typedef struct {
  const MongePoints *points;
  const double *from;
  double *to;
} HandOver;

static void
hand_over_rows (gsize begin, gsize end, guint worker, gpointer data)
{
  const HandOver *h = data;
  const guint dim = h->points->dim;

  for (gsize i = begin; i < end; i++)
    for (guint d = 0; d < dim; d++)
      h->to[h->points->order[i] * dim + d] = h->from[i * dim + d];
}

gboolean
monge_sinkhorn_solve (MongeSinkhorn *s,
                      const MongeSinkhornParams *params,
                      double *slope,
                      MongeSinkhornReport *report,
                      MongeTask *task,
                      GError **error)
{
  const Side *x = &s->sides[SOURCE], *y = &s->sides[TARGET];
  double *slope_now = slope != NULL ? s->slope : NULL;

  g_return_val_if_fail (params->p == 1 || params->p == 2, FALSE);
  g_return_val_if_fail (params->blur > 0 && params->reach > 0, FALSE);
  g_return_val_if_fail (params->scaling > 0 && params->scaling < 1, FALSE);

  *report = (MongeSinkhornReport){ .marginal_error = INFINITY };
  begin_solve (s, params, task);
  if (!converge (s, report, error) || !finish (s, slope_now, report, error))
    return FALSE;
  if (params->debias && report->value < 0)
    {
      /* The shapes all but coincide, and self potentials are better ones: with them the value is at
       * least 0 whatever their error, because the kernel is positive. */
      take_selves (s);
      if (!sharpen (s, s->cell, INFINITY, report, error) || !finish (s, slope_now, report, error))
        return FALSE;
    }
  report->converged = report->marginal_error <= params->tol;
  report->n_pairs = s->n_pairs;
  report->cell = monge_sinkhorn_is_on_points (s) ? 0 : s->cell;
  report->slope_error = s->slope_error + monge_sinkhorn_estimate_cluster_error (s);
  report->dropped = exp2 (-monge_sinkhorn_get_cutoff (s));
  if (slope != NULL)
    {
      HandOver hand_over = { x->fine, s->slope, slope };

      monge_parallel_rows (x->fine->n, 16384, 0, NULL, hand_over_rows, &hand_over);
      monge_predictor_record (&s->predictor, x->fine, s->slope, y->cross,
                              monge_side_get_points (y)->n);
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
  MongeMeasure *const measures[2] = { source, target };
  const gsize longest = MAX (monge_measure_get_n (source), monge_measure_get_n (target));

  g_return_val_if_fail (monge_measure_get_dim (source) == monge_measure_get_dim (target), NULL);

  s->backend = backend;
  s->dim = monge_measure_get_dim (source);
  for (Which which = SOURCE; which <= TARGET; which++)
    s->sides[which].fine = monge_points_new (measures[which], NULL);
  monge_predictor_init (&s->predictor, s->sides[SOURCE].fine->n, s->dim, s->sides[TARGET].fine->n);
  s->row_exponent = g_new (double, longest);
  s->column_exponent = g_new (double, longest);
  s->shifted = g_new (float, longest * s->dim);
  s->sum = g_new (double, longest);
  s->moment = g_new (double, longest * s->dim);
  s->extended = g_new (double, longest);
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
      monge_points_free (s->sides[which].clusters);
      monge_points_free (s->sides[which].base);
      g_free (s->sides[which].cross);
      g_free (s->sides[which].self.values);
      g_free (s->sides[which].self.step);
    }
  monge_predictor_clear (&s->predictor);
  for (guint k = 0; k < 4; k++)
    monge_kernel_free (s->kernels[k / 2][k % 2]);
  g_free (s->row_exponent);
  g_free (s->column_exponent);
  g_free (s->shifted);
  g_free (s->sum);
  g_free (s->moment);
  g_free (s->extended);
  g_free (s->slope);
  g_free (s);
}

void
monge_sinkhorn_move_source (MongeSinkhorn *s, const double *positions)
{
  Side *source = &s->sides[SOURCE], *target = &s->sides[TARGET];
  double centre[MONGE_MAX_DIM];

  monge_points_find_centre (source->fine, positions, centre);
  monge_points_move (source->fine, positions, centre);
  g_clear_pointer (&source->base, monge_points_free);
  source->self.error = INFINITY;
  if (source->clusters != NULL && s->is_warm)
    monge_points_gather (source->clusters, source->fine);
  if (s->is_warm && s->params.debias && s->blur <= s->params.blur)
    monge_predictor_apply (&s->predictor, source->fine,
                           s->params.p == 2 && monge_sinkhorn_is_balanced (s),
                           target->self.values, target->cross);
}

void
monge_sinkhorn_reset (MongeSinkhorn *s)
{
  s->is_warm = FALSE;
  s->slowness = 0;
  for (Which which = SOURCE; which <= TARGET; which++)
    monge_points_forget_order (s->sides[which].fine); /* for the same bits as from new */
}
