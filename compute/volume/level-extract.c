#include "compute/volume/cube-table.h"
#include "compute/volume/volume-private.h"

#include "compute/core/parallel.h"
#include "compute/shape/bytes.h"

#include <math.h>
#include <string.h>

/* Marching cubes between voxel centres, with a margin of one voxel below every level. A vertex
 * lies on each edge of the lattice whose ends are on different sides, where the linear
 * interpolation along it is the level. Two passes over rows in parallel: the first counts the
 * vertices and faces of each, so that the second knows their indices without a table of edges. In
 * a row, vertices on edges along x come first, then y, then z: for the counters of the rows beside
 * it the signs of four rows suffice. */

#define ROWS_AT_ONCE 16
#define MIN_T 1e-3 /* of an edge, from its ends: no face collapses */

typedef struct {
  const MongeVolume *volume;
  double level;
  guint n_nodes[3];
  gsize n_rows;          /* of cubes */
  guint32 *vertex_begin; /* (3 × n_rows): of the edges along x, y, z that start in the row */
  guint32 *face_begin;
  guint8 **scratch;      /* per worker: the signs of four rows of nodes */
  gboolean is_filling;
  double *positions;
  guint32 *faces;
} March;

/* ---- signs ---- */

static gboolean
is_margin (const March *march, guint y, guint z)
{
  return y == 0 || z == 0 || y + 1 >= march->n_nodes[1] || z + 1 >= march->n_nodes[2];
}

/* The intensities of row (@y, @z) of nodes, which is none of the margin; node 1 comes first. */
static const float *
get_row (const March *march, guint y, guint z)
{
  const guint *size = monge_volume_get_size (march->volume);

  return monge_volume_get_intensities (march->volume)
         + size[0] * ((y - 1) + size[1] * (gsize) (z - 1));
}

static void
read_signs (const March *march, guint y, guint z, guint8 *signs)
{
  const guint n = march->n_nodes[0];
  const double level = march->level;
  const float *values;

  memset (signs, 0, n);
  if (is_margin (march, y, z))
    return;
  values = get_row (march, y, z);
  for (guint x = 0; x + 2 < n; x++)
    signs[x + 1] = (double) values[x] >= level;
}

/* ---- counting ---- */

static void
count_row (March *march, guint8 *const rows[4], gsize row)
{
  const MongeCubeCase *table = monge_cube_table_get ();
  const guint8 *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
  guint32 n[3] = { 0, 0, 0 }, n_faces = 0;

  for (guint x = 0; x + 1 < march->n_nodes[0]; x++)
    {
      guint inside = a[x] | a[x + 1] << 1 | b[x] << 2 | b[x + 1] << 3 | c[x] << 4 | c[x + 1] << 5
                     | d[x] << 6 | d[x + 1] << 7;

      if (inside == 0 || inside == 255)
        continue;
      n[0] += a[x] ^ a[x + 1];
      n[1] += a[x] ^ b[x];
      n[2] += a[x] ^ c[x];
      n_faces += table[inside].n_triangles;
    }
  memcpy (march->vertex_begin + 3 * row, n, sizeof n);
  march->face_begin[row] = n_faces;
}

static gboolean
sum_up (guint32 *begin, gsize n, GError **error)
{
  gsize sum = 0;

  for (gsize i = 0; i < n; i++)
    {
      gsize count = begin[i];

      begin[i] = (guint32) sum;
      sum += count;
      if (sum > MONGE_MAX_VERTICES)
        {
          g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE, "the surface at this level has more "
                       "than %" G_GSIZE_FORMAT " vertices or faces; choose another level",
                       MONGE_MAX_VERTICES);
          return FALSE;
        }
    }
  begin[n] = (guint32) sum;
  return TRUE;
}

/* ---- vertices ---- */

static double
get_value (const March *march, const guint node[3])
{
  if (node[0] == 0 || node[0] + 1 == march->n_nodes[0] || is_margin (march, node[1], node[2]))
    return -INFINITY;
  return get_row (march, node[1], node[2])[node[0] - 1];
}

/* Towards the margin the surface is where the voxels end. */
static void
place_vertex (const March *march, guint32 index, const guint start[3], guint axis)
{
  guint end[3] = { start[0], start[1], start[2] };
  double at[3], a, b, t;

  end[axis]++;
  a = get_value (march, start);
  b = get_value (march, end);
  t = isfinite (a) && isfinite (b) ? CLAMP ((march->level - a) / (b - a), MIN_T, 1.0 - MIN_T)
                                   : 0.5;
  for (guint k = 0; k < 3; k++)
    at[k] = start[k] - 1.0 + (k == axis ? t : 0.0);
  monge_volume_place (march->volume, at, march->positions + 3 * (gsize) index);
}

/* ---- filling ---- */

/* The next vertices on edges along x in the four rows, along y and z in the two where they start. */
typedef struct {
  guint32 x[4], y[2], z[2];
} Counters;

static void
start_counters (const March *march, gsize row, Counters *at)
{
  const gsize ny = march->n_nodes[1] - 1;
  /* rows of the margin have no edge to count */
  const gsize beside[4] = { row, MIN (row + 1, march->n_rows - 1), MIN (row + ny, march->n_rows - 1),
                            MIN (row + ny + 1, march->n_rows - 1) };
  const guint32 *begin = march->vertex_begin;

  for (guint r = 0; r < 4; r++)
    at->x[r] = begin[3 * beside[r]];
  at->y[0] = begin[3 * beside[0] + 1];
  at->y[1] = begin[3 * beside[2] + 1];
  at->z[0] = begin[3 * beside[0] + 2];
  at->z[1] = begin[3 * beside[1] + 2];
}

static void
place_vertices (const March *march, guint8 *const rows[4], guint x, gsize row, const Counters *at)
{
  const guint ny = march->n_nodes[1] - 1;
  const guint start[3] = { x, (guint) (row % ny), (guint) (row / ny) };

  if (rows[0][x] != rows[0][x + 1])
    place_vertex (march, at->x[0], start, 0);
  if (rows[0][x] != rows[1][x])
    place_vertex (march, at->y[0], start, 1);
  if (rows[0][x] != rows[2][x])
    place_vertex (march, at->z[0], start, 2);
}

static void
fill_row (March *march, guint8 *const rows[4], gsize row)
{
  const MongeCubeCase *table = monge_cube_table_get ();
  const guint8 *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
  guint32 *face = march->faces + 3 * (gsize) march->face_begin[row];
  Counters at;

  start_counters (march, row, &at);
  for (guint x = 0; x + 1 < march->n_nodes[0]; x++)
    {
      guint inside = a[x] | a[x + 1] << 1 | b[x] << 2 | b[x + 1] << 3 | c[x] << 4 | c[x + 1] << 5
                     | d[x] << 6 | d[x + 1] << 7;
      const guint32 indices[12] = { at.x[0], at.x[1], at.x[2], at.x[3],
                                    at.y[0], at.y[0] + (a[x] ^ b[x]),
                                    at.y[1], at.y[1] + (c[x] ^ d[x]),
                                    at.z[0], at.z[0] + (a[x] ^ c[x]),
                                    at.z[1], at.z[1] + (b[x] ^ d[x]) };

      if (inside == 0 || inside == 255)
        continue;
      place_vertices (march, rows, x, row, &at);
      for (guint k = 0; k < table[inside].n_triangles; k++)
        for (guint i = 0; i < 3; i++)
          *face++ = indices[table[inside].triangles[k][i]];
      for (guint r = 0; r < 4; r++)
        at.x[r] += rows[r][x] ^ rows[r][x + 1];
      at.y[0] += a[x] ^ b[x];
      at.y[1] += c[x] ^ d[x];
      at.z[0] += a[x] ^ c[x];
      at.z[1] += b[x] ^ d[x];
    }
}

static void
march_rows (gsize begin, gsize end, guint worker, gpointer user_data)
{
  March *march = user_data;
  const guint ny = march->n_nodes[1] - 1, n = march->n_nodes[0];
  guint8 *rows[4];

  if (march->scratch[worker] == NULL)
    march->scratch[worker] = g_malloc (4 * (gsize) n);
  for (int k = 0; k < 4; k++)
    rows[k] = march->scratch[worker] + k * (gsize) n;
  for (gsize row = begin; row < end; row++)
    {
      guint y = (guint) (row % ny), z = (guint) (row / ny);

      for (guint k = 0; k < 4; k++)
        read_signs (march, y + (k & 1), z + (k >> 1), rows[k]);
      if (march->is_filling)
        fill_row (march, rows, row);
      else
        count_row (march, rows, row);
    }
}

/* ---- */

static gboolean
run_march (March *march, gboolean is_filling, MongeTask *task, GError **error)
{
  march->is_filling = is_filling;
  monge_task_set_progress (task, is_filling ? 0.4 : 0.0);
  return monge_parallel_rows (march->n_rows, ROWS_AT_ONCE, 0, task, march_rows, march)
         || !monge_task_return_if_cancelled (task, error);
}

static gboolean
find_surface (March *march, MongeTask *task, GError **error)
{
  const gsize n = march->n_rows;

  march->vertex_begin = monge_bytes_alloc (3 * n + 1, sizeof (guint32), error);
  if (march->vertex_begin == NULL)
    return FALSE;
  march->face_begin = monge_bytes_alloc (n + 1, sizeof (guint32), error);
  if (march->face_begin == NULL || !run_march (march, FALSE, task, error)
      || !sum_up (march->vertex_begin, 3 * n, error) || !sum_up (march->face_begin, n, error))
    return FALSE;
  march->positions = monge_bytes_alloc (MAX (march->vertex_begin[3 * n], 1), 3 * sizeof (double),
                                        error);
  if (march->positions == NULL)
    return FALSE;
  march->faces = monge_bytes_alloc (MAX (march->face_begin[n], 1), 3 * sizeof (guint32), error);
  return march->faces != NULL && run_march (march, TRUE, task, error);
}

static void
march_clear (March *march)
{
  for (guint k = 0; k < monge_parallel_get_default_threads (); k++)
    g_free (march->scratch[k]);
  g_free (march->scratch);
  g_free (march->vertex_begin);
  g_free (march->face_begin);
  g_free (march->positions);
  g_free (march->faces);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (March, march_clear)

gboolean
monge_volume_check_level (const MongeVolume *volume, double level, GError **error)
{
  float lowest, highest;

  if (monge_volume_get_kind (volume) != MONGE_VOLUME_INTENSITIES)
    {
      g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_UNSUPPORTED,
                           "a volume of labels has no level; choose among its labels");
      return FALSE;
    }
  monge_volume_get_range (volume, &lowest, &highest);
  if (isfinite (level) && level <= highest)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_EMPTY, "no voxel reaches the level %g; intensities "
               "run from %g to %g", level, (double) lowest, (double) highest);
  return FALSE;
}

/* A map that mirrors turns the faces inside out: they are turned back. */
static void
turn_faces (guint32 *faces, gsize n_faces)
{
  for (gsize f = 0; f < n_faces; f++)
    {
      guint32 second = faces[3 * f + 1];

      faces[3 * f + 1] = faces[3 * f + 2];
      faces[3 * f + 2] = second;
    }
}

MongeShape *
monge_volume_extract_level (const MongeVolume *volume, double level, MongeTask *task,
                            GError **error)
{
  g_auto (March) march = { .volume = volume, .level = level };
  MongeShapeBuilder *builder;
  gsize n_vertices, n_faces;

  march.scratch = g_new0 (guint8 *, monge_parallel_get_default_threads ());
  if (!monge_volume_check_level (volume, level, error))
    return NULL;
  for (int k = 0; k < 3; k++)
    march.n_nodes[k] = monge_volume_get_size (volume)[k] + 2;
  march.n_rows = (gsize) (march.n_nodes[1] - 1) * (march.n_nodes[2] - 1);
  if (!find_surface (&march, task, error))
    return NULL;
  n_vertices = march.vertex_begin[3 * march.n_rows];
  n_faces = march.face_begin[march.n_rows];
  if (monge_affine_get_determinant (monge_volume_get_affine (volume)) < 0.0)
    turn_faces (march.faces, n_faces);
  builder = monge_shape_builder_new (monge_volume_get_name (volume), 3);
  monge_shape_builder_take_positions (builder, g_steal_pointer (&march.positions), n_vertices,
                                      MONGE_TYPE_FLOAT32);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, g_steal_pointer (&march.faces),
                                  n_faces);
  monge_shape_builder_set_unit (builder, "mm");
  monge_shape_builder_set_space (builder, MONGE_SPACE_RAS);
  return monge_shape_builder_end (builder, error);
}
