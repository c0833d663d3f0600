#include "ui/label-chooser.h"

#include <string.h>

#include "ui/colour-button.h"
#include "ui/label-item.h"
#include "ui/text.h"

/* From here on, a shape for each is many; the summary says so. */
#define MANY_SHAPES 40

struct _MongeLabelChooser {
  GtkWindow parent_instance;

  GtkWidget *open;
  GtkWidget *search;
  GtkColumnView *list;
  GtkCheckButton *together, *apart, *voxels;
  GtkLabel *summary;

  GListStore *items;
  GtkFilter *filter;
  GtkMultiSelection *selection;
  char *needle;
  gboolean is_restoring; /* the selection follows the items, not the other way round */

  MongeDocument *document;
  MongeItem *item;
};

G_DEFINE_FINAL_TYPE (MongeLabelChooser, monge_label_chooser, GTK_TYPE_WINDOW)

/* Columns */

typedef char *(*PrintFunc) (const MongeLabelItem *item);

typedef struct {
  const char *title;
  PrintFunc print;
  GCompareDataFunc compare;
  gboolean is_text;
} Column;

static const Column columns[] = {
  { "Label", monge_label_item_print_label, monge_label_item_compare_labels, FALSE },
  { "Name", monge_label_item_print_name, monge_label_item_compare_names, TRUE },
  { "Voxels", monge_label_item_print_voxels, monge_label_item_compare_voxels, FALSE },
  { "mm³", monge_label_item_print_volume, monge_label_item_compare_voxels, FALSE },
};

static void
on_setup (GtkListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  const Column *column = data;
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), column->is_text ? 0.0f : 1.0f);
  gtk_label_set_ellipsize (GTK_LABEL (label),
                           column->is_text ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_NONE);
  gtk_widget_add_css_class (label, "numeric");
  gtk_list_item_set_child (list_item, label);
}

static void
on_bind (GtkListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  const Column *column = data;
  MongeLabelItem *item = gtk_list_item_get_item (list_item);
  g_autofree char *text = column->print (item);

  gtk_label_set_text (GTK_LABEL (gtk_list_item_get_child (list_item)), text);
}

static void
on_setup_swatch (GtkListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  const float none[3] = { 0.0f, 0.0f, 0.0f };

  gtk_list_item_set_child (list_item, monge_swatch_new (none));
}

static void
on_bind_swatch (GtkListItemFactory *factory, GtkListItem *list_item, gpointer data)
{
  MongeLabelItem *item = gtk_list_item_get_item (list_item);

  monge_swatch_set_colour (MONGE_SWATCH (gtk_list_item_get_child (list_item)), item->colour);
}

static GtkColumnViewColumn *
add_column (MongeLabelChooser *chooser, const char *title, gpointer setup, gpointer bind,
            gconstpointer data)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkColumnViewColumn *column;

  g_signal_connect (factory, "setup", setup, (gpointer) data);
  g_signal_connect (factory, "bind", bind, (gpointer) data);
  column = gtk_column_view_column_new (title, factory);
  gtk_column_view_append_column (chooser->list, column);
  g_object_unref (column);
  return column; /* the list has it */
}

static void
add_columns (MongeLabelChooser *chooser)
{
  add_column (chooser, NULL, on_setup_swatch, on_bind_swatch, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (columns); i++)
    {
      GtkColumnViewColumn *column = add_column (chooser, columns[i].title, on_setup, on_bind,
                                                &columns[i]);
      GtkCustomSorter *sorter = gtk_custom_sorter_new (columns[i].compare, NULL, NULL);

      gtk_column_view_column_set_expand (column, columns[i].is_text);
      gtk_column_view_column_set_sorter (column, GTK_SORTER (sorter));
      g_object_unref (sorter);
    }
}

/* What is chosen: kept by the items, since a search takes rows away from the selection */

static MongeLabelItem *
get_item (GListModel *model, guint i)
{
  MongeLabelItem *item = g_list_model_get_item (model, i);

  g_object_unref (item); /* the store keeps it */
  return item;
}

static GArray *
get_chosen (MongeLabelChooser *chooser, double *volume)
{
  GListModel *items = G_LIST_MODEL (chooser->items);
  GArray *labels = g_array_new (FALSE, FALSE, sizeof (gint32));

  *volume = 0.0;
  for (guint i = 0; i < g_list_model_get_n_items (items); i++)
    {
      MongeLabelItem *item = get_item (items, i);

      if (!item->is_chosen)
        continue;
      g_array_append_val (labels, item->label);
      *volume += item->volume;
    }
  return labels;
}

static MongeLabelUse
get_use (MongeLabelChooser *chooser)
{
  return gtk_check_button_get_active (chooser->voxels)  ? MONGE_LABELS_AS_VOXELS
         : gtk_check_button_get_active (chooser->apart) ? MONGE_LABELS_APART
                                                        : MONGE_LABELS_TOGETHER;
}

static void
show_summary (MongeLabelChooser *chooser)
{
  double volume;
  g_autoptr (GArray) labels = get_chosen (chooser, &volume);
  g_autofree char *size = monge_text_count ((gsize) (volume + 0.5));
  g_autofree char *text = NULL;

  gtk_widget_set_sensitive (chooser->open, labels->len > 0);
  if (labels->len == 0)
    text = g_strdup ("Choose one label, or several with Ctrl or Shift");
  else if (labels->len == 1)
    text = g_strdup_printf ("1 label, %s mm³", size);
  else if (get_use (chooser) == MONGE_LABELS_APART && labels->len >= MANY_SHAPES)
    text = g_strdup_printf ("%u shapes, %s mm³: this takes a while", labels->len, size);
  else
    text = g_strdup_printf ("%u labels, %s mm³ in all", labels->len, size);
  gtk_label_set_text (chooser->summary, text);
}

static void
on_selection_changed (GtkSelectionModel *model, guint position, guint n_items,
                      MongeLabelChooser *chooser)
{
  if (chooser->is_restoring)
    return;
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (model)); i++)
    get_item (G_LIST_MODEL (model), i)->is_chosen = gtk_selection_model_is_selected (model, i);
  show_summary (chooser);
}

/* After rows have come, gone or moved. */
static void
restore_selection (MongeLabelChooser *chooser)
{
  GListModel *model = G_LIST_MODEL (chooser->selection);
  guint n = g_list_model_get_n_items (model);
  g_autoptr (GtkBitset) chosen = gtk_bitset_new_empty ();
  g_autoptr (GtkBitset) all = gtk_bitset_new_range (0, n);

  for (guint i = 0; i < n; i++)
    if (get_item (model, i)->is_chosen)
      gtk_bitset_add (chosen, i);
  chooser->is_restoring = TRUE;
  gtk_selection_model_set_selection (GTK_SELECTION_MODEL (chooser->selection), chosen, all);
  chooser->is_restoring = FALSE;
  show_summary (chooser);
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
  chooser->is_restoring = TRUE;
  gtk_filter_changed (chooser->filter, GTK_FILTER_CHANGE_DIFFERENT);
  restore_selection (chooser);
}

static void
on_sorted (GtkSorter *sorter, GtkSorterChange change, MongeLabelChooser *chooser)
{
  restore_selection (chooser);
}

static void
on_use_changed (GtkCheckButton *check, MongeLabelChooser *chooser)
{
  show_summary (chooser);
}

/* Answering */

static void
on_open (GtkWidget *widget, MongeLabelChooser *chooser)
{
  double volume;
  g_autoptr (GArray) labels = get_chosen (chooser, &volume);

  if (labels->len > 0)
    monge_label_chooser_choose (chooser, (gint32 *) labels->data, labels->len, get_use (chooser));
}

/* Enter in the search takes the first hit when nothing was chosen. */
static void
on_search_activated (GtkSearchEntry *search, MongeLabelChooser *chooser)
{
  GListModel *model = G_LIST_MODEL (chooser->selection);
  double volume;
  g_autoptr (GArray) labels = get_chosen (chooser, &volume);

  if (labels->len == 0 && g_list_model_get_n_items (model) > 0)
    gtk_selection_model_select_item (GTK_SELECTION_MODEL (model), 0, TRUE);
  on_open (GTK_WIDGET (search), chooser);
}

static void
on_activate (GtkColumnView *list, guint position, MongeLabelChooser *chooser)
{
  gtk_selection_model_select_item (GTK_SELECTION_MODEL (chooser->selection), position, FALSE);
  on_open (GTK_WIDGET (list), chooser);
}

static void
on_select_all (GtkButton *button, MongeLabelChooser *chooser)
{
  gtk_selection_model_select_all (GTK_SELECTION_MODEL (chooser->selection));
}

/* Closed without an answer: nobody is going to ask again. */
static void
give_up (MongeLabelChooser *chooser)
{
  if (chooser->item != NULL && monge_item_get_state (chooser->item) == MONGE_ITEM_ASKING)
    monge_document_cancel (chooser->document, chooser->item);
  g_clear_object (&chooser->item);
}

static void
monge_label_chooser_dispose (GObject *object)
{
  MongeLabelChooser *chooser = MONGE_LABEL_CHOOSER (object);

  if (chooser->selection != NULL)
    g_signal_handlers_disconnect_by_data (chooser->selection, chooser);
  g_clear_object (&chooser->selection);
  give_up (chooser);
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
  gtk_widget_class_bind_template_child (widget_class, MongeLabelChooser, together);
  gtk_widget_class_bind_template_child (widget_class, MongeLabelChooser, apart);
  gtk_widget_class_bind_template_child (widget_class, MongeLabelChooser, voxels);
  gtk_widget_class_bind_template_child (widget_class, MongeLabelChooser, summary);
  gtk_widget_class_bind_template_callback (widget_class, on_open);
  gtk_widget_class_bind_template_callback (widget_class, on_search);
  gtk_widget_class_bind_template_callback (widget_class, on_search_activated);
  gtk_widget_class_bind_template_callback (widget_class, on_activate);
  gtk_widget_class_bind_template_callback (widget_class, on_select_all);
  gtk_widget_class_bind_template_callback (widget_class, on_use_changed);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
}

static void
monge_label_chooser_init (MongeLabelChooser *chooser)
{
  GtkSorter *sorter;
  GtkFilterListModel *filtered;
  GtkSortListModel *sorted;

  gtk_widget_init_template (GTK_WIDGET (chooser));
  add_columns (chooser);
  sorter = gtk_column_view_get_sorter (chooser->list);
  chooser->items = g_list_store_new (MONGE_TYPE_LABEL_ITEM);
  chooser->filter = GTK_FILTER (gtk_custom_filter_new (matches, chooser, NULL));
  filtered = gtk_filter_list_model_new (G_LIST_MODEL (chooser->items), chooser->filter);
  sorted = gtk_sort_list_model_new (G_LIST_MODEL (filtered), g_object_ref (sorter));
  chooser->selection = gtk_multi_selection_new (G_LIST_MODEL (sorted));
  g_signal_connect (chooser->selection, "selection-changed", G_CALLBACK (on_selection_changed),
                    chooser);
  g_signal_connect_object (sorter, "changed", G_CALLBACK (on_sorted), chooser, G_CONNECT_AFTER);
  gtk_column_view_set_model (chooser->list, GTK_SELECTION_MODEL (chooser->selection));
}

static void
add_items (MongeLabelChooser *chooser, MongeVolume *volume)
{
  const GArray *table = monge_volume_get_label_table (volume);
  double voxel_size = monge_volume_get_voxel_size (volume);
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < table->len; i++)
    g_ptr_array_add (items, monge_label_item_new (&g_array_index (table, MongeLabel, i), i,
                                                  voxel_size));
  g_list_store_splice (chooser->items, 0, 0, items->pdata, items->len);
}

/* What was chosen before is chosen again. */
static void
choose_again (MongeLabelChooser *chooser)
{
  const MongeRecipeInput *input = monge_item_get_input (chooser->item);
  GListModel *items = G_LIST_MODEL (chooser->items);

  for (guint i = 0; i < g_list_model_get_n_items (items); i++)
    for (guint k = 0; k < input->n_labels; k++)
      if (get_item (items, i)->label == input->labels[k])
        get_item (items, i)->is_chosen = TRUE;
  gtk_check_button_set_active (input->as_voxels ? chooser->voxels : chooser->together, TRUE);
  restore_selection (chooser);
}

GtkWindow *
monge_label_chooser_new (GtkWindow *parent, MongeDocument *document, MongeItem *item)
{
  MongeLabelChooser *chooser = g_object_new (MONGE_TYPE_LABEL_CHOOSER, "transient-for", parent,
                                             NULL);
  g_autofree char *title = g_strdup_printf ("Labels of %s", monge_item_get_name (item));

  gtk_window_set_title (GTK_WINDOW (chooser), title);
  chooser->document = g_object_ref (document);
  chooser->item = g_object_ref (item);
  add_items (chooser, monge_item_get_volume (item));
  choose_again (chooser);
  gtk_widget_grab_focus (chooser->search);
  return GTK_WINDOW (chooser);
}

void
monge_label_chooser_choose (MongeLabelChooser *chooser, const gint32 *labels, guint n_labels,
                            MongeLabelUse use)
{
  g_autoptr (MongeItem) item = g_steal_pointer (&chooser->item);

  if (use == MONGE_LABELS_APART && n_labels > 1)
    monge_document_choose_each_label (chooser->document, item, labels, n_labels);
  else
    monge_document_choose_labels (chooser->document, item, labels, n_labels,
                                  use == MONGE_LABELS_AS_VOXELS);
  gtk_window_destroy (GTK_WINDOW (chooser));
}

guint
monge_label_chooser_search (MongeLabelChooser *chooser, const char *text)
{
  gtk_editable_set_text (GTK_EDITABLE (chooser->search), text);
  on_search (GTK_SEARCH_ENTRY (chooser->search), chooser);
  return g_list_model_get_n_items (G_LIST_MODEL (chooser->selection));
}
