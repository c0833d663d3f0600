/* Sorting into panels: a balanced k-d tree built from the top, without nodes.
 *
 * A range of panels is halved at a panel's border along the widest side of its box, until one panel
 * is left. Points are told apart by (coordinate, index), a total order, so that copies of a point
 * are split by index and the result depends on nothing but the points.
 *
 * After Bentley, “Multidimensional binary search trees used for associative searching”, 1975, and
 * Friedman, Bentley and Finkel, “An algorithm for finding best matches in logarithmic expected
 * time”, 1977. The halves are found by selection with pivots from a sample, after Floyd and Rivest,
 * “Expected time bounds for selection”, 1975. */
#include "compute/neighbours/panels.h"

#include "compute/core/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sub-trees for which threads compete, as a power of two. */
#define TOP_LEVELS 6
/* Ranges this short are sorted outright. */
#define SHORT 24
#define SAMPLE 32

typedef struct {
  MongePanels *panels;
  const MongeRows *points;
  guint32 *order;       /* (n) */
  guint64 *keys, *spare; /* (n) */
  guint level;          /* of the tree that is being split */
  gboolean is_last;
} Sorter;

/* --- points --- */

typedef struct {
  const MongeRows *points;
  gsize bad; /* atomic: the first point that is not finite, or n */
} Check;

static void
check_rows (gsize begin, gsize end, guint worker, gpointer data)
{
  Check *check = data;
  const MongeRows *points = check->points;
  float zero = 0;

  for (guint d = 0; d < points->dim; d++)
    for (gsize i = begin; i < end; i++)
      zero += 0 * points->data[i * points->row + d * points->column];
  for (gsize i = begin; zero != 0 && i < end; i++)
    for (guint d = 0; d < points->dim; d++)
      if (!isfinite (points->data[i * points->row + d * points->column]))
        {
          gsize bad = __atomic_load_n (&check->bad, __ATOMIC_RELAXED);

          while (i < bad && !__atomic_compare_exchange_n (&check->bad, &bad, i, TRUE,
                                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            ;
          return;
        }
}

gboolean
monge_rows_check (const MongeRows *points,
                  const char *what,
                  guint n_threads,
                  MongeTask *task,
                  GError **error)
{
  Check check = { points, points->n };

  if (!monge_parallel_rows (points->n, 4096, n_threads, task, check_rows, &check))
    return !monge_task_return_if_cancelled (task, error);
  if (check.bad == points->n)
    return TRUE;
  g_set_error (error, MONGE_ERROR, MONGE_ERROR_NAN,
               "%s %" G_GSIZE_FORMAT " is not finite; neighbours need numbers in every coordinate",
               what, check.bad);
  return FALSE;
}

/* --- selection --- */

static void
sort_short (guint64 *keys, gsize n)
{
  for (gsize i = 1; i < n; i++)
    {
      guint64 key = keys[i];
      gsize j = i;

      for (; j > 0 && keys[j - 1] > key; j--)
        keys[j] = keys[j - 1];
      keys[j] = key;
    }
}

/* A key that about as many are below as @rank says, a little off towards the middle so that what
 * remains is likely to be the smaller part. */
static guint64
choose_pivot (const guint64 *keys, gsize n, gsize rank)
{
  guint64 sample[SAMPLE];
  gsize step = n / SAMPLE, at;

  for (gsize s = 0; s < SAMPLE; s++)
    sample[s] = keys[s * step + (s * 7919) % step];
  sort_short (sample, SAMPLE);
  at = rank * SAMPLE / n;
  if (rank * 8 < n * 3)
    at += 2;
  else if (rank * 8 > n * 5)
    at -= MIN (at, 2);
  return sample[MIN (at, SAMPLE - 1)];
}

/* Those below @pivot first, in order; returns how many. Branch-free. */
static gsize
partition (guint64 *keys, guint64 *spare, gsize n, guint64 pivot)
{
  gsize n_low = 0, n_high = 0;

  for (gsize i = 0; i < n; i++)
    {
      guint64 key = keys[i];
      gsize is_low = key < pivot;

      keys[n_low] = key;
      spare[n_high] = key;
      n_low += is_low;
      n_high += 1 - is_low;
    }
  memcpy (keys + n_low, spare, n_high * sizeof *keys);
  return n_low;
}

/* Brings the @rank smallest of @n different keys to the front. */
static void
select_smallest (guint64 *keys, guint64 *spare, gsize n, gsize rank)
{
  while (n > SHORT * 2)
    {
      guint64 pivot = choose_pivot (keys, n, rank);
      gsize n_low = partition (keys, spare, n, pivot);

      if (n_low == 0) /* the pivot is the smallest */
        n_low = partition (keys, spare, n, pivot + 1);
      if (rank < n_low)
        {
          n = n_low;
          continue;
        }
      keys += n_low;
      n -= n_low;
      rank -= n_low;
      if (rank == 0)
        return;
    }
  sort_short (keys, n);
}

/* --- the tree --- */

static guint
find_widest_side (const Sorter *sorter, gsize begin, gsize end)
{
  const MongeRows *points = sorter->points;
  guint widest = 0;
  float width = -1;

  for (guint d = 0; d < points->dim; d++)
    {
      const float *plane = points->data + d * points->column;
      float lower = INFINITY, upper = -INFINITY;

      for (gsize i = begin; i < end; i++)
        {
          float x = plane[sorter->order[i] * points->row];

          lower = MIN (lower, x);
          upper = MAX (upper, x);
        }
      if (upper - lower > width) /* may be ∞ */
        {
          width = upper - lower;
          widest = d;
        }
    }
  return widest;
}

/* Bits that are ordered as the numbers are. */
static inline guint32
get_ordered_bits (float x)
{
  guint32 bits;

  memcpy (&bits, &x, sizeof bits);
  return bits ^ ((guint32) -(gint32) (bits >> 31) | 0x80000000u);
}

static void
split_points (Sorter *sorter, gsize begin, gsize middle, gsize end)
{
  const MongeRows *points = sorter->points;
  const float *plane = points->data + find_widest_side (sorter, begin, end) * points->column;
  guint64 *keys = sorter->keys;

  for (gsize i = begin; i < end; i++)
    {
      guint32 index = sorter->order[i];

      keys[i] = (guint64) get_ordered_bits (plane[index * points->row]) << 32 | index;
    }
  select_smallest (keys + begin, sorter->spare + begin, end - begin, middle - begin);
  for (gsize i = begin; i < end; i++)
    sorter->order[i] = (guint32) keys[i];
}

static void
split_panels (Sorter *sorter, gsize begin, gsize middle, gsize end)
{
  const gsize n = sorter->points->n;

  split_points (sorter, begin * MONGE_PANEL, middle * MONGE_PANEL, MIN (end * MONGE_PANEL, n));
}

static void
split_leaf (Sorter *sorter, gsize begin, gsize end)
{
  gsize middle = (begin + end) / 2;

  if (end - begin < 2)
    return;
  split_panels (sorter, begin, middle, end);
  split_leaf (sorter, begin, middle);
  split_leaf (sorter, middle, end);
}

/* All below the node that has leaves @first to @last − 1. */
static void
split_below (Sorter *sorter, gsize first, gsize last)
{
  const MongePanels *panels = sorter->panels;
  gsize begin = monge_panels_get_leaf (panels, first), end = monge_panels_get_leaf (panels, last);
  gsize half = (first + last) / 2;

  if (last - first == 1)
    {
      split_leaf (sorter, begin, end);
      return;
    }
  split_panels (sorter, begin, monge_panels_get_leaf (panels, half), end);
  split_below (sorter, first, half);
  split_below (sorter, half, last);
}

static void
split_nodes (gsize begin, gsize end, guint worker, gpointer data)
{
  Sorter *sorter = data;
  const MongePanels *panels = sorter->panels;
  const guint below = panels->depth - sorter->level;

  for (gsize node = begin; node < end; node++)
    {
      gsize first = node << below, last = (node + 1) << below;

      if (sorter->is_last)
        split_below (sorter, first, last);
      else
        split_panels (sorter, monge_panels_get_leaf (panels, first),
                      monge_panels_get_leaf (panels, (first + last) / 2),
                      monge_panels_get_leaf (panels, last));
    }
}

/* The top levels one after another, then whole sub-trees. */
static gboolean
sort_points (Sorter *sorter, guint n_threads, MongeTask *task)
{
  const guint top = MIN (sorter->panels->depth, TOP_LEVELS);

  for (sorter->level = 0; sorter->level <= top; sorter->level++)
    {
      sorter->is_last = sorter->level == top;
      if (!monge_parallel_rows ((gsize) 1 << sorter->level, 1, n_threads, task, split_nodes, sorter))
        return FALSE;
    }
  return TRUE;
}

/* --- panels --- */

static void
fill_panels (gsize begin, gsize end, guint worker, gpointer data)
{
  Sorter *sorter = data;
  const MongeRows *points = sorter->points;
  MongePanels *panels = sorter->panels;

  for (gsize p = begin; p < end; p++)
    {
      float *planes = panels->planes + p * points->dim * MONGE_PANEL;
      gint32 *index = panels->index + p * MONGE_PANEL;

      for (gsize l = 0; l < MONGE_PANEL; l++)
        {
          gsize at = p * MONGE_PANEL + l, i;

          index[l] = MONGE_PANEL_NONE;
          for (guint d = 0; d < points->dim && at >= points->n; d++)
            planes[d * MONGE_PANEL + l] = INFINITY;
          if (at >= points->n)
            continue;
          i = sorter->order != NULL ? sorter->order[at] : at;
          index[l] = (gint32) i;
          for (guint d = 0; d < points->dim; d++)
            planes[d * MONGE_PANEL + l] = points->data[i * points->row + d * points->column];
        }
    }
}

static gboolean
make_order (Sorter *sorter, guint n_threads, MongeTask *task)
{
  const gsize n = sorter->points->n;
  gboolean done;

  sorter->order = g_new (guint32, n);
  sorter->keys = g_new (guint64, n);
  sorter->spare = g_new (guint64, n);
  for (gsize i = 0; i < n; i++)
    sorter->order[i] = (guint32) i;
  done = sort_points (sorter, n_threads, task);
  g_free (sorter->keys);
  g_free (sorter->spare);
  return done;
}

gboolean
monge_panels_init (MongePanels *panels,
                   const MongeRows *points,
                   gboolean sort,
                   guint n_threads,
                   MongeTask *task)
{
  Sorter sorter = { .panels = panels, .points = points };
  gboolean done = TRUE;

  panels->n = points->n;
  panels->dim = points->dim;
  panels->n_panels = (points->n + MONGE_PANEL - 1) / MONGE_PANEL;
  panels->depth = 0;
  while ((panels->n_panels - 1) >> panels->depth >= MONGE_PANEL)
    panels->depth++;
  panels->planes = g_aligned_alloc (panels->n_panels, sizeof (float) * MONGE_PANEL * points->dim, 64);
  panels->index = g_aligned_alloc (panels->n_panels, sizeof (gint32) * MONGE_PANEL, 64);
  if (sort)
    done = make_order (&sorter, n_threads, task);
  done = done && monge_parallel_rows (panels->n_panels, 256, n_threads, task, fill_panels, &sorter);
  g_free (sorter.order);
  if (!done)
    monge_panels_clear (panels);
  return done;
}

void
monge_panels_clear (MongePanels *panels)
{
  g_clear_pointer (&panels->planes, g_aligned_free);
  g_clear_pointer (&panels->index, g_aligned_free);
}
