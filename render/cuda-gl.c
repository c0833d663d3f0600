/* The vertex buffers live in the memory of the card that draws. If that card also computes, a frame
 * is copied there within it: the buffer is registered with CUDA once, and mapped around each copy.
 * OpenGL waits for the unmapping, CUDA for what OpenGL still draws. */

#include "render/cuda-gl.h"

#include <cuda_gl_interop.h>
#include <cuda_runtime_api.h>

#include "render/gl.h"

#define MAX_DEVICES 16
#define TRIAL_SIZE 256 /* bytes */

struct _MongeCudaGl {
  GThread *thread; /* has the GL context */
  MongeCudaGlRoute route;
  char *sentence;
  int devices[MAX_DEVICES]; /* cards that draw in this context, and */
  guint n_devices;          /* how many there are */
  int device;               /* the one of them that buffers are registered for */
  cudaStream_t stream;      /* of that; NULL before the first copy */
  guint n_registered;
};

static gboolean
succeeds (cudaError_t code)
{
  if (code != cudaSuccess)
    cudaGetLastError (); /* else the next call to look would find it again */
  return code == cudaSuccess;
}

static void
set_route (MongeCudaGl *cuda, MongeCudaGlRoute route, char *sentence)
{
  g_free (cuda->sentence);
  cuda->route = route;
  cuda->sentence = sentence;
}

G_GNUC_PRINTF (2, 3) static void
set_pinned (MongeCudaGl *cuda, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *reason = g_strdup_vprintf (format, args);
  va_end (args);
  set_route (cuda, MONGE_CUDA_GL_PINNED,
             g_strdup_printf ("Frames go through pinned memory: %s", reason));
}

/* FALSE when there is nothing to share with. */
static gboolean
find_driver (MongeCudaGl *cuda)
{
  int n_devices = 0; /* stays as it is without a driver */
  cudaError_t code = cudaGetDeviceCount (&n_devices);
  if (succeeds (code) && n_devices > 0)
    return TRUE;

  const char *reason = code == cudaErrorInsufficientDriver ? "no driver"
                       : code == cudaSuccess || code == cudaErrorNoDevice ? "no card"
                                                                          : cudaGetErrorString (code);
  set_route (cuda, MONGE_CUDA_GL_ABSENT, g_strdup_printf ("CUDA: %s", reason));
  return FALSE;
}

/* Other drivers' contexts, software among them, make this fail or find none. */
static gboolean
find_drawing_devices (MongeCudaGl *cuda)
{
  unsigned int n_devices = 0;
  cudaError_t code = cudaGLGetDevices (&n_devices, cuda->devices, MAX_DEVICES,
                                       cudaGLDeviceListAll);
  cuda->n_devices = succeeds (code) ? MIN (n_devices, MAX_DEVICES) : 0;
  if (cuda->n_devices > 0)
    return TRUE;

  g_autofree char *renderer = monge_gl_dup_renderer ();
  set_pinned (cuda, "OpenGL runs on another device (%s)", renderer);
  return FALSE;
}

static gboolean
register_buffer (MongeCudaGl *cuda, GLuint buffer, MongeCudaResource **resource, cudaError_t *code)
{
  *code = cudaGraphicsGLRegisterBuffer (resource, buffer, cudaGraphicsRegisterFlagsWriteDiscard);
  if (succeeds (*code))
    cuda->n_registered++;
  else
    *resource = NULL;
  return *resource != NULL;
}

static void
try_to_register (MongeCudaGl *cuda)
{
  MongeCudaResource *resource = NULL;
  GLuint buffer = 0;
  glGenBuffers (1, &buffer);
  glBindBuffer (GL_ARRAY_BUFFER, buffer);
  glBufferData (GL_ARRAY_BUFFER, TRIAL_SIZE, NULL, GL_STREAM_DRAW);
  glBindBuffer (GL_ARRAY_BUFFER, 0);

  cuda->device = cuda->devices[0];
  cudaError_t code = cudaSetDevice (cuda->device);
  if (succeeds (code) && register_buffer (cuda, buffer, &resource, &code))
    set_route (cuda, MONGE_CUDA_GL_DIRECT,
               g_strdup ("Frames go from the card straight into OpenGL’s vertex buffers"));
  else
    set_pinned (cuda, "the driver does not share OpenGL’s buffers (%s)",
                cudaGetErrorString (code));

  monge_cuda_gl_release (cuda, &resource);
  glDeleteBuffers (1, &buffer);
}

MongeCudaGl *
monge_cuda_gl_new (void)
{
  MongeCudaGl *cuda = g_new0 (MongeCudaGl, 1);
  cuda->thread = g_thread_self ();
  if (find_driver (cuda) && find_drawing_devices (cuda))
    try_to_register (cuda);
  g_debug ("%s", cuda->sentence);
  return cuda;
}

void
monge_cuda_gl_free (MongeCudaGl *cuda)
{
  if (!cuda)
    return;

  g_warn_if_fail (cuda->n_registered == 0);
  if (cuda->stream)
    succeeds (cudaStreamDestroy (cuda->stream));
  g_free (cuda->sentence);
  g_free (cuda);
}

MongeCudaGlRoute
monge_cuda_gl_get_route (MongeCudaGl *cuda)
{
  return cuda ? cuda->route : MONGE_CUDA_GL_ABSENT;
}

gboolean
monge_cuda_gl_is_direct (MongeCudaGl *cuda)
{
  return cuda && cuda->route == MONGE_CUDA_GL_DIRECT;
}

const char *
monge_cuda_gl_get_label (MongeCudaGl *cuda)
{
  switch (monge_cuda_gl_get_route (cuda))
    {
    case MONGE_CUDA_GL_DIRECT:
      return "CUDA → OpenGL: direct";
    case MONGE_CUDA_GL_PINNED:
      return "CUDA → OpenGL: through pinned memory";
    case MONGE_CUDA_GL_ABSENT:
    default:
      return NULL;
    }
}

const char *
monge_cuda_gl_get_sentence (MongeCudaGl *cuda)
{
  return cuda ? cuda->sentence : NULL;
}

int
monge_cuda_gl_get_device (MongeCudaGl *cuda)
{
  return cuda && cuda->n_devices > 0 ? cuda->devices[0] : -1;
}

static gboolean
draws (MongeCudaGl *cuda, int device)
{
  for (guint i = 0; i < cuda->n_devices; i++)
    if (cuda->devices[i] == device)
      return !cuda->stream || cuda->device == device;
  return FALSE;
}

static cudaError_t
open_stream (MongeCudaGl *cuda, int device)
{
  if (cuda->stream)
    return cudaSuccess;

  cuda->device = device;
  cudaError_t code = cudaStreamCreateWithFlags (&cuda->stream, cudaStreamNonBlocking);
  if (code != cudaSuccess)
    cuda->stream = NULL;
  return code;
}

/* Of a mapped resource. */
static cudaError_t
queue_copy (MongeCudaGl *cuda, MongeCudaResource *resource, const MongeDeviceSpan *span)
{
  void *data = NULL;
  size_t size = 0;
  cudaError_t code = cudaGraphicsResourceGetMappedPointer (&data, &size, resource);
  if (code == cudaSuccess && size < span->size)
    code = cudaErrorInvalidValue;
  if (code == cudaSuccess && span->ready)
    code = cudaStreamWaitEvent (cuda->stream, span->ready, 0);
  if (code == cudaSuccess)
    code = cudaMemcpyAsync (data, span->data, span->size, cudaMemcpyDeviceToDevice, cuda->stream);
  return code;
}

/* What was mapped is unmapped, whatever happened between. */
static cudaError_t
copy (MongeCudaGl *cuda, MongeCudaResource *resource, const MongeDeviceSpan *span)
{
  cudaError_t code = cudaGraphicsMapResources (1, &resource, cuda->stream);
  if (code != cudaSuccess)
    return code;

  cudaError_t copied = queue_copy (cuda, resource, span);
  cudaError_t unmapped = cudaGraphicsUnmapResources (1, &resource, cuda->stream);
  cudaError_t finished = cudaStreamSynchronize (cuda->stream);
  return copied != cudaSuccess ? copied : unmapped != cudaSuccess ? unmapped : finished;
}

gboolean
monge_cuda_gl_copy (MongeCudaGl *cuda,
                    GLuint buffer,
                    MongeCudaResource **resource,
                    const MongeDeviceSpan *span)
{
  if (!monge_cuda_gl_is_direct (cuda))
    return FALSE;
  g_return_val_if_fail (cuda->thread == g_thread_self (), FALSE);
  if (!draws (cuda, span->device))
    {
      set_pinned (cuda, "card %d computes, and OpenGL runs on card %d", span->device,
                  cuda->devices[0]);
      g_message ("%s", cuda->sentence);
      return FALSE;
    }

  cudaError_t code = cudaSetDevice (span->device);
  if (code == cudaSuccess)
    code = open_stream (cuda, span->device);
  if (code == cudaSuccess && !*resource)
    register_buffer (cuda, buffer, resource, &code);
  if (code == cudaSuccess)
    code = copy (cuda, *resource, span);
  if (succeeds (code))
    return TRUE;

  set_pinned (cuda, "OpenGL’s buffers could not be written by the card (%s)",
              cudaGetErrorString (code));
  g_message ("%s", cuda->sentence);
  return FALSE;
}

void
monge_cuda_gl_release (MongeCudaGl *cuda, MongeCudaResource **resource)
{
  if (!*resource)
    return;
  g_return_if_fail (cuda->thread == g_thread_self ());

  /* After a fault of the card this fails, and there is nothing left to release. */
  succeeds (cudaSetDevice (cuda->device));
  succeeds (cudaGraphicsUnregisterResource (*resource));
  *resource = NULL;
  cuda->n_registered--;
}
