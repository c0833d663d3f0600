#include "app/cli-formula.h"
#include "app/cli-report.h"

#include "compute/io/io.h"
#include "compute/solver/points.h"

#include <math.h>
#include <string.h>

/**
 * Work:
 * @radius: of --pairs; 0 without
 */
typedef struct {
  char *x_path, *y_path, *output, *gradient, *pairs;
  char **params, **row_files, **column_files;
  gboolean is_double, is_generic, prints;
  double cutoff, radius;
  int n_runs;

  MongeShape *x, *y;
  GPtrArray *given; /* MongeCliVariable: from the command line */
  MongeCliScope scope;
  MongeBackend *backend;
  MongeReduction reduction;
  MongeCliOutcome outcome;
} Work;

static void
work_clear (Work *work)
{
  monge_cli_outcome_clear (&work->outcome);
  monge_cli_scope_clear (&work->scope);
  g_clear_pointer (&work->given, g_ptr_array_unref);
  g_clear_pointer (&work->backend, monge_backend_close);
  g_clear_pointer (&work->y, monge_shape_unref);
  g_clear_pointer (&work->x, monge_shape_unref);
  g_free (work->x_path);
  g_free (work->y_path);
  g_free (work->output);
  g_free (work->gradient);
  g_free (work->pairs);
  g_strfreev (work->params);
  g_strfreev (work->row_files);
  g_strfreev (work->column_files);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Work, work_clear)

/* --- wrong usage --- */

/* "radius=R" */
static gboolean
parse_pairs (Work *work)
{
  char *end;

  if (work->pairs == NULL)
    return TRUE;
  if (!g_str_has_prefix (work->pairs, "radius="))
    return FALSE;
  work->radius = g_ascii_strtod (work->pairs + strlen ("radius="), &end);
  return *end == '\0' && work->radius > 0 && isfinite (work->radius);
}

static gboolean
is_writable_name (const char *path)
{
  return g_str_has_suffix (path, ".npy") || g_str_has_suffix (path, ".csv")
         || g_str_has_suffix (path, ".txt");
}

/* Returns: %FALSE having refused. */
static gboolean
check_usage (MongeCli *cli, Work *work)
{
  if (work->x_path == NULL)
    monge_cli_refuse (cli, "--x SHAPE is needed: it gives the rows");
  else if (work->output == NULL && !work->prints && cli->json == NULL)
    monge_cli_refuse (cli, "give -o OUT.npy, --print or --json");
  else if (work->output != NULL && !is_writable_name (work->output))
    monge_cli_refuse (cli, "%s: results are written as .npy, .csv or .txt", work->output);
  else if (!parse_pairs (work))
    monge_cli_refuse (cli, "--pairs takes radius=R, with a length R above 0");
  else if (!(work->cutoff >= 0) || work->n_runs < 1 || work->n_runs > 100000)
    monge_cli_refuse (cli, "--cutoff is at least 0 and --repeat from 1 to 100000");
  else
    return TRUE;
  return FALSE;
}

/* --- what is named --- */

static MongeShape *
load_shape (MongeCli *cli, const char *text, GError **error)
{
  MongeRecipeInput input = { .mirror = -1 };
  MongeShape *shape = NULL;

  if (monge_recipe_input_set_path (&input, text, error))
    shape = monge_recipe_input_load (&input, cli->task, error);
  monge_recipe_input_clear (&input);
  return shape;
}

static gboolean
load_shapes (MongeCli *cli, Work *work, GError **error)
{
  work->x = load_shape (cli, work->x_path, error);
  if (work->x == NULL)
    return FALSE;
  work->y = work->y_path != NULL ? load_shape (cli, work->y_path, error)
                                 : monge_shape_ref (work->x);
  if (work->y == NULL)
    return FALSE;
  monge_cli_scope_init (&work->scope, monge_shape_get_n_vertices (work->x),
                        monge_shape_get_n_vertices (work->y));
  return TRUE;
}

/* Takes @variable; %NULL passes a failure on. */
static gboolean
give (Work *work, MongeCliVariable *variable, GError **error)
{
  for (guint k = 0; variable != NULL && k < work->given->len; k++)
    if (g_str_equal (((MongeCliVariable *) g_ptr_array_index (work->given, k))->name,
                     variable->name))
      {
        g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME, "“%s” is given twice", variable->name);
        g_clear_pointer (&variable, monge_cli_variable_free);
      }
  if (variable != NULL)
    g_ptr_array_add (work->given, variable);
  return variable != NULL;
}

static gboolean
load_given (Work *work, GError **error)
{
  work->given = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_cli_variable_free);
  for (char **text = work->params; text != NULL && *text != NULL; text++)
    if (!give (work, monge_cli_variable_parse (*text, error), error))
      return FALSE;
  for (char **text = work->row_files; text != NULL && *text != NULL; text++)
    if (!give (work, monge_cli_variable_load (*text, MONGE_AXIS_I, work->scope.n_rows, error),
               error))
      return FALSE;
  for (char **text = work->column_files; text != NULL && *text != NULL; text++)
    if (!give (work, monge_cli_variable_load (*text, MONGE_AXIS_J, work->scope.n_columns, error),
               error))
      return FALSE;
  return TRUE;
}

/* What was given on the command line comes before what the shapes have. */
static MongeCliVariable *
take_variable (Work *work, const char *name, GError **error)
{
  for (guint k = 0; k < work->given->len; k++)
    if (g_str_equal (((MongeCliVariable *) g_ptr_array_index (work->given, k))->name, name))
      return g_ptr_array_steal_index (work->given, k);
  return monge_cli_variable_find (name, work->x, work->y, error);
}

static gboolean
declare (Work *work, const char *name, GError **error)
{
  g_autoptr (GError) missing = NULL;
  MongeCliVariable *variable;

  if (monge_cli_scope_find (&work->scope, name) != NULL)
    return TRUE;
  variable = take_variable (work, name, &missing);
  if (missing != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&missing));
      return FALSE;
    }
  return variable == NULL || monge_cli_scope_add (&work->scope, variable, error) != NULL;
}

/* --- the formula --- */

/* A wrong formula is wrong usage, shown with its caret. Takes @error. */
static int
refuse_formula (Work *work, GError *error)
{
  g_autofree char *names = monge_cli_variable_list (work->x, work->y);

  monge_cli_explain ("%s\nNames here: %s, and those of --param, --var-i and --var-j.",
                     error->message, names);
  g_error_free (error);
  return MONGE_CLI_USAGE;
}

/* Returns: an exit code; %MONGE_CLI_DONE to go on. */
static int
parse_formula (MongeCli *cli, Work *work, const char *text)
{
  GError *error = NULL;
  g_auto (GStrv) names = monge_formula_list_names (text, &error);

  if (names == NULL)
    return refuse_formula (work, error);
  for (char **name = names; *name != NULL; name++)
    if (!declare (work, *name, &error))
      return monge_cli_fail (cli, error);
  if (!monge_reduction_parse (work->scope.pool, text, &work->reduction, &error))
    return refuse_formula (work, error);
  return MONGE_CLI_DONE;
}

/* --- order and pairs --- */

static gsize *
sort_shape (MongeBackend *backend, const MongeShape *shape, MongePoints **points, GError **error)
{
  const double origin[MONGE_MAX_DIM] = { 0 };
  MongeMeasure *measure = monge_measure_new_from_shape (shape, MONGE_WEIGHTING_UNIFORM, error);

  if (measure == NULL)
    return NULL;
  *points = monge_points_new (backend, measure, origin, error);
  monge_measure_unref (measure);
  if (*points == NULL || !monge_points_sort (*points, 0, NULL, error))
    return NULL;
  return g_memdup2 ((*points)->order, (*points)->n * sizeof *(*points)->order);
}

/* Sparse reductions want both sides along a curve. */
static gboolean
arrange (MongeCli *cli, Work *work, GError **error)
{
  g_autoptr (MongePoints) x = NULL, y = NULL;
  const float *rows, *columns;

  if (work->radius == 0 && work->cutoff == 0)
    return TRUE;
  if (monge_shape_get_dim (work->x) != monge_shape_get_dim (work->y))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "%s has dimension %u and %s has %u; --pairs and --cutoff need the same",
                   work->x_path, monge_shape_get_dim (work->x), work->y_path,
                   monge_shape_get_dim (work->y));
      return FALSE;
    }
  work->scope.row_order = sort_shape (work->backend, work->x, &x, error);
  if (work->scope.row_order == NULL)
    return FALSE;
  work->scope.column_order = sort_shape (work->backend, work->y, &y, error);
  if (work->scope.column_order == NULL)
    return FALSE;
  if (work->radius == 0)
    return TRUE;
  rows = monge_planes_begin (x->planes, MONGE_PLANES_READ, error);
  if (rows == NULL)
    return FALSE;
  columns = monge_planes_begin (y->planes, MONGE_PLANES_READ, error);
  if (columns != NULL)
    {
      work->scope.pairs = monge_pairs_new_within (rows, x->n, columns, y->n, x->dim, work->radius,
                                                  cli->task, error);
      monge_planes_end (y->planes);
    }
  monge_planes_end (x->planes);
  return work->scope.pairs != NULL;
}

/* --- results --- */

static char *
print_table (const MongeCliOutcome *outcome, char separator, gsize *size)
{
  GString *text = g_string_new (NULL);
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  for (gsize k = 0; k < outcome->n * outcome->dim; k++)
    {
      if (outcome->indices != NULL)
        g_string_append_printf (text, "%" G_GINT64_FORMAT, outcome->indices[k]);
      else
        g_string_append (text, g_ascii_dtostr (number, sizeof number, outcome->values[k]));
      g_string_append_c (text, (k + 1) % outcome->dim == 0 ? '\n' : separator);
    }
  *size = text->len;
  return g_string_free (text, FALSE);
}

static gboolean
save_outcome (const MongeCliOutcome *outcome, const char *path, GError **error)
{
  g_autofree char *text = NULL;
  gsize size;

  if (g_str_has_suffix (path, ".npy"))
    return outcome->indices != NULL
               ? monge_npy_save_indices (path, outcome->indices, outcome->n, outcome->dim, error)
               : monge_npy_save (path, outcome->values, outcome->n, outcome->dim, error);
  text = print_table (outcome, g_str_has_suffix (path, ".csv") ? ',' : ' ', &size);
  return monge_file_save (path, text, size, error);
}

static gboolean
write_report (MongeCli *cli, const Work *work, const char *text, GError **error)
{
  const MongeCliOutcome *outcome = &work->outcome;
  g_autofree char *simplified = monge_reduction_print (&work->reduction);
  g_autoptr (JsonBuilder) report = monge_report_begin (cli, work->backend);

  monge_report_string (report, "formula", text);
  monge_report_string (report, "simplified", simplified);
  monge_report_string (report, "gradient", work->gradient);
  monge_report_string (report, "x", work->x_path);
  monge_report_string (report, "y", work->y_path != NULL ? work->y_path : work->x_path);
  monge_report_integer (report, "n", (gint64) work->scope.n_rows);
  monge_report_integer (report, "m", (gint64) work->scope.n_columns);
  monge_report_string (report, "precision", work->is_double ? "float64" : "float32");
  monge_report_string (report, "kernel", outcome->kernel);
  monge_report_bool (report, "tuned", outcome->is_tuned);
  monge_report_integer (report, "instructions_per_pair", outcome->n_instructions);
  monge_report_number (report, "prepare_seconds", outcome->prepare_seconds);
  monge_report_number (report, "seconds", outcome->seconds);
  monge_report_integer (report, "pairs", (gint64) outcome->n_pairs);
  monge_report_number (report, "pairs_per_second", (double) outcome->n_pairs / outcome->seconds);
  monge_report_integer (report, "rows", (gint64) outcome->n);
  monge_report_integer (report, "components", outcome->dim);
  monge_report_string (report, "output", work->output);
  return monge_report_end (cli, report, error);
}

static gboolean
write_results (MongeCli *cli, const Work *work, const char *text, GError **error)
{
  const MongeCliOutcome *outcome = &work->outcome;
  g_autofree char *simplified = monge_reduction_print (&work->reduction);

  if (work->output != NULL && !save_outcome (outcome, work->output, error))
    return FALSE;
  if (work->prints)
    monge_cli_print (cli, "%s\n%s%s, %s\n", simplified, outcome->program, outcome->kernel,
                     monge_backend_get_description (work->backend));
  else if (!cli->quiet)
    monge_cli_print (cli, "%" G_GSIZE_FORMAT " x %u  %s, %.3g pairs in %.3g s\n", outcome->n,
                     outcome->dim, outcome->kernel, (double) outcome->n_pairs, outcome->seconds);
  return write_report (cli, work, text, error);
}

/* --- the command --- */

static gboolean
compute (MongeCli *cli, Work *work, GError **error)
{
  const MongeCliReduceParams params = {
    .precision = work->is_double ? MONGE_FLOAT64 : MONGE_FLOAT32,
    .flags = work->is_generic ? MONGE_PREPARE_GENERIC : MONGE_PREPARE_DEFAULT,
    .cutoff = work->cutoff,
    .n_runs = (guint) work->n_runs,
  };
  const MongeFormula *variable;

  work->backend = monge_cli_open_backend (cli, error);
  if (work->backend == NULL || !arrange (cli, work, error))
    return FALSE;
  if (work->gradient == NULL)
    return monge_cli_scope_reduce (&work->scope, &work->reduction, &params, work->backend,
                                   &work->outcome, cli->task, error);
  variable = monge_cli_scope_find (&work->scope, work->gradient);
  if (variable == NULL)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAME,
                   "--gradient %s: the formula has no variable of that name", work->gradient);
      return FALSE;
    }
  return monge_cli_scope_differentiate (&work->scope, &work->reduction, variable, &params,
                                        work->backend, &work->outcome, cli->task, error);
}

static char **
parse_options (MongeCli *cli, Work *work, int argc, char **argv, int *status)
{
  const GOptionEntry own[] = {
    { "x", 0, 0, G_OPTION_ARG_FILENAME, &work->x_path,
      "The rows i: x are its vertices, a their weights, nx their normals, n their number; x_NAME an "
      "array of it", "SHAPE" },
    { "y", 0, 0, G_OPTION_ARG_FILENAME, &work->y_path,
      "The columns j: y, b, ny, m and y_NAME in the same way [that of --x]", "SHAPE" },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &work->output,
      "Where to write the results, (n) or (n x D), float64, or int64 for indices; .csv and .txt too",
      "OUT.npy" },
    { "param", 0, 0, G_OPTION_ARG_STRING_ARRAY, &work->params,
      "A number or a vector for the formula", "NAME=V[,V...]" },
    { "var-i", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &work->row_files,
      "A variable with a row for each vertex of --x", "NAME=FILE.npy" },
    { "var-j", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &work->column_files,
      "The same for --y", "NAME=FILE.npy" },
    { "gradient", 0, 0, G_OPTION_ARG_STRING, &work->gradient,
      "Give the derivative of the sum of all results by this variable instead", "NAME" },
    { "float64", 0, 0, G_OPTION_ARG_NONE, &work->is_double,
      "Compute in double precision [single, sums in double]", NULL },
    { "generic", 0, 0, G_OPTION_ARG_NONE, &work->is_generic,
      "Interpret the program even where a tuned kernel exists", NULL },
    { "cutoff", 0, 0, G_OPTION_ARG_DOUBLE, &work->cutoff,
      "For logsumexp and softmean: leave out blocks whose terms are together below 2^-C of the rest "
      "[0: none]", "C" },
    { "pairs", 0, 0, G_OPTION_ARG_STRING, &work->pairs,
      "Visit blocks of pairs that may be within R of each other, and no others", "radius=R" },
    { "repeat", 0, 0, G_OPTION_ARG_INT, &work->n_runs,
      "Run so many times; the seconds are their median [1]", "N" },
    { "print", 0, 0, G_OPTION_ARG_NONE, &work->prints,
      "Show the simplified formula, its program and the kernel that runs it", NULL },
    { NULL },
  };

  return monge_cli_parse (cli, argc, argv, MONGE_CLI_JSON | MONGE_CLI_BACKEND, own, 1, status);
}

int
monge_cli_run_reduce (MongeCli *cli,
                      int argc,
                      char **argv)
{
  g_auto (Work) work = { .n_runs = 1 };
  GError *error = NULL;
  char **arguments;
  int status;

  arguments = parse_options (cli, &work, argc, argv, &status);
  if (arguments == NULL)
    return status;
  if (!check_usage (cli, &work))
    return MONGE_CLI_USAGE;
  if (!load_shapes (cli, &work, &error) || !load_given (&work, &error))
    return monge_cli_fail (cli, error);
  status = parse_formula (cli, &work, arguments[0]);
  if (status != MONGE_CLI_DONE)
    return status;
  if (!compute (cli, &work, &error) || !write_results (cli, &work, arguments[0], &error))
    return monge_cli_fail (cli, error);
  return MONGE_CLI_DONE;
}
