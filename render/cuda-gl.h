/* Frames from the card that computes straight into OpenGL's vertex buffers, where that can be. */
#pragma once

#include <epoxy/gl.h>
#include <glib.h>

#include "compute/core/sink.h"

G_BEGIN_DECLS

/**
 * MongeCudaGlRoute:
 * @MONGE_CUDA_GL_ABSENT: no CUDA in this build, no driver or no card
 * @MONGE_CUDA_GL_PINNED: a card that computes cannot write to OpenGL's memory: its frames go
 *   through pinned memory of the host
 * @MONGE_CUDA_GL_DIRECT: from device to device
 */
typedef enum {
  MONGE_CUDA_GL_ABSENT,
  MONGE_CUDA_GL_PINNED,
  MONGE_CUDA_GL_DIRECT,
} MongeCudaGlRoute;

/**
 * MongeCudaGl:
 *
 * What CUDA and one GL context have in common. Created, used and freed on one thread with that
 * context current. Outlives everything registered with it.
 */
typedef struct _MongeCudaGl MongeCudaGl;
/* CUDA's knowledge of one GL buffer. As long as there is one, the buffer's memory must be neither
 * replaced nor resized. */
typedef struct cudaGraphicsResource MongeCudaResource;

/* Decides for the context current: asks which cards draw, and registers a small buffer for a trial.
 * Microseconds without a driver; with one, what it takes CUDA to start on that card. %NULL in a build
 * without CUDA; every function below takes %NULL as such. */
MongeCudaGl *monge_cuda_gl_new (void);
void monge_cuda_gl_free (MongeCudaGl *cuda);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeCudaGl, monge_cuda_gl_free)

/* May go from direct to pinned, never back. */
MongeCudaGlRoute monge_cuda_gl_get_route (MongeCudaGl *cuda);
gboolean monge_cuda_gl_is_direct (MongeCudaGl *cuda);
/* The route, short: "CUDA → OpenGL: direct"; %NULL when absent. Static. */
const char *monge_cuda_gl_get_label (MongeCudaGl *cuda);
/* The route and its reason: "Frames go through pinned memory: OpenGL runs on another device
 * (llvmpipe)"; when absent, why; %NULL if the build is without. Valid until the route changes. */
const char *monge_cuda_gl_get_sentence (MongeCudaGl *cuda);
/* The card that draws, by CUDA's numbers in this process: the one to compute on. −1 if none does. */
int monge_cuda_gl_get_device (MongeCudaGl *cuda);

/**
 * monge_cuda_gl_copy:
 * @buffer: has memory of at least @span's size
 * @resource: (inout): the buffer's; registered when %NULL
 *
 * Waits until the copy is done, so that what fails is seen here and @span may be overwritten: a few
 * calls of the driver, and as long as OpenGL still draws from @buffer. FALSE when nothing was
 * written: the caller goes through the host. The first failure is logged and ends this route for
 * good.
 */
gboolean monge_cuda_gl_copy (MongeCudaGl *cuda, GLuint buffer, MongeCudaResource **resource,
                             const MongeDeviceSpan *span);
/* Before the buffer is deleted or its memory replaced. Nothing happens if @resource holds %NULL. */
void monge_cuda_gl_release (MongeCudaGl *cuda, MongeCudaResource **resource);

G_END_DECLS
