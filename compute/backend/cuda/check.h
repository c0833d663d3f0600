/* One check for every call to CUDA. The first that fails is remembered with CUDA's own words, and
 * nothing is asked of the card any more until the backend is opened again. */
#pragma once

#include "compute/core/error.h"

#include <cuda_runtime_api.h>

G_BEGIN_DECLS

/* The backend: cuda-private.h. */
typedef struct _MongeCuda MongeCuda;

/* @doing: as in “… while %s on NVIDIA L4”. Returns: whether @code is success. */
gboolean monge_cuda_check (MongeCuda *cuda, cudaError_t code, const char *doing);
/* The same for calls that may be refused without harm: nothing is remembered. */
gboolean monge_cuda_succeeds (cudaError_t code);

/* Makes the card the thread's own. FALSE if the backend has failed. */
gboolean monge_cuda_enter (MongeCuda *cuda);
/* The same, with %MONGE_ERROR_DEVICE saying how it failed. */
gboolean monge_cuda_enter_or_fail (MongeCuda *cuda, GError **error);
/* Returns: %FALSE, with the failure that was remembered. */
gboolean monge_cuda_set_error (MongeCuda *cuda, GError **error);

G_END_DECLS
