#include "ui/flow-output.h"

#include "compute/correspondences.h"
#include "compute/io/landmarks.h"
#include "compute/shape/place.h"
#include "compute/transform/field.h"
#include "compute/transform/linear-file.h"
#include "compute/transform/linear.h"

static gboolean
check_dimension (const MongeShape *shape, guint least, const char *what, GError **error)
{
  guint dim = monge_shape_get_dim (shape);

  if (dim <= 3 && dim >= least)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "%s: there is no %s in dimension %u",
               monge_shape_get_name (shape), what, dim);
  return FALSE;
}

static gboolean
save_landmarks (const MongeFlowResults *flow, const char *path, MongeTask *task, GError **error)
{
  g_autoptr (MongeLandmarks) carried = NULL;

  if (flow->landmarks == NULL)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY,
                   "%s has no landmarks: open a file of them first, or drop it on the window",
                   monge_shape_get_name (flow->source));
      return FALSE;
    }
  carried = monge_landmarks_carried (flow->landmarks, flow->source,
                                     monge_shape_get_positions (flow->moved));
  return monge_landmarks_save (carried, path, error);
}

static MongeLinearKind
find_kind (const char *model)
{
  for (int k = 0; monge_linear_names[k] != NULL; k++)
    if (g_str_equal (monge_linear_names[k], model))
      return (MongeLinearKind) k;
  return MONGE_LINEAR_AFFINE;
}

/* The map of the model, or for one that is not linear the closest. What has been done to the source
 * since it was read is its first part. */
static gboolean
save_transform (const MongeFlowResults *flow, const char *path, MongeTask *task, GError **error)
{
  const MongeRecipe *recipe = flow->recipe;
  MongeShape *source = flow->source;
  const double *x = monge_shape_get_positions (source);
  const double *y = monge_shape_get_positions (flow->moved);
  gsize n = monge_shape_get_n_vertices (source);
  guint dim = monge_shape_get_dim (source);
  g_autoptr (MongeMeasure) measure = NULL;
  g_autofree double *moves = NULL;
  MongeLinearFit fit;
  double affine[16];

  if (!check_dimension (source, 2, "transform file", error)
      || !monge_linear_check_path (path, error))
    return FALSE;
  measure = monge_recipe_input_build_measure (&recipe->source, source, recipe->weighting, error);
  if (measure == NULL)
    return FALSE;
  moves = g_new (double, n * dim);
  for (gsize i = 0; i < n * dim; i++)
    moves[i] = y[i] - x[i];
  monge_linear_fit (find_kind (recipe->params.model), x, monge_measure_get_weights (measure), n,
                    dim, moves, &fit);
  monge_linear_fit_to_affine (&fit, affine);
  monge_affine_multiply (affine, monge_shape_get_transform (source), affine);
  return monge_linear_save (affine, monge_shape_get_space (source), path, error);
}

/* From the target back to where the source's file has it: what images are resampled by. */
static gboolean
save_field (const MongeFlowResults *flow, const char *path, MongeTask *task, GError **error)
{
  const MongeFieldOptions options = MONGE_FIELD_DEFAULTS;
  g_autoptr (MongeShape) stored = NULL;
  g_autoptr (MongeField) field = NULL;

  if (!check_dimension (flow->source, 3, "displacement field", error)
      || !monge_field_check_path (path, error))
    return FALSE;
  stored = monge_shape_untransformed (flow->source, error);
  if (stored == NULL)
    return FALSE;
  field = monge_field_new (monge_shape_get_positions (flow->moved),
                           monge_shape_get_positions (stored),
                           monge_shape_get_n_vertices (stored),
                           monge_shape_get_space (flow->source), &options, NULL, task, error);
  return field != NULL && monge_field_save (field, path, error);
}

static gboolean
save_correspondences (const MongeFlowResults *flow, const char *path, MongeTask *task,
                      GError **error)
{
  g_autoptr (MongeCorrespondences) found = NULL;

  if (!check_dimension (flow->source, 2, "table of correspondences", error)
      || !monge_correspondences_check_path (path, error))
    return FALSE;
  found = monge_correspondences_new (flow->source, flow->target,
                                     monge_shape_get_positions (flow->moved), task, error);
  return found != NULL && monge_correspondences_save (found, path, error);
}

static const char *const landmark_filter[] = { "Landmarks", "*.mrk.json", "*.fcsv", "*.csv",
                                               "*.tsv", "*.json", NULL };
static const char *const transform_filter[] = { "Transforms", "*.tfm", "*.txt", "*.csv", "*.npy",
                                                "*.json", NULL };
static const char *const field_filter[] = { "Displacement fields", "*.nrrd", "*.nii", "*.nii.gz",
                                            "*.mha", NULL };
static const char *const table_filter[] = { "Tables", "*.csv", "*.tsv", "*.npy", NULL };

const MongeFlowOutput monge_flow_outputs[] = {
  { "landmarks", "Save the Carried Landmarks", "-landmarks.mrk.json", landmark_filter,
    save_landmarks },
  { "transform", "Save the Linear Transform", "-transform.tfm", transform_filter, save_transform },
  { "field", "Save the Displacement Field", "-field.nrrd", field_filter, save_field },
  { "correspondences", "Save the Correspondences", "-correspondences.csv", table_filter,
    save_correspondences },
  { NULL },
};

const MongeFlowOutput *
monge_flow_output_find (const char *name)
{
  for (const MongeFlowOutput *output = monge_flow_outputs; output->name != NULL; output++)
    if (g_str_equal (output->name, name))
      return output;
  return NULL;
}
