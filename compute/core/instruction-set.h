/* Which vector instructions the inner loops may use. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Each has what those before it have. */
typedef enum {
  MONGE_ISA_BASE,   /* SSE2 on x86, four lanes elsewhere */
  MONGE_ISA_AVX2,   /* with FMA */
  MONGE_ISA_AVX512, /* F, DQ, BW, VL */
  MONGE_N_ISAS,
} MongeIsa;

/* The best that this processor has, or less where $MONGE_INSTRUCTION_SET (base, avx2, avx512) says
 * so, for tests. Any thread. */
MongeIsa monge_isa_choose (void);

G_END_DECLS
