#include "ui/viewport-private.h"

/* Colours by an array */

void
monge_coloured_view_clear (MongeColouredView *coloured)
{
  g_clear_pointer (&coloured->colouring, monge_colouring_free);
  g_clear_pointer (&coloured->asked, g_free);
  coloured->geometry = NULL;
}

void
monge_coloured_view_set (MongeColouredView *coloured, MongeGeometry *geometry,
                         const MongeShape *shape, const char *array, const char *map)
{
  if (coloured->geometry == geometry && g_strcmp0 (coloured->asked, array) == 0
      && coloured->map == map)
    return;
  monge_coloured_view_clear (coloured);
  coloured->geometry = geometry;
  coloured->asked = g_strdup (array);
  coloured->map = map;
  if (array != NULL)
    coloured->colouring = monge_colouring_new (shape, array, map);
  if (coloured->colouring != NULL)
    monge_geometry_set_scalars (geometry, coloured->colouring->scalars);
}

void
monge_coloured_view_init_layer (const MongeColouredView *coloured, MongeLayer *layer)
{
  const MongeColouring *colouring = coloured->colouring;

  if (colouring == NULL || colouring->map == NULL)
    return;
  layer->opacity = 1.0f; /* colours to be read off are not to be mixed with others */
  layer->colormap = colouring->map;
  layer->range[0] = (float) colouring->range[0];
  layer->range[1] = (float) colouring->range[1];
}

/* Context */

static void
context_view_free (gpointer data)
{
  MongeContextView *view = data;

  monge_coloured_view_clear (&view->coloured);
  g_clear_pointer (&view->geometry, monge_geometry_free);
  monge_drawable_unref (view->drawable);
  g_object_unref (view->item);
  g_free (view);
}

void
monge_viewport_clear_contexts (MongeViewport *viewport)
{
  g_clear_pointer (&viewport->contexts, g_ptr_array_unref);
}

gboolean
monge_viewport_is_context (MongeViewport *viewport, MongeItem *item)
{
  for (int r = 0; r < MONGE_N_ROLES; r++)
    if (monge_session_get_item (viewport->session, r) == item)
      return FALSE;
  return monge_item_get_drawable (item) != NULL;
}

/* The view that @views has of @item as it is now, taken out of it; else a new one. */
static MongeContextView *
take_view (GPtrArray *views, MongeItem *item)
{
  MongeDrawable *drawable = monge_item_get_drawable (item);
  MongeContextView *view;

  for (guint i = 0; views != NULL && i < views->len; i++)
    {
      view = views->pdata[i];
      if (view->item == item && view->drawable == drawable)
        return g_ptr_array_steal_index_fast (views, i);
    }
  view = g_new0 (MongeContextView, 1);
  view->item = g_object_ref (item);
  view->drawable = monge_drawable_ref (drawable);
  view->geometry = monge_drawable_upload (drawable);
  return view;
}

void
monge_viewport_upload_contexts (MongeViewport *viewport)
{
  MongeDocument *document = monge_session_get_document (viewport->session);
  g_autoptr (GPtrArray) before = viewport->contexts;

  viewport->contexts = g_ptr_array_new_with_free_func (context_view_free);
  for (guint i = 0; i < monge_document_get_n_items (document); i++)
    {
      MongeItem *item = monge_document_get_nth (document, i);

      if (monge_viewport_is_context (viewport, item))
        g_ptr_array_add (viewport->contexts, take_view (before, item));
    }
  for (guint i = 0; i < viewport->contexts->len; i++)
    {
      MongeContextView *view = viewport->contexts->pdata[i];

      monge_coloured_view_set (&view->coloured, view->geometry, view->drawable->shape,
                               monge_item_get_colour_array (view->item),
                               viewport->style.colour_map);
    }
}

const MongeColouring *
monge_viewport_find_context_colouring (MongeViewport *viewport)
{
  for (guint i = 0; viewport->contexts != NULL && i < viewport->contexts->len; i++)
    {
      const MongeContextView *view = viewport->contexts->pdata[i];

      if (view->coloured.colouring != NULL && !view->coloured.colouring->is_labels
          && monge_item_get_visible (view->item))
        return view->coloured.colouring;
    }
  return NULL;
}

static void
add_layer (MongeViewport *viewport, MongeScene *scene, const MongeContextView *view)
{
  MongeLayer *layer = &scene->layers[scene->n_layers];

  if (!monge_item_get_visible (view->item) || scene->n_layers == MONGE_SCENE_MAX_LAYERS)
    return;
  monge_view_style_init_context (&viewport->style, view->drawable->shape, view->geometry,
                                 monge_item_get_colour (view->item), layer);
  layer->is_closed = view->drawable->is_closed;
  monge_coloured_view_init_layer (&view->coloured, layer);
  scene->n_layers++;
}

void
monge_viewport_add_context_layers (MongeViewport *viewport, MongeScene *scene)
{
  for (guint i = 0; i < viewport->contexts->len; i++)
    add_layer (viewport, scene, viewport->contexts->pdata[i]);
}
