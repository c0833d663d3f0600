#include "compute/shape/polyline.h"

static gboolean
goes_on (const guint32 *cells, gsize cell, guint32 first)
{
  guint32 end = cells[2 * cell - 1];

  return cells[2 * cell] == end && end != first;
}

static gsize
count_lines (const guint32 *cells, gsize n_cells)
{
  gsize n_lines = 0;
  guint32 first = 0;

  for (gsize i = 0; i < n_cells; i++)
    if (i == 0 || !goes_on (cells, i, first))
      {
        first = cells[2 * i];
        n_lines++;
      }
  return n_lines;
}

MongePolylines *
monge_mesh_trace_polylines (const MongeShape *shape)
{
  MongePolylines *lines = g_new0 (MongePolylines, 1);
  const guint32 *cells;
  gsize n_cells, line = 0, n = 0;

  g_return_val_if_fail (shape != NULL, lines);
  cells = monge_shape_get_cells (shape);
  n_cells = monge_shape_get_kind (shape) == MONGE_SHAPE_CURVES ? monge_shape_get_n_cells (shape) : 0;
  lines->n_lines = count_lines (cells, n_cells);
  lines->offsets = g_new0 (gsize, lines->n_lines + 1);
  lines->vertices = g_new (guint32, MAX (n_cells + lines->n_lines, 1));
  for (gsize i = 0; i < n_cells; i++)
    {
      if (i == 0 || !goes_on (cells, i, lines->vertices[lines->offsets[line - 1]]))
        {
          lines->offsets[line++] = n;
          lines->vertices[n++] = cells[2 * i];
        }
      lines->vertices[n++] = cells[2 * i + 1];
    }
  lines->offsets[lines->n_lines] = n;
  return lines;
}

void
monge_polylines_free (MongePolylines *lines)
{
  if (lines == NULL)
    return;
  g_free (lines->offsets);
  g_free (lines->vertices);
  g_free (lines);
}

gboolean
monge_polylines_is_closed (const MongePolylines *lines, gsize line)
{
  g_return_val_if_fail (lines != NULL && line < lines->n_lines, FALSE);
  return lines->vertices[lines->offsets[line]] == lines->vertices[lines->offsets[line + 1] - 1];
}
