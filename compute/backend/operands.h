/* Registers outside the pair section as planes in memory, ready for a hand-tuned loop. */
#pragma once

#include "compute/backend/cpu/interpret.h"
#include "compute/backend/match.h"

G_BEGIN_DECLS

/**
 * MongeOperands:
 *
 * What a match names: arguments as they are, and what the program computes from them, which the
 * interpreter is asked for at each load. Memory is kept from one load to the next.
 */
typedef struct _MongeOperands MongeOperands;

/* @program, @match: borrowed */
MongeOperands *monge_operands_new (const MongeProgram *program, const MongeMatch *match);
void monge_operands_free (MongeOperands *operands);

/* Whether loading computes anything. */
gboolean monge_operands_need_interpreter (const MongeOperands *operands);
/* @run: borrowed until the next load. @interpreter: may be %NULL where none is needed. */
gboolean monge_operands_load (MongeOperands *operands, const MongeRun *run,
                              MongeInterpreter *interpreter, MongeTask *task, GError **error);

/* The value of a sum of parameters. */
double monge_operands_get_number (const MongeOperands *operands, const MongeTermSum *sum);
/* @out: one number per row of @axis; rows without a factor on it get the same. */
void monge_operands_get_sum (MongeOperands *operands, const MongeTermSum *sum, MongeAxis axis,
                             double *out);
void monge_operands_get_term (MongeOperands *operands, const MongeTerm *term, MongeAxis axis,
                              double *out);

/**
 * monge_operands_get_clouds:
 * @points, @others: (out): as named by the match; float32 arguments are not copied, others are
 *   rounded relative to a point among them
 */
void monge_operands_get_clouds (MongeOperands *operands, MongeCloud *points, MongeCloud *others);
/* @out[i] += @factor[i] × component @d of the points of the match. */
void monge_operands_add_point (MongeOperands *operands, guint d, const double *factor, double *out);

G_END_DECLS
