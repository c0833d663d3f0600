#include "compute/recipe-input.h"

#include "compute/filter/filter.h"

#include <math.h>
#include <string.h>

const char *const monge_role_names[] = { "source", "target", "context", NULL };

void
monge_recipe_input_copy (MongeRecipeInput *copy,
                         const MongeRecipeInput *input)
{
  *copy = *input;
  copy->path = g_strdup (input->path);
  copy->labels = g_memdup2 (input->labels, input->n_labels * sizeof *input->labels);
  copy->values = g_strdupv (input->values);
  copy->filters = g_strdup (input->filters);
  copy->weights_path = g_strdup (input->weights_path);
  copy->weights_array = g_strdup (input->weights_array);
  copy->landmarks_path = g_strdup (input->landmarks_path);
  copy->name = g_strdup (input->name);
  copy->colour_array = g_strdup (input->colour_array);
}

void
monge_recipe_input_clear (MongeRecipeInput *input)
{
  g_free (input->path);
  g_free (input->labels);
  g_strfreev (input->values);
  g_free (input->filters);
  g_free (input->weights_path);
  g_free (input->weights_array);
  g_free (input->landmarks_path);
  g_free (input->name);
  g_free (input->colour_array);
  *input = (MongeRecipeInput) MONGE_RECIPE_INPUT_INIT;
}

static gboolean
strv_equal (char **a,
            char **b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return g_strv_equal ((const char *const *) a, (const char *const *) b);
}

gboolean
monge_recipe_input_loads_same (const MongeRecipeInput *a,
                               const MongeRecipeInput *b)
{
  return g_strcmp0 (a->path, b->path) == 0 && a->space == b->space && a->repairs == b->repairs
         && a->n_labels == b->n_labels
         && (a->n_labels == 0
             || memcmp (a->labels, b->labels, a->n_labels * sizeof *a->labels) == 0)
         && a->as_voxels == b->as_voxels && a->has_level == b->has_level
         && (!a->has_level || a->level == b->level) && a->as_density == b->as_density
         && a->mirror == b->mirror && strv_equal (a->values, b->values)
         && g_strcmp0 (a->filters, b->filters) == 0;
}

/* --- setting --- */

gboolean
monge_recipe_input_set_labels (MongeRecipeInput *input,
                               const char *text,
                               GError **error)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);
  g_autoptr (GArray) labels = g_array_new (FALSE, FALSE, sizeof (gint32));

  for (char **word = words; *word != NULL; word++)
    {
      gint64 value;
      gint32 label;

      if (!g_ascii_string_to_signed (g_strstrip (*word), 10, G_MININT32, G_MAXINT32, &value, NULL))
        {
          g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                       "Labels are whole numbers separated by commas, not “%s”", text);
          return FALSE;
        }
      label = (gint32) value;
      g_array_append_val (labels, label);
    }
  g_free (input->labels);
  input->n_labels = labels->len;
  input->labels = (gint32 *) (gpointer) g_array_free (g_steal_pointer (&labels), FALSE);
  return TRUE;
}

/* A file whose own name has a # in it is that file. */
gboolean
monge_recipe_input_set_path (MongeRecipeInput *input,
                             const char *text,
                             GError **error)
{
  const char *mark = strrchr (text, '#');

  g_clear_pointer (&input->path, g_free);
  if (mark == NULL || g_file_test (text, G_FILE_TEST_EXISTS))
    {
      input->path = g_strdup (text);
      return TRUE;
    }
  input->path = g_strndup (text, (gsize) (mark - text));
  if (monge_recipe_input_set_labels (input, mark + 1, error))
    return TRUE;
  g_prefix_error (error, "%s: ", text);
  return FALSE;
}

static gboolean
refuse (const char *takes,
        const char *text,
        GError **error)
{
  g_autofree char *valid = g_utf8_make_valid (text, MIN (strlen (text), 80));

  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "takes %s, not “%s”", takes, valid);
  return FALSE;
}

static gboolean
set_labels (MongeRecipeInput *input,
            const char *text,
            GError **error)
{
  if (*text != '\0' && !monge_recipe_input_set_labels (input, text, NULL))
    return refuse ("whole numbers separated by commas", text, error);
  if (*text != '\0')
    return TRUE;
  g_clear_pointer (&input->labels, g_free);
  input->n_labels = 0;
  return TRUE;
}

static char *
print_labels (const MongeRecipeInput *input)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < input->n_labels; i++)
    g_string_append_printf (text, "%s%d", i > 0 ? "," : "", input->labels[i]);
  return g_string_free (text, input->n_labels == 0);
}

static gboolean
set_level (MongeRecipeInput *input,
           const char *text,
           GError **error)
{
  char *end;
  double level = g_ascii_strtod (text, &end);

  input->has_level = FALSE;
  if (*text == '\0')
    return TRUE;
  if (*end != '\0' || !isfinite (level))
    return refuse ("a number", text, error);
  input->has_level = TRUE;
  input->level = level;
  return TRUE;
}

static char *
print_level (const MongeRecipeInput *input)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  return input->has_level ? g_strdup (g_ascii_dtostr (digits, sizeof digits, input->level)) : NULL;
}

static gboolean
set_space (MongeRecipeInput *input,
           const char *text,
           GError **error)
{
  input->space = MONGE_SPACE_UNKNOWN;
  if (*text == '\0')
    return TRUE;
  for (int i = 0; monge_space_names[i] != NULL; i++)
    if (g_ascii_strcasecmp (text, monge_space_names[i]) == 0)
      {
        input->space = (MongeSpace) i;
        return TRUE;
      }
  return refuse ("one of RAS, LPS, unknown", text, error);
}

static char *
print_space (const MongeRecipeInput *input)
{
  return input->space != MONGE_SPACE_UNKNOWN ? g_strdup (monge_space_names[input->space]) : NULL;
}

static gboolean
set_mirror (MongeRecipeInput *input,
            const char *text,
            GError **error)
{
  static const char *const names[] = { "x", "y", "z" };

  input->mirror = -1;
  for (int axis = 0; axis < 3; axis++)
    if (strcmp (text, names[axis]) == 0)
      input->mirror = axis;
  if (input->mirror >= 0 || *text == '\0' || strcmp (text, "none") == 0)
    return TRUE;
  return refuse ("one of x, y, z, none", text, error);
}

static char *
print_mirror (const MongeRecipeInput *input)
{
  return input->mirror >= 0 ? g_strdup_printf ("%c", "xyz"[input->mirror]) : NULL;
}

/* One more; none when @text is empty. */
static gboolean
add_values (MongeRecipeInput *input,
            const char *text,
            GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (*text != '\0' && input->values != NULL)
    g_strv_builder_addv (builder, (const char **) input->values);
  g_clear_pointer (&input->values, g_strfreev);
  if (*text == '\0')
    return TRUE;
  g_strv_builder_add (builder, text);
  input->values = g_strv_builder_end (builder);
  return TRUE;
}

static gboolean
set_colour (MongeRecipeInput *input,
            const char *text,
            GError **error)
{
  gboolean is_colour = text[0] == '#' && strlen (text) == 7;

  input->has_colour = FALSE;
  if (*text == '\0')
    return TRUE;
  for (int i = 1; is_colour && i < 7; i++)
    is_colour = g_ascii_isxdigit (text[i]);
  if (!is_colour)
    return refuse ("a colour such as #D55E00", text, error);
  for (int k = 0; k < 3; k++)
    input->colour[k] = (16 * g_ascii_xdigit_value (text[1 + 2 * k])
                        + g_ascii_xdigit_value (text[2 + 2 * k]))
                       / 255.0f;
  input->has_colour = TRUE;
  return TRUE;
}

static char *
print_colour (const MongeRecipeInput *input)
{
  int rgb[3];

  if (!input->has_colour)
    return NULL;
  for (int k = 0; k < 3; k++)
    rgb[k] = (int) lrintf (255.0f * CLAMP (input->colour[k], 0.0f, 1.0f));
  return g_strdup_printf ("#%02X%02X%02X", rgb[0], rgb[1], rgb[2]);
}

static gboolean
parse_answer (const char *text,
              gboolean otherwise,
              gboolean *answer,
              GError **error)
{
  static const char *const yes[] = { "true", "yes", "on", "1", NULL };
  static const char *const no[] = { "false", "no", "off", "0", NULL };

  *answer = otherwise;
  if (*text == '\0')
    return TRUE;
  *answer = g_strv_contains (yes, text);
  return *answer || g_strv_contains (no, text) || refuse ("yes or no", text, error);
}

static gboolean
set_visible (MongeRecipeInput *input,
             const char *text,
             GError **error)
{
  gboolean visible;

  if (!parse_answer (text, TRUE, &visible, error))
    return FALSE;
  input->is_hidden = !visible;
  return TRUE;
}

static char *
print_visible (const MongeRecipeInput *input)
{
  return input->is_hidden ? g_strdup ("no") : NULL;
}

#define ANSWER(field)                                                                              \
  static gboolean set_##field (MongeRecipeInput *input, const char *text, GError **error)          \
  {                                                                                                \
    return parse_answer (text, FALSE, &input->field, error);                                       \
  }                                                                                                \
  static char *print_##field (const MongeRecipeInput *input)                                       \
  {                                                                                                \
    return input->field ? g_strdup ("yes") : NULL;                                                 \
  }

#define TEXT(field)                                                                                \
  static gboolean set_##field (MongeRecipeInput *input, const char *text, GError **error)          \
  {                                                                                                \
    g_free (input->field);                                                                         \
    input->field = *text != '\0' ? g_strdup (text) : NULL;                                         \
    return TRUE;                                                                                   \
  }                                                                                                \
  static char *print_##field (const MongeRecipeInput *input)                                       \
  {                                                                                                \
    return g_strdup (input->field);                                                                \
  }

ANSWER (repairs)
ANSWER (as_voxels)
ANSWER (as_density)
TEXT (weights_path)
TEXT (weights_array)
TEXT (landmarks_path)
TEXT (name)
TEXT (colour_array)

static gboolean
set_filters (MongeRecipeInput *input,
             const char *text,
             GError **error)
{
  g_autoptr (MongeFilterChain) chain = monge_filter_chain_parse (text, error);

  if (chain == NULL)
    {
      g_prefix_error (error, "takes filters: ");
      return FALSE;
    }
  g_free (input->filters);
  input->filters = monge_filter_chain_print (chain);
  if (*input->filters == '\0')
    g_clear_pointer (&input->filters, g_free);
  return TRUE;
}

static char *
print_filters (const MongeRecipeInput *input)
{
  return g_strdup (input->filters);
}

static const struct {
  gboolean (*set) (MongeRecipeInput *input, const char *text, GError **error);
  char *(*print) (const MongeRecipeInput *input);
} fields[] = {
  { set_name, print_name },
  { set_colour, print_colour },
  { set_visible, print_visible },
  { set_space, print_space },
  { set_repairs, print_repairs },
  { set_labels, print_labels },
  { set_as_voxels, print_as_voxels },
  { set_level, print_level },
  { set_as_density, print_as_density },
  { set_mirror, print_mirror },
  { add_values, NULL },
  { set_filters, print_filters },
  { set_weights_path, print_weights_path },
  { set_weights_array, print_weights_array },
  { set_landmarks_path, print_landmarks_path },
  { set_colour_array, print_colour_array },
};

/* In the order of @fields. */
const MongeRecipeKey monge_recipe_input_keys[] = {
  { "name", "NAME", "What it is called instead of its file's name" },
  { "colour", "#RRGGBB", "Its colour instead of that of its role" },
  { "visible", "yes|no", "Whether it is shown" },
  { "space", "RAS|LPS", "Along what its coordinates run, where its file does not say" },
  { "repair", "yes|no", "Drop vertices that are not finite" },
  { "label", "L[,L…]", "Labels of a volume, taken together" },
  { "voxels", "yes|no", "Voxel centres instead of the surface around them" },
  { "level", "VALUE", "Of a volume of intensities: the surface where they are VALUE" },
  { "density", "yes|no", "The voxels of at least that level, weighted, instead" },
  { "mirror", "x|y|z|none", "Change the sign of one coordinate" },
  { "values", "FILE", "Values per vertex to attach" },
  { "filter", "CHAIN", "Filters, such as “repair; decimate faces=5000”" },
  { "weights", "W.npy", "Vertex weights" },
  { "weights-array", "NAME", "The array that has the vertex weights" },
  { "landmarks", "FILE", "Landmarks that belong to it" },
  { "colour-array", "NAME", "The array that is shown in colours" },
  { NULL },
};

static gsize
find_key (const char *key)
{
  gsize i = 0;

  while (monge_recipe_input_keys[i].key != NULL
         && strcmp (monge_recipe_input_keys[i].key, key) != 0)
    i++;
  return i;
}

gboolean
monge_recipe_input_set (MongeRecipeInput *input,
                        const char *key,
                        const char *text,
                        GError **error)
{
  gsize i = find_key (key);

  G_STATIC_ASSERT (G_N_ELEMENTS (fields) + 1 == G_N_ELEMENTS (monge_recipe_input_keys));
  if (i == G_N_ELEMENTS (fields))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "is not known");
      return FALSE;
    }
  return fields[i].set (input, text, error);
}

char *
monge_recipe_input_print (const MongeRecipeInput *input,
                          const char *key)
{
  gsize i = find_key (key);

  g_return_val_if_fail (i < G_N_ELEMENTS (fields), NULL);
  return fields[i].print != NULL ? fields[i].print (input) : NULL;
}
