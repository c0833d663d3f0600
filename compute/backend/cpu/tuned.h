/* The driver of the hand-tuned loops: which tile of rows meets which columns. */
#pragma once

#include "compute/backend/cpu/rows.h"

G_BEGIN_DECLS

/* Scratch memory kept from one reduction to the next. One reduction at a time. */
typedef struct _MongeTuned MongeTuned;

MongeTuned *monge_tuned_new (const MongeInstructionSet *set);
void monge_tuned_free (MongeTuned *tuned);

/* As monge_backend_reduce_tuned(), arguments checked. */
gboolean monge_tuned_reduce (MongeTuned *tuned, const MongeTunedReduction *reduction,
                             guint n_threads, guint64 *n_pairs, MongeTask *task, GError **error);

G_END_DECLS
