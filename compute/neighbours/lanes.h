/* Vectors of floats and of doubles, as wide as the instruction set a file is compiled for.
 *
 * Nothing here fuses a product and a sum but vf_fma(), so what is written without it is rounded
 * alike on every instruction set. */
#pragma once

#include <glib.h>
#include <string.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define LANES 16
#define vf_max(a, b) ((vf) _mm512_max_ps ((__m512) (a), (__m512) (b)))
#define vf_min(a, b) ((vf) _mm512_min_ps ((__m512) (a), (__m512) (b)))
#define vf_fma(a, b, c) ((vf) _mm512_fmadd_ps ((__m512) (a), (__m512) (b), (__m512) (c)))
#define vf_less_equal(a, b) \
  ((guint) _mm512_cmp_ps_mask ((__m512) (a), (__m512) (b), _CMP_LE_OQ))
#define vf_less(a, b) ((guint) _mm512_cmp_ps_mask ((__m512) (a), (__m512) (b), _CMP_LT_OQ))
#define vi_less(a, b) ((guint) _mm512_cmplt_epi32_mask ((__m512i) (a), (__m512i) (b)))
#define vd_max(a, b) ((vd) _mm512_max_pd ((__m512d) (a), (__m512d) (b)))
#define vd_min(a, b) ((vd) _mm512_min_pd ((__m512d) (a), (__m512d) (b)))
#define vd_push(low, high) __builtin_shufflevector (low, high, 7, 8, 9, 10, 11, 12, 13, 14)
#elif defined(__AVX2__)
#define LANES 8
#define vf_max(a, b) ((vf) _mm256_max_ps ((__m256) (a), (__m256) (b)))
#define vf_min(a, b) ((vf) _mm256_min_ps ((__m256) (a), (__m256) (b)))
#define vf_fma(a, b, c) ((vf) _mm256_fmadd_ps ((__m256) (a), (__m256) (b), (__m256) (c)))
#define vf_less_equal(a, b) \
  ((guint) _mm256_movemask_ps (_mm256_cmp_ps ((__m256) (a), (__m256) (b), _CMP_LE_OQ)))
#define vf_less(a, b) \
  ((guint) _mm256_movemask_ps (_mm256_cmp_ps ((__m256) (a), (__m256) (b), _CMP_LT_OQ)))
#define vi_less(a, b) ((guint) _mm256_movemask_ps ((__m256) ((a) < (b))))
#define vd_max(a, b) ((vd) _mm256_max_pd ((__m256d) (a), (__m256d) (b)))
#define vd_min(a, b) ((vd) _mm256_min_pd ((__m256d) (a), (__m256d) (b)))
#define vd_push(low, high) __builtin_shufflevector (low, high, 3, 4, 5, 6)
#else
#define LANES 4
#define vf_fma(a, b, c) ((a) * (b) + (c))
#define vd_push(low, high) __builtin_shufflevector (low, high, 1, 2)
#if defined(__SSE2__)
#define vf_max(a, b) ((vf) _mm_max_ps ((__m128) (a), (__m128) (b)))
#define vf_min(a, b) ((vf) _mm_min_ps ((__m128) (a), (__m128) (b)))
#define vf_less_equal(a, b) ((guint) _mm_movemask_ps ((__m128) ((a) <= (b))))
#define vf_less(a, b) ((guint) _mm_movemask_ps ((__m128) ((a) < (b))))
#define vi_less(a, b) ((guint) _mm_movemask_ps ((__m128) ((a) < (b))))
#define vd_max(a, b) ((vd) _mm_max_pd ((__m128d) (a), (__m128d) (b)))
#define vd_min(a, b) ((vd) _mm_min_pd ((__m128d) (a), (__m128d) (b)))
#endif
#endif

typedef float vf __attribute__ ((vector_size (LANES * 4)));
typedef gint32 vi __attribute__ ((vector_size (LANES * 4)));
typedef double vd __attribute__ ((vector_size (LANES * 4)));
typedef gint64 vl __attribute__ ((vector_size (LANES * 4)));

#define DOUBLES (LANES / 2)

#ifndef vf_max
#define vf_choose(mask, a, b) ((vf) (((mask) & (vi) (a)) | (~(mask) & (vi) (b))))
#define vd_choose(mask, a, b) ((vd) (((mask) & (vl) (a)) | (~(mask) & (vl) (b))))
#define vf_max(a, b) vf_choose ((a) > (b), a, b)
#define vf_min(a, b) vf_choose ((a) < (b), a, b)
#define vd_max(a, b) vd_choose ((a) > (b), a, b)
#define vd_min(a, b) vd_choose ((a) < (b), a, b)
#define vf_less_equal(a, b) vi_bits ((a) <= (b))
#define vf_less(a, b) vi_bits ((a) < (b))
#define vi_less(a, b) vi_bits ((a) < (b))

static inline guint
vi_bits (vi mask)
{
  return (guint) ((mask[0] & 1) | (mask[1] & 2) | (mask[2] & 4) | (mask[3] & 8));
}
#endif

static inline vf
vf_set (float x)
{
  return x - (vf){ 0 };
}

static inline vf
vf_load (const float *from)
{
  vf v;
  memcpy (&v, from, sizeof v);
  return v;
}

static inline void
vf_store (float *to, vf v)
{
  memcpy (to, &v, sizeof v);
}

static inline vi
vi_set (gint32 x)
{
  return x - (vi){ 0 };
}

static inline vi
vi_load (const gint32 *from)
{
  vi v;
  memcpy (&v, from, sizeof v);
  return v;
}

static inline vd
vd_set (double x)
{
  return x - (vd){ 0 };
}

static inline vd
vd_load (const double *from)
{
  vd v;
  memcpy (&v, from, sizeof v);
  return v;
}

static inline void
vd_store (double *to, vd v)
{
  memcpy (to, &v, sizeof v);
}
