/* What cards there are, and their memory. */
#include "tests/host-card/calls.h"

#include "tests/host-card/block.h"
#include "tests/host-card/memory.h"
#include "tests/host-card/streams.h"

#include <stdio.h>
#include <string.h>

static size_t used[HOST_CARD_MAX_DEVICES], peak;
static unsigned n_allocations;

void
host_card_reset_devices (void)
{
  host_card_memory_free_all ();
  memset (used, 0, sizeof used);
  peak = 0;
  n_allocations = 0;
}

unsigned
host_card_get_n_allocations (void)
{
  return n_allocations;
}

size_t
host_card_get_memory_used (void)
{
  size_t sum = 0;

  for (size_t size : used)
    sum += size;
  return sum;
}

size_t
host_card_get_memory_peak (void)
{
  return peak;
}

cudaError_t
cudaGetDeviceCount (int *count)
{
  HOST_CARD_BEGIN ();
  *count = (int) host_card_get_n_devices ();
  return cudaSuccess;
}

cudaError_t
cudaSetDeviceFlags (unsigned)
{
  HOST_CARD_BEGIN ();
  return cudaSuccess;
}

static bool
is_device (int device)
{
  return device >= 0 && (unsigned) device < host_card_get_n_devices ();
}

cudaError_t
cudaGetDeviceProperties (struct cudaDeviceProp *prop, int device)
{
  HOST_CARD_BEGIN ();
  const HostCardDevice *card = host_card_get_description (device);

  if (!is_device (device))
    return call.done (cudaErrorInvalidDevice);
  memset (prop, 0, sizeof *prop);
  snprintf (prop->name, sizeof prop->name, "%s", card->name);
  prop->totalGlobalMem = card->memory;
  prop->sharedMemPerBlock = 48 << 10;
  prop->sharedMemPerBlockOptin = 227 << 10;
  prop->regsPerBlock = prop->regsPerMultiprocessor = 65536;
  prop->warpSize = HOST_CARD_WARP;
  prop->maxThreadsPerBlock = HOST_CARD_MAX_THREADS;
  prop->major = card->major;
  prop->minor = card->minor;
  prop->multiProcessorCount = card->n_multiprocessors;
  prop->maxThreadsPerMultiProcessor = 2048;
  prop->canMapHostMemory = prop->unifiedAddressing = 1;
  prop->asyncEngineCount = 2;
  prop->pciBusID = card->pci_bus;
  return cudaSuccess;
}

cudaError_t
cudaDeviceGetAttribute (int *value, enum cudaDeviceAttr attribute, int device)
{
  HOST_CARD_BEGIN ();
  const HostCardDevice *card = host_card_get_description (device);
  const struct { cudaDeviceAttr attribute; int value; } known[] = {
    { cudaDevAttrMaxThreadsPerBlock, HOST_CARD_MAX_THREADS },
    { cudaDevAttrMaxSharedMemoryPerBlock, 48 << 10 },
    { cudaDevAttrMaxSharedMemoryPerBlockOptin, 227 << 10 },
    { cudaDevAttrWarpSize, HOST_CARD_WARP },
    { cudaDevAttrClockRate, 1000000 },
    { cudaDevAttrMultiProcessorCount, card->n_multiprocessors },
    { cudaDevAttrKernelExecTimeout, 0 },
    { cudaDevAttrIntegrated, 0 },
    { cudaDevAttrCanMapHostMemory, 1 },
    { cudaDevAttrComputeMode, cudaComputeModeDefault },
    { cudaDevAttrPciBusId, card->pci_bus },
    { cudaDevAttrPciDeviceId, 0 },
    { cudaDevAttrPciDomainId, 0 },
    { cudaDevAttrL2CacheSize, 32 << 20 },
    { cudaDevAttrMaxThreadsPerMultiProcessor, 2048 },
    { cudaDevAttrUnifiedAddressing, 1 },
    { cudaDevAttrComputeCapabilityMajor, card->major },
    { cudaDevAttrComputeCapabilityMinor, card->minor },
  };

  if (!is_device (device))
    return call.done (cudaErrorInvalidDevice);
  for (const auto &one : known)
    if (one.attribute == attribute)
      {
        *value = one.value;
        return cudaSuccess;
      }
  return call.done (cudaErrorInvalidValue);
}

cudaError_t
cudaDeviceGetPCIBusId (char *id, int length, int device)
{
  HOST_CARD_BEGIN ();
  if (!is_device (device))
    return call.done (cudaErrorInvalidDevice);
  snprintf (id, (size_t) length, "0000:%02x:00.0", host_card_get_description (device)->pci_bus);
  return cudaSuccess;
}

cudaError_t
cudaDeviceGetStreamPriorityRange (int *least, int *greatest)
{
  HOST_CARD_BEGIN ();
  *least = 0;
  *greatest = -5;
  return cudaSuccess;
}

static cudaError_t
allocate (HostCardMemoryKind kind, void **pointer, size_t size)
{
  int device = host_card_get_device ();
  const HostCardDevice *card = host_card_get_description (device);
  HostCardMemory *memory;

  if (pointer == nullptr)
    return cudaErrorInvalidValue;
  *pointer = nullptr;
  if (size == 0)
    return cudaSuccess;
  if (host_card_is_exhausted ())
    return cudaErrorMemoryAllocation;
  if (kind == HOST_CARD_DEVICE && size > card->memory - card->memory_used - used[device])
    return cudaErrorMemoryAllocation;
  memory = host_card_memory_new (kind, size);
  if (memory == nullptr)
    return cudaErrorMemoryAllocation;
  memory->device = device;
  if (kind == HOST_CARD_DEVICE)
    {
      used[device] += size;
      if (host_card_get_memory_used () > peak)
        peak = host_card_get_memory_used ();
    }
  n_allocations++;
  *pointer = memory->start;
  return cudaSuccess;
}

/* Also in a call that fails because of a fault: who frees has done what can be done. */
static void
release (HostCardMemoryKind kind, void *pointer, const char *name)
{
  HostCardMemory *memory = host_card_memory_find (pointer);

  if (memory == nullptr || memory->kind != kind || memory->start != pointer)
    host_card_fail ("%s() of %p, which is not, or no longer, such memory", name, pointer);
  if (kind == HOST_CARD_DEVICE)
    used[memory->device] -= memory->size;
  n_allocations--;
  host_card_memory_free (memory);
}

cudaError_t
cudaMalloc (void **pointer, size_t size)
{
  HOST_CARD_BEGIN ();
  if (host_card_forbid_in_capture ())
    return call.done (cudaErrorStreamCaptureUnsupported);
  return call.done (allocate (HOST_CARD_DEVICE, pointer, size));
}

cudaError_t
cudaHostAlloc (void **pointer, size_t size, unsigned)
{
  HOST_CARD_BEGIN ();
  if (host_card_forbid_in_capture ())
    return call.done (cudaErrorStreamCaptureUnsupported);
  return call.done (allocate (HOST_CARD_PINNED, pointer, size));
}

cudaError_t
cudaMallocHost (void **pointer, size_t size)
{
  return cudaHostAlloc (pointer, size, cudaHostAllocDefault);
}

/* Waits for the card, as the real one does. */
cudaError_t
cudaFree (void *pointer)
{
  Call call (__func__);

  if (pointer == nullptr)
    return call.error;
  if (call.error == cudaSuccess && host_card_forbid_in_capture ())
    return call.done (cudaErrorStreamCaptureUnsupported);
  host_card_run_all_streams ();
  release (HOST_CARD_DEVICE, pointer, __func__);
  return call.done (call.error);
}

cudaError_t
cudaFreeHost (void *pointer)
{
  Call call (__func__);

  if (pointer != nullptr)
    release (HOST_CARD_PINNED, pointer, __func__);
  return call.done (call.error);
}

cudaError_t
cudaHostGetDevicePointer (void **device, void *host, unsigned)
{
  HOST_CARD_BEGIN ();
  HostCardMemory *memory = host_card_memory_find (host);

  if (memory == nullptr || memory->kind != HOST_CARD_PINNED)
    return call.done (cudaErrorInvalidValue);
  *device = host;
  return cudaSuccess;
}

cudaError_t
cudaHostRegister (void *, size_t, unsigned)
{
  HOST_CARD_BEGIN ();
  return call.done (cudaErrorNotSupported);
}

cudaError_t
cudaHostUnregister (void *)
{
  HOST_CARD_BEGIN ();
  return call.done (cudaErrorHostMemoryNotRegistered);
}

cudaError_t
cudaMemGetInfo (size_t *available, size_t *total)
{
  HOST_CARD_BEGIN ();
  int device = host_card_get_device ();
  const HostCardDevice *card = host_card_get_description (device);

  *total = card->memory;
  *available = card->memory - card->memory_used - used[device];
  return cudaSuccess;
}

cudaError_t
cudaPointerGetAttributes (struct cudaPointerAttributes *attributes, const void *pointer)
{
  HOST_CARD_BEGIN ();
  HostCardMemory *memory = host_card_memory_find (pointer);

  memset (attributes, 0, sizeof *attributes);
  attributes->type = memory == nullptr ? cudaMemoryTypeUnregistered
                     : memory->kind == HOST_CARD_DEVICE ? cudaMemoryTypeDevice
                     : cudaMemoryTypeHost;
  if (memory != nullptr)
    {
      attributes->device = memory->device;
      attributes->devicePointer = (void *) pointer;
      attributes->hostPointer = memory->kind == HOST_CARD_PINNED ? (void *) pointer : nullptr;
    }
  return cudaSuccess;
}
