/* What the ways of drawing need of a geometry. */
#pragma once

#include "render/buffer.h"
#include "render/geometry.h"

G_BEGIN_DECLS

/* Locations of the vertex attributes in every program. */
enum {
  MONGE_ATTRIBUTE_POSITION,
  MONGE_ATTRIBUTE_NORMAL,
  MONGE_ATTRIBUTE_SCALAR,
  MONGE_N_ATTRIBUTES
};

/* The buffer of an attribute; borrowed. */
const MongeBuffer *monge_geometry_get_vertices (MongeGeometry *geometry, guint attribute);
gboolean monge_geometry_is_ready (MongeGeometry *geometry);
gboolean monge_geometry_has_normals (MongeGeometry *geometry);
gboolean monge_geometry_has_scalars (MongeGeometry *geometry);

/* Binds the vertices and draws; the program and its uniforms are the caller's. */
void monge_geometry_draw_points (MongeGeometry *geometry);
void monge_geometry_draw_triangles (MongeGeometry *geometry);
/* Segments, or the edges of the triangles, each once: found on the first call. */
void monge_geometry_draw_edges (MongeGeometry *geometry);

G_END_DECLS
