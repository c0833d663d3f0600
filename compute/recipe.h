/* What to register with what, and how: all that a command line or a session says, in one struct. */
#pragma once

#include "compute/flow/flow.h"

G_BEGIN_DECLS

/**
 * MongeRecipeInput:
 *
 * One shape as it was asked for. All strings are owned.
 */
typedef struct {
  char *path;         /* a file, or "example:NAME" for monge_generate_by_name() */
  gint32 *labels;     /* of a label volume, taken together; NULL: the file's only one */
  guint n_labels;
  gboolean as_voxels; /* voxel centres instead of the surface around them */
  int mirror;         /* axis whose coordinate changes its sign, 0 to 2; -1 (default): none */
  char *weights_path; /* (n) NPY array of vertex weights; NULL (default): by the weighting */
} MongeRecipeInput;

/**
 * MongeRecipe:
 *
 * Plain data; fill it by hand or by monge_recipe_set(). One thread.
 */
typedef struct {
  MongeRecipeInput source, target;
  MongeWeighting weighting;
  MongeFlowParams params;
  gboolean blur_is_given; /* else monge_recipe_open_flow() takes it from the shapes' size */
} MongeRecipe;

MongeRecipe *monge_recipe_new (void);
void monge_recipe_free (MongeRecipe *recipe);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeRecipe, monge_recipe_free)

/**
 * MongeRecipeKey:
 *
 * What can be set beside the lines of #monge_flow_options.
 * @value: how a value looks, such as "L[,L…]", for help
 */
typedef struct {
  const char *key;
  const char *value;
  const char *help;
} MongeRecipeKey;

/* "source-label", "target-label", "mirror-source", "mirror-target", "source-weights",
 * "target-weights", "weighting"; ends with a NULL key. */
extern const MongeRecipeKey monge_recipe_keys[];

/* Any key of #monge_recipe_keys or #monge_flow_options. Errors name the key and what it takes. */
gboolean monge_recipe_set (MongeRecipe *recipe, const char *key, const char *text, GError **error);

/* A path, "example:NAME", or "PATH#L[,L…]" to choose labels of a volume. */
gboolean monge_recipe_input_set_path (MongeRecipeInput *input, const char *text, GError **error);
/* "L[,L…]": whole numbers. */
gboolean monge_recipe_input_set_labels (MongeRecipeInput *input, const char *text, GError **error);
void monge_recipe_input_clear (MongeRecipeInput *input);

/* Reads and mirrors. Errors start with the path. Any thread. Transfer full. */
MongeShape *monge_recipe_input_load (const MongeRecipeInput *input, MongeTask *task,
                                     GError **error);
/* @shape: what monge_recipe_input_load() gave. Reads the weights, if any. */
MongeMeasure *monge_recipe_input_build_measure (const MongeRecipeInput *input,
                                                const MongeShape *shape, MongeWeighting weighting,
                                                GError **error);
/**
 * monge_recipe_open_flow:
 * @recipe: its blur is set from the shapes' size if it was not given
 *
 * Loads both shapes and their weights and makes the flow. @backend must outlive it.
 */
MongeFlow *monge_recipe_open_flow (MongeRecipe *recipe, MongeBackend *backend, MongeTask *task,
                                   GError **error);

G_END_DECLS
