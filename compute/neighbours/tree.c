/* A panel of queries against the tree.
 *
 * The queries of a panel lie close together, so they descend together: sixteen boxes are compared
 * with the box around the queries at a time, nearest first, and dropped beyond the farthest result
 * that any query still has. Before a panel of points, sixteen queries are compared with its box at a
 * time; those that it can serve scan its sixteen points at a time. */
#include "compute/neighbours/scan.h"

#include <math.h>

/* One for each of the sixteen children of the nodes on a path, and those of the last. */
#define MAX_STACK ((MONGE_MAX_LEVELS + 1) * MONGE_PANEL)

/* @node: a group of boxes at @level − 1, or with @level 0 a panel. */
typedef struct {
  double key; /* (bound, least index) */
  guint32 node;
  guint32 level;
  guint32 group, slot; /* where its box is */
} Entry;

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
  const gint32 *least = boxes->least + parent->node * MONGE_PANEL;
  const guint32 first = parent->level > 1 ? parent->node * MONGE_PANEL
                                          : (guint32) monge_panels_get_leaf (&neighbours->panels,
                                                                             parent->node);
  float bound[MONGE_PANEL] __attribute__ ((aligned (64)));
  guint hits = bound_boxes (dim, boxes->planes + parent->node * 2 * (gsize) dim * MONGE_PANEL, low,
                            high, monge_key_get_square (reach), bound);
  guint n = 0;

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
    }
  enclose_queries (dim, search, low, high);
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
          if (monge_task_is_cancelled (search->task))
            return;
          n += push_group (dim, neighbours, &entry, low, high, reach, stack + n);
          continue;
        }
      queries = find_queries (dim, search, &neighbours->levels[0], &entry);
      search->n_boxes++;
      search->n_scans += (guint) __builtin_popcount (queries);
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
  static void name (const MongeNeighbours *neighbours, MongeSearch *searches, guint n)             \
  {                                                                                                \
    for (MongeSearch *search = searches; search < searches + n; search++)                          \
      switch (neighbours->panels.dim)                                                              \
        {                                                                                          \
        case 2:                                                                                    \
          search_tree (kind, 2, neighbours, search);                                               \
          break;                                                                                   \
        case 3:                                                                                    \
          search_tree (kind, 3, neighbours, search);                                               \
          break;                                                                                   \
        default:                                                                                   \
          search_tree (kind, neighbours->panels.dim, neighbours, search);                          \
        }                                                                                          \
  }

SEARCH_FUNC (search_nearest, MONGE_SEARCH_NEAREST)
SEARCH_FUNC (search_count, MONGE_SEARCH_COUNT)
SEARCH_FUNC (search_store, MONGE_SEARCH_STORE)

const MongeSearchFunc MONGE_TREE[MONGE_N_SEARCHES] = {
  search_nearest,
  search_count,
  search_store,
};
