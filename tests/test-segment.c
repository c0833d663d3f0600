/* Surfaces of several labels at once, of levels, and what a density is: tests/test-extract.c has the
 * surface of one label. */
#include "compute/core/random.h"
#include "compute/io/volumes.h"
#include "compute/shape/mesh.h"
#include "tests/label-volume.h"
#include "tests/util.h"

#include <math.h>
#include <stdlib.h>

static const double identity[16] = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 };
static const double slanted[16] = { -0.5, 0, 0.1, 7, 0, 2, 0, -80, 0, 0.3, 1, 5, 0, 0, 0, 1 };

/* ---- helpers ---- */

static MongeVolume *
new_cube (guint n, const double affine[16], const gint32 *labels)
{
  return monge_test_new_labels ("made", (const guint[3]){ n, n, n }, affine, labels);
}

static gint32 *
list_labels (const MongeVolume *volume, guint *n)
{
  const GArray *table = monge_volume_get_label_table (volume);
  gint32 *labels = g_new (gint32, MAX (table->len, 1));

  for (*n = 0; *n < table->len; ++*n)
    labels[*n] = g_array_index (table, MongeLabel, *n).label;
  return labels;
}

static void
check_closed (const MongeShape *surface, double volume, double tol)
{
  MongeMeshReport report;

  monge_mesh_describe (surface, &report);
  g_assert_true (report.is_closed);
  g_assert_true (report.is_oriented);
  g_assert_cmpuint (report.n_irregular_edges, ==, 0);
  g_assert_cmpuint (report.n_boundary_edges, ==, 0);
  g_assert_cmpuint (report.n_unused_vertices, ==, 0);
  g_assert_cmpuint (report.n_degenerate_cells, ==, 0);
  if (volume > 0.0)
    monge_assert_close_rel (report.volume, volume, tol);
}

/* One surface for each label of @volume, closed and of the right volume. */
static GPtrArray *
extract_all (const MongeVolume *volume, double tol)
{
  const GArray *table = monge_volume_get_label_table (volume);
  g_autofree gint32 *labels = NULL;
  GPtrArray *surfaces;
  GError *error = NULL;
  guint n;

  labels = list_labels (volume, &n);
  surfaces = monge_volume_extract_surfaces (volume, labels, n, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (surfaces->len, ==, n);
  for (guint i = 0; i < n; i++)
    check_closed (g_ptr_array_index (surfaces, i),
                  (double) g_array_index (table, MongeLabel, i).n_voxels
                      * monge_volume_get_voxel_size (volume), tol);
  return surfaces;
}

/* ---- every way in which labels can meet ---- */

#define PITCH 3 /* blocks of two voxels and a gap */
#define N_BLOCKS 16

/* All 4^8 ways of filling 2 × 2 × 2 voxels with the background and three labels, 16³ in a volume. */
static void
test_every_meeting (void)
{
  const guint n = PITCH * N_BLOCKS;

  for (guint part = 0; part < 16; part += g_test_thorough () ? 1 : 5)
    {
      g_autofree gint32 *labels = g_new0 (gint32, n * n * n);
      g_autoptr (MongeVolume) volume = NULL;
      g_autoptr (GPtrArray) surfaces = NULL;

      for (guint block = 0; block < N_BLOCKS * N_BLOCKS * N_BLOCKS; block++)
        for (guint c = 0; c < 8; c++)
          {
            guint x = PITCH * (block % N_BLOCKS) + (c & 1);
            guint y = PITCH * (block / N_BLOCKS % N_BLOCKS) + (c >> 1 & 1);
            guint z = PITCH * (block / N_BLOCKS / N_BLOCKS) + (c >> 2);

            labels[x + n * (y + n * z)] = (part << 12 | block) >> 2 * c & 3;
          }
      volume = new_cube (n, identity, labels);
      surfaces = extract_all (volume, 1e-4);
    }
}

/* Voxels at random: of two labels, of many, mostly empty, without any background. */
static void
test_noise (void)
{
  static const struct {
    guint n_labels, n_empty;
  } cases[] = { { 1, 1 }, { 2, 0 }, { 2, 1 }, { 4, 1 }, { 5, 0 }, { 40, 0 }, { 3, 60 } };
  MongeRandom random;

  monge_random_init (&random, 3);
  for (gsize k = 0; k < G_N_ELEMENTS (cases); k++)
    for (guint n = 1; n <= 22; n += 7)
      {
        g_autofree gint32 *labels = g_new0 (gint32, n * n * n);
        g_autoptr (MongeVolume) volume = NULL;
        g_autoptr (GPtrArray) surfaces = NULL;

        for (guint i = 0; i < n * n * n; i++)
          labels[i] = (gint32) (monge_random_next (&random)
                                % (cases[k].n_labels + cases[k].n_empty));
        for (guint i = 0; i < n * n * n; i++)
          labels[i] = (guint) labels[i] < cases[k].n_labels ? 1 + labels[i] : 0;
        labels[0] = 1;
        volume = new_cube (n, k % 2 ? slanted : identity, labels);
        surfaces = extract_all (volume, 1e-2);
      }
}

static void
test_boards (void)
{
  const guint n = 8;

  for (int kind = 0; kind < 4; kind++)
    {
      g_autofree gint32 *labels = g_new0 (gint32, n * n * n);
      g_autoptr (MongeVolume) volume = NULL;
      g_autoptr (GPtrArray) surfaces = NULL;

      for (guint i = 0; i < n * n * n; i++)
        {
          guint x = i % n, y = i / n % n, z = i / n / n;

          labels[i] = kind == 0   ? 1 + (gint32) ((x + y + z) % 2)
                      : kind == 1 ? 1 + (gint32) ((x & 1) + 2 * (y & 1) + 4 * (z & 1))
                      : kind == 2 ? 1 + (gint32) ((x + y + z) % 3)
                                  : (gint32) ((x + y) % 2);
        }
      volume = new_cube (n, identity, labels);
      surfaces = extract_all (volume, 1e-4);
    }
}

/* ---- what labels share ---- */

typedef struct {
  double p[9]; /* the corners of a face, the least first */
} Face;

static Face
make_face (const MongeShape *surface, gsize f, gboolean turns)
{
  const double *p = monge_shape_get_positions (surface);
  const guint32 *c = monge_shape_get_cells (surface) + 3 * f;
  guint first = 0;
  Face face;

  for (guint k = 1; k < 3; k++)
    if (memcmp (p + 3 * (gsize) c[k], p + 3 * (gsize) c[first], 3 * sizeof (double)) < 0)
      first = k;
  for (guint k = 0; k < 3; k++)
    memcpy (face.p + 3 * k, p + 3 * (gsize) c[(first + (turns ? 3 - k : k)) % 3],
            3 * sizeof (double));
  return face;
}

static int
compare_faces (const void *a, const void *b)
{
  return memcmp (a, b, sizeof (Face));
}

/* How many faces of @a are faces of @b seen from the other side, bit for bit. */
static gsize
count_shared (const MongeShape *a, const MongeShape *b)
{
  const gsize n = monge_shape_get_n_cells (a), m = monge_shape_get_n_cells (b);
  g_autofree Face *faces = g_new (Face, m);
  gsize n_shared = 0;

  for (gsize f = 0; f < m; f++)
    faces[f] = make_face (b, f, FALSE);
  qsort (faces, m, sizeof *faces, compare_faces);
  for (gsize f = 0; f < n; f++)
    {
      Face face = make_face (a, f, TRUE);

      n_shared += bsearch (&face, faces, m, sizeof *faces, compare_faces) != NULL;
    }
  return n_shared;
}

/* Pairs of neighbouring voxels of the labels at places @a and @b. */
static gsize
count_contacts (const MongeVolume *volume, guint a, guint b)
{
  const guint *size = monge_volume_get_size (volume);
  const guint16 *places = monge_volume_get_places (volume);
  const gsize steps[3] = { 1, size[0], (gsize) size[0] * size[1] };
  gsize n = 0, i = 0;

  for (guint z = 0; z < size[2]; z++)
    for (guint y = 0; y < size[1]; y++)
      for (guint x = 0; x < size[0]; x++, i++)
        {
          const gboolean has_next[3] = { x + 1 < size[0], y + 1 < size[1], z + 1 < size[2] };

          for (int k = 0; k < 3; k++)
            if (has_next[k] && places[i] != places[i + steps[k]])
              n += (places[i] == a && places[i + steps[k]] == b)
                   || (places[i] == b && places[i + steps[k]] == a);
        }
  return n;
}

/* A ball cut in three: where two parts touch, each contact of voxels is two faces of both, and
 * what is left of the three closes around the ball. */
static void
test_neighbours_share_faces (void)
{
  const guint n = 24;
  g_autofree gint32 *labels = g_new0 (gint32, n * n * n);
  g_autoptr (MongeVolume) volume = NULL;
  g_autoptr (GPtrArray) surfaces = NULL;

  for (guint i = 0; i < n * n * n; i++)
    {
      double x = i % n - 11.7, y = i / n % n - 11.2, z = i / n / n - 11.5;

      if (x * x + y * y + z * z <= 81.0)
        labels[i] = x + 0.3 * y < 1.0 ? 1 : y < 0.4 * z ? 2 : 3;
    }
  volume = new_cube (n, slanted, labels);
  surfaces = extract_all (volume, 1e-4);
  for (guint a = 0; a < 3; a++)
    for (guint b = 0; b < 3; b++)
      if (a != b)
        g_assert_cmpuint (count_shared (g_ptr_array_index (surfaces, a),
                                        g_ptr_array_index (surfaces, b)),
                          ==, 2 * count_contacts (volume, a + 1, b + 1));
}

static void
test_atlas_shares_faces (void)
{
  const char *path = "/usr/share/mricron/templates/aal.nii.gz";
  static const gint32 pairs[][2] = { { 37, 39 }, { 37, 41 }, { 38, 40 }, { 1, 3 }, { 55, 89 } };
  g_autoptr (MongeVolume) volume = NULL;
  g_autoptr (GPtrArray) surfaces = NULL;
  GError *error = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("no mricron-data");
      return;
    }
  volume = monge_volume_load (path, NULL, &error);
  g_assert_no_error (error);
  surfaces = extract_all (volume, 1e-4);
  g_assert_cmpuint (surfaces->len, ==, 116);
  for (gsize k = 0; k < G_N_ELEMENTS (pairs); k++) /* labels are 1 to 116 */
    {
      const guint a = (guint) pairs[k][0], b = (guint) pairs[k][1];
      gsize n = count_shared (g_ptr_array_index (surfaces, a - 1),
                              g_ptr_array_index (surfaces, b - 1));
      gsize n_contacts = count_contacts (volume, a, b);
      const gint32 both[2] = { pairs[k][0], pairs[k][1] };
      g_autoptr (MongeShape) together = monge_volume_extract_surface (volume, both, 2, NULL, NULL);
      MongeMeshReport one, other, sum;

      g_assert_cmpuint (n_contacts, >, 10);
      g_assert_cmpuint (n, ==, 2 * n_contacts);
      monge_mesh_describe (g_ptr_array_index (surfaces, a - 1), &one);
      monge_mesh_describe (g_ptr_array_index (surfaces, b - 1), &other);
      monge_mesh_describe (together, &sum);
      monge_assert_close_rel (one.volume + other.volume, sum.volume, 1e-5);
    }
}

/* ---- smoothness ---- */

typedef double (*Distance) (const double p[3]);

static double
from_ball (const double p[3])
{
  return sqrt ((p[0] - 16.3) * (p[0] - 16.3) + (p[1] - 15.8) * (p[1] - 15.8)
               + (p[2] - 16.1) * (p[2] - 16.1)) - 12.0;
}

/* To first order. */
static double
from_ellipsoid (const double p[3])
{
  const double radii[3] = { 13.0, 9.0, 6.0 };
  double value = 0.0, slope = 0.0;

  for (int k = 0; k < 3; k++)
    {
      double x = p[k] - 16.2, r = radii[k];

      value += x * x / (r * r);
      slope += x * x / (r * r * r * r);
    }
  return sqrt (value) * (sqrt (value) - 1.0) / sqrt (slope);
}

static double
from_slab (const double p[3])
{
  const double n[3] = { 0.1, 0.04, 1.0 };
  double length = sqrt (n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);

  return fabs (n[0] * (p[0] - 16.0) + n[1] * (p[1] - 16.0) + n[2] * (p[2] - 16.2)) / length - 5.0;
}

/* Angle between face @f and the level of the distance at its middle, degrees; its area too. */
static double
measure_angle (const double *p, const guint32 *c, Distance distance, double middle[3],
               double *area)
{
  const double *a = p + 3 * (gsize) c[0], *b = p + 3 * (gsize) c[1], *d = p + 3 * (gsize) c[2];
  double normal[3], slope[3], inner = 0.0, size = 0.0;

  *area = 0.0;
  for (int k = 0; k < 3; k++)
    {
      int i = (k + 1) % 3, j = (k + 2) % 3;

      middle[k] = (a[k] + b[k] + d[k]) / 3.0;
      normal[k] = (b[i] - a[i]) * (d[j] - a[j]) - (b[j] - a[j]) * (d[i] - a[i]);
    }
  for (int k = 0; k < 3; k++)
    {
      double up[3] = { middle[0], middle[1], middle[2] }, down[3] = { up[0], up[1], up[2] };

      up[k] += 1e-4;
      down[k] -= 1e-4;
      slope[k] = distance (up) - distance (down);
      inner += slope[k] * normal[k];
      size += slope[k] * slope[k];
      *area += normal[k] * normal[k];
    }
  *area = sqrt (*area);
  return acos (CLAMP (inner / sqrt (size) / *area, -1.0, 1.0)) * 180.0 / G_PI;
}

/* Faces and vertices at least @margin from the sides of the grid: of a slab these are its two
 * planes. */
static void
check_smooth (Distance distance, double margin, double max_rms, double max_angle,
              double max_distance)
{
  const guint n = 33;
  g_autofree gint32 *labels = g_new0 (gint32, n * n * n);
  g_autoptr (MongeVolume) volume = NULL;
  g_autoptr (MongeShape) surface = NULL;
  const double *p;
  double squares = 0.0, area = 0.0, worst = 0.0, off = 0.0;
  gsize n_inner = 0;

  for (guint i = 0; i < n * n * n; i++)
    labels[i] = distance ((const double[3]){ i % n, i / n % n, i / n / n }) <= 0.0;
  volume = new_cube (n, identity, labels);
  surface = monge_volume_extract_surface (volume, &(gint32){ 1 }, 1, NULL, NULL);
  check_closed (surface, 0.0, 0.0);
  p = monge_shape_get_positions (surface);
  for (gsize f = 0; f < monge_shape_get_n_cells (surface); f++)
    {
      double middle[3], size, angle;

      angle = measure_angle (p, monge_shape_get_cells (surface) + 3 * f, distance, middle, &size);
      if (MIN (middle[0], middle[1]) < margin || MAX (middle[0], middle[1]) > n - 1 - margin)
        continue;
      squares += size * angle * angle;
      area += size;
      worst = MAX (worst, angle);
      off += distance (middle) * distance (middle);
      n_inner++;
    }
  g_test_message ("normals %.2f degrees RMS, %.1f at most; %.3f voxels off RMS",
                  sqrt (squares / area), worst, sqrt (off / (double) n_inner));
  monge_assert_close (sqrt (squares / area), 0.0, max_rms);
  monge_assert_close (worst, 0.0, max_angle);
  monge_assert_close (sqrt (off / (double) n_inner), 0.0, max_distance);
}

static void
test_no_steps (void)
{
  check_smooth (from_ball, 0.0, 2.5, 12.0, 0.06);
  check_smooth (from_ellipsoid, 0.0, 5.0, 30.0, 0.1);
  check_smooth (from_slab, 6.0, 4.0, 12.0, 0.15);
}

/* A screw one voxel thick around a rod one voxel thick, inside another label. */
static void
test_thin_parts_survive (void)
{
  const guint n = 20;
  g_autofree gint32 *labels = g_new0 (gint32, n * n * n);
  g_autoptr (MongeVolume) volume = NULL;
  g_autoptr (GPtrArray) surfaces = NULL;
  MongeMeshReport report;

  for (guint z = 0; z < n; z++)
    for (guint y = 2; y < n - 2; y++)
      for (guint x = 2; x < n - 2; x++)
        {
          int on_rod = x == 10 && y == 10;
          int on_screw = (int) x == (int) nearbyint (10.0 + 5.0 * cos (0.5 * z))
                         && (int) y == (int) nearbyint (10.0 + 5.0 * sin (0.5 * z));

          labels[x + n * (y + n * z)] = on_rod ? 2 : on_screw ? 3 : 1;
        }
  labels[3 + n * (3 + n * 3)] = 4; /* alone */
  volume = new_cube (n, identity, labels);
  surfaces = extract_all (volume, 1e-2);
  monge_mesh_describe (g_ptr_array_index (surfaces, 1), &report);
  g_assert_cmpuint (report.n_components, ==, 1);
  monge_mesh_describe (g_ptr_array_index (surfaces, 3), &report);
  g_assert_cmpuint (report.n_components, ==, 1);
}

/* ---- what was asked for ---- */

static void
test_selections (void)
{
  const guint size[3] = { 6, 1, 1 };
  g_autoptr (MongeVolume) volume
      = monge_test_new_labels ("row", size, identity, (const gint32[]){ 5, 5, -2, 9, 0, 5 });
  g_autoptr (GPtrArray) surfaces = NULL;
  GError *error = NULL;
  MongeMeshReport report;

  surfaces = monge_volume_extract_surfaces (volume, (const gint32[]){ -2, 5, -2 }, 3, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (surfaces->len, ==, 3);
  g_assert_true (g_ptr_array_index (surfaces, 0) == g_ptr_array_index (surfaces, 2));
  monge_mesh_describe (g_ptr_array_index (surfaces, 1), &report);
  g_assert_cmpuint (report.n_components, ==, 2);
  monge_assert_close_rel (report.volume, 3.0, 1e-3);
  g_assert_cmpint (monge_shape_get_space (g_ptr_array_index (surfaces, 0)), ==, MONGE_SPACE_RAS);
  g_assert_cmpstr (monge_shape_get_unit (g_ptr_array_index (surfaces, 0)), ==, "mm");
  g_assert_null (monge_volume_extract_surfaces (volume, (const gint32[]){ 5, 6 }, 2, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "no voxel has label 6");
  g_assert_null (monge_volume_extract_level (volume, 1.0, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED, "labels");
}

/* A volume of many layers, large enough to be cancelled in. */
static MongeVolume *
new_layers (guint n)
{
  g_autofree gint32 *labels = g_new0 (gint32, (gsize) n * n * n);

  for (guint i = 0; i < n * n * n; i++)
    labels[i] = (gint32) ((i % n / 3 + i / n % n / 4 + i / n / n / 5) % 3);
  return new_cube (n, identity, labels);
}

static void
test_same_bits (void)
{
  g_autoptr (MongeVolume) volume = new_layers (40);
  g_autoptr (GPtrArray) first = NULL, second = NULL;

  first = monge_volume_extract_surfaces (volume, (const gint32[]){ 1, 2 }, 2, NULL, NULL);
  second = monge_volume_extract_surfaces (volume, (const gint32[]){ 1, 2 }, 2, NULL, NULL);
  for (guint i = 0; i < 2; i++)
    {
      const MongeShape *a = g_ptr_array_index (first, i), *b = g_ptr_array_index (second, i);
      const gsize n = monge_shape_get_n_vertices (a), m = monge_shape_get_n_cells (a);

      g_assert_cmpmem (monge_shape_get_positions (a), n * 3 * sizeof (double),
                       monge_shape_get_positions (b),
                       monge_shape_get_n_vertices (b) * 3 * sizeof (double));
      g_assert_cmpmem (monge_shape_get_cells (a), m * 3 * sizeof (guint32),
                       monge_shape_get_cells (b),
                       monge_shape_get_n_cells (b) * 3 * sizeof (guint32));
    }
}

typedef struct {
  MongeTask task;
  double wait;        /* seconds until it is cancelled */
  gint64 cancelled_at;
} Canceller;

static gpointer
cancel_later (gpointer data)
{
  Canceller *canceller = data;

  g_usleep ((gulong) (1e6 * canceller->wait));
  canceller->cancelled_at = g_get_monotonic_time ();
  monge_task_cancel (&canceller->task);
  return NULL;
}

/* At any moment: at most 50 ms later it has stopped. */
static void
test_cancelled (void)
{
  g_autoptr (MongeVolume) volume = new_layers (96);
  guint n_cancelled = 0;

  for (int k = 0; k < 12; k++)
    {
      Canceller canceller = { MONGE_TASK_INIT, 0.04 * k, 0 };
      GThread *thread = g_thread_new ("cancel", cancel_later, &canceller);
      GError *error = NULL;
      g_autoptr (GPtrArray) surfaces = NULL;
      gint64 end;

      surfaces = monge_volume_extract_surfaces (volume, (const gint32[]){ 1, 2 }, 2,
                                                &canceller.task, &error);
      end = g_get_monotonic_time ();
      g_thread_join (thread);
      if (surfaces != NULL)
        {
          g_assert_cmpfloat (monge_task_get_progress (&canceller.task), >=, 0.8);
          continue;
        }
      monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "");
      n_cancelled++;
      g_assert_cmpfloat (1e-6 * (double) (end - canceller.cancelled_at), <,
                         0.25 * monge_test_patience ());
    }
  g_assert_cmpuint (n_cancelled, >, 0);
}

/* ---- levels ---- */

static MongeVolume *
new_intensities (guint n, const double affine[16], const float *values)
{
  MongeVoxels voxels = { .size = { n, n, n },
                         .type = MONGE_TYPE_FLOAT32,
                         .values = values,
                         .slope = 1.0,
                         .kind_is_known = TRUE,
                         .kind = MONGE_VOLUME_INTENSITIES };
  GError *error = NULL;
  MongeVolume *volume;

  memcpy (voxels.affine, affine, sizeof voxels.affine);
  volume = monge_volume_new ("made", &voxels, NULL, NULL, &error);
  g_assert_no_error (error);
  return volume;
}

static MongeShape *
extract_level (const MongeVolume *volume, double level)
{
  GError *error = NULL;
  MongeShape *surface = monge_volume_extract_level (volume, level, NULL, &error);

  g_assert_no_error (error);
  check_closed (surface, 0.0, 0.0);
  return surface;
}

static void
test_level_of_ball (void)
{
  const guint n = 33;
  g_autofree float *values = g_new (float, n * n * n);
  g_autoptr (MongeVolume) volume = NULL;
  g_autoptr (MongeShape) surface = NULL;
  MongeMeshReport report;

  for (guint i = 0; i < n * n * n; i++)
    values[i] = (float) -from_ball ((const double[3]){ i % n, i / n % n, i / n / n });
  volume = new_intensities (n, identity, values);
  surface = extract_level (volume, 2.0); /* 10 from the middle */
  for (gsize i = 0; i < monge_shape_get_n_vertices (surface); i++)
    monge_assert_close (from_ball (monge_shape_get_positions (surface) + 3 * i), -2.0, 0.015);
  monge_mesh_describe (surface, &report);
  monge_assert_close_rel (report.volume, 4.0 / 3.0 * G_PI * 1000.0, 0.01);
  g_assert_cmpuint (report.n_components, ==, 1);
}

/* Half of the grid, by a map that mirrors: cut at the border where the voxels end. */
static void
test_level_is_closed_at_the_border (void)
{
  const guint n = 8;
  const double affine[16] = { -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 };
  g_autofree float *values = g_new (float, n * n * n);
  g_autoptr (MongeVolume) volume = NULL;
  g_autoptr (MongeShape) surface = NULL;
  MongeMeshReport report;
  double lower[3], upper[3];

  for (guint i = 0; i < n * n * n; i++)
    values[i] = (float) (i % n);
  volume = new_intensities (n, affine, values);
  surface = extract_level (volume, 3.25);
  monge_shape_get_bounds (surface, lower, upper);
  monge_assert_max_abs (lower, ((const double[3]){ -7.5, -0.5, -0.5 }), 3, 1e-9);
  monge_assert_max_abs (upper, ((const double[3]){ -3.25, 7.5, 7.5 }), 3, 1e-9);
  monge_mesh_describe (surface, &report);
  g_assert_cmpfloat (report.volume, >, 0.9 * 4.25 * 64.0);
}

/* Small whole numbers, at levels that many voxels have. */
static void
test_level_of_noise (void)
{
  MongeRandom random;

  monge_random_init (&random, 11);
  for (guint n = 1; n <= 19; n += 6)
    for (int level = 1; level < 5; level++)
      {
        g_autofree float *values = g_new (float, n * n * n);
        g_autoptr (MongeVolume) volume = NULL;
        g_autoptr (MongeShape) surface = NULL;

        for (guint i = 0; i < n * n * n; i++)
          values[i] = (float) (monge_random_next (&random) % 5);
        values[0] = 4.0f;
        volume = new_intensities (n, level % 2 ? slanted : identity, values);
        surface = extract_level (volume, level);
      }
}

static void
test_level_and_density_of_a_head (void)
{
  const char *path = "/usr/share/mricron/templates/ch2.nii.gz";
  g_autoptr (MongeVolume) volume = NULL;
  g_autoptr (MongeShape) surface = NULL, cloud = NULL;
  GError *error = NULL;
  MongeMeshReport report;
  double level;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("no mricron-data");
      return;
    }
  volume = monge_volume_load (path, NULL, &error);
  g_assert_no_error (error);
  level = monge_volume_suggest_level (volume);
  surface = extract_level (volume, level);
  cloud = monge_volume_extract_density (volume, level, NULL, &error);
  g_assert_no_error (error);
  monge_mesh_describe (surface, &report);
  monge_assert_close_rel (report.volume, (double) monge_shape_get_n_vertices (cloud)
                                             * monge_volume_get_voxel_size (volume), 0.02);
}

static void
test_density (void)
{
  const float values[8] = { -3, 0, 1, 2, 4, 8, 0.5f, 0 };
  g_autoptr (MongeVolume) volume = new_intensities (2, slanted, values);
  g_autoptr (MongeShape) cloud = NULL;
  GError *error = NULL;
  double place[3];

  cloud = monge_volume_extract_density (volume, 1.0, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (monge_shape_get_n_vertices (cloud), ==, 4);
  for (gsize i = 0; i < 4; i++)
    monge_assert_close_rel (monge_array_get (monge_shape_find_array (cloud, "weight"), i, 0),
                            (double) (1 << i) * monge_volume_get_voxel_size (volume), 1e-12);
  monge_volume_place (volume, (const double[3]){ 0, 0, 1 }, place);
  monge_assert_max_abs (monge_shape_get_positions (cloud) + 6, place, 3, 0.0);
  monge_shape_unref (cloud);
  cloud = monge_volume_extract_density (volume, -5.0, NULL, &error);
  g_assert_cmpuint (monge_shape_get_n_vertices (cloud), ==, 5);
  g_assert_null (monge_volume_extract_density (volume, 9.0, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "-3 to 8");
  g_assert_null (monge_volume_extract_level (volume, NAN, NULL, &error));
  monge_assert_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "level");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/segment/every-meeting", test_every_meeting);
  g_test_add_func ("/segment/noise", test_noise);
  g_test_add_func ("/segment/boards", test_boards);
  g_test_add_func ("/segment/neighbours-share-faces", test_neighbours_share_faces);
  g_test_add_func ("/segment/atlas-shares-faces", test_atlas_shares_faces);
  g_test_add_func ("/segment/no-steps", test_no_steps);
  g_test_add_func ("/segment/thin-parts-survive", test_thin_parts_survive);
  g_test_add_func ("/segment/selections", test_selections);
  g_test_add_func ("/segment/same-bits", test_same_bits);
  g_test_add_func ("/segment/cancelled", test_cancelled);
  g_test_add_func ("/segment/level-of-ball", test_level_of_ball);
  g_test_add_func ("/segment/level-is-closed-at-the-border", test_level_is_closed_at_the_border);
  g_test_add_func ("/segment/level-of-noise", test_level_of_noise);
  g_test_add_func ("/segment/level-and-density-of-a-head", test_level_and_density_of_a_head);
  g_test_add_func ("/segment/density", test_density);
  return g_test_run ();
}
