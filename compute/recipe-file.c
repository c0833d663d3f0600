#include "compute/recipe-file.h"

#include "compute/io/io.h"

#include <string.h>

#define GROUP "monge"
#define SHAPE "shape "
#define EXAMPLE "example:"
#define URI "file://"

/* Longer texts are no recipes: this is some ten thousand shapes. */
#define MAX_SIZE (16 << 20)

/* --- paths --- */

/* "example:NAME" stays; relative paths start at @folder. */
static char *
resolve (const char *folder,
         const char *text)
{
  char *path = g_str_has_prefix (text, URI) ? g_filename_from_uri (text, NULL, NULL) : NULL;

  if (path != NULL)
    return path;
  if (g_str_has_prefix (text, EXAMPLE) || *text == '\0')
    return g_strdup (text);
  return g_canonicalize_filename (text, folder);
}

/* The inverse. A path that is no text is written as a URI. */
static char *
relate (const char *folder,
        const char *path)
{
  g_autofree char *whole = NULL;
  gsize length = strlen (folder);

  if (g_str_has_prefix (path, EXAMPLE))
    return g_strdup (path);
  whole = g_canonicalize_filename (path, NULL);
  if (!g_utf8_validate (whole, -1, NULL))
    return g_filename_to_uri (whole, NULL, NULL);
  if (strncmp (whole, folder, length) == 0 && whole[length] == G_DIR_SEPARATOR)
    return g_strdup (whole + length + 1);
  return g_steal_pointer (&whole);
}

static gboolean
is_path (const char *key)
{
  return g_str_has_suffix (key, "weights") || g_str_has_suffix (key, "values")
         || g_str_has_suffix (key, "landmarks");
}

/* --- parsing --- */

typedef struct {
  GKeyFile *file;
  const char *folder;
  MongeRecipe *recipe;
  GPtrArray *notes;
} Reader;

static void
note (Reader *reader,
      const char *format,
      ...) G_GNUC_PRINTF (2, 3);

static void
note (Reader *reader,
      const char *format,
      ...)
{
  va_list arguments;

  if (reader->notes == NULL)
    return;
  va_start (arguments, format);
  g_ptr_array_add (reader->notes, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

static gboolean
is_known (const MongeRecipeKey *keys,
          const char *key)
{
  while (keys->key != NULL && strcmp (keys->key, key) != 0)
    keys++;
  return keys->key != NULL;
}

/* GLib gives back what it could read of a text with an error in it, beside the error. */
static char *
get_text (Reader *reader,
          const char *group,
          const char *key,
          GError **error)
{
  GError *reason = NULL;
  g_autofree char *text = g_key_file_get_string (reader->file, group, key, &reason);

  if (reason == NULL)
    return g_steal_pointer (&text);
  g_propagate_error (error, reason);
  return NULL;
}

/* One key of [monge]. */
static gboolean
take_key (Reader *reader,
          const char *key,
          GError **error)
{
  g_autofree char *text = get_text (reader, GROUP, key, error);
  g_autofree char *path = NULL;
  gboolean is_source = strcmp (key, "source") == 0;

  if (text == NULL)
    return FALSE;
  if (is_source || strcmp (key, "target") == 0)
    {
      path = resolve (reader->folder, text);
      return monge_recipe_input_set_path (is_source ? &reader->recipe->source
                                                    : &reader->recipe->target,
                                          path, error);
    }
  if (!is_known (monge_recipe_keys, key) && monge_option_find (monge_flow_options, key) == NULL)
    {
      note (reader, "[" GROUP "] %s is not known and was left out", key);
      return TRUE;
    }
  if (is_path (key))
    path = resolve (reader->folder, text);
  return monge_recipe_set (reader->recipe, key, path != NULL ? path : text, error);
}

static gboolean
take_values (Reader *reader,
             const char *group,
             MongeRecipeInput *input,
             GError **error)
{
  GError *reason = NULL;
  g_auto (GStrv) list = g_key_file_get_string_list (reader->file, group, "values", NULL, &reason);

  if (reason != NULL)
    {
      g_propagate_error (error, reason);
      return FALSE;
    }
  for (char **text = list; *text != NULL; text++)
    {
      g_autofree char *path = resolve (reader->folder, *text);

      if (!monge_recipe_input_set (input, "values", path, error))
        return FALSE;
    }
  return TRUE;
}

/* One key of [shape N]. */
static gboolean
take_shape_key (Reader *reader,
                const char *group,
                const char *key,
                MongeRecipeInput *input,
                GError **error)
{
  g_autofree char *text = NULL;
  g_autofree char *path = NULL;

  if (strcmp (key, "file") == 0 || strcmp (key, "role") == 0)
    return TRUE;
  if (strcmp (key, "values") == 0)
    return take_values (reader, group, input, error);
  if (!is_known (monge_recipe_input_keys, key))
    {
      note (reader, "[%s] %s is not known and was left out", group, key);
      return TRUE;
    }
  text = get_text (reader, group, key, error);
  if (text == NULL)
    return FALSE;
  if (is_path (key))
    path = resolve (reader->folder, text);
  if (monge_recipe_input_set (input, key, path != NULL ? path : text, error))
    return TRUE;
  g_prefix_error (error, "[%s] %s ", group, key);
  return FALSE;
}

/* The second source of a file, or what has a role of its own making, is context. */
static MongeRole
get_role (Reader *reader,
          const char *group)
{
  g_autofree char *text = get_text (reader, group, "role", NULL);
  const char *name = text != NULL ? text : monge_role_names[MONGE_ROLE_CONTEXT];

  for (int role = 0; role < MONGE_N_ROLES; role++)
    if (strcmp (name, monge_role_names[role]) == 0)
      {
        if (monge_recipe_add (reader->recipe, role)->path == NULL)
          return role;
        note (reader, "[%s] is not the %s: there is one already", group, name);
        return MONGE_ROLE_CONTEXT;
      }
  if (strcmp (name, monge_role_names[MONGE_ROLE_CONTEXT]) != 0)
    note (reader, "[%s] role is one of source, target, context; it was taken as context", group);
  return MONGE_ROLE_CONTEXT;
}

static gboolean
take_shape (Reader *reader,
            const char *group,
            GError **error)
{
  g_autofree char *text = get_text (reader, group, "file", NULL);
  g_auto (GStrv) keys = g_key_file_get_keys (reader->file, group, NULL, NULL);
  MongeRecipeInput *input;

  if (text == NULL || *text == '\0')
    {
      note (reader, "[%s] names no file and was left out", group);
      return TRUE;
    }
  input = monge_recipe_add (reader->recipe, get_role (reader, group));
  input->path = resolve (reader->folder, text);
  for (int i = 0; keys[i] != NULL; i++)
    if (!take_shape_key (reader, group, keys[i], input, error))
      return FALSE;
  return TRUE;
}

static gboolean
take_groups (Reader *reader,
             GError **error)
{
  g_auto (GStrv) groups = g_key_file_get_groups (reader->file, NULL);
  g_auto (GStrv) keys = g_key_file_get_keys (reader->file, GROUP, NULL, error);

  if (keys == NULL)
    return FALSE;
  for (int i = 0; keys[i] != NULL; i++)
    if (!take_key (reader, keys[i], error))
      return FALSE;
  for (int i = 0; groups[i] != NULL; i++)
    if (g_str_has_prefix (groups[i], SHAPE))
      {
        if (!take_shape (reader, groups[i], error))
          return FALSE;
      }
    else if (strcmp (groups[i], GROUP) != 0)
      note (reader, "[%s] is not known and was left out", groups[i]);
  return TRUE;
}

/* Key files have an error domain of their own. */
static gboolean
translate (GError *reason,
           GError **error)
{
  if (reason == NULL)
    return TRUE;
  if (reason->domain == G_KEY_FILE_ERROR)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_FORMAT,
                   "It is no session or recipe, which begin with the line [" GROUP "]: %s",
                   reason->message);
      g_error_free (reason);
    }
  else
    g_propagate_error (error, reason);
  return FALSE;
}

gboolean
monge_recipe_file_parse (const char *text,
                         gsize size,
                         const char *folder,
                         MongeRecipe *recipe,
                         GPtrArray *notes,
                         GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  Reader reader = { file, folder, recipe, notes };
  GError *reason = NULL;

  if (size > MAX_SIZE)
    g_set_error (&reason, MONGE_ERROR, MONGE_ERROR_SIZE,
                 "%" G_GSIZE_FORMAT " bytes are too many for a session or a recipe", size);
  else if (g_key_file_load_from_data (file, size > 0 ? text : "", size, G_KEY_FILE_NONE, &reason))
    take_groups (&reader, &reason);
  return translate (reason, error);
}

/* --- printing --- */

static void
print_path (GKeyFile *file,
            const char *group,
            const char *key,
            const char *folder,
            const char *path)
{
  g_autofree char *text = path != NULL ? relate (folder, path) : NULL;

  if (text != NULL)
    g_key_file_set_string (file, group, key, text);
}

static void
print_values (GKeyFile *file,
              const char *group,
              const char *folder,
              const MongeRecipeInput *input)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (g_free);

  for (char **path = input->values; path != NULL && *path != NULL; path++)
    g_ptr_array_add (list, relate (folder, *path));
  if (list->len > 0)
    g_key_file_set_string_list (file, group, "values", (const char *const *) list->pdata,
                                list->len);
}

static void
print_shape (GKeyFile *file,
             const char *group,
             const char *folder,
             const MongeRecipeInput *input)
{
  g_key_file_set_string (file, group, "role", monge_role_names[input->role]);
  print_path (file, group, "file", folder, input->path);
  print_values (file, group, folder, input);
  for (const MongeRecipeKey *key = monge_recipe_input_keys; key->key != NULL; key++)
    {
      g_autofree char *text = monge_recipe_input_print (input, key->key);
      g_autofree char *valid = text != NULL ? g_utf8_make_valid (text, -1) : NULL;

      if (text != NULL && is_path (key->key))
        print_path (file, group, key->key, folder, text);
      else if (text != NULL)
        g_key_file_set_string (file, group, key->key, valid);
    }
}

char *
monge_recipe_file_print (MongeRecipe *recipe,
                         const char *folder)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GPtrArray) inputs = monge_recipe_list_inputs (recipe);
  g_autofree char *whole = g_canonicalize_filename (folder, NULL);

  g_key_file_set_string (file, GROUP, "weighting", monge_weighting_names[recipe->weighting]);
  for (const MongeOption *option = monge_flow_options; option->key != NULL; option++)
    {
      g_autofree char *text = monge_option_print (option, &recipe->params);

      g_key_file_set_string (file, GROUP, option->key, text);
    }
  for (guint i = 0; i < inputs->len; i++)
    {
      g_autofree char *group = g_strdup_printf (SHAPE "%u", i + 1);

      print_shape (file, group, whole, inputs->pdata[i]);
    }
  return g_key_file_to_data (file, NULL, NULL);
}

/* --- files --- */

gboolean
monge_recipe_file_load (const char *path,
                        MongeRecipe *recipe,
                        GPtrArray *notes,
                        GError **error)
{
  g_autoptr (GBytes) bytes = monge_file_load (path, NULL, error);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *folder = g_canonicalize_filename (parent, NULL);
  guint n_notes = notes != NULL ? notes->len : 0;
  gboolean done = bytes != NULL
                  && monge_recipe_file_parse (g_bytes_get_data (bytes, NULL),
                                              g_bytes_get_size (bytes), folder, recipe, notes,
                                              error);

  if (!done)
    g_prefix_error (error, "%s: ", path);
  for (guint i = n_notes; notes != NULL && i < notes->len; i++)
    {
      g_autofree char *sentence = notes->pdata[i];

      notes->pdata[i] = g_strdup_printf ("%s: %s", path, sentence);
    }
  return done;
}

gboolean
monge_recipe_file_save (const char *path,
                        MongeRecipe *recipe,
                        GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *text = monge_recipe_file_print (recipe, folder);

  return monge_file_save (path, text, strlen (text), error);
}
