/* What the formats of tracts have in common: lines one after the other. Private to readers and
 * writers. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/* Line l joins the next @lengths[l] vertices, which its segments follow in order. Lines of one
 * vertex have no segments and are told, lines of none as well. */
gboolean monge_tract_take_lines (MongeShapeBuilder *builder, const guint32 *lengths, gsize n_lines,
                                 GError **error);

/**
 * MongeTract:
 * @offsets: (@n_lines + 1) places in @vertices
 * @segments: (@n_lines) the first segment of each line, or %G_MAXSIZE for a vertex on its own
 *
 * The lines of a shape, and vertices of no segment as lines of one, before the first line that has a
 * higher vertex in front.
 */
typedef struct {
  gsize n_lines;
  gsize *offsets;
  guint32 *vertices;
  gsize *segments;
} MongeTract;

/* Vertices that several lines share, and the ends of closed ones, come several times. */
MongeTract *monge_tract_new (const MongeShape *shape);
void monge_tract_free (MongeTract *tract);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeTract, monge_tract_free)

/* Whether @shape is what these formats hold: curves in 3-D, in millimetres if it says so, that fit
 * float32. @format: its name, for the message. */
gboolean monge_tract_check (const MongeShape *shape, const char *format, GError **error);

G_END_DECLS
