#include "compute/filter/grid.h"

#include <math.h>
#include <string.h>

struct _MongePointGrid {
  const double *x;
  gsize n;
  guint dim, axes[3], n_axes;
  double lower[3], radius;
  guint32 *heads, *next; /* lists by slot; the newest first */
  gsize mask;
};

typedef struct {
  gint64 at[3];
} Cell;

/* The axes of the three largest extents, and where the points begin along them. */
static void
choose_axes (MongePointGrid *grid)
{
  double extents[16], lower[16];

  for (guint k = 0; k < grid->dim; k++)
    {
      double low = INFINITY, high = -INFINITY;

      for (gsize i = 0; i < grid->n; i++)
        {
          low = MIN (low, grid->x[i * grid->dim + k]);
          high = MAX (high, grid->x[i * grid->dim + k]);
        }
      lower[k] = low;
      extents[k] = high - low;
    }
  grid->n_axes = MIN (grid->dim, 3);
  for (guint a = 0; a < grid->n_axes; a++)
    {
      guint best = 0;

      for (guint k = 1; k < grid->dim; k++)
        if (extents[k] > extents[best])
          best = k;
      grid->axes[a] = best;
      grid->lower[a] = lower[best];
      extents[best] = -1.0;
    }
}

MongePointGrid *
monge_point_grid_new (const double *x, gsize n, guint dim, double radius)
{
  MongePointGrid *grid = g_new0 (MongePointGrid, 1);
  gsize n_slots = 16;

  g_assert (dim >= 1 && dim <= 16);
  *grid = (MongePointGrid){ .x = x, .n = n, .dim = dim, .radius = radius };
  choose_axes (grid);
  while (n_slots < n)
    n_slots *= 2;
  grid->mask = n_slots - 1;
  grid->heads = g_new (guint32, n_slots);
  memset (grid->heads, 0xff, n_slots * sizeof *grid->heads);
  grid->next = g_new (guint32, MAX (n, 1));
  return grid;
}

void
monge_point_grid_free (MongePointGrid *grid)
{
  if (grid == NULL)
    return;
  g_free (grid->heads);
  g_free (grid->next);
  g_free (grid);
}

/* Where cells are too many to count, neighbours fall into one, which loses nothing but time. */
static Cell
find_cell (const MongePointGrid *grid, guint32 i)
{
  Cell cell = { { 0 } };

  for (guint a = 0; a < grid->n_axes; a++)
    {
      double at = grid->x[(gsize) i * grid->dim + grid->axes[a]];

      if (grid->radius > 0.0)
        cell.at[a] = (gint64) floor (CLAMP ((at - grid->lower[a]) / grid->radius, 0.0, 4e18));
      else
        {
          at += 0.0; /* -0 is 0 */
          memcpy (&cell.at[a], &at, sizeof at);
        }
    }
  return cell;
}

static gsize
find_slot (const MongePointGrid *grid, const Cell *cell)
{
  guint64 hash = 0;

  for (guint a = 0; a < 3; a++)
    {
      hash = (hash ^ (guint64) cell->at[a]) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
      hash ^= hash >> 29;
    }
  return (gsize) (hash ^ (hash >> 32)) & grid->mask;
}

void
monge_point_grid_add (MongePointGrid *grid, guint32 i)
{
  Cell cell = find_cell (grid, i);
  gsize slot = find_slot (grid, &cell);

  grid->next[i] = grid->heads[slot];
  grid->heads[slot] = i;
}

static gboolean
is_within (const MongePointGrid *grid, guint32 i, guint32 j)
{
  const double *a = grid->x + (gsize) i * grid->dim, *b = grid->x + (gsize) j * grid->dim;
  double sum = 0.0;

  if (grid->radius == 0.0)
    {
      for (guint k = 0; k < grid->dim; k++)
        if (a[k] != b[k])
          return FALSE;
      return TRUE;
    }
  for (guint k = 0; k < grid->dim; k++)
    sum += (a[k] - b[k]) / grid->radius * ((a[k] - b[k]) / grid->radius);
  return sum <= 1.0;
}

static guint32
find_in_cell (const MongePointGrid *grid, const Cell *cell, guint32 i, guint32 best)
{
  for (guint32 j = grid->heads[find_slot (grid, cell)]; j != MONGE_POINT_NONE; j = grid->next[j])
    if (j < best && is_within (grid, i, j))
      best = j;
  return best;
}

guint32
monge_point_grid_find (const MongePointGrid *grid, guint32 i)
{
  Cell cell = find_cell (grid, i);
  gint64 reach[3] = { 0 };
  guint32 best = MONGE_POINT_NONE;

  for (guint a = 0; a < grid->n_axes; a++)
    reach[a] = grid->radius > 0.0 ? 1 : 0;
  for (gint64 p = -reach[0]; p <= reach[0]; p++)
    for (gint64 q = -reach[1]; q <= reach[1]; q++)
      for (gint64 r = -reach[2]; r <= reach[2]; r++)
        {
          Cell near = { { cell.at[0] + p, cell.at[1] + q, cell.at[2] + r } };

          best = find_in_cell (grid, &near, i, best);
        }
  return best;
}

guint32
monge_point_grid_find_cell (const MongePointGrid *grid, guint32 i)
{
  Cell cell = find_cell (grid, i);
  guint32 first = MONGE_POINT_NONE;

  for (guint32 j = grid->heads[find_slot (grid, &cell)]; j != MONGE_POINT_NONE; j = grid->next[j])
    {
      Cell other = find_cell (grid, j);

      if (memcmp (&cell, &other, sizeof cell) == 0)
        first = j;
    }
  return first;
}
