#include "app/cli-labels.h"

#include <string.h>

static const MongeLabel *
get_label (const MongeVolume *volume, guint index)
{
  return &g_array_index (monge_volume_get_label_table (volume), MongeLabel, index);
}

/* --- Choosing --- */

static const MongeLabel *
find_named (const MongeVolume *volume, const char *name)
{
  const GArray *table = monge_volume_get_label_table (volume);

  for (guint i = 0; i < table->len; i++)
    {
      const char *own = get_label (volume, i)->name;

      if (own != NULL && g_ascii_strcasecmp (own, name) == 0)
        return get_label (volume, i);
    }
  return NULL;
}

static gboolean
is_whole_number (const char *text)
{
  char *end;

  g_ascii_strtoll (text, &end, 10);
  return end != text && *end == '\0';
}

gboolean
monge_cli_choose_labels (MongeRecipeInput *input, const MongeVolume *volume, const char *text,
                         GError **error)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);
  g_autoptr (GString) numbers = g_string_new (NULL);

  for (char **word = words; *word != NULL; word++)
    {
      const MongeLabel *named;

      g_string_append (numbers, word > words ? "," : "");
      g_strstrip (*word);
      named = find_named (volume, *word);
      if (named != NULL)
        g_string_append_printf (numbers, "%d", named->label);
      else if (is_whole_number (*word))
        g_string_append (numbers, *word);
      else
        {
          g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                       "%s: no label is called “%s”; monge-cli info lists them", input->path, *word);
          return FALSE;
        }
    }
  return monge_recipe_input_set_labels (input, numbers->str, error);
}

/* --- All of them --- */

static GPtrArray *
extract_voxels (MongeCli *cli, const MongeVolume *volume, GError **error)
{
  const GArray *table = monge_volume_get_label_table (volume);
  g_autoptr (GPtrArray) parts
      = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_shape_unref);

  for (guint i = 0; i < table->len; i++)
    {
      MongeShape *part = monge_volume_extract_voxels (volume, &get_label (volume, i)->label, 1,
                                                      cli->task, error);

      if (part == NULL)
        return NULL;
      g_ptr_array_add (parts, part);
    }
  return g_steal_pointer (&parts);
}

GPtrArray *
monge_cli_extract_all (MongeCli *cli, const MongeVolume *volume, gboolean as_voxels, GError **error)
{
  const GArray *table = monge_volume_get_label_table (volume);
  g_autofree gint32 *labels = g_new (gint32, MAX (table->len, 1));
  GPtrArray *parts;

  if (table->len == 0)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "%s: no label is in it",
                   cli->recipe->source.path);
      return NULL;
    }
  for (guint i = 0; i < table->len; i++)
    labels[i] = get_label (volume, i)->label;
  parts = as_voxels ? extract_voxels (cli, volume, error)
                    : monge_volume_extract_surfaces (volume, labels, table->len, cli->task, error);
  if (parts == NULL)
    g_prefix_error (error, "%s: ", cli->recipe->source.path);
  return parts;
}

/* --- One shape --- */

static MongeLabelTable *
make_label_table (const MongeVolume *volume)
{
  const GArray *table = monge_volume_get_label_table (volume);
  MongeLabelTable *names = monge_label_table_new ();

  for (guint i = 0; i < table->len; i++)
    {
      const MongeLabel *label = get_label (volume, i);
      g_autofree char *number = g_strdup_printf ("%d", label->label);

      monge_label_table_add (names, label->label, label->name != NULL ? label->name : number,
                             label->has_colour ? label->rgba : NULL);
    }
  return names;
}

static MongeArray *
make_label_array (const MongeVolume *volume, const GPtrArray *parts, gsize n,
                  gsize (*count) (const MongeShape *shape))
{
  gint32 *values = g_new (gint32, n), *at = values;
  MongeArray *array;

  for (guint i = 0; i < parts->len; i++)
    for (gsize k = count (g_ptr_array_index (parts, i)); k > 0; k--)
      *at++ = get_label (volume, i)->label;
  array = monge_array_new ("label", MONGE_TYPE_INT32, 1, n,
                           g_bytes_new_take (values, n * sizeof *values));
  monge_array_take_labels (array, make_label_table (volume));
  return array;
}

/* The faces of all, their vertices counted on. */
static guint32 *
join_faces (const GPtrArray *parts, gsize n_faces)
{
  guint32 *faces = g_new (guint32, 3 * MAX (n_faces, 1)), *at = faces, first = 0;

  for (guint i = 0; i < parts->len; i++)
    {
      const MongeShape *part = g_ptr_array_index (parts, i);
      const guint32 *own = monge_shape_get_cells (part);

      for (gsize k = 0; k < 3 * monge_shape_get_n_cells (part); k++)
        *at++ = first + own[k];
      first += (guint32) monge_shape_get_n_vertices (part);
    }
  return faces;
}

static double *
join_positions (const GPtrArray *parts, gsize n)
{
  double *positions = g_new (double, 3 * n), *at = positions;

  for (guint i = 0; i < parts->len; i++)
    {
      const MongeShape *part = g_ptr_array_index (parts, i);
      gsize own = 3 * monge_shape_get_n_vertices (part);

      memcpy (at, monge_shape_get_positions (part), own * sizeof *at);
      at += own;
    }
  return positions;
}

/* Of voxels: all are of the same size. */
static MongeArray *
make_weights (const MongeVolume *volume, gsize n)
{
  double *weights = g_new (double, n);

  for (gsize i = 0; i < n; i++)
    weights[i] = monge_volume_get_voxel_size (volume);
  return monge_array_new ("weight", MONGE_TYPE_FLOAT64, 1, n,
                          g_bytes_new_take (weights, n * sizeof *weights));
}

MongeShape *
monge_cli_join_labels (const MongeVolume *volume, const GPtrArray *parts, GError **error)
{
  MongeShapeBuilder *builder = monge_shape_builder_new (monge_volume_get_name (volume), 3);
  gsize n = 0, n_faces = 0;

  for (guint i = 0; i < parts->len; i++)
    {
      n += monge_shape_get_n_vertices (g_ptr_array_index (parts, i));
      n_faces += monge_shape_get_n_cells (g_ptr_array_index (parts, i));
    }
  monge_shape_builder_take_positions (builder, join_positions (parts, n), n, MONGE_TYPE_FLOAT32);
  monge_shape_builder_take_array (
      builder, make_label_array (volume, parts, n, monge_shape_get_n_vertices));
  if (n_faces > 0)
    {
      monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, join_faces (parts, n_faces),
                                      n_faces);
      monge_shape_builder_take_cell_array (
          builder, make_label_array (volume, parts, n_faces, monge_shape_get_n_cells));
    }
  else
    monge_shape_builder_take_array (builder, make_weights (volume, n));
  monge_shape_builder_set_unit (builder, "mm");
  monge_shape_builder_set_space (builder, MONGE_SPACE_RAS);
  return monge_shape_builder_end (builder, error);
}

/* --- Files --- */

/* Letters, digits and a few signs stay; file systems disagree about the rest. */
static void
append_file_name (GString *out, const char *name)
{
  for (; *name != '\0'; name++)
    g_string_append_c (out, g_ascii_isalnum (*name) || strchr ("+-_.", *name) != NULL ? *name : '_');
}

char *
monge_cli_dup_label_path (const MongeVolume *volume, guint index, const char *path)
{
  const MongeLabel *label = get_label (volume, index);
  g_autofree char *folder = g_path_get_dirname (path), *base = g_path_get_basename (path);
  g_autoptr (GString) name = g_string_new (NULL);
  char *dot = g_str_has_suffix (base, ".gz") ? g_strrstr_len (base, (gssize) strlen (base) - 3, ".")
                                             : strrchr (base, '.');

  g_string_append_len (name, base, dot != NULL ? dot - base : (gssize) strlen (base));
  g_string_append_printf (name, "-%d", label->label);
  if (label->name != NULL)
    {
      g_string_append_c (name, '-');
      append_file_name (name, label->name);
    }
  g_string_append (name, dot != NULL ? dot : "");
  return g_build_filename (folder, name->str, NULL);
}
