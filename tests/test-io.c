/* Shapes in files: round trips of every format, what is repaired, and what is refused with which
 * words. */
#include "compute/io/io.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "tests/util.h"

static const MongeFormat *
format_named (const char *name)
{
  const MongeFormat *format = monge_formats;

  while (format->name != NULL && !g_str_equal (format->name, name))
    format++;
  g_assert_nonnull (format->name);
  return format;
}

/* Parses a copy of exactly this size, so that a byte too many is noticed. */
static MongeShape *
parse (const char *format, const char *data, gsize size, GError **error)
{
  g_autofree guint8 *copy = size > 0 ? g_memdup2 (data, size) : NULL;

  return monge_format_parse_bytes (format_named (format), copy, size, "test", error);
}

static MongeShape *
parse_text (const char *format, const char *text)
{
  g_autoptr (GError) error = NULL;
  MongeShape *shape = parse (format, text, strlen (text), &error);

  g_assert_no_error (error);
  return shape;
}

static void
assert_refused (const char *format, const char *data, gsize size, int code,
                const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (parse (format, data, size, &error));
  monge_assert_error (error, MONGE_ERROR, code, words);
}

static void
assert_text_refused (const char *format, const char *text, int code, const char *words)
{
  assert_refused (format, text, strlen (text), code, words);
}

static void
assert_repair (const MongeShape *shape, const char *words)
{
  const char *const *repairs = monge_shape_get_repairs (shape);

  for (; *repairs != NULL; repairs++)
    if (strstr (*repairs, words) != NULL)
      return;
  g_error ("no repair says “%s”", words);
}

static void
assert_array_equal (const MongeArray *a, const MongeArray *b)
{
  g_assert_cmpstr (a->name, ==, b->name);
  g_assert_cmpint (a->type, ==, b->type);
  g_assert_cmpuint (a->n_components, ==, b->n_components);
  g_assert_true (g_bytes_equal (a->values, b->values));
}

/* The same numbers, bit for bit, in the same order. */
static void
assert_geometry_equal (const MongeShape *a, const MongeShape *b)
{
  gsize n = monge_shape_get_n_vertices (a);

  g_assert_cmpint (monge_shape_get_kind (a), ==, monge_shape_get_kind (b));
  g_assert_cmpuint (monge_shape_get_dim (a), ==, monge_shape_get_dim (b));
  g_assert_cmpuint (n, ==, monge_shape_get_n_vertices (b));
  g_assert_cmpuint (monge_shape_get_n_cells (a), ==, monge_shape_get_n_cells (b));
  g_assert_true (memcmp (monge_shape_get_positions (a), monge_shape_get_positions (b),
                         n * monge_shape_get_dim (a) * sizeof (double)) == 0);
  if (monge_shape_get_n_cells (a) > 0)
    {
      gsize arity = monge_shape_get_kind (a) == MONGE_SHAPE_SURFACE ? 3 : 2;
      g_assert_true (memcmp (monge_shape_get_cells (a), monge_shape_get_cells (b),
                             monge_shape_get_n_cells (a) * arity * sizeof (guint32)) == 0);
    }
}

static void
assert_shape_equal (const MongeShape *a, const MongeShape *b)
{
  assert_geometry_equal (a, b);
  g_assert_cmpint (monge_shape_get_position_type (a), ==, monge_shape_get_position_type (b));
  g_assert_cmpstr (monge_shape_get_unit (a), ==, monge_shape_get_unit (b));
  g_assert_cmpuint (monge_shape_get_n_arrays (a), ==, monge_shape_get_n_arrays (b));
  g_assert_cmpuint (monge_shape_get_n_cell_arrays (a), ==, monge_shape_get_n_cell_arrays (b));
  for (guint i = 0; i < monge_shape_get_n_arrays (a); i++)
    assert_array_equal (monge_shape_get_array (a, i), monge_shape_get_array (b, i));
  for (guint i = 0; i < monge_shape_get_n_cell_arrays (a); i++)
    assert_array_equal (monge_shape_get_cell_array (a, i), monge_shape_get_cell_array (b, i));
}

/* Through a file and back. */
static MongeShape *
round_trip (MongeShape *shape, const char *name)
{
  g_autofree char *path = monge_test_tmp_path (name);
  g_autoptr (GError) error = NULL;
  MongeShape *back;

  monge_shape_save (shape, path, NULL, &error);
  g_assert_no_error (error);
  back = monge_shape_load (path, NULL, NULL, &error);
  g_assert_no_error (error);
  return back;
}

/* --- PLY --- */

static const char ply_text[] =
  "ply\n"
  "format ascii 1.0\n"
  "comment unit: mm\n"
  "element vertex 4\n"
  "property float x\n"
  "property float y\n"
  "property float z\n"
  "property uchar red\n"
  "property double thickness\n"
  "property short depth\n"
  "element face 2\n"
  "property list uchar int vertex_indices\n"
  "property char region\n"
  "end_header\n"
  "0 0 0 255 0.1 -3\n"
  "1 0 0.1 0 1e-300 4\n"
  "1 1 -0 7 2.5 -32768\n"
  "0 1 1e-3 8 nan 0\n"
  "3 0 1 2 -1\n"
  "3 0 2 3 5\n";

static void
test_ply_keeps_everything (void)
{
  g_autoptr (MongeShape) shape = parse_text ("PLY", ply_text);
  g_autoptr (MongeShape) back = round_trip (shape, "everything.ply");

  g_assert_cmpstr (monge_shape_get_unit (shape), ==, "mm");
  g_assert_cmpuint (monge_shape_get_n_arrays (shape), ==, 3);
  g_assert_cmpint (monge_shape_get_position_type (shape), ==, MONGE_TYPE_FLOAT32);
  g_assert_true (monge_shape_get_positions (shape)[5] == (double) 0.1f);
  g_assert_true (signbit (monge_shape_get_positions (shape)[8]));
  g_assert_true (monge_array_get (monge_shape_find_array (shape, "depth"), 2, 0) == -32768);
  g_assert_true (monge_array_get (monge_shape_get_cell_array (shape, 0), 0, 0) == -1);
  assert_shape_equal (shape, back);
}

/* The writer's bytes with every number turned around. */
static void
swap_numbers (GString *file, gsize start, gsize n, const guint8 *sizes, gsize n_sizes)
{
  for (gsize row = 0; row < n; row++)
    for (gsize k = 0; k < n_sizes; start += sizes[k++])
      for (gsize i = 0; i < sizes[k] / 2u; i++)
        {
          char c = file->str[start + i];
          file->str[start + i] = file->str[start + sizes[k] - 1 - i];
          file->str[start + sizes[k] - 1 - i] = c;
        }
}

static void
test_ply_reads_big_endian (void)
{
  static const guint8 vertex[] = { 4, 4, 4, 1, 8, 2 }, face[] = { 1, 4, 4, 4, 1 };
  g_autoptr (MongeShape) shape = parse_text ("PLY", ply_text), back = NULL;
  g_autoptr (GString) file = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  gsize start;

  g_assert_true (format_named ("PLY")->write (shape, file, NULL));
  start = (gsize) (strstr (file->str, "end_header\n") - file->str) + 11;
  swap_numbers (file, start, 4, vertex, sizeof vertex);
  swap_numbers (file, start + 4 * 23, 2, face, sizeof face);
  g_string_replace (file, "binary_little_endian", "binary_big_endian", 1);
  back = parse ("PLY", file->str, file->len, &error);
  g_assert_no_error (error);
  assert_shape_equal (shape, back);
}

static void
test_ply_cuts_polygons (void)
{
  g_autoptr (MongeShape) shape = parse_text ("PLY",
    "ply\r\nformat ascii 1.0\r\nelement vertex 5\r\nproperty double x\r\nproperty double y\r\n"
    "property double z\r\nelement face 4\r\nproperty list uchar uint vertex_index\r\n"
    "property list uchar float texcoord\r\nproperty int part\r\nend_header\r\n"
    "0 0 0\r\n1 0 0\r\n1 1 0\r\n0 1 0\r\n0 0 1\r\n"
    "3 0 1 4 2 0.5 0.5 10\r\n5 0 1 2 3 4 0 20\r\n2 0 1 0 30\r\n4 1 1 2 3 0 40\r\n");
  static const guint32 expected[] = { 0, 1, 4, 0, 1, 2, 0, 2, 3, 0, 3, 4, 1, 2, 3 };
  static const double parts[] = { 10, 20, 20, 20, 40 };

  g_assert_cmpmem (monge_shape_get_cells (shape), monge_shape_get_n_cells (shape) * 12, expected,
                   sizeof expected);
  for (gsize i = 0; i < 5; i++)
    g_assert_true (monge_array_get (monge_shape_get_cell_array (shape, 0), i, 0) == parts[i]);
  assert_repair (shape, "2 of 4 faces had more than three corners");
  assert_repair (shape, "1 of 4 faces had fewer than three corners");
  assert_repair (shape, "used a vertex twice");
  assert_repair (shape, "texcoord");
}

static void
test_ply_edges_are_curves (void)
{
  g_autoptr (MongeShape) shape = parse_text ("PLY",
    "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\n"
    "element edge 2\nproperty int vertex1\nproperty int vertex2\nproperty uchar kind\n"
    "element camera 1\nproperty float angle\nend_header\n0 0\n1 0\n1 1\n0 1 4\n1 2 5\n0.5\n");
  g_autoptr (MongeShape) back = round_trip (shape, "edges.ply");

  g_assert_cmpint (monge_shape_get_kind (shape), ==, MONGE_SHAPE_CURVES);
  g_assert_cmpuint (monge_shape_get_dim (shape), ==, 2);
  assert_repair (shape, "camera");
  assert_shape_equal (shape, back);
}

static void
test_ply_names_the_damage (void)
{
  static const struct { const char *from, *to; int code; const char *words; } cases[] = {
    { "3 0 2 3 5", "3 0 2 4 5", MONGE_ERROR_FORMAT, "line 20: face 1 uses vertex 4" },
    { "3 0 2 3 5", "3 0 -2 3 5", MONGE_ERROR_FORMAT, "face 1 uses vertex -2" },
    { "3 0 2 3 5", "90 0 2 3 5", MONGE_ERROR_FORMAT, "line 20: truncated" },
    { "3 0 2 3 5", "4 0 2 3 1", MONGE_ERROR_FORMAT, "“the end of the line”" },
    { "3 0 2 3 5", "", MONGE_ERROR_FORMAT, "2 lines of “face” are promised, 1 are present" },
    { "1 1 -0 7", "1 1 inf 7", MONGE_ERROR_NAN, "vertex 2 " },
    { "1 1 -0 7", "1 1 -0 256", MONGE_ERROR_FORMAT, "line 17: “256”" },
    { "1 1 -0 7", "1 1 -0", MONGE_ERROR_FORMAT, "line 17: “2.5” where a value of “red”" },
    { "1 1 -0 7", "1 1 -0 7 7", MONGE_ERROR_FORMAT, "line 17" },
    { "vertex 4", "vertex 0", MONGE_ERROR_EMPTY, "no vertex" },
    { "vertex 4", "vertex 5", MONGE_ERROR_FORMAT, "line 19" },
    { "vertex 4", "vertex 400", MONGE_ERROR_FORMAT, "truncated: 400 × “vertex”" },
    { "vertex 4", "vertex 999999999999999999", MONGE_ERROR_SIZE, "999999999999999999 vertices" },
    { "vertex 4", "vertex -4", MONGE_ERROR_FORMAT, "line 4" },
    { "vertex 4", "vertex 0x4", MONGE_ERROR_FORMAT, "line 4" },
    { "face 2", "face 900000000000", MONGE_ERROR_SIZE, "faces are promised" },
    { "face 2", "face 90000000", MONGE_ERROR_FORMAT, "truncated: 90000000 × “face”" },
    { "float x", "half x", MONGE_ERROR_UNSUPPORTED, "line 5: “half”" },
    { "float x", "float u", MONGE_ERROR_FORMAT, "no property x" },
    { "list uchar", "list float", MONGE_ERROR_FORMAT, "must be an integer" },
    { "ascii 1.0", "utf8 1.0", MONGE_ERROR_UNSUPPORTED, "line 2" },
    { "format ascii 1.0\n", "", MONGE_ERROR_FORMAT, "names no format" },
    { "end_header", "end_heade", MONGE_ERROR_FORMAT, "“end_heade”" },
    { "ply", "pla", MONGE_ERROR_FORMAT, "line 1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GString) text = g_string_new (ply_text);
      g_assert_cmpuint (g_string_replace (text, cases[i].from, cases[i].to, 1), ==, 1);
      assert_text_refused ("PLY", text->str, cases[i].code, cases[i].words);
    }
}

static void
test_ply_truncated_says_how_far (void)
{
  g_autoptr (MongeShape) shape = parse_text ("PLY", ply_text);
  g_autoptr (GString) file = g_string_new (NULL);
  gsize start;

  g_assert_true (format_named ("PLY")->write (shape, file, NULL));
  start = (gsize) (strstr (file->str, "end_header\n") - file->str) + 11;
  assert_refused ("PLY", file->str, start + 91, MONGE_ERROR_FORMAT,
                  "at least 92 bytes, but 91 bytes are present");
  assert_refused ("PLY", file->str, file->len - 1, MONGE_ERROR_FORMAT, "truncated: 1 bytes are");
  assert_refused ("PLY", file->str, start - 3, MONGE_ERROR_FORMAT, "“end_head");
  file->str[start + 92 + 14] = 9; /* the second face has nine corners */
  assert_refused ("PLY", file->str, file->len, MONGE_ERROR_FORMAT, "a list “vertex_indices” of 9");
  file->str[start + 92 + 14] = 3;
  file->str[start + 92 + 18] = 1; /* its first one is vertex 256³ */
  assert_refused ("PLY", file->str, file->len, MONGE_ERROR_FORMAT, "face 1 uses vertex 1.6777");
}

/* --- OBJ --- */

static void
test_obj_reads_all_spellings (void)
{
  g_autoptr (MongeShape) shape = parse_text ("OBJ",
    "# unit: mm\nmtllib a.mtl\no thing\nv 0 0 0\nv 1 0 0 # corner\nv 1 1 .5\r\nv 0 1 1e-3\n"
    "vt 0 0\nvn 0 0 1\ns off\nf 1 2 3\nf 1/1 3/1 \\\n  4/1\nf -4//1 -3//1 -2//1 -1//1\n"
    "f 1/1/1 1/1/1 2/1/1\nl 1 2\n");
  static const guint32 expected[] = { 0, 1, 2, 0, 2, 3, 0, 1, 2, 0, 2, 3 };
  g_autoptr (MongeShape) back = round_trip (shape, "spellings.obj");

  g_assert_cmpmem (monge_shape_get_cells (shape), monge_shape_get_n_cells (shape) * 12, expected,
                   sizeof expected);
  g_assert_cmpstr (monge_shape_get_unit (shape), ==, "mm");
  assert_repair (shape, "cut into triangles");
  g_assert_true (monge_array_get (monge_shape_find_array (shape, "normals"), 3, 2) == 1.0);
  g_assert_cmpuint (monge_shape_find_array (shape, "texture")->n_components, ==, 2);
  assert_repair (shape, "lines");
  assert_repair (shape, "used a vertex twice");
  assert_shape_equal (shape, back);
}

static void
test_obj_keeps_lines_and_colours (void)
{
  g_autoptr (MongeShape) shape = parse_text ("OBJ",
    "v 0 0 0 1 0.5 0\nv 1 0 0 0 0 0.1\nv 1 1 0 0 1 1\nl 1 2 3\nl 3 1\n");
  g_autoptr (MongeShape) back = round_trip (shape, "lines.obj");
  static const guint32 expected[] = { 0, 1, 1, 2, 2, 0 };

  g_assert_cmpint (monge_shape_get_kind (shape), ==, MONGE_SHAPE_CURVES);
  g_assert_cmpmem (monge_shape_get_cells (shape), 24, expected, sizeof expected);
  g_assert_true (monge_array_get (monge_shape_find_array (shape, "rgb"), 1, 2) == 0.1);
  assert_shape_equal (shape, back);
}

static void
test_obj_names_the_damage (void)
{
  assert_text_refused ("OBJ", "", MONGE_ERROR_EMPTY, "no vertex");
  assert_text_refused ("OBJ", "# nothing\n", MONGE_ERROR_EMPTY, "no vertex");
  assert_text_refused ("OBJ", "v 0 0\n", MONGE_ERROR_FORMAT, "line 1: “the end of the line”");
  assert_text_refused ("OBJ", "v 0 0 0\nv 0 a 0\n", MONGE_ERROR_FORMAT, "line 2: “a”");
  assert_text_refused ("OBJ", "v 0 0 0\nv 0 nan 0\n", MONGE_ERROR_NAN, "vertex 1 ");
  assert_text_refused ("OBJ", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 4\n", MONGE_ERROR_FORMAT,
                       "line 4: a face or line uses vertex 4, but there are only 3");
  assert_text_refused ("OBJ", "v 0 0 0\nf 0 1 1\n", MONGE_ERROR_FORMAT, "uses vertex 0");
  assert_text_refused ("OBJ", "v 0 0 0\nf 1 1 -2\n", MONGE_ERROR_FORMAT, "uses vertex -2");
  assert_text_refused ("OBJ", "v 0 0 0\nf 1 1 99999999999999\n", MONGE_ERROR_FORMAT, "line 2");
  assert_text_refused ("OBJ", "v 0 0 0\nf 1 1 x\n", MONGE_ERROR_FORMAT, "line 2: “x”");
  assert_text_refused ("OBJ", "v 0 0 0\nhello\n", MONGE_ERROR_FORMAT, "line 2: “hello”");
}

/* --- STL --- */

static const char stl_text[] =
  "solid two triangles\n"
  " facet normal 0 0 1\n  outer loop\n   vertex 0 0 0\n   vertex 1 0 0\n   vertex 1 1 0\n"
  "  endloop\n endfacet\n"
  " facet normal 0 0 1\n  outer loop\n   vertex -0 0 0\n   vertex 1 1 0\n   vertex 0 1 0.1\n"
  "  endloop\n endfacet\n"
  "endsolid two triangles\n";

static void
test_stl_welds_in_order (void)
{
  g_autoptr (MongeShape) shape = parse_text ("STL", stl_text);
  g_autoptr (MongeShape) back = round_trip (shape, "welded.stl");
  g_autoptr (MongeShape) again = round_trip (back, "again.stl");
  static const guint32 expected[] = { 0, 1, 2, 0, 2, 3 };

  g_assert_cmpuint (monge_shape_get_n_vertices (shape), ==, 4);
  g_assert_cmpmem (monge_shape_get_cells (shape), 24, expected, sizeof expected);
  assert_repair (shape, "6 corners were welded into 4 vertices");
  g_assert_cmpmem (monge_shape_get_cells (back), 24, expected, sizeof expected);
  g_assert_cmpint (monge_shape_get_position_type (back), ==, MONGE_TYPE_FLOAT32);
  assert_shape_equal (back, again);
}

static void
test_stl_binary_may_start_with_solid (void)
{
  g_autoptr (MongeShape) shape = parse_text ("STL", stl_text), back = NULL;
  g_autoptr (GString) file = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (format_named ("STL")->write (shape, file, NULL));
  memcpy (file->str, "solid\nfacet \n", 13);
  file->str[84 + 98] = 5; /* attribute of the second face */
  back = parse ("STL", file->str, file->len, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (monge_shape_get_n_cells (back), ==, 2);
  g_assert_true (monge_array_get (monge_shape_get_cell_array (back, 0), 1, 0) == 5);
}

static void
test_stl_names_the_damage (void)
{
  g_autoptr (MongeShape) shape = parse_text ("STL", stl_text);
  g_autoptr (GString) file = g_string_new (NULL);

  assert_refused ("STL", "", 0, MONGE_ERROR_EMPTY, "0 bytes");
  assert_text_refused ("STL", "solid a\nendsolid a\n", MONGE_ERROR_EMPTY, "no face");
  assert_refused ("STL", stl_text, 60, MONGE_ERROR_FORMAT, "truncated: the file ends inside face 0");
  assert_refused ("STL", stl_text, (gsize) (strstr (stl_text, "endsolid") - stl_text),
                  MONGE_ERROR_FORMAT, "without “endsolid”");
  g_assert_true (format_named ("STL")->write (shape, file, NULL));
  assert_refused ("STL", file->str, 183, MONGE_ERROR_FORMAT,
                  "promises 2 faces, 184 bytes, but 183 bytes are present");
  file->str[83] = 0x70;
  assert_refused ("STL", file->str, file->len, MONGE_ERROR_SIZE, "1879048194 faces");
  file->str[83] = 0;
  memset (file->str + 84 + 12, 0xff, 4);
  assert_refused ("STL", file->str, file->len, MONGE_ERROR_NAN, "vertex 0 ");
}

/* --- NPY --- */

static MongeShape *
parse_npy (const char *header, guint version, gconstpointer values, gsize size, GError **error)
{
  g_autoptr (GString) file = g_string_new (NULL);
  gsize length = strlen (header);

  g_string_append_len (file, "\x93NUMPY", 6);
  g_string_append_c (file, (char) version);
  g_string_append_c (file, 0);
  for (guint i = 0; i < (version == 1 ? 2 : 4); i++)
    g_string_append_c (file, (char) (length >> 8 * i));
  g_string_append (file, header);
  g_string_append_len (file, values, (gssize) size);
  return parse ("NPY", file->str, file->len, error);
}

static void
assert_npy (const char *header, guint version, gconstpointer values, gsize size, MongeType type)
{
  static const double expected[] = { 1, 2, 3, 4, 5, 6 };
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) shape = parse_npy (header, version, values, size, &error), back = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (monge_shape_get_n_vertices (shape) * monge_shape_get_dim (shape), ==, 6);
  g_assert_cmpmem (monge_shape_get_positions (shape), 48, expected, 48);
  g_assert_cmpint (monge_shape_get_position_type (shape), ==, type);
  back = round_trip (shape, "points.npy");
  assert_shape_equal (shape, back);
}

static void
test_npy_reads_all_layouts (void)
{
  static const guint8 bytes[] = { 1, 2, 3, 4, 5, 6 };
  static const guint8 big[] = { 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6 };
  static const float singles[] = { 1, 3, 5, 2, 4, 6 };
  static const double doubles[] = { 1, 2, 3, 4, 5, 6 };
  static const gint64 longs[] = { 1, 2, 3, 4, 5, 6 };
  guint64 swapped[6];

  assert_npy ("{'descr': '|u1', 'fortran_order': False, 'shape': (6,), }\n", 1, bytes, 6,
              MONGE_TYPE_UINT8);
  assert_npy ("{\"shape\":(2,3),\"descr\":\">i2\",\"fortran_order\":False}", 2, big, 12,
              MONGE_TYPE_INT16);
  assert_npy ("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2), }\n", 3, singles, 24,
              MONGE_TYPE_FLOAT32);
  assert_npy ("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 6), }\n", 1, doubles, 48,
              MONGE_TYPE_FLOAT64);
  assert_npy ("{'descr': '<i8', 'fortran_order': False, 'shape': (6, 1), }\n", 1, longs, 48,
              MONGE_TYPE_FLOAT64);
  memcpy (swapped, doubles, sizeof swapped);
  for (guint i = 0; i < 6; i++)
    swapped[i] = GUINT64_SWAP_LE_BE (swapped[i]);
  assert_npy ("{'descr': '>f8', 'fortran_order': False, 'shape': (3, 2), }\n", 1, swapped, 48,
              MONGE_TYPE_FLOAT64);
}

static void
test_npy_names_the_damage (void)
{
  static const struct { const char *header; int code; const char *words; } cases[] = {
    { "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", MONGE_ERROR_FORMAT,
      "2 × 3 numbers of 8 bytes are promised, but 40 bytes are present" },
    { "{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999999999, 999999999), }",
      MONGE_ERROR_FORMAT, "truncated" },
    { "{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }", MONGE_ERROR_EMPTY, "empty" },
    { "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1), }", MONGE_ERROR_SIZE,
      "more than two dimensions" },
    { "{'descr': '<f8', 'fortran_order': False, 'shape': (), }", MONGE_ERROR_SIZE,
      "single number" },
    { "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 11), }", MONGE_ERROR_SIZE, "3 × 11" },
    { "{'descr': '<c8', 'fortran_order': False, 'shape': (3,), }", MONGE_ERROR_UNSUPPORTED,
      "“<c8”" },
    { "{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }", MONGE_ERROR_UNSUPPORTED,
      "“<f2”" },
    { "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (3,), }",
      MONGE_ERROR_UNSUPPORTED, "named fields" },
    { "{'descr': '<f8', 'fortran_order': Maybe, 'shape': (3,), }", MONGE_ERROR_FORMAT,
      "fortran_order" },
    { "{'descr': '<f8', 'shape': (3,), }", MONGE_ERROR_FORMAT, "lacks" },
    { "{'descr': '<f8", MONGE_ERROR_FORMAT, "is expected" },
  };
  static const double values[] = { 1, 2, 3, 4, 5 }, bad[] = { 1, 2, NAN };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_null (parse_npy (cases[i].header, 1, values, sizeof values, &error));
      monge_assert_error (error, MONGE_ERROR, cases[i].code, cases[i].words);
    }
  g_assert_null (parse_npy ("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", 1, bad,
                            sizeof bad, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAN, "vertex 2 ");
  assert_refused ("NPY", "\x93NUMPY\x01\x00\xff\xff{", 11, MONGE_ERROR_FORMAT,
                  "65545 bytes is promised, but 11 bytes are present");
  assert_refused ("NPY", "\x93NUMPY\x04\x00\x00\x00", 10, MONGE_ERROR_UNSUPPORTED, "version 4");
}

static void
test_npy_values_round_trip (void)
{
  static const double values[] = { 0.1, -2, 1e300, 4, 5, 6 };
  g_autofree char *path = monge_test_tmp_path ("values.npy");
  g_autofree double *back = NULL;
  g_autoptr (GError) error = NULL;
  gsize n, d;

  g_assert_true (monge_npy_save (path, values, 2, 3, &error));
  g_assert_true (monge_npy_load (path, &back, &n, &d, &error));
  g_assert_true (n == 2 && d == 3);
  g_assert_cmpmem (back, n * d * sizeof *back, values, sizeof values);
  g_clear_pointer (&back, g_free);
  g_assert_true (monge_npy_save (path, values, 6, 1, &error));
  g_assert_true (monge_npy_load (path, &back, &n, &d, &error));
  g_assert_true (n == 6 && d == 1);
  g_assert_false (monge_npy_load ("/nowhere/values.npy", &back, &n, &d, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_IO, "/nowhere/values.npy");
}

/* --- Lines of text --- */

static void
test_text_is_parted_in_many_ways (void)
{
  static const char *const texts[] = {
    "1 2 3\n4 5 6\n", "1,2,3\r\n4,5,6", "\xef\xbb\xbf 1;2 ;3\n# comment\n4 ; 5; 6\n",
    "1\t2\t3\n\n4 \t5\t 6\n", "X,Y,Z\n1,2,3\n4,5,6\n", "//z y x\n3 2 1\n6 5 4\n",
    "\"x\"\t\"y\"\t\"z\"\n1\t2\t3\n4\t5\t6\n",
  };
  static const double expected[] = { 1, 2, 3, 4, 5, 6 };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (MongeShape) shape = parse_text ("XYZ", texts[i]);
      g_assert_cmpuint (monge_shape_get_dim (shape), ==, 3);
      g_assert_cmpmem (monge_shape_get_positions (shape), 48, expected, 48);
    }
}

static void
test_text_columns_are_arrays (void)
{
  g_autoptr (MongeShape) shape = parse_text ("CSV",
    "name,heat,x,y,z,age\nfirst,0.5,1,2,3,\nsecond,nan,4,5,6,7\n");
  static const char *const names[] = { "columns.csv", "columns.tsv", "columns.xyz" };

  g_assert_cmpuint (monge_shape_get_n_arrays (shape), ==, 2);
  g_assert_true (monge_array_get (monge_shape_find_array (shape, "heat"), 0, 0) == 0.5);
  g_assert_true (isnan (monge_array_get (monge_shape_find_array (shape, "age"), 0, 0)));
  assert_repair (shape, "“name”");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (MongeShape) back = round_trip (shape, names[i]);
      g_assert_cmpuint (monge_shape_get_n_arrays (back), ==, 2);
      assert_geometry_equal (shape, back);
      g_assert_true (monge_array_get (monge_shape_find_array (back, "age"), 1, 0) == 7);
    }
}

static void
test_text_has_any_dimension (void)
{
  static const char *const names[] = { "any.csv", "any.tsv", "any.xyz", "any.npy" };

  for (guint dim = 1; dim <= MONGE_MAX_DIM; dim++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (MongeShape) shape = NULL;
      for (guint i = 0; i < 2 * dim; i++)
        g_string_append_printf (text, "%u.25%c", i, (i + 1) % dim == 0 ? '\n' : ' ');
      shape = parse_text ("XYZ", text->str);
      g_assert_cmpuint (monge_shape_get_dim (shape), ==, dim);
      for (guint i = 0; i < G_N_ELEMENTS (names); i++)
        {
          g_autoptr (MongeShape) back = round_trip (shape, names[i]);
          assert_shape_equal (shape, back);
        }
    }
}

static void
test_text_names_the_damage (void)
{
  assert_text_refused ("XYZ", "", MONGE_ERROR_EMPTY, "no line of numbers");
  assert_text_refused ("XYZ", "x y z\n", MONGE_ERROR_EMPTY, "no line of numbers");
  assert_text_refused ("XYZ", "1 2 3\n4 5\n", MONGE_ERROR_FORMAT, "line 2: 2 columns");
  assert_text_refused ("XYZ", "1 2 3\n4 5 6 7\n", MONGE_ERROR_FORMAT, "line 2: 4 columns");
  assert_text_refused ("XYZ", "1 2 3\n4 e 6\n", MONGE_ERROR_FORMAT, "line 2: “e” in column 2");
  assert_text_refused ("XYZ", "1,5;2;3\n", MONGE_ERROR_FORMAT, "line 1");
  assert_text_refused ("XYZ", "x,y\n1,\n", MONGE_ERROR_FORMAT, "line 2");
  assert_text_refused ("XYZ", "a,b\n1,2\n", MONGE_ERROR_FORMAT, "name the coordinates");
  assert_text_refused ("XYZ", "1 2\n3 nan\n", MONGE_ERROR_NAN, "vertex 1 ");
  assert_text_refused ("XYZ", "1 2 3 4 5 6 7 8 9 10 11\n", MONGE_ERROR_SIZE, "11 columns");
}

/* --- Files --- */

static void
test_content_decides_then_the_name (void)
{
  g_autoptr (MongeShape) shape = parse_text ("PLY", ply_text);
  g_autofree char *path = monge_test_tmp_path ("really-ply.obj");
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) loaded = NULL;

  g_assert_true (g_file_set_contents (path, ply_text, -1, NULL));
  loaded = monge_shape_load (path, NULL, NULL, &error);
  g_assert_no_error (error);
  assert_shape_equal (shape, loaded);
  g_assert_cmpstr (monge_shape_get_name (loaded), ==, "really-ply");
  g_assert_cmpstr (monge_format_find_by_extension ("a/b.c/d.PLY")->name, ==, "PLY");
  g_assert_null (monge_format_find_by_extension ("a.ply/b"));
  g_assert_null (monge_format_find_by_extension ("ply"));
  g_assert_cmpstr (monge_format_find ("a.csv", (const guint8 *) "1,2\n", 4)->name, ==, "CSV");
  g_assert_cmpstr (monge_format_find ("a", (const guint8 *) "1,2\n", 4)->name, ==, "XYZ");
  g_assert_cmpstr (monge_format_find ("a.txt", (const guint8 *) "v 1 2 3\n", 8)->name, ==, "OBJ");
}

static void
test_load_names_file_and_remedy (void)
{
  static const struct { const char *name, *bytes; int code; const char *words; } cases[] = {
    { "strange.foo", "\x01\x02\x03", MONGE_ERROR_UNSUPPORTED, "known are PLY (.ply)" },
    { "empty.ply", "", MONGE_ERROR_EMPTY, "the file is empty" },
    { "damaged.ply", "ply\n", MONGE_ERROR_FORMAT, "line 2: the file ends inside the header" },
  };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = monge_test_tmp_path (cases[i].name);
      g_assert_true (g_file_set_contents (path, cases[i].bytes, -1, NULL));
      g_assert_null (monge_shape_load (path, NULL, NULL, &error));
      g_assert_true (g_str_has_prefix (error->message, path));
      monge_assert_error (error, MONGE_ERROR, cases[i].code, cases[i].words);
    }
  g_assert_null (monge_shape_load ("/nowhere/a.ply", NULL, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_IO, "/nowhere/a.ply");
  g_assert_null (monge_shape_load ("/", NULL, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_IO, "/");
}

static void
test_save_is_whole_or_nothing (void)
{
  g_autoptr (MongeShape) shape = parse_text ("XYZ", "1 2 3 4\n");
  g_autofree char *path = monge_test_tmp_path ("four.ply"), *contents = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "before", -1, NULL));
  g_assert_false (monge_shape_save (shape, path, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "write .npy or .csv");
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "before");
  g_assert_false (monge_shape_save (shape, "/nowhere/four.npy", NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_IO, "/nowhere/four.npy");
  g_assert_false (monge_shape_save (shape, "four.unknown", NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "four.unknown");
  g_assert_false (monge_shape_save (shape, "four.stl", NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "four.stl");
}

static void
test_load_may_be_cancelled (void)
{
  MongeTask task = MONGE_TASK_INIT;
  g_autoptr (GError) error = NULL;

  monge_task_cancel (&task);
  g_assert_null (monge_shape_load ("/nowhere/a.ply", NULL, &task, &error));
  g_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED);
}

static void
test_examples_have_names (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) shape = monge_shape_load ("example:torus", NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (monge_shape_get_kind (shape), ==, MONGE_SHAPE_SURFACE);
  g_assert_null (monge_shape_load ("example:unicorn", NULL, NULL, &error));
  g_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME);
}

/* --- Real shapes --- */

static void
check_real (const char *name, gsize n_vertices, gsize n_cells)
{
  g_autofree char *path = monge_test_data (name);
  g_autoptr (MongeShape) shape = NULL, ply = NULL, obj = NULL;
  g_autoptr (GError) error = NULL;

  if (path == NULL)
    return;
  shape = monge_shape_load (path, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (monge_shape_get_n_vertices (shape), ==, n_vertices);
  g_assert_cmpuint (monge_shape_get_n_cells (shape), ==, n_cells);
  ply = round_trip (shape, "real.ply");
  assert_shape_equal (shape, ply);
  obj = round_trip (shape, "real.obj");
  for (gsize i = 0; i < 3 * n_vertices; i++)
    g_assert_true ((float) monge_shape_get_positions (obj)[i]
                   == (float) monge_shape_get_positions (shape)[i]);
}

static void
test_real_hippocampus (void)
{
  check_real ("hippocampus/source.ply", 6611, 13218);
}

static void
test_real_femur (void)
{
  check_real ("femur/femur_target.stl", 1622, 3240);
}

static void
test_real_finger (void)
{
  check_real ("fingers/finger0.ply", 2046, 4088);
}

static void
test_real_cloud (void)
{
  check_real ("scans/dragon_30k.ply", 30000, 0);
}

static void
test_real_volume_lists_its_labels (void)
{
  static const gint32 labels[] = { 2 };
  g_autofree char *path = monge_test_data ("knee/OAI_a.nii.gz");
  g_autoptr (MongeShape) shape = NULL;
  g_autoptr (GError) error = NULL;

  if (path == NULL)
    return;
  g_assert_null (monge_shape_load (path, NULL, NULL, &error));
  g_assert_true (g_str_has_prefix (error->message, path));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "choose from: 1, 2");
  shape = monge_shape_load (path, &(MongeLoadOptions){ labels, 1, TRUE }, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (monge_shape_get_kind (shape), ==, MONGE_SHAPE_POINTS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/io/ply/keeps_everything", test_ply_keeps_everything);
  g_test_add_func ("/io/ply/reads_big_endian", test_ply_reads_big_endian);
  g_test_add_func ("/io/ply/cuts_polygons", test_ply_cuts_polygons);
  g_test_add_func ("/io/ply/edges_are_curves", test_ply_edges_are_curves);
  g_test_add_func ("/io/ply/names_the_damage", test_ply_names_the_damage);
  g_test_add_func ("/io/ply/truncated_says_how_far", test_ply_truncated_says_how_far);
  g_test_add_func ("/io/obj/reads_all_spellings", test_obj_reads_all_spellings);
  g_test_add_func ("/io/obj/keeps_lines_and_colours", test_obj_keeps_lines_and_colours);
  g_test_add_func ("/io/obj/names_the_damage", test_obj_names_the_damage);
  g_test_add_func ("/io/stl/welds_in_order", test_stl_welds_in_order);
  g_test_add_func ("/io/stl/binary_may_start_with_solid", test_stl_binary_may_start_with_solid);
  g_test_add_func ("/io/stl/names_the_damage", test_stl_names_the_damage);
  g_test_add_func ("/io/npy/reads_all_layouts", test_npy_reads_all_layouts);
  g_test_add_func ("/io/npy/names_the_damage", test_npy_names_the_damage);
  g_test_add_func ("/io/npy/values_round_trip", test_npy_values_round_trip);
  g_test_add_func ("/io/text/is_parted_in_many_ways", test_text_is_parted_in_many_ways);
  g_test_add_func ("/io/text/columns_are_arrays", test_text_columns_are_arrays);
  g_test_add_func ("/io/text/has_any_dimension", test_text_has_any_dimension);
  g_test_add_func ("/io/text/names_the_damage", test_text_names_the_damage);
  g_test_add_func ("/io/content_decides_then_the_name", test_content_decides_then_the_name);
  g_test_add_func ("/io/load_names_file_and_remedy", test_load_names_file_and_remedy);
  g_test_add_func ("/io/save_is_whole_or_nothing", test_save_is_whole_or_nothing);
  g_test_add_func ("/io/load_may_be_cancelled", test_load_may_be_cancelled);
  g_test_add_func ("/io/examples_have_names", test_examples_have_names);
  g_test_add_func ("/io/real/hippocampus", test_real_hippocampus);
  g_test_add_func ("/io/real/femur", test_real_femur);
  g_test_add_func ("/io/real/finger", test_real_finger);
  g_test_add_func ("/io/real/cloud", test_real_cloud);
  g_test_add_func ("/io/real/volume_lists_its_labels", test_real_volume_lists_its_labels);
  return g_test_run ();
}
