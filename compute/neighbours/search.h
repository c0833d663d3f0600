/* The inner loops: a panel of queries against a tree of panels. Private to neighbours/.
 *
 * search.c is compiled once per instruction set, each copy exporting one table. */
#pragma once

#include "compute/neighbours/neighbours.h"
#include "compute/neighbours/panels.h"

G_BEGIN_DECLS

/* 16^8 leaves are more than there can be. */
#define MONGE_MAX_LEVELS 8

/**
 * MongeBoxes:
 * @planes: of one level: for each group of 16, (dim × 16) lower and (dim × 16) upper bounds
 * @least: (n_groups × 16) the least index inside; %MONGE_PANEL_NONE where there is no box
 *
 * Level 0 has the boxes of panels, a group per leaf; level 1 those of leaves, 16 to a group; level
 * l + 1 those of the groups of level l.
 */
typedef struct {
  gsize n_groups;
  float *planes;
  gint32 *least;
} MongeBoxes;

/**
 * MongeProducts:
 * @centre: (dim) what the points lie around
 * @scale: a power of two that makes the largest coordinate from there at most one
 * @planes: (n_panels × dim × 16) of scale (y − centre); 0 where there is no point
 * @half: (n_panels × 16) a little less than half of its square; ∞ where there is no point
 *
 * Half of |x − y|² is |x|²/2 + |y|²/2 − ⟨x, y⟩, and products cost half of what differences do. But
 * they are rounded otherwise, so they only say which panels may have results: see screen.c.
 */
typedef struct {
  double *centre;
  double scale;
  float *planes;
  float *half;
} MongeProducts;

struct _MongeNeighbours {
  MongePanels panels;
  MongeBoxes levels[MONGE_MAX_LEVELS];
  guint n_levels;
  MongeProducts *products; /* NULL in few dimensions, where boxes do better */
};

/* FALSE when cancelled. */
gboolean monge_neighbours_build_boxes (MongeNeighbours *neighbours, guint n_threads,
                                       MongeTask *task);
void monge_neighbours_clear_boxes (MongeNeighbours *neighbours);

/* (nullable) when cancelled. */
MongeProducts *monge_products_new (const MongePanels *panels, guint n_threads, MongeTask *task);
void monge_products_free (MongeProducts *products);

/* A distance and an index as one number that orders like the pair: bits of the squared distance
 * above those of the index. As doubles such numbers are positive and normal (the exponent is one
 * more than that of 0), which every vector unit compares fast. */
static inline double
monge_key_pack (float square, gint32 index)
{
  guint32 bits;
  guint64 key;
  double x;

  memcpy (&bits, &square, sizeof bits);
  key = (guint64) (bits + 0x00100000u) << 32 | (guint32) index;
  memcpy (&x, &key, sizeof x);
  return x;
}

static inline gint32
monge_key_get_index (double x)
{
  guint64 key;

  memcpy (&key, &x, sizeof key);
  return (gint32) (guint32) key;
}

static inline float
monge_key_get_square (double x)
{
  guint64 key;
  guint32 bits;
  float square;

  memcpy (&key, &x, sizeof key);
  bits = (guint32) (key >> 32) - 0x00100000u;
  memcpy (&square, &bits, sizeof square);
  return square;
}

/* What is kept of the points that a query meets. */
typedef enum {
  MONGE_SEARCH_NEAREST,
  MONGE_SEARCH_COUNT,
  MONGE_SEARCH_STORE,
  MONGE_N_SEARCHES,
} MongeSearchKind;

/**
 * MongeSearch:
 * @task: (nullable): polled on the way; what has been found is worth nothing once it is cancelled
 * @n: queries, at most 16
 * @x: (dim × 16) planes of them
 * @self: which point not to find, or −1
 * @start: the panel to look at first, or −1: that of the query itself
 * @reach: (16) key that results are below: given for counting and storing, kept up to date as the
 *   key of the K-th for the nearest
 * @reach_square, @reach_index: the same, apart
 * @k, @capacity: slots of a list, the same up to a multiple of 8
 * @lists: (16 × capacity) keys, ascending
 * @count: what was found
 * @found: where to store it, unordered, as many as were counted; the first owns the memory
 * @n_found: room there
 * @n_boxes, @n_scans: panels whose boxes the tree came to, and their scans by one query, so far
 * @scaled: (dim × 16) planes of scale (x − centre), and @half a little less than half of the
 *   squares; only where there are products
 *
 * Everything one panel of queries needs; one per thread.
 */
typedef struct {
  MongeTask *task;
  guint n;
  float *x;
  gint32 self[MONGE_PANEL];
  gint32 start[MONGE_PANEL];
  double reach[MONGE_PANEL];
  float reach_square[MONGE_PANEL];
  gint32 reach_index[MONGE_PANEL];
  guint k, capacity;
  double *lists;
  gsize count[MONGE_PANEL];
  double *found[MONGE_PANEL];
  gsize n_found;
  guint64 n_boxes, n_scans;
  float *scaled;
  double half[MONGE_PANEL];
} MongeSearch;

/* Fills @scaled and @half. */
void monge_products_load (const MongeProducts *products, guint dim, MongeSearch *search);

/* Panels of queries that go over all points together. */
#define MONGE_SEARCH_BATCH 6

/* For @n panels of queries, down the tree one after another or over all points together. */
typedef void (*MongeSearchFunc) (const MongeNeighbours *neighbours, MongeSearch *searches, guint n);


/* One set of these per instruction set. */
#define MONGE_DECLARE_SEARCHES(isa)                                                                \
  extern const MongeSearchFunc monge_tree_##isa[MONGE_N_SEARCHES];                                 \
  extern const MongeSearchFunc monge_screen_##isa[MONGE_N_SEARCHES]

MONGE_DECLARE_SEARCHES (base);
MONGE_DECLARE_SEARCHES (avx2);
MONGE_DECLARE_SEARCHES (avx512);

G_END_DECLS
