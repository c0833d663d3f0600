/* Decimation that keeps a surface one. Private to the filters. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/* Faces of some of the vertices of @shape, as near to @target as can be; edges of two faces keep
 * two. @error_bound: in mean square distance from the planes around. g_free() it; NULL with @error
 * where cancelled. */
guint32 *monge_collapse_faces (const MongeShape *shape, gsize target, double error_bound,
                               gboolean locks_border, gsize *n_faces, MongeTask *task,
                               GError **error);

G_END_DECLS
