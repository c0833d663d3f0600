#include "compute/shape/distance.h"

#include "compute/core/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A binary tree of boxes over the triangles (segments, vertices) of a shape, split at the median of
 * their middles. A query walks it nearest child first and leaves out boxes that are farther than
 * the best distance so far. */

#define LEAF_SIZE 4
#define MAX_DEPTH 64

typedef struct {
  double lower[3], upper[3];
  guint32 first; /* leaf: its first item; else: the second child, the first being the next node */
  guint32 count; /* items of a leaf; 0 otherwise */
} Node;

typedef struct {
  guint arity; /* vertices per item: 3, 2 or 1 */
  gsize n_items;
  guint32 *items;
  double *middles;  /* (n_items × 3), by item; only while building */
  double *lifted;   /* (n_vertices × 3); NULL where the shape's own positions are that */
  const double *positions;
  double *corners;  /* (n_items × arity × 3), in the order of the leaves */
  Node *nodes;
  gsize n_nodes;
} Tree;

/* ---- points, segments, triangles ---- */

static double
dot (const double a[3], const double b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void
subtract (const double a[3], const double b[3], double out[3])
{
  for (int k = 0; k < 3; k++)
    out[k] = a[k] - b[k];
}

/* |p − (a + t (b − a))|² */
static double
find_squared_distance_at (const double p[3], const double a[3], const double ab[3], double t)
{
  double sum = 0.0;

  for (int k = 0; k < 3; k++)
    {
      double d = p[k] - a[k] - t * ab[k];
      sum += d * d;
    }
  return sum;
}

static double
find_squared_distance_to_segment (const double p[3], const double a[3], const double b[3])
{
  double ab[3], ap[3], length;

  subtract (b, a, ab);
  subtract (p, a, ap);
  length = dot (ab, ab);
  return find_squared_distance_at (p, a, ab,
                                   length > 0.0 ? CLAMP (dot (ap, ab) / length, 0.0, 1.0) : 0.0);
}

static double
find_squared_distance_to_sides (const double p[3], const double a[3], const double b[3],
                                const double c[3])
{
  double d = find_squared_distance_to_segment (p, a, b);

  d = MIN (d, find_squared_distance_to_segment (p, b, c));
  return MIN (d, find_squared_distance_to_segment (p, c, a));
}

/* The foot of @p on the plane is a + v ab + w ac; where it lies within the triangle, the distance
 * is that to the plane, and else that to the nearest side. Slivers count as their sides. */
static double
find_squared_distance_to_triangle (const double p[3], const double a[3], const double b[3],
                                   const double c[3])
{
  double ab[3], ac[3], ap[3], normal[3], uu, uv, vv, pu, pv, scale, v, w, height;

  subtract (b, a, ab);
  subtract (c, a, ac);
  subtract (p, a, ap);
  uu = dot (ab, ab);
  uv = dot (ab, ac);
  vv = dot (ac, ac);
  pu = dot (ap, ab);
  pv = dot (ap, ac);
  scale = uu * vv - uv * uv;
  if (!(scale > 1e-24 * uu * vv))
    return find_squared_distance_to_sides (p, a, b, c);
  v = vv * pu - uv * pv;
  w = uu * pv - uv * pu;
  if (v < 0.0 || w < 0.0 || v + w > scale)
    return find_squared_distance_to_sides (p, a, b, c);
  normal[0] = ab[1] * ac[2] - ab[2] * ac[1];
  normal[1] = ab[2] * ac[0] - ab[0] * ac[2];
  normal[2] = ab[0] * ac[1] - ab[1] * ac[0];
  height = dot (ap, normal);
  return height * height / dot (normal, normal);
}

static double
find_squared_distance_to_item (const Tree *tree, gsize slot, const double p[3])
{
  const double *corners = tree->corners + 3 * tree->arity * slot;

  switch (tree->arity)
    {
    case 3:
      return find_squared_distance_to_triangle (p, corners, corners + 3, corners + 6);
    case 2:
      return find_squared_distance_to_segment (p, corners, corners + 3);
    default:
      return find_squared_distance_to_segment (p, corners, corners);
    }
}

static double
find_squared_distance_to_box (const Node *node, const double p[3])
{
  double sum = 0.0;

  for (int k = 0; k < 3; k++)
    {
      double d = MAX (MAX (node->lower[k] - p[k], p[k] - node->upper[k]), 0.0);
      sum += d * d;
    }
  return sum;
}

/* ---- building ---- */

/* Puts the @k-th smallest middle along @axis at its place among @items (Hoare 1961). */
static void
select_item (const double *middles, guint32 *items, gsize n, gsize k, guint axis)
{
  gsize low = 0, high = n - 1;

  while (low < high)
    {
      double pivot = middles[3 * (gsize) items[low + (high - low) / 2] + axis];
      gssize i = (gssize) low - 1, j = (gssize) high + 1;

      for (;;)
        {
          guint32 item;

          do
            i++;
          while (middles[3 * (gsize) items[i] + axis] < pivot);
          do
            j--;
          while (middles[3 * (gsize) items[j] + axis] > pivot);
          if (i >= j)
            break;
          item = items[i];
          items[i] = items[j];
          items[j] = item;
        }
      if (k <= (gsize) j)
        high = (gsize) j;
      else
        low = (gsize) j + 1;
    }
}

static guint
find_longest_axis (const double *middles, const guint32 *items, gsize n)
{
  double lower[3], upper[3];
  guint axis = 0;

  memcpy (lower, middles + 3 * (gsize) items[0], sizeof lower);
  memcpy (upper, lower, sizeof upper);
  for (gsize i = 1; i < n; i++)
    for (int k = 0; k < 3; k++)
      {
        lower[k] = MIN (lower[k], middles[3 * (gsize) items[i] + k]);
        upper[k] = MAX (upper[k], middles[3 * (gsize) items[i] + k]);
      }
  for (guint k = 1; k < 3; k++)
    if (upper[k] - lower[k] > upper[axis] - lower[axis])
      axis = k;
  return axis;
}

/* Indices of the vertices of item @i; itself when the shape has no cells. */
static gsize
get_corner (const MongeShape *shape, guint arity, gsize i, guint k)
{
  return arity > 1 ? monge_shape_get_cells (shape)[arity * i + k] : i;
}

static void
fill_leaf (Tree *tree, const MongeShape *shape, Node *node)
{
  const double *positions = tree->positions;

  for (int k = 0; k < 3; k++)
    {
      node->lower[k] = INFINITY;
      node->upper[k] = -INFINITY;
    }
  for (gsize slot = node->first; slot < node->first + node->count; slot++)
    for (guint c = 0; c < tree->arity; c++)
      {
        const double *p = positions + 3 * get_corner (shape, tree->arity, tree->items[slot], c);
        double *corner = tree->corners + 3 * (tree->arity * slot + c);

        for (int k = 0; k < 3; k++)
          {
            corner[k] = p[k];
            node->lower[k] = MIN (node->lower[k], p[k]);
            node->upper[k] = MAX (node->upper[k], p[k]);
          }
      }
}

/* Builds the node over items [begin, end) and all below it; returns its index. The depth is the
 * logarithm of the count: recursion is safe. Stops early, with a useless tree, when cancelled. */
static gsize
build_node (Tree *tree, const MongeShape *shape, gsize begin, gsize end, MongeTask *task)
{
  gsize index = tree->n_nodes++, middle = begin + (end - begin) / 2, second;
  Node *node = &tree->nodes[index];

  if (end - begin <= LEAF_SIZE || (end - begin > 1024 && monge_task_is_cancelled (task)))
    {
      node->first = (guint32) begin;
      node->count = (guint32) MIN (end - begin, LEAF_SIZE);
      fill_leaf (tree, shape, node);
      return index;
    }
  select_item (tree->middles, tree->items + begin, end - begin, middle - begin,
               find_longest_axis (tree->middles, tree->items + begin, end - begin));
  build_node (tree, shape, begin, middle, task);
  second = build_node (tree, shape, middle, end, task);
  node->first = (guint32) second;
  node->count = 0;
  for (int k = 0; k < 3; k++)
    {
      node->lower[k] = MIN (node[1].lower[k], tree->nodes[second].lower[k]);
      node->upper[k] = MAX (node[1].upper[k], tree->nodes[second].upper[k]);
    }
  return index;
}

static void
tree_free (Tree *tree)
{
  g_free (tree->items);
  g_free (tree->middles);
  g_free (tree->lifted);
  g_free (tree->corners);
  g_free (tree->nodes);
  g_free (tree);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Tree, tree_free)

static guint
get_arity (const MongeShape *shape)
{
  if (monge_shape_get_n_cells (shape) == 0)
    return 1;
  return monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE ? 3 : 2;
}

/* Missing coordinates are 0. */
static double *
lift (const MongeShape *shape)
{
  const double *x = monge_shape_get_positions (shape);
  guint dim = monge_shape_get_dim (shape);
  gsize n = monge_shape_get_n_vertices (shape);
  double *positions = g_new0 (double, 3 * n);

  for (gsize i = 0; i < n; i++)
    memcpy (positions + 3 * i, x + dim * i, dim * sizeof *x);
  return positions;
}

static Tree *
tree_new (const MongeShape *shape, MongeTask *task)
{
  Tree *tree = g_new0 (Tree, 1);
  guint arity = get_arity (shape);
  gsize n = arity > 1 ? monge_shape_get_n_cells (shape) : monge_shape_get_n_vertices (shape);

  tree->arity = arity;
  tree->n_items = n;
  if (monge_shape_get_dim (shape) < 3)
    tree->lifted = lift (shape);
  tree->positions = tree->lifted != NULL ? tree->lifted : monge_shape_get_positions (shape);
  tree->items = g_new (guint32, n);
  tree->middles = g_new0 (double, 3 * n);
  tree->corners = g_new (double, 3 * arity * n);
  tree->nodes = g_new (Node, 2 * n); /* at most 2n − 1 */
  for (gsize i = 0; i < n; i++)
    {
      tree->items[i] = (guint32) i;
      for (guint c = 0; c < arity; c++)
        for (int k = 0; k < 3; k++)
          tree->middles[3 * i + k]
            += tree->positions[3 * get_corner (shape, arity, i, c) + k] / arity;
    }
  build_node (tree, shape, 0, n, task);
  g_clear_pointer (&tree->middles, g_free);
  return tree;
}

/* ---- asking ---- */

typedef struct {
  const Node *node;
  double distance; /* squared, to its box */
} Visit;

/* Squared; @slot: (out): of the nearest item. */
static double
tree_find_squared_distance (const Tree *tree, const double p[3], gsize *slot)
{
  Visit stack[MAX_DEPTH];
  guint depth = 0;
  double best = INFINITY;

  *slot = 0;

  stack[depth++] = (Visit){ tree->nodes, 0.0 };
  while (depth > 0)
    {
      Visit visit = stack[--depth], near, far;

      if (!(visit.distance < best))
        continue;
      if (visit.node->count > 0)
        {
          for (gsize i = visit.node->first; i < visit.node->first + visit.node->count; i++)
            {
              double distance = find_squared_distance_to_item (tree, i, p);

              if (distance < best)
                {
                  best = distance;
                  *slot = i;
                }
            }
          continue;
        }
      near = (Visit){ visit.node + 1, find_squared_distance_to_box (visit.node + 1, p) };
      far.node = tree->nodes + visit.node->first;
      far.distance = find_squared_distance_to_box (far.node, p);
      stack[depth++] = near.distance <= far.distance ? far : near;
      stack[depth++] = near.distance <= far.distance ? near : far;
    }
  return best;
}

/* The place along ab that is nearest to @p, in [0, 1]. */
static double
find_place_on_segment (const double p[3], const double a[3], const double b[3])
{
  double ab[3], ap[3], length;

  subtract (b, a, ab);
  subtract (p, a, ap);
  length = dot (ab, ab);
  return length > 0.0 ? CLAMP (dot (ap, ab) / length, 0.0, 1.0) : 0.0;
}

static void
find_weights_on_sides (const double p[3], const double *corners, double weights[3])
{
  double best = INFINITY;

  for (int k = 0; k < 3; k++)
    {
      const double *a = corners + 3 * k, *b = corners + 3 * ((k + 1) % 3);
      double distance = find_squared_distance_to_segment (p, a, b), t;

      if (!(distance < best))
        continue;
      best = distance;
      t = find_place_on_segment (p, a, b);
      weights[k] = 1.0 - t;
      weights[(k + 1) % 3] = t;
      weights[(k + 2) % 3] = 0.0;
    }
}

/* As find_squared_distance_to_triangle(). */
static void
find_weights_on_triangle (const double p[3], const double *corners, double weights[3])
{
  double ab[3], ac[3], ap[3], uu, uv, vv, pu, pv, scale, v, w;

  subtract (corners + 3, corners, ab);
  subtract (corners + 6, corners, ac);
  subtract (p, corners, ap);
  uu = dot (ab, ab);
  uv = dot (ab, ac);
  vv = dot (ac, ac);
  pu = dot (ap, ab);
  pv = dot (ap, ac);
  scale = uu * vv - uv * uv;
  v = vv * pu - uv * pv;
  w = uu * pv - uv * pu;
  if (!(scale > 1e-24 * uu * vv) || v < 0.0 || w < 0.0 || v + w > scale)
    {
      find_weights_on_sides (p, corners, weights);
      return;
    }
  weights[1] = v / scale;
  weights[2] = w / scale;
  weights[0] = 1.0 - weights[1] - weights[2];
}

static void
describe_nearest (const Tree *tree, const double p[3], MongeNearest *nearest)
{
  gsize slot;
  double distance = sqrt (tree_find_squared_distance (tree, p, &slot));
  const double *corners = tree->corners + 3 * tree->arity * slot;

  *nearest = (MongeNearest){ tree->items[slot], { 1.0, 0.0, 0.0 }, distance };
  if (tree->arity == 3)
    find_weights_on_triangle (p, corners, nearest->weights);
  else if (tree->arity == 2)
    {
      nearest->weights[1] = find_place_on_segment (p, corners, corners + 3);
      nearest->weights[0] = 1.0 - nearest->weights[1];
    }
}

typedef struct {
  const Tree *tree;
  const double *points;
  double *distances;     /* one of the two */
  MongeNearest *nearest;
} Query;

static void
query_rows (gsize begin, gsize end, guint worker, gpointer user_data)
{
  const Query *query = user_data;
  gsize slot;

  for (gsize i = begin; i < end; i++)
    if (query->nearest != NULL)
      describe_nearest (query->tree, query->points + 3 * i, &query->nearest[i]);
    else
      query->distances[i]
        = sqrt (tree_find_squared_distance (query->tree, query->points + 3 * i, &slot));
}

static gboolean
run_query (const MongeShape *shape, gsize n, Query *query, MongeTask *task, GError **error)
{
  g_autoptr (Tree) tree = tree_new (shape, task);

  if (monge_task_return_if_cancelled (task, error))
    return FALSE;
  query->tree = tree;
  if (monge_parallel_rows (n, 64, 0, task, query_rows, query))
    return TRUE;
  g_set_error_literal (error, MONGE_ERROR, MONGE_ERROR_CANCELLED, "Cancelled");
  return FALSE;
}

gboolean
monge_distance_to_shape (const MongeShape *shape, const double *points, gsize n, double *distances,
                         MongeTask *task, GError **error)
{
  Query query = { .points = points, .distances = distances };

  if (monge_shape_get_dim (shape) == 3)
    return run_query (shape, n, &query, task, error);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
               "%s: distances need a shape in 3 dimensions, this one has %u",
               monge_shape_get_name (shape), monge_shape_get_dim (shape));
  return FALSE;
}

gboolean
monge_distance_find_nearest (const MongeShape *shape, const double *points, gsize n,
                             MongeNearest *nearest, MongeTask *task, GError **error)
{
  Query query = { .points = points, .nearest = nearest };

  if (monge_shape_get_dim (shape) <= 3)
    return run_query (shape, n, &query, task, error);
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
               "%s: nearest points need a shape in at most 3 dimensions, this one has %u",
               monge_shape_get_name (shape), monge_shape_get_dim (shape));
  return FALSE;
}

/* ---- summaries ---- */

static gint
compare_doubles (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* Between the two order statistics about q (n − 1). */
static double
find_quantile (const double *sorted, gsize n, double q)
{
  double place = q * (double) (n - 1);
  gsize below = (gsize) place;
  double fraction = place - (double) below;

  return below + 1 < n ? sorted[below] + fraction * (sorted[below + 1] - sorted[below])
                       : sorted[n - 1];
}

void
monge_distance_summarise (const double *distances, gsize n, MongeDistanceSummary *summary)
{
  g_autofree double *sorted = NULL;
  double sum = 0.0;

  g_return_if_fail (n > 0);
  sorted = g_memdup2 (distances, n * sizeof *sorted);
  qsort (sorted, n, sizeof *sorted, compare_doubles);
  for (gsize i = 0; i < n; i++)
    sum += sorted[i];
  summary->mean = sum / (double) n;
  summary->median = find_quantile (sorted, n, 0.5);
  summary->percentile95 = find_quantile (sorted, n, 0.95);
  summary->maximum = sorted[n - 1];
}
