#include "compute/backend/cuda/cuda-private.h"

gboolean
monge_cuda_succeeds (cudaError_t code)
{
  if (code != cudaSuccess)
    cudaGetLastError (); /* else the next call to look would find it again */
  return code == cudaSuccess;
}

gboolean
monge_cuda_check (MongeCuda *cuda, cudaError_t code, const char *doing)
{
  char *failure;

  if (monge_cuda_succeeds (code))
    return TRUE;
  failure = g_strdup_printf ("CUDA: %s (%s) while %s on %s; it is not used until it is opened again",
                             cudaGetErrorString (code), cudaGetErrorName (code), doing, cuda->name);
  if (g_atomic_pointer_compare_and_exchange (&cuda->failure, NULL, failure))
    g_debug ("%s", failure);
  else
    g_free (failure);
  return FALSE;
}

static gboolean
has_failed (MongeCuda *cuda)
{
  return g_atomic_pointer_get (&cuda->failure) != NULL;
}

/* Others may have made another card this thread's own meanwhile: OpenGL's does. */
static gboolean
make_current (MongeCuda *cuda)
{
  int device = -1;

  if (cudaGetDevice (&device) == cudaSuccess && device == cuda->device)
    return TRUE;
  return monge_cuda_check (cuda, cudaSetDevice (cuda->device), "turning to it");
}

gboolean
monge_cuda_enter (MongeCuda *cuda)
{
  return !has_failed (cuda) && make_current (cuda);
}

gboolean
monge_cuda_set_error (MongeCuda *cuda, GError **error)
{
  const char *failure = g_atomic_pointer_get (&cuda->failure);

  g_assert (failure != NULL);
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_DEVICE, failure);
  return FALSE;
}

gboolean
monge_cuda_enter_or_fail (MongeCuda *cuda, GError **error)
{
  return monge_cuda_enter (cuda) || monge_cuda_set_error (cuda, error);
}
