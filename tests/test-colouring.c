/* What an array looks like: numbers, signed numbers, labels. */
#include "tests/util.h"
#include "ui/colouring.h"

#include <math.h>
#include <string.h>

#define N 6

static MongeShape *
make_shape (MongeArray *array)
{
  MongeShapeBuilder *builder = monge_shape_builder_new ("points", 3);

  monge_shape_builder_take_positions (builder, g_new0 (double, 3 * N), N, MONGE_TYPE_FLOAT64);
  monge_shape_builder_take_array (builder, array);
  return monge_shape_builder_end (builder, NULL);
}

static MongeColouring *
colour (const char *name, const float values[N], MongeLabelTable *labels)
{
  g_autoptr (GBytes) bytes = g_bytes_new (values, N * sizeof *values);
  MongeArray *array = monge_array_new (name, MONGE_TYPE_FLOAT32, 1, N, g_bytes_ref (bytes));
  g_autoptr (MongeShape) shape = NULL;

  monge_array_take_labels (array, labels);
  shape = make_shape (array);
  return monge_colouring_new (shape, name, "viridis");
}

static void
test_numbers_span_the_map (void)
{
  g_autoptr (MongeColouring) colouring = colour ("depth", (float[]){ 3, 1, 2, NAN, 5, 4 }, NULL);

  g_assert_true (colouring->map == monge_colormap_find ("viridis"));
  g_assert_false (colouring->is_labels);
  monge_assert_close (colouring->range[0], 1.0, 0.0);
  monge_assert_close (colouring->range[1], 5.0, 0.0);
  g_assert_true (isnan (colouring->scalars[3]));
}

static void
test_both_signs_are_centred_on_zero (void)
{
  g_autoptr (MongeColouring) colouring = colour ("curv", (float[]){ -3, 1, 2, 0, 1, 1 }, NULL);

  g_assert_true (colouring->map->diverging);
  monge_assert_close (colouring->range[0], -3.0, 0.0);
  monge_assert_close (colouring->range[1], 3.0, 0.0);
}

static void
test_labels_have_the_colours_of_their_table (void)
{
  static const guint8 red[] = { 200, 10, 20, 255 };
  MongeLabelTable *table = monge_label_table_new ();
  g_autoptr (MongeColouring) colouring = NULL;

  monge_label_table_add (table, 7, "seven", red);
  colouring = colour ("parcels", (float[]){ 7, 3, 7, 3, 12, 12 }, table);
  g_assert_true (colouring->is_labels);
  g_assert_true (colouring->scalars[0] == 1.0f && colouring->scalars[1] == 0.0f
                 && colouring->scalars[5] == 2.0f);
  g_assert_cmpmem (colouring->map->colours[1], 3, red, 3);
  g_assert_true (memcmp (colouring->map->colours[0], colouring->map->colours[2], 3) != 0);
}

static void
test_missing_array_has_no_colours (void)
{
  MongeArray *array = monge_array_new ("a", MONGE_TYPE_FLOAT32, 1, N,
                                       g_bytes_new_take (g_new0 (float, N), N * sizeof (float)));
  g_autoptr (MongeShape) shape = make_shape (array);
  g_autoptr (MongeColouring) same = monge_colouring_new (shape, "a", "viridis");

  g_assert_null (monge_colouring_new (shape, "b", "viridis"));
  g_assert_nonnull (same->map);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/colouring/numbers_span_the_map", test_numbers_span_the_map);
  g_test_add_func ("/colouring/both_signs_are_centred_on_zero", test_both_signs_are_centred_on_zero);
  g_test_add_func ("/colouring/labels_have_the_colours_of_their_table",
                   test_labels_have_the_colours_of_their_table);
  g_test_add_func ("/colouring/missing_array_has_no_colours", test_missing_array_has_no_colours);
  return g_test_run ();
}
