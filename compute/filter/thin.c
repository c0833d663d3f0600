#include "compute/filter/thin.h"

#include <math.h>
#include <string.h>

#include "compute/core/random.h"
#include "compute/filter/grid.h"

#define POLL 0x3fff

static double
find_square (const double *a, const double *b, guint dim)
{
  double sum = 0.0;

  for (guint k = 0; k < dim; k++)
    sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum;
}

/* --- Farthest points --- */

/* Points by the centre that is nearest: lists, and how far the farthest of each is. */
typedef struct {
  guint32 *heads, *centres, *next;
  double *squares;         /* (n) to the centre */
  double *radii;           /* largest of @squares in each list */
  guint32 *farthest;       /* where that is */
  gsize n_centres;
} Clusters;

static void
clusters_clear (Clusters *clusters)
{
  g_free (clusters->heads);
  g_free (clusters->centres);
  g_free (clusters->next);
  g_free (clusters->squares);
  g_free (clusters->radii);
  g_free (clusters->farthest);
}

static Clusters
clusters_new (gsize n, gsize k)
{
  return (Clusters){ .heads = g_new (guint32, k), .centres = g_new (guint32, k),
                     .next = g_new (guint32, n), .squares = g_new (double, n),
                     .radii = g_new (double, k), .farthest = g_new (guint32, k) };
}

static void
clusters_add (Clusters *clusters, gsize cluster, guint32 i)
{
  clusters->next[i] = clusters->heads[cluster];
  clusters->heads[cluster] = i;
  if (clusters->squares[i] > clusters->radii[cluster]
      || (clusters->squares[i] == clusters->radii[cluster] && i < clusters->farthest[cluster]))
    {
      clusters->radii[cluster] = clusters->squares[i];
      clusters->farthest[cluster] = i;
    }
}

static gsize
clusters_begin (Clusters *clusters, guint32 centre)
{
  gsize c = clusters->n_centres++;

  clusters->centres[c] = centre;
  clusters->heads[c] = MONGE_POINT_NONE;
  clusters->radii[c] = -1.0;
  clusters->farthest[c] = centre;
  return c;
}

static guint32
find_start (const MongeThinning *t)
{
  double middle[16] = { 0 }, best = -1.0;
  guint32 start = 0;

  for (gsize i = 0; i < t->n; i++)
    for (guint k = 0; k < t->dim; k++)
      middle[k] += t->x[i * t->dim + k] / (double) t->n;
  for (gsize i = 0; i < t->n; i++)
    {
      double square = find_square (t->x + i * t->dim, middle, t->dim);

      if (square > best)
        {
          best = square;
          start = (guint32) i;
        }
    }
  return start;
}

/* Gives the new centre what is nearer to it than to that of cluster @c. Returns how many points it
 * looked at. */
static gsize
take_over (const MongeThinning *t, Clusters *clusters, gsize c, gsize new_cluster)
{
  const double *centre = t->x + (gsize) clusters->centres[new_cluster] * t->dim;
  guint32 i = clusters->heads[c];
  gsize n_seen = 0;

  clusters->heads[c] = MONGE_POINT_NONE;
  clusters->radii[c] = -1.0;
  while (i != MONGE_POINT_NONE)
    {
      guint32 next = clusters->next[i];
      double square = find_square (t->x + (gsize) i * t->dim, centre, t->dim);
      gboolean moves = square < clusters->squares[i];

      if (moves)
        clusters->squares[i] = square;
      clusters_add (clusters, moves ? new_cluster : c, i);
      i = next;
      n_seen++;
    }
  return n_seen;
}

/* The cluster whose farthest point is farthest; the lowest point among equals. */
static gsize
find_widest (const Clusters *clusters)
{
  gsize best = 0;

  for (gsize c = 1; c < clusters->n_centres; c++)
    if (clusters->radii[c] > clusters->radii[best]
        || (clusters->radii[c] == clusters->radii[best]
            && clusters->farthest[c] < clusters->farthest[best]))
      best = c;
  return best;
}

/* One more centre. Returns the work done. */
static gsize
add_centre (const MongeThinning *t, Clusters *clusters, guint32 point)
{
  gsize n_before = clusters->n_centres, new_cluster = clusters_begin (clusters, point);
  const double *centre = t->x + (gsize) point * t->dim;
  gsize work = n_before;

  for (gsize c = 0; c < n_before; c++)
    if (find_square (t->x + (gsize) clusters->centres[c] * t->dim, centre, t->dim)
        < 4.0 * clusters->radii[c])
      work += take_over (t, clusters, c, new_cluster);
  return work;
}

static gboolean
run_farthest (MongeThinning *t, Clusters *clusters, MongeTask *task, GError **error)
{
  gsize first = clusters_begin (clusters, find_start (t)), work = 0;
  const double *start = t->x + (gsize) clusters->centres[first] * t->dim;

  for (gsize i = t->n; i-- > 0;)
    {
      clusters->squares[i] = find_square (t->x + i * t->dim, start, t->dim);
      clusters_add (clusters, first, (guint32) i);
    }
  while (clusters->n_centres < t->wanted)
    {
      gsize widest = find_widest (clusters);
      double radius = clusters->radii[widest];

      if (!(radius > 0.0) || sqrt (radius) < t->spacing)
        break;
      work += add_centre (t, clusters, clusters->farthest[widest]) + clusters->n_centres;
      if (work > 4 * POLL)
        {
          monge_task_set_progress (task, (double) clusters->n_centres / (double) t->wanted);
          if (monge_task_return_if_cancelled (task, error))
            return FALSE;
          work = 0;
        }
    }
  return TRUE;
}

gsize
monge_thin_farthest (MongeThinning *t, MongeTask *task, GError **error)
{
  Clusters clusters;
  gsize n_kept = 0;

  t->wanted = t->spacing > 0.0 ? t->n : MIN (t->wanted, t->n);
  clusters = clusters_new (t->n, t->wanted);
  memset (t->is_kept, 0, t->n);
  if (run_farthest (t, &clusters, task, error))
    {
      n_kept = clusters.n_centres;
      for (gsize c = 0; c < n_kept; c++)
        t->is_kept[clusters.centres[c]] = TRUE;
    }
  clusters_clear (&clusters);
  return n_kept;
}

/* --- A search for the spacing --- */

typedef gsize (*CountFunc) (MongeThinning *t, double spacing, MongeTask *task, GError **error);

static double
find_extent (const MongeThinning *t)
{
  double square = 0.0;

  for (guint k = 0; k < t->dim; k++)
    {
      double low = t->x[k], high = t->x[k];

      for (gsize i = 1; i < t->n; i++)
        {
          low = MIN (low, t->x[i * t->dim + k]);
          high = MAX (high, t->x[i * t->dim + k]);
        }
      square += (high - low) * (high - low);
    }
  return sqrt (square);
}

/* The spacing between which and twice 2^(1/64) of which the count passes what is wanted; above it
 * if
 * @from_above, where there are at most as many. 0 with @error where cancelled. */
static double
search_spacing (MongeThinning *t, CountFunc count, gboolean from_above, MongeTask *task,
                GError **error)
{
  /* No more than so many balls of that radius fit into the box. */
  double high = 4.0 * find_extent (t) / pow ((double) t->wanted, 1.0 / t->dim), low;
  int step = 0;

  if (!isnormal (high) || !isfinite (high))
    return 1.0;
  low = high;
  do
    {
      gsize n;

      high = low;
      low *= 0.5;
      n = count (t, low, task, error);
      if (n == 0)
        return 0.0;
      if (n >= t->wanted)
        break;
    }
  while (++step < 40);
  for (step = 0; step < 6; step++)
    {
      double middle = sqrt (low * high);
      gsize n = count (t, middle, task, error);

      monge_task_set_progress (task, (1.0 + step) / 7.0);
      if (n == 0)
        return 0.0;
      if (from_above ? n > t->wanted : n >= t->wanted)
        low = middle;
      else
        high = middle;
    }
  return from_above ? high : low;
}

/* --- Grids --- */

/* The first point of the cell of each, (n). Returns how many cells there are. */
static gsize
number_cells (const MongeThinning *t, double spacing, guint32 *cells, MongeTask *task,
              GError **error)
{
  g_autoptr (MongePointGrid) grid = monge_point_grid_new (t->x, t->n, t->dim, spacing);
  gsize n_cells = 0;

  for (gsize i = 0; i < t->n; i++)
    {
      guint32 first = monge_point_grid_find_cell (grid, (guint32) i);

      if ((i & POLL) == 0 && monge_task_return_if_cancelled (task, error))
        return 0;
      if (first == MONGE_POINT_NONE)
        {
          monge_point_grid_add (grid, (guint32) i);
          first = (guint32) i;
          n_cells++;
        }
      cells[i] = first;
    }
  return n_cells;
}

static gsize
count_cells (MongeThinning *t, double spacing, MongeTask *task, GError **error)
{
  g_autofree guint32 *cells = g_new (guint32, t->n);

  return number_cells (t, spacing, cells, task, error);
}

static void
keep_nearest_to_means (MongeThinning *t, const guint32 *cells)
{
  g_autofree double *sums = g_new0 (double, t->n * t->dim), *squares = g_new (double, t->n);
  g_autofree guint32 *counts = g_new0 (guint32, t->n), *best = g_new (guint32, t->n);

  for (gsize i = 0; i < t->n; i++)
    {
      counts[cells[i]]++;
      for (guint k = 0; k < t->dim; k++)
        sums[(gsize) cells[i] * t->dim + k] += t->x[i * t->dim + k];
    }
  for (gsize i = 0; i < t->n; i++)
    for (guint k = 0; k < t->dim && counts[i] > 0; k++)
      sums[i * t->dim + k] /= counts[i];
  for (gsize i = 0; i < t->n; i++)
    {
      gsize c = cells[i];
      double square = find_square (t->x + i * t->dim, sums + c * t->dim, t->dim);

      if (c != i && square >= squares[c])
        continue;
      squares[c] = square;
      best[c] = (guint32) i;
    }
  for (gsize i = 0; i < t->n; i++)
    if (counts[i] > 0)
      t->is_kept[best[i]] = TRUE;
}

gsize
monge_thin_grid (MongeThinning *t, MongeTask *task, GError **error)
{
  g_autofree guint32 *cells = g_new (guint32, t->n);
  double spacing = t->spacing;
  /* Cells of no size hold copies of one point. */
  gsize n_kept = number_cells (t, spacing, cells, task, error);

  if (!(spacing > 0.0) && n_kept > t->wanted)
    {
      spacing = search_spacing (t, count_cells, TRUE, task, error);
      n_kept = spacing > 0.0 ? number_cells (t, spacing, cells, task, error) : 0;
    }
  memset (t->is_kept, 0, t->n);
  if (n_kept > 0)
    keep_nearest_to_means (t, cells);
  return n_kept;
}

/* --- What is drawn --- */

/* A permutation (Fisher & Yates). */
static guint32 *
draw_order (gsize n, guint64 seed)
{
  guint32 *order = g_new (guint32, n);
  MongeRandom random;

  monge_random_init (&random, seed);
  for (gsize i = 0; i < n; i++)
    {
      gsize j = (gsize) (monge_random_uniform (&random) * (double) (i + 1));

      order[i] = order[j];
      order[j] = (guint32) i;
    }
  return order;
}

/* Throws points in their order until @most are kept. */
static gsize
throw_darts (MongeThinning *t, double spacing, gsize most, MongeTask *task, GError **error)
{
  g_autoptr (MongePointGrid) grid = monge_point_grid_new (t->x, t->n, t->dim, spacing);
  g_autofree guint32 *order = draw_order (t->n, t->seed);
  gsize n_kept = 0;

  memset (t->is_kept, 0, t->n);
  for (gsize i = 0; i < t->n && n_kept < most; i++)
    {
      if ((i & (POLL >> 2)) == 0 && monge_task_return_if_cancelled (task, error))
        return 0;
      if (monge_point_grid_find (grid, order[i]) != MONGE_POINT_NONE)
        continue;
      monge_point_grid_add (grid, order[i]);
      t->is_kept[order[i]] = TRUE;
      n_kept++;
    }
  return n_kept;
}

static gsize
count_darts (MongeThinning *t, double spacing, MongeTask *task, GError **error)
{
  return throw_darts (t, spacing, t->wanted, task, error);
}

gsize
monge_thin_poisson (MongeThinning *t, MongeTask *task, GError **error)
{
  double spacing = t->spacing;

  gsize n_kept = throw_darts (t, spacing, spacing > 0.0 ? t->n : t->wanted + 1, task, error);

  /* Where there are no more places than that, copies alone are left out. */
  if (spacing > 0.0 || n_kept <= t->wanted)
    return n_kept;
  spacing = search_spacing (t, count_darts, FALSE, task, error);
  return spacing > 0.0 ? throw_darts (t, spacing, t->wanted, task, error) : 0;
}

gsize
monge_thin_random (MongeThinning *t, MongeTask *task, GError **error)
{
  g_autofree guint32 *order = draw_order (t->n, t->seed);
  gsize n_kept = MIN (t->wanted, t->n);

  if (monge_task_return_if_cancelled (task, error))
    return 0;
  memset (t->is_kept, 0, t->n);
  for (gsize i = 0; i < n_kept; i++)
    t->is_kept[order[i]] = TRUE;
  return n_kept;
}
