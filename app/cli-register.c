#include "app/cli-outputs.h"

#include "compute/metrics.h"
#include "compute/io/io.h"
#include "compute/shape/mesh.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  /* asked for */
  char *output;
  char *frames;
  MongeCliOutputs outputs;
  /* made */
  MongeBackend *backend;
  MongeFlow *flow;
  MongeShape *moved;
  GArray *history;         /* MongeFlowReport */
  MongeMetrics metrics[2]; /* before and after */
  double flipped;
  MongeLossReport last;    /* where the shape ends */
  double seconds;          /* of all steps and the last evaluation */
} Work;

static void
work_clear (Work *work)
{
  g_clear_pointer (&work->flow, monge_flow_free);
  g_clear_pointer (&work->backend, monge_backend_close);
  g_clear_pointer (&work->moved, monge_shape_unref);
  g_clear_pointer (&work->history, g_array_unref);
  g_clear_pointer (&work->output, g_free);
  monge_cli_outputs_clear (&work->outputs);
  g_clear_pointer (&work->frames, g_free);
}

/* --- before --- */

/* On the CPU when a card has no room. */
static gboolean
open_flow (MongeCli *cli,
           Work *work,
           GError **error)
{
  GError *reason = NULL;

  work->flow = monge_recipe_open_flow (cli->recipe, work->backend, cli->task, &reason);
  if (work->flow != NULL)
    return TRUE;
  if (!monge_cli_replace_backend (cli, &work->backend, reason, error))
    return FALSE;
  work->flow = monge_recipe_open_flow (cli->recipe, work->backend, cli->task, error);
  return work->flow != NULL;
}

/* All that can go wrong early goes wrong early. */
static gboolean
prepare (MongeCli *cli,
         Work *work,
         GError **error)
{
  if (!monge_cli_check_output (work->output, error)
      || !monge_cli_outputs_check (cli, &work->outputs, error))
    return FALSE;
  if (work->frames != NULL && g_mkdir_with_parents (work->frames, 0777) != 0)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_IO, "%s: cannot make this folder", work->frames);
      return FALSE;
    }
  work->backend = monge_cli_open_backend (cli, error);
  if (work->backend == NULL)
    return FALSE;
  return open_flow (cli, work, error)
         && monge_cli_outputs_prepare (cli, &work->outputs, work->flow, error);
}

static gboolean
measure (MongeCli *cli,
         Work *work,
         const MongeShape *shape,
         int when,
         GError **error)
{
  monge_cli_outputs_measure (&work->outputs, work->flow, when);
  return monge_metrics_compute (shape, monge_flow_get_target (work->flow), &work->metrics[when],
                                cli->task, error);
}

/* --- the flow --- */

static gboolean
save_frame (Work *work,
            GError **error)
{
  g_autofree char *name = NULL;
  g_autofree char *path = NULL;
  g_autoptr (MongeShape) shape = NULL;

  if (work->frames == NULL)
    return TRUE;
  name = g_strdup_printf ("step_%04u.ply", monge_flow_get_step (work->flow));
  path = g_build_filename (work->frames, name, NULL);
  shape = monge_flow_dup_shape (work->flow);
  return monge_shape_save (shape, path, NULL, error);
}

/* The CPU takes over from where the card was last known to be, @reason being that it cannot go on. */
static gboolean
go_on_with_cpu (MongeCli *cli,
                Work *work,
                GError *reason,
                GError **error)
{
  guint step;

  if (!monge_cli_replace_backend (cli, &work->backend, reason, error)
      || !monge_flow_move_to (work->flow, work->backend, error))
    return FALSE;
  step = monge_flow_get_step (work->flow);
  g_array_set_size (work->history, MIN (work->history->len, step));
  return TRUE;
}

static gboolean
make_step (MongeCli *cli,
           Work *work,
           MongeFlowReport *report,
           GError **error)
{
  GError *reason = NULL;

  while (!monge_flow_step (work->flow, &cli->recipe->params, report, cli->task, &reason))
    if (!go_on_with_cpu (cli, work, g_steal_pointer (&reason), error))
      return FALSE;
  return TRUE;
}

static gboolean
evaluate_end (MongeCli *cli,
              Work *work,
              GError **error)
{
  GError *reason = NULL;

  while (!monge_flow_evaluate (work->flow, &cli->recipe->params, &work->last, cli->task, &reason))
    if (!go_on_with_cpu (cli, work, g_steal_pointer (&reason), error))
      return FALSE;
  work->seconds += work->last.seconds;
  return TRUE;
}

static gboolean
flow (MongeCli *cli,
      Work *work,
      GError **error)
{
  const MongeFlowParams *params = &cli->recipe->params;
  MongeFlowReport report = { 0 };

  if (!save_frame (work, error))
    return FALSE;
  while (monge_flow_get_step (work->flow) < (guint) params->steps && !report.settled)
    {
      if (!make_step (cli, work, &report, error) || !save_frame (work, error))
        return FALSE;
      g_array_append_val (work->history, report);
      work->seconds += report.seconds;
      monge_cli_progress (cli, "step %u of %d  loss %.4g  marginal error %.1e  %.0f ms", report.step,
                          params->steps, report.loss.value, report.loss.marginal_error,
                          1e3 * report.seconds);
    }
  monge_cli_progress (cli, "%s", "");
  return evaluate_end (cli, work, error);
}

static double
flipped_fraction (MongeFlow *moved)
{
  MongeShape *source = monge_flow_get_source (moved);

  if (monge_shape_get_kind (source) != MONGE_SHAPE_SURFACE || monge_shape_get_dim (source) != 3)
    return NAN;
  return monge_mesh_compute_flipped_fraction (source, monge_flow_get_positions (moved));
}

static gboolean
register_shapes (MongeCli *cli,
                 Work *work,
                 GError **error)
{
  MongeShape *source;

  if (!prepare (cli, work, error))
    return FALSE;
  source = monge_flow_get_source (work->flow);
  if (!measure (cli, work, source, 0, error) || !flow (cli, work, error))
    return FALSE;
  work->moved = monge_cli_outputs_dup_shape (cli, &work->outputs, work->flow, error);
  if (work->moved == NULL)
    return FALSE;
  work->flipped = flipped_fraction (work->flow);
  return measure (cli, work, work->moved, 1, error)
         && monge_shape_save (work->moved, work->output, NULL, error)
         && monge_cli_outputs_save (cli, &work->outputs, work->flow, error);
}

/* --- after --- */

static void
report_summary (JsonBuilder *report,
                const char *key,
                const MongeDistanceSummary *summary)
{
  json_builder_set_member_name (report, key);
  json_builder_begin_object (report);
  monge_report_number (report, "mean", summary->mean);
  monge_report_number (report, "median", summary->median);
  monge_report_number (report, "percentile95", summary->percentile95);
  monge_report_number (report, "maximum", summary->maximum);
  json_builder_end_object (report);
}

static void
report_metrics (JsonBuilder *report,
                const char *key,
                const MongeMetrics *metrics,
                double landmark_error)
{
  json_builder_set_member_name (report, key);
  json_builder_begin_object (report);
  monge_report_number (report, "mean_distance", metrics->to_target.mean);
  monge_report_number (report, "percentile95_distance", metrics->to_target.percentile95);
  monge_report_number (report, "hausdorff", metrics->hausdorff);
  monge_report_number (report, "dice", metrics->dice);
  monge_report_number (report, "landmark_error", landmark_error);
  report_summary (report, "source_to_target", &metrics->to_target);
  report_summary (report, "target_to_source", &metrics->from_target);
  json_builder_end_object (report);
}

static void
report_history (JsonBuilder *report,
                const GArray *history)
{
  json_builder_set_member_name (report, "history");
  json_builder_begin_array (report);
  for (guint i = 0; i < history->len; i++)
    {
      const MongeFlowReport *step = &g_array_index (history, MongeFlowReport, i);

      json_builder_begin_object (report);
      monge_report_integer (report, "step", step->step);
      monge_report_number (report, "value", step->loss.value);
      monge_report_bool (report, "converged", step->loss.converged);
      monge_report_number (report, "marginal_error", step->loss.marginal_error);
      monge_report_integer (report, "iterations", step->loss.iterations);
      monge_report_number (report, "mean_speed", step->mean_speed);
      monge_report_number (report, "max_displacement", step->max_displacement);
      monge_report_number (report, "seconds", step->seconds);
      json_builder_end_object (report);
    }
  json_builder_end_array (report);
}

static guint
count_iterations (Work *work)
{
  guint total = work->last.iterations;

  for (guint i = 0; i < work->history->len; i++)
    total += g_array_index (work->history, MongeFlowReport, i).loss.iterations;
  return total;
}

static gboolean
has_settled (Work *work)
{
  return work->history->len > 0
         && g_array_index (work->history, MongeFlowReport, work->history->len - 1).settled;
}

static gboolean
write_report (MongeCli *cli,
              Work *work,
              GError **error)
{
  g_autoptr (JsonBuilder) report = monge_report_begin (cli, work->backend);
  MongeLossReport loss = work->last;

  loss.iterations = count_iterations (work);
  loss.seconds = work->seconds;
  monge_report_inputs (report, cli->recipe, monge_flow_get_source_measure (work->flow),
                       monge_flow_get_target_measure (work->flow));
  monge_report_parameters (report, cli->recipe, monge_flow_options);
  monge_report_loss (report, &loss);
  monge_report_integer (report, "steps", monge_flow_get_step (work->flow));
  monge_report_bool (report, "settled", has_settled (work));
  monge_report_number (report, "flipped_faces", work->flipped);
  json_builder_set_member_name (report, "metrics");
  json_builder_begin_object (report);
  report_metrics (report, "before", &work->metrics[0], work->outputs.mean_error[0]);
  report_metrics (report, "after", &work->metrics[1], work->outputs.mean_error[1]);
  json_builder_end_object (report);
  monge_report_string (report, "output", work->output);
  monge_cli_outputs_report (&work->outputs, report);
  report_history (report, work->history);
  return monge_report_end (cli, report, error);
}

static void
print_result (MongeCli *cli,
              Work *work)
{
  const char *unit = monge_shape_get_unit (work->moved);

  if (cli->quiet)
    return;
  unit = unit != NULL ? unit : "";
  monge_cli_print (cli, "%s: %u steps in %.3g s, loss %.4g, %s\n", work->output,
                   monge_flow_get_step (work->flow), work->seconds, work->last.value,
                   work->last.converged ? "converged" : "not converged");
  monge_cli_print (cli, "mean distance to the target   %.3g -> %.3g %s\n",
                   work->metrics[0].to_target.mean, work->metrics[1].to_target.mean, unit);
  monge_cli_print (cli, "95 %% of vertices closer than  %.3g -> %.3g %s\n",
                   work->metrics[0].to_target.percentile95,
                   work->metrics[1].to_target.percentile95, unit);
  monge_cli_print (cli, "Hausdorff distance            %.3g -> %.3g %s\n",
                   work->metrics[0].hausdorff, work->metrics[1].hausdorff, unit);
  if (!isnan (work->metrics[1].dice))
    monge_cli_print (cli, "Dice overlap                  %.3f -> %.3f\n", work->metrics[0].dice,
                     work->metrics[1].dice);
  if (work->outputs.matched[0] != NULL)
    monge_cli_print (cli, "mean landmark error           %.3g -> %.3g %s\n",
                     work->outputs.mean_error[0], work->outputs.mean_error[1], unit);
  if (!isnan (work->flipped))
    monge_cli_print (cli, "flipped faces                 %.2g %%\n", 100.0 * work->flipped);
}

static int
run (MongeCli *cli,
     Work *work,
     int argc,
     char **argv)
{
  const GOptionEntry own[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &work->output,
      "Where the moved source goes, with the arrays of --results", "OUT" },
    MONGE_CLI_OUTPUT_ENTRIES (&work->outputs),
    { "frames", 0, 0, G_OPTION_ARG_FILENAME, &work->frames,
      "Write every step there: step_0000.ply and so on", "DIR" },
    { NULL },
  };
  GError *error = NULL;
  char **arguments;
  int status;

  arguments = monge_cli_parse (cli, argc, argv,
                               MONGE_CLI_JSON | MONGE_CLI_BACKEND | MONGE_CLI_FLOW, own, 2,
                               &status);
  if (arguments == NULL)
    return status;
  if (work->output == NULL)
    return monge_cli_refuse (cli, "-o OUT is missing");
  if (!monge_recipe_input_set_path (&cli->recipe->source, arguments[0], &error)
      || !monge_recipe_input_set_path (&cli->recipe->target, arguments[1], &error)
      || !register_shapes (cli, work, &error) || !write_report (cli, work, &error))
    return monge_cli_fail (cli, error);
  monge_cli_note_losses (cli, work->moved, work->output);
  print_result (cli, work);
  return monge_cli_judge (cli, &work->last);
}

int
monge_cli_run_register (MongeCli *cli,
                        int argc,
                        char **argv)
{
  Work work = {
    .outputs = MONGE_CLI_OUTPUTS_INIT,
    .history = g_array_new (FALSE, FALSE, sizeof (MongeFlowReport)),
  };
  int status = run (cli, &work, argc, argv);

  work_clear (&work);
  return status;
}
