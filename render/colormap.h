/* Scalar → colour: perceptually uniform maps, by name. No GL. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  const char *name;        /* "viridis", "cividis", "blue-red" */
  const char *description;
  gboolean diverging;      /* centred on zero */
  guint8 colours[256][3];  /* sRGB */
} MongeColormap;

const MongeColormap *monge_colormap_find (const char *name);
/* NULL-terminated. */
const char *const *monge_colormap_get_names (void);

/* The two colours of the two shapes, everywhere (Okabe & Ito): sRGB, 0 to 1. */
extern const float monge_colour_source[3]; /* #D55E00 */
extern const float monge_colour_target[3]; /* #0072B2 */

G_END_DECLS
