/* The CPU backend: threads and the best instruction set of the machine. */
#include "compute/backend/backend-private.h"
#include "compute/backend/cpu/tuned.h"
#include "compute/core/instruction-set.h"
#include "compute/core/parallel.h"

#include <string.h>

typedef struct {
  MongeBackend base;
  const MongeInstructionSet *set;
  MongeTuned *tuned;
} CpuBackend;

static const MongeInstructionSet *
choose_instruction_set (void)
{
#if defined(__x86_64__)
  static const MongeInstructionSet *const sets[] = {
    [MONGE_ISA_BASE] = &monge_rows_base,
    [MONGE_ISA_AVX2] = &monge_rows_avx2,
    [MONGE_ISA_AVX512] = &monge_rows_avx512,
  };

  return sets[monge_isa_choose ()];
#else
  return &monge_rows_base;
#endif
}

gboolean
monge_cpu_reduce (MongeBackend *backend,
                  const MongeTunedReduction *reduction,
                  guint64 *n_pairs,
                  MongeTask *task,
                  GError **error)
{
  const MongeCloud *x = &reduction->x, *y = &reduction->y;
  guint64 ignored;

  g_return_val_if_fail (reduction->kernel < MONGE_N_TUNED, FALSE);
  g_return_val_if_fail (x->dim == y->dim, FALSE);
  g_return_val_if_fail (x->dim >= 1 && x->dim <= MONGE_MAX_REDUCTION_DIM, FALSE);
  g_return_val_if_fail (x->stride >= x->n && y->stride >= y->n, FALSE);
  g_return_val_if_fail (x->n > 0 && y->n > 0, FALSE);
  g_return_val_if_fail (reduction->scale > 0, FALSE);
  g_return_val_if_fail (reduction->sum != NULL, FALSE);
  g_return_val_if_fail (reduction->bias != NULL || reduction->weights != NULL, FALSE);
  if (reduction->weights != NULL)
    {
      g_return_val_if_fail (reduction->kernel != MONGE_TUNED_DISTANCE, FALSE);
      g_return_val_if_fail (reduction->n_weights >= 1 && reduction->n_weights <= 4, FALSE);
      g_return_val_if_fail (reduction->n_weights == 1 || reduction->moment == NULL, FALSE);
    }
  if (reduction->pairs != NULL)
    g_return_val_if_fail (reduction->pairs->n_rows == x->n && reduction->pairs->n_columns == y->n,
                          FALSE);

  return monge_tuned_reduce (((CpuBackend *) backend)->tuned, reduction, backend->n_threads,
                             n_pairs != NULL ? n_pairs : &ignored, task, error);
}

static MongeBackend *
cpu_open (const MongeBackendOptions *options, GError **error)
{
  CpuBackend *cpu = g_new0 (CpuBackend, 1);

  cpu->set = choose_instruction_set ();
  cpu->tuned = monge_tuned_new (cpu->set);
  cpu->base.type = &monge_backend_cpu;
  cpu->base.instruction_set = cpu->set->name;
  cpu->base.n_threads = options->n_threads > 0 ? options->n_threads
                                               : monge_parallel_get_default_threads ();
  cpu->base.description
      = g_strdup_printf ("CPU, %s, %u %s", cpu->set->name, cpu->base.n_threads,
                         cpu->base.n_threads == 1 ? "thread" : "threads");
  return &cpu->base;
}

static void
cpu_close (MongeBackend *backend)
{
  CpuBackend *cpu = (CpuBackend *) backend;

  monge_tuned_free (cpu->tuned);
  g_free (cpu);
}

static char *
read_model_name (void)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  if (!g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL))
    return g_strdup ("CPU");
  lines = g_strsplit (text, "\n", 64);
  for (guint i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "model name") && strchr (lines[i], ':') != NULL)
      return g_strdup (g_strstrip (strchr (lines[i], ':') + 1));
  return g_strdup ("CPU");
}

static void
cpu_list_devices (GPtrArray *devices)
{
  g_autofree char *name = read_model_name ();
  g_autofree char *detail = g_strdup_printf ("%u threads, %s",
                                             monge_parallel_get_default_threads (),
                                             choose_instruction_set ()->name);

  g_ptr_array_add (devices, monge_device_new ("cpu", name, detail, TRUE, NULL));
}

const MongeBackendType monge_backend_cpu = {
  .name = "cpu",
  .open = cpu_open,
  .close = cpu_close,
  .prepare = monge_cpu_prepare,
  .run = monge_cpu_run,
  .kernel_free = monge_cpu_kernel_free,
  .reduce = monge_cpu_reduce,
  .list_devices = cpu_list_devices,
};
