#include "compute/io/io.h"
#include "compute/shape/mesh.h"
#include "tests/label-volume.h"
#include "tests/util.h"

#include <math.h>

/* ---- surfaces ---- */

/* A volume of @n³ voxels with label 3 where @is_inside says so, by a map that mirrors or not. */
static MongeVolume *
new_volume (guint n, gboolean (*is_inside) (int x, int y, int z), gboolean mirrors)
{
  const guint size[3] = { n, n, n };
  const double affine[16]
      = { mirrors ? -0.5 : 0.5, 0, 0.1, 7, 0, 2, 0, -80, 0, 0.3, 1, 5, 0, 0, 0, 1 };
  g_autofree gint32 *labels = g_new0 (gint32, (gsize) n * n * n);

  for (guint z = 0; z < n; z++)
    for (guint y = 0; y < n; y++)
      for (guint x = 0; x < n; x++)
        labels[x + n * (y + (gsize) n * z)] = 3 * is_inside ((int) x, (int) y, (int) z);
  return monge_test_new_labels ("made", size, affine, labels);
}

static void
check_surface (const MongeVolume *volume, const gint32 *labels, guint n_labels, gsize n_components)
{
  g_autoptr (MongeShape) surface = NULL;
  g_autoptr (MongeShape) voxels = NULL;
  GError *error = NULL;
  MongeMeshReport report;
  double expected;

  surface = monge_volume_extract_surface (volume, labels, n_labels, NULL, &error);
  g_assert_no_error (error);
  voxels = monge_volume_extract_voxels (volume, labels, n_labels, NULL, &error);
  g_assert_no_error (error);
  expected = (double) monge_shape_get_n_vertices (voxels) * monge_volume_get_voxel_size (volume);
  monge_mesh_describe (surface, &report);
  g_assert_true (report.is_closed);
  g_assert_true (report.is_oriented);
  g_assert_cmpuint (report.n_unused_vertices, ==, 0);
  g_assert_cmpuint (report.n_degenerate_cells, ==, 0);
  if (n_components > 0)
    g_assert_cmpuint (report.n_components, ==, n_components);
  monge_assert_close_rel (report.volume, expected, 1e-4);
  g_assert_cmpstr (monge_shape_get_unit (surface), ==, "mm");
}

static gboolean
is_in_voxel (int x, int y, int z)
{
  return x == 2 && y == 2 && z == 2;
}

static gboolean
is_in_plate (int x, int y, int z)
{
  return z == 3;
}

static gboolean
is_in_line (int x, int y, int z)
{
  return x == y && z == 0;
}

static gboolean
is_in_edge_pair (int x, int y, int z)
{
  return z == 2 && ((x == 1 && y == 1) || (x == 2 && y == 2));
}

static gboolean
is_in_corner_pair (int x, int y, int z)
{
  return x == y && y == z && (x == 1 || x == 2);
}

static gboolean
is_in_ball (int x, int y, int z)
{
  return (x - 12) * (x - 12) + (y - 12) * (y - 12) + (z - 12) * (z - 12) <= 100;
}

static gboolean
is_in_all (int x, int y, int z)
{
  return TRUE;
}

static gboolean
is_in_board (int x, int y, int z)
{
  return (x + y + z) % 2;
}

static gboolean
is_in_noise (int x, int y, int z)
{
  return ((guint) (x * 73856093) ^ (guint) (y * 19349663) ^ (guint) (z * 83492791)) * 2654435761u
         >> 31;
}

static void
test_small_shapes (void)
{
  static const struct {
    gboolean (*is_inside) (int x, int y, int z);
    guint n;
    gsize n_components;
  } cases[] = { { is_in_voxel, 5, 1 },       { is_in_plate, 9, 1 }, { is_in_line, 9, 1 },
                { is_in_edge_pair, 4, 1 },   { is_in_ball, 25, 1 }, { is_in_all, 1, 1 },
                { is_in_corner_pair, 4, 2 }, { is_in_all, 6, 1 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (int mirrors = 0; mirrors < 2; mirrors++)
      {
        g_autoptr (MongeVolume) volume = new_volume (cases[i].n, cases[i].is_inside, mirrors);

        check_surface (volume, &(gint32){ 3 }, 1, cases[i].n_components);
      }
}

/* All 256 ways of filling a cube, and voxels at random: closed, without an edge of four faces. */
static void
test_every_case_closes (void)
{
  const guint size[3] = { 2, 2, 2 };
  const double affine[16] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 };
  g_autoptr (MongeVolume) noise = new_volume (24, is_in_noise, FALSE);
  g_autoptr (MongeShape) surface = NULL;
  MongeMeshReport report;

  for (guint set = 1; set < 256; set++)
    {
      g_autofree gint32 *labels = g_new0 (gint32, 8);
      g_autoptr (MongeVolume) volume = NULL;

      for (guint c = 0; c < 8; c++)
        labels[c] = set >> c & 1;
      volume = monge_test_new_labels ("set", size, affine, labels);
      check_surface (volume, &(gint32){ 1 }, 1, 0);
    }
  surface = monge_volume_extract_surface (noise, &(gint32){ 3 }, 1, NULL, NULL);
  monge_mesh_describe (surface, &report);
  g_assert_true (report.is_closed && report.is_oriented);
}

/* A ball of radius 10 voxels: vertices near its sphere, and not in steps. */
static void
test_ball_is_round (void)
{
  const guint size[3] = { 25, 25, 25 };
  const double affine[16] = { 1, 0, 0, -12, 0, 1, 0, -12, 0, 0, 1, -12, 0, 0, 0, 1 };
  g_autofree gint32 *labels = g_new0 (gint32, 25 * 25 * 25);
  g_autoptr (MongeVolume) volume = NULL;
  g_autoptr (MongeShape) surface = NULL;
  const double *p;

  for (int i = 0; i < 25 * 25 * 25; i++)
    labels[i] = is_in_ball (i % 25, i / 25 % 25, i / 625);
  volume = monge_test_new_labels ("ball", size, affine, labels);
  surface = monge_volume_extract_surface (volume, &(gint32){ 1 }, 1, NULL, NULL);
  p = monge_shape_get_positions (surface);
  for (gsize i = 0; i < monge_shape_get_n_vertices (surface); i++, p += 3)
    monge_assert_close (sqrt (p[0] * p[0] + p[1] * p[1] + p[2] * p[2]), 10.1, 0.45);
}

/* Of a spike on a block, what is longer than a tooth stays; a tooth goes. */
static void
test_spike_stays_and_tooth_goes (void)
{
  const guint size[3] = { 20, 8, 8 };
  const double affine[16] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 };

  for (int length = 1; length <= 10; length += 9)
    {
      g_autofree gint32 *labels = g_new0 (gint32, 20 * 8 * 8);
      g_autoptr (MongeVolume) volume = NULL;
      g_autoptr (MongeShape) surface = NULL;
      double lower[3], upper[3];

      for (int i = 0; i < 20 * 8 * 8; i++)
        labels[i] = i % 20 < 8 || (i % 20 < 8 + length && i / 20 % 8 == 4 && i / 160 == 4);
      volume = monge_test_new_labels ("spike", size, affine, labels);
      check_surface (volume, &(gint32){ 1 }, 1, 1);
      surface = monge_volume_extract_surface (volume, &(gint32){ 1 }, 1, NULL, NULL);
      monge_shape_get_bounds (surface, lower, upper);
      monge_assert_close (upper[0], length == 1 ? 7.6 : 17.5, 0.55);
    }
}

static void
test_labels_together (void)
{
  const guint size[3] = { 4, 1, 1 };
  const double affine[16] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 };
  const gint32 labels[4] = { 5, -2, 0, 5 };
  g_autoptr (MongeVolume) volume = monge_test_new_labels ("row", size, affine, labels);
  g_autoptr (MongeShape) voxels = NULL;
  GError *error = NULL;

  check_surface (volume, (gint32[]){ 5, -2 }, 2, 2);
  check_surface (volume, (gint32[]){ -2 }, 1, 1);
  voxels = monge_volume_extract_voxels (volume, (gint32[]){ 5 }, 1, NULL, NULL);
  g_assert_cmpuint (monge_shape_get_n_vertices (voxels), ==, 2);
  g_assert_cmpfloat (monge_shape_get_positions (voxels)[3], ==, 3.0);
  g_assert_cmpfloat (monge_array_get (monge_shape_find_array (voxels, "weight"), 1, 0), ==, 1.0);
  g_assert_null (monge_volume_extract_surface (volume, (gint32[]){ 6 }, 1, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "-2, 5");
  g_assert_null (monge_volume_extract_voxels (volume, (gint32[]){ 0 }, 1, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "label 0");
}

/* Voxels that share an edge hang together: one outer surface, and one around each of the 32 holes
 * inside. */
static void
test_checkerboard (void)
{
  g_autoptr (MongeVolume) volume = new_volume (6, is_in_board, FALSE);

  check_surface (volume, &(gint32){ 3 }, 1, 33);
}

/* ---- real volumes ---- */

static void
test_atlas (void)
{
  const char *path = "/usr/share/mricron/templates/aal.nii.gz";
  g_autoptr (MongeVolume) volume = NULL;
  const GArray *table;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("no mricron-data");
      return;
    }
  volume = monge_volume_load (path, NULL, NULL);
  g_assert_nonnull (volume);
  table = monge_volume_get_label_table (volume);
  g_assert_cmpuint (table->len, ==, 116);
  g_assert_cmpint (g_array_index (table, MongeLabel, 36).label, ==, 37);
  g_assert_cmpstr (g_array_index (table, MongeLabel, 36).name, ==, "Hippocampus_L");
  g_assert_cmpuint (g_array_index (table, MongeLabel, 36).n_voxels, ==, 7469);
  for (gint32 label = 30; label <= 40; label++)
    check_surface (volume, &label, 1, 0);
}

static void
test_knees (void)
{
  const char *names[] = { "knee/OAI_a.nii.gz", "knee/OAI_b.nii.gz" };

  for (int k = 0; k < 2; k++)
    {
      g_autofree char *path = monge_test_data (names[k]);
      g_autoptr (MongeVolume) volume = NULL;
      const GArray *table;

      if (path == NULL)
        return;
      volume = monge_volume_load (path, NULL, NULL);
  g_assert_nonnull (volume);
      table = monge_volume_get_label_table (volume);
      for (guint i = 0; i < table->len; i++)
        check_surface (volume, &g_array_index (table, MongeLabel, i).label, 1, 0);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/extract/small-shapes", test_small_shapes);
  g_test_add_func ("/extract/every-case-closes", test_every_case_closes);
  g_test_add_func ("/extract/ball-is-round", test_ball_is_round);
  g_test_add_func ("/extract/spike-stays-and-tooth-goes", test_spike_stays_and_tooth_goes);
  g_test_add_func ("/extract/labels-together", test_labels_together);
  g_test_add_func ("/extract/checkerboard", test_checkerboard);
  g_test_add_func ("/extract/atlas", test_atlas);
  g_test_add_func ("/extract/knees", test_knees);
  return g_test_run ();
}
