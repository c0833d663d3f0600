/* The header of a PLY file: what its elements and their properties are. */
#pragma once

#include "compute/io/scan.h"
#include "compute/shape/shape.h"

G_BEGIN_DECLS

typedef enum {
  PLY_ASCII,
  PLY_LITTLE_ENDIAN,
  PLY_BIG_ENDIAN,
} PlyEncoding;

typedef struct {
  char *name;
  MongeType type, count_type; /* @count_type of a list's length: an integer */
  gboolean is_list;
} PlyProperty;

typedef struct {
  char *name;
  gsize n_rows;          /* as promised: to be checked against the file */
  GPtrArray *properties; /* of PlyProperty */
} PlyElement;

typedef struct {
  PlyEncoding encoding;
  gboolean has_encoding;
  GPtrArray *elements; /* of PlyElement */
  char *unit;          /* from a comment "unit: mm", or NULL */
} PlyHeader;

/* Reads it from the first line on and leaves @scan at the first byte of the data. @header is to be
 * cleared also when this fails. */
gboolean monge_ply_header_read (PlyHeader *header, MongeScan *scan, GError **error);
void monge_ply_header_clear (PlyHeader *header);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PlyHeader, monge_ply_header_clear)

const PlyElement *monge_ply_header_find (const PlyHeader *header, const char *name);
/* Index of the scalar @name, or the number of properties. */
guint monge_ply_element_find_scalar (const PlyElement *element, const char *name);
/* Index of the list of a face's corners, or the number of properties. */
guint monge_ply_element_find_corners (const PlyElement *element);
/* As it is spelled in the header. */
const char *monge_ply_type_name (MongeType type);

G_END_DECLS
