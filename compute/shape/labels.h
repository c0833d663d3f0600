/* What the numbers of a segmentation or a parcellation are called, and how they are painted. */
#pragma once

#include "compute/core/error.h"

G_BEGIN_DECLS

/**
 * MongeLabelEntry:
 * @name: valid UTF-8; never NULL
 * @rgba: 0 to 255 each; only if @has_colour
 */
typedef struct {
  gint32 value;
  char *name;
  gboolean has_colour;
  guint8 rgba[4];
} MongeLabelEntry;

/**
 * MongeLabelTable:
 *
 * Ascending by value, one entry each. Reference-counted; may be changed as long as there is one
 * reference, then any thread may read it.
 */
typedef struct _MongeLabelTable MongeLabelTable;

MongeLabelTable *monge_label_table_new (void);
MongeLabelTable *monge_label_table_ref (MongeLabelTable *table);
void monge_label_table_unref (MongeLabelTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MongeLabelTable, monge_label_table_unref)

/* Replaces what was there for @value. @name is made valid UTF-8. @rgba: (nullable). O(n) at worst,
 * O(1) when values come in order. */
void monge_label_table_add (MongeLabelTable *table, gint32 value, const char *name,
                            const guint8 rgba[4]);
guint monge_label_table_get_n_entries (const MongeLabelTable *table);
const MongeLabelEntry *monge_label_table_get_entry (const MongeLabelTable *table, guint index);
/* NULL if there is none. */
const MongeLabelEntry *monge_label_table_find (const MongeLabelTable *table, gint32 value);

G_END_DECLS
