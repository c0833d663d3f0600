/* A session as a small text file: which shapes, which parameters. */
#pragma once

#include "compute/recipe.h"

G_BEGIN_DECLS

/**
 * monge_session_file_load:
 *
 * The file is a key file with one group, [monge]: "source" and "target" are shapes as on the
 * command line (relative paths start at the file's folder), all other keys are options of
 * `monge-cli register`. What it does not name stays as it is in @recipe. Errors start with @path.
 */
gboolean monge_session_file_load (const char *path, MongeRecipe *recipe, GError **error);
/* Every parameter is written; weights and paths as they were given. */
gboolean monge_session_file_save (const char *path, const MongeRecipe *recipe, GError **error);

G_END_DECLS
