/* One vector of floats, as wide as the instruction set this file is compiled for.
 *
 * rows.c is compiled once per instruction set; operators + − × come from the compilers' vector
 * extension and contract to fused multiply-adds where the machine has them. */
#pragma once

#include <glib.h>
#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
#define LANES 16
#define vf_max(a, b) ((vf) _mm512_max_ps ((__m512) (a), (__m512) (b)))
#define vf_min(a, b) ((vf) _mm512_min_ps ((__m512) (a), (__m512) (b)))
#define vf_rsqrt_guess(a) ((vf) _mm512_rsqrt14_ps ((__m512) (a)))
#elif defined(__AVX2__)
#include <immintrin.h>
#define LANES 8
#define vf_max(a, b) ((vf) _mm256_max_ps ((__m256) (a), (__m256) (b)))
#define vf_min(a, b) ((vf) _mm256_min_ps ((__m256) (a), (__m256) (b)))
#define vf_rsqrt_guess(a) ((vf) _mm256_rsqrt_ps ((__m256) (a)))
#elif defined(__SSE2__)
#include <immintrin.h>
#define LANES 4
#define vf_max(a, b) ((vf) _mm_max_ps ((__m128) (a), (__m128) (b)))
#define vf_min(a, b) ((vf) _mm_min_ps ((__m128) (a), (__m128) (b)))
#define vf_rsqrt_guess(a) ((vf) _mm_rsqrt_ps ((__m128) (a)))
#else
#define LANES 4
#endif

typedef float vf __attribute__ ((vector_size (LANES * 4)));
typedef gint32 vi __attribute__ ((vector_size (LANES * 4)));

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

#ifndef vf_max
static inline vf
vf_max (vf a, vf b)
{
  vi greater = a > b;
  return (vf) ((greater & (vi) a) | (~greater & (vi) b));
}

static inline vf
vf_min (vf a, vf b)
{
  vi less = a < b;
  return (vf) ((less & (vi) a) | (~less & (vi) b));
}

/* A first guess from the bits of the exponent, 3 % off, sharpened twice. */
static inline vf
vf_rsqrt_guess (vf a)
{
  vf y = (vf) (0x5f375a86 - ((vi) a >> 1));
  y = y * (1.5f - 0.5f * a * y * y);
  return y * (1.5f - 0.5f * a * y * y);
}
#endif

/* 2^x to 1.5e-7 relative. The fraction of x goes through the polynomial of degree 5 of least
 * relative error (7.5e-8), the rest to the exponent.
 *
 * Denormal numbers are expected to count as 0 (see denormals.h), and sums as large as 2^127 to be
 * looked at again. */
#if defined(__AVX512F__)
/* r = x − ⌊x⌋ and p 2^⌊x⌋ are one instruction each, right for any x: below 2^-126 it gives 0. */
static inline vf
vf_exp2 (vf x)
{
  vf r = (vf) _mm512_reduce_ps ((__m512) x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
  vf p = 0x1.ec320ap-10f * r + 0x1.26900cp-7f;

  p = p * r + 0x1.c95446p-5f;
  p = p * r + 0x1.ebd5a8p-3f;
  p = p * r + 0x1.62e4f6p-1f;
  p = p * r + 0x1.fffffep-1f;
  return (vf) _mm512_scalef_ps ((__m512) p, (__m512) x);
}
#else
/* Below this exponent a term counts as 2^-125: nothing beside sums of order one. */
#define EXP2_FLOOR -125.0f
/* Above this one it counts as 2^127: a sum out of the range that is looked at again, where the
 * exponent's bits would otherwise run over into a harmless number. */
#define EXP2_CEILING 127.0f

/* x = n + r with |r| ≤ ½: adding 1.5·2^23 leaves n in the low bits. */
static inline vf
vf_exp2 (vf x)
{
  const float magic = 0x1.8p23f;
  vf bounded = vf_min (vf_max (x, vf_set (EXP2_FLOOR)), vf_set (EXP2_CEILING));
  vf shifted = bounded + magic;
  vf r = bounded - (shifted - magic);
  vf p = 0x1.5c08e4p-10f * r + 0x1.3d0c54p-7f;

  p = p * r + 0x1.c6b6e4p-5f;
  p = p * r + 0x1.ebf918p-3f;
  p = p * r + 0x1.62e428p-1f;
  p = p * r + 0x1.000002p+0f;
  return (vf) ((vi) p + ((vi) shifted << 23));
}
#endif
