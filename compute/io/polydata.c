#include "compute/io/polydata.h"

#include <string.h>

#include "compute/shape/bytes.h"

#define CELLS_PER_POLL 65536

static const char *const nouns[MONGE_POLY_N_KINDS] = { "vertices", "lines", "polygons", "strips" };

/* --- Cells --- */

void
monge_poly_cells_free (MongePolyCells *cells)
{
  if (cells == NULL)
    return;
  g_free (cells->indices);
  g_free (cells->ends);
  g_free (cells->rows);
  g_free (cells);
}

void
monge_poly_data_init (MongePolyData *data)
{
  *data = (MongePolyData){
    .cells = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_poly_cells_free),
    .point_arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free),
    .cell_arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free),
  };
}

void
monge_poly_data_clear (MongePolyData *data)
{
  g_clear_pointer (&data->cells, g_ptr_array_unref);
  g_clear_pointer (&data->point_arrays, g_ptr_array_unref);
  g_clear_pointer (&data->cell_arrays, g_ptr_array_unref);
}

MongePolyCells *
monge_poly_data_add (MongePolyData *data, MongePolyKind kind)
{
  MongePolyCells *cells = g_new0 (MongePolyCells, 1);

  cells->kind = kind;
  g_ptr_array_add (data->cells, cells);
  return cells;
}

static guint32
cell_start (const MongePolyCells *cells, gsize i)
{
  return i > 0 ? cells->ends[i - 1] : 0;
}

static gsize
cell_row (const MongePolyCells *cells, gsize i)
{
  return cells->first_row + (cells->rows != NULL ? cells->rows[i] : i);
}

void
monge_poly_data_count_rows (MongePolyData *data)
{
  data->n_rows = 0;
  for (guint kind = 0; kind < MONGE_POLY_N_KINDS; kind++)
    for (guint i = 0; i < data->cells->len; i++)
      {
        MongePolyCells *cells = g_ptr_array_index (data->cells, i);
        if (cells->kind != (MongePolyKind) kind)
          continue;
        cells->first_row = data->n_rows;
        data->n_rows += cells->n_cells;
      }
}

/* --- Sorting --- */

static gboolean
reserve (MongePolyCells *cells, gsize n_cells, gsize n_indices, GError **error)
{
  cells->indices = monge_bytes_alloc (n_indices, sizeof *cells->indices, error);
  if (cells->indices != NULL)
    cells->ends = monge_bytes_alloc (n_cells, sizeof *cells->ends, error);
  if (cells->ends != NULL)
    cells->rows = monge_bytes_alloc (n_cells, sizeof *cells->rows, error);
  return cells->rows != NULL;
}

static gboolean
add_kind (MongePolyData *data, MongePolyKind kind, const MongePolyCells *mixed,
          const guint8 *kinds, GError **error)
{
  gsize n_cells = 0, n_indices = 0;
  MongePolyCells *cells;

  for (gsize i = 0; i < mixed->n_cells; i++)
    if (kinds[i] == kind)
      {
        n_cells++;
        n_indices += mixed->ends[i] - cell_start (mixed, i);
      }
  if (n_cells == 0)
    return TRUE;
  cells = monge_poly_data_add (data, kind);
  if (!reserve (cells, n_cells, n_indices, error))
    return FALSE;
  for (gsize i = 0; i < mixed->n_cells; i++)
    if (kinds[i] == kind)
      {
        guint32 start = cell_start (mixed, i), n = mixed->ends[i] - start;
        memcpy (cells->indices + cells->n_indices, mixed->indices + start,
                n * sizeof *cells->indices);
        cells->n_indices += n;
        cells->rows[cells->n_cells] = (guint32) cell_row (mixed, i);
        cells->ends[cells->n_cells++] = (guint32) cells->n_indices;
      }
  return TRUE;
}

gboolean
monge_poly_data_split (MongePolyData *data, const MongePolyCells *mixed, const guint8 *kinds,
                       gsize *n_dropped, GError **error)
{
  *n_dropped = 0;
  for (gsize i = 0; i < mixed->n_cells; i++)
    *n_dropped += kinds[i] >= MONGE_POLY_N_KINDS;
  for (guint kind = 0; kind < MONGE_POLY_N_KINDS; kind++)
    if (!add_kind (data, (MongePolyKind) kind, mixed, kinds, error))
      return FALSE;
  data->n_rows += mixed->n_cells;
  return TRUE;
}

/* --- Cutting --- */

typedef struct {
  MongeShapeKind kind;
  guint arity;
  guint32 *cells, *parents; /* @parents: rows of the cell arrays; NULL if there are none */
  gsize n;
  gsize n_cut, n_strips, n_short;
  gsize n_left_out[MONGE_POLY_N_KINDS];
} Pieces;

static void
pieces_clear (Pieces *pieces)
{
  g_free (pieces->cells);
  g_free (pieces->parents);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pieces, pieces_clear)

static MongeShapeKind
kind_of (MongePolyKind kind)
{
  return kind == MONGE_POLY_VERTS   ? MONGE_SHAPE_POINTS
         : kind == MONGE_POLY_LINES ? MONGE_SHAPE_CURVES
                                    : MONGE_SHAPE_SURFACE;
}

static gsize
count_pieces (const MongePolyCells *cells, guint arity)
{
  gsize n = 0;

  for (gsize i = 0; i < cells->n_cells; i++)
    {
      guint32 n_corners = cells->ends[i] - cell_start (cells, i);
      n += n_corners >= arity ? n_corners - arity + 1 : 0;
    }
  return n;
}

static gboolean
reserve_pieces (Pieces *pieces, const MongePolyData *data, GError **error)
{
  gsize n = 0;

  for (guint i = 0; i < data->cells->len; i++)
    {
      const MongePolyCells *cells = g_ptr_array_index (data->cells, i);
      if (kind_of (cells->kind) == pieces->kind)
        n += count_pieces (cells, pieces->arity);
    }
  pieces->cells = monge_bytes_alloc (n, pieces->arity * sizeof *pieces->cells, error);
  if (pieces->cells != NULL && data->cell_arrays->len > 0)
    pieces->parents = monge_bytes_alloc (n, sizeof *pieces->parents, error);
  return pieces->cells != NULL && (data->cell_arrays->len == 0 || pieces->parents != NULL);
}

/* The fan of triangles around the first corner of a polygon; in a strip every second triangle is
 * the other way round; the segments of a line. */
static void
cut_cell (Pieces *pieces, MongePolyKind kind, const guint32 *corners, guint32 n)
{
  for (guint32 k = 0; k + pieces->arity <= n; k++)
    {
      guint32 *piece = pieces->cells + pieces->arity * pieces->n++;
      gboolean turns = kind == MONGE_POLY_STRIPS && k % 2 == 1;

      memcpy (piece, corners + k, pieces->arity * sizeof *piece);
      if (kind == MONGE_POLY_POLYS)
        piece[0] = corners[0];
      if (turns)
        {
          piece[0] = corners[k + 1];
          piece[1] = corners[k];
        }
    }
}

static gboolean
cut_cells (Pieces *pieces, const MongePolyCells *cells, const MongeFile *file, GError **error)
{
  for (gsize i = 0; i < cells->n_cells; i++)
    {
      guint32 start = cell_start (cells, i), n = cells->ends[i] - start;
      gsize first = pieces->n;

      if (i % CELLS_PER_POLL == 0 && monge_task_return_if_cancelled (file->task, error))
        return FALSE;
      cut_cell (pieces, cells->kind, cells->indices + start, n);
      pieces->n_cut += cells->kind == MONGE_POLY_POLYS && n > 3;
      pieces->n_short += n < pieces->arity;
      if (pieces->parents != NULL)
        for (gsize k = first; k < pieces->n; k++)
          pieces->parents[k] = (guint32) cell_row (cells, i);
    }
  pieces->n_strips += cells->kind == MONGE_POLY_STRIPS ? cells->n_cells : 0;
  return TRUE;
}

/* In the order of the rows of cell arrays. */
static gboolean
cut_all (Pieces *pieces, const MongePolyData *data, const MongeFile *file, GError **error)
{
  for (guint kind = 0; kind < MONGE_POLY_N_KINDS; kind++)
    for (guint i = 0; i < data->cells->len; i++)
      {
        const MongePolyCells *cells = g_ptr_array_index (data->cells, i);
        if (cells->kind != (MongePolyKind) kind)
          continue;
        if (kind_of (cells->kind) != pieces->kind)
          pieces->n_left_out[kind] += cells->n_cells;
        else if (!cut_cells (pieces, cells, file, error))
          return FALSE;
      }
  return TRUE;
}

static void
report_pieces (const Pieces *pieces, MongeShapeBuilder *builder)
{
  if (pieces->n_cut > 0)
    monge_shape_builder_add_repair (builder, "%" G_GSIZE_FORMAT " polygons had more than three "
                                    "corners and were cut into triangles", pieces->n_cut);
  if (pieces->n_strips > 0)
    monge_shape_builder_add_repair (builder, "%" G_GSIZE_FORMAT " strips were cut into triangles",
                                    pieces->n_strips);
  if (pieces->n_short > 0)
    monge_shape_builder_add_repair (builder, "%" G_GSIZE_FORMAT " %s had too few corners and were "
                                    "dropped", pieces->n_short,
                                    pieces->kind == MONGE_SHAPE_SURFACE ? "polygons" : "lines");
  for (guint kind = 0; kind < MONGE_POLY_N_KINDS; kind++)
    if (pieces->n_left_out[kind] > 0)
      monge_shape_builder_add_repair (builder, "not kept: %" G_GSIZE_FORMAT " %s, since there are "
                                      "%s too", pieces->n_left_out[kind], nouns[kind],
                                      pieces->kind == MONGE_SHAPE_SURFACE ? "polygons" : "lines");
}

/* --- Arrays --- */

/* Rows of @array in the order of @rows. NULL with @error. */
static MongeArray *
gather_rows (const MongeArray *array, const guint32 *rows, gsize n, MongeTask *task,
             GError **error)
{
  gsize size = array->n_components * monge_type_get_size (array->type);
  const guint8 *from = g_bytes_get_data (array->values, NULL);
  g_autofree guint8 *values = monge_bytes_alloc (n, size, error);
  MongeArray *gathered;

  for (gsize i = 0; values != NULL && i < n; i++)
    {
      if (i % CELLS_PER_POLL == 0 && monge_task_return_if_cancelled (task, error))
        return NULL;
      memcpy (values + i * size, from + rows[i] * size, size);
    }
  if (values == NULL)
    return NULL;
  gathered = monge_array_new (array->name, array->type, array->n_components, n,
                              g_bytes_new_take (g_steal_pointer (&values), n * size));
  if (array->labels != NULL)
    monge_array_take_labels (gathered, monge_label_table_ref (array->labels));
  return gathered;
}

static gboolean
is_in_order (const guint32 *rows, gsize n, gsize n_rows)
{
  if (n != n_rows)
    return FALSE;
  for (gsize i = 0; i < n; i++)
    if (rows[i] != i)
      return FALSE;
  return TRUE;
}

/* Whether @array has @n_rows; told if not. */
static gboolean
check_rows (const MongeArray *array, gsize n_rows, const char *what, MongeShapeBuilder *builder)
{
  if (array->n_rows == n_rows)
    return TRUE;
  monge_shape_builder_add_repair (builder, "not kept: the array “%s” of %" G_GSIZE_FORMAT
                                  " rows, for %" G_GSIZE_FORMAT " %s", array->name, array->n_rows,
                                  n_rows, what);
  return FALSE;
}

typedef void (*TakeArray) (MongeShapeBuilder *builder, MongeArray *array);

static gboolean
take_cell_arrays (const MongePolyData *data, const guint32 *rows, gsize n, TakeArray take,
                  MongeShapeBuilder *builder, const MongeFile *file, GError **error)
{
  gboolean in_order = data->cell_arrays->len > 0 && is_in_order (rows, n, data->n_rows);

  for (guint i = 0; i < data->cell_arrays->len; i++)
    {
      const MongeArray *array = g_ptr_array_index (data->cell_arrays, i);
      MongeArray *taken;

      if (!check_rows (array, data->n_rows, "cells", builder))
        continue;
      taken = in_order ? monge_array_copy (array)
                       : gather_rows (array, rows, n, file->task, error);
      if (taken == NULL)
        return FALSE;
      take (builder, taken);
    }
  return TRUE;
}

/* The row of each point, if every point is the only one of one cell. */
static guint32 *
find_rows_of_points (const MongePolyData *data)
{
  g_autofree guint32 *rows = g_try_malloc_n (MAX (data->n_points, 1), sizeof *rows);
  gsize n = 0;

  if (rows == NULL || data->n_rows != data->n_points || data->n_points >= G_MAXUINT32)
    return NULL;
  memset (rows, 0xff, data->n_points * sizeof *rows);
  for (guint k = 0; k < data->cells->len; k++)
    {
      const MongePolyCells *cells = g_ptr_array_index (data->cells, k);
      for (gsize i = 0; i < cells->n_cells; i++, n++)
        {
          guint32 start = cell_start (cells, i), point;
          if (cells->ends[i] - start != 1)
            return NULL;
          point = cells->indices[start];
          if (point >= data->n_points || rows[point] != G_MAXUINT32)
            return NULL;
          rows[point] = (guint32) cell_row (cells, i);
        }
    }
  return n == data->n_points ? g_steal_pointer (&rows) : NULL;
}

/* Of cells that are points: values per vertex, if there is one for each. */
static gboolean
take_arrays_of_points (const MongePolyData *data, MongeShapeBuilder *builder, const MongeFile *file,
                       GError **error)
{
  g_autofree guint32 *rows = NULL;

  if (data->cell_arrays->len == 0)
    return TRUE;
  rows = find_rows_of_points (data);
  if (rows != NULL)
    return take_cell_arrays (data, rows, data->n_points, monge_shape_builder_take_array, builder,
                             file, error);
  monge_shape_builder_add_repair (builder, "not kept: %u arrays of cells, which are neither lines "
                                  "nor polygons nor one for each point", data->cell_arrays->len);
  return TRUE;
}

/* --- All --- */

static MongeShapeKind
find_highest_kind (const MongePolyData *data)
{
  MongeShapeKind highest = MONGE_SHAPE_POINTS;

  for (guint i = 0; i < data->cells->len; i++)
    {
      const MongePolyCells *cells = g_ptr_array_index (data->cells, i);
      if (cells->n_cells > 0)
        highest = MAX (highest, kind_of (cells->kind));
    }
  return highest;
}

/* Nothing but triangles need not be cut. */
static gboolean
take_triangles (MongePolyData *data, Pieces *pieces)
{
  MongePolyCells *cells = data->cells->len == 1 ? g_ptr_array_index (data->cells, 0) : NULL;

  if (cells == NULL || cells->kind != MONGE_POLY_POLYS || cells->rows != NULL
      || cells->n_indices != 3 * cells->n_cells || data->cell_arrays->len > 0)
    return FALSE;
  for (gsize i = 0; i < cells->n_cells; i++)
    if (cells->ends[i] != 3 * (i + 1))
      return FALSE;
  pieces->cells = g_steal_pointer (&cells->indices);
  pieces->n = cells->n_cells;
  return TRUE;
}

static gboolean
take_pieces (MongePolyData *data, MongeShapeKind kind, MongeShapeBuilder *builder,
             const MongeFile *file, GError **error)
{
  g_auto (Pieces) pieces = { .kind = kind, .arity = kind == MONGE_SHAPE_SURFACE ? 3 : 2 };

  if (!take_triangles (data, &pieces)
      && (!reserve_pieces (&pieces, data, error) || !cut_all (&pieces, data, file, error)))
    return FALSE;
  report_pieces (&pieces, builder);
  if (pieces.n > 0
      && !take_cell_arrays (data, pieces.parents, pieces.n, monge_shape_builder_take_cell_array,
                            builder, file, error))
    return FALSE;
  monge_shape_builder_take_cells (builder, pieces.n > 0 ? kind : MONGE_SHAPE_POINTS,
                                  g_steal_pointer (&pieces.cells), pieces.n);
  return TRUE;
}

gboolean
monge_poly_data_finish (MongePolyData *data, MongeShapeBuilder *builder, const MongeFile *file,
                        GError **error)
{
  MongeShapeKind kind = find_highest_kind (data);

  for (guint i = 0; i < data->point_arrays->len; i++)
    {
      const MongeArray *array = g_ptr_array_index (data->point_arrays, i);
      if (check_rows (array, data->n_points, "points", builder))
        monge_shape_builder_take_array (builder, monge_array_copy (array));
    }
  return kind == MONGE_SHAPE_POINTS ? take_arrays_of_points (data, builder, file, error)
                                    : take_pieces (data, kind, builder, file, error);
}

/* --- Lines for writers --- */

static gboolean
is_constant_along (const MongeArray *array, const MongePolylines *lines)
{
  gsize size = array->n_components * monge_type_get_size (array->type);
  const guint8 *values = g_bytes_get_data (array->values, NULL);

  for (gsize line = 0; line < lines->n_lines; line++)
    {
      gsize first = lines->offsets[line] - line, end = lines->offsets[line + 1] - line - 1;
      for (gsize i = first + 1; i < end; i++)
        if (memcmp (values + i * size, values + first * size, size) != 0)
          return FALSE;
    }
  return TRUE;
}

MongePolylines *
monge_poly_data_find_lines (const MongeShape *shape)
{
  g_autoptr (MongePolylines) lines = NULL;

  if (monge_shape_get_kind (shape) != MONGE_SHAPE_CURVES)
    return NULL;
  lines = monge_mesh_trace_polylines (shape);
  for (guint i = 0; i < monge_shape_get_n_cell_arrays (shape); i++)
    if (!is_constant_along (monge_shape_get_cell_array (shape, i), lines))
      return NULL;
  return g_steal_pointer (&lines);
}

MongeArray *
monge_poly_data_of_lines (const MongeArray *array, const MongePolylines *lines)
{
  gsize size = array->n_components * monge_type_get_size (array->type);
  const guint8 *values = g_bytes_get_data (array->values, NULL);
  guint8 *firsts = g_malloc (MAX (lines->n_lines * size, 1));

  for (gsize line = 0; line < lines->n_lines; line++)
    memcpy (firsts + line * size, values + (lines->offsets[line] - line) * size, size);
  return monge_array_new (array->name, array->type, array->n_components, lines->n_lines,
                          g_bytes_new_take (firsts, lines->n_lines * size));
}
