#include "app/cli-outputs.h"

#include "compute/shape/place.h"
#include "compute/transform/linear-file.h"

#include <math.h>
#include <string.h>

void
monge_cli_outputs_clear (MongeCliOutputs *outputs)
{
  g_clear_pointer (&outputs->landmark_paths, g_free);
  g_clear_pointer (&outputs->landmarks_out, g_free);
  g_clear_pointer (&outputs->result_names, g_free);
  g_clear_pointer (&outputs->correspondence_path, g_free);
  g_clear_pointer (&outputs->transform_path, g_free);
  g_clear_pointer (&outputs->field_path, g_free);
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

static gboolean
check_paths (const MongeCliOutputs *outputs, GError **error)
{
  if ((outputs->correspondence_path != NULL
       && !monge_correspondences_check_path (outputs->correspondence_path, error))
      || (outputs->transform_path != NULL
          && !monge_linear_check_path (outputs->transform_path, error))
      || (outputs->field_path != NULL && !monge_field_check_path (outputs->field_path, error)))
    return FALSE;
  if (outputs->field_spacing >= 0.0 && isfinite (outputs->field_spacing)
      && isfinite (outputs->field_margin))
    return TRUE;
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_NAME,
                       "Options field-spacing and field-margin take lengths above 0");
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
  return take_landmark_paths (cli, outputs, error) && check_landmarks (cli, outputs, error)
         && check_paths (outputs, error);
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

static gboolean
save_correspondences (MongeCli *cli, MongeCliOutputs *outputs, MongeFlow *flow, GError **error)
{
  g_autoptr (MongeCorrespondences) found = NULL;
  double total = 0.0;

  if (outputs->correspondence_path == NULL)
    return TRUE;
  found = monge_correspondences_new (monge_flow_get_source (flow), monge_flow_get_target (flow),
                                     monge_flow_get_positions (flow), cli->task, error);
  if (found == NULL)
    return FALSE;
  for (gsize i = 0; i < found->n; i++)
    total += found->nearest[i].distance;
  outputs->mean_distance = total / (double) found->n;
  return monge_correspondences_save (found, outputs->correspondence_path, error);
}

/* What has been done to the source since it was read is the first part of the map. */
static void
fit_transform (MongeFlow *flow, const char *model, MongeCliTransform *transform)
{
  const MongeShape *source = monge_flow_get_source (flow);
  const guint dim = monge_shape_get_dim (source);
  const gsize n = monge_shape_get_n_vertices (source);
  const double *x = monge_shape_get_positions (source), *y = monge_flow_get_positions (flow);
  g_autofree double *moves = g_new (double, n * dim);
  double total = 0.0, most = 0.0, fitted[16];
  MongeLinearFit fit;

  *transform = (MongeCliTransform){ .kind = MONGE_LINEAR_AFFINE };
  for (guint k = 0; monge_linear_names[k] != NULL; k++)
    if (strcmp (model, monge_linear_names[k]) == 0)
      {
        transform->kind = (MongeLinearKind) k;
        transform->is_exact = TRUE;
      }
  for (gsize i = 0; i < n * dim; i++)
    moves[i] = y[i] - x[i];
  monge_linear_fit (transform->kind, x,
                    monge_measure_get_weights (monge_flow_get_source_measure (flow)), n, dim, moves,
                    &fit);
  monge_linear_fit_to_affine (&fit, fitted);
  for (gsize i = 0; i < n; i++)
    {
      double squared = 0.0;

      for (guint r = 0; r < dim; r++)
        {
          double end = fitted[4 * r + 3];

          for (guint c = 0; c < dim; c++)
            end += fitted[4 * r + c] * x[dim * i + c];
          squared += (end - y[dim * i + r]) * (end - y[dim * i + r]);
        }
      total += sqrt (squared);
      most = MAX (most, sqrt (squared));
    }
  transform->mean_residual = total / (double) n;
  transform->max_residual = most;
  monge_affine_multiply (fitted, monge_shape_get_transform (source), transform->affine);
}

static gboolean
check_dimension (const MongeShape *shape, guint most, const char *what, GError **error)
{
  guint dim = monge_shape_get_dim (shape);

  if (dim == 3 || (dim == 2 && most == 2))
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
               "%s: there is no %s in dimension %u", monge_shape_get_name (shape), what, dim);
  return FALSE;
}

static gboolean
save_transform (MongeCli *cli, MongeCliOutputs *outputs, MongeFlow *flow, GError **error)
{
  const MongeShape *source = monge_flow_get_source (flow);
  MongeCliTransform *transform = &outputs->transform;

  if (outputs->transform_path == NULL)
    return TRUE;
  if (!check_dimension (source, 2, "transform file", error))
    return FALSE;
  fit_transform (flow, cli->recipe->params.model, transform);
  if (!transform->is_exact)
    monge_cli_note (cli, "%s: the affine map that is closest, %.3g away in the mean and %.3g at most",
                    outputs->transform_path, transform->mean_residual, transform->max_residual);
  return monge_linear_save (transform->affine, monge_shape_get_space (source),
                            outputs->transform_path, error);
}

static gboolean
save_field (MongeCli *cli, MongeCliOutputs *outputs, MongeFlow *flow, GError **error)
{
  MongeShape *source = monge_flow_get_source (flow);
  const MongeFieldOptions options = { outputs->field_spacing, outputs->field_margin };
  const double *ends = monge_flow_get_positions (flow), *starts;
  g_autoptr (MongeShape) stored = NULL;
  g_autoptr (MongeField) field = NULL;

  if (outputs->field_path == NULL)
    return TRUE;
  if (!check_dimension (source, 3, "displacement field", error))
    return FALSE;
  stored = monge_shape_untransformed (source, error);
  if (stored == NULL)
    return FALSE;
  starts = monge_shape_get_positions (stored);
  field = monge_field_new (outputs->field_is_forward ? starts : ends,
                           outputs->field_is_forward ? ends : starts,
                           monge_shape_get_n_vertices (source), monge_shape_get_space (source),
                           &options, &outputs->field, cli->task, error);
  if (field == NULL)
    return FALSE;
  memcpy (outputs->field_size, field->size, sizeof field->size);
  outputs->field_used_spacing = field->spacing;
  monge_cli_note (cli, "%s: %u × %u × %u nodes, %.3g apart; off by %.3g in the mean and %.3g at most",
                  outputs->field_path, field->size[0], field->size[1], field->size[2], field->spacing,
                  outputs->field.mean_error, outputs->field.max_error);
  if (outputs->field.n_folded > 0)
    monge_cli_note (cli, "%s: space is folded at %" G_GSIZE_FORMAT " nodes; take a larger spacing or "
                    "blur", outputs->field_path, outputs->field.n_folded);
  return monge_field_save (field, outputs->field_path, error);
}

gboolean
monge_cli_outputs_save (MongeCli *cli, MongeCliOutputs *outputs, MongeFlow *flow, GError **error)
{
  return (outputs->landmarks_out == NULL
          || monge_landmarks_save (outputs->carried, outputs->landmarks_out, error))
         && save_correspondences (cli, outputs, flow, error)
         && save_transform (cli, outputs, flow, error) && save_field (cli, outputs, flow, error);
}

static void
report_transform (const MongeCliOutputs *outputs, JsonBuilder *report)
{
  const MongeCliTransform *transform = &outputs->transform;

  json_builder_set_member_name (report, "transform");
  json_builder_begin_object (report);
  monge_report_string (report, "path", outputs->transform_path);
  monge_report_string (report, "kind", monge_linear_names[transform->kind]);
  monge_report_bool (report, "exact", transform->is_exact);
  monge_report_vector (report, "source_to_target", transform->affine, 16);
  monge_report_number (report, "mean_residual", transform->mean_residual);
  monge_report_number (report, "max_residual", transform->max_residual);
  json_builder_end_object (report);
}

static void
report_field (const MongeCliOutputs *outputs, JsonBuilder *report)
{
  const double size[3] = { outputs->field_size[0], outputs->field_size[1], outputs->field_size[2] };

  json_builder_set_member_name (report, "field");
  json_builder_begin_object (report);
  monge_report_string (report, "path", outputs->field_path);
  monge_report_string (report, "direction",
                       outputs->field_is_forward ? "source to target" : "target to source");
  monge_report_vector (report, "size", size, 3);
  monge_report_number (report, "spacing", outputs->field_used_spacing);
  monge_report_number (report, "mean_error", outputs->field.mean_error);
  monge_report_number (report, "max_error", outputs->field.max_error);
  monge_report_integer (report, "folded_nodes", (gint64) outputs->field.n_folded);
  json_builder_end_object (report);
}

static void
report_correspondences (const MongeCliOutputs *outputs, JsonBuilder *report)
{
  json_builder_set_member_name (report, "correspondences");
  json_builder_begin_object (report);
  monge_report_string (report, "path", outputs->correspondence_path);
  monge_report_number (report, "mean_distance", outputs->mean_distance);
  json_builder_set_member_name (report, "columns");
  json_builder_begin_array (report);
  for (guint k = 0; monge_correspondence_columns[k] != NULL; k++)
    json_builder_add_string_value (report, monge_correspondence_columns[k]);
  json_builder_end_array (report);
  json_builder_end_object (report);
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
  if (outputs->correspondence_path != NULL)
    report_correspondences (outputs, report);
  if (outputs->transform_path != NULL)
    report_transform (outputs, report);
  if (outputs->field_path != NULL)
    report_field (outputs, report);
  names = monge_results_print (outputs->results);
  monge_report_string (report, "results", names);
  if (outputs->landmarks_out != NULL)
    monge_report_string (report, "landmarks_out", outputs->landmarks_out);
}
