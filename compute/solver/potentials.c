/* Potentials at one temperature and one level.
 *
 * Everything is measured against the potentials at hand: with
 *     u_i = log Σ_j β_j exp((f_i + g_j − C_ij) / ε)
 * the plan's row i weighs α_i e^(u_i), so one reduction gives the marginal, its error, the mass and
 * the update softmin_i = f_i − ε u_i. */
#include "compute/solver/sinkhorn-private.h"

#include "compute/core/parallel.h"

#include <math.h>

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

double
monge_sinkhorn_wanted_mass (const MongeSinkhorn *s, double potential)
{
  return monge_sinkhorn_is_balanced (s) ? 1 : exp (-potential / s->rho);
}

double
monge_sinkhorn_dual_term (const MongeSinkhorn *s, const MongePoints *points, const double *potential)
{
  double total = 0;

  if (monge_sinkhorn_is_balanced (s))
    for (gsize i = 0; i < points->n; i++)
      total += points->weights[i] * potential[i];
  else
    for (gsize i = 0; i < points->n; i++)
      total -= points->weights[i] * s->rho * expm1 (-potential[i] / s->rho);
  return total;
}

double
monge_sinkhorn_updated (const MongeSinkhorn *s, double potential, double u)
{
  return s->lambda * (potential - s->epsilon * u);
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

typedef struct {
  const MongePoints *points;
  const double *potential;
  double inverse;  /* 1 / ε */
  double slope[MONGE_MAX_DIM];
  double constant;
  double *values;
} Absorb;

static void
absorb_rows (gsize begin, gsize end, guint worker, gpointer data)
{
  const Absorb *a = data;

  for (gsize i = begin; i < end; i++)
    a->values[i] = (a->potential[i] + a->constant) * a->inverse;
  for (guint d = 0; d < a->points->dim; d++)
    if (a->slope[d] != 0)
      {
        const float *x = a->points->planes + d * a->points->n;

        for (gsize i = begin; i < end; i++)
          a->values[i] += a->slope[d] * x[i];
      }
}

/* values_i ← (potential_i + sign ⟨x'_i, o⟩ + constant) / ε */
static void
absorb (const MongeSinkhorn *s,
        const MongePoints *points,
        const double *potential,
        const Offset *offset,
        double sign,
        double constant,
        double *values)
{
  Absorb a = { points, potential, 1 / s->epsilon, { 0 }, constant, values };

  for (guint d = 0; d < points->dim && !offset->is_zero; d++)
    a.slope[d] = sign * offset->o[d] / s->epsilon;
  monge_parallel_rows (points->n, 32768, 0, NULL, absorb_rows, &a);
}

/* The columns about the origin of the rows, for p = 1. */
static const float *
shift_columns (MongeSinkhorn *s, const MongePoints *columns, const Offset *offset)
{
  if (offset->is_zero)
    return columns->planes;
  for (guint d = 0; d < columns->dim; d++)
    for (gsize j = 0; j < columns->n; j++)
      s->shifted[d * columns->n + j] = (float) (columns->planes[d * columns->n + j] - offset->o[d]);
  return s->shifted;
}

gboolean
monge_sinkhorn_reduce (MongeSinkhorn *s,
                       const MongePoints *rows,
                       const double *row_potential,
                       const MongePoints *columns,
                       const double *column_potential,
                       gboolean moment,
                       GError **error)
{
  const gboolean square = s->params.p == 2;
  const Offset none = { .is_zero = TRUE };
  const Offset offset = get_offset (rows, columns), *absorbed = square ? &offset : &none;
  const double scale = 1 / (s->params.p * s->epsilon);
  MongeKernel **kernel = &s->kernels[s->params.p - 1][moment];
  const MongeArgument arguments[] = {
    [MONGE_SOFTMIN_X] = { .floats = rows->planes, .stride = rows->n },
    [MONGE_SOFTMIN_Y] = { .floats = square ? columns->planes : shift_columns (s, columns, &offset),
                          .stride = columns->n },
    [MONGE_SOFTMIN_F] = { .doubles = s->row_exponent, .stride = rows->n },
    [MONGE_SOFTMIN_H] = { .doubles = s->column_exponent, .stride = columns->n },
    [MONGE_SOFTMIN_S] = { .doubles = &scale, .stride = 1 },
  };
  const MongeRun run = {
    .n_rows = rows->n,
    .n_columns = columns->n,
    .arguments = arguments,
    .cutoff = monge_sinkhorn_get_cutoff (s),
    .out = moment ? s->moment : s->sum,
    .log_sum = moment ? s->sum : NULL,
  };
  guint64 n_pairs = 0;

  if (*kernel == NULL)
    *kernel = monge_softmin_prepare (s->backend, s->params.p, moment, s->dim, error);
  if (*kernel == NULL)
    return FALSE;
  absorb (s, rows, row_potential, absorbed, -1, -absorbed->half_square, s->row_exponent);
  absorb (s, columns, column_potential, absorbed, 1, 0, s->column_exponent);
  for (gsize j = 0; j < columns->n; j++)
    s->column_exponent[j] += columns->log_weights[j];
  if (!monge_backend_run (s->backend, *kernel, &run, &n_pairs, s->task, error))
    return FALSE;
  for (guint d = 0; d < rows->dim && moment && !absorbed->is_zero; d++)
    for (gsize i = 0; i < rows->n; i++)
      s->moment[d * rows->n + i] += offset.o[d];
  s->n_pairs += n_pairs;
  return TRUE;
}

/* ------------------------------------------------------------------------------------------------
 * The cross problem: alternating updates
 */

/* Moves the cross potential of one side to its softmin; @marginal_error and @mass: of the plan
 * before. */
static gboolean
half_step (MongeSinkhorn *s, Which which, double *marginal_error, double *mass, GError **error)
{
  Side *rows = &s->sides[which], *columns = &s->sides[!which];
  const MongePoints *points = monge_side_get_points (rows);
  double *f = rows->cross;

  if (!monge_sinkhorn_reduce (s, points, f, monge_side_get_points (columns), columns->cross, FALSE,
                              error))
    return FALSE;
  *marginal_error = *mass = 0;
  for (gsize i = 0; i < points->n; i++)
    {
      double row = exp (s->sum[i]);

      *marginal_error += points->weights[i] * fabs (row - monge_sinkhorn_wanted_mass (s, f[i]));
      *mass += points->weights[i] * row;
      f[i] = monge_sinkhorn_updated (s, f[i], s->sum[i]);
    }
  return TRUE;
}

/* The best common shift f + t, g − t: it changes no entry of the plan and removes the slow mode of
 * unbalanced updates (Séjourné, Vialard, Peyré 2022). */
static void
translate (MongeSinkhorn *s)
{
  double mass[2] = { 0, 0 }, shift;

  if (monge_sinkhorn_is_balanced (s))
    return;
  for (Which which = SOURCE; which <= TARGET; which++)
    {
      const MongePoints *points = monge_side_get_points (&s->sides[which]);

      for (gsize i = 0; i < points->n; i++)
        mass[which] += points->weights[i]
                       * monge_sinkhorn_wanted_mass (s, s->sides[which].cross[i]);
    }
  shift = s->rho / 2 * log (mass[SOURCE] / mass[TARGET]);
  if (!isfinite (shift))
    return;
  for (gsize i = 0; i < monge_side_get_points (&s->sides[SOURCE])->n; i++)
    s->sides[SOURCE].cross[i] += shift;
  for (gsize j = 0; j < monge_side_get_points (&s->sides[TARGET])->n; j++)
    s->sides[TARGET].cross[j] -= shift;
}

gboolean
monge_sinkhorn_iterate_cross (MongeSinkhorn *s, double *marginal_error, double *dual, GError **error)
{
  const Side *x = &s->sides[SOURCE], *y = &s->sides[TARGET];
  double row_error, mass, g_term;

  if (!half_step (s, SOURCE, &row_error, &mass, error))
    return FALSE;
  g_term = monge_sinkhorn_dual_term (s, monge_side_get_points (y), y->cross);
  if (!half_step (s, TARGET, marginal_error, &mass, error))
    return FALSE;
  *dual = monge_sinkhorn_dual_term (s, monge_side_get_points (x), x->cross) + g_term
          - s->epsilon * (mass - 1);
  translate (s);
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

/* s->sum holds T f. */
static void
step_self (MongeSinkhorn *s, const MongePoints *points, SelfPotential *self)
{
  const double next = self->rho == 0 ? RADIUS / CENTRE : 1 / (2 * CENTRE / RADIUS - self->rho);
  const double keep = next * self->rho;
  const double take = self->rho == 0 ? 1 / CENTRE : 2 * next / RADIUS;
  double mean = 0;

  for (gsize i = 0; i < points->n; i++)
    {
      s->sum[i] -= self->values[i];
      mean += points->weights[i] * s->sum[i];
    }
  for (gsize i = 0; i < points->n; i++)
    {
      self->step[i] = keep * self->step[i] + take * (s->sum[i] - mean);
      self->values[i] += self->step[i] + 0.5 * mean;
    }
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
      double mass = 0, marginal_error = 0;

      if (!monge_sinkhorn_reduce (s, points, self->values, points, self->values, FALSE, error))
        return FALSE;
      self->dual = monge_sinkhorn_dual_term (s, points, self->values);
      for (gsize j = 0; j < points->n; j++)
        {
          marginal_error += points->weights[j]
                            * fabs (exp (s->sum[j])
                                    - monge_sinkhorn_wanted_mass (s, self->values[j]));
          s->sum[j] = monge_sinkhorn_updated (s, self->values[j], s->sum[j]);
          mass += points->weights[j] * monge_sinkhorn_wanted_mass (s, s->sum[j]);
        }
      /* At (f, T f), whose first marginal is exact: nearer to the optimum than (f, f). */
      self->dual += monge_sinkhorn_dual_term (s, points, s->sum) - s->epsilon * (mass - 1);
      if (marginal_error > 2 * self->error)
        self->rho = 0; /* not yet where the linear theory holds */
      self->error = marginal_error;
      if (marginal_error <= tol || i == max_iterations)
        break;
      step_self (s, points, self);
    }
  return TRUE;
}
