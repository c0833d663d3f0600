/* Light and dark: what the person chose, and what drawing code needs to know of it. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* Once, after GTK is up: loads style.css and remembers what the system wants. */
void monge_theme_init (GdkDisplay *display);
/* "system", "light" or "dark". */
void monge_theme_set_appearance (const char *appearance);
/* The foreground colour of @widget as the style sheet gives it. */
GdkRGBA monge_theme_get_colour (GtkWidget *widget);
/* Whether @widget is light text on dark. */
gboolean monge_theme_is_dark (GtkWidget *widget);

G_END_DECLS
