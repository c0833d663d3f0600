/* OFF files: what the first word announces, colours in both spellings, binary, what is refused. */
#include "compute/io/io.h"

#include <string.h>

#include "tests/shape-files.h"

static MongeShape *
parse_off (const char *text)
{
  return monge_test_parse ("OFF", text, strlen (text));
}

static void
test_first_word_announces_parts (void)
{
  static const double normals[] = { 0, 0, 1, 0, 1, 0, 1, 0, 0 };
  static const guint8 colours[] = { 255, 0, 1, 255, 2, 3, 4, 5, 6, 7, 8, 9 };
  static const double texture[] = { 0, 1, 0.5, 0.25, 1, 1 };
  g_autoptr (MongeShape) shape = parse_off (
    "# SPACE=LPS\nSTCNOFF # all\n# unit: mm\n3 1 3\n0 0 0 0 0 1 255 0 1 255 0 1\n\n"
    "1 0 0 0 1 0 2 3 4 5 .5 .25 # second\n0 1 0 1 0 0 6 7 8 9 1 1\n3 0 1 2\n");
  g_autoptr (MongeShape) back = monge_test_through ("OFF", shape);

  g_assert_cmpuint (monge_shape_get_n_cells (shape), ==, 1);
  monge_test_assert_array (monge_shape_get_array (shape, 0), "normals", MONGE_TYPE_FLOAT64, 3,
                           normals, sizeof normals);
  monge_test_assert_array (monge_shape_get_array (shape, 1), "rgba", MONGE_TYPE_UINT8, 4, colours,
                           sizeof colours);
  monge_test_assert_array (monge_shape_get_array (shape, 2), "texture", MONGE_TYPE_FLOAT64, 2,
                           texture, sizeof texture);
  monge_test_assert_shapes_equal (back, shape);
}

/* Corners of faces that are cut take their colour along; other kinds of cells are told. */
static void
test_faces_of_all_sorts (void)
{
  static const guint32 faces[] = { 0, 1, 2, 0, 2, 3, 1, 2, 3 };
  static const double colours[] = { 1, 0, 0.5, 1, 0, 0.5, 0, 0, 1 };
  g_autoptr (MongeShape) shape = parse_off (
    "OFF 4 4 0\n0 0 0\n1 0 0\n1 1 0\n0 1 0\n4 0 1 2 3 1. 0 .5\n2 0 1 0 0 0\n3 1 2 3 0 0 1\n"
    "1 0 1 1 1\n");

  g_assert_cmpmem (monge_shape_get_cells (shape), monge_shape_get_n_cells (shape) * 12, faces,
                   sizeof faces);
  monge_test_assert_array (monge_shape_get_cell_array (shape, 0), "rgb", MONGE_TYPE_FLOAT64, 3,
                           colours, sizeof colours);
  monge_test_assert_repair (shape, "not kept: 1 lines");
  monge_test_assert_repair (shape, "not kept: 1 vertices");
}

static void
test_other_dimensions (void)
{
  g_autoptr (MongeShape) plane = parse_off ("nOFF\n2\n2 1 0\n0 1\n2 3\n2 0 1\n");
  g_autoptr (MongeShape) halved = parse_off ("4OFF 1 0 0\n2 4 6 2\n");
  g_autoptr (MongeShape) nameless = parse_off ("1 0 0\n7 8 9\n");
  g_autoptr (MongeShape) back = monge_test_through ("OFF", plane);

  g_assert_cmpuint (monge_shape_get_dim (plane), ==, 2);
  g_assert_cmpint (monge_shape_get_kind (plane), ==, MONGE_SHAPE_CURVES);
  g_assert_cmpuint (monge_shape_get_dim (back), ==, 2);
  g_assert_true (monge_shape_get_positions (halved)[2] == 3.0);
  g_assert_true (monge_shape_get_positions (nameless)[2] == 9.0);
}

/* Big-endian, a colour of four numbers behind the triangle. */
static void
test_binary (void)
{
  static const float expected[] = { 1, 0.5, 0, 1 };
  static const guint32 ints[] = { 3, 1, 0 }, face[] = { 3, 0, 1, 2, 4 };
  static const float points[] = { 0, 0, 0, 1, 0, 0, 0, 1, 0 };
  g_autoptr (GString) file = g_string_new ("OFF BINARY\n");
  g_autoptr (MongeShape) shape = NULL;

  for (guint i = 0; i < 21; i++)
    {
      guint32 word;
      memcpy (&word, i < 3 ? (const void *) &ints[i] : i < 12 ? (const void *) &points[i - 3]
                     : i < 17 ? (const void *) &face[i - 12] : (const void *) &expected[i - 17], 4);
      word = GUINT32_TO_BE (word);
      g_string_append_len (file, (const char *) &word, 4);
    }
  shape = monge_test_parse ("OFF", file->str, file->len);
  g_assert_cmpint (monge_shape_get_position_type (shape), ==, MONGE_TYPE_FLOAT32);
  monge_test_assert_array (monge_shape_get_cell_array (shape, 0), "rgba", MONGE_TYPE_FLOAT32, 4,
                           expected, sizeof expected);
  for (gsize n = 0; n < file->len; n++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree guint8 *cut = g_memdup2 (file->str, MAX (n, 1)); /* so that a byte too many shows */
      g_assert_null (monge_format_parse_bytes (monge_test_format ("OFF"), cut, n, "test", &error));
    }
}

static void
test_refuse_with_words (void)
{
  monge_test_refuse ("OFF", "", MONGE_ERROR_EMPTY, "nothing");
  monge_test_refuse ("OFF", "ply\n", MONGE_ERROR_FORMAT, "such as OFF");
  monge_test_refuse ("OFF", "OFF\n0 0 0\n", MONGE_ERROR_EMPTY, "no vertex");
  monge_test_refuse ("OFF", "OFF\n999999999 0 0\n0 0 0\n", MONGE_ERROR_FORMAT,
                     "truncated: 999999999");
  monge_test_refuse ("OFF", "OFF\n99999999999 0 0\n0 0 0\n", MONGE_ERROR_SIZE, "at most");
  monge_test_refuse ("OFF", "OFF\n1 99999999 0\n0 0 0\n", MONGE_ERROR_FORMAT, "99999999 faces");
  monge_test_refuse ("OFF", "OFF\n1 1 0\n0 0 0\n3 0 0 1\n", MONGE_ERROR_FORMAT,
                     "line 4: face 0 uses vertex 1");
  monge_test_refuse ("OFF", "OFF\n1 1 0\n0 0 0\n99 0\n", MONGE_ERROR_FORMAT, "99 corners");
  monge_test_refuse ("OFF", "OFF\n2 0 0\n0 0 0\n0 zero 0\n", MONGE_ERROR_FORMAT, "line 4: “zero”");
  monge_test_refuse ("OFF", "NOFF\n1 0 0\n0 0 0\n", MONGE_ERROR_FORMAT, "at least 6 are expected");
  monge_test_refuse ("OFF", "nOFF\n77\n1 0 0\n0 0 0\n", MONGE_ERROR_SIZE, "dimension 77");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/off/first_word_announces_parts", test_first_word_announces_parts);
  g_test_add_func ("/off/faces_of_all_sorts", test_faces_of_all_sorts);
  g_test_add_func ("/off/other_dimensions", test_other_dimensions);
  g_test_add_func ("/off/binary", test_binary);
  g_test_add_func ("/off/refuse_with_words", test_refuse_with_words);
  return g_test_run ();
}
