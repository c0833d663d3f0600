/* Shapes at another place: through affine maps, mirrored, and back. Any thread, O(n). */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/* 4 × 4 row-major maps; the last row of each is (0, 0, 0, 1). */
double monge_affine_get_determinant (const double affine[16]); /* of the linear part */
/* @product may be one of the factors; @a after @b. */
void monge_affine_multiply (const double a[16], const double b[16], double product[16]);
/* FALSE where the linear part is singular to working precision, or a value is not finite. */
gboolean monge_affine_invert (const double affine[16], double inverse[16]);

/**
 * monge_shape_transformed:
 * @affine: 4 × 4 row-major; for a shape in the plane it must keep the plane
 *
 * The shape's own transform is multiplied by it. Faces are turned where it mirrors, so that normals
 * still point out; arrays of normals and vectors go along, others stay. 2-D or 3-D.
 *
 * Returns: (transfer full): or %NULL with @error where @affine is singular or a position leaves the
 *   range of numbers
 */
MongeShape *monge_shape_transformed (const MongeShape *shape, const double affine[16],
                                     GError **error);
/* Back to the coordinates of the file: through the inverse of its transform, which is then the
 * identity. Rounding apart, these are the coordinates that were read. */
MongeShape *monge_shape_untransformed (MongeShape *shape, GError **error);
/* The mirror image across the plane through the middle of the bounding box at right angles to
 * @axis (0 is x). Faces are turned; arrays are kept as they are but for normals and vectors. Any
 * dimension. Transfer full. */
MongeShape *monge_shape_mirrored (const MongeShape *shape, guint axis);

G_END_DECLS
