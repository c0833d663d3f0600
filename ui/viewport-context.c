#include "ui/viewport-private.h"

static void
context_view_free (gpointer data)
{
  MongeContextView *view = data;

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
  scene->n_layers++;
}

void
monge_viewport_add_context_layers (MongeViewport *viewport, MongeScene *scene)
{
  for (guint i = 0; i < viewport->contexts->len; i++)
    add_layer (viewport, scene, viewport->contexts->pdata[i]);
}
