/* How the shapes are shown: plain data with its option table. */
#pragma once

#include "compute/core/options.h"
#include "compute/shape/shape.h"
#include "render/scene.h"

G_BEGIN_DECLS

typedef enum {
  MONGE_VIEW_SOURCE,
  MONGE_VIEW_TARGET,
  MONGE_VIEW_START,
  MONGE_N_VIEWS,
} MongeViewPart;

typedef struct {
  const char *source_style;   /* "surface", "points" or "wire" */
  const char *target_style;   /* the same, for the target and the start */
  const char *colour_by;      /* "uniform" or "displacement", of the source */
  const char *colour_map;     /* "viridis" or "cividis" */
  double point_size;          /* diameter of a splat, shape units, > 0 */
  double target_opacity;      /* 0 to 100 */
} MongeViewStyle;

#define MONGE_VIEW_STYLE_DEFAULTS                                                                  \
  .source_style = "surface", .target_style = "surface", .colour_by = "uniform",                    \
  .colour_map = "viridis", .point_size = 1.0, .target_opacity = 35.0

extern const MongeOption monge_view_options[];

/* One part in this style, in the colour that belongs to it. @range: of the displacements, for a
 * source that is coloured by them; NULL for one colour. */
void monge_view_style_init_layer (const MongeViewStyle *style, MongeViewPart part,
                                  const MongeShape *shape, MongeGeometry *geometry,
                                  const float range[2], gboolean dark, MongeLayer *layer);
/* A shape of the context, in the style and with the opacity of the target. */
void monge_view_style_init_context (const MongeViewStyle *style, const MongeShape *shape,
                                    MongeGeometry *geometry, const float colour[3],
                                    MongeLayer *layer);
void monge_view_style_get_background (gboolean dark, float colour[4]);

G_END_DECLS
