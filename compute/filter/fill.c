/* Holes: the triangulation of a polygon in space of least weight, by Klincsek's dynamic programme
 * (1980), as Liepa does it (2003). The weight is area plus a little of the squared sides, so that
 * flat holes get triangles of good shape. */
#include "compute/filter/mend.h"

#include <math.h>
#include <string.h>

#define MAX_EDGES 400
#define SIDES 0.01

typedef struct {
  MongeMending *mending;
  const MongeTwins *twins;
  GHashTable *chords;      /* edges that fillings have made, as (low << 32 | high) */
  guint32 corners[MAX_EDGES];
  guint32 beside;          /* a face that touches the hole */
  gsize n;
  double *weights;         /* (n × n) of the part from i to j */
  guint16 *splits;
  gsize capacity;          /* of the faces of the mending */
} Filling;

/* --- Weights --- */

static double
find_weight (const Filling *filling, gsize i, gsize j, gsize k)
{
  const guint32 face[3] = { filling->corners[i], filling->corners[j], filling->corners[k] };
  const double *x = monge_shape_get_positions (filling->mending->shape);
  const double *a = x + 3 * (gsize) face[0], *b = x + 3 * (gsize) face[1];
  const double *c = x + 3 * (gsize) face[2];
  double n[3], sides = 0.0;

  if (monge_mend_is_degenerate (filling->mending->shape, face, 3))
    return INFINITY;
  for (int d = 0; d < 3; d++)
    {
      int p = (d + 1) % 3, q = (d + 2) % 3;

      n[d] = (b[p] - a[p]) * (c[q] - a[q]) - (b[q] - a[q]) * (c[p] - a[p]);
      sides += (b[d] - a[d]) * (b[d] - a[d]) + (c[d] - b[d]) * (c[d] - b[d])
               + (a[d] - c[d]) * (a[d] - c[d]);
    }
  return 0.5 * sqrt (n[0] * n[0] + n[1] * n[1] + n[2] * n[2]) + SIDES * sides;
}

static gint64
make_key (guint32 a, guint32 b)
{
  return (gint64) (((guint64) MIN (a, b) << 32) | MAX (a, b));
}

/* Whether the edge between two corners would be there twice. */
static gboolean
is_taken (const Filling *filling, gsize i, gsize j)
{
  guint32 a = filling->corners[i], b = filling->corners[j];
  gint64 key = make_key (a, b);

  if (a == b)
    return TRUE;
  if (j == i + 1 || (i == 0 && j + 1 == filling->n))
    return FALSE;
  return monge_twins_has_edge (filling->twins, a, b)
         || g_hash_table_contains (filling->chords, &key);
}

/* The best apex over the edge (i, j). */
static void
solve_part (Filling *filling, gsize i, gsize j)
{
  double best = INFINITY;
  guint16 split = 0;

  for (gsize k = i + 1; k < j && !is_taken (filling, i, j); k++)
    {
      double weight = filling->weights[i * filling->n + k] + filling->weights[k * filling->n + j];

      if (!(weight < best))
        continue;
      weight += find_weight (filling, i, k, j);
      if (weight < best)
        {
          best = weight;
          split = (guint16) k;
        }
    }
  filling->weights[i * filling->n + j] = best;
  filling->splits[i * filling->n + j] = split;
}

static gboolean
solve (Filling *filling, MongeTask *task, GError **error)
{
  gsize n = filling->n;

  for (gsize i = 0; i + 1 < n; i++)
    filling->weights[i * n + i + 1] = 0.0;
  for (gsize span = 2; span < n; span++)
    for (gsize i = 0; i + span < n; i++)
      {
        if ((i & 0x3f) == 0 && monge_task_return_if_cancelled (task, error))
          return FALSE;
        solve_part (filling, i, i + span);
      }
  return TRUE;
}

/* --- Faces --- */

static void
add_face (Filling *filling, guint32 a, guint32 b, guint32 c)
{
  MongeMending *m = filling->mending;

  if (m->n_faces == filling->capacity)
    {
      filling->capacity = 2 * filling->capacity + 64;
      m->faces = g_renew (guint32, m->faces, 3 * filling->capacity);
      m->rows = g_renew (guint32, m->rows, filling->capacity);
    }
  m->faces[3 * m->n_faces] = a;
  m->faces[3 * m->n_faces + 1] = b;
  m->faces[3 * m->n_faces + 2] = c;
  m->rows[m->n_faces++] = filling->beside;
}

static void
add_chord (Filling *filling, gsize i, gsize j)
{
  gint64 *key = g_new (gint64, 1);

  *key = make_key (filling->corners[i], filling->corners[j]);
  g_hash_table_add (filling->chords, key);
}

/* The part from i to j: at most as deep as the hole has edges. */
static void
add_part (Filling *filling, gsize i, gsize j)
{
  gsize k;

  if (j == i + 1)
    return;
  k = filling->splits[i * filling->n + j];
  if (j > i + 1 && !(i == 0 && j + 1 == filling->n))
    add_chord (filling, i, j);
  add_face (filling, filling->corners[i], filling->corners[k], filling->corners[j]);
  add_part (filling, i, k);
  add_part (filling, k, j);
}

/* Corners run against the half-edges of the boundary, so that new faces agree with old ones. */
static void
take_loop (Filling *filling, const MongeLoops *loops, gsize k)
{
  const MongeTwins *t = filling->twins;
  gsize begin = loops->first[k], end = loops->first[k + 1];

  filling->n = end - begin;
  for (gsize i = begin; i < end; i++)
    filling->corners[end - 1 - i] = t->faces[loops->half_edges[i]];
  filling->beside = filling->mending->rows[loops->half_edges[begin] / 3];
}

/* A loop of three around one face, which is all there is. */
static gboolean
is_single_face (const MongeTwins *t, const MongeLoops *loops, gsize k)
{
  const guint32 *h = loops->half_edges + loops->first[k];

  return loops->first[k + 1] - loops->first[k] == 3 && h[0] / 3 == h[1] / 3 && h[1] / 3 == h[2] / 3;
}

static gboolean
fill_loop (Filling *filling, const MongeLoops *loops, gsize k, gboolean *is_filled, MongeTask *task,
           GError **error)
{
  gsize n = loops->first[k + 1] - loops->first[k];
  g_autofree double *weights = NULL;
  g_autofree guint16 *splits = NULL;

  *is_filled = FALSE;
  if (n < 3 || n > MAX_EDGES || is_single_face (filling->twins, loops, k))
    return TRUE;
  take_loop (filling, loops, k);
  weights = filling->weights = g_new0 (double, n * n);
  splits = filling->splits = g_new0 (guint16, n * n);
  if (!solve (filling, task, error))
    return FALSE;
  *is_filled = isfinite (weights[n - 1]);
  if (*is_filled)
    add_part (filling, 0, n - 1);
  return TRUE;
}

/* --- All holes --- */

/* The diagonals of the boxes around pieces, by their lowest vertex. */
static double *
measure_pieces (const MongeMending *m, const guint32 *roots)
{
  gsize n = monge_shape_get_n_vertices (m->shape);
  const double *x = monge_shape_get_positions (m->shape);
  g_autofree double *boxes = g_new (double, 6 * n);
  double *sizes = g_new0 (double, n);

  for (gsize i = 0; i < 6 * n; i++)
    boxes[i] = i % 6 < 3 ? INFINITY : -INFINITY;
  for (gsize k = 0; k < 3 * m->n_faces; k++)
    for (int d = 0; d < 3; d++)
      {
        double *box = boxes + 6 * (gsize) roots[m->faces[k]], at = x[3 * (gsize) m->faces[k] + d];

        box[d] = MIN (box[d], at);
        box[3 + d] = MAX (box[3 + d], at);
      }
  for (gsize i = 0; i < n; i++)
    if (boxes[6 * i] <= boxes[6 * i + 3])
      sizes[i]
          = hypot (hypot (boxes[6 * i + 3] - boxes[6 * i], boxes[6 * i + 4] - boxes[6 * i + 1]),
                   boxes[6 * i + 5] - boxes[6 * i + 2]);
  return sizes;
}

gboolean
monge_mending_fill (MongeMending *m, double longest, gsize *n_filled, gsize *n_left,
                    MongeTask *task, GError **error)
{
  gsize n_vertices = monge_shape_get_n_vertices (m->shape);
  g_autofree guint32 *faces = g_memdup2 (m->faces, 3 * m->n_faces * sizeof *faces);
  g_autoptr (MongeTwins) twins = monge_twins_new (faces, m->n_faces, n_vertices, task, error);
  g_autoptr (GHashTable) chords = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_autofree guint32 *roots = NULL;
  g_autofree double *sizes = NULL;
  Filling filling = { m, twins, chords, .capacity = m->n_faces };
  MongeLoops loops;
  gboolean goes_on = TRUE;

  *n_filled = *n_left = 0;
  if (twins == NULL)
    return FALSE;
  loops = monge_twins_find_loops (twins);
  roots = monge_find_components (m->faces, m->n_faces, 3, n_vertices);
  sizes = measure_pieces (m, roots);
  for (gsize k = 0; goes_on && k < loops.n; k++)
    {
      guint32 at = faces[loops.half_edges[loops.first[k]]];
      gboolean is_filled = FALSE;

      monge_task_set_progress (task, (double) k / (double) loops.n);
      if (monge_mend_measure_loop (m->shape, twins, &loops, k) <= longest * sizes[roots[at]])
        goes_on = fill_loop (&filling, &loops, k, &is_filled, task, error);
      *n_filled += is_filled;
      *n_left += !is_filled;
    }
  *n_left += loops.n_broken;
  monge_loops_clear (&loops);
  return goes_on;
}
