/* The variables that the tables of formulas speak of, with random values. */
#pragma once

#include "tests/formula-reference.h"

G_BEGIN_DECLS

#define MONGE_WORLD_MAX_VARIABLES 32

/**
 * MongeWorld:
 * @kept: where x lives; y lives on the other axis, so that every formula is tried over j and over i
 * @n_kept, @n_summed: of these axes
 * @values: of every variable, float64 numbers that float32 can hold
 *
 *     x (D)  a > 0 (1)                          kept axis
 *     y (D)  b > 0 (1)  w of either sign (1)  v of either sign (3)   axis summed over
 *     s > 0 (1)  c (D)  q > 0 (D)  m (2 × D)    parameters
 *
 * x, y, a, b and w are multiples of 1/64 if @is_grid: squared distances are then exact in float32,
 * equal ones are equal, and indices have one right answer.
 */
typedef struct {
  MongeFormulaPool *pool;
  MongeAxis kept;
  gsize n_kept, n_summed;
  guint dim;
  gboolean is_grid;
  MongeReferenceValues values[MONGE_WORLD_MAX_VARIABLES];
  guint n_values;
} MongeWorld;

typedef struct {
  guint dim;
  gsize n_kept, n_summed;
  MongeAxis kept;
  gboolean is_grid;
  guint64 seed;
} MongeWorldParams;

void monge_world_init (MongeWorld *world, const MongeWorldParams *params);
void monge_world_clear (MongeWorld *world);

/* Uniform in [low, high). Returns the variable. */
const MongeFormula *monge_world_add (MongeWorld *world, const char *name, MongeAxis axis,
                                     guint dim, double low, double high, guint64 seed);
const MongeFormula *monge_world_find (const MongeWorld *world, const char *name);
double *monge_world_get_values (const MongeWorld *world, const MongeFormula *variable);
gsize monge_world_get_rows (const MongeWorld *world, MongeAxis axis);

/* "sum_j …", over i if @kept is j. Aborts the test on an error. */
MongeReduction monge_world_parse (MongeWorld *world, const char *text);
/* By the naive loops; see #MongeReferenceRun. */
void monge_world_reduce (const MongeWorld *world, const MongeReduction *reduction,
                         const guint8 *visited, double *out, gint64 *index_out, double *log_sum,
                         double *size);

/* Whether @variable is below @formula. */
gboolean monge_formula_mentions (const MongeFormula *formula, const MongeFormula *variable);

G_END_DECLS
