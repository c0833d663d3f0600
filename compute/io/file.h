/* The bytes of a file on their way to a reader. */
#pragma once

#include "compute/core/task.h"
#include "compute/shape/shape.h"

G_BEGIN_DECLS

/**
 * MongeFile:
 * @data, @size: the bytes, unzipped; borrowed, they need not end in NUL
 * @name: what the shape is to be called; borrowed
 * @path: (nullable): where they come from, for what lies beside it and never for reading them again;
 *   NULL when they come from memory
 * @task: (nullable): polled by readers at least every 10 ms of work, and told how far they are
 * @repairs: vertices that are not finite are dropped instead of being an error
 *
 * What a reader is given. Plain data, lives as long as the call.
 */
typedef struct {
  const guint8 *data;
  gsize size;
  const char *name;
  const char *path;
  MongeTask *task;
  gboolean repairs;
} MongeFile;

/* The bytes of the file, mapped where that is possible, unzipped if they are a gzip stream. Errors
 * name no path. Unzipping ends with %MONGE_ERROR_SIZE where memory does, with the byte where the
 * stream is damaged, and can be cancelled. */
GBytes *monge_file_load (const char *path, MongeTask *task, GError **error);
/* Unzips a gzip or zlib stream from memory. @size_hint: what the result is expected to be, 0:
 * unknown; @max_size: more is %MONGE_ERROR_SIZE. */
GBytes *monge_bytes_inflate (const guint8 *data, gsize size, gsize size_hint, gsize max_size,
                             MongeTask *task, GError **error);
/* As a gzip stream. */
GBytes *monge_bytes_deflate (const void *data, gsize size);

/* Tells the task that everything before @at has been read. Returns %FALSE with
 * %MONGE_ERROR_CANCELLED if it was asked to stop. */
gboolean monge_file_poll (const MongeFile *file, const guint8 *at, GError **error);

/* A builder named as the file is, that repairs if @file asks for it. */
MongeShapeBuilder *monge_file_begin_shape (const MongeFile *file, guint dim);

/* The file's name without folder and extensions, .gz too, as text. Transfer full. */
char *monge_path_dup_shape_name (const char *path);

G_END_DECLS
