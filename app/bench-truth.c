#include "app/bench-truth.h"

#include "app/bench-softmin.h"

#include <math.h>
#include <string.h>

#define MAX_EXACT 20000  /* points: up to here potentials are solved on the points themselves */
#define N_ROWS 2000      /* else the slope is found on so many */
#define MAX_CLUSTERS 40000
#define FINEST 0.25      /* cell over blur, for more points; twice that where clusters are too many */
#define EXACT_GOAL 1e-7  /* marginal error */
/* The same on clusters, by cell: they are no better than 1e-4 themselves. */
#define GOAL(halvings) ((halvings) > 1 ? 1e-4 : 1e-5)
#define MAX_ITERATIONS 400

/* One side: all points, the coarse clusters where the solve starts, those where it ends. */
typedef struct {
  MongeBenchCloud *points, *coarse, *fine;
} Side;

typedef struct {
  Side x, y;
  double epsilon, diameter, goal;
  guint halvings; /* from the cells that points are sorted by to those of the clusters */
  MongeTask *task;
} Problem;

static void
side_clear (Side *side)
{
  if (side->fine != side->points)
    monge_bench_cloud_free (side->fine);
  g_clear_pointer (&side->coarse, monge_bench_cloud_free);
  g_clear_pointer (&side->points, monge_bench_cloud_free);
}

static void
problem_clear (Problem *problem)
{
  side_clear (&problem->x);
  side_clear (&problem->y);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Problem, problem_clear)

static gboolean
softmin (const Problem *problem, const MongeBenchCloud *to, const MongeBenchCloud *from,
         const double *g, double epsilon, double *f)
{
  return monge_bench_softmin (to, NULL, to->n, from, g, epsilon, f, NULL, problem->task);
}

/* f += ω (next − f); returns Σ a |π1/a − 1|, which is what f missed the marginal by. */
static double
relax (const MongeBenchCloud *cloud, double omega, double epsilon, const double *next, double *f)
{
  double error = 0;

  for (gsize i = 0; i < cloud->n; i++)
    {
      error += cloud->weights[i] * fabs (expm1 ((f[i] - next[i]) / epsilon));
      f[i] += omega * (next[i] - f[i]);
    }
  return error;
}

/* Alternating updates, over-relaxed (Lehmann et al. 2021) as long as the marginals get better. */
static gboolean
solve_pair (const Problem *problem, const MongeBenchCloud *x, const MongeBenchCloud *y, double goal,
            double *f, double *g, double *error)
{
  g_autofree double *next_f = g_new (double, x->n), *next_g = g_new (double, y->n);
  double omega = 1, best = INFINITY;
  guint patience = 4;

  for (guint k = 0; k < MAX_ITERATIONS; k++)
    {
      if (!softmin (problem, x, y, g, problem->epsilon, next_f))
        return FALSE;
      *error = relax (x, omega, problem->epsilon, next_f, f);
      if (!softmin (problem, y, x, f, problem->epsilon, next_g))
        return FALSE;
      *error = fmax (*error, relax (y, omega, problem->epsilon, next_g, g));
      if (*error <= goal)
        return TRUE;
      if (*error > 4 * best)
        patience = 8;
      omega = patience > 0 ? 1 : 1.8;
      patience -= patience > 0;
      best = fmin (best, *error);
    }
  return TRUE;
}

/* f ← (f + softmin f) / 2 */
static gboolean
solve_self (const Problem *problem, const MongeBenchCloud *x, double goal, double *f, double *error)
{
  g_autofree double *next = g_new (double, x->n);

  for (guint k = 0; k < MAX_ITERATIONS; k++)
    {
      if (!softmin (problem, x, x, f, problem->epsilon, next))
        return FALSE;
      *error = relax (x, 0.5, problem->epsilon, next, f);
      if (*error <= goal)
        return TRUE;
    }
  return TRUE;
}

/* From the diameter down, blur by blur, on the coarse clusters. */
static gboolean
anneal (const Problem *problem, const MongeBenchCloud *x, const MongeBenchCloud *y, double *f,
        double *g)
{
  for (double epsilon = problem->diameter * problem->diameter; epsilon > problem->epsilon;
       epsilon *= 0.5)
    if (!softmin (problem, x, y, g, epsilon, f) || !softmin (problem, y, x, f, epsilon, g))
      return FALSE;
  return TRUE;
}

/* Potentials of @side's points for the cross problem: g on the points of y and the mean of y under
 * the plan at the rows of x. @levels: the clusters that the solve ends on. */
static gboolean
find_cross (const Problem *problem, const MongeBenchCloud *x, const MongeBenchCloud *y,
            const gsize *rows, gsize n_rows, double *mean, double *error)
{
  const MongeBenchCloud *cx = problem->x.coarse, *cy = problem->y.coarse;
  g_autofree double *cf = g_new0 (double, cx->n), *cg = g_new0 (double, cy->n);
  g_autofree double *f = g_new (double, x->n), *g = g_new (double, y->n);
  g_autofree double *fine = g_new (double, problem->y.points->n), *ignored = g_new (double, n_rows);

  if (!anneal (problem, cx, cy, cf, cg)
      || !solve_pair (problem, cx, cy, 1e-3, cf, cg, error)
      || !softmin (problem, x, cy, cg, problem->epsilon, f)
      || !softmin (problem, y, cx, cf, problem->epsilon, g)
      || !solve_pair (problem, x, y, problem->goal, f, g, error)
      || !softmin (problem, problem->y.points, x, f, problem->epsilon, fine))
    return FALSE;
  return monge_bench_softmin (problem->x.points, rows, n_rows, problem->y.points, fine,
                              problem->epsilon, ignored, mean, problem->task);
}

static gboolean
find_self (const Problem *problem, const MongeBenchCloud *x, const gsize *rows, gsize n_rows,
           double *mean, double *error)
{
  const MongeBenchCloud *cx = problem->x.coarse, *points = problem->x.points;
  g_autofree double *cf = g_new0 (double, cx->n), *f = g_new (double, x->n);
  g_autofree double *fine = g_new (double, points->n), *ignored = g_new (double, n_rows);

  if (!solve_self (problem, cx, 1e-3, cf, error)
      || !softmin (problem, x, cx, cf, problem->epsilon, f)
      || !solve_self (problem, x, problem->goal, f, error)
      || !softmin (problem, points, x, f, problem->epsilon, fine))
    return FALSE;
  return monge_bench_softmin (points, rows, n_rows, points, fine, problem->epsilon, ignored, mean,
                              problem->task);
}

/* (1/a_i) ∂S/∂x_i = T_αα(x_i) − T_αβ(x_i), from a solve on @x and @y. */
static gboolean
find_slope (const Problem *problem, const MongeBenchCloud *x, const MongeBenchCloud *y,
            const gsize *rows, gsize n_rows, double *slope, double *error)
{
  g_autofree double *mean = g_new (double, 3 * n_rows);
  double of_self;

  if (!find_cross (problem, x, y, rows, n_rows, mean, error)
      || !find_self (problem, x, rows, n_rows, slope, &of_self))
    return FALSE;
  *error = fmax (*error, of_self);
  for (gsize k = 0; k < 3 * n_rows; k++)
    slope[k] -= mean[k];
  return TRUE;
}

/* The error of clusters falls as the square of their side: T(h) + (T(h) − T(2h)) / 3. */
static gboolean
extrapolate (const Problem *problem, const gsize *rows, gsize n_rows, double *slope)
{
  const guint halvings = problem->halvings + 1;
  g_autoptr (MongeBenchCloud) x = monge_bench_cloud_coarsen (problem->x.points, halvings);
  g_autoptr (MongeBenchCloud) y = monge_bench_cloud_coarsen (problem->y.points, halvings);
  g_autofree double *wide = g_new (double, 3 * n_rows);
  double error;

  if (!find_slope (problem, x, y, rows, n_rows, wide, &error))
    return FALSE;
  for (gsize k = 0; k < 3 * n_rows; k++)
    slope[k] += (slope[k] - wide[k]) / 3;
  return TRUE;
}

static void
side_init (Side *side, const double *points, const MongeMeasure *measure, double blur)
{
  side->points = monge_bench_cloud_new (points, monge_measure_get_weights (measure),
                                        monge_measure_get_n (measure), 0.5 * FINEST * blur);
  side->coarse = monge_bench_cloud_coarsen (side->points, 3);
  side->fine = side->points;
}

/* Solves go to clusters few enough. */
static void
choose_clusters (Problem *problem)
{
  do
    {
      problem->halvings++;
      if (problem->x.fine != problem->x.points)
        monge_bench_cloud_free (problem->x.fine);
      if (problem->y.fine != problem->y.points)
        monge_bench_cloud_free (problem->y.fine);
      problem->x.fine = monge_bench_cloud_coarsen (problem->x.points, problem->halvings);
      problem->y.fine = monge_bench_cloud_coarsen (problem->y.points, problem->halvings);
    }
  while (MAX (problem->x.fine->n, problem->y.fine->n) > MAX_CLUSTERS && problem->halvings < 2);
}

static double
find_diameter (const MongeBenchCloud *x, const MongeBenchCloud *y)
{
  double square = 0;

  for (guint d = 0; d < 3; d++)
    {
      double lower = INFINITY, upper = -INFINITY;

      for (gsize b = 0; b < x->n_blocks; b++)
        {
          lower = fmin (lower, x->boxes[6 * b + d]);
          upper = fmax (upper, x->boxes[6 * b + 3 + d]);
        }
      for (gsize b = 0; b < y->n_blocks; b++)
        {
          lower = fmin (lower, y->boxes[6 * b + d]);
          upper = fmax (upper, y->boxes[6 * b + 3 + d]);
        }
      square += (upper - lower) * (upper - lower);
    }
  return sqrt (square);
}

MongeBenchTruth *
monge_bench_truth_new (const MongeMeasure *source, const double *x, const MongeMeasure *target,
                       double blur, MongeTask *task, GError **error)
{
  g_auto (Problem) problem = { .epsilon = blur * blur, .goal = EXACT_GOAL, .task = task };
  g_autoptr (MongeBenchTruth) truth = g_new0 (MongeBenchTruth, 1);
  const gsize n = monge_measure_get_n (source);
  const gboolean is_exact = MAX (n, monge_measure_get_n (target)) <= MAX_EXACT;

  side_init (&problem.x, x, source, blur);
  side_init (&problem.y, monge_measure_get_points (target), target, blur);
  if (!is_exact)
    {
      choose_clusters (&problem);
      problem.goal = GOAL (problem.halvings);
    }
  problem.diameter = find_diameter (problem.x.points, problem.y.points);
  truth->blur = blur;
  truth->cell = is_exact ? 0 : ldexp (0.5 * FINEST, (int) problem.halvings) * blur;
  truth->n_rows = is_exact ? n : MIN (n, N_ROWS);
  truth->rows = g_new (gsize, truth->n_rows);
  truth->slope = g_new (double, 3 * truth->n_rows);
  for (gsize r = 0; r < truth->n_rows; r++)
    truth->rows[r] = r * n / truth->n_rows;
  if (!find_slope (&problem, problem.x.fine, problem.y.fine, truth->rows, truth->n_rows,
                   truth->slope, &truth->marginal_error)
      || (!is_exact && !extrapolate (&problem, truth->rows, truth->n_rows, truth->slope)))
    {
      monge_task_return_if_cancelled (task, error);
      return NULL;
    }
  for (gsize r = 0; r < truth->n_rows; r++)
    truth->rows[r] = problem.x.points->order[truth->rows[r]];
  return g_steal_pointer (&truth);
}

void
monge_bench_truth_free (MongeBenchTruth *truth)
{
  if (truth == NULL)
    return;
  g_free (truth->rows);
  g_free (truth->slope);
  g_free (truth);
}

double
monge_bench_truth_compare (const MongeBenchTruth *truth, const MongeMeasure *source,
                           const double *slope)
{
  const double *a = monge_measure_get_weights (source);
  double off = 0, size = 0;

  for (gsize r = 0; r < truth->n_rows; r++)
    for (guint d = 0; d < 3; d++)
      {
        const gsize i = truth->rows[r];
        const double wanted = truth->slope[3 * r + d];

        off += pow (a[i] * (slope[3 * i + d] - wanted), 2);
        size += pow (a[i] * wanted, 2);
      }
  return sqrt (off / size);
}
