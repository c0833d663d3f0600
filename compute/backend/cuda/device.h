/* What kernels are written in: CUDA C as nvcc compiles it or, where tests run kernels on the host, as
 * their stand-in spells it, included before. For .cu files alone.
 *
 * Kernels are launched by MONGE_LAUNCH (kernel, grid, block, shared bytes, stream, arguments…);
 * shared memory is MONGE_SHARED (type, name, [size]) or MONGE_DYNAMIC_SHARED (type, name). */
#pragma once

#include <stddef.h>

#if defined(__CUDACC__)

#include <cuda_runtime.h>

#define MONGE_LAUNCH(kernel, grid, block, shared, stream, ...)                                     \
  ((kernel)<<<(grid), (block), (shared), (stream)>>> (__VA_ARGS__))
#define MONGE_SHARED(type, name, ...) __shared__ type name __VA_ARGS__
#define MONGE_DYNAMIC_SHARED(type, name)                                                           \
  extern __shared__ __align__ (16) unsigned char monge_dynamic_shared[];                           \
  type *name = (type *) monge_dynamic_shared

/* Products and sums that are rounded one by one, as the host does. */
#define MONGE_MULTIPLY(a, b) __fmul_rn (a, b)
#define MONGE_ADD(a, b) __fadd_rn (a, b)

#else

#define MONGE_MULTIPLY(a, b) ((a) * (b))
#define MONGE_ADD(a, b) ((a) + (b))

#endif

/* Arguments of a kernel that are a struct: read where they lie. */
#if defined(__CUDACC__)
#define MONGE_ARGUMENT(type, name) const __grid_constant__ type name
#else
#define MONGE_ARGUMENT(type, name) const type name
#endif

#define MONGE_WARP 32
#define MONGE_ALL_LANES 0xffffffffu

/* Blocks that cover @n with @size each. */
static inline unsigned
monge_count_blocks (size_t n, size_t size)
{
  return (unsigned) ((n + size - 1) / size);
}
