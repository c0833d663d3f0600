#include "compute/formula/ops.h"

#define LEAF MONGE_OP_CLASS_LEAF, 0, NULL
#define MAP(n, spelling) MONGE_OP_CLASS_ELEMENTWISE, n, spelling
#define FOLD(n) MONGE_OP_CLASS_FOLD, n, NULL
#define STRUCTURE(n) MONGE_OP_CLASS_STRUCTURE, n, NULL

/* What an operation does to dimensions is in formula.c, its rewriting in simplify.c, its derivative
 * in grad.c. */
static const MongeOpInfo ops[MONGE_N_OPS] = {
  [MONGE_OP_VARIABLE] = { "variable", LEAF },
  [MONGE_OP_CONSTANT] = { "constant", LEAF },

  [MONGE_OP_COPY] = { "copy", MAP (1, "%1$s") },
  [MONGE_OP_NEGATE] = { "negate", MAP (1, "-(%1$s)") },
  [MONGE_OP_ABS] = { "abs", MAP (1, "fabs (%1$s)") },
  [MONGE_OP_INVERSE] = { "inverse", MAP (1, "1 / (%1$s)") },
  [MONGE_OP_SQUARE] = { "square", MAP (1, "(%1$s) * (%1$s)") },
  [MONGE_OP_SQRT] = { "sqrt", MAP (1, "sqrt (%1$s)") },
  [MONGE_OP_RSQRT] = { "rsqrt", MAP (1, "rsqrt (%1$s)") },
  [MONGE_OP_EXP] = { "exp", MAP (1, "exp (%1$s)") },
  [MONGE_OP_LOG] = { "log", MAP (1, "log (%1$s)") },
  [MONGE_OP_SIN] = { "sin", MAP (1, "sin (%1$s)") },
  [MONGE_OP_COS] = { "cos", MAP (1, "cos (%1$s)") },
  [MONGE_OP_TAN] = { "tan", MAP (1, "tan (%1$s)") },
  [MONGE_OP_ASIN] = { "asin", MAP (1, "asin (%1$s)") },
  [MONGE_OP_ACOS] = { "acos", MAP (1, "acos (%1$s)") },
  [MONGE_OP_ATAN] = { "atan", MAP (1, "atan (%1$s)") },
  [MONGE_OP_TANH] = { "tanh", MAP (1, "tanh (%1$s)") },
  [MONGE_OP_SIGN] = { "sign", MAP (1, "(%1$s) != (%1$s) ? (%1$s) : ((%1$s) > 0) - ((%1$s) < 0)") },
  [MONGE_OP_STEP] = { "step", MAP (1, "(%1$s) != (%1$s) ? (%1$s) : (%1$s) >= 0") },

  [MONGE_OP_ADD] = { "add", MAP (2, "(%1$s) + (%2$s)") },
  [MONGE_OP_SUBTRACT] = { "subtract", MAP (2, "(%1$s) - (%2$s)") },
  [MONGE_OP_MULTIPLY] = { "multiply", MAP (2, "(%1$s) * (%2$s)") },
  [MONGE_OP_DIVIDE] = { "divide", MAP (2, "(%1$s) / (%2$s)") },
  [MONGE_OP_POWER] = { "pow", MAP (2, "pow (%1$s, %2$s)") },
  [MONGE_OP_ATAN2] = { "atan2", MAP (2, "atan2 (%1$s, %2$s)") },
  [MONGE_OP_MIN] = { "min", MAP (2, "(%1$s) < (%2$s) || (%1$s) != (%1$s) ? (%1$s) : (%2$s)") },
  [MONGE_OP_MAX] = { "max", MAP (2, "(%1$s) > (%2$s) || (%1$s) != (%1$s) ? (%1$s) : (%2$s)") },
  [MONGE_OP_LESS] = { "less", MAP (2, "(%1$s) < (%2$s)") },
  [MONGE_OP_LESS_EQUAL] = { "less_equal", MAP (2, "(%1$s) <= (%2$s)") },
  [MONGE_OP_EQUAL] = { "equal", MAP (2, "(%1$s) == (%2$s)") },

  [MONGE_OP_IF] = { "if", MAP (3, "(%1$s) != 0 ? (%2$s) : (%3$s)") },

  [MONGE_OP_DOT] = { "dot", FOLD (2) },
  [MONGE_OP_SQNORM] = { "sqnorm", FOLD (1) },
  [MONGE_OP_NORM] = { "norm", FOLD (1) },
  [MONGE_OP_SUM] = { "sum", FOLD (1) },
  [MONGE_OP_MAX_COMPONENT] = { "maxcomp", FOLD (1) },

  [MONGE_OP_NORMALISE] = { "normalise", STRUCTURE (1) },
  [MONGE_OP_SLICE] = { "slice", STRUCTURE (1) },
  [MONGE_OP_CONCAT] = { "concat", STRUCTURE (2) },
  [MONGE_OP_MATVEC] = { "matvec", STRUCTURE (2) },
  [MONGE_OP_OUTER] = { "outer", STRUCTURE (2) },
};

const MongeOpInfo *
monge_op_get_info (MongeOp op)
{
  g_return_val_if_fail (op < MONGE_N_OPS, NULL);
  return &ops[op];
}
