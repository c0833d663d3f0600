#include "app/bench-private.h"
#include "app/bench-truth.h"
#include "app/cli-report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  MongeBench bench;
  gboolean lists;
  char *cpu;
} Work;

static void
work_clear (Work *work)
{
  g_clear_pointer (&work->bench.rows, g_ptr_array_unref);
  g_clear_pointer (&work->bench.truths, g_hash_table_unref);
  g_clear_pointer (&work->bench.backend, monge_backend_close);
  g_free (work->bench.data);
  g_free (work->cpu);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, work_clear)

static char *
get_cpu_name (void)
{
  g_autoptr (GPtrArray) devices = monge_backend_list_devices ();

  for (guint i = 0; i < devices->len; i++)
    {
      const MongeDevice *device = g_ptr_array_index (devices, i);

      if (g_str_equal (device->kind, "cpu"))
        return g_strdup (device->name);
    }
  return g_strdup ("unknown");
}

static int
list_cases (MongeCli *cli)
{
  for (const MongeBenchCase *of = monge_bench_cases; of->name != NULL; of++)
    monge_cli_print (cli, "%-24s %s%s\n", of->name, of->summary, of->is_quick ? "  (quick)" : "");
  return MONGE_CLI_DONE;
}

static int
refuse_case (MongeCli *cli, const char *name)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (const MongeBenchCase *of = monge_bench_cases; of->name != NULL; of++)
    g_string_append_printf (names, "%s%s", of == monge_bench_cases ? "" : ", ", of->name);
  return monge_cli_refuse (cli, "there is no case “%s”; there are %s", name, names->str);
}

/* --- the table --- */

static void
print_header (MongeCli *cli, const Work *work)
{
  monge_cli_print (cli, "# monge-cli %s, %s, %s\n", MONGE_VERSION, work->cpu,
                   monge_backend_get_description (work->bench.backend));
  monge_cli_print (cli, "%-24s %8s %8s %2s %9s %9s %9s %4s %8s %9s %5s  %s\n", "# case", "n", "m",
                   "D", "seconds", "best", "cpu", "runs", "Gpairs/s", "error", "iter.", "notes");
}

/* "-" for what was not measured. */
static char *
format_cell (gboolean is_known, double value, int digits)
{
  return is_known ? g_strdup_printf ("%.*g", digits, value) : g_strdup ("-");
}

static void
print_row (MongeCli *cli, const MongeBenchRow *row)
{
  g_autofree char *seconds = format_cell (isfinite (row->seconds), row->seconds, 4);
  g_autofree char *best = format_cell (isfinite (row->best), row->best, 4);
  g_autofree char *cpu = format_cell (isfinite (row->cpu_seconds), row->cpu_seconds, 4);
  g_autofree char *rate = format_cell (row->pairs > 0, 1e-9 * (double) row->pairs / row->seconds,
                                       3);
  g_autofree char *off = format_cell (isfinite (row->error), row->error, 2);
  g_autofree char *iterations = format_cell (row->is_solve, row->iterations, 4);

  monge_cli_print (cli, "%-24s %8" G_GSIZE_FORMAT " %8" G_GSIZE_FORMAT " %2u %9s %9s %9s %4u %8s"
                   " %9s %5s  %s%s\n", row->of->name, row->n, row->m, row->dim, seconds, best, cpu,
                   row->n_runs, rate, off, iterations,
                   row->is_solve && !row->converged ? "not converged; " : "",
                   row->notes != NULL ? row->notes : "");
}

/* --- the report --- */

static void
report_row (JsonBuilder *report, const Work *work, const MongeBenchRow *row)
{
  MongeBackend *backend = work->bench.backend;

  json_builder_begin_object (report);
  monge_report_string (report, "case", row->of->name);
  monge_report_integer (report, "n", (gint64) row->n);
  monge_report_integer (report, "m", (gint64) row->m);
  monge_report_integer (report, "dimension", row->dim);
  monge_report_number (report, "seconds", row->seconds);
  monge_report_number (report, "seconds_best", row->best);
  monge_report_number (report, "cpu_seconds", row->cpu_seconds);
  monge_report_integer (report, "n_runs", row->n_runs);
  monge_report_integer (report, "pairs", (gint64) row->pairs);
  monge_report_number (report, "pairs_per_second",
                       row->pairs > 0 ? (double) row->pairs / row->seconds : NAN);
  monge_report_number (report, "error", row->error);
  monge_report_string (report, "error_of", row->error_of);
  monge_report_integer (report, "iterations", row->iterations);
  monge_report_bool (report, "converged", !row->is_solve || row->converged);
  monge_report_number (report, "marginal_error", row->marginal_error);
  monge_report_number (report, "tol", row->is_solve ? row->of->tol : NAN);
  monge_report_number (report, "exponent", row->exponent);
  monge_report_integer (report, "peak_bytes", (gint64) row->memory);
  monge_report_string (report, "notes", row->notes);
  monge_report_string (report, "backend", monge_backend_get_name (backend));
  monge_report_string (report, "device", monge_backend_get_description (backend));
  monge_report_string (report, "instruction_set", monge_backend_get_instruction_set (backend));
  monge_report_integer (report, "threads", monge_backend_get_n_threads (backend));
  monge_report_string (report, "cpu", work->cpu);
  monge_report_string (report, "version", MONGE_VERSION);
  json_builder_end_object (report);
}

static gboolean
write_report (MongeCli *cli, const Work *work, GError **error)
{
  g_autoptr (JsonBuilder) report = json_builder_new ();

  json_builder_begin_array (report);
  for (guint i = 0; i < work->bench.rows->len; i++)
    report_row (report, work, g_ptr_array_index (work->bench.rows, i));
  json_builder_end_array (report);
  return monge_report_save (cli, report, error);
}

/* --- the command --- */

static gboolean
run_case (MongeCli *cli, Work *work, const MongeBenchCase *of, GError **error)
{
  guint before = work->bench.rows->len;

  monge_cli_progress (cli, "%s", of->name);
  if (monge_bench_find_row (&work->bench, of->name) == NULL
      && !monge_bench_run (&work->bench, of, error))
    return FALSE;
  monge_cli_progress (cli, "%s", "");
  for (guint i = before; i < work->bench.rows->len; i++)
    print_row (cli, g_ptr_array_index (work->bench.rows, i));
  fflush (stdout); /* a file shows how far it got, too */
  return TRUE;
}

static gboolean
run_cases (MongeCli *cli, Work *work, char **names, GError **error)
{
  for (const MongeBenchCase *of = monge_bench_cases; of->name != NULL && *names == NULL; of++)
    if ((of->is_quick || !work->bench.is_quick) && !run_case (cli, work, of, error))
      return FALSE;
  for (; *names != NULL; names++)
    if (!run_case (cli, work, monge_bench_find_case (*names), error))
      return FALSE;
  return TRUE;
}

static gboolean
open_bench (MongeCli *cli, Work *work, GError **error)
{
  work->cpu = get_cpu_name ();
  work->bench.task = cli->task;
  work->bench.rows = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_bench_row_free);
  work->bench.truths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                              (GDestroyNotify) monge_bench_truth_free);
  work->bench.backend = monge_cli_open_backend (cli, error);
  return work->bench.backend != NULL;
}

int
monge_cli_run_bench (MongeCli *cli,
                     int argc,
                     char **argv)
{
  g_auto (Work) work = { 0 };
  const GOptionEntry own[] = {
    { "list", 0, 0, G_OPTION_ARG_NONE, &work.lists, "Name the cases, and do nothing else", NULL },
    { "quick", 0, 0, G_OPTION_ARG_NONE, &work.bench.is_quick,
      "Fewer cases and 3 runs of each: under half a minute", NULL },
    { "data", 0, 0, G_OPTION_ARG_FILENAME, &work.bench.data,
      "Where to look for hippocampus/source.ply and target.ply; else shapes of the program's own",
      "DIR" },
    { NULL },
  };
  GError *error = NULL;
  char **names;
  int status;

  names = monge_cli_parse (cli, argc, argv, MONGE_CLI_JSON | MONGE_CLI_BACKEND, own,
                           MONGE_CLI_ANY_NUMBER, &status);
  if (names == NULL)
    return status;
  if (work.lists)
    return list_cases (cli);
  for (char **name = names; *name != NULL; name++)
    if (monge_bench_find_case (*name) == NULL)
      return refuse_case (cli, *name);
  if (!open_bench (cli, &work, &error))
    return monge_cli_fail (cli, error);
  print_header (cli, &work);
  if (!run_cases (cli, &work, names, &error) || !write_report (cli, &work, &error))
    return monge_cli_fail (cli, error);
  return MONGE_CLI_DONE;
}
