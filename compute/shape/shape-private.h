/* What shape.c, shape-builder.c and those who begin shapes for readers share. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/* What a shape and those moved from it have in common. Immutable once built. */
typedef struct {
  char *name;
  char *unit;
  MongeShapeKind kind;
  MongeSpace space, stored_space;
  guint dim;
  gsize n_vertices, n_cells;
  guint32 *cells;     /* of @cells_owner, once built */
  GBytes *cells_owner;
  GPtrArray *arrays, *cell_arrays, *field_arrays; /* of MongeArray */
  GPtrArray *repairs; /* of char *, NULL-terminated once built */
  double transform[16];
} MongeShapeBody;

struct _MongeShape {
  MongeShapeBody *body;
  double *positions;
  MongeType position_type;
  double lower[MONGE_MAX_DIM], upper[MONGE_MAX_DIM];
};

MongeShapeBody *monge_shape_body_new (const char *name, guint dim);
/* Shares the cells; names, arrays and repairs are copied (the values of arrays shared). */
MongeShapeBody *monge_shape_body_copy (const MongeShapeBody *body);
void monge_shape_body_unref (MongeShapeBody *body);
/* Whether each has @n_rows; @what they are rows of, for the message. */
gboolean monge_shape_check_arrays (const GPtrArray *arrays, gsize n_rows, const char *what,
                                   GError **error);
/* Sets the bounds; returns the first row that is not finite, or the number of rows. */
gsize monge_shape_update_bounds (MongeShape *shape);
/* The same for the rows from @from on and before @to, of bounds that have been set for those before;
 * returns the first that is not finite, or @to. */
gsize monge_shape_extend_bounds (MongeShape *shape, gsize from, gsize to);
/* Checks poll @task, borrowed and nullable, so that building a large shape can be cancelled. */
void monge_shape_builder_set_task (MongeShapeBuilder *builder, MongeTask *task);
/* A type in which the positions can be written, as near to @type as they allow. */
MongeType monge_shape_find_type (const MongeShape *shape, MongeType type);

G_END_DECLS
