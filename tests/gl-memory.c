#include "tests/gl-memory.h"

#include <epoxy/gl.h>
#include <glib.h>

static void *
map_buffer (unsigned buffer, size_t *size, void *data)
{
  GLint bytes = 0;
  glBindBuffer (GL_ARRAY_BUFFER, buffer);
  glGetBufferParameteriv (GL_ARRAY_BUFFER, GL_BUFFER_SIZE, &bytes);
  void *memory = glMapBufferRange (GL_ARRAY_BUFFER, 0, bytes, GL_MAP_WRITE_BIT);
  glBindBuffer (GL_ARRAY_BUFFER, 0);
  *size = bytes;
  return memory;
}

static void
unmap_buffer (unsigned buffer, void *data)
{
  glBindBuffer (GL_ARRAY_BUFFER, buffer);
  g_assert_true (glUnmapBuffer (GL_ARRAY_BUFFER));
  glBindBuffer (GL_ARRAY_BUFFER, 0);
}

const HostCardGraphics monge_test_shared_graphics = {
  .n_devices = 1,
  .devices = { 0 },
  .map = map_buffer,
  .unmap = unmap_buffer,
};
