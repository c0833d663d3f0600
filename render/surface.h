/* Lit triangles, both sides; flat where there are no normals. */
#pragma once

#include "render/pass.h"

G_BEGIN_DECLS

typedef struct {
  MongeProgram programs[MONGE_N_VARIANTS];
} MongeSurface;

gboolean monge_surface_init (MongeSurface *surface, const MongeGl *gl, GError **error);
void monge_surface_clear (MongeSurface *surface);
void monge_surface_draw (const MongeSurface *surface, const MongePass *pass, const MongeLayer *layer);

G_END_DECLS
