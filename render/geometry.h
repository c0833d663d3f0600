/* The vertex and index buffers of one shape. */
#pragma once

#include <glib.h>

#include "compute/core/sink.h"
#include "render/cuda-gl.h"

G_BEGIN_DECLS

/**
 * MongeGeometry:
 *
 * GL objects are created in the context current at monge_geometry_new(); every call, free
 * included, is made with that context current. Positions are (n × 3) float32. Until positions
 * have been given, nothing is drawn.
 */
typedef struct _MongeGeometry MongeGeometry;

/* @cells: (n_cells × cell_size), cell_size 3 for triangles, 2 for segments, 0 for points alone;
 * copied; every index must be below @n_vertices. */
MongeGeometry *monge_geometry_new (gsize n_vertices, const guint32 *cells, gsize n_cells,
                                   guint cell_size);
void monge_geometry_free (MongeGeometry *geometry);

gsize monge_geometry_get_n_vertices (MongeGeometry *geometry);
gsize monge_geometry_get_n_cells (MongeGeometry *geometry);
guint monge_geometry_get_cell_size (MongeGeometry *geometry);
/* Copies. (n × 3), (n × 3), (n). Normals may never be set: then surfaces are shaded flat. Setting
 * normals or scalars to NULL goes back to having none. */
void monge_geometry_set_positions (MongeGeometry *geometry, const float *positions);
void monge_geometry_set_normals (MongeGeometry *geometry, const float *normals);
void monge_geometry_set_scalars (MongeGeometry *geometry, const float *scalars);
/* The buffers as sinks, for producers that write straight into them: once per frame, 12, 12 and 4
 * bytes per vertex. Anything less used leaves nothing to draw until the next full frame. Borrowed;
 * they change with monge_geometry_set_cuda(). */
const MongeSink *monge_geometry_get_position_sink (MongeGeometry *geometry);
const MongeSink *monge_geometry_get_normal_sink (MongeGeometry *geometry);
const MongeSink *monge_geometry_get_scalar_sink (MongeGeometry *geometry);
/* From now on the sinks take spans on a card, as long as @cuda can. Borrowed: it must outlive the
 * geometry. NULL goes back to the host alone. */
void monge_geometry_set_cuda (MongeGeometry *geometry, MongeCudaGl *cuda);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeGeometry, monge_geometry_free)

G_END_DECLS
