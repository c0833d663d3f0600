#include "ui/overlay.h"

#include <math.h>
#include <pango/pangocairo.h>

#include "ui/text.h"

#define MARGIN 16.0
#define BAR_WIDTH 168.0
#define BAR_HEIGHT 8.0
#define SCALE_WIDTH 120.0
#define TRIAD_RADIUS 26.0
#define NARROW 560.0 /* here the scale bar stands on the colour bar, not beside it */

/* 1, 2 or 5 times a power of ten, at most @value. */
static double
round_down (double value)
{
  double decade = pow (10.0, floor (log10 (value)));
  double digit = value / decade;

  return decade * (digit >= 5.0 ? 5.0 : digit >= 2.0 ? 2.0 : 1.0);
}

static void
set_ink (const MongeOverlay *overlay, cairo_t *cr, double alpha)
{
  cairo_set_source_rgba (cr, overlay->ink[0], overlay->ink[1], overlay->ink[2],
                         overlay->ink[3] * alpha);
}

/* @x_align: 0 starts at @x, 0.5 is centred there, 1 ends there; @y is the baseline. */
static void
draw_text (const MongeOverlay *overlay, cairo_t *cr, const char *text, double x, double y,
           double x_align)
{
  PangoLayout *layout = pango_cairo_create_layout (cr);
  PangoRectangle ink;
  int width, baseline;

  if (overlay->font != NULL)
    {
      pango_layout_set_font_description (layout, overlay->font);
    }
  else
    {
      PangoFontDescription *font = pango_font_description_from_string ("Sans 9");

      pango_layout_set_font_description (layout, font);
      pango_font_description_free (font);
    }
  pango_layout_set_text (layout, text, -1);
  pango_layout_get_pixel_extents (layout, &ink, NULL);
  pango_layout_get_pixel_size (layout, &width, NULL);
  baseline = PANGO_PIXELS (pango_layout_get_baseline (layout));
  cairo_move_to (cr, round (x - x_align * width), round (y - baseline));
  pango_cairo_show_layout (cr, layout);
  g_object_unref (layout);
}

static void
draw_ramp (const MongeColormap *colormap, cairo_t *cr, double x, double y)
{
  cairo_pattern_t *ramp = cairo_pattern_create_linear (x, 0, x + BAR_WIDTH, 0);

  for (int i = 0; i < 256; i += 5)
    cairo_pattern_add_color_stop_rgb (ramp, i / 255.0, colormap->colours[i][0] / 255.0,
                                      colormap->colours[i][1] / 255.0,
                                      colormap->colours[i][2] / 255.0);
  cairo_rectangle (cr, x, y, BAR_WIDTH, BAR_HEIGHT);
  cairo_set_source (cr, ramp);
  cairo_fill (cr);
  cairo_pattern_destroy (ramp);
}

/* With as many decimals as the distance between two ticks asks for. */
static void
draw_tick (const MongeOverlay *overlay, cairo_t *cr, double x, double y, double value, double step)
{
  int decimals = step > 0.0 ? CLAMP ((int) -floor (log10 (step) + 1e-6), 0, 9) : 0;
  g_autofree char *text = g_strdup_printf ("%.*f", decimals, value);

  set_ink (overlay, cr, 0.6);
  cairo_rectangle (cr, round (x) - 0.5, y, 1.0, 4.0);
  cairo_fill (cr);
  set_ink (overlay, cr, 1.0);
  draw_text (overlay, cr, text, x, y + 15.0, 0.5);
}

static void
draw_colour_bar (const MongeOverlay *overlay, cairo_t *cr, double height)
{
  double x = MARGIN + 4.0, y = height - MARGIN - 24.0;
  double low = overlay->range[0], span = overlay->range[1] - low;
  double step = span > 0.0 ? round_down (span / 2.0) : 0.0;
  g_autofree char *title = NULL;

  title = overlay->range_unit != NULL
              ? g_strdup_printf ("%s, %s", overlay->title, overlay->range_unit)
              : g_strdup (overlay->title);
  set_ink (overlay, cr, 1.0);
  draw_text (overlay, cr, title, x, y - 6.0, 0.0);
  draw_ramp (overlay->colormap, cr, x, y);
  if (!(step > 0.0))
    {
      draw_tick (overlay, cr, x, y + BAR_HEIGHT, low, 0.0);
      return;
    }
  for (double k = ceil (low / step - 1e-6); k * step <= low + span * 1.0001; k += 1.0)
    draw_tick (overlay, cr, x + BAR_WIDTH * (k * step - low) / span, y + BAR_HEIGHT,
               k == 0.0 ? 0.0 : k * step, step);
}

static void
draw_scale_bar (const MongeOverlay *overlay, cairo_t *cr, double width, double height)
{
  float pixels;
  float length = monge_camera_get_scale_bar (overlay->camera, (float) height, SCALE_WIDTH, &pixels);
  double x = MARGIN + 4.0, y = round (height - MARGIN - 12.0), extent = round (pixels);
  g_autofree char *text = g_strdup_printf ("%g %s", length, overlay->unit);

  if (overlay->colormap != NULL && width < NARROW)
    y -= 56.0;
  else if (overlay->colormap != NULL)
    x += BAR_WIDTH + 44.0;
  set_ink (overlay, cr, 1.0);
  cairo_rectangle (cr, x, y, extent, 2.0);
  cairo_rectangle (cr, x, y - 3.0, 1.0, 8.0);
  cairo_rectangle (cr, x + extent - 1.0, y - 3.0, 1.0, 8.0);
  cairo_fill (cr);
  draw_text (overlay, cr, text, x + 0.5 * extent, y - 8.0, 0.5);
}

static void
draw_axis (const MongeOverlay *overlay, cairo_t *cr, double cx, double cy, const float axis[3],
           const char *name)
{
  double dx = axis[0] * TRIAD_RADIUS, dy = -axis[1] * TRIAD_RADIUS;

  set_ink (overlay, cr, 0.725 + 0.275 * axis[2]);
  cairo_set_line_width (cr, 1.6);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  cairo_move_to (cr, cx, cy);
  cairo_line_to (cr, cx + dx, cy + dy);
  cairo_stroke (cr);
  if (hypot (dx, dy) > 0.2 * TRIAD_RADIUS)
    draw_text (overlay, cr, name, cx + 1.32 * dx, cy + 1.32 * dy + 4.0, 0.5);
}

static int
compare_depths (gconstpointer a, gconstpointer b, gpointer axes)
{
  const float (*axis)[3] = axes;
  float depth_a = axis[*(const int *) a][2], depth_b = axis[*(const int *) b][2];

  return (depth_a > depth_b) - (depth_a < depth_b);
}

/* Far axes first, so that the near ones are drawn over them. */
static void
draw_triad (const MongeOverlay *overlay, cairo_t *cr, double width, double height)
{
  static const char *const names[] = { "x", "y", "z" };
  double cx = width - MARGIN - 1.5 * TRIAD_RADIUS, cy = height - MARGIN - 1.5 * TRIAD_RADIUS;
  int order[] = { 0, 1, 2 };
  float axes[3][3];

  monge_camera_get_axes (overlay->camera, axes);
  g_qsort_with_data (order, 3, sizeof *order, compare_depths, axes);
  for (int i = 0; i < 3; i++)
    draw_axis (overlay, cr, cx, cy, axes[order[i]], names[order[i]]);
}

/* Right of its place, which a ball may cover. */
static void
draw_mark (const MongeOverlay *overlay, cairo_t *cr, const MongeOverlayMark *mark, double width,
           double height)
{
  float pixel[2];

  if (!monge_camera_project (overlay->camera, mark->position, (float) width, (float) height, pixel)
      || !(pixel[0] > 0.0f && pixel[0] < width && pixel[1] > 0.0f && pixel[1] < height))
    return;
  cairo_set_source_rgba (cr, mark->colour[0], mark->colour[1], mark->colour[2], overlay->ink[3]);
  draw_text (overlay, cr, mark->name, pixel[0] + 8.0, pixel[1] - 5.0, 0.0);
}

void
monge_overlay_draw (const MongeOverlay *overlay, cairo_t *cr, double width, double height)
{
  if (overlay->colormap != NULL)
    draw_colour_bar (overlay, cr, height);
  if (overlay->camera == NULL)
    return;
  for (guint i = 0; i < overlay->n_marks; i++)
    draw_mark (overlay, cr, &overlay->marks[i], width, height);
  draw_scale_bar (overlay, cr, width, height);
  draw_triad (overlay, cr, width, height);
}
