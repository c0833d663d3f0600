/* What the ways of drawing share during one picture. */
#pragma once

#include "render/camera.h"
#include "render/program.h"
#include "render/scene.h"

G_BEGIN_DECLS

typedef struct {
  const MongeGl *gl;
  mat4 view, projection;
  int width, height; /* pixels */
  int samples;
  float scale;       /* device pixels per nominal pixel */
} MongePass;

/* The variant for what the layer's geometry and style carry. */
MongeVariant monge_pass_choose_variant (const MongeLayer *layer);
/* Uses the program and sets the uniforms that all have. The layer's map is bound to unit 0. */
void monge_pass_use (const MongePass *pass, const MongeProgram *program, const MongeLayer *layer);

G_END_DECLS
