/* Potentials at one temperature and one level.
 *
 * Everything is measured against the potentials at hand: with
 *     u_i = log Σ_j β_j exp((f_i + g_j − C_ij) / ε)
 * the plan's row i weighs α_i e^(u_i), so one reduction gives the marginal, its error, the mass and
 * the update softmin_i = f_i − ε u_i. */
#include "compute/solver/sinkhorn-private.h"

#include <math.h>
#include <string.h>

/* Pairs of blocks are left out that are together below this share of the tolerance in a row, and
 * below e^-15 = 2^-21.6 at most. */
#define CUTOFF_SHARE 0.1
#define MOST_CUTOFF_BITS 21.6

/* ------------------------------------------------------------------------------------------------
 * Temperature and the marginals it asks for
 */

void
monge_sinkhorn_set_blur (MongeSinkhorn *s, double blur)
{
  const int p = s->params.p;

  if (blur != s->blur)
    s->sides[SOURCE].self.error = s->sides[TARGET].self.error = INFINITY;
  s->blur = blur;
  s->epsilon = pow (blur, p);
  s->rho = pow (s->params.reach, p);
  s->lambda = 1 / (1 + s->epsilon / s->rho);
}

gboolean
monge_sinkhorn_is_balanced (const MongeSinkhorn *s)
{
  return !isfinite (s->rho);
}

/* ------------------------------------------------------------------------------------------------
 * Reductions
 */

double
monge_sinkhorn_get_cutoff (const MongeSinkhorn *s)
{
  return MIN (-log2 (CUTOFF_SHARE * s->params.tol), MOST_CUTOFF_BITS);
}

/* Each side has its own origin: x_i = x'_i + o_x, y_j = y'_j + o_y, o = o_x − o_y. For p = 2 the cost
 *     C_ij = |x'_i − y'_j|² / 2 + ⟨x'_i, o⟩ − ⟨y'_j, o⟩ + |o|² / 2
 * is that of the centred shapes beside terms that join the potentials: exponents stay small and pairs
 * that do not matter are told by their distance however far the shapes are apart. */
typedef struct {
  double o[MONGE_MAX_DIM];
  double half_square; /* |o|² / 2 */
  gboolean is_zero;
} Offset;

static Offset
get_offset (const MongePoints *rows, const MongePoints *columns)
{
  Offset offset = { .is_zero = TRUE };

  for (guint d = 0; d < rows->dim; d++)
    {
      offset.o[d] = rows->origin[d] - columns->origin[d];
      offset.half_square += offset.o[d] * offset.o[d] / 2;
      offset.is_zero = offset.is_zero && offset.o[d] == 0;
    }
  return offset;
}

/* values_i ← (potential_i + sign ⟨x'_i, o⟩ + constant) / ε + log_weights_i */
static void
absorb (const MongeSinkhorn *s,
        const MongePoints *points,
        MongePlanes *potential,
        const Offset *offset,
        double sign,
        double constant,
        MongePlanes *log_weights,
        MongePlanes *values)
{
  MongeStep step = {
    .id = MONGE_STEP_EXPONENT,
    .n = points->n,
    .planes = { values, potential, points->planes, log_weights },
    .numbers = { 1 / s->epsilon, constant },
    .counts = { offset->is_zero ? 0 : points->dim },
  };

  for (guint d = 0; d < step.counts[0]; d++)
    step.numbers[2 + d] = sign * offset->o[d] / s->epsilon;
  monge_backend_step (s->backend, &step);
}

/* o is taken off points, or added to moments. */
static void
queue_offset (const MongeSinkhorn *s,
              MongeStepId id,
              gsize n,
              MongePlanes *to,
              MongePlanes *from,
              const Offset *offset)
{
  MongeStep step = { .id = id, .n = n, .planes = { to, from }, .counts = { s->dim } };

  memcpy (step.numbers, offset->o, s->dim * sizeof *step.numbers);
  monge_backend_step (s->backend, &step);
}

/* The columns about the origin of the rows, for p = 1. */
static MongePlanes
shift_columns (MongeSinkhorn *s, const MongePoints *columns, const Offset *offset)
{
  if (offset->is_zero)
    return *columns->planes;
  queue_offset (s, MONGE_STEP_SHIFT_POINTS, columns->n, s->shifted, columns->planes, offset);
  return monge_planes_view (s->shifted, columns->n, columns->dim);
}

gboolean
monge_sinkhorn_reduce (MongeSinkhorn *s,
                       const MongePoints *rows,
                       MongePlanes *row_potential,
                       const MongePoints *columns,
                       MongePlanes *column_potential,
                       gboolean moment,
                       GError **error)
{
  const gboolean square = s->params.p == 2;
  const Offset none = { .is_zero = TRUE };
  const Offset offset = get_offset (rows, columns), *absorbed = square ? &offset : &none;
  const double scale = 1 / (s->params.p * s->epsilon);
  MongeKernel **kernel = &s->kernels[s->params.p - 1][moment];
  MongePlanes f = monge_planes_view (s->row_exponent, rows->n, 1);
  MongePlanes h = monge_planes_view (s->column_exponent, columns->n, 1);
  MongePlanes y = square ? *columns->planes : shift_columns (s, columns, &offset);
  const MongeArgument arguments[] = {
    [MONGE_SOFTMIN_X] = { .planes = rows->planes },
    [MONGE_SOFTMIN_Y] = { .planes = &y },
    [MONGE_SOFTMIN_F] = { .planes = &f },
    [MONGE_SOFTMIN_H] = { .planes = &h },
    [MONGE_SOFTMIN_S] = { .doubles = &scale, .stride = 1 },
  };
  const MongeRun run = {
    .n_rows = rows->n,
    .n_columns = columns->n,
    .arguments = arguments,
    .cutoff = monge_sinkhorn_get_cutoff (s),
    .out_planes = moment ? s->moment : s->sum,
    .log_sum_planes = moment ? s->sum : NULL,
  };

  if (*kernel == NULL)
    *kernel = monge_softmin_prepare (s->backend, s->params.p, moment, s->dim, error);
  if (*kernel == NULL)
    return FALSE;
  absorb (s, rows, row_potential, absorbed, -1, -absorbed->half_square, NULL, &f);
  absorb (s, columns, column_potential, absorbed, 1, 0, columns->log_weights, &h);
  if (!monge_backend_run (s->backend, *kernel, &run, NULL, s->task, error))
    return FALSE;
  if (moment && !absorbed->is_zero)
    queue_offset (s, MONGE_STEP_SHIFT_MOMENTS, rows->n, s->moment, NULL, absorbed);
  return TRUE;
}

void
monge_sinkhorn_update (MongeSinkhorn *s,
                       MongeStepId id,
                       const MongePoints *points,
                       MongePlanes *to,
                       MongePlanes *from,
                       guint totals)
{
  monge_backend_step (s->backend, &(MongeStep){
    .id = id,
    .n = points->n,
    .planes = { to, from, s->sum, points->weights },
    .numbers = { s->lambda, s->epsilon, s->rho },
    .totals = totals,
  });
}

gboolean
monge_sinkhorn_read (MongeSinkhorn *s, guint first, guint n, double *totals, GError **error)
{
  return monge_backend_read_totals (s->backend, first, n, totals, s->task, error);
}

gboolean
monge_sinkhorn_wait (MongeSinkhorn *s, GError **error)
{
  double ignored;

  return monge_sinkhorn_read (s, TOTALS_OF_ROWS, 1, &ignored, error);
}

MongePlanes *
monge_points_new_potential (const MongePoints *points, GError **error)
{
  return monge_planes_new (points->backend, MONGE_PLANES_FLOAT64, points->n, 1, error);
}

void
monge_side_take_next (Side *side)
{
  MongePlanes *now = side->cross;

  side->cross = side->next;
  side->next = now;
}

/* ------------------------------------------------------------------------------------------------
 * The cross problem: alternating updates
 */

/* The next potential of one side: the softmin over @columns, a potential of the other. */
static gboolean
half_step (MongeSinkhorn *s,
           Which which,
           MongePlanes *columns,
           MongeStepId id,
           guint totals,
           GError **error)
{
  Side *side = &s->sides[which];
  const MongePoints *points = monge_side_get_points (side);

  if (!monge_sinkhorn_reduce (s, points, side->cross, monge_side_get_points (&s->sides[!which]),
                              columns, FALSE, error))
    return FALSE;
  monge_sinkhorn_update (s, id, points, side->next, side->cross, totals);
  return TRUE;
}

/* The best common shift f + t, g − t: it changes no entry of the plan and removes the slow mode of
 * unbalanced updates (Séjourné, Vialard, Peyré 2022). */
static void
translate (MongeSinkhorn *s)
{
  if (monge_sinkhorn_is_balanced (s))
    return;
  monge_backend_step (s->backend, &(MongeStep){
    .id = MONGE_STEP_BALANCE,
    .n = 1,
    .planes = { s->shift },
    .numbers = { s->rho },
    .counts = { TOTALS_OF_ROWS + NEW_WANTED, TOTALS_OF_COLUMNS + NEW_WANTED },
  });
  for (Which which = SOURCE; which <= TARGET; which++)
    monge_backend_step (s->backend, &(MongeStep){
      .id = MONGE_STEP_SHIFT,
      .n = monge_side_get_points (&s->sides[which])->n,
      .planes = { s->sides[which].next, s->shift },
      .numbers = { which == SOURCE ? 1 : -1 },
    });
}

gboolean
monge_sinkhorn_iterate_cross (MongeSinkhorn *s, MongeIteration *iteration, GError **error)
{
  Side *x = &s->sides[SOURCE], *y = &s->sides[TARGET];
  const double *rows = iteration->totals + TOTALS_OF_ROWS;
  const double *columns = iteration->totals + TOTALS_OF_COLUMNS;

  if (!half_step (s, SOURCE, y->cross, MONGE_STEP_UPDATE, TOTALS_OF_ROWS, error)
      || !half_step (s, TARGET, x->next, MONGE_STEP_UPDATE_AND_MEASURE, TOTALS_OF_COLUMNS, error))
    return FALSE;
  translate (s);
  if (!monge_anderson_queue (&s->anderson, y->cross, y->next, TOTALS_OF_ANDERSON, error)
      || !monge_sinkhorn_read (s, TOTALS_OF_ROWS, N_TOTALS_OF_CROSS, iteration->totals, error))
    return FALSE;
  monge_side_take_next (x);
  iteration->marginal_error = columns[MARGINAL_ERROR];
  iteration->dual = rows[NEW_DUAL] + columns[DUAL] - s->epsilon * (columns[MASS] - 1);
  return TRUE;
}

/* ------------------------------------------------------------------------------------------------
 * Self problems: one potential, f = T f
 */

/* T' has its spectrum in [−1, 0], because Gaussian and Laplacian kernels are positive, so I − T' has
 * its in [1, 2]: Chebyshev's semi-iteration for that interval contracts by 3 − √8 = 0.17 a step,
 * where averaging f ← ½ (f + T f) contracts by ½. Constants are the mode at −1: halfway is exact. */
#define CENTRE 1.5
#define RADIUS 0.5

/* s->sum holds T f; @change: the mean of T f − f. */
static void
step_self (MongeSinkhorn *s, const MongePoints *points, SelfPotential *self, double change)
{
  const double next = self->rho == 0 ? RADIUS / CENTRE : 1 / (2 * CENTRE / RADIUS - self->rho);
  const double keep = next * self->rho;
  const double take = self->rho == 0 ? 1 / CENTRE : 2 * next / RADIUS;

  monge_backend_step (s->backend, &(MongeStep){
    .id = MONGE_STEP_CHEBYSHEV,
    .n = points->n,
    .planes = { self->values, self->step, s->sum },
    .numbers = { keep, take, change },
  });
  self->rho = next;
}

gboolean
monge_sinkhorn_converge_self (MongeSinkhorn *s,
                              Side *side,
                              double tol,
                              int max_iterations,
                              GError **error)
{
  const MongePoints *points = monge_side_get_points (side);
  SelfPotential *self = &side->self;

  if (self->error <= tol)
    return TRUE;
  self->rho = 0;
  self->gain = NAN;
  for (int i = 0; i <= max_iterations; i++)
    {
      double totals[N_UPDATE_TOTALS];

      if (!monge_sinkhorn_reduce (s, points, self->values, points, self->values, FALSE, error))
        return FALSE;
      monge_sinkhorn_update (s, MONGE_STEP_UPDATE_AND_MEASURE, points, s->sum, self->values,
                             TOTALS_OF_SELF);
      if (!monge_sinkhorn_read (s, TOTALS_OF_SELF, N_UPDATE_TOTALS, totals, error))
        return FALSE;
      /* At (f, T f), whose first marginal is exact: nearer to the optimum than (f, f). */
      self->dual = totals[DUAL] + totals[NEW_DUAL] - s->epsilon * (totals[NEW_WANTED] - 1);
      if (totals[MARGINAL_ERROR] > 2 * self->error)
        self->rho = 0; /* not yet where the linear theory holds */
      self->error = totals[MARGINAL_ERROR];
      if (self->error <= tol || i == max_iterations)
        break;
      step_self (s, points, self, totals[CHANGE]);
    }
  return TRUE;
}
