#include "ui/histogram.h"

#include <math.h>

#define HEIGHT 96
#define WIDTH 240

MongeCounts *
monge_counts_new (const MongeVolume *volume)
{
  MongeCounts *counts = g_new0 (MongeCounts, 1);
  const guint *size = monge_volume_get_size (volume);
  const float *values = monge_volume_get_intensities (volume);
  gsize n = (gsize) size[0] * size[1] * size[2];
  float lowest, highest, scale;

  monge_volume_get_range (volume, &lowest, &highest);
  counts->lowest = lowest;
  counts->highest = highest;
  counts->suggested = monge_volume_suggest_level (volume);
  scale = highest > lowest ? MONGE_HISTOGRAM_BINS / (highest - lowest) : 0.0f;
  for (gsize i = 0; i < n; i++)
    {
      float bin = (values[i] - lowest) * scale;

      if (bin >= 0.0f) /* not for NaN */
        counts->counts[MIN ((int) bin, MONGE_HISTOGRAM_BINS - 1)]++;
    }
  return counts;
}

guint64
monge_counts_get_n_above (const MongeCounts *counts, double level)
{
  double width = (counts->highest - counts->lowest) / MONGE_HISTOGRAM_BINS;
  int first = width > 0.0 ? (int) ceil (CLAMP ((level - counts->lowest) / width, 0.0,
                                               MONGE_HISTOGRAM_BINS) - 1e-6) : 0;
  guint64 n = 0;

  for (int i = first; i < MONGE_HISTOGRAM_BINS; i++)
    n += counts->counts[i];
  return n;
}

/* The drawing */

struct _MongeHistogram {
  GtkWidget parent_instance;

  MongeCounts *counts;
  double level;
};

G_DEFINE_FINAL_TYPE (MongeHistogram, monge_histogram, GTK_TYPE_WIDGET)

static double
find_tallest (const MongeCounts *counts)
{
  guint64 tallest = 1;

  for (int i = 0; i < MONGE_HISTOGRAM_BINS; i++)
    tallest = MAX (tallest, counts->counts[i]);
  return log1p ((double) tallest);
}

/* A shape is what lies above the level: in the colour of the source. */
static void
draw_bars (MongeHistogram *histogram, cairo_t *cr, double width, double height,
           const GdkRGBA *ink)
{
  const MongeCounts *counts = histogram->counts;
  double tallest = find_tallest (counts), step = width / MONGE_HISTOGRAM_BINS;
  double bin_width = (counts->highest - counts->lowest) / MONGE_HISTOGRAM_BINS;

  for (int i = 0; i < MONGE_HISTOGRAM_BINS; i++)
    {
      double bar = height * log1p ((double) counts->counts[i]) / tallest;
      gboolean is_inside = counts->lowest + (i + 0.5) * bin_width >= histogram->level;

      if (is_inside)
        cairo_set_source_rgb (cr, 0xd5 / 255.0, 0x5e / 255.0, 0.0);
      else
        cairo_set_source_rgba (cr, ink->red, ink->green, ink->blue, 0.35);
      cairo_rectangle (cr, i * step, height - bar, step + 0.3, bar);
      cairo_fill (cr);
    }
}

static void
draw_level (MongeHistogram *histogram, cairo_t *cr, double width, double height,
            const GdkRGBA *ink)
{
  const MongeCounts *counts = histogram->counts;
  double range = counts->highest - counts->lowest;
  double x = range > 0.0 ? width * CLAMP ((histogram->level - counts->lowest) / range, 0.0, 1.0)
                         : 0.0;

  cairo_set_source_rgba (cr, ink->red, ink->green, ink->blue, 0.9);
  cairo_rectangle (cr, CLAMP (x - 0.5, 0.0, width - 1.0), 0.0, 1.0, height);
  cairo_fill (cr);
}

static void
monge_histogram_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  MongeHistogram *histogram = MONGE_HISTOGRAM (widget);
  double width = gtk_widget_get_width (widget), height = gtk_widget_get_height (widget);
  cairo_t *cr = gtk_snapshot_append_cairo (
      snapshot, &GRAPHENE_RECT_INIT (0.0f, 0.0f, (float) width, (float) height));
  GdkRGBA ink;

G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &ink);
G_GNUC_END_IGNORE_DEPRECATIONS
  if (histogram->counts != NULL)
    {
      draw_bars (histogram, cr, width, height, &ink);
      draw_level (histogram, cr, width, height, &ink);
    }
  cairo_set_source_rgba (cr, ink.red, ink.green, ink.blue, 0.3);
  cairo_rectangle (cr, 0.0, height - 1.0, width, 1.0);
  cairo_fill (cr);
  cairo_destroy (cr);
}

static void
monge_histogram_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
                         int *natural, int *minimum_baseline, int *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? WIDTH : HEIGHT;
}

static void
monge_histogram_finalize (GObject *object)
{
  g_free (MONGE_HISTOGRAM (object)->counts);
  G_OBJECT_CLASS (monge_histogram_parent_class)->finalize (object);
}

static void
monge_histogram_class_init (MongeHistogramClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = monge_histogram_finalize;
  widget_class->snapshot = monge_histogram_snapshot;
  widget_class->measure = monge_histogram_measure;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
monge_histogram_init (MongeHistogram *histogram)
{
  histogram->level = INFINITY;
  gtk_widget_set_hexpand (GTK_WIDGET (histogram), TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (histogram), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  "How often each intensity occurs", -1);
}

GtkWidget *
monge_histogram_new (void)
{
  return g_object_new (MONGE_TYPE_HISTOGRAM, NULL);
}

void
monge_histogram_take_counts (MongeHistogram *histogram, MongeCounts *counts)
{
  g_free (histogram->counts);
  histogram->counts = counts;
  gtk_widget_queue_draw (GTK_WIDGET (histogram));
}

const MongeCounts *
monge_histogram_get_counts (MongeHistogram *histogram)
{
  return histogram->counts;
}

void
monge_histogram_set_level (MongeHistogram *histogram, double level)
{
  histogram->level = level;
  gtk_widget_queue_draw (GTK_WIDGET (histogram));
}
