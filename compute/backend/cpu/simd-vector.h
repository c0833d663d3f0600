/* Vectors of float and of double, as wide as the instruction set this file is compiled for.
 *
 * vf and vi hold LANES floats and integers, vd and vl half as many doubles and integers: each fills
 * one register. Operators come from the compilers' vector extension and contract to fused
 * multiply-adds where the machine has them; comparisons give masks of all bits or none. */
#pragma once

#include <glib.h>
#include <math.h>
#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#define VECTOR_BYTES 64
#elif defined(__AVX2__)
#include <immintrin.h>
#define VECTOR_BYTES 32
#elif defined(__SSE2__)
#include <immintrin.h>
#define VECTOR_BYTES 16
#else
#define VECTOR_BYTES 16
#endif
#define FLOAT_LANES (VECTOR_BYTES / 4)
#define DOUBLE_LANES (VECTOR_BYTES / 8)

#define INLINE static inline __attribute__ ((always_inline, unused))

typedef float vf __attribute__ ((vector_size (VECTOR_BYTES)));
typedef gint32 vi __attribute__ ((vector_size (VECTOR_BYTES)));
typedef guint32 vu __attribute__ ((vector_size (VECTOR_BYTES))); /* wraps where vi must not */
typedef double vd __attribute__ ((vector_size (VECTOR_BYTES)));
typedef gint64 vl __attribute__ ((vector_size (VECTOR_BYTES)));
typedef guint64 vul __attribute__ ((vector_size (VECTOR_BYTES)));

INLINE vf
vf_set (float x)
{
  return x - (vf){ 0 };
}

INLINE vd
vd_set (double x)
{
  return x - (vd){ 0 };
}

/* Where @mask holds @a, else @b. */
INLINE vf
vf_select (vi mask, vf a, vf b)
{
  return (vf) ((mask & (vi) a) | (~mask & (vi) b));
}

INLINE vd
vd_select (vl mask, vd a, vd b)
{
  return (vd) ((mask & (vl) a) | (~mask & (vl) b));
}

#define SIGN_BIT ((gint32) 0x80000000)
#define LONG_SIGN_BIT ((gint64) 0x8000000000000000)

INLINE vf
vf_abs (vf a)
{
  return (vf) ((vi) a & 0x7fffffff);
}

INLINE vd
vd_abs (vd a)
{
  return (vd) ((vl) a & 0x7fffffffffffffff);
}

/* |@a| with the sign of @sign. */
INLINE vf
vf_copy_sign (vf a, vf sign)
{
  return (vf) (((vi) a & 0x7fffffff) | ((vi) sign & SIGN_BIT));
}

INLINE vd
vd_copy_sign (vd a, vd sign)
{
  return (vd) (((vl) a & 0x7fffffffffffffff) | ((vl) sign & LONG_SIGN_BIT));
}

/* The extremum; @b where either is NaN, as x86 has it: a NaN in @a is lost, one in @b stays. */
#if defined(__AVX512F__)
#define vf_min(a, b) ((vf) _mm512_min_ps ((__m512) (a), (__m512) (b)))
#define vf_max(a, b) ((vf) _mm512_max_ps ((__m512) (a), (__m512) (b)))
#define vf_sqrt(a) ((vf) _mm512_sqrt_ps ((__m512) (a)))
#define vf_any(mask) (_mm512_test_epi32_mask ((__m512i) (mask), (__m512i) (mask)) != 0)
#define vf_low(a) ((vd) _mm512_cvtps_pd (_mm512_castps512_ps256 ((__m512) (a))))
#define vf_high(a) ((vd) _mm512_cvtps_pd (_mm512_extractf32x8_ps ((__m512) (a), 1)))
#define vf_join(low, high)                                                                         \
  ((vf) _mm512_insertf32x8 (_mm512_castps256_ps512 (_mm512_cvtpd_ps ((__m512d) (low))),            \
                            _mm512_cvtpd_ps ((__m512d) (high)), 1))
#define vd_min(a, b) ((vd) _mm512_min_pd ((__m512d) (a), (__m512d) (b)))
#define vd_max(a, b) ((vd) _mm512_max_pd ((__m512d) (a), (__m512d) (b)))
#define vd_sqrt(a) ((vd) _mm512_sqrt_pd ((__m512d) (a)))
#define vd_any(mask) (_mm512_test_epi64_mask ((__m512i) (mask), (__m512i) (mask)) != 0)
#elif defined(__AVX2__)
#define vf_min(a, b) ((vf) _mm256_min_ps ((__m256) (a), (__m256) (b)))
#define vf_max(a, b) ((vf) _mm256_max_ps ((__m256) (a), (__m256) (b)))
#define vf_sqrt(a) ((vf) _mm256_sqrt_ps ((__m256) (a)))
#define vf_any(mask) (_mm256_movemask_ps ((__m256) (mask)) != 0)
#define vf_low(a) ((vd) _mm256_cvtps_pd (_mm256_castps256_ps128 ((__m256) (a))))
#define vf_high(a) ((vd) _mm256_cvtps_pd (_mm256_extractf128_ps ((__m256) (a), 1)))
#define vf_join(low, high)                                                                         \
  ((vf) _mm256_insertf128_ps (_mm256_castps128_ps256 (_mm256_cvtpd_ps ((__m256d) (low))),          \
                              _mm256_cvtpd_ps ((__m256d) (high)), 1))
#define vd_min(a, b) ((vd) _mm256_min_pd ((__m256d) (a), (__m256d) (b)))
#define vd_max(a, b) ((vd) _mm256_max_pd ((__m256d) (a), (__m256d) (b)))
#define vd_sqrt(a) ((vd) _mm256_sqrt_pd ((__m256d) (a)))
#define vd_any(mask) (_mm256_movemask_pd ((__m256d) (mask)) != 0)
#elif defined(__SSE2__)
#define vf_min(a, b) ((vf) _mm_min_ps ((__m128) (a), (__m128) (b)))
#define vf_max(a, b) ((vf) _mm_max_ps ((__m128) (a), (__m128) (b)))
#define vf_sqrt(a) ((vf) _mm_sqrt_ps ((__m128) (a)))
#define vf_any(mask) (_mm_movemask_ps ((__m128) (mask)) != 0)
#define vf_low(a) ((vd) _mm_cvtps_pd ((__m128) (a)))
#define vf_high(a) ((vd) _mm_cvtps_pd (_mm_movehl_ps ((__m128) (a), (__m128) (a))))
#define vf_join(low, high)                                                                         \
  ((vf) _mm_movelh_ps (_mm_cvtpd_ps ((__m128d) (low)), _mm_cvtpd_ps ((__m128d) (high))))
#define vd_min(a, b) ((vd) _mm_min_pd ((__m128d) (a), (__m128d) (b)))
#define vd_max(a, b) ((vd) _mm_max_pd ((__m128d) (a), (__m128d) (b)))
#define vd_sqrt(a) ((vd) _mm_sqrt_pd ((__m128d) (a)))
#define vd_any(mask) (_mm_movemask_pd ((__m128d) (mask)) != 0)
#else
INLINE vf
vf_min (vf a, vf b)
{
  return vf_select (a < b, a, b);
}

INLINE vf
vf_max (vf a, vf b)
{
  return vf_select (a > b, a, b);
}

INLINE vf
vf_sqrt (vf a)
{
  for (guint l = 0; l < FLOAT_LANES; l++)
    a[l] = sqrtf (a[l]);
  return a;
}

INLINE gboolean
vf_any (vi mask)
{
  return (mask[0] | mask[1] | mask[2] | mask[3]) != 0;
}

INLINE vd
vf_low (vf a)
{
  return (vd){ a[0], a[1] };
}

INLINE vd
vf_high (vf a)
{
  return (vd){ a[2], a[3] };
}

INLINE vf
vf_join (vd low, vd high)
{
  return (vf){ (float) low[0], (float) low[1], (float) high[0], (float) high[1] };
}

INLINE vd
vd_min (vd a, vd b)
{
  return vd_select (a < b, a, b);
}

INLINE vd
vd_max (vd a, vd b)
{
  return vd_select (a > b, a, b);
}

INLINE vd
vd_sqrt (vd a)
{
  return (vd){ sqrt (a[0]), sqrt (a[1]) };
}

INLINE gboolean
vd_any (vl mask)
{
  return (mask[0] | mask[1]) != 0;
}
#endif
