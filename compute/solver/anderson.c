#include "compute/solver/anderson.h"

#include <math.h>
#include <string.h>

/* Squared lengths below this share of the largest are noise to the least squares. */
#define RIDGE 1e-10
/* The same for what rounding does: errors of many points average out. */
#define NOISE_SHARE 0.01
#define MOMENTUM 0.9
/* No mode is taken to be slower than one that needs so many plain steps. */
#define SLOWEST 30

void
monge_anderson_init (MongeAnderson *a, const double *weights, gsize n, double noise)
{
  *a = (MongeAnderson){ .n = n, .weights = weights, .noise = noise, .objective = -INFINITY,
                         .slowness = 1 };
  a->residual = g_new (double, n);
  a->plain = g_new (double, n);
}

void
monge_anderson_clear (MongeAnderson *a)
{
  for (guint k = 0; k < MONGE_ANDERSON_DEPTH; k++)
    {
      g_free (a->d_residual[k]);
      g_free (a->d_plain[k]);
    }
  g_free (a->residual);
  g_free (a->plain);
  *a = (MongeAnderson){ 0 };
}

static double
dot (const MongeAnderson *a, const double *u, const double *v)
{
  double total = 0;

  for (gsize i = 0; i < a->n; i++)
    total += a->weights[i] * u[i] * v[i];
  return total;
}

/* Keeps the differences between this iterate and the last. */
static void
keep_difference (MongeAnderson *a, const double *g, const double *mapped)
{
  const guint k = a->next;

  if (a->d_residual[k] == NULL)
    {
      a->d_residual[k] = g_new (double, a->n);
      a->d_plain[k] = g_new (double, a->n);
    }
  for (gsize i = 0; i < a->n; i++)
    {
      a->d_residual[k][i] = mapped[i] - g[i] - a->residual[i];
      a->d_plain[k][i] = mapped[i] - a->plain[i];
    }
  a->n_kept = MIN (a->n_kept + 1, MONGE_ANDERSON_DEPTH);
  a->next = (k + 1) % MONGE_ANDERSON_DEPTH;
  for (guint l = 0; l < a->n_kept; l++)
    a->gram[k][l] = a->gram[l][k] = dot (a, a->d_residual[k], a->d_residual[l]);
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

static double
measure_step (const MongeAnderson *a, const double *from, const double *to)
{
  double total = 0, square = 0, mass = 0;

  for (gsize i = 0; i < a->n; i++)
    {
      double step = to[i] - from[i];

      mass += a->weights[i];
      total += a->weights[i] * step;
      square += a->weights[i] * step * step;
    }
  return sqrt (MAX (square / mass - total / mass * (total / mass), 0));
}

static gboolean
take_back (MongeAnderson *a, double *g)
{
  memcpy (g, a->plain, a->n * sizeof *g);
  a->n_kept = a->next = 0;
  a->has_last = FALSE;
  return FALSE;
}

void
monge_anderson_give_up (MongeAnderson *a)
{
  a->is_stuck = TRUE;
}

/* The combination of iterates with the least residual. Returns: %FALSE if there is none. */
static gboolean
combine (const MongeAnderson *a, double *next)
{
  double gamma[MONGE_ANDERSON_DEPTH];

  for (guint k = 0; k < a->n_kept; k++)
    gamma[k] = dot (a, a->d_residual[k], a->residual);
  if (a->n_kept == 0 || !solve (a, gamma))
    return FALSE;
  for (guint k = 0; k < a->n_kept; k++)
    for (gsize i = 0; i < a->n; i++)
      next[i] -= gamma[k] * a->d_plain[k][i];
  return TRUE;
}

gboolean
monge_anderson_advance (MongeAnderson *a,
                        double *g,
                        const double *mapped,
                        double objective,
                        double noise,
                        double *step)
{
  g_autofree double *next = g_memdup2 (mapped, a->n * sizeof *mapped);
  const double plain_step = measure_step (a, g, mapped);
  gboolean accelerated;

  *step = INFINITY;
  if (a->has_last && a->n_kept > 0 && !(objective >= a->objective - noise))
    return take_back (a, g);
  if (a->is_stuck && a->has_last)
    for (gsize i = 0; i < a->n; i++)
      next[i] += MOMENTUM * (mapped[i] - a->plain[i]);
  else if (a->has_last)
    keep_difference (a, g, mapped);
  for (gsize i = 0; i < a->n; i++)
    {
      a->residual[i] = mapped[i] - g[i];
      a->plain[i] = mapped[i];
    }
  a->objective = objective;
  a->has_last = TRUE;

  accelerated = !a->is_stuck && combine (a, next);
  *step = measure_step (a, g, next);
  if (accelerated && plain_step > 0)
    a->slowness = CLAMP (*step / plain_step, 1, SLOWEST);
  else
    *step = MAX (*step, a->slowness * plain_step);
  memcpy (g, next, a->n * sizeof *g);
  return TRUE;
}
