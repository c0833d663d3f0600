#include "compute/flow/flow.h"

static gboolean
project_free (const double *points,
              const double *weights,
              gsize n,
              guint dim,
              double *velocity,
              GError **error)
{
  return TRUE;
}

const MongeModel monge_models[] = {
  { "free", "Every vertex follows its own velocity", project_free },
  { NULL },
};

const char *const monge_model_names[] = { "free", NULL };
