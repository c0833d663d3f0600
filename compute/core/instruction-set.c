#include "compute/core/instruction-set.h"

static MongeIsa
find_best (void)
{
#if defined(__x86_64__)
  __builtin_cpu_init ();
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    return __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512dq")
                   && __builtin_cpu_supports ("avx512bw") && __builtin_cpu_supports ("avx512vl")
               ? MONGE_ISA_AVX512
               : MONGE_ISA_AVX2;
#endif
  return MONGE_ISA_BASE;
}

MongeIsa
monge_isa_choose (void)
{
  const char *limit = g_getenv ("MONGE_INSTRUCTION_SET");
  MongeIsa best = find_best ();

  if (g_strcmp0 (limit, "base") == 0)
    return MONGE_ISA_BASE;
  return g_strcmp0 (limit, "avx2") == 0 ? MIN (best, MONGE_ISA_AVX2) : best;
}
