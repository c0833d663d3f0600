/* A picture in memory on its way to a PNG file. Needs no display. */
#pragma once

#include <gio/gio.h>

#include "ui/overlay.h"

G_BEGIN_DECLS

/**
 * MongePicture:
 *
 * (height × width × 4) sRGB with straight alpha, top row first, as
 * monge_renderer_draw_to_pixels() writes it.
 */
typedef struct {
  int width, height;
  guint8 *pixels;
} MongePicture;

MongePicture *monge_picture_new (int width, int height);
void monge_picture_free (MongePicture *picture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongePicture, monge_picture_free)

/* Draws @overlay over the whole picture, @scale times as large as on the screen. */
void monge_picture_annotate (MongePicture *picture, const MongeOverlay *overlay, double scale);
/* Encodes and writes; @path is whole or untouched. Any thread; 4K takes about half a second. */
gboolean monge_picture_save (MongePicture *picture, const char *path, GError **error);
/* The same on a thread of its own. @picture: (transfer full) */
void monge_picture_save_async (MongePicture *picture, const char *path,
                               GAsyncReadyCallback callback, gpointer user_data);
gboolean monge_picture_save_finish (GAsyncResult *result, GError **error);

G_END_DECLS
