/* A GL buffer that is rewritten whole, and the sink over it: from the host or from a card. */
#pragma once

#include <epoxy/gl.h>
#include <glib.h>

#include "compute/core/sink.h"
#include "render/cuda-gl.h"

G_BEGIN_DECLS

typedef struct {
  GLuint name;
  GLenum usage;      /* GL_STATIC_DRAW or GL_STREAM_DRAW */
  gsize size;        /* bytes of a full frame */
  gboolean is_full;  /* the last frame written was a full one */
  MongeCudaGl *cuda; /* borrowed, or NULL: frames come through the host */
  MongeCudaResource *resource; /* while CUDA knows the buffer, whose memory must stay the same */
} MongeBuffer;

/* Makes the GL object; its memory comes with the first frame. */
void monge_buffer_init (MongeBuffer *buffer, gsize size, GLenum usage);
void monge_buffer_clear (MongeBuffer *buffer);
/* Copies buffer->size bytes. The old memory is orphaned, so that frames still being drawn from it
 * are not waited for. */
void monge_buffer_write (MongeBuffer *buffer, gconstpointer data);
/* Borrows @buffer: it must outlive the sink and not move. Spans on a card are taken if the buffer has
 * a @cuda. */
MongeSink monge_buffer_get_sink (MongeBuffer *buffer);

G_END_DECLS
