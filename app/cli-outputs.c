#include "app/cli-outputs.h"

#include <math.h>

void
monge_cli_outputs_clear (MongeCliOutputs *outputs)
{
  g_clear_pointer (&outputs->landmark_paths, g_free);
  g_clear_pointer (&outputs->landmarks_out, g_free);
  g_clear_pointer (&outputs->result_names, g_free);
  g_clear_pointer (&outputs->placed, monge_landmarks_unref);
  g_clear_pointer (&outputs->carried, monge_landmarks_unref);
  for (int k = 0; k < 2; k++)
    {
      g_clear_pointer (&outputs->matched[k], monge_landmarks_unref);
      g_clear_pointer (&outputs->errors[k], g_free);
    }
}

/* --landmarks S,T is short for --source-landmarks S --target-landmarks T. */
static gboolean
take_landmark_paths (MongeCli *cli, const MongeCliOutputs *outputs, GError **error)
{
  MongeRecipeInput *const inputs[] = { &cli->recipe->source, &cli->recipe->target };
  g_auto (GStrv) paths = NULL;
  guint n;

  if (outputs->landmark_paths == NULL)
    return TRUE;
  paths = g_strsplit (outputs->landmark_paths, ",", -1);
  n = g_strv_length (paths);
  if (n != 2 && !(n == 1 && outputs->landmarks_out != NULL))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                   "Option landmarks takes two files, S,T, not “%s”; one will do to carry those of "
                   "the source with --landmarks-out", outputs->landmark_paths);
      return FALSE;
    }
  for (guint k = 0; k < n; k++)
    {
      g_free (inputs[k]->landmarks_path);
      inputs[k]->landmarks_path = g_strdup (paths[k]);
    }
  return TRUE;
}

static gboolean
check_landmarks (MongeCli *cli, const MongeCliOutputs *outputs, GError **error)
{
  const MongeLandmarkFormat *format;

  if (outputs->landmarks_out == NULL)
    return TRUE;
  if (cli->recipe->source.landmarks_path == NULL)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_NAME,
                           "Option landmarks-out needs landmarks of the source: give --landmarks S");
      return FALSE;
    }
  format = monge_landmark_format_find_by_extension (outputs->landmarks_out);
  if (format != NULL && format->write != NULL)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
               "%s: its name does not say in which format to write landmarks; use one of .mrk.json, "
               ".fcsv, .csv, .tsv, .json",
               outputs->landmarks_out);
  return FALSE;
}

gboolean
monge_cli_outputs_check (MongeCli *cli, MongeCliOutputs *outputs, GError **error)
{
  outputs->mean_error[0] = outputs->mean_error[1] = NAN;
  outputs->results = MONGE_RESULTS_DEFAULT;
  if (outputs->result_names != NULL
      && !monge_results_parse (outputs->result_names, &outputs->results, error))
    return FALSE;
  return take_landmark_paths (cli, outputs, error) && check_landmarks (cli, outputs, error);
}

/* --- Landmarks --- */

/* Beside @shape, mirrored as it is and all. */
static MongeLandmarks *
load_landmarks (MongeCli *cli, const MongeRecipeInput *input, MongeShape *shape, GError **error)
{
  MongeLandmarks *landmarks = monge_recipe_input_load_landmarks (input, shape, cli->task, error);

  if (landmarks == NULL)
    return NULL;
  for (const char *const *note = monge_landmarks_get_notes (landmarks); *note != NULL; note++)
    monge_cli_note (cli, "%s: %s", input->landmarks_path, *note);
  return landmarks;
}

static void
note_left_out (MongeCli *cli, const MongeCliOutputs *outputs, const MongeLandmarks *target)
{
  guint n = monge_landmarks_get_n (outputs->matched[0]);
  guint n_source = monge_landmarks_get_n (outputs->placed);
  guint n_target = monge_landmarks_get_n (target);

  if (n < n_source || n < n_target)
    monge_cli_note (cli, "%u landmarks are compared, of %u on the source and %u on the target", n,
                    n_source, n_target);
}

gboolean
monge_cli_outputs_prepare (MongeCli *cli, MongeCliOutputs *outputs, MongeFlow *flow,
                           GError **error)
{
  const MongeRecipe *recipe = cli->recipe;
  g_autoptr (MongeLandmarks) target = NULL;

  if (recipe->source.landmarks_path == NULL)
    return TRUE;
  outputs->placed = load_landmarks (cli, &recipe->source, monge_flow_get_source (flow), error);
  if (outputs->placed == NULL || recipe->target.landmarks_path == NULL)
    return outputs->placed != NULL;
  target = load_landmarks (cli, &recipe->target, monge_flow_get_target (flow), error);
  if (target == NULL
      || !monge_landmarks_match (outputs->placed, target, &outputs->matched[0],
                                 &outputs->matched[1], error))
    return FALSE;
  note_left_out (cli, outputs, target);
  return TRUE;
}

void
monge_cli_outputs_measure (MongeCliOutputs *outputs, MongeFlow *flow, int when)
{
  const MongeShape *source = monge_flow_get_source (flow);
  const double *positions = monge_flow_get_positions (flow);

  if (outputs->matched[0] != NULL)
    {
      g_autoptr (MongeLandmarks) carried
        = monge_landmarks_carried (outputs->matched[0], source, positions);

      outputs->errors[when] = g_new (double, monge_landmarks_get_n (carried));
      outputs->mean_error[when]
        = monge_landmarks_compute_distances (carried, outputs->matched[1], outputs->errors[when]);
    }
  if (outputs->placed != NULL && when == 1)
    outputs->carried = monge_landmarks_carried (outputs->placed, source, positions);
}

static void
report_landmark (const MongeCliOutputs *outputs, guint i, JsonBuilder *report)
{
  const MongeLandmark *one = monge_landmarks_get (outputs->matched[0], i);

  json_builder_begin_object (report);
  monge_report_string (report, "name", one->name);
  monge_report_vector (report, "source", one->position, 3);
  monge_report_vector (report, "target", monge_landmarks_get (outputs->matched[1], i)->position, 3);
  monge_report_number (report, "error_before", outputs->errors[0][i]);
  monge_report_number (report, "error_after", outputs->errors[1][i]);
  json_builder_end_object (report);
}

static void
report_carried (const MongeLandmarks *carried, JsonBuilder *report)
{
  json_builder_set_member_name (report, "landmarks_carried");
  json_builder_begin_array (report);
  for (guint i = 0; i < monge_landmarks_get_n (carried); i++)
    {
      const MongeLandmark *one = monge_landmarks_get (carried, i);

      json_builder_begin_object (report);
      monge_report_string (report, "name", one->name);
      monge_report_bool (report, "defined", one->is_defined);
      monge_report_vector (report, "position", one->position, 3);
      json_builder_end_object (report);
    }
  json_builder_end_array (report);
}

/* --- Files and report --- */

MongeShape *
monge_cli_outputs_dup_shape (MongeCli *cli, const MongeCliOutputs *outputs, MongeFlow *flow,
                             GError **error)
{
  return monge_results_attach (monge_flow_get_source (flow), monge_flow_get_target (flow),
                               monge_flow_get_positions (flow), outputs->results,
                               monge_flow_get_source_measure (flow),
                               monge_flow_get_target_measure (flow), &cli->recipe->params,
                               monge_flow_get_backend (flow), cli->task, error);
}

gboolean
monge_cli_outputs_save (MongeCli *cli, MongeCliOutputs *outputs, MongeFlow *flow, GError **error)
{
  return outputs->landmarks_out == NULL
         || monge_landmarks_save (outputs->carried, outputs->landmarks_out, error);
}

void
monge_cli_outputs_report (const MongeCliOutputs *outputs, JsonBuilder *report)
{
  g_autofree char *names = NULL;

  if (outputs->matched[0] != NULL)
    {
      json_builder_set_member_name (report, "landmarks");
      json_builder_begin_array (report);
      for (guint i = 0; i < monge_landmarks_get_n (outputs->matched[0]); i++)
        report_landmark (outputs, i, report);
      json_builder_end_array (report);
    }
  if (outputs->carried != NULL)
    report_carried (outputs->carried, report);
  names = monge_results_print (outputs->results);
  monge_report_string (report, "results", names);
  if (outputs->landmarks_out != NULL)
    monge_report_string (report, "landmarks_out", outputs->landmarks_out);
}
