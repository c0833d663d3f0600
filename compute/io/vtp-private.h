/* VTK's XML poly data: what its files share. */
#pragma once

#include "compute/io/io-private.h"
#include "compute/io/polydata.h"
#include "compute/io/scan.h"

G_BEGIN_DECLS

typedef enum {
  VTP_VERTS, /* the first four as in MongePolyKind */
  VTP_LINES,
  VTP_POLYS,
  VTP_STRIPS,
  VTP_POINTS,
  VTP_POINT_DATA,
  VTP_CELL_DATA,
  VTP_FIELD_DATA,
  VTP_NOWHERE,
} VtpSection;

typedef enum {
  VTP_ASCII,
  VTP_BINARY,   /* base 64, in place */
  VTP_APPENDED, /* at an offset behind the "_" of AppendedData */
} VtpEncoding;

/* One DataArray as the XML describes it. */
typedef struct {
  VtpSection section;
  guint piece;
  char *name;
  MongeType type;
  gboolean is_text;
  guint n_components;
  gsize n_tuples; /* of the field's */
  VtpEncoding encoding;
  gsize offset;
  const guint8 *start, *end; /* what stands in it; NULL: nothing */
} VtpArray;

typedef struct {
  gsize n_points, n_cells[MONGE_POLY_N_KINDS];
} VtpPiece;

typedef struct {
  const MongeFile *file;
  GPtrArray *arrays; /* of VtpArray */
  GArray *pieces;    /* of VtpPiece */
  gboolean swap;
  gboolean has_wide_headers; /* UInt64 */
  gboolean is_zipped;
  const guint8 *appended; /* behind the "_"; NULL: there is none */
  gboolean is_appended_raw;
} VtpFile;

/* Reads the XML, up to the data that are appended. @file is to be cleared also when this fails. */
gboolean monge_vtp_file_read (VtpFile *file, const MongeFile *bytes, GError **error);
void monge_vtp_file_clear (VtpFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VtpFile, monge_vtp_file_clear)

/* @n values of @array in this machine's order; not checked but for being there. Transfer full. */
gpointer monge_vtp_read_values (const VtpFile *file, const VtpArray *array, gsize n,
                                GError **error);
/* The first of its texts; NULL with @error. */
char *monge_vtp_read_text (const VtpFile *file, const VtpArray *array, GError **error);

G_END_DECLS
