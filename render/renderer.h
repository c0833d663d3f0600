/* Scene and camera → framebuffer, in a fixed order of passes. */
#pragma once

#include "render/camera.h"
#include "render/scene.h"

G_BEGIN_DECLS

#define MONGE_RENDER_ERROR (monge_render_error_quark ())

/**
 * MongeRenderError:
 * @MONGE_RENDER_ERROR_CONTEXT: no GL context, or one below OpenGL 3.3 core
 * @MONGE_RENDER_ERROR_PROGRAM: the driver rejects a shader; the message has its log
 * @MONGE_RENDER_ERROR_TARGET: a picture too large for the driver or for its memory
 */
typedef enum {
  MONGE_RENDER_ERROR_CONTEXT,
  MONGE_RENDER_ERROR_PROGRAM,
  MONGE_RENDER_ERROR_TARGET,
} MongeRenderError;

GQuark monge_render_error_quark (void);

/**
 * MongeRenderer:
 *
 * Works from OpenGL 3.3 core up. Created, used and freed with one context current. Compiles its
 * programs once. Colours are blended and averaged in sRGB, as the toolkit does.
 */
typedef struct _MongeRenderer MongeRenderer;

MongeRenderer *monge_renderer_new (GError **error);
void monge_renderer_free (MongeRenderer *renderer);

/* "OpenGL 4.5, llvmpipe": one line. Owned by the renderer. */
const char *monge_renderer_get_description (MongeRenderer *renderer);
/* TRUE when the CPU does the drawing (llvmpipe, softpipe, swrast). */
gboolean monge_renderer_is_software (MongeRenderer *renderer);

/* Samples per pixel, 1 to what the driver offers (16 at most); default 4. On software renderers
 * 1 while things move and 4 at rest is a good choice: changing it costs one allocation. */
void monge_renderer_set_samples (MongeRenderer *renderer, int samples);
int monge_renderer_get_samples (MongeRenderer *renderer);

/* Draws into the framebuffer bound now, of (width × height) pixels. Multisampled inside. Leaves
 * that framebuffer bound; its alpha is premultiplied. */
void monge_renderer_draw (MongeRenderer *renderer, const MongeScene *scene,
                          const MongeCamera *camera, int width, int height);
/* Draws off-screen with at least 4 samples: @pixels (height × width × 4) sRGB with straight alpha,
 * top row first. */
gboolean monge_renderer_draw_to_pixels (MongeRenderer *renderer, const MongeScene *scene,
                                        const MongeCamera *camera, int width, int height,
                                        guint8 *pixels, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeRenderer, monge_renderer_free)

G_END_DECLS
