#include "compute/recipe-input.h"

#include "compute/filter/filter.h"
#include "compute/io/io.h"
#include "compute/io/values.h"
#include "compute/shape/generate.h"
#include "compute/shape/place.h"

#include <string.h>

#define EXAMPLE "example:"

/* monge_shape_mirrored() turns the faces but keeps the shape where it is; left and right of one
 * body lie on both sides of the origin, so here the coordinate itself changes its sign. */
static MongeShape *
mirror (const MongeShape *shape,
        guint axis,
        GError **error)
{
  guint dim = monge_shape_get_dim (shape);
  gsize n = monge_shape_get_n_vertices (shape);
  const double *x = monge_shape_get_positions (shape);
  g_autoptr (MongeShape) image = NULL;
  g_autofree double *positions = NULL;

  if (axis >= dim)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "%s has %u coordinates: there is no axis %c to mirror",
                   monge_shape_get_name (shape), dim, "xyz"[axis]);
      return NULL;
    }
  if (dim == 2 || dim == 3) /* so that what goes along can follow it */
    {
      double affine[16] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 };

      affine[5 * axis] = -1.0;
      return monge_shape_transformed (shape, affine, error);
    }
  image = monge_shape_mirrored (shape, axis);
  positions = g_memdup2 (x, n * dim * sizeof (double));
  for (gsize i = 0; i < n; i++)
    positions[i * dim + axis] = -positions[i * dim + axis];
  return monge_shape_moved (image, positions);
}

static MongeShape *
attach (const MongeRecipeInput *input,
        MongeShape *shape,
        const char *path,
        MongeTask *task,
        GError **error)
{
  g_autoptr (GPtrArray) arrays = monge_values_load (path, task, error);
  MongeShape *whole = arrays != NULL ? monge_shape_with_arrays (shape, arrays, error) : NULL;

  if (arrays != NULL && whole == NULL)
    g_prefix_error (error, "%s: not for %s: ", path, input->path);
  return whole;
}

/* What every way of loading ends with. Takes @loaded, which may be NULL. */
static MongeShape *
finish (const MongeRecipeInput *input,
        MongeShape *loaded,
        MongeTask *task,
        GError **error)
{
  g_autoptr (MongeShape) shape = loaded;

  if (shape != NULL && input->mirror >= 0)
    {
      shape = mirror (loaded, (guint) input->mirror, error);
      monge_shape_unref (loaded);
    }
  for (char **path = input->values; shape != NULL && path != NULL && *path != NULL; path++)
    {
      MongeShape *whole = attach (input, shape, *path, task, error);

      monge_shape_unref (shape);
      shape = whole;
    }
  return g_steal_pointer (&shape);
}

/* Whether vertices that are not finite are to go: where a step of its own says so, too. */
static gboolean
wants_repair (const MongeRecipeInput *input)
{
  g_autoptr (MongeFilterChain) chain
      = input->filters != NULL ? monge_filter_chain_parse (input->filters, NULL) : NULL;

  if (input->repairs)
    return TRUE;
  for (guint i = 0; chain != NULL && i < monge_filter_chain_get_length (chain); i++)
    {
      const MongeFilterStep *step = monge_filter_chain_get_step (chain, i);

      if (step->is_on && g_str_equal (step->filter->name, "repair"))
        return TRUE;
    }
  return FALSE;
}

/* The part of @input that says what is read and what is made of a volume; borrows its labels. */
static MongeLoadOptions
get_options (const MongeRecipeInput *input)
{
  return (MongeLoadOptions){
    .labels = input->labels,
    .n_labels = input->n_labels,
    .as_voxels = input->as_voxels,
    .has_level = input->has_level,
    .level = input->level,
    .as_density = input->as_density,
    .space = input->space,
    .repairs = wants_repair (input),
  };
}

MongeShape *
monge_recipe_input_extract (const MongeRecipeInput *input,
                            const MongeVolume *volume,
                            MongeTask *task,
                            GError **error)
{
  const MongeLoadOptions options = get_options (input);
  MongeShape *shape = monge_volume_make_shape (volume, &options, task, error);

  if (shape == NULL)
    g_prefix_error (error, "%s: ", input->path);
  return finish (input, shape, task, error);
}

static MongeShape *
load (const MongeRecipeInput *input,
      MongeTask *task,
      GError **error)
{
  const MongeLoadOptions options = get_options (input);

  if (g_str_has_prefix (input->path, EXAMPLE))
    return monge_generate_by_name (input->path + strlen (EXAMPLE), error);
  if (input->n_labels > 0 && !monge_path_is_volume (input->path))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "%s: labels can only be chosen from a volume (.nii, .nii.gz, .nrrd, .mha)",
                   input->path);
      return NULL;
    }
  return monge_shape_load (input->path, &options, task, error);
}

MongeShape *
monge_recipe_input_load_original (const MongeRecipeInput *input,
                                  MongeTask *task,
                                  GError **error)
{
  g_return_val_if_fail (input->path != NULL, NULL);
  return finish (input, load (input, task, error), task, error);
}

MongeShape *
monge_recipe_input_filter (const MongeRecipeInput *input,
                           MongeShape *original,
                           MongeTask *task,
                           GPtrArray **notes,
                           GError **error)
{
  g_autoptr (MongeFilterChain) chain = NULL;
  MongeShape *shape;

  if (notes != NULL)
    *notes = NULL;
  if (input->filters == NULL)
    return monge_shape_ref (original);
  chain = monge_filter_chain_parse (input->filters, error);
  if (chain == NULL)
    return NULL;
  shape = monge_filter_chain_apply (chain, original, task, notes, error);
  if (shape == NULL)
    g_prefix_error (error, "%s: ", input->path);
  return shape;
}

MongeShape *
monge_recipe_input_load (const MongeRecipeInput *input,
                         MongeTask *task,
                         GError **error)
{
  g_autoptr (MongeShape) original = monge_recipe_input_load_original (input, task, error);

  return original != NULL ? monge_recipe_input_filter (input, original, task, NULL, error) : NULL;
}

/* --- landmarks --- */

MongeLandmarks *
monge_recipe_input_load_landmarks (const MongeRecipeInput *input,
                                   MongeShape *shape,
                                   MongeTask *task,
                                   GError **error)
{
  g_autoptr (MongeLandmarks) read = NULL;
  g_autoptr (MongeLandmarks) placed = NULL;
  g_autoptr (MongeShape) stored = NULL;

  g_return_val_if_fail (input->landmarks_path != NULL, NULL);
  if (monge_shape_get_dim (shape) > 3)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "%s: landmarks have three coordinates and this shape has %u", input->path,
                   monge_shape_get_dim (shape));
      return NULL;
    }
  read = monge_landmarks_load (input->landmarks_path, input->space, task, error);
  stored = read != NULL ? monge_shape_untransformed (shape, error) : NULL;
  if (stored == NULL)
    return NULL;
  placed = monge_landmarks_beside (read, stored);
  return monge_landmarks_transformed (placed, monge_shape_get_transform (shape));
}

/* --- weights --- */

static double *
get_array_weights (const MongeRecipeInput *input,
                   const MongeShape *shape,
                   GError **error)
{
  const MongeArray *array = monge_shape_find_array (shape, input->weights_array);
  gsize n = monge_shape_get_n_vertices (shape);
  double *weights;

  if (array == NULL || array->n_components != 1)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                   array == NULL ? "%s: there is no array “%s” to take weights from"
                                 : "%s: “%s” has several numbers per vertex, weights are one",
                   input->path, input->weights_array);
      return NULL;
    }
  weights = g_new (double, n);
  for (gsize i = 0; i < n; i++)
    weights[i] = monge_array_get (array, i, 0);
  return weights;
}

static double *
load_weights (const MongeRecipeInput *input,
              const MongeShape *shape,
              GError **error)
{
  g_autofree double *weights = NULL;
  gsize n = monge_shape_get_n_vertices (shape), n_weights, d;

  if (!monge_npy_load (input->weights_path, &weights, &n_weights, &d, error))
    return NULL;
  if (n_weights * d == n)
    return g_steal_pointer (&weights);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
               "%s: %" G_GSIZE_FORMAT " weights for the %" G_GSIZE_FORMAT
               " vertices of %s; give one per vertex",
               input->weights_path, n_weights * d, n, input->path);
  return NULL;
}

MongeMeasure *
monge_recipe_input_build_measure (const MongeRecipeInput *input,
                                  const MongeShape *shape,
                                  MongeWeighting weighting,
                                  GError **error)
{
  g_autofree double *weights = NULL;
  MongeMeasure *measure;

  if (input->weights_path == NULL && input->weights_array == NULL)
    return monge_measure_new_from_shape (shape, weighting, error);
  weights = input->weights_path != NULL ? load_weights (input, shape, error)
                                        : get_array_weights (input, shape, error);
  if (weights == NULL)
    return NULL;
  measure = monge_measure_new (monge_shape_get_positions (shape), weights,
                               monge_shape_get_n_vertices (shape), monge_shape_get_dim (shape),
                               error);
  if (measure == NULL)
    g_prefix_error (error, "%s: ", input->weights_path != NULL ? input->weights_path
                                                               : input->weights_array);
  return measure;
}
