#include "app/cli.h"

#include "compute/io/io.h"
#include "compute/io/values.h"
#include "compute/shape/place.h"
#include "compute/shape/sample.h"
#include "compute/transform/linear-file.h"

#include <stdio.h>

typedef struct {
  char *labels;
  char *mirror;
  char *filters;
  char *values;
  char *arrays;
  char *transform;
  gboolean as_surface, as_voxels;
  gint64 n_points;
  gint64 seed;
} Wishes;

/* Through a linear transform from a file. Takes @shape. */
static MongeShape *
transform (MongeCli *cli,
           MongeShape *shape,
           const char *path,
           GError **error)
{
  g_autoptr (MongeShape) before = shape;
  double affine[16];

  if (!monge_linear_load (path, monge_shape_get_space (shape), affine, cli->task, error))
    return NULL;
  return monge_shape_transformed (before, affine, error);
}

static MongeShape *
make_shape (MongeCli *cli,
            const Wishes *wishes,
            GError **error)
{
  MongeRecipeInput *input = &cli->recipe->source;
  g_autoptr (MongeShape) original = NULL, shape = NULL;
  g_autoptr (GPtrArray) notes = NULL;

  input->as_voxels = wishes->as_voxels;
  if ((wishes->as_surface || wishes->as_voxels) && !monge_path_is_volume (input->path))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "%s: only a volume (.nii, .nii.gz) has a surface or voxels to choose from",
                   input->path);
      return NULL;
    }
  original = monge_recipe_input_load_original (input, cli->task, error);
  if (original == NULL)
    return NULL;
  shape = monge_recipe_input_filter (input, original, cli->task, &notes, error);
  for (guint i = 0; notes != NULL && i < notes->len; i++)
    monge_cli_note (cli, "%s", (char *) g_ptr_array_index (notes, i));
  if (shape != NULL && wishes->transform != NULL)
    shape = transform (cli, g_steal_pointer (&shape), wishes->transform, error);
  if (shape == NULL || wishes->n_points < 0)
    return g_steal_pointer (&shape);
  return monge_shape_sample (shape, (gsize) wishes->n_points, (guint64) wishes->seed, error);
}

/* @text: files parted by commas, or one whose name has some. */
static gboolean
attach (MongeCli *cli,
        const char *text,
        GError **error)
{
  gboolean is_one = g_file_test (text, G_FILE_TEST_EXISTS);
  g_auto (GStrv) paths = g_strsplit (text, ",", is_one ? 1 : -1);

  for (char **path = paths; *path != NULL; path++)
    if (**path != '\0' && !monge_recipe_set (cli->recipe, "source-values", *path, error))
      return FALSE;
  return TRUE;
}

/* The arrays of the vertices that @names has, parted by commas; all of them when it is NULL. */
static GPtrArray *
choose_arrays (const MongeShape *shape,
               const char *names,
               GError **error)
{
  g_autoptr (GPtrArray) arrays = monge_values_new ();
  g_auto (GStrv) parts = g_strsplit (names != NULL ? names : "", ",", -1);

  for (guint i = 0; names == NULL && i < monge_shape_get_n_arrays (shape); i++)
    g_ptr_array_add (arrays, monge_array_copy (monge_shape_get_array (shape, i)));
  for (char **part = parts; *part != NULL; part++)
    {
      const MongeArray *array = monge_shape_find_array (shape, g_strstrip (*part));

      if (array == NULL)
        {
          g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                       "%s has no array “%s”; monge-cli info lists them",
                       monge_shape_get_name (shape), *part);
          return NULL;
        }
      g_ptr_array_add (arrays, monge_array_copy (array));
    }
  if (arrays->len > 0)
    return g_steal_pointer (&arrays);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY,
               "%s has no values per vertex to write; attach some with --attach",
               monge_shape_get_name (shape));
  return NULL;
}

static gboolean
save (MongeShape *shape,
      const Wishes *wishes,
      const char *path,
      GError **error)
{
  g_autoptr (GPtrArray) arrays = NULL;

  if (!monge_path_holds_values (path))
    return monge_shape_save (shape, path, NULL, error);
  arrays = choose_arrays (shape, wishes->arrays, error);
  return arrays != NULL && monge_values_save (arrays, path, error);
}

static int
convert (MongeCli *cli,
         const Wishes *wishes,
         const char *path,
         GError **error)
{
  g_autoptr (MongeShape) shape = NULL;

  if (!monge_cli_check_output (path, error))
    return FALSE;
  shape = make_shape (cli, wishes, error);
  if (shape == NULL || !save (shape, wishes, path, error))
    return FALSE;
  for (const char *const *repair = monge_shape_get_repairs (shape); *repair != NULL; repair++)
    monge_cli_note (cli, "%s: %s", cli->recipe->source.path, *repair);
  if (!cli->quiet)
    monge_cli_print (cli, "%s: %" G_GSIZE_FORMAT " points, %" G_GSIZE_FORMAT " %s\n", path,
                     monge_shape_get_n_vertices (shape), monge_shape_get_n_cells (shape),
                     monge_shape_get_kind (shape) == MONGE_SHAPE_CURVES ? "segments" : "faces");
  return TRUE;
}

static int
run (MongeCli *cli,
     Wishes *wishes,
     int argc,
     char **argv)
{
  const GOptionEntry own[] = {
    { "label", 0, 0, G_OPTION_ARG_STRING, &wishes->labels,
      "Labels of a volume, taken together; so does IN#L[,L...]", "L[,L...]" },
    { "surface", 0, 0, G_OPTION_ARG_NONE, &wishes->as_surface,
      "Of a volume, the closed surface around them (the default)", NULL },
    { "voxels", 0, 0, G_OPTION_ARG_NONE, &wishes->as_voxels,
      "Of a volume, the voxel centres with the array “weight”", NULL },
    { "points", 0, 0, G_OPTION_ARG_INT64, &wishes->n_points,
      "Draw so many points at random, uniformly by area or length", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT64, &wishes->seed, "Which points are drawn [0]", "S" },
    { "mirror", 0, 0, G_OPTION_ARG_STRING, &wishes->mirror, "Change the sign of one coordinate",
      "x|y|z|none" },
    { "filter", 0, 0, G_OPTION_ARG_STRING, &wishes->filters,
      "Steps such as “repair; decimate faces=5000”; see monge-cli filters", "CHAIN" },
    { "transform", 0, 0, G_OPTION_ARG_FILENAME, &wishes->transform,
      "Last, move it by a linear transform, as register --transform writes them", "FILE" },
    { "attach", 0, 0, G_OPTION_ARG_FILENAME, &wishes->values,
      "Values per vertex of other files, as arrays of the shape", "FILE[,FILE...]" },
    { "arrays", 0, 0, G_OPTION_ARG_STRING, &wishes->arrays,
      "Which arrays go into an OUT of values alone, such as .func.gii [all]", "NAME[,NAME...]" },
    { NULL },
  };
  GError *error = NULL;
  char **arguments;
  int status;

  arguments = monge_cli_parse (cli, argc, argv, 0, own, 2, &status);
  if (arguments == NULL)
    return status;
  if (wishes->as_surface && wishes->as_voxels)
    return monge_cli_refuse (cli, "--surface and --voxels exclude each other");
  if (wishes->n_points == 0 || wishes->n_points < -1)
    return monge_cli_refuse (cli, "--points takes a number from 1");
  if ((wishes->labels != NULL
       && !monge_recipe_set (cli->recipe, "source-label", wishes->labels, &error))
      || (wishes->mirror != NULL
          && !monge_recipe_set (cli->recipe, "mirror-source", wishes->mirror, &error))
      || (wishes->filters != NULL
          && !monge_recipe_set (cli->recipe, "source-filter", wishes->filters, &error))
      || (wishes->values != NULL && !attach (cli, wishes->values, &error)))
    {
      status = monge_cli_refuse (cli, "%s", error->message);
      g_error_free (error);
      return status;
    }
  if (!monge_recipe_input_set_path (&cli->recipe->source, arguments[0], &error)
      || !convert (cli, wishes, arguments[1], &error))
    return monge_cli_fail (cli, error);
  return MONGE_CLI_DONE;
}

int
monge_cli_run_convert (MongeCli *cli,
                       int argc,
                       char **argv)
{
  Wishes wishes = { .n_points = -1 };
  int status = run (cli, &wishes, argc, argv);

  g_free (wishes.labels);
  g_free (wishes.mirror);
  g_free (wishes.filters);
  g_free (wishes.values);
  g_free (wishes.arrays);
  g_free (wishes.transform);
  return status;
}
