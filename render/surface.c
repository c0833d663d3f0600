#include "render/surface.h"

#include "render/geometry-private.h"

gboolean
monge_surface_init (MongeSurface *surface, const MongeGl *gl, GError **error)
{
  return monge_program_init_variants (surface->programs, gl, "surface", error);
}

void
monge_surface_clear (MongeSurface *surface)
{
  monge_program_clear_variants (surface->programs);
}

void
monge_surface_draw (const MongeSurface *surface, const MongePass *pass, const MongeLayer *layer)
{
  monge_pass_use (pass, &surface->programs[monge_pass_choose_variant (layer)], layer);
  if (layer->is_closed)
    glEnable (GL_CULL_FACE);
  monge_geometry_draw_triangles (layer->geometry);
  glDisable (GL_CULL_FACE);
}
