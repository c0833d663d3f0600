/* Every generated program of the table of formulas, run on the host card: the same texts that NVRTC
 * compiles for cards, against the same truth.
 *
 * The stand-in for NVRTC calls the host's compiler, which takes longer to start than to compile a
 * program: so programs are compiled many at a time, and put into a cache on disk where the engine
 * finds each. */
#include "compute/backend/cuda/module-cache.h"
#include "compute/backend/cuda/module.h"
#include "compute/backend/cuda/nvrtc.h"
#include "tests/formula-table.h"
#include "tests/host-card/host-card.h"
#include "tests/util.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#define ARCHITECTURE 90

static char *folder;
static MongeCudaModules *modules;

/* --- Compiling many at a time ----------------------------------------------------------------- */

static void
compile (GPtrArray *sources)
{
  GError *error = NULL;
  const MongeNvrtc *nvrtc = monge_nvrtc_load (&error);
  g_autoptr (GString) text = g_string_new (monge_generic_text);
  g_autoptr (GBytes) image = NULL;
  int major, minor;

  g_assert_no_error (error);
  monge_nvrtc_get_version (nvrtc, &major, &minor);
  for (guint k = 0; k < sources->len; k++)
    g_string_append (text, ((MongeCudaSource *) sources->pdata[k])->program_text);
  image = monge_nvrtc_compile (nvrtc, text->str, ARCHITECTURE, &error);
  g_assert_no_error (error);
  for (guint k = 0; k < sources->len; k++)
    {
      const MongeCudaSource *source = sources->pdata[k];
      g_autofree char *key = monge_module_cache_make_key (source->text, ARCHITECTURE, major, minor);

      g_assert_true (monge_module_cache_store (folder, key, image));
    }
}

static void
add_program (GPtrArray *sources, GHashTable *seen, const MongeProblem *problem,
             MongePrecision precision)
{
  g_autoptr (MongeProgram) program = monge_problem_new_program (problem, precision);
  GError *error = NULL;
  MongeCudaSource *source = monge_cuda_source_new (program, &error);

  g_assert_no_error (error);
  if (g_hash_table_add (seen, g_strdup (source->name)))
    g_ptr_array_add (sources, source);
  else
    monge_cuda_source_free (source);
}

/* --- Memory of the card ----------------------------------------------------------------------- */

/* Freed in the end; @from may be NULL. */
static void *
to_card (GPtrArray *owned, const void *from, gsize size)
{
  void *pointer = NULL;

  g_assert_cmpint (cudaMalloc (&pointer, MAX (size, 1)), ==, cudaSuccess);
  if (from != NULL)
    g_assert_cmpint (cudaMemcpy (pointer, from, size, cudaMemcpyHostToDevice), ==, cudaSuccess);
  g_ptr_array_add (owned, pointer);
  return pointer;
}

static void
from_card (void *to, const void *from, gsize size)
{
  g_assert_cmpint (cudaMemcpy (to, from, size, cudaMemcpyDeviceToHost), ==, cudaSuccess);
}

static void
free_on_card (gpointer data)
{
  g_assert_cmpint (cudaFree (data), ==, cudaSuccess);
}

/* As the backend does it: cuts blocks into tiles. */
static void
cut_tiles (GPtrArray *owned, const MongePairs *pairs, MongeCudaPairs *to)
{
  g_autoptr (GArray) tiles = g_array_new (FALSE, FALSE, sizeof (MongeCudaTile));

  for (gsize b = 0; b < pairs->n_blocks; b++)
    for (gsize row = pairs->rows[b]; row < pairs->rows[b + 1]; row += MONGE_CUDA_TILE)
      {
        const gsize n = MIN (MONGE_CUDA_TILE, pairs->rows[b + 1] - row);
        MongeCudaTile tile = { (unsigned) row, (unsigned) n, (unsigned) b };

        g_array_append_val (tiles, tile);
      }
  to->n_tiles = tiles->len;
  to->tiles = to_card (owned, tiles->data, tiles->len * sizeof (MongeCudaTile));
  to->first = to_card (owned, pairs->first, (pairs->n_blocks + 1) * sizeof *pairs->first);
  to->ranges = to_card (owned, pairs->ranges,
                        pairs->first[pairs->n_blocks] * sizeof *pairs->ranges);
}

/* --- Running ---------------------------------------------------------------------------------- */

typedef struct {
  GPtrArray *owned;
  MongeCudaPairs pairs;
  MongeGenericArgument arguments[MONGE_WORLD_MAX_VARIABLES];
  MongeCudaModuleRun run;
  unsigned long long *bad_row;
} CardRun;

static void
put_arguments (CardRun *card, const MongeProblem *problem, MongePrecision precision)
{
  MongeArgument arguments[MONGE_WORLD_MAX_VARIABLES];
  const gsize size = precision == MONGE_FLOAT32 ? sizeof (float) : sizeof (double);

  monge_problem_init_arguments (problem, precision, arguments);
  for (guint k = 0; k < problem->world.n_values; k++)
    {
      const gsize bytes = problem->world.values[k].variable->dim * arguments[k].stride * size;

      card->arguments[k] = (MongeGenericArgument){
        .numbers = precision == MONGE_FLOAT32 ? to_card (card->owned, arguments[k].floats, bytes)
                                              : to_card (card->owned, arguments[k].doubles, bytes),
        .stride = arguments[k].stride,
        .is_double = precision != MONGE_FLOAT32,
      };
    }
  monge_problem_clear_arguments (problem, arguments);
}

static void
card_run_init (CardRun *card, MongeCudaModule *module, const MongeProblem *problem,
               MongePrecision precision)
{
  const gsize n_kept = monge_problem_get_kept (problem);
  const unsigned long long none = 0;

  *card = (CardRun){ .owned = g_ptr_array_new_with_free_func (free_on_card) };
  put_arguments (card, problem, precision);
  card->run = (MongeCudaModuleRun){
    .n_rows = monge_world_get_rows (&problem->world, MONGE_AXIS_I),
    .n_columns = monge_world_get_rows (&problem->world, MONGE_AXIS_J),
    .arguments = card->arguments,
    .out = to_card (card->owned, NULL, problem->n_out * sizeof (double)),
    .index_out = to_card (card->owned, NULL, problem->n_out * sizeof (gint64)),
    .log_sum = to_card (card->owned, NULL, n_kept * sizeof (double)),
    .bad_row = to_card (card->owned, &none, sizeof none),
  };
  if (problem->pairs != NULL)
    {
      g_autoptr (MongePairs) transposed = monge_pairs_transpose (problem->pairs);

      cut_tiles (card->owned,
                 problem->reduction.over == MONGE_AXIS_J ? problem->pairs : transposed,
                 &card->pairs);
      card->run.pairs = &card->pairs;
    }
  card->run.scratch_size = monge_cuda_module_get_scratch (module, &card->run);
  card->run.scratch = to_card (card->owned, NULL, card->run.scratch_size);
}

static MongeCudaModule *
prepare (const MongeProblem *problem, MongePrecision precision)
{
  g_autoptr (MongeProgram) program = monge_problem_new_program (problem, precision);
  GError *error = NULL;
  MongeCudaModule *module = monge_cuda_module_prepare (modules, program, &error);

  g_assert_no_error (error);
  monge_cuda_module_wait (module, NULL, &error);
  g_assert_no_error (error);
  return module;
}

/* @bad_row: (out): the row whose result is NaN, −1 for none. */
static void
run (const MongeProblem *problem, MongePrecision precision, MongeResult *result, gint64 *bad_row)
{
  MongeCudaModule *module = prepare (problem, precision);
  const gsize n_kept = monge_problem_get_kept (problem);
  unsigned long long bad;
  CardRun card;

  monge_result_init (result, problem->n_out, n_kept);
  card_run_init (&card, module, problem, precision);
  g_assert_cmpint (monge_cuda_module_run (module, &card.run, NULL), ==, cudaSuccess);
  g_assert_cmpint (cudaDeviceSynchronize (), ==, cudaSuccess);
  if (monge_reduce_op_gives_indices (problem->reduction.op))
    from_card (result->index_out, card.run.index_out, problem->n_out * sizeof (gint64));
  else
    from_card (result->out, card.run.out, problem->n_out * sizeof (double));
  if (problem->reduction.op == MONGE_REDUCE_SOFT_MEAN)
    from_card (result->log_sum, card.run.log_sum, n_kept * sizeof (double));
  from_card (&bad, card.run.bad_row, sizeof bad);
  *bad_row = bad == 0 ? -1 : (gint64) ~bad;
  g_ptr_array_unref (card.owned);
}

static void
check (const MongeProblem *problem, MongePrecision precision)
{
  MongeResult result;
  gint64 bad_row;

  run (problem, precision, &result, &bad_row);
  monge_problem_compare (problem, NULL, precision, &result);
  g_assert_cmpint (bad_row, ==, -1);
  monge_result_clear (&result);
}

/* --- The table -------------------------------------------------------------------------------- */

/* Which of its programs a line of the table is tried with: over j, in 3-D and in either precision;
 * of the others, that differ by the order of operands and by lengths of vectors, every few lines
 * one. */
typedef struct {
  guint dim, axis;
  MongePrecision precision;
} Variant;

#define MAX_VARIANTS 4

static guint
list_variants (guint c, Variant *variants)
{
  static const guint dims[] = { 2, 1, 10, 5 };
  guint n = 0;

  variants[n++] = (Variant){ 3, 0, MONGE_FLOAT32 };
  variants[n++] = (Variant){ 3, 0, MONGE_FLOAT64 };
  if (c % 3 == 0)
    variants[n++] = (Variant){ 3, 1, c / 3 % 2 ? MONGE_FLOAT64 : MONGE_FLOAT32 };
  if (c % 3 == 1)
    variants[n++] = (Variant){ dims[c / 3 % 4], c / 12 % 2, MONGE_FLOAT32 };
  return n;
}

static void
init_entry (MongeProblem *problem, guint c, guint dim, gsize n_kept, gsize n_summed, guint axis,
            MongeLayout layout)
{
  const MongeCase *entry = &monge_formula_table[c];
  MongeWorldParams params = { dim, n_kept, n_summed, axis == 0 ? MONGE_AXIS_I : MONGE_AXIS_J,
                              entry->is_grid, 1000 * dim + n_kept };

  monge_problem_init (problem, entry, &params, layout);
}

#define LINES 28

/* Sanitized programs take long to compile: a few lines do. */
#if defined(HOST_CARD_ASAN) || defined(HOST_CARD_TSAN)
#define LINE_STEP 6
#else
#define LINE_STEP 1
#endif

/* Programs of lines first, first + step … below last. */
static void
compile_lines (guint first, guint last, guint step)
{
  g_autoptr (GPtrArray) sources
      = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_cuda_source_free);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint c = first; c < last; c += step)
    {
      Variant variants[MAX_VARIANTS];
      const guint n = list_variants (c, variants);

      for (guint k = 0; k < n; k++)
        {
          MongeProblem problem;

          init_entry (&problem, c, variants[k].dim, 1, 1, variants[k].axis, MONGE_LAYOUT_DENSE);
          add_program (sources, seen, &problem, variants[k].precision);
          monge_problem_clear (&problem);
        }
    }
  compile (sources);
}

/* Sizes on and off blocks and tiles; blocks that meet nothing; few rows, whose columns are cut. */
static void
check_line (guint c)
{
  static const struct {
    gsize n_kept, n_summed;
    MongeLayout layout;
  } sizes[] = {
    { 1, 31, MONGE_LAYOUT_DENSE },     { 31, 1, MONGE_LAYOUT_DENSE },
    { 33, 31, MONGE_LAYOUT_DENSE },    { 31, 33, MONGE_LAYOUT_DENSE },
    { 140, 300, MONGE_LAYOUT_DENSE },  { 2, 1600, MONGE_LAYOUT_DENSE },
    { 140, 300, MONGE_LAYOUT_BLOCKS }, { 33, 65, MONGE_LAYOUT_BOUNDS },
  };
  Variant variants[MAX_VARIANTS];
  const guint n = list_variants (c, variants);

  for (guint k = 0; k < n; k++)
    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
      {
        MongeProblem problem;

        init_entry (&problem, c, variants[k].dim, sizes[s].n_kept, sizes[s].n_summed,
                    variants[k].axis, sizes[s].layout);
        check (&problem, variants[k].precision);
        monge_problem_clear (&problem);
      }
}

static void
check_lines (gconstpointer data)
{
  const guint first = GPOINTER_TO_UINT (data), last = MIN (first + LINES, monge_formula_table_size);
  gint64 start = g_get_monotonic_time (), middle;

  compile_lines (first, last, LINE_STEP);
  middle = g_get_monotonic_time ();
  for (guint c = first; c < last; c += LINE_STEP)
    check_line (c);
  g_test_message ("compiled in %.1f s, run in %.1f s",
                  (double) (middle - start) / G_USEC_PER_SEC,
                  (double) (g_get_monotonic_time () - middle) / G_USEC_PER_SEC);
}

/* The threads of a block in any order: the same bits. */
static void
threads_in_any_order (void)
{
  static const struct {
    HostCardOrder order;
    unsigned seed;
  } orders[] = { { HOST_CARD_REVERSE, 0 }, { HOST_CARD_RANDOM, 1 }, { HOST_CARD_RANDOM, 2 } };

  for (guint c = 0; c < monge_formula_table_size; c += 5 * LINE_STEP)
    {
      MongeProblem problem;
      MongeResult first;
      gint64 bad_row;

      init_entry (&problem, c, 3, 70, 300, 0, c % 2 ? MONGE_LAYOUT_BLOCKS : MONGE_LAYOUT_DENSE);
      host_card_set_order (HOST_CARD_FORWARD, 0);
      run (&problem, MONGE_FLOAT32, &first, &bad_row);
      for (guint k = 0; k < G_N_ELEMENTS (orders); k++)
        {
          MongeResult result;

          host_card_set_order (orders[k].order, orders[k].seed);
          run (&problem, MONGE_FLOAT32, &result, &bad_row);
          g_assert_cmpmem (result.out, problem.n_out * sizeof (double), first.out,
                           problem.n_out * sizeof (double));
          g_assert_cmpmem (result.index_out, problem.n_out * sizeof (gint64), first.index_out,
                           problem.n_out * sizeof (gint64));
          monge_result_clear (&result);
        }
      monge_result_clear (&first);
      monge_problem_clear (&problem);
    }
  host_card_set_order (HOST_CARD_FORWARD, 0);
}

/* --- What the table does not have ------------------------------------------------------------- */

static void
check_texts (const char *const *texts, guint n_texts, const gsize sizes[][2], guint n_sizes)
{
  g_autoptr (GPtrArray) sources
      = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_cuda_source_free);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint pass = 0; pass < 2; pass++)
    {
      for (guint k = 0; k < n_texts; k++)
        for (guint s = 0; s < n_sizes; s++)
          for (guint p = 0; p < 2; p++)
            {
              MongeCase c = { texts[k], 1e-5, NULL, TRUE };
              MongeWorldParams params = { 3, pass == 0 ? 1 : sizes[s][0],
                                          pass == 0 ? 1 : sizes[s][1], MONGE_AXIS_I, TRUE, 5 };
              MongeProblem problem;

              monge_problem_init (&problem, &c, &params,
                                  s % 2 ? MONGE_LAYOUT_BLOCKS : MONGE_LAYOUT_DENSE);
              if (pass == 0)
                add_program (sources, seen, &problem, p);
              else
                check (&problem, p);
              monge_problem_clear (&problem);
            }
      if (pass == 0)
        compile (sources);
    }
}

/* Places in registers, in memory, more than there are columns; ties everywhere on the grid. */
static void
many_places (void)
{
  static const char *const texts[] = {
    "argkmin_j(sqdist(x,y),16)", "argkmin_j(sqdist(x,y),17)", "kmin_j(sqdist(x,y),17)",
    "kmin_j(dist(x,y),100)", "argkmin_j(a+b,100)", "argkmin_j(0*w,40)", "argkmin_j(0*w,5)",
  };
  static const char *const most[] = { "argkmin_j(sqdist(x,y),1024)" };
  static const gsize few[][2] = { { 2, 60 } };
  static const gsize sizes[][2] = { { 40, 300 }, { 70, 200 }, { 3, 1100 }, { 1, 1 } };

  check_texts (texts, G_N_ELEMENTS (texts), sizes, G_N_ELEMENTS (sizes));
  check_texts (most, 1, few, 1);
}

/* Exponents far beyond what e^F can hold, and growing or falling along the columns. */
static void
steep_exponents (void)
{
  static const char *const texts[] = {
    "logsumexp_j(1000*w)", "logsumexp_j(-1000*sqdist(x,y),b)", "softmean_j(500*w,v)",
    "logsumexp_j(100000*w+a)", "softmean_j(-3000*dist(x,y),y)",
  };
  static const gsize sizes[][2] = { { 70, 600 }, { 70, 300 }, { 3, 1100 } };

  check_texts (texts, G_N_ELEMENTS (texts), sizes, G_N_ELEMENTS (sizes));
}

/* Values of a column that do not fit into shared memory. */
static void
wide_columns (void)
{
  MongeCase c = { "sum_j exp(-sqdist(x,y)/4)*b", MONGE_STEEP, NULL, FALSE };
  g_autoptr (GPtrArray) sources
      = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_cuda_source_free);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint pass = 0; pass < 2; pass++)
    {
      for (guint k = 0; k < 3; k++)
        {
          static const guint dims[] = { 50, 200, 500 };
          MongeWorldParams params = { dims[k], 65, pass == 0 ? 1 : 70, MONGE_AXIS_I, FALSE, 5 };
          MongeProblem problem;

          monge_problem_init (&problem, &c, &params, MONGE_LAYOUT_DENSE);
          for (guint p = 0; p < 2; p++)
            if (pass == 0)
              add_program (sources, seen, &problem, p);
            else
              check (&problem, p);
          monge_problem_clear (&problem);
        }
      if (pass == 0)
        compile (sources);
    }
}

/* Terms that are infinite or not numbers: as the CPU has it. */
static void
odd_terms (void)
{
  static const struct {
    const char *text;
    double expected;
    gboolean is_bad;
  } cases[] = {
    { "logsumexp_j(w+1/(0*s))", INFINITY, FALSE },  { "logsumexp_j(w-1/(0*s))", -INFINITY, FALSE },
    { "sum_j 1/(0*b)", INFINITY, FALSE },           { "min_j w+1/(0*s)", INFINITY, FALSE },
    { "sum_j log(-b)", NAN, TRUE },                 { "min_j if(b > 0.6,b,log(-b))", NAN, TRUE },
    { "max_j if(b > 0.6,b,log(-b))", NAN, TRUE },   { "softmean_j(w-1/(0*s),b)", NAN, TRUE },
    { "logsumexp_j(if(b > 0.6,b,log(-b)))", NAN, TRUE },
  };

  for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
    for (MongePrecision p = MONGE_FLOAT32; p <= MONGE_FLOAT64; p++)
      {
        MongeProblem problem = monge_problem_new (cases[k].text, 3, 5, 70, MONGE_LAYOUT_DENSE);
        MongeResult result;
        gint64 bad_row;

        run (&problem, p, &result, &bad_row);
        g_test_message ("%s: %g", cases[k].text, result.out[0]);
        g_assert_cmpint (bad_row, ==, cases[k].is_bad ? 0 : -1);
        for (gsize n = 0; n < problem.n_out; n++)
          g_assert_true (monge_is_close (result.out[n], cases[k].expected, 0));
        monge_result_clear (&result);
        monge_problem_clear (&problem);
      }
}

/* Indices of what is not a number, in the second row alone. */
static void
the_bad_row_is_named (void)
{
  static const char *const texts[] = { "argmin_j log(a-0.5+b)", "argkmin_j(log(a-0.5+b),20)",
                                       "kmin_j(log(a-0.5+b),3)" };

  for (guint k = 0; k < G_N_ELEMENTS (texts); k++)
    {
      MongeProblem problem = monge_problem_new (texts[k], 3, 5, 70, MONGE_LAYOUT_DENSE);
      const MongeFormula *a = monge_world_find (&problem.world, "a");
      MongeResult result;
      gint64 bad_row;

      monge_world_get_values (&problem.world, a)[3] = -7;
      run (&problem, MONGE_FLOAT32, &result, &bad_row);
      g_assert_cmpint (bad_row, ==, 3);
      monge_result_clear (&result);
      monge_problem_clear (&problem);
    }
}

/* Blocks look at the flag when they begin: nothing is computed, nothing hangs. */
static void
a_raised_flag_stops (void)
{
  MongeProblem problem = monge_problem_new ("sum_j exp(-sqdist(x,y))*b", 3, 200, 600,
                                            MONGE_LAYOUT_DENSE);
  MongeCudaModule *module = prepare (&problem, MONGE_FLOAT32);
  g_autofree double *out = g_new0 (double, problem.n_out);
  int *stop = NULL;
  CardRun card;

  card_run_init (&card, module, &problem, MONGE_FLOAT32);
  g_assert_cmpint (cudaHostAlloc ((void **) &stop, sizeof *stop, cudaHostAllocMapped), ==,
                   cudaSuccess);
  *stop = 1;
  card.run.stop = stop;
  g_assert_cmpint (cudaMemset (card.run.out, 0, problem.n_out * sizeof (double)), ==, cudaSuccess);
  g_assert_cmpint (monge_cuda_module_run (module, &card.run, NULL), ==, cudaSuccess);
  g_assert_cmpint (cudaDeviceSynchronize (), ==, cudaSuccess);
  from_card (out, card.run.out, problem.n_out * sizeof (double));
  for (gsize k = 0; k < problem.n_out; k++)
    g_assert_cmpfloat (out[k], ==, 0);
  cudaFreeHost (stop);
  g_ptr_array_unref (card.owned);
  monge_problem_clear (&problem);
}

/* Neither rows nor columns. */
static void
nothing_at_all (void)
{
  static const gsize sizes[][2] = { { 0, 5 }, { 5, 0 }, { 0, 0 } };
  static const char *const texts[] = { "sum_j b*x", "logsumexp_j(w)", "argkmin_j(w,3)",
                                       "argkmin_j(w,20)", "min_j x*y", "mean_j w" };

  for (guint k = 0; k < G_N_ELEMENTS (texts); k++)
    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
      {
        MongeProblem problem = monge_problem_new (texts[k], 3, sizes[s][0], sizes[s][1],
                                                  MONGE_LAYOUT_DENSE);

        check (&problem, MONGE_FLOAT32);
        monge_problem_clear (&problem);
      }
}

/* --- Modules ---------------------------------------------------------------------------------- */

static void
equal_programs_share_a_module (void)
{
  MongeProblem problem = monge_problem_new ("sum_j exp(-sqdist(x,y))*b", 3, 1, 1,
                                            MONGE_LAYOUT_DENSE);
  MongeCudaModule *module = prepare (&problem, MONGE_FLOAT32);

  g_assert_true (module == prepare (&problem, MONGE_FLOAT32));
  g_assert_true (module != prepare (&problem, MONGE_FLOAT64));
  g_assert_cmpuint (monge_cuda_modules_count_waiting (modules), ==, 0);
  g_assert_nonnull (strstr (monge_cuda_module_get_description (module), "per pair"));
  monge_problem_clear (&problem);
}

/* The same text, but with arguments elsewhere, or over the other axis. */
static void
equal_texts_are_told_apart (void)
{
  MongeCase c = { "sum_j b", MONGE_TERM, NULL, FALSE };

  for (guint axis = 0; axis < 2; axis++)
    for (guint order = 0; order < 2; order++)
      {
        MongeWorldParams params = { 1, 5, 70, axis == 0 ? MONGE_AXIS_I : MONGE_AXIS_J, FALSE, 3 };
        MongeProblem problem;

        monge_problem_init (&problem, &c, &params, MONGE_LAYOUT_DENSE);
        if (order == 1) /* b and w have one component each */
          {
            MongeReferenceValues *values = problem.world.values, b = values[3];

            values[3] = values[4];
            values[4] = b;
          }
        check (&problem, MONGE_FLOAT32);
        monge_problem_clear (&problem);
      }
}

/* A compilation goes on beside the caller, who may stop waiting. */
static void
waiting_can_be_cancelled (void)
{
  MongeProblem problem = monge_problem_new ("sum_j exp(-sqdist(x,y))*cos(b)", 3, 1, 1,
                                            MONGE_LAYOUT_DENSE);
  g_autoptr (MongeProgram) program = monge_problem_new_program (&problem, MONGE_FLOAT32);
  MongeCudaModule *module = monge_cuda_module_prepare (modules, program, NULL);
  MongeTask task = MONGE_TASK_INIT;
  GError *error = NULL;

  monge_task_cancel (&task);
  if (!monge_cuda_module_wait (module, &task, &error))
    g_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_true (monge_cuda_module_wait (module, NULL, &error));
  g_assert_cmpint (monge_cuda_module_get_state (module, &error), ==, MONGE_CUDA_MODULE_READY);
  monge_problem_clear (&problem);
}

/* What is on disk is damaged, or there is no disk: compiled again. */
static void
damaged_files_are_mended (void)
{
  MongeProblem problem = monge_problem_new ("sum_j exp(-sqdist(x,y))*tanh(b)", 3, 5, 40,
                                            MONGE_LAYOUT_DENSE);
  g_autoptr (MongeProgram) program = monge_problem_new_program (&problem, MONGE_FLOAT32);
  g_autoptr (MongeCudaSource) source = monge_cuda_source_new (program, NULL);
  g_autofree char *key = NULL, *name = NULL, *path = NULL;
  g_autoptr (GBytes) mended = NULL;
  int major, minor;

  monge_nvrtc_get_version (monge_nvrtc_load (NULL), &major, &minor);
  key = monge_module_cache_make_key (source->text, ARCHITECTURE, major, minor);
  name = g_strconcat (key, ".kernel", NULL);
  path = g_build_filename (folder, name, NULL);
  g_assert_true (g_file_set_contents (path, "MongeKn1 and then nothing of use", -1, NULL));
  check (&problem, MONGE_FLOAT32);
  mended = monge_module_cache_load (folder, key);
  g_assert_nonnull (mended);
  monge_problem_clear (&problem);
}

static void
no_folder_is_needed (void)
{
  MongeProblem problem = monge_problem_new ("sum_j b", 3, 1, 1, MONGE_LAYOUT_DENSE);
  g_autoptr (MongeProgram) program = monge_problem_new_program (&problem, MONGE_FLOAT32);
  MongeCudaModules *others = monge_cuda_modules_new (ARCHITECTURE, "/proc/nowhere");
  GError *error = NULL;

  g_assert_true (monge_cuda_module_wait (monge_cuda_module_prepare (others, program, &error), NULL,
                                         &error));
  g_assert_no_error (error);
  monge_cuda_modules_free (others);
  monge_problem_clear (&problem);
}

static void
an_old_card_is_told_so (void)
{
  MongeProblem problem = monge_problem_new ("sum_j b", 3, 1, 1, MONGE_LAYOUT_DENSE);
  g_autoptr (MongeProgram) program = monge_problem_new_program (&problem, MONGE_FLOAT32);
  MongeCudaModules *others = monge_cuda_modules_new (20, folder);
  MongeCudaModule *module = monge_cuda_module_prepare (others, program, NULL);
  GError *error = NULL;

  g_assert_false (monge_cuda_module_wait (module, NULL, &error));
  g_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE);
  g_assert_nonnull (strstr (error->message, "2.0"));
  g_clear_error (&error);
  g_assert_cmpint (monge_cuda_module_get_state (module, &error), ==, MONGE_CUDA_MODULE_FAILED);
  g_assert_error (error, MONGE_ERROR, MONGE_ERROR_DEVICE);
  g_error_free (error);
  monge_cuda_modules_free (others);
  monge_problem_clear (&problem);
}

static void
remove_folder (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
  g_free (folder);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  g_setenv (MONGE_NVRTC_ENVIRONMENT, HOST_CARD_NVRTC, TRUE);
  folder = g_dir_make_tmp ("monge-generated-XXXXXX", NULL);
  host_card_reset ();
  modules = monge_cuda_modules_new (ARCHITECTURE, folder);
  for (guint first = 0; first < monge_formula_table_size; first += LINES)
    {
      g_autofree char *path = g_strdup_printf ("/generated/table/%u", first);

      g_test_add_data_func (path, GUINT_TO_POINTER (first), check_lines);
    }
  g_test_add_func ("/generated/threads-in-any-order", threads_in_any_order);
  g_test_add_func ("/generated/many-places", many_places);
  g_test_add_func ("/generated/steep-exponents", steep_exponents);
  g_test_add_func ("/generated/wide-columns", wide_columns);
  g_test_add_func ("/generated/odd-terms", odd_terms);
  g_test_add_func ("/generated/the-bad-row-is-named", the_bad_row_is_named);
  g_test_add_func ("/generated/a-raised-flag-stops", a_raised_flag_stops);
  g_test_add_func ("/generated/nothing-at-all", nothing_at_all);
  g_test_add_func ("/generated/equal-programs-share-a-module", equal_programs_share_a_module);
  g_test_add_func ("/generated/equal-texts-are-told-apart", equal_texts_are_told_apart);
  g_test_add_func ("/generated/waiting-can-be-cancelled", waiting_can_be_cancelled);
  g_test_add_func ("/generated/damaged-files-are-mended", damaged_files_are_mended);
  g_test_add_func ("/generated/no-folder-is-needed", no_folder_is_needed);
  g_test_add_func ("/generated/an-old-card-is-told-so", an_old_card_is_told_so);
  status = g_test_run ();
  monge_cuda_modules_free (modules);
  host_card_assert_clean ();
  remove_folder ();
  return status;
}
