/* Fewer points that stand for the same mass. Which ones is decided in thin.c; here each of those
 * that go gives its mass to the nearest that stays. */
#include "compute/filter/filter-private.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "compute/core/random.h"
#include "compute/filter/thin.h"
#include "compute/neighbours/neighbours.h"
#include "compute/shape/bytes.h"
#include "compute/shape/mesh.h"

#define WEIGHT "weight"

static const char *const methods[] = { "farthest", "grid", "poisson", "area", "random", NULL };

const MongeOption monge_subsample_options[] = {
  { "method", "Method", "", MONGE_OPTION_CHOICE, offsetof (MongeSubsampleParams, method), 0, 0,
    FALSE, methods,
    "farthest covers the shape best; grid keeps one point per cube; poisson draws "
    "points that keep a distance; area draws new points on the surface, uniformly; random draws "
    "vertices" },
  { "points", "Points", "", MONGE_OPTION_INT, offsetof (MongeSubsampleParams, points), 1, 1e9, TRUE,
    NULL, "How many to keep; a grid keeps up to as many" },
  { "spacing", "Spacing", "length", MONGE_OPTION_DOUBLE, offsetof (MongeSubsampleParams, spacing),
    0, INFINITY, TRUE, NULL,
    "How far apart points are to be, instead of how many (0: as many as asked "
    "for); no matter for area and random" },
  { "seed", "Seed", "", MONGE_OPTION_INT, offsetof (MongeSubsampleParams, seed), 0, 1e9, FALSE,
    NULL, "Another number draws other points" },
  { NULL },
};
const MongeSubsampleParams monge_subsample_defaults = { "farthest", 1000, 0.0, 0 };

gboolean
monge_subsample_takes (const MongeShape *shape, const char **reason)
{
  return monge_filter_takes_all (shape, reason);
}

/* --- Mass --- */

/* Of a cloud that has weights, these; else areas or lengths around vertices, or 1 each. */
static double *
find_masses (const MongeShape *shape)
{
  gsize n = monge_shape_get_n_vertices (shape);
  double *masses = g_new (double, n);
  const MongeArray *weights = NULL;

  if (monge_shape_get_n_cells (shape) > 0)
    {
      monge_mesh_compute_vertex_sizes (shape, masses);
      return masses;
    }
  weights = monge_shape_find_array (shape, WEIGHT);
  if (weights != NULL && weights->n_components != 1)
    weights = NULL;
  for (gsize i = 0; i < n; i++)
    masses[i] = weights != NULL ? monge_array_get (weights, i, 0) : 1.0;
  return masses;
}

static float *
to_floats (const MongeShape *shape)
{
  gsize n = monge_shape_get_n_vertices (shape);
  guint dim = monge_shape_get_dim (shape);
  const double *x = monge_shape_get_positions (shape);
  double lower[MONGE_MAX_DIM], upper[MONGE_MAX_DIM], scale = 1.0;
  float *values = g_new (float, n * dim);

  monge_shape_get_bounds (shape, lower, upper);
  if (isnormal (monge_shape_get_diameter (shape)) && isfinite (monge_shape_get_diameter (shape)))
    scale = 1.0 / monge_shape_get_diameter (shape);
  for (gsize i = 0; i < n * dim; i++)
    values[i] = (float) ((x[i] - lower[i % dim]) * scale);
  return values;
}

/* Sums the masses of all vertices at the kept one that is nearest. */
static double *
gather_masses (const MongeShape *shape, const guint32 *rows, gsize n_rows, MongeTask *task,
               GError **error)
{
  gsize n = monge_shape_get_n_vertices (shape);
  guint dim = monge_shape_get_dim (shape);
  g_autofree float *all = to_floats (shape), *kept = g_new (float, n_rows * dim);
  g_autofree gint32 *nearest = g_new (gint32, n);
  g_autofree double *masses = find_masses (shape);
  g_autoptr (MongeNeighbours) tree = NULL;
  double *gathered;

  for (gsize i = 0; i < n_rows; i++)
    memcpy (kept + i * dim, all + (gsize) rows[i] * dim, dim * sizeof *all);
  tree = monge_neighbours_new (kept, n_rows, dim, 0, task, error);
  if (tree == NULL
      || !monge_neighbours_find (tree, all, n, 1, FALSE, nearest, NULL, 0, task, error))
    return NULL;
  gathered = g_new0 (double, n_rows);
  for (gsize i = 0; i < n; i++)
    gathered[nearest[i]] += masses[i];
  return gathered;
}

static MongeArray *
make_weights (double *masses, gsize n)
{
  return monge_array_new (WEIGHT, MONGE_TYPE_FLOAT64, 1, n,
                          g_bytes_new_take (masses, n * sizeof *masses));
}

/* --- Vertices that stay --- */

typedef gsize (*ThinFunc) (MongeThinning *thinning, MongeTask *task, GError **error);

static ThinFunc
find_rule (const char *method)
{
  static const ThinFunc rules[] = { monge_thin_farthest, monge_thin_grid, monge_thin_poisson, NULL,
                                    monge_thin_random };

  for (guint k = 0; methods[k] != NULL; k++)
    if (strcmp (methods[k], method) == 0)
      return rules[k];
  g_return_val_if_reached (NULL);
}

static guint32 *
choose_rows (const MongeShape *shape, const MongeSubsampleParams *params, gsize *n_rows,
             MongeTask *task, GError **error)
{
  gsize n = monge_shape_get_n_vertices (shape);
  g_autofree guint8 *is_kept = g_malloc (n);
  MongeThinning thinning = { monge_shape_get_positions (shape), n, monge_shape_get_dim (shape),
                             (gsize) params->points, params->spacing, (guint64) params->seed,
                             is_kept };
  guint32 *rows;

  if (params->spacing == 0.0 && (gsize) params->points >= n)
    {
      memset (is_kept, TRUE, n);
      *n_rows = n;
    }
  else
    *n_rows = find_rule (params->method) (&thinning, task, error);
  if (*n_rows == 0)
    return NULL;
  rows = g_new (guint32, *n_rows);
  *n_rows = 0;
  for (gsize i = 0; i < n; i++)
    if (is_kept[i])
      rows[(*n_rows)++] = (guint32) i;
  return rows;
}

/* Arrays of the rows and the new weights, in place of an array of that name. */
static MongeShape *
build_rows (const MongeShape *shape, const guint32 *rows, gsize n_rows, double *masses,
            GError **error)
{
  g_autoptr (MongeShape) cloud = monge_filter_pick (shape, rows, n_rows, NULL, 0, NULL, error);
  g_autoptr (GPtrArray) arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);

  g_ptr_array_add (arrays, make_weights (masses, n_rows));
  return cloud != NULL ? monge_shape_with_arrays (cloud, arrays, error) : NULL;
}

static MongeShape *
keep_vertices (MongeShape *shape, const MongeSubsampleParams *params, MongeTask *task,
               GString *note, GError **error)
{
  gsize n_rows;
  g_autofree guint32 *rows = choose_rows (shape, params, &n_rows, task, error);
  double *masses;

  if (rows == NULL)
    return NULL;
  g_string_append_printf (note, "Kept %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " points (%s).",
                          n_rows, monge_shape_get_n_vertices (shape), params->method);
  if (n_rows == monge_shape_get_n_vertices (shape) && monge_shape_get_n_cells (shape) == 0)
    return monge_shape_ref (shape);
  masses = gather_masses (shape, rows, n_rows, task, error);
  if (masses == NULL)
    return NULL;
  monge_filter_tell_lost_cell_arrays (shape, note);
  return build_rows (shape, rows, n_rows, masses, error);
}

/* --- New points on the surface --- */

/* One in each of n equal parts of the area, in the order of the cells. Barycentric coordinates by
 * folding the unit square. */
static void
draw_in_cells (const double *sizes, gsize n_cells, double total, guint arity, guint64 seed, gsize n,
               guint32 *cells, double *shares)
{
  MongeRandom random;
  double before = 0.0;
  gsize c = 0;

  monge_random_init (&random, seed);
  for (gsize i = 0; i < n; i++)
    {
      double wanted = ((double) i + monge_random_uniform (&random)) / (double) n * total;
      double u = monge_random_uniform (&random), v = 0.0;

      while (c + 1 < n_cells && before + sizes[c] <= wanted)
        before += sizes[c++];
      if (arity == 3)
        {
          v = monge_random_uniform (&random);
          if (u + v > 1.0)
            {
              u = 1.0 - u;
              v = 1.0 - v;
            }
          shares[3 * i + 2] = v;
        }
      cells[i] = (guint32) c;
      shares[arity * i] = 1.0 - u - v;
      shares[arity * i + 1] = u;
    }
}

static void
place_in_cells (const MongeShape *shape, guint arity, const guint32 *cells, const double *shares,
                gsize n, double *points)
{
  const guint32 *corners = monge_shape_get_cells (shape);
  const double *x = monge_shape_get_positions (shape);
  guint dim = monge_shape_get_dim (shape);

  memset (points, 0, n * dim * sizeof *points);
  for (gsize i = 0; i < n; i++)
    for (guint k = 0; k < arity; k++)
      for (guint d = 0; d < dim; d++)
        points[i * dim + d] += shares[arity * i + k]
                               * x[(gsize) corners[arity * (gsize) cells[i] + k] * dim + d];
}

/* Arrays of cells come along as arrays of points, unless there is one of that name. */
static void
carry_cell_arrays (MongeShapeBuilder *builder, const MongeShape *shape, const guint32 *cells,
                   gsize n)
{
  for (guint k = 0; k < monge_shape_get_n_cell_arrays (shape); k++)
    {
      const MongeArray *array = monge_shape_get_cell_array (shape, k);

      if (monge_shape_find_array (shape, array->name) == NULL && strcmp (array->name, WEIGHT) != 0)
        monge_shape_builder_take_array (builder, monge_filter_pick_rows (array, cells, n));
    }
}

static MongeShape *
build_drawn (const MongeShape *shape, guint arity, const guint32 *cells, const double *shares,
             gsize n, double mass, GError **error)
{
  g_autoptr (GPtrArray) arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);
  MongeShapeBuilder *builder = monge_shape_begin_like (shape);
  double *points = g_new (double, n * monge_shape_get_dim (shape)), *masses = g_new (double, n);
  g_autoptr (MongeShape) cloud = NULL;

  place_in_cells (shape, arity, cells, shares, n, points);
  for (gsize i = 0; i < n; i++)
    masses[i] = mass / (double) n;
  monge_shape_builder_take_positions (builder, points, n, monge_shape_get_position_type (shape));
  monge_filter_carry (builder, shape, cells, shares, n);
  carry_cell_arrays (builder, shape, cells, n);
  cloud = monge_shape_builder_end (builder, error);
  g_ptr_array_add (arrays, make_weights (masses, n));
  return cloud != NULL ? monge_shape_with_arrays (cloud, arrays, error) : NULL;
}

static MongeShape *
draw_points (MongeShape *shape, const MongeSubsampleParams *params, GString *note, GError **error)
{
  gsize n_cells = monge_shape_get_n_cells (shape), n = (gsize) params->points;
  guint arity = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE ? 3 : 2;
  g_autofree double *sizes = g_new (double, n_cells), *shares = NULL;
  g_autofree guint32 *cells = NULL;
  double total = 0.0;

  monge_mesh_compute_cell_sizes (shape, sizes);
  for (gsize c = 0; c < n_cells; c++)
    total += sizes[c];
  cells = g_try_new (guint32, n);
  shares = g_try_new (double, 3 * n);
  if (!(total > 0.0 && isfinite (total)) || cells == NULL || shares == NULL)
    {
      g_set_error_literal (error, MONGE_ERROR, total > 0.0 ? MONGE_ERROR_SIZE : MONGE_ERROR_EMPTY,
                           total > 0.0 ? "so many points do not fit into memory; ask for fewer"
                                       : "the cells have no size to draw points from; use random");
      return NULL;
    }
  draw_in_cells (sizes, n_cells, total, arity, (guint64) params->seed, n, cells, shares);
  g_string_append_printf (note, "Drew %" G_GSIZE_FORMAT " points, uniformly by %s.", n,
                          arity == 3 ? "area" : "length");
  return build_drawn (shape, arity, cells, shares, n, total, error);
}

MongeShape *
monge_subsample_apply (MongeShape *shape, gconstpointer data, MongeTask *task, GString *note,
                       GError **error)
{
  const MongeSubsampleParams *params = data;

  if (strcmp (params->method, "area") == 0 && monge_shape_get_n_cells (shape) > 0)
    return draw_points (shape, params, note, error);
  if (strcmp (params->method, "area") == 0)
    {
      MongeSubsampleParams random = *params;

      random.method = "random";
      return keep_vertices (shape, &random, task, note, error);
    }
  return keep_vertices (shape, params, task, note, error);
}
