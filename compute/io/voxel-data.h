/* The numbers of a volume behind a header in text: raw, zipped, or written out; in one file or
 * several. Private to the readers of volumes. */
#pragma once

#include "compute/io/file.h"

G_BEGIN_DECLS

typedef enum {
  MONGE_CODING_RAW,
  MONGE_CODING_ZIPPED, /* gzip or zlib */
  MONGE_CODING_TEXT,   /* numbers parted by blanks */
  MONGE_CODING_HEX,    /* two digits a byte, blanks are ignored */
} MongeCoding;

/**
 * MongeVoxelData:
 * @type: of one value
 * @line_skip: lines before the numbers, in the file as it is
 * @byte_skip: bytes before the numbers, behind those lines, after unzipping; -1: the numbers are the
 *   last of the file
 *
 * How numbers are written. Text becomes numbers of this machine; raw bytes keep their order.
 */
typedef struct {
  MongeType type;
  MongeCoding coding;
  gsize line_skip;
  gint64 byte_skip;
} MongeVoxelData;

/* @n values from @bytes at @begin on; raw ones are not copied. What the file cannot hold is an error
 * before anything is allocated. NULL with @error. */
GBytes *monge_voxel_data_decode (const MongeVoxelData *data, GBytes *bytes, gsize begin, gsize n,
                                 MongeTask *task, GError **error);
/* The same of the files @names beside @file, which hold equal parts. See monge_file_load_beside(). */
GBytes *monge_voxel_data_load (const MongeVoxelData *data, const MongeFile *file,
                               const GPtrArray *names, gsize n, GError **error);
/* The names that a pattern such as "slice%03d.raw" stands for, from @first to @last; appended to
 * @names. FALSE with @error where it is none, or stands for too many. */
gboolean monge_voxel_data_expand (const char *pattern, gint64 first, gint64 last, gint64 step,
                                  GPtrArray *names, GError **error);

/* Every @stride-th group of @group values from value @begin on, @n_groups of them: one volume out of
 * several that are interleaved. */
GBytes *monge_voxel_data_pick (GBytes *values, gsize value_size, gsize begin, gsize stride,
                               gsize group, gsize n_groups, MongeTask *task, GError **error);

G_END_DECLS
