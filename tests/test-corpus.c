/* The files that fuzzing starts from and what it found, through every reader of shapes, of values,
 * of volumes and of tables of labels: as they are, cut anywhere, and changed at random. The same
 * damage on every run. */
#include "compute/core/random.h"
#include "tests/fuzz/any-bytes.h"
#include "tests/fuzz/any-values.h"
#include "tests/fuzz/any-volume.h"

#include "tests/util.h"

#define CHANGES_PER_FILE 100

/* tests/fuzz/corpus-NAME, lower case; NULL: there is none. Transfer full. */
static char *
find_folder (const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name, -1);
  g_autofree char *part = g_strdup_printf ("%s/tests/fuzz/corpus-%s", MONGE_TEST_SOURCE_ROOT, lower);

  return g_file_test (part, G_FILE_TEST_IS_DIR) ? g_steal_pointer (&part) : NULL;
}

/* Of GBytes. */
static GPtrArray *
load_files (const char *folder)
{
  GPtrArray *files = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      char *contents;
      gsize size;

      g_assert_true (g_file_get_contents (path, &contents, &size, NULL));
      g_ptr_array_add (files, g_bytes_new_take (contents, size));
    }
  g_assert_cmpuint (files->len, >, 0);
  return files;
}

static guint
check_shape (gconstpointer format, const guint8 *data, gsize size)
{
  return any_bytes_check (format, data, size);
}

static guint
check_values (gconstpointer format, const guint8 *data, gsize size)
{
  return any_values_check (format, data, size);
}

static guint
check_volume (gconstpointer format, const guint8 *data, gsize size)
{
  return any_volume_check (format, data, size);
}

static guint
check_label_table (gconstpointer format G_GNUC_UNUSED, const guint8 *data, gsize size)
{
  return any_volume_check_label_table (data, size);
}

typedef struct {
  gconstpointer format;
  guint (*check) (gconstpointer format, const guint8 *data, gsize size);
  char *folder;
} Case;

static void
case_free (gpointer data)
{
  g_free (((Case *) data)->folder);
  g_free (data);
}

static void
test_as_they_are (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (GPtrArray) files = load_files (test->folder);
  guint n_good = 0;

  for (guint i = 0; i < files->len; i++)
    {
      gsize size;
      const guint8 *bytes = g_bytes_get_data (g_ptr_array_index (files, i), &size);

      n_good += test->check (test->format, bytes, size);
    }
  g_test_message ("%u of %u were taken", n_good, files->len);
  g_assert_cmpuint (n_good, >, 0);
}

static void
test_cut_anywhere (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (GPtrArray) files = load_files (test->folder);

  for (guint i = 0; i < files->len; i++)
    {
      gsize size;
      const guint8 *bytes = g_bytes_get_data (g_ptr_array_index (files, i), &size);

      for (gsize n = 0; n < size; n += 1 + size / 1000)
        test->check (test->format, bytes, n);
    }
}

static void
test_changed_at_random (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (GPtrArray) files = load_files (test->folder);
  MongeRandom random;

  monge_random_init (&random, 1);
  for (guint i = 0; i < CHANGES_PER_FILE * files->len; i++)
    {
      gsize size;
      const guint8 *bytes = g_bytes_get_data (g_ptr_array_index (files, i % files->len), &size);
      g_autofree guint8 *changed = g_memdup2 (bytes, size);

      for (guint64 n = 1 + monge_random_next (&random) % 4; n > 0 && size > 0; n--)
        changed[monge_random_next (&random) % size]
          = monge_random_next (&random) % 3 == 0 ? 0xff : (guint8) monge_random_next (&random);
      test->check (test->format, changed, size);
    }
}

static void
add (const char *kind, const char *name, gconstpointer format,
     guint (*check) (gconstpointer, const guint8 *, gsize))
{
  static const struct {
    const char *name;
    void (*run) (gconstpointer);
  } tests[] = { { "as_they_are", test_as_they_are }, { "cut_anywhere", test_cut_anywhere },
                { "changed_at_random", test_changed_at_random } };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strdup_printf ("/corpus/%s/%s/%s", kind, name, tests[i].name);
      g_autofree char *folder = find_folder (name);
      Case *test;

      if (folder == NULL)
        return;
      test = g_new (Case, 1);
      *test = (Case){ .format = format, .check = check, .folder = g_steal_pointer (&folder) };
      g_test_add_data_func_full (path, test, tests[i].run, case_free);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (const MongeFormat *format = monge_formats; format->name != NULL; format++)
    add ("shapes", format->name, format, check_shape);
  for (const MongeValueFormat *format = monge_value_formats; format->name != NULL; format++)
    add ("values", format->name, format, check_values);
  for (const MongeVolumeFormat *format = monge_volume_formats; format->name != NULL; format++)
    add ("volumes", format->name, format, check_volume);
  add ("tables", "labels", NULL, check_label_table);
  return g_test_run ();
}
