/* The values of an array as colours of a shape. */
#pragma once

#include "compute/shape/shape.h"
#include "render/colormap.h"

G_BEGIN_DECLS

/**
 * MongeColouring:
 * @scalars: (n) what the map is looked up with; NaN where there is no value
 * @range: both ends of @map. Of many values all but the outermost 0.5 % on either side; around zero
 *   where values have both signs
 * @is_labels: @map has a colour for each label, by its table or else Okabe and Ito's; of more than
 *   256 different ones colours come again
 */
typedef struct {
  char *name; /* of the array */
  gsize n;
  float *scalars;
  double range[2];
  const MongeColormap *map;
  gboolean is_labels;
} MongeColouring;

/* @map: for values that are no labels and of one sign. Of arrays of several numbers a row their
 * length is shown. NULL if there is no such array of the vertices. O(n); O(n log n) for labels. */
MongeColouring *monge_colouring_new (const MongeShape *shape, const char *array, const char *map);
void monge_colouring_free (MongeColouring *colouring);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeColouring, monge_colouring_free)

G_END_DECLS
