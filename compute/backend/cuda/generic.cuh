/* Device code that all generated programs share. It is not compiled by itself: the build makes a
 * string of it, codegen.c writes the program below it as a struct P, and NVRTC compiles both. So no
 * header is included here.
 *
 *   P::once     values that depend on parameters alone
 *   P::row      what pairs read of a row, P::column of a column: computed once each, in float64
 *   P::pair     F and w of one pair
 *   P::State    one of the reductions below
 *
 * A block has some rows, one or a few per thread, and walks along its columns tile by tile: the
 * values of a tile's columns lie in shared memory, column by column, those of the rows in registers.
 * Sums are of the program's precision within a tile, in chains of at most 64 terms, and float64
 * beyond. Where there are few rows, columns are cut into parts, whose states are put together by a
 * second kernel, in order: the same bits on every run. */

#ifdef __CUDACC__
#define MONGE_DEVICE static __device__ __forceinline__
#define MONGE_METHOD __device__ __forceinline__
#define MONGE_UNROLL _Pragma ("unroll")
#define MONGE_ROLLED _Pragma ("unroll 1")
#else
#define MONGE_DEVICE static inline
#define MONGE_METHOD inline
#define MONGE_UNROLL
#define MONGE_ROLLED
#endif
#ifndef MONGE_DYNAMIC_SHARED
#define MONGE_DYNAMIC_SHARED(type, name)                                                           \
  extern __shared__ __align__ (16) unsigned char monge_dynamic_shared[];                           \
  type *name = (type *) monge_dynamic_shared
#endif

#ifdef __CUDACC__
#define MONGE_INFINITY __longlong_as_double (0x7ff0000000000000ll)
#define MONGE_NAN __longlong_as_double (0x7ff8000000000000ll)
#else
#define MONGE_INFINITY __builtin_inf ()
#define MONGE_NAN __builtin_nan ("")
#endif

/* --- Numbers ---------------------------------------------------------------------------------- */

#define MONGE_LOG2_E 1.4426950408889634

/* One exponential and one product. */
MONGE_DEVICE float
monge_exp (float a)
{
  return exp2f (1.44269504f * a);
}

MONGE_DEVICE double
monge_exp (double a)
{
  return exp (a);
}

/* NaN is left out. */
MONGE_DEVICE float
monge_raise (float a, float b)
{
  return fmaxf (a, b);
}

MONGE_DEVICE double
monge_raise (double a, double b)
{
  return fmax (a, b);
}

/* NaN if either is. */
template <class real>
MONGE_DEVICE real
monge_smaller (real a, real b)
{
  return a < b || a != a ? a : b;
}

template <class real>
MONGE_DEVICE real
monge_larger (real a, real b)
{
  return a > b || a != a ? a : b;
}

template <class real> struct MongeLimits;

template <> struct MongeLimits<float> {
  MONGE_DEVICE float largest () { return 3.402823466e38f; }
};

template <> struct MongeLimits<double> {
  MONGE_DEVICE double largest () { return 1.7976931348623157e308; }
};

MONGE_DEVICE double
monge_read (const MongeGenericArgument &argument, unsigned d, unsigned row)
{
  const unsigned long long at = d * argument.stride + row;

  return argument.is_double ? ((const double *) argument.numbers)[at]
                            : (double) ((const float *) argument.numbers)[at];
}

MONGE_DEVICE double
monge_read_parameter (const MongeGenericArgument &argument, unsigned d)
{
  return argument.is_double ? ((const double *) argument.numbers)[d]
                            : (double) ((const float *) argument.numbers)[d];
}
