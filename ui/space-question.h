/* Along what the coordinates of a file run that does not say: evidence, and answers remembered. */
#pragma once

#include <gio/gio.h>

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/**
 * monge_space_guess:
 * @shape: 3-D, as its file has it
 * @known: (element-type MongeShape): in RAS, 3-D
 *
 * By how much of the smaller box of two lies in the other, in the mean over @known, once as it is and
 * once turned: 3D Slicer writes meshes as LPS. Unknown where neither is plainly more. O(n) of @known.
 */
MongeSpace monge_space_guess (const MongeShape *shape, const GPtrArray *known);

/* What was answered for this file, if it was; of the last 200 files. */
MongeSpace monge_space_recall (const char *path);
void monge_space_remember (const char *path, MongeSpace space);

G_END_DECLS
