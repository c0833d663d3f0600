/* What must hold for any bytes in any reader: a shape that keeps its promises and survives being
 * written and read, or an error of the right domain with a message. */
#pragma once

#include "compute/io/io.h"

#include <math.h>
#include <string.h>

static inline void
any_bytes_check_shape (const MongeShape *shape)
{
  gsize n = monge_shape_get_n_vertices (shape), n_cells = monge_shape_get_n_cells (shape);
  gsize arity = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE ? 3 : 2;
  guint dim = monge_shape_get_dim (shape);

  g_assert_true (n > 0 && dim >= 1 && dim <= MONGE_MAX_DIM);
  for (gsize i = 0; i < n * dim; i++)
    g_assert_true (isfinite (monge_shape_get_positions (shape)[i]));
  g_assert_true ((n_cells > 0) == (monge_shape_get_kind (shape) != MONGE_SHAPE_POINTS));
  for (gsize i = 0; i < n_cells * arity; i++)
    g_assert_cmpuint (monge_shape_get_cells (shape)[i], <, n);
  for (guint i = 0; i < monge_shape_get_n_arrays (shape); i++)
    {
      const MongeArray *array = monge_shape_get_array (shape, i);
      g_assert_cmpuint (array->n_rows, ==, n);
      g_assert_true (g_utf8_validate (array->name, -1, NULL));
    }
  for (guint i = 0; i < monge_shape_get_n_cell_arrays (shape); i++)
    g_assert_cmpuint (monge_shape_get_cell_array (shape, i)->n_rows, ==, n_cells);
  for (guint i = 0; monge_shape_get_repairs (shape)[i] != NULL; i++)
    g_assert_true (g_utf8_validate (monge_shape_get_repairs (shape)[i], -1, NULL));
}

/* In every format that takes it; what comes back has as many vertices, but for STL, which drops
 * those in no face, and for tracts, which repeat those that lines share. */
static inline void
any_bytes_check_round_trips (const MongeShape *shape)
{
  for (const MongeFormat *format = monge_formats; format->name != NULL; format++)
    {
      g_autoptr (GString) out = g_string_new (NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (MongeShape) back = NULL;
      if (!format->write (shape, out, &error))
        {
          g_assert_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED);
          continue;
        }
      back = monge_format_parse_bytes (format, (const guint8 *) out->str, out->len, "back", &error);
      g_assert_no_error (error);
      if (!g_str_equal (format->name, "STL") && !g_str_equal (format->name, "TRK")
          && !g_str_equal (format->name, "TCK"))
        g_assert_cmpuint (monge_shape_get_n_vertices (back), ==,
                          monge_shape_get_n_vertices (shape));
    }
}

/* Through the reader of @format, in a copy of exactly this size. Returns whether it was a shape. */
static inline gboolean
any_bytes_check (const MongeFormat *format, const guint8 *data, gsize size)
{
  g_autofree guint8 *copy = size > 0 ? g_memdup2 (data, size) : NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) shape = NULL;

  format->matches (copy, size);
  shape = monge_format_parse_bytes (format, copy, size, "any", &error);
  if (shape == NULL)
    {
      g_assert_nonnull (error);
      g_assert_true (error->domain == MONGE_ERROR && error->message[0] != '\0');
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return FALSE;
    }
  g_assert_no_error (error);
  any_bytes_check_shape (shape);
  if (size < 4096)
    any_bytes_check_round_trips (shape);
  return TRUE;
}
