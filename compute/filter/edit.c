#include "compute/filter/edit.h"

#include <math.h>
#include <string.h>

#define MAX_DEGREE 200
#define MAX_ITEMS ((gsize) 1 << 30)
/* The least cosine between a face before and after. */
#define TURN 0.3
/* The least area made, by the longest side squared. */
#define THIN 1e-4

#define NEXT monge_half_edge_next
#define PREVIOUS monge_edit_previous

/* --- Vectors --- */

void
monge_edit_find_normal (const double *a, const double *b, const double *c, double normal[3])
{
  for (int k = 0; k < 3; k++)
    {
      int p = (k + 1) % 3, q = (k + 2) % 3;

      normal[k] = (b[p] - a[p]) * (c[q] - a[q]) - (b[q] - a[q]) * (c[p] - a[p]);
    }
}

static double
find_square (const double *a, const double *b)
{
  return (a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1])
         + (a[2] - b[2]) * (a[2] - b[2]);
}

static double
dot (const double a[3], const double b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Whether the triangle @a @b @c has some area, on the side of @before; one that had none may come
 * to lie anywhere. */
static gboolean
keeps_side (const double before[3], const double *a, const double *b, const double *c)
{
  double after[3], old = dot (before, before), new, longest;

  monge_edit_find_normal (a, b, c, after);
  new = dot (after, after);
  longest = MAX (MAX (find_square (a, b), find_square (b, c)), find_square (c, a));
  if (!(new > THIN * THIN * longest * longest))
    return FALSE;
  return old == 0.0 || dot (before, after) > TURN * sqrt (old) * sqrt (new);
}

static const double *
at (const MongeEdit *e, guint32 v)
{
  return e->x + 3 * (gsize) v;
}

double
monge_edit_measure (const MongeEdit *e, guint32 h)
{
  return find_square (at (e, monge_edit_start (e, h)), at (e, monge_edit_end (e, h)));
}

/* --- Making one --- */

/* Turns back to where the fan of @v begins. */
static void
rewind_out (MongeEdit *e, guint32 v)
{
  guint32 first = e->out[v], h = first;

  while (monge_edit_is_paired (e, h))
    {
      h = NEXT (e->twins[h]);
      if (h == first)
        return;
    }
  e->out[v] = h;
}

/* Corners met by turning around @v; @n_neighbours: (out). */
static gsize
count_fan (const MongeEdit *e, guint32 v, gsize *n_neighbours)
{
  guint32 h = e->out[v];
  gsize n = 0;

  *n_neighbours = 0;
  if (h == MONGE_TWIN_NONE)
    return 0;
  do
    {
      n++;
      h = monge_edit_turn (e, h);
    }
  while (h != MONGE_TWIN_NONE && h != e->out[v]);
  *n_neighbours = h == MONGE_TWIN_NONE ? n + 1 : n;
  return n;
}

static void
mark_vertices (MongeEdit *e)
{
  g_autofree guint32 *n_corners = g_new0 (guint32, MAX (e->n_vertices, 1));

  for (guint32 h = 0; h < 3 * e->n_faces; h++)
    {
      n_corners[e->faces[h]]++;
      e->out[e->faces[h]] = h;
      if (e->twins[h] == MONGE_TWIN_NONE)
        {
          e->flags[e->faces[h]] |= MONGE_EDIT_BORDER;
          e->flags[monge_edit_end (e, h)] |= MONGE_EDIT_BORDER;
        }
      else if (e->twins[h] == MONGE_TWIN_IRREGULAR)
        {
          e->flags[e->faces[h]] |= MONGE_EDIT_LOCKED;
          e->flags[monge_edit_end (e, h)] |= MONGE_EDIT_LOCKED;
        }
    }
  for (guint32 v = 0; v < e->n_vertices; v++)
    {
      gsize n_neighbours;

      if (e->out[v] == MONGE_TWIN_NONE)
        continue;
      rewind_out (e, v);
      if (count_fan (e, v, &n_neighbours) != n_corners[v] || n_neighbours > MAX_DEGREE)
        e->flags[v] |= MONGE_EDIT_LOCKED;
      e->degrees[v] = (guint16) MIN (n_neighbours, MAX_DEGREE);
    }
}

MongeEdit *
monge_edit_new (const MongeShape *shape, MongeTask *task, GError **error)
{
  gsize n = monge_shape_get_n_vertices (shape), n_faces = monge_shape_get_n_cells (shape);
  const guint32 *faces = monge_shape_get_cells (shape);
  g_autoptr (MongeTwins) twins = monge_twins_new (faces, n_faces, n, task, error);
  MongeEdit *e;

  if (twins == NULL)
    return NULL;
  e = g_new0 (MongeEdit, 1);
  e->n_vertices = e->vertex_capacity = n;
  e->n_faces = e->face_capacity = n_faces;
  e->x = g_memdup2 (monge_shape_get_positions (shape), 3 * n * sizeof *e->x);
  e->out = g_new (guint32, n);
  memset (e->out, 0xff, n * sizeof *e->out);
  e->degrees = g_new0 (guint16, n);
  e->flags = g_new0 (guint8, n);
  e->faces = g_memdup2 (faces, 3 * n_faces * sizeof *faces);
  e->twins = g_memdup2 (twins->twins, 3 * n_faces * sizeof *e->twins);
  for (guint32 h = 0; h < 3 * n_faces; h++)
    if (monge_twins_is_paired (twins, h) && !monge_twins_agree (twins, h))
      e->twins[h] = MONGE_TWIN_IRREGULAR;
  mark_vertices (e);
  return e;
}

void
monge_edit_free (MongeEdit *e)
{
  if (e == NULL)
    return;
  g_free (e->x);
  g_free (e->out);
  g_free (e->degrees);
  g_free (e->flags);
  g_free (e->faces);
  g_free (e->twins);
  g_free (e);
}

/* --- Splitting --- */

static guint32
add_vertex (MongeEdit *e, guint32 a, guint32 b)
{
  guint32 v = (guint32) e->n_vertices++;

  if (e->n_vertices > e->vertex_capacity)
    {
      e->vertex_capacity = 2 * e->n_vertices;
      e->x = g_renew (double, e->x, 3 * e->vertex_capacity);
      e->out = g_renew (guint32, e->out, e->vertex_capacity);
      e->degrees = g_renew (guint16, e->degrees, e->vertex_capacity);
      e->flags = g_renew (guint8, e->flags, e->vertex_capacity);
    }
  for (int k = 0; k < 3; k++)
    e->x[3 * (gsize) v + k] = at (e, a)[k] + 0.5 * (at (e, b)[k] - at (e, a)[k]);
  e->flags[v] = 0;
  return v;
}

/* Returns the first half-edge of a new face. */
static guint32
add_face (MongeEdit *e, guint32 a, guint32 b, guint32 c)
{
  gsize f = e->n_faces++;

  if (e->n_faces > e->face_capacity)
    {
      e->face_capacity = 2 * e->n_faces;
      e->faces = g_renew (guint32, e->faces, 3 * e->face_capacity);
      e->twins = g_renew (guint32, e->twins, 3 * e->face_capacity);
    }
  e->faces[3 * f] = a;
  e->faces[3 * f + 1] = b;
  e->faces[3 * f + 2] = c;
  return (guint32) (3 * f);
}

/* @h takes the twin that @other has, whatever it is. */
static void
take_twin (MongeEdit *e, guint32 h, guint32 twin)
{
  e->twins[h] = twin;
  if (twin < MONGE_TWIN_IRREGULAR)
    e->twins[twin] = h;
}

/*        c                    c
 *      /   \                / | \
 *    p/  f  \n   the side  / f|g \     of one face: f keeps a and gets m, g is new
 *    /   h   \            /   |   \
 *   a ------- b          a -- m -- b
 */
static guint32
split_side (MongeEdit *e, guint32 h, guint32 m)
{
  guint32 n = NEXT (h), b = e->faces[n], c = e->faces[PREVIOUS (h)];
  guint32 g = add_face (e, m, b, c), twin = e->twins[n];

  e->faces[n] = m;
  take_twin (e, g + 1, twin);
  take_twin (e, g + 2, n);
  if (e->out[b] == n)
    e->out[b] = g + 1;
  e->degrees[c]++;
  return g;
}

/* The same where h runs from a to b in the face below, seen from b's end: h begins at m then. */
static guint32
split_other_side (MongeEdit *e, guint32 h, guint32 m)
{
  guint32 b = e->faces[h], p = PREVIOUS (h), d = e->faces[p];
  guint32 g = add_face (e, b, m, d), twin = e->twins[p];

  e->faces[h] = m;
  take_twin (e, g + 2, twin);
  take_twin (e, g + 1, p);
  if (e->out[b] == h)
    e->out[b] = g;
  if (e->out[d] == p)
    e->out[d] = g + 2;
  e->degrees[d]++;
  return g;
}

/* Two faces on the same three vertices: anything done there would give two edges the same ends. */
static gboolean
is_back_to_back (const MongeEdit *e, guint32 h)
{
  guint32 t = e->twins[h];

  return t < MONGE_TWIN_IRREGULAR && e->faces[PREVIOUS (h)] == e->faces[PREVIOUS (t)];
}

gboolean
monge_edit_split (MongeEdit *e, guint32 h)
{
  guint32 t = e->twins[h], a = monge_edit_start (e, h), b = monge_edit_end (e, h), m, g, k;

  if (t == MONGE_TWIN_IRREGULAR || e->n_vertices >= MAX_ITEMS || e->n_faces + 2 >= MAX_ITEMS
      || e->degrees[e->faces[PREVIOUS (h)]] >= MAX_DEGREE
      || (t != MONGE_TWIN_NONE && e->degrees[e->faces[PREVIOUS (t)]] >= MAX_DEGREE)
      || is_back_to_back (e, h))
    return FALSE;
  m = add_vertex (e, a, b);
  g = split_side (e, h, m);
  e->out[m] = g;
  e->degrees[m] = 3;
  if (t == MONGE_TWIN_NONE)
    {
      e->twins[g] = MONGE_TWIN_NONE;
      e->flags[m] = MONGE_EDIT_BORDER;
      return TRUE;
    }
  k = split_other_side (e, t, m);
  take_twin (e, g, k);
  e->degrees[m] = 4;
  return TRUE;
}

/* --- Flipping --- */

/* Whether @w is a neighbour of @v, which is not locked. */
static gboolean
has_neighbour (const MongeEdit *e, guint32 v, guint32 w)
{
  guint32 h = e->out[v], last;

  do
    {
      if (monge_edit_end (e, h) == w)
        return TRUE;
      last = e->faces[PREVIOUS (h)];
      h = monge_edit_turn (e, h);
    }
  while (h != MONGE_TWIN_NONE && h != e->out[v]);
  return last == w;
}

gboolean
monge_edit_can_flip (const MongeEdit *e, guint32 h)
{
  guint32 t = e->twins[h], a, b, c, d;
  double before[2][3], sum[3];

  if (t >= MONGE_TWIN_IRREGULAR)
    return FALSE;
  a = e->faces[h];
  b = e->faces[t];
  c = e->faces[PREVIOUS (h)];
  d = e->faces[PREVIOUS (t)];
  if (c == d || ((e->flags[c] | e->flags[d]) & MONGE_EDIT_LOCKED) != 0
      || e->degrees[a] <= 3 || e->degrees[b] <= 3 || e->degrees[c] >= MAX_DEGREE
      || e->degrees[d] >= MAX_DEGREE || has_neighbour (e, c, d))
    return FALSE;
  monge_edit_find_normal (at (e, a), at (e, b), at (e, c), before[0]);
  monge_edit_find_normal (at (e, b), at (e, a), at (e, d), before[1]);
  for (int k = 0; k < 3; k++)
    sum[k] = before[0][k] + before[1][k];
  return keeps_side (sum, at (e, a), at (e, d), at (e, c))
         && keeps_side (sum, at (e, d), at (e, b), at (e, c));
}

void
monge_edit_flip (MongeEdit *e, guint32 h)
{
  guint32 t = e->twins[h], n = NEXT (h), p = PREVIOUS (h), nt = NEXT (t), pt = PREVIOUS (t);
  guint32 a = e->faces[h], b = e->faces[t], c = e->faces[p], d = e->faces[pt];
  guint32 twin_n = e->twins[n], twin_nt = e->twins[nt];

  if (e->out[a] == nt)
    e->out[a] = h;
  if (e->out[b] == n)
    e->out[b] = t;
  e->faces[n] = d;
  e->faces[nt] = c;
  take_twin (e, h, twin_nt);
  take_twin (e, t, twin_n);
  take_twin (e, n, nt);
  e->degrees[a]--;
  e->degrees[b]--;
  e->degrees[c]++;
  e->degrees[d]++;
}

/* --- Collapsing --- */

/* Neighbours of @v, at most MAX_DEGREE + 1. */
static gsize
list_neighbours (const MongeEdit *e, guint32 v, guint32 *ring)
{
  guint32 h = e->out[v], last;
  gsize n = 0;

  do
    {
      ring[n++] = monge_edit_end (e, h);
      last = e->faces[PREVIOUS (h)];
      h = monge_edit_turn (e, h);
    }
  while (h != MONGE_TWIN_NONE && h != e->out[v] && n <= MAX_DEGREE);
  if (h == MONGE_TWIN_NONE)
    ring[n++] = last;
  return n;
}

/* Vertices that are neighbours of both ends: those of the faces at the edge, and no other. */
static gboolean
check_link (const MongeEdit *e, guint32 a, guint32 b, gboolean is_border)
{
  guint32 ring_a[MAX_DEGREE + 2], ring_b[MAX_DEGREE + 2];
  gsize n_a = list_neighbours (e, a, ring_a), n_b = list_neighbours (e, b, ring_b), n_common = 0;

  for (gsize i = 0; i < n_a; i++)
    for (gsize j = 0; j < n_b; j++)
      n_common += ring_a[i] == ring_b[j];
  return n_common == (is_border ? 1 : 2);
}

static gboolean
keeps_enough_neighbours (const MongeEdit *e, guint32 c)
{
  return e->degrees[c] > ((e->flags[c] & MONGE_EDIT_BORDER) != 0 ? 2 : 3)
         && (e->flags[c] & MONGE_EDIT_LOCKED) == 0;
}

/* How far the vertex of a border is from the segment between its neighbours along it, squared. */
static double
measure_bend (const MongeEdit *e, guint32 v)
{
  guint32 h = e->out[v], first = monge_edit_end (e, h), last = first;
  const double *p = at (e, v), *a, *b;
  double ab[3], ap[3], length, t;

  for (; h != MONGE_TWIN_NONE; h = monge_edit_turn (e, h))
    last = e->faces[PREVIOUS (h)];
  a = at (e, first);
  b = at (e, last);
  for (int k = 0; k < 3; k++)
    {
      ab[k] = b[k] - a[k];
      ap[k] = p[k] - a[k];
    }
  length = dot (ab, ab);
  t = length > 0.0 ? CLAMP (dot (ab, ap) / length, 0.0, 1.0) : 0.0;
  for (int k = 0; k < 3; k++)
    ap[k] -= t * ab[k];
  return dot (ap, ap);
}

/* The faces that stay around @a, once it lies at @b. */
static gboolean
check_faces (const MongeEdit *e, guint32 a, guint32 b, double longest)
{
  guint32 h = e->out[a];

  do
    {
      guint32 c = monge_edit_end (e, h), d = e->faces[PREVIOUS (h)];
      double before[3];

      if ((c != b && find_square (at (e, b), at (e, c)) > longest)
          || (d != b && find_square (at (e, b), at (e, d)) > longest))
        return FALSE;
      if (c != b && d != b)
        {
          monge_edit_find_normal (at (e, a), at (e, c), at (e, d), before);
          if (!keeps_side (before, at (e, b), at (e, c), at (e, d)))
            return FALSE;
        }
      h = monge_edit_turn (e, h);
    }
  while (h != MONGE_TWIN_NONE && h != e->out[a]);
  return TRUE;
}

gboolean
monge_edit_can_collapse (const MongeEdit *e, guint32 h, double longest, double bend)
{
  guint32 a = monge_edit_start (e, h), b = monge_edit_end (e, h), t = e->twins[h];
  gboolean is_border = t == MONGE_TWIN_NONE;

  if (t == MONGE_TWIN_IRREGULAR || ((e->flags[a] | e->flags[b]) & MONGE_EDIT_LOCKED) != 0
      || (gsize) e->degrees[a] + e->degrees[b] > MAX_DEGREE || is_back_to_back (e, h))
    return FALSE;
  if ((e->flags[a] & MONGE_EDIT_BORDER) != 0 && (!is_border || measure_bend (e, a) > bend * bend))
    return FALSE;
  return keeps_enough_neighbours (e, e->faces[PREVIOUS (h)])
         && (is_border || keeps_enough_neighbours (e, e->faces[PREVIOUS (t)]))
         && check_link (e, a, b, is_border) && check_faces (e, a, b, longest);
}

/* Sews the two other sides of the face of @h together. Its apex loses a neighbour. */
static void
remove_face (MongeEdit *e, guint32 h)
{
  guint32 n = NEXT (h), p = PREVIOUS (h), apex = e->faces[p];
  guint32 twin_n = e->twins[n], twin_p = e->twins[p];

  if (twin_n < MONGE_TWIN_IRREGULAR)
    take_twin (e, twin_n, twin_p);
  else if (twin_p < MONGE_TWIN_IRREGULAR)
    e->twins[twin_p] = twin_n;
  e->out[apex] = twin_n < MONGE_TWIN_IRREGULAR ? twin_n : NEXT (twin_p);
  e->degrees[apex]--;
  for (guint32 k = 0; k < 3; k++)
    e->faces[h - h % 3 + k] = MONGE_TWIN_NONE;
}

/* A half-edge from b that does not go with the faces of @h, once a is b; NONE if there is none. */
static guint32
find_other_out (const MongeEdit *e, guint32 h)
{
  guint32 twin_p = e->twins[PREVIOUS (h)], twin_n = e->twins[NEXT (h)];

  if (twin_p < MONGE_TWIN_IRREGULAR)
    return twin_p; /* a → c */
  return twin_n < MONGE_TWIN_IRREGULAR ? NEXT (twin_n) : MONGE_TWIN_NONE;
}

void
monge_edit_collapse (MongeEdit *e, guint32 h)
{
  guint32 t = e->twins[h], a = monge_edit_start (e, h), b = monge_edit_end (e, h), g = e->out[a];
  guint32 c = e->faces[PREVIOUS (h)], d = t < MONGE_TWIN_IRREGULAR ? e->faces[PREVIOUS (t)] : c;
  guint32 out = find_other_out (e, h);

  do
    {
      guint32 next = monge_edit_turn (e, g);

      e->faces[g] = b;
      g = next;
    }
  while (g != MONGE_TWIN_NONE && g != e->out[a]);
  e->degrees[b] = (guint16) (e->degrees[a] + e->degrees[b] - (t < MONGE_TWIN_IRREGULAR ? 4 : 3));
  e->out[a] = MONGE_TWIN_NONE;
  remove_face (e, h);
  if (t < MONGE_TWIN_IRREGULAR)
    remove_face (e, t);
  e->out[b] = out;
  rewind_out (e, b);
  rewind_out (e, c);
  rewind_out (e, d);
}

gboolean
monge_edit_can_move (const MongeEdit *e, guint32 v, const double to[3])
{
  guint32 h = e->out[v];

  do
    {
      const double *c = at (e, monge_edit_end (e, h)), *d = at (e, e->faces[PREVIOUS (h)]);
      double before[3];

      monge_edit_find_normal (at (e, v), c, d, before);
      if (!keeps_side (before, to, c, d))
        return FALSE;
      h = monge_edit_turn (e, h);
    }
  while (h != MONGE_TWIN_NONE && h != e->out[v]);
  return TRUE;
}

/* --- Tidying --- */

static void
compress_vertices (MongeEdit *e, guint32 *places)
{
  gsize n = 0;

  for (gsize v = 0; v < e->n_vertices; v++)
    {
      places[v] = (guint32) n;
      if (e->out[v] == MONGE_TWIN_NONE)
        continue;
      memmove (e->x + 3 * n, e->x + 3 * v, 3 * sizeof *e->x);
      e->out[n] = e->out[v];
      e->degrees[n] = e->degrees[v];
      e->flags[n++] = e->flags[v];
    }
  e->n_vertices = n;
}

void
monge_edit_compress (MongeEdit *e)
{
  g_autofree guint32 *places = g_new (guint32, MAX (e->n_vertices, 1));
  g_autofree guint32 *face_places = g_new (guint32, MAX (e->n_faces, 1));
  gsize n = 0;

  compress_vertices (e, places);
  for (gsize f = 0; f < e->n_faces; f++)
    face_places[f] = e->faces[3 * f] != MONGE_TWIN_NONE ? (guint32) n++ : MONGE_TWIN_NONE;
  for (gsize f = 0; f < e->n_faces; f++)
    for (gsize k = 0; k < 3 && face_places[f] != MONGE_TWIN_NONE; k++)
      {
        guint32 twin = e->twins[3 * f + k];

        if (twin < MONGE_TWIN_IRREGULAR)
          twin = 3 * face_places[twin / 3] + twin % 3;
        e->faces[3 * (gsize) face_places[f] + k] = places[e->faces[3 * f + k]];
        e->twins[3 * (gsize) face_places[f] + k] = twin;
      }
  for (gsize v = 0; v < e->n_vertices; v++)
    e->out[v] = 3 * face_places[e->out[v] / 3] + e->out[v] % 3;
  e->n_faces = n;
}
