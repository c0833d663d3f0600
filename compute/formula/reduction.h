/* A formula reduced over rows or columns: what a backend computes. */
#pragma once

#include "compute/formula/formula.h"

G_BEGIN_DECLS

/**
 * MongeReduceOp:
 * @MONGE_REDUCE_SUM: Σ F, any dimension
 * @MONGE_REDUCE_MEAN: the same over the number of terms
 * @MONGE_REDUCE_LOG_SUM_EXP: log Σ e^F, or log Σ w e^F; F and w > 0 of dimension 1
 * @MONGE_REDUCE_SOFT_MEAN: Σ e^F w / Σ e^F, F of dimension 1, w of any
 * @MONGE_REDUCE_MIN, @MONGE_REDUCE_MAX: component by component
 * @MONGE_REDUCE_ARG_MIN, @MONGE_REDUCE_ARG_MAX: the index, component by component; the lowest of
 *   equals
 * @MONGE_REDUCE_K_MIN, @MONGE_REDUCE_ARG_K_MIN: F of dimension 1; ascending, the lower index first
 *   among equals
 *
 * Over no terms at all: 0 for sums, NaN for means, −∞ for log-sum-exp, ±∞ for extrema, −1 for
 * indices.
 */
typedef enum {
  MONGE_REDUCE_SUM,
  MONGE_REDUCE_MEAN,
  MONGE_REDUCE_LOG_SUM_EXP,
  MONGE_REDUCE_SOFT_MEAN,
  MONGE_REDUCE_MIN,
  MONGE_REDUCE_MAX,
  MONGE_REDUCE_ARG_MIN,
  MONGE_REDUCE_ARG_MAX,
  MONGE_REDUCE_K_MIN,
  MONGE_REDUCE_ARG_K_MIN,
  MONGE_N_REDUCE_OPS,
} MongeReduceOp;

#define MONGE_MAX_K 1024

/**
 * MongeReduction:
 * @over: %MONGE_AXIS_J gives one result per row i, %MONGE_AXIS_I one per column j
 * @body: F
 * @weight: (nullable): w above
 * @k: of the K-min family, 1 to %MONGE_MAX_K; else 0
 */
typedef struct {
  MongeReduceOp op;
  MongeAxis over;
  const MongeFormula *body;
  const MongeFormula *weight;
  guint k;
} MongeReduction;

/* "sum", "mean", "logsumexp", "softmean", "min", …, as in `sum_j`. */
const char *monge_reduce_op_get_name (MongeReduceOp op);
gboolean monge_reduce_op_gives_indices (MongeReduceOp op);
/* Fails when the pieces do not fit together. */
gboolean monge_reduction_check (const MongeReduction *reduction, GError **error);
/* Components of one result. */
guint monge_reduction_get_dim (const MongeReduction *reduction);
/* "sum_j exp(…)": parses back. Transfer full. */
char *monge_reduction_print (const MongeReduction *reduction);

/**
 * monge_reduction_parse:
 * @pool: whose variables the text may name; more are not made
 *
 *     sum_j exp(-sqdist(x,y)/(2*s^2)) * b        the body is all that follows
 *     logsumexp_j(F)   logsumexp_j(F, w)   softmean_j(F, v)   argkmin_j(F, 10)   max_i F
 *
 * A total function of any bytes; deep nesting is refused before the stack is. Errors
 * (%MONGE_ERROR_FORMAT) give line and column and, on a line of its own, a caret under the character:
 *     line 1, column 7: there is no function “expp”; did you mean “exp”?
 *     sum_j expp(-sqdist(x,y))
 *           ^
 * Grammar and every function: docs/formulas.md
 */
gboolean monge_reduction_parse (MongeFormulaPool *pool, const char *text,
                                MongeReduction *reduction, GError **error);
/* The same for a formula that is not reduced. */
const MongeFormula *monge_formula_parse (MongeFormulaPool *pool, const char *text, GError **error);
/* What a text needs: the names in it that are neither functions nor numbers, in order of
 * appearance. Transfer full. */
char **monge_formula_list_names (const char *text, GError **error);

/**
 * monge_reduction_adjoint:
 * @variable: of @reduction; not its own result
 * @cotangent: a variable on the axis that @reduction keeps, of its dimension: ∂L/∂result
 * @result: (nullable): a variable on the same axis that will hold the reduction's result; needed
 *   by log-sum-exp, soft mean, extrema and K-min
 * @log_sum: (nullable): the same for log Σ e^F; needed by soft mean, and for log of the number of
 *   terms, by a mean whose @variable lives where the sum runs
 * @adjoint: (out): gives ∂L/∂variable: over the other axis if @variable lives where the result
 *   does, over the kept axis if it lives where the sum runs; for a parameter, one share per kept
 *   row, which the caller adds up
 *
 * Sums, means, log-sum-exp and soft mean by their formulas. Extrema and K-min hand the cotangent to
 * every term that equals the result, whole: results must come from the same precision and generic
 * code. Indices have no adjoint: an error says so. An adjoint of an adjoint is again a reduction.
 * Derivation: docs/math/reductions.md
 * After Charlier, Feydy, Glaunès, Collin, Durif, JMLR 2021, section 3.
 */
gboolean monge_reduction_adjoint (MongeFormulaPool *pool, const MongeReduction *reduction,
                                  const MongeFormula *variable, const MongeFormula *cotangent,
                                  const MongeFormula *result, const MongeFormula *log_sum,
                                  MongeReduction *adjoint, GError **error);

G_END_DECLS
