/* What must hold for any bytes in any reader of values: arrays that keep their promises and
 * survive being written and read, or an error of the right domain with a message. */
#pragma once

#include "compute/io/values.h"

static inline void
any_values_check_arrays (const GPtrArray *arrays)
{
  g_assert_cmpuint (arrays->len, >, 0);
  for (guint i = 0; i < arrays->len; i++)
    {
      const MongeArray *array = g_ptr_array_index (arrays, i);

      g_assert_cmpuint (array->n_rows, >, 0);
      g_assert_cmpuint (array->n_components, >, 0);
      g_assert_cmpuint (g_bytes_get_size (array->values), ==,
                        array->n_rows * array->n_components * monge_type_get_size (array->type));
      g_assert_true (g_utf8_validate (array->name, -1, NULL));
      monge_array_get (array, array->n_rows - 1, array->n_components - 1);
    }
}

/* Whatever a format writes it reads again, as many arrays of as many rows; text may join them. */
static inline void
any_values_check_round_trips (const GPtrArray *arrays)
{
  for (const MongeValueFormat *format = monge_value_formats; format->name != NULL; format++)
    {
      g_autoptr (GString) out = g_string_new (NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) back = NULL;

      if (!format->write (arrays, out, &error))
        {
          g_assert_true (error->domain == MONGE_ERROR);
          continue;
        }
      back = monge_value_format_parse_bytes (format, (const guint8 *) out->str, out->len, "back",
                                             &error);
      if (g_str_equal (format->name, "CSV") || g_str_equal (format->name, "TSV")
          || g_str_equal (format->name, "NPZ")) /* names can be those of points, or only numbers */
        continue;
      g_assert_no_error (error);
      g_assert_cmpuint (back->len, ==, arrays->len);
    }
}

static inline gboolean
any_values_check (const MongeValueFormat *format, const guint8 *data, gsize size)
{
  g_autofree guint8 *copy = size > 0 ? g_memdup2 (data, size) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) arrays = NULL;

  format->matches (copy, size);
  arrays = monge_value_format_parse_bytes (format, copy, size, "any", &error);
  if (arrays == NULL)
    {
      g_assert_nonnull (error);
      g_assert_true (error->domain == MONGE_ERROR && error->message[0] != '\0');
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return FALSE;
    }
  g_assert_no_error (error);
  any_values_check_arrays (arrays);
  if (size < 4096)
    any_values_check_round_trips (arrays);
  return TRUE;
}
