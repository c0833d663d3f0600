/* The numbers of VTP files: as text, in base 64, or as bytes; the latter two behind a header that
 * says how many there are, and perhaps zipped in blocks. The headers (Kitware, “VTK XML Formats”):
 *
 *     [bytes]                                                  one, when not zipped
 *     [blocks] [bytes of a block] [bytes of the last, 0: whole] [zipped bytes of each block]
 *
 * In base 64 the header of zipped blocks is encoded on its own, that of others with its data, or by
 * some writers on its own too. */
#include "compute/io/vtp-private.h"

#include <string.h>
#include <zlib.h>

#include "compute/io/base64.h"
#include "compute/shape/bytes.h"

#define CHUNK ((gsize) 3 << 16) /* whole groups of base 64 */
#define VALUES_PER_POLL 65536
#define MAX_INFLATION 1032 /* of deflate, by its format */

static gboolean fail (const VtpFile *file, const VtpArray *array, const guint8 *at, GError **error,
                      const char *format, ...) G_GNUC_PRINTF (5, 6);

static gboolean
fail (const VtpFile *file, const VtpArray *array, const guint8 *at, GError **error,
      const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
               "byte %" G_GSIZE_FORMAT ": the array “%s”: %s",
               (gsize) ((at != NULL ? at : file->file->data) - file->file->data), array->name, text);
  return FALSE;
}

/* Arrays are not read in the order in which they lie: progress does not go back. */
static gboolean
poll (const MongeFile *file, const guint8 *at, GError **error)
{
  if (file->task != NULL
      && (double) (at - file->data) > monge_task_get_progress (file->task) * (double) file->size)
    return monge_file_poll (file, at, error);
  return !monge_task_return_if_cancelled (file->task, error);
}

/* --- Bytes in either encoding --- */

typedef struct {
  const VtpFile *file;
  const VtpArray *array;
  const guint8 *at, *end;
  gboolean is_raw;
} Stream;

static gboolean
stream_open (Stream *stream, const VtpFile *file, const VtpArray *array, GError **error)
{
  const guint8 *end = file->file->data + file->file->size;

  *stream = (Stream){ .file = file, .array = array, .at = array->start, .end = array->end };
  if (array->encoding != VTP_APPENDED)
    return array->start != NULL || fail (file, array, NULL, error, "it is empty; export it again");
  if (file->appended == NULL || array->offset > (gsize) (end - file->appended))
    return fail (file, array, file->appended, error,
                 "truncated: it is %" G_GSIZE_FORMAT " bytes into the appended data, of which there "
                 "are fewer; copy the file again", array->offset);
  stream->at = file->appended + array->offset;
  stream->end = end;
  stream->is_raw = file->is_appended_raw;
  return TRUE;
}

/* How many bytes can still come, at most. */
static gsize
stream_left (const Stream *stream)
{
  gsize left = (gsize) (stream->end - stream->at);

  return stream->is_raw ? left : left / 4 * 3;
}

static gboolean
fail_truncated (const Stream *stream, gsize n, GError **error)
{
  return fail (stream->file, stream->array, stream->at, error,
               "truncated: %" G_GSIZE_FORMAT " bytes are promised, at most %" G_GSIZE_FORMAT
               " are present; copy the file again", n, stream_left (stream));
}

/* The caller has checked @n. */
static gboolean
stream_read (Stream *stream, guint8 *to, gsize n, GError **error)
{
  while (n > 0)
    {
      gsize n_now = MIN (n, CHUNK), used = n_now;

      if (!poll (stream->file->file, stream->at, error))
        return FALSE;
      if (n > stream_left (stream))
        return fail_truncated (stream, n, error);
      if (stream->is_raw)
        memcpy (to, stream->at, n_now);
      else if (!monge_base64_decode ((const char *) stream->at, (gsize) (stream->end - stream->at),
                                     to, n_now, &used, &n_now, error))
        return FALSE;
      if (used == 0 || n_now == 0)
        return fail_truncated (stream, n, error);
      stream->at += used;
      to += n_now;
      n -= n_now;
    }
  return TRUE;
}

static guint64
get_header (const VtpFile *file, const guint8 *headers, gsize i)
{
  guint64 wide;
  guint32 narrow;

  if (file->has_wide_headers)
    {
      monge_bytes_copy (headers + 8 * i, 8, &wide, 8, 8, 1, file->swap);
      return wide;
    }
  monge_bytes_copy (headers + 4 * i, 4, &narrow, 4, 4, 1, file->swap);
  return narrow;
}

/* --- Not zipped --- */

/* @size: (inout): what is expected, G_MAXSIZE: whatever there is. */
static guint8 *
read_plain (Stream *stream, gsize *size, GError **error)
{
  gsize header = stream->file->has_wide_headers ? 8 : 4;
  guint8 bytes[8];
  guint64 promised;
  g_autofree guint8 *values = NULL;
  Stream start = *stream;

  if (header > stream_left (stream))
    return fail_truncated (stream, header, error), NULL;
  if (!stream_read (&start, bytes, header, error))
    return NULL;
  promised = get_header (stream->file, bytes, 0);
  if (*size != G_MAXSIZE && promised != *size)
    return fail (stream->file, stream->array, stream->at, error,
                 "%" G_GUINT64_FORMAT " bytes are promised where %" G_GSIZE_FORMAT " are expected; "
                 "the file is damaged", promised, *size), NULL;
  if (promised > stream_left (stream) - header)
    return fail_truncated (stream, (gsize) promised, error), NULL;
  *size = (gsize) promised;
  values = monge_bytes_alloc (header + *size, 1, error);
  if (values == NULL || !stream_read (stream, values, header + *size, error))
    return NULL;
  memmove (values, values + header, *size);
  return g_steal_pointer (&values);
}

/* --- Zipped --- */

typedef struct {
  guint8 *headers;
  gsize n_blocks, block_size, size, zipped_size;
} Blocks;

static gboolean
fail_blocks (const Stream *stream, GError **error)
{
  return fail (stream->file, stream->array, stream->at, error,
               "the sizes of its blocks do not fit together; the file is damaged, copy it again");
}

/* The sizes in front of the blocks. */
static gboolean
read_blocks (Stream *stream, Blocks *blocks, gsize expected, GError **error)
{
  gsize header = stream->file->has_wide_headers ? 8 : 4;
  Stream start = *stream;
  guint8 first[24];
  guint64 n, size, last;

  if (3 * header > stream_left (stream))
    return fail_truncated (stream, 3 * header, error);
  if (!stream_read (&start, first, 3 * header, error))
    return FALSE;
  n = get_header (stream->file, first, 0);
  size = get_header (stream->file, first, 1);
  last = get_header (stream->file, first, 2);
  if (n > stream_left (stream) / header - 3 || size > G_MAXSIZE / 4 / MAX (n, 1) || last > size)
    return fail_blocks (stream, error);
  blocks->n_blocks = (gsize) n;
  blocks->block_size = (gsize) size;
  blocks->size = (gsize) (n == 0 ? 0 : last == 0 ? n * size : (n - 1) * size + last);
  if (expected != G_MAXSIZE && blocks->size != expected)
    return fail (stream->file, stream->array, stream->at, error,
                 "%" G_GSIZE_FORMAT " bytes are promised where %" G_GSIZE_FORMAT " are expected; "
                 "the file is damaged", blocks->size, expected);
  blocks->headers = monge_bytes_alloc (3 + blocks->n_blocks, header, error);
  return blocks->headers != NULL
         && stream_read (stream, blocks->headers, (3 + blocks->n_blocks) * header, error);
}

static gboolean
add_zipped_sizes (const Stream *stream, Blocks *blocks, GError **error)
{
  gsize left = stream_left (stream);

  for (gsize i = 0; i < blocks->n_blocks; i++)
    {
      guint64 zipped = get_header (stream->file, blocks->headers, 3 + i);
      if (zipped > left - blocks->zipped_size)
        return fail_blocks (stream, error);
      blocks->zipped_size += (gsize) zipped;
    }
  return blocks->size / MAX_INFLATION <= blocks->zipped_size || fail_blocks (stream, error);
}

/* One block, some of it at a time; its checksum must be right. */
static gboolean
inflate_block (const Stream *stream, const guint8 *from, gsize n_from, guint8 *to, gsize n_to,
               GError **error)
{
  z_stream zip = { .next_in = (Bytef *) from, .avail_in = (uInt) n_from };
  gsize done = 0;
  guint8 beyond;
  int status = inflateInit (&zip);

  if (n_from > G_MAXUINT32 || status != Z_OK)
    return fail_blocks (stream, error);
  while (status == Z_OK && done < n_to)
    {
      gsize n = MIN (n_to - done, (gsize) 1 << 20);

      if (monge_task_return_if_cancelled (stream->file->file->task, error))
        break;
      zip.next_out = to + done;
      zip.avail_out = (uInt) n;
      status = inflate (&zip, Z_NO_FLUSH);
      done += n - zip.avail_out;
      if (status == Z_OK && zip.avail_out == n)
        break;
    }
  zip.next_out = &beyond;
  zip.avail_out = 1;
  if (status == Z_OK && done == n_to)
    status = inflate (&zip, Z_FINISH);
  inflateEnd (&zip);
  return (done == n_to && status == Z_STREAM_END)
         || (!monge_task_is_cancelled (stream->file->file->task) && fail_blocks (stream, error));
}

static guint8 *
inflate_blocks (Stream *stream, const Blocks *blocks, const guint8 *zipped, GError **error)
{
  g_autofree guint8 *values = monge_bytes_alloc (blocks->size, 1, error);
  gsize done = 0;

  for (gsize i = 0; values != NULL && i < blocks->n_blocks; i++)
    {
      gsize n = MIN (blocks->block_size, blocks->size - done);
      gsize n_zipped = (gsize) get_header (stream->file, blocks->headers, 3 + i);

      if (!inflate_block (stream, zipped, n_zipped, values + done, n, error))
        return NULL;
      zipped += n_zipped;
      done += n;
    }
  return g_steal_pointer (&values);
}

static guint8 *
read_zipped (Stream *stream, gsize *size, GError **error)
{
  Blocks blocks = { .n_blocks = 0 };
  g_autofree guint8 *zipped = NULL;
  guint8 *values = NULL;

  if (!read_blocks (stream, &blocks, *size, error) || !add_zipped_sizes (stream, &blocks, error))
    {
      g_free (blocks.headers);
      return NULL;
    }
  *size = blocks.size;
  if (stream->is_raw)
    values = inflate_blocks (stream, &blocks, stream->at, error);
  else if ((zipped = monge_bytes_alloc (blocks.zipped_size, 1, error)) != NULL
           && stream_read (stream, zipped, blocks.zipped_size, error))
    values = inflate_blocks (stream, &blocks, zipped, error);
  g_free (blocks.headers);
  return values;
}

/* --- Values --- */

static guint8 *
read_bytes (const VtpFile *file, const VtpArray *array, gsize *size, GError **error)
{
  Stream stream;

  if (!stream_open (&stream, file, array, error))
    return NULL;
  return file->is_zipped ? read_zipped (&stream, size, error) : read_plain (&stream, size, error);
}

static gboolean
read_text_values (const VtpFile *file, const VtpArray *array, guint8 *to, gsize n, GError **error)
{
  gsize size = monge_type_get_size (array->type);
  MongeScan scan = { .start = array->start, .at = array->start, .end = array->end, .line = 1 };

  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *excerpt = NULL;

      if (i % VALUES_PER_POLL == 0 && !poll (file->file, scan.at, error))
        return FALSE;
      if (monge_scan_find_word (&scan) && monge_scan_value (&scan, array->type, to + i * size)
          && monge_scan_is_at_word_end (&scan))
        continue;
      if (scan.at >= scan.end)
        return fail (file, array, scan.at, error,
                     "%" G_GSIZE_FORMAT " numbers are expected, there are %" G_GSIZE_FORMAT
                     "; copy or export the file again", n, i);
      excerpt = monge_scan_dup_excerpt (&scan);
      return fail (file, array, scan.at, error, "“%s” where a number is expected; export the file "
                   "again", excerpt);
    }
  return TRUE;
}

static gpointer
read_ascii (const VtpFile *file, const VtpArray *array, gsize n, GError **error)
{
  g_autofree guint8 *values = NULL;

  if (n > ((gsize) (array->end - array->start) + 1) / 2)
    return fail (file, array, array->start, error,
                 "%" G_GSIZE_FORMAT " numbers are expected, in %" G_GSIZE_FORMAT " bytes; copy or "
                 "export the file again", n, (gsize) (array->end - array->start)), NULL;
  values = monge_bytes_alloc (n, monge_type_get_size (array->type), error);
  return values != NULL && read_text_values (file, array, values, n, error)
           ? g_steal_pointer (&values) : NULL;
}

gpointer
monge_vtp_read_values (const VtpFile *file, const VtpArray *array, gsize n, GError **error)
{
  gsize size = monge_type_get_size (array->type), n_bytes = n * size;
  g_autofree guint8 *values = NULL;

  if (n == 0)
    return g_malloc0 (8);
  if (array->encoding == VTP_ASCII)
    return read_ascii (file, array, n, error);
  if (n > G_MAXSIZE / 16)
    return fail (file, array, NULL, error, "too many values are promised"), NULL;
  values = read_bytes (file, array, &n_bytes, error);
  for (gsize i = 0; values != NULL && file->swap && size > 1 && i < n; i += VALUES_PER_POLL)
    {
      if (monge_task_return_if_cancelled (file->file->task, error))
        return NULL;
      monge_bytes_copy (values + i * size, size, values + i * size, size, size,
                        MIN (n - i, VALUES_PER_POLL), TRUE);
    }
  return g_steal_pointer (&values);
}

/* Texts end in 0; in ascii each byte is a number. */
char *
monge_vtp_read_text (const VtpFile *file, const VtpArray *array, GError **error)
{
  MongeScan scan = { .start = array->start, .at = array->start, .end = array->end, .line = 1 };
  g_autoptr (GString) text = g_string_new (NULL);
  gsize size = G_MAXSIZE;
  g_autofree guint8 *bytes = NULL;
  guint8 byte;

  if (array->encoding != VTP_ASCII)
    {
      bytes = read_bytes (file, array, &size, error);
      return bytes != NULL ? g_utf8_make_valid ((char *) bytes,
                                                (gssize) strnlen ((char *) bytes, size)) : NULL;
    }
  while (monge_scan_find_word (&scan) && monge_scan_value (&scan, MONGE_TYPE_UINT8, &byte)
         && byte != 0)
    g_string_append_c (text, (char) byte);
  return g_utf8_make_valid (text->str, (gssize) text->len);
}
