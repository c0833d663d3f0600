/* Normals: of surfaces weighted by area, of points fitted to their neighbours. The plane of a point
 * and its K nearest is that of least squares; sides are made to agree along the tree of edges over
 * which normals turn least, from the highest point on, whose normal points up (Hoppe et al.,
 * “Surface reconstruction from unorganized points”, SIGGRAPH 1992). */
#include "compute/filter/filter-private.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "compute/core/svd.h"
#include "compute/neighbours/neighbours.h"

#define NAME "normals"

const MongeOption monge_normals_options[] = {
  { "flip", "Turn inside out", "", MONGE_OPTION_BOOL, offsetof (MongeNormalsParams, flip), 0, 1,
    FALSE, NULL, "Faces and normals point to the other side" },
  { "neighbours", "Neighbours", "", MONGE_OPTION_INT, offsetof (MongeNormalsParams, neighbours), 3,
    200, FALSE, NULL, "How many points a plane is fitted to; no matter for surfaces" },
  { NULL },
};
const MongeNormalsParams monge_normals_defaults = { FALSE, 16 };

gboolean
monge_normals_takes (const MongeShape *shape, const char **reason)
{
  if (monge_shape_get_dim (shape) == 3 && monge_shape_get_kind (shape) != MONGE_SHAPE_CURVES)
    return TRUE;
  *reason = "only surfaces and points in space have normals";
  return FALSE;
}

/* --- Surfaces --- */

static void
add_face_normals (const MongeShape *shape, double *normals)
{
  const double *x = monge_shape_get_positions (shape);
  const guint32 *faces = monge_shape_get_cells (shape);

  for (gsize f = 0; f < monge_shape_get_n_cells (shape); f++)
    {
      const double *a = x + 3 * (gsize) faces[3 * f], *b = x + 3 * (gsize) faces[3 * f + 1];
      const double *c = x + 3 * (gsize) faces[3 * f + 2];

      for (int k = 0; k < 3; k++)
        {
          int p = (k + 1) % 3, q = (k + 2) % 3;
          double n = (b[p] - a[p]) * (c[q] - a[q]) - (b[q] - a[q]) * (c[p] - a[p]);

          for (int corner = 0; corner < 3; corner++)
            normals[3 * (gsize) faces[3 * f + corner] + k] += n;
        }
    }
}

/* --- Points --- */

typedef struct {
  float cost; /* 1 − |cosine| */
  guint32 a, b;
} Edge;

static int
compare_edges (const void *p, const void *q)
{
  const Edge *a = p, *b = q;

  if (a->cost != b->cost)
    return a->cost < b->cost ? -1 : 1;
  if (a->a != b->a)
    return a->a < b->a ? -1 : 1;
  return (a->b > b->b) - (a->b < b->b);
}

/* The direction in which a point and its neighbours extend least. */
static void
fit_plane (const double *x, guint32 i, const gint32 *index, guint k, double normal[3])
{
  double mean[3] = { 0 }, covariance[9] = { 0 }, u[9], s[3], v[9];
  guint n = 1;

  for (guint j = 0; j < k && index[j] >= 0; j++, n++)
    for (int d = 0; d < 3; d++)
      mean[d] += x[3 * (gsize) index[j] + d] - x[3 * (gsize) i + d];
  for (int d = 0; d < 3; d++)
    mean[d] = mean[d] / n + x[3 * (gsize) i + d];
  for (guint j = 0; j < n; j++)
    {
      const double *p = x + 3 * (j + 1 < n ? (gsize) index[j] : (gsize) i);

      for (int r = 0; r < 3; r++)
        for (int c = 0; c < 3; c++)
          covariance[3 * r + c] += (p[r] - mean[r]) * (p[c] - mean[c]);
    }
  monge_svd (3, covariance, u, s, v);
  for (int d = 0; d < 3; d++)
    normal[d] = u[3 * d + 2];
}

static guint32
find_root (guint32 *parent, guint32 i)
{
  while (parent[i] != i)
    i = parent[i] = parent[parent[i]];
  return i;
}

/* The edges to neighbours, each by the turn of the normals over it; of both directions one at
 * least. */
static Edge *
list_edges (const double *normals, const gint32 *index, gsize n, guint k, gsize *n_edges)
{
  Edge *edges = g_new (Edge, MAX (n * k, 1));

  *n_edges = 0;
  for (gsize i = 0; i < n; i++)
    for (guint j = 0; j < k && index[i * k + j] >= 0; j++)
      {
        const double *p = normals + 3 * i, *q = normals + 3 * (gsize) index[i * k + j];
        double cosine = p[0] * q[0] + p[1] * q[1] + p[2] * q[2];

        edges[(*n_edges)++] = (Edge){ (float) (1.0 - fabs (cosine)), (guint32) i,
                                      (guint32) index[i * k + j] };
      }
  return edges;
}

/* Keeps the edges of the least spanning forest (Kruskal 1956). Returns how many. */
static gsize
keep_forest (Edge *edges, gsize n_edges, gsize n)
{
  g_autofree guint32 *parent = g_new (guint32, n);
  gsize n_kept = 0;

  for (gsize i = 0; i < n; i++)
    parent[i] = (guint32) i;
  qsort (edges, n_edges, sizeof *edges, compare_edges);
  for (gsize e = 0; e < n_edges; e++)
    {
      guint32 a = find_root (parent, edges[e].a), b = find_root (parent, edges[e].b);

      if (a == b)
        continue;
      parent[MAX (a, b)] = MIN (a, b);
      edges[n_kept++] = edges[e];
    }
  return n_kept;
}

/* Neighbours in the forest: those of i are to[first[i]] … to[first[i + 1] − 1]. */
static void
group_forest (const Edge *edges, gsize n_edges, gsize n, gsize *first, guint32 *to)
{
  memset (first, 0, (n + 2) * sizeof *first);
  for (gsize e = 0; e < n_edges; e++)
    {
      first[edges[e].a + 2]++;
      first[edges[e].b + 2]++;
    }
  for (gsize i = 2; i <= n; i++)
    first[i] += first[i - 1];
  for (gsize e = 0; e < n_edges; e++)
    {
      to[first[edges[e].a + 1]++] = edges[e].b;
      to[first[edges[e].b + 1]++] = edges[e].a;
    }
}

static void
turn (double normal[3])
{
  for (int k = 0; k < 3; k++)
    normal[k] = -normal[k];
}

/* Over the tree that @seed belongs to. */
static void
propagate (double *normals, const gsize *first, const guint32 *to, guint32 seed, guint8 *is_seen,
           guint32 *queue)
{
  gsize n = 0;

  queue[n++] = seed;
  is_seen[seed] = TRUE;
  if (normals[3 * (gsize) seed + 2] < 0.0)
    turn (normals + 3 * (gsize) seed);
  for (gsize at = 0; at < n; at++)
    for (gsize e = first[queue[at]]; e < first[queue[at] + 1]; e++)
      {
        double *p = normals + 3 * (gsize) queue[at], *q = normals + 3 * (gsize) to[e];

        if (is_seen[to[e]])
          continue;
        if (p[0] * q[0] + p[1] * q[1] + p[2] * q[2] < 0.0)
          turn (q);
        is_seen[to[e]] = TRUE;
        queue[n++] = to[e];
      }
}

typedef struct {
  double z;
  guint32 i;
} Height;

static int
compare_heights (const void *p, const void *q)
{
  const Height *a = p, *b = q;

  if (a->z != b->z)
    return a->z > b->z ? -1 : 1;
  return (a->i > b->i) - (a->i < b->i);
}

/* From the highest point of each tree. */
static void
orient (const double *x, double *normals, gsize n, const gsize *first, const guint32 *to)
{
  g_autofree Height *heights = g_new (Height, n);
  g_autofree guint8 *is_seen = g_malloc0 (n);
  g_autofree guint32 *queue = g_new (guint32, n);

  for (gsize i = 0; i < n; i++)
    heights[i] = (Height){ x[3 * i + 2], (guint32) i };
  qsort (heights, n, sizeof *heights, compare_heights);
  for (gsize i = 0; i < n; i++)
    if (!is_seen[heights[i].i])
      propagate (normals, first, to, heights[i].i, is_seen, queue);
}

static gint32 *
find_neighbours (const MongeShape *shape, guint k, MongeTask *task, GError **error)
{
  gsize n = monge_shape_get_n_vertices (shape);
  const double *x = monge_shape_get_positions (shape);
  double lower[3], upper[3], diameter = monge_shape_get_diameter (shape);
  g_autofree float *points = g_new (float, 3 * n);
  g_autofree gint32 *index = g_new (gint32, n * k);
  g_autoptr (MongeNeighbours) tree = NULL;

  monge_shape_get_bounds (shape, lower, upper);
  for (gsize i = 0; i < 3 * n; i++)
    points[i] = (float) ((x[i] - lower[i % 3]) / (isnormal (diameter) ? diameter : 1.0));
  tree = monge_neighbours_new (points, n, 3, 0, task, error);
  if (tree == NULL
      || !monge_neighbours_find (tree, points, n, k, TRUE, index, NULL, 0, task, error))
    return NULL;
  return g_steal_pointer (&index);
}

static gboolean
fit_points (const MongeShape *shape, guint k, double *normals, MongeTask *task, GError **error)
{
  gsize n = monge_shape_get_n_vertices (shape), n_edges;
  const double *x = monge_shape_get_positions (shape);
  g_autofree gint32 *index = find_neighbours (shape, k, task, error);
  g_autofree Edge *edges = NULL;
  g_autofree gsize *first = g_new (gsize, n + 2);
  g_autofree guint32 *to = g_new (guint32, 2 * n);

  if (index == NULL)
    return FALSE;
  for (gsize i = 0; i < n; i++)
    {
      if ((i & 0x3ff) == 0 && monge_task_return_if_cancelled (task, error))
        return FALSE;
      fit_plane (x, (guint32) i, index + i * k, k, normals + 3 * i);
    }
  edges = list_edges (normals, index, n, k, &n_edges);
  n_edges = keep_forest (edges, n_edges, n);
  if (monge_task_return_if_cancelled (task, error))
    return FALSE;
  group_forest (edges, n_edges, n, first, to);
  orient (x, normals, n, first, to);
  return TRUE;
}

/* --- The whole --- */

static MongeArray *
make_array (const double *normals, gsize n, double sign)
{
  float *values = g_new (float, 3 * n);

  for (gsize i = 0; i < n; i++)
    {
      const double *row = normals + 3 * i;
      double length = sqrt (row[0] * row[0] + row[1] * row[1] + row[2] * row[2]);

      for (int k = 0; k < 3; k++)
        values[3 * i + k] = (float) (length > 0.0 ? sign * row[k] / length : 0.0);
    }
  return monge_array_new (NAME, MONGE_TYPE_FLOAT32, 3, n,
                          g_bytes_new_take (values, 3 * n * sizeof *values));
}

/* The same surface with every face turned. */
static MongeShape *
turn_faces (MongeShape *shape, GError **error)
{
  gsize n = monge_shape_get_n_vertices (shape), n_cells = monge_shape_get_n_cells (shape);
  const guint32 *cells = monge_shape_get_cells (shape);
  g_autofree guint32 *rows = g_new (guint32, MAX (n, n_cells));
  guint32 *turned = g_new (guint32, 3 * n_cells);

  for (gsize i = 0; i < MAX (n, n_cells); i++)
    rows[i] = (guint32) i;
  for (gsize c = 0; c < n_cells; c++)
    {
      turned[3 * c] = cells[3 * c];
      turned[3 * c + 1] = cells[3 * c + 2];
      turned[3 * c + 2] = cells[3 * c + 1];
    }
  return monge_filter_pick (shape, rows, n, turned, n_cells, rows, error);
}

MongeShape *
monge_normals_apply (MongeShape *shape, gconstpointer data, MongeTask *task, GString *note,
                     GError **error)
{
  const MongeNormalsParams *params = data;
  gsize n = monge_shape_get_n_vertices (shape);
  gboolean is_surface = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE;
  g_autofree double *normals = g_new0 (double, 3 * n);
  g_autoptr (GPtrArray) arrays = g_ptr_array_new_with_free_func ((GDestroyNotify) monge_array_free);
  g_autoptr (MongeShape) turned = NULL;

  if (is_surface)
    add_face_normals (shape, normals);
  else if (!fit_points (shape, (guint) params->neighbours, normals, task, error))
    return NULL;
  turned = is_surface && params->flip ? turn_faces (shape, error) : monge_shape_ref (shape);
  if (turned == NULL)
    return NULL;
  g_ptr_array_add (arrays, make_array (normals, n, params->flip ? -1.0 : 1.0));
  g_string_append_printf (note, "Found %" G_GSIZE_FORMAT " normals%s.", n,
                          params->flip ? ", turned inside out" : "");
  return monge_shape_with_arrays (turned, arrays, error);
}
