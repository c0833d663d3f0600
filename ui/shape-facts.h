/* What there is to say of a shape, in words: measured on any thread, shown by the inspector. */
#pragma once

#include "compute/shape/mesh.h"
#include "compute/shape/shape.h"

G_BEGIN_DECLS

typedef enum {
  MONGE_ATTACHED_TO_VERTICES,
  MONGE_ATTACHED_TO_CELLS,
  MONGE_ATTACHED_TO_SHAPE,
} MongeAttachment;

/**
 * MongeArrayFacts:
 * @name, @summary: such as "thickness" and "0.42 … 4.81 · float32"
 * @is_scalar: one number a vertex, so that it can be shown as colours
 * @is_weight: no number of it is negative or not finite, and some are positive
 */
typedef struct {
  char *name, *summary;
  MongeAttachment attachment;
  MongeArrayRole role;
  guint n_components;
  double lowest, highest; /* of the finite values; lowest > highest if there is none */
  gboolean is_scalar, is_weight;
} MongeArrayFacts;

/**
 * MongeShapeFacts:
 * @lines: (element-type utf8): label and value in turns, such as "Area", "1,512 mm²"
 * @arrays: (element-type MongeArrayFacts)
 *
 * Immutable, reference-counted.
 */
typedef struct {
  GPtrArray *lines;
  GPtrArray *arrays;
  MongeMeshReport report;
} MongeShapeFacts;

/* O(n log n) at worst. Any thread. Transfer full. */
MongeShapeFacts *monge_shape_facts_new (const MongeShape *shape);
MongeShapeFacts *monge_shape_facts_ref (MongeShapeFacts *facts);
void monge_shape_facts_unref (MongeShapeFacts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeShapeFacts, monge_shape_facts_unref)

/* "6.6 k points · 13.2 k faces"; as many digits as fit a narrow list. Transfer full. */
char *monge_shape_dup_counts (const MongeShape *shape);
/* "closed surface" would need a report; this is "surface", "curves" or "points". */
const char *monge_shape_kind_get_name (MongeShapeKind kind);

G_END_DECLS
