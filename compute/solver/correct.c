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

#include <math.h>
#include <string.h>

/* A side of the problem between widened clusters. */
typedef struct {
  MongePoints *points;    /* u or v */
  MongePlanes *potential; /* f̂ or ĝ */
  double kappa;
} Wide;

/* Totals of corrections. */
enum {
  OF_CELLS = TOTALS_OF_CORRECTION, /* of both sides, two each */
  OF_IMAGE = OF_CELLS + 4,
};

static void
wide_clear (Wide *wide)
{
  g_clear_pointer (&wide->points, monge_points_free);
  g_clear_pointer (&wide->potential, monge_planes_free);
}

/* Variance inside the cells of both sides along each direction of the shape, over ε; 0 for points. */
static gboolean
measure_kappa (MongeSinkhorn *s, double *kappa, GError **error)
{
  double totals[4];

  for (Which which = SOURCE; which <= TARGET; which++)
    if (s->sides[which].clusters != NULL)
      monge_points_queue_cells (s->sides[which].clusters, s->sides[which].fine,
                                OF_CELLS + 2 * which);
  if (!monge_sinkhorn_read (s, OF_CELLS, 4, totals, error))
    return FALSE;
  for (Which which = SOURCE; which <= TARGET; which++)
    {
      const double dim = CLAMP (round (s->sides[which].fine->intrinsic_dim), 1, s->dim);
      const double mass = s->sides[which].clusters != NULL ? totals[2 * which + 1] : 0;

      kappa[which] = mass > 0 ? totals[2 * which] / mass / (dim * s->epsilon) : 0;
    }
  return TRUE;
}

/* What takes coordinates of @points to @origin. */
static void
get_offset (const MongePoints *points, const double *origin, double *offset)
{
  for (guint d = 0; d < points->dim; d++)
    offset[d] = points->origin[d] - origin[d];
}

/* Where the plan takes the centre of @points, whose moments are in s->moment. */
static gboolean
find_image (MongeSinkhorn *s,
            const MongePoints *points,
            const double *offset,
            double *image,
            GError **error)
{
  MongeStep step = {
    .id = MONGE_STEP_FIND_IMAGE,
    .n = points->n,
    .planes = { points->weights, points->planes, s->moment },
    .counts = { s->dim },
    .totals = OF_IMAGE,
  };

  memcpy (step.numbers, offset, s->dim * sizeof *offset);
  monge_backend_step (s->backend, &step);
  return monge_sinkhorn_read (s, OF_IMAGE, s->dim, image, error);
}

static gboolean
wide_alloc (Wide *wide, const MongePoints *points, MongePlanes *potential, GError **error)
{
  MongePlanes from;

  wide->points = monge_points_alloc (points->backend, points->n, points->dim, error);
  wide->potential = wide->points != NULL ? monge_points_new_potential (points, error) : NULL;
  if (wide->potential == NULL)
    return FALSE;
  from = monge_planes_view (potential, points->n, 1);
  monge_planes_copy (wide->points->weights, points->weights);
  monge_planes_copy (wide->points->log_weights, points->log_weights);
  monge_planes_copy (wide->potential, &from);
  return TRUE;
}

/* From the moments of @points in s->moment; @other_kappa: of the columns. */
static gboolean
widen (MongeSinkhorn *s,
       const MongePoints *points,
       MongePlanes *potential,
       double kappa,
       double other_kappa,
       const double *origin,
       Wide *wide,
       GError **error)
{
  double image[MONGE_MAX_DIM];
  MongeStep step = {
    .id = MONGE_STEP_WIDEN,
    .n = points->n,
    .planes = { NULL, NULL, points->planes, s->moment },
    .numbers = { kappa, other_kappa },
    .counts = { s->dim },
  };

  wide->kappa = kappa;
  get_offset (points, origin, step.numbers + 2);
  if (!find_image (s, points, step.numbers + 2, image, error)
      || !wide_alloc (wide, points, potential, error))
    return FALSE;
  for (guint d = 0; d < s->dim; d++) /* the cloud's new origin keeps float32 coordinates small */
    {
      step.numbers[2 + MONGE_STEP_MAX_DIM + d] = image[d];
      wide->points->origin[d] = points->origin[d] - kappa * image[d];
    }
  step.planes[0] = wide->points->planes;
  step.planes[1] = wide->potential;
  monge_backend_step (s->backend, &step);
  return TRUE;
}

/* potential += @factor · |x|² */
static void
queue_square (MongeSinkhorn *s,
              const MongePoints *points,
              const double *origin,
              double factor,
              MongePlanes *potential)
{
  MongeStep step = {
    .id = MONGE_STEP_ADD_SQUARE,
    .n = points->n,
    .planes = { potential, points->planes },
    .numbers = { factor },
    .counts = { s->dim },
  };

  get_offset (points, origin, step.numbers + 1);
  monge_backend_step (s->backend, &step);
}

/* slope += @sign · (x − T(x)) at all points, s->extended holding the potential there. */
static gboolean
add_slopes (MongeSinkhorn *s,
            const Wide *columns,
            const MongePoints *centres,
            double row_kappa,
            const double *origin,
            double sign,
            MongePlanes *slope,
            GError **error)
{
  const MongePoints *fine = s->sides[SOURCE].fine;
  MongeStep step = {
    .id = MONGE_STEP_CORRECT_SLOPE,
    .n = fine->n,
    .planes = { slope, fine->planes, s->moment },
    .numbers = { sign, columns->kappa },
    .counts = { s->dim },
  };

  get_offset (fine, origin, step.numbers + 2);
  queue_square (s, centres, origin, -0.5 * row_kappa, columns->potential); /* not averaged over */
  queue_square (s, fine, origin, 0.5 * columns->kappa, s->extended); /* the row's own share */
  if (!monge_sinkhorn_reduce (s, fine, s->extended, columns->points, columns->potential, TRUE, error))
    return FALSE;
  monge_backend_step (s->backend, &step);
  return TRUE;
}

static void
swap_level (Side *side, Wide *wide, MongePlanes **potential)
{
  MongePoints *clusters = side->clusters;
  MongePlanes *values = *potential;

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
monge_sinkhorn_correct_cross (MongeSinkhorn *s, MongePlanes *slope, GError **error)
{
  const Side *x = &s->sides[SOURCE], *y = &s->sides[TARGET];
  const MongePoints *a = monge_side_get_points (x), *b = monge_side_get_points (y);
  const double *origin = y->fine->origin;
  double kappa[2];
  Wide wide[2] = { 0 };
  gboolean done;

  done = measure_kappa (s, kappa, error)
         && monge_sinkhorn_reduce (s, a, x->cross, b, y->cross, TRUE, error)
         && monge_sinkhorn_extend_to_points (s, x, x->cross, error)
         && widen (s, a, x->cross, kappa[SOURCE], kappa[TARGET], origin, &wide[SOURCE], error)
         && monge_sinkhorn_reduce (s, b, y->cross, a, x->cross, TRUE, error)
         && widen (s, b, y->cross, kappa[TARGET], kappa[SOURCE], origin, &wide[TARGET], error)
         && solve_cross (s, wide, error)
         && add_slopes (s, &wide[TARGET], b, kappa[SOURCE], origin, 1, slope, error);
  wide_clear (&wide[SOURCE]);
  wide_clear (&wide[TARGET]);
  return done;
}

gboolean
monge_sinkhorn_correct_self (MongeSinkhorn *s, MongePlanes *slope, GError **error)
{
  const Side *x = &s->sides[SOURCE];
  const MongePoints *a = monge_side_get_points (x);
  const double *origin = x->fine->origin;
  double kappa[2];
  Wide wide = { 0 };
  gboolean done;

  done = measure_kappa (s, kappa, error)
         && monge_sinkhorn_reduce (s, a, x->self.values, a, x->self.values, TRUE, error)
         && monge_sinkhorn_extend_to_points (s, x, x->self.values, error)
         && widen (s, a, x->self.values, kappa[SOURCE], kappa[SOURCE], origin, &wide, error)
         && solve_self (s, &wide, error)
         && add_slopes (s, &wide, a, kappa[SOURCE], origin, -1, slope, error);
  wide_clear (&wide);
  return done;
}
