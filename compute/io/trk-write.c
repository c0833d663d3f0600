/* TrackVis tracts: version 2, little-endian, back through the header that a shape was read with,
 * or in voxels of 1 mm along RAS. Arrays become float32, the nearest to what they are; of cells,
 * the value of a streamline's first segment is that of the streamline. Ten of each have a place,
 * with names of 20 bytes; others are left out. */
#include "compute/io/io-private.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "compute/io/text-field.h"
#include "compute/io/tract.h"
#include "compute/io/trk-private.h"
#include "compute/shape/bytes.h"
#include "compute/shape/place.h"

/* Arrays that find a place, and their columns together. */
typedef struct {
  const MongeArray *arrays[MONGE_TRK_NAMES];
  guint n_arrays, n_columns;
} Columns;

/* FALSE where @name has no room with its number of columns, or is no Latin-1 as the format's names
 * are. */
static gboolean
encode_name (const MongeArray *array, guint8 field[MONGE_TRK_NAME_SIZE])
{
  g_autofree char *name = g_convert (array->name, -1, "ISO-8859-1", "UTF-8", NULL, NULL, NULL);
  g_autofree char *number = g_strdup_printf ("%u", array->n_components);
  gsize length = name != NULL ? strlen (name) : 0;
  gsize n_digits = array->n_components > 1 ? strlen (number) + 1 : 0;

  if (length == 0 || length + n_digits > MONGE_TRK_NAME_SIZE)
    return FALSE;
  memset (field, 0, MONGE_TRK_NAME_SIZE);
  memcpy (field, name, length);
  if (n_digits > 0)
    memcpy (field + length + 1, number, n_digits - 1);
  return TRUE;
}

static void
add_column (Columns *columns, guint8 *names, const MongeArray *array)
{
  if (columns->n_arrays == MONGE_TRK_NAMES || columns->n_columns + array->n_components > G_MAXINT16
      || !encode_name (array, names + columns->n_arrays * MONGE_TRK_NAME_SIZE))
    return;
  columns->arrays[columns->n_arrays++] = array;
  columns->n_columns += array->n_components;
}

static void
list_columns (const MongeShape *shape, guint8 *header, Columns *scalars, Columns *properties)
{
  memset (header + MONGE_TRK_SCALAR_NAMES, 0, MONGE_TRK_NAMES * MONGE_TRK_NAME_SIZE);
  memset (header + MONGE_TRK_PROPERTY_NAMES, 0, MONGE_TRK_NAMES * MONGE_TRK_NAME_SIZE);
  for (guint i = 0; i < monge_shape_get_n_arrays (shape); i++)
    add_column (scalars, header + MONGE_TRK_SCALAR_NAMES, monge_shape_get_array (shape, i));
  for (guint i = 0; i < monge_shape_get_n_cell_arrays (shape); i++)
    add_column (properties, header + MONGE_TRK_PROPERTY_NAMES, monge_shape_get_cell_array (shape, i));
  monge_trk_set_short (header, MONGE_TRK_N_SCALARS, (gint16) scalars->n_columns);
  monge_trk_set_short (header, MONGE_TRK_N_PROPERTIES, (gint16) properties->n_columns);
}

/* The header that was kept, if it is one; else one that says nothing. */
static void
find_header (const MongeShape *shape, guint8 header[MONGE_TRK_SIZE], double affine[16])
{
  const MongeArray *kept = monge_shape_find_field_array (shape, MONGE_TRK_FIELD);
  gboolean is_big, has_order, has_matrix;

  if (kept != NULL && g_bytes_get_size (kept->values) == MONGE_TRK_SIZE
      && monge_trk_matches (g_bytes_get_data (kept->values, NULL), MONGE_TRK_SIZE)
      && monge_trk_read_header (g_bytes_get_data (kept->values, NULL), header, &is_big, NULL)
      && monge_trk_find_affine (header, affine, &has_order, &has_matrix, NULL))
    return;
  monge_trk_init (header);
  monge_trk_find_affine (header, affine, &has_order, &has_matrix, NULL);
}

static void
put_float (GString *out, double value)
{
  guint8 bytes[4];

  monge_trk_set_float (bytes, 0, (float) value);
  g_string_append_len (out, (const char *) bytes, 4);
}

static void
put_columns (GString *out, const Columns *columns, gsize row)
{
  for (guint i = 0; i < columns->n_arrays; i++)
    for (guint k = 0; k < columns->arrays[i]->n_components; k++)
      put_float (out, row == G_MAXSIZE ? 0.0 : monge_array_get (columns->arrays[i], row, k));
}

static gboolean
put_point (GString *out, const double a[16], const double point[3], GError **error)
{
  for (guint k = 0; k < 3; k++)
    {
      double value = a[4 * k] * point[0] + a[4 * k + 1] * point[1] + a[4 * k + 2] * point[2]
                     + a[4 * k + 3];

      if (!(fabs (value) <= FLT_MAX))
        {
          g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "the coordinates are "
                               "too large for the float32 of TrackVis; write .vtk");
          return FALSE;
        }
      put_float (out, value);
    }
  return TRUE;
}

static gboolean
put_lines (GString *out, const MongeShape *shape, const MongeTract *tract, const double to_file[16],
           const Columns *scalars, const Columns *properties, GError **error)
{
  const double *positions = monge_shape_get_positions (shape);

  for (gsize l = 0; l < tract->n_lines; l++)
    {
      guint8 count[4];

      monge_trk_set_int (count, 0, (gint32) (tract->offsets[l + 1] - tract->offsets[l]));
      g_string_append_len (out, (const char *) count, 4);
      for (gsize k = tract->offsets[l]; k < tract->offsets[l + 1]; k++)
        {
          if (!put_point (out, to_file, positions + 3 * (gsize) tract->vertices[k], error))
            return FALSE;
          put_columns (out, scalars, tract->vertices[k]);
        }
      put_columns (out, properties, tract->segments[l]);
    }
  return TRUE;
}

gboolean
monge_trk_write (const MongeShape *shape, GString *out, GError **error)
{
  guint8 header[MONGE_TRK_SIZE];
  double affine[16], to_file[16];
  g_autoptr (MongeTract) tract = NULL;
  Columns scalars = { 0 }, properties = { 0 };

  if (!monge_tract_check (shape, "TrackVis", error))
    return FALSE;
  tract = monge_tract_new (shape);
  if (tract->n_lines > G_MAXINT32)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "more lines than TrackVis "
                           "can count; write .vtk");
      return FALSE;
    }
  find_header (shape, header, affine);
  list_columns (shape, header, &scalars, &properties);
  monge_trk_set_int (header, MONGE_TRK_N_COUNT, (gint32) tract->n_lines);
  if (!monge_affine_invert (affine, to_file))
    g_assert_not_reached (); /* it was checked when it was made */
  g_string_append_len (out, (const char *) header, MONGE_TRK_SIZE);
  return put_lines (out, shape, tract, to_file, &scalars, &properties, error);
}
