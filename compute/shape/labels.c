#include "compute/shape/labels.h"

#include <string.h>

struct _MongeLabelTable {
  gatomicrefcount n_refs;
  GArray *entries; /* of MongeLabelEntry */
};

static void
entry_clear (gpointer data)
{
  g_free (((MongeLabelEntry *) data)->name);
}

MongeLabelTable *
monge_label_table_new (void)
{
  MongeLabelTable *table = g_new0 (MongeLabelTable, 1);

  g_atomic_ref_count_init (&table->n_refs);
  table->entries = g_array_new (FALSE, FALSE, sizeof (MongeLabelEntry));
  g_array_set_clear_func (table->entries, entry_clear);
  return table;
}

MongeLabelTable *
monge_label_table_ref (MongeLabelTable *table)
{
  g_atomic_ref_count_inc (&table->n_refs);
  return table;
}

void
monge_label_table_unref (MongeLabelTable *table)
{
  if (table == NULL || !g_atomic_ref_count_dec (&table->n_refs))
    return;
  g_array_unref (table->entries);
  g_free (table);
}

/* The first entry whose value is not below @value. */
static guint
find_place (const MongeLabelTable *table, gint32 value)
{
  guint from = 0, to = table->entries->len;

  if (to > 0 && g_array_index (table->entries, MongeLabelEntry, to - 1).value < value)
    return to;
  while (from < to)
    {
      guint middle = from + (to - from) / 2;

      if (g_array_index (table->entries, MongeLabelEntry, middle).value < value)
        from = middle + 1;
      else
        to = middle;
    }
  return from;
}

void
monge_label_table_add (MongeLabelTable *table, gint32 value, const char *name,
                       const guint8 rgba[4])
{
  MongeLabelEntry entry = { .value = value, .has_colour = rgba != NULL };
  guint place;

  g_return_if_fail (table != NULL && name != NULL);
  entry.name = g_utf8_make_valid (name, -1);
  if (rgba != NULL)
    memcpy (entry.rgba, rgba, sizeof entry.rgba);
  place = find_place (table, value);
  if (monge_label_table_find (table, value) != NULL)
    g_array_remove_index (table->entries, place);
  g_array_insert_val (table->entries, place, entry);
}

guint
monge_label_table_get_n_entries (const MongeLabelTable *table)
{
  return table->entries->len;
}

const MongeLabelEntry *
monge_label_table_get_entry (const MongeLabelTable *table, guint index)
{
  g_return_val_if_fail (index < table->entries->len, NULL);
  return &g_array_index (table->entries, MongeLabelEntry, index);
}

const MongeLabelEntry *
monge_label_table_find (const MongeLabelTable *table, gint32 value)
{
  guint place = find_place (table, value);
  const MongeLabelEntry *entry;

  if (place >= table->entries->len)
    return NULL;
  entry = &g_array_index (table->entries, MongeLabelEntry, place);
  return entry->value == value ? entry : NULL;
}
