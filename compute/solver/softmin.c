#include "compute/solver/softmin.h"

MongeKernel *
monge_softmin_prepare (MongeBackend *backend, int p, gboolean moment, guint dim, GError **error)
{
  static const char *const texts[2][2] = {
    { "logsumexp_j(f + h - s*dist(x,y))", "softmean_j(f + h - s*dist(x,y), normalise(x - y))" },
    { "logsumexp_j(f + h - s*sqdist(x,y))", "softmean_j(f + h - s*sqdist(x,y), x - y)" },
  };
  const MongeVariable variables[] = {
    [MONGE_SOFTMIN_X] = { "x", MONGE_AXIS_I, dim },
    [MONGE_SOFTMIN_Y] = { "y", MONGE_AXIS_J, dim },
    [MONGE_SOFTMIN_F] = { "f", MONGE_AXIS_I, 1 },
    [MONGE_SOFTMIN_H] = { "h", MONGE_AXIS_J, 1 },
    [MONGE_SOFTMIN_S] = { "s", MONGE_AXIS_NONE, 1 },
  };

  return monge_backend_prepare_text (backend, texts[p - 1][moment], variables,
                                     MONGE_N_SOFTMIN_ARGUMENTS, error);
}
