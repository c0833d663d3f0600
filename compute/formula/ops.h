/* The operations of a formula: one line of one table each. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * MongeOp:
 *
 * Elementwise operations take operands of equal dimension or of dimension 1, which is repeated.
 * Comparisons give 1 or 0; a condition holds when it is not 0. What has no derivative (sign, step,
 * comparisons) has derivative 0. Where lengths vanish, the derivative is taken as 0: of norm(0),
 * normalise(0) and sqrt(0).
 *
 * Other names of the language (dist, cosine, clamp, relu, poincare, …) are built from these: see
 * monge_formula_call().
 */
typedef enum {
  /* leaves */
  MONGE_OP_VARIABLE,
  MONGE_OP_CONSTANT,

  /* elementwise, one operand */
  MONGE_OP_COPY,    /* in programs alone: a formula that asks for it gets its operand */
  MONGE_OP_NEGATE,
  MONGE_OP_ABS,
  MONGE_OP_INVERSE, /* 1 / a */
  MONGE_OP_SQUARE,
  MONGE_OP_SQRT,
  MONGE_OP_RSQRT,   /* 1 / √a; ∞ at 0 */
  MONGE_OP_EXP,
  MONGE_OP_LOG,
  MONGE_OP_SIN,
  MONGE_OP_COS,
  MONGE_OP_TAN,
  MONGE_OP_ASIN,
  MONGE_OP_ACOS,
  MONGE_OP_ATAN,
  MONGE_OP_TANH,
  MONGE_OP_SIGN,    /* −1, 0, 1 */
  MONGE_OP_STEP,    /* 1 where a ≥ 0, else 0 */

  /* elementwise, two operands */
  MONGE_OP_ADD,
  MONGE_OP_SUBTRACT,
  MONGE_OP_MULTIPLY,
  MONGE_OP_DIVIDE,
  MONGE_OP_POWER,   /* real exponent: NaN for a negative base unless the exponent is an integer */
  MONGE_OP_ATAN2,
  MONGE_OP_MIN,
  MONGE_OP_MAX,
  MONGE_OP_LESS,
  MONGE_OP_LESS_EQUAL,
  MONGE_OP_EQUAL,

  /* elementwise, three operands */
  MONGE_OP_IF,      /* a ≠ 0 ? b : c */

  /* from vectors to one number */
  MONGE_OP_DOT,     /* two operands of equal dimension */
  MONGE_OP_SQNORM,
  MONGE_OP_NORM,
  MONGE_OP_SUM,     /* of the components */
  MONGE_OP_MAX_COMPONENT,

  /* vectors */
  MONGE_OP_NORMALISE, /* a / |a|; 0 where a = 0 */
  MONGE_OP_SLICE,     /* components first … first + dim − 1, see MongeFormula */
  MONGE_OP_CONCAT,    /* two operands, one after the other */
  MONGE_OP_MATVEC,    /* (r × c, row-major, as r c components) times (c) */
  MONGE_OP_OUTER,     /* (r) times (c): r c components, row-major */
  MONGE_N_OPS,
} MongeOp;

typedef enum {
  MONGE_OP_CLASS_LEAF,
  MONGE_OP_CLASS_ELEMENTWISE,
  MONGE_OP_CLASS_FOLD,      /* vectors to one number */
  MONGE_OP_CLASS_STRUCTURE, /* vectors to vectors */
} MongeOpClass;

/**
 * MongeOpInfo:
 * @name: in the language and in printed programs; unique
 * @spelling: the same in C, one line on operands %1$s, %2$s and %3$s in either precision, for code
 *   generators, which put brackets around it; %NULL for folds and structure
 */
typedef struct {
  const char *name;
  MongeOpClass op_class;
  guint n_operands;
  const char *spelling;
} MongeOpInfo;

const MongeOpInfo *monge_op_get_info (MongeOp op);

G_END_DECLS
