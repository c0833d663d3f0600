/* Legacy VTK files: the two spellings of cells, the kinds of data, what is told, what is refused. */
#include "compute/io/io.h"

#include <string.h>

#include "tests/shape-files.h"
#include "tests/util.h"

#define HEAD(version) "# vtk DataFile Version " version "\nvtk output\nASCII\nDATASET POLYDATA\n"

static MongeShape *
parse_vtk (const char *text)
{
  return monge_test_parse ("VTK", text, strlen (text));
}

/* --- Cells --- */

static const char square[] = "POINTS 5 float\n0 0 0 1 0 0\n1 1 0 0 1 0 2 2 2\n";

static void
test_polygons_of_both_versions (void)
{
  static const guint32 expected[] = { 0, 1, 2, 2, 1, 4, 2, 4, 3 };
  g_autofree char *old = g_strconcat (HEAD ("3.0"), square,
                                      "POLYGONS 2 9\n3 0 1 2\n4 2 1 4 3\n", NULL);
  g_autofree char *new = g_strconcat (HEAD ("5.1"), square,
                                      "METADATA\nINFORMATION 0\n\nPOLYGONS 3 7\n"
                                      "OFFSETS vtktypeint64\n0 3 7\nCONNECTIVITY vtktypeint64\n"
                                      "0 1 2 2 1 4 3\n", NULL);
  const char *const texts[] = { old, new };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (MongeShape) shape = parse_vtk (texts[i]);
      g_assert_cmpint (monge_shape_get_kind (shape), ==, MONGE_SHAPE_SURFACE);
      g_assert_cmpmem (monge_shape_get_cells (shape), monge_shape_get_n_cells (shape) * 12, expected,
                       sizeof expected);
      g_assert_cmpint (monge_shape_get_position_type (shape), ==, MONGE_TYPE_FLOAT32);
      monge_test_assert_repair (shape, "1 polygons had more than three corners");
    }
}

static void
test_strips_turn_every_second_triangle (void)
{
  static const guint32 expected[] = { 0, 1, 2, 2, 1, 3, 2, 3, 4 };
  g_autofree char *text = g_strconcat (HEAD ("4.2"), square, "TRIANGLE_STRIPS 1 6\n5 0 1 2 3 4\n",
                                       NULL);
  g_autoptr (MongeShape) shape = parse_vtk (text);

  g_assert_cmpmem (monge_shape_get_cells (shape), monge_shape_get_n_cells (shape) * 12, expected,
                   sizeof expected);
  monge_test_assert_repair (shape, "1 strips were cut");
}

/* Rows of cell data: vertices, lines, polygons, strips, in whatever order the file has them. */
static void
test_cell_data_follow_their_cells (void)
{
  static const gint16 of_faces[] = { 40, 40, 50, 60, 60 };
  g_autofree char *text = g_strconcat (
    HEAD ("4.2"), square,
    "TRIANGLE_STRIPS 1 5\n4 0 1 2 3\nPOLYGONS 2 9\n4 0 1 2 3\n3 1 2 4\nLINES 2 7\n3 0 1 2\n2 3 4\n"
    "VERTICES 1 2\n1 0\nCELL_DATA 6\nSCALARS rank short\nLOOKUP_TABLE default\n"
    "10 20 30 40 50 60\n", NULL);
  g_autoptr (MongeShape) shape = parse_vtk (text);
  const MongeArray *rank = monge_shape_get_cell_array (shape, 0);

  g_assert_cmpuint (monge_shape_get_n_cells (shape), ==, 5);
  g_assert_cmpmem (g_bytes_get_data (rank->values, NULL), g_bytes_get_size (rank->values), of_faces,
                   sizeof of_faces);
  monge_test_assert_repair (shape, "not kept: 1 vertices, since there are polygons too");
  monge_test_assert_repair (shape, "not kept: 2 lines, since there are polygons too");
}

static void
test_lines_become_segments (void)
{
  static const guint32 expected[] = { 0, 1, 1, 2, 3, 4 };
  static const double values[] = { 0.5, 0.5, 0.25 };
  g_autofree char *text = g_strconcat (HEAD ("4.2"), square,
                                       "LINES 2 7\n3 0 1 2\n2 3 4\nCELL_DATA 2\n"
                                       "FIELD FieldData 1\nfa 1 2 double\n.5 .25\n", NULL);
  g_autoptr (MongeShape) shape = parse_vtk (text);

  g_assert_cmpint (monge_shape_get_kind (shape), ==, MONGE_SHAPE_CURVES);
  g_assert_cmpmem (monge_shape_get_cells (shape), monge_shape_get_n_cells (shape) * 8, expected,
                   sizeof expected);
  monge_test_assert_array (monge_shape_get_cell_array (shape, 0), "fa", MONGE_TYPE_FLOAT64, 1,
                           values, sizeof values);
}

static void
test_data_of_vertices_become_the_points (void)
{
  static const guint8 expected[] = { 3, 5, 4 };
  static const char text[] = HEAD ("4.2") "POINTS 3 double\n0 0 0 1 0 0 2 0 0\n"
    "VERTICES 3 6\n1 0\n1 2\n1 1\nCELL_DATA 3\nSCALARS part unsigned_char\nLOOKUP_TABLE t\n3 4 5\n";
  g_autoptr (MongeShape) shape = parse_vtk (text);

  g_assert_cmpint (monge_shape_get_kind (shape), ==, MONGE_SHAPE_POINTS);
  monge_test_assert_array (monge_shape_find_array (shape, "part"), "part", MONGE_TYPE_UINT8, 1,
                           expected, sizeof expected);
}

/* Each cell is sorted to its kind; the corners of a pixel come row by row. */
static void
test_unstructured_grid (void)
{
  static const guint32 expected[] = { 0, 1, 3, 0, 3, 2, 1, 3, 4 };
  static const gint32 rows[] = { 7, 7, 9 };
  static const char text[] = "# vtk DataFile Version 2.0\nt\nASCII\nDATASET UNSTRUCTURED_GRID\n"
    "POINTS 5 float\n0 0 0 1 0 0 0 1 0 1 1 0 2 2 2\nCELLS 4 17\n4 0 1 2 3\n2 0 4\n3 1 3 4\n"
    "4 0 1 2 4\nCELL_TYPES 4\n8 3 5 10\nCELL_DATA 4\nSCALARS region int 1\nLOOKUP_TABLE default\n"
    "7 8 9 10\n";
  g_autoptr (MongeShape) shape = parse_vtk (text);

  g_assert_cmpmem (monge_shape_get_cells (shape), monge_shape_get_n_cells (shape) * 12, expected,
                   sizeof expected);
  monge_test_assert_array (monge_shape_get_cell_array (shape, 0), "region", MONGE_TYPE_INT32, 1,
                           rows, sizeof rows);
  monge_test_assert_repair (shape, "not kept: 1 of 4 cells");
  monge_test_refuse ("VTK", "# vtk DataFile Version 2.0\nt\nASCII\nDATASET UNSTRUCTURED_GRID\n"
                     "POINTS 4 float\n0 0 0 1 0 0 0 1 0 1 1 1\nCELLS 1 5\n4 0 1 2 3\n"
                     "CELL_TYPES 1\n10\n", MONGE_ERROR_UNSUPPORTED, "save its surface");
}

/* --- Data --- */

static void
test_all_kinds_of_attributes (void)
{
  static const char text[] = HEAD ("4.2")
    "FIELD FieldData 2\nTIME 1 1 double\n1.5\nwho 1 1 string\nsome%20body\n"
    "POINTS 2 float\n0 0 0 1 0 0\nPOINT_DATA 2\n"
    "SCALARS two%20words float 2\nLOOKUP_TABLE default\n1 2 3 4\n"
    "SCALARS bare int\n-5 6\n"
    "COLOR_SCALARS paint 3\n0 0.5 1 1 0 0\n"
    "LOOKUP_TABLE mine 2\n0 0 0 1 1 1 1 1\n"
    "VECTORS velocity double\n1 2 3 4 5 6\n"
    "METADATA\nCOMPONENT_NAMES\nx\ny\nz\n\n"
    "NORMALS Normals float\n0 0 1 0 1 0\n"
    "TENSORS stress float\n1 2 3 4 5 6 7 8 9\n1 2 3 4 5 6 7 8 9\n"
    "TEXTURE_COORDINATES uv 2 float\n0 0 1 1\n"
    "GLOBAL_IDS ids vtktypeint64\n9007199254740993 -9223372036854775808\n"
    "FIELD FieldData 3\nbig 1 2 unsigned_long\n18446744073709551615 0\n"
    "METADATA\nINFORMATION 0\n\nflags 1 2 bit\n1 0\nnone 1 2 float\nnan -inf\n";
  static const gint64 ids[] = { G_GINT64_CONSTANT (9007199254740993), G_MININT64 };
  static const guint64 big[] = { G_MAXUINT64, 0 };
  static const guint8 flags[] = { 1, 0 };
  static const float two[] = { 1, 2, 3, 4 };
  g_autoptr (MongeShape) shape = parse_vtk (text);

  g_assert_cmpuint (monge_shape_get_n_arrays (shape), ==, 11);
  monge_test_assert_array (monge_shape_get_array (shape, 0), "two words", MONGE_TYPE_FLOAT32, 2, two,
                           sizeof two);
  monge_test_assert_array (monge_shape_find_array (shape, "ids"), "ids", MONGE_TYPE_INT64, 1, ids,
                           sizeof ids);
  monge_test_assert_array (monge_shape_find_array (shape, "big"), "big", MONGE_TYPE_UINT64, 1, big,
                           sizeof big);
  monge_test_assert_array (monge_shape_find_array (shape, "flags"), "flags", MONGE_TYPE_UINT8, 1,
                           flags, sizeof flags);
  g_assert_cmpuint (monge_shape_find_array (shape, "stress")->n_components, ==, 9);
  g_assert_cmpuint (monge_shape_find_array (shape, "paint")->n_components, ==, 3);
  g_assert_cmpuint (monge_shape_get_n_field_arrays (shape), ==, 1);
  g_assert_cmpstr (monge_shape_get_field_array (shape, 0)->name, ==, "TIME");
  monge_test_assert_repair (shape, "“who”, which is text");
  monge_test_assert_repair (shape, "the table of colours “mine”");
}

/* A big-endian binary file by hand, with bits and texts. */
static void
test_binary_by_hand (void)
{
  static const char text[] = "# vtk DataFile Version 4.2\nt SPACE=LPS unit: mm\nBINARY\n"
    "DATASET POLYDATA\nPOINTS 2 float\n"
    "\x3f\x80\0\0\0\0\0\0\xc0\0\0\0" "\n\n\n\n\n\n\n\n\n\n\n\n" "\n"
    "POINT_DATA 2\nFIELD FieldData 2\nname 1 2 string\n" "\xc3" "abc" "\x80\x02" "de" "\n"
    "on 1 2 bit\n" "\x40" "\n" "SCALARS n short 1\nLOOKUP_TABLE default\n" "\x01\x02\xff\xff" "\n";
  static const guint8 on[] = { 0, 1 };
  static const gint16 n[] = { 258, -1 };
  g_autoptr (MongeShape) shape = monge_test_parse ("VTK", text, sizeof text - 1);
  const double *positions = monge_shape_get_positions (shape);

  g_assert_true (positions[0] == 1.0 && positions[1] == 0.0 && positions[2] == -2.0);
  g_assert_cmpstr (monge_shape_get_unit (shape), ==, "mm");
  g_assert_cmpint (monge_shape_get_space (shape), ==, MONGE_SPACE_LPS);
  monge_test_assert_array (monge_shape_find_array (shape, "on"), "on", MONGE_TYPE_UINT8, 1, on,
                           sizeof on);
  monge_test_assert_array (monge_shape_find_array (shape, "n"), "n", MONGE_TYPE_INT16, 1, n,
                           sizeof n);
}

static void
test_arrays_of_wrong_length_are_told (void)
{
  g_autofree char *text = g_strconcat (HEAD ("3.0"), square, "POLYGONS 1 4\n3 0 1 2\nCELL_DATA 2\n"
                                       "SCALARS a int\nLOOKUP_TABLE t\n1 2\nPOINT_DATA 1\n"
                                       "SCALARS b int\nLOOKUP_TABLE t\n1\n", NULL);
  g_autoptr (MongeShape) shape = parse_vtk (text);

  g_assert_cmpuint (monge_shape_get_n_arrays (shape), ==, 0);
  g_assert_cmpuint (monge_shape_get_n_cell_arrays (shape), ==, 0);
  monge_test_assert_repair (shape, "“a” of 2 rows, for 1 cells");
  monge_test_assert_repair (shape, "“b” of 1 rows, for 5 points");
}

/* --- Writing --- */

static void
test_round_trip (void)
{
  static const MongeType types[] = { MONGE_TYPE_FLOAT32, MONGE_TYPE_FLOAT64 };

  for (guint kind = MONGE_SHAPE_POINTS; kind <= MONGE_SHAPE_SURFACE; kind++)
    for (guint i = 0; i < G_N_ELEMENTS (types); i++)
      {
        g_autoptr (MongeShape) shape = monge_test_shape ((MongeShapeKind) kind, types[i]);
        g_autoptr (MongeShape) back = monge_test_through ("VTK", shape);
        monge_test_assert_shapes_equal (back, shape);
      }
}

/* --- Refusals --- */

static void
test_refuse_with_words (void)
{
  monge_test_refuse ("VTK", "no", MONGE_ERROR_FORMAT, "starts with");
  monge_test_refuse ("VTK", "# vtk DataFile Version 3.0\nt\nASCII\nDATASET STRUCTURED_POINTS\n",
                     MONGE_ERROR_UNSUPPORTED, "structured_points");
  monge_test_refuse ("VTK", "# vtk DataFile Version 3.0\nt\nEBCDIC\n", MONGE_ERROR_FORMAT, "BINARY");
  monge_test_refuse ("VTK", "# vtk DataFile Version 3.0\nt\nASCII\n", MONGE_ERROR_FORMAT,
                     "no DATASET");
  monge_test_refuse ("VTK", HEAD ("3.0") "POINTS 2 float\n0 0 0 1 0\n", MONGE_ERROR_FORMAT,
                     "truncated");
  monge_test_refuse ("VTK", HEAD ("3.0") "POINTS 1 float\n0 x 0\n", MONGE_ERROR_FORMAT,
                     "line 6: “x”");
  monge_test_refuse ("VTK", HEAD ("3.0") "POINTS 999999999 float\n0 0 0\n", MONGE_ERROR_FORMAT,
                     "truncated: 2999999997 values");
  monge_test_refuse ("VTK", HEAD ("3.0") "POINTS 1 float\n0 0 0\nPOLYGONS 1 4\n3 0 1 2\n",
                     MONGE_ERROR_FORMAT, "uses vertex 1");
  monge_test_refuse ("VTK", HEAD ("3.0") "POINTS 1 float\n0 0 0\nPOLYGONS 1 3\n3 0 1\n",
                     MONGE_ERROR_FORMAT, "cell 0");
  monge_test_refuse ("VTK", HEAD ("5.1") "POINTS 1 float\n0 0 0\nLINES 3 2\nOFFSETS int\n0 2 1\n"
                     "CONNECTIVITY int\n0 0\n", MONGE_ERROR_FORMAT, "do not ascend");
  monge_test_refuse ("VTK", HEAD ("3.0") "POINTS 0 float\n", MONGE_ERROR_EMPTY, "no vertex");
  monge_test_refuse ("VTK", HEAD ("3.0") "POINTS 1 float\n0 0 0\nSCALARS a int\n",
                     MONGE_ERROR_FORMAT, "POINT_DATA");
}

/* --- Real shapes --- */

static void
test_lungs (void)
{
  g_autofree char *path = monge_test_data ("lung/copd1_source.vtk");
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) shape = NULL;

  if (path == NULL)
    return;
  shape = monge_shape_load (path, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (monge_shape_get_n_vertices (shape), ==, 60000);
  g_assert_cmpint (monge_array_guess_role (monge_shape_find_array (shape, "weights")), ==,
                   MONGE_ARRAY_WEIGHT);
  g_assert_cmpuint (monge_shape_find_array (shape, "pointfea")->n_components, ==, 3);
}

static void
test_skulls (void)
{
  g_autofree char *path = monge_test_data ("skull2d/skull_erectus.vtk");
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) shape = NULL;

  if (path == NULL)
    return;
  shape = monge_shape_load (path, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (monge_shape_get_n_vertices (shape), ==, 180);
  g_assert_cmpuint (monge_shape_get_n_cells (shape), ==, 174);
  g_assert_cmpint (monge_shape_get_kind (shape), ==, MONGE_SHAPE_CURVES);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vtk/polygons_of_both_versions", test_polygons_of_both_versions);
  g_test_add_func ("/vtk/strips_turn_every_second_triangle",
                   test_strips_turn_every_second_triangle);
  g_test_add_func ("/vtk/cell_data_follow_their_cells", test_cell_data_follow_their_cells);
  g_test_add_func ("/vtk/lines_become_segments", test_lines_become_segments);
  g_test_add_func ("/vtk/data_of_vertices_become_the_points",
                   test_data_of_vertices_become_the_points);
  g_test_add_func ("/vtk/unstructured_grid", test_unstructured_grid);
  g_test_add_func ("/vtk/all_kinds_of_attributes", test_all_kinds_of_attributes);
  g_test_add_func ("/vtk/binary_by_hand", test_binary_by_hand);
  g_test_add_func ("/vtk/arrays_of_wrong_length_are_told", test_arrays_of_wrong_length_are_told);
  g_test_add_func ("/vtk/refuse_with_words", test_refuse_with_words);
  g_test_add_func ("/vtk/round_trip", test_round_trip);
  g_test_add_func ("/vtk/lungs", test_lungs);
  g_test_add_func ("/vtk/skulls", test_skulls);
  return g_test_run ();
}
