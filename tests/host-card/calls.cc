#include "tests/host-card/calls.h"

#include "tests/host-card/block.h"
#include "tests/host-card/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAMES 128

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static thread_local unsigned depth;
static thread_local cudaError_t last_error;
static thread_local int current_device;

static struct {
  unsigned long n, fail_at, allocation_fail_at;
  cudaError_t error, fault;
  bool sticky, failed;
  const char *failed_call;
  unsigned n_names;
  const char *names[MAX_NAMES];
  unsigned long counts[MAX_NAMES];
} calls;

static HostCardDevice devices[HOST_CARD_MAX_DEVICES];
static unsigned n_devices;
static cudaError_t devices_error;
static int driver_version;

static void
count_call (const char *name)
{
  unsigned i;

  calls.n++;
  for (i = 0; i < calls.n_names && strcmp (calls.names[i], name) != 0; i++) {}
  if (i == MAX_NAMES)
    host_card_fail ("more than %d different calls", MAX_NAMES);
  if (i == calls.n_names)
    calls.names[calls.n_names++] = name;
  calls.counts[i]++;
}

/* Also what the environment says, for programs that know nothing of the host card. */
static void
use_default_devices (void)
{
  static const HostCardDevice one = {
    .name = "Host card", .major = 9, .minor = 0, .memory = (size_t) 1 << 30, .memory_used = 0,
    .pci_bus = 1, .n_multiprocessors = 8,
  };

  if (driver_version == 0 && devices_error == cudaSuccess && n_devices == 0)
    {
      driver_version = CUDART_VERSION;
      devices[0] = one;
      n_devices = 1;
      host_card_set_visible (getenv ("MONGE_HOST_CARD_VISIBLE") != nullptr);
    }
}

static cudaError_t
judge_call (const char *name)
{
  if (calls.fail_at != 0 && --calls.fail_at == 0)
    {
      calls.failed = true;
      calls.failed_call = name;
      if (calls.sticky)
        calls.fault = calls.error;
      return calls.error;
    }
  return calls.fault;
}

Call::Call (const char *name, Needs needs)
  : error (cudaSuccess)
{
  if (depth++ > 0)
    return;
  pthread_mutex_lock (&lock);
  host_card_memory_watch ();
  use_default_devices ();
  count_call (name);
  error = judge_call (name);
  if (error == cudaSuccess && needs == DRIVER && n_devices == 0)
    error = devices_error;
  done (error);
}

Call::~Call ()
{
  if (--depth == 0)
    pthread_mutex_unlock (&lock);
}

cudaError_t
Call::done (cudaError_t result)
{
  if (calls.fault != cudaSuccess && depth == 1)
    result = calls.fault;
  if (result != cudaSuccess)
    last_error = result;
  return result;
}

bool
host_card_is_exhausted (void)
{
  if (calls.allocation_fail_at == 0 || --calls.allocation_fail_at != 0)
    return false;
  calls.failed = true;
  calls.failed_call = "an allocation";
  return true;
}

void
host_card_set_fault (cudaError_t error)
{
  calls.fault = error;
}

int
host_card_get_device (void)
{
  return current_device;
}

unsigned
host_card_get_n_devices (void)
{
  return n_devices;
}

const HostCardDevice *
host_card_get_description (int device)
{
  return &devices[device];
}

static const struct {
  cudaError_t error;
  const char *name, *text;
} errors[] = {
#define ERROR(name, text) { name, #name, text }
  ERROR (cudaSuccess, "no error"),
  ERROR (cudaErrorInvalidValue, "invalid argument"),
  ERROR (cudaErrorMemoryAllocation, "out of memory"),
  ERROR (cudaErrorInitializationError, "initialization error"),
  ERROR (cudaErrorInvalidConfiguration, "invalid configuration argument"),
  ERROR (cudaErrorInvalidMemcpyDirection, "invalid copy direction for memcpy"),
  ERROR (cudaErrorInsufficientDriver,
         "CUDA driver version is insufficient for CUDA runtime version"),
  ERROR (cudaErrorNoDevice, "no CUDA-capable device is detected"),
  ERROR (cudaErrorInvalidDevice, "invalid device ordinal"),
  ERROR (cudaErrorInvalidKernelImage, "device kernel image is invalid"),
  ERROR (cudaErrorMapBufferObjectFailed, "mapping of buffer object failed"),
  ERROR (cudaErrorNoKernelImageForDevice,
         "no kernel image is available for execution on the device"),
  ERROR (cudaErrorECCUncorrectable, "uncorrectable ECC error encountered"),
  ERROR (cudaErrorInvalidGraphicsContext, "invalid OpenGL or DirectX context"),
  ERROR (cudaErrorInvalidResourceHandle, "invalid resource handle"),
  ERROR (cudaErrorSymbolNotFound, "named symbol not found"),
  ERROR (cudaErrorNotReady, "device not ready"),
  ERROR (cudaErrorIllegalAddress, "an illegal memory access was encountered"),
  ERROR (cudaErrorLaunchTimeout, "the launch timed out and was terminated"),
  ERROR (cudaErrorLaunchFailure, "unspecified launch failure"),
  ERROR (cudaErrorNotSupported, "operation not supported"),
  ERROR (cudaErrorStreamCaptureUnsupported, "operation not permitted when stream is capturing"),
  ERROR (cudaErrorStreamCaptureInvalidated,
         "operation failed due to a previous error during capture"),
  ERROR (cudaErrorUnknown, "unknown error"),
#undef ERROR
};

const char *
cudaGetErrorName (cudaError_t error)
{
  for (const auto &known : errors)
    if (known.error == error)
      return known.name;
  return "unrecognized error code";
}

const char *
cudaGetErrorString (cudaError_t error)
{
  for (const auto &known : errors)
    if (known.error == error)
      return known.text;
  return "unrecognized error code";
}

/* A fault stays. */
cudaError_t
cudaGetLastError (void)
{
  cudaError_t error = last_error;

  last_error = calls.fault;
  return error;
}

cudaError_t
cudaPeekAtLastError (void)
{
  return last_error;
}

cudaError_t
cudaDriverGetVersion (int *version)
{
  Call call (__func__, Call::NOTHING);

  if (call.error == cudaSuccess)
    *version = driver_version;
  return call.error;
}

cudaError_t
cudaRuntimeGetVersion (int *version)
{
  Call call (__func__, Call::NOTHING);

  if (call.error == cudaSuccess)
    *version = CUDART_VERSION;
  return call.error;
}

cudaError_t
cudaSetDevice (int device)
{
  HOST_CARD_BEGIN ();
  if (device < 0 || (unsigned) device >= n_devices)
    return call.done (cudaErrorInvalidDevice);
  current_device = device;
  return cudaSuccess;
}

cudaError_t
cudaGetDevice (int *device)
{
  HOST_CARD_BEGIN ();
  *device = current_device;
  return cudaSuccess;
}

/* The control of it all; these hold the lock without being calls. */
struct Locked {
  Locked ()
  {
    if (depth++ == 0)
      pthread_mutex_lock (&lock);
    use_default_devices ();
  }
  ~Locked ()
  {
    if (--depth == 0)
      pthread_mutex_unlock (&lock);
  }
};

void
host_card_reset (void)
{
  Locked locked;

  memset (&calls, 0, sizeof calls);
  host_card_reset_streams ();
  host_card_reset_libraries ();
  host_card_reset_graphics ();
  host_card_reset_devices ();
  n_devices = 0;
  driver_version = 0;
  devices_error = cudaSuccess;
  last_error = cudaSuccess;
  current_device = 0;
  use_default_devices ();
}

void
host_card_set_devices (const HostCardDevice *given, unsigned n, cudaError_t error)
{
  Locked locked;

  if (n > HOST_CARD_MAX_DEVICES)
    host_card_fail ("at most %d devices", HOST_CARD_MAX_DEVICES);
  memcpy (devices, given, n * sizeof *given);
  n_devices = n;
  devices_error = n > 0 ? cudaSuccess : error;
}

void
host_card_set_driver_version (int version)
{
  Locked locked;

  driver_version = version;
  if (version == 0)
    {
      n_devices = 0;
      devices_error = cudaErrorInsufficientDriver;
    }
}

void
host_card_fail_at (unsigned long n, cudaError_t error, int sticky)
{
  Locked locked;

  calls.fail_at = n;
  calls.error = error;
  calls.sticky = sticky != 0;
  calls.failed = false;
}

void
host_card_fail_allocation_at (unsigned long n)
{
  Locked locked;

  calls.allocation_fail_at = n;
  calls.failed = false;
}

int
host_card_has_failed (void)
{
  Locked locked;

  return calls.failed;
}

const char *
host_card_get_failed_call (void)
{
  Locked locked;

  return calls.failed_call;
}

unsigned long
host_card_get_n_calls (const char *name)
{
  Locked locked;
  unsigned i;

  if (name == nullptr)
    return calls.n;
  for (i = 0; i < calls.n_names; i++)
    if (strcmp (calls.names[i], name) == 0)
      return calls.counts[i];
  return 0;
}

unsigned
host_card_get_n_others (void)
{
  Locked locked;

  return host_card_get_n_graphs () + host_card_get_n_libraries () + host_card_get_n_graphics ();
}

void
host_card_assert_clean (void)
{
  Locked locked;
  unsigned n_streams = host_card_get_n_streams (), n_events = host_card_get_n_events ();
  unsigned n_others = host_card_get_n_others ();
  unsigned n_left = host_card_memory_report (HOST_CARD_DEVICE)
                    + host_card_memory_report (HOST_CARD_PINNED);

  if (n_left + n_streams + n_events + n_others > 0)
    host_card_fail ("left behind: %u allocations, %u streams, %u events, %u graphs, libraries and "
                    "graphics resources", n_left, n_streams, n_events, n_others);
}
