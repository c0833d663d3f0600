#include "ui/label-item.h"

#include <string.h>

#include "render/colormap.h"
#include "ui/text.h"

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

MongeLabelItem *
monge_label_item_new (const MongeLabel *label, guint index, double voxel_size)
{
  MongeLabelItem *item = g_object_new (MONGE_TYPE_LABEL_ITEM, NULL);
  g_autofree char *text = NULL;

  item->label = label->label;
  item->n_voxels = label->n_voxels;
  item->volume = (double) label->n_voxels * voxel_size;
  item->name = g_strdup (label->name != NULL ? label->name : "");
  if (label->has_colour)
    for (int k = 0; k < 3; k++)
      item->colour[k] = label->rgba[k] / 255.0f;
  else
    monge_colour_get_label (index, item->colour);
  text = g_strdup_printf ("%d %s", label->label, item->name);
  item->key = g_utf8_casefold (text, -1);
  return item;
}

char *
monge_label_item_print_label (const MongeLabelItem *item)
{
  return g_strdup_printf ("%d", item->label);
}

char *
monge_label_item_print_name (const MongeLabelItem *item)
{
  return g_strdup (*item->name != '\0' ? item->name : "–");
}

char *
monge_label_item_print_voxels (const MongeLabelItem *item)
{
  return monge_text_count (item->n_voxels);
}

char *
monge_label_item_print_volume (const MongeLabelItem *item)
{
  if (item->volume >= 100.0)
    return monge_text_count ((gsize) (item->volume + 0.5));
  return monge_text_number (item->volume);
}

int
monge_label_item_compare_labels (gconstpointer a, gconstpointer b, gpointer unused)
{
  const MongeLabelItem *first = a, *second = b;

  return (first->label > second->label) - (first->label < second->label);
}

int
monge_label_item_compare_names (gconstpointer a, gconstpointer b, gpointer unused)
{
  const MongeLabelItem *first = a, *second = b;
  int order = g_utf8_collate (first->name, second->name);

  return order != 0 ? order : monge_label_item_compare_labels (a, b, NULL);
}

int
monge_label_item_compare_voxels (gconstpointer a, gconstpointer b, gpointer unused)
{
  const MongeLabelItem *first = a, *second = b;

  return (first->n_voxels > second->n_voxels) - (first->n_voxels < second->n_voxels);
}
