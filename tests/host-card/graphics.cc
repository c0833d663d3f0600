/* OpenGL's buffers, as the card sees them. */
#include "tests/host-card/calls.h"

#include "tests/host-card/block.h"
#include "tests/host-card/memory.h"
#include "tests/host-card/streams.h"

#include <cuda_gl_interop.h>

#include <string.h>
#include <vector>

struct cudaGraphicsResource {
  unsigned buffer;
  bool mapped;
  HostCardMemory *memory; /* what the card writes; comes with the mapping where a callback is asked */
  void *outside;          /* the callback's bytes, which it is copied to in the end */
};

static HostCardGraphics graphics;
static std::vector<cudaGraphicsResource_t> resources;

void
host_card_reset_graphics (void)
{
  for (cudaGraphicsResource_t resource : resources)
    {
      if (resource->memory != nullptr)
        host_card_memory_free (resource->memory);
      delete resource;
    }
  resources.clear ();
  memset (&graphics, 0, sizeof graphics);
  graphics.n_devices = 1;
  graphics.size = 1 << 16;
}

unsigned
host_card_get_n_graphics (void)
{
  return (unsigned) resources.size ();
}

void
host_card_set_graphics (const HostCardGraphics *given)
{
  graphics = *given;
}

static cudaGraphicsResource_t
find_buffer (unsigned buffer)
{
  for (cudaGraphicsResource_t resource : resources)
    if (resource->buffer == buffer)
      return resource;
  return nullptr;
}

int
host_card_is_registered (unsigned buffer)
{
  return find_buffer (buffer) != nullptr;
}

const void *
host_card_get_graphics_memory (unsigned buffer, size_t *size)
{
  cudaGraphicsResource_t resource = find_buffer (buffer);

  if (resource == nullptr || resource->memory == nullptr)
    return nullptr;
  *size = resource->memory->size;
  return resource->memory->start;
}

cudaError_t
cudaGLGetDevices (unsigned *n_devices, int *devices, unsigned max_devices, enum cudaGLDeviceList)
{
  HOST_CARD_BEGIN ();
  if (graphics.devices_error != cudaSuccess)
    return call.done (graphics.devices_error);
  if (graphics.n_devices == 0)
    return call.done (cudaErrorNoDevice);
  *n_devices = graphics.n_devices;
  for (unsigned i = 0; i < graphics.n_devices && i < max_devices; i++)
    devices[i] = graphics.devices[i];
  return cudaSuccess;
}

cudaError_t
cudaGraphicsGLRegisterBuffer (struct cudaGraphicsResource **resource, unsigned buffer, unsigned)
{
  HOST_CARD_BEGIN ();
  if (graphics.register_error != cudaSuccess)
    return call.done (graphics.register_error);
  if (find_buffer (buffer) != nullptr)
    host_card_fail ("buffer %u is registered twice", buffer);
  *resource = new cudaGraphicsResource ();
  (*resource)->buffer = buffer;
  if (graphics.map == nullptr)
    (*resource)->memory = host_card_memory_new (HOST_CARD_PINNED, graphics.size);
  resources.push_back (*resource);
  return cudaSuccess;
}

static void
check_resource (cudaGraphicsResource_t resource)
{
  for (cudaGraphicsResource_t known : resources)
    if (known == resource)
      return;
  host_card_fail ("%p is no graphics resource, or no longer", (void *) resource);
}

cudaError_t
cudaGraphicsResourceSetMapFlags (cudaGraphicsResource_t resource, unsigned)
{
  HOST_CARD_BEGIN ();
  check_resource (resource);
  return resource->mapped ? call.done (cudaErrorAlreadyMapped) : cudaSuccess;
}

cudaError_t
cudaGraphicsMapResources (int count, cudaGraphicsResource_t *given, cudaStream_t)
{
  HOST_CARD_BEGIN ();
  if (graphics.map_error != cudaSuccess)
    return call.done (graphics.map_error);
  for (int i = 0; i < count; i++)
    {
      check_resource (given[i]);
      if (given[i]->mapped)
        return call.done (cudaErrorAlreadyMapped);
      given[i]->mapped = true;
      if (given[i]->memory == nullptr)
        {
          size_t size = 0;

          given[i]->outside = graphics.map (given[i]->buffer, &size, graphics.data);
          given[i]->memory = host_card_memory_new (HOST_CARD_DEVICE, size);
        }
    }
  return cudaSuccess;
}

static void
give_back (cudaGraphicsResource_t resource)
{
  HostCardMemory *memory = resource->memory;

  if (resource->mapped && resource->outside != nullptr)
    {
      host_card_memory_show ();
      memcpy (resource->outside, memory->start, memory->size);
      host_card_memory_hide ();
      host_card_memory_free (memory);
      resource->memory = nullptr;
      resource->outside = nullptr;
      graphics.unmap (resource->buffer, graphics.data);
    }
  resource->mapped = false;
}

/* What was queued for the buffers is done before OpenGL has them back. */
cudaError_t
cudaGraphicsUnmapResources (int count, cudaGraphicsResource_t *given, cudaStream_t)
{
  Call call (__func__);

  host_card_run_all_streams ();
  for (int i = 0; i < count; i++)
    {
      check_resource (given[i]);
      if (!given[i]->mapped)
        return call.done (cudaErrorNotMapped);
      give_back (given[i]);
    }
  return call.done (call.error);
}

cudaError_t
cudaGraphicsResourceGetMappedPointer (void **pointer, size_t *size,
                                      cudaGraphicsResource_t resource)
{
  HOST_CARD_BEGIN ();
  check_resource (resource);
  if (!resource->mapped)
    return call.done (cudaErrorNotMapped);
  *pointer = resource->memory->start;
  *size = resource->memory->size;
  return cudaSuccess;
}

cudaError_t
cudaGraphicsUnregisterResource (cudaGraphicsResource_t resource)
{
  Call call (__func__);

  check_resource (resource);
  give_back (resource);
  for (size_t i = 0; i < resources.size (); i++)
    if (resources[i] == resource)
      resources.erase (resources.begin () + (long) i--);
  if (resource->memory != nullptr)
    host_card_memory_free (resource->memory);
  delete resource;
  return call.done (call.error);
}
