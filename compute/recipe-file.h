/* A recipe as a small text file: which shapes, which parameters. What a session is saved as. */
#pragma once

#include "compute/recipe.h"

G_BEGIN_DECLS

/**
 * monge_recipe_file_parse:
 * @text: (size) any bytes
 * @folder: where relative paths start
 * @notes: (nullable) (element-type utf8): is appended a sentence for each thing that was left out
 *
 * A key file. The group [monge] has the keys of monge_recipe_set(); each group [shape 1], [shape 2] …
 * is a shape with its "file", its "role" and the keys of #monge_recipe_input_keys, of which "values"
 * is a list. Shapes may also be the keys "source" and "target" of [monge], as on the command line.
 *
 * What the text does not name stays as it is in @recipe. Keys that are not known are left out and
 * told; values that cannot be are errors that name the group and the key.
 */
gboolean monge_recipe_file_parse (const char *text, gsize size, const char *folder,
                                  MongeRecipe *recipe, GPtrArray *notes, GError **error);
/* The text that parses back to @recipe; all parameters are in it. Paths inside @folder are relative,
 * others absolute. Transfer full. */
char *monge_recipe_file_print (MongeRecipe *recipe, const char *folder);

/* Errors and notes start with @path. */
gboolean monge_recipe_file_load (const char *path, MongeRecipe *recipe, GPtrArray *notes,
                                 GError **error);
gboolean monge_recipe_file_save (const char *path, MongeRecipe *recipe, GError **error);

G_END_DECLS
