/* The functions of each format, for the table in io.c. See #MongeFormat for what they promise. */
#pragma once

#include "compute/shape/io.h"

G_BEGIN_DECLS

#define MONGE_DECLARE_FORMAT(name) \
  gboolean monge_##name##_matches (const guint8 *data, gsize size); \
  MongeShape *monge_##name##_parse (const guint8 *data, gsize size, const char *shape_name, \
                                    GError **error); \
  gboolean monge_##name##_write (const MongeShape *shape, GString *out, GError **error);

MONGE_DECLARE_FORMAT (npy)
MONGE_DECLARE_FORMAT (obj)
MONGE_DECLARE_FORMAT (ply)
MONGE_DECLARE_FORMAT (stl)
MONGE_DECLARE_FORMAT (xyz)

#undef MONGE_DECLARE_FORMAT

/* Read like XYZ. */
gboolean monge_csv_write (const MongeShape *shape, GString *out, GError **error);
gboolean monge_tsv_write (const MongeShape *shape, GString *out, GError **error);

/* The bytes of the file, mapped where that is possible; errors name it. */
GBytes *monge_file_load (const char *path, GError **error);

G_END_DECLS
