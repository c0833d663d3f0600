/* After PKWARE's “.ZIP File Format Specification”, version 6.3.10. */
#include "compute/io/zip.h"

#include <string.h>

#include <zlib.h>

#include "compute/io/file.h"
#include "compute/shape/bytes.h"

#define LOCAL "PK\x03\x04"
#define CENTRAL "PK\x01\x02"
#define END "PK\x05\x06"
#define END_64 "PK\x06\x06"
#define LOCATOR_64 "PK\x06\x07"
#define LOCAL_SIZE 30
#define CENTRAL_SIZE 46
#define END_SIZE 22
#define LOCATOR_SIZE 20
#define END_64_SIZE 56
#define MAX_INFLATION 1032 /* of deflate, by its format */

enum { STORED = 0, DEFLATED = 8 };

static guint64
get (const guint8 *at, guint n_bytes)
{
  guint64 value = 0;

  while (n_bytes-- > 0)
    value = value << 8 | at[n_bytes];
  return value;
}

static gboolean
fail_at (gsize at, const char *what, GError **error)
{
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT, "byte %" G_GSIZE_FORMAT ": %s; copy or save "
               "the archive again", at, what);
  return FALSE;
}

gboolean
monge_zip_matches (const guint8 *data, gsize size)
{
  return size >= END_SIZE && (memcmp (data, LOCAL, 4) == 0 || memcmp (data, END, 4) == 0);
}

static void
entry_clear (gpointer data)
{
  g_free (((MongeZipEntry *) data)->name);
}

GArray *
monge_zip_entries_new (void)
{
  GArray *entries = g_array_new (FALSE, FALSE, sizeof (MongeZipEntry));

  g_array_set_clear_func (entries, entry_clear);
  return entries;
}

/* --- Directory --- */

typedef struct {
  const guint8 *data;
  gsize size;
  guint64 at, length, n; /* of the directory */
} Archive;

/* Behind the end may be a comment of up to 65535 bytes. */
static gboolean
find_end (Archive *archive, gsize *end)
{
  gsize lowest = archive->size > END_SIZE + G_MAXUINT16 ? archive->size - END_SIZE - G_MAXUINT16 : 0;

  for (gsize at = archive->size >= END_SIZE ? archive->size - END_SIZE + 1 : 0; at-- > lowest;)
    if (memcmp (archive->data + at, END, 4) == 0)
      {
        *end = at;
        return TRUE;
      }
  return FALSE;
}

static gboolean
find_directory (Archive *archive, GError **error)
{
  const guint8 *data = archive->data;
  guint64 at_64;
  gsize end;

  if (!find_end (archive, &end))
    return fail_at (archive->size, "the archive has no end, or is no ZIP archive", error);
  archive->n = get (data + end + 10, 2);
  archive->length = get (data + end + 12, 4);
  archive->at = get (data + end + 16, 4);
  if (end >= LOCATOR_SIZE && memcmp (data + end - LOCATOR_SIZE, LOCATOR_64, 4) == 0)
    {
      at_64 = get (data + end - LOCATOR_SIZE + 8, 8);
      if (archive->size < END_64_SIZE || at_64 > archive->size - END_64_SIZE
          || memcmp (data + at_64, END_64, 4) != 0)
        return fail_at (end - LOCATOR_SIZE, "the directory is not where it should be", error);
      archive->n = get (data + at_64 + 32, 8);
      archive->length = get (data + at_64 + 40, 8);
      archive->at = get (data + at_64 + 48, 8);
    }
  if (archive->at > archive->size || archive->length > archive->size - archive->at
      || archive->n > archive->length / CENTRAL_SIZE)
    return fail_at (end, "the directory is larger than the archive", error);
  return TRUE;
}

/* ZIP64 puts what does not fit in 32 bits into an extra field, in this order. */
static void
read_extra (const guint8 *extra, gsize size, guint64 *unpacked, guint64 *packed, guint64 *at)
{
  guint64 *const values[] = { unpacked, packed, at };

  while (size >= 4)
    {
      gsize length = MIN (get (extra + 2, 2), size - 4), k = 4;

      if (get (extra, 2) == 1)
        for (guint i = 0; i < G_N_ELEMENTS (values); i++)
          if (*values[i] == G_MAXUINT32 && k + 8 <= length + 4)
            {
              *values[i] = get (extra + k, 8);
              k += 8;
            }
      extra += length + 4;
      size -= length + 4;
    }
}

/* Behind the local header, whose own lengths count. */
static gboolean
find_bytes (const Archive *archive, guint64 local, guint64 packed, MongeZipEntry *entry,
            GError **error)
{
  const guint8 *at = archive->data + local;
  guint64 start;

  if (archive->size < LOCAL_SIZE || local > archive->size - LOCAL_SIZE || memcmp (at, LOCAL, 4) != 0)
    return fail_at (MIN (local, archive->size), "an entry is not where the directory says", error);
  start = local + LOCAL_SIZE + get (at + 26, 2) + get (at + 28, 2);
  if (start > archive->size || packed > archive->size - start)
    return fail_at (local, "an entry is longer than the archive", error);
  entry->at = (gsize) start;
  entry->packed_size = (gsize) packed;
  return TRUE;
}

/* @length: (out): bytes of this line of the directory. */
static gboolean
read_entry (const Archive *archive, gsize at, gsize left, MongeZipEntry *entry, gsize *length,
            GError **error)
{
  const guint8 *line = archive->data + at;
  guint64 unpacked, packed, local, n_name, n_extra;

  if (left < CENTRAL_SIZE || memcmp (line, CENTRAL, 4) != 0)
    return fail_at (at, "the directory is damaged", error);
  n_name = get (line + 28, 2);
  n_extra = get (line + 30, 2);
  *length = CENTRAL_SIZE + n_name + n_extra + get (line + 32, 2);
  if (*length > left)
    return fail_at (at, "the directory is damaged", error);
  if (get (line + 8, 2) & 1)
    return fail_at (at, "an entry is encrypted, which is not read", error);
  packed = get (line + 20, 4);
  unpacked = get (line + 24, 4);
  local = get (line + 42, 4);
  read_extra (line + CENTRAL_SIZE + n_name, n_extra, &unpacked, &packed, &local);
  entry->method = (guint) get (line + 10, 2);
  entry->crc = (guint32) get (line + 16, 4);
  entry->size = (gsize) unpacked;
  if (!find_bytes (archive, local, packed, entry, error))
    return FALSE;
  if (entry->method == STORED ? unpacked != packed : unpacked / MAX_INFLATION > packed)
    return fail_at (at, "an entry cannot be as large as the directory says", error);
  entry->name = g_utf8_make_valid ((const char *) line + CENTRAL_SIZE, (gssize) n_name);
  return TRUE;
}

GArray *
monge_zip_list (const guint8 *data, gsize size, GError **error)
{
  Archive archive = { .data = data, .size = size };
  g_autoptr (GArray) entries = monge_zip_entries_new ();
  gsize at, length, total = 0;

  if (!find_directory (&archive, error))
    return NULL;
  at = (gsize) archive.at;
  for (guint64 i = 0; i < archive.n; i++, at += length)
    {
      MongeZipEntry entry = { 0 };

      if (!read_entry (&archive, at, (gsize) (archive.at + archive.length) - at, &entry, &length,
                       error))
        return NULL;
      g_array_append_val (entries, entry);
      total += entry.packed_size;
      if (total > size)
        {
          fail_at (at, "the entries overlap", error);
          return NULL;
        }
    }
  return g_steal_pointer (&entries);
}

/* --- Bytes --- */

static GBytes *
read_stored (const guint8 *data, const MongeZipEntry *entry, GError **error)
{
  guint32 crc = 0;

  for (gsize at = 0; at < entry->size; at += G_MAXINT32)
    crc = (guint32) crc32_z (crc, data + entry->at + at, MIN (entry->size - at, G_MAXINT32));
  if (crc == entry->crc)
    return g_bytes_new_static (data + entry->at, entry->size);
  fail_at (entry->at, "the checksum is another than the directory's", error);
  return NULL;
}

/* As a gzip stream, whose end has checksum and size for zlib to compare. */
static GBytes *
read_deflated (const guint8 *data, const MongeZipEntry *entry, MongeTask *task, GError **error)
{
  static const guint8 head[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255 };
  const guint32 tail[2] = { GUINT32_TO_LE (entry->crc), GUINT32_TO_LE ((guint32) entry->size) };
  g_autofree guint8 *stream = monge_bytes_alloc (entry->packed_size + sizeof head + sizeof tail, 1,
                                                 error);

  if (stream == NULL)
    return NULL;
  memcpy (stream, head, sizeof head);
  memcpy (stream + sizeof head, data + entry->at, entry->packed_size);
  memcpy (stream + sizeof head + entry->packed_size, tail, sizeof tail);
  return monge_bytes_inflate (stream, entry->packed_size + sizeof head + sizeof tail, entry->size,
                              entry->size, task, error);
}

GBytes *
monge_zip_read (const guint8 *data, const MongeZipEntry *entry, MongeTask *task, GError **error)
{
  if (entry->method == STORED)
    return read_stored (data, entry, error);
  if (entry->method == DEFLATED)
    return read_deflated (data, entry, task, error);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "byte %" G_GSIZE_FORMAT ": packed by "
               "method %u, which is not read; save the archive stored or deflated",
               entry->at, entry->method);
  return NULL;
}

/* --- Writing --- */

static void
put (GString *out, guint64 value, guint n_bytes)
{
  for (guint k = 0; k < n_bytes; k++, value >>= 8)
    g_string_append_c (out, (char) (value & 255));
}

/* What local headers and lines of the directory share: version, flags (UTF-8), method, 1980-01-01. */
static void
put_common (GString *out, const MongeZipEntry *entry)
{
  put (out, 20, 2);
  put (out, 0x800, 2);
  put (out, STORED, 2);
  put (out, 0, 2);
  put (out, 0x21, 2);
  put (out, entry->crc, 4);
  put (out, entry->size, 4);
  put (out, entry->size, 4);
  put (out, strlen (entry->name), 2);
  put (out, 0, 2);
}

static gboolean
check_small (guint64 size, GError **error)
{
  if (size < G_MAXUINT32)
    return TRUE;
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "more than 4 GB, which is not "
                       "written into one archive; write .ply or .vtk");
  return FALSE;
}

gboolean
monge_zip_append (GString *out, GArray *entries, const char *name, const GString *data,
                  GError **error)
{
  MongeZipEntry entry = { .method = STORED, .at = out->len, .size = data->len,
                          .packed_size = data->len };

  if (!check_small ((guint64) out->len + data->len + G_MAXUINT16, error))
    return FALSE;
  entry.name = g_strndup (name, G_MAXUINT16);
  entry.crc = (guint32) crc32_z (0, (const Bytef *) data->str, data->len);
  g_string_append_len (out, LOCAL, 4);
  put_common (out, &entry);
  g_string_append (out, entry.name);
  g_string_append_len (out, data->str, (gssize) data->len);
  g_array_append_val (entries, entry);
  return TRUE;
}

gboolean
monge_zip_end (GString *out, const GArray *entries, GError **error)
{
  gsize start = out->len, length;

  if (entries->len >= G_MAXUINT16)
    return check_small (G_MAXUINT64, error);
  for (guint i = 0; i < entries->len; i++)
    {
      const MongeZipEntry *entry = &g_array_index (entries, MongeZipEntry, i);

      g_string_append_len (out, CENTRAL, 4);
      put (out, 20, 2);
      put_common (out, entry);
      put (out, 0, 2);
      put (out, 0, 2);
      put (out, 0, 2);
      put (out, 0, 4);
      put (out, entry->at, 4);
      g_string_append (out, entry->name);
    }
  length = out->len - start;
  g_string_append_len (out, END, 4);
  put (out, 0, 4);
  put (out, entries->len, 2);
  put (out, entries->len, 2);
  put (out, length, 4);
  put (out, start, 4);
  put (out, 0, 2);
  return check_small (out->len, error);
}
