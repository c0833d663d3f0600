#include "compute/shape/sample.h"

#include "compute/core/random.h"
#include "compute/shape/mesh.h"

#include <math.h>
#include <string.h>

static MongeShape *
end_cloud (MongeShapeBuilder *builder,
           const MongeShape *shape,
           GError **error)
{
  monge_shape_builder_set_unit (builder, monge_shape_get_unit (shape));
  return monge_shape_builder_end (builder, error);
}

/* A uniform point of cell @c; barycentric coordinates by folding the unit square. */
static void
draw_in_cell (const MongeShape *shape,
              gsize c,
              MongeRandom *random,
              double *point)
{
  guint dim = monge_shape_get_dim (shape);
  guint corners = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE ? 3 : 2;
  const guint32 *cell = monge_shape_get_cells (shape) + c * corners;
  const double *x = monge_shape_get_positions (shape);
  double share[3] = { 0, monge_random_uniform (random), 0 };

  if (corners == 3)
    {
      share[2] = monge_random_uniform (random);
      if (share[1] + share[2] > 1.0)
        {
          share[1] = 1.0 - share[1];
          share[2] = 1.0 - share[2];
        }
    }
  share[0] = 1.0 - share[1] - share[2];
  for (guint d = 0; d < dim; d++)
    {
      point[d] = 0.0;
      for (guint k = 0; k < corners; k++)
        point[d] += share[k] * x[(gsize) cell[k] * dim + d];
    }
}

static MongeShape *
sample_cells (const MongeShape *shape,
              gsize n,
              MongeRandom *random,
              GError **error)
{
  gsize n_cells = monge_shape_get_n_cells (shape), c = 0;
  guint dim = monge_shape_get_dim (shape);
  g_autofree double *sizes = g_new (double, n_cells);
  double total = 0.0, before = 0.0;
  MongeShapeBuilder *builder;
  double *points;

  monge_mesh_compute_cell_sizes (shape, sizes);
  for (gsize i = 0; i < n_cells; i++)
    total += sizes[i];
  if (!(total > 0.0 && isfinite (total)))
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY,
                   "%s: its cells have no size to draw points from", monge_shape_get_name (shape));
      return NULL;
    }
  points = g_new (double, n * dim);
  for (gsize i = 0; i < n; i++)
    {
      double wanted = ((double) i + monge_random_uniform (random)) / (double) n * total;

      while (c + 1 < n_cells && before + sizes[c] <= wanted)
        before += sizes[c++];
      draw_in_cell (shape, c, random, points + i * dim);
    }
  builder = monge_shape_builder_new (monge_shape_get_name (shape), dim);
  monge_shape_builder_take_positions (builder, points, n, monge_shape_get_position_type (shape));
  return end_cloud (builder, shape, error);
}

static MongeArray *
pick_rows (const MongeArray *array,
           const gsize *rows,
           gsize n)
{
  gsize size = array->n_components * monge_type_get_size (array->type);
  const guint8 *from = g_bytes_get_data (array->values, NULL);
  guint8 *values = g_malloc (n * size);

  for (gsize i = 0; i < n; i++)
    memcpy (values + i * size, from + rows[i] * size, size);
  return monge_array_new (array->name, array->type, array->n_components, n,
                          g_bytes_new_take (values, n * size));
}

/* Selection sampling (Knuth, The Art of Computer Programming 2, algorithm 3.4.2 S). */
static gsize *
draw_rows (gsize n,
           gsize n_all,
           MongeRandom *random)
{
  gsize *rows = g_new (gsize, n);
  gsize taken = 0;

  for (gsize i = 0; taken < n; i++)
    if (monge_random_uniform (random) * (double) (n_all - i) < (double) (n - taken))
      rows[taken++] = i;
  return rows;
}

static MongeShape *
sample_vertices (const MongeShape *shape,
                 gsize n,
                 MongeRandom *random,
                 GError **error)
{
  gsize n_all = monge_shape_get_n_vertices (shape);
  guint dim = monge_shape_get_dim (shape);
  const double *x = monge_shape_get_positions (shape);
  g_autofree gsize *rows = NULL;
  MongeShapeBuilder *builder;
  double *points;

  if (n > n_all)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "%s: it has only %" G_GSIZE_FORMAT " points; ask for no more",
                   monge_shape_get_name (shape), n_all);
      return NULL;
    }
  rows = draw_rows (n, n_all, random);
  points = g_new (double, n * dim);
  for (gsize i = 0; i < n; i++)
    memcpy (points + i * dim, x + rows[i] * dim, dim * sizeof (double));
  builder = monge_shape_builder_new (monge_shape_get_name (shape), dim);
  monge_shape_builder_take_positions (builder, points, n, monge_shape_get_position_type (shape));
  for (guint i = 0; i < monge_shape_get_n_arrays (shape); i++)
    monge_shape_builder_take_array (builder, pick_rows (monge_shape_get_array (shape, i), rows, n));
  return end_cloud (builder, shape, error);
}

MongeShape *
monge_shape_sample (const MongeShape *shape,
                    gsize n,
                    guint64 seed,
                    GError **error)
{
  MongeRandom random;

  if (n < 1 || n > MONGE_MAX_VERTICES)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "Between 1 and %" G_GSIZE_FORMAT " points can be drawn, not %" G_GSIZE_FORMAT,
                   MONGE_MAX_VERTICES, n);
      return NULL;
    }
  monge_random_init (&random, seed);
  if (monge_shape_get_n_cells (shape) > 0)
    return sample_cells (shape, n, &random, error);
  return sample_vertices (shape, n, &random, error);
}
