#include "compute/shape/place.h"

#include <math.h>
#include <string.h>

#include "compute/shape/bytes.h"

/* --- Maps --- */

double
monge_affine_get_determinant (const double m[16])
{
  return m[0] * (m[5] * m[10] - m[6] * m[9]) - m[1] * (m[4] * m[10] - m[6] * m[8])
         + m[2] * (m[4] * m[9] - m[5] * m[8]);
}

void
monge_affine_multiply (const double a[16], const double b[16], double product[16])
{
  double result[16];

  for (int r = 0; r < 4; r++)
    for (int c = 0; c < 4; c++)
      {
        double sum = 0.0;

        for (int k = 0; k < 4; k++)
          sum += a[4 * r + k] * b[4 * k + c];
        result[4 * r + c] = sum;
      }
  memcpy (product, result, sizeof result);
}

/* Row r of the cofactors of the linear part. */
static void
compute_cofactors (const double m[16], double cofactors[9])
{
  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 3; c++)
      {
        int r1 = (r + 1) % 3, r2 = (r + 2) % 3, c1 = (c + 1) % 3, c2 = (c + 2) % 3;

        cofactors[3 * r + c] = m[4 * r1 + c1] * m[4 * r2 + c2] - m[4 * r1 + c2] * m[4 * r2 + c1];
      }
}

gboolean
monge_affine_invert (const double affine[16], double inverse[16])
{
  double cofactors[9], result[16] = { [15] = 1.0 };
  double determinant = monge_affine_get_determinant (affine), scale = 1.0;

  for (int k = 0; k < 16; k++)
    if (!isfinite (affine[k]))
      return FALSE;
  for (int c = 0; c < 3; c++)
    scale *= hypot (hypot (affine[c], affine[4 + c]), affine[8 + c]);
  if (!isnormal (scale) || !(fabs (determinant) > 1e-12 * scale))
    return FALSE;
  compute_cofactors (affine, cofactors);
  for (int r = 0; r < 3; r++)
    {
      for (int c = 0; c < 3; c++)
        result[4 * r + c] = cofactors[3 * c + r] / determinant;
      result[4 * r + 3] = -(result[4 * r] * affine[3] + result[4 * r + 1] * affine[7]
                            + result[4 * r + 2] * affine[11]);
    }
  memcpy (inverse, result, sizeof result);
  return TRUE;
}

/* --- What goes along --- */

static void
take_cells (MongeShapeBuilder *builder, const MongeShape *shape, gboolean turns)
{
  gsize n_cells = monge_shape_get_n_cells (shape);
  MongeShapeKind kind = monge_shape_get_kind (shape);
  guint arity = kind == MONGE_SHAPE_SURFACE ? 3 : 2;
  guint32 *cells;

  if (kind == MONGE_SHAPE_POINTS || n_cells == 0)
    return;
  cells = g_memdup2 (monge_shape_get_cells (shape), arity * n_cells * sizeof *cells);
  for (gsize c = 0; turns && arity == 3 && c < n_cells; c++)
    {
      guint32 second = cells[3 * c + 1];

      cells[3 * c + 1] = cells[3 * c + 2];
      cells[3 * c + 2] = second;
    }
  monge_shape_builder_take_cells (builder, kind, cells, n_cells);
}

/* Rows of three through @m (3 × 3), to their former length if @keeps_length. */
static void
map_rows (double *rows, gsize n, const double m[9], gboolean keeps_length)
{
  for (gsize i = 0; i < n; i++)
    {
      double *v = rows + 3 * i, w[3], scale = 1.0;

      for (int r = 0; r < 3; r++)
        w[r] = m[3 * r] * v[0] + m[3 * r + 1] * v[1] + m[3 * r + 2] * v[2];
      if (keeps_length)
        {
          double before = hypot (hypot (v[0], v[1]), v[2]), after = hypot (hypot (w[0], w[1]), w[2]);

          scale = after > 0.0 ? before / after : 0.0;
        }
      for (int r = 0; r < 3; r++)
        v[r] = scale * w[r];
    }
}

/* Vectors go through the linear part, normals through its cofactors. */
static MongeArray *
map_array (const MongeArray *array, const double affine[16])
{
  MongeArrayRole role = monge_array_guess_role (array);
  gsize size = g_bytes_get_size (array->values);
  double m[9];
  g_autofree double *rows = NULL;
  gpointer values;

  if (role != MONGE_ARRAY_NORMAL && role != MONGE_ARRAY_VECTOR)
    return monge_array_copy (array);
  if (role == MONGE_ARRAY_NORMAL)
    compute_cofactors (affine, m);
  else
    for (int r = 0; r < 3; r++)
      memcpy (m + 3 * r, affine + 4 * r, 3 * sizeof *m);
  if (role == MONGE_ARRAY_NORMAL && monge_affine_get_determinant (affine) < 0.0)
    for (int k = 0; k < 9; k++)
      m[k] = -m[k];
  rows = g_new (double, MAX (3 * array->n_rows, 1));
  monge_bytes_to_doubles (array->type, g_bytes_get_data (array->values, NULL), 3 * array->n_rows,
                          rows, 1);
  map_rows (rows, array->n_rows, m, role == MONGE_ARRAY_NORMAL);
  values = g_malloc (MAX (size, 1));
  monge_bytes_from_doubles (array->type, rows, 1, 3 * array->n_rows, values);
  return monge_array_new (array->name, array->type, 3, array->n_rows,
                          g_bytes_new_take (values, size));
}

static void
take_arrays (MongeShapeBuilder *builder, const MongeShape *shape, const double affine[16])
{
  for (guint k = 0; k < monge_shape_get_n_arrays (shape); k++)
    monge_shape_builder_take_array (builder, map_array (monge_shape_get_array (shape, k), affine));
  for (guint k = 0; k < monge_shape_get_n_cell_arrays (shape); k++)
    monge_shape_builder_take_cell_array (builder,
                                         map_array (monge_shape_get_cell_array (shape, k), affine));
}

/* --- Shapes --- */

/* The shape at @positions, which are taken; the rest by @affine. */
static MongeShape *
place (const MongeShape *shape, double *positions, const double affine[16], GError **error)
{
  MongeShapeBuilder *builder = monge_shape_begin_like (shape);
  double transform[16];

  monge_affine_multiply (affine, monge_shape_get_transform (shape), transform);
  monge_shape_builder_take_positions (builder, positions, monge_shape_get_n_vertices (shape),
                                      monge_shape_get_position_type (shape));
  take_cells (builder, shape, monge_affine_get_determinant (affine) < 0.0);
  take_arrays (builder, shape, affine);
  monge_shape_builder_set_transform (builder, transform);
  return monge_shape_builder_end (builder, error);
}

/* Whether @affine is one, and keeps to the plane that a 2-D shape lies in. */
static gboolean
check_affine (const MongeShape *shape, const double affine[16], GError **error)
{
  guint dim = monge_shape_get_dim (shape);
  double inverse[16];

  if (dim != 2 && dim != 3)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "the points have dimension %u; only shapes in the plane and in space can be "
                   "turned and scaled", dim);
      return FALSE;
    }
  if (!monge_affine_invert (affine, inverse)
      || (dim == 2 && (affine[2] != 0.0 || affine[6] != 0.0 || affine[8] != 0.0 || affine[9] != 0.0)))
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                           "the map is singular or leaves the plane; give one that can be undone");
      return FALSE;
    }
  return TRUE;
}

MongeShape *
monge_shape_transformed (const MongeShape *shape, const double affine[16], GError **error)
{
  guint dim;
  gsize n;
  const double *from;
  double *positions;

  g_return_val_if_fail (shape != NULL && affine != NULL, NULL);
  if (!check_affine (shape, affine, error))
    return NULL;
  dim = monge_shape_get_dim (shape);
  n = monge_shape_get_n_vertices (shape);
  from = monge_shape_get_positions (shape);
  positions = g_new (double, n * dim);
  for (gsize i = 0; i < n; i++)
    for (guint r = 0; r < dim; r++)
      {
        double sum = affine[4 * r + 3];

        for (guint c = 0; c < dim; c++)
          sum += affine[4 * r + c] * from[i * dim + c];
        positions[i * dim + r] = sum;
      }
  return place (shape, positions, affine, error);
}

static void
set_identity (double affine[16])
{
  for (int k = 0; k < 16; k++)
    affine[k] = k % 5 == 0 ? 1.0 : 0.0;
}

MongeShape *
monge_shape_untransformed (MongeShape *shape, GError **error)
{
  double identity[16], inverse[16];

  g_return_val_if_fail (shape != NULL, NULL);
  set_identity (identity);
  if (memcmp (identity, monge_shape_get_transform (shape), sizeof identity) == 0)
    return monge_shape_ref (shape);
  if (monge_affine_invert (monge_shape_get_transform (shape), inverse))
    return monge_shape_transformed (shape, inverse, error);
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                       "what was done to the shape cannot be undone; write it where it is");
  return NULL;
}

MongeShape *
monge_shape_mirrored (const MongeShape *shape, guint axis)
{
  guint dim = monge_shape_get_dim (shape);
  gsize n = monge_shape_get_n_vertices (shape);
  double lower[MONGE_MAX_DIM], upper[MONGE_MAX_DIM], affine[16], *positions;
  MongeShape *mirrored;

  g_return_val_if_fail (axis < dim, NULL);
  monge_shape_get_bounds (shape, lower, upper);
  positions = g_memdup2 (monge_shape_get_positions (shape), n * dim * sizeof *positions);
  for (gsize i = 0; i < n; i++)
    positions[i * dim + axis] = lower[axis] + upper[axis] - positions[i * dim + axis];
  set_identity (affine);
  affine[5 * MIN (axis, 2)] = -1.0;
  if (axis < 3)
    affine[4 * axis + 3] = lower[axis] + upper[axis];
  mirrored = place (shape, positions, affine, NULL);
  g_assert (mirrored != NULL);
  return mirrored;
}
