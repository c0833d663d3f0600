/* The colour of a shape: a dot, and behind it a palette that colour-blind people tell apart. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Okabe & Ito, “Color universal design”, 2008: sRGB, 0 to 1; ends with a NULL name. */
typedef struct {
  const char *name;
  float colour[3];
} MongePaletteEntry;

extern const MongePaletteEntry monge_palette[];
/* What a colour is called: the name in the palette, or "#RRGGBB". Transfer full. */
char *monge_palette_dup_name (const float colour[3]);

#define MONGE_TYPE_SWATCH (monge_swatch_get_type ())
G_DECLARE_FINAL_TYPE (MongeSwatch, monge_swatch, MONGE, SWATCH, GtkWidget)

/* A dot of one colour; hollow where the shape is not drawn. */
GtkWidget *monge_swatch_new (const float colour[3]);
void monge_swatch_set_colour (MongeSwatch *swatch, const float colour[3]);
void monge_swatch_set_hollow (MongeSwatch *swatch, gboolean is_hollow);

#define MONGE_TYPE_COLOUR_BUTTON (monge_colour_button_get_type ())
G_DECLARE_FINAL_TYPE (MongeColourButton, monge_colour_button, MONGE, COLOUR_BUTTON, GtkWidget)

/* Signal "chosen" (): by the person. */
GtkWidget *monge_colour_button_new (void);
void monge_colour_button_set_colour (MongeColourButton *button, const float colour[3]);
void monge_colour_button_get_colour (MongeColourButton *button, float colour[3]);
void monge_colour_button_set_hollow (MongeColourButton *button, gboolean is_hollow);
/* @what: "Colour of hippocampus", for assistive technology. */
void monge_colour_button_set_label (MongeColourButton *button, const char *what);
/* Shows the palette. */
void monge_colour_button_open (MongeColourButton *button);

G_END_DECLS
