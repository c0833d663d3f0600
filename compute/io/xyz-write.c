/* Writes one line per vertex: coordinates, then the arrays in their order (columns.h), with the
 * shortest decimals that read back as the same number. XYZ parts them by blanks, names the columns
 * only if there are arrays, and has comments; CSV and TSV always name them and have none, so that
 * unit and orientation are lost. Cells are lost in all. */
#include "compute/io/io-private.h"

#include <string.h>

#include "compute/io/columns.h"
#include "compute/io/scan.h"
#include "compute/shape/bytes.h"

static void
append_number (GString *out, MongeType type, double value)
{
  if (type == MONGE_TYPE_FLOAT32)
    monge_text_append_float (out, (float) value);
  else
    monge_text_append_double (out, value);
}

/* A name must not be taken for a separator, a comment or a number. */
static void
append_name (GString *out, const char *name, char separator)
{
  gsize start = out->len;

  g_string_append (out, name[0] != '\0' ? name : "array");
  for (gsize i = start; i < out->len; i++)
    {
      guint8 c = (guint8) out->str[i];
      if (c < ' ' || c == 0x7f || c == '"' || c == ',' || c == ';'
          || (c == ' ' && separator == ' '))
        out->str[i] = '_';
    }
}

/* Whether a reader would take the name for that of a further coordinate. */
static gboolean
is_coordinate (const char *name)
{
  if (g_ascii_tolower (name[0]) != 'x')
    return (g_ascii_tolower (name[0]) == 'y' || g_ascii_tolower (name[0]) == 'z') && name[1] == '\0';
  return strspn (name + 1, "0123456789") == strlen (name + 1);
}

/* Of two arrays of normals the second goes by its own name. */
static void
append_array_names (const MongeShape *shape, guint index, char separator, GString *out)
{
  const MongeArray *array = monge_shape_get_array (shape, index);
  g_autofree char *first = monge_columns_dup_name (array, 0, FALSE);
  gboolean plainly = FALSE;

  for (guint i = 0; i < index && !plainly; i++)
    {
      g_autofree char *other = monge_columns_dup_name (monge_shape_get_array (shape, i), 0, FALSE);
      plainly = g_str_equal (first, other);
    }
  for (guint k = 0; k < array->n_components; k++)
    {
      g_autofree char *name = monge_columns_dup_name (array, k, plainly);
      g_string_append_c (out, separator);
      append_name (out, name, separator);
      if (is_coordinate (name))
        g_string_append_c (out, '_');
    }
}

/* x, y, z, or x0, x1, … when these do not suffice. */
static void
append_names (const MongeShape *shape, char separator, GString *out)
{
  guint dim = monge_shape_get_dim (shape);

  for (guint k = 0; k < dim; k++)
    {
      if (k > 0)
        g_string_append_c (out, separator);
      if (dim <= 3)
        g_string_append_c (out, (char) ('x' + k));
      else
        g_string_append_printf (out, "x%u", k);
    }
  for (guint i = 0; i < monge_shape_get_n_arrays (shape); i++)
    append_array_names (shape, i, separator, out);
  g_string_append_c (out, '\n');
}

static void
append_row (const MongeShape *shape, gsize row, char separator, GString *out)
{
  guint dim = monge_shape_get_dim (shape);
  const double *position = monge_shape_get_positions (shape) + row * dim;
  MongeType type = monge_shape_get_position_type (shape);

  for (guint k = 0; k < dim; k++)
    {
      if (k > 0)
        g_string_append_c (out, separator);
      append_number (out, type, position[k]);
    }
  for (guint i = 0; i < monge_shape_get_n_arrays (shape); i++)
    {
      const MongeArray *array = monge_shape_get_array (shape, i);
      gsize size = monge_type_get_size (array->type);
      const guint8 *at = g_bytes_get_data (array->values, NULL);

      at += row * array->n_components * size;
      for (guint k = 0; k < array->n_components; k++, at += size)
        {
          g_string_append_c (out, separator);
          monge_text_append_value (out, array->type, at);
        }
    }
  g_string_append_c (out, '\n');
}

static void
append_rows (const MongeShape *shape, char separator, GString *out)
{
  for (gsize row = 0; row < monge_shape_get_n_vertices (shape); row++)
    append_row (shape, row, separator, out);
}

gboolean
monge_xyz_write (const MongeShape *shape, GString *out, GError **error)
{
  MongeSpace space = monge_shape_get_space (shape);

  if (monge_shape_get_unit (shape) != NULL)
    g_string_append_printf (out, "# unit: %s\n", monge_shape_get_unit (shape));
  if (space != MONGE_SPACE_UNKNOWN)
    g_string_append_printf (out, "# SPACE=%s\n", monge_space_names[space]);
  if (monge_shape_get_n_cells (shape) > 0)
    g_string_append (out, "# faces and segments are not kept in this format\n");
  if (monge_shape_get_n_arrays (shape) > 0)
    append_names (shape, ' ', out);
  append_rows (shape, ' ', out);
  return TRUE;
}

gboolean
monge_csv_write (const MongeShape *shape, GString *out, GError **error)
{
  append_names (shape, ',', out);
  append_rows (shape, ',', out);
  return TRUE;
}

gboolean
monge_tsv_write (const MongeShape *shape, GString *out, GError **error)
{
  append_names (shape, '\t', out);
  append_rows (shape, '\t', out);
  return TRUE;
}
