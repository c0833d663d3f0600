#include "compute/io/text-field.h"

#include <string.h>

void
monge_shape_builder_take_text (MongeShapeBuilder *builder, const char *name, const char *text)
{
  g_autofree char *valid = NULL;
  gsize size;

  if (text == NULL || text[0] == '\0')
    return;
  valid = g_utf8_make_valid (text, -1);
  size = strlen (valid);
  monge_shape_builder_take_field_array (builder,
                                        monge_array_new (name, MONGE_TYPE_UINT8, 1, size,
                                                         g_bytes_new (valid, size)));
}

const MongeArray *
monge_shape_find_field_array (const MongeShape *shape, const char *name)
{
  for (guint i = 0; i < monge_shape_get_n_field_arrays (shape); i++)
    if (g_str_equal (monge_shape_get_field_array (shape, i)->name, name))
      return monge_shape_get_field_array (shape, i);
  return NULL;
}

char *
monge_array_dup_text (const MongeArray *array)
{
  const char *text;
  gsize size;

  if (array->type != MONGE_TYPE_UINT8 || array->n_components != 1)
    return NULL;
  text = g_bytes_get_data (array->values, &size);
  return size > 0 && g_utf8_validate_len (text, size, NULL) ? g_strndup (text, size) : NULL;
}

char *
monge_shape_dup_text (const MongeShape *shape, const char *name)
{
  const MongeArray *array = monge_shape_find_field_array (shape, name);

  return array != NULL ? monge_array_dup_text (array) : NULL;
}
