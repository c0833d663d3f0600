/* What the files of the PLY reader and writer share: the header, and the rows of an element. */
#pragma once

#include "compute/io/file.h"
#include "compute/io/scan.h"
#include "compute/shape/bytes.h"

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

/* What a comment of ours says of an array whose properties do not say it: "array", the names
 * of its element and its first property, how many there are, its type, and what it is called. */
typedef struct {
  char *first, *name; /* @first: of the element, a blank, of the property */
  guint n;
  MongeType type;
} PlyRule;

typedef struct {
  PlyEncoding encoding;
  gboolean has_encoding;
  GPtrArray *elements; /* of PlyElement */
  GHashTable *rules;   /* of PlyRule, by their @first */
  char *unit;          /* from a comment "unit: mm", or NULL */
  MongeSpace space;    /* from a comment "SPACE=RAS" or "SPACE=LPS" */
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
/* As it is spelled in the header, or in a rule, which has names for 64-bit integers too. */
const char *monge_ply_type_name (MongeType type);

typedef struct {
  const MongeFile *file;
  MongeScan scan;
  PlyHeader header;
  gboolean swap;
  GString *skipped; /* what repairs shall mention */
} PlyReader;

/* The rows of one element: a packed column per scalar property, NULL for lists; and the corners in
 * the list at @corners cut into triangles. */
typedef struct {
  const PlyElement *element;
  guint8 **columns;
  guint corners; /* index of that property; the number of properties if there is none */
  gsize n_vertices;
  MongeIndices triangles;
  guint32 *parents; /* the face of each triangle, once they differ; else NULL */
  gsize n_parents;  /* allocated */
  gsize n_cut, n_short;
} PlyTable;

/* Rows between two looks at the task. */
#define PLY_ROWS_PER_POLL ((gsize) 32768)

/* Says where: the line of a text, the byte of a binary file. */
gboolean monge_ply_fail (const PlyReader *reader, GError **error, MongeError code,
                         const char *format, ...) G_GNUC_PRINTF (4, 5);
/* Reads all rows of @element; columns are allocated once the file is known to be long enough. */
gboolean monge_ply_table_read (PlyReader *reader, const PlyElement *element, PlyTable *table,
                               GError **error);
void monge_ply_table_clear (PlyTable *table);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PlyTable, monge_ply_table_clear)

G_END_DECLS
