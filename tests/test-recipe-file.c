/* Sessions and recipes as texts: what is written is read again, and what is lost is said. */
#include "compute/recipe-file.h"

#include "tests/fuzz/any-recipe.h"
#include "tests/util.h"

#include <string.h>

typedef struct {
  MongeRecipe *recipe;
  GPtrArray *notes;
  GError *error;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->recipe = monge_recipe_new ();
  fixture->notes = g_ptr_array_new_with_free_func (g_free);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  monge_recipe_free (fixture->recipe);
  g_ptr_array_unref (fixture->notes);
  g_clear_error (&fixture->error);
}

static gboolean
parse (Fixture *fixture,
       const char *text)
{
  return monge_recipe_file_parse (text, strlen (text), "/study", fixture->recipe, fixture->notes,
                                  &fixture->error);
}

static void
test_old_files_open (Fixture *fixture,
                     gconstpointer data)
{
  g_assert_true (parse (fixture, "[monge]\nsource=a.ply\ntarget=/data/atlas.nii#4,5\n"
                                 "mirror-target=x\nsource-weights=w.npy\nblur=2.5\n"
                                 "weighting=uniform\n"));
  g_assert_cmpstr (fixture->recipe->source.path, ==, "/study/a.ply");
  g_assert_cmpstr (fixture->recipe->source.weights_path, ==, "/study/w.npy");
  g_assert_cmpstr (fixture->recipe->target.path, ==, "/data/atlas.nii");
  g_assert_cmpint (fixture->recipe->target.labels[1], ==, 5);
  g_assert_cmpint (fixture->recipe->target.mirror, ==, 0);
  g_assert_true (fixture->recipe->blur_is_given);
  g_assert_cmpuint (fixture->notes->len, ==, 0);
}

static void
fill (MongeRecipe *recipe)
{
  static const char *const keys[][2] = {
    { "name", "left; half" }, { "colour", "#009E73" },   { "visible", "no" },
    { "space", "LPS" },       { "repair", "yes" },       { "mirror", "z" },
    { "values", "/a;b.npy" }, { "values", "/study/c.npy" }, { "filter", "repair" },
    { "weights-array", "m" }, { "landmarks", "/study/l.fcsv" }, { "colour-array", "curv" },
    { "level", "0.1" },       { "density", "yes" },      { "label", "1,2" },
  };

  for (MongeRole role = MONGE_ROLE_SOURCE; role <= MONGE_ROLE_CONTEXT; role++)
    for (int copy = 0; copy <= (role == MONGE_ROLE_CONTEXT); copy++)
      {
        MongeRecipeInput *input = monge_recipe_add (recipe, role);

        input->path = g_strdup_printf ("/study/shape-%d-%d.ply", role, copy);
        for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
          g_assert_true (monge_recipe_input_set (input, keys[i][0], keys[i][1], NULL));
      }
}

static void
test_all_shapes_come_back (Fixture *fixture,
                           gconstpointer data)
{
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
  g_autoptr (GPtrArray) before = NULL;
  g_autoptr (GPtrArray) after = NULL;
  g_autofree char *text = NULL;

  fill (recipe);
  text = monge_recipe_file_print (recipe, "/study");
  g_assert_null (strstr (text, "/study"));
  g_assert_true (parse (fixture, text));
  g_assert_cmpuint (fixture->notes->len, ==, 0);
  before = monge_recipe_list_inputs (recipe);
  after = monge_recipe_list_inputs (fixture->recipe);
  g_assert_cmpuint (after->len, ==, 4);
  for (guint i = 0; i < 4; i++)
    {
      const MongeRecipeInput *a = before->pdata[i], *b = after->pdata[i];

      g_assert_true (monge_recipe_input_loads_same (a, b));
      g_assert_cmpint (a->role, ==, b->role);
      for (const MongeRecipeKey *key = monge_recipe_input_keys; key->key != NULL; key++)
        {
          g_autofree char *was = monge_recipe_input_print (a, key->key);
          g_autofree char *is = monge_recipe_input_print (b, key->key);

          g_assert_cmpstr (was, ==, is);
        }
    }
}

static void
test_unknown_keys_are_told (Fixture *fixture,
                            gconstpointer data)
{
  g_assert_true (parse (fixture, "[monge]\nshine=1\n[shape 1]\nfile=a.ply\nsparkle=2\n[shape 2]\n"
                                 "role=source\n[view]\nzoom=3\n"));
  g_assert_cmpuint (fixture->notes->len, ==, 4);
  g_assert_nonnull (strstr (fixture->notes->pdata[0], "[monge] shine"));
  g_assert_nonnull (strstr (fixture->notes->pdata[1], "[shape 1] sparkle"));
  g_assert_nonnull (strstr (fixture->notes->pdata[2], "[shape 2] names no file"));
  g_assert_nonnull (strstr (fixture->notes->pdata[3], "[view]"));
  g_assert_cmpuint (fixture->recipe->context->len, ==, 1);
}

static void
test_second_source_is_context (Fixture *fixture,
                               gconstpointer data)
{
  g_assert_true (parse (fixture, "[monge]\n[shape 1]\nrole=source\nfile=a\n[shape 2]\nrole=source\n"
                                 "file=b\n"));
  g_assert_cmpstr (fixture->recipe->source.path, ==, "/study/a");
  g_assert_cmpuint (fixture->recipe->context->len, ==, 1);
  g_assert_nonnull (strstr (fixture->notes->pdata[0], "[shape 2] is not the source"));
}

static void
test_bad_values_name_group_and_key (Fixture *fixture,
                                    gconstpointer data)
{
  g_assert_false (parse (fixture, "[monge]\n[shape 7]\nfile=a\nmirror=w\n"));
  g_assert_nonnull (strstr (fixture->error->message, "[shape 7] mirror takes one of x, y, z"));
}

static void
test_what_is_no_session_says_so (Fixture *fixture,
                                 gconstpointer data)
{
  g_assert_false (parse (fixture, "ply\nformat ascii 1.0\n"));
  g_assert_error (fixture->error, MONGE_ERROR, MONGE_ERROR_FORMAT);
  g_assert_nonnull (strstr (fixture->error->message, "[monge]"));
  g_clear_error (&fixture->error);
  g_assert_false (parse (fixture, ""));
  g_assert_error (fixture->error, MONGE_ERROR, MONGE_ERROR_FORMAT);
}

/* A path that is no text. */
static void
test_any_path_comes_back (Fixture *fixture,
                          gconstpointer data)
{
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
  g_autofree char *text = NULL;

  recipe->source.path = g_strdup ("/study/\xff\n#%20;=.ply");
  text = monge_recipe_file_print (recipe, "/study");
  g_assert_true (parse (fixture, text));
  g_assert_cmpstr (fixture->recipe->source.path, ==, recipe->source.path);
}

static void
test_saves_beside_its_shapes (Fixture *fixture,
                              gconstpointer data)
{
  g_autofree char *path = monge_test_tmp_path ("saved.monge");
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *shape = g_build_filename (folder, "sub", "a.ply", NULL);
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
  g_autofree char *text = NULL;

  recipe->target.path = g_strdup (shape);
  g_assert_true (monge_recipe_file_save (path, recipe, &fixture->error));
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "\nfile=sub/a.ply\n"));
  g_assert_true (monge_recipe_file_load (path, fixture->recipe, fixture->notes, &fixture->error));
  g_assert_cmpstr (fixture->recipe->target.path, ==, shape);
  g_assert_false (monge_recipe_file_load ("/nonexistent/x.monge", fixture->recipe, NULL,
                                          &fixture->error));
  g_assert_true (g_str_has_prefix (fixture->error->message, "/nonexistent/x.monge: "));
}

/* Seeds and what the fuzzer found, each cut anywhere and with any byte changed. */
static void
test_damage (void)
{
  const char *folder = MONGE_TEST_SOURCE_ROOT "/tests/fuzz/corpus-session";
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      g_autofree char *text = NULL;
      gsize size;

      g_assert_true (g_file_get_contents (path, &text, &size, NULL));
      any_recipe_check (text, size);
      for (gsize i = 0; i < size; i++)
        {
          char byte = text[i];

          any_recipe_check (text, i);
          text[i] = (char) (byte ^ (1 << i % 8));
          any_recipe_check (text, size);
          text[i] = byte;
        }
    }
}

#define ADD(name, func) \
  g_test_add ("/recipe-file/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("old_files_open", test_old_files_open);
  ADD ("all_shapes_come_back", test_all_shapes_come_back);
  ADD ("unknown_keys_are_told", test_unknown_keys_are_told);
  ADD ("second_source_is_context", test_second_source_is_context);
  ADD ("bad_values_name_group_and_key", test_bad_values_name_group_and_key);
  ADD ("what_is_no_session_says_so", test_what_is_no_session_says_so);
  ADD ("any_path_comes_back", test_any_path_comes_back);
  ADD ("saves_beside_its_shapes", test_saves_beside_its_shapes);
  g_test_add_func ("/recipe-file/damage", test_damage);
  return g_test_run ();
}
