#include "compute/backend/cuda/module.h"

#include "compute/backend/cuda/module-cache.h"
#include "compute/backend/cuda/nvrtc.h"

enum { ONCE, AXES, PAIRS, FINISH, N_KERNELS };
static const char *const kernel_names[N_KERNELS] = { "once", "axes", "pairs", "finish" };

/**
 * MongeCudaModules:
 * @modules: (element-type MongeCudaModule): see make_key()
 * @n_waiting: not yet compiled; under @lock, as the states are
 */
struct _MongeCudaModules {
  int architecture;
  char *folder;
  GThreadPool *compiler;
  GMutex lock;
  GCond changed;
  GHashTable *modules;
  guint n_waiting;
};

struct _MongeCudaModule {
  MongeCudaModules *modules;
  MongeCudaSource *source;
  char *description;
  MongeCudaModuleState state;
  GError *error;
  GBytes *image;
  cudaLibrary_t library;
  cudaKernel_t kernels[N_KERNELS];
};

/* --- Compiling -------------------------------------------------------------------------------- */

/* From disk, else by NVRTC. */
static GBytes *
make_image (const MongeCudaModules *modules, const char *text, GError **error)
{
  const MongeNvrtc *nvrtc = monge_nvrtc_load (error);
  g_autofree char *key = NULL;
  GBytes *image;
  int major, minor;

  if (nvrtc == NULL)
    return NULL;
  monge_nvrtc_get_version (nvrtc, &major, &minor);
  key = monge_module_cache_make_key (text, modules->architecture, major, minor);
  image = monge_module_cache_load (modules->folder, key);
  if (image != NULL)
    return image;
  image = monge_nvrtc_compile (nvrtc, text, modules->architecture, error);
  if (image != NULL && !monge_module_cache_store (modules->folder, key, image))
    g_debug ("%s cannot be written: formulas are compiled anew each time", modules->folder);
  return image;
}

/* On the compiler's thread. */
static void
compile (gpointer data, gpointer user_data)
{
  MongeCudaModule *module = data;
  MongeCudaModules *modules = user_data;
  GError *error = NULL;
  const char *text;
  GBytes *image;

  g_mutex_lock (&modules->lock); /* not before the module is complete */
  text = module->source->text;
  g_mutex_unlock (&modules->lock);
  image = make_image (modules, text, &error);
  g_mutex_lock (&modules->lock);
  module->image = image;
  module->error = error;
  module->state = image != NULL ? MONGE_CUDA_MODULE_READY : MONGE_CUDA_MODULE_FAILED;
  modules->n_waiting--;
  g_cond_broadcast (&modules->changed);
  g_mutex_unlock (&modules->lock);
}

static void
module_free (gpointer data)
{
  MongeCudaModule *module = data;

  if (module->library != NULL)
    cudaLibraryUnload (module->library);
  g_clear_pointer (&module->image, g_bytes_unref);
  g_clear_error (&module->error);
  monge_cuda_source_free (module->source);
  g_free (module->description);
  g_free (module);
}

MongeCudaModules *
monge_cuda_modules_new (int architecture, const char *folder)
{
  MongeCudaModules *modules = g_new0 (MongeCudaModules, 1);

  modules->architecture = architecture;
  modules->folder = folder != NULL ? g_strdup (folder) : monge_module_cache_get_folder ();
  modules->compiler = g_thread_pool_new (compile, modules, 1, FALSE, NULL);
  modules->modules = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, module_free);
  g_mutex_init (&modules->lock);
  g_cond_init (&modules->changed);
  return modules;
}

void
monge_cuda_modules_free (MongeCudaModules *modules)
{
  if (modules == NULL)
    return;
  g_thread_pool_free (modules->compiler, TRUE, TRUE);
  g_hash_table_unref (modules->modules);
  g_mutex_clear (&modules->lock);
  g_cond_clear (&modules->changed);
  g_free (modules->folder);
  g_free (modules);
}

guint
monge_cuda_modules_count_waiting (MongeCudaModules *modules)
{
  guint n;

  g_mutex_lock (&modules->lock);
  n = modules->n_waiting;
  g_mutex_unlock (&modules->lock);
  return n;
}

/* Equal texts may be of programs that find their arguments in other places, or reduce over the other
 * axis. */
static char *
make_key (const MongeCudaSource *source)
{
  GString *key = g_string_new (NULL);

  g_string_append_printf (key, "over %d of", source->over);
  for (guint k = 0; k < source->n_arguments; k++)
    g_string_append_printf (key, " %u", source->arguments[k]);
  g_string_append_printf (key, "\n%s", source->program_text);
  return g_string_free (key, FALSE);
}

static MongeCudaModule *
module_new (MongeCudaModules *modules, MongeCudaSource *source)
{
  MongeCudaModule *module = g_new0 (MongeCudaModule, 1);
  const guint n = source->n_components;

  module->modules = modules;
  module->source = source;
  module->description = g_strdup_printf ("generated code, %u %s per pair", n,
                                         n == 1 ? "instruction" : "instructions");
  return module;
}

MongeCudaModule *
monge_cuda_module_prepare (MongeCudaModules *modules, const MongeProgram *program, GError **error)
{
  g_autoptr (MongeCudaSource) source = monge_cuda_source_new (program, error);
  g_autofree char *key = NULL;
  MongeCudaModule *module;

  if (source == NULL)
    return NULL;
  key = make_key (source);
  g_mutex_lock (&modules->lock);
  module = g_hash_table_lookup (modules->modules, key);
  if (module == NULL)
    {
      module = module_new (modules, g_steal_pointer (&source));
      g_hash_table_insert (modules->modules, g_steal_pointer (&key), module);
      modules->n_waiting++;
      g_thread_pool_push (modules->compiler, module, NULL);
    }
  g_mutex_unlock (&modules->lock);
  return module;
}

MongeCudaModuleState
monge_cuda_module_get_state (MongeCudaModule *module, GError **error)
{
  MongeCudaModuleState state;

  g_mutex_lock (&module->modules->lock);
  state = module->state;
  if (state == MONGE_CUDA_MODULE_FAILED && error != NULL)
    *error = g_error_copy (module->error);
  g_mutex_unlock (&module->modules->lock);
  return state;
}

/* Between two looks at the task. */
#define WAIT_US 10000

gboolean
monge_cuda_module_wait (MongeCudaModule *module, MongeTask *task, GError **error)
{
  GMutex *lock = &module->modules->lock;

  g_mutex_lock (lock);
  while (module->state == MONGE_CUDA_MODULE_COMPILING && !monge_task_is_cancelled (task))
    g_cond_wait_until (&module->modules->changed, lock, g_get_monotonic_time () + WAIT_US);
  g_mutex_unlock (lock);
  if (monge_cuda_module_get_state (module, error) == MONGE_CUDA_MODULE_COMPILING)
    return !monge_task_return_if_cancelled (task, error);
  return module->state == MONGE_CUDA_MODULE_READY;
}

const char *
monge_cuda_module_get_description (MongeCudaModule *module)
{
  return module->description;
}

const MongeCudaSource *
monge_cuda_module_get_source (MongeCudaModule *module)
{
  return module->source;
}

/* --- Running ---------------------------------------------------------------------------------- */

/* Blocks that keep a large card busy, columns that a part is worth, and bytes of the states of
 * parts. By sizes alone, so that results are the same on every card. */
#define BLOCKS 4096
#define LEAST_PART 512
#define MOST_PARTS 1024
#define PARTIAL_BYTES ((gsize) 256 << 20)

#define ALIGNMENT 256

/**
 * Plan:
 * @n_rows, @n_columns: of results, and of what is reduced over
 * @n_units: blocks that rows need; @units_per_batch: that one launch takes
 * @once, @rows, @columns, @partial: where they begin in scratch memory
 */
typedef struct {
  gsize n_rows, n_columns;
  gsize n_units, units_per_batch;
  gsize n_parts, part;
  gsize rows_per_batch;
  gsize once, rows, columns, partial, size;
} Plan;

static gsize
divide_up (gsize n, gsize by)
{
  return (n + by - 1) / by;
}

static gsize
take_space (Plan *plan, gsize bytes)
{
  const gsize at = plan->size;

  plan->size += divide_up (bytes, ALIGNMENT) * ALIGNMENT;
  return at;
}

/* Columns in parts where there are few rows; rows in batches where their states are many bytes. */
static void
cut (const MongeCudaSource *source, const MongeCudaModuleRun *run, Plan *plan)
{
  const gsize per_row = source->slots * sizeof (double);
  const gsize room = MAX (PARTIAL_BYTES / MAX (per_row * plan->n_rows, 1), 1);

  plan->n_parts = CLAMP (BLOCKS / MAX (plan->n_units, 1), 1, MOST_PARTS);
  plan->n_parts = CLAMP (plan->n_columns / LEAST_PART, 1, MIN (plan->n_parts, room));
  plan->part = MAX (divide_up (plan->n_columns, plan->n_parts), 1);
  plan->units_per_batch = plan->n_units;
  if (source->in_memory && run->pairs == NULL)
    plan->units_per_batch = CLAMP (PARTIAL_BYTES / (per_row * plan->n_parts * source->rows_per_block),
                                   1, plan->n_units);
  plan->rows_per_batch = plan->n_rows;
  if (plan->units_per_batch < plan->n_units)
    plan->rows_per_batch = plan->units_per_batch * source->rows_per_block;
}

static void
make_plan (const MongeCudaModule *module, const MongeCudaModuleRun *run, Plan *plan)
{
  const MongeCudaSource *source = module->source;
  const gboolean keeps_rows = source->over == MONGE_AXIS_J;

  *plan = (Plan){ .n_rows = keeps_rows ? run->n_rows : run->n_columns,
                  .n_columns = keeps_rows ? run->n_columns : run->n_rows };
  plan->n_units = run->pairs != NULL ? run->pairs->n_tiles
                                     : divide_up (plan->n_rows, source->rows_per_block);
  if (plan->n_rows == 0)
    return;
  cut (source, run, plan);
  plan->once = take_space (plan, source->once_values * sizeof (double));
  plan->rows = take_space (plan, source->row_values * plan->n_rows * source->real_size);
  plan->columns = take_space (plan, source->column_values * plan->n_columns * source->real_size);
  plan->partial = plan->size;
  if (source->in_memory || plan->n_parts > 1)
    take_space (plan, plan->n_parts * source->slots * plan->rows_per_batch * sizeof (double));
}

gsize
monge_cuda_module_get_scratch (MongeCudaModule *module, const MongeCudaModuleRun *run)
{
  Plan plan;

  make_plan (module, run, &plan);
  return plan.size;
}

static cudaError_t
load (MongeCudaModule *module)
{
  cudaLibrary_t library = NULL;
  cudaError_t error;

  if (module->library != NULL)
    return cudaSuccess;
  error = cudaLibraryLoadData (&library, g_bytes_get_data (module->image, NULL), NULL, NULL, 0, NULL,
                               NULL, 0);
  for (guint k = 0; k < N_KERNELS && error == cudaSuccess; k++)
    {
      g_autofree char *name = g_strdup_printf ("%s_%s", module->source->name, kernel_names[k]);

      error = cudaLibraryGetKernel (&module->kernels[k], library, name);
    }
  if (error == cudaSuccess)
    module->library = library;
  else if (library != NULL)
    cudaLibraryUnload (library);
  return error;
}

typedef struct {
  MongeCudaModule *module;
  MongeGenericArguments arguments;
  MongeGenericLaunch launch;
  cudaStream_t stream;
  cudaError_t error;
} Launcher;

/* @has_arguments: of the kernel: then the program's come first. */
static void
launch (Launcher *l, guint kernel, dim3 grid, guint threads, gboolean has_arguments, gsize shared)
{
  void *both[] = { &l->arguments, &l->launch };

  if (l->error == cudaSuccess)
    l->error = cudaLaunchKernel ((const void *) l->module->kernels[kernel], grid,
                                 (dim3){ threads, 1, 1 }, has_arguments ? both : both + 1, shared,
                                 l->stream);
}

#define AXIS_THREADS 128

static void
launch_axes (Launcher *l, const Plan *plan)
{
  const MongeCudaSource *source = l->module->source;
  const gsize n = MAX (plan->n_rows, plan->n_columns);

  if (source->once_values > 0)
    launch (l, ONCE, (dim3){ 1, 1, 1 }, 1, TRUE, 0);
  if (source->row_values + source->column_values > 0)
    launch (l, AXES, (dim3){ (unsigned) divide_up (n, AXIS_THREADS), 2, 1 }, AXIS_THREADS, TRUE, 0);
}

static void
launch_pairs (Launcher *l, const Plan *plan)
{
  const MongeCudaSource *source = l->module->source;

  for (gsize first = 0; first < plan->n_units; first += plan->units_per_batch)
    {
      const unsigned n = (unsigned) MIN (plan->units_per_batch, plan->n_units - first);

      l->launch.first_unit = (unsigned) first;
      l->launch.partial_first = (unsigned) (first * source->rows_per_block);
      launch (l, PAIRS, (dim3){ n, (unsigned) plan->n_parts, 1 }, source->threads, FALSE,
              source->shared_bytes);
      if (source->in_memory || plan->n_parts > 1)
        launch (l, FINISH, (dim3){ n, 1, 1 }, source->threads, FALSE, 0);
    }
}

static void
fill_launch (Launcher *l, const MongeCudaModuleRun *run, const Plan *plan)
{
  const MongeCudaSource *source = l->module->source;
  char *scratch = run->scratch;

  for (guint k = 0; k < source->n_arguments; k++)
    l->arguments.of[k] = run->arguments[source->arguments[k]];
  l->launch = (MongeGenericLaunch){
    .n_rows = (unsigned) plan->n_rows,
    .n_columns = (unsigned) plan->n_columns,
    .n_parts = (unsigned) plan->n_parts,
    .part = (unsigned) plan->part,
    .once = (double *) (scratch + plan->once),
    .rows = scratch + plan->rows,
    .columns = scratch + plan->columns,
    .partial = (double *) (scratch + plan->partial),
    .partial_rows = (unsigned) plan->rows_per_batch,
    .out = run->out,
    .index_out = (long long *) run->index_out,
    .log_sum = run->log_sum,
    .bad_row = run->bad_row,
    .stop = run->stop,
  };
  if (run->pairs != NULL)
    {
      l->launch.tiles = (const MongeGenericTile *) run->pairs->tiles;
      l->launch.first = run->pairs->first;
      l->launch.ranges = (const MongeGenericRange *) run->pairs->ranges;
    }
}

G_STATIC_ASSERT (sizeof (MongeGenericTile) == sizeof (MongeCudaTile));
G_STATIC_ASSERT (sizeof (MongeGenericRange) == sizeof (MongeCudaRange));
G_STATIC_ASSERT (sizeof (unsigned long) == sizeof (size_t));
G_STATIC_ASSERT (sizeof (MongeGenericArguments) + sizeof (MongeGenericLaunch) <= 4096);

cudaError_t
monge_cuda_module_run (MongeCudaModule *module, const MongeCudaModuleRun *run, cudaStream_t stream)
{
  Launcher l = { .module = module, .stream = stream };
  Plan plan;

  g_return_val_if_fail (module->state == MONGE_CUDA_MODULE_READY, cudaErrorInvalidValue);
  make_plan (module, run, &plan);
  g_return_val_if_fail (run->scratch_size >= plan.size, cudaErrorInvalidValue);
  if (plan.n_rows == 0)
    return cudaSuccess;
  l.error = load (module);
  fill_launch (&l, run, &plan);
  launch_axes (&l, &plan);
  launch_pairs (&l, &plan);
  return l.error;
}
