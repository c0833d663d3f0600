/* Programs as CUDA C++, and the compiler that takes them, where it is installed. What the texts
 * compute is tried on the host card. */
#define _GNU_SOURCE /* memmem */
#include "compute/backend/cuda/codegen.h"
#include "compute/backend/cuda/generic-launch.h"
#include "compute/backend/cuda/nvrtc.h"
#include "tests/formula-table.h"
#include "tests/util.h"

#include <math.h>
#include <string.h>

static MongeProgram *
parse (const char *text, MongePrecision precision)
{
  MongeProblem problem = monge_problem_new (text, 3, 1, 1, MONGE_LAYOUT_DENSE);
  MongeProgram *program = monge_problem_new_program (&problem, precision);

  monge_problem_clear (&problem);
  return program;
}

static MongeCudaSource *
generate (const char *text, MongePrecision precision)
{
  g_autoptr (MongeProgram) program = parse (text, precision);
  GError *error = NULL;
  MongeCudaSource *source = monge_cuda_source_new (program, &error);

  g_assert_no_error (error);
  return source;
}

/* --- Texts ------------------------------------------------------------------------------------ */

static void
same_program_same_text (void)
{
  for (guint c = 0; c < monge_formula_table_size; c += 7)
    {
      g_autoptr (MongeCudaSource) first = generate (monge_formula_table[c].text, MONGE_FLOAT32);
      g_autoptr (MongeCudaSource) again = generate (monge_formula_table[c].text, MONGE_FLOAT32);
      g_autoptr (MongeCudaSource) other = generate (monge_formula_table[c].text, MONGE_FLOAT64);

      g_assert_true (g_str_equal (first->text, again->text));
      g_assert_cmpstr (first->name, ==, again->name);
      g_assert_cmpstr (first->name, !=, other->name);
      g_assert_true (g_str_has_prefix (first->text, monge_generic_text));
      g_assert_nonnull (strstr (first->program_text, first->name));
    }
}

/* Whatever variables are called: their names are not in the text, nor do they change it. */
static void
nothing_of_the_user (void)
{
  static const char *const evil[] = { "*/ #include </etc/passwd> /*", "x\n}; int main (void) {",
                                      "\\\n\"%s%n", "monge_read" };
  g_autoptr (MongeProgram) program = parse ("sum_j exp(-sqdist(x,y)/s)*b", MONGE_FLOAT32);
  g_autoptr (MongeCudaSource) source = monge_cuda_source_new (program, NULL);

  for (guint k = 0; k < G_N_ELEMENTS (evil); k++)
    {
      g_autoptr (MongeProgram) renamed = monge_program_dup (program);
      g_autoptr (MongeCudaSource) other = NULL;

      for (guint v = 0; v < renamed->n_variables; v++)
        {
          MongeProgramVariable *variable = (MongeProgramVariable *) &renamed->variables[v];

          g_free ((char *) variable->name);
          variable->name = g_strdup (evil[k]);
        }
      other = monge_cuda_source_new (renamed, NULL);
      g_assert_true (g_str_equal (other->text, source->text));
    }
}

/* A program with each constant of @values in turn. */
static MongeCudaSource *
generate_with_constant (double value, MongePrecision precision)
{
  g_autoptr (MongeProgram) program = parse ("sum_j x*3.25+exp(y*7.5)", precision);
  MongeCudaSource *source;

  g_assert_cmpuint (program->n_constants, ==, 2);
  ((MongeProgramConstant *) program->constants)[0].value = value;
  source = monge_cuda_source_new (program, NULL);
  g_assert_nonnull (source);
  return source;
}

static const double odd_constants[] = { INFINITY, -INFINITY, NAN, 1e308, -1e308, 5e-324, 1e39, -1e39,
                                        1e-46, 0.0, -0.0, 1, -1, 16777217, 0.1, 3e38 };

static void
constants_are_portable (void)
{
  for (guint k = 0; k < G_N_ELEMENTS (odd_constants); k++)
    for (MongePrecision precision = MONGE_FLOAT32; precision <= MONGE_FLOAT64; precision++)
      {
        g_autoptr (MongeCudaSource) source = generate_with_constant (odd_constants[k], precision);
        g_auto (GStrv) words = g_strsplit_set (source->program_text, " ()*+;,\n", -1);

        for (char **word = words; *word != NULL; word++)
          {
            g_assert_false (g_str_has_prefix (*word, "inf") || g_str_has_prefix (*word, "nan"));
            g_assert_false (g_str_has_prefix (*word, "-inf") || g_str_has_prefix (*word, "-nan"));
          }
      }
}

/* Of variables x and y of @dim components. */
static MongeProgram *
parse_wide (const char *text, guint dim)
{
  MongeFormulaPool *pool = monge_formula_pool_new ();
  const MongeFormula *variables[2];
  GError *error = NULL;
  MongeReduction reduction;
  MongeProgram *program;

  variables[0] = monge_formula_variable (pool, "x", MONGE_AXIS_I, dim, &error);
  variables[1] = monge_formula_variable (pool, "y", MONGE_AXIS_J, dim, &error);
  monge_reduction_parse (pool, text, &reduction, &error);
  g_assert_no_error (error);
  program = monge_program_new (&reduction, MONGE_FLOAT32, variables, 2, &error);
  g_assert_no_error (error);
  monge_formula_pool_free (pool);
  return program;
}

static void
large_programs_are_refused (void)
{
  g_autoptr (MongeProgram) program
      = parse_wide ("sum_j sum(sin(x*y)*cos(x+y)*exp(x-y)*tan(y/x))", 1024);
  GError *error = NULL;

  g_assert_null (monge_cuda_source_new (program, &error));
  g_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE);
  g_assert_nonnull (strstr (error->message, "--backend cpu"));
  g_error_free (error);
}

static void
many_variables_are_refused (void)
{
  enum { N = MONGE_GENERIC_MAX_ARGUMENTS + 1 };
  MongeFormulaPool *pool = monge_formula_pool_new ();
  g_autoptr (GString) text = g_string_new ("sum_j v0");
  const MongeFormula *variables[N];
  g_autoptr (MongeProgram) program = NULL;
  MongeReduction reduction;
  GError *error = NULL;

  for (guint k = 0; k < N; k++)
    {
      g_autofree char *name = g_strdup_printf ("v%u", k);

      variables[k] = monge_formula_variable (pool, name, MONGE_AXIS_J, 1, &error);
      if (k > 0)
        g_string_append_printf (text, "*v%u", k);
    }
  g_assert_true (monge_reduction_parse (pool, text->str, &reduction, &error));
  program = monge_program_new (&reduction, MONGE_FLOAT32, variables, N, &error);
  g_assert_no_error (error);
  g_assert_null (monge_cuda_source_new (program, &error));
  g_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE);
  g_error_free (error);
  monge_formula_pool_free (pool);
}

/* --- The compiler ----------------------------------------------------------------------------- */

static const MongeNvrtc *
load_or_skip (void)
{
  GError *error = NULL;
  const MongeNvrtc *nvrtc = monge_nvrtc_load (&error);

  if (nvrtc == NULL)
    {
      g_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE);
      g_test_skip (error->message);
      g_error_free (error);
    }
  return nvrtc;
}

/* Before it is loaded: it stays. */
static void
a_missing_compiler_names_the_remedy (void)
{
  g_autofree char *old = g_strdup (g_getenv (MONGE_NVRTC_ENVIRONMENT));
  GError *error = NULL;

  g_setenv (MONGE_NVRTC_ENVIRONMENT, "/nowhere/libnvrtc.so", TRUE);
  g_assert_null (monge_nvrtc_load (&error));
  g_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE);
  g_assert_nonnull (strstr (error->message, MONGE_NVRTC_ENVIRONMENT));
  g_clear_error (&error);
  g_setenv (MONGE_NVRTC_ENVIRONMENT, "libm.so.6", TRUE); /* another library */
  g_assert_null (monge_nvrtc_load (&error));
  g_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE);
  g_assert_nonnull (strstr (error->message, "install NVRTC"));
  g_clear_error (&error);
  if (old != NULL)
    g_setenv (MONGE_NVRTC_ENVIRONMENT, old, TRUE);
  else
    g_unsetenv (MONGE_NVRTC_ENVIRONMENT);
}

static void
the_first_error_is_told (void)
{
  const MongeNvrtc *nvrtc = load_or_skip ();
  GError *error = NULL;

  if (nvrtc == NULL)
    return;
  g_assert_null (monge_nvrtc_compile (nvrtc, "\nbroken one;\nbroken two;\n", 90, &error));
  g_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE);
  g_assert_nonnull (strstr (error->message, "(2)"));
  g_assert_null (strstr (error->message, "(3)"));
  g_clear_error (&error);
  g_assert_null (monge_nvrtc_compile (nvrtc, "", 10, &error));
  g_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE);
  g_assert_nonnull (strstr (error->message, "1.0"));
  g_error_free (error);
}

/* Many programs below what they share. */
static void
compile (const MongeNvrtc *nvrtc, GPtrArray *sources, int architecture)
{
  g_autoptr (GString) text = g_string_new (monge_generic_text);
  g_autoptr (GBytes) image = NULL;
  GError *error = NULL;

  for (guint k = 0; k < sources->len; k++)
    g_string_append (text, ((MongeCudaSource *) sources->pdata[k])->program_text);
  image = monge_nvrtc_compile (nvrtc, text->str, architecture, &error);
  g_assert_no_error (error);
  for (guint k = 0; k < sources->len; k++)
    {
      const MongeCudaSource *source = sources->pdata[k];
      g_autofree char *kernel = g_strconcat (source->name, "_pairs", NULL);
      gsize size;
      const char *bytes = g_bytes_get_data (image, &size);

      g_assert_nonnull (memmem (bytes, size, kernel, strlen (kernel)));
    }
  g_ptr_array_set_size (sources, 0);
}

static GPtrArray *
new_sources (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) monge_cuda_source_free);
}

static void
add_entry (GPtrArray *sources, guint c, guint dim, MongePrecision precision)
{
  MongeWorldParams params = { dim, 1, 1, MONGE_AXIS_I, monge_formula_table[c].is_grid, 1 };
  g_autoptr (MongeProgram) program = NULL;
  MongeProblem problem;
  GError *error = NULL;

  monge_problem_init (&problem, &monge_formula_table[c], &params, MONGE_LAYOUT_DENSE);
  program = monge_problem_new_program (&problem, precision);
  g_ptr_array_add (sources, monge_cuda_source_new (program, &error));
  g_assert_no_error (error);
  monge_problem_clear (&problem);
}

/* A card newer than the compiler gets PTX, which takes half the time of a cubin. */
#define NEWER_THAN_ALL 999

/* With MONGE_TEST_THOROUGH, everything. */
static guint
get_step (guint step)
{
  return g_getenv ("MONGE_TEST_THOROUGH") != NULL ? 1 : step;
}

/* As PTX: every line in float32, every third in float64. */
static void
every_text_compiles (gconstpointer data)
{
  const MongePrecision precision = GPOINTER_TO_UINT (data);
  const MongeNvrtc *nvrtc = load_or_skip ();
  const guint step = get_step (precision == MONGE_FLOAT32 ? 1 : 3);
  g_autoptr (GPtrArray) sources = new_sources ();
  static const guint dims[] = { 3, 2, 1, 10 };

  if (nvrtc == NULL)
    return;
  for (guint c = 0; c < monge_formula_table_size; c += step)
    {
      add_entry (sources, c, dims[c % 4 == 3 ? c / 4 % 4 : 0], precision);
      if (sources->len == 28 || c + step >= monge_formula_table_size)
        compile (nvrtc, sources, NEWER_THAN_ALL);
    }
}

/* For two cards, every twelfth line. */
static void
texts_become_cubins (void)
{
  const MongeNvrtc *nvrtc = load_or_skip ();
  const guint step = get_step (12);
  g_autoptr (GPtrArray) sources = new_sources ();

  if (nvrtc == NULL)
    return;
  for (int k = 0; k < 2; k++)
    for (guint c = 0; c < monge_formula_table_size; c += step)
      {
        add_entry (sources, (c + 6 * k) % monge_formula_table_size, 3, (MongePrecision) k);
        if (sources->len == 28 || c + step >= monge_formula_table_size)
          compile (nvrtc, sources, k == 0 ? 90 : 75);
      }
}

static void
odd_texts_compile (void)
{
  static const char *const texts[] = { "kmin_j(sqdist(x,y),1024)", "argkmin_j(sqdist(x,y),16)",
                                       "argkmin_j(sqdist(x,y),17)", "argmax_j outer(v,x)",
                                       "sum_j 1", "logsumexp_j(s)", "softmean_j(s,s)" };
  const MongeNvrtc *nvrtc = load_or_skip ();
  g_autoptr (GPtrArray) sources = new_sources ();

  if (nvrtc == NULL)
    return;
  for (guint k = 0; k < G_N_ELEMENTS (odd_constants); k++)
    g_ptr_array_add (sources, generate_with_constant (odd_constants[k], k % 2));
  for (guint k = 0; k < G_N_ELEMENTS (texts); k++)
    g_ptr_array_add (sources, generate (texts[k], k % 2));
  compile (nvrtc, sources, NEWER_THAN_ALL);
}

/* Nearly as large as is let through. */
static void
large_programs_compile_in_time (void)
{
  const MongeNvrtc *nvrtc = load_or_skip ();
  g_autoptr (MongeProgram) program
      = parse_wide ("sum_j exp(-sqdist(x,y))*manhattan(x,y)+dot(x,y)", 400);
  g_autoptr (GPtrArray) sources = new_sources ();
  gint64 start = g_get_monotonic_time ();

  g_ptr_array_add (sources, monge_cuda_source_new (program, NULL));
  g_assert_nonnull (sources->pdata[0]);
  if (nvrtc == NULL)
    return;
  compile (nvrtc, sources, 90);
  g_test_message ("%.1f s", (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/codegen/same-program-same-text", same_program_same_text);
  g_test_add_func ("/codegen/nothing-of-the-user", nothing_of_the_user);
  g_test_add_func ("/codegen/constants-are-portable", constants_are_portable);
  g_test_add_func ("/codegen/large-programs-are-refused", large_programs_are_refused);
  g_test_add_func ("/codegen/many-variables-are-refused", many_variables_are_refused);
  g_test_add_func ("/codegen/a-missing-compiler-names-the-remedy",
                   a_missing_compiler_names_the_remedy);
  g_test_add_func ("/codegen/the-first-error-is-told", the_first_error_is_told);
  g_test_add_data_func ("/codegen/every-text-compiles/float32", GUINT_TO_POINTER (MONGE_FLOAT32),
                        every_text_compiles);
  g_test_add_data_func ("/codegen/every-text-compiles/float64", GUINT_TO_POINTER (MONGE_FLOAT64),
                        every_text_compiles);
  g_test_add_func ("/codegen/texts-become-cubins", texts_become_cubins);
  g_test_add_func ("/codegen/odd-texts-compile", odd_texts_compile);
  g_test_add_func ("/codegen/large-programs-compile-in-time",
                   large_programs_compile_in_time);
  return g_test_run ();
}
