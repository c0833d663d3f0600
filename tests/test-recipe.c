/* Recipes: what a command line says becomes shapes, measures and a flow. */
#include "compute/recipe.h"
#include "compute/io/io.h"
#include "compute/shape/mesh.h"

#include "tests/util.h"

#include <math.h>
#include <string.h>

static void
set (MongeRecipe *recipe,
     const char *key,
     const char *text)
{
  g_autoptr (GError) error = NULL;
  gboolean done = monge_recipe_set (recipe, key, text, &error);

  g_assert_no_error (error);
  g_assert_true (done);
}

static void
refuse (const char *key,
        const char *text,
        const char *part)
{
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (monge_recipe_set (recipe, key, text, &error));
  g_assert_cmpint (error->domain, ==, MONGE_ERROR);
  g_assert_nonnull (strstr (error->message, part));
}

static void
take_path (MongeRecipeInput *input,
           const char *text)
{
  g_autoptr (GError) error = NULL;

  monge_recipe_input_set_path (input, text, &error);
  g_assert_no_error (error);
}

static void
test_paths (void)
{
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
  g_autofree char *odd = monge_test_tmp_path ("odd#name.ply");
  GError *error = NULL;

  take_path (&recipe->source, "folder/atlas.nii.gz#37");
  g_assert_cmpstr (recipe->source.path, ==, "folder/atlas.nii.gz");
  g_assert_cmpuint (recipe->source.n_labels, ==, 1);
  g_assert_cmpint (recipe->source.labels[0], ==, 37);
  take_path (&recipe->source, "atlas.nii#-1,2, 3");
  g_assert_cmpuint (recipe->source.n_labels, ==, 3);
  g_assert_cmpint (recipe->source.labels[0], ==, -1);
  g_assert_cmpint (recipe->source.labels[2], ==, 3);

  g_assert_true (g_file_set_contents (odd, "", 0, NULL));
  take_path (&recipe->target, odd);
  g_assert_cmpstr (recipe->target.path, ==, odd);
  g_assert_cmpuint (recipe->target.n_labels, ==, 0);
  g_assert_false (monge_recipe_input_set_path (&recipe->target, "a.nii#x", &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "a.nii#x");
}

static void
test_keys (void)
{
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();

  g_assert_cmpint (recipe->source.mirror, ==, -1);
  g_assert_false (recipe->blur_is_given);
  set (recipe, "blur", "2.5");
  set (recipe, "model", "rigid");
  set (recipe, "target-label", "4,5");
  set (recipe, "mirror-source", "z");
  set (recipe, "mirror-target", "x");
  set (recipe, "mirror-target", "none");
  set (recipe, "weighting", "uniform");
  set (recipe, "source-weights", "w.npy");
  g_assert_true (recipe->blur_is_given);
  g_assert_true (recipe->params.loss.blur == 2.5);
  g_assert_cmpstr (recipe->params.model, ==, "rigid");
  g_assert_cmpint (recipe->target.labels[1], ==, 5);
  g_assert_cmpint (recipe->source.mirror, ==, 2);
  g_assert_cmpint (recipe->target.mirror, ==, -1);
  g_assert_cmpint (recipe->weighting, ==, MONGE_WEIGHTING_UNIFORM);
  g_assert_cmpstr (recipe->source.weights_path, ==, "w.npy");
}

static void
test_refuse (void)
{
  refuse ("colour", "red", "colour");
  refuse ("blur", "wide", "blur");
  refuse ("mirror-source", "w", "x, y, z");
  refuse ("weighting", "heavy", "uniform");
  refuse ("target-label", "1,,2", "whole numbers");
  refuse ("source-label", "99999999999", "Option source-label takes whole numbers");
  refuse ("target-space", "MNI", "Option target-space takes one of RAS");
  refuse ("source-level", "nan", "Option source-level takes a number");
  refuse ("source-level", "1 2", "source-level");
  refuse ("target-repair", "perhaps", "Option target-repair takes yes or no");
  refuse ("source-colour", "#D55E0", "source-colour");
  refuse ("source-colour", "#D55E0g", "source-colour");
  refuse ("source-", "x", "There is no option source-");
}

/* What is set is printed, and sets the same again. */
static void
test_inputs_print_what_sets_them (void)
{
  static const char *const texts[][2] = {
    { "name", "left" },          { "colour", "#D55E00" },      { "visible", "no" },
    { "space", "LPS" },          { "repair", "yes" },          { "label", "-3,37" },
    { "voxels", "yes" },         { "level", "0.10000000000000001" },
    { "density", "yes" },        { "mirror", "y" },            { "filter", "repair" },
    { "weights", "w.npy" },      { "weights-array", "mass" },  { "landmarks", "l.fcsv" },
    { "colour-array", "curv" },
  };
  MongeRecipeInput input = MONGE_RECIPE_INPUT_INIT;
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *text = NULL;

      g_assert_null (monge_recipe_input_print (&input, texts[i][0]));
      g_assert_true (monge_recipe_input_set (&input, texts[i][0], texts[i][1], &error));
      g_assert_no_error (error);
      text = monge_recipe_input_print (&input, texts[i][0]);
      g_assert_cmpstr (text, ==, texts[i][1]);
    }
  for (const MongeRecipeKey *key = monge_recipe_input_keys; key->key != NULL; key++)
    {
      g_assert_true (monge_recipe_input_set (&input, key->key, "", &error));
      g_assert_null (monge_recipe_input_print (&input, key->key));
    }
  monge_recipe_input_clear (&input);
}

static void
test_values_add_up (void)
{
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
  MongeRecipeInput copy;

  set (recipe, "source-values", "a.npy");
  set (recipe, "source-values", "b.csv");
  monge_recipe_input_copy (&copy, &recipe->source);
  g_assert_cmpuint (g_strv_length (copy.values), ==, 2);
  g_assert_cmpstr (copy.values[1], ==, "b.csv");
  g_assert_true (monge_recipe_input_loads_same (&copy, &recipe->source));
  set (recipe, "source-values", "");
  g_assert_null (recipe->source.values);
  g_assert_false (monge_recipe_input_loads_same (&copy, &recipe->source));
  monge_recipe_input_clear (&copy);
}

/* Values are attached to the vertices, and one of them weighs. */
static void
test_attached_values_weigh (void)
{
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
  g_autofree char *points = monge_test_tmp_path ("points.npy");
  g_autofree char *mass = monge_test_tmp_path ("mass.npy");
  static const double x[] = { 0, 0, 0, 1, 0, 0, 0, 1, 0 }, weights[] = { 1, 2, 5 };
  g_autoptr (MongeShape) shape = NULL;
  g_autoptr (MongeMeasure) measure = NULL;
  GError *error = NULL;

  g_assert_true (monge_npy_save (points, x, 3, 3, NULL));
  g_assert_true (monge_npy_save (mass, weights, 3, 1, NULL));
  take_path (&recipe->source, points);
  set (recipe, "source-values", mass);
  set (recipe, "source-weights-array", "mass");
  shape = monge_recipe_input_load (&recipe->source, NULL, &error);
  g_assert_no_error (error);
  measure = monge_recipe_input_build_measure (&recipe->source, shape, MONGE_WEIGHTING_AUTO, &error);
  g_assert_no_error (error);
  monge_assert_close (monge_measure_get_weights (measure)[2], 5.0 / 8.0, 1e-12);
  set (recipe, "source-weights-array", "missing");
  g_assert_null (monge_recipe_input_build_measure (&recipe->source, shape, MONGE_WEIGHTING_AUTO,
                                                   &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "“missing”");
  g_assert_true (monge_npy_save (mass, weights, 2, 1, NULL));
  error = NULL;
  g_assert_null (monge_recipe_input_load (&recipe->source, NULL, &error));
  g_assert_nonnull (strstr (error->message, "mass.npy"));
  g_error_free (error);
}

/* Every key that is listed can be set. */
static void
test_keys_are_known (void)
{
  for (const MongeRecipeKey *key = monge_recipe_keys; key->key != NULL; key++)
    {
      g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
      g_autoptr (GError) error = NULL;

      if (!monge_recipe_set (recipe, key->key, "?", &error))
        g_assert_null (strstr (error->message, "There is no option"));
    }
}

/* The image lies on the other side of the origin and its normals still point out. */
static void
test_mirror (void)
{
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) shape = NULL;
  g_autoptr (MongeShape) image = NULL;
  MongeMeshReport before, after;

  take_path (&recipe->source, "example:seahorse0");
  shape = monge_recipe_input_load (&recipe->source, NULL, &error);
  g_assert_no_error (error);
  set (recipe, "mirror-source", "x");
  image = monge_recipe_input_load (&recipe->source, NULL, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < 3 * monge_shape_get_n_vertices (shape); i++)
    g_assert_true (monge_shape_get_positions (image)[i]
                   == monge_shape_get_positions (shape)[i] * (i % 3 == 0 ? -1.0 : 1.0));
  monge_mesh_describe (shape, &before);
  monge_mesh_describe (image, &after);
  monge_assert_close_rel (after.volume, before.volume, 1e-9);
  g_assert_cmpfloat (after.volume, >, 0.0);
}

static void
test_mirror_missing_axis (void)
{
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
  g_autofree char *path = monge_test_tmp_path ("flat.npy");
  static const double points[] = { 0, 1, 2, 3 };
  GError *error = NULL;

  g_assert_true (monge_npy_save (path, points, 2, 2, NULL));
  take_path (&recipe->source, path);
  set (recipe, "mirror-source", "z");
  g_assert_null (monge_recipe_input_load (&recipe->source, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "axis z");
}

static void
test_flow (void)
{
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeBackend) backend = monge_backend_open (NULL, &error);
  g_autoptr (MongeFlow) flow = NULL;
  double diameter;

  take_path (&recipe->source, "example:sphere");
  take_path (&recipe->target, "example:torus");
  flow = monge_recipe_open_flow (recipe, backend, NULL, &error);
  g_assert_no_error (error);
  diameter = MAX (monge_shape_get_diameter (monge_flow_get_source (flow)),
                  monge_shape_get_diameter (monge_flow_get_target (flow)));
  monge_assert_close_rel (recipe->params.loss.blur, 0.02 * diameter, 0.05);
  g_clear_pointer (&flow, monge_flow_free);

  set (recipe, "blur", "0.3");
  flow = monge_recipe_open_flow (recipe, backend, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (recipe->params.loss.blur == 0.3);
}

static void
test_flow_failures (void)
{
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
  g_autoptr (MongeBackend) backend = monge_backend_open (NULL, NULL);
  g_autofree char *path = monge_test_tmp_path ("w.npy");
  static const double weights[] = { 1, 2, 3 };
  GError *error = NULL;

  take_path (&recipe->source, "example:sphere");
  take_path (&recipe->target, "no-such-file.ply");
  g_assert_null (monge_recipe_open_flow (recipe, backend, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_IO, "no-such-file.ply");

  take_path (&recipe->target, "example:torus");
  g_assert_true (monge_npy_save (path, weights, 3, 1, NULL));
  set (recipe, "target-weights", path);
  g_assert_null (monge_recipe_open_flow (recipe, backend, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "w.npy: 3 weights");

  set (recipe, "weighting", "cell");
  g_assert_null (monge_recipe_open_flow (recipe, backend, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "vertices");

  take_path (&recipe->source, "example:sphere");
  set (recipe, "source-label", "3");
  take_path (&recipe->source, "surface.ply");
  g_assert_null (monge_recipe_open_flow (recipe, backend, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "volume");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/recipe/paths", test_paths);
  g_test_add_func ("/recipe/keys", test_keys);
  g_test_add_func ("/recipe/refuse", test_refuse);
  g_test_add_func ("/recipe/inputs_print_what_sets_them", test_inputs_print_what_sets_them);
  g_test_add_func ("/recipe/values_add_up", test_values_add_up);
  g_test_add_func ("/recipe/attached_values_weigh", test_attached_values_weigh);
  g_test_add_func ("/recipe/keys_are_known", test_keys_are_known);
  g_test_add_func ("/recipe/mirror", test_mirror);
  g_test_add_func ("/recipe/mirror_missing_axis", test_mirror_missing_axis);
  g_test_add_func ("/recipe/flow", test_flow);
  g_test_add_func ("/recipe/flow_failures", test_flow_failures);
  return g_test_run ();
}
