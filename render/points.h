/* Shaded round splats of a size in shape units. */
#pragma once

#include "render/pass.h"

G_BEGIN_DECLS

typedef struct {
  MongeProgram programs[MONGE_N_VARIANTS];
} MongePoints;

gboolean monge_points_init (MongePoints *points, const MongeGl *gl, GError **error);
void monge_points_clear (MongePoints *points);
void monge_points_draw (const MongePoints *points, const MongePass *pass, const MongeLayer *layer);

G_END_DECLS
