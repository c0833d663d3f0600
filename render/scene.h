/* What to draw and in which style: plain data, no GL. */
#pragma once

#include <glib.h>

#include "render/colormap.h"
#include "render/geometry.h"

G_BEGIN_DECLS

typedef enum {
  MONGE_STYLE_SURFACE, /* lit triangles, both sides, smooth normals */
  MONGE_STYLE_POINTS,  /* shaded round splats, sized in shape units */
  MONGE_STYLE_WIRE,    /* edges of the triangles, or the segments of curves */
} MongeStyle;

/**
 * MongeLayer:
 *
 * One shape in one style. Layers with opacity < 1 are drawn after the opaque ones, in the scene's
 * order; of each, only the surface nearest to the viewer shows, and its rim is denser than its
 * middle, which has the opacity asked for. A geometry without triangles that is asked for as a
 * surface is drawn as wire, one without any cells as points.
 */
typedef struct {
  MongeGeometry *geometry;       /* borrowed */
  MongeStyle style;
  gboolean visible;
  float colour[3];               /* sRGB, 0 to 1: what a surface facing the viewer looks like */
  float opacity;                 /* 0 to 1 */
  const MongeColormap *colormap; /* NULL: uniform colour; else colours the geometry's scalars */
  float range[2];                /* scalars at both ends of the map; NaN scalars are grey */
  float point_size;              /* diameter of a splat, shape units; on the screen at least 1.5
                                  * pixels and at most what the driver offers, often 255 */
  float line_width;              /* of wire, pixels at scale 1; 0: 2 for curves, 1 for triangles */
  gboolean is_closed;            /* a closed surface that faces outwards: its back is not drawn, which
                                  * halves the work of a software renderer; default FALSE */
  float setback;                 /* shape units by which the layer counts as farther away when it is
                                  * decided what hides what: where two surfaces nearly coincide, the
                                  * one without setback shows; default 0 */
} MongeLayer;

#define MONGE_SCENE_MAX_LAYERS 256

typedef struct {
  MongeLayer layers[MONGE_SCENE_MAX_LAYERS];
  guint n_layers;
  float background[4]; /* sRGB and alpha; alpha 0 for transparent pictures */
  float scale;         /* device pixels per nominal pixel (2 for a 2× picture); 0: 1 */
} MongeScene;

G_END_DECLS
