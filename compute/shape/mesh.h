/* What follows from vertices and cells: areas, normals, boundary, volume. Any thread, O(n). */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/* Area of each triangle, or length of each segment, (n_cells). Unit² or unit. */
void monge_mesh_compute_cell_sizes (const MongeShape *shape, double *sizes);
/* A third of the areas around each vertex (half of the lengths for curves), (n_vertices). */
void monge_mesh_compute_vertex_sizes (const MongeShape *shape, double *sizes);
/* Area-weighted unit normals per vertex (n × 3); zero where undefined. @positions: (n × 3) floats,
 * so that it serves a shape that moves. */
void monge_mesh_compute_normals (gsize n_vertices, const float *positions, const guint32 *faces,
                                 gsize n_faces, float *normals);

typedef struct {
  double area;              /* total, unit²; 0 unless a surface */
  double length;            /* total, unit; 0 unless curves */
  double volume;            /* enclosed, unit³, positive when normals point out; NaN unless the shape
                             * is a closed and oriented surface in 3-D */
  gboolean is_closed;       /* every edge has exactly two faces */
  gboolean is_oriented;     /* neighbouring faces agree */
  gsize n_boundary_edges;   /* edges with one face */
  gsize n_irregular_edges;  /* edges with three faces or more */
  gsize n_components;       /* connected pieces, unused vertices not counted */
  gsize n_unused_vertices;  /* vertices in no cell */
  gsize n_degenerate_cells; /* cells of no size */
} MongeMeshReport;

/* For curves, vertices play the role of edges and segments that of faces. Points have no cells:
 * everything is 0, %FALSE or NaN. O(n log n) at worst. */
void monge_mesh_describe (const MongeShape *shape, MongeMeshReport *report);

/* Fraction of faces whose normal at @positions (n × 3) points against the one at rest; 0 for shapes
 * without faces. @rest must be 3-D. */
double monge_mesh_compute_flipped_fraction (const MongeShape *rest, const double *positions);

G_END_DECLS
