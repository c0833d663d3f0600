/* What a shape promises once it is built, and numbers as text both ways. */
#include "compute/shape/shape.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compute/core/random.h"
#include "compute/io/scan.h"
#include "tests/util.h"

/* Two triangles over the unit square, one cell array, one vertex array. */
static MongeShapeBuilder *
build_square (void)
{
  static const double positions[] = { 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0 };
  static const guint32 cells[] = { 0, 1, 2, 0, 2, 3 };
  static const guint8 colours[] = { 7, 8 };
  static const float heat[] = { 0.5f, 1.5f, 2.5f, 3.5f };
  MongeShapeBuilder *builder = monge_shape_builder_new ("square", 3);

  monge_shape_builder_take_positions (builder, g_memdup2 (positions, sizeof positions), 4,
                                      MONGE_TYPE_FLOAT32);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, g_memdup2 (cells, sizeof cells), 2);
  monge_shape_builder_take_array (builder,
                                  monge_array_new ("heat", MONGE_TYPE_FLOAT32, 1, 4,
                                                   g_bytes_new (heat, sizeof heat)));
  monge_shape_builder_take_cell_array (builder,
                                       monge_array_new ("colour", MONGE_TYPE_UINT8, 1, 2,
                                                        g_bytes_new (colours, sizeof colours)));
  return builder;
}

static void
test_keeps_what_it_was_given (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) shape = monge_shape_builder_end (build_square (), &error);
  double lower[3], upper[3];

  g_assert_no_error (error);
  g_assert_cmpstr (monge_shape_get_name (shape), ==, "square");
  g_assert_cmpint (monge_shape_get_kind (shape), ==, MONGE_SHAPE_SURFACE);
  g_assert_cmpuint (monge_shape_get_n_vertices (shape), ==, 4);
  g_assert_cmpuint (monge_shape_get_n_cells (shape), ==, 2);
  g_assert_cmpint (monge_shape_get_position_type (shape), ==, MONGE_TYPE_FLOAT32);
  monge_shape_get_bounds (shape, lower, upper);
  g_assert_true (lower[0] == 0 && upper[0] == 1 && lower[2] == 0 && upper[2] == 0);
  monge_assert_close (monge_shape_get_diameter (shape), sqrt (2.0), 1e-15);
  g_assert_null (monge_shape_get_repairs (shape)[0]);
  g_assert_true (monge_array_get (monge_shape_find_array (shape, "heat"), 2, 0) == 2.5);
  g_assert_null (monge_shape_find_array (shape, "cold"));
  g_assert_true (monge_array_get (monge_shape_get_cell_array (shape, 0), 1, 0) == 8);
  g_assert_true (monge_shape_get_transform (shape)[0] == 1);
  g_assert_true (monge_shape_get_transform (shape)[1] == 0);
}

static void
test_moved_shares_the_rest (void)
{
  static const double moved_positions[] = { 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1e300 };
  g_autoptr (MongeShape) shape = monge_shape_builder_end (build_square (), NULL);
  g_autoptr (MongeShape) moved = monge_shape_moved (shape, moved_positions);
  const guint32 *cells = monge_shape_get_cells (shape);

  g_assert_true (monge_shape_get_cells (moved) == cells);
  g_clear_pointer (&shape, monge_shape_unref);
  g_assert_cmpuint (monge_shape_get_cells (moved)[5], ==, 3);
  g_assert_true (monge_shape_get_positions (moved)[2] == 1);
  /* A float cannot hold 1e300. */
  g_assert_cmpint (monge_shape_get_position_type (moved), ==, MONGE_TYPE_FLOAT64);
}

static void
test_integers_move_to_reals (void)
{
  double whole[] = { 1, 2 }, half[] = { 1, 2.5 };
  g_autoptr (MongeShape) shape = NULL, moved = NULL;
  MongeShapeBuilder *builder = monge_shape_builder_new ("line", 1);

  monge_shape_builder_take_positions (builder, g_memdup2 (whole, sizeof whole), 2,
                                      MONGE_TYPE_INT16);
  shape = monge_shape_builder_end (builder, NULL);
  g_assert_cmpint (monge_shape_get_position_type (shape), ==, MONGE_TYPE_INT16);
  moved = monge_shape_moved (shape, half);
  g_assert_cmpint (monge_shape_get_position_type (moved), ==, MONGE_TYPE_FLOAT32);
}

static void
test_drops_degenerate_cells (void)
{
  static const guint32 cells[] = { 1, 1, 2, 0, 2, 3 };
  g_autoptr (MongeShape) shape = NULL;
  MongeShapeBuilder *builder = build_square ();

  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, g_memdup2 (cells, sizeof cells), 2);
  shape = monge_shape_builder_end (builder, NULL);
  g_assert_cmpuint (monge_shape_get_n_cells (shape), ==, 1);
  g_assert_cmpuint (monge_shape_get_cells (shape)[2], ==, 3);
  g_assert_true (monge_array_get (monge_shape_get_cell_array (shape, 0), 0, 0) == 8);
  g_assert_nonnull (strstr (monge_shape_get_repairs (shape)[0], "1 of 2 faces"));
}

static void
test_nothing_but_degenerate_cells_is_a_cloud (void)
{
  static const guint32 cells[] = { 1, 1, 2, 3, 2, 3 };
  g_autoptr (MongeShape) shape = NULL;
  MongeShapeBuilder *builder = build_square ();

  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, g_memdup2 (cells, sizeof cells), 2);
  shape = monge_shape_builder_end (builder, NULL);
  g_assert_cmpint (monge_shape_get_kind (shape), ==, MONGE_SHAPE_POINTS);
  g_assert_null (monge_shape_get_cells (shape));
  g_assert_cmpuint (monge_shape_get_n_cell_arrays (shape), ==, 0);
}

static void
test_rejects_an_index_out_of_range (void)
{
  static const guint32 cells[] = { 0, 1, 2, 0, 2, 4 };
  g_autoptr (GError) error = NULL;
  MongeShapeBuilder *builder = build_square ();

  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, g_memdup2 (cells, sizeof cells), 2);
  g_assert_null (monge_shape_builder_end (builder, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "face 1 uses vertex 4");
}

static void
test_rejects_what_is_not_finite (void)
{
  double positions[] = { 0, 0, 0, 1, 0, NAN, 1, 1, 0, 0, 1, 0 };
  g_autoptr (GError) error = NULL;
  MongeShapeBuilder *builder = build_square ();

  monge_shape_builder_take_positions (builder, g_memdup2 (positions, sizeof positions), 4,
                                      MONGE_TYPE_FLOAT64);
  g_assert_null (monge_shape_builder_end (builder, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAN, "vertex 1 ");
}

static void
test_rejects_sizes_that_do_not_fit (void)
{
  double values[] = { 0, 0, 0 };
  g_autoptr (GError) error = NULL;
  MongeShapeBuilder *builder = build_square ();

  monge_shape_builder_take_array (builder, monge_array_new ("mass", MONGE_TYPE_FLOAT64, 1, 3,
                                                            g_bytes_new (values, sizeof values)));
  g_assert_null (monge_shape_builder_end (builder, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "“mass” has 3 rows");

  g_assert_null (monge_shape_builder_end (monge_shape_builder_new ("none", 3), &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "no vertex");
  g_assert_null (monge_shape_builder_end (monge_shape_builder_new ("deep", 11), &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "dimension 11");
}

/* --- Numbers as text --- */

static double
read_number (const char *text)
{
  MongeScan scan;
  double value = NAN;

  monge_scan_init (&scan, (const guint8 *) text, strlen (text));
  g_assert_true (monge_scan_double (&scan, &value));
  g_assert_true (scan.at == scan.end);
  return value;
}

static guint64
bits (double value)
{
  guint64 pattern;

  memcpy (&pattern, &value, sizeof pattern);
  return pattern;
}

static void
test_reads_numbers_exactly (void)
{
  static const char *const texts[] = {
    "0", "-0", "+1.5", ".5", "5.", "1e0", "1E+2", "-1e-2", "3.14159265358979323846",
    "9007199254740993", "9007199254740992.9", "18446744073709551615", "18446744073709551616",
    "9999999999999999999", "1.7976931348623157e308", "1e400", "-1e400", "4.9e-324", "1e-400",
    "2.2250738585072011e-308", "0.000000000000000000000000000000000123",
    "123456789012345678901234567890", "0.1000000000000000055511151231257827",
    "8.5e22", "1e23", "6929495644600919.5", "3.7455744005952583e15", "1e99999999999",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_cmphex (bits (read_number (texts[i])), ==, bits (g_ascii_strtod (texts[i], NULL)));
  g_assert_true (isnan (read_number ("NaN")) && isinf (read_number ("-inf")));
  g_assert_true (isinf (read_number ("Infinity")));
}

static void
test_reads_random_decimals_exactly (void)
{
  MongeRandom random;

  monge_random_init (&random, 1);
  for (int i = 0; i < 200000; i++)
    {
      char text[64];
      guint64 digits = monge_random_next (&random) >> (monge_random_next (&random) % 60);
      int exponent = (int) (monge_random_next (&random) % 60) - 35;
      g_snprintf (text, sizeof text, "%" G_GUINT64_FORMAT "e%d", digits, exponent);
      g_assert_cmphex (bits (read_number (text)), ==, bits (g_ascii_strtod (text, NULL)));
    }
}

static void
test_leaves_what_is_no_number (void)
{
  static const char *const texts[] = { "", "-", ".", "-.", "e5", "x", "+", "--1", "na", "in" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      MongeScan scan;
      double value;
      monge_scan_init (&scan, (const guint8 *) texts[i], strlen (texts[i]));
      g_assert_false (monge_scan_double (&scan, &value));
      g_assert_true (scan.at == scan.start);
    }
}

static void
check_double (double value)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char longest[G_ASCII_DTOSTR_BUF_SIZE];

  monge_text_append_double (text, value);
  g_assert_cmphex (bits (g_ascii_strtod (text->str, NULL)), ==, bits (value));
  g_assert_cmphex (bits (read_number (text->str)), ==, bits (value));
  g_ascii_dtostr (longest, sizeof longest, value);
  g_assert_cmpuint (text->len, <=, strlen (longest) + 4);
}

static void
check_float (float value)
{
  g_autoptr (GString) text = g_string_new (NULL);

  monge_text_append_float (text, value);
  g_assert_true (strtof (text->str, NULL) == value);
  g_assert_true ((float) read_number (text->str) == value);
}

static void
test_writes_numbers_that_read_back (void)
{
  MongeRandom random;

  monge_random_init (&random, 2);
  for (int i = 0; i < 100000; i++)
    {
      guint64 pattern = monge_random_next (&random);
      double value;
      float small;
      memcpy (&value, &pattern, sizeof value);
      memcpy (&small, &pattern, sizeof small);
      if (isfinite (value))
        check_double (value);
      if (isfinite (small))
        check_float (small);
      check_double (200.0 * monge_random_uniform (&random) - 100.0);
      check_float ((float) (200.0 * monge_random_uniform (&random) - 100.0));
    }
  check_double (DBL_MAX);
  check_double (-DBL_MIN);
  check_double (5e-324);
  check_float (FLT_MAX);
  check_float (1e-45f);
}

static void
test_writes_the_shortest (void)
{
  static const struct { double value; const char *text; } cases[] = {
    { 0, "0" }, { -0.0, "-0" }, { 0.1, "0.1" }, { -12.5, "-12.5" }, { 1e21, "1e21" },
    { 100, "100" }, { 0.3, "0.3" }, { 0.1 + 0.2, "0.30000000000000004" }, { 1e-7, "1e-7" },
    { 123456789.125, "123456789.125" }, { 2.5e-7, "2.5e-7" },
  };
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_string_truncate (text, 0);
      monge_text_append_double (text, cases[i].value);
      g_assert_cmpstr (text->str, ==, cases[i].text);
    }
  g_string_truncate (text, 0);
  monge_text_append_float (text, 4.4076009f);
  g_assert_cmpstr (text->str, ==, "4.407601");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/shape/keeps_what_it_was_given", test_keeps_what_it_was_given);
  g_test_add_func ("/shape/moved_shares_the_rest", test_moved_shares_the_rest);
  g_test_add_func ("/shape/integers_move_to_reals", test_integers_move_to_reals);
  g_test_add_func ("/shape/drops_degenerate_cells", test_drops_degenerate_cells);
  g_test_add_func ("/shape/nothing_but_degenerate_cells_is_a_cloud",
                   test_nothing_but_degenerate_cells_is_a_cloud);
  g_test_add_func ("/shape/rejects_an_index_out_of_range", test_rejects_an_index_out_of_range);
  g_test_add_func ("/shape/rejects_what_is_not_finite", test_rejects_what_is_not_finite);
  g_test_add_func ("/shape/rejects_sizes_that_do_not_fit", test_rejects_sizes_that_do_not_fit);
  g_test_add_func ("/text/reads_numbers_exactly", test_reads_numbers_exactly);
  g_test_add_func ("/text/reads_random_decimals_exactly", test_reads_random_decimals_exactly);
  g_test_add_func ("/text/leaves_what_is_no_number", test_leaves_what_is_no_number);
  g_test_add_func ("/text/writes_numbers_that_read_back", test_writes_numbers_that_read_back);
  g_test_add_func ("/text/writes_the_shortest", test_writes_the_shortest);
  return g_test_run ();
}
