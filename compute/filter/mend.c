#include "compute/filter/mend.h"

#include <math.h>
#include <string.h>

#include "compute/filter/grid.h"

#define POLL 0x1fff
#define SLIVER 1e-10
/* Where areas come from inner products, whose rounding is larger. */
#define COARSE_SLIVER 1e-7

/* Vertices at which something ends or is not regular. */
static gboolean
mark_ends (const MongeShape *shape, guint8 *is_end, MongeTask *task, GError **error)
{
  const guint32 *cells = monge_shape_get_cells (shape);
  gsize n = monge_shape_get_n_vertices (shape), n_cells = monge_shape_get_n_cells (shape);
  g_autoptr (MongeTwins) twins = NULL;
  g_autofree guint8 *degrees = NULL;

  if (monge_shape_get_kind (shape) == MONGE_SHAPE_CURVES)
    {
      degrees = g_malloc0 (n);
      for (gsize k = 0; k < 2 * n_cells; k++)
        degrees[cells[k]] = MIN (degrees[cells[k]] + 1, 3);
      for (gsize i = 0; i < n; i++)
        is_end[i] = degrees[i] != 2;
      return TRUE;
    }
  twins = monge_twins_new (cells, n_cells, n, task, error);
  if (twins == NULL)
    return FALSE;
  memset (is_end, TRUE, n); /* those in no cell stay so */
  for (gsize k = 0; k < 3 * n_cells; k++)
    is_end[cells[k]] = FALSE;
  for (guint32 h = 0; h < 3 * n_cells; h++)
    if (!monge_twins_is_paired (twins, h))
      is_end[cells[h]] = is_end[cells[monge_half_edge_next (h)]] = TRUE;
  return TRUE;
}

/* Lets copies apart that lie within a surface or a curve and are not joined to one another. */
static gboolean
leave_touching (const MongeShape *shape, guint32 *same, MongeTask *task, GError **error)
{
  const guint32 *cells = monge_shape_get_cells (shape);
  gsize n = monge_shape_get_n_vertices (shape);
  guint arity = monge_shape_get_kind (shape) == MONGE_SHAPE_SURFACE ? 3 : 2;
  g_autofree guint8 *merges = g_malloc (MAX (n, 1));
  g_autofree guint32 *firsts = g_new (guint32, MAX (n, 1));

  if (!mark_ends (shape, merges, task, error))
    return FALSE;
  for (gsize k = 0; k < arity * monge_shape_get_n_cells (shape); k++)
    {
      guint32 a = cells[k], b = cells[k - k % arity + (k + 1) % arity];

      if (same[a] == same[b])
        merges[a] = merges[b] = TRUE;
    }
  memset (firsts, 0xff, n * sizeof *firsts);
  for (gsize i = 0; i < n; i++)
    if (merges[i] && firsts[same[i]] == G_MAXUINT32)
      firsts[same[i]] = (guint32) i;
  for (gsize i = 0; i < n; i++)
    same[i] = merges[i] ? firsts[same[i]] : (guint32) i;
  return TRUE;
}

guint32 *
monge_mend_find_same (const MongeShape *shape, double tolerance, MongeTask *task, GError **error)
{
  gsize n = monge_shape_get_n_vertices (shape);
  guint dim = monge_shape_get_dim (shape);
  g_autofree guint32 *same = g_new (guint32, n);
  g_autoptr (MongePointGrid) grid = NULL;
  gboolean any = FALSE;

  grid
      = monge_point_grid_new (monge_shape_get_positions (shape), n, dim, dim > 3 ? 0.0 : tolerance);
  for (gsize i = 0; i < n; i++)
    {
      guint32 first = monge_point_grid_find (grid, (guint32) i);

      if ((i & POLL) == 0)
        {
          monge_task_set_progress (task, (double) i / (double) n);
          if (monge_task_return_if_cancelled (task, error))
            return NULL;
        }
      same[i] = first != MONGE_POINT_NONE ? first : (guint32) i;
      any |= first != MONGE_POINT_NONE;
      if (first == MONGE_POINT_NONE)
        monge_point_grid_add (grid, (guint32) i);
    }
  if (any && monge_shape_get_kind (shape) != MONGE_SHAPE_POINTS
      && !leave_touching (shape, same, task, error))
    return NULL;
  return g_steal_pointer (&same);
}

static double
find_square (const double *a, const double *b, guint dim)
{
  double sum = 0.0;

  for (guint k = 0; k < dim; k++)
    sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum;
}

/* Twice the area. */
static double
find_double_area (const double *a, const double *b, const double *c, guint dim)
{
  double uu = 0.0, vv = 0.0, uv = 0.0, n[3] = { 0 };

  if (dim == 3)
    for (int k = 0; k < 3; k++)
      {
        int p = (k + 1) % 3, q = (k + 2) % 3;

        n[k] = (b[p] - a[p]) * (c[q] - a[q]) - (b[q] - a[q]) * (c[p] - a[p]);
      }
  if (dim == 3)
    return sqrt (n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
  for (guint k = 0; k < dim; k++)
    {
      uu += (b[k] - a[k]) * (b[k] - a[k]);
      vv += (c[k] - a[k]) * (c[k] - a[k]);
      uv += (b[k] - a[k]) * (c[k] - a[k]);
    }
  return sqrt (MAX (uu * vv - uv * uv, 0.0));
}

gboolean
monge_mend_is_degenerate (const MongeShape *shape, const guint32 *cell, guint arity)
{
  guint dim = monge_shape_get_dim (shape);
  const double *x = monge_shape_get_positions (shape);
  const double *a = x + dim * (gsize) cell[0], *b = x + dim * (gsize) cell[1], *c;
  double longest;

  if (arity == 2)
    return cell[0] == cell[1] || !(find_square (a, b, dim) > 0.0);
  if (cell[0] == cell[1] || cell[1] == cell[2] || cell[2] == cell[0])
    return TRUE;
  c = x + dim * (gsize) cell[2];
  longest = MAX (MAX (find_square (a, b, dim), find_square (b, c, dim)), find_square (c, a, dim));
  return !(find_double_area (a, b, c, dim) > (dim == 3 ? SLIVER : COARSE_SLIVER) * longest);
}

/* --- The same cell twice --- */

static void
sort_cell (const guint32 *cell, guint arity, guint32 sorted[3])
{
  guint32 a = cell[0], b = cell[1], c = arity == 3 ? cell[2] : G_MAXUINT32;
  guint32 low = MIN (a, b), high = MAX (a, b);

  sorted[0] = MIN (low, c);
  sorted[1] = MIN (MAX (low, c), high);
  sorted[2] = MAX (high, c);
}

static gsize
hash_cell (const guint32 sorted[3])
{
  guint64 hash = 0;

  for (int k = 0; k < 3; k++)
    {
      hash = (hash ^ sorted[k]) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
      hash ^= hash >> 31;
    }
  return (gsize) hash;
}

gboolean
monge_mend_mark_duplicates (const guint32 *cells, gsize n_cells, guint arity, gsize n_vertices,
                            guint8 *keeps, gsize *n_duplicates, MongeTask *task, GError **error)
{
  gsize n_slots = 16;
  g_autofree guint32 *slots = NULL;

  while (n_slots < 2 * n_cells)
    n_slots *= 2;
  slots = g_new (guint32, n_slots);
  memset (slots, 0xff, n_slots * sizeof *slots);
  *n_duplicates = 0;
  for (gsize c = 0; c < n_cells; c++)
    {
      guint32 sorted[3], other[3];
      gsize slot;

      if ((c & POLL) == 0 && monge_task_return_if_cancelled (task, error))
        return FALSE;
      if (!keeps[c])
        continue;
      sort_cell (cells + arity * c, arity, sorted);
      for (slot = hash_cell (sorted) & (n_slots - 1); slots[slot] != MONGE_POINT_NONE;
           slot = (slot + 1) & (n_slots - 1))
        {
          sort_cell (cells + (gsize) arity * slots[slot], arity, other);
          if (memcmp (sorted, other, sizeof sorted) == 0)
            break;
        }
      if (slots[slot] == MONGE_POINT_NONE)
        slots[slot] = (guint32) c;
      else
        {
          keeps[c] = FALSE;
          (*n_duplicates)++;
        }
    }
  return TRUE;
}

double
monge_mend_measure_loop (const MongeShape *shape, const MongeTwins *t, const MongeLoops *loops,
                         gsize k)
{
  guint dim = monge_shape_get_dim (shape);
  const double *x = monge_shape_get_positions (shape);
  double length = 0.0;

  for (gsize i = loops->first[k]; i < loops->first[k + 1]; i++)
    {
      guint32 h = loops->half_edges[i];

      length += sqrt (find_square (x + dim * (gsize) t->faces[h],
                                   x + dim * (gsize) t->faces[monge_half_edge_next (h)], dim));
    }
  return length;
}
