/* One shape as it was asked for: where it comes from, what is done to it, how it is shown. */
#pragma once

#include "compute/io/landmarks.h"
#include "compute/measure/measure.h"
#include "compute/volume/volume.h"

G_BEGIN_DECLS

/**
 * MongeRole:
 * @MONGE_ROLE_SOURCE: what moves; at most one
 * @MONGE_ROLE_TARGET: where it goes; at most one
 * @MONGE_N_ROLES: how many roles only one shape can have
 * @MONGE_ROLE_CONTEXT: shown beside them; any number
 */
typedef enum {
  MONGE_ROLE_SOURCE,
  MONGE_ROLE_TARGET,
  MONGE_N_ROLES,
  MONGE_ROLE_CONTEXT = MONGE_N_ROLES,
} MongeRole;

extern const char *const monge_role_names[]; /* "source", "target", "context", NULL */

/**
 * MongeRecipeInput:
 *
 * Plain data; all strings and lists are owned. What is not said is 0, but for @mirror: begin with
 * %MONGE_RECIPE_INPUT_INIT.
 */
typedef struct {
  char *path;         /* a file, or "example:NAME" for monge_generate_by_name() */
  MongeSpace space;   /* what to assume where the file does not say */
  gboolean repairs;   /* vertices that are not finite are dropped instead of being an error */
  gint32 *labels;     /* of a label volume, taken together; NULL: the file's only one */
  guint n_labels;
  gboolean as_voxels; /* voxel centres instead of the surface around them */
  gboolean has_level; /* of a volume of intensities: the surface where they are @level */
  double level;
  gboolean as_density; /* its voxels of at least @level, weighted, instead */
  int mirror;         /* axis whose coordinate changes its sign, 0 to 2; -1: none */
  char **values;      /* files of values per vertex that are attached; NULL: none */
  char *filters;      /* chain of filters as text; NULL: none */
  char *weights_path; /* (n) NPY array of vertex weights; NULL: by the weighting */
  char *weights_array; /* the array of the shape that has them; a path goes before it */
  char *landmarks_path;

  MongeRole role;     /* of the inputs of a recipe: where they stand says so too */
  char *name;         /* NULL: the file's */
  gboolean has_colour;
  float colour[3];    /* sRGB, 0 to 1; else by the role */
  gboolean is_hidden;
  char *colour_array; /* the array that is shown in colours; NULL: one colour */
} MongeRecipeInput;

#define MONGE_RECIPE_INPUT_INIT { .mirror = -1 }

/* Deep. What was in @copy is overwritten, not freed. */
void monge_recipe_input_copy (MongeRecipeInput *copy, const MongeRecipeInput *input);
/* Back to the start: owns nothing, says nothing. */
void monge_recipe_input_clear (MongeRecipeInput *input);

/* A path, "example:NAME", or "PATH#L[,L…]" to choose labels of a volume. */
gboolean monge_recipe_input_set_path (MongeRecipeInput *input, const char *text, GError **error);
/* "L[,L…]": whole numbers. */
gboolean monge_recipe_input_set_labels (MongeRecipeInput *input, const char *text, GError **error);

/**
 * monge_recipe_input_set:
 * @key: one of #monge_recipe_input_keys
 *
 * Total over any text; an empty one is the default. "values" adds a file, or takes all away when it
 * is empty. Errors say what it takes and leave it to the caller to put the key before that.
 */
gboolean monge_recipe_input_set (MongeRecipeInput *input, const char *key, const char *text,
                                 GError **error);
/* The text that sets it again; NULL at its default, and for "values", of which there can be more
 * than one. Transfer full. */
char *monge_recipe_input_print (const MongeRecipeInput *input, const char *key);
/* Whether two inputs give the same shape: all that comes before the name. */
gboolean monge_recipe_input_loads_same (const MongeRecipeInput *a, const MongeRecipeInput *b);

/**
 * MongeRecipeKey:
 * @value: how a value looks, such as "L[,L…]", for help
 */
typedef struct {
  const char *key;
  const char *value;
  const char *help;
} MongeRecipeKey;

/* All of an input but its path and its role; ends with a NULL key. */
extern const MongeRecipeKey monge_recipe_input_keys[];

/* Reads, mirrors, attaches values, filters. Errors start with the path. Any thread. Transfer full. */
MongeShape *monge_recipe_input_load (const MongeRecipeInput *input, MongeTask *task,
                                     GError **error);
/* The same in two steps, for those who keep what the filters begin with. @notes: (out) (nullable)
 * (transfer full): (element-type utf8) a sentence for each step taken. */
MongeShape *monge_recipe_input_load_original (const MongeRecipeInput *input, MongeTask *task,
                                              GError **error);
MongeShape *monge_recipe_input_filter (const MongeRecipeInput *input, MongeShape *original,
                                       MongeTask *task, GPtrArray **notes, GError **error);
/* monge_recipe_input_load_original() out of a volume that is there already. */
MongeShape *monge_recipe_input_extract (const MongeRecipeInput *input, const MongeVolume *volume,
                                        MongeTask *task, GError **error);
/* @shape: what monge_recipe_input_load() gave, of dimension 2 or 3. Reads the landmarks, of which
 * there must be a path, and brings them to where @shape is: into its space, through its transform.
 * What is to be told about that is in their notes. Transfer full. */
MongeLandmarks *monge_recipe_input_load_landmarks (const MongeRecipeInput *input, MongeShape *shape,
                                                   MongeTask *task, GError **error);
/* @shape: what monge_recipe_input_load() gave. Reads the weights, if any. */
MongeMeasure *monge_recipe_input_build_measure (const MongeRecipeInput *input,
                                                const MongeShape *shape, MongeWeighting weighting,
                                                GError **error);

G_END_DECLS
