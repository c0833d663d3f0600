/* What can be chosen of a shape, each as one change of what was asked for. */
#include "ui/item-private.h"
#include "ui/space-question.h"

gboolean
monge_document_set_filters (MongeDocument *document, MongeItem *item, const char *text,
                            GError **error)
{
  MongeRecipeInput input;

  monge_recipe_input_copy (&input, &item->input);
  if (monge_recipe_input_set (&input, "filter", text != NULL ? text : "", error))
    monge_document_change (document, item, &input);
  else
    {
      monge_recipe_input_clear (&input);
      return FALSE;
    }
  monge_recipe_input_clear (&input);
  return TRUE;
}

void
monge_document_set_space (MongeDocument *document, MongeItem *item, MongeSpace space)
{
  MongeRecipeInput input = item->input;

  input.space = space;
  item->has_answered_space = TRUE;
  monge_item_set_asks_space (item, FALSE);
  if (space != MONGE_SPACE_UNKNOWN)
    monge_space_remember (input.path, space);
  monge_document_change (document, item, &input);
}

void
monge_document_choose_labels (MongeDocument *document, MongeItem *item, const gint32 *labels,
                              guint n_labels, gboolean as_voxels)
{
  MongeRecipeInput input = item->input;

  input.labels = (gint32 *) labels;
  input.n_labels = n_labels;
  input.as_voxels = as_voxels;
  input.has_level = FALSE;
  monge_document_change (document, item, &input);
}

void
monge_document_choose_each_label (MongeDocument *document, MongeItem *item, const gint32 *labels,
                                  guint n_labels)
{
  MongeRecipeInput input = item->input;

  for (guint i = 1; i < n_labels; i++)
    {
      input.labels = (gint32 *) &labels[i];
      input.n_labels = 1;
      input.as_voxels = FALSE;
      input.role = MONGE_ROLE_CONTEXT;
      monge_document_add_volume (document, &input, item->volume);
    }
  if (n_labels > 0)
    monge_document_choose_labels (document, item, labels, 1, FALSE);
}

void
monge_document_choose_level (MongeDocument *document, MongeItem *item, double level,
                             gboolean as_density)
{
  MongeRecipeInput input = item->input;

  input.has_level = TRUE;
  input.level = level;
  input.as_density = as_density;
  monge_document_change (document, item, &input);
}

void
monge_document_attach_values (MongeDocument *document, MongeItem *item, const char *path)
{
  MongeRecipeInput input;

  monge_recipe_input_copy (&input, &item->input);
  monge_recipe_input_set (&input, "values", path, NULL);
  monge_document_change (document, item, &input);
  monge_recipe_input_clear (&input);
}

void
monge_document_attach_landmarks (MongeDocument *document, MongeItem *item, const char *path)
{
  MongeRecipeInput input = item->input;

  input.landmarks_path = (char *) path;
  monge_document_change (document, item, &input);
}
