#include "compute/core/random.h"
#include "compute/io/io.h"
#include "compute/shape/bytes.h"
#include "tests/label-volume.h"
#include "tests/util.h"

#include <glib/gstdio.h>
#include <zlib.h>

#define GRID "ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\nElementSpacing = 2 3 4\n"
#define LOCAL "ElementDataFile = LOCAL\n"

static const guint8 cube[8] = { 1, 0, 0, 0, 0, 0, 0, 7 };

static MongeVolume *
parse (const char *text, const void *bytes, gsize n)
{
  GError *error = NULL;
  MongeVolume *volume = monge_test_parse_volume ("MetaImage", text, bytes, n, &error);

  g_assert_no_error (error);
  return volume;
}

static void
check_refused (const char *text, const void *bytes, gsize n, MongeError code, const char *part)
{
  GError *error = NULL;

  g_assert_null (monge_test_parse_volume ("MetaImage", text, bytes, n, &error));
  monge_assert_error (error, MONGE_ERROR, (int) code, part);
}

static void
check_cube (const MongeVolume *volume)
{
  for (gsize i = 0; i < 8; i++)
    g_assert_cmpint (monge_test_label_at (volume, i), ==, cube[i]);
}

static void
test_every_type_and_order (void)
{
  static const struct {
    const char *name;
    MongeType type;
  } types[] = { { "MET_CHAR", MONGE_TYPE_INT8 },       { "MET_UCHAR", MONGE_TYPE_UINT8 },
                { "MET_SHORT", MONGE_TYPE_INT16 },     { "MET_USHORT", MONGE_TYPE_UINT16 },
                { "MET_INT", MONGE_TYPE_INT32 },       { "MET_UINT", MONGE_TYPE_UINT32 },
                { "MET_LONG_LONG", MONGE_TYPE_INT64 }, { "MET_ULONG_LONG", MONGE_TYPE_UINT64 },
                { "MET_FLOAT", MONGE_TYPE_FLOAT32 },   { "MET_DOUBLE", MONGE_TYPE_FLOAT64 } };

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    for (int big = 0; big < 2; big++)
      {
        gsize size = monge_type_get_size (types[i].type);
        g_autofree char *text = g_strdup_printf (GRID "BinaryDataByteOrderMSB = %s\n"
                                                 "ElementType = %s\n" LOCAL,
                                                 big ? "True" : "False", types[i].name);
        double numbers[8];
        guint8 bytes[64], turned[64];
        g_autoptr (MongeVolume) volume = NULL;

        for (int k = 0; k < 8; k++)
          numbers[k] = cube[k];
        monge_bytes_from_doubles (types[i].type, numbers, 1, 8, bytes);
        monge_bytes_copy (bytes, size, turned, size, size, 8,
                          big ? MONGE_SWAP_BIG : MONGE_SWAP_LITTLE);
        volume = parse (text, turned, 8 * size);
        check_cube (volume);
      }
}

/* Rows of the matrix are the directions of the axes, in LPS. */
static void
test_placement (void)
{
  g_autoptr (MongeVolume) volume = parse (
      GRID "TransformMatrix = 0 1 0 0 0 -1 1 0 0\nOffset = 10 20 30\nElementType = MET_UCHAR\n" LOCAL,
      cube, 8);
  g_autoptr (MongeVolume) plain = parse (GRID "ElementType = MET_UCHAR\n" LOCAL, cube, 8);
  const double expected[16] = { 0, 0, -4, -10, -2, 0, 0, -20, 0, -3, 0, 30, 0, 0, 0, 1 };

  monge_assert_max_abs (monge_volume_get_affine (volume), expected, 16, 0.0);
  g_assert_cmpint (monge_volume_get_stored_space (volume), ==, MONGE_SPACE_LPS);
  g_assert_cmpstr (monge_volume_get_orientation (volume), ==, "PIL");
  g_assert_cmpstr (monge_volume_get_orientation (plain), ==, "LPS");
}

static void
test_zipped_text_and_scaled (void)
{
  guint8 zipped[64];
  uLongf n = sizeof zipped;
  const char *numbers = "1 0 0 0 0 0 0 7\n";
  g_autoptr (MongeVolume) a = NULL, b = NULL, c = NULL;

  g_assert_cmpint (compress (zipped, &n, cube, 8), ==, Z_OK);
  a = parse (GRID "CompressedData = True\nCompressedDataSize = 16\nElementType = MET_UCHAR\n" LOCAL,
             zipped, n);
  check_cube (a);
  b = parse (GRID "BinaryData = False\nElementType = MET_SHORT\n" LOCAL, numbers, strlen (numbers));
  check_cube (b);
  c = parse (GRID "ElementType = MET_UCHAR\nElementToIntensityFunctionSlope = 0.25\n" LOCAL, cube,
             8);
  g_assert_cmpint (monge_volume_get_kind (c), ==, MONGE_VOLUME_INTENSITIES);
  g_assert_cmpfloat (monge_volume_get_intensities (c)[7], ==, 1.75f);
}

static char *folder;

static char *
put_file (const char *name, const void *bytes, gsize n)
{
  char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, bytes, (gssize) n, NULL));
  return path;
}

static void
test_detached (void)
{
  static const char *const data[] = { "whole.raw\n", "LIST\nslice0.raw\nslice1.raw\n",
                                      "slice%d.raw 0 1 1\n", "late.raw\n" };
  const guint8 late[11] = { 9, 9, 9, 1, 0, 0, 0, 0, 0, 0, 7 };
  g_autofree char *whole G_GNUC_UNUSED = put_file ("whole.raw", cube, 8);
  g_autofree char *first G_GNUC_UNUSED = put_file ("slice0.raw", cube, 4);
  g_autofree char *second G_GNUC_UNUSED = put_file ("slice1.raw", cube + 4, 4);
  g_autofree char *third G_GNUC_UNUSED = put_file ("late.raw", late, 11);

  for (gsize i = 0; i < G_N_ELEMENTS (data); i++)
    {
      g_autofree char *text = g_strconcat (GRID "HeaderSize = ", i == 3 ? "-1" : "0",
                                           "\nElementType = MET_UCHAR\nElementDataFile = ", data[i],
                                           NULL);
      g_autofree char *path = put_file ("a.mhd", text, strlen (text));
      GError *error = NULL;
      g_autoptr (MongeVolume) volume = monge_volume_load (path, NULL, &error);

      g_assert_no_error (error);
      check_cube (volume);
    }
}

static void
test_refuse (void)
{
  check_refused (GRID "ElementNumberOfChannels = 3\nElementType = MET_UCHAR\n" LOCAL, cube, 8,
                 MONGE_ERROR_UNSUPPORTED, "3 numbers");
  check_refused (GRID "ElementType = MET_STRING\n" LOCAL, cube, 8, MONGE_ERROR_FORMAT, "line 5");
  check_refused (GRID LOCAL, cube, 8, MONGE_ERROR_FORMAT, "ElementType");
  check_refused ("ObjectType = Image\nDimSize = 2 2 2\n" LOCAL, cube, 8, MONGE_ERROR_FORMAT,
                 "NDims");
  check_refused ("NDims = 3\nDimSize = 2000 2000 2000\nElementType = MET_UCHAR\n" LOCAL, cube, 8,
                 MONGE_ERROR_SIZE, "crop");
  check_refused ("NDims = 3\nDimSize = 1200 1200 1200\nElementType = MET_UCHAR\n" LOCAL, cube, 8,
                 MONGE_ERROR_FORMAT, "truncated");
  check_refused ("NDims = 3\nDimSize = 1200 1200 1200\nCompressedData = True\n"
                 "ElementType = MET_UCHAR\n" LOCAL, cube, 8, MONGE_ERROR_FORMAT, "truncated");
  check_refused ("NDims = 3\nDimSize = 2 2 2\nElementType = MET_UCHAR\n"
                 "ElementDataFile = x.raw\n", cube, 8, MONGE_ERROR_UNSUPPORTED, "x.raw");
}

static void
test_survive_random_damage (void)
{
  const char *seed = GRID "TransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 1 2 3\n"
                     "ElementType = MET_UCHAR\n" LOCAL;
  MongeRandom random;
  guint n_read = 0;

  monge_random_init (&random, 5);
  for (int i = 0; i < 6000; i++)
    {
      g_autofree char *text = g_strdup (seed);
      g_autoptr (GError) error = NULL;
      g_autoptr (MongeVolume) volume = NULL;

      for (int k = 0; k <= i % 3; k++)
        text[monge_random_next (&random) % strlen (seed)]
            = (char) (1 + monge_random_next (&random) % 255);
      volume = monge_test_parse_volume ("MetaImage", text, cube, 8, &error);
      g_assert_true ((volume == NULL) == (error != NULL));
      n_read += volume != NULL;
    }
  g_assert_cmpuint (n_read, >, 500);
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
  folder = g_dir_make_tmp ("monge-metaimage-XXXXXX", NULL);
  g_test_add_func ("/metaimage/every-type-and-order", test_every_type_and_order);
  g_test_add_func ("/metaimage/placement", test_placement);
  g_test_add_func ("/metaimage/zipped-text-and-scaled", test_zipped_text_and_scaled);
  g_test_add_func ("/metaimage/detached", test_detached);
  g_test_add_func ("/metaimage/refuse", test_refuse);
  g_test_add_func ("/metaimage/survive-random-damage", test_survive_random_damage);
  status = g_test_run ();
  remove_folder ();
  return status;
}
