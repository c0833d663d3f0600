#include "compute/shape/shape-private.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "compute/shape/bytes.h"

typedef MongeShapeBody Body;

const char *const monge_space_names[] = { "unknown", "RAS", "LPS", NULL };

/* --- Bodies --- */

MongeShapeBody *
monge_shape_body_new (const char *name, guint dim)
{
  Body *body = g_atomic_rc_box_new0 (Body);

  body->name = g_strdup (name);
  body->dim = dim;
  body->kind = MONGE_SHAPE_POINTS;
  body->arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);
  body->field_arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);
  body->cell_arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);
  body->repairs = g_ptr_array_new_with_free_func (g_free);
  for (int i = 0; i < 4; i++)
    body->transform[5 * i] = 1.0;
  return body;
}

static GPtrArray *
copy_arrays (const GPtrArray *arrays)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);

  for (guint i = 0; i < arrays->len; i++)
    g_ptr_array_add (copy, monge_array_copy (g_ptr_array_index (arrays, i)));
  return copy;
}

Body *
monge_shape_body_copy (const Body *body)
{
  Body *copy = g_atomic_rc_box_new0 (Body);

  *copy = *body;
  copy->name = g_strdup (body->name);
  copy->unit = g_strdup (body->unit);
  copy->cells_owner = body->cells_owner != NULL ? g_bytes_ref (body->cells_owner) : NULL;
  copy->arrays = copy_arrays (body->arrays);
  copy->cell_arrays = copy_arrays (body->cell_arrays);
  copy->field_arrays = copy_arrays (body->field_arrays);
  copy->repairs = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < body->repairs->len; i++)
    g_ptr_array_add (copy->repairs, g_strdup (g_ptr_array_index (body->repairs, i)));
  return copy;
}

static void
body_clear (gpointer data)
{
  Body *body = data;

  g_free (body->name);
  g_free (body->unit);
  if (body->cells_owner != NULL)
    g_bytes_unref (body->cells_owner);
  else
    g_free (body->cells);
  g_ptr_array_unref (body->arrays);
  g_ptr_array_unref (body->cell_arrays);
  g_ptr_array_unref (body->field_arrays);
  g_ptr_array_unref (body->repairs);
}

void
monge_shape_body_unref (MongeShapeBody *body)
{
  g_atomic_rc_box_release_full (body, body_clear);
}

/* --- Shapes --- */

MongeShape *
monge_shape_ref (MongeShape *shape)
{
  g_return_val_if_fail (shape != NULL, NULL);
  return g_atomic_rc_box_acquire (shape);
}

static void
shape_clear (gpointer data)
{
  MongeShape *shape = data;

  g_free (shape->positions);
  monge_shape_body_unref (shape->body);
}

void
monge_shape_unref (MongeShape *shape)
{
  g_return_if_fail (shape != NULL);
  g_atomic_rc_box_release_full (shape, shape_clear);
}

gsize
monge_shape_extend_bounds (MongeShape *shape, gsize from, gsize to)
{
  guint dim = shape->body->dim;

  for (guint k = 0; from == 0 && k < dim; k++)
    {
      shape->lower[k] = INFINITY;
      shape->upper[k] = -INFINITY;
    }
  for (gsize i = from; i < to; i++)
    for (guint k = 0; k < dim; k++)
      {
        double value = shape->positions[i * dim + k];
        if (!isfinite (value))
          return i;
        shape->lower[k] = MIN (shape->lower[k], value);
        shape->upper[k] = MAX (shape->upper[k], value);
      }
  return to;
}

gsize
monge_shape_update_bounds (MongeShape *shape)
{
  return monge_shape_extend_bounds (shape, 0, shape->body->n_vertices);
}

/* The type that holds moved positions when the file had @type. */
static MongeType
real_type (MongeType type)
{
  switch (type)
    {
    case MONGE_TYPE_INT32:
    case MONGE_TYPE_UINT32:
    case MONGE_TYPE_INT64:
    case MONGE_TYPE_UINT64:
    case MONGE_TYPE_FLOAT64:
      return MONGE_TYPE_FLOAT64;
    default:
      return MONGE_TYPE_FLOAT32;
    }
}

static gboolean
exceeds_float (const double *lower, const double *upper, guint dim)
{
  for (guint k = 0; k < dim; k++)
    if (lower[k] < -FLT_MAX || upper[k] > FLT_MAX)
      return TRUE;
  return FALSE;
}

static gboolean
all_hold (MongeType type, const double *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (!monge_bytes_holds (type, values[i]))
      return FALSE;
  return TRUE;
}

MongeType
monge_shape_find_type (const MongeShape *shape, MongeType type)
{
  const Body *body = shape->body;

  if (type != real_type (type) && !all_hold (type, shape->positions, body->n_vertices * body->dim))
    type = real_type (type);
  if (type == MONGE_TYPE_FLOAT32 && exceeds_float (shape->lower, shape->upper, body->dim))
    type = MONGE_TYPE_FLOAT64;
  return type;
}

/* @positions: transfer full. Takes @body. */
static MongeShape *
shape_new (Body *body, double *positions, MongeType type)
{
  g_autoptr (MongeShape) shape = g_atomic_rc_box_new0 (MongeShape);

  shape->body = body;
  shape->positions = positions;
  g_return_val_if_fail (monge_shape_update_bounds (shape) == body->n_vertices, NULL);
  shape->position_type = monge_shape_find_type (shape, type);
  return g_steal_pointer (&shape);
}

static double *
dup_positions (const Body *body, const double *positions)
{
  return g_memdup2 (positions, body->n_vertices * body->dim * sizeof *positions);
}

MongeShape *
monge_shape_moved (const MongeShape *shape, const double *positions)
{
  g_return_val_if_fail (shape != NULL && positions != NULL, NULL);
  return shape_new (g_atomic_rc_box_acquire (shape->body), dup_positions (shape->body, positions),
                    shape->position_type);
}

MongeShape *
monge_shape_with_arrays (const MongeShape *shape, const GPtrArray *arrays, GError **error)
{
  Body *body;

  g_return_val_if_fail (shape != NULL && arrays != NULL, NULL);
  if (!monge_shape_check_arrays (arrays, shape->body->n_vertices, "vertices", error))
    return NULL;
  body = monge_shape_body_copy (shape->body);
  for (guint i = 0; i < arrays->len; i++)
    {
      const MongeArray *array = g_ptr_array_index (arrays, i);

      for (guint k = 0; k < body->arrays->len; k++)
        if (g_str_equal (((MongeArray *) g_ptr_array_index (body->arrays, k))->name, array->name))
          g_ptr_array_remove_index (body->arrays, k--);
      g_ptr_array_add (body->arrays, monge_array_copy (array));
    }
  return shape_new (body, dup_positions (body, shape->positions), shape->position_type);
}

/* --- Spaces --- */

MongeSpace
monge_shape_get_space (const MongeShape *shape)
{
  return shape->body->space;
}

MongeSpace
monge_shape_get_stored_space (const MongeShape *shape)
{
  return shape->body->stored_space;
}

MongeShape *
monge_shape_with_spaces (MongeShape *shape, MongeSpace space, MongeSpace stored)
{
  Body *body;

  g_return_val_if_fail (shape != NULL, NULL);
  if (shape->body->space == space && shape->body->stored_space == stored)
    return monge_shape_ref (shape);
  body = monge_shape_body_copy (shape->body);
  body->space = space;
  body->stored_space = stored;
  return shape_new (body, dup_positions (body, shape->positions), shape->position_type);
}

static double
turned (double value)
{
  return value == 0.0 ? value : -value;
}

static void
turn_rows (double *rows, gsize n, guint dim)
{
  for (gsize i = 0; i < n; i++)
    for (guint k = 0; k < MIN (dim, 2); k++)
      rows[i * dim + k] = turned (rows[i * dim + k]);
}

static void
turn_arrays (GPtrArray *arrays)
{
  for (guint i = 0; i < arrays->len; i++)
    {
      MongeArray *array = g_ptr_array_index (arrays, i);
      MongeArrayRole role = monge_array_guess_role (array);
      gsize size = g_bytes_get_size (array->values);
      g_autofree double *rows = NULL;
      gpointer values;

      if (role != MONGE_ARRAY_NORMAL && role != MONGE_ARRAY_VECTOR)
        continue;
      rows = g_new (double, 3 * array->n_rows);
      monge_bytes_to_doubles (array->type, g_bytes_get_data (array->values, NULL),
                              3 * array->n_rows, rows, 1);
      turn_rows (rows, array->n_rows, 3);
      values = g_malloc (MAX (size, 1));
      monge_bytes_from_doubles (array->type, rows, 1, 3 * array->n_rows, values);
      g_bytes_unref (array->values);
      array->values = g_bytes_new_take (values, size);
    }
}

MongeShape *
monge_shape_in_space (MongeShape *shape, MongeSpace space)
{
  MongeSpace now;
  double *positions;
  Body *body;

  g_return_val_if_fail (shape != NULL, NULL);
  now = shape->body->space;
  if (now == space || now == MONGE_SPACE_UNKNOWN || space == MONGE_SPACE_UNKNOWN)
    return monge_shape_with_spaces (shape, space, shape->body->stored_space);
  body = monge_shape_body_copy (shape->body);
  body->space = space;
  for (int k = 0; k < 16; k++)
    if ((k / 4 < 2) != (k % 4 < 2))
      body->transform[k] = turned (body->transform[k]);
  turn_arrays (body->arrays);
  turn_arrays (body->cell_arrays);
  positions = dup_positions (body, shape->positions);
  turn_rows (positions, body->n_vertices, body->dim);
  return shape_new (body, positions, shape->position_type);
}

/* --- What it is --- */

const char *
monge_shape_get_name (const MongeShape *shape)
{
  return shape->body->name;
}

MongeShapeKind
monge_shape_get_kind (const MongeShape *shape)
{
  return shape->body->kind;
}

guint
monge_shape_get_dim (const MongeShape *shape)
{
  return shape->body->dim;
}

gsize
monge_shape_get_n_vertices (const MongeShape *shape)
{
  return shape->body->n_vertices;
}

const double *
monge_shape_get_positions (const MongeShape *shape)
{
  return shape->positions;
}

MongeType
monge_shape_get_position_type (const MongeShape *shape)
{
  return shape->position_type;
}

const guint32 *
monge_shape_get_cells (const MongeShape *shape)
{
  return shape->body->cells;
}

gsize
monge_shape_get_n_cells (const MongeShape *shape)
{
  return shape->body->n_cells;
}

const char *
monge_shape_get_unit (const MongeShape *shape)
{
  return shape->body->unit;
}

const double *
monge_shape_get_transform (const MongeShape *shape)
{
  return shape->body->transform;
}

void
monge_shape_get_bounds (const MongeShape *shape, double *lower, double *upper)
{
  memcpy (lower, shape->lower, shape->body->dim * sizeof *lower);
  memcpy (upper, shape->upper, shape->body->dim * sizeof *upper);
}

double
monge_shape_get_diameter (const MongeShape *shape)
{
  double diameter = 0.0;

  for (guint k = 0; k < shape->body->dim; k++)
    diameter = hypot (diameter, shape->upper[k] - shape->lower[k]);
  return diameter;
}

guint
monge_shape_get_n_arrays (const MongeShape *shape)
{
  return shape->body->arrays->len;
}

const MongeArray *
monge_shape_get_array (const MongeShape *shape, guint index)
{
  g_return_val_if_fail (index < shape->body->arrays->len, NULL);
  return g_ptr_array_index (shape->body->arrays, index);
}

const MongeArray *
monge_shape_find_array (const MongeShape *shape, const char *name)
{
  for (guint i = 0; i < shape->body->arrays->len; i++)
    {
      const MongeArray *array = g_ptr_array_index (shape->body->arrays, i);
      if (g_str_equal (array->name, name))
        return array;
    }
  return NULL;
}

guint
monge_shape_get_n_cell_arrays (const MongeShape *shape)
{
  return shape->body->cell_arrays->len;
}

const MongeArray *
monge_shape_get_cell_array (const MongeShape *shape, guint index)
{
  g_return_val_if_fail (index < shape->body->cell_arrays->len, NULL);
  return g_ptr_array_index (shape->body->cell_arrays, index);
}

guint
monge_shape_get_n_field_arrays (const MongeShape *shape)
{
  return shape->body->field_arrays->len;
}

const MongeArray *
monge_shape_get_field_array (const MongeShape *shape, guint index)
{
  g_return_val_if_fail (index < shape->body->field_arrays->len, NULL);
  return g_ptr_array_index (shape->body->field_arrays, index);
}

const char *const *
monge_shape_get_repairs (const MongeShape *shape)
{
  return (const char *const *) shape->body->repairs->pdata;
}

