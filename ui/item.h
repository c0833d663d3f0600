/* One shape of a document: what it was asked for as, what became of it, how it is shown. */
#pragma once

#include <gio/gio.h>

#include "compute/recipe-input.h"
#include "ui/drawable.h"

G_BEGIN_DECLS

/**
 * MongeItemState:
 * @MONGE_ITEM_LOADING: on its way, or being filtered again: the shape that was there still is
 * @MONGE_ITEM_ASKING: a volume with several labels, or of intensities: somebody has to choose
 * @MONGE_ITEM_READY: there
 * @MONGE_ITEM_FAILED: its message says why; the shape that was there still is
 */
typedef enum {
  MONGE_ITEM_LOADING,
  MONGE_ITEM_ASKING,
  MONGE_ITEM_READY,
  MONGE_ITEM_FAILED,
} MongeItemState;

#define MONGE_TYPE_ITEM (monge_item_get_type ())
G_DECLARE_FINAL_TYPE (MongeItem, monge_item, MONGE, ITEM, GObject)

/**
 * MongeItem:
 *
 * Of the main thread. Made by a document (document.h), which also changes what takes time: labels,
 * space, filters, values, landmarks, role.
 *
 * Properties, notified when they change:
 *   "name", "colour" ("#RRGGBB"), "visible", "colour-array" (nullable)     can be set
 *   "role" (a #MongeRole), "state" (a #MongeItemState), "progress" (0 to 1), "message" (nullable)
 *   "shape" (pointer to a #MongeShape, nullable): with it its volume, original, notes, landmarks
 *   "asks-space": whether it is unclear along what its coordinates run, and matters
 */

/* Never NULL: what the user calls it, else what its file does. */
const char *monge_item_get_name (MongeItem *item);
void monge_item_set_name (MongeItem *item, const char *name); /* NULL or "": the file's again */
/* (3) sRGB, 0 to 1: chosen, or else that of its role; contexts each get one of their own. */
const float *monge_item_get_colour (MongeItem *item);
void monge_item_set_colour (MongeItem *item, const float colour[3]); /* NULL: the role's again */
gboolean monge_item_get_visible (MongeItem *item);
void monge_item_set_visible (MongeItem *item, gboolean visible);
/* The array that is shown in colours; NULL: none. */
const char *monge_item_get_colour_array (MongeItem *item);
void monge_item_set_colour_array (MongeItem *item, const char *name);

MongeRole monge_item_get_role (MongeItem *item);
MongeItemState monge_item_get_state (MongeItem *item);
double monge_item_get_progress (MongeItem *item);
/* Why it failed; else NULL. */
const char *monge_item_get_message (MongeItem *item);
gboolean monge_item_get_asks_space (MongeItem *item);

/* All that a recipe says of it; borrowed. Copy it, change the copy, monge_document_change(). */
const MongeRecipeInput *monge_item_get_input (MongeItem *item);

/* All borrowed and nullable. */
MongeShape *monge_item_get_shape (MongeItem *item);     /* after the filters */
MongeShape *monge_item_get_original (MongeItem *item);  /* before them */
MongeVolume *monge_item_get_volume (MongeItem *item);   /* that it was taken from */
MongeDrawable *monge_item_get_drawable (MongeItem *item); /* once the session has prepared it */
/* In the space of the shape, where it is at rest. */
MongeLandmarks *monge_item_get_landmarks (MongeItem *item);
/* What the filters did, a sentence a step. (element-type utf8) */
const GPtrArray *monge_item_get_notes (MongeItem *item);

G_END_DECLS
