/* The context: what it is, what it can do, and its errors as GError. */
#pragma once

#include <epoxy/gl.h>
#include <glib.h>

G_BEGIN_DECLS

/* Read once, when the renderer is made. */
typedef struct {
  int version;           /* as epoxy counts: 33, 45 */
  char *description;     /* "OpenGL 4.5, llvmpipe" */
  gboolean is_software;  /* drawn by the CPU */
  gboolean has_labels;   /* KHR_debug */
  float max_point_size;  /* pixels */
  int max_samples;       /* of a colour and depth renderbuffer */
  int max_size;          /* of a renderbuffer and of the viewport, pixels */
} MongeGl;

/* Fails with %MONGE_RENDER_ERROR_CONTEXT below OpenGL 3.3 core, or without a context. */
gboolean monge_gl_init (MongeGl *gl, GError **error);
void monge_gl_clear (MongeGl *gl);

/* What draws, short: "llvmpipe"; transfer full. A context must be current. */
char *monge_gl_dup_renderer (void);
/* Empties the context's error flags; FALSE, naming @what and @code, if there was one. */
gboolean monge_gl_check (const char *what, int code, GError **error);
/* Names an object for debuggers; nothing where the driver has no labels. @kind: %GL_BUFFER, … */
void monge_gl_label (const MongeGl *gl, GLenum kind, GLuint name, const char *label);

G_END_DECLS
