/* What is wrong with a shape, found out on a thread, kept for the shape asked about last. */
#pragma once

#include <gio/gio.h>

#include "compute/shape/shape.h"

G_BEGIN_DECLS

#define MONGE_TYPE_PROBLEMS (monge_problems_get_type ())
G_DECLARE_FINAL_TYPE (MongeProblems, monge_problems, MONGE, PROBLEMS, GObject)

/* Signal "found" (): ask again. */
MongeProblems *monge_problems_new (void);
/* A sentence for each, NULL-terminated, borrowed until the next call; NULL while they are not known,
 * or for no shape. @needs_repair: (out): whether a repair would find something to do. */
const char *const *monge_problems_get (MongeProblems *problems, MongeShape *shape,
                                       gboolean *needs_repair);

G_END_DECLS
