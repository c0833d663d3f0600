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

/* Takes both arrays, of @n rows. */
static MongeShape *
make_cloud (const char *name, double *positions, double *weights, gsize n, GError **error)
{
  MongeShapeBuilder *builder = monge_shape_builder_new (name, 3);

  monge_shape_builder_take_positions (builder, positions, n, MONGE_TYPE_FLOAT64);
  monge_shape_builder_take_array (
      builder, monge_array_new ("weight", MONGE_TYPE_FLOAT64, 1, n,
                                g_bytes_new_take (weights, n * sizeof *weights)));
  monge_shape_builder_set_unit (builder, "mm");
  monge_shape_builder_set_space (builder, MONGE_SPACE_RAS);
  return monge_shape_builder_end (builder, error);
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

  mask = monge_volume_select (volume, labels, n_labels, lower, upper, &n_voxels, task, error);
  if (mask == NULL)
    return NULL;
  positions = place_voxels (volume, mask, lower, upper, n_voxels, task, error);
  if (positions == NULL)
    return NULL;
  weights = monge_bytes_alloc (n_voxels, sizeof *weights, error);
  if (weights == NULL)
    return NULL;
  for (gsize i = 0; i < n_voxels; i++)
    weights[i] = monge_volume_get_voxel_size (volume);
  name = monge_volume_dup_selection_name (volume, labels, n_labels);
  return make_cloud (name, g_steal_pointer (&positions), weights, n_voxels, error);
}

/* ---- density ---- */

/* The voxels of a row that have mass, from (0, @y, @z) on; if @positions is not NULL they are written
 * there and to @weights. */
static gsize
take_row (const MongeVolume *volume, double level, guint y, guint z, double *positions,
          double *weights)
{
  const guint *size = monge_volume_get_size (volume);
  const float *values = monge_volume_get_intensities (volume) + size[0] * (y + size[1] * (gsize) z);
  gsize n = 0;

  for (guint x = 0; x < size[0]; x++)
    {
      if (!(values[x] >= level && values[x] > 0.0f))
        continue;
      if (positions != NULL)
        {
          monge_volume_place (volume, (const double[3]){ x, y, z }, positions + 3 * n);
          weights[n] = monge_volume_get_voxel_size (volume) * (double) values[x];
        }
      n++;
    }
  return n;
}

/* Counts, or writes, the voxels of all rows. FALSE when cancelled. */
static gboolean
take_rows (const MongeVolume *volume, double level, double *positions, double *weights, gsize *n,
           MongeTask *task, GError **error)
{
  const guint *size = monge_volume_get_size (volume);

  *n = 0;
  for (guint z = 0; z < size[2]; z++)
    for (guint y = 0; y < size[1]; y++)
      {
        if (y % 16 == 0 && monge_task_return_if_cancelled (task, error))
          return FALSE;
        *n += take_row (volume, level, y, z, positions != NULL ? positions + 3 * *n : NULL,
                        weights != NULL ? weights + *n : NULL);
      }
  return TRUE;
}

MongeShape *
monge_volume_extract_density (const MongeVolume *volume, double level, MongeTask *task,
                              GError **error)
{
  g_autofree double *positions = NULL, *weights = NULL;
  gsize n;

  if (!monge_volume_check_level (volume, level, error)
      || !take_rows (volume, level, NULL, NULL, &n, task, error))
    return NULL;
  monge_task_set_progress (task, 0.3);
  if (n == 0 || n > MONGE_MAX_VERTICES)
    {
      g_set_error (error, MONGE_ERROR, n == 0 ? MONGE_ERROR_EMPTY : MONGE_ERROR_SIZE,
                   n == 0 ? "no voxel from the level %g on has an intensity above 0; a density needs "
                            "some mass"
                          : "too many voxels reach the level %g; choose a higher one", level);
      return NULL;
    }
  positions = monge_bytes_alloc (n, 3 * sizeof *positions, error);
  if (positions == NULL || (weights = monge_bytes_alloc (n, sizeof *weights, error)) == NULL
      || !take_rows (volume, level, positions, weights, &n, task, error))
    return NULL;
  return make_cloud (monge_volume_get_name (volume), g_steal_pointer (&positions),
                     g_steal_pointer (&weights), n, error);
}
