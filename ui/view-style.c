#include "ui/view-style.h"

#include <stddef.h>

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
