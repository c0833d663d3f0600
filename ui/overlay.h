/* What lies over the 3-D view: a colour bar, a scale bar, the orientation. Drawn with cairo alone,
 * so that the window, screenshots and off-screen pictures show the same. */
#pragma once

#include <cairo.h>
#include <pango/pango.h>

#include "render/camera.h"
#include "render/colormap.h"

G_BEGIN_DECLS

/* A name at a place of the world. */
typedef struct {
  float position[3];
  float colour[3];
  const char *name;
} MongeOverlayMark;

/**
 * MongeOverlay:
 *
 * Plain data; nothing is owned.
 */
typedef struct {
  const MongeColormap *colormap; /* NULL: no colour bar */
  const char *title;             /* of the colour bar, such as "Displacement" */
  double range[2];               /* values at both ends of the bar */
  const char *range_unit;        /* of the values on the bar, or NULL */
  const char *unit;              /* of lengths */
  const MongeOverlayMark *marks; /* (n_marks) */
  guint n_marks;
  const MongeCamera *camera;     /* NULL: no scale bar, no orientation */
  double ink[4];                 /* colour of lines and text, with alpha */
  const PangoFontDescription *font; /* NULL: Sans 9 */
} MongeOverlay;

/* Into (width × height) logical pixels. */
void monge_overlay_draw (const MongeOverlay *overlay, cairo_t *cr, double width, double height);

G_END_DECLS
