/* Reading: a torus of as many vertices and twice as many faces, written to a temporary file first.
 * What is read must be what was written. */
#include "app/bench-private.h"

#include "compute/io/io.h"
#include "compute/shape/bytes.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

typedef struct {
  MongeBench *bench;
  char *path;
  MongeShape *written, *read;
} Reading;

static void
reading_clear (Reading *reading)
{
  if (reading->path != NULL)
    g_unlink (reading->path);
  g_free (reading->path);
  g_clear_pointer (&reading->written, monge_shape_unref);
  g_clear_pointer (&reading->read, monge_shape_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reading, reading_clear)

/* (side × side) vertices on a torus of radii 100 and 40, as float32. */
static MongeShape *
make_torus (guint32 side, GError **error)
{
  MongeShapeBuilder *builder = monge_shape_builder_new ("torus", 3);
  const gsize n = (gsize) side * side;
  g_autofree float *rounded = g_new (float, 3 * n);
  double *positions = g_new (double, 3 * n);
  guint32 *faces = g_new (guint32, 6 * n);

  for (guint32 i = 0; i < n; i++)
    {
      const double u = 2.0 * G_PI * (i / side) / side, v = 2.0 * G_PI * (i % side) / side;
      const guint32 row = i / side * side, next_row = (row + side) % (guint32) n;
      const guint32 right = (i % side + 1) % side, left = i % side;
      const guint32 corners[6] = { row + left, next_row + left, next_row + right,
                                   row + left, next_row + right, row + right };

      rounded[3 * (gsize) i] = (float) ((100.0 + 40.0 * cos (v)) * cos (u));
      rounded[3 * (gsize) i + 1] = (float) ((100.0 + 40.0 * cos (v)) * sin (u));
      rounded[3 * (gsize) i + 2] = (float) (40.0 * sin (v));
      memcpy (faces + 6 * (gsize) i, corners, sizeof corners);
    }
  monge_bytes_to_doubles (MONGE_TYPE_FLOAT32, rounded, 3 * n, positions, 1);
  monge_shape_builder_take_positions (builder, positions, n, MONGE_TYPE_FLOAT32);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, faces, 2 * n);
  return monge_shape_builder_end (builder, error);
}

static gboolean
read_once (gpointer data, GError **error)
{
  Reading *reading = data;

  g_clear_pointer (&reading->read, monge_shape_unref);
  reading->read = monge_shape_load (reading->path, NULL, reading->bench->task, error);
  return reading->read != NULL;
}

/* The largest difference of a coordinate, as float32; infinite if faces or counts are others. */
static double
measure (const Reading *reading)
{
  const double *a = monge_shape_get_positions (reading->written);
  const double *b = monge_shape_get_positions (reading->read);
  gsize n = monge_shape_get_n_vertices (reading->written);
  gsize n_faces = monge_shape_get_n_cells (reading->written);
  double worst = 0.0;
  float rounded;

  if (monge_shape_get_n_vertices (reading->read) != n
      || monge_shape_get_n_cells (reading->read) != n_faces
      || memcmp (monge_shape_get_cells (reading->written), monge_shape_get_cells (reading->read),
                 3 * n_faces * sizeof (guint32)) != 0)
    return INFINITY;
  for (gsize i = 0; i < 3 * n; i++)
    {
      monge_bytes_from_doubles (MONGE_TYPE_FLOAT32, b + i, 1, 1, &rounded);
      worst = fmax (worst, fabs (a[i] - rounded));
    }
  return worst;
}

/* @of->text: the extension of the format */
gboolean
monge_bench_run_reading (MongeBench *bench, const MongeBenchCase *of, MongeBenchRow *row,
                         GError **error)
{
  g_auto (Reading) reading = { .bench = bench };
  g_autofree char *name = g_strdup_printf ("monge-bench-%u.%s", g_random_int (), of->text);

  reading.path = g_build_filename (g_get_tmp_dir (), name, NULL);
  reading.written = make_torus ((guint32) lround (sqrt ((double) of->n)), error);
  if (reading.written == NULL || !monge_shape_save (reading.written, reading.path, NULL, error)
      || !monge_bench_time (bench, row, read_once, NULL, &reading, error))
    return FALSE;
  row->error = measure (&reading);
  row->error_of = "coordinates";
  return TRUE;
}
