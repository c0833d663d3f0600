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

/* 1/√a for a > 0, to 3e-7 relative: one Newton step on a guess of 11 bits or better. */
static inline vf
vf_rsqrt (vf a)
{
  vf y = vf_rsqrt_guess (a);
  return y * (1.5f - 0.5f * a * y * y);
}

/* Below this exponent a term counts as 2^-100: nothing beside sums of order one, and its products
 * stay clear of denormal numbers, which are slow. */
#define EXP2_FLOOR -100.0f
/* Above this one it counts as 2^127: a sum out of the range that is looked at again, where the
 * exponent's bits would otherwise run over into a harmless number. */
#define EXP2_CEILING 127.0f

/* 2^x to 1.5e-7 relative. x = n + r with |r| ≤ ½: adding 1.5·2^23 leaves n in the low
 * bits; 2^r by the degree-5 polynomial of least relative error (7.5e-8); n goes to the exponent. */
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
