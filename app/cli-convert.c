#include "app/cli-labels.h"

#include "compute/filter/filter.h"
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
  char *level;
  gboolean as_surface, as_voxels, as_density;
  gboolean all_labels, together;
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

/* @original filtered and sampled as wished. */
static MongeShape *
prepare (MongeCli *cli,
         const Wishes *wishes,
         MongeShape *original,
         GError **error)
{
  g_autoptr (MongeShape) shape = NULL;
  g_autoptr (GPtrArray) notes = NULL;

  shape = monge_recipe_input_filter (&cli->recipe->source, original, cli->task, &notes, error);
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

static gboolean
holds_cells (const char *path)
{
  const MongeFormat *format = monge_format_find_by_extension (path);

  return (format->writes & (MONGE_HOLDS_CURVES | MONGE_HOLDS_SURFACES)) != 0;
}

static gboolean
write_shape (MongeCli *cli,
             const Wishes *wishes,
             MongeShape *original,
             const char *path,
             GError **error)
{
  g_autoptr (MongeShape) shape = prepare (cli, wishes, original, error);

  if (shape == NULL || !save (shape, wishes, path, error))
    return FALSE;
  for (const char *const *repair = monge_shape_get_repairs (shape); *repair != NULL; repair++)
    monge_cli_note (cli, "%s: %s", cli->recipe->source.path, *repair);
  if (monge_path_holds_values (path))
    return TRUE;
  monge_cli_note_losses (cli, shape, path);
  if (!cli->quiet)
    monge_cli_print (cli, "%s: %" G_GSIZE_FORMAT " points, %" G_GSIZE_FORMAT " %s\n", path,
                     monge_shape_get_n_vertices (shape),
                     holds_cells (path) ? monge_shape_get_n_cells (shape) : 0,
                     monge_shape_get_kind (shape) == MONGE_SHAPE_CURVES ? "segments" : "faces");
  return TRUE;
}

/* A file for each label, or all in one. */
static gboolean
convert_all_labels (MongeCli *cli,
                    const Wishes *wishes,
                    const MongeVolume *volume,
                    const char *path,
                    GError **error)
{
  g_autoptr (MongeShape) joined = NULL;
  g_autoptr (GPtrArray) parts = monge_cli_extract_all (cli, volume, wishes->as_voxels, error);

  if (parts == NULL)
    return FALSE;
  if (wishes->together)
    {
      joined = monge_cli_join_labels (volume, parts, error);
      return joined != NULL && write_shape (cli, wishes, joined, path, error);
    }
  for (guint i = 0; i < parts->len; i++)
    {
      g_autofree char *own = monge_cli_dup_label_path (volume, i, path);

      if (!write_shape (cli, wishes, g_ptr_array_index (parts, i), own, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
convert_volume (MongeCli *cli,
                const Wishes *wishes,
                const char *path,
                GError **error)
{
  MongeRecipeInput *input = &cli->recipe->source;
  g_autoptr (MongeVolume) volume = monge_volume_load (input->path, cli->task, error);
  g_autoptr (MongeShape) shape = NULL;

  if (volume == NULL
      || (wishes->labels != NULL
          && !monge_cli_choose_labels (input, volume, wishes->labels, error)))
    return FALSE;
  for (const char *const *note = monge_volume_get_notes (volume); *note != NULL; note++)
    monge_cli_note (cli, "%s: %s", input->path, *note);
  if (monge_path_is_volume (path))
    return monge_volume_save (volume, path, error);
  if (wishes->all_labels)
    return convert_all_labels (cli, wishes, volume, path, error);
  if (monge_volume_get_kind (volume) == MONGE_VOLUME_INTENSITIES && !input->has_level)
    monge_cli_note (cli, "%s: intensities; the level is %.6g, --level says another", input->path,
                    monge_volume_suggest_level (volume));
  shape = monge_recipe_input_extract (input, volume, cli->task, error);
  return shape != NULL && write_shape (cli, wishes, shape, path, error);
}

static int
convert (MongeCli *cli,
         const Wishes *wishes,
         const char *path,
         GError **error)
{
  MongeRecipeInput *input = &cli->recipe->source;
  g_autoptr (MongeShape) original = NULL;

  input->as_voxels |= wishes->as_voxels;
  input->as_density |= wishes->as_density;
  if (monge_path_is_volume (input->path))
    return (monge_path_is_volume (path) || monge_cli_check_output (path, error))
           && convert_volume (cli, wishes, path, error);
  if (wishes->as_surface || wishes->as_voxels || wishes->as_density || wishes->all_labels
      || wishes->labels != NULL || wishes->level != NULL)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                   "%s: only a volume (.nii, .nii.gz, .nrrd, .mha) has labels, a surface or voxels "
                   "to choose from", input->path);
      return FALSE;
    }
  if (!monge_cli_check_output (path, error))
    return FALSE;
  original = monge_recipe_input_load_original (input, cli->task, error);
  return original != NULL && write_shape (cli, wishes, original, path, error);
}

static gboolean
set_filters (MongeCli *cli,
             const char *text,
             GError **error)
{
  g_autoptr (MongeFilterChain) chain = monge_filter_chain_parse (text, error);

  if (chain != NULL)
    return monge_recipe_set (cli->recipe, "source-filter", text, error);
  g_prefix_error (error, "--filter: ");
  return FALSE;
}

static int
run (MongeCli *cli,
     Wishes *wishes,
     int argc,
     char **argv)
{
  const GOptionEntry own[] = {
    { "label", 0, 0, G_OPTION_ARG_STRING, &wishes->labels,
      "Labels of a volume by number or name, taken together; so does IN#L[,L...]", "L[,L...]" },
    { "all-labels", 0, 0, G_OPTION_ARG_NONE, &wishes->all_labels,
      "Every label of a volume for itself, in files named after OUT and the label", NULL },
    { "together", 0, 0, G_OPTION_ARG_NONE, &wishes->together,
      "With --all-labels, one file whose array “label” says which", NULL },
    { "surface", 0, 0, G_OPTION_ARG_NONE, &wishes->as_surface,
      "Of a volume, the closed surface around them (the default)", NULL },
    { "voxels", 0, 0, G_OPTION_ARG_NONE, &wishes->as_voxels,
      "Of a volume, the voxel centres with the array “weight”", NULL },
    { "level", 0, 0, G_OPTION_ARG_STRING, &wishes->level,
      "Of a volume of intensities, the surface where they are V [what parts them best]", "V" },
    { "density", 0, 0, G_OPTION_ARG_NONE, &wishes->as_density,
      "Of one, its voxels of at least that level, weighted by mm³ × intensity", NULL },
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
  if (wishes->as_surface + wishes->as_voxels + wishes->as_density > 1)
    return monge_cli_refuse (cli, "--surface, --voxels and --density exclude each other");
  if (wishes->together && !wishes->all_labels)
    return monge_cli_refuse (cli, "--together is for --all-labels");
  if (wishes->all_labels && (wishes->labels != NULL || wishes->mirror != NULL))
    return monge_cli_refuse (cli, "--all-labels takes neither --label nor --mirror; there is "
                             "--filter mirror");
  if (wishes->n_points == 0 || wishes->n_points < -1)
    return monge_cli_refuse (cli, "--points takes a number from 1");
  if ((wishes->labels != NULL && !monge_path_is_volume (arguments[0])
       && !monge_recipe_set (cli->recipe, "source-label", wishes->labels, &error))
      || (wishes->level != NULL
          && !monge_recipe_set (cli->recipe, "source-level", wishes->level, &error))
      || (wishes->mirror != NULL
          && !monge_recipe_set (cli->recipe, "mirror-source", wishes->mirror, &error))
      || (wishes->filters != NULL
          && !set_filters (cli, wishes->filters, &error))
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
  g_free (wishes.level);
  g_free (wishes.mirror);
  g_free (wishes.filters);
  g_free (wishes.values);
  g_free (wishes.arrays);
  g_free (wishes.transform);
  return status;
}
