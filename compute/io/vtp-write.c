/* Writes VTK's XML poly data, version 1.0: what VTK 6 and later read. Numbers are appended as they
 * are in memory, little-endian, not zipped: a large shape is written at the speed of the disk.
 * Arrays keep their order, names, types and components; curves become lines where their arrays allow
 * (polydata.h). There are always three coordinates: those that are missing are 0. */
#include "compute/io/vtp-private.h"

#include <string.h>

#include "compute/shape/bytes.h"

static const char *const type_names[] = {
  [MONGE_TYPE_INT8] = "Int8", [MONGE_TYPE_UINT8] = "UInt8", [MONGE_TYPE_INT16] = "Int16",
  [MONGE_TYPE_UINT16] = "UInt16", [MONGE_TYPE_INT32] = "Int32", [MONGE_TYPE_UINT32] = "UInt32",
  [MONGE_TYPE_INT64] = "Int64", [MONGE_TYPE_UINT64] = "UInt64", [MONGE_TYPE_FLOAT32] = "Float32",
  [MONGE_TYPE_FLOAT64] = "Float64",
};

/* The XML and what is appended to it. */
typedef struct {
  GString *xml, *data;
} Writer;

/* What XML cannot hold becomes "_". */
static char *
escape (const char *name)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (const char *at = name; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);
      g_string_append_unichar (text, c < 0x20 || c == 0x7f || (c & 0xfffe) == 0xfffe ? '_' : c);
    }
  return g_markup_escape_text (text->str, (gssize) text->len);
}

/* A header and room for @size bytes; returns their place in the data. */
static gsize
append_room (Writer *writer, gsize size)
{
  guint64 header = GUINT64_TO_LE ((guint64) size);
  gsize start;

  g_string_append_len (writer->data, (const char *) &header, sizeof header);
  start = writer->data->len;
  g_string_set_size (writer->data, start + size);
  return start;
}

/* The element that describes what will be appended next. */
static void
append_element (Writer *writer, const char *name, MongeType type, guint n_components,
                gsize n_tuples)
{
  g_autofree char *escaped = escape (name);

  g_string_append_printf (writer->xml, "<DataArray type=\"%s\" Name=\"%s\" NumberOfComponents=\"%u\""
                          " NumberOfTuples=\"%" G_GSIZE_FORMAT "\" format=\"appended\" offset=\"%"
                          G_GSIZE_FORMAT "\"/>\n", type_names[type], escaped, n_components,
                          n_tuples, writer->data->len);
}

static void
append_values (Writer *writer, const char *name, MongeType type, guint n_components, gsize n_tuples,
               const void *values)
{
  gsize size = monge_type_get_size (type), n = n_tuples * n_components, start;

  append_element (writer, name, type, n_components, n_tuples);
  start = append_room (writer, n * size);
  monge_bytes_copy (values, size, writer->data->str + start, size, size, n, MONGE_SWAP_LITTLE);
}

typedef const MongeArray *(*GetArray) (const MongeShape *shape, guint index);

/* @lines: (nullable): cells whose values are taken from the first segment of each line */
static void
append_arrays (Writer *writer, const MongeShape *shape, guint n, GetArray get,
               const MongePolylines *lines)
{
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (MongeArray) array = lines != NULL ? monge_poly_data_of_lines (get (shape, i), lines)
                                                   : monge_array_copy (get (shape, i));
      append_values (writer, array->name, array->type, array->n_components, array->n_rows,
                     g_bytes_get_data (array->values, NULL));
    }
}

static void
append_text (Writer *writer, const char *name, const char *text)
{
  g_string_append_printf (writer->xml, "<DataArray type=\"String\" Name=\"%s\" NumberOfTuples=\"1\" "
                          "format=\"ascii\">\n", name);
  for (; *text != '\0'; text++)
    g_string_append_printf (writer->xml, "%u ", (guint8) *text);
  g_string_append (writer->xml, "0\n</DataArray>\n");
}

static void
append_field (Writer *writer, const MongeShape *shape)
{
  MongeSpace space = monge_shape_get_space (shape);

  g_string_append (writer->xml, "<FieldData>\n");
  if (space != MONGE_SPACE_UNKNOWN)
    append_text (writer, "SPACE", monge_space_names[space]);
  if (monge_shape_get_unit (shape) != NULL)
    append_text (writer, "UNIT", monge_shape_get_unit (shape));
  append_arrays (writer, shape, monge_shape_get_n_field_arrays (shape), monge_shape_get_field_array,
                 NULL);
  g_string_append (writer->xml, "</FieldData>\n");
}

static void
append_points (Writer *writer, const MongeShape *shape)
{
  MongeType type = monge_shape_get_position_type (shape);
  gsize n = monge_shape_get_n_vertices (shape), size = monge_type_get_size (type), start;
  guint dim = monge_shape_get_dim (shape);
  const double *positions = monge_shape_get_positions (shape);
  guint8 *to, row[3 * sizeof (double)] = { 0 };

  g_string_append (writer->xml, "<Points>\n");
  append_element (writer, "Points", type, 3, n);
  start = append_room (writer, 3 * n * size);
  to = (guint8 *) writer->data->str + start;
  for (gsize i = 0; i < n; i++, to += 3 * size)
    {
      monge_bytes_from_doubles (type, positions + i * dim, 1, dim, row);
      monge_bytes_copy (row, size, to, size, size, 3, MONGE_SWAP_LITTLE);
    }
  g_string_append (writer->xml, "</Points>\n");
}

/* Connectivity and where each cell ends. */
static void
append_cells (Writer *writer, const char *word, const guint32 *indices, gsize n_indices,
              const gsize *ends, gsize n_cells, guint arity)
{
  gsize start;

  g_string_append_printf (writer->xml, "<%s>\n", word);
  append_element (writer, "connectivity", MONGE_TYPE_INT64, 1, n_indices);
  start = append_room (writer, 8 * n_indices);
  for (gsize i = 0; i < n_indices; i++)
    {
      guint64 index = GUINT64_TO_LE ((guint64) (indices != NULL ? indices[i] : i));
      memcpy (writer->data->str + start + 8 * i, &index, 8);
    }
  append_element (writer, "offsets", MONGE_TYPE_INT64, 1, n_cells);
  start = append_room (writer, 8 * n_cells);
  for (gsize i = 0; i < n_cells; i++)
    {
      guint64 end = GUINT64_TO_LE ((guint64) (ends != NULL ? ends[i] : arity * (i + 1)));
      memcpy (writer->data->str + start + 8 * i, &end, 8);
    }
  g_string_append_printf (writer->xml, "</%s>\n", word);
}

static void
append_cells_of (Writer *writer, const MongeShape *shape, const MongePolylines *lines)
{
  gsize n = monge_shape_get_n_cells (shape), n_vertices = monge_shape_get_n_vertices (shape);

  if (lines != NULL)
    append_cells (writer, "Lines", lines->vertices, lines->offsets[lines->n_lines],
                  lines->offsets + 1, lines->n_lines, 0);
  else if (monge_shape_get_kind (shape) == MONGE_SHAPE_CURVES)
    append_cells (writer, "Lines", monge_shape_get_cells (shape), 2 * n, NULL, n, 2);
  else if (monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE)
    append_cells (writer, "Polys", monge_shape_get_cells (shape), 3 * n, NULL, n, 3);
  else
    append_cells (writer, "Verts", NULL, n_vertices, NULL, n_vertices, 1);
}

static void
append_piece (Writer *writer, const MongeShape *shape)
{
  static const char *const words[] = { "NumberOfVerts", "NumberOfLines", "NumberOfPolys" };
  MongeShapeKind kind = monge_shape_get_kind (shape);
  gsize n_vertices = monge_shape_get_n_vertices (shape);
  g_autoptr (MongePolylines) lines = monge_poly_data_find_lines (shape);

  g_string_append_printf (writer->xml, "<Piece NumberOfPoints=\"%" G_GSIZE_FORMAT "\" %s=\"%"
                          G_GSIZE_FORMAT "\">\n<PointData>\n", n_vertices, words[kind],
                          lines != NULL              ? lines->n_lines
                          : kind == MONGE_SHAPE_POINTS ? n_vertices
                                                       : monge_shape_get_n_cells (shape));
  append_arrays (writer, shape, monge_shape_get_n_arrays (shape), monge_shape_get_array, NULL);
  g_string_append (writer->xml, "</PointData>\n<CellData>\n");
  append_arrays (writer, shape, monge_shape_get_n_cell_arrays (shape), monge_shape_get_cell_array,
                 lines);
  g_string_append (writer->xml, "</CellData>\n");
  append_points (writer, shape);
  append_cells_of (writer, shape, lines);
  g_string_append (writer->xml, "</Piece>\n");
}

gboolean
monge_vtp_write (const MongeShape *shape, GString *out, GError **error)
{
  g_autoptr (GString) data = g_string_new (NULL);
  Writer writer = { .xml = out, .data = data };

  if (monge_shape_get_dim (shape) > 3)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "VTP holds 3 coordinates per point, the shape has %u; write .npy or .csv",
                   monge_shape_get_dim (shape));
      return FALSE;
    }
  g_string_append (out, "<?xml version=\"1.0\"?>\n<VTKFile type=\"PolyData\" version=\"1.0\" "
                        "byte_order=\"LittleEndian\" header_type=\"UInt64\">\n<PolyData>\n");
  append_field (&writer, shape);
  append_piece (&writer, shape);
  g_string_append (out, "</PolyData>\n<AppendedData encoding=\"raw\">\n_");
  g_string_append_len (out, data->str, (gssize) data->len);
  g_string_append (out, "\n</AppendedData>\n</VTKFile>\n");
  return TRUE;
}
