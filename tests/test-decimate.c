#include "compute/filter/filter.h"

#include <math.h>
#include <string.h>

#include "compute/filter/inspect.h"
#include "compute/io/io.h"
#include "compute/shape/distance.h"
#include "compute/shape/generate.h"
#include "compute/shape/mesh.h"
#include "tests/util.h"

static MongeShape *
apply (const char *text, MongeShape *shape, char **note)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (MongeFilterChain) chain = monge_filter_chain_parse (text, &error);
  g_autoptr (GPtrArray) notes = NULL;
  MongeShape *result;

  g_assert_no_error (error);
  result = monge_filter_chain_apply (chain, shape, NULL, &notes, &error);
  g_assert_no_error (error);
  if (note != NULL)
    *note = g_strdup (notes->pdata[0]);
  return result;
}

static MongeArray *
number_rows (const char *name, gsize n)
{
  gint32 *values = g_new (gint32, n);

  for (gsize i = 0; i < n; i++)
    values[i] = (gint32) i;
  return monge_array_new (name, MONGE_TYPE_INT32, 1, n,
                          g_bytes_new_take (values, n * sizeof *values));
}

static void
check_closed (const MongeShape *shape)
{
  g_auto (MongeRepairReport) report = { 0 };

  g_assert_true (monge_repair_report_fill (&report, shape, 0.0, NULL, NULL));
  g_assert_cmpuint (report.n_boundary_edges, ==, 0);
  g_assert_cmpuint (report.n_irregular_edges, ==, 0);
  g_assert_cmpuint (report.n_disagreeing_edges, ==, 0);
}

/* Down to almost nothing, closed surfaces stay closed and regular. */
static void
closed_stays_closed (void)
{
  static const char *const names[] = { "sphere", "torus", "seahorse0", "seahorse1" };

  for (guint k = 0; k < G_N_ELEMENTS (names); k++)
    for (double share = 60.0; share > 0.05; share *= 0.6)
      {
        g_autoptr (MongeShape) shape = monge_generate_by_name (names[k], NULL);
        g_autofree char *text = g_strdup_printf ("decimate share=%.17g", share);
        g_autoptr (MongeShape) few = apply (text, shape, NULL);

        check_closed (few);
        g_assert_cmpuint (monge_shape_get_n_cells (few), <, monge_shape_get_n_cells (shape));
        if (share > 10.0)
          g_assert_cmpuint (monge_shape_get_n_cells (few), <=,
                            (gsize) ceil (0.01 * share * (double) monge_shape_get_n_cells (shape)));
      }
}

/* Where a library alone leaves edges of four faces. */
static void
large_surfaces_reach_their_number (void)
{
  g_autoptr (MongeShape) ball = monge_generate_sphere (6, 1.0, (const double[3]){ 0 });

  for (guint wanted = 40000; wanted > 100; wanted /= 5)
    {
      g_autofree char *text = g_strdup_printf ("decimate faces=%u", wanted);
      g_autoptr (MongeShape) few = apply (text, ball, NULL);

      check_closed (few);
      g_assert_cmpuint (monge_shape_get_n_cells (few), <=, wanted);
      g_assert_cmpuint (monge_shape_get_n_cells (few), >=, wanted - wanted / 50 - 4);
    }
}

static void
vertices_are_some_of_the_old (void)
{
  g_autoptr (MongeShape) bare = monge_generate_seahorse (0, 4), shape = NULL, few = NULL;
  g_autoptr (GPtrArray) arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);
  const MongeArray *index;

  g_ptr_array_add (arrays, number_rows ("index", monge_shape_get_n_vertices (bare)));
  shape = monge_shape_with_arrays (bare, arrays, NULL);
  few = apply ("decimate faces=500", shape, NULL);
  index = monge_shape_find_array (few, "index");
  g_assert_cmpuint (monge_shape_get_n_cells (few), <=, 500);
  for (gsize i = 0; i < index->n_rows; i++)
    monge_assert_max_abs (monge_shape_get_positions (few) + 3 * i,
                          monge_shape_get_positions (bare)
                            + 3 * (gsize) monge_array_get (index, i, 0), 3, 0.0);
}

static void
error_bounds_hold (void)
{
  g_autoptr (MongeShape) shape = monge_generate_seahorse (0, 4);
  gsize n = monge_shape_get_n_vertices (shape), before = G_MAXSIZE;
  g_autofree double *distances = g_new (double, n);

  for (double bound = 0.01; bound < 2.0; bound *= 4.0)
    {
      g_autofree char *text = g_strdup_printf ("decimate faces=4 error=%.17g", bound);
      g_autoptr (MongeShape) few = apply (text, shape, NULL);
      double farthest = 0.0;

      g_assert_true (monge_distance_to_shape (few, monge_shape_get_positions (shape), n, distances,
                                              NULL, NULL));
      for (gsize i = 0; i < n; i++)
        farthest = MAX (farthest, distances[i]);
      g_assert_cmpfloat (farthest, <=, 0.01 * bound * monge_shape_get_diameter (shape));
      g_assert_cmpuint (monge_shape_get_n_cells (few), <=, before);
      before = monge_shape_get_n_cells (few);
    }
}

/* A square of unit side, n × n. */
static MongeShape *
make_sheet (guint32 n)
{
  MongeShapeBuilder *builder = monge_shape_builder_new ("sheet", 3);
  double *x = g_new0 (double, 3 * (gsize) (n + 1) * (n + 1));
  guint32 *faces = g_new (guint32, 6 * (gsize) n * n), *at = faces;

  for (guint32 i = 0; i < (n + 1) * (n + 1); i++)
    {
      x[3 * i] = (double) (i % (n + 1)) / n;
      x[3 * i + 1] = (double) (i / (n + 1)) / n;
    }
  for (guint32 r = 0; r < n; r++)
    for (guint32 c = 0; c < n; c++)
      {
        guint32 i = r * (n + 1) + c;
        const guint32 both[6] = { i, i + 1, i + n + 1, i + 1, i + n + 2, i + n + 1 };

        memcpy (at, both, sizeof both);
        at += 6;
      }
  monge_shape_builder_take_positions (builder, x, (gsize) (n + 1) * (n + 1), MONGE_TYPE_FLOAT64);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, faces, 2 * (gsize) n * n);
  monge_shape_builder_take_cell_array (builder, number_rows ("face", 2 * (gsize) n * n));
  return monge_shape_builder_end (builder, NULL);
}

static void
borders_are_locked (void)
{
  g_autoptr (MongeShape) sheet = make_sheet (20);
  g_autoptr (MongeShape) few = apply ("decimate faces=10 lock-border=true", sheet, NULL);
  g_autoptr (MongeShape) fewer = apply ("decimate faces=10", sheet, NULL);
  MongeMeshReport mesh;

  monge_mesh_describe (few, &mesh);
  g_assert_cmpuint (mesh.n_boundary_edges, ==, 80);
  monge_assert_close (mesh.area, 1.0, 1e-12);
  monge_mesh_describe (fewer, &mesh);
  monge_assert_close (mesh.area, 1.0, 1e-12);
  g_assert_cmpuint (monge_shape_get_n_cells (fewer), <=, 10);
  g_assert_cmpuint (monge_shape_get_cell_array (few, 0)->n_rows, ==, monge_shape_get_n_cells (few));
}

static void
points_and_curves_say_why_not (void)
{
  static const char *const names[] = { "knot", "cloud" };

  for (guint k = 0; k < G_N_ELEMENTS (names); k++)
    {
      g_autoptr (MongeShape) shape = monge_generate_by_name (names[k], NULL);
      g_autoptr (MongeFilterChain) chain = monge_filter_chain_parse ("decimate", NULL);
      g_autoptr (GError) error = NULL;

      g_assert_null (monge_filter_chain_apply (chain, shape, NULL, NULL, &error));
      monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "this is for surfaces");
    }
}

static void
cancelled_at_once (void)
{
  g_autoptr (MongeShape) ball = monge_generate_sphere (7, 1.0, (const double[3]){ 0 });
  g_autoptr (MongeFilterChain) chain = monge_filter_chain_parse ("decimate", NULL);
  g_autoptr (GError) error = NULL;
  MongeTask task = MONGE_TASK_INIT;

  monge_task_cancel (&task);
  g_assert_null (monge_filter_chain_apply (chain, ball, &task, NULL, &error));
  g_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED);
}

static void
real_shapes (void)
{
  static const char *const names[] = { "hippocampus/source.ply", "femur/femur_target.stl",
                                       "cortex/fsaverage5_pial_left.gii.gz" };

  for (guint k = 0; k < G_N_ELEMENTS (names); k++)
    {
      g_autofree char *path = monge_test_data (names[k]);
      g_autoptr (MongeShape) shape
          = path != NULL ? monge_shape_load (path, NULL, NULL, NULL) : NULL;
      MongeMeshReport before, after;

      if (shape == NULL)
        continue;
      monge_mesh_describe (shape, &before);
      for (double share = 50.0; share > 5.0; share /= 2.0)
        {
          g_autofree char *text = g_strdup_printf ("decimate share=%g", share), *note = NULL;
          gint64 begin = g_get_monotonic_time ();
          g_autoptr (MongeShape) few = apply (text, shape, &note);

          g_test_message ("%s, %g %%: %.1f ms: %s", names[k], share,
                          1e-3 * (double) (g_get_monotonic_time () - begin), note);
          monge_mesh_describe (few, &after);
          g_assert_cmpint (after.is_closed, ==, before.is_closed);
          if (before.is_closed)
            monge_assert_close_rel (after.volume, before.volume, 0.1);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/decimate/closed_stays_closed", closed_stays_closed);
  g_test_add_func ("/decimate/large_surfaces_reach_their_number", large_surfaces_reach_their_number);
  g_test_add_func ("/decimate/vertices_are_some_of_the_old", vertices_are_some_of_the_old);
  g_test_add_func ("/decimate/error_bounds_hold", error_bounds_hold);
  g_test_add_func ("/decimate/borders_are_locked", borders_are_locked);
  g_test_add_func ("/decimate/points_and_curves_say_why_not", points_and_curves_say_why_not);
  g_test_add_func ("/decimate/cancelled_at_once", cancelled_at_once);
  g_test_add_func ("/decimate/real_shapes", real_shapes);
  return g_test_run ();
}
