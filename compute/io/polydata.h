/* Points and four kinds of cells, as VTK calls it poly data, on their way to a shape, which has cells
 * of one kind. Private to the readers of compute/io. */
#pragma once

#include "compute/io/file.h"
#include "compute/shape/polyline.h"

G_BEGIN_DECLS

/* In the order in which VTK counts cells for their data. */
typedef enum {
  MONGE_POLY_VERTS,
  MONGE_POLY_LINES,
  MONGE_POLY_POLYS,
  MONGE_POLY_STRIPS,
  MONGE_POLY_N_KINDS,
} MongePolyKind;

/**
 * MongePolyCells:
 * @indices: (n_indices) vertices of one cell after the other; not yet known to exist
 * @ends: (n_cells) where each cell ends in @indices; ascending, the last is n_indices
 * @first_row: in the cell arrays
 * @rows: (n_cells) (nullable): where in the cell arrays, when not one after the other
 *
 * Cells of one kind. Owns what it points to.
 */
typedef struct {
  MongePolyKind kind;
  gsize n_cells, n_indices;
  guint32 *indices, *ends;
  gsize first_row;
  guint32 *rows;
} MongePolyCells;

/**
 * MongePolyData:
 * @cells: of MongePolyCells
 * @point_arrays, @cell_arrays: of MongeArray; of a wrong number of rows, they are not kept
 * @n_rows: cells of all kinds together: the rows of a cell array
 *
 * Points are given to the builder.
 */
typedef struct {
  GPtrArray *cells, *point_arrays, *cell_arrays;
  gsize n_points, n_rows;
} MongePolyData;

void monge_poly_data_init (MongePolyData *data);
void monge_poly_data_clear (MongePolyData *data);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MongePolyData, monge_poly_data_clear)

/* Empty cells of @kind, which belong to @data. */
MongePolyCells *monge_poly_data_add (MongePolyData *data, MongePolyKind kind);
/* Sorts cells by @kinds (n_cells), of MongePolyKind or beyond, which are dropped and counted.
 * @mixed's kind is of no matter; its row is the first of the cell arrays. */
gboolean monge_poly_data_split (MongePolyData *data, const MongePolyCells *mixed,
                                const guint8 *kinds, gsize *n_dropped, GError **error);
void monge_poly_cells_free (MongePolyCells *cells);

/* Numbers the rows of the cell arrays, kind after kind. */
void monge_poly_data_count_rows (MongePolyData *data);

/* Gives @builder cells of the highest kind that is there, polygons and strips cut into triangles
 * and lines into segments, and the arrays, those of cells repeated for their pieces; what is not
 * kept is told. O(n), polls the task of @file. */
gboolean monge_poly_data_finish (MongePolyData *data, MongeShapeBuilder *builder,
                                 const MongeFile *file, GError **error);

/* For writers: the lines of curves, if all cell arrays are the same along each, bit for bit; NULL if
 * segments must be written one by one. Transfer full. */
MongePolylines *monge_poly_data_find_lines (const MongeShape *shape);
/* The row of the first segment of each line. Transfer full. */
MongeArray *monge_poly_data_of_lines (const MongeArray *array, const MongePolylines *lines);

G_END_DECLS
