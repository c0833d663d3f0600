#include "compute/filter/filter-private.h"

#include <string.h>

gboolean
monge_filter_takes_all (const MongeShape *shape, const char **reason)
{
  return TRUE;
}

gboolean
monge_filter_takes_placed (const MongeShape *shape, const char **reason)
{
  guint dim = monge_shape_get_dim (shape);

  if (dim == 2 || dim == 3)
    return TRUE;
  *reason = "only shapes in the plane and in space can be moved and scaled";
  return FALSE;
}

gboolean
monge_filter_takes_surfaces (const MongeShape *shape, const char **reason)
{
  if (monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE && monge_shape_get_dim (shape) == 3)
    return TRUE;
  *reason = "this is for surfaces in space; subsample thins points out, resample curves";
  return FALSE;
}

MongeArray *
monge_filter_pick_rows (const MongeArray *array, const guint32 *rows, gsize n_rows)
{
  gsize size = array->n_components * monge_type_get_size (array->type);
  const guint8 *from = g_bytes_get_data (array->values, NULL);
  guint8 *values = g_malloc (MAX (n_rows * size, 1));
  MongeArray *result;

  for (gsize i = 0; i < n_rows; i++)
    memcpy (values + i * size, from + rows[i] * size, size);
  result = monge_array_new (array->name, array->type, array->n_components, n_rows,
                            g_bytes_new_take (values, n_rows * size));
  if (array->labels != NULL)
    monge_array_take_labels (result, monge_label_table_ref (array->labels));
  return result;
}

MongeShape *
monge_filter_pick (const MongeShape *shape, const guint32 *rows, gsize n_rows, guint32 *cells,
                   gsize n_cells, const guint32 *cell_rows, GError **error)
{
  guint dim = monge_shape_get_dim (shape);
  const double *from = monge_shape_get_positions (shape);
  double *positions = g_new (double, MAX (n_rows * dim, 1));
  MongeShapeBuilder *builder = monge_shape_begin_like (shape);

  for (gsize i = 0; i < n_rows; i++)
    memcpy (positions + i * dim, from + (gsize) rows[i] * dim, dim * sizeof *from);
  monge_shape_builder_take_positions (builder, positions, n_rows,
                                      monge_shape_get_position_type (shape));
  for (guint k = 0; k < monge_shape_get_n_arrays (shape); k++)
    monge_shape_builder_take_array (builder, monge_filter_pick_rows (
      monge_shape_get_array (shape, k), rows, n_rows));
  if (cells == NULL)
    return monge_shape_builder_end (builder, error);
  monge_shape_builder_take_cells (builder, monge_shape_get_kind (shape), cells, n_cells);
  for (guint k = 0; k < monge_shape_get_n_cell_arrays (shape); k++)
    monge_shape_builder_take_cell_array (builder, monge_filter_pick_rows (
      monge_shape_get_cell_array (shape, k), cell_rows, n_cells));
  return monge_shape_builder_end (builder, error);
}

/* Lists the marked vertices in @rows and says in @places where each goes. */
static gsize
number_vertices (const guint8 *keeps, gsize n, guint32 *rows, guint32 *places)
{
  gsize n_rows = 0;

  for (gsize i = 0; i < n; i++)
    {
      places[i] = (guint32) n_rows;
      if (keeps[i])
        rows[n_rows++] = (guint32) i;
    }
  return n_rows;
}

MongeShape *
monge_filter_keep_cells (MongeShape *shape, const guint8 *keeps, gboolean keeps_vertices,
                         GError **error)
{
  gsize n = monge_shape_get_n_vertices (shape), n_cells = monge_shape_get_n_cells (shape);
  guint arity = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE ? 3 : 2;
  const guint32 *from = monge_shape_get_cells (shape);
  g_autofree guint8 *is_used = g_malloc0 (n);
  g_autofree guint32 *rows = g_new (guint32, n), *places = g_new (guint32, n);
  g_autofree guint32 *cell_rows = g_new (guint32, MAX (n_cells, 1));
  guint32 *cells;
  gsize n_kept = 0, n_rows;

  for (gsize c = 0; c < n_cells; c++)
    if (keeps[c])
      {
        cell_rows[n_kept++] = (guint32) c;
        for (guint k = 0; k < arity; k++)
          is_used[from[arity * c + k]] = TRUE;
      }
  if (keeps_vertices)
    memset (is_used, TRUE, n);
  n_rows = number_vertices (is_used, n, rows, places);
  if (n_kept == n_cells && n_rows == n)
    return monge_shape_ref (shape);
  cells = g_new (guint32, MAX (arity * n_kept, 1));
  for (gsize c = 0; c < n_kept; c++)
    for (guint k = 0; k < arity; k++)
      cells[arity * c + k] = places[from[arity * (gsize) cell_rows[c] + k]];
  return monge_filter_pick (shape, rows, n_rows, cells, n_kept, cell_rows, error);
}
