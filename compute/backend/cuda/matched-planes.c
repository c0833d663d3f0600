#include "compute/backend/cuda/run.h"

MongeOutcome
monge_cuda_run_matched (MongeCudaProgram *self, const MongeRun *run, guint64 *n_pairs,
                        MongeTask *task, GError **error)
{
  return MONGE_OUTCOME_UNSUITABLE;
}
