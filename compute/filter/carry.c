#include "compute/filter/filter-private.h"

#include <math.h>

#include "compute/shape/bytes.h"
#include "compute/shape/distance.h"

typedef struct {
  const MongeShape *shape;
  const guint32 *corners; /* cells of the shape */
  guint arity;
  const guint32 *cells;
  const double *shares;
  gsize n;
} Places;

/* Labels have no mean, and neither do indices. */
static gboolean
is_averaged (const MongeArray *array, MongeArrayRole role)
{
  gboolean is_real = array->type == MONGE_TYPE_FLOAT32 || array->type == MONGE_TYPE_FLOAT64;

  return role != MONGE_ARRAY_LABEL && (is_real || role == MONGE_ARRAY_COLOUR);
}

static MongeArray *
carry_nearest (const Places *places, const MongeArray *array)
{
  g_autofree guint32 *rows = g_new (guint32, MAX (places->n, 1));

  for (gsize i = 0; i < places->n; i++)
    {
      const double *shares = places->shares + places->arity * i;
      guint best = 0;

      for (guint k = 1; k < places->arity; k++)
        if (shares[k] > shares[best])
          best = k;
      rows[i] = places->corners[(gsize) places->cells[i] * places->arity + best];
    }
  return monge_filter_pick_rows (array, rows, places->n);
}

static void
normalise_row (double *row)
{
  double length = hypot (hypot (row[0], row[1]), row[2]);

  for (int k = 0; k < 3 && length > 0.0; k++)
    row[k] /= length;
}

static MongeArray *
carry_mean (const Places *places, const MongeArray *array, MongeArrayRole role)
{
  guint n_components = array->n_components;
  gsize n_values = places->n * n_components, size = n_values * monge_type_get_size (array->type);
  g_autofree double *rows = g_new0 (double, MAX (n_values, 1));
  gpointer values = g_malloc (MAX (size, 1));

  for (gsize i = 0; i < places->n; i++)
    {
      const guint32 *corners = places->corners + (gsize) places->cells[i] * places->arity;
      double *row = rows + i * n_components;

      for (guint k = 0; k < places->arity; k++)
        for (guint c = 0; c < n_components; c++)
          row[c] += places->shares[places->arity * i + k] * monge_array_get (array, corners[k], c);
      if (role == MONGE_ARRAY_NORMAL && n_components == 3)
        normalise_row (row);
    }
  monge_bytes_from_doubles (array->type, rows, 1, n_values, values);
  return monge_array_new (array->name, array->type, n_components, places->n,
                          g_bytes_new_take (values, size));
}

void
monge_filter_carry (MongeShapeBuilder *builder, const MongeShape *shape, const guint32 *cells,
                    const double *shares, gsize n)
{
  guint arity = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE ? 3 : 2;
  Places places = { shape, monge_shape_get_cells (shape), arity, cells, shares, n };

  for (guint k = 0; k < monge_shape_get_n_arrays (shape); k++)
    {
      const MongeArray *array = monge_shape_get_array (shape, k);
      MongeArrayRole role = monge_array_guess_role (array);

      monge_shape_builder_take_array (builder, is_averaged (array, role)
                                                 ? carry_mean (&places, array, role)
                                                 : carry_nearest (&places, array));
    }
}

void
monge_filter_tell_lost_cell_arrays (const MongeShape *shape, GString *note)
{
  guint n = monge_shape_get_n_cell_arrays (shape);

  if (n > 0)
    g_string_append_printf (note, " %u %s of cells found no place among points.", n,
                            n == 1 ? "array" : "arrays");
}

gboolean
monge_filter_find_cells (const MongeShape *shape, const double *positions, const guint32 *faces,
                         gsize n_faces, guint32 *cells, MongeTask *task, GError **error)
{
  g_autofree double *middles = g_new (double, MAX (3 * n_faces, 1));
  g_autofree MongeNearest *nearest = g_new (MongeNearest, MAX (n_faces, 1));

  for (gsize f = 0; f < n_faces; f++)
    for (int d = 0; d < 3; d++)
      middles[3 * f + d] = (positions[3 * (gsize) faces[3 * f] + d]
                            + positions[3 * (gsize) faces[3 * f + 1] + d]
                            + positions[3 * (gsize) faces[3 * f + 2] + d]) / 3.0;
  if (!monge_distance_find_nearest (shape, middles, n_faces, nearest, task, error))
    return FALSE;
  for (gsize f = 0; f < n_faces; f++)
    cells[f] = nearest[f].item;
  return TRUE;
}
