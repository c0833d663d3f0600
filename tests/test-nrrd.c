#include "compute/core/random.h"
#include "compute/io/io.h"
#include "compute/shape/bytes.h"
#include "tests/label-volume.h"
#include "tests/util.h"

#include <glib/gstdio.h>

#define GRID "dimension: 3\nsizes: 2 2 2\n"
#define LPS \
  "space: left-posterior-superior\nspace directions: (2,0,0) (0,3,0) (0,0,4)\n" \
  "space origin: (10,20,30)\n"
#define UINT8 "type: uint8\nencoding: raw\n"

static const guint8 cube[8] = { 1, 0, 0, 0, 0, 0, 0, 7 };

static MongeVolume *
parse (const char *fields, const void *bytes, gsize n)
{
  g_autofree char *text = g_strconcat ("NRRD0004\n", fields, "\n", NULL);
  GError *error = NULL;
  MongeVolume *volume = monge_test_parse_volume ("NRRD", text, bytes, n, &error);

  g_assert_no_error (error);
  return volume;
}

static void
check_refused (const char *fields, const void *bytes, gsize n, MongeError code, const char *part)
{
  g_autofree char *text = g_strconcat ("NRRD0004\n", fields, "\n", NULL);
  GError *error = NULL;

  g_assert_null (monge_test_parse_volume ("NRRD", text, bytes, n, &error));
  monge_assert_error (error, MONGE_ERROR, (int) code, part);
}

static void
check_cube (const MongeVolume *volume)
{
  g_assert_cmpint (monge_volume_get_kind (volume), ==, MONGE_VOLUME_LABELS);
  for (gsize i = 0; i < 8; i++)
    g_assert_cmpint (monge_test_label_at (volume, i), ==, cube[i]);
}

/* --- Numbers --- */

static void
test_every_type_and_order (void)
{
  static const struct {
    const char *name;
    MongeType type;
  } types[] = { { "signed char", MONGE_TYPE_INT8 },   { "uchar", MONGE_TYPE_UINT8 },
                { "short", MONGE_TYPE_INT16 },        { "unsigned short int", MONGE_TYPE_UINT16 },
                { "int32_t", MONGE_TYPE_INT32 },      { "uint", MONGE_TYPE_UINT32 },
                { "longlong", MONGE_TYPE_INT64 },     { "unsigned long long", MONGE_TYPE_UINT64 },
                { "float", MONGE_TYPE_FLOAT32 },      { "double", MONGE_TYPE_FLOAT64 } };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    for (int big = 0; big < 2; big++)
      {
        gsize size = monge_type_get_size (types[i].type);
        g_autofree char *fields
            = g_strdup_printf ("type: %s\n" GRID LPS "endian: %s\nencoding: raw\n", types[i].name,
                               big ? "big" : "little");
        double numbers[8];
        guint8 bytes[64], turned[64];
        g_autoptr (MongeVolume) volume = NULL;

        for (int k = 0; k < 8; k++)
          numbers[k] = cube[k];
        monge_bytes_from_doubles (types[i].type, numbers, 1, 8, bytes);
        monge_bytes_copy (bytes, size, turned, size, size, 8,
                          big ? MONGE_SWAP_BIG : MONGE_SWAP_LITTLE);
        volume = parse (fields, turned, 8 * size);
        check_cube (volume);
      }
}

static void
test_every_encoding (void)
{
  g_autoptr (GBytes) zipped = monge_bytes_deflate (cube, 8);
  g_autoptr (MongeVolume) gzip = NULL, text = NULL, hex = NULL, skipped = NULL, last = NULL;
  const char *numbers = "1 0 0 0\n0 0 0\n7\n", *digits = "01000000 0000\n0007\n";
  const guint8 two_more[10] = { 9, 9, 1, 0, 0, 0, 0, 0, 0, 7 };

  gzip = parse ("type: uint8\n" GRID LPS "encoding: gzip\n", g_bytes_get_data (zipped, NULL),
                g_bytes_get_size (zipped));
  check_cube (gzip);
  text = parse ("type: int\n" GRID LPS "encoding: ascii\n", numbers, strlen (numbers));
  check_cube (text);
  hex = parse ("type: uint8\n" GRID LPS "encoding: hex\n", digits, strlen (digits));
  check_cube (hex);
  skipped = parse (UINT8 GRID LPS "byte skip: 2\n", two_more, 10);
  check_cube (skipped);
  last = parse (UINT8 GRID LPS "byte skip: -1\n", two_more, 10);
  check_cube (last);
}

/* --- Places --- */

static void
test_spaces (void)
{
  const double lps[16] = { -2, 0, 0, -10, 0, -3, 0, -20, 0, 0, 4, 30, 0, 0, 0, 1 };
  const double ras[16] = { 2, 0, 0, 10, 0, 3, 0, 20, 0, 0, 4, 30, 0, 0, 0, 1 };
  const double las[16] = { -2, 0, 0, -10, 0, 3, 0, 20, 0, 0, 4, 30, 0, 0, 0, 1 };
  static const struct {
    const char *line;
    MongeSpace stored;
    gboolean is_told;
  } spaces[] = { { "space: left-posterior-superior\n", MONGE_SPACE_LPS, FALSE },
                 { "space: RAS\n", MONGE_SPACE_RAS, FALSE },
                 { "space: left-anterior-superior\n", MONGE_SPACE_UNKNOWN, FALSE },
                 { "space dimension: 3\n", MONGE_SPACE_UNKNOWN, TRUE },
                 { "space: scanner-xyz\n", MONGE_SPACE_UNKNOWN, TRUE } };
  const double *expected[] = { lps, ras, las, ras, ras };

  for (gsize i = 0; i < G_N_ELEMENTS (spaces); i++)
    {
      g_autofree char *fields
          = g_strconcat (UINT8 GRID, spaces[i].line,
                         "space directions: (2,0,0) (0,3,0) (0,0,4)\nspace origin: (10,20,30)\n",
                         NULL);
      g_autoptr (MongeVolume) volume = parse (fields, cube, 8);

      for (int k = 0; k < 16; k++)
        g_assert_cmpfloat (monge_volume_get_affine (volume)[k], ==, expected[i][k]);
      g_assert_cmpint (monge_volume_get_stored_space (volume), ==, spaces[i].stored);
      g_assert_cmpint (monge_test_has_note (volume, "along what its axes"), ==, spaces[i].is_told);
    }
}

static void
test_spacings_and_units (void)
{
  g_autoptr (MongeVolume) spaced = parse (UINT8 GRID "spacings: 2 3 4\naxis mins: 1 1 1\n"
                                          "centerings: cell node cell\n", cube, 8);
  g_autoptr (MongeVolume) bare = parse (UINT8 GRID, cube, 8);
  g_autoptr (MongeVolume) microns = parse (UINT8 GRID LPS "space units: \"um\" \"um\" \"um\"\n",
                                           cube, 8);

  monge_assert_close (monge_volume_get_voxel_size (spaced), 24.0, 1e-12);
  monge_assert_close (monge_volume_get_affine (spaced)[3], 2.0, 1e-12);
  monge_assert_close (monge_volume_get_affine (spaced)[7], 1.0, 1e-12);
  monge_assert_close (monge_volume_get_voxel_size (bare), 1.0, 1e-12);
  g_assert_true (monge_test_has_note (bare, "no size of a voxel"));
  monge_assert_close_rel (monge_volume_get_voxel_size (microns), 24e-9, 1e-12);
  g_assert_true (monge_test_has_note (microns, "um"));
}

/* Of a list, in front or behind, the first. */
static void
test_lists (void)
{
  guint8 front[16], behind[16];
  g_autoptr (MongeVolume) a = NULL, b = NULL, slice = NULL;

  for (int i = 0; i < 16; i++)
    {
      front[i] = i % 2 == 0 ? cube[i / 2] : 9;
      behind[i] = i < 8 ? cube[i] : 9;
    }
  a = parse (UINT8 "dimension: 4\nsizes: 2 2 2 2\nkinds: list domain domain domain\n"
             "space: RAS\nspace directions: none (1,0,0) (0,1,0) (0,0,1)\n", front, 16);
  check_cube (a);
  g_assert_true (monge_test_has_note (a, "2 volumes"));
  b = parse (UINT8 "dimension: 4\nsizes: 2 2 2 2\nspacings: 1 1 1 1\n", behind, 16);
  check_cube (b);
  slice = parse (UINT8 "dimension: 2\nsizes: 4 2\nspacings: 2 2\n", cube, 8);
  check_cube (slice);
  monge_assert_close (monge_volume_get_voxel_size (slice), 8.0, 1e-12);
}

/* --- Segments --- */

#define SEGMENTS \
  "Segment0_ID:=a\nSegment0_Name:=Femur\nSegment0_Color:=1 0.5 0\nSegment0_LabelValue:=1\n" \
  "Segment0_Layer:=0\nSegment1_ID:=b\nSegment1_Name:=Cartilage\nSegment1_LabelValue:=7\n" \
  "Segment1_Layer:=0\n"

static void
test_segments (void)
{
  g_autoptr (MongeVolume) volume = parse (UINT8 GRID LPS SEGMENTS, cube, 8);
  const MongeLabel *labels;

  check_cube (volume);
  labels = (const MongeLabel *) (gpointer) monge_volume_get_label_table (volume)->data;
  g_assert_cmpstr (labels[0].name, ==, "Femur");
  g_assert_true (labels[0].has_colour);
  g_assert_cmpuint (labels[0].rgba[1], ==, 128);
  g_assert_cmpstr (labels[1].name, ==, "Cartilage");
  g_assert_false (labels[1].has_colour);
}

/* Two segments of the same number in two layers; one voxel in both. */
static void
test_layers (void)
{
  const guint8 layers[16] = { 1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0 };
  g_autoptr (MongeVolume) volume = parse (
      UINT8 "dimension: 4\nsizes: 2 2 2 2\nkinds: list domain domain domain\nspace: LPS\n"
      "space directions: none (1,0,0) (0,1,0) (0,0,1)\n"
      "Segment0_ID:=a\nSegment0_Name:=Skull\nSegment0_LabelValue:=1\nSegment0_Layer:=0\n"
      "Segment1_ID:=b\nSegment1_Name:=Jaw\nSegment1_LabelValue:=1\nSegment1_Layer:=1\n", layers, 16);
  const GArray *table = monge_volume_get_label_table (volume);
  const gint32 expected[8] = { 1, 3, 2, 0, 0, 0, 0, 4 };

  g_assert_cmpuint (table->len, ==, 4);
  g_assert_cmpstr (g_array_index (table, MongeLabel, 0).name, ==, "Skull");
  g_assert_cmpstr (g_array_index (table, MongeLabel, 1).name, ==, "Jaw");
  g_assert_cmpstr (g_array_index (table, MongeLabel, 2).name, ==, "Skull + Jaw");
  g_assert_cmpstr (g_array_index (table, MongeLabel, 3).name, ==, "5 in layer 0");
  for (gsize i = 0; i < 8; i++)
    g_assert_cmpint (monge_test_label_at (volume, i), ==, expected[i]);
  g_assert_true (monge_test_has_note (volume, "overlap"));
}

/* --- Detached --- */

static char *folder;

static char *
put_file (const char *name, const void *bytes, gsize n)
{
  char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, n > 0 ? bytes : "", (gssize) n, NULL));
  return path;
}

static void
test_detached (void)
{
  static const char *const data[] = { "data file: part0.raw\n", "data file: /somewhere/part0.raw\n",
                                      "data file: part%d.half 0 1 1\n",
                                      "data file: LIST\npart0.half\npart1.half\n" };
  g_autofree char *whole G_GNUC_UNUSED = put_file ("part0.raw", cube, 8);
  g_autofree char *first G_GNUC_UNUSED = put_file ("part0.half", cube, 4);
  g_autofree char *second G_GNUC_UNUSED = put_file ("part1.half", cube + 4, 4);

  for (gsize i = 0; i < G_N_ELEMENTS (data); i++)
    {
      g_autofree char *text = g_strconcat ("NRRD0004\n" UINT8 GRID LPS, data[i], NULL);
      g_autofree char *path = put_file ("detached.nhdr", text, strlen (text));
      GError *error = NULL;
      g_autoptr (MongeVolume) volume = monge_volume_load (path, NULL, &error);

      g_assert_no_error (error);
      check_cube (volume);
    }
}

static void
test_detached_is_missing (void)
{
  const char *text = "NRRD0004\n" UINT8 GRID LPS "data file: ../away/none.raw\n";
  g_autofree char *path = put_file ("missing.nhdr", text, strlen (text));
  GError *error = NULL;

  g_assert_null (monge_volume_load (path, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_IO, "none.raw");
  check_refused (UINT8 GRID LPS "data file: part%s.raw 0 1 1\n", "", 0, MONGE_ERROR_FORMAT,
                 "pattern");
  check_refused (UINT8 GRID LPS "data file: part%d%n.raw 0 1 1\n", "", 0, MONGE_ERROR_FORMAT,
                 "pattern");
}

/* --- Damage --- */

static void
test_refuse_what_is_no_volume (void)
{
  check_refused ("type: block\n" GRID "encoding: raw\n", cube, 8, MONGE_ERROR_UNSUPPORTED, "line 2");
  check_refused ("type: uint8\n" GRID "encoding: bzip2\n", cube, 8, MONGE_ERROR_UNSUPPORTED, "gzip");
  check_refused (UINT8 "dimension: 4\nsizes: 3 2 2 2\nkinds: vector domain domain domain\n", cube, 8,
                 MONGE_ERROR_UNSUPPORTED, "3 numbers a voxel");
  check_refused ("type: uint8\nsizes: 2 2 2\nencoding: raw\n", cube, 8, MONGE_ERROR_FORMAT,
                 "dimension");
  check_refused ("type: uint8\ndimension: 3\nencoding: raw\n", cube, 8, MONGE_ERROR_FORMAT, "sizes");
  check_refused ("type: int\n" GRID "encoding: text\n", "1 2 3 4 5 6 x 8", 15, MONGE_ERROR_FORMAT,
                 "line 7");
  check_refused (UINT8 GRID "space: RAS\nspace directions: (1,0,0) (1,0,0) (0,0,1)\n", cube, 8,
                 MONGE_ERROR_FORMAT, "singular");
}

static void
test_refuse_lying_sizes (void)
{
  static const char *const sizes[] = { "2 2 3", "20000 20000 20000", "4294967295 4294967295 2",
                                       "1200 1200 1200", "0 2 2", "-1 2 2", "2 2" };
  static const char *const encodings[] = { "raw", "gzip", "text", "hex" };
  g_autoptr (GBytes) zipped = monge_bytes_deflate (cube, 8);

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (encodings); k++)
      {
        g_autofree char *text
            = g_strdup_printf ("NRRD0004\ntype: uint8\ndimension: 3\nsizes: %s\nencoding: %s\n\n",
                               sizes[i], encodings[k]);
        g_autoptr (GError) error = NULL;

        g_assert_null (monge_test_parse_volume ("NRRD", text, g_bytes_get_data (zipped, NULL),
                                                k == 1 ? g_bytes_get_size (zipped) : 8, &error));
        g_assert_nonnull (error);
        g_assert_true (error->domain == MONGE_ERROR);
      }
}

/* Bytes of a header changed at random: a volume or an error. */
static void
test_survive_random_damage (void)
{
  static const char *const seeds[] = {
    "NRRD0004\n" UINT8 GRID LPS SEGMENTS "\n",
    "NRRD0005\ntype: short\ndimension: 4\nsizes: 2 1 2 1\nkinds: list domain domain domain\n"
    "endian: big\nencoding: raw\nSegment0_ID:=a\nSegment1_ID:=b\n\n",
    "NRRD0001\n" GRID "type: float\nencoding: txt\nspacings: 1 2 nan\ndata file: LIST\na\n\n",
  };
  MongeRandom random;
  guint n_read = 0;

  monge_random_init (&random, 5);
  for (int i = 0; i < 6000; i++)
    {
      g_autofree char *text = g_strdup (seeds[i % 3]);
      gsize length = strlen (text);
      g_autoptr (GError) error = NULL;
      g_autoptr (MongeVolume) volume = NULL;

      for (int k = 0; k <= i % 4; k++)
        text[9 + monge_random_next (&random) % (length - 9)]
            = (char) (1 + monge_random_next (&random) % 255);
      volume = monge_test_parse_volume ("NRRD", text, cube, 8, &error);
      g_assert_true ((volume == NULL) == (error != NULL));
      n_read += volume != NULL;
    }
  g_assert_cmpuint (n_read, >, 1000);
}

/* --- Writing --- */

static void
test_round_trips (void)
{
  static const char *const names[] = { "a.nrrd", "a.nii", "a.nii.gz", "a.mha" };
  static const double affine[16] = { -0.5, 0.1, 0, 7, 0.1, 2, 0, -80, 0, 0.3, 1, 5, 0, 0, 0, 1 };
  const guint size[3] = { 2, 2, 2 };
  static const gint32 sets[3][8] = { { 0, 1, 255, 0, 0, 3 }, { -5, 0, 300 }, { 0, 70000, 1 << 30 } };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    for (int k = 0; k < 3; k++)
      {
        g_autoptr (MongeVolume) volume = monge_test_new_labels ("a", size, affine, sets[k]);
        g_autofree char *path = g_build_filename (folder, names[i], NULL);
        g_autoptr (MongeVolume) back = NULL;
        GError *error = NULL;

        g_assert_true (monge_volume_save (volume, path, &error));
        g_assert_no_error (error);
        back = monge_volume_load (path, NULL, &error);
        g_assert_no_error (error);
        for (gsize v = 0; v < 8; v++)
          g_assert_cmpint (monge_test_label_at (back, v), ==, sets[k][v]);
        monge_assert_max_abs (monge_volume_get_affine (back), affine, 16,
                              i == 0 ? 0.0 : i == 3 ? 1e-14 : 1e-6);
      }
}

static void
test_names_come_back (void)
{
  g_autoptr (MongeVolume) volume = parse (UINT8 GRID LPS SEGMENTS, cube, 8), back = NULL;
  g_autofree char *path = g_build_filename (folder, "named.seg.nrrd", NULL);
  const MongeLabel *labels;

  g_assert_true (monge_volume_save (volume, path, NULL));
  back = monge_volume_load (path, NULL, NULL);
  check_cube (back);
  g_assert_cmpint (monge_volume_get_stored_space (back), ==, MONGE_SPACE_LPS);
  monge_assert_max_abs (monge_volume_get_affine (back), monge_volume_get_affine (volume), 16, 0.0);
  labels = (const MongeLabel *) (gpointer) monge_volume_get_label_table (back)->data;
  g_assert_cmpstr (labels[0].name, ==, "Femur");
  g_assert_cmpuint (labels[0].rgba[1], ==, 128);
  g_assert_cmpstr (labels[1].name, ==, "Cartilage");
}

static void
remove_folder (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_unlink (path);
    }
  g_rmdir (folder);
  g_free (folder);
}

int
main (int argc, char *argv[])
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("monge-nrrd-XXXXXX", NULL);
  g_test_add_func ("/nrrd/every-type-and-order", test_every_type_and_order);
  g_test_add_func ("/nrrd/every-encoding", test_every_encoding);
  g_test_add_func ("/nrrd/spaces", test_spaces);
  g_test_add_func ("/nrrd/spacings-and-units", test_spacings_and_units);
  g_test_add_func ("/nrrd/lists", test_lists);
  g_test_add_func ("/nrrd/segments", test_segments);
  g_test_add_func ("/nrrd/layers", test_layers);
  g_test_add_func ("/nrrd/detached", test_detached);
  g_test_add_func ("/nrrd/detached-is-missing", test_detached_is_missing);
  g_test_add_func ("/nrrd/refuse-what-is-no-volume", test_refuse_what_is_no_volume);
  g_test_add_func ("/nrrd/refuse-lying-sizes", test_refuse_lying_sizes);
  g_test_add_func ("/nrrd/survive-random-damage", test_survive_random_damage);
  g_test_add_func ("/nrrd/round-trips", test_round_trips);
  g_test_add_func ("/nrrd/names-come-back", test_names_come_back);
  status = g_test_run ();
  remove_folder ();
  return status;
}
