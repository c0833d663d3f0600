/* What must hold for a session or a recipe of any bytes. */
#pragma once

#include "compute/recipe-file.h"

#include <string.h>

#define ANY_RECIPE_FOLDER "/nowhere/study"

/* What was read prints to a text that reads to the same recipe, without a note. */
static inline void
any_recipe_check_print (MongeRecipe *recipe)
{
  g_autofree char *text = monge_recipe_file_print (recipe, ANY_RECIPE_FOLDER);
  g_autofree char *again_text = NULL;
  g_autoptr (MongeRecipe) again = monge_recipe_new ();
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) inputs = monge_recipe_list_inputs (recipe);
  g_autoptr (GPtrArray) again_inputs = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_utf8_validate (text, -1, NULL));
  monge_recipe_file_parse (text, strlen (text), ANY_RECIPE_FOLDER, again, notes, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (notes->len, ==, 0);
  again_inputs = monge_recipe_list_inputs (again);
  g_assert_cmpuint (inputs->len, ==, again_inputs->len);
  again_text = monge_recipe_file_print (again, ANY_RECIPE_FOLDER);
  g_assert_cmpstr (text, ==, again_text);
}

static inline void
any_recipe_check (const char *text, gsize size)
{
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;

  if (monge_recipe_file_parse (text, size, ANY_RECIPE_FOLDER, recipe, notes, &error))
    {
      g_assert_no_error (error);
      any_recipe_check_print (recipe);
      return;
    }
  g_assert_true (error != NULL && error->domain == MONGE_ERROR);
  g_assert_cmpuint (strlen (error->message), >, 0);
}
