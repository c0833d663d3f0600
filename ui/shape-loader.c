#include "ui/shape-loader.h"

#include "compute/io/io.h"

MongeShapeLoader *
monge_shape_loader_new (const MongeRecipeInput *input, MongeVolume *volume, MongeShape *original,
                        MongeShape *shape)
{
  MongeShapeLoader *loader = g_atomic_rc_box_new0 (MongeShapeLoader);

  monge_recipe_input_copy (&loader->input, input);
  loader->volume = volume != NULL ? monge_volume_ref (volume) : NULL;
  loader->original = original != NULL ? monge_shape_ref (original) : NULL;
  loader->shape = shape != NULL ? monge_shape_ref (shape) : NULL;
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
  g_clear_pointer (&loader->original, monge_shape_unref);
  g_clear_pointer (&loader->shape, monge_shape_unref);
  g_clear_pointer (&loader->notes, g_ptr_array_unref);
  g_clear_pointer (&loader->landmarks, monge_landmarks_unref);
  g_free (loader->problem);
}

void
monge_shape_loader_unref (MongeShapeLoader *loader)
{
  g_atomic_rc_box_release_full (loader, loader_clear);
}

/* A volume with one label has nothing to choose from. */
static void
choose_only_label (MongeShapeLoader *loader)
{
  const GArray *table = monge_volume_get_label_table (loader->volume);

  if (table->len != 1 || loader->input.labels != NULL)
    return;
  loader->input.labels = g_memdup2 (&g_array_index (table, MongeLabel, 0).label, sizeof (gint32));
  loader->input.n_labels = 1;
}

/* FALSE if somebody has to choose first, or with @error. */
static gboolean
load_original (MongeShapeLoader *loader, GError **error)
{
  MongeRecipeInput *input = &loader->input;

  if (loader->volume == NULL && monge_path_is_volume (input->path))
    {
      loader->volume = monge_volume_load (input->path, &loader->task, error);
      if (loader->volume == NULL)
        return FALSE;
    }
  if (loader->volume == NULL)
    loader->original = monge_recipe_input_load_original (input, &loader->task, error);
  else
    choose_only_label (loader);
  if (loader->volume != NULL && (input->labels != NULL || input->has_level))
    loader->original = monge_recipe_input_extract (input, loader->volume, &loader->task, error);
  return loader->original != NULL;
}

/* A shape without its landmarks is better than none. */
static void
load_landmarks (MongeShapeLoader *loader)
{
  guint dim = monge_shape_get_dim (loader->shape);
  g_autoptr (GError) error = NULL;

  if (loader->input.landmarks_path == NULL)
    return;
  if (dim == 2 || dim == 3)
    loader->landmarks = monge_recipe_input_load_landmarks (&loader->input, loader->shape,
                                                           &loader->task, &error);
  if (error != NULL)
    loader->problem = g_strdup (error->message);
}

static void
run_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  MongeShapeLoader *loader = task_data;
  GError *error = NULL;

  if (loader->shape == NULL && (loader->original != NULL || load_original (loader, &error)))
    loader->shape = monge_recipe_input_filter (&loader->input, loader->original, &loader->task,
                                               &loader->notes, &error);
  if (loader->shape != NULL)
    load_landmarks (loader);
  if (error == NULL)
    monge_task_return_if_cancelled (&loader->task, &error);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
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
monge_shape_loader_run_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

MongeShapeLoader *
monge_shape_loader_of (GAsyncResult *result)
{
  return g_task_get_task_data (G_TASK (result));
}
