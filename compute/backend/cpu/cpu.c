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

static gboolean
cpu_reduce (MongeBackend *backend,
            const MongeTunedReduction *reduction,
            guint64 *n_pairs,
            MongeTask *task,
            GError **error)
{
  CpuBackend *cpu = (CpuBackend *) backend;

  return monge_tuned_reduce (cpu->tuned, reduction, backend->n_threads, n_pairs, task, error);
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
  .reduce = cpu_reduce,
  .prepare = monge_cpu_prepare,
  .run = monge_cpu_run,
  .kernel_free = monge_cpu_kernel_free,
  .list_devices = cpu_list_devices,
};
