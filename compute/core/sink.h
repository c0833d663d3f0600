/* Where a frame of vertices is written: the only thing render/ knows of compute/. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * MongeSink:
 * @map: returns a span of at least @size writable bytes, or %NULL when none can be had now; the
 *   caller writes it front to back and must not read from it
 * @unmap: ends the writing; @used bytes, at most @size, become visible to the next draw
 * @user_data: passed to both
 *
 * Implemented by render/ over a mapped or orphaned GL buffer. Both calls are made on the thread
 * that owns the buffer (the one with the GL context).
 */
typedef struct {
  gpointer (*map) (gpointer user_data, gsize size);
  void (*unmap) (gpointer user_data, gsize used);
  gpointer user_data;
} MongeSink;

G_END_DECLS
