#include "compute/io/file.h"

#include <string.h>
#include <zlib.h>

#include "compute/shape/shape-private.h"

#define CHUNK ((gsize) 1 << 20)
#define MAX_INFLATION 1032 /* of deflate, by its format */

/* --- Unzipping --- */

typedef struct {
  z_stream stream;
  guint8 *out;
  gsize size, capacity;
} Inflater;

static void
inflater_clear (Inflater *inflater)
{
  inflateEnd (&inflater->stream);
  g_free (inflater->out);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Inflater, inflater_clear)

static gboolean
make_room (Inflater *inflater, gsize max_size, GError **error)
{
  gsize capacity = MIN (MAX (2 * inflater->capacity, CHUNK), max_size + 1);
  gpointer grown;

  if (inflater->size < inflater->capacity)
    return TRUE;
  grown = inflater->size > max_size ? NULL : g_try_realloc (inflater->out, capacity);
  if (grown == NULL)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "more than %" G_GSIZE_FORMAT " bytes when unzipped, which is more than there is "
                   "room for; close other programs or use a smaller file", inflater->size);
      return FALSE;
    }
  inflater->out = grown;
  inflater->capacity = capacity;
  return TRUE;
}

static gboolean
fail_damaged (const Inflater *inflater, gsize at, GError **error)
{
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
               "byte %" G_GSIZE_FORMAT " of the zipped data: %s; copy or download the file again",
               at, inflater->stream.msg != NULL ? inflater->stream.msg : "it ends too early");
  return FALSE;
}

/* gzip streams may follow one another; what follows the last and is none is ignored, as gunzip
 * does. */
static gboolean
inflate_all (Inflater *inflater, const guint8 *data, gsize size, gsize max_size, MongeTask *task,
             GError **error)
{
  z_stream *stream = &inflater->stream;
  gsize at = 0;
  int status = Z_OK;

  while (status != Z_STREAM_END)
    {
      gsize n_in = MIN (size - at, CHUNK), n_out;

      if (monge_task_return_if_cancelled (task, error) || !make_room (inflater, max_size, error))
        return FALSE;
      n_out = MIN (inflater->capacity - inflater->size, CHUNK);
      stream->next_in = (Bytef *) (data + at);
      stream->avail_in = (uInt) n_in;
      stream->next_out = inflater->out + inflater->size;
      stream->avail_out = (uInt) n_out;
      status = inflate (stream, Z_NO_FLUSH);
      at += n_in - stream->avail_in;
      inflater->size += n_out - stream->avail_out;
      if ((status != Z_OK && status != Z_STREAM_END)
          || (status == Z_OK && stream->avail_out == n_out && stream->avail_in == n_in))
        return fail_damaged (inflater, at, error);
      if (status == Z_STREAM_END && size - at > 2 && data[at] == 0x1f && data[at + 1] == 0x8b)
        status = inflateReset (stream);
      monge_task_set_progress (task, (double) at / (double) size);
    }
  return TRUE;
}

GBytes *
monge_bytes_inflate (const guint8 *data, gsize size, gsize size_hint, gsize max_size,
                     MongeTask *task, GError **error)
{
  g_auto (Inflater) inflater = { .size = 0 };
  gsize most = size < G_MAXSIZE / MAX_INFLATION ? MAX_INFLATION * size : G_MAXSIZE - 1, n;

  g_return_val_if_fail (data != NULL || size == 0, NULL);
  max_size = MIN (max_size, most);
  inflater.capacity = MIN (MIN (size_hint, max_size) + 1, G_MAXSIZE - 1);
  inflater.out = g_try_malloc (inflater.capacity);
  if (inflater.out == NULL)
    inflater.capacity = 0;
  if (inflateInit2 (&inflater.stream, 15 + 32) != Z_OK) /* either header */
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_SIZE, "no memory is left to unzip with");
      return NULL;
    }
  if (!inflate_all (&inflater, data, size, max_size, task, error))
    return NULL;
  n = inflater.size;
  if (inflater.capacity > n + n / 8 + CHUNK)
    inflater.out = g_realloc (inflater.out, MAX (n, 1));
  return g_bytes_new_take (g_steal_pointer (&inflater.out), n);
}

GBytes *
monge_bytes_deflate (const void *data, gsize size)
{
  z_stream stream = { 0 };
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autofree guint8 *chunk = g_malloc (CHUNK);
  const guint8 *at = data;
  int status = Z_OK;

  if (deflateInit2 (&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY)
      != Z_OK)
    g_error ("no memory is left to zip with");
  while (status != Z_STREAM_END)
    {
      gsize n_in = MIN (size, CHUNK);

      if (stream.avail_in == 0)
        {
          stream.next_in = (Bytef *) at;
          stream.avail_in = (uInt) n_in;
          at += n_in;
          size -= n_in;
        }
      stream.next_out = chunk;
      stream.avail_out = CHUNK;
      status = deflate (&stream, size == 0 ? Z_FINISH : Z_NO_FLUSH);
      g_byte_array_append (out, chunk, (guint) (CHUNK - stream.avail_out));
    }
  deflateEnd (&stream);
  return g_byte_array_free_to_bytes (g_steal_pointer (&out));
}

/* --- Files --- */

/* Pipes cannot be mapped, nor can folders; the second way serves the first and says so of the
 * second. */
static GBytes *
load_as_it_is (const char *path, GError **error)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, NULL);
  g_autoptr (GError) local = NULL;
  char *contents;
  gsize size;

  if (file != NULL)
    return g_mapped_file_get_bytes (file);
  if (g_file_get_contents (path, &contents, &size, &local))
    return g_bytes_new_take (contents, size);
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_IO, local->message);
  return NULL;
}

/* The last four bytes of a gzip stream say how long it was, modulo 2^32. */
static gsize
get_size_hint (const guint8 *data, gsize size)
{
  return size < 18 ? 0
                   : (gsize) data[size - 4] | (gsize) data[size - 3] << 8
                       | (gsize) data[size - 2] << 16 | (gsize) data[size - 1] << 24;
}

GBytes *
monge_file_load (const char *path, MongeTask *task, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  const guint8 *data;
  gsize size;

  g_return_val_if_fail (path != NULL, NULL);
  bytes = load_as_it_is (path, error);
  if (bytes == NULL)
    return NULL;
  data = g_bytes_get_data (bytes, &size);
  if (size < 2 || data[0] != 0x1f || data[1] != 0x8b)
    return g_steal_pointer (&bytes);
  return monge_bytes_inflate (data, size, get_size_hint (data, size), G_MAXSIZE - 1, task, error);
}

gboolean
monge_file_poll (const MongeFile *file, const guint8 *at, GError **error)
{
  if (monge_task_return_if_cancelled (file->task, error))
    return FALSE;
  monge_task_set_progress (file->task, (double) (at - file->data) / (double) MAX (file->size, 1));
  return TRUE;
}

MongeShapeBuilder *
monge_file_begin_shape (const MongeFile *file, guint dim)
{
  MongeShapeBuilder *builder = monge_shape_builder_new (file->name, dim);

  monge_shape_builder_set_drops_bad_vertices (builder, file->repairs);
  monge_shape_builder_set_task (builder, file->task);
  return builder;
}

static void
drop_extension (char *base)
{
  char *dot = strrchr (base, '.');

  if (dot != NULL && dot != base)
    *dot = '\0';
}

char *
monge_path_dup_shape_name (const char *path)
{
  g_autofree char *base = g_path_get_basename (path);

  if (g_str_has_suffix (base, ".gz"))
    drop_extension (base);
  drop_extension (base);
  return g_filename_display_name (base);
}
