/* A GL context without a window, a display or /dev/dri: EGL surfaceless, else device platform. */
#pragma once

#include "render/renderer.h"

G_BEGIN_DECLS

typedef struct _MongeOffscreen MongeOffscreen;

/* Makes the context current on the calling thread. Tries OpenGL 4.5, 4.3, 3.3. */
MongeOffscreen *monge_offscreen_new (GError **error);
void monge_offscreen_free (MongeOffscreen *offscreen);

G_END_DECLS
