/* NVIDIA's run-time compiler, which is loaded when a formula first needs it. */
#pragma once

#include "compute/core/error.h"

G_BEGIN_DECLS

/* Where to find it, instead of the usual places. */
#define MONGE_NVRTC_ENVIRONMENT "MONGE_NVRTC"

/**
 * MongeNvrtc:
 * @major, @minor: of the CUDA version it came with
 * @path: it was loaded from
 *
 * Stays loaded until the process ends.
 */
typedef struct _MongeNvrtc MongeNvrtc;

/* Loads it, once. Fails with %MONGE_ERROR_DEVICE, naming the remedy, when it is not there or too
 * old; the next call looks again. Any thread; some 20 ms. */
const MongeNvrtc *monge_nvrtc_load (GError **error);
void monge_nvrtc_get_version (const MongeNvrtc *nvrtc, int *major, int *minor);
const char *monge_nvrtc_get_path (const MongeNvrtc *nvrtc);

/**
 * monge_nvrtc_compile:
 * @architecture: of the card, 90 for compute capability 9.0
 *
 * A cubin, or PTX where the card is newer than the compiler. Fails with %MONGE_ERROR_DEVICE and the
 * first error of the compiler's log. One at a time; 0.2 to several seconds.
 */
GBytes *monge_nvrtc_compile (const MongeNvrtc *nvrtc, const char *text, int architecture,
                             GError **error);

G_END_DECLS
