#include "render/target.h"

#include "render/renderer.h"

#include <string.h>

static GLuint
make_renderbuffer (GLenum format, GLenum attachment, int width, int height, int samples)
{
  GLuint name;
  glGenRenderbuffers (1, &name);
  glBindRenderbuffer (GL_RENDERBUFFER, name);
  if (samples > 1)
    glRenderbufferStorageMultisample (GL_RENDERBUFFER, samples, format, width, height);
  else
    glRenderbufferStorage (GL_RENDERBUFFER, format, width, height);
  glFramebufferRenderbuffer (GL_FRAMEBUFFER, attachment, GL_RENDERBUFFER, name);
  return name;
}

static gboolean
check_complete (int width, int height, int samples, GError **error)
{
  g_autoptr (GError) cause = NULL;
  gboolean is_complete = glCheckFramebufferStatus (GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
  if (monge_gl_check ("allocating", MONGE_RENDER_ERROR_TARGET, &cause) && is_complete)
    return TRUE;

  g_set_error (error, MONGE_RENDER_ERROR, MONGE_RENDER_ERROR_TARGET,
               "No memory for a picture of %d × %d pixels with %d samples: make it smaller (%s)",
               width, height, samples, cause ? cause->message : "incomplete framebuffer");
  return FALSE;
}

gboolean
monge_target_resize (MongeTarget *target, const MongeGl *gl, int width, int height, int samples,
                     GError **error)
{
  if (target->framebuffer && target->width == width && target->height == height
      && target->samples == samples)
    return TRUE;

  monge_target_clear (target);
  if (width < 1 || height < 1 || width > gl->max_size || height > gl->max_size)
    {
      g_set_error (error, MONGE_RENDER_ERROR, MONGE_RENDER_ERROR_TARGET,
                   "A picture of %d × %d pixels cannot be drawn: this driver takes 1 to %d a side",
                   width, height, gl->max_size);
      return FALSE;
    }

  glGenFramebuffers (1, &target->framebuffer);
  glBindFramebuffer (GL_FRAMEBUFFER, target->framebuffer);
  target->colour = make_renderbuffer (GL_RGBA8, GL_COLOR_ATTACHMENT0, width, height, samples);
  target->depth = make_renderbuffer (GL_DEPTH_COMPONENT24, GL_DEPTH_ATTACHMENT, width, height,
                                     samples);
  target->width = width;
  target->height = height;
  target->samples = samples;
  if (!check_complete (width, height, samples, error))
    {
      monge_target_clear (target);
      return FALSE;
    }
  monge_gl_label (gl, GL_FRAMEBUFFER, target->framebuffer, samples > 1 ? "samples" : "pixels");
  return TRUE;
}

void
monge_target_clear (MongeTarget *target)
{
  glDeleteFramebuffers (1, &target->framebuffer);
  glDeleteRenderbuffers (1, &target->colour);
  glDeleteRenderbuffers (1, &target->depth);
  memset (target, 0, sizeof *target);
}

static void
blit (GLuint from, GLuint to, int width, int height, GLbitfield what)
{
  glBindFramebuffer (GL_READ_FRAMEBUFFER, from);
  glBindFramebuffer (GL_DRAW_FRAMEBUFFER, to);
  glBlitFramebuffer (0, 0, width, height, 0, 0, width, height, what, GL_NEAREST);
}

void
monge_target_resolve (const MongeTarget *target, GLuint framebuffer)
{
  blit (target->framebuffer, framebuffer, target->width, target->height, GL_COLOR_BUFFER_BIT);
  glBindFramebuffer (GL_FRAMEBUFFER, framebuffer);
}

void
monge_target_copy_depth (const MongeTarget *from, const MongeTarget *to)
{
  blit (from->framebuffer, to->framebuffer, from->width, from->height, GL_DEPTH_BUFFER_BIT);
  glBindFramebuffer (GL_FRAMEBUFFER, to->framebuffer);
}

/* c α → c, rounded; a colour brighter than its alpha comes from rounding */
static void
divide_alpha (guint8 *pixel)
{
  guint alpha = pixel[3];
  if (alpha == 255 || alpha == 0)
    return;
  for (int k = 0; k < 3; k++)
    pixel[k] = MIN (255, (255u * pixel[k] + alpha / 2) / alpha);
}

void
monge_target_read (const MongeTarget *target, guint8 *pixels)
{
  gsize stride = 4 * (gsize) target->width;
  g_autofree guint8 *row = g_malloc (stride);

  glBindFramebuffer (GL_READ_FRAMEBUFFER, target->framebuffer);
  glPixelStorei (GL_PACK_ALIGNMENT, 4);
  glReadPixels (0, 0, target->width, target->height, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
  for (int y = 0; y < target->height / 2; y++)
    {
      guint8 *low = pixels + y * stride, *high = pixels + (target->height - 1 - y) * stride;
      memcpy (row, low, stride);
      memcpy (low, high, stride);
      memcpy (high, row, stride);
    }
  for (gsize i = 0; i < stride * target->height; i += 4)
    divide_alpha (pixels + i);
}
