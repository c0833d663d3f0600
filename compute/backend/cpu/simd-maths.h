/* Elementary functions on vectors, see simd-vector.h: float to 3 units in the last place or better,
 * and double, where what is not vectorised calls the C library lane by lane.
 *
 * Denormal numbers count as zeros. NaN gives NaN. Polynomials are those of least relative error on
 * the interval that each range reduction leaves (Remez's exchange), rounded to the precision in
 * use; reductions follow Cody and Waite, Software Manual for the Elementary Functions, 1980. */
#pragma once

#include "compute/backend/cpu/simd-vector.h"

#define POLY2(x, a, b) ((b) * (x) + (a))
#define POLY3(x, a, b, c) (POLY2 (x, b, c) * (x) + (a))
#define POLY4(x, a, b, c, d) (POLY3 (x, b, c, d) * (x) + (a))
#define POLY5(x, a, b, c, d, e) (POLY4 (x, b, c, d, e) * (x) + (a))
#define POLY6(x, a, b, c, d, e, f) (POLY5 (x, b, c, d, e, f) * (x) + (a))
#define POLY7(x, a, b, c, d, e, f, g) (POLY6 (x, b, c, d, e, f, g) * (x) + (a))
#define POLY8(x, a, b, c, d, e, f, g, h) (POLY7 (x, b, c, d, e, f, g, h) * (x) + (a))
#define POLY12(x, a, b, c, d, e, f, g, h, i, j, k, l)                                              \
  ((((POLY8 (x, e, f, g, h, i, j, k, l) * (x) + (d)) * (x) + (c)) * (x) + (b)) * (x) + (a))

/* Adding and taking away again rounds to the nearest integer, which the low bits hold meanwhile. */
#define ROUND_FLOAT 0x1.8p23f
#define ROUND_DOUBLE 0x1.8p52

#define PI_2_FLOAT 0x1.921fb6p+0f
#define PI_2_FLOAT_LOW -0x1.777a5cp-25f

/* e^x = 2^n e^r with |r| ≤ ln(2)/2 and e^r = 1 + r (1 + r q(r)). */
#define EXP_FLOAT(r)                                                                               \
  POLY7 (r, 1.0f, 1.0f, 0x1.fffffcp-2f, 0x1.555492p-3f, 0x1.5558f2p-5f, 0x1.1239e2p-7f,            \
         0x1.6a2434p-10f)
#define EXP_DOUBLE(r)                                                                              \
  POLY12 (r, 1.0, 1.0, 0x1.000000000000ap-1, 0x1.55555555554fap-3, 0x1.555555555087cp-5,           \
          0x1.1111111127be6p-7, 0x1.6c16c1842a271p-10, 0x1.a01a012a57026p-13,                      \
          0x1.a0199a0c2eac4p-16, 0x1.71df2554c3994p-19, 0x1.28ad72fee4169p-22,                     \
          0x1.ad7f69b90fe09p-26)

#if defined(__AVX512F__)
INLINE vf
vf_exp (vf x)
{
  vf bounded = vf_min (vf_set (90), vf_max (vf_set (-105), x));
  vf n = bounded * 0x1.715476p+0f + ROUND_FLOAT - ROUND_FLOAT;
  vf r = bounded - n * 0x1.62e4p-1f - n * 0x1.7f7d1cp-20f;

  return (vf) _mm512_scalef_ps ((__m512) EXP_FLOAT (r), (__m512) n);
}

INLINE vd
vd_scale (vd a, vd n)
{
  return (vd) _mm512_scalef_pd ((__m512d) a, (__m512d) n);
}
#else
/* n is added to the exponent's bits. That holds from 2^-126 to the largest number; what is above, or
 * NaN, becomes infinite, or stays NaN, and what is below 0. */
INLINE vf
vf_exp (vf x)
{
  vf shifted = x * 0x1.715476p+0f + ROUND_FLOAT;
  vf n = shifted - ROUND_FLOAT;
  vf r = x - n * 0x1.62e4p-1f - n * 0x1.7f7d1cp-20f;
  vf y = (vf) ((vu) EXP_FLOAT (r) + ((vu) shifted << 23));

  y = (vf) ((vi) y & (x >= -0x1.5d589ep+6f));
  return vf_select (x <= 0x1.62e42ep+6f, y, x + INFINITY);
}

/* @a 2^n in two factors, since one would leave the range before the product does. */
INLINE vd
vd_scale (vd a, vd n)
{
  vul half = (vul) (n * 0.5 + ROUND_DOUBLE) - (vul) vd_set (ROUND_DOUBLE);
  vul rest = (vul) (n + ROUND_DOUBLE) - (vul) vd_set (ROUND_DOUBLE) - half;

  return a * (vd) ((half + 1023) << 52) * (vd) ((rest + 1023) << 52);
}
#endif

INLINE vd
vd_exp (vd x)
{
  vd bounded = vd_min (vd_set (710), vd_max (vd_set (-746), x));
  vd n = bounded * 0x1.71547652b82fep+0 + ROUND_DOUBLE - ROUND_DOUBLE;
  vd r = bounded - n * 0x1.62e42fefa2p-1 - n * 0x1.9ef35793c7673p-41;

  return vd_scale (EXP_DOUBLE (r), n);
}

/* log x = e log 2 + log (1 + f), x = 2^e (1 + f) with 1 + f from √½ to √2. */
INLINE vf
vf_log (vf x)
{
  vu e = (vu) ((vi) ((vu) x - 0x3f3504f3) >> 23);
  vf f = (vf) ((vu) x - (e << 23)) - 1.0f;
  vf exponent = (vf) (e + (vu) vf_set (ROUND_FLOAT)) - ROUND_FLOAT, square = f * f;
  vf p = POLY8 (f, 0x1.555554p-2f, -0x1.000226p-2f, 0x1.99a008p-3f, -0x1.547244p-3f, 0x1.22da1ep-3f,
                -0x1.0d8542p-3f, 0x1.055b68p-3f, -0x1.38b57ap-4f);
  vf y = p * (square * f) + exponent * 0x1.7f7d1cp-20f - 0.5f * square;

  y = (f + y) + exponent * 0x1.62e4p-1f;
  y = vf_select ((x >= 0x1p-126f) & (x < INFINITY), y, x);
  y = vf_select (x < 0x1p-126f, vf_set (-INFINITY), y);
  return vf_select (x <= -0x1p-126f, vf_set (NAN), y);
}

/* With s = f / (2 + f): log (1 + f) = 2 s + s³ p(s²) = f − s (f − s² p). */
INLINE vd
vd_log (vd x)
{
  const guint64 root = 0x3fe6a09e667f3bcd, one = 0x3ff0000000000000; /* √½ and 1 */
  vul bits = (vul) x + (one - root);
  vd exponent = (vd) ((bits >> 52) | 0x4330000000000000) - (0x1p52 + 1023.0);
  vd f = (vd) ((bits & 0x000fffffffffffff) + root) - 1.0;
  vd s = f / (2.0 + f), z = s * s;
  vd p = POLY7 (z, 0x1.5555555555593p-1, 0x1.999999997fc66p-2, 0x1.2492494207171p-2,
                0x1.c71c51f501137p-3, 0x1.746643935473bp-3, 0x1.39a1363cffd20p-3,
                0x1.2f0b0e4ac2ab2p-3);
  vd y = f - (s * (f - z * p) - exponent * 0x1.9ef35793c7673p-41);

  y = y + exponent * 0x1.62e42fefa2p-1;
  y = vd_select ((x >= 0x1p-1022) & (x < (double) INFINITY), y, x);
  y = vd_select (x < 0x1p-1022, vd_set (-INFINITY), y);
  return vd_select (x <= -0x1p-1022, vd_set (NAN), y);
}

/* The C library, lane by lane. */
INLINE vf
vf_map (vf x, float (*func) (float))
{
  for (guint l = 0; l < FLOAT_LANES; l++)
    x[l] = func (x[l]);
  return x;
}

INLINE vd
vd_map (vd x, double (*func) (double))
{
  for (guint l = 0; l < DOUBLE_LANES; l++)
    x[l] = func (x[l]);
  return x;
}

INLINE vd
vd_map2 (vd x, vd y, double (*func) (double, double))
{
  for (guint l = 0; l < DOUBLE_LANES; l++)
    x[l] = func (x[l], y[l]);
  return x;
}

/* Beyond, the C library takes over. */
#define LARGEST_ANGLE 1e5

/* x − n π/2 with n the nearest integer, below 2^17: its product with a part of 33 bits is exact. */
INLINE vd
vd_reduce_angle (vd x, vd *n)
{
  *n = x * 0x1.45f306dc9c883p-1 + ROUND_DOUBLE - ROUND_DOUBLE;
  return x - *n * 0x1.921fb544p+0 - *n * 0x1.0b4611a6p-34 - *n * 0x1.3198a2e037073p-69;
}

/* Sine and cosine of the remainder; @quadrant counts quarter turns. */
INLINE void
vf_sin_cos (vf x, vf *sine, vf *cosine, vi *quadrant)
{
  vd n_low, n_high, low = vd_reduce_angle (vf_low (x), &n_low);
  vd high = vd_reduce_angle (vf_high (x), &n_high);
  vf r = vf_join (low, high), z = r * r;

  *quadrant = (vi) (vf_join (n_low, n_high) + ROUND_FLOAT);
  *sine = r + r * z * POLY3 (z, -0x1.555546p-3f, 0x1.11073ap-7f, -0x1.994388p-13f);
  *cosine = 1.0f - (0.5f * z
                    - z * z * POLY3 (z, 0x1.55554ap-5f, -0x1.6c0c32p-10f, 0x1.99eb4ap-16f));
}

INLINE void
vd_sin_cos (vd x, vd *sine, vd *cosine, vl *quadrant)
{
  vd n, r = vd_reduce_angle (x, &n), z = r * r;

  *quadrant = (vl) (n + ROUND_DOUBLE);
  *sine = r + r * z * POLY6 (z, -0x1.5555555555548p-3, 0x1.111111110f7cap-7, -0x1.a01a019bfd19ap-13,
                             0x1.71de3567135d1p-19, -0x1.ae5e59f624178p-26, 0x1.5d8fa33b70c53p-33);
  *cosine = 1.0 - (0.5 * z - z * z * POLY6 (z, 0x1.555555555554bp-5, -0x1.6c16c16c14f8ap-10,
                                            0x1.a01a019c83923p-16, -0x1.27e4f7ea387c8p-22,
                                            0x1.1ee9d7532de7ep-29, -0x1.8fa4663eaa7d2p-37));
}

INLINE vf
vf_sin (vf x)
{
  vf sine, cosine, y;
  vi quadrant;

  if (G_UNLIKELY (vf_any (~(vf_abs (x) <= (float) LARGEST_ANGLE))))
    return vf_map (x, sinf);
  vf_sin_cos (x, &sine, &cosine, &quadrant);
  y = vf_select ((quadrant & 1) == 0, sine, cosine);
  return (vf) ((vu) y ^ (((vu) quadrant & 2) << 30));
}

INLINE vf
vf_cos (vf x)
{
  vf sine, cosine, y;
  vi quadrant;

  if (G_UNLIKELY (vf_any (~(vf_abs (x) <= (float) LARGEST_ANGLE))))
    return vf_map (x, cosf);
  vf_sin_cos (x, &sine, &cosine, &quadrant);
  y = vf_select ((quadrant & 1) == 0, cosine, sine);
  return (vf) ((vu) y ^ ((((vu) quadrant + 1) & 2) << 30));
}

INLINE vf
vf_tan (vf x)
{
  vf sine, cosine;
  vi quadrant, even;

  if (G_UNLIKELY (vf_any (~(vf_abs (x) <= (float) LARGEST_ANGLE))))
    return vf_map (x, tanf);
  vf_sin_cos (x, &sine, &cosine, &quadrant);
  even = (quadrant & 1) == 0;
  return vf_select (even, sine, -cosine) / vf_select (even, cosine, sine);
}

INLINE vd
vd_sin (vd x)
{
  vd sine, cosine, y;
  vl quadrant;

  if (G_UNLIKELY (vd_any (~(vd_abs (x) <= LARGEST_ANGLE))))
    return vd_map (x, sin);
  vd_sin_cos (x, &sine, &cosine, &quadrant);
  y = vd_select ((quadrant & 1) == 0, sine, cosine);
  return (vd) ((vul) y ^ (((vul) quadrant & 2) << 62));
}

INLINE vd
vd_cos (vd x)
{
  vd sine, cosine, y;
  vl quadrant;

  if (G_UNLIKELY (vd_any (~(vd_abs (x) <= LARGEST_ANGLE))))
    return vd_map (x, cos);
  vd_sin_cos (x, &sine, &cosine, &quadrant);
  y = vd_select ((quadrant & 1) == 0, cosine, sine);
  return (vd) ((vul) y ^ ((((vul) quadrant + 1) & 2) << 62));
}

INLINE vd
vd_tan (vd x)
{
  return vd_map (x, tan);
}

/* Of t ≥ 0: atan t = base + atan ((t − a) / (1 + a t)), a = 0, 1, ∞, leaves at most tan (π/8). */
INLINE vf
vf_atan_positive (vf t)
{
  vi middle = t > 0x1.a8279ap-2f, large = t > 0x1.3504f4p+1f;
  vf numerator = vf_select (large, vf_set (-1), vf_select (middle, t - 1.0f, t));
  vf denominator = vf_select (large, t, vf_select (middle, t + 1.0f, vf_set (1)));
  vf base = vf_select (large, vf_set (PI_2_FLOAT),
                       vf_select (middle, vf_set (PI_2_FLOAT / 2), vf_set (0)));
  vf r = numerator / denominator, z = r * r;
  vf p = POLY5 (z, -0x1.55554ap-2f, 0x1.99918ep-3f, -0x1.23b48ep-3f, 0x1.b1e318p-4f,
                -0x1.f1bd32p-5f);

  return base + (r + (r * z * p + base * (PI_2_FLOAT_LOW / PI_2_FLOAT)));
}

INLINE vf
vf_atan (vf x)
{
  return vf_copy_sign (vf_atan_positive (vf_abs (x)), x);
}

INLINE vd
vd_atan (vd x)
{
  return vd_map (x, atan);
}

/* Of the ratio at most one, then unfolded by octant. */
INLINE vf
vf_atan2 (vf y, vf x)
{
  vf a = vf_abs (x), b = vf_abs (y), small = vf_min (a, b), large = vf_max (a, b), r;
  vi infinite = large == INFINITY;

  small = vf_select (infinite, vf_select (small == INFINITY, vf_set (1), vf_set (0)), small);
  large = vf_select (infinite | (large == 0), vf_set (1), large);
  r = vf_atan_positive (small / large);
  r = vf_select (b > a, (PI_2_FLOAT - r) + PI_2_FLOAT_LOW, r);
  r = vf_select ((vi) x < 0, (2 * PI_2_FLOAT - r) + 2 * PI_2_FLOAT_LOW, r);
  return vf_select ((x == x) & (y == y), vf_copy_sign (r, y), vf_set (NAN));
}

INLINE vd
vd_atan2 (vd y, vd x)
{
  return vd_map2 (y, x, atan2);
}

/* asin |x| = s + s³ p(s²), with s = |x| up to ½; above, asin |x| = π/2 − 2 asin s with
 * s² = (1 − |x|)/2. @small says which. */
INLINE vf
vf_asin_core (vf x, vi *small)
{
  vf a = vf_abs (x), z, s;

  *small = a <= 0.5f;
  z = vf_select (*small, a * a, 0.5f * (1.0f - a));
  s = vf_select (*small, a, vf_sqrt (z));
  return s + s * z * POLY5 (z, 0x1.5555c8p-3f, 0x1.3301e4p-4f, 0x1.747e4ap-5f, 0x1.8c283cp-6f,
                            0x1.596d28p-5f);
}

INLINE vf
vf_asin (vf x)
{
  vi small;
  vf y = vf_asin_core (x, &small);

  y = vf_select (small, y, (PI_2_FLOAT - 2.0f * y) + PI_2_FLOAT_LOW);
  return vf_copy_sign (y, x);
}

INLINE vf
vf_acos (vf x)
{
  vi small;
  vf y = vf_asin_core (x, &small);
  vf sharp = vf_select (x > 0, 2.0f * y, (2 * PI_2_FLOAT - 2.0f * y) + 2 * PI_2_FLOAT_LOW);

  return vf_select (small, (PI_2_FLOAT - vf_copy_sign (y, x)) + PI_2_FLOAT_LOW, sharp);
}

INLINE vd
vd_asin (vd x)
{
  return vd_map (x, asin);
}

INLINE vd
vd_acos (vd x)
{
  return vd_map (x, acos);
}

/* A polynomial below 0.625, else 1 − 2 / (e^2|x| + 1). */
INLINE vf
vf_tanh (vf x)
{
  vf a = vf_abs (x), z = x * x;
  vf p = POLY5 (z, -0x1.555532p-2f, 0x1.110726p-3f, -0x1.b83c5ap-5f, 0x1.52269ap-6f,
                -0x1.75e1cap-8f);
  vf large = 1.0f - 2.0f / (vf_exp (a + a) + 1.0f);

  return vf_select (a < 0.625f, x + x * z * p, vf_copy_sign (large, x));
}

INLINE vd
vd_tanh (vd x)
{
  return vd_map (x, tanh);
}

/* |x|^y = e^(y log |x|), then what C says of signs, zeros and infinities. In double it is only as
 * good as y log |x|, which is plenty for float. */
INLINE vd
vd_power_core (vd x, vd y)
{
  vd a = vd_abs (x), p = vd_exp (vd_log (a) * y);
  vd bounded = vd_min (vd_set (0x1p51), vd_max (vd_set (-0x1p51), y));
  vd shifted = bounded + ROUND_DOUBLE;
  vl integer = (shifted - ROUND_DOUBLE) == bounded, odd = integer & (((vl) shifted & 1) != 0);
  vl real = integer | (a == 0) | (a == (double) INFINITY), negative = (vl) x < 0;

  p = vd_select (a == 1.0, vd_set (1), p);
  p = vd_select (negative & ~real, vd_set (NAN), p);
  p = (vd) ((vl) p ^ (negative & odd & LONG_SIGN_BIT));
  p = vd_select ((x == x) & (y == y), p, vd_set (NAN));
  return vd_select ((y == 0) | (x == 1.0), vd_set (1), p);
}

INLINE vf
vf_power (vf x, vf y)
{
  return vf_join (vd_power_core (vf_low (x), vf_low (y)), vd_power_core (vf_high (x), vf_high (y)));
}

INLINE vd
vd_power (vd x, vd y)
{
  return vd_map2 (x, y, pow);
}

/* To 1 unit in the last place: a guess of 14 bits and a step of Newton's cost less than the
 * machine's own division and root at this width. */
#if defined(__AVX512F__)
INLINE vf
vf_rsqrt (vf a)
{
  vf y = (vf) _mm512_rsqrt14_ps ((__m512) a);
  vf better = y + 0.5f * y * (1.0f - a * y * y);

  return vf_select ((a > 0) & (a < INFINITY), better, y);
}

INLINE vf
vf_root (vf a)
{
  vf y = (vf) _mm512_rsqrt14_ps ((__m512) a), s = a * y;
  vf better = s + 0.5f * y * (a - s * s);

  return vf_select ((a > 0) & (a < INFINITY), better, vf_sqrt (a));
}
#else
INLINE vf
vf_rsqrt (vf a)
{
  return 1.0f / vf_sqrt (a);
}

INLINE vf
vf_root (vf a)
{
  return vf_sqrt (a);
}
#endif

INLINE vd
vd_rsqrt (vd a)
{
  return 1.0 / vd_sqrt (a);
}

INLINE vd
vd_root (vd a)
{
  return vd_sqrt (a);
}
