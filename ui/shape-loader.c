#include "ui/shape-loader.h"

#include "compute/io/io.h"

typedef struct {
  MongeShape *shape;
  MongeVolume *volume;
} Loaded;

static void
loaded_free (gpointer data)
{
  Loaded *loaded = data;

  g_clear_pointer (&loaded->shape, monge_shape_unref);
  g_clear_pointer (&loaded->volume, monge_volume_unref);
  g_free (loaded);
}

MongeShapeLoader *
monge_shape_loader_new (const MongeRecipeInput *input, MongeVolume *volume)
{
  MongeShapeLoader *loader = g_atomic_rc_box_new0 (MongeShapeLoader);

  monge_recipe_input_copy (&loader->input, input);
  loader->volume = volume != NULL ? monge_volume_ref (volume) : NULL;
  return loader;
}

MongeShapeLoader *
monge_shape_loader_ref (MongeShapeLoader *loader)
{
  return g_atomic_rc_box_acquire (loader);
}

static void
loader_clear (gpointer data)
{
  MongeShapeLoader *loader = data;

  monge_recipe_input_clear (&loader->input);
  g_clear_pointer (&loader->volume, monge_volume_unref);
}

void
monge_shape_loader_unref (MongeShapeLoader *loader)
{
  g_atomic_rc_box_release_full (loader, loader_clear);
}

static MongeShape *
extract (MongeShapeLoader *loader, const gint32 *labels, guint n_labels, GError **error)
{
  if (loader->input.as_voxels)
    return monge_volume_extract_voxels (loader->volume, labels, n_labels, &loader->task, error);
  return monge_volume_extract_surface (loader->volume, labels, n_labels, &loader->task, error);
}

/* A volume with one label has nothing to choose from; with several it is handed back. */
static gboolean
load_volume (MongeShapeLoader *loader, Loaded *loaded, GError **error)
{
  const GArray *table;

  loader->volume = monge_volume_load (loader->input.path, &loader->task, error);
  if (loader->volume == NULL)
    return FALSE;
  table = monge_volume_get_label_table (loader->volume);
  if (table->len == 1)
    loaded->shape = extract (loader, &g_array_index (table, MongeLabel, 0).label, 1, error);
  else
    loaded->volume = monge_volume_ref (loader->volume);
  return loaded->shape != NULL || loaded->volume != NULL;
}

static gboolean
load (MongeShapeLoader *loader, Loaded *loaded, GError **error)
{
  const MongeRecipeInput *input = &loader->input;

  if (loader->volume != NULL)
    loaded->shape = extract (loader, input->labels, input->n_labels, error);
  else if (monge_path_is_volume (input->path) && input->labels == NULL && input->mirror < 0)
    return load_volume (loader, loaded, error);
  else
    loaded->shape = monge_recipe_input_load (input, &loader->task, error);
  return loaded->shape != NULL;
}

static void
run_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Loaded *loaded = g_new0 (Loaded, 1);
  GError *error = NULL;

  if (load (task_data, loaded, &error))
    {
      g_task_return_pointer (task, loaded, loaded_free);
      return;
    }
  loaded_free (loaded);
  g_task_return_error (task, error);
}

void
monge_shape_loader_run_async (MongeShapeLoader *loader, GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_task_data (task, monge_shape_loader_ref (loader),
                        (GDestroyNotify) monge_shape_loader_unref);
  g_task_run_in_thread (task, run_thread);
}

gboolean
monge_shape_loader_run_finish (GAsyncResult *result, MongeShape **shape, MongeVolume **volume,
                               GError **error)
{
  Loaded *loaded = g_task_propagate_pointer (G_TASK (result), error);

  if (loaded == NULL)
    return FALSE;
  *shape = g_steal_pointer (&loaded->shape);
  *volume = g_steal_pointer (&loaded->volume);
  loaded_free (loaded);
  return TRUE;
}

MongeShapeLoader *
monge_shape_loader_of (GAsyncResult *result)
{
  return g_task_get_task_data (G_TASK (result));
}
