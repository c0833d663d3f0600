#include "ui/picture.h"

#include <gdk/gdk.h>

#include "compute/io/io.h"

MongePicture *
monge_picture_new (int width, int height)
{
  MongePicture *picture = g_new0 (MongePicture, 1);

  picture->width = width;
  picture->height = height;
  picture->pixels = g_malloc0_n ((gsize) width * height, 4);
  return picture;
}

void
monge_picture_free (MongePicture *picture)
{
  g_free (picture->pixels);
  g_free (picture);
}

/* Straight alpha under, premultiplied over: out = over + under (1 − a_over), per Porter & Duff. */
static void
blend (guint8 under[4], const guint8 over[4])
{
  static const int channels[] = { 2, 1, 0 }; /* cairo's bytes are B, G, R, A */
  double a = over[3] / 255.0, b = under[3] / 255.0 * (1.0 - a), sum = a + b;

  for (int k = 0; k < 3; k++)
    under[k] = (guint8) CLAMP ((over[channels[k]] + b * under[k]) / sum + 0.5, 0.0, 255.0);
  under[3] = (guint8) (255.0 * sum + 0.5);
}

void
monge_picture_annotate (MongePicture *picture, const MongeOverlay *overlay, double scale)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, picture->width,
                                                         picture->height);
  cairo_t *cr = cairo_create (surface);
  const guint8 *pixels;
  gsize stride;

  cairo_scale (cr, scale, scale);
  monge_overlay_draw (overlay, cr, picture->width / scale, picture->height / scale);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  pixels = cairo_image_surface_get_data (surface);
  stride = (gsize) cairo_image_surface_get_stride (surface);
  for (int y = 0; pixels != NULL && y < picture->height; y++)
    for (int x = 0; x < picture->width; x++)
      if (pixels[y * stride + 4 * (gsize) x + 3] != 0)
        blend (picture->pixels + 4 * ((gsize) y * picture->width + x),
               pixels + y * stride + 4 * (gsize) x);
  cairo_surface_destroy (surface);
}

gboolean
monge_picture_save (MongePicture *picture, const char *path, GError **error)
{
  gsize stride = (gsize) picture->width * 4;
  g_autoptr (GBytes) pixels = g_bytes_new_static (picture->pixels, stride * picture->height);
  g_autoptr (GdkTexture) texture = gdk_memory_texture_new (picture->width, picture->height,
                                                           GDK_MEMORY_R8G8B8A8, pixels, stride);
  g_autoptr (GBytes) png = gdk_texture_save_to_png_bytes (texture);

  return monge_file_save (path, g_bytes_get_data (png, NULL), g_bytes_get_size (png), error);
}

static void
save_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  MongePicture *picture = task_data;
  GError *error = NULL;

  if (monge_picture_save (picture, g_object_get_data (G_OBJECT (task), "path"), &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
monge_picture_save_async (MongePicture *picture, const char *path, GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_task_data (task, picture, (GDestroyNotify) monge_picture_free);
  g_object_set_data_full (G_OBJECT (task), "path", g_strdup (path), g_free);
  g_task_run_in_thread (task, save_thread);
}

gboolean
monge_picture_save_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
