#include "compute/volume/cube-table.h"
#include "compute/volume/volume-private.h"

#include <math.h>
#include <string.h>

/* The surface around the chosen voxels, in five steps:
 *
 * 1. One corner of the grid per voxel, inside or outside, in the box of the chosen voxels with a
 *    margin of one. These signs alone decide how the surface is connected: cubes between voxel
 *    centres are filled from the table of cube-table.h.
 * 2. The indicator is smoothed by a Gaussian. Teeth and notches up to MAX_DEPTH voxels deep take
 *    the sign of the smoothed indicator; what is longer, or alone, keeps its own, so nothing is
 *    lost that is more than the steps of the grid. Should the pieces of the surface change in number,
 *    all signs stay as they were.
 * 3. Each vertex lies on an edge between an inside and an outside voxel, where the smoothed
 *    indicator, held back where it would change a sign, is 1/2: at the fraction t from the inside.
 * 4. All t are moved by the one shift with which the surface encloses the volume of the voxels; t
 *    stays within [MIN_T, MAX_T] so that no triangle collapses.
 * 5. The affine map of the volume takes it to millimetres.
 */

#define SIGMA 1.2    /* of the Gaussian, in voxels */
#define RADIUS 4     /* of its kernel */
#define MAX_DEPTH 2  /* voxels of a tooth or a notch that may be smoothed away */
#define MARGIN 1e-3f /* by which the smoothed indicator keeps its sign */
#define MIN_T 0.04
#define MAX_T 0.96
#define TOLERANCE 1e-6 /* of the volume */

/* A vertex on the edge from the inside voxel at @start (of the grid) along @axis. */
typedef struct {
  guint32 start[3];
  gint8 axis;
  gint8 direction;
  float t;
} Crossing;

typedef struct {
  guint size[3];  /* of the grid: the box of the voxels and the margin */
  guint8 *inside; /* per corner */
  float *field;   /* the smoothed indicator */
  GArray *crossings;
  GArray *faces; /* of guint32[3] */
} Grid;

static Grid *
grid_new (const guint8 *mask, const guint lower[3], const guint upper[3])
{
  Grid *grid = g_new0 (Grid, 1);
  gsize nx = upper[0] - lower[0], ny = upper[1] - lower[1], nz = upper[2] - lower[2];

  for (int k = 0; k < 3; k++)
    grid->size[k] = upper[k] - lower[k] + 2;
  grid->inside = g_malloc0 ((nx + 2) * (ny + 2) * (nz + 2));
  for (gsize z = 0; z < nz; z++)
    for (gsize y = 0; y < ny; y++)
      memcpy (grid->inside + 1 + (nx + 2) * (y + 1 + (ny + 2) * (z + 1)), mask + nx * (y + ny * z),
              nx);
  grid->crossings = g_array_new (FALSE, FALSE, sizeof (Crossing));
  grid->faces = g_array_new (FALSE, FALSE, 3 * sizeof (guint32));
  return grid;
}

static void
grid_free (Grid *grid)
{
  g_free (grid->inside);
  g_free (grid->field);
  g_array_unref (grid->crossings);
  g_array_unref (grid->faces);
  g_free (grid);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Grid, grid_free)

static gsize
grid_get_n_corners (const Grid *grid)
{
  return (gsize) grid->size[0] * grid->size[1] * grid->size[2];
}

/* ---- smoothing ---- */

static void
make_kernel (float kernel[2 * RADIUS + 1])
{
  double sum = 0.0, values[2 * RADIUS + 1];

  for (int i = -RADIUS; i <= RADIUS; i++)
    sum += values[i + RADIUS] = exp (-0.5 * i * i / (SIGMA * SIGMA));
  for (int i = 0; i <= 2 * RADIUS; i++)
    kernel[i] = (float) (values[i] / sum);
}

/* out[i] = Σ kernel[k] in[i + k × stride] for the n values of a plane or row of @width contiguous
 * values, 0 beyond its ends. */
static void
smooth_lines (const float *in, float *out, gsize n, gsize width, const float *kernel)
{
  for (gssize i = 0; i < (gssize) n; i++)
    {
      gssize begin = MAX (i - RADIUS, 0), end = MIN (i + RADIUS, (gssize) n - 1);

      memset (out + i * width, 0, width * sizeof *out);
      for (gssize j = begin; j <= end; j++)
        {
          const float weight = kernel[j - i + RADIUS], *from = in + j * width;
          float *to = out + i * width;

          for (gsize k = 0; k < width; k++)
            to[k] += weight * from[k];
        }
    }
}

/* One axis after the other; polled between slices. */
static gboolean
grid_smooth (Grid *grid, MongeTask *task, GError **error)
{
  gsize nx = grid->size[0], ny = grid->size[1], nz = grid->size[2], n = grid_get_n_corners (grid);
  g_autofree float *other = g_new (float, n);
  float kernel[2 * RADIUS + 1];

  make_kernel (kernel);
  grid->field = g_new (float, n);
  for (gsize i = 0; i < n; i++)
    other[i] = grid->inside[i];
  for (gsize z = 0; z < nz; z++)
    {
      if (monge_task_return_if_cancelled (task, error))
        return FALSE;
      for (gsize y = 0; y < ny; y++)
        smooth_lines (other + nx * (y + ny * z), grid->field + nx * (y + ny * z), nx, 1, kernel);
      smooth_lines (grid->field + nx * ny * z, other + nx * ny * z, ny, nx, kernel);
    }
  smooth_lines (other, grid->field, nz, nx * ny, kernel);
  return !monge_task_return_if_cancelled (task, error);
}

/* ---- signs ---- */

/* What becomes of the sign of a corner: it stays, or it changes and is so many steps from one that
 * stays, or it was to change but is too far from those. */
enum { STAYS = 0, IS_FAR = MAX_DEPTH + 1, IS_RESTORED };

/* Whether one of the 26 corners about @i has the same sign as it and @wanted as its state. */
static gboolean
grid_has_neighbour (const Grid *grid, const guint8 *state, gsize i, guint8 wanted)
{
  gssize nx = grid->size[0], ny = grid->size[1];

  for (gssize dz = -1; dz <= 1; dz++)
    for (gssize dy = -1; dy <= 1; dy++)
      for (gssize dx = -1; dx <= 1; dx++)
        {
          gsize j = (gsize) ((gssize) i + dx + nx * (dy + ny * dz));

          if (state[j] == wanted && grid->inside[j] == grid->inside[i])
            return TRUE;
        }
  return FALSE;
}

/* The corners whose smoothed indicator has another sign than they. The outermost ones stay outside,
 * so that the surface is closed. */
static GArray *
grid_list_changes (const Grid *grid, guint8 *state)
{
  gsize nx = grid->size[0], ny = grid->size[1], nz = grid->size[2];
  GArray *changes = g_array_new (FALSE, FALSE, sizeof (gsize));

  for (gsize z = 1; z + 1 < nz; z++)
    for (gsize y = 1; y + 1 < ny; y++)
      for (gsize x = 1; x + 1 < nx; x++)
        {
          gsize i = x + nx * (y + ny * z);

          if ((grid->field[i] > 0.5f) == grid->inside[i])
            continue;
          state[i] = IS_FAR;
          g_array_append_val (changes, i);
        }
  return changes;
}

/* Steps are counted outwards from the corners that stay; those out of reach are restored, and
 * backwards, step by step, what joins them to the rest. */
static void
grid_smooth_signs (Grid *grid)
{
  g_autofree guint8 *state = g_malloc0 (grid_get_n_corners (grid));
  g_autoptr (GArray) changes = grid_list_changes (grid, state);
  const gsize *change = (const gsize *) (gpointer) changes->data;

  for (guint8 depth = 1; depth <= MAX_DEPTH; depth++)
    for (guint k = 0; k < changes->len; k++)
      if (state[change[k]] == IS_FAR && grid_has_neighbour (grid, state, change[k], depth - 1))
        state[change[k]] = depth;
  for (guint k = 0; k < changes->len; k++)
    if (state[change[k]] == IS_FAR)
      state[change[k]] = IS_RESTORED;
  for (guint8 depth = MAX_DEPTH; depth >= 1; depth--)
    for (guint k = 0; k < changes->len; k++)
      if (state[change[k]] == depth && grid_has_neighbour (grid, state, change[k], IS_RESTORED))
        state[change[k]] = IS_RESTORED;
  for (guint k = 0; k < changes->len; k++)
    grid->inside[change[k]] ^= state[change[k]] != IS_RESTORED;
}

/* ---- marching ---- */

/* Indices of the vertices on the edges of two slices of corners: 1 + index, 0 for none yet. Edge
 * @axis at corner (x, y) of slice z is at 3 (x + nx y) + axis. */
typedef struct {
  guint32 *slices[2];
} EdgeIndex;

static guint32
grid_add_crossing (Grid *grid, const guint corner[3], guint axis)
{
  const gsize strides[3] = { 1, grid->size[0], (gsize) grid->size[0] * grid->size[1] };
  gsize a = corner[0] + strides[1] * corner[1] + strides[2] * corner[2], b = a + strides[axis];
  Crossing crossing = { { corner[0], corner[1], corner[2] }, (gint8) axis, 1, 0.0f };
  float inner, outer;

  if (!grid->inside[a])
    {
      a += strides[axis];
      b -= strides[axis];
      crossing.start[axis]++;
      crossing.direction = -1;
    }
  inner = MAX (grid->field[a] - 0.5f, MARGIN);
  outer = MAX (0.5f - grid->field[b], MARGIN);
  crossing.t = inner / (inner + outer);
  g_array_append_val (grid->crossings, crossing);
  return grid->crossings->len - 1;
}

static guint32
grid_find_crossing (Grid *grid, EdgeIndex *index, guint x, guint y, guint z, guint edge)
{
  guint start = monge_cube_edge_start (edge), axis = edge / 4;
  const guint corner[3] = { x + (start & 1), y + (start >> 1 & 1), z + (start >> 2) };
  guint32 *slot = index->slices[corner[2] % 2]
                  + 3 * (corner[0] + (gsize) grid->size[0] * corner[1]) + axis;

  if (*slot == 0)
    *slot = 1 + grid_add_crossing (grid, corner, axis);
  return *slot - 1;
}

/* The set of inside corners of the cube at (x, y, z). */
static guint
grid_get_case (const Grid *grid, guint x, guint y, guint z)
{
  gsize nx = grid->size[0], ny = grid->size[1];
  const guint8 *c = grid->inside + x + nx * (y + ny * z), *d = c + nx * ny;

  return c[0] | c[1] << 1 | c[nx] << 2 | c[nx + 1] << 3 | d[0] << 4 | d[1] << 5 | d[nx] << 6
         | d[nx + 1] << 7;
}

static void
grid_march_slice (Grid *grid, EdgeIndex *index, guint z)
{
  const MongeCubeCase *table = monge_cube_table_get ();

  for (guint y = 0; y + 1 < grid->size[1]; y++)
    for (guint x = 0; x + 1 < grid->size[0]; x++)
      {
        const MongeCubeCase *cube = &table[grid_get_case (grid, x, y, z)];

        for (guint k = 0; k < cube->n_triangles; k++)
          {
            guint32 face[3];

            for (int i = 0; i < 3; i++)
              face[i] = grid_find_crossing (grid, index, x, y, z, cube->triangles[k][i]);
            g_array_append_vals (grid->faces, face, 1);
          }
      }
}

static gboolean
grid_march (Grid *grid, MongeTask *task, GError **error)
{
  gsize n_edges = 3 * (gsize) grid->size[0] * grid->size[1];
  g_autofree guint32 *indices = g_new0 (guint32, 2 * n_edges);
  EdgeIndex index = { { indices, indices + n_edges } };

  g_array_set_size (grid->crossings, 0);
  g_array_set_size (grid->faces, 0);
  for (guint z = 0; z + 1 < grid->size[2]; z++)
    {
      if (monge_task_return_if_cancelled (task, error))
        return FALSE;
      memset (index.slices[(z + 1) % 2], 0, n_edges * sizeof *indices);
      grid_march_slice (grid, &index, z);
    }
  return TRUE;
}

/* How many pieces the surface has, by union-find over its faces. */
static gsize
grid_count_pieces (const Grid *grid)
{
  const guint32 *corner = (const guint32 *) (gpointer) grid->faces->data;
  gsize n = grid->crossings->len, n_pieces = n;
  g_autofree guint32 *parent = g_new (guint32, MAX (n, 1));

  for (gsize i = 0; i < n; i++)
    parent[i] = (guint32) i;
  for (gsize k = 0; k < 3 * (gsize) grid->faces->len; k++)
    {
      guint32 a = corner[k], b = corner[k - k % 3];

      while (parent[a] != a)
        a = parent[a] = parent[parent[a]];
      while (parent[b] != b)
        b = parent[b] = parent[parent[b]];
      n_pieces -= a != b;
      parent[MAX (a, b)] = MIN (a, b);
    }
  return n_pieces;
}

/* ---- volume ---- */

/* Where a vertex is on the grid when all are moved outwards by @shift. */
static void
place_crossing (const Crossing *crossing, double shift, double p[3])
{
  for (int k = 0; k < 3; k++)
    p[k] = crossing->start[k];
  p[crossing->axis] += crossing->direction * CLAMP (crossing->t + shift, MIN_T, MAX_T);
}

/* In voxels, by the divergence theorem. */
static double
grid_compute_volume (const Grid *grid, double shift, double *positions)
{
  const guint32 *face = (const guint32 *) (gpointer) grid->faces->data;
  double sum = 0.0;

  for (guint i = 0; i < grid->crossings->len; i++)
    place_crossing (&g_array_index (grid->crossings, Crossing, i), shift,
                    positions + 3 * (gsize) i);
  for (guint f = 0; f < grid->faces->len; f++, face += 3)
    {
      const double *a = positions + 3 * (gsize) face[0];
      const double *b = positions + 3 * (gsize) face[1];
      const double *c = positions + 3 * (gsize) face[2];

      sum += a[0] * (b[1] * c[2] - b[2] * c[1]) + a[1] * (b[2] * c[0] - b[0] * c[2])
             + a[2] * (b[0] * c[1] - b[1] * c[0]);
    }
  return sum / 6.0;
}

/* The volume grows with the shift, almost in proportion: secants, and bisection where they leave the
 * bracket. Leaves the vertices, on the grid, in @positions. Returns: whether it is met. */
static gboolean
grid_match_volume (const Grid *grid, double n_voxels, double *positions, MongeTask *task)
{
  double low = -1.0, high = 1.0, shift = 0.0, slope = 0.7 * grid->crossings->len;
  double last_shift = 0.0, last_volume = 0.0;

  for (int i = 0; i < 40 && !monge_task_is_cancelled (task); i++)
    {
      double volume = grid_compute_volume (grid, shift, positions);

      if (fabs (volume - n_voxels) <= TOLERANCE * n_voxels)
        return TRUE;
      if (volume < n_voxels)
        low = shift;
      else
        high = shift;
      if (i > 0 && shift != last_shift)
        slope = (volume - last_volume) / (shift - last_shift);
      last_shift = shift;
      last_volume = volume;
      shift += (n_voxels - volume) / slope;
      if (!(shift > low && shift < high))
        shift = 0.5 * (low + high);
    }
  return FALSE;
}

/* ---- shape ---- */

/* The vertices of the surface on the grid, by smoothed signs where they tell the same of the shape
 * and else by the voxels' own. %NULL when cancelled. */
static double *
grid_find_surface (Grid *grid, double n_voxels, MongeTask *task, GError **error)
{
  gsize n = grid_get_n_corners (grid), n_pieces;
  g_autofree guint8 *own = g_memdup2 (grid->inside, n);
  g_autofree double *positions = NULL;

  if (!grid_smooth (grid, task, error) || !grid_march (grid, task, error))
    return NULL;
  n_pieces = grid_count_pieces (grid);
  grid_smooth_signs (grid);
  if (!grid_march (grid, task, error))
    return NULL;
  positions = g_new (double, 3 * (gsize) MAX (grid->crossings->len, 1));
  if (grid_count_pieces (grid) == n_pieces && grid_match_volume (grid, n_voxels, positions, task))
    return g_steal_pointer (&positions);

  memcpy (grid->inside, own, n);
  if (!grid_march (grid, task, error))
    return NULL;
  positions = g_renew (double, positions, 3 * (gsize) grid->crossings->len);
  grid_match_volume (grid, n_voxels, positions, task);
  return monge_task_return_if_cancelled (task, error) ? NULL : g_steal_pointer (&positions);
}

/* To world coordinates; @lower is the voxel at corner (1, 1, 1) of the grid. */
static void
place_vertices (const MongeVolume *volume, const guint lower[3], double *positions, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      double index[3];

      for (int k = 0; k < 3; k++)
        index[k] = positions[3 * i + k] - 1.0 + lower[k];
      monge_volume_place (volume, index, positions + 3 * i);
    }
}

/* A map that mirrors turns the triangles inside out: they are turned back. */
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
monge_volume_extract_surface (const MongeVolume *volume, const gint32 *labels, guint n_labels,
                              MongeTask *task, GError **error)
{
  g_autofree guint8 *mask = NULL;
  g_autofree double *positions = NULL;
  g_autofree char *name = NULL;
  g_autoptr (Grid) grid = NULL;
  const double *affine = monge_volume_get_affine (volume);
  guint lower[3], upper[3];
  gsize n_voxels, n_faces, n_vertices;
  guint32 *faces;
  MongeShapeBuilder *builder;

  mask = monge_volume_select (volume, labels, n_labels, lower, upper, &n_voxels, task, error);
  if (mask == NULL)
    return NULL;
  grid = grid_new (mask, lower, upper);
  positions = grid_find_surface (grid, (double) n_voxels, task, error);
  if (positions == NULL)
    return NULL;
  n_vertices = grid->crossings->len;
  n_faces = grid->faces->len;
  place_vertices (volume, lower, positions, n_vertices);
  faces = g_memdup2 (grid->faces->data, n_faces * 3 * sizeof *faces);
  if (monge_affine_get_determinant (affine) < 0.0)
    turn_faces (faces, n_faces);

  name = monge_volume_dup_selection_name (volume, labels, n_labels);
  builder = monge_shape_builder_new (name, 3);
  monge_shape_builder_take_positions (builder, g_steal_pointer (&positions), n_vertices,
                                      MONGE_TYPE_FLOAT32);
  monge_shape_builder_take_cells (builder, MONGE_SHAPE_SURFACE, faces, n_faces);
  monge_shape_builder_set_unit (builder, "mm");
  monge_shape_builder_set_space (builder, MONGE_SPACE_RAS);
  return monge_shape_builder_end (builder, error);
}
