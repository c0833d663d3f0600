/* Writes PLY in little-endian binary: x, y, z in the type they were read in, then the arrays in
 * their order and type, components of one array one after another (columns.h); faces or edges
 * likewise; an element for each array of the whole. Unit and orientation go into comments, as 3D
 * Slicer puts the latter. Where the names of properties do not say what an array is called, a comment
 * does: "array", its element and first property, components, type, name.
 *
 * PLY has no integers of 64 bits: they become double, and what that cannot hold a comment tells. */
#include "compute/io/io-private.h"

#include <string.h>

#include "compute/io/columns.h"
#include "compute/io/ply-private.h"
#include "compute/shape/bytes.h"

static MongeType
written_type (MongeType type)
{
  return type == MONGE_TYPE_INT64 || type == MONGE_TYPE_UINT64 ? MONGE_TYPE_FLOAT64 : type;
}

/* --- Properties --- */

/* The properties of the arrays of one element. */
typedef struct {
  char *element;
  GPtrArray *names; /* of char * */
  GHashTable *seen; /* the same */
  GArray *types;    /* of MongeType */
  gsize size;       /* of a row */
} Properties;

static void
properties_clear (Properties *properties)
{
  g_clear_pointer (&properties->element, g_free);
  g_clear_pointer (&properties->seen, g_hash_table_unref);
  g_clear_pointer (&properties->names, g_ptr_array_unref);
  g_clear_pointer (&properties->types, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Properties, properties_clear)

/* @element: transfer full. */
static void
properties_init (Properties *properties, char *element)
{
  *properties = (Properties){ .element = element,
                              .names = g_ptr_array_new_with_free_func (g_free),
                              .seen = g_hash_table_new (g_str_hash, g_str_equal),
                              .types = g_array_new (FALSE, FALSE, sizeof (MongeType)) };
}

/* A property's name is one word. */
static char *
dup_word (char *name)
{
  for (char *at = name; *at != '\0'; at++)
    if ((guint8) *at <= ' ')
      *at = '_';
  if (name[0] != '\0')
    return name;
  g_free (name);
  return g_strdup ("array");
}

/* The names of no two properties of an element are the same. */
static char *
name_property (const Properties *properties, const MongeArray *array, guint component)
{
  char *name = dup_word (monge_columns_dup_name (array, component, FALSE)), *unique;

  if (!g_hash_table_contains (properties->seen, name))
    return name;
  g_free (name);
  name = dup_word (monge_columns_dup_name (array, component, TRUE));
  if (!g_hash_table_contains (properties->seen, name))
    return name;
  unique = g_strdup_printf ("%s.%u", name, properties->names->len);
  g_free (name);
  return unique;
}

static void
add_array (Properties *properties, const MongeArray *array)
{
  MongeType type = written_type (array->type);

  for (guint k = 0; k < array->n_components; k++)
    {
      char *name = name_property (properties, array, k);
      g_ptr_array_add (properties->names, name);
      g_hash_table_add (properties->seen, name);
      g_array_append_val (properties->types, type);
    }
  properties->size += array->n_components * monge_type_get_size (type);
}

/* Whether a reader makes of the properties from @first on what @array is. */
static gboolean
are_plain (const Properties *properties, guint first, const MongeArray *array)
{
  g_autofree char *name = NULL;
  guint n = monge_columns_match ((const char *const *) properties->names->pdata + first,
                                 &g_array_index (properties->types, MongeType, first),
                                 properties->names->len - first, &name);

  return n == array->n_components && g_str_equal (name, array->name)
         && written_type (array->type) == array->type;
}

static void
append_rule (GString *out, const char *element, const char *first, const MongeArray *array)
{
  g_autofree char *name = g_strdelimit (g_strdup (array->name), "\n\r", ' ');

  g_string_append_printf (out, "comment array %s %s %u %s %s\n", element, first,
                          array->n_components, monge_ply_type_name (array->type), name);
  for (gsize i = 0; written_type (array->type) != array->type && i < array->n_rows; i++)
    for (guint k = 0; k < array->n_components; k++)
      if (ABS (monge_array_get (array, i, k)) > 0x1p53)
        {
          g_string_append_printf (out, "comment %s of %s is rounded to double\n", first, element);
          return;
        }
}

typedef const MongeArray *(*GetArray) (const MongeShape *shape, guint index);

/* Properties of the arrays from @from on, and in @comments what these do not say. */
static void
add_arrays (Properties *properties, const MongeShape *shape, guint from, guint n, GetArray get,
            GString *comments)
{
  guint first = properties->names->len;

  for (guint i = from; i < from + n; i++)
    add_array (properties, get (shape, i));
  for (guint i = from; i < from + n; i++)
    {
      const MongeArray *array = get (shape, i);
      if (!are_plain (properties, first, array))
        append_rule (comments, properties->element,
                     g_ptr_array_index (properties->names, first), array);
      first += array->n_components;
    }
}

static void
append_properties (GString *out, const Properties *properties)
{
  for (guint i = 0; i < properties->names->len; i++)
    g_string_append_printf (out, "property %s %s\n",
                            monge_ply_type_name (g_array_index (properties->types, MongeType, i)),
                            (char *) g_ptr_array_index (properties->names, i));
}

/* --- The header --- */

static gsize
append_vertex_element (const MongeShape *shape, GString *out, GString *comments)
{
  static const char *const axes[] = { "x", "y", "z" };
  MongeType type = written_type (monge_shape_get_position_type (shape));
  guint dim = monge_shape_get_dim (shape);
  g_auto (Properties) properties = { NULL };

  properties_init (&properties, g_strdup ("vertex"));
  for (guint k = 0; k < G_N_ELEMENTS (axes); k++)
    g_hash_table_add (properties.seen, (gpointer) axes[k]);
  add_arrays (&properties, shape, 0, monge_shape_get_n_arrays (shape), monge_shape_get_array,
              comments);
  g_string_append_printf (out, "element vertex %" G_GSIZE_FORMAT "\n",
                          monge_shape_get_n_vertices (shape));
  for (guint k = 0; k < dim; k++)
    g_string_append_printf (out, "property %s %s\n", monge_ply_type_name (type), axes[k]);
  append_properties (out, &properties);
  return dim * monge_type_get_size (type) + properties.size;
}

static gsize
append_cell_element (const MongeShape *shape, GString *out, GString *comments)
{
  gboolean is_surface = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE;
  g_auto (Properties) properties = { NULL };

  if (monge_shape_get_kind (shape) == MONGE_SHAPE_POINTS)
    return 0;
  properties_init (&properties, g_strdup (is_surface ? "face" : "edge"));
  add_arrays (&properties, shape, 0, monge_shape_get_n_cell_arrays (shape),
              monge_shape_get_cell_array, comments);
  g_string_append_printf (out, "element %s %" G_GSIZE_FORMAT "\n", properties.element,
                          monge_shape_get_n_cells (shape));
  g_string_append (out, is_surface ? "property list uchar int vertex_indices\n"
                                   : "property int vertex1\nproperty int vertex2\n");
  append_properties (out, &properties);
  return (is_surface ? 13 : 8) + properties.size;
}

static void
append_field_elements (const MongeShape *shape, GString *out, GString *comments)
{
  for (guint i = 0; i < monge_shape_get_n_field_arrays (shape); i++)
    {
      g_auto (Properties) properties = { NULL };
      properties_init (&properties, g_strdup_printf ("field%u", i));
      add_arrays (&properties, shape, i, 1, monge_shape_get_field_array, comments);
      g_string_append_printf (out, "element %s %" G_GSIZE_FORMAT "\n", properties.element,
                              monge_shape_get_field_array (shape, i)->n_rows);
      append_properties (out, &properties);
    }
}

static void
append_header (const MongeShape *shape, GString *out, gsize *vertex_stride, gsize *cell_stride)
{
  g_autoptr (GString) elements = g_string_new (NULL), comments = g_string_new (NULL);
  MongeSpace space = monge_shape_get_space (shape);

  *vertex_stride = append_vertex_element (shape, elements, comments);
  *cell_stride = append_cell_element (shape, elements, comments);
  append_field_elements (shape, elements, comments);
  g_string_append (out, "ply\nformat binary_little_endian 1.0\ncomment written by Monge\n");
  if (monge_shape_get_unit (shape) != NULL)
    g_string_append_printf (out, "comment unit: %s\n", monge_shape_get_unit (shape));
  if (space != MONGE_SPACE_UNKNOWN)
    g_string_append_printf (out, "comment SPACE=%s\n", monge_space_names[space]);
  g_string_append_printf (out, "%s%send_header\n", comments->str, elements->str);
}

/* --- The rows --- */

/* Writes the rows of @array to @to and on, @stride apart; returns the bytes of one row. */
static gsize
put_array (const MongeArray *array, guint8 *to, gsize stride)
{
  MongeType type = written_type (array->type);
  gsize size = monge_type_get_size (type), row_size = array->n_components * size;
  const guint8 *values = g_bytes_get_data (array->values, NULL);
  g_autofree double *wide = NULL;

  if (type != array->type)
    {
      wide = g_new (double, MAX (array->n_rows * array->n_components, 1));
      monge_bytes_to_doubles (array->type, values, array->n_rows * array->n_components, wide, 1);
      values = (const guint8 *) wide;
    }
  for (guint k = 0; k < array->n_components; k++)
    monge_bytes_copy (values + k * size, row_size, to + k * size, stride, size, array->n_rows,
                      MONGE_SWAP_LITTLE);
  return row_size;
}

static void
put_vertices (const MongeShape *shape, guint8 *to, gsize stride)
{
  MongeType type = written_type (monge_shape_get_position_type (shape));
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

static void
append_field_rows (const MongeShape *shape, GString *out)
{
  for (guint i = 0; i < monge_shape_get_n_field_arrays (shape); i++)
    {
      const MongeArray *array = monge_shape_get_field_array (shape, i);
      gsize stride = array->n_components * monge_type_get_size (written_type (array->type));
      gsize start = out->len;

      g_string_set_size (out, start + array->n_rows * stride);
      put_array (array, (guint8 *) out->str + start, stride);
    }
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
  append_field_rows (shape, out);
  return TRUE;
}
