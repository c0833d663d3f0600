#include "compute/recipe.h"

#include "compute/shape/generate.h"
#include "compute/io/io.h"
#include "compute/shape/mesh.h"
#include "compute/shape/place.h"

#include <string.h>

#define EXAMPLE "example:"

const MongeRecipeKey monge_recipe_keys[] = {
  { "source-label", "L[,L…]", "Labels of a source volume, taken together; so does SOURCE#L[,L…]" },
  { "target-label", "L[,L…]", "The same for the target" },
  { "mirror-source", "x|y|z|none", "Change the sign of one coordinate of the source" },
  { "mirror-target", "x|y|z|none", "The same for the target" },
  { "source-weights", "W.npy", "Vertex weights of the source" },
  { "target-weights", "W.npy", "The same for the target" },
  { "weighting", "auto|uniform|vertex|cell",
    "Weights when none are given: auto takes areas or lengths around vertices, of a cloud the array "
    "“weight” or else equal ones" },
  { NULL },
};

MongeRecipe *
monge_recipe_new (void)
{
  MongeRecipe *recipe = g_new0 (MongeRecipe, 1);

  recipe->source.mirror = recipe->target.mirror = -1;
  recipe->params = *monge_flow_params ();
  return recipe;
}

void
monge_recipe_input_clear (MongeRecipeInput *input)
{
  g_clear_pointer (&input->path, g_free);
  g_clear_pointer (&input->labels, g_free);
  g_clear_pointer (&input->weights_path, g_free);
  input->n_labels = 0;
}

void
monge_recipe_free (MongeRecipe *recipe)
{
  monge_recipe_input_clear (&recipe->source);
  monge_recipe_input_clear (&recipe->target);
  g_free (recipe);
}

/* --- setting --- */

gboolean
monge_recipe_input_set_labels (MongeRecipeInput *input,
                               const char *text,
                               GError **error)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);
  g_autoptr (GArray) labels = g_array_new (FALSE, FALSE, sizeof (gint32));

  for (char **word = words; *word != NULL; word++)
    {
      gint64 value;
      gint32 label;

      if (!g_ascii_string_to_signed (g_strstrip (*word), 10, G_MININT32, G_MAXINT32, &value, NULL))
        {
          g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                       "Labels are whole numbers separated by commas, not “%s”", text);
          return FALSE;
        }
      label = (gint32) value;
      g_array_append_val (labels, label);
    }
  g_free (input->labels);
  input->n_labels = labels->len;
  input->labels = (gint32 *) (gpointer) g_array_free (g_steal_pointer (&labels), FALSE);
  return TRUE;
}

/* A file whose own name has a # in it is that file. */
gboolean
monge_recipe_input_set_path (MongeRecipeInput *input,
                             const char *text,
                             GError **error)
{
  const char *mark = strrchr (text, '#');

  g_clear_pointer (&input->path, g_free);
  if (mark == NULL || g_file_test (text, G_FILE_TEST_EXISTS))
    {
      input->path = g_strdup (text);
      return TRUE;
    }
  input->path = g_strndup (text, (gsize) (mark - text));
  if (monge_recipe_input_set_labels (input, mark + 1, error))
    return TRUE;
  g_prefix_error (error, "%s: ", text);
  return FALSE;
}

static gboolean
set_mirror (MongeRecipeInput *input,
            const char *key,
            const char *text,
            GError **error)
{
  static const char *const names[] = { "x", "y", "z" };

  input->mirror = -1;
  for (int axis = 0; axis < 3; axis++)
    if (strcmp (text, names[axis]) == 0)
      input->mirror = axis;
  if (input->mirror >= 0 || strcmp (text, "none") == 0)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
               "Option %s takes one of x, y, z, none, not “%s”", key, text);
  return FALSE;
}

static gboolean
set_weights (MongeRecipeInput *input,
             const char *text)
{
  g_free (input->weights_path);
  input->weights_path = g_strdup (text);
  return TRUE;
}

static gboolean
set_weighting (MongeRecipe *recipe,
               const char *text,
               GError **error)
{
  g_autofree char *names = NULL;

  for (int i = 0; monge_weighting_names[i] != NULL; i++)
    if (strcmp (text, monge_weighting_names[i]) == 0)
      {
        recipe->weighting = (MongeWeighting) i;
        return TRUE;
      }
  names = g_strjoinv (", ", (char **) monge_weighting_names);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
               "Option weighting takes one of %s, not “%s”", names, text);
  return FALSE;
}

static gboolean
set_param (MongeRecipe *recipe,
           const char *key,
           const char *text,
           GError **error)
{
  const MongeOption *option = monge_option_find (monge_flow_options, key);

  if (option == NULL)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "There is no option %s", key);
      return FALSE;
    }
  if (strcmp (key, "blur") == 0)
    recipe->blur_is_given = TRUE;
  return monge_option_parse (option, text, &recipe->params, error);
}

gboolean
monge_recipe_set (MongeRecipe *recipe,
                  const char *key,
                  const char *text,
                  GError **error)
{
  if (strcmp (key, "source-label") == 0)
    return monge_recipe_input_set_labels (&recipe->source, text, error);
  if (strcmp (key, "target-label") == 0)
    return monge_recipe_input_set_labels (&recipe->target, text, error);
  if (strcmp (key, "mirror-source") == 0)
    return set_mirror (&recipe->source, key, text, error);
  if (strcmp (key, "mirror-target") == 0)
    return set_mirror (&recipe->target, key, text, error);
  if (strcmp (key, "source-weights") == 0)
    return set_weights (&recipe->source, text);
  if (strcmp (key, "target-weights") == 0)
    return set_weights (&recipe->target, text);
  if (strcmp (key, "weighting") == 0)
    return set_weighting (recipe, text, error);
  return set_param (recipe, key, text, error);
}

/* --- running --- */

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
  image = monge_shape_mirrored (shape, axis);
  positions = g_memdup2 (x, n * dim * sizeof (double));
  for (gsize i = 0; i < n; i++)
    positions[i * dim + axis] = -positions[i * dim + axis];
  return monge_shape_moved (image, positions);
}

static MongeShape *
load (const MongeRecipeInput *input,
      MongeTask *task,
      GError **error)
{
  MongeLoadOptions options = {
    .labels = input->labels,
    .n_labels = input->n_labels,
    .as_voxels = input->as_voxels,
  };

  if (g_str_has_prefix (input->path, EXAMPLE))
    return monge_generate_by_name (input->path + strlen (EXAMPLE), error);
  if (input->n_labels > 0 && !monge_path_is_volume (input->path))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "%s: labels can only be chosen from a volume (.nii, .nii.gz)", input->path);
      return NULL;
    }
  return monge_shape_load (input->path, &options, task, error);
}

MongeShape *
monge_recipe_input_load (const MongeRecipeInput *input,
                         MongeTask *task,
                         GError **error)
{
  g_autoptr (MongeShape) shape = NULL;

  g_return_val_if_fail (input->path != NULL, NULL);
  shape = load (input, task, error);
  if (shape == NULL || input->mirror < 0)
    return g_steal_pointer (&shape);
  return mirror (shape, (guint) input->mirror, error);
}

MongeMeasure *
monge_recipe_input_build_measure (const MongeRecipeInput *input,
                                  const MongeShape *shape,
                                  MongeWeighting weighting,
                                  GError **error)
{
  gsize n = monge_shape_get_n_vertices (shape), n_weights, d;
  g_autofree double *weights = NULL;
  MongeMeasure *measure;

  if (input->weights_path == NULL)
    {
      measure = monge_measure_new_from_shape (shape, weighting, error);
      return measure;
    }
  if (!monge_npy_load (input->weights_path, &weights, &n_weights, &d, error))
    return NULL;
  if (n_weights * d != n)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "%s: %" G_GSIZE_FORMAT " weights for the %" G_GSIZE_FORMAT
                   " vertices of %s; give one per vertex",
                   input->weights_path, n_weights * d, n, input->path);
      return NULL;
    }
  measure = monge_measure_new (monge_shape_get_positions (shape), weights, n,
                               monge_shape_get_dim (shape), error);
  if (measure == NULL)
    g_prefix_error (error, "%s: ", input->weights_path);
  return measure;
}

MongeFlow *
monge_recipe_open_flow (MongeRecipe *recipe,
                        MongeBackend *backend,
                        MongeTask *task,
                        GError **error)
{
  g_autoptr (MongeShape) source = NULL;
  g_autoptr (MongeShape) target = NULL;
  g_autoptr (MongeMeasure) from = NULL;
  g_autoptr (MongeMeasure) to = NULL;
  MongeFlowParams sized;

  source = monge_recipe_input_load (&recipe->source, task, error);
  if (source == NULL)
    return NULL;
  target = monge_recipe_input_load (&recipe->target, task, error);
  if (target == NULL)
    return NULL;
  if (recipe->weighting == MONGE_WEIGHTING_CELL && recipe->source.weights_path == NULL)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                           "A flow moves vertices: take the weighting auto, vertex or uniform");
      return NULL;
    }
  from = monge_recipe_input_build_measure (&recipe->source, source, recipe->weighting, error);
  if (from == NULL)
    return NULL;
  to = monge_recipe_input_build_measure (&recipe->target, target, recipe->weighting, error);
  if (to == NULL)
    return NULL;
  if (!recipe->blur_is_given)
    {
      monge_flow_params_init_for (&sized, source, target);
      recipe->params.loss.blur = sized.loss.blur;
    }
  return monge_flow_new_for_measures (backend, source, target, from, to, error);
}
