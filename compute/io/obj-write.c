/* Writes Wavefront OBJ with the shortest decimals that read back as the same number. Of the arrays,
 * colours (as numbers from 0 to 1 behind the coordinates), normals and texture coordinates are kept;
 * a comment says if there are others. */
#include "compute/io/obj-private.h"

#include <string.h>

static void
append_number (GString *out, MongeType type, double value)
{
  if (type == MONGE_TYPE_FLOAT32)
    monge_text_append_float (out, (float) value);
  else
    monge_text_append_double (out, value);
}

/* What OBJ has a place for; NULL if there is none. */
typedef struct {
  const MongeArray *colours, *normals, *texture;
  guint n;
} Known;

static const MongeArray *
find (const MongeShape *shape, const char *name, MongeArrayRole role, guint n_components,
      guint *n)
{
  for (guint i = 0; i < monge_shape_get_n_arrays (shape); i++)
    {
      const MongeArray *array = monge_shape_get_array (shape, i);
      if (array->n_components == n_components
          && (g_str_equal (array->name, name) || monge_array_guess_role (array) == role))
        {
          (*n)++;
          return array;
        }
    }
  return NULL;
}

static Known
find_known (const MongeShape *shape)
{
  Known known = { .n = 0 };

  known.colours = find (shape, "rgb", MONGE_ARRAY_COLOUR, 3, &known.n);
  known.normals = find (shape, "normals", MONGE_ARRAY_NORMAL, 3, &known.n);
  known.texture = find (shape, "texture", (MongeArrayRole) -1, 2, &known.n);
  return known;
}

static void
append_row (GString *out, const MongeArray *array, gsize row)
{
  gsize size = monge_type_get_size (array->type);
  const guint8 *at = g_bytes_get_data (array->values, NULL);

  at += row * array->n_components * size;
  for (guint k = 0; k < array->n_components; k++, at += size)
    {
      g_string_append_c (out, ' ');
      monge_text_append_value (out, array->type, at);
    }
}

static void
append_colour (GString *out, const MongeArray *colours, gsize row)
{
  if (colours->type != MONGE_TYPE_UINT8)
    {
      append_row (out, colours, row);
      return;
    }
  for (guint k = 0; k < 3; k++)
    {
      g_string_append_c (out, ' ');
      monge_text_append_double (out, monge_array_get (colours, row, k) / 255.0);
    }
}

static void
append_vertices (const MongeShape *shape, const MongeArray *colours, GString *out)
{
  const double *positions = monge_shape_get_positions (shape);
  MongeType type = monge_shape_get_position_type (shape);
  guint dim = monge_shape_get_dim (shape);

  for (gsize i = 0; i < monge_shape_get_n_vertices (shape); i++)
    {
      g_string_append_c (out, 'v');
      for (guint k = 0; k < 3; k++)
        {
          g_string_append_c (out, ' ');
          append_number (out, type, k < dim ? positions[i * dim + k] : 0.0);
        }
      if (colours != NULL)
        append_colour (out, colours, i);
      g_string_append_c (out, '\n');
    }
}

/* One line per vertex. */
static void
append_list (GString *out, const char *word, const MongeArray *array)
{
  for (gsize i = 0; array != NULL && i < array->n_rows; i++)
    {
      g_string_append (out, word);
      append_row (out, array, i);
      g_string_append_c (out, '\n');
    }
}

static void
append_index (GString *out, char before, guint32 index)
{
  char text[12];
  int at = (int) sizeof text;

  for (guint64 rest = (guint64) index + 1; rest > 0; rest /= 10)
    text[--at] = (char) ('0' + rest % 10);
  text[--at] = before;
  g_string_append_len (out, text + at, (gssize) sizeof text - at);
}

/* v, v/t, v//n or v/t/n: all have the number of the vertex. */
static void
append_corner (GString *out, guint32 index, const Known *known)
{
  append_index (out, ' ', index);
  if (known->texture != NULL)
    append_index (out, '/', index);
  else if (known->normals != NULL)
    g_string_append_c (out, '/');
  if (known->normals != NULL)
    append_index (out, '/', index);
}

static void
append_cells (const MongeShape *shape, const Known *known, GString *out)
{
  static const Known nothing = { .n = 0 };
  gboolean is_surface = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE;
  const guint32 *cells = monge_shape_get_cells (shape);
  gsize arity = is_surface ? 3 : 2;

  for (gsize i = 0; i < monge_shape_get_n_cells (shape); i++)
    {
      g_string_append_c (out, is_surface ? 'f' : 'l');
      for (gsize k = 0; k < arity; k++)
        append_corner (out, cells[i * arity + k], is_surface ? known : &nothing);
      g_string_append_c (out, '\n');
    }
}

static void
append_comments (const MongeShape *shape, const Known *known, GString *out)
{
  MongeSpace space = monge_shape_get_space (shape);

  g_string_append (out, "# written by Monge\n");
  if (space != MONGE_SPACE_UNKNOWN)
    g_string_append_printf (out, "# SPACE=%s\n", monge_space_names[space]);
  if (monge_shape_get_unit (shape) != NULL)
    g_string_append_printf (out, "# unit: %s\n", monge_shape_get_unit (shape));
  if (monge_shape_get_n_arrays (shape) > known->n || monge_shape_get_n_cell_arrays (shape) > 0
      || monge_shape_get_n_field_arrays (shape) > 0)
    g_string_append (out, "# some arrays are not kept in this format\n");
}

gboolean
monge_obj_write (const MongeShape *shape, GString *out, GError **error)
{
  Known known = find_known (shape);

  if (monge_shape_get_dim (shape) > 3)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "OBJ holds 3 coordinates per point, the shape has %u; write .npy or .csv",
                   monge_shape_get_dim (shape));
      return FALSE;
    }
  append_comments (shape, &known, out);
  append_vertices (shape, known.colours, out);
  append_list (out, "vt", known.texture);
  append_list (out, "vn", known.normals);
  append_cells (shape, &known, out);
  return TRUE;
}
