/* Option tables → GOptionEntry, so that --help and the tables cannot part. */
#include "app/cli.h"

#include "compute/loss/loss.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gboolean show_version;

static gboolean
set_in_recipe (const char *name,
               const char *value,
               gpointer data,
               GError **error)
{
  MongeCli *cli = data;

  return monge_recipe_set (cli->recipe, name + strspn (name, "-"), value, error);
}

/* --no-KEY */
static gboolean
unset_in_recipe (const char *name,
                 const char *value,
                 gpointer data,
                 GError **error)
{
  MongeCli *cli = data;

  return monge_recipe_set (cli->recipe, name + strlen ("--no-"), "false", error);
}

/* What a value looks like: NAME, N for counts, or the first letter of the key. */
static const char *
describe_value (const MongeOption *option)
{
  char letter[] = { g_ascii_toupper (option->key[0]), '\0' };

  if (option->type == MONGE_OPTION_CHOICE)
    return "NAME";
  return option->type == MONGE_OPTION_INT && option->key[1] != '\0' ? "N"
                                                                    : g_intern_string (letter);
}

static char *
trim_stop (const char *sentence)
{
  gsize length = strlen (sentence);

  return g_strndup (sentence, g_str_has_suffix (sentence, ".") ? length - 1 : length);
}

static char *
lower_first (const char *sentence)
{
  char *text = trim_stop (sentence);

  text[0] = g_ascii_tolower (text[0]);
  return text;
}

static const char *
describe_default (const MongeOption *option,
                  gconstpointer params,
                  gboolean is_flow)
{
  g_autofree char *text = monge_option_print (option, params);
  g_autofree char *choices = NULL;
  g_autofree char *sentence = trim_stop (option->help);
  g_autofree char *help = NULL;

  if (is_flow && strcmp (option->key, "blur") == 0)
    {
      g_free (text);
      text = g_strdup ("2 % of the larger diameter");
    }
  if (option->type == MONGE_OPTION_CHOICE)
    choices = g_strjoinv (", ", (char **) option->choices);
  help = choices == NULL ? g_strdup_printf ("%s [%s]", sentence, text)
                         : g_strdup_printf ("%s: %s [%s]", sentence, choices, text);
  return g_intern_string (help);
}

static void
append_table (GArray *entries,
              const MongeOption *table,
              gconstpointer params,
              gboolean is_flow)
{
  for (const MongeOption *option = table; option->key != NULL; option++)
    {
      GOptionEntry entry = { .long_name = option->key, .arg = G_OPTION_ARG_CALLBACK };

      if (option->type == MONGE_OPTION_BOOL)
        {
          g_autofree char *name = g_strconcat ("no-", option->key, NULL);
          g_autofree char *sentence = lower_first (option->help);
          g_autofree char *help = g_strdup_printf ("Do not %s", sentence);

          entry.long_name = g_intern_string (name);
          entry.flags = G_OPTION_FLAG_NO_ARG;
          entry.arg_data = (gpointer) unset_in_recipe;
          entry.description = g_intern_string (help);
        }
      else
        {
          entry.arg_data = (gpointer) set_in_recipe;
          entry.description = describe_default (option, params, is_flow);
          entry.arg_description = describe_value (option);
        }
      g_array_append_val (entries, entry);
    }
}

static void
append_keys (GArray *entries)
{
  for (const MongeRecipeKey *key = monge_recipe_keys; key->key != NULL; key++)
    {
      GOptionEntry entry = {
        .long_name = key->key,
        .flags = G_OPTION_FLAG_FILENAME,
        .arg = G_OPTION_ARG_CALLBACK,
        .arg_data = (gpointer) set_in_recipe,
        .description = key->help,
        .arg_description = key->value,
      };

      g_array_append_val (entries, entry);
    }
}

static void
append_common (GArray *entries,
               MongeCli *cli,
               MongeCliOptions options)
{
  const GOptionEntry json = { "json", 0, 0, G_OPTION_ARG_FILENAME, &cli->json,
                              "Write a report for machines; - is the standard output", "OUT|-" };
  const GOptionEntry strict = { "strict", 0, 0, G_OPTION_ARG_NONE, &cli->strict,
                                "Exit with 3 when a solve has not converged", NULL };
  const GOptionEntry backend = { "backend", 0, 0, G_OPTION_ARG_STRING, &cli->backend_name,
                                 "What computes: auto, cpu, cuda [auto]", "NAME" };
  const GOptionEntry device = { "device", 0, 0, G_OPTION_ARG_INT, &cli->device,
                                "Which card computes, as monge-cli devices lists them [the best]",
                                "N" };
  const GOptionEntry verbose = { "verbose", 'v', 0, G_OPTION_ARG_NONE, &cli->verbose,
                                 "Say what computes, and why not a card", NULL };
  const GOptionEntry threads = { "threads", 0, 0, G_OPTION_ARG_INT, &cli->n_threads,
                                 "Threads of the CPU; 0 is one per core [0]", "N" };
  const GOptionEntry quiet = { "quiet", 'q', 0, G_OPTION_ARG_NONE, &cli->quiet,
                               "Say nothing but the result and errors", NULL };
  const GOptionEntry version = { "version", 0, 0, G_OPTION_ARG_NONE, &show_version,
                                 "Print the version", NULL };
  const GOptionEntry end = { NULL };

  if (options & MONGE_CLI_JSON)
    g_array_append_val (entries, json);
  if (options & (MONGE_CLI_LOSS | MONGE_CLI_FLOW))
    g_array_append_val (entries, strict);
  if (options & MONGE_CLI_BACKEND)
    {
      g_array_append_val (entries, backend);
      g_array_append_val (entries, device);
      g_array_append_val (entries, threads);
      g_array_append_val (entries, verbose);
    }
  g_array_append_val (entries, quiet);
  g_array_append_val (entries, version);
  g_array_append_val (entries, end);
}

static GArray *
collect_entries (MongeCli *cli,
                 MongeCliOptions options,
                 const GOptionEntry *own)
{
  GArray *entries = g_array_new (FALSE, FALSE, sizeof (GOptionEntry));

  for (; own != NULL && own->long_name != NULL; own++)
    g_array_append_vals (entries, own, 1);
  if (options & MONGE_CLI_FLOW)
    append_table (entries, monge_flow_options, &cli->recipe->params, TRUE);
  else if (options & MONGE_CLI_LOSS)
    append_table (entries, monge_loss_options, &cli->recipe->params.loss, FALSE);
  if (options & (MONGE_CLI_FLOW | MONGE_CLI_LOSS))
    append_keys (entries);
  append_common (entries, cli, options);
  return entries;
}

/* Returns: what is wrong, or %NULL. */
static const char *
check_backend (MongeCli *cli)
{
  static const char *const names[] = { "auto", "cpu", "cuda", NULL };

  if ((cli->backend_name != NULL && !g_strv_contains (names, cli->backend_name))
      || cli->n_threads < 0 || cli->n_threads > 256)
    return "--backend is one of auto, cpu, cuda and --threads from 0 to 256";
  if (cli->device < 0)
    return "--device is a number from 1; see monge-cli devices";
  if (cli->device > 0 && g_strcmp0 (cli->backend_name, "cpu") == 0)
    return "--device chooses a card, and --backend cpu is none";
  return NULL;
}

/* A bare --json is --json=-. It is bare before another option or at the end; and for commands whose
 * report is all there is to say, before anything that does not look like a report's name, so that
 * "info --json SHAPE" never writes over SHAPE. */
static void
complete_json (int argc,
               char **argv,
               gboolean is_all)
{
  for (int i = 1; i < argc; i++)
    {
      const char *next = i + 1 < argc ? argv[i + 1] : NULL;

      if (strcmp (argv[i], "--json") != 0 || (next != NULL && strcmp (next, "-") == 0))
        continue;
      if (next == NULL || next[0] == '-' || (is_all && !g_str_has_suffix (next, ".json")))
        argv[i] = (char *) "--json=-";
    }
}

char **
monge_cli_parse (MongeCli *cli,
                 int argc,
                 char **argv,
                 MongeCliOptions options,
                 const GOptionEntry *own,
                 int n_arguments,
                 int *status)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) entries = collect_entries (cli, options, own);
  g_autoptr (GOptionContext) context = g_option_context_new (cli->command->usage);
  g_autofree char *program = g_strdup_printf ("monge-cli %s", cli->command->name);
  GOptionGroup *group = g_option_group_new ("main", "", "", cli, NULL);

  *status = MONGE_CLI_USAGE;
  complete_json (argc, argv, (options & (MONGE_CLI_LOSS | MONGE_CLI_FLOW)) == 0);
  g_set_prgname (program);
  g_option_group_add_entries (group, (const GOptionEntry *) (gpointer) entries->data);
  g_option_context_set_main_group (context, group);
  g_option_context_set_summary (context, cli->command->summary);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      monge_cli_refuse (cli, "%s", error->message);
      return NULL;
    }
  if (show_version)
    {
      puts ("monge-cli " MONGE_VERSION);
      *status = MONGE_CLI_DONE;
      return NULL;
    }
  if (argc > 1 && strcmp (argv[1], "--") == 0)
    {
      argc--;
      argv++;
    }
  if (n_arguments != MONGE_CLI_ANY_NUMBER && argc - 1 != n_arguments)
    monge_cli_refuse (cli, "expected %s, got %d argument%s",
                      n_arguments > 0 ? cli->command->usage : "no arguments", argc - 1,
                      argc == 2 ? "" : "s");
  else if (check_backend (cli) != NULL)
    monge_cli_refuse (cli, "%s", check_backend (cli));
  else
    return argv + 1;
  return NULL;
}
