/* A panel of queries against the tree.
 *
 * The queries of a panel lie close together, so they descend together: sixteen boxes are compared
 * with the box around the queries at a time, nearest first, and dropped beyond the farthest result
 * that any query still has. Before a panel of points, sixteen queries are compared with its box at a
 * time; those that it can serve scan its sixteen points at a time.
 *
 * Exact. Squares of differences are summed in the order of the coordinates, each operation rounded.
 * Rounding never turns an order around: with l ≤ y for a box's bound l below x, fl(x − y) ≤
 * fl(x − l), and so on through squares and sums. So what is computed for a box by the same
 * operations in the same order is at most what is computed for any point inside, and a box is
 * dropped only when its (bound, least index) is not below the (square, index) of the last result. */
#include "compute/neighbours/search.h"
#include "compute/neighbours/lanes.h"

#include <math.h>

#define INLINE static inline __attribute__ ((always_inline))
#define PARTS (MONGE_PANEL / LANES)

/* One for each of the sixteen children of the nodes on a path, and those of the last. */
#define MAX_STACK ((MONGE_MAX_LEVELS + 1) * MONGE_PANEL)

/* @node: a group of boxes at @level − 1, or with @level 0 a panel. */
typedef struct {
  double key; /* (bound, least index) */
  guint32 node;
  guint32 level;
  guint32 group, slot; /* where its box is */
} Entry;

/* Sorted insertion: each slot becomes min (itself, max (the one before, key)). What falls off the
 * end was not among the nearest. */
INLINE void
insert (double *list, guint n_vectors, double key)
{
  vd keys = vd_set (key);

  for (guint v = n_vectors; v-- > 0;)
    {
      vd here = vd_load (list + v * DOUBLES);
      vd before = v > 0 ? vd_load (list + (v - 1) * DOUBLES) : vd_set (0);

      vd_store (list + v * DOUBLES, vd_min (here, vd_max (vd_push (before, here), keys)));
      if (v > 2 && before[DOUBLES - 1] < key)
        return;
    }
}

/* Query @q meets the points of a panel. */
INLINE void
scan_panel (MongeSearchKind kind,
            const guint dim,
            MongeSearch *search,
            guint q,
            const float *points,
            const gint32 *index)
{
  float square[MONGE_PANEL] __attribute__ ((aligned (64)));
  double *list = search->lists + q * search->capacity;
  guint hits = 0;

  for (guint part = 0; part < PARTS; part++)
    {
      vf sum = vf_set (0);

      for (guint d = 0; d < dim; d++)
        {
          vf gap = search->x[d * MONGE_PANEL + q] - vf_load (points + d * MONGE_PANEL + part * LANES);

          sum = d == 0 ? gap * gap : sum + gap * gap;
        }
      vf_store (square + part * LANES, sum);
      hits |= vf_less_equal (sum, vf_set (search->reach_square[q])) << (part * LANES);
    }
  for (; hits != 0; hits &= hits - 1)
    {
      guint lane = (guint) __builtin_ctz (hits);
      double key = monge_key_pack (square[lane], index[lane]);

      if (index[lane] == search->self[q] || !(key < search->reach[q]))
        continue;
      if (kind == MONGE_SEARCH_NEAREST)
        {
          insert (list, search->capacity / DOUBLES, key);
          search->reach[q] = list[search->k - 1];
          continue;
        }
      if (kind == MONGE_SEARCH_STORE)
        search->found[q][search->count[q]] = key;
      search->count[q]++;
    }
  if (kind == MONGE_SEARCH_NEAREST)
    {
      search->reach_square[q] = monge_key_get_square (search->reach[q]);
      search->reach_index[q] = monge_key_get_index (search->reach[q]);
    }
}

/* Which queries a box can serve: bit q. */
INLINE guint
find_queries (const guint dim, const MongeSearch *search, const MongeBoxes *boxes, const Entry *entry)
{
  const float *lower = boxes->planes + entry->group * 2 * (gsize) dim * MONGE_PANEL + entry->slot;
  const float *upper = lower + dim * MONGE_PANEL;
  gint32 least = boxes->least[entry->group * MONGE_PANEL + entry->slot];
  guint queries = 0;

  for (guint part = 0; part < PARTS; part++)
    {
      vf reach = vf_load (search->reach_square + part * LANES), sum = vf_set (0);
      guint below, equal;

      for (guint d = 0; d < dim; d++)
        {
          vf x = vf_load (search->x + d * MONGE_PANEL + part * LANES);
          vf gap = vf_max (vf_max (lower[d * MONGE_PANEL] - x, x - upper[d * MONGE_PANEL]),
                           vf_set (0));

          sum = d == 0 ? gap * gap : sum + gap * gap;
        }
      below = vf_less (sum, reach);
      equal = vf_less_equal (sum, reach) & ~below;
      if (equal != 0)
        equal &= vi_less (vi_set (least), vi_load (search->reach_index + part * LANES));
      queries |= (below | equal) << (part * LANES);
    }
  return queries & ((1u << search->n) - 1);
}

/* Pushes the boxes of a group that the queries between @low and @high can use, farthest first. */
INLINE guint
push_group (const guint dim,
            const MongeNeighbours *neighbours,
            const Entry *parent,
            const float *low,
            const float *high,
            double reach,
            Entry *stack)
{
  const MongeBoxes *boxes = &neighbours->levels[parent->level - 1];
  const float *lower = boxes->planes + parent->node * 2 * (gsize) dim * MONGE_PANEL;
  const float *upper = lower + dim * MONGE_PANEL;
  const gint32 *least = boxes->least + parent->node * MONGE_PANEL;
  const guint32 first = parent->level > 1 ? parent->node * MONGE_PANEL
                                          : (guint32) monge_panels_get_leaf (&neighbours->panels,
                                                                             parent->node);
  float bound[MONGE_PANEL] __attribute__ ((aligned (64)));
  guint hits = 0, n = 0;

  for (guint part = 0; part < PARTS; part++)
    {
      vf sum = vf_set (0);

      for (guint d = 0; d < dim; d++)
        {
          const guint at = d * MONGE_PANEL + part * LANES;
          vf gap = vf_max (vf_max (vf_load (lower + at) - high[d], low[d] - vf_load (upper + at)),
                           vf_set (0));

          sum = d == 0 ? gap * gap : sum + gap * gap;
        }
      vf_store (bound + part * LANES, sum);
      hits |= vf_less_equal (sum, vf_set (monge_key_get_square (reach))) << (part * LANES);
    }
  for (; hits != 0; hits &= hits - 1)
    {
      guint slot = (guint) __builtin_ctz (hits), i = n;
      double key = monge_key_pack (bound[slot], least[slot]);

      if (!(key < reach))
        continue;
      for (; i > 0 && stack[i - 1].key < key; i--)
        stack[i] = stack[i - 1];
      stack[i] = (Entry){ key, first + slot, parent->level - 1, parent->node, slot };
      n++;
    }
  return n;
}

/* The key beyond which no query has any use for points. */
INLINE double
find_reach (const MongeSearch *search)
{
  vd reach = vd_load (search->reach);

  for (guint i = DOUBLES; i < MONGE_PANEL; i += DOUBLES)
    reach = vd_max (reach, vd_load (search->reach + i));
  for (guint i = 1; i < DOUBLES; i++)
    reach[0] = MAX (reach[0], reach[i]);
  return reach[0];
}

INLINE void
scan_start (MongeSearchKind kind, const guint dim, const MongeNeighbours *neighbours,
            MongeSearch *search)
{
  for (guint q = 0; q < search->n; q++)
    if (search->start[q] >= 0)
      scan_panel (kind, dim, search, q,
                  neighbours->panels.planes + (gsize) search->start[q] * dim * MONGE_PANEL,
                  neighbours->panels.index + (gsize) search->start[q] * MONGE_PANEL);
}

INLINE void
search_tree (MongeSearchKind kind,
             const guint dim,
             const MongeNeighbours *neighbours,
             MongeSearch *search)
{
  const MongePanels *panels = &neighbours->panels;
  float low[MONGE_NEIGHBOURS_MAX_DIM], high[MONGE_NEIGHBOURS_MAX_DIM];
  Entry stack[MAX_STACK] = { { .key = 0, .level = neighbours->n_levels } };
  double reach;

  for (guint d = 0; d < dim; d++)
    {
      low[d] = INFINITY;
      high[d] = -INFINITY;
      for (guint q = 0; q < search->n; q++)
        {
          low[d] = MIN (low[d], search->x[d * MONGE_PANEL + q]);
          high[d] = MAX (high[d], search->x[d * MONGE_PANEL + q]);
        }
    }
  scan_start (kind, dim, neighbours, search);
  reach = find_reach (search);
  for (guint n = 1; n > 0;)
    {
      Entry entry = stack[--n];
      guint queries;

      if (!(entry.key < reach))
        continue;
      if (entry.level > 0)
        {
          n += push_group (dim, neighbours, &entry, low, high, reach, stack + n);
          continue;
        }
      queries = find_queries (dim, search, &neighbours->levels[0], &entry);
      for (guint left = queries; left != 0; left &= left - 1)
        {
          guint q = (guint) __builtin_ctz (left);

          if (search->start[q] != (gint32) entry.node)
            scan_panel (kind, dim, search, q, panels->planes + (gsize) entry.node * dim * MONGE_PANEL,
                        panels->index + (gsize) entry.node * MONGE_PANEL);
        }
      if (kind == MONGE_SEARCH_NEAREST && queries != 0)
        reach = find_reach (search);
    }
}

/* Dimensions that shapes have get loops of their own. */
#define SEARCH_FUNC(name, kind)                                                                    \
  static void name (const MongeNeighbours *neighbours, MongeSearch *search)                        \
  {                                                                                                \
    switch (neighbours->panels.dim)                                                                \
      {                                                                                            \
      case 2:                                                                                      \
        search_tree (kind, 2, neighbours, search);                                                 \
        break;                                                                                     \
      case 3:                                                                                      \
        search_tree (kind, 3, neighbours, search);                                                 \
        break;                                                                                     \
      default:                                                                                     \
        search_tree (kind, neighbours->panels.dim, neighbours, search);                            \
      }                                                                                            \
  }

SEARCH_FUNC (search_nearest, MONGE_SEARCH_NEAREST)
SEARCH_FUNC (search_count, MONGE_SEARCH_COUNT)
SEARCH_FUNC (search_store, MONGE_SEARCH_STORE)

const MongeSearchTable MONGE_SEARCH = {
  .search_tree = { search_nearest, search_count, search_store },
};
