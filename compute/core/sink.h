/* Where a frame of vertices is written: the only thing render/ knows of compute/. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * MongeDeviceSpan:
 * @device: number of the card, as CUDA counts them
 * @data: address in its memory
 * @ready: (nullable): a cudaEvent_t after which @data may be read
 *
 * Finished bytes that lie in the memory of a card. Stay as they are until @ready's card has copied
 * them, which the taker orders before it returns.
 */
typedef struct {
  int device;
  gconstpointer data;
  gsize size;
  gpointer ready;
} MongeDeviceSpan;

/**
 * MongeSink:
 * @map: returns a span of at least @size writable bytes, or %NULL when none can be had now; the
 *   caller writes it front to back and must not read from it
 * @unmap: ends the writing; @used bytes, at most @size, become visible to the next draw
 * @take: (nullable): in place of both, a copy of @span that never meets the host, waited for before
 *   it returns; %FALSE where that cannot be done, and the caller maps
 * @user_data: passed to all
 *
 * Implemented by render/ over a mapped or orphaned GL buffer. All calls are made on the thread that
 * owns the buffer (the one with the GL context).
 */
typedef struct {
  gpointer (*map) (gpointer user_data, gsize size);
  void (*unmap) (gpointer user_data, gsize used);
  gboolean (*take) (gpointer user_data, const MongeDeviceSpan *span);
  gpointer user_data;
} MongeSink;

G_END_DECLS
