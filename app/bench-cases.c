/* The table of cases, and the clock that they share. Names are fixed: scripts compare by them. */
#include "app/bench-private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const MongeBenchCase monge_bench_cases[] = {
  { "gaussian-sum-1e5", "Sum over j of exp(-|x-y|^2/2s^2) b, points of the unit cube, s = 0.1",
    monge_bench_run_sum, TRUE, 100000, 3, 0, "gaussian" },
  { "lse-1e5", "Softmin of p = 2: log-sum-exp over j of b - |x-y|^2/(2 s^2), s = 0.05",
    monge_bench_run_sum, TRUE, 100000, 3, 0, "lse" },
  { "lse-p1-1e5", "Softmin of p = 1: log-sum-exp over j of b - |x-y|/s",
    monge_bench_run_sum, TRUE, 100000, 3, 0, "lse-p1" },
  { "sinkhorn-1e3", "Loss and gradient, cold: sphere onto bumpy ellipsoid, p = 2, blur 0.05",
    monge_bench_run_sinkhorn, TRUE, 1000, 3, 1e-2, "sphere" },
  { "sinkhorn-1e4", "The same",
    monge_bench_run_sinkhorn, TRUE, 10000, 3, 1e-2, "sphere" },
  { "sinkhorn-1e5", "The same",
    monge_bench_run_sinkhorn, FALSE, 100000, 3, 1e-2, "sphere" },
  { "sinkhorn-1e6", "The same",
    monge_bench_run_sinkhorn, FALSE, 1000000, 3, 1e-2, "sphere" },
  { "sinkhorn-1e4-tight", "The same at a tolerance of 1e-3",
    monge_bench_run_sinkhorn, TRUE, 10000, 3, 1e-3, "sphere" },
  { "sinkhorn-1e5-tight", "The same",
    monge_bench_run_sinkhorn, FALSE, 100000, 3, 1e-3, "sphere" },
  { "sinkhorn-1e6-tight", "The same",
    monge_bench_run_sinkhorn, FALSE, 1000000, 3, 1e-3, "sphere" },
  { "sinkhorn-volume-1e4", "The same between solids: the unit cube onto a bent one",
    monge_bench_run_sinkhorn, FALSE, 10000, 3, 1e-2, "cube" },
  { "sinkhorn-volume-1e5", "The same",
    monge_bench_run_sinkhorn, FALSE, 100000, 3, 1e-2, "cube" },
  { "sinkhorn-growth", "How the time of sinkhorn-1e4, -1e5 and -1e6 grows with N",
    monge_bench_run_growth, FALSE, 0, 3, 1e-2, NULL },
  { "energy-1e4", "Energy distance and gradient, sphere and bumpy ellipsoid",
    monge_bench_run_kernel, TRUE, 10000, 3, 0, "energy" },
  { "laplacian-1e4", "Laplacian norm and gradient, s = 0.05",
    monge_bench_run_kernel, TRUE, 10000, 3, 0, "laplacian" },
  { "gaussian-norm-1e4", "Gaussian norm and gradient, s = 0.05",
    monge_bench_run_kernel, TRUE, 10000, 3, 0, "gaussian" },
  { "flow-hippocampus", "A warm frame of a flow at a blur of 1 mm, step 0.3",
    monge_bench_run_flow, TRUE, 0, 3, 1e-2, "hippocampus" },
  { "flow-6e4", "The same for branching trees, at a blur of 5 % of the diameter",
    monge_bench_run_flow, FALSE, 60000, 3, 1e-2, "tree" },
  { "flow-1e6", "The same for sphere and bumpy ellipsoid",
    monge_bench_run_flow, FALSE, 1000000, 3, 1e-2, "sphere" },
  { "knn-1e5-k10", "10 nearest neighbours in 3-D, build and query",
    monge_bench_run_neighbours, TRUE, 100000, 3, 0, NULL },
  { "knn-d50-2e4", "The same in dimension 50",
    monge_bench_run_neighbours, TRUE, 20000, 50, 0, NULL },
  { "formula-1e4", "The Gaussian sum interpreted, without its tuned loop",
    monge_bench_run_interpreted, TRUE, 10000, 3, 0, "gaussian" },
  { "formula-first", "From the text of that formula to its first result, 1000 x 1000",
    monge_bench_run_text, TRUE, 1000, 3, 0, "gaussian" },
  { "segment-aal-one", "The surface of the left hippocampus out of the AAL atlas, reading included",
    monge_bench_run_segment, TRUE, 0, 3, 0, "one" },
  { "segment-aal-all", "The surfaces of all its 116 labels, which share their vertices",
    monge_bench_run_segment, TRUE, 0, 3, 0, "all" },
  { "read-ply-1e6", "A surface of 10^6 vertices and 2 10^6 faces from binary PLY",
    monge_bench_run_reading, FALSE, 1000000, 3, 0, "ply" },
  { "read-obj-1e6", "The same from OBJ, which is text",
    monge_bench_run_reading, FALSE, 1000000, 3, 0, "obj" },
  { "read-vtk-1e6", "The same from binary VTK",
    monge_bench_run_reading, FALSE, 1000000, 3, 0, "vtk" },
  { "read-vtp-1e6", "The same from VTP",
    monge_bench_run_reading, FALSE, 1000000, 3, 0, "vtp" },
  { NULL },
};

const MongeBenchCase *
monge_bench_find_case (const char *name)
{
  for (const MongeBenchCase *of = monge_bench_cases; of->name != NULL; of++)
    if (strcmp (of->name, name) == 0)
      return of;
  return NULL;
}

gboolean
monge_bench_run (MongeBench *bench, const MongeBenchCase *of, GError **error)
{
  MongeBenchRow *row = g_new0 (MongeBenchRow, 1);

  row->of = of;
  row->n = row->m = of->n;
  row->dim = of->dim;
  row->error = row->marginal_error = row->exponent = NAN;
  if (of->run (bench, of, row, error))
    {
      g_ptr_array_add (bench->rows, row);
      return TRUE;
    }
  g_prefix_error (error, "%s: ", of->name);
  monge_bench_row_free (row);
  return FALSE;
}

void
monge_bench_row_free (MongeBenchRow *row)
{
  g_free (row->notes);
  g_free (row);
}

const MongeBenchRow *
monge_bench_find_row (MongeBench *bench, const char *name)
{
  for (guint i = 0; i < bench->rows->len; i++)
    {
      const MongeBenchRow *row = g_ptr_array_index (bench->rows, i);

      if (strcmp (row->of->name, name) == 0)
        return row;
    }
  return NULL;
}

void
monge_bench_row_note (MongeBenchRow *row, const char *format, ...)
{
  g_autofree char *before = row->notes;
  g_autofree char *note = NULL;
  va_list args;

  va_start (args, format);
  note = g_strdup_vprintf (format, args);
  va_end (args);
  row->notes = before != NULL ? g_strconcat (before, "; ", note, NULL) : g_steal_pointer (&note);
}

/* --- the most memory held, where Linux tells --- */

static void
reset_peak (void)
{
  FILE *file = fopen ("/proc/self/clear_refs", "w");

  if (file == NULL)
    return;
  fputs ("5", file);
  fclose (file);
}

static gsize
read_peak (void)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &text, NULL, NULL))
    return 0;
  line = strstr (text, "VmHWM:");
  return line != NULL ? 1024 * (gsize) g_ascii_strtoull (line + strlen ("VmHWM:"), NULL, 10) : 0;
}

/* --- the clock --- */

#define MAX_RUNS 1000

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static double
read_cpu (void)
{
  struct timespec now = { 0 };

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static gboolean
time_once (MongeBenchFunc once, MongeBenchFunc between, gpointer data, double *seconds, double *cpu,
           GError **error)
{
  gint64 start;

  if (between != NULL && !between (data, error))
    return FALSE;
  *cpu = -read_cpu ();
  start = g_get_monotonic_time ();
  if (!once (data, error))
    return FALSE;
  *seconds = 1e-6 * (double) (g_get_monotonic_time () - start);
  *cpu += read_cpu ();
  return TRUE;
}

/* Sorts @values. */
static double
find_median (double *values, guint n)
{
  qsort (values, n, sizeof *values, compare_doubles);
  return n % 2 == 1 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

static gboolean
is_enough (MongeBench *bench, guint n_runs, double first, double total)
{
  if (bench->is_quick || first > 2)
    return n_runs >= 3;
  if (first > 1)
    return n_runs >= 5;
  return n_runs >= 10 && (total > 0.2 || n_runs >= MAX_RUNS);
}

gboolean
monge_bench_time (MongeBench *bench, MongeBenchRow *row, MongeBenchFunc once,
                  MongeBenchFunc between, gpointer data, GError **error)
{
  double seconds[MAX_RUNS], cpu[MAX_RUNS], first, first_cpu, total = 0;
  guint n = 0;

  reset_peak ();
  if (!time_once (once, between, data, &first, &first_cpu, error))
    return FALSE;
  while (!is_enough (bench, n, first, total))
    {
      if (monge_task_return_if_cancelled (bench->task, error)
          || !time_once (once, between, data, &seconds[n], &cpu[n], error))
        return FALSE;
      total += seconds[n++];
    }
  row->n_runs = n;
  row->seconds = find_median (seconds, n);
  row->best = seconds[0];
  row->cpu_seconds = find_median (cpu, n);
  row->memory = read_peak ();
  return TRUE;
}
