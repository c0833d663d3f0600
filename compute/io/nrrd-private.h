/* What the files of the reader of NRRD share. */
#pragma once

#include "compute/io/volumes-private.h"
#include "compute/io/voxel-data.h"

G_BEGIN_DECLS

#define MONGE_NRRD_MAX_DIM 16

/**
 * MongeNrrdAxis:
 * @size: at least 1
 * @has_direction: @direction holds a step along it in world coordinates; else "none"
 * @spacing, @minimum: NaN where the file has none
 * @kind: such as "domain", or NULL; owned
 */
typedef struct {
  guint64 size;
  gboolean has_direction, is_cell_centred;
  double direction[3];
  double spacing, minimum;
  char *kind;
} MongeNrrdAxis;

/**
 * MongeNrrdHeader:
 * @flips: for each world axis whether it is turned round on the way to RAS
 * @space_is_known: the file says along what its world coordinates run
 * @names: of the files with the numbers; empty: they are in this one, from @data_begin on
 * @keys: its own pairs of key and value, as text
 *
 * What a header says, checked for itself but not against the numbers.
 */
typedef struct {
  guint dim, space_dim;
  MongeNrrdAxis axes[MONGE_NRRD_MAX_DIM];
  MongeVoxelData data;
  gboolean has_type, has_encoding, has_endian, swap;
  gboolean space_is_known, has_directions, has_origin;
  gboolean flips[3];
  MongeSpace space;
  double origin[3], unit; /* millimetres of one */
  GPtrArray *names;
  gsize data_begin;
  GHashTable *keys;
  GPtrArray *notes;
} MongeNrrdHeader;

gboolean monge_nrrd_header_parse (MongeNrrdHeader *header, const MongeFile *file, GError **error);
void monge_nrrd_header_clear (MongeNrrdHeader *header);
void monge_nrrd_header_add_note (MongeNrrdHeader *header, const char *format, ...)
    G_GNUC_PRINTF (2, 3);

/**
 * MongeNrrdSegments:
 * @names: what the labels are called
 * @values: (nullable): labels of one volume, two bytes each, of what the file has in several layers;
 *   else its labels are those of the file
 */
typedef struct {
  MongeLabelTable *names;
  GBytes *values;
} MongeNrrdSegments;

/* Whether the header has segments, as 3D Slicer writes them. */
gboolean monge_nrrd_has_segments (const MongeNrrdHeader *header);
/* @values: @n_layers numbers for each of @n voxels. */
gboolean monge_nrrd_segments_read (MongeNrrdSegments *segments, MongeNrrdHeader *header,
                                   GBytes *values, gsize n_layers, gsize n, MongeTask *task,
                                   GError **error);

G_END_DECLS
