#include "ui/theme.h"

#define PREFER_DARK "gtk-application-prefer-dark-theme"

static gboolean system_prefers_dark;

void
monge_theme_init (GdkDisplay *display)
{
  g_autoptr (GtkCssProvider) provider = gtk_css_provider_new ();

  gtk_css_provider_load_from_resource (provider, "/io/github/monge/Monge/style.css");
  gtk_style_context_add_provider_for_display (display, GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  g_object_get (gtk_settings_get_for_display (display), PREFER_DARK, &system_prefers_dark, NULL);
}

void
monge_theme_set_appearance (const char *appearance)
{
  gboolean dark = system_prefers_dark;

  if (g_str_equal (appearance, "dark"))
    dark = TRUE;
  else if (g_str_equal (appearance, "light"))
    dark = FALSE;
  g_object_set (gtk_settings_get_default (), PREFER_DARK, dark, NULL);
}

GdkRGBA
monge_theme_get_colour (GtkWidget *widget)
{
  GdkRGBA colour;

  gtk_style_context_get_color (gtk_widget_get_style_context (widget), &colour);
  return colour;
}

gboolean
monge_theme_is_dark (GtkWidget *widget)
{
  GdkRGBA colour = monge_theme_get_colour (widget);

  return 0.2126f * colour.red + 0.7152f * colour.green + 0.0722f * colour.blue > 0.5f;
}
