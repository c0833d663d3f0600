#include "compute/shape/shape-private.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "compute/shape/bytes.h"

#define ROWS_PER_POLL ((gsize) 1 << 18)

typedef MongeShapeBody Body;

struct _MongeShapeBuilder {
  Body *body;
  double *positions;
  MongeType position_type;
  gboolean drops_bad_vertices;
  MongeTask *task;
};

/* --- Builders --- */

MongeShapeBuilder *
monge_shape_builder_new (const char *name, guint dim)
{
  MongeShapeBuilder *builder;

  g_return_val_if_fail (name != NULL, NULL);
  builder = g_new0 (MongeShapeBuilder, 1);
  builder->body = monge_shape_body_new (name, dim);
  builder->position_type = MONGE_TYPE_FLOAT64;
  return builder;
}

MongeShapeBuilder *
monge_shape_begin_like (const MongeShape *shape)
{
  const Body *like;
  MongeShapeBuilder *builder;
  Body *body;

  g_return_val_if_fail (shape != NULL, NULL);
  like = shape->body;
  builder = monge_shape_builder_new (like->name, like->dim);
  body = builder->body;
  body->unit = g_strdup (like->unit);
  body->space = like->space;
  body->stored_space = like->stored_space;
  memcpy (body->transform, like->transform, sizeof body->transform);
  for (guint i = 0; i < like->field_arrays->len; i++)
    g_ptr_array_add (body->field_arrays,
                     monge_array_copy (g_ptr_array_index (like->field_arrays, i)));
  for (guint i = 0; i + 1 < like->repairs->len; i++)
    g_ptr_array_add (body->repairs, g_strdup (g_ptr_array_index (like->repairs, i)));
  return builder;
}

void
monge_shape_builder_free (MongeShapeBuilder *builder)
{
  if (builder == NULL)
    return;
  g_clear_pointer (&builder->body, monge_shape_body_unref);
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
monge_shape_builder_take_field_array (MongeShapeBuilder *builder, MongeArray *array)
{
  g_return_if_fail (array != NULL);
  g_ptr_array_add (builder->body->field_arrays, array);
}

void
monge_shape_builder_set_drops_bad_vertices (MongeShapeBuilder *builder, gboolean drops)
{
  builder->drops_bad_vertices = drops;
}

void
monge_shape_builder_set_task (MongeShapeBuilder *builder, MongeTask *task)
{
  builder->task = task;
}

void
monge_shape_builder_set_space (MongeShapeBuilder *builder, MongeSpace space)
{
  builder->body->space = builder->body->stored_space = space;
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

gboolean
monge_shape_check_arrays (const GPtrArray *arrays, gsize n_rows, const char *what,
                          GError **error)
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
check_positions (MongeShape *shape, MongeTask *task, GError **error)
{
  const Body *body = shape->body;
  gsize bad = 0, end = 0;
  g_autoptr (GString) text = NULL;

  while (bad == end && end < body->n_vertices)
    {
      gsize from = end;
      end = MIN (from + ROWS_PER_POLL, body->n_vertices);
      bad = monge_shape_extend_bounds (shape, from, end);
      if (monge_task_return_if_cancelled (task, error))
        return FALSE;
    }
  if (bad == body->n_vertices)
    return TRUE;
  text = g_string_new (NULL);
  for (guint k = 0; k < body->dim; k++)
    g_string_append_printf (text, "%s%g", k > 0 ? ", " : "", shape->positions[bad * body->dim + k]);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
               "vertex %" G_GSIZE_FORMAT " (counted from 0) is not finite: (%s); open it with "
               "repair, which leaves such vertices out, or mend the program that wrote it", bad,
               text->str);
  return FALSE;
}

static gboolean
is_degenerate (const guint32 *cell, guint arity)
{
  return cell[0] == cell[1] || (arity == 3 && (cell[1] == cell[2] || cell[2] == cell[0]));
}

/* Every index in range; counts the cells that use a vertex twice. */
static gboolean
check_cells (const Body *body, MongeTask *task, gsize *n_degenerate, gsize *first, GError **error)
{
  guint arity = kind_arity (body->kind);

  *n_degenerate = 0;
  for (gsize i = 0; i < body->n_cells; i++)
    {
      const guint32 *cell = body->cells + i * arity;

      if (i % ROWS_PER_POLL == 0 && monge_task_return_if_cancelled (task, error))
        return FALSE;
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

/* The rows of @array that are kept. */
static MongeArray *
keep_rows (const MongeArray *array, const guint8 *keeps, gsize n_kept)
{
  gsize row_size = array->n_components * monge_type_get_size (array->type), row = 0;
  const guint8 *values = g_bytes_get_data (array->values, NULL);
  guint8 *kept = g_malloc (MAX (n_kept * row_size, 1));
  MongeArray *result;

  for (gsize i = 0; i < array->n_rows; i++)
    if (keeps[i])
      memcpy (kept + row++ * row_size, values + i * row_size, row_size);
  result = monge_array_new (array->name, array->type, array->n_components, n_kept,
                            g_bytes_new_take (kept, n_kept * row_size));
  if (array->labels != NULL)
    monge_array_take_labels (result, monge_label_table_ref (array->labels));
  return result;
}

static void
keep_rows_of_all (GPtrArray *arrays, const guint8 *keeps, gsize n_kept)
{
  for (guint i = 0; i < arrays->len; i++)
    {
      MongeArray *array = arrays->pdata[i];

      arrays->pdata[i] = keep_rows (array, keeps, n_kept);
      monge_array_free (array);
    }
}

static void
drop_degenerate_cells (Body *body)
{
  guint arity = kind_arity (body->kind);
  g_autofree guint8 *keeps = g_malloc (MAX (body->n_cells, 1));
  gsize n_kept = 0;

  for (gsize i = 0; i < body->n_cells; i++)
    {
      keeps[i] = !is_degenerate (body->cells + i * arity, arity);
      if (keeps[i])
        memmove (body->cells + arity * n_kept++, body->cells + arity * i,
                 arity * sizeof *body->cells);
    }
  keep_rows_of_all (body->cell_arrays, keeps, n_kept);
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

  if (body->kind != MONGE_SHAPE_POINTS
      && !check_cells (body, builder->task, &n_degenerate, &first, error))
    return FALSE;
  if (n_degenerate > 0)
    {
      monge_shape_builder_add_repair (builder,
                                      "%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " %ss used a "
                                      "vertex twice and were dropped, first %s %" G_GSIZE_FORMAT
                                      " (counted from 0)", n_degenerate, body->n_cells,
                                      kind_noun (body->kind), kind_noun (body->kind), first);
      drop_degenerate_cells (body);
      if (body->n_cells == 0)
        monge_shape_builder_add_repair (builder, "no %s was left: taken as a cloud of points",
                                        kind_noun (body->kind));
    }
  if (body->n_cells == 0)
    become_points (body);
  return TRUE;
}

/* --- Vertices that are not finite --- */

/* Cells that use a vertex that goes go with it; the others are counted anew. */
static gsize
drop_cells_of (Body *body, const guint8 *keeps)
{
  guint arity = kind_arity (body->kind);
  g_autofree guint32 *places = g_new (guint32, body->n_vertices);
  g_autofree guint8 *keeps_cell = g_malloc0 (MAX (body->n_cells, 1));
  gsize n_kept = 0;
  guint32 place = 0;

  for (gsize i = 0; i < body->n_vertices; i++)
    places[i] = keeps[i] ? place++ : 0;
  for (gsize i = 0; i < body->n_cells; i++)
    {
      const guint32 *cell = body->cells + i * arity;
      gboolean is_kept = TRUE;

      for (guint k = 0; k < arity; k++)
        is_kept &= keeps[cell[k]];
      keeps_cell[i] = (guint8) is_kept;
      for (guint k = 0; is_kept && k < arity; k++)
        body->cells[n_kept * arity + k] = places[cell[k]];
      n_kept += is_kept ? 1 : 0;
    }
  keep_rows_of_all (body->cell_arrays, keeps_cell, n_kept);
  body->n_cells = n_kept;
  return n_kept;
}

/* Only once cells and arrays are known to fit. */
static void
drop_bad_vertices (MongeShapeBuilder *builder, MongeShape *shape)
{
  Body *body = builder->body;
  gsize n = body->n_vertices, n_cells = body->n_cells, n_kept = 0, first = n;
  g_autofree guint8 *keeps = g_malloc (MAX (n, 1));

  for (gsize i = 0; i < n; i++)
    {
      const double *row = shape->positions + i * body->dim;

      keeps[i] = TRUE;
      for (guint k = 0; k < body->dim; k++)
        keeps[i] &= isfinite (row[k]) != 0;
      if (keeps[i])
        memmove (shape->positions + n_kept++ * body->dim, row, body->dim * sizeof *row);
      else if (first == n)
        first = i;
    }
  if (n_kept == n)
    return;
  if (body->kind != MONGE_SHAPE_POINTS)
    drop_cells_of (body, keeps);
  keep_rows_of_all (body->arrays, keeps, n_kept);
  body->n_vertices = n_kept;
  monge_shape_builder_add_repair (builder, "%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " vertices "
                                  "were not finite and were dropped with %" G_GSIZE_FORMAT
                                  " cells, first vertex %" G_GSIZE_FORMAT " (counted from 0)",
                                  n - n_kept, n, n_cells - body->n_cells, first);
}

static gboolean
finish (MongeShapeBuilder *builder, MongeShape *shape, GError **error)
{
  Body *body = builder->body;

  if (!check_sizes (body, error)
      || (!builder->drops_bad_vertices && !check_positions (shape, builder->task, error))
      || !monge_shape_check_arrays (body->arrays, body->n_vertices, "vertices", error)
      || !monge_shape_check_arrays (body->cell_arrays, body->n_cells, "cells", error)
      || !finish_cells (builder, error))
    return FALSE;
  if (builder->drops_bad_vertices)
    {
      drop_bad_vertices (builder, shape);
      if (!check_sizes (body, error) || !check_positions (shape, builder->task, error))
        return FALSE;
      if (body->n_cells == 0)
        become_points (body);
    }
  g_ptr_array_add (body->repairs, NULL);
  if (body->cells != NULL && body->cells_owner == NULL)
    body->cells_owner = g_bytes_new_take (body->cells,
                                          body->n_cells * kind_arity (body->kind)
                                            * sizeof *body->cells);
  shape->position_type = monge_shape_find_type (shape, builder->position_type);
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
