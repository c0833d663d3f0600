#include "compute/solver/softmin.h"

static const char *const texts[2][2] = {
  { "logsumexp_j(f + h - s*dist(x,y))", "softmean_j(f + h - s*dist(x,y), normalise(x - y))" },
  { "logsumexp_j(f + h - s*sqdist(x,y))", "softmean_j(f + h - s*sqdist(x,y), x - y)" },
};

static const struct {
  const char *name;
  MongeAxis axis;
  gboolean is_point;
} variables[MONGE_N_SOFTMIN_ARGUMENTS] = {
  [MONGE_SOFTMIN_X] = { "x", MONGE_AXIS_I, TRUE },
  [MONGE_SOFTMIN_Y] = { "y", MONGE_AXIS_J, TRUE },
  [MONGE_SOFTMIN_F] = { "f", MONGE_AXIS_I, FALSE },
  [MONGE_SOFTMIN_H] = { "h", MONGE_AXIS_J, FALSE },
  [MONGE_SOFTMIN_S] = { "s", MONGE_AXIS_NONE, FALSE },
};

MongeKernel *
monge_softmin_prepare (MongeBackend *backend, int p, gboolean moment, guint dim, GError **error)
{
  g_autoptr (MongeFormulaPool) pool = monge_formula_pool_new ();
  const MongeFormula *arguments[MONGE_N_SOFTMIN_ARGUMENTS];
  g_autoptr (MongeProgram) program = NULL;
  MongeReduction reduction;

  for (guint v = 0; v < MONGE_N_SOFTMIN_ARGUMENTS; v++)
    {
      arguments[v] = monge_formula_variable (pool, variables[v].name, variables[v].axis,
                                             variables[v].is_point ? dim : 1, error);
      if (arguments[v] == NULL)
        return NULL;
    }
  if (!monge_reduction_parse (pool, texts[p - 1][moment], &reduction, error))
    return NULL;
  program = monge_program_new (&reduction, MONGE_FLOAT32, arguments, MONGE_N_SOFTMIN_ARGUMENTS,
                               error);
  return program != NULL ? monge_backend_prepare (backend, program, MONGE_PREPARE_DEFAULT, error)
                         : NULL;
}
