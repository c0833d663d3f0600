#include "render/buffer.h"

#include <string.h>

void
monge_buffer_init (MongeBuffer *buffer, gsize size, GLenum usage)
{
  *buffer = (MongeBuffer){ .size = size, .usage = usage };
  glGenBuffers (1, &buffer->name);
  /* The name becomes an object when first bound. */
  glBindBuffer (GL_ARRAY_BUFFER, buffer->name);
  glBindBuffer (GL_ARRAY_BUFFER, 0);
}

void
monge_buffer_clear (MongeBuffer *buffer)
{
  monge_cuda_gl_release (buffer->cuda, &buffer->resource);
  glDeleteBuffers (1, &buffer->name);
  memset (buffer, 0, sizeof *buffer);
}

/* New memory, which no registration survives: whoever writes from the host is done with the card,
 * or does so between two runs. Leaves the buffer bound. */
static void
renew (MongeBuffer *buffer, gconstpointer data)
{
  monge_cuda_gl_release (buffer->cuda, &buffer->resource);
  glBindBuffer (GL_ARRAY_BUFFER, buffer->name);
  glBufferData (GL_ARRAY_BUFFER, buffer->size, data, buffer->usage);
}

void
monge_buffer_write (MongeBuffer *buffer, gconstpointer data)
{
  renew (buffer, data);
  glBindBuffer (GL_ARRAY_BUFFER, 0);
  buffer->is_full = TRUE;
}

static gpointer
map (gpointer user_data, gsize size)
{
  MongeBuffer *buffer = user_data;
  if (size == 0 || size > buffer->size)
    return NULL;

  renew (buffer, NULL);
  gpointer span = glMapBufferRange (GL_ARRAY_BUFFER, 0, buffer->size,
                                    GL_MAP_WRITE_BIT | GL_MAP_INVALIDATE_BUFFER_BIT);
  glBindBuffer (GL_ARRAY_BUFFER, 0);
  buffer->is_full = FALSE;
  return span;
}

static void
unmap (gpointer user_data, gsize used)
{
  MongeBuffer *buffer = user_data;
  glBindBuffer (GL_ARRAY_BUFFER, buffer->name);
  /* FALSE: the driver lost the memory meanwhile (a suspended machine, say) */
  gboolean kept = glUnmapBuffer (GL_ARRAY_BUFFER);
  glBindBuffer (GL_ARRAY_BUFFER, 0);
  buffer->is_full = kept && used == buffer->size;
}

static gboolean
take (gpointer user_data, const MongeDeviceSpan *span)
{
  MongeBuffer *buffer = user_data;
  if (span->size == 0 || span->size > buffer->size || !monge_cuda_gl_is_direct (buffer->cuda))
    return FALSE;

  if (!buffer->resource)
    {
      renew (buffer, NULL);
      glBindBuffer (GL_ARRAY_BUFFER, 0);
    }
  gboolean taken = monge_cuda_gl_copy (buffer->cuda, buffer->name, &buffer->resource, span);
  buffer->is_full = taken && span->size == buffer->size;
  return taken;
}

MongeSink
monge_buffer_get_sink (MongeBuffer *buffer)
{
  return (MongeSink){ .map = map,
                      .unmap = unmap,
                      .take = buffer->cuda ? take : NULL,
                      .user_data = buffer };
}
