/* Scene and camera → framebuffer, in a fixed order of passes. */
#pragma once

#include "render/camera.h"
#include "render/scene.h"

G_BEGIN_DECLS

#define MONGE_RENDER_ERROR (monge_render_error_quark ())
GQuark monge_render_error_quark (void);

/**
 * MongeRenderer:
 *
 * Works from OpenGL 3.3 core up. Created, used and freed with one context current. Compiles its
 * programs once.
 */
typedef struct _MongeRenderer MongeRenderer;

MongeRenderer *monge_renderer_new (GError **error);
void monge_renderer_free (MongeRenderer *renderer);

/* "OpenGL 4.5, llvmpipe": one line. Owned by the renderer. */
const char *monge_renderer_get_description (MongeRenderer *renderer);

/* Draws into the framebuffer bound now, of (width × height) pixels. Multisampled inside. */
void monge_renderer_draw (MongeRenderer *renderer, const MongeScene *scene,
                          const MongeCamera *camera, int width, int height);
/* Draws off-screen: @pixels (height × width × 4) sRGB with straight alpha, top row first. */
gboolean monge_renderer_draw_to_pixels (MongeRenderer *renderer, const MongeScene *scene,
                                        const MongeCamera *camera, int width, int height,
                                        guint8 *pixels, GError **error);

G_END_DECLS
