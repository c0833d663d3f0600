/* Numbers below 2^-126 count as zero while a loop runs: slow, and nothing beside its sums. */
#pragma once

#include <glib.h>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* For the calling thread. Returns what monge_denormals_restore() wants. */
static inline guint64
monge_denormals_off (void)
{
#if defined(__SSE2__)
  guint32 mode = _mm_getcsr ();

  _mm_setcsr (mode | 0x8040); /* flush to zero, and inputs as well */
  return mode;
#elif defined(__aarch64__)
  guint64 mode;

  __asm__ volatile ("mrs %0, fpcr" : "=r"(mode));
  __asm__ volatile ("msr fpcr, %0" : : "r"(mode | ((guint64) 1 << 24)));
  return mode;
#else
  return 0;
#endif
}

static inline void
monge_denormals_restore (guint64 mode)
{
#if defined(__SSE2__)
  _mm_setcsr ((guint32) mode);
#elif defined(__aarch64__)
  __asm__ volatile ("msr fpcr, %0" : : "r"(mode));
#else
  (void) mode;
#endif
}
