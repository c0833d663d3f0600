/* How often each intensity occurs, drawn, with the level that parts them in two. */
#pragma once

#include <gtk/gtk.h>

#include "compute/volume/volume.h"

G_BEGIN_DECLS

#define MONGE_HISTOGRAM_BINS 256

/**
 * MongeCounts:
 * @counts: voxels per bin, of equal width from @lowest to @highest
 * @suggested: monge_volume_suggest_level()
 */
typedef struct {
  double lowest, highest, suggested;
  guint64 counts[MONGE_HISTOGRAM_BINS];
} MongeCounts;

/* O(voxels); any thread. Transfer full, g_free(). */
MongeCounts *monge_counts_new (const MongeVolume *volume);
/* Voxels of at least @level, to the width of a bin. */
guint64 monge_counts_get_n_above (const MongeCounts *counts, double level);

#define MONGE_TYPE_HISTOGRAM (monge_histogram_get_type ())
G_DECLARE_FINAL_TYPE (MongeHistogram, monge_histogram, MONGE, HISTOGRAM, GtkWidget)

/* Logarithmic in height. @counts: (nullable) (transfer full) */
GtkWidget *monge_histogram_new (void);
void monge_histogram_take_counts (MongeHistogram *histogram, MongeCounts *counts);
const MongeCounts *monge_histogram_get_counts (MongeHistogram *histogram); /* nullable */
void monge_histogram_set_level (MongeHistogram *histogram, double level);

G_END_DECLS
