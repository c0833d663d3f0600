/* The shapes of one document: any number, one of which may be the source and one the target. */
#pragma once

#include "compute/recipe.h"
#include "ui/item.h"

G_BEGIN_DECLS

#define MONGE_TYPE_DOCUMENT (monge_document_get_type ())
G_DECLARE_FINAL_TYPE (MongeDocument, monge_document, MONGE, DOCUMENT, GObject)

/* The first role that nobody has. */
#define MONGE_ROLE_ANY ((MongeRole) -1)

/**
 * MongeDocument:
 *
 * A GListModel of #MongeItem: the source, the target, then the context in the order it came. Of the
 * main thread alone; each item is loaded and filtered on a thread of its own, several at once.
 *
 * Signals:
 *   "shapes-changed" ()                 a shape, a role, what is weighed
 *   "look-changed" (MongeItem *item)    its name, its colour, whether it is seen
 *   "loading-changed" ()                begun, come further, done
 *   "message" (const char *text, gboolean is_error)
 *   "labels-wanted" (MongeItem *item)   it is asking: answer with monge_document_change() or
 *                                       monge_document_choose_labels(); or monge_document_cancel()
 *   "space-wanted" (MongeItem *item)    it asks for its space: answer with monge_document_set_space()
 */
MongeDocument *monge_document_new (void);

/* A path, "PATH#LABEL[,LABEL…]" or "example:NAME". What has the role now stays until the new shape is
 * there, and goes on if that fails. Returns: (nullable): the item on its way, borrowed; NULL after a
 * message. */
MongeItem *monge_document_open (MongeDocument *document, MongeRole role, const char *spec);
/* The same for all that a recipe says of it; @input is copied. @is_kept: it stays in the list if it
 * cannot be loaded. Its role is @input's. */
MongeItem *monge_document_add (MongeDocument *document, const MongeRecipeInput *input,
                               gboolean is_kept);
/* The same out of a volume that was read already, from @input's path. */
MongeItem *monge_document_add_volume (MongeDocument *document, const MongeRecipeInput *input,
                                      MongeVolume *volume);
/* NULL-terminated. Shapes, each in the first role that is free; then values go to the shape that has
 * as many vertices, landmarks to the one around them. */
void monge_document_open_files (MongeDocument *document, const char *const *paths);
/* All that @recipe names in the place of all that is there, if it names any. */
void monge_document_open_recipe (MongeDocument *document, MongeRecipe *recipe);
/* Fills in the inputs of @recipe. */
void monge_document_save_recipe (MongeDocument *document, MongeRecipe *recipe);

/* Borrowed; NULL if nobody has that role. */
MongeItem *monge_document_get (MongeDocument *document, MongeRole role);
/* Borrowed. */
MongeItem *monge_document_get_nth (MongeDocument *document, guint index);
guint monge_document_get_n_items (MongeDocument *document);

void monge_document_remove (MongeDocument *document, MongeItem *item);
/* Who has the role of source or target gets what @item had. */
void monge_document_set_role (MongeDocument *document, MongeItem *item, MongeRole role);

/**
 * monge_document_change:
 * @input: what @item is to be; its path, role, name, colour and the like as well
 *
 * Does again what has to be done again and nothing more: from the file, from the volume that was
 * read, or from the original when only the filters differ.
 */
void monge_document_change (MongeDocument *document, MongeItem *item,
                            const MongeRecipeInput *input);
/* The text of a chain of filters, or NULL. FALSE, and nothing else, if it is none. */
gboolean monge_document_set_filters (MongeDocument *document, MongeItem *item, const char *text,
                                     GError **error);
/* Remembered for the file; unknown: it is left as it is, and not asked again. */
void monge_document_set_space (MongeDocument *document, MongeItem *item, MongeSpace space);
void monge_document_choose_labels (MongeDocument *document, MongeItem *item, const gint32 *labels,
                                   guint n_labels, gboolean as_voxels);
/* One shape for each: @item is the first, the others are context; the volume is shared. */
void monge_document_choose_each_label (MongeDocument *document, MongeItem *item,
                                       const gint32 *labels, guint n_labels);
void monge_document_choose_level (MongeDocument *document, MongeItem *item, double level,
                                  gboolean as_density);
void monge_document_attach_values (MongeDocument *document, MongeItem *item, const char *path);
/* Instead of those that are there; NULL: none. */
void monge_document_attach_landmarks (MongeDocument *document, MongeItem *item, const char *path);

/* Stops what is on its way. What was there before stays; what never was there goes, unless it is
 * kept. */
void monge_document_cancel (MongeDocument *document, MongeItem *item);
void monge_document_cancel_all (MongeDocument *document);
gboolean monge_document_is_loading (MongeDocument *document);
/* Whether the source or the target is on its way. */
gboolean monge_document_is_waiting (MongeDocument *document);
/* 0 to 1, of everything on its way; 1 if nothing is. */
double monge_document_get_progress (MongeDocument *document);

G_END_DECLS
