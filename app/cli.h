/* What the commands of monge-cli share: their options, the way they stop and what they say. */
#pragma once

#include "compute/recipe.h"

G_BEGIN_DECLS

/* Exit codes. */
enum {
  MONGE_CLI_DONE = 0,
  MONGE_CLI_FAILED = 1,
  MONGE_CLI_USAGE = 2,
  MONGE_CLI_NOT_CONVERGED = 3, /* only with --strict */
};

/* Which of the common options a command takes, beside --help, --version and --quiet. */
typedef enum {
  MONGE_CLI_JSON = 1 << 0,    /* --json */
  MONGE_CLI_BACKEND = 1 << 1, /* --backend, --device, --threads, --verbose */
  MONGE_CLI_LOSS = 1 << 2,    /* the options of a loss, --strict, two inputs and their options */
  MONGE_CLI_FLOW = 1 << 3,    /* those of a flow as well */
} MongeCliOptions;

typedef struct _MongeCli MongeCli;

/**
 * MongeCliCommand:
 * @usage: the arguments after the name
 * @summary: one sentence, for both helps
 * @run: returns an exit code
 */
typedef struct {
  const char *name;
  const char *usage;
  const char *summary;
  int (*run) (MongeCli *cli, int argc, char **argv);
} MongeCliCommand;

/**
 * MongeCli:
 *
 * One run of one command.
 */
struct _MongeCli {
  const MongeCliCommand *command;
  MongeTask *task; /* cancelled by Ctrl-C */
  MongeRecipe *recipe;
  char *backend_name;
  int n_threads;
  int device;      /* which card, from 1; 0: any */
  char *json;      /* a path, "-" for the standard output, or NULL */
  gboolean quiet, verbose, strict;
};

int monge_cli_run_info (MongeCli *cli, int argc, char **argv);
int monge_cli_run_convert (MongeCli *cli, int argc, char **argv);
int monge_cli_run_filters (MongeCli *cli, int argc, char **argv);
int monge_cli_run_loss (MongeCli *cli, int argc, char **argv);
int monge_cli_run_register (MongeCli *cli, int argc, char **argv);
int monge_cli_run_knn (MongeCli *cli, int argc, char **argv);
int monge_cli_run_devices (MongeCli *cli, int argc, char **argv);
int monge_cli_run_reduce (MongeCli *cli, int argc, char **argv);
int monge_cli_run_bench (MongeCli *cli, int argc, char **argv);

#define MONGE_CLI_ANY_NUMBER (-1)

/**
 * monge_cli_parse:
 * @own: (nullable): options of the command alone, ended by a NULL name
 * @n_arguments: how many arguments must remain; %MONGE_CLI_ANY_NUMBER: they end with a %NULL
 * @status: (out): the exit code when it is over
 *
 * Returns: (nullable): the arguments, borrowed from @argv; %NULL when there is nothing left to do
 */
char **monge_cli_parse (MongeCli *cli, int argc, char **argv, MongeCliOptions options,
                        const GOptionEntry *own, int n_arguments, int *status);

/* One line on stderr; %MONGE_CLI_FAILED. Takes @error. */
int monge_cli_fail (MongeCli *cli, GError *error);
/* The same for wrong usage: points to --help; %MONGE_CLI_USAGE. */
int monge_cli_refuse (MongeCli *cli, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Lines on stderr as they are: for errors with a caret under the place. */
void monge_cli_explain (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* One line on stderr unless --quiet. */
void monge_cli_note (MongeCli *cli, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* On stdout, unless the report goes there. */
void monge_cli_print (MongeCli *cli, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* A line on stderr that the next one replaces, where stderr is a terminal; "" clears it. */
void monge_cli_progress (MongeCli *cli, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Says so when a solve stopped early; %MONGE_CLI_DONE or, with --strict, another code. */
int monge_cli_judge (MongeCli *cli, const MongeLossReport *report);

/* What --backend asks for. Says what it is, and why not another, with --verbose alone. */
MongeBackend *monge_cli_open_backend (MongeCli *cli, GError **error);
/* When @reason is that a card cannot go on, and nobody asked for that card: puts the CPU in its
 * place, says so in a line, and is %TRUE. Else it hands on @reason. Takes @reason; the old one stays
 * open for those who have it. */
gboolean monge_cli_replace_backend (MongeCli *cli, MongeBackend **backend, GError *reason,
                                    GError **error);
/* One line on stderr unless --quiet where the format of @path leaves something of @shape out. */
void monge_cli_note_losses (MongeCli *cli, const MongeShape *shape, const char *path);
/* Whether a shape can be written to @path, found before the work starts. */
gboolean monge_cli_check_output (const char *path, GError **error);

G_END_DECLS
