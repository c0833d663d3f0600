/* What a document and a session know of its shapes. */
#pragma once

#include "ui/document.h"
#include "ui/shape-loader.h"

G_BEGIN_DECLS

struct _MongeItem {
  GObject parent_instance;

  MongeRecipeInput input;
  MongeRecipeInput loaded; /* what the shape came of */
  char *file_name;         /* what it is called when nobody says otherwise */
  guint context_colour;    /* its place among the colours of contexts */
  float colour[3];         /* the one that is shown */

  MongeItemState state;
  char *message;
  gboolean has_any_role;   /* the first that was free, nobody chose it */
  gboolean is_kept;        /* even if it never was there */
  gboolean asks_space;
  gboolean has_answered_space; /* even if the answer was none */
  MongeItem *replaces;     /* owned: has the role until this one is there */
  MongeShapeLoader *loader; /* what is on its way, or NULL */

  MongeVolume *volume;
  MongeShape *original, *shape;
  GPtrArray *notes;
  MongeLandmarks *landmarks;
  MongeDrawable *drawable;
};

MongeItem *monge_item_new (const MongeRecipeInput *input, guint context_colour);
/* These notify. */
void monge_item_set_role (MongeItem *item, MongeRole role);
/* @message: (nullable) */
void monge_item_set_state (MongeItem *item, MongeItemState state, const char *message);
void monge_item_set_asks_space (MongeItem *item, gboolean asks);
/* Copies @input; the role too. */
void monge_item_set_input (MongeItem *item, const MongeRecipeInput *input);
/* What @loader has brought. */
void monge_item_take (MongeItem *item, MongeShapeLoader *loader);
/* Says again of the shape what it came of, and keeps how it is shown. */
void monge_item_revert (MongeItem *item);
void monge_item_notify_progress (MongeItem *item);
void monge_item_set_drawable (MongeItem *item, MongeDrawable *drawable);

/* document-files.c: a file that is no shape, for @reason, may be values of one. A message says what
 * came of it. */
void monge_document_try_values (MongeDocument *document, const char *path, const char *reason);

G_END_DECLS
