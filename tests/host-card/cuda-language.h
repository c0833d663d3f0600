/* What a .cu file sees on the host in place of nvcc: the compiler is told to include this before
 * it. Names that begin with two underscores are CUDA's.
 *
 * Three things are macros of our own, so that they have a meaning here: MONGE_LAUNCH,
 * MONGE_DYNAMIC_SHARED, MONGE_SHARED; compute/backend/cuda/device.h has them for nvcc. */
#pragma once

#define MONGE_HOST_CARD 1

#include "tests/host-card/block.h"

#include <cuda_runtime_api.h>

#include "tests/host-card/cuda-math.h"

#define __global__
#define __device__
#define __host__
#define __constant__ static const
#define __forceinline__ inline __attribute__ ((always_inline))
#define __noinline__ __attribute__ ((noinline))
#define __launch_bounds__(...)
#define __align__(n) alignas (n)
#define __grid_constant__
#define __shared__ "shared memory is declared by MONGE_SHARED (type, name, [size])"

#define threadIdx (host_card_thread_index)
#define blockIdx (host_card_block_index)
#define blockDim (host_card_block_dim)
#define gridDim (host_card_grid_dim)
#define warpSize HOST_CARD_WARP

/* Static shared memory between two guards, filled anew by the first thread of each block. */
#define MONGE_SHARED(type, name, ...) \
  static struct \
  { \
    alignas (HOST_CARD_SHARED_GUARD) char before[HOST_CARD_SHARED_GUARD]; \
    type name __VA_ARGS__; \
    char after[HOST_CARD_SHARED_GUARD]; \
  } name##_guarded; \
  static unsigned long long name##_serial; \
  auto &name = name##_guarded.name; \
  host_card_enter_shared (&name##_serial, &name, sizeof name, #name)

#define MONGE_DYNAMIC_SHARED(type, name) \
  type *const name = (type *) host_card_get_dynamic_shared ()

#define MONGE_LAUNCH(kernel, grid, block, shared_size, stream, ...) \
  host_card::launch (#kernel, __FILE__, __LINE__, grid, block, shared_size, stream, \
                     kernel __VA_OPT__ (,) __VA_ARGS__)

#define __syncthreads() ((void) host_card_barrier (0, __LINE__))
#define __syncthreads_count(predicate) host_card_barrier (predicate, __LINE__)
#define __syncthreads_or(predicate) (host_card_barrier (predicate, __LINE__) != 0)
#define __syncthreads_and(predicate) (host_card_barrier (!(predicate), __LINE__) == 0)
#define __syncwarp(...) host_card_sync_warp (host_card::mask (__VA_ARGS__), __LINE__)
#define __ballot_sync(mask, predicate) host_card_ballot (mask, predicate, __LINE__)
#define __any_sync(mask, predicate) (host_card_ballot (mask, predicate, __LINE__) != 0)
#define __all_sync(mask, predicate) (host_card_ballot (mask, !(predicate), __LINE__) == 0)
#define HOST_CARD_SHUFFLE(kind, mask, value, argument, ...) \
  host_card::shuffle (mask, value, HOST_CARD_SHUFFLE_##kind, (int) (argument), \
                      host_card::width (__VA_ARGS__), __LINE__)
#define __shfl_sync(...) HOST_CARD_SHUFFLE (INDEX, __VA_ARGS__)
#define __shfl_up_sync(...) HOST_CARD_SHUFFLE (UP, __VA_ARGS__)
#define __shfl_down_sync(...) HOST_CARD_SHUFFLE (DOWN, __VA_ARGS__)
#define __shfl_xor_sync(...) HOST_CARD_SHUFFLE (XOR, __VA_ARGS__)
#define __threadfence() ((void) 0)
#define __threadfence_block() ((void) 0)
#define __threadfence_system() ((void) 0)

namespace host_card {

static inline unsigned mask (unsigned mask = 0xffffffffu) { return mask; }
static inline int width (int width = HOST_CARD_WARP) { return width; }

template <typename T>
static inline T
shuffle (unsigned mask, T value, HostCardShuffle kind, int argument, int width, int line)
{
  unsigned long long bits = 0;

  static_assert (sizeof value <= sizeof bits, "shuffles take values of 8 bytes at most");
  __builtin_memcpy (&bits, &value, sizeof value);
  bits = host_card_shuffle (mask, bits, kind, argument, width, line);
  __builtin_memcpy (&value, &bits, sizeof value);
  return value;
}

template <typename T> struct Same { typedef T type; };

/* A call of a kernel that is yet to come, with copies of its arguments. */
template <typename... T>
struct Bound
{
  static void
  bind (HostCardGrid *grid, void (*kernel) (T...), T... arguments)
  {
    auto body = [=] { kernel (arguments...); };
    typedef decltype (body) Body;

    grid->data = new Body (body);
    grid->body = [] (void *data) { (*(Body *) data) (); };
    grid->unbind = [] (HostCardGrid *self) { delete (Body *) self->data; };
  }

  template <unsigned... I> struct Numbers {};
  template <unsigned n, unsigned... I> struct Count : Count<n - 1, n - 1, I...> {};
  template <unsigned... I> struct Count<0, I...> { typedef Numbers<I...> type; };

  template <unsigned... I>
  static void
  bind_each (HostCardGrid *grid, void (*kernel) (T...), void **arguments, Numbers<I...>)
  {
    bind (grid, kernel, *(T *) arguments[I]...);
  }
};

/* Arguments are converted to what the kernel takes, and copied, when it is launched. */
template <typename... T>
static inline void
launch (const char *name, const char *file, int line, dim3 grid, dim3 block, size_t shared_size,
        cudaStream_t stream, void (*kernel) (T...), typename Same<T>::type... arguments)
{
  HostCardGrid what = { name, file, line, grid, block, shared_size, nullptr, nullptr, nullptr };

  Bound<T...>::bind (&what, kernel, arguments...);
  host_card_launch (&what, (const void *) kernel, stream);
}

/* From the addresses of its arguments, as cudaLaunchKernel() has them. */
template <typename... T>
static inline void
bind (HostCardGrid *grid, void (*kernel) (T...), void **arguments)
{
  typedef Bound<T...> B;

  B::bind_each (grid, kernel, arguments, typename B::template Count<sizeof... (T)>::type ());
}

template <typename T>
static inline T
add_atomically (T *address, T value)
{
  T old, sum;

  __atomic_load (address, &old, __ATOMIC_RELAXED);
  do
    sum = old + value;
  while (!__atomic_compare_exchange (address, &old, &sum, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED));
  return old;
}

} /* namespace */

#define HOST_CARD_ATOMICS(type) \
  static inline type atomicExch (type *p, type v) \
  { return __atomic_exchange_n (p, v, __ATOMIC_RELAXED); } \
  static inline type atomicCAS (type *p, type old, type v) \
  { \
    __atomic_compare_exchange_n (p, &old, v, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED); \
    return old; \
  } \
  static inline type atomicAdd (type *p, type v) { return host_card::add_atomically (p, v); } \
  static inline type atomicOr (type *p, type v) \
  { return __atomic_fetch_or (p, v, __ATOMIC_RELAXED); } \
  static inline type atomicAnd (type *p, type v) \
  { return __atomic_fetch_and (p, v, __ATOMIC_RELAXED); } \
  static inline type atomicMax (type *p, type v) \
  { \
    type old = __atomic_load_n (p, __ATOMIC_RELAXED); \
    while (old < v && !__atomic_compare_exchange_n (p, &old, v, false, __ATOMIC_RELAXED, \
                                                    __ATOMIC_RELAXED)) {} \
    return old; \
  } \
  static inline type atomicMin (type *p, type v) \
  { \
    type old = __atomic_load_n (p, __ATOMIC_RELAXED); \
    while (old > v && !__atomic_compare_exchange_n (p, &old, v, false, __ATOMIC_RELAXED, \
                                                    __ATOMIC_RELAXED)) {} \
    return old; \
  }
HOST_CARD_ATOMICS (int)
HOST_CARD_ATOMICS (unsigned)
HOST_CARD_ATOMICS (unsigned long long)
static inline float atomicAdd (float *p, float v) { return host_card::add_atomically (p, v); }
static inline double atomicAdd (double *p, double v) { return host_card::add_atomically (p, v); }

#define HOST_CARD_VECTORS(type, name, align_2, align_4) \
  struct alignas (align_2) name##2 { type x, y; }; \
  struct name##3 { type x, y, z; }; \
  struct alignas (align_4) name##4 { type x, y, z, w; }; \
  static inline name##2 make_##name##2 (type x, type y) { return { x, y }; } \
  static inline name##3 make_##name##3 (type x, type y, type z) { return { x, y, z }; } \
  static inline name##4 make_##name##4 (type x, type y, type z, type w) { return { x, y, z, w }; }
HOST_CARD_VECTORS (float, float, 8, 16)
HOST_CARD_VECTORS (int, int, 8, 16)
HOST_CARD_VECTORS (double, double, 16, 16)
struct alignas (8) uint2 { unsigned x, y; };
struct alignas (16) uint4 { unsigned x, y, z, w; };
static inline uint2 make_uint2 (unsigned x, unsigned y) { return { x, y }; }
static inline uint3 make_uint3 (unsigned x, unsigned y, unsigned z) { return { x, y, z }; }
static inline uint4
make_uint4 (unsigned x, unsigned y, unsigned z, unsigned w) { return { x, y, z, w }; }

template <typename T> static inline T __ldg (const T *p) { return *p; }
template <typename T> static inline T __ldcs (const T *p) { return *p; }
template <typename T> static inline void __stcs (T *p, T value) { *p = value; }

#define HOST_CARD_BITS(name, to, from) \
  static inline to \
  name (from value) \
  { \
    to result; \
    __builtin_memcpy (&result, &value, sizeof result); \
    return result; \
  }
HOST_CARD_BITS (__float_as_uint, unsigned, float)
HOST_CARD_BITS (__float_as_int, int, float)
HOST_CARD_BITS (__uint_as_float, float, unsigned)
HOST_CARD_BITS (__int_as_float, float, int)
HOST_CARD_BITS (__double_as_longlong, long long, double)
HOST_CARD_BITS (__longlong_as_double, double, long long)

static inline int __popc (unsigned x) { return __builtin_popcount (x); }
static inline int __popcll (unsigned long long x) { return __builtin_popcountll (x); }
static inline int __ffs (int x) { return __builtin_ffs (x); }
static inline int __clz (int x) { return x != 0 ? __builtin_clz ((unsigned) x) : 32; }
static inline float __int2float_rn (int x) { return (float) x; }
static inline float __uint2float_rn (unsigned x) { return (float) x; }
static inline int __float2int_rn (float x) { return (int) __builtin_rintf (x); }
static inline int __float2int_rd (float x) { return (int) __builtin_floorf (x); }
static inline float __double2float_rn (double x) { return (float) x; }

#define HOST_CARD_MIN_MAX(type) \
  static inline type min (type a, type b) { return b < a ? b : a; } \
  static inline type max (type a, type b) { return a < b ? b : a; }
HOST_CARD_MIN_MAX (int)
HOST_CARD_MIN_MAX (unsigned)
HOST_CARD_MIN_MAX (long)
HOST_CARD_MIN_MAX (unsigned long)
HOST_CARD_MIN_MAX (long long)
HOST_CARD_MIN_MAX (unsigned long long)
static inline float min (float a, float b) { return fminf (a, b); }
static inline float max (float a, float b) { return fmaxf (a, b); }
static inline double min (double a, double b) { return fmin (a, b); }
static inline double max (double a, double b) { return fmax (a, b); }

/* As cuda_runtime.h has them for C++. */
template <typename... T>
static inline cudaError_t
cudaFuncSetAttribute (void (*kernel) (T...), cudaFuncAttribute attribute, int value)
{
  return cudaFuncSetAttribute ((const void *) kernel, attribute, value);
}

template <typename... T>
static inline cudaError_t
cudaFuncGetAttributes (cudaFuncAttributes *attributes, void (*kernel) (T...))
{
  return cudaFuncGetAttributes (attributes, (const void *) kernel);
}
