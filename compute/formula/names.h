/* Which names the language knows, and which one was meant. */
#pragma once

#include "compute/formula/reduction.h"

G_BEGIN_DECLS

/* NULL if there is none. */
const MongeFunction *monge_names_find_function (const char *name);
/* "pi" and its like. */
gboolean monge_names_find_number (const char *name, double *value);
/* "sum_j": the operation and the axis it runs over. */
gboolean monge_names_find_reduction (const char *name, MongeReduceOp *op, MongeAxis *over);

/* The one that is likeliest meant; NULL if nothing is near.
 * @variables: (element-type MongeFormula) */
const char *monge_names_guess_function (const char *name);
const char *monge_names_guess_reduction (const char *name);
const char *monge_names_guess_variable (const char *name, const GPtrArray *variables);

G_END_DECLS
