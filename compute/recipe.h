/* What to register with what, and how: all that a command line or a session says, in one struct. */
#pragma once

#include "compute/flow/flow.h"
#include "compute/recipe-input.h"

G_BEGIN_DECLS

/**
 * MongeRecipe:
 *
 * Plain data; fill it by hand or by monge_recipe_set(). One thread.
 */
typedef struct {
  MongeRecipeInput source, target; /* without a path: there is none */
  GPtrArray *context;              /* (element-type MongeRecipeInput), owned: what is shown besides */
  MongeWeighting weighting;
  MongeFlowParams params;
  gboolean blur_is_given; /* else monge_recipe_open_flow() takes it from the shapes' size */
} MongeRecipe;

MongeRecipe *monge_recipe_new (void);
void monge_recipe_free (MongeRecipe *recipe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeRecipe, monge_recipe_free)

/* Where to fill in a shape of that role: the source, the target, or one more of the context, which
 * belongs to @recipe. */
MongeRecipeInput *monge_recipe_add (MongeRecipe *recipe, MongeRole role);
/* Those that have a path: source, target, context. (element-type MongeRecipeInput), borrowed
 * elements; transfer container. */
GPtrArray *monge_recipe_list_inputs (MongeRecipe *recipe);

/* What can be set beside the lines of #monge_flow_options: most of #monge_recipe_input_keys with
 * "source-" or "target-" before them, "mirror-source", "mirror-target", "weighting". Ends with a
 * NULL key. */
extern const MongeRecipeKey monge_recipe_keys[];

/* Any key of #monge_recipe_keys or #monge_flow_options, and "source-" or "target-" before any of
 * #monge_recipe_input_keys. Errors name the key and what it takes. */
gboolean monge_recipe_set (MongeRecipe *recipe, const char *key, const char *text, GError **error);

/**
 * monge_recipe_open_flow:
 * @recipe: its blur is set from the shapes' size if it was not given
 *
 * Loads both shapes and their weights and makes the flow. @backend must outlive it.
 */
MongeFlow *monge_recipe_open_flow (MongeRecipe *recipe, MongeBackend *backend, MongeTask *task,
                                   GError **error);

G_END_DECLS
