#include "compute/solver/anderson.h"

#include <math.h>

/* Squared lengths below this share of the largest are noise to the least squares. */
#define RIDGE 1e-10
/* The same for what rounding does: errors of many points average out. */
#define NOISE_SHARE 0.01
#define MOMENTUM 0.9
/* No mode is taken to be slower than one that needs so many plain steps. */
#define SLOWEST 30

/* Totals of one turn. */
enum {
  MASS,
  SUM,                                             /* of the residual r */
  SQUARE,                                          /* of r */
  GRAM,                                            /* ⟨Δr_k, Δr_l⟩ */
  RHS = GRAM + MONGE_ANDERSON_DEPTH,               /* ⟨Δr_l, r⟩ */
  PLAIN_MEAN = RHS + MONGE_ANDERSON_DEPTH,         /* of ΔG_k */
  PLAIN_GRAM,                                      /* ⟨ΔG_k, ΔG_l⟩ */
  PLAIN_RHS = PLAIN_GRAM + MONGE_ANDERSON_DEPTH,   /* ⟨ΔG_l, r⟩ */
  N_TOTALS = PLAIN_RHS + MONGE_ANDERSON_DEPTH,
};

G_STATIC_ASSERT (N_TOTALS == MONGE_ANDERSON_N_TOTALS);

void
monge_anderson_init (MongeAnderson *a, MongeBackend *backend)
{
  *a = (MongeAnderson){ .backend = backend };
}

void
monge_anderson_clear (MongeAnderson *a)
{
  for (guint k = 0; k < MONGE_ANDERSON_DEPTH; k++)
    {
      g_clear_pointer (&a->d_residual[k], monge_planes_free);
      g_clear_pointer (&a->d_plain[k], monge_planes_free);
    }
  g_clear_pointer (&a->residual, monge_planes_free);
  g_clear_pointer (&a->plain, monge_planes_free);
  a->capacity = 0;
}

static gboolean
make_room (MongeAnderson *a, MongePlanes **planes, GError **error)
{
  if (*planes == NULL)
    *planes = monge_planes_new (a->backend, MONGE_PLANES_FLOAT64, a->capacity, 1, error);
  return *planes != NULL;
}

gboolean
monge_anderson_begin (MongeAnderson *a,
                      MongePlanes *weights,
                      gsize n,
                      double noise,
                      GError **error)
{
  if (n > a->capacity)
    {
      monge_anderson_clear (a);
      a->capacity = n;
    }
  a->n = n;
  a->weights = weights;
  a->n_kept = a->next = 0;
  a->noise = noise;
  a->objective = -INFINITY;
  a->has_last = a->is_stuck = FALSE;
  a->slowness = 1;
  return make_room (a, &a->residual, error) && make_room (a, &a->plain, error);
}

void
monge_anderson_give_up (MongeAnderson *a)
{
  a->is_stuck = TRUE;
}

/* Differences, once this turn's is among them. */
static guint
count_differences (const MongeAnderson *a)
{
  return a->has_last ? MIN (a->n_kept + 1, MONGE_ANDERSON_DEPTH) : 0;
}

gboolean
monge_anderson_queue (MongeAnderson *a,
                      MongePlanes *g,
                      MongePlanes *mapped,
                      guint totals,
                      GError **error)
{
  const guint k = a->next, kept = count_differences (a);
  MongeStep take = {
    .id = MONGE_STEP_TAKE_DIFFERENCES,
    .n = a->n,
    .planes = { a->weights, g, mapped, a->residual, a->plain },
    .counts = { kept },
    .totals = totals,
  };
  MongeStep measure = {
    .id = MONGE_STEP_MEASURE_DIFFERENCES,
    .n = a->n,
    .planes = { a->weights, g, mapped },
    .counts = { kept },
    .totals = totals + PLAIN_MEAN,
  };

  if (kept > 0)
    {
      if (!make_room (a, &a->d_residual[k], error) || !make_room (a, &a->d_plain[k], error))
        return FALSE;
      take.planes[5] = a->d_residual[k];
      take.planes[6] = measure.planes[3] = a->d_plain[k];
    }
  for (guint l = 0; l < kept; l++)
    {
      take.planes[7 + l] = a->d_residual[l];
      measure.planes[4 + l] = a->d_plain[l];
    }
  monge_backend_step (a->backend, &take);
  if (kept > 0)
    monge_backend_step (a->backend, &measure);
  return TRUE;
}

/* The difference that was taken joins the others. */
static void
keep_difference (MongeAnderson *a, const double *totals)
{
  const guint k = a->next;

  a->n_kept = count_differences (a);
  a->next = (k + 1) % MONGE_ANDERSON_DEPTH;
  for (guint l = 0; l < a->n_kept; l++)
    a->gram[k][l] = a->gram[l][k] = totals[GRAM + l];
}

static void
measure_difference (MongeAnderson *a, const double *totals)
{
  const guint k = a->next;

  a->plain_mean[k] = totals[PLAIN_MEAN];
  for (guint l = 0; l < count_differences (a); l++)
    a->plain_gram[k][l] = a->plain_gram[l][k] = totals[PLAIN_GRAM + l];
}

/* Cholesky on (gram + ridge) x = b, in place of b. */
static gboolean
solve (const MongeAnderson *a, double *b)
{
  const guint n = a->n_kept;
  double l[MONGE_ANDERSON_DEPTH][MONGE_ANDERSON_DEPTH], largest = 0, ridge;

  for (guint i = 0; i < n; i++)
    largest = MAX (largest, a->gram[i][i]);
  ridge = RIDGE * largest + NOISE_SHARE * a->noise * a->noise;
  for (guint i = 0; i < n; i++)
    for (guint j = 0; j <= i; j++)
      {
        double sum = a->gram[i][j] + (i == j ? ridge : 0);

        for (guint k = 0; k < j; k++)
          sum -= l[i][k] * l[j][k];
        if (i == j && !(sum > 0))
          return FALSE;
        l[i][j] = i == j ? sqrt (sum) : sum / l[j][j];
      }
  for (guint i = 0; i < n; i++)
    {
      for (guint k = 0; k < i; k++)
        b[i] -= l[i][k] * b[k];
      b[i] /= l[i][i];
    }
  for (guint i = n; i-- > 0;)
    {
      for (guint k = i + 1; k < n; k++)
        b[i] -= l[k][i] * b[k];
      b[i] /= l[i][i];
    }
  return TRUE;
}

/* Root mean square, mean taken off, of r − Σ_l γ_l ΔG_l. */
static double
measure_step (const MongeAnderson *a, const double *totals, const double *gamma, guint n)
{
  double total = totals[SUM], square = totals[SQUARE], mass = totals[MASS];

  for (guint k = 0; k < n; k++)
    {
      total -= gamma[k] * a->plain_mean[k];
      square -= 2 * gamma[k] * totals[PLAIN_RHS + k];
      for (guint l = 0; l < n; l++)
        square += gamma[k] * gamma[l] * a->plain_gram[k][l];
    }
  return sqrt (MAX (square / mass - total / mass * (total / mass), 0));
}

static gboolean
take_back (MongeAnderson *a, MongePlanes *g)
{
  MongePlanes to = monge_planes_view (g, a->n, 1), from = monge_planes_view (a->plain, a->n, 1);

  monge_planes_copy (&to, &from);
  a->n_kept = a->next = 0;
  a->has_last = FALSE;
  return FALSE;
}

/* γ of the combination of iterates with the least residual. Returns: %FALSE if there is none. */
static gboolean
combine (const MongeAnderson *a, const double *totals, double *gamma)
{
  for (guint k = 0; k < a->n_kept; k++)
    gamma[k] = totals[RHS + k];
  return a->n_kept > 0 && solve (a, gamma);
}

/* g ← G − Σ_l γ_l ΔG_l; this iterate is the last from now on. */
static void
take_step (MongeAnderson *a, MongePlanes *g, MongePlanes *mapped, const double *gamma, guint n)
{
  MongeStep step = {
    .id = MONGE_STEP_COMBINE_DIFFERENCES,
    .n = a->n,
    .planes = { g, mapped, a->residual, a->plain },
    .counts = { n },
  };

  for (guint l = 0; l < n; l++)
    {
      step.planes[4 + l] = a->d_plain[l];
      step.numbers[l] = gamma[l];
    }
  monge_backend_step (a->backend, &step);
}

gboolean
monge_anderson_advance (MongeAnderson *a,
                        MongePlanes *g,
                        MongePlanes *mapped,
                        const double *totals,
                        double objective,
                        double noise,
                        double *step)
{
  const double plain_step = measure_step (a, totals, NULL, 0);
  double gamma[MONGE_ANDERSON_DEPTH] = { 0 };
  gboolean accelerated = FALSE;
  guint n = 0;

  *step = INFINITY;
  if (a->has_last && a->n_kept > 0 && !(objective >= a->objective - noise))
    return take_back (a, g);
  if (a->has_last)
    measure_difference (a, totals);
  if (a->has_last && a->is_stuck) /* G + momentum · ΔG_k */
    {
      n = count_differences (a);
      gamma[a->next] = -MOMENTUM;
    }
  else if (a->has_last)
    keep_difference (a, totals);
  if (!a->is_stuck)
    accelerated = combine (a, totals, gamma);
  if (accelerated)
    n = a->n_kept;
  *step = measure_step (a, totals, gamma, n);
  if (accelerated && plain_step > 0)
    a->slowness = CLAMP (*step / plain_step, 1, SLOWEST);
  else
    *step = MAX (*step, a->slowness * plain_step);
  take_step (a, g, mapped, gamma, n);
  a->objective = objective;
  a->has_last = TRUE;
  return TRUE;
}
