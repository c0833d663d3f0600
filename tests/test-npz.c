/* NumPy's archives: shapes and values, there and back, zipped or not, and what is refused. */
#include "compute/io/io.h"
#include "compute/io/values.h"
#include "compute/shape/generate.h"

#include <string.h>

#include "compute/io/values-private.h"
#include "compute/io/zip.h"
#include "tests/util.h"

static const MongeFormat *
find_format (void)
{
  const MongeFormat *format = monge_formats;

  while (!g_str_equal (format->name, "NPZ"))
    format++;
  return format;
}

static MongeShape *
parse (const GString *bytes, GError **error)
{
  return monge_format_parse_bytes (find_format (), (const guint8 *) bytes->str, bytes->len, "test",
                                   error);
}

/* --- Making archives --- */

typedef struct {
  const char *name;
  MongeType type;
  guint n_components;
  gsize n_rows;
  const void *values;
} Member;

static const float points[] = { 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1 };
static const gint64 faces[] = { 0, 1, 2, 0, 2, 3 };
static const double heat[] = { 0.1, -1, 3, 1e300 };
static const guint8 part[] = { 7, 9 };

static GString *
make_archive (const Member *members, guint n)
{
  GString *out = g_string_new (NULL);
  g_autoptr (GArray) entries = monge_zip_entries_new ();

  for (guint i = 0; i < n; i++)
    {
      gsize size = members[i].n_rows * members[i].n_components
                   * monge_type_get_size (members[i].type);
      g_autoptr (MongeArray) array = monge_array_new (members[i].name, members[i].type,
                                                      members[i].n_components, members[i].n_rows,
                                                      g_bytes_new (members[i].values, size));
      g_autoptr (GString) data = g_string_new (NULL);

      monge_npy_append_array (data, array);
      g_assert_true (monge_zip_append (out, entries, members[i].name, data, NULL));
    }
  g_assert_true (monge_zip_end (out, entries, NULL));
  return out;
}

static const Member members[] = {
  { "heat.npy", MONGE_TYPE_FLOAT64, 1, 4, heat },
  { "Vertices.npy", MONGE_TYPE_FLOAT32, 3, 4, points },
  { "faces.npy", MONGE_TYPE_INT64, 3, 2, faces },
  { "part.npy", MONGE_TYPE_UINT8, 1, 2, part },
  { "spacing.npy", MONGE_TYPE_FLOAT64, 1, 3, heat },
};

/* --- Tests --- */

static void
test_names_say_what_arrays_are (void)
{
  g_autoptr (GString) bytes = make_archive (members, G_N_ELEMENTS (members)), out = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) shape = parse (bytes, &error), back = NULL;
  g_autoptr (GPtrArray) values = NULL;
  const MongeValueFormat *format = monge_value_formats;

  g_assert_no_error (error);
  g_assert_cmpint (monge_shape_get_kind (shape), ==, MONGE_SHAPE_SURFACE);
  g_assert_cmpuint (monge_shape_get_n_vertices (shape), ==, 4);
  g_assert_cmpuint (monge_shape_get_cells (shape)[5], ==, 3);
  g_assert_cmpstr (monge_shape_get_array (shape, 0)->name, ==, "heat");
  g_assert_cmpstr (monge_shape_get_cell_array (shape, 0)->name, ==, "part");
  g_assert_cmpstr (monge_shape_get_field_array (shape, 0)->name, ==, "spacing");
  out = g_string_new (NULL);
  g_assert_true (find_format ()->write (shape, out, &error));
  back = parse (out, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (monge_shape_get_array (back, 0)->values,
                                monge_shape_get_array (shape, 0)->values));
  g_assert_cmpint (monge_shape_get_cell_array (back, 0)->type, ==, MONGE_TYPE_UINT8);
  while (!g_str_equal (format->name, "NPZ"))
    format++;
  values = monge_value_format_parse_bytes (format, (const guint8 *) bytes->str, bytes->len, "v",
                                           &error);
  g_assert_no_error (error);
  g_assert_cmpuint (values->len, ==, 1); /* as many rows as there are points */
}

/* An array called “faces” of a shape is not taken for its faces. */
static void
test_reserved_names (void)
{
  static const double centre[3] = { 0 };
  g_autoptr (MongeShape) sphere = monge_generate_sphere (0, 1.0, centre), with = NULL, back = NULL;
  gsize n = monge_shape_get_n_vertices (sphere);
  g_autofree gint32 *zeros = g_new0 (gint32, 3 * n);
  g_autoptr (GPtrArray) arrays = monge_values_new ();
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (arrays, monge_array_new ("faces", MONGE_TYPE_INT32, 3, n,
                                            g_bytes_new (zeros, 12 * n)));
  g_ptr_array_add (arrays, monge_array_new ("cell/x", MONGE_TYPE_INT32, 1, n,
                                            g_bytes_new (zeros, 4 * n)));
  with = monge_shape_with_arrays (sphere, arrays, &error);
  g_assert_true (find_format ()->write (with, out, &error));
  back = parse (out, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (monge_shape_get_n_cells (back), ==, monge_shape_get_n_cells (sphere));
  g_assert_cmpstr (monge_shape_get_array (back, 0)->name, ==, "faces");
  g_assert_cmpstr (monge_shape_get_array (back, 1)->name, ==, "cell/x");
}

static void
test_reject_what_has_no_points (void)
{
  g_autoptr (GString) bytes = make_archive (members + 2, 3);
  g_autoptr (GError) error = NULL;

  g_assert_null (parse (bytes, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "“part”");
}

static void
put (GString *bytes, gsize at, guint64 value, guint n_bytes)
{
  for (guint k = 0; k < n_bytes; k++, value >>= 8)
    bytes->str[at + k] = (char) (value & 255);
}

/* Of the one entry of an archive: its line in the directory, and the end. */
static void
find_parts (const GString *bytes, gsize *line, gsize *end)
{
  *end = bytes->len - 22;
  *line = (guint8) bytes->str[*end + 16] | (gsize) (guint8) bytes->str[*end + 17] << 8;
}

static void
test_reject_lies (void)
{
  static const struct {
    gboolean of_end;
    gsize at;
    guint64 value;
    guint n_bytes;
    const char *words;
    int code;
  } lies[] = {
    { FALSE, 24, 4000000000u, 4, "cannot be as large", MONGE_ERROR_FORMAT },
    { FALSE, 20, 4000000000u, 4, "longer than", MONGE_ERROR_FORMAT },
    { FALSE, 42, 4000000000u, 4, "not where the directory says", MONGE_ERROR_FORMAT },
    { FALSE, 16, 1, 4, "checksum", MONGE_ERROR_FORMAT },
    { FALSE, 8, 1, 2, "encrypted", MONGE_ERROR_FORMAT },
    { FALSE, 10, 12, 2, "method 12", MONGE_ERROR_UNSUPPORTED },
    { FALSE, 28, 65535, 2, "directory is damaged", MONGE_ERROR_FORMAT },
    { TRUE, 10, 65535, 2, "larger than the archive", MONGE_ERROR_FORMAT },
    { TRUE, 16, 4000000000u, 4, "larger than the archive", MONGE_ERROR_FORMAT },
    { TRUE, 0, 0, 4, "no end", MONGE_ERROR_FORMAT },
  };

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      g_autoptr (GString) bytes = make_archive (members + 1, 1);
      g_autoptr (GError) error = NULL;
      gsize line, end;

      find_parts (bytes, &line, &end);
      put (bytes, (lies[i].of_end ? end : line) + lies[i].at, lies[i].value, lies[i].n_bytes);
      if (lies[i].at == 10 && !lies[i].of_end)
        put (bytes, line + 20, 10, 4); /* another size, so that it can be unpacked */
      g_assert_null (parse (bytes, &error));
      monge_assert_error (error, MONGE_ERROR, lies[i].code, lies[i].words);
    }
}

/* Entries that share their bytes would unpack to the square of the archive's size. */
static void
test_reject_overlap (void)
{
  g_autoptr (GString) bytes = make_archive (members + 1, 1), twice = NULL;
  g_autoptr (GError) error = NULL;
  gsize line, end;

  find_parts (bytes, &line, &end);
  twice = g_string_new_len (bytes->str, (gssize) end);
  for (int i = 0; i < 3; i++)
    g_string_append_len (twice, bytes->str + line, (gssize) (end - line));
  g_string_append_len (twice, bytes->str + end, 22);
  put (twice, twice->len - 22 + 10, 4, 2);
  put (twice, twice->len - 22 + 12, 4 * (end - line), 4);
  g_assert_null (parse (twice, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "overlap");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/npz/names_say_what_arrays_are", test_names_say_what_arrays_are);
  g_test_add_func ("/npz/reserved_names", test_reserved_names);
  g_test_add_func ("/npz/reject_what_has_no_points", test_reject_what_has_no_points);
  g_test_add_func ("/npz/reject_lies", test_reject_lies);
  g_test_add_func ("/npz/reject_overlap", test_reject_overlap);
  return g_test_run ();
}
