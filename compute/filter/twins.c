#include "compute/filter/twins.h"

#include <stdlib.h>

#define POLL 0xffff
#define MAX_FACES ((gsize) 1 << 30)
#define FEW 24

static int
compare_upper (const void *a, const void *b)
{
  guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;

  return (x > y) - (x < y);
}

static void
sort_upper (guint64 *values, gsize n)
{
  if (n > FEW)
    {
      qsort (values, n, sizeof *values, compare_upper);
      return;
    }
  for (gsize i = 1; i < n; i++)
    {
      guint64 value = values[i];
      gsize j = i;

      for (; j > 0 && values[j - 1] > value; j--)
        values[j] = values[j - 1];
      values[j] = value;
    }
}

static void
group_half_edges (MongeTwins *t)
{
  gsize *next = t->first + 1; /* after the filling, shifted by one: the start of each group */

  for (gsize h = 0; h < 3 * t->n_faces; h++)
    next[(gsize) MIN (t->faces[h], t->faces[monge_half_edge_next ((guint32) h)]) + 1]++;
  for (gsize i = 1; i <= t->n_vertices; i++)
    next[i] += next[i - 1];
  for (gsize h = 0; h < 3 * t->n_faces; h++)
    {
      guint32 a = t->faces[h], b = t->faces[monge_half_edge_next ((guint32) h)];

      t->upper[next[MIN (a, b)]++] = ((guint64) MAX (a, b) << 32) | h;
    }
}

/* Half-edges of one vertex: runs of one upper vertex are the faces of an edge. */
static void
pair_group (MongeTwins *t, guint64 *begin, guint64 *end)
{
  sort_upper (begin, (gsize) (end - begin));
  while (begin < end)
    {
      guint64 *edge = begin;

      while (begin < end && *begin >> 32 == *edge >> 32)
        begin++;
      for (guint64 *at = edge; at < begin; at++)
        t->twins[(guint32) *at] = begin - edge == 1   ? MONGE_TWIN_NONE
                                  : begin - edge == 2 ? (guint32) (at == edge ? edge[1] : edge[0])
                                                      : MONGE_TWIN_IRREGULAR;
    }
}

MongeTwins *
monge_twins_new (const guint32 *faces, gsize n_faces, gsize n_vertices, MongeTask *task,
                 GError **error)
{
  g_autoptr (MongeTwins) t = NULL;

  if (n_faces > MAX_FACES)
    {
      g_set_error (error, MONGE_ERROR, MONGE_ERROR_SIZE,
                   "%" G_GSIZE_FORMAT
                   " faces are too many to be worked on; decimate them elsewhere",
                   n_faces);
      return NULL;
    }
  t = g_new0 (MongeTwins, 1);
  t->faces = faces;
  t->n_faces = n_faces;
  t->n_vertices = n_vertices;
  t->twins = g_new (guint32, MAX (3 * n_faces, 1));
  t->first = g_new0 (gsize, n_vertices + 2);
  t->upper = g_new (guint64, MAX (3 * n_faces, 1));
  group_half_edges (t);
  for (gsize i = 0; i < n_vertices; i++)
    {
      if ((i & POLL) == 0 && monge_task_return_if_cancelled (task, error))
        return NULL;
      pair_group (t, t->upper + t->first[i], t->upper + t->first[i + 1]);
    }
  return g_steal_pointer (&t);
}

void
monge_twins_free (MongeTwins *twins)
{
  if (twins == NULL)
    return;
  g_free (twins->twins);
  g_free (twins->first);
  g_free (twins->upper);
  g_free (twins);
}

gboolean
monge_twins_has_edge (const MongeTwins *t, guint32 a, guint32 b)
{
  guint64 high = MAX (a, b);
  gsize low = t->first[MIN (a, b)], end = t->first[MIN (a, b) + 1];

  while (low < end)
    {
      gsize middle = low + (end - low) / 2;

      if (t->upper[middle] >> 32 == high)
        return TRUE;
      if (t->upper[middle] >> 32 < high)
        low = middle + 1;
      else
        end = middle;
    }
  return FALSE;
}

/* --- Boundaries --- */

/* The half-edge of the boundary that follows @h around the fan at its end; NONE where the faces
 * there disagree or are more than two at an edge. */
static guint32
find_next_of_boundary (const MongeTwins *t, guint32 h)
{
  guint32 e = monge_half_edge_next (h);

  while (monge_twins_is_paired (t, e) && monge_twins_agree (t, e))
    e = monge_half_edge_next (t->twins[e]);
  return t->twins[e] == MONGE_TWIN_NONE ? e : MONGE_TWIN_NONE;
}

/* Appends the loop through @h. Returns whether it closes. */
static gboolean
follow (const MongeTwins *t, guint32 h, guint8 *is_seen, guint32 *half_edges, gsize *n)
{
  guint32 e = h;

  do
    {
      is_seen[e] = TRUE;
      half_edges[(*n)++] = e;
      e = find_next_of_boundary (t, e);
    }
  while (e != MONGE_TWIN_NONE && !is_seen[e]);
  return e == h;
}

MongeLoops
monge_twins_find_loops (const MongeTwins *t)
{
  gsize n_half_edges = 3 * t->n_faces, n_boundary = 0, n = 0;
  g_autofree guint8 *is_seen = g_malloc0 (MAX (n_half_edges, 1));
  MongeLoops loops = { 0 };

  for (gsize h = 0; h < n_half_edges; h++)
    n_boundary += t->twins[h] == MONGE_TWIN_NONE;
  loops.half_edges = g_new (guint32, n_boundary + 1);
  loops.first = g_new0 (gsize, n_boundary + 1);
  for (gsize h = 0; h < n_half_edges; h++)
    {
      gsize begin = n;

      if (t->twins[h] != MONGE_TWIN_NONE || is_seen[h])
        continue;
      if (follow (t, (guint32) h, is_seen, loops.half_edges, &n))
        loops.first[++loops.n] = n;
      else
        {
          loops.n_broken++;
          n = begin;
        }
    }
  return loops;
}

void
monge_loops_clear (MongeLoops *loops)
{
  g_clear_pointer (&loops->half_edges, g_free);
  g_clear_pointer (&loops->first, g_free);
}

/* --- Components --- */

static guint32
find_root (guint32 *parent, guint32 i)
{
  while (parent[i] != i)
    i = parent[i] = parent[parent[i]];
  return i;
}

guint32 *
monge_find_components (const guint32 *cells, gsize n_cells, guint arity, gsize n_vertices)
{
  guint32 *parent = g_new (guint32, MAX (n_vertices, 1));

  for (gsize i = 0; i < n_vertices; i++)
    parent[i] = (guint32) i;
  for (gsize k = 0; k < arity * n_cells; k++)
    {
      guint32 a = find_root (parent, cells[k]), b = find_root (parent, cells[k - k % arity]);

      parent[MAX (a, b)] = MIN (a, b);
    }
  for (gsize i = 0; i < n_vertices; i++)
    parent[i] = find_root (parent, (guint32) i);
  return parent;
}
