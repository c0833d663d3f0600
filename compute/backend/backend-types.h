/* The one name that planes, steps and reductions share. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * MongeBackend:
 *
 * One device: the CPU with some threads and an instruction set, or a CUDA card. Callers check
 * nothing and know nothing of which it is. One reduction at a time; any thread.
 *
 * A card that fails (%MONGE_ERROR_DEVICE, with CUDA's own text) stays failed until it is opened
 * again: whatever was on it is lost, and every later call says so at once. Only closing it and
 * freeing what belongs to it still works.
 */
typedef struct _MongeBackend MongeBackend;

G_END_DECLS
