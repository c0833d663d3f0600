#include "compute/measure/measure.h"

#include "compute/shape/mesh.h"

#include <math.h>
#include <string.h>

const char *const monge_weighting_names[] = { "auto", "uniform", "vertex", "cell", NULL };

struct _MongeMeasure {
  gatomicrefcount ref_count;
  gsize n;
  guint dim;
  double *points;
  double *weights;
  double mass;
};

/* Compensated (Neumaier 1974): exact to a few units in the last place for any n. */
static double
sum (const double *values,
     gsize n)
{
  double total = 0.0, lost = 0.0;

  for (gsize i = 0; i < n; i++)
    {
      double next = total + values[i];

      lost += fabs (total) >= fabs (values[i]) ? (total - next) + values[i]
                                               : (values[i] - next) + total;
      total = next;
    }
  return total + lost;
}

static gboolean
check_points (const double *points,
              gsize n,
              guint dim,
              GError **error)
{
  for (gsize i = 0; i < n * dim; i++)
    if (!isfinite (points[i]))
      {
        g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
                     "Coordinate %" G_GSIZE_FORMAT " of point %" G_GSIZE_FORMAT " is not finite",
                     i % dim, i / dim);
        return FALSE;
      }
  return TRUE;
}

static gboolean
check_weights (const double *weights,
               gsize n,
               GError **error)
{
  for (gsize i = 0; i < n; i++)
    if (!(weights[i] >= 0.0 && isfinite (weights[i])))
      {
        g_set_error (error, MONGE_ERROR, isfinite (weights[i]) ? MONGE_ERROR_SIZE : MONGE_ERROR_NAN,
                     "Weight %" G_GSIZE_FORMAT " is %g; weights must be finite and not negative", i,
                     weights[i]);
        return FALSE;
      }
  return TRUE;
}

static gboolean
check_counts (gsize n,
              guint dim,
              GError **error)
{
  if (n == 0)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_EMPTY,
                           "There are no points to carry any mass");
      return FALSE;
    }
  if (dim < 1 || dim > MONGE_MAX_DIM || n > MONGE_MAX_VERTICES)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "%" G_GSIZE_FORMAT " points of dimension %u; dimensions from 1 to %d and at most "
                   "%" G_GSIZE_FORMAT " points are supported",
                   n, dim, MONGE_MAX_DIM, MONGE_MAX_VERTICES);
      return FALSE;
    }
  return TRUE;
}

/* Sets @mass to the sum of @weights and divides by it, twice, so that they add up to 1 in float64
 * to the last place. The largest weight is taken out first: sums of huge weights do not overflow. */
static gboolean
normalise (double *weights,
           gsize n,
           double *mass,
           GError **error)
{
  double largest = 0.0;

  for (gsize i = 0; i < n; i++)
    largest = MAX (largest, weights[i]);
  if (!(largest > 0.0))
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_EMPTY,
                           "All weights are zero: there is no mass to move");
      return FALSE;
    }
  for (gsize i = 0; i < n; i++)
    weights[i] /= largest;
  *mass = largest;
  for (int pass = 0; pass < 2; pass++)
    {
      double total = sum (weights, n);

      if (pass == 0)
        *mass *= total;
      for (gsize i = 0; i < n; i++)
        weights[i] /= total;
    }
  return TRUE;
}

/* Takes ownership of @points and, when given, @weights. */
static MongeMeasure *
measure_take (double *points,
              double *weights,
              gsize n,
              guint dim,
              GError **error)
{
  g_autoptr (MongeMeasure) measure = g_new0 (MongeMeasure, 1);

  g_atomic_ref_count_init (&measure->ref_count);
  measure->n = n;
  measure->dim = dim;
  measure->points = points;
  measure->weights = weights;
  if (!check_counts (n, dim, error) || !check_points (points, n, dim, error))
    return NULL;
  if (weights == NULL)
    {
      measure->weights = g_new (double, n);
      for (gsize i = 0; i < n; i++)
        measure->weights[i] = 1.0 / (double) n;
    }
  if (!check_weights (measure->weights, n, error)
      || !normalise (measure->weights, n, &measure->mass, error))
    return NULL;
  if (weights == NULL)
    measure->mass = 1.0;
  return g_steal_pointer (&measure);
}

MongeMeasure *
monge_measure_new (const double *points,
                   const double *weights,
                   gsize n,
                   guint dim,
                   GError **error)
{
  if (!check_counts (n, dim, error))
    return NULL;
  return measure_take (g_memdup2 (points, n * dim * sizeof (double)),
                       weights != NULL ? g_memdup2 (weights, n * sizeof (double)) : NULL, n, dim,
                       error);
}

static double *
dup_positions (const MongeShape *shape)
{
  return g_memdup2 (monge_shape_get_positions (shape), monge_shape_get_n_vertices (shape)
                                                           * monge_shape_get_dim (shape)
                                                           * sizeof (double));
}

static double *
dup_weight_array (const MongeShape *shape)
{
  const MongeArray *array = monge_shape_find_array (shape, "weight");
  double *weights;

  if (array == NULL || array->n_components != 1)
    return NULL;
  weights = g_new (double, array->n_rows);
  for (gsize i = 0; i < array->n_rows; i++)
    weights[i] = monge_array_get (array, i, 0);
  return weights;
}

/* Centroids weighted by area or length. */
static MongeMeasure *
new_from_cells (const MongeShape *shape,
                GError **error)
{
  guint corners = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE ? 3 : 2;
  gsize n = monge_shape_get_n_cells (shape);
  guint dim = monge_shape_get_dim (shape);
  const guint32 *cells = monge_shape_get_cells (shape);
  const double *x = monge_shape_get_positions (shape);
  double *points, *weights;

  if (n == 0)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_EMPTY,
                           "The shape has no faces or segments to weigh; use uniform weights");
      return NULL;
    }
  points = g_new0 (double, n * dim);
  weights = g_new (double, n);
  for (gsize c = 0; c < n; c++)
    for (guint k = 0; k < corners; k++)
      for (guint d = 0; d < dim; d++)
        points[c * dim + d] += x[(gsize) cells[c * corners + k] * dim + d] / corners;
  monge_mesh_compute_cell_sizes (shape, weights);
  return measure_take (points, weights, n, dim, error);
}

static MongeMeasure *
new_from_vertices (const MongeShape *shape,
                   double *weights,
                   GError **error)
{
  return measure_take (dup_positions (shape), weights, monge_shape_get_n_vertices (shape),
                       monge_shape_get_dim (shape), error);
}

static MongeMeasure *
new_from_vertex_sizes (const MongeShape *shape,
                       GError **error)
{
  double *weights;

  if (monge_shape_get_n_cells (shape) == 0)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_EMPTY,
                           "A cloud has no areas or lengths to weigh; use uniform weights");
      return NULL;
    }
  weights = g_new (double, monge_shape_get_n_vertices (shape));
  monge_mesh_compute_vertex_sizes (shape, weights);
  return new_from_vertices (shape, weights, error);
}

static MongeMeasure *
new_from_weighting (const MongeShape *shape,
                    MongeWeighting weighting,
                    GError **error)
{
  switch (weighting)
    {
    case MONGE_WEIGHTING_AUTO:
      if (monge_shape_get_n_cells (shape) > 0)
        return new_from_vertex_sizes (shape, error);
      return new_from_vertices (shape, dup_weight_array (shape), error);
    case MONGE_WEIGHTING_UNIFORM:
      return new_from_vertices (shape, NULL, error);
    case MONGE_WEIGHTING_VERTEX:
      return new_from_vertex_sizes (shape, error);
    case MONGE_WEIGHTING_CELL:
      return new_from_cells (shape, error);
    default:
      g_return_val_if_reached (NULL);
    }
}

MongeMeasure *
monge_measure_new_from_shape (const MongeShape *shape,
                              MongeWeighting weighting,
                              GError **error)
{
  MongeMeasure *measure;

  g_return_val_if_fail (shape != NULL, NULL);
  measure = new_from_weighting (shape, weighting, error);
  if (measure == NULL)
    g_prefix_error (error, "%s: ", monge_shape_get_name (shape));
  return measure;
}

MongeMeasure *
monge_measure_ref (MongeMeasure *measure)
{
  g_atomic_ref_count_inc (&measure->ref_count);
  return measure;
}

void
monge_measure_unref (MongeMeasure *measure)
{
  if (!g_atomic_ref_count_dec (&measure->ref_count))
    return;
  g_free (measure->points);
  g_free (measure->weights);
  g_free (measure);
}

gsize
monge_measure_get_n (const MongeMeasure *measure)
{
  return measure->n;
}

guint
monge_measure_get_dim (const MongeMeasure *measure)
{
  return measure->dim;
}

const double *
monge_measure_get_points (const MongeMeasure *measure)
{
  return measure->points;
}

const double *
monge_measure_get_weights (const MongeMeasure *measure)
{
  return measure->weights;
}

double
monge_measure_get_mass (const MongeMeasure *measure)
{
  return measure->mass;
}
