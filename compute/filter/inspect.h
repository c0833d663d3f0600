/* What is wrong with a shape, before anything is done about it. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/**
 * MongePiece:
 * @first_vertex: the lowest of its vertices
 * @size: area, or length
 * @volume: signed, positive where normals point out; NaN unless @is_closed and @is_oriented
 *
 * What hangs together through its cells.
 */
typedef struct {
  guint32 first_vertex;
  gsize n_vertices, n_cells;
  double size, volume;
  gboolean is_closed, is_oriented;
} MongePiece;

/**
 * MongeRepairReport:
 * @tolerance: within what vertices count as the same
 * @n_duplicate_vertices: those that lie within it of one before, copies included
 * @n_exact_duplicates: those with the very coordinates of one before
 * @n_unreferenced: vertices in no cell; 0 for points
 * @n_degenerate_cells: of no size
 * @n_duplicate_cells: on the same vertices as one before
 * @n_irregular_edges: with three faces or more; for curves vertices with three segments or more
 * @n_irregular_vertices: at which faces form more than one fan
 * @n_disagreeing_edges: whose two faces disagree on which side is out
 * @n_folded_edges: whose two faces lie on each other, within about a degree
 * @n_boundary_edges: with one face; for curves vertices with one segment
 * @hole_lengths: (n_holes) of the boundary loops, longest first; owned
 * @pieces: (n_pieces) by cells, most first; owned
 * @n_inside_out: closed pieces whose normals point in
 *
 * Plain data. Vertices that were not finite are told by the reader (monge_shape_get_repairs()).
 */
typedef struct {
  MongeShapeKind kind;
  gsize n_vertices, n_cells;
  double tolerance;
  gsize n_duplicate_vertices, n_exact_duplicates, n_unreferenced;
  gsize n_degenerate_cells, n_duplicate_cells;
  gsize n_irregular_edges, n_irregular_vertices, n_disagreeing_edges, n_folded_edges;
  gsize n_boundary_edges, n_holes;
  double *hole_lengths;
  gsize n_pieces, n_inside_out;
  MongePiece *pieces;
} MongeRepairReport;

/* Of the diagonal of the bounding box. */
#define MONGE_REPAIR_TOLERANCE 1e-6

/**
 * monge_repair_report_fill:
 * @tolerance: 0 for the same coordinates alone; below 0 for #MONGE_REPAIR_TOLERANCE of the diameter
 *
 * O(n log n), any thread. Fails only where cancelled, or for more than 2^30 faces. Clear it after
 * use.
 */
gboolean monge_repair_report_fill (MongeRepairReport *report, const MongeShape *shape,
                                   double tolerance, MongeTask *task, GError **error);
void monge_repair_report_clear (MongeRepairReport *report);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MongeRepairReport, monge_repair_report_clear)

/* Whether the filter repair would find something to do: holes and pieces are no fault. */
gboolean monge_repair_report_is_good (const MongeRepairReport *report);
/* For people: one sentence for each fault and each hole; pieces and forks are none. Transfer full,
 * (element-type utf8). */
GPtrArray *monge_repair_report_describe (const MongeRepairReport *report);

G_END_DECLS
