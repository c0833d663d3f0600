/* Which side of a surface is out. */
#include "compute/filter/mend.h"

#include <math.h>
#include <string.h>

#define POLL 0x1fff

typedef struct {
  const MongeMending *mending;
  const MongeTwins *twins;
  guint32 *queue; /* (n_faces) of the piece under way */
  gint8 *turns;   /* (n_faces) −1: not seen; whether to turn it */
} Walk;

static void
find_normal (const MongeMending *m, gsize f, double n[3])
{
  const double *x = monge_shape_get_positions (m->shape);
  const guint32 *face = m->faces + 3 * f;
  const double *a = x + 3 * (gsize) face[0], *b = x + 3 * (gsize) face[1];
  const double *c = x + 3 * (gsize) face[2];

  for (int k = 0; k < 3; k++)
    {
      int p = (k + 1) % 3, q = (k + 2) % 3;

      n[k] = (b[p] - a[p]) * (c[q] - a[q]) - (b[q] - a[q]) * (c[p] - a[p]);
    }
}

static void
turn_face (MongeMending *m, gsize f)
{
  guint32 second = m->faces[3 * f + 1];

  m->faces[3 * f + 1] = m->faces[3 * f + 2];
  m->faces[3 * f + 2] = second;
}

/* Goes over the piece of face @seed. Returns its faces; @agrees: whether one choice suits all
 * edges. */
static gsize
walk_piece (Walk *walk, gsize seed, gboolean *agrees)
{
  gsize n = 0;

  *agrees = TRUE;
  walk->queue[n++] = (guint32) seed;
  walk->turns[seed] = 0;
  for (gsize at = 0; at < n; at++)
    for (guint32 k = 0; k < 3; k++)
      {
        guint32 f = walk->queue[at], h = 3 * f + k, g;
        gint8 turn;

        if (!monge_twins_is_paired (walk->twins, h))
          continue;
        g = walk->twins->twins[h] / 3;
        turn = (gint8) (walk->turns[f] ^ !monge_twins_agree (walk->twins, h));
        if (walk->turns[g] < 0)
          {
            walk->turns[g] = turn;
            walk->queue[n++] = g;
          }
        *agrees &= walk->turns[g] == turn;
      }
  return n;
}

/* Of the two choices for a piece, the one that turns less area; the face of least index stays where
 * both are the same. */
static void
choose_side (Walk *walk, gsize n)
{
  double areas[2] = { 0.0, 0.0 };
  guint32 lowest = walk->queue[0];

  for (gsize i = 0; i < n; i++)
    {
      guint32 f = walk->queue[i];
      double normal[3];

      find_normal (walk->mending, f, normal);
      areas[walk->turns[f]] += sqrt (normal[0] * normal[0] + normal[1] * normal[1]
                                     + normal[2] * normal[2]);
      lowest = MIN (lowest, f);
    }
  if (areas[1] > areas[0] || (areas[1] == areas[0] && walk->turns[lowest] == 1))
    for (gsize i = 0; i < n; i++)
      walk->turns[walk->queue[i]] ^= 1;
}

gboolean
monge_mending_orient (MongeMending *m, gsize *n_turned, gsize *n_one_sided, MongeTask *task,
                      GError **error)
{
  g_autoptr (MongeTwins) twins = NULL;
  g_autofree guint32 *queue = g_new (guint32, MAX (m->n_faces, 1));
  g_autofree gint8 *turns = g_malloc (MAX (m->n_faces, 1));
  Walk walk = { m, NULL, queue, turns };

  *n_turned = *n_one_sided = 0;
  twins
      = monge_twins_new (m->faces, m->n_faces, monge_shape_get_n_vertices (m->shape), task, error);
  if (twins == NULL)
    return FALSE;
  walk.twins = twins;
  memset (turns, -1, m->n_faces);
  for (gsize f = 0; f < m->n_faces; f++)
    {
      gboolean agrees;
      gsize n;

      if ((f & POLL) == 0 && monge_task_return_if_cancelled (task, error))
        return FALSE;
      if (turns[f] >= 0)
        continue;
      n = walk_piece (&walk, f, &agrees);
      *n_one_sided += !agrees;
      if (agrees)
        choose_side (&walk, n);
      else
        for (gsize i = 0; i < n; i++)
          turns[queue[i]] = 0;
    }
  for (gsize f = 0; f < m->n_faces; f++)
    if (turns[f] == 1)
      {
        turn_face (m, f);
        (*n_turned)++;
      }
  return TRUE;
}

/* --- Closed pieces --- */

/* Pieces by their lowest vertex. */
typedef struct {
  guint32 root;
  double volume, lower[3], upper[3];
  gboolean is_closed;
  gsize first, n; /* faces, in Pieces.order */
} Piece;

typedef struct {
  Piece *pieces;
  gsize n;
  guint32 *order; /* faces by piece */
  gsize budget;   /* of crossings that may still be looked for */
} Pieces;

static void
add_face (Piece *piece, const MongeMending *m, gsize f)
{
  const double *x = monge_shape_get_positions (m->shape), *origin = x + 3 * (gsize) piece->root;
  double normal[3];

  find_normal (m, f, normal);
  for (int k = 0; k < 3; k++)
    piece->volume += (x[3 * (gsize) m->faces[3 * f] + k] - origin[k]) * normal[k] / 6.0;
  for (int c = 0; c < 3; c++)
    for (int k = 0; k < 3; k++)
      {
        double at = x[3 * (gsize) m->faces[3 * f + c] + k];

        piece->lower[k] = MIN (piece->lower[k], at);
        piece->upper[k] = MAX (piece->upper[k], at);
      }
}

static void
list_pieces (Pieces *list, const MongeMending *m, const MongeTwins *t, guint32 *numbers)
{
  gsize n_vertices = monge_shape_get_n_vertices (m->shape), next = 0;
  g_autofree guint32 *roots = monge_find_components (m->faces, m->n_faces, 3, n_vertices);

  for (gsize i = 0; i < n_vertices; i++)
    numbers[i] = roots[i] == i ? (guint32) list->n++ : numbers[roots[i]];
  list->pieces = g_new0 (Piece, list->n + 1);
  list->order = g_new (guint32, MAX (m->n_faces, 1));
  for (gsize i = 0; i < n_vertices; i++)
    if (roots[i] == i)
      list->pieces[numbers[i]] = (Piece){ (guint32) i, 0.0, { INFINITY, INFINITY, INFINITY },
                                          { -INFINITY, -INFINITY, -INFINITY }, TRUE, 0, 0 };
  for (gsize f = 0; f < m->n_faces; f++)
    {
      Piece *piece = list->pieces + numbers[m->faces[3 * f]];

      piece->n++;
      add_face (piece, m, f);
      for (guint32 h = (guint32) (3 * f); h < 3 * f + 3; h++)
        piece->is_closed &= monge_twins_is_paired (t, h) && monge_twins_agree (t, h);
    }
  for (gsize p = 0; p < list->n; p++)
    {
      list->pieces[p].first = next;
      next += list->pieces[p].n;
      list->pieces[p].n = 0;
    }
  for (gsize f = 0; f < m->n_faces; f++)
    {
      Piece *piece = list->pieces + numbers[m->faces[3 * f]];

      list->order[piece->first + piece->n++] = (guint32) f;
    }
}

/* Whether the ray from @p along a direction that no mesh is made along crosses the triangle
 * (Möller & Trumbore 1997). */
static gboolean
is_crossed (const MongeMending *m, gsize f, const double p[3])
{
  static const double d[3] = { 0.5370861555295747, 0.2718281828459045, 0.7985329201934129 };
  const double *x = monge_shape_get_positions (m->shape);
  const double *a = x + 3 * (gsize) m->faces[3 * f], *b = x + 3 * (gsize) m->faces[3 * f + 1];
  const double *c = x + 3 * (gsize) m->faces[3 * f + 2];
  double u[3], v[3], h[3], s[3], q[3], det = 0.0, bu = 0.0, bv = 0.0, t = 0.0;

  for (int k = 0; k < 3; k++)
    {
      u[k] = b[k] - a[k];
      v[k] = c[k] - a[k];
      s[k] = p[k] - a[k];
    }
  for (int k = 0; k < 3; k++)
    {
      int i = (k + 1) % 3, j = (k + 2) % 3;

      h[k] = d[i] * v[j] - d[j] * v[i];
      q[k] = s[i] * u[j] - s[j] * u[i];
    }
  for (int k = 0; k < 3; k++)
    {
      det += u[k] * h[k];
      bu += s[k] * h[k];
      bv += d[k] * q[k];
      t += v[k] * q[k];
    }
  if (det == 0.0)
    return FALSE;
  bu /= det;
  bv /= det;
  return bu >= 0.0 && bv >= 0.0 && bu + bv <= 1.0 && t / det > 0.0;
}

static gboolean
is_in_box (const Piece *inner, const Piece *outer)
{
  for (int k = 0; k < 3; k++)
    if (!(inner->lower[k] >= outer->lower[k] && inner->upper[k] <= outer->upper[k]))
      return FALSE;
  return TRUE;
}

/* Whether piece @p lies in another closed one; not where there is too much to look at. */
static gboolean
is_nested (Pieces *list, const MongeMending *m, gsize p, MongeTask *task)
{
  const double *x = monge_shape_get_positions (m->shape);

  for (gsize q = 0; q < list->n; q++)
    {
      const Piece *outer = list->pieces + q;
      gboolean is_inside = FALSE;

      if (list->budget < 1 + outer->n || monge_task_is_cancelled (task))
        return FALSE;
      list->budget--;
      if (q == p || outer->n == 0 || !outer->is_closed || !is_in_box (list->pieces + p, outer))
        continue;
      list->budget -= outer->n;
      for (gsize i = 0; i < outer->n; i++)
        is_inside ^= is_crossed (m, list->order[outer->first + i],
                                 x + 3 * (gsize) list->pieces[p].root);
      if (is_inside)
        return TRUE;
    }
  return FALSE;
}

gboolean
monge_mending_turn_out (MongeMending *m, gsize *n_turned, MongeTask *task, GError **error)
{
  g_autoptr (MongeTwins) twins = NULL;
  g_autofree guint32 *numbers = g_new (guint32, monge_shape_get_n_vertices (m->shape));
  Pieces list = { .budget = 50000000 };

  *n_turned = 0;
  twins
      = monge_twins_new (m->faces, m->n_faces, monge_shape_get_n_vertices (m->shape), task, error);
  if (twins == NULL)
    return FALSE;
  list_pieces (&list, m, twins, numbers);
  for (gsize p = 0; p < list.n; p++)
    {
      const Piece *piece = list.pieces + p;

      if (piece->n == 0 || !piece->is_closed || !(piece->volume < 0.0)
          || is_nested (&list, m, p, task))
        continue;
      for (gsize i = 0; i < piece->n; i++)
        turn_face (m, list.order[piece->first + i]);
      (*n_turned)++;
    }
  g_free (list.pieces);
  g_free (list.order);
  return !monge_task_return_if_cancelled (task, error);
}
