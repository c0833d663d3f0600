#include "compute/backend/cuda/module-cache.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

/* A file is a header and the bytes. */
#define MAGIC "MongeKn1"
#define DIGEST 32 /* SHA-256 */
#define KEY 64    /* in hexadecimal */

typedef struct {
  char magic[8];
  char key[KEY];
  guint64 size;
  guint8 digest[DIGEST];
} Header;

G_STATIC_ASSERT (sizeof (Header) == 8 + KEY + 8 + DIGEST);

#define SUFFIX ".kernel"
#define TEMPORARY ".part"
/* Seconds after which what a process left half written is nobody's any more. */
#define ABANDONED 3600

char *
monge_module_cache_get_folder (void)
{
  return g_build_filename (g_get_user_cache_dir (), "monge", "kernels", NULL);
}

char *
monge_module_cache_make_key (const char *text,
                             int architecture,
                             int compiler_major,
                             int compiler_minor)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *head = g_strdup_printf ("monge %s\nsm_%d\nnvrtc %d.%d\n", MONGE_VERSION,
                                           architecture, compiler_major, compiler_minor);

  g_checksum_update (checksum, (const guchar *) head, strlen (head));
  g_checksum_update (checksum, (const guchar *) text, strlen (text));
  return g_strdup (g_checksum_get_string (checksum));
}

static void
compute_digest (gconstpointer data, gsize size, guint8 *digest)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize length = DIGEST;

  g_checksum_update (checksum, data, size);
  g_checksum_get_digest (checksum, digest, &length);
}

static char *
get_path (const char *folder, const char *key)
{
  g_autofree char *name = g_strconcat (key, SUFFIX, NULL);

  return g_build_filename (folder, name, NULL);
}

/* --- Loading ---------------------------------------------------------------------------------- */

static gboolean
read_all (int file, void *to, gsize size)
{
  for (gsize done = 0; done < size;)
    {
      const gssize n = read (file, (char *) to + done, size - done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      done += n;
    }
  return TRUE;
}

/* @size: of the file. */
static GBytes *
read_file (int file, const char *key, guint64 size)
{
  g_autofree char *data = NULL;
  guint8 digest[DIGEST];
  Header header;

  if (size <= sizeof header || size > MONGE_MODULE_CACHE_MAX_SIZE
      || !read_all (file, &header, sizeof header) || memcmp (header.magic, MAGIC, 8) != 0
      || strlen (key) != KEY || memcmp (header.key, key, KEY) != 0
      || GUINT64_FROM_LE (header.size) != size - sizeof header)
    return NULL;
  data = g_malloc0 (size - sizeof header + 1); /* PTX ends in 0 */
  if (!read_all (file, data, size - sizeof header))
    return NULL;
  compute_digest (data, size - sizeof header, digest);
  if (memcmp (digest, header.digest, DIGEST) != 0)
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&data), size - sizeof header);
}

GBytes *
monge_module_cache_load (const char *folder, const char *key)
{
  g_autofree char *path = get_path (folder, key);
  const int file = g_open (path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
  GBytes *bytes = NULL;
  struct stat status;

  if (file < 0)
    return NULL;
  if (fstat (file, &status) == 0 && S_ISREG (status.st_mode))
    bytes = read_file (file, key, (guint64) status.st_size);
  close (file);
  if (bytes != NULL)
    utime (path, NULL); /* the least used goes first */
  return bytes;
}

/* --- Storing ---------------------------------------------------------------------------------- */

static gboolean
write_all (int file, gconstpointer from, gsize size)
{
  for (gsize done = 0; done < size;)
    {
      const gssize n = write (file, (const char *) from + done, size - done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      done += n;
    }
  return TRUE;
}

static gboolean
write_file (int file, const char *key, GBytes *bytes)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (bytes, &size);
  Header header = { .size = GUINT64_TO_LE ((guint64) size) };

  memcpy (header.magic, MAGIC, sizeof header.magic);
  memcpy (header.key, key, KEY);
  compute_digest (data, size, header.digest);
  return write_all (file, &header, sizeof header) && write_all (file, data, size);
}

gboolean
monge_module_cache_store (const char *folder, const char *key, GBytes *bytes)
{
  g_autofree char *path = get_path (folder, key);
  g_autofree char *temporary = g_strdup_printf ("%s%c%s.XXXXXX" TEMPORARY, folder, G_DIR_SEPARATOR,
                                                key);
  gboolean ok;
  int file;

  if (strlen (key) != KEY || g_bytes_get_size (bytes) == 0
      || g_bytes_get_size (bytes) >= MONGE_MODULE_CACHE_MAX_SIZE
      || g_mkdir_with_parents (folder, 0700) != 0)
    return FALSE;
  file = g_mkstemp_full (temporary, O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0)
    return FALSE;
  ok = write_file (file, key, bytes);
  ok = close (file) == 0 && ok;
  ok = ok && g_rename (temporary, path) == 0;
  if (!ok)
    g_unlink (temporary);
  else
    monge_module_cache_trim (folder, MONGE_MODULE_CACHE_MAX_SIZE);
  return ok;
}

/* --- Keeping it small ------------------------------------------------------------------------- */

typedef struct {
  char *path;
  guint64 size;
  gint64 time;
} Entry;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->path);
  g_free (entry);
}

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  const Entry *first = *(Entry *const *) a, *second = *(Entry *const *) b;

  if (first->time != second->time)
    return first->time < second->time ? -1 : 1;
  return strcmp (first->path, second->path);
}

/* Our files alone; what is half written counts too, and goes when it is old. */
static GPtrArray *
list_entries (const char *folder)
{
  GPtrArray *entries = g_ptr_array_new_with_free_func (entry_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      const gboolean is_temporary = g_str_has_suffix (name, TEMPORARY);
      g_autofree char *path = g_build_filename (folder, name, NULL);
      struct stat status;

      if ((!is_temporary && !g_str_has_suffix (name, SUFFIX)) || lstat (path, &status) != 0
          || !S_ISREG (status.st_mode))
        continue;
      if (is_temporary && now - status.st_mtime > ABANDONED)
        {
          g_unlink (path);
        }
      else if (!is_temporary)
        {
          Entry *entry = g_new (Entry, 1);

          *entry = (Entry){ g_steal_pointer (&path), (guint64) status.st_size, status.st_mtime };
          g_ptr_array_add (entries, entry);
        }
    }
  g_ptr_array_sort (entries, compare_times);
  return entries;
}

void
monge_module_cache_trim (const char *folder, guint64 max_size)
{
  g_autoptr (GPtrArray) entries = list_entries (folder);
  guint64 size = 0;

  for (guint k = 0; k < entries->len; k++)
    size += ((Entry *) entries->pdata[k])->size;
  for (guint k = 0; k < entries->len && size > max_size; k++)
    {
      const Entry *entry = entries->pdata[k];

      if (g_unlink (entry->path) == 0)
        size -= entry->size;
    }
}
