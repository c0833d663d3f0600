/* What PLY, OBJ, STL and lines of text have no word for and is kept all the same: arrays of several
 * components, orientation, integers of 64 bits, normals at corners. */
#include "compute/io/io.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "tests/shape-files.h"

/* --- PLY --- */

/* Names, types, components and bytes of everything but what double rounds. */
static void
test_ply_keeps_arrays (void)
{
  for (guint kind = MONGE_SHAPE_POINTS; kind <= MONGE_SHAPE_SURFACE; kind++)
    {
      g_autoptr (MongeShape) shape = monge_test_shape ((MongeShapeKind) kind, MONGE_TYPE_FLOAT32);
      g_autoptr (MongeShape) back = monge_test_through ("PLY", shape);

      g_assert_cmpuint (monge_shape_get_n_arrays (back), ==, monge_shape_get_n_arrays (shape));
      g_assert_cmpint (monge_shape_get_space (back), ==, MONGE_SPACE_LPS);
      for (guint i = 0; i < monge_shape_get_n_arrays (shape); i++)
        {
          const MongeArray *a = monge_shape_get_array (shape, i);
          if (a->type == MONGE_TYPE_INT64 || a->type == MONGE_TYPE_UINT64)
            g_assert_cmpstr (monge_shape_get_array (back, i)->name, ==, a->name);
          else
            monge_test_assert_arrays_equal (monge_shape_get_array (back, i), a);
        }
      for (guint i = 0; i < monge_shape_get_n_cell_arrays (shape); i++)
        g_assert_cmpuint (monge_shape_get_cell_array (back, i)->n_components, ==,
                          monge_shape_get_cell_array (shape, i)->n_components);
      for (guint i = 0; i < MONGE_TYPE_INT64; i++)
        monge_test_assert_arrays_equal (monge_shape_get_field_array (back, i),
                                        monge_shape_get_field_array (shape, i));
    }
}

/* Those that double holds come back as the integers they were. */
static void
test_ply_wide_integers (void)
{
  static const gint64 ids[] = { G_GINT64_CONSTANT (1) << 53, -5 };
  MongeShapeBuilder *builder = monge_shape_builder_new ("test", 3);
  g_autoptr (MongeShape) shape = NULL, back = NULL;
  g_autoptr (GError) error = NULL;

  monge_shape_builder_take_positions (builder, g_new0 (double, 6), 2, MONGE_TYPE_FLOAT32);
  monge_shape_builder_take_array (builder, monge_array_new ("ids", MONGE_TYPE_INT64, 1, 2,
                                                            g_bytes_new (ids, sizeof ids)));
  shape = monge_shape_builder_end (builder, &error);
  g_assert_no_error (error);
  back = monge_test_through ("PLY", shape);
  monge_test_assert_array (monge_shape_find_array (back, "ids"), "ids", MONGE_TYPE_INT64, 1, ids,
                           sizeof ids);
}

static void
test_ply_joins_known_columns (void)
{
  static const char text[] = "ply\nformat ascii 1.0\ncomment SPACE=RAS\nelement vertex 2\n"
    "property float x\nproperty float y\nproperty float z\nproperty float nx\n"
    "property float ny\nproperty float nz\nproperty uchar red\nproperty uchar green\n"
    "property uchar blue\nproperty uchar alpha\nproperty short v_0\nproperty short v_1\n"
    "property int v_2\nproperty int w_0\nend_header\n"
    "0 0 0 1 2 3 4 5 6 7 8 9 10 11\n1 0 0 0 0 1 1 2 3 4 5 6 7 8\n";
  static const float normals[] = { 1, 2, 3, 0, 0, 1 };
  static const guint8 colours[] = { 4, 5, 6, 7, 1, 2, 3, 4 };
  static const gint16 v[] = { 8, 9, 5, 6 };
  g_autoptr (MongeShape) shape = monge_test_parse ("PLY", text, strlen (text));

  g_assert_cmpuint (monge_shape_get_n_arrays (shape), ==, 5);
  g_assert_cmpint (monge_shape_get_space (shape), ==, MONGE_SPACE_RAS);
  monge_test_assert_array (monge_shape_get_array (shape, 0), "normals", MONGE_TYPE_FLOAT32, 3,
                           normals, sizeof normals);
  monge_test_assert_array (monge_shape_get_array (shape, 1), "rgba", MONGE_TYPE_UINT8, 4, colours,
                           sizeof colours);
  monge_test_assert_array (monge_shape_get_array (shape, 2), "v", MONGE_TYPE_INT16, 2, v, sizeof v);
  g_assert_cmpstr (monge_shape_get_array (shape, 3)->name, ==, "v_2");
  g_assert_cmpstr (monge_shape_get_array (shape, 4)->name, ==, "w_0");
}

/* --- OBJ --- */

/* Corners that disagree, or name what is not there. */
static void
test_obj_tells_of_normals_that_part (void)
{
  static const char *const texts[] = {
    "v 0 0 0\nv 1 0 0\nv 0 1 0\nvn 0 0 1\nvn 1 0 0\nf 1//1 2//1 3//1\nf 1//2 2//1 3//1\n",
    "v 0 0 0\nv 1 0 0\nv 0 1 0\nvn 0 0 1\nf 1//1 2//1 3//2\n",
    "v 0 0 0\nv 1 0 0\nv 0 1 0\nvn 0 0 1\nf 1//1 2//1 3\n",
    "v 0 0 0\nv 1 0 0\nv 0 1 0\nvn 0 0 1\nf 1 2 3\n",
    "v 0 0 0\nv 1 0 0\nv 0 1 0\nvn 0 0 1\nf 1//-2 2//1 3//0\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (MongeShape) shape = monge_test_parse ("OBJ", texts[i], strlen (texts[i]));
      g_assert_cmpuint (monge_shape_get_n_arrays (shape), ==, 0);
      monge_test_assert_repair (shape, "not kept: normals");
    }
}

/* --- STL --- */

static void
test_stl_solids_are_told_apart (void)
{
  static const char face[] = "facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\n"
    "vertex 0 1 0\nendloop\nendfacet\n";
  static const guint16 expected[] = { 1, 2, 2 };
  g_autofree char *text = g_strconcat ("solid left unit: mm\n", face, "endsolid\nsolid right\n",
                                       face, face, "endsolid right\n", NULL);
  g_autoptr (MongeShape) shape = monge_test_parse ("STL", text, strlen (text));
  const MongeArray *solid = monge_shape_get_cell_array (shape, 0);

  monge_test_assert_array (solid, "solid", MONGE_TYPE_UINT16, 1, expected, sizeof expected);
  g_assert_cmpstr (monge_label_table_find (solid->labels, 2)->name, ==, "right");
  g_assert_cmpstr (monge_shape_get_unit (shape), ==, "mm");
}

/* --- Stopping --- */

/* A PLY of a square grid, n × n vertices. */
static void
write_grid (const char *path, guint32 n)
{
  g_autoptr (GString) file = g_string_new (NULL);
  gsize n_faces = 2 * (gsize) (n - 1) * (n - 1), start;
  guint8 *to;

  g_string_append_printf (file, "ply\nformat binary_little_endian 1.0\nelement vertex %u\n"
                          "property float x\nproperty float y\nproperty float z\n"
                          "element face %" G_GSIZE_FORMAT "\n"
                          "property list uchar int vertex_indices\nend_header\n", n * n, n_faces);
  start = file->len;
  g_string_set_size (file, start + 12 * (gsize) n * n + 13 * n_faces);
  to = (guint8 *) file->str + start;
  for (guint32 i = 0; i < n * n; i++, to += 12)
    {
      const float place[3] = { (float) (i / n), (float) (i % n), 0.0f };
      memcpy (to, place, sizeof place);
    }
  for (gsize i = 0; i < n_faces; i++, to += 13)
    {
      guint32 at = (guint32) (i / 2 / (n - 1)) * n + (guint32) (i / 2 % (n - 1));
      const guint32 corners[3] = { at, i % 2 == 0 ? at + n : at + n + 1,
                                   i % 2 == 0 ? at + n + 1 : at + 1 };
      to[0] = 3;
      memcpy (to + 1, corners, sizeof corners);
    }
  g_assert_true (g_file_set_contents (path, file->str, (gssize) file->len, NULL));
}

/* Times are those that the thread had of a processor: others' load is not ours. */
typedef struct {
  const char *path;
  MongeTask task;
  gint has_clock, is_done;
  clockid_t clock;
  double ended; /* seconds */
  gint code;    /* of the error; −1: none */
} Loader;

static double
read_clock (clockid_t clock)
{
  struct timespec now = { 0 };

  clock_gettime (clock, &now); /* nothing of a thread that has ended */
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static gpointer
load (gpointer data)
{
  Loader *loader = data;
  g_autoptr (GError) error = NULL;
  MongeShape *shape;

  pthread_getcpuclockid (pthread_self (), &loader->clock);
  g_atomic_int_set (&loader->has_clock, 1);
  shape = monge_shape_load (loader->path, NULL, &loader->task, &error);
  loader->ended = read_clock (loader->clock);
  loader->code = shape != NULL ? -1 : error->code;
  g_atomic_int_set (&loader->is_done, 1);
  if (shape != NULL)
    monge_shape_unref (shape);
  return NULL;
}

/* Cancels at many times on the way; the longest that it took to end. Progress goes up. */
static double
cancel_often (const char *path, double *whole)
{
  Loader loader = { .path = path };
  double longest = 0.0;

  g_thread_join (g_thread_new ("whole", load, &loader));
  *whole = loader.ended;
  g_assert_cmpint (loader.code, ==, -1);
  for (int i = 0; i < 10; i++)
    {
      g_autoptr (GThread) thread = NULL;
      double cancelled, before = 0.0;

      loader = (Loader){ .path = path };
      thread = g_thread_new ("loader", load, &loader);
      while (!g_atomic_int_get (&loader.has_clock))
        g_usleep (100);
      while (!g_atomic_int_get (&loader.is_done) && read_clock (loader.clock) < *whole * 0.1 * i)
        {
          double now = monge_task_get_progress (&loader.task);
          g_assert_true (now >= before && now <= 1.0);
          before = now;
          g_usleep (500);
        }
      monge_task_cancel (&loader.task);
      cancelled = g_atomic_int_get (&loader.is_done) ? G_MAXDOUBLE : read_clock (loader.clock);
      g_thread_join (g_steal_pointer (&thread));
      if (loader.code == -1)
        break;
      g_assert_cmpint (loader.code, ==, MONGE_ERROR_CANCELLED);
      longest = MAX (longest, loader.ended - cancelled);
    }
  return longest;
}

static void
check_cancelling (const char *path)
{
  double whole, longest = cancel_often (path, &whole);

  g_test_message ("%s: %.0f ms to read, at most %.1f ms to stop", path, 1e3 * whole,
                  1e3 * longest);
  g_assert_cmpfloat (longest, <=, 0.05 * monge_test_patience ());
}

static void
test_ply_can_be_cancelled (void)
{
  g_autofree char *path = monge_test_tmp_path ("grid.ply");

  write_grid (path, g_test_thorough () ? 3163 : 1000);
  check_cancelling (path);
}

static void
test_others_can_be_cancelled (void)
{
  static const char *const names[] = { "grid.obj", "grid.stl", "grid.off", "grid.vtk", "grid.vtp",
                                       "grid.xyz", "grid.csv", "zipped.ply.gz" };
  g_autofree char *path = monge_test_tmp_path ("small.ply");
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeShape) shape = NULL;

  write_grid (path, g_test_thorough () ? 1000 : 300);
  shape = monge_shape_load (path, NULL, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *other = monge_test_tmp_path (names[i]);
      monge_shape_save (shape, other, NULL, &error);
      g_assert_no_error (error);
      check_cancelling (other);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ply/keeps_arrays", test_ply_keeps_arrays);
  g_test_add_func ("/ply/wide_integers", test_ply_wide_integers);
  g_test_add_func ("/ply/joins_known_columns", test_ply_joins_known_columns);
  g_test_add_func ("/obj/tells_of_normals_that_part", test_obj_tells_of_normals_that_part);
  g_test_add_func ("/stl/solids_are_told_apart", test_stl_solids_are_told_apart);
  g_test_add_func ("/ply/can_be_cancelled", test_ply_can_be_cancelled);
  g_test_add_func ("/others/can_be_cancelled", test_others_can_be_cancelled);
  return g_test_run ();
}
