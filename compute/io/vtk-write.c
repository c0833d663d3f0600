/* Writes legacy VTK poly data in binary, version 4.2: what VTK up to 8 and programs older than it
 * read too, unlike 5.1, and what 3D Slicer writes. Positions keep their type; all arrays go into
 * FIELD, which keeps their order, names, types and components. Points are vertices; curves become
 * lines where their arrays allow (polydata.h), else lines of two points. The title says along what
 * the coordinates run, as 3D Slicer's does, and the unit.
 *
 * There are always three coordinates: those that are missing are 0. */
#include "compute/io/vtk-private.h"

#include <string.h>

#include "compute/shape/bytes.h"

static const char *const type_names[] = {
  [MONGE_TYPE_INT8] = "signed_char", [MONGE_TYPE_UINT8] = "unsigned_char",
  [MONGE_TYPE_INT16] = "short", [MONGE_TYPE_UINT16] = "unsigned_short",
  [MONGE_TYPE_INT32] = "int", [MONGE_TYPE_UINT32] = "unsigned_int",
  [MONGE_TYPE_INT64] = "vtktypeint64", [MONGE_TYPE_UINT64] = "vtktypeuint64",
  [MONGE_TYPE_FLOAT32] = "float", [MONGE_TYPE_FLOAT64] = "double",
};

/* @n big-endian values at the end of @out, and a line's end. */
static void
append_values (GString *out, MongeType type, const void *values, gsize n)
{
  gsize size = monge_type_get_size (type), start = out->len;

  g_string_set_size (out, start + n * size + 1);
  monge_bytes_copy (values, size, out->str + start, size, size, n, MONGE_SWAP_BIG);
  out->str[out->len - 1] = '\n';
}

/* One word: what else there is becomes %XX. */
static void
append_name (GString *out, const char *name)
{
  for (const char *at = name[0] != '\0' ? name : "array"; *at != '\0'; at++)
    if ((guint8) *at <= ' ' || (guint8) *at >= 0x7f || *at == '"' || *at == '%')
      g_string_append_printf (out, "%%%02X", (guint8) *at);
    else
      g_string_append_c (out, *at);
}

static void
append_array (GString *out, const MongeArray *array)
{
  append_name (out, array->name);
  g_string_append_printf (out, " %u %" G_GSIZE_FORMAT " %s\n", array->n_components, array->n_rows,
                          type_names[array->type]);
  append_values (out, array->type, g_bytes_get_data (array->values, NULL),
                 array->n_rows * array->n_components);
}

typedef const MongeArray *(*GetArray) (const MongeShape *shape, guint index);

/* @section: "POINT_DATA" or the like with its rows, or NULL for the field of the file. @lines:
 * (nullable): whose values are those of their first segment */
static void
append_arrays (GString *out, const MongeShape *shape, const char *section, gsize n_rows,
               guint n_arrays, GetArray get, const MongePolylines *lines)
{
  if (n_arrays == 0)
    return;
  if (section != NULL)
    g_string_append_printf (out, "%s %" G_GSIZE_FORMAT "\n", section, n_rows);
  g_string_append_printf (out, "FIELD FieldData %u\n", n_arrays);
  for (guint i = 0; i < n_arrays; i++)
    {
      g_autoptr (MongeArray) array = lines != NULL ? monge_poly_data_of_lines (get (shape, i), lines)
                                                   : monge_array_copy (get (shape, i));
      append_array (out, array);
    }
}

static void
append_points (GString *out, const MongeShape *shape)
{
  MongeType type = monge_shape_get_position_type (shape);
  gsize n = monge_shape_get_n_vertices (shape), size = monge_type_get_size (type);
  guint dim = monge_shape_get_dim (shape);
  const double *positions = monge_shape_get_positions (shape);
  gsize start;

  g_string_append_printf (out, "POINTS %" G_GSIZE_FORMAT " %s\n", n, type_names[type]);
  start = out->len;
  g_string_set_size (out, start + 3 * n * size + 1);
  memset (out->str + start, 0, 3 * n * size);
  for (gsize i = 0; i < n; i++)
    {
      guint8 row[3 * sizeof (double)];
      monge_bytes_from_doubles (type, positions + i * dim, 1, dim, row);
      monge_bytes_copy (row, size, out->str + start + 3 * i * size, size, size, dim,
                        MONGE_SWAP_BIG);
    }
  out->str[out->len - 1] = '\n';
}

static void
append_cells (GString *out, const MongeShape *shape)
{
  static const char *const words[] = {
    [MONGE_SHAPE_POINTS] = "VERTICES", [MONGE_SHAPE_CURVES] = "LINES",
    [MONGE_SHAPE_SURFACE] = "POLYGONS",
  };
  MongeShapeKind kind = monge_shape_get_kind (shape);
  guint32 arity = kind == MONGE_SHAPE_SURFACE ? 3 : kind == MONGE_SHAPE_CURVES ? 2 : 1;
  gsize n = arity > 1 ? monge_shape_get_n_cells (shape) : monge_shape_get_n_vertices (shape);
  const guint32 *cells = monge_shape_get_cells (shape);
  guint8 *to;

  g_string_append_printf (out, "%s %" G_GSIZE_FORMAT " %" G_GSIZE_FORMAT "\n", words[kind], n,
                          n * (arity + 1));
  g_string_set_size (out, out->len + n * (arity + 1) * 4 + 1);
  to = (guint8 *) out->str + out->len - 1 - n * (arity + 1) * 4;
  for (gsize i = 0; i < n; i++, to += 4 * (arity + 1))
    {
      guint32 index = (guint32) i;
      monge_bytes_copy (&arity, 4, to, 4, 4, 1, MONGE_SWAP_BIG);
      monge_bytes_copy (arity > 1 ? cells + arity * i : &index, 4, to + 4, 4, 4, arity,
                        MONGE_SWAP_BIG);
    }
  out->str[out->len - 1] = '\n';
}

static void
append_lines (GString *out, const MongePolylines *lines)
{
  gsize n_values = lines->offsets[lines->n_lines] + lines->n_lines;
  guint8 *to;

  g_string_append_printf (out, "LINES %" G_GSIZE_FORMAT " %" G_GSIZE_FORMAT "\n", lines->n_lines,
                          n_values);
  g_string_set_size (out, out->len + 4 * n_values + 1);
  to = (guint8 *) out->str + out->len - 1 - 4 * n_values;
  for (gsize line = 0; line < lines->n_lines; line++)
    {
      guint32 n = (guint32) (lines->offsets[line + 1] - lines->offsets[line]);
      monge_bytes_copy (&n, 4, to, 4, 4, 1, MONGE_SWAP_BIG);
      monge_bytes_copy (lines->vertices + lines->offsets[line], 4, to + 4, 4, 4, n, MONGE_SWAP_BIG);
      to += 4 * (n + 1);
    }
  out->str[out->len - 1] = '\n';
}

static void
append_header (GString *out, const MongeShape *shape)
{
  MongeSpace space = monge_shape_get_space (shape);

  g_string_append (out, "# vtk DataFile Version 4.2\nMonge output.");
  if (space != MONGE_SPACE_UNKNOWN)
    g_string_append_printf (out, " SPACE=%s", monge_space_names[space]);
  if (monge_shape_get_unit (shape) != NULL)
    g_string_append_printf (out, " unit: %s", monge_shape_get_unit (shape));
  g_string_append (out, "\nBINARY\nDATASET POLYDATA\n");
}

gboolean
monge_vtk_write (const MongeShape *shape, GString *out, GError **error)
{
  g_autoptr (MongePolylines) lines = NULL;

  if (monge_shape_get_dim (shape) > 3)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "VTK holds 3 coordinates per point, the shape has %u; write .npy or .csv",
                   monge_shape_get_dim (shape));
      return FALSE;
    }
  lines = monge_poly_data_find_lines (shape);
  append_header (out, shape);
  append_arrays (out, shape, NULL, 0, monge_shape_get_n_field_arrays (shape),
                 monge_shape_get_field_array, NULL);
  append_points (out, shape);
  if (lines != NULL)
    append_lines (out, lines);
  else
    append_cells (out, shape);
  append_arrays (out, shape, "CELL_DATA",
                 lines != NULL ? lines->n_lines : monge_shape_get_n_cells (shape),
                 monge_shape_get_n_cell_arrays (shape), monge_shape_get_cell_array, lines);
  append_arrays (out, shape, "POINT_DATA", monge_shape_get_n_vertices (shape),
                 monge_shape_get_n_arrays (shape), monge_shape_get_array, NULL);
  return TRUE;
}
