/* One shape in the list: colour, name, role, what it holds, whether it is seen; how far it has been
 * read, or why it could not be. */
#pragma once

#include <gtk/gtk.h>

#include "compute/recipe-input.h"

G_BEGIN_DECLS

#define MONGE_TYPE_SHAPE_ROW (monge_shape_row_get_type ())
G_DECLARE_FINAL_TYPE (MongeShapeRow, monge_shape_row, MONGE, SHAPE_ROW, GtkListBoxRow)

/**
 * MongeShapeRowState:
 *
 * What there is to show. All borrowed.
 * @counts: (nullable): "6.6 k points · 13.2 k faces"
 * @tip: (nullable): longer, for the tooltip
 * @is_loading, @progress: 0 to 1
 * @error: (nullable): why there is no shape
 * @can_repair: whether leaving out bad vertices would open it
 */
typedef struct {
  const char *name, *counts, *tip, *error;
  float colour[3];
  MongeRole role;
  gboolean is_visible, is_loading, can_repair;
  double progress;
} MongeShapeRowState;

/**
 * MongeShapeRow:
 *
 * Signals, by the person alone:
 *   "renamed" (const char *name)
 *   "role-chosen" (guint role)
 *   "colour-chosen" ()               ask monge_shape_row_get_colour()
 *   "visible-chosen" (gboolean)
 *   "cancel" ()
 *   "retry" (gboolean without_bad_vertices)
 */
GtkWidget *monge_shape_row_new (void);
void monge_shape_row_show (MongeShapeRow *row, const MongeShapeRowState *state);
void monge_shape_row_get_colour (MongeShapeRow *row, float colour[3]);
/* Begins to edit the name, chosen whole; Enter ends that, Escape takes it back. */
void monge_shape_row_begin_rename (MongeShapeRow *row);
gboolean monge_shape_row_is_renaming (MongeShapeRow *row);
void monge_shape_row_open_palette (MongeShapeRow *row);

G_END_DECLS
