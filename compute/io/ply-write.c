/* Writes PLY in little-endian binary: x, y, z in the type they were read in, then the arrays in
 * their order and type, components of one array one after another as name_0, name_1, …; faces or
 * edges likewise. The unit goes into a comment. Nothing of a shape of up to three dimensions is
 * lost but its transform. */
#include "compute/io/io-private.h"

#include "compute/shape/bytes.h"
#include "compute/io/ply-private.h"

/* A property's name is one word. */
static void
append_property (GString *out, MongeType type, const char *name, guint component, guint n)
{
  gsize start;

  g_string_append_printf (out, "property %s ", monge_ply_type_name (type));
  start = out->len;
  g_string_append (out, name[0] != '\0' ? name : "array");
  for (gsize i = start; i < out->len; i++)
    if ((guint8) out->str[i] <= ' ')
      out->str[i] = '_';
  if (n > 1)
    g_string_append_printf (out, "_%u", component);
  g_string_append_c (out, '\n');
}

static void
append_array_properties (GString *out, const MongeArray *array, gsize *stride)
{
  for (guint k = 0; k < array->n_components; k++)
    append_property (out, array->type, array->name, k, array->n_components);
  *stride += array->n_components * monge_type_get_size (array->type);
}

static void
append_cells_header (const MongeShape *shape, GString *out, gsize *stride)
{
  gboolean is_surface = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE;

  if (monge_shape_get_kind (shape) == MONGE_SHAPE_POINTS)
    return;
  g_string_append_printf (out, "element %s %" G_GSIZE_FORMAT "\n", is_surface ? "face" : "edge",
                          monge_shape_get_n_cells (shape));
  g_string_append (out, is_surface ? "property list uchar int vertex_indices\n"
                                   : "property int vertex1\nproperty int vertex2\n");
  *stride = is_surface ? 13 : 8;
  for (guint i = 0; i < monge_shape_get_n_cell_arrays (shape); i++)
    append_array_properties (out, monge_shape_get_cell_array (shape, i), stride);
}

static void
append_header (const MongeShape *shape, GString *out, gsize *vertex_stride, gsize *cell_stride)
{
  static const char *const axes[] = { "x", "y", "z" };
  MongeType type = monge_shape_get_position_type (shape);

  g_string_append (out, "ply\nformat binary_little_endian 1.0\ncomment written by Monge\n");
  if (monge_shape_get_unit (shape) != NULL)
    g_string_append_printf (out, "comment unit: %s\n", monge_shape_get_unit (shape));
  g_string_append_printf (out, "element vertex %" G_GSIZE_FORMAT "\n",
                          monge_shape_get_n_vertices (shape));
  for (guint k = 0; k < monge_shape_get_dim (shape); k++)
    append_property (out, type, axes[k], 0, 1);
  *vertex_stride = monge_shape_get_dim (shape) * monge_type_get_size (type);
  for (guint i = 0; i < monge_shape_get_n_arrays (shape); i++)
    append_array_properties (out, monge_shape_get_array (shape, i), vertex_stride);
  append_cells_header (shape, out, cell_stride);
  g_string_append (out, "end_header\n");
}

/* Writes the rows of @array to @to and on, @stride apart; returns the bytes of one row. */
static gsize
put_array (const MongeArray *array, guint8 *to, gsize stride)
{
  gsize size = monge_type_get_size (array->type), row_size = array->n_components * size;
  const guint8 *values = g_bytes_get_data (array->values, NULL);

  for (guint k = 0; k < array->n_components; k++)
    monge_bytes_copy (values + k * size, row_size, to + k * size, stride, size, array->n_rows,
                      MONGE_SWAP_LITTLE);
  return row_size;
}

static void
put_vertices (const MongeShape *shape, guint8 *to, gsize stride)
{
  MongeType type = monge_shape_get_position_type (shape);
  gsize n = monge_shape_get_n_vertices (shape), size = monge_type_get_size (type);
  guint dim = monge_shape_get_dim (shape);
  g_autofree guint8 *column = g_malloc (n * size);

  for (guint k = 0; k < dim; k++, to += size)
    {
      monge_bytes_from_doubles (type, monge_shape_get_positions (shape) + k, dim, n, column);
      monge_bytes_copy (column, size, to, stride, size, n, MONGE_SWAP_LITTLE);
    }
  for (guint i = 0; i < monge_shape_get_n_arrays (shape); i++)
    to += put_array (monge_shape_get_array (shape, i), to, stride);
}

static void
put_cells (const MongeShape *shape, guint8 *to, gsize stride)
{
  gboolean is_surface = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE;
  const guint32 *cells = monge_shape_get_cells (shape);
  gsize n = monge_shape_get_n_cells (shape), arity = is_surface ? 3 : 2;

  if (is_surface)
    {
      for (gsize i = 0; i < n; i++)
        to[i * stride] = 3;
      to++;
    }
  for (gsize k = 0; k < arity; k++, to += 4)
    monge_bytes_copy (cells + k, 4 * arity, to, stride, 4, n, MONGE_SWAP_LITTLE);
  for (guint i = 0; i < monge_shape_get_n_cell_arrays (shape); i++)
    to += put_array (monge_shape_get_cell_array (shape, i), to, stride);
}

gboolean
monge_ply_write (const MongeShape *shape, GString *out, GError **error)
{
  gsize vertex_stride = 0, cell_stride = 0, start, vertex_bytes;

  if (monge_shape_get_dim (shape) > 3)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "PLY holds up to 3 coordinates per point, the shape has %u; write .npy or .csv",
                   monge_shape_get_dim (shape));
      return FALSE;
    }
  append_header (shape, out, &vertex_stride, &cell_stride);
  start = out->len;
  vertex_bytes = vertex_stride * monge_shape_get_n_vertices (shape);
  g_string_set_size (out, start + vertex_bytes + cell_stride * monge_shape_get_n_cells (shape));
  put_vertices (shape, (guint8 *) out->str + start, vertex_stride);
  if (monge_shape_get_n_cells (shape) > 0)
    put_cells (shape, (guint8 *) out->str + start + vertex_bytes, cell_stride);
  return TRUE;
}
