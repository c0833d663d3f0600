/* Writes OFF as text, with the shortest decimals that read back as the same number: [ST][C][N]OFF for
 * the arrays that it has a place for, nOFF where there are not three coordinates. Segments are faces
 * of two corners. Unit and orientation are comments. */
#include "compute/io/io-private.h"

#include <string.h>

#include "compute/io/scan.h"

typedef struct {
  const MongeArray *normals, *colours, *texture, *face_colours; /* NULL: none */
} Known;

typedef const MongeArray *(*GetArray) (const MongeShape *shape, guint index);

static const MongeArray *
find (const MongeShape *shape, guint n, GetArray get, const char *name, guint n_components)
{
  for (guint i = 0; i < n; i++)
    {
      const MongeArray *array = get (shape, i);
      if (g_str_equal (array->name, name) && array->n_components == n_components)
        return array;
    }
  return NULL;
}

/* Bytes, or numbers from 0 to 1. */
static const MongeArray *
find_colours (const MongeShape *shape, guint n, GetArray get)
{
  const MongeArray *array = find (shape, n, get, "rgba", 4);

  if (array == NULL)
    array = find (shape, n, get, "rgb", 3);
  return array != NULL
             && (array->type == MONGE_TYPE_UINT8 || array->type >= MONGE_TYPE_FLOAT32)
           ? array : NULL;
}

static Known
find_known (const MongeShape *shape)
{
  guint n = monge_shape_get_n_arrays (shape);

  return (Known){
    .normals = find (shape, n, monge_shape_get_array, "normals", monge_shape_get_dim (shape)),
    .colours = find_colours (shape, n, monge_shape_get_array),
    .texture = find (shape, n, monge_shape_get_array, "texture", 2),
    .face_colours = find_colours (shape, monge_shape_get_n_cell_arrays (shape),
                                  monge_shape_get_cell_array),
  };
}

/* Real colours have a point, so that they are not taken for bytes. */
static void
append_row (GString *out, const MongeArray *array, gsize row, gboolean is_colour)
{
  gsize size, start;
  const guint8 *at;

  if (array == NULL)
    return;
  size = monge_type_get_size (array->type);
  at = g_bytes_get_data (array->values, NULL);
  at += row * array->n_components * size;
  for (guint k = 0; k < array->n_components; k++, at += size)
    {
      g_string_append_c (out, ' ');
      start = out->len;
      monge_text_append_value (out, array->type, at);
      if (is_colour && array->type >= MONGE_TYPE_FLOAT32
          && strpbrk (out->str + start, ".en") == NULL)
        g_string_append (out, ".0");
    }
}

static void
append_number (GString *out, MongeType type, double value)
{
  if (type == MONGE_TYPE_FLOAT32)
    monge_text_append_float (out, (float) value);
  else
    monge_text_append_double (out, value);
}

static void
append_vertices (GString *out, const MongeShape *shape, const Known *known)
{
  const double *positions = monge_shape_get_positions (shape);
  MongeType type = monge_shape_get_position_type (shape);
  guint dim = monge_shape_get_dim (shape);

  for (gsize i = 0; i < monge_shape_get_n_vertices (shape); i++)
    {
      for (guint k = 0; k < dim; k++)
        {
          if (k > 0)
            g_string_append_c (out, ' ');
          append_number (out, type, positions[i * dim + k]);
        }
      append_row (out, known->normals, i, FALSE);
      append_row (out, known->colours, i, TRUE);
      append_row (out, known->texture, i, FALSE);
      g_string_append_c (out, '\n');
    }
}

static void
append_faces (GString *out, const MongeShape *shape, const Known *known)
{
  gsize arity = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE ? 3 : 2;
  const guint32 *cells = monge_shape_get_cells (shape);

  for (gsize i = 0; i < monge_shape_get_n_cells (shape); i++)
    {
      g_string_append_c (out, (char) ('0' + arity));
      for (gsize k = 0; k < arity; k++)
        {
          g_string_append_c (out, ' ');
          monge_text_append_value (out, MONGE_TYPE_UINT32, cells + arity * i + k);
        }
      append_row (out, known->face_colours, i, TRUE);
      g_string_append_c (out, '\n');
    }
}

gboolean
monge_off_write (const MongeShape *shape, GString *out, GError **error)
{
  MongeSpace space = monge_shape_get_space (shape);
  guint dim = monge_shape_get_dim (shape);
  Known known = find_known (shape);

  (void) error; /* there is nothing it cannot hold of vertices and cells */
  g_string_append_printf (out, "%s%s%s%sOFF\n", known.texture != NULL ? "ST" : "",
                          known.colours != NULL ? "C" : "", known.normals != NULL ? "N" : "",
                          dim != 3 ? "n" : "");
  if (space != MONGE_SPACE_UNKNOWN)
    g_string_append_printf (out, "# SPACE=%s\n", monge_space_names[space]);
  if (monge_shape_get_unit (shape) != NULL)
    g_string_append_printf (out, "# unit: %s\n", monge_shape_get_unit (shape));
  if (dim != 3)
    g_string_append_printf (out, "%u\n", dim);
  g_string_append_printf (out, "%" G_GSIZE_FORMAT " %" G_GSIZE_FORMAT " 0\n",
                          monge_shape_get_n_vertices (shape), monge_shape_get_n_cells (shape));
  append_vertices (out, shape, &known);
  append_faces (out, shape, &known);
  return TRUE;
}
