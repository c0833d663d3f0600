#include "compute/shape/shape.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "compute/shape/bytes.h"

/* What a shape and those moved from it have in common. Immutable. */
typedef struct {
  char *name;
  char *unit;
  MongeShapeKind kind;
  guint dim;
  gsize n_vertices, n_cells;
  guint32 *cells;
  GPtrArray *arrays, *cell_arrays; /* of MongeArray */
  GPtrArray *repairs;              /* of char *, NULL-terminated */
  double transform[16];
} Body;

struct _MongeShape {
  Body *body;
  double *positions;
  MongeType position_type;
  double lower[MONGE_MAX_DIM], upper[MONGE_MAX_DIM];
};

struct _MongeShapeBuilder {
  Body *body;
  double *positions;
  MongeType position_type;
};

/* --- Arrays --- */

gsize
monge_type_get_size (MongeType type)
{
  static const guint8 sizes[] = {
    [MONGE_TYPE_INT8] = 1,  [MONGE_TYPE_UINT8] = 1,  [MONGE_TYPE_INT16] = 2,
    [MONGE_TYPE_UINT16] = 2, [MONGE_TYPE_INT32] = 4, [MONGE_TYPE_UINT32] = 4,
    [MONGE_TYPE_FLOAT32] = 4, [MONGE_TYPE_FLOAT64] = 8,
  };

  g_return_val_if_fail ((guint) type < G_N_ELEMENTS (sizes), 1);
  return sizes[type];
}

MongeArray *
monge_array_new (const char *name, MongeType type, guint n_components, gsize n_rows,
                 GBytes *values)
{
  MongeArray *array;

  g_return_val_if_fail (name != NULL && values != NULL && n_components > 0, NULL);
  g_return_val_if_fail (g_bytes_get_size (values)
                          == n_rows * n_components * monge_type_get_size (type), NULL);
  array = g_new (MongeArray, 1);
  *array = (MongeArray){ .name = g_utf8_make_valid (name, -1), .type = type,
                         .n_components = n_components, .n_rows = n_rows, .values = values };
  return array;
}

MongeArray *
monge_array_copy (const MongeArray *array)
{
  return monge_array_new (array->name, array->type, array->n_components, array->n_rows,
                          g_bytes_ref (array->values));
}

void
monge_array_free (MongeArray *array)
{
  if (array == NULL)
    return;
  g_bytes_unref (array->values);
  g_free (array->name);
  g_free (array);
}

double
monge_array_get (const MongeArray *array, gsize row, guint component)
{
  const guint8 *values = g_bytes_get_data (array->values, NULL);

  g_return_val_if_fail (row < array->n_rows && component < array->n_components, NAN);
  return monge_bytes_get (array->type, values + (row * array->n_components + component)
                                                  * monge_type_get_size (array->type));
}

/* --- Bodies --- */

static Body *
body_new (const char *name, guint dim)
{
  Body *body = g_atomic_rc_box_new0 (Body);

  body->name = g_strdup (name);
  body->dim = dim;
  body->kind = MONGE_SHAPE_POINTS;
  body->arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);
  body->cell_arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);
  body->repairs = g_ptr_array_new_with_free_func (g_free);
  for (int i = 0; i < 4; i++)
    body->transform[5 * i] = 1.0;
  return body;
}

static void
body_clear (gpointer data)
{
  Body *body = data;

  g_free (body->name);
  g_free (body->unit);
  g_free (body->cells);
  g_ptr_array_unref (body->arrays);
  g_ptr_array_unref (body->cell_arrays);
  g_ptr_array_unref (body->repairs);
}

static void
body_unref (Body *body)
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
  body_unref (shape->body);
}

void
monge_shape_unref (MongeShape *shape)
{
  g_return_if_fail (shape != NULL);
  g_atomic_rc_box_release_full (shape, shape_clear);
}

/* Bounds of @n × @dim finite values; returns the first row that is not finite, or @n. */
static gsize
compute_bounds (const double *positions, gsize n, guint dim, double *lower, double *upper)
{
  for (guint k = 0; k < dim; k++)
    {
      lower[k] = INFINITY;
      upper[k] = -INFINITY;
    }
  for (gsize i = 0; i < n; i++)
    for (guint k = 0; k < dim; k++)
      {
        double value = positions[i * dim + k];
        if (!isfinite (value))
          return i;
        lower[k] = MIN (lower[k], value);
        upper[k] = MAX (upper[k], value);
      }
  return n;
}

/* The type that holds moved positions when the file had @type. */
static MongeType
real_type (MongeType type)
{
  switch (type)
    {
    case MONGE_TYPE_INT32:
    case MONGE_TYPE_UINT32:
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

/* A type in which the positions can be written, as near to @type as they allow. */
static MongeType
fitting_type (MongeType type, const MongeShape *shape)
{
  const Body *body = shape->body;

  if (type != real_type (type) && !all_hold (type, shape->positions, body->n_vertices * body->dim))
    type = real_type (type);
  if (type == MONGE_TYPE_FLOAT32 && exceeds_float (shape->lower, shape->upper, body->dim))
    type = MONGE_TYPE_FLOAT64;
  return type;
}

MongeShape *
monge_shape_moved (const MongeShape *shape, const double *positions)
{
  g_autoptr (MongeShape) moved = NULL;
  const Body *body;

  g_return_val_if_fail (shape != NULL && positions != NULL, NULL);
  body = shape->body;
  moved = g_atomic_rc_box_new0 (MongeShape);
  moved->body = g_atomic_rc_box_acquire (shape->body);
  moved->positions = g_memdup2 (positions, body->n_vertices * body->dim * sizeof *positions);
  g_return_val_if_fail (compute_bounds (positions, body->n_vertices, body->dim, moved->lower,
                                        moved->upper) == body->n_vertices, NULL);
  moved->position_type = fitting_type (shape->position_type, moved);
  return g_steal_pointer (&moved);
}

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

const char *const *
monge_shape_get_repairs (const MongeShape *shape)
{
  return (const char *const *) shape->body->repairs->pdata;
}

/* --- Builders --- */

MongeShapeBuilder *
monge_shape_builder_new (const char *name, guint dim)
{
  MongeShapeBuilder *builder;

  g_return_val_if_fail (name != NULL, NULL);
  builder = g_new0 (MongeShapeBuilder, 1);
  builder->body = body_new (name, dim);
  builder->position_type = MONGE_TYPE_FLOAT64;
  return builder;
}

void
monge_shape_builder_free (MongeShapeBuilder *builder)
{
  if (builder == NULL)
    return;
  g_clear_pointer (&builder->body, body_unref);
  g_free (builder->positions);
  g_free (builder);
}

void
monge_shape_builder_take_positions (MongeShapeBuilder *builder, double *positions,
                                    gsize n_vertices, MongeType stored_as)
{
  g_free (builder->positions);
  builder->positions = positions;
  builder->body->n_vertices = n_vertices;
  builder->position_type = stored_as;
}

void
monge_shape_builder_take_cells (MongeShapeBuilder *builder, MongeShapeKind kind, guint32 *cells,
                                gsize n_cells)
{
  g_free (builder->body->cells);
  builder->body->kind = kind;
  builder->body->cells = cells;
  builder->body->n_cells = kind == MONGE_SHAPE_POINTS ? 0 : n_cells;
}

void
monge_shape_builder_take_array (MongeShapeBuilder *builder, MongeArray *array)
{
  g_return_if_fail (array != NULL);
  g_ptr_array_add (builder->body->arrays, array);
}

void
monge_shape_builder_take_cell_array (MongeShapeBuilder *builder, MongeArray *array)
{
  g_return_if_fail (array != NULL);
  g_ptr_array_add (builder->body->cell_arrays, array);
}

void
monge_shape_builder_set_unit (MongeShapeBuilder *builder, const char *unit)
{
  g_free (builder->body->unit);
  builder->body->unit = g_strdup (unit);
}

void
monge_shape_builder_set_transform (MongeShapeBuilder *builder, const double transform[16])
{
  memcpy (builder->body->transform, transform, sizeof builder->body->transform);
}

void
monge_shape_builder_add_repair (MongeShapeBuilder *builder, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (builder->body->repairs, g_strdup_vprintf (format, args));
  va_end (args);
}

static guint
kind_arity (MongeShapeKind kind)
{
  return kind == MONGE_SHAPE_SURFACE ? 3 : kind == MONGE_SHAPE_CURVES ? 2 : 0;
}

static const char *
kind_noun (MongeShapeKind kind)
{
  return kind == MONGE_SHAPE_SURFACE ? "face" : "segment";
}

static gboolean
check_sizes (const Body *body, GError **error)
{
  if (body->dim < 1 || body->dim > MONGE_MAX_DIM)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "points of dimension %u; this program takes 1 to %d coordinates per point",
                   body->dim, MONGE_MAX_DIM);
      return FALSE;
    }
  if (body->n_vertices == 0)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_EMPTY,
                           "there is no vertex in it; give a shape with at least one point");
      return FALSE;
    }
  if (body->n_vertices > MONGE_MAX_VERTICES)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "%" G_GSIZE_FORMAT " vertices; this program takes at most %" G_GSIZE_FORMAT
                   ", thin the shape out", body->n_vertices, MONGE_MAX_VERTICES);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_arrays (const GPtrArray *arrays, gsize n_rows, const char *what, GError **error)
{
  for (guint i = 0; i < arrays->len; i++)
    {
      const MongeArray *array = g_ptr_array_index (arrays, i);
      if (array->n_rows == n_rows)
        continue;
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "the array “%s” has %" G_GSIZE_FORMAT " rows, the shape has %" G_GSIZE_FORMAT
                   " %s; they must agree", array->name, array->n_rows, n_rows, what);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_positions (MongeShape *shape, GError **error)
{
  const Body *body = shape->body;
  gsize bad = compute_bounds (shape->positions, body->n_vertices, body->dim, shape->lower,
                              shape->upper);
  g_autoptr (GString) text = NULL;

  if (bad == body->n_vertices)
    return TRUE;
  text = g_string_new (NULL);
  for (guint k = 0; k < body->dim; k++)
    g_string_append_printf (text, "%s%g", k > 0 ? ", " : "", shape->positions[bad * body->dim + k]);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
               "vertex %" G_GSIZE_FORMAT " (counted from 0) is not finite: (%s); remove it or "
               "repair the program that wrote it", bad, text->str);
  return FALSE;
}

static gboolean
is_degenerate (const guint32 *cell, guint arity)
{
  return cell[0] == cell[1] || (arity == 3 && (cell[1] == cell[2] || cell[2] == cell[0]));
}

/* Every index in range; counts the cells that use a vertex twice. */
static gboolean
check_cells (const Body *body, gsize *n_degenerate, gsize *first, GError **error)
{
  guint arity = kind_arity (body->kind);

  *n_degenerate = 0;
  for (gsize i = 0; i < body->n_cells; i++)
    {
      const guint32 *cell = body->cells + i * arity;
      for (guint k = 0; k < arity; k++)
        if (cell[k] >= body->n_vertices)
          {
            g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                         "%s %" G_GSIZE_FORMAT " uses vertex %u, but there are only %"
                         G_GSIZE_FORMAT " (counted from 0); the file is damaged",
                         kind_noun (body->kind), i, cell[k], body->n_vertices);
            return FALSE;
          }
      if (is_degenerate (cell, arity) && (*n_degenerate)++ == 0)
        *first = i;
    }
  return TRUE;
}

/* The rows of @array whose cell is kept. */
static MongeArray *
filter_array (const Body *body, const MongeArray *array, gsize n_kept)
{
  gsize row_size = array->n_components * monge_type_get_size (array->type), row = 0;
  const guint8 *values = g_bytes_get_data (array->values, NULL);
  guint8 *kept = g_malloc (MAX (n_kept * row_size, 1));
  guint arity = kind_arity (body->kind);

  for (gsize i = 0; i < body->n_cells; i++)
    if (!is_degenerate (body->cells + i * arity, arity))
      memcpy (kept + row++ * row_size, values + i * row_size, row_size);
  return monge_array_new (array->name, array->type, array->n_components, n_kept,
                          g_bytes_new_take (kept, n_kept * row_size));
}

static void
drop_degenerate_cells (Body *body, gsize n_dropped)
{
  guint arity = kind_arity (body->kind);
  gsize n_kept = 0;

  for (guint i = 0; i < body->cell_arrays->len; i++)
    {
      MongeArray *array = g_ptr_array_index (body->cell_arrays, i);
      body->cell_arrays->pdata[i] = filter_array (body, array, body->n_cells - n_dropped);
      monge_array_free (array);
    }
  for (gsize i = 0; i < body->n_cells; i++)
    if (!is_degenerate (body->cells + i * arity, arity))
      memmove (body->cells + arity * n_kept++, body->cells + arity * i,
               arity * sizeof *body->cells);
  body->n_cells = n_kept;
}

/* Cells that came to nothing leave a cloud of points. */
static void
become_points (Body *body)
{
  if (body->kind != MONGE_SHAPE_POINTS && body->cell_arrays->len > 0)
    g_ptr_array_set_size (body->cell_arrays, 0);
  body->kind = MONGE_SHAPE_POINTS;
  body->n_cells = 0;
  g_clear_pointer (&body->cells, g_free);
}

static gboolean
finish_cells (MongeShapeBuilder *builder, GError **error)
{
  Body *body = builder->body;
  gsize n_degenerate = 0, first = 0;

  if (body->kind != MONGE_SHAPE_POINTS && !check_cells (body, &n_degenerate, &first, error))
    return FALSE;
  if (n_degenerate > 0)
    {
      monge_shape_builder_add_repair (builder,
                                      "%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " %ss used a "
                                      "vertex twice and were dropped, first %s %" G_GSIZE_FORMAT
                                      " (counted from 0)", n_degenerate, body->n_cells,
                                      kind_noun (body->kind), kind_noun (body->kind), first);
      drop_degenerate_cells (body, n_degenerate);
      if (body->n_cells == 0)
        monge_shape_builder_add_repair (builder, "no %s was left: taken as a cloud of points",
                                        kind_noun (body->kind));
    }
  if (body->n_cells == 0)
    become_points (body);
  return TRUE;
}

static gboolean
finish (MongeShapeBuilder *builder, MongeShape *shape, GError **error)
{
  Body *body = builder->body;

  if (!check_sizes (body, error) || !check_positions (shape, error)
      || !check_arrays (body->arrays, body->n_vertices, "vertices", error)
      || !check_arrays (body->cell_arrays, body->n_cells, "cells", error)
      || !finish_cells (builder, error))
    return FALSE;
  g_ptr_array_add (body->repairs, NULL);
  shape->position_type = fitting_type (builder->position_type, shape);
  return TRUE;
}

MongeShape *
monge_shape_builder_end (MongeShapeBuilder *builder, GError **error)
{
  g_autoptr (MongeShapeBuilder) owned = builder;
  g_autoptr (MongeShape) shape = NULL;

  g_return_val_if_fail (builder != NULL, NULL);
  shape = g_atomic_rc_box_new0 (MongeShape);
  shape->body = g_atomic_rc_box_acquire (builder->body);
  shape->positions = g_steal_pointer (&builder->positions);
  if (!finish (owned, shape, error))
    return NULL;
  return g_steal_pointer (&shape);
}
