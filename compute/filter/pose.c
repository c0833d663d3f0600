/* Centring, scaling and mirroring. All go through monge_shape_transformed(), so that the shape
 * knows what was done to it and can be put back. */
#include "compute/filter/filter-private.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "compute/shape/mesh.h"
#include "compute/shape/place.h"

static const char *const centres[] = { "box", "centroid", NULL };
static const char *const axes[] = { "x", "y", "z", NULL };
static const char *const planes[] = { "middle", "origin", NULL };
static const char *const sizes[] = { "factor", "unit-box", "unit-size", NULL };
static const char *const fixed_points[] = { "middle", "centroid", "origin", NULL };

const MongeOption monge_centre_options[] = {
  { "on", "Centre on", "", MONGE_OPTION_CHOICE, offsetof (MongeCentreParams, on), 0, 0, FALSE,
    centres, "What comes to lie at the origin: the middle of the bounding box, or the centroid, "
    "weighted by area or length" },
  { NULL },
};
const MongeCentreParams monge_centre_defaults = { "box" };

const MongeOption monge_mirror_options[] = {
  { "axis", "Axis", "", MONGE_OPTION_CHOICE, offsetof (MongeMirrorParams, axis), 0, 0, FALSE, axes,
    "The coordinate that changes its sign; x parts left from right in RAS" },
  { "about", "Plane through", "", MONGE_OPTION_CHOICE, offsetof (MongeMirrorParams, about), 0, 0,
    FALSE, planes, "Where the plane lies: through the middle of the bounding box, or at 0" },
  { NULL },
};
const MongeMirrorParams monge_mirror_defaults = { "x", "middle" };

const MongeOption monge_scale_options[] = {
  { "to", "Scale to", "", MONGE_OPTION_CHOICE, offsetof (MongeScaleParams, to), 0, 0, FALSE, sizes,
    "By the given factor, to a bounding box of diagonal 1, or to centroid size 1 (root mean square "
    "distance from the centroid)" },
  { "factor", "Factor", "", MONGE_OPTION_DOUBLE, offsetof (MongeScaleParams, factor), 1e-9, 1e9,
    TRUE, NULL, "How many times larger, where the scale is by a factor" },
  { "about", "Fixed point", "", MONGE_OPTION_CHOICE, offsetof (MongeScaleParams, about), 0, 0,
    FALSE, fixed_points, "The point that stays where it is" },
  { NULL },
};
const MongeScaleParams monge_scale_defaults = { "factor", 1.0, "middle" };

const MongeOption monge_normalise_options[] = {
  { "to", "Scale to", "", MONGE_OPTION_CHOICE, offsetof (MongeNormaliseParams, to), 0, 0, FALSE,
    sizes + 1,
    "A bounding box of diagonal 1, or centroid size 1 (root mean square distance from the "
    "centroid), which does not depend on how the shape is turned" },
  { NULL },
};
const MongeNormaliseParams monge_normalise_defaults = { "unit-size" };

gboolean
monge_centre_takes (const MongeShape *shape, const char **reason)
{
  return monge_filter_takes_placed (shape, reason);
}

gboolean
monge_mirror_takes (const MongeShape *shape, const char **reason)
{
  return monge_filter_takes_placed (shape, reason);
}

gboolean
monge_scale_takes (const MongeShape *shape, const char **reason)
{
  return monge_filter_takes_placed (shape, reason);
}

gboolean
monge_normalise_takes (const MongeShape *shape, const char **reason)
{
  return monge_filter_takes_placed (shape, reason);
}

/* --- Middles and sizes --- */

static void
find_middle (const MongeShape *shape, double middle[3])
{
  double lower[MONGE_MAX_DIM], upper[MONGE_MAX_DIM];

  monge_shape_get_bounds (shape, lower, upper);
  for (guint k = 0; k < 3; k++)
    middle[k] = k < monge_shape_get_dim (shape) ? 0.5 * lower[k] + 0.5 * upper[k] : 0.0;
}

/* A third of the areas around each vertex, half of the lengths, or 1 each. */
static double *
weigh_vertices (const MongeShape *shape)
{
  gsize n = monge_shape_get_n_vertices (shape);
  double *weights = g_new0 (double, n), sum = 0.0;

  monge_mesh_compute_vertex_sizes (shape, weights);
  for (gsize i = 0; i < n; i++)
    sum += weights[i];
  for (gsize i = 0; i < n && !(isnormal (sum) && isfinite (sum)); i++)
    weights[i] = 1.0;
  return weights;
}

/* The centroid, and the root mean square distance from it; sums are relative to the middle. */
static double
find_centroid (const MongeShape *shape, double centroid[3])
{
  gsize n = monge_shape_get_n_vertices (shape);
  guint dim = MIN (monge_shape_get_dim (shape), 3);
  const double *x = monge_shape_get_positions (shape);
  g_autofree double *weights = weigh_vertices (shape);
  double middle[3], first[3] = { 0 }, second = 0.0, mass = 0.0;

  find_middle (shape, middle);
  for (gsize i = 0; i < n; i++)
    {
      mass += weights[i];
      for (guint k = 0; k < dim; k++)
        {
          double d = x[dim * i + k] - middle[k];

          first[k] += weights[i] * d;
          second += weights[i] * d * d;
        }
    }
  second /= mass;
  for (guint k = 0; k < 3; k++)
    {
      first[k] /= mass;
      second -= first[k] * first[k];
      centroid[k] = middle[k] + first[k];
    }
  return sqrt (MAX (second, 0.0));
}

/* --- Maps --- */

/* x → c + s (x − f) */
static void
set_map (double affine[16], double scale, const double fixed[3], const double to[3])
{
  memset (affine, 0, 16 * sizeof *affine);
  for (int k = 0; k < 3; k++)
    {
      affine[5 * k] = scale;
      affine[4 * k + 3] = to[k] - scale * fixed[k];
    }
  affine[15] = 1.0;
}

/* In the plane the third coordinate stays as it is. */
static MongeShape *
move_by (MongeShape *shape, double affine[16], GError **error)
{
  gboolean is_identity = TRUE;

  if (monge_shape_get_dim (shape) == 2)
    {
      affine[10] = 1.0;
      affine[11] = 0.0;
    }
  for (int k = 0; k < 16; k++)
    is_identity &= affine[k] == (k % 5 == 0 ? 1.0 : 0.0);
  if (is_identity)
    return monge_shape_ref (shape);
  return monge_shape_transformed (shape, affine, error);
}

/* The factor that brings @shape to the size @to names; 0 where it has none. */
static double
find_factor (const MongeShape *shape, const char *to, double factor)
{
  double centroid[3];
  double size;

  if (strcmp (to, "factor") == 0)
    return factor;
  size = strcmp (to, "unit-box") == 0 ? monge_shape_get_diameter (shape)
                                      : find_centroid (shape, centroid);
  return isnormal (size) && isnormal (1.0 / size) ? 1.0 / size : 0.0;
}

static gboolean
check_factor (double factor, GError **error)
{
  if (factor > 0.0)
    return TRUE;
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_EMPTY,
                       "all points are at one place, which has no size to scale; give a factor");
  return FALSE;
}

MongeShape *
monge_centre_apply (MongeShape *shape, gconstpointer data, MongeTask *task, GString *note,
                    GError **error)
{
  const MongeCentreParams *params = data;
  const double origin[3] = { 0 };
  double point[3], affine[16];

  if (strcmp (params->on, "box") == 0)
    find_middle (shape, point);
  else
    find_centroid (shape, point);
  set_map (affine, 1.0, point, origin);
  g_string_append_printf (note, "Moved by (%.6g, %.6g, %.6g).", -point[0], -point[1], -point[2]);
  return move_by (shape, affine, error);
}

MongeShape *
monge_mirror_apply (MongeShape *shape, gconstpointer data, MongeTask *task, GString *note,
                    GError **error)
{
  const MongeMirrorParams *params = data;
  guint axis = (guint) (params->axis[0] - 'x');
  const double origin[3] = { 0 };
  double middle[3], affine[16];

  if (axis >= monge_shape_get_dim (shape))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "the shape lies in the plane and has no %s; mirror x or y", params->axis);
      return NULL;
    }
  find_middle (shape, middle);
  set_map (affine, 1.0, origin, origin);
  affine[5 * axis] = -1.0;
  if (strcmp (params->about, "middle") == 0)
    affine[4 * axis + 3] = 2.0 * middle[axis];
  g_string_append_printf (note, "Mirrored across %s = %.6g.", params->axis,
                          0.5 * affine[4 * axis + 3]);
  return move_by (shape, affine, error);
}

MongeShape *
monge_scale_apply (MongeShape *shape, gconstpointer data, MongeTask *task, GString *note,
                   GError **error)
{
  const MongeScaleParams *params = data;
  double factor = find_factor (shape, params->to, params->factor);
  double point[3] = { 0 }, affine[16];

  if (!check_factor (factor, error))
    return NULL;
  if (strcmp (params->about, "middle") == 0)
    find_middle (shape, point);
  else if (strcmp (params->about, "centroid") == 0)
    find_centroid (shape, point);
  set_map (affine, factor, point, point);
  g_string_append_printf (note, "Scaled by %.6g.", factor);
  return move_by (shape, affine, error);
}

MongeShape *
monge_normalise_apply (MongeShape *shape, gconstpointer data, MongeTask *task, GString *note,
                       GError **error)
{
  const MongeNormaliseParams *params = data;
  double factor = find_factor (shape, params->to, 1.0);
  const double origin[3] = { 0 };
  double point[3], affine[16];

  if (!check_factor (factor, error))
    return NULL;
  find_centroid (shape, point);
  if (strcmp (params->to, "unit-box") == 0)
    find_middle (shape, point);
  set_map (affine, factor, point, origin);
  g_string_append_printf (note, "Moved by (%.6g, %.6g, %.6g) and scaled by %.6g.", -point[0],
                          -point[1], -point[2], factor);
  return move_by (shape, affine, error);
}
