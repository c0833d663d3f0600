#include "compute/filter/filter.h"

#include <math.h>
#include <string.h>

#include "compute/filter/edit.h"
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

/* --- Operations --- */

/* Everything that #MongeEdit promises, by its definition. */
static void
check_edit (const MongeEdit *e)
{
  g_autofree guint *degrees = g_new0 (guint, e->n_vertices);

  for (guint32 h = 0; h < 3 * e->n_faces; h++)
    {
      guint32 t = e->twins[h], v = e->faces[h];

      if (v == MONGE_TWIN_NONE)
        continue;
      g_assert_cmpuint (v, !=, monge_edit_end (e, h));
      g_assert_true (e->out[v] != MONGE_TWIN_NONE && e->faces[e->out[v]] == v);
      degrees[v]++;
      if (t == MONGE_TWIN_NONE)
        {
          degrees[monge_edit_end (e, h)]++;
          g_assert_cmpuint (e->out[v], ==, h);
          g_assert_true (e->flags[v] & MONGE_EDIT_BORDER);
        }
      if (t >= MONGE_TWIN_IRREGULAR)
        continue;
      g_assert_cmpuint (e->twins[t], ==, h);
      g_assert_cmpuint (e->faces[t], ==, monge_edit_end (e, h));
      g_assert_cmpuint (monge_edit_end (e, t), ==, v);
    }
  for (guint32 v = 0; v < e->n_vertices; v++)
    if (e->out[v] != MONGE_TWIN_NONE)
      g_assert_cmpuint (degrees[v], ==, e->degrees[v]);
}

/* Faces, less edges, plus vertices. */
static long
find_characteristic (const MongeEdit *e)
{
  long sum = 0;

  for (guint32 v = 0; v < e->n_vertices; v++)
    sum += e->out[v] != MONGE_TWIN_NONE;
  for (guint32 h = 0; h < 3 * e->n_faces; h++)
    {
      if (e->faces[h] == MONGE_TWIN_NONE)
        continue;
      sum += h % 3 == 0;
      sum -= e->twins[h] >= MONGE_TWIN_IRREGULAR || h < e->twins[h];
    }
  return sum;
}

static void
operate_at_random (const MongeShape *shape, guint32 seed)
{
  g_autoptr (MongeEdit) e = monge_edit_new (shape, NULL, NULL);
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  long characteristic = find_characteristic (e);

  check_edit (e);
  for (int step = 0; step < 4000; step++)
    {
      guint32 h = (guint32) g_rand_int_range (rand, 0, (gint32) (3 * e->n_faces));
      int kind = g_rand_int_range (rand, 0, 4);

      if (e->faces[h] == MONGE_TWIN_NONE)
        continue;
      if (kind == 0 && step < 2000)
        monge_edit_split (e, h);
      else if (kind == 1 && monge_edit_can_flip (e, h))
        monge_edit_flip (e, h);
      else if (kind > 1 && monge_edit_can_collapse (e, h, INFINITY, INFINITY))
        monge_edit_collapse (e, h);
      if (step % 500 == 0)
        monge_edit_compress (e);
      if (step % 100 == 0)
        check_edit (e);
    }
  check_edit (e);
  g_assert_cmpint (find_characteristic (e), ==, characteristic);
}

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
  return monge_shape_builder_end (builder, NULL);
}

static void
operations_keep_the_topology (void)
{
  g_autoptr (MongeShape) ball = monge_generate_sphere (1, 1.0, (const double[3]){ 0 });
  g_autoptr (MongeShape) torus = monge_generate_torus (9, 6, 1.0, 0.4), sheet = make_sheet (5);

  for (guint32 seed = 0; seed < 20; seed++)
    {
      operate_at_random (ball, seed);
      operate_at_random (torus, seed);
      operate_at_random (sheet, seed);
    }
}

/* --- Laws --- */

/* The spread of edge lengths: standard deviation by mean. */
static double
find_spread (const MongeShape *shape)
{
  const double *x = monge_shape_get_positions (shape);
  const guint32 *faces = monge_shape_get_cells (shape);
  gsize n = 3 * monge_shape_get_n_cells (shape);
  double first = 0.0, second = 0.0;

  for (gsize h = 0; h < n; h++)
    {
      const double *a = x + 3 * (gsize)faces[h],
                   *b = x + 3 * (gsize)faces[h % 3 == 2 ? h - 2 : h + 1];
      double length = hypot (hypot (a[0] - b[0], a[1] - b[1]), a[2] - b[2]);

      first += length / (double) n;
      second += length * length / (double) n;
    }
  return sqrt (second - first * first) / first;
}

static void
check_remeshed (MongeShape *shape, gsize wanted)
{
  g_autofree char *text = g_strdup_printf ("remesh vertices=%" G_GSIZE_FORMAT, wanted),
                  *note = NULL;
  gint64 begin = g_get_monotonic_time ();
  g_autoptr (MongeShape) even = apply (text, shape, &note);
  g_autoptr (MongeShape) again = apply (text, shape, NULL);
  g_auto (MongeRepairReport) before = { 0 }, after = { 0 };
  MongeMeshReport old, new;

  g_test_message ("%.0f ms for two: %s Spread %.3f, before %.3f",
                  1e-3 * (double) (g_get_monotonic_time () - begin), note, find_spread (even),
                  find_spread (shape));
  g_assert_true (monge_repair_report_fill (&before, shape, 0.0, NULL, NULL));
  g_assert_true (monge_repair_report_fill (&after, even, 0.0, NULL, NULL));
  g_assert_cmpuint (after.n_irregular_edges, ==, before.n_irregular_edges);
  g_assert_cmpuint (after.n_holes, ==, before.n_holes);
  g_assert_cmpuint (after.n_pieces, ==, before.n_pieces);
  g_assert_cmpuint (after.n_duplicate_cells, ==, 0);
  g_assert_cmpuint (after.n_disagreeing_edges, ==, 0);
  monge_assert_close_rel ((double) after.n_vertices, (double) wanted, 0.1);
  monge_mesh_describe (shape, &old);
  monge_mesh_describe (even, &new);
  monge_assert_close_rel (new.area, old.area, 0.05);
  if (old.is_closed)
    monge_assert_close_rel (new.volume, old.volume, 0.03);
  g_assert_cmpfloat (find_spread (even), <, 0.25);
  monge_assert_max_abs (monge_shape_get_positions (again), monge_shape_get_positions (even),
                        3 * monge_shape_get_n_vertices (even), 0.0);
}

static void
surfaces_become_even (void)
{
  g_autoptr (MongeShape) ball = monge_generate_sphere (4, 1.0, (const double[3]){ 0 });
  g_autoptr (MongeShape) torus = monge_generate_torus (80, 20, 1.0, 0.3), sheet = make_sheet (30);
  g_autoptr (MongeShape) seahorse = monge_generate_seahorse (0, 4);

  check_remeshed (ball, 1000);
  check_remeshed (ball, 6000);
  check_remeshed (torus, 1500);
  check_remeshed (seahorse, 3000);
  check_remeshed (sheet, 700);
}

static void
borders_keep_their_course (void)
{
  g_autoptr (MongeShape) sheet = make_sheet (10);
  g_autoptr (MongeShape) even = apply ("remesh length=0.03", sheet, NULL);
  MongeMeshReport mesh;

  monge_mesh_describe (even, &mesh);
  monge_assert_close (mesh.area, 1.0, 1e-12);
}

/* A linear function of the plane is itself, wherever it is asked for. */
static void
arrays_are_interpolated (void)
{
  g_autoptr (MongeShape) bare = make_sheet (10), sheet = NULL, even = NULL;
  g_autoptr (GPtrArray) arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);
  gsize n = monge_shape_get_n_vertices (bare);
  double *values = g_new (double, n);
  gint32 *labels = g_new (gint32, n);
  const MongeArray *slope, *label;

  for (gsize i = 0; i < n; i++)
    {
      values[i] = 2.0 * monge_shape_get_positions (bare)[3 * i] + 1.0;
      labels[i] = monge_shape_get_positions (bare)[3 * i] < 0.45 ? 3 : 7;
    }
  g_ptr_array_add (arrays, monge_array_new ("slope", MONGE_TYPE_FLOAT64, 1, n,
                                            g_bytes_new_take (values, n * sizeof *values)));
  g_ptr_array_add (arrays, monge_array_new ("label", MONGE_TYPE_INT32, 1, n,
                                            g_bytes_new_take (labels, n * sizeof *labels)));
  sheet = monge_shape_with_arrays (bare, arrays, NULL);
  even = apply ("remesh length=0.07", sheet, NULL);
  slope = monge_shape_find_array (even, "slope");
  label = monge_shape_find_array (even, "label");
  for (gsize i = 0; i < monge_shape_get_n_vertices (even); i++)
    {
      double x = monge_shape_get_positions (even)[3 * i];

      monge_assert_close (monge_array_get (slope, i, 0), 2.0 * x + 1.0, 1e-9);
      if (fabs (x - 0.45) > 0.1)
        g_assert_true (monge_array_get (label, i, 0) == (x < 0.45 ? 3.0 : 7.0));
    }
}

static void
hostile_meshes_end (void)
{
  for (guint seed = 0; seed < 200; seed++)
    {
      g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
      MongeShapeBuilder *builder = monge_shape_builder_new ("heap", 3);
      guint n = 3 + seed % 12, n_faces = 1 + seed % 30;
      double *x = g_new (double, 3 * n);
      guint32 *faces = g_new (guint32, 3 * n_faces);
      g_autoptr (MongeFilterChain) chain = NULL;
      g_autoptr (MongeShape) shape = NULL, even = NULL;
      g_autoptr (GError) error = NULL;

      for (guint k = 0; k < 3 * n; k++)
        x[k] = g_rand_int_range (rand, 0, 4);
      for (guint k = 0; k < 3 * n_faces; k++)
        faces[k] = (guint32) g_rand_int_range (rand, 0, (gint) n);
      monge_shape_builder_take_positions (builder, x, n, MONGE_TYPE_FLOAT64);
      monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, faces, n_faces);
      shape = monge_shape_builder_end (builder, NULL);
      chain = monge_filter_chain_parse (seed % 2 ? "remesh length=0.7" : "remesh length=30", NULL);
      even = monge_filter_chain_apply (chain, shape, NULL, NULL, &error);
      g_assert_true (even != NULL || error != NULL);
    }
}

static void
too_fine_is_refused (void)
{
  g_autoptr (MongeShape) sheet = make_sheet (3);
  g_autoptr (MongeFilterChain) chain = monge_filter_chain_parse ("remesh length=1e-5", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (monge_filter_chain_apply (chain, sheet, NULL, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "ask for longer ones");
}

static void
real_shapes (void)
{
  static const struct {
    const char *name;
    gsize n;
  } cases[] = { { "hippocampus/source.ply", 3000 },
                { "hippocampus/source.ply", 50000 },
                { "femur/femur_target.stl", 3000 },
                { "cortex/fsaverage5_pial_left.gii.gz", 10000 } };

  for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      g_autofree char *path = monge_test_data (cases[k].name);
      g_autoptr (MongeShape) shape
          = path != NULL ? monge_shape_load (path, NULL, NULL, NULL) : NULL;

      if (shape != NULL)
        check_remeshed (shape, cases[k].n);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/remesh/operations_keep_the_topology", operations_keep_the_topology);
  g_test_add_func ("/remesh/surfaces_become_even", surfaces_become_even);
  g_test_add_func ("/remesh/borders_keep_their_course", borders_keep_their_course);
  g_test_add_func ("/remesh/arrays_are_interpolated", arrays_are_interpolated);
  g_test_add_func ("/remesh/hostile_meshes_end", hostile_meshes_end);
  g_test_add_func ("/remesh/too_fine_is_refused", too_fine_is_refused);
  g_test_add_func ("/remesh/real_shapes", real_shapes);
  return g_test_run ();
}
