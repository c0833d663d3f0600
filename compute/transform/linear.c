/* A minimises Σ a_i |A (x_i − x̄) − (y_i − ȳ)|² among rotations, scaled rotations or all matrices:
 *
 *   Cyx = Σ a (y − ȳ)(x − x̄)ᵀ = U S Vᵀ,      rotation   A = U D Vᵀ,  D = diag (1, …, ±1), det A = 1
 *                                            similarity A = (tr S D / tr Cxx) U D Vᵀ
 *                                            affine     A = I + (Cyx − Cxx) Cxx⁺
 *
 * The pseudo-inverse leaves directions in which the shape has no extent as they are.
 * After Umeyama, “Least-squares estimation of transformation parameters between two point patterns”,
 * IEEE PAMI 1991. */
#include "compute/transform/linear.h"

#include "compute/core/svd.h"

#include <math.h>
#include <string.h>

#define FLAT 1e-12 /* of the largest variance: no extent */

G_STATIC_ASSERT (MONGE_SVD_MAX >= MONGE_MAX_DIM);

const char *const monge_linear_names[] = { "rigid", "similarity", "affine", NULL };

typedef struct {
  guint dim;
  double x[MONGE_MAX_DIM], y[MONGE_MAX_DIM]; /* weighted means */
  double xx[MONGE_MAX_DIM * MONGE_MAX_DIM];  /* covariances (dim × dim) */
  double yx[MONGE_MAX_DIM * MONGE_MAX_DIM];
} Moments;

static void
compute_moments (const double *points,
                 const double *weights,
                 gsize n,
                 guint dim,
                 const double *velocity,
                 Moments *moments)
{
  double mass = 0.0;

  *moments = (Moments){ .dim = dim };
  for (gsize i = 0; i < n; i++)
    {
      mass += weights[i];
      for (guint d = 0; d < dim; d++)
        {
          moments->x[d] += weights[i] * points[i * dim + d];
          moments->y[d] += weights[i] * (points[i * dim + d] + velocity[i * dim + d]);
        }
    }
  for (guint d = 0; d < dim; d++)
    {
      moments->x[d] /= mass;
      moments->y[d] /= mass;
    }
  for (gsize i = 0; i < n; i++)
    for (guint r = 0; r < dim; r++)
      {
        double x = points[i * dim + r] - moments->x[r];
        double y = points[i * dim + r] + velocity[i * dim + r] - moments->y[r];

        for (guint c = 0; c < dim; c++)
          {
            double other = weights[i] * (points[i * dim + c] - moments->x[c]);

            moments->xx[r * dim + c] += x * other;
            moments->yx[r * dim + c] += y * other;
          }
      }
}

/* Returns: the trace of S D over that of Cxx, the best scale. */
static double
closest_rotation (const Moments *moments,
                  double *rotation)
{
  guint d = moments->dim;
  double u[MONGE_MAX_DIM * MONGE_MAX_DIM], v[MONGE_MAX_DIM * MONGE_MAX_DIM], s[MONGE_MAX_DIM];
  double stretch = 0.0, size = 0.0;

  monge_svd (d, moments->yx, u, s, v);
  if (monge_determinant (d, u) * monge_determinant (d, v) < 0.0)
    {
      s[d - 1] = -s[d - 1];
      for (guint r = 0; r < d; r++)
        u[r * d + d - 1] = -u[r * d + d - 1];
    }
  for (guint r = 0; r < d; r++)
    for (guint c = 0; c < d; c++)
      {
        rotation[r * d + c] = 0.0;
        for (guint k = 0; k < d; k++)
          rotation[r * d + c] += u[r * d + k] * v[c * d + k];
      }
  for (guint k = 0; k < d; k++)
    {
      stretch += s[k];
      size += moments->xx[k * d + k];
    }
  return size > 0.0 ? stretch / size : 1.0;
}

/* A = I + (Cyx − Cxx) Cxx⁺ */
static void
closest_matrix (const Moments *moments,
                double *map)
{
  guint d = moments->dim;
  double u[MONGE_MAX_DIM * MONGE_MAX_DIM], v[MONGE_MAX_DIM * MONGE_MAX_DIM], s[MONGE_MAX_DIM];

  monge_svd (d, moments->xx, u, s, v);
  memset (map, 0, d * d * sizeof (double));
  for (guint r = 0; r < d; r++)
    map[r * d + r] = 1.0;
  for (guint k = 0; k < d && s[k] > FLAT * s[0]; k++)
    for (guint r = 0; r < d; r++)
      {
        double along = 0.0; /* row r of Cyx − Cxx times axis k */

        for (guint c = 0; c < d; c++)
          along += (moments->yx[r * d + c] - moments->xx[r * d + c]) * v[c * d + k];
        for (guint c = 0; c < d; c++)
          map[r * d + c] += along * u[c * d + k] / s[k];
      }
}

void
monge_linear_fit (MongeLinearKind kind, const double *points, const double *weights, gsize n,
                  guint dim, const double *displacements, MongeLinearFit *fit)
{
  Moments moments;
  double scale;

  compute_moments (points, weights, n, dim, displacements, &moments);
  fit->dim = dim;
  memcpy (fit->from, moments.x, sizeof fit->from);
  memcpy (fit->to, moments.y, sizeof fit->to);
  if (kind == MONGE_LINEAR_AFFINE)
    {
      closest_matrix (&moments, fit->map);
      return;
    }
  scale = closest_rotation (&moments, fit->map);
  for (guint k = 0; k < dim * dim && kind == MONGE_LINEAR_SIMILARITY; k++)
    fit->map[k] *= scale;
}

void
monge_linear_fit_to_affine (const MongeLinearFit *fit, double affine[16])
{
  g_return_if_fail (fit->dim <= 3);
  memset (affine, 0, 16 * sizeof *affine);
  for (guint k = 0; k < 4; k++)
    affine[5 * k] = 1.0;
  for (guint r = 0; r < fit->dim; r++)
    {
      affine[4 * r + 3] = fit->to[r];
      for (guint c = 0; c < fit->dim; c++)
        {
          affine[4 * r + c] = fit->map[r * fit->dim + c];
          affine[4 * r + 3] -= affine[4 * r + c] * fit->from[c];
        }
    }
}

/* Diagonal matrices are their own inverses: D A D. */
void
monge_linear_turn_space (double affine[16])
{
  for (int r = 0; r < 2; r++)
    for (int c = 2; c < 4; c++)
      {
        affine[4 * r + c] = -affine[4 * r + c];
        if (c == 2)
          affine[4 * c + r] = -affine[4 * c + r];
      }
}
