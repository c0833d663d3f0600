/* FreeSurfer: surfaces, curvatures and annotations, there and back, and what is refused. */
#include "compute/io/io.h"
#include "compute/io/values.h"
#include "compute/shape/generate.h"

#include <string.h>

#include "compute/io/text-field.h"
#include "tests/util.h"

static const MongeFormat *
find_format (void)
{
  const MongeFormat *format = monge_formats;

  while (!g_str_equal (format->name, "FREESURFER"))
    format++;
  return format;
}

static MongeShape *
parse (const GString *text, GError **error)
{
  return monge_format_parse_bytes (find_format (), (const guint8 *) text->str, text->len, "test",
                                   error);
}

static void
append_int (GString *out, gint32 value, guint n_bytes)
{
  for (guint k = n_bytes; k-- > 0;)
    g_string_append_c (out, (char) (value >> 8 * k));
}

static void
append_float (GString *out, float value)
{
  gint32 word;

  memcpy (&word, &value, sizeof word);
  append_int (out, word, 4);
}

/* A tetrahedron's corner with its footer behind it. */
static GString *
make_surface (const char *geometry)
{
  static const float points[] = { 0, 0, 0, 1.5f, 0, 0, 0, -2.25f, 0, 0, 0, 1e-20f };
  GString *out = g_string_new ("\xff\xff\xfe" "created by me\n\n");

  append_int (out, 4, 4);
  append_int (out, 1, 4);
  for (guint i = 0; i < 12; i++)
    append_float (out, points[i]);
  for (gint32 i = 1; i < 4; i++)
    append_int (out, i, 4);
  if (geometry != NULL)
    {
      append_int (out, 2, 4);
      append_int (out, 0, 4);
      append_int (out, 20, 4);
      g_string_append (out, geometry);
    }
  return out;
}

#define LINES(valid, cras) \
  "valid = " valid "  # volume info valid\nfilename = ../mri/orig.mgz\nvolume = 256 256 256\n" \
  "voxelsize = 1 1 1\nxras   = -1 0 0\nyras   = 0 0 -1\nzras   = 0 1 0\ncras   = " cras "\n"

static void
test_surface (void)
{
  g_autoptr (GString) bytes = make_surface (LINES ("1", "5.4 18 -0.5") "more"), out = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) shape = parse (bytes, &error);
  g_autofree char *stamp = NULL;
  const MongeArray *matrix;

  g_assert_no_error (error);
  g_assert_cmpuint (monge_shape_get_n_vertices (shape), ==, 4);
  g_assert_cmpuint (monge_shape_get_n_cells (shape), ==, 1);
  g_assert_cmpfloat (monge_shape_get_positions (shape)[7], ==, -2.25);
  g_assert_cmpuint (monge_shape_get_cells (shape)[2], ==, 3);
  stamp = monge_shape_dup_text (shape, "freesurfer/stamp");
  g_assert_cmpstr (stamp, ==, "created by me");
  matrix = monge_shape_find_field_array (shape, "freesurfer/scanner");
  for (guint k = 0; k < 16; k++)
    {
      const double c[] = { 5.4, 18, -0.5, 1 };

      g_assert_cmpfloat (monge_array_get (matrix, k / 4, k % 4), ==,
                         k % 4 == 3 ? c[k / 4] : k % 5 == 0);
    }
  g_assert_nonnull (strstr (monge_shape_get_repairs (shape)[0], "(5.4, 18, -0.5) further"));
  out = g_string_new (NULL);
  g_assert_true (find_format ()->write (shape, out, &error));
  g_assert_cmpmem (out->str, out->len, bytes->str, bytes->len);
}

/* Nothing is said of a scanner where the file says that it does not know. */
static void
test_footer_without_geometry (void)
{
  const char *const footers[] = { NULL, LINES ("0", "1 2 3"), "valid = 1\n",
                                  LINES ("1", "1 2") };

  for (guint i = 0; i < G_N_ELEMENTS (footers); i++)
    {
      g_autoptr (GString) bytes = make_surface (footers[i]);
      g_autoptr (MongeShape) shape = parse (bytes, NULL);

      g_assert_null (monge_shape_find_field_array (shape, "freesurfer/scanner"));
      g_assert_null (monge_shape_get_repairs (shape)[0]);
    }
}

static void
test_quadrangles (void)
{
  for (int is_old = 0; is_old < 2; is_old++)
    {
      static const guint32 even[] = { 0, 1, 3, 2, 3, 1, 1, 2, 3, 1, 3, 0 };
      static const gint32 quads[] = { 0, 1, 2, 3, 1, 2, 3, 0 };
      g_autoptr (GString) bytes = g_string_new (is_old ? "\xff\xff\xff" : "\xff\xff\xfd");
      g_autoptr (GError) error = NULL;
      g_autoptr (MongeShape) shape = NULL;

      append_int (bytes, 4, 3);
      append_int (bytes, 2, 3);
      for (int i = 0; i < 12; i++)
        if (is_old)
          append_int (bytes, -150 + i, 2);
        else
          append_float (bytes, -1.5f + (float) i);
      for (int i = 0; i < 8; i++)
        append_int (bytes, quads[i], 3);
      shape = parse (bytes, &error);
      g_assert_no_error (error);
      g_assert_true (find_format ()->matches ((const guint8 *) bytes->str, bytes->len));
      g_assert_cmpmem (monge_shape_get_cells (shape), 48, even, sizeof even);
      g_assert_cmpfloat (monge_shape_get_positions (shape)[2], ==, is_old ? -1.48 : 0.5);
    }
}

static void
test_reject_lies (void)
{
  g_autoptr (GString) bytes = make_surface (NULL);
  g_autoptr (GError) error = NULL;

  bytes->str[18] = 0x7f; /* vertices */
  g_assert_null (parse (bytes, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "are promised");
  bytes->str[18] = 0;
  bytes->str[bytes->len - 1] = 4; /* the last index */
  g_assert_null (parse (bytes, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "uses vertex 4");
  g_string_truncate (bytes, 30);
  g_assert_null (parse (bytes, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "truncated");
}

/* --- Values --- */

static GPtrArray *
through_file (const GPtrArray *arrays, const char *name)
{
  g_autofree char *path = monge_test_tmp_path (name);
  g_autoptr (GError) error = NULL;
  GPtrArray *back;

  g_assert_true (monge_values_save (arrays, path, &error));
  back = monge_values_load (path, NULL, &error);
  g_assert_no_error (error);
  return back;
}

static void
test_curvatures (void)
{
  const float values[] = { 0.25f, -3e10f, 1e-30f };
  g_autoptr (GPtrArray) arrays = monge_values_new (), back = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  const MongeArray *array;

  g_ptr_array_add (arrays, monge_array_new ("x", MONGE_TYPE_FLOAT32, 1, 3,
                                            g_bytes_new (values, sizeof values)));
  back = through_file (arrays, "lh.thickness");
  path = monge_test_tmp_path ("lh.thickness");
  g_assert_null (monge_shape_load (path, NULL, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "attach this file to it");
  array = g_ptr_array_index (back, 0);
  g_assert_cmpstr (array->name, ==, "thickness");
  g_assert_cmpmem (g_bytes_get_data (array->values, NULL), sizeof values, values, sizeof values);
}

static void
test_old_curvatures (void)
{
  g_autoptr (GString) bytes = g_string_new (NULL);
  g_autofree char *path = monge_test_tmp_path ("rh.old");
  g_autoptr (GPtrArray) arrays = NULL;
  g_autoptr (GError) error = NULL;
  const MongeArray *array;

  append_int (bytes, 3, 3);
  append_int (bytes, 9, 3);
  append_int (bytes, -150, 2);
  append_int (bytes, 25, 2);
  append_int (bytes, 32767, 2);
  g_assert_true (monge_file_save (path, bytes->str, bytes->len, NULL));
  arrays = monge_values_load (path, NULL, &error);
  g_assert_no_error (error);
  array = g_ptr_array_index (arrays, 0);
  g_assert_cmpuint (array->n_rows, ==, 3);
  g_assert_cmpfloat (monge_array_get (array, 0, 0), ==, -1.5);
}

static MongeArray *
make_labels (const guint8 second[4])
{
  static const gint32 values[] = { 2, -1, 5, 2 };
  static const guint8 first[] = { 25, 5, 25, 255 };
  MongeArray *array = monge_array_new ("aparc", MONGE_TYPE_INT32, 1, 4,
                                       g_bytes_new (values, sizeof values));
  MongeLabelTable *table = monge_label_table_new ();

  monge_label_table_add (table, 2, "insula", first);
  monge_label_table_add (table, 5, "cunéus", second);
  monge_array_take_labels (array, table);
  return array;
}

static void
test_annotation (void)
{
  static const guint8 colour[] = { 220, 20, 100, 200 }, black[] = { 0, 0, 0, 255 };
  g_autoptr (GPtrArray) arrays = monge_values_new (), back = NULL;
  g_autoptr (GError) error = NULL;
  const MongeArray *array, *first;

  g_ptr_array_add (arrays, make_labels (colour));
  back = through_file (arrays, "lh.aparc.annot");
  array = g_ptr_array_index (back, 0);
  first = g_ptr_array_index (arrays, 0);
  g_assert_cmpstr (array->name, ==, "aparc");
  g_assert_true (g_bytes_equal (array->values, first->values));
  g_assert_cmpuint (monge_label_table_get_n_entries (array->labels), ==, 2);
  g_assert_cmpstr (monge_label_table_find (array->labels, 5)->name, ==, "cunéus");
  g_assert_cmpmem (monge_label_table_find (array->labels, 5)->rgba, 4, colour, 4);
  g_ptr_array_set_size (arrays, 0);
  g_ptr_array_add (arrays, make_labels (black));
  g_assert_false (monge_values_save (arrays, "/nowhere/x.annot", &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "by their colours");
}

/* Colours that the table lacks are not lost. */
static void
test_annotation_without_table (void)
{
  g_autoptr (GString) bytes = g_string_new (NULL);
  g_autofree char *path = monge_test_tmp_path ("lh.odd.annot");
  g_autoptr (GPtrArray) arrays = NULL;
  g_autoptr (GError) error = NULL;
  const MongeArray *array;

  append_int (bytes, 2, 4);
  append_int (bytes, 0, 4);
  append_int (bytes, 0x030201, 4);
  append_int (bytes, 1, 4);
  append_int (bytes, 0, 4);
  g_assert_true (monge_file_save (path, bytes->str, bytes->len, NULL));
  arrays = monge_values_load (path, NULL, &error);
  g_assert_no_error (error);
  array = g_ptr_array_index (arrays, 0);
  g_assert_cmpfloat (monge_array_get (array, 0, 0), ==, 0);
  g_assert_cmpfloat (monge_array_get (array, 1, 0), ==, -1);
  g_assert_cmpstr (monge_label_table_find (array->labels, 0)->name, ==, "#010203");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/freesurfer/surface", test_surface);
  g_test_add_func ("/freesurfer/footer_without_geometry", test_footer_without_geometry);
  g_test_add_func ("/freesurfer/quadrangles", test_quadrangles);
  g_test_add_func ("/freesurfer/reject_lies", test_reject_lies);
  g_test_add_func ("/freesurfer/curvatures", test_curvatures);
  g_test_add_func ("/freesurfer/old_curvatures", test_old_curvatures);
  g_test_add_func ("/freesurfer/annotation", test_annotation);
  g_test_add_func ("/freesurfer/annotation_without_table", test_annotation_without_table);
  return g_test_run ();
}
