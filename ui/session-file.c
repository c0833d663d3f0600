#include "ui/session-file.h"

#include <string.h>

#include "compute/io/io.h"

#define GROUP "monge"
#define EXAMPLE "example:"

/* "example:NAME" and absolute paths stay; others start at @folder. */
static char *
resolve (const char *folder, const char *path)
{
  if (g_str_has_prefix (path, EXAMPLE) || g_path_is_absolute (path))
    return g_strdup (path);
  return g_build_filename (folder, path, NULL);
}

static gboolean
take_key (MongeRecipe *recipe, const char *folder, const char *key, const char *text,
          GError **error)
{
  g_autofree char *path = NULL;

  if (g_str_equal (key, "source") || g_str_equal (key, "target"))
    {
      path = resolve (folder, text);
      return monge_recipe_input_set_path (key[0] == 's' ? &recipe->source : &recipe->target, path,
                                          error);
    }
  if (g_str_has_suffix (key, "-weights"))
    path = resolve (folder, text);
  return monge_recipe_set (recipe, key, path != NULL ? path : text, error);
}

gboolean
monge_session_file_load (const char *path, MongeRecipe *recipe, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *folder = g_path_get_dirname (path);
  g_auto (GStrv) keys = NULL;

  if (!g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, error)
      || (keys = g_key_file_get_keys (file, GROUP, NULL, error)) == NULL)
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  for (int i = 0; keys[i] != NULL; i++)
    {
      g_autofree char *text = g_key_file_get_string (file, GROUP, keys[i], error);

      if (text == NULL || !take_key (recipe, folder, keys[i], text, error))
        {
          g_prefix_error (error, "%s: ", path);
          return FALSE;
        }
    }
  return TRUE;
}

static char *
print_labels (const MongeRecipeInput *input)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < input->n_labels; i++)
    g_string_append_printf (text, "%s%d", i > 0 ? "," : "", input->labels[i]);
  return g_string_free (text, FALSE);
}

static void
set_input (GKeyFile *file, const char *role, const MongeRecipeInput *input)
{
  static const char *const axes[] = { "x", "y", "z" };
  g_autofree char *labels = print_labels (input);
  g_autofree char *label_key = g_strconcat (role, "-label", NULL);
  g_autofree char *mirror_key = g_strconcat ("mirror-", role, NULL);
  g_autofree char *weights_key = g_strconcat (role, "-weights", NULL);

  if (input->path == NULL)
    return;
  g_key_file_set_string (file, GROUP, role, input->path);
  if (input->n_labels > 0)
    g_key_file_set_string (file, GROUP, label_key, labels);
  if (input->mirror >= 0)
    g_key_file_set_string (file, GROUP, mirror_key, axes[input->mirror]);
  if (input->weights_path != NULL)
    g_key_file_set_string (file, GROUP, weights_key, input->weights_path);
}

gboolean
monge_session_file_save (const char *path, const MongeRecipe *recipe, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *data = NULL;
  gsize size;

  set_input (file, "source", &recipe->source);
  set_input (file, "target", &recipe->target);
  g_key_file_set_string (file, GROUP, "weighting", monge_weighting_names[recipe->weighting]);
  for (const MongeOption *option = monge_flow_options; option->key != NULL; option++)
    {
      g_autofree char *text = monge_option_print (option, &recipe->params);

      g_key_file_set_string (file, GROUP, option->key, text);
    }
  data = g_key_file_to_data (file, &size, error);
  return data != NULL && monge_file_save (path, data, size, error);
}
