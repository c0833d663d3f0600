#include "ui/colour-button.h"

#include <math.h>
#include <string.h>

#define DOT 12.0f     /* diameter, px */
#define SIDE 18       /* of the widget around it */
#define N_COLUMNS 4

#define RGB(r, g, b) { r / 255.0f, g / 255.0f, b / 255.0f }

const MongePaletteEntry monge_palette[] = {
  { "Vermillion", RGB (0xd5, 0x5e, 0x00) },
  { "Blue", RGB (0x00, 0x72, 0xb2) },
  { "Bluish green", RGB (0x00, 0x9e, 0x73) },
  { "Reddish purple", RGB (0xcc, 0x79, 0xa7) },
  { "Orange", RGB (0xe6, 0x9f, 0x00) },
  { "Sky blue", RGB (0x56, 0xb4, 0xe9) },
  { "Yellow", RGB (0xf0, 0xe4, 0x42) },
  { "Grey", RGB (0x99, 0x99, 0x99) },
  { NULL, { 0 } },
};

static gboolean
is_same (const float a[3], const float b[3])
{
  for (int k = 0; k < 3; k++)
    if (!(fabsf (a[k] - b[k]) < 0.5f / 255.0f))
      return FALSE;
  return TRUE;
}

char *
monge_palette_dup_name (const float colour[3])
{
  for (const MongePaletteEntry *entry = monge_palette; entry->name != NULL; entry++)
    if (is_same (entry->colour, colour))
      return g_strdup (entry->name);
  return g_strdup_printf ("#%02X%02X%02X", (guint) lroundf (255.0f * colour[0]),
                          (guint) lroundf (255.0f * colour[1]),
                          (guint) lroundf (255.0f * colour[2]));
}

/* The dot */

struct _MongeSwatch {
  GtkWidget parent_instance;

  float colour[3];
  gboolean is_hollow;
};

G_DEFINE_FINAL_TYPE (MongeSwatch, monge_swatch, GTK_TYPE_WIDGET)

static void
monge_swatch_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  MongeSwatch *swatch = MONGE_SWATCH (widget);
  float x = 0.5f * ((float) gtk_widget_get_width (widget) - DOT);
  float y = 0.5f * ((float) gtk_widget_get_height (widget) - DOT);
  const GdkRGBA colour = { swatch->colour[0], swatch->colour[1], swatch->colour[2], 1.0f };
  const float widths[4] = { 2.0f, 2.0f, 2.0f, 2.0f };
  const GdkRGBA colours[4] = { colour, colour, colour, colour };
  GskRoundedRect outline;

  gsk_rounded_rect_init_from_rect (&outline, &GRAPHENE_RECT_INIT (x, y, DOT, DOT), DOT / 2.0f);
  if (swatch->is_hollow)
    {
      gtk_snapshot_append_border (snapshot, &outline, widths, colours);
      return;
    }
  gtk_snapshot_push_rounded_clip (snapshot, &outline);
  gtk_snapshot_append_color (snapshot, &colour, &outline.bounds);
  gtk_snapshot_pop (snapshot);
}

static void
monge_swatch_measure (GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
                      int *natural, int *minimum_baseline, int *natural_baseline)
{
  *minimum = *natural = SIDE;
}

static void
monge_swatch_class_init (MongeSwatchClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  widget_class->snapshot = monge_swatch_snapshot;
  widget_class->measure = monge_swatch_measure;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
monge_swatch_init (MongeSwatch *swatch)
{
  gtk_widget_set_halign (GTK_WIDGET (swatch), GTK_ALIGN_CENTER);
  gtk_widget_set_valign (GTK_WIDGET (swatch), GTK_ALIGN_CENTER);
}

GtkWidget *
monge_swatch_new (const float colour[3])
{
  MongeSwatch *swatch = g_object_new (MONGE_TYPE_SWATCH, NULL);

  memcpy (swatch->colour, colour, sizeof swatch->colour);
  return GTK_WIDGET (swatch);
}

void
monge_swatch_set_colour (MongeSwatch *swatch, const float colour[3])
{
  memcpy (swatch->colour, colour, sizeof swatch->colour);
  gtk_widget_queue_draw (GTK_WIDGET (swatch));
}

void
monge_swatch_set_hollow (MongeSwatch *swatch, gboolean is_hollow)
{
  swatch->is_hollow = is_hollow;
  gtk_widget_queue_draw (GTK_WIDGET (swatch));
}

/* The button */

struct _MongeColourButton {
  GtkWidget parent_instance;

  GtkWidget *button; /* GtkMenuButton */
  GtkWidget *swatch;
  char *label;
  float colour[3];
};

enum {
  CHOSEN,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (MongeColourButton, monge_colour_button, GTK_TYPE_WIDGET)

static void
on_clicked (GtkButton *clicked, MongeColourButton *button)
{
  const MongePaletteEntry *entry = g_object_get_data (G_OBJECT (clicked), "entry");

  gtk_menu_button_popdown (GTK_MENU_BUTTON (button->button));
  monge_colour_button_set_colour (button, entry->colour);
  g_signal_emit (button, signals[CHOSEN], 0);
}

static GtkWidget *
build_choice (MongeColourButton *button, const MongePaletteEntry *entry)
{
  GtkWidget *choice = gtk_button_new ();

  gtk_button_set_child (GTK_BUTTON (choice), monge_swatch_new (entry->colour));
  gtk_widget_add_css_class (choice, "flat");
  gtk_widget_add_css_class (choice, "colour");
  gtk_widget_set_tooltip_text (choice, entry->name);
  gtk_accessible_update_property (GTK_ACCESSIBLE (choice), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  entry->name, -1);
  g_object_set_data (G_OBJECT (choice), "entry", (gpointer) entry);
  g_signal_connect (choice, "clicked", G_CALLBACK (on_clicked), button);
  return choice;
}

/* Made when it is first wanted: a list of shapes has one button a row. */
static void
build_popover (GtkMenuButton *menu_button, gpointer user_data)
{
  GtkWidget *popover, *grid;

  if (gtk_menu_button_get_popover (menu_button) != NULL)
    return;
  popover = gtk_popover_new ();
  grid = gtk_grid_new ();
  for (int i = 0; monge_palette[i].name != NULL; i++)
    gtk_grid_attach (GTK_GRID (grid), build_choice (user_data, &monge_palette[i]), i % N_COLUMNS,
                     i / N_COLUMNS, 1, 1);
  gtk_popover_set_child (GTK_POPOVER (popover), grid);
  gtk_menu_button_set_popover (menu_button, popover);
}

static void
monge_colour_button_dispose (GObject *object)
{
  MongeColourButton *button = MONGE_COLOUR_BUTTON (object);

  g_clear_pointer (&button->button, gtk_widget_unparent);
  g_clear_pointer (&button->label, g_free);
  G_OBJECT_CLASS (monge_colour_button_parent_class)->dispose (object);
}

static void
monge_colour_button_class_init (MongeColourButtonClass *class)
{
  G_OBJECT_CLASS (class)->dispose = monge_colour_button_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (class), GTK_TYPE_BIN_LAYOUT);
  signals[CHOSEN] = g_signal_new ("chosen", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 0);
}

static void
monge_colour_button_init (MongeColourButton *button)
{
  button->label = g_strdup ("Colour");
  button->swatch = monge_swatch_new (button->colour);
  button->button = gtk_menu_button_new ();
  gtk_menu_button_set_child (GTK_MENU_BUTTON (button->button), button->swatch);
  gtk_menu_button_set_create_popup_func (GTK_MENU_BUTTON (button->button), build_popover, button,
                                         NULL);
  gtk_menu_button_set_has_frame (GTK_MENU_BUTTON (button->button), FALSE);
  gtk_widget_add_css_class (button->button, "colour");
  gtk_widget_set_focus_on_click (button->button, FALSE);
  gtk_widget_set_valign (button->button, GTK_ALIGN_CENTER);
  gtk_widget_set_parent (button->button, GTK_WIDGET (button));
}

GtkWidget *
monge_colour_button_new (void)
{
  return g_object_new (MONGE_TYPE_COLOUR_BUTTON, NULL);
}

static void
describe (MongeColourButton *button)
{
  g_autofree char *name = monge_palette_dup_name (button->colour);
  g_autofree char *text = g_strdup_printf ("%s: %s", button->label, name);

  gtk_widget_set_tooltip_text (button->button, text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button->button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  text, -1);
}

void
monge_colour_button_set_colour (MongeColourButton *button, const float colour[3])
{
  memcpy (button->colour, colour, sizeof button->colour);
  monge_swatch_set_colour (MONGE_SWATCH (button->swatch), colour);
  describe (button);
}

void
monge_colour_button_get_colour (MongeColourButton *button, float colour[3])
{
  memcpy (colour, button->colour, sizeof button->colour);
}

void
monge_colour_button_set_hollow (MongeColourButton *button, gboolean is_hollow)
{
  monge_swatch_set_hollow (MONGE_SWATCH (button->swatch), is_hollow);
}

void
monge_colour_button_set_label (MongeColourButton *button, const char *what)
{
  g_free (button->label);
  button->label = g_strdup (what);
  describe (button);
}

void
monge_colour_button_open (MongeColourButton *button)
{
  gtk_menu_button_popup (GTK_MENU_BUTTON (button->button));
}
