/* Deformation models. The linear ones replace the ends y_i = x_i + v_i by A (x_i − x̄) + ȳ, where A
 * is the closest of its kind: see compute/transform/linear.h. */
#include "compute/flow/flow.h"

#include "compute/transform/linear.h"

/* v_i ← ȳ + A (x_i − x̄) − x_i */
static void
apply_fit (const MongeLinearFit *fit,
           const double *points,
           gsize n,
           double *velocity)
{
  guint dim = fit->dim;

  for (gsize i = 0; i < n; i++)
    for (guint r = 0; r < dim; r++)
      {
        double end = fit->to[r];

        for (guint c = 0; c < dim; c++)
          end += fit->map[r * dim + c] * (points[i * dim + c] - fit->from[c]);
        velocity[i * dim + r] = end - points[i * dim + r];
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
  MongeLinearFit fit;

  monge_linear_fit (MONGE_LINEAR_RIGID, points, weights, n, dim, velocity, &fit);
  apply_fit (&fit, points, n, velocity);
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
  MongeLinearFit fit;

  monge_linear_fit (MONGE_LINEAR_SIMILARITY, points, weights, n, dim, velocity, &fit);
  apply_fit (&fit, points, n, velocity);
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
  MongeLinearFit fit;

  monge_linear_fit (MONGE_LINEAR_AFFINE, points, weights, n, dim, velocity, &fit);
  apply_fit (&fit, points, n, velocity);
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
