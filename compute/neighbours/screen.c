/* Panels of queries over all points, in many dimensions, where boxes leave little out.
 *
 * With X and Y the points relative to a centre and scaled to at most one, half of |X − Y|² is
 * |X|²/2 + |Y|²/2 − ⟨X, Y⟩: one multiply-add per coordinate, done for 4 queries × 64 points in
 * registers, for batches of queries and points in cache. A pair can only be a result if
 *
 *   ⟨X, Y⟩ − h_Y ≥ h_X − r/2,     h = (1 − 2ε) |·|²/2,     r = (scale² K-th square) (1 + ε),
 *
 * and only then is its panel scanned exactly. No result is lost to rounding. With u = 2^-24, D
 * dimensions and R = scale² |x − y|²:
 *
 * - The exact scan computes at least (1 − (D + 2) u) |x − y|², less what falls below the smallest
 *   float, D × 2^-150. So results have R ≤ r, the 2^-149 D added to the square before scaling.
 * - X and Y are rounded: |X − Y|² ≤ R + 4.2 u (|X|² + |Y|²).
 * - A chain of D products and sums is off by at most 2.02 D u (|X|²/2 + |Y|²).
 * - h and the limit are rounded, by u (|X|² + |Y|² + r) at most.
 *
 * Together at most ε (|X|² + |Y|²) + ε r/2 with ε = (2.02 D + 8) u. Products that fall below the
 * smallest float, 2^-126 if hardware flushes, are less than D × 2^-120 in all, which is taken off
 * the limit. */
#include "compute/neighbours/scan.h"

#include <math.h>

/* Queries by vectors of points in registers. */
#define ROWS (LANES == 4 ? 2 : 4)
#define WIDTH (LANES == 16 ? 4 : PARTS)
/* Panels of points that the registers hold. */
#define TOGETHER (WIDTH / PARTS)

/* The limit that ⟨X, Y⟩ − h_Y must reach for query @q. */
INLINE float
get_limit (const MongeNeighbours *neighbours, const MongeSearch *search, guint q)
{
  const double dim = neighbours->panels.dim, scale = neighbours->products->scale;
  double square = ((double) search->reach_square[q] + dim * 0x1p-149) * scale * scale;

  if (q >= search->n)
    return INFINITY;
  return (float) (search->half[q] - 0.5 * square * (1 + (2.02 * dim + 8) * 0x1p-24)
                  - dim * 0x1p-120);
}

/* Bit l of hits[r × n_panels + p]: query r may want point l of panel p. */
INLINE void
multiply (const guint n_panels,
          gsize dim,
          const float *queries,
          const float *const *points,
          const float *const *half,
          const float *limit,
          guint *hits)
{
  vf sum[ROWS][WIDTH];

#pragma GCC unroll 4
  for (guint v = 0; v < n_panels * PARTS; v++)
#pragma GCC unroll 4
    for (guint r = 0; r < ROWS; r++)
      sum[r][v] = -vf_load (half[v / PARTS] + v % PARTS * LANES);
  for (gsize d = 0; d < dim; d++)
#pragma GCC unroll 4
    for (guint v = 0; v < n_panels * PARTS; v++)
      {
        vf y = vf_load (points[v / PARTS] + d * MONGE_PANEL + v % PARTS * LANES);

#pragma GCC unroll 4
        for (guint r = 0; r < ROWS; r++)
          sum[r][v] = vf_fma (vf_set (queries[d * MONGE_PANEL + r]), y, sum[r][v]);
      }
#pragma GCC unroll 4
  for (guint r = 0; r < ROWS; r++)
#pragma GCC unroll 4
    for (guint p = 0; p < n_panels; p++)
      {
        guint mask = 0;

#pragma GCC unroll 4
        for (guint v = 0; v < PARTS; v++)
          mask |= vf_less_equal (vf_set (limit[r]), sum[r][p * PARTS + v]) << (v * LANES);
        hits[r * n_panels + p] = mask;
      }
}

/* On their own, for all registers to be theirs. */
static __attribute__ ((noinline)) void
multiply_one (gsize dim, const float *queries, const float *const *points, const float *const *half,
              const float *limit, guint *hits)
{
  multiply (1, dim, queries, points, half, limit, hits);
}

static __attribute__ ((noinline)) void
multiply_together (gsize dim, const float *queries, const float *const *points,
                   const float *const *half, const float *limit, guint *hits)
{
  multiply (TOGETHER, dim, queries, points, half, limit, hits);
}

/* A batch of queries under way. */
typedef struct {
  const MongeNeighbours *neighbours;
  MongeSearch *searches;
  guint n;
  float low[MONGE_NEIGHBOURS_MAX_DIM], high[MONGE_NEIGHBOURS_MAX_DIM]; /* the box around them */
  float limits[MONGE_SEARCH_BATCH][MONGE_PANEL];
  /* Who has still to scan each of the chosen panels. */
  Query waiting[TOGETHER][MONGE_SEARCH_BATCH * MONGE_PANEL];
  guint n_waiting[TOGETHER];
} Batch;

/* Some panels of points that lie in cache meet a panel of queries. */
INLINE void
meet_panels (const guint n_panels, Batch *batch, guint s, const gsize *chosen, guint first)
{
  const MongeProducts *products = batch->neighbours->products;
  const gsize dim = batch->neighbours->panels.dim;
  MongeSearch *search = &batch->searches[s];
  const float *points[TOGETHER], *half[TOGETHER];

  for (guint p = 0; p < n_panels; p++)
    {
      points[p] = products->planes + chosen[first + p] * dim * MONGE_PANEL;
      half[p] = products->half + chosen[first + p] * MONGE_PANEL;
    }
  for (guint q = 0; q < search->n; q += ROWS)
    {
      guint hits[ROWS * TOGETHER];

      (n_panels == 1 ? multiply_one : multiply_together) (dim, search->scaled + q, points, half,
                                                          batch->limits[s] + q, hits);
      for (guint i = 0; i < ROWS * n_panels; i++)
        if (hits[i] != 0)
          {
            const guint p = first + i % n_panels;

            batch->waiting[p][batch->n_waiting[p]++] = (Query){ search, q + i / n_panels };
          }
    }
}

/* The exact scans of a chosen panel. */
INLINE void
scan_waiting (MongeSearchKind kind, Batch *batch, guint p, gsize panel)
{
  const MongePanels *panels = &batch->neighbours->panels;
  const float *points = monge_panels_get (panels, panel);
  const gint32 *index = panels->index + panel * MONGE_PANEL;
  const Query *queries = batch->waiting[p];
  const guint n = batch->n_waiting[p];
  guint i = 0;

  for (; i + MAX_SCANS <= n; i += MAX_SCANS)
    scan_together (kind, MAX_SCANS, panels->dim, queries + i, points, index);
  for (; i < n; i++)
    scan_together (kind, 1, panels->dim, queries + i, points, index);
  for (i = 0; i < n && kind == MONGE_SEARCH_NEAREST; i++)
    batch->limits[queries[i].search - batch->searches][queries[i].q]
        = get_limit (batch->neighbours, queries[i].search, queries[i].q);
  batch->n_waiting[p] = 0;
}

/* Chosen panels meet all queries; more than one at a time when there are as many as go together. */
INLINE void
meet_chosen (MongeSearchKind kind, Batch *batch, const gsize *chosen, guint n_chosen)
{
  for (guint s = 0; s < batch->n; s++)
    if (n_chosen == TOGETHER)
      meet_panels (TOGETHER, batch, s, chosen, 0);
    else
      for (guint p = 0; p < n_chosen; p++)
        meet_panels (1, batch, s, chosen, p);
  for (guint p = 0; p < n_chosen; p++)
    scan_waiting (kind, batch, p, chosen[p]);
}

/* Bit p: panel p of the leaf may have results. */
static guint
bound_leaf (const Batch *batch, gsize leaf)
{
  const MongeBoxes *boxes = &batch->neighbours->levels[0];
  const guint dim = batch->neighbours->panels.dim;
  float bound[MONGE_PANEL] __attribute__ ((aligned (64)));
  double reach = find_reach (batch->searches);
  guint hits, kept = 0;

  for (guint s = 1; s < batch->n; s++)
    reach = MAX (reach, find_reach (batch->searches + s));
  hits = bound_boxes (dim, boxes->planes + leaf * 2 * dim * MONGE_PANEL, batch->low, batch->high,
                      monge_key_get_square (reach), bound);
  for (; hits != 0; hits &= hits - 1)
    {
      guint p = (guint) __builtin_ctz (hits);

      if (monge_key_pack (bound[p], boxes->least[leaf * MONGE_PANEL + p]) < reach)
        kept |= 1u << p;
    }
  return kept;
}

static void
begin_batch (Batch *batch)
{
  for (guint d = 0; d < batch->neighbours->panels.dim; d++)
    {
      batch->low[d] = INFINITY;
      batch->high[d] = -INFINITY;
    }
  for (guint s = 0; s < batch->n; s++)
    {
      enclose_queries (batch->neighbours->panels.dim, &batch->searches[s], batch->low, batch->high);
      for (guint q = 0; q < MONGE_PANEL; q++)
        batch->limits[s][q] = get_limit (batch->neighbours, &batch->searches[s], q);
    }
  memset (batch->n_waiting, 0, sizeof batch->n_waiting);
}

INLINE void
screen (MongeSearchKind kind, const MongeNeighbours *neighbours, MongeSearch *searches, guint n)
{
  const gsize n_leaves = neighbours->levels[0].n_groups;
  gsize chosen[TOGETHER], start = 0;
  guint n_chosen = 0;
  Batch batch;

  batch.neighbours = neighbours;
  batch.searches = searches;
  batch.n = n;
  begin_batch (&batch);
  /* Leaves near the queries first, where they are points of the tree. */
  if (searches->start[0] >= 0)
    start = (gsize) searches->start[0] * n_leaves / neighbours->panels.n_panels;
  for (gsize i = 0; i < n_leaves && !monge_task_is_cancelled (searches->task); i++)
    {
      gsize leaf = start + i < n_leaves ? start + i : start + i - n_leaves;
      gsize first = monge_panels_get_leaf (&neighbours->panels, leaf);

      for (guint hits = bound_leaf (&batch, leaf); hits != 0; hits &= hits - 1)
        {
          chosen[n_chosen++] = first + (guint) __builtin_ctz (hits);
          if (n_chosen < TOGETHER)
            continue;
          meet_chosen (kind, &batch, chosen, TOGETHER);
          n_chosen = 0;
        }
    }
  meet_chosen (kind, &batch, chosen, n_chosen);
}

static void
screen_nearest (const MongeNeighbours *neighbours, MongeSearch *searches, guint n)
{
  screen (MONGE_SEARCH_NEAREST, neighbours, searches, n);
}

static void
screen_count (const MongeNeighbours *neighbours, MongeSearch *searches, guint n)
{
  screen (MONGE_SEARCH_COUNT, neighbours, searches, n);
}

static void
screen_store (const MongeNeighbours *neighbours, MongeSearch *searches, guint n)
{
  screen (MONGE_SEARCH_STORE, neighbours, searches, n);
}

const MongeSearchFunc MONGE_SCREEN[MONGE_N_SEARCHES] = {
  screen_nearest,
  screen_count,
  screen_store,
};
