/* Writing a shape, with what is wanted of it. */
#pragma once

#include "compute/io/io.h"
#include "ui/flow-results.h"

G_BEGIN_DECLS

/**
 * MongeExport:
 * @shape: owned; what is written
 * @path: owned; its extension says the format
 * @arrays: owned, NULL-terminated: the names of those of its arrays of values per vertex that go
 *   along; NULL: all
 * @flow: (nullable): owned; then what is written is its moved source, with the arrays of @results
 *
 * Plain data.
 */
typedef struct {
  MongeShape *shape;
  char *path;
  char **arrays;
  MongeSaveOptions options;
  MongeFlowResults *flow;
  MongeResults results;
} MongeExport;

/* Zero-initialised. */
MongeExport *monge_export_new (MongeShape *shape);
void monge_export_free (MongeExport *export);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeExport, monge_export_free)

/* The file is whole or untouched. Any thread. */
gboolean monge_export_run (const MongeExport *export, MongeTask *task, GError **error);

/* Of #MongeAbility: what @shape needs of a format, with these of its arrays (NULL: all). */
guint monge_export_get_needs (const MongeShape *shape, const char *const *arrays);
/* "Keeps faces, values and the unit; leaves out the axes"; transfer full. */
char *monge_export_describe (const MongeFormat *format, const MongeShape *shape,
                             const char *const *arrays, gboolean has_results);
/* Whether it can hold the vertices and cells. */
gboolean monge_export_can_hold (const MongeFormat *format, const MongeShape *shape);

G_END_DECLS
