/* Scalar → colour: perceptually uniform maps, by name. No GL. Any thread. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  const char *name;        /* "viridis", "cividis", "blue-red" */
  const char *description;
  gboolean diverging;      /* to be centred on zero */
  guint8 colours[256][3];  /* sRGB, lowest scalar first */
} MongeColormap;

/* NULL if there is no such map. The maps live as long as the program. */
const MongeColormap *monge_colormap_find (const char *name);
/* NULL-terminated; the default first. */
const char *const *monge_colormap_get_names (void);

/* A map of @n colours, 256 at most, one after the other: scalars 0, 1 … with the range (0, 255) get
 * exactly these. Lives as long as the program; the same colours give the same map. Main thread. */
const MongeColormap *monge_colormap_intern (const guint8 (*colours)[3], guint n);

/* The two colours of the two shapes, everywhere (Okabe & Ito): sRGB, 0 to 1. */
extern const float monge_colour_source[3]; /* #D55E00 */
extern const float monge_colour_target[3]; /* #0072B2 */

/* Colours for labels that colour-blind people tell apart (Okabe & Ito, “Color universal design”,
 * 2008): sRGB, 0 to 1; @index is taken modulo 7. */
void monge_colour_get_label (guint index, float colour[3]);

G_END_DECLS
