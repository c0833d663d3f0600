/* GIFTI: surfaces with their arrays, and values alone. Numbers are zipped base 64, little-endian,
 * row by row, in the type they have in memory. The standard has float32, int32 and uint8; the
 * programs that were tried read the others too. */
#include "compute/io/io-private.h"

#include <string.h>

#include <zlib.h>

#include "compute/io/base64.h"
#include "compute/io/gifti-private.h"
#include "compute/io/text-field.h"
#include "compute/io/values-private.h"
#include "compute/shape/bytes.h"

/* --- Words --- */

/* XML 1.0 has no control characters but three, and no U+FFFE or U+FFFF. */
static void
append_escaped (GString *out, const char *text)
{
  g_autoptr (GString) clean = g_string_new (NULL);
  g_autofree char *escaped = NULL;

  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);
      gboolean is_good = (c >= 0x20 && c != 0xfffe && c != 0xffff) || c == '\t' || c == '\n';

      g_string_append_unichar (clean, is_good ? c : '?');
    }
  escaped = g_markup_escape_text (clean->str, (gssize) clean->len);
  g_string_append (out, escaped);
}

static void
append_element (GString *out, const char *name, const char *text)
{
  g_string_append_printf (out, "<%s>", name);
  append_escaped (out, text);
  g_string_append_printf (out, "</%s>", name);
}

static void
append_meta (GString *out, const char *name, const char *value)
{
  g_string_append (out, "<MD>");
  append_element (out, "Name", name);
  append_element (out, "Value", value);
  g_string_append (out, "</MD>\n");
}

/* The texts of @shape (nullable) that begin with @prefix and have no further "/". */
static void
append_texts (GString *out, const MongeShape *shape, const char *prefix)
{
  guint n = shape != NULL ? monge_shape_get_n_field_arrays (shape) : 0;

  for (guint i = 0; i < n; i++)
    {
      const MongeArray *array = monge_shape_get_field_array (shape, i);
      g_autofree char *text = NULL;

      if (!g_str_has_prefix (array->name, prefix) || strchr (array->name + strlen (prefix), '/'))
        continue;
      text = monge_array_dup_text (array);
      if (text != NULL && !g_str_equal (array->name + strlen (prefix), "Unit"))
        append_meta (out, array->name + strlen (prefix), text);
    }
}

/* --- Numbers --- */

static void
append_zipped (GString *out, const guint8 *data, gsize size)
{
  uLongf n = compressBound (size);
  g_autofree guint8 *zipped = g_malloc (n);

  if (compress2 (zipped, &n, data, size, Z_DEFAULT_COMPRESSION) != Z_OK)
    g_error ("no memory is left to zip with");
  monge_base64_append (out, zipped, n);
}

static void
append_data (GString *out, const void *values, MongeType type, gsize n)
{
  gsize size = monge_type_get_size (type);
  g_autofree guint8 *swapped = NULL;

  if (MONGE_SWAP_LITTLE)
    {
      swapped = g_malloc (n * size);
      monge_bytes_copy (values, size, swapped, size, size, n, TRUE);
    }
  g_string_append (out, "<Data>");
  append_zipped (out, swapped != NULL ? swapped : values, n * size);
  g_string_append (out, "</Data>\n");
}

static void
begin_array (GString *out, const char *intent, MongeType type, gsize n_rows, guint n_columns)
{
  g_string_append_printf (out, "<DataArray Intent=\"NIFTI_INTENT_%s\" DataType=\"%s\" "
                          "ArrayIndexingOrder=\"RowMajorOrder\" Dimensionality=\"%d\" Dim0=\"%"
                          G_GSIZE_FORMAT "\"", intent, monge_gifti_types[type],
                          n_columns > 1 ? 2 : 1, n_rows);
  if (n_columns > 1)
    g_string_append_printf (out, " Dim1=\"%u\"", n_columns);
  g_string_append (out, " Encoding=\"GZipBase64Binary\" Endian=\"LittleEndian\" "
                   "ExternalFileName=\"\" ExternalFileOffset=\"\">\n<MetaData>\n");
}

/* The matrices that were read, or the one that says nothing. */
static void
append_systems (GString *out, const MongeShape *shape)
{
  for (guint i = 0; i < monge_shape_get_n_field_arrays (shape); i++)
    {
      const MongeArray *array = monge_shape_get_field_array (shape, i);
      g_auto (GStrv) parts = g_strsplit (array->name, "/", 4);

      if (g_strv_length (parts) != 4 || !g_str_has_prefix (array->name, "gifti/matrix/")
          || array->n_rows * array->n_components != 16)
        continue;
      g_string_append (out, "<CoordinateSystemTransformMatrix>");
      append_element (out, "DataSpace", parts[2]);
      append_element (out, "TransformedSpace", parts[3]);
      g_string_append (out, "<MatrixData>");
      for (guint k = 0; k < 16; k++)
        {
          char number[G_ASCII_DTOSTR_BUF_SIZE];

          g_ascii_dtostr (number, sizeof number,
                          monge_array_get (array, k / array->n_components, k % array->n_components));
          g_string_append_printf (out, "%s ", number);
        }
      g_string_append (out, "</MatrixData></CoordinateSystemTransformMatrix>\n");
    }
}

/* --- Labels --- */

/* Whether the entries of @table mean the same in @all, to which they are added. */
static gboolean
merge_labels (MongeLabelTable *all, const MongeLabelTable *table)
{
  guint n = monge_label_table_get_n_entries (table);

  for (guint i = 0; i < n; i++)
    {
      const MongeLabelEntry *entry = monge_label_table_get_entry (table, i);
      const MongeLabelEntry *there = monge_label_table_find (all, entry->value);

      if (there != NULL && !g_str_equal (there->name, entry->name))
        return FALSE;
    }
  for (guint i = 0; i < n; i++)
    {
      const MongeLabelEntry *entry = monge_label_table_get_entry (table, i);

      monge_label_table_add (all, entry->value, entry->name,
                             entry->has_colour ? entry->rgba : NULL);
    }
  return TRUE;
}

static void
append_labels (GString *out, const MongeLabelTable *labels)
{
  static const char *const channels[] = { "Red", "Green", "Blue", "Alpha" };

  g_string_append (out, "<LabelTable>\n");
  for (guint i = 0; i < monge_label_table_get_n_entries (labels); i++)
    {
      const MongeLabelEntry *entry = monge_label_table_get_entry (labels, i);

      g_string_append_printf (out, "<Label Key=\"%d\"", entry->value);
      for (guint k = 0; entry->has_colour && k < 4; k++)
        {
          char number[G_ASCII_DTOSTR_BUF_SIZE];

          g_ascii_formatd (number, sizeof number, "%.6f", entry->rgba[k] / 255.0);
          g_string_append_printf (out, " %s=\"%s\"", channels[k], number);
        }
      g_string_append_c (out, '>');
      append_escaped (out, entry->name);
      g_string_append (out, "</Label>\n");
    }
  g_string_append (out, "</LabelTable>\n");
}

/* --- Files --- */

static const char *
get_intent (const MongeArray *array, gboolean has_labels)
{
  if (has_labels)
    return "LABEL";
  switch (monge_array_guess_role (array))
    {
    case MONGE_ARRAY_NORMAL:
    case MONGE_ARRAY_VECTOR:
      return "VECTOR";
    default:
      return array->n_components == 1 ? "SHAPE" : "NONE";
    }
}

/* Those whose table agrees with @labels, which holds it then. */
static GHashTable *
collect_labels (const GPtrArray *arrays, MongeLabelTable *labels)
{
  GHashTable *labelled = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < arrays->len; i++)
    {
      MongeArray *array = g_ptr_array_index (arrays, i);

      if (array->labels != NULL && array->type < MONGE_TYPE_FLOAT32
          && merge_labels (labels, array->labels))
        g_hash_table_add (labelled, array);
    }
  return labelled;
}

static void
append_arrays (GString *out, const GPtrArray *arrays, GHashTable *labelled)
{
  for (guint i = 0; i < arrays->len; i++)
    {
      const MongeArray *array = g_ptr_array_index (arrays, i);

      begin_array (out, get_intent (array, g_hash_table_contains (labelled, array)), array->type,
                   array->n_rows, array->n_components);
      append_meta (out, "Name", array->name);
      g_string_append (out, "</MetaData>\n");
      append_data (out, g_bytes_get_data (array->values, NULL), array->type,
                   array->n_rows * array->n_components);
      g_string_append (out, "</DataArray>\n");
    }
}

/* @shape: (nullable): whose words stand in the head. */
static void
begin_file (GString *out, guint n_arrays, const MongeShape *shape, const MongeLabelTable *labels)
{
  const char *unit = shape != NULL ? monge_shape_get_unit (shape) : NULL;

  g_string_append_printf (out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE GIFTI SYSTEM "
                          "\"http://www.nitrc.org/frs/download.php/115/gifti.dtd\">\n"
                          "<GIFTI Version=\"1.0\" NumberOfDataArrays=\"%u\">\n<MetaData>\n",
                          n_arrays);
  append_texts (out, shape, "gifti/");
  if (unit != NULL && !g_str_equal (unit, "mm"))
    append_meta (out, "Unit", unit);
  g_string_append (out, "</MetaData>\n");
  append_labels (out, labels);
}

static void
append_points (GString *out, const MongeShape *shape)
{
  MongeType type = monge_shape_get_position_type (shape);
  gsize n = monge_shape_get_n_vertices (shape);
  g_autofree guint8 *values = NULL;

  type = type == MONGE_TYPE_FLOAT64 ? type : MONGE_TYPE_FLOAT32;
  values = g_malloc (3 * n * monge_type_get_size (type));
  monge_bytes_from_doubles (type, monge_shape_get_positions (shape), 1, 3 * n, values);
  begin_array (out, "POINTSET", type, n, 3);
  append_texts (out, shape, "gifti/POINTSET/");
  g_string_append (out, "</MetaData>\n");
  append_systems (out, shape);
  append_data (out, values, type, 3 * n);
  g_string_append (out, "</DataArray>\n");
}

static void
append_triangles (GString *out, const MongeShape *shape)
{
  gsize n = monge_shape_get_n_cells (shape);

  begin_array (out, "TRIANGLE", MONGE_TYPE_INT32, n, 3);
  append_texts (out, shape, "gifti/TRIANGLE/");
  g_string_append (out, "</MetaData>\n");
  append_data (out, monge_shape_get_cells (shape), MONGE_TYPE_INT32, 3 * n);
  g_string_append (out, "</DataArray>\n");
}

static GPtrArray *
list_arrays (const MongeShape *shape)
{
  GPtrArray *arrays = g_ptr_array_new ();

  for (guint i = 0; i < monge_shape_get_n_arrays (shape); i++)
    g_ptr_array_add (arrays, (gpointer) monge_shape_get_array (shape, i));
  for (guint i = 0; i < monge_shape_get_n_cell_arrays (shape); i++)
    if (monge_shape_get_n_cells (shape) != monge_shape_get_n_vertices (shape))
      g_ptr_array_add (arrays, (gpointer) monge_shape_get_cell_array (shape, i));
  return arrays;
}

gboolean
monge_gifti_write (const MongeShape *shape, GString *out, GError **error)
{
  gboolean is_surface = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE;
  g_autoptr (MongeLabelTable) labels = monge_label_table_new ();
  g_autoptr (GPtrArray) arrays = list_arrays (shape);
  g_autoptr (GHashTable) labelled = collect_labels (arrays, labels);

  if (monge_shape_get_kind (shape) == MONGE_SHAPE_CURVES || monge_shape_get_dim (shape) != 3)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "GIFTI holds surfaces and "
                           "points in three dimensions; write .vtk or .ply");
      return FALSE;
    }
  begin_file (out, arrays->len + (is_surface ? 2 : 1), shape, labels);
  append_points (out, shape);
  if (is_surface)
    append_triangles (out, shape);
  append_arrays (out, arrays, labelled);
  g_string_append (out, "</GIFTI>\n");
  return TRUE;
}

gboolean
monge_gifti_values_write (const GPtrArray *arrays, GString *out, GError **error)
{
  g_autoptr (MongeLabelTable) labels = monge_label_table_new ();
  g_autoptr (GHashTable) labelled = collect_labels (arrays, labels);

  begin_file (out, arrays->len, NULL, labels);
  append_arrays (out, arrays, labelled);
  g_string_append (out, "</GIFTI>\n");
  return TRUE;
}
