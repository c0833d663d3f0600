/* One line of the list of labels. */
#pragma once

#include <gio/gio.h>

#include "compute/volume/volume.h"

G_BEGIN_DECLS

#define MONGE_TYPE_LABEL_ITEM (monge_label_item_get_type ())
G_DECLARE_FINAL_TYPE (MongeLabelItem, monge_label_item, MONGE, LABEL_ITEM, GObject)

struct _MongeLabelItem {
  GObject parent_instance;

  gint32 label;
  gsize n_voxels;
  double volume;      /* mm³ */
  float colour[3];
  char *name;         /* never NULL */
  char *key;          /* what a search looks through, folded */
  gboolean is_chosen; /* also while a search hides it */
};

/* @index: its place in the table, for a colour if it has none. */
MongeLabelItem *monge_label_item_new (const MongeLabel *label, guint index, double voxel_size);

/* For columns: what they show, transfer full, and in which order. */
char *monge_label_item_print_label (const MongeLabelItem *item);
char *monge_label_item_print_name (const MongeLabelItem *item);
char *monge_label_item_print_voxels (const MongeLabelItem *item);
char *monge_label_item_print_volume (const MongeLabelItem *item);
/* GCompareDataFunc each. */
int monge_label_item_compare_labels (gconstpointer a, gconstpointer b, gpointer unused);
int monge_label_item_compare_names (gconstpointer a, gconstpointer b, gpointer unused);
int monge_label_item_compare_voxels (gconstpointer a, gconstpointer b, gpointer unused);

G_END_DECLS
