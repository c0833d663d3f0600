/* Words in field arrays: what a header says and a shape has no place for, kept so that it goes
 * back into the file. A text is an array of bytes, UTF-8, one row each. */
#pragma once

#include "compute/shape/shape.h"

G_BEGIN_DECLS

/* Nothing for NULL or an empty text. */
void monge_shape_builder_take_text (MongeShapeBuilder *builder, const char *name, const char *text);
/* The field of this name; NULL if there is none or it is no text. Transfer full. */
char *monge_shape_dup_text (const MongeShape *shape, const char *name);
/* The same of an array; NULL where it is no UTF-8. */
char *monge_array_dup_text (const MongeArray *array);
/* Any field array by its name. NULL: none. */
const MongeArray *monge_shape_find_field_array (const MongeShape *shape, const char *name);

G_END_DECLS
