#include "compute/core/svd.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define MAX_SWEEPS 60

static double
column_dot (guint d, const double *a, guint i, const double *b, guint j)
{
  double total = 0.0;

  for (guint r = 0; r < d; r++)
    total += a[r * d + i] * b[r * d + j];
  return total;
}

static void
rotate_columns (guint d, double *a, guint i, guint j, double c, double s)
{
  for (guint r = 0; r < d; r++)
    {
      double x = a[r * d + i], y = a[r * d + j];

      a[r * d + i] = c * x - s * y;
      a[r * d + j] = s * x + c * y;
    }
}

/* Makes columns i and j of @w orthogonal. Returns: whether they were not. */
static gboolean
orthogonalise (guint d, double *w, double *v, guint i, guint j)
{
  double aa = column_dot (d, w, i, w, i);
  double bb = column_dot (d, w, j, w, j);
  double ab = column_dot (d, w, i, w, j);
  double zeta, t, c;

  if (!(fabs (ab) > DBL_EPSILON * sqrt (aa * bb)))
    return FALSE;
  zeta = (bb - aa) / (2.0 * ab);
  t = copysign (1.0, zeta) / (fabs (zeta) + hypot (1.0, zeta));
  c = 1.0 / hypot (1.0, t);
  rotate_columns (d, w, i, j, c, c * t);
  rotate_columns (d, v, i, j, c, c * t);
  return TRUE;
}

static void
swap_columns (guint d, double *a, guint i, guint j)
{
  for (guint r = 0; r < d; r++)
    {
      double x = a[r * d + i];

      a[r * d + i] = a[r * d + j];
      a[r * d + j] = x;
    }
}

static void
sort_columns (guint d, double *u, double *s, double *v)
{
  for (guint i = 0; i < d; i++)
    {
      guint best = i;
      double x = s[i];

      for (guint j = i + 1; j < d; j++)
        if (s[j] > s[best])
          best = j;
      s[i] = s[best];
      s[best] = x;
      swap_columns (d, u, i, best);
      swap_columns (d, v, i, best);
    }
}

/* Column @k of @u ← the unit vector farthest from the columns before it, made orthogonal to them. */
static void
complete_column (guint d, double *u, guint k)
{
  double best = -1.0, column[MONGE_SVD_MAX];

  for (guint axis = 0; axis < d; axis++)
    {
      double e[MONGE_SVD_MAX] = { 0 }, length = 0.0;

      e[axis] = 1.0;
      for (int pass = 0; pass < 2; pass++) /* twice is enough (Kahan) */
        for (guint j = 0; j < k; j++)
          {
            double dot = 0.0;

            for (guint r = 0; r < d; r++)
              dot += e[r] * u[r * d + j];
            for (guint r = 0; r < d; r++)
              e[r] -= dot * u[r * d + j];
          }
      for (guint r = 0; r < d; r++)
        length += e[r] * e[r];
      if (length > best)
        {
          best = length;
          for (guint r = 0; r < d; r++)
            column[r] = e[r] / sqrt (length);
        }
    }
  for (guint r = 0; r < d; r++)
    u[r * d + k] = column[r];
}

void
monge_svd (guint d,
           const double *a,
           double *u,
           double *s,
           double *v)
{
  gboolean turned = TRUE;

  g_return_if_fail (d >= 1 && d <= MONGE_SVD_MAX);
  memcpy (u, a, d * d * sizeof (double));
  memset (v, 0, d * d * sizeof (double));
  for (guint i = 0; i < d; i++)
    v[i * d + i] = 1.0;

  for (int sweep = 0; turned && sweep < MAX_SWEEPS; sweep++)
    {
      turned = FALSE;
      for (guint i = 0; i + 1 < d; i++)
        for (guint j = i + 1; j < d; j++)
          turned |= orthogonalise (d, u, v, i, j);
    }

  for (guint i = 0; i < d; i++)
    s[i] = sqrt (column_dot (d, u, i, u, i));
  sort_columns (d, u, s, v);
  for (guint i = 0; i < d; i++)
    if (s[i] > d * DBL_EPSILON * s[0])
      for (guint r = 0; r < d; r++)
        u[r * d + i] /= s[i];
    else
      complete_column (d, u, i);
}

double
monge_determinant (guint d,
                   const double *a)
{
  double m[MONGE_SVD_MAX * MONGE_SVD_MAX], product = 1.0;

  g_return_val_if_fail (d >= 1 && d <= MONGE_SVD_MAX, NAN);
  memcpy (m, a, d * d * sizeof (double));
  for (guint k = 0; k < d; k++)
    {
      guint pivot = k;

      for (guint r = k + 1; r < d; r++)
        if (fabs (m[r * d + k]) > fabs (m[pivot * d + k]))
          pivot = r;
      if (m[pivot * d + k] == 0.0)
        return 0.0;
      for (guint c = k; c < d && pivot != k; c++)
        {
          double x = m[k * d + c];

          m[k * d + c] = m[pivot * d + c];
          m[pivot * d + c] = x;
        }
      product *= pivot != k ? -m[k * d + k] : m[k * d + k];
      for (guint r = k + 1; r < d; r++)
        for (guint c = d; c-- > k;)
          m[r * d + c] -= m[r * d + k] / m[k * d + k] * m[k * d + c];
    }
  return product;
}
