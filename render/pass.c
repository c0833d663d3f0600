#include "render/pass.h"

#include "render/geometry-private.h"

#include <math.h>

static float
decode (float s)
{
  return s <= 0.04045f ? s / 12.92f : powf ((s + 0.055f) / 1.055f, 2.4f);
}

MongeVariant
monge_pass_choose_variant (const MongeLayer *layer)
{
  MongeVariant variant = MONGE_VARIANT_PLAIN;
  if (monge_geometry_has_normals (layer->geometry))
    variant |= MONGE_VARIANT_NORMALS;
  if (layer->colormap && monge_geometry_has_scalars (layer->geometry))
    variant |= MONGE_VARIANT_MAPPED;
  return variant;
}

/* scalar → texture coordinate, as a scale and a shift: the range's ends fall on the centres of the
 * first and the last of 256 texels. An empty range shows the middle of the map. */
static void
set_range (const MongeProgram *program, const float range[2])
{
  float width = range[1] - range[0];
  float scale = width != 0.f ? 255.f / 256.f / width : 0.f;
  float shift = width != 0.f ? 0.5f / 256.f - scale * range[0] : 0.5f;
  glUniform2f (program->uniforms[MONGE_UNIFORM_RANGE], scale, shift);
}

void
monge_pass_use (const MongePass *pass, const MongeProgram *program, const MongeLayer *layer)
{
  const GLint *uniforms = program->uniforms;
  glUseProgram (program->name);
  glUniformMatrix4fv (uniforms[MONGE_UNIFORM_VIEW], 1, GL_FALSE, pass->view[0]);
  mat4 projection;
  glm_mat4_copy ((vec4 *) pass->projection, projection);
  projection[3][2] -= projection[2][2] * layer->setback; /* depth of z − setback, place of z */
  glUniformMatrix4fv (uniforms[MONGE_UNIFORM_PROJECTION], 1, GL_FALSE, projection[0]);
  glUniform2f (uniforms[MONGE_UNIFORM_VIEWPORT], pass->width, pass->height);
  glUniform3f (uniforms[MONGE_UNIFORM_COLOUR], decode (layer->colour[0]),
               decode (layer->colour[1]), decode (layer->colour[2]));
  glUniform1f (uniforms[MONGE_UNIFORM_OPACITY], CLAMP (layer->opacity, 0.f, 1.f));
  glUniform1i (uniforms[MONGE_UNIFORM_COLORMAP], 0);
  set_range (program, layer->range);
}
