/* Denormal numbers taken as zeros, in and out: they are a hundred times slower than others and
 * worth nothing in a sum. Of the calling thread, so put it back before anyone else's code runs. */
#pragma once

#include <glib.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__SSE2__)
typedef unsigned MongeFloatMode;

static inline MongeFloatMode
monge_flush_enter (void)
{
  MongeFloatMode old = _mm_getcsr ();

  _mm_setcsr (old | 0x8040); /* flush to zero, denormals are zero */
  return old;
}

static inline void
monge_flush_leave (MongeFloatMode old)
{
  _mm_setcsr (old);
}
#elif defined(__aarch64__)
typedef guint64 MongeFloatMode;

static inline MongeFloatMode
monge_flush_enter (void)
{
  MongeFloatMode old;

  __asm__ volatile ("mrs %0, fpcr" : "=r"(old));
  __asm__ volatile ("msr fpcr, %0" : : "r"(old | (1 << 24)));
  return old;
}

static inline void
monge_flush_leave (MongeFloatMode old)
{
  __asm__ volatile ("msr fpcr, %0" : : "r"(old));
}
#else
typedef int MongeFloatMode;

static inline MongeFloatMode
monge_flush_enter (void)
{
  return 0;
}

static inline void
monge_flush_leave (MongeFloatMode old)
{
  (void) old;
}
#endif
