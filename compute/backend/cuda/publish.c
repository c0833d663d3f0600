/* Finished planes on their way to the screen, on the thread that draws. */
#include "compute/backend/cuda/cuda-private.h"

#include <string.h>

/* What is on the screen is thrown away when the sink is mapped: everything that can fail comes before
 * that. */
static gboolean
publish_through_host (MongeCuda *cuda,
                      MongePlanes *planes,
                      const MongeSink *sink,
                      GError **error)
{
  const gsize size = monge_planes_get_size (planes);
  MongeCudaBlock copy = { 0 };
  gpointer room = NULL;
  gboolean done = monge_cuda_take_pinned (cuda, size, &copy, error)
                  && monge_cuda_download_pinned (cuda, copy.data, planes->data, size,
                                                 planes->state, error);

  if (done)
    {
      room = sink->map (sink->user_data, size);
      if (room == NULL)
        g_set_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE,
                     "There is no room to draw from: %" G_GSIZE_FORMAT " bytes", size);
    }
  if (room != NULL)
    {
      memcpy (room, copy.data, size);
      sink->unmap (sink->user_data, size);
    }
  monge_cuda_give_back_pinned (cuda, &copy);
  return room != NULL;
}

gboolean
monge_cuda_planes_publish (MongePlanes *planes, const MongeSink *sink, GError **error)
{
  MongeCuda *cuda = (MongeCuda *) planes->backend;
  MongeDeviceSpan span
      = { .device = cuda->device, .data = planes->data, .size = monge_planes_get_size (planes) };
  cudaEvent_t ready = NULL;

  if (!monge_cuda_enter_or_fail (cuda, error))
    return FALSE;
  if (!monge_cuda_planes_watch (cuda, planes->state, &ready))
    return monge_cuda_set_error (cuda, error);
  span.ready = ready;
  if (sink->take != NULL && sink->take (sink->user_data, &span))
    return TRUE;
  return publish_through_host (cuda, planes, sink, error);
}
