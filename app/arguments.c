#include "app/arguments.h"

#include <stdio.h>
#include <string.h>

#include "compute/recipe-file.h"

enum {
  EXIT_DONE = 0,
  EXIT_USAGE = 2,
};

static MongeArguments *current; /* while parsing: GOption callbacks of a main group get no data */

static gboolean
set_in_recipe (const char *name, const char *value, gpointer data, GError **error)
{
  return monge_recipe_set (current->recipe, name + strspn (name, "-"), value, error);
}

static gboolean
unset_in_recipe (const char *name, const char *value, gpointer data, GError **error)
{
  return monge_recipe_set (current->recipe, name + strlen ("--no-"), "no", error);
}

static gboolean
set_in_style (const char *name, const char *value, gpointer data, GError **error)
{
  const MongeOption *option = monge_option_find (monge_view_options, name + strspn (name, "-"));

  if (g_str_equal (option->key, "point-size"))
    current->style_has_point_size = TRUE;
  return monge_option_parse (option, value, &current->style, error);
}

static void
append_table (GArray *entries, const MongeOption *table, GOptionArgFunc set)
{
  for (const MongeOption *option = table; option->key != NULL; option++)
    {
      GOptionEntry entry = { .long_name = option->key, .arg = G_OPTION_ARG_CALLBACK,
                             .arg_data = (gpointer) set, .description = option->help,
                             .arg_description = option->type == MONGE_OPTION_CHOICE ? "NAME" : "X" };

      if (option->type == MONGE_OPTION_BOOL)
        {
          g_autofree char *name = g_strconcat ("no-", option->key, NULL);

          entry.long_name = g_intern_string (name);
          entry.flags = G_OPTION_FLAG_NO_ARG;
          entry.arg_data = (gpointer) unset_in_recipe;
          entry.arg_description = NULL;
          entry.description = "Keep the self terms: the loss of equal shapes is not zero";
        }
      g_array_append_val (entries, entry);
    }
}

static void
append_keys (GArray *entries)
{
  for (const MongeRecipeKey *key = monge_recipe_keys; key->key != NULL; key++)
    {
      GOptionEntry entry = { .long_name = key->key, .flags = G_OPTION_FLAG_FILENAME,
                             .arg = G_OPTION_ARG_CALLBACK, .arg_data = (gpointer) set_in_recipe,
                             .description = key->help, .arg_description = key->value };

      g_array_append_val (entries, entry);
    }
}

static GOptionContext *
build_context (MongeArguments *arguments, gboolean *show_version)
{
  const GOptionEntry own[] = {
    { "play", 0, 0, G_OPTION_ARG_NONE, &arguments->play, "Start the flow at once", NULL },
    { "session", 0, 0, G_OPTION_ARG_FILENAME, &arguments->session,
      "Take shapes and options from a saved session", "FILE" },
    { "render", 0, 0, G_OPTION_ARG_FILENAME, &arguments->picture,
      "Draw into a picture instead of a window; needs no display", "OUT.png" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &arguments->output,
      "With --render: write the moved shape as well", "OUT" },
    { "size", 0, 0, G_OPTION_ARG_STRING, &arguments->size, "Of the picture [1280x800]", "WxH" },
    { "dark", 0, 0, G_OPTION_ARG_NONE, &arguments->dark, "Draw the picture on black", NULL },
    { "transparent", 0, 0, G_OPTION_ARG_NONE, &arguments->transparent,
      "Draw the picture on nothing", NULL },
    { "backend", 0, 0, G_OPTION_ARG_STRING, &arguments->backend_name,
      "What computes: auto, cpu, cuda [auto]", "NAME" },
    { "device", 0, 0, G_OPTION_ARG_INT, &arguments->backend.device,
      "Which card computes, as monge-cli devices lists them [the one that draws]", "N" },
    { "threads", 0, 0, G_OPTION_ARG_INT, &arguments->n_threads,
      "Threads of the CPU; 0 is one per core [0]", "N" },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &arguments->quiet, "Say nothing but errors", NULL },
    { "timing", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &arguments->timing, NULL, NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, show_version, "Print the version", NULL },
  };
  GOptionContext *context = g_option_context_new ("[SHAPE [SHAPE [SHAPE…]]]");
  g_autoptr (GArray) entries = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));

  g_array_append_vals (entries, own, G_N_ELEMENTS (own));
  append_table (entries, monge_flow_options, set_in_recipe);
  append_keys (entries);
  append_table (entries, monge_view_options, set_in_style);
  g_option_context_set_summary (context, "Watch one shape flow onto another by optimal transport.");
  g_option_context_add_main_entries (context, (GOptionEntry *) (gpointer) entries->data, NULL);
  return context;
}

/* Source, target, and what is shown beside them. */
static gboolean
take_shapes (MongeArguments *arguments, int argc, char **argv, GError **error)
{
  for (int i = 1; i < argc; i++)
    {
      MongeRole role = MIN (i - 1, MONGE_ROLE_CONTEXT);
      MongeRecipeInput *input = monge_recipe_add (arguments->recipe, role);

      if (!monge_recipe_input_set_path (input, argv[i], error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
check (MongeArguments *arguments, GError **error)
{
  static const char *const backends[] = { "auto", "cpu", "cuda", NULL };
  char rest;

  if (arguments->size != NULL
      && (sscanf (arguments->size, "%dx%d%c", &arguments->width, &arguments->height, &rest) != 2
          || arguments->width < 1 || arguments->height < 1 || arguments->width > 16384
          || arguments->height > 16384))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--size takes WIDTHxHEIGHT in pixels, such as 1280x800, not “%s”",
                   arguments->size);
      return FALSE;
    }
  if (arguments->backend_name != NULL && !g_strv_contains (backends, arguments->backend_name))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "--backend is one of auto, cpu, cuda, not “%s”", arguments->backend_name);
      return FALSE;
    }
  if (arguments->n_threads < 0 || arguments->n_threads > 256 || arguments->backend.device < 0)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           "--threads is from 0 to 256, --device from 1");
      return FALSE;
    }
  if (arguments->picture != NULL && arguments->recipe->source.path == NULL)
    {
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           "--render needs a shape, or two");
      return FALSE;
    }
  return TRUE;
}

/* Before everything else, so that options change what the session says. */
static gboolean
load_session (MongeArguments *arguments, int argc, char **argv, GError **error)
{
  for (int i = 1; i < argc; i++)
    {
      const char *path = NULL;

      if (g_str_has_prefix (argv[i], "--session="))
        path = argv[i] + strlen ("--session=");
      else if (g_str_equal (argv[i], "--session"))
        path = argv[i + 1];
      if (path != NULL)
        return monge_recipe_file_load (path, arguments->recipe, NULL, error);
    }
  return TRUE;
}

gboolean
monge_arguments_parse (MongeArguments *arguments, int argc, char **argv, int *status)
{
  g_autoptr (GOptionContext) context = NULL;
  g_autoptr (GError) error = NULL;
  gboolean show_version = FALSE;

  *arguments = (MongeArguments){ .style = { MONGE_VIEW_STYLE_DEFAULTS }, .width = 1280,
                                 .height = 800 };
  arguments->recipe = monge_recipe_new ();
  context = build_context (arguments, &show_version);
  current = arguments;
  *status = EXIT_DONE;
  if (!load_session (arguments, argc, argv, &error)
      || !g_option_context_parse (context, &argc, &argv, &error)
      || !take_shapes (arguments, argc, argv, &error)
      || (!show_version && !check (arguments, &error)))
    {
      fprintf (stderr, "monge: %s; see monge --help\n", error->message);
      *status = EXIT_USAGE;
      return FALSE;
    }
  arguments->backend.name = arguments->backend.device > 0 ? "cuda" : arguments->backend_name;
  arguments->backend.n_threads = (guint) arguments->n_threads;
  if (show_version)
    puts ("monge " MONGE_VERSION);
  return !show_version;
}

void
monge_arguments_clear (MongeArguments *arguments)
{
  g_clear_pointer (&arguments->recipe, monge_recipe_free);
  g_clear_pointer (&arguments->backend_name, g_free);
  g_clear_pointer (&arguments->picture, g_free);
  g_clear_pointer (&arguments->output, g_free);
  g_clear_pointer (&arguments->size, g_free);
  g_clear_pointer (&arguments->session, g_free);
}
