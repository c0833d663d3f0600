/* What trk.c, trk-header.c and trk-write.c share: the header of TrackVis. */
#pragma once

#include "compute/core/error.h"

G_BEGIN_DECLS

#define MONGE_TRK_SIZE 1000
#define MONGE_TRK_NAMES 10
#define MONGE_TRK_NAME_SIZE 20
#define MONGE_TRK_FIELD "trackvis/header"

/* Where what we look at lies. */
enum {
  MONGE_TRK_DIMENSIONS = 6,
  MONGE_TRK_VOXEL_SIZE = 12,
  MONGE_TRK_N_SCALARS = 36,
  MONGE_TRK_SCALAR_NAMES = 38,
  MONGE_TRK_N_PROPERTIES = 238,
  MONGE_TRK_PROPERTY_NAMES = 240,
  MONGE_TRK_VOX_TO_RAS = 440,
  MONGE_TRK_VOXEL_ORDER = 948,
  MONGE_TRK_N_COUNT = 988,
  MONGE_TRK_VERSION = 992,
  MONGE_TRK_HDR_SIZE = 996,
};

/* Of a little-endian header. */
gint16 monge_trk_get_short (const guint8 *header, gsize at);
gint32 monge_trk_get_int (const guint8 *header, gsize at);
float monge_trk_get_float (const guint8 *header, gsize at);
void monge_trk_set_short (guint8 *header, gsize at, gint16 value);
void monge_trk_set_int (guint8 *header, gsize at, gint32 value);
void monge_trk_set_float (guint8 *header, gsize at, float value);

/* A header without a word, in RAS with voxels of 1 mm. */
void monge_trk_init (guint8 header[MONGE_TRK_SIZE]);
/* @from: as it lies in a file of either order of bytes; @header: little-endian. @is_big: (out).
 * Fails where hdr_size or the version is none. */
gboolean monge_trk_read_header (const guint8 *from, guint8 header[MONGE_TRK_SIZE], gboolean *is_big,
                                GError **error);
/* What takes the coordinates of the file to RAS, 4 × 4. @has_order, @has_matrix: (out): whether the
 * header said them. */
gboolean monge_trk_find_affine (const guint8 *header, double affine[16], gboolean *has_order,
                                gboolean *has_matrix, GError **error);

G_END_DECLS
