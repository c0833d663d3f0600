#include "compute/shape/shape.h"

#include <math.h>
#include <string.h>

#include "compute/shape/bytes.h"

gsize
monge_type_get_size (MongeType type)
{
  static const guint8 sizes[] = {
    [MONGE_TYPE_INT8] = 1,  [MONGE_TYPE_UINT8] = 1,  [MONGE_TYPE_INT16] = 2,
    [MONGE_TYPE_UINT16] = 2, [MONGE_TYPE_INT32] = 4, [MONGE_TYPE_UINT32] = 4,
    [MONGE_TYPE_INT64] = 8, [MONGE_TYPE_UINT64] = 8,
    [MONGE_TYPE_FLOAT32] = 4, [MONGE_TYPE_FLOAT64] = 8,
  };

  g_return_val_if_fail ((guint) type < G_N_ELEMENTS (sizes), 1);
  return sizes[type];
}

MongeArray *
monge_array_new (const char *name, MongeType type, guint n_components, gsize n_rows,
                 GBytes *values)
{
  MongeArray *array;

  g_return_val_if_fail (name != NULL && values != NULL && n_components > 0, NULL);
  g_return_val_if_fail (g_bytes_get_size (values)
                          == n_rows * n_components * monge_type_get_size (type), NULL);
  array = g_new (MongeArray, 1);
  *array = (MongeArray){ .name = g_utf8_make_valid (name, -1), .type = type,
                         .n_components = n_components, .n_rows = n_rows, .values = values };
  return array;
}

MongeArray *
monge_array_copy (const MongeArray *array)
{
  MongeArray *copy = monge_array_new (array->name, array->type, array->n_components, array->n_rows,
                                      g_bytes_ref (array->values));

  if (array->labels != NULL)
    copy->labels = monge_label_table_ref (array->labels);
  return copy;
}

void
monge_array_free (MongeArray *array)
{
  if (array == NULL)
    return;
  g_bytes_unref (array->values);
  g_clear_pointer (&array->labels, monge_label_table_unref);
  g_free (array->name);
  g_free (array);
}

double
monge_array_get (const MongeArray *array, gsize row, guint component)
{
  const guint8 *values = g_bytes_get_data (array->values, NULL);

  g_return_val_if_fail (row < array->n_rows && component < array->n_components, NAN);
  return monge_bytes_get (array->type, values + (row * array->n_components + component)
                                                  * monge_type_get_size (array->type));
}

void
monge_array_take_labels (MongeArray *array, MongeLabelTable *labels)
{
  g_return_if_fail (array != NULL);
  g_clear_pointer (&array->labels, monge_label_table_unref);
  array->labels = labels;
}

/* --- Roles --- */

/* Whether @name begins with one of @words, in any case, or has one behind a blank or mark. */
static gboolean
is_named (const char *name, const char *const *words)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);

  for (const char *at = lower; *at != '\0'; at++)
    if (at == lower || !g_ascii_isalnum (at[-1]))
      for (const char *const *word = words; *word != NULL; word++)
        if (g_str_has_prefix (at, *word))
          return TRUE;
  return FALSE;
}

static gboolean
has_negative (const MongeArray *array)
{
  for (gsize i = 0; i < array->n_rows; i++)
    if (!(monge_array_get (array, i, 0) >= 0.0))
      return TRUE;
  return FALSE;
}

MongeArrayRole
monge_array_guess_role (const MongeArray *array)
{
  static const char *const weights[] = { "weight", "mass", "density", "probability", NULL };
  static const char *const labels[] = { "label", "region", "parcel", "aparc", "annot", "segment",
                                        "part", "component", "class", NULL };
  static const char *const normals[] = { "normal", NULL };
  static const char *const colours[] = { "rgb", "color", "colour", NULL };
  static const char *const vectors[] = { "displacement", "velocity", "vector", "gradient",
                                         "momentum", NULL };
  gboolean is_real = array->type >= MONGE_TYPE_FLOAT32;

  g_return_val_if_fail (array != NULL, MONGE_ARRAY_SCALAR);
  if (array->n_components == 1)
    {
      if (!is_real && (array->labels != NULL || is_named (array->name, labels)))
        return MONGE_ARRAY_LABEL;
      if (is_named (array->name, weights) && !has_negative (array))
        return MONGE_ARRAY_WEIGHT;
      return MONGE_ARRAY_SCALAR;
    }
  if (array->n_components <= 4 && array->n_components >= 3
      && (array->type == MONGE_TYPE_UINT8 || is_named (array->name, colours)))
    return MONGE_ARRAY_COLOUR;
  if (array->n_components == 3 && is_real && is_named (array->name, normals))
    return MONGE_ARRAY_NORMAL;
  if (array->n_components == 3 && is_real && is_named (array->name, vectors))
    return MONGE_ARRAY_VECTOR;
  return MONGE_ARRAY_OTHER;
}
