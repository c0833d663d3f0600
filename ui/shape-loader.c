#include "ui/shape-loader.h"

#include <string.h>

#include "compute/shape/generate.h"
#include "compute/shape/io.h"

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
monge_shape_loader_new (const char *spec)
{
  MongeShapeLoader *loader = g_atomic_rc_box_new0 (MongeShapeLoader);

  loader->spec = g_strdup (spec);
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

  g_free (loader->spec);
  g_clear_pointer (&loader->volume, monge_volume_unref);
  g_clear_pointer (&loader->labels, g_array_unref);
}

void
monge_shape_loader_unref (MongeShapeLoader *loader)
{
  g_atomic_rc_box_release_full (loader, loader_clear);
}

static MongeShape *
extract (MongeShapeLoader *loader, MongeVolume *volume, const gint32 *labels, guint n_labels,
         GError **error)
{
  if (loader->as_voxels)
    return monge_volume_extract_voxels (volume, labels, n_labels, error);
  return monge_volume_extract_surface (volume, labels, n_labels, &loader->task, error);
}

/* A volume with one label has nothing to choose from; with several it is handed back. */
static gboolean
load_volume (MongeShapeLoader *loader, Loaded *loaded, GError **error)
{
  g_autoptr (MongeVolume) volume = monge_volume_load (loader->spec, &loader->task, error);
  const GArray *table;

  if (volume == NULL)
    return FALSE;
  table = monge_volume_get_label_table (volume);
  if (loader->labels != NULL)
    loaded->shape = extract (loader, volume, (gint32 *) loader->labels->data, loader->labels->len,
                             error);
  else if (table->len == 1)
    loaded->shape = extract (loader, volume, &g_array_index (table, MongeLabel, 0).label, 1, error);
  else
    loaded->volume = g_steal_pointer (&volume);
  return loaded->shape != NULL || loaded->volume != NULL;
}

static gboolean
load (MongeShapeLoader *loader, Loaded *loaded, GError **error)
{
  if (loader->volume != NULL)
    loaded->shape = extract (loader, loader->volume, (gint32 *) loader->labels->data,
                             loader->labels->len, error);
  else if (g_str_has_prefix (loader->spec, "example:"))
    loaded->shape = monge_generate_by_name (loader->spec + strlen ("example:"), error);
  else if (monge_path_is_volume (loader->spec))
    return load_volume (loader, loaded, error);
  else
    loaded->shape = monge_shape_load (loader->spec, NULL, &loader->task, error);
  return loaded->shape != NULL;
}

/* x → −x; two corners of each face change places so that it still looks outwards. */
static MongeShape *
mirror (MongeShape *shape, GError **error)
{
  g_autoptr (MongeShapeBuilder) builder = NULL;
  guint dim = monge_shape_get_dim (shape);
  gsize n = monge_shape_get_n_vertices (shape), n_cells = monge_shape_get_n_cells (shape);
  MongeShapeKind kind = monge_shape_get_kind (shape);
  double *x = g_memdup2 (monge_shape_get_positions (shape), n * dim * sizeof *x);

  for (gsize i = 0; i < n; i++)
    x[i * dim] = -x[i * dim];
  builder = monge_shape_builder_new (monge_shape_get_name (shape), dim);
  monge_shape_builder_take_positions (builder, x, n, monge_shape_get_position_type (shape));
  if (kind == MONGE_SHAPE_SURFACE)
    {
      guint32 *faces = g_memdup2 (monge_shape_get_cells (shape), n_cells * 3 * sizeof *faces);

      for (gsize t = 0; t < n_cells; t++)
        {
          guint32 swap = faces[3 * t + 1];

          faces[3 * t + 1] = faces[3 * t + 2];
          faces[3 * t + 2] = swap;
        }
      monge_shape_builder_take_cells (builder, kind, faces, n_cells);
    }
  if (monge_shape_get_unit (shape) != NULL)
    monge_shape_builder_set_unit (builder, monge_shape_get_unit (shape));
  return monge_shape_builder_end (g_steal_pointer (&builder), error);
}

static void
run_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  MongeShapeLoader *loader = task_data;
  Loaded *loaded = g_new0 (Loaded, 1);
  GError *error = NULL;

  if (load (loader, loaded, &error) && loader->mirrored && loaded->shape != NULL)
    {
      MongeShape *mirrored = mirror (loaded->shape, &error);

      monge_shape_unref (loaded->shape);
      loaded->shape = mirrored;
    }
  if (error == NULL)
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
