#include "ui/view-style.h"

#include <stddef.h>
#include <string.h>

/* Of the diameter: where source and target are closer than this, the source is seen alone. */
#define SETBACK 0.008

static const char *const styles[] = { "surface", "points", "wire", NULL };
static const char *const colourings[] = { "uniform", "displacement", NULL };
static const char *const maps[] = { "viridis", "cividis", NULL };

#define CHOICE(key, label, field, names, help)                                                     \
  { key, label, "", MONGE_OPTION_CHOICE, offsetof (MongeViewStyle, field), 0, 0, FALSE, names, help }

const MongeOption monge_view_options[] = {
  CHOICE ("source-style", "Source", source_style, styles, "How the source is drawn"),
  CHOICE ("target-style", "Target", target_style, styles, "How the target and the start are drawn"),
  { "target-opacity", "Opacity", "%", MONGE_OPTION_DOUBLE, offsetof (MongeViewStyle, target_opacity),
    5, 100, FALSE, NULL, "How much of what lies behind the target it hides" },
  CHOICE ("colour-by", "Colour by", colour_by, colourings,
          "One colour for the source, or how far each vertex has moved"),
  CHOICE ("colour-map", "Colours", colour_map, maps, "The colours that stand for small to large"),
  { "point-size", "Point size", "length", MONGE_OPTION_DOUBLE,
    offsetof (MongeViewStyle, point_size), 1e-6, 1e6, TRUE, NULL,
    "Diameter of a point, in the shapes' unit" },
  { NULL },
};

static const float start_colours[2][3] = { { 0.45f, 0.45f, 0.45f }, { 0.70f, 0.70f, 0.70f } };
static const float backgrounds[2][4] = { { 0.965f, 0.965f, 0.957f, 1.0f },
                                         { 0.102f, 0.106f, 0.114f, 1.0f } };

static MongeStyle
find_style (const char *name, const MongeShape *shape)
{
  MongeShapeKind kind = monge_shape_get_kind (shape);

  if (kind == MONGE_SHAPE_POINTS || g_str_equal (name, "points"))
    return MONGE_STYLE_POINTS;
  if (kind == MONGE_SHAPE_CURVES || g_str_equal (name, "wire"))
    return MONGE_STYLE_WIRE;
  return MONGE_STYLE_SURFACE;
}

void
monge_view_style_init_layer (const MongeViewStyle *style, MongeViewPart part,
                             const MongeShape *shape, MongeGeometry *geometry,
                             const float range[2], gboolean dark, MongeLayer *layer)
{
  const float *const colours[] = { monge_colour_source, monge_colour_target, start_colours[dark] };
  float opacity = (float) (style->target_opacity / 100.0);

  *layer = (MongeLayer){
    .geometry = geometry,
    .style = find_style (part == MONGE_VIEW_SOURCE ? style->source_style : style->target_style,
                         shape),
    .visible = TRUE,
    .opacity = part == MONGE_VIEW_SOURCE ? 1.0f : part == MONGE_VIEW_TARGET ? opacity
                                                                           : 0.6f * opacity,
    .point_size = (float) style->point_size,
  };
  memcpy (layer->colour, colours[part], sizeof layer->colour);
  if (part != MONGE_VIEW_SOURCE)
    layer->setback = (float) (SETBACK * monge_shape_get_diameter (shape));
  if (part != MONGE_VIEW_SOURCE || range == NULL)
    return;
  layer->colormap = monge_colormap_find (style->colour_map);
  memcpy (layer->range, range, sizeof layer->range);
}

void
monge_view_style_init_context (const MongeViewStyle *style, const MongeShape *shape,
                               MongeGeometry *geometry, const float colour[3], MongeLayer *layer)
{
  *layer = (MongeLayer){
    .geometry = geometry,
    .style = find_style (style->target_style, shape),
    .visible = TRUE,
    .opacity = (float) (style->target_opacity / 100.0),
    .point_size = (float) style->point_size,
  };
  memcpy (layer->colour, colour, sizeof layer->colour);
  layer->setback = (float) (SETBACK * monge_shape_get_diameter (shape));
}

void
monge_view_style_get_background (gboolean dark, float colour[4])
{
  memcpy (colour, backgrounds[dark], sizeof backgrounds[dark]);
}
