/* What the inner loops share: a query meets a panel of points, a box meets sixteen. For files that
 * are compiled once per instruction set.
 *
 * Exact. Squares of differences are summed in the order of the coordinates, each operation rounded.
 * Rounding never turns an order around: with l ≤ y for a box's bound l below x, fl(x − y) ≤
 * fl(x − l), and so on through squares and sums. So what is computed for a box by the same
 * operations in the same order is at most what is computed for any point inside, and a box is
 * dropped only when its (bound, least index) is not below the (square, index) of the last result. */
#pragma once

#include "compute/neighbours/lanes.h"
#include "compute/neighbours/search.h"

#define INLINE static inline __attribute__ ((always_inline))
#define PARTS (MONGE_PANEL / LANES)
/* Queries that scan a panel at a time, as many as make four vectors. */
#define MAX_SCANS (4 / PARTS)

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

/* What query @q does with points of a panel whose squared distances are not above its reach: bit l
 * of @hits. */
INLINE void
take_hits (MongeSearchKind kind,
           MongeSearch *search,
           guint q,
           guint hits,
           const float *square,
           const gint32 *index)
{
  double *list = search->lists + q * search->capacity;

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

/* One of the queries of a panel. */
typedef struct {
  MongeSearch *search;
  guint q;
} Query;

/* Some queries meet the points of a panel. More than one at a time hides how long a sum in order
 * takes. */
INLINE void
scan_together (MongeSearchKind kind,
               const guint n,
               const gsize dim,
               const Query *queries,
               const float *points,
               const gint32 *index)
{
  float square[MAX_SCANS][MONGE_PANEL] __attribute__ ((aligned (64)));
  const float *x[MAX_SCANS];
  vf sum[MAX_SCANS * PARTS];

#pragma GCC unroll 4
  for (guint i = 0; i < n; i++)
    x[i] = queries[i].search->x + queries[i].q;
#pragma GCC unroll 4
  for (guint v = 0; v < n * PARTS; v++)
    sum[v] = vf_set (0);
  for (gsize d = 0; d < dim; d++)
#pragma GCC unroll 4
    for (guint v = 0; v < n * PARTS; v++)
      {
        vf gap = x[v / PARTS][d * MONGE_PANEL]
                 - vf_load (points + d * MONGE_PANEL + v % PARTS * LANES);

        sum[v] = d == 0 ? gap * gap : sum[v] + gap * gap;
      }
#pragma GCC unroll 4
  for (guint i = 0; i < n; i++)
    {
      const vf reach = vf_set (queries[i].search->reach_square[queries[i].q]);
      guint hits = 0;

#pragma GCC unroll 4
      for (guint part = 0; part < PARTS; part++)
        {
          vf_store (square[i] + part * LANES, sum[i * PARTS + part]);
          hits |= vf_less_equal (sum[i * PARTS + part], reach) << (part * LANES);
        }
      take_hits (kind, queries[i].search, queries[i].q, hits, square[i], index);
    }
}

INLINE void
scan_panel (MongeSearchKind kind,
            const gsize dim,
            MongeSearch *search,
            guint q,
            const float *points,
            const gint32 *index)
{
  const Query query = { search, q };

  scan_together (kind, 1, dim, &query, points, index);
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

/* Squared distances from the box [low, high] to sixteen boxes; bit l: that of box l is not above
 * @reach. */
INLINE guint
bound_boxes (const guint dim,
             const float *boxes,
             const float *low,
             const float *high,
             float reach,
             float *bound)
{
  guint hits = 0;

  for (guint part = 0; part < PARTS; part++)
    {
      vf sum = vf_set (0);

      for (guint d = 0; d < dim; d++)
        {
          const float *lower = boxes + d * MONGE_PANEL + part * LANES;
          vf gap = vf_max (vf_max (vf_load (lower) - high[d],
                                   low[d] - vf_load (lower + dim * MONGE_PANEL)),
                           vf_set (0));

          sum = d == 0 ? gap * gap : sum + gap * gap;
        }
      vf_store (bound + part * LANES, sum);
      hits |= vf_less_equal (sum, vf_set (reach)) << (part * LANES);
    }
  return hits;
}

/* The box around queries grows by those of a panel. */
INLINE void
enclose_queries (const guint dim, const MongeSearch *search, float *low, float *high)
{
  for (guint d = 0; d < dim; d++)
    for (guint q = 0; q < search->n; q++)
      {
        low[d] = MIN (low[d], search->x[d * MONGE_PANEL + q]);
        high[d] = MAX (high[d], search->x[d * MONGE_PANEL + q]);
      }
}
