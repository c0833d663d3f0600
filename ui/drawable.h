/* What the screen needs of a shape at rest: float positions about an origin, normals, cells. */
#pragma once

#include "compute/shape/shape.h"
#include "render/geometry.h"

G_BEGIN_DECLS

/**
 * MongeDrawable:
 *
 * Immutable, reference-counted; made on any thread in O(vertices + cells). Missing dimensions are
 * 0, those beyond 3 are left out.
 */
typedef struct {
  gsize n_vertices;
  float *positions;     /* (n × 3), minus the origin */
  float *normals;       /* (n × 3), NULL unless a surface */
  MongeShape *shape;    /* owned; cells are borrowed from it */
  double origin[3];
  float lower[3], upper[3];
  gboolean is_closed;   /* a closed surface that faces outwards */
  float point_spacing;  /* diameter of splats that just touch, shape units */
} MongeDrawable;

MongeDrawable *monge_drawable_new (MongeShape *shape, const double origin[3]);
MongeDrawable *monge_drawable_ref (MongeDrawable *drawable);
void monge_drawable_unref (MongeDrawable *drawable);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeDrawable, monge_drawable_unref)

/* The middle of the bounding box, (3). */
void monge_drawable_get_origin_for (const MongeShape *shape, double origin[3]);
/* The buffers, in the GL context current. */
MongeGeometry *monge_drawable_upload (const MongeDrawable *drawable);

G_END_DECLS
