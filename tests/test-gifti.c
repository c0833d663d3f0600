/* GIFTI: encodings, orders and types, labels, words and matrices, values alone, what is refused. */
#include "compute/io/io.h"
#include "compute/io/values.h"

#include <string.h>

#include "compute/io/base64.h"
#include "compute/io/text-field.h"
#include "compute/shape/bytes.h"
#include "tests/util.h"

#define N_VERTICES 4
#define N_FACES 2

static const float points[3 * N_VERTICES] = { 0, 0, 0, 1.5f, 0, 0, 0, -2.25f, 0, 0, 0, 1e-20f };
static const gint32 faces[3 * N_FACES] = { 0, 1, 2, 0, 2, 3 };

static const MongeFormat *
find_format (void)
{
  const MongeFormat *format = monge_formats;

  while (!g_str_equal (format->name, "GIFTI"))
    format++;
  return format;
}

static MongeShape *
parse (const char *text, GError **error)
{
  return monge_format_parse_bytes (find_format (), (const guint8 *) text, strlen (text), "test",
                                   error);
}

/* --- Making files --- */

/* Numbers of four bytes as they lie in the file. */
static GByteArray *
lay_out (const void *values, guint n_rows, guint n_columns, gboolean by_columns, gboolean is_big)
{
  GByteArray *bytes = g_byte_array_new ();

  for (guint i = 0; i < n_rows * n_columns; i++)
    {
      guint place = by_columns ? i % n_rows * n_columns + i / n_rows : i;
      guint32 word;

      memcpy (&word, (const guint8 *) values + 4 * place, 4);
      word = is_big ? GUINT32_TO_BE (word) : GUINT32_TO_LE (word);
      g_byte_array_append (bytes, (const guint8 *) &word, 4);
    }
  return bytes;
}

static void
append_text (GString *out, const void *values, MongeType type, guint n_rows, guint n_columns,
             gboolean by_columns)
{
  g_autoptr (GByteArray) bytes = lay_out (values, n_rows, n_columns, by_columns, !MONGE_SWAP_BIG);

  for (guint i = 0; i < n_rows * n_columns; i++)
    g_string_append_printf (out, "%.9g\n  ", monge_bytes_get (type, bytes->data + 4 * i));
}

typedef struct {
  const char *encoding, *order, *endian;
} Variant;

/* @beside: where to put the numbers of an external file; its offset is 3. */
static void
append_array (GString *out, const Variant *variant, const char *intent, MongeType type,
              const void *values, guint n_rows, guint n_columns, const char *beside)
{
  gboolean by_columns = g_str_equal (variant->order, "ColumnMajorOrder");
  g_autoptr (GByteArray) bytes = lay_out (values, n_rows, n_columns, by_columns,
                                          g_str_equal (variant->endian, "BigEndian"));
  gboolean is_external = g_str_equal (variant->encoding, "ExternalFileBinary");
  g_autofree char *name = beside != NULL ? g_path_get_basename (beside) : NULL;

  g_string_append_printf (out, "<DataArray Intent=\"NIFTI_INTENT_%s\" DataType=\"NIFTI_TYPE_%s\" "
                          "ArrayIndexingOrder=\"%s\" Dimensionality=\"2\" Dim0=\"%u\" Dim1=\"%u\" "
                          "Encoding=\"%s\" Endian=\"%s\" ExternalFileName=\"%s\" "
                          "ExternalFileOffset=\"%s\"><MetaData/><Data>", intent,
                          type == MONGE_TYPE_FLOAT32 ? "FLOAT32" : "INT32", variant->order, n_rows,
                          n_columns, variant->encoding, variant->endian,
                          is_external ? name : "", is_external ? "3" : "");
  if (g_str_equal (variant->encoding, "ASCII"))
    append_text (out, values, type, n_rows, n_columns, by_columns);
  else if (g_str_equal (variant->encoding, "Base64Binary"))
    monge_base64_append (out, bytes->data, bytes->len);
  else if (is_external)
    {
      g_byte_array_prepend (bytes, (const guint8 *) "abc", 3);
      g_assert_true (monge_file_save (beside, bytes->data, bytes->len, NULL));
    }
  else
    {
      g_autoptr (GBytes) zipped = monge_bytes_deflate (bytes->data, bytes->len);

      monge_base64_append (out, g_bytes_get_data (zipped, NULL), g_bytes_get_size (zipped));
    }
  g_string_append (out, "</Data></DataArray>\n");
}

static GString *
begin_file (guint n_arrays)
{
  GString *out = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE GIFTI SYSTEM "
                               "\"gifti.dtd\">\n");

  g_string_append_printf (out, "<GIFTI Version=\"1.0\" NumberOfDataArrays=\"%u\">\n", n_arrays);
  return out;
}

static void
assert_tetrahedron (const MongeShape *shape)
{
  g_assert_cmpint (monge_shape_get_kind (shape), ==, MONGE_SHAPE_SURFACE);
  g_assert_cmpuint (monge_shape_get_n_vertices (shape), ==, N_VERTICES);
  g_assert_cmpuint (monge_shape_get_n_cells (shape), ==, N_FACES);
  for (guint i = 0; i < 3 * N_VERTICES; i++)
    g_assert_cmpfloat (monge_shape_get_positions (shape)[i], ==, points[i]);
  g_assert_cmpmem (monge_shape_get_cells (shape), sizeof faces, faces, sizeof faces);
  g_assert_cmpint (monge_shape_get_position_type (shape), ==, MONGE_TYPE_FLOAT32);
  g_assert_cmpstr (monge_shape_get_unit (shape), ==, "mm");
}

/* --- Tests --- */

static void
test_every_encoding (void)
{
  static const char *const encodings[] = { "ASCII", "Base64Binary", "GZipBase64Binary",
                                           "ExternalFileBinary" };
  static const char *const orders[] = { "RowMajorOrder", "ColumnMajorOrder" };
  static const char *const endians[] = { "LittleEndian", "BigEndian" };
  g_autofree char *path = monge_test_tmp_path ("surface.gii");
  g_autofree char *first = monge_test_tmp_path ("points.bin");
  g_autofree char *second = monge_test_tmp_path ("faces.bin");

  for (guint i = 0; i < 16; i++)
    {
      const Variant variant = { encodings[i % 4], orders[i / 4 % 2], endians[i / 8] };
      g_autoptr (GString) out = begin_file (2);
      g_autoptr (GError) error = NULL;
      g_autoptr (MongeShape) shape = NULL;

      append_array (out, &variant, "POINTSET", MONGE_TYPE_FLOAT32, points, N_VERTICES, 3, first);
      append_array (out, &variant, "TRIANGLE", MONGE_TYPE_INT32, faces, N_FACES, 3, second);
      g_string_append (out, "</GIFTI>");
      g_assert_true (monge_file_save (path, out->str, out->len, &error));
      shape = monge_shape_load (path, NULL, NULL, &error);
      g_assert_no_error (error);
      assert_tetrahedron (shape);
      g_assert_cmpint (monge_shape_get_space (shape), ==, MONGE_SPACE_RAS);
      g_assert_null (monge_shape_get_repairs (shape)[0]);
    }
}

static const char full[] =
  "<GIFTI Version=\"1.0\" NumberOfDataArrays=\"5\"><MetaData><MD><Name><![CDATA[UserName]]></Name>"
  "<Value><![CDATA[anna & bo]]></Value></MD></MetaData>"
  "<LabelTable><Label Key=\"7\" Red=\"1\" Green=\"0.5\" Blue=\"0\" Alpha=\"1\">insula</Label>"
  "<Label Key=\"0\">none</Label></LabelTable>"
  "<DataArray Intent=\"NIFTI_INTENT_POINTSET\" DataType=\"NIFTI_TYPE_FLOAT32\" Dimensionality=\"2\" "
  "Dim0=\"3\" Dim1=\"3\" Encoding=\"ASCII\"><MetaData><MD><Name>GeometricType</Name>"
  "<Value>Anatomical</Value></MD></MetaData><CoordinateSystemTransformMatrix><DataSpace>A</DataSpace>"
  "<TransformedSpace>B</TransformedSpace><MatrixData>1 0 0 5  0 1 0 6 0 0 1 7 0 0 0 1</MatrixData>"
  "</CoordinateSystemTransformMatrix><Data>0 0 0 1 0 0 0 1 0</Data></DataArray>"
  "<DataArray Intent=\"NIFTI_INTENT_TRIANGLE\" DataType=\"NIFTI_TYPE_INT32\" Dimensionality=\"2\" "
  "Dim0=\"1\" Dim1=\"3\" Encoding=\"ASCII\"><Data>0 1 2</Data></DataArray>"
  "<DataArray Intent=\"NIFTI_INTENT_LABEL\" DataType=\"NIFTI_TYPE_INT32\" Dimensionality=\"1\" "
  "Dim0=\"3\" Encoding=\"ASCII\"><MetaData><MD><Name>Name</Name><Value>/a/parcels</Value></MD>"
  "</MetaData>"
  "<Data>7 0 7</Data></DataArray>"
  "<DataArray Intent=\"NIFTI_INTENT_TIME_SERIES\" DataType=\"NIFTI_TYPE_FLOAT64\" "
  "Dimensionality=\"1\" Dim0=\"3\" Encoding=\"ASCII\"><Data>0.1 nan -inf</Data></DataArray>"
  "<DataArray Intent=\"NIFTI_INTENT_TIME_SERIES\" DataType=\"NIFTI_TYPE_UINT8\" "
  "Dimensionality=\"1\" Dim0=\"3\" Encoding=\"ASCII\"><Data>1 2 255</Data></DataArray></GIFTI>";

static void
check_full (const MongeShape *shape)
{
  const MongeArray *labels = monge_shape_get_array (shape, 0);
  const MongeArray *first = monge_shape_get_array (shape, 1);
  const MongeArray *matrix = monge_shape_find_field_array (shape, "gifti/matrix/A/B");
  g_autofree char *user = monge_shape_dup_text (shape, "gifti/UserName");
  g_autofree char *type = monge_shape_dup_text (shape, "gifti/POINTSET/GeometricType");

  g_assert_cmpuint (monge_shape_get_n_arrays (shape), ==, 3);
  g_assert_cmpstr (labels->name, ==, "parcels");
  g_assert_cmpint (monge_array_guess_role (labels), ==, MONGE_ARRAY_LABEL);
  g_assert_cmpstr (monge_label_table_find (labels->labels, 7)->name, ==, "insula");
  g_assert_cmpuint (monge_label_table_find (labels->labels, 7)->rgba[1], ==, 128);
  g_assert_false (monge_label_table_find (labels->labels, 0)->has_colour);
  g_assert_cmpstr (first->name, ==, "time_series");
  g_assert_cmpint (first->type, ==, MONGE_TYPE_FLOAT64);
  g_assert_cmpfloat (monge_array_get (first, 0, 0), ==, 0.1);
  g_assert_cmpstr (monge_shape_get_array (shape, 2)->name, ==, "time_series 2");
  g_assert_cmpint (monge_shape_get_array (shape, 2)->type, ==, MONGE_TYPE_UINT8);
  g_assert_cmpstr (user, ==, "anna & bo");
  g_assert_cmpstr (type, ==, "Anatomical");
  g_assert_nonnull (matrix);
  g_assert_cmpfloat (monge_array_get (matrix, 2, 3), ==, 7.0);
  g_assert_nonnull (strstr (monge_shape_get_repairs (shape)[0], "from A to B; it was kept"));
}

/* Labels, words, matrices, time points: as they are read, and again when they were written. */
static void
test_nothing_is_lost (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (MongeShape) shape = parse (full, &error), back = NULL;

  g_assert_no_error (error);
  check_full (shape);
  g_assert_true (find_format ()->write (shape, out, &error));
  back = parse (out->str, &error);
  g_assert_no_error (error);
  check_full (back);
}

static void
test_values_alone (void)
{
  const Variant variant = { "Base64Binary", "RowMajorOrder", "BigEndian" };
  g_autoptr (GString) out = begin_file (2);
  g_autofree char *path = monge_test_tmp_path ("lh.sulc.gii");
  g_autofree char *again = monge_test_tmp_path ("again.func.gii");
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) arrays = NULL, back = NULL;
  const MongeArray *array;

  append_array (out, &variant, "SHAPE", MONGE_TYPE_FLOAT32, points, 12, 1, NULL);
  append_array (out, &variant, "NONE", MONGE_TYPE_INT32, faces, 6, 1, NULL);
  g_string_append (out, "</GIFTI>");
  g_assert_true (monge_file_save (path, out->str, out->len, NULL));
  g_assert_null (monge_shape_load (path, NULL, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "attach this file to it");
  arrays = monge_values_load (path, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (arrays->len, ==, 2);
  array = g_ptr_array_index (arrays, 0);
  g_assert_cmpstr (array->name, ==, "lh.sulc");
  g_assert_cmpmem (g_bytes_get_data (array->values, NULL), 48, points, 48);
  g_assert_true (monge_values_save (arrays, again, &error));
  back = monge_values_load (again, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (array->values,
                                ((MongeArray *) g_ptr_array_index (back, 0))->values));
}

/* What replaces a piece of the full file, and what is then said. */
static const struct {
  const char *from, *to, *words;
  int code;
} lies[] = {
  { "Dim0=\"3\" Dim1=\"3\"", "Dim0=\"500000000\" Dim1=\"3\"", "numbers are promised",
    MONGE_ERROR_FORMAT },
  { "Dim0=\"3\" Dim1=\"3\"", "Dim0=\"461168601842738790\" Dim1=\"300\"", "exceed",
    MONGE_ERROR_SIZE },
  { "Dim0=\"3\" Dim1=\"3\"", "Dim0=\"-3\" Dim1=\"3\"", "Dim0 cannot be “-3”", MONGE_ERROR_FORMAT },
  { "Dim0=\"3\" Dim1=\"3\"", "Dim0=\"0\" Dim1=\"3\"", "no values", MONGE_ERROR_EMPTY },
  { "Dim0=\"3\" Dim1=\"3\"", "Dim0=\"9\" Dim1=\"1\"", "three coordinates", MONGE_ERROR_FORMAT },
  { "<Data>0 0 0", "<Data>0 x 0", "number 1 ", MONGE_ERROR_FORMAT },
  { "<Data>0 0 0", "<Data>0 0 0 0", "more numbers", MONGE_ERROR_FORMAT },
  { "<Data>0 1 2", "<Data>0 1 3", "uses vertex 3", MONGE_ERROR_FORMAT },
  { "<Data>0 1 2", "<Data>0 1 -1", "uses vertex -1", MONGE_ERROR_FORMAT },
  { "<Data>0 1 2", "<Data>0 1 2.5", "number 2 ", MONGE_ERROR_FORMAT },
  { "Encoding=\"ASCII\"", "Encoding=\"Morse\"", "Encoding cannot be", MONGE_ERROR_FORMAT },
  { "Encoding=\"ASCII\"", "Encoding=\"Base64Binary\"", "bytes are present", MONGE_ERROR_FORMAT },
  { "Encoding=\"ASCII\"", "Encoding=\"GZipBase64Binary\"", "base64", MONGE_ERROR_FORMAT },
  { "NIFTI_TYPE_FLOAT32", "NIFTI_TYPE_RGB24", "DataType", MONGE_ERROR_UNSUPPORTED },
  { "</GIFTI>", "", "no element found", MONGE_ERROR_FORMAT },
  { "<GIFTI", "<!DOCTYPE GIFTI [<!ENTITY a \"b\">]><GIFTI", "entity, “a”", MONGE_ERROR_UNSUPPORTED },
  { "<GIFTI", "<svg/><GIFTI", "instead of GIFTI", MONGE_ERROR_FORMAT },
  { "Encoding=\"ASCII\"", "Encoding=\"ExternalFileBinary\" ExternalFileName=\"../a\"", "beside",
    MONGE_ERROR_UNSUPPORTED },
  { "Encoding=\"ASCII\"", "Encoding=\"ExternalFileBinary\" ExternalFileName=\"/etc/passwd\"",
    "beside", MONGE_ERROR_UNSUPPORTED },
  { "Encoding=\"ASCII\"", "Encoding=\"ExternalFileBinary\" ExternalFileName=\"a\"",
    "from the folder", MONGE_ERROR_IO },
};

static void
test_reject_lies (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      const char *at = strstr (full, lies[i].from);
      g_autoptr (GString) text = g_string_new_len (full, at - full);
      g_autoptr (GError) error = NULL;

      g_string_append (text, lies[i].to);
      g_string_append (text, at + strlen (lies[i].from));
      g_test_message ("%s", lies[i].to);
      g_assert_null (parse (text->str, &error));
      monge_assert_error (error, MONGE_ERROR, lies[i].code, lies[i].words);
    }
}

/* The whole cortex: counts and bounds that nibabel reads. */
static void
test_cortex (void)
{
  g_autofree char *path = monge_test_data ("cortex/fsaverage5_pial_left.gii.gz");
  g_autofree char *map = monge_test_data ("cortex/fsaverage5_thick_left.gii.gz");
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) shape = NULL, with = NULL;
  g_autoptr (GPtrArray) arrays = NULL;

  if (path == NULL || map == NULL)
    return;
  shape = monge_shape_load (path, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (monge_shape_get_n_vertices (shape), ==, 10242);
  g_assert_cmpuint (monge_shape_get_n_cells (shape), ==, 20480);
  arrays = monge_values_load (map, NULL, &error);
  g_assert_no_error (error);
  with = monge_shape_with_arrays (shape, arrays, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (monge_shape_get_n_arrays (with), ==, 1);
}

static void
test_cancel (void)
{
  g_autofree char *path = monge_test_tmp_path ("full.gii");
  g_autoptr (GError) error = NULL;
  MongeTask task = MONGE_TASK_INIT;

  g_assert_true (monge_file_save (path, full, strlen (full), NULL));
  monge_task_cancel (&task);
  g_assert_null (monge_values_load (path, &task, &error));
  g_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gifti/every_encoding", test_every_encoding);
  g_test_add_func ("/gifti/nothing_is_lost", test_nothing_is_lost);
  g_test_add_func ("/gifti/values_alone", test_values_alone);
  g_test_add_func ("/gifti/reject_lies", test_reject_lies);
  g_test_add_func ("/gifti/cortex", test_cortex);
  g_test_add_func ("/gifti/cancel", test_cancel);
  return g_test_run ();
}
