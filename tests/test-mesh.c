#include "compute/shape/generate.h"
#include "compute/shape/mesh.h"
#include "compute/shape/place.h"
#include "tests/util.h"

#include <math.h>
#include <string.h>

static const double origin[3] = { 0.0, 0.0, 0.0 };

/* A surface of the given vertices and faces. */
static MongeShape *
new_surface (gsize n_vertices, const double *positions, gsize n_faces, const guint32 *faces)
{
  MongeShapeBuilder *builder = monge_shape_builder_new ("test", 3);
  GError *error = NULL;
  MongeShape *shape;

  monge_shape_builder_take_positions (
      builder, g_memdup2 (positions, 3 * n_vertices * sizeof *positions), n_vertices,
      MONGE_TYPE_FLOAT64);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE,
                                  g_memdup2 (faces, 3 * n_faces * sizeof *faces), n_faces);
  shape = monge_shape_builder_end (builder, &error);
  g_assert_no_error (error);
  return shape;
}

static void
test_sphere_area_and_volume (void)
{
  const double centre[3] = { 100.0, -50.0, 2.0 };
  g_autoptr (MongeShape) sphere = monge_generate_sphere (5, 2.0, centre);
  MongeMeshReport report;

  monge_mesh_describe (sphere, &report);
  monge_assert_close_rel (report.area, 16.0 * G_PI, 2e-3);
  monge_assert_close_rel (report.volume, 32.0 / 3.0 * G_PI, 3e-3);
  g_assert_true (report.is_closed && report.is_oriented);
  g_assert_cmpuint (report.n_components, ==, 1);
  g_assert_cmpuint (report.n_degenerate_cells + report.n_unused_vertices, ==, 0);
}

/* An inscribed polyhedron has an area error of order h²: a finer sphere has a quarter of it. */
static void
test_sphere_converges (void)
{
  double error[2];

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (MongeShape) sphere = monge_generate_sphere (3 + i, 1.0, origin);
      MongeMeshReport report;

      monge_mesh_describe (sphere, &report);
      error[i] = 4.0 * G_PI - report.area;
    }
  monge_assert_close_rel (error[0] / error[1], 4.0, 0.05);
}

static void
test_torus (void)
{
  g_autoptr (MongeShape) torus = monge_generate_torus (200, 100, 3.0, 1.0);
  MongeMeshReport report;

  monge_mesh_describe (torus, &report);
  monge_assert_close_rel (report.area, 12.0 * G_PI * G_PI, 2e-3);
  monge_assert_close_rel (report.volume, 6.0 * G_PI * G_PI, 2e-3);
  g_assert_true (report.is_closed && report.is_oriented);
}

static void
test_inside_out (void)
{
  g_autoptr (MongeShape) sphere = monge_generate_sphere (2, 1.0, origin);
  gsize n_faces = monge_shape_get_n_cells (sphere);
  g_autofree guint32 *faces
      = g_memdup2 (monge_shape_get_cells (sphere), 3 * n_faces * sizeof (guint32));
  g_autoptr (MongeShape) turned = NULL;
  MongeMeshReport before, after;

  for (gsize f = 0; f < n_faces; f++)
    {
      guint32 first = faces[3 * f];
      faces[3 * f] = faces[3 * f + 1];
      faces[3 * f + 1] = first;
    }
  turned = new_surface (monge_shape_get_n_vertices (sphere), monge_shape_get_positions (sphere),
                        n_faces, faces);
  monge_mesh_describe (sphere, &before);
  monge_mesh_describe (turned, &after);
  g_assert_true (after.is_oriented);
  monge_assert_close (after.volume, -before.volume, 1e-12);
}

/* A square of two triangles, one vertex aside, and the same with the second triangle turned. */
static void
test_open_patch (void)
{
  const double positions[] = { 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 5, 5, 5 };
  const guint32 agreeing[] = { 0, 1, 2, 0, 2, 3 }, opposed[] = { 0, 1, 2, 0, 3, 2 };
  g_autoptr (MongeShape) patch = new_surface (5, positions, 2, agreeing);
  g_autoptr (MongeShape) broken = new_surface (5, positions, 2, opposed);
  MongeMeshReport report;

  monge_mesh_describe (patch, &report);
  g_assert_cmpuint (report.n_boundary_edges, ==, 4);
  g_assert_cmpuint (report.n_irregular_edges, ==, 0);
  g_assert_cmpuint (report.n_unused_vertices, ==, 1);
  g_assert_cmpuint (report.n_components, ==, 1);
  g_assert_true (report.is_oriented && !report.is_closed);
  g_assert_true (isnan (report.volume));
  monge_assert_close (report.area, 1.0, 1e-15);

  monge_mesh_describe (broken, &report);
  g_assert_false (report.is_oriented);
}

/* Three triangles about one edge, a triangle of no area, and two pieces. */
static void
test_irregular (void)
{
  const double positions[] = { 0, 0, 0, 0, 0, 1, 1, 0, 0, -1, 1, 0, -1, -1, 0,
                               9, 0, 0, 9, 1, 0, 9, 2, 0 };
  const guint32 faces[] = { 0, 1, 2, 0, 1, 3, 0, 1, 4, 5, 6, 7 };
  g_autoptr (MongeShape) shape = new_surface (8, positions, 4, faces);
  MongeMeshReport report;

  monge_mesh_describe (shape, &report);
  g_assert_cmpuint (report.n_irregular_edges, ==, 1);
  g_assert_cmpuint (report.n_boundary_edges, ==, 9);
  g_assert_cmpuint (report.n_components, ==, 2);
  g_assert_cmpuint (report.n_degenerate_cells, ==, 1);
  g_assert_false (report.is_closed);
}

static void
test_curve (void)
{
  g_autoptr (MongeShape) knot = monge_generate_knot (500, 1.0);
  g_autofree double *sizes = g_new (double, 500);
  MongeMeshReport report;
  double total = 0.0;

  monge_mesh_describe (knot, &report);
  g_assert_true (report.is_closed && report.is_oriented);
  g_assert_cmpuint (report.n_components, ==, 1);
  g_assert_true (isnan (report.volume));
  monge_mesh_compute_vertex_sizes (knot, sizes);
  for (gsize i = 0; i < 500; i++)
    total += sizes[i];
  monge_assert_close_rel (total, report.length, 1e-12);
  g_assert_cmpfloat (report.length, >, 0.0);
  g_assert_cmpfloat (report.area, ==, 0.0);
}

static void
test_points (void)
{
  g_autoptr (MongeShape) cloud = monge_generate_cloud (10, 7, 3);
  double sizes[10];
  MongeMeshReport report;

  monge_mesh_describe (cloud, &report);
  g_assert_false (report.is_closed);
  g_assert_true (isnan (report.volume));
  monge_mesh_compute_vertex_sizes (cloud, sizes);
  for (int i = 0; i < 10; i++)
    g_assert_cmpfloat (sizes[i], ==, 0.0);
}

static void
test_vertex_areas_add_up (void)
{
  g_autoptr (MongeShape) shape = monge_generate_seahorse (0, 2);
  g_autofree double *sizes = g_new (double, monge_shape_get_n_vertices (shape));
  MongeMeshReport report;
  double total = 0.0;

  monge_mesh_describe (shape, &report);
  monge_mesh_compute_vertex_sizes (shape, sizes);
  for (gsize i = 0; i < monge_shape_get_n_vertices (shape); i++)
    {
      g_assert_cmpfloat (sizes[i], >, 0.0);
      total += sizes[i];
    }
  monge_assert_close_rel (total, report.area, 1e-12);
}

/* On a sphere about the origin the normal is the position. The lonely vertex has none. */
static void
test_normals_point_out (void)
{
  g_autoptr (MongeShape) sphere = monge_generate_sphere (3, 1.0, origin);
  gsize n = monge_shape_get_n_vertices (sphere);
  g_autofree float *positions = g_new0 (float, 3 * (n + 1));
  g_autofree float *normals = g_new (float, 3 * (n + 1));

  for (gsize i = 0; i < 3 * n; i++)
    positions[i] = (float) monge_shape_get_positions (sphere)[i];
  monge_mesh_compute_normals (n + 1, positions, monge_shape_get_cells (sphere),
                              monge_shape_get_n_cells (sphere), normals);
  for (gsize i = 0; i < n; i++)
    {
      const float *p = positions + 3 * i, *m = normals + 3 * i;

      monge_assert_close (m[0] * m[0] + m[1] * m[1] + m[2] * m[2], 1.0, 1e-5);
      g_assert_cmpfloat (p[0] * m[0] + p[1] * m[1] + p[2] * m[2], >, 0.99);
    }
  g_assert_cmpfloat (normals[3 * n], ==, 0.0);
}

static void
test_flipped_fraction (void)
{
  g_autoptr (MongeShape) sphere = monge_generate_sphere (3, 1.0, origin);
  gsize n = monge_shape_get_n_vertices (sphere);
  const double *positions = monge_shape_get_positions (sphere);
  g_autofree double *moved = g_memdup2 (positions, 3 * n * sizeof (double));
  double half;

  g_assert_cmpfloat (monge_mesh_compute_flipped_fraction (sphere, positions), ==, 0.0);
  for (gsize i = 0; i < n; i++)
    moved[3 * i] = -moved[3 * i];
  /* A reflection in x turns the normal (a, b, c) into (a, −b, −c): against it where a² < 1/2, which
   * is √½ of a sphere. */
  half = monge_mesh_compute_flipped_fraction (sphere, moved);
  monge_assert_close (half, sqrt (0.5), 0.03);
  for (gsize i = 0; i < 3 * n; i++)
    moved[i] = -positions[i];
  g_assert_cmpfloat (monge_mesh_compute_flipped_fraction (sphere, moved), ==, 0.0);
}

static void
test_mirrored (void)
{
  g_autoptr (MongeShape) shape = monge_generate_seahorse (0, 3);
  g_autoptr (MongeShape) mirrored = monge_shape_mirrored (shape, 1);
  g_autoptr (MongeShape) back = monge_shape_mirrored (mirrored, 1);
  double lower[2][3], upper[2][3];
  MongeMeshReport before, after;

  monge_mesh_describe (shape, &before);
  monge_mesh_describe (mirrored, &after);
  g_assert_true (after.is_closed && after.is_oriented);
  monge_assert_close_rel (after.volume, before.volume, 1e-12);
  monge_shape_get_bounds (shape, lower[0], upper[0]);
  monge_shape_get_bounds (mirrored, lower[1], upper[1]);
  monge_assert_max_abs (lower[0], lower[1], 3, 1e-12);
  monge_assert_max_abs (upper[0], upper[1], 3, 1e-12);
  monge_assert_max_abs (monge_shape_get_positions (back), monge_shape_get_positions (shape),
                        3 * monge_shape_get_n_vertices (shape), 1e-12);
  monge_assert_max_abs (monge_shape_get_transform (back), monge_shape_get_transform (shape), 16,
                        1e-12);
  g_assert_cmpmem (monge_shape_get_cells (back), 12 * monge_shape_get_n_cells (back),
                   monge_shape_get_cells (shape), 12 * monge_shape_get_n_cells (shape));
  g_assert_cmpstr (monge_shape_get_unit (mirrored), ==, "mm");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mesh/sphere-area-and-volume", test_sphere_area_and_volume);
  g_test_add_func ("/mesh/sphere-converges", test_sphere_converges);
  g_test_add_func ("/mesh/torus", test_torus);
  g_test_add_func ("/mesh/inside-out", test_inside_out);
  g_test_add_func ("/mesh/open-patch", test_open_patch);
  g_test_add_func ("/mesh/irregular", test_irregular);
  g_test_add_func ("/mesh/curve", test_curve);
  g_test_add_func ("/mesh/points", test_points);
  g_test_add_func ("/mesh/vertex-areas-add-up", test_vertex_areas_add_up);
  g_test_add_func ("/mesh/normals-point-out", test_normals_point_out);
  g_test_add_func ("/mesh/flipped-fraction", test_flipped_fraction);
  g_test_add_func ("/mesh/mirrored", test_mirrored);
  return g_test_run ();
}
