#include "compute/shape/bytes.h"
#include "compute/volume/volume-private.h"

static double *
place_voxels (const MongeVolume *volume, const guint8 *mask, const guint lower[3],
              const guint upper[3], gsize n_voxels, MongeTask *task, GError **error)
{
  g_autofree double *positions = monge_bytes_alloc (3 * n_voxels, sizeof (double), error);
  double *p = positions;

  for (guint z = lower[2]; positions != NULL && z < upper[2]; z++)
    for (guint y = lower[1]; y < upper[1]; y++)
      {
        if (y % 16 == 0 && monge_task_return_if_cancelled (task, error))
          return NULL;
        for (guint x = lower[0]; x < upper[0]; x++)
          if (*mask++)
            {
              monge_volume_place (volume, (const double[3]){ x, y, z }, p);
              p += 3;
            }
      }
  return g_steal_pointer (&positions);
}

MongeShape *
monge_volume_extract_voxels (const MongeVolume *volume, const gint32 *labels, guint n_labels,
                             MongeTask *task, GError **error)
{
  g_autofree guint8 *mask = NULL;
  g_autofree char *name = NULL;
  g_autofree double *positions = NULL;
  guint lower[3], upper[3];
  gsize n_voxels;
  double *weights;
  MongeShapeBuilder *builder;

  mask = monge_volume_select (volume, labels, n_labels, lower, upper, &n_voxels, task, error);
  if (mask == NULL)
    return NULL;
  positions = place_voxels (volume, mask, lower, upper, n_voxels, task, error);
  if (positions == NULL)
    return NULL;
  name = monge_volume_dup_selection_name (volume, labels, n_labels);
  builder = monge_shape_builder_new (name, 3);
  monge_shape_builder_take_positions (builder, g_steal_pointer (&positions), n_voxels,
                                      MONGE_TYPE_FLOAT64);
  weights = g_new (double, n_voxels);
  for (gsize i = 0; i < n_voxels; i++)
    weights[i] = monge_volume_get_voxel_size (volume);
  monge_shape_builder_take_array (
      builder, monge_array_new ("weight", MONGE_TYPE_FLOAT64, 1, n_voxels,
                                g_bytes_new_take (weights, n_voxels * sizeof *weights)));
  monge_shape_builder_set_unit (builder, "mm");
  monge_shape_builder_set_space (builder, MONGE_SPACE_RAS);
  return monge_shape_builder_end (builder, error);
}
