/* The truth for formulas and their reductions: one obvious loop over i and j, in double precision.
 * Knows the tree and nothing of what runs it. */
#pragma once

#include "compute/formula/reduction.h"

G_BEGIN_DECLS

/* Component d of row i of @variable is values[d × stride + i]; of a parameter, values[d × stride]. */
typedef struct {
  const MongeFormula *variable;
  const double *values;
  gsize stride;
} MongeReferenceValues;

/* One pair. @out: (formula->dim). */
void monge_reference_formula (const MongeFormula *formula, const MongeReferenceValues *values,
                              guint n_values, gsize i, gsize j, double *out);

/**
 * MongeReferenceRun:
 * @visited: (nullable): (n_rows × n_columns), row-major: 0 leaves a pair out
 * @out, @index_out, @log_sum: (out): planes, as in #MongeRun
 * @size: (out) (nullable): planes like @out: what rounding is relative to. Σ|F| for sums, Σ p|w| for
 *   soft means (p = e^F / Σ e^F), 1 + Σ p|F| for log-sum-exp, |result| for extrema
 */
typedef struct {
  const MongeReduction *reduction;
  const MongeReferenceValues *values;
  guint n_values;
  gsize n_rows, n_columns;
  const guint8 *visited;
  double *out;
  gint64 *index_out;
  double *log_sum;
  double *size;
} MongeReferenceRun;

void monge_reference_reduce (const MongeReferenceRun *run);

G_END_DECLS
