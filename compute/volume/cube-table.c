#include "compute/volume/cube-table.h"

#include <string.h>

/* The corners of each face, counter-clockwise seen from outside the cube. */
static const guint8 face_corners[6][4] = {
  { 0, 4, 6, 2 }, { 1, 3, 7, 5 }, /* −x, +x */
  { 0, 1, 5, 4 }, { 2, 6, 7, 3 }, /* −y, +y */
  { 0, 2, 3, 1 }, { 4, 5, 7, 6 }, /* −z, +z */
};

guint
monge_cube_edge_start (guint edge)
{
  static const guint8 starts[12] = { 0, 2, 4, 6, 0, 1, 4, 5, 0, 1, 2, 3 };

  return starts[edge];
}

static guint
find_edge (guint a, guint b)
{
  for (guint edge = 0; edge < 12; edge++)
    if (monge_cube_edge_start (edge) == MIN (a, b) && (a ^ b) == 1u << edge / 4)
      return edge;
  g_assert_not_reached ();
}

/* The faces of the cube that hold @edge, as a set of bits. */
static guint
find_faces (guint edge)
{
  guint a = monge_cube_edge_start (edge), b = a + (1u << edge / 4), faces = 0;

  for (guint f = 0; f < 6; f++)
    {
      guint n = 0;

      for (guint k = 0; k < 4; k++)
        n += face_corners[f][k] == a || face_corners[f][k] == b;
      faces |= (n == 2) << f;
    }
  return faces;
}

/* On each face, going round it counter-clockwise, the edge where one leaves the inside is joined to
 * the next where one enters it: that cuts off the outside corners between them, so that inside
 * corners stay together. next[e] is then the crossing that follows e on its curve: each edge is
 * left on one of its faces and entered on the other. */
static void
trace_faces (guint inside, gint8 next[12])
{
  memset (next, -1, 12);
  for (guint f = 0; f < 6; f++)
    for (guint k = 0; k < 4; k++)
      {
        const guint8 *c = face_corners[f];
        guint from = k;

        if (!(inside >> c[k] & 1) || (inside >> c[(k + 1) % 4] & 1))
          continue;
        do
          from = (from + 1) % 4;
        while (!(inside >> c[(from + 1) % 4] & 1));
        next[find_edge (c[k], c[(k + 1) % 4])]
            = (gint8) find_edge (c[from], c[(from + 1) % 4]);
      }
}

/* Whether the side from crossing @a to @b may be shared by two triangles of one cube: not if both
 * lie on one face, where the cube beyond might have the same side. */
static gboolean
may_be_inner_side (guint a, guint b)
{
  return (find_faces (a) & find_faces (b)) == 0;
}

/* Fills the polygon loop[first] … loop[last], all of whose sides but the closing one are taken care
 * of; undoes what it added when there is no way. The loop runs clockwise seen from outside. */
static gboolean
fill_loop (MongeCubeCase *cube, const guint8 *loop, guint first, guint last)
{
  guint n_before = cube->n_triangles;

  if (last - first < 2)
    return TRUE;
  for (guint k = first + 1; k < last; k++)
    {
      guint8 *triangle = cube->triangles[cube->n_triangles];

      if (k > first + 1 && !may_be_inner_side (loop[first], loop[k]))
        continue;
      if (k + 1 < last && !may_be_inner_side (loop[k], loop[last]))
        continue;
      triangle[0] = loop[first];
      triangle[1] = loop[last];
      triangle[2] = loop[k];
      cube->n_triangles++;
      if (fill_loop (cube, loop, first, k) && fill_loop (cube, loop, k, last))
        return TRUE;
      cube->n_triangles = (guint8) n_before;
    }
  return FALSE;
}

static void
make_case (guint inside, MongeCubeCase *cube)
{
  gint8 next[12];

  trace_faces (inside, next);
  for (guint edge = 0; edge < 12; edge++)
    {
      guint8 loop[12];
      guint n = 0;

      while (next[edge] >= 0)
        {
          guint following = (guint) next[edge];

          loop[n++] = (guint8) edge;
          next[edge] = -1;
          edge = following;
        }
      if (n > 0 && !fill_loop (cube, loop, 0, n - 1))
        g_assert_not_reached ();
    }
}

const MongeCubeCase *
monge_cube_table_get (void)
{
  static MongeCubeCase table[256];
  static gsize is_made = 0;

  if (g_once_init_enter (&is_made))
    {
      for (guint inside = 0; inside < 256; inside++)
        make_case (inside, &table[inside]);
      g_once_init_leave (&is_made, 1);
    }
  return table;
}

static void
number_loops (guint inside, MongeCubeLoops *loops)
{
  gint8 next[12];

  trace_faces (inside, next);
  for (guint edge = 0; edge < 12; edge++)
    {
      gboolean is_new = next[edge] >= 0;

      while (next[edge] >= 0)
        {
          guint following = (guint) next[edge];

          loops->of[edge] = loops->n_loops;
          next[edge] = -1;
          edge = following;
        }
      loops->n_loops += is_new;
    }
}

const MongeCubeLoops *
monge_cube_loops_get (void)
{
  static MongeCubeLoops table[256];
  static gsize is_made = 0;

  if (g_once_init_enter (&is_made))
    {
      for (guint inside = 0; inside < 256; inside++)
        number_loops (inside, &table[inside]);
      g_once_init_leave (&is_made, 1);
    }
  return table;
}
