#include "app/cli-edges.h"
#include "app/cli-report.h"

#include "compute/io/io.h"

#include <math.h>

#define DEFAULT_MAX_EDGES 100000000

/* What was asked for, and what has come of it. */
typedef struct {
  int k;           /* 0: by radius */
  double radius;   /* NAN: by number */
  gint64 max_edges;
  char *output;
  gboolean is_pair;
  MongeShape *shapes[2];
  double origin[MONGE_MAX_DIM], unit; /* a float32 of 1 is so long */
  MongeEdges *edges;
  double seconds;
} Work;

static void
work_clear (Work *work)
{
  g_clear_pointer (&work->shapes[0], monge_shape_unref);
  g_clear_pointer (&work->shapes[1], monge_shape_unref);
  g_clear_pointer (&work->edges, monge_edges_free);
  g_clear_pointer (&work->output, g_free);
}

static gboolean
load (MongeCli *cli, Work *work, GError **error)
{
  MongeRecipeInput *inputs[] = { &cli->recipe->source, &cli->recipe->target };

  for (guint i = 0; i < (work->is_pair ? 2 : 1); i++)
    {
      monge_cli_progress (cli, "reading %s", inputs[i]->path);
      inputs[i]->as_voxels = monge_path_is_volume (inputs[i]->path);
      work->shapes[i] = monge_recipe_input_load (inputs[i], cli->task, error);
      if (work->shapes[i] == NULL)
        return FALSE;
    }
  if (!work->is_pair
      || monge_shape_get_dim (work->shapes[0]) == monge_shape_get_dim (work->shapes[1]))
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
               "%s has dimension %u and %s has %u; both must have the same", inputs[0]->path,
               monge_shape_get_dim (work->shapes[0]), inputs[1]->path,
               monge_shape_get_dim (work->shapes[1]));
  return FALSE;
}

/* --- float32 --- */

static gboolean
floats_hold (const MongeShape *shape)
{
  const double *x = monge_shape_get_positions (shape);
  gsize n = monge_shape_get_n_vertices (shape) * monge_shape_get_dim (shape);

  for (gsize i = 0; i < n; i++)
    if ((double) (float) x[i] != x[i])
      return FALSE;
  return TRUE;
}

/* Positions that float32 holds are taken as they are, others relative to the middle of both shapes;
 * the unit is the power of two near their size, so that no square is too large or too small. */
static void
choose_units (Work *work)
{
  const guint dim = monge_shape_get_dim (work->shapes[0]);
  double lower[2][MONGE_MAX_DIM], upper[2][MONGE_MAX_DIM], largest = 0;
  gboolean is_exact = TRUE;

  for (guint s = 0; s < 2; s++)
    {
      MongeShape *shape = work->shapes[work->is_pair ? s : 0];

      monge_shape_get_bounds (shape, lower[s], upper[s]);
      is_exact = is_exact && floats_hold (shape);
    }
  for (guint d = 0; d < dim; d++)
    {
      double low = MIN (lower[0][d], lower[1][d]), high = MAX (upper[0][d], upper[1][d]);

      work->origin[d] = is_exact ? 0 : low / 2 + high / 2;
      largest = MAX (largest, MAX (fabs (low - work->origin[d]), fabs (high - work->origin[d])));
    }
  work->unit = largest > 0 ? exp2 (CLAMP (ilogb (largest), -1000, 1000)) : 1;
}

static float *
get_floats (const Work *work, guint s)
{
  const MongeShape *shape = work->shapes[s];
  const double *x = monge_shape_get_positions (shape);
  const guint dim = monge_shape_get_dim (shape);
  const gsize n = monge_shape_get_n_vertices (shape);
  float *floats = g_new (float, n * dim);

  for (gsize i = 0; i < n; i++)
    for (guint d = 0; d < dim; d++)
      floats[i * dim + d] = (float) ((x[i * dim + d] - work->origin[d]) / work->unit);
  return floats;
}

/* --- searching --- */

static MongeEdges *
find_nearest (MongeNeighbours *neighbours, const float *queries, gsize n, guint k,
              gboolean exclude_self, MongeCli *cli, GError **error)
{
  g_autoptr (MongeEdges) edges = g_new0 (MongeEdges, 1);

  edges->n = n;
  edges->first = g_new (gsize, n + 1);
  edges->index = g_try_new (gint32, MAX (n * k, 1));
  edges->square = g_try_new (float, MAX (n * k, 1));
  if (edges->index == NULL || edges->square == NULL)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "There is no memory for %" G_GSIZE_FORMAT " edges; take a smaller K", n * k);
      return NULL;
    }
  for (gsize i = 0; i <= n; i++)
    edges->first[i] = i * k;
  if (k > 0
      && !monge_neighbours_find (neighbours, queries, n, k, exclude_self, edges->index,
                                 edges->square, (guint) cli->n_threads, cli->task, error))
    return NULL;
  return g_steal_pointer (&edges);
}

static gboolean
search (MongeCli *cli, Work *work, GError **error)
{
  const guint target = work->is_pair ? 1 : 0;
  const gsize n = monge_shape_get_n_vertices (work->shapes[0]);
  const gsize m = monge_shape_get_n_vertices (work->shapes[target]);
  const gsize available = m - (work->is_pair ? 0 : 1);
  g_autofree float *queries = NULL;
  g_autofree float *others = NULL;
  g_autoptr (MongeNeighbours) neighbours = NULL;
  gint64 start;

  choose_units (work);
  queries = get_floats (work, 0);
  others = work->is_pair ? get_floats (work, 1) : NULL;
  monge_cli_progress (cli, "searching among %" G_GSIZE_FORMAT " points", m);
  start = g_get_monotonic_time ();
  neighbours = monge_neighbours_new (work->is_pair ? others : queries, m,
                                     monge_shape_get_dim (work->shapes[0]),
                                     (guint) cli->n_threads, cli->task, error);
  if (neighbours == NULL)
    return FALSE;
  if (work->k == 0)
    work->edges = monge_neighbours_find_within (neighbours, queries, n, work->radius / work->unit,
                                                !work->is_pair, (gsize) work->max_edges,
                                                (guint) cli->n_threads, cli->task, error);
  else
    work->edges = find_nearest (neighbours, queries, n, (guint) MIN ((gsize) work->k, available),
                                !work->is_pair, cli, error);
  work->seconds = (double) (g_get_monotonic_time () - start) * 1e-6;
  if (work->edges != NULL && (gsize) work->k > available)
    monge_cli_note (cli, "each point has only %" G_GSIZE_FORMAT " others, fewer than %d", available,
                    work->k);
  monge_cli_progress (cli, "%s", "");
  return work->edges != NULL;
}

/* --- results --- */

static void
report_inputs (JsonBuilder *report, const MongeCli *cli, const Work *work)
{
  const MongeRecipeInput *inputs[] = { &cli->recipe->source, &cli->recipe->target };

  json_builder_set_member_name (report, "inputs");
  json_builder_begin_array (report);
  for (guint s = 0; s < (work->is_pair ? 2 : 1); s++)
    {
      json_builder_begin_object (report);
      monge_report_string (report, "role", s == 0 ? "source" : "target");
      monge_report_string (report, "path", inputs[s]->path);
      monge_report_integer (report, "points",
                            (gint64) monge_shape_get_n_vertices (work->shapes[s]));
      monge_report_integer (report, "dimension", monge_shape_get_dim (work->shapes[s]));
      monge_report_string (report, "unit", monge_shape_get_unit (work->shapes[s]));
      json_builder_end_object (report);
    }
  json_builder_end_array (report);
}

static gboolean
write_results (MongeCli *cli, Work *work, GError **error)
{
  const gsize n_edges = work->edges->first[work->edges->n];
  g_autoptr (JsonBuilder) report = monge_report_begin (cli, NULL);

  if (!monge_cli_save_edges (cli, work->edges, work->unit, work->output, error))
    return FALSE;
  report_inputs (report, cli, work);
  if (work->k > 0)
    monge_report_integer (report, "k", work->k);
  else
    monge_report_number (report, "radius", work->radius);
  monge_report_integer (report, "edges", (gint64) n_edges);
  monge_report_number (report, "seconds", work->seconds);
  monge_report_string (report, "output", work->output);
  if (!monge_report_end (cli, report, error))
    return FALSE;
  if (!cli->quiet)
    monge_cli_print (cli, "%s: %" G_GSIZE_FORMAT " edges of %" G_GSIZE_FORMAT " points, %.3g s\n",
                     work->output, n_edges, work->edges->n, work->seconds);
  return TRUE;
}

/* A message when the options contradict one another, else NULL. */
static const char *
check_options (const Work *work, gboolean has_k, guint n_arguments)
{
  if (n_arguments < 1 || n_arguments > 2)
    return "expected SHAPE or SHAPE SHAPE";
  if (has_k == !isnan (work->radius))
    return "one of -k K and --radius R is needed, and not both";
  if (has_k && (work->k < 1 || work->k > MONGE_NEIGHBOURS_MAX_K))
    return "-k takes a number from 1 to " G_STRINGIFY (MONGE_NEIGHBOURS_MAX_K);
  if (!has_k && !(work->radius >= 0 && isfinite (work->radius)))
    return "--radius takes a length, 0 or more";
  if (work->max_edges < 0)
    return "--max-edges takes a number from 0";
  return work->output == NULL ? "-o OUT is missing" : NULL;
}

static int
run (MongeCli *cli, Work *work, int argc, char **argv)
{
  const GOptionEntry own[] = {
    { "k", 'k', 0, G_OPTION_ARG_INT, &work->k, "So many nearest points of each", "K" },
    { "radius", 0, 0, G_OPTION_ARG_DOUBLE, &work->radius,
      "Instead all points at most that far, in the shape's unit", "R" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &work->output,
      "Where the edges go: i,j,distance as .csv or .npy, nearest first", "OUT" },
    { "max-edges", 0, 0, G_OPTION_ARG_INT64, &work->max_edges,
      "Give up when a radius finds more [" G_STRINGIFY (DEFAULT_MAX_EDGES) "]", "N" },
    { "threads", 0, 0, G_OPTION_ARG_INT, &cli->n_threads,
      "Threads of the CPU; 0 is one per core [0]", "N" },
    { NULL },
  };
  GError *error = NULL;
  const char *wrong;
  char **arguments;
  int status;

  arguments = monge_cli_parse (cli, argc, argv, MONGE_CLI_JSON, own, MONGE_CLI_ANY_NUMBER, &status);
  if (arguments == NULL)
    return status;
  wrong = check_options (work, work->k != G_MININT, g_strv_length (arguments));
  if (wrong != NULL)
    return monge_cli_refuse (cli, "%s", wrong);
  work->k = MAX (work->k, 0);
  work->is_pair = arguments[1] != NULL;
  if (!monge_cli_check_edges (work->output, &error)
      || !monge_recipe_input_set_path (&cli->recipe->source, arguments[0], &error)
      || (work->is_pair
          && !monge_recipe_input_set_path (&cli->recipe->target, arguments[1], &error))
      || !load (cli, work, &error) || !search (cli, work, &error)
      || !write_results (cli, work, &error))
    return monge_cli_fail (cli, error);
  return MONGE_CLI_DONE;
}

int
monge_cli_run_knn (MongeCli *cli,
                   int argc,
                   char **argv)
{
  Work work = { .k = G_MININT, .radius = NAN, .max_edges = DEFAULT_MAX_EDGES };
  int status = run (cli, &work, argc, argv);

  work_clear (&work);
  return status;
}
