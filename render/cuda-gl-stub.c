/* Stands in for cuda-gl.c in a build without the CUDA Toolkit. */
#include "render/cuda-gl.h"

MongeCudaGl *
monge_cuda_gl_new (void)
{
  return NULL;
}

void
monge_cuda_gl_free (MongeCudaGl *cuda)
{
  g_assert (cuda == NULL);
}

MongeCudaGlRoute
monge_cuda_gl_get_route (MongeCudaGl *cuda)
{
  return MONGE_CUDA_GL_ABSENT;
}

gboolean
monge_cuda_gl_is_direct (MongeCudaGl *cuda)
{
  return FALSE;
}

const char *
monge_cuda_gl_get_label (MongeCudaGl *cuda)
{
  return NULL;
}

const char *
monge_cuda_gl_get_sentence (MongeCudaGl *cuda)
{
  return NULL;
}

int
monge_cuda_gl_get_device (MongeCudaGl *cuda)
{
  return -1;
}

gboolean
monge_cuda_gl_copy (MongeCudaGl *cuda,
                    GLuint buffer,
                    MongeCudaResource **resource,
                    const MongeDeviceSpan *span)
{
  return FALSE;
}

void
monge_cuda_gl_release (MongeCudaGl *cuda, MongeCudaResource **resource)
{
  g_assert (*resource == NULL);
}
