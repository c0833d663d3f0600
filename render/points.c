#include "render/points.h"

#include "render/geometry-private.h"

gboolean
monge_points_init (MongePoints *points, const MongeGl *gl, GError **error)
{
  return monge_program_init_variants (points->programs, gl, "points", error);
}

void
monge_points_clear (MongePoints *points)
{
  monge_program_clear_variants (points->programs);
}

#define MIN_PIXELS 1.5f /* so that far points do not vanish */

/* A splat of diameter s at depth z covers s P₁₁ h / (2 z) pixels. */
void
monge_points_draw (const MongePoints *points, const MongePass *pass, const MongeLayer *layer)
{
  const MongeProgram *program = &points->programs[monge_pass_choose_variant (layer)];
  /* Coverage smooths the rims; where there is blending, the opacity needs the alpha. */
  gboolean has_coverage = pass->samples > 1 && layer->opacity >= 1.f;

  monge_pass_use (pass, program, layer);
  glUniform1f (program->uniforms[MONGE_UNIFORM_SIZE],
               0.5f * layer->point_size * pass->projection[1][1] * pass->height);
  glUniform2f (program->uniforms[MONGE_UNIFORM_SIZE_LIMITS], MIN_PIXELS * pass->scale,
               pass->gl->max_point_size - 1.f);
  glEnable (GL_PROGRAM_POINT_SIZE);
  if (has_coverage)
    {
      glEnable (GL_SAMPLE_ALPHA_TO_COVERAGE);
      glEnable (GL_SAMPLE_ALPHA_TO_ONE);
    }
  monge_geometry_draw_points (layer->geometry);
  glDisable (GL_SAMPLE_ALPHA_TO_COVERAGE);
  glDisable (GL_SAMPLE_ALPHA_TO_ONE);
  glDisable (GL_PROGRAM_POINT_SIZE);
}
