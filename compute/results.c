#include "compute/results.h"

#include "compute/shape/signed-distance.h"

#include <math.h>
#include <string.h>

const char *const monge_result_names[] = {
  "displacement", "displacement_magnitude", "distance", "loss_density", "potential", "velocity", NULL
};

const char *const monge_result_descriptions[] = {
  "Where each vertex is less where it was",
  "How far each vertex has moved",
  "To the nearest point of the target, with a sign where that is closed",
  "What each vertex has of the loss: the weighted mean is the loss",
  "How the loss changes with the mass of each vertex",
  "The step of size 1 that would come next",
  NULL
};

/* --- Names --- */

static gboolean
add_name (const char *name, MongeResults *results, GError **error)
{
  g_autofree char *known = NULL;

  for (guint k = 0; monge_result_names[k] != NULL; k++)
    if (strcmp (name, monge_result_names[k]) == 0)
      {
        *results |= (MongeResults) (1u << k);
        return TRUE;
      }
  known = g_strjoinv (", ", (char **) monge_result_names);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
               "There is no result “%s”: choose all, none, or some of %s", name, known);
  return FALSE;
}

gboolean
monge_results_parse (const char *text, MongeResults *results, GError **error)
{
  g_auto (GStrv) names = g_strsplit (text, ",", -1);
  MongeResults found = MONGE_RESULTS_NONE;

  if (strcmp (text, "all") == 0)
    found = MONGE_RESULTS_ALL;
  else if (strcmp (text, "none") != 0)
    for (char **name = names; *name != NULL; name++)
      if (!add_name (g_strstrip (*name), &found, error))
        return FALSE;
  *results = found;
  return TRUE;
}

char *
monge_results_print (MongeResults results)
{
  GString *text = g_string_new (NULL);

  if (results == MONGE_RESULTS_ALL)
    g_string_append (text, "all");
  for (guint k = 0; monge_result_names[k] != NULL && results != MONGE_RESULTS_ALL; k++)
    if (results & (1u << k))
      g_string_append_printf (text, "%s%s", text->len > 0 ? "," : "", monge_result_names[k]);
  return g_string_free (text->len > 0 ? text : g_string_append (text, "none"), FALSE);
}

/* --- Arrays --- */

/* @values (n × @n_components) as float32. */
static void
add_array (GPtrArray *arrays, const char *name, const double *values, gsize n, guint n_components)
{
  float *out = g_new (float, MAX (n * n_components, 1));

  for (gsize i = 0; i < n * n_components; i++)
    out[i] = (float) values[i];
  g_ptr_array_add (arrays, monge_array_new (name, MONGE_TYPE_FLOAT32, n_components, n,
                                            g_bytes_new_take (out, n * n_components * sizeof *out)));
}

static void
add_displacements (MongeShape *source, const double *positions, MongeResults results,
                   GPtrArray *arrays)
{
  const gsize n = monge_shape_get_n_vertices (source);
  const guint dim = monge_shape_get_dim (source);
  const double *start = monge_shape_get_positions (source);
  g_autofree double *moves = g_new (double, n * dim);
  g_autofree double *lengths = g_new0 (double, n);

  for (gsize i = 0; i < n; i++)
    {
      for (guint d = 0; d < dim; d++)
        {
          moves[i * dim + d] = positions[i * dim + d] - start[i * dim + d];
          lengths[i] += moves[i * dim + d] * moves[i * dim + d];
        }
      lengths[i] = sqrt (lengths[i]);
    }
  if (results & MONGE_RESULT_DISPLACEMENT)
    add_array (arrays, "displacement", moves, n, dim);
  if (results & MONGE_RESULT_MAGNITUDE)
    add_array (arrays, "displacement_magnitude", lengths, n, 1);
}

static gboolean
add_distance (MongeShape *moved, MongeShape *target, GPtrArray *arrays, MongeTask *task,
              GError **error)
{
  const gsize n = monge_shape_get_n_vertices (moved);
  const guint dim = monge_shape_get_dim (moved);
  const double *x = monge_shape_get_positions (moved);
  g_autofree double *points = g_new0 (double, 3 * n);
  g_autofree double *distances = g_new (double, n);
  gboolean is_signed;

  for (gsize i = 0; i < n; i++)
    memcpy (points + 3 * i, x + dim * i, dim * sizeof *x);
  if (!monge_distance_signed (target, points, n, distances, &is_signed, task, error))
    return FALSE;
  add_array (arrays, is_signed ? "signed_distance" : "distance", distances, n, 1);
  return TRUE;
}

/* --- Of the loss --- */

/* −slope, as the model has it, in place. */
static gboolean
find_velocity (const double *positions, MongeMeasure *measure, const char *name, double *slope,
               GError **error)
{
  const gsize n = monge_measure_get_n (measure);
  const guint dim = monge_measure_get_dim (measure);

  for (gsize k = 0; k < n * dim; k++)
    slope[k] = -slope[k];
  for (const MongeModel *model = monge_models; model->name != NULL; model++)
    if (strcmp (model->name, name) == 0 && model->project != NULL)
      return model->project (positions, monge_measure_get_weights (measure), n, dim, slope, error);
  return TRUE;
}

static gboolean
add_loss (const double *positions, MongeMeasure *source, MongeMeasure *target,
          const MongeFlowParams *params, MongeBackend *backend, MongeResults results,
          GPtrArray *arrays, MongeTask *task, GError **error)
{
  const gsize n = monge_measure_get_n (source);
  const guint dim = monge_measure_get_dim (source);
  g_autoptr (MongeLoss) loss = monge_loss_new (params->loss.loss, backend, source, target, error);
  g_autofree double *slope = g_new (double, n * dim);
  g_autofree double *potential = g_new (double, n);
  g_autofree double *density = g_new (double, n);
  MongeLossReport report;

  if (loss == NULL
      || !monge_loss_describe (loss, positions, &params->loss,
                               results & MONGE_RESULT_VELOCITY ? slope : NULL, potential, density,
                               &report, task, error))
    return FALSE;
  if (results & MONGE_RESULT_LOSS_DENSITY)
    add_array (arrays, "loss_density", density, n, 1);
  if (results & MONGE_RESULT_POTENTIAL)
    add_array (arrays, "potential", potential, n, 1);
  if (!(results & MONGE_RESULT_VELOCITY))
    return TRUE;
  if (!find_velocity (positions, source, params->model, slope, error))
    return FALSE;
  add_array (arrays, "velocity", slope, n, dim);
  return TRUE;
}

MongeShape *
monge_results_attach (MongeShape *source, MongeShape *target, const double *positions,
                      MongeResults results, MongeMeasure *source_measure,
                      MongeMeasure *target_measure, const MongeFlowParams *params,
                      MongeBackend *backend, MongeTask *task, GError **error)
{
  const MongeResults of_loss
    = MONGE_RESULT_LOSS_DENSITY | MONGE_RESULT_POTENTIAL | MONGE_RESULT_VELOCITY;
  g_autoptr (GPtrArray) arrays
    = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);
  g_autoptr (MongeShape) moved = monge_shape_moved (source, positions);
  const gboolean has_distance = monge_shape_get_dim (source) <= 3
                                && monge_shape_get_dim (target) <= 3;

  add_displacements (source, positions, results, arrays);
  if ((results & MONGE_RESULT_DISTANCE) && has_distance
      && !add_distance (moved, target, arrays, task, error))
    return NULL;
  if (results & of_loss)
    {
      g_return_val_if_fail (source_measure != NULL && target_measure != NULL && params != NULL
                            && backend != NULL, NULL);
      if (!add_loss (positions, source_measure, target_measure, params, backend, results, arrays,
                     task, error))
        return NULL;
    }
  return monge_shape_with_arrays (moved, arrays, error);
}
