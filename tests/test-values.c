/* Values per vertex without a geometry: what is kept, and what is refused with which words. */
#include "compute/io/io.h"
#include "compute/io/values.h"
#include "compute/shape/generate.h"

#include <math.h>
#include <string.h>

#include "tests/util.h"

static MongeArray *
make_array (const char *name, MongeType type, guint n_components, const void *values, gsize n_rows)
{
  gsize size = n_rows * n_components * monge_type_get_size (type);

  return monge_array_new (name, type, n_components, n_rows, g_bytes_new (values, size));
}

static void
test_npy_keeps_any_type (void)
{
  static const gint64 big[] = { G_MAXINT64, -3, G_MININT64 };
  static const double reals[] = { 0.1, NAN, -INFINITY };
  g_autofree char *path = monge_test_tmp_path ("values.npy");
  const struct {
    MongeType type;
    const void *values;
  } cases[] = { { MONGE_TYPE_INT64, big }, { MONGE_TYPE_UINT64, big }, { MONGE_TYPE_FLOAT64, reals },
                { MONGE_TYPE_FLOAT32, reals }, { MONGE_TYPE_INT16, big } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint n_components = 1; n_components <= 3; n_components += 2)
      {
        g_autoptr (GPtrArray) out = monge_values_new (), in = NULL;
        g_autoptr (GError) error = NULL;
        const MongeArray *array;

        g_ptr_array_add (out, make_array ("other", cases[i].type, n_components, cases[i].values,
                                          3 / n_components));
        g_assert_true (monge_values_save (out, path, &error));
        in = monge_values_load (path, NULL, &error);
        g_assert_no_error (error);
        g_assert_cmpuint (in->len, ==, 1);
        array = g_ptr_array_index (in, 0);
        g_assert_cmpstr (array->name, ==, "values");
        g_assert_cmpint (array->type, ==, cases[i].type);
        g_assert_cmpuint (array->n_components, ==, n_components);
        g_assert_true (g_bytes_equal (array->values,
                                      ((MongeArray *) g_ptr_array_index (out, 0))->values));
      }
}

static const MongeArray *
nth (const GPtrArray *arrays, guint i)
{
  return g_ptr_array_index (arrays, i);
}

static GPtrArray *
load_text (const char *text, GError **error)
{
  g_autofree char *path = monge_test_tmp_path ("sulc.csv");

  g_assert_true (monge_file_save (path, text, strlen (text), NULL));
  return monge_values_load (path, NULL, error);
}

static void
test_columns_of_text (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) arrays
      = load_text ("# a comment\nthickness,parcel,v_0,v_1,n\n1.5,insula,1,2,7\n\n,\"cuneus\",3,4,8\n"
                   "-1e-3,insula,5,6.5,9", &error);

  g_assert_no_error (error);
  g_assert_cmpuint (arrays->len, ==, 4);
  g_assert_cmpstr (nth (arrays, 0)->name, ==, "thickness");
  g_assert_cmpint (nth (arrays, 0)->type, ==, MONGE_TYPE_FLOAT64);
  g_assert_true (isnan (monge_array_get (nth (arrays, 0), 1, 0)));
  g_assert_cmpint (monge_array_guess_role (nth (arrays, 1)), ==, MONGE_ARRAY_LABEL);
  g_assert_cmpfloat (monge_array_get (nth (arrays, 1), 2, 0), ==, 0);
  g_assert_cmpstr (monge_label_table_find (nth (arrays, 1)->labels, 1)->name, ==, "cuneus");
  g_assert_cmpuint (nth (arrays, 2)->n_components, ==, 2);
  g_assert_cmpint (nth (arrays, 3)->type, ==, MONGE_TYPE_INT32);
}

static void
test_one_column_of_text (void)
{
  static const char *const texts[] = { "1\n2.5\n3\n", " 1 \r\n2.5\r\n3", "1 \n 2.5\n\t3\n\n" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GPtrArray) arrays = load_text (texts[i], &error);

      g_assert_no_error (error);
      g_assert_cmpuint (arrays->len, ==, 1);
      g_assert_cmpstr (nth (arrays, 0)->name, ==, "sulc");
      g_assert_cmpuint (nth (arrays, 0)->n_rows, ==, 3);
      g_assert_cmpfloat (monge_array_get (nth (arrays, 0), 1, 0), ==, 2.5);
    }
}

static void
test_reject_lines_that_differ (void)
{
  static const struct {
    const char *text, *words;
  } cases[] = { { "a,b\n1,2\n3\n", "line 3: the line has fewer fields than the 2" },
                { "a,b\n1,2\n3,4,5\n", "line 3: the line has more fields" },
                { "a,b\n1,2\n3,x\n", "line 3: “x” in the column “b”" },
                { "a,b\n", "no line of values" },
                { "# nothing\n", "no line of values" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (load_text (cases[i].text, &error));
      g_assert_nonnull (error);
      monge_assert_error (error, MONGE_ERROR, error->code, cases[i].words);
    }
}

/* Every format that can be written gives back what it was given. */
static void
test_round_trips (void)
{
  static const float values[] = { 0.1f, -3, 1e20f };

  for (const MongeValueFormat *format = monge_value_formats; format->name != NULL; format++)
    {
      g_autofree char *name = g_strdup_printf ("lh.%s", format->extensions[0]);
      g_autofree char *path = monge_test_tmp_path (name);
      g_autoptr (GPtrArray) out = monge_values_new (), in = NULL;
      g_autoptr (GError) error = NULL;

      if (g_str_equal (format->name, "ANNOT")) /* labels alone */
        continue;
      g_ptr_array_add (out, make_array ("heat", MONGE_TYPE_FLOAT32, 1, values, 3));
      g_assert_true (monge_values_save (out, path, &error));
      in = monge_values_load (path, NULL, &error);
      g_assert_no_error (error);
      for (guint i = 0; i < 3; i++)
        g_assert_true ((float) monge_array_get (nth (in, 0), i, 0) == values[i]);
    }
}

static void
test_attach_to_a_shape (void)
{
  static const double centre[3] = { 0 };
  g_autoptr (MongeShape) sphere = monge_generate_sphere (0, 1.0, centre), with = NULL;
  gsize n = monge_shape_get_n_vertices (sphere);
  g_autofree float *values = g_new0 (float, n);
  g_autoptr (GPtrArray) arrays = monge_values_new ();
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (arrays, make_array ("sulc", MONGE_TYPE_FLOAT32, 1, values, n));
  with = monge_shape_with_arrays (sphere, arrays, &error);
  g_assert_no_error (error);
  g_assert_nonnull (monge_shape_find_array (with, "sulc"));
  g_ptr_array_add (arrays, make_array ("short", MONGE_TYPE_FLOAT32, 1, values, n - 1));
  g_assert_null (monge_shape_with_arrays (sphere, arrays, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "“short” has");
}

static void
test_reject_what_is_no_values (void)
{
  g_autofree char *path = monge_test_tmp_path ("values.foo");
  g_autoptr (GError) error = NULL;

  g_assert_true (monge_file_save (path, "noth\1ng", 7, &error));
  g_assert_null (monge_values_load (path, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "known format of values");
  g_assert_null (monge_values_load ("/nowhere/at.npy", NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_IO, "/nowhere/at.npy: ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/values/npy_keeps_any_type", test_npy_keeps_any_type);
  g_test_add_func ("/values/columns_of_text", test_columns_of_text);
  g_test_add_func ("/values/one_column_of_text", test_one_column_of_text);
  g_test_add_func ("/values/reject_lines_that_differ", test_reject_lines_that_differ);
  g_test_add_func ("/values/round_trips", test_round_trips);
  g_test_add_func ("/values/attach_to_a_shape", test_attach_to_a_shape);
  g_test_add_func ("/values/reject_what_is_no_values", test_reject_what_is_no_values);
  return g_test_run ();
}
