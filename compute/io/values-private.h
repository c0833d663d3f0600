/* The functions of the formats of values, for their table and for what holds several of them. */
#pragma once

#include "compute/io/values.h"

G_BEGIN_DECLS

/* One array of any type; a single number has one row of one. */
MongeArray *monge_npy_to_array (const guint8 *data, gsize size, const char *name, MongeTask *task,
                                GError **error);
/* As a whole file; row-major, little-endian. */
void monge_npy_append_array (GString *out, const MongeArray *array);

/* Rows of indices below @n_vertices as cells, whatever their type. NULL with @error naming the row of
 * @what that has another. */
guint32 *monge_array_dup_cells (const MongeArray *array, gsize n_vertices, const char *what,
                                GError **error);

#define MONGE_DECLARE_VALUES(name) \
  gboolean monge_##name##_values_matches (const guint8 *data, gsize size); \
  GPtrArray *monge_##name##_values_parse (const MongeFile *file, GError **error); \
  gboolean monge_##name##_values_write (const GPtrArray *arrays, GString *out, GError **error);

MONGE_DECLARE_VALUES (annot)
MONGE_DECLARE_VALUES (csv)
MONGE_DECLARE_VALUES (curv)
MONGE_DECLARE_VALUES (gifti)
MONGE_DECLARE_VALUES (npy)
MONGE_DECLARE_VALUES (npz)
MONGE_DECLARE_VALUES (tsv)

#undef MONGE_DECLARE_VALUES

G_END_DECLS
