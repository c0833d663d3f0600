/* Deformation models. The linear ones replace the ends y_i = x_i + v_i by A (x_i − x̄) + ȳ, where A
 * minimises Σ a_i |A (x_i − x̄) − (y_i − ȳ)|² among rotations, scaled rotations or all matrices:
 *
 *   Cyx = Σ a (y − ȳ)(x − x̄)ᵀ = U S Vᵀ,      rotation   A = U D Vᵀ,  D = diag (1, …, ±1), det A = 1
 *                                            similarity A = (tr S D / tr Cxx) U D Vᵀ
 *                                            affine     A = I + (Cyx − Cxx) Cxx⁺
 *
 * The pseudo-inverse leaves directions in which the shape has no extent as they are.
 * After Umeyama, “Least-squares estimation of transformation parameters between two point patterns”,
 * IEEE PAMI 1991. */
#include "compute/flow/flow.h"

#include "compute/core/svd.h"

#include <string.h>

#define FLAT 1e-12 /* of the largest variance: no extent */

G_STATIC_ASSERT (MONGE_SVD_MAX >= MONGE_MAX_DIM);

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

/* v_i ← ȳ + A (x_i − x̄) − x_i */
static void
apply_map (const double *map,
           const Moments *moments,
           const double *points,
           gsize n,
           double *velocity)
{
  guint dim = moments->dim;

  for (gsize i = 0; i < n; i++)
    for (guint r = 0; r < dim; r++)
      {
        double end = moments->y[r];

        for (guint c = 0; c < dim; c++)
          end += map[r * dim + c] * (points[i * dim + c] - moments->x[c]);
        velocity[i * dim + r] = end - points[i * dim + r];
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

static gboolean
project_rigid (const double *points,
               const double *weights,
               gsize n,
               guint dim,
               double *velocity,
               GError **error)
{
  double map[MONGE_MAX_DIM * MONGE_MAX_DIM];
  Moments moments;

  compute_moments (points, weights, n, dim, velocity, &moments);
  closest_rotation (&moments, map);
  apply_map (map, &moments, points, n, velocity);
  return TRUE;
}

static gboolean
project_similarity (const double *points,
                    const double *weights,
                    gsize n,
                    guint dim,
                    double *velocity,
                    GError **error)
{
  double map[MONGE_MAX_DIM * MONGE_MAX_DIM], scale;
  Moments moments;

  compute_moments (points, weights, n, dim, velocity, &moments);
  scale = closest_rotation (&moments, map);
  for (guint k = 0; k < dim * dim; k++)
    map[k] *= scale;
  apply_map (map, &moments, points, n, velocity);
  return TRUE;
}

static gboolean
project_affine (const double *points,
                const double *weights,
                gsize n,
                guint dim,
                double *velocity,
                GError **error)
{
  double map[MONGE_MAX_DIM * MONGE_MAX_DIM];
  Moments moments;

  compute_moments (points, weights, n, dim, velocity, &moments);
  closest_matrix (&moments, map);
  apply_map (map, &moments, points, n, velocity);
  return TRUE;
}

const MongeModel monge_models[] = {
  { "free", "Every vertex follows its own velocity", NULL },
  { "rigid", "One rotation and translation", project_rigid },
  { "similarity", "One rotation, translation and scale", project_similarity },
  { "affine", "One linear map and translation", project_affine },
  { NULL },
};

const char *const monge_model_names[] = { "free", "rigid", "similarity", "affine", NULL };
