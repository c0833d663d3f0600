#include "compute/io/tract.h"

#include <float.h>

#include "compute/shape/bytes.h"
#include "compute/shape/polyline.h"

/* --- Reading --- */

gboolean
monge_tract_take_lines (MongeShapeBuilder *builder, const guint32 *lengths, gsize n_lines,
                        GError **error)
{
  gsize n_cells = 0, n_single = 0, n_empty = 0, cell = 0;
  guint32 vertex = 0;
  guint32 *cells;

  for (gsize l = 0; l < n_lines; l++)
    {
      n_cells += lengths[l] > 1 ? lengths[l] - 1 : 0;
      n_single += lengths[l] == 1;
      n_empty += lengths[l] == 0;
    }
  cells = monge_bytes_alloc (n_cells, 2 * sizeof *cells, error);
  if (cells == NULL)
    return FALSE;
  for (gsize l = 0; l < n_lines; vertex += lengths[l++])
    for (guint32 k = 1; k < lengths[l]; k++, cell++)
      {
        cells[2 * cell] = vertex + k - 1;
        cells[2 * cell + 1] = vertex + k;
      }
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_CURVES, cells, n_cells);
  if (n_single > 0)
    monge_shape_builder_add_repair (builder, "%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " lines "
                                    "have one point alone: kept as vertices in no segment, "
                                    "without values of the line", n_single, n_lines);
  if (n_empty > 0)
    monge_shape_builder_add_repair (builder, "%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " lines "
                                    "have no point and were left out", n_empty, n_lines);
  return TRUE;
}

/* --- Writing --- */

static guint8 *
find_used (const MongePolylines *lines, gsize n_vertices, gsize *n_lone)
{
  guint8 *is_used = g_malloc0 (MAX (n_vertices, 1));

  for (gsize k = 0; k < lines->offsets[lines->n_lines]; k++)
    is_used[lines->vertices[k]] = 1;
  for (gsize i = 0; i < n_vertices; i++)
    *n_lone += !is_used[i];
  return is_used;
}

static void
add_lone (MongeTract *tract, const guint8 *is_used, gsize *next, gsize end)
{
  for (; *next < end; (*next)++)
    if (!is_used[*next])
      {
        gsize place = tract->offsets[tract->n_lines];

        tract->vertices[place] = (guint32) *next;
        tract->segments[tract->n_lines++] = G_MAXSIZE;
        tract->offsets[tract->n_lines] = place + 1;
      }
}

static void
add_line (MongeTract *tract, const MongePolylines *lines, gsize line)
{
  gsize place = tract->offsets[tract->n_lines];

  for (gsize k = lines->offsets[line]; k < lines->offsets[line + 1]; k++)
    tract->vertices[place++] = lines->vertices[k];
  tract->segments[tract->n_lines++] = lines->offsets[line] - line;
  tract->offsets[tract->n_lines] = place;
}

MongeTract *
monge_tract_new (const MongeShape *shape)
{
  g_autoptr (MongePolylines) lines = monge_mesh_trace_polylines (shape);
  MongeTract *tract = g_new0 (MongeTract, 1);
  gsize n = monge_shape_get_n_vertices (shape), n_lone = 0, next = 0;
  g_autofree guint8 *is_used = find_used (lines, n, &n_lone);

  tract->offsets = g_new0 (gsize, lines->n_lines + n_lone + 1);
  tract->segments = g_new (gsize, lines->n_lines + n_lone + 1);
  tract->vertices = g_new (guint32, lines->offsets[lines->n_lines] + n_lone + 1);
  for (gsize l = 0; l < lines->n_lines; l++)
    {
      add_lone (tract, is_used, &next, lines->vertices[lines->offsets[l]]);
      add_line (tract, lines, l);
    }
  add_lone (tract, is_used, &next, n);
  return tract;
}

void
monge_tract_free (MongeTract *tract)
{
  if (tract == NULL)
    return;
  g_free (tract->offsets);
  g_free (tract->vertices);
  g_free (tract->segments);
  g_free (tract);
}

static gboolean
fits_float (const MongeShape *shape)
{
  double lower[MONGE_MAX_DIM], upper[MONGE_MAX_DIM];

  monge_shape_get_bounds (shape, lower, upper);
  for (guint k = 0; k < monge_shape_get_dim (shape); k++)
    if (lower[k] < -FLT_MAX || upper[k] > FLT_MAX)
      return FALSE;
  return TRUE;
}

gboolean
monge_tract_check (const MongeShape *shape, const char *format, GError **error)
{
  const char *unit = monge_shape_get_unit (shape);

  if (monge_shape_get_kind (shape) == MONGE_SHAPE_CURVES && monge_shape_get_dim (shape) == 3
      && (unit == NULL || g_str_equal (unit, "mm")) && fits_float (shape))
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "%s holds curves in three dimensions, "
               "in millimetres as float32, and nothing else; write .vtk or .ply", format);
  return FALSE;
}
