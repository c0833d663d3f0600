#include "ui/drawable.h"

#include <math.h>
#include <string.h>

#include "compute/shape/mesh.h"

/* (dim) bounds of @shape, as three coordinates. */
static void
get_bounds (const MongeShape *shape, double lower[3], double upper[3])
{
  double low[MONGE_MAX_DIM] = { 0 }, high[MONGE_MAX_DIM] = { 0 };

  monge_shape_get_bounds (shape, low, high);
  for (guint k = 0; k < 3; k++)
    {
      gboolean present = k < monge_shape_get_dim (shape);

      lower[k] = present ? low[k] : 0.0;
      upper[k] = present ? high[k] : 0.0;
    }
}

void
monge_drawable_get_origin_for (const MongeShape *shape, double origin[3])
{
  double lower[3], upper[3];

  get_bounds (shape, lower, upper);
  for (int k = 0; k < 3; k++)
    origin[k] = 0.5 * (lower[k] + upper[k]);
}

static float *
copy_positions (const MongeShape *shape, const double origin[3])
{
  gsize n = monge_shape_get_n_vertices (shape);
  guint dim = monge_shape_get_dim (shape), shown = MIN (dim, 3);
  const double *x = monge_shape_get_positions (shape);
  float *positions = g_new0 (float, 3 * n);

  for (gsize i = 0; i < n; i++)
    for (guint k = 0; k < shown; k++)
      positions[3 * i + k] = (float) (x[i * dim + k] - origin[k]);
  return positions;
}

static float *
compute_normals (const MongeDrawable *drawable)
{
  float *normals;

  if (monge_shape_get_kind (drawable->shape) != MONGE_SHAPE_SURFACE)
    return NULL;
  normals = g_new0 (float, 3 * drawable->n_vertices);
  monge_mesh_compute_normals (drawable->n_vertices, drawable->positions,
                              monge_shape_get_cells (drawable->shape),
                              monge_shape_get_n_cells (drawable->shape), normals);
  return normals;
}

static gboolean
is_closed (const MongeShape *shape)
{
  MongeMeshReport report;

  if (monge_shape_get_kind (shape) != MONGE_SHAPE_SURFACE || monge_shape_get_dim (shape) != 3)
    return FALSE;
  monge_mesh_describe (shape, &report);
  return report.is_closed && report.is_oriented && report.volume > 0.0;
}

/* As if the points lay on a sheet the size of the box: good enough to start a slider from. */
static float
guess_spacing (const MongeShape *shape)
{
  double n = MAX (1.0, (double) monge_shape_get_n_vertices (shape));
  double spacing = 0.9 * monge_shape_get_diameter (shape) / sqrt (n);
  double digit = spacing > 0.0 ? pow (10.0, floor (log10 (spacing)) - 1.0) : 1.0;

  return (float) (spacing > 0.0 ? round (spacing / digit) * digit : 1.0);
}

MongeDrawable *
monge_drawable_new (MongeShape *shape, const double origin[3])
{
  MongeDrawable *drawable = g_atomic_rc_box_new0 (MongeDrawable);
  double lower[3], upper[3];

  drawable->shape = monge_shape_ref (shape);
  memcpy (drawable->origin, origin, sizeof drawable->origin);
  drawable->n_vertices = monge_shape_get_n_vertices (shape);
  drawable->positions = copy_positions (shape, origin);
  drawable->normals = compute_normals (drawable);
  drawable->is_closed = is_closed (shape);
  drawable->point_spacing = guess_spacing (shape);
  get_bounds (shape, lower, upper);
  for (int k = 0; k < 3; k++)
    {
      drawable->lower[k] = (float) (lower[k] - origin[k]);
      drawable->upper[k] = (float) (upper[k] - origin[k]);
    }
  return drawable;
}

MongeDrawable *
monge_drawable_ref (MongeDrawable *drawable)
{
  return g_atomic_rc_box_acquire (drawable);
}

static void
drawable_clear (gpointer data)
{
  MongeDrawable *drawable = data;

  g_free (drawable->positions);
  g_free (drawable->normals);
  monge_shape_unref (drawable->shape);
}

void
monge_drawable_unref (MongeDrawable *drawable)
{
  g_atomic_rc_box_release_full (drawable, drawable_clear);
}

MongeGeometry *
monge_drawable_upload (const MongeDrawable *drawable)
{
  static const guint cell_sizes[] = { 0, 2, 3 };
  const MongeShape *shape = drawable->shape;
  MongeGeometry *geometry;

  geometry = monge_geometry_new (drawable->n_vertices, monge_shape_get_cells (shape),
                                 monge_shape_get_n_cells (shape),
                                 cell_sizes[monge_shape_get_kind (shape)]);
  monge_geometry_set_positions (geometry, drawable->positions);
  if (drawable->normals != NULL)
    monge_geometry_set_normals (geometry, drawable->normals);
  return geometry;
}
