/* What file dialogs show, from the tables of formats: a name and its patterns, as file-dialog.h takes
 * them. Transfer full each. */
#pragma once

#include "compute/io/io.h"

G_BEGIN_DECLS

/* All that can be opened as a shape: shapes and volumes. */
char **monge_file_filter_for_shapes (void);
char **monge_file_filter_for_values (void);
char **monge_file_filter_for_landmarks (void);
char **monge_file_filter_for_format (const MongeFormat *format);

G_END_DECLS
