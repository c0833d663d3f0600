/* Readers of landmarks and of transforms over their seeds, whole, cut at every length, and damaged at
 * random, the same on every run. Meant to be run with the address sanitizer too. */
#include "compute/core/random.h"
#include "tests/fuzz/any-landmarks.h"
#include "tests/fuzz/any-transform.h"
#include "tests/util.h"

#define N_DAMAGED 300 /* of each seed */

/* Over the bytes of one file. Returns: whether they were what they should be. */
typedef gboolean (*Check) (const guint8 *data, gsize size);

static gboolean
check_landmarks (const guint8 *data, gsize size)
{
  gboolean is_one = FALSE;

  for (const MongeLandmarkFormat *format = monge_landmark_formats; format->name != NULL; format++)
    is_one = any_landmarks_check (format, data, size) || is_one;
  return is_one;
}

static void
damage (GString *bytes, MongeRandom *random)
{
  static const char *const lies[] = {
    "-1", "99999999999", "1e999", "nan", "\"", "\n", ",", "[", "}",
  };
  const char *lie = lies[monge_random_next (random) % G_N_ELEMENTS (lies)];
  gsize at = monge_random_next (random) % (bytes->len + 1);

  switch (monge_random_next (random) % 3)
    {
    case 0:
      if (at < bytes->len)
        bytes->str[at] = (char) monge_random_next (random);
      break;
    case 1:
      g_string_erase (bytes, (gssize) at, (gssize) MIN (bytes->len - at, 3));
      break;
    default:
      g_string_insert (bytes, (gssize) at, lie);
    }
}

static void
check_file (const char *path, Check check, MongeRandom *random)
{
  g_autofree char *text = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &text, &size, NULL));
  check ((const guint8 *) text, size);
  for (gsize cut = 0; cut < size; cut++)
    check ((const guint8 *) text, cut);
  for (guint k = 0; k < N_DAMAGED; k++)
    {
      g_autoptr (GString) bytes = g_string_new_len (text, (gssize) size);

      for (guint64 n = 1 + monge_random_next (random) % 3; n > 0; n--)
        damage (bytes, random);
      check ((const guint8 *) bytes->str, bytes->len);
    }
}

static void
check_folder (const char *name, Check check)
{
  g_autofree char *folder = monge_test_source (name);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  MongeRandom random;
  const char *file;
  guint n = 0;

  g_assert_nonnull (dir);
  monge_random_init (&random, 5);
  while ((file = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, file, NULL);

      check_file (path, check, &random);
      n++;
    }
  g_assert_cmpuint (n, >=, 9);
}

static void
landmarks (void)
{
  check_folder ("tests/fuzz/corpus-landmarks", check_landmarks);
}

static void
transforms (void)
{
  check_folder ("tests/fuzz/corpus-transforms", any_transform_check);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/results-damage/landmarks", landmarks);
  g_test_add_func ("/results-damage/transforms", transforms);
  return g_test_run ();
}
