#include "render/gl.h"

#include "render/renderer.h"

#include <string.h>

G_DEFINE_QUARK (monge-render-error-quark, monge_render_error)

static gboolean
is_software (const char *renderer)
{
  return strstr (renderer, "llvmpipe") || strstr (renderer, "softpipe")
         || strstr (renderer, "swrast") || strstr (renderer, "Software Rasterizer");
}

/* "llvmpipe (LLVM 15.0.6, 256 bits)" → "llvmpipe" */
char *
monge_gl_dup_renderer (void)
{
  const char *renderer = (const char *) glGetString (GL_RENDERER);
  g_return_val_if_fail (renderer != NULL, NULL);

  const char *end = strpbrk (renderer, "(/");
  char *name = end ? g_strndup (renderer, end - renderer) : g_strdup (renderer);
  return g_strstrip (name);
}

static void
read_limits (MongeGl *gl)
{
  GLfloat sizes[2] = { 1.f, 1.f };
  glGetFloatv (GL_POINT_SIZE_RANGE, sizes);
  gl->max_point_size = MAX (sizes[1], 1.f);

  glGetIntegerv (GL_MAX_SAMPLES, &gl->max_samples);
  gl->max_samples = CLAMP (gl->max_samples, 1, 16);

  GLint side = 0, viewport[2] = { 0, 0 };
  glGetIntegerv (GL_MAX_RENDERBUFFER_SIZE, &side);
  glGetIntegerv (GL_MAX_VIEWPORT_DIMS, viewport);
  gl->max_size = MIN (side, MIN (viewport[0], viewport[1]));
}

gboolean
monge_gl_init (MongeGl *gl, GError **error)
{
  memset (gl, 0, sizeof *gl);
  const char *version = (const char *) glGetString (GL_VERSION);
  const char *renderer = (const char *) glGetString (GL_RENDERER);
  if (!version || !renderer)
    {
      g_set_error (error, MONGE_RENDER_ERROR, MONGE_RENDER_ERROR_CONTEXT,
                   "No OpenGL context is current: install or repair the graphics driver");
      return FALSE;
    }
  if (!epoxy_is_desktop_gl () || epoxy_gl_version () < 33)
    {
      g_set_error (error, MONGE_RENDER_ERROR, MONGE_RENDER_ERROR_CONTEXT,
                   "OpenGL 3.3 is needed and this driver offers “%s”: update it, or set "
                   "LIBGL_ALWAYS_SOFTWARE=1 to draw in software", version);
      return FALSE;
    }

  g_autofree char *name = monge_gl_dup_renderer ();
  gl->version = epoxy_gl_version ();
  gl->description = g_strdup_printf ("OpenGL %d.%d, %s", gl->version / 10, gl->version % 10, name);
  gl->is_software = is_software (renderer);
  gl->has_labels = gl->version >= 43 || epoxy_has_gl_extension ("GL_KHR_debug");
  read_limits (gl);
  return monge_gl_check ("reading the limits of the driver", MONGE_RENDER_ERROR_CONTEXT, error);
}

void
monge_gl_clear (MongeGl *gl)
{
  g_clear_pointer (&gl->description, g_free);
}

static const char *
error_name (GLenum code)
{
  switch (code)
    {
    case GL_INVALID_ENUM:
      return "invalid enumerant";
    case GL_INVALID_VALUE:
      return "invalid value";
    case GL_INVALID_OPERATION:
      return "invalid operation";
    case GL_INVALID_FRAMEBUFFER_OPERATION:
      return "incomplete framebuffer";
    case GL_OUT_OF_MEMORY:
      return "out of memory";
    default:
      return "unknown error";
    }
}

gboolean
monge_gl_check (const char *what, int code, GError **error)
{
  GLenum first = glGetError ();
  if (first == GL_NO_ERROR)
    return TRUE;

  for (int i = 0; i < 16 && glGetError () != GL_NO_ERROR; i++)
    ; /* a lost context reports for ever */
  g_set_error (error, MONGE_RENDER_ERROR, code, "OpenGL failed while %s: %s (0x%04x)", what,
               error_name (first), first);
  return FALSE;
}

void
monge_gl_label (const MongeGl *gl, GLenum kind, GLuint name, const char *label)
{
  if (gl->has_labels)
    glObjectLabel (kind, name, -1, label);
}
