#include "ui/space-bar.h"

/* What the bar has as data: the document for as long as it lives, and the item that it asks for. */
#define DOCUMENT "monge-document"
#define ITEM "monge-item"
#define SPACE "monge-space"
#define LABEL "monge-label"

static void
show_next (GtkWidget *bar)
{
  MongeDocument *document = g_object_get_data (G_OBJECT (bar), DOCUMENT);
  GtkLabel *label = g_object_get_data (G_OBJECT (bar), LABEL);
  MongeItem *item = NULL;
  g_autofree char *text = NULL;

  for (guint i = 0; item == NULL && i < monge_document_get_n_items (document); i++)
    if (monge_item_get_asks_space (monge_document_get_nth (document, i)))
      item = monge_document_get_nth (document, i);
  g_object_set_data (G_OBJECT (bar), ITEM, item);
  gtk_revealer_set_reveal_child (GTK_REVEALER (bar), item != NULL);
  if (item == NULL)
    return;
  text = g_strdup_printf ("Which way do the axes of %s run? Its file does not say.",
                          monge_item_get_name (item));
  gtk_label_set_text (label, text);
}

static void
on_answer (GtkButton *button, GtkWidget *bar)
{
  MongeSpace space = GPOINTER_TO_INT (g_object_get_data (G_OBJECT (button), SPACE));
  MongeDocument *document = g_object_get_data (G_OBJECT (bar), DOCUMENT);
  MongeItem *item = g_object_get_data (G_OBJECT (bar), ITEM);

  if (item != NULL)
    monge_document_set_space (document, item, space);
  show_next (bar);
}

static void
add_button (GtkWidget *bar, GtkBox *box, const char *text, const char *tip, MongeSpace space)
{
  GtkWidget *button = gtk_button_new_with_label (text);

  gtk_widget_set_tooltip_text (button, tip);
  g_object_set_data (G_OBJECT (button), SPACE, GINT_TO_POINTER (space));
  g_signal_connect (button, "clicked", G_CALLBACK (on_answer), bar);
  gtk_box_append (box, button);
}

GtkWidget *
monge_space_bar_new (MongeDocument *document)
{
  GtkWidget *bar = gtk_revealer_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  GtkWidget *label = gtk_label_new (NULL);

  gtk_widget_add_css_class (box, "message-bar");
  gtk_label_set_xalign (GTK_LABEL (label), 0.0f);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_MIDDLE);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_box_append (GTK_BOX (box), label);
  add_button (bar, GTK_BOX (box), "As _RAS", "Right, front, top, as it stands there",
              MONGE_SPACE_RAS);
  add_button (bar, GTK_BOX (box), "As _LPS (3D Slicer)", "Left, back, top: x and y are turned",
              MONGE_SPACE_LPS);
  add_button (bar, GTK_BOX (box), "Not _Now", "Leave it where it is", MONGE_SPACE_UNKNOWN);
  for (GtkWidget *child = gtk_widget_get_next_sibling (label); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    gtk_button_set_use_underline (GTK_BUTTON (child), TRUE);
  gtk_revealer_set_child (GTK_REVEALER (bar), box);
  g_object_set_data_full (G_OBJECT (bar), DOCUMENT, g_object_ref (document), g_object_unref);
  g_object_set_data (G_OBJECT (bar), LABEL, label);
  g_signal_connect_object (document, "space-wanted", G_CALLBACK (show_next), bar,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (document, "shapes-changed", G_CALLBACK (show_next), bar,
                           G_CONNECT_SWAPPED);
  show_next (bar);
  return bar;
}
