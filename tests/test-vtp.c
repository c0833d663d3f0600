/* VTK's XML poly data: the three places of numbers, pieces, texts of the field, what is refused.
 * tests/peers/test-polydata.py has all the ways in which VTK writes them. */
#include "compute/io/io.h"

#include <string.h>
#include <zlib.h>

#include "tests/shape-files.h"

#define FILE_HEAD "<?xml version=\"1.0\"?>\n<VTKFile type=\"PolyData\" version=\"0.1\" " \
  "byte_order=\"LittleEndian\""
#define TRIANGLE "<Points><DataArray type=\"Float32\" NumberOfComponents=\"3\" format=\"ascii\">" \
  "0 0 0 1 0 0 0 1 0</DataArray></Points>\n<Polys><DataArray type=\"Int32\" Name=\"connectivity\">" \
  "0 1 2</DataArray><DataArray type=\"Int32\" Name=\"offsets\">3</DataArray></Polys>\n"

static MongeShape *
parse_vtp (const char *text)
{
  return monge_test_parse ("VTP", text, strlen (text));
}

static void
test_round_trip (void)
{
  static const MongeType types[] = { MONGE_TYPE_FLOAT32, MONGE_TYPE_FLOAT64 };

  for (guint kind = MONGE_SHAPE_POINTS; kind <= MONGE_SHAPE_SURFACE; kind++)
    for (guint i = 0; i < G_N_ELEMENTS (types); i++)
      {
        g_autoptr (MongeShape) shape = monge_test_shape ((MongeShapeKind) kind, types[i]);
        g_autoptr (MongeShape) back = monge_test_through ("VTP", shape);
        monge_test_assert_shapes_equal (back, shape);
      }
}

/* Two pieces and an empty one; rows of cell arrays are counted piece by piece. */
static void
test_pieces_are_joined (void)
{
  static const char text[] = FILE_HEAD "><PolyData>\n"
    "<Piece NumberOfPoints=\"0\" NumberOfPolys=\"0\"></Piece>\n"
    "<Piece NumberOfPoints=\"3\" NumberOfPolys=\"1\" NumberOfVerts=\"1\">\n"
    "<PointData><DataArray type=\"Int16\" Name=\"a\" format=\"ascii\">1 2 3</DataArray>"
    "<DataArray type=\"Int16\" Name=\"only here\" format=\"ascii\">1 2 3</DataArray></PointData>\n"
    "<CellData><DataArray type=\"UInt8\" Name=\"c\">9 1</DataArray></CellData>\n"
    "<Verts><DataArray type=\"Int32\" Name=\"connectivity\">0</DataArray>"
    "<DataArray type=\"Int32\" Name=\"offsets\">1</DataArray></Verts>" TRIANGLE "</Piece>\n"
    "<Piece NumberOfPoints=\"3\" NumberOfPolys=\"1\">\n"
    "<PointData><DataArray type=\"Int16\" Name=\"b\" format=\"ascii\">1 2 3</DataArray>"
    "<DataArray type=\"Int16\" Name=\"a\" format=\"ascii\">4 5 6</DataArray></PointData>\n"
    "<CellData><DataArray type=\"UInt8\" Name=\"c\">2</DataArray></CellData>\n" TRIANGLE
    "</Piece></PolyData></VTKFile>\n";
  static const guint32 faces[] = { 0, 1, 2, 3, 4, 5 };
  static const gint16 a[] = { 1, 2, 3, 4, 5, 6 };
  static const guint8 c[] = { 1, 2 };
  g_autoptr (MongeShape) shape = parse_vtp (text);

  g_assert_cmpuint (monge_shape_get_n_vertices (shape), ==, 6);
  g_assert_cmpmem (monge_shape_get_cells (shape), monge_shape_get_n_cells (shape) * 12, faces,
                   sizeof faces);
  g_assert_cmpuint (monge_shape_get_n_arrays (shape), ==, 1);
  monge_test_assert_array (monge_shape_get_array (shape, 0), "a", MONGE_TYPE_INT16, 1, a, sizeof a);
  monge_test_assert_array (monge_shape_get_cell_array (shape, 0), "c", MONGE_TYPE_UINT8, 1, c,
                           sizeof c);
  monge_test_assert_repair (shape, "“only here”, which not all pieces have");
  monge_test_assert_repair (shape, "“b”, which not all pieces have");
  monge_test_assert_repair (shape, "1 vertices");
}

/* Values that stand between the tags, a child before them, and texts as numbers of their bytes. */
static void
test_ascii_and_base64 (void)
{
  static const char text[] = FILE_HEAD "><PolyData><FieldData>"
    "<DataArray type=\"String\" Name=\"SPACE\" NumberOfTuples=\"1\" format=\"ascii\">"
    "76 80 83 0</DataArray><Array type=\"String\" Name=\"who\" NumberOfTuples=\"1\">65 66</Array>"
    "<DataArray type=\"Int64\" Name=\"big\" NumberOfTuples=\"1\">9007199254740993</DataArray>"
    "</FieldData>\n<Piece NumberOfPoints=\"3\" NumberOfPolys=\"1\"><PointData>"
    "<DataArray type=\"UInt8\" Name=\"&lt;a&gt;\" format=\"binary\"><InformationKey name=\"k\"/>\n"
    "  AwAA\nAAEC Aw== </DataArray>" /* 3, 0, 0, 0, 1, 2, 3 */
    "<DataArray type=\"UInt8\" Name=\"b\" format=\"binary\">AwAAAA==AQID</DataArray></PointData>"
    TRIANGLE "</Piece></PolyData></VTKFile>";
  static const guint8 expected[] = { 1, 2, 3 };
  g_autoptr (MongeShape) shape = parse_vtp (text);

  monge_test_assert_array (monge_shape_get_array (shape, 0), "<a>", MONGE_TYPE_UINT8, 1, expected,
                           sizeof expected);
  monge_test_assert_array (monge_shape_get_array (shape, 1), "b", MONGE_TYPE_UINT8, 1, expected,
                           sizeof expected);
  g_assert_cmpint (monge_shape_get_space (shape), ==, MONGE_SPACE_LPS);
  g_assert_cmpuint (monge_shape_get_n_field_arrays (shape), ==, 2);
  g_assert_cmpstr (monge_shape_get_field_array (shape, 0)->name, ==, "who");
}

/* Three points in two zipped blocks, raw and with 64-bit headers, byte order turned. */
static GString *
write_zipped (guint64 lie_at, guint64 lie)
{
  GString *file = g_string_new (FILE_HEAD " header_type=\"UInt64\" "
    "compressor=\"vtkZLibDataCompressor\"><PolyData><Piece NumberOfPoints=\"3\"><Points>"
    "<DataArray type=\"Float32\" NumberOfComponents=\"3\" format=\"appended\" offset=\"1\"/>"
    "</Points></Piece></PolyData><AppendedData encoding=\"raw\">\n _?");
  static const float points[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
  guint8 zipped[2][100];
  uLongf sizes[2] = { 100, 100 };
  guint64 headers[5] = { 2, 20, 16 };

  compress (zipped[0], &sizes[0], (const Bytef *) points, 20);
  compress (zipped[1], &sizes[1], (const Bytef *) points + 20, 16);
  headers[3] = sizes[0];
  headers[4] = sizes[1];
  if (lie_at < 5)
    headers[lie_at] = lie;
  for (guint i = 0; i < 5; i++)
    headers[i] = GUINT64_TO_LE (headers[i]);
  g_string_append_len (file, (const char *) headers, sizeof headers);
  for (guint i = 0; i < 2; i++)
    g_string_append_len (file, (const char *) zipped[i], (gssize) sizes[i]);
  return file;
}

static void
test_zipped_blocks (void)
{
  static const guint64 lies[] = { 0, 1, 3, 7, 21, G_MAXUINT32, G_MAXUINT64, G_MAXUINT64 / 8 };
  g_autoptr (GString) file = write_zipped (9, 0);
  g_autoptr (MongeShape) shape = monge_test_parse ("VTP", file->str, file->len);

  g_assert_cmpuint (monge_shape_get_n_vertices (shape), ==, 3);
  for (guint i = 0; i < 9; i++)
    g_assert_true (monge_shape_get_positions (shape)[i] == i + 1.0);
  for (guint at = 0; at < 5; at++)
    for (guint k = 0; k < G_N_ELEMENTS (lies); k++)
      {
        g_autoptr (GString) liar = write_zipped (at, lies[k]);
        monge_test_refuse_bytes ("VTP", liar->str, liar->len, MONGE_ERROR_FORMAT, "array");
      }
}

static void
test_refuse_with_words (void)
{
  static const struct { const char *text; int code; const char *words; } cases[] = {
    { "<?xml version=\"1.0\"?>\n<svg></svg>", MONGE_ERROR_FORMAT, "line 2: it begins with <svg>" },
    { "<VTKFile type=\"PolyData\"><PolyData>", MONGE_ERROR_FORMAT, "the XML is damaged" },
    { "<VTKFile type=\"UnstructuredGrid\"></VTKFile>", MONGE_ERROR_UNSUPPORTED, "as .vtp" },
    { "<VTKFile type=\"PolyData\" compressor=\"vtkLZ4DataCompressor\"></VTKFile>",
      MONGE_ERROR_UNSUPPORTED, "save it with zlib" },
    { "<VTKFile type=\"PolyData\"></VTKFile>", MONGE_ERROR_EMPTY, "no <Piece>" },
    { "<!DOCTYPE a [<!ENTITY b \"c\"><!ENTITY d \"&b;&b;\">]>\n<VTKFile type=\"PolyData\"/>",
      MONGE_ERROR_FORMAT, "<!DOCTYPE>" },
    { FILE_HEAD "><Piece NumberOfPoints=\"1\"></Piece></VTKFile>", MONGE_ERROR_FORMAT,
      "no array of points" },
    { FILE_HEAD "><Piece NumberOfPoints=\"999999999\">" TRIANGLE "</Piece></VTKFile>",
      MONGE_ERROR_FORMAT, "truncated: 999999999 points" },
    { FILE_HEAD "><Piece NumberOfPoints=\"99999999999999\">" TRIANGLE "</Piece></VTKFile>",
      MONGE_ERROR_SIZE, "at most" },
    { FILE_HEAD "><Piece NumberOfPoints=\"4\">" TRIANGLE "</Piece></VTKFile>", MONGE_ERROR_FORMAT,
      "12 numbers are expected" },
    { FILE_HEAD "><Piece NumberOfPoints=\"x\">" TRIANGLE "</Piece></VTKFile>", MONGE_ERROR_FORMAT,
      "is no count" },
    { FILE_HEAD "><Piece NumberOfPoints=\"3\" NumberOfLines=\"1\">" TRIANGLE "</Piece></VTKFile>",
      MONGE_ERROR_FORMAT, "no array of offsets" },
    { FILE_HEAD "><Piece NumberOfPoints=\"3\" NumberOfPolys=\"2\">" TRIANGLE "</Piece></VTKFile>",
      MONGE_ERROR_FORMAT, "2 numbers are expected" },
    { FILE_HEAD "><Piece NumberOfPoints=\"1\"><Points><DataArray type=\"Float32\" "
      "format=\"appended\" NumberOfComponents=\"3\" offset=\"0\"/></Points></Piece></VTKFile>",
      MONGE_ERROR_FORMAT, "truncated" },
    { FILE_HEAD "><Piece NumberOfPoints=\"1\"><Points><DataArray type=\"Float32\" format=\"binary\" "
      "NumberOfComponents=\"3\">CAAAAAAA</DataArray></Points></Piece></VTKFile>",
      MONGE_ERROR_FORMAT, "8 bytes are promised where 12 are expected" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    monge_test_refuse ("VTP", cases[i].text, cases[i].code, cases[i].words);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vtp/round_trip", test_round_trip);
  g_test_add_func ("/vtp/pieces_are_joined", test_pieces_are_joined);
  g_test_add_func ("/vtp/ascii_and_base64", test_ascii_and_base64);
  g_test_add_func ("/vtp/zipped_blocks", test_zipped_blocks);
  g_test_add_func ("/vtp/refuse_with_words", test_refuse_with_words);
  return g_test_run ();
}
