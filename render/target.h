/* A framebuffer with colour and depth, multisampled or not, and what comes out of it. */
#pragma once

#include "render/gl.h"

G_BEGIN_DECLS

typedef struct {
  GLuint framebuffer, colour, depth; /* 0 until the first resize */
  int width, height, samples;
} MongeTarget;

/* Allocates when something changes. @samples 1: not multisampled. Fails with
 * %MONGE_RENDER_ERROR_TARGET and leaves the target empty. Changes the bound framebuffer. */
gboolean monge_target_resize (MongeTarget *target, const MongeGl *gl, int width, int height,
                              int samples, GError **error);
void monge_target_clear (MongeTarget *target);

/* Averages the samples into the lower left corner of @framebuffer, which stays bound. */
void monge_target_resolve (const MongeTarget *target, GLuint framebuffer);
/* Between targets of the same size and samples. */
void monge_target_copy_depth (const MongeTarget *from, const MongeTarget *to);
/* Of a target with one sample: (height × width × 4), top row first, straight alpha. */
void monge_target_read (const MongeTarget *target, guint8 *pixels);

G_END_DECLS
