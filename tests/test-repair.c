#include "compute/filter/filter.h"

#include <math.h>
#include <string.h>

#include "compute/filter/inspect.h"
#include "compute/io/io.h"
#include "compute/shape/generate.h"
#include "compute/shape/mesh.h"
#include "tests/util.h"

static const double origin[3] = { 0 };

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

/* A surface with faults, from what @change does to positions and faces; arrays number its vertices
 * and faces. */
typedef struct {
  GArray *x;     /* double */
  GArray *faces; /* guint32 */
} Parts;

static Parts
parts_of (const MongeShape *shape)
{
  Parts parts = { g_array_new (FALSE, FALSE, sizeof (double)),
                  g_array_new (FALSE, FALSE, sizeof (guint32)) };

  g_array_append_vals (parts.x, monge_shape_get_positions (shape),
                       3 * (guint) monge_shape_get_n_vertices (shape));
  g_array_append_vals (parts.faces, monge_shape_get_cells (shape),
                       3 * (guint) monge_shape_get_n_cells (shape));
  return parts;
}

static void
add_vertex (Parts *parts, double x, double y, double z)
{
  const double row[3] = { x, y, z };

  g_array_append_vals (parts->x, row, 3);
}

static void
add_face (Parts *parts, guint32 a, guint32 b, guint32 c)
{
  const guint32 row[3] = { a, b, c };

  g_array_append_vals (parts->faces, row, 3);
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

static MongeShape *
build (Parts *parts)
{
  MongeShapeBuilder *builder = monge_shape_builder_new ("faulty", 3);
  gsize n = parts->x->len / 3, n_faces = parts->faces->len / 3;
  g_autoptr (GError) error = NULL;
  MongeShape *shape;

  monge_shape_builder_take_positions (builder, (double *)(gpointer)g_array_free (parts->x, FALSE),
                                      n, MONGE_TYPE_FLOAT64);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE,
                                  (guint32 *)(gpointer)g_array_free (parts->faces, FALSE), n_faces);
  monge_shape_builder_take_array (builder, number_rows ("index", n));
  monge_shape_builder_take_cell_array (builder, number_rows ("face", n_faces));
  shape = monge_shape_builder_end (builder, &error);
  g_assert_no_error (error);
  return shape;
}

/* Repaired again, it is the same object; and it is good. */
static void
check_idempotent (MongeShape *repaired)
{
  g_autoptr (MongeShape) again = apply ("repair", repaired, NULL);
  g_auto (MongeRepairReport) report = { 0 };

  g_assert_true (again == repaired);
  g_assert_true (monge_repair_report_fill (&report, repaired, -1.0, NULL, NULL));
  g_assert_true (monge_repair_report_is_good (&report));
}

static void
good_shapes_stay_themselves (void)
{
  static const char *const names[] = { "sphere", "torus", "seahorse0", "knot", "cloud" };

  for (guint k = 0; k < G_N_ELEMENTS (names); k++)
    {
      g_autoptr (MongeShape) shape = monge_generate_by_name (names[k], NULL);
      g_autofree char *note = NULL;
      g_autoptr (MongeShape) same = apply ("repair", shape, &note);
      g_auto (MongeRepairReport) report = { 0 };
      g_autoptr (GPtrArray) sentences = NULL;

      g_assert_true (same == shape);
      g_assert_cmpstr (note, ==, "Nothing to repair.");
      g_assert_true (monge_repair_report_fill (&report, shape, -1.0, NULL, NULL));
      g_assert_true (monge_repair_report_is_good (&report));
      sentences = monge_repair_report_describe (&report);
      g_assert_cmpuint (sentences->len, ==, 0);
    }
}

/* Every face with corners of its own, as STL has them. */
/* Two closed surfaces with one corner at the same place: joined there, it would be irregular. */
static void
surfaces_that_touch_stay_apart (void)
{
  static const guint32 corners[4][3] = { { 0, 2, 1 }, { 0, 1, 3 }, { 1, 2, 3 }, { 2, 0, 3 } };
  Parts parts = { g_array_new (FALSE, FALSE, sizeof (double)),
                  g_array_new (FALSE, FALSE, sizeof (guint32)) };
  g_autoptr (MongeShape) shape = NULL;
  g_autoptr (MongeShape) repaired = NULL;
  g_autofree char *note = NULL;

  for (int side = 1; side >= -1; side -= 2)
    {
      add_vertex (&parts, 0, 0, 0);
      add_vertex (&parts, side, 0, 0);
      add_vertex (&parts, 0, side, 0);
      add_vertex (&parts, 0, 0, side);
    }
  for (guint f = 0; f < 8; f++)
    {
      const guint32 *c = corners[f % 4], first = f < 4 ? 0 : 4;

      add_face (&parts, first + c[0], first + c[f < 4 ? 1 : 2], first + c[f < 4 ? 2 : 1]);
    }
  shape = build (&parts);
  repaired = apply ("repair", shape, &note);
  g_assert_true (repaired == shape);
  g_assert_cmpstr (note, ==, "Nothing to repair.");
}

static void
welds_a_soup (void)
{
  g_autoptr (MongeShape) ball = monge_generate_sphere (2, 1.0, origin);
  const double *x = monge_shape_get_positions (ball);
  const guint32 *cells = monge_shape_get_cells (ball);
  gsize n_faces = monge_shape_get_n_cells (ball);
  Parts parts = { g_array_new (FALSE, FALSE, sizeof (double)),
                  g_array_new (FALSE, FALSE, sizeof (guint32)) };
  g_autoptr (MongeShape) soup = NULL, repaired = NULL;
  g_auto (MongeRepairReport) report = { 0 };
  MongeMeshReport mesh, wanted;

  for (guint32 k = 0; k < 3 * n_faces; k++)
    {
      g_array_append_vals (parts.x, x + 3 * (gsize) cells[k], 3);
      g_array_append_val (parts.faces, k);
    }
  soup = build (&parts);
  g_assert_true (monge_repair_report_fill (&report, soup, -1.0, NULL, NULL));
  g_assert_cmpuint (report.n_exact_duplicates, ==, 3 * n_faces - monge_shape_get_n_vertices (ball));
  g_assert_cmpuint (report.n_pieces, ==, n_faces);
  g_assert_cmpuint (report.n_holes, ==, n_faces);
  repaired = apply ("repair", soup, NULL);
  monge_mesh_describe (repaired, &mesh);
  monge_mesh_describe (ball, &wanted);
  g_assert_cmpuint (monge_shape_get_n_vertices (repaired), ==, monge_shape_get_n_vertices (ball));
  monge_assert_close_rel (mesh.volume, wanted.volume, 1e-12);
  check_idempotent (repaired);
}

static void
counts_and_mends_every_fault (void)
{
  g_autoptr (MongeShape) ball = monge_generate_sphere (3, 1.0, origin);
  Parts parts = parts_of (ball);
  guint32 n = (guint32)monge_shape_get_n_vertices (ball),
          *faces = (guint32 *)(gpointer)parts.faces->data;
  const double *x = (const double *) (gpointer) parts.x->data;
  g_autoptr (MongeShape) faulty = NULL, repaired = NULL;
  g_auto (MongeRepairReport) report = { 0 };
  const MongeArray *index;
  MongeMeshReport mesh, wanted;

  add_vertex (&parts, 0.0, 0.0, 0.0);                       /* unused */
  x = (const double *) (gpointer) parts.x->data;
  add_vertex (&parts, x[0] + 1e-9, x[1], x[2]);             /* near vertex 0 */
  for (int k = 0; k < 3; k++)                               /* used by the first face only */
    if (faces[k] == 0)
      faces[k] = n + 1;
  add_face (&parts, faces[3], faces[4], faces[5]);          /* twice */
  add_face (&parts, faces[7], faces[6], faces[8]);          /* twice, the other way round */
  faces = (guint32 *) (gpointer) parts.faces->data;
  for (int f = 20; f < 25; f++)                             /* turned */
    {
      guint32 second = faces[3 * f + 1];

      faces[3 * f + 1] = faces[3 * f + 2];
      faces[3 * f + 2] = second;
    }
  g_array_remove_range (parts.faces, 3 * 100, 3);           /* a hole */
  faulty = build (&parts);
  g_assert_true (monge_repair_report_fill (&report, faulty, -1.0, NULL, NULL));
  g_assert_cmpuint (report.n_unreferenced, ==, 1);
  g_assert_cmpuint (report.n_duplicate_vertices, ==, 1);
  g_assert_cmpuint (report.n_exact_duplicates, ==, 0);
  g_assert_cmpuint (report.n_duplicate_cells, ==, 2);
  g_assert_cmpuint (report.n_irregular_edges, >=, 5);
  g_assert_cmpuint (report.n_disagreeing_edges, >=, 5);
  repaired = apply ("repair longest=20", faulty, NULL);
  monge_mesh_describe (repaired, &mesh);
  monge_mesh_describe (ball, &wanted);
  g_assert_true (mesh.is_closed && mesh.is_oriented);
  monge_assert_close_rel (mesh.volume, wanted.volume, 1e-12);
  g_assert_cmpuint (monge_shape_get_n_vertices (repaired), ==, n);
  index = monge_shape_find_array (repaired, "index");
  for (guint32 i = 0; i < n; i++)
    g_assert_true (monge_array_get (index, i, 0) == i);
  check_idempotent (repaired);
}

static void
turns_inside_out_but_not_cavities (void)
{
  g_autoptr (MongeShape) outer = monge_generate_sphere (2, 2.0, origin);
  g_autoptr (MongeShape) inner = monge_generate_sphere (2, 1.0, origin);

  for (int turned = 0; turned < 4; turned++)
    {
      Parts parts = parts_of (outer);
      guint32 n = (guint32) monge_shape_get_n_vertices (outer);
      const guint32 *cells = monge_shape_get_cells (inner);
      g_autoptr (MongeShape) both = NULL, repaired = NULL;
      g_auto (MongeRepairReport) report = { 0 };

      for (guint k = 0; k < parts.faces->len && (turned & 1) != 0; k += 3)
        {
          guint32 *face = (guint32 *) (gpointer) parts.faces->data + k, second = face[1];

          face[1] = face[2];
          face[2] = second;
        }
      g_array_append_vals (parts.x, monge_shape_get_positions (inner),
                           3 * (guint) monge_shape_get_n_vertices (inner));
      for (gsize f = 0; f < monge_shape_get_n_cells (inner); f++)
        if ((turned & 2) != 0)
          add_face (&parts, n + cells[3 * f], n + cells[3 * f + 2], n + cells[3 * f + 1]);
        else
          add_face (&parts, n + cells[3 * f], n + cells[3 * f + 1], n + cells[3 * f + 2]);
      both = build (&parts);
      repaired = apply ("repair", both, NULL);
      g_assert_true ((repaired == both) == ((turned & 1) == 0));
      g_assert_true (monge_repair_report_fill (&report, repaired, -1.0, NULL, NULL));
      g_assert_cmpuint (report.n_pieces, ==, 2);
      g_assert_cmpuint (report.n_inside_out, ==, turned >> 1);
    }
}

/* The Möbius strip has no sides to agree on. */
static void
one_sided_surfaces_are_left (void)
{
  Parts parts = { g_array_new (FALSE, FALSE, sizeof (double)),
                  g_array_new (FALSE, FALSE, sizeof (guint32)) };
  g_autoptr (MongeShape) strip = NULL, repaired = NULL;
  g_autofree char *note = NULL;
  const guint32 n = 12;

  for (guint32 i = 0; i < n; i++)
    for (int side = -1; side <= 1; side += 2)
      {
        double t = 2.0 * G_PI * i / n, r = 1.0 + 0.3 * side * cos (0.5 * t);

        add_vertex (&parts, r * cos (t), r * sin (t), 0.3 * side * sin (0.5 * t));
      }
  for (guint32 i = 0; i < n; i++)
    {
      guint32 a = 2 * i, b = 2 * i + 1, c = i + 1 < n ? 2 * i + 2 : 1,
              d = i + 1 < n ? 2 * i + 3 : 0;

      add_face (&parts, a, c, b);
      add_face (&parts, b, c, d);
    }
  strip = build (&parts);
  repaired = apply ("repair", strip, &note);
  g_assert_true (repaired == strip);
  g_assert_nonnull (strstr (note, "one side only"));
}

/* A cap cut off a ball, up to a given height: its rim is a hole. */
static MongeShape *
cut_ball (double height)
{
  g_autoptr (MongeShape) ball = monge_generate_sphere (4, 1.0, origin);
  const double *x = monge_shape_get_positions (ball);
  Parts parts = parts_of (ball);
  const guint32 *faces = monge_shape_get_cells (ball);

  g_array_set_size (parts.faces, 0);
  for (gsize f = 0; f < monge_shape_get_n_cells (ball); f++)
    if (MAX (MAX (x[3 * faces[3 * f] + 2], x[3 * faces[3 * f + 1] + 2]),
             x[3 * faces[3 * f + 2] + 2])
        < height)
      add_face (&parts, faces[3 * f], faces[3 * f + 1], faces[3 * f + 2]);
  return build (&parts);
}

static void
holes_are_filled_up_to_a_length (void)
{
  for (double height = 0.3; height < 0.95; height += 0.2)
    {
      g_autoptr (MongeShape) cup = cut_ball (height);
      g_autoptr (MongeShape) open = apply ("repair longest=1", cup, NULL);
      g_autoptr (MongeShape) closed = apply ("repair longest=inf", cup, NULL);
      MongeMeshReport mesh;

      monge_mesh_describe (open, &mesh);
      g_assert_false (mesh.is_closed);
      monge_mesh_describe (closed, &mesh);
      g_assert_true (mesh.is_closed && mesh.is_oriented && mesh.n_degenerate_cells == 0);
      /* Below the plane of the rim a ball holds π (h + 1)² (2 − h) / 3. */
      monge_assert_close_rel (mesh.volume, G_PI * pow (height + 1.0, 2) * (2.0 - height) / 3.0,
                              0.05);
      g_assert_nonnull (monge_shape_find_array (closed, "index"));
      g_assert_cmpuint (monge_shape_get_cell_array (closed, 0)->n_rows, ==,
                        monge_shape_get_n_cells (closed));
      check_idempotent (closed);
    }
}

static void
clouds_keep_their_mass (void)
{
  MongeShapeBuilder *builder = monge_shape_builder_new ("dots", 3);
  double *x = g_new0 (double, 9);
  float *weights = g_new (float, 3);
  g_autoptr (MongeShape) dots = NULL, repaired = NULL;

  x[3] = 1.0;
  for (int i = 0; i < 3; i++)
    weights[i] = (float) (1 << i);
  monge_shape_builder_take_positions (builder, x, 3, MONGE_TYPE_FLOAT64);
  monge_shape_builder_take_array (builder, monge_array_new ("weight", MONGE_TYPE_FLOAT32, 1, 3,
                                                            g_bytes_new_take (weights, 12)));
  dots = monge_shape_builder_end (builder, NULL);
  repaired = apply ("repair", dots, NULL);
  g_assert_cmpuint (monge_shape_get_n_vertices (repaired), ==, 2);
  g_assert_true (monge_array_get (monge_shape_find_array (repaired, "weight"), 0, 0) == 5.0);
  g_assert_true (monge_array_get (monge_shape_find_array (repaired, "weight"), 1, 0) == 2.0);
}

/* Faces thrown at random on few vertices: nothing regular about them. */
static void
random_faces_are_survived (void)
{
  for (guint seed = 0; seed < 300; seed++)
    {
      g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
      Parts parts = { g_array_new (FALSE, FALSE, sizeof (double)),
                      g_array_new (FALSE, FALSE, sizeof (guint32)) };
      guint n = 3 + seed % 12, n_faces = 1 + seed % 40;
      g_autoptr (MongeShape) shape = NULL, once = NULL, twice = NULL;

      for (guint i = 0; i < n; i++)
        add_vertex (&parts, g_rand_int_range (rand, 0, 3), g_rand_int_range (rand, 0, 3),
                    g_rand_int_range (rand, 0, 2));
      for (guint f = 0; f < n_faces; f++)
        {
          guint32 a = (guint32) g_rand_int_range (rand, 0, (gint) n);
          guint32 step = (guint32) g_rand_int_range (rand, 1, (gint) n);
          guint32 b = (a + step) % n, c = (a + (step == 1 ? 2 : 1)) % n;

          add_face (&parts, a, b, c);
        }
      shape = build (&parts);
      once = apply ("repair longest=inf", shape, NULL);
      twice = apply ("repair longest=inf", once, NULL);
      if (once != twice)
        g_error ("repairing again changes seed %u", seed);
    }
}

static void
real_shapes (void)
{
  static const char *const names[]
      = { "hippocampus/source.ply", "femur/femur_target.stl", "cortex/fsaverage5_pial_left.gii.gz",
          "scans/armadillo_30k.ply" };

  for (guint k = 0; k < G_N_ELEMENTS (names); k++)
    {
      g_autofree char *path = monge_test_data (names[k]);
      g_autoptr (MongeShape) shape = NULL, repaired = NULL;
      g_autofree char *note = NULL;
      gint64 begin;

      if (path == NULL)
        continue;
      shape = monge_shape_load (path, NULL, NULL, NULL);
      if (shape == NULL)
        continue;
      begin = g_get_monotonic_time ();
      repaired = apply ("repair", shape, &note);
      g_test_message ("%s: %.1f ms: %s", names[k], 1e-3 * (double)(g_get_monotonic_time () - begin),
                      note);
      check_idempotent (repaired);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/repair/good_shapes_stay_themselves", good_shapes_stay_themselves);
  g_test_add_func ("/repair/surfaces_that_touch_stay_apart", surfaces_that_touch_stay_apart);
  g_test_add_func ("/repair/welds_a_soup", welds_a_soup);
  g_test_add_func ("/repair/counts_and_mends_every_fault", counts_and_mends_every_fault);
  g_test_add_func ("/repair/turns_inside_out_but_not_cavities", turns_inside_out_but_not_cavities);
  g_test_add_func ("/repair/one_sided_surfaces_are_left", one_sided_surfaces_are_left);
  g_test_add_func ("/repair/holes_are_filled_up_to_a_length", holes_are_filled_up_to_a_length);
  g_test_add_func ("/repair/clouds_keep_their_mass", clouds_keep_their_mass);
  g_test_add_func ("/repair/random_faces_are_survived", random_faces_are_survived);
  g_test_add_func ("/repair/real_shapes", real_shapes);
  return g_test_run ();
}
