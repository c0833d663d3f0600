/* The legacy VTK format: what its files share. */
#pragma once

#include "compute/io/io-private.h"
#include "compute/io/polydata.h"
#include "compute/io/scan.h"

G_BEGIN_DECLS

typedef enum {
  VTK_NUMBERS,
  VTK_BITS,    /* eight to a byte, the first is the highest */
  VTK_STRINGS,
} VtkClass;

typedef struct {
  MongeType type; /* of numbers, as they stand in binary files */
  VtkClass class;
} VtkType;

typedef struct {
  const MongeFile *file;
  MongeScan scan;
  gboolean is_binary;
  MongePolyData data;
  MongePolyCells *mixed; /* of an unstructured grid */
  guint8 *mixed_types;
  gsize n_mixed_types;
  double *positions;
  MongeType position_type;
  GPtrArray *attributes; /* where arrays go now: points', cells', or NULL: the field's */
  gsize n_attributes;    /* their rows, as promised */
  MongeShapeBuilder *builder;
} VtkReader;

gboolean monge_vtk_fail (const VtkReader *reader, GError **error, MongeError code,
                         const char *format, ...) G_GNUC_PRINTF (4, 5);
/* The next word of this line, up to 255 bytes, in lower case; FALSE with @error if there is none. */
gboolean monge_vtk_read_keyword (VtkReader *reader, char word[256], GError **error);
/* A name, with %XX for what is no letter. Transfer full. */
char *monge_vtk_read_name (VtkReader *reader, GError **error);
gboolean monge_vtk_read_count (VtkReader *reader, const char *what, gsize *count, GError **error);
gboolean monge_vtk_read_type (VtkReader *reader, VtkType *type, GError **error);
/* The end of a line behind which data begin. */
gboolean monge_vtk_end_line (VtkReader *reader, GError **error);
/* @n values behind a line's end; numbers of @type, bits become UINT8. Transfer full (g_malloc). */
gpointer monge_vtk_read_values (VtkReader *reader, VtkType type, gsize n, GError **error);

/* Whether @word begins an attribute of points or cells; reads it. */
gboolean monge_vtk_is_attribute (const char *word);
gboolean monge_vtk_read_attribute (VtkReader *reader, const char *word, GError **error);
/* Lines up to an empty one. */
void monge_vtk_skip_metadata (VtkReader *reader);
/* VERTICES, LINES, … behind the word; CELLS into @reader->mixed. */
gboolean monge_vtk_read_cells (VtkReader *reader, MongePolyCells *cells, GError **error);

G_END_DECLS
