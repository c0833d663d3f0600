/* The driver of the hand-tuned loops: which tile of rows meets which columns. */
#pragma once

#include "compute/backend/backend.h"
#include "compute/backend/cpu/rows.h"

G_BEGIN_DECLS

/* Scratch memory kept from one reduction to the next. One reduction at a time. */
typedef struct _MongeTuned MongeTuned;

MongeTuned *monge_tuned_new (const MongeInstructionSet *set);
void monge_tuned_free (MongeTuned *tuned);

/**
 * monge_tuned_reduce:
 * @n_pairs: (out): pairs visited
 *
 * x.n × y.n pairs at most, O(x.n + y.n) memory, kept between calls. The same bits on every run,
 * whatever the number of threads. Fails when cancelled (outputs are then undefined) and with
 * %MONGE_ERROR_NAN naming the first row whose sum is not finite.
 */
gboolean monge_tuned_reduce (MongeTuned *tuned, const MongeTunedReduction *reduction,
                             guint n_threads, guint64 *n_pairs, MongeTask *task, GError **error);

/* The same with the memory and threads of a CPU backend, whose caller has it to itself.
 * @n_pairs: (out) (optional) */
gboolean monge_cpu_reduce (MongeBackend *backend, const MongeTunedReduction *reduction,
                           guint64 *n_pairs, MongeTask *task, GError **error);

G_END_DECLS
