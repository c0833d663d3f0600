#include "app/cli-report.h"

#include "compute/io/io.h"

#include <stdio.h>

typedef struct {
  MongeShape *source, *target;
  MongeMeasure *from, *to;
  MongeBackend *backend;
  MongeLoss *loss;
  double *gradient;
  MongeLossReport report;
} Work;

static void
work_clear (Work *work)
{
  g_clear_pointer (&work->loss, monge_loss_free);
  g_clear_pointer (&work->backend, monge_backend_close);
  g_clear_pointer (&work->from, monge_measure_unref);
  g_clear_pointer (&work->to, monge_measure_unref);
  g_clear_pointer (&work->source, monge_shape_unref);
  g_clear_pointer (&work->target, monge_shape_unref);
  g_clear_pointer (&work->gradient, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, work_clear)

static gboolean
load (MongeCli *cli,
      Work *work,
      GError **error)
{
  MongeRecipe *recipe = cli->recipe;

  work->source = monge_recipe_input_load (&recipe->source, cli->task, error);
  if (work->source == NULL)
    return FALSE;
  work->target = monge_recipe_input_load (&recipe->target, cli->task, error);
  if (work->target == NULL)
    return FALSE;
  work->from = monge_recipe_input_build_measure (&recipe->source, work->source, recipe->weighting,
                                                 error);
  if (work->from == NULL)
    return FALSE;
  work->to = monge_recipe_input_build_measure (&recipe->target, work->target, recipe->weighting,
                                               error);
  if (work->to == NULL)
    return FALSE;
  if (monge_measure_get_dim (work->from) == monge_measure_get_dim (work->to))
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
               "%s has dimension %u and %s has %u; both must have the same", recipe->source.path,
               monge_measure_get_dim (work->from), recipe->target.path,
               monge_measure_get_dim (work->to));
  return FALSE;
}

/* ∂/∂x_i is a_i times the slope. */
static void
weigh_slope (Work *work)
{
  const double *a = monge_measure_get_weights (work->from);
  guint dim = monge_measure_get_dim (work->from);

  for (gsize i = 0; i < monge_measure_get_n (work->from); i++)
    for (guint d = 0; d < dim; d++)
      work->gradient[i * dim + d] *= a[i];
}

static gboolean
try_to_evaluate (MongeCli *cli,
                 Work *work,
                 GError **error)
{
  const MongeLossParams *params = &cli->recipe->params.loss;

  g_clear_pointer (&work->loss, monge_loss_free);
  work->loss = monge_loss_new (params->loss, work->backend, work->from, work->to, error);
  return work->loss != NULL
         && monge_loss_evaluate (work->loss, NULL, params, work->gradient, &work->report, cli->task,
                                 error);
}

/* Once more on the CPU when a card cannot. */
static gboolean
evaluate (MongeCli *cli,
          Work *work,
          gboolean wants_gradient,
          GError **error)
{
  const gsize n = monge_measure_get_n (work->from);
  g_autoptr (MongeBackend) first = NULL;
  GError *reason = NULL;

  work->backend = monge_cli_open_backend (cli, error);
  if (work->backend == NULL)
    return FALSE;
  first = monge_backend_ref (work->backend);
  if (wants_gradient)
    work->gradient = g_new (double, n * monge_measure_get_dim (work->from));
  if (!try_to_evaluate (cli, work, &reason)
      && (!monge_cli_replace_backend (cli, &work->backend, reason, error)
          || !try_to_evaluate (cli, work, error)))
    {
      g_clear_pointer (&work->loss, monge_loss_free); /* before the card */
      return FALSE;
    }
  if (wants_gradient)
    weigh_slope (work);
  return TRUE;
}

static gboolean
write_results (MongeCli *cli,
               Work *work,
               const char *gradient_path,
               GError **error)
{
  const MongeLossReport *loss = &work->report;
  g_autoptr (JsonBuilder) report = monge_report_begin (cli, work->backend);

  if (gradient_path != NULL
      && !monge_npy_save (gradient_path, work->gradient, monge_measure_get_n (work->from),
                          monge_measure_get_dim (work->from), error))
    return FALSE;
  monge_report_inputs (report, cli->recipe, work->from, work->to);
  monge_report_parameters (report, cli->recipe, monge_loss_options);
  monge_report_loss (report, loss);
  monge_report_string (report, "gradient", gradient_path);
  if (!monge_report_end (cli, report, error))
    return FALSE;
  if (cli->quiet)
    monge_cli_print (cli, "%.9g\n", loss->value);
  else
    monge_cli_print (cli, "%.9g  %s, marginal error %.2g, %u iterations, %.3g s\n", loss->value,
                     loss->converged ? "converged" : "not converged", loss->marginal_error,
                     loss->iterations, loss->seconds);
  return TRUE;
}

int
monge_cli_run_loss (MongeCli *cli,
                    int argc,
                    char **argv)
{
  g_autofree char *gradient_path = NULL;
  const GOptionEntry own[] = {
    { "gradient", 0, 0, G_OPTION_ARG_FILENAME, &gradient_path,
      "Write the derivative by the source points, (n x D) float64", "OUT.npy" },
    { NULL },
  };
  g_auto (Work) work = { 0 };
  GError *error = NULL;
  char **arguments;
  int status;

  arguments = monge_cli_parse (cli, argc, argv,
                               MONGE_CLI_JSON | MONGE_CLI_BACKEND | MONGE_CLI_LOSS, own, 2,
                               &status);
  if (arguments == NULL)
    return status;
  if (!monge_recipe_input_set_path (&cli->recipe->source, arguments[0], &error)
      || !monge_recipe_input_set_path (&cli->recipe->target, arguments[1], &error)
      || !load (cli, &work, &error) || !evaluate (cli, &work, gradient_path != NULL, &error)
      || !write_results (cli, &work, gradient_path, &error))
    return monge_cli_fail (cli, error);
  return monge_cli_judge (cli, &work.report);
}
