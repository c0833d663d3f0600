#include "render/lines.h"

#include "render/geometry-private.h"

gboolean
monge_lines_init (MongeLines *lines, const MongeGl *gl, GError **error)
{
  return monge_program_init_variants (lines->programs, gl, "lines", error);
}

void
monge_lines_clear (MongeLines *lines)
{
  monge_program_clear_variants (lines->programs);
}

/* pixels */
#define CURVE_WIDTH 2.f
#define EDGE_WIDTH 1.f

void
monge_lines_draw (const MongeLines *lines, const MongePass *pass, const MongeLayer *layer)
{
  const MongeProgram *program = &lines->programs[monge_pass_choose_variant (layer)];
  gboolean is_curve = monge_geometry_get_cell_size (layer->geometry) == 2;
  float width = layer->line_width > 0.f ? layer->line_width : is_curve ? CURVE_WIDTH : EDGE_WIDTH;

  monge_pass_use (pass, program, layer);
  glUniform1f (program->uniforms[MONGE_UNIFORM_SIZE], 0.5f * width * pass->scale);
  monge_geometry_draw_edges (layer->geometry);
}
