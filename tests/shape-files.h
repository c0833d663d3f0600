/* What tests of shape formats share: parsing from memory, arrays of every type, comparison. */
#pragma once

#include "compute/io/io.h"

#include <string.h>

#include "tests/util.h"

static inline const MongeFormat *
monge_test_format (const char *name)
{
  const MongeFormat *format = monge_formats;

  while (format->name != NULL && !g_str_equal (format->name, name))
    format++;
  g_assert_nonnull (format->name);
  return format;
}

/* Parses a copy of exactly this size, so that a byte too many is noticed. */
static inline MongeShape *
monge_test_parse (const char *format, const void *data, gsize size)
{
  g_autofree guint8 *copy = g_memdup2 (data, size);
  g_autoptr (GError) error = NULL;
  MongeShape *shape = monge_format_parse_bytes (monge_test_format (format), copy, size, "test",
                                                &error);

  g_assert_no_error (error);
  return shape;
}

static inline void
monge_test_refuse_bytes (const char *format, const void *data, gsize size, int code,
                         const char *words)
{
  g_autofree guint8 *copy = g_memdup2 (data, size);
  g_autoptr (GError) error = NULL;

  g_assert_null (monge_format_parse_bytes (monge_test_format (format), copy, size, "test", &error));
  monge_assert_error (error, MONGE_ERROR, code, words);
}

static inline void
monge_test_refuse (const char *format, const char *text, int code, const char *words)
{
  monge_test_refuse_bytes (format, text, strlen (text), code, words);
}

static inline void
monge_test_assert_repair (const MongeShape *shape, const char *words)
{
  const char *const *repairs = monge_shape_get_repairs (shape);

  for (; *repairs != NULL; repairs++)
    if (strstr (*repairs, words) != NULL)
      return;
  for (repairs = monge_shape_get_repairs (shape); *repairs != NULL; repairs++)
    g_test_message ("repair: %s", *repairs);
  g_error ("no repair says “%s”", words);
}

static inline void
monge_test_assert_array (const MongeArray *array, const char *name, MongeType type,
                         guint n_components, const void *values, gsize size)
{
  g_assert_nonnull (array);
  g_assert_cmpstr (array->name, ==, name);
  g_assert_cmpint (array->type, ==, type);
  g_assert_cmpuint (array->n_components, ==, n_components);
  g_assert_cmpmem (g_bytes_get_data (array->values, NULL), g_bytes_get_size (array->values), values,
                   size);
}

static inline void
monge_test_assert_arrays_equal (const MongeArray *a, const MongeArray *b)
{
  monge_test_assert_array (a, b->name, b->type, b->n_components,
                           g_bytes_get_data (b->values, NULL), g_bytes_get_size (b->values));
}

/* The same numbers, bit for bit, in the same order. */
static inline void
monge_test_assert_shapes_equal (const MongeShape *a, const MongeShape *b)
{
  gsize arity = monge_shape_get_kind (a) == MONGE_SHAPE_SURFACE ? 3 : 2;

  g_assert_cmpint (monge_shape_get_kind (a), ==, monge_shape_get_kind (b));
  g_assert_cmpint (monge_shape_get_position_type (a), ==, monge_shape_get_position_type (b));
  g_assert_cmpuint (monge_shape_get_dim (a), ==, monge_shape_get_dim (b));
  g_assert_cmpmem (monge_shape_get_positions (a), monge_shape_get_n_vertices (a) * 24,
                   monge_shape_get_positions (b), monge_shape_get_n_vertices (b) * 24);
  g_assert_cmpmem (monge_shape_get_cells (a), monge_shape_get_n_cells (a) * arity * 4,
                   monge_shape_get_cells (b), monge_shape_get_n_cells (b) * arity * 4);
  g_assert_cmpstr (monge_shape_get_unit (a), ==, monge_shape_get_unit (b));
  g_assert_cmpint (monge_shape_get_space (a), ==, monge_shape_get_space (b));
  g_assert_cmpint (monge_shape_get_stored_space (a), ==, monge_shape_get_stored_space (b));
  g_assert_cmpuint (monge_shape_get_n_arrays (a), ==, monge_shape_get_n_arrays (b));
  g_assert_cmpuint (monge_shape_get_n_cell_arrays (a), ==, monge_shape_get_n_cell_arrays (b));
  g_assert_cmpuint (monge_shape_get_n_field_arrays (a), ==, monge_shape_get_n_field_arrays (b));
  for (guint i = 0; i < monge_shape_get_n_arrays (a); i++)
    monge_test_assert_arrays_equal (monge_shape_get_array (a, i), monge_shape_get_array (b, i));
  for (guint i = 0; i < monge_shape_get_n_cell_arrays (a); i++)
    monge_test_assert_arrays_equal (monge_shape_get_cell_array (a, i),
                                    monge_shape_get_cell_array (b, i));
  for (guint i = 0; i < monge_shape_get_n_field_arrays (a); i++)
    monge_test_assert_arrays_equal (monge_shape_get_field_array (a, i),
                                    monge_shape_get_field_array (b, i));
}

/* (@n_rows × @n_components) values of every size, negative ones too. */
static inline MongeArray *
monge_test_array (const char *name, MongeType type, guint n_components, gsize n_rows)
{
  gsize n = n_rows * n_components, size = n * monge_type_get_size (type);
  g_autofree guint8 *values = g_malloc0 (MAX (size, 1));

  for (gsize i = 0; i < size; i++)
    values[i] = (guint8) (37 * i + 11 * n_components + 1);
  for (gsize i = 0; i < n; i++)
    if (type == MONGE_TYPE_FLOAT32)
      ((float *) values)[i] = (float) i / 3.0f - 1.0f;
    else if (type == MONGE_TYPE_FLOAT64)
      ((double *) values)[i] = (double) i / 7.0 - 1.0;
  return monge_array_new (name, type, n_components, n_rows,
                          g_bytes_new_take (g_steal_pointer (&values), size));
}

/* A small shape of @kind with arrays of every type at its vertices, its cells and of its own. */
static inline MongeShape *
monge_test_shape (MongeShapeKind kind, MongeType position_type)
{
  static const guint32 faces[] = { 0, 1, 2, 0, 2, 3, 1, 0, 4, 3, 2, 4 };
  static const guint32 segments[] = { 0, 1, 1, 2, 3, 4 };
  MongeShapeBuilder *builder = monge_shape_builder_new ("test", 3);
  double *positions = g_new (double, 15);
  gsize n_cells = kind == MONGE_SHAPE_SURFACE ? 4 : 3;
  g_autoptr (GError) error = NULL;
  MongeShape *shape;

  for (int i = 0; i < 15; i++)
    positions[i] = position_type == MONGE_TYPE_FLOAT32 ? (double) ((float) (i * i - 30) / 7.0f)
                                                       : (i * i - 30) / 7.0;
  monge_shape_builder_take_positions (builder, positions, 5, position_type);
  if (kind == MONGE_SHAPE_SURFACE)
    monge_shape_builder_take_cells (builder, kind, g_memdup2 (faces, sizeof faces), n_cells);
  else if (kind == MONGE_SHAPE_CURVES)
    monge_shape_builder_take_cells (builder, kind, g_memdup2 (segments, sizeof segments), n_cells);
  for (guint type = MONGE_TYPE_INT8; type <= MONGE_TYPE_FLOAT64; type++)
    {
      g_autofree char *name = g_strdup_printf ("type %u", type);
      guint n_components = 1 + type % 4;

      monge_shape_builder_take_array (builder, monge_test_array (name, type, n_components, 5));
      monge_shape_builder_take_field_array (builder, monge_test_array (name, type, 2, type));
      if (kind != MONGE_SHAPE_POINTS)
        monge_shape_builder_take_cell_array (builder, monge_test_array (name, type, n_components,
                                                                        n_cells));
    }
  monge_shape_builder_set_unit (builder, "mm");
  monge_shape_builder_set_space (builder, MONGE_SPACE_LPS);
  shape = monge_shape_builder_end (builder, &error);
  g_assert_no_error (error);
  return shape;
}

/* As @format writes it, read again. */
static inline MongeShape *
monge_test_through (const char *format, const MongeShape *shape)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  monge_test_format (format)->write (shape, out, &error);
  g_assert_no_error (error);
  return monge_test_parse (format, out->str, out->len);
}
