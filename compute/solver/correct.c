/* Slopes from clusters that know how wide they are; p = 2, balanced.
 *
 * Let S be the covariance inside a cell, about κ ε in each direction of the shape. Averaged over the
 * cell of cluster c' around y, with T the barycentric projection, a pair of the plan weighs
 *     exp((g(c') − |x − c'|²/2 + κ |x − T(c')|²/2) / ε)     to second order in the cell's side,
 * because the gradient of the exponent there is x − T(c') over ε. Done on both sides and with what
 * depends on one side alone left to the potentials, this is
 *     f̂ + ĝ − |u − v|²/2,     u = c − κ_x T(c),  v = c' − κ_y T(c'):
 * the same problem between clusters moved away a little from where their mass goes. At a point x only
 * the columns are averaged, and the mean of y inside the cell moves too: with m = Σ π (x − v), the
 * slope is x − T(x) = m − κ_y x. Positions are about one origin common to both sides. */
#include "compute/solver/sinkhorn-private.h"

#include "compute/core/parallel.h"

#include <math.h>
#include <string.h>

/* A side of the problem between widened clusters. */
typedef struct {
  MongePoints *points; /* u or v */
  double *potential;   /* f̂ or ĝ */
  double kappa;
} Wide;

static void
wide_clear (Wide *wide)
{
  g_clear_pointer (&wide->points, monge_points_free);
  g_clear_pointer (&wide->potential, g_free);
}

/* Variance inside the cells along each direction of the shape, over ε; 0 for points. */
static double
measure_kappa (const MongeSinkhorn *s, const Side *side)
{
  const double dim = CLAMP (round (side->fine->intrinsic_dim), 1, s->dim);

  return side->clusters != NULL
             ? monge_points_measure_cells (side->clusters, side->fine) / (dim * s->epsilon)
             : 0;
}

static double
get_relative (const MongePoints *points, gsize i, guint d, const double *origin)
{
  return points->origin[d] - origin[d] + points->planes[d * points->n + i];
}

/* From the moments of @points in s->moment; @other_kappa: of the columns. */
static Wide
widen (const MongeSinkhorn *s,
       const MongePoints *points,
       const double *potential,
       double kappa,
       double other_kappa,
       const double *origin)
{
  const gsize n = points->n;
  Wide wide = { monge_points_alloc (n, s->dim), g_memdup2 (potential, n * sizeof *potential), kappa };
  double centre[MONGE_MAX_DIM] = { 0 };

  memcpy (wide.points->weights, points->weights, n * sizeof *points->weights);
  memcpy (wide.points->log_weights, points->log_weights, n * sizeof *points->log_weights);
  for (guint d = 0; d < s->dim; d++)
    {
      /* The image of the centre: the cloud's new origin keeps float32 coordinates small. */
      for (gsize i = 0; i < n; i++)
        centre[d] += points->weights[i]
                     * (get_relative (points, i, d, origin) - s->moment[d * n + i]);
      wide.points->origin[d] = points->origin[d] - kappa * centre[d];
      for (gsize i = 0; i < n; i++)
        {
          const double c = get_relative (points, i, d, origin), t = c - s->moment[d * n + i];
          const double u = c - kappa * t;

          wide.points->planes[d * n + i]
              = (float) (points->planes[d * n + i] - kappa * (t - centre[d]));
          wide.potential[i] += 0.5 * (u * u - c * c + kappa * t * t + other_kappa * c * c);
        }
    }
  return wide;
}

typedef struct {
  MongeSinkhorn *s;
  const double *origin;
  double kappa;
  double sign;
  double *slope;
} Rows;

/* The row's own share of the average over columns. */
static void
lift_rows (gsize begin, gsize end, guint worker, gpointer data)
{
  const Rows *r = data;
  const MongePoints *fine = r->s->sides[SOURCE].fine;

  for (gsize i = begin; i < end; i++)
    for (guint d = 0; d < r->s->dim; d++)
      {
        const double x = get_relative (fine, i, d, r->origin);

        r->s->extended[i] += 0.5 * r->kappa * x * x;
      }
}

static void
slope_rows (gsize begin, gsize end, guint worker, gpointer data)
{
  const Rows *r = data;
  const MongePoints *fine = r->s->sides[SOURCE].fine;

  for (gsize i = begin; i < end; i++)
    for (guint d = 0; d < r->s->dim; d++)
      r->slope[i * r->s->dim + d]
          += r->sign
             * (r->s->moment[d * fine->n + i] - r->kappa * get_relative (fine, i, d, r->origin));
}

/* slope += @sign · (x − T(x)) at all points, s->extended holding the potential there. */
static gboolean
add_slopes (MongeSinkhorn *s,
            const Wide *columns,
            const MongePoints *centres,
            double row_kappa,
            const double *origin,
            double sign,
            double *slope,
            GError **error)
{
  const MongePoints *fine = s->sides[SOURCE].fine;
  Rows r = { s, origin, columns->kappa, sign, slope };

  for (gsize j = 0; j < centres->n; j++) /* rows are points: not averaged over */
    for (guint d = 0; d < s->dim; d++)
      {
        const double c = get_relative (centres, j, d, origin);

        columns->potential[j] -= 0.5 * row_kappa * c * c;
      }
  monge_parallel_rows (fine->n, 8192, 0, NULL, lift_rows, &r);
  if (!monge_sinkhorn_reduce (s, fine, s->extended, columns->points, columns->potential, TRUE, error))
    return FALSE;
  monge_parallel_rows (fine->n, 8192, 0, NULL, slope_rows, &r);
  return TRUE;
}

static void
swap_level (Side *side, Wide *wide, double **potential)
{
  MongePoints *clusters = side->clusters;
  double *values = *potential;

  side->clusters = wide->points;
  wide->points = clusters;
  *potential = wide->potential;
  wide->potential = values;
}

/* Solves the cross problem between the widened clusters. */
static gboolean
solve_cross (MongeSinkhorn *s, Wide *wide, GError **error)
{
  guint iterations = 0;
  double marginal_error;
  gboolean done;

  for (Which which = SOURCE; which <= TARGET; which++)
    swap_level (&s->sides[which], &wide[which], &s->sides[which].cross);
  done = monge_sinkhorn_converge_cross (s, s->params.tol, s->params.max_iterations, INFINITY,
                                        &iterations, &marginal_error, error);
  for (Which which = SOURCE; which <= TARGET; which++)
    swap_level (&s->sides[which], &wide[which], &s->sides[which].cross);
  return done;
}

static gboolean
solve_self (MongeSinkhorn *s, Wide *wide, GError **error)
{
  Side *x = &s->sides[SOURCE];
  const SelfPotential kept = x->self;
  gboolean done;

  swap_level (x, wide, &x->self.values);
  x->self.error = INFINITY;
  done = monge_sinkhorn_converge_self (s, x, 0.1 * s->params.tol, s->params.max_iterations, error);
  swap_level (x, wide, &x->self.values);
  x->self.error = kept.error;
  x->self.dual = kept.dual;
  x->self.gain = kept.gain;
  return done;
}

gboolean
monge_sinkhorn_correct_cross (MongeSinkhorn *s, double *slope, GError **error)
{
  const Side *x = &s->sides[SOURCE], *y = &s->sides[TARGET];
  const MongePoints *a = monge_side_get_points (x), *b = monge_side_get_points (y);
  const double *origin = y->fine->origin;
  const double kappa[2] = { measure_kappa (s, x), measure_kappa (s, y) };
  Wide wide[2] = { 0 };
  gboolean done;

  if (!monge_sinkhorn_reduce (s, a, x->cross, b, y->cross, TRUE, error))
    return FALSE;
  monge_sinkhorn_extend_to_points (s, x->cross);
  wide[SOURCE] = widen (s, a, x->cross, kappa[SOURCE], kappa[TARGET], origin);
  done = monge_sinkhorn_reduce (s, b, y->cross, a, x->cross, TRUE, error);
  if (done)
    wide[TARGET] = widen (s, b, y->cross, kappa[TARGET], kappa[SOURCE], origin);
  done = done && solve_cross (s, wide, error)
         && add_slopes (s, &wide[TARGET], b, kappa[SOURCE], origin, 1, slope, error);
  wide_clear (&wide[SOURCE]);
  wide_clear (&wide[TARGET]);
  return done;
}

gboolean
monge_sinkhorn_correct_self (MongeSinkhorn *s, double *slope, GError **error)
{
  const Side *x = &s->sides[SOURCE];
  const MongePoints *a = monge_side_get_points (x);
  const double *origin = x->fine->origin, kappa = measure_kappa (s, x);
  Wide wide;
  gboolean done;

  if (!monge_sinkhorn_reduce (s, a, x->self.values, a, x->self.values, TRUE, error))
    return FALSE;
  monge_sinkhorn_extend_to_points (s, x->self.values);
  wide = widen (s, a, x->self.values, kappa, kappa, origin);
  done = solve_self (s, &wide, error)
         && add_slopes (s, &wide, a, kappa, origin, -1, slope, error);
  wide_clear (&wide);
  return done;
}
