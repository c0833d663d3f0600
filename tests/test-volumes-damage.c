/* Headers of volumes that promise more than there is, and messages about bytes that are no text. */
#include "compute/io/volumes-private.h"
#include "compute/shape/bytes.h"
#include "tests/label-volume.h"
#include "tests/util.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define ROOM ((gsize) 32 << 20) /* bytes that reading a lie may take */
#define SECONDS_PER_LIE 0.5

static const guint8 cube[8] = { 1, 0, 0, 0, 0, 0, 0, 7 };

/* --- Sizes --- */

/* Fails at once, and says that the file is damaged or too large. */
static void
check_lie (const char *format, const char *text, const void *bytes, gsize n)
{
  g_autoptr (GError) error = NULL;
  clock_t start = clock ();

  g_assert_null (monge_test_parse_volume (format, text, bytes, n, &error));
  g_assert_true (error->domain == MONGE_ERROR);
  if (error->code != MONGE_ERROR_FORMAT && error->code != MONGE_ERROR_SIZE)
    g_error ("%s: %s", text, error->message);
  g_assert_cmpfloat ((double) (clock () - start) / CLOCKS_PER_SEC, <, SECONDS_PER_LIE);
}

static void
check_nrrd_lies (void)
{
  static const char *const sizes[] = {
    "dimension: 3\nsizes: 16384 8192 8192\n",            /* 2^40 */
    "dimension: 3\nsizes: 4294967296 65536 65536\n",     /* 2^64 */
    "dimension: 4\nsizes: 1048576 128 128 64\n",
    "dimension: 3\nsizes: 1024 1024 2047\n",             /* as many as there may be */
    "dimension: 4\nsizes: 7 1024 1024 256\nkinds: list domain domain domain\n",
  };
  static const char *const encodings[] = { "raw", "gzip", "ascii", "hex" };
  g_autoptr (GBytes) zipped = monge_bytes_deflate (cube, sizeof cube);

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (encodings); k++)
      for (int skips = 0; skips < 2; skips++)
        {
          g_autofree char *text
              = g_strconcat ("NRRD0004\ntype: double\nendian: little\nencoding: ", encodings[k], "\n",
                             sizes[i], skips ? "byte skip: -1\n" : "", "\n", NULL);

          check_lie ("NRRD", text, k == 1 ? g_bytes_get_data (zipped, NULL) : cube,
                     k == 1 ? g_bytes_get_size (zipped) : sizeof cube);
        }
}

static void
check_metaimage_lies (void)
{
  static const char *const sizes[] = { "NDims = 3\nDimSize = 16384 8192 8192\n",
                                       "NDims = 3\nDimSize = 2147483648 2147483648 2147483648\n",
                                       "NDims = 4\nDimSize = 1048576 128 128 64\n",
                                       "NDims = 3\nDimSize = 1024 1024 2047\n" };
  static const char *const codings[] = { "", "BinaryData = False\n", "CompressedData = True\n" };
  g_autoptr (GBytes) zipped = monge_bytes_deflate (cube, sizeof cube);

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (codings); k++)
      {
        g_autofree char *text = g_strconcat (sizes[i], codings[k], "ElementType = MET_DOUBLE\n"
                                             "ElementDataFile = LOCAL\n", NULL);

        check_lie ("MetaImage", text, k == 2 ? g_bytes_get_data (zipped, NULL) : cube,
                   k == 2 ? g_bytes_get_size (zipped) : sizeof cube);
      }
}

/* Of doubles, of version 1. */
static void
check_nifti_lies (void)
{
  static const gint16 dims[][5] = { { 3, 16384, 8192, 8192 },
                                    { 4, 32767, 32767, 32767, 32767 },
                                    { 3, 1024, 1024, 2047 },
                                    { 4, 1024, 1024, 1, 2047 } };

  for (gsize i = 0; i < G_N_ELEMENTS (dims); i++)
    {
      guint8 bytes[360] = { 0 };
      const gint32 length = 348;
      const gint16 type[2] = { 64, 64 };
      const float offset = 352.0f;

      memcpy (bytes, &length, sizeof length);
      memcpy (bytes + 40, dims[i], sizeof dims[i]);
      memcpy (bytes + 70, type, sizeof type);
      memcpy (bytes + 108, &offset, sizeof offset);
      memcpy (bytes + 344, "n+1", 4);
      check_lie ("NIfTI", "", bytes, sizeof bytes);
    }
}

static void
check_nifti_2_lies (void)
{
  static const gint64 dims[][4] = { { 3, (gint64) 1 << 40, 1, 1 },
                                    { 3, (gint64) 1 << 32, (gint64) 1 << 31, 2 },
                                    { 3, G_MAXINT64, G_MAXINT64, G_MAXINT64 },
                                    { 3, 1024, 1024, 2047 } };

  for (gsize i = 0; i < G_N_ELEMENTS (dims); i++)
    {
      guint8 bytes[552] = { 0 };
      const gint32 length = 540;
      const gint16 type[2] = { 64, 64 };
      const gint64 offset = 544;

      memcpy (bytes, &length, sizeof length);
      memcpy (bytes + 4, "n+2\0\r\n\032\n", 8);
      memcpy (bytes + 12, type, sizeof type);
      memcpy (bytes + 16, dims[i], sizeof dims[i]);
      memcpy (bytes + 168, &offset, sizeof offset);
      check_lie ("NIfTI", "", bytes, sizeof bytes);
    }
}

/* How much address space there is in use, in bytes; 0 where that is not known. */
static guint64
get_address_space (void)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
    return 0;
  return g_ascii_strtoull (text, NULL, 10) * (guint64) sysconf (_SC_PAGESIZE);
}

/* Allocations fail beyond ROOM more than there is; the address sanitizer keeps terabytes, which
 * cannot be told apart, and then only time counts. */
static void
limit_memory (void)
{
  guint64 used = get_address_space ();
  struct rlimit limit = { .rlim_cur = used + ROOM, .rlim_max = used + ROOM };

  if (used > 0 && used < (guint64) 1 << 36)
    {
      g_assert_cmpint (setrlimit (RLIMIT_AS, &limit), ==, 0);
      g_assert_null (g_try_malloc (2 * ROOM));
    }
  else
    g_test_message ("memory is not limited");
}

static void
test_lying_sizes_cost_nothing (void)
{
  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, 0);
      g_test_trap_assert_passed ();
      return;
    }
  limit_memory ();
  check_nrrd_lies ();
  check_metaimage_lies ();
  check_nifti_lies ();
  check_nifti_2_lies ();
}

/* --- Messages --- */

/* What a message quotes of a file is cut at so many bytes, here within a character, or is not text
 * from the beginning. */
static void
test_messages_are_text (void)
{
  static const char *const words[] = { "ä", "€", "\xf0\x9f\x98\x80", "\xff", "\xc3", "\xed\xa0\x80" };
  static const char *const texts[][2] = {
    { "MetaImage", "ObjectType = Image\n%s\n" },
    { "MetaImage", "NDims = 3\nDimSize = %s\n" },
    { "MetaImage", "NDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nElementDataFile = %s\n" },
    { "NRRD", "NRRD0004\n%s\n\n" },
    { "NRRD", "NRRD0004\ntype: %s\n\n" },
    { "NRRD", "NRRD0004\nsizes: %s\n\n" },
    { "NRRD", "NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 2\nencoding: raw\ndata file: %s\n\n" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (words); k++)
      for (gsize n = 0; n < 70; n++)
        {
          g_autofree char *start = g_strnfill (n, 'x');
          g_auto (GStrv) parts = g_strsplit (texts[i][1], "%s", 2);
          g_autofree char *text = g_strconcat (parts[0], start, words[k], words[k], words[k],
                                               parts[1], NULL);
          g_autoptr (GError) error = NULL;

          g_assert_null (monge_test_parse_volume (texts[i][0], text, cube, sizeof cube, &error));
          g_assert_true (error->domain == MONGE_ERROR);
          g_assert_true (g_utf8_validate (error->message, -1, NULL));
        }
}

/* Nor need the name of a file be text, which that of its other half is made of. */
static void
test_messages_on_names_are_text (void)
{
  guint8 bytes[352] = { 0 };
  const gint32 length = 348;
  const gint16 dim[4] = { 3, 2, 2, 2 }, type = 2;
  const MongeFile file = { .data = bytes,
                           .size = sizeof bytes,
                           .name = "made",
                           .path = "/nowhere/\xff\xc3.hdr" };
  GError *error = NULL;

  memcpy (bytes, &length, sizeof length);
  memcpy (bytes + 40, dim, sizeof dim);
  memcpy (bytes + 70, &type, sizeof type);
  memcpy (bytes + 344, "ni1", 4);
  g_assert_null (monge_nifti_parse (&file, &error));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_IO, ".img");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/volumes-damage/lying-sizes-cost-nothing", test_lying_sizes_cost_nothing);
  g_test_add_func ("/volumes-damage/messages-are-text", test_messages_are_text);
  g_test_add_func ("/volumes-damage/messages-on-names-are-text", test_messages_on_names_are_text);
  return g_test_run ();
}
