/* Functions of float32 with the accuracy that a card promises, no better: libm's result times 1 + e,
 * e from a hash of the arguments, so that the same bits give the same. Bounds are those of the CUDA
 * C++ Programming Guide, section "Mathematical Functions", and of the PTX manual for what a single
 * instruction does (ex2.approx: 2^-22.5, rsqrt.approx and sqrt.approx: 2^-22.9, lg2.approx: 2^-22),
 * rounded up. What is exact there is exact here: 2^0 = 1, √0 = 0, and what is not finite.
 *
 * The operators + − × ÷ are the host's, rounded correctly; only __fdividef() is less exact. */
#pragma once

#define _GLIBCXX_INCLUDE_NEXT_C_HEADERS /* C's own, without the overloads: it compiles in no time */
#include <math.h>

/* Of ±0 there are none: what a function gives there is exact. */
static inline unsigned
host_card_get_bits (float x)
{
  unsigned bits;

  x += 0.0f;
  __builtin_memcpy (&bits, &x, sizeof bits);
  return bits;
}

/* @value off by at most @bound of itself. */
static inline float
host_card_perturb (unsigned bits, float value, float bound)
{
  unsigned hash = bits * 0x9e3779b1u;

  hash = (hash ^ (hash >> 15)) * 0x85ebca77u;
  hash ^= hash >> 13;
  if (!(__builtin_fabsf (value) < __builtin_inff ()))
    return value;
  return value + value * (bound * 0x1p-31f * (float) (int) hash);
}

#define HOST_CARD_ULP 0x1p-23f

#define HOST_CARD_MATH_1(name, exact, n_ulps) \
  static inline float \
  host_card_##name (float x) \
  { \
    return host_card_perturb (host_card_get_bits (x), exact, (n_ulps) * HOST_CARD_ULP); \
  }

/* log2 near 1 has an absolute error. */
static inline float
host_card_approximate_log2 (float x)
{
  return host_card_perturb (host_card_get_bits (x), 1.0f, 2.0f * HOST_CARD_ULP) - 1.0f
         + log2f (x);
}

HOST_CARD_MATH_1 (exp2f, exp2f (x), 2.0f)
HOST_CARD_MATH_1 (expf, expf (x), 2.0f)
HOST_CARD_MATH_1 (exp10f, exp2f (x * 3.32192809f), 2.0f)
HOST_CARD_MATH_1 (expm1f, expm1f (x), 1.0f)
HOST_CARD_MATH_1 (log2f, log2f (x), 1.0f)
HOST_CARD_MATH_1 (logf, logf (x), 1.0f)
HOST_CARD_MATH_1 (log10f, log10f (x), 2.0f)
HOST_CARD_MATH_1 (log1pf, log1pf (x), 1.0f)
HOST_CARD_MATH_1 (sqrtf, sqrtf (x), 1.1f)
HOST_CARD_MATH_1 (rsqrtf, 1.0f / sqrtf (x), 2.0f)
HOST_CARD_MATH_1 (cbrtf, cbrtf (x), 1.0f)
HOST_CARD_MATH_1 (sinf, sinf (x), 2.0f)
HOST_CARD_MATH_1 (cosf, cosf (x), 2.0f)
HOST_CARD_MATH_1 (tanf, tanf (x), 4.0f)
HOST_CARD_MATH_1 (asinf, asinf (x), 2.0f)
HOST_CARD_MATH_1 (acosf, acosf (x), 2.0f)
HOST_CARD_MATH_1 (atanf, atanf (x), 2.0f)
HOST_CARD_MATH_1 (sinhf, sinhf (x), 3.0f)
HOST_CARD_MATH_1 (coshf, coshf (x), 2.0f)
HOST_CARD_MATH_1 (tanhf, tanhf (x), 2.0f)
HOST_CARD_MATH_1 (erff, erff (x), 2.0f)
HOST_CARD_MATH_1 (erfcf, erfcf (x), 4.0f)
/* As nvcc makes them: ex2 and lg2 of a product, and the product's own error with them. */
HOST_CARD_MATH_1 (fast_expf, exp2f (x * 1.44269504f), 2.0f)

static inline float
host_card_fast_logf (float x)
{
  return host_card_approximate_log2 (x) * 0.693147181f;
}

static inline float
host_card_powf (float x, float y)
{
  unsigned bits = host_card_get_bits (x) * 31 + host_card_get_bits (y);

  return host_card_perturb (bits, powf (x, y), 4.0f * HOST_CARD_ULP);
}

static inline float
host_card_atan2f (float y, float x)
{
  unsigned bits = host_card_get_bits (x) * 31 + host_card_get_bits (y);

  return host_card_perturb (bits, atan2f (y, x), 3.0f * HOST_CARD_ULP);
}

static inline float
host_card_hypotf (float x, float y)
{
  unsigned bits = host_card_get_bits (x) * 31 + host_card_get_bits (y);

  return host_card_perturb (bits, hypotf (x, y), 3.0f * HOST_CARD_ULP);
}

static inline float
host_card_fdividef (float x, float y)
{
  unsigned bits = host_card_get_bits (x) * 31 + host_card_get_bits (y);

  return host_card_perturb (bits, x / y, 2.0f * HOST_CARD_ULP);
}

#define exp2f host_card_exp2f
#define expf host_card_expf
#define exp10f host_card_exp10f
#define expm1f host_card_expm1f
#define log2f host_card_log2f
#define logf host_card_logf
#define log10f host_card_log10f
#define log1pf host_card_log1pf
#define sqrtf host_card_sqrtf
#define rsqrtf host_card_rsqrtf
#define cbrtf host_card_cbrtf
#define sinf host_card_sinf
#define cosf host_card_cosf
#define tanf host_card_tanf
#define asinf host_card_asinf
#define acosf host_card_acosf
#define atanf host_card_atanf
#define sinhf host_card_sinhf
#define coshf host_card_coshf
#define tanhf host_card_tanhf
#define erff host_card_erff
#define erfcf host_card_erfcf
#define powf host_card_powf
#define atan2f host_card_atan2f
#define hypotf host_card_hypotf
#define __expf host_card_fast_expf
#define __exp10f host_card_exp10f
#define __logf host_card_fast_logf
#define __log2f host_card_approximate_log2
#define __fdividef host_card_fdividef
#define __frsqrt_rn host_card_rsqrtf

static inline float host_card_correct_sqrt (float x) { return __builtin_sqrtf (x); }
#define __fsqrt_rn host_card_correct_sqrt
static inline float __frcp_rn (float x) { return 1.0f / x; }
static inline float __fdiv_rn (float x, float y) { return x / y; }
static inline float __fmaf_rn (float x, float y, float z) { return fmaf (x, y, z); }
static inline float __fadd_rn (float x, float y) { return x + y; }
static inline float __fsub_rn (float x, float y) { return x - y; }
static inline float __fmul_rn (float x, float y) { return x * y; }
static inline float __saturatef (float x) { return x > 0.0f ? (x < 1.0f ? x : 1.0f) : 0.0f; }
static inline double rsqrt (double x) { return 1.0 / sqrt (x); }
