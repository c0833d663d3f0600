/* Compiled programs on disk: what is there is right or not there. */
#define _GNU_SOURCE
#include "compute/backend/cuda/module-cache.h"
#include "tests/util.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

typedef struct {
  char *folder;
  char *key;
  char *path;
  GBytes *bytes;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = g_strnfill (5000, 'k');
  g_autofree char *name = NULL;

  fixture->folder = g_dir_make_tmp ("monge-cache-XXXXXX", NULL);
  g_assert_nonnull (fixture->folder);
  fixture->key = monge_module_cache_make_key ("a program", 90, 13, 0);
  name = g_strconcat (fixture->key, ".kernel", NULL);
  fixture->path = g_build_filename (fixture->folder, name, NULL);
  fixture->bytes = g_bytes_new (text, 5000);
}

static void
remove_files (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_remove (path);
    }
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  remove_files (fixture->folder);
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->key);
  g_free (fixture->path);
  g_bytes_unref (fixture->bytes);
}

static guint
count_files (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
assert_found (const Fixture *fixture, gboolean found)
{
  g_autoptr (GBytes) bytes = monge_module_cache_load (fixture->folder, fixture->key);

  g_assert_cmpint (bytes != NULL, ==, found);
  if (bytes != NULL)
    g_assert_true (g_bytes_equal (bytes, fixture->bytes));
}

static void
store (const Fixture *fixture)
{
  g_assert_true (monge_module_cache_store (fixture->folder, fixture->key, fixture->bytes));
}

static void
what_is_stored_is_found (Fixture *fixture, gconstpointer data)
{
  assert_found (fixture, FALSE);
  store (fixture);
  assert_found (fixture, TRUE);
  store (fixture);
  assert_found (fixture, TRUE);
  g_assert_cmpuint (count_files (fixture->folder), ==, 1);
}

static void
keys_tell_all_apart (Fixture *fixture, gconstpointer data)
{
  char *keys[] = {
    monge_module_cache_make_key ("a program", 90, 13, 0),
    monge_module_cache_make_key ("a programm", 90, 13, 0),
    monge_module_cache_make_key ("a program", 89, 13, 0),
    monge_module_cache_make_key ("a program", 90, 12, 0),
    monge_module_cache_make_key ("a program", 90, 13, 1),
  };

  g_assert_cmpstr (keys[0], ==, fixture->key);
  for (guint a = 0; a < G_N_ELEMENTS (keys); a++)
    for (guint b = 0; b < a; b++)
      g_assert_cmpstr (keys[a], !=, keys[b]);
  for (guint k = 0; k < G_N_ELEMENTS (keys); k++)
    g_free (keys[k]);
}

static void
every_cut_is_noticed (Fixture *fixture, gconstpointer data)
{
  gsize length;
  g_autofree char *file = NULL;

  store (fixture);
  g_assert_true (g_file_get_contents (fixture->path, &file, &length, NULL));
  for (gsize n = 0; n < length; n += n < 200 ? 1 : 97)
    {
      g_assert_true (g_file_set_contents (fixture->path, file, n, NULL));
      assert_found (fixture, FALSE);
    }
  store (fixture); /* and mended */
  assert_found (fixture, TRUE);
}

static void
every_flipped_byte_is_noticed (Fixture *fixture, gconstpointer data)
{
  gsize length;
  g_autofree char *file = NULL;

  store (fixture);
  g_assert_true (g_file_get_contents (fixture->path, &file, &length, NULL));
  for (gsize n = 0; n < length; n += n < 200 ? 1 : 89)
    {
      file[n] ^= 0x10;
      g_assert_true (g_file_set_contents (fixture->path, file, length, NULL));
      assert_found (fixture, FALSE);
      file[n] ^= 0x10;
    }
  g_assert_true (g_file_set_contents (fixture->path, file, length, NULL));
  assert_found (fixture, TRUE);
}

/* A file under another's name, of an older version, with bytes at its end. */
static void
other_files_are_not_taken (Fixture *fixture, gconstpointer data)
{
  g_autofree char *other = monge_module_cache_make_key ("another", 90, 13, 0);
  g_autofree char *name = g_strconcat (other, ".kernel", NULL);
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
  g_autofree char *file = NULL;
  gsize length;

  store (fixture);
  g_assert_cmpint (g_rename (fixture->path, path), ==, 0);
  g_assert_null (monge_module_cache_load (fixture->folder, other));
  g_assert_true (g_file_get_contents (path, &file, &length, NULL));
  file[7]--;
  g_assert_true (g_file_set_contents (fixture->path, file, length, NULL));
  assert_found (fixture, FALSE);
  file[7]++;
  g_assert_true (g_file_set_contents (fixture->path, file, length - 1, NULL));
  assert_found (fixture, FALSE);
}

/* None of these may be read, or waited for. */
static void
what_is_no_file_is_left_alone (Fixture *fixture, gconstpointer data)
{
  g_assert_cmpint (mkfifo (fixture->path, 0600), ==, 0);
  assert_found (fixture, FALSE);
  g_unlink (fixture->path);
  g_assert_cmpint (symlink ("/dev/zero", fixture->path), ==, 0);
  assert_found (fixture, FALSE);
  g_unlink (fixture->path);
  g_assert_cmpint (g_mkdir (fixture->path, 0700), ==, 0);
  assert_found (fixture, FALSE);
  g_assert_false (monge_module_cache_store (fixture->folder, fixture->key, fixture->bytes));
  g_assert_cmpuint (count_files (fixture->folder), ==, 1);
  g_rmdir (fixture->path);
  g_assert_cmpint (symlink ("/nowhere", fixture->path), ==, 0);
  store (fixture); /* in place of the link */
  assert_found (fixture, TRUE);
}

static void
no_folder_costs_time_alone (Fixture *fixture, gconstpointer data)
{
  g_autofree char *file = g_build_filename (fixture->folder, "file", NULL);
  g_autofree char *below = g_build_filename (file, "kernels", NULL);

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  g_assert_false (monge_module_cache_store (below, fixture->key, fixture->bytes));
  g_assert_null (monge_module_cache_load (below, fixture->key));
  g_assert_false (monge_module_cache_store ("/proc/nowhere", fixture->key, fixture->bytes));
  if (geteuid () != 0) /* whom nothing is forbidden */
    {
      g_assert_cmpint (g_chmod (fixture->folder, 0500), ==, 0);
      g_assert_false (monge_module_cache_store (fixture->folder, fixture->key, fixture->bytes));
      g_chmod (fixture->folder, 0700);
    }
  monge_module_cache_trim (below, 0);
}

static void
set_age (const char *folder, const char *key, gint64 seconds)
{
  g_autofree char *name = g_strconcat (key, ".kernel", NULL);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  const time_t time = g_get_real_time () / G_USEC_PER_SEC - seconds;
  struct utimbuf times = { time, time };

  g_assert_cmpint (utime (path, &times), ==, 0);
}

static void
the_oldest_go_first (Fixture *fixture, gconstpointer data)
{
  char *keys[8];
  g_autofree char *foreign = g_build_filename (fixture->folder, "foreign", NULL);

  g_assert_true (g_file_set_contents (foreign, "mine", 4, NULL));
  for (guint k = 0; k < G_N_ELEMENTS (keys); k++)
    {
      g_autofree char *text = g_strdup_printf ("program %u", k);

      keys[k] = monge_module_cache_make_key (text, 90, 13, 0);
      g_assert_true (monge_module_cache_store (fixture->folder, keys[k], fixture->bytes));
      set_age (fixture->folder, keys[k], 1000 - 10 * k);
    }
  g_bytes_unref (monge_module_cache_load (fixture->folder, keys[0])); /* used: young again */
  monge_module_cache_trim (fixture->folder, 4 * 5200);
  g_assert_cmpuint (count_files (fixture->folder), ==, 5);
  for (guint k = 0; k < G_N_ELEMENTS (keys); k++)
    {
      g_autoptr (GBytes) bytes = monge_module_cache_load (fixture->folder, keys[k]);

      g_assert_cmpint (bytes != NULL, ==, k == 0 || k >= 5);
      g_free (keys[k]);
    }
  g_assert_true (g_file_test (foreign, G_FILE_TEST_EXISTS));
}

static void
what_was_abandoned_goes (Fixture *fixture, gconstpointer data)
{
  g_autofree char *half = g_strconcat (fixture->path, ".part", NULL);
  g_autofree char *fresh = g_strconcat (fixture->path, "2.part", NULL);
  struct utimbuf times = { 1, 1 };

  g_assert_true (g_file_set_contents (half, "half", 4, NULL));
  g_assert_true (g_file_set_contents (fresh, "half", 4, NULL));
  g_assert_cmpint (utime (half, &times), ==, 0);
  monge_module_cache_trim (fixture->folder, 0);
  g_assert_false (g_file_test (half, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (fresh, G_FILE_TEST_EXISTS));
}

/* Two processes store and load the same, over and over: neither ever sees half of it. */
static void
two_processes_at_once (Fixture *fixture, gconstpointer data)
{
  const pid_t child = fork ();
  int status = 0;

  for (guint k = 0; k < 200; k++)
    {
      g_autoptr (GBytes) bytes = NULL;

      if (!monge_module_cache_store (fixture->folder, fixture->key, fixture->bytes))
        status = 1;
      bytes = monge_module_cache_load (fixture->folder, fixture->key);
      if (bytes == NULL || !g_bytes_equal (bytes, fixture->bytes))
        status = 2;
    }
  if (child == 0)
    _exit (status);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpint (child, >, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status) && WEXITSTATUS (status) == 0);
  g_assert_cmpuint (count_files (fixture->folder), ==, 1);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/module-cache/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("what-is-stored-is-found", what_is_stored_is_found);
  ADD ("keys-tell-all-apart", keys_tell_all_apart);
  ADD ("every-cut-is-noticed", every_cut_is_noticed);
  ADD ("every-flipped-byte-is-noticed", every_flipped_byte_is_noticed);
  ADD ("other-files-are-not-taken", other_files_are_not_taken);
  ADD ("what-is-no-file-is-left-alone", what_is_no_file_is_left_alone);
  ADD ("no-folder-costs-time-alone", no_folder_costs_time_alone);
  ADD ("the-oldest-go-first", the_oldest_go_first);
  ADD ("what-was-abandoned-goes", what_was_abandoned_goes);
  ADD ("two-processes-at-once", two_processes_at_once);
  return g_test_run ();
}
