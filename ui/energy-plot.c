#include "ui/energy-plot.h"

#include <math.h>

#include "compute/flow/runner.h"
#include "ui/text.h"
#include "ui/theme.h"

#define LEFT 46.0
#define RIGHT 46.0
#define TOP 20.0
#define BOTTOM 18.0
#define TICK_HEIGHT 14.0 /* what a tick label needs */

struct _MongeEnergyPlot {
  GtkWidget parent_instance;

  GArray *samples;
  guint n_steps;
  double tol;
  char *unit;
};

G_DEFINE_FINAL_TYPE (MongeEnergyPlot, monge_energy_plot, GTK_TYPE_WIDGET)

/* A logarithmic axis over whole decades, or a part of one when the data span less. */
typedef struct {
  double low, high; /* log10 */
} Axis;

/* One curve: which field of MongeSample, its axis, how it looks. */
typedef struct {
  const char *name;
  gsize offset;
  gboolean on_right;
  gboolean is_dashed;
  double light[3], dark[3];
} Curve;

static const Curve curves[] = {
  { "Loss", offsetof (MongeSample, loss), FALSE, FALSE,
    { 0.13, 0.13, 0.14 }, { 0.93, 0.93, 0.92 } },
  { "Marginal error", offsetof (MongeSample, marginal_error), TRUE, TRUE,
    { 0.0, 0.50, 0.37 }, { 0.20, 0.78, 0.60 } },
};

typedef struct {
  MongeEnergyPlot *plot;
  cairo_t *cr;
  double x, y, width, height; /* of the frame */
  GdkRGBA ink;
  gboolean dark;
  double last_step;
} Canvas;

static double
get_value (const Curve *curve, const MongeSample *sample)
{
  return G_STRUCT_MEMBER (double, sample, curve->offset);
}

static Axis
find_axis (MongeEnergyPlot *plot, const Curve *curve)
{
  Axis axis = { INFINITY, -INFINITY };

  for (guint i = 0; plot->samples != NULL && i < plot->samples->len; i++)
    {
      double value = get_value (curve, &g_array_index (plot->samples, MongeSample, i));

      if (value > 0.0 && isfinite (value))
        {
          axis.low = MIN (axis.low, log10 (value));
          axis.high = MAX (axis.high, log10 (value));
        }
    }
  if (axis.low > axis.high)
    return (Axis) { -3.0, 0.0 };
  if (curve->on_right && plot->tol > 0.0)
    {
      axis.low = MIN (axis.low, log10 (plot->tol) - 0.5);
      axis.high = MAX (axis.high, log10 (plot->tol) + 0.5);
    }
  axis.low = floor (axis.low + 0.02);
  axis.high = ceil (axis.high - 0.02);
  if (axis.high - axis.low < 1.0)
    axis.high = axis.low + 1.0;
  return axis;
}

static void
set_colour (Canvas *canvas, const Curve *curve)
{
  const double *colour = canvas->dark ? curve->dark : curve->light;

  cairo_set_source_rgb (canvas->cr, colour[0], colour[1], colour[2]);
}

static void
set_ink (Canvas *canvas, double alpha)
{
  cairo_set_source_rgba (canvas->cr, canvas->ink.red, canvas->ink.green, canvas->ink.blue, alpha);
}

static double
to_x (Canvas *canvas, double step)
{
  return canvas->x + canvas->width * step / canvas->last_step;
}

static double
to_y (Canvas *canvas, Axis axis, double exponent)
{
  double t = (exponent - axis.low) / (axis.high - axis.low);

  return canvas->y + canvas->height * (1.0 - CLAMP (t, 0.0, 1.0));
}

/* Returns the width. */
static double
draw_markup (Canvas *canvas, const char *markup, double x, double y, double x_align, double y_align)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (canvas->plot), NULL);
  int width, height;

  pango_layout_set_markup (layout, markup, -1);
  pango_layout_get_pixel_size (layout, &width, &height);
  cairo_move_to (canvas->cr, round (x - x_align * width), round (y - y_align * height));
  pango_cairo_show_layout (canvas->cr, layout);
  return width;
}

static void
draw_decade (Canvas *canvas, const Curve *curve, Axis axis, int exponent)
{
  double y = round (to_y (canvas, axis, exponent)) - 0.5;
  g_autofree char *label = NULL;

  if (axis.low >= -2.0 && axis.high <= 3.0)
    label = g_strdup_printf ("%g", pow (10.0, exponent));
  else if (exponent == 0)
    label = g_strdup ("1");
  else
    label = g_strdup_printf ("10<sup>%s%d</sup>", exponent < 0 ? "−" : "", ABS (exponent));
  if (!curve->on_right)
    {
      set_ink (canvas, 0.10);
      cairo_rectangle (canvas->cr, canvas->x, y, canvas->width, 1.0);
      cairo_fill (canvas->cr);
    }
  set_colour (canvas, curve);
  draw_markup (canvas, label, curve->on_right ? canvas->x + canvas->width + 6.0 : canvas->x - 6.0,
               y, curve->on_right ? 0.0 : 1.0, 0.5);
}

static void
draw_axis (Canvas *canvas, const Curve *curve, Axis axis)
{
  int every = (int) ceil ((axis.high - axis.low) * TICK_HEIGHT / canvas->height);

  every = MAX (every, 1);
  for (int k = (int) axis.low; k <= (int) axis.high; k++)
    if ((k - (int) axis.low) % every == 0)
      draw_decade (canvas, curve, axis, k);
}

static void
draw_curve (Canvas *canvas, const Curve *curve, Axis axis)
{
  static const double dashes[] = { 4.0, 3.0 };
  GArray *samples = canvas->plot->samples;
  gboolean is_open = FALSE;
  double x = 0.0, y = 0.0;

  cairo_save (canvas->cr);
  set_colour (canvas, curve);
  cairo_set_line_width (canvas->cr, 1.5);
  cairo_set_line_join (canvas->cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_dash (canvas->cr, dashes, curve->is_dashed ? 2 : 0, 0.0);
  for (guint i = 0; i < samples->len; i++)
    {
      const MongeSample *sample = &g_array_index (samples, MongeSample, i);
      double value = get_value (curve, sample);

      if (!(value > 0.0) || !isfinite (value))
        {
          is_open = FALSE;
          continue;
        }
      x = to_x (canvas, sample->step);
      y = to_y (canvas, axis, log10 (value));
      if (is_open)
        cairo_line_to (canvas->cr, x, y);
      else
        cairo_move_to (canvas->cr, x, y);
      is_open = TRUE;
    }
  cairo_stroke (canvas->cr);
  if (is_open)
    cairo_arc (canvas->cr, x, y, 2.5, 0.0, 2.0 * G_PI);
  cairo_fill (canvas->cr);
  cairo_restore (canvas->cr);
}

/* Under this line a step has converged. */
static void
draw_tolerance (Canvas *canvas)
{
  const Curve *curve = &curves[1];
  Axis axis = find_axis (canvas->plot, curve);
  double exponent = log10 (canvas->plot->tol);
  double y = round (to_y (canvas, axis, exponent)) - 0.5;

  if (!(exponent >= axis.low && exponent <= axis.high))
    return;
  cairo_save (canvas->cr);
  set_colour (canvas, curve);
  cairo_rectangle (canvas->cr, canvas->x, y, canvas->width, 1.0);
  cairo_clip (canvas->cr);
  cairo_paint_with_alpha (canvas->cr, 0.35);
  cairo_restore (canvas->cr);
}

static double
round_up_tick (double value)
{
  double decade = pow (10.0, floor (log10 (value)));
  double digit = value / decade;

  return decade * (digit <= 1.0 ? 1.0 : digit <= 2.0 ? 2.0 : digit <= 5.0 ? 5.0 : 10.0);
}

static void
draw_steps (Canvas *canvas)
{
  double every = MAX (1.0, round_up_tick (canvas->last_step * 56.0 / canvas->width));
  double y = canvas->y + canvas->height;

  for (double step = 0.0; step <= canvas->last_step + 0.5; step += every)
    {
      g_autofree char *label = g_strdup_printf ("%.0f", step);
      double x = round (to_x (canvas, step)) - 0.5;

      set_ink (canvas, 0.35);
      cairo_rectangle (canvas->cr, x, y, 1.0, 3.0);
      cairo_fill (canvas->cr);
      set_ink (canvas, 0.75);
      draw_markup (canvas, label, x, y + 3.0, 0.5, 0.0);
    }
}

/* Names over the axes they belong to, each with a piece of its line. */
static void
draw_legend (Canvas *canvas, const Curve *curve)
{
  static const double dashes[] = { 4.0, 3.0 };
  const char *unit = canvas->plot->unit;
  g_autofree char *name = NULL;
  double x = curve->on_right ? canvas->x + canvas->width : canvas->x;
  double sign = curve->on_right ? -1.0 : 1.0;

  name = !curve->on_right && unit != NULL ? g_strdup_printf ("%s, %s", curve->name, unit)
                                          : g_strdup (curve->name);
  set_colour (canvas, curve);
  cairo_set_line_width (canvas->cr, 1.5);
  cairo_set_dash (canvas->cr, dashes, curve->is_dashed ? 2 : 0, 0.0);
  cairo_move_to (canvas->cr, x, TOP / 2.0 - 0.5);
  cairo_line_to (canvas->cr, x + sign * 18.0, TOP / 2.0 - 0.5);
  cairo_stroke (canvas->cr);
  cairo_set_dash (canvas->cr, dashes, 0, 0.0);
  draw_markup (canvas, name, x + sign * 23.0, TOP / 2.0 - 1.0, curve->on_right ? 1.0 : 0.0, 0.5);
}

static void
draw_frame (Canvas *canvas)
{
  set_ink (canvas, 0.35);
  cairo_rectangle (canvas->cr, canvas->x - 1.0, canvas->y, 1.0, canvas->height);
  cairo_rectangle (canvas->cr, canvas->x + canvas->width, canvas->y, 1.0, canvas->height);
  cairo_rectangle (canvas->cr, canvas->x - 1.0, canvas->y + canvas->height, canvas->width + 2.0,
                   1.0);
  cairo_fill (canvas->cr);
  set_ink (canvas, 0.75);
  draw_markup (canvas, "step", canvas->x - 12.0, canvas->y + canvas->height + 3.0, 1.0, 0.0);
}

static void
monge_energy_plot_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  MongeEnergyPlot *plot = MONGE_ENERGY_PLOT (widget);
  int width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  Canvas canvas = { .plot = plot, .x = LEFT, .y = TOP, .width = width - LEFT - RIGHT,
                    .height = height - TOP - BOTTOM, .last_step = MAX (plot->n_steps, 1) };

  if (canvas.width < 20.0 || canvas.height < 20.0)
    return;
  if (plot->samples != NULL && plot->samples->len > 0)
    canvas.last_step = MAX (canvas.last_step, g_array_index (plot->samples, MongeSample,
                                                             plot->samples->len - 1).step);
  canvas.ink = monge_theme_get_colour (widget);
  canvas.dark = monge_theme_is_dark (widget);
  canvas.cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, width, height));
  for (gsize i = 0; i < G_N_ELEMENTS (curves); i++)
    {
      draw_axis (&canvas, &curves[i], find_axis (plot, &curves[i]));
      draw_legend (&canvas, &curves[i]);
    }
  draw_tolerance (&canvas);
  draw_frame (&canvas);
  draw_steps (&canvas);
  for (gsize i = 0; i < G_N_ELEMENTS (curves) && plot->samples != NULL; i++)
    draw_curve (&canvas, &curves[i], find_axis (plot, &curves[i]));
  cairo_destroy (canvas.cr);
}

static void
monge_energy_plot_measure (GtkWidget *widget, GtkOrientation orientation, int for_size,
                           int *minimum, int *natural, int *minimum_baseline,
                           int *natural_baseline)
{
  *minimum = orientation == GTK_ORIENTATION_HORIZONTAL ? 240 : 104;
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? 420 : 128;
}

static void
monge_energy_plot_finalize (GObject *object)
{
  MongeEnergyPlot *plot = MONGE_ENERGY_PLOT (object);

  g_clear_pointer (&plot->samples, g_array_unref);
  g_free (plot->unit);
  G_OBJECT_CLASS (monge_energy_plot_parent_class)->finalize (object);
}

static void
monge_energy_plot_class_init (MongeEnergyPlotClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = monge_energy_plot_finalize;
  widget_class->snapshot = monge_energy_plot_snapshot;
  widget_class->measure = monge_energy_plot_measure;
  gtk_widget_class_set_css_name (widget_class, "energyplot");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
monge_energy_plot_init (MongeEnergyPlot *plot)
{
  plot->n_steps = 30;
  gtk_accessible_update_property (GTK_ACCESSIBLE (plot), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  "Loss and marginal error against step", -1);
}

void
monge_energy_plot_update (MongeEnergyPlot *plot, GArray *samples, guint n_steps, double tol,
                          const char *unit)
{
  if (plot->samples != samples)
    {
      g_clear_pointer (&plot->samples, g_array_unref);
      plot->samples = g_array_ref (samples);
    }
  plot->n_steps = n_steps;
  plot->tol = tol;
  if (g_strcmp0 (plot->unit, unit) != 0)
    {
      g_free (plot->unit);
      plot->unit = g_strdup (unit);
    }
  gtk_widget_queue_draw (GTK_WIDGET (plot));
}
