/* Lines out of segments: what tracts, contours and fibres are. Any thread. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/**
 * MongePolylines:
 * @n_lines: how many
 * @offsets: (@n_lines + 1) places in @vertices: line l has those from @offsets[l] on and before
 *   @offsets[l + 1], two at least
 * @vertices: indices of vertices; the last of a closed line is its first once more
 *
 * Runs of consecutive segments (a, b), (b, c), (c, d) …, in the order of the segments. No segment is
 * left out, so that line l begins with segment @offsets[l] − l.
 */
typedef struct {
  gsize n_lines;
  gsize *offsets;
  guint32 *vertices;
} MongePolylines;

/* A line ends where the next segment does not begin at its end, and where it has come back to its
 * first vertex. Shapes without segments have no lines. O(n). Transfer full. */
MongePolylines *monge_mesh_trace_polylines (const MongeShape *shape);
void monge_polylines_free (MongePolylines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongePolylines, monge_polylines_free)

gboolean monge_polylines_is_closed (const MongePolylines *lines, gsize line);

G_END_DECLS
