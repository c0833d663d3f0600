#include "ui/label-chooser.h"

#include <string.h>

#include "ui/text.h"

/* One line of the list. */
#define MONGE_TYPE_LABEL_ITEM (monge_label_item_get_type ())
G_DECLARE_FINAL_TYPE (MongeLabelItem, monge_label_item, MONGE, LABEL_ITEM, GObject)

struct _MongeLabelItem {
  GObject parent_instance;

  gint32 label;
  gsize n_voxels;
  double volume;   /* mm³ */
  char *name;
  char *key;       /* what a search looks through, folded */
};

G_DEFINE_FINAL_TYPE (MongeLabelItem, monge_label_item, G_TYPE_OBJECT)

static void
monge_label_item_finalize (GObject *object)
{
  MongeLabelItem *item = MONGE_LABEL_ITEM (object);

  g_free (item->name);
  g_free (item->key);
  G_OBJECT_CLASS (monge_label_item_parent_class)->finalize (object);
}

static void
monge_label_item_class_init (MongeLabelItemClass *class)
{
  G_OBJECT_CLASS (class)->finalize = monge_label_item_finalize;
}

static void
monge_label_item_init (MongeLabelItem *item)
{
}

static MongeLabelItem *
label_item_new (const MongeLabel *label, double voxel_size)
{
  MongeLabelItem *item = g_object_new (MONGE_TYPE_LABEL_ITEM, NULL);
  g_autofree char *text = NULL;

  item->label = label->label;
  item->n_voxels = label->n_voxels;
  item->volume = (double) label->n_voxels * voxel_size;
  item->name = g_strdup (label->name != NULL ? label->name : "");
  text = g_strdup_printf ("%d %s", label->label, item->name);
  item->key = g_utf8_casefold (text, -1);
  return item;
}

struct _MongeLabelChooser {
  GtkWindow parent_instance;

  GtkWidget *open;
  GtkWidget *search;
  GtkColumnView *list;
  GtkCheckButton *surface, *voxels;
  GtkLabel *summary;

  GListStore *items;
  GtkFilter *filter;
  GtkMultiSelection *selection;
  char *needle;

  MongeDocument *document;
  MongeItem *item;
};

G_DEFINE_FINAL_TYPE (MongeLabelChooser, monge_label_chooser, GTK_TYPE_WINDOW)

/* What each column shows of an item; transfer full. */
typedef char *(*PrintFunc) (const MongeLabelItem *item);

static char *
print_label (const MongeLabelItem *item)
{
  return g_strdup_printf ("%d", item->label);
}

static char *
print_name (const MongeLabelItem *item)
{
  return g_strdup (*item->name != '\0' ? item->name : "–");
}

static char *
print_voxels (const MongeLabelItem *item)
{
  return monge_text_count (item->n_voxels);
}

static char *
print_volume (const MongeLabelItem *item)
{
  if (item->volume >= 100.0)
    return monge_text_count ((gsize) (item->volume + 0.5));
  return monge_text_number (item->volume);
}

static void
on_setup (GtkListItemFactory *factory, GtkListItem *list_item, gpointer print)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), print == print_name ? 0.0f : 1.0f);
  gtk_label_set_ellipsize (GTK_LABEL (label), print == print_name ? PANGO_ELLIPSIZE_END
                                                                   : PANGO_ELLIPSIZE_NONE);
  gtk_widget_add_css_class (label, "numeric");
  gtk_list_item_set_child (list_item, label);
}

static void
on_bind (GtkListItemFactory *factory, GtkListItem *list_item, gpointer print)
{
  MongeLabelItem *item = gtk_list_item_get_item (list_item);
  g_autofree char *text = ((PrintFunc) print) (item);

  gtk_label_set_text (GTK_LABEL (gtk_list_item_get_child (list_item)), text);
}

static void
add_column (MongeLabelChooser *chooser, const char *title, PrintFunc print, gboolean expand)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkColumnViewColumn) column = NULL;

  g_signal_connect (factory, "setup", G_CALLBACK (on_setup), print);
  g_signal_connect (factory, "bind", G_CALLBACK (on_bind), print);
  column = gtk_column_view_column_new (title, factory);
  gtk_column_view_column_set_expand (column, expand);
  gtk_column_view_append_column (chooser->list, column);
}

static gboolean
matches (gpointer object, gpointer user_data)
{
  MongeLabelChooser *chooser = user_data;

  return chooser->needle == NULL
         || strstr (MONGE_LABEL_ITEM (object)->key, chooser->needle) != NULL;
}

static void
on_search (GtkSearchEntry *search, MongeLabelChooser *chooser)
{
  g_free (chooser->needle);
  chooser->needle = g_utf8_casefold (gtk_editable_get_text (GTK_EDITABLE (search)), -1);
  gtk_filter_changed (chooser->filter, GTK_FILTER_CHANGE_DIFFERENT);
  if (g_list_model_get_n_items (G_LIST_MODEL (chooser->selection)) == 1)
    gtk_selection_model_select_item (GTK_SELECTION_MODEL (chooser->selection), 0, TRUE);
}

static GArray *
get_selected (MongeLabelChooser *chooser, double *volume)
{
  g_autoptr (GtkBitset) chosen =
      gtk_selection_model_get_selection (GTK_SELECTION_MODEL (chooser->selection));
  GArray *labels = g_array_new (FALSE, FALSE, sizeof (gint32));

  *volume = 0.0;
  for (guint64 i = 0; i < gtk_bitset_get_size (chosen); i++)
    {
      g_autoptr (MongeLabelItem) item =
          g_list_model_get_item (G_LIST_MODEL (chooser->selection),
                                 gtk_bitset_get_nth (chosen, (guint) i));

      g_array_append_val (labels, item->label);
      *volume += item->volume;
    }
  return labels;
}

static void
on_selection_changed (GtkSelectionModel *model, guint position, guint n_items,
                      MongeLabelChooser *chooser)
{
  double volume;
  g_autoptr (GArray) labels = get_selected (chooser, &volume);
  g_autofree char *text = NULL;

  gtk_widget_set_sensitive (chooser->open, labels->len > 0);
  if (labels->len > 0)
    {
      g_autofree char *size = monge_text_count ((gsize) (volume + 0.5));

      text = labels->len == 1 ? g_strdup_printf ("1 label, %s mm³", size)
                              : g_strdup_printf ("%u labels together, %s mm³", labels->len, size);
    }
  gtk_label_set_text (chooser->summary, text != NULL ? text : "");
}

static void
on_open (GtkWidget *widget, MongeLabelChooser *chooser)
{
  double volume;
  g_autoptr (GArray) labels = get_selected (chooser, &volume);

  if (labels->len > 0)
    monge_label_chooser_choose (chooser, (gint32 *) labels->data, labels->len,
                                gtk_check_button_get_active (chooser->voxels));
}

/* Enter in the search takes the first hit when nothing was chosen. */
static void
on_search_activated (GtkSearchEntry *search, MongeLabelChooser *chooser)
{
  GtkSelectionModel *model = GTK_SELECTION_MODEL (chooser->selection);
  g_autoptr (GtkBitset) chosen = gtk_selection_model_get_selection (model);

  if (gtk_bitset_is_empty (chosen) && g_list_model_get_n_items (G_LIST_MODEL (model)) > 0)
    gtk_selection_model_select_item (model, 0, TRUE);
  on_open (GTK_WIDGET (search), chooser);
}

static void
on_activate (GtkColumnView *list, guint position, MongeLabelChooser *chooser)
{
  gtk_selection_model_select_item (GTK_SELECTION_MODEL (chooser->selection), position, TRUE);
  on_open (GTK_WIDGET (list), chooser);
}

static void
monge_label_chooser_dispose (GObject *object)
{
  MongeLabelChooser *chooser = MONGE_LABEL_CHOOSER (object);

  g_clear_object (&chooser->selection);
  if (chooser->item != NULL && monge_item_get_state (chooser->item) == MONGE_ITEM_ASKING)
    monge_document_cancel (chooser->document, chooser->item);
  g_clear_object (&chooser->item);
  g_clear_object (&chooser->document);
  G_OBJECT_CLASS (monge_label_chooser_parent_class)->dispose (object);
}

static void
monge_label_chooser_finalize (GObject *object)
{
  g_free (MONGE_LABEL_CHOOSER (object)->needle);
  G_OBJECT_CLASS (monge_label_chooser_parent_class)->finalize (object);
}

static void
monge_label_chooser_class_init (MongeLabelChooserClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = monge_label_chooser_dispose;
  G_OBJECT_CLASS (class)->finalize = monge_label_chooser_finalize;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/monge/Monge/ui/label-chooser.ui");
  gtk_widget_class_bind_template_child (widget_class, MongeLabelChooser, open);
  gtk_widget_class_bind_template_child (widget_class, MongeLabelChooser, search);
  gtk_widget_class_bind_template_child (widget_class, MongeLabelChooser, list);
  gtk_widget_class_bind_template_child (widget_class, MongeLabelChooser, surface);
  gtk_widget_class_bind_template_child (widget_class, MongeLabelChooser, voxels);
  gtk_widget_class_bind_template_child (widget_class, MongeLabelChooser, summary);
  gtk_widget_class_bind_template_callback (widget_class, on_open);
  gtk_widget_class_bind_template_callback (widget_class, on_search);
  gtk_widget_class_bind_template_callback (widget_class, on_search_activated);
  gtk_widget_class_bind_template_callback (widget_class, on_activate);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
monge_label_chooser_init (MongeLabelChooser *chooser)
{
  GtkFilterListModel *filtered;

  gtk_widget_init_template (GTK_WIDGET (chooser));
  chooser->items = g_list_store_new (MONGE_TYPE_LABEL_ITEM);
  chooser->filter = GTK_FILTER (gtk_custom_filter_new (matches, chooser, NULL));
  filtered = gtk_filter_list_model_new (G_LIST_MODEL (chooser->items), chooser->filter);
  chooser->selection = gtk_multi_selection_new (G_LIST_MODEL (filtered));
  g_signal_connect (chooser->selection, "selection-changed", G_CALLBACK (on_selection_changed),
                    chooser);
  gtk_column_view_set_model (chooser->list, GTK_SELECTION_MODEL (chooser->selection));
  add_column (chooser, "Label", print_label, FALSE);
  add_column (chooser, "Name", print_name, TRUE);
  add_column (chooser, "Voxels", print_voxels, FALSE);
  add_column (chooser, "mm³", print_volume, FALSE);
}

GtkWindow *
monge_label_chooser_new (GtkWindow *parent, MongeDocument *document, MongeItem *item_of_volume)
{
  MongeLabelChooser *chooser = g_object_new (MONGE_TYPE_LABEL_CHOOSER, "transient-for", parent,
                                             NULL);
  MongeVolume *volume = monge_item_get_volume (item_of_volume);
  const GArray *table = monge_volume_get_label_table (volume);
  g_autofree char *base = g_path_get_basename (monge_item_get_input (item_of_volume)->path);
  g_autofree char *title = g_strdup_printf ("Labels of %s", base);

  gtk_window_set_title (GTK_WINDOW (chooser), title);
  chooser->document = g_object_ref (document);
  chooser->item = g_object_ref (item_of_volume);
  for (guint i = 0; i < table->len; i++)
    {
      g_autoptr (MongeLabelItem) item = label_item_new (&g_array_index (table, MongeLabel, i),
                                                        monge_volume_get_voxel_size (volume));

      g_list_store_append (chooser->items, item);
    }
  gtk_widget_grab_focus (chooser->search);
  return GTK_WINDOW (chooser);
}

void
monge_label_chooser_choose (MongeLabelChooser *chooser, const gint32 *labels, guint n_labels,
                            gboolean as_voxels)
{
  monge_document_choose_labels (chooser->document, chooser->item, labels, n_labels, as_voxels);
  gtk_window_destroy (GTK_WINDOW (chooser));
}
