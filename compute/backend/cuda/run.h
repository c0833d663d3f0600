/* A program prepared for a card, and what is queued where its arguments are planes. */
#pragma once

#include "compute/backend/cuda/cuda-private.h"
#include "compute/backend/matched.h"

G_BEGIN_DECLS

typedef struct {
  MongeKernel base;
  MongeMatched *matched;         /* NULL if no hand-tuned loop computes it */
  MongeCudaModule *module;       /* code made for it, made when first needed */
  gboolean is_interpreted;       /* there is no such code, nor will there be */
  MongeInterpreter *interpreter; /* of the host; made when first needed */
  char *first_description;
} MongeCudaProgram;

/* matched-planes.c: arguments and results in planes or on the host; queued without waiting where
 * results are planes. */
MongeOutcome monge_cuda_run_matched (MongeCudaProgram *self, const MongeRun *run, guint64 *n_pairs,
                                     MongeTask *task, GError **error);
/* generic.c: the same by self->module, which is ready. */
MongeOutcome monge_cuda_run_generic (MongeCudaProgram *self, const MongeRun *run, guint64 *n_pairs,
                                     MongeTask *task, GError **error);

G_END_DECLS
