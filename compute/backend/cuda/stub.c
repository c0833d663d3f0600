/* Stands in for the CUDA backend in a build without the CUDA Toolkit. */
#include "compute/backend/backend-private.h"

static MongeBackend *
stub_open (const MongeBackendOptions *options, GError **error)
{
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_DEVICE,
                       "CUDA: this build does not include it; use --backend cpu");
  return NULL;
}

static void
stub_close (MongeBackend *backend)
{
  g_assert_not_reached ();
}

static MongeKernel *
stub_prepare (MongeBackend *backend,
              const MongeProgram *program,
              MongePrepareFlags flags,
              GError **error)
{
  g_assert_not_reached ();
}

static gboolean
stub_run (MongeBackend *backend,
          MongeKernel *kernel,
          const MongeRun *run,
          guint64 *n_pairs,
          MongeTask *task,
          GError **error)
{
  g_assert_not_reached ();
}

static void
stub_kernel_free (MongeKernel *kernel)
{
  g_assert_not_reached ();
}

static void
stub_list_devices (GPtrArray *devices)
{
  g_ptr_array_add (devices, monge_device_new ("cuda", "CUDA", "", FALSE,
                                              "this build does not include CUDA"));
}

const MongeBackendType monge_backend_cuda = {
  .name = "cuda",
  .open = stub_open,
  .close = stub_close,
  .prepare = stub_prepare,
  .run = stub_run,
  .kernel_free = stub_kernel_free,
  .list_devices = stub_list_devices,
};
