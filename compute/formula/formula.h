/* Expressions F(x_i, y_j): typed trees, shared and immutable. */
#pragma once

#include "compute/core/error.h"
#include "compute/formula/ops.h"

G_BEGIN_DECLS

/* Components of one expression, at most. */
#define MONGE_FORMULA_MAX_DIM 1024
/* Nodes of one pool, at most: what a hostile text can make us keep. */
#define MONGE_FORMULA_MAX_NODES 100000
/* Operations on one another, give or take a few hundred: walks over a formula may recurse. */
#define MONGE_FORMULA_MAX_DEPTH 2000

/**
 * MongeAxis:
 *
 * What an expression depends on, as a set: @MONGE_AXIS_NONE is parameters and constants alone,
 * @MONGE_AXIS_I rows, @MONGE_AXIS_J columns, @MONGE_AXIS_PAIR both.
 */
typedef enum {
  MONGE_AXIS_NONE = 0,
  MONGE_AXIS_I = 1,
  MONGE_AXIS_J = 2,
  MONGE_AXIS_PAIR = 3,
} MongeAxis;

typedef struct _MongeFormula MongeFormula;

/**
 * MongeFormula:
 * @op: what it does with its @operands
 * @dim: components, ≥ 1
 * @axis: the union over its operands
 * @value: of a constant
 * @first: of a slice
 * @name: of a variable; unique in its pool
 *
 * One node. Nodes belong to a pool and live as long as it; equal nodes of a pool are one node, so
 * that comparing pointers compares expressions and common sub-expressions are shared.
 */
struct _MongeFormula {
  MongeOp op;
  guint dim;
  MongeAxis axis;
  const MongeFormula *operands[3];
  double value;
  guint first;
  const char *name;
  guint id; /* place in the pool: operands come before what uses them */
};

/* Owns nodes. One thread at a time. */
typedef struct _MongeFormulaPool MongeFormulaPool;

MongeFormulaPool *monge_formula_pool_new (void);
void monge_formula_pool_free (MongeFormulaPool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeFormulaPool, monge_formula_pool_free)

/* A variable of @axis (one axis, or %MONGE_AXIS_NONE for a parameter). The same name twice gives
 * the same node; with another axis or dimension it is refused. */
const MongeFormula *monge_formula_variable (MongeFormulaPool *pool, const char *name,
                                            MongeAxis axis, guint dim, GError **error);
const MongeFormula *monge_formula_constant (MongeFormulaPool *pool, double value);

/**
 * monge_formula_apply:
 * @operands: as many as the operation has
 *
 * The simplified node for op(operands): the rules of simplify.c are at work in here, so trees are
 * canonical from the start. Fails with %MONGE_ERROR_SIZE when dimensions do not fit, naming them.
 *
 * What others may rely on, whatever the way in which a formula is written: there is no negation,
 * −f is (−1) f. Sums and products combine constants, parameters, what lives on rows, what lives on
 * columns and then pairs; of two operands that may be exchanged, the one of fewer axes comes first.
 * |x_i − y_j|² and |x_i − y_j| are SQNORM and NORM of SUBTRACT(x, y), also of dimension 1. So a
 * Gaussian is EXP(MULTIPLY(p, SQNORM(SUBTRACT(x, y)))) with p on no axis.
 */
const MongeFormula *monge_formula_apply (MongeFormulaPool *pool, MongeOp op,
                                         const MongeFormula *const *operands, GError **error);
/* Components @first … @first + @dim − 1 of @formula. */
const MongeFormula *monge_formula_slice (MongeFormulaPool *pool, const MongeFormula *formula,
                                         guint first, guint dim, GError **error);

/**
 * monge_formula_call:
 * @name: any function of the language, "sqdist" or "exp"
 *
 * What the parser calls, and the shortest way to build a formula by hand:
 *     monge_formula_call (pool, "sqdist", error, x, y, NULL)
 * %NULL operands are passed through as a failure with @error kept, so that calls nest.
 */
const MongeFormula *monge_formula_call (MongeFormulaPool *pool, const char *name, GError **error,
                                        ...) G_GNUC_NULL_TERMINATED;
const MongeFormula *monge_formula_call_array (MongeFormulaPool *pool, const char *name,
                                              const MongeFormula *const *operands,
                                              guint n_operands, GError **error);

/**
 * MongeFunction:
 *
 * One function of the language, for completion, help and the documentation. Operators have lines
 * too ("+").
 */
typedef struct {
  const char *name;
  const char *signature;   /* "sqdist(u, v)" */
  const char *description; /* one sentence */
} MongeFunction;

extern const MongeFunction monge_functions[]; /* terminated by a NULL name */

/* The derivative of ⟨@cotangent, @formula⟩ with respect to @variable: a formula of the variable's
 * dimension. @cotangent: of @formula's dimension; NULL is 1 for a formula of dimension 1. Apply it
 * twice for second derivatives. (compute/formula/grad.c) */
const MongeFormula *monge_formula_gradient (MongeFormulaPool *pool, const MongeFormula *formula,
                                            const MongeFormula *variable,
                                            const MongeFormula *cotangent, GError **error);
/* @formula with @from replaced by @to, of equal dimension. */
const MongeFormula *monge_formula_substitute (MongeFormulaPool *pool, const MongeFormula *formula,
                                              const MongeFormula *from, const MongeFormula *to,
                                              GError **error);

/* Text that parses back to the same node, but for what sharing would make longer than 1 MiB, which
 * is cut. Transfer full. */
char *monge_formula_print (const MongeFormula *formula);

G_END_DECLS
