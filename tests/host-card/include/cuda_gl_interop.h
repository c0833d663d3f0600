/* OpenGL buffers in CUDA, declared for the host card. The types of OpenGL come before, as those of
 * the real header do: epoxy/gl.h. */
#pragma once

#include <cuda_runtime_api.h>

#ifdef __cplusplus
extern "C" {
#endif

enum cudaGraphicsRegisterFlags {
  cudaGraphicsRegisterFlagsNone = 0,
  cudaGraphicsRegisterFlagsReadOnly = 1,
  cudaGraphicsRegisterFlagsWriteDiscard = 2,
};

enum cudaGraphicsMapFlags {
  cudaGraphicsMapFlagsNone = 0,
  cudaGraphicsMapFlagsReadOnly = 1,
  cudaGraphicsMapFlagsWriteDiscard = 2,
};

enum cudaGLDeviceList {
  cudaGLDeviceListAll = 1,
  cudaGLDeviceListCurrentFrame = 2,
  cudaGLDeviceListNextFrame = 3,
};

cudaError_t cudaGLGetDevices (unsigned *n_devices, int *devices, unsigned max_devices,
                              enum cudaGLDeviceList list);
cudaError_t cudaGraphicsGLRegisterBuffer (struct cudaGraphicsResource **resource, unsigned buffer,
                                          unsigned flags);
cudaError_t cudaGraphicsResourceSetMapFlags (cudaGraphicsResource_t resource, unsigned flags);

#ifdef __cplusplus
}
#endif
