/* monge-cli: the engine without a window. One file per command. */
#include "app/cli.h"

#include "compute/io/io.h"
#include "compute/io/values.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const MongeCliCommand commands[] = {
  { "info", "SHAPE", "Say what is in a file", monge_cli_run_info },
  { "convert", "IN OUT", "Write a shape in another format, repaired or with fewer points",
    monge_cli_run_convert },
  { "filters", "", "List what can be done to a shape before it is used", monge_cli_run_filters },
  { "loss", "SOURCE TARGET", "Measure how far two shapes are from each other", monge_cli_run_loss },
  { "register", "SOURCE TARGET -o OUT", "Move one shape onto another", monge_cli_run_register },
  { "knn", "SHAPE [SHAPE] -o OUT", "Find the nearest points of each, or all within a radius",
    monge_cli_run_knn },
  { "reduce", "FORMULA --x SHAPE [--y SHAPE] -o OUT", "Reduce a formula F(x_i, y_j) over i or j",
    monge_cli_run_reduce },
  { "devices", "", "List what can compute", monge_cli_run_devices },
  { "bench", "[CASE...]", "Time the engine, and measure its error in the same run",
    monge_cli_run_bench },
  { NULL },
};

static MongeTask task = MONGE_TASK_INIT;

/* --- what is said --- */

static void
print_raw (const char *text)
{
  fputs (text, stdout);
}

/* Messages are one line, whatever a file name or a parser put in. */
static void
complain (const char *message)
{
  g_autofree char *line = g_strdelimit (g_strdup (message), "\r\n", ' ');

  fprintf (stderr, "monge-cli: %s\n", line);
}

int
monge_cli_fail (MongeCli *cli,
                GError *error)
{
  monge_cli_progress (cli, "%s", "");
  complain (error->message);
  g_error_free (error);
  return MONGE_CLI_FAILED;
}

int
monge_cli_refuse (MongeCli *cli,
                  const char *format,
                  ...)
{
  g_autofree char *message = NULL;
  g_autofree char *line = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  line = g_strdup_printf ("%s; see monge-cli %s --help", message, cli->command->name);
  complain (line);
  return MONGE_CLI_USAGE;
}

void
monge_cli_explain (const char *format,
                   ...)
{
  va_list args;

  fputs ("monge-cli: ", stderr);
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fputc ('\n', stderr);
}

void
monge_cli_note (MongeCli *cli,
                const char *format,
                ...)
{
  g_autofree char *message = NULL;
  va_list args;

  if (cli->quiet)
    return;
  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  complain (message);
}

void
monge_cli_print (MongeCli *cli,
                 const char *format,
                 ...)
{
  va_list args;

  if (g_strcmp0 (cli->json, "-") == 0)
    return;
  va_start (args, format);
  vprintf (format, args);
  va_end (args);
}

void
monge_cli_progress (MongeCli *cli,
                    const char *format,
                    ...)
{
  va_list args;

  if (cli->quiet || !isatty (STDERR_FILENO))
    return;
  fputs ("\r\033[K", stderr);
  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fflush (stderr);
}

int
monge_cli_judge (MongeCli *cli,
                 const MongeLossReport *report)
{
  if (report->converged)
    return MONGE_CLI_DONE;
  monge_cli_note (cli, "not converged: the marginal error %.2g is above the tolerance %.2g; "
                  "raise --max-iterations or --blur",
                  report->marginal_error, cli->recipe->params.loss.tol);
  return cli->strict ? MONGE_CLI_NOT_CONVERGED : MONGE_CLI_DONE;
}

/* --- what commands need --- */

MongeBackend *
monge_cli_open_backend (MongeCli *cli,
                        GError **error)
{
  MongeBackendOptions options = {
    .name = cli->backend_name,
    .n_threads = (guint) cli->n_threads,
    .device = cli->device,
  };
  MongeBackend *backend;

  if (cli->device > 0)
    options.name = "cuda"; /* that card or none */
  backend = monge_backend_open (&options, error);
  if (backend == NULL || !cli->verbose)
    return backend;
  if (monge_backend_get_note (backend) != NULL)
    complain (monge_backend_get_note (backend));
  complain (monge_backend_get_description (backend));
  return backend;
}

gboolean
monge_cli_replace_backend (MongeCli *cli,
                           MongeBackend **backend,
                           GError *reason,
                           GError **error)
{
  const gboolean is_auto = cli->device == 0 && (cli->backend_name == NULL
                                                || strcmp (cli->backend_name, "auto") == 0);
  g_autofree char *notice = NULL;
  MongeBackend *cpu = is_auto ? monge_backend_replace (*backend, reason, &notice, NULL) : NULL;

  if (cpu == NULL)
    {
      g_propagate_error (error, reason);
      return FALSE;
    }
  monge_cli_progress (cli, "%s", "");
  monge_cli_note (cli, "%s", notice);
  g_error_free (reason);
  monge_backend_close (*backend);
  *backend = cpu;
  return TRUE;
}

void
monge_cli_note_losses (MongeCli *cli,
                       const MongeShape *shape,
                       const char *path)
{
  const MongeFormat *format = monge_format_find_by_extension (path);
  g_autofree char *losses = monge_format_describe_losses (format, shape);

  if (losses != NULL)
    monge_cli_note (cli, "%s: left out, since %s has no place for them: %s", path, format->name,
                    losses);
}

gboolean
monge_cli_check_output (const char *path,
                        GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autoptr (GString) names = NULL;
  const MongeFormat *format = monge_format_find_by_extension (path);

  if ((format == NULL || format->write == NULL) && !monge_path_holds_values (path))
    {
      names = g_string_new (NULL);
      for (const MongeFormat *f = monge_formats; f->name != NULL; f++)
        if (f->write != NULL)
          g_string_append_printf (names, " .%s", f->extensions[0]);
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                   "%s: no format to write has this ending; take one of%s", path, names->str);
      return FALSE;
    }
  if (access (folder, W_OK) != 0)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_IO, "%s: cannot write into %s: %s", path, folder,
                   g_strerror (errno));
      return FALSE;
    }
  return TRUE;
}

/* --- start --- */

static void
handle_signal (int number)
{
  monge_task_cancel (&task);
}

/* The first signal asks the work to stop, the second ends the program. */
static void
catch_signals (void)
{
  struct sigaction action = { .sa_handler = handle_signal, .sa_flags = (int) SA_RESETHAND };

  sigemptyset (&action.sa_mask);
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
}

static void
print_help (FILE *file)
{
  fputs ("Usage: monge-cli COMMAND [OPTION...]\n\n"
         "Shapes as measures, compared and moved by optimal transport.\n\nCommands:\n",
         file);
  for (const MongeCliCommand *command = commands; command->name != NULL; command++)
    fprintf (file, "  %-9s %-21s %s\n", command->name, command->usage, command->summary);
  fputs ("\nA SHAPE is a file, PATH#L[,L...] to choose labels of a volume, or example:NAME.\n"
         "monge-cli COMMAND --help lists the options of a command; monge-cli --version the version.\n"
         "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but not converged (--strict).\n",
         file);
}

static const MongeCliCommand *
find_command (const char *name)
{
  for (const MongeCliCommand *command = commands; command->name != NULL; command++)
    if (strcmp (command->name, name) == 0)
      return command;
  return NULL;
}

static int
run_command (const MongeCliCommand *command,
             int argc,
             char **argv)
{
  g_autoptr (MongeRecipe) recipe = monge_recipe_new ();
  MongeCli cli = { .command = command, .task = &task, .recipe = recipe };
  int status = command->run (&cli, argc, argv);

  if (status != MONGE_CLI_USAGE && (fflush (stdout) != 0 || ferror (stdout)))
    {
      complain ("the standard output cannot be written");
      status = MONGE_CLI_FAILED;
    }
  g_free (cli.backend_name);
  g_free (cli.json);
  return status;
}

int
main (int argc, char **argv)
{
  const MongeCliCommand *command;

  setlocale (LC_CTYPE, ""); /* numbers stay as they are everywhere */
  g_set_print_handler (print_raw);
  if (argc < 2)
    {
      print_help (stderr);
      return MONGE_CLI_USAGE;
    }
  if (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0)
    {
      print_help (stdout);
      return MONGE_CLI_DONE;
    }
  if (strcmp (argv[1], "--version") == 0)
    {
      puts ("monge-cli " MONGE_VERSION);
      return MONGE_CLI_DONE;
    }
  command = find_command (argv[1]);
  if (command == NULL)
    {
      g_autofree char *message = g_strdup_printf ("there is no command “%s”; see monge-cli --help",
                                                  argv[1]);
      complain (message);
      return MONGE_CLI_USAGE;
    }
  catch_signals ();
  return run_command (command, argc - 1, argv + 1);
}
