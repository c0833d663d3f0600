/* What belongs to vertices of an OBJ file only by the corners of its faces. */
#pragma once

#include "compute/io/file.h"
#include "compute/io/io-private.h"
#include "compute/io/scan.h"
#include "compute/shape/bytes.h"

G_BEGIN_DECLS

/**
 * ObjLinks:
 * @values: row after row of @n_components
 * @pairs: vertex and row, for each corner that names one
 *
 * Normals or texture coordinates. Zero-initialised but for the name and the components.
 */
typedef struct {
  const char *name;
  guint n_components;
  MongeNumbers values;
  MongeIndices pairs;
} ObjLinks;

void monge_obj_links_clear (ObjLinks *links);
/* @index counts from 1; those that cannot be are remembered as such. */
gboolean monge_obj_links_add (ObjLinks *links, guint32 vertex, gint64 index, GError **error);
/* An array if each of @n_vertices has one row, or all have the same; told if not. */
gboolean monge_obj_links_take (ObjLinks *links, gsize n_vertices, MongeShapeBuilder *builder,
                               const MongeFile *file, GError **error);

G_END_DECLS
