/* What gifti.c, gifti-xml.c, gifti-data.c and gifti-write.c share. */
#pragma once

#include "compute/io/file.h"

G_BEGIN_DECLS

#define MONGE_GIFTI_MAX_DIMS 6

typedef enum {
  MONGE_GIFTI_ASCII,
  MONGE_GIFTI_BASE64,
  MONGE_GIFTI_ZIPPED,
  MONGE_GIFTI_EXTERNAL,
} MongeGiftiEncoding;

/* A CoordinateSystemTransformMatrix. */
typedef struct {
  char *from, *to; /* nullable */
  double matrix[16];
  gboolean has_matrix;
} MongeGiftiSystem;

/* A DataArray element: what its attributes say, then its numbers. */
typedef struct {
  char *intent; /* without NIFTI_INTENT_ */
  MongeType type;
  gboolean has_type, is_big, is_column_major;
  MongeGiftiEncoding encoding;
  guint n_dims;
  gsize dims[MONGE_GIFTI_MAX_DIMS];
  char *external; /* nullable */
  guint64 offset;
  GPtrArray *metas;   /* of char *: name, value, name, value … */
  GPtrArray *systems; /* of MongeGiftiSystem */
  MongeArray *array;  /* nullable: not yet read */
} MongeGiftiArray;

/* A whole file. */
typedef struct {
  GPtrArray *metas;
  GPtrArray *arrays; /* of MongeGiftiArray */
  MongeLabelTable *labels;
  gint64 n_promised;
} MongeGifti;

MongeGifti *monge_gifti_read (const MongeFile *file, GError **error);
void monge_gifti_free (MongeGifti *gifti);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeGifti, monge_gifti_free)

/* Borrowed; NULL if there is none. */
const char *monge_gifti_find_meta (const GPtrArray *metas, const char *name);

/* "NIFTI_TYPE_FLOAT32" and the like, by MongeType. */
extern const char *const monge_gifti_types[];

/* Checks what the attributes promise against @text, the content of the Data element, and reads the
 * numbers into @array->array, row by row in this machine's order. */
gboolean monge_gifti_decode (MongeGiftiArray *array, const char *text, gsize size,
                             const MongeFile *file, GError **error);

G_END_DECLS
