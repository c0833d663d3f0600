/* Sinkhorn iterations in the log domain; the papers are named in the header. How one temperature is
 * solved is in potentials.c, on what points in levels.c; here is the way from the first temperature
 * to the value and the slope. */
#include "compute/solver/sinkhorn-private.h"

#include "compute/solver/anneal.h"

#include <math.h>

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
  MongePlanes best = monge_planes_view (s->best, points->n, 1);
  double least = INFINITY, mark = INFINITY, step;
  gboolean done = TRUE, settled = FALSE;
  MongeIteration now;

  if (!monge_anderson_begin (&s->anderson, points->weights, points->n, 0x1p-24 * s->cost_scale,
                             error))
    return FALSE;
  s->anderson.slowness = MAX (s->slowness, 1);
  for (int i = 0, idle = 0; i < max_iterations && !settled; i++)
    {
      done = monge_sinkhorn_iterate_cross (s, &now, error);
      if (!done)
        break;
      ++*iterations;
      idle++;
      *marginal_error = now.marginal_error;
      if (*marginal_error < 0.95 * mark)
        {
          mark = *marginal_error;
          idle = 0;
        }
      if (*marginal_error < least)
        {
          least = *marginal_error;
          monge_planes_copy (&best, y->next);
        }
      if ((i == 0 && !(least <= first_tol))
          || idle > (least <= tol ? FEW_IDLE_ITERATIONS : MOST_IDLE_ITERATIONS))
        break;
      if (idle > SOME_IDLE_ITERATIONS)
        monge_anderson_give_up (&s->anderson);
      if (monge_anderson_advance (&s->anderson, y->cross, y->next,
                                  now.totals + TOTALS_OF_ANDERSON, now.dual, 1e-5 * s->epsilon,
                                  &step))
        {
          s->slope_error = estimate_slope_error (s, step, now.dual);
          settled = *marginal_error <= SOLVE_SHARE * tol && s->slope_error <= tol;
        }
    }
  if (done && !settled && least < INFINITY)
    {
      monge_planes_copy (y->cross, &best);
      *marginal_error = least;
    }
  s->slowness = s->anderson.slowness;
  return done;
}

static gboolean
converge_selves (MongeSinkhorn *s, double tol, int max_iterations, GError **error)
{
  return !s->params.debias
         || (monge_sinkhorn_converge_self (s, &s->sides[SOURCE], tol, max_iterations, error)
             && monge_sinkhorn_converge_self (s, &s->sides[TARGET], tol, max_iterations, error));
}

/* y ← a x + b y, both of @side. */
static void
queue_combination (MongeSinkhorn *s,
                   const Side *side,
                   MongePlanes *y,
                   double a,
                   MongePlanes *x,
                   double b)
{
  monge_backend_step (s->backend, &(MongeStep){
    .id = MONGE_STEP_COMBINE,
    .n = monge_side_get_points (side)->n,
    .planes = { y, x },
    .numbers = { a, b },
  });
}

/* values += sign · self, on both sides: what is left of a cross potential without its entropic
 * share changes little with the temperature. */
static void
add_selves (MongeSinkhorn *s, double sign)
{
  for (Which which = SOURCE; which <= TARGET && s->params.debias; which++)
    {
      const Side *side = &s->sides[which];

      queue_combination (s, side, side->cross, sign, side->self.values, 1);
    }
}

static void
scale_selves (MongeSinkhorn *s, double factor)
{
  for (Which which = SOURCE; which <= TARGET; which++)
    {
      const Side *side = &s->sides[which];

      queue_combination (s, side, side->self.values, factor, side->self.values, 0);
    }
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
  else if (!monge_sinkhorn_start_cold (s, error))
    return FALSE;
  warm = s->blur <= params->blur;
  if (warm && (s->cell < cell || s->cell > params->blur)
      && !monge_sinkhorn_set_level (s, MAX (cell, params->blur * FIRST_CELL), error))
    return FALSE;
  if (!anneal (s, cell, &report->iterations, error)
      || !sharpen (s, cell, warm ? WORST_WARM_START : INFINITY, report, error))
    return FALSE;
  if (!warm || report->marginal_error <= WORST_WARM_START)
    return TRUE;
  return monge_sinkhorn_start_cold (s, error)
         && anneal (s, cell, &report->iterations, error)
         && sharpen (s, cell, INFINITY, report, error);
}

/* The self problems' share of value, slope and error. */
static gboolean
finish_selves (MongeSinkhorn *s, MongePlanes *slope, MongeSinkhornReport *report, GError **error)
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
finish (MongeSinkhorn *s, MongePlanes *slope, MongeSinkhornReport *report, GError **error)
{
  if (slope != NULL)
    monge_backend_step (s->backend, &(MongeStep){ .id = MONGE_STEP_FILL, .n = slope->n,
                                                  .planes = { slope } });
  return monge_sinkhorn_read_out_cross (s, slope, &report->value, error)
         && (!s->params.debias || finish_selves (s, slope, report, error));
}

static void
take_selves (MongeSinkhorn *s)
{
  for (Which which = SOURCE; which <= TARGET; which++)
    monge_planes_copy (s->sides[which].cross, s->sides[which].self.values);
}

/* Slopes, to the measure's order. */
static void
hand_over (MongeSinkhorn *s, MongePlanes *slope)
{
  const Side *x = &s->sides[SOURCE], *y = &s->sides[TARGET];

  monge_backend_step (s->backend, &(MongeStep){
    .id = MONGE_STEP_HAND_OVER,
    .n = x->fine->n,
    .planes = { slope, s->slope, x->fine->order_planes },
    .counts = { s->dim },
  });
  monge_predictor_record (&s->predictor, x->fine, s->slope, y->cross,
                          monge_side_get_points (y)->n);
}

static gboolean
solve (MongeSinkhorn *s, MongePlanes *slope, MongeSinkhornReport *report, GError **error)
{
  if (!converge (s, report, error) || !finish (s, slope, report, error))
    return FALSE;
  if (!s->params.debias || !(report->value < 0))
    return TRUE;
  /* The shapes all but coincide, and self potentials are better ones: with them the value is at
   * least 0 whatever their error, because the kernel is positive. */
  take_selves (s);
  return sharpen (s, s->cell, INFINITY, report, error) && finish (s, slope, report, error);
}

gboolean
monge_sinkhorn_solve (MongeSinkhorn *s,
                      const MongeSinkhornParams *params,
                      MongePlanes *slope,
                      MongeSinkhornReport *report,
                      MongeTask *task,
                      GError **error)
{
  gboolean done;

  g_return_val_if_fail (params->p == 1 || params->p == 2, FALSE);
  g_return_val_if_fail (params->blur > 0 && params->reach > 0, FALSE);
  g_return_val_if_fail (params->scaling > 0 && params->scaling < 1, FALSE);

  *report = (MongeSinkhornReport){ .marginal_error = INFINITY };
  begin_solve (s, params, task);
  done = solve (s, slope != NULL ? s->slope : NULL, report, error);
  report->n_pairs = monge_backend_take_n_pairs (s->backend); /* of this solve, not the next */
  if (!done)
    return FALSE;
  report->converged = report->marginal_error <= params->tol;
  report->cell = monge_sinkhorn_is_on_points (s) ? 0 : s->cell;
  report->slope_error = s->slope_error + monge_sinkhorn_estimate_cluster_error (s);
  report->dropped = exp2 (-monge_sinkhorn_get_cutoff (s));
  if (slope != NULL)
    hand_over (s, slope);
  return TRUE;
}

/* ------------------------------------------------------------------------------------------------
 * Life
 */

/* Asks for all that a solve on @n and @m points will take, about. */
static gboolean
reserve (MongeBackend *backend, gsize n, gsize m, guint dim, GError **error)
{
  g_autofree char *purpose = NULL;
  const gsize longest = MAX (n, m);
  const gsize points = dim * 4 + 8 + 4 + 4 + 4, potentials = 4 * 8; /* cross, next, self */
  const gsize scratch = 6 * 8 + dim * (8 + 4 + 4), slopes = dim * 8;
  const gsize history = (2 + 2 * MONGE_ANDERSON_DEPTH) * 8;

  purpose = g_strdup_printf ("the transport of %'" G_GSIZE_FORMAT " points", n + m);
  return monge_backend_reserve (backend,
                                (n + m) * (points + potentials) + longest * scratch + n * slopes
                                    + m * history,
                                purpose, error);
}

static gboolean
make_scratch (MongeSinkhorn *s, GError **error)
{
  const gsize n = s->sides[SOURCE].fine->n, m = s->sides[TARGET].fine->n, longest = MAX (n, m);
  const struct {
    MongePlanes **planes;
    MongePlanesType type;
    gsize n;
    guint dim;
  } scratch[] = {
    { &s->row_exponent, MONGE_PLANES_FLOAT64, longest, 1 },
    { &s->column_exponent, MONGE_PLANES_FLOAT64, longest, 1 },
    { &s->shifted, MONGE_PLANES_FLOAT32, longest, s->dim },
    { &s->drawn, MONGE_PLANES_FLOAT32, longest, s->dim },
    { &s->sum, MONGE_PLANES_FLOAT64, longest, 1 },
    { &s->moment, MONGE_PLANES_FLOAT64, longest, s->dim },
    { &s->extended, MONGE_PLANES_FLOAT64, longest, 1 },
    { &s->best, MONGE_PLANES_FLOAT64, m, 1 },
    { &s->shift, MONGE_PLANES_FLOAT64, 1, 1 },
    { &s->slope, MONGE_PLANES_FLOAT64, n * s->dim, 1 },
  };

  for (guint k = 0; k < G_N_ELEMENTS (scratch); k++)
    {
      *scratch[k].planes = monge_planes_new (s->backend, scratch[k].type, scratch[k].n,
                                             scratch[k].dim, error);
      if (*scratch[k].planes == NULL)
        return FALSE;
    }
  return TRUE;
}

MongeSinkhorn *
monge_sinkhorn_new (MongeBackend *backend,
                    MongeMeasure *source,
                    MongeMeasure *target,
                    GError **error)
{
  g_autoptr (MongeSinkhorn) s = NULL;
  MongeMeasure *const measures[2] = { source, target };
  const gsize n = monge_measure_get_n (source), m = monge_measure_get_n (target);
  const guint dim = monge_measure_get_dim (source);

  g_return_val_if_fail (dim == monge_measure_get_dim (target), NULL);

  if (!reserve (backend, n, m, dim, error))
    return NULL;
  s = g_new0 (MongeSinkhorn, 1);
  s->backend = backend;
  s->dim = dim;
  monge_anderson_init (&s->anderson, backend);
  for (Which which = SOURCE; which <= TARGET; which++)
    {
      s->sides[which].fine = monge_points_new (backend, measures[which], NULL, error);
      if (s->sides[which].fine == NULL)
        return NULL;
    }
  if (!monge_predictor_init (&s->predictor, backend, n, dim, m, error) || !make_scratch (s, error))
    return NULL;
  return g_steal_pointer (&s);
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
      monge_planes_free (s->sides[which].cross);
      monge_planes_free (s->sides[which].next);
      monge_planes_free (s->sides[which].self.values);
      monge_planes_free (s->sides[which].self.step);
    }
  monge_predictor_clear (&s->predictor);
  monge_anderson_clear (&s->anderson);
  for (guint k = 0; k < 4; k++)
    monge_kernel_free (s->kernels[k / 2][k % 2]);
  monge_planes_free (s->row_exponent);
  monge_planes_free (s->column_exponent);
  monge_planes_free (s->shifted);
  monge_planes_free (s->drawn);
  monge_planes_free (s->sum);
  monge_planes_free (s->moment);
  monge_planes_free (s->extended);
  monge_planes_free (s->best);
  monge_planes_free (s->shift);
  monge_planes_free (s->slope);
  g_free (s);
}

/* Totals of a move. */
enum {
  MOVE_CENTRE,
  MOVE_CHECK = MOVE_CENTRE + 1 + MONGE_MAX_DIM,
  MOVE_SPREAD,
  MOVE_WAY,
  N_MOVE_TOTALS = MOVE_WAY + MONGE_PREDICTOR_N_TOTALS,
};

gboolean
monge_sinkhorn_move_source (MongeSinkhorn *s, MongePlanes *positions, GError **error)
{
  Side *source = &s->sides[SOURCE];
  MongePoints *points = source->fine;
  double centre[MONGE_MAX_DIM], totals[N_MOVE_TOTALS];

  monge_points_queue_centre (points, positions, TOTALS_OF_MOVE + MOVE_CENTRE);
  if (!monge_backend_read_totals (s->backend, TOTALS_OF_MOVE, MOVE_CHECK, totals, NULL, error))
    return FALSE;
  monge_points_get_centre (points, totals, centre);
  monge_points_move (points, positions, centre, TOTALS_OF_MOVE + MOVE_CHECK);
  g_clear_pointer (&source->base, monge_points_free);
  source->self.error = INFINITY;
  if (source->clusters != NULL && s->is_warm)
    monge_points_gather (source->clusters, points);
  monge_points_queue_spread (points, TOTALS_OF_MOVE + MOVE_SPREAD);
  monge_predictor_queue (&s->predictor, points, TOTALS_OF_MOVE + MOVE_WAY);
  if (!monge_backend_read_totals (s->backend, TOTALS_OF_MOVE, N_MOVE_TOTALS, totals, NULL, error)
      || !monge_points_check_move (points, totals[MOVE_CHECK], error))
    return FALSE;
  points->spread = monge_points_get_spread (points, totals[MOVE_SPREAD]);
  monge_predictor_take_way (&s->predictor, totals + MOVE_WAY);
  if (s->is_warm && s->params.debias && s->blur <= s->params.blur)
    monge_predictor_apply (&s->predictor, s->params.p == 2 && monge_sinkhorn_is_balanced (s),
                           s->sides[TARGET].self.values, s->sides[TARGET].cross);
  return TRUE;
}

void
monge_sinkhorn_reset (MongeSinkhorn *s)
{
  s->is_warm = FALSE;
  s->slowness = 0;
  for (Which which = SOURCE; which <= TARGET; which++) /* for the same bits as from new */
    monge_points_forget_order (s->sides[which].fine, NULL);
}
