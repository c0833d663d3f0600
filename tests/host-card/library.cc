/* Kernels that are compiled while the program runs: an image is a shared object of the host, between
 * a mark and its length (see nvrtc.cc). */
#include "tests/host-card/library.h"

#include "tests/host-card/block.h"
#include "tests/host-card/calls.h"
#include "tests/host-card/streams.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <string>
#include <unistd.h>
#include <vector>

struct CUkern_st {
  std::string name;
  HostCardBind bind;
};

struct CUlib_st {
  void *object;
  std::vector<CUkern_st *> kernels;
};

static std::vector<cudaLibrary_t> libraries;

static void
free_library (cudaLibrary_t library)
{
  for (CUkern_st *kernel : library->kernels)
    delete kernel;
  dlclose (library->object);
  delete library;
}

void
host_card_reset_libraries (void)
{
  for (cudaLibrary_t library : libraries)
    free_library (library);
  libraries.clear ();
}

unsigned
host_card_get_n_libraries (void)
{
  return (unsigned) libraries.size ();
}

static bool
write_object (int file, const char *bytes, size_t size)
{
  while (size > 0)
    {
      ssize_t n = write (file, bytes, size);

      if (n <= 0)
        return false;
      bytes += n;
      size -= (size_t) n;
    }
  return true;
}

/* Null if the system will not have it. */
static void *
load_object (const char *bytes, size_t size)
{
  const char *folder = getenv ("TMPDIR");
  std::string path = std::string (folder != nullptr ? folder : "/tmp") + "/host-card-XXXXXX";
  int file = mkstemp (&path[0]);
  void *object = nullptr;

  if (file < 0)
    return nullptr;
  if (write_object (file, bytes, size))
    object = dlopen (path.c_str (), RTLD_NOW | RTLD_LOCAL);
  if (object == nullptr)
    fprintf (stderr, "host card: %s\n", dlerror ());
  close (file);
  unlink (path.c_str ());
  return object;
}

cudaError_t
cudaLibraryLoadData (cudaLibrary_t *library, const void *code, enum cudaJitOption *, void **,
                     unsigned, enum cudaLibraryOption *, void **, unsigned)
{
  HOST_CARD_BEGIN ();
  const HostCardImage *image = (const HostCardImage *) code;
  void *object;

  *library = nullptr;
  if (memcmp (image->mark, HOST_CARD_IMAGE_MARK, sizeof image->mark) != 0)
    return call.done (cudaErrorInvalidKernelImage);
  object = load_object ((const char *) (image + 1), image->size);
  if (object == nullptr)
    return call.done (cudaErrorInvalidKernelImage);
  *library = new CUlib_st { object, {} };
  libraries.push_back (*library);
  return cudaSuccess;
}

cudaError_t
cudaLibraryGetKernel (cudaKernel_t *kernel, cudaLibrary_t library, const char *name)
{
  HOST_CARD_BEGIN ();
  std::string symbol = std::string (HOST_CARD_BIND_PREFIX) + name;
  void *bind = dlsym (library->object, symbol.c_str ());

  *kernel = nullptr;
  if (bind == nullptr)
    return call.done (cudaErrorSymbolNotFound);
  *kernel = new CUkern_st { name, (HostCardBind) bind };
  library->kernels.push_back (*kernel);
  return cudaSuccess;
}

cudaError_t
cudaLibraryUnload (cudaLibrary_t library)
{
  Call call (__func__);

  host_card_run_all_streams (); /* as with memory that is freed */
  for (size_t i = 0; i < libraries.size (); i++)
    if (libraries[i] == library)
      {
        libraries.erase (libraries.begin () + (long) i);
        free_library (library);
        return call.done (call.error);
      }
  host_card_fail ("cudaLibraryUnload() of what is no library, or no longer");
}

/* Kernels of libraries alone; those of .cu files are launched by MONGE_LAUNCH. */
static cudaKernel_t
find_kernel (const void *function)
{
  for (cudaLibrary_t library : libraries)
    for (cudaKernel_t kernel : library->kernels)
      if (kernel == function)
        return kernel;
  return nullptr;
}

cudaError_t
cudaLaunchKernel (const void *function, dim3 grid, dim3 block, void **arguments,
                  size_t shared_size, cudaStream_t stream)
{
  HOST_CARD_BEGIN ();
  cudaKernel_t kernel = find_kernel (function);
  HostCardGrid what = {};

  if (kernel == nullptr)
    return call.done (cudaErrorInvalidDeviceFunction);
  what.name = kernel->name.c_str ();
  what.file = "a program";
  what.grid = grid;
  what.block = block;
  what.shared_size = shared_size;
  kernel->bind (&what, arguments);
  return host_card_launch (&what, function, stream);
}
