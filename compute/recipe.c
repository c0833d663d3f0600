#include "compute/recipe.h"

#include <string.h>

/* An option of both shapes. */
#define OF_BOTH(key, value, help)                                                                  \
  { "source-" key, value, help }, { "target-" key, value, "The same for the target" }

const MongeRecipeKey monge_recipe_keys[] = {
  OF_BOTH ("label", "L[,L…]",
           "Labels of a source volume, taken together; so does SOURCE#L[,L…]"),
  OF_BOTH ("level", "VALUE", "Level of a source volume of intensities: the surface where it is"),
  OF_BOTH ("density", "yes|no", "Its voxels of at least that level, weighted, instead"),
  OF_BOTH ("space", "RAS|LPS",
           "Along what the coordinates of the source run, where its file does not say"),
  OF_BOTH ("repair", "yes|no", "Drop vertices of the source that are not finite"),
  { "mirror-source", "x|y|z|none", "Change the sign of one coordinate of the source" },
  { "mirror-target", "x|y|z|none", "The same for the target" },
  OF_BOTH ("values", "FILE", "Values per vertex to attach to the source; may be repeated"),
  OF_BOTH ("filter", "CHAIN", "Filters for the source, such as “repair; decimate faces=5000”"),
  OF_BOTH ("weights", "W.npy", "Vertex weights of the source"),
  OF_BOTH ("weights-array", "NAME", "The array of the source that has its vertex weights"),
  OF_BOTH ("landmarks", "FILE", "Landmarks that belong to the source"),
  { "weighting", "auto|uniform|vertex|cell",
    "Weights when none are given: auto takes areas or lengths around vertices, of a cloud the array "
    "“weight” or else equal ones" },
  { NULL },
};

static void
input_free (gpointer data)
{
  monge_recipe_input_clear (data);
  g_free (data);
}

MongeRecipe *
monge_recipe_new (void)
{
  MongeRecipe *recipe = g_new0 (MongeRecipe, 1);

  recipe->source = (MongeRecipeInput) MONGE_RECIPE_INPUT_INIT;
  recipe->target = (MongeRecipeInput) MONGE_RECIPE_INPUT_INIT;
  recipe->target.role = MONGE_ROLE_TARGET;
  recipe->context = g_ptr_array_new_with_free_func (input_free);
  recipe->params = *monge_flow_params ();
  return recipe;
}

void
monge_recipe_free (MongeRecipe *recipe)
{
  monge_recipe_input_clear (&recipe->source);
  monge_recipe_input_clear (&recipe->target);
  g_ptr_array_unref (recipe->context);
  g_free (recipe);
}

MongeRecipeInput *
monge_recipe_add (MongeRecipe *recipe,
                  MongeRole role)
{
  MongeRecipeInput *input;

  if (role != MONGE_ROLE_CONTEXT)
    return role == MONGE_ROLE_SOURCE ? &recipe->source : &recipe->target;
  input = g_new (MongeRecipeInput, 1);
  *input = (MongeRecipeInput) MONGE_RECIPE_INPUT_INIT;
  input->role = MONGE_ROLE_CONTEXT;
  g_ptr_array_add (recipe->context, input);
  return input;
}

GPtrArray *
monge_recipe_list_inputs (MongeRecipe *recipe)
{
  GPtrArray *inputs = g_ptr_array_new ();

  if (recipe->source.path != NULL)
    g_ptr_array_add (inputs, &recipe->source);
  if (recipe->target.path != NULL)
    g_ptr_array_add (inputs, &recipe->target);
  for (guint i = 0; i < recipe->context->len; i++)
    if (((MongeRecipeInput *) recipe->context->pdata[i])->path != NULL)
      g_ptr_array_add (inputs, recipe->context->pdata[i]);
  return inputs;
}

/* --- setting --- */

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

/* "source-label" is the key "label" of the source; NULL when @key is none of an input. */
static MongeRecipeInput *
find_input (MongeRecipe *recipe,
            const char *key,
            const char **rest)
{
  static const char *const prefixes[] = { "source-", "target-" };

  for (int role = 0; role < MONGE_N_ROLES; role++)
    if (g_str_has_prefix (key, prefixes[role]))
      {
        *rest = key + strlen (prefixes[role]);
        for (const MongeRecipeKey *line = monge_recipe_input_keys; line->key != NULL; line++)
          if (strcmp (line->key, *rest) == 0)
            return role == MONGE_ROLE_SOURCE ? &recipe->source : &recipe->target;
      }
  return NULL;
}

gboolean
monge_recipe_set (MongeRecipe *recipe,
                  const char *key,
                  const char *text,
                  GError **error)
{
  const char *rest = "mirror";
  MongeRecipeInput *input = find_input (recipe, key, &rest);

  if (strcmp (key, "mirror-source") == 0)
    input = &recipe->source;
  else if (strcmp (key, "mirror-target") == 0)
    input = &recipe->target;
  else if (strcmp (key, "weighting") == 0)
    return set_weighting (recipe, text, error);
  if (input == NULL)
    return set_param (recipe, key, text, error);
  if (monge_recipe_input_set (input, rest, text, error))
    return TRUE;
  g_prefix_error (error, "Option %s ", key);
  return FALSE;
}

/* --- running --- */

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
  if (recipe->weighting == MONGE_WEIGHTING_CELL && recipe->source.weights_path == NULL
      && recipe->source.weights_array == NULL)
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
