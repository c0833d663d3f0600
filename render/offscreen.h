/* A GL context without a window, a display or /dev/dri: EGL surfaceless, else device platform. */
#pragma once

#include "render/renderer.h"

G_BEGIN_DECLS

typedef struct _MongeOffscreen MongeOffscreen;

/* Makes the context current on the calling thread. Tries OpenGL 4.5, 4.3, 3.3. Fails with
 * %MONGE_RENDER_ERROR_CONTEXT. 100 to 200 ms with Mesa's software drivers. */
MongeOffscreen *monge_offscreen_new (GError **error);
/* Everything made in the context must have been freed before. */
void monge_offscreen_free (MongeOffscreen *offscreen);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeOffscreen, monge_offscreen_free)

G_END_DECLS
