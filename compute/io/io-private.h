/* The functions of each format, for the tables in io.c. See #MongeFormat for what they promise. */
#pragma once

#include "compute/io/file.h"
#include "compute/io/io.h"

G_BEGIN_DECLS

#define MONGE_DECLARE_FORMAT(name) \
  gboolean monge_##name##_matches (const guint8 *data, gsize size); \
  MongeShape *monge_##name##_parse (const MongeFile *file, GError **error); \
  gboolean monge_##name##_write (const MongeShape *shape, GString *out, GError **error);

MONGE_DECLARE_FORMAT (freesurfer)
MONGE_DECLARE_FORMAT (gifti)
MONGE_DECLARE_FORMAT (npy)
MONGE_DECLARE_FORMAT (npz)
MONGE_DECLARE_FORMAT (obj)
MONGE_DECLARE_FORMAT (off)
MONGE_DECLARE_FORMAT (ply)
MONGE_DECLARE_FORMAT (stl)
MONGE_DECLARE_FORMAT (tck)
MONGE_DECLARE_FORMAT (trk)
MONGE_DECLARE_FORMAT (vtk)
MONGE_DECLARE_FORMAT (vtp)
MONGE_DECLARE_FORMAT (xyz)

#undef MONGE_DECLARE_FORMAT

/* Read like XYZ. */
gboolean monge_csv_write (const MongeShape *shape, GString *out, GError **error);
gboolean monge_tsv_write (const MongeShape *shape, GString *out, GError **error);

/* Whether the last component of @path ends in a dot and @extension, in any case. */
gboolean monge_path_has_extension (const char *path, const char *extension);

G_END_DECLS
