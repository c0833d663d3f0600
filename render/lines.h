/* Segments and edges of triangles, as wide as asked for, in pixels. */
#pragma once

#include "render/pass.h"

G_BEGIN_DECLS

typedef struct {
  MongeProgram programs[MONGE_N_VARIANTS];
} MongeLines;

gboolean monge_lines_init (MongeLines *lines, const MongeGl *gl, GError **error);
void monge_lines_clear (MongeLines *lines);
void monge_lines_draw (const MongeLines *lines, const MongePass *pass, const MongeLayer *layer);

G_END_DECLS
