#include "compute/shape/mesh.h"

#include <math.h>
#include <string.h>

/* ---- sizes ---- */

/* Twice the area of a triangle in any dimension: √(|u|²|v|² − (u·v)²), u and v two of its sides. */
static double
compute_double_area (const double *a, const double *b, const double *c, guint dim)
{
  double uu = 0.0, vv = 0.0, uv = 0.0;

  for (guint k = 0; k < dim; k++)
    {
      double u = b[k] - a[k], v = c[k] - a[k];
      uu += u * u;
      vv += v * v;
      uv += u * v;
    }
  return sqrt (MAX (uu * vv - uv * uv, 0.0));
}

static void
cross (const double u[3], const double v[3], double out[3])
{
  out[0] = u[1] * v[2] - u[2] * v[1];
  out[1] = u[2] * v[0] - u[0] * v[2];
  out[2] = u[0] * v[1] - u[1] * v[0];
}

/* Twice the area times the unit normal. */
static void
compute_area_vector (const double *positions, const guint32 face[3], double out[3])
{
  const double *a = positions + 3 * (gsize) face[0];
  const double *b = positions + 3 * (gsize) face[1];
  const double *c = positions + 3 * (gsize) face[2];
  double u[3], v[3];

  for (int k = 0; k < 3; k++)
    {
      u[k] = b[k] - a[k];
      v[k] = c[k] - a[k];
    }
  cross (u, v, out);
}

static double
compute_triangle_area (const double *positions, const guint32 face[3], guint dim)
{
  double n[3];

  if (dim != 3)
    return 0.5 * compute_double_area (positions + dim * (gsize) face[0],
                                      positions + dim * (gsize) face[1],
                                      positions + dim * (gsize) face[2], dim);
  compute_area_vector (positions, face, n);
  return 0.5 * sqrt (n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
}

static double
compute_segment_length (const double *positions, const guint32 segment[2], guint dim)
{
  const double *a = positions + dim * (gsize) segment[0];
  const double *b = positions + dim * (gsize) segment[1];
  double sum = 0.0;

  for (guint k = 0; k < dim; k++)
    sum += (b[k] - a[k]) * (b[k] - a[k]);
  return sqrt (sum);
}

/* Vertices per cell; 0 for points. */
static guint
get_arity (const MongeShape *shape)
{
  switch (monge_shape_get_kind (shape))
    {
    case MONGE_SHAPE_SURFACE:
      return 3;
    case MONGE_SHAPE_CURVES:
      return 2;
    case MONGE_SHAPE_POINTS:
    default:
      return 0;
    }
}

void
monge_mesh_compute_cell_sizes (const MongeShape *shape, double *sizes)
{
  const double *positions = monge_shape_get_positions (shape);
  const guint32 *cells = monge_shape_get_cells (shape);
  gsize n_cells = monge_shape_get_n_cells (shape);
  guint dim = monge_shape_get_dim (shape), arity = get_arity (shape);

  for (gsize c = 0; arity > 0 && c < n_cells; c++)
    sizes[c] = arity == 3 ? compute_triangle_area (positions, cells + 3 * c, dim)
                          : compute_segment_length (positions, cells + 2 * c, dim);
}

void
monge_mesh_compute_vertex_sizes (const MongeShape *shape, double *sizes)
{
  const guint32 *cells = monge_shape_get_cells (shape);
  gsize n_cells = monge_shape_get_n_cells (shape);
  guint arity = get_arity (shape);
  g_autofree double *cell_sizes = g_new (double, MAX (n_cells, 1));

  memset (sizes, 0, monge_shape_get_n_vertices (shape) * sizeof *sizes);
  monge_mesh_compute_cell_sizes (shape, cell_sizes);
  for (gsize c = 0; arity > 0 && c < n_cells; c++)
    for (guint k = 0; k < arity; k++)
      sizes[cells[arity * c + k]] += cell_sizes[c] / arity;
}

/* ---- normals ---- */

static void
normalise_or_clear (float n[3])
{
  float length = sqrtf (n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
  float scale = length > 0.0f && isfinite (length) ? 1.0f / length : 0.0f;

  for (int k = 0; k < 3; k++)
    n[k] = scale > 0.0f ? n[k] * scale : 0.0f;
}

void
monge_mesh_compute_normals (gsize n_vertices, const float *positions, const guint32 *faces,
                            gsize n_faces, float *normals)
{
  memset (normals, 0, 3 * n_vertices * sizeof *normals);
  for (gsize f = 0; f < n_faces; f++)
    {
      const guint32 *face = faces + 3 * f;
      const float *a = positions + 3 * (gsize) face[0];
      const float *b = positions + 3 * (gsize) face[1];
      const float *c = positions + 3 * (gsize) face[2];
      float u[3] = { b[0] - a[0], b[1] - a[1], b[2] - a[2] };
      float v[3] = { c[0] - a[0], c[1] - a[1], c[2] - a[2] };
      float n[3] = { u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2],
                     u[0] * v[1] - u[1] * v[0] };

      for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
          normals[3 * (gsize) face[i] + k] += n[k];
    }
  for (gsize i = 0; i < n_vertices; i++)
    normalise_or_clear (normals + 3 * i);
}

double
monge_mesh_compute_flipped_fraction (const MongeShape *rest, const double *positions)
{
  const guint32 *faces = monge_shape_get_cells (rest);
  const double *rest_positions = monge_shape_get_positions (rest);
  gsize n_faces = monge_shape_get_n_cells (rest), n_flipped = 0;

  g_return_val_if_fail (monge_shape_get_dim (rest) == 3, 0.0);
  if (monge_shape_get_kind (rest) != MONGE_SHAPE_SURFACE || n_faces == 0)
    return 0.0;
  for (gsize f = 0; f < n_faces; f++)
    {
      double before[3], after[3];

      compute_area_vector (rest_positions, faces + 3 * f, before);
      compute_area_vector (positions, faces + 3 * f, after);
      n_flipped += before[0] * after[0] + before[1] * after[1] + before[2] * after[2] < 0.0;
    }
  return (double) n_flipped / (double) n_faces;
}

/* ---- edges ---- */

/* The half-edges of a mesh, grouped by their lower vertex: those of vertex i lie in
 * @upper[first[i]] to @upper[first[i + 1]], each as 2 × (higher vertex) + direction. */
typedef struct {
  gsize *first;
  guint64 *upper;
} EdgeTable;

static gint
compare_upper (gconstpointer a, gconstpointer b)
{
  guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;

  return (x > y) - (x < y);
}

static EdgeTable
edge_table_build (const guint32 *faces, gsize n_faces, gsize n_vertices)
{
  EdgeTable table = { g_new0 (gsize, n_vertices + 2), g_new (guint64, MAX (3 * n_faces, 1)) };
  gsize *next = table.first + 1; /* after the filling, shifted by one: the start of each group */

  for (gsize h = 0; h < 3 * n_faces; h++)
    {
      guint32 a = faces[h], b = faces[h % 3 == 2 ? h - 2 : h + 1];
      next[(gsize) MIN (a, b) + 1]++;
    }
  for (gsize i = 1; i <= n_vertices; i++)
    next[i] += next[i - 1];
  for (gsize h = 0; h < 3 * n_faces; h++)
    {
      guint32 a = faces[h], b = faces[h % 3 == 2 ? h - 2 : h + 1];
      table.upper[next[MIN (a, b)]++] = 2 * (guint64) MAX (a, b) + (a < b);
    }
  return table;
}

static void
edge_table_clear (EdgeTable *table)
{
  g_clear_pointer (&table->first, g_free);
  g_clear_pointer (&table->upper, g_free);
}

/* Counts the edges of each sort and learns whether the two faces of each regular one agree. */
static void
describe_edges (const guint32 *faces, gsize n_faces, gsize n_vertices, MongeMeshReport *report)
{
  EdgeTable table = edge_table_build (faces, n_faces, n_vertices);
  gboolean agree = TRUE;

  for (gsize i = 0; i < n_vertices; i++)
    {
      guint64 *begin = table.upper + table.first[i], *end = table.upper + table.first[i + 1];

      qsort (begin, end - begin, sizeof *begin, compare_upper);
      while (begin < end)
        {
          guint64 *edge = begin;
          gsize n_forward = 0;

          for (; begin < end && *begin / 2 == *edge / 2; begin++)
            n_forward += *begin & 1;
          report->n_boundary_edges += begin - edge == 1;
          report->n_irregular_edges += begin - edge > 2;
          agree &= begin - edge == 1 || 2 * n_forward == (gsize) (begin - edge);
        }
    }
  report->is_oriented = agree;
  report->is_closed = report->n_boundary_edges == 0 && report->n_irregular_edges == 0;
  edge_table_clear (&table);
}

/* The same for curves, where vertices play the role of edges: an end has one segment, a fork three
 * or more, and segments agree when each vertex has as many arriving as leaving. */
static void
describe_joints (const guint32 *segments, gsize n_segments, gsize n_vertices,
                 MongeMeshReport *report)
{
  g_autofree guint32 *degree = g_new0 (guint32, n_vertices);
  g_autofree gint32 *balance = g_new0 (gint32, n_vertices);

  for (gsize s = 0; s < n_segments; s++)
    {
      degree[segments[2 * s]]++;
      degree[segments[2 * s + 1]]++;
      balance[segments[2 * s]]++;
      balance[segments[2 * s + 1]]--;
    }
  report->is_oriented = TRUE;
  for (gsize i = 0; i < n_vertices; i++)
    {
      report->n_boundary_edges += degree[i] == 1;
      report->n_irregular_edges += degree[i] > 2;
      report->is_oriented &= degree[i] != 2 || balance[i] == 0;
    }
  report->is_closed = report->n_boundary_edges == 0 && report->n_irregular_edges == 0;
}

/* ---- pieces ---- */

static guint32
find_root (guint32 *parent, guint32 i)
{
  while (parent[i] != i)
    i = parent[i] = parent[parent[i]];
  return i;
}

/* Union-find over the cells (Tarjan & van Leeuwen 1984, path halving). */
static void
describe_pieces (const guint32 *cells, gsize n_cells, guint arity, gsize n_vertices,
                 MongeMeshReport *report)
{
  g_autofree guint32 *parent = g_new (guint32, n_vertices);
  g_autofree guint8 *is_used = g_new0 (guint8, n_vertices);

  for (gsize i = 0; i < n_vertices; i++)
    parent[i] = (guint32) i;
  for (gsize k = 0; k < arity * n_cells; k++)
    {
      guint32 a = find_root (parent, cells[k]), b = find_root (parent, cells[k - k % arity]);

      is_used[cells[k]] = 1;
      parent[MAX (a, b)] = MIN (a, b);
    }
  for (gsize i = 0; i < n_vertices; i++)
    {
      report->n_unused_vertices += !is_used[i];
      report->n_components += is_used[i] && parent[i] == i;
    }
}

/* By the divergence theorem: the sum of the signed tetrahedra over an inner point, here the middle
 * of the bounding box, so that a shape far from the origin loses no digits. */
static double
compute_volume (const MongeShape *shape)
{
  const double *positions = monge_shape_get_positions (shape);
  const guint32 *faces = monge_shape_get_cells (shape);
  double lower[3], upper[3], sum = 0.0;

  monge_shape_get_bounds (shape, lower, upper);
  for (gsize f = 0; f < monge_shape_get_n_cells (shape); f++)
    {
      const double *a = positions + 3 * (gsize) faces[3 * f];
      double n[3];

      compute_area_vector (positions, faces + 3 * f, n);
      for (int k = 0; k < 3; k++)
        sum += (a[k] - 0.5 * (lower[k] + upper[k])) * n[k];
    }
  return sum / 6.0;
}

static void
describe_sizes (const MongeShape *shape, MongeMeshReport *report)
{
  gsize n_cells = monge_shape_get_n_cells (shape);
  g_autofree double *sizes = g_new (double, MAX (n_cells, 1));
  double total = 0.0;

  monge_mesh_compute_cell_sizes (shape, sizes);
  for (gsize c = 0; c < n_cells; c++)
    {
      total += sizes[c];
      report->n_degenerate_cells += !(sizes[c] > 0.0);
    }
  if (monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE)
    report->area = total;
  else
    report->length = total;
}

void
monge_mesh_describe (const MongeShape *shape, MongeMeshReport *report)
{
  const guint32 *cells = monge_shape_get_cells (shape);
  gsize n_cells = monge_shape_get_n_cells (shape);
  gsize n_vertices = monge_shape_get_n_vertices (shape);
  guint arity = get_arity (shape);

  *report = (MongeMeshReport){ .volume = NAN };
  if (arity == 0 || n_cells == 0)
    return;
  describe_sizes (shape, report);
  describe_pieces (cells, n_cells, arity, n_vertices, report);
  if (arity == 2)
    describe_joints (cells, n_cells, n_vertices, report);
  else
    describe_edges (cells, n_cells, n_vertices, report);
  if (arity == 3 && monge_shape_get_dim (shape) == 3 && report->is_closed && report->is_oriented)
    report->volume = compute_volume (shape);
}
