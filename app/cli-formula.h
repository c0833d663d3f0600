/* A formula with the arrays that its names stand for: from text to numbers. */
#pragma once

#include "app/cli-variables.h"

#include "compute/backend/backend.h"

G_BEGIN_DECLS

/**
 * MongeCliScope:
 * @row_order, @column_order: (nullable): point k of the computation is row row_order[k]; owned
 * @pairs: (nullable): in that order; owned
 *
 * The variables of one formula, in their shapes' own order.
 */
typedef struct {
  MongeFormulaPool *pool;
  GPtrArray *variables; /* MongeCliVariable */
  GPtrArray *nodes;     /* MongeFormula, the same places; borrowed from the pool */
  gsize n_rows, n_columns;
  gsize *row_order, *column_order;
  MongePairs *pairs;
} MongeCliScope;

void monge_cli_scope_init (MongeCliScope *scope, gsize n_rows, gsize n_columns);
void monge_cli_scope_clear (MongeCliScope *scope);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MongeCliScope, monge_cli_scope_clear)
/* Takes @variable. Returns: (nullable): its node, borrowed. */
const MongeFormula *monge_cli_scope_add (MongeCliScope *scope, MongeCliVariable *variable,
                                         GError **error);
const MongeFormula *monge_cli_scope_find (const MongeCliScope *scope, const char *name);

/**
 * MongeCliOutcome:
 * @values, @indices: (n × dim) row-major; the one that the reduction gives
 * @log_sum: (n): of a soft mean, else %NULL
 * @seconds: of one run, the median of several
 * @prepare_seconds: from the reduction to a kernel that can run
 * @n_instructions: per pair
 */
typedef struct {
  gsize n;
  guint dim;
  double *values;
  gint64 *indices;
  double *log_sum;
  double seconds, prepare_seconds;
  guint64 n_pairs;
  guint n_instructions;
  gboolean is_tuned;
  char *kernel, *program;
} MongeCliOutcome;

void monge_cli_outcome_clear (MongeCliOutcome *outcome);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MongeCliOutcome, monge_cli_outcome_clear)

typedef struct {
  MongePrecision precision;
  MongePrepareFlags flags;
  double cutoff;
  guint n_runs;
} MongeCliReduceParams;

/* @outcome: zero-initialised. */
gboolean monge_cli_scope_reduce (const MongeCliScope *scope, const MongeReduction *reduction,
                                 const MongeCliReduceParams *params, MongeBackend *backend,
                                 MongeCliOutcome *outcome, MongeTask *task, GError **error);
/* The derivative of the sum of all results by @variable, (n × dim) like it. */
gboolean monge_cli_scope_differentiate (MongeCliScope *scope, const MongeReduction *reduction,
                                        const MongeFormula *variable,
                                        const MongeCliReduceParams *params, MongeBackend *backend,
                                        MongeCliOutcome *outcome, MongeTask *task, GError **error);

G_END_DECLS
