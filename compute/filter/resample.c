/* Curves with even steps: points at equal parts of the length of each line. */
#include "compute/filter/filter-private.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "compute/shape/polyline.h"

#define MAX_POINTS 1e8

const MongeOption monge_resample_options[] = {
  { "points", "Points", "", MONGE_OPTION_INT, offsetof (MongeResampleParams, points), 2, 1e7, TRUE,
    NULL, "How many each line gets" },
  { "spacing", "Spacing", "length", MONGE_OPTION_DOUBLE, offsetof (MongeResampleParams, spacing), 0,
    1e30, TRUE, NULL,
    "About how far apart points are to be along a line, instead of how many (0: as "
    "many as asked for)" },
  { NULL },
};
const MongeResampleParams monge_resample_defaults = { 100, 0.0 };

gboolean
monge_resample_takes (const MongeShape *shape, const char **reason)
{
  if (monge_shape_get_kind (shape) == MONGE_SHAPE_CURVES)
    return TRUE;
  *reason = "this is for curves; remesh is for surfaces, subsample for points";
  return FALSE;
}

typedef struct {
  const MongeShape *shape;
  const MongeResampleParams *params;
  const MongePolylines *lines;
  GArray *cells;     /* guint32: the segment of each new point */
  GArray *shares;    /* double: 2 each */
  GArray *segments;  /* guint32: 2 each */
  GArray *segment_rows; /* guint32 */
} Resampling;

static double
measure_segment (const MongeShape *shape, gsize s)
{
  guint dim = monge_shape_get_dim (shape);
  const guint32 *segment = monge_shape_get_cells (shape) + 2 * s;
  const double *a = monge_shape_get_positions (shape) + (gsize) segment[0] * dim;
  const double *b = monge_shape_get_positions (shape) + (gsize) segment[1] * dim;
  double sum = 0.0;

  for (guint k = 0; k < dim; k++)
    sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sqrt (sum);
}

/* Steps along a line of that length; a closed one needs three. */
static gsize
count_steps (const MongeResampleParams *params, double length, gboolean is_closed)
{
  double n = params->spacing > 0.0 ? round (length / params->spacing)
                                   : params->points - (is_closed ? 0 : 1);

  return (gsize) CLAMP (n, is_closed ? 3.0 : 1.0, MAX_POINTS);
}

static void
add_point (Resampling *r, guint32 segment, double share)
{
  const double shares[2] = { 1.0 - share, share };

  g_array_append_val (r->cells, segment);
  g_array_append_vals (r->shares, shares, 2);
}

static void
add_segment (Resampling *r, guint32 a, guint32 b, guint32 row)
{
  const guint32 ends[2] = { a, b };

  g_array_append_vals (r->segments, ends, 2);
  g_array_append_val (r->segment_rows, row);
}

static void
resample_line (Resampling *r, gsize line)
{
  gsize begin = r->lines->offsets[line] - line, end = r->lines->offsets[line + 1] - line - 1;
  gboolean is_closed = monge_polylines_is_closed (r->lines, line);
  guint32 first = r->cells->len;
  gsize s = begin, n_steps;
  double length = 0.0, before = 0.0, here;

  for (gsize k = begin; k < end; k++)
    length += measure_segment (r->shape, k);
  n_steps = count_steps (r->params, length, is_closed);
  here = measure_segment (r->shape, s);
  for (gsize i = 0; i < n_steps + (is_closed ? 0 : 1); i++)
    {
      double wanted = (double) i / (double) n_steps * length;

      while (s + 1 < end && before + here < wanted)
        {
          before += here;
          here = measure_segment (r->shape, ++s);
        }
      add_point (r, (guint32) s, here > 0.0 ? CLAMP ((wanted - before) / here, 0.0, 1.0) : 0.0);
      if (i > 0)
        add_segment (r, first + (guint32) i - 1, first + (guint32) i,
                     g_array_index (r->cells, guint32, first + i - 1));
    }
  if (is_closed)
    add_segment (r, r->cells->len - 1, first, g_array_index (r->cells, guint32, r->cells->len - 1));
}

static gboolean
check_size (const Resampling *r, GError **error)
{
  double total = 0.0, n;

  for (gsize s = 0; s < monge_shape_get_n_cells (r->shape); s++)
    total += measure_segment (r->shape, s);
  n = r->params->spacing > 0.0 ? total / r->params->spacing + (double) r->lines->n_lines
                               : (double) r->params->points * (double) r->lines->n_lines;
  if (n < MAX_POINTS)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
               "this makes %.3g points; ask for fewer, or for a longer spacing", n);
  return FALSE;
}

static double *
place (const Resampling *r)
{
  guint dim = monge_shape_get_dim (r->shape);
  const guint32 *segments = monge_shape_get_cells (r->shape);
  const double *x = monge_shape_get_positions (r->shape);
  double *points = g_new0 (double, (gsize) r->cells->len * dim);

  for (gsize i = 0; i < r->cells->len; i++)
    for (int end = 0; end < 2; end++)
      for (guint k = 0; k < dim; k++)
        {
          gsize corner = segments[2 * (gsize) g_array_index (r->cells, guint32, i) + end];

          points[i * dim + k]
              += g_array_index (r->shares, double, 2 * i + end) * x[corner * dim + k];
        }
  return points;
}

static MongeShape *
build (const Resampling *r, GError **error)
{
  MongeShapeBuilder *builder = monge_shape_begin_like (r->shape);
  const guint32 *rows = (const guint32 *) (gconstpointer) r->segment_rows->data;
  gsize n = r->cells->len, n_segments = r->segment_rows->len;

  monge_shape_builder_take_positions (builder, place (r), n,
                                      monge_shape_get_position_type (r->shape));
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_CURVES,
                                  g_memdup2 (r->segments->data, 2 * n_segments * sizeof (guint32)),
                                  n_segments);
  monge_filter_carry (builder, r->shape, (const guint32 *) (gconstpointer) r->cells->data,
                      (const double *) (gconstpointer) r->shares->data, n);
  for (guint k = 0; k < monge_shape_get_n_cell_arrays (r->shape); k++)
    monge_shape_builder_take_cell_array (builder, monge_filter_pick_rows (
      monge_shape_get_cell_array (r->shape, k), rows, n_segments));
  return monge_shape_builder_end (builder, error);
}

static gboolean
resample_lines (Resampling *r, MongeTask *task, GError **error)
{
  if (!check_size (r, error))
    return FALSE;
  for (gsize line = 0; line < r->lines->n_lines; line++)
    {
      if ((line & 0xf) == 0)
        monge_task_set_progress (task, (double) line / (double) r->lines->n_lines);
      if (monge_task_return_if_cancelled (task, error))
        return FALSE;
      resample_line (r, line);
    }
  return TRUE;
}

MongeShape *
monge_resample_apply (MongeShape *shape, gconstpointer params, MongeTask *task, GString *note,
                      GError **error)
{
  g_autoptr (MongePolylines) lines = monge_mesh_trace_polylines (shape);
  g_autoptr (GArray) cells = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GArray) shares = g_array_new (FALSE, FALSE, sizeof (double));
  g_autoptr (GArray) segments = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (guint32));
  Resampling r = { shape, params, lines, cells, shares, segments, rows };

  if (!resample_lines (&r, task, error))
    return NULL;
  g_string_append_printf (note, "Put %u points on %" G_GSIZE_FORMAT " %s.", cells->len,
                          lines->n_lines, lines->n_lines == 1 ? "line" : "lines");
  return build (&r, error);
}
