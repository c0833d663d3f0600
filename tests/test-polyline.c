/* Lines out of segments: open, closed, touching, any. */
#include "compute/core/random.h"
#include "compute/shape/polyline.h"

#include <string.h>

#include "tests/util.h"

static MongeShape *
make_curves (const guint32 *cells, gsize n_cells, gsize n_vertices)
{
  MongeShapeBuilder *builder = monge_shape_builder_new ("lines", 3);
  g_autoptr (GError) error = NULL;
  MongeShape *shape;

  monge_shape_builder_take_positions (builder, g_new0 (double, 3 * n_vertices), n_vertices,
                                      MONGE_TYPE_FLOAT32);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_CURVES,
                                  g_memdup2 (cells, 2 * n_cells * sizeof *cells), n_cells);
  shape = monge_shape_builder_end (builder, &error);
  g_assert_no_error (error);
  return shape;
}

static void
test_open_and_closed (void)
{
  static const guint32 cells[] = { 0, 1, 1, 2, 3, 4, 4, 5, 5, 3, 3, 6, 8, 7 };
  static const guint32 vertices[] = { 0, 1, 2, 3, 4, 5, 3, 3, 6, 8, 7 };
  static const gsize offsets[] = { 0, 3, 7, 9, 11 };
  g_autoptr (MongeShape) shape = make_curves (cells, 7, 9);
  g_autoptr (MongePolylines) lines = monge_mesh_trace_polylines (shape);

  g_assert_cmpuint (lines->n_lines, ==, 4);
  g_assert_cmpmem (lines->offsets, 5 * sizeof (gsize), offsets, sizeof offsets);
  g_assert_cmpmem (lines->vertices, 11 * sizeof (guint32), vertices, sizeof vertices);
  for (gsize l = 0; l < 4; l++)
    g_assert_true (monge_polylines_is_closed (lines, l) == (l == 1));
}

static void
test_no_segments (void)
{
  g_autoptr (MongeShape) shape = make_curves (NULL, 0, 2);
  g_autoptr (MongePolylines) lines = monge_mesh_trace_polylines (shape);

  g_assert_cmpuint (lines->n_lines, ==, 0);
  g_assert_cmpuint (lines->offsets[0], ==, 0);
}

/* Whatever the segments: each is found once more, in its order, where the header says. */
static void
test_keeps_every_segment (void)
{
  MongeRandom random;

  monge_random_init (&random, 7);
  for (int run = 0; run < 300; run++)
    {
      gsize n = monge_random_next (&random) % 40, i = 0;
      guint32 cells[80];
      g_autoptr (MongeShape) shape = NULL;
      g_autoptr (MongePolylines) lines = NULL;

      for (gsize k = 0; k < n; k++)
        {
          cells[2 * k] = k > 0 && monge_random_next (&random) % 3 > 0
                           ? cells[2 * k - 1] : (guint32) (monge_random_next (&random) % 5);
          cells[2 * k + 1] = (cells[2 * k] + 1 + (guint32) (monge_random_next (&random) % 4)) % 5;
        }
      shape = make_curves (cells, n, 5);
      lines = monge_mesh_trace_polylines (shape);
      for (gsize l = 0; l < lines->n_lines; l++)
        {
          g_assert_cmpuint (lines->offsets[l] - l, ==, i);
          for (gsize k = lines->offsets[l]; k + 1 < lines->offsets[l + 1]; k++, i++)
            g_assert_cmpmem (lines->vertices + k, 8, cells + 2 * i, 8);
        }
      g_assert_cmpuint (i, ==, n);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/polyline/open_and_closed", test_open_and_closed);
  g_test_add_func ("/polyline/no_segments", test_no_segments);
  g_test_add_func ("/polyline/keeps_every_segment", test_keeps_every_segment);
  return g_test_run ();
}
